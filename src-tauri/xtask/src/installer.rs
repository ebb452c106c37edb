//! The installer for Windows, by NSIS: `src-tauri/windows/installer.nsi`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::check::{WINDOWS, debian_cargo};
use crate::install;
use crate::programs::For;
use crate::sh::{self, MINUTE};
use crate::wine;

/// How a file is packed: small for people, quick for tests.
const SMALL: &str = "lzma";
const QUICK: &str = "zlib";

/// Builds the app for Windows and its installer; prints the installer's path. The compiler is the one of the check for
/// Windows, which builds its standard library by unstable flags: a release comes from a real Windows.
pub(crate) fn bundle(yes: bool) -> Result<()> {
    install::debian(&[For::Build, For::Windows, For::Installer], yes)?;
    crate::ui_dist(yes)?;
    let mut build = debian_cargo("build", "windows", WINDOWS);
    build.args(["--release", "-p", "perezvon"]).env(sh::BUILD, sh::build()?);
    sh::run(&mut build, 60 * MINUTE)?;
    let version = env!("CARGO_PKG_VERSION");
    let out = sh::target().join(format!("package/perezvon-{version}-setup.exe"));
    std::fs::create_dir_all(out.parent().context("a file is in a folder")?)?;
    make(&wine::built("release"), version, SMALL, &out)?;
    println!("{}", out.display());
    Ok(())
}

/// Two of them around these programs, of different versions, for the test: `older.exe` and `newer.exe`. Their folder.
pub(crate) fn two(programs: &Path, folder: &Path) -> Result<PathBuf> {
    let folder = folder.join("setups");
    std::fs::create_dir(&folder)?;
    for (name, version) in [("older.exe", "0.0.1"), ("newer.exe", "0.0.2")] {
        make(programs, version, QUICK, &folder.join(name))?;
    }
    Ok(folder)
}

fn make(programs: &Path, version: &str, packing: &str, out: &Path) -> Result<()> {
    let mut nsis = sh::command("makensis", &["-V2", "-WX", "-INPUTCHARSET", "UTF8"]);
    for (name, value) in [
        ("VERSION", version.as_ref()),
        ("PACKING", packing.as_ref()),
        ("SOURCE", programs),
        ("ICONS", sh::root().join("icons").as_path()),
        ("OUT", out),
    ] {
        nsis.arg(format!("-D{name}={}", value.display()));
    }
    sh::run(nsis.arg("src-tauri/windows/installer.nsi"), 10 * MINUTE)
}
