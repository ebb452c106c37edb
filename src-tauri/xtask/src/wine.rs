//! The tests, built for Windows and run under Wine: as much of Windows as there is here. What does not run there stands
//! with its reason in `src-tauri/windows/wine.md`, which is read by both people and this command.

mod prefix;
pub(crate) mod setup;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::check::{WINDOWS, debian_cargo};
use crate::desktop::Desktop;
use crate::install;
use crate::programs::For;
use crate::report::{Failed, Report};
use crate::sh::{self, MINUTE};
use crate::wine::prefix::Prefix;

/// What is not run, and why: rows of a table.
const NOT_RUN: &str = include_str!("../../windows/wine.md");

/// In a row, instead of a test: the whole program.
const WHOLE: &str = "*";

/// Built together: another selection would choose other features, and build anew what the packages share. In the order in
/// which they are run: what fails fastest stands lowest.
const PACKAGES: &[&str] = &[
    "perezvon-core",
    "perezvon-pbx",
    "perezvon-sound",
    "perezvon-sim",
    "perezvon-desk",
    "perezvon",
    "perezvon-relay",
];

/// Those whose unit tests every check for Windows runs: what decides about calls.
const WITH_UNIT_TESTS: &[&str] = &["perezvon-core", "perezvon-pbx", "perezvon-desk", "perezvon-relay"];

/// The folder of the workspace's own package has whatever name the person has given it.
const APP: &str = "app";

/// No program of tests takes longer.
const LIMIT: Duration = Duration::from_mins(15);

/// Instead of a part of a name: the app is installed, upgraded and removed.
const INSTALLER: &str = "installer";

/// Builds all and runs the programs whose names contain one of the parts, all without parts; false if something failed.
pub(crate) fn run(parts: &[&str], yes: bool) -> bool {
    let mut report = Report::default();
    let result = steps(&mut report, parts, yes);
    report.close(result)
}

fn steps(report: &mut Report, parts: &[&str], yes: bool) -> Result<(), Failed> {
    report.step("install what is missing", || {
        install::debian(
            &[For::Build, For::Windows, For::Installer, For::Wine, For::Desktop],
            yes,
        )
    })?;
    report.step("ui: dist", || crate::ui_dist(yes))?;
    let mut programs = Vec::new();
    report.step("build: windows, the tests", || {
        programs = build(PACKAGES, &["--lib", "--bins", "--tests"])?;
        let unknown = not_run().find(|row| programs.iter().all(|program| program.name != row.program));
        if let Some(row) = unknown {
            bail!("{} in wine.md is no program of tests", row.program);
        }
        Ok(())
    })?;
    report.step("tests: under Wine", || tests(&programs, parts))?;
    if parts.is_empty() || parts.contains(&INSTALLER) {
        report.step("installer: under Wine, with the app", || {
            setup::check_app(&built("debug"))
        })?;
    }
    Ok(())
}

/// Where the programs for Windows are.
pub(crate) fn built(profile: &str) -> PathBuf {
    sh::target().join("check-windows").join(WINDOWS).join(profile)
}

/// The unit tests of some packages: as much as fits into every check. Another selection than [`PACKAGES`], but `check
/// windows` has just built what they need.
pub(crate) fn unit_tests() -> Result<()> {
    let programs = build(WITH_UNIT_TESTS, &["--lib"])?;
    let parts: Vec<&str> = programs.iter().map(|program| program.name.as_str()).collect();
    tests(&programs, &parts)
}

/// The programs of tests, in the order of the packages.
fn build(packages: &[&str], targets: &[&str]) -> Result<Vec<Program>> {
    let mut build = debian_cargo("test", "windows", WINDOWS);
    for package in packages {
        build.args(["-p", package]);
    }
    build.args(targets).arg("--no-run");
    build.arg("--message-format=json-render-diagnostics");
    let told = sh::output(&mut build, 60 * MINUTE)?;
    let mut programs: Vec<Program> = told.lines().filter_map(Program::of).collect();
    let place = |program: &Program| packages.iter().position(|package| program.is_of(package));
    programs.sort_by_key(|program| (place(program), program.name.clone()));
    Ok(programs)
}

/// A program of tests.
#[derive(Debug, PartialEq)]
struct Program {
    /// The package's folder and the target: `relay/it`.
    name: String,
    /// The package's folder, in which Cargo runs tests too.
    folder: PathBuf,
    file: PathBuf,
}

impl Program {
    /// What a line of Cargo's messages tells of one; none for a library or a program that is no test.
    fn of(line: &str) -> Option<Self> {
        let told: serde_json::Value = serde_json::from_str(line).ok()?;
        if told["profile"]["test"] != true {
            return None;
        }
        let folder = Path::new(told["manifest_path"].as_str()?).parent()?;
        let package = if folder == sh::root() {
            APP
        } else {
            folder.file_name()?.to_str()?
        };
        Some(Self {
            name: format!("{package}/{}", told["target"]["name"].as_str()?),
            file: told["executable"].as_str()?.into(),
            folder: folder.to_owned(),
        })
    }

    fn is_of(&self, package: &str) -> bool {
        let folder = package.strip_prefix("perezvon-").unwrap_or(APP);
        self.name.split('/').next() == Some(folder)
    }

