//! Cells between separators, as Excel, 1C and others write them.

use super::numbers::{Cell, Row};
use super::report::{Doubt, Report};
use super::rows;
use super::{ImportFile, ImportFormat, ImportHow, MAX_CELL_CHARS, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, cut, encoding};
use crate::words::Language;

/// What may stand between cells.
const SEPARATORS: [char; 4] = [';', '\t', ',', '|'];
/// Lines by which the separator is found out.
const LOOKED_AT: usize = 50;
/// Most line breaks of a cell: more are a quotation mark that is never closed.
const MAX_BREAKS: usize = 100;
/// Times that reading begins anew behind an open quotation mark; then marks are letters.
const MAX_OPEN_QUOTES: usize = 20;

pub(super) fn read(bytes: &[u8], how: &ImportHow, language: Language) -> ImportFile {
    let decoded = encoding::decode(bytes, how.encoding.as_deref());
    let mut report = Report::default();
    let (told, text, skipped) = told_separator(&decoded.text);
    let chosen = how.separator.as_deref().and_then(|one| one.chars().next());
    let separator = chosen.filter(char::is_ascii).or(told).unwrap_or_else(|| guess(text));
    let rows = split(text, separator, skipped, &mut report);
    let table = rows::read(&rows, how, language, &mut report);
    ImportFile {
        format: ImportFormat::Csv,
        encoding: Some(decoded.encoding.name()),
        separator: Some(separator),
        sheets: Vec::new(),
        sheet: None,
        columns: table.columns,
        sample: table.sample,
        contacts: table.contacts,
        report,
    }
}

/// Excel's first line `sep=;`: the separator, the text behind it, the lines before.
fn told_separator(text: &str) -> (Option<char>, &str, u32) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let told = first.trim_end_matches('\r').trim_matches('"').strip_prefix("sep=");
    let mut letters = told.unwrap_or_default().chars();
    match (letters.next(), letters.next()) {
        (Some(separator), None) if separator.is_ascii() => (Some(separator), rest, 1),
        _ => (None, text, 0),
    }
}

/// The separator that stands in most lines equally often.
fn guess(text: &str) -> char {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(LOOKED_AT)
        .collect();
    let score = |separator: char| {
        let counts: Vec<usize> = lines.iter().map(|line| outside_quotes(line, separator)).collect();
        let usual = counts.iter().copied().max_by_key(|count| {
            let lines = counts.iter().filter(|other| *other == count).count();
            if *count == 0 { 0 } else { lines * 100 + (*count).min(99) }
        });
        let usual = usual.unwrap_or_default();
        let lines = counts.iter().filter(|count| **count == usual).count();
        if usual == 0 { 0 } else { lines }
    };
    let mut best = (0, ';');
    for separator in SEPARATORS {
        let found = score(separator);
        if found > best.0 {
            best = (found, separator);
        }
    }
    best.1
}

fn outside_quotes(line: &str, separator: char) -> usize {
    let mut inside = false;
    line.chars()
        .filter(|letter| {
            inside ^= *letter == '"';
            !inside && *letter == separator
        })
        .count()
}

/// What one pass over the text came to.
enum Pass {
    Done,
    /// A record that begins here has a quotation mark that is never closed.
    Open(usize),
}

fn split(text: &str, separator: char, lines_before: u32, report: &mut Report) -> Vec<Row> {
    let mut rows = Vec::new();
    let (mut rest, mut before) = (text, lines_before);
    for round in 0.. {
        let quoting = round < MAX_OPEN_QUOTES;
        let at = match pass(rest, separator, before, quoting, &mut rows, report) {
            Pass::Open(at) => at,
            Pass::Done => break,
        };
        // That one line is read with the mark as a letter, and reading goes on behind it.
        let (done, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
        before += lines_of(done);
        let (bad, next) = behind.split_once('\n').unwrap_or((behind, ""));
        report.say(before + 1, Doubt::OpenQuote, bad);
        pass(bad, separator, before, false, &mut rows, report);
        before += 1;
        rest = next;
    }
    rows
}

fn lines_of(text: &str) -> u32 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u32
}

/// A cell that holds rows: so many lines, or between two line breaks as many separators as a row of this table has.
fn swallowed(cell: &str, separator: char, width: usize) -> bool {
    if lines_of(cell) as usize > MAX_BREAKS {
        return true;
    }
    let mut lines = cell.split('\n').skip(1).peekable();
    // The last line is behind no break; with two columns a single separator may be punctuation.
    width > 2
        && std::iter::from_fn(|| lines.next().filter(|_| lines.peek().is_some()))
            .any(|line| line.matches(separator).count() + 1 >= width)
}

/// At the end of the file a record over several lines whose last mark is open.
fn unclosed(raw: &str, record: &csv::StringRecord, last: bool) -> bool {
    last && record.iter().any(|cell| cell.trim_end().contains('\n')) && raw.matches('"').count() % 2 == 1
}

fn pass(text: &str, separator: char, before: u32, quoting: bool, rows: &mut Vec<Row>, report: &mut Report) -> Pass {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator as u8)
        .has_headers(false)
        .flexible(true)
        .quoting(quoting)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let (mut counted, mut line, mut made, mut width) = (0, before + 1, 0, 0);
    while reader.read_record(&mut record).unwrap_or(false) {
        // The reader's own count of lines is off behind blank ones.
        let begin = record.position().map_or(0, |position| position.byte() as usize);
        let begin = begin
            + text
                .get(begin..)
                .map_or(0, |rest| rest.len() - rest.trim_start_matches(['\r', '\n']).len());
        line += lines_of(text.get(counted..begin).unwrap_or_default());
        counted = begin.max(counted);
        if width == 0 {
            width = record.len();
        }
        let end = reader.position().byte() as usize;
        let raw = text.get(begin..end).unwrap_or_default();
        let open = || {
            let cell = |cell: &str| swallowed(cell, separator, width);
            record.iter().any(cell) || unclosed(raw, &record, end >= text.len())
        };
        if quoting && open() {
            return Pass::Open(begin);
        }
        made += record.len().min(MAX_COLUMNS);
        if rows.len() >= MAX_ROWS || made > MAX_CELLS {
            report.say(line, Doubt::TooMany, "");
            break;
        }
        if record
            .iter()
            .any(|cell| cell.len() > MAX_CELL_CHARS && cell.chars().count() > MAX_CELL_CHARS)
        {
            report.say(line, Doubt::Cut, record.get(0).unwrap_or_default());
        }
        let cells = record.iter().take(MAX_COLUMNS);
        let cells = cells.map(|cell| Cell::Text(cut(cell, MAX_CELL_CHARS))).collect();
        rows.push(Row { line, cells });
    }
    Pass::Done
}
