//! T09 of lots: goods drawn before there was any of them.
//!
//! Invariant: judged by what is known of the lot when it is asked, so that a lot that becomes known later is judged too. By
//! days of the ledger's zone, since not every sheet has hours. Remembers only draws that precede what was known of the lot.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::{DAY_MS, EventId, LotId, Moment, PartyId};
use projection::{Book, Column, Fact, Figure, Finding, FindingCode, Movement, Origin, Subject};

/// Draws by event and lot: who, and when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Early(BTreeMap<(EventId, LotId), (PartyId, Moment)>);

impl Early {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>, moves: &[Movement]) {
        let draws = moves.iter().filter(|step| is_draw(step.column));
        for step in draws {
            let key = (fact.stated_by, step.lot);
            if fact.sign < 0 {
                self.0.remove(&key);
            } else if step.product.is_none() || days_early(book, &step.lot, fact.occurred).is_some()
            {
                self.0.insert(key, (fact.author, fact.occurred));
            }
        }
    }

    pub(crate) fn findings<'a>(&'a self, book: &'a Book) -> impl Iterator<Item = Finding> + 'a {
        self.0
            .iter()
            .filter_map(|((event, lot), (party, occurred))| {
                let (days, first) = days_early(book, lot, *occurred)?;
                let subject = Subject {
                    lot: Some(*lot),
                    ..Subject::party(*party)
                };
                let figures = vec![Figure::count("days before the lot", days)];
                let evidence = vec![*event, first];
                Some(Finding::new(FindingCode::T09, subject, figures, evidence))
            })
    }
}

const fn is_draw(column: Column) -> bool {
    matches!(
        column,
        Column::Consumed
            | Column::Dispatched
            | Column::Exported
            | Column::Used
            | Column::Discarded
            | Column::Lost
    )
}

/// Days by which something happened before there was any of its lot, and the event that says when there was. Opening stock
/// was there before it was declared, and rows come in any order.
fn days_early(book: &Book, lot: &LotId, occurred: Moment) -> Option<(i64, EventId)> {
    let known = book.lot(lot)?;
    // Nearly everything happens after its lot, and that needs no calendar.
    if known.origin == Origin::Declared || known.occurred <= occurred {
        return None;
    }
    let (began, event) = book.began(lot)?;
    let day = |moment| book.registry().zone().day_of(moment);
    let days = (began.ms() - occurred.ms()).div_euclid(DAY_MS).max(1);
    (day(occurred) < day(began)).then_some((days, event))
}
