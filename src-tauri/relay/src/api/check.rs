//! «Проверить сервис»: independent checks, each with a cause as a stable word and a sentence for a person. The API and
//! the command line run the same ones.

use crate::auth::Admin;
use crate::error::ApiError;
use crate::ledger::subscriptions::Subscription;
use crate::ledger::{LedgerError, events, subscriptions};
use crate::state::App;
use crate::writer::now;
use axum::Json;
use axum::extract::State;
use perezvon_core::Time;
use perezvon_pbx::rest::{Portal, PortalError};
use serde::Serialize;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// Free space below which the ledger is in danger, bytes.
const SPACE: usize = 16 * 1024 * 1024;
/// For the look at the own public address.
const LOOK: Duration = Duration::from_secs(10);

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    pub(crate) id: &'static str,
    pub(crate) ok: bool,
    /// Why not; absent where all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<&'static str>,
    /// One sentence in Russian.
    pub(crate) detail: String,
    /// The same in English.
    pub(crate) detail_en: String,
}

fn well(id: &'static str, ru: impl Into<String>, en: impl Into<String>) -> Finding {
    Finding {
        id,
        ok: true,
        cause: None,
        detail: ru.into(),
        detail_en: en.into(),
    }
}

fn ill(id: &'static str, cause: &'static str, ru: impl Into<String>, en: impl Into<String>) -> Finding {
    Finding {
        id,
        ok: false,
        cause: Some(cause),
        detail: ru.into(),
        detail_en: en.into(),
    }
}

/// What is checked.
pub(crate) struct Scene {
    pub(crate) portal: Option<Portal>,
    pub(crate) callback: Option<Url>,
    pub(crate) active: Vec<Subscription>,
    pub(crate) last_event: Option<Time>,
    /// Whether the ledger takes a change; none where another process is the writer.
    pub(crate) write: Result<(), LedgerError>,
    pub(crate) data_dir: PathBuf,
}

/// `GET /v1/check`.
pub(crate) async fn check(State(app): State<App>, _: Admin) -> Result<Json<Value>, ApiError> {
    let (active, (_, _, last_event)) = app
        .ledger
        .read(|c| Ok((subscriptions::active(c)?, events::summary(c)?)))
        .await?;
    let write = app
        .ledger
        .write(|batch| {
            // A real write: an empty transaction succeeds on a full disk as well.
            batch.connection.execute("UPDATE counter SET version = version", [])?;
            Ok(())
        })
        .await;
    let scene = Scene {
        portal: app.portal(),
        callback: app.callback_url(),
        active,
        last_event,
        write,
        data_dir: app.data_dir.clone(),
    };
    let findings = run(scene).await;
    let ok = findings.iter().all(|finding| finding.ok);
    Ok(Json(json!({ "ok": ok, "checks": findings })))
}

/// Every check, in the order in which a person would go through them.
pub(crate) async fn run(scene: Scene) -> Vec<Finding> {
    let dir = scene.data_dir.clone();
    let (abonents, callback, subscription, space) = tokio::join!(
        abonents(scene.portal.as_ref()),
        callback(scene.callback.as_ref()),
        subscription(&scene),
        tokio::task::spawn_blocking(move || space(&dir)),
    );
    let lost = |_| ill("disk", "not_checked", "Проверка не выполнена", "The check did not run");
    vec![
        clock(now()),
        token(&scene),
        abonents,
        public_url(&scene),
        callback,
        subscription,
        last_event(scene.last_event),
        ledger(&scene.write),
        space.unwrap_or_else(lost),
    ]
}

fn clock(now: Time) -> Finding {
    // 2025-01-01 and 2100-01-01: a computer without a battery starts in 1970.
    if (1_735_689_600_000..4_102_444_800_000).contains(&now.ms()) {
        well("clock", format!("Часы: {now}"), format!("Clock: {now}"))
    } else {
        ill(
            "clock",
            "clock_wrong",
            "Часы компьютера показывают неверное время",
            "The computer's clock is wrong",
        )
    }
}

fn token(scene: &Scene) -> Finding {
    match scene.portal {
        Some(_) => well("token", "Токен задан", "There is a token"),
        None => ill(
            "token",
            "no_token",
            "Токен не задан: создайте его в кабинете АТС, «Интеграция по API» → «Создать токен»",
            "No token: make one in the PBX's cabinet, \"Интеграция по API\"",
        ),
    }
}

