//! Joining and access: join codes, keys, the audit.

use crate::common::{binary, support};
use binary::{relay, text};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{IVANOV, PETROV, Served, start, start_with};

async fn json_of(answer: Response, status: StatusCode) -> Value {
    assert_eq!(answer.status(), status, "the answer's status");
    answer.json().await.unwrap()
}

async fn make(served: &Served, new: Value) -> Value {
    let path = "/v1/join-codes";
    let made = served.send(Method::POST, path, Some(&served.admin()), Some(new)).await;
    json_of(made, StatusCode::CREATED).await
}

fn for_ivanov() -> Value {
    json!({ "role": "user", "abonent": IVANOV, "name": "Стол Иванова" })
}

async fn join(served: &Served, code: &str) -> Response {
    let body = json!({ "code": code });
    served.send(Method::POST, "/v1/join", None, Some(body)).await
}

async fn refused(served: &Served, code: &str, status: StatusCode, word: &str) {
    let said = json_of(join(served, code).await, status).await;
    assert_eq!(said["code"], word, "why {code} lets nobody in");
}

fn ledger(served: &Served) -> rusqlite::Connection {
    rusqlite::Connection::open(served.dir.path().join("relay.db")).unwrap()
}

/// The kinds of the audit's lines, oldest first.
async fn told(served: &Served) -> Vec<Value> {
    let mut entries = served.get("/v1/audit").await["entries"].as_array().unwrap().clone();
    entries.reverse();
    entries
}

#[tokio::test]
async fn a_code_becomes_a_key_once() {
    let served = start().await;
    let made = make(&served, for_ivanov()).await;
    let code = made["code"].as_str().unwrap();
    assert_eq!(made.get("link"), None, "nobody else finds a relay at 127.0.0.1");
    let listed = served.get("/v1/join-codes").await;
    assert_eq!(listed["codes"][0]["id"], made["id"], "the code waits");
    assert_eq!(listed["codes"][0]["createdBy"], "local", "and it is known who made it");
    assert!(!listed.to_string().contains(code), "codes are never listed: {listed}");

    let joined = json_of(
        join(&served, &code.to_lowercase().replace('-', " ")).await,
        StatusCode::CREATED,
    )
    .await;
    let key = joined["key"].as_str().unwrap().to_owned();
    assert_eq!(key.len(), 64, "a key of 256 bits");
    let wanted = json!({ "key": key, "role": "user", "abonent": IVANOV, "name": "Стол Иванова", "account": "main" });
    assert_eq!(joined, wanted, "what the desk is told");
    let me = served.send(Method::GET, "/v1/me", Some(&key), None).await;
    assert_eq!(json_of(me, StatusCode::OK).await["abonent"], IVANOV, "the key works");
    let forbidden = served.send(Method::GET, "/v1/users", Some(&key), None).await.status();
    assert_eq!(forbidden, StatusCode::FORBIDDEN, "and is no admin's");

    refused(&served, code, StatusCode::GONE, "code_used").await;
    assert_eq!(
        served.get("/v1/join-codes").await["codes"],
        json!([]),
        "a used code is not listed"
    );
    let stored = std::fs::read(served.dir.path().join("relay.db")).unwrap();
    let wal = std::fs::read(served.dir.path().join("relay.db-wal")).unwrap();
    for secret in [code, &code.replace('-', ""), &key] {
        let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!holds(&stored) && !holds(&wal), "neither codes nor keys are stored");
    }
    served.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_join_with_one_code_one_comes_in() {
    for _ in 0..3 {
        // A new relay each time: the refused attempts count towards the failures of the minute.
        let served = start().await;
        let made = make(&served, for_ivanov()).await;
        let code = made["code"].as_str().unwrap();
        let answers = futures_util::future::join_all((0..8).map(|_| join(&served, code))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 410, 410, 410, 410, 410, 410, 410], "one wins");
        let users = served.get("/v1/users").await["users"].as_array().unwrap().len();
        assert_eq!(users, 1, "and there is one user");
        served.relay.shutdown().await;
    }
}

