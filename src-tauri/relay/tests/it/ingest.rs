//! What is accepted at the secret path, and what is refused.

use crate::common::{support, xml};
use reqwest::{Method, StatusCode};
use support::{IVANOV, start, start_with};
use xml::Xml;

#[tokio::test]
async fn one_event_twice_is_one_row_and_one_version() {
    let served = start().await;
    let event = Xml::received(1, IVANOV).text();
    for _ in 0..3 {
        assert_eq!(
            served.post_event(event.clone()).await,
            StatusCode::OK,
            "each delivery is answered 200"
        );
    }
    assert_eq!(
        served.get("/v1/events").await["events"].as_array().unwrap().len(),
        1,
        "there is one row"
    );
    assert_eq!(served.newest().await, 1, "and one version of the call");

    let twin = Xml {
        event_id: "e0000000-0000-4000-8000-0000000000ff".to_owned(),
        ..Xml::received(1, IVANOV)
    };
    assert_eq!(
        served.post_event(twin.text()).await,
        StatusCode::OK,
        "a second subscription tells the same (2.9)"
    );
    assert_eq!(
        served.get("/v1/events").await["events"].as_array().unwrap().len(),
        2,
        "the journal has both"
    );
    assert_eq!(served.newest().await, 1, "but nothing new was learnt of the call");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_with_the_reason() {
    let served = start().await;
    for garbage in [
        "",
        "not xml",
        "<a><b></a>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "\u{0}\u{1}",
    ] {
        assert_eq!(
            served.post_event(garbage).await,
            StatusCode::OK,
            "the PBX need not repeat {garbage:?}"
        );
    }
    let unreadable = served.get("/v1/events?unreadable=1").await;
    let rows = unreadable["events"].as_array().unwrap();
    assert_eq!(rows.len(), 5, "all are in the journal");
    assert!(rows.iter().all(|row| row["error"].is_string()), "each with its reason");
    let one = served.get(&format!("/v1/events/{}", rows[3]["seq"])).await;
    assert_eq!(one["raw"], "not xml", "as it was posted");
    assert_eq!(rows[3]["bytes"], 7, "with its length");
    assert_eq!(served.newest().await, 0, "no call came of them");
    assert_eq!(
        served.post_event(vec![b'a'; 64 * 1024 + 1]).await,
        StatusCode::PAYLOAD_TOO_LARGE,
        "the limit holds"
    );
    let chunks = futures_util::stream::iter((0..80).map(|_| Ok::<_, std::io::Error>(vec![b'a'; 1024])));
    let endless = reqwest::Body::wrap_stream(chunks);
    assert_eq!(
        served.post_event(endless).await,
        StatusCode::PAYLOAD_TOO_LARGE,
        "without a length as well"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn the_secret_path_answers_only_to_its_secret() {
    let served = start().await;
    let secret = served.relay.callback_secret().reveal().to_owned();
    for suffix in ["", "/", "/null", "/events", "/events/null", "/a/b/c"] {
        let path = format!("/xsi/{secret}{suffix}");
        for method in [Method::GET, Method::HEAD] {
            let answer = served.send(method.clone(), &path, None, None).await;
            assert_eq!(
                answer.status(),
                StatusCode::OK,
                "{method} of the right path {suffix:?} (reference 2.1)"
            );
        }
        let url = served.url(&path);
        let answer = served
            .client
            .post(url)
            .body(Xml::received(7, IVANOV).text())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "any suffix is taken: {suffix:?}");
        for wrong in ["0".repeat(64), secret[..63].to_owned(), format!("{secret}0")] {
            for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
                let answer = served
                    .send(method.clone(), &format!("/xsi/{wrong}{suffix}"), None, None)
                    .await;
                let nowhere = served.send(method.clone(), "/no/such/path", None, None).await;
                assert_eq!(
                    answer.status(),
                    nowhere.status(),
                    "{method}: a wrong secret is a path that is not there"
                );
                let names = |answer: &reqwest::Response| answer.headers().keys().cloned().collect::<Vec<_>>();
                assert_eq!(names(&answer), names(&nowhere), "with the same heads");
                assert_eq!(
                    answer.text().await.unwrap(),
                    nowhere.text().await.unwrap(),
                    "in every letter"
                );
            }
        }
    }
    served.relay.shutdown().await;
}

#[tokio::test]
async fn too_many_events_are_turned_away_and_the_limit_can_be_off() {
    let served = start_with(|options| options.ingest_per_second = Some(5)).await;
    let mut answers = Vec::new();
    for n in 0..40 {
        answers.push(served.post_event(Xml::received(n, IVANOV).text()).await);
    }
    assert!(
        answers.contains(&StatusCode::TOO_MANY_REQUESTS),
        "five a second is the limit"
    );
    let taken = answers.iter().filter(|status| **status == StatusCode::OK).count();
    let stored = served.get("/v1/events?limit=200").await["events"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(stored, taken, "exactly those that were answered 200 are stored");
    served.relay.shutdown().await;

    let served = start_with(|options| options.ingest_per_second = None).await;
    for n in 0..40 {
        assert_eq!(
            served.post_event(Xml::received(n, IVANOV).text()).await,
            StatusCode::OK,
            "no limit"
        );
    }
    served.relay.shutdown().await;
}
