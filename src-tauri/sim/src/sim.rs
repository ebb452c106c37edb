//! A running simulator.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    control,
    faults::Faults,
    history::History,
    log::{Delivery, Placed, Request},
    options::Options,
    player::{Cue, Played},
    records::{Record, Recording},
    rest,
    scripts::Args,
    settings::AdditionalNumber,
    subscriptions::Subscription,
    truth::Truth,
    world::World,
};

/// A simulator of the PBX, listening. Dropping it without [`Sim::shutdown`] ends it too, without waiting.
#[derive(Debug)]
pub struct Sim {
    world: Arc<World>,
    addr: SocketAddr,
    server: Option<JoinHandle<()>>,
}

impl Sim {
    /// Binds and serves. Must run inside a tokio runtime. Errors: the address is taken or not ours.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("cannot listen at {}", options.listen))?;
        let addr = listener.local_addr()?;
        let seed = options.seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u128() as u64);
        let control = options.control;
        let world = Arc::new(World::new(options, seed, format!("http://{addr}"))?);
        let mut app = rest::router(&world).merge(rest::links(&world));
        if control {
            app = app.merge(control::router(&world));
        }
        let app = app.fallback(rest::elsewhere);
        let stop = world.stop.clone();
        let server = tokio::spawn(async move {
            let served = axum::serve(listener, app)
                .with_graceful_shutdown(stop.cancelled_owned())
                .await;
            if let Err(error) = served {
                tracing::error!("server: {error}");
            }
        });
        Ok(Self {
            world,
            addr,
            server: Some(server),
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Base of the API: what `PEREZVON_PBX_URL` takes.
    pub fn rest_url(&self) -> String {
        format!("http://{}{}", self.addr, rest::BASE)
    }

    /// Base of the control address.
    pub fn control_url(&self) -> String {
        format!("http://{}/control/", self.addr)
    }

    /// The token that REST accepts.
    pub fn token(&self) -> &str {
        &self.world.options.token
    }

    /// The set-up it runs with; the company is in here.
    pub fn options(&self) -> &Options {
        &self.world.options
    }

    /// Begins to play a script; see [`crate::SCRIPTS`]. Must be called inside the tokio runtime. Returns its id for [`Sim::finished`].
    /// Errors: an unknown script, modifier, abonent or line; nothing is played then.
    pub fn play(&self, name: &str, args: Args) -> anyhow::Result<u64> {
        Ok(self
            .play_all(&[Cue {
                at_ms: 0,
                play: name.to_owned(),
                args,
            }])?
            .id)
    }

    /// Begins to play several scripts on one timeline. Errors as for [`Sim::play`].
    pub fn play_all(&self, cues: &[Cue]) -> anyhow::Result<Played> {
        self.world.play(cues)
    }

    /// Waits until a play has ended and each of its events was delivered, or given up.
    pub async fn finished(&self, id: u64) {
        self.world.finished(id).await;
    }

    /// Plays a script to its end.
    pub async fn play_through(&self, name: &str, args: Args) -> anyhow::Result<()> {
        let id = self.play(name, args)?;
        self.finished(id).await;
        Ok(())
    }

    /// Plays scripts in turn, one every `every_ms` real milliseconds, until another timer or [`Sim::stop_timer`].
    pub fn start_timer(&self, every_ms: u64, scripts: Vec<String>) -> anyhow::Result<()> {
        self.world.start_timer(every_ms, scripts)
    }

    /// Stops the timer.
    pub fn stop_timer(&self) {
        self.world.stop_timer();
    }

    /// Click-to-call requests that were accepted, oldest first.
    pub fn calls_placed(&self) -> Vec<Placed> {
        self.world.lock().placed.clone()
    }

    /// Additional numbers that abonents have now, in the order of the abonents.
    pub fn additional_numbers(&self) -> Vec<AdditionalNumber> {
        self.world.additional_numbers()
    }

    /// REST requests, oldest first; the newest [`Options::log_limit`].
    pub fn requests(&self) -> Vec<Request> {
        self.world.lock().requests.all()
    }

    /// Events sent, in the order in which they were answered or given up; the newest [`Options::log_limit`].
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.world.lock().deliveries.all()
    }

    /// Live subscriptions with the time left.
    pub fn subscriptions(&self) -> Vec<Subscription> {
        self.world
            .lock()
            .subscriptions
            .iter()
            .map(crate::subscriptions::Live::told)
            .collect()
    }

    /// Ends subscriptions by the PBX's own will, each with SubscriptionTerminated. Returns how many.
    pub fn terminate(&self, which: impl Fn(&Subscription) -> bool) -> usize {
        self.world.unsubscribe(which, &None)
    }

    /// Calls that are over, in the order of their end.
    pub fn truth(&self) -> Vec<Truth> {
        self.world.truth()
    }

    /// Sessions of which at least one event never got a 200: lost on purpose, nobody there, another answer.
    pub fn unheard(&self) -> BTreeSet<String> {
        self.world.lock().unheard.clone()
    }

    /// The recordings that can be listed, by id.
    pub fn recordings(&self) -> Vec<Recording> {
        self.world
            .with_records(|records| records.visible().iter().map(Record::told).collect())
    }

    /// Lays out calls in the past and waits until every event of theirs was delivered or given up; see [`History`].
    ///
    /// Errors: an unknown script or modifier, or a stretch too short; nothing is played then.
    pub async fn history(&self, history: &History) -> anyhow::Result<()> {
        self.world.history(history).await
    }

    /// While `held`, no further event is posted; those on their way go on. For a history, whose hours pass in seconds:
    /// a relay that is away for a second has not been away for hours then.
    pub fn hold_events(&self, held: bool) {
        self.world.held.send_replace(held);
    }

    /// Statistics and recordings that were late can be seen from now on.
    pub fn release_late(&self) {
        self.world.faults.change(|faults| {
            faults.statistics_late = false;
            faults.records_late = false;
        });
    }

    /// The switches that make REST misbehave.
    pub fn faults(&self) -> &Faults {
        &self.world.faults
    }

    /// Stops listening and playing; answers that hang are cut after two seconds.
    pub async fn shutdown(mut self) {
        self.world.stop.cancel();
        if let Some(mut server) = self.server.take()
            && tokio::time::timeout(Duration::from_secs(2), &mut server).await.is_err()
        {
            server.abort();
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.world.stop.cancel();
    }
}
