//! Random and damaged documents: never a panic, and whatever roxmltree can read is read alike.
#![allow(clippy::unwrap_used)]

#[path = "support/fixtures.rs"]
mod fixtures;
#[path = "support/oracle.rs"]
mod oracle;

use fixtures::fixtures;
use oracle::oracle;
use perezvon_core::event::{Event, EventKind, Party};
use perezvon_pbx::xsi::{Read, XsiError, parse, read, read_leniently};
use proptest::prelude::*;
use proptest::sample::select;

/// Names that mean something somewhere, so that they also turn up where they mean nothing, and names that never do.
const NAMES: [&str; 42] = [
    "eventID",
    "sequenceNumber",
    "subscriptionId",
    "targetId",
    "eventData",
    "eventData",
    "eventData",
    "hookStatus",
    "reason",
    "calls",
    "call",
    "call",
    "call",
    "callId",
    "extTrackingId",
    "personality",
    "state",
    "releaseCause",
    "internalReleaseCause",
    "releasingParty",
    "remoteParty",
    "redirections",
    "redirection",
    "party",
    "redirect",
    "redirectTime",
    "endpoint",
    "addressOfRecord",
    "startTime",
    "answerTime",
    "acdCallInfo",
    "waitTime",
    "callingPartyInfo",
    "recorded",
    "recordingState",
    "address",
    "name",
    "privacy",
    "userDN",
    "odd-name.1",
    "Имя",
    "conference",
];

const TEXTS: [&str; 20] = [
    "",
    " ",
    "\n\t ",
    "Terminator",
    "Click-to-Dial",
    "Active",
    "Remote Held",
    "localRelease",
    "1760000000000",
    "-1",
    "99999999999999999999",
    "tel:+79000000099",
    "Сидорова\r\nАнна",
    "a &amp; b",
    "&#x41;&#1074;&lt;",
    "<![CDATA[ <x>&amp; ]]>",
    "<!-- comment -->",
    "<?pi x?>",
    "] ",
    ">",
];

const PREFIXES: [&str; 4] = ["", "xsi:", "ns2:", "i:"];

const ATTRIBUTES: [&str; 6] = [
    "",
    " i:type=\"xsi:CallReceivedEvent\"",
    " type='HookStatusEvent'",
    " xsi:type='a:b:CallPickedUpEvent' i:type=' ns2:Call&#65;nsweredEvent'",
    " countryCode=\"7\"",
    " xmlns:j='http://www.w3.org/2001/XMLSchema-instance' xsi:type='X' j:type='CallHeldEvent'",
];

fn element(content: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    (
        select(&PREFIXES[..]),
        select(&NAMES[..]),
        select(&ATTRIBUTES[..]),
        content,
    )
        .prop_map(|(prefix, name, attributes, content)| match content.as_str() {
            "" => format!("<{prefix}{name}{attributes}/>"),
            _ => format!("<{prefix}{name}{attributes}>{content}</{prefix}{name} >"),
        })
        .boxed()
}

/// Elements in elements, texts between them.
fn tree() -> BoxedStrategy<String> {
    let text = prop::collection::vec(select(&TEXTS[..]), 0..4).prop_map(|t| t.concat());
    element(text)
        .prop_recursive(7, 60, 8, |inner| {
            let piece = prop_oneof![4 => inner, 1 => select(&TEXTS[..]).prop_map(str::to_owned)];
            element(prop::collection::vec(piece, 0..8).prop_map(|p| p.concat()))
        })
        .boxed()
}

/// A call in the right place, so that deep fields are reached often.
fn document() -> impl Strategy<Value = String> {
    let call = prop::collection::vec(tree(), 0..10).prop_map(|t| {
        format!(
            "<xsi:eventData i:type='xsi:CallReceivedEvent'><xsi:call>{}</xsi:call></xsi:eventData>",
            t.concat()
        )
    });
    let body = prop::collection::vec(prop_oneof![2 => tree(), 1 => call], 0..6);
    (select(&PREFIXES[..]), body).prop_map(|(prefix, body)| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{prefix}Event xmlns='urn:d' xmlns:xsi='urn:x' xmlns:ns2='urn:n' \
             xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>{}</{prefix}Event>",
            body.concat()
        )
    })
}

