//! What the service tells of a toast: a click, a note, its end.

use super::signal::{Session, What};
use super::{PAST_TIME, Screen};
use crate::toast::{ToastEvent, action_of};
use perezvon_desk::toast::{Action, Toast};

impl Screen {
    pub(super) async fn heard(
        &mut self,
        session: &mut Session,
        sender: &str,
        position: zbus::message::Sequence,
        what: What,
    ) {
        match what {
            What::Token(id, token) => self.token = Some((id, token)),
            What::Action(id, key) => self.clicked(sender, id, &key).await,
            What::Replied(id, note) => {
                if let Some(toast) = self.at(sender, id).find(|toast| toast.note.is_some()) {
                    self.report.written(toast, &note).await;
                } else {
                    tracing::debug!(id, "a note in a toast that is not ours");
                }
            }
            What::Closed(id, reason) => {
                let Some(index) = self.entries.iter().position(|entry| entry.is_at(sender, id)) else {
                    return;
                };
                // The end of what was shown before: the service took the replacement after it.
                if self.entries[index]
                    .place
                    .as_ref()
                    .is_some_and(|place| place.replaced && position < place.since)
                {
                    return;
                }
                let entry = self.entries.remove(index);
                self.gone(session, entry, reason).await;
            }
            What::Owner(_) => {}
        }
    }

    async fn clicked(&mut self, sender: &str, id: u32, key: &str) {
        let Some((toast, action)) = self.find_action(sender, id, key) else {
            tracing::debug!(id, key, "a click on a toast that is not ours");
            return;
        };
        let (key, notification_id) = (toast.key.clone(), toast.notification_id);
        let activation_token = self.token.take().filter(|(of, _)| *of == id).map(|(_, token)| token);
        self.report
            .event(ToastEvent::Clicked {
                key,
                action,
                notification_id,
                activation_token,
            })
            .await;
    }

    fn find_action(&self, sender: &str, id: u32, key: &str) -> Option<(&Toast, Action)> {
        self.at(sender, id)
            .find_map(|toast| Some((toast, action_of(toast, key)?)))
    }

    /// What this number of the service shows, showed before, or showed until just now.
    fn at(&self, sender: &str, id: u32) -> impl Iterator<Item = &Toast> {
        let on_screen = self.entries.iter().filter(move |entry| entry.is_at(sender, id));
        let on_screen = on_screen.flat_map(|entry| std::iter::once(&entry.toast).chain(&entry.earlier));
        let past = self
            .past
            .iter()
            .rev()
            .filter(move |past| past.place.is(sender, id) && past.since.elapsed() < PAST_TIME)
            .map(|past| &past.toast);
        on_screen.chain(past)
    }
}
