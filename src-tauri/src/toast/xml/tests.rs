#![allow(clippy::unwrap_used)]
use super::*;
use crate::toast::links::Issued;
use perezvon_core::{Number, snapshot::CallSnapshot};
use perezvon_desk::toast::{Action, Button, ButtonKey, NoteField, ToastOp, Urgency};
use perezvon_desk::{Desk, Words, Zone};

const IDENTITY: &str = "http://127.0.0.1:1 me";
const ICON: &str = "file:///C:/Users/%D0%98%D0%B2%D0%B0%D0%BD/AppData/icons/call.png";

/// A call as the relay tells it.
fn call(change: serde_json::Value) -> CallSnapshot {
    let mut call = serde_json::json!({
        "id": "a", "version": 1, "account": "main", "trackingId": "900201:1",
        "direction": "incoming", "outcome": "ringing", "uncertain": false,
        "party": { "number": "+79000000099", "display": "tel:+79000000099", "hidden": false, "internal": false },
        "line": { "number": "+79000000050", "name": "Отдел продаж" },
        "abonent": "9000000001@mpbx.sip.beeline.ru",
        "startedAt": "2026-01-31T11:32:00.000Z", "updatedAt": "2026-01-31T11:32:08.000Z",
        "recording": { "state": "none" },
    });
    let state = if change["outcome"] == "ringing" {
        "Alerting"
    } else {
        "Released"
    };
    call["legs"] = serde_json::json!([{
        "callId": "callhalf-1:0", "abonent": "9000000001@mpbx.sip.beeline.ru", "personality": "Terminator",
        "state": state,
    }]);
    for (field, value) in change.as_object().unwrap() {
        call[field] = value.clone();
    }
    serde_json::from_value(call).unwrap()
}

fn shown(ops: Vec<ToastOp>, kind: ToastKind) -> Toast {
    let toasts = ops.into_iter().filter_map(|op| match op {
        ToastOp::Show(toast) => Some(toast),
        ToastOp::Close(_) => None,
    });
    let mut toasts: Vec<Toast> = toasts.filter(|toast| toast.kind == kind).collect();
    assert_eq!(toasts.len(), 1, "one toast of {kind:?}");
    toasts.remove(0)
}

/// One toast of every kind, as the desk makes them; the caller's name is `name`.
fn every_kind(name: &str) -> Vec<Toast> {
    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::open(dir.path()).unwrap();
    let offset = chrono::FixedOffset::east_opt(3 * 3600).unwrap();
    desk.set_words(Words {
        zone: Zone::Fixed(offset),
        ..Words::default()
    });
    let party = serde_json::json!({
        "number": "+79000000099", "display": "tel:+79000000099", "name": name, "hidden": false, "internal": false
    });
    let of = |id: &str, version: i64, outcome: &str| {
        let ended = (outcome != "ringing").then_some("2026-01-31T11:32:18.000Z");
        call(serde_json::json!({
            "id": id, "version": version, "outcome": outcome, "party": party, "endedAt": ended,
            "answeredBy": (outcome == "answered_by").then(|| serde_json::json!({ "name": "Петрова Анна" })),
            "talkMs": (outcome == "ended").then_some(10_000),
            "answeredAt": (outcome == "ended").then_some("2026-01-31T11:32:08.000Z"),
        }))
    };
    let now = of("a", 1, "ringing").updated_at;
    desk.set_clock(now.plus(-24 * 3_600_000));
    desk.reset_mirror(IDENTITY).unwrap();
    desk.digest().unwrap();
    let take = |snapshot: CallSnapshot| {
        let preferences = perezvon_core::effect::Preferences::default();
        desk.take(&[snapshot], IDENTITY, &preferences, now).unwrap().toasts
    };
    let number = Number::parse("+79000000099");
    let ring = shown(take(of("a", 1, "ringing")), ToastKind::Incoming);
    let answered = shown(take(of("a", 2, "answered_by")), ToastKind::AnsweredElsewhere);
    take(of("b", 3, "ringing"));
    let missed = shown(take(of("b", 4, "missed")), ToastKind::Missed);
    take(of("c", 5, "ringing"));
    let document = shown(take(of("c", 6, "ended")), ToastKind::Document);
    let progress = shown(desk.progress_started("request", &number).unwrap(), ToastKind::Progress);
    // The summary needs an absence; this one is made by hand.
    let digest = Toast {
        key: ToastKey::Digest,
        kind: ToastKind::Digest,
        title: format!("Пока вас не было, звонил {name}"),
        lines: vec!["ждут звонка: 2".to_owned()],
        ..Toast::trouble(Words::default(), "no_token")
    };
    let trouble = shown(desk.trouble(Some("no_token")).unwrap(), ToastKind::Trouble);
    vec![ring, answered, missed, document, progress, digest, trouble]
}

