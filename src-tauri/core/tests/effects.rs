//! Effects of snapshots, on the calls that the state machine tells.
#![allow(clippy::unwrap_used, clippy::trivially_copy_pass_by_ref)]

mod script;

use perezvon_core::call::{Reader, Request};
use perezvon_core::effect::{DocumentScope, Effect, Phase, Preferences, effects};
use perezvon_core::event::{Event, EventKind, LegState, Personality, ReleasingParty};
use perezvon_core::{CallSnapshot, Number, Outcome};
use script::{A, B, CLIENT, LegTeller, Machine};

const REMOTE: Option<ReleasingParty> = Some(ReleasingParty::Remote);

/// Tells A each change and collects the effects; every snapshot is given twice, as a feed may.
fn follow(machine: &mut Machine, events: &[Event], preferences: &Preferences, fresh: bool) -> Vec<Vec<Effect>> {
    let mut before: Option<CallSnapshot> = None;
    events
        .iter()
        .map(|event| {
            machine.feed(event);
            let after = machine.tell(Reader::Abonent(A));
            let out = effects(before.as_ref(), &after, preferences, fresh);
            assert!(
                effects(Some(&after), &after, preferences, fresh).is_empty(),
                "the same snapshot again does nothing"
            );
            before = Some(after);
            out
        })
        .collect()
}

fn leg(target: &'static str, id: &str) -> LegTeller {
    LegTeller::new(target, "900201:1", id, Personality::Terminator, CLIENT)
}

#[test]
fn answered_here() {
    let mut a = leg(A, "callhalf-1:0");
    let events = [a.received(), a.answered(8_000), a.released(60_000, REMOTE, None)];
    let got = follow(&mut Machine::new(), &events, &Preferences::default(), true);
    assert_eq!(got[0], [Effect::Ring]);
    assert_eq!(
        got[1],
        [Effect::CloseRing, Effect::Reached],
        "the toast goes when the phone is picked up"
    );
    assert_eq!(got[2], [Effect::Document { toast: true }]);
}

#[test]
fn missed_and_stale_missed() {
    let a = leg(A, "callhalf-1:0");
    let events = [a.received(), a.released(20_000, REMOTE, None)];
    let got = follow(&mut Machine::new(), &events, &Preferences::default(), true);
    assert_eq!(
        got[1],
        [Effect::CloseRing, Effect::Missed, Effect::Document { toast: false }]
    );
    let got = follow(&mut Machine::new(), &events, &Preferences::default(), false);
    assert_eq!(
        got,
        [
            vec![],
            vec![Effect::CloseRing, Effect::MissedAway, Effect::Document { toast: false }]
        ],
        "old news raises no toast"
    );
}

#[test]
fn answered_by_a_colleague() {
    let (a, mut b) = (leg(A, "callhalf-1:0"), leg(B, "callhalf-2:0"));
    let events = [
        a.received_by_group(),
        b.received_by_group(),
        b.answered(8_000),
        a.released(8_100, None, None),
    ];
    let got = follow(&mut Machine::new(), &events, &Preferences::default(), true);
    assert_eq!(
        got,
        [
            vec![Effect::Ring],
            vec![],
            vec![Effect::AnsweredElsewhere, Effect::Reached],
            vec![]
        ]
    );
}

#[test]
fn a_late_answer_withdraws_the_missed_toast() {
    let (a, mut b) = (leg(A, "callhalf-1:0"), leg(B, "callhalf-2:0"));
    // Told without the marks of a group, so the verdict came at once.
    let events = [a.received(), a.released(8_100, None, None), b.answered(8_000)];
    let got = follow(&mut Machine::new(), &events, &Preferences::default(), true);
    assert!(got[1].contains(&Effect::Missed));
    assert_eq!(got[2], [Effect::WithdrawMissed, Effect::Reached]);
}

#[test]
fn a_placed_call_shows_its_progress() {
    let mut machine = Machine::new();
    machine.call.requested(
        Request {
            id: "k".into(),
            abonent: A.into(),
            number: Number::parse("+79000000099"),
        },
        machine.now,
    );
    let click = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::ClickToDial, CLIENT);
    let mut orig = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::Originator, CLIENT);
    let events = [
        click.event(EventKind::CallOriginating, LegState::Alerting),
        orig.event(EventKind::CallOriginated, LegState::Alerting),
        orig.answered(9_000),
        orig.released(40_000, REMOTE, None),
    ];
    let got = follow(&mut machine, &events, &Preferences::default(), true);
    let over = Phase::Over {
        outcome: Outcome::Ended,
        own_phone: false,
    };
    assert_eq!(got[0], [Effect::Progress(Phase::OwnPhone)]);
    assert_eq!(got[1], [Effect::Progress(Phase::Dialling)]);
    assert_eq!(got[2], [Effect::Progress(Phase::Talking), Effect::Reached]);
    assert_eq!(got[3], [Effect::Progress(over), Effect::Document { toast: true }]);
}

#[test]
fn preferences_silence_what_they_name() {
    let a = leg(A, "callhalf-1:0");
    let events = [a.received(), a.released(20_000, REMOTE, None)];
    let quiet = Preferences {
        incoming: false,
        missed: false,
        documents: DocumentScope::Answered,
        ..Preferences::default()
    };
    let got = follow(&mut Machine::new(), &events, &quiet, true);
    assert_eq!(
        got,
        [vec![], vec![Effect::CloseRing]],
        "no missed toast, no document without a conversation"
    );

    let internal = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::Terminator, "tel:102");
    let outside_only = Preferences {
        internal: false,
        documents: DocumentScope::External,
        ..Preferences::default()
    };
    let got = follow(&mut Machine::new(), &[internal.received()], &outside_only, true);
    assert_eq!(got, [vec![]]);
}
