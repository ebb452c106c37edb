//! The call state machine on the sequences of reference 2.8, step by step.
#![allow(clippy::unwrap_used)]

mod script;

use perezvon_core::call::{Finding, LineStatus, Reader, Request, StatisticsLine};
use perezvon_core::event::{EventKind, LegState, Party, Personality, ReleasingParty};
use perezvon_core::lists::{Heard, arrange};
use perezvon_core::snapshot::PartySnapshot;
use perezvon_core::{Direction, Number, Outcome, Time};
use script::{A, B, C, CLIENT, LegTeller, Machine, scripts};

fn leg(target: &'static str, id: &str) -> LegTeller {
    LegTeller::new(target, "900201:1", id, Personality::Terminator, CLIENT)
}

#[test]
fn every_sequence_ends_with_its_truth() {
    for script in scripts() {
        let mut machine = Machine::new();
        for event in &script.events {
            machine.wait(500);
            machine.feed(event);
        }
        machine.wait(machine.policy.grace_ms);
        for (who, outcome) in &script.truth {
            assert_eq!(machine.outcome(who), *outcome, "{}: {who}", script.name);
        }
        assert!(machine.call.is_settled(), "{}: every leg told its end", script.name);
        assert_eq!(
            machine.call.due(&machine.policy),
            None,
            "{}: nothing is left to wait for",
            script.name
        );
    }
}

#[test]
fn a_direct_call_is_missed_at_once() {
    let mut machine = Machine::new();
    machine.feed(&leg(A, "callhalf-1:0").received());
    assert_eq!(machine.outcome(A), Outcome::Ringing);
    machine.feed(&leg(A, "callhalf-1:0").released(21_400, Some(ReleasingParty::Remote), None));
    assert_eq!(machine.outcome(A), Outcome::Missed, "no grace time for a direct call");
    let told = machine.tell(Reader::Abonent(A));
    assert_eq!(told.wait_ms, Some(21_400));
    assert_eq!(told.talk_ms, None);
}

#[test]
fn a_distributed_call_waits_for_the_next_agent() {
    let mut machine = Machine::new();
    let a = leg(A, "callhalf-1:0");
    machine.feed(&a.offered_by_centre(3));
    machine.feed(&a.released(18_000, Some(ReleasingParty::Remote), None));
    assert_eq!(
        machine.outcome(A),
        Outcome::Ringing,
        "the call may move on to another agent"
    );
    machine.wait(machine.policy.grace_ms - 1);
    assert_eq!(machine.outcome(A), Outcome::Ringing);
    assert!(machine.wait(1), "the grace time is a change of the finding");
    assert_eq!(machine.outcome(A), Outcome::Missed);

    // An agent who answers after all corrects it; the phone that rings does not take the verdict back.
    let mut c = leg(C, "callhalf-3:0").starting(50_000);
    machine.feed(&c.offered_by_centre(40));
    assert_eq!(machine.outcome(A), Outcome::Missed, "a terminal outcome is not left");
    assert_eq!(machine.outcome(C), Outcome::Ringing);
    machine.feed(&c.answered(55_000));
    assert_eq!(machine.outcome(A), Outcome::AnsweredBy);
    assert_eq!(machine.outcome(C), Outcome::Talking);
}

#[test]
fn the_centres_own_leg_ends_the_whole_call() {
    let mut machine = Machine::new();
    let a = leg(A, "callhalf-1:0");
    let queue = leg(script::CENTRE, "callhalf-0:0");
    machine.feed(&queue.received());
    machine.feed(&a.offered_by_centre(3));
    machine.feed(&a.released(18_000, None, None));
    machine.feed(&queue.released(18_500, Some(ReleasingParty::Remote), None));
    assert_eq!(
        machine.outcome(A),
        Outcome::Missed,
        "the caller has gone: no grace time"
    );
}

