//! A next version of the app: the real program with another number in it, and makers who sign it with a key of their own.

use super::app::BINARY;
use super::display::Desktop;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign::KeyPair;
use std::io::Cursor;
use std::path::PathBuf;

/// Who signs; another key pair each time.
pub struct Makers(KeyPair);

impl Makers {
    pub fn new() -> Self {
        Self(KeyPair::generate_unencrypted_keypair().unwrap())
    }

    /// The public key as it is built into the app.
    pub fn key(&self) -> String {
        STANDARD.encode(self.0.pk.to_box().unwrap().into_string())
    }

    /// As `tauri signer sign --app-version`.
    pub fn sign(&self, bytes: &[u8], version: &str) -> String {
        let comment = format!("timestamp:1790000000\tfile:perezvon\tversion:{version}");
        let signed = minisign::sign(
            Some(&self.0.pk),
            &self.0.sk,
            Cursor::new(bytes),
            Some(&comment),
            Some("signature"),
        );
        STANDARD.encode(signed.unwrap().into_string())
    }
}

/// This version's number.
pub fn number() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The number of the next one.
pub fn next_number() -> String {
    number_after(number())
}

/// A greater number of as many letters: it takes the place of the present one in the program.
pub fn number_after(number: &str) -> String {
    let mut parts: Vec<String> = number.split('.').map(str::to_owned).collect();
    let grows = |part: &&mut String| part.bytes().any(|digit| digit != b'9');
    let part = parts
        .iter_mut()
        .rev()
        .find(grows)
        .expect("a part that is not all nines");
    *part = (part.parse::<u32>().unwrap() + 1).to_string();
    parts.join(".")
}

/// The app in a folder of the person's own, where it can replace itself.
pub fn installed(desktop: &Desktop) -> PathBuf {
    let folder = desktop.path("bin");
    std::fs::create_dir(&folder).unwrap();
    let program = folder.join("perezvon");
    strip(desktop, &program);
    program
}

/// The bytes of the next version.
pub fn next_version(desktop: &Desktop) -> Vec<u8> {
    let file = desktop.path("next");
    strip(desktop, &file);
    let mut bytes = std::fs::read(&file).unwrap();
    let old = perezvon_core::VERSION.as_bytes();
    let new = perezvon_core::VERSION.replacen(number(), &next_number(), 1);
    let places: Vec<usize> = bytes
        .windows(old.len())
        .enumerate()
        .filter_map(|(at, part)| (part == old).then_some(at))
        .collect();
    assert!(!places.is_empty(), "the program holds its version");
    for at in places {
        bytes[at..at + old.len()].copy_from_slice(new.as_bytes());
    }
    bytes
}

/// Without what a debugger wants: two thirds of the file.
fn strip(desktop: &Desktop, to: &PathBuf) {
    let mut strip = desktop.command("strip");
    let done = strip.arg("-o").arg(to).arg(BINARY).status();
    assert!(done.expect("strip comes with binutils, as the linker does").success());
}
