//! Windows: the clipboard's formats by clipboard-win, the keys by `SendInput`. Type-checked; not run (ARCHITECTURE).

use clipboard_win::{Clipboard, EnumFormats, raw};
use windows::Win32::UI::Input::KeyboardAndMouse::{
    INPUT, INPUT_0, INPUT_KEYBOARD, KEYBD_EVENT_FLAGS, KEYBDINPUT, KEYEVENTF_EXTENDEDKEY, KEYEVENTF_KEYUP, SendInput,
    VIRTUAL_KEY, VK_CONTROL, VK_INSERT, VK_LWIN, VK_MENU, VK_RWIN, VK_SHIFT,
};

/// Another program may hold the clipboard for a moment.
const ATTEMPTS: usize = 10;
/// More is not taken into memory: then what is selected is not asked for.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Handles of pictures, not memory: `CF_BITMAP`, `CF_METAFILEPICT`, `CF_PALETTE`, `CF_ENHMETAFILE`; the system makes them
/// from the others. Then what a program shows itself, private formats and objects of the graphics.
const NO_MEMORY: [std::ops::RangeInclusive<u32>; 5] = [2..=3, 9..=9, 14..=14, 0x80..=0x8F, 0x200..=0x3FF];
/// Password managers put it beside what nobody shall look at.
const PRIVATE: &str = "ExcludeClipboardContentFromMonitorProcessing";

/// What was there, format by format.
pub(super) struct Kept(Vec<(u32, Vec<u8>)>);

/// How often the clipboard has changed.
pub(super) fn changes() -> i64 {
    raw::seq_num().map_or(0, |number| number.get().into())
}

pub(super) fn text() -> Option<String> {
    let _open = Clipboard::new_attempts(ATTEMPTS).ok()?;
    if is_private() {
        return None;
    }
    let mut text = Vec::new();
    raw::get_string(&mut text).ok()?;
    String::from_utf8(text).ok()
}

/// While the clipboard is open.
fn is_private() -> bool {
    raw::register_format(PRIVATE).is_some_and(|format| raw::is_format_avail(format.get()))
}

/// None where it cannot be kept.
pub(super) fn keep() -> Option<Kept> {
    let _open = Clipboard::new_attempts(ATTEMPTS).ok()?;
    // An empty format cannot be put back, and without this one a password would be there for all to look at.
    if is_private() {
        return None;
    }
    let (mut kept, mut bytes) = (Vec::new(), 0);
    for format in EnumFormats::new() {
        if NO_MEMORY.iter().any(|range| range.contains(&format)) {
            continue;
        }
        bytes += raw::size(format).map_or(0, std::num::NonZero::get);
        if bytes > MAX_BYTES {
            return None;
        }
        let mut data = Vec::new();
        if raw::get_vec(format, &mut data).is_ok() {
            kept.push((format, data));
        }
    }
    Some(Kept(kept))
}

pub(super) fn put_back(kept: Kept) {
    let Ok(_open) = Clipboard::new_attempts(ATTEMPTS) else {
        tracing::warn!("The clipboard could not be put back: another program holds it");
        return;
    };
    let mut put = raw::empty();
    for (format, data) in kept.0 {
        put = put.and(raw::set_without_clear(format, &data));
    }
    if put.is_err() {
        tracing::warn!("The clipboard could not be put back as a whole");
    }
}

/// Ctrl+Insert, whatever keys the person still holds; Ctrl+C would end what runs in a console. False where the system does
/// not take it: the program in front belongs to an administrator.
#[allow(unsafe_code)]
pub(super) fn press_copy() -> bool {
    let up = |key| input(key, KEYEVENTF_KEYUP);
    // Ctrl first: a lone Alt that goes up would open the program's menu.
    let keys = [
        input(VK_CONTROL, KEYBD_EVENT_FLAGS(0)),
        up(VK_SHIFT),
        up(VK_MENU),
        up(VK_LWIN),
        up(VK_RWIN),
        input(VK_INSERT, KEYEVENTF_EXTENDEDKEY),
        input(VK_INSERT, KEYEVENTF_EXTENDEDKEY | KEYEVENTF_KEYUP),
        up(VK_CONTROL),
    ];
    let size = i32::try_from(size_of::<INPUT>()).unwrap_or_default();
    // SAFETY: the system only reads the slice, whose elements are keyboard inputs as their type says.
    let sent = unsafe { SendInput(&keys, size) };
    usize::try_from(sent) == Ok(keys.len())
}

fn input(key: VIRTUAL_KEY, flags: KEYBD_EVENT_FLAGS) -> INPUT {
    let ki = KEYBDINPUT {
        wVk: key,
        dwFlags: flags,
        ..KEYBDINPUT::default()
    };
    INPUT {
        r#type: INPUT_KEYBOARD,
        Anonymous: INPUT_0 { ki },
    }
}
