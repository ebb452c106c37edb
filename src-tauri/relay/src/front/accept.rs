//! Connections: their limits, and how they end at the shutdown.

use super::FrontOptions;
use super::client::{Client, Network};
use super::dispatch::Directory;
use super::limits::{ConnectionPermit, Connections, Limits, RequestLimits};
use super::paced::{Paced, Timed};
use crate::http::error::ApiError;
use crate::tls::Tls;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Largest head of a request, and size of a read or write buffer, bytes.
const BUFFER_BYTES: usize = 64 * 1024;
/// Pause after the system could not accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
/// Connections that are answered 503 at the same time; more are closed without an answer.
const MAX_REFUSALS: usize = 64;
/// Time limit of such an answer.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(2);
/// What every connection needs.
struct Shared {
    directory: Arc<Directory>,
    /// None: connections are not encrypted.
    tls: Option<Arc<Tls>>,
    used: RequestLimits,
    limits: Limits,
    trusted: Vec<Network>,
    stop: CancellationToken,
}

/// Serves until `stop`, then until the last request in flight is answered.
pub(crate) async fn run(
    listener: TcpListener,
    directory: Arc<Directory>,
    tls: Option<Arc<Tls>>,
    options: FrontOptions,
    stop: CancellationToken,
) {
    let limits = options.limits;
    let permits = Connections::new(&limits);
    let refusals = Arc::new(Semaphore::new(MAX_REFUSALS));
    let shared = Arc::new(Shared {
        directory,
        tls,
        used: RequestLimits::new(&limits),
        limits,
        trusted: options.trusted_proxies,
        stop: stop.clone(),
    });
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // The client closed the connection already, or the system has no file descriptor left: both pass.
                if !is_of_connection(&error) {
                    tracing::error!(%error, "no connection can be taken");
                    tokio::select! {
                        () = tokio::time::sleep(ACCEPT_PAUSE) => {}
                        () = stop.cancelled() => break,
                    }
                }
                continue;
            }
        };
        match permits.take(shared.counted(peer)) {
            Some(permit) => drop(connections.spawn(connection(stream, peer, permit, shared.clone()))),
            // Without TLS a refusal cannot be sent.
            None if shared.tls.is_some() => {}
            None => {
                if let Ok(permit) = refusals.clone().try_acquire_owned() {
                    connections.spawn(async move {
                        let _permit = permit;
                        let _ = tokio::time::timeout(REFUSAL_TIMEOUT, refuse(stream)).await;
                    });
                }
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

fn is_of_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as K;
    matches!(
        error.kind(),
        K::ConnectionRefused | K::ConnectionAborted | K::ConnectionReset
    )
}

impl Shared {
    /// The client that the connection counts for; none for a trusted proxy, which serves many clients.
    fn counted(&self, peer: SocketAddr) -> Option<Client> {
        let ip = peer.ip().to_canonical();
        let is_proxy = self.trusted.iter().any(|network| network.contains(ip));
        (!is_proxy).then(|| Client::of(ip))
    }
}

/// Answers 503. The request is read first, otherwise closing the connection could discard the answer.
async fn refuse(mut stream: TcpStream) -> std::io::Result<()> {
    stream
        .write_all(ApiError::TooManyConnections.as_http1().as_bytes())
        .await?;
    stream.shutdown().await?;
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn connection(stream: TcpStream, peer: SocketAddr, permit: ConnectionPermit, shared: Arc<Shared>) {
    // Small messages must not wait for one another.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended at once");
        return;
    }
    let Some(tls) = &shared.tls else {
        return serve(stream, peer.ip(), permit, shared).await;
    };
    let stop = shared.stop.clone();
    let secured = tokio::select! {
        secured = tokio::time::timeout(shared.limits.head, tls.accept(stream, peer.ip().to_canonical())) => secured,
        () = stop.cancelled() => return,
    };
    match secured {
        Ok(Ok(Some(stream))) => serve(stream, peer.ip(), permit, shared).await,
        Ok(Ok(None)) => tracing::info!("the authority has looked whether the address is ours"),
        Ok(Err(error)) => tracing::debug!(%error, "no TLS with a client"),
        Err(_) => tracing::debug!("a client took too long for TLS"),
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: IpAddr,
    permit: ConnectionPermit,
    shared: Arc<Shared>,
) {
    let (stop, limits) = (shared.stop.clone(), shared.limits.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let shared = shared.clone();
        async move {
            let client = Client::behind(peer, request.headers(), &shared.trusted);
            let mut request = request.map(|body| Body::new(Timed::new(body, shared.limits.body)));
            request.extensions_mut().insert(client);
            Ok::<_, Infallible>(shared.directory.answer(&shared.used, client, request).await)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(BUFFER_BYTES)
        // The permit belongs to the stream: a feed's connection keeps it after the request was answered.
        .serve_connection(TokioIo::new(Paced::new(stream, limits.stall, permit)), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}
