//! `cargo xtask bench`: the budgets of the design that can be measured on one machine, each beside what it is held
//! against, measured in the same run. A table for people; no test depends on a time.

mod desk;
mod ingest;
mod pages;
mod window;

use anyhow::{Context, Result, bail};

use crate::desktop::Desktop;
use crate::install;
use crate::programs::For;
use crate::sh::{self, MINUTE};

/// One line of the table.
struct Row {
    what: String,
    measured: String,
    /// Budget, and what it is held against.
    budget: String,
    /// Whether the budget holds; nothing where the line is only for comparison.
    holds: Option<bool>,
}

impl Row {
    fn new(what: &str, measured: String, budget: impl Into<String>, holds: Option<bool>) -> Self {
        Self {
            what: what.to_owned(),
            measured,
            budget: budget.into(),
            holds,
        }
    }
}

/// A part's name, and how its lines are measured.
type Part = (&'static str, fn() -> Result<Vec<Row>>);

/// The parts, in the order of the table.
const PARTS: &[Part] = &[
    ("toast", toast),
    ("ingest", ingest::measure),
    ("parser", parser),
    ("lookup", look_up),
    ("import", import),
    ("search", desk::search),
    ("dial", desk::dial),
    ("queue", desk::queue),
    ("report-sql", desk::report),
    ("change", desk::change),
    ("player", player),
    ("recordings", pages::recordings),
    ("journal", pages::journal),
    ("window", window::measure),
    ("full-window", window::measure_full),
];

/// Those that start the app; the others need neither a desktop nor the user interface.
const WITH_APP: [&str; 5] = ["toast", "recordings", "journal", "window", "full-window"];
/// Those that need a desktop's packages, a sound server among them.
const WITH_DESKTOP: [&str; 6] = ["toast", "recordings", "journal", "window", "full-window", "player"];

/// Measures and prints: all parts, or those named.
pub(crate) fn run(names: &[&str], yes: bool) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| !PARTS.iter().any(|(part, _)| part == *name)) {
        bail!(
            "no such part: {unknown}; {}",
            PARTS.iter().map(|(part, _)| *part).collect::<Vec<_>>().join(", ")
        );
    }
    let any_of = |parts: &[&str]| names.is_empty() || names.iter().any(|name| parts.contains(name));
    if any_of(&WITH_DESKTOP) {
        install::debian(&[For::Build, For::Desktop, For::Bench], yes)?;
    } else {
        install::debian(&[For::Build, For::Bench], yes)?;
    }
    if any_of(&WITH_APP) {
        crate::ui_dist(yes)?;
    }
    for (name, measure) in PARTS
        .iter()
        .filter(|(part, _)| names.is_empty() || names.contains(part))
    {
        // At once: a later part may fail, and each takes minutes.
        print(&measure().with_context(|| format!("bench {name}"))?);
    }
    Ok(())
}

/// Builds as for a release.
fn build(arguments: &[&str]) -> Result<()> {
    sh::run(
        sh::cargo(&["build", "--release", "--locked"]).args(arguments),
        60 * MINUTE,
    )
}

/// Event POST to D-Bus `Notify`, and what it cannot be faster than, one after the other in one run.
fn toast() -> Result<Vec<Row>> {
    let desktop = Desktop::start(false)?;
    let mut bench = sh::cargo(&["bench", "--locked", "--bench", "toast_latency"]);
    desktop.enter(&mut bench);
    let text = sh::output(&mut bench, 60 * MINUTE)?;
    let toast = line(&text, "event POST -> D-Bus Notify:")?;
    let holds = number(&toast, "p50")? <= 5.0 && number(&toast, "p99")? <= 20.0;
    let limit = line(&text, "one durable commit + one D-Bus call:")?;
    Ok(vec![
        Row::new("event to toast", toast, "p50 ≤ 5 ms, p99 ≤ 20 ms", Some(holds)),
        Row::new(
            "  one durable commit + one D-Bus call",
            limit,
            "the limit of the line above",
            None,
        ),
    ])
}

fn parser() -> Result<Vec<Row>> {
    let text = example("perezvon-pbx", "parse_bench")?;
    Ok(vec![Row::new("parser, one core", line(&text, "parse:")?, "", None)])
}

