//! A receipt of goods, filled in from what is under way: the receiver says only what differs.
//!
//! Invariant: a receipt that ends a shipment says something of every line that is still under way, and REO that was not assayed
//! here is the share that the sender stated. Judges no difference; the findings do.

use std::collections::BTreeMap;

use answers::resolve::{Candidate, pick};
use answers::{Amount, Event, Named, Refused, Sent, Shipment, Until};
use books::Books;
use domain::payload::{Completion, DispatchLine, Outcome, ReceiptLine, ShipmentReceived, Title};
use domain::quantity::decimal;
use domain::{Basis, Code, EventId, List, LotId, Mass, Note, PartyId, Payload, Quantity, SiteId};

use crate::refused::{EventRefused, NotDone};
use crate::session::Session;

const MG_PER_KG: u64 = 1_000_000;

/// What the receiver says of a shipment.
#[derive(Debug, Default)]
pub struct Arrival {
    /// The site that it came to; the only one where there is one.
    pub site: Option<Code>,
    /// What is not named otherwise came as it was sent.
    pub all: bool,
    /// More of it will come.
    pub part: bool,
    /// What came of a line.
    pub came: BTreeMap<u16, Came>,
    /// Why a line differs from what was sent.
    pub reason: Option<Note>,
}

impl Arrival {
    /// Takes up what came of a line.
    ///
    /// # Errors
    /// Something was said of it already.
    pub fn add(&mut self, (line, came): (u16, Came)) -> Result<(), NotDone> {
        match self.came.insert(line, came) {
            None => Ok(()),
            Some(_) => Err(EventRefused::LineNamedTwice { line }.into()),
        }
    }
}

/// What came of a line.
#[derive(Debug, Clone)]
pub enum Came {
    /// This net mass, and this REO where it was assayed; of nothing the receipt says nothing, and so that nothing came.
    Weighed(Mass, Option<Mass>),
    /// It goes back, for this reason.
    Rejected(Note),
}

/// A line of a receipt next to what was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    pub line: u16,
    pub lot: LotId,
    pub under_way: Amount,
    /// Nothing where it goes back.
    pub received: Option<Amount>,
}

impl std::fmt::Display for Compared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kg = |mg: i128| decimal(mg, MG_PER_KG);
        let (line, lot, sent) = (self.line, self.lot, self.under_way.net);
        write!(f, "line {line}, lot {lot}: {} kg under way, ", kg(sent))?;
        match self.received {
            None => write!(f, "rejected"),
            Some(received) if received.net == sent => write!(f, "all received"),
            Some(received) => {
                let (came, differs) = (kg(received.net), kg(received.net - sent));
                write!(f, "{came} kg received: {differs} kg")
            }
        }
    }
}

/// A receipt, and each of its lines next to what was under way.
#[derive(Debug)]
pub struct Receipt {
    pub payload: Payload,
    pub lines: Vec<Compared>,
}

/// What came of a line, written as `LINE=NET_KG` or `LINE=NET_KG,REO_KG`.
///
/// # Errors
/// It is not written so.
pub fn weighed(text: &str) -> Result<(u16, Came), NotDone> {
    let (line, masses) = line_and_rest(text)?;
    let (net, reo) = match masses.split_once(',') {
        Some((net, reo)) => (net, Some(reo)),
        None => (masses, None),
    };
    let mass = |text: &str| Mass::parse_in(text.trim(), MG_PER_KG);
    Ok((line, Came::Weighed(mass(net)?, reo.map(mass).transpose()?)))
}

/// A line that goes back, written as `LINE=REASON`.
///
/// # Errors
/// It is not written so.
pub fn rejected(text: &str) -> Result<(u16, Came), NotDone> {
    let (line, reason) = line_and_rest(text)?;
    if reason.trim().is_empty() {
        let given = text.to_owned();
        return Err(EventRefused::BadLine { given }.into());
    }
    Ok((line, Came::Rejected(reason.trim().parse()?)))
}

fn line_and_rest(text: &str) -> Result<(u16, &str), EventRefused> {
    let read = text
        .split_once('=')
        .and_then(|(line, rest)| Some((line.trim().parse().ok()?, rest)));
    read.ok_or_else(|| {
        let given = text.to_owned();
        EventRefused::BadLine { given }
    })
}

