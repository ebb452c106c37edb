//! The named scripts: the sequences of reference 2.8, and the faults of its part 4 as modifiers.
//!
//! A modifier is given in [`Args::faults`] or after the name: `incoming-answered+duplicate+line-breaks`.

mod faulty;
mod incoming;
mod line;
mod outgoing;
mod transfer;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

pub use faulty::MODIFIERS;

use crate::{
    company::{Company, LineKind},
    event::Kind,
    number::{digits, e164},
    options::TrackingFormat,
    plan::{Ids, Stage, Step, What},
    rng::Rng,
};

/// What a script may be told. Everything has a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Args {
    /// The abonent concerned: userId, phone or extension. Default: the first abonent.
    pub abonent: Option<String>,
    /// A second abonent (internal call, transfer, forward). Default: the second abonent, or the first.
    pub colleague: Option<String>,
    /// The other party's number, in any form; `hidden` for a withheld one. Default: an outside number by seed.
    pub number: Option<String>,
    /// The inbound line: numberId, number or extension. Default: the first of the script's kind.
    pub line: Option<String>,
    /// Seed of this play. Default: from the run's seed and the play's place in the run.
    pub seed: Option<u64>,
    /// How many calls, each from the next number. Default 1, at most 100,000.
    pub count: Option<u32>,
    /// Milliseconds of script time between the starts of `count` calls. Default 1000.
    pub gap_ms: Option<i64>,
    /// How long phones ring, milliseconds of script time. Default by seed, 4 to 12 s.
    pub ring_ms: Option<i64>,
    /// How long people talk, milliseconds of script time. Default by seed, 15 to 75 s.
    pub talk_ms: Option<i64>,
    /// Modifiers, see [`MODIFIERS`].
    pub faults: Vec<String>,
    /// Where the subscription made by `subscription-start` delivers. Default: the newest subscription's address.
    pub url: Option<String>,
}

