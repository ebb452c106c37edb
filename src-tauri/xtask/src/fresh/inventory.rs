//! What a Debian holds, told by itself.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

use crate::programs::{From, Program};

/// Runs inside it; what [`Inventory`] reads: packages, then programs with the files that they are, then the
/// packages of these files.
pub(super) const SCRIPT: &str = r#"#!/bin/sh
set -e
dpkg-query -W -f 'package\t${Package}\t${Essential}\t${Priority}\t${Pre-Depends}, ${Depends}\t${Provides}\n'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin /usr/lib/wine /usr/lib/xorg; do
    [ ! -d "$folder" ] || find "$folder/" -maxdepth 1 -xtype f -perm /111
done > programs
xargs readlink -f < programs > files
paste programs files | sed 's/^/program\t/'
# Debian lists some under the folder's older name.
sort -u files | sed 'p; s|^/usr/|/|' | xargs dpkg -S 2> /dev/null | sed 's/^/owner\t/' || true
"#;

/// What a Debian holds.
#[derive(Default)]
pub(super) struct Inventory {
    packages: BTreeMap<String, Package>,
    /// Path of a program, and of the file that it is behind all links.
    programs: BTreeMap<String, String>,
    /// File, and the packages that own it.
    owners: BTreeMap<String, Vec<String>>,
}

struct Package {
    /// No Debian is without it.
    base: bool,
    /// What it depends on; of alternatives, all.
    depends: Vec<String>,
    provides: Vec<String>,
}

impl Inventory {
    pub(super) fn read(text: &str) -> Result<Self> {
        let mut inventory = Self::default();
        for line in text.lines() {
            match line.split('\t').collect::<Vec<_>>().as_slice() {
                ["package", name, essential, priority, depends, provides] => {
                    let base = *essential == "yes" || *priority == "required" || *name == "apt";
                    let (depends, provides) = (names(depends), names(provides));
                    let package = Package {
                        base,
                        depends,
                        provides,
                    };
                    inventory.packages.insert((*name).to_owned(), package);
                }
                ["program", path, file] => {
                    inventory.programs.insert((*path).to_owned(), (*file).to_owned());
                }
                ["owner", line] => {
                    if let Some((owners, file)) = line.rsplit_once(": ").filter(|_| !line.starts_with("diversion")) {
                        inventory.owners.insert(file.to_owned(), names(owners));
                    }
                }
                _ => bail!("the inventory has a line that is none: {line}"),
            }
        }
        ensure!(
            inventory.packages.len() > 100,
            "only {} packages are installed",
            inventory.packages.len()
        );
        println!(
            "{} packages, {} programs",
            inventory.packages.len(),
            inventory.programs.len()
        );
        Ok(inventory)
    }

    /// A line for each program that is not there or is another package's.
    pub(super) fn lacking(&self, programs: &[Program]) -> Vec<String> {
        let missing = programs.iter().filter_map(|program| {
            let package = match program.from {
                From::Base(package) | From::Debian(package, _) | From::Relay(package) => package,
                From::Rust | From::Fetched | From::Machine => return None,
            };
            let error = self.origin(program, package).err()?;
            Some(format!("{}: {error}", program.name))
        });
        missing.collect()
    }

    fn origin(&self, program: &Program, package: &str) -> Result<()> {
        let places = ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", ""];
        let file = places
            .iter()
            .find_map(|place| self.programs.get(&format!("{place}{}", program.name)));
        let file = file.with_context(|| format!("is not there with the package {package}"))?;
        let older = file.strip_prefix("/usr").unwrap_or(file);
        let owners = [file.as_str(), older]
            .map(|file| self.owners.get(file).map_or(&[][..], Vec::as_slice))
            .concat();
        let of = self.closure(package);
        ensure!(
            owners.iter().any(|owner| of.contains(owner.as_str())),
            "{file} is of {owners:?}, not of {package} or what that depends on"
        );
        let base = self.packages.get(package).is_some_and(|package| package.base);
        ensure!(
            base || !matches!(program.from, From::Base(_)),
            "{package} is no part of every Debian"
        );
        Ok(())
    }

    /// The package and what it depends on, however far away.
    fn closure<'a>(&'a self, package: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open = vec![package];
        while let Some(name) = open.pop() {
            if !found.insert(name) {
                continue;
            }
            match self.packages.get(name) {
                Some(package) => open.extend(package.depends.iter().map(String::as_str)),
                None => open.extend(self.packages.iter().filter_map(|(provider, package)| {
                    package
                        .provides
                        .iter()
                        .any(|provided| provided == name)
                        .then_some(provider.as_str())
                })),
            }
        }
        found
    }
}

