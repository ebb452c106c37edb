//! Transfers by REST of calls that run (reference 1.3).

use std::time::Duration;

use perezvon_sim::{Args, Direction, Options, Outcome, Sim};
use reqwest::Method;
use serde_json::Value;

use crate::{Rest, assert_refused, nothing, options, subscriber::Subscriber};

const WHO: &str = "9000000001@mpbx.sip.beeline.ru";
const COLLEAGUE: &str = "79000000004@ip.beeline.ru";

/// Slow enough to act in the middle of a call.
async fn slow(speed: f64) -> (Sim, Rest, Subscriber) {
    let options = Options {
        speed,
        record_delay: Duration::ZERO,
        ..options()
    };
    let (sim, subscriber) = (Sim::start(options).await.unwrap(), Subscriber::start().await);
    let rest = Rest::of(&sim);
    rest.subscribe(None, "ADVANCED_CALL", &subscriber.url("all")).await;
    (sim, rest, subscriber)
}

/// A talk of `talk_ms`, long beyond the test unless it is ended.
fn long(talk_ms: i64) -> Args {
    Args {
        talk_ms: Some(talk_ms),
        ring_ms: Some(5000),
        number: Some("+79000000099".into()),
        ..Args::default()
    }
}

/// Waits for an event of the target; the callId in it.
async fn call_of(subscriber: &Subscriber, kind: &str, target: &str, nth: usize) -> String {
    let found = |s: &Subscriber| {
        let events = s.of("all").into_iter();
        let mut fit = events.filter(|e| e.kind() == kind && e.text("targetId").as_deref() == Some(target));
        fit.nth(nth).and_then(|e| e.text("callId"))
    };
    subscriber.until(kind, |s| found(s).is_some()).await;
    found(subscriber).unwrap()
}

fn kinds_of(subscriber: &Subscriber, target: &str) -> Vec<String> {
    let events = subscriber.of("all").into_iter();
    let calls = events.filter(|e| e.text("targetId").as_deref() == Some(target) && e.kind() != "HookStatus");
    calls.map(|e| e.kind()).collect()
}

#[tokio::test]
async fn a_running_call_goes_to_a_colleague() {
    let (sim, rest, subscriber) = slow(20.0).await;
    let id = sim.play("group-answered", long(3_600_000)).unwrap();
    let call = call_of(&subscriber, "CallAnswered", WHO, 0).await;
    let path = format!("abonents/101/callTransfer?callId={call}&phoneNumber=104");
    assert_eq!(rest.told(Method::POST, &path).await, nothing());
    assert_refused(
        rest.told(Method::POST, &path).await,
        "the abonent no longer has the call",
    );
    tokio::time::timeout(Duration::from_secs(20), sim.finished(id))
        .await
        .expect("an hour is not waited for");
    let truth = sim.truth().remove(0);
    assert_eq!(truth.outcome(WHO), Some(Outcome::Transferred));
    assert_eq!(truth.outcome(COLLEAGUE), Some(Outcome::Answered));
    assert_eq!(truth.answered_by.as_deref(), Some(WHO));
    let part = |who: &str| truth.parts.iter().find(|p| p.abonent == who).unwrap();
    let (mine, theirs) = (part(WHO), part(COLLEAGUE));
    assert!(
        mine.answer.unwrap() <= mine.release && mine.release < theirs.start,
        "{mine:?} {theirs:?}"
    );
    assert_eq!(
        (theirs.from.as_deref(), truth.release),
        (Some("+79000000099"), theirs.release)
    );
    assert_eq!(theirs.tracking_id, truth.tracking_id, "one session");
    let told = kinds_of(&subscriber, WHO);
    assert!(
        told.ends_with(&["CallRedirected".into(), "CallReleased".into()]),
        "{told:?}"
    );
    assert_eq!(
        told.iter().filter(|k| *k == "CallReleased").count(),
        1,
        "the planned release is gone"
    );
    assert_eq!(
        kinds_of(&subscriber, COLLEAGUE),
        ["CallReceived", "CallAnswered", "CallReleased"]
    );
    let system = sim.options().company.lines[0].system_id.clone();
    let last = kinds_of(&subscriber, &system).pop();
    assert_eq!(
        last.as_deref(),
        Some("CallReleased"),
        "the hunt group goes on until the new end"
    );
    assert_eq!(
        rest.get(&format!("records?userId={WHO}")).await[0]["duration"],
        mine.release - mine.answer.unwrap()
    );
}

