//! The relay inside the core: one person, no server.

use super::{LOCKED, Session, key_source, secrets_place};
use crate::core::Core;
use crate::ipc::Failure;
use crate::secrets::{Kept, SecretKind};
use crate::settings::Connection;
use perezvon_core::call::Policy;
use perezvon_desk::relay_client::RelayClient;
use perezvon_desk::{DeskError, FailureCode, Fault, Secret, Trouble};
use perezvon_relay::{LedgerError, Options, Relay, StartError, Token};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use url::Url;

/// Starts it with what the settings say. What can be mended later (no token, a port in use) does not keep it from
/// running: the journal must stay readable.
pub(super) async fn session(core: &Core, connection: &Connection) -> Result<Session, Failure> {
    let settings = core.settings();
    let found = match &core.given.token {
        Some(token) => Ok(Some((token.clone(), Kept::Environment))),
        None => core.secrets.load(SecretKind::Token).await,
    };
    let secrets = secrets_place(found.as_ref());
    let (loaded, mut trouble) = match found {
        Ok(loaded) => (loaded, None),
        Err(error) => {
            tracing::warn!(%error, "The token could not be read");
            // No keyring and no token are one trouble: the token has to be entered, and the user told where it goes.
            (None, Some(error.code()).filter(|code| *code == LOCKED))
        }
    };
    let token = loaded.and_then(|(secret, _)| Token::parse(secret.expose()).ok());
    let (listener, in_use) = listen(core, &settings.listen).await?;
    if in_use {
        trouble = Some(Trouble::PortInUse.into());
    }
    let mut options = Options::new(&core.data_dir);
    options.token = token;
    options.policy = Some(Policy {
        grace_ms: i64::from(settings.grace_s) * 1_000,
        ..Policy::default()
    });
    let public_url = public_url(core, &settings.public_url, &listener);
    options.public_url.clone_from(&public_url);
    if let Some(url) = core.given.pbx_url.as_deref().and_then(|url| Url::parse(url).ok()) {
        options.pbx_url = url;
    }
    let relay = Relay::start(options, listener).await.map_err(|error| {
        tracing::error!(%error, "The relay could not start");
        Failure::of(trouble_of(&error))
    })?;
    // Settings that could not be read say nothing of the address.
    if public_url.is_none() && core.desk().is_ok() {
        forget_public_url(&relay).await;
    }
    let key = Secret::new(relay.local_key().reveal());
    let client = RelayClient::new(&format!("http://{}", reachable(relay.addr())), key_source(key));
    let client = client.map_err(|error| Failure::of(error.code()))?;
    Ok(Session {
        relay: Some(relay),
        client,
        me: connection.me.clone(),
        admin: true,
        secrets,
        trouble,
    })
}

/// Without a public address in the options the relay goes on with the one it has stored, which the user has cleared.
async fn forget_public_url(relay: &Relay) {
    if relay.settings().public_url.is_some()
        && let Err(error) = relay.set_public_url(None).await
    {
        tracing::warn!(%error, "The cleared address for events could not be stored");
    }
}

/// The address from the settings. Where that is taken, any free port of this machine: the window and the journal work,
/// and the trouble says why no events arrive.
async fn listen(core: &Core, address: &str) -> Result<(TcpListener, bool), Failure> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let wanted = if core.given.demo {
        any
    } else {
        address.parse().unwrap_or(any)
    };
    match TcpListener::bind(wanted).await {
        Ok(listener) => Ok((listener, false)),
        Err(error) => {
            tracing::error!(%error, %wanted, "The relay's address cannot be used");
            let listener = TcpListener::bind(any)
                .await
                .map_err(|_| Failure::of(Trouble::PortInUse))?;
            Ok((listener, true))
        }
    }
}

fn public_url(core: &Core, setting: &str, listener: &TcpListener) -> Option<Url> {
    let own = || {
        let addr = core.given.demo.then(|| listener.local_addr().ok()).flatten();
        addr.map(|addr| format!("http://{addr}"))
    };
    let text = core.given.public_url.clone().or_else(own);
    Url::parse(&text.unwrap_or_else(|| setting.to_owned())).ok()
}

/// The address by which this machine reaches a listener on all addresses.
fn reachable(addr: SocketAddr) -> SocketAddr {
    if addr.ip().is_unspecified() {
        SocketAddr::from((Ipv4Addr::LOCALHOST, addr.port()))
    } else {
        addr
    }
}

fn trouble_of(error: &StartError) -> FailureCode {
    match error {
        StartError::Ledger(LedgerError::Damaged { .. }) => Trouble::DatabaseDamaged.into(),
        StartError::Ledger(LedgerError::Directory { .. }) => Trouble::DataFolder.into(),
        StartError::Ledger(LedgerError::Sqlite(error)) => DeskError::code_of(error),
        StartError::Ledger(_) | StartError::Thread(_) => Fault::Storage.into(),
        StartError::Listener(_) => Trouble::PortInUse.into(),
        // Inside the app the relay speaks no TLS: a wrong setting is all that this can mean.
        StartError::Portal(_) | StartError::Setting(_) | StartError::Tls(_) => Fault::BadAddress.into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_cleared_address_is_not_used_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::new(dir.path());
        options.public_url = Some("https://relay.example.ru".parse().unwrap());
        for given in [options, Options::new(dir.path())] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let relay = Relay::start(given, listener).await.unwrap();
            assert!(relay.callback_url().is_some(), "the relay keeps its address by itself");
            forget_public_url(&relay).await;
            assert_eq!(
                relay.callback_url(),
                None,
                "events would be asked for at the old address"
            );
            relay
                .set_public_url(Some("https://relay.example.ru".parse().unwrap()))
                .await
                .unwrap();
            relay.shutdown().await;
        }
    }
}
