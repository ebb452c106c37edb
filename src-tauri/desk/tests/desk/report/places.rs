//! From a cell to its calls.

use super::{abonents, between, talk};
use crate::common::{Bench, IVANOV, ME, STRANGER, missed, ringing};
use perezvon_core::{CallSnapshot, Direction, Outcome};
use perezvon_desk::DeskError;
use perezvon_desk::view::{CallsFilter, Grouping, Measure, Period, ReportFilter, ReportPlace, ReportSettings};
use std::collections::BTreeSet;

/// Twenty minutes of calls, one a minute: every third is missed, every fifth an outgoing conversation.
fn filled() -> Bench {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "ООО «Ромашка»", &[IVANOV]);
    let call = |n: i64| -> CallSnapshot {
        let number = [IVANOV, STRANGER, "", "102"][(n % 4) as usize];
        let ring = ringing(&format!("call{n:02}"), n, number);
        match n {
            n if n % 5 == 0 => CallSnapshot {
                direction: Direction::Outgoing,
                ..talk(&ring, n)
            },
            n if n % 3 == 0 => missed(&ring, n),
            n => talk(&ring, n * 7),
        }
    };
    let calls: Vec<CallSnapshot> = (1..=20).map(call).collect();
    bench.take(&calls);
    bench
}

fn settings(groupings: &[Grouping], measures: &[Measure]) -> ReportSettings {
    ReportSettings {
        groupings: groupings.to_vec(),
        measures: measures.to_vec(),
        rows: false,
        period: between("2026-01-31", "2026-01-31"),
        ..ReportSettings::default()
    }
}

/// All calls of a cell, page by page, and how many it says they are.
fn calls_of(bench: &Bench, place: &ReportPlace) -> (BTreeSet<String>, u32) {
    let (mut ids, mut cursor, mut calls) = (BTreeSet::new(), None, 0);
    loop {
        let page = bench.desk.report_calls(place, cursor.as_deref(), 3).unwrap();
        assert!(page.rows.len() <= 3, "no more than asked");
        for row in page.rows {
            assert!(ids.insert(row.id), "each call once");
        }
        calls = calls.max(page.calls);
        cursor = page.next;
        if cursor.is_none() {
            return (ids, calls);
        }
    }
}

#[test]
fn every_cell_leads_to_as_many_calls_as_it_counts() {
    let bench = filled();
    let measures = [Measure::Count, Measure::Answered, Measure::Missed, Measure::First];
    for groupings in [
        &[Grouping::Contact, Grouping::Direction][..],
        &[Grouping::Number, Grouping::Outcome],
        &[Grouping::Company, Grouping::Line, Grouping::Hour, Grouping::Weekday],
        &[Grouping::Abonent, Grouping::Day],
        &[Grouping::Month, Grouping::Week],
        &[],
    ] {
        let settings = settings(groupings, &measures);
        let report = bench.desk.report("report", &settings, &abonents(), 1_000).unwrap();
        assert!(groupings.is_empty() || !report.lines.is_empty());
        for line in report.lines.iter().chain([&report.total]) {
            for (measure, cell) in measures.iter().zip(&line.cells) {
                let place = ReportPlace {
                    settings: settings.clone(),
                    path: line.path.clone(),
                    measure: Some(*measure),
                };
                let (ids, calls) = calls_of(&bench, &place);
                let value = cell.value.unwrap();
                assert_eq!(
                    (ids.len() as f64, f64::from(calls)),
                    (value, value),
                    "{measure:?} of {:?}",
                    line.path
                );
            }
        }
    }
}

#[test]
fn a_share_leads_to_the_calls_that_make_it() {
    let bench = filled();
    let place = |measure| ReportPlace {
        settings: settings(&[Grouping::Abonent], &[measure]),
        path: vec![Some(ME.to_owned())],
        measure: Some(measure),
    };
    let (missed, _) = calls_of(&bench, &place(Measure::MissedShare));
    let rows = bench
        .desk
        .call_rows(&CallsFilter::default(), &missed.into_iter().collect::<Vec<_>>())
        .unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.outcome == Outcome::Missed));
    let (talked, _) = calls_of(&bench, &place(Measure::TalkP90));
    let rows = bench
        .desk
        .call_rows(&CallsFilter::default(), &talked.into_iter().collect::<Vec<_>>())
        .unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.talk_ms.is_some()));
}

