//! The audio of a recording, passed on from the PBX as it comes: no more of it is in memory than one piece, and who
//! takes it slowly slows the PBX down.

use super::range::{self, Wanted};
use super::slots::{Slot, Slots};
use super::{gone, is_missing, portal, visible};
use crate::feed::socket::may_still_read;
use crate::http::caller::Caller;
use crate::http::error::ApiError;
use crate::http::input::{ById, Path};
use crate::ledger::Ledger;
use crate::ledger::entry::Noted;
use crate::pbx::Pbx;
use crate::tables::audit::What;
use crate::tables::recordings::RecordingRow;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, stream};
use perezvon_core::Time;
use perezvon_pbx::rest::{Audio, ByteRange, Download, Portal, PortalError, RecordKey};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// As many bytes tell what the audio is.
const BEGINNING: ByteRange = ByteRange::Within { first: 0, last: 15 };

/// What it takes to pass audio on.
#[derive(Clone)]
pub(crate) struct Playback {
    pub(crate) ledger: Ledger,
    pub(crate) pbx: Pbx,
    pub(crate) downloads: Arc<Slots>,
    pub(crate) stop: CancellationToken,
}

/// The audio, passed on from the PBX as it comes. Somebody else's listening is noted in the audit.
#[utoipa::path(
    get,
    path = "/v1/recordings/{id}/audio",
    params(
        ById,
        ("Range" = Option<String>, Header, description = "One range of bytes"),
        ("If-Range" = Option<String>, Header, description = "The `ETag` of the part that is there"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what is there")
    ),
    responses(
        (status = 200, description = "The whole", body = Vec<u8>, content_type = "audio/*"),
        (status = 206, description = "The part that was asked for", body = Vec<u8>, content_type = "audio/*"),
        (status = 304, description = "What is there already")
    )
)]
pub(crate) async fn audio(
    State(of): State<Playback>,
    caller: Caller,
    Path(by): Path<ById>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    answer(of, caller, by, headers, false).await
}

/// What the audio is and how long.
#[utoipa::path(head, path = "/v1/recordings/{id}/audio", params(ById), responses((status = 200), (status = 304)))]
pub(crate) async fn head(
    State(of): State<Playback>,
    caller: Caller,
    Path(by): Path<ById>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    answer(of, caller, by, headers, true).await
}

async fn answer(
    of: Playback,
    caller: Caller,
    by: ById,
    headers: HeaderMap,
    is_head: bool,
) -> Result<Response, ApiError> {
    let row = visible(&of.ledger, &caller, by.id.as_str()).await?.row;
    if row.gone_at.is_some() {
        return Err(ApiError::RecordingGone);
    }
    // The PBX never changes a recording.
    let etag = format!("\"{}\"", row.id);
    if range::is_known(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let wanted = if is_head {
        Wanted::Part(BEGINNING)
    } else {
        range::wanted(&headers, &etag)
    };
    let asked = match wanted {
        Wanted::Whole => None,
        Wanted::Part(range) => Some(range),
        Wanted::Nothing => return Err(ApiError::NoSuchBytes(row.size)),
    };
    let (slot, download, beginning) = begin(&of, &caller, &row, asked).await?;
    let part = Part::of(&download, asked, row.size)?;
    if !is_head && range::begins(wanted) && caller.abonent.as_ref() != Some(&row.abonent) {
        note(&of.ledger, &caller, &row, None).await?;
    }
    let kind = kind(
        part.begins_the_file().then_some(&beginning),
        download.content_type.as_deref(),
    );
    let mut answer = Response::new(Body::empty());
    describe(answer.headers_mut(), &row, &etag, kind);
    part.describe(&mut answer, is_head);
    if is_head {
        return Ok(answer);
    }
    let passing = Passing {
        download,
        beginning: Some(beginning),
        skip: part.skip,
        left: part.length(),
        stop: of.stop.clone(),
        slot,
    };
    *answer.body_mut() = Body::from_stream(pass(passing));
    Ok(answer)
}

/// Takes a place and begins the download: its first piece tells what the audio is.
async fn begin(
    of: &Playback,
    caller: &Caller,
    row: &RecordingRow,
    asked: Option<ByteRange>,
) -> Result<(Slot, Download, Bytes), ApiError> {
    let portal = portal(&of.pbx, &row.id)?;
    let who = caller.user.clone().unwrap_or_default();
    let slot = of.downloads.take(&who).ok_or(ApiError::TooMany)?;
    // A key that was revoked before the place was taken found nothing to cut.
    if !may_still_read(&of.ledger, caller.user.as_deref()).await {
        return Err(ApiError::Unauthorized);
    }
    let mut download = open(&of.ledger, &portal, row, asked).await?;
    let beginning = download.chunk().await.map_err(|error| ApiError::of_portal(&error))?;
    Ok((slot, download, beginning.unwrap_or_default()))
}

async fn open(
    ledger: &Ledger,
    portal: &Portal,
    row: &RecordingRow,
    asked: Option<ByteRange>,
) -> Result<Download, ApiError> {
    match portal.download(RecordKey::Id(&row.id), asked).await {
        Ok(download) => Ok(download),
        Err(PortalError::Refused { status: 416, .. }) => Err(ApiError::NoSuchBytes(row.size)),
        Err(error) if is_missing(portal, &row.id, &error).await => {
            gone(ledger, &row.id).await?;
            Err(ApiError::RecordingGone)
        }
        Err(error) => Err(ApiError::of_portal(&error)),
    }
}

/// Somebody listens to a recording of another's calls, or has listened to a copy of it at this time.
pub(super) async fn note(
    ledger: &Ledger,
    caller: &Caller,
    row: &RecordingRow,
    copy_at: Option<Time>,
) -> Result<(), ApiError> {
    let mut detail = serde_json::json!({ "abonent": row.abonent, "startedAt": row.started_at });
    if let Some(at) = copy_at {
        detail["copyPlayedAt"] = serde_json::json!(at);
    }
    let played = Noted {
        who: caller.into(),
        what: What::RecordingPlayed,
        subject: Some(row.id.clone()),
        detail: Some(detail),
    };
    ledger.put(played).await?;
    Ok(())
}

/// Which part of the file is answered.
struct Part {
    /// First and last byte; none: the whole.
    range: Option<(u64, u64)>,
    /// Size of the whole file, if it is known.
    total: Option<u64>,
    /// So many bytes come from the PBX before the part: it does not know ranges.
    skip: u64,
}

impl Part {
    fn of(download: &Download, asked: Option<ByteRange>, size: Option<i64>) -> Result<Self, ApiError> {
        if let Some(part) = download.range {
            return Ok(Self {
                range: Some((part.first, part.last)),
                total: part.total,
                skip: 0,
            });
        }
        let whole = Self {
            range: None,
            total: download.length,
            skip: 0,
        };
        // A PBX that gives the whole for a part: the part is cut out of it where its length is known, else the whole
        // is answered, as is allowed.
        match (asked, download.length) {
            (Some(range), Some(total)) => {
                let (first, last) = range::within(range, total).ok_or(ApiError::NoSuchBytes(size))?;
                Ok(Self {
                    range: Some((first, last)),
                    skip: first,
                    ..whole
                })
            }
            _ => Ok(whole),
        }
    }

    fn begins_the_file(&self) -> bool {
        self.skip > 0 || self.range.is_none_or(|(first, _)| first == 0)
    }

    fn length(&self) -> Option<u64> {
        self.range.map(|(first, last)| last - first + 1).or(self.total)
    }

    /// The status of the answer and the heads that say which bytes it has; a HEAD tells the length of the whole.
    fn describe(&self, answer: &mut Response, is_head: bool) {
        let length = if is_head { self.total } else { self.length() };
        put(
            answer.headers_mut(),
            header::CONTENT_LENGTH,
            length.map(|n| n.to_string()),
        );
        if !is_head && self.range.is_some() {
            put(answer.headers_mut(), header::CONTENT_RANGE, self.content_range());
            *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
    }

    fn content_range(&self) -> Option<String> {
        let (first, last) = self.range?;
        Some(match self.total {
            Some(total) => format!("bytes {first}-{last}/{total}"),
            None => format!("bytes {first}-{last}/*"),
        })
    }
}

/// What the audio is by its beginning; else what the PBX calls it, if that is audio; else MP3.
fn kind<'a>(beginning: Option<&Bytes>, told: Option<&'a str>) -> &'a str {
    let known = beginning.and_then(|first_bytes| Audio::of(first_bytes));
    match (known.or_else(|| Audio::of_mime(told?)), told) {
        (Some(audio), _) => audio.mime(),
        (None, Some(told)) if told.starts_with("audio/") => told,
        _ => Audio::Mpeg.mime(),
    }
}

