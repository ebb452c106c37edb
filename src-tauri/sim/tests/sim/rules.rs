//! Rules: selective forwarding, black and white list (reference 1.6, 1.7).

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Rest, assert_refused, nothing, start};

fn forward(name: &str) -> Value {
    json!({
        "name": name, "forwardToPhone": "9000000077", "schedule": "WORKING_TIME",
        "phoneList": ["9000000098", "+79000000099"],
    })
}

fn refuse(name: &str) -> Value {
    json!({ "name": name, "schedule": "ROUND_THE_CLOCK", "phoneList": ["9000000098"] })
}

fn with_id(mut rule: Value, id: &str) -> Value {
    rule["id"] = json!(id.parse::<u64>().unwrap());
    rule
}

/// The id answered, which is bare number text.
fn bare((status, text): (u16, String)) -> String {
    assert_eq!(status, 200, "{text}");
    assert!(text.parse::<u64>().is_ok(), "a bare number: {text}");
    text
}

#[tokio::test]
async fn selective_forwarding_keeps_its_rules() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let path = "abonents/101/cfs";
    assert_eq!(
        rest.get(path).await,
        json!({ "isCfsServiceEnabled": false }),
        "no list at all"
    );
    let first = bare(rest.sent(Method::POST, path, &forward("Банк")).await);
    let second = bare(rest.sent(Method::POST, path, &forward("Склад")).await);
    assert_ne!(first, second);
    assert_eq!(rest.told(Method::PUT, path).await, nothing());
    let rules = |rules: Vec<Value>, on: bool| json!({ "isCfsServiceEnabled": on, "ruleList": rules });
    let both = vec![with_id(forward("Банк"), &first), with_id(forward("Склад"), &second)];
    assert_eq!(rest.get(path).await, rules(both, true));
    let changed = rest
        .sent(Method::PUT, &format!("{path}/{first}"), &forward("Суд"))
        .await;
    assert_eq!(changed, nothing());
    assert_eq!(rest.told(Method::DELETE, &format!("{path}/{second}")).await, nothing());
    assert_eq!(rest.told(Method::DELETE, path).await, nothing());
    let left = vec![with_id(forward("Суд"), &first)];
    assert_eq!(rest.get(path).await, rules(left, false), "off, the rule stays");
    assert_eq!(
        rest.get("abonents/103/cfs").await["ruleList"],
        Value::Null,
        "of one abonent only"
    );
}

#[tokio::test]
async fn selective_forwarding_refuses_what_is_not_there_or_no_rule() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let mut incomplete = forward("Банк");
    incomplete.as_object_mut().unwrap().remove("forwardToPhone");
    let mut numbered = forward("Банк");
    numbered["id"] = json!(1);
    let mut never = forward("Банк");
    never["schedule"] = json!("NEVER");
    for wrong in [incomplete, numbered, never, json!("Банк"), forward(" ")] {
        let answer = rest.sent(Method::POST, "abonents/101/cfs", &wrong).await;
        assert_refused(answer, &wrong.to_string());
    }
    let other = bare(rest.sent(Method::POST, "abonents/103/cfs", &forward("Банк")).await);
    for id in ["999", "x", &other] {
        let path = format!("abonents/101/cfs/{id}");
        assert_refused(rest.sent(Method::PUT, &path, &forward("Банк")).await, &path);
        assert_refused(rest.told(Method::DELETE, &path).await, &path);
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        assert_refused(rest.told(method.clone(), "abonents/199/cfs").await, method.as_str());
    }
    assert_refused(
        rest.sent(Method::POST, "abonents/199/cfs", &forward("Банк")).await,
        "nobody",
    );
    assert_eq!(
        rest.get("abonents/101/cfs").await,
        json!({ "isCfsServiceEnabled": false })
    );
}

