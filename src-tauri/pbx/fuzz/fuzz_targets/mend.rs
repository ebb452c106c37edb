//! The lenient way of `perezvon_pbx::xsi`: what it reads of a well-formed document is what the strict way reads, and junk
//! in a name or a SIP Call-ID changes nothing that decides.
//!
//! The input is either a whole document, or (first byte even) two texts for the places that an outsider may fill.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use perezvon_core::Event;
use perezvon_pbx::xsi::{Read, XsiError, read, read_leniently};

const EVENT: &str = "<xsi:Event xmlns:xsi='x' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><xsi:eventID>e</xsi:eventID>\
    <xsi:targetId>t@x</xsi:targetId><xsi:eventData i:type='xsi:CallReceivedEvent'><xsi:call><xsi:callId>c</xsi:callId>\
    <xsi:extTrackingId>1:1</xsi:extTrackingId><xsi:networkCallId>\u{1}</xsi:networkCallId><xsi:personality>Terminator</xsi:personality>\
    <xsi:state>Alerting</xsi:state><xsi:remoteParty><xsi:name>\u{2}</xsi:name><xsi:address>tel:+79000000099</xsi:address>\
    </xsi:remoteParty><xsi:startTime>1760000000000</xsi:startTime></xsi:call></xsi:eventData></xsi:Event>";

fn filled(id: &[u8], name: &[u8]) -> Vec<u8> {
    let (start, rest) = EVENT.split_once('\u{1}').expect("has a place");
    let (middle, end) = rest.split_once('\u{2}').expect("has a place");
    [start.as_bytes(), id, middle.as_bytes(), name, end.as_bytes()].concat()
}

fn assert_both_ways_agree(bytes: &[u8]) {
    let leniently = read_leniently(bytes);
    if let Ok(Read { event: found, mended }) = leniently
        && mended != Some(XsiError::Doubtful)
        && let Ok(Read { event, mended: None }) = read(bytes)
    {
        assert_eq!(found, event);
    }
}

static GENUINE: LazyLock<Event> = LazyLock::new(|| read(&filled(b"a", b"b")).expect("is well-formed").event);

fn assert_is_not_forged(body: &[u8]) {
    let Ok(Read { event, mended }) = read_leniently(body) else { return };
    let genuine = &*GENUINE;
    assert_eq!((&event.event_id, &event.target, &event.kind), (&genuine.event_id, &genuine.target, &genuine.kind));
    assert_eq!(event.calls.len(), 1);
    let (call, own) = (&event.calls[0], &genuine.calls[0]);
    assert_eq!((&call.call_id, &call.tracking_id), (&own.call_id, &own.tracking_id));
    let doubtful = mended == Some(XsiError::Doubtful);
    assert!(call.state == own.state || doubtful && call.state.is_none());
    assert!(call.personality == own.personality || doubtful && call.personality.is_none());
    assert!(call.remote.address == own.remote.address || doubtful && call.remote.address.is_none());
    assert!(call.start == own.start || doubtful && call.start.is_none());
    assert_eq!((call.answer, call.release, &call.remote.user_id), (None, None, &None));
}

fuzz_target!(|bytes: &[u8]| {
    match bytes.split_first() {
        Some((first, rest)) if first % 2 == 0 => {
            let at = rest.iter().position(|b| *b == 0).unwrap_or(rest.len());
            let body = filled(&rest[..at], rest.get(at + 1..).unwrap_or_default());
            assert_is_not_forged(&body);
        }
        _ => assert_both_ways_agree(bytes),
    }
});
