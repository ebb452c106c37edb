//! Bytes as text, whatever encoding they are in: for documents that are not plain UTF-8.
//!
//! All markup and all that decides is ASCII in every encoding that is met here, so only names can be misread. A charset
//! in the HTTP header outranks the XML declaration (RFC 7303), and the PBX's header says UTF-8 (reference 2.1), so the
//! declared encoding is tried only for a text that is not UTF-8. What then still does not read like a name becomes
//! U+FFFD: no name is better than a wrong one.

use std::borrow::Cow;

use encoding_rs::{Encoding, IBM866, ISO_8859_5, KOI8_R, KOI8_U, UTF_16BE, UTF_16LE, WINDOWS_1251};

const BOM: char = '\u{feff}';

/// The text without byte order marks and blanks at its start.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    // A mark of UTF-16 before a document of single bytes is passed over like any other odd bytes there.
    let body = match bytes {
        [0xFE, 0xFF, rest @ ..] | [0xFF, 0xFE, rest @ ..] => rest,
        _ => bytes,
    };
    let text = match wide(body) {
        Some(encoding) => encoding.decode_without_bom_handling(body).0,
        None => match std::str::from_utf8(body) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(by_pieces(body)),
        },
    };
    let odd = |c: char| c == BOM || is_blank_or_broken(c);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches(odd)),
        Cow::Owned(text) => Cow::Owned(text.trim_start_matches(odd).to_owned()),
    }
}

/// White space, a control character, or what stands for bytes that could not be read.
pub(super) fn is_blank_or_broken(c: char) -> bool {
    c.is_whitespace() || c.is_control() || c == char::REPLACEMENT_CHARACTER
}

/// UTF-16, by its first characters: they are ASCII in every XML document.
fn wide(body: &[u8]) -> Option<&'static Encoding> {
    let head = body.get(..8)?;
    let zero = |from: usize| head.iter().skip(from).step_by(2).all(|b| *b == 0);
    let ascii = |from: usize| head.iter().skip(from).step_by(2).all(|b| (1..0x80).contains(b));
    match (zero(0), zero(1)) {
        (false, true) if ascii(0) => Some(UTF_16LE),
        (true, false) if ascii(1) => Some(UTF_16BE),
        _ => None,
    }
}

/// Each text between two tags by itself: one broken name does not spoil the others.
fn by_pieces(body: &[u8]) -> String {
    let declared = declared(body).filter(|encoding| encoding.is_single_byte());
    let mut text = String::with_capacity(body.len() + 64);
    for piece in body.split_inclusive(|b| *b == b'>') {
        let tag = piece.iter().position(|b| *b == b'<').unwrap_or(piece.len());
        read(&piece[..tag], declared, &mut text);
        text.push_str(&String::from_utf8_lossy(&piece[tag..]));
    }
    text
}

/// The encoding that the XML declaration names.
fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let start = body.windows(5).take(64).position(|w| w == b"<?xml")?;
    let declaration = body[start..].split(|b| *b == b'>').next()?;
    let at = declaration.windows(8).position(|w| w == b"encoding")? + 8;
    let mut parts = declaration[at..].split(|b| matches!(b, b'"' | b'\''));
    let equals = parts.next()?;
    (equals.trim_ascii() == b"=").then_some(())?;
    Encoding::for_label(parts.next()?)
}

fn read(piece: &[u8], declared: Option<&'static Encoding>, text: &mut String) {
    let (mut valid, mut invalid) = (0, 0);
    for chunk in piece.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        invalid += chunk.invalid().len();
    }
    if invalid == 0 || valid > invalid {
        text.push_str(&String::from_utf8_lossy(piece));
        return;
    }
    if invalid > valid
        && let Some(found) = declared.and_then(|encoding| name(piece, encoding))
    {
        text.push_str(&found);
        return;
    }
    // Pairs of bytes of another encoding may look like UTF-8: none of them is believed.
    let mut broken = false;
    for byte in piece {
        if byte.is_ascii() {
            text.push(char::from(*byte));
        } else if !broken {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        broken = !byte.is_ascii();
    }
}

/// The text in the declared encoding, where it reads like one and in the encoding it is often mistaken for does not.
fn name<'b>(piece: &'b [u8], encoding: &'static Encoding) -> Option<Cow<'b, str>> {
    let readable = |encoding: &'static Encoding| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(piece)?;
        reads_like_words(&text).then_some(text)
    };
    let found = readable(encoding)?;
    let mistaken = if encoding == WINDOWS_1251 {
        Some(KOI8_R)
    } else if [KOI8_R, KOI8_U, ISO_8859_5, IBM866].contains(&encoding) {
        Some(WINDOWS_1251)
    } else {
        None
    };
    mistaken.is_none_or(|other| readable(other).is_none()).then_some(found)
}

