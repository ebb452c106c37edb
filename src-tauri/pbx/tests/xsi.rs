//! Every example event of the reference, its other possible spellings, the odd cases and the limits.
#![allow(
    clippy::unwrap_used,
    clippy::format_push_string,
    clippy::format_collect,
    clippy::single_match_else
)]

#[path = "support/fixtures.rs"]
mod fixtures;
#[path = "support/oracle.rs"]
mod oracle;

use fixtures::fixtures;
use perezvon_core::event::{Event, EventKind, LegState, Personality};
use perezvon_pbx::xsi::{self, XsiError, parse};

/// An event as text, one field a line, without what is absent.
fn show(event: &Event) -> String {
    let all = format!("{event:#?}");
    let mut lines = all.lines();
    let mut out = String::new();
    while let Some(line) = lines.next() {
        if [": None,", ": false,", ": [],"]
            .iter()
            .any(|absent| line.ends_with(absent))
        {
            continue;
        }
        out.push_str(line);
        // `Some(` + value + `),` become one line where the value is short.
        if line.ends_with("Some(") {
            let value = lines.next().unwrap();
            match value.strip_suffix(',') {
                Some(value) => {
                    out.push_str(value.trim_start());
                    out.push_str(lines.next().unwrap().trim_start());
                }
                None => {
                    out.push('\n');
                    out.push_str(value);
                }
            }
        }
        out.push('\n');
    }
    out
}

#[test]
fn every_example_reads_as_recorded() {
    for (name, text) in fixtures() {
        insta::assert_snapshot!(name, show(&parse(text.as_bytes()).unwrap()));
    }
}

#[test]
fn every_example_reads_as_another_parser_reads_it() {
    for (name, text) in fixtures() {
        assert_eq!(Some(parse(text.as_bytes()).unwrap()), oracle::oracle(&text), "{name}");
    }
}

/// A comment and a processing instruction that look like elements.
const NOISE: &str = "<!-- <xsi:x> --><?pi <?>";

/// Raw elements are kept as written, so they are compared without what a spelling may change.
fn comparable(mut event: Event) -> Event {
    for raw in &mut event.unknown {
        let mut bare = raw.split_whitespace().collect::<String>();
        for prefix in ["xsi1:", "xsi:", "ns2:", "i:"] {
            bare = bare.replace(prefix, "");
        }
        *raw = bare.replace(&NOISE.replace([' '], "").replace("xsi:", ""), "");
    }
    event
}

fn assert_same_when_written(spelling: impl Fn(&str) -> String) {
    for (name, text) in fixtures() {
        let other = spelling(&text);
        assert_ne!(other, text, "{name}: the spelling differs");
        let expected = comparable(parse(text.as_bytes()).unwrap());
        let found = parse(other.as_bytes()).map(comparable);
        assert_eq!(found, Ok(expected), "{name}:\n{other}");
    }
}

fn other_prefixes(text: &str) -> String {
    text.replace("xsi1", "i")
        .replace("xsi:", "ns2:")
        .replace("xmlns:xsi=", "xmlns:ns2=")
}

fn default_namespace(text: &str) -> String {
    text.replace("<xsi:", "<")
        .replace("</xsi:", "</")
        .replace("=\"xsi:", "=\"")
        .replace("xmlns:xsi=", "xmlns=")
}

fn without_indentation(text: &str) -> String {
    text.lines().map(str::trim).collect()
}

/// Line breaks and blanks on both sides of every text.
fn padded(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let inner = line.trim();
        match (inner.find('>'), inner.rfind("</")) {
            (Some(open), Some(close)) if open < close => {
                let (start, rest) = inner.split_at(open + 1);
                let (value, end) = rest.split_at(close - open - 1);
                out.push_str(&format!("{start}\n\t   {value} \r\n {end}\n"));
            }
            _ => out.push_str(&format!("{line}\n")),
        }
    }
    out
}

#[test]
fn prefixes_do_not_matter() {
    assert_same_when_written(other_prefixes);
    assert_same_when_written(default_namespace);
}

#[test]
fn indentation_and_blanks_do_not_matter() {
    assert_same_when_written(without_indentation);
    assert_same_when_written(padded);
    assert_same_when_written(|text| text.replace('\n', "\r\n"));
    assert_same_when_written(|text| padded(&default_namespace(text)));
    assert_same_when_written(|text| other_prefixes(&without_indentation(text)));
}

