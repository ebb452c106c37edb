//! Why a file cannot be heard.

/// Errors of opening and reading a recording. [`SoundError::code`] is the word of the window's contract.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// The file cannot be opened or read.
    #[error("the recording cannot be read")]
    Unreadable(#[from] std::io::Error),
    /// There are no bytes, or a header without sound: it is not ready yet.
    #[error("the recording is empty")]
    Empty,
    /// It is something else: a page or an error in place of the sound.
    #[error("the file is {0:?} and no sound")]
    NotSound(NotSound),
    /// It is sound in a format that is not decoded here; another program may.
    #[error("sound in the format {0}")]
    Format(String),
    /// It begins like a recording, and what follows makes no sense.
    #[error("the recording is damaged")]
    Damaged,
    /// It is longer than a day, or larger than 4 GB.
    #[error("the recording is too long")]
    TooLong,
}

/// What a file is that is no sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSound {
    /// A page, such as that of a login.
    Html,
    /// JSON, such as an error's.
    Json,
    /// Another text.
    Text,
    /// Something packed: gzip, zip.
    Packed,
    /// Bytes of no known kind.
    Unknown,
}

impl SoundError {
    /// The code for the window.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "recording_unreadable",
            Self::Empty => "recording_empty",
            Self::NotSound(_) => "recording_not_sound",
            Self::Format(_) => "recording_format",
            Self::Damaged => "recording_damaged",
            Self::TooLong => "recording_too_long",
        }
    }
}
