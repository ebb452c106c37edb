//! Any report over any calls in any time zone equals a reckoning that goes through all calls for every figure.

use super::{between, date};
use crate::common::{Bench, IDENTITY, draft, ringing};
use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;
use perezvon_core::snapshot::LineSnapshot;
use perezvon_core::{CallSnapshot, Direction, Outcome, Time};
use perezvon_desk::view::{CallsFilter, Grouping, Measure, Report, ReportFilter, ReportSettings};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Zones whose days have 23, 25, 23½ hours or begin at one o'clock, and some that never change.
const ZONES: [&str; 8] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Europe/Moscow",
    "Pacific/Apia",
];
/// Around the days on which one of them sets its clock.
const WEEKS: [&str; 6] = [
    "2026-03-05",
    "2026-03-26",
    "2026-04-02",
    "2026-10-22",
    "2026-10-29",
    "2026-02-12",
];

const NUMBERS: [&str; 6] = [
    "+79000000021",
    "+79000000022",
    "+79000000023",
    "+79000000024",
    "102",
    "",
];
/// Of the first two numbers; the third is of two people of one company.
const PEOPLE: [(&str, &str, &[&str]); 3] = [
    ("Орлова Марина", "ООО «Ромашка»", &["+79000000021", "+79000000022"]),
    ("Жуков Пётр", "ООО «Лютик»", &["+79000000023"]),
    ("Дубова Анна", "ООО «Лютик»", &["+79000000023"]),
];
const ABONENTS: [Option<&str>; 3] = [Some("9000000001@mpbx.sip.beeline.ru"), Some("9000000002@example"), None];
const LINES: [Option<&str>; 3] = [Some("Отдел продаж"), Some("Склад"), None];

/// A call as it is drawn: minutes since the week's beginning, and the places of the rest.
type Drawn = (i64, usize, usize, usize, usize, i64, i64);

fn drawn() -> impl Strategy<Value = Drawn> {
    (
        0..8 * 24 * 60_i64,
        0..6_usize,
        0..3_usize,
        0..3_usize,
        0..9_usize,
        0..2_000_i64,
        0..400_000_i64,
    )
}

fn snapshot(n: usize, week: NaiveDate, drawn: &Drawn) -> CallSnapshot {
    let (minute, number, abonent, line, kind, wait, talk) = *drawn;
    let start: Time = (week.and_hms_opt(0, 0, 0).unwrap().and_utc() + chrono::Duration::minutes(minute)).into();
    let (direction, outcome, answered) = match kind {
        0 | 1 => (Direction::Incoming, Outcome::Missed, false),
        2 => (Direction::Incoming, Outcome::Ended, true),
        3 => (Direction::Incoming, Outcome::AnsweredBy, true),
        4 => (Direction::Incoming, Outcome::Rejected, false),
        5 => (Direction::Incoming, Outcome::Ended, false),
        6 => (Direction::Outgoing, Outcome::NoAnswer, false),
        _ => (Direction::Outgoing, Outcome::Ended, true),
    };
    let mut call = ringing(&format!("call{n}"), n as i64 + 1, NUMBERS[number]);
    (call.direction, call.outcome) = (direction, outcome);
    call.abonent = ABONENTS[abonent].map(str::to_owned);
    call.line = LINES[line].map(|name| LineSnapshot {
        name: Some(name.to_owned()),
        ..LineSnapshot::default()
    });
    call.uncertain = kind == 5;
    call.started_at = Some(start);
    call.answered_at = answered.then(|| start.plus(wait * 100));
    call.wait_ms = Some(wait * 100);
    call.talk_ms = answered.then_some(talk);
    call.updated_at = start.plus(wait * 100 + talk);
    call.legs.clear();
    call
}

struct World<'a> {
    calls: &'a [CallSnapshot],
    zone: Tz,
    /// Ids of the people's contacts do not matter, who is who does: tokens of the report by name.
    persons: HashMap<String, String>,
}

/// Whose the call is: a person, a number, or nobody that can be told.
fn owner(call: &CallSnapshot) -> Option<String> {
    let number = call.party.number.as_deref()?;
    Some(person(call).map_or(number, |(name, ..)| name).to_owned())
}

