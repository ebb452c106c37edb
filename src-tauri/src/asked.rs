//! What comes from outside never dials by itself: a link may be opened by a hidden frame of any web page. It waits here
//! until the person in front of the window has seen the number and agreed.

use crate::link::Dial;
use perezvon_core::Number;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Two equal links within this time are one: systems hand a link over twice, and pages open it twice.
const REPEATED_LINK: Duration = Duration::from_secs(2);

/// The same number again within this time is one copying: programs and clipboard managers tell it twice.
const REPEATED_COPY: Duration = Duration::from_secs(3);

/// What waits for the person's answer, and the link of the last moment.
#[derive(Debug, Default)]
pub(crate) struct Asked(Mutex<AskedState>);

#[derive(Debug, Default)]
struct AskedState {
    /// With the number by which the window names it.
    open: Option<(u32, Dial)>,
    last: Option<(Dial, Instant)>,
    questions: u32,
    /// What is selected is asked about as soon as the panel has the keyboard.
    selection: bool,
    /// The panel that is open was called for, and has not read since what it is to ask.
    called: bool,
}

impl AskedState {
    fn ask(&mut self, dial: Dial) {
        self.questions += 1;
        self.selection = false;
        self.open = Some((self.questions, dial));
    }
}

impl Asked {
    /// Keeps the link for the window; the newest one counts. False for one that came a moment ago.
    pub(crate) fn take(&self, dial: &Dial, now: Instant) -> bool {
        let mut state = self.lock();
        let again = state
            .last
            .as_ref()
            .is_some_and(|(last, since)| last == dial && now.saturating_duration_since(*since) < REPEATED_LINK);
        if !again {
            state.last = Some((dial.clone(), now));
            state.ask(dial.clone());
        }
        !again
    }

    /// Keeps what the person asks for by hand: the same again is meant again.
    pub(crate) fn put(&self, dial: Dial) {
        self.lock().ask(dial);
    }

    /// What the window is to ask, and the number by which it names that.
    pub(crate) fn read(&self) -> Option<(u32, Dial)> {
        let mut state = self.lock();
        state.called = false;
        state.open.clone()
    }

    /// Nothing is to be asked.
    pub(crate) fn clear(&self) {
        let mut state = self.lock();
        (state.open, state.selection) = (None, false);
    }

    /// What is selected cannot be read yet: under Wayland only who has the keyboard reads it.
    #[cfg(target_os = "linux")]
    pub(crate) fn await_selection(&self) {
        let mut state = self.lock();
        (state.open, state.selection) = (None, true);
    }

    /// Whether the selection is waited for; once.
    #[cfg(target_os = "linux")]
    pub(crate) fn awaits_selection(&self) -> bool {
        std::mem::take(&mut self.lock().selection)
    }

    /// The person does not want to, or has read why not. A newer question stays: they have not seen it yet.
    pub(crate) fn decline(&self, question: u32) {
        self.lock().open.take_if(|(number, _)| *number == question);
    }

    /// The open panel is called for. It may be going at this moment.
    pub(crate) fn call(&self) {
        self.lock().called = true;
    }

    /// Whether the panel was called for and went without hearing it; once.
    pub(crate) fn missed_call(&self) -> bool {
        std::mem::take(&mut self.lock().called)
    }

    /// Whether it is the number that was shown, once.
    pub(crate) fn accept(&self, number: &str) -> bool {
        // Another link may have come since the person looked.
        let shown = |open: &mut (u32, Dial)| matches!(&open.1, Dial::Number(open) if open.canonical() == number);
        self.lock().open.take_if(shown).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, AskedState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number that was copied and offered last.
#[derive(Debug, Default)]
pub(crate) struct Copied(Mutex<Option<(Number, Instant)>>);

impl Copied {
    /// False for the same again.
    pub(crate) fn is_new(&self, number: &Number, now: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let again = last
            .as_ref()
            .is_some_and(|(known, since)| known == number && now.saturating_duration_since(*since) < REPEATED_COPY);
        *last = Some((number.clone(), now));
        !again
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::link::read;

    #[test]
    fn two_equal_links_of_one_moment_are_one() {
        let (asked, start) = (Asked::default(), Instant::now());
        let link = read("tel:+79000000099");
        assert!(asked.take(&link, start));
        assert!(
            !asked.take(&read("tel:8-900-000-00-99"), start + REPEATED_LINK / 2),
            "however it is written"
        );
        asked.clear();
        assert!(
            !asked.take(&link, start + REPEATED_LINK / 2),
            "nor is it asked again at once"
        );
        assert_eq!(asked.read(), None);
        assert!(asked.take(&link, start + REPEATED_LINK), "later it is another click");
        assert!(
            asked.take(&read("tel:112"), start + REPEATED_LINK),
            "another number is another link"
        );
    }

    #[test]
    fn only_what_was_shown_is_called_and_once() {
        let (asked, start) = (Asked::default(), Instant::now());
        asked.take(&read("tel:+79000000099"), start);
        asked.take(&read("tel:+79000000088"), start);
        assert!(
            !asked.accept("+79000000099"),
            "the page has put another number in its place"
        );
        assert!(asked.accept("+79000000088"));
        assert!(!asked.accept("+79000000088"), "a second Enter");
        for never in ["tel:*21*89000000099%23", "tel:undefined"] {
            asked.take(&read(never), start);
            assert!(!asked.accept("*21*89000000099#"));
            assert!(!asked.accept("undefined"));
        }
    }

    #[test]
    fn who_declines_has_not_seen_what_came_meanwhile() {
        let asked = Asked::default();
        asked.put(read("+79000000099"));
        let (first, _) = asked.read().unwrap();
        asked.put(read("+79000000099"));
        asked.decline(first);
        let (second, _) = asked.read().expect("the same number again is another question");
        asked.decline(second);
        assert_eq!(asked.read(), None);
    }

    #[test]
    fn a_panel_that_goes_unheard_is_called_again_once() {
        let asked = Asked::default();
        assert!(!asked.missed_call(), "nobody has called");
        asked.call();
        asked.read();
        assert!(!asked.missed_call(), "it has read what it is to ask");
        asked.call();
        assert_eq!([asked.missed_call(), asked.missed_call()], [true, false]);
    }

    #[test]
    fn a_number_that_is_told_twice_was_copied_once() {
        let (copied, start) = (Copied::default(), Instant::now());
        let number = Number::parse("+79000000077");
        assert!(copied.is_new(&number, start));
        assert!(!copied.is_new(&number, start + REPEATED_COPY / 2));
        assert!(copied.is_new(&Number::parse("+79000000078"), start + REPEATED_COPY / 2));
        assert!(copied.is_new(&number, start + REPEATED_COPY));
    }
}
