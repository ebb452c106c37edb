//! Any sequence of snapshots, with repeats, reorders and kills.

use crate::common::{Bench, IVANOV, STRANGER, aged, answered_by, ended, missed, ringing, talking};
use perezvon_core::CallSnapshot;
use perezvon_desk::view::CallsFilter;
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
            prop_assert_eq!(&row.outcome, call.outcome.as_str(), "newest version of {}", row.id);
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
