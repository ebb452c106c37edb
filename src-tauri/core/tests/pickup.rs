//! A colleague picks up the call that rings at somebody's phone: nothing is shown as missed while they talk.
#![allow(clippy::unwrap_used)]

mod script;

use perezvon_core::call::{Policy, Reader, Target};
use perezvon_core::event::{Event, EventKind, LegState, Personality, ReleasingParty};
use perezvon_core::{Call, CallSnapshot, Outcome, Time};
use script::{A, B, C, LegTeller, T0};
use std::collections::BTreeMap;

const N: &str = "tel:+79000000061";

/// Calls by key, each held against all others after every event.
#[derive(Default)]
struct Company(BTreeMap<String, Call>);

impl Company {
    fn feed(&mut self, event: &Event) {
        let now = Time::from_ms(T0);
        for data in &event.calls {
            let key = Call::key_of(data).unwrap();
            let call = self
                .0
                .entry(key.clone())
                .or_insert_with(|| Call::new("main", &key, now));
            call.apply(
                event,
                data,
                &Target::of(event.target.as_deref()),
                now,
                &Policy::default(),
            );
        }
        let all: Vec<Call> = self.0.values().cloned().collect();
        for call in self.0.values_mut() {
            let found = call.pick_up_in(&all);
            call.set_pick_up(found);
        }
    }

    fn tell(&self, key: &str, reader: Reader<'_>) -> CallSnapshot {
        self.0[key].tell("01TEST", 1, reader, &|id| Some(format!("name of {id}")), &|_| None)
    }
}

fn rings_at_a() -> LegTeller {
    LegTeller::new(A, "910601:1", "callhalf-601:0", Personality::Terminator, N)
}

/// The session of the picker, begun with `dialled` and answered by the caller.
fn picks(dialled: &str, answer_ms: i64, end_ms: i64) -> Vec<Event> {
    picks_from(dialled, 6_000, answer_ms, end_ms)
}

fn picks_from(dialled: &str, start_ms: i64, answer_ms: i64, end_ms: i64) -> Vec<Event> {
    let teller = |remote| LegTeller::new(B, "910602:1", "callhalf-602:0", Personality::Originator, remote);
    let code = teller(dialled).starting(start_ms);
    let mut client = teller(N).starting(start_ms);
    vec![
        code.event(EventKind::CallOriginated, LegState::Alerting),
        client.answered(answer_ms),
        client.released(end_ms, Some(ReleasingParty::Remote), None),
    ]
}

fn each_order(events: &[Event], seen: &mut impl FnMut(&[Event])) {
    fn permute(events: &mut Vec<Event>, from: usize, seen: &mut impl FnMut(&[Event])) {
        if from == events.len() {
            return seen(events);
        }
        for i in from..events.len() {
            events.swap(from, i);
            permute(events, from + 1, seen);
            events.swap(from, i);
        }
    }
    permute(&mut events.to_vec(), 0, seen);
}

#[test]
fn a_call_that_a_colleague_picked_up_is_answered_in_every_order_of_events() {
    let a = rings_at_a();
    let mut events = vec![a.received(), a.released(6_900, None, None)];
    events.extend(picks("tel:*97101", 6_800, 66_800));
    each_order(&events, &mut |events| {
        let mut company = Company::default();
        for event in events {
            company.feed(event);
            let picker = company.0.get("910602:1");
            if let Some(picker) = picker.filter(|call| call.is_conversation()) {
                let number = picker.brief(Some(B)).number;
                assert_eq!(
                    number.as_deref(),
                    Some("+79000000061"),
                    "not the code, once the caller is known"
                );
                let over = company
                    .0
                    .get("910601:1")
                    .is_some_and(|call| call.finding(Some(A)).outcome.is_terminal());
                assert!(!over || company.tell("910601:1", Reader::Abonent(A)).outcome != Outcome::Missed);
            }
        }
        let told = company.tell("910601:1", Reader::Abonent(A));
        assert_eq!(told.outcome, Outcome::AnsweredBy);
        assert_eq!(told.answered_by.unwrap().name, Some(format!("name of {B}")));
        assert_eq!(told.wait_ms, Some(6_800), "until the colleague answered");
        assert_eq!(told.talk_ms, None, "A talked to nobody");
        let whole = company.tell("910601:1", Reader::Company);
        assert_eq!(whole.answered_by.unwrap().abonent.as_deref(), Some(B));
        let picker = company.tell("910602:1", Reader::Abonent(B));
        assert_eq!((picker.outcome, picker.talk_ms), (Outcome::Ended, Some(60_000)));
        assert_eq!(picker.party.number.as_deref(), Some("+79000000061"));
        assert_eq!(picker.party.display.as_deref(), Some(N));
    });
}

#[test]
fn a_code_alone_is_no_call_until_somebody_is_talked_with() {
    let mut company = Company::default();
    let events = picks("tel:*97101", 6_800, 66_800);
    company.feed(&events[0]);
    assert!(company.0["910602:1"].is_feature_code(), "no row for the code");
    company.feed(&events[1]);
    assert!(!company.0["910602:1"].is_feature_code());
}

