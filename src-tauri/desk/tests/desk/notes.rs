//! What is written about a call, and the card after it.

use crate::changes::told;
use crate::common::{Bench, IVANOV, STRANGER, ended, missed, noon, ringing};
use perezvon_desk::view::{CallNote, DocumentKind, DocumentsFilter};
use perezvon_desk::{DeskError, Ids};
use std::collections::BTreeSet;

fn written(outcome: &str, note: &str) -> CallNote {
    CallNote {
        outcome: outcome.to_owned(),
        note: note.to_owned(),
        tags: vec![" срочно ".to_owned(), "срочно".to_owned(), String::new()],
        next: "отправить  счёт".to_owned(),
    }
}

#[test]
fn what_is_written_is_in_the_call_in_its_document_and_in_the_search_and_outlives_a_kill() {
    let bench = Bench::new();
    bench.take(&[ended(&ringing("a", 1, IVANOV), 1)]);
    bench
        .desk
        .save_call_note("a", &written("Договорились", "Ждёт счёт"))
        .unwrap();
    let stored = CallNote {
        tags: vec!["срочно".to_owned()],
        next: "отправить счёт".to_owned(),
        ..written("Договорились", "Ждёт счёт")
    };
    let back = bench.killed();
    assert_eq!(back.desk.call_note("a").unwrap(), stored, "each tag once, one blank");
    assert_eq!(back.desk.call("a", None).unwrap().written, stored);
    assert_eq!(back.desk.document(1).unwrap().written, stored);
    let id = back.contact("Иванов Пётр", "", &[IVANOV]);
    let notes = back.desk.contact(id).unwrap().notes;
    assert_eq!((notes.len(), &notes[0].written), (1, &stored), "in the card");
    back.desk.save_call_note("a", &CallNote::default()).unwrap();
    assert_eq!(back.desk.call_note("a").unwrap(), CallNote::default(), "taken back");
    let refused = |call: &str, note: &CallNote| back.desk.save_call_note(call, note);
    assert!(matches!(refused("no such", &stored), Err(DeskError::NotFound)));
    let long = written("", &"x".repeat(20_001));
    assert!(matches!(refused("a", &long), Err(DeskError::TooLong)), "bounded");
}

#[test]
fn documents_are_found_by_whom_they_are_about_by_what_was_written_and_by_their_numbers() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "ООО «Ромашка»", &[IVANOV]);
    bench.take(&[
        ended(&ringing("a", 1, IVANOV), 1),
        missed(&ringing("b", 2, STRANGER), 2),
        ended(&ringing("c", 3, STRANGER), 3),
    ]);
    bench.desk.save_call_note("c", &written("Отказ", "Дорого")).unwrap();
    let list = |filter: &DocumentsFilter, cursor: Option<&str>, limit: u32| {
        let page = bench.desk.documents("test", filter, cursor, limit).unwrap();
        let calls: Vec<String> = page.rows.into_iter().map(|row| row.call.id).collect();
        (calls, page.next)
    };
    let found = |kind, query: &str| {
        let filter = DocumentsFilter {
            kind,
            query: query.to_owned(),
            ..DocumentsFilter::default()
        };
        list(&filter, None, 10).0
    };
    let all = DocumentKind::All;
    assert_eq!(found(all, ""), ["c", "b", "a"], "newest first");
    assert_eq!(found(all, "иванов"), ["a"]);
    assert_eq!(found(all, "ромашка"), ["a"], "the company");
    assert_eq!(found(all, "000-00-98"), ["c", "b"]);
    assert_eq!(found(all, "дорого"), ["c"], "the note");
    assert_eq!(found(all, "срочно"), ["c"], "a tag");
    assert_eq!(found(all, "2"), ["b"], "the document's number");
    assert_eq!(found(all, "никого"), [""; 0]);
    assert_eq!(found(DocumentKind::Next, ""), ["c"]);
    assert_eq!(found(DocumentKind::Outgoing, ""), [""; 0]);
    let (first, next) = list(&DocumentsFilter::default(), None, 2);
    assert_eq!(first, ["c", "b"]);
    assert_eq!(
        list(&DocumentsFilter::default(), next.as_deref(), 2),
        (vec!["a".to_owned()], None)
    );
    assert_eq!(bench.desk.document_rows(&[3, 99]).unwrap().len(), 1);
    bench.desk.reset_mirror("http://127.0.0.1:1 other@example").unwrap();
    assert_eq!(
        found(DocumentKind::Incoming, ""),
        ["c", "b", "a"],
        "of which the mirror knows nothing any more"
    );
}

