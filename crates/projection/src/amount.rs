//! Amounts and cells: the sums that projections consist of.
//!
//! Invariant: a cell that sums to nothing is absent, so that equal states have equal bytes. Knows nothing of events.

use std::fmt::Debug;
use std::hash::Hash;
use std::ops::{Add, AddAssign, Neg, Sub};

use bincode::{Decode, Encode};
use domain::Quantity;
use hashbrown::HashMap;
use serde::Serialize;

/// A signed mass in milligrams: dry net, and REO in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode, Serialize)]
pub struct Amount {
    pub net: i128,
    pub reo: i128,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self { net: 0, reo: 0 };

    /// Whether both masses are nothing.
    pub const fn is_zero(self) -> bool {
        self.net == 0 && self.reo == 0
    }

    /// Times +1 or -1.
    pub const fn times(self, sign: i8) -> Self {
        Self {
            net: self.net * sign as i128,
            reo: self.reo * sign as i128,
        }
    }

    /// Each mass, but not below nothing.
    pub fn not_below_zero(self) -> Self {
        Self {
            net: self.net.max(0),
            reo: self.reo.max(0),
        }
    }
}

impl From<&Quantity> for Amount {
    fn from(quantity: &Quantity) -> Self {
        Self {
            net: quantity.net.mg().into(),
            reo: quantity.reo.mg().into(),
        }
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            net: self.net + other.net,
            reo: self.reo + other.reo,
        }
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        self.times(-1)
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

/// Sums of postings by cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells<C: Eq + Hash>(HashMap<C, Amount>);

impl<C: Eq + Hash> Default for Cells<C> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<C: Copy + Ord + Hash + Debug> Cells<C> {
    /// Adds a posting.
    pub fn post(&mut self, cell: C, amount: Amount) {
        if amount.is_zero() {
            return;
        }
        let sum = self.0.entry(cell).or_default();
        *sum += amount;
        if sum.is_zero() {
            self.0.remove(&cell);
        }
    }

    /// The sum of a cell; nothing if it was never posted to.
    pub fn get(&self, cell: &C) -> Amount {
        self.0.get(cell).copied().unwrap_or_default()
    }

    /// Every cell that is not nothing, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&C, &Amount)> {
        self.0.iter()
    }

    /// Every cell that is not nothing, by cell.
    pub fn sorted(&self) -> Vec<(C, Amount)> {
        let mut all: Vec<_> = self
            .0
            .iter()
            .map(|(cell, amount)| (*cell, *amount))
            .collect();
        all.sort_unstable_by_key(|(cell, _)| *cell);
        all
    }

    /// Number of cells that are not nothing.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether every cell is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn from_sorted(all: Vec<(C, Amount)>) -> Self {
        Self(all.into_iter().collect())
    }
}
