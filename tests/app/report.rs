//! «Отчёт» in the real window: a cell leads to its calls and to a call's page, and the report becomes a file.

use crate::harness::app::{CLIENT, from_client, simulator, subscribed};
use crate::harness::display::Desktop;
use crate::harness::eventually_async;
use crate::harness::notifications::Notifications;
use crate::harness::window::Window;
use fantoccini::Locator;
use std::path::{Path, PathBuf};

/// What lies in a folder, parts of files too.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_leads_to_its_calls_and_the_report_to_a_file() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let _toasts = Notifications::start(&desktop.bus).await;
    let downloads = desktop.path("downloads");
    std::fs::create_dir_all(&downloads).unwrap();
    let dirs = format!("XDG_DOWNLOAD_DIR=\"{}\"\n", downloads.display());
    std::fs::create_dir_all(desktop.path("config")).unwrap();
    std::fs::write(desktop.path("config/user-dirs.dirs"), dirs).unwrap();
    let window = Window::open(&desktop, &sim).await;
    subscribed(&sim).await;
    sim.play("incoming-answered", from_client()).unwrap();
    window.text_where("call-row", "data-outcome", "ended").await;
    sim.play("incoming-missed", from_client()).unwrap();
    window.text_where("call-row", "data-outcome", "missed").await;

    // An administrator begins with the load: both calls, as many as the call list has. A figure leads to its calls.
    window.click("nav-report").await;
    window
        .text_of("report-table", |text| text.contains("Доля пропущенных"))
        .await;
    let told = window.text_where("report-reconciled", "data-same", "true").await;
    assert!(told.contains("В отчёте 2 звонка"), "{told}");
    window.click("report-cell").await;
    window
        .text_of("report-calls-count", |text| text.contains("2 звонка"))
        .await;

    // The manual's variant: its sum of talk time leads to the one call with a conversation.
    let variants = window.client.find(Locator::Css("[data-testid='report-variant']")).await;
    variants.unwrap().select_by_value("analysis").await.unwrap();
    window
        .text_of("report-table", |text| text.contains("Продолжительность вызова, сек."))
        .await;
    window.click("report-cell").await;
    window
        .text_of("report-calls-count", |text| text.contains("1 звонок"))
        .await;
    let row = window.text_where("call-row", "data-outcome", "ended").await;
    assert!(row.contains(&CLIENT[CLIENT.len() - 2..]), "the caller's number: {row}");

    window.click("report-view-pictures").await;
    window
        .text_of("report-pictures", |text| text.contains("Нагрузка по часам"))
        .await;
    window.click("report-view-table").await;

    is_saved(&window, &downloads).await;
    window.click("call-row").await;
    window.text_where("shell", "data-screen", "calls").await;
    window.text_of("panel-name", |text| !text.is_empty()).await;
    window.close().await;
}

/// A workbook in the folder of downloads, whole, and nothing beside it.
async fn is_saved(window: &Window, downloads: &Path) {
    window.click("report-file").await;
    window.click("report-file-yes").await;
    let file = eventually_async("the workbook", || async {
        let found = files(downloads);
        found
            .into_iter()
            .find(|file| file.extension().is_some_and(|e| e == "xlsx"))
    })
    .await;
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("Анализ звонков ОАТС "), "{name}");
    assert!(
        std::fs::read(&file).unwrap().starts_with(b"PK"),
        "an archive, as workbooks are"
    );
    eventually_async("the end of the writing", || async {
        (files(downloads).len() == 1).then_some(())
    })
    .await;
}
