//! Joining the company's relay with a code. A link may come from a hostile web page, so it is kept until the person in
//! front of the window has seen the address and agreed; only then is anything sent.

use crate::app::Perezvon;
use crate::ipc::{Changed, Failure, JoinOffer, Welcome};
use crate::secrets::SecretKind;
use crate::settings::{self, Connection};
use perezvon_desk::relay_client::{JoinLink, Joined, RelayClient, RelayError, is_in_the_clear};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What waits for the user's consent.
#[derive(Debug, Default)]
pub(crate) struct Joining(Mutex<Option<Pending>>);

#[derive(Clone, Debug)]
enum Pending {
    /// A code that was not sent anywhere yet.
    Offered(JoinLink),
    /// The code is used up and the key is here, but could not be stored: it must not be lost.
    Unstored { relay: String, joined: Joined },
}

impl Pending {
    fn relay(&self) -> &str {
        match self {
            Self::Offered(link) => link.relay(),
            Self::Unstored { relay, .. } => relay,
        }
    }
}

impl Joining {
    /// Keeps a link for the window. The newest one counts; but a key that was had already is not given up for it.
    pub(crate) fn offer(&self, link: JoinLink) {
        let mut pending = self.lock();
        if !matches!(*pending, Some(Pending::Unstored { .. })) {
            *pending = Some(Pending::Offered(link));
        }
    }

    /// What the window is to ask.
    pub(crate) fn offered(&self) -> Option<JoinOffer> {
        self.lock().as_ref().map(|pending| JoinOffer {
            relay: pending.relay().to_owned(),
            in_the_clear: is_in_the_clear(pending.relay()),
        })
    }

    /// The person does not want to.
    pub(crate) fn decline(&self) {
        *self.lock() = None;
    }

    fn get(&self) -> Option<Pending> {
        self.lock().clone()
    }

    fn set(&self, pending: Pending) {
        *self.lock() = Some(pending);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Pending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Joins the relay that was shown at the address `relay`. `in_the_clear`: the user agrees to a connection that others can read;
/// `insecure`: that the key is kept in a file.
pub(crate) async fn join(app: &Perezvon, relay: &str, in_the_clear: bool, insecure: bool) -> Result<Welcome, Failure> {
    // Another link may have come since the person looked.
    let pending = app.joining.get().filter(|pending| pending.relay() == relay);
    let pending = pending.ok_or_else(|| Failure::of("not_found"))?;
    if is_in_the_clear(relay) && !in_the_clear {
        return Err(Failure {
            code: "in_the_clear".to_owned(),
            detail: Some(relay.to_owned()),
        });
    }
    let joined = match pending {
        Pending::Unstored { joined, .. } => joined,
        Pending::Offered(link) => {
            // A code works once: check first that its key can be stored.
            if !insecure {
                let keyring = app.secrets.check_keyring().await;
                keyring.map_err(|error| Failure::of(error.code()))?;
            }
            let joined = RelayClient::join(&link).await.map_err(|error| failure(&error, relay))?;
            let relay = relay.to_owned();
            app.joining.set(Pending::Unstored {
                relay,
                joined: joined.clone(),
            });
            joined
        }
    };
    let stored = app
        .secrets
        .store(SecretKind::DeskKey, joined.key.clone(), insecure)
        .await;
    stored.map_err(|error| Failure::of(error.code()))?;
    take(app, relay, &joined.role, joined.abonent.as_deref()).await?;
    app.joining.decline();
    tracing::info!(role = joined.role, "Joined a relay");
    Ok(Welcome {
        role: joined.role,
        name: joined.name,
        me: joined.abonent,
    })
}

fn failure(error: &RelayError, relay: &str) -> Failure {
    Failure {
        code: error.code().to_owned(),
        detail: Some(relay.to_owned()),
    }
}

/// Uses a remote relay from now on, with the key that was just stored.
pub(crate) async fn take(app: &Perezvon, relay: &str, role: &str, abonent: Option<&str>) -> Result<(), Failure> {
    let (relay, role, abonent) = (relay.to_owned(), role.to_owned(), abonent.map(str::to_owned));
    app.with_desk(move |desk| {
        let before = settings::connection(desk);
        let same = before.relay == relay;
        let connection = Connection {
            // An administrator's key has no abonent: the one chosen before is kept, and need not be chosen again.
            me: abonent.unwrap_or_else(|| if same { before.me } else { String::new() }),
            relay,
            role,
            ..before
        };
        settings::save_connection(desk, &connection)
    })
    .await?;
    // The address may be the same, with another key.
    app.restart.notify_one();
    app.changed(Changed {
        state: true,
        ..Changed::default()
    });
    Ok(())
}
