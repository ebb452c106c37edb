//! The groups of a report: gathered leaf by leaf, put together level by level.

use super::evidence::Found;
use super::facts::Fact;
use super::figures::{Ranks, Sums, Values, ranks as ranks_of, waited};
use super::grouped::Grouped;
use super::names::Names;
use super::plan::{Path, Sink};
use super::settings::{MAX_LEVELS, Measure, ReportSettings};
use crate::error::DeskError;
use rustc_hash::FxHashMap;
use std::collections::HashMap;
use std::ops::Range;

/// Most groups: some hundred abonents day by day for three years. More are no report that anybody reads, and each takes
/// about 300 bytes while the report is made.
const MAX_GROUPS: usize = 400_000;

/// The innermost groups as the calls come.
#[derive(Default)]
pub(super) struct Leaves {
    paths: Vec<Path>,
    sums: Vec<Sums>,
    places: FxHashMap<Path, u32>,
    last: Option<(Path, u32)>,
    talk: Option<Values>,
    wait: Option<Values>,
    back: Option<Values>,
    /// The single calls, where they are wanted: leaf and id, in the order of time.
    rows: Option<Vec<(u32, i64)>>,
}

impl Leaves {
    pub(super) fn of(settings: &ReportSettings) -> Self {
        let wants = |of: &[Measure]| settings.wants(|measure| of.contains(&measure));
        Self {
            talk: wants(&[Measure::TalkMedian, Measure::TalkP90]).then(Values::default),
            wait: wants(&[Measure::WaitMedian, Measure::WaitP90]).then(Values::default),
            back: wants(&[Measure::BackMedian]).then(Values::default),
            rows: settings.rows.then(Vec::new),
            ..Self::default()
        }
    }

    fn leaf(&mut self, path: &Path) -> Result<u32, DeskError> {
        // Calls of one minute are mostly of one group.
        if let Some((last, leaf)) = &self.last
            && last == path
        {
            return Ok(*leaf);
        }
        let next = self.paths.len();
        let leaf = *self.places.entry(*path).or_insert(next as u32);
        if leaf as usize == next {
            if next == MAX_GROUPS {
                return Err(DeskError::TooManyGroups);
            }
            self.paths.push(*path);
            self.sums.push(Sums::default());
        }
        self.last = Some((*path, leaf));
        Ok(leaf)
    }

    /// The leaves' paths with another key, level by level.
    pub(super) fn rename(&mut self, key: impl Fn(usize, i64) -> i64) {
        for path in &mut self.paths {
            for (level, one) in path.iter_mut().enumerate() {
                *one = key(level, *one);
            }
        }
    }

    /// Puts the groups together, in the order of their names or of a figure.
    pub(super) fn outline(self, names: &Names<'_>, settings: &ReportSettings) -> Outline {
        let levels = settings.groupings.len();
        let mut places_of: Vec<[u32; MAX_LEVELS]> = vec![[0; MAX_LEVELS]; self.paths.len()];
        for (level, grouping) in settings.groupings.iter().enumerate() {
            let mut keys: Vec<i64> = self.paths.iter().map(|path| path[level]).collect();
            keys.sort_unstable();
            keys.dedup();
            let places = names.places(*grouping, keys);
            for (at, path) in places_of.iter_mut().zip(&self.paths) {
                at[level] = places[&path[level]];
            }
        }
        let mut order: Vec<u32> = (0..self.paths.len() as u32).collect();
        order.sort_unstable_by_key(|leaf| places_of[*leaf as usize]);
        let mut ranks = vec![0; order.len()];
        for (rank, leaf) in (0_u32..).zip(&order) {
            ranks[*leaf as usize] = rank;
        }
        let arranged = |values: Option<Values>| values.map(|values| values.arranged(&ranks));
        let mut build = Build {
            levels,
            talk: arranged(self.talk),
            wait: arranged(self.wait),
            back: arranged(self.back),
            paths: order.iter().map(|leaf| self.paths[*leaf as usize]).collect(),
            sums: order.iter().map(|leaf| self.sums[*leaf as usize]).collect(),
            settings,
        };
        let total = build.node(0, 0..order.len());
        Outline {
            total,
            rows: rows(self.rows.unwrap_or_default(), &ranks),
        }
    }
}

