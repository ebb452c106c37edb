//! The stored form of an event's body. Events are alike: with a dictionary of examples LZ4 keeps about an eighth of
//! the text in about a microsecond, and less data must be synced, moved and deleted.

use perezvon_pbx::xsi;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error};

/// The dictionaries by the number in `events.dictionary`. A released one is never edited.
const DICTIONARIES: [&[u8]; 1] = [include_bytes!("dictionary-1.xml")];
/// The number of the dictionary in use.
const NEWEST: i64 = DICTIONARIES.len() as i64;

/// A body, compressed if that makes it smaller.
#[derive(Clone)]
pub(crate) struct Body {
    pub(super) bytes: Vec<u8>,
    /// None: stored as posted.
    pub(super) dictionary: Option<i64>,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It contains numbers and names.
        write!(f, "{} bytes", self.bytes.len())
    }
}

impl Body {
    /// Compresses a body as it was posted: at most [`perezvon_pbx::xsi::MAX_BODY`] bytes.
    pub(crate) fn pack(posted: &[u8]) -> Self {
        let packed = lz4_flex::block::compress_with_dict(posted, DICTIONARIES[DICTIONARIES.len() - 1]);
        if packed.len() < posted.len() {
            Self {
                bytes: packed,
                dictionary: Some(NEWEST),
            }
        } else {
            Self {
                bytes: posted.to_vec(),
                dictionary: None,
            }
        }
    }
}

/// The body as posted; none if it is damaged or was compressed by a newer program.
pub(super) fn unpack(bytes: &[u8], dictionary: Option<i64>) -> Option<Vec<u8>> {
    let Some(number) = dictionary else {
        return Some(bytes.to_vec());
    };
    let dictionary = DICTIONARIES.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
    let mut posted = vec![0; perezvon_pbx::xsi::MAX_BODY];
    let length = lz4_flex::block::decompress_into_with_dict(bytes, &mut posted, dictionary).ok()?;
    posted.truncate(length);
    Some(posted)
}

/// Registers the SQL functions `posted(raw, dictionary)`, the body as posted, and `flaw(raw, dictionary)`: why it had
/// to be repaired before it could be read, null if it is well-formed or cannot be read at all.
pub(crate) fn register_sql_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("posted", 2, flags, posted)?;
    connection.create_scalar_function("flaw", 2, flags, |context| {
        let read = xsi::read(&posted(context)?).ok();
        Ok(read.and_then(|read| read.mended).map(|flaw| flaw.to_string()))
    })
}

fn posted(context: &Context<'_>) -> rusqlite::Result<Vec<u8>> {
    let dictionary: Option<i64> = context.get(1)?;
    match context.get_raw(0) {
        ValueRef::Blob(bytes) => unpack(bytes, dictionary)
            .ok_or_else(|| Error::UserFunctionError("an event's body in the ledger is damaged".into())),
        other => Err(Error::InvalidFunctionParameterType(0, other.data_type())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Body, NEWEST, unpack};
    use proptest::prelude::*;

    #[test]
    fn an_event_takes_less_than_a_fifth() {
        let event = include_str!("../../../../pbx/tests/events/05-CallReceived-callcentre.xml");
        let body = Body::pack(event.as_bytes());
        assert!(
            body.bytes.len() * 5 < event.len(),
            "{} of {} bytes",
            body.bytes.len(),
            event.len()
        );
    }

    #[test]
    fn a_damaged_body_is_told_and_not_made_up() {
        assert_eq!(unpack(&[0xff; 40], Some(1)), None, "no LZ4 block");
        assert_eq!(unpack(b"<a/>", Some(NEWEST + 1)), None, "packed by a newer program");
        assert_eq!(unpack(b"<a/>", Some(0)), None, "dictionaries are counted from 1");
    }

    proptest! {
        #[test]
        fn any_body_comes_back(posted in prop::collection::vec(any::<u8>(), 0..4000), text in "[<>/a-z ]{0,2000}") {
            for posted in [posted, text.into_bytes()] {
                let body = Body::pack(&posted);
                prop_assert!(body.bytes.len() <= posted.len(), "packing never makes it larger");
                prop_assert_eq!(unpack(&body.bytes, body.dictionary), Some(posted));
            }
        }
    }
}
