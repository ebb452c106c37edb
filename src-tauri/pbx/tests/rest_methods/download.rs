//! The audio of a recording: passed on in pieces, and nothing but audio.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Response;
use futures_util::{StreamExt as _, stream};
use perezvon_pbx::rest::{ABANDONED, ByteRange, ContentRange, Exchange, PortalError, Reach, RecordKey};

use super::server::{Reply, Server};
use super::{GARBLED, HTML, SEGMENT, USER, refused};

const AUDIO: &[u8] = b"ID3\x04\x00\x00\x00\x00\x00\x21 the beginning of an MP3 file";
const KEY: RecordKey<'static> = RecordKey::Id("900000123");
const BROKEN: PortalError = PortalError::Unreachable { reach: Reach::Broken };

fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    Reply::Own(response.body(body.into()).unwrap())
}

async fn all(server: &Server, range: Option<ByteRange>) -> Result<Vec<u8>, PortalError> {
    let mut download = server.portal().download(KEY, range).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = download.chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    assert_eq!(download.chunk().await, Ok(None), "the end stays the end");
    Ok(bytes)
}

#[tokio::test]
async fn audio_comes_with_its_length_and_name() {
    let server = Server::start(|_, _| answer(200, &[("content-type", "audio/mpeg")], AUDIO)).await;
    let mut download = server.portal().download(KEY, None).await.unwrap();
    assert_eq!(download.length, Some(AUDIO.len() as u64));
    assert_eq!(
        (download.range, download.content_type.as_deref()),
        (None, Some("audio/mpeg"))
    );
    assert_eq!(download.chunk().await.unwrap().as_deref(), Some(AUDIO));
    assert_eq!(download.chunk().await, Ok(None));
    let key = RecordKey::Call {
        tracking_id: "900201:1",
        user_id: USER,
    };
    server.portal().download(key, None).await.unwrap();
    assert_eq!(
        server.lines(),
        [
            "GET /portal/v2/records/900000123/download".into(),
            format!("GET /portal/v2/records/900201%3A1/{SEGMENT}/download")
        ]
    );
    assert!(
        server
            .seen()
            .iter()
            .all(|seen| seen.range.is_none() && seen.token.is_some())
    );
}

#[tokio::test]
async fn audio_of_any_kind_and_name_passes() {
    for (beginning, name) in [
        (b"\xff\xfb\x90\x64 frame without a tag".as_slice(), "text/plain"),
        (b"RIFF\x24\x08\x00\x00WAVEfmt ", "application/json"),
        (b"OggS\x00\x02 and so on and on", "text/html"),
        (b"some format of the future", "application/octet-stream"),
        (b"\xff\xfb", "audio/mpeg"),
    ] {
        let server = Server::start(move |_, _| answer(200, &[("content-type", name)], beginning)).await;
        assert_eq!(all(&server, None).await.as_deref(), Ok(beginning), "{name}");
    }
}

