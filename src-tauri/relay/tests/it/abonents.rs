//! The abonents: read from the PBX after a preview of the changes, and their recording.

use crate::common::{beside, support};
use beside::{beside, dir, sim};
use perezvon_pbx::rest::{Portal, Timing, Token};
use perezvon_sim::{FaultKind, PathFault, Sim};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Served, until};

async fn abonents(served: &Served) -> Vec<Value> {
    served.get("/v1/abonents").await["abonents"].as_array().unwrap().clone()
}

async fn one(served: &Served, id: &str) -> Value {
    let all = abonents(served).await;
    all.into_iter().find(|abonent| abonent["id"] == id).unwrap()
}

/// A relay that has read the simulator's company and everybody's recording mode.
async fn filled(sim: &Sim) -> Served {
    let served = beside(sim, dir(), false, |_| {}).await;
    until("all is known of the company", || async {
        let all = abonents(&served).await;
        let known = all.iter().filter(|abonent| abonent.get("recording").is_some()).count();
        (known == sim.options().company.abonents.len()).then_some(())
    })
    .await;
    served
}

fn ledger(served: &Served) -> rusqlite::Connection {
    rusqlite::Connection::open(served.dir.path().join("relay.db")).unwrap()
}

async fn post(served: &Served, path: &str) -> Value {
    let answer = served.send(Method::POST, path, Some(&served.admin()), None).await;
    assert_eq!(answer.status(), StatusCode::OK, "POST {path}");
    answer.json().await.unwrap()
}

