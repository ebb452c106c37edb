//! Calls that go on elsewhere: transfers and forwarding (reference 2.7, 2.8.10).

use crate::{
    event::{CallView, Kind, Redirect},
    number::e164,
    plan::{End, Leg, Stage, inside, outside},
    scripts::incoming::hold,
    truth::{Direction, Outcome},
};

/// An incoming call that the abonent has answered; returns the leg and the time of the answer.
fn talking(s: &mut Stage<'_>) -> (Leg, i64) {
    let session = s.session();
    let (target, party) = (s.who.user_id.clone(), s.party());
    let mut leg = s.leg(&target, &session, "Terminator", party, 0);
    s.ring(&leg);
    let answer = s.ring_ms();
    s.answer(answer, &mut leg);
    (leg, answer)
}

fn short(s: &Stage<'_>) -> String {
    s.colleague.extension.clone().unwrap_or_else(|| e164(&s.colleague.dn))
}

/// The address that a redirect names; withheld numbers leave an empty user part.
fn outside_address(s: &Stage<'_>) -> String {
    if s.hidden { "anonymous".into() } else { e164(&s.number) }
}

pub(super) fn detached(leg: &mut Leg, at: i64, address: String, reason: &'static str) -> CallView {
    let v = &mut leg.view;
    v.state = "Detached";
    v.held = None;
    v.allow_retrieve = false;
    v.appearance = false;
    v.detached = Some(at);
    v.redirect = Some(Redirect { address, reason, at });
    v.clone()
}

pub(super) fn consultative(s: &mut Stage<'_>) {
    let (mut client, answer) = talking(s);
    let held = answer + 15_000;
    hold(s, held, &mut client);
    // The consultation is a session of its own: abonent (Originator) and colleague (Terminator).
    let second = s.session();
    let (who, colleague) = (s.who.clone(), s.colleague.clone());
    let mut asking = s.leg(&who.user_id, &second, "Originator", inside(&colleague), held + 1000);
    asking.view.endpoint = Some(who.address_of_record());
    asking.view.appearance = true;
    s.emit(held + 1000, Kind::CallOriginated, &asking);
    let mut asked = s.leg(&colleague.user_id, &second, "Terminator", inside(&who), held + 1100);
    s.ring(&asked);
    let agreed = held + 6000;
    s.answer(agreed, &mut asked);
    s.answer(agreed + 10, &mut asking);
    let handed = agreed + 14_000;
    client.view.total_held = Some(handed - held);
    let (to_colleague, to_client) = (short(s), outside_address(s));
    let views = vec![
        detached(&mut client, handed, to_colleague, "transfer"),
        detached(&mut asking, handed, to_client, "transfer"),
    ];
    s.emit_all(handed, Kind::CallRedirected, &who.user_id, views);
    // The colleague's leg moves into the client's session (example 29).
    let asked_session = asked.view.tracking_id.clone();
    asked.view.tracking_id.clone_from(&client.view.tracking_id);
    asked.view.remote = s.party();
    s.emit(handed + 20, Kind::CallTransferred, &asked);
    let release = handed + s.talk_ms();
    s.release(release, &mut asked, End::Remote);
    s.release(release + 10, &mut client, End::Plain);
    s.release(release + 20, &mut asking, End::Plain);
    let mut mine = Stage::part(&client, Outcome::Transferred, None);
    mine.release = handed;
    let mut theirs = Stage::part(&asked, Outcome::Answered, None);
    // The colleague talks with the client from the hand-over on; before that, with the abonent.
    theirs.answer = Some(agreed);
    s.end(
        &client.view.tracking_id,
        vec![asked_session],
        Direction::Incoming,
        vec![mine, theirs],
    );
}

pub(super) fn blind(s: &mut Stage<'_>) {
    let (mut client, answer) = talking(s);
    let handed = answer + 15_000;
    let who = s.who.clone();
    let to = short(s);
    let view = detached(&mut client, handed, to, "transfer");
    s.emit_all(handed, Kind::CallRedirected, &who.user_id, vec![view]);
    // BASIC sees only the release of the abonent's leg (reference 2.7).
    s.release(handed + 20, &mut client, End::Local);
    let (colleague, party) = (s.colleague.clone(), s.party());
    let mut next = s.leg(
        &colleague.user_id,
        &client.view.tracking_id.clone(),
        "Terminator",
        party,
        handed + 100,
    );
    s.ring(&next);
    let picked = handed + 100 + s.ring_ms();
    s.answer(picked, &mut next);
    let release = picked + s.talk_ms();
    s.release(release, &mut next, End::Remote);
    let mut mine = Stage::part(&client, Outcome::Transferred, None);
    mine.release = handed;
    let theirs = Stage::part(&next, Outcome::Answered, None);
    s.end(
        &client.view.tracking_id,
        Vec::new(),
        Direction::Incoming,
        vec![mine, theirs],
    );
}

pub(super) fn forward(s: &mut Stage<'_>) {
    let session = s.session();
    let (who, colleague, party) = (s.who.clone(), s.colleague.clone(), s.party());
    let mut first = s.leg(&who.user_id, &session, "Terminator", party.clone(), 0);
    s.ring(&first);
    let moved = 20_000;
    let to = short(s);
    let view = detached(&mut first, moved, to, "no-answer");
    s.emit_all(moved, Kind::CallRedirected, &who.user_id, vec![view]);
    s.release(moved + 20, &mut first, End::Plain);
    let mut second = s.leg(&colleague.user_id, &session, "Terminator", party, moved + 100);
    second.view.redirections = vec![crate::event::Redirection {
        party: inside(&who),
        reason: "no-answer",
        counter: Some(1),
    }];
    s.ring(&second);
    let answer = moved + 100 + s.ring_ms();
    s.answer(answer, &mut second);
    let release = answer + s.talk_ms();
    s.release(release, &mut second, End::Remote);
    let mut mine = Stage::part(&first, Outcome::Forwarded, None);
    mine.release = moved;
    let theirs = Stage::part(&second, Outcome::Answered, None);
    s.end(&session, Vec::new(), Direction::Incoming, vec![mine, theirs]);
}

pub(super) fn internal_forwarded(s: &mut Stage<'_>) {
    let session = s.session();
    let (who, colleague) = (s.who.clone(), s.colleague.clone());
    s.hidden = false;
    s.hook(0, &who.user_id, "Off-Hook");
    let mut leg = s.leg(&who.user_id, &session, "Originator", inside(&colleague), 50);
    leg.view.endpoint = Some(who.address_of_record());
    leg.view.appearance = true;
    s.emit(50, Kind::CallOriginated, &leg);
    s.emit(250, Kind::CallForwarded, &leg);
    let answer = 250 + s.ring_ms();
    leg.view.remote = outside(&s.number);
    s.answer(answer, &mut leg);
    let release = answer + s.talk_ms();
    s.release(release, &mut leg, End::Local);
    let part = Stage::part(&leg, Outcome::Answered, None);
    s.end(&session, Vec::new(), Direction::Outgoing, vec![part]);
}