#[test]
fn a_system_leg_is_no_answer() {
    let mut machine = Machine::new();
    let mut queue = leg(script::CENTRE, "callhalf-0:0");
    let a = leg(A, "callhalf-1:0");
    machine.feed(&queue.received());
    machine.feed(&queue.answered(500));
    machine.feed(&a.offered_by_centre(3));
    assert_eq!(machine.outcome(A), Outcome::Ringing);
    assert_eq!(
        machine.outcome(""),
        Outcome::Ringing,
        "the queue's answer is not a conversation"
    );
    assert_eq!(machine.tell(Reader::Company).answered_by, None);
}

#[test]
fn a_colleagues_answer_is_told_by_name_only() {
    let mut machine = Machine::new();
    let (a, mut b) = (leg(A, "callhalf-1:0"), leg(B, "callhalf-2:0"));
    machine.feed(&a.received_by_group());
    machine.feed(&b.received_by_group());
    machine.feed(&b.answered(8_250));
    let mine = machine.tell(Reader::Abonent(A));
    assert_eq!(mine.outcome, Outcome::AnsweredBy);
    let by = mine.answered_by.unwrap();
    assert_eq!((by.abonent, by.name.as_deref()), (None, Some("Сидорова Анна")));
    assert_eq!(mine.talk_ms, None, "the colleague's conversation is not the user's");
    let theirs = mine
        .legs
        .iter()
        .find(|leg| leg.name.as_deref() == Some("Сидорова Анна"))
        .unwrap();
    assert_eq!((&theirs.abonent, &theirs.call_id), (&None, &None));
    let admin = machine.tell(Reader::AdminOf(A));
    assert_eq!(admin.answered_by.unwrap().abonent.as_deref(), Some(B));
    let line = mine.line.unwrap();
    assert_eq!(
        (line.number.as_deref(), line.queue.as_deref()),
        (Some("+79000000050"), Some("Sales"))
    );
}

#[test]
fn the_request_names_the_client_behind_the_operators_own_address() {
    let own = "tel:+79000000001";
    let click = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::ClickToDial, own);
    let first = click.event(EventKind::CallOriginating, LegState::Alerting);
    let request = Request {
        id: "key-1".into(),
        abonent: A.into(),
        number: Number::parse("+79000000099"),
    };
    for request_first in [true, false] {
        let mut machine = Machine::new();
        if request_first {
            assert!(machine.call.requested(request.clone(), machine.now));
            assert_eq!(
                machine.outcome(A),
                Outcome::Ringing,
                "the session lives before its first event"
            );
        }
        machine.feed(&first);
        machine.call.requested(request.clone(), machine.now);
        assert!(
            !machine.call.requested(request.clone(), machine.now),
            "the same request twice is one"
        );
        let told = machine.tell(Reader::Abonent(A));
        assert_eq!(told.party.number.as_deref(), Some("+79000000099"));
        assert_eq!(
            (told.direction, told.request.as_deref()),
            (Direction::Outgoing, Some("key-1"))
        );
    }
}

#[test]
fn a_line_does_not_say_that_nobody_picked_up_the_own_phone() {
    let click = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::ClickToDial, CLIENT);
    let line = StatisticsLine {
        id: "line:1".into(),
        abonent: A.into(),
        direction: Direction::Outgoing,
        status: LineStatus::Placed,
        start: Time::from_ms(script::T0),
        duration_ms: 0,
        number: Some("+79000000099".into()),
        peer: None,
        called: None,
        by_line: false,
        tracking_id: None,
    };
    // The events that would tell of the other side are lost: all that is known is that there was no conversation.
    let mut machine = Machine::new();
    machine.feed(&click.event(EventKind::CallOriginating, LegState::Alerting));
    assert!(machine.call.take_line(line, machine.now));
    assert_eq!(machine.call.finding(Some(A)), Finding::certain(Outcome::NoAnswer));
    // The end comes after all, and says that the own phone was all that rang.
    machine.feed(&click.released(30_000, None, Some("Request Timeout")));
    assert_eq!(machine.call.finding(Some(A)), Finding::certain(Outcome::Cancelled));
}

