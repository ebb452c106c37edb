//! Changes a play while it runs: an answered call is transferred by REST, so what its script had planned for the
//! abonent, and for phones that have not rung yet, gives way to the transfer.

use std::collections::{BTreeSet, VecDeque};

use crate::{
    company::Abonent,
    event::CallView,
    plan::{Leg, What},
    player::{Due, Running},
    scripts::{Args, Context, handover, stage_on},
    truth::{Outcome, Part, Truth},
    world::{Inner, World},
};

/// A call of a running play: which play, which of its calls.
#[derive(Clone, Copy, PartialEq, Eq)]
struct CallOfPlay {
    play: u64,
    call: u64,
}

/// What a transfer makes of a call, in the time of its play.
struct Change<'a> {
    /// When.
    at: i64,
    /// The abonents whose further steps no longer happen: who transfers, who is consulted.
    gone: Vec<&'a str>,
    /// The part of who talks with the other party from now on.
    takes_over: Option<Part>,
    /// The session of the consultation.
    linked: Option<String>,
}

impl Inner {
    /// The abonent's answered call.
    fn talking(&self, abonent: &Abonent, call_id: &str) -> Option<CallView> {
        let call = self.live_calls.get(&abonent.user_id)?.get(call_id)?;
        call.answer.is_some().then(|| call.clone())
    }

    /// The call that ends the session still to come.
    fn place(&self, session: &str) -> Option<CallOfPlay> {
        let ends_it = |due: &&Due| match &due.step.what {
            What::End { truth, .. } => truth.tracking_id == session || truth.linked.iter().any(|l| l == session),
            _ => false,
        };
        self.running.iter().find_map(|(play, running)| {
            let call = running.steps.iter().find(ends_it)?.call;
            Some(CallOfPlay { play: *play, call })
        })
    }

    /// For a stage on which the call goes on: its abonent and its line.
    fn args(&self, abonent: &Abonent, place: CallOfPlay) -> Args {
        let steps = self.running.get(&place.play).into_iter().flat_map(|r| &r.steps);
        let line = steps
            .filter(|due| due.call == place.call)
            .find_map(|due| match &due.step.what {
                What::End { truth, .. } => truth.line.clone(),
                _ => None,
            });
        Args {
            abonent: Some(abonent.user_id.clone()),
            line,
            ..Args::default()
        }
    }

    /// Another call of the abonent that the same script plays on: a consultation that only makes sense with this one.
    fn consults(&self, abonent: &Abonent, call: &CallView, place: CallOfPlay) -> bool {
        let calls = self.live_calls.get(&abonent.user_id);
        calls
            .into_iter()
            .flat_map(|c| c.values())
            .any(|other| other.call_id != call.call_id && self.place(&other.tracking_id) == Some(place))
    }
}

impl Running {
    /// The present in the time of the play: between what was carried out and what the call plans next.
    fn now(&self, call: u64, speed: f64) -> i64 {
        let passed = (self.begun.elapsed().as_secs_f64() * 1000.0 * speed) as i64;
        let next = self
            .steps
            .iter()
            .find(|due| due.call == call)
            .map_or(i64::MAX, |due| due.step.at);
        passed.min(next).max(self.reached)
    }

    /// Applies a change to a call, with the steps that the transfer brings.
    fn change(&mut self, call: u64, change: &Change<'_>, steps: Vec<crate::plan::Step>) {
        let of_call: Vec<&Due> = self.steps.iter().filter(|due| due.call == call).collect();
        let targets = |fits: &dyn Fn(&CallView) -> bool| -> BTreeSet<String> {
            let events = of_call.iter().filter_map(|due| match &due.step.what {
                What::Event(event) => Some(event),
                _ => None,
            });
            events
                .filter(|e| !change.gone.contains(&e.target.as_str()) && e.calls.first().is_some_and(fits))
                .map(|e| e.target.clone())
                .collect()
        };
        let to_come = targets(&|c| c.start > change.at);
        let talking = targets(&|c| c.start <= change.at && c.answer.is_some_and(|a| a <= change.at));
        let planned = of_call.iter().find_map(|due| match &due.step.what {
            What::End { truth, .. } => Some(truth.release),
            _ => None,
        });
        // Who goes on talking, a system object too, does so until the new end.
        let longer = match (&change.takes_over, planned) {
            (Some(part), Some(planned)) => part.release - planned,
            _ => 0,
        };
        let kept = std::mem::take(&mut self.steps).into_iter().filter_map(|mut due| {
            if due.call != call {
                return Some(due);
            }
            match &mut due.step.what {
                What::Event(event) => {
                    if change.gone.contains(&event.target.as_str()) || to_come.contains(&event.target) {
                        return None;
                    }
                    if talking.contains(&event.target) {
                        due.step.at += longer;
                        for call in &mut event.calls {
                            call.release = call.release.map(|t| t + longer);
                        }
                    }
                }
                What::End { truth, .. } => {
                    rewrite(truth, change, &talking, longer);
                    due.step.at = truth.release + 50;
                }
                _ => {}
            }
            Some(due)
        });
        let mut all: VecDeque<Due> = kept.collect();
        all.extend(steps.into_iter().map(|step| Due { call, step }));
        all.make_contiguous().sort_by_key(|due| due.step.at);
        self.steps = all;
        self.changed.notify_one();
    }
}

impl Running {
    /// A consultation that becomes part of another call: these abonents' steps and its own end no longer happen.
    fn end_early(&mut self, call: u64, gone: &[&str]) {
        self.steps.retain(|due| match &due.step.what {
            _ if due.call != call => true,
            What::Event(event) => !gone.contains(&event.target.as_str()),
            What::End { .. } => false,
            _ => true,
        });
        self.changed.notify_one();
    }
}