#[test]
fn what_was_written_of_a_call_that_is_another_one_is_of_that_one() {
    let bench = Bench::new();
    bench.take(&[ended(&ringing("a", 1, IVANOV), 1), ended(&ringing("b", 2, IVANOV), 2)]);
    bench
        .desk
        .save_call_note("a", &written("Договорились", "первая"))
        .unwrap();
    bench.note("b", "вторая");
    let mut same = ended(&ringing("a", 1, IVANOV), 3);
    same.superseded_by = Some("b".to_owned());
    bench.take(&[same]);
    let whole = CallNote {
        note: "вторая\nпервая".to_owned(),
        tags: vec!["срочно".to_owned()],
        next: "отправить счёт".to_owned(),
        ..written("Договорились", "")
    };
    assert_eq!(bench.desk.call_note("b").unwrap(), whole, "nothing is lost");
    assert_eq!(bench.desk.call_note("a").unwrap(), CallNote::default());
}

#[test]
fn a_note_of_a_toast_stands_below_what_was_written_before() {
    let bench = Bench::new();
    bench.take(&[ended(&ringing("a", 1, IVANOV), 1)]);
    bench.desk.add_call_note("a", "  первая \n").unwrap();
    let mut stored = bench.desk.call_note("a").unwrap();
    assert_eq!(stored.note, "первая");
    stored.outcome = "Отказ".to_owned();
    bench.desk.save_call_note("a", &stored).unwrap();
    bench.desk.add_call_note("a", "вторая").unwrap();
    stored.note = "первая\nвторая".to_owned();
    assert_eq!(bench.killed().desk.call_note("a").unwrap(), stored, "nothing is lost");
}

#[test]
fn a_note_of_a_toast_whose_call_is_unknown_or_full_is_refused() {
    let bench = Bench::new();
    let unknown = bench.desk.add_call_note("no such", "x");
    assert!(matches!(unknown, Err(DeskError::NotFound)));
    bench.take(&[ended(&ringing("a", 1, IVANOV), 1)]);
    let long = bench.desk.add_call_note("a", &"x".repeat(20_001));
    assert!(matches!(long, Err(DeskError::TooLong)));
}

#[test]
fn the_card_after_the_call_is_for_conversations_that_have_just_ended() {
    let bench = Bench::new();
    let talk = ended(&ringing("talk", 1, IVANOV), 1);
    bench.take(&[talk.clone(), missed(&ringing("missed", 2, STRANGER), 2)]);
    let ids = ["talk", "missed", "gone"].map(str::to_owned);
    let just = |bench: &Bench| -> Vec<String> {
        let ended = bench.desk.just_ended(&ids).unwrap().into_iter();
        ended.map(|one| one.row.id).collect()
    };
    let mut changes = bench.desk.changes();
    bench.take(&[ended(&ringing("late", 3, IVANOV), 3)]);
    bench.take(&[ringing("live", 4, IVANOV)]);
    bench.take(&[ended(&ringing("live", 4, IVANOV), 5)]);
    let (rang, heard): (Vec<_>, Vec<_>) = told(&mut changes)
        .into_iter()
        .map(|change| (change.touched.ringing, change.touched.ended))
        .unzip();
    let live = Ids::These(BTreeSet::from(["live".to_owned()]));
    assert_eq!(rang[1], live, "what rings is told, and once");
    assert!(rang[0].is_empty() && rang[2].is_empty());
    assert_eq!(heard.last(), Some(&live), "of calls that were seen to ring alone");
    assert!(heard[0].is_empty(), "what was learnt late was not heard to end");
    let end = talk.ended_at.unwrap();
    for clock in [5_000, 100_000] {
        bench.desk.set_clock(end.plus(clock));
        assert_eq!(just(&bench), ["talk"], "also by a clock that is fast");
    }
    bench.desk.set_clock(end.plus(121_000));
    assert_eq!(just(&bench), [""; 0], "a while ago");
    bench.desk.set_clock(noon());
}
