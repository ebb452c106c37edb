//! What follows when numbers change contacts.

use crate::error::DeskError;
use crate::key::line_of;
use crate::notifications::{Ops, Pen, rewrite};
use crate::toast::ToastOp;
use crate::{missed, who};
use rusqlite::Transaction;

/// Updates who waits for an answer and what is on the screen after numbers have changed contacts. A change of a line
/// concerns all its extensions.
pub(crate) fn renamed(tx: &Transaction<'_>, pen: Pen, touched: Vec<String>) -> Result<Vec<ToastOp>, DeskError> {
    let mut keys = Vec::new();
    for key in touched {
        keys.extend(who::keys_of_line(tx, line_of(&key))?);
        keys.push(key);
    }
    keys.sort();
    keys.dedup();
    let mut ops = Ops::default();
    for key in &keys {
        missed::settle(tx, key)?;
        missed::refresh(tx, pen, key, false, &mut ops)?;
    }
    for op in rewrite(tx, pen, &keys)? {
        ops.push(Some(op));
    }
    Ok(ops.into_vec())
}