#[tokio::test]
async fn it_can_be_transferred_on_and_outside() {
    let (sim, rest, subscriber) = slow(20.0).await;
    let id = sim.play("outgoing-answered", long(60_000)).unwrap();
    let call = call_of(&subscriber, "CallAnswered", WHO, 0).await;
    let path = format!("abonents/101/callTransfer?callId={call}&phoneNumber=104");
    assert_eq!(rest.told(Method::POST, &path).await, nothing());
    let next = call_of(&subscriber, "CallAnswered", COLLEAGUE, 0).await;
    assert_ne!(next, call, "a leg of its own");
    let path = format!("abonents/104/callTransfer?callId={next}&phoneNumber=%2B79000000077");
    assert_eq!(rest.told(Method::POST, &path).await, nothing());
    sim.finished(id).await;
    let truth = sim.truth().remove(0);
    assert_eq!(truth.parts.len(), 2, "{truth:?}");
    for who in [WHO, COLLEAGUE] {
        assert_eq!(truth.outcome(who), Some(Outcome::Transferred), "{who}");
    }
    assert_eq!(
        kinds_of(&subscriber, COLLEAGUE).last().map(String::as_str),
        Some("CallReleased")
    );
}

#[tokio::test]
async fn an_unknown_call_cannot_be_transferred() {
    let (sim, rest, subscriber) = slow(20.0).await;
    let ringing = sim
        .play(
            "incoming-missed",
            Args {
                ring_ms: Some(30_000),
                ..long(1000)
            },
        )
        .unwrap();
    let call = call_of(&subscriber, "CallReceived", WHO, 0).await;
    let with = |who: &str, query: &str| format!("abonents/{who}/callTransfer?{query}");
    for (path, why) in [
        (
            with("101", &format!("callId={call}&phoneNumber=104")),
            "it rings, nobody talks",
        ),
        (with("101", "callId=callhalf-1:0&phoneNumber=104"), "no such call"),
        (with("101", "phoneNumber=104"), "no callId"),
        (with("101", &format!("callId={call}")), "no number"),
        (
            with("199", &format!("callId={call}&phoneNumber=104")),
            "no such abonent",
        ),
    ] {
        assert_refused(rest.told(Method::POST, &path).await, why);
    }
    sim.finished(ringing).await;
    assert_eq!(sim.truth()[0].outcome(WHO), Some(Outcome::Missed), "nothing changed");
    let talk = sim
        .play(
            "internal",
            Args {
                colleague: Some("104".into()),
                ..long(40_000)
            },
        )
        .unwrap();
    let call = call_of(&subscriber, "CallAnswered", WHO, 0).await;
    for (who, number, why) in [
        ("104", "105", "a call of somebody else"),
        ("101", "101", "to the abonent himself"),
        ("101", "104", "to the other party"),
        ("101", "abc", "no number"),
    ] {
        let path = with(who, &format!("callId={call}&phoneNumber={number}"));
        assert_refused(rest.told(Method::POST, &path).await, why);
    }
    sim.finished(talk).await;
    assert_eq!(sim.truth()[1].outcome(WHO), Some(Outcome::Answered), "nothing changed");
    let path = with("101", &format!("callId={call}&phoneNumber=105"));
    assert_refused(rest.told(Method::POST, &path).await, "the call is over");
}

