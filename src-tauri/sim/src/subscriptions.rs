//! Subscriptions to events (reference 1.11, 2.8.11, 2.8.12).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::sync::mpsc;

use crate::{
    deliver::{self, Item, Waiting},
    event::{Event, Kind, Mishap},
    rng::Rng,
    world::{Inner, World},
    xml::{Header, Style, document},
};

/// `targetId` of a subscription without pattern.
pub(crate) const GROUP_ID: &str = "client-000000";

/// `targetType` (reference 1.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TargetType {
    /// The whole client.
    Group,
    /// One abonent.
    Abonent,
    /// One inbound number.
    Number,
}

/// A subscription as `GET subscription` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// UUID.
    pub subscription_id: String,
    /// What kind of target.
    pub target_type: TargetType,
    /// userId, numberId, or the client's id.
    pub target_id: String,
    /// `BASIC_CALL` or `ADVANCED_CALL`.
    pub subscription_type: String,
    /// Seconds left.
    pub expires: u64,
    /// Where events go, without suffix.
    pub url: String,
}

/// A live subscription.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) info: Subscription,
    ends: Instant,
    sequence: i64,
    rng: Rng,
    /// The lanes of [`crate::Options::lanes`].
    queues: Vec<mpsc::Sender<Item>>,
    held_back: Option<Item>,
    twin: bool,
}

impl Live {
    /// With the time that is left.
    pub(crate) fn told(&self) -> Subscription {
        let expires = self.ends.saturating_duration_since(Instant::now()).as_secs();
        Subscription {
            expires,
            ..self.info.clone()
        }
    }

    fn wants(&self, event: &Event) -> bool {
        if event.kind.advanced_only() && self.info.subscription_type != "ADVANCED_CALL" {
            return false;
        }
        match self.info.target_type {
            TargetType::Group => !matches!(event.kind, Kind::CallSubscription | Kind::CallSubscriptionResync),
            TargetType::Abonent => event.target == self.info.target_id,
            TargetType::Number => event.kind != Kind::HookStatus && event.line.as_deref() == Some(&self.info.target_id),
        }
    }

    /// Numbers, writes and queues the subscription's own copy of an event. Returns what could not be queued.
    fn send(&mut self, event: &Event, style: Style, waiting: &Waiting, silent: bool) -> Vec<Item> {
        self.sequence = if self.sequence == i64::from(i32::MAX) {
            1
        } else {
            self.sequence + 1
        };
        let mishap = event.mishap;
        let style = Style {
            one_line: style.one_line || mishap.one_line,
            line_breaks: style.line_breaks || mishap.line_breaks,
            other_prefixes: style.other_prefixes || mishap.other_prefixes,
        };
        let target = match self.info.target_type {
            TargetType::Number => &self.info.target_id,
            _ => &event.target,
        };
        let header = Header {
            event_id: self.rng.uuid().to_string(),
            sequence: self.sequence,
            subscription_id: &self.info.subscription_id,
            url: &self.info.url,
            target: (!mishap.no_target).then_some(target),
        };
        let mut item = Item::new(
            &self.info.subscription_id,
            header.event_id.clone(),
            self.sequence,
            event.kind,
        );
        item.delivery.target.clone_from(target);
        item.delivery.tracking_id = event.calls.first().map(|c| c.tracking_id.clone());
        item.delivery.body = document(&header, event, style);
        item.twice = mishap.duplicate;
        item.waiting.clone_from(waiting);
        if mishap.lost || silent {
            item.delivery.error = Some("lost".into());
            return vec![item];
        }
        if mishap.held_back && self.held_back.is_none() {
            self.held_back = Some(item);
            return Vec::new();
        }
        [Some(item), self.held_back.take()]
            .into_iter()
            .flatten()
            .filter_map(|item| self.queue(item))
            .collect()
    }

    fn queue(&self, item: Item) -> Option<Item> {
        // All events of one target are in one lane, and so in order.
        let lane = item
            .delivery
            .target
            .bytes()
            .fold(0_usize, |sum, b| sum.wrapping_mul(31).wrapping_add(usize::from(b)));
        let queue = &self.queues[lane % self.queues.len()];
        let mut item = queue.try_send(item).err()?.into_inner();
        item.delivery.error = Some("queue full".into());
        Some(item)
    }
}

/// What a new subscription is for.
pub(crate) struct NewSubscription {
    pub(crate) target_type: TargetType,
    pub(crate) target_id: String,
    pub(crate) subscription_type: String,
    pub(crate) expires: u64,
    pub(crate) url: String,
    pub(crate) twin: bool,
}

impl World {
    /// Begins a subscription, sends its first event if it is for one abonent, and lets it expire.
    pub(crate) fn subscribe(self: &Arc<Self>, wanted: NewSubscription, waiting: &Waiting) -> Subscription {
        let granted = wanted.expires.clamp(self.options.expires_min, self.options.expires_cap);
        let life = Duration::from_secs(granted);
        let suffix = if self.options.null_suffix { "/null" } else { "" };
        let queues = (0..self.options.lanes.max(1)).map(|_| {
            let (sender, receiver) = mpsc::channel(self.options.queue.max(1));
            let url = format!("{}{suffix}", wanted.url);
            tokio::spawn(deliver::run(Arc::clone(self), url, receiver));
            sender
        });
        let queues = queues.collect();
        let mut inner = self.lock();
        inner.subscriptions_made += 1;
        let mut rng = Rng::fork(self.seed ^ 0x5ab5, inner.subscriptions_made);
        let info = Subscription {
            subscription_id: rng.uuid().to_string(),
            target_type: wanted.target_type,
            target_id: wanted.target_id,
            subscription_type: wanted.subscription_type,
            expires: granted,
            url: wanted.url,
        };
        let mut live = Live {
            info: info.clone(),
            ends: Instant::now() + life,
            sequence: 0,
            rng,
            queues,
            held_back: None,
            twin: wanted.twin,
        };
        if info.target_type == TargetType::Abonent {
            let event = inner.idle_or_busy(&info.target_id);
            let dropped = live.send(&event, self.options.style, waiting, self.faults.get().events_off);
            inner.note_dropped(dropped);
        }
        inner.subscriptions.push(live);
        drop(inner);
        self.expire(info.subscription_id.clone(), life);
        info
    }

