//! A PBX made of canned answers: a real HTTP server on a free port that records every request.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use perezvon_pbx::rest::{Portal, PortalError, Timing, Token};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A page where JSON is expected.
pub(crate) const HTML: &str = "<!DOCTYPE html><html><title>Облачная АТС</title></html>";

/// An abonent's `userId`.
pub(crate) const USER: &str = "9000000001@mpbx.sip.beeline.ru";

pub(crate) const TOKEN: &str = "11111111-2222-4333-8444-555555555555";

/// What the client makes of an error body.
pub(crate) fn refused(code: &str, description: Option<&str>, status: u16) -> PortalError {
    PortalError::Refused {
        code: code.into(),
        description: description.map(Into::into),
        status,
    }
}

/// A request as it arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// `POST /portal/v2/abonents/…?phoneNumber=…`
    pub(crate) line: String,
    pub(crate) token: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) range: Option<String>,
    pub(crate) body: String,
}

pub(crate) enum Reply {
    Whole(u16, &'static str),
    Text(u16, String),
    /// With headers and a body of its own.
    Own(Response<Body>),
    Long(u16, usize),
    Redirect(String),
    Never,
}

type Script = dyn Fn(&Seen, usize) -> Reply + Send + Sync;
type Log = Arc<Mutex<Vec<Seen>>>;

pub(crate) struct Server {
    pub(crate) base: String,
    seen: Log,
}

impl Server {
    /// `script` gets each request and how many came before it.
    pub(crate) async fn start(script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/portal", listener.local_addr().unwrap());
        let seen = Log::default();
        let script: Arc<Script> = Arc::new(script);
        let app = Router::new().fallback(answer).with_state((seen.clone(), script));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base, seen }
    }

    /// Always the same answer.
    pub(crate) async fn always(status: u16, body: &'static str) -> Self {
        Self::start(move |_, _| Reply::Whole(status, body)).await
    }

    /// A server that speaks no more than `bytes` to each connection, after reading a request, and then closes it.
    pub(crate) async fn raw(bytes: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/portal", listener.local_addr().unwrap());
        let seen = Log::default();
        let log = seen.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                log_request(&mut stream, &log).await;
                stream.write_all(bytes).await.unwrap();
                stream.shutdown().await.ok();
            }
        });
        Self { base, seen }
    }

    /// A server that answers the first request of each connection with an empty list, keeps the connection open, and
    /// closes it when it has read the second.
    pub(crate) async fn drops_second() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/portal", listener.local_addr().unwrap());
        let seen = Log::default();
        let log = seen.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                for answer in [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]".as_slice(), b""] {
                    log_request(&mut stream, &log).await;
                    stream.write_all(answer).await.unwrap();
                }
            }
        });
        Self { base, seen }
    }

    pub(crate) fn portal(&self) -> Portal {
        portal(&self.base)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|s| s.line).collect()
    }
}

/// A client with waits short enough for a test, and long enough for a busy machine to answer at all.
pub(crate) fn portal(base: &str) -> Portal {
    let timing = Timing {
        connect: Duration::from_secs(2),
        exchange: Duration::from_millis(1500),
        overall: Duration::from_secs(8),
        backoff: Duration::from_millis(20),
    };
    Portal::new(base.parse().unwrap(), Token::parse(TOKEN).unwrap(), timing).unwrap()
}

async fn answer(State((seen, script)): State<(Log, Arc<Script>)>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let header = |name: &str| head.headers.get(name).map(|v| v.to_str().unwrap().to_owned());
    let this = Seen {
        line: format!("{} {}", head.method, head.uri),
        token: header("x-mpbx-api-auth-token"),
        content_type: header("content-type"),
        range: header("range"),
        body: String::from_utf8(axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap(),
    };
    let before = {
        let mut all = seen.lock().unwrap();
        all.push(this.clone());
        all.len() - 1
    };
    let respond = |status, body: Body| {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response
    };
    match script(&this, before) {
        Reply::Whole(status, body) => respond(status, body.into()),
        Reply::Text(status, body) => respond(status, body.into()),
        Reply::Own(response) => response,
        Reply::Long(status, length) => respond(status, vec![b' '; length].into()),
        Reply::Redirect(to) => {
            let mut response = respond(302, Body::empty());
            response.headers_mut().insert("location", to.parse().unwrap());
            response
        }
        Reply::Never => std::future::pending().await,
    }
}

/// An address where nobody listens.
pub(crate) async fn deaf() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

/// Reads a request without a body, and logs its first line.
async fn log_request(stream: &mut TcpStream, log: &Log) {
    let mut head = vec![0; 8192];
    let n = stream.read(&mut head).await.unwrap();
    let line = String::from_utf8_lossy(&head[..n])
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    log.lock().unwrap().push(Seen {
        line,
        ..Seen::default()
    });
}
