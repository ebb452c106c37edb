//! A report that is being written to a file.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// How far it is, and whether it is still wanted. One at a time.
#[derive(Default)]
pub(crate) struct Saving {
    busy: AtomicBool,
    cancelled: AtomicBool,
    lines: AtomicU32,
}

impl Saving {
    /// Begins; none while another one is being written. Ends when it is dropped.
    pub(crate) fn begin(&self) -> Option<Under<'_>> {
        if self.busy.swap(true, Ordering::SeqCst) {
            return None;
        }
        self.cancelled.store(false, Ordering::SeqCst);
        self.lines.store(0, Ordering::SeqCst);
        Some(Under(self))
    }

    /// Breaks it off.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }

    /// Lines that were read and written so far; none where nothing is being written.
    pub(crate) fn lines(&self) -> Option<u32> {
        self.busy
            .load(Ordering::SeqCst)
            .then(|| self.lines.load(Ordering::SeqCst))
    }
}

/// See [`Saving::begin`].
pub(crate) struct Under<'a>(&'a Saving);

impl Under<'_> {
    /// So many lines so far; answers whether to go on.
    pub(crate) fn step(&self, lines: usize) -> bool {
        self.0
            .lines
            .store(u32::try_from(lines).unwrap_or(u32::MAX), Ordering::SeqCst);
        !self.0.cancelled.load(Ordering::SeqCst)
    }
}

impl Drop for Under<'_> {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Saving;

    #[test]
    fn one_at_a_time_until_it_is_over_or_cancelled() {
        let saving = Saving::default();
        assert_eq!(saving.lines(), None);
        saving.cancel();
        let one = saving.begin().unwrap();
        assert!(one.step(7), "what was cancelled before is another one");
        assert!(saving.begin().is_none());
        assert_eq!(saving.lines(), Some(7));
        saving.cancel();
        assert!(!one.step(8));
        drop(one);
        assert_eq!(saving.lines(), None);
        assert!(saving.begin().is_some());
    }
}
