//! A position in the document that moves from element to element and enforces the limits on the way.
//!
//! Nothing is built: texts are borrowed from the body until a field keeps them.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::attributes::{AttrError, Attribute};
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::{MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_TEXT, XsiError};

pub(super) struct Cursor<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    depth: usize,
    elements: usize,
    /// Offset of the `<` of the element opened last, or of the blanks before it.
    opened_at: u64,
    /// Whether elements stand twice was looked at before.
    mended: bool,
}

/// Which names have stood under one parent, one bit for several names.
#[derive(Default)]
pub(super) struct Seen(u64);

impl Seen {
    /// Spreads the names of the reference over the 64 bits so that those of one parent never share one (a test holds
    /// this).
    const FACTOR: u32 = 0xaf28_2f5b;

    fn bit(name: &str) -> u64 {
        let bytes = name.as_bytes();
        let at = |i: usize| bytes.get(i).copied().unwrap_or_default();
        let word = u32::from_be_bytes([bytes.len() as u8, at(0), at(1), at(bytes.len().saturating_sub(1))]);
        1 << (word.wrapping_mul(Self::FACTOR) >> 26)
    }

    /// False where the name, or another one that shares its bit, was there before.
    fn is_first(&mut self, name: &str) -> bool {
        let bit = Self::bit(name);
        let first = self.0 & bit == 0;
        self.0 |= bit;
        first
    }
}

/// What the document holds next; comments and processing instructions are passed over.
enum Node<'a> {
    Open(BytesStart<'a>),
    Close,
    /// Character data, entities resolved. One text may come in several pieces.
    Text(Cow<'a, str>),
    End,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        // `<a/>` then reads like `<a></a>`: one shape less everywhere below.
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            text,
            depth: 0,
            elements: 0,
            opened_at: 0,
            mended: false,
        }
    }

    /// Over a document that [`mend`](super::mend) wrote.
    pub(super) fn mended(text: &'a str) -> Self {
        Self {
            mended: true,
            ..Self::new(text)
        }
    }

    /// Enters the root element.
    pub(super) fn root(&mut self) -> Result<BytesStart<'a>, XsiError> {
        loop {
            match self.next()? {
                Node::Open(start) => return Ok(start),
                Node::Text(text) if is_blank(&text) => {}
                Node::End => return Err(XsiError::Empty),
                Node::Text(_) | Node::Close => return Err(self.malformed()),
            }
        }
    }

    /// Enters the next child of the current element, or leaves the element when there is none.
    pub(super) fn child(&mut self) -> Result<Option<BytesStart<'a>>, XsiError> {
        // The line breaks between elements are a third of all that a document holds.
        self.pass_over_blanks(true);
        loop {
            match self.next()? {
                Node::Open(start) => return Ok(Some(start)),
                Node::Close => return Ok(None),
                Node::Text(_) => {}
                Node::End => return Err(XsiError::Truncated),
            }
        }
    }

    /// The same where the schema has each child once.
    ///
    /// # Errors
    /// [`XsiError::Doubtful`] where a child may stand there twice: the document must be looked at more closely.
    pub(super) fn once(&mut self, seen: &mut Seen) -> Result<Option<BytesStart<'a>>, XsiError> {
        let child = self.child()?;
        if let Some(child) = &child {
            self.see(seen, child.local_name().into_inner())?;
        }
        Ok(child)
    }

    /// See [`Self::once`].
    pub(super) fn see(&self, seen: &mut Seen, name: &str) -> Result<(), XsiError> {
        if seen.is_first(name) { Ok(()) } else { self.doubt() }
    }

    /// An error unless the document was looked at before.
    pub(super) fn doubt(&self) -> Result<(), XsiError> {
        if self.mended { Ok(()) } else { Err(XsiError::Doubtful) }
    }

    /// Leaves the current element.
    pub(super) fn skip(&mut self) -> Result<(), XsiError> {
        let outside = self.depth - 1;
        while self.depth > outside {
            if matches!(self.next()?, Node::End) {
                return Err(XsiError::Truncated);
            }
        }
        Ok(())
    }

    /// Leaves the current element, which must be the one entered last, and returns it whole as it is written.
    pub(super) fn raw(&mut self) -> Result<&'a str, XsiError> {
        let from = self.opened_at as usize;
        self.skip()?;
        let to = self.reader.buffer_position() as usize;
        let raw = self.text.get(from..to).map(str::trim_ascii_start);
        raw.ok_or_else(|| self.malformed())
    }

    /// Leaves the current element and stores its own text, trimmed, if it has any and `slot` has none.
    pub(super) fn text_into(&mut self, slot: &mut Option<String>) -> Result<(), XsiError> {
        self.value(slot, |text| Some(text.to_owned()))
    }

    /// The same for a whole number.
    pub(super) fn number_into(&mut self, slot: &mut Option<i64>) -> Result<(), XsiError> {
        self.value(slot, |text| text.parse().ok())
    }

    /// The same for anything that can be told from the text.
    pub(super) fn value<T>(
        &mut self,
        slot: &mut Option<T>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<(), XsiError> {
        let text = self.own_text()?;
        let text = text.trim();
        if slot.is_none() && !text.is_empty() {
            *slot = read(text);
        }
        Ok(())
    }

    /// Whether blanks before the next node are no text.
    fn pass_over_blanks(&mut self, are_passed_over: bool) {
        self.reader.config_mut().trim_text_start = are_passed_over;
    }

    fn own_text(&mut self) -> Result<Cow<'a, str>, XsiError> {
        // One behind a reference is: `A &amp; B`.
        self.pass_over_blanks(false);
        let mut all = Cow::Borrowed("");
        loop {
            match self.next()? {
                Node::Text(piece) => {
                    if all.len() + piece.len() > MAX_TEXT {
                        return Err(XsiError::TextTooLong);
                    }
                    // `+=` of Cow takes over the right side while the left is empty: no copy for a text in one piece.
                    all += piece;
                }
                Node::Open(_) => self.skip()?,
                Node::Close => return Ok(all),
                Node::End => return Err(XsiError::Truncated),
            }
        }
    }

    /// Checks that nothing but comments and blanks follows the root.
    pub(super) fn finish(&mut self) -> Result<(), XsiError> {
        loop {
            match self.next()? {
                Node::End => return Ok(()),
                Node::Text(text) if is_blank(&text) => {}
                _ => return Err(self.malformed()),
            }
        }
    }

    fn next(&mut self) -> Result<Node<'a>, XsiError> {
        loop {
            let at = self.reader.buffer_position();
            return Ok(match self.reader.read_event().map_err(|_| self.malformed())? {
                Event::Start(start) => {
                    self.open(&start)?;
                    self.opened_at = at;
                    Node::Open(start)
                }
                Event::End(_) => {
                    self.depth = self.depth.checked_sub(1).ok_or_else(|| self.malformed())?;
                    Node::Close
                }
                Event::Text(text) => Node::Text(text.xml10_content()),
                Event::CData(data) => {
                    self.hides(&data)?;
                    Node::Text(data.xml10_content())
                }
                Event::GeneralRef(reference) => Node::Text(self.resolve(&reference)?),
                Event::Eof => Node::End,
                Event::DocType(_) => return Err(XsiError::Doctype),
                Event::Decl(declaration) => {
                    if at != 0 {
                        return Err(self.malformed());
                    }
                    if let Some(encoding) = declaration.encoding() {
                        let encoding = encoding.map_err(|_| self.malformed())?;
                        if !["utf-8", "utf8", "us-ascii"]
                            .iter()
                            .any(|name| encoding.eq_ignore_ascii_case(name))
                        {
                            return Err(XsiError::OtherEncoding);
                        }
                    }
                    continue;
                }
                Event::Comment(comment) => {
                    self.hides(&comment)?;
                    continue;
                }
                Event::PI(instruction) => {
                    self.hides(&instruction)?;
                    continue;
                }
                // The reader expands them.
                Event::Empty(_) => return Err(self.malformed()),
            });
        }
    }

    fn open(&mut self, start: &BytesStart<'a>) -> Result<(), XsiError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(XsiError::TooDeep);
        }
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(XsiError::TooManyElements);
        }
        if start.attributes_raw().is_empty() {
            return Ok(());
        }
        // XML forbids it there, quick-xml lets it pass, and a quote in one text could hide all up to a quote in another.
        if start.attributes_raw().contains('<') {
            return Err(self.malformed());
        }
        for (i, attribute) in start.attributes().with_checks(false).enumerate() {
            if i == MAX_ATTRIBUTES {
                return Err(XsiError::TooManyAttributes);
            }
            attribute.map_err(|_| self.malformed())?;
        }
        Ok(())
    }

    /// A section that holds an end tag may begin in one text and end in another.
    fn hides(&self, section: &str) -> Result<(), XsiError> {
        if section.contains("</") { self.doubt() } else { Ok(()) }
    }

    fn resolve(&self, reference: &BytesRef<'a>) -> Result<Cow<'a, str>, XsiError> {
        let name: &str = reference;
        Ok(Cow::Borrowed(match name {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            _ => {
                let c = reference
                    .resolve_char_ref()
                    .map_err(|_| self.malformed())?
                    .ok_or(XsiError::UnknownEntity)?;
                return match c {
                    c if !super::is_xml_character(c) => Err(XsiError::ControlCharacter),
                    c => Ok(Cow::Owned(c.into())),
                };
            }
        }))
    }

    fn malformed(&self) -> XsiError {
        XsiError::Malformed {
            offset: self.reader.buffer_position(),
        }
    }
}

