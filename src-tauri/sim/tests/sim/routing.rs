//! Individual call routing (reference 1.12).

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Rest, assert_refused, start};

/// The verdicts of a request, which is always answered 200.
async fn verdicts(rest: &Rest, method: Method, path: &str, body: Value) -> Vec<Value> {
    let (status, text) = rest.sent(method, path, &body).await;
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

fn fault(verdict: &Value) -> bool {
    let error = &verdict["error"];
    let whole = error["errorCode"] == "BadRequest" && error["description"].is_string();
    assert_eq!(
        verdict["status"] == "FAULT",
        whole,
        "an error exactly with FAULT: {verdict}"
    );
    whole
}

fn rule(number: &str, extension: &str) -> Value {
    json!({ "inboundNumber": number, "extension": extension })
}

#[tokio::test]
async fn numbers_are_switched_on_and_off_one_by_one() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    assert_eq!(rest.get("icr/numbers").await, json!([]));
    let asked = json!(["9000000050", "+79000000051", "9000000059"]);
    let told = verdicts(&rest, Method::PUT, "icr/numbers", asked).await;
    assert_eq!(told[0], json!({ "phoneNumber": "9000000050", "status": "SUCCESS" }));
    assert_eq!(told[1], json!({ "phoneNumber": "+79000000051", "status": "SUCCESS" }));
    assert_eq!((fault(&told[2]), &told[2]["phoneNumber"]), (true, &json!("9000000059")));
    let on = rest.get("icr/numbers").await;
    assert_eq!(
        on[0],
        json!({ "numberId": "9000000050@mpbx.sip.beeline.ru", "phone": "9000000050" })
    );
    assert_eq!(on.as_array().unwrap().len(), 2);
    verdicts(&rest, Method::PUT, "icr/numbers", json!(["9000000052"])).await;
    assert_eq!(rest.get("icr/numbers").await.as_array().unwrap().len(), 3, "PUT adds");
    let told = verdicts(
        &rest,
        Method::DELETE,
        "icr/numbers",
        json!(["9000000050", "9000000050"]),
    )
    .await;
    assert_eq!(told.iter().map(fault).collect::<Vec<_>>(), [false, true]);
    assert_eq!(rest.get("icr/numbers").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn put_replaces_the_rules_post_merges_delete_takes_a_body() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let path = "icr/route";
    verdicts(&rest, Method::PUT, "icr/numbers", json!(["9000000050", "9000000051"])).await;
    let told = verdicts(&rest, Method::PUT, path, json!([rule("9000000050", "101")])).await;
    assert_eq!(
        told,
        [json!({ "rule": rule("9000000050", "101"), "status": "SUCCESS" })]
    );
    let told = verdicts(&rest, Method::POST, path, json!([rule("+79000000051", "102")])).await;
    assert_eq!(told[0]["rule"], rule("+79000000051", "102"), "as it was sent");
    let both = json!([rule("9000000050", "101"), rule("9000000051", "102")]);
    assert_eq!(rest.get(path).await, both, "POST merges");
    verdicts(&rest, Method::POST, path, json!([rule("9000000050", "103")])).await;
    assert_eq!(rest.get(path).await[0], rule("9000000050", "103"), "one rule a number");
    let wrong = json!([
        rule("9000000050", "101"),
        rule("9000000059", "101"),
        rule("9000000051", "199")
    ]);
    let told = verdicts(&rest, Method::PUT, path, wrong).await;
    assert_eq!(told.iter().map(fault).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(
        rest.get(path).await,
        json!([rule("9000000050", "101")]),
        "PUT replaces by what is right"
    );
    let gone = json!([rule("9000000050", "102"), rule("9000000050", "101")]);
    let told = verdicts(&rest, Method::DELETE, path, gone).await;
    assert_eq!(told.iter().map(fault).collect::<Vec<_>>(), [true, false]);
    assert_eq!(rest.get(path).await, json!([]));
}

#[tokio::test]
async fn a_rule_needs_the_service_and_goes_with_it() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let set = json!([rule("9000000050", "101")]);
    assert!(fault(&verdicts(&rest, Method::POST, "icr/route", set.clone()).await[0]));
    verdicts(&rest, Method::PUT, "icr/numbers", json!(["9000000050"])).await;
    assert!(
        !fault(&verdicts(&rest, Method::POST, "/icr/route", set).await[0]),
        "a double slash is not noticed (S1)"
    );
    verdicts(&rest, Method::DELETE, "icr/numbers", json!(["9000000050"])).await;
    assert_eq!(rest.get("icr/route").await, json!([]));
    for (path, wrong) in [
        ("icr/route", rule("9000000050", "101")),
        ("icr/route", json!(["9000000050"])),
        ("icr/numbers", json!("9000000050")),
        ("icr/numbers", json!([9_000_000_050_u64])),
    ] {
        for method in [Method::PUT, Method::DELETE] {
            assert_refused(rest.sent(method, path, &wrong).await, path);
        }
    }
}
