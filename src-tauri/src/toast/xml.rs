//! A toast as Windows takes it: an XML document, a tag, a time after which it is gone. Pure, and tested on every system
//! against what Microsoft's schema allows (learn.microsoft.com, «Toast content schema»).
//!
//! Windows drops without a word what is larger than 5 KB, has a forbidden letter, or a longer tag than it knows. So every
//! part has a share of the bytes *after* escaping, and together they stay below.

use super::links::Issued;
use super::text::{clean, texts};
use perezvon_desk::toast::{Stay, Toast, ToastKey, ToastKind};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::time::Duration;

/// Bytes that no document reaches; the system's limit is 5,120.
#[cfg(test)]
pub(super) const DOCUMENT_BYTES: usize = 5000;

/// Shares of it, after escaping: all texts together, one label, the address of the picture.
const TEXTS_BYTES: usize = 2600;
const LABEL_BYTES: usize = 160;
const ICON_BYTES: usize = 600;

/// What the schema allows.
const BUTTONS_MAX: usize = 5;

/// The field for a note, and what its button tells.
pub(super) const NOTE: &str = "note";

/// All toasts of the app are one group.
pub(super) const GROUP: &str = "perezvon";

/// A phone that rings longer has been closed by the desk already.
const RING: Duration = Duration::from_mins(3);
/// What only accompanies a call tells nothing afterwards; and with the app ended nobody would hear a note.
const PASSING: Duration = Duration::from_mins(1);
/// What waits for somebody may wait through a working day.
const WAITING: Duration = Duration::from_hours(12);

/// The name by which the system replaces and removes a toast. Older Windows knows sixteen letters.
pub(super) fn tag(key: &ToastKey) -> String {
    let mut tag = format!("{:x}", Sha256::digest(key.text().as_bytes()));
    tag.truncate(16);
    tag
}

/// How long the system keeps the toast, its notification centre included.
pub(super) fn keep(toast: &Toast) -> Duration {
    let shown = match toast.stay {
        Stay::UntilClosed => Duration::ZERO,
        Stay::Seconds(seconds) => Duration::from_secs(seconds.into()),
    };
    let worth = match toast.kind {
        _ if toast.note.is_some() => PASSING,
        ToastKind::Incoming => RING,
        ToastKind::AnsweredElsewhere | ToastKind::Progress => PASSING,
        ToastKind::Missed
        | ToastKind::Document
        | ToastKind::Recording
        | ToastKind::Reminder
        | ToastKind::Digest
        | ToastKind::Trouble => WAITING,
    };
    worth.max(shown)
}

/// Whether the toast comes up on the screen, where one of the kind `before` and the same key is shown. A better word for
/// what was told goes to where the old one is; what is news, or tells how a call goes, must be seen.
pub(super) fn pops_up(before: Option<ToastKind>, now: ToastKind) -> bool {
    let is_news = matches!(
        now,
        ToastKind::Incoming | ToastKind::Missed | ToastKind::Progress | ToastKind::Reminder
    );
    is_news || before != Some(now)
}

/// The document. `icon` is the address of a picture.
pub(super) fn document(toast: &Toast, links: &Issued, icon: Option<&str>) -> String {
    let mut out = String::from("<toast");
    // The one that stores a note is a button too.
    let buttons = toast.buttons.len().min(BUTTONS_MAX - usize::from(toast.note.is_some()));
    match toast.kind {
        // Without a button the system takes no scenario.
        ToastKind::Incoming if buttons > 0 => out.push_str(r#" scenario="incomingCall""#),
        ToastKind::Missed | ToastKind::Reminder | ToastKind::Digest if buttons > 0 => {
            out.push_str(r#" scenario="reminder""#);
        }
        _ if toast.stay == Stay::UntilClosed || toast.note.is_some() => out.push_str(r#" duration="long""#),
        _ => {}
    }
    if let Some(link) = &links.body {
        let _ = write!(out, r#" launch="{}" activationType="protocol""#, escaped(link));
    }
    out.push_str(r#"><visual><binding template="ToastGeneric">"#);
    if let Some(icon) = icon.map(escaped).filter(|icon| icon.len() <= ICON_BYTES) {
        let _ = write!(out, r#"<image placement="appLogoOverride" src="{icon}"/>"#);
    }
    for text in three(toast) {
        let _ = write!(out, "<text>{text}</text>");
    }
    out.push_str("</binding></visual>");
    if buttons > 0 || toast.note.is_some() {
        out.push_str("<actions>");
        if let Some(field) = &toast.note {
            let placeholder = label(&field.placeholder);
            let _ = write!(
                out,
                r#"<input id="{NOTE}" type="text" placeHolderContent="{placeholder}"/>"#
            );
        }
        for (index, button) in toast.buttons.iter().take(buttons).enumerate() {
            let label = label(&button.label);
            // What only closes the toast needs nobody but the system.
            let (how, what) = match links.buttons.get(index).and_then(Option::as_deref) {
                Some(link) => ("protocol", escaped(link)),
                None => ("system", "dismiss".to_owned()),
            };
            let _ = write!(
                out,
                r#"<action content="{label}" activationType="{how}" arguments="{what}"/>"#
            );
        }
        if let Some(field) = &toast.note {
            // A link cannot carry what was written: it is told to the app that runs.
            let label = label(&field.button);
            let _ = write!(
                out,
                r#"<action content="{label}" activationType="foreground" arguments="{NOTE}" hint-inputId="{NOTE}"/>"#
            );
        }
        out.push_str("</actions>");
    }
    // The telephone on the desk rings already; a ring would sound in a loop.
    out.push_str(r#"<audio silent="true"/></toast>"#);
    out
}

fn label(text: &str) -> String {
    cut(&escaped(&clean(text)), LABEL_BYTES)
}

/// Title, first line, the rest: the schema has three texts. Escaped. Where they are too long together, the longest are
/// cut: a number, which is short, never is.
fn three(toast: &Toast) -> Vec<String> {
    let (title, lines) = texts(toast);
    let all: Vec<String> = std::iter::once(&title)
        .chain(&lines)
        .map(|text| escaped(text))
        .collect();
    let together = |cap: usize| all.iter().map(|text| text.len().min(cap)).sum::<usize>();
    let longest = all.iter().map(String::len).max().unwrap_or(0);
    let cap = (0..=longest)
        .rev()
        .find(|cap| together(*cap) + all.len() <= TEXTS_BYTES);
    let mut all = all.iter().map(|text| cut(text, cap.unwrap_or(0)));
    let mut out: Vec<String> = all.by_ref().take(2).collect();
    let rest: Vec<String> = all.collect();
    if !rest.is_empty() {
        out.push(rest.join("\n"));
    }
    out
}

/// XML's five.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            letter => out.push(letter),
        }
    }
    out
}

/// At most so many bytes of an escaped text, the dots included; no letter and no reference is torn.
fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let mut end = bytes.saturating_sub('…'.len_utf8());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // A text has no `&` but those of its references.
    if let Some(begin) = text[..end].rfind('&')
        && !text[begin..end].contains(';')
    {
        end = begin;
    }
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests;
