//! The account of a shipment, line by line: sent = accepted + rejected + withdrawn + under way + difference.
//!
//! Invariant: the account follows from the words that are booked, in one order: the dispatch, then receipts of the addressee
//! and the shipper's withdrawal of what is left, as they came. What a withdrawal has taken back no receipt takes away again.
//! What anybody else says of it books nothing. Judges no difference.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use domain::payload::{Outcome, Payload, ShipmentDispatched, ShipmentReceived, Title};
use domain::{Code, EventId, LotId, Moment, PartyId};

use crate::amount::Amount;

/// A shipment, by the id of its dispatch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Shipment {
    /// The dispatch that is booked; nothing while the log lacks it, and once it did not occur.
    pub sent: Option<Sent>,
    /// By line number of the dispatch.
    pub lines: Vec<AccountLine>,
    /// Receipts and withdrawals that name it, whoever stated them, in log order.
    pub acts: Vec<Act>,
    /// What the shipper says by now of a dispatch that stays booked as both sides signed it.
    pub(crate) claim: Option<Claim>,
    /// Words that were booked because a department ruled so.
    pub(super) ruled: Vec<Ruled>,
    /// Acts beyond those that one party can state of one shipment: they book nothing.
    pub beyond: BTreeMap<PartyId, BTreeSet<EventId>>,
    /// Booked acts after which nothing more will come.
    finals: u32,
}

/// Acts of one party that an account takes. Nobody receives one truck in more parts, and each new word costs a look at all.
pub(super) const ACTS_OF_PARTY_MAX: usize = 64;

/// The dispatch of a shipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Sent {
    pub shipment: Code,
    pub shipper: PartyId,
    /// Site that it left.
    pub site: Code,
    pub to: PartyId,
    pub title: Title,
    pub occurred: Moment,
    /// Of the event.
    pub position: u64,
}

impl Sent {
    /// Goods that leave the ledger with their dispatch have no account.
    pub(super) fn of(
        sent: &ShipmentDispatched,
        shipper: PartyId,
        occurred: Moment,
        position: u64,
    ) -> Option<Self> {
        Some(Self {
            shipment: sent.shipment,
            shipper,
            site: sent.site,
            to: sent.to.receiver()?,
            title: sent.title,
            occurred,
            position,
        })
    }
}

/// One line of a shipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct AccountLine {
    pub lot: LotId,
    pub sent: Amount,
    pub accepted: Amount,
    /// Back with the shipper.
    pub rejected: Amount,
    /// Taken back by the shipper.
    pub withdrawn: Amount,
}

impl AccountLine {
    /// Sent and neither accepted nor back; below nothing where more came than was sent.
    pub fn left(&self) -> Amount {
        self.sent - self.accepted - self.rejected - self.withdrawn
    }
}

/// A receipt or a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Act {
    pub id: EventId,
    /// Of the event.
    pub position: u64,
    pub by: PartyId,
    /// The side in whose place its author speaks, having taken over from it.
    pub(super) heir_of: Option<PartyId>,
    pub occurred: Moment,
    /// What is booked of it, and where that was stated.
    pub said: Payload,
    pub(crate) booked_at: u64,
    /// Where it came to this account: of the event, or of the correction by which it names this shipment.
    pub(super) place: u64,
    /// What it settles of each line, and whether it is the end of the shipment.
    pub settled: Vec<SettledLine>,
    pub(super) ends: bool,
    /// What its author says by now.
    pub(crate) claim: Option<Claim>,
}

/// A corrected word that is not booked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Claim {
    pub by: PartyId,
    /// The event that was corrected: when it happened, and its position.
    pub occurred: Moment,
    pub(crate) stated_at: u64,
    /// The correction.
    pub cause: EventId,
    pub(crate) position: u64,
    /// What stays booked, and where it was stated; nothing if nothing was.
    pub booked: Option<Payload>,
    pub(crate) booked_at: u64,
    /// What its author says now; nothing if it did not occur.
    pub word: Option<Payload>,
}

impl Act {
    /// The receipt, if it is one.
    pub fn receipt(&self) -> Option<&ShipmentReceived> {
        match &self.said {
            Payload::ShipmentReceived(receipt) => Some(receipt),
            _ => None,
        }
    }

