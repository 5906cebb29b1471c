//! Corrected words about shipments: held as claims, booked once both sides agree, or a department rules so.
//!
//! Invariant: a correction changes the account at once, or waits next to it and moves nothing. Knows no rule of agreement: that
//! is `claim.rs`.

use std::collections::BTreeMap;

use domain::payload::{Payload, Ruling};
use domain::{Bytes32, EventId, PartyId, PartyKind};

use super::account::{Claim, Ruled, Sent, Shipment};
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
            Some(claim) => (claim.booked, claim.booked_at),
            None => (before.cloned(), stated.booked_at),
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
        shipment.take_beyond(&stated);
        let known = shipment.acts.iter().position(|act| act.id == stated.by);
        match (known, word) {
            (Some(place), word) if shipment.is_own_word(&shipment.acts[place]) => {
                let mut new = shipment.clone();
                match word {
                    Some(word) => {
                        new.acts[place].said = word.clone();
                        new.acts[place].booked_at = event.position;
                    }
                    None => _ = new.acts.remove(place),
                }
                new.book_all();
                self.rederive(event, id, new, (None, None), each);
                self.settle_claims(event, id, each);
            }
            (Some(place), word) => {
                let act = &mut shipment.acts[place];
                let booked = (Some(act.said.clone()), act.booked_at);
                act.claim = Some(Claim::of(event, stated, booked, word));
                self.settle_claims(event, id, each);
            }
            (None, Some(word)) => {
                let stated = Stated {
                    booked_at: event.position,
                    ..stated
                };
                self.add_act(event, id, (stated, word), each);
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
    fn accept(&mut self, event: &Event, id: EventId, mut new: Shipment, each: Each<'_>) {
        let Some(hot) = self.shipments.get_mut(&id) else {
            return;
        };
        // What both agree on by now, or a newer ruling, is not given back with an older ruling.
        let (is_dispatch, acts) = hot.shipment.accepted_in(&new);
        new.ruled.retain(|ruled| match &ruled.act {
            None => !is_dispatch,
            Some(act) => !acts.contains(&act.id),
        });
        let claim = hot.shipment.claim.take_if(|_| is_dispatch);
        let words = claim.map(|claim| {
            let (old, next) = (claim.booked_at, claim.position);
            let old = (claim.stated(id, old), claim.booked.clone());
            (Some(old), Some((claim.stated(id, next), claim.word)))
        });
        self.rederive(event, id, new, words.unwrap_or_default(), each);
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
        // One correction may have left a claim in two shipments; both go by the ruling.
        let disputed = self.disputes.get(finding).cloned().unwrap_or_default();
        for id in disputed {
            let shipment = self.shipments.get(&id).map(|hot| &hot.shipment);
            let Some((shipment, sent)) = shipment.and_then(|of| Some((of, of.sent?))) else {
                continue;
            };
            if !self.oversees_both(&event.body.author, &sent) {
                continue;
            }
            let is_it = |claim: &Claim| dispute(claim).id == *finding;
            let claims = shipment.claims().filter(|(_, claim)| is_it(claim));
            let ruled = claims.map(|(act, claim)| Ruled {
                by: event.id,
                claim: claim.clone(),
                act: act.cloned(),
            });
            let ruled: Vec<Ruled> = ruled.collect();
            let new = shipment.with_claims(is_it);
            self.accept(event, id, new, each);
            if let Some(hot) = self.shipments.get_mut(&id) {
                hot.shipment.ruled.extend(ruled);
            }
            self.ruled.entry(event.id).or_default().insert(id);
            self.hold(&id);
        }
    }

    /// A ruling was annulled: what it settled is in dispute again, and booked as both had signed it.
    pub(super) fn unrule(&mut self, event: &Event, ruling: &EventId, each: Each<'_>) {
        for id in self.ruled.remove(ruling).unwrap_or_default() {
            let Some(hot) = self.shipments.get_mut(&id) else {
                continue;
            };
            let known = std::mem::take(&mut hot.shipment.ruled);
            let (given_back, kept) = known.into_iter().partition(|ruled| ruled.by == *ruling);
            hot.shipment.ruled = kept;
            let given_back: Vec<Ruled> = given_back;
            let mut new = hot.shipment.clone();
            let mut words = (None, None);
            for ruled in given_back.into_iter().rev() {
                if ruled.act.is_none() {
                    let (since, claim) = (ruled.claim.position, &ruled.claim);
                    words = (
                        Some((claim.stated(id, since), claim.word.clone())),
                        Some((claim.stated(id, event.position), claim.booked.clone())),
                    );
                }
                new.give_back(ruled, event.position);
            }
            new.book_all();
            self.rederive(event, id, new, words, each);
            self.hold(&id);
        }
    }

    /// Which shipments a ruling on a dispute is about, as they stand.
    pub(super) fn index_disputes(&mut self, id: &EventId) {
        let Some(hot) = self.shipments.get_mut(id) else {
            return;
        };
        let claims = hot.shipment.claims().map(|(_, claim)| claim);
        let now: BTreeMap<EventId, Bytes32> = claims
            .map(|claim| {
                let known = hot.disputes.get(&claim.cause).copied();
                (claim.cause, known.unwrap_or_else(|| dispute(claim).id))
            })
            .collect();
        for (cause, finding) in &hot.disputes {
            if !now.contains_key(cause)
                && let Some(shipments) = self.disputes.get_mut(finding)
            {
                shipments.remove(id);
                if shipments.is_empty() {
                    self.disputes.remove(finding);
                }
            }
        }
        for finding in now.values() {
            self.disputes.entry(*finding).or_default().insert(*id);
        }
        hot.disputes = now;
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
    fn of(
        event: &Event,
        stated: Stated,
        (booked, booked_at): (Option<Payload>, u64),
        word: Option<&Payload>,
    ) -> Self {
        Self {
            by: stated.author,
            occurred: stated.occurred,
            stated_at: stated.at,
            cause: event.id,
            position: event.position,
            booked,
            booked_at,
            word: word.cloned(),
        }
    }

    /// The event that it is about, as it was booked at a position.
    const fn stated(&self, by: EventId, booked_at: u64) -> Stated {
        Stated {
            by,
            at: self.stated_at,
            booked_at,
            occurred: self.occurred,
            author: self.by,
        }
    }
}
