//! How far apart the times and lengths that different sources tell of one thing may be.

/// All tolerances of [`super::arrange`], milliseconds. The PBX promises nothing about any of them: where no section of the
/// reference is named, the value is a choice, and «spread» is what the simulator's scripts show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerances {
    /// Between the start of a line and that of its leg (spread 0), and between both ends of one call inside the company
    /// (spread 100).
    pub start_ms: i64,
    /// The same where the line names another party than the leg: the PBX rewrites it when a call is forwarded. Spread 0.
    pub other_party_start_ms: i64,
    /// Between the lengths of a conversation in a line and in its recording or leg. Spread 0.
    pub talk_ms: i64,
    /// Conversations whose lengths differ by less are equally long. Spread 0; two conversations of the simulator differ by
    /// up to 60,000.
    pub equal_talk_ms: i64,
    /// A phone rings no longer than this before a conversation begins. Reference 2.7 gives up after 300,000; spread 4,000 to
    /// 24,000.
    pub ring_ms: i64,
    /// A call placed from the desk rings the caller's own phone first, no longer than this. Reference 2.6 ends it by
    /// `Request Timeout`; spread up to 30,000.
    pub own_phone_ms: i64,
    /// From our request, by the relay's clock, to the start of its line, by the PBX's.
    pub placed_ms: i64,
    /// Between the starts of phones of a group that ring together. Spread 0.
    pub together_ms: i64,
    /// From the start of one agent's ringing to the next one's. Reference 2.6: an agent rings for 18,000; spread up to
    /// 22,000 with the pause.
    pub in_turn_ms: i64,
    /// From the end of one abonent's part in a call that was passed on to the ringing at the next. Spread 100; from a
    /// redirected line, which tells no end, as long as that phone rang.
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
    /// Longest time between the starts of two parts of one call of one caller, milliseconds, without the conversation of
    /// the first.
    pub fn further_ms(&self) -> i64 {
        2 * self.passed_on_ms.max(self.in_turn_ms)
    }

    /// Whether two conversations may be both ends of one call between colleagues. `talked`, `other`: their lengths,
    /// milliseconds (0: none); `rings_after`: from the start at the caller to the ringing at the other end, milliseconds.
    pub(super) fn are_both_ends(&self, talked: i64, other: i64, rings_after: i64) -> bool {
        (talked > 0) == (other > 0)
            && (talked - other).abs() <= self.start_ms
            && (-self.start_ms..=self.outgoing_start_ms()).contains(&rings_after)
    }

    /// Largest difference between the starts of a line of an outgoing call and of its leg, milliseconds.
    pub fn outgoing_start_ms(&self) -> i64 {
        self.own_phone_ms + self.start_ms
    }
}
