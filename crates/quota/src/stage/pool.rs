//! What is in a lot, by stage: the mix of every standing statement that put something into it.
//!
//! Invariant: the mix does not depend on the order of the statements, so that no order of events changes what they consume;
//! what is taken out is what was put in. Nearly every lot is of one stage, and takes two words.

use bincode::{Decode, Encode};
use domain::Ppm;

use super::rule::{Made, NOISE_PPM};
use super::share::{Part, Shares, WHOLE, Weighed};

/// Parts by stage, and what is separated in the last place, in millionths of a milligram.
type Sums = [u128; Part::ALL.len() + 1];

/// What was put into a lot and drawn of it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Tank {
    pool: Pool,
    put: Weighed,
    drawn: Weighed,
}

/// How much was drawn, and how much of that was never put in; less than the noise of measuring is nothing.
fn beyond(put: u64, drawn: u64) -> (u128, u128) {
    let (put, drawn) = (u128::from(put), u128::from(drawn));
    let noise = put * NOISE_PPM / u128::from(Ppm::ONE);
    let beyond = if drawn > put + noise { drawn - put } else { 0 };
    (drawn, beyond)
}

impl Tank {
    pub(super) const EMPTY: Self = Self {
        pool: Pool::EMPTY,
        put: Weighed::NOTHING,
        drawn: Weighed::NOTHING,
    };

    pub(super) fn is_empty(&self) -> bool {
        self.pool.is_empty() && self.drawn == Weighed::NOTHING
    }

    /// The mix. What is drawn beyond all that was put in, by net mass or by REO, whichever is more of it, is something else,
    /// of which nothing is known: a lot of little REO is no cover for much.
    pub(super) fn shares(&self) -> Shares {
        let (put, drawn) = (self.put, self.drawn);
        let known = self.pool.shares();
        let is_within = drawn.net_mg <= put.net_mg && drawn.reo_mg <= put.reo_mg;
        if is_within || self.pool.is_empty() {
            return known;
        }
        let net = beyond(put.net_mg, drawn.net_mg);
        let reo = beyond(put.reo_mg, drawn.reo_mg);
        let (drawn, beyond) = if reo.1 * net.0 > net.1 * reo.0 {
            reo
        } else {
            net
        };
        Shares::mix(&[(known, drawn - beyond), (Shares::pure(Part::Ore), beyond)])
    }

    pub(super) fn put(&mut self, made: &Made) {
        self.pool.put(&made.shares, made.reo_mg);
        self.put = self.put.plus(made.weighed(), 1);
    }

    pub(super) fn take(&mut self, made: &Made) {
        self.pool.take(&made.shares, made.reo_mg);
        self.put = self.put.plus(made.weighed(), -1);
    }

    /// Somebody draws of it, or did not after all.
    pub(super) fn draw(&mut self, drawn: Weighed, sign: i8) {
        self.drawn = self.drawn.plus(drawn, sign);
    }

    /// From now on it counts as not separated, whatever goes in.
    pub(super) fn mark_circle(&mut self) {
        self.pool.mark_circle();
    }
}

/// What is in a lot, by what was put in.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
enum Pool {
    /// All of one stage; of none where it is separated.
    One {
        part: Option<Part>,
        statements: u32,
        mg: u64,
    },
    Mixed(Box<Mixed>),
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Mixed {
    statements: u32,
    /// Matter goes in a circle through this lot: it counts as not separated.
    circles: bool,
    sums: Sums,
}

const PER_MG: u128 = 1_000_000;

impl Pool {
    /// A lot of which nothing is known.
    const EMPTY: Self = Self::One {
        part: Some(Part::Ore),
        statements: 0,
        mg: 0,
    };

    fn is_empty(&self) -> bool {
        match self {
            Self::One { statements, .. } => *statements == 0,
            Self::Mixed(mixed) => mixed.statements == 0,
        }
    }

    /// The mix; not separated where nothing is known.
    fn shares(&self) -> Shares {
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
    fn put(&mut self, shares: &Shares, mg: u64) {
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

    /// Takes out what was put in. Once nothing is left of it, nothing is known of it.
    fn take(&mut self, shares: &Shares, mg: u64) {
        self.take_out(shares, mg.max(1));
        if self.is_empty() {
            *self = Self::EMPTY;
        }
    }

    fn take_out(&mut self, shares: &Shares, mg: u64) {
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

    fn mark_circle(&mut self) {
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
        assert_eq!(pool, Pool::EMPTY);
        pool.put(&Shares::SEPARATED, 10);
        pool.take(&Shares::SEPARATED, 10);
        assert_eq!(pool.shares(), ore, "what was withdrawn is not known either");
    }

    #[test]
    fn little_reo_in_much_mass_is_no_cover_for_much_reo() {
        let weighed = |net_mg, reo_mg| Weighed { net_mg, reo_mg };
        let mut tank = Tank::EMPTY;
        tank.pool.put(&Shares::SEPARATED, 1_000);
        tank.put = weighed(1_000_000, 1_000);
        tank.draw(weighed(1_000_000, 1_010), 1);
        assert_eq!(tank.shares(), Shares::SEPARATED, "an assay errs by as much");
        tank.draw(weighed(0, 98_990), 1);
        let ore = tank.shares().of(Part::Ore);
        assert_eq!(ore, WHOLE / 100 * 99);
    }

    #[test]
    fn a_circle_counts_as_not_separated() {
        let mut pool = Pool::EMPTY;
        pool.put(&Shares::SEPARATED, 10);
        pool.mark_circle();
        assert_eq!(pool.shares(), Shares::pure(Part::Ore));
    }
}
