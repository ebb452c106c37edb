//! What the relay learnt late while the desk was there: one summary, and nothing in it that is not so.

use crate::common::{Bench, IVANOV, STRANGER, aged, answered_by, ended, missed, one_toast, ringing, shown, text};
use perezvon_core::CallSnapshot;
use perezvon_desk::notifications::ToastState;
use perezvon_desk::toast::{Toast, ToastKey, ToastOp};

/// Missed `hours` ago, learnt now; the start moves by minutes with the version.
fn late(id: &str, version: i64, number: &str, hours: i64) -> CallSnapshot {
    aged(missed(&ringing(id, version, number), version), hours)
}

fn summary(bench: &Bench) -> Toast {
    one_toast(bench.desk.late_digest().unwrap().into_iter().collect())
}

#[test]
fn late_misses_are_one_summary_that_is_added_to_while_it_is_open() {
    let bench = Bench::new();
    let taken = bench.take(&[late("a", 1, IVANOV, 3), late("b", 2, IVANOV, 3)]);
    assert_eq!(
        (taken.toasts.len(), taken.untold),
        (0, 2),
        "nothing by itself, but something to tell"
    );
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 1, "the tray counts at once");
    let first = summary(&bench);
    assert_eq!(text(&first), "Пока не было связи: пропущено 2\nждут ответа: 1");
    // The user's own conversations are no news to them.
    let talked = aged(ended(&ringing("t", 20, "+79000000033"), 20), 3);
    assert_eq!(bench.take(&[talked, late("c", 3, STRANGER, 3)]).untold, 2);
    let second = summary(&bench);
    assert_eq!(text(&second), "Пока не было связи: пропущено 3\nждут ответа: 2");
    assert_eq!(second.notification_id, first.notification_id, "the same toast");
    assert_eq!(bench.desk.late_digest().unwrap(), None, "told once");
    bench
        .desk
        .note_toast(second.notification_id, ToastState::Shown)
        .unwrap();
    bench
        .desk
        .note_toast(second.notification_id, ToastState::Dismissed)
        .unwrap();
    bench.take(&[late("d", 4, "+79000000097", 3)]);
    let third = summary(&bench);
    assert_eq!(
        text(&third),
        "Пока не было связи: пропущено 1\nждут ответа: 1",
        "what the user has dealt with is not told again"
    );
    assert_ne!(third.notification_id, first.notification_id, "a new one");
}

#[test]
fn a_summary_never_says_missed_of_what_was_not() {
    let bench = Bench::new();
    bench.take(&[late("a", 1, IVANOV, 3), late("b", 2, STRANGER, 3)]);
    summary(&bench);
    // A further line of the statistics: a colleague answered.
    let taken = bench.take(&[aged(answered_by(&ringing("a", 1, IVANOV), 10, "Петров Иван"), 3)]);
    assert_eq!(
        shown(&taken.toasts).into_iter().map(text).collect::<Vec<_>>(),
        ["Пока не было связи: пропущено 1\nждут ответа: 1"],
        "corrected in place"
    );
    let mut same = late("b", 11, STRANGER, 3);
    same.superseded_by = Some("session".to_owned());
    let mut session = late("session", 2, STRANGER, 3);
    session.version = 12;
    session.started_at = same.started_at;
    let taken = bench.take(&[same, session]);
    assert_eq!(taken.toasts, [], "the call that it was takes its place");
    assert_eq!(bench.desk.late_digest().unwrap(), None, "the summary says so already");
    let taken = bench.take(&[ended(&ringing("now", 13, STRANGER), 13)]);
    assert!(
        taken.toasts.contains(&ToastOp::Close(ToastKey::Digest)),
        "he was talked with: {:?}",
        taken.toasts
    );
}

#[test]
fn what_was_learnt_while_the_desk_was_away_keeps_its_words() {
    let bench = Bench::new();
    bench.take(&[late("a", 1, IVANOV, 3)]);
    let away = one_toast(bench.desk.digest().unwrap().into_iter().collect());
    assert_eq!(text(&away), "Пока вас не было: 1 звонок\nждут ответа: 1");
    bench.take(&[late("b", 2, STRANGER, 3)]);
    let more = summary(&bench);
    assert_eq!(
        text(&more),
        "Пока вас не было: 2 звонка\nждут ответа: 2",
        "one summary of all"
    );
    assert_eq!(more.notification_id, away.notification_id);
}

#[test]
fn the_first_import_of_a_new_relay_is_history() {
    let bench = Bench::new();
    let taken = bench.take(&[late("a", 1, IVANOV, 30), late("b", 2, STRANGER, 300)]);
    assert_eq!(taken.untold, 0, "they began before this mirror was first whole");
    assert_eq!(bench.desk.late_digest().unwrap(), None);
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 2, "in the queue they are");
}

#[test]
fn without_the_summary_they_are_only_counted() {
    let mut bench = Bench::new();
    bench.preferences.digest = false;
    assert_eq!(bench.take(&[late("a", 1, IVANOV, 3)]).untold, 0);
    assert_eq!(bench.desk.late_digest().unwrap(), None);
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 1);
}
