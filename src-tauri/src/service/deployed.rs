//! Joining without a question, because an administrator has installed the app so: the installer leaves the company's relay
//! and a code in `join.txt` of the data folder, a line each. It is used once.

use super::join::join as join_relay;
use crate::core::Core;
use crate::settings;
use perezvon_desk::relay_client::JoinLink;
use perezvon_desk::{FailureCode, Fault};
use std::io::Read as _;
use std::path::PathBuf;

const FILE: &str = "join.txt";
/// An address and a code are shorter.
const BYTES_MAX: u64 = 4096;

/// Such a code will never be of use. After any other failure it is tried again at the next start, or a person must agree in
/// the window.
const OF_NO_USE: [Fault; 5] = [
    Fault::CodeUnknown,
    Fault::CodeUsed,
    Fault::CodeExpired,
    Fault::BadAddress,
    Fault::Fixed,
];

/// Joins if there is such a file.
pub(super) async fn join(core: &Core) {
    let Ok(opened) = std::fs::File::open(file(core)) else {
        return;
    };
    let mut bytes = Vec::new();
    if let Err(error) = opened.take(BYTES_MAX).read_to_end(&mut bytes) {
        tracing::error!(%error, "What the installation has given to join a relay with cannot be read");
        return;
    }
    let text = text_of(&bytes);
    let mut lines = text.lines();
    let (relay, code) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let used = if let Ok(link) = JoinLink::typed(relay, code) {
        joined(core, link).await
    } else {
        tracing::error!("What the installation has given to join a relay with is no address and no code");
        true
    };
    if used {
        forget(core);
    }
}

/// Removes the code that was given at the installation: it is used, of no use, or declined.
pub(crate) fn forget(core: &Core) {
    match std::fs::remove_file(file(core)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "The code that was given at the installation could not be removed");
        }
        _ => {}
    }
}

fn file(core: &Core) -> PathBuf {
    core.data_dir.join(FILE)
}

/// UTF-8, or UTF-16 as some shells of Windows write it; both with their mark or, UTF-8, without.
fn text_of(bytes: &[u8]) -> String {
    match bytes {
        [0xff, 0xfe, rest @ ..] => {
            let units: Vec<u16> = rest
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Whether the code is used up, or of no use.
async fn joined(core: &Core, link: JoinLink) -> bool {
    let relay = link.relay().to_owned();
    let before = core.with_desk(|desk| Ok(settings::connection(desk))).await;
    if before.is_ok_and(|before| before.relay == relay) {
        return true;
    }
    // What only a person can answer waits for them in the window.
    core.joining.offer(link);
    match join_relay(core, &relay, false, false).await {
        Ok(welcome) => {
            if welcome.me.is_some() {
                // Nothing is left to ask. What is not stored is asked, and no harm done.
                let settled = core.with_desk(|desk| {
                    let connection = settings::connection(desk);
                    settings::save_connection(
                        desk,
                        &settings::Connection {
                            settled: true,
                            ..connection
                        },
                    )
                });
                drop(settled.await);
            }
            true
        }
        Err(failure) => {
            tracing::warn!(code = %failure.code, "The relay that was given at the installation is not joined");
            let used = OF_NO_USE.iter().any(|fault| failure.code == FailureCode::Fault(*fault));
            if used {
                core.joining.decline();
            }
            used
        }
    }
}

#[cfg(test)]
mod tests {
    use super::text_of;

    #[test]
    fn a_file_is_read_as_windows_writes_it() {
        let text = "https://relay.example.ru\r\nABCD-EFGH\r\n";
        let utf16: Vec<u8> = "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        for bytes in [text.as_bytes().to_vec(), format!("\u{feff}{text}").into_bytes(), utf16] {
            assert_eq!(text_of(&bytes), text);
        }
    }
}
