//! Small windows where there are several screens: the app's own toasts where the settings say, the panel at the pointer.

use crate::focus::{PANEL, TOASTS};
use crate::harness::app::{simulator, start, subscribed};
use crate::harness::display::{Desktop, SCREEN};
use crate::harness::eventually;
use crate::harness::notifications::Notifications;
use crate::harness::typist::{Typist, keys};
use crate::instance::settings;
use perezvon_app::ipc::{PopupScreen, PopupWhen};
use perezvon_sim::Args;

/// On which of the two screens a window is wholly: 0 is the left one. None: it hangs over an edge.
fn screen_of([x, y, width, height]: [i32; 4]) -> Option<i32> {
    let screen = x.div_euclid(SCREEN.0);
    let within = x + width <= (screen + 1) * SCREEN.0 && y >= 0 && y + height <= SCREEN.1;
    within.then_some(screen)
}

async fn toasts_are_on(wished: PopupScreen, pointer: &str, expected: &[i32]) {
    let desktop = Desktop::of_two_screens();
    let _manager = desktop.window_manager();
    let _toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    settings(&desktop, |settings| {
        settings.popup = PopupWhen::Always;
        settings.popup_screen = wished;
    });
    let _app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    keys(&desktop, &["mousemove", pointer, "450"]);
    let caller = Args {
        number: Some("+79000000001".to_owned()),
        ..Args::default()
    };
    sim.play("incoming-missed", caller).unwrap();
    eventually("toasts on the screens that are wished", || {
        let mut screens: Vec<_> = desktop.places(TOASTS).into_iter().map(screen_of).collect();
        screens.sort_unstable();
        let expected: Vec<_> = expected.iter().copied().map(Some).collect();
        (screens == expected).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn toasts_are_on_the_screen_of_the_pointer() {
    toasts_are_on(PopupScreen::Pointer, "200", &[0]).await;
    toasts_are_on(PopupScreen::Pointer, "1500", &[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn toasts_are_on_the_primary_screen_wherever_the_pointer_is() {
    toasts_are_on(PopupScreen::Primary, "200", &[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn toasts_are_on_all_screens() {
    toasts_are_on(PopupScreen::All, "200", &[0, 1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_panel_is_wholly_on_the_screen_of_the_pointer() {
    let desktop = Desktop::of_two_screens();
    let _manager = desktop.window_manager();
    let _toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let _app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    let typist = Typist::open(&desktop);
    typist.select("8 (900) 000-00-77");
    // Close to the edge between the two, on either side, and in a lower corner.
    for (x, y, screen) in [("1014", "450", 0), ("1034", "450", 1), ("5", "760", 0)] {
        keys(&desktop, &["mousemove", x, y]);
        // The key is registered some moments after the start.
        eventually("the panel", || {
            if desktop.places(PANEL).is_empty() {
                keys(&desktop, &["key", "ctrl+shift+F9"]);
            }
            let places = desktop.places(PANEL);
            (places.into_iter().map(screen_of).collect::<Vec<_>>() == [Some(screen)]).then_some(())
        });
        eventually("the end of the panel", || {
            keys(&desktop, &["key", "Escape"]);
            desktop.places(PANEL).is_empty().then_some(())
        });
    }
}