/// The receipt of a shipment, by its code or the beginning of its dispatch's id.
///
/// # Errors
/// Nothing under way to the party goes by that, a line is not under way or not named, or the site is not known.
pub fn receipt(
    session: &Session<'_>,
    party: PartyId,
    shipment: &str,
    arrival: &Arrival,
) -> Result<Receipt, NotDone> {
    let books = Books::replay(&*session.store, Until::End, &mut |_, _| {})?;
    let open = books.book.open_shipments();
    let own = open.filter(|(_, sent, _)| sent.to == party);
    let candidates = own.map(|(id, sent, account)| Candidate {
        id: sent.shipment.to_string(),
        names: vec![id.to_string()],
        value: (id, sent, account),
    });
    let (id, sent, account) = found(candidates.collect(), shipment, party)?;
    let stated = dispatched(session, &books, id, &sent)?;
    let (receipt, compared) = received(party, (&sent, account), &stated, arrival)?;
    let payload = Payload::ShipmentReceived(ShipmentReceived {
        dispatch: id,
        site: site(session, party, account, arrival)?,
        lines: List::new(receipt)?,
        completion: match arrival.part {
            true => Completion::Partial,
            false => Completion::Final,
        },
    });
    payload.check()?;
    Ok(Receipt {
        payload,
        lines: compared,
    })
}

/// The lines of the receipt, each next to what was under way.
fn received(
    party: PartyId,
    (sent, account): (&Sent, &Shipment),
    lines: &[DispatchLine],
    arrival: &Arrival,
) -> Result<(Vec<ReceiptLine>, Vec<Compared>), NotDone> {
    let mut receipt = Vec::new();
    let mut compared = Vec::new();
    let mut left: BTreeMap<u16, &Came> =
        arrival.came.iter().map(|(at, came)| (*at, came)).collect();
    for (line, of_account) in (0..).zip(&account.lines) {
        let under_way = account.under_way(line);
        let came = left.remove(&line);
        if under_way.net <= 0 && came.is_none() {
            continue;
        }
        let lot = of_account.lot;
        if matches!(came, Some(Came::Weighed(net, _)) if *net == Mass::ZERO) {
            let received = Some(Amount::ZERO);
            compared.push(Compared {
                line,
                lot,
                under_way,
                received,
            });
            continue;
        }
        let Some(one) = of_line(arrival, (line, under_way), came, of_account.sent)? else {
            if arrival.part {
                continue;
            }
            let shipment = sent.shipment;
            return Err(EventRefused::LineNotNamed { line, shipment }.into());
        };
        let stated = lines.get(usize::from(line)).filter(|of| of.lot == lot);
        compared.push(Compared {
            line,
            lot,
            under_way,
            received: one.received.as_ref().map(Amount::from),
        });
        receipt.push(ReceiptLine {
            owner: owner(stated, sent, party),
            ..one
        });
    }
    if let Some(line) = left.keys().next() {
        let (line, shipment) = (*line, sent.shipment);
        return Err(EventRefused::NoSuchLine { line, shipment }.into());
    }
    if receipt.is_empty() {
        let shipment = sent.shipment;
        return Err(EventRefused::NothingNamed { shipment }.into());
    }
    Ok((receipt, compared))
}

type Open<'a> = (EventId, Sent, &'a Shipment);

/// By the code first, then by the beginning of the dispatch's id.
fn found<'a>(
    all: Vec<Candidate<Open<'a>>>,
    given: &str,
    party: PartyId,
) -> Result<Open<'a>, NotDone> {
    let wanted = given.trim().to_lowercase();
    let by_id: Vec<_> = all
        .iter()
        .filter(|one| one.names.iter().any(|id| id.starts_with(&wanted)))
        .map(|one| Candidate {
            id: one.value.0.to_string(),
            names: vec![one.id.clone()],
            value: one.value,
        })
        .collect();
    match pick(Named::Thing, given, all) {
        Ok(one) => Ok(one),
        Err(Refused::Unknown { .. }) if !by_id.is_empty() => Ok(pick(Named::Thing, given, by_id)?),
        Err(Refused::Unknown { given, .. }) => {
            Err(EventRefused::NothingUnderWay { given, party }.into())
        }
        Err(refused) => Err(refused.into()),
    }
}

/// The lines of a dispatch as it stands by now.
fn dispatched(
    session: &Session<'_>,
    books: &Books,
    id: EventId,
    sent: &Sent,
) -> Result<Vec<DispatchLine>, NotDone> {
    let payload = match books.book.standing(&id) {
        Some((_, Some(payload))) => payload.clone(),
        _ => {
            let frame = session.store.frame_of(sent.position)?;
            let entry = frame.entry(sent.position).unwrap_or_default();
            Event::decode(sent.position, entry)?.body.payload
        }
    };
    Ok(match payload {
        Payload::ShipmentDispatched(sent) => sent.lines.to_vec(),
        _ => Vec::new(),
    })
}

