//! Calls to a line: hunt groups, voice menu, call centre (reference 2.8.4, 2.8.5). The system objects report too.

use crate::{
    company::{Abonent, Line, LineKind},
    event::{Acd, Party, Redirection},
    number::e164,
    plan::{End, Leg, Stage, outside},
    truth::{Direction, Outcome, Part},
};

/// How long one agent or one member of a sequential group rings, milliseconds (the 18 s of reference 2.6).
const TURN_MS: i64 = 18_000;

/// Marks a leg as having come through a line: redirections, most recent first, and `huntGroupUserId` (example 04).
pub(super) fn through(leg: &mut Leg, line: &Line, by_group: bool) {
    let party = |name: &str, address: &str, user_id: &str| Party {
        name: Some(format!("{name} {name}")),
        address: Some(address.to_owned()),
        user_id: Some(user_id.to_owned()),
        call_type: "Group",
        ..Party::default()
    };
    let system = |reason| Redirection {
        party: party(&line.name, &line.extension, &line.system_id),
        reason,
        counter: None,
    };
    let number = Redirection {
        party: party(&line.phone, &e164(&line.phone), &line.number_id),
        reason: "unconditional",
        counter: Some(1),
    };
    leg.view.redirections = match (by_group, line.kind) {
        (false, _) => vec![number],
        (true, LineKind::HuntGroup) => vec![system("hunt-group"), number],
        (true, LineKind::CallCentre) => vec![system("call-center")],
    };
    leg.view.hunt_group = by_group.then(|| line.system_id.clone());
}

/// A call to a line while it is written.
struct Session {
    id: String,
    line: Line,
    system: Leg,
    parts: Vec<Part>,
    /// Members in ringing order, the abonent last.
    members: Vec<Abonent>,
}

/// The call reaches the system object at once, which takes it after 300 ms.
fn begin(s: &mut Stage<'_>) -> Session {
    let id = s.session();
    let line = s.line.clone().unwrap_or_else(|| s.company.lines[0].clone());
    let party = s.party();
    let mut system = s.leg(&line.system_id, &id, "Terminator", party, 0);
    s.ring(&system);
    s.answer(300, &mut system);
    let mut members: Vec<_> = line.members.iter().map(|i| s.company.abonents[*i].clone()).collect();
    members.retain(|m| m.user_id != s.who.user_id);
    members.push(s.who.clone());
    Session {
        id,
        line,
        system,
        parts: Vec::new(),
        members,
    }
}

impl Session {
    fn offer(&self, s: &mut Stage<'_>, member: &Abonent, at: i64) -> Leg {
        let party = s.party();
        let mut leg = s.leg(&member.user_id, &self.id, "Terminator", party, at);
        through(&mut leg, &self.line, true);
        if self.line.kind == LineKind::CallCentre {
            let calling = if s.hidden {
                leg.view.remote.clone()
            } else {
                outside(&s.number)
            };
            // The centre puts its own name before the caller's (reference 2.5, acdCallInfo).
            leg.view.remote.name = Some(self.line.name.clone());
            leg.view.acd = Some(Acd {
                user_id: self.line.system_id.clone(),
                name: self.line.name.clone(),
                number: e164(&self.line.phone),
                wait_s: at / 1000,
                calling,
            });
        }
        s.ring(&leg);
        leg
    }

    fn note(&mut self, leg: &Leg, outcome: Outcome) {
        self.parts.push(Stage::part(leg, outcome, Some(e164(&self.line.phone))));
    }

    fn talk(&mut self, s: &mut Stage<'_>, leg: &mut Leg, answer: i64) {
        s.answer(answer, leg);
        let release = answer + s.talk_ms();
        s.release(release, leg, End::Remote);
        self.note(leg, Outcome::Answered);
        self.close(s, release + 10);
    }

    /// The system object's release ends the whole call (S5, example 38).
    fn close(&mut self, s: &mut Stage<'_>, at: i64) {
        s.release(at, &mut self.system, End::Remote);
        s.end(
            &self.id,
            Vec::new(),
            Direction::Incoming,
            std::mem::take(&mut self.parts),
        );
    }
}

