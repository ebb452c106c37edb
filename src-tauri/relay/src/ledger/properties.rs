//! The same entries make the same tables, however they are batched; applied twice they change nothing.
#![allow(clippy::unwrap_used)]

use super::apply::NotApplied;
use super::entry::{
    CallAsked, CallClaimed, CallNotAsked, CallPlaced, CallsForgotten, CompanyRead, Entry, EventsForgotten, Exchanged,
    JoinCodeMade, Joined, LinesRead, Noted, Posted, RecordingGone, RecordsRead, Replayed, SettingsChanged, Stamped,
    SubscriptionEnded, SubscriptionMade, Swept, UserAdded, UserRevoked, WaitGivenUp,
};
use super::state::State;
use super::transaction::Transaction;
use crate::keys::Role;
use crate::tables;
use crate::tables::abonents::Abonent;
use crate::tables::audit::{What, Who};
use crate::tables::events::body::Body;
use crate::tables::exchanges::ExchangeRow;
use crate::tables::join_codes::JoinCode;
use crate::tables::recordings::RecordingRow;
use crate::tables::requests::{RequestRow, RequestState};
use crate::tables::retention::EventCut;
use crate::tables::subscriptions::Subscription;
use crate::tables::users::User;
use perezvon_core::call::{LineStatus, StatisticsLine};
use perezvon_core::{Direction, Time};
use perezvon_pbx::xsi;
use proptest::prelude::*;
use rusqlite::{Connection, types::Value};
use std::fmt::Write as _;

pub(super) const BEGIN_MS: i64 = 1_800_000_000_000;
pub(super) const ABONENTS: [&str; 3] = [
    "9000000001@mpbx.sip.beeline.ru",
    "SIP00000U00002@mpbx.sip.beeline.ru",
    "9000000003@ip.beeline.ru",
];

/// The last digit of who calls: of some, one call is missed and another is answered later.
fn caller(call: u8) -> u8 {
    call % 4
}

/// An event of one of a few calls, so that events of one call meet.
pub(super) fn event(call: u8, abonent: u8, step: u8, sequence: i64, at: i64) -> Entry {
    let (kind, state) = [
        ("CallReceivedEvent", "Alerting"),
        ("CallAnsweredEvent", "Active"),
        ("CallReleasedEvent", "Released"),
    ][usize::from(step % 3)];
    let answer = if !step.is_multiple_of(3) && call.is_multiple_of(2) {
        format!("<xsi:answerTime>{}</xsi:answerTime>", at + 3_000)
    } else {
        String::new()
    };
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<xsi:Event xsi1:type="xsi:SubscriptionEvent" xmlns:xsi="http://schema.broadsoft.com/xsi" xmlns:xsi1="http://www.w3.org/2001/XMLSchema-instance">
<xsi:eventID>e0000000-0000-4000-8000-0000{call:02x}{abonent:02x}{step:02x}00</xsi:eventID>
<xsi:sequenceNumber>{sequence}</xsi:sequenceNumber>
<xsi:subscriptionId>s-{abonent}</xsi:subscriptionId>
<xsi:targetId>{target}</xsi:targetId>
<xsi:eventData xsi1:type="xsi:{kind}"><xsi:call>
<xsi:callId>callhalf-{call}{abonent}:0</xsi:callId><xsi:extTrackingId>{call}:1</xsi:extTrackingId>
<xsi:personality>Terminator</xsi:personality><xsi:state>{state}</xsi:state>
<xsi:remoteParty><xsi:address countryCode="7">tel:+7900000009{caller}</xsi:address><xsi:callType>Network</xsi:callType></xsi:remoteParty>
<xsi:startTime>{at}</xsi:startTime>{answer}
</xsi:call></xsi:eventData></xsi:Event>"#,
        caller = caller(call),
        target = ABONENTS[usize::from(abonent)],
    );
    Posted {
        read: Box::new(xsi::parse(text.as_bytes()).map_err(|error| error.to_string())),
        body: Body::pack(text.as_bytes()),
    }
    .into()
}

pub(super) fn who() -> Who {
    Who::console()
}

fn subscription(n: u8, at: i64) -> Subscription {
    Subscription {
        id: format!("s-{n}"),
        abonent: Some(ABONENTS[usize::from(n)].to_owned()),
        kind: "BASIC_CALL".to_owned(),
        url: "https://relay.example.ru/xsi/secret".to_owned(),
        granted_s: 3600,
        made_at: Time::from_ms(at),
        expires_at: Time::from_ms(at + 3_600_000),
        renewed_by: None,
        ended_at: None,
        end_reason: None,
        last_event_at: None,
        last_sequence: None,
    }
}

fn company() -> Entry {
    let abonents = ABONENTS.iter().enumerate().map(|(n, id)| Abonent {
        id: (*id).to_owned(),
        last_name: Some(format!("Тестов{n}")),
        extension: Some(format!("10{n}")),
        ..Abonent::default()
    });
    CompanyRead {
        abonents: abonents.collect(),
        numbers: vec![("line1@mpbx.sip.beeline.ru".to_owned(), "+74950000050".to_owned())],
        who: who(),
    }
    .into()
}

