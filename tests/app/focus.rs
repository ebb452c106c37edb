//! What comes by itself never takes the keyboard; what a person asks for from another program does.

use crate::harness::app::{BINARY, data_dir, environment, of_wayland, simulator, start, start_with, subscribed};
use crate::harness::display::Desktop;
use crate::harness::eventually;
use crate::harness::notifications::Notifications;
use crate::harness::portal::Portal;
use crate::harness::typist::{Typist, keys};
use crate::harness::window::Window;
use crate::instance::settings;
use fantoccini::Locator;
use perezvon_app::ipc::PopupWhen;
use perezvon_desk::Desk;
use perezvon_desk::view::NotificationRow;
use perezvon_sim::{Args, Sim};

pub(crate) const TOASTS: &str = "Перезвон: уведомления";
pub(crate) const PANEL: &str = "Перезвон: позвонить";
const CALLS: u32 = 100;

fn is_open(desktop: &Desktop, title: &str) -> bool {
    desktop.window_titles().iter().any(|one| one.contains(title))
}

/// The window that a person types into.
pub(crate) fn has_keyboard(desktop: &Desktop, title: &str) -> bool {
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
    let call = |n: u32| {
        let caller = Args {
            number: Some(format!("+7900000{n:04}")),
            ..Args::default()
        };
        sim.play("incoming-missed", caller).unwrap();
    };
    // WebDriver takes the first window that the app makes: that of its toasts.
    let starting = Window::open_program(&desktop, BINARY, &["--minimized"], |command| {
        environment(&desktop, &sim, command);
    });
    let first = async {
        subscribed(&sim).await;
        call(0);
    };
    let (popup, ()) = tokio::join!(starting, first);
    let typist = Typist::open(&desktop);

    let text: String = ('a'..='z').cycle().take(600).collect();
    let mut typing = desktop.command("xdotool");
    let mut typing = typing.args(["type", "--delay", "40", &text]).spawn().unwrap();
    for n in 1..CALLS {
        call(n);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert!(is_open(&desktop, TOASTS), "those who have called are shown");
    }
    let desk = Desk::open(&data_dir(&desktop)).unwrap();
    eventually("the last call", || {
        (desk.counts().unwrap().to_call_back == CALLS).then_some(())
    });
    assert!(typing.wait().unwrap().success());
    eventually("the last letter", || (typist.typed().len() >= text.len()).then_some(()));
    assert_eq!(typist.typed(), text, "every letter, in order");
    assert_eq!(typist.lost_keyboard(), 0);
    says_what_was_told(&popup, &desk.notifications(None, 500).unwrap()).await;
    assert!(toasts.all().is_empty(), "and at one place only");
    popup.close().await;
}

/// Each toast in the window has the words of a notification, all of them, and its buttons.
async fn says_what_was_told(popup: &Window, told: &[NotificationRow]) {
    let words = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    let told: Vec<Vec<String>> = told
        .iter()
        .map(|row| words(&format!("{}\n{}", row.title, row.body)))
        .collect();
    popup
        .text_of("toast", |text| {
            text.contains("Пропущенный") && text.contains("Перезвонить")
        })
        .await;
    let shown = popup
        .client
        .find_all(Locator::Css("[data-testid='toast'] .text"))
        .await
        .unwrap();
    assert!(shown.len() > 1, "several who called");
    for toast in shown {
        let text = toast.prop("innerText").await.unwrap().unwrap_or_default();
        let said = words(&text);
        let known = told.iter().find(|lines| said.starts_with(lines));
        let buttons = &said[known.unwrap_or_else(|| panic!("{said:?} is none of {told:?}")).len()..];
        assert_eq!(buttons.first().map(String::as_str), Some("Перезвонить"), "{said:?}");
    }
}

