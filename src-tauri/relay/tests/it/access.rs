//! Access rights (design, part 6): every path with every kind of key.

use crate::common::{support, xml};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::{IVANOV, PETROV, Served, close_code, next, start, until};
use xml::Xml;

/// What each path of the document requires: no key, any key, or an administrator's.
#[derive(Clone, Copy, PartialEq)]
enum For {
    Anyone,
    Any,
    Admin,
}

const PATHS: &[(&str, &str, For)] = &[
    ("GET", "/v1/health", For::Anyone),
    ("GET", "/v1/openapi.json", For::Anyone),
    ("GET", "/v1/me", For::Any),
    ("GET", "/v1/feed", For::Any),
    ("GET", "/v1/changes", For::Any),
    ("GET", "/v1/company/changes", For::Admin),
    ("GET", "/v1/calls", For::Any),
    ("POST", "/v1/calls", For::Any),
    ("GET", "/v1/calls/{id}", For::Any),
    ("PUT", "/v1/calls/{id}/claim", For::Any),
    ("GET", "/v1/forwarding", For::Any),
    ("PUT", "/v1/forwarding", For::Any),
    ("DELETE", "/v1/forwarding", For::Any),
    ("GET", "/v1/abonents", For::Admin),
    ("POST", "/v1/abonents/preview", For::Admin),
    ("POST", "/v1/abonents/refresh", For::Admin),
    ("PUT", "/v1/abonents/{id}/subscription", For::Admin),
    ("GET", "/v1/subscriptions", For::Admin),
    ("POST", "/v1/subscriptions/renew", For::Admin),
    ("GET", "/v1/users", For::Admin),
    ("POST", "/v1/users", For::Admin),
    ("DELETE", "/v1/users/{id}", For::Admin),
    ("GET", "/v1/events", For::Admin),
    ("GET", "/v1/events/export", For::Admin),
    ("GET", "/v1/events/{seq}", For::Admin),
    ("POST", "/v1/events/{seq}/replay", For::Admin),
    ("GET", "/v1/exchanges", For::Admin),
    ("GET", "/v1/releases", For::Any),
    ("GET", "/v1/releases/{target}/{version}/file", For::Any),
    ("GET", "/v1/recordings", For::Any),
    ("GET", "/v1/recordings/{id}", For::Any),
    ("DELETE", "/v1/recordings/{id}", For::Admin),
    ("GET", "/v1/recordings/{id}/audio", For::Any),
    ("HEAD", "/v1/recordings/{id}/audio", For::Any),
    ("POST", "/v1/recordings/{id}/played", For::Any),
    ("GET", "/v1/settings", For::Admin),
    ("PUT", "/v1/settings", For::Admin),
    ("PUT", "/v1/settings/token", For::Admin),
    ("GET", "/v1/check", For::Admin),
    ("GET", "/v1/audit", For::Admin),
    ("GET", "/v1/settings/schema", For::Admin),
    ("GET", "/v1/join-codes", For::Admin),
    ("POST", "/v1/join-codes", For::Admin),
    ("DELETE", "/v1/join-codes/{id}", For::Admin),
    ("POST", "/v1/join", For::Anyone),
    ("PUT", "/v1/abonents/{id}/recording", For::Admin),
];

/// The rights in [`PATHS`], in the document's words.
fn tried() -> BTreeMap<(String, String), &'static str> {
    let row = |(method, path, wanted): &(&str, &str, For)| {
        let whom = match wanted {
            For::Anyone => "",
            For::Any => "user, admin",
            For::Admin => "admin",
        };
        ((method.to_lowercase(), (*path).to_owned()), whom)
    };
    PATHS.iter().map(row).collect()
}

/// The rights in the document; that it lists exactly the routes is tested next to the routes.
fn described(document: &Value) -> BTreeMap<(String, String), &str> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .filter(|(path, _)| path.starts_with("/v1/"))
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods
                .filter(|(method, _)| *method != "parameters")
                .map(move |(method, about)| {
                    (
                        (method.clone(), path.clone()),
                        about["x-for"].as_str().unwrap_or_default(),
                    )
                })
        })
        .collect()
}

