//! A real notification server on the private bus: records every call of the protocol and clicks on wish.

use super::{PATIENCE, eventually_async};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, connection, interface};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// One `Notify` as it arrived.
#[derive(Clone, Debug)]
pub struct Shown {
    pub id: u32,
    pub replaces: u32,
    pub summary: String,
    pub body: String,
    /// Key and label of each action.
    pub actions: Vec<(String, String)>,
    pub silent: bool,
    pub urgency: Option<u8>,
    pub timeout: i32,
}

impl Shown {
    pub fn key_of(&self, label: &str) -> Option<&str> {
        self.actions
            .iter()
            .find(|(_, text)| text == label)
            .map(|(key, _)| key.as_str())
    }
}

#[derive(Default)]
struct Record {
    shown: Vec<Shown>,
    closed: Vec<u32>,
    last_id: u32,
}

struct Daemon {
    record: Arc<Mutex<Record>>,
    changed: watch::Sender<u64>,
    capabilities: Vec<String>,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Daemon {
    #[allow(clippy::too_many_arguments)]
    fn notify(
        &self,
        _app: String,
        replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        timeout: i32,
    ) -> u32 {
        let mut record = self.record.lock().unwrap();
        let id = if replaces > 0 {
            replaces
        } else {
            record.last_id += 1;
            record.last_id
        };
        let actions = actions
            .chunks_exact(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect();
        let silent = hints
            .get("suppress-sound")
            .is_some_and(|v| bool::try_from(v).unwrap_or(false));
        let urgency = hints.get("urgency").and_then(|v| u8::try_from(v).ok());
        record.shown.push(Shown {
            id,
            replaces,
            summary,
            body,
            actions,
            silent,
            urgency,
            timeout,
        });
        drop(record);
        self.changed.send_modify(|n| *n += 1);
        id
    }

    async fn close_notification(&self, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>, id: u32) {
        self.record.lock().unwrap().closed.push(id);
        self.changed.send_modify(|n| *n += 1);
        let _ = Self::notification_closed(&emitter, id, 3).await;
    }

    fn get_capabilities(&self) -> Vec<String> {
        self.capabilities.clone()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("perezvon-test".into(), "perezvon".into(), "1".into(), "1.2".into())
    }

    #[zbus(signal)]
    async fn notification_closed(emitter: &SignalEmitter<'_>, id: u32, reason: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;
}

/// The running server.
pub struct Notifications {
    connection: Connection,
    record: Arc<Mutex<Record>>,
    changed: watch::Receiver<u64>,
}

impl Notifications {
    pub async fn start(bus: &str) -> Self {
        Self::with(bus, &["actions", "body", "body-markup", "persistence"]).await
    }

    pub async fn with(bus: &str, capabilities: &[&str]) -> Self {
        let record = Arc::new(Mutex::new(Record::default()));
        let (sender, changed) = watch::channel(0);
        let daemon = Daemon {
            record: Arc::clone(&record),
            changed: sender,
            capabilities: capabilities.iter().map(|c| (*c).to_owned()).collect(),
        };
        let connection = connection::Builder::address(bus)
            .unwrap()
            .name(NAME)
            .unwrap()
            .serve_at(PATH, daemon)
            .unwrap()
            .build()
            .await
            .unwrap();
        Self {
            connection,
            record,
            changed,
        }
    }

    pub fn all(&self) -> Vec<Shown> {
        self.record.lock().unwrap().shown.clone()
    }

    pub fn closed(&self) -> Vec<u32> {
        self.record.lock().unwrap().closed.clone()
    }

    /// Waits for a toast for which `wanted` holds, among those after the first `skip`.
    pub async fn toast(&self, skip: usize, what: &str, wanted: impl Fn(&Shown) -> bool) -> Shown {
        let mut changed = self.changed.clone();
        let found = async {
            loop {
                if let Some(shown) = self.all().into_iter().skip(skip).find(|shown| wanted(shown)) {
                    return shown;
                }
                changed.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(shown) => shown,
            Err(_) => panic!("no toast: {what}; there were {:#?}", self.all()),
        }
    }

    /// Waits until the toast is closed by the app.
    pub async fn closing(&self, id: u32) {
        eventually_async("the toast closes", || async {
            self.closed().contains(&id).then_some(())
        })
        .await;
    }

    /// Clicks an action of a toast, as the person does; the server then closes a toast that is not resident.
    pub async fn click(&self, id: u32, key: &str) {
        let emitter = SignalEmitter::new(&self.connection, PATH).unwrap();
        Daemon::action_invoked(&emitter, id, key).await.unwrap();
        Daemon::notification_closed(&emitter, id, 2).await.unwrap();
    }
}
