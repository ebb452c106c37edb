//! Pieces of a document that may not be XML. Every tag that could be one is given; whether it is one is decided by what
//! stands around it.

use super::is_xml_character;
use super::mend::is_known;

/// Longest comment, CDATA section or processing instruction that is taken for one, bytes. Bounds the search for its end.
const MAX_SECTION_BYTES: usize = 1024;

#[derive(Clone, Copy)]
pub(super) struct Tag<'a> {
    /// From `<` to `>`.
    pub(super) raw: &'a str,
    /// With its prefix.
    pub(super) name: &'a str,
    pub(super) local: &'a str,
    /// How many.
    pub(super) attributes: usize,
    /// `<a/>`.
    pub(super) is_empty: bool,
    /// The attributes are as XML wants them.
    pub(super) is_well_formed: bool,
}

impl<'a> Tag<'a> {
    /// Name and attributes.
    pub(super) fn head(&self) -> &'a str {
        self.raw
            .trim_start_matches('<')
            .trim_end_matches('>')
            .trim_end_matches('/')
    }
}

pub(super) enum Piece<'a> {
    Open(Tag<'a>),
    /// The name with its prefix.
    Close(&'a str),
    /// Text with references, not resolved. It begins with `<` where that is no markup.
    Text(&'a str),
    /// Text as it is.
    CData(&'a str),
    /// A comment, a processing instruction, the XML declaration.
    Nothing,
}

pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the next piece starts.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next piece and where it starts.
    pub(super) fn next(&mut self) -> Option<(usize, Piece<'a>)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let (length, piece) = markup(rest).unwrap_or_else(|| {
            let length = rest
                .bytes()
                .skip(1)
                .position(|b| b == b'<')
                .map_or(rest.len(), |i| i + 1);
            (length, Piece::Text(&rest[..length]))
        });
        let at = self.at;
        self.at += length;
        Some((at, piece))
    }
}

fn markup(text: &str) -> Option<(usize, Piece<'_>)> {
    if let Some(section) = section(text, "<!--", "-->") {
        return Some((section.len() + 7, Piece::Nothing));
    }
    if let Some(section) = section(text, "<![CDATA[", "]]>") {
        return Some((section.len() + 12, Piece::CData(section)));
    }
    // Without a name (`<?>`) it is none: each reader would find another end of it.
    if let Some(section) = section(text, "<?", "?>").filter(|section| name(section).is_some()) {
        return Some((section.len() + 4, Piece::Nothing));
    }
    if let Some(after) = text.strip_prefix("</") {
        let name = name(after)?;
        let end = after[name.len()..].trim_start().strip_prefix('>')?;
        return Some((text.len() - end.len(), Piece::Close(name)));
    }
    tag(text).map(|tag| (tag.raw.len(), Piece::Open(tag)))
}

/// What stands between `start` and the nearest `end`. A section that would swallow an element of the event is none: its
/// start and end may stand in two texts.
fn section<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let inner = text.strip_prefix(start)?;
    let window = &inner[..inner.floor_char_boundary(MAX_SECTION_BYTES)];
    let inner = &window[..window.find(end)?];
    let mut tags = inner
        .match_indices('<')
        .map(|(at, _)| inner[at + 1..].trim_start_matches('/'));
    let swallows = tags.any(|tag| name(tag).is_some_and(|name| is_known(local(name))));
    (!swallows).then_some(inner)
}

/// A start tag. Those of known elements are tags whatever their attributes are like.
fn tag(text: &str) -> Option<Tag<'_>> {
    let inner = text.strip_prefix('<')?;
    let name = name(inner)?;
    let (mut rest, mut attributes, mut is_well_formed) = (&inner[name.len()..], 0, true);
    while !rest.trim_start().starts_with(['>', '/']) {
        if let Some(after) = attribute(rest) {
            attributes += 1;
            rest = after;
        } else {
            is_well_formed = false;
            break;
        }
    }
    rest = rest.trim_start();
    let end = rest.strip_prefix('/').unwrap_or(rest).strip_prefix('>');
    let length = match end {
        Some(end) if is_well_formed => text.len() - end.len(),
        _ if is_known(local(name)) => {
            is_well_formed = false;
            let end = inner.find(['<', '>']).filter(|end| inner[*end..].starts_with('>'))?;
            end + 2
        }
        _ => return None,
    };
    let raw = &text[..length];
    Some(Tag {
        raw,
        name,
        local: local(name),
        attributes,
        is_empty: raw.ends_with("/>"),
        is_well_formed,
    })
}

/// What follows one attribute with the blanks before it.
fn attribute(text: &str) -> Option<&str> {
    let inner = text.trim_start();
    let name = name(inner).filter(|_| inner.len() < text.len())?;
    let value = inner[name.len()..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let value = &value[1..];
    let end = value.find(['<', quote])?;
    let (value, after) = value.split_at(end);
    // DEL and the controls of Latin-1 are characters of XML, and the strict way reads them.
    let odd = |c: char| !is_xml_character(c) || c == char::REPLACEMENT_CHARACTER;
    let references = resolve(value, &mut String::new());
    (references && !value.contains(odd))
        .then(|| after.strip_prefix(quote))
        .flatten()
}

fn name(text: &str) -> Option<&str> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.');
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let name = &text[..end];
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        .then_some(name)
}

pub(super) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Appends the text with its references resolved; false where something in it is no XML. What stands for no character
/// is dropped, an unknown name is kept as it is written.
pub(super) fn resolve(text: &str, out: &mut String) -> bool {
    let mut is_whole = !text.starts_with('<');
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        // The longest that is known is `#x10FFFF` with some zeros before.
        let window = &rest[..rest.floor_char_boundary(16)];
        let end = window.find(|c: char| !c.is_alphanumeric() && c != '#');
        let Some(end) = end.filter(|end| *end > 0 && rest[*end..].starts_with(';')) else {
            is_whole = false;
            out.push('&');
            continue;
        };
        let name = &rest[..end];
        match (character(name), name.starts_with('#')) {
            (Some(c), _) => out.push(c),
            (None, true) => is_whole = false,
            (None, false) => {
                is_whole = false;
                match html(name) {
                    Some(c) => out.push(c),
                    None => out.extend(["&", name, ";"]),
                }
            }
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    is_whole
}

/// What XML itself knows.
fn character(name: &str) -> Option<char> {
    let code = match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let code = match code.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => code.parse(),
    };
    char::from_u32(code.ok()?).filter(|c| super::is_xml_character(*c))
}

/// The names of HTML that people's names are written with.
fn html(name: &str) -> Option<char> {
    Some(match name {
        "nbsp" => '\u{a0}',
        "laquo" => '«',
        "raquo" => '»',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        _ => return None,
    })
}
