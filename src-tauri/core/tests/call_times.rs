//! Times that are 0, long ago, far ahead or in the wrong order: no duration is negative or senseless.
#![allow(clippy::unwrap_used)]

mod script;

use perezvon_core::call::{LineStatus, Policy, Reader, Recording, StatisticsLine, Target};
use perezvon_core::event::{CallData, Event, EventKind, LegState, Personality, ReleasingParty};
use perezvon_core::{Call, CallSnapshot, Direction, Outcome, Time};
use proptest::prelude::*;
use proptest::sample::select;
use script::{A, B, CLIENT, LegTeller, Machine, T0};

/// The hundred years in which a time can be that of a call.
const SPAN_MS: i64 = 4_102_444_800_000 - 946_684_800_000;

fn leg() -> LegTeller {
    LegTeller::new(A, "910801:1", "callhalf-801:0", Personality::Terminator, CLIENT)
}

#[test]
fn a_call_that_ended_before_it_was_answered_was_answered_for_no_time() {
    let mut leg = leg();
    let mut machine = Machine::new();
    let (received, answered) = (leg.received(), leg.answered(8_000));
    for event in [
        received,
        answered,
        leg.released(5_200, Some(ReleasingParty::Local), None),
    ] {
        machine.feed(&event);
    }
    let told = machine.tell(Reader::Abonent(A));
    assert_eq!(
        (told.outcome, told.talk_ms, told.wait_ms),
        (Outcome::Ended, Some(0), Some(8_000))
    );
    assert_eq!(
        told.ended_at, told.answered_at,
        "it ends no earlier than it was answered"
    );
}

#[test]
fn an_answer_time_of_zero_is_no_answer() {
    let leg = leg();
    let mut machine = Machine::new();
    machine.feed(&leg.received());
    for odd in [0, 1, -1, 946_684_799_999, 4_102_444_800_000, i64::MAX] {
        let mut released = leg.released(15_000, Some(ReleasingParty::Remote), None);
        released.calls[0].answer = Some(Time::from_ms(odd));
        machine.feed(&released);
        let told = machine.tell(Reader::Abonent(A));
        assert_eq!(
            (told.outcome, told.wait_ms, told.talk_ms),
            (Outcome::Missed, Some(15_000), None),
            "{odd}"
        );
    }
}

#[test]
fn the_time_of_receipt_stands_in_for_a_start_that_nobody_knows() {
    let mut event = leg().received();
    event.calls[0].start = Some(Time::from_ms(0));
    let mut machine = Machine::new();
    machine.feed(&event);
    let told = machine.tell(Reader::Abonent(A));
    assert_eq!(told.started_at, Some(Time::from_ms(T0)), "when the relay heard of it");
    assert_eq!(machine.call.brief(Some(A)).started_at, Some(Time::from_ms(T0)));
    let mut released = leg().released(9_000, None, None);
    released.calls[0].start = Some(Time::from_ms(0));
    machine.feed(&released);
    assert_eq!(machine.tell(Reader::Abonent(A)).wait_ms, Some(9_000));
}

fn time() -> impl Strategy<Value = Option<Time>> {
    let odd = select(vec![
        0,
        1,
        -1,
        i64::MIN,
        i64::MAX,
        946_684_799_999,
        4_102_444_800_000,
        1_760_000_000,
        253_402_300_799_999,
    ]);
    prop_oneof![
        1 => Just(None),
        2 => odd.prop_map(|ms| Some(Time::from_ms(ms))),
        4 => (-100_000..100_000i64).prop_map(|ms| Some(Time::from_ms(T0 + ms))),
        1 => (946_684_800_000..4_102_444_800_000i64).prop_map(|ms| Some(Time::from_ms(ms))),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let kind = select(vec![
        EventKind::CallReceived,
        EventKind::CallOriginated,
        EventKind::CallAnswered,
        EventKind::CallReleased,
        EventKind::CallDetached,
        EventKind::CallHeld,
    ]);
    let state = prop::option::of(select(vec![
        LegState::Alerting,
        LegState::Active,
        LegState::Held,
        LegState::Released,
    ]));
    let personality = select(vec![
        Personality::Terminator,
        Personality::Originator,
        Personality::ClickToDial,
    ]);
    let whose = select(vec![(A, "callhalf-1:0"), (B, "callhalf-1:1"), (A, "callhalf-1:2")]);
    let times = (time(), time(), time(), time(), time());
    (kind, state, personality, whose, times).prop_map(|(kind, state, personality, (target, leg), times)| {
        let mut data: CallData = LegTeller::new(target, "1:1", leg, personality, CLIENT).data;
        (data.start, data.answer, data.release, data.detached, data.held) = times;
        data.state = state;
        Event {
            target: Some(target.to_owned()),
            kind,
            calls: vec![data],
            ..Event::default()
        }
    })
}

fn assert_sane(told: &CallSnapshot) {
    for ms in [told.wait_ms, told.talk_ms].into_iter().flatten() {
        assert!((0..=SPAN_MS).contains(&ms), "{told:#?}");
    }
    let legs = told
        .legs
        .iter()
        .flat_map(|leg| [leg.started_at, leg.answered_at, leg.ended_at]);
    for time in legs.chain([told.started_at, told.answered_at, told.ended_at]).flatten() {
        assert!(time.can_be_of_a_call(), "{told:#?}");
    }
    assert!(
        told.answered_at.is_none() || told.answered_at >= told.started_at,
        "{told:#?}"
    );
    assert!(told.ended_at.is_none() || told.ended_at >= told.started_at, "{told:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn durations_are_sane_whatever_the_times_are(
        events in prop::collection::vec(event(), 0..10),
        line in prop::option::of((time(), -1_000_000..10_000_000i64)),
        recording in prop::option::of((time(), -1_000_000..10_000_000i64)),
    ) {
        let now = Time::from_ms(T0);
        let mut call = Call::new("main", "1:1", now);
        for event in &events {
            let target = Target::of(event.target.as_deref());
            call.apply(event, &event.calls[0], &target, now, &Policy::default());
        }
        if let Some((Some(start), duration_ms)) = line {
            let line = StatisticsLine {
                id: "line:1".to_owned(), abonent: A.to_owned(), direction: Direction::Incoming, status: LineStatus::Received,
                start, duration_ms, number: None, peer: None, called: None, by_line: false, tracking_id: None,
            };
            call.take_line(line, now);
        }
        if let Some((Some(start), duration_ms)) = recording {
            let recording = Recording {
                session: None,
                id: "1".to_owned(), abonent: A.to_owned(), direction: Direction::Incoming, start, duration_ms, number: None, gone: false,
            };
            call.take_recording(recording, now);
        }
        for reader in [Reader::Abonent(A), Reader::AdminOf(B), Reader::Company] {
            assert_sane(&call.tell("01TEST", 1, reader, &|_| None, &|_| None));
            prop_assert!(call.brief(reader.abonent()).started_at.is_none_or(Time::can_be_of_a_call));
        }
    }
}
