//! The one model of measurement uncertainty: what a weighing may be off, and what a sum of weighings may.
//!
//! Invariant: random parts add in quadrature over weighings. Systematic parts add linearly, with their signs, within one
//! source (a declared method, or what the rule set takes of a basis at one author), then in quadrature across sources. All
//! sums are exact integers of whole milligrams, so that what is taken back leaves nothing; the root is taken at the end.
//! Knows no books and no rules.

use bincode::{Decode, Encode};
use domain::{Basis, LotId, PartyId, Ppm};

/// What makes two measurements be off alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) enum Source {
    /// What an author knows in one way, by no method that is known.
    Basis(PartyId, Basis),
    /// The declaration at this position of the log. A new certificate is a new calibration, with a bias of its own.
    Declared(u64),
    /// Compositions of an author that no method is known for.
    Assay(PartyId),
    /// The one analysis of a lot, of which parts are taken time and again.
    Lot(LotId),
}

/// How a mass is known: its source, and standard uncertainties as shares of the mass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weighing {
    pub source: Source,
    pub random: Ppm,
    pub systematic: Ppm,
}

/// The spread of a sum of weighings, in milligrams. Sums that no honest log reaches (a thousand weighings of the greatest
/// mass, each as uncertain as it is large) stop at the greatest number there is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Spread {
    /// Sum of squares of the random parts.
    squares: i128,
    /// Sum of the signed systematic parts by source, sorted, none of them nothing.
    linear: Vec<(Source, i128)>,
}

impl Spread {
    /// Adds a weighing of `mg`, in positive, out negative; `sign` -1 takes it out again, where `mg` has the sign of the
    /// reversal already.
    pub(crate) fn add(&mut self, weighing: Weighing, mg: i128, sign: i8) {
        self.add_random(weighing.random.of(mg), sign);
        self.add_linear(weighing.source, weighing.systematic.of(mg));
    }

    /// Adds an error of this many milligrams that no other measurement shares.
    pub(crate) fn add_random(&mut self, deviation: i128, sign: i8) {
        let square = deviation.saturating_mul(deviation);
        let signed = square.saturating_mul(i128::from(sign));
        self.squares = self.squares.saturating_add(signed);
    }

    /// Adds an error of this many milligrams, with its sign, that all measurements of a source share.
    pub(crate) fn add_linear(&mut self, source: Source, deviation: i128) {
        match self.linear.binary_search_by_key(&source, |part| part.0) {
            Ok(place) => {
                let sum = &mut self.linear[place].1;
                *sum = sum.saturating_add(deviation);
                if *sum == 0 {
                    self.linear.remove(place);
                }
            }
            Err(_) if deviation == 0 => {}
            Err(place) => self.linear.insert(place, (source, deviation)),
        }
    }

    /// Adds another sum, of terms with the same signs.
    pub(crate) fn include(&mut self, other: &Self) {
        self.squares = self.squares.saturating_add(other.squares);
        for (source, part) in &other.linear {
            self.add_linear(*source, *part);
        }
    }

    /// Of this sum less another: measuring both in one way cancels the systematic part, but no random one.
    pub(crate) fn less(mut self, other: &Self) -> Self {
        self.squares = self.squares.saturating_add(other.squares);
        for (source, part) in &other.linear {
            self.add_linear(*source, part.saturating_neg());
        }
        self
    }

    /// Whether nothing uncertain is in it.
    pub(crate) fn is_nothing(&self) -> bool {
        self.squares == 0 && self.linear.is_empty()
    }

    /// One standard deviation, rounded toward zero.
    pub(crate) fn sigma(&self) -> i128 {
        let squares = self.linear.iter().map(|(_, sum)| sum.saturating_mul(*sum));
        // Below nothing only where a part was forgotten whose reversal came later.
        let variance = squares.fold(self.squares.max(0), i128::saturating_add);
        let variance = u128::try_from(variance).unwrap_or_default();
        i128::try_from(variance.isqrt()).unwrap_or(i128::MAX)
    }
}
