//! The state of the relay and the PBX: the header strip of the window, the tray's colour, and one toast of trouble.

use super::Session;
use crate::core::Core;
use crate::ipc::{Changed, CheckLine, Failure, ServiceState};
use crate::toast::Ability;
use perezvon_desk::follow::FeedState;
use perezvon_desk::relay_client::{Check, Health, RelayError};
use perezvon_desk::toast::{Toast, ToastKey, ToastOp};
use perezvon_desk::{Desk, Language};
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;

/// How often the state is read.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// Polls that find a trouble before it gets a toast: a start or a changed cable lasts shorter.
const POLLS_BEFORE_TOAST: u32 = 3;

/// The files of the databases are checked once in this many polls.
const POLLS_PER_FILE_CHECK: u32 = 6;
/// Size of a database's log from which the check warns, bytes.
const LOG_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Polls the state until the session ends. Never returns.
pub(super) async fn watch(core: &Core, session: &Session, mut feed: watch::Receiver<FeedState>) {
    let mut lasting = 0;
    let mut unstored = None;
    for look in 1_u32.. {
        if look % POLLS_PER_FILE_CHECK == 0 {
            // A reader or a busy writer is no trouble; a disk that is one shows elsewhere.
            let _ = core.with_desk(Desk::shorten_log).await;
            let _ = core.with_desk(Desk::forget_old).await;
        }
        let health = session.client.health().await.ok();
        let feed_state = feed.borrow_and_update().clone();
        let state = judge(core, session, health.as_ref(), &feed_state);
        lasting = if state.trouble.is_some() { lasting + 1 } else { 0 };
        let settled = lasting == 0 || lasting >= POLLS_BEFORE_TOAST;
        let trouble = state.trouble.clone();
        publish(core, state);
        if settled {
            toast_trouble(core, trouble, &mut unstored).await;
        }
        let soon = if settled { POLL_INTERVAL } else { POLL_INTERVAL / 5 };
        tokio::select! {
            () = tokio::time::sleep(soon) => {}
            changed = feed.changed() => {
                if changed.is_err() {
                    // Nobody follows a feed: there is only the clock to wait for.
                    tokio::time::sleep(soon).await;
                }
            }
        }
    }
}

/// Codes of [`crate::secrets::SecretError`] without a keyring to use.
const KEYRING_FAILED: [&str; 3] = ["no_keyring", "keyring_locked", "keyring_failed"];

/// The relay does not run at all.
pub(super) async fn publish_off(core: &Core, code: &str) {
    let state = ServiceState {
        level: "off".to_owned(),
        trouble: Some(code.to_owned()),
        toasts: core.toasts.ability().word().to_owned(),
        // Without an answer of the keyring it is taken for good; who stores a secret is told otherwise.
        secrets: if KEYRING_FAILED.contains(&code) {
            "none"
        } else {
            "keyring"
        }
        .to_owned(),
        data_dir: core.data_dir.display().to_string(),
        ..ServiceState::default()
    };
    publish(core, state);
    toast_trouble(core, Some(code.to_owned()), &mut None).await;
}

fn publish(core: &Core, state: ServiceState) {
    let changed = core.service.send_if_modified(|known| {
        let changed = *known != state;
        *known = state;
        changed
    });
    if changed {
        core.changed(Changed {
            state: true,
            ..Changed::default()
        });
    }
}

/// At most one toast of trouble, until it is fixed; none during the wizard, which shows troubles itself. A desk that cannot
/// store is a trouble too, and cannot keep the toast: `unstored` remembers the trouble that was shown without it.
async fn toast_trouble(core: &Core, code: Option<String>, unstored: &mut Option<String>) {
    let asked = code.clone();
    let toasts = core
        .with_desk(move |desk| {
            let settled = crate::settings::connection(desk).settled;
            desk.trouble(asked.as_deref().filter(|code| settled && *code != "no_notifications"))
        })
        .await;
    match (toasts, code) {
        (Ok(toasts), code) => {
            if unstored.take().is_some() && code.is_none() {
                core.show(vec![ToastOp::Close(ToastKey::Trouble)]).await;
            }
            core.show(toasts).await;
        }
        (Err(_), Some(code)) if unstored.as_ref() != Some(&code) => {
            let mut toast = Toast::trouble(crate::settings::words(&core.settings()), &code);
            if code == "data_folder" {
                toast.lines.push(core.data_dir.display().to_string());
            }
            core.show(vec![ToastOp::Show(toast)]).await;
            *unstored = Some(code);
        }
        (Err(_), _) => {}
    }
}

