//! A failed entry leaves no trace in the tables or in memory; an outcome of a request that comes twice counts once.
#![allow(clippy::unwrap_used)]

use super::apply::NotApplied;
use super::entry::{Answer, CallAsked, CallNotAsked, CallPlaced, Entry, LinesRead, Posted, SettingsChanged, Stamped};
use super::neighbours::Neighbours;
use super::properties::{ABONENTS, BEGIN_MS, Node, event, first_difference, line, who};
use super::state::State;
use super::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::events::body::Body;
use crate::tables::requests::{RequestRow, RequestState};
use perezvon_core::Time;
use perezvon_pbx::xsi;
use serde_json::json;

const NUMBER: &str = "+79000000091";

fn at(ms: i64) -> Time {
    Time::from_ms(BEGIN_MS + ms)
}

fn stamped(ms: i64, entry: impl Into<Entry>) -> Stamped {
    Stamped {
        at: at(ms),
        seed: ms as u64,
        entry: entry.into(),
    }
}

/// The first abonent calls the number.
fn outgoing(call: u8, ms: i64) -> Stamped {
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<xsi:Event xsi1:type="xsi:SubscriptionEvent" xmlns:xsi="http://schema.broadsoft.com/xsi" xmlns:xsi1="http://www.w3.org/2001/XMLSchema-instance">
<xsi:eventID>e0000000-0000-4000-8000-0000000000{call:02x}</xsi:eventID><xsi:sequenceNumber>1</xsi:sequenceNumber>
<xsi:subscriptionId>s-0</xsi:subscriptionId><xsi:targetId>{target}</xsi:targetId>
<xsi:eventData xsi1:type="xsi:CallOriginatedEvent"><xsi:call>
<xsi:callId>callhalf-{call}:0</xsi:callId><xsi:extTrackingId>{call}:1</xsi:extTrackingId>
<xsi:personality>Originator</xsi:personality><xsi:state>Alerting</xsi:state>
<xsi:remoteParty><xsi:address countryCode="7">tel:{NUMBER}</xsi:address><xsi:callType>Network</xsi:callType></xsi:remoteParty>
<xsi:startTime>{start}</xsi:startTime>
</xsi:call></xsi:eventData></xsi:Event>"#,
        target = ABONENTS[0],
        start = at(ms).ms(),
    );
    let posted = Posted {
        read: Box::new(xsi::parse(text.as_bytes()).map_err(|error| error.to_string())),
        body: Body::pack(text.as_bytes()),
    };
    stamped(ms, posted)
}

fn asked(ms: i64) -> CallAsked {
    CallAsked {
        abonent: ABONENTS[0].to_owned(),
        key: "key-1".to_owned(),
        number: NUMBER.to_owned(),
        asked_at: at(ms),
    }
}

fn placed(asked: CallAsked) -> CallPlaced {
    CallPlaced {
        request: RequestRow {
            abonent: asked.abonent,
            key: asked.key,
            number: asked.number,
            state: RequestState::Placing,
            tracking_id: None,
            call_id: None,
            error: None,
            asked_at: asked.asked_at,
        },
        state: RequestState::Placed,
        tracking_id: None,
        error: None,
    }
}

impl Node {
    /// Applies one entry as a transaction of its own.
    fn put(&mut self, stamped: &Stamped) -> Result<Answer, NotApplied> {
        let whole = self.connection.transaction().unwrap();
        let mut transaction = Transaction::new(&whole, &mut self.state).unwrap();
        let number = transaction.state.next_entry();
        let answer = transaction.apply(number, stamped);
        transaction.flush().unwrap();
        whole.commit().unwrap();
        answer.map(Option::unwrap)
    }

