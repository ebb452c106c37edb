//! The limit of the number of connections in all.

use crate::common::binary::text;
use crate::common::support::{client, until};
use crate::front::Scene;
use reqwest::StatusCode;
use serde_json::json;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

#[tokio::test]
async fn connections_have_a_bound_and_who_is_beyond_it_is_told() {
    let scene = Scene::start(json!({ "connections": 2 }));
    // A feed's connection still counts after its request was answered.
    let feed = scene.feed().await;
    let first = scene.connect().await;
    let refused = until("the bound", || async {
        let mut third = scene.connect().await;
        let answer = rest_or_nothing(&mut third).await;
        answer.starts_with("HTTP/1.1 503").then_some(answer)
    })
    .await;
    assert!(refused.contains("retry-after: 5"), "{refused}");
    assert!(
        refused.ends_with(r#"{"code":"too_many_connections","message":"there are too many connections"}"#),
        "{refused}"
    );
    drop(first);
    until("a free place", || async {
        let answer = client()
            .get(scene.serving.url("/v1/me"))
            .bearer_auth(&scene.key)
            .send()
            .await;
        answer
            .is_ok_and(|answer| answer.status() == StatusCode::OK)
            .then_some(())
    })
    .await;
    drop(feed);
}

/// The answer of a refused connection; none if it was accepted.
async fn rest_or_nothing(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    match timeout(Duration::from_millis(500), stream.read_to_end(&mut all)).await {
        Ok(_) => text(&all),
        Err(_) => String::new(),
    }
}