#[test]
fn a_conversation_that_was_fetched_counts_and_one_that_only_coincides_does_not() {
    const CODE: &str = "tel:*97101";
    for (what, dialled, begin, answer, end, expected) in [
        ("a little late", CODE, 3_000, 7_800, 60_000, Outcome::AnsweredBy),
        ("over at once", CODE, 3_000, 6_800, 6_850, Outcome::AnsweredBy),
        ("another phone rang on", CODE, 1_000, 2_000, 60_000, Outcome::AnsweredBy),
        ("no code was heard of", N, 6_200, 6_800, 60_000, Outcome::AnsweredBy),
        (
            "a code, too late for this call",
            CODE,
            9_000,
            12_000,
            60_000,
            Outcome::Missed,
        ),
        ("talked before and goes on", N, 500, 1_000, 60_000, Outcome::Missed),
        (
            "called and answered just then",
            N,
            1_000,
            6_800,
            60_000,
            Outcome::Missed,
        ),
        ("ended just then", N, 500, 1_000, 6_900, Outcome::Missed),
        ("dialled again", N, 12_000, 12_100, 60_000, Outcome::Missed),
    ] {
        let mut company = Company::default();
        let a = rings_at_a();
        company.feed(&a.received());
        company.feed(&a.released(6_900, None, None));
        for event in picks_from(dialled, begin, answer, end) {
            company.feed(&event);
        }
        assert_eq!(company.tell("910601:1", Reader::Abonent(A)).outcome, expected, "{what}");
    }
}

/// An office of the caller's shows one number: a colleague's phone rang with it, too, and was answered in that second.
#[test]
fn a_second_call_from_one_number_answered_as_the_first_ends_hides_no_missed_call() {
    let mut company = Company::default();
    let a = rings_at_a();
    let mut b = LegTeller::new(B, "910602:1", "callhalf-602:0", Personality::Terminator, N).starting(1_000);
    for event in [
        a.received(),
        b.received(),
        b.answered(6_850),
        a.released(6_900, None, None),
    ] {
        company.feed(&event);
    }
    assert_eq!(company.tell("910601:1", Reader::Abonent(A)).outcome, Outcome::Missed);
}

#[test]
fn another_caller_and_the_abonent_themselves_pick_nothing_up() {
    let talk = |target: &'static str, remote: &str| {
        let mut leg = LegTeller::new(target, "910602:1", "callhalf-602:0", Personality::Terminator, remote);
        [leg.received(), leg.answered(5_000)]
    };
    for (target, remote) in [(B, "tel:+79000000062"), (A, N), (B, "tel:061")] {
        let mut company = Company::default();
        let a = rings_at_a();
        for event in [a.received(), a.released(6_900, None, None)]
            .iter()
            .chain(&talk(target, remote))
        {
            company.feed(event);
        }
        assert_eq!(
            company.tell("910601:1", Reader::Abonent(A)).outcome,
            Outcome::Missed,
            "{target} {remote}"
        );
    }
}

#[test]
fn withheld_callers_are_not_taken_for_one() {
    let mut company = Company::default();
    let hide = |mut event: Event| {
        event.calls[0].remote.privacy = true;
        event
    };
    let a = rings_at_a();
    company.feed(&hide(a.received()));
    company.feed(&hide(a.released(6_900, None, None)));
    for event in picks(N, 6_800, 60_000) {
        company.feed(&hide(event));
    }
    assert_eq!(company.tell("910601:1", Reader::Abonent(A)).outcome, Outcome::Missed);
}

/// The event of the picked-up side: C had called A, and now talks with B in another session.
#[test]
fn an_internal_caller_whose_call_was_picked_up_talks_and_rings_no_more() {
    let mut picked = LegTeller::new(C, "910603:2", "callhalf-603:0", Personality::Originator, "tel:102");
    picked.answered(6_800);
    for with_answer_time in [true, false] {
        let mut event = picked.event(EventKind::CallPickedUp, LegState::Active);
        if !with_answer_time {
            event.calls[0].answer = None;
        }
        let mut company = Company::default();
        let old = LegTeller::new(C, "910603:1", "callhalf-603:0", Personality::Originator, "tel:101");
        company.feed(&old.event(EventKind::CallOriginated, LegState::Alerting));
        company.feed(&event);
        let told = company.tell("910603:2", Reader::Abonent(C));
        assert_eq!(told.outcome, Outcome::Talking);
        assert_eq!(told.party.number.as_deref(), Some("102"));
        let moved: Vec<&str> = company.0["910603:2"].picked_up().collect();
        assert_eq!(moved, ["callhalf-603:0"]);
        assert!(company.0.get_mut("910603:1").unwrap().moved_away("callhalf-603:0"));
        assert_eq!(
            company.tell("910603:1", Reader::Abonent(C)).outcome,
            Outcome::Transferred,
            "not ringing"
        );
    }
}
