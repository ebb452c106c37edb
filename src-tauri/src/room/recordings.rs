//! «Записи».

use super::{Answer, MAX_PAGE_ROWS};
use crate::core::Core;
use crate::ipc::Failure;
use perezvon_desk::Fault;
use perezvon_desk::recordings::Recordings;
use perezvon_desk::view::{
    Loadings, RecordingRow, RecordingTotals, RecordingView, RecordingsFilter, RecordingsKept, RecordingsPage,
};
use std::sync::Arc;

room! {
    /// A page, newest first; `cursor` of the page before. Only the newest question is answered.
    list { filter: RecordingsFilter, cursor: Option<String>, limit: u32 } -> RecordingsPage,
    /// To take the place of rows that are shown.
    rows { ids: Vec<i64> } -> Vec<RecordingRow>,
    one { id: i64 } -> RecordingView,
    totals {} -> RecordingTotals,
    /// What is being fetched.
    loading {} -> Loadings,
    fetch { ids: Vec<i64> } -> (),
    /// Deletes the files here; how many are gone.
    erase { ids: Vec<i64> } -> usize,
    /// Copies the files into the folder for downloads; answers the folder, or the one file's path.
    save { ids: Vec<i64> } -> String,
    show { id: i64 } -> (),
    /// In the program that the system has for such files.
    open_elsewhere { id: i64 } -> (),
    settings {} -> RecordingsKept,
    /// Answers what was stored.
    set_settings { kept: RecordingsKept } -> RecordingsKept,
}

/// Most recordings that one command is about.
const MAX_IDS: usize = 5_000;

async fn list(
    core: &Arc<Core>,
    filter: RecordingsFilter,
    cursor: Option<String>,
    limit: u32,
) -> Answer<RecordingsPage> {
    let limit = limit.min(MAX_PAGE_ROWS);
    core.with_desk(move |desk| desk.recordings("recordings", &filter, cursor.as_deref(), limit))
        .await
}

async fn rows(core: &Arc<Core>, ids: Vec<i64>) -> Answer<Vec<RecordingRow>> {
    core.with_desk(move |desk| desk.recording_rows(&ids[..ids.len().min(MAX_PAGE_ROWS as usize)]))
        .await
}

async fn one(core: &Arc<Core>, id: i64) -> Answer<RecordingView> {
    core.with_desk(move |desk| desk.recording(id)).await
}

async fn totals(core: &Arc<Core>) -> Answer<RecordingTotals> {
    core.with_desk(perezvon_desk::Desk::recording_totals).await
}

async fn loading(core: &Arc<Core>) -> Answer<Loadings> {
    Ok(core.recordings()?.loadings().borrow().clone())
}

/// Work on the files, off the async threads.
async fn with<T: Send + 'static>(
    core: &Core,
    work: impl FnOnce(&Recordings) -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let recordings = Arc::clone(core.recordings()?);
    tokio::task::spawn_blocking(move || work(&recordings))
        .await
        .map_err(|_| Failure::of(Fault::Storage))?
}

fn few(ids: &[i64]) -> Answer<()> {
    if ids.len() > MAX_IDS {
        return Err(Failure::of(Fault::TooLong));
    }
    Ok(())
}

async fn fetch(core: &Arc<Core>, ids: Vec<i64>) -> Answer<()> {
    few(&ids)?;
    with(core, move |all| all.ask_for(&ids).map_err(|e| Failure::from(&e))).await
}

async fn erase(core: &Arc<Core>, ids: Vec<i64>) -> Answer<usize> {
    few(&ids)?;
    let listening = Arc::clone(core.listening()?);
    with(core, move |all| {
        listening.close_any(&ids);
        let erased = all.erase(&ids).map_err(|e| Failure::from(&e))?;
        if erased.left > 0 {
            return Err(Failure::with(
                Fault::Refused,
                format!("{} of them are in use", erased.left),
            ));
        }
        Ok(erased.recordings)
    })
    .await
}

async fn save(core: &Arc<Core>, ids: Vec<i64>) -> Answer<String> {
    few(&ids)?;
    let dir = core.shell.downloads().unwrap_or_else(|| core.data_dir.clone());
    let desk = Arc::clone(core.desk()?);
    with(core, move |all| {
        let mut last = None;
        for id in &ids {
            if all.file_of(*id).map_err(|e| Failure::from(&e))?.is_some() {
                // Where it is heard then is not known here: it counts as heard, for the audit too.
                desk.recording_heard(*id).map_err(|e| Failure::from(&e))?;
                last = all.copy_to(*id, &dir).map_err(|e| Failure::from(&e))?.or(last);
            }
        }
        let saved = last.ok_or_else(|| Failure::of(Fault::NotFound))?;
        let told = if ids.len() == 1 { saved } else { dir };
        Ok(told.display().to_string())
    })
    .await
}

async fn show(core: &Arc<Core>, id: i64) -> Answer<()> {
    crate::action::show_recording(core, id).await
}

async fn open_elsewhere(core: &Arc<Core>, id: i64) -> Answer<()> {
    let (shell, desk) = (Arc::clone(&core.shell), Arc::clone(core.desk()?));
    with(core, move |all| {
        let file = all.file_of(id).map_err(|e| Failure::from(&e))?;
        let file = file.ok_or_else(|| Failure::of(Fault::NotFound))?;
        // Where it is heard then is not known here: it counts as heard, for the audit too.
        desk.recording_heard(id).map_err(|e| Failure::from(&e))?;
        shell
            .open_file(&file)
            .map_err(|error| Failure::with(Fault::Refused, error.to_string()))
    })
    .await
}

async fn settings(core: &Arc<Core>) -> Answer<RecordingsKept> {
    core.with_desk(perezvon_desk::Desk::recordings_kept).await
}

async fn set_settings(core: &Arc<Core>, kept: RecordingsKept) -> Answer<RecordingsKept> {
    let stored = core.with_desk(move |desk| desk.set_recordings_kept(kept)).await?;
    core.kept.send_replace(stored.clone());
    // At once, and without a relay too. Thousands of files take longer than anybody waits for an answer.
    let (all, wants) = (Arc::clone(core.recordings()?), stored.clone());
    core.runtime.spawn_blocking(move || {
        if let Err(error) = all.fit(&wants) {
            tracing::warn!(%error, "What the settings no longer want could not be deleted");
        }
    });
    Ok(stored)
}
