//! What an administrator's pages ask: the relay's own administration, by the key that the app holds. The window never
//! sees the key; the relay decides what it may do.

use super::{Answer, App};
use crate::core::Core;
use crate::ipc::Failure;
use perezvon_desk::relay_client::admin::{
    AbonentRow, AbonentsDiff, AuditPage, EventRow, EventsPage, ExchangesPage, Invitation, JoinCode, JoinCodeRow,
    JournalFilter, PbxSettings, Replay, SubscriptionsView, UserRow,
};
use perezvon_desk::relay_client::{RelayClient, RelayError};
use serde_json::{Map, Value};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tauri::ipc::Response;
use tokio::fs::File;

async fn relay(app: &Core) -> Answer<RelayClient> {
    Ok(app.relay().await?.0)
}

/// The relay's refusal in the window's words; its own sentence goes along for support.
fn failure_of(error: &RelayError) -> Failure {
    let RelayError::Refused { status, code, message } = error else {
        return Failure::of(error.code());
    };
    let code = match (*status, code.as_str()) {
        (401, _) => "key_refused",
        (403, _) => "forbidden",
        (404, _) => "not_found",
        (410, "recording_gone") => "recording_gone",
        (409, "no_token") => "no_token",
        (400 | 409 | 422, _) => "refused",
        (429, _) => "too_many",
        (_, "pbx_refused") => "pbx_refused",
        _ => error.code(),
    };
    Failure {
        code: code.to_owned(),
        detail: Some(message.clone()).filter(|message| !message.is_empty()),
    }
}

/// For what every relay of this version has: that it is not there means an older relay, not a missing record.
fn page_failure(error: &RelayError) -> Failure {
    let failure = failure_of(error);
    if failure.code == "not_found" {
        return Failure::of("not_supported");
    }
    failure
}

#[tauri::command]
pub(super) async fn company(app: App<'_>) -> Answer<Vec<AbonentRow>> {
    relay(&app).await?.abonent_rows().await.map_err(|e| page_failure(&e))
}

#[tauri::command]
pub(super) async fn preview_abonents(app: App<'_>) -> Answer<AbonentsDiff> {
    relay(&app)
        .await?
        .preview_abonents()
        .await
        .map_err(|e| page_failure(&e))
}

#[tauri::command]
pub(super) async fn fill_abonents(app: App<'_>) -> Answer<()> {
    relay(&app).await?.fill_abonents().await.map_err(|e| page_failure(&e))
}

#[tauri::command]
pub(super) async fn switch_recording(app: App<'_>, abonent: String, on: bool) -> Answer<String> {
    let relay = relay(&app).await?;
    relay.switch_recording(&abonent, on).await.map_err(|e| failure_of(&e))
}

#[tauri::command]
pub(super) async fn switch_subscription(app: App<'_>, abonent: String, on: bool) -> Answer<()> {
    let relay = relay(&app).await?;
    relay
        .switch_subscription(&abonent, on)
        .await
        .map_err(|e| failure_of(&e))
}

#[tauri::command]
pub(super) async fn subscriptions(app: App<'_>) -> Answer<SubscriptionsView> {
    relay(&app).await?.subscriptions().await.map_err(|e| page_failure(&e))
}

#[tauri::command]
pub(super) async fn renew_subscriptions(app: App<'_>) -> Answer<()> {
    relay(&app)
        .await?
        .renew_subscriptions()
        .await
        .map_err(|e| page_failure(&e))
}

#[tauri::command]
pub(super) async fn events(
    app: App<'_>,
    filter: JournalFilter,
    cursor: Option<String>,
    limit: u32,
) -> Answer<EventsPage> {
    let relay = relay(&app).await?;
    let page = relay.events(&filter, cursor.as_deref(), limit).await;
    page.map_err(|e| page_failure(&e))
}

#[tauri::command]
pub(super) async fn event(app: App<'_>, seq: i64) -> Answer<EventRow> {
    relay(&app).await?.event(seq).await.map_err(|e| failure_of(&e))
}

#[tauri::command]
pub(super) async fn replay_event(app: App<'_>, seq: i64) -> Answer<Replay> {
    relay(&app).await?.replay_event(seq).await.map_err(|e| failure_of(&e))
}

#[tauri::command]
pub(super) async fn export_events(app: App<'_>, filter: JournalFilter) -> Answer<String> {
    let relay = relay(&app).await?;
    let dir = app.shell.downloads().unwrap_or_else(|| app.data_dir.clone());
    let (mut file, path) = new_file(&dir, "perezvon-events", "jsonl").await?;
    if let Err(error) = relay.export_events(&filter, &mut file).await {
        // Half a journal would pass for a whole one.
        let _ = tokio::fs::remove_file(&path).await;
        return Err(page_failure(&error));
    }
    Ok(path.display().to_string())
}

