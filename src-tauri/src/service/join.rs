//! Joining the company's relay with a code, once the person has agreed (`joining.rs`).

use crate::changes::Own;
use crate::core::Core;
use crate::ipc::{Failure, Welcome};
use crate::joining::Pending;
use crate::secrets::SecretKind;
use crate::settings::{self, Connection};
use perezvon_desk::Fault;
use perezvon_desk::relay_client::{RelayClient, RelayError, is_in_the_clear};

/// Joins the relay that was shown at the address `relay`. `in_the_clear`: the user agrees to a connection that others can read;
/// `insecure`: that the key is kept in a file.
pub(crate) async fn join(core: &Core, relay: &str, in_the_clear: bool, insecure: bool) -> Result<Welcome, Failure> {
    core.allows(relay)?;
    // Another link may have come since the person looked.
    let pending = core.joining.get().filter(|pending| pending.relay() == relay);
    let pending = pending.ok_or_else(|| Failure::of(Fault::NotFound))?;
    if is_in_the_clear(relay) && !in_the_clear {
        return Err(Failure::with(Fault::InTheClear, relay));
    }
    let joined = match pending {
        Pending::Unstored { joined, .. } => joined,
        Pending::Offered(link) => {
            // A code works once: check first that its key can be stored.
            if !insecure {
                let keyring = core.secrets.check_keyring().await;
                keyring.map_err(|error| Failure::of(error.code()))?;
            }
            let joined = RelayClient::join(&link).await.map_err(|error| failure(&error, relay))?;
            let relay = relay.to_owned();
            core.joining.set(Pending::Unstored {
                relay,
                joined: joined.clone(),
                declined: false,
            });
            joined
        }
    };
    let stored = core
        .secrets
        .store(SecretKind::DeskKey, joined.key.clone(), insecure)
        .await;
    stored.map_err(|error| Failure::of(error.code()))?;
    take(core, relay, &joined.role, joined.abonent.as_deref()).await?;
    core.joining.done();
    tracing::info!(role = joined.role, "Joined a relay");
    Ok(Welcome {
        role: joined.role,
        name: joined.name,
        me: joined.abonent,
    })
}

fn failure(error: &RelayError, relay: &str) -> Failure {
    Failure::with(error.code(), relay)
}

/// Uses a remote relay from now on, with the key that was just stored.
pub(crate) async fn take(core: &Core, relay: &str, role: &str, abonent: Option<&str>) -> Result<(), Failure> {
    let (relay, role, abonent) = (relay.to_owned(), role.to_owned(), abonent.map(str::to_owned));
    core.with_desk(move |desk| {
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
    core.restart.notify_one();
    core.tell(Own::Settings);
    Ok(())
}
