//! Events as other programs of this field met them, posted byte for byte: damaged names, wrong encoding labels, times
//! in the wrong order, a call that a colleague picks up.

use crate::common::support;
use reqwest::StatusCode;
use serde_json::Value;
use std::sync::LazyLock;
use std::time::SystemTime;
use support::{IVANOV, Served, start};

const PICKER: &str = "SIP00000U00002@mpbx.sip.beeline.ru";
const CALLER: &str = "9000000003@ip.beeline.ru";
/// The time of the first event in every file.
const T0: i64 = 1_760_000_000_000;

/// The time given to the first event, so that the last one is not in the future.
static BEGUN: LazyLock<i64> = LazyLock::new(|| SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64 - 70_000);

/// A file with its times moved to the present.
fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/cases/{name}.xml", env!("CARGO_MANIFEST_DIR"));
    let mut body = std::fs::read(&path).unwrap();
    let mark = b"176000";
    let mut at = 0;
    while let Some(found) = body[at..]
        .windows(13)
        .position(|w| w.starts_with(mark) && w.iter().all(u8::is_ascii_digit))
    {
        at += found;
        let told: i64 = std::str::from_utf8(&body[at..at + 13]).unwrap().parse().unwrap();
        body.splice(at..at + 13, (told - T0 + *BEGUN).to_string().into_bytes());
        at += 13;
    }
    body
}

async fn post(served: &Served, names: &[&str]) {
    for name in names {
        assert_eq!(served.post_event(file(name)).await, StatusCode::OK, "{name}");
    }
}

async fn calls(served: &Served, abonent: &str) -> Vec<Value> {
    let page = served.found("/v1/calls", &[("abonent", abonent)]).await;
    page["calls"].as_array().unwrap().clone()
}

/// The newest event with the text as it was posted.
async fn newest_event(served: &Served) -> Value {
    let page = served.get("/v1/events").await;
    served.get(&format!("/v1/events/{}", page["events"][0]["seq"])).await
}