/// A new file in the folder, by a name that is free: nothing is ever overwritten.
async fn new_file(dir: &Path, name: &str, ending: &str) -> Answer<(File, PathBuf)> {
    let storage = |error: &std::io::Error| Failure {
        code: "storage".to_owned(),
        detail: Some(format!("{}: {error}", dir.display())),
    };
    tokio::fs::create_dir_all(dir).await.map_err(|e| storage(&e))?;
    for n in 1..=999 {
        let number = if n == 1 { String::new() } else { format!("-{n}") };
        let path = dir.join(format!("{name}{number}.{ending}"));
        match File::create_new(&path).await {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(storage(&error)),
        }
    }
    Err(storage(&ErrorKind::AlreadyExists.into()))
}

#[tauri::command]
pub(super) async fn exchanges(
    app: App<'_>,
    filter: JournalFilter,
    cursor: Option<String>,
    limit: u32,
) -> Answer<ExchangesPage> {
    let relay = relay(&app).await?;
    let page = relay.exchanges(&filter, cursor.as_deref(), limit).await;
    page.map_err(|e| page_failure(&e))
}

#[tauri::command]
pub(super) async fn users(app: App<'_>) -> Answer<Vec<UserRow>> {
    relay(&app).await?.user_rows().await.map_err(|e| page_failure(&e))
}

#[tauri::command]
pub(super) async fn revoke_user(app: App<'_>, id: String) -> Answer<()> {
    relay(&app).await?.revoke_user(&id).await.map_err(|e| failure_of(&e))
}

#[tauri::command]
pub(super) async fn join_codes(app: App<'_>) -> Answer<Vec<JoinCodeRow>> {
    relay(&app).await?.join_codes().await.map_err(|e| page_failure(&e))
}

#[tauri::command]
pub(super) async fn make_join_code(app: App<'_>, invitation: Invitation) -> Answer<JoinCode> {
    let relay = relay(&app).await?;
    relay.make_join_code(&invitation).await.map_err(|e| page_failure(&e))
}

#[tauri::command]
pub(super) async fn withdraw_join_code(app: App<'_>, id: String) -> Answer<()> {
    let relay = relay(&app).await?;
    relay.withdraw_join_code(&id).await.map_err(|e| failure_of(&e))
}

#[tauri::command]
pub(super) async fn audit(app: App<'_>, what: String, cursor: Option<String>, limit: u32) -> Answer<AuditPage> {
    let relay = relay(&app).await?;
    let page = relay.audit(&what, cursor.as_deref(), limit).await;
    page.map_err(|e| page_failure(&e))
}

#[tauri::command]
pub(super) async fn pbx_settings(app: App<'_>) -> Answer<PbxSettings> {
    relay(&app).await?.pbx_settings().await.map_err(|e| page_failure(&e))
}

#[tauri::command]
pub(super) async fn save_pbx_settings(app: App<'_>, change: Map<String, Value>) -> Answer<()> {
    let relay = relay(&app).await?;
    relay.save_pbx_settings(&change).await.map_err(|e| failure_of(&e))
}

/// The bytes of a recording, without JSON around them. The web view's player can neither send the key nor play from a
/// scheme of the app's own, so it gets the file.
#[tauri::command]
pub(super) async fn recording_audio(app: App<'_>, id: String) -> Answer<Response> {
    let relay = relay(&app).await?;
    let audio = relay.recording_audio(&id).await.map_err(|e| failure_of(&e))?;
    Ok(Response::new(audio.bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_refusal_keeps_the_relays_own_sentence() {
        let refused = |status, code: &str| RelayError::Refused {
            status,
            code: code.to_owned(),
            message: "why".to_owned(),
        };
        for (status, code, told) in [
            (400, "bad_request", "refused"),
            (401, "unauthorized", "key_refused"),
            (403, "forbidden", "forbidden"),
            (404, "not_found", "not_found"),
            (409, "no_token", "no_token"),
            (410, "recording_gone", "recording_gone"),
            (409, "group_scope", "refused"),
            (429, "too_many", "too_many"),
            (502, "pbx_refused", "pbx_refused"),
            (502, "pbx_unauthorized", "token_refused"),
            (502, "pbx_unreachable", "pbx_unreachable"),
            (503, "unavailable", "disk_full"),
        ] {
            let failure = failure_of(&refused(status, code));
            assert_eq!((failure.code.as_str(), failure.detail.as_deref()), (told, Some("why")));
        }
        assert_eq!(page_failure(&refused(404, "not_found")).code, "not_supported");
        assert_eq!(failure_of(&RelayError::Timeout).code, "timeout");
    }

    #[tokio::test]
    async fn an_export_never_overwrites_another() {
        let dir = tempfile::tempdir().unwrap();
        let (_, first) = new_file(dir.path(), "events", "jsonl").await.unwrap();
        let (_, second) = new_file(dir.path(), "events", "jsonl").await.unwrap();
        assert!(first.ends_with("events.jsonl") && second.ends_with("events-2.jsonl"));
        let file = dir.path().join("events.jsonl");
        assert_eq!(new_file(&file, "events", "jsonl").await.unwrap_err().code, "storage");
    }
}
