//! The file in the data directory for a token that was accepted over the API.

use crate::private;
use perezvon_pbx::rest::Token;
use std::io::Write as _;
use std::path::Path;

/// Stores a token for the next start, readable by the owner only. The former token is replaced only once the new file
/// is complete.
pub(crate) fn store(file: &Path, token: &Token) -> std::io::Result<()> {
    let fresh = file.with_extension("new");
    let mut out = private::file(&fresh)?;
    out.write_all(token.reveal().as_bytes())?;
    out.sync_all()?;
    std::fs::rename(&fresh, file)
}
