//! A script turned into a timeline: which event leaves when, and what is true at the end. Pure: the same company,
//! arguments and seed give the same plan.

use crate::{
    company::{Abonent, Company, Line},
    event::{CallView, Event, Kind, Mishap, Party},
    number::e164,
    options::TrackingFormat,
    rng::Rng,
    scripts::Args,
    truth::{Direction, Outcome, Part, Truth},
};

/// What happens at one point of a plan.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// An event leaves.
    Event(Event),
    /// A call is over: into the truth, the statistics and the records.
    End { truth: Box<Truth>, late_record: bool },
    /// Every live subscription gets a twin to the same address.
    OpenTwins,
    /// The twins end.
    CloseTwins,
    /// REST answers 503 with HTML, or stops doing so.
    Outage(bool),
    /// An ABONENT subscription begins, for the named abonent at the address given or at the newest subscription's.
    Subscribe { abonent: String, url: Option<String> },
    /// Subscriptions end by the PBX's own will: those of the abonent, or all.
    Terminate { abonent: Option<String> },
}

/// A point of a plan, milliseconds from its start.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) at: i64,
    pub(crate) what: What,
}

/// One leg while its script is written.
#[derive(Clone, Debug)]
pub(crate) struct Leg {
    /// userId of the abonent or system object.
    pub(crate) target: String,
    /// Present for abonents.
    pub(crate) abonent: Option<Abonent>,
    pub(crate) view: CallView,
}

/// How a leg ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// This abonent hung up.
    Local,
    /// The other side hung up.
    Remote,
    /// No reason told (answered elsewhere).
    Plain,
    /// `internalReleaseCause` and `cdrTerminationCause`.
    Failed(&'static str, &'static str),
}

/// Ids of one play: unique within the run, repeatable by seed.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    pub(crate) run: u64,
    pub(crate) play: u64,
    pub(crate) legs: u64,
    pub(crate) sessions: u64,
    pub(crate) format: TrackingFormat,
}

/// Where a script is written.
pub(crate) struct Stage<'a> {
    pub(crate) company: &'a Company,
    pub(crate) args: &'a Args,
    pub(crate) rng: Rng,
    pub(crate) ids: Ids,
    pub(crate) name: String,
    /// The abonent whom the script is about.
    pub(crate) who: Abonent,
    /// A second abonent.
    pub(crate) colleague: Abonent,
    /// The outside number, E.164, or a colleague's short number.
    pub(crate) number: String,
    /// The outside number is withheld.
    pub(crate) hidden: bool,
    /// Whose recording is on.
    pub(crate) recording: &'a dyn Fn(&str) -> bool,
    /// Click-to-call: `address` of CallOriginating is the operator's own.
    pub(crate) operator_address: bool,
    /// Click-to-call: the personality never becomes Originator.
    pub(crate) click_to_dial_kept: bool,
    pub(crate) late_record: bool,
    pub(crate) line: Option<Line>,
    pub(crate) steps: Vec<Step>,
    /// The session and first leg of the script, for the answer of click-to-call.
    pub(crate) first: Option<(String, String)>,
}

