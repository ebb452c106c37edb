//! A relay that somebody is asked to join. A link may come from a hostile web page, so it is kept until the person in
//! front of the window has seen the address and agreed (`service/join.rs`); only then is anything sent.

use crate::ipc::JoinOffer;
use perezvon_desk::relay_client::{JoinLink, Joined, is_in_the_clear};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What waits for the user's consent.
#[derive(Debug, Default)]
pub(crate) struct Joining(Mutex<Option<Pending>>);

#[derive(Clone, Debug)]
pub(crate) enum Pending {
    /// A code that was not sent anywhere yet.
    Offered(JoinLink),
    /// The code is used up and the key is here, but could not be stored: it must not be lost.
    Unstored {
        relay: String,
        joined: Joined,
        /// The person does not want to join just now.
        declined: bool,
    },
}

impl Pending {
    pub(crate) fn relay(&self) -> &str {
        match self {
            Self::Offered(link) => link.relay(),
            Self::Unstored { relay, .. } => relay,
        }
    }
}

impl Joining {
    /// Keeps a link for the window. The newest one counts; but a key that was had already is not given up for it, unless
    /// the person has declined and it is another relay.
    pub(crate) fn offer(&self, link: JoinLink) {
        let mut pending = self.lock();
        match &mut *pending {
            Some(Pending::Unstored { relay, declined, .. }) if !*declined || *relay == link.relay() => {
                *declined = false;
            }
            _ => *pending = Some(Pending::Offered(link)),
        }
    }

    /// What the window is to ask.
    pub(crate) fn offered(&self) -> Option<JoinOffer> {
        let pending = self.lock();
        let open = pending
            .as_ref()
            .filter(|pending| !matches!(pending, Pending::Unstored { declined: true, .. }));
        open.map(|pending| JoinOffer {
            relay: pending.relay().to_owned(),
            in_the_clear: is_in_the_clear(pending.relay()),
        })
    }

    /// The person does not want to. A key whose code is used up is kept all the same: it is the only copy, and the next
    /// link or code of that relay offers it again.
    pub(crate) fn decline(&self) {
        let mut pending = self.lock();
        match &mut *pending {
            Some(Pending::Unstored { declined, .. }) => *declined = true,
            other => *other = None,
        }
    }

    /// The key is stored.
    pub(crate) fn done(&self) {
        *self.lock() = None;
    }

    pub(crate) fn get(&self) -> Option<Pending> {
        self.lock().clone()
    }

    pub(crate) fn set(&self, pending: Pending) {
        *self.lock() = Some(pending);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Pending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use perezvon_desk::Secret;

    fn link(relay: &str) -> JoinLink {
        JoinLink::typed(relay, "K7M2-4QXP-9DRT").unwrap()
    }

    #[test]
    fn a_key_whose_code_is_used_up_outlives_a_cancel() {
        let joining = Joining::default();
        joining.offer(link("https://relay.example.ru"));
        joining.decline();
        assert!(joining.get().is_none(), "a code that was not sent can be had again");
        let joined = Joined {
            key: Secret::new("key"),
            role: "user".to_owned(),
            name: String::new(),
            abonent: None,
            account: String::new(),
        };
        joining.set(Pending::Unstored {
            relay: "https://relay.example.ru".to_owned(),
            joined,
            declined: false,
        });
        joining.decline();
        assert!(joining.offered().is_none(), "it is not asked again by itself");
        joining.offer(link("https://relay.example.ru"));
        assert!(
            matches!(joining.get(), Some(Pending::Unstored { declined: false, .. })),
            "the key is still there"
        );
        joining.decline();
        joining.offer(link("https://other.example.ru"));
        assert!(
            matches!(joining.get(), Some(Pending::Offered(_))),
            "another relay is another wish"
        );
    }
}
