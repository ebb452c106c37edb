//! The project's commands, as `cargo xtask COMMAND`. They install what a fresh Debian 12 lacks and start everything
//! they need themselves; nothing outlives them.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

mod bench;
mod check;
mod contract;
mod demo;
mod desktop;
mod fresh;
mod fuzz;
mod http;
mod imports;
mod install;
mod installer;
mod lint;
mod package;
mod programs;
mod report;
mod run;
mod sh;
mod starts;
mod test;
mod tokens;
mod wine;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::programs::For;
use crate::sh::MINUTE;

const USAGE: &str = "\
cargo xtask run [--yes] [--no-wait]       the app beside a simulated PBX, calls coming in; without a display, pictures
cargo xtask test [--yes]                  every check there is
cargo xtask test windows [PART…] [--yes]  the tests as Windows programs under Wine, and the installer with the app; or only
                                          programs whose names contain a part: core, relay, pbx/rest, app/windows;
                                          `installer` is the last step
cargo xtask check windows|macos [--yes]   type checks for systems that are not here; for Windows unit tests under Wine
cargo xtask check installer [--yes]       the installer for Windows, under Wine, around a stand-in (also part of check windows)
cargo xtask check fresh [--yes]           every program that the project starts, in a bare Debian 12 made for it
cargo xtask check programs                every program that the sources start is in the table (also part of test)
cargo xtask check imports                 relay, desk and app import only what lies below (also part of test)
cargo xtask check api [--yes]             the relay does what its OpenAPI document says, and nothing else (also part of test)
cargo xtask fuzz [--minutes N] [--yes]    the fuzz targets for longer (10 minutes each)
cargo xtask bench [PART…] [--yes]         the table of the design's budgets, measured here: toast, ingest, parser,
                                          lookup, search, queue, report-sql, change, window
cargo xtask deny [--yes]                  licences, bans and sources of all dependencies
cargo xtask dev [--yes]                   the app with the user interface reloading as one edits
cargo xtask bundle [--yes]                the Debian package of the app
cargo xtask bundle windows [--yes]        the installer of the app for Windows, in target/package
cargo xtask package relay [--yes]         the Debian package of the relay, in target/package
cargo xtask package check [--yes]         the same around the debug binary, looked into and run

--yes: do not ask before Debian packages are installed";

fn main() -> ExitCode {
    match command() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words = Vec::new();
    let (mut yes, mut wait, mut minutes) = (false, true, 10_u64);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--yes" | "-y" => yes = true,
            "--no-wait" => wait = false,
            "--minutes" => {
                minutes = rest
                    .next()
                    .and_then(|n| n.parse().ok())
                    .filter(|n| *n > 0)
                    .context("--minutes takes a number above 0")?;
            }
            word if !word.starts_with('-') => words.push(word),
            other => bail!("unknown option {other}\n{USAGE}"),
        }
    }
    match words.as_slice() {
        ["run"] => run::run(yes, wait).map(|()| true),
        ["test"] => Ok(test::run(yes)),
        ["test", "windows", parts @ ..] => Ok(wine::run(parts, yes)),
        ["check", what] => check::run(what, yes),
        ["fuzz"] => fuzz::long(minutes, yes).map(|()| true),
        ["bench", parts @ ..] => bench::run(parts, yes).map(|()| true),
        ["deny"] => test::deny(yes).map(|()| true),
        ["dev"] => dev(yes).map(|()| true),
        ["package", "relay"] => package::relay(yes).map(|()| true),
        ["package", "check"] => package::debug(yes).map(|()| true),
        ["bundle"] => bundle(yes).map(|()| true),
        ["bundle", "windows"] => installer::bundle(yes).map(|()| true),
        [] => {
            println!("{USAGE}");
            Ok(true)
        }
        other => bail!("unknown command {}\n{USAGE}", other.join(" ")),
    }
}

/// Builds `ui/dist`, which the app embeds: without it the app does not compile.
fn ui_dist(yes: bool) -> Result<()> {
    install::node_modules(yes)?;
    sh::run(&mut install::npm(&["run", "build"])?, 5 * MINUTE)
}

/// The Tauri command line, which npm installs ready-made.
fn tauri(arguments: &[&str]) -> Result<std::process::Command> {
    let mut command = sh::command(sh::root().join("ui/node_modules/.bin/tauri"), arguments);
    command.env("PATH", install::node_path()?);
    Ok(command)
}

fn dev(yes: bool) -> Result<()> {
    install::debian(&[For::Build], yes)?;
    install::node_modules(yes)?;
    sh::run(&mut tauri(&["dev"])?, 24 * 60 * MINUTE)
}

fn bundle(yes: bool) -> Result<()> {
    install::debian(&[For::Build], yes)?;
    install::node_modules(yes)?;
    let folder = sh::target().join("release/bundle/deb");
    // The command line has been seen to end with success and no package: only a new file counts.
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder)?;
    }
    sh::run(
        tauri(&["build", "--bundles", "deb"])?.env(sh::BUILD, sh::build()?),
        60 * MINUTE,
    )?;
    let built = std::fs::read_dir(&folder).with_context(|| format!("no package in {}", folder.display()))?;
    let packages: Vec<_> = built
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|p| p.extension().is_some_and(|e| e == "deb"))
        .collect();
    for package in &packages {
        println!("{}", package.display());
    }
    if packages.is_empty() {
        bail!("no package in {}", folder.display());
    }
    Ok(())
}
