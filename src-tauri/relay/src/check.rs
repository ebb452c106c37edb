//! «Проверить сервис»: independent checks, each with a stable code for the cause, one sentence for people and one
//! about the remedy. The API, the window and the command line show the same findings.

mod certificate;
mod inside;
mod outside;
mod pbx;

use crate::clock::Clock;
use crate::importer::Importer;
use crate::keys::Secret;
use crate::ledger::Ledger;
use crate::listening::Listening;
use crate::probes::Probes;
use crate::tables::LedgerError;
use crate::tables::subscriptions::Subscription;
use crate::words;
use perezvon_core::Time;
use perezvon_pbx::rest::Portal;
use serde::Serialize;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;
use utoipa::ToSchema;

/// Time limit of one check; no check waits for more than two others.
const CHECK_TIMEOUT: Duration = Duration::from_secs(13);

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CheckState {
    Ok,
    /// It works, but an administrator should know.
    Warning,
    Failed,
    /// Not checked: another finding must be resolved first.
    Skipped,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    pub(crate) id: &'static str,
    pub(crate) state: CheckState,
    /// Not failed.
    pub(crate) ok: bool,
    /// Code of the cause, stable; absent if all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<&'static str>,
    /// One sentence in Russian.
    pub(crate) detail: String,
    /// The same in English.
    pub(crate) detail_en: String,
    /// The remedy, in Russian; absent if all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<&'static str>,
    /// The same in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix_en: Option<&'static str>,
    /// How long it took, milliseconds.
    pub(crate) ms: u64,
}

impl Finding {
    fn well(id: &'static str, ru: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            id,
            state: CheckState::Ok,
            ok: true,
            cause: None,
            detail: ru.into(),
            detail_en: en.into(),
            fix: None,
            fix_en: None,
            ms: 0,
        }
    }

    fn ill(id: &'static str, state: CheckState, cause: &'static str) -> Self {
        let words = words::of(cause);
        Self {
            state,
            ok: state != CheckState::Failed,
            cause: Some(cause),
            fix: Some(words.fix_ru),
            fix_en: Some(words.fix_en),
            ..Self::well(id, words.ru, words.en)
        }
    }

    fn failed(id: &'static str, cause: &'static str) -> Self {
        Self::ill(id, CheckState::Failed, cause)
    }

    fn warning(id: &'static str, cause: &'static str) -> Self {
        Self::ill(id, CheckState::Warning, cause)
    }

    fn skipped(id: &'static str, cause: &'static str) -> Self {
        Self::ill(id, CheckState::Skipped, cause)
    }

    /// Adds a fact to the sentence.
    fn with(mut self, ru: impl AsRef<str>, en: impl AsRef<str>) -> Self {
        self.detail = format!("{}: {}", self.detail, ru.as_ref());
        self.detail_en = format!("{}: {}", self.detail_en, en.as_ref());
        self
    }
}

/// Unreadable events of this last time are reported, milliseconds.
pub(crate) const RECENT_MS: i64 = 86_400_000;

/// What is checked.
pub(crate) struct Scene {
    pub(crate) pbx_url: Url,
    pub(crate) portal: Option<Portal>,
    /// Where the PBX must post to, secret included.
    pub(crate) callback: Option<Url>,
    pub(crate) active: Vec<Subscription>,
    /// When the PBX last posted an event to one of the relay's subscriptions.
    pub(crate) last_event: Option<Time>,
    /// The same, to the present callback.
    pub(crate) reached_at: Option<Time>,
    /// Events of the last day that could not be read.
    pub(crate) unreadable: i64,
    /// What the keeper says, if it fails.
    pub(crate) keeper: Option<&'static str>,
    /// Whether the ledger takes a change.
    pub(crate) write: Result<(), LedgerError>,
    pub(crate) data_dir: PathBuf,
    pub(crate) clock: Clock,
    /// None where the command line checks without a running relay.
    pub(crate) running: Option<Running>,
}

/// What a running relay can be asked.
pub(crate) struct Running {
    pub(crate) ledger: Ledger,
    pub(crate) importer: Importer,
    pub(crate) listening: Listening,
    /// A key for opening the relay's own feed.
    pub(crate) key: Secret,
    pub(crate) probes: Arc<Probes>,
}

/// Runs one check with a time limit.
async fn limited(id: &'static str, late: &'static str, check: impl Future<Output = Finding>) -> Finding {
    let start = Instant::now();
    let mut finding = tokio::time::timeout(CHECK_TIMEOUT, check)
        .await
        .unwrap_or_else(|_| Finding::failed(id, late));
    finding.ms = start.elapsed().as_millis() as u64;
    finding
}

/// Runs every check at the same time, so the slowest decides the duration; returns them in the order in which a
/// person would go through them.
pub(crate) async fn run(scene: &Scene) -> Vec<Finding> {
    const PBX: &str = "pbx_timeout";
    const OWN: &str = "check_timeout";
    let (network, account, rights, callback, own_event, subscription, disk, feed, import) = tokio::join!(
        pbx::look(scene),
        pbx::account(scene),
        pbx::rights(scene),
        limited("callback", "callback_timeout", outside::callback(scene)),
        limited("ownEvent", "callback_timeout", outside::own_event(scene)),
        limited("subscription", PBX, outside::subscription(scene)),
        limited("disk", OWN, inside::disk(scene)),
        limited("feed", OWN, inside::feed(scene)),
        limited("import", OWN, inside::import(scene)),
    );
    let mut findings = vec![inside::relay(scene)];
    findings.extend(network);
    findings.extend(account);
    findings.extend(rights);
    findings.extend([
        outside::public_url(scene),
        callback,
        subscription,
        outside::events(scene),
        own_event,
        certificate::certificate(scene),
    ]);
    findings.extend([inside::ledger(scene), disk, feed, import]);
    findings
}

/// One line per finding, and whether none failed.
pub(crate) fn line(finding: &serde_json::Value) -> String {
    let text = |key: &str| finding[key].as_str().unwrap_or_default();
    let verdict = match text("state") {
        "ok" => "ok  ",
        "warning" => "warn",
        "skipped" => "skip",
        _ => "FAIL",
    };
    let sentence = |detail: &str, fix: &str| match fix {
        "" => detail.to_owned(),
        fix => format!("{detail}. {fix}"),
    };
    let cause = finding["cause"]
        .as_str()
        .map(|cause| format!(" [{cause}]"))
        .unwrap_or_default();
    format!(
        "{verdict} {:<12} {} / {}{cause}",
        text("id"),
        sentence(text("detail"), text("fix")),
        sentence(text("detailEn"), text("fixEn"))
    )
}
