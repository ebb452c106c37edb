//! The authority's side of ACME (RFC 8555): signatures and nonces are checked, names are validated by TLS-ALPN (RFC
//! 8737) over real connections. A table in the test replaces DNS.

use super::Authority;
use super::jws::{self, Jwk, Signed};
use super::look::{Places, look, provider};
use super::problem::{Problem, problem};
use crate::common::support::DEADLINE;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use rcgen::{CertificateSigningRequestParams, SanType};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How the authority behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mood {
    Well,
    /// It answers and refuses every name.
    Refusing,
    /// Connections break.
    Down,
}

/// An authority that is asked by ACME; it ends when dropped.
pub(crate) struct Office {
    pub(crate) directory: String,
    desk: Arc<Desk>,
    _tasks: JoinSet<()>,
}

struct Desk {
    authority: Authority,
    base: String,
    books: Mutex<Books>,
    places: Places,
}

struct Books {
    mood: Mood,
    /// Age and remaining life of the next certificate; and the behaviour after it.
    next: Option<(Duration, Duration, Mood)>,
    nonces: HashSet<String>,
    made: usize,
    accounts: Vec<Jwk>,
    orders: Vec<Order>,
}

struct Order {
    account: usize,
    domain: String,
    /// None before the validation; the error if it failed.
    proved: Option<Result<(), String>>,
    certificate: Option<String>,
}

impl Office {
    pub(crate) async fn open() -> Self {
        let authority = Authority::new();
        let (cert, key) = authority.signed();
        let chain = CertificateDer::pem_slice_iter(cert.as_bytes())
            .collect::<Result<_, _>>()
            .unwrap();
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("https://{}", listener.local_addr().unwrap());
        let desk = Arc::new(Desk {
            authority,
            base: base.clone(),
            books: Mutex::new(Books {
                mood: Mood::Well,
                next: None,
                nonces: HashSet::new(),
                made: 0,
                accounts: Vec::new(),
                orders: Vec::new(),
            }),
            places: watch::Sender::new(HashMap::new()),
        });
        let router = Router::new()
            .route("/directory", get(directory))
            .route("/nonce", get(nonce))
            .route("/account", post(account))
            .route("/order", post(new_order))
            .route("/order/{n}", post(order))
            .route("/authorization/{n}", post(authorization))
            .route("/challenge/{n}", post(challenge))
            .route("/finalize/{n}", post(finalize))
            .route("/certificate/{n}", post(certificate))
            .with_state(desk.clone());
        let secured = Secured {
            listener,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            desk: desk.clone(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(secured, router).await.unwrap() });
        Self {
            directory: format!("{base}/directory"),
            desk,
            _tasks: tasks,
        }
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.desk.authority
    }

    /// The name leads to this address from now on.
    pub(crate) fn leads(&self, name: &str, addr: SocketAddr) {
        self.desk
            .places
            .send_modify(|places| places.extend([(name.to_owned(), addr)]));
    }

    pub(crate) fn mood(&self, mood: Mood) {
        self.desk.books().mood = mood;
    }

    /// The next certificate is `old` already and valid for `left`; after it the behaviour changes.
    pub(crate) fn next(&self, old: Duration, left: Duration, mood: Mood) {
        self.desk.books().next = Some((old, left, mood));
    }

    /// Accounts and certificates given so far.
    pub(crate) fn given(&self) -> (usize, usize) {
        let books = self.desk.books();
        let certificates = books.orders.iter().filter(|order| order.certificate.is_some());
        (books.accounts.len(), certificates.count())
    }
}

impl Desk {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    /// The account and the payload of a request; the account's number is none for a new one.
    fn read(&self, path: &str, signed: &Signed) -> Result<(Jwk, Option<usize>, Value), Problem> {
        let malformed = || {
            problem(
                StatusCode::BAD_REQUEST,
                "malformed",
                "the request is not signed as it must be",
            )
        };
        let protected = signed.protected().ok_or_else(malformed)?;
        let mut books = self.books();
        if !books.nonces.remove(&protected.nonce) {
            return Err(problem(StatusCode::BAD_REQUEST, "badNonce", "the nonce is not known"));
        }
        if protected.url != format!("{}{path}", self.base) {
            return Err(problem(
                StatusCode::BAD_REQUEST,
                "unauthorized",
                "the request is for another address",
            ));
        }
        let (key, number) = match (protected.jwk, protected.kid) {
            (Some(key), None) => (key, None),
            (None, Some(kid)) => {
                let number = kid.rsplit('/').next().and_then(|n| n.parse().ok());
                let known = number.and_then(|n: usize| books.accounts.get(n).cloned());
                (known.ok_or_else(malformed)?, number)
            }
            _ => return Err(malformed()),
        };
        let payload = signed.payload(&key).ok_or_else(malformed)?;
        Ok((key, number, payload))
    }

