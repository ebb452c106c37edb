//! Fills the desk of a folder with 1,000,000 calls of 60,000 numbers, the last of them now, and 200,000 contacts, for what is
//! measured in the real window.
//!
//! `cargo run --release -p perezvon-desk --example desk_fill FOLDER IDENTITY [CALLS [NUMBERS [CONTACTS]]]`
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, dead_code)]

#[path = "desk_bench/fill.rs"]
mod fill;

use fill::{Done, STEP_MS, Size};
use perezvon_desk::Desk;

fn main() -> Done<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(identity)) = (arguments.next(), arguments.next()) else {
        return Err("desk_fill FOLDER IDENTITY [CALLS [NUMBERS [CONTACTS]]]".into());
    };
    let mut size = Size::of(arguments)?;
    size.start_ms = chrono::Utc::now().timestamp_millis() - size.calls as i64 * STEP_MS;
    let desk = Desk::open(std::path::Path::new(&folder))?;
    fill::fill(&desk, &size, &identity)?;
    desk.checkpoint()?;
    drop(desk);
    // The relay beside it is new: of calls that it does not have the mirror would be begun anew, empty.
    rusqlite::Connection::open(std::path::Path::new(&folder).join("desk.db"))?
        .execute("UPDATE mirror SET cursor = 0", [])?;
    Ok(())
}
