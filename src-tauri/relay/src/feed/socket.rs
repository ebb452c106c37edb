//! One reader on a WebSocket: first the backlog from the ledger, then live changes; each message is one snapshot.

use super::{Feed, Registration};
use crate::ledger::Ledger;
use crate::roster::Roster;
use crate::tables::{LedgerError, calls, users};
use crate::told::{Snapshot, View, snapshot};
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use rusqlite::Connection;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Calls in one query of the backlog.
pub(crate) const PAGE: usize = 200;
/// Time limit for sending one message; after it the reader counts as gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
/// "Try again later": the reader was too slow, or the relay is shutting down (RFC 6455 and its registry).
const TRY_AGAIN: u16 = 1013;
const GOING_AWAY: u16 = 1001;
const POLICY: u16 = 1008;

/// Why a feed ended.
enum End {
    /// The reader has gone or does not receive.
    Gone,
    /// The reader is sent a close frame and comes back.
    Close(u16, &'static str),
}

const REVOKED: End = End::Close(POLICY, "the key was revoked");

/// Serves one reader until it leaves, is too slow, or the relay shuts down.
pub(crate) async fn serve(
    feed: Feed,
    mut socket: WebSocket,
    registration: Registration,
    after: i64,
    user: Option<String>,
) {
    let _open = feed.tasks.token();
    let end = tokio::select! {
        end = follow(&feed, &mut socket, registration, after, user) => end,
        () = feed.stop.cancelled() => End::Close(GOING_AWAY, "the relay is ending"),
    };
    if let End::Close(code, reason) = end {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        // A reader that does not receive is dropped without a close frame.
        let _ = timeout(Duration::from_secs(2), socket.send(Message::Close(Some(frame)))).await;
    }
}

async fn follow(
    feed: &Feed,
    socket: &mut WebSocket,
    mut registration: Registration,
    mut after: i64,
    user: Option<String>,
) -> End {
    loop {
        if let Err(end) = backlog(feed, socket, &registration.view, &mut after, user.as_deref()).await {
            return end;
        }
        // The queue may have overflowed while the backlog was read: register again and read on.
        if registration.news.is_closed() {
            // Or the key was revoked: it must be checked after the registration, otherwise a revocation just after
            // the check would find no reader to cut off.
            registration = feed.hub.join(registration.view.clone(), user.clone());
            continue;
        }
        break;
    }
    live(feed, socket, &mut registration, after, user).await
}

async fn backlog(
    feed: &Feed,
    socket: &mut WebSocket,
    view: &View,
    after: &mut i64,
    user: Option<&str>,
) -> Result<(), End> {
    let busy = |_| End::Close(TRY_AGAIN, "the ledger is busy");
    // Newer changes come through the queue, once they are on the disk.
    let until = feed.ledger.durable_version().await.map_err(busy)?;
    loop {
        // The key of a slow reader may be revoked meanwhile.
        if !may_still_read(&feed.ledger, user).await {
            return Err(REVOKED);
        }
        let page = page(feed, view, (*after, until), PAGE).await.map_err(busy)?;
        let whole = page.len() < PAGE;
        for told in page {
            *after = told.version;
            send(socket, Message::Text(told.json)).await?;
        }
        if whole {
            return Ok(());
        }
    }
}

/// Snapshots after a version and up to another, oldest change first.
async fn page(
    feed: &Feed,
    view: &View,
    (after, until): (i64, i64),
    limit: usize,
) -> Result<Vec<Snapshot>, LedgerError> {
    let (view, roster) = (view.clone(), feed.roster.borrow().clone());
    feed.ledger
        .read(move |connection| read(connection, &view, &roster, (after, until), limit))
        .await
}

/// The same, on a connection.
pub(crate) fn read(
    connection: &Connection,
    view: &View,
    roster: &Roster,
    (after, until): (i64, i64),
    limit: usize,
) -> Result<Vec<Snapshot>, LedgerError> {
    let rows = calls::changes(connection, view.abonent(), (after, until), limit)?;
    Ok(rows.iter().map(|row| snapshot(row, view, roster)).collect())
}

async fn live(
    feed: &Feed,
    socket: &mut WebSocket,
    registration: &mut Registration,
    mut after: i64,
    user: Option<String>,
) -> End {
    let timing = &feed.timing;
    let mut ping = tokio::time::interval_at(Instant::now() + timing.ping, timing.ping);
    let mut heard = Instant::now();
    loop {
        let sent = tokio::select! {
            told = registration.news.recv() => match told {
                // Changes that the backlog contained are not sent again.
                Some(told) if told.version <= after => Ok(()),
                Some(told) => {
                    after = told.version;
                    send(socket, Message::Text(told.json)).await
                }
                None => return lost_place(&feed.ledger, user).await,
            },
            message = socket.recv() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return End::Gone,
                Some(Ok(_)) => {
                    heard = Instant::now();
                    Ok(())
                }
            },
            _ = ping.tick() => {
                if heard.elapsed() >= timing.dead {
                    return End::Gone;
                }
                if !may_still_read(&feed.ledger, user.as_deref()).await {
                    return REVOKED;
                }
                send(socket, Message::Ping(bytes::Bytes::new())).await
            }
        };
        if let Err(end) = sent {
            return end;
        }
    }
}

async fn lost_place(ledger: &Ledger, user: Option<String>) -> End {
    if may_still_read(ledger, user.as_deref()).await {
        End::Close(TRY_AGAIN, "too slow: come back with your cursor")
    } else {
        REVOKED
    }
}

/// Another process (the command line) may have revoked the key.
pub(crate) async fn may_still_read(ledger: &Ledger, user: Option<&str>) -> bool {
    let Some(id) = user.map(str::to_owned) else { return true };
    // A ledger that cannot be read just now does not revoke a key.
    ledger
        .read(move |connection| users::is_active(connection, &id))
        .await
        .unwrap_or(true)
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match timeout(SEND_TIMEOUT, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}