#[tokio::test]
async fn one_of_two_lists_holds_at_a_time() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let path = "abonents/101/bwl";
    assert_eq!(rest.get(path).await, json!({ "status": "OFF" }));
    let new = |list: &str, rule: Value| json!({ "type": list, "rule": rule });
    let black = bare(rest.sent(Method::POST, path, &new("BLACK_LIST", refuse("Спам"))).await);
    // S1 sends forwardToPhone with it; it means nothing here.
    let white = bare(rest.sent(Method::POST, path, &new("WHITE_LIST", forward("Свои"))).await);
    let mut own = forward("Свои");
    own.as_object_mut().unwrap().remove("forwardToPhone");
    for (list, status) in [("BLACK_LIST", "BLACK_LIST_ON"), ("WHITE_LIST", "WHITE_LIST_ON")] {
        assert_eq!(
            rest.told(Method::PUT, &format!("{path}?ruleType={list}")).await,
            nothing()
        );
        let wanted = json!({
            "status": status,
            "blackList": [with_id(refuse("Спам"), &black)],
            "whiteList": [with_id(own.clone(), &white)],
        });
        assert_eq!(rest.get(path).await, wanted);
    }
    let changed = rest
        .sent(Method::PUT, &format!("{path}/{black}"), &refuse("Реклама"))
        .await;
    assert_eq!(changed, nothing());
    assert_eq!(rest.told(Method::DELETE, &format!("{path}/{white}")).await, nothing());
    assert_eq!(rest.told(Method::DELETE, path).await, nothing());
    let wanted = json!({ "status": "OFF", "blackList": [with_id(refuse("Реклама"), &black)] });
    assert_eq!(rest.get(path).await, wanted);
}

#[tokio::test]
async fn lists_refuse_what_is_not_there_or_unknown() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let path = "abonents/101/bwl";
    for wrong in [refuse("Спам"), json!({ "type": "GREY_LIST", "rule": refuse("Спам") })] {
        assert_refused(rest.sent(Method::POST, path, &wrong).await, &wrong.to_string());
    }
    for query in ["", "?ruleType=GREY_LIST"] {
        assert_refused(rest.told(Method::PUT, &format!("{path}{query}")).await, query);
    }
    assert_refused(
        rest.sent(Method::PUT, &format!("{path}/1"), &refuse("Спам")).await,
        "no rule",
    );
    assert_refused(rest.told(Method::DELETE, &format!("{path}/1")).await, "no rule");
    assert_refused(rest.told(Method::GET, "abonents/199/bwl").await, "nobody");
    assert_refused(rest.told(Method::DELETE, "abonents/199/bwl").await, "nobody");
    assert_eq!(rest.get(path).await, json!({ "status": "OFF" }));
}

#[tokio::test]
async fn the_disputed_forms_of_rules() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    sim.faults().change(|f| f.forms.rule_ids_text = true);
    let (_, quoted) = rest.sent(Method::POST, "abonents/101/cfs", &forward("Банк")).await;
    let id: String = serde_json::from_str(&quoted).expect("quoted text");
    assert_eq!(rest.get("abonents/101/cfs").await["ruleList"][0]["id"], json!(id));
    let new = json!({ "type": "BLACK_LIST", "rule": refuse("Спам") });
    let (_, quoted) = rest.sent(Method::POST, "abonents/101/bwl", &new).await;
    let id: String = serde_json::from_str(&quoted).expect("quoted text");
    assert_eq!(rest.get("abonents/101/bwl").await["blackList"][0]["id"], json!(id));
    let path = format!("abonents/101/bwl/{id}");
    let page = |(status, text): (u16, String)| (status, text.starts_with('<'));
    assert_eq!(page(rest.sent(Method::POST, &path, &refuse("Суд")).await), (405, true));
    sim.faults().change(|f| f.forms.bwl_rule_post = true);
    assert_eq!(page(rest.sent(Method::PUT, &path, &refuse("Суд")).await), (405, true));
    assert_eq!(rest.sent(Method::POST, &path, &refuse("Суд")).await, nothing());
    assert_eq!(rest.get("abonents/101/bwl").await["blackList"][0]["name"], json!("Суд"));
}
