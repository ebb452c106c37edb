//! What the app leaves in the registry: how the system starts it with the session, and for links.

use crate::app::{App, Place};
use crate::harness::pbx::{simulator, subscribed};
use crate::harness::{PATIENCE, eventually};
use perezvon_app::ipc::Settings;
use std::os::windows::process::CommandExt as _;
use std::process::Command;
use winreg::enums::{HKEY_CURRENT_USER, RegType};
use winreg::{RegKey, RegValue};

const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
const APPROVED: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";
const NAME: &str = "Perezvon";

fn user(key: &str) -> RegKey {
    RegKey::predef(HKEY_CURRENT_USER).create_subkey(key).unwrap().0
}

fn text(key: &str, name: &str) -> Option<String> {
    RegKey::predef(HKEY_CURRENT_USER)
        .open_subkey(key)
        .and_then(|key| key.get_value(name))
        .ok()
}

/// A value as it was, put back when dropped.
struct Before {
    key: &'static str,
    name: &'static str,
    value: Option<RegValue<'static>>,
    /// A key that was not there, and goes with all that is in it.
    made: Option<String>,
}

impl Before {
    fn of(key: &'static str, name: &'static str) -> Self {
        let value = user(key).get_raw_value(name).ok();
        let value = value.map(|value| RegValue {
            bytes: value.bytes.into_owned().into(),
            vtype: value.vtype,
        });
        Self {
            key,
            name,
            value,
            made: None,
        }
    }

    /// The command of a scheme's class.
    fn of_scheme(key: &'static str) -> Self {
        let class = key.strip_suffix(r"\shell\open\command").unwrap().to_owned();
        let is_new = RegKey::predef(HKEY_CURRENT_USER).open_subkey(&class).is_err();
        let mut before = Self::of(key, "");
        before.made = is_new.then_some(class);
        before
    }
}

impl Drop for Before {
    fn drop(&mut self) {
        let _ = match (&self.value, &self.made) {
            (_, Some(made)) => RegKey::predef(HKEY_CURRENT_USER).delete_subkey_all(made),
            (Some(value), _) => user(self.key).set_raw_value(self.name, value),
            (None, _) => user(self.key).delete_value(self.name),
        };
    }
}

/// Whether the app's own settings say that it starts with the system.
fn starts_by_settings(place: &Place) -> bool {
    let settings: Option<Settings> = place.desk().setting("settings").unwrap();
    settings.unwrap().autostart
}

/// Starts a command line of the registry as the system does.
fn by_command_line(place: &Place, sim: &perezvon_sim::Sim, line: &str) -> App {
    let mut command = Command::new("cmd");
    // The outer quotation marks are the command's own: it takes them away, and nothing else.
    command.raw_arg(format!("/S /C \"{line}\""));
    let plain = place.demonstration(sim, &[]);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    place.enter(&mut command);
    App(command.spawn().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_with_the_system_has_a_path_with_blanks() {
    let _before = (Before::of(RUN, NAME), Before::of(APPROVED, NAME));
    let (place, sim) = (Place::installed(), simulator().await);
    assert!(place.program().contains("Мои программы"));
    let quoted = format!("\"{}\" --minimized", place.program());

    // What an older version wrote is put right.
    let _ = user(APPROVED).delete_value(NAME);
    user(RUN)
        .set_value(NAME, &format!("{} --minimized", place.program()))
        .unwrap();
    place.settings(|settings| settings.autostart = true);
    let app = place.start(&sim);
    eventually("the entry put right", || (text(RUN, NAME)? == quoted).then_some(()));
    place.quit(&sim, app);
    assert!(starts_by_settings(&place));

    // Where an administrator wants it, it is written; and the system can start it.
    user(RUN).delete_value(NAME).unwrap();
    let policy = place.data().join("policy.toml");
    std::fs::write(&policy, "autostart = true\n").unwrap();
    let command = &mut place.demonstration(&sim, &["--minimized"]);
    let app = App(command.env("PEREZVON_POLICY", &policy).spawn().unwrap());
    eventually("the entry written", || (text(RUN, NAME)? == quoted).then_some(()));
    place.quit(&sim, app);
    let before = sim.subscriptions().len();
    let app = by_command_line(&place, &sim, &text(RUN, NAME).unwrap());
    eventually("the subscription of the app that the system started", || {
        (sim.subscriptions().len() > before).then_some(())
    });
    place.quit(&sim, app);

    // Switched off in the task manager: the app's own switch follows.
    let off = RegValue {
        vtype: RegType::REG_BINARY,
        bytes: vec![3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].into(),
    };
    user(APPROVED).set_raw_value(NAME, &off).unwrap();
    let app = place.start(&sim);
    eventually("the app's switch", || (!starts_by_settings(&place)).then_some(()));
    place.quit(&sim, app);
    assert_eq!(text(RUN, NAME), Some(quoted), "and the system's entry is left as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_the_apps_and_nobody_is_robbed_of_his() {
    const TEL: &str = r"Software\Classes\tel\shell\open\command";
    const CALLTO: &str = r"Software\Classes\callto\shell\open\command";
    let _before = (Before::of_scheme(TEL), Before::of_scheme(CALLTO));
    let (place, sim) = (Place::installed(), simulator().await);
    place.settings(|settings| settings.links_dial = true);
    // Another program's, and one that an older version of this one wrote.
    let other = r#""C:\Program Files\Other phone\phone.exe" "%1""#;
    user(TEL).set_value("", &other).unwrap();
    user(CALLTO)
        .set_value("", &format!("\"{}\" \"%1\"", place.program()))
        .unwrap();

    let app = place.start(&sim);
    let open = format!("\"{}\" -- \"%1\"", place.program());
    eventually("the registered app", || text(r"Software\RegisteredApplications", NAME));
    for class in ["perezvon", "Perezvon.Link", "callto"] {
        let key = format!(r"Software\Classes\{class}\shell\open\command");
        // An earlier test may have registered the program of the build.
        eventually("the command of this program, for which the link is no option", || {
            (text(&key, "").as_ref() == Some(&open)).then_some(())
        });
    }
    assert_eq!(text(r"Software\Classes\perezvon", "URL Protocol"), Some(String::new()));
    assert_eq!(text(TEL, ""), Some(other.to_owned()), "the person chooses");
    let capabilities = text(r"Software\RegisteredApplications", NAME).unwrap();
    for scheme in ["tel", "callto"] {
        let links = format!(r"{capabilities}\URLAssociations");
        assert_eq!(text(&links, scheme).as_deref(), Some("Perezvon.Link"));
    }

    // As the system opens a link then.
    subscribed(&sim).await;
    let opened = open.replace("%1", "tel:+79000000099");
    let mut second = by_command_line(&place, &sim, &opened);
    let ended = eventually("the end of the second start", || second.0.try_wait().unwrap());
    assert!(ended.success(), "{ended}");
    eventually("the call at the simulator", || sim.calls_placed().pop());
    place.quit(&sim, app);
    assert_eq!(sim.calls_placed().len(), 1, "within {PATIENCE:?} and for good");
}
