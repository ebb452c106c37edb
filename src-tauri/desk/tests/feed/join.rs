//! Joining the real relay with a code.

use crate::scene::{Follower, ME, Scene};
use perezvon_desk::relay_client::{JoinLink, RelayClient, RelayError};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

async fn make(scene: &Scene, new: Value) -> Value {
    scene.send(Method::POST, "/v1/join-codes", Some(new)).await
}

fn typed(relay: &str, made: &Value) -> JoinLink {
    JoinLink::typed(relay, made["code"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_leads_to_a_desk_that_follows() {
    let scene = Scene::start().await;
    let made = make(&scene, json!({ "role": "user", "abonent": ME, "name": "Стол" })).await;
    let link = JoinLink::parse(made["link"].as_str().unwrap()).unwrap();
    assert_eq!(
        link.relay(),
        scene.url().trim_end_matches('/'),
        "the relay's public address"
    );
    let joined = RelayClient::join(&link).await.unwrap();
    assert_eq!(
        (
            joined.role.as_str(),
            joined.abonent.as_deref(),
            joined.name.as_str(),
            joined.account.as_str()
        ),
        ("user", Some(ME), "Стол", "main")
    );
    assert!(
        !format!("{joined:?}").contains(joined.key.expose()),
        "the key is not printed"
    );
    let key = joined.key.clone();
    let me = RelayClient::new(link.relay(), Arc::new(move || Some(key.clone())))
        .unwrap()
        .me()
        .await
        .unwrap();
    assert_eq!(
        (me.role.as_str(), me.abonent.as_deref()),
        ("user", Some(ME)),
        "the key knows whose it is"
    );
    assert!(me.abonent_name.is_some(), "with his name");
    let mut follower = Follower::start(&scene.url(), joined.key.expose());
    follower.until("the feed is connected", crate::caught_up).await;
    follower.stop().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_told_why_one_cannot_join() {
    let scene = Scene::start().await;
    let relay = scene.url();
    let code_of = async |link: &JoinLink| RelayClient::join(link).await.unwrap_err().code().as_str();
    let made = make(&scene, json!({ "role": "user", "abonent": ME, "name": "Стол" })).await;
    let link = typed(&relay, &made);
    RelayClient::join(&link).await.unwrap();
    assert_eq!(code_of(&link).await, "code_used");
    let unknown = JoinLink::typed(&relay, "0000-0000-0000").unwrap();
    assert_eq!(code_of(&unknown).await, "code_unknown");
    assert_eq!(
        code_of(&JoinLink::typed(&relay, "no code").unwrap()).await,
        "code_unknown"
    );

    let made = make(&scene, json!({ "role": "admin", "name": "Стол" })).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(
        code_of(&typed(&format!("http://{nobody}"), &made)).await,
        "relay_unreachable"
    );
    let secure = relay.replace("http://", "https://");
    assert_eq!(
        code_of(&typed(&secure, &made)).await,
        "relay_tls",
        "nobody speaks TLS there"
    );
    let joined = RelayClient::join(&typed(&relay, &made)).await.unwrap();
    assert_eq!(joined.abonent, None, "an administrator says himself who he is");

    for _ in 0..20 {
        if code_of(&unknown).await == "too_many_tries" {
            scene.stop().await;
            return;
        }
    }
    panic!("guessing is never stopped");
}

/// Answers everybody with this page; gives what it was asked.
async fn web_server(page: &'static str) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let mut asked = Vec::new();
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut buffer = [0_u8; 4096];
        while let Ok(read @ 1..) = socket.read(&mut buffer).await {
            asked.push(String::from_utf8_lossy(&buffer[..read]).into_owned());
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{page}", page.len());
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    });
    (address, serving)
}

#[tokio::test]
async fn a_code_is_told_to_nobody_but_a_relay() {
    for page in ["<html>Добро пожаловать</html>", "{}", r#"{"status":"ok"}"#] {
        let (address, serving) = web_server(page).await;
        let link = JoinLink::typed(&address, "K7M2-4QXP-9DRT").unwrap();
        let refused = RelayClient::join(&link).await.unwrap_err();
        assert!(matches!(refused, RelayError::NotARelay), "{page}: {refused}");
        let asked = serving.await.unwrap();
        assert_eq!(asked.len(), 1, "one question: {asked:?}");
        assert!(
            asked[0].starts_with("GET /v1/health"),
            "whether it is a relay: {asked:?}"
        );
    }
}
