//! Lineage: what every lot came from and went into, and how much of a tainted lot is in it.
//!
//! Invariant: shares of a lot sum to exactly one, since they are fractions of whole numbers; matter only comes from what
//! happened before, so a way back always ends. Knows nothing of quota, shipments and stock.

mod fold;
mod graph;
mod index;
mod label;
mod origin;
mod shares;
mod taint;
mod trace;
mod weigh;

pub use fold::Lineage;
pub use label::{Label, Producer, label};
pub use origin::{OriginCell, OriginClass};
pub use shares::SourceShare;
pub use taint::Taint;
pub use trace::{Direction, Step, dot};
pub use weigh::Weight;

/// An exact share: a fraction between nothing and one.
pub type Share = num_rational::BigRational;

/// How many parts of `whole` a share is, rounded toward nothing.
pub fn parts(share: &Share, whole: u32) -> i128 {
    let parts = (share * num_bigint::BigInt::from(whole)).to_integer();
    // A share is at most one.
    i128::try_from(parts).unwrap_or(i128::MAX)
}