#[test]
fn a_lost_end_is_swept_and_uncertain() {
    let mut machine = Machine::new();
    machine.feed(&leg(A, "callhalf-1:0").received());
    machine.wait(machine.policy.ring_lost_ms);
    assert_eq!(
        machine.call.finding(Some(A)),
        Finding::assumed_end(),
        "never shown as missed"
    );
    // The end arrives late after all: now it is known.
    machine.feed(&leg(A, "callhalf-1:0").released(20_000, Some(ReleasingParty::Remote), None));
    assert_eq!(machine.call.finding(Some(A)), Finding::certain(Outcome::Missed));
}

#[test]
fn a_lost_event_puts_a_missed_call_in_doubt() {
    let mut machine = Machine::new();
    machine.feed(&leg(A, "callhalf-1:0").released(20_000, Some(ReleasingParty::Remote), None));
    machine.call.set_doubt(true);
    assert_eq!(machine.call.finding(Some(A)), Finding::assumed_end());
    machine.call.set_doubt(false);
    assert_eq!(
        machine.call.finding(Some(A)),
        Finding::certain(Outcome::Missed),
        "the gap was filled"
    );
}

#[test]
fn a_consultative_transfer_links_both_calls() {
    let mut machine = Machine::new();
    let mut first = leg(A, "callhalf-1:0");
    machine.feed(&first.received());
    machine.feed(&first.answered(8_000));
    let mut redirected = first.detached(60_000, "transfer");
    let mut second = redirected.calls[0].clone();
    second.tracking_id = Some("900202:1".into());
    second.call_id = Some("callhalf-1:1".into());
    redirected.calls.push(second);
    assert_eq!(perezvon_core::call::links(&redirected), ["900201:1", "900202:1"]);
    let target = perezvon_core::call::Target::of(Some(A));
    let own = redirected.calls[0].clone();
    machine
        .call
        .apply(&redirected, &own, &target, machine.now, &machine.policy);
    assert!(machine.call.link("900202:1"));
    assert!(!machine.call.link("900201:1"), "no call is linked to itself");
    assert_eq!(machine.outcome(A), Outcome::Transferred);
}

#[test]
fn hidden_and_internal_parties() {
    let mut machine = Machine::new();
    let mut hidden = leg(A, "callhalf-1:0");
    hidden.data.remote = perezvon_core::event::Party {
        privacy: true,
        ..Default::default()
    };
    machine.feed(&hidden.received());
    let told = machine.tell(Reader::Abonent(A));
    assert!(told.party.hidden && told.party.number.is_none());

    let mut machine = Machine::new();
    machine.feed(&LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::Terminator, "tel:102").received());
    let told = machine.tell(Reader::Abonent(A));
    assert!(told.party.internal);
    assert_eq!(told.party.number.as_deref(), Some("102"));
    assert_eq!(
        told.party.name.as_deref(),
        Some("Сидорова Анна"),
        "the abonents know the colleague's name"
    );
}

/// What is told of the other side, by its address, `callType` and whether it has a `userId`.
fn told(address: &str, call_type: Option<&str>, user: bool) -> PartySnapshot {
    let mut teller = leg(A, "callhalf-1:0");
    teller.data.remote = Party {
        address: Some(address.to_owned()),
        call_type: call_type.map(str::to_owned),
        user_id: user.then(|| B.to_owned()),
        ..Party::default()
    };
    let mut machine = Machine::new();
    machine.feed(&teller.received());
    machine.tell(Reader::Abonent(A)).party
}

