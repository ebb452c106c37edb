//! `cargo run --example window_host`: the built window (`ui/dist`) for any browser, over the real core, the relay inside
//! it and a simulated PBX. For work on the window, and for `npm run real`, which goes through it in Chromium. Serves this
//! machine alone; the data live in a folder that goes with it.
//!
//! Prints `window URL` and `simulator URL`, a line each. Ends when its standard input does.

use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _, stream};
use perezvon_app::{Args, Core, Given, Reply, Shell, ask, toast};
use perezvon_sim::{Options, Sim};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::convert::Infallible;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, watch};

/// What Tauri puts into a page; here it asks over HTTP.
const BRIDGE: &str = include_str!("bridge.js");

/// A desktop without windows: the route that is to be shown goes to the open page.
struct Browser {
    routes: broadcast::Sender<String>,
    autostart: Mutex<bool>,
    downloads: PathBuf,
}

impl Browser {
    fn starts(&self) -> bool {
        *self.autostart.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shell for Browser {
    fn show(&self, route: &str, _token: Option<String>) {
        // Nobody may be looking.
        let _ = self.routes.send(route.to_owned());
    }

    fn panel(&self, _token: Option<String>) {}

    fn autostart(&self, on: bool) -> std::io::Result<()> {
        *self.autostart.lock().unwrap_or_else(PoisonError::into_inner) = on;
        Ok(())
    }

    fn starts_with_system(&self) -> std::io::Result<bool> {
        Ok(self.starts())
    }

    fn mend_autostart(&self) -> std::io::Result<bool> {
        Ok(self.starts())
    }

    fn downloads(&self) -> Option<PathBuf> {
        Some(self.downloads.clone())
    }

    fn reveal(&self, _file: &Path) -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    fn open_file(&self, _file: &Path) -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    fn start_again(&self, _example: bool) {}
}

#[derive(Clone)]
struct Host {
    core: Arc<Core>,
    browser: Arc<Browser>,
    /// `http://127.0.0.1:PORT`.
    origin: Arc<str>,
    /// The built window.
    dist: Arc<Path>,
}

/// What goes wrong in the core is told to who runs this.
fn warn_aloud() {
    let warnings = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN);
    warnings.with_ansi(false).with_writer(std::io::stderr).init();
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    warn_aloud();
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/dist");
    let dir = tempfile::tempdir()?;
    let sim = Sim::start(Options {
        seed: Some(1),
        // Nobody waits for the end of a talk.
        speed: 20.0,
        ..Options::default()
    })
    .await?;
    let browser = Arc::new(Browser {
        routes: broadcast::Sender::new(16),
        autostart: Mutex::default(),
        downloads: dir.path().join("downloads"),
    });
    let options = toast::Options {
        app_name: "Перезвон".to_owned(),
        desktop_entry: "Perezvon".to_owned(),
        app_id: "ru.perezvon.host".to_owned(),
        icon_dir: dir.path().join("icons"),
        icons: &[],
        // A page in a browser is no place to raise toasts from.
        bus: Some("unix:path=/nowhere".to_owned()),
    };
    let given = Given {
        pbx_url: Some(sim.rest_url()),
        demo: true,
        contacts: true,
        ..Given::default()
    };
    let shell: Arc<dyn Shell> = Arc::<Browser>::clone(&browser);
    let core = perezvon_app::open(shell, dir.path().to_owned(), &Args::default(), given, options);

    // Asked like by a person: there may be no keyring here, and the file goes with the folder.
    let token = serde_json::json!({"token": sim.token(), "insecure": true});
    if let Err(failure) = ask(&core, "connection.save_token", token).await {
        return Err(format!("the token cannot be kept: {}", failure.code).into());
    }

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let origin: Arc<str> = format!("http://{}", listener.local_addr()?).into();
    println!("window {origin}\nsimulator {}", sim.control_url());
    let host = Host {
        core: Arc::clone(&core),
        browser,
        origin,
        dist: dist.into(),
    };
    let routes = Router::new()
        .route("/ask", post(asked))
        .route("/told", get(told))
        .route("/", get(page))
        .route("/{*file}", get(file))
        .with_state(host);
    let end = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    tokio::select! {
        served = axum::serve(listener, routes) => served?,
        _ = end => {}
    }
    core.stop();
    Ok(())
}

/// The page with the bridge before its own scripts.
async fn page(State(host): State<Host>) -> Response {
    match std::fs::read_to_string(host.dist.join("index.html")) {
        Ok(html) => Html(html.replacen("<head>", &format!("<head><script>{BRIDGE}</script>"), 1)).into_response(),
        Err(_) => (StatusCode::NOT_FOUND, "build the window first: npm run build in ui/").into_response(),
    }
}

async fn file(State(host): State<Host>, UrlPath(path): UrlPath<String>) -> Response {
    let path = PathBuf::from(path);
    let is_inside = path.components().all(|one| matches!(one, Component::Normal(_)));
    let kind = match path.extension().and_then(|kind| kind.to_str()) {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    match std::fs::read(host.dist.join(&path)) {
        Ok(body) if is_inside => ([(header::CONTENT_TYPE, kind)], body).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct Question {
    name: String,
    body: Value,
}

/// A command of a room. Only the host's own page may ask: another page in this browser could dial otherwise.
async fn asked(State(host): State<Host>, headers: HeaderMap, Json(question): Json<Question>) -> Response {
    if headers.get(header::ORIGIN).map(HeaderValue::as_bytes) != Some(host.origin.as_bytes()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match ask(&host.core, &question.name, question.body).await {
        Ok(Reply::Json(json)) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Ok(Reply::Bytes(bytes)) => bytes.into_response(),
        Err(failure) => (StatusCode::UNPROCESSABLE_ENTITY, Json(failure)).into_response(),
    }
}

/// Tauri's events for the windows: `changed`, `navigate`, `player`, `loading` and `toasts`.
async fn told(State(host): State<Host>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changed = stream::unfold(host.core.changes(), async |mut changes| {
        let changed = changes.next().await?;
        Some((Event::default().event("changed").json_data(changed), changes))
    });
    let routes = stream::unfold(host.browser.routes.subscribe(), async |mut routes| {
        let route = routes.recv().await.ok()?;
        Some((Event::default().event("navigate").json_data(route), routes))
    });
    let all = stream::select_all([
        changed.boxed(),
        routes.boxed(),
        newest("player", host.core.player()),
        newest("loading", host.core.loadings()),
        newest("toasts", Some(host.core.own_toasts())),
    ]);
    Sse::new(all.map(|event| Ok(event.unwrap_or_default())))
}

/// What is told by a value of which only the newest counts.
fn newest<T: Serialize + Clone + Send + Sync + 'static>(
    name: &'static str,
    told: Option<watch::Receiver<T>>,
) -> BoxStream<'static, Result<Event, axum::Error>> {
    let events = stream::unfold(told, move |told| async move {
        let mut told = told?;
        told.changed().await.ok()?;
        let now = told.borrow_and_update().clone();
        Some((Event::default().event(name).json_data(now), Some(told)))
    });
    events.boxed()
}
