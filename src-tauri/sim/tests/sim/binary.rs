//! The program and the control address.

use std::{path::Path, process::Stdio, time::Duration};

use perezvon_sim::{MODIFIERS, SCRIPTS, Sim};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

use crate::{options, subscribed};

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// Asks until `enough` holds; fails after twenty seconds.
async fn until(url: &str, enough: impl Fn(&Value) -> bool) -> Value {
    let asked = async {
        loop {
            let told: Value = client().get(url).send().await.unwrap().json().await.unwrap();
            if enough(&told) {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asked)
        .await
        .expect("in time")
}

#[tokio::test]
async fn the_program_tells_its_address_and_plays_a_file() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/day.json");
    let mut program = Command::new(env!("CARGO_BIN_EXE_perezvon-sim"))
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--seed",
            "1",
            "--speed",
            "10000",
            "--script",
        ])
        .arg(file)
        .env("PEREZVON_SIM_TOKEN", "11111111-1111-4111-8111-111111111111")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let base = line.strip_prefix("listening ").unwrap();
    assert!(
        base.starts_with("http://127.0.0.1:") && base.ends_with("/apis/portal/"),
        "{line}"
    );
    let asked = client()
        .get(format!("{base}abonents"))
        .header("X-MPBX-API-AUTH-TOKEN", "11111111-1111-4111-8111-111111111111");
    assert_eq!(
        asked.send().await.unwrap().status(),
        200,
        "the token of the environment"
    );
    let truth = until(&base.replace("apis/portal/", "control/truth"), |t| {
        t.as_array().unwrap().len() == 6
    })
    .await;
    let mut scripts: Vec<_> = truth
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["script"].as_str().unwrap())
        .collect();
    scripts.sort_unstable();
    assert_eq!(
        scripts,
        [
            "callcentre",
            "group-answered",
            "incoming-answered",
            "incoming-answered+duplicate+line-breaks",
            "incoming-missed",
            "internal"
        ]
    );
    program.kill().await.unwrap();
}

#[tokio::test]
async fn a_taken_address_and_a_bad_file_are_told() {
    let sim = Sim::start(options()).await.unwrap();
    let taken = sim.addr().to_string();
    for (arguments, why) in [
        (vec!["serve", "--listen", &taken], "cannot listen"),
        (vec!["serve", "--script", "/nonexistent/file.json"], "cannot read"),
    ] {
        let done = Command::new(env!("CARGO_BIN_EXE_perezvon-sim"))
            .args(&arguments)
            .output();
        let done = tokio::time::timeout(Duration::from_secs(20), done)
            .await
            .expect("it ends")
            .unwrap();
        let told = String::from_utf8(done.stderr).unwrap();
        assert!(!done.status.success() && told.contains(why), "{arguments:?}: {told}");
    }
}

#[tokio::test]
async fn a_list_of_cues_is_played_on_one_timeline() {
    let (sim, _rest, subscriber) = subscribed("BASIC_CALL").await;
    let url = format!("{}play?wait=1", sim.control_url());
    let cues = json!([
        { "at_ms": 60_000, "play": "incoming-rejected", "number": "+79000000098" },
        { "play": "incoming-missed", "number": "+79000000099", "ringMs": 1000 },
    ]);
    assert_eq!(client().post(&url).json(&cues).send().await.unwrap().status(), 200);
    let numbers: Vec<_> = subscriber
        .of("all")
        .iter()
        .map(|e| e.text("address").unwrap())
        .collect();
    let (early, late) = ("tel:+79000000099".to_owned(), "tel:+79000000098".to_owned());
    assert_eq!(numbers, [early.clone(), early, late.clone(), late]);
    let truth = sim.truth();
    assert_eq!(
        truth[1].start - truth[0].start,
        60_000,
        "the second call begins a minute later in script time"
    );
    for wrong in [
        json!([{ "play": "incoming-missed", "numbr": "1" }]),
        json!([{ "at_ms": 0 }]),
        json!({ "play": "internal" }),
    ] {
        assert_eq!(
            client().post(&url).json(&wrong).send().await.unwrap().status(),
            400,
            "{wrong}"
        );
    }
}

