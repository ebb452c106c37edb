//! The lenient way: a document that is not well-formed is written anew as one that is, and then read like any other.
//!
//! A name or a SIP Call-ID is chosen by the caller's device, and a PBX may copy it without escaping. So this must
//! read what decides about the call whatever such a text contains, and read nothing out of the text.
//!
//! * Markup that opens or closes no element of the event (`<b>`, `<a@b>`, `&`, `<!--`) is part of the text around it.
//! * A text can only reach out of its element by closing it. Then the end tag that the PBX wrote has no start tag any
//!   more, or the text opens the same element anew, which then stands twice under one parent. Either shows
//!   ([`doubtful`](Mender::doubtful)): of such a document only what stands before all texts that an outsider may
//!   choose is taken. The call is known; nobody else's words are.
//! * A value that decides and holds anything broken is left out. A name loses what is broken.

use quick_xml::escape::{escape, partial_escape};
use quick_xml::events::BytesText;

use super::decode::is_blank_or_broken;
use super::scan::{Piece, Scanner, Tag};
use super::{LISTS, MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_TEXT, XsiError, is_xml_character};

/// Elements that hold others which are read.
const CONTAINERS: [&str; 13] = [
    "Event",
    "eventData",
    "calls",
    "call",
    "remoteParty",
    "releaseCause",
    "redirections",
    "redirection",
    "party",
    "redirect",
    "endpoint",
    "acdCallInfo",
    "callingPartyInfo",
];
/// Texts that decide nothing.
const DECORATION: [&str; 2] = ["name", "acdName"];
/// Elements that say something by being there.
const FLAGS: [&str; 2] = ["privacy", "recorded"];
/// Texts that decide.
const DECIDING: [&str; 30] = [
    "eventID",
    "sequenceNumber",
    "subscriptionId",
    "targetId",
    "hookStatus",
    "reason",
    "callId",
    "extTrackingId",
    "personality",
    "state",
    "releasingParty",
    "internalReleaseCause",
    "cdrTerminationCause",
    "address",
    "userId",
    "userDN",
    "callType",
    "huntGroupUserId",
    "startTime",
    "answerTime",
    "heldTime",
    "totalHeldTime",
    "detachedTime",
    "releaseTime",
    "redirectTime",
    "recordingState",
    "addressOfRecord",
    "acdUserId",
    "acdNumber",
    "waitTime",
];

/// Whether the reader looks for elements of this name anywhere.
pub(super) fn is_known(local: &str) -> bool {
    [&CONTAINERS[..], &DECORATION, &FLAGS, &DECIDING]
        .iter()
        .any(|names| names.contains(&local))
}

struct Node<'a> {
    tag: Tag<'a>,
    /// Where it starts and ends in the text.
    at: (usize, usize),
    parent: Option<usize>,
    children: Vec<usize>,
    /// Its own text, references resolved.
    text: String,
    /// Something in the text was no XML.
    is_broken: bool,
    /// It or something in it is known.
    has_known: bool,
    /// A container where the reader looks for one.
    is_read: bool,
}

struct Mender<'a> {
    source: &'a str,
    nodes: Vec<Node<'a>>,
    /// Open elements, the root first.
    open: Vec<usize>,
    /// Markup contradicts itself: see the module.
    doubtful: bool,
}

/// The document as well-formed XML, and whether it is [doubtful](Mender::doubtful). `cause` is why it is not as it came.
pub(super) fn mend(text: &str, cause: XsiError) -> Result<(String, bool), XsiError> {
    let mut mender = Mender {
        source: text,
        nodes: Vec::new(),
        open: Vec::new(),
        doubtful: false,
    };
    mender.read(cause)?;
    mender.doubtful = mender.doubtful || mender.nodes.iter().any(|node| mender.repeats(node));
    let mut out = String::with_capacity(text.len());
    if mender.doubtful {
        mender.write_certain(&mut out);
    } else {
        mender.write(0, &mut out);
    }
    Ok((out, mender.doubtful))
}

