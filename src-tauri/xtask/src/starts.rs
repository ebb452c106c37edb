//! Finds every start of a program in the project's own sources and holds it against the table of `programs`, so that a
//! machine that has what the table says has everything.
//!
//! In Rust a start is a call of `Command::new`, or of a function of the same package that starts its parameter `program`
//! or hands it on (`sh::command`, `sh::exists`, the tests' own), or `.env(…)` that tells Cargo a linker or compiler. Its argument must
//! lead to a name: a text, a constant or variable of the file that does, a path whose last part does, a program that
//! Cargo built. What leads to no name must be in [`NAMELESS`]. The shell texts that Rust hands to `sh -c`, texts and files
//! that begin with `#!`, the scripts of `package.json` and `tauri.conf.json` and the `Exec…=` lines of systemd units are
//! read by [`shell`]. What a dependency or another program starts is not found; the table names what is known of that.

mod rust;
mod shell;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::programs::{self, From};
use crate::sh;
use crate::starts::rust::Rust;
use crate::tokens::{self, Token};

/// Programs that the project itself builds.
const BUILT: &[&str] = &[
    "perezvon",
    "perezvon-relay",
    "perezvon-sim",
    "empty_window",
    "desk_fill",
];

/// Arguments that lead to no name: what they stand for.
const NAMELESS: &[(&str, &str)] = &[
    ("target", "a fuzz target, as built"),
    ("std::env::current_exe().unwrap()", "the test itself"),
    ("install::cargo_deny(yes)?", "cargo-deny, there or fetched"),
    ("install::schemathesis(yes)?", "schemathesis, fetched"),
    (
        "sh::target().join(\"release/examples\").join(name)",
        "an example, as built",
    ),
    ("self.program", "the relay, as built for the measurement"),
    ("own_copy", "a copy of the app, as built, which replaces itself"),
];

/// A start of a program, or why its name could not be read.
#[derive(Debug, PartialEq)]
struct Start {
    line: usize,
    program: Result<String, String>,
}

/// A file of the project, and its text.
struct Source {
    /// Relative to the project's folder.
    path: PathBuf,
    text: String,
    /// Of a Rust file.
    tokens: Vec<Token>,
}

impl Source {
    fn new(path: PathBuf, text: String) -> Result<Self> {
        let rust = path.extension().is_some_and(|e| e == "rs");
        let tokens = if rust { tokens::read(&text) } else { Ok(Vec::new()) };
        let tokens = tokens.with_context(|| path.display().to_string())?;
        Ok(Self { path, text, tokens })
    }
}

/// Fails with every start of a program that is not in the table.
pub(crate) fn check() -> Result<()> {
    let mut sources = Vec::new();
    for folder in [".ci", "icons", "src-tauri", "tests", "ui"] {
        read(&sh::root(), Path::new(folder), &mut sources)?;
    }
    sources.push(source(&sh::root(), Path::new("tauri.conf.json"))?);
    let control = fs::read_to_string(sh::root().join("src-tauri/relay/package/debian/control"))?;
    let (count, unknown) = unknown(&sources, &control);
    ensure!(
        count > 100,
        "only {count} starts of programs were found: the sources are not read"
    );
    println!("{count} starts in {} files", sources.len());
    if !unknown.is_empty() {
        bail!("{}", unknown.join("\n"));
    }
    Ok(())
}

/// How many starts there are, and a line for each that the table does not account for.
fn unknown(sources: &[Source], control: &str) -> (usize, Vec<String>) {
    let mut count = 0;
    let mut unknown = Vec::new();
    let rust = Rust::new(sources);
    for source in sources {
        let place = source.path.display();
        for start in starts(source, &rust) {
            count += 1;
            let line = start.line;
            match start.program.and_then(|name| accounted(&name, control)) {
                Ok(()) => {}
                Err(error) => unknown.push(format!("{place}:{line}: {error}")),
            }
        }
    }
    (count, unknown)
}

fn accounted(name: &str, control: &str) -> Result<(), String> {
    if BUILT.contains(&name.rsplit('/').next().unwrap_or(name)) {
        return Ok(());
    }
    match programs::find(name).map(|program| program.from) {
        None => Err(format!(
            "starts {name}, which the table in src-tauri/xtask/src/programs.rs does not have: add it with its package"
        )),
        Some(From::Relay(package)) => {
            let depends = control.lines().find_map(|line| line.strip_prefix("Depends:"));
            let depends = depends.is_some_and(|list| list.split(',').any(|word| word.trim() == package));
            let error = || format!("starts {name}, but the relay's package does not depend on {package}");
            depends.then_some(()).ok_or_else(error)
        }
        Some(_) => Ok(()),
    }
}

/// Reads what may start something; links are not followed.
fn read(root: &Path, folder: &Path, into: &mut Vec<Source>) -> Result<()> {
    let entries = fs::read_dir(root.join(folder)).with_context(|| folder.display().to_string())?;
    let mut entries: Vec<_> = entries.collect::<std::io::Result<_>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let path = folder.join(&name);
        let built = ["target", "node_modules", "dist", "corpus", "artifacts", "gen"];
        if kind.is_dir() && !built.iter().any(|b| name == *b) {
            read(root, &path, into)?;
        } else if kind.is_file() && readable(&root.join(&path))? {
            into.push(source(root, &path)?);
        }
    }
    Ok(())
}

