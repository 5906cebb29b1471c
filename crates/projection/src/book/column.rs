//! Movements of stock, and the columns of a statement that they belong to.
//!
//! Invariant: names of columns are permanent; ins are positive, outs negative. Does not know which event moves what.

use domain::{Basis, Code, EventId, LotId, Month, PartyId, Ppm, Product, Quantity};
use serde::Serialize;

use crate::amount::Amount;

/// Which line of a statement a movement belongs to.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    bincode::Encode,
    bincode::Decode,
    Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Column {
    Opening,
    Mined,
    Imported,
    Collected,
    Received,
    Produced,
    Consumed,
    Dispatched,
    Exported,
    Used,
    Discarded,
    Lost,
    /// Rejected by the receiver or withdrawn: back with the shipper.
    Returned,
    /// Counted minus book.
    CountedDifference,
    /// Residue of a run that stays on the book.
    Retained,
    /// Back on the book after it had left as a discard or a loss.
    Recovered,
    /// Taken over from the product under which it was booked to that which its lot has now; all products together nothing.
    #[serde(rename = "re-classified")]
    Reclassified,
}

impl Column {
    /// Every column, in the order of a statement.
    pub const ALL: [Self; 17] = [
        Self::Opening,
        Self::Mined,
        Self::Imported,
        Self::Collected,
        Self::Recovered,
        Self::Received,
        Self::Produced,
        Self::Retained,
        Self::Returned,
        Self::Consumed,
        Self::Dispatched,
        Self::Exported,
        Self::Used,
        Self::Discarded,
        Self::Lost,
        Self::CountedDifference,
        Self::Reclassified,
    ];

    /// The permanent name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Mined => "mined",
            Self::Imported => "imported",
            Self::Collected => "collected",
            Self::Received => "received",
            Self::Produced => "produced",
            Self::Consumed => "consumed",
            Self::Dispatched => "dispatched",
            Self::Exported => "exported",
            Self::Used => "used",
            Self::Discarded => "discarded",
            Self::Lost => "lost",
            Self::Returned => "returned",
            Self::CountedDifference => "counted-difference",
            Self::Retained => "retained",
            Self::Recovered => "recovered",
            Self::Reclassified => "re-classified",
        }
    }
}

/// How a quantity was come by, for the uncertainty of sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    pub basis: Basis,
    /// Relative standard uncertainty where the event states one.
    pub uncertainty: Option<Ppm>,
}

impl Measure {
    /// Taken over from what somebody else stated.
    pub const STATED: Self = Self {
        basis: Basis::Stated,
        uncertainty: None,
    };
}

impl From<&Quantity> for Measure {
    fn from(quantity: &Quantity) -> Self {
        Self {
            basis: quantity.basis,
            uncertainty: quantity.uncertainty,
        }
    }
}

/// A change of the stock of one lot at one site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// Whose stock; not always the author: a rejection gives goods back to the shipper.
    pub party: PartyId,
    pub site: Code,
    pub lot: LotId,
    /// That of [`super::lot_key`], which costs a hash each time.
    pub key: u64,
    /// Absent if no standing event created the lot.
    pub product: Option<Product>,
    pub column: Column,
    pub net_mg: i128,
    pub reo_mg: i128,
    /// How the quantity was come by.
    pub measure: Measure,
    /// Of a counted difference, the stock count that it belongs to.
    pub count: Option<EventId>,
    /// The month in which `party`'s figures change.
    pub month: Month,
    /// Numbers of site and lot in the book.
    pub(super) slot: (u32, u32),
}

impl Movement {
    /// Whether it is a line that only takes matter from one product to another.
    pub fn is_relabelling(&self) -> bool {
        self.column == Column::Reclassified
    }

    /// Both masses.
    pub const fn amount(&self) -> Amount {
        Amount {
            net: self.net_mg,
            reo: self.reo_mg,
        }
    }
}
