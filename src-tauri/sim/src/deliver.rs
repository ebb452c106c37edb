//! Posts events to one subscriber: one queue, one task, one attempt each (reference 2.1).

use std::{sync::Arc, time::Instant};

use tokio::sync::mpsc;

use crate::{event::Kind, log::Delivery, world::World};

/// Held by whatever a play still waits for; dropped when the event is delivered or given up.
pub(crate) type Waiting = Option<mpsc::Sender<()>>;

/// One event in a queue.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) delivery: Delivery,
    /// Deliver it twice.
    pub(crate) twice: bool,
    pub(crate) waiting: Waiting,
}

impl Item {
    pub(crate) fn new(subscription_id: &str, event_id: String, sequence: i64, kind: Kind) -> Self {
        let delivery = Delivery {
            subscription_id: subscription_id.to_owned(),
            event_id,
            sequence,
            kind: kind.wire().to_owned(),
            target: String::new(),
            tracking_id: None,
            status: None,
            error: None,
            at: 0,
            took_ms: 0,
            body: String::new(),
        };
        Self {
            delivery,
            twice: false,
            waiting: None,
        }
    }
}

/// Delivers a subscription's events in order until its queue is closed and empty, or the simulator stops.
pub(crate) async fn run(world: Arc<World>, url: String, mut queue: mpsc::Receiver<Item>) {
    let mut held = world.held.subscribe();
    while let Some(item) = queue.recv().await {
        tokio::select! {
            // The world, and with it the sender, lives as long as this task.
            _ = held.wait_for(|held| !held) => {}
            () = world.stop.cancelled() => return,
        }
        for _ in 0..=u8::from(item.twice) {
            let posted = post(&world, &url, item.delivery.clone());
            let delivery = tokio::select! {
                delivery = posted => delivery,
                () = world.stop.cancelled() => return,
            };
            world.delivered(delivery);
        }
        drop(item.waiting);
    }
}

async fn post(world: &World, url: &str, mut delivery: Delivery) -> Delivery {
    let begun = Instant::now();
    let request = world
        .client
        .post(url)
        .header("Content-Type", "application/xml; charset=UTF-8")
        .timeout(world.options.delivery_timeout)
        .body(delivery.body.clone());
    match request.send().await {
        Ok(answer) => {
            delivery.status = Some(answer.status().as_u16());
            // The body is ignored (B1), but read within reason so that the connection can be used again.
            if answer.content_length().is_none_or(|n| n <= 65_536) {
                drop(answer.bytes().await);
            }
        }
        Err(error) => {
            let why = if error.is_timeout() {
                "time limit"
            } else {
                "no connection"
            };
            delivery.error = Some(why.to_owned());
        }
    }
    delivery.took_ms = begun.elapsed().as_millis() as u64;
    delivery
}
