//! The call list as a journal: marks that combine, lost calls, both orders, what is kept of it, and its file.

use crate::common::{Bench, IVANOV, STRANGER, ended, missed, noon, ringing};
use perezvon_core::{CallSnapshot, Direction, Number, Outcome};
use perezvon_desk::DeskError;
use perezvon_desk::view::{
    CallColumn, CallMark, CallRow, CallsAt, CallsFilter, CallsKept, CallsSpan, FileWritten, SavedCalls,
};

const DAY_MS: i64 = 24 * 3_600_000;

fn miss(id: &str, version: i64, number: &str) -> CallSnapshot {
    missed(&ringing(id, version, number), version)
}

fn marked(marks: &[CallMark]) -> CallsFilter {
    CallsFilter {
        marks: marks.to_vec(),
        ..CallsFilter::default()
    }
}

fn rows(bench: &Bench, filter: &CallsFilter) -> Vec<CallRow> {
    bench.desk.calls(filter, None, 50).unwrap().rows
}

fn ids(bench: &Bench, filter: &CallsFilter) -> Vec<String> {
    rows(bench, filter).into_iter().map(|row| row.id).collect()
}

#[test]
fn marks_combine_and_agree_with_a_search() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV]);
    let mut called = ended(&ringing("d", 4, STRANGER), 4);
    called.direction = Direction::Outgoing;
    bench.take(&[
        miss("a", 1, IVANOV),
        ended(&ringing("b", 2, IVANOV), 2),
        miss("c", 3, STRANGER),
        called,
    ]);
    for (marks, found) in [
        (&[CallMark::Incoming][..], &["c", "b", "a"][..]),
        (&[CallMark::Outgoing], &["d"]),
        (&[CallMark::Missed], &["c", "a"]),
        (&[CallMark::Missed, CallMark::Unregistered], &["c"]),
        (&[CallMark::Missed, CallMark::First], &["c", "a"]),
        (&[CallMark::Incoming, CallMark::Outgoing], &[]),
    ] {
        assert_eq!(ids(&bench, &marked(marks)), found, "{marks:?}");
    }
    let both = CallsFilter {
        query: "иванов".to_owned(),
        ..marked(&[CallMark::Missed])
    };
    assert_eq!(ids(&bench, &both), ["a"]);
    let again = bench.desk.call_rows(&both, &["a".to_owned(), "b".to_owned()]).unwrap();
    assert_eq!(again.len(), 1, "a shown row that the marks list no longer goes");
}

#[test]
fn lost_is_the_first_call_of_a_number_that_nobody_talked_with_within_the_day() {
    let bench = Bench::new();
    bench.take(&[
        miss("a", 1, IVANOV),
        miss("b", 2, STRANGER),
        ended(&ringing("c", 3, STRANGER), 3),
        miss("d", 4, IVANOV),
    ]);
    // The desk's clock counts, not the machine's, which may be years ahead.
    bench.desk.set_clock(noon().plus(DAY_MS / 2));
    assert_eq!(ids(&bench, &marked(&[CallMark::Lost])), [""; 0], "the day is not over");
    bench.desk.set_clock(noon().plus(2 * DAY_MS));
    let lost = rows(&bench, &marked(&[CallMark::Lost]));
    assert_eq!(lost.len(), 1, "one was called back, one had called before");
    assert!(lost[0].id == "a" && lost[0].lost);
    let all = rows(&bench, &CallsFilter::default());
    assert_eq!(all.iter().filter(|row| row.lost).count(), 1);
}

