//! The codes that the window branches on: what is wrong with the service, and why a command failed. Each has its words:
//! a trouble in `trouble.rs`, a fault in the window.

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// An enum of words, each in the contract's spelling.
macro_rules! codes {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $code:ident = $word:tt,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
        #[ts(export)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $code,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The word of the contract.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $word,)*
                }
            }

            /// By its word.
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// What can be wrong with the service.
    Trouble {
        /// No token of the PBX is stored.
        NoToken = "no_token",
        /// The PBX refuses it.
        TokenRefused = "token_refused",
        /// No way to the PBX.
        PbxUnreachable = "pbx_unreachable",
        /// The PBX answers with errors.
        PbxUnavailable = "pbx_unavailable",
        /// The PBX has no address to post to, and nobody asks it for calls.
        NoPublicUrl = "no_public_url",
        /// No events come, calls are asked for.
        Polling = "polling",
        /// The subscription is in force, and no events come.
        EventsSilent = "events_silent",
        /// The PBX refuses the subscription.
        SubscriptionRefused = "subscription_refused",
        /// An administrator has not chosen their abonent.
        NoMe = "no_me",
        /// The relay does not answer.
        RelayUnreachable = "relay_unreachable",
        /// The relay does not take the key.
        KeyRefused = "key_refused",
        /// Another program listens at the address for events.
        PortInUse = "port_in_use",
        /// Nothing more can be stored.
        DiskFull = "disk_full",
        /// No database can be kept in the data folder, as on a network drive.
        DataFolder = "data_folder",
        /// A database is no database.
        DatabaseDamaged = "database_damaged",
        /// The system shows no toasts.
        NoNotifications = "no_notifications",
        /// The user wants to be left alone: only the notification centre has the toasts.
        Quiet = "quiet",
        /// The keyring waits for its password.
        KeyringLocked = "keyring_locked",
        /// The app, or the service with new settings, is just starting.
        Starting = "starting",
    }
}

codes! {
    /// Why a command failed, where it is no trouble of the service.
    Fault {
        /// The system has no keyring.
        NoKeyring = "no_keyring",
        /// The keyring does not answer.
        KeyringFailed = "keyring_failed",
        /// The file with secrets cannot be written.
        SecretsFile = "secrets_file",
        /// The system did not take the change of its autostart.
        AutostartRefused = "autostart_refused",
        /// The text is no number that can be called.
        BadNumber = "bad_number",
        /// Calls cannot be forwarded to the telephone that they come from.
        OwnNumber = "own_number",
        /// A contact needs a name.
        NameMissing = "name_missing",
        /// No such record.
        NotFound = "not_found",
        /// The PBX has deleted the recording.
        RecordingGone = "recording_gone",
        /// The text is no address.
        BadAddress = "bad_address",
        /// The PBX refused to call.
        CallRefused = "call_refused",
        /// The PBX did not say whether the call was placed.
        CallUnknown = "call_unknown",
        /// Something cannot be read or written here.
        Storage = "storage",
        /// Something took too long.
        Timeout = "timeout",
        /// A text or list is longer than allowed.
        TooLong = "too_long",
        /// The file is none that contacts can be read from.
        FileUnreadable = "file_unreadable",
        /// The file is none of settings.
        NotSettings = "not_settings",
        /// The settings of a report, or a file of them, cannot be carried out.
        BadReport = "bad_report",
        /// A report of so many groups is none.
        TooManyGroups = "too_many_groups",
        /// A file could not be written; the detail says why.
        FileNotWritten = "file_not_written",
        /// Another report is still being written.
        Busy = "busy",
        /// The user broke it off.
        Cancelled = "cancelled",
        /// The example takes nothing of the user's.
        Example = "example",
        /// Only administrators may.
        Forbidden = "forbidden",
        /// The relay refused; the detail says why.
        Refused = "refused",
        /// The PBX refused.
        PbxRefused = "pbx_refused",
        /// The PBX took the command and tells the old state; the window finds it.
        RecordingNotSwitched = "recording_not_switched",
        /// The relay is asked too often.
        TooMany = "too_many",
        /// The relay is older than the window.
        NotSupported = "not_supported",
        /// No such join code.
        CodeUnknown = "code_unknown",
        /// Somebody has joined with the code.
        CodeUsed = "code_used",
        /// The join code is too old.
        CodeExpired = "code_expired",
        /// Join codes are tried too often.
        TooManyTries = "too_many_tries",
        /// Something else answers at the address.
        NotARelay = "not_a_relay",
        /// The relay's certificate does not fit.
        RelayTls = "relay_tls",
        /// Joining a relay by plain HTTP was not agreed to.
        InTheClear = "in_the_clear",
        /// A newer question of the same view was asked; nobody waits for this answer.
        Overtaken = "overtaken",
        /// An administrator has fixed it for this computer.
        Fixed = "fixed",
        /// The app's own mistake.
        Unexpected = "unexpected",
    }
}

