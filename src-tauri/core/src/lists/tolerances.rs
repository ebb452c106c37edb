//! How much what is told of one thing may differ.

/// All tolerances of [`super::arrange`], milliseconds. «Spread» is what the agreement tests of the relay meet, over 40,000 lines of
/// the simulator with every fault; the PBX itself promises nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerances {
    /// Between the start of a line and that of its leg, and between two lengths of one conversation seen from both ends.
    pub start_ms: i64,
    /// The same where the line names another party than the leg: the PBX rewrites it when a call is forwarded.
    pub other_party_start_ms: i64,
    /// Between the lengths of a conversation in a line and in its recording or leg.
    pub talk_ms: i64,
    /// Conversations whose lengths differ by less are equally long.
    pub equal_talk_ms: i64,
    /// A phone rings no longer than this before a conversation begins.
    pub ring_ms: i64,
    /// A call placed from the desk rings the caller's own phone first, no longer than this (reference 2.6).
    pub own_phone_ms: i64,
    /// From our request to the start of its line.
    pub placed_ms: i64,
    /// Between the starts of phones of a group that ring together.
    pub together_ms: i64,
    /// From the start of one agent's ringing to the next one's (reference 2.6).
    pub in_turn_ms: i64,
    /// From the end of one's part in a call that was passed on to the next one's ringing.
    pub passed_on_ms: i64,
}

impl Default for Tolerances {
    fn default() -> Self {
        Self {
            start_ms: 3_000,
            other_party_start_ms: 500,
            talk_ms: 1_500,
            equal_talk_ms: 50,
            ring_ms: 600_000,
            own_phone_ms: 30_000,
            placed_ms: 60_000,
            together_ms: 2_000,
            in_turn_ms: 30_000,
            passed_on_ms: 60_000,
        }
    }
}

impl Tolerances {
    /// Two parts of one call of one caller begin at most so long after each other, the conversation of the first not
    /// counted.
    pub fn further_ms(&self) -> i64 {
        2 * self.passed_on_ms.max(self.in_turn_ms)
    }

    /// A line of an outgoing call and its leg differ by at most so much.
    pub fn outgoing_start_ms(&self) -> i64 {
        self.own_phone_ms + self.start_ms
    }
}