#[tokio::test]
async fn guessing_is_stopped() {
    let served = start().await;
    let made = make(&served, for_ivanov()).await;
    for n in 0..10 {
        let wrong = format!("0000-0000-000{n}");
        refused(&served, &wrong, StatusCode::NOT_FOUND, "code_unknown").await;
    }
    let right = made["code"].as_str().unwrap();
    let stopped = join(&served, right).await;
    let wait: u64 = stopped.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "it says for how long: {wait}");
    let said = json_of(stopped, StatusCode::TOO_MANY_REQUESTS).await;
    assert_eq!(
        said["code"], "too_many_tries",
        "the right code too must wait: nobody learns which it was"
    );
    assert_eq!(
        served.get("/v1/join-codes").await["codes"].as_array().unwrap().len(),
        1,
        "and it is not used up"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn codes_end_and_are_taken_back() {
    let served = start().await;
    let admin = served.admin();
    let code_of = |made: &Value| made["code"].as_str().unwrap().to_owned();
    let path_of = |made: &Value| format!("/v1/join-codes/{}", made["id"].as_str().unwrap());

    let withdrawn = make(&served, for_ivanov()).await;
    let gone = served
        .send(Method::DELETE, &path_of(&withdrawn), Some(&admin), None)
        .await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT, "a code is taken back");
    refused(&served, &code_of(&withdrawn), StatusCode::NOT_FOUND, "code_unknown").await;
    let again = served
        .send(Method::DELETE, &path_of(&withdrawn), Some(&admin), None)
        .await;
    assert_eq!(
        again.status(),
        StatusCode::NOT_FOUND,
        "there is nothing more to take back"
    );

    let expired = make(&served, for_ivanov()).await;
    let end = |ms: &str, made: &Value| {
        let sql = format!("UPDATE join_codes SET expires_at = unixepoch() * 1000 - {ms} WHERE id = ?1");
        ledger(&served).execute(&sql, [made["id"].as_str().unwrap()]).unwrap();
    };
    end("1000", &expired);
    refused(&served, &code_of(&expired), StatusCode::GONE, "code_expired").await;
    assert_eq!(
        served.get("/v1/join-codes").await["codes"],
        json!([]),
        "it is not listed"
    );
    let late = served
        .send(Method::DELETE, &path_of(&expired), Some(&admin), None)
        .await;
    assert_eq!(late.status(), StatusCode::NOT_FOUND, "nor can it be taken back");
    end("90000000", &expired);
    make(&served, for_ivanov()).await;
    refused(&served, &code_of(&expired), StatusCode::NOT_FOUND, "code_unknown").await;

    for (what, wrong) in [
        ("too short", json!({ "role": "admin", "name": "А", "minutes": 4 })),
        ("too long", json!({ "role": "admin", "name": "А", "minutes": 10081 })),
        ("no abonent", json!({ "role": "user", "name": "А" })),
        ("no name", json!({ "role": "admin", "name": " " })),
        ("no such role", json!({ "role": "service", "name": "А" })),
    ] {
        let answer = served
            .send(Method::POST, "/v1/join-codes", Some(&admin), Some(wrong))
            .await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{what}");
    }
    served.relay.shutdown().await;
}

