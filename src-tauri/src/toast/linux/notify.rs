//! The calls to the notification service.

use super::super::text::{clean, texts};
use super::super::{Ability, Options, rank};
use super::signal::{CALL_TIMEOUT, Capabilities, PATH, SERVICE, Session};
use perezvon_desk::toast::{Stay, Toast};
use std::collections::HashMap;
use tokio::time::timeout;
use zbus::message::{Message, Sequence};
use zbus::zvariant::{DynamicType, Value};

/// Where a toast is.
#[derive(Clone, Debug)]
pub(super) struct ShownAs {
    /// Unique name of the service that shows it.
    pub(super) server: String,
    /// The service's number.
    pub(super) id: u32,
    /// When the service's answer came.
    pub(super) since: Sequence,
    /// It took the place of an earlier toast.
    pub(super) replaced: bool,
}

impl ShownAs {
    /// The toast of this number at this service.
    pub(super) fn is(&self, server: &str, id: u32) -> bool {
        self.server == server && self.id == id
    }
}

/// Why a call failed.
pub(super) struct Failure {
    pub(super) reason: String,
    pub(super) kind: FailureKind,
}

/// What a failure says of the service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// There was no answer within the limit.
    Silent,
    /// There is no service.
    Gone,
    /// It did not want this one: too many, or a text it cannot read.
    Refused,
}

impl Failure {
    fn odd(error: &zbus::Error) -> Self {
        Self {
            reason: format!("the notification service answered oddly: {error}"),
            kind: FailureKind::Refused,
        }
    }

    fn of(error: &zbus::Error) -> Self {
        // The bus answers in the name of a service that is not there or cannot be started.
        let gone = [
            "ServiceUnknown",
            "NameHasNoOwner",
            "NoReply",
            "Disconnected",
            "TimedOut",
            "Spawn.",
        ];
        let is_gone = |name: &str| {
            let of_bus = name.strip_prefix("org.freedesktop.DBus.Error.");
            of_bus.is_some_and(|name| gone.iter().any(|gone| name.starts_with(gone)))
        };
        if matches!(error, zbus::Error::MethodError(name, ..) if !is_gone(name)) {
            return Self {
                reason: format!("the notification service refused: {error}"),
                kind: FailureKind::Refused,
            };
        }
        Self {
            reason: format!("no notification service: {error}"),
            kind: FailureKind::Gone,
        }
    }
}

impl Session {
    /// `GetCapabilities`; starts the service where the bus knows how.
    pub(super) async fn ask_capabilities(&mut self) -> Result<Ability, Failure> {
        self.held_off = false;
        let answer = self.call("GetCapabilities", &()).await?;
        let list: Vec<String> = answer.body().deserialize().map_err(|error| Failure::odd(&error))?;
        let has = |what: &str| list.iter().any(|capability| capability == what);
        self.capabilities = Capabilities {
            actions: has("actions"),
            body: has("body"),
            markup: has("body-markup"),
            reply: has("actions") && has("inline-reply"),
        };
        Ok(if self.capabilities.actions {
            Ability::Actions
        } else {
            Ability::Plain
        })
    }

    /// `Notify`. A `copy` above 1 tells the toast apart from others of the same text.
    pub(super) async fn notify(
        &mut self,
        options: &Options,
        toast: &Toast,
        copy: usize,
        replaces: Option<&ShownAs>,
    ) -> Result<ShownAs, Failure> {
        let replaces = replaces.filter(|place| Some(&place.server) == self.owner.as_ref());
        let (mut title, lines) = texts(toast);
        if copy > 1 {
            title = format!("{title} ({copy})");
        }
        let (summary, body) = summary_and_body(title, &lines, self.capabilities);
        let labels: Vec<(String, String)> = if self.capabilities.actions {
            actions(options, toast)
        } else {
            Vec::new()
        };
        let flat: Vec<&str> = labels
            .iter()
            .flat_map(|(key, label)| [key.as_str(), label.as_str()])
            .collect();
        let icon = options
            .icon_path(&toast.icon)
            .and_then(|path| url::Url::from_file_path(path).ok());
        let icon = icon.map(String::from).unwrap_or_default();
        let hints = hints(options, toast, &icon);
        let expire = match toast.stay {
            Stay::UntilClosed => 0,
            Stay::Seconds(seconds) => i32::try_from(u64::from(seconds) * 1000).unwrap_or(i32::MAX),
        };
        let id = replaces.map_or(0, |place| place.id);
        let arguments = (
            options.app_name.as_str(),
            id,
            icon.as_str(),
            summary.as_str(),
            body.as_str(),
            flat,
            hints,
            expire,
        );
        let answer = self.call("Notify", &arguments).await?;
        let id = answer.body().deserialize().map_err(|error| Failure::odd(&error))?;
        let server = answer.header().sender().map(ToString::to_string).unwrap_or_default();
        Ok(ShownAs {
            server,
            id,
            since: answer.recv_position(),
            replaced: replaces.is_some(),
        })
    }

