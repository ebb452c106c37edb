//! Parts of a file by `Range` (RFC 9110, 14). One range at a time; a list of them gets the whole file, as is allowed.

use std::ops::Range;

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

/// What a `Range` header asks of a file.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    /// First and last byte.
    Part(u64, u64),
    /// Nothing that is there.
    Beyond,
}

fn asked(range: &str, length: u64) -> Asked {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|r| r.trim().split_once('-')) else {
        return Asked::Whole;
    };
    let (first, last) = (
        first.parse::<u64>().ok().ok_or(first),
        last.parse::<u64>().ok().ok_or(last),
    );
    match (first, last) {
        (Ok(first), Ok(last)) if last < first => Asked::Whole,
        (Ok(first), _) if first >= length => Asked::Beyond,
        (Ok(first), Ok(last)) => Asked::Part(first, last.min(length - 1)),
        (Ok(first), Err("")) => Asked::Part(first, length - 1),
        (Err(""), Ok(0)) => Asked::Beyond,
        (Err(""), Ok(end)) => Asked::Part(length.saturating_sub(end), length - 1),
        _ => Asked::Whole,
    }
}

/// The file of `length` bytes, or with 206 the part asked for, or 416; `file` makes a part of it. Without a validator
/// `If-Range` cannot hold: it gets the whole.
pub(super) fn part(
    length: u64,
    kind: &'static str,
    headers: &HeaderMap,
    file: impl Fn(Range<u64>) -> Body,
) -> Response {
    let range = headers.get(header::RANGE).and_then(|r| r.to_str().ok());
    let range = range.filter(|_| !headers.contains_key(header::IF_RANGE));
    let common = [(header::CONTENT_TYPE, kind), (header::ACCEPT_RANGES, "bytes")];
    match range.map_or(Asked::Whole, |r| asked(r, length)) {
        Asked::Whole => (common, [(header::CONTENT_LENGTH, length)], file(0..length)).into_response(),
        Asked::Part(first, last) => {
            let place = [(header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}"))];
            let size = [(header::CONTENT_LENGTH, last + 1 - first)];
            (StatusCode::PARTIAL_CONTENT, common, place, size, file(first..last + 1)).into_response()
        }
        Asked::Beyond => {
            let place = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            (StatusCode::RANGE_NOT_SATISFIABLE, place).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_the_rfc_says() {
        for (range, wanted) in [
            ("bytes=0-9", Asked::Part(0, 9)),
            ("bytes=90-", Asked::Part(90, 99)),
            ("bytes=90-1000", Asked::Part(90, 99)),
            ("bytes=-10", Asked::Part(90, 99)),
            ("bytes=-1000", Asked::Part(0, 99)),
            ("bytes=100-", Asked::Beyond),
            ("bytes=-0", Asked::Beyond),
            ("bytes=9-0", Asked::Whole),
            ("bytes=0-1,5-6", Asked::Whole),
            ("bytes=x-", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("lines=0-9", Asked::Whole),
        ] {
            assert_eq!(asked(range, 100), wanted, "{range}");
        }
    }
}
