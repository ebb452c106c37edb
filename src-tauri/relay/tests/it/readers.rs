//! Many events, and readers of every kind: a slow one, a dead one and one that reconnects each second cost the relay
//! a bounded amount of memory and delay no other reader; those that do read end with the contents of the ledger.
//!
//! `PEREZVON_EVENTS` sets how many events are posted, `PEREZVON_DESKS` how many idle desks there are.

use crate::common::{binary, xml};
use binary::{Serving, admin, callback_path, data_dir};
use futures_util::StreamExt as _;
use reqwest_websocket::{Message, Upgrade as _, WebSocket};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use xml::Xml;

/// Connections on which the PBX posts.
const POSTERS: u64 = 32;
/// What the three bad readers together may add to the greatest memory of the relay, KiB. Each may have a queue of 256
/// snapshots and a page of 200 from the ledger, some MiB for the three. The greatest memory of two equal runs differs by
/// up to 20 MiB (the allocator's heaps, SQLite's cache); one queue without a bound would hold 20,000 snapshots of 2 KiB
/// as JSON and more in memory.
const BAD_READERS_KIB: u64 = 32 * 1024;
/// How many versions the healthy reader may be behind: its queue in the relay, and as much again many times in the
/// sockets. It is some dozens where the machine has nothing else to do.
const BEHIND: i64 = 4096;
/// How many versions may have been stored before a reader's connection is known to the relay.
const BACKLOG: i64 = 500;
/// What an idle desk may cost the relay of a debug build, KiB; the budget of a release is 12.
const DESK_KIB: u64 = 24;
/// Never reached unless something is broken.
const DEADLINE: Duration = Duration::from_mins(2);

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |n| n.parse().expect("a number"))
}

/// The relay as a process, without a PBX.
struct Scene {
    dir: TempDir,
    serving: Serving,
    key: String,
    client: reqwest::Client,
}

impl Scene {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = data_dir(&dir);
        Self {
            serving: Serving::start(&data),
            dir,
            key: admin(&data),
            client: reqwest::Client::builder().no_proxy().timeout(DEADLINE).build().unwrap(),
        }
    }

    /// A line of the process's status, KiB.
    fn status(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/status", self.serving.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().unwrap()
    }

    async fn feed(&self, after: i64) -> WebSocket {
        // Without the client's time limit, which would hold for the whole feed.
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = self.serving.url(&format!("/v1/feed?after={after}"));
        let answer = client.get(url).bearer_auth(&self.key).upgrade().send().await.unwrap();
        answer.into_websocket().await.unwrap()
    }

    /// The newest version of every call, from the ledger.
    async fn ledger(&self) -> HashMap<String, i64> {
        let (mut after, mut all) = (0, HashMap::new());
        loop {
            let url = self.serving.url(&format!("/v1/changes?after={after}"));
            let page = self.client.get(url).bearer_auth(&self.key).send().await.unwrap();
            let page: Value = page.json().await.unwrap();
            for call in page["calls"].as_array().unwrap() {
                let (id, version) = (call["id"].as_str().unwrap(), call["version"].as_i64().unwrap());
                all.insert(id.to_owned(), version);
            }
            after = page["after"].as_i64().unwrap();
            if page["more"] == false {
                return all;
            }
        }
    }

    /// Posts calls of three events each. Two events of one call are never in flight together, so each event is a
    /// version of its own and `stored` counts versions.
    async fn post(&self, events: u64, stored: &watch::Sender<i64>) {
        let path = callback_path(&data_dir(&self.dir));
        let url = self.serving.url(&path);
        let next = &AtomicI64::new(1);
        let calls = (events / 3) as i64;
        let posters = (0..POSTERS).map(|_| async {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n > calls {
                    return;
                }
                let rings = Xml::received(n as u64, "9000000001@mpbx.sip.beeline.ru");
                for event in [rings.clone(), rings.answered(), rings.released()] {
                    let posted = self.client.post(&url).body(event.text()).send().await.unwrap();
                    assert_eq!(posted.status(), 200, "the PBX is answered");
                    stored.send_modify(|n| *n += 1);
                }
            }
        });
        futures_util::future::join_all(posters).await;
    }
}

/// A reader's data: the newest version of each call, in the order of arrival.
#[derive(Default)]
struct Mirror {
    after: i64,
    calls: HashMap<String, i64>,
}

impl Mirror {
    fn take(&mut self, text: &str) {
        let call: Value = serde_json::from_str(text).unwrap();
        let version = call["version"].as_i64().unwrap();
        assert!(
            version > self.after,
            "in order, none twice: {version} after {}",
            self.after
        );
        self.after = version;
        self.calls.insert(call["id"].as_str().unwrap().to_owned(), version);
    }

    /// Reads the next snapshot; false when the feed was closed.
    async fn read(&mut self, feed: &mut WebSocket) -> bool {
        match timeout(DEADLINE, feed.next()).await.expect("the feed says something") {
            Some(Ok(Message::Text(text))) => self.take(&text),
            Some(Ok(Message::Close { .. }) | Err(_)) | None => return false,
            Some(Ok(_)) => {}
        }
        true
    }
}

