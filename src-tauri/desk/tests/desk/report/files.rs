//! Reports as files.

use super::{abonents, between, talk};
use crate::common::{Bench, IVANOV, STRANGER, missed, ringing};
use calamine::{Data, Reader, Xlsx, open_workbook};
use perezvon_core::CallSnapshot;
use perezvon_desk::DeskError;
use perezvon_desk::view::{Grouping, Measure, ReportFormat, ReportSettings};
use std::path::Path;

/// Names that a spreadsheet would take for formulas, if it could.
const NAMES: [&str; 3] = ["=HYPERLINK(\"x\")", "-минус", "Орлова; «Ромашка» \"М\""];
const CONTACT: &str = "@SUM(A1)";

/// A day of calls: odd ones are missed ones of the contact, the others answered ones of [`NAMES`].
pub(super) fn filled() -> Bench {
    let bench = Bench::new();
    bench.contact(CONTACT, "", &[STRANGER]);
    let call = |n: usize| -> CallSnapshot {
        let mut ring = ringing(&format!("call{n}"), n as i64 + 1, [IVANOV, STRANGER][n % 2]);
        ring.party.name = Some(NAMES[n / 2].to_owned());
        if n % 2 == 1 {
            missed(&ring, n as i64 + 1)
        } else {
            talk(&ring, 61 + n as i64)
        }
    };
    let calls: Vec<CallSnapshot> = (0..6).map(call).collect();
    bench.take(&calls);
    bench
}

pub(super) fn settings() -> ReportSettings {
    ReportSettings {
        measures: vec![Measure::Count, Measure::MissedShare, Measure::TalkSum],
        period: between("2026-01-01", "2026-01-31"),
        seconds: false,
        ..ReportSettings::default()
    }
}

pub(super) fn write(
    bench: &Bench,
    settings: &ReportSettings,
    format: ReportFormat,
    folder: &Path,
) -> std::path::PathBuf {
    bench
        .desk
        .write_report(settings, &abonents(), format, (folder, "Анализ: январь"), |_| true)
        .unwrap()
}

#[test]
fn a_workbook_has_values_and_formulas_and_no_foreign_ones() {
    let bench = filled();
    let dir = tempfile::tempdir().unwrap();
    let path = write(&bench, &settings(), ReportFormat::Xlsx, dir.path());
    assert_eq!(path.file_name().unwrap(), "Анализ январь.xlsx");
    let mut book: Xlsx<_> = open_workbook(&path).unwrap();
    let name = book.sheet_names()[0].clone();
    let cells = book.worksheet_range(&name).unwrap();
    let cell = |row: u32, column: u32| cells.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    // Two lines of heads, the abonent, the day, six calls, the total.
    assert_eq!(cells.height(), 2 + 2 + 6 + 1);
    assert_eq!(cell(1, 1), Data::String("Время".to_owned()));
    assert_eq!(cell(2, 0), Data::String("Петров Иван".to_owned()));
    let Data::DateTime(day) = cell(3, 0) else {
        panic!("a day is a date: {:?}", cell(3, 0))
    };
    assert_eq!(day.to_ymd_hms_milli(), (2026, 1, 31, 0, 0, 0, 0));
    let Data::DateTime(time) = cell(4, 1) else {
        panic!("a time is a time: {:?}", cell(4, 1))
    };
    assert_eq!(time.to_ymd_hms_milli(), (2026, 1, 31, 14, 32, 0, 0), "with its day");
    let names: Vec<Data> = (4..10).map(|row| cell(row, 2)).collect();
    for name in NAMES.into_iter().chain([CONTACT]) {
        assert!(
            names.contains(&Data::String(name.to_owned())),
            "{name} is a text: {names:?}"
        );
    }
    assert_eq!(cell(4, 3), Data::String("+7 (900) 000-00-99".to_owned()));
    let Data::DateTime(talk) = cell(4, 8) else {
        panic!("a duration: {:?}", cell(4, 8))
    };
    assert!(
        talk.is_duration() && (talk.as_f64() * 86_400.0 - 61.0).abs() < 1e-6,
        "of 61 s"
    );
    let formulas = book.worksheet_formula(&name).unwrap();
    let formula = |row: u32, column: u32| formulas.get_value((row, column)).cloned().unwrap_or_default();
    assert_eq!(formula(2, 6), "SUBTOTAL(9,G4:G10)");
    assert_eq!(formula(3, 8), "SUBTOTAL(9,I5:I10)");
    assert_eq!(formula(10, 6), "SUBTOTAL(9,G3:G10)", "sums of sums count nothing twice");
    let used = formulas.used_cells().count();
    assert_eq!(used, 6, "no text became a formula");
    assert_eq!(cell(10, 6), Data::Float(6.0), "with its value, for who does not reckon");
    assert_eq!(cell(10, 7), Data::Float(0.5), "a share");
}

