//! How words about shipments enter the book: derive the account again, and post what differs.
//!
//! Invariant: after every word each account is what its booked words give in their order, whatever order they came in. Only
//! acts that settle something else than before are taken back and stated again. Judges nothing.

use std::collections::{BTreeMap, BTreeSet};

use domain::EventId;
use domain::payload::{Payload, ShipmentDispatched};

use super::account::{ACTS_OF_PARTY_MAX, Act, Sent, SettledLine, Shipment};
use super::{Book, Each, HotShipment, Stated};
use crate::event::Event;

/// The dispatch that a word about a shipment is about, and whether it is the dispatch itself.
pub(crate) fn shipment_of(payload: &Payload, stated_by: EventId) -> Option<EventId> {
    match payload {
        Payload::ShipmentDispatched(_) => Some(stated_by),
        Payload::ShipmentReceived(receipt) => Some(receipt.dispatch),
        Payload::ShipmentWithdrawn(act) => Some(act.dispatch),
        _ => None,
    }
}

/// A dispatch that is booked, or was, and what is stated of it.
pub(super) type Dispatched = (Stated, Option<Payload>);

impl Book {
    /// Takes a word about a shipment for the first time.
    pub(super) fn say_shipment(
        &mut self,
        event: &Event,
        stated: Stated,
        payload: &Payload,
        each: Each<'_>,
    ) {
        let Some(id) = shipment_of(payload, stated.by) else {
            return;
        };
        self.revive_shipment(&id);
        if let Payload::ShipmentDispatched(sent) = payload {
            let waited = self.shipments.get(&id).map(|hot| &hot.shipment);
            if let Some(waiting) = waited.filter(|shipment| !shipment.acts.is_empty()) {
                let mut new = waiting.clone();
                let sides = sent.to.receiver().map(|to| [to, stated.author]);
                for act in &mut new.acts {
                    act.heir_of = sides.and_then(|sides| self.heir_of(&act.by, sides));
                }
                new.open(header(stated, sent), sent);
                new.book_all();
                let news = Some((stated, Some(payload.clone())));
                self.rederive(event, id, new, (None, news), each);
            } else {
                let fact = self.fact(event, stated, 1, payload);
                self.step(&fact, each);
            }
        } else {
            self.add_act(event, id, (stated, payload), each);
        }
        self.hold(&id);
    }

    /// Adds an act behind those that came before it: what was taken back by then is not there to come.
    pub(super) fn add_act(
        &mut self,
        event: &Event,
        id: EventId,
        (stated, payload): (Stated, &Payload),
        each: Each<'_>,
    ) {
        let mut act = Act::of(stated, payload.clone());
        let sent = self.shipments.get(&id).and_then(|hot| hot.shipment.sent);
        act.heir_of = sent.and_then(|sent| self.heir_of(&act.by, [sent.to, sent.shipper]));
        let shipment = &mut self.shipments.entry(id).or_default().shipment;
        let own = shipment.acts.iter().filter(|known| known.by == act.by);
        if own.count() >= ACTS_OF_PARTY_MAX {
            shipment.beyond.entry(act.by).or_default().insert(act.id);
            return;
        }
        let settles = shipment.sent.is_none() || shipment.counts(&act);
        shipment.acts.push(act);
        let fact = self.fact(event, stated, 1, payload);
        self.step(&fact, each);
        if settles {
            self.settle_claims(event, id, each);
        }
    }

    /// Hands a receipt or a withdrawal to the folds, stated or taken back.
    fn act_step(&mut self, event: &Event, id: EventId, act: EventId, sign: i8, each: Each<'_>) {
        let Some(act) = self.act(&id, &act) else {
            return;
        };
        let (stated, said) = (act.stated(), act.said.clone());
        let fact = self.fact(event, stated, sign, &said);
        self.step(&fact, each);
    }

    fn act(&self, id: &EventId, act: &EventId) -> Option<&Act> {
        let shipment = &self.shipments.get(id)?.shipment;
        shipment.acts.iter().rev().find(|known| known.id == *act)
    }

