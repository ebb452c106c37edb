//! The fuzz targets of `src-tauri/pbx/fuzz`, on stable Rust: the compiler's own coverage pass and the libFuzzer that
//! the crate libfuzzer-sys brings as C++.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::install;
use crate::programs::For;
use crate::sh::{self, MINUTE, Scratch};

/// What libFuzzer needs to see from the code under test.
const COVERAGE: &str = "--cfg fuzzing -Cdebug-assertions -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Runs in the test command: some seconds, enough to find a broken limit. Always the same inputs: the seed is fixed and
/// the corpus begins anew.
const RUNS: u32 = 1_000_000;

/// Every target for a bounded number of runs.
pub(crate) fn short() -> Result<()> {
    let corpora = Scratch::new("perezvon-fuzz")?;
    each(corpora.path(), |target, corpus| {
        let mut command = fuzzer(target, &["-seed=1", "-timeout=5", "-rss_limit_mb=1024", "-verbosity=0"]);
        sh::run(
            command
                .arg(format!("-runs={RUNS}"))
                .arg(corpus)
                .current_dir(artifacts()?),
            10 * MINUTE,
        )
    })?;
    println!("{RUNS} runs of each target");
    Ok(())
}

/// Fuzzes every target for `minutes` minutes.
pub(crate) fn long(minutes: u64, yes: bool) -> Result<()> {
    install::debian(&[For::Build], yes)?;
    each(&package().join("corpus"), |target, corpus| {
        let mut command = fuzzer(target, &["-timeout=5", "-rss_limit_mb=2048", "-print_final_stats=1"]);
        command
            .arg(format!("-max_total_time={}", minutes * 60))
            .arg(corpus)
            .current_dir(artifacts()?);
        sh::run(&mut command, MINUTE * u32::try_from(minutes + 10)?)
    })
}

/// The target's program, with the words of its input's language if there is such a list.
fn fuzzer(target: &Path, options: &[&str]) -> Command {
    let mut command = sh::command(target, options);
    let words = package()
        .join(target.file_name().unwrap_or_default())
        .with_extension("dict");
    if words.is_file() {
        command.arg(format!("-dict={}", words.display()));
    }
    command
}

fn package() -> PathBuf {
    sh::root().join("src-tauri/pbx/fuzz")
}

/// Where libFuzzer leaves an input that broke something.
fn artifacts() -> Result<PathBuf> {
    let folder = package().join("artifacts");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn each(corpora: &Path, run: impl Fn(&Path, &Path) -> Result<()>) -> Result<()> {
    let host = host()?;
    // With an explicit target the flags do not reach build scripts and macros, which are ordinary programs.
    let mut build = sh::cargo(&["build", "--release", "--locked", "--target", &host, "--manifest-path"]);
    build
        .arg(package().join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", sh::target().join("fuzz"));
    sh::run(build.env("RUSTFLAGS", COVERAGE), 20 * MINUTE)?;
    for name in names()? {
        println!("fuzz target {name}");
        let corpus = corpora.join(&name);
        seed(&corpus)?;
        run(
            &sh::target().join("fuzz").join(&host).join("release").join(&name),
            &corpus,
        )
        .with_context(|| format!("fuzz target {name}; the input is in src-tauri/pbx/fuzz/artifacts"))?;
    }
    Ok(())
}

fn names() -> Result<Vec<String>> {
    let folder = package().join("fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    if names.is_empty() {
        bail!("no fuzz targets in {}", folder.display());
    }
    names.sort();
    Ok(names)
}

/// The example events are the best first inputs.
fn seed(corpus: &Path) -> Result<()> {
    fs::create_dir_all(corpus)?;
    for path in sh::files(&sh::root().join("src-tauri/pbx/tests/events"))? {
        if let Some(name) = path.file_name() {
            fs::copy(&path, corpus.join(name))?;
        }
    }
    Ok(())
}

fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = sh::output(&mut sh::command(rustc, &["-vV"]), MINUTE)?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc does not name its host")?;
    Ok(host.to_owned())
}
