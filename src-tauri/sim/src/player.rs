//! Plays scripts: writes them, merges them into one timeline, and carries out its steps when their time has come.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::Instant,
};

use crate::{
    deliver::Waiting,
    plan::{Step, What},
    scripts::{Args, write},
    subscriptions::{NewSubscription, TargetType},
    world::World,
};

/// Most calls in one play.
const MAX_CALLS: u32 = 100_000;

/// One line of a script file: what begins when. As JSON the arguments stand beside the other two keys; a key that
/// nobody knows is refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct Cue {
    /// Milliseconds of script time from the start of the file; 0 when absent.
    pub at_ms: i64,
    /// Name of a script, modifiers after `+`.
    pub play: String,
    /// Its arguments.
    pub args: Args,
}

impl TryFrom<Map<String, Value>> for Cue {
    type Error = serde_json::Error;

    fn try_from(mut map: Map<String, Value>) -> Result<Self, Self::Error> {
        let at_ms = map.remove("at_ms").map_or(Ok(0), serde_json::from_value)?;
        let play = serde_json::from_value(map.remove("play").unwrap_or_default())?;
        let args = serde_json::from_value(Value::Object(map))?;
        Ok(Self { at_ms, play, args })
    }
}

/// A play that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Played {
    /// For [`crate::Sim::finished`].
    pub id: u64,
    /// Tracking id of its first session.
    pub tracking_id: Option<String>,
    /// callId of its first leg.
    pub call_id: Option<String>,
}

/// A step of a play, and to which of its calls it belongs.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) call: u64,
    pub(crate) step: Step,
}

/// A play that runs. What is still to come may be changed: [`World::transfer`].
#[derive(Debug)]
pub(crate) struct Running {
    /// Epoch milliseconds.
    pub(crate) start: i64,
    pub(crate) begun: Instant,
    /// What is still to come, by time.
    pub(crate) steps: VecDeque<Due>,
    /// The time of the last step carried out.
    pub(crate) reached: i64,
    /// Told when the steps have changed.
    pub(crate) changed: Arc<Notify>,
    finished: watch::Receiver<bool>,
}

impl Running {
    /// The next step, if its time is `at` or earlier.
    fn take(&mut self, at: i64) -> Option<Step> {
        self.steps.pop_front_if(|due| due.step.at <= at).map(|due| {
            self.reached = due.step.at;
            due.step
        })
    }
}

impl World {
    /// How many times faster scripts pass.
    pub(crate) fn speed(&self) -> f64 {
        if self.options.speed.is_finite() {
            self.options.speed.max(0.001)
        } else {
            1.0
        }
    }

    /// Begins to play. Errors: unknown names, too many calls; nothing is played then.
    pub(crate) fn play(self: &Arc<Self>, cues: &[Cue]) -> anyhow::Result<Played> {
        let (steps, first) = self.timeline(cues)?;
        let (done, finished) = watch::channel(false);
        let start = self.start_time();
        let (begun, changed) = (Instant::now(), Arc::new(Notify::new()));
        let id = {
            let mut inner = self.lock();
            inner.next_play += 1;
            let id = inner.next_play - 1;
            let running = Running {
                start,
                begun,
                steps,
                reached: 0,
                changed: Arc::clone(&changed),
                finished,
            };
            inner.running.insert(id, running);
            id
        };
        let world = Arc::clone(self);
        tokio::spawn(async move {
            tokio::select! {
                () = world.carry_out(id, start, begun, &changed) => {}
                () = world.stop.cancelled() => {}
            }
            world.lock().running.remove(&id);
            done.send_replace(true);
        });
        let (tracking_id, call_id) = first.unzip();
        Ok(Played {
            id,
            tracking_id,
            call_id,
        })
    }

    /// Waits until a play has ended and its events are delivered or given up. At once for one that has ended.
    pub(crate) async fn finished(&self, id: u64) {
        let running = self.lock().running.get(&id).map(|r| r.finished.clone());
        if let Some(mut running) = running {
            // An error means that the player is gone, which is an end as well.
            let _ = running.wait_for(|done| *done).await;
        }
    }

    /// Whose recording is on.
    pub(crate) fn recorded(&self) -> HashMap<String, bool> {
        let inner = self.lock();
        inner.settings.iter().map(|(id, s)| (id.clone(), s.recording)).collect()
    }

