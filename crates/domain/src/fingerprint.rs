//! What the ores of the trade are made of: bounds that published analyses give, for the check of a declared ore kind.
//!
//! Invariant: a bound is an outer bound of what was published, in ppm of REO; a kind whose deposits differ too much has
//! none. Knows no tolerance: that is in the rule set.

use crate::composition::Composition;
use crate::element::Element;
use crate::product::OreKind;

/// A share of REO that an ore kind has at least and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    of: &'static str,
    elements: &'static [Element],
    low_ppm: u32,
    high_ppm: u32,
}

const fn bound(
    of: &'static str,
    elements: &'static [Element],
    low_ppm: u32,
    high_ppm: u32,
) -> Bound {
    Bound {
        of,
        elements,
        low_ppm,
        high_ppm,
    }
}

/// Lanthanum to neodymium.
const LIGHT: &[Element] = &[Element::La, Element::Ce, Element::Pr, Element::Nd];

/// Bayan Obo concentrate: CeO2 about 50 %, light above 95 %.
const MIXED: &[Bound] = &[
    bound("light rare earths", LIGHT, 950_000, 1_000_000),
    bound("CeO2", &[Element::Ce], 450_000, 550_000),
];

/// Mianning and Weishan: CeO2 about 47 %, light above 94 %.
const BASTNAESITE: &[Bound] = &[
    bound("light rare earths", LIGHT, 940_000, 1_000_000),
    bound("CeO2", &[Element::Ce], 420_000, 520_000),
];

/// An yttrium phosphate by definition.
const XENOTIME: &[Bound] = &[bound("Y2O3", &[Element::Y], 500_000, 1_000_000)];

/// Ion-adsorption ores run from yttrium-rich (Longnan, Y2O3 65 %) to light (Xunwu, light 93 %), and monazites differ by
/// deposit: neither has a bound.
const fn bounds(kind: OreKind) -> &'static [Bound] {
    match kind {
        OreKind::Mixed => MIXED,
        OreKind::Bastnaesite => BASTNAESITE,
        OreKind::Xenotime => XENOTIME,
        OreKind::IonAdsorption | OreKind::Monazite => &[],
    }
}

/// A composition that lies outside a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit {
    /// What was summed, in words of the trade.
    pub of: &'static str,
    pub found_ppm: u32,
    /// The bound that is nearer.
    pub bound_ppm: u32,
}

impl Misfit {
    /// How far outside, in ppm of REO.
    pub const fn distance_ppm(&self) -> u32 {
        self.found_ppm.abs_diff(self.bound_ppm)
    }
}

/// The bound that a composition breaks most, if any.
pub fn misfit(kind: OreKind, composition: &Composition) -> Option<Misfit> {
    let outside = |bound: &Bound| {
        let shares = bound.elements.iter();
        let found_ppm = shares.map(|element| composition.share(*element)).sum();
        let bound_ppm = if found_ppm < bound.low_ppm {
            bound.low_ppm
        } else if found_ppm > bound.high_ppm {
            bound.high_ppm
        } else {
            return None;
        };
        let of = bound.of;
        Some(Misfit {
            of,
            found_ppm,
            bound_ppm,
        })
    };
    let outside = bounds(kind).iter().filter_map(outside);
    outside.max_by_key(Misfit::distance_ppm)
}

/// Elements that no ore lacks, and the least that it has of each, in ppm of REO.
const IN_EVERY_ORE: [Element; 2] = [Element::La, Element::Nd];
const IN_EVERY_ORE_PPM: u32 = 1_000;

/// Whether a composition can be that of an ore: where lanthanum or neodymium is lacking, elements were taken out.
pub fn is_whole(composition: &Composition) -> bool {
    let has = |element: &Element| composition.share(*element) >= IN_EVERY_ORE_PPM;
    IN_EVERY_ORE.iter().all(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ion_ore_does_not_pass_for_mixed_ore() {
        let longnan: Composition = "Y:648300,La:50000,Nd:150000,Dy:151700".parse().unwrap();
        let found = misfit(OreKind::Mixed, &longnan).unwrap();
        assert_eq!(
            (found.of, found.found_ppm, found.bound_ppm),
            ("light rare earths", 200_000, 950_000)
        );
        assert_eq!(misfit(OreKind::IonAdsorption, &longnan), None);
        let bayan_obo: Composition = "La:270000,Ce:500000,Pr:50000,Nd:160000,Sm:20000"
            .parse()
            .unwrap();
        assert_eq!(misfit(OreKind::Mixed, &bayan_obo), None);
        assert!(is_whole(&longnan) && is_whole(&bayan_obo));
        for separated in ["Pr:250000,Nd:750000", "La:350000,Ce:650000"] {
            assert!(!is_whole(&separated.parse().unwrap()), "{separated}");
        }
    }
}
