//! What a file is, by its first bytes: neither its name nor what a server called it is to be relied on.

use crate::error::{NotSound, SoundError};

/// As many first bytes are looked at.
pub(crate) const BEGINNING: usize = 512;

/// What a file may be, before it is read on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// RIFF/WAVE.
    Wave,
    /// Sound of this format, not decoded here.
    Other(&'static str),
    /// Packed.
    Packed,
    /// MPEG audio, perhaps behind something else, or nothing of use.
    Search,
}

/// What begins with these bytes.
pub(crate) fn of(first: &[u8]) -> Kind {
    match first {
        [b'R', b'I', b'F', b'F' | b'X', ..] | [b'R', b'F', b'6', b'4', ..] => riff(first),
        [b'O', b'g', b'g', b'S', ..] => Kind::Other("Ogg"),
        [b'f', b'L', b'a', b'C', ..] => Kind::Other("FLAC"),
        [b'F', b'O', b'R', b'M', ..] => Kind::Other("AIFF"),
        [b'.', b's', b'n', b'd', ..] => Kind::Other("AU"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Kind::Other("MP4/M4A"),
        [0x30, 0x26, 0xb2, 0x75, ..] => Kind::Other("WMA"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Kind::Other("WebM"),
        _ if first.starts_with(b"#!AMR-WB") => Kind::Other("AMR-WB"),
        _ if first.starts_with(b"#!AMR") => Kind::Other("AMR"),
        // Twelve bits of frame sync and layer 0.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => Kind::Other("AAC"),
        [0x1f, 0x8b, ..] | [b'P', b'K', 3, 4, ..] => Kind::Packed,
        _ => Kind::Search,
    }
}

fn riff(first: &[u8]) -> Kind {
    match (first.get(3), first.get(8..12)) {
        (Some(b'X'), _) => Kind::Other("RIFX"),
        (_, Some(b"WAVE")) => Kind::Wave,
        (_, Some(b"AVI ")) => Kind::Other("AVI"),
        (_, Some(b"RMID")) => Kind::Other("MIDI"),
        (_, Some(_)) => Kind::Other("RIFF"),
        // Cut inside the header.
        (_, None) => Kind::Wave,
    }
}

/// What a file is in which no sound was found, by its first bytes.
pub(crate) fn of_no_sound(first: &[u8]) -> SoundError {
    let (text, utf16) = match first {
        [0xef, 0xbb, 0xbf, rest @ ..] => (rest.to_vec(), false),
        [0xff, 0xfe, rest @ ..] => (rest.iter().step_by(2).copied().collect(), true),
        [0xfe, 0xff, rest @ ..] => (rest.iter().skip(1).step_by(2).copied().collect(), true),
        _ => (first.to_vec(), false),
    };
    // The last bytes may be the half of a letter.
    let readable = utf16 || std::str::from_utf8(&text).map_or_else(|e| e.valid_up_to() + 3 >= text.len(), |_| true);
    let controls = text.iter().any(|byte| matches!(byte, 0..=8 | 14..=31));
    let text = text.trim_ascii_start();
    if first.is_empty() || first.iter().all(|byte| *byte == 0) {
        return SoundError::Empty;
    }
    SoundError::NotSound(match text.first() {
        Some(b'<') if readable => NotSound::Html,
        Some(b'{' | b'[' | b'"') if readable => NotSound::Json,
        _ if readable && !controls => NotSound::Text,
        _ => NotSound::Unknown,
    })
}
