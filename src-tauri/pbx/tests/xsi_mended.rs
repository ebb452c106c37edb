//! Documents that are not well-formed: what decides about the call is read whatever its names are like, and nothing that
//! decides is taken out of a name.
#![allow(clippy::unwrap_used)]

#[path = "support/fixtures.rs"]
mod fixtures;

use fixtures::fixtures;
use perezvon_core::event::{Event, EventKind, LegState, Party, Personality};
use perezvon_pbx::xsi::{MAX_BODY, Read, XsiError, read, read_leniently};
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn broken(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/../relay/tests/cases/{name}.xml",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

/// The event with nothing left that an outsider or an administrator may choose as they like.
fn deciding(mut event: Event) -> Event {
    event.unknown.clear();
    for call in &mut event.calls {
        let acd = call.acd.iter_mut();
        acd.for_each(|acd| {
            acd.name = None;
            acd.calling.name = None;
        });
        call.remote.name = None;
        call.redirections.iter_mut().for_each(|one| one.party.name = None);
    }
    event
}

#[test]
fn events_from_the_field_ring_with_their_names() {
    for (file, number, name, why) in [
        (
            "01-a-latin1-declared-charrefs",
            "11",
            Some("Пётр Тестов"),
            XsiError::OtherEncoding,
        ),
        (
            "01-b-latin1-declared-utf8-bytes",
            "12",
            Some("Пётр Тестов"),
            XsiError::OtherEncoding,
        ),
        (
            "02-a-cp1252-apostrophe",
            "21",
            Some("ИП Жан д\u{fffd}Арк"),
            XsiError::NotUtf8,
        ),
        ("02-b-nul-bytes", "22", Some("Склад"), XsiError::ControlCharacter),
        (
            "03-a-ampersand-in-name",
            "31",
            Some("Рога & Копыта"),
            XsiError::Malformed { offset: 0 },
        ),
        (
            "03-d-html-entity",
            "34",
            Some("Рога\u{a0}и\u{a0}Копыта"),
            XsiError::UnknownEntity,
        ),
    ] {
        let Read { event, mended } = read(&broken(file)).unwrap();
        let call = &event.calls[0];
        assert_eq!(call.remote.name.as_deref(), name, "{file}");
        assert_eq!(call.remote.address, Some(format!("tel:+790000000{number}")), "{file}");
        assert_eq!(call.remote.call_type.as_deref(), Some("Network"), "{file}");
        assert_eq!(
            (call.state, call.personality),
            (Some(LegState::Alerting), Some(Personality::Terminator))
        );
        assert_eq!(event.kind, EventKind::CallReceived);
        assert!(
            event.sequence.is_some() && event.event_id.is_some() && call.start.is_some(),
            "{file}"
        );
        let mended = mended.expect("it is told that the document was mended");
        assert_eq!(mended.code(), why.code(), "{file}");
    }
    let zero = read(&broken("08-b2-released-answertime-zero")).unwrap();
    assert_eq!((zero.mended, zero.event.calls[0].answer), (None, None), "0 is no time");
}

/// quick-xml ends `<?>` at its `>`, the XML specification gives a processing instruction a name.
#[test]
fn a_processing_instruction_without_a_name_is_text() {
    for (decoration, name) in [("<?>?>2", Some("<?>?>2")), ("<?>", None), ("<?x ?>2", Some("2"))] {
        let body = format!(
            "<Event xmlns:i='urn:i'><eventData i:type='CallReceivedEvent'><appearance>{decoration}</appearance>\
             <call><callId>c:1</callId><remoteParty><name>{decoration}</name></remoteParty></call></eventData></Event>"
        );
        let call = read(body.as_bytes()).unwrap().event.calls.remove(0);
        assert_eq!(call.call_id.as_deref(), Some("c:1"), "{decoration}");
        assert_eq!(call.remote.name.as_deref(), name, "{decoration}");
    }
}

/// Two names that the quick look for repeats cannot tell apart stand under one parent, and nothing is wrong.
#[test]
fn an_unfounded_doubt_costs_a_name_nothing() {
    for name in [">", "&gt;<!-- comment -->", "]"] {
        let body = format!(
            "<Event xmlns:i='urn:i'><eventData i:type='CallReceivedEvent'><call><callId>c:1</callId><remoteParty>\
             <sequenceNumber/><name>{name}</name><eventID/></remoteParty></call></eventData></Event>"
        );
        let Read { event, mended } = read(body.as_bytes()).unwrap();
        assert_eq!(mended, None, "{name}");
        let shown = name.replace("&gt;<!-- comment -->", ">");
        assert_eq!(event.calls[0].remote.name, Some(shown));
    }
}

#[test]
fn times_outside_of_the_century_are_no_times() {
    for (text, is_time) in [
        ("0", false),
        ("-1", false),
        ("1", false),
        ("1760000000", false),
        ("946684799999", false),
        ("946684800000", true),
        ("4102444799999", true),
        ("4102444800000", false),
        ("1760000000000000", false),
        ("9223372036854775807", false),
    ] {
        let body = format!(
            "<Event><eventData type='CallAnsweredEvent'><call><answerTime>{text}</answerTime></call></eventData></Event>"
        );
        assert_eq!(
            read(body.as_bytes()).unwrap().event.calls[0].answer.is_some(),
            is_time,
            "{text}"
        );
    }
}

/// How a document may start, and what label it may carry.
#[test]
fn the_first_bytes_and_the_label_hide_no_call() {
    let text = String::from_utf8(broken("01-b-latin1-declared-utf8-bytes")).unwrap();
    let expected = read(text.as_bytes()).unwrap().event;
    let utf16 = |big: bool, text: &str| -> Vec<u8> {
        let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    };
    for label in [
        "UTF-8",
        "utf8",
        "ISO-8859-1",
        "windows-1251",
        "koi8-r",
        "UTF-16",
        "ISO-2022-JP",
        "nonsense",
        "",
    ] {
        let text = text.replace("ISO-8859-1", label);
        let body = text.as_bytes();
        let bodies = [
            body.to_vec(),
            [b"\xEF\xBB\xBF", body].concat(),
            [b"\xEF\xBB\xBF\xEF\xBB\xBF", body].concat(),
            [b"\xFF\xFE", body].concat(),
            [b"\xFE\xFF", body].concat(),
            [b" \r\n\t", body].concat(),
            [b"\n\xEF\xBB\xBF", body].concat(),
            [b"\0", body].concat(),
            utf16(false, &text),
            utf16(true, &text),
            utf16(false, &format!("\u{feff}{text}")),
            utf16(true, &format!("\u{feff}{text}")),
            [body, b"\0\0\n"].concat(),
        ];
        for (i, body) in bodies.iter().enumerate() {
            let found = read(body).map(|read| read.event);
            assert_eq!(found.as_ref(), Ok(&expected), "label {label}, body {i}");
        }
    }
}

#[test]
fn a_name_in_another_encoding_is_read_or_left_out_and_never_rubbish() {
    let text = String::from_utf8(broken("01-b-latin1-declared-utf8-bytes")).unwrap();
    for label in ["UTF-8", "ISO-8859-1", "windows-1251", "koi8-r", "iso-8859-5", "ibm866"] {
        for encoding in ["windows-1251", "koi8-r", "iso-8859-5", "ibm866"] {
            let body = text.replace("ISO-8859-1", label);
            let encoder = encoding_rs::Encoding::for_label(encoding.as_bytes()).unwrap();
            let body = encoder.encode(&body).0.into_owned();
            let event = read(&body).unwrap().event;
            assert_eq!(
                event.calls[0].remote.address.as_deref(),
                Some("tel:+79000000012"),
                "{label} {encoding}"
            );
            let name = event.calls[0].remote.name.as_deref();
            let expected = (label == encoding).then_some("Пётр Тестов");
            assert_eq!(name, expected, "{encoding} under the label {label}");
        }
    }
}

/// A CallReceived with `name` as the caller's name and `id` as the SIP Call-ID, both copied without escaping.
fn received(name: &str, id: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xsi:Event xsi1:type=\"xsi:SubscriptionEvent\" \
         xmlns:xsi=\"http://schema.broadsoft.com/xsi\" xmlns:xsi1=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <xsi:eventID>e-1</xsi:eventID><xsi:sequenceNumber>2</xsi:sequenceNumber><xsi:subscriptionId>s-1</xsi:subscriptionId>\
         <xsi:targetId>9000000001@mpbx.sip.beeline.ru</xsi:targetId><xsi:eventData xsi1:type=\"xsi:CallReceivedEvent\"><xsi:call>\
         <xsi:callId>callhalf-1:0</xsi:callId><xsi:extTrackingId>1:1</xsi:extTrackingId><xsi:networkCallId>{id}</xsi:networkCallId>\
         <xsi:personality>Terminator</xsi:personality><xsi:state>Alerting</xsi:state><xsi:remoteParty><xsi:name>{name}</xsi:name>\
         <xsi:address countryCode=\"7\">tel:+79000000099</xsi:address><xsi:callType>Network</xsi:callType></xsi:remoteParty>\
         <xsi:redirections><xsi:redirection><xsi:party><xsi:name>{name}</xsi:name><xsi:address>tel:700</xsi:address></xsi:party>\
         <xsi:reason>hunt-group</xsi:reason></xsi:redirection></xsi:redirections>\
         <xsi:startTime>1760000000000</xsi:startTime></xsi:call></xsi:eventData></xsi:Event>"
    )
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
#[test]
fn markup_that_is_no_element_of_the_event_costs_nothing() {
    let expected = deciding(read(received("Test", "a@b").as_bytes()).unwrap().event);
    for text in [
        "Рога & Копыта",
        "&",
        "&&;",
        "&amp",
        "&nbsp;",
        "&copy;",
        "&#0;",
        "&#x1;",
        "&#xD800;",
        "&#99999999;",
        "&#xFFFE;",
        "<",
        ">",
        "a < b",
        "<<>>",
        "<abc@192.0.2.1>",
        "<b>",
        "</b>",
        "<b>Рога</b>",
        "<b/>",
        "<i><b>x</i>",
        "</",
        "</>",
        "<!--",
        "-->",
        "<!-- x -->",
        "<![CDATA[",
        "]]>",
        "<![CDATA[ <x> ]]>",
        "<?",
        "?>",
        "<?xml version='1.0'?>",
        "<!DOCTYPE x [<!ENTITY n 'v'>]>",
        "<a b=\"",
        "<a b='>",
        "\"'",
        "<xsi:novelty>",
        "</xsi:novelty>",
        "<xsi:novelty><xsi:novelty>",
        "\u{1}\u{0}",
        "\u{ffff}",
        "\u{202e}",
    ] {
        for body in [received(text, "a@b"), received("Test", text), received(text, text)] {
            let read = read(body.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(deciding(read.event), expected, "{text}");
        }
    }
    let long = "x".repeat(5000);
    assert_eq!(
        deciding(read(received(&long, &long).as_bytes()).unwrap().event),
        expected,
        "a long name hides no call"
    );
    let deep = "<a>".repeat(100);
    assert_eq!(
        deciding(read(received(&deep, &deep).as_bytes()).unwrap().event),
        expected,
        "nor does a deep one"
    );
}

/// What an outsider might write to appear as somebody else, to look answered, or to end a call.
const FORGERIES: [&str; 17] = [
    "</xsi:name><xsi:state>Released</xsi:state>",
    "</xsi:name><xsi:state>Released</xsi:state><xsi:name>",
    "</xsi:name><xsi:address>tel:+79000000066</xsi:address><xsi:name>",
    "</xsi:name><xsi:address>tel:+79000000066</xsi:address>",
    "</xsi:name><xsi:userId>9000000002@mpbx.sip.beeline.ru</xsi:userId><xsi:name>",
    "</xsi:name><xsi:address>tel:+79000000066</xsi:address></xsi:remoteParty><x>",
    "</xsi:name></xsi:remoteParty><xsi:answerTime>1760000000000</xsi:answerTime><xsi:remoteParty><xsi:name>",
    "</xsi:name></xsi:remoteParty><xsi:answerTime>1760000000000</xsi:answerTime><",
    "</xsi:name></xsi:remoteParty></xsi:call><xsi:call><xsi:callId>callhalf-6:6</xsi:callId><xsi:remoteParty><xsi:name>",
    "</xsi:name></xsi:remoteParty></xsi:call></xsi:eventData><xsi:targetId>6@x</xsi:targetId>\
     <xsi:eventData xsi1:type=\"xsi:CallReleasedEvent\"><xsi:call><xsi:remoteParty><xsi:name>",
    "</xsi:name></xsi:remoteParty></xsi:call></xsi:eventData></xsi:Event>",
    "</xsi:networkCallId><xsi:answerTime>1760000000000</xsi:answerTime><xsi:networkCallId>",
    "</xsi:networkCallId><xsi:answerTime>1760000000000</xsi:answerTime>",
    "</xsi:networkCallId><xsi:state>Released</xsi:state><xsi:personality>Originator</xsi:personality>",
    "<xsi:name>",
    "<xsi:state>Released</xsi:state>",
    "<xsi:eventData xsi1:type=\"xsi:CallReleasedEvent\"><xsi:call><xsi:networkCallId>",
];

#[test]
fn nothing_that_decides_is_taken_out_of_a_name_or_a_call_id() {
    for text in FORGERIES {
        for tail in ["", "&", "\u{0}", "<!--", "</b>"] {
            for text in [format!("{text}{tail}"), format!("{tail}{text}")] {
                for body in [received(&text, "a@b"), received("Test", &text), received(&text, &text)] {
                    assert_not_forged(&body);
                }
            }
        }
    }
}

/// The call rings with what is its own, or with less; nothing of it is another's.
fn assert_not_forged(body: &str) {
    let event = read(body.as_bytes())
        .unwrap_or_else(|error| panic!("{error}: {body}"))
        .event;
    let one_of = |value: Option<&str>, genuine: &str| value.is_none_or(|value| value == genuine);
    assert_eq!(event.kind, EventKind::CallReceived, "{body}");
    assert_eq!(event.event_id.as_deref(), Some("e-1"), "{body}");
    assert_eq!(
        event.target.as_deref(),
        Some("9000000001@mpbx.sip.beeline.ru"),
        "{body}"
    );
    assert_eq!(event.calls.len(), 1, "{body}");
    let call = &event.calls[0];
    assert_eq!(call.call_id.as_deref(), Some("callhalf-1:0"), "{body}");
    assert_eq!(call.tracking_id.as_deref(), Some("1:1"), "{body}");
    assert!(call.state.is_none_or(|state| state == LegState::Alerting), "{body}");
    assert!(
        call.personality.is_none_or(|one| one == Personality::Terminator),
        "{body}"
    );
    assert!(one_of(call.remote.address.as_deref(), "tel:+79000000099"), "{body}");
    assert!(one_of(call.remote.call_type.as_deref(), "Network"), "{body}");
    assert_eq!(
        (&call.remote.user_id, call.answer, call.release),
        (&None, None, None),
        "{body}"
    );
}

#[test]
fn two_texts_cannot_hide_what_stands_between_them() {
    let genuine = read(received("Test", "a@b").as_bytes()).unwrap().event;
    for (start, end) in [
        ("<!--", "-->"),
        ("<![CDATA[", "]]>"),
        ("<?x ", "?>"),
        ("<b a='", "'>"),
        ("<b a=\"", "\"/>"),
        ("<!--", "--></xsi:name>"),
    ] {
        let body = received("NAME", "a@b")
            .replacen("NAME", start, 1)
            .replacen("NAME", end, 1);
        let call = &read(body.as_bytes()).unwrap().event.calls[0];
        let is = |party: &Party| *party == Party::default() || party.address == genuine.calls[0].remote.address;
        assert!(is(&call.remote), "{start} {end}: {call:?}");
        assert!(
            call.redirections
                .iter()
                .all(|one| one.party.address.as_deref() == Some("tel:700")),
            "{start} {end}"
        );
    }
}

#[test]
fn what_cannot_be_saved_is_refused_as_before() {
    let whole = received("&", "a@b");
    for cut in [whole.len() - 1, whole.len() / 2, 200] {
        assert!(read(&whole.as_bytes()[..cut]).is_err(), "cut at {cut}");
    }
    assert_eq!(read(format!("<!DOCTYPE x>{whole}").as_bytes()), Err(XsiError::Doctype));
    assert_eq!(read(&vec![b'<'; MAX_BODY + 1]), Err(XsiError::BodyTooLarge));
    let no_ids = whole
        .replace("callId>", "otherId>")
        .replace("extTrackingId>", "otherTrackingId>");
    assert_eq!(
        read(no_ids.as_bytes()).err().map(XsiError::code),
        Some("malformed"),
        "a call without an id cannot be joined"
    );
}

/// Where in a document texts stand that decide nothing.
fn decorations(text: &str) -> Vec<std::ops::Range<usize>> {
    let names = [
        "name",
        "acdName",
        "networkCallId",
        "appearance",
        "externalApplicationId",
        "uri",
        "allowedRecordingControls",
    ];
    let mut all = Vec::new();
    for name in names {
        let (open, close) = (format!("<xsi:{name}>"), format!("</xsi:{name}>"));
        all.extend(text.match_indices(&open).map(|(at, _)| {
            let start = at + open.len();
            start..start + text[start..].find(&close).unwrap()
        }));
    }
    all
}

const MARKUP: [&str; 30] = [
    "<",
    ">",
    "&",
    "</",
    "/>",
    "<b>",
    "</b>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "&nbsp;",
    "&#0;",
    "&#x1F;",
    "\"",
    "'",
    "=",
    "<!DOCTYPE a>",
    "<a@b>",
    "<xsi:",
    "</xsi:",
    "<xsi:novelty>",
    "</xsi:novelty>",
    "<Имя>",
    "я",
    " ",
    "\u{feff}",
    "xsi1:type=\"",
];

fn junk() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        select(&MARKUP[..]).prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>().prop_filter("of its own no end tag", |b| *b != b'<'), 1..6),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_in_decoration_changes_nothing_that_decides(
        which in 0usize..39,
        junk in prop::collection::vec((any::<Index>(), any::<Index>(), junk()), 1..4),
    ) {
        let (name, text) = &fixtures()[which];
        let expected = deciding(read(text.as_bytes()).unwrap().event);
        let places = decorations(text);
        let mut cuts: Vec<(usize, Vec<u8>)> = junk
            .into_iter()
            .map(|(place, at, junk)| {
                let range = &places[place.index(places.len())];
                let at = range.start + at.index(range.len() + 1);
                ((0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap(), junk)
            })
            .collect();
        cuts.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let mut body = text.clone().into_bytes();
        for (at, junk) in cuts {
            body.splice(at..at, junk);
        }
        let shown = String::from_utf8_lossy(&body).into_owned();
        let found = read(&body).map(|read| deciding(read.event));
        prop_assert_eq!(found, Ok(expected), "{}: {}", name, shown);
    }

    #[test]
    fn tags_of_the_event_in_a_name_forge_nothing(
        pieces in prop::collection::vec(select(&[
            "</xsi:name>", "<xsi:name>", "</xsi:remoteParty>", "<xsi:remoteParty>", "</xsi:call>", "<xsi:call>", "</xsi:networkCallId>",
            "<xsi:networkCallId>", "<xsi:address>tel:+79000000066</xsi:address>", "<xsi:state>Released</xsi:state>", "<xsi:privacy/>",
            "<xsi:answerTime>1760000000000</xsi:answerTime>", "<xsi:releaseTime>1760000000000</xsi:releaseTime>",
            "<xsi:userId>6@x</xsi:userId>", "<xsi:callId>6</xsi:callId>", "<xsi:extTrackingId>6</xsi:extTrackingId>", "</xsi:eventData>",
            "<xsi:eventData xsi1:type=\"xsi:CallReleasedEvent\">", "<xsi:targetId>6@x</xsi:targetId>", "</xsi:Event>", "<xsi:redirections>",
            "</xsi:redirections>", "<xsi:redirection>", "</xsi:redirection>", "<xsi:party>", "</xsi:party>", "&", "<b>", "x", "<!--", "-->",
        ][..]), 0..9),
        in_id in any::<bool>(),
    ) {
        let text = pieces.concat();
        assert_not_forged(&if in_id { received("Test", &text) } else { received(&text, "a@b") });
    }

    #[test]
    fn any_bytes_are_read_within_the_limits(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        let _ = read_leniently(&bytes);
    }
}

#[test]
fn both_ways_read_every_example_alike() {
    for (name, text) in fixtures() {
        let strict = read(text.as_bytes()).unwrap();
        assert_eq!(strict.mended, None, "{name} is well-formed");
        assert_eq!(read_leniently(text.as_bytes()).unwrap().event, strict.event, "{name}");
    }
}
