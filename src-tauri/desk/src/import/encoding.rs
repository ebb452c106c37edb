//! The code page of a text.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, IBM866, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};
use std::borrow::Cow;

/// What is looked at to find the code page out.
const LOOKED_AT: usize = 1024 * 1024;

/// A text and the code page that it was in.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) encoding: &'static Encoding,
}

/// The code page that was chosen, or the one that the bytes look like.
pub(super) fn of(bytes: &[u8], chosen: Option<&str>) -> &'static Encoding {
    chosen
        .and_then(|name| Encoding::for_label(name.as_bytes()))
        .unwrap_or_else(|| guess(bytes))
}

pub(super) fn decode(bytes: &[u8], chosen: Option<&str>) -> Text {
    let encoding = of(bytes, chosen);
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    Text {
        text: text.into_owned(),
        encoding,
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    let head = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    if let Some(wide) = wide(head) {
        return wide;
    }
    if mostly_utf8(bytes) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, head.len() == bytes.len());
    let guessed = detector.guess(Some(b"ru"), Utf8Detection::Deny);
    // What is not Cyrillic is a wrong guess of a short text: offices here write no Western code page.
    let cyrillic = [
        WINDOWS_1251,
        IBM866,
        encoding_rs::KOI8_R,
        encoding_rs::KOI8_U,
        encoding_rs::ISO_8859_5,
    ];
    if cyrillic.contains(&guessed) {
        guessed
    } else {
        WINDOWS_1251
    }
}

/// UTF-16 without a mark: every second byte is the high byte of ASCII or Cyrillic.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let pairs = head.len() / 2;
    let high = |at: usize| {
        let found = head
            .iter()
            .skip(at)
            .step_by(2)
            .filter(|byte| matches!(byte, 0 | 4))
            .count();
        pairs >= 4 && found * 10 >= pairs * 9
    };
    match (high(1), high(0)) {
        (true, false) => Some(UTF_16LE),
        (false, true) => Some(UTF_16BE),
        _ => None,
    }
}

/// UTF-8, maybe with a spoilt letter here and there: one bad row is no other code page.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    bad == 0 || good >= bad * 10
}

/// No text of any code page.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let controls = head.iter().filter(|byte| **byte < 9).count();
    guess(bytes) != UTF_16LE && guess(bytes) != UTF_16BE && controls * 50 > head.len()
}

/// UTF-16 as UTF-8; anything else as it is, without its mark.
pub(super) fn narrow<'a>(bytes: &'a [u8], chosen: Option<&str>) -> Cow<'a, [u8]> {
    let encoding = of(bytes, chosen);
    if encoding == UTF_16LE || encoding == UTF_16BE {
        return Cow::Owned(encoding.decode_with_bom_removal(bytes).0.into_owned().into_bytes());
    }
    Cow::Borrowed(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes))
}
