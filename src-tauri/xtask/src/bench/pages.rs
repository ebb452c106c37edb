//! Pages of the real window over a desk of the largest size: from the question to the picture with its answer.

use anyhow::Result;

use super::{Row, number};
use crate::desktop::Desktop;
use crate::sh::{self, MINUTE};

/// What the benchmark of this name prints, on a desktop of its own.
fn printed(name: &str) -> Result<String> {
    let desktop = Desktop::start(false)?;
    let mut bench = sh::cargo(&["bench", "--locked", "--bench", name]);
    desktop.enter(&mut bench);
    sh::output(&mut bench, 60 * MINUTE)
}

/// «Записи» with 100,000 recordings.
pub(super) fn recordings() -> Result<Vec<Row>> {
    let text = printed("recordings_page")?;
    let (p50, p95) = (number(&text, "first_page_p50_ms")?, number(&text, "first_page_p95_ms")?);
    let cold = number(&text, "first_page_cold_ms")?;
    Ok(vec![Row::new(
        "first picture of 100,000 recordings",
        format!("p50 {p50} ms, p95 {p95} ms; the first time {cold} ms"),
        "p50 ≤ 50 ms",
        Some(p50 <= 50.0),
    )])
}

/// The journal with 1,000,000 calls, and the field to dial in with 200,000 contacts.
pub(super) fn journal() -> Result<Vec<Row>> {
    let text = printed("journal_page")?;
    let row = |what: &str, name: &str| -> Result<Row> {
        let (p50, p95) = (
            number(&text, &format!("{name}_p50_ms"))?,
            number(&text, &format!("{name}_p95_ms"))?,
        );
        let measured = format!("p50 {p50} ms, p95 {p95} ms");
        Ok(Row::new(what, measured, "p50 ≤ 50 ms", Some(p50 <= 50.0)))
    };
    Ok(vec![
        row("painted rows of a search, 1,000,000 calls", "search")?,
        row("painted rows of a mark, 1,000,000 calls", "mark")?,
        row("painted offers of a letter, 200,000 contacts", "letter")?,
    ])
}
