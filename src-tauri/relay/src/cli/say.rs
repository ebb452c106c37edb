//! Messages for the person who started the program.

use std::io::Write as _;

/// Prints a message to standard error; standard output is for results.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
