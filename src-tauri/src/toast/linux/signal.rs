//! The connection to the session bus and the signals that come over it, in the order in which they came.

use super::super::CloseReason;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zbus::fdo::DBusProxy;
use zbus::message::{Message, Sequence, Type};
use zbus::{Connection, MatchRule, MessageStream};

/// Bus name and interface of the service.
pub(super) const SERVICE: &str = "org.freedesktop.Notifications";

/// Its object.
pub(super) const PATH: &str = "/org/freedesktop/Notifications";

/// What the service said it can do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Capabilities {
    pub(super) actions: bool,
    pub(super) body: bool,
    pub(super) markup: bool,
    /// KDE's: a field to write in, shown for the action `inline-reply`.
    pub(super) reply: bool,
}

/// Longest wait for the answer to one call.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(2);

/// Signals that wait while a call is under way. When it is full the socket is not read on, and the call runs into
/// [`CALL_TIMEOUT`]: nothing grows without bound.
const SIGNALS: usize = 256;

/// One signal.
pub(super) struct Signal {
    /// Unique name of the sender.
    pub(super) sender: String,
    /// Place in the order of everything received, answers to calls included.
    pub(super) position: Sequence,
    pub(super) what: What,
}

/// What a signal says.
pub(super) enum What {
    /// `ActionInvoked`: number of the toast, key.
    Action(u32, String),
    /// `NotificationReplied`: number of the toast, text.
    Replied(u32, String),
    /// `NotificationClosed`.
    Closed(u32, CloseReason),
    /// `ActivationToken`: number of the toast, token.
    Token(u32, String),
    /// `NameOwnerChanged`: the unique name of the service, or none.
    Owner(Option<String>),
}

/// A connection with its signals.
pub(super) struct Session {
    pub(super) connection: Connection,
    pub(super) signals: mpsc::Receiver<Signal>,
    /// Unique name of the notification service.
    pub(super) owner: Option<String>,
    /// What the service can do.
    pub(super) capabilities: Capabilities,
    /// The service ran into the time limit and is left alone until it is asked again.
    pub(super) held_off: bool,
    reader: JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Session {
    /// Connects and subscribes. The error is the reason in words.
    pub(super) async fn open(address: Option<&str>) -> Result<Self, String> {
        match tokio::time::timeout(CALL_TIMEOUT, Self::connect(address)).await {
            Ok(Ok(session)) => Ok(session),
            Ok(Err(error)) => Err(format!("no session bus: {error}")),
            Err(_) => Err("the session bus does not answer".to_owned()),
        }
    }

    async fn connect(address: Option<&str>) -> zbus::Result<Self> {
        let builder = match address {
            Some(address) => zbus::connection::Builder::address(address)?,
            None => zbus::connection::Builder::session()?,
        };
        let connection = builder.build().await?;
        // The stream comes first: it must see everything that the rules let through.
        let stream = MessageStream::from(&connection);
        let (out, signals) = mpsc::channel(SIGNALS);
        let reader = tokio::spawn(read(stream, out));
        let bus = DBusProxy::new(&connection).await?;
        let of_service = MatchRule::builder()
            .msg_type(Type::Signal)
            .interface(SERVICE)?
            .path(PATH)?
            .build();
        bus.add_match_rule(of_service).await?;
        let of_owner = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender("org.freedesktop.DBus")?
            .member("NameOwnerChanged")?
            .add_arg(SERVICE)?
            .build();
        bus.add_match_rule(of_owner).await?;
        let owner = bus
            .get_name_owner(SERVICE.try_into()?)
            .await
            .ok()
            .map(|name| name.to_string());
        let capabilities = Capabilities::default();
        Ok(Self {
            connection,
            signals,
            owner,
            capabilities,
            held_off: false,
            reader,
        })
    }
}

async fn read(mut stream: MessageStream, out: mpsc::Sender<Signal>) {
    while let Some(Ok(message)) = stream.next().await {
        if let Some(signal) = understand(&message)
            && out.send(signal).await.is_err()
        {
            return;
        }
    }
}

/// None for everything that is not one of our signals, damaged ones included.
fn understand(message: &Message) -> Option<Signal> {
    if message.message_type() != Type::Signal {
        return None;
    }
    let header = message.header();
    let sender = header.sender()?.to_string();
    let body = message.body();
    let what = match (header.interface()?.as_str(), header.member()?.as_str()) {
        (SERVICE, "ActionInvoked") => body
            .deserialize::<(u32, String)>()
            .ok()
            .map(|(id, key)| What::Action(id, key)),
        (SERVICE, "NotificationReplied") => body
            .deserialize::<(u32, String)>()
            .ok()
            .map(|(id, text)| What::Replied(id, text)),
        (SERVICE, "ActivationToken") => body
            .deserialize::<(u32, String)>()
            .ok()
            .map(|(id, token)| What::Token(id, token)),
        (SERVICE, "NotificationClosed") => body
            .deserialize::<(u32, u32)>()
            .ok()
            .map(|(id, reason)| What::Closed(id, close_reason(reason))),
        ("org.freedesktop.DBus", "NameOwnerChanged") if sender == "org.freedesktop.DBus" => {
            let (name, _, new) = body.deserialize::<(String, String, String)>().ok()?;
            (name == SERVICE).then(|| What::Owner(Some(new).filter(|new| !new.is_empty())))
        }
        _ => None,
    }?;
    Some(Signal {
        sender,
        position: message.recv_position(),
        what,
    })
}

/// The specification's numbers.
fn close_reason(reason: u32) -> CloseReason {
    match reason {
        1 => CloseReason::Expired,
        2 => CloseReason::Dismissed,
        // 3 is «closed by a call»: of what the app closed itself nobody waits for the end any more.
        _ => CloseReason::Other,
    }
}