#[test]
fn a_byte_order_mark_comments_and_a_missing_declaration_do_not_matter() {
    assert_same_when_written(|text| format!("\u{feff}{text}"));
    assert_same_when_written(|text| text.lines().skip(1).collect());
    assert_same_when_written(|text| text.replace("encoding=\"UTF-8\"", "encoding='utf-8' standalone=\"yes\""));
    assert_same_when_written(|text| text.replace("</xsi:", &format!("{NOISE}</xsi:")) + "<!-- end -->\n");
}

#[test]
fn cdata_and_references_are_joined_into_one_text() {
    let event = parse(
        b"<Event><eventID>a&amp;<![CDATA[b<&c]]>&#100;&#x65;<!-- no -->f&lt;</eventID>\
          <targetId> <![CDATA[ x ]]> </targetId>\
          <eventData><call><remoteParty><name>&#1048;&#x432;&#1072;&#1085; &quot;1&apos;</name></remoteParty></call></eventData></Event>",
    )
    .unwrap();
    assert_eq!(event.event_id.as_deref(), Some("a&b<&cdef<"));
    assert_eq!(event.target.as_deref(), Some("x"));
    assert_eq!(event.calls[0].remote.name.as_deref(), Some("Иван \"1'"));
}

#[test]
fn missing_parts_cost_nothing_else() {
    let empty = parse(b"<Event/>").unwrap();
    assert_eq!(empty, Event::default());
    let event = parse(
        b"<e:Event xmlns:e='urn:x'><e:eventID/><e:targetId> </e:targetId><e:sequenceNumber>many</e:sequenceNumber>\
          <e:eventData><e:call><e:state>Idle</e:state><e:personality>Boss</e:personality><e:startTime>soon</e:startTime>\
          <e:callId>c</e:callId></e:call></e:eventData></e:Event>",
    )
    .unwrap();
    assert_eq!((event.event_id, event.target, event.sequence), (None, None, None));
    assert_eq!(event.kind, EventKind::Missing);
    let call = &event.calls[0];
    assert_eq!((call.state, call.personality, call.start), (None, None, None));
    assert_eq!(call.call_id.as_deref(), Some("c"));
}

#[test]
fn the_unknown_is_kept_and_does_not_disturb() {
    let text = "<Event><novelty><targetId>no</targetId></novelty><eventData type='q:CallTeleportedEvent'>\
        <wormhole a='1'><call>x</call></wormhole><call><callId>c<extra>no</extra></callId><odd><state>Held</state></odd>\
        <state>Active</state></call><flag/></eventData><targetId>t</targetId></Event>";
    let event = parse(text.as_bytes()).unwrap();
    assert_eq!(event.kind, EventKind::Other("CallTeleportedEvent".into()));
    assert_eq!(event.unknown, ["<wormhole a='1'><call>x</call></wormhole>", "<flag/>"]);
    assert_eq!(event.target.as_deref(), Some("t"));
    assert_eq!(event.calls.len(), 1);
    assert_eq!(event.calls[0].call_id.as_deref(), Some("c"));
    assert_eq!(event.calls[0].state, Some(LegState::Active));
    let many = format!("<Event><eventData>{}</eventData></Event>", "<x/>".repeat(100));
    assert_eq!(parse(many.as_bytes()).unwrap().unknown.len(), xsi::MAX_UNKNOWN);
}

#[test]
fn the_schema_instance_type_wins_over_another_type() {
    for declared_on in ["Event", "eventData"] {
        let text = "<Event><eventData a:type='w:HookStatusEvent' b:type=' w:CallHeldEvent '/></Event>"
            .replacen("<Event", "<Event xmlns:a='urn:a'", 1)
            .replacen(
                &format!("<{declared_on}"),
                &format!("<{declared_on} xmlns:type='urn:t' xmlns:b='http://www.w3.org/2001/XMLSchema-instance'"),
                1,
            );
        assert_eq!(
            parse(text.as_bytes()).unwrap().kind,
            EventKind::CallHeld,
            "declared on {declared_on}"
        );
    }
    let alone = b"<Event><eventData odd:type='CallAnsweredEvent'/></Event>";
    assert_eq!(
        parse(alone).unwrap().kind,
        EventKind::CallAnswered,
        "an undeclared prefix is accepted"
    );
}

#[test]
fn words_of_the_reference_are_read() {
    for (word, state) in [("Remote Held", LegState::RemoteHeld), ("Detached", LegState::Detached)] {
        let text = format!(
            "<Event><eventData><call><state>{word}</state><personality>Click-to-Dial</personality></call></eventData></Event>"
        );
        let call = parse(text.as_bytes()).unwrap().calls.remove(0);
        assert_eq!(
            (call.state, call.personality),
            (Some(state), Some(Personality::ClickToDial))
        );
    }
}

