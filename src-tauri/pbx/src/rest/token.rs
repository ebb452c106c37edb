//! The account token: it opens everything the client has at the PBX (reference 1.1), so it never prints.

use std::fmt;

use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

/// The token of the portal API. Prints as `<redacted>`, is wiped from memory when dropped.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

/// The text is no token: empty, longer than 128 characters, or with characters that cannot stand in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token: 1 to 128 visible ASCII characters are expected")]
pub struct BadToken;

impl Token {
    /// Longest token that is accepted, characters; Beeline's have 36.
    pub const LONGEST: usize = 128;

    /// From what a person pasted or a file holds; blanks around it are dropped. No form beyond visible ASCII is
    /// demanded: that Beeline's tokens are UUIDs is nowhere promised.
    pub fn parse(text: &str) -> Result<Self, BadToken> {
        let text = text.trim();
        if text.is_empty() || text.len() > Self::LONGEST || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(BadToken);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The token itself, for the keyring and nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn header(&self) -> HeaderValue {
        let mut value = HeaderValue::from_str(&self.0).expect("a token is visible ASCII");
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}
