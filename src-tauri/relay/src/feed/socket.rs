//! One reader on a WebSocket: the backlog from the ledger, then live, each message exactly one snapshot.

use super::{Feed, Seat};
use crate::ledger::Ledger;
use crate::tables::{LedgerError, calls, users};
use crate::told::{Snapshot, View, snapshot};
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Calls in one look into the ledger.
pub(crate) const PAGE: usize = 200;
/// Longest time one message may take to leave; the reader is then gone or stuck.
const SEND: Duration = Duration::from_secs(20);
/// "Try again later": the reader was too slow, or the relay is ending (RFC 6455 and its registry).
const TRY_AGAIN: u16 = 1013;
const GOING_AWAY: u16 = 1001;
const POLICY: u16 = 1008;

/// Why a feed ended.
enum End {
    /// The reader left or does not take anything.
    Gone,
    /// The reader is told and comes back.
    Close(u16, &'static str),
}

const REVOKED: End = End::Close(POLICY, "the key was revoked");

/// Serves one reader until he goes, is too slow, or the relay ends.
pub(crate) async fn serve(feed: Feed, mut socket: WebSocket, seat: Seat, after: i64, user: Option<String>) {
    let _open = feed.tasks.token();
    let end = tokio::select! {
        end = follow(&feed, &mut socket, seat, after, user) => end,
        () = feed.stop.cancelled() => End::Close(GOING_AWAY, "the relay is ending"),
    };
    if let End::Close(code, reason) = end {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        // A reader who takes nothing is dropped without a word.
        let _ = timeout(Duration::from_secs(2), socket.send(Message::Close(Some(frame)))).await;
    }
}

async fn follow(feed: &Feed, socket: &mut WebSocket, mut seat: Seat, mut after: i64, user: Option<String>) -> End {
    loop {
        if let Err(end) = backlog(feed, socket, &seat.view, &mut after, user.as_deref()).await {
            return end;
        }
        // While the backlog was read the queue may have run over: take a new place and look once more.
        if seat.news.is_closed() {
            // Or the key was revoked: whose it is must be asked after the place was taken, or the revocation of the next
            // moment would find nothing to cut.
            seat = feed.hub.join(seat.view.clone(), user.clone());
            continue;
        }
        break;
    }
    live(feed, socket, &mut seat, after, user).await
}

async fn backlog(
    feed: &Feed,
    socket: &mut WebSocket,
    view: &View,
    after: &mut i64,
    user: Option<&str>,
) -> Result<(), End> {
    let busy = |_| End::Close(TRY_AGAIN, "the ledger is busy");
    // What is newer comes through the queue, once it is on the disk.
    let until = feed.ledger.durable_version().await.map_err(busy)?;
    loop {
        // A reader who takes long may lose the key meanwhile.
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
pub(crate) async fn page(
    feed: &Feed,
    view: &View,
    (after, until): (i64, i64),
    limit: usize,
) -> Result<Vec<Snapshot>, LedgerError> {
    let (view, roster) = (view.clone(), feed.roster.borrow().clone());
    feed.ledger
        .read(move |connection| {
            let rows = calls::changes(connection, view.abonent(), (after, until), limit)?;
            Ok(rows.iter().map(|row| snapshot(row, &view, &roster)).collect())
        })
        .await
}

async fn live(feed: &Feed, socket: &mut WebSocket, seat: &mut Seat, mut after: i64, user: Option<String>) -> End {
    let timing = &feed.timing;
    let mut ping = tokio::time::interval_at(Instant::now() + timing.ping, timing.ping);
    let mut heard = Instant::now();
    loop {
        let sent = tokio::select! {
            told = seat.news.recv() => match told {
                // What the backlog already had is not told twice.
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

/// Another process may have revoked the key.
pub(crate) async fn may_still_read(ledger: &Ledger, user: Option<&str>) -> bool {
    let Some(id) = user.map(str::to_owned) else { return true };
    // A ledger that cannot be read at the moment revokes nobody.
    ledger
        .read(move |connection| users::is_active(connection, &id))
        .await
        .unwrap_or(true)
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match timeout(SEND, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}
