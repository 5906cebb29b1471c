//! What was taken and what was given of one kind of matter.
//!
//! Invariant: the spread is that of taken less given. Judges by the rules it is given.

use bincode::{Decode, Encode};
use domain::RuleSet;

use crate::spread::Spread;

/// Masses of one kind of matter, and the spread of taken less given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Flow {
    pub taken: i128,
    pub given: i128,
    pub spread: Spread,
}

impl Flow {
    pub(crate) fn include(&mut self, other: &Self) {
        self.taken += other.taken;
        self.given += other.given;
        self.spread.include(&other.spread);
    }

    /// What was made of nothing, less what measuring leaves open; not above nothing where all is well.
    pub(crate) fn gain_beyond(&self, rules: &RuleSet) -> i128 {
        self.given - self.taken - rules.limit_of(self.spread.sigma())
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.taken == 0 && self.given == 0 && self.spread.is_nothing()
    }
}
