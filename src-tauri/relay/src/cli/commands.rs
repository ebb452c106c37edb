//! What each command does.

use super::say::say;
use super::{
    Cli, Command, DataDir, Events, File, NewJoinCode, Serve, UserCommand, all_options, backup, check, release, service,
};
#[cfg(windows)]
use super::{ServiceCommand, windows};
use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::front::Local;
use crate::http::error::ApiError;
use crate::keys::hash;
use crate::ledger::entry::{JoinCodeMade, UserAdded, UserRevoked};
use crate::ledger::writer::put_offline;
use crate::people::{NewCode, link, new_code, new_user};
use crate::scrape;
use crate::tables::audit::Who;
use crate::tables::events::{self, EventQuery};
use crate::tables::scan::{Order, Span};
use crate::tables::{self, settings, users};
use crate::timing::Timing;
use anyhow::{Context as _, bail};
use reqwest::Method;
use std::collections::HashMap;
use std::future::Future;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;

/// Time limit of a request that tells the running relay about a change.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Carries out the command. `signal` is called once the relay serves; the future that it returns ends `serve`.
pub async fn run<F: Future<Output = ()>>(cli: Cli, signal: impl FnOnce() -> F) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve(wanted) => serve(wanted, &cli.timing, signal).await?,
        Command::User(command) => user(command).await?,
        Command::JoinCode(wanted) => join_code(wanted)?,
        Command::CallbackUrl(dir) => callback_url(&dir)?,
        Command::Check(wanted) => return check::check(&wanted).await,
        Command::Events(wanted) => journal(wanted)?,
        Command::Backup(wanted) => backup::backup(&wanted)?,
        Command::Restore(wanted) => backup::restore(&wanted)?,
        Command::Release(command) => release::release(command)?,
        #[cfg(windows)]
        Command::Service(command) => match command {
            ServiceCommand::Install(wanted) => windows::install(&wanted)?,
            ServiceCommand::Start => windows::start()?,
            ServiceCommand::Stop => windows::stop()?,
            ServiceCommand::Uninstall => windows::uninstall()?,
            ServiceCommand::Run(wanted) => serve(wanted, &cli.timing, signal).await?,
        },
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve<F: Future<Output = ()>>(
    wanted: Serve,
    timing: &Timing,
    signal: impl FnOnce() -> F,
) -> anyhow::Result<()> {
    match wanted.ledger.as_str() {
        "sqlite" => {}
        other if other.starts_with("nats://") => {
            bail!("--ledger {other}: NATS JetStream is not built in yet; use sqlite")
        }
        other => bail!("--ledger {other}: sqlite or nats://HOST:PORT is expected"),
    }
    let file = File::read(wanted.config.as_deref())?;
    let listen = wanted.listen.unwrap_or_else(|| file.listen());
    let front = file.front(&wanted.data_dir)?;
    let metrics = file.metrics_listen;
    let mut set = all_options(&wanted.data_dir, file)?;
    for one in &mut set {
        one.timing = timing.clone();
    }
    let listener = bind(listen, "--listen").await?;
    let metrics = match metrics {
        Some(listen) => Some(bind(listen, "metricsListen").await?),
        None => None,
    };
    let relay = Accounts::start(set, front, listener).await?;
    // Programs that read the next line may stop the relay with a signal from then on.
    let signal = signal();
    say(&format!("perezvon-relay serves at {}", relay.listening().told()));
    if let Some(metrics) = &metrics {
        say(&format!("metrics at http://{}/metrics", metrics.local_addr()?));
    }
    say_what_is_missing(&relay);
    let scraped = async {
        if let Some(listener) = metrics {
            scrape::serve(listener, relay.watch()).await;
        }
        std::future::pending::<()>().await;
    };
    service::ready();
    let mut beats = HashMap::new();
    let gave_up = tokio::select! {
        () = signal => None,
        () = service::alive(|| relay.is_alive(&mut beats)) => None,
        () = scraped => None,
        why = relay.gave_up() => Some(why),
    };
    service::stopping();
    relay.shutdown().await;
    gave_up.map_or(Ok(()), |why| bail!("the relay gives up: {why}"))
}

fn say_what_is_missing(relay: &Accounts) {
    let running = relay.running();
    for name in relay.names() {
        // With one account its name is not printed.
        let of = match relay.names() {
            [_] => String::new(),
            _ => format!(" [account {name}]"),
        };
        let Some(one) = running.iter().find(|one| *one.account == **name) else {
            say(&format!(
                "the account {name} does not run, see the log; it is tried again"
            ));
            continue;
        };
        if !one.pbx.has_token() {
            say(&format!(
                "no account token: set PEREZVON_PBX_TOKEN_FILE, or PUT /v1/settings/token with an admin key{of}"
            ));
        }
        if one.callback.url().is_none() {
            say(&format!(
                "no public address: set PEREZVON_PUBLIC_URL, or `publicUrl` in the settings; until then no events can \
                 come{of}"
            ));
        }
    }
}