impl<'a> Mender<'a> {
    fn read(&mut self, cause: XsiError) -> Result<(), XsiError> {
        let mut scanner = Scanner::new(self.source);
        self.root(&mut scanner, cause)?;
        let name = self.nodes[0].tag.name;
        let ends_with_root = self
            .source
            .rsplit("</")
            .next()
            .and_then(|end| end.strip_prefix(name))
            .is_some_and(|end| end.trim_start().starts_with('>'));
        if !ends_with_root && !self.open.is_empty() {
            return Err(cause);
        }
        while let Some((at, piece)) = scanner.next() {
            if self.doubtful {
                return Ok(());
            }
            let Some(top) = self.open.last().copied() else {
                // Behind the root.
                self.doubtful |= !matches!(piece, Piece::Nothing)
                    && !matches!(piece, Piece::Text(text) if text.chars().all(is_blank_or_broken));
                continue;
            };
            match piece {
                Piece::Nothing => {}
                Piece::Text(text) => self.text(top, text),
                Piece::CData(text) => self.nodes[top]
                    .text
                    .push_str(&BytesText::from_escaped(text).xml10_content()),
                Piece::Open(tag) => self.start(tag, at)?,
                Piece::Close(name) => self.end(name, at, scanner.at()),
            }
        }
        // The doubt may have come with the very last tag.
        if self.open.is_empty() || self.doubtful {
            Ok(())
        } else {
            Err(cause)
        }
    }

    /// Everything up to the start of the root, which must be an event.
    fn root(&mut self, scanner: &mut Scanner<'a>, cause: XsiError) -> Result<(), XsiError> {
        loop {
            match scanner.next() {
                Some((_, Piece::Nothing)) => {}
                Some((_, Piece::Text(text))) if text.chars().all(is_blank_or_broken) => {}
                Some((_, Piece::Text(text))) if text.starts_with("<!DOCTYPE") => return Err(XsiError::Doctype),
                Some((at, Piece::Open(tag))) if tag.local == "Event" => return self.start(tag, at),
                _ => return Err(cause),
            }
        }
    }

    fn text(&mut self, to: usize, text: &str) {
        let node = &mut self.nodes[to];
        node.is_broken |= !super::scan::resolve(&BytesText::from_escaped(text).xml10_content(), &mut node.text);
    }

    fn start(&mut self, tag: Tag<'a>, at: usize) -> Result<(), XsiError> {
        let known = is_known(tag.local);
        let parent = self.open.last().copied();
        let limit = if self.open.len() >= MAX_DEPTH {
            Some(XsiError::TooDeep)
        } else if self.nodes.len() >= MAX_ELEMENTS {
            Some(XsiError::TooManyElements)
        } else if tag.attributes > MAX_ATTRIBUTES {
            Some(XsiError::TooManyAttributes)
        } else {
            None
        };
        if let Some(limit) = limit {
            // Within a call it may be the caller's doing, who must not hide the call by it.
            let in_call = self.open.iter().any(|one| self.nodes[*one].tag.local == "call");
            return match parent.filter(|_| in_call) {
                None => Err(limit),
                Some(_) if known => {
                    self.doubtful = true;
                    Ok(())
                }
                Some(parent) => {
                    self.text(parent, tag.raw);
                    Ok(())
                }
            };
        }
        let index = self.nodes.len();
        let end = at + tag.raw.len();
        if let Some(parent) = parent {
            self.nodes[parent].children.push(index);
        }
        self.nodes.push(Node {
            tag,
            at: (at, end),
            parent,
            children: Vec::new(),
            text: String::new(),
            is_broken: false,
            has_known: known,
            is_read: match parent.map(|parent| &self.nodes[parent]) {
                None => true,
                Some(parent) => parent.is_read && holds(parent.tag.local, tag.local),
            },
        });
        if tag.is_empty {
            self.close(index, end);
        } else {
            self.open.push(index);
        }
        Ok(())
    }

    fn close(&mut self, index: usize, end: usize) {
        self.nodes[index].at.1 = end;
        if let (Some(parent), true) = (self.nodes[index].parent, self.nodes[index].has_known) {
            self.nodes[parent].has_known = true;
        }
    }

