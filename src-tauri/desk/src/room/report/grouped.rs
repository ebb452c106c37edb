//! Values put together by the group that they are of.

use std::ops::Range;

/// See the module. Groups are counted from 0.
#[derive(Debug)]
pub(super) struct Grouped<T> {
    values: Vec<T>,
    /// Behind the last value of each group.
    ends: Vec<u32>,
}

impl<T: Copy + Default> Grouped<T> {
    /// Of values with their groups; within a group they keep their order. They are not sorted but counted: a million
    /// are looked at twice.
    pub(super) fn of(groups: usize, all: impl Iterator<Item = (u32, T)> + Clone) -> Self {
        let mut ends = vec![0_u32; groups];
        for (group, _) in all.clone() {
            ends[group as usize] += 1;
        }
        let mut end = 0;
        for count in &mut ends {
            end += *count;
            *count = end - *count;
        }
        let mut values = vec![T::default(); end as usize];
        for (group, value) in all {
            let next = &mut ends[group as usize];
            values[*next as usize] = value;
            *next += 1;
        }
        Self { values, ends }
    }

    /// The values of these groups.
    pub(super) fn of_groups(&self, groups: Range<usize>) -> &[T] {
        &self.values[self.range(groups)]
    }

    /// The same, to change their order within them.
    pub(super) fn of_groups_mut(&mut self, groups: Range<usize>) -> &mut [T] {
        let range = self.range(groups);
        &mut self.values[range]
    }

    fn range(&self, groups: Range<usize>) -> Range<usize> {
        let end = |group: usize| group.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        end(groups.start)..end(groups.end)
    }
}

#[cfg(test)]
mod tests {
    use super::Grouped;

    #[test]
    fn values_keep_their_order_within_a_group_and_a_group_may_be_empty() {
        let all = [(2, 'a'), (0, 'b'), (2, 'c'), (3, 'd')];
        let grouped = Grouped::of(5, all.into_iter());
        let group = |at: usize| grouped.of_groups(at..at + 1);
        assert_eq!(group(0), ['b'], "the first group");
        assert!(group(1).is_empty() && group(4).is_empty(), "nobody is of these");
        assert_eq!(group(2), ['a', 'c'], "as they came");
        assert_eq!(grouped.of_groups(0..5).len(), 4, "all of them");
    }
}