#[tokio::test]
async fn what_is_no_audio_is_recognised_before_a_byte_is_given_out() {
    for (status, name, body, expected) in [
        (
            200,
            "audio/mpeg",
            r#"{"errorCode":"BadRequest","description":"нет записи"}"#,
            refused("BadRequest", Some("нет записи"), 200),
        ),
        (
            200,
            "",
            "\r\n  {\"errorCode\":\"BadRequest\"}",
            refused("BadRequest", None, 200),
        ),
        (
            400,
            "application/json",
            r#"{"errorCode":"BadRequest"}"#,
            refused("BadRequest", None, 400),
        ),
        (404, "", "", refused("http", None, 404)),
        (416, "", "", refused("http", None, 416)),
        (302, "", "", refused("http", None, 302)),
        (401, "", "", PortalError::Unauthorized),
        (200, "audio/mpeg", HTML, GARBLED),
        (200, "audio/mpeg", "\u{feff}<html></html>", GARBLED),
        (200, "audio/mpeg", "{}", GARBLED),
        (200, "audio/mpeg", r#"[{"url":"x"}]"#, GARBLED),
        (200, "audio/mpeg", "\"запись удалена\"", GARBLED),
        (200, "text/plain; charset=utf-8", "no such record", GARBLED),
        (200, "audio/mpeg", "", GARBLED),
        (
            206,
            "audio/mpeg",
            "ID3 but no part was asked for",
            PortalError::NotJson {
                status: 206,
                no_such_path: false,
            },
        ),
    ] {
        let server = Server::start(move |_, _| answer(status, &[("content-type", name)], body)).await;
        let error = server.portal().download(KEY, None).await.map(drop);
        assert_eq!(error, Err(expected), "{status} {name} {body}");
        assert_eq!(server.lines().len(), 1, "no use in repeating {status} {body}");
    }
    // An error body in two pieces, the first of them blank.
    let pieces = || stream::iter([" \n", r#"{"errorCode":"BadRequest"}"#].map(Ok::<_, std::io::Error>));
    let server = Server::start(move |_, _| answer(200, &[], Body::from_stream(pieces()))).await;
    let error = server.portal().download(KEY, None).await.map(drop);
    assert_eq!(error, Err(refused("BadRequest", None, 200)));
}

#[tokio::test]
async fn a_download_is_repeated_until_audio_begins() {
    let server = Server::start(|_, before| match before {
        0 => Reply::Whole(503, HTML),
        1 => Reply::Never,
        _ => answer(200, &[], AUDIO),
    })
    .await;
    assert_eq!(all(&server, None).await.as_deref(), Ok(AUDIO));
    assert_eq!(server.lines().len(), 3);
    let down = Server::always(502, "").await;
    assert_eq!(all(&down, None).await, Err(PortalError::Unavailable { status: 502 }));
    assert_eq!(down.lines().len(), 3, "and then it gives up");
}

#[tokio::test]
async fn parts_are_asked_for_and_checked() {
    let part = |first, last, total| Some(ContentRange { first, last, total });
    for (asked, sent, told, got) in [
        (ByteRange::From(3), "bytes=3-", "bytes 3-6/7", part(3, 6, Some(7))),
        (
            ByteRange::Within { first: 3, last: 6 },
            "bytes=3-6",
            "bytes 3-6/*",
            part(3, 6, None),
        ),
        (
            ByteRange::Within { first: 3, last: 99 },
            "bytes=3-99",
            "bytes 3-6/7",
            part(3, 6, Some(7)),
        ),
        (ByteRange::Last(4), "bytes=-4", "bytes 3-6/7", part(3, 6, Some(7))),
    ] {
        // The middle of a file may well look like an error body.
        let server = Server::start(move |_, _| answer(206, &[("content-range", told)], "{<[\"")).await;
        let mut download = server.portal().download(KEY, Some(asked)).await.unwrap();
        assert_eq!((download.range, download.length), (got, Some(4)), "{asked:?}");
        assert_eq!(download.chunk().await.unwrap().as_deref(), Some(b"{<[\"".as_slice()));
        assert_eq!(download.chunk().await, Ok(None));
        assert_eq!(server.seen()[0].range.as_deref(), Some(sent));
    }
    for told in [
        "bytes 0-3/7",
        "bytes 3-7/8",
        "bytes 3-6/5",
        "bytes 6-3/7",
        "bytes */7",
        "bytes 3-18446744073709551615/*",
        "4 bytes",
        "",
    ] {
        let server = Server::start(move |_, _| answer(206, &[("content-range", told)], "abcd")).await;
        let error = all(&server, Some(ByteRange::From(3))).await;
        let garbled = PortalError::NotJson {
            status: 206,
            no_such_path: false,
        };
        assert_eq!(error, Err(garbled), "{told:?}");
    }
    let whole = Server::start(|_, _| answer(200, &[], AUDIO)).await;
    let download = whole.portal().download(KEY, Some(ByteRange::From(3))).await.unwrap();
    assert_eq!(
        download.range, None,
        "a PBX that knows no parts sends the whole, and the taker sees it"
    );
}

#[tokio::test]
async fn half_a_recording_is_no_recording() {
    for bytes in [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nID3 twenty bytes of it".as_slice(),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\nID3 twenty bytes yes\r\n",
    ] {
        let server = Server::raw(bytes).await;
        let mut stream = Box::pin(server.portal().download(KEY, None).await.unwrap().into_stream());
        let first = stream.next().await.unwrap().unwrap();
        assert!(first.starts_with(b"ID3"));
        assert_eq!(stream.next().await, Some(Err(BROKEN)));
        assert_eq!(stream.next().await, None, "the stream ends after an error");
        assert_eq!(server.lines().len(), 1, "what was given out cannot be repeated");
    }
    // Without a length in the head only the promise of Content-Range tells.
    let part = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-99/100\r\n\r\nID3 twenty bytes of it";
    let server = Server::raw(part).await;
    assert_eq!(all(&server, Some(ByteRange::From(0))).await, Err(BROKEN));
    // Broken before it could be judged: repeated, as nothing was given out.
    let server = Server::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nID3").await;
    assert_eq!(all(&server, None).await, Err(BROKEN));
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn audio_that_stops_coming_times_out() {
    let server = Server::start(|_, _| {
        let stopping = stream::iter([Ok::<_, std::io::Error>(AUDIO)]).chain(stream::pending());
        answer(200, &[], Body::from_stream(stopping))
    })
    .await;
    let mut download = server.portal().download(KEY, None).await.unwrap();
    assert_eq!(download.length, None);
    assert_eq!(download.chunk().await.unwrap().as_deref(), Some(AUDIO));
    assert_eq!(download.chunk().await, Err(PortalError::Timeout));
    assert_eq!(download.chunk().await, Ok(None));
}

#[tokio::test]
async fn a_recording_larger_than_any_is_refused() {
    let server = Server::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741825\r\n\r\nID3 twenty bytes of it").await;
    assert_eq!(
        server.portal().download(KEY, None).await.map(drop),
        Err(PortalError::TooLarge)
    );
}

/// 50 MB go through in small pieces, and the PBX is not read further than the buffers of the connection while the taker
/// does not take.
#[tokio::test]
async fn a_long_recording_is_never_held_whole() {
    const PIECE: usize = 64 * 1024;
    const PIECES: u64 = 800;
    const TOTAL: u64 = PIECE as u64 * PIECES;
    let produced = Arc::new(AtomicU64::new(0));
    let counter = produced.clone();
    let server = Server::start(move |_, _| {
        let counter = counter.clone();
        let pieces = stream::iter(0..PIECES).map(move |n| {
            counter.fetch_add(1, Ordering::SeqCst);
            let mut piece = vec![n as u8; PIECE];
            piece[..3].copy_from_slice(b"ID3");
            Ok::<_, std::io::Error>(piece)
        });
        let length = TOTAL.to_string();
        answer(200, &[("content-length", &length)], Body::from_stream(pieces))
    })
    .await;
    let mut download = server.portal().download(KEY, None).await.unwrap();
    assert_eq!(download.length, Some(TOTAL));
    // Nothing is taken until the server has got stuck.
    let (mut before, deadline) = (0, Instant::now() + Duration::from_secs(20));
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = produced.load(Ordering::SeqCst);
        if now == before && now > 0 {
            break;
        }
        before = now;
        assert!(Instant::now() < deadline, "the server gets stuck or ends");
    }
    assert!(
        before < PIECES * 3 / 4,
        "{before} of {PIECES} pieces were read ahead of the taker"
    );
    let (mut chunks, mut received, mut largest) = (0u64, 0u64, 0);
    while let Some(chunk) = download.chunk().await.unwrap() {
        chunks += 1;
        received += chunk.len() as u64;
        largest = largest.max(chunk.len());
    }
    assert_eq!(received, TOTAL, "every byte");
    assert_eq!(produced.load(Ordering::SeqCst), PIECES);
    assert!(largest <= 1024 * 1024, "one chunk has {largest} bytes");
    assert!(chunks >= 50, "{chunks} chunks");
}

#[tokio::test]
async fn the_journal_learns_how_a_download_ended() {
    let server = Server::start(|_, before| match before {
        0 | 1 => answer(200, &[], AUDIO),
        _ => answer(400, &[], r#"{"errorCode":"BadRequest"}"#),
    })
    .await;
    let journal: Arc<Mutex<Vec<Exchange>>> = Arc::default();
    let log = journal.clone();
    let portal = server
        .portal()
        .observed(Arc::new(move |exchange| log.lock().unwrap().push(exchange)));
    let mut whole = portal.download(KEY, None).await.unwrap();
    assert!(journal.lock().unwrap().is_empty(), "it is under way");
    while whole.chunk().await.unwrap().is_some() {}
    drop(whole);
    drop(portal.download(KEY, None).await.unwrap());
    portal.download(KEY, None).await.unwrap_err();
    let told: Vec<_> = journal
        .lock()
        .unwrap()
        .iter()
        .map(|e| (e.path.clone(), e.status, e.error))
        .collect();
    let path = || "v2/records/900000123/download".to_owned();
    assert_eq!(
        told,
        [
            (path(), Some(200), None),
            (path(), Some(200), Some(ABANDONED)),
            (path(), Some(400), Some("pbx_refused"))
        ]
    );
}
