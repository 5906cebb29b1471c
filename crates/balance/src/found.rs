//! What a count found at a site: its lots, and what was in process vessels, which the book does not know.
//!
//! Invariant: known by the methods and rules of the day of the count. Compares nothing with the book.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::{Element, Ppm, RuleSet};
use projection::{Amount, Book, Inventory, Measure};

use crate::methods::{Methods, Stated};
use crate::spread::Spread;
use crate::taken::Flow;

/// What a count found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Found {
    pub lots: Spread,
    /// In process vessels, which the book does not know.
    pub vessels: Spread,
    pub vessels_reo: i128,
    pub has_vessels: bool,
    /// The same by element, and what has no composition.
    pub vessel_elements: BTreeMap<Element, Flow>,
    pub vessels_unassayed: i128,
}

impl Found {
    /// What an inventory holds, by the rules of its day.
    pub(crate) fn of(
        book: &Book,
        methods: &Methods,
        rules: &RuleSet,
        inventory: &Inventory,
    ) -> Self {
        let mut found = Self::default();
        let by = inventory.id.site.party;
        let day = book.registry().zone().day_of(inventory.id.as_of);
        for counted in &inventory.lots {
            let at = counted.stated_at;
            let measure = Measure::from(&counted.line.quantity);
            let weighing = methods.weighing(rules, Stated { by, day, at }, measure);
            let reo = Amount::from(&counted.line.quantity).reo;
            found.lots.add(weighing, reo, 1);
        }
        for counted in &inventory.vessels {
            let at = counted.stated_at;
            let measure = vessel_measure(counted.vessel.method);
            let weighing = methods.weighing(rules, Stated { by, day, at }, measure);
            let reo = vessel_reo(&counted.vessel);
            found.vessels.add(weighing, reo, 1);
            found.vessels_reo += reo;
            let Some(made) = counted.vessel.composition else {
                found.vessels_unassayed += reo;
                continue;
            };
            for (element, share) in made.shares() {
                let mg = reo * i128::from(share) / i128::from(Ppm::ONE);
                let flow = found.vessel_elements.entry(element).or_default();
                flow.taken += mg;
                flow.spread.add(weighing, mg, 1);
                let share = methods.share(rules, Stated { by, day, at }, None, element);
                flow.spread.add(share, mg, 1);
            }
        }
        found.has_vessels = !inventory.vessels.is_empty();
        found
    }
}

/// Volume times content; a vessel without a method that holds is an estimate.
pub(crate) const fn vessel_measure(method: Option<domain::Code>) -> Measure {
    Measure {
        basis: domain::Basis::Estimated,
        uncertainty: None,
        method,
    }
}

/// REO in a vessel, rounded toward zero. No vessel holds more than the greatest mass.
pub(crate) fn vessel_reo(vessel: &domain::payload::Vessel) -> i128 {
    let product = i128::from(vessel.volume_ml) * i128::from(vessel.reo_mg_per_l);
    (product / 1_000).min(i128::from(domain::limits::MASS_MG_MAX))
}