fn judge(core: &Core, session: &Session, health: Option<&Health>, feed: &FeedState) -> ServiceState {
    let ability = core.toasts.ability();
    let trouble = worst(session, health, feed, &ability);
    let level = match trouble.as_deref() {
        None => "ready",
        Some("no_notifications") => "degraded",
        // Calls of the past can be read and called back, but none arrives.
        Some(
            "no_public_url"
            | "polling"
            | "events_silent"
            | "subscription_refused"
            | "port_in_use"
            | "keyring_locked"
            | "pbx_unavailable",
        ) => "degraded",
        Some(_) => "off",
    };
    let known = health.cloned().unwrap_or_default();
    let import = known.import.unwrap_or_default();
    ServiceState {
        level: level.to_owned(),
        trouble,
        embedded: session.relay.is_some(),
        relay_url: session.client.base().to_owned(),
        // A remote session has a key, or there is none.
        token: session.relay.is_none() || known.has_token,
        callback_url: known.callback_url,
        subscription_until: known.subscription_until,
        last_event_at: known.events.and_then(|events| events.last_at),
        secrets: session.secrets.to_owned(),
        toasts: ability.word().to_owned(),
        // A connection of an older app does not say whose key it has; only an administrator is told of the keeper.
        admin: session.admin || health.is_some_and(|health| health.keeper.is_some()),
        mode: import.mode,
        records_at: import.records.last_at,
        records_error: import.records.error,
        data_dir: core.data_dir.display().to_string(),
        connected: matches!(feed, FeedState::Connected { .. }),
    }
}

/// The trouble to fix first.
fn worst(session: &Session, health: Option<&Health>, feed: &FeedState, ability: &Ability) -> Option<String> {
    let code = match (health, feed) {
        (_, FeedState::Storage(code) | FeedState::Refused(code)) => code,
        (_, FeedState::KeyRefused) => "key_refused",
        (None, _) | (_, FeedState::Unreachable) => "relay_unreachable",
        (Some(health), _) => return of_health(session, health, ability),
    };
    Some(code.to_owned())
}

fn of_health(session: &Session, health: &Health, ability: &Ability) -> Option<String> {
    let keeper = health.keeper.clone().unwrap_or_default();
    let code = match (health.ledger.as_str(), keeper.state.as_str()) {
        ("failing", _) => "disk_full",
        _ if session.trouble.is_some() => session.trouble.as_deref().unwrap_or_default(),
        (_, "no_token") => "no_token",
        (_, "failing" | "partial") => of_keeper(keeper.error.as_deref().unwrap_or_default()),
        (_, "active") if keeper.error.as_deref() == Some("events_silent") => "events_silent",
        _ if session.admin && session.me.is_empty() => "no_me",
        (_, "no_public_url") if is_polling(health) => "polling",
        (_, "no_public_url") => "no_public_url",
        _ if matches!(ability, Ability::None(_)) => "no_notifications",
        _ => return None,
    };
    Some(code.to_owned())
}

/// Calls are asked for, because nobody reports them.
fn is_polling(health: &Health) -> bool {
    health.import.as_ref().is_some_and(|import| import.mode == "polling")
}

/// The keeper's errors are the PBX client's codes.
fn of_keeper(code: &str) -> &'static str {
    match code {
        "pbx_unauthorized" => "token_refused",
        "pbx_refused" | "pbx_invalid_argument" | "subscription_ended" => "subscription_refused",
        "ledger" => "disk_full",
        "pbx_unavailable" | "pbx_not_json" | "pbx_too_large" | "pbx_timeout" | "pbx_connection_broken" => {
            "pbx_unavailable"
        }
        _ => "pbx_unreachable",
    }
}

