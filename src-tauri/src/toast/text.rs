//! Text for a toast. Names come from the PBX and from callers: they must not draw over the window or speak markup.

/// Letters of one line; more would only push the buttons off the screen. No telephone number is as long.
const LINE_MAX: usize = 300;

/// The line without control letters and without letters that reverse the writing direction: with those a caller could
/// make one number look like another, and D-Bus refuses a zero byte.
pub(super) fn clean(line: &str) -> String {
    line.chars()
        .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
        .filter(|letter| !letter.is_control() && !matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .take(LINE_MAX)
        .collect()
}
