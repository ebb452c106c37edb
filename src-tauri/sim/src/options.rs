//! How a simulator is set up.

use std::{net::SocketAddr, time::Duration};

use crate::{company::Company, xml::Style};

/// The form of `extTrackingId` (reference 1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrackingFormat {
    /// BroadWorks `n:m`, at most 12 characters.
    #[default]
    Numbers,
    /// A UUID, as in captures of 2024 to 2026.
    Uuid,
}

/// Set-up of a [`crate::Sim`].
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The token that REST accepts. Fictional by nature, hence no secret.
    pub token: String,
    /// Whether the control address is served.
    pub control: bool,
    /// Makes a run repeatable; by default each run differs.
    pub seed: Option<u64>,
    /// How many times faster than told the waits inside scripts pass. Time stamps inside events are not compressed.
    pub speed: f64,
    /// Events go to `url + "/null"` (reference 2.2), else to `url`.
    pub null_suffix: bool,
    /// Abonents and lines.
    pub company: Company,
    /// Form of the tracking ids.
    pub tracking: TrackingFormat,
    /// Least granted life of a subscription, seconds (reference 1.11: 3600).
    pub expires_min: u64,
    /// Greatest granted life of a subscription, seconds.
    pub expires_cap: u64,
    /// Time of the first event, epoch milliseconds: the simulator then lives in script time only, so that two runs
    /// with one seed send identical bytes. By default scripts begin now.
    pub base_time: Option<i64>,
    /// How all events look.
    pub style: Style,
    /// Time limit of one event POST.
    pub delivery_timeout: Duration,
    /// Events that may wait in one lane of one subscriber; more are dropped and logged.
    pub queue: usize,
    /// How many events are posted to one subscriber at a time. All of one target take the same lane: in order per
    /// target, not across targets (reference 2.1). By default one, so that all are in order.
    pub lanes: usize,
    /// How long after a call its recording appears, in script time (divided by `speed`).
    pub record_delay: Duration,
    /// The same with the modifier `late-record`.
    pub late_record_delay: Duration,
    /// How long the link to a recording holds, real time; `expirationDate` tells its end.
    pub link_life: Duration,
    /// How many requests and deliveries the logs keep.
    pub log_limit: usize,
}

/// The token used when none is given.
pub const DEFAULT_TOKEN: &str = "00000000-0000-4000-8000-00000000cafe";

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            token: DEFAULT_TOKEN.to_owned(),
            control: true,
            seed: None,
            speed: 1.0,
            null_suffix: true,
            company: Company::default(),
            tracking: TrackingFormat::default(),
            expires_min: 3600,
            expires_cap: 604_800,
            base_time: None,
            style: Style::default(),
            delivery_timeout: Duration::from_secs(5),
            queue: 100_000,
            lanes: 1,
            record_delay: Duration::from_secs(10),
            late_record_delay: Duration::from_mins(10),
            link_life: Duration::from_hours(1),
            log_limit: 20_000,
        }
    }
}

impl Options {
    /// The default with a company of `n` abonents.
    pub fn company(n: usize) -> Self {
        Self {
            company: Company::of(n),
            ..Self::default()
        }
    }
}
