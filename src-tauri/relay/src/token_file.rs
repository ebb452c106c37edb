//! The file in the data directory for a token that was accepted over the API. On Windows it is sealed for the account
//! that the relay runs under (DPAPI): a copy of the data directory has no token.

use crate::private;
use perezvon_pbx::rest::Token;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

/// Stores a token for the next start, readable by the owner only. The former token is replaced only once the new file
/// is complete.
pub(crate) fn store(file: &Path, token: &Token) -> io::Result<()> {
    let fresh = file.with_extension("new");
    let mut out = private::file(&fresh)?;
    out.write_all(&seal(token.reveal())?)?;
    out.sync_all()?;
    drop(out);
    std::fs::rename(&fresh, file)
}

/// The text of a token that was stored. An error of the kind `InvalidData`: the file is there and holds none that can be
/// used any more.
pub(crate) fn read(file: &Path) -> io::Result<String> {
    unseal(std::fs::read(file)?)
}

#[cfg(not(windows))]
#[allow(clippy::unnecessary_wraps, reason = "Windows may refuse")]
fn seal(token: &str) -> io::Result<Vec<u8>> {
    Ok(token.as_bytes().to_owned())
}

#[cfg(not(windows))]
fn unseal(stored: Vec<u8>) -> io::Result<String> {
    String::from_utf8(stored).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is damaged"))
}

#[cfg(windows)]
fn seal(token: &str) -> io::Result<Vec<u8>> {
    windows_dpapi::encrypt_data(token.as_bytes(), windows_dpapi::Scope::User, None).map_err(io::Error::other)
}

#[cfg(windows)]
fn unseal(stored: Vec<u8>) -> io::Result<String> {
    let token = windows_dpapi::decrypt_data(&stored, windows_dpapi::Scope::User, None).map_err(|_| {
        let reason = "it was stored by another account of Windows, or is damaged";
        io::Error::new(ErrorKind::InvalidData, reason)
    })?;
    String::from_utf8(token).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is damaged"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_stored_token_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        for text in ["fictional-token-1", "fictional-token-2"] {
            store(&file, &Token::parse(text).unwrap()).unwrap();
            assert_eq!(read(&file).unwrap(), text);
            let bytes = std::fs::read(&file).unwrap();
            let plain = bytes.windows(text.len()).any(|part| part == text.as_bytes());
            assert_eq!(plain, cfg!(not(windows)), "on Windows it is sealed");
        }
        assert_eq!(read(&dir.path().join("none")).unwrap_err().kind(), ErrorKind::NotFound);
        std::fs::write(&file, [0xff, 0x00, 0xfe]).unwrap();
        assert_eq!(read(&file).unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
