//! Lots on paper: drawing from stock, blending compositions, splitting by element.
//!
//! Invariant: mass is only moved, never made: a part and its rest add up to the whole, to the milligram.
//! Knows nothing of who may do what.

use domain::payload::{DispatchLine, LotLine, NewLot};
use domain::{Basis, Composition, Element, LotId, Mass, Ppm, Product, Quantity};

use super::{Planner, parsed, party_of};

pub(crate) const TONNE: u64 = 1_000_000_000;

/// Some of a lot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lot {
    pub(crate) product: Product,
    pub(crate) net: u64,
    pub(crate) reo: u64,
    pub(crate) composition: Option<Composition>,
}

/// This many millionths of an amount, rounded toward zero.
pub(crate) fn ppm(amount: u64, share: u64) -> u64 {
    (u128::from(amount) * u128::from(share) / 1_000_000) as u64
}

/// A quantity of the demo.
pub(crate) fn quantity(net: u64, reo: u64, basis: Basis) -> Quantity {
    let mass = |mg| Mass::from_mg(mg).expect("far below the limit of one event");
    let uncertainty = match basis {
        Basis::Measured => Some(Ppm::try_from(1_500).expect("below one whole")),
        _ => None,
    };
    Quantity::new(mass(net), mass(reo), basis, uncertainty)
        .expect("the planner draws no empty lots")
}

impl Lot {
    pub(crate) fn quantity(&self, basis: Basis) -> Quantity {
        quantity(self.net, self.reo, basis)
    }

    pub(crate) fn line(&self, lot: LotId) -> LotLine {
        let quantity = self.quantity(Basis::Weighed);
        LotLine { lot, quantity }
    }

    pub(crate) fn dispatched(&self, lot: LotId) -> DispatchLine {
        DispatchLine {
            lot,
            quantity: self.quantity(Basis::Weighed),
            packages: (self.net / TONNE + 1) as u32,
            owner: None,
        }
    }

    /// The lot at its birth.
    pub(crate) fn born(&self, lot: LotId) -> NewLot {
        NewLot {
            lot: lot.code,
            product: self.product,
            quantity: self.quantity(Basis::Measured),
            composition: self.composition,
            assay_method: None,
        }
    }
}

/// Shares of these elements as one whole, and the part of the REO that they are, in ppm.
pub(crate) fn portion(of: &Composition, elements: &[Element]) -> Option<(u64, Composition)> {
    let taken = of
        .shares()
        .filter(|(element, _)| elements.contains(element));
    let weights: Vec<_> = taken.map(|(e, share)| (e, u128::from(share))).collect();
    let sum: u128 = weights.iter().map(|(_, weight)| weight).sum();
    normalised(&weights).map(|composition| (sum as u64, composition))
}

/// Shares in proportion to the weights; what rounding leaves goes to the largest.
fn normalised(weights: &[(Element, u128)]) -> Option<Composition> {
    let sum: u128 = weights.iter().map(|(_, weight)| weight).sum();
    if sum == 0 {
        return None;
    }
    let mut shares: Vec<(Element, u32)> = weights
        .iter()
        .map(|(element, weight)| (*element, (weight * 1_000_000 / sum) as u32))
        .filter(|(_, share)| *share > 0)
        .collect();
    let left = 1_000_000 - shares.iter().map(|(_, share)| share).sum::<u32>();
    shares.iter_mut().max_by_key(|(_, share)| *share)?.1 += left;
    Composition::new(&shares).ok()
}

/// The composition of these lots together, weighted by their REO.
pub(crate) fn blend(lots: &[(LotId, Lot)]) -> Option<Composition> {
    let mut weights: Vec<(Element, u128)> = Element::ALL.iter().map(|e| (*e, 0)).collect();
    for (_, lot) in lots {
        let composition = lot.composition?;
        for (element, weight) in &mut weights {
            *weight += u128::from(composition.share(*element)) * u128::from(lot.reo);
        }
    }
    normalised(&weights)
}

/// REO of these lots, in milligrams.
pub(crate) fn reo_of(lots: &[(LotId, Lot)]) -> u64 {
    lots.iter().map(|(_, lot)| lot.reo).sum()
}

impl Planner {
    /// A fresh code for a lot that this firm makes.
    pub(crate) fn new_lot(&mut self, firm: usize) -> LotId {
        self.lots[firm] += 1;
        LotId {
            creator: self.plan.parties[party_of(firm)].id,
            code: parsed(&format!("L24-{:05}", self.lots[firm])),
        }
    }

    /// Adds to stock.
    pub(crate) fn put(&mut self, firm: usize, id: LotId, lot: Lot) {
        self.book[firm]
            .entry(id)
            .and_modify(|held| {
                held.net += lot.net;
                held.reo += lot.reo;
            })
            .or_insert(lot);
    }

    /// Draws a net mass, or all, from stock; REO goes with it in proportion.
    pub(crate) fn draw(&mut self, firm: usize, id: LotId, net: Option<u64>) -> Lot {
        let held = self.book[firm]
            .get_mut(&id)
            .expect("the planner draws only what its book has");
        let net = net.unwrap_or(held.net);
        assert!(net <= held.net, "the planner overdraws {id} at firm {firm}");
        let reo = (u128::from(held.reo) * u128::from(net) / u128::from(held.net)) as u64;
        let part = Lot { net, reo, ..*held };
        held.net -= part.net;
        held.reo -= part.reo;
        if held.net == 0 {
            self.book[firm].remove(&id);
        }
        part
    }

    /// Draws whole lots.
    pub(crate) fn draw_all(&mut self, firm: usize, ids: &[LotId]) -> Vec<(LotId, Lot)> {
        ids.iter()
            .map(|id| (*id, self.draw(firm, *id, None)))
            .collect()
    }

    /// Lots of a firm that ordinary trade may take, oldest creator and code first.
    pub(crate) fn held(&self, firm: usize, wanted: impl Fn(&Lot) -> bool) -> Vec<LotId> {
        let free = self.book[firm]
            .iter()
            .filter(|(id, lot)| wanted(lot) && !self.reserved.contains(*id));
        free.map(|(id, _)| *id).collect()
    }
}