/// The attributes of an element that the cursor has opened (and so counted and checked).
pub(super) fn attributes<'e>(element: &'e BytesStart<'_>) -> impl Iterator<Item = Result<Attribute<'e>, XsiError>> {
    let mut attributes = element.attributes();
    attributes.with_checks(false);
    attributes.map(|a| a.map_err(|_: AttrError| XsiError::Malformed { offset: 0 }))
}

/// The value of an attribute, references resolved.
pub(super) fn value<'e>(attribute: &Attribute<'e>) -> Result<Cow<'e, str>, XsiError> {
    attribute
        .normalized_value(XmlVersion::default())
        .map_err(|_| XsiError::UnknownEntity)
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn the_names_of_one_parent_share_no_bit() {
        for names in [
            "eventID sequenceNumber userId externalApplicationId subscriptionId httpContact targetId eventData channelId",
            "callId extTrackingId networkCallId personality state releaseCause releasingParty remoteParty redirections redirect \
             endpoint huntGroupUserId startTime answerTime heldTime totalHeldTime detachedTime releaseTime acdCallInfo recorded \
             recordingState appearance allowedRecordingControls recall allowAnswer allowRetrieve",
            "name address userId userDN callType privacy userInternal",
            "acdUserId acdName acdNumber waitTime callingPartyInfo numCallsInQueue",
        ] {
            let mut seen = Seen::default();
            for name in names.split_whitespace() {
                assert!(
                    seen.is_first(name),
                    "{name} would be taken for a repeat: find another factor"
                );
            }
        }
    }
}
