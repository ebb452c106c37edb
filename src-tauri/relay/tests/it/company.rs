//! The company's log, in the views of all abonents, for administrators alone.

use crate::common::{support, xml};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use support::{IVANOV, PETROV, Served, start};
use xml::Xml;

/// A call that rings at both and that Ivanov answers; a call of Petrov's alone.
async fn calls(served: &Served) {
    let first = Xml::received(1, IVANOV);
    let second = Xml {
        leg: "callhalf-99:0".to_owned(),
        event_id: Xml::received(2, PETROV).event_id,
        ..Xml::received(1, PETROV)
    };
    let events = [&first, &second, &first.answered(), &second.released()];
    for event in events.into_iter().chain([&Xml::received(3, PETROV)]) {
        assert_eq!(
            served.post_event(event.text()).await,
            StatusCode::OK,
            "the event is taken"
        );
    }
}

fn of<'a>(page: &'a Value, abonent: &str) -> Vec<&'a Value> {
    let calls = page["calls"].as_array().unwrap().iter();
    calls.filter(|call| call["abonent"] == abonent).collect()
}

#[tokio::test]
async fn every_abonents_view_of_every_call_is_told_to_an_administrator() {
    let served = start().await;
    calls(&served).await;
    let page = served.get("/v1/company/changes?after=0").await;
    assert_eq!(page["calls"].as_array().unwrap().len(), 3, "{page}");
    assert_eq!((&page["more"], &page["after"]), (&json!(false), &json!(5)));
    for abonent in [IVANOV, PETROV] {
        let own = served
            .get(&format!("/v1/changes?after=0&abonent={}", abonent.replace('@', "%40")))
            .await;
        let mut own = own["calls"].as_array().unwrap().clone();
        let told = of(&page, abonent);
        assert_eq!(told.len(), own.len(), "{abonent}");
        for (own, told) in own.iter_mut().zip(told) {
            let legs = own["legs"].as_array_mut().unwrap();
            legs.retain(|leg| leg["abonent"] == abonent);
            assert_eq!(own, told, "what {abonent} had in it, and no leg of others");
        }
    }
    served.relay.shutdown().await;
}

#[tokio::test]
async fn the_log_goes_on_from_its_cursor_and_a_page_never_parts_a_call() {
    let served = start().await;
    calls(&served).await;
    let (mut after, mut parts, mut pages) = (0, 0, 0);
    loop {
        let page = served.get(&format!("/v1/company/changes?after={after}&limit=1")).await;
        let told = page["calls"].as_array().unwrap();
        let versions = told.iter().map(|call| call["version"].as_i64().unwrap());
        assert!(versions.clone().all(|version| Some(version) == page["after"].as_i64()));
        parts += told.len();
        after = page["after"].as_i64().unwrap();
        if page["more"] == false {
            break;
        }
        pages += 1;
    }
    assert_eq!((pages, parts), (2, 3), "one page for each call");
    let waiting = format!("/v1/company/changes?after={after}&wait=50");
    let (page, status) = tokio::join!(served.get(&waiting), async {
        // Whether it comes before or after the wait began makes no difference.
        tokio::time::sleep(Duration::from_millis(50)).await;
        served.post_event(Xml::received(4, IVANOV).text()).await
    });
    assert_eq!(status, StatusCode::OK);
    assert_eq!(of(&page, IVANOV).len(), 1, "a change ends the wait");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn nobody_else_may_read_it() {
    let served = start().await;
    calls(&served).await;
    let user = served.add_user(IVANOV).await;
    for (key, status) in [
        (Some(user.as_str()), StatusCode::FORBIDDEN),
        (None, StatusCode::UNAUTHORIZED),
    ] {
        for path in ["/v1/company/changes", "/v1/company/changes?after=0&wait=50"] {
            let answer = served.send(Method::GET, path, key, None).await;
            assert_eq!(answer.status(), status, "{path}");
            let text = answer.text().await.unwrap();
            assert!(!text.contains("79000000099"), "nothing of a call: {text}");
        }
    }
    served.relay.shutdown().await;
}
