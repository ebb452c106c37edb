//! Takes events as a relay would, and keeps them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
};
use tokio::sync::watch;

/// One POST.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

impl Received {
    /// Text of the first element with this local name, trimmed.
    pub(crate) fn text(&self, element: &str) -> Option<String> {
        let document = roxmltree::Document::parse(&self.body).unwrap();
        let node = document.descendants().find(|n| n.tag_name().name() == element)?;
        Some(node.text().unwrap_or_default().trim().to_owned())
    }

    /// Kind without prefix and `Event`.
    pub(crate) fn kind(&self) -> String {
        let document = roxmltree::Document::parse(&self.body).unwrap();
        let data = document
            .descendants()
            .find(|n| n.tag_name().name() == "eventData")
            .unwrap();
        let kind = data.attribute((perezvon_sim::XSI1, "type")).unwrap();
        kind.split_once(':')
            .unwrap()
            .1
            .strip_suffix("Event")
            .unwrap()
            .to_owned()
    }

    pub(crate) fn sequence(&self) -> i64 {
        self.text("sequenceNumber").unwrap().parse().unwrap()
    }
}

type Shared = Arc<(Mutex<Vec<Received>>, watch::Sender<usize>)>;

pub(crate) struct Subscriber {
    base: String,
    received: Shared,
}

impl Subscriber {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/xsi", listener.local_addr().unwrap());
        let received: Shared = Arc::new((Mutex::new(Vec::new()), watch::channel(0).0));
        let app = Router::new().fallback(take).with_state(Arc::clone(&received));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, received }
    }

    /// An address of its own for one subscription.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.base)
    }

    /// Everything so far.
    pub(crate) fn all(&self) -> Vec<Received> {
        self.received.0.lock().unwrap().clone()
    }

    /// What came for one subscription, by the name in its address.
    pub(crate) fn of(&self, name: &str) -> Vec<Received> {
        let begin = format!("/xsi/{name}");
        self.all()
            .into_iter()
            .filter(|r| r.path == begin || r.path == format!("{begin}/null"))
            .collect()
    }

    pub(crate) fn kinds(&self, name: &str) -> Vec<String> {
        self.of(name).iter().map(Received::kind).collect()
    }

    pub(crate) fn clear(&self) {
        self.received.0.lock().unwrap().clear();
    }

    /// Waits until `enough` holds; fails after ten seconds.
    pub(crate) async fn until(&self, what: &str, enough: impl Fn(&Self) -> bool) {
        let mut changes = self.received.1.subscribe();
        let wait = async {
            while !enough(self) {
                changes.changed().await.unwrap();
            }
        };
        let done = tokio::time::timeout(Duration::from_secs(10), wait).await;
        assert!(
            done.is_ok(),
            "never came: {what}; came: {:?}",
            self.all().iter().map(Received::kind).collect::<Vec<_>>()
        );
    }
}

async fn take(State(shared): State<Shared>, request: Request) -> StatusCode {
    let path = request.uri().path().to_owned();
    let content_type = request.headers()["content-type"].to_str().unwrap().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    shared.0.lock().unwrap().push(Received {
        path,
        content_type,
        body,
    });
    shared.1.send_modify(|n| *n += 1);
    StatusCode::OK
}
