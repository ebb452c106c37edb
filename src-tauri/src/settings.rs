//! The user's settings: read at start, checked and stored when the window changes them.

use crate::ipc::{Failure, Settings, Tongue};
use perezvon_desk::{Desk, Fault, Language, Words, Zone};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use url::Url;

const KEY: &str = "settings";
const CONNECTION: &str = "connection";

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
        ..given
    };
    let bad = |address: &str| Failure::with(Fault::BadAddress, address);
    if settings.listen.parse::<SocketAddr>().is_err() {
        return Err(bad(&settings.listen));
    }
    if !settings.public_url.is_empty() && !is_http(&settings.public_url) {
        return Err(bad(&settings.public_url));
    }
    Ok(settings)
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
}
