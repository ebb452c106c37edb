//! A desk in a temporary folder, and snapshots to feed it with.

use perezvon_core::effect::Preferences;
use perezvon_core::snapshot::{
    AnsweredBy, CallSnapshot, Direction, LegSnapshot, LineSnapshot, Outcome, PartySnapshot, RecordingSnapshot,
};
use perezvon_core::{Number, Time};
use perezvon_desk::toast::{Toast, ToastKey, ToastOp};
use perezvon_desk::view::{CallNote, CallsFilter, ContactDraft, ContactKind, ContactNumber};
use perezvon_desk::{Desk, Language, Taken, Words, Zone};
use tempfile::TempDir;

pub(crate) const ME: &str = "9000000001@mpbx.sip.beeline.ru";
pub(crate) const IDENTITY: &str = "http://127.0.0.1:1 9000000001@mpbx.sip.beeline.ru";
pub(crate) const IVANOV: &str = "+79000000099";
pub(crate) const STRANGER: &str = "+79000000098";

/// 2026-01-31 14:32:00 in Moscow.
pub(crate) fn noon() -> Time {
    Time::from_ms(1_769_859_120_000)
}

pub(crate) fn words(language: Language) -> Words {
    Words {
        language,
        zone: Zone::Fixed(chrono::FixedOffset::east_opt(3 * 3600).unwrap()),
    }
}

pub(crate) struct Bench {
    pub(crate) desk: Desk,
    pub(crate) dir: TempDir,
    pub(crate) preferences: Preferences,
}

impl Bench {
    /// A desk whose mirror has seen its first backlog.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        desk.set_words(words(Language::Ru));
        // A day ago: what begins after that is no history.
        desk.set_clock(noon().plus(-24 * 3_600_000));
        desk.reset_mirror(IDENTITY).unwrap();
        assert!(desk.digest().unwrap().is_none(), "an empty backlog has no summary");
        desk.set_clock(noon());
        let preferences = Preferences {
            document_toast: false,
            ..Preferences::default()
        };
        Self { desk, dir, preferences }
    }

    pub(crate) fn take(&self, snapshots: &[CallSnapshot]) -> Taken {
        let now = snapshots
            .iter()
            .map(|s| s.updated_at)
            .max()
            .unwrap_or_else(noon)
            .max(noon());
        self.desk.take(snapshots, IDENTITY, &self.preferences, now).unwrap()
    }

    /// The operations of one snapshot.
    pub(crate) fn ops(&self, snapshot: &CallSnapshot) -> Vec<ToastOp> {
        self.take(std::slice::from_ref(snapshot)).toasts
    }

    /// The one toast that a snapshot shows.
    pub(crate) fn toast(&self, snapshot: &CallSnapshot) -> Toast {
        one_toast(self.ops(snapshot))
    }

    pub(crate) fn contact(&self, name: &str, company: &str, numbers: &[&str]) -> i64 {
        self.desk.save_contact(&draft(name, company, numbers)).unwrap().id
    }

    /// Writes a note about a call.
    pub(crate) fn note(&self, call: &str, note: &str) {
        let written = CallNote {
            note: note.to_owned(),
            ..CallNote::default()
        };
        self.desk.save_call_note(call, &written).unwrap();
    }

    /// The desk as after a kill: what the file system holds at this instant, opened again.
    pub(crate) fn killed(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(self.dir.path()).unwrap() {
            let entry = entry.unwrap();
            // The shared-memory file belongs to the processes that are gone.
            if !entry.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
            }
        }
        let desk = Desk::open(dir.path()).unwrap();
        desk.set_words(self.desk.words());
        desk.set_clock(self.desk.now());
        Self {
            desk,
            dir,
            preferences: self.preferences,
        }
    }
}

/// As the window sends it: a mark, `all`, or those who wait.
pub(crate) fn filter(kind: &str, query: &str) -> CallsFilter {
    let marks = if matches!(kind, "all" | "waiting") {
        vec![]
    } else {
        vec![kind]
    };
    serde_json::from_value(serde_json::json!({ "marks": marks, "query": query, "waiting": kind == "waiting" })).unwrap()
}

pub(crate) fn draft(name: &str, company: &str, numbers: &[&str]) -> ContactDraft {
    let number = |display: &&str| ContactNumber {
        display: (*display).to_owned(),
        key: String::new(),
        label: String::new(),
    };
    ContactDraft {
        id: None,
        kind: ContactKind::ContactPerson,
        name: name.to_owned(),
        company: company.to_owned(),
        email: String::new(),
        note: String::new(),
        about: perezvon_desk::view::ContactAbout::default(),
        numbers: numbers.iter().map(number).collect(),
    }
}

/// The only operation, which must show something.
pub(crate) fn one_toast(mut ops: Vec<ToastOp>) -> Toast {
    assert_eq!(ops.len(), 1, "exactly one operation: {ops:?}");
    match ops.remove(0) {
        ToastOp::Show(toast) => toast,
        ToastOp::Close(key) => panic!("a toast was expected, not the end of {key:?}"),
    }
}

/// The shown toast among several operations.
pub(crate) fn shown(ops: &[ToastOp]) -> Vec<&Toast> {
    ops.iter()
        .filter_map(|op| match op {
            ToastOp::Show(toast) => Some(toast),
            ToastOp::Close(_) => None,
        })
        .collect()
}

