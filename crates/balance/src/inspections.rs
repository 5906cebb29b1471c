//! Inspector against operator: what an inspection found of each lot, and what the book said at that time (I01).
//!
//! Invariant: the book of the time of the inspection, whatever is entered later; both sides with the uncertainty of their
//! own measurements. Lots are compared by product, so that too much of one thing hides no lack of another. Lots that the
//! inspector did not list are not compared.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::InspectionRecorded;
use domain::{EventId, LotId, Moment, Product, SiteId};
use projection::{
    Amount, Book, Column, Fact, Figure, Finding, FindingCode, Measure, Movement, Subject,
};

use crate::area::Areas;
use crate::cell::StockCell;
use crate::drawn::Drawn;
use crate::methods::{Methods, Stated};
use crate::sorted::Sorted;
use crate::spread::Spread;

/// A lot on both sides, in REO.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
struct Compared {
    book: i128,
    found: i128,
    /// Of both.
    book_spread: Spread,
    found_spread: Spread,
}

impl Compared {
    fn include(&mut self, other: &Self) {
        self.book += other.book;
        self.found += other.found;
        self.book_spread.include(&other.book_spread);
        self.found_spread.include(&other.found_spread);
    }
}

/// One inspection.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Inspection {
    time: (Moment, u64),
    sigma_milli: u32,
    lots: BTreeMap<LotId, Compared>,
}

/// Inspections that listed lots, by site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Inspections(Sorted<SiteId, BTreeMap<EventId, Inspection>>);

impl Inspections {
    /// The book stands as before the fact.
    pub(crate) fn inspect(
        &mut self,
        (book, methods, drawn): (&Book, &Methods, &Drawn),
        fact: &Fact<'_>,
        inspection: &InspectionRecorded,
    ) {
        let here = self.0.of(inspection.site);
        if fact.sign < 0 {
            here.remove(&fact.stated_by);
            return;
        }
        let time = (fact.occurred, fact.stated_at);
        let rules = book.registry().rules_at(fact.occurred);
        let stock = book.stock_at(&inspection.site, time);
        let Some((rules, stock)) = rules.zip(stock).filter(|_| !inspection.counted.is_empty())
        else {
            return;
        };
        let stated = Stated::of(book, fact);
        let compare = |line: &domain::payload::LotLine| {
            let measure = Measure::from(&line.quantity);
            let found = Amount::from(&line.quantity).reo;
            let mut found_spread = Spread::default();
            found_spread.add(methods.weighing(rules, stated, measure), found, 1);
            let cell = StockCell {
                party: inspection.site.party,
                site: inspection.site.code,
                lot: line.lot,
            };
            let compared = Compared {
                book: stock.get(&line.lot).map_or(0, |amount| amount.reo),
                found,
                book_spread: drawn.spread(&cell),
                found_spread,
            };
            (line.lot, compared)
        };
        let taken = Inspection {
            time,
            sigma_milli: rules.muf_sigma_milli,
            lots: inspection.counted.iter().map(compare).collect(),
        };
        here.insert(fact.stated_by, taken);
    }

    /// What happened before an inspection and becomes known after it.
    pub(crate) fn take(&mut self, areas: &Areas, fact: &Fact<'_>, step: &Movement) {
        let site = step.site_id();
        if self.0.get(&site).is_none() {
            return;
        }
        let of_count = step
            .count
            .filter(|_| step.column == Column::CountedDifference);
        let of_count = of_count.and_then(|count| areas.time_of(&site, &count));
        let time = of_count.unwrap_or((fact.occurred, fact.stated_at));
        for inspection in self.0.of(site).values_mut() {
            // What was entered before the inspection is in the book of its time already.
            let is_new = fact.position > inspection.time.1 && time.0 <= inspection.time.0;
            if let Some(lot) = inspection.lots.get_mut(&step.lot).filter(|_| is_new) {
                lot.book += step.reo_mg;
            }
        }
    }

    pub(crate) fn findings(&self, book: &Book) -> Vec<Finding> {
        let mut found = Vec::new();
        for (site, inspections) in self.0.sorted() {
            for (event, inspection) in inspections {
                let mut products: BTreeMap<Option<Product>, Compared> = BTreeMap::new();
                for (lot, compared) in &inspection.lots {
                    let product = book.lot(lot).map(|lot| lot.product);
                    products.entry(product).or_default().include(compared);
                }
                let judged = products.values().filter_map(|compared| {
                    let difference = compared.book - compared.found;
                    let sigma = compared
                        .book_spread
                        .clone()
                        .less(&compared.found_spread)
                        .sigma();
                    let limit = sigma.saturating_mul(inspection.sigma_milli.into()) / 1_000;
                    let beyond = difference.abs() - limit;
                    (beyond > 0).then_some((beyond, compared, difference, sigma, limit))
                });
                let Some((_, compared, difference, sigma, limit)) =
                    judged.max_by_key(|(beyond, ..)| *beyond)
                else {
                    continue;
                };
                let subject = Subject {
                    site: Some(site.code),
                    ..Subject::party(site.party)
                };
                let figures = vec![
                    Figure::mg("book", compared.book),
                    Figure::mg("inspected", compared.found),
                    Figure::mg("difference", difference),
                    Figure::mg("sigma", sigma),
                    Figure::mg("limit", limit),
                ];
                found.push(Finding::new(
                    FindingCode::I01,
                    subject,
                    figures,
                    vec![*event],
                ));
            }
        }
        found
    }
}
