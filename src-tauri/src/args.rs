//! The command line (design, part 7).

use crate::link::{self, Dial};
use crate::toast::links::Nonce;
use perezvon_desk::Secret;
use perezvon_desk::relay_client::JoinLink;
use perezvon_desk::toast::Action;
use std::path::PathBuf;

/// Perezvon: who is calling, call back, the contact's card, the call's document.
#[derive(Clone, Debug, Default, clap::Parser)]
#[command(name = "perezvon", version = perezvon_core::VERSION)]
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
    /// Show the example: a fictional company, with data of its own.
    #[arg(long)]
    pub example: bool,
    /// End the app that runs, as its menu in the tray does; an installer asks for it.
    #[arg(long)]
    pub quit: bool,
    /// A number to call (`call NUMBER` too), or a tel:, callto:, sip: or perezvon: link. Further arguments are ignored: where a
    /// system quotes a link badly, the link must not add options.
    #[arg(value_name = "NUMBER", trailing_var_arg = true)]
    pub what: Vec<String>,
}

impl Args {
    /// What a second start asks for, from its command line as the single-instance plugin hands it over; none for
    /// nothing (`--minimized`). Its options change nothing in the app that runs, and what cannot be read, or names a
    /// relay, is a plain "show yourself".
    pub(crate) fn of_second_start(argv: &[String]) -> Option<Wish> {
        let Ok(second) = <Self as clap::Parser>::try_parse_from(argv) else {
            return Some(Wish::Show);
        };
        match second.wish() {
            Some(_) if second.relay.is_some() => Some(Wish::Show),
            None if second.minimized => None,
            wish => Some(wish.unwrap_or(Wish::Show)),
        }
    }

    /// Whether a second start, by its command line, is only to end the app that runs.
    pub(crate) fn asks_to_quit(argv: &[String]) -> bool {
        <Self as clap::Parser>::try_parse_from(argv).is_ok_and(|second| second.quit)
    }

    /// What the start asks for beyond starting.
    pub(crate) fn wish(&self) -> Option<Wish> {
        match &self.what[..] {
            // `perezvon call 8 900 000-00-99`: typed by hand, so its blanks need no quotation marks.
            [call, number @ ..] if call == "call" && !number.is_empty() => {
                Some(Wish::Dial(link::read(&number.join(" "))))
            }
            [text, ..] => Some(wish_of_link(text)),
            [] => None,
        }
    }
}

/// What the environment gives for the demonstration and for the tests; nothing, otherwise.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// `PEREZVON_PBX_URL`: another PBX.
    pub pbx_url: Option<String>,
    /// `PEREZVON_PUBLIC_URL`: where the PBX reaches the relay inside the app; wins over the settings.
    pub public_url: Option<String>,
    /// `PEREZVON_DEMO` (any value): the relay listens at a free port of this machine and takes that for the public
    /// address, and the first abonent is the user.
    pub demo: bool,
    /// `PEREZVON_POLICY`, with `PEREZVON_DEMO` only: a file beside the administrator's, which wins.
    pub policy: Option<PathBuf>,
    /// `PEREZVON_UPDATES`, with `PEREZVON_DEMO` only: who is asked for new versions where there is no company's relay.
    pub updates: Option<String>,
    /// `PEREZVON_UPDATE_KEY`, with `PEREZVON_DEMO` only: the public key that they are signed with.
    pub update_key: Option<String>,
    /// The account token of that PBX; the example has one of its own.
    pub token: Option<Secret>,
    /// It is the example (`example.rs`).
    pub example: bool,
    /// With the value `contacts` an empty desk gets contacts too; the tests make theirs.
    pub contacts: bool,
}