async fn abonents(portal: Option<&Portal>) -> Finding {
    const ID: &str = "abonents";
    let Some(portal) = portal else {
        return ill(
            ID,
            "no_token",
            "Без токена АТС не отвечает",
            "The PBX does not answer without a token",
        );
    };
    match portal.abonents().await {
        Ok(list) if list.is_empty() => ill(
            ID,
            "no_abonents",
            "АТС приняла токен, но абонентов у неё нет",
            "The token is good, but there are no abonents",
        ),
        Ok(list) => well(
            ID,
            format!("Токен принят, абонентов: {}", list.len()),
            format!("{} abonents", list.len()),
        ),
        Err(PortalError::Unauthorized) => ill(
            ID,
            "pbx_unauthorized",
            "АТС не принимает токен",
            "The PBX does not accept the token",
        ),
        Err(error) => ill(
            ID,
            error.code(),
            format!("АТС не отвечает как должна: {error}"),
            error.to_string(),
        ),
    }
}

fn public_url(scene: &Scene) -> Finding {
    match &scene.callback {
        Some(url) => {
            let host = url.origin().ascii_serialization();
            well(
                "publicUrl",
                format!("Адрес для событий: {host}"),
                format!("Address for events: {host}"),
            )
        }
        None => ill(
            "publicUrl",
            "no_public_url",
            "Не задан адрес, на который АТС присылает события",
            "The address at which the PBX reaches the relay is not set",
        ),
    }
}

async fn callback(url: Option<&Url>) -> Finding {
    const ID: &str = "callback";
    let Some(url) = url else {
        return ill(
            ID,
            "no_public_url",
            "Адрес для событий не задан",
            "There is no address for events",
        );
    };
    let client = reqwest::Client::builder()
        .timeout(LOOK)
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let answer = match client {
        Ok(client) => client.get(url.as_str()).send().await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) if answer.status().is_success() => {
            well(ID, "Адрес для событий отвечает", "The address for events answers")
        }
        Ok(answer) => {
            let status = answer.status().as_u16();
            let ru = format!("По адресу для событий отвечает кто-то другой (HTTP {status})");
            ill(
                ID,
                "callback_wrong",
                ru,
                format!("Something else answers at the address for events (HTTP {status})"),
            )
        }
        // The error's own text would show the address with its secret.
        Err(error) if error.is_timeout() => ill(
            ID,
            "callback_timeout",
            "Адрес для событий не ответил вовремя",
            "The address for events timed out",
        ),
        Err(_) => ill(
            ID,
            "callback_unreachable",
            "Адрес для событий недоступен с этого компьютера",
            "The address for events cannot be reached from here",
        ),
    }
}

async fn subscription(scene: &Scene) -> Finding {
    const ID: &str = "subscription";
    let (Some(portal), Some(url)) = (&scene.portal, &scene.callback) else {
        return ill(
            ID,
            "not_possible",
            "Подписка невозможна без токена и адреса",
            "It needs a token and an address",
        );
    };
    let Some(own) = scene.active.iter().rev().find(|s| s.url == url.as_str()) else {
        return ill(
            ID,
            "no_subscription",
            "Подписка на события не оформлена",
            "There is no subscription",
        );
    };
    match portal.subscription(&own.id).await {
        Ok(info) if info.url.as_deref().is_none_or(|told| told == url.as_str()) => {
            let until = own.expires_at;
            well(
                ID,
                format!("Подписка действует до {until}"),
                format!("Subscribed until {until}"),
            )
        }
        Ok(_) | Err(PortalError::Refused { .. }) => ill(
            ID,
            "subscription_lost",
            "АТС не знает нашей подписки",
            "The PBX does not know our subscription",
        ),
        Err(error) => ill(
            ID,
            error.code(),
            format!("АТС не отвечает как должна: {error}"),
            error.to_string(),
        ),
    }
}

fn last_event(at: Option<Time>) -> Finding {
    match at {
        Some(at) => well(
            "events",
            format!("Последнее событие: {at}"),
            format!("Last event: {at}"),
        ),
        None => ill(
            "events",
            "no_events",
            "Ни одного события ещё не было: сделайте тестовый звонок",
            "No event has come yet: make a test call",
        ),
    }
}

fn ledger(write: &Result<(), LedgerError>) -> Finding {
    match write {
        Ok(()) => well("ledger", "База пишется", "The database takes changes"),
        Err(LedgerError::Damaged { .. }) => {
            ill("ledger", "ledger_damaged", "База повреждена", "The database is damaged")
        }
        Err(_) => ill(
            "ledger",
            "ledger_failing",
            "База не пишется",
            "The database does not take changes",
        ),
    }
}

/// Writes as much as must be free, and takes it back.
fn space(dir: &Path) -> Finding {
    let probe = dir.join(format!("probe-{}", ulid::Ulid::new()));
    let block = vec![0x5a_u8; 1024 * 1024];
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create_new(&probe)?;
        for _ in 0..SPACE / block.len() {
            file.write_all(&block)?;
        }
        file.sync_all()
    };
    let result = write();
    let _ = std::fs::remove_file(&probe);
    match result {
        Ok(()) => well("disk", "На диске есть место", "There is room on the disk"),
        Err(error) => ill(
            "disk",
            "disk_full",
            format!("На диске нет места: {error}"),
            format!("No room: {error}"),
        ),
    }
}
