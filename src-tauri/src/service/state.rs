//! The state of the relay and the PBX: the header strip of the window, the tray's colour, and one toast of trouble.

use super::Session;
use crate::changes::Own;
use crate::core::Core;
use crate::ipc::{CheckId, CheckLine, CheckState, Failure, Level, SecretsPlace, ServiceState, ToastAbility};
use crate::toast::Ability;
use perezvon_desk::follow::FeedState;
use perezvon_desk::relay_client::{Check, Health, RelayError};
use perezvon_desk::toast::{Toast, ToastKey, ToastOp};
use perezvon_desk::{Desk, FailureCode, Fault, Language, Trouble};
use serde::Deserialize;
use serde::de::value::StrDeserializer;
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;

/// How often the state of the relay inside the app is read.
const OWN_INTERVAL: Duration = Duration::from_secs(5);
/// How often that of a company's relay is read, which thousands of desks ask: what matters at once, whether calls arrive,
/// the feed tells. Sooner while something is wrong, so that the window does not long tell what is mended.
const REMOTE_INTERVAL: Duration = Duration::from_mins(1);
const TROUBLED_INTERVAL: Duration = Duration::from_secs(15);
/// The pause between two looks of which the second shall confirm the first.
const CONFIRM_INTERVAL: Duration = Duration::from_secs(1);
/// Looks that find a trouble before it gets a toast: a start or a changed cable lasts shorter.
const LOOKS_BEFORE_TOAST: u32 = 3;

/// How often the files of the databases are looked after.
const FILE_INTERVAL: Duration = Duration::from_secs(30);
/// Size of a database's log from which the check warns, bytes.
const LOG_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Reads the state until the session ends: by the clock, and when the feed's or the toasts' changes. Never returns.
pub(super) async fn watch(core: &Core, session: &Session, mut feed: watch::Receiver<FeedState>) {
    let mut lasting = 0;
    let mut unstored = None;
    let mut files = tokio::time::interval(FILE_INTERVAL);
    loop {
        let ability = core.toasts.ability();
        let health = session.client.health().await.ok();
        let feed_state = feed.borrow_and_update().clone();
        let state = judge(core, session, health.as_ref(), &feed_state, &ability);
        let trouble = state.trouble;
        lasting = if trouble.is_some() { lasting + 1 } else { 0 };
        let settled = lasting == 0 || lasting >= LOOKS_BEFORE_TOAST;
        publish(core, state);
        if settled {
            toast_trouble(core, trouble, &mut unstored).await;
        }
        let pause = tokio::time::sleep(pause(session.relay.is_some(), trouble.is_some(), settled));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                Ok(()) = feed.changed() => break,
                Some(_) = core.toasts.ability_after(&ability) => break,
                _ = files.tick() => {
                    // A reader or a busy writer is no trouble; a disk that is one shows elsewhere.
                    let _ = core.with_desk(Desk::shorten_log).await;
                    let _ = core.with_desk(Desk::forget_old).await;
                }
            }
        }
    }
}

fn pause(own: bool, troubled: bool, settled: bool) -> Duration {
    match (own, troubled) {
        _ if !settled => CONFIRM_INTERVAL,
        (true, _) => OWN_INTERVAL,
        (false, true) => TROUBLED_INTERVAL,
        (false, false) => REMOTE_INTERVAL,
    }
}

/// Codes of [`crate::secrets::SecretError`] without a keyring to use.
const KEYRING_FAILED: [FailureCode; 3] = [
    FailureCode::Fault(Fault::NoKeyring),
    FailureCode::Trouble(Trouble::KeyringLocked),
    FailureCode::Fault(Fault::KeyringFailed),
];

/// The relay does not run at all.
pub(super) async fn publish_off(core: &Core, code: FailureCode) {
    let state = ServiceState {
        level: Level::Off,
        toasts: word_of(&core.toasts.ability()),
        // Without an answer of the keyring it is taken for good; who stores a secret is told otherwise.
        secrets: if KEYRING_FAILED.contains(&code) {
            SecretsPlace::None
        } else {
            SecretsPlace::Keyring
        },
        ..core.without_service(code)
    };
    publish(core, state);
    toast_trouble(core, Some(code), &mut None).await;
}

fn word_of(ability: &Ability) -> ToastAbility {
    match ability {
        Ability::Actions => ToastAbility::Actions,
        Ability::Plain => ToastAbility::Plain,
        Ability::Quiet => ToastAbility::Quiet,
        // It is soon found out.
        Ability::Starting | Ability::None(_) => ToastAbility::None,
        Ability::Off(_) => ToastAbility::Off,
    }
}

fn publish(core: &Core, state: ServiceState) {
    let changed = core.service.send_if_modified(|known| {
        let changed = *known != state;
        *known = state;
        changed
    });
    if changed {
        core.tell(Own::Service);
    }
}

