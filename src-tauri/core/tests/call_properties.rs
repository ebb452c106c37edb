//! Properties of the call state machine under any reorder, repetition and loss of events (issue 2, item 2; design,
//! part 8, invariants 2 and 4).
#![allow(clippy::unwrap_used)]

mod script;

use perezvon_core::call::Finding;
use perezvon_core::event::Event;
use perezvon_core::{Call, Outcome};
use proptest::prelude::*;
use script::{A, B, C, Machine, Script, scripts};
use std::collections::BTreeMap;

const READERS: [&str; 4] = [A, B, C, ""];

/// What happens to the events of a script on their way.
#[derive(Clone, Debug)]
struct Fate {
    script: usize,
    /// For each delivery: index of the event (modulo their number) and the wait before it, ms.
    deliveries: Vec<(usize, i64)>,
    order: Vec<u32>,
    lost: Vec<bool>,
    repeats: Vec<(usize, usize)>,
}

fn fate() -> impl Strategy<Value = Fate> {
    (
        0..scripts().len(),
        prop::collection::vec((0usize..8, prop_oneof![Just(0i64), 0..2_000i64, 0..400_000i64]), 0..24),
        prop::collection::vec(any::<u32>(), 8),
        prop::collection::vec(prop::bool::weighted(0.3), 8),
        prop::collection::vec((0usize..8, 0usize..16), 0..6),
    )
        .prop_map(|(script, deliveries, order, lost, repeats)| Fate {
            script,
            deliveries,
            order,
            lost,
            repeats,
        })
}

/// All events in a random order, some of them again.
fn shuffled(script: &Script, fate: &Fate) -> Vec<Event> {
    let mut numbered: Vec<(u32, &Event)> = fate.order.iter().copied().zip(&script.events).collect();
    numbered.sort_by_key(|(rank, _)| *rank);
    let mut events: Vec<Event> = numbered.into_iter().map(|(_, event)| event.clone()).collect();
    for (which, place) in &fate.repeats {
        let again = script.events[which % script.events.len()].clone();
        events.insert(place % (events.len() + 1), again);
    }
    events
}

/// Panics when a reader's terminal outcome is left.
struct Watch(BTreeMap<&'static str, Outcome>);

impl Watch {
    fn look(&mut self, machine: &Machine, step: &str) {
        // A call is told to nobody who has no leg in it.
        for who in READERS
            .into_iter()
            .filter(|who| who.is_empty() || machine.call.abonents().contains(who))
        {
            let outcome = machine.outcome(who);
            if let Some(before) = self.0.get(who) {
                assert!(
                    outcome.is_terminal(),
                    "{step}: {who:?} went from {before:?} back to {outcome:?}"
                );
            }
            if outcome.is_terminal() {
                self.0.insert(who, outcome);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the order and however often, the whole of the events tells the truth.
    #[test]
    fn reorder_and_repetition_end_in_the_truth(fate in fate()) {
        let script = &scripts()[fate.script];
        let mut machine = Machine::new();
        let mut watch = Watch(BTreeMap::new());
        for (n, event) in shuffled(script, &fate).iter().enumerate() {
            machine.wait(fate.deliveries.get(n).map_or(0, |(_, wait)| *wait));
            machine.feed(event);
            watch.look(&machine, script.name);
        }
        machine.wait(machine.policy.grace_ms);
        watch.look(&machine, script.name);
        for (who, truth) in &script.truth {
            let found = machine.call.finding((!who.is_empty()).then_some(*who));
            prop_assert_eq!(found, Finding::certain(*truth), "{}: {}", script.name, who);
        }
    }

    /// Any events in any order, with any waits: no panic, no terminal outcome left.
    #[test]
    fn a_terminal_outcome_is_never_left(fate in fate(), other in 0..scripts().len()) {
        let all = scripts();
        let (script, other) = (&all[fate.script], &all[other]);
        let mut machine = Machine::new();
        let mut watch = Watch(BTreeMap::new());
        for (n, (which, wait)) in fate.deliveries.iter().enumerate() {
            let from = if n % 3 == 0 { other } else { script };
            machine.wait(*wait);
            watch.look(&machine, "tick");
            machine.feed(&from.events[which % from.events.len()]);
            watch.look(&machine, "event");
        }
        machine.wait(24 * 3_600_000);
        watch.look(&machine, "end");
        prop_assert!(machine.call.is_settled(), "the sweeper closes whatever is left");
    }

    /// Loss never makes an answered call missed, as long as the gap in the numbering is known to the relay.
    #[test]
    fn loss_makes_no_false_missed(fate in fate()) {
        let script = &scripts()[fate.script];
        let lost = |n: usize| fate.lost.get(n).copied().unwrap_or(false);
        let mut machine = Machine::new();
        for (n, event) in script.events.iter().enumerate() {
            if !lost(n) {
                machine.feed(event);
            }
        }
        machine.call.set_doubt((0..script.events.len()).any(lost));
        machine.wait(24 * 3_600_000);
        for (who, truth) in &script.truth {
            let Finding { outcome: found, is_uncertain: uncertain } = machine.call.finding((!who.is_empty()).then_some(*who));
            if *truth != Outcome::Missed && *truth != Outcome::Unreachable {
                prop_assert!(found != Outcome::Missed, "{}: {} is {:?}, uncertain {}", script.name, who, found, uncertain);
            }
        }
    }

    /// The same events with the same times make the same call, also through its stored form after each step.
    #[test]
    fn replay_equals_live(fate in fate()) {
        let script = &scripts()[fate.script];
        let events = shuffled(script, &fate);
        let (mut live, mut replayed) = (Machine::new(), Machine::new());
        for (n, event) in events.iter().enumerate() {
            let wait = fate.deliveries.get(n).map_or(0, |(_, wait)| *wait);
            // Live, the sweeper's timer ticks on its own; the replay only sees the time of the next event.
            for part in [wait / 3, wait / 3, wait - 2 * (wait / 3)] {
                live.wait(part);
            }
            replayed.now = replayed.now.plus(wait);
            live.feed(event);
            replayed.feed(event);
            let stored = serde_json::to_string(&replayed.call).unwrap();
            replayed.call = serde_json::from_str::<Call>(&stored).unwrap();
        }
        prop_assert_eq!(&live.call, &replayed.call);
        // And a repeat of everything already known teaches nothing.
        for event in &events {
            prop_assert!(!live.feed(event), "{}: a known event is no news", script.name);
        }
    }

    /// Two quick calls to one number stay two calls: they are joined by tracking id only.
    #[test]
    fn two_quick_calls_are_never_merged(gap in 0i64..500, first in any::<u16>(), second in any::<u16>()) {
        prop_assume!(first != second);
        let call = |id: u16| {
            script::LegTeller::new(A, &format!("{id}:1"), &format!("callhalf-{id}:0"),
                perezvon_core::event::Personality::Terminator, script::CLIENT).starting(gap * i64::from(id % 2)).received()
        };
        let keys: Vec<_> = [call(first), call(second)].iter().map(|e| Call::key_of(&e.calls[0])).collect();
        prop_assert_ne!(&keys[0], &keys[1]);
    }
}
