//! macOS: the general pasteboard, and Cmd+C by an event of the keyboard, for which the user has to allow the app to press
//! keys («Универсальный доступ», Accessibility): the system asks by itself. Type-checked; not run (ARCHITECTURE).

use objc2_app_kit::{NSPasteboard, NSPasteboardTypeString};
use objc2_core_graphics::{
    CGEvent, CGEventFlags, CGEventTapLocation, CGPreflightPostEventAccess, CGRequestPostEventAccess,
};
use objc2_foundation::{NSData, NSString};

/// `kVK_ANSI_C`.
const KEY_C: u16 = 8;
/// Password managers put it beside what nobody shall look at.
const PRIVATE: &str = "org.nspasteboard.ConcealedType";

/// What was there, type by type.
pub(super) struct Kept(Vec<(String, Vec<u8>)>);

/// How often the pasteboard has changed.
pub(super) fn changes() -> i64 {
    i64::try_from(NSPasteboard::generalPasteboard().changeCount()).unwrap_or_default()
}

#[allow(unsafe_code)]
pub(super) fn text() -> Option<String> {
    let board = NSPasteboard::generalPasteboard();
    if types(&board).iter().any(|one| one == PRIVATE) {
        return None;
    }
    // SAFETY: a constant of AppKit's, there as long as the process.
    let kind = unsafe { NSPasteboardTypeString };
    Some(board.stringForType(kind)?.to_string())
}

#[allow(clippy::unnecessary_wraps, reason = "on Windows it may fail")]
pub(super) fn keep() -> Option<Kept> {
    let board = NSPasteboard::generalPasteboard();
    let all = types(&board).into_iter();
    let data = |kind: String| {
        let data = board.dataForType(&NSString::from_str(&kind))?;
        Some((kind, data.to_vec()))
    };
    Some(Kept(all.filter_map(data).collect()))
}

pub(super) fn put_back(kept: Kept) {
    let board = NSPasteboard::generalPasteboard();
    board.clearContents();
    for (kind, data) in kept.0 {
        let kind = NSString::from_str(&kind);
        if !board.setData_forType(Some(&NSData::with_bytes(&data)), &kind) {
            tracing::warn!("The clipboard could not be put back as a whole");
        }
    }
}

/// Cmd+C. False until the user has allowed it.
pub(super) fn press_copy() -> bool {
    if !CGPreflightPostEventAccess() && !CGRequestPostEventAccess() {
        return false;
    }
    for down in [true, false] {
        let Some(event) = CGEvent::new_keyboard_event(None, KEY_C, down) else {
            return false;
        };
        // Whatever keys the person still holds.
        CGEvent::set_flags(Some(&event), CGEventFlags::MaskCommand);
        CGEvent::post(CGEventTapLocation::HIDEventTap, Some(&event));
    }
    true
}

fn types(board: &NSPasteboard) -> Vec<String> {
    let all = board.types();
    all.iter()
        .flat_map(|all| all.iter())
        .map(|one| one.to_string())
        .collect()
}
