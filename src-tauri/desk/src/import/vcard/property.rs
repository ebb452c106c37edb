//! Lines of a card, and what one says.

use encoding_rs::Encoding;

/// Longest line that is kept, bytes: pictures are longer and of no use here.
const MAX_LINE: usize = 128 * 1024;
/// Longest name of a property with its parameters, bytes.
const MAX_HEAD: usize = 256;

/// The lines with their numbers, folds and soft breaks joined.
pub(super) fn unfold(bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let mut lines: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut soft = false;
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        for (part, line) in line.split(|byte| *byte == b'\r').enumerate() {
            if line.is_empty() && (part > 0 || !soft) {
                continue;
            }
            let folded = line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
            match lines.last_mut() {
                Some((_, last)) if soft || folded => join(last, line, soft, folded),
                _ => lines.push((at as u32 + 1, line.to_vec())),
            }
            let last = lines.last_mut().map(|(_, line)| line);
            soft = last.is_some_and(|last| {
                let soft = last.ends_with(b"=") && is_quoted_printable(last);
                if soft {
                    last.pop();
                }
                soft
            });
        }
    }
    lines
}

fn join(last: &mut Vec<u8>, line: &[u8], soft: bool, folded: bool) {
    // Behind a soft break a blank may be a letter of the text. Inside a letter it is a fold on top of the break.
    let is_fold = folded && (!soft || inside_letter(last));
    let line = if is_fold {
        line.get(1..).unwrap_or_default()
    } else {
        line
    };
    if last.len() + line.len() <= MAX_LINE {
        last.extend_from_slice(line);
    }
}

/// Asked for each piece of a line: a line whose parameters never end must not be read through each time.
fn is_quoted_printable(line: &[u8]) -> bool {
    let line = line.get(..MAX_HEAD).unwrap_or(line);
    let head = line.split(|byte| *byte == b':').next().unwrap_or_default();
    head.windows(16)
        .any(|part| part.eq_ignore_ascii_case(b"QUOTED-PRINTABLE"))
}

/// The escapes at the end are the beginning of a letter of UTF-8.
fn inside_letter(line: &[u8]) -> bool {
    let tail = line.get(line.len().saturating_sub(24)..).unwrap_or_default();
    let bytes = unescaped(tail);
    let chunk = bytes.utf8_chunks().last();
    chunk.is_some_and(|chunk| chunk.invalid().first().is_some_and(|byte| *byte >= 0xC2))
}

/// Quoted-printable as bytes.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let hex = text.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(value) if *byte == b'=' => {
                bytes.push(value);
                at += 3;
            }
            _ => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    bytes
}

/// A property: `item1.TEL;TYPE=CELL:+7…`.
pub(super) struct Property {
    /// `item1`, in capitals.
    pub(super) group: String,
    /// In capitals.
    pub(super) name: String,
    /// Types and everything else behind `;`, in capitals.
    pub(super) params: String,
    /// Decoded, its escapes still there.
    pub(super) value: String,
}

impl Property {
    /// None where the line is no property.
    pub(super) fn of(line: &[u8], page: &'static Encoding) -> Option<Self> {
        let (head, value) = line.split_at_checked(colon(line)?)?;
        let head = String::from_utf8_lossy(head).to_uppercase();
        let (name, params) = head.split_once(';').unwrap_or((&head, ""));
        let (group, name) = name.rsplit_once('.').unwrap_or(("", name));
        let value = value.get(1..)?;
        let page = charset(params).unwrap_or(page);
        let quoted = params.contains("QUOTED-PRINTABLE");
        let value = if quoted {
            let bytes = unescaped(value);
            match std::str::from_utf8(&bytes) {
                Ok(text) if charset(params).is_none() => text.to_owned(),
                _ => page.decode_without_bom_handling(&bytes).0.into_owned(),
            }
        } else {
            page.decode_without_bom_handling(value).0.into_owned()
        };
        Some(Self {
            group: group.to_owned(),
            name: name.trim().to_owned(),
            params: params.to_owned(),
            value,
        })
    }
}

/// The colon outside quotation marks that ends the parameters.
fn colon(line: &[u8]) -> Option<usize> {
    let mut inside = false;
    let outside = line.iter().position(|byte| {
        inside ^= *byte == b'"';
        *byte == b':' && !inside
    });
    outside.or_else(|| line.iter().position(|byte| *byte == b':'))
}

fn charset(params: &str) -> Option<&'static Encoding> {
    let mut parts = params.split(';');
    let label = parts.find_map(|part| part.trim().strip_prefix("CHARSET="))?;
    Encoding::for_label(label.trim_matches('"').as_bytes())
}

#[cfg(test)]
mod tests {
    use super::unfold;
    use std::time::{Duration, Instant};

    /// How long it takes to join so many soft breaks behind the head.
    fn joining(head: &str) -> Duration {
        let file = format!("{head}{}", "=\na".repeat(250_000));
        let start = Instant::now();
        let lines = unfold(file.as_bytes());
        assert!(lines.len() > 1, "a line has a bound");
        start.elapsed()
    }

    #[test]
    fn a_line_whose_parameters_never_end_costs_no_more_than_another() {
        let ended = joining("NOTE;ENCODING=QUOTED-PRINTABLE:");
        let endless = joining("NOTE;ENCODING=QUOTED-PRINTABLE;");
        assert!(
            endless < 20 * ended + Duration::from_secs(1),
            "{endless:?} beside {ended:?}"
        );
    }
}