/// «Проверить сервис»: the relay's checks and the desk's own.
pub(crate) async fn check(core: &Core) -> Result<Vec<CheckLine>, Failure> {
    let line = |id: &str, ok: bool, code: &str| CheckLine {
        id: id.to_owned(),
        ok,
        state: if ok { "ok" } else { "failed" }.to_owned(),
        code: (!ok).then(|| code.to_owned()),
        detail: None,
        fix: None,
    };
    let mut lines = Vec::new();
    match core.relay().await {
        Ok((relay, _)) => match relay.check().await {
            Ok(checks) => lines.extend(checks.into_iter().map(|check| check_line(check, core.language()))),
            // A user's key may not ask for the relay's state; that the relay answers is all that can be checked.
            Err(error) => {
                let answers = matches!(error, RelayError::Refused { status: 403, .. });
                lines.push(line("relay", answers, error.code()));
            }
        },
        Err(failure) => lines.push(line("relay", false, &failure.code)),
    }
    let state = core.service.borrow().clone();
    let seen = !matches!(state.toasts.as_str(), "none" | "quiet");
    let unseen = if state.toasts == "quiet" {
        "quiet"
    } else {
        "no_notifications"
    };
    lines.push(line("toasts", seen, unseen));
    let keyring = core.secrets.check_keyring().await;
    // What is kept elsewhere needs no keyring.
    let safe = keyring.is_ok() || matches!(state.secrets.as_str(), "file" | "environment");
    lines.push(line(
        "keyring",
        safe,
        keyring.err().map_or("keyring_locked", |error| error.code()),
    ));
    lines.push(files(&core.data_dir));
    lines.push(line("me", state.trouble.as_deref() != Some("no_me"), "no_me"));
    Ok(lines)
}

/// The databases' files. Their logs grow beyond bounds only while another program reads one for long.
fn files(data_dir: &Path) -> CheckLine {
    let logs = ["desk.db-wal", "relay.db-wal"].map(|name| (name, size_of(&data_dir.join(name))));
    let long: Vec<String> = logs
        .iter()
        .filter(|(_, size)| *size >= LOG_MAX_BYTES)
        .map(|(name, size)| format!("{name}: {} MB", size / (1024 * 1024)))
        .collect();
    CheckLine {
        id: "files".to_owned(),
        ok: true,
        state: if long.is_empty() { "ok" } else { "warning" }.to_owned(),
        code: None,
        detail: Some(long.join(", ")).filter(|long| !long.is_empty()),
        fix: None,
    }
}

/// Zero where there is no such file.
fn size_of(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len())
}

fn check_line(check: Check, language: Language) -> CheckLine {
    let (detail, fix) = if language == Language::En {
        (check.detail_en, check.fix_en)
    } else {
        (check.detail, check.fix)
    };
    let state = match (check.state.is_empty(), check.ok) {
        (false, _) => check.state,
        (true, true) => "ok".to_owned(),
        (true, false) => "failed".to_owned(),
    };
    CheckLine {
        id: check.id,
        ok: check.ok,
        state,
        code: check.cause,
        detail: Some(detail).filter(|detail| !detail.is_empty()),
        fix,
    }
}

#[cfg(test)]
mod tests {
    use super::{LOG_MAX_BYTES, files, of_keeper};
    use perezvon_desk::TROUBLES;

    #[test]
    fn a_log_that_grows_is_told() {
        let dir = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(files(dir.path()).state, "ok", "without files, as with a remote relay");
        for (size, state) in [(LOG_MAX_BYTES - 1, "ok"), (LOG_MAX_BYTES, "warning")] {
            // No byte of it is on the disk.
            let log = std::fs::File::create(dir.path().join("desk.db-wal"));
            let made = log.and_then(|log| log.set_len(size));
            assert!(made.is_ok(), "{made:?}");
            assert_eq!(files(dir.path()).state, state);
        }
        assert_eq!(files(dir.path()).detail.as_deref(), Some("desk.db-wal: 64 MB"));
    }

    #[test]
    fn every_cause_that_the_keeper_tells_is_a_trouble_with_words() {
        let keeper = |code: &str| code.starts_with("pbx_") || matches!(code, "ledger" | "subscription_ended");
        let codes: Vec<_> = perezvon_relay::cause_codes().filter(|code| keeper(code)).collect();
        assert!(codes.len() > 12, "the relay's causes: {codes:?}");
        for code in codes {
            let trouble = of_keeper(code);
            assert!(
                TROUBLES.contains(&trouble),
                "{code} is told as {trouble}, which has no words"
            );
        }
    }
}
