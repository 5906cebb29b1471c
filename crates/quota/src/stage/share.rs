//! How much of a lot's REO stands at which stage, as parts of one whole.
//!
//! Invariant: parts and the separated rest make one whole; a mix of equals is equal to the milligram. Knows no lots.

use bincode::{Decode, Encode};
use domain::{OreKind, Track};

/// One whole. Times the largest mass of an event it fits an `i128` a hundred times over.
pub(crate) const WHOLE: u64 = 1_000_000_000_000_000_000;

/// Where REO stands that is not separated yet, by what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) enum Part {
    /// Raw ore of this country, by the mining quota that dressing it consumes.
    RawRock,
    RawIon,
    /// Raw ore from abroad: dressing it is mining of no ore of this country.
    RawElsewhere,
    /// Concentrates.
    Ore,
    /// Ion-type mixed carbonate, oxalate and oxide: ore products of the tax catalogue.
    OreCompound,
    /// Other mixed compounds of no known separation.
    OtherCompound,
    /// In a circuit: solutions, cakes and other residue of what was an ore product.
    Circuit,
    /// Nothing is known of it: it counts as ore.
    Unknown,
}

impl Part {
    pub(crate) const ALL: [Self; 8] = [
        Self::RawRock,
        Self::RawIon,
        Self::RawElsewhere,
        Self::Ore,
        Self::OreCompound,
        Self::OtherCompound,
        Self::Circuit,
        Self::Unknown,
    ];

    /// Raw ore that was dug in this country.
    pub(crate) const fn raw(ore: OreKind) -> Self {
        match ore.track() {
            Track::MiningIon => Self::RawIon,
            Track::MiningRock | Track::Separation => Self::RawRock,
        }
    }

    /// The mining quota that it consumes when it becomes an ore product or anything later.
    pub(crate) const fn mining_track(self) -> Option<Track> {
        match self {
            Self::RawRock => Some(Track::MiningRock),
            Self::RawIon => Some(Track::MiningIon),
            _ => None,
        }
    }

    pub(crate) const fn is_raw(self) -> bool {
        matches!(self, Self::RawRock | Self::RawIon | Self::RawElsewhere)
    }
}

/// Parts of one whole; what is missing to it is separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Shares([u64; Part::ALL.len()]);

impl Shares {
    /// All of it is separated, or metal, or scrap.
    pub(crate) const SEPARATED: Self = Self([0; Part::ALL.len()]);

    pub(crate) const fn pure(part: Part) -> Self {
        let mut shares = Self::SEPARATED;
        shares.0[part as usize] = WHOLE;
        shares
    }

    pub(crate) const fn of(&self, part: Part) -> u64 {
        self.0[part as usize]
    }

    /// The part of which all of it is; nothing in `Some` if all is separated.
    pub(crate) fn only(&self) -> Option<Option<Part>> {
        if *self == Self::SEPARATED {
            return Some(None);
        }
        let mut parts = Part::ALL.into_iter();
        parts.find(|part| self.of(*part) == WHOLE).map(Some)
    }

    pub(crate) fn unseparated(&self) -> u64 {
        self.0.iter().sum()
    }

    /// What a part of a mass is, to the nearest milligram; all of it where all is of the part.
    pub(crate) fn mg(&self, part: Part, mg: i128) -> i128 {
        part_of(mg, self.of(part))
    }

    /// What of a mass is not separated.
    pub(crate) fn unseparated_mg(&self, mg: i128) -> i128 {
        part_of(mg, self.unseparated())
    }

    /// What of a mass is in parts of some kind.
    pub(crate) fn mg_where(&self, is_it: impl Fn(Part) -> bool, mg: i128) -> i128 {
        let parts = Part::ALL.into_iter().filter(|part| is_it(*part));
        part_of(mg, parts.map(|part| self.of(part)).sum())
    }

    /// Parts whose weights add up to `whole`, as shares of it.
    fn of_weights(weights: [u128; Part::ALL.len()], whole: u128) -> Self {
        Self(weights.map(|weight| share(weight, whole)))
    }

    /// Only what is raw ore, as one whole; nothing if none is.
    pub(crate) fn raw_only(&self) -> Option<Self> {
        let raw = Part::ALL.map(|part| {
            let share = if part.is_raw() { self.of(part) } else { 0 };
            u128::from(share)
        });
        let whole = raw.iter().sum();
        (whole > 0).then(|| Self::of_weights(raw, whole))
    }

    /// The mix of shares by weight. Nothing is in nothing.
    pub(crate) fn mix(parts: &[(Self, u128)]) -> Self {
        let whole: u128 = parts.iter().map(|(_, weight)| weight).sum();
        let Some((first, _)) = parts.first() else {
            return Self::SEPARATED;
        };
        if whole == 0 || parts.iter().all(|(shares, _)| shares == first) {
            return *first;
        }
        // What lies in a lot may be more than any event can state: its last digits decide nothing.
        let excess = excess_bits(whole);
        let mixed = Part::ALL.map(|part| {
            let weighed = parts
                .iter()
                .map(|(shares, weight)| u128::from(shares.of(part)) * (weight >> excess));
            u64::try_from(weighed.sum::<u128>() / (whole >> excess)).unwrap_or(WHOLE)
        });
        Self(mixed)
    }

    /// Only what is not separated, as one whole; nothing if all is.
    pub(crate) fn unseparated_only(&self) -> Option<Self> {
        let whole = self.unseparated();
        let weights = self.0.map(u128::from);
        (whole > 0).then(|| Self::of_weights(weights, whole.into()))
    }

    pub(crate) fn add(&mut self, part: Part, share: u64) {
        self.0[part as usize] += share;
    }
}

fn part_of(mg: i128, share: u64) -> i128 {
    (mg * i128::from(share) + i128::from(WHOLE / 2)) / i128::from(WHOLE)
}

/// Binary digits beyond those that a share can be multiplied with.
fn excess_bits(whole: u128) -> u32 {
    (u128::BITS - whole.leading_zeros()).saturating_sub(67)
}

/// Exact at both ends; between them to sixty binary digits.
fn share(weight: u128, whole: u128) -> u64 {
    if weight >= whole {
        return if weight == 0 { 0 } else { WHOLE };
    }
    let excess = excess_bits(whole);
    let share = (weight >> excess) * u128::from(WHOLE) / (whole >> excess);
    u64::try_from(share).unwrap_or(WHOLE)
}

/// Net mass and the REO in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Weighed {
    pub net_mg: u64,
    pub reo_mg: u64,
}

impl Weighed {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            net_mg: self.net_mg.saturating_add(other.net_mg),
            reo_mg: self.reo_mg.saturating_add(other.reo_mg),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_of_equals_is_equal_and_parts_never_exceed_the_whole() {
        let (ore, done) = (Shares::pure(Part::Ore), Shares::SEPARATED);
        assert_eq!(Shares::mix(&[(ore, 3), (ore, 7)]), ore);
        let third = Shares::mix(&[(ore, 1), (done, 2)]);
        assert_eq!(third.of(Part::Ore), WHOLE / 3);
        assert_eq!(third.mg(Part::Ore, 3_000_000), 1_000_000);
        assert_eq!(third.unseparated_only(), Some(ore));
        assert_eq!(done.unseparated_only(), None);
        let most = u128::from(u64::MAX) * 1_000_000;
        assert_eq!(share(most, most), WHOLE);
        assert_eq!(share(most / 2, most), WHOLE / 2);
        assert_eq!(share(0, 0), 0);
    }
}
