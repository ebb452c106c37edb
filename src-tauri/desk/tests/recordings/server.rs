//! A relay that has recordings and answers as it is told.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::stream;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

pub(crate) const ME: &str = "9000000001@mpbx.sip.beeline.ru";

/// What comes in the place of the next audio.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The connection breaks after so many bytes.
    Cut(usize),
    /// So many bytes, as if they were all.
    Short(usize),
    Status(u16, &'static str),
    /// These bytes with status 200.
    Instead(Vec<u8>),
    /// The whole for a part.
    NoRanges,
    /// Another recording's tag.
    OtherTag,
}

pub(crate) struct Kept {
    pub(crate) audio: Vec<u8>,
    pub(crate) told_ms: i64,
    /// As the PBX tells it; none: it does not.
    pub(crate) told_bytes: Option<i64>,
    pub(crate) started_ms: i64,
    pub(crate) abonent: String,
    pub(crate) faults: VecDeque<Fault>,
    pub(crate) gone: bool,
}

#[derive(Default)]
pub(crate) struct All {
    pub(crate) kept: BTreeMap<String, Kept>,
    /// When audio was asked for, and of what.
    pub(crate) asked: Vec<(Instant, String)>,
    /// Bytes of audio that were given out.
    pub(crate) given: u64,
    pub(crate) at_once: usize,
    pub(crate) most_at_once: usize,
    pub(crate) played: Vec<String>,
    /// Most rows of a page of the list; 0: all.
    pub(crate) page: usize,
    /// So many pages of the list are told, and then none.
    pub(crate) pages_left: Option<usize>,
    pub(crate) pages: usize,
}

pub(crate) type Shared = Arc<Mutex<All>>;

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) all: Shared,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let all = Shared::default();
        let routes = Router::new()
            .route("/v1/recordings", get(list))
            .route("/v1/recordings/{id}", get(one))
            .route("/v1/recordings/{id}/audio", get(audio))
            .route("/v1/recordings/{id}/played", post(played))
            .with_state(Arc::clone(&all));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, all }
    }

    pub(crate) fn put(&self, id: &str, started_ms: i64, ms: u32, faults: impl IntoIterator<Item = Fault>) {
        let audio = wav(id, ms);
        let kept = Kept {
            told_ms: i64::from(ms),
            told_bytes: Some(audio.len() as i64),
            audio,
            started_ms,
            abonent: ME.to_owned(),
            faults: faults.into_iter().collect(),
            gone: false,
        };
        self.all.lock().unwrap().kept.insert(id.to_owned(), kept);
    }

    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Kept)) {
        change(self.all.lock().unwrap().kept.get_mut(id).unwrap());
    }

    pub(crate) fn audio(&self, id: &str) -> Vec<u8> {
        self.all.lock().unwrap().kept[id].audio.clone()
    }

    /// How often audio was asked for.
    pub(crate) fn asked(&self, id: &str) -> usize {
        self.all.lock().unwrap().asked.iter().filter(|(_, of)| of == id).count()
    }
}

/// A tone of its own for each id, 8 kHz, 8 bits.
pub(crate) fn wav(id: &str, ms: u32) -> Vec<u8> {
    let data = ms * 8;
    let seed: u32 = id
        .bytes()
        .fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let mut out = b"RIFF".to_vec();
    out.extend((36 + data).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16_u32.to_le_bytes());
    out.extend([1, 0, 1, 0]);
    out.extend(8000_u32.to_le_bytes());
    out.extend(8000_u32.to_le_bytes());
    out.extend([1, 0, 8, 0]);
    out.extend(b"data");
    out.extend(data.to_le_bytes());
    let period = 12 + seed % 40;
    out.extend((0..data).map(|n| {
        if n % period < period / 2 {
            90
        } else {
            160 + (seed % 50) as u8
        }
    }));
    out
}

fn told(id: &str, kept: &Kept) -> Value {
    let mut told = json!({
        "id": id, "callId": format!("01J{id}"), "abonent": kept.abonent, "number": "+79000000099", "direction": "incoming",
        "startedAt": perezvon_core::Time::from_ms(kept.started_ms), "durationMs": kept.told_ms,
        "state": if kept.gone { "gone" } else { "ready" },
    });
    if let Some(size) = kept.told_bytes {
        told["size"] = json!(size);
    }
    told
}

