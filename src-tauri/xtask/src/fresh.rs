//! `cargo xtask check fresh`: a bare Debian 12 with nothing but what the table of `programs` says, and whether every
//! program of the table is there. mmdebstrap builds it in a folder of its own, as root or with a user's own namespace;
//! the machine's system is not touched. From where Debian comes, apt's configuration of this machine says.

mod inventory;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::install;
use crate::programs::{self, For, PROGRAMS};
use crate::report::{Failed, Report};
use crate::sh::{self, MINUTE, Scratch};
use inventory::{Inventory, SCRIPT};

/// Debian 12.
const CODENAME: &str = "bookworm";
/// After that, Debian may have changed: it is built anew.
const AGE_LIMIT: Duration = Duration::from_hours(7 * 24);
/// A thousand packages are fetched and installed.
const BUILD_LIMIT: Duration = Duration::from_mins(40);

/// The steps of the command.
pub(crate) fn check(report: &mut Report, yes: bool) -> Result<(), Failed> {
    report.step("install what is missing", || {
        install::debian(&[For::Fresh], yes)?;
        ensure!(
            install::is_root()? || sh::exists("newuidmap"),
            "without root's rights this needs newuidmap: install Debian's package uidmap"
        );
        Ok(())
    })?;
    let mut inventory = String::new();
    report.step("fresh: a bare Debian 12 with the table's packages", || {
        inventory = build()?;
        Ok(())
    })?;
    report.step("fresh: every program of the table is there", || {
        let lacking = Inventory::read(&inventory)?.lacking(PROGRAMS);
        ensure!(lacking.is_empty(), "{}", lacking.join("\n"));
        Ok(())
    })
}

/// The inventory of such a Debian, as kept from an earlier run or built now.
fn build() -> Result<String> {
    let folder = sh::target().join("fresh");
    fs::create_dir_all(&folder)?;
    let targets = sh::output(
        &mut sh::command("apt-get", &["indextargets", "Created-By: Packages"]),
        MINUTE,
    )?;
    let sources = sources(&targets)?;
    let packages = programs::packages(programs::ALL).join(",");
    let wanted = format!("{}\n{packages}\n{SCRIPT}", sources.join("\n"));
    let (kept, of) = (folder.join("inventory.txt"), folder.join("inventory-of.txt"));
    let age = fs::metadata(&kept)
        .ok()
        .and_then(|kept| kept.modified().ok()?.elapsed().ok());
    if age.is_some_and(|age| age < AGE_LIMIT) && fs::read_to_string(&of).is_ok_and(|of| of == wanted) {
        println!("kept from an earlier run: {}", kept.display());
        return fs::read_to_string(&kept).context("the inventory");
    }
    let _ = fs::remove_file(&of);
    install_apart(&folder, &sources, &packages, &kept)?;
    fs::write(&of, wanted)?;
    fs::read_to_string(&kept).context("the inventory")
}

