//! How far apart the times and lengths that different sources tell of one thing may be: all tolerances of
//! [`super::arrange`], milliseconds.
//!
//! The PBX promises nothing about any of them: where no section of the reference is named, the value is a choice, and
//! «spread» is what the simulator's scripts show.

/// Between the start of a line and that of its leg (spread 0), and between both ends of one call inside the company
/// (spread 100).
pub const START_MS: i64 = 3_000;
/// The same where the line names another party than the leg: the PBX rewrites it when a call is forwarded. Spread 0.
pub const OTHER_PARTY_START_MS: i64 = 500;
/// Between the lengths of a conversation in a line and in its recording or leg. Spread 0.
pub const TALK_MS: i64 = 1_500;
/// Conversations whose lengths differ by less are equally long. Spread 0; two conversations of the simulator differ by
/// up to 60,000.
pub const EQUAL_TALK_MS: i64 = 50;
/// A phone rings no longer than this before a conversation begins. Reference 2.7 gives up after 300,000; spread 4,000 to
/// 24,000.
pub const RING_MS: i64 = 600_000;
/// A call placed from the desk rings the caller's own phone first, no longer than this. Reference 2.6 ends it by
/// `Request Timeout`; spread up to 30,000.
pub const OWN_PHONE_MS: i64 = 30_000;
/// From our request, by the relay's clock, to the start of its line, by the PBX's: the clocks differ, and the answer may be
/// slow. The spread was not measured.
pub const PLACED_MS: i64 = 60_000;
/// Between the starts of phones of a group that ring together. Spread 0.
pub const TOGETHER_MS: i64 = 2_000;
/// From the start of one agent's ringing to the next one's. Reference 2.6: an agent rings for 18,000; spread up to
/// 22,000 with the pause.
pub const IN_TURN_MS: i64 = 30_000;
/// From the end of one abonent's part in a call that was passed on to the ringing at the next. Spread 100; from a
/// redirected line, which tells no end, as long as that phone rang.
pub const PASSED_ON_MS: i64 = 60_000;
/// Largest difference between the starts of a line of an outgoing call and of its leg: [`OWN_PHONE_MS`] with [`START_MS`].
pub const OUTGOING_START_MS: i64 = OWN_PHONE_MS + START_MS;
/// Longest time between the starts of two parts of one call of one caller, without the conversation of the first: twice
/// the longer of [`PASSED_ON_MS`] and [`IN_TURN_MS`].
pub const FURTHER_MS: i64 = 2 * PASSED_ON_MS;
// See FURTHER_MS.
const _: () = assert!(PASSED_ON_MS >= IN_TURN_MS);

/// Whether two conversations may be both ends of one call between colleagues. `talked`, `other`: their lengths,
/// milliseconds (0: none); `rings_after`: from the start at the caller to the ringing at the other end, milliseconds.
pub(super) fn are_both_ends(talked: i64, other: i64, rings_after: i64) -> bool {
    (talked > 0) == (other > 0)
        && (talked - other).abs() <= START_MS
        && (-START_MS..=OUTGOING_START_MS).contains(&rings_after)
}
