//! Lines of the statistics and recordings beside the events of a call: the order in which they come, and how often, does
//! not matter (design, part 4; reference 1.9, 1.10).
#![allow(clippy::unwrap_used)]

mod script;

use perezvon_core::call::{Finding, LineStatus, Reader, Recording, StatisticsLine};
use perezvon_core::event::{Event, EventKind, LegState, Personality, ReleasingParty};
use perezvon_core::lists::{Heard, arrange};
use perezvon_core::{Call, Direction, Outcome, Time};
use proptest::prelude::*;
use script::{A, B, C, CLIENT, LegTeller, Machine, Script, T0, scripts};

/// What tells of a call.
#[derive(Clone, Debug)]
enum Witness {
    Event(Box<Event>),
    Line(StatisticsLine),
    Recording(Recording),
}

fn tell(machine: &mut Machine, witness: &Witness) -> bool {
    let now = machine.now;
    match witness {
        Witness::Event(event) => machine.feed(event),
        Witness::Line(line) => machine.call.take_line(line.clone(), now),
        Witness::Recording(recording) => machine.call.take_recording(recording.clone(), now),
    }
}

/// The events of the script, and what the PBX's lists have of the same call.
fn witnesses(script: &Script) -> Vec<Witness> {
    let mut machine = Machine::new();
    let mut all: Vec<Witness> = script
        .events
        .iter()
        .cloned()
        .map(Box::new)
        .map(Witness::Event)
        .collect();
    for event in &script.events {
        machine.feed(event);
    }
    for leg in machine.call.legs().iter().filter(|leg| !leg.system) {
        let (Some(abonent), Some(start)) = (leg.abonent.clone(), leg.start) else {
            continue;
        };
        let direction = if leg.is_outgoing() {
            Direction::Outgoing
        } else {
            Direction::Incoming
        };
        let number = leg.party().and_then(|facts| facts.number().key());
        let called = leg.line.as_ref().and_then(|line| line.number.clone());
        let talked = leg.answer.zip(leg.end).filter(|_| leg.answered);
        let status = match (direction, talked) {
            (Direction::Outgoing, _) => LineStatus::Placed,
            (Direction::Incoming, Some(_)) => LineStatus::Received,
            (Direction::Incoming, None) => LineStatus::Missed,
        };
        all.push(Witness::Line(StatisticsLine {
            id: format!("line:{}:{abonent}", start.ms()),
            abonent: abonent.clone(),
            direction,
            status,
            start,
            duration_ms: talked.map_or(0, |(answer, end)| end.since(answer)),
            number: number.clone(),
            peer: None,
            by_line: called.is_some(),
            called,
            tracking_id: None,
        }));
        all.extend(talked.map(|(answer, end)| {
            Witness::Recording(Recording {
                id: format!("9000{}", leg.call_id),
                abonent,
                direction,
                start: answer,
                duration_ms: end.since(answer),
                number,
                session: None,
                gone: false,
            })
        }));
    }
    all
}

fn told(witnesses: &[Witness]) -> Machine {
    let mut machine = Machine::new();
    for witness in witnesses {
        tell(&mut machine, witness);
    }
    machine
}

/// In the order of the ranks, some of them again.
fn shuffled(witnesses: &[Witness], order: &[u32], repeats: &[(usize, usize)]) -> Vec<Witness> {
    let mut numbered: Vec<(u32, &Witness)> = order.iter().copied().cycle().zip(witnesses).collect();
    numbered.sort_by_key(|(rank, _)| *rank);
    let mut all: Vec<Witness> = numbered.into_iter().map(|(_, witness)| witness.clone()).collect();
    for (which, place) in repeats {
        let again = witnesses[which % witnesses.len()].clone();
        all.insert(place % (all.len() + 1), again);
    }
    all
}

