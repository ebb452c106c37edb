//! Event scripts of reference 2.8 with the truth of each, shared by the tests of the state machine.
#![allow(dead_code, unreachable_pub, missing_docs)]

use perezvon_core::call::{Policy, Reader, Target, links};
use perezvon_core::event::{
    Acd, CallData, Event, EventKind, LegState, Party, Personality, Redirect, Redirection, ReleasingParty,
};
use perezvon_core::{Call, CallSnapshot, Outcome, Time};

pub const A: &str = "9000000001@mpbx.sip.beeline.ru";
pub const B: &str = "SIP00000U00002@mpbx.sip.beeline.ru";
pub const C: &str = "9000000003@ip.beeline.ru";
pub const GROUP: &str = "MPBX_hg_000001@mpbx.sip.beeline.ru";
pub const CENTRE: &str = "MPBX_cc_000001@mpbx.sip.beeline.ru";
pub const CLIENT: &str = "tel:+79000000099";
pub const T0: i64 = 1_760_000_000_000;

/// A script: events in the order of the PBX, and what is true at the end for each abonent.
#[derive(Clone, Debug)]
pub struct Script {
    pub name: &'static str,
    pub events: Vec<Event>,
    pub truth: Vec<(&'static str, Outcome)>,
}

/// One leg that tells its events.
#[derive(Clone)]
pub struct LegTeller {
    pub target: &'static str,
    pub data: CallData,
}

impl LegTeller {
    pub fn new(target: &'static str, tracking: &str, call_id: &str, personality: Personality, remote: &str) -> Self {
        let remote = Party {
            address: Some(remote.to_owned()),
            call_type: Some(
                if remote.starts_with("tel:+") {
                    "Network"
                } else {
                    "Group"
                }
                .to_owned(),
            ),
            user_id: (!remote.starts_with("tel:+")).then(|| B.to_owned()),
            ..Party::default()
        };
        let data = CallData {
            call_id: Some(call_id.to_owned()),
            tracking_id: Some(tracking.to_owned()),
            personality: Some(personality),
            remote,
            start: Some(Time::from_ms(T0)),
            ..CallData::default()
        };
        Self { target, data }
    }

    pub fn starting(mut self, after_ms: i64) -> Self {
        self.data.start = Some(Time::from_ms(T0 + after_ms));
        self
    }

    pub fn event(&self, kind: EventKind, state: LegState) -> Event {
        let mut data = self.data.clone();
        data.state = Some(state);
        Event {
            target: Some(self.target.to_owned()),
            kind,
            calls: vec![data],
            ..Event::default()
        }
    }

    pub fn received(&self) -> Event {
        self.event(EventKind::CallReceived, LegState::Alerting)
    }

    /// As the multichannel fixture: redirections and the group's id are told while it rings only.
    pub fn received_by_group(&self) -> Event {
        let mut event = self.received();
        let call = &mut event.calls[0];
        let party = |name: &str, address: &str, id: &str| Party {
            name: Some(name.to_owned()),
            address: Some(address.to_owned()),
            user_id: Some(id.to_owned()),
            ..Party::default()
        };
        call.redirections = vec![
            Redirection {
                party: party("Sales Sales", "tel:600", GROUP),
                reason: Some("hunt-group".to_owned()),
            },
            Redirection {
                party: party(
                    "9000000050 9000000050",
                    "tel:+79000000050",
                    "9000000050@mpbx.sip.beeline.ru",
                ),
                reason: Some("unconditional".to_owned()),
            },
        ];
        call.hunt_group = Some(GROUP.to_owned());
        event
    }

    pub fn offered_by_centre(&self, wait_s: i64) -> Event {
        let mut event = self.received();
        let call = &mut event.calls[0];
        call.hunt_group = Some(CENTRE.to_owned());
        call.acd = Some(Acd {
            user_id: Some(CENTRE.to_owned()),
            name: Some("Support".to_owned()),
            number: Some("tel:+79000000050".to_owned()),
            wait_s: Some(wait_s),
            calling: Party {
                address: Some(CLIENT.to_owned()),
                ..Party::default()
            },
        });
        event
    }

