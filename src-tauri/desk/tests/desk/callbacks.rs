//! The queue «Надо перезвонить»: lasting, one row a person, and it says who has dealt with it.

use crate::common::{
    Bench, IDENTITY, IVANOV, ME, STRANGER, answered_by, buttons, closed, ended, filter, missed, noon, one_toast,
    ringing,
};
use perezvon_core::snapshot::{ClaimSnapshot, TalkedLater};
use perezvon_core::{CallSnapshot, Direction, Number, Time};
use perezvon_desk::toast::ToastKey;
use perezvon_desk::view::{CallbackKind, CallbackRow, CallbackState, CallbacksFilter};

fn of(kind: CallbackKind) -> CallbacksFilter {
    CallbacksFilter { kind, since_ms: None }
}

fn rows(bench: &Bench, kind: CallbackKind) -> Vec<CallbackRow> {
    bench.desk.callbacks(&of(kind), None, 50).unwrap().rows
}

fn waiting(bench: &Bench) -> Vec<CallbackRow> {
    let rows = rows(bench, CallbackKind::Waiting);
    assert_eq!(
        rows.len(),
        bench.desk.counts().unwrap().to_call_back as usize,
        "the badge counts the list"
    );
    let listed = bench.desk.calls(&filter("waiting", ""), None, 50).unwrap().rows;
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
    bench.desk.callbacks_done(&[rows[0].id]).unwrap();
    assert_eq!(waiting(&bench), [], "all numbers are");
}

#[test]
fn by_hand_and_back() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV]);
    bench.toast(&miss("a", 1, IVANOV));
    let id = waiting(&bench)[0].id;
    let ops = bench.desk.callbacks_done(&[id]).unwrap();
    assert_eq!(closed(&ops), [&ToastKey::Missed(IVANOV.to_owned())]);
    assert_eq!(waiting(&bench), []);
    let row = rows(&bench, CallbackKind::Handled).remove(0);
    assert_eq!((row.state, row.can_undo), (CallbackState::Done, true));
    assert!(row.handled_at > Some(noon().to_string()), "{row:?}");
    assert_eq!(bench.killed().desk.counts().unwrap().to_call_back, 0, "it lasts");
    bench.desk.callbacks_undo(&[id]).unwrap();
    assert_eq!(waiting(&bench)[0].id, id, "back");
    bench.desk.callbacks_done(&[id]).unwrap();
    bench.take(&[miss("b", 2, IVANOV)]);
    let row = &waiting(&bench)[0];
    assert_eq!((row.times, row.call.id.as_str()), (1, "b"), "a new missed call waits");
    let none = bench.desk.callbacks_done(&[id + 100]);
    assert_eq!(none.unwrap(), [], "who is gone by then is passed over");
}

#[test]
fn what_is_taken_back_is_what_was_closed_last() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV, STRANGER]);
    bench.take(&[miss("a", 1, IVANOV)]);
    bench.desk.callbacks_done(&[waiting(&bench)[0].id]).unwrap();
    bench.desk.set_clock(bench.desk.now().plus(4 * 24 * 3_600_000));
    bench.take(&[miss("b", 10, STRANGER)]);
    let id = waiting(&bench)[0].id;
    bench.desk.callbacks_done(&[id]).unwrap();
    bench.desk.callbacks_undo(&[id]).unwrap();
    let rows = waiting(&bench);
    assert_eq!(
        (rows.len(), rows[0].times),
        (1, 1),
        "the call of days ago stays closed: {rows:?}"
    );
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
            let page = bench.desk.callbacks(&of(kind), cursor.as_deref(), 10).unwrap();
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
    assert!(bench.desk.callbacks(&of(CallbackKind::Waiting), Some("x"), 1).is_err());
}

