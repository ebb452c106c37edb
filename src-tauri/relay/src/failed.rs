//! Failures of operations that need the PBX and the ledger.

use crate::tables::LedgerError;
use perezvon_pbx::rest::PortalError;

/// Which of the two failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error(transparent)]
    Portal(#[from] PortalError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Failed {
    /// A stable code, see [`crate::words`].
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Portal(error) => error.code(),
            Self::Ledger(_) => "ledger",
        }
    }
}