fn describe(headers: &mut HeaderMap, row: &RecordingRow, etag: &str, kind: &str) {
    let ending = Audio::of_mime(kind).unwrap_or(Audio::Mpeg).extension();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let other = row.number.as_deref().map(digits).filter(|digits| !digits.is_empty());
    let name = format!(
        "attachment; filename=\"{}-{}.{ending}\"",
        row.started_at.utc().format("%Y%m%dT%H%M%SZ"),
        other.unwrap_or_else(|| digits(&row.id)),
    );
    put(headers, header::CONTENT_TYPE, Some(kind.to_owned()));
    put(headers, header::CONTENT_DISPOSITION, Some(name));
    put(headers, header::ETAG, Some(etag.to_owned()));
    put(headers, header::ACCEPT_RANGES, Some("bytes".to_owned()));
    // A recording is private: no shared cache may keep it.
    put(headers, header::CACHE_CONTROL, Some("private".to_owned()));
    put(headers, header::X_CONTENT_TYPE_OPTIONS, Some("nosniff".to_owned()));
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: Option<String>) {
    if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
        headers.insert(name, value);
    }
}

/// Audio on its way to one reader.
struct Passing {
    download: Download,
    beginning: Option<Bytes>,
    /// Bytes before the part.
    skip: u64,
    /// Bytes of the part still to come, where its length is known.
    left: Option<u64>,
    stop: CancellationToken,
    slot: Slot,
}

/// The next piece is asked for when the reader has taken the last. Audio that ends too early ends with an error, so that
/// the reader does not take a part for the whole.
fn pass(passing: Passing) -> impl Stream<Item = Result<Bytes, PortalError>> + Send {
    stream::unfold(passing, |mut passing| async {
        let piece = passing.next().await.transpose()?;
        Some((piece, passing))
    })
}

impl Passing {
    async fn next(&mut self) -> Result<Option<Bytes>, PortalError> {
        loop {
            if self.left == Some(0) {
                return Ok(None);
            }
            let next = if let Some(beginning) = self.beginning.take() {
                Some(beginning)
            } else {
                tokio::select! {
                    next = self.download.chunk() => next?,
                    () = self.stop.cancelled() => return Err(PortalError::Timeout),
                    () = self.slot.revoked() => return Err(PortalError::Unauthorized),
                }
            };
            let Some(mut piece) = next else { return Ok(None) };
            let skipped = self.skip.min(piece.len() as u64);
            self.skip -= skipped;
            let mut piece = piece.split_off(skipped as usize);
            if let Some(left) = &mut self.left {
                piece.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= piece.len() as u64;
            }
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
    }
}
