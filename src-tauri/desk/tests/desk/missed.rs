//! Missed calls: one toast per caller, withdrawn by a conversation; the summary after an absence.

use crate::common::{
    Bench, IVANOV, STRANGER, aged, answered_by, buttons, closed, draft, ended, filter, missed, one_toast, ringing,
    shown, talking, text,
};
use perezvon_core::{Direction, Outcome};
use perezvon_desk::notifications::ToastState;
use perezvon_desk::toast::{Action, ToastKey, ToastOp};

fn key(number: &str) -> ToastKey {
    ToastKey::Missed(number.to_owned())
}

#[test]
fn n_misses_are_one_toast() {
    let bench = Bench::new();
    let mut ids = vec![];
    for n in 1..=3_i64 {
        let toast = bench.toast(&missed(&ringing(&format!("c{n}"), n, IVANOV), n));
        let times = if n == 1 { String::new() } else { format!(" (×{n})") };
        assert_eq!(
            toast.title,
            format!("Пропущенный: неизвестный номер{times}"),
            "miss {n}"
        );
        assert_eq!(
            toast.body_action,
            Some(Action::OpenCall { id: format!("c{n}") }),
            "the newest call"
        );
        assert_eq!(toast.key, key(IVANOV), "one per caller");
        ids.push(toast.notification_id);
    }
    assert!(
        ids.windows(2).all(|pair| pair[0] == pair[1]),
        "always the same toast: {ids:?}"
    );
    let other = bench.toast(&missed(&ringing("x", 4, STRANGER), 4));
    assert_eq!(
        other.title, "Пропущенный: неизвестный номер",
        "another caller has his own"
    );
    let counts = bench.desk.counts().unwrap();
    assert_eq!((counts.to_call_back, counts.unseen), (2, 2), "callers, not calls");
}

#[test]
fn the_toast_puts_the_caller_off_for_an_hour_and_goes() {
    let bench = Bench::new();
    let toast = bench.toast(&missed(&ringing("a", 1, IVANOV), 1));
    assert_eq!(buttons(&toast)[..2], ["Перезвонить", "Напомнить через час"]);
    let Action::RemindLater { id, minutes: 60 } = toast.buttons[1].action else {
        panic!("{toast:?}");
    };
    let at = bench.desk.now().plus(3_600_000);
    let ops = bench.desk.callbacks_later(&[id], Some(at), None).unwrap();
    assert_eq!(closed(&ops), [&key(IVANOV)], "{ops:?}");
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 0);
    assert_eq!(bench.desk.next_reminder().unwrap(), Some(at));
}

#[test]
fn dealing_with_the_toast_begins_a_new_count() {
    let bench = Bench::new();
    let first = bench.toast(&missed(&ringing("a", 1, IVANOV), 1));
    bench.desk.note_toast(first.notification_id, ToastState::Shown).unwrap();
    bench
        .desk
        .note_toast(first.notification_id, ToastState::Clicked)
        .unwrap();
    let second = bench.toast(&missed(&ringing("b", 2, IVANOV), 2));
    assert_eq!(second.title, "Пропущенный: неизвестный номер", "counts from one");
    assert_ne!(
        second.notification_id, first.notification_id,
        "and is a notification of its own"
    );
    assert_eq!(
        bench.desk.counts().unwrap().to_call_back,
        1,
        "he still waits: a click is no conversation"
    );
    bench
        .desk
        .note_toast(second.notification_id, ToastState::Expired)
        .unwrap();
    let third = bench.toast(&missed(&ringing("c", 3, IVANOV), 3));
    assert!(
        third.title.ends_with("(×2)"),
        "a toast that went away by itself was not dealt with: {}",
        third.title
    );
}

#[test]
fn a_later_conversation_withdraws_it() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV, "+79000000097"]);
    type Talk = fn(&str, i64) -> perezvon_core::CallSnapshot;
    let ways: [(&str, Talk); 4] = [
        ("he called again and I answered", |id, v| {
            talking(&ringing(id, v, IVANOV), v)
        }),
        ("he called again from another number", |id, v| {
            ended(&ringing(id, v, "+79000000097"), v)
        }),
        ("a colleague answered him", |id, v| {
            answered_by(&ringing(id, v, IVANOV), v, "Петров Иван")
        }),
        ("I called him", |id, v| {
            let mut call = ended(&ringing(id, v, IVANOV), v);
            call.direction = Direction::Outgoing;
            call
        }),
    ];
    let mut version = 0;
    for (way, talk) in ways {
        version += 2;
        bench.take(&[missed(&ringing(&format!("m{version}"), version, IVANOV), version)]);
        assert_eq!(bench.desk.counts().unwrap().to_call_back, 1, "{way}: he waits");
        let ops = bench.ops(&talk(&format!("t{version}"), version + 1));
        assert!(
            closed(&ops).contains(&&key(IVANOV)),
            "{way}: the missed toast goes: {ops:?}"
        );
        let counts = bench.desk.counts().unwrap();
        assert_eq!((counts.to_call_back, counts.unseen), (0, 0), "{way}: nobody waits");
        version += 1;
    }
}

