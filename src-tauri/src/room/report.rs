//! The report «Анализ звонков ОАТС».

use super::{Answer, MAX_PAGE_ROWS};
use crate::core::Core;
use crate::ipc::Failure;
use perezvon_desk::view::{
    Report, ReportCalls, ReportFormat, ReportPictures, ReportPlace, ReportSettings, ReportVariants, ReportWords,
};
use perezvon_desk::{Desk, DeskError, Fault};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most lines that a window gets; a file has all of them.
const MAX_LINES: usize = 5_000;

room! {
    /// Names of what a report is made of, and what it can be filtered by.
    words {} -> ReportWords,
    /// A newer question ends an older one with `overtaken`.
    make { settings: ReportSettings } -> Report,
    /// The reports that the pictures are drawn of, over the same calls.
    pictures { settings: ReportSettings } -> ReportPictures,
    /// The calls of a cell, newest first; `cursor` of the page before.
    calls { place: ReportPlace, cursor: Option<String>, limit: u32 } -> ReportCalls,
    /// All variants, and the one to begin with.
    variants {} -> ReportVariants,
    /// Answers the variant's id; without an `id` a new one.
    save_variant { id: Option<String>, name: String, settings: ReportSettings } -> String,
    delete_variant { id: String } -> (),
    /// From now on the report begins with this variant.
    begin_with { id: String } -> (),
    /// Writes the variant into a file; answers its path.
    share_variant { id: String } -> String,
    /// A variant from the text of a file; answers its id.
    take_variant { text: String } -> String,
    /// Writes the report with all its lines into a file in the folder of downloads; answers its path. One at a time.
    save { settings: ReportSettings, name: String, format: ReportFormat } -> String,
    /// How many lines were read and written so far; none where nothing is being written.
    saved_lines {} -> Option<u32>,
    /// Breaks it off: then there is no file.
    cancel_save {} -> (),
}

/// Names of the abonents by their ids.
fn abonents(core: &Core) -> impl FnOnce(&Desk) -> Result<HashMap<String, String>, DeskError> + Send + use<> {
    let me = core.me().map(|me| (me.id, me.name));
    move |desk| {
        let mut names = desk.company_abonents()?;
        names.extend(me);
        Ok(names)
    }
}

/// Whose report it is: administrators begin with another one.
fn role(core: &Core) -> &'static str {
    if core.service.borrow().admin { "admin" } else { "user" }
}

async fn words(core: &Arc<Core>) -> Answer<ReportWords> {
    let abonents = abonents(core);
    core.with_desk(move |desk| desk.report_words(&abonents(desk)?)).await
}

async fn make(core: &Arc<Core>, settings: ReportSettings) -> Answer<Report> {
    core.may_see(settings.filter.company)?;
    let abonents = abonents(core);
    core.with_desk(move |desk| desk.report("report", &settings, &abonents(desk)?, MAX_LINES))
        .await
}

async fn pictures(core: &Arc<Core>, settings: ReportSettings) -> Answer<ReportPictures> {
    core.may_see(settings.filter.company)?;
    let abonents = abonents(core);
    core.with_desk(move |desk| desk.report_pictures("report.pictures", &settings, &abonents(desk)?))
        .await
}

async fn calls(core: &Arc<Core>, place: ReportPlace, cursor: Option<String>, limit: u32) -> Answer<ReportCalls> {
    core.may_see(place.settings.filter.company)?;
    core.with_desk(move |desk| desk.report_calls(&place, cursor.as_deref(), limit.min(MAX_PAGE_ROWS)))
        .await
}

async fn variants(core: &Arc<Core>) -> Answer<ReportVariants> {
    let role = role(core);
    core.with_desk(move |desk| desk.report_variants(role)).await
}

async fn save_variant(core: &Arc<Core>, id: Option<String>, name: String, settings: ReportSettings) -> Answer<String> {
    core.with_desk(move |desk| desk.save_report_variant(id.as_deref(), &name, &settings))
        .await
}

async fn delete_variant(core: &Arc<Core>, id: String) -> Answer<()> {
    core.with_desk(move |desk| desk.delete_report_variant(&id)).await
}

async fn begin_with(core: &Arc<Core>, id: String) -> Answer<()> {
    let role = role(core);
    core.with_desk(move |desk| desk.begin_reports_with(role, &id)).await
}

async fn share_variant(core: &Arc<Core>, id: String) -> Answer<String> {
    let folder = folder(core);
    core.with_desk(move |desk| {
        let (name, text) = desk.share_report_variant(&id)?;
        desk.write_text(&text, &folder, &name, "perezvon.json")
    })
    .await
    .map(|path| path.display().to_string())
}

async fn take_variant(core: &Arc<Core>, text: String) -> Answer<String> {
    core.with_desk(move |desk| desk.take_report_variant(&text)).await
}

async fn save(core: &Arc<Core>, settings: ReportSettings, name: String, format: ReportFormat) -> Answer<String> {
    core.may_see(settings.filter.company)?;
    let abonents = abonents(core);
    let path = save_into_file(core, move |desk, folder, going| {
        desk.write_report(&settings, &abonents(desk)?, format, (folder, &name), going)
    });
    Ok(path.await?.display().to_string())
}

/// Writes a file that may have a million lines into the folder of downloads, and answers what `write` tells of it. It takes
/// longer than any other question to the storage: it can be broken off instead.
pub(super) async fn save_into_file<T: Send + 'static>(
    core: &Arc<Core>,
    write: impl FnOnce(&Desk, &Path, &mut dyn FnMut(usize) -> bool) -> Result<T, DeskError> + Send + 'static,
) -> Answer<T> {
    let (desk, folder, core) = (Arc::clone(core.desk()?), folder(core), Arc::clone(core));
    let written = tokio::task::spawn_blocking(move || {
        let under = core.saving.begin().ok_or_else(|| Failure::of(Fault::Busy))?;
        let told = write(&desk, &folder, &mut |lines| under.step(lines));
        told.map_err(|error| Failure::from(&error))
    });
    written.await.map_err(|_| Failure::of(Fault::Unexpected))?
}

async fn saved_lines(core: &Arc<Core>) -> Answer<Option<u32>> {
    Ok(core.saving.lines())
}

async fn cancel_save(core: &Arc<Core>) -> Answer<()> {
    core.saving.cancel();
    Ok(())
}

/// Where files go.
fn folder(core: &Core) -> PathBuf {
    core.shell.downloads().unwrap_or_else(|| core.data_dir.clone())
}
