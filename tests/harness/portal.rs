//! Stands in for the desktop's portal of keys (`org.freedesktop.portal.GlobalShortcuts`): gives what is proposed, and presses.

use super::eventually_async;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, connection, interface};

const NAME: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SHORTCUTS: &str = "org.freedesktop.portal.GlobalShortcuts";

type Dict = HashMap<String, OwnedValue>;

/// A key as it was proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    pub id: String,
    pub about: String,
    pub trigger: String,
}

#[derive(Default)]
struct Record {
    /// The newest session, while it is open.
    session: Option<OwnedObjectPath>,
    bound: Vec<Proposed>,
}

struct Shortcuts(Arc<Mutex<Record>>);

fn text(values: &Dict, key: &str) -> String {
    let value = values.get(key).and_then(|value| value.try_clone().ok());
    value.and_then(|value| value.try_into().ok()).unwrap_or_default()
}

/// Where an object of this caller and this word of its own lies.
fn object(kind: &str, header: &Header<'_>, token: &str) -> OwnedObjectPath {
    let sender = header.sender().unwrap().as_str()[1..].replace('.', "_");
    OwnedObjectPath::try_from(format!("{PATH}/{kind}/{sender}/{token}")).unwrap()
}

/// Answers a request, before the call that made it is answered: the protocol allows that.
async fn respond(connection: &Connection, request: &OwnedObjectPath, results: HashMap<&str, Value<'_>>) {
    let answer = (0u32, results);
    let nobody: Option<&str> = None;
    let interface = "org.freedesktop.portal.Request";
    let told = connection.emit_signal(nobody, request.as_str(), interface, "Response", &answer);
    told.await.unwrap();
}

#[interface(name = "org.freedesktop.portal.GlobalShortcuts")]
impl Shortcuts {
    async fn create_session(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
        options: Dict,
    ) -> OwnedObjectPath {
        let request = object("request", &header, &text(&options, "handle_token"));
        let session = object("session", &header, &text(&options, "session_handle_token"));
        self.0.lock().unwrap().session = Some(session.clone());
        let open = Session(Arc::clone(&self.0), session.clone());
        connection.object_server().at(&session, open).await.unwrap();
        let results = HashMap::from([("session_handle", Value::from(session.as_str()))]);
        respond(connection, &request, results).await;
        request
    }

    async fn bind_shortcuts(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
        session: OwnedObjectPath,
        shortcuts: Vec<(String, Dict)>,
        _parent: &str,
        options: Dict,
    ) -> OwnedObjectPath {
        let request = object("request", &header, &text(&options, "handle_token"));
        let given: Vec<(String, HashMap<String, Value<'static>>)> = shortcuts
            .iter()
            .map(|(id, about)| {
                // The person has chosen another key than the one that was proposed.
                let given = format!("Super+{}", text(about, "preferred_trigger").rsplit('+').next().unwrap());
                let about = HashMap::from([("trigger_description".to_owned(), Value::from(given))]);
                (id.clone(), about)
            })
            .collect();
        let bound = shortcuts.iter().map(|(id, about)| Proposed {
            id: id.clone(),
            about: text(about, "description"),
            trigger: text(about, "preferred_trigger"),
        });
        {
            let mut record = self.0.lock().unwrap();
            assert_eq!(record.session, Some(session));
            record.bound = bound.collect();
        }
        respond(connection, &request, HashMap::from([("shortcuts", Value::from(given))])).await;
        request
    }

    #[zbus(property, name = "version")]
    fn version(&self) -> u32 {
        1
    }
}

/// A session that the app may close.
struct Session(Arc<Mutex<Record>>, OwnedObjectPath);

#[interface(name = "org.freedesktop.portal.Session")]
impl Session {
    fn close(&self) {
        let mut record = self.0.lock().unwrap();
        record.session.take_if(|open| *open == self.1);
        record.bound.clear();
    }
}

/// The running stand-in. Ends with the value.
pub struct Portal {
    connection: Connection,
    record: Arc<Mutex<Record>>,
}

impl Portal {
    /// Before the app: it looks for the portal at its start.
    pub async fn start(bus: &str) -> Self {
        let record = Arc::default();
        let connection = connection::Builder::address(bus)
            .unwrap()
            .name(NAME)
            .unwrap()
            .serve_at(PATH, Shortcuts(Arc::clone(&record)))
            .unwrap()
            .build()
            .await
            .unwrap();
        Self { connection, record }
    }

    /// The keys that the app has, as soon as they are as wished.
    pub async fn bound(&self, what: &str, wish: impl Fn(&[Proposed]) -> bool) -> Vec<Proposed> {
        eventually_async(what, || async {
            let bound = self.record.lock().unwrap().bound.clone();
            wish(&bound).then_some(bound)
        })
        .await
    }

    /// Presses the key of this id once.
    pub async fn press(&self, id: &str) {
        let session = self
            .record
            .lock()
            .unwrap()
            .session
            .clone()
            .expect("the app has a session");
        let options: HashMap<&str, Value<'_>> = HashMap::from([("activation_token", Value::from("a-token"))]);
        let pressed = (&*session, id, 0u64, options);
        let emitter = SignalEmitter::new(&self.connection, PATH).unwrap();
        emitter.emit(SHORTCUTS, "Activated", &pressed).await.unwrap();
    }
}
