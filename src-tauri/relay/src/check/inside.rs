//! The relay itself: its ledger, its disk, its feed.

use super::{Finding, Scene};
use crate::importer::Mode;
use crate::tables::{self, LedgerError};
use crate::words;
use reqwest::{StatusCode, header};
use std::time::Duration;

/// Free space below which there is a warning, bytes.
const LOW_SPACE_BYTES: u64 = 1024 * 1024 * 1024;
/// Free space below which the check fails, bytes: soon nothing can be stored.
const FULL_DISK_BYTES: u64 = 100 * 1024 * 1024;
/// A WAL of this size is not checkpointed as it should be, bytes; its limit after a checkpoint is 64 MiB.
const LARGE_WAL_BYTES: u64 = 512 * 1024 * 1024;

pub(super) fn relay(scene: &Scene) -> Finding {
    match &scene.running {
        Some(_) => Finding::well("relay", "Сервер приёма событий работает", "The relay is running"),
        None => Finding::failed("relay", "relay_off"),
    }
}

pub(super) fn ledger(scene: &Scene) -> Finding {
    const ID: &str = "ledger";
    match &scene.write {
        Ok(()) => Finding::well(ID, "База пишется", "The database takes changes"),
        Err(LedgerError::Damaged { .. }) => Finding::failed(ID, "ledger_damaged"),
        Err(_) => Finding::failed(ID, "ledger_failing"),
    }
}

pub(super) async fn disk(scene: &Scene) -> Finding {
    let dir = scene.data_dir.clone();
    let look = move || {
        let wal = tables::wal_of(&tables::path(&dir));
        let wal = std::fs::metadata(wal).map_or(0, |meta| meta.len());
        (tables::copy::free_space(&dir), wal)
    };
    match tokio::task::spawn_blocking(look).await {
        Ok((Some(free), wal)) => space(free, wal),
        Ok((None, _)) | Err(_) => Finding::warning("disk", "disk_unknown"),
    }
}

fn space(free: u64, wal: u64) -> Finding {
    const ID: &str = "disk";
    let megabytes = free / (1024 * 1024);
    let (ru, en) = match megabytes / 1024 {
        0..10 => (format!("свободно {megabytes} МБ"), format!("{megabytes} MB free")),
        gigabytes => (format!("свободно {gigabytes} ГБ"), format!("{gigabytes} GB free")),
    };
    if free < FULL_DISK_BYTES {
        Finding::failed(ID, "disk_full").with(ru, en)
    } else if free < LOW_SPACE_BYTES {
        Finding::warning(ID, "disk_low").with(ru, en)
    } else if wal > LARGE_WAL_BYTES {
        let megabytes = wal / (1024 * 1024);
        Finding::warning(ID, "wal_large").with(format!("{megabytes} МБ"), format!("{megabytes} MB"))
    } else {
        Finding::well(ID, format!("На диске {ru}"), format!("The disk has {en}"))
    }
}

/// Whether statistics and recordings are read, and whether calls are known by them alone.
pub(super) async fn import(scene: &Scene) -> Finding {
    const ID: &str = "import";
    let Some(running) = &scene.running else {
        return Finding::skipped(ID, "relay_off");
    };
    if scene.portal.is_none() {
        return Finding::skipped(ID, "no_token");
    }
    let health = running.importer.health().await;
    let error = health.statistics.error.or(health.records.error);
    match (error, health.mode) {
        (Some(code), _) => Finding::warning(ID, "import_failing").with(words::of(code).ru, words::of(code).en),
        (None, Mode::Polling) => Finding::warning(ID, "polling"),
        (None, _) => Finding::well(
            ID,
            "Статистика и записи загружаются",
            "Statistics and recordings are imported",
        ),
    }
}

/// Opens a feed at the relay's own listener, as a desk would, up to the newest version in the answer's head.
pub(super) async fn feed(scene: &Scene) -> Finding {
    const ID: &str = "feed";
    let Some(running) = &scene.running else {
        return Finding::skipped(ID, "relay_off");
    };
    let url = running.listening.own_url();
    let opened = async {
        let client = reqwest::Client::builder()
            .no_proxy()
            .http1_only()
            // The listener belongs to this process.
            .tls_danger_accept_invalid_certs(true)
            .timeout(Duration::from_secs(10))
            .build()?;
        let ask = client
            .get(format!("{url}/v1/feed?after={}", i64::MAX))
            .bearer_auth(running.key.reveal())
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            // Any 16 bytes in base64; nothing is sent over this feed.
            .header(header::SEC_WEBSOCKET_KEY, "cGVyZXp2b24gY2hlY2tzIQ==");
        ask.send().await
    };
    match opened.await {
        Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
            let version = answer
                .headers()
                .get("x-perezvon-version")
                .and_then(|version| version.to_str().ok()?.parse::<i64>().ok());
            match version {
                Some(version) => Finding::well(
                    ID,
                    format!("Лента звонков открывается, версия {version}"),
                    format!("The feed opens, version {version}"),
                ),
                None => Finding::failed(ID, "feed_failing"),
            }
        }
        Ok(answer) => {
            let status = answer.status().as_u16();
            Finding::failed(ID, "feed_failing").with(format!("HTTP {status}"), format!("HTTP {status}"))
        }
        Err(_) => Finding::failed(ID, "feed_failing"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;

    #[test]
    fn room_on_the_disk_is_judged_by_what_is_left() {
        for (free, wal, state, cause) in [
            (2 * LOW_SPACE_BYTES, 0, CheckState::Ok, None),
            (LOW_SPACE_BYTES - 1, 0, CheckState::Warning, Some("disk_low")),
            (FULL_DISK_BYTES - 1, 0, CheckState::Failed, Some("disk_full")),
            (
                2 * LOW_SPACE_BYTES,
                LARGE_WAL_BYTES + 1,
                CheckState::Warning,
                Some("wal_large"),
            ),
        ] {
            let finding = space(free, wal);
            assert_eq!((finding.state, finding.cause), (state, cause), "{free} free, WAL {wal}");
        }
    }
}
