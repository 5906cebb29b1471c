//! From hand to hand: what was received from whom, and what was only put under another code.
//!
//! Invariant: what stands by now, each receipt and run by its position, so that a correction takes it away again. Judges
//! nothing: whether goods changed hands is asked of it. Memory: a few words a line received.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{LotProcessed, Payload, Process, ShipmentReceived, Title};
use domain::{Moment, PartyId, Product};
use projection::{Amount, Book, Column, Fact, Movement};

/// A party, by the order in which they were met.
pub(crate) type Hand = u32;

/// What a receipt brought of one lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Carried {
    /// Key of the lot.
    pub lot: u64,
    pub amount: Amount,
    /// Created by the receiver.
    pub is_own: bool,
    /// Recycling begins again from nothing.
    pub is_scrap: bool,
}

/// Goods that came from one party to another.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Leg {
    pub occurred: Moment,
    pub from: Hand,
    pub to: Hand,
    pub title: Title,
    pub carried: Vec<Carried>,
}

/// Lots that a run turned into others without working them: keys of inputs, and of the outputs that hold their matter.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Recoded {
    pub occurred: Moment,
    pub by: Hand,
    pub lots: Vec<(Vec<u64>, Vec<u64>)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Hands {
    parties: Vec<PartyId>,
    numbers: BTreeMap<PartyId, Hand>,
    /// By position of the receipt.
    legs: BTreeMap<u64, Leg>,
    /// By position of the run.
    recoded: BTreeMap<u64, Recoded>,
}

impl Hands {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>, moves: &[Movement]) {
        match fact.payload {
            Payload::ShipmentReceived(receipt) => self.take_receipt(book, fact, receipt, moves),
            Payload::LotProcessed(run) => self.take_run(fact, run, moves),
            _ => {}
        }
    }

    fn take_receipt(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        receipt: &ShipmentReceived,
        moves: &[Movement],
    ) {
        if fact.sign < 0 {
            self.legs.remove(&fact.stated_at);
            return;
        }
        let shipment = book.shipment_at_hand(&receipt.dispatch);
        let Some(sent) = shipment.and_then(|shipment| shipment.sent) else {
            return;
        };
        let came = moves.iter().filter(|step| step.column == Column::Received);
        let carried = came.map(|step| Carried {
            lot: step.key,
            amount: step.amount(),
            is_own: step.lot.creator == fact.author,
            is_scrap: matches!(step.product, Some(Product::Scrap(_))),
        });
        let carried: Vec<Carried> = carried.collect();
        if sent.shipper == fact.author || carried.is_empty() {
            return;
        }
        let leg = Leg {
            occurred: fact.occurred,
            from: self.number(sent.shipper),
            to: self.number(fact.author),
            title: sent.title,
            carried,
        };
        self.legs.insert(fact.stated_at, leg);
    }

    /// Blending and repackaging work nothing, whatever they call what comes out; nor does a run that gives what it took.
    fn take_run(&mut self, fact: &Fact<'_>, run: &LotProcessed, moves: &[Movement]) {
        if fact.sign < 0 {
            self.recoded.remove(&fact.stated_at);
            return;
        }
        let is_made = |step: &&Movement| matches!(step.column, Column::Produced | Column::Retained);
        let drawn = moves.iter().filter(|step| step.column == Column::Consumed);
        let made = moves.iter().filter(is_made);
        let keep_all = matches!(run.process, Process::Blending | Process::Repackaging);
        let mut groups: BTreeMap<Option<Product>, (Vec<u64>, Vec<u64>)> = BTreeMap::new();
        let group = |step: &Movement| step.product.filter(|_| !keep_all);
        for step in drawn {
            groups.entry(group(step)).or_default().0.push(step.key);
        }
        for step in made {
            groups.entry(group(step)).or_default().1.push(step.key);
        }
        let lots = groups.into_values();
        let lots: Vec<_> = lots
            .filter(|(drawn, made)| !drawn.is_empty() && !made.is_empty())
            .collect();
        if !lots.is_empty() {
            let by = self.number(fact.author);
            let occurred = fact.occurred;
            let recoded = Recoded { occurred, by, lots };
            self.recoded.insert(fact.stated_at, recoded);
        }
    }

    fn number(&mut self, party: PartyId) -> Hand {
        let next = Hand::try_from(self.parties.len()).unwrap_or(Hand::MAX);
        let number = *self.numbers.entry(party).or_insert(next);
        if number == next {
            self.parties.push(party);
        }
        number
    }

    pub(crate) fn number_of(&self, party: &PartyId) -> Option<Hand> {
        self.numbers.get(party).copied()
    }

    pub(crate) fn party(&self, hand: Hand) -> Option<PartyId> {
        self.parties.get(usize::try_from(hand).ok()?).copied()
    }

    pub(crate) fn legs(&self) -> impl Iterator<Item = (u64, &Leg)> {
        self.legs.iter().map(|(at, leg)| (*at, leg))
    }

    pub(crate) fn recoded(&self) -> impl Iterator<Item = (u64, &Recoded)> {
        self.recoded.iter().map(|(at, recoded)| (*at, recoded))
    }
}
