//! Switches that make the REST side misbehave (reference 1.1, 1.4, part 4).

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// What a request meets instead of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// 503 with an HTML page.
    #[serde(rename = "503-html")]
    Html503,
    /// 200 with an HTML page.
    #[serde(rename = "200-html")]
    Html200,
    /// 500 with an error body.
    #[serde(rename = "500")]
    Error500,
    /// 429 with `Retry-After: 1`.
    #[serde(rename = "429")]
    TooMany,
    /// No answer at all until the client gives up.
    Hang,
    /// The right answer, but the connection breaks after half of the body. The request was carried out.
    HalfBody,
    /// The request is carried out, but the connection breaks before any answer.
    LostAnswer,
}

/// A fault for the requests whose path begins so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PathFault {
    /// Beginning of the path below `/apis/portal/`, for example `abonents` or `v2/statistics`; empty means all.
    #[serde(default)]
    pub prefix: String,
    /// Only this method, for example `POST`; all when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// What happens.
    pub kind: FaultKind,
    /// How many requests meet it; no limit when absent.
    #[serde(default)]
    pub times: Option<u32>,
}

/// The form of the v1 `call` answer (reference 1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallAnswer {
    /// `"900201:1"`.
    #[default]
    Quoted,
    /// `900201:1`.
    Bare,
    /// Nothing.
    Empty,
}

/// In which of the disputed forms REST answers. Off means the likelier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Forms {
    /// `cfb` is told in a container `cfb`, not `forward` (reference 1.5).
    pub cfb_container: bool,
    /// `forwardNotAnswerTimeout` is text, not a number (reference 1.5).
    pub timeout_text: bool,
    /// Ids of rules are text, not numbers, and quoted when they are the whole answer (reference 1.6, 1.7).
    pub rule_ids_text: bool,
    /// A rule of `bwl` is changed by POST, not PUT (reference 1.7).
    pub bwl_rule_post: bool,
    /// `expirationDate` of a link is ISO-8601 text, not epoch milliseconds (reference 1.9).
    pub link_expiry_text: bool,
    /// Downloads ignore `Range` and do not offer it: no source tells whether the real ones do.
    pub ranges_off: bool,
}

/// All switches. Off by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FaultSettings {
    /// Every token is wrong: 401.
    pub reject_token: bool,
    /// Faults by path; the first that fits applies.
    pub paths: Vec<PathFault>,
    /// Form of the v1 `call` answer; `empty` holds for v2 too.
    pub call_answer: CallAnswer,
    /// The answer of `call` is held back by this many real milliseconds, while its first events leave at once.
    pub call_answer_delay_ms: u64,
    /// `v2/abonents/…/call` is a wrong path (404).
    pub v2_call_off: bool,
    /// `v2/statistics` is a wrong path (404).
    pub v2_statistics_off: bool,
    /// Nothing is posted to subscribers; sequence numbers run on.
    pub events_off: bool,
    /// Calls that end while this is on are not in the statistics until it is off again.
    pub statistics_late: bool,
    /// Recordings of calls that end while this is on cannot be seen until it is off again.
    pub records_late: bool,
    /// Lists ignore what asks for more than their beginning: `id` of the records, `page` of the statistics.
    pub paging_off: bool,
    /// Abonents of whom the PBX tells no subscription: asking for it is answered 500.
    pub subscriptions_broken: Vec<String>,
    /// Disputed forms.
    pub forms: Forms,
}

/// The handle to the switches of a running simulator.
#[derive(Debug, Default)]
pub struct Faults {
    settings: Mutex<FaultSettings>,
    outages: Mutex<u32>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    /// The switches as they are.
    pub fn get(&self) -> FaultSettings {
        locked(&self.settings).clone()
    }

    /// Replaces all switches.
    pub fn set(&self, settings: FaultSettings) {
        *locked(&self.settings) = settings;
    }

    /// Changes some switches.
    pub fn change(&self, change: impl FnOnce(&mut FaultSettings)) {
        change(&mut locked(&self.settings));
    }

    /// Adds a fault for paths that begin so; see [`PathFault`].
    pub fn path(&self, prefix: &str, kind: FaultKind, times: Option<u32>) {
        let fault = PathFault {
            prefix: prefix.to_owned(),
            method: None,
            kind,
            times,
        };
        locked(&self.settings).paths.push(fault);
    }

    /// Everything works again.
    pub fn clear(&self) {
        self.set(FaultSettings::default());
    }

    /// A script's `503-html` begins or ends.
    pub(crate) fn outage(&self, on: bool) {
        let mut outages = locked(&self.outages);
        *outages = if on { *outages + 1 } else { outages.saturating_sub(1) };
    }

    /// The fault that a request meets; uses up one of its times.
    pub(crate) fn meet(&self, method: &str, path: &str) -> Option<FaultKind> {
        if *locked(&self.outages) > 0 {
            return Some(FaultKind::Html503);
        }
        let mut settings = locked(&self.settings);
        let fits = |f: &PathFault| {
            path.starts_with(&f.prefix)
                && f.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case(method))
                && f.times != Some(0)
        };
        let fault = settings.paths.iter_mut().find(|f| fits(f))?;
        if let Some(times) = &mut fault.times {
            *times -= 1;
        }
        Some(fault.kind)
    }
}