/// Debian 12's sources at the mirrors from which this machine's apt takes Debian, whichever Debian that is.
fn sources(targets: &str) -> Result<Vec<String>> {
    let mut sources = BTreeSet::new();
    for target in targets.split("\n\n") {
        let field = |name: &str| {
            target
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        let (Some("Debian"), Some(mirror)) = (field("Origin"), field("Repo-URI")) else {
            continue;
        };
        let mirror = mirror.trim_end_matches('/');
        match field("Label") {
            Some("Debian") => {
                sources.insert(format!("deb {mirror} {CODENAME} main"));
                sources.insert(format!("deb {mirror} {CODENAME}-updates main"));
            }
            Some("Debian-Security") => {
                sources.insert(format!("deb {mirror} {CODENAME}-security main"));
            }
            _ => {}
        }
    }
    ensure!(
        !sources.is_empty(),
        "apt knows no mirror of Debian yet; run apt-get update as root"
    );
    Ok(sources.into_iter().collect())
}

/// Builds it, takes its inventory to `inventory`, and removes it. The packages fetched are kept for the next time.
fn install_apart(folder: &Path, sources: &[String], packages: &str, inventory: &Path) -> Result<()> {
    let scratch = Scratch::new("perezvon-fresh")?;
    let (script, options) = (scratch.path().join("inventory.sh"), scratch.path().join("apt.conf"));
    fs::write(&script, SCRIPT)?;
    fs::write(&options, apt_options()?)?;
    let (archives, fetched) = (folder.join("archives"), folder.join("archives.new"));
    for folder in [&archives, &fetched] {
        fs::create_dir_all(folder)?;
    }
    let root = Scratch::new("perezvon-fresh-root")?;
    let mut build = mmdebstrap(root.path())?;
    build
        .arg(format!("--aptopt={}", options.display()))
        .arg(format!("--include={packages}"));
    let quoted = |path: &Path| format!("'{}'", path.display());
    for hook in [
        "--setup-hook=mkdir -p \"$1/var/cache/apt/archives\"".to_owned(),
        format!("--setup-hook=sync-in {} /var/cache/apt/archives", quoted(&archives)),
        "--customize-hook=chroot \"$1\" apt-get -qq autoclean".to_owned(),
        format!("--customize-hook=sync-out /var/cache/apt/archives {}", quoted(&fetched)),
        format!("--customize-hook=upload {} /inventory.sh", quoted(&script)),
        "--customize-hook=chroot \"$1\" sh /inventory.sh > \"$1/inventory.txt\"".to_owned(),
        format!("--customize-hook=download /inventory.txt {}", quoted(inventory)),
    ] {
        build.arg(hook);
    }
    build.args([CODENAME, "/dev/null"]).args(sources);
    let built = sh::run(build.env("LC_ALL", "C"), BUILD_LIMIT).context("mmdebstrap builds a bare Debian");
    // What was fetched is kept whatever came of it.
    if fs::read_dir(&fetched)?.next().is_some() {
        fs::remove_dir_all(&archives)?;
        fs::rename(&fetched, &archives)?;
    }
    built
}

/// mmdebstrap, whose mounts and files end with it, also when it is killed.
fn mmdebstrap(place: &Path) -> Result<Command> {
    let fixed = [
        "--variant=minbase",
        "--format=null",
        "--skip=essential/unlink",
        // It is thrown away: nothing need reach the disk.
        "--dpkgopt=force-unsafe-io",
    ];
    if !install::is_root()? {
        // It takes a namespace of its own, and its users must reach the folder: that is the common one.
        return Ok(sh::command("mmdebstrap", &fixed));
    }
    // apt fetches as a user of its own.
    sh::run(sh::command("chmod", &["755"]).arg(place), MINUTE)?;
    let private = ["--mount", "--propagation", "private"];
    let unshared = sh::run(sh::command("unshare", &private).arg("true"), MINUTE).is_ok();
    // Where no namespace can be had, nothing can be mounted either, and it does without.
    let mut command = if unshared {
        let mut command = sh::command("unshare", &private);
        command.arg("mmdebstrap");
        command
    } else {
        sh::command("mmdebstrap", &[])
    };
    command.args(fixed).env("TMPDIR", place);
    Ok(command)
}

/// How this machine's apt gets out, for the apt inside; the file may hold a password and is the owner's only.
fn apt_options() -> Result<String> {
    let all = sh::output(&mut sh::command("apt-config", &["dump"]), MINUTE)?;
    let mut options = "Acquire::Retries \"3\";\n".to_owned();
    for line in all.lines() {
        let name = line.split(' ').next().unwrap_or_default().to_ascii_lowercase();
        if name.starts_with("acquire::http") && name.contains("proxy") {
            writeln!(options, "{line}")?;
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_mirrors_are_those_of_this_machine() {
        let target = |label: &str, origin: &str, mirror: &str| {
            format!("Codename: trixie\nLabel: {label}\nOrigin: {origin}\nRepo-URI: {mirror}/\nSite: x\n")
        };
        let targets = [
            target("Debian", "Debian", "http://mirror.example/debian"),
            target("Debian", "Debian", "http://mirror.example/debian"),
            target("Debian-Security", "Debian", "http://mirror.example/security"),
            target("Node", "Other", "http://other.example"),
        ];
        let wanted = [
            "deb http://mirror.example/debian bookworm main",
            "deb http://mirror.example/debian bookworm-updates main",
            "deb http://mirror.example/security bookworm-security main",
        ];
        assert_eq!(sources(&targets.join("\n")).unwrap(), wanted);
        assert!(
            sources("").unwrap_err().to_string().contains("apt-get update"),
            "what to do is told"
        );
    }
}
