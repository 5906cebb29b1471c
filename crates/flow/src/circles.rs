//! T05: matter that comes back, by sale, to a party that had sold it, through whichever hands and under whichever codes.
//!
//! Invariant: decided by what stands of receipts and runs when it is asked, so that nothing that comes late or is corrected is
//! missed. Matter goes round if it does so in the order of the log or in that of the stated days: to hide a circle both have
//! to be told backwards. What is worked into another product is not the same matter, and scrap is not what it came of.

use std::collections::{BTreeMap, BTreeSet};

use domain::Moment;
use domain::payload::Payload;
use projection::{Book, Figure, Finding, FindingCode, Subject, lot_key};

use crate::hands::{Carried, Hand, Hands, Leg, Recoded};
use crate::ownership::Ownership;

/// Who had sold the matter that a party has under a lot's key.
type Sellers = BTreeMap<(Hand, u64), BTreeSet<Hand>>;

enum Step<'a> {
    Leg(&'a Leg),
    Recoded(&'a Recoded),
}

/// One for each receipt by which matter came back.
pub(crate) fn circles(hands: &Hands, owned: &Ownership<'_>, book: &Book) -> Vec<Finding> {
    let legs = hands
        .legs()
        .map(|(at, leg)| (at, leg.occurred, Step::Leg(leg)));
    let recoded = hands.recoded();
    let recoded = recoded.map(|(at, run)| (at, run.occurred, Step::Recoded(run)));
    let mut steps: Vec<(u64, Moment, Step<'_>)> = legs.chain(recoded).collect();
    let mut found: BTreeMap<u64, Carried> = BTreeMap::new();
    steps.sort_by_key(|(at, ..)| *at);
    follow(&steps, owned, &mut found);
    steps.sort_by_key(|(at, occurred, _)| (*occurred, *at));
    follow(&steps, owned, &mut found);
    let findings = found
        .iter()
        .filter_map(|(at, came)| finding(book, *at, came));
    findings.collect()
}

fn follow(
    steps: &[(u64, Moment, Step<'_>)],
    owned: &Ownership<'_>,
    found: &mut BTreeMap<u64, Carried>,
) {
    let mut sellers = Sellers::new();
    for (at, _, step) in steps {
        match step {
            Step::Leg(leg) => {
                let is_sale = owned.changes(*at, leg);
                let mut came = leg.carried.iter();
                if let Some(back) = came.find(|came| is_sale && comes_back(&sellers, leg, came)) {
                    found.entry(*at).or_insert(*back);
                }
                for came in leg.carried.iter().filter(|came| !came.is_scrap) {
                    let known = sellers.get(&(leg.from, came.lot)).cloned();
                    let mut known = known.unwrap_or_default();
                    if is_sale {
                        known.insert(leg.from);
                    }
                    if !known.is_empty() {
                        sellers.entry((leg.to, came.lot)).or_default().extend(known);
                    }
                }
            }
            Step::Recoded(run) => recode(&mut sellers, run),
        }
    }
}

fn comes_back(sellers: &Sellers, leg: &Leg, came: &Carried) -> bool {
    let sold = sellers.get(&(leg.from, came.lot));
    came.is_own || sold.is_some_and(|sold| sold.contains(&leg.to))
}

fn recode(sellers: &mut Sellers, run: &Recoded) {
    for (drawn, made) in &run.lots {
        let drawn = drawn.iter().filter_map(|lot| sellers.get(&(run.by, *lot)));
        let sold: BTreeSet<Hand> = drawn.flatten().copied().collect();
        for lot in made.iter().filter(|_| !sold.is_empty()) {
            sellers.entry((run.by, *lot)).or_default().extend(&sold);
        }
    }
}

fn finding(book: &Book, at: u64, came: &Carried) -> Option<Finding> {
    let receipt = book.statement_at(at)?;
    let Payload::ShipmentReceived(said) = &receipt.payload else {
        return None;
    };
    let shipment = book.shipment(&said.dispatch)?;
    let lots = shipment.lines.iter().map(|line| line.lot);
    let subject = Subject {
        lot: lots.into_iter().find(|lot| lot_key(lot) == came.lot),
        ..Subject::party(receipt.author)
    };
    let figures = vec![Figure::mg("REO came back", came.amount.reo)];
    let evidence = vec![receipt.by, said.dispatch];
    Some(Finding::new(FindingCode::T05, subject, figures, evidence))
}
