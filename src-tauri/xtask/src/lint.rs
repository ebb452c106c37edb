//! Clippy and the documentation out of the very build that the tests run from. `cargo clippy` and `cargo doc` would
//! check every dependency once more, for themselves: minutes on a machine that has built nothing yet.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::sh::{self, MINUTE};

/// The arguments that cargo-clippy hands to its driver, in its own form: each ends in this mark.
const DENY_WARNINGS: &str = "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__";

/// Cargo with clippy's driver as the compiler of the workspace's own crates: it lints what it compiles. Dependencies are
/// compiled as always and shared with other commands; a crate that fails is told again each time.
pub(crate) fn linted(arguments: &[&str]) -> Command {
    let mut cargo = sh::cargo(arguments);
    driver(&mut cargo);
    cargo
}

fn driver(command: &mut Command) {
    command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver");
    command.env("CLIPPY_ARGS", DENY_WARNINGS);
}

/// Cargo starts rustdoc for the examples in a crate's documentation, with the crates that the build has made; the same
/// arguments make the documentation itself.
const RUSTDOC: &str = r#"#!/bin/sh
set -e
case " $* " in
*" --test "*)
    (
        skip=
        for argument in "$@"; do
            shift
            [ -z "$skip" ] || { skip=; continue; }
            case $argument in
            --test) ;;
            --test-run-directory) skip=1 ;;
            *) set -- "$@" "$argument" ;;
            esac
        done
        exec rustdoc "$@" -D warnings --document-private-items --out-dir "$PEREZVON_DOC"
    )
    ;;
esac
exec rustdoc "$@"
"#;

/// Where [`RUSTDOC`] writes.
const FOLDER: &str = "PEREZVON_DOC";

fn rustdoc_in(folder: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let rustdoc = folder.join("rustdoc.sh");
    sh::script(&rustdoc, RUSTDOC)?;
    Ok(rustdoc)
}

/// The documentation of every library, without a warning, and the examples in it; then that of this program.
pub(crate) fn documentation() -> Result<()> {
    let mut examples = linted(&["test", "--locked", "--workspace", "--doc"]);
    let rustdoc = rustdoc_in(&sh::target().join("tools"))?;
    examples.env("RUSTDOC", rustdoc).env(FOLDER, sh::target().join("doc"));
    sh::run(&mut examples, 15 * MINUTE)?;
    let own = [
        "doc",
        "--locked",
        "-p",
        "xtask",
        "--no-deps",
        "--document-private-items",
    ];
    sh::run(sh::cargo(&own).env("RUSTDOCFLAGS", "-D warnings"), 5 * MINUTE).context("the documentation of xtask")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::process::Stdio;

    use super::*;

    /// Runs it without its words: they would look like faults of the tests.
    fn quiet(command: &mut Command) -> Result<()> {
        sh::run(command.stdout(Stdio::null()).stderr(Stdio::null()), MINUTE)
    }

    /// What clippy's driver says of a file, called as Cargo calls it.
    fn linting(text: &str) -> Result<()> {
        let folder = sh::Scratch::new("perezvon-lint").unwrap();
        let file = folder.path().join("lib.rs");
        std::fs::write(&file, text).unwrap();
        let mut rustc = sh::command(
            "clippy-driver",
            &["rustc", "--crate-type=lib", "--emit=metadata", "--out-dir"],
        );
        driver(rustc.arg(folder.path()).arg(&file));
        quiet(&mut rustc)
    }

    #[test]
    fn documentation_with_a_fault_fails_and_so_do_its_examples() {
        let folder = sh::Scratch::new("perezvon-lint").unwrap();
        let file = folder.path().join("lib.rs");
        let script = rustdoc_in(folder.path()).unwrap();
        let documented = |text: &str| {
            std::fs::write(&file, text).unwrap();
            let mut rustdoc = Command::new("sh");
            rustdoc
                .arg(&script)
                .args(["--edition=2024", "--crate-type", "lib", "--crate-name", "one", "--test"]);
            rustdoc.arg(&file).arg("--test-run-directory").arg(folder.path());
            rustdoc.env(FOLDER, folder.path().join("doc"));
            quiet(&mut rustdoc)
        };
        documented("//! ```\n//! assert!(true);\n//! ```\n/// A private one.\nfn f() {}").expect("no fault");
        assert!(folder.path().join("doc/one/fn.f.html").is_file(), "with private items");
        documented("//! See [`nothing`].").expect_err("a link that leads nowhere");
        documented("//! ```\n//! assert!(false);\n//! ```").expect_err("an example that fails");
    }

    #[test]
    fn what_clippy_warns_of_fails_the_build() {
        linting("pub fn f(a: bool) -> bool { !a }").expect("nothing to say");
        linting("pub fn f(a: bool) -> bool { a == true }").expect_err("a lint of clippy");
        linting("pub fn f() { let a = 1; }").expect_err("a warning of the compiler");
    }
}
