//! The simulator against independent readers: roxmltree for events, plain reqwest for REST.
#![allow(clippy::unwrap_used)]

mod binary;
mod calls;
mod faults;
mod forwarding;
mod history;
mod records;
mod rest;
mod routing;
mod rules;
mod sequences;
mod statistics;
mod structure;
mod subscriber;
mod subscriptions;
mod table;
mod transfer;

use perezvon_sim::{Options, Sim};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use subscriber::Subscriber;

/// Fast and repeatable.
fn options() -> Options {
    Options {
        seed: Some(7),
        speed: 10_000.0,
        ..Options::default()
    }
}

/// 200 and nothing.
fn nothing() -> (u16, String) {
    (200, String::new())
}

/// A 400 with an error body of the API.
fn assert_refused((status, text): (u16, String), what: &str) {
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    assert_eq!(
        (status, &body["errorCode"]),
        (400, &json!("BadRequest")),
        "{what}: {text}"
    );
}

async fn start() -> Sim {
    Sim::start(options()).await.unwrap()
}

/// A REST client that knows the token.
struct Rest {
    client: Client,
    base: String,
    token: String,
}

impl Rest {
    fn of(sim: &Sim) -> Self {
        let client = Client::builder().no_proxy().build().unwrap();
        Self {
            client,
            base: sim.rest_url(),
            token: sim.token().to_owned(),
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base))
            .header("x-mpbx-api-auth-token", &self.token)
    }

    async fn send(&self, method: Method, path: &str) -> Response {
        self.request(method, path).send().await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.send(Method::GET, path).await;
        assert_eq!(answer.status(), 200, "GET {path}");
        answer.json().await.unwrap()
    }

    /// Status and text.
    async fn told(&self, method: Method, path: &str) -> (u16, String) {
        let answer = self.send(method, path).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Status and text of a request with a JSON body.
    async fn sent(&self, method: Method, path: &str, body: &Value) -> (u16, String) {
        let answer = self.request(method, path).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// PUT subscription; the answer.
    async fn subscribe(&self, pattern: Option<&str>, kind: &str, url: &str) -> Value {
        let mut body = json!({ "expires": 86400, "subscriptionType": kind, "url": url });
        if let Some(pattern) = pattern {
            body["pattern"] = json!(pattern);
        }
        let answer = self
            .request(Method::PUT, "subscription")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "PUT subscription");
        answer.json().await.unwrap()
    }
}

/// A simulator, its client, and a subscriber to everything of the given kind.
async fn subscribed(kind: &str) -> (Sim, Rest, Subscriber) {
    let (sim, subscriber) = (start().await, Subscriber::start().await);
    let rest = Rest::of(&sim);
    rest.subscribe(None, kind, &subscriber.url("all")).await;
    (sim, rest, subscriber)
}