impl Given {
    pub(crate) fn by_environment() -> Self {
        let text = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let demo = std::env::var_os("PEREZVON_DEMO").is_some();
        Self {
            pbx_url: text("PEREZVON_PBX_URL"),
            public_url: text("PEREZVON_PUBLIC_URL"),
            demo,
            policy: text("PEREZVON_POLICY").filter(|_| demo).map(PathBuf::from),
            token: None,
            example: false,
            updates: text("PEREZVON_UPDATES").filter(|_| demo),
            update_key: text("PEREZVON_UPDATE_KEY").filter(|_| demo),
            contacts: text("PEREZVON_DEMO").is_some_and(|value| value == "contacts"),
        }
    }
}

/// What a link, an argument or a second start asks for. None of it acts without a person: it shows something or asks, or
/// it is what a person clicked in a toast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To show the window as it is.
    Show,
    /// To show a record or a page.
    Open(Action),
    /// To dial: the person in front of the window is asked first.
    Dial(Dial),
    /// To join a relay: the same.
    Join(JoinLink),
    /// To do what a toast's link does; none: nothing, for the link cannot be one of ours.
    Click(Option<Nonce>),
}

/// A number or link as a wish: a number is asked about, `perezvon://contact/12` shows a record, `perezvon://join?…` asks
/// whether to join a relay.
pub(crate) fn wish_of_link(text: &str) -> Wish {
    if let Some(link) = JoinLink::parse(text) {
        return Wish::Join(link);
    }
    match text.strip_prefix("perezvon:") {
        Some(rest) if rest.trim_start_matches('/').starts_with("act/") => {
            Wish::Click(Nonce::parse(&rest.trim_start_matches('/')["act/".len()..]))
        }
        Some(rest) => action_of_route(rest.trim_start_matches('/')).map_or(Wish::Show, Wish::Open),
        None => Wish::Dial(link::read(text)),
    }
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
        "queue" => Action::OpenQueue,
        _ => Action::OpenCalls,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clap::Parser as _;

    fn second(args: &[&str]) -> Option<Wish> {
        let argv: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        Args::of_second_start(&argv)
    }

    fn dial(text: &str) -> Wish {
        Wish::Dial(link::read(text))
    }

    #[test]
    fn links_ask_or_show() {
        assert_eq!(wish_of_link("tel:+7%20(900)%20000-00-99"), dial("+79000000099"));
        assert_eq!(wish_of_link("101"), dial("101"));
        assert_eq!(
            wish_of_link("perezvon://contact/12"),
            Wish::Open(Action::OpenContact { id: 12 })
        );
        assert_eq!(wish_of_link("perezvon://contact/x"), Wish::Show);
        assert_eq!(
            wish_of_link("tel:anonymous"),
            Wish::Dial(Dial::Unread("anonymous".to_owned()))
        );
    }

    #[test]
    fn a_link_to_join_only_asks() {
        let link = "perezvon://join?relay=https://relay.example.ru&code=K7M2-4QXP-9DRT";
        let Wish::Join(read) = wish_of_link(link) else {
            panic!("{link} asks to join")
        };
        assert_eq!(read.relay(), "https://relay.example.ru");
        let unreadable = wish_of_link("perezvon://join?relay=nonsense");
        let shown = Action::OpenSettings {
            section: "connection".to_owned(),
        };
        assert_eq!(unreadable, Wish::Open(shown), "what cannot be read joins nothing");
    }

    #[test]
    fn a_toasts_link_shows_nothing_by_itself() {
        let good = "0123456789abcdef0123456789abcdef";
        let nonce = Nonce::parse(good);
        assert!(nonce.is_some());
        for link in [format!("perezvon://act/{good}"), format!("perezvon:act/{good}/")] {
            assert_eq!(wish_of_link(&link), Wish::Click(nonce.clone()), "{link}");
            assert_eq!(second(&["perezvon", "--", &link]), Some(Wish::Click(nonce.clone())));
        }
        for bad in ["perezvon://act/", "perezvon://act/1", "perezvon://act/../contact/1"] {
            assert_eq!(wish_of_link(bad), Wish::Click(None), "{bad}: not even a window");
        }
    }

    #[test]
    fn a_second_start_shows_or_asks_whatever_its_command_line() {
        let unread = |text: &str| Some(Wish::Dial(Dial::Unread(text.to_owned())));
        let evil = "--relay=https://evil.example";
        let number = Some(dial("tel:+79000000001"));
        assert_eq!(
            second(&["perezvon", "tel:+79000000001", "--relay", "https://evil.example"]),
            number
        );
        let share = "\\\\evil.example\\share";
        assert_eq!(
            second(&["perezvon", "perezvon://contact/1", "--data-dir", share]),
            Some(Wish::Open(Action::OpenContact { id: 1 }))
        );
        assert_eq!(second(&["perezvon", evil, "tel:+79000000001"]), Some(Wish::Show));
        assert_eq!(
            second(&["perezvon", "--", evil]),
            unread(evil),
            "no option, and no number"
        );
        assert_eq!(
            second(&["perezvon", "tel:+79000000001", "tel:+79000000002"]),
            number,
            "the first"
        );
        let spoken = second(&["perezvon", "call", "8", "900", "000-00-01"]);
        assert_eq!(spoken, Some(dial("8 900 000-00-01")), "typed by hand");
        assert_eq!(second(&["perezvon", "-minimized"]), Some(Wish::Show));
        assert_eq!(second(&["perezvon", "tel:-79000000001"]), unread("-79000000001"));
        assert_eq!(
            second(&["perezvon", "tel:+7 900", "000-00-01"]),
            unread("+7 900"),
            "half a number"
        );
        assert_eq!(second(&["perezvon", "--no-such-flag"]), Some(Wish::Show));
        assert_eq!(
            second(&["perezvon", "--help"]),
            Some(Wish::Show),
            "nobody reads it there"
        );
        assert_eq!(second(&["perezvon"]), Some(Wish::Show));
        assert_eq!(
            second(&["perezvon", "--"]),
            Some(Wish::Show),
            "a desktop entry without a link"
        );
        assert_eq!(second(&["perezvon", "--minimized"]), None);
        assert_eq!(second(&["perezvon", "--minimized", "tel:101"]), Some(dial("101")));
    }

    #[test]
    fn only_the_option_itself_quits() {
        let quits = |args: &[&str]| Args::asks_to_quit(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>());
        assert!(quits(&["perezvon", "--quit"]));
        for no in [
            &["perezvon"][..],
            &["perezvon", "--", "--quit"],
            &["perezvon", "tel:+79000000001", "--quit"],
            &["perezvon", "perezvon://quit"],
            &["perezvon", "--quit", "--no-such-flag"],
        ] {
            assert!(!quits(no), "{no:?}: what a link can bring");
        }
    }

    #[test]
    fn options_behind_a_link_are_not_obeyed_at_the_first_start_either() {
        let first = |args: &[&str]| Args::try_parse_from(args);
        for behind in [
            &["--relay", "https://evil.example"][..],
            &["--relay=https://evil.example"],
            &["--data-dir", "/evil", "--minimized"],
            &["--", "--relay", "https://evil.example"],
        ] {
            for front in [
                &["perezvon", "tel:+79000000001"][..],
                &["perezvon", "--", "tel:+79000000001"],
            ] {
                let read = first(&[front, behind].concat()).unwrap();
                assert_eq!((read.relay.as_deref(), read.minimized), (None, false), "{behind:?}");
                assert_ne!(
                    read.data_dir.as_deref(),
                    Some(std::path::Path::new("/evil")),
                    "{behind:?}"
                );
                assert_eq!(read.wish(), Some(dial("+79000000001")));
            }
        }
        let own = first(&["perezvon", "--relay", "https://relay.example.ru", "tel:101"]).unwrap();
        assert_eq!(
            own.relay.as_deref(),
            Some("https://relay.example.ru"),
            "what stands in front is the user's"
        );
        assert!(first(&["perezvon", "-minimized"]).is_err(), "a mistyped option is told");
    }
}
