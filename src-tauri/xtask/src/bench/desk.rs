//! The desk over a million calls: what is asked as somebody types, the queue, a report, a change. One filled desk for all
//! of them.

use std::sync::Mutex;

use anyhow::Result;

use super::{Row, example, line, number};

/// What the example printed, once it has run.
static PRINTED: Mutex<Option<String>> = Mutex::new(None);

fn printed() -> Result<String> {
    let mut printed = PRINTED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(text) = &*printed {
        return Ok(text.clone());
    }
    let text = example("perezvon-desk", "desk_bench")?;
    Ok(printed.insert(text).clone())
}

/// One line of the example, its budget for p99 in milliseconds.
fn row(what: &str, name: &str, budget_ms: f64) -> Result<Row> {
    let measured = line(&printed()?, &format!("{name}:"))?;
    let holds = number(&measured, "p99")? <= budget_ms;
    Ok(Row::new(what, measured, format!("p99 ≤ {budget_ms} ms"), Some(holds)))
}

pub(super) fn search() -> Result<Vec<Row>> {
    let text = printed()?;
    let ours = line(&text, "search_beside_shell:")?;
    let ratio = number(&ours, "mean")? / number(&line(&text, "shell_search:")?, "mean")?;
    Ok(vec![
        row("first page of a search, 1,000,000 calls", "search_calls", 16.0)?,
        Row::new(
            "  the same SQL in the sqlite3 shell",
            line(&text, "shell_search:")?,
            format!("{ratio:.2} ×, ≤ 1.3 ×"),
            Some(ratio <= 1.3),
        ),
        row("first page by marks, 1,000,000 calls", "search_marks", 16.0)?,
        row("first page of a search, 200,000 contacts", "search_contacts", 16.0)?,
    ])
}

/// What the field to dial in asks at each letter.
pub(super) fn dial() -> Result<Vec<Row>> {
    Ok(vec![row("a letter to dial by, 200,000 contacts", "search_dial", 50.0)?])
}

pub(super) fn queue() -> Result<Vec<Row>> {
    Ok(vec![row("queue and badge", "queue", 5.0)?])
}

/// The reports that SQL can make too, and the one that it cannot.
const REPORTS: [(&str, &str); 5] = [
    ("by abonent", "abonent"),
    ("by abonent and day", "abonent_day"),
    ("by day of the week and hour", "weekday_hour"),
    ("by number", "number"),
    ("by line, outcome and week", "line_outcome_week"),
];

pub(super) fn report() -> Result<Vec<Row>> {
    let text = printed()?;
    let mut rows = Vec::new();
    for (what, name) in REPORTS {
        rows.push(row(
            &format!("report of 1,000,000 calls {what}"),
            &format!("report_{name}"),
            300.0,
        )?);
        let shell = line(&text, &format!("shell_{name}:"))?;
        let ours = line(&text, &format!("report_{name}:"))?;
        let ratio = number(&ours, "p50")? / number(&shell, "p50")?;
        rows.push(Row::new(
            "  the same SQL in the sqlite3 shell",
            shell,
            format!("{ratio:.2} ×, ≤ 1.3 ×"),
            Some(ratio <= 1.3),
        ));
    }
    let every = "report of 1,000,000 calls with every figure";
    rows.push(row(every, "report_everything", 300.0)?);
    rows.push(row("workbook of 100,000 calls", "xlsx", 3_000.0)?);
    Ok(rows)
}

pub(super) fn change() -> Result<Vec<Row>> {
    // Told and read again: a badge moves within 200 ms, of which the window joins changes for 100.
    Ok(vec![row("a snapshot taken, told and read", "change", 20.0)?])
}
