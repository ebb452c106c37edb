//! The files of the window that are made of what stands here.

use super::super::declared;
use perezvon_core::event::EventKind;
use perezvon_desk::{Language, Trouble};
use perezvon_pbx::xsi::XsiError;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use ts_rs::{Config, TS};

/// A command as TypeScript.
pub(in crate::room) struct Declared {
    pub(super) name: &'static str,
    doc: &'static str,
    ask: String,
    answer: String,
}

impl Declared {
    pub(in crate::room) fn of<Ask: TS, Reply: TS>(name: &'static str, doc: &'static str, fields: &[&str]) -> Self {
        let config = Config::from_env().with_large_int("number");
        Self {
            name,
            doc,
            ask: if fields.is_empty() {
                "null".to_owned()
            } else {
                // Any JSON.
                Ask::inline(&config).replace("JsonValue", "unknown")
            },
            answer: Reply::name(&config),
        }
    }
}

/// `ui/src/contract.ts`: what the window may ask, with which arguments, and what it gets.
fn contract() -> String {
    let rooms = declared();
    let all = || rooms.iter().flat_map(|(_, commands)| commands);
    let mut types = BTreeSet::new();
    for text in all().flat_map(|one| [&one.ask, &one.answer]) {
        let words = text.split(|c: char| !c.is_alphanumeric());
        let own =
            |word: &&str| word.starts_with(char::is_uppercase) && !matches!(*word, "Array" | "ArrayBuffer" | "Record");
        types.extend(words.filter(own));
    }
    let mut text = String::from("// Written by `cargo test` from src-tauri/src/room: do not edit.\n");
    for name in types {
        writeln!(text, "import type {{ {name} }} from \"./lib/bindings/{name}\";").unwrap();
    }
    text.push_str("\n/** Each command with its arguments and its answer. */\nexport interface Contract {\n");
    for (room, commands) in &rooms {
        for Declared { name, doc, ask, answer } in commands {
            if !doc.is_empty() {
                writeln!(text, "  /** {doc} */").unwrap();
            }
            writeln!(text, "  \"{room}.{name}\": [{ask}, {answer}];").unwrap();
        }
    }
    text + "}\n"
}

/// `ui/src/lib/troubles.ts`: what the window says of each trouble, and where it is mended.
fn troubles() -> String {
    let mut text = String::from(
        "// Written by `cargo test` from src-tauri/desk/src/words/trouble.rs: do not edit.\n\
         import type { MendedIn } from \"./bindings/MendedIn\";\n\
         import type { Trouble } from \"./bindings/Trouble\";\n\n\
         /** What is wrong, and what to do about it; `{folder}` stands for the data folder. */\n\
         export type TroubleWords = { title: string; advice: string };\n\n\
         export const troubles: Record<\"ru\" | \"en\", Record<Trouble, TroubleWords>> = {\n",
    );
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    for (name, language) in [("ru", Language::Ru), ("en", Language::En)] {
        writeln!(text, "  {name}: {{").unwrap();
        for trouble in Trouble::ALL {
            let words = trouble.words(language);
            let (title, advice) = (quoted(words.title), quoted(words.advice));
            writeln!(text, "    {trouble}: {{ title: {title}, advice: {advice} }},").unwrap();
        }
        text.push_str("  },\n");
    }
    text.push_str("};\n\n/** The section of the settings where a trouble is mended. */\n");
    text.push_str("export const mendedIn: Record<Trouble, MendedIn> = {\n");
    for trouble in Trouble::ALL {
        writeln!(text, "  {trouble}: {},", quoted(trouble.section().as_str())).unwrap();
    }
    text + "};\n"
}

/// `ui/src/lib/pbx.ts`: the words of the PBX's events and of what failed with it, as far as they are known. The window has
/// a text for each; others are shown as they are.
fn pbx() -> String {
    let kinds = EventKind::NAMED.iter().map(|kind| kind.as_wire().to_owned());
    let causes = perezvon_relay::cause_codes().filter(|code| code.starts_with("pbx_"));
    // Numbers in a reason differ; a text for it has `#` in their place.
    let without_numbers = |text: String| {
        let pieces = text.split(|c: char| c.is_ascii_digit());
        let mut kept = String::new();
        for (at, piece) in pieces.enumerate() {
            if at > 0 && !kept.ends_with('#') {
                kept.push('#');
            }
            kept.push_str(piece);
        }
        kept
    };
    let reasons = XsiError::EVERY.iter().map(|error| without_numbers(error.to_string()));
    let mut text = String::from("// Written by `cargo test` from src-tauri/{core,pbx,relay}: do not edit.\n");
    for (name, about, words) in [
        ("EventWord", "Kinds of events.", kinds.collect::<BTreeSet<_>>()),
        (
            "PbxCause",
            "Why a request to the PBX failed.",
            causes.map(str::to_owned).collect(),
        ),
        (
            "UnreadReason",
            "Why an event cannot be read; numbers are `#`.",
            reasons.collect(),
        ),
    ] {
        writeln!(text, "\n/** {about} */\nexport type {name} =").unwrap();
        let words: Vec<_> = words
            .iter()
            .map(|word| format!("  | {}", serde_json::to_string(word).unwrap()))
            .collect();
        writeln!(text, "{};", words.join("\n")).unwrap();
    }
    text
}

#[test]
fn what_the_window_has_from_here_is_written() {
    written("ui/src/lib/pbx.ts", pbx());
    written("ui/src/contract.ts", contract());
    written("ui/src/lib/troubles.ts", troubles());
}

fn written(file: &str, new: String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    if known != new {
        std::fs::write(&file, new).unwrap();
        // Whoever builds the window beside these tests builds it with the old one.
        assert!(std::env::var_os("CI").is_none(), "commit the new {}", file.display());
    }
}
