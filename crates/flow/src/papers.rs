//! D01, D03, D04 and P04: invoices, customs declarations and buyers that a movement rests on.
//!
//! Invariant: a paper is judged by all that stands under it, so that a correction of one use clears or shows the others.
//! Numbers in use are kept for ever, since another use may come at any time. Knows no office that issued them.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use domain::payload::{Destination, Invoice, Payload, ShipmentDispatched, Title};
use domain::{Code, DAY_MS, Day, EventId, HsCode, Moment, PartyId};
use projection::{Amount, Book, Fact, Figure, Finding, FindingCode, Severity, Subject};

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
    /// Heading of an export: an item of its declaration.
    item: Option<HsCode>,
    /// When it was recorded.
    entered: Moment,
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
    standing: Standing,
}

/// How a buyer stood when goods were sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
enum Standing {
    /// Nobody had registered it by then, who may be entered late.
    Unknown,
    /// Suspended or delisted on the day.
    Barred,
    /// Barred when the dispatch was recorded, and said to have been sent before.
    BarredSince,
}

/// When a party was suspended or delisted, where that stands in the log, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Barred {
    from: Moment,
    at: u64,
    until: Option<(Moment, u64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Papers {
    /// By shipper and invoice, then position of the dispatch.
    invoices: BTreeMap<(PartyId, String), BTreeMap<u64, Use>>,
    declarations: BTreeMap<(Way, Code), BTreeMap<u64, Crossing>>,
    /// Sales without an invoice, by event.
    bare: BTreeMap<EventId, PartyId>,
    /// Goods sent to somebody who may not deal, by event.
    buyers: BTreeMap<EventId, Buyer>,
    barred: BTreeMap<PartyId, Vec<Barred>>,
}

impl Papers {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>) {
        match fact.payload {
            Payload::ShipmentDispatched(sent) => {
                self.take_invoices(fact, sent);
                self.take_sale(book, fact, sent);
            }
            Payload::LotImported(lot) => {
                self.take_crossing(book, fact, (Way::In, lot.declaration), None);
            }
            Payload::LotExported(act) => {
                self.take_crossing(book, fact, (Way::Out, act.declaration), Some(act.hs_code));
            }
            Payload::PartySuspended(act) | Payload::PartyDelisted(act) if fact.sign > 0 => {
                let times = self.barred.entry(act.party).or_default();
                if times.last().is_none_or(|barred| barred.until.is_some()) {
                    times.push(Barred {
                        from: fact.occurred,
                        at: fact.stated_at,
                        until: None,
                    });
                }
            }
            // The act was annulled.
            Payload::PartySuspended(act) | Payload::PartyDelisted(act) => {
                if let Some(times) = self.barred.get_mut(&act.party) {
                    times.retain(|barred| barred.at != fact.stated_at);
                }
            }
            Payload::PartyReinstated(act) if fact.sign > 0 => {
                let last = self
                    .barred
                    .get_mut(&act.party)
                    .and_then(|times| times.last_mut());
                if let Some(last) = last.filter(|last| last.until.is_none()) {
                    last.until = Some((fact.occurred, fact.stated_at));
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
                let used = Use {
                    event: fact.stated_by,
                    occurred: fact.occurred,
                    to: sent.to.receiver(),
                    net: if all > 0 { net * goods / all } else { net },
                    goods,
                };
                let known = uses.entry(fact.stated_at).or_insert(Use {
                    net: 0,
                    goods: 0,
                    ..used
                });
                // One dispatch may name an invoice in several parts.
                *known = Use {
                    net: known.net + used.net,
                    goods: known.goods.max(used.goods),
                    ..used
                };
            } else {
                uses.remove(&fact.stated_at);
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
        if !has_invoice(sent) && is_sale(book, (&fact.author, &to), sent.title) {
            self.bare.insert(fact.stated_by, fact.author);
        }
        let standing = self.barred_for(book, &to, fact);
        let standing = match standing {
            None if book.registry().party(&to).is_none() => Some(Standing::Unknown),
            known => known,
        };
        if let Some(standing) = standing.filter(|_| to != fact.author) {
            let buyer = Buyer {
                shipper: fact.author,
                to,
                standing,
            };
            self.buyers.insert(fact.stated_by, buyer);
        }
    }

    /// Whether a party was suspended or delisted on the day of a sale, whatever it is now; or when a sale was recorded that is
    /// said to have been before.
    fn barred_for(&self, book: &Book, party: &PartyId, sold: &Fact<'_>) -> Option<Standing> {
        let day_of = |moment| book.registry().zone().day_of(moment);
        let times = self.barred.get(party)?;
        let on_day = |barred: &Barred| {
            let until = barred.until.map(|(until, _)| day_of(until));
            day_of(barred.from) <= sold.day && until.is_none_or(|until| sold.day < until)
        };
        if times.iter().any(on_day) {
            return Some(Standing::Barred);
        }
        let since = |barred: &Barred| {
            let is_over = barred.until.is_some_and(|(_, at)| at < sold.stated_at);
            barred.at < sold.stated_at && !is_over && sold.day < day_of(barred.from)
        };
        times.iter().any(since).then_some(Standing::BarredSince)
    }

    fn take_crossing(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        key: (Way, Code),
        item: Option<HsCode>,
    ) {
        let uses = self.declarations.entry(key).or_default();
        if fact.sign > 0 {
            // A correction says nothing of when the goods were entered first.
            let first = || book.recall()?.recall(fact.stated_at);
            let first = fact.is_correction().then(first).flatten();
            let crossing = Crossing {
                event: fact.stated_by,
                party: fact.author,
                day: fact.day,
                item,
                entered: first.map_or(fact.received, |event| event.received),
            };
            uses.insert(fact.stated_at, crossing);
        } else {
            uses.remove(&fact.stated_at);
        }
        if uses.is_empty() {
            self.declarations.remove(&key);
        }
    }

    /// `disguised` are sales that were called something else.
    pub(crate) fn findings(&self, book: &Book, disguised: &[(EventId, PartyId)]) -> Vec<Finding> {
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
        let bare = self.bare.iter().map(|(event, party)| (*event, *party));
        let disguised = disguised.iter().copied();
        found.extend(bare.chain(disguised).map(|(event, party)| {
            let about = Subject::party(party);
            Finding::new(FindingCode::D03, about, Vec::new(), vec![event])
        }));
        // One who was registered later in the log was only entered late.
        let is_entered = |buyer: &Buyer| book.registry().party(&buyer.to).is_some();
        let buyers = self.buyers.iter();
        let barred =
            buyers.filter(|(_, buyer)| buyer.standing != Standing::Unknown || !is_entered(buyer));
        found.extend(barred.map(|(event, buyer)| {
            let about = Subject::party(buyer.shipper);
            let finding = Finding::new(FindingCode::P04, about, Vec::new(), vec![*event]);
            // Goods may have left before; that their shipper says so only by now is a reason to ask.
            let severity = match buyer.standing {
                Standing::BarredSince => Severity::Warning,
                Standing::Unknown | Standing::Barred => finding.severity,
            };
            Finding {
                severity,
                ..finding
            }
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

/// Whether a dispatch names an invoice. A red-letter invoice takes back what another one was for, and is for no goods.
pub(crate) fn has_invoice(sent: &ShipmentDispatched) -> bool {
    let mut invoices = sent.invoices.iter();
    invoices.any(|invoice| invoice.cancels.is_none())
}

/// D01: an invoice on more goods than it is for, or on several dispatches that are not the parts of one sale.
fn overused(book: &Book, party: PartyId, uses: &BTreeMap<u64, Use>) -> Option<Finding> {
    let first = uses.values().next()?;
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
    let sent: i128 = uses.values().map(kept).sum();
    let tolerance = book.registry().rules_at(first.occurred).map_or(0, |rules| {
        let least = i128::from(rules.receipt_tolerance_mg.mg());
        rules.receipt_tolerance_ppm.of(first.goods).max(least)
    });
    let is_one_sale = uses
        .values()
        .all(|known| (known.to, known.goods) == (first.to, first.goods));
    let fits = is_one_sale && sent <= first.goods + tolerance;
    let figures = vec![
        Figure::count("shipments", i64::try_from(uses.len()).unwrap_or(i64::MAX)),
        Figure::mg("goods of the invoice", first.goods),
        Figure::mg("goods sent under it", sent),
    ];
    let evidence = uses.values().map(|known| known.event).collect();
    (!fits).then(|| Finding::new(FindingCode::D01, Subject::party(party), figures, evidence))
}

/// Time within which the lots of one import are entered.
const ENTRY_MS_MAX: i64 = 7 * DAY_MS;

/// D04: one declaration on several days, or of several parties. Several lots of one import are entered together; goods under
/// one heading are one item of an export, and one event.
fn declared_again(uses: &BTreeMap<u64, Crossing>) -> Option<Finding> {
    let first = uses.values().next()?;
    let mut items = BTreeSet::new();
    let is_other = |known: &&Crossing| {
        let is_new = known.item.is_none_or(|item| items.insert(item));
        let is_late =
            known.item.is_none() && known.entered.ms() - first.entered.ms() > ENTRY_MS_MAX;
        (known.party, known.day) != (first.party, first.day) || !is_new || is_late
    };
    let again = uses.values().find(is_other)?;
    let figures = vec![Figure::count(
        "uses",
        i64::try_from(uses.len()).unwrap_or(i64::MAX),
    )];
    let evidence = uses.values().map(|known| known.event).collect();
    Some(Finding::new(
        FindingCode::D04,
        Subject::party(again.party),
        figures,
        evidence,
    ))
}
