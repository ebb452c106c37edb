//! What a reader asks of a recording by `Range`, `If-Range` and `If-None-Match` (RFC 9110, 13 and 14).

use axum::http::{HeaderMap, header};
use perezvon_pbx::rest::ByteRange;

/// Which part of the file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Whole,
    Part(ByteRange),
    /// Nothing that can be there.
    Nothing,
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// What the headers ask for. A list of ranges, or one that makes no sense, gets the whole, as is allowed; so does one
/// with an `If-Range` that is not this file's.
pub(super) fn wanted(headers: &HeaderMap, etag: &str) -> Wanted {
    let same = text(headers, &header::IF_RANGE).is_none_or(|tag| tag == etag);
    match text(headers, &header::RANGE) {
        Some(range) if same => part(range),
        _ => Wanted::Whole,
    }
}

fn part(range: &str) -> Wanted {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|r| r.trim().split_once('-')) else {
        return Wanted::Whole;
    };
    match (first, first.parse(), last, last.parse()) {
        (_, Ok(first), _, Ok(last)) if first <= last => Wanted::Part(ByteRange::Within { first, last }),
        (_, Ok(first), "", _) => Wanted::Part(ByteRange::From(first)),
        ("", _, _, Ok(0)) => Wanted::Nothing,
        ("", _, _, Ok(count)) => Wanted::Part(ByteRange::Last(count)),
        _ => Wanted::Whole,
    }
}

/// Whether the reader has this file already.
pub(super) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    text(headers, &header::IF_NONE_MATCH).is_some_and(|tags| {
        tags.split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == "*" || tag == etag)
    })
}

/// Whether listening begins here: a player that goes on from the middle is the same listener.
pub(super) fn begins(wanted: Wanted) -> bool {
    match wanted {
        Wanted::Whole => true,
        Wanted::Part(ByteRange::From(first) | ByteRange::Within { first, .. }) => first == 0,
        Wanted::Part(ByteRange::Last(_)) | Wanted::Nothing => false,
    }
}

/// First and last byte of the part in a file of `total` bytes; none where the file has none of it.
pub(super) fn within(range: ByteRange, total: u64) -> Option<(u64, u64)> {
    let end = total.checked_sub(1)?;
    match range {
        ByteRange::From(first) => (first <= end).then_some((first, end)),
        ByteRange::Within { first, last } => (first <= end).then_some((first, last.min(end))),
        ByteRange::Last(count) => Some((total.saturating_sub(count), end)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_range_is_read_as_the_rfc_says() {
        for (range, expected) in [
            ("bytes=0-9", Wanted::Part(ByteRange::Within { first: 0, last: 9 })),
            ("bytes=90-", Wanted::Part(ByteRange::From(90))),
            ("bytes=-10", Wanted::Part(ByteRange::Last(10))),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=9-0", Wanted::Whole),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("lines=0-9", Wanted::Whole),
        ] {
            let headers = headers(&[(header::RANGE, range)]);
            assert_eq!(wanted(&headers, "\"1\""), expected, "{range}");
        }
    }

    #[test]
    fn another_file_is_sent_whole_and_the_same_not_again() {
        let of = |tag| headers(&[(header::RANGE, "bytes=5-"), (header::IF_RANGE, tag)]);
        assert_eq!(wanted(&of("\"1\""), "\"1\""), Wanted::Part(ByteRange::From(5)));
        assert_eq!(wanted(&of("\"2\""), "\"1\""), Wanted::Whole);
        let known = |tags| is_known(&headers(&[(header::IF_NONE_MATCH, tags)]), "\"1\"");
        assert!(known("\"1\"") && known("\"0\", W/\"1\"") && known("*") && !known("\"2\""));
    }

    #[test]
    fn a_part_ends_with_the_file() {
        assert_eq!(within(ByteRange::From(5), 10), Some((5, 9)));
        assert_eq!(within(ByteRange::From(10), 10), None);
        assert_eq!(within(ByteRange::Within { first: 5, last: 99 }, 10), Some((5, 9)));
        assert_eq!(within(ByteRange::Last(99), 10), Some((0, 9)));
        assert_eq!(within(ByteRange::From(0), 0), None);
    }
}