#[tokio::test]
async fn a_call_rings_whatever_its_label_and_its_name_are_like() {
    let served = start().await;
    for (name, number, shown, mended) in [
        (
            "01-a-latin1-declared-charrefs",
            "+79000000011",
            "Пётр Тестов",
            "an encoding other than UTF-8",
        ),
        (
            "01-b-latin1-declared-utf8-bytes",
            "+79000000012",
            "Пётр Тестов",
            "an encoding other than UTF-8",
        ),
        (
            "02-a-cp1252-apostrophe",
            "+79000000021",
            "ИП Жан д\u{fffd}Арк",
            "not UTF-8",
        ),
        ("02-b-nul-bytes", "+79000000022", "Склад", "control character"),
        (
            "03-a-ampersand-in-name",
            "+79000000031",
            "Рога & Копыта",
            "not well-formed",
        ),
        ("03-d-html-entity", "+79000000034", "Рога\u{a0}и\u{a0}Копыта", "entity"),
    ] {
        let body = file(name);
        assert_eq!(served.post_event(body.clone()).await, StatusCode::OK, "{name}");
        let call = calls(&served, IVANOV).await.remove(0);
        assert_eq!(call["outcome"], "ringing", "{name}");
        assert_eq!(call["party"]["number"], number, "{name}");
        assert_eq!(call["party"]["name"], shown, "{name}");
        let event = newest_event(&served).await;
        assert_eq!(event["kind"], "CallReceivedEvent", "{name}");
        assert_eq!(event["error"], Value::Null, "{name} is no unreadable event");
        assert!(event["mended"].as_str().unwrap().contains(mended), "{name}: {event}");
        assert_eq!(event["bytes"], body.len(), "{name} is kept byte for byte");
        assert_eq!(event["raw"], String::from_utf8_lossy(&body).as_ref(), "{name}");
    }
    assert_eq!(
        served.get("/v1/events?unreadable=1").await["events"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    post(&served, &["02-a2-released-wellformed"]).await;
    let missed: Vec<Value> = calls(&served, IVANOV)
        .await
        .into_iter()
        .filter(|call| call["outcome"] == "missed")
        .collect();
    assert_eq!(missed.len(), 1, "the call that rang is the one that was missed");
    assert_eq!(
        (&missed[0]["party"]["number"], &missed[0]["waitMs"]),
        (&"+79000000021".into(), &21_000.into())
    );
    assert_eq!(
        newest_event(&served).await["mended"],
        Value::Null,
        "a whole document was not mended"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_saved_is_kept_counted_and_told() {
    let served = start().await;
    let whole = file("03-a-ampersand-in-name");
    let cut = whole[..whole.len() - 20].to_vec();
    assert_eq!(
        served.post_event(cut).await,
        StatusCode::OK,
        "the PBX need not repeat it"
    );
    let unreadable = served.get("/v1/events?unreadable=1").await;
    assert!(unreadable["events"][0]["error"].is_string(), "with the reason");
    assert!(calls(&served, IVANOV).await.is_empty());
    assert_eq!(served.get("/v1/health").await["events"]["unreadable"], 1, "counted");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn times_in_the_wrong_order_spoil_no_duration() {
    let served = start().await;
    post(
        &served,
        &[
            "08-a1-received",
            "08-a2-answered",
            "08-a3-released-before-answer",
            "08-b1-received",
            "08-b2-released-answertime-zero",
        ],
    )
    .await;
    let calls = calls(&served, IVANOV).await;
    let of = |number: &str| calls.iter().find(|call| call["party"]["number"] == number).unwrap();
    let answered = of("+79000000081");
    assert_eq!(
        (&answered["outcome"], &answered["talkMs"]),
        (&"ended".into(), &0.into())
    );
    assert_eq!(answered["waitMs"], 8_000);
    let missed = of("+79000000082");
    assert_eq!(
        (&missed["outcome"], &missed["waitMs"]),
        (&"missed".into(), &15_000.into())
    );
    assert_eq!(missed["talkMs"], Value::Null);
    served.relay.shutdown().await;
}

const PICK_UP: [&str; 5] = [
    "06-1-received-A",
    "06-2-originated-B-code",
    "06-3-answered-B-client",
    "06-4-released-A-no-answer",
    "06-5-released-B-talked",
];

#[tokio::test]
async fn a_call_that_a_colleague_picked_up_is_not_missed() {
    for order in [[0, 1, 2, 3, 4], [0, 3, 1, 2, 4], [4, 3, 2, 1, 0], [1, 2, 4, 0, 3]] {
        let served = start().await;
        for step in order {
            post(&served, &[PICK_UP[step]]).await;
            let pickers = calls(&served, PICKER).await;
            assert!(
                pickers.iter().all(|call| call["party"]["number"] == "+79000000061"),
                "no row for the code: {pickers:?}"
            );
        }
        let told = calls(&served, IVANOV).await;
        assert_eq!(told.len(), 1, "{order:?}");
        assert_eq!(told[0]["outcome"], "answered_by", "{order:?}");
        assert_eq!(told[0]["answeredBy"]["abonent"], PICKER, "{order:?}");
        let picker = calls(&served, PICKER).await;
        assert_eq!(picker.len(), 1, "{order:?}");
        assert_eq!(
            (&picker[0]["outcome"], &picker[0]["talkMs"]),
            (&"ended".into(), &60_000.into()),
            "{order:?}"
        );
        let company = served.get("/v1/calls").await;
        assert!(
            company["calls"]
                .as_array()
                .unwrap()
                .iter()
                .all(|call| call["outcome"] != "missed"),
            "{order:?}"
        );
        served.relay.shutdown().await;
    }
}

#[tokio::test]
async fn the_caller_of_a_picked_up_call_has_one_conversation_and_rings_no_more() {
    let picked = file("06-6-pickedup-internal-caller");
    // The session that C began, before and after.
    let text = String::from_utf8(picked.clone()).unwrap();
    let former = text
        .replace("CallPickedUpEvent", "CallOriginatedEvent")
        .replace("910603:2", "910603:1")
        .replace("000000000026", "000000000027")
        .replace("<xsi:state>Active", "<xsi:state>Alerting");
    let answer = former.find("<xsi:answerTime>").unwrap()..former.find("</xsi:answerTime>").unwrap() + 17;
    let former = former.replacen(&former[answer], "", 1).into_bytes();
    for order in [[&former, &picked], [&picked, &former]] {
        let served = start().await;
        for body in order {
            assert_eq!(served.post_event(body.clone()).await, StatusCode::OK);
        }
        let told = calls(&served, CALLER).await;
        let outcomes: Vec<&str> = told.iter().map(|call| call["outcome"].as_str().unwrap()).collect();
        assert_eq!(
            outcomes.iter().filter(|one| **one == "talking").count(),
            1,
            "{outcomes:?}"
        );
        assert!(!outcomes.contains(&"ringing"), "{outcomes:?}");
        served.relay.shutdown().await;
    }
}
