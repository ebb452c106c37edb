//! The pure domain of Perezvon: phone numbers, the PBX's events as data, the call state machine, the call as the
//! relay tells it, and the effects a desk shows. No IO, no async, no clock: time is always passed in.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

pub mod call;
pub mod effect;
pub mod event;
pub mod lists;
pub mod number;
mod pairs;
pub mod snapshot;
pub mod time;

/// The version, for people; of a release also its commit and build, which the variable `PEREZVON_BUILD` gives whole when
/// it is compiled.
pub const VERSION: &str = match option_env!("PEREZVON_BUILD") {
    Some(build) => build,
    None => concat!(env!("CARGO_PKG_VERSION"), " (no release)"),
};

pub use call::Call;
pub use event::Event;
pub use number::Number;
pub use snapshot::{CallSnapshot, Direction, Outcome};
pub use time::Time;