fn readable(path: &Path) -> Result<bool> {
    let known = path.extension().is_some_and(|e| e == "rs" || e == "service") || path.ends_with("package.json");
    if known {
        return Ok(true);
    }
    let mut start = [0_u8; 2];
    let mut file = fs::File::open(path).with_context(|| path.display().to_string())?;
    let read = std::io::Read::read(&mut file, &mut start)?;
    Ok(start[..read] == *b"#!")
}

fn source(root: &Path, path: &Path) -> Result<Source> {
    let text = fs::read_to_string(root.join(path)).with_context(|| path.display().to_string())?;
    Source::new(path.to_owned(), text)
}

fn starts(source: &Source, rust: &Rust<'_>) -> Vec<Start> {
    let (path, text) = (&source.path, source.text.as_str());
    let lines = || text.lines().enumerate().map(|(n, line)| (n + 1, line.trim()));
    if path.extension().is_some_and(|e| e == "rs") {
        return rust.starts(source);
    }
    if path.extension().is_some_and(|e| e == "service") {
        let exec = lines().filter_map(|(n, line)| Some((n, line.strip_prefix("Exec")?.split_once('=')?.1)));
        return exec
            .flat_map(|(n, line)| of_shell(n, line.trim_start_matches(['-', '@', '+', '!', ':'])))
            .collect();
    }
    if path.ends_with("package.json") {
        let scripts = lines().skip_while(|(_, line)| !line.starts_with("\"scripts\"")).skip(1);
        let scripts = scripts.take_while(|(_, line)| !line.starts_with('}'));
        return scripts.flat_map(|(n, line)| of_shell(n, json_value(line))).collect();
    }
    if path.ends_with("tauri.conf.json") {
        let scripts = lines().filter(|(_, line)| line.starts_with("\"script\""));
        return scripts.flat_map(|(n, line)| of_shell(n, json_value(line))).collect();
    }
    script(text, 1)
}

/// The text of a line `"name": "text",`.
fn json_value(line: &str) -> &str {
    line.splitn(4, '"')
        .nth(3)
        .and_then(|rest| rest.rsplit_once('"'))
        .map_or("", |(value, _)| value)
}

/// A text that begins with `#!`: its interpreter, and what it starts if that is a shell.
fn script(text: &str, line: usize) -> Vec<Start> {
    let first = text.lines().next().unwrap_or_default().trim_start_matches("#!");
    let mut programs: Vec<String> = first.split_whitespace().map(str::to_owned).collect();
    if programs.last().is_some_and(|name| name.ends_with("sh")) {
        programs.extend(shell::commands(text));
    }
    named(line, programs)
}

/// What the commands of a shell text start.
fn of_shell(line: usize, text: &str) -> Vec<Start> {
    named(line, shell::commands(text))
}

fn named(line: usize, programs: Vec<String>) -> Vec<Start> {
    let start = |name| Start {
        line,
        program: Ok(name),
    };
    programs.into_iter().map(start).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const CONTROL: &str = "Package: x\nDepends: adduser, @DEPENDS@\n";

    fn source(path: &str, text: &str) -> Source {
        Source::new(PathBuf::from(path), text.to_owned()).unwrap()
    }

    #[track_caller]
    fn told(path: &str, text: &str, wanted: &str) {
        let (_, unknown) = unknown(&[source(path, text)], CONTROL);
        assert!(unknown.len() == 1 && unknown[0].contains(wanted), "{text}: {unknown:?}");
    }

    #[test]
    fn a_program_that_the_table_does_not_have_is_told_with_its_place() {
        let text = "fn a() {\n    Command::new(\"no-such\").status();\n}";
        told(
            "src-tauri/relay/src/a.rs",
            text,
            "src-tauri/relay/src/a.rs:2: starts no-such",
        );
        let script = |body: &str| ["#", "!/bin/sh\n", body].concat();
        told("x", &script("cat a | no-such"), "starts no-such");
        told(
            "ui/package.json",
            "{\n\"scripts\": {\n\"a\": \"vite && no-such\"\n}\n}",
            "package.json:3: starts no-such",
        );
        told("tauri.conf.json", "\"script\": \"no-such run\"", "starts no-such");
        told(
            "a.service",
            "[Service]\nExecStart=/usr/bin/no-such x",
            "a.service:2: starts /usr/bin/no-such",
        );
    }

    #[test]
    fn what_the_table_has_is_accounted_for() {
        let text = "fn a() { Command::new(\"sh\"); Command::new(\"/bin/sh\"); Command::new(\"Xvfb\"); }";
        assert_eq!(unknown(&[source("tests/a.rs", text)], CONTROL), (3, vec![]));
    }

    #[test]
    fn what_runs_beside_the_relay_is_what_its_package_depends_on() {
        told("a.service", "ExecReload=/bin/kill -HUP 1", "does not depend on procps");
        assert_eq!(accounted("adduser", CONTROL), Ok(()));
        assert_eq!(accounted("/usr/bin/perezvon-relay", CONTROL), Ok(()), "our own");
    }
}
