//! Contacts of a file. The window has the file, not its place on the disk: it sends the bytes in pieces.

use super::Answer;
use crate::core::Core;
use crate::importing::ImportProgress;
use crate::ipc::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use perezvon_desk::view::{ImportPreview, ImportUndone};
use perezvon_desk::{DeskError, Fault, ImportFile, ImportHow, Language, read_contacts};
use std::sync::Arc;

/// Longest piece, as text.
const MAX_PIECE: usize = 2 * 1024 * 1024;

room! {
    /// A file of this name and of so many bytes comes; one before it is forgotten.
    begin { name: String, size: usize } -> (),
    /// Its next bytes, in base64.
    piece { data: String } -> (),
    /// Reads the file and tells what would change; nothing is stored.
    read { how: ImportHow } -> ImportPreview,
    /// Stores what was shown last. `leaveSame`: who is known already by name and number is left out.
    start { leave_same: bool } -> (),
    /// How far that is; none where nothing was started.
    progress {} -> Option<ImportProgress>,
    /// Ends it after the contacts that are being stored.
    cancel {} -> (),
    undo { id: i64 } -> ImportUndone,
    /// The file is no longer wanted.
    close {} -> (),
}

/// Longest wait for a whole file, as it is read or taken back: 200,000 contacts take longer than a question.
const FILE_TIMEOUT: std::time::Duration = std::time::Duration::from_mins(5);

async fn begin(core: &Arc<Core>, name: String, size: usize) -> Answer<()> {
    if core.importing.begin(name, size) {
        return Ok(());
    }
    Err(Failure::of(Fault::TooLong))
}

async fn piece(core: &Arc<Core>, data: String) -> Answer<()> {
    if data.len() > MAX_PIECE {
        return Err(Failure::of(Fault::TooLong));
    }
    let bytes = STANDARD.decode(data).map_err(|_| Failure::of(Fault::Unexpected))?;
    if core.importing.add(&bytes) {
        return Ok(());
    }
    Err(Failure::of(Fault::NotFound))
}

async fn read(core: &Arc<Core>, how: ImportHow) -> Answer<ImportPreview> {
    let (asked, name, bytes) = core.importing.file().ok_or_else(|| Failure::of(Fault::NotFound))?;
    let language = core.language();
    let (file, preview) = core
        .with_desk_within(FILE_TIMEOUT, move |desk| {
            let before = if how == ImportHow::default() {
                desk.import_how(&name)?
            } else {
                None
            };
            let (file, how, remembered) = read_as_before(&bytes, &name, how, before, language)?;
            let mut preview = desk.preview_import(&file, &name)?;
            (preview.how, preview.remembered) = (how, remembered);
            Ok((file, preview))
        })
        .await?;
    core.importing.shown(asked, Arc::new(file), preview.how.clone());
    Ok(preview)
}

/// Where the file has as many columns as it had before, they are what they were.
fn read_as_before(
    bytes: &[u8],
    name: &str,
    how: ImportHow,
    before: Option<ImportHow>,
    language: Language,
) -> Result<(ImportFile, ImportHow, bool), DeskError> {
    if let Some(before) = before {
        let file = read_contacts(bytes, name, &before, language)?;
        if before
            .columns
            .as_ref()
            .is_none_or(|columns| columns.len() == file.columns())
        {
            return Ok((file, before, true));
        }
    }
    let file = read_contacts(bytes, name, &how, language)?;
    Ok((file, how, false))
}

async fn start(core: &Arc<Core>, leave_same: bool) -> Answer<()> {
    let desk = Arc::clone(core.desk()?);
    let started = core.importing.start(perezvon_desk::ImportFile::count);
    let (name, file, how) = started.ok_or_else(|| Failure::of(Fault::NotFound))?;
    let core = Arc::clone(core);
    // 200,000 contacts take longer than a question may: the window asks how far it is.
    core.runtime.clone().spawn(async move {
        let watched = Arc::clone(&core);
        let work = move || {
            let done = desk.import_contacts(&file, &name, leave_same, |done| watched.importing.go_on(done))?;
            if how != ImportHow::default() {
                desk.remember_import_how(&name, &how)?;
            }
            Ok::<_, DeskError>(done)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok((done, toasts))) => {
                core.importing.end(Ok(done));
                core.show(toasts).await;
            }
            Ok(Err(error)) => core.importing.end(Err(error.code())),
            Err(_) => core.importing.end(Err(Fault::Unexpected.into())),
        }
    });
    Ok(())
}

async fn progress(core: &Arc<Core>) -> Answer<Option<ImportProgress>> {
    Ok(core.importing.progress())
}

async fn cancel(core: &Arc<Core>) -> Answer<()> {
    core.importing.cancel();
    Ok(())
}

async fn undo(core: &Arc<Core>, id: i64) -> Answer<ImportUndone> {
    let (undone, toasts) = core
        .with_desk_within(FILE_TIMEOUT, move |desk| desk.undo_import(id))
        .await?;
    core.show(toasts).await;
    Ok(undone)
}

async fn close(core: &Arc<Core>) -> Answer<()> {
    core.importing.close();
    Ok(())
}