#[test]
fn the_oldest_may_come_first_page_by_page_and_a_moment_is_found() {
    let bench = Bench::new();
    let calls: Vec<_> = (1..=25)
        .map(|n| miss(&format!("m{n:02}"), n, &format!("+79000000{n:03}")))
        .collect();
    bench.take(&calls);
    for query in ["", "+7900"] {
        let filter = CallsFilter {
            oldest_first: true,
            query: query.to_owned(),
            ..CallsFilter::default()
        };
        let (mut cursor, mut seen) = (None::<String>, Vec::new());
        loop {
            let page = bench.desk.calls(&filter, cursor.as_deref(), 10).unwrap();
            seen.extend(page.rows.iter().map(|row| row.id.clone()));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let wanted: Vec<_> = (1..=25).map(|n| format!("m{n:02}")).collect();
        assert_eq!(seen, wanted, "{query:?}");
        let at = calls[14].started_at.unwrap().ms();
        let view = "test";
        let place = bench
            .desk
            .calls_place(view, &filter, CallsSpan::default(), CallsAt::Moment(at))
            .unwrap();
        assert_eq!((place.row, place.total), (14, 25), "{query:?}");
        let page = bench.desk.calls(&filter, place.cursor.as_deref(), 3).unwrap();
        assert_eq!(page.rows[0].id, "m15", "{query:?}");
        let from = (place.cursor.as_deref(), true);
        let back = bench
            .desk
            .calls_between(view, &filter, CallsSpan::default(), from, 3)
            .unwrap();
        let above: Vec<_> = back.rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(above, ["m12", "m13", "m14"], "{query:?}");
        let again = bench.desk.calls(&filter, back.next.as_deref(), 3).unwrap();
        assert_eq!(
            again.rows, back.rows,
            "{query:?}: its next is the cursor by which it is read"
        );
        let place = bench
            .desk
            .calls_place(view, &filter, CallsSpan::default(), CallsAt::Row(20))
            .unwrap();
        let page = bench.desk.calls(&filter, place.cursor.as_deref(), 1).unwrap();
        assert_eq!(page.rows[0].id, "m21", "{query:?}");
    }
}

#[test]
fn upwards_no_more_is_passed_than_downwards() {
    const CALLS: i64 = 6_000;
    let bench = Bench::new();
    // Every tenth is a first call.
    let calls: Vec<_> = (1..=CALLS)
        .map(|n| {
            miss(
                &format!("m{n:05}"),
                n,
                &format!("+7900{:07}", if n % 10 == 0 { n } else { n % 100 }),
            )
        })
        .collect();
    for some in calls.chunks(1_000) {
        bench.take(some);
    }
    let first = marked(&[CallMark::First]);
    let oldest = bench.desk.calls(&first, None, 50).unwrap();
    let up = |cursor: &str| {
        let from = (Some(cursor), true);
        bench
            .desk
            .calls_between("test", &first, CallsSpan::default(), from, 500)
            .unwrap()
    };
    // From the end upwards, part by part: each call once, in order.
    let (mut cursor, mut seen, mut pages) = (oldest.next.unwrap(), Vec::new(), 0);
    while let Some(next) = bench.desk.calls(&first, Some(&cursor), 500).unwrap().next {
        cursor = next;
    }
    let end = cursor.clone();
    loop {
        let page = up(&cursor);
        seen.splice(0..0, page.rows.into_iter().map(|row| row.id));
        pages += 1;
        match page.next {
            Some(next) => cursor = next,
            None => break,
        }
    }
    assert!(up(&end).rows.len() < 500, "a page passes so many calls and no more");
    assert!(pages >= 3, "{pages}");
    let whole = ids(&bench, &first);
    assert_eq!(seen[..50], whole[..50]);
    assert!(
        seen.windows(2).all(|two| two[0] > two[1]),
        "the newest first, each once"
    );

    let place = bench
        .desk
        .calls_place("test", &first, CallsSpan::default(), CallsAt::Row(300))
        .unwrap();
    // One in ten, and the hundred numbers' first ones.
    assert_eq!((place.total, place.row), (690, 300));
    let page = bench.desk.calls(&first, place.cursor.as_deref(), 1).unwrap();
    let row = seen.iter().position(|id| *id == page.rows[0].id).unwrap();
    assert_eq!(row, 300);
}

#[test]
fn what_is_kept_of_it_lasts_and_has_bounds() {
    let bench = Bench::new();
    let first = bench.desk.calls_kept().unwrap();
    assert_eq!(first.columns, CallColumn::MANUAL);
    let saved = SavedCalls {
        name: "Потерянные".to_owned(),
        filter: marked(&[CallMark::Lost]),
    };
    let kept = CallsKept {
        saved: vec![saved.clone()],
        table: true,
        columns: vec![CallColumn::Date, CallColumn::Status],
    };
    bench.desk.keep_calls(&kept).unwrap();
    assert_eq!(bench.killed().desk.calls_kept().unwrap(), kept);
    let many = CallsKept {
        saved: vec![saved; 51],
        ..kept
    };
    assert!(matches!(bench.desk.keep_calls(&many), Err(DeskError::TooLong)));
}

#[test]
fn the_file_has_what_is_shown_and_none_is_left_of_one_that_was_broken_off() {
    let bench = Bench::new();
    bench.contact("=Иванов; Пётр", "", &[IVANOV]);
    let mut tried = ringing("b", 2, STRANGER);
    tried.direction = Direction::Outgoing;
    tried = missed(&tried, 2);
    tried.outcome = Outcome::NoAnswer;
    bench.take(&[miss("a", 1, IVANOV), tried]);
    let folder = bench.dir.path().join("files");
    let write = |going: &mut dyn FnMut(usize) -> bool| {
        bench.desk.write_calls(
            (&CallsFilter::default(), CallsSpan::default()),
            None,
            (&CallColumn::MANUAL, false),
            (&folder, "Журнал"),
            going,
        )
    };
    let file = write(&mut |_| true).unwrap();
    assert_eq!(file.rows, 2);
    let text = std::fs::read_to_string(file.path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "\u{feff}Дата;Номер вызова;Входящий вызов;Пропущенный вызов;Продолжительность, сек.;Физическое лицо;Идентификатор абонента"
            .replace("Продолжительность, сек.", "\"Продолжительность, сек.\"")
    );
    assert!(
        lines[1].contains(";Нет;Да;"),
        "an unanswered outgoing call, as in the manual: {}",
        lines[1]
    );
    assert!(
        lines[2].contains(";Да;Да;") && lines[2].contains("\"'=Иванов; Пётр\""),
        "{}",
        lines[2]
    );
    assert_eq!(lines.len(), 3);
    assert!(matches!(write(&mut |_| false), Err(DeskError::Cancelled)));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "no half file");
}

