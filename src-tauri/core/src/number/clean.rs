//! Bounds the text and folds the many spellings of digits, dashes and spaces into ASCII.

/// Longest text that is looked at or kept, in characters: no number, SIP address or list of numbers needs more.
const MAX_CHARS: usize = 256;

/// Characters read at most, so that a text of nothing but invisible characters is bounded, too.
const MAX_READ: usize = 4 * MAX_CHARS;

/// Trimmed, bounded, in ASCII where a character has an ASCII twin. Cleaning twice changes nothing.
pub(super) fn clean(text: &str) -> String {
    let folded: String = text.trim_start().chars().take(MAX_READ).filter_map(fold).collect();
    let folded = without_references(folded);
    // Folding may bring spaces to the front (a byte order mark before a space), so trim before and after the cut.
    let cut: String = folded.trim_start().chars().take(MAX_CHARS).collect();
    cut.trim_end().to_owned()
}

/// First digit of ten in the scripts whose digits phones and office programs write.
const ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
    0x17e0, 0x1810, 0xff10, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1fbf0,
];

/// `None` drops the character.
fn fold(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(if c.is_control() { ' ' } else { c });
    }
    if let Some(digit) = digit(c) {
        return Some(digit);
    }
    Some(match c {
        // Soft hyphen, zero-width and direction marks come with text copied from web pages and messengers; variation
        // selectors and the enclosing keycap follow the digit of an emoji.
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{20e3}'
        | '\u{feff}' => return None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' | '\u{2796}' | '\u{fe58}' | '\u{fe63}' => '-',
        '\u{2795}' | '\u{fe62}' => '+',
        '\u{b7}' | '\u{2219}' | '\u{22c5}' => '.',
        '\u{2044}' | '\u{2215}' => '/',
        // Full-width forms of ! to ~.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0)?,
        c if c.is_whitespace() || c.is_control() => ' ',
        c => c,
    })
}

fn digit(c: char) -> Option<char> {
    let at = ZEROS.partition_point(|zero| *zero <= c as u32).checked_sub(1)?;
    char::from_digit((c as u32).checked_sub(ZEROS[at])?, 10)
}

/// References of HTML (`&#43;`, `&#x2B;`, `&nbsp;`, `&plus;`) as characters, also those that a reference makes.
fn without_references(mut text: String) -> String {
    let mut from = 0;
    while let Some(at) = text[from..].find('&').map(|at| from + at) {
        let body = text[at + 1..].split_once(';').map(|(body, _)| body);
        match body.and_then(|body| Some((body.len(), referred(body)?))) {
            Some((length, c)) => {
                let made = fold(c).map(String::from).unwrap_or_default();
                text.replace_range(at..at + length + 2, &made);
                // What was made may complete a reference that begins before it.
                from = 0;
            }
            None => from = at + 1,
        }
    }
    text
}

fn referred(body: &str) -> Option<char> {
    match body {
        "plus" => Some('+'),
        "nbsp" => Some(' '),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "lpar" => Some('('),
        "rpar" => Some(')'),
        "hyphen" | "dash" | "ndash" | "mdash" | "minus" => Some('-'),
        _ => {
            let number = body.strip_prefix('#').filter(|number| number.len() <= 8)?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// How many layers of encoding are taken off.
const MAX_DECODINGS: usize = 4;

/// `%2B7…` to `+7…`, encoded twice too; what is no escape, or no UTF-8 once decoded, stays.
pub(super) fn percent_decode(text: &str) -> String {
    let mut decoded = text.to_owned();
    for _ in 0..MAX_DECODINGS {
        if !decoded.contains('%') {
            break;
        }
        let once = percent_decode_once(&decoded);
        if once == decoded {
            break;
        }
        decoded = once;
    }
    decoded
}

fn percent_decode_once(text: &str) -> String {
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
