//! The producers that the mandatory mark on rare earth packages names (GB 39176-2020).
//!
//! Invariant: rows and the rest sum to exactly one million parts. The log alone is asked: where it knows no mine, the
//! party that brought the source into the books stands for it.

use std::collections::BTreeMap;
use std::fmt::Write;

use domain::quantity::decimal;
use domain::{LotId, PartyId, Ppm, Product};
use num_bigint::BigInt;
use num_rational::BigRational;
use projection::Book;

use crate::fold::Lineage;
use crate::shares::unfold;
use crate::weigh::{Weight, fraction, nothing};

/// A producer and its share of the REO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Producer {
    pub party: PartyId,
    pub share_ppm: u32,
}

/// What the mark of a lot says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub lot: LotId,
    /// Who made the lot.
    pub supplier: PartyId,
    pub product: Product,
    /// The main producers, largest share first: as many as together hold four fifths.
    pub producers: Vec<Producer>,
    /// How many more there are.
    pub others: u32,
    /// Their share together.
    pub others_ppm: u32,
}

/// The label of a lot; nothing if no standing event brought it forth.
///
/// Of ore it names the mine, of compounds the producers of ore and the collectors of scrap in the feed, of metals, alloys
/// and magnets the producers of the compounds fed. Residue and scrap are marked like compounds.
pub fn label(lineage: &Lineage, book: &Book, lot: &LotId) -> Option<Label> {
    let product = book.lot(lot)?.product;
    let is_compound = |input: &LotId| {
        let known = book.lot(input);
        known.is_some_and(|known| matches!(known.product, Product::Compound(..)))
    };
    let of_compounds = matches!(
        product,
        Product::Metal(_) | Product::Alloy(_) | Product::Magnet(_)
    );
    let ends = unfold(&lineage.back(book, lot), lot, Weight::Reo, &|input| {
        of_compounds && is_compound(input)
    });
    let mut shares = BTreeMap::new();
    for ((end, _), share) in ends {
        *shares.entry(end.creator).or_insert_with(nothing) += share;
    }
    let mut shares: Vec<(PartyId, BigRational)> = shares.into_iter().collect();
    if shares.is_empty() {
        return None;
    }
    // Stable, and they come by party.
    shares.sort_by(|left, right| right.1.cmp(&left.1));
    let main = main_ones(&shares);
    let others = shares.split_off(main);
    let mut rows: Vec<BigRational> = shares.iter().map(|(_, share)| share.clone()).collect();
    if !others.is_empty() {
        rows.push(others.iter().map(|(_, share)| share).sum());
    }
    let ppm = whole_parts(&rows);
    let named = shares.iter().zip(&ppm);
    Some(Label {
        lot: *lot,
        supplier: lot.creator,
        product,
        producers: named
            .map(|((party, _), share_ppm)| Producer {
                party: *party,
                share_ppm: *share_ppm,
            })
            .collect(),
        others: u32::try_from(others.len()).unwrap_or(u32::MAX),
        others_ppm: ppm.get(main).copied().unwrap_or_default(),
    })
}

/// How many of the largest together hold four fifths.
fn main_ones(shares: &[(PartyId, BigRational)]) -> usize {
    let enough = fraction(4, 5);
    let mut held = nothing();
    let before = shares.iter().take_while(|(_, share)| {
        let wanted = held < enough;
        held += share;
        wanted
    });
    before.count()
}

/// Rounded down to parts per million; what is missing to one whole goes to the largest remainders.
fn whole_parts(shares: &[BigRational]) -> Vec<u32> {
    let scaled = shares
        .iter()
        .map(|share| share * BigInt::from(Ppm::ONE))
        .collect::<Vec<_>>();
    let down = scaled
        .iter()
        .map(|share| u32::try_from(share.to_integer()).unwrap_or_default());
    let mut parts: Vec<u32> = down.collect();
    let missing = Ppm::ONE.saturating_sub(parts.iter().sum());
    let mut largest: Vec<usize> = (0..parts.len()).collect();
    largest.sort_by_key(|place| std::cmp::Reverse(scaled[*place].fract()));
    for place in largest.into_iter().take(missing as usize) {
        parts[place] += 1;
    }
    parts
}

impl Label {
    /// The label as lines ready to print; `names` gives the name of a party.
    pub fn text(&self, names: &dyn Fn(&PartyId) -> String) -> String {
        let percent = |ppm: u32| decimal(ppm.into(), 10_000);
        let mut text = format!(
            "Product: {}\nLot: {}\nSupplier: {}\nProducers of the raw material:\n",
            self.product,
            self.lot,
            names(&self.supplier)
        );
        for producer in &self.producers {
            let (share, name) = (percent(producer.share_ppm), names(&producer.party));
            // Writing to a text can't fail.
            let _ = writeln!(text, "  {share} % {name}");
        }
        if self.others > 0 {
            let share = percent(self.others_ppm);
            let _ = writeln!(text, "  {share} % from {} more", self.others);
        }
        text
    }
}
