//! Settings: their bounds and their descriptions.

use crate::common::support;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::start;

#[tokio::test]
async fn a_wrong_setting_is_named_with_its_bounds() {
    let served = start().await;
    let put = |body: Value| {
        let (served, admin) = (&served, served.admin());
        async move {
            let answer = served.send(Method::PUT, "/v1/settings", Some(&admin), Some(body)).await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "it is refused");
            answer.json::<Value>().await.unwrap()
        }
    };
    let said = put(json!({ "graceMs": 700_000 })).await;
    assert_eq!(
        said["message"], "graceMs must be a whole number from 0 to 600000 (ms)",
        "{said}"
    );
    assert_eq!(said["code"], "bad_setting");
    let said = put(json!({ "ringLostMs": 5, "noSuchSetting": 1 })).await;
    assert_eq!(said["message"], "there is no setting noSuchSetting");
    let kept = served.get("/v1/settings").await["settings"]["ringLostMs"].clone();
    assert_eq!(kept, 300_000, "nothing of a refused change holds");
    let schema = served.get("/v1/settings/schema").await;
    let rows = schema["settings"].as_array().unwrap();
    let row = |key: &str| rows.iter().find(|row| row["key"] == key).unwrap().clone();
    let unused = row("useInteractionSystem");
    assert_eq!(
        (&unused["manual"], &unused["applied"]),
        (&json!("W6"), &json!(false)),
        "the unused one is shown"
    );
    assert!(
        unused["why"]["ru"].as_str().is_some_and(|why| !why.is_empty()),
        "with its reason"
    );
    let grace = row("graceMs");
    assert_eq!(
        (&grace["min"], &grace["max"], &grace["default"]),
        (&json!(0), &json!(600_000), &json!(30_000))
    );
    served.relay.shutdown().await;
}