fn look_up() -> Result<Vec<Row>> {
    let text = example("perezvon-desk", "lookup_bench")?;
    let (p50, p99) = (number(&text, "lookup_p50_us")?, number(&text, "lookup_p99_us")?);
    let measured = format!("p50 {p50} µs, p99 {p99} µs");
    Ok(vec![Row::new(
        "number among 200,000 contacts",
        measured,
        "p99 ≤ 100 µs",
        Some(p99 <= 100.0),
    )])
}

/// A recording of an hour, at a null sink.
fn player() -> Result<Vec<Row>> {
    let text = example("perezvon-sound", "player_bench")?;
    let (p50, p95) = (
        number(&text, "first_sound_p50_ms")?,
        number(&text, "first_sound_p95_ms")?,
    );
    let (open, peaks) = (number(&text, "open_ms")?, number(&text, "peaks_s")?);
    let memory = number(&text, "memory_mb")?;
    Ok(vec![
        Row::new(
            "click to first sound at a null sink",
            format!("p50 {p50} ms, p95 {p95} ms; the file alone {open} ms"),
            "≤ 150 ms",
            Some(p95 <= 150.0),
        ),
        Row::new(
            "peaks of 60 minutes",
            format!("{peaks} s"),
            "≤ 1.5 s",
            Some(peaks <= 1.5),
        ),
        Row::new(
            "player's memory over idle",
            format!("{memory} MB"),
            "≤ 20 MB",
            Some(memory <= 20.0),
        ),
    ])
}

/// From a file's bytes to stored contacts.
fn import() -> Result<Vec<Row>> {
    let text = example("perezvon-desk", "import_bench")?;
    let seconds = number(&text, "import:")?;
    let part = |name: &str| number(&text, name);
    Ok(vec![Row::new(
        "import of 200,000 contacts",
        format!(
            "{seconds} s: read {}, preview {}, store {}; again {}, undo {}",
            part("read:")?,
            part("preview:")?,
            part("store:")?,
            part("again:")?,
            part("undo:")?
        ),
        "≤ 20 s",
        Some(seconds <= 20.0),
    )])
}

/// What an example prints.
fn example(package: &str, name: &str) -> Result<String> {
    build(&["-p", package, "--example", name])?;
    sh::output(
        &mut sh::command(sh::target().join("release/examples").join(name), &[]),
        30 * MINUTE,
    )
}

/// What follows a word at the beginning of a line.
fn line(text: &str, start: &str) -> Result<String> {
    let found = text.lines().find_map(|line| line.trim().strip_prefix(start));
    Ok(found
        .with_context(|| format!("no line \"{start}\" in: {text}"))?
        .trim()
        .to_owned())
}

/// The number after a word: `p50 1.25 ms`.
fn number(text: &str, word: &str) -> Result<f64> {
    let mut words = text.split([' ', ',', '\n']).skip_while(|w| *w != word).skip(1);
    words
        .next()
        .and_then(|n| n.parse().ok())
        .with_context(|| format!("no number after {word} in: {text}"))
}

fn print(rows: &[Row]) {
    let width = |column: fn(&Row) -> &str| rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0);
    let (what, measured) = (width(|row| &row.what), width(|row| &row.measured));
    println!("\n{:what$}  {:measured$}  budget", "what", "measured");
    for row in rows {
        let holds = match row.holds {
            Some(true) => "  holds",
            Some(false) => "  DOES NOT HOLD",
            None => "",
        };
        println!("{:what$}  {:measured$}  {}{holds}", row.what, row.measured, row.budget);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn figures_are_read_from_the_examples_lines() {
        let text = "noise\ntoast: p50 3.1 ms, p99 12.5 ms\n";
        let line = line(text, "toast:").unwrap();
        assert!(
            (number(&line, "p99").unwrap() - 12.5).abs() < 1e-9,
            "the number after the word: {line}"
        );
        assert!(
            number(&line, "p100").is_err(),
            "a figure that is not there is no figure"
        );
        assert!(super::line(text, "parse:").is_err(), "nor is a line");
    }
}
