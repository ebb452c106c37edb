//! A notification service for tests: records what it is asked to show and clicks as told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// One `Notify`.
#[derive(Debug)]
pub struct Shown {
    pub id: u32,
    pub replaces: u32,
    pub app: String,
    pub icon: String,
    pub summary: String,
    pub body: String,
    pub actions: Vec<String>,
    pub hints: HashMap<String, OwnedValue>,
    pub expire: i32,
}

impl Shown {
    pub fn text(&self, hint: &str) -> Option<String> {
        self.hints
            .get(hint)
            .and_then(|value| value.try_clone().ok())
            .and_then(|value| value.try_into().ok())
    }

    pub fn flag(&self, hint: &str) -> Option<bool> {
        self.hints.get(hint).and_then(|value| bool::try_from(value).ok())
    }

    pub fn byte(&self, hint: &str) -> Option<u8> {
        self.hints.get(hint).and_then(|value| u8::try_from(value).ok())
    }
}

/// When the service clicks by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Clicks {
    Never,
    /// Before `Notify` is answered.
    BeforeAnswer,
    /// As the next message after the answer.
    AfterAnswer,
    /// `Notify` is never answered.
    Hang,
    /// `Notify` is answered with an error.
    Refuse,
}

#[derive(Default)]
struct Record {
    shown: Vec<Shown>,
    closed: Vec<u32>,
    last: u32,
}

struct Service {
    record: Arc<Mutex<Record>>,
    news: Arc<Notify>,
    capabilities: Vec<String>,
    clicks: Clicks,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[allow(clippy::too_many_arguments)]
    async fn notify(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        app: String,
        replaces: u32,
        icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        expire: i32,
    ) -> zbus::fdo::Result<u32> {
        let key = actions.get(2).cloned();
        let id = {
            let mut record = self.record.lock().unwrap();
            if replaces == 0 {
                record.last += 1;
            }
            let id = if replaces == 0 { record.last } else { replaces };
            record.shown.push(Shown {
                id,
                replaces,
                app,
                icon,
                summary,
                body,
                actions,
                hints,
                expire,
            });
            id
        };
        self.news.notify_waiters();
        match (self.clicks, key) {
            (Clicks::Hang, _) => std::future::pending().await,
            (Clicks::Refuse, _) => return Err(zbus::fdo::Error::LimitsExceeded("too many".to_owned())),
            (Clicks::BeforeAnswer, Some(key)) => {
                Self::action_invoked(&emitter, id, &key).await.unwrap();
                Self::notification_closed(&emitter, id, 2).await.unwrap();
            }
            (Clicks::AfterAnswer, Some(key)) => {
                let emitter = emitter.into_owned();
                tokio::spawn(async move {
                    Self::action_invoked(&emitter, id, &key).await.unwrap();
                    Self::notification_closed(&emitter, id, 2).await.unwrap();
                });
            }
            _ => {}
        }
        Ok(id)
    }

    async fn close_notification(&self, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>, id: u32) {
        self.record.lock().unwrap().closed.push(id);
        self.news.notify_waiters();
        Self::notification_closed(&emitter, id, 3).await.unwrap();
    }

    fn get_capabilities(&self) -> Vec<String> {
        self.capabilities.clone()
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn activation_token(emitter: &SignalEmitter<'_>, id: u32, token: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_closed(emitter: &SignalEmitter<'_>, id: u32, reason: u32) -> zbus::Result<()>;
}

/// Ends with the value.
pub struct Server {
    record: Arc<Mutex<Record>>,
    news: Arc<Notify>,
    connection: zbus::Connection,
}

impl Server {
    pub async fn start(address: &str, capabilities: &[&str], clicks: Clicks) -> Self {
        let record = Arc::new(Mutex::new(Record::default()));
        let news = Arc::new(Notify::new());
        let capabilities = capabilities.iter().map(ToString::to_string).collect();
        let service = Service {
            record: Arc::clone(&record),
            news: Arc::clone(&news),
            capabilities,
            clicks,
        };
        let builder = zbus::connection::Builder::address(address).unwrap();
        let connection = builder
            .serve_at(PATH, service)
            .unwrap()
            .name(NAME)
            .unwrap()
            .build()
            .await
            .unwrap();
        Self {
            record,
            news,
            connection,
        }
    }

    /// Ends it, as a crash would.
    pub async fn stop(self) {
        self.connection.close().await.unwrap();
    }

    /// Looks at what was shown and closed, as soon as `enough` of it is there.
    pub async fn wait<T>(&self, what: &str, enough: impl Fn(&[Shown], &[u32]) -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            {
                let record = self.record.lock().unwrap();
                if let Some(found) = enough(&record.shown, &record.closed) {
                    return found;
                }
                assert!(
                    tokio::time::Instant::now() < deadline,
                    "{what}: shown {:#?}, closed {:?}",
                    record.shown,
                    record.closed
                );
            }
            let _ = tokio::time::timeout_at(deadline, news).await;
        }
    }

    pub async fn click(&self, id: u32, key: &str) {
        Service::action_invoked(&self.emitter(), id, key).await.unwrap();
    }

    pub async fn token(&self, id: u32, token: &str) {
        Service::activation_token(&self.emitter(), id, token).await.unwrap();
    }

    pub async fn closed(&self, id: u32, reason: u32) {
        Service::notification_closed(&self.emitter(), id, reason).await.unwrap();
    }

    fn emitter(&self) -> SignalEmitter<'static> {
        SignalEmitter::new(&self.connection, PATH).unwrap().into_owned()
    }
}

/// A click that another program on the bus pretends.
pub async fn pretend_click(address: &str, id: u32, key: &str) {
    let connection = zbus::connection::Builder::address(address)
        .unwrap()
        .build()
        .await
        .unwrap();
    let emitter = SignalEmitter::new(&connection, PATH).unwrap();
    Service::action_invoked(&emitter, id, key).await.unwrap();
}