impl Stage<'_> {
    /// The id of a new session, in the run's format (reference 1.2).
    pub(crate) fn session(&mut self) -> String {
        self.ids.sessions += 1;
        match self.ids.format {
            TrackingFormat::Numbers => {
                // At most 8 digits, so that `n:m` keeps within the 12 characters of the older clients.
                let n = 10_000_000 + (self.ids.run % 70_000_000 + self.ids.play) % 90_000_000;
                format!("{n}:{}", self.ids.sessions)
            }
            TrackingFormat::Uuid => self.rng.uuid().to_string(),
        }
    }

    fn call_id(&mut self) -> String {
        self.ids.legs += 1;
        let n = 4_700_000_000 + (self.ids.run % 1_000_000) * 1_000_000 + self.ids.play * 1000 + self.ids.legs;
        format!("callhalf-{n}:0")
    }

    /// The outside party as events write it; a colleague when the number is an abonent's.
    pub(crate) fn party(&self) -> Party {
        if self.hidden {
            return Party {
                privacy: true,
                call_type: "Network",
                ..Party::default()
            };
        }
        match self.company.abonent(&self.number) {
            Some(colleague) => inside(colleague),
            None => outside(&self.number),
        }
    }

    /// A leg that begins at `at`. A network call id is given to legs with an outside party.
    pub(crate) fn leg(
        &mut self,
        target: &str,
        tracking: &str,
        personality: &'static str,
        remote: Party,
        at: i64,
    ) -> Leg {
        let call_id = self.call_id();
        let abonent = self.company.abonents.iter().find(|a| a.user_id == target).cloned();
        self.first.get_or_insert_with(|| (tracking.to_owned(), call_id.clone()));
        let network = (remote.call_type == "Network").then(|| {
            format!(
                "BW{:012}-{}@192.0.2.10",
                self.rng.below(1_000_000_000_000),
                self.ids.legs
            )
        });
        let view = CallView {
            call_id,
            tracking_id: tracking.to_owned(),
            network_call_id: network,
            personality,
            state: "Alerting",
            remote,
            start: at,
            ..CallView::default()
        };
        Leg {
            target: target.to_owned(),
            abonent,
            view,
        }
    }

    /// An event about one leg.
    pub(crate) fn emit(&mut self, at: i64, kind: Kind, leg: &Leg) {
        self.emit_all(at, kind, &leg.target, vec![leg.view.clone()]);
    }

    /// An event about several calls of one abonent.
    pub(crate) fn emit_all(&mut self, at: i64, kind: Kind, target: &str, calls: Vec<CallView>) {
        self.push(at, kind, target, calls, None);
    }

    /// HookStatus.
    pub(crate) fn hook(&mut self, at: i64, target: &str, status: &'static str) {
        self.push(at, Kind::HookStatus, target, Vec::new(), Some(status));
    }

    pub(crate) fn push(&mut self, at: i64, kind: Kind, target: &str, calls: Vec<CallView>, hook: Option<&'static str>) {
        let line = self.line.as_ref().map(|l| l.number_id.clone());
        let event = Event {
            kind,
            target: target.to_owned(),
            calls,
            hook,
            line,
            mishap: Mishap::default(),
        };
        self.steps.push(Step {
            at,
            what: What::Event(event),
        });
    }

    /// The leg's phone rings: CallReceived.
    pub(crate) fn ring(&mut self, leg: &Leg) {
        self.emit(leg.view.start, Kind::CallReceived, leg);
    }

    /// CallAnswered, for a person with HookStatus and, where recording is on, CallRecordingStarted.
    pub(crate) fn answer(&mut self, at: i64, leg: &mut Leg) {
        let v = &mut leg.view;
        v.state = "Active";
        v.answer = Some(at);
        v.redirections.clear();
        v.hunt_group = None;
        if let Some(abonent) = &leg.abonent {
            v.endpoint = Some(abonent.address_of_record());
            v.appearance = true;
            v.controls = true;
            v.recorded = (self.recording)(&abonent.user_id);
            // The order of hook and answer is not fixed (reference 2.8.1); an originator is off hook already.
            if v.personality == "Terminator" {
                self.hook(at - 40, &leg.target, "Off-Hook");
            }
        }
        self.emit(at, Kind::CallAnswered, leg);
        if leg.view.recorded {
            self.emit(at + 20, Kind::CallRecordingStarted, leg);
        }
    }

    /// CallReleased, with HookStatus where the phone was lifted.
    pub(crate) fn release(&mut self, at: i64, leg: &mut Leg, how: End) {
        let v = &mut leg.view;
        v.state = "Released";
        v.release = Some(at);
        v.appearance = false;
        v.allow_answer = false;
        v.held = None;
        v.redirections.clear();
        v.hunt_group = None;
        v.acd = None;
        v.releasing = match how {
            End::Local => Some("localRelease"),
            End::Remote => Some("remoteRelease"),
            End::Plain | End::Failed(..) => None,
        };
        v.cause = match how {
            End::Failed(cause, cdr) => Some((cause, cdr)),
            _ => None,
        };
        let lifted = leg.abonent.is_some() && (v.answer.is_some() || v.personality == "Originator");
        self.emit(at, Kind::CallReleased, leg);
        if lifted {
            self.hook(at + 30, &leg.target, "On-Hook");
        }
    }

    /// An abonent's part, from the finished leg. `to`: the number that was called.
    pub(crate) fn part(leg: &Leg, outcome: Outcome, to: Option<String>) -> Part {
        let v = &leg.view;
        let outgoing = v.personality != "Terminator";
        let own = leg.abonent.as_ref().map(|a| e164(&a.dn));
        let other = v.remote.address.clone();
        let (from, to) = if outgoing {
            (own, to.or(other))
        } else {
            (other, to.or(own))
        };
        Part {
            abonent: leg.target.clone(),
            outcome,
            outgoing,
            start: v.start,
            // A failed click-to-call's first leg was never answered by the other side.
            answer: v.answer,
            release: v.release.or(v.detached).unwrap_or(v.start),
            from,
            to,
            tracking_id: v.tracking_id.clone(),
            recorded: v.recorded && v.answer.is_some(),
        }
    }

    /// The call is over: it becomes part of the truth a moment after its last event.
    pub(crate) fn end(&mut self, tracking: &str, linked: Vec<String>, direction: Direction, parts: Vec<Part>) {
        let first = parts.iter().filter(|p| p.answer.is_some()).min_by_key(|p| p.answer);
        let party = match direction {
            Direction::Internal => Some(self.number.clone()),
            _ => (!self.hidden).then(|| e164(&self.number)),
        };
        let release = parts.iter().map(|p| p.release).max().unwrap_or_default();
        let truth = Truth {
            tracking_id: tracking.to_owned(),
            linked,
            script: self.name.clone(),
            direction,
            party,
            line: self.line.as_ref().map(|l| e164(&l.phone)),
            answered_by: first.map(|p| p.abonent.clone()),
            start: parts.iter().map(|p| p.start).min().unwrap_or_default(),
            answer: first.and_then(|p| p.answer),
            release,
            recorded: parts.iter().any(|p| p.recorded),
            parts,
        };
        let what = What::End {
            truth: Box::new(truth),
            late_record: self.late_record,
        };
        self.steps.push(Step { at: release + 50, what });
    }

    /// How long phones ring in this play, milliseconds.
    pub(crate) fn ring_ms(&mut self) -> i64 {
        let chosen = 4000 + self.rng.below(8000) as i64;
        self.args.ring_ms.map_or(chosen, |ms| ms.clamp(100, 600_000))
    }

    /// How long phones ring when nobody answers: as told, else longer than [`Self::ring_ms`].
    pub(crate) fn ring_out_ms(&mut self) -> i64 {
        let more = if self.args.ring_ms.is_some() { 0 } else { 12_000 };
        self.ring_ms() + more
    }

    /// How long people talk in this play, milliseconds.
    pub(crate) fn talk_ms(&mut self) -> i64 {
        let chosen = 15_000 + self.rng.below(60_000) as i64;
        self.args.talk_ms.map_or(chosen, |ms| ms.clamp(100, 43_200_000))
    }
}

/// An outside party (reference 2.5).
pub(crate) fn outside(number: &str) -> Party {
    Party {
        address: Some(e164(number)),
        call_type: "Network",
        ..Party::default()
    }
}

/// A colleague (reference 2.5).
pub(crate) fn inside(colleague: &Abonent) -> Party {
    let dn = e164(&colleague.dn);
    let user_dn = colleague
        .extension
        .as_ref()
        .map_or_else(|| dn.clone(), |short| format!("{dn};ext={short}"));
    Party {
        name: Some(colleague.name()),
        address: Some(colleague.extension.clone().unwrap_or(dn)),
        user_id: Some(colleague.user_id.clone()),
        user_dn: Some(user_dn),
        privacy: false,
        call_type: "Group",
    }
}
