//! Corrected words about shipments: held as claims, booked once both sides agree, or a department rules so.
//!
//! Invariant: a correction changes the account at once, or waits beside it and moves nothing. Knows no rule of agreement: that
//! is `claim.rs`.

use domain::payload::{Payload, Ruling};
use domain::{Bytes32, EventId, PartyId, PartyKind};

use super::account::{Act, Claim, Sent, Shipment};
use super::claim::Side;
use super::shipping::shipment_of;
use super::{Book, Each, Stated};
use crate::event::Event;
use crate::findings::{Finding, FindingCode, Subject};

impl Book {
    /// A word about a shipment was corrected: `before` is the last one, `word` the new one.
    pub(super) fn correct_shipment(
        &mut self,
        event: &Event,
        stated: Stated,
        (before, word): (Option<&Payload>, Option<&Payload>),
        each: Each<'_>,
    ) {
        let ids = [before, word].map(|payload| payload.and_then(|p| shipment_of(p, stated.by)));
        for id in ids.iter().flatten() {
            self.revive_shipment(id);
        }
        let is_dispatch =
            |payload: Option<&Payload>| matches!(payload, Some(Payload::ShipmentDispatched(_)));
        if is_dispatch(before) || is_dispatch(word) {
            self.claim_dispatch(event, stated, (before, word), each);
        } else {
            if let Some(id) = ids[0] {
                let word = word.filter(|_| ids[1] == ids[0]);
                self.claim_act(event, id, stated, word, each);
            }
            if let Some(id) = ids[1].filter(|_| ids[1] != ids[0]) {
                self.claim_act(event, id, stated, word, each);
            }
        }
        for id in ids.iter().flatten() {
            self.hold(id);
        }
    }

    fn claim_dispatch(
        &mut self,
        event: &Event,
        stated: Stated,
        (before, word): (Option<&Payload>, Option<&Payload>),
        each: Each<'_>,
    ) {
        let shipment = &mut self.shipments.entry(stated.by).or_default().shipment;
        let booked = match shipment.claim.take() {
            Some(claim) => claim.booked,
            None => before.cloned(),
        };
        shipment.claim = Some(Claim::of(event, stated, booked, word));
        self.settle_claims(event, stated.by, each);
    }

    fn claim_act(
        &mut self,
        event: &Event,
        id: EventId,
        stated: Stated,
        word: Option<&Payload>,
        each: Each<'_>,
    ) {
        let shipment = &mut self.shipments.entry(id).or_default().shipment;
        let known = shipment.acts.iter_mut().find(|act| act.id == stated.by);
        match (known, word) {
            (Some(act), word) => {
                act.claim = Some(Claim::of(event, stated, Some(act.said.clone()), word));
                self.settle_claims(event, id, each);
            }
            (None, Some(word)) => {
                let stated = Stated {
                    booked_at: event.position,
                    ..stated
                };
                self.add_act(event, id, Act::of(stated, word.clone()), each);
                self.settle_claims(event, id, each);
            }
            (None, None) => {}
        }
    }

    /// Books the claims that take effect by now.
    pub(super) fn settle_claims(&mut self, event: &Event, id: EventId, each: Each<'_>) {
        while let Some(shipment) = self.shipments.get(&id).map(|hot| &hot.shipment)
            && shipment.claims().next().is_some()
        {
            let settled = shipment.acts.last().map(|act| act.occurred);
            let moment = settled.or_else(|| shipment.sent.map(|sent| sent.occurred));
            let rules = moment.and_then(|moment| self.registry.rules_at(moment));
            let ways = Side::ALL
                .iter()
                .map(|side| (*side, shipment.as_claimed(*side)));
            let mut ways = ways.filter(|(side, new)| shipment.takes_effect(new, *side, rules));
            let Some((_, new)) = ways.next() else {
                return;
            };
            self.accept(event, id, new, each);
        }
    }

    /// Books an account in which claims have become words.
    fn accept(&mut self, event: &Event, id: EventId, new: Shipment, each: Each<'_>) {
        let Some(hot) = self.shipments.get_mut(&id) else {
            return;
        };
        let claim = hot.shipment.claim.take_if(|_| new.claim.is_none());
        let (mut old, mut next) = (None, None);
        if let Some(claim) = claim {
            let (by, author, occurred) = (id, claim.by, claim.occurred);
            let stated = |booked_at| Stated {
                by,
                at: claim.stated_at,
                booked_at,
                occurred,
                author,
            };
            let since = hot
                .shipment
                .sent
                .map_or(claim.stated_at, |sent| sent.booked_at);
            old = Some((stated(since), claim.booked));
            next = Some((stated(claim.position), claim.word));
        }
        self.rederive(event, id, new, (old, next), each);
    }

    /// A department that oversees both sides settles a dispute: it finds the change of word explained.
    pub(super) fn rule_on_dispute(
        &mut self,
        event: &Event,
        finding: &Bytes32,
        ruling: Ruling,
        each: Each<'_>,
    ) {
        if ruling != Ruling::Explained {
            return;
        }
        // One correction may have left a claim in two shipments; both go by the ruling, in an order that every machine has.
        let shipments = self.shipments.iter();
        let mut disputed: Vec<_> = shipments
            .filter_map(|(id, hot)| {
                let mut claims = hot.shipment.claims().map(|(_, claim)| claim);
                let claim = claims.find(|claim| dispute(claim).id == *finding)?;
                Some((*id, claim.cause, hot.shipment.sent?))
            })
            .collect();
        disputed.sort_unstable_by_key(|(id, _, _)| *id);
        for (id, cause, sent) in disputed {
            if self.oversees_both(&event.body.author, &sent)
                && let Some(hot) = self.shipments.get(&id)
            {
                let new = hot.shipment.with_claims(|claim| claim.cause == cause);
                self.accept(event, id, new, each);
                self.hold(&id);
            }
        }
    }

    /// Whether an office's division covers both sides of a shipment.
    fn oversees_both(&self, office: &PartyId, sent: &Sent) -> bool {
        let office = self.registry.party(office);
        let office = office.filter(|record| matches!(record.kind, PartyKind::Regulator { .. }));
        let covers = |party: &PartyId| {
            let (over, of) = (office, self.registry.party(party));
            over.zip(of)
                .is_some_and(|(over, of)| over.division.covers(of.division))
        };
        covers(&sent.shipper) && covers(&sent.to)
    }
}

/// The finding that a claim raises; its id is made of the party and the correction.
pub(crate) fn dispute(claim: &Claim) -> Finding {
    let evidence = vec![claim.cause];
    Finding::new(
        FindingCode::T10,
        Subject::party(claim.by),
        Vec::new(),
        evidence,
    )
}

impl Claim {
    fn of(event: &Event, stated: Stated, booked: Option<Payload>, word: Option<&Payload>) -> Self {
        Self {
            by: stated.author,
            occurred: stated.occurred,
            stated_at: stated.at,
            cause: event.id,
            position: event.position,
            booked,
            word: word.cloned(),
        }
    }
}
