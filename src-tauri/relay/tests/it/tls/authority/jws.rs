//! Signed requests (RFC 7515) as ACME uses them: ES256 only.

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::alg_id::{ECDSA_P256, ECDSA_SHA256};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 for addresses, without padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for n in 0..=chunk.len() {
            text.push(ALPHABET[(bits >> (18 - 6 * n) & 63) as usize].into());
        }
    }
    text
}

pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        bits = bits << 6 | ALPHABET.iter().position(|a| *a == letter)? as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

/// A request as it is posted.
#[derive(Deserialize)]
pub(super) struct Signed {
    protected: String,
    payload: String,
    signature: String,
}

/// The protected header.
#[derive(Deserialize)]
pub(super) struct Protected {
    alg: String,
    pub(super) nonce: String,
    pub(super) url: String,
    pub(super) jwk: Option<Jwk>,
    pub(super) kid: Option<String>,
}

/// A public key.
#[derive(Clone, Deserialize, PartialEq, Eq)]
pub(super) struct Jwk {
    crv: String,
    kty: String,
    x: String,
    y: String,
}

impl Jwk {
    /// RFC 7638.
    pub(super) fn thumbprint(&self) -> String {
        let Self { crv, kty, x, y } = self;
        let json = format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#);
        encode(&Sha256::digest(json))
    }
}

impl Signed {
    pub(super) fn protected(&self) -> Option<Protected> {
        let protected: Protected = serde_json::from_slice(&decode(&self.protected)?).ok()?;
        (protected.alg == "ES256").then_some(protected)
    }

    /// The payload, if the key has signed it; an empty one is null.
    pub(super) fn payload(&self, key: &Jwk) -> Option<Value> {
        let point = [vec![4], decode(&key.x)?, decode(&key.y)?].concat();
        let signature = decode(&self.signature)?;
        let (r, s) = signature.split_at_checked(32)?;
        let numbers = [number(r), number(s)].concat();
        let signature = [vec![0x30, numbers.len() as u8], numbers].concat();
        let message = format!("{}.{}", self.protected, self.payload);
        let provider = default_provider();
        let mut known = provider.signature_verification_algorithms.all.iter();
        let by = known.find(|one| one.public_key_alg_id() == ECDSA_P256 && one.signature_alg_id() == ECDSA_SHA256)?;
        by.verify_signature(&point, message.as_bytes(), &signature).ok()?;
        let payload = decode(&self.payload)?;
        if payload.is_empty() {
            return Some(Value::Null);
        }
        serde_json::from_slice(&payload).ok()
    }
}

/// An integer in DER.
fn number(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let mut digits = bytes[zeros..].to_vec();
    if digits.first().is_none_or(|first| *first >= 0x80) {
        digits.insert(0, 0);
    }
    digits.splice(0..0, [2, digits.len() as u8]);
    digits
}
