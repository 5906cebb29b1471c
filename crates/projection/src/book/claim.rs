//! What two have signed one alone can't undo: a changed word about a shipment is a claim until both sides agree.
//!
//! Invariant: a claim moves nothing. It takes effect when it brings the two sides' words no further apart than they are
//! booked, or when both changed theirs and now agree. Says nothing of who is right.

use std::collections::BTreeSet;

use domain::payload::Payload;
use domain::{EventId, PartyId, RuleSet};

use super::account::{Act, Claim, Ruled, Sent, Shipment};
use crate::amount::Amount;

/// Whose claims are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Both,
    Receiver,
    Shipper,
}

impl Side {
    pub(super) const ALL: [Self; 3] = [Self::Both, Self::Receiver, Self::Shipper];

    fn includes(self, by: &PartyId, sent: Option<&Sent>) -> bool {
        let is_shipper = sent.is_none_or(|sent| sent.shipper == *by);
        match self {
            Self::Both => true,
            Self::Shipper => is_shipper,
            Self::Receiver => !is_shipper,
        }
    }
}

/// How far apart the two sides may be without a dispute, of a line of which so much was sent.
fn tolerance(rules: Option<&RuleSet>, sent: Amount) -> Amount {
    let Some(rules) = rules else {
        return Amount::ZERO;
    };
    let least = i128::from(rules.receipt_tolerance_mg.mg());
    let share = |mg: i128| rules.receipt_tolerance_ppm.of(mg).max(least);
    Amount {
        net: share(sent.net),
        reo: share(sent.reo),
    }
}

impl Shipment {
    /// Every claim, with the id of the event that it is about, where that is an act.
    pub fn claims(&self) -> impl Iterator<Item = (Option<&Act>, &Claim)> {
        let of_acts = self.acts.iter();
        let of_acts = of_acts.filter_map(|act| Some((Some(act), act.claim.as_ref()?)));
        self.claim.iter().map(|claim| (None, claim)).chain(of_acts)
    }

    /// The account as it would be with the claims of a side booked.
    pub(super) fn as_claimed(&self, side: Side) -> Self {
        let sent = self.sent;
        self.with_claims(|claim| side.includes(&claim.by, sent.as_ref()))
    }

    /// The account as it would be with these claims booked.
    pub(super) fn with_claims(&self, wanted: impl Fn(&Claim) -> bool) -> Self {
        let mut new = self.clone();
        if let Some(claim) = new.claim.take_if(|claim| wanted(claim)) {
            match &claim.word {
                Some(Payload::ShipmentDispatched(sent)) => {
                    let header = Sent::of(sent, claim.by, claim.occurred, claim.stated_at);
                    new.open(header, sent);
                }
                _ => new.close(),
            }
            new.forget_withdrawals();
        }
        new.acts.retain_mut(|act| {
            let Some(claim) = act.claim.take_if(|claim| wanted(claim)) else {
                return true;
            };
            act.booked_at = claim.position;
            claim.word.map(|word| act.said = word).is_some()
        });
        new.book_all();
        new
    }

    /// Whether only its author rests on a word: what a stranger said books nothing, and a withdrawal that is taken back gives
    /// its goods to the other side.
    pub(super) fn is_own_word(&self, act: &Act) -> bool {
        self.sent.is_some() && !self.is_receipt(act)
    }

    /// Whether the claim about the dispatch is a word in `new`, and the acts whose claims are.
    pub(super) fn accepted_in(&self, new: &Self) -> (bool, BTreeSet<EventId>) {
        let open = |shipment: &Self| -> BTreeSet<EventId> {
            let acts = shipment.acts.iter().filter(|act| act.claim.is_some());
            acts.map(|act| act.id).collect()
        };
        let is_dispatch = self.claim.is_some() && new.claim.is_none();
        (is_dispatch, &open(self) - &open(new))
    }

