//! Whether goods changed hands, whatever the shipment is called: D03 of returns and of tolling.
//!
//! Invariant: decided by what stands of receipts. A return gives back what came from there, lot by lot and no more of it; after
//! tolling as much as a run yields comes back within the months that matter may be in a circuit. Knows no invoice.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use domain::payload::{Payload, ShipmentDispatched, Title};
use domain::{DAY_MS, EventId, Moment, PartyId};
use projection::{Amount, Book, Fact, lot_key};

use crate::hands::{Hand, Hands, Leg};
use crate::papers::{has_invoice, is_sale};

/// Goods that are said to stay, or to have been, the other side's.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Unsold {
    event: EventId,
    shipper: PartyId,
    to: PartyId,
    is_return: bool,
    occurred: Moment,
    /// Keys of lots.
    lots: Vec<(u64, Amount)>,
    has_invoice: bool,
}

/// By position of the dispatch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Unsolds(BTreeMap<u64, Unsold>);

/// Days in a month of a circuit.
const MONTH_DAYS: i64 = 31;

impl Unsolds {
    pub(crate) fn take(&mut self, fact: &Fact<'_>, sent: &ShipmentDispatched) {
        if fact.sign < 0 {
            self.0.remove(&fact.stated_at);
            return;
        }
        let Some(to) = sent.to.receiver().filter(|to| *to != fact.author) else {
            return;
        };
        if !matches!(sent.title, Title::Return | Title::Tolling) {
            return;
        }
        let lines = sent.lines.iter();
        let lots = lines.map(|line| (lot_key(&line.lot), Amount::from(&line.quantity)));
        let unsold = Unsold {
            event: fact.stated_by,
            shipper: fact.author,
            to,
            is_return: sent.title == Title::Return,
            occurred: fact.occurred,
            lots: lots.collect(),
            has_invoice: has_invoice(sent),
        };
        self.0.insert(fact.stated_at, unsold);
    }

    /// Dispatches that were sales under another name, with their shippers.
    pub(crate) fn sales(
        &self,
        hands: &Hands,
        book: &Book,
        as_of: Moment,
    ) -> Vec<(EventId, PartyId)> {
        let mut found = self.false_returns(hands, book);
        found.extend(self.kept(hands, book, as_of));
        let sales = found.iter().filter_map(|at| self.0.get(at));
        let bare = sales.filter(|unsold| !unsold.has_invoice);
        bare.map(|unsold| (unsold.event, unsold.shipper)).collect()
    }

    /// Returns of what had never come from there, or of more of it.
    fn false_returns(&self, hands: &Hands, book: &Book) -> BTreeSet<u64> {
        let mut came: BTreeMap<(Hand, Hand, u64), i128> = BTreeMap::new();
        for (_, leg) in hands.legs() {
            for carried in &leg.carried {
                let key = (leg.from, leg.to, carried.lot);
                *came.entry(key).or_default() += carried.amount.net;
            }
        }
        let mut found = BTreeSet::new();
        for (at, unsold) in self.0.iter().filter(|(_, unsold)| unsold.is_return) {
            let pair = hands
                .number_of(&unsold.to)
                .zip(hands.number_of(&unsold.shipper));
            let least = book.registry().rules_at(unsold.occurred);
            let least = least.map_or(0, |rules| i128::from(rules.receipt_tolerance_mg.mg()));
            for (lot, amount) in &unsold.lots {
                let left = pair.and_then(|(from, to)| came.get_mut(&(from, to, *lot)));
                let Some(left) = left.filter(|left| **left + least >= amount.net) else {
                    found.insert(*at);
                    continue;
                };
                *left -= amount.net;
            }
        }
        found
    }

    /// Goods sent for tolling of which too little came back in time.
    fn kept(&self, hands: &Hands, book: &Book, as_of: Moment) -> BTreeSet<u64> {
        let mut back: BTreeMap<(Hand, Hand), i128> = BTreeMap::new();
        let own = |leg: &&Leg| matches!(leg.title, Title::Return | Title::Tolling);
        for leg in hands.legs().map(|(_, leg)| leg).filter(own) {
            let reo = leg.carried.iter().map(|carried| carried.amount.reo);
            *back.entry((leg.from, leg.to)).or_default() += reo.sum::<i128>();
        }
        let mut found = BTreeSet::new();
        for (at, unsold) in self.0.iter().filter(|(_, unsold)| !unsold.is_return) {
            let Some(rules) = book.registry().rules_at(unsold.occurred) else {
                continue;
            };
            let days = i64::from(rules.circuit_months) * MONTH_DAYS;
            if as_of.ms() - unsold.occurred.ms() <= days * DAY_MS || !arrived(book, unsold) {
                continue;
            }
            let reo: i128 = unsold.lots.iter().map(|(_, amount)| amount.reo).sum();
            let lowest = rules.yield_bands.iter().map(|band| band.low_ppm).min();
            let expected = lowest.map_or(0, |low| low.of(reo));
            let pair = hands
                .number_of(&unsold.to)
                .zip(hands.number_of(&unsold.shipper));
            let left = pair.and_then(|(from, to)| back.get_mut(&(from, to)));
            match left.filter(|left| **left >= expected) {
                Some(left) => *left -= expected,
                None => _ = found.insert(*at),
            }
        }
        found
    }
}

/// What came back at once, or never arrived, nobody kept.
fn arrived(book: &Book, unsold: &Unsold) -> bool {
    let shipment = book.shipment(&unsold.event).unwrap_or_default();
    let mut lines = shipment.lines.iter();
    lines.any(|line| line.accepted.reo > 0)
}

/// Which legs are sales, by what stands.
pub(crate) struct Ownership<'a> {
    hands: &'a Hands,
    book: &'a Book,
    false_returns: BTreeSet<EventId>,
}

impl<'a> Ownership<'a> {
    pub(crate) fn of(hands: &'a Hands, unsolds: &Unsolds, book: &'a Book) -> Self {
        let returns = unsolds.false_returns(hands, book);
        let returns = returns.iter().filter_map(|at| unsolds.0.get(at));
        let false_returns = returns.map(|unsold| unsold.event).collect();
        Self {
            hands,
            book,
            false_returns,
        }
    }

    /// Whether the goods of a receipt became the receiver's own.
    pub(crate) fn changes(&self, at: u64, leg: &Leg) -> bool {
        if leg.title == Title::Return && !self.false_returns.is_empty() {
            let said = self.book.statement_at(at).map(|known| known.payload);
            return matches!(said, Some(Payload::ShipmentReceived(receipt))
                if self.false_returns.contains(&receipt.dispatch));
        }
        let parties = self.hands.party(leg.from).zip(self.hands.party(leg.to));
        parties.is_some_and(|(from, to)| is_sale(self.book, (&from, &to), leg.title))
    }
}
