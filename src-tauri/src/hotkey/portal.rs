//! Keys on Wayland, by the desktop's portal (`org.freedesktop.portal.GlobalShortcuts`; GNOME from 48 on, KDE Plasma, Hyprland).
//! What the settings have is what the app proposes: the desktop asks the person, keeps what they chose, and has it changed
//! in its own settings.

use futures_util::StreamExt as _;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::timeout;
use zbus::message::{Message, Type};
use zbus::proxy::OwnerChangedStream;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, MatchRule, MessageStream, Proxy};

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SHORTCUTS: &str = "org.freedesktop.portal.GlobalShortcuts";
const REGISTRY: &str = "org.freedesktop.host.portal.Registry";
const REQUEST: &str = "org.freedesktop.portal.Request";
const SESSION: &str = "org.freedesktop.portal.Session";
/// Longest wait for the answer to a call.
const CALL: Duration = Duration::from_secs(10);
/// The desktop may ask the person first, who takes their time.
const PERSON: Duration = Duration::from_mins(10);

type Dict = HashMap<String, OwnedValue>;

/// What a key is to do, and which one is proposed.
#[derive(Clone, Debug)]
pub(super) struct Proposed {
    pub(super) id: &'static str,
    /// For the person.
    pub(super) about: &'static str,
    /// As in the settings: `Ctrl+Shift+F9`.
    pub(super) keys: String,
}

/// What the desktop tells of the keys.
pub(super) enum Told {
    /// One was pressed.
    Pressed {
        /// As proposed.
        id: String,
        /// The permission to raise a window, where the desktop gives one.
        token: Option<String>,
    },
    /// The person has chosen others.
    Changed,
}

/// A connection to the portal.
pub(super) struct Portal {
    connection: Connection,
    tokens: u32,
}

/// The keys that the desktop has given. They are given back with the value.
pub(super) struct Bound {
    connection: Connection,
    session: OwnedObjectPath,
    signals: MessageStream,
    /// The portal ends, or starts anew and knows nothing of the keys.
    ends: OwnerChangedStream<'static>,
    /// The desktop's words for each key, by the id of what it does. What the person refused is not there.
    pub(super) given: HashMap<String, String>,
}

impl Portal {
    /// Connects; an error where this desktop's portal has no keys to give. `app`: the name of the app's desktop file.
    pub(super) async fn open(app: &str) -> zbus::Result<Self> {
        let connection = Connection::session().await?;
        // An older portal finds the app out by itself, and has no such interface.
        let options: HashMap<&str, Value<'_>> = HashMap::new();
        drop(call(&connection, REGISTRY, "Register", &(app, options)).await);
        let version = (SHORTCUTS, "version");
        call(&connection, "org.freedesktop.DBus.Properties", "Get", &version).await?;
        Ok(Self { connection, tokens: 0 })
    }

    /// Asks the desktop for the keys: it may ask the person, which is waited for.
    pub(super) async fn bind(&mut self, proposed: &[Proposed]) -> zbus::Result<Bound> {
        let portal = Proxy::new(&self.connection, PORTAL, PATH, SHORTCUTS).await?;
        let ends = portal.receive_owner_changed().await?;
        let of_portal = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(PORTAL)?
            .path_namespace(PATH)?
            .build();
        let mut signals = MessageStream::for_match_rule(of_portal, &self.connection, None).await?;

        let (session_token, token) = (self.token(), self.token());
        let options: HashMap<&str, Value<'_>> = HashMap::from([
            ("session_handle_token", session_token.into()),
            ("handle_token", token.clone().into()),
        ]);
        let arguments = (options,);
        let asked = call(&self.connection, SHORTCUTS, "CreateSession", &arguments);
        let results = self.answer(&mut signals, asked, CALL).await?;
        // A text, by an old mistake that became the protocol.
        let session = text(&results, "session_handle").unwrap_or_default();
        let session = OwnedObjectPath::try_from(session)?;

        let wished: Vec<(&str, HashMap<&str, Value<'_>>)> = proposed
            .iter()
            .map(|one| {
                let about = [
                    ("description", one.about.into()),
                    ("preferred_trigger", trigger(&one.keys).into()),
                ];
                (one.id, HashMap::from(about))
            })
            .collect();
        let options: HashMap<&str, Value<'_>> = HashMap::from([("handle_token", self.token().into())]);
        let arguments = (&*session, wished, "", options);
        let asked = call(&self.connection, SHORTCUTS, "BindShortcuts", &arguments);
        let results = self.answer(&mut signals, asked, PERSON).await?;
        Ok(Bound {
            connection: self.connection.clone(),
            session,
            signals,
            ends,
            given: given(&results),
        })
    }

    /// The answer of a request: it comes as a signal of the request's object, perhaps before the call has told which that is.
    async fn answer(
        &self,
        signals: &mut MessageStream,
        asked: impl Future<Output = zbus::Result<Message>>,
        patience: Duration,
    ) -> zbus::Result<Dict> {
        let request: OwnedObjectPath = asked.await?.body().deserialize()?;
        let answered = async {
            while let Some(signal) = signals.next().await {
                let signal = signal?;
                if is(&signal, REQUEST, "Response") && signal.header().path() == Some(&*request) {
                    let (refused, results): (u32, Dict) = signal.body().deserialize()?;
                    return match refused {
                        0 => Ok(results),
                        _ => Err(zbus::Error::Failure("the person or the desktop refused".to_owned())),
                    };
                }
            }
            Err(zbus::Error::Failure("the portal has gone".to_owned()))
        };
        timeout(patience, answered).await.map_err(|_| silent())?
    }

    /// A word of its own for each request.
    fn token(&mut self) -> String {
        self.tokens += 1;
        format!("perezvon{}_{}", std::process::id(), self.tokens)
    }
}

