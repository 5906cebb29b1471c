//! D01, D03, D04 and P04: invoices, customs declarations and buyers that a movement rests on.
//!
//! Invariant: a paper is judged by all that stands under it, so that a correction of one use clears or shows the others.
//! Numbers in use are kept for ever, since another use may come at any time. Knows no office that issued them.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use domain::payload::{Destination, Invoice, Payload, ShipmentDispatched, Title};
use domain::{Code, Day, EventId, Moment, PartyId};
use projection::{Amount, Book, Fact, Figure, Finding, FindingCode, Subject};

/// Goods that go under an invoice with one dispatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
struct Use {
    event: EventId,
    occurred: Moment,
    to: Option<PartyId>,
    /// Net goods of the dispatch that fall to the invoice.
    net: i128,
    /// Net goods that the invoice is for, as this dispatch has it.
    goods: i128,
}

/// An import or export under a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
struct Crossing {
    event: EventId,
    party: PartyId,
    day: Day,
}

/// Which way goods cross the border: numbers of one way are no numbers of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
enum Way {
    In,
    Out,
}

/// A buyer that was not one on the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Buyer {
    shipper: PartyId,
    to: PartyId,
    /// Suspended or delisted on that day; else nobody had registered it by then, who may be entered late.
    was_barred: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Papers {
    /// By shipper and invoice.
    invoices: BTreeMap<(PartyId, String), Vec<Use>>,
    declarations: BTreeMap<(Way, Code), Vec<Crossing>>,
    /// Sales without an invoice, by event.
    bare: BTreeMap<EventId, PartyId>,
    /// Goods sent to somebody who may not deal, by event.
    buyers: BTreeMap<EventId, Buyer>,
    /// When parties were suspended or delisted, and until when.
    barred: BTreeMap<PartyId, Vec<(Moment, Option<Moment>)>>,
}

impl Papers {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>) {
        match fact.payload {
            Payload::ShipmentDispatched(sent) => {
                self.take_invoices(fact, sent);
                self.take_sale(book, fact, sent);
            }
            Payload::LotImported(lot) => self.take_crossing(book, fact, Way::In, lot.declaration),
            Payload::LotExported(act) => self.take_crossing(book, fact, Way::Out, act.declaration),
            Payload::PartySuspended(act) | Payload::PartyDelisted(act) if fact.sign > 0 => {
                let times = self.barred.entry(act.party).or_default();
                if times.last().is_none_or(|(_, until)| until.is_some()) {
                    times.push((fact.occurred, None));
                }
            }
            // The act was annulled.
            Payload::PartySuspended(act) | Payload::PartyDelisted(act) => {
                if let Some(times) = self.barred.get_mut(&act.party) {
                    times.retain(|(from, _)| *from != fact.occurred);
                }
            }
            Payload::PartyReinstated(act) if fact.sign > 0 => {
                let last = self
                    .barred
                    .get_mut(&act.party)
                    .and_then(|times| times.last_mut());
                if let Some((_, until @ None)) = last {
                    *until = Some(fact.occurred);
                }
            }
            _ => {}
        }
    }

    fn take_invoices(&mut self, fact: &Fact<'_>, sent: &ShipmentDispatched) {
        let lines = sent
            .lines
            .iter()
            .map(|line| Amount::from(&line.quantity).net);
        let net: i128 = lines.sum();
        let goods_of = |invoice: &Invoice| i128::from(invoice.goods_mg.mg());
        let own = sent
            .invoices
            .iter()
            .filter(|invoice| invoice.cancels.is_none());
        let all: i128 = own.clone().map(goods_of).sum();
        for invoice in own {
            let key = (fact.author, invoice.named());
            let goods = goods_of(invoice);
            let uses = self.invoices.entry(key.clone()).or_default();
            if fact.sign > 0 {
                uses.push(Use {
                    event: fact.stated_by,
                    occurred: fact.occurred,
                    to: sent.to.receiver(),
                    net: if all > 0 { net * goods / all } else { net },
                    goods,
                });
            } else {
                uses.retain(|known| known.event != fact.stated_by);
            }
            // An invoice that is not in use leaves nothing, so that equal states have equal bytes.
            if uses.is_empty() {
                self.invoices.remove(&key);
            }
        }
    }

    fn take_sale(&mut self, book: &Book, fact: &Fact<'_>, sent: &ShipmentDispatched) {
        if fact.sign < 0 {
            self.bare.remove(&fact.stated_by);
            self.buyers.remove(&fact.stated_by);
            return;
        }
        let Destination::Party(to) = sent.to else {
            return;
        };
        // A red-letter invoice takes back what another one was for, and is for no goods.
        let has_invoice = sent
            .invoices
            .iter()
            .any(|invoice| invoice.cancels.is_none());
        if !has_invoice && is_sale(book, (&fact.author, &to), sent.title) {
            self.bare.insert(fact.stated_by, fact.author);
        }
        let was_barred = self.was_barred(book, &to, fact.occurred);
        if to != fact.author && (was_barred || book.registry().party(&to).is_none()) {
            let buyer = Buyer {
                shipper: fact.author,
                to,
                was_barred,
            };
            self.buyers.insert(fact.stated_by, buyer);
        }
    }

    /// Whether a party was suspended or delisted on the day of a sale, whatever it is now.
    fn was_barred(&self, book: &Book, party: &PartyId, sold: Moment) -> bool {
        let zone = book.registry().zone();
        let day = zone.day_of(sold);
        let times = self.barred.get(party).into_iter().flatten();
        let mut times =
            times.map(|(from, until)| (zone.day_of(*from), until.map(|until| zone.day_of(until))));
        times.any(|(from, until)| from <= day && until.is_none_or(|until| day < until))
    }

    fn take_crossing(&mut self, book: &Book, fact: &Fact<'_>, way: Way, declaration: Code) {
        let uses = self.declarations.entry((way, declaration)).or_default();
        if fact.sign > 0 {
            uses.push(Crossing {
                event: fact.stated_by,
                party: fact.author,
                day: book.registry().zone().day_of(fact.occurred),
            });
        } else {
            uses.retain(|known| known.event != fact.stated_by);
        }
        if uses.is_empty() {
            self.declarations.remove(&(way, declaration));
        }
    }

    pub(crate) fn findings(&self, book: &Book) -> Vec<Finding> {
        let mut found: Vec<_> = self
            .invoices
            .iter()
            .filter_map(|((party, _), uses)| overused(book, *party, uses))
            .collect();
        found.extend(
            self.declarations
                .values()
                .flat_map(|uses| declared_again(uses)),
        );
        let bare = self.bare.iter();
        found.extend(bare.map(|(event, party)| {
            let about = Subject::party(*party);
            Finding::new(FindingCode::D03, about, Vec::new(), vec![*event])
        }));
        // One who was registered later in the log was only entered late.
        let is_entered = |buyer: &Buyer| book.registry().party(&buyer.to).is_some();
        let buyers = self.buyers.iter();
        let barred = buyers.filter(|(_, buyer)| buyer.was_barred || !is_entered(buyer));
        found.extend(barred.map(|(event, buyer)| {
            let about = Subject::party(buyer.shipper);
            Finding::new(FindingCode::P04, about, Vec::new(), vec![*event])
        }));
        found
    }
}