fn person(call: &CallSnapshot) -> Option<&'static (&'static str, &'static str, &'static [&'static str])> {
    let number = call.party.number.as_deref()?;
    let mut holders = PEOPLE.iter().filter(|(_, _, numbers)| numbers.contains(&number));
    let one = holders.next()?;
    holders.next().is_none().then_some(one)
}

fn company(call: &CallSnapshot) -> Option<&'static str> {
    let number = call.party.number.as_deref()?;
    let mut holders = PEOPLE.iter().filter(|(_, _, numbers)| numbers.contains(&number));
    holders.next().map(|(_, company, _)| *company)
}

fn ms(call: &CallSnapshot) -> i64 {
    call.started_at.unwrap().ms()
}

fn talked(call: &CallSnapshot) -> Option<i64> {
    call.answered_at.filter(|_| !call.uncertain).map(Time::ms)
}

fn is_missed(call: &CallSnapshot) -> bool {
    call.direction == Direction::Incoming && call.outcome == Outcome::Missed
}

impl World<'_> {
    fn local(&self, call: &CallSnapshot) -> DateTime<Tz> {
        DateTime::<Utc>::from_timestamp_millis(ms(call))
            .unwrap()
            .with_timezone(&self.zone)
    }

    fn token(&self, grouping: Grouping, call: &CallSnapshot) -> Option<String> {
        let local = self.local(call);
        let day = local.date_naive();
        match grouping {
            Grouping::Abonent => call.abonent.clone(),
            Grouping::Day => Some(day.to_string()),
            Grouping::Week => {
                let back = i64::from(day.weekday().num_days_from_monday());
                Some((day - chrono::Duration::days(back)).to_string())
            }
            Grouping::Month => Some(day.format("%Y-%m").to_string()),
            Grouping::Hour => Some(local.hour().to_string()),
            Grouping::Weekday => Some(day.weekday().num_days_from_monday().to_string()),
            Grouping::Contact => person(call).map(|(name, ..)| self.persons[*name].clone()),
            Grouping::Company => company(call).map(str::to_owned),
            Grouping::Number => call.party.number.clone(),
            Grouping::Direction => Some(call.direction.as_str().to_owned()),
            Grouping::Line => call.line.as_ref().and_then(|line| line.name.clone()),
            Grouping::Outcome => Some(call.outcome.as_str().to_owned()),
        }
    }

    fn holds(&self, filter: &ReportFilter, days: (NaiveDate, NaiveDate), call: &CallSnapshot) -> bool {
        let day = self.local(call).date_naive();
        let digits = call.party.number.as_deref().unwrap_or_default();
        (days.0..=days.1).contains(&day)
            && filter.direction.is_none_or(|direction| direction == call.direction)
            && filter.internal.is_none_or(|internal| internal == call.party.internal)
            && (filter.abonents.is_empty() || call.abonent.as_ref().is_some_and(|id| filter.abonents.contains(id)))
            && (filter.outcomes.is_empty() || filter.outcomes.contains(&call.outcome))
            && digits.contains(&filter.query)
    }

    /// When the person was next talked with, and whether it was they who called.
    fn next_talk(&self, call: &CallSnapshot) -> Option<(i64, bool)> {
        let later = self.calls.iter().filter(|other| owner(other) == owner(call));
        let later = later.filter_map(|other| Some((talked(other)?, other.direction == Direction::Incoming)));
        later.filter(|(at, _)| *at > ms(call)).min()
    }

    /// Seconds until the person was called back.
    fn back(&self, call: &CallSnapshot) -> Option<f64> {
        let (at, incoming) = self.next_talk(call)?;
        let ms = at - ms(call);
        (!incoming && ms <= 7 * 86_400_000).then_some((ms / 1000) as f64)
    }

    fn is_first(&self, call: &CallSnapshot) -> bool {
        let start = ms(call);
        let mine = || self.calls.iter().filter(|other| owner(other) == owner(call));
        let in_vain = |missed: &CallSnapshot| {
            let since = ms(missed);
            is_missed(missed)
                && (start - 86_400_000..start).contains(&since)
                && !mine().any(|other| talked(other).is_some_and(|at| since < at && at <= start))
        };
        call.direction == Direction::Incoming
            && talked(call).is_some()
            && call.party.number.is_some()
            && !mine().any(in_vain)
    }

    fn figure(&self, measure: Measure, calls: &[&CallSnapshot]) -> Option<f64> {
        let count = |holds: &dyn Fn(&CallSnapshot) -> bool| calls.iter().filter(|call| holds(call)).count() as f64;
        let share = |part: f64, all: f64| (all > 0.0).then(|| part / all);
        let seconds = |ms: i64| (ms / 1000) as f64;
        let talk: Vec<f64> = calls.iter().filter_map(|call| call.talk_ms.map(seconds)).collect();
        let incoming = |call: &CallSnapshot| call.direction == Direction::Incoming;
        let wait = calls.iter().filter(|call| incoming(call));
        let wait: Vec<f64> = wait.filter_map(|call| call.wait_ms.map(seconds)).collect();
        let waits = |call: &CallSnapshot| is_missed(call) && call.party.number.is_some();
        let back: Vec<f64> = calls
            .iter()
            .filter(|call| waits(call))
            .filter_map(|call| self.back(call))
            .collect();
        match measure {
            Measure::Count => Some(calls.len() as f64),
            Measure::Answered => Some(count(&|call| talked(call).is_some())),
            Measure::Missed => Some(count(&is_missed)),
            Measure::MissedShare => share(count(&is_missed), count(&incoming)),
            Measure::First => Some(count(&|call| self.is_first(call))),
            Measure::TalkSum => sum(&talk),
            Measure::TalkMean => mean(&talk),
            Measure::TalkMedian => rank(&talk, 0.5),
            Measure::TalkP90 => rank(&talk, 0.9),
            Measure::WaitSum => sum(&wait),
            Measure::WaitMean => mean(&wait),
            Measure::WaitMedian => rank(&wait, 0.5),
            Measure::WaitP90 => rank(&wait, 0.9),
            Measure::BackMean => mean(&back),
            Measure::BackMedian => rank(&back, 0.5),
            Measure::BackShare => {
                let soon = |call: &CallSnapshot| {
                    let talk = self.next_talk(call);
                    waits(call) && talk.is_some_and(|(at, incoming)| !incoming && at - ms(call) <= 20 * 60_000)
                };
                share(count(&soon), count(&waits))
            }
        }
    }
}

