//! The company's calls at an administrator's desk: in the journal of each abonent and in the report, and nowhere else.

use crate::common::{Bench, IDENTITY, IVANOV, ME, STRANGER, answered_by, ended, filter, missed, ringing};
use perezvon_core::CallSnapshot;
use perezvon_core::snapshot::{RecordingSnapshot, RecordingState};
use perezvon_desk::DeskError;
use perezvon_desk::view::{CallsAt, CallsFilter, CallsSpan, Grouping, Measure, Period, Report, ReportFilter};
use perezvon_desk::view::{ReportPlace, ReportSettings};
use std::collections::HashMap;

const PETROV: &str = "9000000002@mpbx.sip.beeline.ru";
const SIDOROV: &str = "9000000003@mpbx.sip.beeline.ru";

fn part(call: &CallSnapshot, abonent: &str) -> CallSnapshot {
    CallSnapshot {
        abonent: Some(abonent.to_owned()),
        ..call.clone()
    }
}

fn of(abonent: &str) -> CallsFilter {
    CallsFilter {
        abonent: Some(abonent.to_owned()),
        ..CallsFilter::default()
    }
}

fn ids(bench: &Bench, filter: &CallsFilter) -> Vec<String> {
    let rows = bench.desk.calls(filter, None, 50).unwrap().rows;
    rows.into_iter().map(|row| row.id).collect()
}

/// A call that the user missed and a colleague too, and one that only two others had.
fn company(bench: &Bench) {
    let both = ringing("both", 1, IVANOV);
    let theirs = ringing("theirs", 3, STRANGER);
    bench.take(&[missed(&both, 2)]);
    let parts = [
        part(&missed(&both, 2), ME),
        part(&missed(&both, 2), PETROV),
        part(&ended(&theirs, 4), PETROV),
        part(&answered_by(&theirs, 4, "Петров Иван"), SIDOROV),
    ];
    bench.desk.take_company(&parts, IDENTITY, (0, 4), false).unwrap();
}

fn report(bench: &Bench, filter: ReportFilter) -> Report {
    let settings = settings(filter);
    bench.desk.report("test", &settings, &HashMap::new(), 100).unwrap()
}

fn settings(filter: ReportFilter) -> ReportSettings {
    ReportSettings {
        groupings: vec![Grouping::Abonent],
        measures: vec![Measure::Count, Measure::Missed, Measure::TalkSum],
        rows: false,
        period: Period::All,
        filter,
        ..ReportSettings::default()
    }
}

#[test]
fn each_abonent_has_a_journal_and_the_users_own_stays_as_it_was() {
    let bench = Bench::new();
    company(&bench);
    assert_eq!(ids(&bench, &CallsFilter::default()), ["both"]);
    assert_eq!(ids(&bench, &of(PETROV)), ["theirs", "both"]);
    assert_eq!(ids(&bench, &of(SIDOROV)), ["theirs"]);
    assert_eq!(ids(&bench, &of("nobody")), [""; 0]);
    let row = &bench.desk.calls(&of(PETROV), None, 1).unwrap().rows[0];
    assert_eq!(row.abonent.as_deref(), Some(PETROV));
    let seen = |whom| bench.desk.call("theirs", whom).map(|call| call.row.outcome.as_str());
    assert_eq!(seen(Some(PETROV)).unwrap(), "ended");
    assert_eq!(seen(Some(SIDOROV)).unwrap(), "answered_by");
    assert!(
        matches!(seen(None), Err(DeskError::NotFound)),
        "the user had no part in it"
    );
    for query in ["9000000098", "8 900 000-00-98"] {
        let found = |abonent: Option<&str>| {
            ids(
                &bench,
                &CallsFilter {
                    abonent: abonent.map(str::to_owned),
                    ..filter("all", query)
                },
            )
        };
        assert_eq!(found(Some(SIDOROV)), ["theirs"], "{query}");
        assert_eq!(found(None), [""; 0], "{query}");
    }
    let missed = CallsFilter {
        abonent: Some(PETROV.to_owned()),
        ..filter("missed", "")
    };
    assert_eq!(ids(&bench, &missed), ["both"]);
    let place = bench
        .desk
        .calls_place("test", &of(PETROV), CallsSpan::default(), CallsAt::Row(1))
        .unwrap();
    assert_eq!((place.row, place.total), (1, 2));
    let rows = bench
        .desk
        .call_rows(&of(SIDOROV), &["both".to_owned(), "theirs".to_owned()])
        .unwrap();
    assert_eq!(rows.len(), 1, "of the rows that are asked for only the abonent's");
}

#[test]
fn nothing_follows_from_others_calls() {
    let bench = Bench::new();
    let mut changes = bench.desk.changes();
    let theirs = missed(&ringing("theirs", 1, STRANGER), 2);
    bench
        .desk
        .take_company(&[part(&theirs, PETROV)], IDENTITY, (0, 2), false)
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let change = runtime.block_on(changes.next()).unwrap();
    assert_eq!((change.counts.to_call_back, change.counts.unseen), (0, 0), "no badge");
    assert!(change.touched.callbacks.is_empty() && change.touched.notices.is_empty());
    let waiting = CallsFilter {
        abonent: Some(PETROV.to_owned()),
        ..filter("waiting", "")
    };
    assert_eq!(ids(&bench, &waiting), [""; 0], "the queue is the user's");
    assert!(!bench.desk.calls(&of(PETROV), None, 1).unwrap().rows[0].to_call_back);
    assert!(bench.desk.digest().unwrap().is_none() && bench.desk.pending_toasts().unwrap().is_empty());
    // A colleague's conversation is no call back of the user's own missed call.
    bench.take(&[missed(&ringing("own", 3, STRANGER), 4)]);
    let later = ended(&ringing("later", 5, STRANGER), 6);
    bench
        .desk
        .take_company(&[part(&later, PETROV)], IDENTITY, (2, 6), false)
        .unwrap();
    assert_eq!(ids(&bench, &filter("waiting", "")), ["own"]);
}

