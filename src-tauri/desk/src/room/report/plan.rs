//! From settings to the calls that count: days, filters, and the group of each call.

use super::beside::beside;
use super::calendar::{self, Calendar, Clock, DAY_MS, Zone};
use super::evidence::{AFTER_MS, Arranged, BEFORE_MS, Evidence, Found};
use super::facts::{self, Fact, Needs};
use super::settings::{Grouping, MAX_LEVELS, Measure, Period, ReportSettings};
use crate::error::DeskError;
use crate::table::call;
use crate::text::Query;
use crate::who::{Everyone, everyone};
use perezvon_core::Direction;
use perezvon_core::Time;
use rusqlite::{Connection, OptionalExtension};
use rustc_hash::FxHashSet;
use std::borrow::Cow;

/// The key of what a call does not have.
pub(super) const NONE: i64 = i64::MIN;
/// Nobody lets it ring for longer.
const RING_MS: i64 = 3_600_000;

/// The keys of a call's groups, level by level.
pub(super) type Path = [i64; MAX_LEVELS];

/// What is to be told of calls, and whose each number is.
pub(super) type Findings<'a> = (Arranged, Cow<'a, Everyone>);

/// Who takes the calls of a report.
pub(super) trait Sink: Send {
    /// A call that counts; answers what to tell its finding to.
    fn take(&mut self, fact: &Fact, path: &Path) -> Result<u32, DeskError>;
    /// What was found of it.
    fn found(&mut self, of: u32, found: Found);
    /// All that was found.
    fn hear(&mut self, findings: Option<Findings<'_>>) {
        if let Some((arranged, everyone)) = findings {
            arranged.tell(&everyone, |of, found| self.found(of, found));
        }
    }
}

/// A report, ready to be carried out.
pub(super) struct Plan<'a> {
    pub(super) settings: &'a ReportSettings,
    pub(super) zone: Zone,
    /// Its first and its last local day.
    pub(super) days: (i64, i64),
    /// The same in milliseconds.
    pub(super) spans: Vec<(i64, i64)>,
    calendar: Calendar,
    pub(super) needs: Needs,
    chosen: Chosen,
    /// Whose each number is, where names or companies are asked for.
    pub(super) everyone: Everyone,
    hidden: FxHashSet<i64>,
}

impl<'a> Plan<'a> {
    pub(super) fn of(
        connection: &Connection,
        settings: &'a ReportSettings,
        zone: Zone,
        now: Time,
    ) -> Result<Self, DeskError> {
        settings.check()?;
        let known = known(connection, settings.filter.company)?;
        let days = days(settings.period, zone, now, known);
        Self::over(connection, settings, zone, days, None)
    }

    /// The same length of time before; none of a report over everything.
    pub(super) fn before(&self, connection: &Connection, now: Time) -> Result<Option<Self>, DeskError> {
        let Some((days, until_ms)) = self.days_before(now) else {
            return Ok(None);
        };
        Self::over(connection, self.settings, self.zone, days, until_ms).map(Some)
    }

    fn over(
        connection: &Connection,
        settings: &'a ReportSettings,
        zone: Zone,
        days: (i64, i64),
        until_ms: Option<i64>,
    ) -> Result<Self, DeskError> {
        let evidence = settings.wants(Measure::of_evidence);
        // Beyond the known calls there is nothing whose local day could matter.
        let (first, last) = known(connection, settings.filter.company)?;
        let from = (days.0 - 2) * DAY_MS;
        let to = (days.1 + 3) * DAY_MS;
        let calendar = Calendar::over(zone, from.max(first - 3 * DAY_MS), to.min(last + 3 * DAY_MS));
        let mut spans = calendar.spans(days.0, days.1);
        if let Some(until) = until_ms {
            spans.retain_mut(|span| {
                span.1 = span.1.min(until);
                span.0 < span.1
            });
        }
        Ok(Self {
            settings,
            zone,
            days,
            spans,
            calendar,
            needs: Needs::of(settings),
            chosen: Chosen::of(connection, settings)?,
            everyone: if named(settings) {
                everyone(connection, true)?
            } else {
                Everyone::default()
            },
            hidden: if evidence || settings.groups_by(Grouping::Number) {
                hidden(connection)?
            } else {
                FxHashSet::default()
            },
        })
    }

    /// Of a period that is not over yet: as much of the one before as has gone by of this.
    fn days_before(&self, now: Time) -> Option<((i64, i64), Option<i64>)> {
        let (from, to) = self.days;
        let elapsed = now.ms() - self.spans.first().map_or(0, |span| span.0);
        let open = |start: i64, end: i64| {
            let begin = Calendar::over(self.zone, (start - 2) * DAY_MS, (start + 3) * DAY_MS);
            let begin = begin.spans(start, start).first().map_or(0, |span| span.0);
            ((start, end), Some(begin + elapsed))
        };
        let month = calendar::month(from);
        Some(match self.settings.period {
            Period::All => return None,
            Period::Today => open(from - 1, from - 1),
            Period::ThisWeek => open(from - 7, from - 1),
            Period::ThisMonth => open(calendar::month_start(month - 1), from - 1),
            Period::ThisYear => open(calendar::month_start(month - 12), from - 1),
            Period::LastMonth => ((calendar::month_start(month - 1), from - 1), None),
            Period::Yesterday | Period::LastWeek | Period::Between { .. } => ((from - (to - from + 1), from - 1), None),
        })
    }

