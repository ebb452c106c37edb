//! The installer around the app itself, which was built before: what only the app can show. It runs from where it was
//! installed, ends when it is asked to and comes back, and keeps its data where the uninstaller looks for them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::{PATIENCE, Setup, eventually};
use crate::desktop::Desktop;
use crate::sh::Running;
use crate::wine::prefix::Prefix;

/// Nobody has ever been given this link.
const FORGED: &str = "perezvon://act/0123456789abcdef0123456789abcdef";

/// `programs`: the folder of the built app.
pub(crate) fn check(programs: &Path) -> Result<()> {
    let desktop = Desktop::start(false)?;
    let prefix = Prefix::new(&desktop)?;
    let setup = Setup::new(&prefix, programs)?;
    let before = setup.files()?;
    setup.installs()?;
    let mut first = setup.runs(1)?;
    let link = setup.code(&setup.home().join("perezvon.exe"), &["--", FORGED])?;
    ensure!(link == Some(0), "the second start ends");

    ensure!(setup.code(&setup.setups.join("newer.exe"), &["/S"])? == Some(0));
    let ended = first.wait(PATIENCE)?.context("the older one still runs")?;
    ensure!(ended.success(), "it was closed politely");
    setup.has_started(2)?;

    let uninstall = setup.home().join("uninstall.exe");
    ensure!(setup.code(&uninstall, &["/S"])? == Some(0));
    setup.is_removed()?;
    ensure!(setup.logged("Stopped") == 2, "it was closed politely too");
    let left = setup.files()?;
    let left: Vec<_> = left.difference(&before).collect();
    ensure!(left.iter().all(|file| file.starts_with(setup.data())), "{left:?}");
    for name in ["desk.db", "relay.db"] {
        ensure!(left.contains(&&setup.data().join(name)), "the data are left: {left:?}");
    }

    ensure!(setup.code(&setup.setups.join("newer.exe"), &["/S"])? == Some(0));
    let _last = setup.runs(3)?;
    ensure!(setup.code(&uninstall, &["/S", "/DATA"])? == Some(0));
    setup.is_removed()?;
    eventually("the end of the data", || Ok(!setup.data().exists()))?;
    let left: Vec<_> = setup.files()?.difference(&before).cloned().collect();
    ensure!(left.is_empty(), "nothing is left: {left:?}");
    Ok(())
}

impl Setup<'_> {
    /// The app from where it was installed, as the system starts it with a session; it has started so often then.
    fn runs(&self, times: usize) -> Result<Running> {
        let mut command = self.prefix.wine(self.home().join("perezvon.exe"));
        let running = Running::start(command.arg("--minimized"))?;
        self.has_started(times)?;
        Ok(running)
    }

    fn has_started(&self, times: usize) -> Result<()> {
        eventually(&format!("the start number {times}"), || {
            Ok(self.logged("Starting") == times && self.data().join("relay.db").exists())
        })
    }

    /// Lines of the app's log with this text.
    fn logged(&self, text: &str) -> usize {
        let logs = fs::read_dir(self.data().join("logs")).into_iter().flatten().flatten();
        let logs = logs.map(|log| fs::read_to_string(log.path()).unwrap_or_default());
        logs.map(|log| log.lines().filter(|line| line.contains(text)).count())
            .sum()
    }
}
