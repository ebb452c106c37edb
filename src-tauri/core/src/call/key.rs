//! What a call is known by before and beside its id in the ledger.

use std::fmt;

/// The key of a call. It is stored and passed on as its text, which is made and read here alone: [`fmt::Display`] and
/// [`CallKey::parse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallKey<'a> {
    /// Its session, by `extTrackingId`; the text is that id. It is `n:m` or a UUID (reference 2.5), so none looks like
    /// another kind of key.
    Session(&'a str),
    /// A leg of which only damaged events tell, without a session: by `callId`.
    Leg(&'a str),
    /// Lines of the statistics alone tell of the call: by what tells one of them apart. The text is the id of that
    /// line, see [`super::StatisticsLine::id_of`].
    Line(&'a str),
    /// A recording that names no session tells of the call: by the PBX's record id.
    Recording(&'a str),
}

const LEG: &str = "leg:";
const RECORDING: &str = "record:";

impl<'a> CallKey<'a> {
    /// What the text of every [`CallKey::Line`] begins with, for searches in tables.
    pub const LINE_PREFIX: &'static str = "line:";

    /// Reads a key; every text is one.
    pub fn parse(text: &'a str) -> Self {
        if let Some(id) = text.strip_prefix(LEG) {
            Self::Leg(id)
        } else if let Some(id) = text.strip_prefix(Self::LINE_PREFIX) {
            Self::Line(id)
        } else if let Some(id) = text.strip_prefix(RECORDING) {
            Self::Recording(id)
        } else {
            Self::Session(text)
        }
    }
}

impl fmt::Display for CallKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => f.write_str(id),
            Self::Leg(id) => write!(f, "{LEG}{id}"),
            Self::Line(id) => write!(f, "{}{id}", Self::LINE_PREFIX),
            Self::Recording(id) => write!(f, "{RECORDING}{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CallKey;

    #[test]
    fn each_kind_of_key_is_read_as_it_was_written() {
        let keys = [
            (CallKey::Session("910601:1"), "910601:1"),
            (CallKey::Leg("callhalf-1:0"), "leg:callhalf-1:0"),
            (
                CallKey::Line("1700000000000:i:a@mpbx.example.ru"),
                "line:1700000000000:i:a@mpbx.example.ru",
            ),
            (CallKey::Recording("4711"), "record:4711"),
        ];
        for (key, text) in keys {
            assert_eq!(key.to_string(), text, "the text is stored: it stays what it is");
            assert_eq!(CallKey::parse(text), key);
        }
    }
}