async fn company() -> (Served, String, String) {
    let served = start().await;
    for (n, abonent) in [(1, IVANOV), (2, PETROV), (3, PETROV)] {
        assert_eq!(
            served.post_event(Xml::received(n, abonent).text()).await,
            StatusCode::OK,
            "a call comes"
        );
    }
    let (ivanov, petrov) = (served.add_user(IVANOV).await, served.add_user(PETROV).await);
    (served, ivanov, petrov)
}

#[tokio::test]
async fn every_path_asks_for_the_right_key() {
    let (served, ivanov, _) = company().await;
    let document = served.get("/v1/openapi.json").await;
    assert_eq!(
        tried(),
        described(&document),
        "every path of the document is tried here, as it says for whom"
    );

    let revoked = served.add_user(IVANOV).await;
    let users = served.get("/v1/users").await;
    let id = users["users"].as_array().unwrap().last().unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let gone = served
        .send(Method::DELETE, &format!("/v1/users/{id}"), Some(&served.admin()), None)
        .await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT, "a key is revoked");

    for (method, path, wanted) in PATHS {
        let path = path.replace("{id}", "01AN4Z07BY79KA1307SR9X4MV3");
        let verb: Method = method.parse().unwrap();
        for (whose, key) in [
            ("no", None),
            ("a wrong", Some("0".repeat(64))),
            ("a revoked", Some(revoked.clone())),
        ] {
            let status = served.send(verb.clone(), &path, key.as_deref(), None).await.status();
            if *wanted == For::Anyone {
                assert!(
                    !matches!(status.as_u16(), 401 | 403 | 405),
                    "{method} {path} is for anyone, got {status}"
                );
            } else {
                assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path} with {whose} key");
            }
        }
        let as_user = served.send(verb.clone(), &path, Some(&ivanov), None).await.status();
        if *wanted == For::Admin {
            assert_eq!(as_user, StatusCode::FORBIDDEN, "{method} {path} is not for users");
        } else {
            assert!(
                !matches!(as_user.as_u16(), 401 | 403),
                "{method} {path} is for users too, got {as_user}"
            );
        }
        if *method == "GET" {
            // HEAD is served with every GET, and must not bypass the rights.
            let head = served.send(Method::HEAD, &path, None, None).await.status();
            let wanted = if *wanted == For::Anyone {
                StatusCode::OK
            } else {
                StatusCode::UNAUTHORIZED
            };
            assert_eq!(head, wanted, "HEAD {path} with no key");
        }
        let as_admin = served.send(verb, &path, Some(&served.admin()), None).await.status();
        assert!(
            !matches!(as_admin.as_u16(), 401 | 403 | 405),
            "{method} {path} is for admins, got {as_admin}"
        );
    }
    served.relay.shutdown().await;
}

