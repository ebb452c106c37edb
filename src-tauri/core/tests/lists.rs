//! Which lines of the statistics are one call, where no event told of it (reference 1.10).
#![allow(clippy::unwrap_used)]

use perezvon_core::call::{LineStatus, Recording, StatisticsLine, calls_of, lines_around};
use perezvon_core::{Direction, Time};
use proptest::prelude::*;
use std::collections::BTreeSet;

const CLIENT: Option<&str> = Some("+79000000099");
const LINE: Option<&str> = Some("+79000000050");

/// An incoming line; `called` is one of the company's.
fn rung(name: &str, abonent: &str, start: i64, talk: i64, from: Option<&str>, called: Option<&str>) -> StatisticsLine {
    StatisticsLine {
        id: name.to_owned(),
        abonent: abonent.to_owned(),
        direction: Direction::Incoming,
        status: if talk > 0 {
            LineStatus::Received
        } else {
            LineStatus::Missed
        },
        start: Time::from_ms(start),
        duration_ms: talk,
        number: from.map(str::to_owned),
        peer: None,
        called: called.map(str::to_owned),
        by_line: called == LINE,
        tracking_id: None,
    }
}

/// One end of a call between colleagues.
fn inside(name: &str, abonent: &str, peer: &str, direction: Direction, start: i64, talk: i64) -> StatisticsLine {
    StatisticsLine {
        direction,
        status: match direction {
            Direction::Outgoing => LineStatus::Placed,
            Direction::Incoming if talk > 0 => LineStatus::Received,
            Direction::Incoming => LineStatus::Missed,
        },
        peer: Some(peer.to_owned()),
        ..rung(name, abonent, start, talk, Some("102"), None)
    }
}

fn recording(key: &str, abonent: &str, start: i64, talk: i64) -> (String, Recording) {
    let recording = Recording {
        id: format!("of {key}"),
        abonent: abonent.to_owned(),
        direction: Direction::Incoming,
        start: Time::from_ms(start),
        duration_ms: talk,
        number: CLIENT.map(str::to_owned),
        gone: false,
    };
    (key.to_owned(), recording)
}

/// Names of the lines of each call, with the call of its recording.
fn calls(lines: &[StatisticsLine], recordings: &[(String, Recording)]) -> Vec<String> {
    let calls = calls_of(lines, recordings).into_iter().map(|call| {
        let names: Vec<&str> = call.lines.iter().map(|&i| lines[i].id.as_str()).collect();
        let key = call.recorded.map(|key| format!(" {key}")).unwrap_or_default();
        format!("{}{key}", names.join(" "))
    });
    calls.collect()
}

#[test]
fn agents_of_one_queue_are_one_call_until_one_of_them_answers() {
    let lines = [
        rung("a", "A", 7_000, 0, CLIENT, LINE),
        rung("b", "B", 29_000, 0, CLIENT, LINE),
        rung("c", "C", 33_000, 40_000, CLIENT, LINE),
        rung("d", "D", 40_000, 0, CLIENT, LINE),
    ];
    assert_eq!(calls(&lines, &[]), ["a b c", "d"], "nobody is rung while they talk");
    let late = [
        rung("a", "A", 0, 0, CLIENT, LINE),
        rung("b", "B", 31_000, 9_000, CLIENT, LINE),
    ];
    assert_eq!(calls(&late, &[]), ["a", "b"], "no agent rings for so long");
}

#[test]
fn a_withheld_number_is_one_caller_as_long_as_the_agents_are_rung_in_turn() {
    let lines = [
        rung("a", "A", 0, 0, None, LINE),
        rung("b", "B", 22_000, 0, None, LINE),
        rung("c", "C", 26_000, 9_000, None, LINE),
        rung("x", "A", 30_000, 0, None, LINE),
        rung("y", "B", 41_000, 0, None, Some("+79000000002")),
    ];
    assert_eq!(calls(&lines, &[]), ["a b c", "x", "y"]);
}

#[test]
fn two_calls_of_one_caller_at_once_keep_their_order() {
    let of = |call: &str, at: i64, talk: i64| {
        [
            rung(&format!("a{call}"), "A", at, 0, CLIENT, LINE),
            rung(&format!("b{call}"), "B", at + 22_000, 0, CLIENT, LINE),
            rung(&format!("c{call}"), "C", at + 26_000, talk, CLIENT, LINE),
        ]
    };
    for after in [500, 3_000, 12_000, 20_000] {
        let lines = [of("1", 0, 30_000), of("2", after, 50_000)].concat();
        assert_eq!(calls(&lines, &[]), ["a1 b1 c1", "a2 b2 c2"], "{after} ms later");
    }
}

#[test]
fn a_redirected_call_goes_on_at_who_got_it() {
    let redirected = |name, at| StatisticsLine {
        status: LineStatus::Redirected,
        ..rung(name, "A", at, 0, CLIENT, None)
    };
    let lines = [
        redirected("a1", 0),
        redirected("a2", 5_000),
        rung("b1", "B", 20_100, 30_000, CLIENT, None),
        rung("b2", "B", 25_100, 30_000, CLIENT, None),
        rung("other", "C", 21_000, 1_000, Some("+79000000098"), None),
    ];
    assert_eq!(calls(&lines, &[]), ["a1 b1", "a2 b2", "other"]);
}