#[test]
fn each_limit_has_its_own_error() {
    let deep = |n: usize| format!("<Event>{}{}</Event>", "<a>".repeat(n), "</a>".repeat(n));
    let wide = |n: usize| format!("<Event>{}</Event>", "<a/>".repeat(n));
    let attributes = |n: usize| {
        let all: String = (0..n).map(|i| format!(" a{i}=''")).collect();
        format!("<Event><a{all}/></Event>")
    };
    let long = |n: usize| format!("<Event><targetId>{}</targetId></Event>", "9".repeat(n));
    let body = |n: usize| format!("<Event>{}</Event>", " ".repeat(n - "<Event></Event>".len()));
    let cases = [
        (body(xsi::MAX_BODY), body(xsi::MAX_BODY + 1), XsiError::BodyTooLarge),
        (deep(xsi::MAX_DEPTH - 1), deep(xsi::MAX_DEPTH), XsiError::TooDeep),
        (
            wide(xsi::MAX_ELEMENTS - 1),
            wide(xsi::MAX_ELEMENTS),
            XsiError::TooManyElements,
        ),
        (
            attributes(xsi::MAX_ATTRIBUTES),
            attributes(xsi::MAX_ATTRIBUTES + 1),
            XsiError::TooManyAttributes,
        ),
        (long(xsi::MAX_TEXT), long(xsi::MAX_TEXT + 1), XsiError::TextTooLong),
    ];
    for (within, beyond, error) in cases {
        assert!(parse(within.as_bytes()).is_ok(), "just within the limit: {error}");
        assert_eq!(parse(beyond.as_bytes()), Err(error));
    }
    let kind = format!("<Event><eventData type='{}'/></Event>", "K".repeat(xsi::MAX_TEXT + 1));
    assert_eq!(parse(kind.as_bytes()), Err(XsiError::TextTooLong));
}

#[test]
fn what_is_refused_says_why_and_quotes_nothing() {
    let utf16: Vec<u8> = "\u{feff}<Event/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let text = |s: &str| s.as_bytes().to_vec();
    let is_malformed = |e: XsiError| matches!(e, XsiError::Malformed { .. });
    let is = |expected: XsiError| move |e: XsiError| e == expected;
    type Check = Box<dyn Fn(XsiError) -> bool>;
    let cases: Vec<(Vec<u8>, Check)> = vec![
        (vec![], Box::new(is(XsiError::Empty))),
        (text("\u{feff} \n"), Box::new(is(XsiError::Empty))),
        (text("<!-- only -->"), Box::new(is(XsiError::Empty))),
        (utf16, Box::new(is(XsiError::NotUtf8))),
        (vec![b'<', b'E', 0xC8, b'>'], Box::new(is(XsiError::NotUtf8))),
        (
            text("<?xml version='1.0' encoding='windows-1251'?><Event/>"),
            Box::new(is(XsiError::OtherEncoding)),
        ),
        (
            text("<Event><targetId>9000000099\u{0}</targetId></Event>"),
            Box::new(is(XsiError::ControlCharacter)),
        ),
        (
            text("<Event><targetId>9000000099&#x1;</targetId></Event>"),
            Box::new(is(XsiError::ControlCharacter)),
        ),
        (
            text("<!DOCTYPE Event [<!ENTITY n '9000000099'>]><Event><targetId>&n;</targetId></Event>"),
            Box::new(is(XsiError::Doctype)),
        ),
        (
            text("<Event><targetId>9000000099&nbsp;</targetId></Event>"),
            Box::new(is(XsiError::UnknownEntity)),
        ),
        (text("<Event><targetId>9000000099"), Box::new(is(XsiError::Truncated))),
        (
            text("<html><p>9000000099</p></html>"),
            Box::new(is(XsiError::NotAnEvent)),
        ),
        (text("9000000099"), Box::new(is_malformed)),
        (text("<Event><x9000000099></Event>"), Box::new(is_malformed)),
        (text("<Event>9000000099 & more</Event>"), Box::new(is_malformed)),
        (text("<Event/><Event/>"), Box::new(is_malformed)),
        (text("<Event/>9000000099"), Box::new(is_malformed)),
        (text("<Event><a 9000000099></a></Event>"), Box::new(is_malformed)),
        (text("<Event><?xml version='1.0'?></Event>"), Box::new(is_malformed)),
    ];
    for (body, expected) in cases {
        let shown = String::from_utf8_lossy(&body).into_owned();
        let error = parse(&body).expect_err(&shown);
        assert!(expected(error), "{shown} → {error:?}");
        let told = format!("{error} {error:?} {}", error.code());
        assert!(!told.contains("9000000099"), "the error quotes the body: {told}");
    }
}
