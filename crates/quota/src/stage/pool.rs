//! What is in a lot, by stage: the mix of every standing statement that put something into it.
//!
//! Invariant: the mix does not depend on the order of the statements, so that no order of events changes what they consume;
//! what is taken out is what was put in. Nearly every lot is of one stage, and takes two words.

use bincode::{Decode, Encode};

use super::share::{Part, Shares, WHOLE};

/// Parts by stage, and what is separated in the last place, in millionths of a milligram.
type Sums = [u128; Part::ALL.len() + 1];

/// What is in a lot.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) enum Pool {
    /// All of one stage; of none where it is separated.
    One {
        part: Option<Part>,
        statements: u32,
        mg: u64,
    },
    Mixed(Box<Mixed>),
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Mixed {
    statements: u32,
    /// Matter goes in a circle through this lot: it counts as not separated.
    circles: bool,
    sums: Sums,
}

const PER_MG: u128 = 1_000_000;

impl Pool {
    /// A lot of which nothing is known.
    pub(super) const EMPTY: Self = Self::One {
        part: Some(Part::Ore),
        statements: 0,
        mg: 0,
    };

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::One { statements, .. } => *statements == 0,
            Self::Mixed(mixed) => mixed.statements == 0,
        }
    }

    /// The mix; not separated where nothing is known.
    pub(super) fn shares(&self) -> Shares {
        match self {
            Self::One { part: None, .. } => Shares::SEPARATED,
            Self::One {
                part: Some(part), ..
            } => Shares::pure(*part),
            Self::Mixed(mixed) if mixed.circles => Shares::pure(Part::Ore),
            Self::Mixed(mixed) => {
                let mut parts = [0; Part::ALL.len()];
                parts.copy_from_slice(&mixed.sums[..Part::ALL.len()]);
                Shares::of_weights(parts, mixed.sums.iter().sum())
            }
        }
    }

    /// Puts a statement in. A lot of no mass weighs a milligram, or its stage would be lost.
    pub(super) fn put(&mut self, shares: &Shares, mg: u64) {
        let mg = mg.max(1);
        if let Some(only) = shares.only()
            && let Self::One {
                part,
                statements,
                mg: held,
            } = self
            && (*statements == 0 || *part == only)
            && let Some(sum) = held.checked_add(mg)
        {
            (*part, *held) = (only, sum);
            *statements += 1;
            return;
        }
        let mixed = self.mixed();
        mixed.statements += 1;
        for (sum, put) in mixed.sums.iter_mut().zip(weights(shares, mg)) {
            *sum = sum.saturating_add(put);
        }
    }

    /// Takes out what was put in.
    pub(super) fn take(&mut self, shares: &Shares, mg: u64) {
        let mg = mg.max(1);
        if let Self::One {
            statements,
            mg: held,
            ..
        } = self
        {
            *statements = statements.saturating_sub(1);
            *held = held.saturating_sub(mg);
            return;
        }
        let mixed = self.mixed();
        mixed.statements = mixed.statements.saturating_sub(1);
        for (sum, taken) in mixed.sums.iter_mut().zip(weights(shares, mg)) {
            *sum = sum.saturating_sub(taken);
        }
    }

    /// From now on it counts as not separated, whatever goes in.
    pub(super) fn mark_circle(&mut self) {
        self.mixed().circles = true;
    }

    fn mixed(&mut self) -> &mut Mixed {
        if let Self::One {
            part,
            statements,
            mg,
        } = *self
        {
            let mut sums = Sums::default();
            let place = part.map_or(Part::ALL.len(), |part| part as usize);
            sums[place] = u128::from(mg) * PER_MG;
            *self = Self::Mixed(Box::new(Mixed {
                statements,
                circles: false,
                sums,
            }));
        }
        match self {
            Self::Mixed(mixed) => mixed,
            Self::One { .. } => unreachable!("it was made a mix above"),
        }
    }
}

fn weights(shares: &Shares, mg: u64) -> Sums {
    let whole = u128::from(mg) * PER_MG;
    let mut weights = Sums::default();
    let mut left = whole;
    for part in Part::ALL {
        // Divided in two steps: the product of all three would not fit.
        let share = u128::from(shares.of(part));
        let weight = u128::from(mg) * share / (u128::from(WHOLE) / PER_MG);
        weights[part as usize] = weight;
        left = left.saturating_sub(weight);
    }
    weights[Part::ALL.len()] = left;
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_comes_out_in_any_order() {
        let ore = Shares::pure(Part::Ore);
        let half = Shares::mix(&[(ore, 1), (Shares::SEPARATED, 1)]);
        let mut pool = Pool::EMPTY;
        assert_eq!(
            pool.shares(),
            ore,
            "what nothing is known of is not separated"
        );
        pool.put(&Shares::SEPARATED, 10);
        assert_eq!(pool.shares(), Shares::SEPARATED);
        pool.put(&ore, 10);
        assert_eq!(pool.shares(), half);
        pool.put(&half, 20);
        assert_eq!(pool.shares(), half);
        pool.take(&Shares::SEPARATED, 10);
        pool.take(&half, 20);
        assert_eq!(pool.shares(), ore);
        pool.take(&ore, 10);
        assert!(pool.is_empty());
    }

    #[test]
    fn a_circle_counts_as_not_separated() {
        let mut pool = Pool::EMPTY;
        pool.put(&Shares::SEPARATED, 10);
        pool.mark_circle();
        assert_eq!(pool.shares(), Shares::pure(Part::Ore));
    }
}
