//! Why the desk could not do something.

use crate::words::{FailureCode, Fault, Trouble};
use std::path::{Path, PathBuf};

/// Errors of the desk's storage. [`DeskError::code`] is the word of the window's contract.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The folder or the file cannot be opened or made, or cannot hold a database. Nothing was changed.
    #[error(
        "cannot open {} ({reason}): its folder must be on a local disk of this machine, not on a network drive, and writable",
        path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file is no database or is damaged. Nothing was deleted.
    #[error("the database {} is damaged: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// A newer version of the program wrote the file. Nothing was changed.
    #[error("the database {} is of version {found}, this program knows {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// `user_version` of the file.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// No space is left.
    #[error("no space left for {}", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// Any other failure of SQLite.
    #[error("storage: {0}")]
    Storage(#[from] rusqlite::Error),
    /// A stored or given value cannot be read or written as JSON. What the parser says may quote it: it is not shown.
    #[error("a stored value cannot be read or written")]
    Value(#[from] serde_json::Error),
    /// The snapshots are of another relay or abonent than the mirror.
    #[error("the mirror belongs to another relay or abonent")]
    OtherIdentity,
    /// No such contact, call, document or notification.
    #[error("not found")]
    NotFound,
    /// A contact needs a name.
    #[error("the name is missing")]
    NameMissing,
    /// The text is no number.
    #[error("not a phone number")]
    BadNumber,
    /// A newer question of the same view has taken this one's place; its answer is not wanted.
    #[error("a newer question was asked")]
    Overtaken,
    /// A file could not be written; what the system said.
    #[error("the file cannot be written: {0}")]
    File(String),
    /// The user broke it off.
    #[error("cancelled")]
    Cancelled,
    /// The settings of a report, or a file of them, cannot be carried out.
    #[error("the report's settings cannot be carried out")]
    BadReport,
    /// A report of so many groups is none.
    #[error("too many groups")]
    TooManyGroups,
    /// A text or list is longer than allowed.
    #[error("too long")]
    TooLong,
    /// The file is none that contacts can be read from.
    #[error("not a file with contacts")]
    FileUnreadable,
}

impl DeskError {
    /// The code for the window.
    pub fn code(&self) -> FailureCode {
        match self {
            Self::Damaged { .. } => Trouble::DatabaseDamaged.into(),
            Self::DiskFull { .. } => Trouble::DiskFull.into(),
            Self::Storage(error) => Self::code_of(error),
            Self::Open { .. } => Trouble::DataFolder.into(),
            Self::Newer { .. } | Self::Value(_) | Self::OtherIdentity => Fault::Storage.into(),
            Self::NotFound => Fault::NotFound.into(),
            Self::NameMissing => Fault::NameMissing.into(),
            Self::BadNumber => Fault::BadNumber.into(),
            Self::Overtaken => Fault::Overtaken.into(),
            Self::File(_) => Fault::FileNotWritten.into(),
            Self::Cancelled => Fault::Cancelled.into(),
            Self::BadReport => Fault::BadReport.into(),
            Self::TooManyGroups => Fault::TooManyGroups.into(),
            Self::TooLong => Fault::TooLong.into(),
            Self::FileUnreadable => Fault::FileUnreadable.into(),
        }
    }

    /// The code for what SQLite says of a file of ours, the relay's too.
    pub fn code_of(error: &rusqlite::Error) -> FailureCode {
        if cannot_write(error) {
            Trouble::DiskFull.into()
        } else if is_of_folder(error) {
            Trouble::DataFolder.into()
        } else {
            Fault::Storage.into()
        }
    }

    /// Why a file in this folder could not be written.
    pub(crate) fn file(folder: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::DiskFull {
                path: folder.to_owned(),
            },
            _ => Self::File(format!("{}: {error}", folder.display())),
        }
    }

    /// Gives what SQLite says of the file as a whole its own error, with the file's name.
    pub(crate) fn at(self, path: &Path) -> Self {
        use rusqlite::ErrorCode;
        let Self::Storage(error) = self else { return self };
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged {
                path: path.to_owned(),
                detail: error.to_string(),
            },
            _ if cannot_write(&error) => Self::DiskFull { path: path.to_owned() },
            _ if is_of_folder(&error) => Self::Open {
                path: path.to_owned(),
                reason: error.to_string(),
            },
            _ => Self::Storage(error),
        }
    }
}

/// The folder does not give what a database needs: rights, locks, shared memory. Network drives and some file systems do
/// not, or take it away while the program runs.
fn is_of_folder(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode;
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport
        )
    )
}

/// The disk is full, or a quota or limit keeps the file from growing: for the user it is the same.
fn cannot_write(error: &rusqlite::Error) -> bool {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
        || extended == Some(rusqlite::ffi::SQLITE_IOERR_WRITE)
}

#[cfg(test)]
mod tests {
    use super::DeskError;

    #[test]
    fn what_a_network_drive_answers_is_told_of_the_folder() {
        use rusqlite::ffi;
        let code =
            |extended| DeskError::code_of(&rusqlite::Error::SqliteFailure(ffi::Error::new(extended), None)).as_str();
        for extended in [
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_SHMMAP,
            ffi::SQLITE_IOERR_SHMOPEN,
            ffi::SQLITE_IOERR_LOCK,
            ffi::SQLITE_IOERR_READ,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_PROTOCOL,
            ffi::SQLITE_READONLY,
        ] {
            assert_eq!(code(extended), "data_folder", "{extended}");
        }
        assert_eq!(
            (code(ffi::SQLITE_FULL), code(ffi::SQLITE_IOERR_WRITE)),
            ("disk_full", "disk_full")
        );
        assert_eq!(code(ffi::SQLITE_BUSY), "storage", "another program, for a moment");
    }

    #[test]
    fn an_unreadable_value_is_not_quoted() {
        let error = serde_json::from_str::<Vec<bool>>(r#"["+79000000099"]"#).map_err(DeskError::from);
        let told = error.map_or_else(|error| error.to_string(), |_| String::new());
        assert!(
            !told.is_empty() && !told.contains("9000000099"),
            "in the log stood {told}"
        );
    }
}
