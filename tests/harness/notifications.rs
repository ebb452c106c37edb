//! A real notification server on the private bus: records every call of the protocol and clicks as told.

use super::{PATIENCE, eventually_async};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, connection, interface};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// All that a full desktop's server can do.
pub const FULL: &[&str] = &["actions", "body", "body-markup", "persistence"];

/// KDE's can do this too.
pub const WITH_FIELD: &[&str] = &["actions", "body", "body-markup", "persistence", "inline-reply"];

/// One `Notify` as it arrived.
#[derive(Debug)]
pub struct Shown {
    pub id: u32,
    pub replaces: u32,
    pub app: String,
    pub icon: String,
    pub summary: String,
    pub body: String,
    /// Key and label of each action.
    pub actions: Vec<(String, String)>,
    pub hints: HashMap<String, OwnedValue>,
    /// Milliseconds; -1: as the server likes, 0: never.
    pub timeout: i32,
}

impl Clone for Shown {
    fn clone(&self) -> Self {
        let hint = |(key, value): (&String, &OwnedValue)| (key.clone(), value.try_clone().unwrap());
        Self {
            app: self.app.clone(),
            icon: self.icon.clone(),
            summary: self.summary.clone(),
            body: self.body.clone(),
            actions: self.actions.clone(),
            hints: self.hints.iter().map(hint).collect(),
            ..*self
        }
    }
}

impl Shown {
    pub fn key_of(&self, label: &str) -> Option<&str> {
        let found = self.actions.iter().find(|(_, text)| text == label);
        found.map(|(key, _)| key.as_str())
    }

    pub fn text(&self, hint: &str) -> Option<String> {
        let value = self.hints.get(hint)?.try_clone().ok()?;
        value.try_into().ok()
    }

    pub fn flag(&self, hint: &str) -> Option<bool> {
        self.hints.get(hint).and_then(|value| bool::try_from(value).ok())
    }

    pub fn byte(&self, hint: &str) -> Option<u8> {
        self.hints.get(hint).and_then(|value| u8::try_from(value).ok())
    }
}

/// What the server does by itself with a `Notify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clicks {
    Never,
    /// Clicks the first button before `Notify` is answered.
    BeforeAnswer,
    /// Clicks it as the next message after the answer.
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
    last_id: u32,
}

struct Daemon {
    record: Arc<Mutex<Record>>,
    changed: watch::Sender<u64>,
    capabilities: Vec<String>,
    clicks: Clicks,
    stacks: Stacks,
}

/// Whether the second toast is put on the first, as dunst does with `stack_duplicates`.
type Stacks = fn(&Shown, &Shown) -> bool;