async fn list(State(all): State<Shared>, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let mut all = all.lock().unwrap();
    if let Some(left) = &mut all.pages_left {
        if *left == 0 {
            return refused(503, "unavailable");
        }
        *left -= 1;
    }
    all.pages += 1;
    // Newest first.
    let mut kept: Vec<_> = all.kept.iter().collect();
    kept.sort_by_key(|(_, kept)| std::cmp::Reverse(kept.started_ms));
    let from: usize = query.get("cursor").map_or(0, |cursor| cursor.parse().unwrap());
    let rows = if all.page == 0 { kept.len() } else { all.page };
    let page: Vec<Value> = kept
        .iter()
        .skip(from)
        .take(rows)
        .map(|(id, kept)| told(id, kept))
        .collect();
    let cursor = (from + page.len() < kept.len()).then(|| (from + page.len()).to_string());
    axum::Json(json!({ "recordings": page, "cursor": cursor })).into_response()
}

async fn one(State(all): State<Shared>, Path(id): Path<String>) -> Response {
    match all.lock().unwrap().kept.get(&id) {
        Some(kept) => axum::Json(told(&id, kept)).into_response(),
        None => refused(404, "not_found"),
    }
}

async fn played(State(all): State<Shared>, Path(id): Path<String>) -> StatusCode {
    all.lock().unwrap().played.push(id);
    StatusCode::NO_CONTENT
}

fn refused(status: u16, code: &str) -> Response {
    let body = axum::Json(json!({ "code": code, "message": "" }));
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

/// One download less when the answer is gone.
struct Going(Shared);

impl Drop for Going {
    fn drop(&mut self) {
        self.0.lock().unwrap().at_once -= 1;
    }
}

/// The first byte that is asked for.
fn first(headers: &HeaderMap) -> usize {
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let first = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    first.unwrap_or(0)
}

async fn audio(State(all): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let going = {
        let mut one = all.lock().unwrap();
        one.asked.push((Instant::now(), id.clone()));
        one.at_once += 1;
        one.most_at_once = one.most_at_once.max(one.at_once);
        Going(Arc::clone(&all))
    };
    let mut one = all.lock().unwrap();
    let Some(kept) = one.kept.get_mut(&id) else {
        return refused(404, "not_found");
    };
    let fault = kept.faults.pop_front();
    let (mut from, mut body, mut cut) = (first(&headers), kept.audio.clone(), None);
    let mut tag = id.as_str();
    match fault {
        Some(Fault::Status(status, code)) => return refused(status, code),
        Some(Fault::Instead(bytes)) => (body, from) = (bytes, 0),
        Some(Fault::NoRanges) => from = 0,
        Some(Fault::OtherTag) => tag = "other",
        Some(Fault::Short(bytes)) => {
            body.truncate(bytes);
            from = 0;
        }
        Some(Fault::Cut(bytes)) => cut = Some(bytes),
        None => {}
    }
    if from > 0 && from >= body.len() {
        return refused(416, "no_such_bytes");
    }
    let total = body.len();
    let mut part = body.split_off(from);
    let mut answer = Response::new(Body::empty());
    let head = answer.headers_mut();
    head.insert(header::CONTENT_LENGTH, part.len().into());
    head.insert(header::CONTENT_TYPE, "audio/mpeg".parse().unwrap());
    head.insert(header::ETAG, format!("\"{tag}\"").parse().unwrap());
    if from > 0 {
        let range = format!("bytes {from}-{}/{total}", total - 1);
        head.insert(header::CONTENT_RANGE, range.parse().unwrap());
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    part.truncate(cut.unwrap_or(total));
    one.given += part.len() as u64;
    *answer.body_mut() = in_pieces(&part, cut.is_some(), going);
    answer
}

/// The bytes piece by piece, at their end an error where the connection is to break.
fn in_pieces(part: &[u8], breaks: bool, going: Going) -> Body {
    let pieces: Vec<std::io::Result<Bytes>> = part
        .chunks(4096)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .chain(breaks.then(|| Err(std::io::ErrorKind::ConnectionReset.into())))
        .collect();
    Body::from_stream(stream::unfold(
        (pieces.into_iter(), going),
        |(mut pieces, going)| async {
            let piece = pieces.next()?;
            if piece.is_err() {
                // What was given before is on its way by then: a connection that breaks takes along what still waits.
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
            Some((piece, (pieces, going)))
        },
    ))
}
