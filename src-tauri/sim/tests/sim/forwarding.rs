//! Simple forwarding and additional numbers (reference 1.3, 1.5).

use perezvon_sim::Schedule;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Rest, assert_refused, nothing, start};

#[tokio::test]
async fn what_was_put_is_read_back_and_put_replaces() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let off = json!({ "status": "OFF", "forward": {} });
    assert_eq!(rest.get("abonents/101/cfb").await, off);
    let whole = json!({
        "forwardAllCallsPhone": "9000000077",
        "forwardBusyPhone": "+79000000078",
        "forwardUnavailablePhone": "102",
        "forwardNotAnswerPhone": "9000000079",
        "forwardNotAnswerTimeout": 4,
    });
    assert_eq!(rest.sent(Method::PUT, "abonents/101/cfb", &whole).await, nothing());
    let by_id = rest.get("abonents/9000000001%40mpbx.sip.beeline.ru/cfb").await;
    assert_eq!(by_id, json!({ "status": "ON", "forward": whole }));
    assert_eq!(rest.get("abonents/103/cfb").await, off, "of one abonent only");
    let less = json!({ "forwardNotAnswerPhone": "9000000079", "forwardNotAnswerTimeout": "6" });
    assert_eq!(rest.sent(Method::PUT, "abonents/101/cfb", &less).await, nothing());
    let told = rest.get("abonents/101/cfb").await;
    let kept = json!({ "forwardNotAnswerPhone": "9000000079", "forwardNotAnswerTimeout": 6 });
    assert_eq!(told["forward"], kept, "the rest is gone; rings as text are accepted");
    assert_eq!(rest.told(Method::DELETE, "abonents/101/cfb").await, nothing());
    assert_eq!(rest.get("abonents/101/cfb").await, off);
}

#[tokio::test]
async fn the_disputed_forms_of_the_status_object() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let set = json!({ "forwardNotAnswerPhone": "9000000079", "forwardNotAnswerTimeout": 4 });
    rest.sent(Method::PUT, "abonents/101/cfb", &set).await;
    sim.faults().change(|f| {
        f.forms.cfb_container = true;
        f.forms.timeout_text = true;
    });
    let told = rest.get("abonents/101/cfb").await;
    let text = json!({ "forwardNotAnswerPhone": "9000000079", "forwardNotAnswerTimeout": "4" });
    assert_eq!(told, json!({ "status": "ON", "cfb": text }));
    let control = |method: Method| rest.client.request(method, format!("{}faults", sim.control_url()));
    let told: Value = control(Method::GET).send().await.unwrap().json().await.unwrap();
    assert_eq!(told["forms"]["cfbContainer"], json!(true));
    let posted = control(Method::POST).json(&json!({ "forms": { "timeoutText": true } }));
    assert_eq!(posted.send().await.unwrap().status(), 200);
    let told = rest.get("abonents/101/cfb").await;
    assert_eq!(
        told,
        json!({ "status": "ON", "forward": text }),
        "switched by the control address"
    );
}

#[tokio::test]
async fn a_wrong_set_changes_nothing() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let set = json!({ "forwardBusyPhone": "9000000077" });
    rest.sent(Method::PUT, "abonents/101/cfb", &set).await;
    for wrong in [
        json!([]),
        json!({ "status": "ON", "forward": set }),
        json!({ "forwardBusyPhone": "Иванов" }),
        json!({ "forwardNotAnswerTimeout": "soon" }),
        json!({ "forwardNotAnswerTimeout": -1 }),
    ] {
        let answer = rest.sent(Method::PUT, "abonents/101/cfb", &wrong).await;
        assert_refused(answer, &wrong.to_string());
    }
    assert_eq!(rest.get("abonents/101/cfb").await["forward"], set);
    assert_refused(rest.told(Method::GET, "abonents/199/cfb").await, "nobody");
    assert_refused(rest.sent(Method::PUT, "abonents/199/cfb", &set).await, "nobody");
    assert_refused(rest.told(Method::DELETE, "abonents/199/cfb").await, "nobody");
}

#[tokio::test]
async fn an_additional_number_is_connected_and_disconnected() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let path = "abonents/101/number";
    let whole = format!("{path}?phoneNumber=9000000088&schedule=WORKING_TIME");
    assert_eq!(rest.told(Method::PUT, &whole).await, nothing());
    let numbers = sim.additional_numbers();
    assert_eq!(numbers.len(), 1);
    assert_eq!(numbers[0].abonent, "9000000001@mpbx.sip.beeline.ru");
    assert_eq!(
        (numbers[0].phone_number.as_str(), numbers[0].schedule),
        ("9000000088", Schedule::WorkingTime)
    );
    for wrong in [
        "abonents/101/number",
        "abonents/101/number?phoneNumber=9000000088",
        "abonents/101/number?phoneNumber=9000000088&schedule=SOMETIMES",
        "abonents/101/number?phoneNumber=102&schedule=WORKING_TIME",
        "abonents/199/number?phoneNumber=9000000088&schedule=ROUND_THE_CLOCK",
    ] {
        assert_refused(rest.told(Method::PUT, wrong).await, wrong);
    }
    let url = format!("{}numbers", sim.control_url());
    let told: Value = rest.client.get(url).send().await.unwrap().json().await.unwrap();
    let wanted = json!([{
        "abonent": "9000000001@mpbx.sip.beeline.ru", "phoneNumber": "9000000088", "schedule": "WORKING_TIME",
    }]);
    assert_eq!(told, wanted);
    assert_eq!(rest.told(Method::DELETE, path).await, nothing());
    assert_eq!(sim.additional_numbers(), []);
    assert_refused(rest.told(Method::DELETE, "abonents/199/number").await, "nobody");
}