    pub fn answered(&mut self, after_ms: i64) -> Event {
        self.data.answer = Some(Time::from_ms(T0 + after_ms));
        self.event(EventKind::CallAnswered, LegState::Active)
    }

    pub fn held(&self, after_ms: i64) -> Event {
        let mut event = self.event(EventKind::CallHeld, LegState::Held);
        event.calls[0].held = Some(Time::from_ms(T0 + after_ms));
        event
    }

    pub fn retrieved(&self) -> Event {
        self.event(EventKind::CallRetrieved, LegState::Active)
    }

    pub fn released(&self, after_ms: i64, by: Option<ReleasingParty>, cause: Option<&str>) -> Event {
        let mut event = self.event(EventKind::CallReleased, LegState::Released);
        let call = &mut event.calls[0];
        call.release = Some(Time::from_ms(T0 + after_ms));
        call.releasing_party = by;
        call.cause = cause.map(str::to_owned);
        event
    }

    pub fn detached(&self, after_ms: i64, reason: &str) -> Event {
        let mut event = self.event(EventKind::CallRedirected, LegState::Detached);
        let call = &mut event.calls[0];
        call.detached = Some(Time::from_ms(T0 + after_ms));
        call.redirect = Some(Redirect {
            address: Some("tel:102".to_owned()),
            reason: Some(reason.to_owned()),
            time: Some(Time::from_ms(T0 + after_ms)),
        });
        event
    }
}

const LOCAL: Option<ReleasingParty> = Some(ReleasingParty::Local);
const REMOTE: Option<ReleasingParty> = Some(ReleasingParty::Remote);

fn leg(target: &'static str, call_id: &str) -> LegTeller {
    LegTeller::new(target, "900201:1", call_id, Personality::Terminator, CLIENT)
}

fn out(target: &'static str, call_id: &str, personality: Personality) -> LegTeller {
    LegTeller::new(target, "900201:1", call_id, personality, CLIENT)
}

fn script(name: &'static str, events: Vec<Event>, truth: &[(&'static str, Outcome)]) -> Script {
    Script {
        name,
        events,
        truth: truth.to_vec(),
    }
}

/// The sequences of reference 2.8.
pub fn scripts() -> Vec<Script> {
    let mut all = incoming();
    all.extend(groups());
    all.extend(outgoing());
    all.extend(transfers());
    all
}

