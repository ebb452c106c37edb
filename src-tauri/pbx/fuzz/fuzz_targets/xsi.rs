//! `perezvon_pbx::xsi::parse` over arbitrary bytes: no panic, and what is kept is bounded by what was sent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use perezvon_pbx::xsi::{MAX_BODY, MAX_TEXT, MAX_UNKNOWN, parse};

/// How many bytes one byte may become when a document is mended: `'` is written as `&apos;`, a broken byte as U+FFFD.
const GROWTH: usize = 6;

fuzz_target!(|bytes: &[u8]| {
    let Ok(event) = parse(bytes) else { return };
    assert!(bytes.len() <= MAX_BODY);
    assert!(event.unknown.len() <= MAX_UNKNOWN);
    let unknown: usize = event.unknown.iter().map(String::len).sum();
    assert!(unknown <= GROWTH * bytes.len(), "{unknown} bytes of {}", bytes.len());
    for raw in &event.unknown {
        assert!(
            raw.starts_with('<') && raw.ends_with('>'),
            "an unknown element is kept whole"
        );
    }
    for text in [&event.event_id, &event.target, &event.subscription_id]
        .into_iter()
        .flatten()
    {
        assert!(!text.is_empty() && text.len() <= MAX_TEXT && text.trim() == text);
    }
});