impl Bound {
    /// Waits for the next; none when the desktop has taken the keys back.
    pub(super) async fn next(&mut self) -> Option<Told> {
        loop {
            let signal = tokio::select! {
                signal = self.signals.next() => signal?.ok()?,
                _ = self.ends.next() => return None,
            };
            if is(&signal, SESSION, "Closed") && signal.header().path() == Some(&*self.session) {
                return None;
            }
            if is(&signal, SHORTCUTS, "Activated")
                && let Ok((session, id, _, options)) =
                    signal.body().deserialize::<(OwnedObjectPath, String, u64, Dict)>()
                && session == self.session
            {
                let token = text(&options, "activation_token").filter(|token| !token.is_empty());
                return Some(Told::Pressed { id, token });
            }
            if is(&signal, SHORTCUTS, "ShortcutsChanged")
                && let Ok((session, shortcuts)) = signal.body().deserialize::<(OwnedObjectPath, Vec<(String, Dict)>)>()
                && session == self.session
            {
                self.given = words(shortcuts);
                return Some(Told::Changed);
            }
        }
    }

    /// Gives the keys back.
    pub(super) async fn end(self) {
        let path = self.session.as_str();
        let closed = self
            .connection
            .call_method(Some(PORTAL), path, Some(SESSION), "Close", &());
        // Gone already, or the portal is.
        drop(timeout(CALL, closed).await);
    }
}

async fn call<B: serde::Serialize + DynamicType>(
    connection: &Connection,
    interface: &str,
    member: &str,
    body: &B,
) -> zbus::Result<Message> {
    let called = connection.call_method(Some(PORTAL), PATH, Some(interface), member, body);
    timeout(CALL, called).await.map_err(|_| silent())?
}

fn silent() -> zbus::Error {
    zbus::Error::Failure("the portal does not answer".to_owned())
}

fn is(signal: &Message, interface: &str, member: &str) -> bool {
    let header = signal.header();
    header.interface().is_some_and(|one| one == interface) && header.member().is_some_and(|one| one == member)
}

fn text(values: &Dict, key: &str) -> Option<String> {
    match &**values.get(key)? {
        Value::Str(text) => Some(text.to_string()),
        Value::ObjectPath(path) => Some(path.to_string()),
        _ => None,
    }
}

/// The keys that a request's answer tells.
fn given(results: &Dict) -> HashMap<String, String> {
    let Some(Value::Array(shortcuts)) = results.get("shortcuts").map(|value| &**value) else {
        return HashMap::new();
    };
    let one = |shortcut: &Value<'_>| {
        let Value::Structure(fields) = shortcut else {
            return None;
        };
        let [Value::Str(id), Value::Dict(about)] = fields.fields() else {
            return None;
        };
        let word: Option<String> = about.get(&"trigger_description").ok().flatten();
        Some((id.to_string(), word.unwrap_or_default()))
    };
    shortcuts.iter().filter_map(one).collect()
}

fn words(shortcuts: Vec<(String, Dict)>) -> HashMap<String, String> {
    let word = |(id, about): (String, Dict)| (id, text(&about, "trigger_description").unwrap_or_default());
    shortcuts.into_iter().map(word).collect()
}

/// As the freedesktop's specification of shortcuts writes it: `CTRL+SHIFT+F9`, and a letter as its key is named.
fn trigger(keys: &str) -> String {
    let parts = keys.split('+').map(|part| match part.to_ascii_lowercase().as_str() {
        "ctrl" | "control" | "cmdorctrl" | "commandorcontrol" => "CTRL".to_owned(),
        "alt" | "option" => "ALT".to_owned(),
        "shift" => "SHIFT".to_owned(),
        "super" | "cmd" | "command" => "LOGO".to_owned(),
        letter if letter.len() == 1 => letter.to_owned(),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("+")
}

#[cfg(test)]
mod tests {
    use super::trigger;

    #[test]
    fn keys_are_proposed_as_the_specification_writes_them() {
        for (keys, written) in [
            ("Ctrl+Shift+F9", "CTRL+SHIFT+F9"),
            ("Ctrl+Alt+D", "CTRL+ALT+d"),
            ("Super+1", "LOGO+1"),
            ("F8", "F8"),
        ] {
            assert_eq!(trigger(keys), written);
        }
    }
}