/// The sheet as it stands in the file.
fn sheet_xml(path: &Path) -> String {
    use std::io::Read;
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    archive
        .by_name("xl/worksheets/sheet1.xml")
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[test]
fn a_workbook_folds_stays_at_its_heads_and_filters() {
    let bench = filled();
    let dir = tempfile::tempdir().unwrap();
    let xml = sheet_xml(&write(&bench, &settings(), ReportFormat::Xlsx, dir.path()));
    for part in [
        "summaryBelow=\"0\"",
        "ySplit=\"2\" topLeftCell=\"B3\"",
        "<autoFilter ref=\"A2:I10\"/>",
        "outlineLevel=\"1\"",
        "outlineLevel=\"2\"",
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }
}

#[test]
fn a_text_is_read_by_old_programs_too() {
    let bench = filled();
    let dir = tempfile::tempdir().unwrap();
    let utf8 = std::fs::read(write(&bench, &settings(), ReportFormat::Csv, dir.path())).unwrap();
    let text = String::from_utf8(utf8).unwrap();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').split("\r\n").collect();
    assert!(text.starts_with('\u{feff}'));
    assert_eq!(lines[1].split(';').next(), Some("Дата"));
    assert_eq!(lines[2], "Петров Иван;;;;;;6;0,5;0:03:09");
    assert_eq!(
        lines[4],
        ";14:32:00;\"'=HYPERLINK(\"\"x\"\")\";'+7 (900) 000-00-99;Входящий;Нет;1;;0:01:01"
    );
    assert_eq!(
        lines[8],
        ";14:36:00;\"Орлова; «Ромашка» \"\"М\"\"\";'+7 (900) 000-00-99;Входящий;Нет;1;;0:01:05"
    );
    assert!(lines[5].contains(";'@SUM(A1);"), "{}", lines[5]);
    assert_eq!(lines[10], "Итого;;;;;;6;0,5;0:03:09");
    let old = std::fs::read(write(&bench, &settings(), ReportFormat::Csv1251, dir.path())).unwrap();
    let (again, _, broken) = encoding_rs::WINDOWS_1251.decode(&old);
    assert!(!broken);
    assert_eq!(again, text.trim_start_matches('\u{feff}'), "the same in windows-1251");
    let names: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "the second file has a name of its own: {names:?}");
}

#[test]
fn what_is_broken_off_leaves_nothing() {
    let bench = filled();
    let dir = tempfile::tempdir().unwrap();
    let entries = || std::fs::read_dir(dir.path()).unwrap().count();
    for format in [ReportFormat::Xlsx, ReportFormat::Csv] {
        for stop_at in [1, 9] {
            let mut left = stop_at;
            let stopped = bench
                .desk
                .write_report(&settings(), &abonents(), format, (dir.path(), "x"), |_| {
                    left -= 1;
                    left > 0
                });
            assert!(matches!(stopped, Err(DeskError::Cancelled)), "{stopped:?}");
            assert_eq!(entries(), 0, "no file, and no part of one");
        }
    }
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = bench
        .desk
        .write_report(&settings(), &abonents(), ReportFormat::Csv, (&file, "x"), |_| true);
    assert_eq!(error.unwrap_err().code().as_str(), "file_not_written");
    let grouped = ReportSettings {
        groupings: vec![Grouping::Hour],
        rows: false,
        ..settings()
    };
    let hours = write(&bench, &grouped, ReportFormat::Csv, dir.path());
    let text = std::fs::read_to_string(hours).unwrap();
    assert_eq!(text.lines().nth(1), Some("14:00–14:59;6;0,5;0:03:09"));
}
