//! `check`: the findings of the running relay, or the checks that need no running relay.

use super::say::say;
use super::{Check, File, all_options};
use crate::check::{self, RECENT_MS, Scene};
use crate::clock::Clock;
use crate::front::Local;
use crate::tables::{self, LedgerError, events, settings, subscriptions};
use anyhow::Context as _;
use perezvon_pbx::rest::Portal;
use serde_json::Value;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use url::Url;

/// Time limit of a request for all checks, which take half a minute at most.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(45);

/// Prints one line for each check; fails if one did.
pub(super) async fn check(wanted: &Check) -> anyhow::Result<ExitCode> {
    let dir = wanted.dir.ledger()?;
    let running = matches!(tables::lock(&dir), Err(LedgerError::InUse(_)));
    let told = match Local::find(&dir).filter(|_| running) {
        Some(local) => Some(ask(&local).await.context("the running relay does not answer")?),
        None => None,
    };
    let findings = if let Some(told) = told {
        told["checks"].as_array().cloned().unwrap_or_default()
    } else {
        if running {
            say("the relay of this data directory runs inside another program: it cannot be asked");
        }
        let findings = Box::pin(check::run(&scene(wanted, dir)?)).await;
        findings.iter().map(serde_json::to_value).collect::<Result<_, _>>()?
    };
    let mut out = std::io::stdout().lock();
    for finding in &findings {
        writeln!(out, "{}", check::line(finding))?;
    }
    let failed = findings.is_empty() || findings.iter().any(|finding| finding["ok"] != true);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn ask(local: &Local) -> anyhow::Result<Value> {
    let answer = local.ask(reqwest::Method::GET, "/v1/check", REQUEST_TIMEOUT).await?;
    Ok(answer.error_for_status()?.json().await?)
}

/// The checks that need no running relay.
fn scene(wanted: &Check, dir: PathBuf) -> anyhow::Result<Scene> {
    let account = &wanted.dir.account;
    let options = all_options(&wanted.dir.data_dir, File::read(wanted.config.as_deref())?)?
        .into_iter()
        .find(|one| one.account == *account);
    let options = options.with_context(|| format!("the configuration does not name the account {account}"))?;
    let portal = match options.token {
        Some(token) => Some(Portal::new(options.pbx_url.clone(), token, options.timing.portal)?),
        None => None,
    };
    let mut scene = Scene {
        pbx_url: options.pbx_url,
        portal,
        callback: None,
        active: Vec::new(),
        last_event: None,
        reached_at: None,
        unreadable: 0,
        keeper: None,
        write: Ok(()),
        data_dir: dir,
        clock: Clock::system(),
        running: None,
    };
    scene.write = read(&mut scene, options.public_url);
    Ok(scene)
}

fn read(scene: &mut Scene, public_url: Option<Url>) -> Result<(), LedgerError> {
    let connection = tables::open(&scene.data_dir)?;
    let mut settings = settings::load(&connection)?;
    if public_url.is_some() {
        settings.public_url = public_url;
    }
    scene.callback = settings.callback_url(&settings::secret(&connection)?);
    scene.active = subscriptions::active(&connection)?;
    let url = scene.callback.as_ref().map(ToString::to_string);
    (scene.last_event, scene.reached_at) = subscriptions::last_events(&connection, url.as_deref())?;
    scene.unreadable = events::unreadable_since(&connection, scene.clock.now().plus(-RECENT_MS))?;
    tables::probe::write(&scene.data_dir)
}