    #[expect(clippy::type_complexity, reason = "the pair is taken apart by the only caller")]
    fn timeline(&self, cues: &[Cue]) -> anyhow::Result<(VecDeque<Due>, Option<(String, String)>)> {
        let recorded = self.recorded();
        let recording = |user_id: &str| recorded.get(user_id).is_some_and(|on| *on);
        let (mut all, mut first) = (Vec::new(), None);
        for cue in cues {
            let count = cue.args.count.unwrap_or(1);
            if count > MAX_CALLS {
                bail!("count is at most {MAX_CALLS}");
            }
            for turn in 0..count {
                let context = self.context(&mut self.lock(), &recording);
                let written =
                    write(&cue.play, &cue.args, turn, &context).with_context(|| format!("script {:?}", cue.play))?;
                let offset = cue.at_ms.max(0) + i64::from(turn) * cue.args.gap_ms.unwrap_or(1000).max(0);
                first = first.or(written.first);
                all.extend(written.steps.into_iter().map(|s| Due {
                    call: context.play,
                    step: shifted(s, offset),
                }));
            }
        }
        all.sort_by_key(|due: &Due| due.step.at);
        Ok((all.into(), first))
    }

    async fn carry_out(self: &Arc<Self>, id: u64, start: i64, begun: Instant, changed: &Notify) {
        let (waiting, mut all_done) = mpsc::channel(1);
        let waiting = Some(waiting);
        let speed = self.speed();
        let next = || {
            let inner = self.lock();
            Some(inner.running.get(&id)?.steps.front()?.step.at)
        };
        while let Some(at) = next() {
            let due = begun + Duration::from_secs_f64(at.max(0) as f64 / 1000.0 / speed);
            if due > Instant::now() {
                tokio::select! {
                    () = tokio::time::sleep_until(due) => {}
                    () = changed.notified() => continue,
                }
            } else {
                tokio::task::yield_now().await;
            }
            let step = self.lock().running.get_mut(&id).and_then(|r| r.take(at));
            if let Some(step) = step {
                self.advance(start + step.at);
                self.act(start, step, &waiting);
            }
        }
        self.flush();
        drop(waiting);
        // Nothing is ever sent: this ends when the last event of the play has left its queue.
        all_done.recv().await;
    }

    pub(crate) fn act(self: &Arc<Self>, start: i64, step: Step, waiting: &Waiting) {
        match step.what {
            What::Event(mut event) => {
                for call in &mut event.calls {
                    call.shift(start);
                }
                self.emit(&event, waiting);
            }
            What::End { mut truth, late_record } => {
                truth.shift(start);
                let delay = if late_record {
                    self.options.late_record_delay
                } else {
                    self.options.record_delay
                };
                let delay = delay.div_f64(self.options.speed.max(0.001));
                self.over(*truth, delay, late_record);
            }
            What::OpenTwins => self.open_twins(waiting),
            What::CloseTwins => self.close_twins(waiting),
            What::Outage(on) => self.faults.outage(on),
            What::Subscribe { abonent, url } => self.open_for(abonent, url, waiting),
            What::Terminate { abonent } => {
                self.unsubscribe(|s| abonent.as_ref().is_none_or(|a| s.target_id == *a), waiting);
            }
        }
    }

    /// `subscription-start`. Without an address and without any subscription there is nobody to tell.
    fn open_for(self: &Arc<Self>, abonent: String, url: Option<String>, waiting: &Waiting) {
        let newest = self.lock().subscriptions.last().map(|s| s.info.url.clone());
        if let Some(url) = url.or(newest) {
            let wanted = NewSubscription {
                target_type: TargetType::Abonent,
                target_id: abonent,
                subscription_type: "BASIC_CALL".into(),
                expires: self.options.expires_min,
                url,
                twin: false,
            };
            self.subscribe(wanted, waiting);
        }
    }
}

/// A step moved to its place in a longer timeline, together with the times that it tells.
pub(crate) fn shifted(mut step: Step, by: i64) -> Step {
    step.at += by;
    match &mut step.what {
        What::Event(event) => event.calls.iter_mut().for_each(|c| c.shift(by)),
        What::End { truth, .. } => truth.shift(by),
        _ => {}
    }
    step
}