#[test]
fn a_report_is_of_the_user_or_of_the_company_and_agrees_with_the_journals() {
    let bench = Bench::new();
    company(&bench);
    let own = report(&bench, ReportFilter::default());
    assert_eq!((own.calls, own.journal), (1, 1));
    let all = ReportFilter {
        company: true,
        ..ReportFilter::default()
    };
    let made = report(&bench, all.clone());
    assert_eq!((made.calls, made.journal), (4, 4), "one of the user, three of others");
    let figures: Vec<_> = made
        .lines
        .iter()
        .map(|line| (line.label.as_str(), line.calls))
        .collect();
    assert_eq!(figures, [("9000000001", 1), ("9000000002", 2), ("9000000003", 1)]);
    assert_eq!(made.total.cells[1].value, Some(2.0), "both have missed it");
    let one = ReportFilter {
        abonents: vec![PETROV.to_owned()],
        ..all.clone()
    };
    assert_eq!(report(&bench, one).calls, 2);
    let place = ReportPlace {
        settings: settings(all),
        path: made.lines[2].path.clone(),
        measure: None,
    };
    let calls = bench.desk.report_calls(&place, None, 10).unwrap();
    assert_eq!(
        (calls.rows[0].id.as_str(), calls.rows[0].abonent.as_deref()),
        ("theirs", Some(SIDOROV)),
        "a cell leads to the abonent's view of the call"
    );
}

#[test]
fn a_page_of_another_mirror_or_place_is_refused_and_older_versions_change_nothing() {
    let bench = Bench::new();
    company(&bench);
    let theirs = ringing("theirs", 3, STRANGER);
    let again = [part(&missed(&theirs, 3), PETROV)];
    let refused = |identity, after| {
        let taken = bench.desk.take_company(&again, identity, (after, 9), true);
        matches!(taken, Err(DeskError::OtherIdentity))
    };
    assert!(refused("http://127.0.0.1:1 other", 4) && refused(IDENTITY, 3));
    bench.desk.take_company(&again, IDENTITY, (4, 9), true).unwrap();
    assert_eq!(bench.desk.company_cursor(IDENTITY).unwrap(), Some(9));
    let seen = bench.desk.call("theirs", Some(PETROV)).unwrap().row.outcome;
    assert_eq!(seen.as_str(), "ended", "an older version");
    let gone = CallSnapshot {
        version: 10,
        superseded_by: Some("both".to_owned()),
        ..part(&theirs, PETROV)
    };
    bench.desk.take_company(&[gone], IDENTITY, (9, 10), true).unwrap();
    assert_eq!(ids(&bench, &of(PETROV)), ["both"]);
    assert_eq!(ids(&bench, &of(SIDOROV)), ["theirs"], "only his part has ended");
}

#[test]
fn what_is_no_longer_wanted_is_deleted_and_the_users_own_stays() {
    let bench = Bench::new();
    company(&bench);
    let names = HashMap::from([(PETROV.to_owned(), "Петров Иван".to_owned())]);
    bench.desk.set_company_abonents(&names).unwrap();
    let made = report(
        &bench,
        ReportFilter {
            company: true,
            ..ReportFilter::default()
        },
    );
    assert_eq!(made.calls, 4);
    while bench.desk.forget_company().unwrap() {}
    for after in [0, 4] {
        let late = bench.desk.take_company(&[], IDENTITY, (after, 9), false);
        assert!(late.is_err(), "a page that was under way is not taken any more");
    }
    assert_eq!(
        bench.desk.company_cursor(IDENTITY).unwrap(),
        Some(0),
        "it would begin anew"
    );
    assert!(bench.desk.company_abonents().unwrap().is_empty());
    assert_eq!(ids(&bench, &of(PETROV)), [""; 0]);
    assert_eq!(ids(&bench, &CallsFilter::default()), ["both"]);
    let all = report(
        &bench,
        ReportFilter {
            company: true,
            ..ReportFilter::default()
        },
    );
    assert_eq!((all.calls, all.journal), (1, 1));
    // Another mirror has nothing of it either.
    company(&bench);
    bench.desk.set_company_abonents(&names).unwrap();
    bench.desk.reset_mirror("http://127.0.0.1:1 other@example").unwrap();
    assert!(bench.desk.company_abonents().unwrap().is_empty());
    assert_eq!(ids(&bench, &of(PETROV)), [""; 0]);
}

#[test]
fn anothers_recording_is_listed_when_somebody_asks_for_it() {
    let bench = Bench::new();
    let recorded = CallSnapshot {
        recording: RecordingSnapshot {
            state: RecordingState::Ready,
            id: Some("77".to_owned()),
        },
        ..ended(&ringing("theirs", 1, STRANGER), 2)
    };
    bench
        .desk
        .take_company(&[part(&recorded, PETROV)], IDENTITY, (0, 2), true)
        .unwrap();
    assert_eq!(bench.desk.recording_totals().unwrap().all, 0);
    assert!(matches!(
        bench.desk.recording_of_call("theirs", None),
        Err(DeskError::NotFound)
    ));
    let id = bench.desk.recording_of_call("theirs", Some(PETROV)).unwrap();
    assert_eq!(bench.desk.recording_of_call("theirs", Some(PETROV)).unwrap(), id);
    let row = &bench.desk.calls(&of(PETROV), None, 1).unwrap().rows[0];
    assert_eq!(row.sound_id, Some(id));
    assert!(
        bench.desk.recording(id).unwrap().row.abonent.is_some(),
        "whose it is, for the audit"
    );
}