/// Words of one alphabet each, in one of the ways words are capitalised. A wrong encoding gives signs, letters of
/// several alphabets in one word, or capitals behind small letters.
fn reads_like_words(text: &str) -> bool {
    let sign = |c: char| c.is_ascii() && !c.is_ascii_control() || "«»„“”‘’–—№…\u{a0}\t\r\n".contains(c);
    text.chars().all(|c| c.is_alphabetic() || sign(c))
        && text
            .split(|c: char| !c.is_alphabetic())
            .filter(|w| !w.is_empty())
            .all(is_word)
}

fn is_word(word: &str) -> bool {
    let ascii = word.chars().filter(char::is_ascii).count();
    if ascii == word.len() {
        return true;
    }
    let letters = word.chars().count();
    let cyrillic = word
        .chars()
        .filter(|c| matches!(c, 'а'..='я' | 'А'..='Я') || "ёЁіІїЇєЄґҐўЎ".contains(*c))
        .count();
    let european = word.chars().filter(|c| matches!(c, '\u{c0}'..='\u{24f}')).count();
    let one_alphabet = cyrillic == letters || ascii + european == letters && european <= ascii;
    let small = |c: char| !c.is_uppercase();
    let cased = word.chars().skip(1).all(small) || word.chars().all(char::is_uppercase);
    one_alphabet && cased
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(label: &str, name: &[u8]) -> Vec<u8> {
        let head = format!("<?xml version=\"1.0\" encoding='{label}'?><a><name>");
        [head.as_bytes(), name, b"</name></a>"].concat()
    }

    fn name_in(label: &str, bytes: &[u8]) -> String {
        let body = document(label, bytes);
        let text = decode(&body);
        text.split("<name>")
            .nth(1)
            .and_then(|rest| rest.split("</name>").next())
            .unwrap_or_default()
            .to_owned()
    }

    #[test]
    fn a_name_is_read_in_the_declared_encoding_where_it_is_not_utf8() {
        for (label, encoding, name) in [
            ("windows-1251", WINDOWS_1251, "Пётр Тестов"),
            ("CP1251", WINDOWS_1251, "ООО «Ромашка» № 5"),
            ("koi8-r", KOI8_R, "Пётр Тестов"),
            ("KOI8-U", KOI8_U, "Олег Тестов"),
            ("iso-8859-5", ISO_8859_5, "Пётр Тестов"),
            ("ibm866", IBM866, "Анна Тестова"),
            ("ISO-8859-1", encoding_rs::WINDOWS_1252, "Jürgen Müller-Test"),
        ] {
            assert_eq!(name_in(label, &encoding.encode(name).0), name, "{label}");
        }
    }

    #[test]
    fn a_label_that_does_not_fit_gives_no_rubbish() {
        let name = "Пётр Тестов ИВАН иванов Щукин";
        for label in [
            "windows-1251",
            "koi8-r",
            "iso-8859-5",
            "ibm866",
            "ISO-8859-1",
            "windows-1252",
            "UTF-8",
            "nonsense",
        ] {
            assert_eq!(name_in(label, name.as_bytes()), name, "UTF-8 outranks {label}");
            for encoding in [WINDOWS_1251, KOI8_R, ISO_8859_5, IBM866] {
                if Encoding::for_label(label.as_bytes()) == Some(encoding) {
                    continue;
                }
                let shown = name_in(label, &encoding.encode(name).0);
                let odd = shown
                    .chars()
                    .find(|c| !c.is_ascii() && *c != char::REPLACEMENT_CHARACTER);
                assert_eq!(odd, None, "{label} over {}: {shown}", encoding.name());
            }
        }
    }

    #[test]
    fn an_odd_byte_costs_only_itself() {
        assert_eq!(
            name_in(
                "UTF-8",
                b"\xD0\x98\xD0\x9F \xD0\x96\xD0\xB0\xD0\xBD \xD0\xB4\x92\xD0\x90\xD1\x80\xD0\xBA"
            ),
            "ИП Жан д\u{fffd}Арк"
        );
        assert_eq!(name_in("UTF-8", b"O\x92Brien"), "O\u{fffd}Brien");
    }

    #[test]
    fn utf16_is_known_by_its_bytes_and_a_mark_alone_is_passed_over() {
        let text = "<?xml version=\"1.0\"?><a><name>Пётр</name></a>";
        let units: Vec<u16> = text.encode_utf16().collect();
        for (mark, body) in [
            (
                &[0xFF, 0xFE][..],
                units.iter().flat_map(|u| u.to_le_bytes()).collect::<Vec<u8>>(),
            ),
            (&[0xFE, 0xFF][..], units.iter().flat_map(|u| u.to_be_bytes()).collect()),
        ] {
            assert_eq!(decode(&[mark, &body].concat()), text);
            assert_eq!(decode(&body), text, "without a mark");
            assert_eq!(decode(&[mark, text.as_bytes()].concat()), text, "the mark does not fit");
        }
        assert_eq!(decode(format!("\u{feff}\u{feff}\r\n {text}").as_bytes()), text);
    }
}