/// The document without children that stand twice where the schema has them once: of such a document we read less than
/// it says (see `repeated_elements_are_never_read_as_more_than_one`).
fn once(text: &str) -> String {
    let document = roxmltree::Document::parse(text).unwrap();
    let mut cuts: Vec<std::ops::Range<usize>> = Vec::new();
    for parent in document.descendants().filter(roxmltree::Node::is_element) {
        let mut seen = std::collections::BTreeSet::new();
        for child in parent.children().filter(roxmltree::Node::is_element) {
            let name = child.tag_name().name();
            if !seen.insert(name) && name != "redirection" {
                cuts.push(child.range());
            }
        }
    }
    cuts.sort_by_key(|cut| cut.start);
    let (mut out, mut at) = (String::new(), 0);
    for cut in cuts {
        if cut.start >= at {
            out.push_str(&text[at..cut.start]);
            at = cut.end;
        }
    }
    out + &text[at..]
}

/// Where roxmltree reads an event, we do too and find the same, by both ways; we may refuse only for a rule of our own.
fn assert_agrees(text: &str) {
    let text = text.trim_start_matches('\u{feff}');
    let Some(expected) = oracle(text) else {
        return;
    };
    match read(text.as_bytes()) {
        Ok(Read {
            mended: Some(XsiError::Doubtful),
            event,
        }) => assert_is_less(&event, &expected, text),
        Ok(Read { event, mended }) => {
            assert_eq!(event, expected, "{text}");
            if let Ok(leniently) = read_leniently(text.as_bytes())
                && leniently.mended != Some(XsiError::Doubtful)
            {
                assert_eq!(leniently.event, expected, "the lenient way: {text}");
            } else {
                assert!(
                    mended.is_some() || !has_key(&expected),
                    "the lenient way lost it: {text}"
                );
            }
        }
        Err(
            XsiError::Doctype
            | XsiError::OtherEncoding
            | XsiError::TooManyAttributes
            | XsiError::TooDeep
            | XsiError::Doubtful
            | XsiError::ControlCharacter,
        ) => {}
        Err(error) => panic!("{error} although well-formed: {text}"),
    }
}

fn has_key(event: &Event) -> bool {
    event.kind != EventKind::Missing
        && (event.calls.is_empty()
            || event
                .calls
                .iter()
                .any(|c| c.call_id.is_some() || c.tracking_id.is_some()))
}

/// Of a document that contradicts itself nothing is taken but what it says before the contradiction.
fn assert_is_less(found: &Event, whole: &Event, text: &str) {
    assert_eq!(found.kind, whole.kind, "{text}");
    assert!(found.calls.len() <= 1, "{text}");
    if let (Some(found), Some(whole)) = (found.calls.first(), whole.calls.first()) {
        let all = (
            &whole.call_id,
            &whole.tracking_id,
            whole.state,
            whole.personality,
            whole.answer,
        );
        let kept = (
            &found.call_id,
            &found.tracking_id,
            found.state,
            found.personality,
            found.answer,
        );
        assert!(kept.0.is_none() || kept.0 == all.0, "{text}");
        assert!(kept.1.is_none() || kept.1 == all.1, "{text}");
        assert!(kept.2.is_none() || kept.2 == all.2, "{text}");
        assert!(kept.3.is_none() || kept.3 == all.3, "{text}");
        assert!(kept.4.is_none() || kept.4 == all.4, "{text}");
        assert_eq!(found.remote, Party::default(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_events_read_as_another_parser_reads_them(text in document()) {
        prop_assert!(oracle(&text).is_some(), "the generator writes well-formed events: {text}");
        let once = once(&text);
        let found = read(once.as_bytes());
        prop_assert_eq!(found.map(|read| (read.event, read.mended)), Ok((oracle(&once).unwrap(), None)), "{}", once);
        assert_agrees(&once);
    }

    #[test]
    fn repeated_elements_are_never_read_as_more_than_one(text in document()) {
        assert_agrees(&text);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn random_markup_never_panics(pieces in prop::collection::vec(
        select(&["<", ">", "</", "/>", "<Event", "<eventData", "<call>", " a='", "\"", "&", ";", "#x", "<![CDATA[", "]]>",
                 "<!--", "-->", "<?xml", "?>", "<!DOCTYPE", "xmlns:", "type=", "\u{feff}", "я", " ", "Event>"][..]), 0..60)) {
        let _ = parse(pieces.concat().as_bytes());
    }

    #[test]
    fn damaged_examples_never_panic_and_agree_where_both_read(
        which in 0usize..39,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0u8..4, any::<u8>()), 1..6),
    ) {
        let mut bytes = fixtures()[which].1.clone().into_bytes();
        for (at, how, byte) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, byte),
                _ => bytes.truncate(at.max(1)),
            }
        }
        match String::from_utf8(bytes) {
            Ok(text) => assert_agrees(&text),
            Err(broken) => if let Ok(read) = read(broken.as_bytes()) {
                prop_assert!(read.mended.is_some(), "what is not UTF-8 is told");
            },
        }
    }
}