/// Links as they are issued, but always the same.
fn links(toast: &Toast) -> Issued {
    let link = |n: usize| format!("perezvon://act/{n:032x}");
    let buttons = toast.buttons.iter().enumerate();
    Issued {
        body: toast.body_action.as_ref().map(|_| link(0)),
        buttons: buttons
            .map(|(index, button)| (button.action != Action::Hide).then(|| link(index + 1)))
            .collect(),
    }
}

fn written(toast: &Toast) -> String {
    document(toast, &links(toast), Some(ICON))
}

/// Microsoft's schema, as far as these documents go: element, its attributes, its children.
const SCHEMA: &[(&str, &[&str], &[&str])] = &[
    (
        "toast",
        &["scenario", "duration", "launch", "activationType"],
        &["visual", "actions", "audio"],
    ),
    ("visual", &[], &["binding"]),
    ("binding", &["template"], &["image", "text"]),
    ("image", &["placement", "src"], &[]),
    ("text", &[], &[]),
    ("actions", &[], &["input", "action"]),
    ("input", &["id", "type", "placeHolderContent"], &[]),
    (
        "action",
        &["content", "activationType", "arguments", "hint-inputId"],
        &[],
    ),
    ("audio", &["silent"], &[]),
];

fn keeps_the_schema(text: &str) -> roxmltree::Document<'_> {
    assert!(text.len() < DOCUMENT_BYTES, "{} bytes", text.len());
    let document = roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
    assert!((1..=3).contains(&count("text")) && count("action") <= BUTTONS_MAX);
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let (_, attributes, children) = SCHEMA
            .iter()
            .find(|(name, ..)| node.has_tag_name(*name))
            .unwrap_or_else(|| panic!("<{}> is no element of ours", node.tag_name().name()));
        for attribute in node.attributes() {
            assert!(attributes.contains(&attribute.name()), "{attribute:?}");
            let allowed: &[&str] = match attribute.name() {
                "scenario" => &["incomingCall", "reminder"],
                "duration" => &["long"],
                "activationType" => &["protocol", "system", "foreground"],
                "type" => &["text"],
                "id" | "hint-inputId" => &[NOTE],
                "placement" => &["appLogoOverride"],
                "silent" => &["true"],
                _ => continue,
            };
            assert!(allowed.contains(&attribute.value()), "{attribute:?}");
        }
        let order: Vec<_> = node.children().filter(roxmltree::Node::is_element).collect();
        let places: Vec<_> = order
            .iter()
            .map(|child| children.iter().position(|name| child.has_tag_name(*name)))
            .collect();
        assert!(
            places.iter().all(Option::is_some),
            "{places:?} in <{}>",
            node.tag_name().name()
        );
        assert!(places.is_sorted(), "the schema's order");
    }
    document
}

