//! The tests of the packages without a window, built for Windows and run under Wine: as Windows as it gets here. What
//! Wine cannot do, or the tests do in a way of Unix, is told with the reason ([`NOT_RUN`]), so that the list shrinks.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::check::{self, WINDOWS};
use crate::desktop::Desktop;
use crate::install;
use crate::programs::For;
use crate::report::{Failed, Report};
use crate::sh::{self, MINUTE, Scratch};

/// Debian's, without the wrapper that asks for the 32-bit half.
const WINE: &str = "/usr/lib/wine/wine64";
const SERVER: &str = "/usr/lib/wine/wineserver64";

/// Packages of which all tests run.
const PACKAGES: &[&str] = &[
    "perezvon-core",
    "perezvon-pbx",
    "perezvon-relay",
    "perezvon-desk",
    "perezvon-sim",
];

/// Tests that are not run, by the beginning of their path, and why.
const NOT_RUN: &[(&str, &str)] = &[];

/// Builds and runs; false if something failed.
pub(crate) fn run(yes: bool) -> bool {
    let mut report = Report::default();
    let result = steps(&mut report, yes);
    report.close(result)
}

fn steps(report: &mut Report, yes: bool) -> Result<(), Failed> {
    report.step("install what is missing", || {
        install::debian(&[For::Build, For::Windows, For::Desktop, For::Wine], yes)
    })?;
    report.step("build: windows, packages without a window and their tests", || {
        sh::run(&mut cargo("build"), 60 * MINUTE)?;
        stand_in()
    })?;
    report.step("tests: under wine", tests)
}

/// One selection of packages for building and running: another would choose other features and build anew.
fn cargo(sub: &str) -> Command {
    let mut command = check::debian_cargo(sub, "windows", WINDOWS);
    for package in PACKAGES {
        command.args(["-p", package]);
    }
    command.args(["--lib", "--bins", "--tests"]);
    command
}

/// Puts the DLL that Wine lacks beside the programs.
fn stand_in() -> Result<()> {
    let source = sh::root().join("src-tauri/xtask/src/wine/bcryptprimitives.c");
    let programs = programs();
    for folder in [programs.clone(), programs.join("deps")] {
        let mut compile = sh::command("x86_64-w64-mingw32-gcc", &["-shared", "-O1", "-o"]);
        compile.arg(folder.join("bcryptprimitives.dll")).arg(&source);
        sh::run(compile.arg("-ladvapi32"), MINUTE)?;
    }
    Ok(())
}

fn programs() -> PathBuf {
    sh::target().join("check-windows").join(WINDOWS).join("debug")
}

fn tests() -> Result<()> {
    let desktop = Desktop::start(false)?;
    let folder = Scratch::new("perezvon-wine")?;
    let prefix = Prefix::new(&desktop, folder.path())?;
    let mut test = cargo("test");
    test.args(["--no-fail-fast", "--"]);
    for (name, _) in NOT_RUN {
        test.args(["--skip", name]);
    }
    test.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", WINE);
    prefix.enter(&mut test);
    let told = folder.path().join("told");
    let out = std::fs::File::create(&told)?;
    let result = sh::run(test.stdout(out), 60 * MINUTE);
    let told = std::fs::read_to_string(&told).context("what the tests told")?;
    let summary = Summary::of(&told);
    summary.print(&told, result.is_ok());
    result?;
    ensure!(summary.passed > 500, "only {} tests were run", summary.passed);
    Ok(())
}

/// A Windows of its own: registry, drive, programs. Its programs end with it.
struct Prefix<'a> {
    desktop: &'a Desktop,
    folder: PathBuf,
}

impl<'a> Prefix<'a> {
    fn new(desktop: &'a Desktop, scratch: &Path) -> Result<Self> {
        let folder = scratch.join("prefix");
        std::fs::create_dir(&folder)?;
        let prefix = Self { desktop, folder };
        let mut boot = sh::command(WINE, &["wineboot", "--init"]);
        prefix.enter(&mut boot);
        sh::run(&mut boot, 5 * MINUTE)?;
        Ok(prefix)
    }

    fn enter(&self, command: &mut Command) {
        self.desktop.enter(command);
        command
            .env("WINEPREFIX", &self.folder)
            .env("WINESERVER", SERVER)
            .env("WINEARCH", "win64")
            .env("WINEDEBUG", "-all")
            // .NET and a browser would be offered for download; menu entries would be made for the person who runs this.
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=;winemenubuilder.exe=d");
    }
}

impl Drop for Prefix<'_> {
    fn drop(&mut self) {
        let mut end = sh::command(SERVER, &["-k"]);
        self.enter(&mut end);
        // Nothing runs in it any more: then there is nobody to end.
        let _ = sh::run(&mut end, MINUTE);
    }
}

/// What the test programs told.
#[derive(Debug, Default, PartialEq)]
struct Summary {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Summary {
    fn of(told: &str) -> Self {
        let mut summary = Self::default();
        for line in told.lines().filter(|line| line.starts_with("test result:")) {
            let number = |what: &str| -> usize {
                let before = line.split(';').find_map(|part| part.trim().strip_suffix(what));
                let number = before.and_then(|before| before.trim().rsplit(' ').next());
                number.and_then(|number| number.parse().ok()).unwrap_or(0)
            };
            summary.passed += number("passed");
            summary.failed += number("failed");
            summary.ignored += number("ignored");
        }
        summary
    }

    fn print(&self, told: &str, all: bool) {
        if !all {
            println!("{told}");
        }
        println!("under Wine: {} run and passed, {} failed", self.passed, self.failed);
        println!("not run, by the beginning of their names:");
        for (name, why) in NOT_RUN {
            println!("  {name}: {why}");
        }
        println!("  {} marked as ignored, here as everywhere", self.ignored);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_result_counts() {
        let told = "running 2 tests\ntest a ... ok\n\
                    test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.00s\n\
                    test result: FAILED. 40 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s\n";
        let (passed, failed, ignored) = (42, 2, 1);
        let wanted = Summary {
            passed,
            failed,
            ignored,
        };
        assert_eq!(Summary::of(told), wanted);
    }
}
