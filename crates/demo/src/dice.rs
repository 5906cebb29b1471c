//! Chance from a seed.
//!
//! Invariant: one seed, one sequence, on every machine. Knows nothing of what is decided with it.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A sequence of decisions.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The sequence of this seed and purpose.
    pub(crate) fn new(seed: u64, purpose: u8) -> Self {
        let mut bytes = *b"ytterby demo: seed and purpose..";
        bytes[16..24].copy_from_slice(&seed.to_le_bytes());
        bytes[24] = purpose;
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// A number below `end`, which is above zero.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True so many times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// Thirty-two bytes.
    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}