/// At most one toast of trouble, until it is fixed; none during the wizard, which shows troubles itself. A desk that cannot
/// store is a trouble too, and cannot keep the toast: `unstored` remembers the trouble that was shown without it.
async fn toast_trouble(core: &Core, code: Option<FailureCode>, unstored: &mut Option<FailureCode>) {
    let toasts = core
        .with_desk(move |desk| {
            let settled = crate::settings::connection(desk).settled;
            let told = code.filter(|code| settled && *code != Trouble::NoNotifications.into());
            desk.trouble(told.map(FailureCode::as_str))
        })
        .await;
    match (toasts, code) {
        (Ok(toasts), code) => {
            if unstored.take().is_some() && code.is_none() {
                core.show(vec![ToastOp::Close(ToastKey::Trouble)]).await;
            }
            core.show(toasts).await;
        }
        (Err(_), Some(code)) if *unstored != Some(code) => {
            let mut toast = Toast::trouble(crate::settings::words(&core.settings()), code.as_str());
            if code == Trouble::DataFolder.into() {
                toast.lines.push(core.data_dir.display().to_string());
            }
            core.show(vec![ToastOp::Show(toast)]).await;
            *unstored = Some(code);
        }
        (Err(_), _) => {}
    }
}

fn judge(core: &Core, session: &Session, health: Option<&Health>, feed: &FeedState, ability: &Ability) -> ServiceState {
    let trouble = worst(session, health, feed, core.toasts.are_unseen(ability));
    let known = health.cloned().unwrap_or_default();
    let import = known.import.unwrap_or_default();
    ServiceState {
        level: level_of(trouble),
        trouble,
        embedded: session.relay.is_some(),
        relay_url: session.client.base().to_owned(),
        // A remote session has a key, or there is none.
        token: session.relay.is_none() || known.has_token,
        callback_url: known.callback_url,
        subscription_until: known.subscription_until,
        last_event_at: known.events.and_then(|events| events.last_at),
        secrets: session.secrets,
        toasts: word_of(ability),
        // A connection of an older app does not say whose key it has; only an administrator is told of the keeper.
        admin: session.admin || health.is_some_and(|health| health.keeper.is_some()),
        mode: known_word(&import.mode),
        records_at: import.records.last_at,
        records_error: import.records.error,
        data_dir: core.data_dir.display().to_string(),
        connected: matches!(feed, FeedState::Connected { .. }),
    }
}

fn level_of(trouble: Option<FailureCode>) -> Level {
    let Some(trouble) = trouble else { return Level::Ready };
    match trouble {
        // Calls of the past can be read and called back, but none arrives, or nobody is told.
        FailureCode::Trouble(
            Trouble::NoPublicUrl
            | Trouble::Polling
            | Trouble::EventsSilent
            | Trouble::SubscriptionRefused
            | Trouble::PortInUse
            | Trouble::KeyringLocked
            | Trouble::PbxUnavailable
            | Trouble::NoNotifications,
        ) => Level::Degraded,
        _ => Level::Off,
    }
}

/// The trouble to fix first.
fn worst(session: &Session, health: Option<&Health>, feed: &FeedState, unseen: bool) -> Option<FailureCode> {
    match (health, feed) {
        (_, FeedState::Storage(code) | FeedState::Refused(code)) => Some(*code),
        (_, FeedState::KeyRefused) => Some(Trouble::KeyRefused.into()),
        (None, _) | (_, FeedState::Unreachable) => Some(Trouble::RelayUnreachable.into()),
        (Some(health), _) => of_health(session, health, unseen),
    }
}

fn of_health(session: &Session, health: &Health, unseen: bool) -> Option<FailureCode> {
    let keeper = health.keeper.clone().unwrap_or_default();
    let trouble = match (health.ledger.as_str(), keeper.state.as_str()) {
        ("failing", _) => Trouble::DiskFull,
        _ if session.trouble.is_some() => return session.trouble,
        (_, "no_token") => Trouble::NoToken,
        (_, "failing" | "partial") => of_keeper(keeper.error.as_deref().unwrap_or_default()),
        (_, "active") if keeper.error.as_deref() == Some("events_silent") => Trouble::EventsSilent,
        _ if session.admin && session.me.is_empty() => Trouble::NoMe,
        (_, "no_public_url") if is_polling(health) => Trouble::Polling,
        (_, "no_public_url") => Trouble::NoPublicUrl,
        _ if unseen => Trouble::NoNotifications,
        _ => return None,
    };
    Some(trouble.into())
}

/// Calls are asked for, because nobody reports them.
fn is_polling(health: &Health) -> bool {
    health.import.as_ref().is_some_and(|import| import.mode == "polling")
}

/// The keeper's errors are the PBX client's codes.
pub(crate) fn of_keeper(code: &str) -> Trouble {
    match code {
        "pbx_unauthorized" => Trouble::TokenRefused,
        "pbx_refused" | "pbx_invalid_argument" | "subscription_ended" => Trouble::SubscriptionRefused,
        "ledger" => Trouble::DiskFull,
        "pbx_unavailable" | "pbx_not_json" | "pbx_too_large" | "pbx_timeout" | "pbx_connection_broken" => {
            Trouble::PbxUnavailable
        }
        _ => Trouble::PbxUnreachable,
    }
}

