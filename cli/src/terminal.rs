//! What the command says to a person: always on standard error, so that standard output is data alone.

use std::io::{self, IsTerminal, Write};

/// Prints a line on standard error. That nobody reads it is no reason to stop.
pub(crate) fn say(line: impl std::fmt::Display) {
    _ = writeln!(io::stderr(), "{line}");
}

/// Whether standard error is a terminal that a bar can be drawn on.
pub(crate) fn can_draw() -> bool {
    io::stderr().is_terminal()
}
