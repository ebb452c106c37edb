//! Calls by an abonent: from the phone, by REST, to a colleague (reference 2.8.6 to 2.8.9).

use crate::{
    event::{Kind, Party},
    number::e164,
    plan::{End, Leg, Stage, inside, outside},
    truth::{Direction, Outcome, Part},
};

/// The abonent lifts the phone and dials: HookStatus, CallOriginated.
fn dialled(s: &mut Stage<'_>, party: Party) -> Leg {
    let session = s.session();
    let who = s.who.clone();
    s.hook(0, &who.user_id, "Off-Hook");
    let mut leg = s.leg(&who.user_id, &session, "Originator", party, 50);
    leg.view.endpoint = Some(who.address_of_record());
    leg.view.appearance = true;
    s.emit(50, Kind::CallOriginated, &leg);
    leg
}

/// The called side as an outgoing call sees it; withholding is the caller's doing, so it does not apply.
fn called(s: &Stage<'_>) -> Party {
    s.company.abonent(&s.number).map_or_else(|| outside(&s.number), inside)
}

fn finish(s: &mut Stage<'_>, leg: &Leg, outcome: Outcome) {
    s.hidden = false;
    let part = Stage::part(leg, outcome, None);
    s.end(&leg.view.tracking_id, Vec::new(), Direction::Outgoing, vec![part]);
}

pub(super) fn answered(s: &mut Stage<'_>) {
    let party = called(s);
    let mut leg = dialled(s, party);
    // S3: CallOriginated may come several times.
    s.emit(900, Kind::CallOriginated, &leg);
    let answer = 1000 + s.ring_ms();
    s.answer(answer, &mut leg);
    let release = answer + s.talk_ms();
    s.release(release, &mut leg, End::Local);
    finish(s, &leg, Outcome::Answered);
}

pub(super) fn cancelled(s: &mut Stage<'_>) {
    let party = called(s);
    let mut leg = dialled(s, party);
    let release = 1000 + s.ring_ms();
    s.release(release, &mut leg, End::Local);
    finish(s, &leg, Outcome::Cancelled);
}

pub(super) fn busy(s: &mut Stage<'_>) {
    let party = called(s);
    let mut leg = dialled(s, party);
    treatment(s, 3000, &mut leg);
    finish(s, &leg, Outcome::Busy);
}

/// The other side is busy: the abonent hears the tone for five seconds, then hangs up.
fn treatment(s: &mut Stage<'_>, at: i64, leg: &mut Leg) {
    leg.view.state = "Active";
    leg.view.cause = Some(("Busy", "111"));
    s.emit(at, Kind::CallReleasing, leg);
    s.release(at + 5000, leg, End::Failed("Busy", "111"));
}

/// How the two-leg sequence goes on after the abonent picked up.
enum Client {
    Answers,
    Busy,
    Silent,
}

/// The first leg: the abonent's phone rings.
fn clicked(s: &mut Stage<'_>) -> Leg {
    let session = s.session();
    let who = s.who.clone();
    let address = if s.operator_address {
        e164(&who.dn)
    } else {
        e164(&s.number)
    };
    let party = Party {
        address: Some(address),
        call_type: "Unknown",
        ..Party::default()
    };
    let mut leg = s.leg(&who.user_id, &session, "Click-to-Dial", party, 0);
    leg.view.appearance = true;
    s.emit(0, Kind::CallOriginating, &leg);
    leg.view.endpoint = Some(who.address_of_record());
    leg.view.allow_answer = true;
    s.emit(150, Kind::CallUpdated, &leg);
    leg
}

fn first_leg_fails(s: &mut Stage<'_>, at: i64, cause: &'static str, outcome: Outcome) {
    let mut leg = clicked(s);
    leg.view.endpoint = None;
    s.release(at, &mut leg, End::Failed(cause, "111"));
    finish(s, &leg, outcome);
}

pub(super) fn click_unanswered(s: &mut Stage<'_>) {
    first_leg_fails(s, 30_000, "Request Timeout", Outcome::NoAnswer);
}

pub(super) fn click_rejected(s: &mut Stage<'_>) {
    first_leg_fails(s, 3300, "Busy", Outcome::Rejected);
}

pub(super) fn click_forbidden(s: &mut Stage<'_>) {
    first_leg_fails(s, 2100, "Forbidden", Outcome::Rejected);
}

pub(super) fn click_answered(s: &mut Stage<'_>) {
    two_legs(s, Client::Answers);
}

pub(super) fn click_busy(s: &mut Stage<'_>) {
    two_legs(s, Client::Busy);
}

pub(super) fn click_no_answer(s: &mut Stage<'_>) {
    two_legs(s, Client::Silent);
}

/// A colleague's leg of the same session, for numbers that are an abonent's.
fn colleague_leg(s: &mut Stage<'_>, session: &str, at: i64) -> Option<Leg> {
    let colleague = s
        .company
        .abonent(&s.number)
        .filter(|a| a.user_id != s.who.user_id)?
        .clone();
    let caller = inside(&s.who);
    let leg = s.leg(&colleague.user_id, session, "Terminator", caller, at);
    s.ring(&leg);
    Some(leg)
}

