//! The user's settings: read at start, checked and stored when the window changes them.

use crate::ipc::{Failure, Settings, Tongue};
use perezvon_desk::{Desk, Fault, Language, Words, Zone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::path::Path;
use url::Url;

const KEY: &str = "settings";
const CONNECTION: &str = "connection";
/// By this name a file is known as one of settings.
const FILE_OF: &str = "perezvon";

/// Most outcomes of a conversation, and the longest of them, characters.
const MAX_OUTCOMES: usize = 12;
const MAX_OUTCOME_CHARS: usize = 60;
/// Most files and folders that are looked at.
const MAX_CONTACT_FILES: usize = 10;

/// Which relay, and for whom: what the service loop starts with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Connection {
    /// Address of a remote relay; empty for the one inside the app.
    pub(crate) relay: String,
    /// What the key to the remote relay may do, `admin` or `user`; empty while that is not known.
    pub(crate) role: String,
    /// The chosen abonent's canonical id; empty until chosen.
    pub(crate) me: String,
    /// The wizard was gone through.
    pub(crate) settled: bool,
}

/// What is stored, or the defaults; a value that cannot be read is as good as none.
pub(crate) fn load(desk: &Desk) -> Settings {
    desk.setting(KEY).ok().flatten().unwrap_or_default()
}

/// See [`load`].
pub(crate) fn connection(desk: &Desk) -> Connection {
    desk.setting(CONNECTION).ok().flatten().unwrap_or_default()
}

/// Stores the settings.
pub(crate) fn save(desk: &Desk, settings: &Settings) -> Result<(), perezvon_desk::DeskError> {
    desk.set_setting(KEY, settings)
}

/// Stores the connection.
pub(crate) fn save_connection(desk: &Desk, connection: &Connection) -> Result<(), perezvon_desk::DeskError> {
    desk.set_setting(CONNECTION, connection)
}

/// Checks what the window sent and brings it into its bounds.
pub(crate) fn checked(given: Settings) -> Result<Settings, Failure> {
    let settings = Settings {
        listen: given.listen.trim().to_owned(),
        public_url: given.public_url.trim().trim_end_matches('/').to_owned(),
        // Longer than ten minutes nobody waits; below a second the next agent cannot be rung.
        grace_s: given.grace_s.clamp(1, 600),
        outcomes: outcomes(&given.outcomes),
        contact_files: contact_files(&given.contact_files),
        quiet_from: given.quiet_from.trim().to_owned(),
        quiet_till: given.quiet_till.trim().to_owned(),
        dial_key: given.dial_key.trim().to_owned(),
        popup_key: given.popup_key.trim().to_owned(),
        ..given
    };
    let times = [&settings.quiet_from, &settings.quiet_till];
    let keys = [&settings.dial_key, &settings.popup_key];
    if times.iter().any(|time| minute(time).is_none()) || !keys.iter().all(|keys| is_key(keys)) {
        return Err(Failure::of(Fault::Unexpected));
    }
    let bad = |address: &str| Failure::with(Fault::BadAddress, address);
    if settings.listen.parse::<SocketAddr>().is_err() {
        return Err(bad(&settings.listen));
    }
    if !settings.public_url.is_empty() && !is_http(&settings.public_url) {
        return Err(bad(&settings.public_url));
    }
    Ok(settings)
}

/// Each once, no more than one can choose from at a glance.
fn outcomes(given: &[String]) -> Vec<String> {
    let mut outcomes: Vec<String> = Vec::new();
    for outcome in given {
        let outcome: String = outcome.trim().chars().take(MAX_OUTCOME_CHARS).collect();
        if !outcome.is_empty() && !outcomes.contains(&outcome) && outcomes.len() < MAX_OUTCOMES {
            outcomes.push(outcome);
        }
    }
    outcomes
}

/// Whole paths, each once.
fn contact_files(given: &[String]) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for file in given {
        let file = file.trim().trim_matches('"').to_owned();
        if Path::new(&file).is_absolute() && !files.contains(&file) && files.len() < MAX_CONTACT_FILES {
            files.push(file);
        }
    }
    files
}

/// Minutes since midnight of a time such as `20:00`.
fn minute(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let part = |text: &str, end: u32| -> Option<u32> {
        let written = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|n| written && *n < end)
    };
    Some(part(hours, 24)? * 60 + part(minutes, 60)?)
}

/// Whether the minute of the day lies in the quiet hours, if they are wished. From a time to the same time is all day.
pub(crate) fn is_quiet_at(settings: &Settings, now: u32) -> bool {
    match (minute(&settings.quiet_from), minute(&settings.quiet_till)) {
        (Some(from), Some(till)) if from < till => (from..till).contains(&now),
        (Some(from), Some(till)) => now >= from || now < till,
        _ => false,
    }
}

/// The settings with one of them changed; none where there is no such setting or the value does not fit.
pub(crate) fn with(settings: &Settings, name: &str, value: &Value) -> Option<Settings> {
    let Ok(Value::Object(mut all)) = serde_json::to_value(settings) else {
        return None;
    };
    *all.get_mut(name)? = value.clone();
    checked(serde_json::from_value(Value::Object(all)).ok()?).ok()
}

