//! Forwarding of one's own telephone: read, set and ended at the PBX, whose state is what is told.

use crate::common::{beside, support};
use beside::{beside, dir, sim};
use perezvon_sim::{FaultKind, PathFault, Sim};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{IVANOV, PETROV, Served, start};

const OFF: fn() -> Value = || json!({ "on": false });

/// A relay that knows the simulator's company.
async fn filled(sim: &Sim) -> Served {
    let served = beside(sim, dir(), false, |_| {}).await;
    let path = "/v1/abonents/refresh";
    let read = served.send(Method::POST, path, Some(&served.admin()), None).await;
    assert_eq!(read.status(), StatusCode::OK, "the company is read");
    served
}

async fn ask(served: &Served, method: Method, key: &str, query: &str, body: Option<Value>) -> (StatusCode, Value) {
    let path = format!("/v1/forwarding{query}");
    let answer = served.send(method, &path, Some(key), body).await;
    (answer.status(), answer.json().await.unwrap())
}

/// What somebody set at the PBX, beside the relay.
async fn set_at_pbx(sim: &Sim, served: &Served, body: Value) {
    let put = served
        .client
        .put(format!("{}abonents/101/cfb", sim.rest_url()))
        .header("X-MPBX-API-AUTH-TOKEN", sim.token());
    assert_eq!(put.json(&body).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn one_has_ones_calls_forwarded_and_the_pbxs_state_is_told() {
    let sim = sim(|_| {}).await;
    let served = filled(&sim).await;
    let ivanov = served.add_user(IVANOV).await;
    let me = async |method: Method, body| ask(&served, method, &ivanov, "", body).await;
    assert_eq!(me(Method::GET, None).await, (StatusCode::OK, OFF()), "before");

    let all = json!({ "all": "8 (900) 000-00-77" });
    let on = json!({ "on": true, "all": "+79000000077" });
    assert_eq!(me(Method::PUT, Some(all)).await, (StatusCode::OK, on.clone()));
    assert_eq!(me(Method::GET, None).await.1, on, "and it stays so");

    let some = json!({ "busy": "102", "unavailable": "+79000000078", "notAnswered": "+79000000079", "rings": 6 });
    let mut told = some.clone();
    told["on"] = json!(true);
    assert_eq!(me(Method::PUT, Some(some)).await, (StatusCode::OK, told.clone()));
    sim.faults().change(|faults| {
        faults.forms.cfb_container = true;
        faults.forms.timeout_text = true;
    });
    assert_eq!(me(Method::GET, None).await.1, told, "in the other form of the PBX too");
    sim.faults().clear();

    set_at_pbx(&sim, &served, json!({ "forwardBusyPhone": "9000000070" })).await;
    let changed = json!({ "on": true, "busy": "+79000000070" });
    assert_eq!(me(Method::GET, None).await.1, changed, "what was set elsewhere");
    assert_eq!(me(Method::DELETE, None).await, (StatusCode::OK, OFF()));
    assert_eq!(me(Method::GET, None).await.1, OFF(), "and it stays so");

    let audit = served.get("/v1/audit?what=forwarding_changed").await;
    let entries = audit["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3, "each change is a line: {audit}");
    assert_eq!(
        (
            &entries[2]["subject"],
            &entries[2]["who"]["role"],
            &entries[2]["detail"]
        ),
        (&json!(IVANOV), &json!("user"), &json!({ "asked": on, "after": on }))
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_forwarded_to_does_not_reach_the_pbx() {
    let sim = sim(|_| {}).await;
    let served = filled(&sim).await;
    let ivanov = served.add_user(IVANOV).await;
    for wrong in [
        json!({}),
        json!({ "all": null }),
        json!({ "all": "*21*89000000077#" }),
        json!({ "all": "112" }),
        json!({ "all": "Иванов" }),
        json!({ "all": "short:900" }),
        json!({ "all": "+7 900 000-00-77 доб. 12" }),
        json!({ "busy": "101" }),
        json!({ "all": "+79000000077", "busy": "+79000000078" }),
        json!({ "all": "+79000000077", "rings": 4 }),
        json!({ "notAnswered": "+79000000077", "rings": 0 }),
        json!({ "notAnswered": "+79000000077", "rings": 21 }),
        json!({ "rings": 4 }),
    ] {
        let (status, said) = ask(&served, Method::PUT, &ivanov, "", Some(wrong.clone())).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(said["message"].as_str().is_some_and(|why| !why.is_empty()), "{wrong}");
    }
    let writes = sim
        .requests()
        .into_iter()
        .filter(|one| one.method == "PUT" && one.path.contains("cfb"));
    assert_eq!(writes.count(), 0, "nothing was asked of the PBX");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn nobody_forwards_anothers_calls_but_an_administrator() {
    let sim = sim(|_| {}).await;
    let served = filled(&sim).await;
    let (ivanov, admin) = (served.add_user(IVANOV).await, served.admin());
    let all = || Some(json!({ "all": "+79000000077" }));
    for spelling in [PETROV, "9000000002", "9000000002%40ip.beeline.ru"] {
        let query = format!("?abonent={spelling}");
        for (method, body) in [(Method::GET, None), (Method::PUT, all()), (Method::DELETE, None)] {
            let refused = ask(&served, method.clone(), &ivanov, &query, body).await.0;
            assert_eq!(refused, StatusCode::FORBIDDEN, "{method} for {spelling}");
        }
    }
    let own = ask(&served, Method::PUT, &ivanov, &format!("?abonent={IVANOV}"), all()).await;
    assert_eq!(own.0, StatusCode::OK, "one's own may be named");
    let of_another = format!("?abonent={}", sim.options().company.abonents[1].user_id);
    assert_eq!(
        ask(&served, Method::GET, &admin, &of_another, None).await,
        (StatusCode::OK, OFF())
    );
    let told = ask(&served, Method::PUT, &admin, &of_another, all()).await;
    assert_eq!(told, (StatusCode::OK, json!({ "on": true, "all": "+79000000077" })));
    for (method, body) in [(Method::GET, None), (Method::PUT, all()), (Method::DELETE, None)] {
        let refused = ask(&served, method.clone(), &admin, "", body).await.0;
        assert_eq!(
            refused,
            StatusCode::BAD_REQUEST,
            "{method}: an administrator must say whose"
        );
    }
    let nobody = ask(&served, Method::GET, &admin, "?abonent=9000000999", None).await;
    assert_eq!(
        (nobody.0, &nobody.1["code"]),
        (StatusCode::BAD_GATEWAY, &json!("pbx_refused")),
        "the PBX knows no such abonent"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_read_again() {
    let sim = sim(|_| {}).await;
    let served = filled(&sim).await;
    let ivanov = served.add_user(IVANOV).await;
    let me = async |method: Method, body| ask(&served, method, &ivanov, "", body).await;
    let all = |number: &str| Some(json!({ "all": number }));
    let fault = |method: &str, kind| {
        let fault = PathFault {
            prefix: "abonents".to_owned(),
            method: Some(method.to_owned()),
            kind,
            times: Some(1),
        };
        sim.faults().change(|settings| settings.paths.push(fault));
    };
    let on = json!({ "on": true, "all": "+79000000077" });
    fault("PUT", FaultKind::LostAnswer);
    assert_eq!(
        me(Method::PUT, all("+79000000077")).await,
        (StatusCode::OK, on.clone()),
        "it was carried out, and that is told"
    );
    for (method, body) in [(Method::PUT, all("+79000000078")), (Method::DELETE, None)] {
        fault(method.as_str(), FaultKind::Html503);
        let (status, said) = me(method.clone(), body).await;
        assert_eq!(
            (status, &said["code"]),
            (StatusCode::BAD_GATEWAY, &json!("pbx_unavailable")),
            "{method}"
        );
        assert_eq!(me(Method::GET, None).await.1, on, "what the PBX says is as before");
    }
    sim.faults().change(|settings| settings.reject_token = true);
    let (status, said) = me(Method::GET, None).await;
    assert_eq!(
        (status, &said["code"]),
        (StatusCode::BAD_GATEWAY, &json!("pbx_unauthorized"))
    );
    served.relay.shutdown().await;
    sim.shutdown().await;

    let without = start().await;
    let ivanov = without.add_user(IVANOV).await;
    let (status, said) = ask(&without, Method::GET, &ivanov, "", None).await;
    assert_eq!((status, &said["code"]), (StatusCode::CONFLICT, &json!("no_token")));
    without.relay.shutdown().await;
}
