//! The list of faults that tidy collects.
//! A fault is one line: where, what is wrong, what to do.
//! Knows nothing of the rules that find them.

use std::fmt::Display;

/// Faults in the order they were found.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    lines: Vec<String>,
}

impl Faults {
    /// Adds one fault; `place` is a path, with `:line` where there is one.
    pub(crate) fn add(&mut self, place: impl Display, message: impl Display) {
        self.lines.push(format!("{place}: {message}"));
    }

    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }
}
