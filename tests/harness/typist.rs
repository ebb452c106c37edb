//! Another program on the display: a window that somebody types into, and in which a text is selected.

use super::display::Desktop;
use super::eventually;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, InputFocus, PropMode, SELECTION_NOTIFY_EVENT,
    SelectionNotifyEvent, SelectionRequestEvent, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

#[derive(Default)]
struct Heard {
    /// Letters, in order.
    typed: String,
    /// How often the keyboard went to somebody else.
    lost: usize,
    /// The text of each selection that the window has, and how often it was asked for.
    selected: Vec<(u32, String, usize)>,
}

/// The program. Ends with the test.
pub struct Typist {
    connection: Arc<RustConnection>,
    window: u32,
    heard: Arc<Mutex<Heard>>,
    /// Under which number the window system has the atom of the clipboard.
    clipboard: u32,
}

impl Typist {
    /// Opens the window and waits until it has the keyboard.
    pub fn open(desktop: &Desktop) -> Self {
        let (connection, screen) = RustConnection::connect(Some(&desktop.display)).unwrap();
        let connection = Arc::new(connection);
        let screen = &connection.setup().roots[screen];
        let window = connection.generate_id().unwrap();
        let events = EventMask::KEY_PRESS | EventMask::FOCUS_CHANGE;
        connection
            .create_window(
                COPY_DEPTH_FROM_PARENT,
                window,
                screen.root,
                40,
                500,
                400,
                200,
                0,
                WindowClass::INPUT_OUTPUT,
                0,
                &CreateWindowAux::new()
                    .event_mask(events)
                    .background_pixel(screen.white_pixel),
            )
            .unwrap();
        connection
            .change_property8(
                PropMode::REPLACE,
                window,
                AtomEnum::WM_NAME,
                AtomEnum::STRING,
                b"letter",
            )
            .unwrap();
        connection.map_window(window).unwrap();
        connection.sync().unwrap();
        let clipboard = connection
            .intern_atom(false, b"CLIPBOARD")
            .unwrap()
            .reply()
            .unwrap()
            .atom;
        let heard = Arc::default();
        let (ears, notes) = (Arc::clone(&connection), Arc::clone(&heard));
        std::thread::spawn(move || hear(&ears, &notes));
        let typist = Self {
            connection,
            window,
            heard,
            clipboard,
        };
        eventually("the keyboard", || {
            let focus = typist.connection.get_input_focus().unwrap().reply().unwrap().focus;
            if focus != window {
                let asked = typist
                    .connection
                    .set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME);
                asked.unwrap();
            }
            (focus == window).then_some(())
        });
        typist.heard.lock().unwrap().lost = 0;
        typist
    }

    pub fn typed(&self) -> String {
        self.heard.lock().unwrap().typed.clone()
    }

    pub fn lost_keyboard(&self) -> usize {
        self.heard.lock().unwrap().lost
    }

    /// Selects a text, as with the pointer.
    pub fn select(&self, text: &str) {
        self.own(AtomEnum::PRIMARY.into(), text);
    }

    /// Has a text in the clipboard.
    pub fn copy(&self, text: &str) {
        self.own(self.clipboard, text);
    }

    /// Whether the clipboard is still this program's, and how often somebody has read it.
    pub fn clipboard(&self) -> (bool, usize) {
        let owner = self
            .connection
            .get_selection_owner(self.clipboard)
            .unwrap()
            .reply()
            .unwrap()
            .owner;
        let heard = self.heard.lock().unwrap();
        let read = heard
            .selected
            .iter()
            .find(|(atom, ..)| *atom == self.clipboard)
            .map_or(0, |(.., read)| *read);
        (owner == self.window, read)
    }

    fn own(&self, selection: u32, text: &str) {
        let mut heard = self.heard.lock().unwrap();
        heard.selected.retain(|(atom, ..)| *atom != selection);
        heard.selected.push((selection, text.to_owned(), 0));
        drop(heard);
        let owned = self
            .connection
            .set_selection_owner(self.window, selection, x11rb::CURRENT_TIME);
        owned.unwrap();
        self.connection.sync().unwrap();
    }
}

/// Notes what comes until the display is gone.
fn hear(connection: &RustConnection, heard: &Mutex<Heard>) {
    let utf8 = connection
        .intern_atom(false, b"UTF8_STRING")
        .unwrap()
        .reply()
        .unwrap()
        .atom;
    let first = connection.setup().min_keycode;
    let count = connection.setup().max_keycode - first + 1;
    let keys = connection.get_keyboard_mapping(first, count).unwrap().reply().unwrap();
    let width = usize::from(keys.keysyms_per_keycode);
    while let Ok(event) = connection.wait_for_event() {
        let mut heard = heard.lock().unwrap();
        match event {
            Event::KeyPress(key) => {
                // Without a key that shifts, a letter's symbol is its code.
                let symbol = keys.keysyms[usize::from(key.detail - first) * width];
                heard
                    .typed
                    .extend(char::from_u32(symbol).filter(char::is_ascii_graphic));
            }
            Event::FocusOut(_) => heard.lost += 1,
            Event::SelectionRequest(asked) => {
                let text = heard.selected.iter_mut().find(|(atom, ..)| *atom == asked.selection);
                if let Some((_, text, read)) = text {
                    *read += 1;
                    give(connection, &asked, text, utf8);
                }
            }
            _ => {}
        }
    }
}

/// Hands the text over: in UTF-8, and in no other way.
fn give(connection: &RustConnection, asked: &SelectionRequestEvent, text: &str, utf8: u32) {
    let gives = asked.target == utf8;
    if gives {
        let put = connection.change_property8(
            PropMode::REPLACE,
            asked.requestor,
            asked.property,
            utf8,
            text.as_bytes(),
        );
        put.unwrap();
    }
    let told = SelectionNotifyEvent {
        response_type: SELECTION_NOTIFY_EVENT,
        sequence: 0,
        time: asked.time,
        requestor: asked.requestor,
        selection: asked.selection,
        target: asked.target,
        property: if gives { asked.property } else { x11rb::NONE },
    };
    connection
        .send_event(false, asked.requestor, EventMask::NO_EVENT, told)
        .unwrap();
    connection.flush().unwrap();
}

/// Presses keys as a person does: they go to whoever has the keyboard.
pub fn keys(desktop: &Desktop, args: &[&str]) {
    let mut xdotool = desktop.command("xdotool");
    let pressed = xdotool.args(args).stdout(Stdio::null()).status();
    assert!(
        pressed.expect("xdotool is installed by `cargo xtask test`").success(),
        "{args:?}"
    );
}