#[tokio::test]
async fn two_calls_are_joined() {
    let (sim, rest, subscriber) = slow(20.0).await;
    let first = sim.play("incoming-answered", long(3_600_000)).unwrap();
    let client = call_of(&subscriber, "CallAnswered", WHO, 0).await;
    let click = async |number: &str| {
        let path = format!("v2/abonents/101/call?phoneNumber={number}");
        let placed: Value = rest.send(Method::POST, &path).await.json().await.unwrap();
        (
            placed["callId"].as_str().unwrap().to_owned(),
            placed["externalTrackingId"].clone(),
        )
    };
    let join = |one: &str, other: &str| format!("abonents/101/callTransferConsult?callId={one}&callIdConsult={other}");
    // The digits 0002: this one never answers.
    let (silent, _) = click("9001230002").await;
    assert_refused(
        rest.told(Method::POST, &join(&client, &silent)).await,
        "the consulted one has not answered",
    );
    let (consult, session) = click("104").await;
    call_of(&subscriber, "CallAnswered", COLLEAGUE, 0).await;
    call_of(&subscriber, "CallAnswered", WHO, 1).await;
    for (one, other, why) in [
        (client.as_str(), client.as_str(), "one call twice"),
        (client.as_str(), "callhalf-1:0", "no such call"),
        ("", "", "no calls"),
    ] {
        assert_refused(rest.told(Method::POST, &join(one, other)).await, why);
    }
    assert_eq!(rest.told(Method::POST, &join(&client, &consult)).await, nothing());
    sim.finished(first).await;
    sim.finished(first + 1).await;
    sim.finished(first + 2).await;
    let (silent, joined): (Vec<_>, Vec<_>) = sim.truth().into_iter().partition(|t| t.answer.is_none());
    assert_eq!((silent.len(), joined.len()), (1, 1), "one conversation: {joined:?}");
    let truth = &joined[0];
    assert_eq!(truth.direction, Direction::Incoming);
    assert_eq!(truth.linked, [session.as_str().unwrap()]);
    assert_eq!(truth.outcome(WHO), Some(Outcome::Transferred));
    assert_eq!(truth.outcome(COLLEAGUE), Some(Outcome::Answered));
    let told = kinds_of(&subscriber, COLLEAGUE);
    assert_eq!(
        told,
        ["CallReceived", "CallAnswered", "CallTransferred", "CallReleased"]
    );
    let moved = subscriber
        .of("all")
        .into_iter()
        .find(|e| e.kind() == "CallTransferred")
        .unwrap();
    assert_eq!(moved.text("extTrackingId").as_deref(), Some(truth.tracking_id.as_str()));
    assert_eq!(
        moved.text("address").as_deref(),
        Some("tel:+79000000099"),
        "talks with the client now"
    );
}

#[tokio::test]
async fn a_scripted_consultation_can_be_ended_early() {
    let (sim, rest, subscriber) = slow(20.0).await;
    let args = Args {
        colleague: Some("104".into()),
        ..long(20_000)
    };
    let id = sim.play("consultative-transfer", args).unwrap();
    let client = call_of(&subscriber, "CallAnswered", WHO, 0).await;
    let consult = call_of(&subscriber, "CallAnswered", WHO, 1).await;
    let path = format!("abonents/101/callTransfer?callId={client}&phoneNumber=105");
    assert_refused(rest.told(Method::POST, &path).await, "its script consults about it");
    let path = format!("abonents/101/callTransferConsult?callId={client}&callIdConsult={consult}");
    assert_eq!(rest.told(Method::POST, &path).await, nothing());
    sim.finished(id).await;
    let truth = sim.truth().remove(0);
    assert_eq!((truth.linked.len(), truth.parts.len()), (1, 2), "{truth:?}");
    assert_eq!(truth.outcome(WHO), Some(Outcome::Transferred));
    let transferred = subscriber
        .kinds("all")
        .iter()
        .filter(|k| *k == "CallTransferred")
        .count();
    assert_eq!(transferred, 1, "the planned one is gone");
}