/// Answers the panel's question: it has got the keyboard by itself.
fn enter_calls(desktop: &Desktop, sim: &Sim) {
    eventually("the keyboard of the panel", || {
        has_keyboard(desktop, PANEL).then_some(())
    });
    eventually("the call", || {
        if has_keyboard(desktop, PANEL) {
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
    eventually("the end of the question", || {
        if has_keyboard(&desktop, PANEL) {
            keys(&desktop, &["key", "Escape"]);
        }
        (!is_open(&desktop, PANEL)).then_some(())
    });
    assert!(sim.calls_placed().is_empty(), "Escape calls nobody");

    keys(&desktop, &["key", "ctrl+shift+F9"]);
    eventually("the number again", || is_low(&desktop).then_some(()));
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

/// The page makes the panel as low as the question is, once it shows it.
fn is_low(desktop: &Desktop) -> bool {
    desktop.places(PANEL).iter().any(|[.., height]| *height < 300)
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
        // Gone with the first click that it has heard.
        if let Some([x, y, _, height]) = desktop.places(TOASTS).pop() {
            let (x, y) = ((x + 70).to_string(), (y + height - 28).to_string());
            keys(&desktop, &["mousemove", &x, &y, "click", "1"]);
        }
        is_open(&desktop, PANEL).then_some(())
    });
    enter_calls(&desktop, &sim);
    let placed = sim.calls_placed();
    assert!(
        placed.len() == 1 && placed[0].number.ends_with("9000000077"),
        "{placed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_that_comes_while_the_panel_goes_opens_it_again_with_the_keyboard() {
    let desktop = Desktop::start();
    let _manager = desktop.window_manager();
    let _toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let _app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    let typist = Typist::open(&desktop);
    let asks = || has_keyboard(&desktop, PANEL) && is_low(&desktop);
    typist.select("8 (900) 000-00-70");
    // The key is registered some moments after the start.
    eventually("the first question", || {
        if !is_open(&desktop, PANEL) {
            keys(&desktop, &["key", "ctrl+shift+F9"]);
        }
        asks().then_some(())
    });
    // So close upon each other that the key comes before, while or after the window goes.
    for (n, pause) in ["0", "0.005", "0.01", "0.02", "0.03", "0.05", "0.1"].iter().enumerate() {
        eventually("the question", || asks().then_some(()));
        typist.select(&format!("8 (900) 000-00-8{n}"));
        // Escape declines what could be read.
        let read = ["sleep", "0.4", "key", "Escape", "sleep", pause, "key", "ctrl+shift+F9"];
        keys(&desktop, &read);
        eventually(&format!("the call after {pause} s"), || {
            if has_keyboard(&desktop, PANEL) {
                keys(&desktop, &["key", "Return"]);
            }
            (sim.calls_placed().len() > n).then_some(())
        });
        // So does the key after Enter, which closes it too.
        typist.select("8 (900) 000-00-70");
        keys(&desktop, &["key", "ctrl+shift+F9"]);
    }
    let placed = sim.calls_placed();
    for (n, call) in placed.iter().enumerate() {
        assert!(
            call.number.ends_with(&format!("900000008{n}")),
            "only what was shown is called: {placed:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_wayland_the_desktop_gives_the_key_and_tells_when_it_is_pressed() {
    let desktop = Desktop::start();
    let _manager = desktop.window_manager();
    let _toasts = Notifications::start(&desktop.bus).await;
    let portal = Portal::start(&desktop.bus).await;
    let sim = simulator().await;
    let _app = start_with(&desktop, &sim, &["--minimized"], of_wayland);
    subscribed(&sim).await;
    let keys = portal.bound("the keys", |bound| bound.len() == 2).await;
    let dial = keys.iter().find(|key| key.id == "dial-selected").unwrap();
    assert_eq!(
        (dial.trigger.as_str(), dial.about.as_str()),
        ("CTRL+SHIFT+F9", "Позвонить по выделенному номеру"),
        "what is proposed"
    );
    let typist = Typist::open(&desktop);
    typist.select("тел. 8 (900) 000-00-77, Орлова");
    portal.press("dial-selected").await;
    enter_calls(&desktop, &sim);
    let placed = sim.calls_placed();
    assert!(
        placed.len() == 1 && placed[0].number.ends_with("9000000077"),
        "{placed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn on_wayland_without_a_portal_the_settings_say_what_to_do_instead() {
    let desktop = Desktop::start();
    let _toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let window = Window::open_with(&desktop, |command| {
        environment(&desktop, &sim, command);
        of_wayland(command);
    })
    .await;
    subscribed(&sim).await;
    window.click("nav-settings").await;
    window.click("settings-nav-general").await;
    window.text_of("keys-trouble", |text| text.contains("Wayland")).await;
    window
        .text_of("keys-command", |text| text.contains("perezvon call"))
        .await;
    window.close().await;
}