#[test]
fn an_earlier_conversation_does_not() {
    let bench = Bench::new();
    bench.take(&[missed(&ringing("later", 5, IVANOV), 5)]);
    let mut earlier = ended(&ringing("earlier", 1, IVANOV), 1);
    earlier.version = 6;
    let ops = bench.ops(&earlier);
    assert!(
        closed(&ops).is_empty(),
        "the conversation was before the missed call: {ops:?}"
    );
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 1, "he waits");
    let uncertain = {
        let mut call = talking(&ringing("u", 7, IVANOV), 7);
        call.outcome = Outcome::Ended;
        call.uncertain = true;
        call
    };
    bench.take(&[uncertain]);
    assert_eq!(
        bench.desk.counts().unwrap().to_call_back,
        1,
        "an uncertain conversation is none"
    );
}

#[test]
fn a_call_that_was_not_missed_after_all() {
    let bench = Bench::new();
    bench.take(&[missed(&ringing("a", 1, IVANOV), 1)]);
    let call = ringing("b", 2, IVANOV);
    let toast = bench.toast(&missed(&call, 2));
    assert!(toast.title.ends_with("(×2)"), "two by now");
    let mut rejected = missed(&call, 3);
    rejected.outcome = Outcome::Rejected;
    let toast = one_toast(bench.ops(&rejected));
    assert_eq!(toast.title, "Пропущенный: неизвестный номер", "one is left");
    assert_eq!(
        toast.body_action,
        Some(Action::OpenCall { id: "a".to_owned() }),
        "the one that was"
    );
    let ops = bench.ops(&answered_by(&ringing("a", 1, IVANOV), 4, "Петров Иван"));
    assert_eq!(closed(&ops), [&key(IVANOV)], "none is left");
}

#[test]
fn an_uncertain_call_is_never_shown_as_missed() {
    let bench = Bench::new();
    let mut call = missed(&ringing("a", 1, IVANOV), 1);
    call.uncertain = true;
    assert_eq!(bench.ops(&call), [], "no toast");
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 0, "nobody waits");
}

#[test]
fn the_summary_after_an_absence() {
    let bench = Bench::new();
    let mut batch = vec![];
    for n in 1..=5_i64 {
        batch.push(aged(missed(&ringing(&format!("m{n}"), n, IVANOV), n), 12));
        batch.push(aged(
            ended(&ringing(&format!("e{n}"), n + 10, "+79000000033"), n + 10),
            12,
        ));
    }
    batch.push(aged(missed(&ringing("s", 20, STRANGER), 20), 12));
    let taken = bench.take(&batch);
    assert_eq!(taken.toasts, [], "old news raises nothing by itself");
    let toast = one_toast(bench.desk.digest().unwrap().into_iter().collect());
    assert_eq!(
        text(&toast),
        "Пока вас не было: 11 звонков\nждут ответа: 2",
        "calls, and callers who wait"
    );
    assert_eq!(toast.buttons[0].label, "Показать", "the button");
    assert_eq!(toast.body_action, Some(Action::OpenQueue), "the queue");
    assert_eq!(bench.desk.digest().unwrap(), None, "told once");
    let fresh = bench.toast(&missed(&ringing("m6", 30, IVANOV), 30));
    assert!(
        fresh.title.ends_with("(×6)"),
        "a fresh one counts the earlier ones: {}",
        fresh.title
    );
}

#[test]
fn no_summary_of_history_or_when_nobody_waits() {
    let bench = Bench::new();
    bench.desk.reset_mirror("another relay").unwrap();
    let old = aged(missed(&ringing("m", 1, IVANOV), 1), 12);
    let now = bench.desk.now();
    bench
        .desk
        .take(&[old], "another relay", &bench.preferences, now)
        .unwrap();
    assert_eq!(
        bench.desk.digest().unwrap(),
        None,
        "the first backlog of a mirror is history"
    );

    let bench = Bench::new();
    bench.take(&[
        aged(missed(&ringing("m", 1, IVANOV), 1), 12),
        aged(ended(&ringing("e", 2, IVANOV), 2), 12),
    ]);
    assert_eq!(bench.desk.digest().unwrap(), None, "everybody was answered");
}

