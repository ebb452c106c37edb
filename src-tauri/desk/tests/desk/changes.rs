//! What is told after a commit: which rows, and the figures.

use crate::common::{Bench, IDENTITY, IVANOV, STRANGER, draft, ended, filter, missed, noon, ringing};
use perezvon_desk::{Change, Changes, Ids, Touched};
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What was told by now.
pub(crate) fn told(changes: &mut Changes) -> Vec<Change> {
    let mut told = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(change)) = pin!(changes.next()).poll(&mut context) {
        told.push(change);
    }
    told
}

#[test]
fn a_change_names_its_rows_and_brings_the_figures() {
    let bench = Bench::new();
    let mut changes = bench.desk.changes();
    let toast = bench.toast(&missed(&ringing("a", 1, IVANOV), 1));
    let change = told(&mut changes).remove(0);
    assert_eq!(change.touched.calls, Ids::These(BTreeSet::from(["a".to_owned()])));
    assert!(change.touched.notices.has(&toast.notification_id) && !change.touched.notices.has(&99));
    assert!(change.touched.documents.has(&1) && !change.touched.callbacks.is_empty());
    assert!(change.touched.persons.is_empty() && change.touched.settings.is_empty());
    assert_eq!((change.counts.to_call_back, change.counts.unseen), (1, 1));
    assert!(change.touched.callers.has(&IVANOV.to_owned()) && change.touched.numbers.has(&IVANOV.to_owned()));
    let rows = bench.desk.notification_rows(&[toast.notification_id, 99]).unwrap();
    assert_eq!(rows.len(), 1);

    bench.take(&[missed(&ringing("a", 1, IVANOV), 1)]);
    assert_eq!(told(&mut changes), [], "a repeat changes nothing");
    bench.take(&[ended(&ringing("b", 2, IVANOV), 2)]);
    let change = told(&mut changes).remove(0);
    assert_eq!(
        (change.counts.to_call_back, change.counts.unseen),
        (0, 0),
        "nobody waits"
    );
    assert_eq!(change.touched.calls, Ids::These(BTreeSet::from(["b".to_owned()])));
    assert!(
        change.touched.numbers.has(&IVANOV.to_owned()),
        "the row of the missed call waits no longer"
    );

    let contact = bench.contact("Иванов Пётр", "", &[IVANOV]);
    let change = told(&mut changes).remove(0);
    assert!(change.touched.contacts.has(&contact) && !change.touched.persons.is_empty());
    assert!(change.touched.numbers.has(&IVANOV.to_owned()) && change.touched.calls.is_empty());
    bench.desk.set_setting("theme", &"dark").unwrap();
    bench.note("a", "заметка");
    let last = told(&mut changes);
    assert!(last[0].touched.settings.has(&"theme".to_owned()));
    assert_eq!(last[1].touched.documents, Ids::These(BTreeSet::from([1])));
}

#[test]
fn of_changed_calls_those_are_read_again_that_the_filter_lists() {
    let bench = Bench::new();
    bench.take(&[
        missed(&ringing("a", 1, IVANOV), 1),
        ended(&ringing("b", 2, STRANGER), 2),
        missed(&ringing("c", 3, IVANOV), 3),
    ]);
    bench.contact("Иванов Пётр", "", &[IVANOV]);
    let all = ["c", "a", "b", "gone"].map(str::to_owned);
    let found = |kind: &str, query: &str| -> Vec<String> {
        let rows = bench.desk.call_rows(&filter(kind, query), &all).unwrap();
        rows.into_iter().map(|row| row.id).collect()
    };
    for (kind, query, ids) in [
        ("all", "", &["c", "a", "b"][..]),
        ("incoming", "", &["c", "a", "b"]),
        ("outgoing", "", &[]),
        ("missed", "", &["c", "a"]),
        ("waiting", "", &["c"]),
        ("unregistered", "", &["b"]),
        ("all", "петр", &["c", "a"]),
        ("waiting", "9000000098", &[]),
        ("missed", "0000099", &["c", "a"]),
    ] {
        assert_eq!(found(kind, query), ids, "{kind} {query}");
    }
}

#[test]
fn what_was_taken_back_is_not_told() {
    let bench = Bench::new();
    let mut changes = bench.desk.changes();
    let late = bench
        .desk
        .take(&[ringing("a", 1, IVANOV)], "another", &bench.preferences, noon());
    assert!(late.is_err());
    assert!(bench.desk.save_contact(&draft(" ", "", &[])).is_err());
    assert_eq!(told(&mut changes), []);
}

#[test]
fn many_rows_are_many_and_a_slow_listener_hears_of_everything() {
    let bench = Bench::new();
    let mut changes = bench.desk.changes();
    let calls: Vec<_> = (1..=65)
        .map(|n| ended(&ringing(&format!("c{n}"), n, IVANOV), n))
        .collect();
    bench.desk.take(&calls, IDENTITY, &bench.preferences, noon()).unwrap();
    assert_eq!(told(&mut changes)[0].touched.calls, Ids::Many);
    for n in 0..300 {
        bench.desk.set_setting("n", &n).unwrap();
    }
    assert_eq!(told(&mut changes)[0].touched, Touched::everything());
}

#[test]
fn an_import_is_told_in_pieces_between_which_others_write() {
    let bench = Bench::new();
    let mut changes = bench.desk.changes();
    let drafts: Vec<_> = (0..1_200)
        .map(|n| draft(&format!("Контакт {n}"), "", &[&format!("+7900{n:07}")]))
        .collect();
    bench.desk.save_contacts(&drafts).unwrap();
    assert_eq!(told(&mut changes).len(), 3);
    let mut bad = drafts;
    bad[1_100].name = String::new();
    for draft in &mut bad {
        "ООО".clone_into(&mut draft.company);
    }
    assert!(bench.desk.save_contacts(&bad).is_err());
    assert_eq!(told(&mut changes), [], "the bad one is found before anything is saved");
}