/// Whether goods change hands between shipper and addressee: what is called internal is a sale to anybody outside the
/// shipper's group.
pub(crate) fn is_sale(book: &Book, (shipper, to): (&PartyId, &PartyId), title: Title) -> bool {
    let group = |party| book.registry().party(party).and_then(|record| record.group);
    let is_own = to == shipper || (group(to).is_some() && group(to) == group(shipper));
    match title {
        Title::Sale => to != shipper,
        Title::Internal => !is_own,
        Title::Tolling | Title::Return => false,
    }
}

/// D01: an invoice on more goods than it is for, or on several dispatches that are not the parts of one sale.
fn overused(book: &Book, party: PartyId, uses: &[Use]) -> Option<Finding> {
    let (first, others) = uses.split_first()?;
    // What came back was not sold.
    let kept = |known: &Use| {
        let lines = book.shipment(&known.event).map(|shipment| shipment.lines);
        let lines = lines.unwrap_or_default();
        let sum = |mass: fn(&projection::AccountLine) -> Amount| -> i128 {
            lines.iter().map(|line| mass(line).net).sum()
        };
        let (sent, back) = (
            sum(|line| line.sent),
            sum(|line| line.rejected + line.withdrawn),
        );
        if sent > 0 {
            known.net * (sent - back) / sent
        } else {
            known.net
        }
    };
    let sent: i128 = uses.iter().map(kept).sum();
    let rules = book.registry().rules_at(first.occurred);
    let tolerance = rules.map_or(0, |rules| rules.receipt_tolerance(first.goods));
    let is_one_sale = others
        .iter()
        .all(|known| (known.to, known.goods) == (first.to, first.goods));
    let fits = is_one_sale && sent <= first.goods + tolerance;
    let events: BTreeSet<_> = uses.iter().map(|known| known.event).collect();
    let figures = vec![
        Figure::count("shipments", i64::try_from(events.len()).unwrap_or(i64::MAX)),
        Figure::mg("goods of the invoice", first.goods),
        Figure::mg("goods sent under it", sent),
    ];
    let evidence = uses.iter().map(|known| known.event).collect();
    (!fits).then(|| Finding::new(FindingCode::D01, Subject::party(party), figures, evidence))
}

/// D04: one declaration on several days, or of several parties; several lots of one day and party are one crossing.
fn declared_again(uses: &[Crossing]) -> Option<Finding> {
    let (first, others) = uses.split_first()?;
    let is_other = |known: &&Crossing| (known.party, known.day) != (first.party, first.day);
    let again = others.iter().find(is_other)?;
    let figures = vec![Figure::count(
        "uses",
        i64::try_from(uses.len()).unwrap_or(i64::MAX),
    )];
    let evidence = uses.iter().map(|known| known.event).collect();
    Some(Finding::new(
        FindingCode::D04,
        Subject::party(again.party),
        figures,
        evidence,
    ))
}