#[tokio::test]
async fn a_user_reads_and_calls_nothing_of_another_abonent() {
    let (served, ivanov, _) = company().await;
    let all = served.get("/v1/calls").await;
    let calls = all["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 3, "the company has three calls");
    let ask = |path: String| {
        let (served, key) = (&served, ivanov.clone());
        async move { served.send(Method::GET, &path, Some(&key), None).await }
    };
    for path in ["/v1/calls", "/v1/changes?after=0"] {
        let own: Value = ask(path.to_owned()).await.json().await.unwrap();
        let own = own["calls"].as_array().unwrap().clone();
        assert_eq!(own.len(), 1, "{path} tells his own call only");
        assert_eq!(own[0]["trackingId"], "1:1", "{path} tells the right one");
        let join = if path.contains('?') { '&' } else { '?' };
        for spelling in [PETROV, "9000000002", "9000000002%40ip.beeline.ru"] {
            let asked = ask(format!("{path}{join}abonent={spelling}")).await;
            assert_eq!(asked.status(), StatusCode::FORBIDDEN, "{path} for {spelling}");
        }
    }
    let refused = ask(format!("/v1/feed?after=0&abonent={PETROV}")).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN, "the feed of another");
    for call in calls {
        let (id, mine) = (call["id"].as_str().unwrap(), call["trackingId"] == "1:1");
        let wanted = if mine { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(
            ask(format!("/v1/calls/{id}")).await.status(),
            wanted,
            "one call by its id"
        );
    }
    let (mut feed, version) = served.feed(&ivanov, "after=0").await;
    assert_eq!(version, 1, "the newest version is that of his own call");
    assert_eq!(next(&mut feed).await["trackingId"], "1:1", "his backlog");
    served.post_event(Xml::received(4, PETROV).text()).await;
    served.post_event(Xml::received(5, IVANOV).text()).await;
    assert_eq!(
        next(&mut feed).await["trackingId"],
        "5:1",
        "the colleague's call is not told"
    );
    let filtered: Value = ask("/v1/calls?number=8(900)000-00-99&direction=incoming".to_owned())
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        filtered["calls"].as_array().unwrap().len(),
        2,
        "a filter finds his own calls and no other"
    );
    let call = json!({ "number": "+79000000099", "abonent": PETROV });
    let answer = served.call_back(&ivanov, "k-1", call).await;
    assert_eq!(
        answer.status(),
        StatusCode::FORBIDDEN,
        "nor can he call from another's phone"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn a_revoked_key_ends_its_feed() {
    let (served, _, petrov) = company().await;
    let (mut feed, _) = served.feed(&petrov, "after=3").await;
    let users = served.get("/v1/users").await;
    let user = users["users"]
        .as_array()
        .unwrap()
        .iter()
        .find(|u| u["abonent"] == PETROV)
        .unwrap();
    assert!(!users.to_string().contains(&petrov), "keys are never listed");
    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    // The request would wait longer than the client does.
    let poll = served
        .client
        .get(served.url("/v1/changes?after=3&wait=60"))
        .bearer_auth(&petrov);
    let poll = tokio::spawn(async move { poll.send().await.unwrap() });
    until("both listen", || async {
        (served.get("/v1/health").await["readers"] == 2).then_some(())
    })
    .await;
    let gone = served.send(Method::DELETE, &path, Some(&served.admin()), None).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT, "the key is revoked");
    assert_eq!(close_code(&mut feed).await, 1008, "the open feed ends with it");
    let refused = poll.await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "so does the long poll");
    let again = served.send(Method::DELETE, &path, Some(&served.admin()), None).await;
    assert_eq!(
        again.status(),
        StatusCode::NOT_FOUND,
        "a second time there is nothing to revoke"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn errors_have_one_form_and_tell_no_internals() {
    let (served, ivanov, _) = company().await;
    let admin = served.admin();
    let tries = [
        (Method::GET, "/nowhere", None, 404, "not_found"),
        (Method::GET, "/v1/calls", None, 401, "unauthorized"),
        (Method::GET, "/v1/users", Some(&ivanov), 403, "forbidden"),
        (Method::DELETE, "/v1/calls", Some(&admin), 405, "method_not_allowed"),
        (Method::GET, "/v1/calls?limit=0", Some(&admin), 400, "bad_request"),
        (Method::GET, "/v1/calls?limit=1000000", Some(&admin), 400, "bad_request"),
        (Method::GET, "/v1/calls?cursor='--", Some(&admin), 400, "bad_request"),
        (Method::GET, "/v1/calls?nonsense=1", Some(&admin), 400, "bad_request"),
        (Method::GET, "/v1/calls?number=x", Some(&admin), 400, "bad_request"),
        (Method::GET, "/v1/feed", Some(&admin), 400, "bad_request"),
        (Method::POST, "/v1/abonents/refresh", Some(&admin), 409, "no_token"),
    ];
    for (method, path, key, status, code) in tries {
        let answer = served.send(method.clone(), path, key.map(String::as_str), None).await;
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["code"], code, "{method} {path}");
        assert!(
            body["message"].as_str().is_some_and(|m| !m.is_empty()),
            "{method} {path} says why"
        );
        assert_eq!(body.as_object().unwrap().len(), 2, "{method} {path} says no more");
    }
    let large = json!({ "name": "x".repeat(100_000), "role": "admin" });
    let answer = served.send(Method::POST, "/v1/users", Some(&admin), Some(large)).await;
    assert_eq!(
        answer.status(),
        StatusCode::PAYLOAD_TOO_LARGE,
        "the API has a limit of its own"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn what_nobody_asked_for_is_refused_everywhere() {
    let (served, _, _) = company().await;
    let admin = served.admin();
    let document = served.get("/v1/openapi.json").await;
    for (method, path) in described(&document).keys() {
        let verb: Method = method.to_uppercase().parse().unwrap();
        let filled = path.replace("{id}", "01AN4Z07BY79KA1307SR9X4MV3").replace("{seq}", "1");
        let body = (verb == Method::POST || verb == Method::PUT).then(|| json!({}));
        let asked = format!("{filled}?nonsense=1");
        let status = served.send(verb, &asked, Some(&admin), body).await.status();
        assert_eq!(status, StatusCode::BAD_REQUEST, "an unknown word: {method} {asked}");
        let refused = served.send(Method::PATCH, &filled, Some(&admin), None).await;
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED, "PATCH {path}");
        let allowed = refused.headers()["allow"].to_str().unwrap();
        let allows = allowed.split(',').any(|word| word.eq_ignore_ascii_case(method));
        assert!(allows, "{path} tells which methods it knows: {allowed}");
    }
    let text = reqwest::Client::new()
        .post(served.url("/v1/users"))
        .bearer_auth(&admin)
        .body(r#"{"name":"x","role":"admin"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(
        text.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "a body of another kind"
    );
    for wrong in [
        json!({ "name": "x", "role": "user" }),
        json!({ "name": " ", "role": "admin" }),
    ] {
        let answer = served
            .send(Method::POST, "/v1/users", Some(&admin), Some(wrong.clone()))
            .await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    served.relay.shutdown().await;
}

#[tokio::test]
async fn settings_are_checked_and_the_token_never_comes_back() {
    let (served, _, _) = company().await;
    let admin = served.admin();
    let put = |body: Value| {
        let (served, admin) = (&served, admin.clone());
        async move { served.send(Method::PUT, "/v1/settings", Some(&admin), Some(body)).await }
    };
    for wrong in [
        json!({ "publicUrl": "ftp://relay.example.ru" }),
        json!({ "publicUrl": "nonsense" }),
        json!({ "graceMs": -1 }),
        json!({ "graceMs": "soon" }),
        json!({ "graceMs": 1.5 }),
        json!({ "noSuchSetting": 1 }),
        json!([1]),
    ] {
        assert_eq!(
            put(wrong.clone()).await.status(),
            StatusCode::BAD_REQUEST,
            "refused: {wrong}"
        );
    }
    let answer: Value = put(json!({ "publicUrl": "https://relay.example.ru/a/", "graceMs": 1234.0 }))
        .await
        .json()
        .await
        .unwrap();
    let secret = served.relay.callback_secret().reveal();
    assert_eq!(
        answer["callbackUrl"],
        format!("https://relay.example.ru/a/xsi/{secret}/events"),
        "the callback's address"
    );
    let shown = served.get("/v1/settings").await;
    assert_eq!(shown["settings"]["graceMs"], 1234, "what was set holds");
    assert_eq!(shown["settings"]["ringLostMs"], 300_000, "the rest keeps its value");
    assert_eq!(shown["hasToken"], false, "there is no token");
    assert!(!shown.to_string().contains("token\":\""), "and none is ever shown");
    served.relay.shutdown().await;
}