#[test]
fn what_is_put_off_is_out_of_the_list_until_the_reminder_which_outlives_a_kill() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV, STRANGER]);
    bench.take(&[miss("a", 1, IVANOV), miss("b", 2, STRANGER)]);
    let id = waiting(&bench)[0].id;
    let at = bench.desk.now().plus(900_000);
    let ops = bench.desk.callbacks_later(&[id], Some(at), Some("  счёт  ")).unwrap();
    assert!(!closed(&ops).is_empty(), "no toast asks for them until then: {ops:?}");
    assert_eq!(waiting(&bench), [], "nor does the list, over all numbers");
    let later = rows(&bench, CallbackKind::Later);
    assert_eq!((later.len(), later[0].remind_note.as_str()), (1, "счёт"));
    let bench = bench.killed();
    assert_eq!(bench.desk.next_reminder().unwrap(), Some(at), "it lasts");
    assert_eq!(bench.desk.remind().unwrap(), [], "not before its time");
    bench.desk.set_clock(at.plus(1));
    let toast = one_toast(bench.desk.remind().unwrap());
    assert_eq!(toast.title, "Перезвонить: Иванов Пётр");
    assert_eq!(buttons(&toast), ["Перезвонить", "Через 15 мин", "Готово"]);
    assert!(toast.lines.iter().any(|line| line == "счёт"), "{toast:?}");
    let row = &waiting(&bench)[0];
    assert!(row.reminded && row.times == 2, "{row:?}");
    assert_eq!(bench.desk.next_reminder().unwrap(), None, "once");
    assert_eq!(bench.desk.remind().unwrap(), []);
    let pending = bench.killed().desk.pending_toasts().unwrap();
    assert_eq!(
        one_toast(pending).title,
        toast.title,
        "not shown before the kill, shown after it"
    );
    let ops = bench.desk.callbacks_done(&[row.id]).unwrap();
    assert!(
        closed(&ops).contains(&&ToastKey::Reminder(STRANGER.to_owned())),
        "{ops:?}"
    );
    assert_eq!(waiting(&bench), []);
}

#[test]
fn a_note_of_a_reminder_is_as_it_was_when_putting_off_is_taken_back() {
    let bench = Bench::new();
    bench.take(&[miss("a", 1, IVANOV), miss("b", 2, STRANGER)]);
    let at = bench.desk.now().plus(900_000);
    for before in ["", "счёт"] {
        for one in waiting(&bench) {
            bench.desk.callbacks_later(&[one.id], None, Some(before)).unwrap();
            bench
                .desk
                .callbacks_later(&[one.id], Some(at), Some("договор"))
                .unwrap();
            let put = &rows(&bench, CallbackKind::Later)[0];
            assert_eq!((put.id, put.remind_note.as_str()), (one.id, "договор"));
            bench.desk.callbacks_later(&[one.id], Some(at.plus(1)), None).unwrap();
            assert_eq!(
                rows(&bench, CallbackKind::Later)[0].remind_note,
                "договор",
                "put off anew"
            );
            bench.desk.callbacks_later(&[one.id], None, Some(before)).unwrap();
            let bench = bench.desk.callback_rows(&[one.id]).unwrap();
            assert_eq!(
                (bench[0].remind_at.as_deref(), bench[0].remind_note.as_str()),
                (None, before)
            );
        }
    }
}

#[test]
fn who_calls_again_is_in_the_list_at_once_and_who_was_talked_with_is_not_reminded_of() {
    let bench = Bench::new();
    bench.take(&[miss("a", 1, IVANOV), miss("s", 2, STRANGER)]);
    let ids: Vec<i64> = waiting(&bench).iter().map(|row| row.id).collect();
    let at = bench.desk.now().plus(3_600_000);
    bench.desk.callbacks_later(&ids, Some(at), None).unwrap();
    assert_eq!(waiting(&bench), []);
    let after = |mut call: CallSnapshot, ms: i64| {
        let begun = bench.desk.now().plus(ms);
        (call.started_at, call.updated_at) = (Some(begun), begun);
        call.answered_at = call.answered_at.map(|_| begun);
        call
    };
    bench.take(&[after(miss("b", 3, IVANOV), 60_000)]);
    assert_eq!(waiting(&bench)[0].call.id, "b", "called again");
    bench.take(&[after(ended(&ringing("t", 4, STRANGER), 4), 90_000)]);
    assert_eq!(rows(&bench, CallbackKind::Later), [], "one waits, one was talked with");
    let handled = rows(&bench, CallbackKind::Handled);
    assert_eq!((handled.len(), handled[0].state), (1, CallbackState::CalledAgain));
    bench.desk.set_clock(at.plus(1));
    assert_eq!(
        bench.desk.remind().unwrap().len(),
        1,
        "the first is reminded of all the same"
    );
}

#[test]
fn a_reminder_of_somebody_who_missed_nothing_is_a_row_when_it_comes() {
    let bench = Bench::new();
    let at = bench.desk.now().plus(60_000);
    let id = bench.desk.remind_of(&Number::parse(IVANOV), at, "договор").unwrap();
    assert_eq!(waiting(&bench), []);
    bench.desk.set_clock(at);
    assert_eq!(bench.desk.remind().unwrap().len(), 1);
    let rows_then = rows(&bench, CallbackKind::Waiting);
    assert_eq!((rows_then[0].id, rows_then[0].times), (id, 0));
    assert_eq!(rows_then[0].call.number_key.as_deref(), Some(IVANOV));
    bench.desk.callbacks_done(&[id]).unwrap();
    assert_eq!(rows(&bench, CallbackKind::Handled)[0].state, CallbackState::Done);
    bench.desk.callbacks_undo(&[id]).unwrap();
    assert_eq!(rows(&bench, CallbackKind::Waiting).len(), 1, "back");
    assert!(bench.desk.remind_of(&Number::parse("—"), at, "").is_err(), "no number");
    // Put off again, and given up.
    bench.desk.callbacks_later(&[id], Some(at.plus(900_000)), None).unwrap();
    assert_eq!(
        rows(&bench, CallbackKind::Later)[0].remind_note,
        "договор",
        "the note stays"
    );
    bench.desk.callbacks_later(&[id], None, None).unwrap();
    assert_eq!(
        rows(&bench, CallbackKind::Waiting).len() + rows(&bench, CallbackKind::Later).len(),
        0
    );
}

