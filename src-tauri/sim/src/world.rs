//! Everything that changes while the simulator runs.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    event::CallView,
    faults::Faults,
    log::{Delivery, Placed, Request, Ring},
    options::Options,
    player::Running,
    records::Records,
    settings::{Routing, Settings},
    subscriptions::Live,
    truth::Truth,
};

/// Shared by REST, control, players and deliverers.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) seed: u64,
    pub(crate) faults: Faults,
    pub(crate) stop: CancellationToken,
    /// See [`crate::Sim::hold_events`].
    pub(crate) held: watch::Sender<bool>,
    pub(crate) client: reqwest::Client,
    pub(crate) base_url: String,
    inner: Mutex<Inner>,
}

/// A call that is over.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) truth: Truth,
    /// It ended while statistics were late.
    late: bool,
}

/// Behind the one lock, which is never held across a wait.
#[derive(Debug)]
pub(crate) struct Inner {
    /// Script time, where [`Options::base_time`] is given.
    pub(crate) script_time: Option<i64>,
    pub(crate) settings: HashMap<String, Settings>,
    pub(crate) routing: Routing,
    pub(crate) rules_made: u64,
    pub(crate) links_made: u64,
    pub(crate) subscriptions: Vec<Live>,
    pub(crate) subscriptions_made: u64,
    pub(crate) next_play: u64,
    pub(crate) calls_written: u64,
    pub(crate) running: HashMap<u64, Running>,
    pub(crate) ended: Vec<Ended>,
    /// See [`crate::Sim::unheard`].
    pub(crate) unheard: BTreeSet<String>,
    pub(crate) records: Records,
    /// userId → callId → call as last told.
    pub(crate) live_calls: HashMap<String, BTreeMap<String, CallView>>,
    pub(crate) requests: Ring<Request>,
    pub(crate) deliveries: Ring<Delivery>,
    pub(crate) placed: Vec<Placed>,
    pub(crate) timer: Option<CancellationToken>,
}

impl Inner {
    /// The id of a new rule, of whomever it is.
    pub(crate) fn take_rule_id(&mut self) -> u64 {
        self.rules_made += 1;
        self.rules_made
    }

    pub(crate) fn note_delivery(&mut self, delivery: Delivery) {
        if delivery.status != Some(200) {
            self.unheard.extend(delivery.tracking_id.clone());
        }
        self.deliveries.push(delivery);
    }

    /// The calls that statistics tell. `late`: whether they are late at present.
    pub(crate) fn in_statistics(&self, late: bool) -> impl Iterator<Item = &Truth> {
        self.ended
            .iter()
            .filter(move |ended| !(late && ended.late))
            .map(|ended| &ended.truth)
    }
}

impl World {
    pub(crate) fn new(options: Options, seed: u64, base_url: String) -> anyhow::Result<Self> {
        // Straight to the subscriber: a proxy of the machine has nothing to do with a simulation.
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let inner = Inner {
            script_time: options.base_time,
            settings: options
                .company
                .abonents
                .iter()
                .map(|a| (a.user_id.clone(), Settings::of(a)))
                .collect(),
            routing: Routing::default(),
            rules_made: 0,
            links_made: 0,
            subscriptions: Vec::new(),
            subscriptions_made: 0,
            next_play: 1,
            calls_written: 0,
            running: HashMap::new(),
            ended: Vec::new(),
            unheard: BTreeSet::new(),
            records: Records::new(),
            live_calls: HashMap::new(),
            requests: Ring::new(options.log_limit),
            deliveries: Ring::new(options.log_limit),
            placed: Vec::new(),
            timer: None,
        };
        let (faults, stop) = (Faults::default(), CancellationToken::new());
        Ok(Self {
            options,
            seed,
            faults,
            stop,
            held: watch::Sender::new(false),
            client,
            base_url,
            inner: Mutex::new(inner),
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time at which a script begins, epoch milliseconds.
    pub(crate) fn start_time(&self) -> i64 {
        self.lock().script_time.unwrap_or_else(now_ms)
    }

    /// Script time has come to `at`, where it is kept apart from real time.
    pub(crate) fn advance(&self, at: i64) {
        let mut inner = self.lock();
        inner.script_time = inner.script_time.map(|t| t.max(at));
    }

    pub(crate) fn delivered(&self, mut delivery: Delivery) {
        delivery.at = now_ms();
        self.lock().note_delivery(delivery);
    }

    /// A call is over: into the truth, the statistics and the records. Its recordings can be seen after `delay`; with
    /// `late` they get their ids now nevertheless.
    pub(crate) fn over(&self, truth: Truth, delay: Duration, late: bool) {
        let faults = self.faults.get();
        let mut inner = self.lock();
        inner.records.hold(faults.records_late);
        inner.records.add(&truth, delay, late);
        inner.ended.push(Ended {
            truth,
            late: faults.statistics_late,
        });
    }

    /// Calls that are over, in the order of their end.
    pub(crate) fn truth(&self) -> Vec<Truth> {
        self.lock().ended.iter().map(|ended| ended.truth.clone()).collect()
    }

    /// The recordings, as the switches say who may see them.
    pub(crate) fn with_records<T>(&self, look: impl FnOnce(&mut Records) -> T) -> T {
        let late = self.faults.get().records_late;
        let mut inner = self.lock();
        inner.records.hold(late);
        look(&mut inner.records)
    }
}

/// Real time, epoch milliseconds.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_millis() as i64)
}