#[tokio::test]
async fn who_loses_his_key_loses_the_codes_that_he_made() {
    let served = start().await;
    let boss = make(&served, json!({ "role": "admin", "name": "Начальник" })).await;
    let boss = json_of(join(&served, boss["code"].as_str().unwrap()).await, StatusCode::CREATED).await;
    let key = boss["key"].as_str().unwrap();
    let way_back = json!({ "role": "admin", "name": "Запасной ход", "minutes": 10080 });
    let made = served
        .send(Method::POST, "/v1/join-codes", Some(key), Some(way_back))
        .await;
    let way_back = json_of(made, StatusCode::CREATED).await;
    let users = served.get("/v1/users").await;
    let id = users["users"][0]["id"].as_str().unwrap();
    let path = format!("/v1/users/{id}");
    let gone = served.send(Method::DELETE, &path, Some(&served.admin()), None).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT, "the admin's key is stopped");
    refused(
        &served,
        way_back["code"].as_str().unwrap(),
        StatusCode::NOT_FOUND,
        "code_unknown",
    )
    .await;
    let kinds: Vec<Value> = told(&served)
        .await
        .into_iter()
        .map(|line| line["what"].clone())
        .collect();
    let wanted = [
        "join_code_made",
        "joined",
        "join_code_made",
        "join_code_withdrawn",
        "user_revoked",
    ];
    assert_eq!(kinds, wanted, "the audit tells all of it");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn the_audit_tells_who_did_what_and_no_secrets() {
    let served = start().await;
    let admin = served.admin();
    let user = served.add_user(PETROV).await;
    let code = make(&served, for_ivanov()).await;
    let code = code["code"].as_str().unwrap();
    let joined = json_of(join(&served, code).await, StatusCode::CREATED).await;
    for settings in [
        json!({ "graceMs": 1000 }),
        json!({ "graceMs": 1000 }),
        json!({ "graceMs": 700_000 }),
    ] {
        served
            .send(Method::PUT, "/v1/settings", Some(&admin), Some(settings))
            .await;
    }
    let lines = told(&served).await;
    let kinds: Vec<&str> = lines.iter().map(|line| line["what"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["user_added", "join_code_made", "joined", "settings_changed"],
        "what changes nothing is no line"
    );
    assert_eq!(
        lines[0]["who"],
        json!({ "name": "local", "role": "admin" }),
        "who added the user"
    );
    assert_eq!(lines[0]["detail"]["abonent"], PETROV, "and for whom");
    assert_eq!(lines[2]["who"]["name"], "Стол Иванова", "who joined");
    let users = served.get("/v1/users").await;
    let ids: BTreeSet<&str> = users["users"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|u| u["id"].as_str())
        .collect();
    assert!(
        ids.contains(lines[2]["who"]["id"].as_str().unwrap()),
        "as the user he has become"
    );
    assert_eq!(
        lines[3]["detail"],
        json!({ "graceMs": { "from": 30_000, "to": 1000 } }),
        "old and new"
    );
    let all = json!(lines).to_string();
    for secret in [
        user.as_str(),
        code,
        joined["key"].as_str().unwrap(),
        served.relay.callback_secret().reveal(),
    ] {
        assert!(!all.contains(secret), "no secret is in the audit");
    }

    let page = served.get("/v1/audit?limit=3").await;
    assert_eq!(page["entries"].as_array().unwrap().len(), 3, "a page");
    let rest = served
        .get(&format!("/v1/audit?limit=3&cursor={}", page["cursor"]))
        .await;
    assert_eq!(rest["entries"][0]["what"], "user_added", "the next page goes on");
    assert_eq!(rest.get("cursor"), None, "and is the last");
    let one_kind = served.get("/v1/audit?what=joined").await;
    assert_eq!(one_kind["entries"].as_array().unwrap().len(), 1, "one kind");
    let wrong = served
        .send(Method::GET, "/v1/audit?what=nonsense", Some(&admin), None)
        .await;
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST, "no such kind");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn a_link_made_on_the_command_line_lets_a_desk_in() {
    let served = start_with(|options| {
        options.public_url = Some("https://relay.example.ru/a/".parse().unwrap());
    })
    .await;
    let made = make(&served, for_ivanov()).await;
    let link = made["link"].as_str().unwrap();
    let start = "perezvon://join?relay=https%3A%2F%2Frelay.example.ru%2Fa&code=";
    assert_eq!(
        link.strip_prefix(start),
        made["code"].as_str(),
        "the public address is in the link"
    );

    let dir = served.dir.path().to_str().unwrap();
    let address = served.url("");
    let base = [
        "join-code",
        "--data-dir",
        dir,
        "--role",
        "user",
        "--name",
        "Стол",
        "--abonent",
        IVANOV,
    ];
    let output = relay(&[&base[..], &["--relay", &address]].concat());
    assert!(output.status.success(), "join-code: {}", text(&output.stderr));
    let link = text(&output.stdout);
    let link = reqwest::Url::parse(link.trim()).unwrap();
    let of = |name: &str| link.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!((link.scheme(), link.host_str()), ("perezvon", Some("join")));
    assert_eq!(of("relay"), address, "the address that was given");
    let joined = json_of(join(&served, &of("code")).await, StatusCode::CREATED).await;
    assert_eq!(joined["abonent"], IVANOV, "a serving relay takes the code");
    let made = served.get("/v1/audit?what=join_code_made").await;
    assert_eq!(
        made["entries"][0]["who"]["name"], "console",
        "the audit knows where it was made"
    );

    let output = relay(&base);
    assert!(
        text(&output.stdout).starts_with(start),
        "without --relay the public address: {output:?}"
    );
    for (what, args) in [
        (
            "no abonent",
            vec!["join-code", "--data-dir", dir, "--role", "user", "--name", "Стол"],
        ),
        ("too short", [&base[..], &["--minutes", "1"]].concat()),
        (
            "no web address",
            [&base[..], &["--relay", "ftp://relay.example.ru"]].concat(),
        ),
    ] {
        let output = relay(&args);
        assert!(
            !output.status.success() && output.stdout.is_empty(),
            "{what}: {output:?}"
        );
        assert!(!output.stderr.is_empty(), "{what} is told");
    }
    served.relay.shutdown().await;
}