/// Reads all the time; returns how far it was behind at most. It is never cut off.
async fn healthy(scene: &Scene, last: i64, stored: watch::Receiver<i64>) -> (Mirror, i64) {
    let (mut mirror, mut feed, mut behind) = (Mirror::default(), scene.feed(0).await, 0);
    while mirror.after < last {
        let before = mirror.after;
        assert!(mirror.read(&mut feed).await, "a reader who keeps up is never cut");
        // The backlog of the connection tells a call once, with its newest version; from then on each change.
        let gap = mirror.after - before;
        assert!(
            gap <= 1 || before < BACKLOG,
            "no change is left out: {gap} versions after {before}"
        );
        behind = behind.max(*stored.borrow() - mirror.after);
    }
    (mirror, behind)
}

/// Reads one snapshot for every hundred that are stored, until all are; then as fast as it can. Returns how often it
/// was cut off.
async fn slow(scene: &Scene, last: i64, mut stored: watch::Receiver<i64>) -> (Mirror, usize) {
    let (mut mirror, mut feed, mut cuts) = (Mirror::default(), scene.feed(0).await, 0);
    let mut reads = 0;
    while mirror.after < last {
        reads += 1;
        let next = (reads * 100).min(last);
        stored.wait_for(|stored| *stored >= next).await.unwrap();
        if !mirror.read(&mut feed).await {
            cuts += 1;
            feed = scene.feed(mirror.after).await;
        }
    }
    (mirror, cuts)
}

/// Reconnects each second. Returns how often.
async fn restless(scene: &Scene, last: i64) -> (Mirror, usize) {
    let (mut mirror, mut visits) = (Mirror::default(), 0);
    while mirror.after < last {
        let mut feed = scene.feed(mirror.after).await;
        visits += 1;
        let leave = Instant::now() + Duration::from_secs(1);
        while mirror.after < last && matches!(timeout_at(leave, mirror.read(&mut feed)).await, Ok(true)) {}
    }
    (mirror, visits)
}

/// Greatest memory with the healthy reader alone, KiB.
async fn alone(events: u64) -> u64 {
    let (scene, (stored, seen)) = (Scene::start(), watch::channel(0));
    let last = (events / 3 * 3) as i64;
    let ((), (mirror, _)) = tokio::join!(scene.post(events, &stored), healthy(&scene, last, seen));
    assert_eq!(
        mirror.calls,
        scene.ledger().await,
        "the reader has what the ledger says"
    );
    scene.status("VmHWM")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_readers_cost_little_and_delay_nobody() {
    let events = number("PEREZVON_EVENTS", 20_000);
    let last = (events / 3 * 3) as i64;
    let before = alone(events).await;

    let (scene, (stored, seen)) = (Scene::start(), watch::channel(0));
    let mut dead = scene.feed(0).await;
    let begun = Instant::now();
    let ((), (good, behind), (late, cuts), (again, visits)) = tokio::join!(
        scene.post(events, &stored),
        healthy(&scene, last, seen.clone()),
        slow(&scene, last, seen),
        restless(&scene, last),
    );
    println!(
        "{last} events in {:.1} s: the healthy reader was at most {behind} behind; the slow one was cut {cuts} times; \
         {visits} visits of the restless one; greatest memory {} KiB, {before} KiB without the bad ones",
        begun.elapsed().as_secs_f64(),
        scene.status("VmHWM"),
    );
    let ledger = scene.ledger().await;
    assert_eq!(ledger.len() as i64, last / 3, "every call is in the ledger");
    for (mirror, who) in [(&good, "healthy"), (&late, "slow"), (&again, "restless")] {
        assert_eq!(mirror.calls, ledger, "the {who} reader has what the ledger says");
    }
    assert!(cuts > 0, "the slow reader really was too slow");
    assert!(behind < BEHIND, "the healthy reader keeps up: {behind} behind");
    let with = scene.status("VmHWM");
    assert!(
        with < before + BAD_READERS_KIB,
        "bad readers cost a bounded amount: {with} KiB, {before} KiB without them"
    );
    let mut found = Mirror::default();
    while found.read(&mut dead).await {}
    assert!(found.after < last, "the dead reader lost its place, at {}", found.after);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_desks_cost_little() {
    let desks = number("PEREZVON_DESKS", 300);
    let (scene, (stored, _)) = (Scene::start(), watch::channel(0));
    scene.post(30, &stored).await;
    let mut feeds = Vec::new();
    let mut sit = async |count: u64| {
        for _ in 0..count {
            // Each has read everything and waits.
            let (mut mirror, mut feed) = (Mirror::default(), scene.feed(0).await);
            while mirror.after < 30 {
                assert!(mirror.read(&mut feed).await, "a desk is served");
            }
            feeds.push(feed);
        }
        // Pages of the program's file come and go as the system likes.
        scene.status("RssAnon")
    };
    // The first connections allocate what all share.
    let (before, after) = (sit(50).await, sit(desks).await);
    // What was given back in between (the start's own memory) may be more than all desks need.
    let each = after.saturating_sub(before) as f64 / desks as f64;
    println!("{desks} idle desks: {before} KiB before, {after} KiB after, {each:.1} KiB each");
    assert!(each < DESK_KIB as f64, "an idle desk costs {each:.1} KiB");
    // All of them get the next event.
    let rings = Xml::received(1000, "9000000001@mpbx.sip.beeline.ru");
    let url = scene.serving.url(&callback_path(&data_dir(&scene.dir)));
    let posted = scene.client.post(url).body(rings.text()).send().await.unwrap();
    assert_eq!(posted.status(), 200, "the event is taken");
    for feed in &mut feeds {
        let mut mirror = Mirror::default();
        while mirror.after < 31 {
            assert!(mirror.read(feed).await, "a desk is told");
        }
    }
}
