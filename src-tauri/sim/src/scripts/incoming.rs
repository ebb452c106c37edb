//! Calls from outside to one abonent (reference 2.8.1 to 2.8.3).

use crate::{
    event::Kind,
    number::e164,
    plan::{End, Leg, Stage},
    truth::{Direction, Outcome},
};

/// The abonent's phone rings from the start of the script.
fn rung(s: &mut Stage<'_>) -> Leg {
    let session = s.session();
    let (target, party) = (s.who.user_id.clone(), s.party());
    let mut leg = s.leg(&target, &session, "Terminator", party, 0);
    if let Some(line) = s.line.clone() {
        // A line given for a direct call: the number was connected straight to the abonent.
        super::line::through(&mut leg, &line, false);
    }
    s.ring(&leg);
    leg
}

fn finish(s: &mut Stage<'_>, leg: &Leg, outcome: Outcome) {
    let to = s.line.as_ref().map(|l| e164(&l.phone));
    let part = Stage::part(leg, outcome, to);
    s.end(&leg.view.tracking_id, Vec::new(), Direction::Incoming, vec![part]);
}

pub(super) fn answered(s: &mut Stage<'_>) {
    let mut leg = rung(s);
    let answer = s.ring_ms();
    s.answer(answer, &mut leg);
    let release = answer + s.talk_ms();
    s.release(release, &mut leg, End::Remote);
    finish(s, &leg, Outcome::Answered);
}

pub(super) fn missed(s: &mut Stage<'_>) {
    let mut leg = rung(s);
    let release = s.ring_out_ms();
    s.release(release, &mut leg, End::Remote);
    finish(s, &leg, Outcome::Missed);
}

pub(super) fn rejected(s: &mut Stage<'_>) {
    let mut leg = rung(s);
    s.release(4100, &mut leg, End::Failed("Busy", "110"));
    finish(s, &leg, Outcome::Rejected);
}

pub(super) fn unreachable(s: &mut Stage<'_>) {
    let mut leg = rung(s);
    s.release(180, &mut leg, End::Failed("Temporarily Unavailable", "111"));
    finish(s, &leg, Outcome::Unreachable);
}

/// The stage hides the number for this script's name.
pub(super) fn hidden(s: &mut Stage<'_>) {
    answered(s);
}

pub(super) fn held(s: &mut Stage<'_>) {
    let mut leg = rung(s);
    let answer = s.ring_ms();
    s.answer(answer, &mut leg);
    let held = answer + 10_000;
    hold(s, held, &mut leg);
    leg.view.state = "Active";
    leg.view.held = None;
    leg.view.total_held = Some(12_000);
    leg.view.allow_retrieve = false;
    s.emit(held + 12_000, Kind::CallRetrieved, &leg);
    let release = held + 12_000 + s.talk_ms();
    s.release(release, &mut leg, End::Local);
    finish(s, &leg, Outcome::Answered);
}

/// CallHeld.
pub(super) fn hold(s: &mut Stage<'_>, at: i64, leg: &mut Leg) {
    leg.view.state = "Held";
    leg.view.held = Some(at);
    leg.view.allow_retrieve = true;
    s.emit(at, Kind::CallHeld, leg);
}
