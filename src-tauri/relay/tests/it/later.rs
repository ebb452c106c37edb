//! What a person who missed a call is told of colleagues: who has talked with the caller since, and who undertakes to.

use crate::common::{support, xml};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{IVANOV, PETROV, Served, next, start, start_in, until};
use xml::Xml;

/// The event as of so many minutes from an hour ago.
fn at(event: &Xml, minutes: i64) -> String {
    let now = i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    // The examples' times differ in their last five digits.
    let begin = now * 1000 - 3_600_000 + minutes * 60_000;
    event
        .text()
        .replace(":17600000", &format!(":{}", begin / 100_000))
        .replace(">17600000", &format!(">{}", begin / 100_000))
}

async fn missed(served: &Served, n: u64, abonent: &str, minutes: i64) {
    let call = Xml::received(n, abonent);
    for event in [call.clone(), call.released()] {
        assert_eq!(served.post_event(at(&event, minutes)).await, StatusCode::OK);
    }
}

async fn calls(served: &Served, key: &str) -> Vec<Value> {
    let answer = served.send(Method::GET, "/v1/calls", Some(key), None).await;
    answer.json::<Value>().await.unwrap()["calls"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn who_missed_a_call_learns_of_a_colleagues_conversation_by_name_and_time_alone() {
    let served = start().await;
    let key = served.add_user(IVANOV).await;
    missed(&served, 1, IVANOV, 0).await;
    let (mut feed, newest) = served.feed(&key, "after=0").await;
    let mut call = next(&mut feed).await;
    while call["version"].as_i64() < Some(newest) {
        call = next(&mut feed).await;
    }
    assert_eq!(
        (&call["outcome"], &call["talkedLater"]),
        (&json!("missed"), &Value::Null)
    );
    let talk = Xml::received(2, PETROV);
    for event in [talk.clone(), talk.answered()] {
        served.post_event(at(&event, 10)).await;
    }
    let told = next(&mut feed).await;
    assert_eq!(told["id"], call["id"], "the missed call is told anew: {told}");
    assert_eq!(told["outcome"], "missed", "it stays missed");
    let later = told["talkedLater"].as_object().expect("the conversation is told");
    assert!(later.contains_key("at"), "with its time");
    assert!(
        later.keys().all(|field| field == "at" || field == "name") && !told.to_string().contains(PETROV),
        "and nothing else of it: {told}"
    );
    // The conversation is known first, and the missed call comes late, after a restart.
    let served = start_in(served.stop().await, |_| {}).await;
    missed(&served, 3, IVANOV, 5).await;
    let late = until("the later missed call", || async {
        calls(&served, &key)
            .await
            .into_iter()
            .find(|call| call["trackingId"] == "3:1" && call["outcome"] == "missed")
    })
    .await;
    assert!(
        late["talkedLater"].is_object(),
        "it is answered by the same conversation: {late}"
    );
    missed(&served, 4, IVANOV, 30).await;
    let newer = calls(&served, &key).await;
    let newer = newer.iter().find(|call| call["trackingId"] == "4:1").unwrap();
    assert_eq!(
        newer["talkedLater"],
        Value::Null,
        "a call after the conversation waits: {newer}"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn who_undertakes_to_call_back_is_seen_by_all_who_missed_the_caller() {
    let served = start().await;
    let (ivanov, petrov) = (served.add_user(IVANOV).await, served.add_user(PETROV).await);
    missed(&served, 1, IVANOV, 0).await;
    missed(&served, 2, PETROV, 1).await;
    let own = calls(&served, &ivanov).await[0]["id"].as_str().unwrap().to_owned();
    let other = calls(&served, &petrov).await[0]["id"].as_str().unwrap().to_owned();
    // 30.0: in JSON that is a whole number as well.
    let claim = |id: String, key: String, minutes: f64| {
        let (served, path) = (&served, format!("/v1/calls/{id}/claim"));
        async move {
            served
                .send(Method::PUT, &path, Some(&key), Some(json!({ "minutes": minutes })))
                .await
                .status()
        }
    };
    assert_eq!(
        claim(other.clone(), ivanov.clone(), 30.0).await,
        StatusCode::NOT_FOUND,
        "only a call of one's own"
    );
    assert_eq!(
        claim(own.clone(), ivanov.clone(), 5000.0).await,
        StatusCode::BAD_REQUEST,
        "a day at most"
    );
    assert_eq!(claim(own.clone(), ivanov.clone(), 30.0).await, StatusCode::NO_CONTENT);
    let (mine, theirs) = (calls(&served, &ivanov).await, calls(&served, &petrov).await);
    assert_eq!(mine[0]["claim"]["own"], json!(true), "{}", mine[0]);
    assert_eq!(theirs[0]["claim"]["own"], json!(false), "{}", theirs[0]);
    assert!(theirs[0]["claim"]["until"].is_string() && theirs[0]["claim"].get("abonent").is_none());
    // Who misses the caller now sees it too.
    missed(&served, 3, PETROV, 20).await;
    let again = calls(&served, &petrov).await;
    let again = again.iter().find(|call| call["trackingId"] == "3:1").unwrap();
    assert_eq!(again["claim"]["own"], json!(false), "{again}");
    assert_eq!(
        claim(other.clone(), petrov.clone(), 0.0).await,
        StatusCode::NO_CONTENT,
        "what another has"
    );
    assert!(
        calls(&served, &ivanov).await[0]["claim"].is_object(),
        "cannot be given back for them"
    );
    assert_eq!(
        claim(other, petrov.clone(), 30.0).await,
        StatusCode::NO_CONTENT,
        "but taken over"
    );
    assert_eq!(calls(&served, &ivanov).await[0]["claim"]["own"], json!(false));
    let last = calls(&served, &petrov).await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        claim(last, petrov.clone(), 0.0).await,
        StatusCode::NO_CONTENT,
        "given back"
    );
    for key in [&ivanov, &petrov] {
        let claims = calls(&served, key).await;
        assert!(
            claims.iter().all(|call| call.get("claim").is_none()),
            "nobody has it: {claims:?}"
        );
    }
    served.relay.shutdown().await;
}