fn together(s: &mut Stage<'_>, mut session: Session, begin: i64) {
    let members = session.members.clone();
    let mut legs: Vec<_> = members
        .iter()
        .enumerate()
        .map(|(i, m)| session.offer(s, m, begin + i as i64 * 15))
        .collect();
    let answer = begin + s.ring_ms();
    let Some(mut mine) = legs.pop() else { return };
    for (i, leg) in legs.iter_mut().enumerate() {
        s.release(answer + 50 + i as i64, leg, End::Plain);
        session.note(leg, Outcome::AnsweredByColleague);
    }
    session.talk(s, &mut mine, answer);
}

pub(super) fn answered(s: &mut Stage<'_>) {
    let session = begin(s);
    together(s, session, 500);
}

/// A voice menu answers first, then hands over to the group.
pub(super) fn menu(s: &mut Stage<'_>) {
    let session = begin(s);
    let party = s.party();
    let menu = session.line.system_id.replace("_hg_", "_vxml_");
    let mut voice = s.leg(&menu, &session.id, "Terminator", party, 400);
    s.ring(&voice);
    s.answer(450, &mut voice);
    s.release(9000, &mut voice, End::Plain);
    together(s, session, 9100);
}

pub(super) fn sequential(s: &mut Stage<'_>) {
    let mut session = begin(s);
    let members = session.members.clone();
    let mut at = 500;
    let last = members.len() - 1;
    for member in &members[..last] {
        let mut leg = session.offer(s, member, at);
        at += TURN_MS;
        s.release(at, &mut leg, End::Remote);
        session.note(&leg, Outcome::AnsweredByColleague);
        at += 100;
    }
    let mut leg = session.offer(s, &members[last], at);
    let answer = at + s.ring_ms();
    session.talk(s, &mut leg, answer);
}

pub(super) fn missed(s: &mut Stage<'_>) {
    let mut session = begin(s);
    let members = session.members.clone();
    let mut legs: Vec<_> = members
        .iter()
        .enumerate()
        .map(|(i, m)| session.offer(s, m, 500 + i as i64 * 15))
        .collect();
    let end = 500 + s.ring_out_ms();
    for (i, leg) in legs.iter_mut().enumerate() {
        s.release(end + i as i64, leg, End::Remote);
        session.note(leg, Outcome::Missed);
    }
    session.close(s, end + 50);
}

/// Offers the call to every agent but the last. They decline, are away or let it ring, by turns; returns the time.
fn offer_in_turn(s: &mut Stage<'_>, session: &mut Session, otherwise: Outcome) -> i64 {
    let agents = session.members.clone();
    let mut at = 7000;
    for (i, agent) in agents[..agents.len() - 1].iter().enumerate() {
        let mut leg = session.offer(s, agent, at);
        let (ms, how, outcome) = match i % 3 {
            0 => (3000, End::Failed("Busy", "110"), Outcome::Rejected),
            1 => (TURN_MS, End::Remote, otherwise),
            _ => (180, End::Failed("Temporarily Unavailable", "111"), Outcome::Unreachable),
        };
        at += ms;
        s.release(at, &mut leg, how);
        session.note(&leg, outcome);
        at += 500;
    }
    at
}

pub(super) fn callcentre(s: &mut Stage<'_>) {
    let mut session = begin(s);
    let at = offer_in_turn(s, &mut session, Outcome::AnsweredByColleague);
    let who = s.who.clone();
    let mut leg = session.offer(s, &who, at);
    let answer = at + s.ring_ms();
    session.talk(s, &mut leg, answer);
}

pub(super) fn callcentre_missed(s: &mut Stage<'_>) {
    let mut session = begin(s);
    let at = offer_in_turn(s, &mut session, Outcome::Missed);
    let who = s.who.clone();
    let mut leg = session.offer(s, &who, at);
    let end = at + s.ring_ms();
    s.release(end, &mut leg, End::Remote);
    session.note(&leg, Outcome::Missed);
    session.close(s, end + 20);
}
