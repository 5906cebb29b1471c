//! The physical count on the last evening of a month.
//!
//! Invariant: a count lists every lot on the book or is not made, since a lot that is not listed was found to be gone.
//! Differences are small and downward; the book follows the count.

use domain::payload::StockCounted;
use domain::{List, Payload};

use super::goods::ppm;
use super::{DELAY_MS, Planner, parsed, party_of, site};
use crate::cast::FIRMS;
use crate::plan::PlannedFact;

/// Lots that one count can list.
const LINES_MOST: usize = 100;

impl Planner {
    /// Every firm counts.
    pub(crate) fn counts(&mut self) {
        for firm in 0..FIRMS.len() {
            if self.book[firm].len() > LINES_MOST || self.uncounted.contains(&firm) {
                continue;
            }
            if self.dice.chance(150) {
                self.lose_a_little(firm);
            }
            let lines: Vec<_> = self.book[firm]
                .iter()
                .map(|(id, lot)| lot.line(*id))
                .collect();
            let payload = Payload::StockCounted(StockCounted {
                site: site(),
                as_of: self.now.plus_ms(-DELAY_MS),
                inventory: parsed(&format!("PIT-{}", self.day.month())),
                page: 1,
                last: true,
                lots: lines.try_into().expect("at most a hundred lots"),
                vessels: List::default(),
            });
            self.push(party_of(firm), PlannedFact::State(Box::new(payload)));
        }
    }

    /// What handling took from one lot since it was weighed.
    fn lose_a_little(&mut self, firm: usize) {
        let keep = 1_000_000 - self.dice.between(200, 900);
        if let Some(lot) = self.book[firm].values_mut().next() {
            lot.net = ppm(lot.net, keep);
            lot.reo = ppm(lot.reo, keep);
        }
    }
}