/// «Проверить сервис»: the relay's checks and the desk's own.
pub(crate) async fn check(core: &Core) -> Result<Vec<CheckLine>, Failure> {
    let line = |id, ok: bool, code: FailureCode| CheckLine {
        id,
        state: if ok { CheckState::Ok } else { CheckState::Failed },
        trouble: (!ok).then_some(code),
        code: (!ok).then(|| code.to_string()),
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
                lines.push(line(CheckId::Relay, answers, error.code()));
            }
        },
        Err(failure) => lines.push(line(CheckId::Relay, false, failure.code)),
    }
    let state = core.service.borrow().clone();
    let ability = core.toasts.ability();
    let (seen, unseen) = match ability {
        Ability::Quiet => (false, Trouble::Quiet),
        _ => (!core.toasts.are_unseen(&ability), Trouble::NoNotifications),
    };
    lines.push(line(CheckId::Toasts, seen, unseen.into()));
    let keyring = core.secrets.check_keyring().await;
    // What is kept elsewhere needs no keyring.
    let safe = keyring.is_ok() || matches!(state.secrets, SecretsPlace::File | SecretsPlace::Environment);
    let locked = Trouble::KeyringLocked.into();
    lines.push(line(
        CheckId::Keyring,
        safe,
        keyring.err().map_or(locked, |error| error.code()),
    ));
    lines.push(files(&core.data_dir));
    let no_me = Trouble::NoMe.into();
    lines.push(line(CheckId::Me, state.trouble != Some(no_me), no_me));
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
        id: CheckId::Files,
        state: if long.is_empty() {
            CheckState::Ok
        } else {
            CheckState::Warning
        },
        trouble: None,
        code: None,
        detail: Some(long.join(", ")).filter(|long| !long.is_empty()),
        fix: None,
    }
}

/// Zero where there is no such file.
fn size_of(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len())
}

/// A word of the relay; none where it is newer than this app.
fn known_word<'de, T: Deserialize<'de>>(word: &'de str) -> Option<T> {
    T::deserialize(StrDeserializer::<serde::de::value::Error>::new(word)).ok()
}

fn check_line(check: Check, language: Language) -> CheckLine {
    let (detail, fix) = if language == Language::En {
        (check.detail_en, check.fix_en)
    } else {
        (check.detail, check.fix)
    };
    let state = match (check.state.as_str(), check.ok) {
        ("warning", _) => CheckState::Warning,
        ("skipped", _) => CheckState::Skipped,
        ("failed", _) | (_, false) => CheckState::Failed,
        (_, true) => CheckState::Ok,
    };
    CheckLine {
        id: known_word(&check.id).unwrap_or(CheckId::Other),
        state,
        // The relay's own causes have their sentence in the detail.
        trouble: check.cause.as_deref().and_then(FailureCode::of),
        code: check.cause,
        detail: Some(detail).filter(|detail| !detail.is_empty()),
        fix,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_companys_relay_is_asked_once_a_minute() {
        let asked = |own, troubled| pause(own, troubled, true).as_secs();
        assert_eq!(
            (asked(true, false), asked(false, true), asked(false, false)),
            (5, 15, 60)
        );
        assert_eq!(
            pause(false, true, false).as_secs(),
            1,
            "until it is known whether it lasts"
        );
    }

    #[test]
    fn a_log_that_grows_is_told() {
        let dir = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            files(dir.path()).state,
            CheckState::Ok,
            "without files, as with a remote relay"
        );
        for (size, state) in [
            (LOG_MAX_BYTES - 1, CheckState::Ok),
            (LOG_MAX_BYTES, CheckState::Warning),
        ] {
            // No byte of it is on the disk.
            let log = std::fs::File::create(dir.path().join("desk.db-wal"));
            let made = log.and_then(|log| log.set_len(size));
            assert!(made.is_ok(), "{made:?}");
            assert_eq!(files(dir.path()).state, state);
        }
        assert_eq!(files(dir.path()).detail.as_deref(), Some("desk.db-wal: 64 MB"));
    }

    #[test]
    fn every_cause_that_the_keeper_tells_is_known() {
        let keeper = |code: &str| code.starts_with("pbx_") || matches!(code, "ledger" | "subscription_ended");
        let codes: Vec<_> = perezvon_relay::cause_codes().filter(|code| keeper(code)).collect();
        assert!(codes.len() > 12, "the relay's causes: {codes:?}");
        let unreachable = |code: &&str| of_keeper(code) == Trouble::PbxUnreachable;
        let unreachable: Vec<_> = codes.into_iter().filter(unreachable).collect();
        // Of a call alone, which the keeper never places.
        let of_call = |code: &str| code == "pbx_outcome_unknown";
        assert!(
            unreachable
                .iter()
                .all(|code| code.starts_with("pbx_unreachable") || of_call(code)),
            "told as no connection: {unreachable:?}"
        );
    }
}