    fn expire(self: &Arc<Self>, id: String, life: Duration) {
        let world = Arc::clone(self);
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(life) => { world.unsubscribe(|s| s.subscription_id == id, &None); }
                () = world.stop.cancelled() => {}
            }
        });
    }

    /// Ends subscriptions, each with SubscriptionTerminated as its last event. Returns how many.
    pub(crate) fn unsubscribe(&self, which: impl Fn(&Subscription) -> bool, waiting: &Waiting) -> usize {
        let mut inner = self.lock();
        let (mut ended, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut inner.subscriptions)
            .into_iter()
            .partition(|s| which(&s.info));
        inner.subscriptions = kept;
        for live in &mut ended {
            let mut event = plain(Kind::SubscriptionTerminated, &live.info.target_id);
            event.line = Some(live.info.target_id.clone());
            let dropped = live.send(&event, self.options.style, waiting, self.faults.get().events_off);
            inner.note_dropped(dropped);
        }
        ended.len()
    }

    /// One event to everybody who subscribed to it. Times inside are absolute.
    pub(crate) fn emit(&self, event: &Event, waiting: &Waiting) {
        let silent = self.faults.get().events_off;
        let mut inner = self.lock();
        inner.follow(event);
        let mut dropped = Vec::new();
        for live in inner.subscriptions.iter_mut().filter(|s| s.wants(event)) {
            dropped.extend(live.send(event, self.options.style, waiting, silent));
        }
        inner.note_dropped(dropped);
    }

    /// How many events wait in the longest queue.
    pub(crate) fn most_waiting(&self) -> usize {
        let inner = self.lock();
        let queues = inner.subscriptions.iter().flat_map(|live| &live.queues);
        queues
            .map(|queue| queue.max_capacity() - queue.capacity())
            .max()
            .unwrap_or(0)
    }

    /// Releases events held back by the fault `swapped` that nothing followed.
    pub(crate) fn flush(&self) {
        let mut inner = self.lock();
        let mut dropped = Vec::new();
        for live in &mut inner.subscriptions {
            if let Some(item) = live.held_back.take() {
                dropped.extend(live.queue(item));
            }
        }
        inner.note_dropped(dropped);
    }

    /// The fault `second-subscription`: a twin to the same address for every subscription.
    pub(crate) fn open_twins(self: &Arc<Self>, waiting: &Waiting) {
        let infos: Vec<_> = self
            .lock()
            .subscriptions
            .iter()
            .filter(|s| !s.twin)
            .map(|s| s.info.clone())
            .collect();
        for info in infos {
            let Subscription {
                target_type,
                target_id,
                subscription_type,
                expires,
                url,
                ..
            } = info;
            self.subscribe(
                NewSubscription {
                    target_type,
                    target_id,
                    subscription_type,
                    expires,
                    url,
                    twin: true,
                },
                waiting,
            );
        }
    }

    /// The twins end.
    pub(crate) fn close_twins(&self, waiting: &Waiting) {
        let twins: Vec<_> = self
            .lock()
            .subscriptions
            .iter()
            .filter(|s| s.twin)
            .map(|s| s.info.subscription_id.clone())
            .collect();
        self.unsubscribe(|s| twins.contains(&s.subscription_id), waiting);
    }
}

impl Inner {
    fn note_dropped(&mut self, dropped: Vec<Item>) {
        for mut item in dropped {
            item.delivery.at = crate::world::now_ms();
            self.note_delivery(item.delivery);
        }
    }

    /// Keeps track of the calls that abonents have now, for CallSubscription.
    fn follow(&mut self, event: &Event) {
        for call in &event.calls {
            let calls = self.live_calls.entry(event.target.clone()).or_default();
            if call.release.is_some() || call.detached.is_some() {
                calls.remove(&call.call_id);
            } else if event.kind != Kind::Novelty {
                calls.insert(call.call_id.clone(), call.clone());
            }
            if calls.is_empty() {
                self.live_calls.remove(&event.target);
            }
        }
    }

    /// The first event of an ABONENT subscription (examples 01 and 02).
    fn idle_or_busy(&self, target: &str) -> Event {
        let mut event = plain(Kind::CallSubscription, target);
        event.calls = self
            .live_calls
            .get(target)
            .map(|calls| calls.values().cloned().collect())
            .unwrap_or_default();
        let talks = event
            .calls
            .iter()
            .any(|c| c.state != "Alerting" || c.personality == "Originator");
        event.hook = Some(if talks { "Off-Hook" } else { "On-Hook" });
        event
    }
}

fn plain(kind: Kind, target: &str) -> Event {
    Event {
        kind,
        target: target.to_owned(),
        calls: Vec::new(),
        hook: None,
        line: None,
        mishap: Mishap::default(),
    }
}