pub(super) fn line(call: u8, abonent: u8, at: i64) -> StatisticsLine {
    let id = ABONENTS[usize::from(abonent)];
    StatisticsLine {
        id: StatisticsLine::id_of(id, Direction::Incoming, Time::from_ms(at)),
        abonent: id.to_owned(),
        direction: Direction::Incoming,
        status: if call.is_multiple_of(2) {
            LineStatus::Received
        } else {
            LineStatus::Missed
        },
        start: Time::from_ms(at),
        duration_ms: if call.is_multiple_of(2) { 20_000 } else { 0 },
        number: Some(format!("+7900000009{}", caller(call))),
        peer: None,
        called: None,
        by_line: false,
        tracking_id: None,
    }
}

fn recording(call: u8, abonent: u8, at: i64) -> RecordingRow {
    RecordingRow {
        id: format!("{call}{abonent}"),
        tracking_id: call.is_multiple_of(3).then(|| format!("{call}:1")),
        abonent: ABONENTS[usize::from(abonent)].to_owned(),
        call_key: None,
        number: Some(format!("+7900000009{}", caller(call))),
        direction: Direction::Incoming,
        started_at: Time::from_ms(at),
        duration_ms: 20_000,
        size: Some(1),
        gone_at: None,
    }
}

fn request(call: u8, abonent: u8, at: i64) -> RequestRow {
    RequestRow {
        abonent: ABONENTS[usize::from(abonent)].to_owned(),
        key: format!("key-{call}"),
        number: format!("+7900000009{}", caller(call)),
        state: RequestState::Placing,
        tracking_id: None,
        call_id: None,
        error: None,
        asked_at: Time::from_ms(at),
    }
}

fn user(call: u8, at: i64) -> User {
    User {
        id: format!("user-{call}-{at}"),
        name: "Тестов".to_owned(),
        role: Role::Admin,
        abonent: None,
        created_at: Time::from_ms(at),
        revoked_at: None,
    }
}

fn code(call: u8, at: i64) -> JoinCode {
    JoinCode {
        id: format!("code-{call}-{at}"),
        name: "Тестов".to_owned(),
        role: Role::Admin,
        abonent: None,
        created_at: Time::from_ms(at),
        expires_at: Time::from_ms(at + 600_000),
        created_by: "console".to_owned(),
    }
}

fn entry(kind: u8, call: u8, abonent: u8, step: u8, at: i64) -> Entry {
    let own = BEGIN_MS + i64::from(call) * 7_000;
    match kind {
        0..=20 => event(call, abonent, step, at % 97, own),
        21 => company(),
        22..=24 => LinesRead {
            lines: vec![line(call, abonent, own)],
            until: Some(Time::from_ms(own)),
        }
        .into(),
        25 | 26 => RecordsRead {
            rows: vec![recording(call, abonent, own + 3_000)],
            cursor: None,
            is_last: true,
        }
        .into(),
        27 => RecordingGone {
            id: format!("{call}{abonent}"),
        }
        .into(),
        28 => CallAsked {
            abonent: ABONENTS[usize::from(abonent)].to_owned(),
            key: format!("key-{call}"),
            number: format!("+7900000009{}", caller(call)),
            asked_at: Time::from_ms(at),
        }
        .into(),
        29 if step == 5 => CallNotAsked(CallAsked {
            abonent: ABONENTS[usize::from(abonent)].to_owned(),
            key: format!("key-{call}"),
            number: format!("+7900000009{}", caller(call)),
            asked_at: Time::from_ms(at),
        })
        .into(),
        29 => CallPlaced {
            request: request(call, abonent, at),
            state: RequestState::Placed,
            tracking_id: step.is_multiple_of(2).then(|| format!("{call}:1")),
            error: None,
        }
        .into(),
        30 => SubscriptionMade(subscription(abonent, at)).into(),
        31 => SubscriptionEnded {
            id: format!("s-{abonent}"),
            reason: "lost",
            renewed_by: None,
        }
        .into(),
        _ => entry_beside_calls(kind, call, step, at),
    }
}

/// Entries about people and others.
fn entry_beside_calls(kind: u8, call: u8, step: u8, at: i64) -> Entry {
    match kind {
        32 => UserAdded {
            user: user(call, at),
            key_hash: [call; 32],
            who: who(),
        }
        .into(),
        33 => UserRevoked {
            id: format!("user-{call}-{at}"),
            who: who(),
        }
        .into(),
        34 => JoinCodeMade {
            code: code(call, at),
            hash: [call; 32],
            who: who(),
        }
        .into(),
        35 => Joined {
            hash: [call; 32],
            user: format!("joined-{at}"),
            key_hash: [call + 100; 32],
        }
        .into(),
        _ => entry_of_upkeep(kind, call, step, at),
    }
}