#[expect(clippy::too_many_lines, reason = "one session in its order")]
#[tokio::test]
async fn the_control_address_plays_and_tells() {
    let (sim, _rest, subscriber) = subscribed("BASIC_CALL").await;
    let at = |path: &str| format!("{}{path}", sim.control_url());
    let post = async |path: &str, body: Value| client().post(at(path)).json(&body).send().await.unwrap();
    let get = async |path: &str| {
        client()
            .get(at(path))
            .send()
            .await
            .unwrap()
            .json::<Value>()
            .await
            .unwrap()
    };
    let help = client().get(at("")).send().await.unwrap().text().await.unwrap();
    assert!(help.contains("/control/play/{name}"), "{help}");
    let known = get("scripts").await;
    assert_eq!(known["scripts"].as_array().unwrap().len(), SCRIPTS.len());
    assert_eq!(known["modifiers"].as_array().unwrap().len(), MODIFIERS.len());
    let played = post(
        "play/incoming-missed+duplicate?wait=1",
        json!({ "number": "+79000000099", "count": 2 }),
    )
    .await;
    let played: Value = played.json().await.unwrap();
    assert_eq!(subscriber.of("all").len(), 8, "two calls of two events, each twice");
    assert_eq!(
        subscriber.of("all")[0].text("extTrackingId").as_deref(),
        played["trackingId"].as_str()
    );
    assert_eq!(
        get(&format!("plays/{}", played["id"])).await,
        json!({ "finished": true })
    );
    assert_eq!(get("deliveries").await.as_array().unwrap().len(), 8);
    assert_eq!(get("deliveries").await[0]["status"], 200);
    let truth = get("truth").await;
    let mut parties: Vec<_> = truth
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["party"].as_str().unwrap())
        .collect();
    parties.sort_unstable();
    assert_eq!(
        parties,
        ["+79000000099", "+79000000100"],
        "the second call comes from the next number"
    );
    assert_eq!(get("requests").await[0]["path"], "subscription");
    assert_eq!(get("calls").await, json!([]));
    let without_body = client().post(at("play/incoming-missed?wait=1")).send().await.unwrap();
    assert_eq!(without_body.status(), 200);
    for (path, body) in [
        ("play/nothing", json!({})),
        ("play/incoming-missed+nothing", json!({})),
        ("play/incoming-missed", json!({ "abonent": "199" })),
        ("play/incoming-missed", json!({ "nobody": 1 })),
        ("timer", json!({ "every_ms": 5, "scripts": ["incoming-missed"] })),
        ("timer", json!({ "every_ms": 50, "scripts": ["nothing"] })),
        ("faults", json!({ "rejectTokens": true })),
    ] {
        assert_eq!(post(path, body.clone()).await.status(), 400, "{path} {body}");
    }
    post(
        "faults",
        json!({ "rejectToken": true, "paths": [{ "kind": "503-html", "times": 1 }] }),
    )
    .await;
    assert!(sim.faults().get().reject_token);
    client().request(Method::DELETE, at("faults")).send().await.unwrap();
    assert_eq!(sim.faults().get(), perezvon_sim::FaultSettings::default());
}

#[tokio::test]
async fn a_timer_plays_in_turn_until_it_is_stopped() {
    let sim = Sim::start(options()).await.unwrap();
    let timer = format!("{}timer", sim.control_url());
    let body = json!({ "every_ms": 10, "scripts": ["incoming-missed", "outgoing-busy"] });
    assert_eq!(client().post(&timer).json(&body).send().await.unwrap().status(), 204);
    let truth = until(&format!("{}truth", sim.control_url()), |t| {
        t.as_array().unwrap().len() >= 4
    })
    .await;
    for script in ["incoming-missed", "outgoing-busy"] {
        assert!(
            truth.as_array().unwrap().iter().any(|t| t["script"] == script),
            "{script}"
        );
    }
    assert_eq!(client().delete(&timer).send().await.unwrap().status(), 204);
    assert_eq!(
        client()
            .get(format!("{}plays/1?wait=1", sim.control_url()))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}