pub(crate) fn closed(ops: &[ToastOp]) -> Vec<&ToastKey> {
    ops.iter()
        .filter_map(|op| match op {
            ToastOp::Close(key) => Some(key),
            ToastOp::Show(_) => None,
        })
        .collect()
}

/// Title and lines, one per line.
pub(crate) fn text(toast: &Toast) -> String {
    std::iter::once(&toast.title)
        .chain(&toast.lines)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n")
}

/// Labels of the buttons.
pub(crate) fn buttons(toast: &Toast) -> Vec<&str> {
    toast.buttons.iter().map(|button| button.label.as_str()).collect()
}

fn leg(state: &str) -> LegSnapshot {
    LegSnapshot {
        call_id: Some("callhalf-1:0".to_owned()),
        abonent: Some(ME.to_owned()),
        personality: Some("Terminator".to_owned()),
        state: Some(state.to_owned()),
        ..LegSnapshot::default()
    }
}

/// An incoming call that rings, 8 s after it began; `version` also moves its start by as many minutes.
pub(crate) fn ringing(id: &str, version: i64, number: &str) -> CallSnapshot {
    let start = noon().plus((version - 1) * 60_000);
    let parsed = Number::parse(number);
    CallSnapshot {
        id: id.to_owned(),
        version,
        account: "main".to_owned(),
        tracking_id: Some(format!("900201:{id}")),
        direction: Direction::Incoming,
        outcome: Outcome::Ringing,
        uncertain: false,
        party: PartySnapshot {
            number: parsed.told(),
            ext: parsed.ext().map(str::to_owned),
            display: Some(format!("tel:{number}")),
            name: None,
            hidden: number.is_empty(),
            internal: parsed.is_internal(),
        },
        line: Some(LineSnapshot {
            number: Some("+79000000050".to_owned()),
            name: Some("Отдел продаж".to_owned()),
            queue: None,
        }),
        abonent: Some(ME.to_owned()),
        answered_by: None,
        started_at: Some(start),
        answered_at: None,
        ended_at: None,
        wait_ms: None,
        talk_ms: None,
        recording: RecordingSnapshot::default(),
        talked_later: None,
        claim: None,
        superseded_by: None,
        linked: Vec::new(),
        request: None,
        updated_at: start.plus(500),
        legs: vec![leg("Alerting")],
    }
}

fn over(mut call: CallSnapshot, version: i64, outcome: Outcome) -> CallSnapshot {
    let start = call.started_at.unwrap();
    call.version = version;
    call.outcome = outcome;
    call.ended_at = Some(start.plus(18_000));
    call.wait_ms = Some(18_000);
    call.updated_at = start.plus(18_500);
    call.legs = vec![leg("Released")];
    call
}

/// The call was missed after 18 s.
pub(crate) fn missed(call: &CallSnapshot, version: i64) -> CallSnapshot {
    over(call.clone(), version, Outcome::Missed)
}

/// A colleague answered after 18 s.
pub(crate) fn answered_by(call: &CallSnapshot, version: i64, name: &str) -> CallSnapshot {
    let mut call = over(call.clone(), version, Outcome::AnsweredBy);
    call.answered_by = Some(AnsweredBy {
        abonent: None,
        name: Some(name.to_owned()),
    });
    call.answered_at = call.ended_at;
    call
}

/// The abonent answered after 8 s.
pub(crate) fn talking(call: &CallSnapshot, version: i64) -> CallSnapshot {
    let mut call = call.clone();
    call.version = version;
    call.outcome = Outcome::Talking;
    call.answered_at = call.started_at.map(|start| start.plus(8_000));
    call.wait_ms = Some(8_000);
    call.updated_at = call.started_at.unwrap().plus(8_500);
    call.legs = vec![leg("Active")];
    call
}

/// The conversation of 3:41 is over.
pub(crate) fn ended(call: &CallSnapshot, version: i64) -> CallSnapshot {
    let mut call = talking(call, version);
    call.outcome = Outcome::Ended;
    call.talk_ms = Some(221_000);
    call.ended_at = call.answered_at.map(|answer| answer.plus(221_000));
    call.updated_at = call.ended_at.unwrap().plus(500);
    call.legs = vec![leg("Released")];
    call
}

/// A call placed from the desk, in its own phone's ringing.
pub(crate) fn placed(id: &str, version: i64, number: &str, request: &str) -> CallSnapshot {
    let mut call = ringing(id, version, number);
    call.direction = Direction::Outgoing;
    call.request = Some(request.to_owned());
    call.line = None;
    call.legs[0].personality = Some("Click-to-Dial".to_owned());
    call
}

/// The own phone was picked up, the far side is dialled.
pub(crate) fn dialled(call: &CallSnapshot, version: i64) -> CallSnapshot {
    let mut call = call.clone();
    call.version = version;
    call.updated_at = call.updated_at.plus(1000);
    call.legs[0].personality = Some("Originator".to_owned());
    call
}

/// Old news: by `hours` older than it says.
pub(crate) fn aged(mut call: CallSnapshot, hours: i64) -> CallSnapshot {
    let earlier = |time: Time| time.plus(-hours * 3_600_000);
    call.started_at = call.started_at.map(earlier);
    call.answered_at = call.answered_at.map(earlier);
    call.ended_at = call.ended_at.map(earlier);
    call.updated_at = earlier(call.updated_at);
    call
}
