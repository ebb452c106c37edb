//! The journals of the relay: events of the PBX, and its own requests to the PBX.

use super::Answer;
use super::relay::{failure_of, page_failure, relay};
use crate::core::Core;
use crate::ipc::Failure;
use perezvon_desk::Fault;
use perezvon_desk::relay_client::admin::{EventRow, EventsPage, ExchangesPage, JournalFilter, Replay};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::fs::File;

room! {
    events { filter: JournalFilter, cursor: Option<String>, limit: u32 } -> EventsPage,
    /// With its body.
    event { seq: i64 } -> EventRow,
    replay { seq: i64 } -> Replay,
    /// Answers the file's path.
    export { filter: JournalFilter } -> String,
    exchanges { filter: JournalFilter, cursor: Option<String>, limit: u32 } -> ExchangesPage,
}

async fn events(core: &Arc<Core>, filter: JournalFilter, cursor: Option<String>, limit: u32) -> Answer<EventsPage> {
    let relay = relay(core).await?;
    let page = relay.events(&filter, cursor.as_deref(), limit).await;
    page.map_err(|e| page_failure(&e))
}

async fn event(core: &Arc<Core>, seq: i64) -> Answer<EventRow> {
    relay(core).await?.event(seq).await.map_err(|e| failure_of(&e))
}

async fn replay(core: &Arc<Core>, seq: i64) -> Answer<Replay> {
    relay(core).await?.replay_event(seq).await.map_err(|e| failure_of(&e))
}

async fn export(core: &Arc<Core>, filter: JournalFilter) -> Answer<String> {
    let relay = relay(core).await?;
    let dir = core.shell.downloads().unwrap_or_else(|| core.data_dir.clone());
    let (mut file, path) = new_file(&dir, "perezvon-events", "jsonl").await?;
    if let Err(error) = relay.export_events(&filter, &mut file).await {
        // Half a journal would pass for a whole one.
        let _ = tokio::fs::remove_file(&path).await;
        return Err(page_failure(&error));
    }
    Ok(path.display().to_string())
}

async fn exchanges(
    core: &Arc<Core>,
    filter: JournalFilter,
    cursor: Option<String>,
    limit: u32,
) -> Answer<ExchangesPage> {
    let relay = relay(core).await?;
    let page = relay.exchanges(&filter, cursor.as_deref(), limit).await;
    page.map_err(|e| page_failure(&e))
}

/// A new file in the folder, by a name that is free: nothing is ever overwritten.
async fn new_file(dir: &Path, name: &str, ending: &str) -> Answer<(File, PathBuf)> {
    let storage = |error: &std::io::Error| Failure::with(Fault::Storage, format!("{}: {error}", dir.display()));
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn an_export_never_overwrites_another() {
        let dir = tempfile::tempdir().unwrap();
        let (_, first) = new_file(dir.path(), "events", "jsonl").await.unwrap();
        let (_, second) = new_file(dir.path(), "events", "jsonl").await.unwrap();
        assert!(first.ends_with("events.jsonl") && second.ends_with("events-2.jsonl"));
        let file = dir.path().join("events.jsonl");
        assert_eq!(
            new_file(&file, "events", "jsonl").await.unwrap_err().code.as_str(),
            "storage"
        );
    }
}
