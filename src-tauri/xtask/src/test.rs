//! Every check there is, in the order in which they fail fastest.

use anyhow::{Context, Result, bail};

use crate::desktop::Desktop;
use crate::lint::linted;
use crate::programs::For;
use crate::report::{Failed, Report};
use crate::sh::{self, MINUTE};
use crate::{contract, fuzz, imports, install, lint, package, starts};

/// Crates of a desktop. The relay runs on servers that have none of their libraries.
const DESKTOP: &[&str] = &[
    "cairo",
    "dbus",
    "gdk",
    "glib",
    "gtk",
    "muda",
    "tao",
    "tauri",
    "tray-icon",
    "webkit2gtk",
    "wry",
    "zbus",
];
/// Crates that do input and output, which the pure domain must not.
const IO: &[&str] = &[
    "axum",
    "hyper",
    "mio",
    "quick-xml",
    "reqwest",
    "rusqlite",
    "socket2",
    "tauri",
    "tokio",
    "zbus",
];

/// Runs them all; false if one failed.
pub(crate) fn run(yes: bool) -> bool {
    let mut report = Report::default();
    let result = steps(&mut report, yes);
    report.close(result)
}

fn steps(report: &mut Report, yes: bool) -> Result<(), Failed> {
    report.step("install what is missing", || {
        install::debian(&[For::Build, For::Desktop, For::Package], yes)?;
        install::rust_components()
    })?;
    report.step("rust: format", || {
        sh::run(&mut sh::cargo(&["fmt", "--all", "--check"]), MINUTE)
    })?;
    report.step("sources: every program that is started is in the table", starts::check)?;
    report.step("sources: relay, desk and app import downwards only", imports::check)?;
    ui(report, yes)?;
    report.step("packages: the relay knows no desktop", || {
        without("perezvon-relay", DESKTOP)
    })?;
    report.step("packages: the core does no input or output", || {
        without("perezvon-core", IO)
    })?;
    report.step("packages: licences, bans, sources", || deny(yes))?;
    report.step("rust: build, linted by clippy", || {
        let build = ["test", "--locked", "--workspace", "--all-targets", "--no-run"];
        sh::run(&mut linted(&build), 60 * MINUTE)
    })?;
    report.step("ui: a day in the built window over the real core", || {
        sh::run(
            &mut linted(&["build", "--locked", "--workspace", "--example", "window_host"]),
            10 * MINUTE,
        )?;
        sh::run(&mut install::npm(&["run", "real"])?, 5 * MINUTE)
    })?;
    report.step("rust: documentation and its examples", lint::documentation)?;
    report.step("rust: tests, on a desktop of their own", || {
        let desktop = Desktop::start(false)?;
        let kinds = ["--lib", "--bins", "--tests"];
        let mut test = linted(&["test", "--locked", "--workspace", "--no-fail-fast"]);
        desktop.enter(test.args(kinds));
        sh::run(&mut test, 60 * MINUTE)
    })?;
    report.step("the relay's contract: checked by Schemathesis", || {
        contract::check(&sh::target().join("debug"), yes)
    })?;
    report.step("package of the relay: built, looked into, run", || {
        package::check(&sh::target().join("debug/perezvon-relay"))
    })?;
    report.step("generated files are up to date", generated)?;
    report.step("fuzz: a bounded number of runs", fuzz::short)
}

fn ui(report: &mut Report, yes: bool) -> Result<(), Failed> {
    report.step("ui: install packages", || install::node_modules(yes))?;
    for (name, script) in [
        ("types", "check"),
        ("format", "format:check"),
        ("tests", "test"),
        ("build", "build"),
    ] {
        report.step(&format!("ui: {name}"), || {
            sh::run(&mut install::npm(&["run", script])?, 10 * MINUTE)
        })?;
    }
    report.step("ui: every page, photographed and examined by axe", || {
        sh::run(&mut install::npm(&["run", "look"])?, 20 * MINUTE)
    })
}

/// Fails if the package depends, however far away, on a crate whose name is or starts (before a dash) with one listed.
fn without(package: &str, crates: &[&str]) -> Result<()> {
    let arguments = [
        "tree",
        "--locked",
        "-p",
        package,
        "-e",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    let tree = sh::output(&mut sh::cargo(&arguments), 2 * MINUTE)?;
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    if !names.contains(&package) {
        bail!("cargo tree does not show {package} itself");
    }
    let found = |name: &&str| {
        crates
            .iter()
            .any(|c| *name == *c || name.strip_prefix(c).is_some_and(|r| r.starts_with('-')))
    };
    let mut bad: Vec<&str> = names.into_iter().filter(found).collect();
    bad.sort_unstable();
    bad.dedup();
    if !bad.is_empty() {
        bail!(
            "{package} must not depend on {}; see: cargo tree -p {package} -i {}",
            bad.join(", "),
            bad[0]
        );
    }
    Ok(())
}

/// cargo-deny with `deny.toml`. Advisories are left out: their database must be fetched, and what it says changes
/// without a change here.
pub(crate) fn deny(yes: bool) -> Result<()> {
    let program = install::cargo_deny(yes)?;
    sh::run(
        &mut sh::command(program, &["check", "bans", "licenses", "sources"]),
        5 * MINUTE,
    )
    .context("deny.toml says what is allowed and why")
}

/// Tests write generated files (TypeScript of the Rust types) anew: after them, git must see no change there.
fn generated() -> Result<()> {
    if !sh::root().join(".git").exists() || std::env::var_os("CI").is_none() {
        println!("only where CI is set and in a git checkout");
        return Ok(());
    }
    sh::run(
        &mut sh::command("git", &["diff", "--exit-code", "--stat", "--", "ui/src/lib/bindings"]),
        MINUTE,
    )
    .context("commit what the tests wrote to ui/src/lib/bindings")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_forbidden_crate_is_found_however_far_away() {
        let error = without("xtask", &["anyhow"]).unwrap_err().to_string();
        assert!(error.contains("xtask must not depend on anyhow"), "{error}");
        without("xtask", &["any", "tauri"]).expect("a name is no prefix of another word");
        assert!(
            without("no-such-package", &[]).is_err(),
            "a package that is not there is not clean"
        );
    }
}