#[test]
fn every_kind_as_windows_takes_it() {
    let all: Vec<String> = every_kind("Рога & <Копыта>")
        .iter()
        .map(|toast| {
            let text = written(toast);
            keeps_the_schema(&text);
            // One element a line, for those who compare.
            format!(
                "{:?} {} {:?}\n{}",
                toast.kind,
                tag(&toast.key),
                keep(toast),
                text.replace("><", ">\n<")
            )
        })
        .collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn no_name_breaks_or_forges_a_toast() {
    let names = [
        "</text></binding></visual><actions><action content=\"Да\" activationType=\"protocol\" arguments=\"tel:112\"/></actions>",
        "<![CDATA[ ]]> <!-- --> <?x?> &#0; &bogus; \"'",
        "\u{0}\u{1}\u{b}\u{1b}[31m\u{7f}\u{fffe}\u{ffff}\u{fdd0}",
        "\u{202e}99-00-000 (009) 7+\u{202c}\u{2066}\u{200f}",
        "שלום & سلام",
        &"&".repeat(300),
        &"Ж&".repeat(400),
        &"\u{1f600}".repeat(5000),
        &"Те\u{336}\u{336}\u{336}\u{336}".repeat(500),
    ];
    for name in names {
        let plain = every_kind("Иванов");
        for (toast, other) in every_kind(name).iter().zip(&plain) {
            let (text, wanted) = (written(toast), written(other));
            let (read, wanted) = (keeps_the_schema(&text), keeps_the_schema(&wanted));
            let links = |document: &roxmltree::Document<'_>| -> Vec<String> {
                let nodes = document.descendants();
                let of = nodes.filter_map(|node| node.attribute("arguments").or(node.attribute("launch")));
                of.map(str::to_owned).collect()
            };
            assert_eq!(links(&read), links(&wanted), "{name}: no other button, no other link");
            for node in read.descendants().filter(|node| node.has_tag_name("text")) {
                let text = node.text().unwrap_or_default();
                let is_bad = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
                assert!(!text.contains(is_bad), "{text:?}");
            }
            if matches!(toast.kind, ToastKind::Incoming | ToastKind::Missed) {
                assert!(text.contains("+7 (900) 000-00-99"), "the number is never cut: {text}");
            }
        }
    }
}

/// The worst that the type allows, far beyond what the desk makes.
#[test]
fn whatever_it_holds_a_toast_fits() {
    for letter in ["&", "'", "Ж&", "\u{1f600}", "\u{800}", "x", "\""] {
        let long = letter.repeat(2000);
        let mut toast = Toast::trouble(Words::default(), "no_token");
        toast.title.clone_from(&long);
        toast.lines = vec![long.clone(); 9];
        toast.buttons = vec![
            Button {
                key: ButtonKey::CallBack,
                label: long,
                action: Action::OpenCalls
            };
            9
        ];
        toast.note = Some(Box::new(NoteField {
            call: "a".to_owned(),
            placeholder: letter.repeat(2000),
            button: letter.repeat(2000),
        }));
        let icon = "file:///".to_owned() + &"%D0".repeat(300);
        let text = document(&toast, &links(&toast), Some(&icon));
        keeps_the_schema(&text);
        assert!(!text.contains("<image"), "without a picture, rather than not at all");
    }
}

#[test]
fn a_note_is_written_in_the_toast_of_a_conversation_alone() {
    for toast in every_kind("Иванов") {
        let text = written(&toast);
        let document = keeps_the_schema(&text);
        let fields = document.descendants().filter(|node| node.has_tag_name("input")).count();
        let buttons = document
            .descendants()
            .filter(|node| node.attribute("hint-inputId").is_some());
        let wanted = usize::from(toast.kind == ToastKind::Document);
        assert_eq!((fields, buttons.count()), (wanted, wanted), "{:?}", toast.kind);
    }
}

#[test]
fn a_tag_is_short_whatever_the_key() {
    let long = ToastKey::Call("0f3c9a5e-0000-4000-8000-00000000000a:0f3c9a5e-0000-4000-8000-00000000000b:1".to_owned());
    let tags: std::collections::BTreeSet<String> = [
        tag(&long),
        tag(&ToastKey::Missed(String::new())),
        tag(&ToastKey::Request(String::new())),
        tag(&ToastKey::Document(1)),
        tag(&ToastKey::Digest),
    ]
    .into();
    assert_eq!(tags.len(), 5, "each its own: {tags:?}");
    assert!(tags.iter().all(|tag| tag.len() == 16));
    assert!(GROUP.len() <= 16);
}

#[test]
fn what_is_no_news_comes_up_once() {
    assert!(pops_up(None, ToastKind::Document));
    assert!(
        !pops_up(Some(ToastKind::Document), ToastKind::Document),
        "a better name"
    );
    assert!(pops_up(Some(ToastKind::Incoming), ToastKind::AnsweredElsewhere));
    assert!(
        pops_up(Some(ToastKind::Missed), ToastKind::Missed),
        "the caller tried again"
    );
    let mut toast = Toast::trouble(Words::default(), "no_token");
    toast.urgency = Urgency::Critical;
    toast.kind = ToastKind::Incoming;
    assert_eq!(keep(&toast), RING, "a ring whose app was killed does not stay");
}