    /// Whether it is a word of this party, or of whoever took over from it.
    pub(super) fn is_of(&self, party: &PartyId) -> bool {
        self.by == *party || self.heir_of == Some(*party)
    }

    fn is_final(&self) -> bool {
        self.receipt().is_none_or(ShipmentReceived::is_final)
    }
}

/// A word that a department's ruling put in the place of what both had signed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Ruled {
    /// The ruling.
    pub by: EventId,
    pub claim: Claim,
    /// The act as it was; nothing if the claim is about the dispatch.
    pub act: Option<Act>,
}

/// What an act settles of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SettledLine {
    pub line: u16,
    pub lot: LotId,
    pub received: Amount,
    /// Back with the shipper.
    pub returned: Amount,
}

impl Shipment {
    /// Puts a dispatch in the place of the one that was booked; what acts settle stays as it is.
    pub(super) fn open(&mut self, header: Option<Sent>, sent: &ShipmentDispatched) {
        self.sent = header;
        let line = |line: &domain::payload::DispatchLine| AccountLine {
            lot: line.lot,
            sent: Amount::from(&line.quantity),
            accepted: Amount::ZERO,
            rejected: Amount::ZERO,
            withdrawn: Amount::ZERO,
        };
        let lines = sent.lines.iter().filter(|_| header.is_some());
        self.lines = lines.map(line).collect();
        let acts = std::mem::take(&mut self.acts);
        for act in &acts {
            self.sum(act, 1);
        }
        self.acts = acts;
    }

    /// The dispatch is not booked any more.
    pub(super) fn close(&mut self) {
        self.sent = None;
        self.lines = Vec::new();
    }

    /// Whether nothing more is to come: something final is booked, or every line is settled in full.
    pub fn is_complete(&self) -> bool {
        self.finals > 0 || self.lines.iter().all(|line| line.left().net <= 0)
    }

    /// Whether something is under way.
    pub fn is_open(&self) -> bool {
        self.sent.is_some() && !self.is_complete()
    }

    /// What of a line is under way.
    pub fn under_way(&self, line: u16) -> Amount {
        let open = self
            .lines
            .get(usize::from(line))
            .filter(|_| !self.is_complete());
        open.map(|line| line.left().not_below_zero())
            .unwrap_or_default()
    }

    /// Sent less accepted, back and under way: above nothing where less came than was sent, below where more did.
    pub fn difference(&self, line: u16) -> Amount {
        let left = self.lines.get(usize::from(line)).map(AccountLine::left);
        left.unwrap_or_default() - self.under_way(line)
    }

    /// Under way and differences of all lines.
    pub(super) fn totals(&self) -> (Amount, Amount) {
        let numbers = (0u16..).zip(&self.lines);
        numbers.fold((Amount::ZERO, Amount::ZERO), |(way, differs), (line, _)| {
            (way + self.under_way(line), differs + self.difference(line))
        })
    }

    /// Whether an act is a receipt by the addressee.
    pub fn is_receipt(&self, act: &Act) -> bool {
        act.receipt().is_some() && self.sent.is_some_and(|sent| act.is_of(&sent.to))
    }

    /// Whether an act is a word of neither side: a receipt by another than the addressee, or another's withdrawal.
    pub fn is_strange(&self, act: &Act) -> bool {
        self.sent.is_some_and(|sent| match act.receipt() {
            Some(_) => !act.is_of(&sent.to),
            None => !act.is_of(&sent.shipper),
        })
    }

    /// The act that takes goods back: the shipper's first withdrawal that stands.
    pub fn withdrawal(&self) -> Option<&Act> {
        let shipper = self.sent?.shipper;
        let mut acts = self.acts.iter();
        acts.find(|act| act.receipt().is_none() && act.is_of(&shipper))
    }

    /// Whether what an act says can be booked at all.
    pub(super) fn counts(&self, act: &Act) -> bool {
        self.is_receipt(act) || self.withdrawal().is_some_and(|first| first.id == act.id)
    }

