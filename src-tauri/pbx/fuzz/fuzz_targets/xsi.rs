//! `perezvon_pbx::xsi::parse` over arbitrary bytes: no panic, and no more is kept than was sent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use perezvon_pbx::xsi::{MAX_BODY, MAX_TEXT, MAX_UNKNOWN, parse};

fuzz_target!(|bytes: &[u8]| {
    let Ok(event) = parse(bytes) else { return };
    assert!(bytes.len() <= MAX_BODY);
    assert!(event.unknown.len() <= MAX_UNKNOWN);
    assert!(event.unknown.iter().map(String::len).sum::<usize>() <= bytes.len());
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
