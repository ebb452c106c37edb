//! The measured relay, with a subscription that it made itself at a simulated PBX: it counts the numbers of that
//! subscription's events, and looks for lost ones, as it does in the field.
//!
//! That it really did is shown by two calls that nobody answers. The first rings through the whole load: it is told as
//! missed for certain, so not one number is missing. The second rings while a number is left out on purpose: it is not
//! told as missed for certain, so the numbers were looked at and trusted to the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::load::{self, Events, Load};
use super::{free_port, wait_for};
use crate::http;
use crate::run::Simulator;
use crate::sh::{self, MINUTE, Running};

/// When a round ends, the load tool drops the posts that are under way. Like the PBX, which posts again what was not
/// acknowledged (reference 2.9), the bench posts so many of the last events again: more than can have been under way.
const AGAIN: u64 = 512;
/// The two calls of the proof, and their callers: no call of the load has these.
const THROUGHOUT: (u64, &str) = (999_000_001, "79010000001");
const OVER_A_GAP: (u64, &str) = (999_000_002, "79010000002");

/// The relay and what it needs.
pub(super) struct Relay {
    process: Running,
    _simulator: Simulator,
    program: PathBuf,
    data: PathBuf,
    port: u16,
    /// Secret path of the events.
    path: String,
    /// Of an administrator.
    key: String,
    events: Events,
    /// Number of the last event.
    last: u64,
}

impl Relay {
    /// Starts it, waits for its subscription, and lets the first call of the proof ring.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let program = sh::target().join("release/perezvon-relay");
        let place = folder.join("simulator");
        fs::create_dir_all(&place)?;
        let simulator = Simulator::start(&sh::target().join("release"), &place)?;
        let data = folder.join("relay");
        let port = free_port()?;
        // Its limit of events a second protects it from strangers, not from the load that it is built for.
        let config = folder.join("relay.json");
        fs::write(&config, r#"{"ingestPerSecond":0}"#)?;
        let log = fs::File::create(folder.join("relay.log"))?;
        let public = format!("http://127.0.0.1:{port}");
        let mut serve = sh::command(
            &program,
            &["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"],
        );
        serve.arg(&data).arg("--config").arg(&config);
        serve.env("PEREZVON_PUBLIC_URL", &public);
        simulator.connect(&mut serve);
        let mut process = Running::start(serve.stdout(log.try_clone()?).stderr(log))?;
        wait_for(port, &mut process)?;
        let url = sh::output(
            sh::command(&program, &["callback-url", "--data-dir"])
                .arg(&data)
                .env("PEREZVON_PUBLIC_URL", &public),
            MINUTE,
        )?;
        let (_, secret) = (url.trim().split_once("/xsi/")).context("the callback address has no secret path")?;
        let key = sh::output(
            sh::command(&program, &["user", "add", "--role", "admin", "--name", "bench"])
                .arg("--data-dir")
                .arg(&data),
            MINUTE,
        )?;
        let key = key.trim().to_owned();
        let subscription = subscription(port, &key, &mut process)?;
        let mut relay = Self {
            process,
            _simulator: simulator,
            program,
            data,
            port,
            path: format!("/xsi/{secret}/null"),
            key,
            events: Events::of(&subscription)?,
            last: 0,
        };
        let (call, caller) = THROUGHOUT;
        relay.deliver(|events, number| events.received(number, call, caller))?;
        Ok(relay)
    }

    /// The events of its subscription.
    pub(super) fn events(&self) -> &Events {
        &self.events
    }

    /// One round of the load.
    pub(super) fn load(&mut self, script: &Path, seconds: u64) -> Result<Load> {
        let first = self.last + 1;
        let load = load::post(self.port, &self.path, script, seconds, first)?;
        self.last = load.last;
        for number in load.last.saturating_sub(AGAIN).max(first)..=load.last {
            self.post(&self.events.numbered(number))?;
        }
        Ok(load)
    }

    /// Fails unless every number was counted and none is missing; ends the relay. Gives how many there were.
    pub(super) fn prove(&mut self) -> Result<u64> {
        let numbers = self.last;
        let listed = self.ask("/v1/subscriptions")?;
        if listed.matches("\"id\":").count() != 1 || !listed.contains("\"lastEventAt\":") {
            bail!("the load is not of the relay's one subscription: {listed}");
        }
        let (call, caller) = THROUGHOUT;
        self.deliver(|events, number| events.missed(number, call, caller))?;
        if !self.is_missed_for_certain(caller)? {
            bail!("of {numbers} numbers the relay misses some");
        }
        let (call, caller) = OVER_A_GAP;
        self.deliver(|events, number| events.received(number, call, caller))?;
        // This number never comes.
        self.last += 1;
        self.deliver(|events, number| events.missed(number, call, caller))?;
        if self.is_missed_for_certain(caller)? {
            bail!("the relay did not notice that number {} is missing", self.last - 1);
        }
        self.process.stop();
        Ok(numbers)
    }

    /// Fails unless every answer 200 is an event in the journal; what was under way when a round ended may be there too.
    pub(super) fn has_stored(&self, events: u64) -> Result<()> {
        let mut journal = sh::command(&self.program, &["events", "--data-dir"]);
        let stored = sh::output(journal.arg(&self.data), 5 * MINUTE)?.lines().count() as u64;
        if stored < events {
            bail!("the relay acknowledged {events} events and has {stored}");
        }
        Ok(())
    }

    /// Posts the event that the function makes with the next number.
    fn deliver(&mut self, event: impl FnOnce(&Events, u64) -> String) -> Result<()> {
        self.last += 1;
        self.post(&event(&self.events, self.last))
    }

    fn post(&self, event: &str) -> Result<()> {
        http::request("POST", &self.address(), &self.path, event).map(drop)
    }

    /// The outcome of the one call from this number.
    fn is_missed_for_certain(&self, caller: &str) -> Result<bool> {
        let call = self.ask(&format!("/v1/calls?number=%2B{caller}"))?;
        match (
            call.contains("\"uncertain\":false"),
            call.contains("\"uncertain\":true"),
        ) {
            (true, false) if call.contains("\"outcome\":\"missed\"") => Ok(true),
            (false, true) => Ok(false),
            _ => bail!("the relay tells neither that nobody answered +{caller} nor that it is not certain: {call}"),
        }
    }

    fn ask(&self, path: &str) -> Result<String> {
        http::request_as(&self.key, "GET", &self.address(), path, "")
    }

    fn address(&self) -> String {
        address(self.port)
    }
}

fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// Waits until the relay has a subscription and gives its id.
fn subscription(port: u16, key: &str, process: &mut Running) -> Result<String> {
    let end = Instant::now() + MINUTE;
    while Instant::now() < end {
        let listed = http::request_as(key, "GET", &address(port), "/v1/subscriptions", "")?;
        let id = listed
            .split_once("\"id\":\"")
            .and_then(|(_, rest)| rest.split_once('"'));
        if let Some((id, _)) = id {
            return Ok(id.to_owned());
        }
        if let Some(status) = process.wait(Duration::from_millis(50))? {
            bail!("the relay ended: {status}");
        }
    }
    bail!("the relay has no subscription after a minute")
}