    /// What an act settles, after all that is booked before it.
    pub(super) fn settle(&self, act: &Act) -> Vec<SettledLine> {
        if !self.counts(act) {
            return Vec::new();
        }
        let Some(receipt) = act.receipt() else {
            return self.taken_back(&act.settled);
        };
        let settle = |said: &domain::payload::ReceiptLine| {
            let lot = self.lines.get(usize::from(said.line))?.lot;
            let received = said.received.as_ref().map(Amount::from).unwrap_or_default();
            let returned = if said.outcome == Outcome::Rejected {
                self.under_way(said.line)
            } else {
                Amount::ZERO
            };
            Some(SettledLine {
                line: said.line,
                lot,
                received,
                returned,
            })
        };
        receipt.lines.iter().filter_map(settle).collect()
    }

    /// What a withdrawal takes back: all that is under way, and no less than it took before: a receipt that is corrected
    /// afterwards draws nothing from its shipper.
    fn taken_back(&self, least: &[SettledLine]) -> Vec<SettledLine> {
        let lines = (0u16..).zip(&self.lines);
        let taken = lines.map(|(line, sent)| {
            let before = least.iter().find(|taken| taken.line == line);
            let before = before.map_or(Amount::ZERO, |taken| taken.returned);
            let open = self.under_way(line);
            let returned = if before.net > open.net { before } else { open };
            SettledLine {
                line,
                lot: sent.lot,
                received: Amount::ZERO,
                returned,
            }
        });
        taken.filter(|line| !line.returned.is_zero()).collect()
    }

    /// Books what an act settles.
    pub(super) fn book(&mut self, place: usize, settled: Vec<SettledLine>) {
        let Some(act) = self.acts.get(place) else {
            return;
        };
        let ends = act.is_final() && self.counts(act);
        self.finals += u32::from(ends);
        let mut acts = std::mem::take(&mut self.acts);
        if let Some(act) = acts.get_mut(place) {
            (act.settled, act.ends) = (settled, ends);
            self.sum(act, 1);
        }
        self.acts = acts;
    }

    /// Takes back what an act settled.
    pub(super) fn unbook(&mut self, place: usize) {
        let mut acts = std::mem::take(&mut self.acts);
        if let Some(act) = acts.get_mut(place) {
            self.sum(act, -1);
            self.finals -= u32::from(act.ends);
            (act.settled, act.ends) = (Vec::new(), false);
        }
        self.acts = acts;
    }

    fn sum(&mut self, act: &Act, sign: i8) {
        let is_receipt = act.receipt().is_some();
        for part in &act.settled {
            if let Some(line) = self.lines.get_mut(usize::from(part.line)) {
                line.accepted += part.received.times(sign);
                let back = if is_receipt {
                    &mut line.rejected
                } else {
                    &mut line.withdrawn
                };
                *back += part.returned.times(sign);
            }
        }
    }

    /// Books every act from nothing, in the order in which they came.
    pub(crate) fn book_all(&mut self) {
        self.finals = 0;
        for line in &mut self.lines {
            (line.accepted, line.rejected, line.withdrawn) = Default::default();
        }
        for act in &mut self.acts {
            act.ends = false;
        }
        for place in 0..self.acts.len() {
            let settled = self.settle(&self.acts[place]);
            self.book(place, settled);
        }
    }

    /// Another dispatch is in place: what was taken back of the one before says nothing of it.
    pub(super) fn forget_withdrawals(&mut self) {
        for act in self.acts.iter_mut().filter(|act| act.receipt().is_none()) {
            act.settled.clear();
        }
    }

    /// Receipts by the addressee of a shipment that was complete before them.
    pub fn after_the_end(&self) -> Vec<&Act> {
        let is_last = |act: &Act| act.ends || self.is_receipt(act);
        if self.acts.iter().filter(|act| is_last(act)).nth(1).is_none() {
            return Vec::new();
        }
        let lines = self.lines.iter().map(|line| AccountLine {
            accepted: Amount::ZERO,
            rejected: Amount::ZERO,
            withdrawn: Amount::ZERO,
            ..*line
        });
        let mut so_far = Self {
            lines: lines.collect(),
            ..Self::default()
        };
        let mut late = Vec::new();
        for act in self.acts.iter().filter(|act| self.counts(act)) {
            if self.is_receipt(act) && so_far.is_complete() {
                late.push(act);
            }
            so_far.sum(act, 1);
            so_far.finals += u32::from(act.ends);
        }
        late
    }
}
