//! Click-to-call by REST, both editions (reference 1.4).

use std::time::Duration;

use perezvon_sim::{Args, CallAnswer, Outcome};
use reqwest::Method;
use serde_json::Value;

use crate::{start, subscribed};

#[tokio::test]
async fn the_first_edition_answers_the_session_as_quoted_text() {
    let (sim, rest, subscriber) = subscribed("BASIC_CALL").await;
    for pattern in [
        "9000000001@mpbx.sip.beeline.ru",
        "9000000001%40mpbx.sip.beeline.ru",
        "9000000001",
        "101",
    ] {
        let (status, text) = rest
            .told(Method::POST, &format!("abonents/{pattern}/call?phoneNumber=9000000099"))
            .await;
        assert_eq!(status, 200, "{pattern}");
        let id = text
            .strip_prefix('"')
            .and_then(|t| t.strip_suffix('"'))
            .unwrap()
            .to_owned();
        subscriber
            .until("end", |s| {
                s.of("all")
                    .iter()
                    .any(|e| e.kind() == "CallReleased" && e.text("extTrackingId").as_deref() == Some(&id))
            })
            .await;
        let first = subscriber
            .of("all")
            .into_iter()
            .find(|e| e.text("extTrackingId").as_deref() == Some(&id))
            .unwrap();
        assert_eq!(first.text("personality").as_deref(), Some("Click-to-Dial"));
        assert_eq!(first.text("address").as_deref(), Some("tel:+79000000099"));
    }
    let placed = sim.calls_placed();
    assert_eq!(placed.len(), 4, "each POST is a call of its own");
    assert_eq!((placed[3].pattern.as_str(), placed[3].edition), ("101", 1));
    assert_eq!(placed[3].abonent, "9000000001@mpbx.sip.beeline.ru");
    assert_eq!(placed[3].number, "9000000099");
}

#[tokio::test]
async fn the_second_edition_answers_leg_and_session() {
    let (sim, rest, subscriber) = subscribed("BASIC_CALL").await;
    let answer = rest
        .send(Method::POST, "v2/abonents/101/call?phoneNumber=%2B79000000099")
        .await;
    let told: Value = answer.json().await.unwrap();
    subscriber.until("first event", |s| !s.of("all").is_empty()).await;
    let first = &subscriber.of("all")[0];
    assert_eq!(
        told["externalTrackingId"].as_str(),
        first.text("extTrackingId").as_deref()
    );
    assert_eq!(told["callId"].as_str(), first.text("callId").as_deref());
    assert_eq!(sim.calls_placed()[0].edition, 2);
}

#[tokio::test]
async fn the_number_may_be_a_form_and_must_be_there() {
    let sim = start().await;
    let rest = crate::Rest::of(&sim);
    let form = rest
        .request(Method::POST, "abonents/101/call")
        .header("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(form.body("phoneNumber=9000000099").send().await.unwrap().status(), 200);
    for path in [
        "abonents/101/call",
        "abonents/199/call?phoneNumber=9000000099",
        "v2/abonents/101/call?phoneNumber=abc",
    ] {
        let (status, text) = rest.told(Method::POST, path).await;
        assert_eq!(status, 400, "{path}: {text}");
    }
    assert_eq!(sim.calls_placed().len(), 1, "refused requests place no call");
}

#[tokio::test]
async fn answers_may_be_bare_empty_or_late() {
    let sim = start().await;
    let rest = crate::Rest::of(&sim);
    sim.faults().change(|f| f.call_answer = CallAnswer::Bare);
    let (_, text) = rest
        .told(Method::POST, "abonents/101/call?phoneNumber=9000000099")
        .await;
    assert_eq!(text, sim.calls_placed()[0].tracking_id);
    sim.faults().change(|f| f.call_answer = CallAnswer::Empty);
    for path in [
        "abonents/101/call?phoneNumber=9000000099",
        "v2/abonents/101/call?phoneNumber=9000000099",
    ] {
        assert_eq!(rest.told(Method::POST, path).await, (200, String::new()));
    }
    sim.faults().change(|f| f.call_answer_delay_ms = 300);
    let begun = std::time::Instant::now();
    rest.send(Method::POST, "abonents/101/call?phoneNumber=9000000099")
        .await;
    assert!(begun.elapsed() >= Duration::from_millis(300), "held back");
    sim.faults().change(|f| f.v2_call_off = true);
    let (status, text) = rest
        .told(Method::POST, "v2/abonents/101/call?phoneNumber=9000000099")
        .await;
    assert_eq!((status, text.starts_with('<')), (404, true));
    assert_eq!(sim.calls_placed().len(), 4);
}

#[tokio::test]
async fn the_last_digits_choose_how_it_goes() {
    for (number, outcome, kind) in [
        ("9001230001", Outcome::Busy, Some("CallReleasing")),
        ("9001230002", Outcome::NoAnswer, Some("CallOriginated")),
        ("9001230003", Outcome::NoAnswer, None),
        ("9001230004", Outcome::Rejected, None),
        ("9001230005", Outcome::Rejected, None),
        ("9001230006", Outcome::Answered, Some("CallAnswered")),
    ] {
        let (sim, rest, subscriber) = subscribed("BASIC_CALL").await;
        rest.send(Method::POST, &format!("abonents/101/call?phoneNumber={number}"))
            .await;
        subscriber
            .until("end", |s| s.kinds("all").contains(&"CallReleased".into()))
            .await;
        sim.finished(1).await;
        let truth = sim.truth().remove(0);
        assert_eq!(
            truth.outcome("9000000001@mpbx.sip.beeline.ru"),
            Some(outcome),
            "{number}"
        );
        let kinds = subscriber.kinds("all");
        let wanted = kind.unwrap_or("CallOriginating").to_owned();
        assert!(kinds.contains(&wanted), "{number}: {kinds:?}");
        assert_eq!(
            kinds.contains(&"CallOriginated".to_owned()),
            kind.is_some(),
            "{number}: second leg dialled"
        );
    }
}

#[tokio::test]
async fn a_colleague_rings_when_the_number_is_his() {
    let (sim, rest, subscriber) = subscribed("BASIC_CALL").await;
    rest.send(Method::POST, "abonents/101/call?phoneNumber=104").await;
    subscriber
        .until("end", |s| {
            s.kinds("all").iter().filter(|k| *k == "CallReleased").count() == 2
        })
        .await;
    sim.finished(1).await;
    let truth = sim.truth().remove(0);
    assert_eq!(truth.direction, perezvon_sim::Direction::Internal);
    assert_eq!(truth.outcome("79000000004@ip.beeline.ru"), Some(Outcome::Answered));
}

#[tokio::test]
async fn the_two_disputed_forms_of_click_to_call_can_be_played() {
    let (sim, _rest, subscriber) = subscribed("BASIC_CALL").await;
    sim.play_through("click-to-call+operator-address+click-to-dial-kept", Args::default())
        .await
        .unwrap();
    let events = subscriber.of("all");
    assert_eq!(
        events[0].text("address").as_deref(),
        Some("tel:+79000000001"),
        "the operator's own"
    );
    for event in events.iter().filter(|e| e.text("personality").is_some()) {
        assert_eq!(
            event.text("personality").as_deref(),
            Some("Click-to-Dial"),
            "{}",
            event.kind()
        );
    }
}
