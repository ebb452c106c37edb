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
    open: Option<Dial>,
    last: Option<(Dial, Instant)>,
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
            state.open = Some(dial.clone());
        }
        !again
    }

    /// Keeps what the person asks for by hand: the same again is meant again.
    pub(crate) fn put(&self, dial: Dial) {
        self.lock().open = Some(dial);
    }

    pub(crate) fn open(&self) -> Option<Dial> {
        self.lock().open.clone()
    }

    /// The person does not want to, or has read why not.
    pub(crate) fn decline(&self) {
        self.lock().open = None;
    }

    /// Whether it is the number that was shown, once.
    pub(crate) fn accept(&self, number: &str) -> bool {
        // Another link may have come since the person looked.
        let shown = |dial: &mut Dial| matches!(dial, Dial::Number(open) if open.canonical() == number);
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
        asked.decline();
        assert!(
            !asked.take(&link, start + REPEATED_LINK / 2),
            "nor is it asked again at once"
        );
        assert_eq!(asked.open(), None);
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
    fn a_number_that_is_told_twice_was_copied_once() {
        let (copied, start) = (Copied::default(), Instant::now());
        let number = Number::parse("+79000000077");
        assert!(copied.is_new(&number, start));
        assert!(!copied.is_new(&number, start + REPEATED_COPY / 2));
        assert!(copied.is_new(&Number::parse("+79000000078"), start + REPEATED_COPY / 2));
        assert!(copied.is_new(&number, start + REPEATED_COPY));
    }
}
