//! What follows when numbers change contacts.

use crate::db::Tx;
use crate::error::DeskError;
use crate::key::line_of;
use crate::notifications::{Ops, Pen, rewrite};
use crate::queue;
use crate::table::{callback, caller, contact, mirror, recording};
use crate::toast::ToastOp;
use std::collections::BTreeSet;

/// Updates what callers are found by, who waits for an answer, and what is on the screen. A change of a line concerns
/// all its extensions. A number that nobody has called from and no toast names costs a look into an index.
pub(crate) fn renamed(tx: &Tx<'_>, pen: Pen, touched: &BTreeSet<String>) -> Result<Vec<ToastOp>, DeskError> {
    let owner = mirror::owner(tx)?;
    let lines: BTreeSet<&str> = touched.iter().map(|key| line_of(key)).collect();
    let mut keys = touched.clone();
    let mut persons = BTreeSet::new();
    for line in lines {
        let called = caller::keys_of_line(tx, line)?;
        if !called.is_empty() {
            caller::index(tx, line, &contact::texts_of_line(tx, line)?)?;
            // A number that is no longer theirs alone no longer speaks for their other numbers.
            persons.extend(contact::persons_of_line(tx, line)?);
        }
        if recording::has_line(tx, line)? {
            for id in recording::index(tx, line, &contact::texts_of_line(tx, line)?)? {
                tx.touched().recordings.add(id);
            }
        }
        keys.extend(called);
        keys.insert(line.to_owned());
    }
    let concerned = "SELECT EXISTS (SELECT 1 FROM callback_miss WHERE owner = ?1 AND key = ?2)
                         OR EXISTS (SELECT 1 FROM notification WHERE number_key = ?2)";
    let mut named = BTreeSet::new();
    for key in keys {
        tx.touched().numbers.add(key.clone());
        if tx
            .prepare_cached(concerned)?
            .query_row([&owner, &key], |row| row.get::<_, bool>(0))?
        {
            persons.extend(callback::of_key(tx, &owner, &key)?.and_then(|row| row.person));
            named.insert(key);
        }
    }
    for person in persons {
        named.extend(callback::keys_of_person(tx, &owner, person)?);
    }
    let named: Vec<String> = named.into_iter().collect();
    let mut ops = Ops::default();
    for key in &named {
        queue::settle(tx, key)?;
        queue::refresh(tx, pen, key, false, &mut ops)?;
    }
    for op in rewrite(tx, pen, &named)? {
        ops.push(Some(op));
    }
    Ok(ops.into_vec())
}
