//! The manual's sample, cell by cell.

use super::{abonents, between, talk};
use crate::common::{Bench, ME, missed, ringing};
use perezvon_core::{CallSnapshot, Time};
use perezvon_desk::view::{Measure, Report, ReportLine, ReportSettings};

/// The rows as the manual prints them. It shows an excerpt: of the abonent and of the first two days the heads are cut
/// off. That they are two days is seen by the clock, which goes back after 9:06:59.
const MANUAL: &str = include_str!("manual.tsv");

/// 2019-01-01 00:00:00 in Moscow.
const YEAR_MS: i64 = 1_546_290_000_000;

/// A moment of 2019, by the manual's clock.
fn at(day_of_year: i64, clock: &str) -> Time {
    let parts: Vec<i64> = clock.split(':').map(|part| part.parse().unwrap()).collect();
    let seconds = (day_of_year - 1) * 86_400 + parts[0] * 3600 + parts[1] * 60 + parts[2];
    Time::from_ms(YEAR_MS + seconds * 1000)
}

/// The call of a line of the manual.
fn call(n: i64, day_of_year: i64, line: &[&str]) -> CallSnapshot {
    let ring = ringing(&format!("call{n}"), n, line[3]);
    let mut call = match line[6] {
        "" => missed(&ring, n),
        seconds => talk(&ring, seconds.parse().unwrap()),
    };
    call.started_at = Some(at(day_of_year, line[1]));
    call.answered_at = call.answered_at.and(call.started_at);
    call.updated_at = at(day_of_year + 1, "0:00:00");
    // The contact of the event's document: what the PBX told, where no contact has the number.
    call.party.name = Some(line[2].to_owned()).filter(|name| !name.is_empty());
    call
}

/// The lines as a sheet of cells: the heads' columns are those of the lines.
fn sheet(report: &Report) -> Vec<Vec<String>> {
    let width = report.heads[0].len();
    let line = |line: &ReportLine| {
        let mut cells = vec![line.label.clone()];
        cells.extend(line.texts.iter().cloned());
        cells.resize(width - line.cells.len(), String::new());
        // A blank that does not break is one blank in the manual's text.
        cells.extend(line.cells.iter().map(|cell| cell.text.replace('\u{a0}', " ")));
        cells
    };
    let mut all = report.heads.clone();
    all.extend(report.lines.iter().map(line));
    all.push(line(&report.total));
    all
}

/// The calls of the manual's lines, and one that makes up the rest of its total, which the excerpt leaves out.
fn calls(manual: &[Vec<&str>]) -> Vec<CallSnapshot> {
    let (mut calls, mut day) = (Vec::new(), 16);
    for line in &manual[2..manual.len() - 1] {
        match line[0] {
            "18.01.2019" => day = 18,
            "31.01.2019" => day = 31,
            "01.02.2019" => day = 32,
            _ => {
                if line[1] == "3:58:48" {
                    day = 17;
                }
                calls.push(call(calls.len() as i64 + 1, day, line));
            }
        }
    }
    let rest = ["", "12:00:00", "", "202", "Входящий", "Нет", "12545"];
    calls.push(call(calls.len() as i64 + 1, 15, &rest));
    calls
}

#[test]
fn the_default_report_is_the_manuals() {
    let manual: Vec<Vec<&str>> = MANUAL.lines().map(|line| line.split('\t').collect()).collect();
    let bench = Bench::new();
    let calls = calls(&manual);
    bench.take(&calls);
    let settings = ReportSettings {
        period: between("2019-01-01", "2019-02-28"),
        ..ReportSettings::default()
    };
    let report = bench.desk.report("report", &settings, &abonents(), 1_000).unwrap();
    let sheet = sheet(&report);
    assert_eq!(sheet[..2], manual[..2], "the heads");
    assert_eq!(
        sheet[2],
        ["Петров Иван", "", "", "", "", "", "12 590"],
        "the abonent's head"
    );
    let cut_off = ["15.01.2019", "16.01.2019", "17.01.2019"];
    let days: Vec<&[String]> = sheet[3..]
        .iter()
        .map(Vec::as_slice)
        .filter(|line| cut_off.contains(&line[0].as_str()))
        .collect();
    assert_eq!(days.len(), 3, "each day has a head");
    assert_eq!(
        (days[1][6].as_str(), days[2][6].as_str()),
        ("8", "32"),
        "with its subtotal"
    );
    // The excerpt begins with the rows of the 16th.
    let rows: Vec<&Vec<String>> = sheet[5..]
        .iter()
        .filter(|line| !cut_off.contains(&line[0].as_str()))
        .collect();
    assert_eq!(rows.len(), manual.len() - 2, "no line more or less");
    for (ours, manuals) in rows.iter().zip(&manual[2..]) {
        assert_eq!(*ours, manuals, "cell by cell");
    }
    assert_eq!(
        (report.calls, report.journal),
        (16, 16),
        "reconciles with the call list"
    );
    let cell = &report
        .lines
        .iter()
        .find(|line| line.label == "31.01.2019")
        .unwrap()
        .cells[0];
    assert_eq!(
        cell.value, None,
        "a day of missed calls alone has no duration, and not 0"
    );
    assert!(
        report
            .lines
            .iter()
            .all(|line| line.level == 3 || line.path[0].as_deref() == Some(ME))
    );
}

#[test]
fn without_the_column_of_times_they_stand_in_the_outline() {
    let bench = Bench::new();
    let ring = ringing("a", 1, "202");
    bench.take(&[talk(&ring, 5)]);
    let variants = bench.desk.report_variants("user").unwrap();
    assert_eq!(variants.first, "analysis");
    let narrow = variants
        .variants
        .into_iter()
        .find(|one| one.id == "analysis_narrow")
        .unwrap();
    let settings = ReportSettings {
        period: between("2026-01-01", "2026-01-31"),
        ..narrow.settings
    };
    let report = bench.desk.report("report", &settings, &abonents(), 1_000).unwrap();
    assert_eq!(
        report.heads[1],
        [
            "Дата",
            "Документ события.Контакт",
            "Номер вызова",
            "Направление вызова",
            "Пропущенный вызов",
            "Продолжительность вызова, сек."
        ]
    );
    let last = report.lines.last().unwrap();
    assert_eq!(
        (last.label.as_str(), &last.texts[1..]),
        ("14:32:00", &["202", "Входящий", "Нет"].map(str::to_owned)[..])
    );
    assert_eq!(settings.measures, [Measure::TalkSum]);
}