fn two_legs(s: &mut Stage<'_>, client: Client) {
    let mut leg = clicked(s);
    let session = leg.view.tracking_id.clone();
    let up = 2500 + s.rng.below(3500) as i64;
    let target = leg.target.clone();
    s.hook(up - 20, &target, "Off-Hook");
    // Same callId and session; startTime may change, the address now is the client (2.8.8, example 23).
    if !s.click_to_dial_kept {
        leg.view.personality = "Originator";
    }
    leg.view.remote = called(s);
    leg.view.allow_answer = false;
    leg.view.start = up;
    if leg.view.remote.call_type == "Network" {
        leg.view.network_call_id = Some(format!("BW{:012}@192.0.2.10", s.rng.below(1_000_000_000_000)));
    }
    s.emit(up, Kind::CallOriginated, &leg);
    let mut other = colleague_leg(s, &session, up + 100);
    let (ring, ring_out) = (s.ring_ms(), s.ring_out_ms());
    let mut parts = Vec::new();
    let outcome = match client {
        Client::Answers => {
            s.answer(up + ring, &mut leg);
            if let Some(other) = &mut other {
                s.answer(up + ring - 10, other);
            }
            let release = up + ring + s.talk_ms();
            s.release(release, &mut leg, End::Remote);
            parts.extend(other_part(s, other, release, Outcome::Answered, End::Local));
            Outcome::Answered
        }
        Client::Busy => {
            treatment(s, up + 2000, &mut leg);
            parts.extend(other_part(
                s,
                other,
                up + 2000,
                Outcome::Rejected,
                End::Failed("Busy", "110"),
            ));
            Outcome::Busy
        }
        Client::Silent => {
            s.release(up + ring_out, &mut leg, End::Local);
            parts.extend(other_part(s, other, up + ring_out, Outcome::Missed, End::Remote));
            Outcome::NoAnswer
        }
    };
    // After CallReleased of a kept Click-to-Dial leg the phone is put down as well.
    if s.click_to_dial_kept && leg.view.answer.is_none() {
        let at = leg.view.release.unwrap_or_default() + 30;
        s.hook(at, &target, "On-Hook");
    }
    let direction = if parts.is_empty() {
        Direction::Outgoing
    } else {
        Direction::Internal
    };
    s.hidden = false;
    let mut mine = Stage::part(&leg, outcome, None);
    mine.start = 0;
    parts.insert(0, mine);
    s.end(&session, Vec::new(), direction, parts);
}

fn other_part(s: &mut Stage<'_>, leg: Option<Leg>, at: i64, outcome: Outcome, how: End) -> Option<Part> {
    let mut leg = leg?;
    s.release(at, &mut leg, how);
    Some(Stage::part(&leg, outcome, None))
}

fn to_colleague(s: &mut Stage<'_>) -> (Leg, Option<Leg>) {
    s.number = s.colleague.extension.clone().unwrap_or_else(|| s.colleague.dn.clone());
    s.hidden = false;
    let party = inside(&s.colleague);
    let leg = dialled(s, party);
    let session = leg.view.tracking_id.clone();
    let other = colleague_leg(s, &session, 150);
    (leg, other)
}

pub(super) fn internal(s: &mut Stage<'_>) {
    let (mut leg, mut other) = to_colleague(s);
    let answer = s.ring_ms();
    if let Some(other) = &mut other {
        s.answer(answer, other);
    }
    s.answer(answer + 10, &mut leg);
    let release = answer + s.talk_ms();
    s.release(release, &mut leg, End::Local);
    let theirs = other_part(s, other, release + 10, Outcome::Answered, End::Remote);
    both(s, &leg, Outcome::Answered, theirs);
}

pub(super) fn internal_missed(s: &mut Stage<'_>) {
    let (mut leg, other) = to_colleague(s);
    let release = s.ring_out_ms();
    s.release(release, &mut leg, End::Local);
    let theirs = other_part(s, other, release + 10, Outcome::Missed, End::Remote);
    both(s, &leg, Outcome::Cancelled, theirs);
}

fn both(s: &mut Stage<'_>, leg: &Leg, outcome: Outcome, theirs: Option<Part>) {
    let mut parts = vec![Stage::part(leg, outcome, None)];
    parts.extend(theirs);
    s.end(&leg.view.tracking_id, Vec::new(), Direction::Internal, parts);
}

/// `*21`: the PBX collects digits; no call comes of it.
pub(super) fn feature_code(s: &mut Stage<'_>) {
    let session = s.session();
    let who = s.who.clone();
    s.hook(0, &who.user_id, "Off-Hook");
    let party = Party {
        address: Some("*21".into()),
        call_type: "Unknown",
        ..Party::default()
    };
    let mut leg = s.leg(&who.user_id, &session, "Originator", party, 50);
    leg.view.endpoint = Some(who.address_of_record());
    leg.view.appearance = true;
    leg.view.state = "Active";
    s.emit(50, Kind::CallCollecting, &leg);
    s.release(6000, &mut leg, End::Local);
}