    /// Hands the calls that count to the sink. Answers what is to be told of them, where that is asked for.
    pub(super) fn carry_out(
        &self,
        connection: &Connection,
        sink: &mut impl Sink,
    ) -> Result<Option<Findings<'_>>, DeskError> {
        let mut keys = Keys::of(self);
        if !self.settings.wants(Measure::of_evidence) {
            for span in &self.spans {
                facts::each(connection, self.needs, *span, |fact| {
                    if self.chosen.holds(fact) {
                        sink.take(fact, &keys.path(fact))?;
                    }
                    Ok(())
                })?;
            }
            return Ok(None);
        }
        let (Some(first), Some(last)) = (self.spans.first(), self.spans.last()) else {
            return Ok(None);
        };
        let mut evidence = Evidence::new(&self.hidden);
        let around = (
            first.0.saturating_sub(BEFORE_MS + RING_MS),
            last.1.saturating_add(AFTER_MS),
        );
        facts::each(connection, self.needs, around, |fact| {
            let inside = |span: &(i64, i64)| (span.0..span.1).contains(&fact.started_ms);
            let of = if self.spans.iter().any(inside) && self.chosen.holds(fact) {
                Some(sink.take(fact, &keys.path(fact))?)
            } else {
                None
            };
            evidence.add(fact, of);
            Ok(())
        })?;
        // Without names it is read only now: the events are put in order meanwhile.
        let (arranged, everyone) = beside(
            || evidence.arranged(),
            || {
                if named(self.settings) {
                    Ok(Cow::Borrowed(&self.everyone))
                } else {
                    everyone(connection, false).map(Cow::Owned)
                }
            },
        );
        Ok(Some((arranged, everyone?)))
    }

    /// Milliseconds as a clock on the wall counts them.
    pub(super) fn local_ms(&self, ms: i64) -> i64 {
        self.calendar.clock().local_ms(ms)
    }

    fn hidden_caller(&self, caller: i64) -> bool {
        self.hidden.contains(&caller)
    }

    /// A key of this plan's period as the other's has it: the third day of the one is the third of the other.
    pub(super) fn shifted(&self, grouping: Grouping, key: i64, to: &Plan<'_>) -> i64 {
        let (from, start) = (self.days.0, to.days.0);
        match grouping {
            Grouping::Day => key - from + start,
            Grouping::Week => key - calendar::monday(from) + calendar::monday(start),
            Grouping::Month => key - calendar::month(from) + calendar::month(start),
            _ => key,
        }
    }
}

/// Whether names or companies are asked for.
fn named(settings: &ReportSettings) -> bool {
    settings.rows || settings.groups_by(Grouping::Contact) || settings.groups_by(Grouping::Company)
}

