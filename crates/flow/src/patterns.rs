//! T05, T06 and X01: goods that come back to their seller, traders that never hold stock, exports under a strange code.
//!
//! Invariant: kept by the event that shows it, so that a correction takes it away again. What is remembered of a trader's
//! lots is bounded by what it holds.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::customs::Heading;
use domain::payload::{LotExported, Payload, ShipmentDispatched, ShipmentReceived, Title};
use domain::{Activity, EventId, LotId, Moment, PartyId, PartyKind};
use projection::{Amount, Book, Fact, Figure, Finding, FindingCode, Subject};

/// Longest stay that counts as passing through.
const STAY_DAYS_MAX: i64 = 3;
/// Fewest lots that show a habit.
const PASSES_MIN: u32 = 10;
/// Shortest time over which a habit shows.
const HABIT_DAYS_MIN: i64 = 90;
const DAY_MS: i64 = 86_400_000;

/// A pure trader's lots.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
struct Trader {
    /// When each lot that it holds arrived.
    held: BTreeMap<LotId, Moment>,
    /// Lots that left within days of arrival, and lots that stayed longer.
    passed: u32,
    stayed: u32,
    first: Option<(Moment, EventId)>,
    last: Option<Moment>,
}

/// What a pattern finding needs beside its event.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
enum Seen {
    CameBack {
        lot: LotId,
        reo: i128,
        sold_by: EventId,
    },
    Undeclared {
        lot: LotId,
        reo: i128,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Patterns {
    seen: BTreeMap<EventId, (PartyId, Seen)>,
    traders: BTreeMap<PartyId, Trader>,
}

impl Patterns {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>) {
        match fact.payload {
            Payload::ShipmentReceived(receipt) => self.take_receipt(book, fact, receipt),
            Payload::ShipmentDispatched(sent) if fact.sign > 0 => self.take_dispatch(fact, sent),
            Payload::LotExported(exported) => self.take_export(book, fact, exported),
            _ => {}
        }
    }

    /// A lot comes back by sale to the party that brought it forth: money may go round, or a claim of origin be washed.
    fn take_receipt(&mut self, book: &Book, fact: &Fact<'_>, receipt: &ShipmentReceived) {
        if fact.sign < 0 {
            self.seen.remove(&fact.stated_by);
            return;
        }
        let Some(dispatch) = book.dispatch(&receipt.dispatch) else {
            return;
        };
        let received = receipt.lines.iter().filter_map(|line| {
            let reo = Amount::from(line.received.as_ref()?).reo;
            let lot = dispatch.lines.get(usize::from(line.line))?.lot;
            Some((lot, reo))
        });
        let lots: Vec<_> = received.collect();
        let own = lots.iter().find(|(lot, _)| lot.creator == fact.author);
        if let Some((lot, reo)) = own.copied()
            && dispatch.title == Title::Sale
            && dispatch.shipper != fact.author
        {
            let sold_by = receipt.dispatch;
            let seen = Seen::CameBack { lot, reo, sold_by };
            self.seen.insert(fact.stated_by, (fact.author, seen));
        }
        if is_pure_trader(book, &fact.author) {
            let trader = self.traders.entry(fact.author).or_default();
            for (lot, _) in lots {
                trader.held.entry(lot).or_insert(fact.occurred);
            }
        }
    }

    fn take_dispatch(&mut self, fact: &Fact<'_>, sent: &ShipmentDispatched) {
        let Some(trader) = self.traders.get_mut(&fact.author) else {
            return;
        };
        for line in sent.lines.iter() {
            let Some(arrived) = trader.held.remove(&line.lot) else {
                continue;
            };
            if fact.occurred.ms() - arrived.ms() <= STAY_DAYS_MAX * DAY_MS {
                trader.passed = trader.passed.saturating_add(1);
            } else {
                trader.stayed = trader.stayed.saturating_add(1);
            }
            trader.first.get_or_insert((fact.occurred, fact.stated_by));
            trader.last = trader.last.max(Some(fact.occurred));
        }
    }

    fn take_export(&mut self, book: &Book, fact: &Fact<'_>, exported: &LotExported) {
        if fact.sign < 0 {
            self.seen.remove(&fact.stated_by);
            return;
        }
        let Some(heading) = Heading::of(&exported.hs_code.to_string()) else {
            return;
        };
        let strange = exported.lines.iter().find(|line| {
            book.lot(&line.lot)
                .is_some_and(|known| !heading.fits(known.product))
        });
        if let Some(line) = strange {
            let (lot, reo) = (line.lot, Amount::from(&line.quantity).reo);
            let seen = Seen::Undeclared { lot, reo };
            self.seen.insert(fact.stated_by, (fact.author, seen));
        }
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        let seen = self.seen.iter().map(|(event, (party, seen))| {
            let about = |lot: &LotId| Subject {
                lot: Some(*lot),
                ..Subject::party(*party)
            };
            match seen {
                Seen::CameBack { lot, reo, sold_by } => {
                    let figures = vec![Figure::mg("REO came back", *reo)];
                    let evidence = vec![*event, *sold_by];
                    Finding::new(FindingCode::T05, about(lot), figures, evidence)
                }
                Seen::Undeclared { lot, reo } => {
                    let figures = vec![Figure::mg("REO exported", *reo)];
                    Finding::new(FindingCode::X01, about(lot), figures, vec![*event])
                }
            }
        });
        let passing = self.traders.iter().filter_map(|(party, trader)| {
            let ((first, event), last) = trader.first.zip(trader.last)?;
            let days = (last.ms() - first.ms()) / DAY_MS;
            let habit = trader.stayed == 0 && trader.passed >= PASSES_MIN && days >= HABIT_DAYS_MIN;
            let figures = vec![
                Figure::count("lots passed on", trader.passed.into()),
                Figure::count("days", days),
            ];
            let finding = || {
                Finding::new(
                    FindingCode::T06,
                    Subject::party(*party),
                    figures,
                    vec![event],
                )
            };
            habit.then(finding)
        });
        seen.chain(passing).collect()
    }
}

fn is_pure_trader(book: &Book, party: &PartyId) -> bool {
    let record = book.registry().party(party);
    record.is_some_and(|record| match &record.kind {
        PartyKind::Enterprise { activities } => activities.iter().eq([&Activity::Trading]),
        _ => false,
    })
}