#[test]
fn a_file_of_chosen_calls_has_them_as_they_are_listed_and_without_those_that_are_gone() {
    let bench = Bench::new();
    bench.take(&[miss("a", 1, IVANOV), miss("b", 2, STRANGER), miss("c", 3, IVANOV)]);
    let folder = bench.dir.path().join("files");
    let write = |filter: &CallsFilter, ids: &[&str]| {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let list = (filter, CallsSpan::default());
        let shown: (&[CallColumn], bool) = (&[CallColumn::Number], false);
        bench
            .desk
            .write_calls(list, Some(&ids), shown, (&folder, "Журнал"), |_| true)
    };
    let numbers = |file: &FileWritten| -> Vec<String> {
        let text = std::fs::read_to_string(&file.path).unwrap();
        text.lines().skip(1).map(str::to_owned).collect()
    };
    let of = |key: &str| Number::parse(key).display();
    let harmless = |key: &str| format!("'{}", of(key));
    // Chosen from below, one twice, one that nobody knows.
    let file = write(&CallsFilter::default(), &["a", "b", "b", "no such"]).unwrap();
    assert_eq!(file.rows, 2);
    assert_eq!(
        numbers(&file),
        [harmless(STRANGER), harmless(IVANOV)],
        "the newest first"
    );
    let oldest_first = CallsFilter {
        oldest_first: true,
        ..CallsFilter::default()
    };
    let file = write(&oldest_first, &["b", "a"]).unwrap();
    assert_eq!(numbers(&file), [harmless(IVANOV), harmless(STRANGER)]);
    let other = CallsFilter {
        query: "нет таких".to_owned(),
        ..CallsFilter::default()
    };
    let file = write(&other, &["c"]).unwrap();
    assert_eq!(
        file.rows, 1,
        "what was chosen is there, though the filter lists it no longer"
    );
    assert!(matches!(write(&other, &["no such"]), Err(DeskError::NotFound)));
    assert!(matches!(write(&other, &[]), Err(DeskError::NotFound)));
    let many = vec!["a"; 1_001];
    assert!(matches!(write(&other, &many), Err(DeskError::TooLong)));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3, "no file of nothing");
}