    /// Makes the account what `new` says: acts that settle something else are taken back, the dispatch is put in place, and
    /// they are stated again.
    pub(super) fn rederive(
        &mut self,
        event: &Event,
        id: EventId,
        new: Shipment,
        (old, next): (Option<Dispatched>, Option<Dispatched>),
        each: Each<'_>,
    ) {
        let hot = self.shipments.entry(id).or_default();
        let before = &hot.shipment;
        let place = |shipment: &Shipment| shipment.sent.map(|sent| (sent.shipper, sent.site));
        let moved = place(before) != place(&new);
        let others: BTreeMap<EventId, &Act> = new.acts.iter().map(|act| (act.id, act)).collect();
        let same = |act: &&Act| {
            others.get(&act.id).is_some_and(|other| {
                let comes_back = act.settled.iter().any(|line| !line.returned.is_zero());
                act.said == other.said
                    && (&act.settled, act.ends) == (&other.settled, other.ends)
                    && !(moved && comes_back)
            })
        };
        let (kept, changed): (Vec<&Act>, Vec<&Act>) = before.acts.iter().partition(same);
        let kept: BTreeSet<EventId> = kept.iter().map(|act| act.id).collect();
        let changed: Vec<EventId> = changed.iter().map(|act| act.id).collect();
        for act in changed.into_iter().rev() {
            self.act_step(event, id, act, -1, each);
        }
        for (dispatched, sign) in [(old, -1), (next, 1)] {
            if let Some((stated, Some(payload))) = dispatched {
                let fact = self.fact(event, stated, sign, &payload);
                self.step(&fact, each);
            }
        }
        if let Some(hot) = self.shipments.get_mut(&id) {
            hot.shipment.take_words(&new, &kept, event.position);
        }
        for act in &new.acts {
            if !kept.contains(&act.id) {
                self.given = Some(act.settled.clone());
                self.act_step(event, id, act.id, 1, each);
            }
        }
    }

    /// What a receipt or withdrawal settles, booked or taken back in its account.
    pub(super) fn settle_act(
        &mut self,
        (id, act): (&EventId, &EventId),
        sign: i8,
    ) -> Option<(Sent, Vec<SettledLine>)> {
        let given = self.given.take();
        let shipment = &mut self.shipments.get_mut(id)?.shipment;
        let place = shipment.acts.iter().rposition(|known| known.id == *act)?;
        let lines = if sign < 0 {
            let lines = shipment.acts[place].settled.clone();
            shipment.unbook(place);
            lines
        } else {
            let lines = given.unwrap_or_else(|| shipment.settle(&shipment.acts[place]));
            shipment.book(place, lines.clone());
            lines
        };
        Some((shipment.sent?, lines))
    }

    /// A dispatch opens its account, or closes it.
    pub(super) fn settle_dispatch(&mut self, stated: Stated, sent: &ShipmentDispatched, sign: i8) {
        if sign < 0 {
            if let Some(hot) = self.shipments.get_mut(&stated.by) {
                hot.shipment.close();
            }
        } else if let Some(header) = header(stated, sent) {
            let hot = self.shipments.entry(stated.by).or_default();
            hot.shipment.open(Some(header), sent);
        }
    }
}

fn header(stated: Stated, sent: &ShipmentDispatched) -> Option<Sent> {
    Sent::of(sent, stated.author, stated.occurred, stated.at)
}

impl Act {
    pub(super) fn of(stated: Stated, said: Payload) -> Self {
        Self {
            id: stated.by,
            position: stated.at,
            by: stated.author,
            heir_of: None,
            occurred: stated.occurred,
            said,
            booked_at: stated.booked_at,
            place: stated.booked_at,
            settled: Vec::new(),
            ends: false,
            claim: None,
        }
    }

    const fn stated(&self) -> Stated {
        Stated {
            by: self.id,
            at: self.position,
            booked_at: self.booked_at,
            occurred: self.occurred,
            author: self.by,
        }
    }
}

impl Shipment {
    /// Takes over what is said by now. Only acts that are kept are booked already.
    fn take_words(&mut self, new: &Self, kept: &BTreeSet<EventId>, position: u64) {
        self.claim.clone_from(&new.claim);
        self.ruled.clone_from(&new.ruled);
        self.acts.clone_from(&new.acts);
        let unbooked = self.acts.iter_mut().filter(|act| !kept.contains(&act.id));
        for act in unbooked {
            (act.settled, act.ends) = (Vec::new(), false);
            // Booked again with what is known of its lots by now, and so taken back as that.
            act.booked_at = position;
        }
    }

    /// An act beyond those that the account takes is corrected: it is not beyond them any more.
    pub(super) fn take_beyond(&mut self, stated: &Stated) {
        if let Some(beyond) = self.beyond.get_mut(&stated.author) {
            beyond.remove(&stated.by);
            if beyond.is_empty() {
                self.beyond.remove(&stated.author);
            }
        }
    }
}

/// A shipment in memory.
impl From<Shipment> for HotShipment {
    fn from(shipment: Shipment) -> Self {
        Self {
            shipment,
            ..Self::default()
        }
    }
}