/// The truth of a call that was transferred.
fn rewrite(truth: &mut Truth, change: &Change<'_>, talking: &BTreeSet<String>, longer: i64) {
    let [who, further @ ..] = change.gone.as_slice() else {
        return;
    };
    truth
        .parts
        .retain(|p| p.start <= change.at && !further.contains(&p.abonent.as_str()));
    for part in &mut truth.parts {
        if part.abonent == *who {
            part.outcome = Outcome::Transferred;
            part.release = change.at;
        } else if talking.contains(&part.abonent) {
            part.release += longer;
        }
    }
    if let Some(part) = &change.takes_over {
        truth.parts.push(part.clone());
        truth.release = part.release;
    }
    truth.linked.extend(
        change
            .linked
            .iter()
            .filter(|l| !truth.linked.contains(l))
            .cloned()
            .collect::<Vec<_>>(),
    );
    truth.recorded = truth.parts.iter().any(|p| p.recorded);
}

/// A leg as it was last told, in the time of a play that began at `start`.
fn leg(abonent: &Abonent, mut view: CallView, start: i64) -> Leg {
    view.shift(-start);
    Leg {
        target: abonent.user_id.clone(),
        abonent: Some(abonent.clone()),
        view,
    }
}

impl World {
    /// Transfers the abonent's answered call to `number`: at once, and if it is a colleague's, the colleague answers it. None: the
    /// abonent talks in no such call, it is part of a consultation that a script plays, or the number is a party of it.
    pub(crate) fn transfer(&self, abonent: &Abonent, call_id: &str, number: &str) -> Option<()> {
        let recorded = self.recorded();
        let recording = |user_id: &str| recorded.get(user_id).is_some_and(|on| *on);
        let mut guard = self.lock();
        let inner = &mut *guard;
        let call = inner.talking(abonent, call_id)?;
        let place = inner.place(&call.tracking_id)?;
        let colleague = self.options.company.abonent(number);
        let party = |c: &Abonent| c.user_id == abonent.user_id || call.remote.user_id.as_ref() == Some(&c.user_id);
        if inner.consults(abonent, &call, place) || colleague.is_some_and(party) {
            return None;
        }
        let args = inner.args(abonent, place);
        let context = self.context(inner, &recording);
        let mut stage = stage_on(&args, &context).ok()?;
        let running = inner.running.get_mut(&place.play)?;
        let at = running.now(place.call, self.speed());
        let takes_over = handover::blind(&mut stage, leg(abonent, call, running.start), at, number, colleague);
        let change = Change {
            at,
            gone: vec![&abonent.user_id],
            takes_over,
            linked: None,
        };
        running.change(place.call, &change, stage.steps);
        Some(())
    }

    /// Joins the other parties of two answered calls of the abonent. None: the abonent does not talk in both.
    pub(crate) fn transfer_consult(&self, abonent: &Abonent, call_id: &str, consult_id: &str) -> Option<()> {
        let recorded = self.recorded();
        let recording = |user_id: &str| recorded.get(user_id).is_some_and(|on| *on);
        let mut guard = self.lock();
        let inner = &mut *guard;
        if call_id == consult_id {
            return None;
        }
        let (client, asking) = (inner.talking(abonent, call_id)?, inner.talking(abonent, consult_id)?);
        let (place, consulted) = (inner.place(&client.tracking_id)?, inner.place(&asking.tracking_id)?);
        let others = self
            .options
            .company
            .abonents
            .iter()
            .filter(|a| a.user_id != abonent.user_id);
        let asked = others.into_iter().find_map(|other| {
            let mut calls = inner.live_calls.get(&other.user_id)?.values();
            let call = calls.find(|c| c.tracking_id == asking.tracking_id && c.answer.is_some())?;
            Some((other, call.clone()))
        });
        let args = inner.args(abonent, place);
        let context = self.context(inner, &recording);
        let mut stage = stage_on(&args, &context).ok()?;
        let running = inner.running.get_mut(&place.play)?;
        let start = running.start;
        // The two plays have clocks of their own, and a very fast one may be behind: nobody is joined before answering.
        let answers = [asking.answer, asked.as_ref().and_then(|(_, call)| call.answer)];
        let latest = answers.into_iter().flatten().max().map_or(0, |t| t - start);
        let at = running.now(place.call, self.speed()).max(latest);
        let (session, other) = (asking.tracking_id.clone(), asked.as_ref().map(|(other, _)| *other));
        let (client, asking) = (leg(abonent, client, start), leg(abonent, asking, start));
        let asked = asked.map(|(other, call)| leg(other, call, start));
        let takes_over = handover::consultative(&mut stage, client, asking, asked, at);
        let gone: Vec<&str> = std::iter::once(abonent)
            .chain(other)
            .map(|a| a.user_id.as_str())
            .collect();
        if consulted != place {
            inner.running.get_mut(&consulted.play)?.end_early(consulted.call, &gone);
        }
        let change = Change {
            at,
            gone,
            takes_over,
            linked: Some(session),
        };
        inner
            .running
            .get_mut(&place.play)?
            .change(place.call, &change, stage.steps);
        Some(())
    }

    /// What the next script is written from; each gets a number of its own.
    pub(crate) fn context<'a>(&'a self, inner: &mut Inner, recording: &'a dyn Fn(&str) -> bool) -> Context<'a> {
        inner.calls_written += 1;
        Context {
            company: &self.options.company,
            recording,
            seed: self.seed,
            play: inner.calls_written,
            format: self.options.tracking,
        }
    }
}
