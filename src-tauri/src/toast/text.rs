//! Text for a toast. Names come from the PBX and from callers: they must not draw over the window, speak markup, turn a
//! number around, or make a system drop the toast.

use icu_properties::CodePointMapData;
use icu_properties::props::{BidiClass, GeneralCategory, GeneralCategoryGroup};
use perezvon_desk::toast::Toast;

/// Letters of one line; more would only push the buttons off the screen. No telephone number is as long.
const LETTERS_MAX: usize = 300;

/// UTF-8 bytes of one line: Windows takes 5 KB for a whole toast.
const BYTES_MAX: usize = 600;

/// Most marks on one letter: no script in use needs more than two, and many of them draw over the lines around.
const MARKS_MAX: usize = 2;

/// Makes the line that it begins run from left to right.
const LEFT_TO_RIGHT: char = '\u{200e}';

/// Title and lines as they are shown. Beside a name that is written from right to left the other lines, the number's
/// before all, are told to run from left to right: some systems lay a whole toast out by its first letter.
pub(super) fn texts(toast: &Toast) -> (String, Vec<String>) {
    let mut title = clean(&toast.title);
    let mut lines: Vec<String> = toast
        .lines
        .iter()
        .map(|line| clean(line))
        .filter(|line| !line.is_empty())
        .collect();
    if is_right_to_left(&title) || lines.iter().any(|line| is_right_to_left(line)) {
        for line in std::iter::once(&mut title).chain(&mut lines) {
            if !is_right_to_left(line) {
                line.insert(0, LEFT_TO_RIGHT);
            }
        }
    }
    (title, lines)
}

/// One line: without control letters and those that XML forbids (Windows drops such a toast without a word, D-Bus
/// refuses a zero byte), without invisible ones that reverse the writing direction, with at most [`MARKS_MAX`] marks on a
/// letter, and of a length that fits.
pub(crate) fn clean(line: &str) -> String {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let mut out = String::new();
    let (mut letters, mut marks, mut blank) = (0, 0, false);
    for letter in line.chars() {
        if letter.is_whitespace() {
            blank = !out.is_empty();
            continue;
        }
        let category = categories.get(letter);
        if is_dropped(letter, category) {
            continue;
        }
        let is_mark = GeneralCategoryGroup::Mark.contains(category);
        marks = if is_mark { marks + 1 } else { 0 };
        if marks > MARKS_MAX {
            continue;
        }
        let more = letter.len_utf8() + usize::from(blank);
        // Room for the dots.
        if letters + usize::from(blank) >= LETTERS_MAX || out.len() + more + '…'.len_utf8() > BYTES_MAX {
            out.push('…');
            break;
        }
        if std::mem::take(&mut blank) {
            out.push(' ');
            letters += 1;
        }
        out.push(letter);
        letters += 1;
    }
    out
}

fn is_dropped(letter: char, category: GeneralCategory) -> bool {
    let code = letter as u32;
    let is_noncharacter = code & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&code);
    // The joiners make letters of Persian and Indian scripts and of emoji; all else that is invisible goes.
    let is_invisible = category == GeneralCategory::Format && !matches!(letter, '\u{200c}' | '\u{200d}');
    is_noncharacter || is_invisible || category == GeneralCategory::Control
}

fn is_right_to_left(line: &str) -> bool {
    let classes = CodePointMapData::<BidiClass>::new();
    line.chars()
        .any(|letter| matches!(classes.get(letter), BidiClass::RightToLeft | BidiClass::ArabicLetter))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use perezvon_desk::Words;

    #[test]
    fn names_of_callers_are_one_harmless_line() {
        for (name, shown) in [
            ("Рога & <Копыта>", "Рога & <Копыта>"),
            ("  a\t\u{0}\u{1b}[31m\r\n\n b ", "a [31m b"),
            ("x\u{fffe}y\u{ffff}z\u{fdd0}\u{1ffff}", "xyz"),
            ("\u{202e}99-00\u{202c}\u{2066}\u{2069}\u{200f}\u{feff}\u{ad}", "99-00"),
            ("й e\u{302}\u{301}", "й e\u{302}\u{301}"),
            ("Служба\n+7 495 000-00-00\u{2028}\u{85}", "Служба +7 495 000-00-00"),
            ("\u{1f468}\u{200d}\u{1f469}", "\u{1f468}\u{200d}\u{1f469}"),
        ] {
            assert_eq!(clean(name), shown, "{name:?}");
        }
    }

    #[test]
    fn floods_end() {
        for flood in ["\u{336}", "\u{e49}", "\u{20dd}", "\u{5b0}", "\u{64b}"] {
            let name = clean(&format!("Те{}ст", flood.repeat(500)));
            assert_eq!(name, format!("Те{}ст", flood.repeat(MARKS_MAX)), "marks of one letter");
        }
        for long in [
            "я".repeat(10_000),
            "\u{1f600}".repeat(10_000),
            "x ".repeat(10_000),
            "\u{1f600} ".repeat(9_000),
        ] {
            let line = clean(&long);
            assert!(line.ends_with('…') && line.len() <= BYTES_MAX, "{} bytes", line.len());
            assert!(
                line.chars().count() <= LETTERS_MAX + 1,
                "{} letters",
                line.chars().count()
            );
        }
        let fits = "я".repeat(200);
        assert_eq!(clean(&fits), fits);
    }

    #[test]
    fn a_number_beside_a_right_to_left_name_stays_as_it_is_dialled() {
        let mut toast = Toast::trouble(Words::default(), "no_token");
        toast.title = "שלום".to_owned();
        toast.lines = vec!["+7 (900) 000-00-99".to_owned(), "سلام 12".to_owned()];
        let (title, lines) = texts(&toast);
        assert_eq!(title, "שלום");
        assert_eq!(lines, ["\u{200e}+7 (900) 000-00-99", "سلام 12"]);
        toast.title = "Иванов".to_owned();
        toast.lines.truncate(1);
        assert_eq!(
            texts(&toast).1,
            ["+7 (900) 000-00-99"],
            "and has nothing more where it needs nothing"
        );
    }
}