    /// `CloseNotification`. False when there was no answer within the limit; a toast that is gone already is no error.
    pub(super) async fn close(&mut self, place: &ShownAs) -> bool {
        if Some(&place.server) != self.owner.as_ref() {
            return true;
        }
        self.call("CloseNotification", &place.id).await.is_ok_and(|_| true) || !self.held_off
    }

    async fn call<B: serde::Serialize + DynamicType>(&mut self, member: &str, body: &B) -> Result<Message, Failure> {
        let call = self
            .connection
            .call_method(Some(SERVICE), PATH, Some(SERVICE), member, body);
        match timeout(CALL_TIMEOUT, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Failure::of(&error)),
            Err(_) => {
                self.held_off = true;
                Err(Failure {
                    reason: "the notification service does not answer".to_owned(),
                    kind: FailureKind::Silent,
                })
            }
        }
    }
}

/// Summary and body. A service without a body gets everything in the summary.
fn summary_and_body(title: String, lines: &[String], capabilities: Capabilities) -> (String, String) {
    if !capabilities.body {
        let all: Vec<&str> = std::iter::once(title.as_str())
            .chain(lines.iter().map(String::as_str))
            .collect();
        return (all.join(" · "), String::new());
    }
    let body = lines.join("\n");
    (title, if capabilities.markup { escape(&body) } else { body })
}

/// Key and label: the body's click first. Its label is that of the button that does the same, because some services
/// draw it.
fn actions(options: &Options, toast: &Toast) -> Vec<(String, String)> {
    let body = toast.body_action.as_ref().map(|action| {
        let same = toast.buttons.iter().find(|button| button.action == *action);
        (
            "default".to_owned(),
            same.map_or_else(|| options.app_name.clone(), |button| clean(&button.label)),
        )
    });
    let buttons = toast
        .buttons
        .iter()
        .map(|button| (button.key.as_str().to_owned(), clean(&button.label)));
    let field = toast.note.as_ref();
    let field = field.map(|field| ("inline-reply".to_owned(), clean(&field.placeholder)));
    body.into_iter().chain(buttons).chain(field).collect()
}

fn hints<'a>(options: &'a Options, toast: &'a Toast, icon: &'a str) -> HashMap<&'static str, Value<'a>> {
    let mut hints = HashMap::from([
        ("urgency", Value::from(rank(toast.urgency))),
        ("desktop-entry", Value::from(options.desktop_entry.as_str())),
        ("suppress-sound", Value::from(true)),
    ]);
    let category = toast.category.as_str();
    if !category.is_empty() {
        hints.insert("category", Value::from(category));
    }
    if !icon.is_empty() {
        hints.insert("image-path", Value::from(icon));
    }
    if let Some(field) = &toast.note {
        hints.insert("x-kde-reply-placeholder-text", Value::from(field.placeholder.as_str()));
        hints.insert("x-kde-reply-submit-button-text", Value::from(field.button.as_str()));
    }
    match toast.stay {
        // Stays after a click too: the desk closes it when the matter is settled.
        Stay::UntilClosed => hints.insert("resident", Value::from(true)),
        // Not kept in the service's list: it is old news by then.
        Stay::Seconds(_) => hints.insert("transient", Value::from(true)),
    };
    hints
}

/// Escaped for a service that reads markup in the body.
fn escape(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            letter => out.push(letter),
        }
    }
    out
}