    /// Puts back what was booked before a ruling; what its author said is a claim again, or what was said since.
    pub(super) fn give_back(&mut self, ruled: Ruled, position: u64) {
        let claimed = |newer: Option<Claim>| {
            Some(Claim {
                booked: ruled.claim.booked.clone(),
                booked_at: position,
                ..newer.unwrap_or_else(|| ruled.claim.clone())
            })
        };
        let Some(act) = ruled.act else {
            self.claim = claimed(self.claim.take());
            match &ruled.claim.booked {
                Some(Payload::ShipmentDispatched(sent)) => {
                    let of = &ruled.claim;
                    self.open(Sent::of(sent, of.by, of.occurred, of.stated_at), sent);
                }
                _ => self.close(),
            }
            return self.forget_withdrawals();
        };
        let known = self.acts.iter().position(|known| known.id == act.id);
        let newer = known.and_then(|place| self.acts.remove(place).claim);
        let place = self.acts.partition_point(|known| known.place < act.place);
        let act = Act {
            booked_at: position,
            claim: claimed(newer),
            settled: Vec::new(),
            ends: false,
            ..act
        };
        self.acts.insert(place, act);
    }

    /// Whether the claims of a side, booked as `new`, take effect.
    pub(super) fn takes_effect(&self, new: &Self, side: Side, rules: Option<&RuleSet>) -> bool {
        let Some(sent) = self.sent else {
            return true;
        };
        let claims = |side: Side| {
            self.claims()
                .any(|(_, claim)| side.includes(&claim.by, Some(&sent)))
        };
        let (shipper, receiver) = (claims(Side::Shipper), claims(Side::Receiver));
        match side {
            Side::Both if !(shipper && receiver) => return false,
            Side::Shipper if !shipper => return false,
            Side::Receiver if !receiver => return false,
            _ => {}
        }
        let signed = |act: &Act| self.is_receipt(act) && !act.settled.is_empty();
        let is_one_party = sent.shipper == sent.to;
        if is_one_party || (side == Side::Shipper && !self.acts.iter().any(signed)) {
            return true;
        }
        let lines = self.lines.len().max(new.lines.len());
        (0..lines).all(|line| self.comes_nearer(new, line, side, rules))
    }

    fn comes_nearer(&self, new: &Self, line: usize, side: Side, rules: Option<&RuleSet>) -> bool {
        let Some(sent) = self.sent else {
            return true;
        };
        let (before, after) = (self.lines.get(line), new.lines.get(line));
        let is_same_matter = || {
            let to = |shipment: &Self| shipment.sent.map(|sent| sent.to);
            to(self) == to(new) && before.map(|line| line.lot) == after.map(|line| line.lot)
        };
        let keeps_what_came_back =
            || before.map(|line| line.rejected) == after.map(|line| line.rejected);
        let masses = [before, after].map(|line| line.map(|line| line.sent).unwrap_or_default());
        let most = Amount {
            net: masses[0].net.max(masses[1].net),
            reo: masses[0].reo.max(masses[1].reo),
        };
        let mut limit = tolerance(rules, most);
        match side {
            // A receipt names a line and not a lot: who received one thing has not signed for another.
            Side::Both
                if !is_same_matter() && after.is_some_and(|line| !line.accepted.is_zero()) =>
            {
                return false;
            }
            Side::Both => {}
            Side::Shipper if !is_same_matter() => return false,
            Side::Receiver if !keeps_what_came_back() => return false,
            Side::Shipper | Side::Receiver => {
                let gap = self.gap(line, &sent.to);
                limit.net = limit.net.max(gap.net.abs());
                limit.reo = limit.reo.max(gap.reo.abs());
            }
        }
        let gap = new.gap(line, &sent.to);
        gap.net.abs() <= limit.net && gap.reo.abs() <= limit.reo
    }

    /// What the two sides' words leave open of a line: what was sent to the addressee and neither came to it nor back.
    fn gap(&self, line: usize, addressee: &PartyId) -> Amount {
        if self.sent.is_some_and(|sent| sent.to == *addressee) {
            let left = self.lines.get(line).map(super::AccountLine::left);
            return left.unwrap_or_default();
        }
        let receipts = self.acts.iter().filter(|act| act.by == *addressee);
        let lines = receipts
            .filter_map(Act::receipt)
            .flat_map(|receipt| receipt.lines.iter());
        let received = lines
            .filter(|said| usize::from(said.line) == line)
            .filter_map(|said| said.received.as_ref());
        received.fold(Amount::ZERO, |sum, quantity| sum - Amount::from(quantity))
    }
}
