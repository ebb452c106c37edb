//! The formats of a recording's audio, known by their first bytes: the PBX's own name for the format is not to be relied
//! upon (reference 1.9).

/// A format of audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audio {
    /// RIFF/WAVE.
    Wav,
    /// MP3 (or MPEG audio of layer I or II), with or without an ID3 tag.
    Mpeg,
    /// Ogg, whatever codec is inside.
    Ogg,
    /// FLAC.
    Flac,
    /// AMR, narrowband (RFC 4867, section 5.1).
    Amr,
    /// AMR wideband (the same section).
    AmrWideband,
    /// AAC in ADTS frames (ISO 13818-7).
    Aac,
}

impl Audio {
    /// As many first bytes tell the format.
    pub const MAGIC_BYTES: usize = 16;

    /// The format of what begins with these bytes; none where they are of no format above.
    pub fn of(first_bytes: &[u8]) -> Option<Self> {
        match first_bytes {
            // Other kinds of RIFF (video, MIDI) name themselves behind the length.
            [b'R', b'I', b'F', b'F', rest @ ..] => {
                let form = rest.get(4..8);
                form.is_none_or(|form| form == b"WAVE").then_some(Self::Wav)
            }
            [b'I', b'D', b'3', ..] => Some(Self::Mpeg),
            [b'O', b'g', b'g', b'S', ..] => Some(Self::Ogg),
            [b'f', b'L', b'a', b'C', ..] => Some(Self::Flac),
            _ if first_bytes.starts_with(b"#!AMR-WB") => Some(Self::AmrWideband),
            _ if first_bytes.starts_with(b"#!AMR") => Some(Self::Amr),
            // The byte order mark of a text in UTF-16.
            [0xff, 0xfe, ..] => None,
            // Eleven bits of frame sync, two of version, two of layer; layer 0 with twelve bits of sync is ADTS.
            [0xff, second, ..] if second & 0xf6 == 0xf0 => Some(Self::Aac),
            [0xff, second, ..] if second & 0xe0 == 0xe0 => Some(Self::Mpeg),
            _ => None,
        }
    }

    /// The format that a `Content-Type` names; none where it names another one.
    pub fn of_mime(content_type: &str) -> Option<Self> {
        let name = content_type.split(';').next().unwrap_or_default().trim();
        match name.to_ascii_lowercase().as_str() {
            "audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => Some(Self::Wav),
            "audio/mpeg" | "audio/mp3" | "audio/x-mp3" => Some(Self::Mpeg),
            "audio/ogg" => Some(Self::Ogg),
            "audio/flac" | "audio/x-flac" => Some(Self::Flac),
            "audio/amr" => Some(Self::Amr),
            "audio/amr-wb" => Some(Self::AmrWideband),
            "audio/aac" => Some(Self::Aac),
            _ => None,
        }
    }

    /// The name for a `Content-Type`.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Mpeg => "audio/mpeg",
            Self::Ogg => "audio/ogg",
            Self::Flac => "audio/flac",
            Self::Amr => "audio/amr",
            Self::AmrWideband => "audio/amr-wb",
            Self::Aac => "audio/aac",
        }
    }

    /// The ending of a file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Mpeg => "mp3",
            Self::Ogg => "ogg",
            Self::Flac => "flac",
            Self::Amr => "amr",
            Self::AmrWideband => "awb",
            Self::Aac => "aac",
        }
    }
}

/// Whether an answer that begins so may be audio. Its `Content-Type` is asked only about what has no known beginning: a
/// format that is not in [`Audio`] is passed on, a text is not.
pub(super) fn may_be_audio(first_bytes: &[u8], content_type: Option<&str>) -> bool {
    if Audio::of(first_bytes).is_some() {
        return true;
    }
    let text = first_bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(first_bytes)
        .trim_ascii_start();
    let is_text = matches!(
        text,
        [] | [b'{' | b'[' | b'<' | b'"', ..] | [0xff, 0xfe, ..] | [0xfe, 0xff, ..]
    );
    let says_text = content_type.is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        name.starts_with("text/") || name.starts_with("application/json")
    });
    !is_text && !says_text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_known_by_its_first_bytes() {
        for (first_bytes, audio) in [
            (&b"RIFF\x24\x08\x00\x00WAVEfmt "[..], Audio::Wav),
            (b"RIFF", Audio::Wav),
            (b"ID3\x04\x00\x00", Audio::Mpeg),
            (b"\xff\xfb\x90\x64", Audio::Mpeg),
            (b"\xff\xf3\x44\xc4", Audio::Mpeg),
            (b"\xff\xe3\x18\xc4", Audio::Mpeg),
            (b"\xff\xfd\x80\x04", Audio::Mpeg),
            (b"OggS\x00\x02", Audio::Ogg),
            (b"fLaC\x00\x00\x00\x22", Audio::Flac),
            (b"#!AMR\n<", Audio::Amr),
            (b"#!AMR-WB\n", Audio::AmrWideband),
            (b"\xff\xf1\x50\x80", Audio::Aac),
        ] {
            assert_eq!(Audio::of(first_bytes), Some(audio), "{}", first_bytes.escape_ascii());
            assert_eq!(Audio::of_mime(audio.mime()), Some(audio), "its own name");
            assert!(may_be_audio(first_bytes, Some("text/html")), "whatever it is called");
        }
    }

    #[test]
    fn what_is_no_audio_is_refused() {
        for text in [
            &b""[..],
            b"<!DOCTYPE html><html>",
            b"\xef\xbb\xbf\r\n<html>",
            b"{\"errorCode\":\"RecordNotFound\"}",
            b"  [1]",
            b"\"not found\"",
            b"\xff\xfe<\x00h\x00t\x00",
            b"\xfe\xff\x00<\x00h",
        ] {
            assert_eq!(Audio::of(text), None, "{}", text.escape_ascii());
            assert!(!may_be_audio(text, Some("audio/mpeg")), "{}", text.escape_ascii());
        }
        for other in [
            &b"RIFF\x24\x08\x00\x00AVI LIST"[..],
            b"\xff",
            b"\xff\x10",
            b"PK\x03\x04",
            b"MThd",
        ] {
            assert_eq!(Audio::of(other), None, "{}", other.escape_ascii());
        }
    }

    #[test]
    fn an_unknown_format_passes_unless_it_is_called_a_text() {
        let unknown = b"\x1aE\xdf\xa3webm";
        assert!(may_be_audio(unknown, None) && may_be_audio(unknown, Some("audio/webm")));
        assert!(!may_be_audio(unknown, Some("Text/HTML; charset=utf-8")));
    }

    #[test]
    fn a_content_type_is_read_with_its_parameters_and_other_names() {
        assert_eq!(Audio::of_mime("audio/X-WAV; rate=8000"), Some(Audio::Wav));
        assert_eq!(Audio::of_mime("audio/mp3"), Some(Audio::Mpeg));
        assert_eq!(Audio::of_mime("application/octet-stream"), None);
    }
}
