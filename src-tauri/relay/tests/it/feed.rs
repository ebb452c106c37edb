//! From the POST of an event to the snapshot at the reader.

use crate::common::{support, xml};
use futures_util::StreamExt as _;
use reqwest::{Method, StatusCode};
use std::time::Duration;
use support::{IVANOV, PETROV, client, close_code, next, start, start_in, start_with};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::time::Instant;
use xml::Xml;

fn example(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../pbx/tests/events");
    std::fs::read(format!("{folder}/{name}.xml")).unwrap_or_else(|e| panic!("example {name}: {e}"))
}

#[tokio::test]
async fn an_event_comes_out_of_the_feed_as_a_snapshot() {
    let served = start().await;
    let key = served.add_user(IVANOV).await;
    let (mut feed, version) = served.feed(&key, "after=0").await;
    assert_eq!(version, 0, "there is no backlog yet");

    assert_eq!(
        served.post_event(example("03-CallReceived-direct")).await,
        StatusCode::OK,
        "the event is taken"
    );
    let ringing = next(&mut feed).await;
    assert_eq!(ringing["outcome"], "ringing", "the phone rings: {ringing}");
    assert_eq!(ringing["trackingId"], "900201:1", "the session is named");
    assert_eq!(
        ringing["party"]["number"], "+79000000099",
        "the caller's number is known"
    );
    assert_eq!(ringing["abonent"], IVANOV, "it is the reader's own view");

    assert_eq!(
        served.post_event(example("09-CallAnswered-incoming")).await,
        StatusCode::OK,
        "the answer is taken"
    );
    let talking = next(&mut feed).await;
    assert_eq!(talking["outcome"], "talking", "they talk: {talking}");
    assert_eq!(talking["id"], ringing["id"], "it is the same call");
    assert!(
        talking["version"].as_i64() > ringing["version"].as_i64(),
        "the newer snapshot has the greater version"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn the_backlog_comes_first_and_only_the_newest_snapshot_of_each_call() {
    let served = start().await;
    for n in 1..=450 {
        served.post_event(Xml::received(n, IVANOV).text()).await;
    }
    for n in 1..=10 {
        served.post_event(Xml::received(n, IVANOV).answered().text()).await;
    }
    let key = served.add_user(IVANOV).await;
    let (mut feed, version) = served.feed(&key, "after=0").await;
    assert_eq!(version, 460, "the header tells how far the backlog goes");
    let mut seen = Vec::new();
    let mut last = 0;
    while last < version {
        let call = next(&mut feed).await;
        let next_version = call["version"].as_i64().unwrap();
        assert!(next_version > last, "in the order of versions");
        last = next_version;
        seen.push(call["trackingId"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen.len(), 450, "one snapshot for each call");
    assert_eq!(
        seen[440..].iter().filter(|id| **id == "1:1").count(),
        1,
        "an answered call comes with its last change"
    );
    served.post_event(Xml::received(451, IVANOV).text()).await;
    assert_eq!(next(&mut feed).await["version"], 461, "then live, without a gap");

    let (mut resumed, _) = served.feed(&key, "after=459").await;
    assert_eq!(
        next(&mut resumed).await["version"],
        460,
        "a reader resumes from his cursor"
    );
    assert_eq!(next(&mut resumed).await["version"], 461, "and gets what came since");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn nothing_is_missed_between_backlog_and_live() {
    let served = start().await;
    let key = served.add_user(IVANOV).await;
    // Readers join in the middle of a stream of events, repeatedly.
    let post = async {
        for n in 1..=300 {
            assert_eq!(
                served.post_event(Xml::received(n, IVANOV).text()).await,
                StatusCode::OK,
                "event {n}"
            );
        }
    };
    let read = async {
        let mut after = 0;
        while after < 300 {
            let (mut feed, _) = served.feed(&key, &format!("after={after}")).await;
            for _ in 0..17.min(300 - after) {
                let version = next(&mut feed).await["version"].as_i64().unwrap();
                assert_eq!(
                    version,
                    after + 1,
                    "each call has one version here, so none may be skipped"
                );
                after = version;
            }
        }
    };
    tokio::join!(post, read);
    served.relay.shutdown().await;
}

#[tokio::test]
async fn the_long_poll_wakes_up_at_once() {
    let served = start().await;
    let key = served.add_user(IVANOV).await;
    let begun = Instant::now();
    let waiting = served.send(Method::GET, "/v1/changes?after=0&wait=25", Some(&key), None);
    let (answer, status) = tokio::join!(waiting, async {
        // Whether it comes before or after the wait began makes no difference.
        tokio::time::sleep(Duration::from_millis(100)).await;
        served.post_event(Xml::received(1, IVANOV).text()).await
    });
    assert_eq!(status, StatusCode::OK, "the event is taken");
    let changes: serde_json::Value = answer.json().await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "the wait ended with the event and not with its time"
    );
    assert_eq!(changes["calls"].as_array().unwrap().len(), 1, "the call is told");
    assert_eq!(changes["after"], 1, "with the next cursor");
    assert_eq!(changes["more"], false, "and that this is all");
    let empty = served
        .send(Method::GET, "/v1/changes?after=1&wait=0", Some(&key), None)
        .await;
    let empty: serde_json::Value = empty.json().await.unwrap();
    assert_eq!(
        (&empty["calls"], &empty["after"]),
        (&serde_json::json!([]), &serde_json::json!(1)),
        "nothing since"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn a_colleague_sees_who_answered_and_no_numbers_of_others() {
    let served = start().await;
    let (ivanov, petrov) = (served.add_user(IVANOV).await, served.add_user(PETROV).await);
    let first = Xml::received(1, IVANOV);
    let second = Xml {
        leg: "callhalf-99:0".to_owned(),
        event_id: Xml::received(2, PETROV).event_id,
        ..Xml::received(1, PETROV)
    };
    for event in [&first, &second, &first.answered(), &second.released()] {
        assert_eq!(
            served.post_event(event.text()).await,
            StatusCode::OK,
            "the event is taken"
        );
    }
    let told = |key: String| {
        let served = &served;
        async move {
            let answer = served.send(Method::GET, "/v1/changes?after=0", Some(&key), None).await;
            answer.json::<serde_json::Value>().await.unwrap()["calls"][0].clone()
        }
    };
    let (his, other) = (told(ivanov).await, told(petrov).await);
    assert_eq!(his["outcome"], "talking", "he who answered talks");
    assert_eq!(
        other["outcome"], "answered_by",
        "the colleague learns that it was answered: {other}"
    );
    assert_eq!(other["answeredBy"]["abonent"], serde_json::Value::Null, "by name only");
    assert!(!other.to_string().contains(IVANOV), "the id of a colleague is not told");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn a_slow_reader_is_cut_and_everybody_else_gets_everything() {
    let served = start_with(|options| {
        options.feed_queue = 16;
        options.ingest_per_second = None;
    })
    .await;
    let slow_key = served.add_user(IVANOV).await;
    let (mut slow, _) = served.feed(&slow_key, "after=0").await;
    let quick_key = served.add_user(PETROV).await;
    let (mut quick, _) = served.feed(&quick_key, "after=0").await;
    let calls = 3000_u64;
    // The slow reader reads nothing until the end; the calls' data are large, so that no socket buffer holds them.
    let name = "Имя".repeat(600);
    let extra = format!("<xsi:acdCallInfo><xsi:acdName>{name}</xsi:acdName></xsi:acdCallInfo>");
    let post = async {
        for n in 1..=calls {
            let flood = Xml {
                extra: extra.clone(),
                ..Xml::received(n, IVANOV)
            };
            assert_eq!(
                served.post_event(flood.text()).await,
                StatusCode::OK,
                "the PBX is not delayed"
            );
            if n % 10 == 0 {
                served.post_event(Xml::received(1_000_000 + n, PETROV).text()).await;
            }
        }
    };
    let read = async {
        for n in (10..=calls).step_by(10) {
            let call = next(&mut quick).await;
            assert_eq!(
                call["trackingId"],
                format!("{}:1", 1_000_000 + n),
                "the colleague misses nothing"
            );
        }
    };
    tokio::join!(post, read);
    assert_eq!(
        close_code(&mut slow).await,
        1013,
        "the slow reader is told to come back"
    );
    let mut after = 0;
    let mut found = 0;
    while found < calls as usize {
        let path = format!("/v1/changes?after={after}");
        let answer = served.send(Method::GET, &path, Some(&slow_key), None).await;
        let page: serde_json::Value = answer.json().await.unwrap();
        found += page["calls"].as_array().unwrap().len();
        assert!(page["after"].as_i64().unwrap() > after, "each page goes on");
        after = page["after"].as_i64().unwrap();
    }
    assert_eq!(found, calls as usize, "with his cursor he gets all of it");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn versions_grow_over_a_restart_and_the_ledger_stays() {
    let served = start().await;
    let secret = served.relay.callback_secret().reveal().to_owned();
    served.post_event(Xml::received(1, IVANOV).text()).await;
    served.post_event(Xml::received(2, IVANOV).text()).await;
    let before = served.get("/v1/calls").await;
    let served = start_in(served.stop().await, |_| {}).await;
    assert_eq!(
        served.relay.callback_secret().reveal(),
        secret,
        "the callback's address stays"
    );
    assert_eq!(served.get("/v1/calls").await, before, "so do the calls");
    served.post_event(Xml::received(1, IVANOV).answered().text()).await;
    let after = served.get("/v1/changes?after=2").await;
    assert_eq!(after["calls"][0]["version"], 3, "versions go on where they were");
    assert_eq!(
        after["calls"][0]["outcome"], "talking",
        "and the call is the one from before"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn the_end_answers_what_is_in_flight_and_closes_the_feeds() {
    let served = start().await;
    let key = served.add_user(IVANOV).await;
    let (mut feed, _) = served.feed(&key, "after=0").await;
    let secret = served.relay.callback_secret().reveal().to_owned();
    let addr = served.relay.addr();
    let poll_url = served.url("/v1/changes?after=1000&wait=50");
    let poll = tokio::spawn(client().get(poll_url).bearer_auth(&key).send());
    let posts: Vec<_> = (0..50)
        .map(|n| {
            let url = format!("http://{addr}/xsi/{secret}");
            tokio::spawn(client().post(url).body(Xml::received(n, IVANOV).text()).send())
        })
        .collect();
    next(&mut feed).await;
    let begun = Instant::now();
    let dir = served.stop().await;
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "the end does not wait for the long poll's time"
    );
    let mut acknowledged = 0;
    for post in posts {
        // A connection that came too late is refused, so its event is not acknowledged.
        acknowledged += usize::from(
            post.await
                .unwrap()
                .is_ok_and(|answer| answer.status() == StatusCode::OK),
        );
    }
    drop(poll);
    assert_eq!(
        close_code(&mut feed).await,
        1001,
        "the reader is told that the relay goes away"
    );
    let served = start_in(dir, |_| {}).await;
    let stored = served.get("/v1/events?limit=200").await["events"]
        .as_array()
        .unwrap()
        .len();
    assert!(
        stored >= acknowledged && acknowledged > 0,
        "{acknowledged} were answered, {stored} are stored"
    );
    served.relay.shutdown().await;
}

/// A reader whose key is revoked in the middle of the backlog: the rest is not sent, and the reader cannot register
/// again.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_revoked_amid_the_backlog_gets_no_more_of_it() {
    const CALLS: u64 = 3000;
    let served = start_with(|options| options.timing.ping = Duration::from_hours(1)).await;
    let key = served.add_user(IVANOV).await;
    let mut posts = futures_util::stream::iter((1..=CALLS).map(|n| served.post_event(Xml::received(n, IVANOV).text())))
        .buffer_unordered(64);
    while let Some(status) = posts.next().await {
        assert_eq!(status, StatusCode::OK, "an event is taken");
    }
    drop(posts);
    // A reader on a bare socket, which receives little at a time.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(served.relay.addr()).await.unwrap();
    let ask = format!(
        "GET /v1/feed?after=0 HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer {key}\r\nConnection: upgrade\r\nUpgrade: \
         websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cGVyZXp2b24gY2hlY2tzIQ==\r\n\r\n"
    );
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut first = [0; 1024];
    stream.read_exact(&mut first).await.expect("the backlog begins");
    let users = served.get("/v1/users").await;
    let path = format!("/v1/users/{}", users["users"][0]["id"].as_str().unwrap());
    let gone = served.send(Method::DELETE, &path, Some(&served.admin()), None).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT, "the key is revoked");
    let mut rest = Vec::new();
    tokio::time::timeout(support::DEADLINE, stream.read_to_end(&mut rest))
        .await
        .expect("the feed ends")
        .unwrap();
    let told = rest.windows(12).filter(|bytes| bytes == b"\"trackingId\"").count() as u64;
    assert!(told < CALLS / 2, "{told} of {CALLS} calls were told");
    assert!(
        rest.windows(19).any(|bytes| bytes == b"the key was revoked"),
        "and it is said why"
    );
    served.relay.shutdown().await;
}
