//! The figures of one group, and how they are put together.

use super::evidence::Found;
use super::facts::Fact;
use super::grouped::Grouped;
use super::settings::Measure;

/// Durations of several calls; packed, see [`Sums`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, packed(4))]
pub(super) struct Span {
    pub(super) sum: u64,
    pub(super) calls: u32,
}

impl Span {
    fn add(&mut self, seconds: u32) {
        self.sum += u64::from(seconds);
        self.calls += 1;
    }

    fn join(&mut self, other: Self) {
        self.sum += other.sum;
        self.calls += other.calls;
    }

    fn mean(self) -> Option<f64> {
        (self.calls > 0).then(|| self.sum as f64 / f64::from(self.calls))
    }
}

/// What a group's figures are made of: 64 bytes, one line of the processor's cache. With many groups each call waits for
/// the memory of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Sums {
    calls: u32,
    incoming: u32,
    answered: u32,
    missed: u32,
    first: u32,
    /// Missed calls with a number, and those of them called back within 20 minutes.
    to_call_back: u32,
    back_soon: u32,
    talk: Span,
    wait: Span,
    back: Span,
}

impl Sums {
    pub(super) fn add(&mut self, fact: &Fact) {
        self.calls += 1;
        self.incoming += u32::from(fact.marks.incoming());
        self.missed += u32::from(fact.marks.missed());
        self.answered += u32::from(fact.marks.talked());
        if let Some(talk) = fact.spans.talk_s() {
            self.talk.add(talk);
        }
        if let Some(wait) = waited(fact) {
            self.wait.add(wait);
        }
    }

    /// What became of one of its calls.
    pub(super) fn found(&mut self, found: Found) {
        match found {
            Found::First => self.first += 1,
            Found::Missed { back_s, soon } => {
                self.to_call_back += 1;
                self.back_soon += u32::from(soon);
                if let Some(back) = back_s {
                    self.back.add(back);
                }
            }
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.calls += other.calls;
        self.incoming += other.incoming;
        self.answered += other.answered;
        self.missed += other.missed;
        self.first += other.first;
        self.to_call_back += other.to_call_back;
        self.back_soon += other.back_soon;
        self.talk.join(other.talk);
        self.wait.join(other.wait);
        self.back.join(other.back);
    }

    pub(super) fn calls(&self) -> u32 {
        self.calls
    }

    /// The figure; none where there is nothing that it could be reckoned from, as in the manual.
    pub(super) fn value(&self, measure: Measure, ranks: &Ranks) -> Option<f64> {
        let sum = |span: Span| (span.calls > 0).then_some(span.sum as f64);
        match measure {
            Measure::Count => Some(f64::from(self.calls)),
            Measure::Answered => Some(f64::from(self.answered)),
            Measure::Missed => Some(f64::from(self.missed)),
            Measure::First => Some(f64::from(self.first)),
            Measure::MissedShare => share(self.missed, self.incoming),
            Measure::TalkSum => sum(self.talk),
            Measure::TalkMean => self.talk.mean(),
            Measure::TalkMedian => ranks.talk[0],
            Measure::TalkP90 => ranks.talk[1],
            Measure::WaitSum => sum(self.wait),
            Measure::WaitMean => self.wait.mean(),
            Measure::WaitMedian => ranks.wait[0],
            Measure::WaitP90 => ranks.wait[1],
            Measure::BackMean => self.back.mean(),
            Measure::BackMedian => ranks.back[0],
            Measure::BackShare => share(self.back_soon, self.to_call_back),
        }
    }
}

/// Those who called waited; for the far side of an outgoing call nobody asks.
pub(super) fn waited(fact: &Fact) -> Option<u32> {
    fact.spans.wait_s().filter(|_| fact.marks.incoming())
}

fn share(part: u32, all: u32) -> Option<f64> {
    (all > 0).then(|| f64::from(part) / f64::from(all))
}

/// Median and 90th percentile of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Ranks {
    pub(super) talk: [Option<f64>; 2],
    pub(super) wait: [Option<f64>; 2],
    pub(super) back: [Option<f64>; 2],
}

/// Values by the group they are of; kept only where a percentile is wanted.
#[derive(Debug, Default)]
pub(super) struct Values {
    all: Vec<(u32, u32)>,
}

impl Values {
    pub(super) fn add(&mut self, leaf: u32, seconds: u32) {
        self.all.push((leaf, seconds));
    }

    /// The values by leaf; `ranks` is each leaf's place in the order of the report.
    pub(super) fn arranged(self, ranks: &[u32]) -> Grouped<u32> {
        let ranked = self.all.iter().map(|(leaf, seconds)| (ranks[*leaf as usize], *seconds));
        Grouped::of(ranks.len(), ranked)
    }
}

/// Median and 90th percentile of these values, which change their order.
pub(super) fn ranks(values: &mut [u32]) -> [Option<f64>; 2] {
    if values.is_empty() {
        return [None, None];
    }
    // The nearest rank: a duration that some call had.
    let [median, late] = [50, 90].map(|part| (values.len() * part).div_ceil(100) - 1);
    let (_, middle, above) = values.select_nth_unstable(median);
    let middle = *middle;
    let late = match late.checked_sub(median + 1) {
        None => middle,
        Some(at) => *above.select_nth_unstable(at).1,
    };
    [middle, late].map(|seconds| Some(f64::from(seconds)))
}
