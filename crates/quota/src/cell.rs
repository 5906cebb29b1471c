//! What quota figures are kept by: holder, year, track, line.
//!
//! Invariant: consumption and deductions of an enterprise are posted to it, to its group and to the nation alike, so totals
//! are sums of the same events. Knows no amounts.

use bincode::{Decode, Encode};
use domain::payload::Holder;
use domain::{Code, Day, PartyId, Track};
use projection::Book;

/// Who a figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Holding {
    Nation,
    Group(Code),
    Party(PartyId),
}

impl From<Holder> for Holding {
    fn from(holder: Holder) -> Self {
        match holder {
            Holder::Party(party) => Self::Party(party),
            Holder::Group(group) => Self::Group(group),
        }
    }
}

impl std::fmt::Display for Holding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nation => f.pad("nation"),
            Self::Group(group) => f.pad(group.as_str()),
            Self::Party(party) => f.pad(party.as_str()),
        }
    }
}

/// The nation, the group if there is one on that day, and the enterprise itself.
pub(crate) fn holdings_on(book: &Book, party: PartyId, day: Day) -> impl Iterator<Item = Holding> {
    let group = book.group_on(&party, day);
    [
        Some(Holding::Nation),
        group.map(Holding::Group),
        Some(Holding::Party(party)),
    ]
    .into_iter()
    .flatten()
}

/// A line of a quota account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Line {
    /// Indicator of the nation, allocations of groups and enterprises.
    Allocated,
    /// Moved in, less moved out.
    Moved,
    Deducted,
    Consumed,
    /// Of a successor, what its predecessors had left; of those, the same below nothing.
    TakenOver,
}

impl Line {
    /// Every line.
    pub const ALL: [Self; 5] = [
        Self::Allocated,
        Self::Moved,
        Self::Deducted,
        Self::TakenOver,
        Self::Consumed,
    ];

    /// The permanent name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allocated => "allocated",
            Self::Moved => "moved",
            Self::Deducted => "deducted",
            Self::Consumed => "consumed",
            Self::TakenOver => "taken-over",
        }
    }
}

/// One figure; its amount is REO, the net mass is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct QuotaCell {
    pub year: u16,
    pub track: Track,
    pub holding: Holding,
    pub line: Line,
    /// Month of production, 1 to 12, of what was consumed; 0 of the other lines, which are of the year.
    pub month: u8,
}
