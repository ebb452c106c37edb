//! The named scripts: the sequences of reference 2.8, and the faults of its part 4 as modifiers.
//!
//! A modifier is given in [`Args::faults`] or after the name: `incoming-answered+duplicate+line-breaks`.

mod catalogue;
mod faulty;
pub(crate) mod handover;
mod incoming;
mod line;
mod outgoing;
mod transfer;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

pub use catalogue::{SCRIPTS, Script};
pub use faulty::MODIFIERS;

use crate::{
    company::{Abonent, Company, Line},
    number::{digits, e164},
    options::TrackingFormat,
    plan::{Ids, Stage, Step},
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
    let script = SCRIPTS
        .iter()
        .find(|s| s.name == plain)
        .with_context(|| format!("no script named {plain:?}"))?;
    let faults: Vec<&str> = suffixes
        .split('+')
        .filter(|s| !s.is_empty())
        .chain(args.faults.iter().map(String::as_str))
        .collect();
    if let Some(unknown) = faults.iter().find(|f| !MODIFIERS.iter().any(|(name, _)| name == *f)) {
        bail!("no modifier named {unknown:?}");
    }
    let mut stage = stage(script, args, turn, context, &faults)?;
    (script.write)(&mut stage);
    let Stage {
        mut steps,
        first,
        mut rng,
        ..
    } = stage;
    steps.sort_by_key(|s| s.at);
    faulty::spoil(&mut steps, &faults, &mut rng);
    Ok(Written { steps, first })
}

fn stage<'a>(
    script: &Script,
    args: &'a Args,
    turn: u32,
    context: &Context<'a>,
    faults: &[&str],
) -> anyhow::Result<Stage<'a>> {
    let company = context.company;
    let mut rng = args.seed.map_or_else(
        || Rng::fork(context.seed, context.play),
        |seed| Rng::fork(seed, u64::from(turn)),
    );
    let (who, colleague) = abonents(company, args)?;
    let chosen = format!("+7900100{:04}", 1000 + rng.below(9000));
    let number = match args.number.as_deref() {
        None | Some("hidden") => chosen,
        Some(number) => moved_on(number, turn)?,
    };
    let has = |fault: &str| faults.contains(&fault);
    Ok(Stage {
        company,
        args,
        rng,
        ids: Ids {
            run: context.seed,
            play: context.play,
            legs: 0,
            sessions: 0,
            format: context.format,
        },
        name: std::iter::once(script.name)
            .chain(faults.iter().copied())
            .collect::<Vec<_>>()
            .join("+"),
        who,
        colleague,
        number,
        hidden: script.name == "hidden-number" || args.number.as_deref() == Some("hidden") || has("withheld"),
        recording: context.recording,
        operator_address: has("operator-address"),
        click_to_dial_kept: has("click-to-dial-kept"),
        late_record: has("late-record"),
        line: called_line(company, script, args)?.cloned(),
        steps: Vec::new(),
        first: None,
    })
}

/// The abonent whose call it is and a colleague: those that the arguments name, else the first two.
fn abonents(company: &Company, args: &Args) -> anyhow::Result<(Abonent, Abonent)> {
    let find = |pattern: &str| {
        company
            .abonent(pattern)
            .with_context(|| format!("no abonent {pattern:?}"))
    };
    let first = company.abonents.first().context("the company has no abonents")?;
    let who = args.abonent.as_deref().map_or(Ok(first), find)?;
    let another = company
        .abonents
        .iter()
        .find(|a| a.user_id != who.user_id)
        .unwrap_or(first);
    let colleague = args.colleague.as_deref().map_or(Ok(another), find)?;
    Ok((who.clone(), colleague.clone()))
}

/// The line that is called: the one that the arguments name, else the first of the script's kind.
fn called_line<'c>(company: &'c Company, script: &Script, args: &Args) -> anyhow::Result<Option<&'c Line>> {
    match (script.line, args.line.as_deref()) {
        (_, Some(pattern)) => {
            let named = company.line(pattern);
            named.with_context(|| format!("no line {pattern:?}")).map(Some)
        }
        (Some(kind), None) => {
            let of_kind = company.lines.iter().find(|l| l.kind == kind);
            of_kind.context("no line of that kind").map(Some)
        }
        (None, None) => Ok(None),
    }
}

/// A stage on which a call that already runs is written on.
///
/// Errors: an unknown abonent.
pub(crate) fn stage_on<'a>(args: &'a Args, context: &Context<'a>) -> anyhow::Result<Stage<'a>> {
    stage(&handover::SCRIPT, args, 0, context, &[])
}

/// The number `turn` places on, so that `count` calls come from different callers.
fn moved_on(number: &str, turn: u32) -> anyhow::Result<String> {
    let digits = digits(number);
    if digits.is_empty() || digits.len() > 15 {
        bail!("not a number");
    }
    let value: u64 = digits.parse().context("not a number")?;
    Ok(e164(&format!(
        "{:0width$}",
        value + u64::from(turn),
        width = digits.len()
    )))
}