fn sum(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum())
}

fn mean(values: &[f64]) -> Option<f64> {
    sum(values).map(|sum| sum / values.len() as f64)
}

/// The smallest value that this part of all does not exceed.
fn rank(values: &[f64], part: f64) -> Option<f64> {
    let enough = |value: &f64| {
        let within = values.iter().filter(|other| *other <= value).count();
        within as f64 + 1e-9 >= part * values.len() as f64
    };
    values.iter().copied().filter(enough).min_by(f64::total_cmp)
}

fn settings() -> impl Strategy<Value = ReportSettings> {
    let groupings = prop::sample::subsequence(Grouping::ALL.to_vec(), 0..=4).prop_shuffle();
    let outcomes = prop::sample::subsequence(vec![Outcome::Missed, Outcome::Ended, Outcome::NoAnswer], 0..=2);
    let measures = prop::sample::subsequence(Measure::ALL.to_vec(), 1..=16);
    let filter = (
        prop_oneof![3 => Just(None), 1 => Just(Some(Direction::Incoming)), 1 => Just(Some(Direction::Outgoing))],
        prop_oneof![3 => Just(None), 1 => any::<bool>().prop_map(Some)],
        outcomes,
        prop_oneof![3 => Just(""), 1 => Just("2"), 1 => Just("0000023")],
        prop::sample::subsequence(
            vec!["9000000001@mpbx.sip.beeline.ru", "9000000002@example", "nobody"],
            0..=2,
        ),
    );
    (groupings, measures, filter, 0..8_usize, 0..4_i64, 0..5_i64, 0..6_usize).prop_map(
        |(groupings, measures, (direction, internal, outcomes, query, abonents), zone, from, length, week)| {
            let first = date(WEEKS[week]) + chrono::Duration::days(from);
            let last = first + chrono::Duration::days(length);
            ReportSettings {
                groupings,
                measures,
                rows: false,
                period: between(&first.to_string(), &last.to_string()),
                filter: ReportFilter {
                    company: false,
                    direction,
                    internal,
                    outcomes,
                    query: query.to_owned(),
                    abonents: abonents.into_iter().map(str::to_owned).collect(),
                    lines: Vec::new(),
                },
                zone: Some(ZONES[zone].to_owned()),
                ..ReportSettings::default()
            }
        },
    )
}

