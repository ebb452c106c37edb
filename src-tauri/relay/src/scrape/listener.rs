//! A small listener for programs of this machine: few connections, and short time limits.

use crate::front::Paced;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Time limit for the head of a request, for an idle connection, and in which a client receives nothing.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest head, bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Connections at a time; a scraper needs one. Others wait until one ends.
const MAX_CONNECTIONS: usize = 16;
/// Pause after the system could not accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves until it is dropped. Uses hyper directly, as the front does: axum has no time limit for a head.
pub(super) async fn serve(listener: TcpListener, router: Router) {
    let service = TowerToHyperService::new(router);
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        let stream = tokio::select! {
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "no connection to the metrics can be taken");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(CLIENT_TIMEOUT)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(Paced::new(stream, CLIENT_TIMEOUT, ())), service.clone());
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the metrics ended badly");
            }
        });
    }
}
