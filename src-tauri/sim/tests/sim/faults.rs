//! Faults of REST and of delivery (reference part 4).

use std::time::Duration;

use perezvon_sim::{Args, FaultKind, FaultSettings};
use reqwest::{Method, StatusCode};

use crate::{Rest, start, subscribed};

#[tokio::test]
async fn rest_misbehaves_as_told_and_recovers() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    for (kind, status, html) in [
        (FaultKind::Html503, 503, true),
        (FaultKind::Html200, 200, true),
        (FaultKind::Error500, 500, false),
        (FaultKind::TooMany, 429, false),
    ] {
        sim.faults().path("abonents", kind, Some(1));
        let (got, text) = rest.told(Method::GET, "abonents").await;
        assert_eq!((got, text.starts_with('<')), (status, html), "{kind:?}");
        assert_eq!(rest.told(Method::GET, "abonents").await.0, 200, "{kind:?} once only");
    }
    sim.faults().path("numbers", FaultKind::Html503, None);
    assert_eq!(rest.send(Method::GET, "numbers").await.status(), 503);
    assert_eq!(
        rest.send(Method::GET, "abonents").await.status(),
        200,
        "other paths work"
    );
    sim.faults().clear();
    assert_eq!(rest.send(Method::GET, "numbers").await.status(), 200);
    sim.faults().set(FaultSettings {
        reject_token: true,
        ..FaultSettings::default()
    });
    assert_eq!(rest.send(Method::GET, "numbers").await.status(), 401);
}

#[tokio::test]
async fn a_request_may_hang_break_off_or_lose_its_answer() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    sim.faults().path("abonents", FaultKind::Hang, Some(1));
    let hung = rest
        .request(Method::GET, "abonents")
        .timeout(Duration::from_millis(300))
        .send()
        .await;
    assert!(hung.unwrap_err().is_timeout(), "no answer at all");
    sim.faults().path("abonents", FaultKind::HalfBody, Some(1));
    let half = rest.send(Method::GET, "abonents").await;
    assert_eq!(half.status(), StatusCode::OK);
    assert!(half.bytes().await.is_err(), "the body breaks off");
    sim.faults().path("v2/abonents", FaultKind::LostAnswer, Some(1));
    let lost = rest
        .request(Method::POST, "v2/abonents/101/call?phoneNumber=9000000099")
        .send()
        .await;
    assert!(lost.is_err(), "the connection ends before any answer: {lost:?}");
    assert_eq!(sim.calls_placed().len(), 1, "the call was placed all the same");
    let statuses: Vec<_> = sim.requests().iter().map(|r| r.status).collect();
    assert_eq!(statuses, [None, Some(200), None]);
    assert_eq!(sim.requests()[2].path, "v2/abonents/101/call?phoneNumber=9000000099");
    sim.shutdown().await;
}

#[tokio::test]
async fn shutdown_does_not_wait_for_an_answer_that_hangs() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    sim.faults().path("abonents", FaultKind::Hang, None);
    let request = rest.request(Method::GET, "abonents");
    let hung = tokio::spawn(async move { request.send().await.map(|a| a.status()) });
    let logged = async {
        while sim.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), logged)
        .await
        .expect("the request arrives");
    tokio::time::timeout(Duration::from_secs(5), sim.shutdown())
        .await
        .expect("shutdown ends");
    let ended = tokio::time::timeout(Duration::from_secs(5), hung)
        .await
        .expect("the request ends too")
        .unwrap();
    assert!(!ended.is_ok_and(|status| status.is_success()), "without success");
}

