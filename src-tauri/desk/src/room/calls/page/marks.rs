//! What must hold of a call, as conditions of a statement.

use crate::room::calls::CallMark;
use crate::room::row::{FIRST, LOST};

/// What must hold of a call `c`.
pub(super) struct Marks {
    /// What an index has.
    indexed: String,
    /// What is looked up for each call.
    probed: String,
    /// The caller is in no contact; a condition of the caller `k`.
    pub(super) unknown: bool,
    /// Something was written about it.
    pub(super) noted: bool,
}

impl Marks {
    pub(super) fn of(marks: &[CallMark]) -> Self {
        let has = |mark| marks.contains(&mark);
        // A missed call was incoming.
        let missed = has(CallMark::Missed) || has(CallMark::Lost);
        let incoming = missed || has(CallMark::Incoming);
        let outgoing = has(CallMark::Outgoing);
        let recorded = has(CallMark::Recorded);
        let mut indexed = Vec::new();
        if incoming && outgoing {
            indexed.push(" AND 0".to_owned());
        } else if missed {
            indexed.push(" AND c.missed = 1".to_owned());
        } else if incoming || outgoing {
            // Of two indexes the one of recordings has fewer calls: the sign keeps the other away.
            let sign = if recorded { "+" } else { "" };
            indexed.push(format!(" AND {sign}c.incoming = {}", i32::from(incoming)));
        }
        if recorded {
            indexed.push(" AND c.recording > 0".to_owned());
        }
        let mut probed = Vec::new();
        if has(CallMark::Lost) {
            probed.push(format!(" AND {LOST}"));
        } else if has(CallMark::First) {
            probed.push(format!(" AND {FIRST}"));
        }
        if has(CallMark::Noted) {
            probed.push(" AND EXISTS (SELECT 1 FROM call_note n WHERE n.call_id = c.ulid)".to_owned());
        }
        Self {
            indexed: indexed.concat(),
            probed: probed.concat(),
            unknown: has(CallMark::Unregistered),
            noted: has(CallMark::Noted),
        }
    }

    /// All that is a condition of the call.
    pub(super) fn of_call(&self) -> String {
        format!("{}{}", self.indexed, self.probed)
    }

    pub(super) fn indexed(&self) -> &str {
        &self.indexed
    }

    /// A walk may pass many calls without meeting one.
    pub(super) fn sparse(&self) -> bool {
        self.unknown || !self.probed.is_empty()
    }
}
