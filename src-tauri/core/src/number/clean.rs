//! Bounds the text and folds the many spellings of digits, dashes and spaces into ASCII.

/// Longest text that is looked at or kept, in characters: no number, SIP address or list of numbers needs more.
const MAX_CHARS: usize = 256;

/// Characters read at most, so that a text of nothing but invisible characters is bounded, too.
const MAX_READ: usize = 4 * MAX_CHARS;

/// Trimmed, bounded, in ASCII where a character has an ASCII twin. Cleaning twice changes nothing.
pub(super) fn clean(text: &str) -> String {
    let folded: String = text.trim_start().chars().take(MAX_READ).filter_map(fold).collect();
    // Folding may bring spaces to the front (a byte order mark before a space), so trim before and after the cut.
    let cut: String = folded.trim_start().chars().take(MAX_CHARS).collect();
    cut.trim_end().to_owned()
}

/// `None` drops the character.
fn fold(c: char) -> Option<char> {
    Some(match c {
        // Soft hyphen, zero-width and direction marks come with text copied from web pages and messengers.
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
            return None;
        }
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' | '\u{fe58}' | '\u{fe63}' => '-',
        // Full-width forms of ! to ~.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0)?,
        '\u{660}'..='\u{669}' => char::from_digit(c as u32 - 0x660, 10)?,
        '\u{6f0}'..='\u{6f9}' => char::from_digit(c as u32 - 0x6f0, 10)?,
        c if c.is_whitespace() || c.is_control() => ' ',
        c => c,
    })
}

/// `%2B7…` to `+7…`; what is no escape, or no UTF-8 once decoded, stays.
pub(super) fn percent_decode(text: &str) -> String {
    let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%'
            && let (Some(high), Some(low)) = (hex(bytes.get(at + 1)), hex(bytes.get(at + 2)))
        {
            out.push((high * 16 + low) as u8);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}
