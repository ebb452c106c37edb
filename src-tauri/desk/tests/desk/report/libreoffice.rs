//! The workbook as LibreOffice reads it: it opens without a word, and dates, times, parts and texts are that.

use super::files::{filled, settings, write};
use perezvon_desk::view::ReportFormat;
use roxmltree::{Document, Node};
use std::path::Path;
use std::process::Command;

/// Of LibreOffice's own XML, in which every cell tells its type.
const OFFICE: &str = "urn:oasis:names:tc:opendocument:xmlns:office:1.0";
const TABLE: &str = "urn:oasis:names:tc:opendocument:xmlns:table:1.0";

fn converted(path: &Path, folder: &Path) -> String {
    let profile = format!("-env:UserInstallation=file://{}", folder.join("profile").display());
    let done = Command::new("soffice")
        .args([
            &profile,
            "--headless",
            "--norestore",
            "--convert-to",
            "fods",
            "--outdir",
        ])
        .args([folder, path])
        .env("HOME", folder)
        .output()
        .expect("soffice comes with libreoffice-calc, which `cargo xtask test` installs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read_to_string(folder.join(path.with_extension("fods").file_name().unwrap())).unwrap()
}

/// Type, value and text of the cells of a row that have one.
fn cells<'a>(row: Node<'a, 'a>) -> Vec<Cell<'a>> {
    let all = row.children().filter(|node| node.has_tag_name((TABLE, "table-cell")));
    let cell = |node: Node<'a, 'a>| {
        let names = ["value", "date-value", "time-value"];
        let texts = node
            .descendants()
            .filter_map(|node| node.text().filter(|_| node.is_text()));
        Some(Cell {
            kind: node.attribute((OFFICE, "value-type"))?,
            value: names
                .into_iter()
                .find_map(|name| node.attribute((OFFICE, name)))
                .unwrap_or(""),
            text: texts.collect::<String>().trim().to_owned(),
            formula: node.attribute((TABLE, "formula")).unwrap_or(""),
        })
    };
    all.filter_map(cell).collect()
}

#[derive(Debug)]
struct Cell<'a> {
    kind: &'a str,
    value: &'a str,
    text: String,
    formula: &'a str,
}

#[test]
fn libreoffice_opens_the_workbook_with_its_types() {
    let bench = filled();
    let dir = tempfile::tempdir().unwrap();
    let path = write(&bench, &settings(), ReportFormat::Xlsx, dir.path());
    let text = converted(&path, dir.path());
    let document = Document::parse(&text).unwrap();
    let rows: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name((TABLE, "table-row")))
        .map(cells)
        .collect();
    let all = || rows.iter().flatten();
    let days: Vec<_> = all()
        .filter(|cell| cell.kind == "date")
        .map(|cell| cell.value)
        .collect();
    assert_eq!(days, ["2026-01-31"], "a day is a date: {rows:?}");
    // Two lines of heads, the abonent, the day, and the total at the end.
    let calls = &rows[4..10];
    let begun: Vec<_> = calls.iter().map(|row| (row[0].kind, row[0].text.as_str())).collect();
    let clock = ["14:32:00", "14:33:00", "14:34:00", "14:35:00", "14:36:00", "14:37:00"];
    assert_eq!(begun, clock.map(|text| ("time", text)), "{rows:?}");
    let talks: Vec<_> = calls.iter().step_by(2).map(|row| row.last().unwrap()).collect();
    assert!(
        talks.iter().all(|cell| cell.kind == "time"),
        "a conversation is a duration: {talks:?}"
    );
    assert_eq!(talks[0].value, "PT00H01M01S");
    assert!(
        all().any(|cell| cell.kind == "percentage" && cell.value == "0.5"),
        "a part is one"
    );
    for name in ["=HYPERLINK(\"x\")", "-минус", "@SUM(A1)"] {
        let found: Vec<_> = all().filter(|cell| cell.text == name).collect();
        assert!(
            !found.is_empty()
                && found
                    .iter()
                    .all(|cell| cell.kind == "string" && cell.formula.is_empty()),
            "{name} is a text: {rows:?}"
        );
    }
    // LibreOffice reckons the totals itself.
    let counted = all()
        .filter(|cell| cell.formula.contains("SUBTOTAL") && cell.value == "6")
        .count();
    assert_eq!(counted, 3, "the abonent's, the day's and all calls: {rows:?}");
    assert!(
        all().all(|cell| !cell.text.starts_with("Err:") && !cell.text.starts_with('#')),
        "{rows:?}"
    );
    assert!(text.contains("table-row-group"), "the outline is there");
}