fn ids(of: &Value) -> Vec<&str> {
    of.as_array()
        .unwrap()
        .iter()
        .map(|abonent| abonent["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn what_would_change_is_shown_before_it_is_stored() {
    let sim = sim(|_| {}).await;
    let served = filled(&sim).await;
    let company: Vec<String> = sim
        .options()
        .company
        .abonents
        .iter()
        .map(|a| a.user_id.clone())
        .collect();
    let same = post(&served, "/v1/abonents/preview").await;
    assert_eq!(
        same,
        json!({ "new": [], "changed": [], "gone": [] }),
        "nothing has changed"
    );

    // The ledger as it would be if the PBX had listed something else before.
    let ghost = "9000000999@mpbx.sip.beeline.ru";
    let db = ledger(&served);
    db.execute("DELETE FROM abonents WHERE id = ?1", [&company[0]]).unwrap();
    let renamed = "UPDATE abonents SET last_name = 'Прежняя', email = NULL WHERE id = ?1";
    db.execute(renamed, [&company[1]]).unwrap();
    db.execute("UPDATE abonents SET gone_at = 1 WHERE id = ?1", [&company[2]])
        .unwrap();
    let insert = "INSERT INTO abonents (id, login, last_name, recording) VALUES (?1, '9000000999', 'Ушедший', 'on')";
    db.execute(insert, [ghost]).unwrap();
    drop(db);
    let before = abonents(&served).await;
    let diff = post(&served, "/v1/abonents/preview").await;
    assert_eq!(ids(&diff["new"]), [&company[0]], "who is new");
    assert_eq!(ids(&diff["gone"]), [ghost], "who is gone");
    let changed = diff["changed"].as_array().unwrap();
    let of = |id: &str| changed.iter().find(|change| change["after"]["id"] == id).unwrap();
    assert_eq!(changed.len(), 2, "one has another name, one comes back: {diff}");
    assert_eq!(of(&company[1])["before"]["lastName"], "Прежняя", "as he was");
    let named = &sim.options().company.abonents[1].last_name;
    assert_eq!(of(&company[1])["after"]["lastName"], json!(named), "as he is now");
    assert!(of(&company[2])["before"].get("goneAt").is_some(), "he had been gone");
    assert_eq!(of(&company[2])["after"].get("goneAt"), None, "he comes back");
    assert_eq!(abonents(&served).await, before, "nothing was stored");

    let stored = post(&served, "/v1/abonents/refresh").await;
    assert_eq!(
        stored["abonents"].as_array().unwrap().len(),
        company.len() + 1,
        "the gone one is kept"
    );
    let gone = one(&served, ghost).await;
    assert_eq!(
        (&gone["lastName"], &gone["recording"]),
        (&json!("Ушедший"), &json!("on")),
        "with what was known"
    );
    assert!(gone["goneAt"].is_string(), "and since when he is gone");
    assert_eq!(
        one(&served, &company[2]).await.get("goneAt"),
        None,
        "who came back is there"
    );
    let same = post(&served, "/v1/abonents/preview").await;
    assert_eq!(
        same,
        json!({ "new": [], "changed": [], "gone": [] }),
        "then nothing more would change"
    );
    let told = served.get("/v1/audit?what=abonents_filled").await;
    let line = &told["entries"][0];
    assert_eq!(line["who"]["name"], "local", "who filled them");
    assert_eq!(line["detail"]["gone"], json!([ghost]), "and whom it concerned");
    assert_eq!(
        told["entries"][1]["who"]["role"], "relay",
        "the first time the relay did it itself: {told}"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

async fn switch(served: &Served, id: &str, on: bool) -> (StatusCode, Value) {
    let path = format!("/v1/abonents/{id}/recording");
    let answer = served
        .send(Method::PUT, &path, Some(&served.admin()), Some(json!({ "on": on })))
        .await;
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test]
async fn recording_is_switched_at_the_pbx_and_it_is_known_by_whom() {
    let sim = sim(|_| {}).await;
    let served = filled(&sim).await;
    let id = sim.options().company.abonents[0].user_id.clone();
    let portal = Portal::new(
        sim.rest_url().parse().unwrap(),
        Token::parse(sim.token()).unwrap(),
        Timing::default(),
    )
    .unwrap();
    let before = one(&served, &id).await;
    assert_eq!(before.get("recordingChanged"), None, "nobody has switched it here");
    let was_on = portal.recording(&id).await.unwrap();
    assert_eq!(
        before["recording"],
        if was_on { "on" } else { "off" },
        "what the PBX says is known"
    );
    for on in [!was_on, was_on, true, false] {
        let word = if on { "on" } else { "off" };
        assert_eq!(
            switch(&served, &id, on).await,
            (StatusCode::OK, json!({ "recording": word }))
        );
        assert_eq!(portal.recording(&id).await.unwrap(), on, "the PBX has it");
        let shown = one(&served, &id).await;
        assert_eq!(shown["recording"], word, "the list too");
        assert_eq!(shown["recordingChanged"]["by"], "local", "with who did it");
    }
    let told = served.get("/v1/audit?what=recording_switched").await;
    assert_eq!(told["entries"].as_array().unwrap().len(), 4, "each switch is a line");
    let wanted = json!({ "asked": "off", "before": "on", "after": "off" });
    assert_eq!(
        (&told["entries"][0]["subject"], &told["entries"][0]["detail"]),
        (&json!(id), &wanted)
    );
    let nobody = switch(&served, "9000000999@mpbx.sip.beeline.ru", true).await;
    assert_eq!(nobody.0, StatusCode::NOT_FOUND, "there is no such abonent");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_switch_whose_answer_is_lost_is_read_again() {
    let sim = sim(|_| {}).await;
    let served = filled(&sim).await;
    let id = sim.options().company.abonents[0].user_id.clone();
    switch(&served, &id, false).await;
    let fault = |kind| {
        let fault = PathFault {
            prefix: String::new(),
            method: Some("PUT".to_owned()),
            kind,
            times: Some(1),
        };
        sim.faults().change(|settings| settings.paths.push(fault));
    };
    fault(FaultKind::LostAnswer);
    assert_eq!(
        switch(&served, &id, true).await,
        (StatusCode::OK, json!({ "recording": "on" })),
        "it was carried out, and that is told"
    );
    switch(&served, &id, false).await;
    fault(FaultKind::Html503);
    let (status, said) = switch(&served, &id, true).await;
    assert_eq!(
        (status, &said["code"]),
        (StatusCode::BAD_GATEWAY, &json!("pbx_unavailable"))
    );
    assert_eq!(
        one(&served, &id).await["recording"],
        "off",
        "what is shown is what the PBX says"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn recording_is_read_once_for_each_and_again_when_asked() {
    let sim = sim(|_| {}).await;
    let served = filled(&sim).await;
    let reads = || {
        let requests = sim.requests();
        requests
            .iter()
            .filter(|r| r.method == "GET" && r.path.ends_with("/recording"))
            .count()
    };
    let all = sim.options().company.abonents.len();
    assert_eq!(reads(), all, "each was asked for once");
    let id = sim.options().company.abonents[0].user_id.clone();
    let was_on = one(&served, &id).await["recording"] == "on";
    let (method, path) = (
        if was_on { Method::DELETE } else { Method::PUT },
        format!("{}abonents/{id}/recording", sim.rest_url()),
    );
    // Somebody switches it in the PBX's portal.
    let done = served
        .client
        .request(method, path)
        .header("X-MPBX-API-AUTH-TOKEN", sim.token())
        .send()
        .await
        .unwrap();
    assert_eq!(done.status(), StatusCode::OK, "the PBX took it");
    post(&served, "/v1/abonents/refresh").await;
    let now = until("the relay reads it again", || async {
        let shown = one(&served, &id).await;
        ((shown["recording"] == "on") != was_on).then_some(shown)
    })
    .await;
    assert_eq!(now.get("recordingChanged"), None, "it was not switched here");
    served.relay.shutdown().await;
    sim.shutdown().await;
}