/// Settings of this computer alone, and the one that lets links dial: no file brings them.
const STAY_HERE: [&str; 5] = ["listen", "publicUrl", "contactFiles", "autostart", "linksDial"];

/// Whether a setting may go to another computer in a file.
pub(crate) fn travels(name: &str) -> bool {
    !STAY_HERE.contains(&name)
}

/// The settings as a file for another computer. Nothing in it opens anything.
pub(crate) fn to_file(settings: &Settings) -> String {
    let mut all = serde_json::to_value(settings).unwrap_or_default();
    if let Some(all) = all.as_object_mut() {
        all.retain(|name, _| travels(name));
    }
    format!("{:#}\n", json!({ FILE_OF: "settings", "version": 1, "settings": all }))
}

/// What a file of settings says, one setting after another. None: it is no such file.
pub(crate) fn of_file(text: &str) -> Option<Map<String, Value>> {
    let mut file: Map<String, Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    if file.get(FILE_OF)? != "settings" {
        return None;
    }
    match file.remove("settings")? {
        Value::Object(settings) => Some(settings),
        _ => None,
    }
}

/// Keys that may be taken from all programs, such as `Ctrl+Shift+D` or `F9`; none at all is well too.
fn is_key(text: &str) -> bool {
    let (held, key) = text.rsplit_once('+').unwrap_or(("", text));
    let known = |one: &str| matches!(one, "Ctrl" | "Alt" | "Shift" | "Super");
    let is_function = key
        .strip_prefix('F')
        .is_some_and(|n| n.parse().is_ok_and(|n: u8| (1..=24).contains(&n)));
    let changes = held.split('+').any(|one| matches!(one, "Ctrl" | "Alt" | "Super"));
    let is_letter = key.len() == 1 && key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    text.is_empty() || (held.is_empty() || held.split('+').all(known)) && (is_function || changes && is_letter)
}

/// The toasts' language.
pub(crate) fn words(settings: &Settings) -> Words {
    let language = match settings.language {
        Tongue::Ru => Language::Ru,
        Tongue::En => Language::En,
    };
    Words {
        language,
        zone: Zone::Local,
    }
}

/// An `http` or `https` address with a host.
pub(crate) fn is_http(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn settings_are_checked() {
        let good = Settings {
            public_url: " https://pbx.example.ru/ ".into(),
            grace_s: 9_999,
            ..Settings::default()
        };
        let good = checked(good).unwrap();
        assert_eq!(
            (good.public_url.as_str(), good.grace_s),
            ("https://pbx.example.ru", 600)
        );
        for bad in ["pbx.example.ru", "ftp://pbx.example.ru", "https://"] {
            let bad = Settings {
                public_url: bad.into(),
                ..Settings::default()
            };
            assert_eq!(checked(bad).unwrap_err().code.as_str(), "bad_address");
        }
        let bad = Settings {
            listen: "8731".into(),
            ..Settings::default()
        };
        assert_eq!(checked(bad).unwrap_err().code.as_str(), "bad_address");
    }

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let hours = |from: &str, till: &str| Settings {
            quiet_from: from.into(),
            quiet_till: till.into(),
            ..Settings::default()
        };
        let quiet = |settings: &Settings, time: &str| is_quiet_at(settings, minute(time).unwrap());
        let night = hours("20:00", "08:00");
        assert!(quiet(&night, "20:00") && quiet(&night, "00:00") && quiet(&night, "07:59"));
        assert!(!quiet(&night, "08:00") && !quiet(&night, "19:59"));
        let lunch = hours("13:00", "14:30");
        assert!(quiet(&lunch, "13:00") && quiet(&lunch, "14:29") && !quiet(&lunch, "14:30") && !quiet(&lunch, "00:00"));
        let always = hours("09:00", "09:00");
        assert!(quiet(&always, "09:00") && quiet(&always, "08:59"));
        for bad in ["24:00", "9:00", "12:60", "+1:00", "12", "", "12:00:00"] {
            assert!(checked(hours(bad, "08:00")).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_of_settings_opens_nothing() {
        let settings = Settings {
            public_url: "https://user:secret@pbx.example.ru".into(),
            outcomes: vec!["Договорились".into()],
            ..Settings::default()
        };
        let file = to_file(&settings);
        assert!(!file.contains("secret") && !file.contains("pbx.example"), "{file}");
        let read = of_file(&file).unwrap();
        assert_eq!(read["outcomes"], json!(["Договорились"]));
        assert!(STAY_HERE.iter().all(|name| !read.contains_key(*name)), "{file}");
        for other in [
            "",
            "[]",
            "{}",
            r#"{"perezvon":"report","settings":{}}"#,
            r#"{"settings":{}}"#,
        ] {
            assert!(of_file(other).is_none(), "{other}");
        }
    }

    #[test]
    fn no_key_is_taken_that_people_type() {
        for good in ["", "F9", "Ctrl+Shift+F9", "Ctrl+Alt+D", "Alt+1", "Shift+F10"] {
            assert!(is_key(good), "{good}");
        }
        for bad in [
            "D",
            "Shift+D",
            "Ctrl",
            "Ctrl+",
            "+D",
            "Hyper+D",
            "F0",
            "F99",
            "Ctrl+Enter",
        ] {
            assert!(!is_key(bad), "{bad}");
        }
    }
}
