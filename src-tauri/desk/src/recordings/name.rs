//! The name of a recording's file: what a person looks for in a file manager, and what no system refuses.

use perezvon_core::Time;
use std::path::Path;

/// Longest part of the name that the caller's name takes, bytes of UTF-8: with the rest it stays below the 255 that file
/// systems take.
const LONGEST_NAME: usize = 120;

/// What the name tells.
pub(super) struct Named<'a> {
    /// In the user's zone.
    pub(super) started: chrono::DateTime<chrono::FixedOffset>,
    /// «вх», «исх», or the English words.
    pub(super) direction: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) number: Option<&'a str>,
    /// Without the dot.
    pub(super) ending: &'a str,
}

/// The folder of the month and the name: `2026-01/2026-01-31 10-22-37 вх Иванов Пётр +79000000099.mp3`. A name that is taken
/// gets a number, by `is_taken`.
pub(super) fn free(named: &Named<'_>, is_taken: impl Fn(&Path) -> bool) -> String {
    let month = named.started.format("%Y-%m");
    let day = named.started.format("%Y-%m-%d %H-%M-%S");
    let parts = [
        Some(day.to_string()),
        Some(named.direction.to_owned()),
        named.name.map(|name| safe(name, LONGEST_NAME)),
        named.number.map(|number| safe(number, 40)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let stem = parts.join(" ");
    for n in 1_u32.. {
        let number = if n == 1 { String::new() } else { format!(" ({n})") };
        let file = format!("{month}/{stem}{number}.{}", named.ending);
        if !is_taken(Path::new(&file)) {
            return file;
        }
    }
    unreachable!("a folder has fewer files than there are numbers")
}

/// What may stand in a name on every system: nothing that Windows, a shell or the direction of writing reads as its own, no dot
/// or blank at either end.
pub(super) fn safe(text: &str, longest: usize) -> String {
    let kept = |c: char| match c {
        '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' => ' ',
        c if c.is_control() => ' ',
        // Marks of direction, joiners, the byte order mark.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => ' ',
        c => c,
    };
    let text: String = text.chars().map(kept).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = &text[..text.floor_char_boundary(longest)];
    cut.trim_matches(|c: char| c == '.' || c == ' ').to_owned()
}

/// The ending by what the file is, by its first bytes: another program looks at it.
pub(super) fn ending(first: &[u8]) -> &'static str {
    match first {
        [b'R', b'I', b'F', b'F', ..] | [b'R', b'F', b'6', b'4', ..] => "wav",
        [b'O', b'g', b'g', b'S', ..] => "ogg",
        [b'f', b'L', b'a', b'C', ..] => "flac",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "m4a",
        _ if first.starts_with(b"#!AMR") => "amr",
        _ => "mp3",
    }
}

/// The same moment in the user's zone.
pub(super) fn started(words: crate::words::Words, ms: i64) -> chrono::DateTime<chrono::FixedOffset> {
    words.local(Time::from_ms(ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{FixedOffset, TimeZone as _};

    fn name(name: &str, number: &str, taken: &[&str]) -> String {
        let zone = FixedOffset::east_opt(3 * 3600);
        let started = zone.and_then(|zone| zone.with_ymd_and_hms(2026, 1, 31, 10, 22, 37).single());
        let named = Named {
            started: started.unwrap_or_default(),
            direction: "вх",
            name: Some(name).filter(|name| !name.is_empty()),
            number: Some(number).filter(|number| !number.is_empty()),
            ending: "mp3",
        };
        free(&named, |file| taken.iter().any(|taken| Path::new(taken) == file))
    }

    #[test]
    fn a_person_finds_it_and_every_system_takes_it() {
        assert_eq!(
            name("Иванов Пётр", "+79000000099", &[]),
            "2026-01/2026-01-31 10-22-37 вх Иванов Пётр +79000000099.mp3"
        );
        assert_eq!(
            name("ООО \"Ромашка\" <a/b\\c>|?*:", "+79000000099", &[]),
            "2026-01/2026-01-31 10-22-37 вх ООО Ромашка a b c +79000000099.mp3"
        );
        assert_eq!(
            name("..\u{202e}3pm\u{200b}.\u{0}\n", "", &[]),
            "2026-01/2026-01-31 10-22-37 вх 3pm.mp3"
        );
        let first = name("CON", "", &[]);
        assert_eq!(
            first, "2026-01/2026-01-31 10-22-37 вх CON.mp3",
            "reserved only when alone"
        );
        assert_eq!(name("CON", "", &[&first]), "2026-01/2026-01-31 10-22-37 вх CON (2).mp3");
        let long = name(&"Ы".repeat(500), &"9".repeat(500), &[]);
        assert!(long.len() < 240, "{} bytes", long.len());
        assert_eq!(name("../../etc/passwd", "", &[]).matches('/').count(), 1);
    }
}