fn orders() -> impl Strategy<Value = (Vec<u32>, Vec<(usize, usize)>)> {
    let repeats = prop::collection::vec((0usize..16, 0usize..24), 0..8);
    (prop::collection::vec(any::<u32>(), 16), repeats)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Events, lines and recordings in any order and repeated: the same call, and every reader is told the same.
    #[test]
    fn any_order_of_all_witnesses_makes_the_same_call(script in 0..scripts().len(), (order, repeats) in orders()) {
        let script = &scripts()[script];
        let witnesses = witnesses(script);
        let (mut one, mut other) = (told(&witnesses), told(&shuffled(&witnesses, &order, &repeats)));
        let grace = one.policy.grace_ms;
        one.wait(grace);
        other.wait(grace);
        prop_assert_eq!(one.call.legs(), other.call.legs(), "{}", script.name);
        let readers = [A, B, C].into_iter().flat_map(|who| [Reader::Abonent(who), Reader::AdminOf(who)]);
        for reader in readers.chain([Reader::Company]) {
            let is_reader = reader.abonent().is_none_or(|who| one.call.abonents().contains(who));
            if is_reader {
                prop_assert_eq!(one.tell(reader), other.tell(reader), "{}: {:?}", script.name, reader);
            }
        }
        for (who, truth) in &script.truth {
            let found = other.call.finding((!who.is_empty()).then_some(*who));
            prop_assert_eq!(found, Finding::certain(*truth), "{}: {}", script.name, who);
        }
    }

    /// With events lost, what is left makes the same legs in any order, also through the stored form after each step;
    /// and what the lists tell of a conversation is never told as missed.
    #[test]
    fn any_order_of_what_is_left_makes_the_same_legs(
        script in 0..scripts().len(),
        (order, repeats) in orders(),
        lost in prop::collection::vec(prop::bool::weighted(0.4), 16),
    ) {
        let script = &scripts()[script];
        let all = witnesses(script).into_iter().zip(lost);
        let left: Vec<Witness> = all
            .filter(|(witness, lost)| !(*lost && matches!(witness, Witness::Event(_))))
            .map(|(witness, _)| witness)
            .collect();
        prop_assume!(!left.is_empty());
        let one = told(&left);
        let mut other = Machine::new();
        for witness in shuffled(&left, &order, &repeats) {
            tell(&mut other, &witness);
            let stored = serde_json::to_string(&other.call).unwrap();
            other.call = serde_json::from_str::<Call>(&stored).unwrap();
        }
        prop_assert_eq!(one.call.legs(), other.call.legs(), "{}", script.name);
        for witness in &left {
            prop_assert!(!tell(&mut other, witness), "{}: what is known is no news", script.name);
            let Witness::Recording(recording) = witness else { continue };
            let found = other.call.finding(Some(&recording.abonent)).outcome;
            prop_assert!(matches!(found, Outcome::Ended | Outcome::Transferred), "{}: {:?}", script.name, found);
        }
    }
}

fn line(abonent: &str, after_ms: i64, talk_ms: i64, outgoing: bool) -> StatisticsLine {
    let (direction, status) = match (outgoing, talk_ms) {
        (true, _) => (Direction::Outgoing, LineStatus::Placed),
        (false, 0) => (Direction::Incoming, LineStatus::Missed),
        (false, _) => (Direction::Incoming, LineStatus::Received),
    };
    StatisticsLine {
        id: format!("line:{after_ms}:{abonent}"),
        abonent: abonent.to_owned(),
        direction,
        status,
        start: Time::from_ms(T0 + after_ms),
        duration_ms: talk_ms,
        number: Some("+79000000099".to_owned()),
        peer: None,
        called: (!outgoing).then(|| "+79000000050".to_owned()),
        by_line: !outgoing,
        tracking_id: None,
    }
}

/// The event that tells when the caller's own phone rang is lost; the others begin when it was picked up.
#[test]
fn a_placed_call_whose_first_event_is_lost_begins_when_the_own_phone_rang() {
    let mut leg = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::Originator, CLIENT).starting(4_000);
    let mut machine = Machine::new();
    machine.feed(&leg.event(EventKind::CallOriginated, LegState::Alerting));
    machine.feed(&leg.answered(12_000));
    machine.feed(&leg.released(70_000, Some(ReleasingParty::Remote), None));
    let without = machine.tell(Reader::Abonent(A));
    assert_eq!(
        without.started_at,
        Some(Time::from_ms(T0 + 4_000)),
        "as far as events tell"
    );
    let line = line(A, 0, 58_000, true);
    let heard = Heard::of(&machine.call).into_iter().collect::<Vec<_>>();
    let found = arrange(&heard, std::slice::from_ref(&line), &[]);
    assert_eq!(found.len(), 1, "the line is of this call: {found:?}");
    machine.call.take_line(line, machine.now);
    let told = machine.tell(Reader::Abonent(A));
    assert_eq!(told.started_at, Some(Time::from_ms(T0)), "the line knows");
    assert_eq!((told.outcome, told.uncertain), (Outcome::Ended, false));
    assert_eq!((told.wait_ms, told.talk_ms), (Some(12_000), Some(58_000)));
    assert_eq!(told.ended_at, Some(Time::from_ms(T0 + 70_000)));
    assert_eq!(told.legs.len(), 1, "no leg beside it");
}

/// The same, and nobody picked up the own phone: all that came is its end.
#[test]
fn a_placed_call_of_which_only_the_end_is_heard_is_cancelled() {
    let leg = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::ClickToDial, CLIENT);
    let mut machine = Machine::new();
    machine.feed(&leg.released(30_100, None, Some("Request Timeout")));
    machine.call.take_line(line(A, 0, 0, true), machine.now);
    let told = machine.tell(Reader::Abonent(A));
    assert_eq!((told.outcome, told.uncertain), (Outcome::Cancelled, false));
    assert_eq!(told.started_at, Some(Time::from_ms(T0)));
    assert_eq!(told.legs.len(), 1);
}