#[test]
fn contacts_join_and_part_callers() {
    let bench = Bench::new();
    bench.take(&[
        missed(&ringing("a", 1, IVANOV), 1),
        missed(&ringing("b", 2, STRANGER), 2),
    ]);
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 2, "two numbers, two callers");
    let id = bench.contact("Иванов Пётр", "", &[IVANOV, STRANGER]);
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 1, "one person");
    let rows = bench.desk.calls(&filter("waiting", ""), None, 10).unwrap().rows;
    assert_eq!(
        rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
        ["b"],
        "his newest call"
    );
    let ops = bench.ops(&ended(&ringing("t", 3, STRANGER), 3));
    assert_eq!(
        closed(&ops).len(),
        2,
        "the conversation over one number answers both: {ops:?}"
    );
    bench.desk.delete_contact(id).unwrap();
    assert_eq!(
        bench.desk.counts().unwrap().to_call_back,
        1,
        "as two strangers the first still waits"
    );
}

#[test]
fn attaching_a_number_settles_what_was_missed() {
    let bench = Bench::new();
    let id = bench.contact("Иванов Пётр", "", &[STRANGER]);
    bench.take(&[missed(&ringing("a", 1, IVANOV), 1)]);
    bench.take(&[ended(&ringing("t", 2, STRANGER), 2)]);
    assert_eq!(
        bench.desk.counts().unwrap().to_call_back,
        1,
        "not known to be the same person yet"
    );
    let saved = bench.desk.attach_number(id, "8 900 000-00-99", "мобильный").unwrap();
    assert_eq!(saved.toasts, [ToastOp::Close(key(IVANOV))], "he was talked with since");
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 0, "nobody waits");
    let mut parted = draft("Иванов Пётр", "", &[STRANGER]);
    parted.id = Some(id);
    let saved = bench.desk.save_contact(&parted).unwrap();
    assert!(
        shown(&saved.toasts).is_empty(),
        "an old missed call is not raised again: {:?}",
        saved.toasts
    );
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 1, "but it waits again");
}

#[test]
fn a_call_that_turned_out_to_be_another_one_is_counted_once() {
    let bench = Bench::new();
    let alone = missed(&ringing("line", 1, IVANOV), 1);
    bench.toast(&alone);
    let mut same = missed(&ringing("session", 1, IVANOV), 2);
    same.started_at = alone.started_at;
    bench.take(&[same]);
    assert_eq!(bench.desk.calls(&filter("all", ""), None, 10).unwrap().rows.len(), 2);
    let mut dropped = alone.clone();
    dropped.version = 3;
    dropped.superseded_by = Some("session".to_owned());
    bench.take(&[dropped.clone()]);
    let left: Vec<String> = (bench.desk.calls(&filter("all", ""), None, 10).unwrap().rows.into_iter())
        .map(|call| call.id)
        .collect();
    assert_eq!(left, ["session"], "the one that it turned out to be");
    let toast = bench.toast(&missed(&ringing("later", 4, IVANOV), 5));
    assert_eq!(
        toast.title, "Пропущенный: неизвестный номер (×2)",
        "two calls, not three"
    );
    assert_eq!(bench.take(&[dropped]).stored, 0, "its repeat changes nothing");
}

#[test]
fn after_quiet_hours_few_missed_callers_are_told_by_themselves_and_many_by_one_summary() {
    let bench = Bench::new();
    let caller = |n: i64| format!("+7900000010{n}");
    for n in 1..=3 {
        bench.take(&[missed(&ringing(&format!("c{n}"), n, &caller(n)), n)]);
    }
    assert_eq!(
        bench.desk.quiet_digest().unwrap(),
        [],
        "nothing was shown, and three are few"
    );
    assert_eq!(shown(&bench.desk.pending_toasts().unwrap()).len(), 3);

    // The fourth, and the first once more.
    bench.take(&[missed(&ringing("c4", 4, &caller(4)), 4)]);
    bench.take(&[missed(&ringing("c5", 5, &caller(1)), 5)]);
    let ops = bench.desk.quiet_digest().unwrap();
    assert_eq!(closed(&ops).len(), 4, "an earlier miss may be on the screen");
    let [summary] = shown(&ops)[..] else {
        panic!("one summary: {ops:?}");
    };
    assert_eq!(summary.title, "Пока вас не было: 5 звонков");
    assert_eq!(summary.lines, ["ждут ответа: 4"]);
    let pending = bench.desk.pending_toasts().unwrap();
    assert_eq!(
        shown(&pending).iter().map(|toast| &toast.key).collect::<Vec<_>>(),
        [&ToastKey::Digest],
        "nothing is told twice"
    );
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 4, "they wait all the same");

    // What was on the screen before the quiet hours is left there.
    let bench = Bench::new();
    for n in 1..=4 {
        let toast = bench.toast(&missed(&ringing(&format!("c{n}"), n, &caller(n)), n));
        bench.desk.note_toast(toast.notification_id, ToastState::Shown).unwrap();
    }
    assert_eq!(bench.desk.quiet_digest().unwrap(), []);
}
