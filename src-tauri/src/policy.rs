//! What an administrator has fixed for everybody at this computer: settings by their names (`ipc::Settings`), and
//! `relay`, the address of the company's relay. Fixed is what is named; the window shows it, and nobody changes it there.
//!
//! Linux: `/etc/perezvon/policy.toml`; macOS: `/Library/Application Support/Perezvon/policy.toml`; Windows: values of
//! `SOFTWARE\Policies\Perezvon`, of the machine before the user's, where group policies write.

use crate::ipc::Settings;
use crate::settings::with;
use perezvon_desk::relay_client::JoinLink;
use serde_json::{Map, Value};
use std::path::Path;

#[cfg(target_os = "macos")]
const FILE: &str = "/Library/Application Support/Perezvon/policy.toml";
#[cfg(not(any(windows, target_os = "macos")))]
const FILE: &str = "/etc/perezvon/policy.toml";

/// The one name that is no setting.
const RELAY: &str = "relay";

/// Checked: every value fits its setting.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Policy(Map<String, Value>);

impl Policy {
    /// What holds at this computer.
    pub(crate) fn of_system() -> Self {
        #[cfg(windows)]
        let policy = Self::checked(registry::values());
        #[cfg(not(windows))]
        let policy = Self::of_file(Path::new(FILE));
        policy
    }

    /// What a file says; nothing where there is none. A file that cannot be read fixes nothing, and the log says why.
    pub(crate) fn of_file(file: &Path) -> Self {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Self::default(),
            Err(error) => {
                tracing::error!(%error, file = %file.display(), "The policy cannot be read");
                return Self::default();
            }
        };
        match toml::from_str(&text) {
            Ok(values) => Self::checked(values),
            Err(error) => {
                tracing::error!(%error, file = %file.display(), "The policy cannot be read");
                Self::default()
            }
        }
    }

    /// With what the other fixes, which wins.
    pub(crate) fn under(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Leaves out, with a line in the log, what is no setting or does not fit it.
    fn checked(values: Map<String, Value>) -> Self {
        let mut policy = Self::default();
        for (name, value) in values {
            let checked = if name == RELAY {
                value.as_str().and_then(understood).map(Value::from)
            } else {
                with(&Settings::default(), &name, &value).map(|_| value)
            };
            if let Some(value) = checked {
                policy.0.insert(name, value);
            } else {
                tracing::error!(name, "The policy names no setting, or a value that it does not take");
            }
        }
        policy
    }

    /// Names of what is fixed.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.0.keys().cloned().collect();
        names.sort();
        names
    }

    /// The company's relay, if fixed.
    pub(crate) fn relay(&self) -> Option<&str> {
        self.0.get(RELAY)?.as_str()
    }

    /// Whether the setting is fixed.
    pub(crate) fn fixes(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The settings with what is fixed in them.
    pub(crate) fn apply(&self, settings: Settings) -> Settings {
        let fixed = self.0.iter().filter(|(name, _)| *name != RELAY);
        fixed.fold(settings, |settings, (name, value)| {
            with(&settings, name, value).unwrap_or(settings)
        })
    }
}

/// The address of a relay as a link's is understood: the two are compared.
fn understood(relay: &str) -> Option<String> {
    Some(JoinLink::typed(relay, "-").ok()?.relay().to_owned())
}

#[cfg(windows)]
mod registry {
    use super::{Map, Settings, Value};
    use winreg::enums::{HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, RegType};
    use winreg::{RegKey, RegValue};

    const KEY: &str = r"SOFTWARE\Policies\Perezvon";

    /// The values of both keys; the machine's wins.
    pub(super) fn values() -> Map<String, Value> {
        let mut all = Map::new();
        for root in [HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE] {
            let Ok(key) = RegKey::predef(root).open_subkey(KEY) else {
                continue;
            };
            for (name, value) in key.enum_values().flatten() {
                if let Some(value) = read(&name, &value, &key) {
                    all.insert(name, value);
                }
            }
        }
        all
    }

    /// A text, or a number, which is a switch where the setting is one.
    fn read(name: &str, value: &RegValue<'_>, key: &RegKey) -> Option<Value> {
        if value.vtype != RegType::REG_DWORD {
            return key.get_value::<String, _>(name).ok().map(Value::from);
        }
        let number: u32 = key.get_value(name).ok()?;
        let is_switch = serde_json::to_value(Settings::default()).ok()?.get(name)?.is_boolean();
        Some(if is_switch { (number != 0).into() } else { number.into() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ipc::Tongue;

    fn read(text: &str) -> Policy {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("policy.toml");
        std::fs::write(&file, text).unwrap();
        Policy::of_file(&file)
    }

    #[test]
    fn what_is_named_is_fixed_and_nothing_else() {
        let policy =
            read("relay = \"https://Relay.Example.ru:443/\"\nlanguage = \"en\"\nautostart = true\ngraceS = 60\n");
        assert_eq!(policy.names(), ["autostart", "graceS", "language", "relay"]);
        assert_eq!(policy.relay(), Some("https://relay.example.ru"));
        let wished = Settings {
            links_dial: true,
            autostart: false,
            ..Settings::default()
        };
        let settings = policy.apply(wished);
        assert!(settings.autostart && settings.links_dial, "the user's own stay");
        assert_eq!((settings.language, settings.grace_s), (Tongue::En, 60));
    }

    #[test]
    fn what_cannot_be_read_fixes_nothing() {
        for text in [
            "language = \"fr\"",
            "autostart = \"yes\"",
            "noSuchSetting = true",
            "relay = \"relay.example.ru\"",
            "listen = \"everywhere\"",
            "not a table",
        ] {
            assert_eq!(read(text), Policy::default(), "{text}");
        }
        let half = read("autostart = \"yes\"\nmissed = false");
        assert_eq!(half.names(), ["missed"], "the rest holds");
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Policy::of_file(&dir.path().join("none")), Policy::default());
    }
}