    fn end(&mut self, name: &'a str, at: usize, after: usize) {
        let Some(place) = self.open.iter().rposition(|one| self.nodes[*one].tag.name == name) else {
            // Of an element of the PBX it is the end of one that a text closed before.
            let local = super::scan::local(name);
            self.doubtful |= is_known(local)
                || self
                    .nodes
                    .iter()
                    .any(|node| node.tag.name == name && self.is_in_read(node));
            if let Some(top) = self.open.last() {
                self.text(*top, &self.source[at..after]);
            }
            return;
        };
        while self.open.len() > place + 1 {
            let Some(inner) = self.open.last().copied() else { return };
            if self.nodes[inner].has_known {
                self.doubtful = true;
                return;
            }
            self.open.pop();
            self.demote(inner);
        }
        if let Some(index) = self.open.pop() {
            self.close(index, after);
        }
    }

    /// Directly in a container that is read: what is in a text is not.
    fn is_in_read(&self, node: &Node<'a>) -> bool {
        node.parent.is_none_or(|parent| self.nodes[parent].is_read)
    }

    /// What looked like an element has no end: it is part of the text around it.
    fn demote(&mut self, index: usize) {
        let raw = self.nodes[index].tag.raw;
        let text = std::mem::take(&mut self.nodes[index].text);
        if let Some(parent) = self.nodes[index].parent {
            self.text(parent, raw);
            let parent = &mut self.nodes[parent];
            parent.text.push_str(&text);
            parent.is_broken = true;
            parent.children.pop_if(|child| *child == index);
        }
        // Its name is none of the PBX's.
        self.nodes[index].tag.name = "";
    }

    /// A child stands twice where the schema has it once, or other elements that decide stand between two of one name:
    /// a text may have closed its element and opened it anew. Equal ones side by side are harmless.
    fn repeats(&self, parent: &Node<'a>) -> bool {
        if !parent.is_read {
            return false;
        }
        let name = |child: &usize| self.nodes[*child].tag.local;
        let children = &parent.children;
        children.iter().enumerate().any(|(i, first)| {
            let Some(last) = children
                .iter()
                .rposition(|other| name(other) == name(first))
                .filter(|last| *last > i)
            else {
                return false;
            };
            if name(first) == "redirection" || name(first) == "call" && self.lists_calls(parent) {
                return false;
            }
            let between = || children[i + 1..last].iter();
            is_known(name(first)) && self.inner(*first) != self.inner(children[last])
                || between().any(|other| name(other) != name(first) && self.nodes[*other].has_known)
        })
    }

    fn lists_calls(&self, parent: &Node<'a>) -> bool {
        let data = match (parent.tag.local, parent.parent) {
            ("calls", Some(data)) => &self.nodes[data],
            _ => parent,
        };
        LISTS.iter().any(|kind| data.tag.raw.contains(kind.as_wire()))
    }

