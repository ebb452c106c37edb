//! The whole company's calls, which an administrator asks for.

use super::{Scene, connection, invited};
use perezvon_sim::Args;
use serde_json::{Value, json};

pub(super) async fn calls(scene: &Scene) {
    let before = scene.ask("calls.company", json!({})).await;
    assert_eq!(
        (&before["wanted"], &before["whole"]),
        (&json!(false), &json!(false)),
        "nobody has asked yet"
    );
    let badge = scene.ask("frame.state", json!({})).await["toCallBack"].clone();
    let colleague = scene.sim.options().company.abonents[1].user_id.clone();
    let theirs = Args {
        abonent: Some(colleague.clone()),
        number: Some("+79000000044".to_owned()),
        ..Args::default()
    };
    scene.sim.play("incoming-missed", theirs).unwrap();
    scene.ask("calls.want_company", json!({"wanted": true})).await;
    scene
        .until("calls.company", json!({}), |company| {
            company["whole"] == true && company["trouble"] == Value::Null
        })
        .await;
    let abonents = scene.ask("calls.abonents", json!({})).await;
    let abonents = abonents.as_array().unwrap();
    assert!(
        abonents
            .iter()
            .any(|one| one["id"] == colleague.as_str() && one["name"] != one["id"])
    );
    let page = json!({"filter": {"marks": ["missed"], "abonent": colleague}, "span": {}, "cursor": null,
                      "back": false, "limit": 50});
    let page = scene
        .until("calls.list", page, |page| page["rows"][0]["outcome"] == "missed")
        .await;
    let row = &page["rows"][0];
    assert_eq!(
        (&row["abonent"], &row["toCallBack"]),
        (&json!(colleague), &json!(false))
    );
    let one = json!({"id": row["id"], "abonent": colleague});
    assert_eq!(scene.ask("calls.one", one).await["row"], *row);
    let state = scene.ask("frame.state", json!({})).await;
    assert_eq!(state["toCallBack"], badge, "the badge is the user's own");
    let settings = scene.ask("report.variants", json!({})).await["variants"][0]["settings"].clone();
    let calls = async |company: bool| {
        let mut settings = settings.clone();
        settings["period"] = json!({"kind": "all"});
        settings["filter"]["company"] = json!(company);
        let report = scene.ask("report.make", json!({"settings": settings})).await;
        assert_eq!(report["calls"], report["journal"], "reconciles: {report}");
        report["calls"].as_i64().unwrap()
    };
    assert!(calls(true).await > calls(false).await);
    scene.ask("calls.want_company", json!({"wanted": false})).await;
    scene
        .until("calls.abonents", json!({}), |abonents| *abonents == json!([]))
        .await;
    assert_eq!(calls(true).await, calls(false).await, "all of it is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_whose_key_is_refused_wants_no_more_of_the_company() {
    let scene = Scene::start().await;
    connection::begin(&scene).await;
    let me = scene.ask("frame.state", json!({})).await["me"]["id"].clone();
    let name = "Смирнова Анна";
    let other = invited(&scene, json!({"name": name, "role": "admin"})).await;
    other.ask("connection.choose_me", json!({"abonent": me})).await;
    other
        .until("frame.state", json!({}), |state| {
            state["service"]["admin"] == true && state["service"]["connected"] == true && state["me"]["id"] == me
        })
        .await;
    other.ask("calls.want_company", json!({"wanted": true})).await;
    other
        .until("calls.company", json!({}), |company| company["whole"] == true)
        .await;
    let users = scene.ask("people.users", json!({})).await;
    let user = users.as_array().unwrap().iter().find(|user| user["name"] == name);
    scene.ask("people.revoke", json!({"id": user.unwrap()["id"]})).await;
    other
        .until("calls.company", json!({}), |company| company["wanted"] == false)
        .await;
    let wanted: Option<bool> = other.core.desk().unwrap().setting("company_calls").unwrap();
    assert_eq!(wanted, Some(false), "nor after the next start");
    other.core.quit.cancel();
    scene.core.quit.cancel();
}
