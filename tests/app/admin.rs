//! An administrator's pages in the real window: a recording is switched at the PBX, an event is found in its
//! journal, an employee is invited.

use crate::harness::app::{CLIENT, from_client, simulator, subscribed};
use crate::harness::display::Desktop;
use crate::harness::eventually_async;
use crate::harness::notifications::Notifications;
use crate::harness::window::Window;
use perezvon_sim::{DEFAULT_TOKEN, Sim};

/// What the PBX says about an abonent's recording, asked of it directly.
async fn recording(sim: &Sim, abonent: &str) -> String {
    let url = format!("{}abonents/{abonent}/recording", sim.rest_url());
    let request = reqwest::Client::new().get(url);
    let answer = request
        .header("X-MPBX-API-AUTH-TOKEN", DEFAULT_TOKEN)
        .send()
        .await
        .unwrap();
    answer.text().await.unwrap()
}

async fn recording_is(sim: &Sim, abonent: &str, word: &str) {
    eventually_async(&format!("recording {word} at the PBX"), || async {
        recording(sim, abonent).await.contains(word).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_switches_a_recording_finds_an_event_and_invites() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let _toasts = Notifications::start(&desktop.bus).await;
    let window = Window::open(&desktop, &sim).await;
    subscribed(&sim).await;

    // Абоненты: the PBX is changed after a question, and the page shows what the PBX says.
    let abonent = &sim.options().company.abonents[0];
    assert!(abonent.recording, "the simulator's first abonent is recorded");
    let login = abonent.user_id.split('@').next().unwrap();
    window.click("nav-abonents").await;
    window.fill("abonents-search", login).await;
    window.text_where("abonent-row", "data-abonent", &abonent.user_id).await;
    window.text_where("abonent-recording", "data-on", "true").await;
    window.click("abonent-recording").await;
    window
        .text_of("confirm", |text| text.contains("Выключить запись разговоров?"))
        .await;
    assert!(
        recording(&sim, &abonent.user_id).await.contains("ON"),
        "nothing is done before the answer"
    );
    window.click("confirm-yes").await;
    recording_is(&sim, &abonent.user_id, "OFF").await;
    window.text_where("abonent-recording", "data-on", "false").await;
    window
        .text_of("abonent-recording-changed", |text| !text.is_empty())
        .await;

    // Журнал событий: what the PBX posted can be found by the caller's number and read.
    sim.play("incoming-missed", from_client()).unwrap();
    window.click("nav-calls").await;
    window.text_where("call-row", "data-outcome", "missed").await;
    window.click("nav-journal").await;
    window.fill("journal-search", CLIENT.trim_start_matches('+')).await;
    window.text_where("event-row", "data-kind", "CallReleasedEvent").await;
    window.click("event-row").await;
    let raw = window.text_of("event-raw", |text| text.contains(CLIENT)).await;
    assert!(raw.contains("eventID"), "{raw}");
    window.click("event-replay").await;
    window.text_where("event-replayed", "data-changed", "false").await;

    // Пользователи: a code to join with, shown once.
    window.click("nav-people").await;
    window.click("people-invite").await;
    window.fill("invite-name", "Новый сотрудник").await;
    window.click("invite-admin").await;
    window.click("invite-make").await;
    let code = window.text_of("invite-code", |text| text.len() >= 14).await;
    assert!(code.split('-').all(|part| part.len() == 4), "{code}");
    window.click("invite-done").await;
    window
        .text_of("code-row", |text| {
            text.contains("Новый сотрудник") && !text.contains(&code)
        })
        .await;
    window.click("people-audit").await;
    window.text_where("audit-row", "data-what", "join_code_made").await;
    let switched = window.text_where("audit-row", "data-what", "recording_switched").await;
    assert!(switched.contains("включена → выключена"), "in words: {switched}");
    window.close().await;
}
