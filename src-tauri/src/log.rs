//! The log: daily files in the data folder, a week of them, nothing above `debug` with a number or a name.

use std::path::Path;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Starts logging; the guard flushes on drop. A folder that cannot be written costs the log, not the app.
pub(crate) fn start(data_dir: &Path) -> Option<tracing_appender::non_blocking::WorkerGuard> {
    let filter = EnvFilter::try_from_env("PEREZVON_LOG").unwrap_or_else(|_| EnvFilter::new("info,zbus=warn"));
    std::fs::create_dir_all(data_dir.join("logs")).ok()?;
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("perezvon")
        .filename_suffix("log")
        .max_log_files(7)
        .build(data_dir.join("logs"))
        .ok()?;
    let (writer, guard) = tracing_appender::non_blocking(files);
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(false)
        .finish();
    tracing::subscriber::set_global_default(subscriber).ok()?;
    // In place of the usual one, which prints it all to standard error.
    std::panic::set_hook(Box::new(|panic| {
        // What a panic says may quote a name or a number.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "A panic");
        tracing::debug!(%panic, "The panic");
        eprintln!("perezvon: a panic at {place}");
    }));
    Some(guard)
}
