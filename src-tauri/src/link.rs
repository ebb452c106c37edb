//! What a `tel:`, `callto:` or `sip:` link (or a number given as an argument) asks to dial. Such a text comes from
//! anywhere, a hidden frame of a web page included, so it is only read here: who may dial it is decided in `dial.rs`.
//!
//! Sites write these links in many broken ways (RFC 3966 in theory): `+` for blanks, everything percent-encoded, twice
//! too, HTML references, a scheme twice, words or post-dial digits behind. What the number is decides
//! [`perezvon_core::Number`]; here is only what is special about links.

use percent_encoding::percent_decode_str;
use perezvon_core::Number;
use std::borrow::Cow;

/// Longest link that is read, characters.
const LENGTH_MAX_CHARS: usize = 512;

/// Encodings that are taken off, one in another; nobody nests more by mistake.
const LAYERS_MAX: usize = 6;

/// Digits of the shortest number that is no extension and no service number.
const PLAIN_DIGITS: usize = 7;

/// Digits of a Russian number with its 8 or 7.
const FULL_DIGITS: usize = 11;

/// What a link asks to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dial {
    /// A number without codes: a full one, an extension, or a service number such as 112.
    Number(Number),
    /// A code of the PBX or of the network (`*21*…#`), as read. It can switch a forwarding on: never dialled from a link.
    Code(String),
    /// No number can be read; the text as a person would read it.
    Unread(String),
}

/// Reads the link, or a number without a scheme.
pub(crate) fn read(text: &str) -> Dial {
    let text: String = text.trim().chars().take(LENGTH_MAX_CHARS).collect();
    let (is_sip, body) = decoded(&text);
    let written = if is_sip { body.clone() } else { blanks_for_plus(&body) };
    let dialled = without_tail(&written);
    if written.starts_with(is_code_sign) || dialled.chars().any(is_code_sign) {
        let code = if is_sip { body.split('@').next() } else { None };
        return Dial::Code(code.unwrap_or(&body).to_owned());
    }
    // A minus in front belongs to no number, but to an option of a command line.
    if written.starts_with('-') {
        return Dial::Unread(written);
    }
    let number = Number::parse(&format!("{}:{dialled}", if is_sip { "sip" } else { "tel" }));
    match &number {
        Number::E164 { .. } => Dial::Number(number),
        Number::Extension(digits) | Number::Service(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            Dial::Number(number)
        }
        Number::Service(code) => Dial::Code(code.clone()),
        _ => Dial::Unread(written),
    }
}

/// What is selected in another program: a number, or a text with one in it.
pub(crate) fn read_selected(text: &str) -> Dial {
    let whole = read(text);
    if !matches!(whole, Dial::Unread(_)) {
        return whole;
    }
    let text: String = text.chars().take(LENGTH_MAX_CHARS).collect();
    let of_number = |c: char| c.is_ascii_digit() || c.is_whitespace() && c != '\n' || "+()-–‑.".contains(c);
    let digits = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
    let numbers: Vec<(&str, Dial)> = text
        .split(|c: char| !of_number(c))
        .filter(|part| digits(part) >= PLAIN_DIGITS)
        .map(|part| part.trim_matches(|c: char| !c.is_ascii_digit() && c != '+' && c != '('))
        .map(|part| (part, read(part)))
        .filter(|(_, dial)| matches!(dial, Dial::Number(_)))
        .collect();
    // Many numbers are of no telephone: one that is written as a telephone's goes first.
    let written_in_full = |part: &str| part.starts_with('+') || part.starts_with('8') && digits(part) == FULL_DIGITS;
    let best = numbers
        .iter()
        .find(|(part, _)| written_in_full(part))
        .or_else(|| numbers.first());
    best.map_or(whole, |(_, dial)| dial.clone())
}

/// A number that a setting may let through without a question: at least seven digits, no extension, no service number.
pub(crate) fn is_plain(number: &Number) -> bool {
    matches!(number, Number::E164 { .. }) && number.search_digits().len() >= PLAIN_DIGITS
}