#[test]
fn a_colleagues_later_conversation_closes_it_and_a_claim_is_shown_until_its_time() {
    let bench = Bench::new();
    let mut call = miss("a", 1, IVANOV);
    let started = call.started_at.unwrap();
    bench.toast(&call);
    let until = bench.desk.now().plus(1_800_000);
    call.version = 2;
    call.claim = Some(ClaimSnapshot {
        own: false,
        name: Some("Петров Иван".to_owned()),
        until,
    });
    bench.take(&[call.clone()]);
    let row = waiting(&bench).remove(0);
    let claim = row.claim.expect("a colleague takes it");
    assert_eq!((claim.own, claim.name.as_deref()), (false, Some("Петров Иван")));
    assert_eq!(bench.desk.calls_to_claim(row.id).unwrap(), ["a"]);
    bench.desk.set_clock(until);
    assert_eq!(waiting(&bench)[0].claim, None, "given back by itself");
    call.version = 3;
    call.talked_later = Some(TalkedLater {
        name: Some("Петров Иван".to_owned()),
        at: started.plus(600_000),
    });
    let ops = bench.ops(&call);
    assert_eq!(closed(&ops), [&ToastKey::Missed(IVANOV.to_owned())]);
    assert_eq!(waiting(&bench), []);
    let row = rows(&bench, CallbackKind::Handled).remove(0);
    assert_eq!(
        (row.state, row.handled_by.as_deref()),
        (CallbackState::Colleague, Some("Петров Иван"))
    );
    assert_eq!(row.handled_at, Some(started.plus(600_000).to_string()));
    bench.take(&[miss("b", 9, IVANOV)]);
    assert_eq!(waiting(&bench), [], "missed before that conversation");
    bench.take(&[miss("c", 20, IVANOV)]);
    assert_eq!(waiting(&bench).len(), 1, "missed after it");
}

#[test]
fn the_list_can_begin_at_a_moment() {
    let bench = Bench::new();
    bench.take(&[miss("a", 1, IVANOV), miss("s", 2, STRANGER)]);
    let newest = waiting(&bench)[0].call.started_at.clone().unwrap();
    let since = chrono::DateTime::parse_from_rfc3339(&newest).unwrap();
    let filter = CallbacksFilter {
        kind: CallbackKind::Waiting,
        since_ms: Some(Time::from(since.to_utc()).ms()),
    };
    let rows = bench.desk.callbacks(&filter, None, 50).unwrap().rows;
    assert_eq!((rows.len(), rows[0].call.id.as_str()), (1, "s"));
}

#[test]
fn a_call_whose_first_word_tells_of_a_later_conversation_waits_for_nobody() {
    let bench = Bench::new();
    let mut call = miss("a", 1, IVANOV);
    let at = call.started_at.unwrap().plus(60_000);
    call.talked_later = Some(TalkedLater { name: None, at });
    bench.take(&[call]);
    assert_eq!(waiting(&bench), []);
    let row = rows(&bench, CallbackKind::Handled).remove(0);
    assert_eq!((row.state, row.handled_by), (CallbackState::Colleague, None));
}

#[test]
fn a_reminder_that_is_taken_back_leaves_what_was_done_as_it_was() {
    let bench = Bench::new();
    bench.take(&[miss("a", 1, IVANOV)]);
    let id = waiting(&bench)[0].id;
    bench.desk.callbacks_done(&[id]).unwrap();
    let at = bench.desk.now().plus(60_000);
    assert_eq!(bench.desk.remind_of(&Number::parse(IVANOV), at, "").unwrap(), id);
    assert_eq!(rows(&bench, CallbackKind::Later).len(), 1);
    bench.desk.callbacks_later(&[id], None, None).unwrap();
    assert_eq!(waiting(&bench), [], "the old missed call does not come back");
    let row = rows(&bench, CallbackKind::Handled).remove(0);
    assert_eq!((row.state, row.times, row.can_undo), (CallbackState::Done, 1, true));
}