/// The names in a list of packages, without versions and architectures.
fn names(list: &str) -> Vec<String> {
    let words = list.split([',', '|']).filter_map(|part| part.split_whitespace().next());
    words
        .map(|word| word.split(':').next().unwrap_or(word).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fmt::Write as _;

    use super::*;
    use crate::programs::PROGRAMS;
    use crate::sh::{self, MINUTE};

    /// A small Debian: `one` is essential, `two` brings `three`, which owns a program behind an alternative.
    fn debian() -> Inventory {
        let mut text = String::new();
        for n in 0..100 {
            writeln!(text, "package\tfiller{n}\tno\toptional\t, \t").unwrap();
        }
        text += "package\tone\tyes\trequired\tlibc6 (>= 2), \t\n\
            package\ttwo\tno\toptional\t, four | three:any (>= 1), virtual\t\n\
            package\tthree\tno\toptional\t, \t\n\
            package\tfive\tno\toptional\t, \tvirtual (= 1), other\n\
            program\t/usr/bin/a\t/usr/bin/a\n\
            program\t/usr/bin/b\t/usr/lib/three/b\n\
            program\t/usr/sbin/c\t/usr/sbin/c\n\
            owner\tone:amd64: /bin/a\n\
            owner\tdiversion by x from: /usr/lib/three/b\n\
            owner\tthree: /usr/lib/three/b\n\
            owner\tfive: /usr/sbin/c\n";
        Inventory::read(&text).unwrap()
    }

    fn lacking(name: &'static str, from: From) -> String {
        debian().lacking(&[Program { name, from }]).join("\n")
    }

    #[test]
    fn a_program_of_the_package_or_of_what_it_depends_on_is_there() {
        assert_eq!(lacking("a", From::Base("one")), "", "under the folder's older name");
        assert_eq!(
            lacking("b", From::Debian("two", &[])),
            "",
            "a dependency's, behind a link"
        );
        assert_eq!(lacking("/usr/bin/b", From::Debian("three", &[])), "", "by its path");
        assert_eq!(
            lacking("c", From::Debian("two", &[])),
            "",
            "of what provides a dependency"
        );
        assert_eq!(lacking("no-such", From::Rust), "", "not Debian's to bring");
    }

    #[test]
    fn a_program_that_is_not_there_or_of_another_package_is_told() {
        let told = lacking("gnome-keyring-daemon", From::Debian("two", &[]));
        assert!(told.contains("gnome-keyring-daemon: is not there"), "{told}");
        assert!(
            lacking("/bin/c", From::Debian("five", &[])).contains("is not there"),
            "at another path"
        );
        let told = lacking("a", From::Debian("two", &[]));
        assert!(told.contains("is of [\"one\"], not of two"), "{told}");
        let told = lacking("b", From::Base("three"));
        assert!(told.contains("no part of every Debian"), "{told}");
    }

    #[test]
    fn every_folder_of_the_table_is_looked_into() {
        let folders = SCRIPT
            .lines()
            .find_map(|line| line.strip_prefix("for folder in "))
            .unwrap();
        let folders: Vec<_> = folders.trim_end_matches("; do").split(' ').collect();
        for program in PROGRAMS.iter().filter(|program| program.name.starts_with('/')) {
            let (folder, _) = program.name.rsplit_once('/').unwrap();
            assert!(
                folders.contains(&folder),
                "{} is in no folder of the inventory",
                program.name
            );
        }
    }

    #[test]
    fn what_is_no_inventory_is_told() {
        assert!(Inventory::read("").is_err(), "an empty one");
        assert!(Inventory::read("package\tone\n").is_err(), "a line that is cut off");
    }

    #[test]
    fn the_inventory_of_this_machine_has_the_base_system() {
        if !sh::exists("dpkg-query") {
            return println!("this is no Debian");
        }
        let text = sh::output(&mut sh::command("sh", &["-c", SCRIPT]), MINUTE).unwrap();
        let inventory = Inventory::read(&text).unwrap();
        let base = |program: &&Program| matches!(program.from, From::Base(_));
        for program in PROGRAMS.iter().filter(base) {
            assert_eq!(
                inventory.lacking(std::slice::from_ref(program)),
                [""; 0],
                "where it is read as there"
            );
        }
        let other = From::Base("dpkg");
        assert!(
            !inventory
                .lacking(&[Program {
                    name: "cat",
                    from: other
                }])
                .is_empty(),
            "cat is of coreutils"
        );
    }
}
