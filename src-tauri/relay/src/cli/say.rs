//! Words for the person who started the program.

use std::io::Write as _;

/// For the person who started the program; standard output is for results.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