fn incoming() -> Vec<Script> {
    let a = || leg(A, "callhalf-1:0");
    let mut talk = a();
    let mut held = a();
    vec![
        script(
            "incoming answered",
            vec![
                talk.received(),
                talk.answered(8_250),
                talk.released(71_900, REMOTE, None),
            ],
            &[(A, Outcome::Ended), ("", Outcome::Ended)],
        ),
        script(
            "incoming answered and held",
            vec![
                held.received(),
                held.answered(8_000),
                held.held(20_000),
                held.retrieved(),
                held.released(60_000, LOCAL, None),
            ],
            &[(A, Outcome::Ended)],
        ),
        script(
            "incoming missed",
            vec![a().received(), a().released(21_400, REMOTE, None)],
            &[(A, Outcome::Missed), ("", Outcome::Missed)],
        ),
        script(
            "incoming rejected",
            vec![a().received(), a().released(4_100, None, Some("Busy"))],
            &[(A, Outcome::Rejected)],
        ),
        script(
            "incoming declined on the phone",
            vec![a().received(), a().released(4_100, LOCAL, None)],
            &[(A, Outcome::Rejected)],
        ),
        script(
            "incoming while the phone is in use",
            vec![a().received(), a().released(120, None, Some("Busy"))],
            &[(A, Outcome::Missed)],
        ),
        script(
            "incoming unreachable",
            vec![a().released(180, None, Some("Temporarily Unavailable"))],
            &[(A, Outcome::Unreachable)],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of scripts")]
fn groups() -> Vec<Script> {
    let (a, mut b) = (leg(A, "callhalf-1:0"), leg(B, "callhalf-2:0"));
    let mut c = leg(C, "callhalf-3:0").starting(20_000);
    let mut queue = leg(CENTRE, "callhalf-0:0");
    let group = leg(GROUP, "callhalf-0:0");
    vec![
        script(
            "group rings together, B answers",
            vec![
                a.received_by_group(),
                b.received_by_group(),
                b.answered(8_250),
                a.released(8_300, None, None),
                b.released(70_000, REMOTE, None),
            ],
            &[(A, Outcome::AnsweredBy), (B, Outcome::Ended), ("", Outcome::Ended)],
        ),
        script(
            "group rings one after another, C answers",
            vec![
                a.received_by_group(),
                a.released(18_000, REMOTE, None),
                c.received_by_group(),
                c.answered(25_000),
                c.released(60_000, LOCAL, None),
            ],
            &[(A, Outcome::AnsweredBy), (C, Outcome::Ended)],
        ),
        script(
            "group missed by all",
            vec![
                group.received(),
                a.received_by_group(),
                leg(B, "callhalf-2:0").received_by_group(),
                a.released(21_000, REMOTE, None),
                leg(B, "callhalf-2:0").released(21_000, REMOTE, None),
                group.released(21_000, REMOTE, None),
            ],
            &[(A, Outcome::Missed), (B, Outcome::Missed), ("", Outcome::Missed)],
        ),
        script(
            "call centre, agent by agent, nobody",
            vec![
                queue.received(),
                queue.answered(500),
                a.offered_by_centre(7),
                a.released(18_000, REMOTE, None),
                leg(B, "callhalf-2:0").offered_by_centre(25),
                leg(B, "callhalf-2:0").released(38_000, None, Some("Temporarily Unavailable")),
                queue.released(52_000, REMOTE, None),
            ],
            &[(A, Outcome::Missed), (B, Outcome::Unreachable), ("", Outcome::Missed)],
        ),
        script(
            "a voice menu answers, nobody rings",
            {
                let mut menu = leg("MPBX_vxml_01@mpbx.sip.beeline.ru", "callhalf-0:0");
                vec![menu.received(), menu.answered(300), menu.released(9_000, REMOTE, None)]
            },
            &[("", Outcome::Missed)],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of scripts")]
fn outgoing() -> Vec<Script> {
    let orig = || out(A, "callhalf-1:0", Personality::Originator);
    let click = || out(A, "callhalf-1:0", Personality::ClickToDial);
    let dial = |leg: LegTeller| leg.event(EventKind::CallOriginated, LegState::Alerting);
    let first = |leg: LegTeller| leg.event(EventKind::CallOriginating, LegState::Alerting);
    let (mut talk, mut placed, mut kept) = (orig(), orig(), click());
    let mut moved = out(A, "callhalf-7:0", Personality::Originator);
    let mut releasing = orig().event(EventKind::CallReleasing, LegState::Active);
    releasing.calls[0].cause = Some("Busy".to_owned());
    vec![
        script(
            "outgoing answered",
            vec![dial(orig()), talk.answered(11_300), talk.released(93_100, LOCAL, None)],
            &[(A, Outcome::Ended), ("", Outcome::Ended)],
        ),
        script(
            "outgoing busy",
            vec![dial(orig()), releasing, orig().released(9_800, None, Some("Busy"))],
            &[(A, Outcome::Rejected)],
        ),
        script(
            "outgoing cancelled",
            vec![dial(orig()), orig().released(15_200, LOCAL, None)],
            &[(A, Outcome::Cancelled)],
        ),
        script(
            "outgoing not answered",
            vec![dial(orig()), orig().released(60_000, REMOTE, None)],
            &[(A, Outcome::NoAnswer)],
        ),
        script(
            "click-to-call answered",
            vec![
                first(click()),
                dial(orig()),
                placed.answered(12_000),
                placed.released(70_000, REMOTE, None),
            ],
            &[(A, Outcome::Ended)],
        ),
        script(
            "click-to-call whose leg changes its id",
            vec![
                first(click()),
                dial(moved.clone()),
                moved.answered(12_000),
                moved.released(70_000, REMOTE, None),
            ],
            &[(A, Outcome::Ended)],
        ),
        script(
            "click-to-call that keeps its personality",
            vec![
                first(click()),
                dial(click()),
                kept.answered(9_000),
                kept.released(30_000, REMOTE, None),
            ],
            &[(A, Outcome::Ended)],
        ),
        script(
            "click-to-call, own phone not answered",
            vec![first(click()), click().released(30_100, None, Some("Request Timeout"))],
            &[(A, Outcome::Cancelled)],
        ),
        script(
            "click-to-call, own phone refused",
            vec![first(click()), click().released(3_300, None, Some("Busy"))],
            &[(A, Outcome::Cancelled)],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of scripts")]
fn transfers() -> Vec<Script> {
    let mut caller = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::Originator, "tel:102");
    let mut callee = LegTeller::new(B, "900201:1", "callhalf-2:0", Personality::Terminator, "tel:101");
    let (mut first, mut second) = (leg(A, "callhalf-1:0"), leg(B, "callhalf-2:0").starting(60_000));
    let lonely = leg(B, "callhalf-2:0").starting(60_000);
    let mut passing = leg(A, "callhalf-1:0");
    let forwarding = leg(A, "callhalf-1:0");
    vec![
        script(
            "internal answered",
            vec![
                caller.event(EventKind::CallOriginated, LegState::Alerting),
                callee.received(),
                callee.answered(5_000),
                caller.answered(5_000),
                caller.released(30_000, LOCAL, None),
                callee.released(30_000, REMOTE, None),
            ],
            &[(A, Outcome::Ended), (B, Outcome::Ended)],
        ),
        script(
            "internal missed",
            {
                let caller = LegTeller::new(A, "900201:1", "callhalf-1:0", Personality::Originator, "tel:102");
                let callee = LegTeller::new(B, "900201:1", "callhalf-2:0", Personality::Terminator, "tel:101");
                vec![
                    caller.event(EventKind::CallOriginated, LegState::Alerting),
                    callee.received(),
                    callee.released(20_000, REMOTE, None),
                    caller.released(20_000, LOCAL, None),
                ]
            },
            &[(A, Outcome::Cancelled), (B, Outcome::Missed)],
        ),
        script(
            "blind transfer, B answers",
            vec![
                first.received(),
                first.answered(8_000),
                first.detached(60_000, "transfer"),
                second.received(),
                second.answered(66_000),
                second.released(90_000, REMOTE, None),
            ],
            &[(A, Outcome::Transferred), (B, Outcome::Ended), ("", Outcome::Ended)],
        ),
        script(
            "blind transfer, B does not answer",
            vec![
                passing.received(),
                passing.answered(8_000),
                passing.detached(60_000, "transfer"),
                lonely.received(),
                lonely.released(80_000, REMOTE, None),
            ],
            &[(A, Outcome::Transferred), (B, Outcome::Missed)],
        ),
        script(
            "forwarded to an outside number",
            vec![forwarding.received(), forwarding.detached(20_000, "no-answer")],
            &[(A, Outcome::Transferred)],
        ),
    ]
}

/// Feeds events one by one, as a relay does.
pub struct Machine {
    pub call: Call,
    pub policy: Policy,
    pub now: Time,
}

impl Machine {
    pub fn new() -> Self {
        let now = Time::from_ms(T0);
        Self {
            call: Call::new("main", "900201:1", now),
            policy: Policy::default(),
            now,
        }
    }

    pub fn feed(&mut self, event: &Event) -> bool {
        let target = Target::of(event.target.as_deref());
        let mut changed = false;
        for data in &event.calls {
            changed |= self.call.apply(event, data, &target, self.now, &self.policy);
        }
        for other in links(event) {
            self.call.link(&other);
        }
        changed
    }

    pub fn wait(&mut self, ms: i64) -> bool {
        self.now = self.now.plus(ms);
        self.call.tick(self.now, &self.policy)
    }

    pub fn outcome(&self, who: &str) -> Outcome {
        self.call.finding((!who.is_empty()).then_some(who)).outcome
    }

    pub fn tell(&self, reader: Reader<'_>) -> CallSnapshot {
        let name = |id: &str| {
            Some(
                if id == B {
                    "Сидорова Анна"
                } else {
                    "Петров Иван"
                }
                .to_owned(),
            )
        };
        self.call.tell("01TEST", 7, reader, &name, &|_| None)
    }
}
