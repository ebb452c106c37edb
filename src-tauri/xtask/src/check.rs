//! Type checks for the systems that are not here, and what of Windows runs under Wine in every check.
//!
//! Debian's newest Rust (its `-web` packages, made for building browsers) brings the source of the standard library,
//! which Cargo then builds for the other system. That needs unstable flags, so it is a check and no way to a release.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::programs::For;
use crate::report::{Failed, Report};
use crate::sh::{self, MINUTE};
use crate::{contract, fresh, imports, install, starts, wine};

pub(crate) const WINDOWS: &str = "x86_64-pc-windows-gnu";
const MACOS: &str = "aarch64-apple-darwin";

/// Checks the whole workspace, but for xtask itself, which knows only Debian. For Windows, relay, simulator and desk are
/// linked too, the desk as the program of its unit tests: a missing import library shows only there.
pub(crate) fn run(what: &str, yes: bool) -> Result<bool> {
    let mut report = Report::default();
    let result = match what {
        "windows" => windows(&mut report, yes),
        "macos" => macos(&mut report, yes),
        "installer" => installed(&mut report, yes),
        "fresh" => fresh::check(&mut report, yes),
        "imports" => report.step("sources: relay, desk and app import downwards only", imports::check),
        "programs" => report.step("sources: every program that is started is in the table", starts::check),
        "api" => report.step("the relay's contract: checked by Schemathesis", || {
            contract::build_and_check(yes)
        }),
        other => bail!("no such check: {other}; windows, installer, macos, fresh, imports, programs or api"),
    };
    Ok(report.close(result))
}

fn windows(report: &mut Report, yes: bool) -> Result<(), Failed> {
    report.step("install what is missing", || {
        install::debian(
            &[For::Build, For::Windows, For::Installer, For::Wine, For::Desktop],
            yes,
        )
    })?;
    report.step("ui: dist", || crate::ui_dist(yes))?;
    report.step("check: windows", || {
        check(&mut debian_cargo("check", "windows", WINDOWS))
    })?;
    for (package, what) in [("perezvon-relay", "bins"), ("perezvon-sim", "bins")] {
        report.step(&format!("link: windows, {package}"), || {
            sh::run(
                debian_cargo("build", "windows", WINDOWS).args(["-p", package, &format!("--{what}")]),
                30 * MINUTE,
            )
        })?;
    }
    report.step("tests: windows, the packages' unit tests under Wine", wine::unit_tests)?;
    around_a_stand_in(report)
}

fn installed(report: &mut Report, yes: bool) -> Result<(), Failed> {
    report.step("install what is missing", || {
        install::debian(&[For::Windows, For::Installer, For::Wine, For::Desktop], yes)
    })?;
    around_a_stand_in(report)
}

fn around_a_stand_in(report: &mut Report) -> Result<(), Failed> {
    report.step(
        "installer: under Wine, around a stand-in for the app",
        wine::setup::check,
    )
}

fn macos(report: &mut Report, yes: bool) -> Result<(), Failed> {
    report.step("install what is missing", || {
        install::debian(&[For::Build, For::Macos], yes)
    })?;
    report.step("ui: dist", || crate::ui_dist(yes))?;
    report.step("check: macos", || {
        let tools = hollow_tools().context("cannot write the hollow C tools")?;
        let mut command = debian_cargo("check", "macos", MACOS);
        let (cc, cxx, ar) = (tools.join("cc"), tools.join("c++"), tools.join("ar"));
        command
            .env("CC_aarch64_apple_darwin", &cc)
            .env("CXX_aarch64_apple_darwin", &cxx);
        command
            .env("AR_aarch64_apple_darwin", &ar)
            .env("RANLIB_aarch64_apple_darwin", &ar);
        command
            .env("CARGO_TARGET_AARCH64_APPLE_DARWIN_LINKER", &cc)
            .env("SDKROOT", tools.join("sdk"));
        check(&mut command)
    })
}

fn check(command: &mut Command) -> Result<()> {
    sh::run(
        command.args(["--workspace", "--exclude", "xtask", "--lib", "--bins"]),
        60 * MINUTE,
    )
}

/// Debian's cargo with Debian's rustc, in a target folder of its own.
pub(crate) fn debian_cargo(sub: &str, name: &str, target: &str) -> Command {
    let mut command = sh::command(
        "/usr/bin/cargo",
        &[sub, "--locked", "-Zbuild-std=std,panic_unwind,panic_abort"],
    );
    command.args(["--target", target]);
    command
        .env("PATH", "/usr/bin:/bin")
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1");
    command.env("CARGO_TARGET_DIR", sh::target().join(format!("check-{name}")));
    command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", "x86_64-w64-mingw32-gcc");
    // Nobody debugs these programs: without names and lines they link in half the time.
    command
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_STRIP", "symbols");
    // What rustup's cargo, which runs us, has set would lead back to its own tools.
    for name in ["CARGO", "RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH", "RUSTFLAGS", "RUSTDOC"] {
        command.env_remove(name);
    }
    command
}

/// There is no C compiler for macOS here. These stand in for one: they make empty objects and archives, enough for the
/// build scripts of packages that carry C code. Nothing is linked, and nothing of the C code is checked.
fn hollow_tools() -> Result<PathBuf> {
    let folder = sh::target().join("check-macos/hollow");
    fs::create_dir_all(folder.join("sdk"))?;
    for name in ["cc", "c++"] {
        sh::script(&folder.join(name), HOLLOW_CC)?;
    }
    sh::script(&folder.join("ar"), HOLLOW_AR)?;
    Ok(folder)
}

const HOLLOW_CC: &str = r#"#!/bin/sh
# Asked for its version, it answers like Apple's; asked to expand macros, it hands over to the real clang; asked for an
# object, it makes an empty one.
object= mode=compile source= before=
for argument in "$@"; do
  [ "$before" = -o ] && object=$argument
  case $argument in
    --version|-v) mode=version ;;
    -E) mode=expand ;;
    -*) ;;
    *) [ "$before" = -o ] || source=$argument ;;
  esac
  before=$argument
done
case $mode in
  version) echo "Apple clang version 15.0.0 (clang-1500.0.0.0)" ;;
  expand) exec /usr/bin/clang -E -x c "$source" ;;
  compile) [ -z "$object" ] || : > "$object" ;;
esac
"#;

const HOLLOW_AR: &str = r#"#!/bin/sh
for argument in "$@"; do
  case $argument in *.a) : > "$argument" ;; esac
done
"#;