/// Takes schemes and encodings off until nothing changes. True for an address of SIP.
fn decoded(text: &str) -> (bool, String) {
    let (mut is_sip, mut text) = (false, text.to_owned());
    for _ in 0..LAYERS_MAX {
        let mut inner = text.trim();
        while let Some((sip, rest)) = without_scheme(inner) {
            is_sip |= sip;
            inner = rest;
        }
        let inner = unescaped(inner);
        // Bytes that are no UTF-8 (a page in windows-1251) stay as they are written.
        let inner = percent_decode_str(&inner)
            .decode_utf8()
            .map_or_else(|_| inner.clone(), Cow::into_owned);
        if inner == text {
            break;
        }
        text = inner;
    }
    (is_sip, text)
}

/// Without `tel:`, `TEL://`, `callto:///`…; and whether it was one of SIP.
fn without_scheme(text: &str) -> Option<(bool, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_sip = match scheme.trim().to_ascii_lowercase().as_str() {
        "tel" | "callto" => false,
        "sip" | "sips" => true,
        _ => return None,
    };
    Some((is_sip, rest.trim_start_matches('/').trim()))
}

/// HTML's numeric references and the names that occur in numbers: `&#43;`, `&#x2B;`, `&plus;`, `&nbsp;`, `&amp;`.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let reference = part
            .split_once(';')
            .and_then(|(name, rest)| Some((letter(name)?, rest)));
        if let Some((letter, rest)) = reference {
            out.push(letter);
            out.push_str(rest);
        } else {
            out.push('&');
            out.push_str(part);
        }
    }
    out
}

fn letter(name: &str) -> Option<char> {
    match name {
        "plus" => return Some('+'),
        "nbsp" => return Some(' '),
        "amp" => return Some('&'),
        "ast" => return Some('*'),
        "num" => return Some('#'),
        _ => {}
    }
    let digits = name.strip_prefix('#')?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    code.ok().and_then(char::from_u32)
}

/// A `+` behind the beginning is a blank, written as in a form; in a parameter (`;phone-context=+7`) it stays.
fn blanks_for_plus(body: &str) -> String {
    let mut before = '=';
    let written: String = body
        .chars()
        .map(|letter| {
            let is_blank = letter == '+' && before != '=';
            before = letter;
            if is_blank { ' ' } else { letter }
        })
        .collect();
    written.trim().to_owned()
}

/// Without what a telephone would send after the answer (`,,12#`, `p12`, `;postd=…`) and without other parameters.
/// What completes the number stays: `;ext=`, `;phone-context=`, one short extension behind a comma.
fn without_tail(body: &str) -> &str {
    let mut digits = 0;
    let end = body.char_indices().find(|(_, c)| {
        digits += usize::from(c.is_ascii_digit());
        digits >= PLAIN_DIGITS && (matches!(c, ',' | ';' | 'p' | 'w' | 'P' | 'W') || is_code_sign(*c))
    });
    let Some((end, _)) = end else { return body };
    let (head, tail) = body.split_at(end);
    let lower = tail.to_ascii_lowercase();
    let is_extension = tail.strip_prefix(',').is_some_and(|rest| {
        let rest = rest.trim();
        (1..=6).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit())
    });
    let completes = lower.starts_with(";ext=") || lower.contains(";phone-context=") || is_extension;
    let is_code = tail.chars().any(is_code_sign);
    // Words may begin with these letters too: «доб» and the like are of other letters, so nothing is lost.
    if completes && !is_code { body } else { head }
}