fn check(bench: &Bench, world: &World<'_>, settings: &ReportSettings) -> Result<(), TestCaseError> {
    let perezvon_desk::view::Period::Between { from, to } = settings.period else {
        unreachable!("every case has its days")
    };
    let report: Report = bench.desk.report("report", settings, &HashMap::new(), 100_000).unwrap();
    let counted = world
        .calls
        .iter()
        .filter(|call| world.holds(&settings.filter, (from, to), call));
    let counted: Vec<&CallSnapshot> = counted.collect();
    let mut groups: BTreeMap<Vec<Option<String>>, Vec<&CallSnapshot>> = BTreeMap::new();
    for call in &counted {
        let path = settings.groupings.iter().map(|grouping| world.token(*grouping, call));
        let path: Vec<Option<String>> = path.collect();
        for depth in 1..=path.len() {
            groups.entry(path[..depth].to_vec()).or_default().push(call);
        }
    }
    prop_assert_eq!(report.lines.len(), groups.len(), "a line for each group");
    groups.insert(Vec::new(), counted.clone());
    for line in report.lines.iter().chain([&report.total]) {
        let calls = groups.get(&line.path);
        prop_assert!(calls.is_some(), "a group that is not there: {:?}", line.path);
        for (measure, cell) in settings.measures.iter().zip(&line.cells) {
            let naive = world.figure(*measure, &calls.unwrap()[..]);
            let same = match (naive, cell.value) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-9,
                (a, b) => a.is_none() && b.is_none(),
            };
            prop_assert!(
                same,
                "{:?} of {:?}: {:?}, reckoned {:?}",
                measure,
                line.path,
                cell.value,
                naive
            );
        }
    }
    let all = ReportFilter::default();
    let journal = world
        .calls
        .iter()
        .filter(|call| world.holds(&all, (from, to), call))
        .count();
    prop_assert_eq!(
        (report.calls as usize, report.journal as usize),
        (counted.len(), journal)
    );
    Ok(())
}

/// The desk with these calls, and the tokens of its people.
fn desk(calls: &[CallSnapshot]) -> (Bench, HashMap<String, String>) {
    let bench = Bench::new();
    bench.desk.reset_mirror(IDENTITY).unwrap();
    bench.take(calls);
    for (name, company, numbers) in PEOPLE {
        bench.desk.save_contact(&draft(name, company, numbers)).unwrap();
    }
    // A person is named by a report as by a report: the one that groups by people and has them all.
    let (far, near) = ("2000-01-01", "2099-12-31");
    let settings = ReportSettings {
        groupings: vec![Grouping::Contact],
        measures: vec![Measure::Count],
        rows: false,
        period: between(far, near),
        ..ReportSettings::default()
    };
    let people = bench.desk.report("report", &settings, &HashMap::new(), 100).unwrap();
    let persons = people
        .lines
        .into_iter()
        .filter_map(|line| Some((line.label, line.path[0].clone()?)));
    (bench, persons.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_figure_is_that_of_a_naive_reckoning(
        week in 0..6_usize,
        drawn in prop::collection::vec(drawn(), 1..70),
        settings in prop::collection::vec(settings(), 12),
    ) {
        let week_of = date(WEEKS[week]);
        let calls: Vec<CallSnapshot> = drawn.iter().enumerate().map(|(n, one)| snapshot(n, week_of, one)).collect();
        let (bench, persons) = desk(&calls);
        let rows = bench.desk.calls(&CallsFilter::default(), None, 500).unwrap().rows;
        prop_assert_eq!(rows.len(), calls.len(), "the journal has them all");
        for mut settings in settings {
            // Days of the week that has the calls.
            let perezvon_desk::view::Period::Between { from, to } = settings.period else { unreachable!() };
            let moved = i64::from(from.day() % 4);
            let length = (to - from).num_days();
            let first = week_of + chrono::Duration::days(moved);
            settings.period = between(&first.to_string(), &(first + chrono::Duration::days(length)).to_string());
            let zone: Tz = settings.zone.as_deref().unwrap().parse().unwrap();
            let world = World { calls: &calls, zone, persons: persons.clone() };
            check(&bench, &world, &settings)?;
        }
    }
}