#[test]
fn call_type_and_user_tell_inside_from_outside() {
    for (call_type, user, internal) in [
        (Some("Network"), false, false),
        (Some("Emergency"), false, false),
        (Some("Unknown"), false, false),
        (None, false, false),
        (Some("Group"), false, true),
        (Some("Group"), true, true),
        (Some("Enterprise"), false, true),
        (Some("Private Dial Plan"), false, true),
        (Some("Network"), true, true),
        (None, true, true),
    ] {
        for address in ["tel:900", "tel:0611", "tel:10", "tel:101"] {
            let party = told(address, call_type, user);
            let digits = address.trim_start_matches("tel:");
            assert_eq!(party.number.as_deref(), Some(digits), "{address} {call_type:?} {user}");
            assert_eq!(party.internal, internal, "{address} {call_type:?} {user}");
            let key = if internal {
                digits.to_owned()
            } else {
                format!("short:{digits}")
            };
            assert_eq!(
                party.number().key(),
                Some(key),
                "inside and outside are part of the key"
            );
            let json = serde_json::to_string(&party).unwrap();
            assert_eq!(
                serde_json::from_str::<PartySnapshot>(&json).unwrap(),
                party,
                "the wire keeps it"
            );
        }
        let full = told("tel:+79000000099", call_type, user);
        assert_eq!(
            full.number().key().as_deref(),
            Some("+79000000099"),
            "a full number is one number"
        );
    }
}

#[test]
fn a_keypad_word_in_place_of_a_number_is_a_withheld_one() {
    for address in [
        "tel:+266696687",
        "tel:+86282452253",
        "tel:+7378742833",
        "tel:8656696",
        "+2562533",
        "tel:7748283",
    ] {
        let party = told(address, Some("Network"), false);
        assert!(party.hidden && party.number.is_none(), "{address}: {party:?}");
        assert_eq!(
            party.display, None,
            "the raw address stays in the event journal: {address}"
        );
        assert_eq!(party.number(), Number::Hidden);
    }
}

#[test]
fn a_withheld_callers_address_is_not_told() {
    let mut teller = leg(A, "callhalf-1:0");
    teller.data.remote.privacy = true;
    let mut machine = Machine::new();
    machine.feed(&teller.received());
    let party = machine.tell(Reader::Abonent(A)).party;
    assert_eq!((party.hidden, party.number, party.display), (true, None, None));
}

#[test]
fn an_extension_that_the_pbx_tells_is_told() {
    let party = told("tel:+74950000016;ext=12", Some("Network"), false);
    assert_eq!(
        (party.number.as_deref(), party.ext.as_deref()),
        (Some("+74950000016"), Some("12"))
    );
    assert_eq!(party.number().canonical(), "+74950000016;ext=12");
    let party = told("tel:+74950000016", Some("Network"), false);
    assert_eq!((party.number.as_deref(), party.ext), (Some("+74950000016"), None));
}

#[test]
fn a_line_of_the_statistics_is_that_of_a_call_from_a_short_number_outside() {
    let mut teller = leg(A, "callhalf-1:0");
    teller.data.remote = Party {
        address: Some("tel:900".to_owned()),
        call_type: Some("Network".to_owned()),
        ..Party::default()
    };
    let mut machine = Machine::new();
    machine.feed(&teller.received());
    machine.feed(&teller.released(21_400, Some(ReleasingParty::Remote), None));
    // The line tells the digits alone, and the abonents know a colleague who has them.
    let line = StatisticsLine {
        id: "line:1".to_owned(),
        abonent: A.to_owned(),
        direction: Direction::Incoming,
        status: LineStatus::Missed,
        start: Time::from_ms(script::T0),
        duration_ms: 0,
        number: Some("900".to_owned()),
        peer: Some(B.to_owned()),
        called: None,
        by_line: false,
        tracking_id: None,
    };
    let heard = Heard::of(&machine.call).unwrap();
    let arranged = arrange(&[heard], std::slice::from_ref(&line), &[]);
    assert_eq!(
        arranged[0].key.as_deref(),
        Some(machine.call.key()),
        "it is of this call"
    );
    machine.call.take_line(line, machine.now);
    let party = machine.tell(Reader::Abonent(A)).party;
    assert_eq!(
        (party.number.as_deref(), party.internal),
        (Some("900"), false),
        "what the event told holds"
    );
}

#[test]
fn the_stored_form_is_read_back_whole() {
    for script in scripts() {
        let mut machine = Machine::new();
        for event in &script.events {
            machine.feed(event);
        }
        let json = serde_json::to_string(&machine.call).unwrap();
        let back: perezvon_core::Call = serde_json::from_str(&json).unwrap();
        assert_eq!(back, machine.call, "{}", script.name);
        let snapshot = machine.tell(Reader::Company);
        let json = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(
            serde_json::from_str::<perezvon_core::CallSnapshot>(&json).unwrap(),
            snapshot,
            "{}",
            script.name
        );
    }
}