#[test]
fn both_ends_of_a_call_between_colleagues_are_one() {
    use Direction::{Incoming, Outgoing};
    // Placed from the desk, twice: the caller's own phone rings first, longer than between the two calls.
    let lines = [
        inside("a1", "A", "B", Outgoing, 0, 0),
        inside("a2", "A", "B", Outgoing, 3_000, 0),
        inside("b1", "B", "A", Incoming, 4_100, 0),
        inside("b2", "B", "A", Incoming, 7_100, 0),
    ];
    assert_eq!(calls(&lines, &[]), ["a1 b1", "a2 b2"]);
    // The first one's other end has no line.
    let lines = [
        inside("a1", "A", "B", Outgoing, 0, 0),
        inside("a2", "A", "B", Outgoing, 20_000, 0),
        inside("b2", "B", "A", Incoming, 20_100, 0),
    ];
    assert_eq!(calls(&lines, &[]), ["a1", "a2 b2"]);
    // The length tells, whatever rang when.
    let lines = [
        inside("a1", "A", "B", Outgoing, 0, 30_000),
        inside("a2", "A", "B", Outgoing, 900, 32_000),
        inside("b1", "B", "A", Incoming, 1_000, 30_010),
        inside("b2", "B", "A", Incoming, 950, 32_010),
    ];
    assert_eq!(calls(&lines, &[]), ["a1 b1", "a2 b2"]);
}

#[test]
fn a_recording_tells_the_session_of_its_line() {
    let lines = [
        rung("a1", "A", 0, 30_000, CLIENT, None),
        rung("a2", "A", 3_000, 31_000, CLIENT, None),
        rung("b", "B", 60_000, 9_000, CLIENT, None),
    ];
    // The later call was answered first: told by the lengths. Both conversations of the first one's transfer are one.
    let recordings = [
        recording("second", "A", 5_000, 31_000),
        recording("first", "A", 11_000, 30_000),
        recording("first", "B", 64_000, 9_000),
    ];
    assert_eq!(calls(&lines, &recordings), ["a1 b first", "a2 second"]);
    let equal = [
        rung("a1", "A", 0, 30_000, CLIENT, None),
        rung("a2", "A", 3_000, 30_000, CLIENT, None),
    ];
    let recordings = [
        recording("first", "A", 4_000, 30_000),
        recording("second", "A", 12_000, 30_000),
    ];
    assert_eq!(
        calls(&equal, &recordings),
        ["a1 first", "a2 second"],
        "in their order, where nothing else tells"
    );
}

#[test]
fn only_lines_without_a_long_pause_are_looked_at_together() {
    let lines: Vec<_> = [0, 100_000, 200_000, 400_000]
        .map(|at| rung(&at.to_string(), "A", at, 0, CLIENT, None))
        .into();
    let around = lines_around(lines.clone(), &lines[1]);
    assert_eq!(
        around.iter().map(|line| line.start.ms()).collect::<Vec<_>>(),
        [0, 100_000, 200_000]
    );
}

fn any_line() -> impl Strategy<Value = StatisticsLine> {
    let talk = prop_oneof![Just(0), Just(15_000), 1_000..60_000i64];
    let from = prop_oneof![Just(CLIENT), Just(None), Just(Some("+79000000098"))];
    let called = prop_oneof![3 => Just(LINE), 1 => Just(None)];
    let status = prop::bool::weighted(0.2);
    (0..5usize, 0..90_000i64, talk, from, called, status).prop_map(|(who, at, talk, from, called, redirected)| {
        let mut line = rung(
            &format!("{who}@{at}"),
            &format!("abonent {who}"),
            at,
            talk,
            from,
            called,
        );
        if redirected && talk == 0 {
            line.status = LineStatus::Redirected;
        }
        line
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each line is in one call, no abonent twice in one, and the order in which the lists are read does not matter.
    #[test]
    fn the_same_calls_in_any_order(
        lines in prop::collection::vec(any_line(), 0..14),
        sessions in prop::collection::vec((0usize..14, 0..12_000i64), 0..6),
        order in prop::collection::vec(any::<u32>(), 14),
    ) {
        let ids: BTreeSet<&String> = lines.iter().map(|line| &line.id).collect();
        prop_assume!(ids.len() == lines.len());
        let mut recordings: Vec<(String, Recording)> = Vec::new();
        for (which, rang) in sessions.iter().filter(|(which, _)| *which < lines.len()) {
            let line = &lines[*which];
            let (key, mut one) = recording(&format!("session {which}"), &line.abonent, line.start.ms() + rang, line.duration_ms);
            one.number.clone_from(&line.number);
            if line.duration_ms > 0 && recordings.iter().all(|(known, _)| *known != key) {
                recordings.push((key, one));
            }
        }
        let found = calls(&lines, &recordings);
        let mut all: Vec<usize> = calls_of(&lines, &recordings).into_iter().flat_map(|call| call.lines).collect();
        all.sort_unstable();
        prop_assert_eq!(all, (0..lines.len()).collect::<Vec<_>>());
        for call in calls_of(&lines, &recordings) {
            let people: BTreeSet<&String> = call.lines.iter().map(|&i| &lines[i].abonent).collect();
            prop_assert_eq!(people.len(), call.lines.len(), "one abonent is in a call once: {:?}", found);
        }
        let mut numbered: Vec<_> = order.iter().zip(&lines).collect();
        numbered.sort_by_key(|(rank, _)| **rank);
        let shuffled: Vec<StatisticsLine> = numbered.into_iter().map(|(_, line)| line.clone()).collect();
        recordings.reverse();
        prop_assert_eq!(calls(&shuffled, &recordings), found);
    }
}