    fn inner(&self, index: usize) -> &'a str {
        let node = &self.nodes[index];
        self.source.get(node.at.0..node.at.1).unwrap_or_default()
    }

    /// Writes what stands before the first text that somebody outside may have chosen: the event's own elements, and of
    /// the first call those before its first party or unknown element.
    fn write_certain(&self, out: &mut String) {
        let root = &self.nodes[0];
        open(root, out);
        let mut ends = vec![root.tag.name];
        let leaves = |parent: &Node<'a>, out: &mut String| {
            let mut rest = parent.children.iter();
            rest.find(|child| {
                let node = &self.nodes[**child];
                let is_plain = DECIDING.contains(&node.tag.local) && !self.open.contains(child);
                // Of the event itself nobody outside writes any text.
                let is_foreign = parent.parent.is_none() && !is_known(node.tag.local);
                if is_plain {
                    self.write(**child, out);
                }
                !is_plain && !is_foreign
            })
            .map(|child| &self.nodes[*child])
        };
        let mut next = leaves(root, out);
        while let Some(node) = next.filter(|node| ["eventData", "calls", "call"].contains(&node.tag.local)) {
            open(node, out);
            ends.push(if node.tag.local == "eventData" {
                node.tag.name
            } else {
                node.tag.local
            });
            next = leaves(node, out);
        }
        for name in ends.into_iter().rev() {
            close(name, out);
        }
    }

    fn write(&self, index: usize, out: &mut String) {
        let node = &self.nodes[index];
        let local = node.tag.local;
        if self.is_kept_whole(node) {
            self.write_unknown(index, out);
        } else if !is_known(local) {
            // Nobody reads it.
        } else if CONTAINERS.contains(&local) {
            open(node, out);
            let mut before: Option<usize> = None;
            for child in node.children.iter().copied() {
                let node = &self.nodes[child];
                // The same once more says nothing; only lists may hold equal elements.
                let is_list = ["call", "redirection"].contains(&node.tag.local) || self.is_kept_whole(node);
                if is_list || before.is_none_or(|before| self.inner(before) != self.inner(child)) {
                    self.write(child, out);
                }
                before = Some(child)
                    .filter(|child| is_known(self.nodes[*child].tag.local))
                    .or(before);
            }
            close(if keeps_attributes(local) { node.tag.name } else { local }, out);
        } else if FLAGS.contains(&local) {
            open(node, out);
            close(local, out);
        } else if let Some(text) = text_of(node) {
            open(node, out);
            // A line end that was written as a reference stays one.
            out.push_str(&escape(text.as_str()).replace('\r', "&#13;"));
            close(local, out);
        }
    }

    /// An element directly in `eventData` that nothing reads.
    fn is_kept_whole(&self, node: &Node<'a>) -> bool {
        let in_data = node
            .parent
            .is_some_and(|parent| self.nodes[parent].tag.local == "eventData");
        in_data && !["call", "calls", "hookStatus", "reason"].contains(&node.tag.local)
    }

    /// Such an element, kept as it is written where it can be.
    fn write_unknown(&self, index: usize, out: &mut String) {
        let node = &self.nodes[index];
        let raw = self.inner(index);
        if !self.is_broken(index) && !raw.contains(|c| !is_xml_character(c)) {
            out.push_str(raw);
            return;
        }
        out.push('<');
        out.push_str(node.tag.name);
        out.push('>');
        out.push_str(&partial_escape(clean(&node.text).as_str()));
        for child in &node.children {
            self.write_unknown(*child, out);
        }
        close(node.tag.name, out);
    }

    fn is_broken(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        node.is_broken || !node.tag.is_well_formed || node.children.iter().any(|child| self.is_broken(*child))
    }
}

/// Whether the one container stands in the other.
fn holds(parent: &str, child: &str) -> bool {
    match child {
        "eventData" => parent == "Event",
        "calls" => parent == "eventData",
        "call" => matches!(parent, "eventData" | "calls"),
        "remoteParty" | "releaseCause" | "redirections" | "redirect" | "endpoint" | "acdCallInfo" => parent == "call",
        "redirection" => parent == "redirections",
        "party" => parent == "redirection",
        "callingPartyInfo" => parent == "acdCallInfo",
        _ => false,
    }
}

/// The kind of event stands in an attribute; no other attribute is read.
fn keeps_attributes(local: &str) -> bool {
    matches!(local, "Event" | "eventData")
}

fn open(node: &Node<'_>, out: &mut String) {
    out.push('<');
    if keeps_attributes(node.tag.local) && node.tag.is_well_formed {
        out.push_str(node.tag.head());
    } else if keeps_attributes(node.tag.local) {
        out.push_str(node.tag.name);
    } else {
        out.push_str(node.tag.local);
    }
    out.push('>');
}

fn close(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// The text as it may be taken: of a name what can be read, of what decides all or nothing. Control characters at
/// either end are the padding of a C string.
fn text_of(node: &Node<'_>) -> Option<String> {
    let is_decoration = DECORATION.contains(&node.tag.local);
    let text = node
        .text
        .trim_matches(|c: char| c.is_whitespace() || !is_xml_character(c));
    let broken = |c: char| c == char::REPLACEMENT_CHARACTER || !is_xml_character(c);
    if !node.is_broken && !text.contains(broken) {
        return Some(text.to_owned()).filter(|text| !is_decoration || text.len() <= MAX_TEXT);
    }
    if !is_decoration {
        return None;
    }
    let mut text = clean(text);
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
    }
    // What is left of a broken name without a letter is none.
    text.contains(char::is_alphanumeric).then_some(text)
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| is_xml_character(*c)).collect()
}
