//! Origin classes: the ways in which rare earths enter the country's books.
//!
//! Invariant: every source has exactly one class, decided by the event that states it. Knows nothing of shares.

use std::fmt;

use bincode::{Decode, Encode};
use domain::payload::{RecoverySource, ScrapSource};
use domain::{Country, OreKind};
use projection::Origin;

/// How a source came into the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum OriginClass {
    /// Stock declared when the enterprise joined; what it came from lies before the log.
    Opening,
    Mined(OreKind),
    /// Won beside other minerals.
    ByProduct(OreKind),
    Imported(Country),
    Recycled(ScrapSource),
    /// Back on the books after it had left them as a discard or a loss: no new origin, but the lots that it came of are not
    /// named.
    Recovered(RecoverySource),
    /// Used before any event brought it forth.
    Unrecorded,
}

impl OriginClass {
    /// The class of a source; a run is none, what went into it has the class.
    pub const fn of(origin: Origin) -> Option<Self> {
        Some(match origin {
            Origin::Declared => Self::Opening,
            Origin::Mined(ore) => Self::of_ore(ore),
            Origin::Imported(country) => Self::Imported(country),
            Origin::Collected(source) => Self::Recycled(source),
            Origin::Recovered(source) => Self::Recovered(source),
            Origin::Processed(_) => return None,
        })
    }

    /// The class of mined ore. Monazite and xenotime are not mined for themselves: sole mining of monazite is banned,
    /// and both are won beside other minerals.
    pub const fn of_ore(ore: OreKind) -> Self {
        match ore {
            OreKind::Bastnaesite | OreKind::Mixed | OreKind::IonAdsorption => Self::Mined(ore),
            OreKind::Monazite | OreKind::Xenotime => Self::ByProduct(ore),
        }
    }
}

impl fmt::Display for OriginClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Opening => "opening stock".to_owned(),
            Self::Mined(ore) => format!("mined {ore}"),
            Self::ByProduct(ore) => format!("by-product {ore}"),
            Self::Imported(country) => format!("imported {country}"),
            Self::Recycled(source) => format!("recycled {source}"),
            Self::Recovered(source) => format!("recovered {source}"),
            Self::Unrecorded => "unrecorded".to_owned(),
        };
        f.pad(&text)
    }
}

/// What the nation took in of one class in one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct OriginCell {
    /// Year of the event in the ledger's zone.
    pub year: u16,
    pub class: OriginClass,
}