    /// The same for a request about one of the account's own orders; returns the payload.
    fn about(&self, what: &str, n: usize, signed: &Signed) -> Result<(Jwk, Value), Problem> {
        let (key, account, payload) = self.read(&format!("/{what}/{n}"), signed)?;
        let books = self.books();
        let own = books.orders.get(n).is_some_and(|order| Some(order.account) == account);
        let missing = || problem(StatusCode::NOT_FOUND, "malformed", "there is no such order");
        own.then_some((key, payload)).ok_or_else(missing)
    }

    fn told(&self, n: usize) -> Value {
        let (books, base) = (self.books(), &self.base);
        let order = &books.orders[n];
        let status = match (&order.proved, &order.certificate) {
            (None, _) => "pending",
            (Some(Err(_)), _) => "invalid",
            (Some(Ok(())), None) => "ready",
            (Some(Ok(())), Some(_)) => "valid",
        };
        let mut told = json!({
            "status": status,
            "identifiers": [{ "type": "dns", "value": order.domain }],
            "authorizations": [format!("{base}/authorization/{n}")],
            "finalize": format!("{base}/finalize/{n}"),
        });
        if order.certificate.is_some() {
            told["certificate"] = format!("{base}/certificate/{n}").into();
        }
        told
    }
}

type Answer = Result<Response, Problem>;

async fn directory(State(desk): State<Arc<Desk>>) -> Json<Value> {
    let base = &desk.base;
    Json(json!({
        "newNonce": format!("{base}/nonce"),
        "newAccount": format!("{base}/account"),
        "newOrder": format!("{base}/order"),
    }))
}

async fn nonce(State(desk): State<Arc<Desk>>) -> Response {
    let mut books = desk.books();
    books.made += 1;
    let nonce = jws::encode(&Sha256::digest(books.made.to_string()));
    books.nonces.insert(nonce.clone());
    [("replay-nonce", nonce)].into_response()
}

async fn account(State(desk): State<Arc<Desk>>, Json(signed): Json<Signed>) -> Answer {
    let (key, _, asked) = desk.read("/account", &signed)?;
    if asked["termsOfServiceAgreed"] != true {
        return Err(problem(
            StatusCode::FORBIDDEN,
            "userActionRequired",
            "the terms must be agreed to",
        ));
    }
    let mut books = desk.books();
    let known = books.accounts.iter().position(|one| *one == key);
    let n = known.unwrap_or_else(|| {
        books.accounts.push(key);
        books.accounts.len() - 1
    });
    let place = [(header::LOCATION, format!("{}/account/{n}", desk.base))];
    Ok((StatusCode::CREATED, place, Json(json!({ "status": "valid" }))).into_response())
}

async fn new_order(State(desk): State<Arc<Desk>>, Json(signed): Json<Signed>) -> Answer {
    let (_, account, asked) = desk.read("/order", &signed)?;
    let account = account.ok_or_else(|| problem(StatusCode::FORBIDDEN, "accountDoesNotExist", "who asks?"))?;
    let n = {
        let mut books = desk.books();
        if books.mood == Mood::Refusing {
            let detail = "The policy forbids this name";
            return Err(problem(StatusCode::FORBIDDEN, "rejectedIdentifier", detail));
        }
        books.orders.push(Order {
            account,
            domain: asked["identifiers"][0]["value"].as_str().unwrap().to_owned(),
            proved: None,
            certificate: None,
        });
        books.orders.len() - 1
    };
    let place = [(header::LOCATION, format!("{}/order/{n}", desk.base))];
    Ok((StatusCode::CREATED, place, Json(desk.told(n))).into_response())
}

