//! The queue «Надо перезвонить»: lasting, one row a person, and it says who has dealt with it.

use crate::common::{Bench, IDENTITY, IVANOV, ME, STRANGER, answered_by, closed, ended, filter, missed, noon, ringing};
use perezvon_core::{CallSnapshot, Direction};
use perezvon_desk::DeskError;
use perezvon_desk::toast::ToastKey;
use perezvon_desk::view::{CallbackKind, CallbackRow, CallbackState};

fn rows(bench: &Bench, kind: CallbackKind) -> Vec<CallbackRow> {
    bench.desk.callbacks(kind, None, 50).unwrap().rows
}

fn waiting(bench: &Bench) -> Vec<CallbackRow> {
    let rows = rows(bench, CallbackKind::Waiting);
    assert_eq!(
        rows.len(),
        bench.desk.counts().unwrap().to_call_back as usize,
        "the badge counts the list"
    );
    let listed = bench.desk.calls(&filter("to_call_back", ""), None, 50).unwrap().rows;
    let ids = |row: &CallbackRow| row.call.id.clone();
    assert_eq!(
        rows.iter().map(ids).collect::<Vec<_>>(),
        listed.into_iter().map(|row| row.id).collect::<Vec<_>>(),
        "and the tray shows it"
    );
    rows
}

fn outgoing(mut call: CallSnapshot) -> CallSnapshot {
    call.direction = Direction::Outgoing;
    call
}

fn miss(id: &str, version: i64, number: &str) -> CallSnapshot {
    missed(&ringing(id, version, number), version)
}

#[test]
fn what_waits_outlives_the_mirror_and_is_not_counted_twice() {
    let bench = Bench::new();
    bench.take(&[miss("a", 1, IVANOV), miss("b", 2, IVANOV), miss("s", 3, STRANGER)]);
    bench.take(&[ended(&ringing("t", 4, STRANGER), 4)]);
    let moved = format!("http://127.0.0.1:2 {ME}");
    bench.desk.reset_mirror(&moved).unwrap();
    let rows = waiting(&bench);
    assert_eq!(rows.len(), 1, "the stranger was talked with");
    assert_eq!((rows[0].times, rows[0].call.number_key.as_deref()), (2, Some(IVANOV)));
    assert_eq!(rows[0].since_at, "2026-01-31T11:32:00.000Z");
    assert!(rows[0].call.to_call_back && rows[0].call.started_at.is_some());
    // The other relay tells the same calls under ids of its own, and the conversation last.
    let again = [miss("x", 3, STRANGER), miss("y", 2, IVANOV), miss("z", 1, IVANOV)];
    let now = bench.desk.now();
    bench.desk.take(&again, &moved, &bench.preferences, now).unwrap();
    let rows = waiting(&bench);
    assert_eq!(rows.len(), 1, "what was settled stays settled: {rows:?}");
    assert_eq!((rows[0].times, rows[0].call.id.as_str()), (2, "y"));
    let talk = [ended(&ringing("w", 9, IVANOV), 9)];
    bench.desk.take(&talk, &moved, &bench.preferences, now).unwrap();
    assert_eq!(waiting(&bench), []);
}

#[test]
fn each_abonent_has_a_queue_of_their_own() {
    let bench = Bench::new();
    bench.take(&[miss("a", 1, IVANOV)]);
    bench
        .desk
        .reset_mirror("http://127.0.0.1:1 9000000002@example")
        .unwrap();
    assert_eq!(waiting(&bench), [], "another abonent's");
    bench.desk.reset_mirror(IDENTITY).unwrap();
    assert_eq!(waiting(&bench).len(), 1, "it was not lost");
}

