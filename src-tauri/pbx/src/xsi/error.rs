//! Why a document is not an event we can read, or had to be mended to be one.

/// Why [`read`](super::read) refused or mended a document. Holds no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XsiError {
    /// Nothing but white space.
    #[error("the body is empty")]
    Empty,
    /// Longer than [`MAX_BODY`](super::MAX_BODY).
    #[error("the body is longer than {} bytes", super::MAX_BODY)]
    BodyTooLarge,
    /// The bytes are no UTF-8 (reference 2.1: the PBX always sends UTF-8).
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// The XML declaration names another encoding.
    #[error("the XML declaration names an encoding other than UTF-8")]
    OtherEncoding,
    /// A character that XML does not allow, literally or as a reference.
    #[error("the body holds a control character")]
    ControlCharacter,
    /// A document type declaration; none is ever read, so no entity can expand.
    #[error("the document has a DOCTYPE")]
    Doctype,
    /// Deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    #[error("elements are nested deeper than {}", super::MAX_DEPTH)]
    TooDeep,
    /// More than [`MAX_ELEMENTS`](super::MAX_ELEMENTS).
    #[error("the document has more than {} elements", super::MAX_ELEMENTS)]
    TooManyElements,
    /// More than [`MAX_ATTRIBUTES`](super::MAX_ATTRIBUTES) on one element.
    #[error("an element has more than {} attributes", super::MAX_ATTRIBUTES)]
    TooManyAttributes,
    /// One value longer than [`MAX_TEXT`](super::MAX_TEXT).
    #[error("a text is longer than {} bytes", super::MAX_TEXT)]
    TextTooLong,
    /// An entity other than the five of XML.
    #[error("the document uses an entity that XML does not define")]
    UnknownEntity,
    /// Not well-formed.
    #[error("not well-formed XML at byte {offset}")]
    Malformed {
        /// Where reading stopped, bytes from the start (after a byte order mark).
        offset: u64,
    },
    /// Ends inside an element.
    #[error("the document ends too early")]
    Truncated,
    /// Markup within a text contradicts the rest: an element ends or stands twice where the schema has it once.
    #[error("markup in a text contradicts the event")]
    Doubtful,
    /// Well-formed, but the root is not `Event`.
    #[error("the root element is not an event")]
    NotAnEvent,
}

impl XsiError {
    /// One of each kind, for programs that have sentences of their own.
    pub const EVERY: [Self; 15] = [
        Self::Empty,
        Self::BodyTooLarge,
        Self::NotUtf8,
        Self::OtherEncoding,
        Self::ControlCharacter,
        Self::Doctype,
        Self::TooDeep,
        Self::TooManyElements,
        Self::TooManyAttributes,
        Self::TextTooLong,
        Self::UnknownEntity,
        Self::Malformed { offset: 0 },
        Self::Truncated,
        Self::Doubtful,
        Self::NotAnEvent,
    ];

    /// A stable word for counters, for the event journal and for choosing the text a person reads.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::BodyTooLarge => "body_too_large",
            Self::NotUtf8 => "not_utf8",
            Self::OtherEncoding => "other_encoding",
            Self::ControlCharacter => "control_character",
            Self::Doctype => "doctype",
            Self::TooDeep => "too_deep",
            Self::TooManyElements => "too_many_elements",
            Self::TooManyAttributes => "too_many_attributes",
            Self::TextTooLong => "text_too_long",
            Self::UnknownEntity => "unknown_entity",
            Self::Malformed { .. } => "malformed",
            Self::Truncated => "truncated",
            Self::Doubtful => "doubtful",
            Self::NotAnEvent => "not_an_event",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::XsiError;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_is_listed_with_words_of_its_own() {
        let texts: BTreeSet<String> = XsiError::EVERY.iter().map(ToString::to_string).collect();
        let codes: BTreeSet<&str> = XsiError::EVERY.iter().map(|error| error.code()).collect();
        assert_eq!(
            (texts.len(), codes.len()),
            (XsiError::EVERY.len(), XsiError::EVERY.len())
        );
        for error in XsiError::EVERY {
            match error {
                // A new one does not compile here before it is listed above.
                XsiError::Empty
                | XsiError::BodyTooLarge
                | XsiError::NotUtf8
                | XsiError::OtherEncoding
                | XsiError::ControlCharacter
                | XsiError::Doctype
                | XsiError::TooDeep
                | XsiError::TooManyElements
                | XsiError::TooManyAttributes
                | XsiError::TextTooLong
                | XsiError::UnknownEntity
                | XsiError::Malformed { .. }
                | XsiError::Truncated
                | XsiError::Doubtful
                | XsiError::NotAnEvent => {}
            }
        }
    }
}