#[interface(name = "org.freedesktop.Notifications")]
impl Daemon {
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
        timeout: i32,
    ) -> zbus::fdo::Result<u32> {
        let pairs = actions.chunks_exact(2);
        let actions: Vec<(String, String)> = pairs.map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        // The first action is the click on the body.
        let button = actions.get(1).map(|(key, _)| key.clone());
        let id = {
            let mut record = self.record.lock().unwrap();
            let mut shown = Shown {
                id: replaces,
                replaces,
                app,
                icon,
                summary,
                body,
                actions,
                hints,
                timeout,
            };
            if replaces == 0 {
                let is_open = |other: &&Shown| !record.closed.contains(&other.id);
                let same = record.shown.iter().rev().filter(is_open);
                if let Some(first) = same.clone().find(|other| (self.stacks)(other, &shown)) {
                    (shown.id, shown.actions) = (first.id, first.actions.clone());
                } else {
                    record.last_id += 1;
                    shown.id = record.last_id;
                }
            }
            let id = shown.id;
            record.shown.push(shown);
            id
        };
        self.changed.send_modify(|n| *n += 1);
        match (self.clicks, button) {
            (Clicks::Hang, _) => std::future::pending().await,
            (Clicks::Refuse, _) => return Err(zbus::fdo::Error::LimitsExceeded("too many".to_owned())),
            (Clicks::BeforeAnswer, Some(key)) => act_and_close(&emitter, id, &key).await,
            (Clicks::AfterAnswer, Some(key)) => {
                let emitter = emitter.into_owned();
                tokio::spawn(async move { act_and_close(&emitter, id, &key).await });
            }
            _ => {}
        }
        Ok(id)
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
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_replied(emitter: &SignalEmitter<'_>, id: u32, text: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn activation_token(emitter: &SignalEmitter<'_>, id: u32, token: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_closed(emitter: &SignalEmitter<'_>, id: u32, reason: u32) -> zbus::Result<()>;
}

async fn act_and_close(emitter: &SignalEmitter<'_>, id: u32, key: &str) {
    Daemon::action_invoked(emitter, id, key).await.unwrap();
    Daemon::notification_closed(emitter, id, 2).await.unwrap();
}

/// The running server. Ends with the value.
pub struct Notifications {
    connection: Connection,
    record: Arc<Mutex<Record>>,
    changed: watch::Receiver<u64>,
}

impl Notifications {
    pub async fn start(bus: &str) -> Self {
        Self::with(bus, FULL, Clicks::Never).await
    }

    pub async fn with(bus: &str, capabilities: &[&str], clicks: Clicks) -> Self {
        Self::serve(bus, capabilities, clicks, |_, _| false).await
    }

    /// One that gives two toasts one number where `stacks` says so, and keeps the first one's buttons.
    pub async fn stacking(bus: &str, stacks: Stacks) -> Self {
        Self::serve(bus, FULL, Clicks::Never, stacks).await
    }

    async fn serve(bus: &str, capabilities: &[&str], clicks: Clicks, stacks: Stacks) -> Self {
        let record = Arc::new(Mutex::new(Record::default()));
        let (sender, changed) = watch::channel(0);
        let daemon = Daemon {
            record: Arc::clone(&record),
            changed: sender,
            capabilities: capabilities.iter().map(|c| (*c).to_owned()).collect(),
            clicks,
            stacks,
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

    /// Ends it, as a crash would.
    pub async fn stop(self) {
        self.connection.close().await.unwrap();
    }

    pub fn all(&self) -> Vec<Shown> {
        self.record.lock().unwrap().shown.clone()
    }

    pub fn closed(&self) -> Vec<u32> {
        self.record.lock().unwrap().closed.clone()
    }

    /// Looks at what was shown and closed, as soon as `enough` of it is there.
    pub async fn wait<T>(&self, what: &str, enough: impl Fn(&[Shown], &[u32]) -> Option<T>) -> T {
        let mut changed = self.changed.clone();
        let found = async {
            loop {
                let answer = {
                    let record = self.record.lock().unwrap();
                    enough(&record.shown, &record.closed)
                };
                match answer {
                    Some(answer) => return answer,
                    None => changed.changed().await.unwrap(),
                }
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(answer) => answer,
            Err(_) => panic!("{what}: shown {:#?}, closed {:?}", self.all(), self.closed()),
        }
    }

    /// Waits for a toast for which `wanted` holds, among those after the first `skip`.
    pub async fn toast(&self, skip: usize, what: &str, wanted: impl Fn(&Shown) -> bool) -> Shown {
        self.wait(what, |shown, _| {
            shown.iter().skip(skip).find(|shown| wanted(shown)).cloned()
        })
        .await
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
        act_and_close(&self.emitter(), id, key).await;
    }

    /// Only tells the click.
    pub async fn act(&self, id: u32, key: &str) {
        Daemon::action_invoked(&self.emitter(), id, key).await.unwrap();
    }

    /// Writes in the toast's field, as the person does; the server then closes it.
    pub async fn reply(&self, id: u32, text: &str) {
        Daemon::notification_replied(&self.emitter(), id, text).await.unwrap();
        Daemon::notification_closed(&self.emitter(), id, 2).await.unwrap();
    }

    pub async fn token(&self, id: u32, token: &str) {
        Daemon::activation_token(&self.emitter(), id, token).await.unwrap();
    }

    /// The toasts that a person sees now: the last of each number.
    pub fn open(&self) -> Vec<Shown> {
        let record = self.record.lock().unwrap();
        let mut open: Vec<Shown> = Vec::new();
        for shown in record.shown.iter().filter(|shown| !record.closed.contains(&shown.id)) {
            open.retain(|other| other.id != shown.id);
            open.push(shown.clone());
        }
        open
    }

    /// Tells that a toast was closed: 1 ran out, 2 by the person, 3 by the app.
    pub async fn tell_closed(&self, id: u32, reason: u32) {
        self.record.lock().unwrap().closed.push(id);
        Daemon::notification_closed(&self.emitter(), id, reason).await.unwrap();
    }

    fn emitter(&self) -> SignalEmitter<'static> {
        SignalEmitter::new(&self.connection, PATH).unwrap().into_owned()
    }
}

/// A note that another program on the bus pretends.
pub async fn pretend_reply(bus: &str, id: u32, text: &str) {
    let connection = connection::Builder::address(bus).unwrap().build().await.unwrap();
    let emitter = SignalEmitter::new(&connection, PATH).unwrap();
    Daemon::notification_replied(&emitter, id, text).await.unwrap();
}

/// A click that another program on the bus pretends.
pub async fn pretend_click(bus: &str, id: u32, key: &str) {
    let connection = connection::Builder::address(bus).unwrap().build().await.unwrap();
    let emitter = SignalEmitter::new(&connection, PATH).unwrap();
    Daemon::action_invoked(&emitter, id, key).await.unwrap();
}
