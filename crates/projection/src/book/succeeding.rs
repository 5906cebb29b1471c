//! An enterprise takes over from another: what that one holds passes to it.
//!
//! Invariant: with the act all stock passes, site by site under the same codes, and nothing is made or lost. What the one that
//! is gone still states, late or of what was under way, is booked where its goods are by now. Who had what before the act
//! stays as it was booked. An annulled act gives back what it moved. Knows no quota.

use domain::payload::PartySucceeded;
use domain::{LotId, PartyId, SiteId};

use super::{Book, Column, Movement};
use crate::amount::Amount;
use crate::event::Fact;

/// What an act moved: site that it was at, lot, how much.
pub(super) type Passed = Vec<(SiteId, LotId, Amount)>;

impl Book {
    /// Whose goods those of a party are by now.
    pub(super) fn holder(&self, party: PartyId) -> PartyId {
        self.dated.holder(party)
    }

    /// The party in whose place somebody speaks about a shipment between these two, if it took over from one of them.
    pub(super) fn heir_of(&self, by: &PartyId, sides: [PartyId; 2]) -> Option<PartyId> {
        let mut sides = sides.into_iter();
        if !self.dated.has_successions() || sides.clone().any(|side| side == *by) {
            return None;
        }
        sides.find(|side| self.holder(*side) == *by)
    }

    /// Movements of an act, or of its annulment.
    pub(super) fn succeed(
        &mut self,
        fact: &Fact<'_>,
        act: &PartySucceeded,
        moves: &mut Vec<Movement>,
    ) {
        let to = self.holder(act.successor);
        let passed = if fact.sign > 0 {
            let passed = self.held_by(&act.party);
            self.passed.insert(fact.stated_by, passed.clone());
            passed
        } else {
            self.passed.remove(&fact.stated_by).unwrap_or_default()
        };
        for (site, lot, amount) in passed {
            let amount = amount.times(fact.sign);
            let there = SiteId {
                party: to,
                code: site.code,
            };
            let from = self.place_at(fact, site);
            self.push_stated(fact, from, lot, (Column::Dispatched, -amount), moves);
            let there = self.place_at(fact, there);
            self.push_stated(fact, there, lot, (Column::Received, amount), moves);
        }
    }

    /// What a party holds, by site and lot. What it drew beyond the book stays its own to explain.
    fn held_by(&self, party: &PartyId) -> Passed {
        let sites = self.sites_with_stock().into_iter();
        let own = sites.filter(|site| site.party == *party);
        let held = own.flat_map(|site| {
            let stock = self.stock_of_site(&site).into_iter();
            stock.map(move |(lot, amount)| (site, lot, amount))
        });
        held.filter(|(_, _, amount)| amount.net > 0).collect()
    }
}