#[test]
fn the_brief_says_what_the_snapshot_says() {
    for script in scripts() {
        let mut machine = Machine::new();
        for event in &script.events {
            machine.feed(event);
            for who in machine.call.abonents().into_iter().map(Some).chain([None]) {
                let told = machine.tell(who.map_or(Reader::Company, Reader::AdminOf));
                let brief = machine.call.brief(who);
                assert_eq!(
                    (brief.direction, brief.outcome, brief.number, brief.started_at),
                    (told.direction, told.outcome, told.party.number, told.started_at),
                    "{}: {who:?}",
                    script.name
                );
            }
        }
    }
}

#[test]
fn a_feature_code_is_no_call_in_any_order() {
    let code = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::Originator, "tel:*21");
    let collecting = code.event(EventKind::CallCollecting, LegState::Active);
    let over = code.released(6_000, Some(ReleasingParty::Local), None);
    for events in [[&collecting, &over], [&over, &collecting]] {
        let mut machine = Machine::new();
        for event in events {
            machine.feed(event);
            assert!(machine.call.is_feature_code(), "nothing but a code was dialled");
        }
    }
    // Digits that lead to a call are one.
    let number = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::Originator, CLIENT);
    let mut machine = Machine::new();
    machine.feed(&number.event(EventKind::CallCollecting, LegState::Active));
    machine.feed(&number.event(EventKind::CallOriginated, LegState::Alerting));
    assert!(!machine.call.is_feature_code(), "the far side was dialled");
}

#[test]
fn who_was_talked_with_outweighs_who_was_dialled() {
    let dialled = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::Originator, "tel:102");
    let mut talked = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::Originator, CLIENT);
    let events = [
        dialled.event(EventKind::CallOriginated, LegState::Alerting),
        talked.answered(5_000),
        talked.released(30_000, Some(ReleasingParty::Local), None),
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let mut machine = Machine::new();
        for i in order {
            machine.feed(&events[i]);
        }
        let party = machine.tell(Reader::Abonent(A)).party;
        assert_eq!(
            (party.number.as_deref(), party.internal),
            (Some("+79000000099"), false),
            "the colleague's phone forwarded to the outside, in the order {order:?}"
        );
    }
}

#[test]
fn a_leg_that_a_transfer_took_away_is_over() {
    let mut asking = LegTeller::new(A, "900201:2", "callhalf-2:0", Personality::Originator, "tel:102");
    let mut asked = LegTeller::new(B, "900201:2", "callhalf-3:0", Personality::Terminator, "tel:101");
    let mut consultation = Machine::new();
    let told = [
        asking.event(EventKind::CallOriginated, LegState::Alerting),
        asked.received(),
        asked.answered(6_000),
        asking.answered(6_000),
    ];
    for event in &told {
        consultation.feed(event);
    }
    consultation.feed(&asking.detached(20_000, "transfer"));
    assert_eq!(consultation.outcome(B), Outcome::Talking, "the PBX tells no end here");
    let mut main = Machine::new();
    let mut moved = asked.clone();
    moved.data.tracking_id = Some("900201:1".to_owned());
    main.feed(&moved.event(EventKind::CallTransferred, LegState::Active));
    let joined: Vec<String> = main.call.joined().map(str::to_owned).collect();
    assert_eq!(joined, ["callhalf-3:0"], "the leg is known where it went");
    assert!(consultation.call.moved_away(&joined[0]), "news");
    assert!(!consultation.call.moved_away(&joined[0]), "once");
    assert!(!main.call.moved_away(&joined[0]), "it did not leave where it went to");
    let told = consultation.tell(Reader::Abonent(B));
    assert_eq!((told.outcome, told.talk_ms), (Outcome::Ended, Some(14_000)));
    assert!(consultation.call.is_settled());
}
