//! Xsi-Events documents (reference, part 2): bytes of one POST in, [`Event`] out.
//!
//! Elements are matched by local name, so whatever prefixes the PBX chooses do not matter (reference 2.3). Anything the
//! schema demands may be missing. A document that is not UTF-8, not well-formed, or has an element twice where the schema
//! has it once is mended ([`mod@mend`]) and read again, so that a broken name hides no call. What is refused is refused
//! because reading on would be unsafe or a guess: a DTD, one of the limits below, or nothing that decides is left. No
//! error quotes the document: it holds people's numbers.

mod call;
mod cursor;
mod decode;
mod error;
mod mend;
mod scan;

use perezvon_core::event::{CallData, Event, EventKind};
use quick_xml::events::BytesStart;

use self::cursor::{Cursor, Seen};
pub use self::error::XsiError;

/// Longest body, bytes. The largest example of the reference has 4 KiB; a `CallSubscriptionEvent` with forty calls fits.
pub const MAX_BODY: usize = 64 * 1024;
/// Deepest nesting of elements; events go to 8.
pub const MAX_DEPTH: usize = 32;
/// Most elements in one document.
pub const MAX_ELEMENTS: usize = 4096;
/// Most attributes of one element, namespace declarations included.
pub const MAX_ATTRIBUTES: usize = 16;
/// Longest text of one element that is read, bytes; ids and names have less than 200.
pub const MAX_TEXT: usize = 4096;
/// Most unknown children of `eventData` that are kept in [`Event::unknown`]; more are read and dropped.
pub const MAX_UNKNOWN: usize = 32;

const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The kinds of event that may speak of several calls (reference 2.4, 2.8.10).
static LISTS: [EventKind; 3] = [
    EventKind::CallSubscription,
    EventKind::CallSubscriptionResync,
    EventKind::CallRedirected,
];

/// An event and how it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What the document says.
    pub event: Event,
    /// What was wrong with the document, where it had to be mended. With [`XsiError::Doubtful`] only what stands before
    /// all texts that an outsider may choose was read.
    pub mended: Option<XsiError>,
}

/// [`read`] without saying how.
///
/// # Errors
/// As [`read`].
pub fn parse(bytes: &[u8]) -> Result<Event, XsiError> {
    read(bytes).map(|read| read.event)
}

/// Reads one event.
///
/// Empty text counts as absent. Times and counters that are no numbers are left out, and so are times outside the years
/// 2000 to 2099.
///
/// # Errors
/// [`XsiError`] says why the document is not readable; see there.
pub fn read(bytes: &[u8]) -> Result<Read, XsiError> {
    match strict(bytes) {
        Ok(event) => Ok(Read { event, mended: None }),
        Err(cause @ (XsiError::BodyTooLarge | XsiError::Empty | XsiError::NotAnEvent)) => Err(cause),
        Err(cause) => lenient(bytes, cause),
    }
}

fn strict(bytes: &[u8]) -> Result<Event, XsiError> {
    document(Cursor::new(decode(bytes)?))
}

/// The same by mending first, even where the document needs none: for tests, which hold both ways against each other.
///
/// # Errors
/// As [`read`].
#[doc(hidden)]
pub fn read_leniently(bytes: &[u8]) -> Result<Read, XsiError> {
    if bytes.len() > MAX_BODY {
        return Err(XsiError::BodyTooLarge);
    }
    lenient(bytes, XsiError::Malformed { offset: 0 })
}

fn lenient(bytes: &[u8], cause: XsiError) -> Result<Read, XsiError> {
    // The doubt may be unfounded; then nothing else is wrong.
    let flaw = match cause {
        XsiError::Doubtful => document(Cursor::mended(decode(bytes)?)).err(),
        cause => Some(cause),
    };
    let cause = flaw.unwrap_or(cause);
    let (text, is_doubtful) = mend::mend(&decode::decode(bytes), cause)?;
    let mended = if is_doubtful { Some(XsiError::Doubtful) } else { flaw };
    let event = document(Cursor::mended(&text)).map_err(|_| cause)?;
    let has_key = |call: &CallData| call.call_id.is_some() || call.tracking_id.is_some();
    let says_nothing = event.kind == EventKind::Missing || !event.calls.is_empty() && !event.calls.iter().any(has_key);
    if mended.is_some() && says_nothing {
        return Err(cause);
    }
    Ok(Read { event, mended })
}

