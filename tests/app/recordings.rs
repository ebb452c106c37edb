//! A recording in the real window, from the end of the call to what is heard at the sound server: told by a toast, played
//! by a click, marked, found again after a restart, and played without the PBX.

use crate::first_run::quit;
use crate::harness::app::{environment, environment_at, from_client, simulator, subscribed};
use crate::harness::display::Desktop;
use crate::harness::eventually_async;
use crate::harness::notifications::Notifications;
use crate::harness::speaker::Speaker;
use crate::harness::tray::Tray;
use crate::harness::window::Window;
use fantoccini::Locator;

/// The place in the recording that the window shows, milliseconds.
async fn position(window: &Window) -> u64 {
    let script = "const wave = document.querySelector('[data-testid=player-wave]');
                  return wave ? Number(wave.dataset.position) : 0";
    let position = window.client.execute(script, Vec::new()).await.unwrap();
    position.as_f64().unwrap_or_default() as u64
}

/// Waits until another half second of the recording was shown and heard.
async fn plays(window: &Window, speaker: &Speaker) {
    let (shown, heard) = (position(window).await, speaker.heard_ms());
    eventually_async("the place moves and the sink hears it", || async {
        let has_moved = position(window).await >= shown + 500;
        (has_moved && speaker.heard_ms() >= heard + 300).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_told_played_marked_found_and_played_without_the_pbx() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let toasts = Notifications::start(&desktop.bus).await;
    let tray = Tray::start(&desktop.bus).await;
    let speaker = Speaker::start(&desktop);
    let window = Window::open_with(&desktop, |command| {
        environment(&desktop, &sim, command);
        speaker.enter(command);
    })
    .await;
    subscribed(&sim).await;
    window.click("nav-settings").await;
    window.click("settings-nav-recordings").await;
    window.click("kept-toast").await;
    let ticked = Locator::Css("[data-testid='kept-toast']:checked");
    window.client.wait().for_element(ticked).await.expect("it is on");

    assert!(sim.options().company.abonents[0].recording, "his calls are recorded");
    sim.play("incoming-answered", from_client()).unwrap();
    let toast = toasts
        .toast(0, "the recording", |toast| toast.summary == "Запись готова")
        .await;
    assert!(toast.key_of("Прослушать").is_some(), "{:?}", toast.actions);

    // The journal's row has it, and a click plays it.
    window.click("nav-calls").await;
    window.text_where("row-play", "data-place", "here").await;
    // The card after the call lies over the row.
    window.click("after-close").await;
    window.click("row-play").await;
    window.text_where("player", "data-phase", "playing").await;
    plays(&window, &speaker).await;

    window.click("player-add-mark").await;
    window.fill("mark-note", "цена за тонну").await;
    window.click("mark-save").await;
    window.text_where("player-mark", "type", "button").await;
    window.click("nav-recordings").await;
    window.text_where("recording-row", "data-place", "here").await;
    let url = sim.rest_url();
    // Not `close` first: the driver may kill the app, or leave it to the next start.
    quit(&desktop, &tray).await;
    window.close().await;
    drop(sim);

    // Nobody answers at the PBX's address any more.
    let window = Window::open_with(&desktop, |command| {
        environment_at(&desktop, &url, command);
        speaker.enter(command);
    })
    .await;
    window.click("nav-recordings").await;
    window.fill("recordings-search", "тонну").await;
    window
        .text_of("recording-row", |text| text.contains("цена за тонну"))
        .await;
    window.click("row-play").await;
    window.text_where("player", "data-phase", "playing").await;
    plays(&window, &speaker).await;
    window.click("player-toggle").await;
    window.text_where("player", "data-phase", "paused").await;
    window.close().await;
}

/// Without a sound device that is said, and the rest works.
#[tokio::test(flavor = "multi_thread")]
async fn no_sound_device_is_said_plainly() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let _toasts = Notifications::start(&desktop.bus).await;
    let window = Window::open_with(&desktop, |command| {
        environment(&desktop, &sim, command);
        // No server listens there, and no card is configured.
        std::fs::write(desktop.path("run").join("alsa.conf"), "").unwrap();
        command
            .env("PULSE_SERVER", "unix:/nowhere")
            .env("ALSA_CONFIG_PATH", desktop.path("run").join("alsa.conf"));
    })
    .await;
    subscribed(&sim).await;
    sim.play("incoming-answered", from_client()).unwrap();
    window.click("nav-recordings").await;
    window.text_where("recording-row", "data-place", "here").await;
    window.click("row-play").await;
    window
        .text_where("player-trouble", "data-code", "sound_device_none")
        .await;
    window.click("player-add-mark").await;
    window.fill("mark-note", "без звука").await;
    window.click("mark-save").await;
    window.text_where("player-mark", "type", "button").await;
    window.close().await;
}
