//! Matching the members of two sets by cost.

/// The cheapest pairs first, each side in one pair only. `pairs`: cost and the places of both sides; equal costs are
/// taken in the order of the places.
pub(crate) fn cheapest<C: Ord>(mut pairs: Vec<(C, usize, usize)>) -> Vec<(usize, usize)> {
    pairs.sort_unstable();
    let places = |side: fn(&(C, usize, usize)) -> usize| pairs.iter().map(side).max().map_or(0, |last| last + 1);
    let (mut firsts, mut seconds) = (vec![false; places(|p| p.1)], vec![false; places(|p| p.2)]);
    let mut taken = Vec::new();
    for (_, first, second) in pairs {
        if !firsts[first] && !seconds[second] {
            firsts[first] = true;
            seconds[second] = true;
            taken.push((first, second));
        }
    }
    taken
}
