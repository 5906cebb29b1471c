//! V01 and V02: values that no reference table knows, and grades that a product can't have.
//!
//! Invariant: a value that a table comes to know, for the day on which it was used, is no longer shown. Memory grows with what
//! looks wrong only. Which value belongs to which table, `domain` says.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{Payload, ReferenceTable};
use domain::reference::{AsOf, UnknownValue};
use domain::{Day, EventId, LotId, PartyId};
use projection::{Book, Fact, Figure, Finding, FindingCode, Subject};

/// A value that no table knew when it was used.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Unknown {
    event: EventId,
    party: PartyId,
    table: ReferenceTable,
    value: String,
    day: Day,
}

/// A lot whose share of REO lies outside what its product has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Grade {
    event: EventId,
    share_ppm: u32,
    outside_ppm: u32,
}

/// What looks wrong, by the position of the event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Values {
    unknown: BTreeMap<u64, Vec<Unknown>>,
    grades: BTreeMap<(u64, LotId), Grade>,
}

/// How far a share may lie outside its bounds, in ppm of the net mass: what a moist sample or a coarse assay explains.
const TOLERANCE_PPM: u32 = 20_000;

impl Values {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>) {
        let at = fact.stated_at;
        if fact.sign < 0 {
            self.unknown.remove(&at);
            for new in fact.payload.new_lots() {
                let lot = LotId {
                    creator: fact.author,
                    code: new.lot,
                };
                self.grades.remove(&(at, lot));
            }
            return;
        }
        if !is_judged(fact.payload) {
            return;
        }
        let as_of = AsOf {
            day: fact.day,
            position: fact.booked_at,
        };
        let tables = book.registry().reference();
        let unknown = tables.unknown_values(fact.payload, as_of);
        if !unknown.is_empty() {
            let party = about(fact);
            let unknown = unknown.into_iter().map(|value| Unknown {
                event: fact.stated_by,
                party,
                table: value.table,
                value: value.value,
                day: as_of.day,
            });
            self.unknown.insert(at, unknown.collect());
        }
        for new in fact.payload.new_lots() {
            let Some(outside_ppm) = tables
                .outside_grade(new.product, &new.quantity, as_of)
                .filter(|outside| *outside > TOLERANCE_PPM)
            else {
                continue;
            };
            let (reo, net) = (new.quantity.reo.mg(), new.quantity.net.mg());
            let share = u128::from(reo) * 1_000_000 / u128::from(net.max(1));
            let lot = LotId {
                creator: fact.author,
                code: new.lot,
            };
            let grade = Grade {
                event: fact.stated_by,
                share_ppm: u32::try_from(share).unwrap_or(u32::MAX),
                outside_ppm,
            };
            self.grades.insert((at, lot), grade);
        }
    }

    pub(crate) fn findings(&self, book: &Book) -> Vec<Finding> {
        let tables = book.registry().reference();
        let is_unknown = |unknown: &&Unknown| {
            let value = UnknownValue {
                table: unknown.table,
                value: unknown.value.clone(),
            };
            let as_of = AsOf {
                day: unknown.day,
                position: u64::MAX,
            };
            !tables.knows(&value, as_of)
        };
        let unknown = self
            .unknown
            .values()
            .filter_map(|values| values.iter().find(is_unknown));
        let unknown = unknown.map(|unknown| {
            let subject = Subject::party(unknown.party);
            let evidence = vec![unknown.event];
            Finding::new(FindingCode::V01, subject, Vec::new(), evidence)
        });
        let grades = self.grades.iter().map(|((_, lot), grade)| {
            let subject = Subject {
                lot: Some(*lot),
                ..Subject::party(lot.creator)
            };
            let figures = vec![
                Figure::ppm("REO share", grade.share_ppm.into()),
                Figure::ppm("outside its bounds by", grade.outside_ppm.into()),
            ];
            Finding::new(FindingCode::V02, subject, figures, vec![grade.event])
        });
        unknown.chain(grades).collect()
    }
}

/// Most events have nothing that a table could know.
fn is_judged(payload: &Payload) -> bool {
    payload.is_act()
        || matches!(payload, Payload::LotExported(_))
        || payload.new_lots().next().is_some()
}

fn about(fact: &Fact<'_>) -> PartyId {
    match fact.payload {
        Payload::PartyRegistered(act) => act.party,
        Payload::PartyAmended(act) => act.party,
        Payload::SiteLicensed(act) => act.site.party,
        Payload::SiteAmended(act) => act.site.party,
        _ => fact.author,
    }
}
