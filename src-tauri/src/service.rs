//! The service loop: the relay (inside the app, or a remote one), the feed from it to the desk, and the state of both.
//!
//! When a setting of it changes (token, relay, abonent, address), the loop drains what runs and starts anew. So there is
//! one way to start, and no running part must follow a change.

mod company;
mod demo;
mod deployed;
mod embedded;
mod forwarding;
mod join;
mod state;
mod wizard;

pub(crate) use deployed::forget as forget_code;

pub(crate) use forwarding::{forwarded, forwarded_last};
pub(crate) use join::{join, take};
pub(crate) use state::{check, of_keeper};
pub(crate) use wizard::{abonents, me, try_relay, try_token};

use crate::core::{Core, Way};
use crate::ipc::{Failure, SecretsPlace};
use crate::secrets::{Kept, SecretError, SecretKind};
use crate::settings::{self, Connection};
use perezvon_desk::follow::{FeedState, Followed, News, follow};
use perezvon_desk::relay_client::KeySource;
use perezvon_desk::relay_client::RelayClient;
use perezvon_desk::{Desk, FailureCode, Fault, Secret, Trouble};
use perezvon_relay::Relay;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// A relay that could not start is tried again after this.
const RETRY_PAUSE: Duration = Duration::from_secs(15);
/// How long a start waits to learn what its key may do.
const ME_TIMEOUT: Duration = Duration::from_secs(5);
/// The keyring waits for its password.
const LOCKED: FailureCode = FailureCode::Trouble(Trouble::KeyringLocked);

/// What runs between two restarts.
pub(crate) struct Session {
    /// The relay inside the app, if it is not a remote one.
    relay: Option<Relay>,
    client: RelayClient,
    me: String,
    /// The key is for the whole company, so an abonent must be chosen.
    admin: bool,
    /// Where the token (or the key to a remote relay) is kept, or would be.
    secrets: SecretsPlace,
    /// What went wrong but does not keep the session from running.
    trouble: Option<FailureCode>,
}

