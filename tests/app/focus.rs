//! What comes by itself never takes the keyboard; what a person asks for from another program does.

use crate::harness::app::{data_dir, simulator, start, subscribed};
use crate::harness::display::Desktop;
use crate::harness::eventually;
use crate::harness::notifications::Notifications;
use crate::harness::typist::{Typist, keys};
use crate::instance::settings;
use perezvon_app::ipc::PopupWhen;
use perezvon_desk::Desk;
use perezvon_sim::{Args, Sim};

const TOASTS: &str = "Перезвон: уведомления";
const PANEL: &str = "Перезвон: позвонить";
const CALLS: u32 = 100;

fn is_open(desktop: &Desktop, title: &str) -> bool {
    desktop.window_titles().iter().any(|one| one.contains(title))
}

/// Brings the window to the front, as a click on it does; whether it has the keyboard by now. A window manager may have
/// left that with the program before.
fn activate(desktop: &Desktop, title: &str) -> bool {
    if let Some((id, ..)) = place_of(desktop, title)
        && !has_keyboard(desktop, title)
    {
        let mut xdotool = desktop.command("xdotool");
        // It may be going.
        drop(xdotool.args(["windowactivate", &id]).output());
    }
    has_keyboard(desktop, title)
}

/// The window that a person types into.
fn has_keyboard(desktop: &Desktop, title: &str) -> bool {
    let mut xdotool = desktop.command("xdotool");
    let told = xdotool.args(["getactivewindow", "getwindowname"]).output().unwrap();
    String::from_utf8_lossy(&told.stdout).contains(title)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_letter_arrives_while_a_hundred_calls_come_in() {
    let desktop = Desktop::start();
    let _manager = desktop.window_manager();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    // Windows that the app opens itself: the system's toasts are drawn by somebody else.
    settings(&desktop, |settings| settings.popup = PopupWhen::Always);
    let _app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    let typist = Typist::open(&desktop);

    let text: String = ('a'..='z').cycle().take(600).collect();
    let mut typing = desktop.command("xdotool");
    let mut typing = typing.args(["type", "--delay", "40", &text]).spawn().unwrap();
    let mut popped_up = false;
    for n in 0..CALLS {
        let caller = Args {
            number: Some(format!("+7900000{n:04}")),
            ..Args::default()
        };
        sim.play("incoming-missed", caller).unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        popped_up |= is_open(&desktop, TOASTS);
    }
    let desk = Desk::open(&data_dir(&desktop)).unwrap();
    eventually("the last call", || {
        (desk.counts().unwrap().to_call_back == CALLS).then_some(())
    });
    assert!(typing.wait().unwrap().success());
    eventually("the last letter", || (typist.typed().len() >= text.len()).then_some(()));
    assert_eq!(typist.typed(), text, "every letter, in order");
    assert_eq!(typist.lost_keyboard(), 0);
    assert!(popped_up || is_open(&desktop, TOASTS), "the calls were shown");
    assert!(toasts.all().is_empty(), "and at one place only");
}

/// Answers the panel's question.
fn enter_calls(desktop: &Desktop, sim: &Sim) {
    eventually("the call", || {
        if activate(desktop, PANEL) {
            keys(desktop, &["key", "Return"]);
        }
        sim.calls_placed().pop()
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_selected_number_is_shown_and_enter_calls_it_and_escape_does_not() {
    let desktop = Desktop::start();
    let _manager = desktop.window_manager();
    let _toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let _app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    let typist = Typist::open(&desktop);
    typist.copy("what was copied before");

    typist.select("тел. 8 (900) 000-00-77, Орлова");
    // The key is registered some moments after the start.
    eventually("the number", || {
        keys(&desktop, &["key", "ctrl+shift+F9"]);
        is_open(&desktop, PANEL).then_some(())
    });
    keys(&desktop, &["key", "Escape"]);
    eventually("the end of the question", || {
        keys(&desktop, &["key", "Escape"]);
        (!is_open(&desktop, PANEL)).then_some(())
    });
    assert!(sim.calls_placed().is_empty(), "Escape calls nobody");

    // A key that comes while the window goes is lost with it.
    eventually("the number again", || {
        keys(&desktop, &["key", "ctrl+shift+F9"]);
        is_open(&desktop, PANEL).then_some(())
    });
    enter_calls(&desktop, &sim);
    let placed = sim.calls_placed();
    assert_eq!(placed.len(), 1, "{placed:?}");
    assert!(placed[0].number.ends_with("9000000077"), "{placed:?}");
    eventually("the end of the panel", || (!is_open(&desktop, PANEL)).then_some(()));
    assert_eq!(
        typist.clipboard(),
        (true, 0),
        "the clipboard is neither read nor changed"
    );
}

/// The window's id, width and height.
fn place_of(desktop: &Desktop, title: &str) -> Option<(String, i32, i32)> {
    let mut xdotool = desktop.command("xdotool");
    let found = xdotool
        .args(["search", "--onlyvisible", "--name", title])
        .output()
        .unwrap();
    let id = String::from_utf8_lossy(&found.stdout).lines().next()?.to_owned();
    let mut xdotool = desktop.command("xdotool");
    let told = xdotool.args(["getwindowgeometry", "--shell", &id]).output().unwrap();
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let number = |name: &str| told.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
    Some((id, number("WIDTH=")?, number("HEIGHT=")?))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_number_is_offered_without_taking_the_keyboard_and_is_kept_nowhere() {
    let desktop = Desktop::start();
    let _manager = desktop.window_manager();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    settings(&desktop, |settings| settings.offer_copied = true);
    let _app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    let typist = Typist::open(&desktop);
    // No telephone number: it is looked at, and that is all.
    typist.copy("7700000000");
    eventually("a look at the clipboard", || (typist.clipboard().1 > 0).then_some(()));
    assert!(!is_open(&desktop, TOASTS));

    typist.copy("8 (900) 000-00-77");
    eventually("the offer", || is_open(&desktop, TOASTS).then_some(()));
    assert_eq!(typist.lost_keyboard(), 0, "who copies goes on typing");
    assert!(typist.clipboard().0, "the clipboard is still the other program's");
    assert!(toasts.all().is_empty(), "in no notification centre");
    assert!(sim.calls_placed().is_empty(), "nothing is dialled by itself");
    let kept = crate::first_run::files_with(desktop.dir.path(), "000-00-77");
    assert!(kept.is_empty(), "neither stored nor logged: {kept:?}");

    // Its first button asks, Enter calls.
    eventually("the question", || {
        let (id, _, height) = place_of(&desktop, TOASTS)?;
        let y = (height - 28).to_string();
        keys(&desktop, &["mousemove", "--window", &id, "70", &y, "click", "1"]);
        is_open(&desktop, PANEL).then_some(())
    });
    enter_calls(&desktop, &sim);
    let placed = sim.calls_placed();
    assert!(
        placed.len() == 1 && placed[0].number.ends_with("9000000077"),
        "{placed:?}"
    );
}