/// What the receipt says of a line; nothing where the receiver said nothing.
fn of_line(
    arrival: &Arrival,
    (line, under_way): (u16, Amount),
    came: Option<&Came>,
    sent: Amount,
) -> Result<Option<ReceiptLine>, NotDone> {
    let quantity = |net, reo, basis| Quantity::new(net, reo, basis, None);
    let nothing = || Note::new("");
    let mass = |mg: i128| Mass::from_mg(u64::try_from(mg).unwrap_or(0));
    let (received, outcome, reason) = match came {
        Some(Came::Rejected(reason)) => (None, Outcome::Rejected, reason.clone()),
        Some(Came::Weighed(net, assayed)) => {
            let is_as_sent = i128::from(net.mg()) == under_way.net && assayed.is_none();
            let (reo, basis) = match assayed {
                Some(reo) => (*reo, Basis::Measured),
                None if is_as_sent => (mass(under_way.reo)?, Basis::Weighed),
                None => (mass(share(i128::from(net.mg()), sent))?, Basis::Weighed),
            };
            let (outcome, reason) = match is_as_sent {
                true => (Outcome::Accepted, nothing()?),
                false => match &arrival.reason {
                    Some(reason) => (Outcome::Adjusted, reason.clone()),
                    None => (Outcome::Adjusted, nothing()?),
                },
            };
            (Some(quantity(*net, reo, basis)?), outcome, reason)
        }
        None if arrival.all => {
            let (net, reo) = (mass(under_way.net)?, mass(under_way.reo)?);
            let received = quantity(net, reo, Basis::Stated)?;
            (Some(received), Outcome::Accepted, nothing()?)
        }
        None => return Ok(None),
    };
    Ok(Some(ReceiptLine {
        line,
        received,
        outcome,
        reason,
        owner: None,
    }))
}

/// REO of a net mass at the grade that was sent, to the nearest milligram.
fn share(net: i128, sent: Amount) -> i128 {
    match sent.net {
        0 => 0,
        of => (net * sent.reo + of / 2) / of,
    }
}

/// Whose goods arrive, if not the receiver's own: tolled ones stay their sender's.
fn owner(stated: Option<&DispatchLine>, sent: &Sent, receiver: PartyId) -> Option<PartyId> {
    let owner = stated.and_then(|line| line.owner);
    let tolled = (sent.title == Title::Tolling).then_some(sent.shipper);
    owner.or(tolled).filter(|owner| *owner != receiver)
}

/// The site that was named, or that of an earlier part of the shipment, or the only one that the party has.
fn site(
    session: &Session<'_>,
    party: PartyId,
    account: &Shipment,
    arrival: &Arrival,
) -> Result<Code, NotDone> {
    let earlier = account.acts.iter().filter(|act| act.by == party);
    let mut earlier = earlier.filter_map(|act| act.receipt());
    let earlier = earlier.next_back().map(|receipt| receipt.site);
    if let Some(site) = arrival.site.or(earlier) {
        return Ok(site);
    }
    let registry = session.registry();
    let own: Vec<&SiteId> = registry
        .sites()
        .map(|(site, _)| site)
        .filter(|site| site.party == party)
        .collect();
    match own.as_slice() {
        [one] => Ok(one.code),
        several => {
            let sites: Vec<_> = several.iter().map(|site| site.code.to_string()).collect();
            let sites = sites.join(", ");
            Err(EventRefused::WhichSite { party, sites }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reo_follows_the_grade_that_was_sent() {
        let sent = Amount {
            net: 3_000_000,
            reo: 1_000_000,
        };
        assert_eq!(share(3_000_000, sent), 1_000_000);
        assert_eq!(share(2_999_999, sent), 1_000_000);
        assert_eq!(share(2_999_998, sent), 999_999);
        assert_eq!(share(1, Amount::default()), 0);
    }

    #[test]
    fn what_is_typed_of_a_line_is_read_or_named() {
        let (line, came) = weighed("3=24990,12495.5").unwrap();
        assert_eq!(line, 3);
        let Came::Weighed(net, Some(reo)) = came else {
            panic!("it was weighed and assayed");
        };
        assert_eq!((net.mg(), reo.mg()), (24_990_000_000, 12_495_500_000));
        assert!(matches!(
            weighed("0=5").unwrap(),
            (0, Came::Weighed(_, None))
        ));
        assert!(matches!(rejected("1= wet ").unwrap(), (1, Came::Rejected(why)) if &*why == "wet"));
        for wrong in ["3", "x=5", "3=", "3=5 t", "70000=5"] {
            assert!(weighed(wrong).is_err(), "{wrong}");
        }
        assert!(rejected("3= ").is_err());
    }
}