/// The calls of each leaf, by its rank.
fn rows(rows: Vec<(u32, i64)>, ranks: &[u32]) -> Vec<Vec<i64>> {
    if rows.is_empty() {
        return Vec::new();
    }
    let mut all = vec![Vec::new(); ranks.len()];
    for (leaf, id) in rows {
        all[ranks[leaf as usize] as usize].push(id);
    }
    all
}

impl Sink for Leaves {
    fn take(&mut self, fact: &Fact, path: &Path) -> Result<u32, DeskError> {
        let leaf = self.leaf(path)?;
        self.sums[leaf as usize].add(fact);
        if let (Some(values), Some(talk)) = (&mut self.talk, fact.spans.talk_s()) {
            values.add(leaf, talk);
        }
        if let (Some(values), Some(wait)) = (&mut self.wait, waited(fact)) {
            values.add(leaf, wait);
        }
        if let Some(rows) = &mut self.rows {
            rows.push((leaf, fact.id));
        }
        Ok(leaf)
    }

    fn found(&mut self, of: u32, found: Found) {
        self.sums[of as usize].found(found);
        if let (Some(values), Found::Missed { back_s: Some(back), .. }) = (&mut self.back, found) {
            values.add(of, back);
        }
    }
}

/// A report's groups.
pub(super) struct Outline {
    /// Of all calls; the outermost groups are its children.
    pub(super) total: Node,
    /// The calls of each innermost group, by [`Node::leaves`].
    pub(super) rows: Vec<Vec<i64>>,
}

impl Outline {
    /// The figures of every group by its path.
    pub(super) fn figures(&self) -> HashMap<Vec<i64>, &[Option<f64>]> {
        let mut all = HashMap::new();
        self.total.each(&mut Vec::new(), &mut |path, node| {
            all.insert(path.to_vec(), node.figures.as_slice());
        });
        all
    }
}

/// A group.
pub(super) struct Node {
    pub(super) key: i64,
    /// The innermost groups that it is made of.
    pub(super) leaves: Range<usize>,
    /// One for each measure of the settings.
    pub(super) figures: Vec<Option<f64>>,
    pub(super) calls: u32,
    pub(super) children: Vec<Node>,
}

impl Node {
    fn each<'n>(&'n self, path: &mut Vec<i64>, tell: &mut impl FnMut(&[i64], &'n Self)) {
        tell(path, self);
        for child in &self.children {
            path.push(child.key);
            child.each(path, tell);
            path.pop();
        }
    }
}

struct Build<'a> {
    levels: usize,
    paths: Vec<Path>,
    sums: Vec<Sums>,
    talk: Option<Grouped<u32>>,
    wait: Option<Grouped<u32>>,
    back: Option<Grouped<u32>>,
    settings: &'a ReportSettings,
}

impl Build<'_> {
    /// The group of these leaves, whose paths agree up to this level.
    fn node(&mut self, level: usize, leaves: Range<usize>) -> Node {
        let mut children = Vec::new();
        let mut from = leaves.start;
        while level < self.levels && from < leaves.end {
            let key = self.paths[from][level];
            let same = self.paths[from..leaves.end]
                .iter()
                .take_while(|path| path[level] == key);
            let to = from + same.count();
            let mut child = self.node(level + 1, from..to);
            child.key = key;
            children.push(child);
            from = to;
        }
        let mut sums = Sums::default();
        for leaf in &self.sums[leaves.clone()] {
            sums.join(leaf);
        }
        // After the parts: to find the ranks of the whole mixes their values.
        let mut ranks = Ranks::default();
        for (values, of) in [
            (&mut self.talk, &mut ranks.talk),
            (&mut self.wait, &mut ranks.wait),
            (&mut self.back, &mut ranks.back),
        ] {
            if let Some(values) = values {
                *of = ranks_of(values.of_groups_mut(leaves.clone()));
            }
        }
        let measures = self.settings.measures.iter();
        let figures = measures.map(|measure| sums.value(*measure, &ranks)).collect();
        self.sort(&mut children);
        Node {
            key: 0,
            leaves,
            figures,
            calls: sums.calls(),
            children,
        }
    }

    fn sort(&self, children: &mut [Node]) {
        let Some(order) = self.settings.order else { return };
        let Some(at) = self
            .settings
            .measures
            .iter()
            .position(|measure| *measure == order.measure)
        else {
            return;
        };
        // What has no figure stands last either way.
        let value = |node: &Node| node.figures[at];
        children.sort_by(|a, b| match (value(a), value(b)) {
            (Some(a), Some(b)) if order.descending => b.total_cmp(&a),
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
    }
}