/// Entries about settings, journals, retention, and time.
fn entry_of_upkeep(kind: u8, call: u8, step: u8, at: i64) -> Entry {
    let own = BEGIN_MS + i64::from(call) * 7_000;
    match kind {
        36 => SettingsChanged {
            values: [("graceMs".to_owned(), (1_000 * (1 + i64::from(step))).into())]
                .into_iter()
                .collect(),
            who: who(),
        }
        .into(),
        37 => Noted {
            who: who(),
            what: What::TokenChanged,
            subject: None,
            detail: None,
        }
        .into(),
        38 => Exchanged(ExchangeRow {
            at: Time::from_ms(at),
            method: "GET".to_owned(),
            path: "abonents".to_owned(),
            status: Some(200),
            ms: 1,
            error: None,
            correlation: None,
        })
        .into(),
        39 => EventsForgotten {
            old: EventCut::Before(own),
            after: None,
        }
        .into(),
        40 => CallsForgotten { before: own - 60_000 }.into(),
        43 => CallClaimed {
            abonent: ABONENTS[usize::from(step % 3)].to_owned(),
            call: format!("{call}:1"),
            until: (step > 0).then(|| Time::from_ms(at + 30_000)),
        }
        .into(),
        41 => WaitGivenUp {
            before: Time::from_ms(own),
            limit: 50,
        }
        .into(),
        42 => Replayed {
            seq: i64::from(call) + 1,
            read: Box::new(Err("still not read".to_owned())),
            who: who(),
        }
        .into(),
        _ => Swept.into(),
    }
}

prop_compose! {
    fn stamped()(kind in 0_u8..48, call in 0_u8..6, abonent in 0_u8..3, step in 0_u8..6, seed: u64) -> (u8, u8, u8, u8, u64) {
        (kind, call, abonent, step, seed)
    }
}

fn stamp(drawn: &[(u8, u8, u8, u8, u64)]) -> Vec<Stamped> {
    let mut at = BEGIN_MS;
    drawn
        .iter()
        .map(|(kind, call, abonent, step, seed)| {
            at += i64::from(*step) * 2_500 + 1;
            Stamped {
                at: Time::from_ms(at),
                seed: *seed,
                entry: entry(*kind, *call, *abonent, *step, at),
            }
        })
        .collect()
}

pub(super) struct Node {
    _dir: tempfile::TempDir,
    pub(super) connection: Connection,
    pub(super) state: State,
}

impl Node {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let connection = tables::open(dir.path()).unwrap();
        connection.pragma_update(None, "synchronous", "OFF").unwrap();
        let state = State::load(&connection, Time::from_ms(BEGIN_MS)).unwrap();
        Self {
            _dir: dir,
            connection,
            state,
        }
    }

    /// Applies entries with their numbers as one transaction.
    pub(super) fn batch(&mut self, first: i64, entries: &[Stamped]) {
        let whole = self.connection.transaction().unwrap();
        let mut transaction = Transaction::new(&whole, &mut self.state).unwrap();
        for (number, stamped) in (first..).zip(entries) {
            match transaction.apply(number, stamped) {
                Ok(_) | Err(NotApplied::Alone(_)) => {}
                Err(NotApplied::All(error)) => panic!("{:?}: {error}", stamped.entry),
            }
        }
        transaction.flush().unwrap();
        let effects = transaction.take_effects();
        whole.commit().unwrap();
        self.state.calls.take_copies(&effects.calls, true);
        self.state.calls.trim();
    }

    /// All rows of all tables.
    pub(super) fn dump(&self) -> String {
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
        let mut names = self.connection.prepare(names).unwrap();
        let names: Vec<String> = names
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let mut text = String::new();
        for name in names {
            let mut rows = self.connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
            let width = rows.column_count();
            let row = |row: &rusqlite::Row<'_>| {
                (0..width)
                    .map(|n| row.get::<_, Value>(n))
                    .collect::<Result<Vec<_>, _>>()
            };
            let mut rows: Vec<String> = rows
                .query_map([], row)
                .unwrap()
                .map(|row| format!("{:?}", row.unwrap()))
                .collect();
            rows.sort();
            let _ = writeln!(text, "{name}:\n  {}", rows.join("\n  "));
        }
        text
    }
}

pub(super) fn first_difference(one: &str, other: &str) -> Option<String> {
    let pair = one.lines().zip(other.lines()).find(|(a, b)| a != b);
    pair.map(|(a, b)| format!("{a}\n{b}"))
        .or_else(|| (one != other).then(|| "one is longer".to_owned()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_same_entries_make_the_same_tables_and_twice_is_once(
        drawn in prop::collection::vec(stamped(), 1..60),
        cuts in prop::collection::vec(1_usize..12, 60),
    ) {
        let entries = stamp(&drawn);
        let (mut whole, mut pieces) = (Node::new(), Node::new());
        whole.batch(1, &entries);
        let mut done = 0;
        for cut in cuts {
            let end = (done + cut).min(entries.len());
            pieces.batch(done as i64 + 1, &entries[done..end]);
            done = end;
        }
        let (one, other) = (whole.dump(), pieces.dump());
        prop_assert_eq!(first_difference(&one, &other), None, "in one batch and in pieces");
        pieces.batch(1, &entries);
        prop_assert_eq!(first_difference(&one, &pieces.dump()), None, "applied twice");
    }
}