#[test]
fn it_says_who_has_dealt_with_it_and_when() {
    type Talk = fn(CallSnapshot, i64) -> CallSnapshot;
    let ways: [(Talk, CallbackState, Option<&str>); 3] = [
        (|ring, v| outgoing(ended(&ring, v)), CallbackState::CalledBack, None),
        (|ring, v| ended(&ring, v), CallbackState::CalledAgain, None),
        (
            |ring, v| answered_by(&ring, v, "Петров Иван"),
            CallbackState::Colleague,
            Some("Петров Иван"),
        ),
    ];
    for (talk, state, by) in ways {
        let bench = Bench::new();
        bench.take(&[miss("a", 1, IVANOV), miss("b", 2, IVANOV)]);
        let first = talk(ringing("t", 3, IVANOV), 3);
        // A later conversation is not the one that settled it.
        bench.take(&[ended(&ringing("u", 9, IVANOV), 9), first.clone()]);
        let rows = rows(&bench, CallbackKind::Handled);
        assert_eq!(rows.len(), 1, "{state:?}");
        assert_eq!(
            (rows[0].state, rows[0].handled_by.as_deref(), rows[0].times),
            (state, by, 2)
        );
        assert_eq!(rows[0].handled_at, first.answered_at.map(|time| time.to_string()));
        assert_eq!(waiting(&bench), [], "{state:?}");
        // The evidence is withdrawn.
        let mut none = ended(&ringing("u", 9, IVANOV), 20);
        none.uncertain = true;
        let mut neither = first;
        (neither.version, neither.uncertain) = (21, true);
        bench.take(&[none, neither]);
        assert_eq!(waiting(&bench)[0].times, 2, "{state:?}: they wait again");
    }
}

#[test]
fn a_person_is_one_row_over_all_numbers() {
    let bench = Bench::new();
    bench.take(&[miss("a", 1, IVANOV), miss("b", 2, STRANGER), miss("c", 3, STRANGER)]);
    let id = bench.contact("Иванов Пётр", "", &[IVANOV, STRANGER]);
    let rows = waiting(&bench);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].times, rows[0].call.id.as_str()), (3, "c"), "the newest");
    assert_eq!(rows[0].since_at, "2026-01-31T11:32:00.000Z", "since the first");
    assert_eq!(rows[0].call.contact_id, Some(id));
    bench.desk.callback_done(rows[0].id).unwrap();
    assert_eq!(waiting(&bench), [], "all numbers are");
}

#[test]
fn by_hand_and_back() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV]);
    bench.toast(&miss("a", 1, IVANOV));
    let id = waiting(&bench)[0].id;
    let ops = bench.desk.callback_done(id).unwrap();
    assert_eq!(closed(&ops), [&ToastKey::Missed(IVANOV.to_owned())]);
    assert_eq!(waiting(&bench), []);
    let row = rows(&bench, CallbackKind::Handled).remove(0);
    assert_eq!((row.state, row.can_undo), (CallbackState::Done, true));
    assert!(row.handled_at > Some(noon().to_string()), "{row:?}");
    assert_eq!(bench.killed().desk.counts().unwrap().to_call_back, 0, "it lasts");
    bench.desk.callback_undo(id).unwrap();
    assert_eq!(waiting(&bench)[0].id, id, "back");
    bench.desk.callback_done(id).unwrap();
    bench.take(&[miss("b", 2, IVANOV)]);
    let row = &waiting(&bench)[0];
    assert_eq!((row.times, row.call.id.as_str()), (1, "b"), "a new missed call waits");
    let none = bench.desk.callback_done(id + 100);
    assert!(matches!(none, Err(DeskError::NotFound)), "{none:?}");
}

#[test]
fn two_missed_calls_of_one_moment_are_told_apart_when_one_goes() {
    let bench = Bench::new();
    let line = miss("line", 1, IVANOV);
    let mut session = miss("session", 1, IVANOV);
    session.version = 2;
    bench.take(&[line, session.clone()]);
    session.version = 3;
    session.superseded_by = Some("line".to_owned());
    bench.take(&[session]);
    let rows = waiting(&bench);
    assert_eq!((rows.len(), rows[0].times, rows[0].call.id.as_str()), (1, 1, "line"));
}

#[test]
fn the_pages_follow_each_other() {
    let bench = Bench::new();
    let calls: Vec<_> = (1..=25)
        .map(|n| miss(&format!("m{n}"), n, &format!("+79000000{n:03}")))
        .collect();
    bench.take(&calls);
    for kind in [CallbackKind::Waiting, CallbackKind::Handled] {
        let (mut cursor, mut seen) = (None::<String>, Vec::new());
        loop {
            let page = bench.desk.callbacks(kind, cursor.as_deref(), 10).unwrap();
            seen.extend(page.rows.into_iter().map(|row| row.call.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let newest: Vec<_> = (1..=25).rev().map(|n| format!("m{n}")).collect();
        assert_eq!(seen, newest, "{kind:?}");
        let answers: Vec<_> = (1..=25)
            .map(|n| {
                ended(
                    &ringing(&format!("e{n}"), 100 + n, &format!("+79000000{n:03}")),
                    100 + n,
                )
            })
            .collect();
        bench.take(&answers);
    }
    assert!(bench.desk.callbacks(CallbackKind::Waiting, Some("x"), 1).is_err());
}