fn document(mut cursor: Cursor<'_>) -> Result<Event, XsiError> {
    let root = cursor.root()?;
    if root.local_name().into_inner() != "Event" {
        return Err(XsiError::NotAnEvent);
    }
    let mut event = Event::default();
    let mut seen = Seen::default();
    while let Some(child) = cursor.once(&mut seen)? {
        match child.local_name().into_inner() {
            "eventID" => cursor.text_into(&mut event.event_id)?,
            "sequenceNumber" => cursor.number_into(&mut event.sequence)?,
            "subscriptionId" => cursor.text_into(&mut event.subscription_id)?,
            "targetId" => cursor.text_into(&mut event.target)?,
            "eventData" => {
                event.kind = kind(&root, &child)?;
                event_data(&mut cursor, &mut event)?;
            }
            _ => cursor.skip()?,
        }
    }
    cursor.finish()?;
    if event.calls.len() > 1 && !LISTS.contains(&event.kind) {
        cursor.doubt()?;
    }
    Ok(event)
}

/// The body as text without the byte order mark, after the checks that need no XML.
fn decode(bytes: &[u8]) -> Result<&str, XsiError> {
    if bytes.len() > MAX_BODY {
        return Err(XsiError::BodyTooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if matches!(
        bytes,
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [b'<', 0, ..] | [0, b'<', ..]
    ) {
        return Err(XsiError::NotUtf8);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| XsiError::NotUtf8)?;
    // XML forbids them, quick-xml lets them pass, and a NUL in a name would later break a notification.
    // To the end, so that many bytes are compared at once: there is hardly ever one.
    let is_control = |b: u8| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
    if bytes.iter().fold(false, |found, &b| found | is_control(b)) {
        return Err(XsiError::ControlCharacter);
    }
    if text.trim_start().is_empty() {
        return Err(XsiError::Empty);
    }
    Ok(text)
}

/// What XML 1.0 lets stand in a document.
fn is_xml_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn event_data(cursor: &mut Cursor<'_>, event: &mut Event) -> Result<(), XsiError> {
    let mut seen = Seen::default();
    while let Some(child) = cursor.child()? {
        let name = child.local_name().into_inner();
        if name != "call" {
            cursor.see(&mut seen, name)?;
        }
        match name {
            "call" => event.calls.push(call::call(cursor)?),
            "calls" => calls(cursor, event)?,
            "hookStatus" => cursor.text_into(&mut event.hook_status)?,
            "reason" => cursor.text_into(&mut event.reason)?,
            _ => {
                let raw = cursor.raw()?;
                if event.unknown.len() < MAX_UNKNOWN {
                    event.unknown.push(raw.to_owned());
                }
            }
        }
    }
    Ok(())
}

fn calls(cursor: &mut Cursor<'_>, event: &mut Event) -> Result<(), XsiError> {
    let mut seen = Seen::default();
    while let Some(child) = cursor.child()? {
        match child.local_name().into_inner() {
            "call" => event.calls.push(call::call(cursor)?),
            name => {
                cursor.see(&mut seen, name)?;
                cursor.skip()?;
            }
        }
    }
    Ok(())
}

/// The kind from the `type` attribute of `eventData`, whose value is a QName with a prefix (reference 2.3).
fn kind(root: &BytesStart<'_>, data: &BytesStart<'_>) -> Result<EventKind, XsiError> {
    let mut found = None;
    for attribute in cursor::attributes(data) {
        let attribute = attribute?;
        let (local, prefix) = attribute.key.decompose();
        if local.into_inner() != "type" || prefix.is_some_and(|p| p.into_inner() == "xmlns") {
            continue;
        }
        let is_schema_instance = match prefix {
            Some(prefix) => {
                let prefix = prefix.into_inner();
                let declared = match namespace(data, prefix)? {
                    None => namespace(root, prefix)?,
                    declared => declared,
                };
                declared.as_deref() == Some(SCHEMA_INSTANCE)
            }
            None => false,
        };
        if is_schema_instance || found.is_none() {
            found = Some(cursor::value(&attribute)?);
        }
        if is_schema_instance {
            break;
        }
    }
    let Some(value) = found else {
        return Ok(EventKind::Missing);
    };
    if value.len() > MAX_TEXT {
        return Err(XsiError::TextTooLong);
    }
    let local = value.rsplit(':').next().unwrap_or_default();
    Ok(EventKind::from_wire(local.trim()))
}

/// What `prefix` stands for by a declaration on this element.
fn namespace<'e>(element: &'e BytesStart<'_>, prefix: &str) -> Result<Option<std::borrow::Cow<'e, str>>, XsiError> {
    for attribute in cursor::attributes(element) {
        let attribute = attribute?;
        let (local, xmlns) = attribute.key.decompose();
        if xmlns.is_some_and(|x| x.into_inner() == "xmlns") && local.into_inner() == prefix {
            return cursor::value(&attribute).map(Some);
        }
    }
    Ok(None)
}