/// One script by name.
#[derive(Clone, Copy)]
pub struct Script {
    /// Its name.
    pub name: &'static str,
    /// What it plays.
    pub what: &'static str,
    line: Option<LineKind>,
    write: fn(&mut Stage<'_>),
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

const fn script(name: &'static str, what: &'static str, write: fn(&mut Stage<'_>)) -> Script {
    Script { name, what, line: None, write }
}

const fn on_line(name: &'static str, what: &'static str, line: LineKind, write: fn(&mut Stage<'_>)) -> Script {
    Script { name, what, line: Some(line), write }
}

/// All scripts.
pub const SCRIPTS: &[Script] = &[
    script("incoming-answered", "an outside caller, answered (2.8.1)", incoming::answered),
    script("incoming-missed", "an outside caller gives up (2.8.2)", incoming::missed),
    script("incoming-rejected", "the abonent presses reject (2.8.3)", incoming::rejected),
    script("unreachable", "the abonent's phone is off: Temporarily Unavailable (2.6)", incoming::unreachable),
    script("hidden-number", "an outside caller who withholds the number, answered", incoming::hidden),
    script("held", "an answered call, put on hold and taken back (ADVANCED)", incoming::held),
    on_line("group-answered", "a hunt group whose members ring together; the abonent answers (2.8.4)", LineKind::HuntGroup, line::answered),
    on_line("group-sequential", "a hunt group whose members ring one after another; the abonent answers (2.8.4)", LineKind::HuntGroup, line::sequential),
    on_line("group-missed", "a hunt group that nobody answers; the _hg_ leg answered (2.8.4)", LineKind::HuntGroup, line::missed),
    on_line("multichannel", "a multichannel number with a voice menu (_vxml) before the group; answered (2.8.4)", LineKind::HuntGroup, line::menu),
    on_line("callcentre", "agent by agent; the abonent is the last and answers (2.8.5)", LineKind::CallCentre, line::callcentre),
    on_line("callcentre-missed", "agent by agent, nobody answers, the caller gives up (2.8.5)", LineKind::CallCentre, line::callcentre_missed),
    script("outgoing-answered", "dialled at the phone, answered (2.8.6)", outgoing::answered),
    script("outgoing-cancelled", "dialled at the phone, the abonent hangs up first", outgoing::cancelled),
    script("outgoing-busy", "dialled at the phone, the other side is busy (2.8.7)", outgoing::busy),
    script("click-to-call", "call by REST: the abonent picks up, then the client (2.8.8)", outgoing::click_answered),
    script("click-to-call-unanswered", "call by REST: the abonent does not pick up (Request Timeout, 111)", outgoing::click_unanswered),
    script("click-to-call-rejected", "call by REST: the abonent rejects (Busy)", outgoing::click_rejected),
    script("click-to-call-forbidden", "call by REST: the abonent's soft phone rejects (Forbidden, 111)", outgoing::click_forbidden),
    script("click-to-call-busy", "call by REST: the abonent picks up, the client is busy", outgoing::click_busy),
    script("click-to-call-no-answer", "call by REST: the abonent picks up, the client never does", outgoing::click_no_answer),
    script("internal", "abonent calls colleague, answered; both sides report (2.8.9)", outgoing::internal),
    script("internal-missed", "abonent calls colleague, who does not answer", outgoing::internal_missed),
    script("feature-code", "a feature code is dialled (CallCollecting)", outgoing::feature_code),
    script("consultative-transfer", "the abonent asks a colleague and hands the call over (ADVANCED, 2.8.10)", transfer::consultative),
    script("blind-transfer", "the abonent hands the call over without asking", transfer::blind),
    script("forward-no-answer", "not answered, forwarded to the colleague, who answers", transfer::forward),
    script("internal-forwarded", "abonent calls colleague, whose phone forwards outside (CallForwarded, ADVANCED)", transfer::internal_forwarded),
    script("subscription-start", "an ABONENT subscription begins: CallSubscription, number 1 (2.8.11)", |s| {
        let what = What::Subscribe { abonent: s.who.user_id.clone(), url: s.args.url.clone() };
        s.steps.push(Step { at: 0, what });
    }),
    script("subscription-end", "subscriptions end by the PBX's will: the abonent's, or all (2.8.12)", |s| {
        let abonent = s.args.abonent.is_some().then(|| s.who.user_id.clone());
        s.steps.push(Step { at: 0, what: What::Terminate { abonent } });
    }),
    script("resync", "the PBX's server restarted: CallSubscriptionResync for the abonent", |s| {
        let target = s.who.user_id.clone();
        s.push(0, Kind::CallSubscriptionResync, &target, Vec::new(), Some("On-Hook"));
    }),
];

/// A script written: its timeline, and the session and first leg (none for scripts without a call).
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) steps: Vec<Step>,
    pub(crate) first: Option<(String, String)>,
}

/// What a script is written for.
pub(crate) struct Context<'a> {
    pub(crate) company: &'a Company,
    pub(crate) recording: &'a dyn Fn(&str) -> bool,
    pub(crate) seed: u64,
    pub(crate) play: u64,
    pub(crate) format: TrackingFormat,
}

/// Writes one call. `turn`: its place among `count` calls, which moves the number on.
///
/// Errors: an unknown script, modifier, abonent or line.
pub(crate) fn write(name: &str, args: &Args, turn: u32, context: &Context<'_>) -> anyhow::Result<Written> {
    let (plain, suffixes) = name.split_once('+').unwrap_or((name, ""));
    let script = SCRIPTS.iter().find(|s| s.name == plain).with_context(|| format!("no script named {plain:?}"))?;
    let faults: Vec<&str> =
        suffixes.split('+').filter(|s| !s.is_empty()).chain(args.faults.iter().map(String::as_str)).collect();
    if let Some(unknown) = faults.iter().find(|f| !MODIFIERS.iter().any(|(name, _)| name == *f)) {
        bail!("no modifier named {unknown:?}");
    }
    let mut stage = stage(script, args, turn, context, &faults)?;
    (script.write)(&mut stage);
    let Stage { mut steps, first, mut rng, .. } = stage;
    steps.sort_by_key(|s| s.at);
    faulty::spoil(&mut steps, &faults, &mut rng);
    Ok(Written { steps, first })
}

fn stage<'a>(script: &Script, args: &'a Args, turn: u32, context: &Context<'a>, faults: &[&str]) -> anyhow::Result<Stage<'a>> {
    let company = context.company;
    let mut rng = args.seed.map_or_else(|| Rng::fork(context.seed, context.play), |seed| Rng::fork(seed, u64::from(turn)));
    let find = |pattern: &str| company.abonent(pattern).with_context(|| format!("no abonent {pattern:?}"));
    let first = company.abonents.first().context("the company has no abonents")?;
    let who = args.abonent.as_deref().map_or(Ok(first), find)?.clone();
    let another = company.abonents.iter().find(|a| a.user_id != who.user_id).unwrap_or(first);
    let colleague = args.colleague.as_deref().map_or(Ok(another), find)?.clone();
    let chosen = format!("+7900100{:04}", 1000 + rng.below(9000));
    let number = match args.number.as_deref() {
        None | Some("hidden") => chosen,
        Some(number) => moved_on(number, turn)?,
    };
    let line = match (script.line, args.line.as_deref()) {
        (_, Some(pattern)) => Some(company.line(pattern).with_context(|| format!("no line {pattern:?}"))?),
        (Some(kind), None) => Some(company.lines.iter().find(|l| l.kind == kind).context("no line of that kind")?),
        (None, None) => None,
    };
    let has = |fault: &str| faults.contains(&fault);
    Ok(Stage {
        company,
        args,
        rng,
        ids: Ids { run: context.seed, play: context.play, legs: 0, sessions: 0, format: context.format },
        name: std::iter::once(script.name).chain(faults.iter().copied()).collect::<Vec<_>>().join("+"),
        who,
        colleague,
        number,
        hidden: script.name == "hidden-number" || args.number.as_deref() == Some("hidden") || has("withheld"),
        recording: context.recording,
        operator_address: has("operator-address"),
        click_to_dial_kept: has("click-to-dial-kept"),
        late_record: has("late-record"),
        line: line.cloned(),
        steps: Vec::new(),
        first: None,
    })
}

/// The number `turn` places on, so that `count` calls come from different callers.
fn moved_on(number: &str, turn: u32) -> anyhow::Result<String> {
    let digits = digits(number);
    if digits.is_empty() || digits.len() > 15 {
        bail!("not a number");
    }
    let value: u64 = digits.parse().context("not a number")?;
    Ok(e164(&format!("{:0width$}", value + u64::from(turn), width = digits.len())))
}