#[test]
fn what_cannot_be_carried_out_is_refused() {
    let bench = filled();
    let good = settings(&[Grouping::Day], &[Measure::Count]);
    let refused = |settings: ReportSettings| {
        bench
            .desk
            .report("report", &settings, &abonents(), 10)
            .unwrap_err()
            .code()
            .as_str()
    };
    let day = Grouping::Day;
    for bad in [
        ReportSettings {
            groupings: vec![day, day],
            ..good.clone()
        },
        ReportSettings {
            groupings: Grouping::ALL[..5].to_vec(),
            ..good.clone()
        },
        ReportSettings {
            measures: Vec::new(),
            ..good.clone()
        },
        ReportSettings {
            zone: Some("Nowhere/City".to_owned()),
            ..good.clone()
        },
        ReportSettings {
            period: between("2026-02-02", "2026-02-01"),
            ..good.clone()
        },
    ] {
        assert_eq!(refused(bad), "bad_report");
    }
    let long = ReportFilter {
        query: "x".repeat(101),
        ..ReportFilter::default()
    };
    assert_eq!(
        refused(ReportSettings {
            filter: long,
            ..good.clone()
        }),
        "too_long"
    );
    let place = |path: Vec<Option<String>>| ReportPlace {
        settings: good.clone(),
        path,
        measure: None,
    };
    let error = |place| bench.desk.report_calls(&place, None, 10).unwrap_err();
    let deep = vec![Some("2026-01-31".to_owned()); 2];
    assert!(matches!(error(place(deep)), DeskError::BadReport));
    assert!(matches!(
        error(place(vec![Some("no day".to_owned())])),
        DeskError::NotFound
    ));
}

#[test]
fn a_period_is_compared_with_as_much_of_the_one_before() {
    let bench = Bench::new();
    // The version is the minute after 14:32 on 31 January: a day has 1,440.
    let day = 24 * 60;
    let call = |n: i64, days: i64, minutes: i64| {
        let mut call = talk(&ringing(&format!("c{n}"), 1, IVANOV), 10);
        let earlier = |time: perezvon_core::Time| time.plus((minutes - days * day) * 60_000);
        call.version = n;
        call.started_at = call.started_at.map(earlier);
        call.answered_at = call.answered_at.map(earlier);
        call
    };
    // Two on 31 January, one on the 30th, and three in December.
    bench.take(&[
        call(1, 0, 0),
        call(2, 0, 0),
        call(3, 1, 0),
        call(4, 32, 0),
        call(5, 32, 0),
        call(6, 31, 60),
    ]);
    let month = ReportSettings {
        period: Period::ThisMonth,
        compare: true,
        ..settings(&[Grouping::Day], &[Measure::Count])
    };
    let report = bench.desk.report("report", &month, &abonents(), 100).unwrap();
    assert_eq!((report.from.as_str(), report.to.as_str()), ("2026-01-01", "2026-01-31"));
    assert_eq!(report.before, Some(("2025-12-01".to_owned(), "2025-12-31".to_owned())));
    let figures = |line: &perezvon_desk::view::ReportLine| (line.cells[0].value, line.cells[0].before);
    assert_eq!(
        figures(&report.total),
        (Some(3.0), Some(2.0)),
        "the call of 31 December came an hour later in the day"
    );
    let by_day: Vec<_> = report
        .lines
        .iter()
        .map(|line| (line.label.as_str(), figures(line)))
        .collect();
    assert_eq!(
        by_day,
        [
            ("30.01.2026", (Some(1.0), Some(2.0))),
            ("31.01.2026", (Some(2.0), None))
        ],
        "the 30th beside the 30th"
    );
    let cut = bench.desk.report("report", &month, &abonents(), 1).unwrap();
    assert_eq!((cut.lines.len(), cut.cut), (1, true));
    assert_eq!(
        figures(&cut.total),
        (Some(3.0), Some(2.0)),
        "what is cut off is counted"
    );
}