    fn count(&self, sql: &str) -> i64 {
        self.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// A line of the statistics for a call, then a statement that fails.
#[test]
fn an_entry_that_fails_takes_back_itself_alone() {
    let (mut tried, mut plain) = (Node::new(), Node::new());
    let lines = || LinesRead {
        lines: vec![line(0, 0, BEGIN_MS), line(1, 1, BEGIN_MS + 500_000)],
        until: Some(at(2)),
    };
    let before = stamped(1, event(0, 0, 0, 1, BEGIN_MS));
    let failing = stamped(2, lines());
    let after = stamped(3, event(0, 0, 1, 2, BEGIN_MS));
    // The last statement of the entry fails, after its calls were changed.
    tried
        .connection
        .execute_batch(
            "CREATE TEMP TRIGGER fails BEFORE UPDATE ON import BEGIN SELECT raise(ABORT, 'no'); END;
             CREATE TEMP TRIGGER fails_too BEFORE INSERT ON import BEGIN SELECT raise(ABORT, 'no'); END",
        )
        .unwrap();
    let whole = tried.connection.transaction().unwrap();
    let mut transaction = Transaction::new(&whole, &mut tried.state).unwrap();
    transaction.apply(1, &before).unwrap();
    let refused = transaction.apply(2, &failing).unwrap_err();
    assert!(
        matches!(refused, NotApplied::Alone(LedgerError::Sqlite(_))),
        "{refused:?}"
    );
    transaction.apply(3, &after).unwrap();
    transaction.flush().unwrap();
    whole.commit().unwrap();
    plain.batch(1, std::slice::from_ref(&before));
    plain.batch(3, std::slice::from_ref(&after));
    let difference = first_difference(&tried.dump(), &plain.dump());
    assert_eq!(difference, None, "as if it had never been tried");
    for node in [&mut tried, &mut plain] {
        let drop = "DROP TRIGGER IF EXISTS fails; DROP TRIGGER IF EXISTS fails_too";
        node.connection.execute_batch(drop).unwrap();
        let rest = [stamped(4, lines()), stamped(5, event(1, 1, 2, 3, BEGIN_MS))];
        node.batch(4, &rest);
    }
    assert_eq!(first_difference(&tried.dump(), &plain.dump()), None, "nor in memory");
}

#[test]
fn an_outcome_that_comes_twice_is_of_one_call() {
    let mut node = Node::new();
    node.put(&stamped(1, asked(1))).unwrap();
    node.put(&outgoing(1, 2)).unwrap();
    let first = node.put(&stamped(3, placed(asked(1)))).unwrap();
    let Answer::CallPlaced(Some(id)) = first else {
        panic!("the call is known: {first:?}")
    };
    node.put(&outgoing(2, 4)).unwrap();
    let again = node.put(&stamped(5, placed(asked(1)))).unwrap();
    assert!(
        matches!(&again, Answer::CallPlaced(Some(same)) if *same == id),
        "the same answer: {again:?}"
    );
    let calls = "SELECT count(*) FROM calls WHERE state LIKE '%key-1%'";
    assert_eq!(node.count(calls), 1, "the second call is somebody's own");
}

#[test]
fn an_outcome_that_comes_twice_waits_once() {
    let mut node = Node::new();
    node.put(&stamped(1, asked(1))).unwrap();
    for ms in [2, 3] {
        node.put(&stamped(ms, placed(asked(1)))).unwrap();
    }
    node.put(&outgoing(1, 4)).unwrap();
    node.put(&outgoing(2, 5)).unwrap();
    let calls = "SELECT count(*) FROM calls WHERE state LIKE '%key-1%'";
    assert_eq!(node.count(calls), 1, "one call was asked for");
}

#[test]
fn a_request_that_the_pbx_was_never_asked_can_be_made_again() {
    let mut node = Node::new();
    let first = node.put(&stamped(1, asked(1))).unwrap();
    assert!(matches!(first, Answer::CallAsked(None)), "{first:?}");
    node.put(&stamped(2, CallNotAsked(asked(1)))).unwrap();
    let second = node.put(&stamped(3, asked(3))).unwrap();
    assert!(matches!(second, Answer::CallAsked(None)), "it is placed: {second:?}");
    node.put(&stamped(4, CallNotAsked(asked(1)))).unwrap();
    let third = node.put(&stamped(5, asked(5))).unwrap();
    assert!(
        matches!(third, Answer::CallAsked(Some(_))),
        "the later attempt was not taken back with the first: {third:?}"
    );
}

#[test]
fn an_entry_that_fails_leaves_the_waits_and_the_neighbours_as_they_were() {
    let mut node = Node::new();
    for call in [0, 1] {
        let entry = event(call, call, 0, 1, BEGIN_MS);
        node.put(&stamped(i64::from(call), entry)).unwrap();
    }
    // One call can neither be read nor be put aside: the next entry fails after its own changes.
    node.connection
        .execute_batch(
            "UPDATE calls SET state = '{' WHERE key = '0:1';
             CREATE TEMP TRIGGER fails BEFORE INSERT ON calls_aside BEGIN SELECT raise(ABORT, 'no'); END",
        )
        .unwrap();
    node.state = State::load(&node.connection, at(2)).unwrap();
    let (due, settings) = (node.state.next_due(), node.state.rest.settings.clone());
    assert!(due.is_some(), "a call rings");
    // Side effects that the entry would have.
    let mut other = serde_json::to_value(node.state.calls.peek("1:1").unwrap()).unwrap();
    other["key"] = json!("of the failed entry");
    let other: perezvon_core::Call = serde_json::from_value(other).unwrap();
    node.state.neighbours.note(&other);
    let change = SettingsChanged {
        values: [("ringLostMs".to_owned(), json!(400_000))].into_iter().collect(),
        who: who(),
    };
    let refused = node.put(&stamped(3, change)).unwrap_err();
    assert!(matches!(refused, NotApplied::Alone(_)), "{refused:?}");
    assert_eq!(node.state.rest.settings, settings, "the settings are as before");
    assert_eq!(node.state.next_due(), due, "and so are the waits");
    assert_eq!(
        node.state.neighbours,
        Neighbours::of(&node.state.calls),
        "nothing is known of calls that are not there"
    );
}
