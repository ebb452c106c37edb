//! Which lines of the statistics are one call, where no event told of it (reference 1.10).
#![allow(clippy::unwrap_used)]

use perezvon_core::call::{
    KnownParty, Leg, Line, LineStatus, PartyFacts, Recording, Request, StatisticsLine, Strength,
};
use perezvon_core::lists::{Arranged, Heard, Thing, arrange};
use perezvon_core::{Call, Direction, Number, Time};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

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

fn recording(key: &str, abonent: &str, start: i64, talk: i64) -> Recording {
    Recording {
        id: format!("{abonent} of {key}"),
        abonent: abonent.to_owned(),
        direction: Direction::Incoming,
        start: Time::from_ms(start),
        duration_ms: talk,
        number: CLIENT.map(str::to_owned),
        session: Some(key.to_owned()),
        gone: false,
    }
}

/// A call of which events told.
#[derive(Clone, Debug)]
struct Known {
    key: String,
    legs: Vec<Leg>,
    request: Option<Request>,
}

fn arranged(known: &[Known], lines: &[StatisticsLine], recordings: &[Recording]) -> Vec<Arranged> {
    let heard: Vec<Heard<'_>> = known.iter().map(Known::heard).collect();
    arrange(&heard, lines, recordings)
}

impl Known {
    fn of(key: &str, legs: impl Into<Vec<Leg>>) -> Self {
        Self {
            key: key.to_owned(),
            legs: legs.into(),
            request: None,
        }
    }

    fn heard(&self) -> Heard<'_> {
        Heard {
            key: &self.key,
            legs: &self.legs,
            request: self.request.as_ref(),
            first_heard: Time::from_ms(0),
        }
    }
}

/// An incoming leg as events tell it.
fn leg(name: &str, abonent: &str, start: i64, talk: Option<(i64, i64)>, from: Option<&str>) -> Leg {
    let party = PartyFacts {
        address: from.map(str::to_owned),
        privacy: from.is_none(),
        ..PartyFacts::default()
    };
    Leg {
        call_id: name.to_owned(),
        abonent: Some(abonent.to_owned()),
        terminator: true,
        alerted: true,
        answered: talk.is_some(),
        released: true,
        start: Some(Time::from_ms(start)),
        answer: talk.map(|(answer, _)| Time::from_ms(answer)),
        end: talk.map(|(_, end)| Time::from_ms(end)),
        party: Some(KnownParty {
            strength: Strength::Dialled,
            facts: party,
        }),
        line: Some(Line {
            number: LINE.map(str::to_owned),
            queue: None,
        }),
        ..Leg::default()
    }
}

/// Names of the lines of each call, with the call of its recording.
fn calls(lines: &[StatisticsLine], recordings: &[Recording]) -> Vec<String> {
    names(arranged(&[], lines, recordings))
}