/// The star and the hash of a telephone's keys, and letters that look like them or are folded into them.
fn is_code_sign(c: char) -> bool {
    matches!(c, '*' | '#' | '＊' | '＃' | '﹡' | '﹟' | '∗' | '⁎' | '٭' | '✱' | '♯')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn links_of_the_field_are_read() {
        let mut lines = 0;
        for line in include_str!("link/links.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
        {
            let fields: Vec<&str> = line.split('\t').collect();
            let (link, wanted, why) = (fields[0], fields[1], fields[2]);
            let read = match read(link) {
                Dial::Number(number) => number.canonical(),
                Dial::Code(_) => "code".to_owned(),
                Dial::Unread(_) => String::new(),
            };
            assert_eq!(read, wanted, "{link}: {why}");
            lines += 1;
        }
        assert!(lines > 40, "the table was read: {lines}");
    }

    #[test]
    fn the_number_in_a_selected_text_is_found() {
        for (text, number) in [
            ("+7 900 000-00-77", "+79000000077"),
            ("  8 (900) 000-00-77\n", "+79000000077"),
            ("тел. +7 900 000-00-77, Орлова", "+79000000077"),
            ("Звоните: 8 800 000-00-01 (бесплатно)", "+78000000001"),
            ("ИНН 7700000000 / +7 (900) 000-00-77", "+79000000077"),
            ("Орлова\n+7 900 000-00-77\n+7 900 000-00-78", "+79000000077"),
            ("101", "101"),
        ] {
            match read_selected(text) {
                Dial::Number(read) => assert_eq!(read.canonical(), number, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        for none in ["", "просто слова", "от 12 до 15", "31.01.2019"] {
            assert!(
                matches!(read_selected(none), Dial::Unread(_)),
                "{none}: {:?}",
                read_selected(none)
            );
        }
        assert!(
            matches!(read_selected("*21*89000000099#"), Dial::Code(_)),
            "never dialled"
        );
    }

    #[test]
    fn what_cannot_be_read_is_kept_as_a_person_reads_it() {
        for (link, text) in [
            ("tel:undefined", "undefined"),
            ("tel:%2B7%20(___)%20___-__-__", "+7 (___) ___-__-__"),
            ("tel:-79000000001", "-79000000001"),
            ("--relay=https://evil.example", "--relay=https://evil.example"),
            ("tel:", ""),
        ] {
            assert_eq!(read(link), Dial::Unread(text.to_owned()), "{link}");
        }
        let long = format!("tel:{}", "x".repeat(100_000));
        assert!(matches!(read(&long), Dial::Unread(text) if text.len() <= LENGTH_MAX_CHARS));
    }

    #[test]
    fn whatever_the_encoding_a_code_is_a_code_and_no_number() {
        let twice = |text: &str| text.replace('*', "%2A").replace('#', "%23").replace('%', "%25");
        for code in [
            "*21*89000000099#",
            "#21#",
            "**62*+79000000099#",
            "*97101",
            "*#06#",
            "##002#",
        ] {
            let percent = code.bytes().map(|b| format!("%{b:02x}")).collect::<Vec<_>>().concat();
            let html = code.bytes().map(|b| format!("&#{b};")).collect::<Vec<_>>().concat();
            let wide: String = code.replace('*', "＊").replace('#', "＃");
            for body in [
                code.to_owned(),
                percent.clone(),
                html,
                wide,
                twice(code),
                twice(&percent),
                format!(" {code}"),
            ] {
                for scheme in ["tel:", "callto:", "TEL://", "tel:callto:", "sip:", ""] {
                    let link = format!("{scheme}{body}");
                    assert!(matches!(read(&link), Dial::Code(_)), "{link}: {:?}", read(&link));
                }
                let sip = format!("sip:{body}@pbx.example.ru;user=phone");
                assert!(matches!(read(&sip), Dial::Code(_)), "{sip}: {:?}", read(&sip));
            }
        }
    }

    #[test]
    fn only_full_numbers_may_pass_without_a_question() {
        let plain = |link: &str| matches!(read(link), Dial::Number(number) if is_plain(&number));
        assert!(plain("tel:+79000000099") && plain("callto:8-800-000-00-01"));
        for asked in ["tel:112", "tel:101", "tel:5", "tel:900000", "tel:*21#"] {
            assert!(!plain(asked), "{asked}");
        }
    }
}
