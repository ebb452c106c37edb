//! Any sequence of snapshots, with repeats, reorders and kills.

use crate::common::{Bench, IDENTITY, IVANOV, STRANGER, aged, answered_by, draft, ended, missed, ringing, talking};
use perezvon_core::CallSnapshot;
use perezvon_desk::view::{CallbacksFilter, CallsFilter};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};

/// The story of one call: its snapshots in the order in which the relay made them.
fn story(id: usize, kind: u8, number: u8, first: i64) -> Vec<CallSnapshot> {
    let number = [IVANOV, STRANGER, "", "102"][usize::from(number % 4)];
    let ring = ringing(&format!("call{id}"), first, number);
    match kind % 5 {
        0 => vec![ring.clone(), missed(&ring, first + 1)],
        1 => vec![ring.clone(), talking(&ring, first + 1), ended(&ring, first + 2)],
        2 => vec![ring.clone(), answered_by(&ring, first + 1, "Петров Иван")],
        3 => vec![ring.clone(), missed(&ring, first + 1), ended(&ring, first + 2)],
        _ => vec![aged(missed(&ring, first + 1), 5)],
    }
}

/// Stories told in any order, with repeats, in batches; after each batch perhaps a kill.
fn telling() -> impl Strategy<Value = Vec<(Vec<CallSnapshot>, bool)>> {
    let stories = prop::collection::vec((any::<u8>(), any::<u8>()), 1..6).prop_map(|calls| {
        calls
            .into_iter()
            .enumerate()
            .flat_map(|(n, (kind, number))| story(n, kind, number, 1 + n as i64 * 3))
            .collect::<Vec<_>>()
    });
    let order = stories.prop_flat_map(|told| {
        let repeated: Vec<CallSnapshot> = told.iter().chain(told.iter()).cloned().collect();
        (
            Just(told),
            Just(repeated).prop_shuffle(),
            1..5_usize,
            prop::collection::vec(any::<bool>(), 1..8),
        )
    });
    order.prop_map(|(told, repeated, size, kills)| {
        // Every snapshot comes at least once: the shuffled ones, then the whole story as a replay.
        let all: Vec<_> = repeated.into_iter().chain(told).collect();
        all.chunks(size)
            .zip(kills.into_iter().cycle())
            .map(|(batch, kill)| (batch.to_vec(), kill))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_mirror_is_the_newest_versions_and_each_call_has_one_document(batches in telling()) {
        let mut bench = Bench::new();
        let mut newest: BTreeMap<String, CallSnapshot> = BTreeMap::new();
        for (batch, kill) in &batches {
            for snapshot in batch {
                let known = newest.entry(snapshot.id.clone()).or_insert_with(|| snapshot.clone());
                if snapshot.version > known.version {
                    *known = snapshot.clone();
                }
            }
            bench.take(batch);
            if *kill {
                bench = bench.killed();
            }
        }
        let rows = bench.desk.calls(&CallsFilter::default(), None, 500).unwrap().rows;
        prop_assert_eq!(rows.len(), newest.len(), "one row per call");
        for row in &rows {
            let call = &newest[&row.id];
            prop_assert_eq!(row.outcome, call.outcome, "newest version of {}", row.id);
            let colleague = call.outcome == perezvon_core::Outcome::AnsweredBy;
            prop_assert!(row.document_id.is_some() || colleague, "{} is over and has a document", row.id);
        }
        let documents: HashSet<i64> = rows.iter().filter_map(|row| row.document_id).collect();
        let with = rows.iter().filter(|row| row.document_id.is_some()).count();
        prop_assert_eq!(documents.len(), with, "no document is shared");
        for id in 1..=with as i64 {
            prop_assert!(bench.desk.document(id).is_ok(), "numbers have no gap: {}", id);
        }
        prop_assert!(bench.desk.document(with as i64 + 1).is_err(), "and no further document exists");
        let again: Vec<CallSnapshot> = newest.values().cloned().collect();
        let taken = bench.take(&again);
        prop_assert_eq!((taken.stored, taken.toasts.len()), (0, 0), "a replay changes nothing");
        check_waiting(&bench, &newest)?;
    }
}

/// What happens to the four numbers of [`number`].
#[derive(Clone, Debug)]
enum Happens {
    Missed(usize),
    Talked(usize),
    /// The contact has these numbers from now on.
    Contact(usize, Vec<usize>),
    Deleted(usize),
}

fn number(n: usize) -> String {
    format!("+7900000000{n}")
}

fn happens() -> impl Strategy<Value = Happens> {
    let some = || prop::collection::vec(0..4_usize, 0..4);
    prop_oneof![
        3 => (0..4_usize).prop_map(Happens::Missed),
        2 => (0..4_usize).prop_map(Happens::Talked),
        3 => (0..3_usize, some()).prop_map(|(contact, numbers)| Happens::Contact(contact, numbers)),
        1 => (0..3_usize).prop_map(Happens::Deleted),
    ]
}

/// How many wait, reckoned from everything that happened. A number of two contacts is nobody's.
fn wait_by_hand(calls: &[(usize, bool)], contacts: &BTreeMap<usize, Vec<usize>>) -> usize {
    let owner = |number: usize| {
        let mut holders = contacts.iter().filter(|(_, numbers)| numbers.contains(&number));
        let one = holders.next().map(|(contact, _)| *contact);
        one.filter(|_| holders.next().is_none())
    };
    let same = |a: usize, b: usize| a == b || owner(a).is_some() && owner(a) == owner(b);
    let waits = |at: usize, number: usize| {
        !calls[at..]
            .iter()
            .any(|(other, talked)| *talked && same(number, *other))
    };
    let waiting = calls
        .iter()
        .enumerate()
        .filter(|(at, (number, talked))| !talked && waits(*at, *number));
    let persons = waiting.map(|(_, (number, _))| match owner(*number) {
        Some(contact) => (true, contact),
        None => (false, *number),
    });
    persons.collect::<HashSet<_>>().len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn persons_wait_whatever_numbers_they_get_and_lose(story in prop::collection::vec(happens(), 1..24)) {
        let bench = Bench::new();
        let (mut calls, mut told) = (Vec::new(), Vec::new());
        let (mut contacts, mut ids) = (BTreeMap::new(), BTreeMap::new());
        for step in story {
            let at = calls.len() as i64 + 1;
            match step {
                Happens::Missed(n) => {
                    calls.push((n, false));
                    told.push(missed(&ringing(&format!("c{at}"), at, &number(n)), at));
                    bench.take(&told[told.len() - 1..]);
                }
                Happens::Talked(n) => {
                    calls.push((n, true));
                    told.push(ended(&ringing(&format!("c{at}"), at, &number(n)), at));
                    bench.take(&told[told.len() - 1..]);
                }
                Happens::Contact(contact, numbers) => {
                    let texts: Vec<String> = numbers.iter().map(|n| number(*n)).collect();
                    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                    let mut draft = draft("Иванов", "", &texts);
                    draft.id = ids.get(&contact).copied();
                    ids.insert(contact, bench.desk.save_contact(&draft).unwrap().id);
                    contacts.insert(contact, numbers);
                }
                Happens::Deleted(contact) => {
                    contacts.remove(&contact);
                    if let Some(id) = ids.remove(&contact) {
                        bench.desk.delete_contact(id).unwrap();
                    }
                }
            }
            let waiting = wait_by_hand(&calls, &contacts);
            prop_assert_eq!(bench.desk.counts().unwrap().to_call_back as usize, waiting, "{:?} {:?}", calls, contacts);
            let rows = bench.desk.callbacks(&CallbacksFilter::default(), None, 50).unwrap().rows;
            prop_assert_eq!(rows.len(), waiting, "the list");
        }
        // Another ledger tells all of it anew, the newest first.
        let before = bench.desk.callbacks(&CallbacksFilter::default(), None, 50).unwrap().rows;
        bench.desk.forget_mirror(IDENTITY).unwrap();
        told.reverse();
        bench.take(&told);
        let after = bench.desk.callbacks(&CallbacksFilter::default(), None, 50).unwrap().rows;
        prop_assert_eq!(after, before);
    }
}

/// Who is to be called back, reckoned from the snapshots alone.
fn check_waiting(bench: &Bench, newest: &BTreeMap<String, CallSnapshot>) -> Result<(), TestCaseError> {
    let mut waiting = HashSet::new();
    for call in newest
        .values()
        .filter(|call| call.outcome == perezvon_core::Outcome::Missed)
    {
        let Some(number) = &call.party.number else { continue };
        let answered = newest
            .values()
            .any(|other| other.party.number.as_ref() == Some(number) && other.answered_at > call.started_at);
        if !answered {
            waiting.insert(number.clone());
        }
    }
    prop_assert_eq!(
        bench.desk.counts().unwrap().to_call_back as usize,
        waiting.len(),
        "callers who wait"
    );
    Ok(())
}
