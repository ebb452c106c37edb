//! What the desk forgets in time, and what never.

use crate::common::{Bench, IVANOV, STRANGER, ended, missed, noon, ringing};
use perezvon_desk::DeskError;
use perezvon_desk::notifications::ToastState;
use perezvon_desk::view::CallsFilter;

const DAY_MS: i64 = 24 * 3_600_000;

fn forget(bench: &Bench) {
    while bench.desk.forget_old().unwrap() {}
}

fn ids(bench: &Bench) -> Vec<String> {
    let rows = bench.desk.calls(&CallsFilter::default(), None, 500).unwrap().rows;
    rows.into_iter().map(|row| row.id).collect()
}

#[test]
fn calls_of_years_ago_go_and_who_waits_stays() {
    let bench = Bench::new();
    bench.take(&[
        missed(&ringing("waits", 1, IVANOV), 1),
        missed(&ringing("settled", 2, STRANGER), 2),
    ]);
    bench.take(&[ended(&ringing("talk", 3, STRANGER), 3)]);
    let many: Vec<_> = (0..700)
        .map(|n| ended(&ringing(&format!("c{n}"), 10 + n, "+79000000033"), 10 + n))
        .collect();
    bench.take(&many);
    bench.note("waits", "заметка");
    bench.desk.set_clock(noon().plus(1000 * DAY_MS));
    forget(&bench);
    assert_eq!(ids(&bench).len(), 500, "a page of all of them");
    bench.desk.set_clock(noon().plus(1200 * DAY_MS));
    forget(&bench);
    assert_eq!(ids(&bench), ["waits"]);
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 1);
    assert_eq!(
        bench.desk.document(1).unwrap().written.note,
        "заметка",
        "documents are never forgotten"
    );
    assert_eq!(bench.desk.document(2).unwrap().call.id, "settled", "nor their calls");
    // A late repeat of the settled one, its conversation being forgotten: it began before all that is kept.
    bench.desk.set_clock(noon().plus(1200 * DAY_MS));
    forget(&bench);
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 1, "nobody new waits");
}

#[test]
fn a_forgotten_conversation_still_settles() {
    let bench = Bench::new();
    let talk = ended(&ringing("talk", 2, IVANOV), 2);
    bench.take(&[missed(&ringing("settled", 1, IVANOV), 1), talk]);
    let mut late = missed(&ringing("later", 3, IVANOV), 3);
    late.started_at = Some(noon().plus(1100 * DAY_MS));
    bench.take(&[late.clone()]);
    bench.desk.set_clock(noon().plus(1100 * DAY_MS));
    forget(&bench);
    assert_eq!(ids(&bench), ["later"]);
    late.version = 9;
    bench.take(&[late]);
    let rows = bench.desk.callbacks(&Default::default(), None, 5).unwrap().rows;
    assert_eq!(
        (rows.len(), rows[0].times),
        (1, 1),
        "the old one was dealt with: {rows:?}"
    );
}

#[test]
fn notifications_go_and_open_ones_stay() {
    let bench = Bench::new();
    let mut old = Vec::new();
    for n in 1..=3 {
        let number = format!("+7900000000{n}");
        old.push(
            bench
                .toast(&missed(&ringing(&format!("m{n}"), n, &number), n))
                .notification_id,
        );
    }
    bench.desk.note_toast(old[0], ToastState::Dismissed).unwrap();
    bench.desk.set_clock(noon().plus(91 * DAY_MS));
    forget(&bench);
    let left: Vec<_> = bench
        .desk
        .notifications(None, 10)
        .unwrap()
        .into_iter()
        .map(|row| row.id)
        .collect();
    assert_eq!(left, [old[2], old[1]]);
    let gone = bench.desk.note_toast(old[0], ToastState::Clicked);
    assert!(matches!(gone, Err(DeskError::NotFound)), "{gone:?}");
}