/// Calls by their lines, with their keys.
fn names(calls: Vec<Arranged>) -> Vec<String> {
    let names = calls.into_iter().map(|call| {
        let key = call.key.map(|key| format!(" {key}")).unwrap_or_default();
        format!("{}{key}", call.lines.join(" "))
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
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
    // The same caller, at the same moment, at a line of the company: another call.
    let lines = [
        redirected("a", 0),
        rung("line", "C", 1_100, 38_000, CLIENT, LINE),
        rung("b", "B", 20_100, 20_000, CLIENT, Some("+79000000003")),
    ];
    assert_eq!(calls(&lines, &[]), ["a b", "line"]);
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
fn a_line_goes_to_the_nearest_leg_and_a_leg_has_one_line() {
    let known = [
        Known::of("first", [leg("1", "A", 0, None, CLIENT)]),
        Known::of("second", [leg("2", "A", 2_000, None, CLIENT)]),
    ];
    let lines = [
        rung("early", "A", 100, 0, CLIENT, None),
        rung("late", "A", 1_900, 0, CLIENT, None),
        rung("third", "A", 4_900, 0, CLIENT, None),
    ];
    let found = names(arranged(&known, &lines, &[]));
    assert_eq!(found, ["early first", "late second", "third"]);
    let found = names(arranged(&known, &lines[2..], &[]));
    assert_eq!(found, [" first", "third second"], "where nothing is nearer");
}

#[test]
fn a_short_number_outside_is_the_same_party_in_the_lists() {
    // The events tell `tel:900` and that it is not of the company; the statistics tell the digits.
    let known = [Known::of(
        "k",
        [leg("k:1", "A", 0, Some((5_000, 65_000)), Some("tel:900"))],
    )];
    let lines = [rung("a", "A", 1_000, 60_000, Some("900"), LINE)];
    assert_eq!(names(arranged(&known, &lines, &[])), ["a k"]);
}

#[test]
fn a_heard_call_has_the_agents_of_whom_no_event_told() {
    let known = [Known::of("heard", [leg("1", "A", 0, None, CLIENT)])];
    let lines = [
        rung("a", "A", 0, 0, CLIENT, LINE),
        rung("b", "B", 22_000, 0, CLIENT, LINE),
        // Tied by the one before.
        rung("c", "C", 44_000, 9_000, CLIENT, LINE),
        rung("other", "D", 44_000, 0, Some("+79000000098"), LINE),
    ];
    assert_eq!(names(arranged(&known, &lines, &[])), ["a b c heard", "other"]);
}

#[test]
fn a_placed_call_of_which_no_event_told_has_its_line() {
    let request = |abonent: &str| Request {
        id: "1".to_owned(),
        abonent: abonent.to_owned(),
        number: Number::parse("+79000000099"),
    };
    let placed = |abonent| Known {
        request: Some(request(abonent)),
        ..Known::of("placed", [])
    };
    let line = StatisticsLine {
        direction: Direction::Outgoing,
        status: LineStatus::Placed,
        ..rung("a", "A", 900, 0, CLIENT, None)
    };
    let lines = [
        line.clone(),
        StatisticsLine {
            id: "again".to_owned(),
            start: Time::from_ms(9_000),
            ..line
        },
    ];
    assert_eq!(names(arranged(&[placed("A")], &lines, &[])), ["a placed", "again"]);
    assert_eq!(names(arranged(&[placed("B")], &lines, &[])), [" placed", "a", "again"]);
}

#[test]
fn a_recording_without_a_session_is_of_the_conversation_that_events_told() {
    let known = [Known::of("heard", [leg("1", "A", 0, Some((4_000, 34_000)), CLIENT)])];
    let loose = |id: &str, start| Recording {
        session: None,
        ..recording(id, "A", start, 30_000)
    };
    let found = arranged(&known, &[], &[loose("one", 4_010), loose("two", 90_000)]);
    let keys: Vec<_> = found
        .iter()
        .map(|call| (call.key.as_deref().unwrap(), call.recordings.len()))
        .collect();
    assert_eq!(keys, [("heard", 1), ("record:A of two", 1)]);
}

fn any_line() -> impl Strategy<Value = StatisticsLine> {
    let talk = prop_oneof![Just(0), Just(15_000), 1_000..60_000i64];
    let from = prop_oneof![Just(CLIENT), Just(None), Just(Some("+79000000098"))];
    let called = prop_oneof![3 => Just(LINE), 1 => Just(None)];
    let status = prop::bool::weighted(0.2);
    let colleague = prop::option::weighted(0.2, (0..5usize, any::<bool>()));
    (0..5usize, 0..300_000i64, talk, from, called, status, colleague).prop_map(
        |(who, at, talk, from, called, redirected, colleague)| {
            let (name, abonent) = (format!("{who}@{at}"), format!("abonent {who}"));
            let mut line = rung(&name, &abonent, at, talk, from, called);
            if let Some((peer, outgoing)) = colleague.filter(|(peer, _)| *peer != who) {
                let direction = if outgoing {
                    Direction::Outgoing
                } else {
                    Direction::Incoming
                };
                return StatisticsLine {
                    number: Some(format!("10{peer}")),
                    ..inside(&name, &abonent, &format!("abonent {peer}"), direction, at, talk)
                };
            }
            if redirected && talk == 0 {
                line.status = LineStatus::Redirected;
            }
            line
        },
    )
}

/// What happened, and of which of it events and recordings tell: each line may have a leg and a recording.
#[derive(Clone, Debug)]
struct World {
    known: Vec<Known>,
    lines: Vec<StatisticsLine>,
    recordings: Vec<Recording>,
}

fn worlds() -> impl Strategy<Value = World> {
    let witness = (
        prop::option::weighted(0.3, (0..4usize, -2_000..2_000i64)),
        prop::option::weighted(0.3, 0..12_000i64),
    );
    prop::collection::vec((any_line(), witness), 0..24).prop_map(|told| {
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        let mut lines: BTreeMap<String, StatisticsLine> = BTreeMap::new();
        let mut recordings = Vec::new();
        for (n, (line, (heard, rang))) in told.into_iter().enumerate() {
            let (at, talk) = (line.start.ms(), line.duration_ms);
            let mut key = format!("session {n}");
            if let Some((call, apart)) = heard {
                key = format!("heard {call}");
                let begun = at + apart;
                let talked = (talk > 0).then(|| (begun + 3_000, begun + 3_000 + talk));
                let mut told = leg(&n.to_string(), &line.abonent, begun, talked, line.number.as_deref());
                told.originator = line.direction == Direction::Outgoing;
                told.terminator = !told.originator;
                known
                    .entry(key.clone())
                    .or_insert_with(|| Known::of(&key, []))
                    .legs
                    .push(told);
            }
            if let Some(rang) = rang.filter(|_| talk > 0) {
                recordings.push(Recording {
                    direction: line.direction,
                    number: line.number.clone(),
                    session: (rang % 5 > 0).then_some(key),
                    ..recording(&n.to_string(), &line.abonent, at + rang, talk)
                });
            }
            lines.insert(line.id.clone(), line);
        }
        World {
            known: known.into_values().collect(),
            lines: lines.into_values().collect(),
            recordings,
        }
    })
}

fn shuffled<T: Clone>(things: &[T], order: &[u32]) -> Vec<T> {
    let mut numbered: Vec<(&u32, &T)> = order.iter().cycle().zip(things).collect();
    numbered.sort_by_key(|(rank, _)| **rank);
    numbered.into_iter().map(|(_, thing)| thing.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each line and each recording is in one call; and the order in which all of it came does not matter.
    #[test]
    fn the_same_calls_in_any_order(world in worlds(), order in prop::collection::vec(any::<u32>(), 24)) {
        let found = arranged(&world.known, &world.lines, &world.recordings);
        let mut lines: Vec<&String> = found.iter().flat_map(|call| &call.lines).collect();
        lines.sort();
        prop_assert_eq!(lines, world.lines.iter().map(|line| &line.id).collect::<Vec<_>>(), "each once");
        let mut recordings: Vec<&String> = found.iter().flat_map(|call| &call.recordings).collect();
        recordings.sort();
        let mut all: Vec<&String> = world.recordings.iter().map(|one| &one.id).collect();
        all.sort();
        prop_assert_eq!(recordings, all, "each once");
        for call in found.iter().filter(|call| call.key.is_none()) {
            let of = |id: &String| world.lines.iter().find(|line| line.id == *id).map(|line| &line.abonent);
            let people: BTreeSet<_> = call.lines.iter().map(of).collect();
            prop_assert_eq!(people.len(), call.lines.len(), "one abonent is in a call once: {:?}", found);
        }
        let (known, lines) = (shuffled(&world.known, &order), shuffled(&world.lines, &order));
        let again = arranged(&known, &lines, &shuffled(&world.recordings, &order));
        prop_assert_eq!(again, found);
    }

    /// Who looks, with each line or call that comes, only at what may have to do with it, finds the same in the end as who
    /// looks at everything at once.
    #[test]
    fn piece_by_piece_as_all_at_once(world in worlds(), order in prop::collection::vec(any::<u32>(), 24)) {
        let whole = arranged(&world.known, &world.lines, &world.recordings);
        let mut of: BTreeMap<String, Arranged> = BTreeMap::new();
        let (mut known, mut recordings) = (world.known.clone(), world.recordings.clone());
        known.truncate(1);
        recordings.truncate(2);
        let mut lines: Vec<StatisticsLine> = Vec::new();
        for line in shuffled(&world.lines, &order) {
            lines.push(line.clone());
            settle(&mut of, around(&known, &lines, &recordings, &[line.id]));
        }
        for call in &world.known[known.len()..] {
            known.push(call.clone());
            settle(&mut of, around(&known, &lines, &recordings, std::slice::from_ref(&call.key)));
        }
        for one in &world.recordings[recordings.len()..] {
            recordings.push(one.clone());
            settle(&mut of, around(&known, &lines, &recordings, std::slice::from_ref(&one.id)));
        }
        let wanted = whole.into_iter().flat_map(|call| call.lines.clone().into_iter().map(move |id| (id, call.clone())));
        let strip = |call: &Arranged| Arranged { recordings: BTreeSet::new(), ..call.clone() };
        let told: BTreeMap<String, Arranged> = of.iter().map(|(id, call)| (id.clone(), strip(call))).collect();
        prop_assert_eq!(told, wanted.map(|(id, call)| (id, strip(&call))).collect::<BTreeMap<_, _>>());
    }
}

fn settle(of: &mut BTreeMap<String, Arranged>, world: World) {
    for call in arranged(&world.known, &world.lines, &world.recordings) {
        for line in &call.lines {
            of.insert(line.clone(), call.clone());
        }
    }
}

/// What may have to do, directly or by others, with what has these ids or keys.
fn around(known: &[Known], lines: &[StatisticsLine], recordings: &[Recording], of: &[String]) -> World {
    let legs: Vec<Vec<Leg>> = known.iter().map(|call| told(call, recordings)).collect();
    let calls = known
        .iter()
        .zip(&legs)
        .map(|(call, legs)| (&call.key, Thing::Call(call.heard(), legs)));
    let lines_of = lines.iter().map(|line| (&line.id, Thing::Line(line)));
    let all = lines_of.chain(recordings.iter().map(|one| (&one.id, Thing::Recording(one))));
    let all: Vec<(&String, Thing<'_>)> = all.chain(calls).collect();
    let (mut near, mut open): (BTreeSet<&String>, Vec<&String>) = (of.iter().collect(), of.iter().collect());
    while let Some(id) = open.pop() {
        let Some((_, thing)) = all.iter().find(|(known, _)| *known == id) else {
            continue;
        };
        for (other, that) in &all {
            if thing.may_be_tied(*that) && near.insert(other) {
                open.push(other);
            }
        }
    }
    World {
        known: known.iter().filter(|call| near.contains(&call.key)).cloned().collect(),
        lines: lines.iter().filter(|line| near.contains(&line.id)).cloned().collect(),
        recordings: recordings
            .iter()
            .filter(|one| near.contains(&one.id))
            .cloned()
            .collect(),
    }
}

/// Legs as the call shows them that has its recordings.
fn told(known: &Known, recordings: &[Recording]) -> Vec<Leg> {
    let mut call = Call::new("test", "any", Time::from_ms(0));
    for recording in recordings.iter().filter(|one| one.session.as_ref() == Some(&known.key)) {
        call.take_recording(recording.clone(), Time::from_ms(0));
    }
    call.legs().iter().chain(&known.legs).cloned().collect()
}

/// A busy day of a company of 300 and, worse than any, everybody calling one queue with one number all day.
#[test]
fn an_arrangement_of_very_much_ends_soon() {
    let begun = Instant::now();
    let many: Vec<StatisticsLine> = (0..40_000i64)
        .map(|n| {
            let from = format!("+7900{:07}", n * 7 % 3_000);
            rung(
                &format!("{n:05}"),
                &format!("abonent {}", n * 11 % 300),
                n * 1_800,
                n % 3 * 20_000,
                Some(&from),
                LINE,
            )
        })
        .collect();
    let found = arranged(&[], &many, &[]);
    assert!(found.len() > 30_000, "{}", found.len());
    let crowd: Vec<StatisticsLine> = (0..2_000i64)
        .map(|n| {
            rung(
                &format!("{n:05}"),
                &format!("abonent {}", n % 300),
                n * 500,
                n % 2 * 9_000,
                CLIENT,
                LINE,
            )
        })
        .collect();
    let known: Vec<Known> = (0..200i64)
        .map(|n| {
            Known::of(
                &format!("heard {n:03}"),
                [leg("1", &format!("abonent {n}"), n * 500, None, CLIENT)],
            )
        })
        .collect();
    let found = arranged(&known, &crowd, &[]);
    assert!(found.len() >= 200, "{}", found.len());
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
}