/// Runs until the app quits.
pub(crate) async fn run(core: Arc<Core>) {
    while !core.quit.is_cancelled() {
        let starting = tokio::select! {
            session = start(&core) => session,
            () = core.quit.cancelled() => break,
        };
        let ended = match starting {
            Ok(session) => serve(&core, session).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = ended {
            state::publish_off(&core, failure.code).await;
            core.set_relay(Way::Closed);
            // A locked keyring is not asked again by the clock.
            let is_locked = failure.code == LOCKED;
            tokio::select! {
                () = core.restart.notified() => {}
                () = core.secrets.opened() => {}
                () = core.quit.cancelled() => {}
                () = tokio::time::sleep(RETRY_PAUSE), if !is_locked => {}
            }
            core.set_relay(Way::Starting);
        }
    }
    // There may be no desk; and what stays in its log is read at the next start.
    let _ = core.with_desk(Desk::checkpoint).await;
    let (done, signal) = &core.drained;
    *done.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = true;
    signal.notify_all();
}

async fn start(core: &Arc<Core>) -> Result<Session, Failure> {
    deployed::join(core).await;
    let connection = match core.desk() {
        Ok(_) => core.with_desk(|desk| Ok(settings::connection(desk))).await?,
        // The relay inside the app goes on without the desk: no event is to be lost meanwhile.
        Err(_) => Connection::default(),
    };
    let remote = core
        .relay_argument
        .clone()
        .or_else(|| Some(connection.relay.clone()).filter(|url| !url.is_empty()));
    let mut session = match remote {
        Some(url) => remote_session(core, &url, &connection).await?,
        None => embedded::session(core, &connection).await?,
    };
    match core.desk() {
        Ok(_) if session.me.is_empty() && session.relay.is_some() && core.given.demo => {
            if let Err(failure) = begin_demo(core, &mut session).await {
                // A relay that is only dropped holds its directory a little longer, and the next start finds it in use.
                if let Some(relay) = session.relay {
                    relay.shutdown().await;
                }
                return Err(failure);
            }
        }
        Ok(_) => {}
        Err(failure) => session.trouble = Some(failure.code),
    }
    Ok(session)
}

/// The demonstration needs no wizard: its person is the company's first abonent, its contacts are named.
async fn begin_demo(core: &Arc<Core>, session: &mut Session) -> Result<(), Failure> {
    // First: once the person is known, no start comes here again.
    if core.given.contacts {
        core.with_desk(demo::fill).await?;
    }
    session.me = wizard::take_first_abonent(core, &session.client).await?;
    Ok(())
}

/// Where a secret is kept. A keyring that answers will take one.
fn secrets_place(found: Result<&Option<(Secret, Kept)>, &SecretError>) -> SecretsPlace {
    match found {
        Ok(Some((_, Kept::File))) => SecretsPlace::File,
        Ok(Some((_, Kept::Environment))) => SecretsPlace::Environment,
        Ok(Some((_, Kept::Keyring)) | None) => SecretsPlace::Keyring,
        Err(_) => SecretsPlace::None,
    }
}

async fn remote_session(core: &Core, url: &str, connection: &Connection) -> Result<Session, Failure> {
    let loaded = core
        .secrets
        .load(SecretKind::DeskKey)
        .await
        .map_err(|error| Failure::of(error.code()))?;
    let secrets = secrets_place(Ok(&loaded));
    let (key, _) = loaded.ok_or_else(|| Failure::of(Trouble::KeyRefused))?;
    let client = RelayClient::new(url, key_source(key)).map_err(|error| Failure::of(error.code()))?;
    let mut connection = connection.clone();
    if connection.relay != url {
        // Given on the command line: what is known is of another relay.
        connection.role = String::new();
    }
    if connection.role.is_empty() {
        learn_role(core, &client, &mut connection).await;
    }
    Ok(Session {
        relay: None,
        client,
        admin: connection.role == "admin",
        me: connection.me,
        secrets,
        trouble: None,
    })
}

/// A key whose role is not known yet: given on the command line, or taken by an older version.
async fn learn_role(core: &Core, client: &RelayClient, connection: &mut Connection) {
    let Ok(Ok(me)) = tokio::time::timeout(ME_TIMEOUT, client.me()).await else {
        return;
    };
    connection.role = me.role;
    if let Some(abonent) = me.abonent {
        connection.me = abonent;
    }
    if core.relay_argument.is_none() {
        let learnt = connection.clone();
        let stored = core
            .with_desk(move |desk| settings::save_connection(desk, &learnt))
            .await;
        if let Err(failure) = stored {
            tracing::warn!(code = %failure.code, "The key's role could not be stored");
        }
    }
}

fn key_source(key: Secret) -> KeySource {
    Arc::new(move || Some(key.clone()))
}

/// Follows the feed and watches the state until a restart is asked for, then drains.
///
/// # Errors
/// Where the relay inside the app has failed again and again.
async fn serve(core: &Arc<Core>, session: Session) -> Result<(), Failure> {
    let spoken_for = session.admin.then(|| session.me.clone()).filter(|me| !me.is_empty());
    core.set_relay(Way::Open((session.client.clone(), spoken_for.clone())));
    let stop = CancellationToken::new();
    let (feed, feed_state) = watch::channel(FeedState::default());
    let (news, arriving) = mpsc::channel(8);
    // The relay inside the app is the same whatever its address.
    let at = if session.relay.is_some() {
        "embedded"
    } else {
        session.client.base()
    };
    let identity = format!("{at} {}", session.me);
    let of_company = spoken_for.is_some().then_some(&session.client);
    let me = spoken_for.clone();
    let followed = Followed {
        relay: session.client.clone(),
        abonent: spoken_for,
        identity: identity.clone(),
        preferences: {
            let core = Arc::clone(core);
            Arc::new(move || core.settings().preferences())
        },
    };
    // Without an abonent there is nothing to follow yet; of a user's key the relay knows whose it is.
    let has_abonent = !session.me.is_empty() || !session.admin;
    let following = async {
        match core.desk() {
            Ok(desk) if has_abonent => {
                follow(followed, Arc::clone(desk), news, feed, stop.clone()).await;
            }
            _ => stop.cancelled().await,
        }
    };
    let mut ended = Ok(());
    tokio::select! {
        () = following => {}
        () = show_news(core, arriving) => {}
        never = company::mirror(core, &identity, of_company) => match never {},
        never = forwarding::watch(core, &session.client, me.as_deref()), if has_abonent => match never {},
        why = gave_up(session.relay.as_ref()) => {
            tracing::error!(why, "The relay gives up");
            ended = Err(Failure::of(Fault::Storage));
        }
        () = state::watch(core, &session, feed_state) => {}
        () = wizard::learn_me(core, &session.client, &session.me) => {}
        () = core.restart.notified() => tracing::info!("The service starts anew"),
        () = core.secrets.opened(), if session.trouble == Some(LOCKED) => tracing::info!("The keyring is open"),
        () = core.quit.cancelled() => {}
    }
    stop.cancel();
    core.set_relay(Way::Starting);
    forwarding::know(core, None);
    if let Some(relay) = session.relay {
        relay.shutdown().await;
    }
    ended
}

/// Why the relay inside the app does not start its account anew any more.
async fn gave_up(relay: Option<&Relay>) -> String {
    match relay {
        Some(relay) => relay.gave_up().await,
        None => std::future::pending().await,
    }
}

/// Relay → desk: what the feed led to, onto the screen.
async fn show_news(core: &Core, mut arriving: mpsc::Receiver<News>) {
    while let Some(news) = arriving.recv().await {
        // A notification service that hangs is no reason for calls not to arrive.
        core.offer(news.toasts);
    }
    std::future::pending::<()>().await;
}
