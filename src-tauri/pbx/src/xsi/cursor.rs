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
    /// Offset of the `<` of the element opened last.
    opened_at: u64,
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
        loop {
            match self.next()? {
                Node::Open(start) => return Ok(Some(start)),
                Node::Close => return Ok(None),
                Node::Text(_) => {}
                Node::End => return Err(XsiError::Truncated),
            }
        }
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
        self.text.get(from..to).ok_or_else(|| self.malformed())
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

    fn own_text(&mut self) -> Result<Cow<'a, str>, XsiError> {
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
                Event::CData(data) => Node::Text(data.xml10_content()),
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
                Event::Comment(_) | Event::PI(_) => continue,
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
        for (i, attribute) in start.attributes().with_checks(false).enumerate() {
            if i == MAX_ATTRIBUTES {
                return Err(XsiError::TooManyAttributes);
            }
            attribute.map_err(|_| self.malformed())?;
        }
        Ok(())
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
                    '\0'..='\u{1f}' if !matches!(c, '\t' | '\n' | '\r') => Err(XsiError::ControlCharacter),
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