codes! {
    /// What can be wrong with a recording, or with hearing it.
    SoundFault {
        /// It broke off on its way; it goes on from there.
        Cut = "recording_cut",
        /// The sound is another recording's.
        Other = "recording_other",
        /// No bytes, or a header without sound.
        Empty = "recording_empty",
        /// Something else came in its place.
        NotSound = "recording_not_sound",
        /// Another program may play it.
        Format = "recording_format",
        /// Some of it makes no sense.
        Damaged = "recording_damaged",
        /// Another program has changed the file.
        Changed = "recording_changed",
        /// The file cannot be read.
        Unreadable = "recording_unreadable",
        /// Longer or larger than is kept.
        TooLong = "recording_too_long",
        /// Only newer or marked ones could make room.
        NoRoom = "recording_no_room",
        /// It lasts longer or shorter than the PBX tells.
        Length = "recording_length",
        /// There is nothing to hear it with.
        NoDevice = "sound_device_none",
        /// The chosen device is gone, the system's own is used.
        DeviceLost = "sound_device_lost",
    }
}

/// Why a recording is not heard as it should be: something of its own, or what keeps it from coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(untagged)]
#[ts(export)]
pub enum Problem {
    /// Of the recording or the sound device.
    Sound(SoundFault),
    /// Why it could not be fetched.
    Fetch(FailureCode),
}

impl Problem {
    /// By its word.
    pub fn of(word: &str) -> Option<Self> {
        let sound = SoundFault::of(word).map(Self::Sound);
        sound.or_else(|| FailureCode::of(word).map(Self::Fetch))
    }

    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sound(fault) => fault.as_str(),
            Self::Fetch(code) => code.as_str(),
        }
    }
}

impl From<SoundFault> for Problem {
    fn from(fault: SoundFault) -> Self {
        Self::Sound(fault)
    }
}

impl From<FailureCode> for Problem {
    fn from(code: FailureCode) -> Self {
        Self::Fetch(code)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Fetch(fault.into())
    }
}

/// Why something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(untagged)]
#[ts(export)]
pub enum FailureCode {
    /// The service has it too.
    Trouble(Trouble),
    /// Only the command.
    Fault(Fault),
}

impl FailureCode {
    /// By its word.
    pub fn of(word: &str) -> Option<Self> {
        let trouble = Trouble::of(word).map(Self::Trouble);
        trouble.or_else(|| Fault::of(word).map(Self::Fault))
    }

    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.as_str(),
            Self::Fault(fault) => fault.as_str(),
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Trouble> for FailureCode {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Fault> for FailureCode {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{FailureCode, Fault, Problem, SoundFault, Trouble};

    #[test]
    fn a_code_is_the_same_word_everywhere() {
        for code in Trouble::ALL.iter().map(|code| FailureCode::from(*code)) {
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<FailureCode>(&json).unwrap(), code);
            assert!(Fault::of(code.as_str()).is_none(), "{code} is one thing");
        }
        for fault in Fault::ALL {
            assert_eq!(Fault::of(fault.as_str()), Some(*fault));
            assert_eq!(serde_json::to_string(fault).unwrap(), format!("\"{fault}\""));
        }
        for fault in SoundFault::ALL {
            assert!(FailureCode::of(fault.as_str()).is_none(), "{fault} is one thing");
            assert_eq!(Problem::of(fault.as_str()), Some((*fault).into()));
        }
        assert_eq!(
            Problem::of("disk_full"),
            Some(FailureCode::from(Trouble::DiskFull).into())
        );
    }
}
