//! The command line (design, part 7).

use perezvon_core::Number;
use perezvon_desk::relay_client::JoinLink;
use perezvon_desk::toast::Action;
use std::path::PathBuf;

/// Perezvon: who is calling, call back, the contact's card, the call's document.
#[derive(Clone, Debug, Default, clap::Parser)]
#[command(name = "perezvon", version)]
pub struct Args {
    /// Folder of the app's data; the system's usual place when not given.
    #[arg(long, env = "PEREZVON_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Use the relay at this address instead of the one inside the app.
    #[arg(long, value_name = "URL")]
    pub relay: Option<String>,
    /// Start in the tray, without a window.
    #[arg(long)]
    pub minimized: bool,
    /// A number to call, or a tel:, callto: or perezvon: link.
    #[arg(value_name = "NUMBER")]
    pub what: Option<String>,
}

impl Args {
    /// From the command line of a second start, handed over by the single-instance plugin. What cannot be read is a
    /// plain "show yourself".
    pub(crate) fn of_second_start(argv: &[String]) -> Self {
        <Self as clap::Parser>::try_parse_from(argv).unwrap_or_default()
    }

    /// What the start asks for beyond starting.
    pub(crate) fn wish(&self) -> Option<Wish> {
        self.what.as_deref().and_then(wish_of_link)
    }
}

/// What a link, an argument or a second start asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To be carried out.
    Do(Action),
    /// To join a relay: the person in front of the window is asked first.
    Join(JoinLink),
}

/// A number or link as a wish: a number is called, `perezvon://contact/12` shows a record, `perezvon://join?…` asks
/// whether to join a relay. `None` for what is none of these.
pub(crate) fn wish_of_link(text: &str) -> Option<Wish> {
    if let Some(link) = JoinLink::parse(text) {
        return Some(Wish::Join(link));
    }
    action_of_link(text).map(Wish::Do)
}

fn action_of_link(text: &str) -> Option<Action> {
    if let Some(rest) = text.strip_prefix("perezvon:") {
        return action_of_route(rest.trim_start_matches('/'));
    }
    let number = Number::parse(text);
    number.dial().map(|_| Action::CallBack {
        number: number.canonical(),
    })
}

/// A route of the window as an action. Only routes that show something: a link from a web page must not act.
fn action_of_route(route: &str) -> Option<Action> {
    let (page, id) = route.split_once('/').unwrap_or((route, ""));
    Some(match page {
        "call" if !id.is_empty() => Action::OpenCall {
            id: id.trim_end_matches('/').to_owned(),
        },
        "contact" => Action::OpenContact {
            id: id.trim_end_matches('/').parse().ok()?,
        },
        "document" => Action::OpenDocument {
            id: id.trim_end_matches('/').parse().ok()?,
        },
        "notifications" => Action::OpenNotifications,
        "settings" => Action::OpenSettings {
            section: id.trim_end_matches('/').to_owned(),
        },
        // A link to join that cannot be read: where joining is done by hand.
        page if page.starts_with("join") => Action::OpenSettings {
            section: "connection".to_owned(),
        },
        _ => Action::OpenCalls,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn links_become_actions() {
        for (link, number) in [
            ("tel:+7%20(900)%20000-00-99", "+79000000099"),
            ("callto:89000000099", "+79000000099"),
            ("+7 900 000-00-99", "+79000000099"),
            ("101", "101"),
        ] {
            assert_eq!(
                action_of_link(link),
                Some(Action::CallBack {
                    number: number.to_owned()
                }),
                "{link}"
            );
        }
        assert_eq!(
            action_of_link("perezvon://contact/12"),
            Some(Action::OpenContact { id: 12 })
        );
        assert_eq!(action_of_link("perezvon://contact/x"), None);
        assert_eq!(action_of_link("tel:anonymous"), None);
        assert_eq!(action_of_link("tel:"), None);
    }

    #[test]
    fn a_link_to_join_only_asks() {
        let link = "perezvon://join?relay=https://relay.example.ru&code=K7M2-4QXP-9DRT";
        let Some(Wish::Join(read)) = wish_of_link(link) else {
            panic!("{link} asks to join")
        };
        assert_eq!(read.relay(), "https://relay.example.ru");
        let unreadable = wish_of_link("perezvon://join?relay=nonsense");
        let shown = Action::OpenSettings {
            section: "connection".to_owned(),
        };
        assert_eq!(unreadable, Some(Wish::Do(shown)), "what cannot be read joins nothing");
    }

    #[test]
    fn a_second_start_is_never_refused() {
        let argv = |args: &[&str]| args.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            Args::of_second_start(&argv(&["perezvon", "tel:101"])).what.as_deref(),
            Some("tel:101")
        );
        assert!(
            Args::of_second_start(&argv(&["perezvon", "--no-such-flag"]))
                .what
                .is_none()
        );
    }
}