async fn order(State(desk): State<Arc<Desk>>, Path(n): Path<usize>, Json(signed): Json<Signed>) -> Answer {
    desk.about("order", n, &signed)?;
    Ok(Json(desk.told(n)).into_response())
}

async fn authorization(State(desk): State<Arc<Desk>>, Path(n): Path<usize>, Json(signed): Json<Signed>) -> Answer {
    desk.about("authorization", n, &signed)?;
    let books = desk.books();
    let order = &books.orders[n];
    let status = match &order.proved {
        None => "pending",
        Some(Ok(())) => "valid",
        Some(Err(_)) => "invalid",
    };
    let mut challenge = json!({ "type": "tls-alpn-01", "status": status, "url": format!("{}/challenge/{n}", desk.base),
        "token": token(n) });
    if let Some(Err(detail)) = &order.proved {
        challenge["error"] = json!({ "type": "urn:ietf:params:acme:error:connection", "detail": detail });
    }
    let name = json!({ "type": "dns", "value": order.domain });
    Ok(Json(json!({ "status": status, "identifier": name, "challenges": [challenge] })).into_response())
}

fn token(n: usize) -> String {
    jws::encode(&Sha256::digest(format!("order {n}")))
}

async fn challenge(State(desk): State<Arc<Desk>>, Path(n): Path<usize>, Json(signed): Json<Signed>) -> Answer {
    let (key, _) = desk.about("challenge", n, &signed)?;
    let domain = desk.books().orders[n].domain.clone();
    let wanted = Sha256::digest(format!("{}.{}", token(n), key.thumbprint()));
    let proved = timeout(DEADLINE, look(&desk.places, &domain, &wanted)).await;
    let proved = proved.unwrap_or_else(|_| Err("the name leads nowhere".to_owned()));
    desk.books().orders[n].proved = Some(proved);
    Ok(Json(json!({ "type": "tls-alpn-01", "status": "processing" })).into_response())
}

async fn finalize(State(desk): State<Arc<Desk>>, Path(n): Path<usize>, Json(signed): Json<Signed>) -> Answer {
    let (_, asked) = desk.about("finalize", n, &signed)?;
    let bad = |detail: &str| problem(StatusCode::BAD_REQUEST, "badCSR", detail);
    let der = asked["csr"]
        .as_str()
        .and_then(jws::decode)
        .ok_or_else(|| bad("there is none"))?;
    let mut csr = CertificateSigningRequestParams::from_der(&der.into()).map_err(|error| bad(&error.to_string()))?;
    {
        let mut books = desk.books();
        let order = &books.orders[n];
        if order.proved != Some(Ok(())) {
            return Err(problem(
                StatusCode::FORBIDDEN,
                "orderNotReady",
                "the name is not proved",
            ));
        }
        let name = SanType::DnsName(order.domain.as_str().try_into().unwrap());
        if csr.params.subject_alt_names != [name] {
            return Err(bad("it names something else"));
        }
        let day = Duration::from_hours(24);
        let (old, left, mood) = books.next.take().unwrap_or((Duration::ZERO, 90 * day, books.mood));
        books.mood = mood;
        csr.params.not_before = (SystemTime::now() - old).into();
        csr.params.not_after = (SystemTime::now() + left).into();
        csr.params.serial_number = Some((n as u64 + 1).into());
        let signed = csr.signed_by(&desk.authority.issuer).unwrap().pem();
        let chain = [signed, desk.authority.pem.clone()].concat();
        books.orders[n].certificate = Some(chain);
    }
    Ok(Json(desk.told(n)).into_response())
}

async fn certificate(State(desk): State<Arc<Desk>>, Path(n): Path<usize>, Json(signed): Json<Signed>) -> Answer {
    desk.about("certificate", n, &signed)?;
    let chain = desk.books().orders[n].certificate.clone();
    Ok((
        [(header::CONTENT_TYPE, "application/pem-certificate-chain")],
        chain.unwrap_or_default(),
    )
        .into_response())
}

/// The authority's own listener.
struct Secured {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    desk: Arc<Desk>,
}

impl axum::serve::Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, peer)) = self.listener.accept().await else {
                continue;
            };
            if self.desk.books().mood == Mood::Down {
                continue;
            }
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