    fn run(&self, prefix: &Prefix<'_>) -> Result<Summary> {
        let mut run = prefix.wine(&self.file);
        run.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        run.env("INSTA_WORKSPACE_ROOT", sh::root()).env("INSTA_UPDATE", "no");
        // The window's library lies beside the app; the tests of the app's parts are programs in another folder.
        run.env("WINEPATH", windows_path(&built("debug")));
        let rows: Vec<Row> = not_run().filter(|row| row.program == self.name).collect();
        if rows.iter().any(|row| row.test == WHOLE) {
            println!("  not run                     {}", self.name);
            return Ok(Summary::default());
        }
        for row in &rows {
            run.args(["--skip", row.test]);
        }
        let told = prefix.path().join("told");
        run.arg("--exact").stdout(std::fs::File::create(&told)?);
        let start = Instant::now();
        let result = sh::run(&mut run, LIMIT);
        let told = String::from_utf8_lossy(&std::fs::read(&told)?).into_owned();
        if result.is_err() {
            println!("{told}");
        }
        let summary = Summary::of(&told).with_context(|| format!("{} ended without its result", self.name));
        let summary = result.and(summary)?;
        let Summary { passed, skipped, .. } = summary;
        let seconds = start.elapsed().as_secs_f64();
        if summary != Summary::default() {
            println!("{passed:>5} run, {skipped:>3} not run, {seconds:>5.1} s  {}", self.name);
        }
        ensure!(skipped == rows.len(), "a test that wine.md names is not there");
        Ok(summary)
    }
}

/// A folder of this machine as Windows programs call it.
fn windows_path(folder: &Path) -> String {
    format!("Z:{}", folder.display()).replace('/', "\\")
}

fn tests(programs: &[Program], parts: &[&str]) -> Result<()> {
    let desktop = Desktop::start(false)?;
    let prefix = Prefix::new(&desktop)?;
    let wanted = |name: &str| parts.is_empty() || parts.iter().any(|part| name.contains(part));
    let (mut all, mut failed) = (Summary::default(), Vec::new());
    for program in programs.iter().filter(|program| wanted(&program.name)) {
        match program.run(&prefix) {
            Ok(summary) => all.add(&summary),
            Err(error) => failed.push(format!("{}: {error:#}", program.name)),
        }
    }
    let Summary {
        passed,
        ignored,
        skipped,
    } = all;
    println!("\nunder Wine: {passed} run, {ignored} marked in their sources, {skipped} not run here");
    for row in not_run().filter(|row| wanted(row.program)) {
        println!("  {} {}: {}", row.program, row.test, row.why);
    }
    if !failed.is_empty() {
        bail!("{}", failed.join("\n"));
    }
    ensure!(passed > 0, "no test was run");
    ensure!(!parts.is_empty() || passed > 1000, "only {passed} tests were run");
    Ok(())
}

/// A row of the table in `wine.md`: a program, the path of its test, why it is not run.
struct Row {
    program: &'static str,
    test: &'static str,
    why: &'static str,
}

fn not_run() -> impl Iterator<Item = Row> {
    let (_, table) = NOT_RUN.split_once("## Tests that are not run").unwrap_or_default();
    let table = table.lines().take_while(|line| !line.starts_with("## "));
    table.filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
        let (program, test, why) = (cells.next()?, cells.next()?, cells.next()?);
        let test = test.trim_matches('`');
        let program = program.trim_matches('`');
        Some(Row { program, test, why })
    })
}

/// What a program of tests told at its end.
#[derive(Debug, Default, PartialEq)]
struct Summary {
    passed: usize,
    /// Marked so in their sources: they are run by hand, by another test, or are of no use on Windows.
    ignored: usize,
    /// Rows of [`NOT_RUN`].
    skipped: usize,
}

impl Summary {
    fn of(told: &str) -> Option<Self> {
        let line = told.lines().rfind(|line| line.starts_with("test result:"))?;
        let number = |what: &str| -> Option<usize> {
            let before = line.split(';').find_map(|part| part.trim().strip_suffix(what))?;
            before.trim().rsplit(' ').next()?.parse().ok()
        };
        Some(Self {
            passed: number("passed")?,
            ignored: number("ignored")?,
            skipped: number("filtered out")?,
        })
    }

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.ignored += other.ignored;
        self.skipped += other.skipped;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_result_counts_what_was_run_and_what_not() {
        let told = "running 2 tests\ntest a ... ok\n\
                    test result: ok. 40 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 1.00s\n";
        let wanted = Summary {
            passed: 40,
            ignored: 1,
            skipped: 3,
        };
        assert_eq!(Summary::of(told), Some(wanted));
        assert_eq!(Summary::of("running 2 tests\n"), None, "it was ended");
    }

    #[test]
    fn a_program_of_tests_is_known_by_its_profile() {
        let line = |test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"p","manifest_path":"/p/relay/Cargo.toml","target":{{"kind":["test"],"crate_types":["bin"],"name":"it","src_path":"x","test":true}},"profile":{{"opt_level":"0","test":{test}}},"features":[],"filenames":["/t/it.exe"],"executable":"/t/it.exe","fresh":true}}"#
            )
        };
        let read = Program::of(&line(true)).unwrap();
        assert_eq!((read.name.as_str(), read.file), ("relay/it", "/t/it.exe".into()));
        assert_eq!(Program::of(&line(false)), None);
        assert_eq!(Program::of(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn every_row_says_why() {
        for row in not_run() {
            assert!(
                row.program.contains('/') && !row.test.is_empty() && row.why.len() > 10,
                "{} {}",
                row.program,
                row.test
            );
        }
    }
}