#[tokio::test]
async fn events_come_twice_swapped_lost_or_without_target() {
    let (sim, _rest, subscriber) = subscribed("BASIC_CALL").await;
    sim.play_through("incoming-missed+duplicate", Args::default())
        .await
        .unwrap();
    let events = subscriber.of("all");
    assert_eq!(events.len(), 4);
    assert_eq!(events[0].body, events[1].body, "the same document");
    subscriber.clear();

    sim.play_through("incoming-missed+swapped", Args::default())
        .await
        .unwrap();
    assert_eq!(subscriber.kinds("all"), ["CallReleased", "CallReceived"]);
    assert_eq!(
        subscriber
            .of("all")
            .iter()
            .map(crate::subscriber::Received::sequence)
            .collect::<Vec<_>>(),
        [4, 3]
    );
    subscriber.clear();

    sim.play_through("incoming-answered+lost-released", Args::default())
        .await
        .unwrap();
    assert_eq!(
        subscriber.kinds("all"),
        ["CallReceived", "HookStatus", "CallAnswered", "HookStatus"]
    );
    assert_eq!(
        subscriber.of("all").last().unwrap().sequence(),
        9,
        "the lost one's number is missing"
    );
    assert_eq!(sim.truth()[2].release - sim.truth()[2].answer.unwrap(), {
        let part = &sim.truth()[2].parts[0];
        part.release - part.answer.unwrap()
    });
    subscriber.clear();

    sim.play_through("incoming-missed+missing-target", Args::default())
        .await
        .unwrap();
    assert!(subscriber.of("all").iter().all(|e| e.text("targetId").is_none()));
}

#[tokio::test]
async fn documents_look_different_and_say_the_same() {
    let (sim, _rest, subscriber) = subscribed("BASIC_CALL").await;
    for (style, sign) in [
        ("line-breaks", "\n      +"),
        ("other-prefixes", "<bw:Event"),
        ("one-line", "</xsi:eventID><xsi:"),
    ] {
        let args = Args {
            number: Some("+79000000099".into()),
            ..Args::default()
        };
        sim.play_through(&format!("incoming-missed+{style}"), args)
            .await
            .unwrap();
        let events = subscriber.of("all");
        assert_eq!(
            events[0].text("address").as_deref(),
            Some("tel:+79000000099"),
            "{style}"
        );
        let body = &events[0].body;
        let shows = if style == "line-breaks" {
            body.contains(">\n      tel:")
        } else {
            body.contains(sign)
        };
        assert!(shows, "{style}: {body}");
        subscriber.clear();
    }
}

#[tokio::test]
async fn unknown_kinds_and_withheld_numbers() {
    let (sim, _rest, subscriber) = subscribed("BASIC_CALL").await;
    sim.play_through("incoming-missed+unknown-kind", Args::default())
        .await
        .unwrap();
    assert_eq!(
        subscriber.kinds("all"),
        ["CallReceived", "CallNovelty", "CallReleased", "CallNovelty"]
    );
    assert_eq!(
        subscriber.of("all")[1].text("flavour").as_deref(),
        Some("лимон & <мята>")
    );
    subscriber.clear();
    for script in ["incoming-missed+withheld", "hidden-number"] {
        sim.play_through(script, Args::default()).await.unwrap();
        let first = subscriber.of("all").remove(0);
        assert_eq!(
            (first.text("address"), first.text("privacy")),
            (None, Some(String::new())),
            "{script}"
        );
        assert_eq!(sim.truth().last().unwrap().party, None, "{script}");
        subscriber.clear();
    }
}

#[tokio::test]
async fn rest_is_out_while_a_script_plays() {
    let sim = perezvon_sim::Sim::start(perezvon_sim::Options {
        speed: 1.0,
        ..crate::options()
    })
    .await
    .unwrap();
    let rest = Rest::of(&sim);
    let args = Args {
        ring_ms: Some(200),
        talk_ms: Some(300),
        ..Args::default()
    };
    let id = sim.play("incoming-answered+503-html", args).unwrap();
    let out = async {
        while rest.send(Method::GET, "abonents").await.status() != 503 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), out)
        .await
        .expect("the outage begins");
    sim.finished(id).await;
    assert_eq!(rest.send(Method::GET, "abonents").await.status(), 200, "and ends");
}