async fn bind(listen: SocketAddr, what: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow::anyhow!(
                "{listen} is in use: another program (or another relay) listens there; choose another {what}"
            )
        }
        _ => anyhow::Error::new(error).context(format!("cannot listen at {listen}")),
    })
}

async fn user(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add {
            dir,
            role,
            abonent,
            name,
        } => {
            let (dir, clock) = (dir.ledger()?, Clock::system());
            let mut connection = tables::open(&dir)?;
            let roster = crate::roster::Roster::load(&connection)?;
            let abonent = abonent.map(|id| roster.abonent(&id).unwrap_or(&id).to_owned());
            let new = new_user(&name, role.into(), abonent, clock.now());
            let (user, key) = new.map_err(|expected| anyhow::anyhow!(expected.0))?;
            let added = UserAdded {
                user,
                key_hash: hash(&key),
                who: Who::console(),
            };
            put_offline(&mut connection, &clock, added)?;
            writeln!(std::io::stdout(), "{key}")?;
        }
        UserCommand::List(dir) => {
            let mut out = std::io::stdout().lock();
            for user in users::list(&tables::open(&dir.ledger()?)?)? {
                writeln!(out, "{}", serde_json::to_string(&user)?)?;
            }
        }
        UserCommand::Revoke { dir, id } => {
            let dir = dir.ledger()?;
            revoke(&dir, &id)?;
            end_feeds(&dir, &id).await;
        }
    }
    Ok(())
}

fn revoke(dir: &Path, id: &str) -> anyhow::Result<()> {
    let revoked = UserRevoked {
        id: id.to_owned(),
        who: Who::console(),
    };
    if !put_offline(&mut tables::open(dir)?, &Clock::system(), revoked)? {
        bail!("there is no user {id} whose key works");
    }
    Ok(())
}

/// Revokes the key. Connections that it has open are ended by the running relay when it is told.
async fn end_feeds(dir: &Path, id: &str) {
    let Some(local) = Local::find(dir) else { return };
    let told = local
        .ask(Method::DELETE, &format!("/v1/users/{id}"), REQUEST_TIMEOUT)
        .await;
    if let Err(error) = told {
        tracing::warn!(%error, "the running relay does not answer: an open feed of the key ends within half a minute");
    }
}

fn join_code(wanted: NewJoinCode) -> anyhow::Result<()> {
    let (dir, clock) = (wanted.dir.ledger()?, Clock::system());
    let mut connection = tables::open(&dir)?;
    let relay = match (wanted.relay, super::env_url("PEREZVON_PUBLIC_URL")?) {
        (Some(url), _) | (None, Some(url)) => Some(url),
        (None, None) => settings::load(&connection)?.public_url,
    };
    let relay = relay.context("the address for desks is not known: give --relay, or set the public address")?;
    if !settings::schema::is_http(&relay) {
        bail!("--relay {relay}: an http or https address is expected");
    }
    let roster = crate::roster::Roster::load(&connection)?;
    let new = NewCode {
        name: wanted.name,
        role: wanted.role.into(),
        abonent: wanted
            .abonent
            .map(|id| roster.abonent(&id).map_or(id.clone(), str::to_owned)),
        minutes: Some(wanted.minutes),
    };
    let who = Who::console();
    let made = new_code(new, &who, clock.now());
    let (code, secret, hash) = made.map_err(|expected| anyhow::anyhow!(expected.0))?;
    if !put_offline(&mut connection, &clock, JoinCodeMade { code, hash, who })? {
        bail!("{}", ApiError::TooManyCodes.message());
    }
    writeln!(std::io::stdout(), "{}", link(&relay, &secret).reveal())?;
    Ok(())
}

fn callback_url(dir: &DataDir) -> anyhow::Result<()> {
    let connection = tables::open(&dir.ledger()?)?;
    let mut settings = settings::load(&connection)?;
    if let Some(url) = super::env_url("PEREZVON_PUBLIC_URL")? {
        settings.public_url = Some(url);
    }
    let url = settings.callback_url(&settings::secret(&connection)?);
    let url = url.context("the public address is not set: PEREZVON_PUBLIC_URL, or `publicUrl` in the settings")?;
    writeln!(std::io::stdout(), "{url}")?;
    Ok(())
}

fn journal(wanted: Events) -> anyhow::Result<()> {
    let connection = tables::open_read(&wanted.dir.ledger()?)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut query = EventQuery {
        q: wanted.q,
        kind: wanted.kind,
        unreadable: wanted.unreadable,
        call: wanted.call,
        span: Span {
            from: wanted.from,
            to: wanted.to,
        },
        order: Order::OldestFirst,
        cursor: None,
        limit: 500,
        raw: true,
    };
    loop {
        let page = events::search(&connection, &query)?;
        for row in &page.rows {
            writeln!(out, "{}", serde_json::to_string(row)?)?;
        }
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    out.flush()?;
    Ok(())
}
