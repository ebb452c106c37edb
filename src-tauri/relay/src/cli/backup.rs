//! `backup` and `restore`.

use super::{Backup, Restore};
use crate::clock::Clock;
use crate::tables::backup;
use anyhow::Context as _;
use std::io::Write as _;

/// Copies the ledger; a running relay goes on serving.
pub(super) fn backup(wanted: &Backup) -> anyhow::Result<()> {
    let contents = backup::backup(&wanted.dir.ledger()?, &wanted.to).context("no backup was made")?;
    writeln!(
        std::io::stdout(),
        "{}: {} calls, {} events, {} users, schema version {}; without the account token",
        wanted.to.display(),
        contents.calls,
        contents.events,
        contents.users,
        contents.schema
    )?;
    Ok(())
}

/// Replaces the ledger by a backup.
pub(super) fn restore(wanted: &Restore) -> anyhow::Result<()> {
    let restored = backup::restore(&wanted.dir.place(), &wanted.from, Clock::system().now())
        .with_context(|| format!("cannot restore {}", wanted.from.display()))?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "restored: {} calls, {} events, {} users",
        restored.contents.calls, restored.contents.events, restored.contents.users
    )?;
    if let Some(aside) = restored.aside {
        writeln!(out, "the ledger that was there: {}", aside.display())?;
    }
    writeln!(
        out,
        "users, keys and the callback's secret are those of the backup: keys that were revoked since work again, newer \
         keys do not; the account token was not touched"
    )?;
    Ok(())
}