/// When the first and the last known call began.
fn known(connection: &Connection, company: bool) -> Result<(i64, i64), DeskError> {
    let own = if company { "" } else { " WHERE whose = 0" };
    let end = |which: &str| -> Result<Option<i64>, DeskError> {
        let sql = format!("SELECT {which}(started_ms) FROM call{own}");
        Ok(connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
    };
    let (first, last) = (end("min")?, end("max")?);
    Ok((first.unwrap_or_default(), last.unwrap_or_default()))
}

fn days(period: Period, zone: Zone, now: Time, known: (i64, i64)) -> (i64, i64) {
    let today = zone.day(now.ms());
    let month = calendar::month(today);
    match period {
        Period::Today => (today, today),
        Period::Yesterday => (today - 1, today - 1),
        Period::ThisWeek => (calendar::monday(today), today),
        Period::LastWeek => (calendar::monday(today) - 7, calendar::monday(today) - 1),
        Period::ThisMonth => (calendar::month_start(month), today),
        Period::LastMonth => (calendar::month_start(month - 1), calendar::month_start(month) - 1),
        Period::ThisYear => (calendar::month_start(month - month.rem_euclid(12)), today),
        Period::All => (zone.day(known.0), zone.day(known.1)),
        Period::Between { from, to } => (calendar::day_of(from), calendar::day_of(to)),
    }
}

/// Callers without a number.
fn hidden(connection: &Connection) -> Result<FxHashSet<i64>, DeskError> {
    let mut statement = connection.prepare_cached("SELECT id FROM caller WHERE key >= '?' AND key < '@'")?;
    let ids = statement.query_map([], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// The filters, as the stored columns have them.
struct Chosen {
    abonents: Option<FxHashSet<i64>>,
    lines: Option<FxHashSet<i64>>,
    callers: Option<FxHashSet<i64>>,
    outcomes: Option<FxHashSet<i64>>,
    incoming: Option<bool>,
    internal: Option<bool>,
}

impl Chosen {
    fn of(connection: &Connection, settings: &ReportSettings) -> Result<Self, DeskError> {
        let filter = &settings.filter;
        let words = |texts: &[String]| -> Result<Option<FxHashSet<i64>>, DeskError> {
            if texts.is_empty() {
                return Ok(None);
            }
            let mut statement = connection.prepare_cached("SELECT id FROM word WHERE text = ?1")?;
            let mut ids = FxHashSet::default();
            for text in texts {
                ids.extend(statement.query_row([text], |row| row.get::<_, i64>(0)).optional()?);
            }
            Ok(Some(ids))
        };
        let outcomes = filter.outcomes.iter().map(|outcome| call::place_of(*outcome));
        Ok(Self {
            abonents: words(&filter.abonents)?,
            lines: words(&filter.lines)?,
            callers: callers(connection, &filter.query)?,
            outcomes: (!filter.outcomes.is_empty()).then(|| outcomes.collect()),
            incoming: filter.direction.map(|direction| direction == Direction::Incoming),
            internal: filter.internal,
        })
    }

    fn holds(&self, fact: &Fact) -> bool {
        let among = |set: &Option<FxHashSet<i64>>, id: Option<i64>| {
            set.as_ref().is_none_or(|set| id.is_some_and(|id| set.contains(&id)))
        };
        self.incoming.is_none_or(|incoming| incoming == fact.marks.incoming())
            && self.internal.is_none_or(|internal| internal == fact.marks.internal())
            && among(&self.abonents, fact.marks.abonent())
            && among(&self.lines, fact.marks.line())
            && among(&self.outcomes, Some(fact.marks.outcome()))
            && among(&self.callers, Some(fact.caller))
    }
}

/// Those whom a search for this text finds.
fn callers(connection: &Connection, query: &str) -> Result<Option<FxHashSet<i64>>, DeskError> {
    let (column, needles) = match Query::of(query) {
        Query::All => return Ok(None),
        Query::Digits(digits) => ("digits", vec![digits]),
        Query::Words(words) => ("search || digits", words),
    };
    let conditions = vec![format!("instr({column}, ?) > 0"); needles.len()];
    let mut statement =
        connection.prepare_cached(&format!("SELECT id FROM caller WHERE {}", conditions.join(" AND ")))?;
    let ids = statement.query_map(rusqlite::params_from_iter(needles), |row| row.get(0))?;
    Ok(Some(ids.collect::<Result<_, _>>()?))
}

/// The keys of calls, in the order of time.
struct Keys<'p, 'a> {
    plan: &'p Plan<'a>,
    clock: Clock<'p>,
    /// The last day that was asked, with its month.
    month: (i64, i64),
}

impl<'p, 'a> Keys<'p, 'a> {
    fn of(plan: &'p Plan<'a>) -> Self {
        Self {
            plan,
            clock: plan.calendar.clock(),
            month: (0, calendar::month(0)),
        }
    }

    fn path(&mut self, fact: &Fact) -> Path {
        let local = self.clock.local_ms(fact.started_ms);
        let mut path = [0; MAX_LEVELS];
        for (key, grouping) in path.iter_mut().zip(&self.plan.settings.groupings) {
            *key = self.key(*grouping, fact, local);
        }
        path
    }

    fn key(&mut self, grouping: Grouping, fact: &Fact, local_ms: i64) -> i64 {
        let day = local_ms.div_euclid(DAY_MS);
        let place = |at: Option<usize>| at.map_or(NONE, |at| at as i64);
        match grouping {
            Grouping::Abonent => fact.marks.abonent().unwrap_or(NONE),
            Grouping::Day => day,
            Grouping::Week => calendar::monday(day),
            Grouping::Month => {
                if self.month.0 != day {
                    self.month = (day, calendar::month(day));
                }
                self.month.1
            }
            Grouping::Hour => local_ms.rem_euclid(DAY_MS) / 3_600_000,
            Grouping::Weekday => calendar::weekday(day),
            Grouping::Contact => {
                let contact = self.plan.everyone.contact(fact.caller);
                contact.map_or(NONE, |contact| contact.person)
            }
            Grouping::Company => place(self.plan.everyone.owner(fact.caller).company),
            Grouping::Number => {
                if self.plan.hidden_caller(fact.caller) {
                    NONE
                } else {
                    fact.caller
                }
            }
            Grouping::Direction => i64::from(!fact.marks.incoming()),
            Grouping::Line => fact.marks.line().unwrap_or(NONE),
            Grouping::Outcome => fact.marks.outcome(),
        }
    }
}
