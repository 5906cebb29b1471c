//! Explanations: the postings behind a figure, collected by a second replay.
//!
//! Invariant: the same fold makes the same postings, so an explanation adds up to its figure by construction.

use std::collections::BTreeMap;

use domain::{EventId, Moment, Month, PartyId};
use serde::Serialize;
use store::Entries;

use crate::amount::Amount;
use crate::fault::ProjectionFault;
use crate::fold::Fold;
use crate::replay::{Until, walk};

/// One posting of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Explained {
    pub position: u64,
    /// The event in the log: the statement, or its correction.
    pub event: EventId,
    /// The original statement; differs from `event` for corrections.
    pub stated_by: EventId,
    pub author: PartyId,
    pub occurred: Moment,
    pub month: Month,
    /// Name of the kind of statement.
    pub name: &'static str,
    /// -1 if the posting reverses the statement.
    pub sign: i8,
    pub amount: Amount,
}

/// A cell and its postings, in log order.
pub type CellExplained<C> = (C, Vec<Explained>);

/// Every posting of the wanted cells, by cell, in log order. Replays from the start: snapshots keep sums, not postings.
///
/// # Errors
/// The log can't be read, or `until` lies past its end.
pub fn explain<F: Fold>(
    entries: &dyn Entries,
    until: Until,
    wanted: impl Fn(&F::Cell) -> bool,
) -> Result<Vec<CellExplained<F::Cell>>, ProjectionFault> {
    let mut fold = F::default();
    let mut found: BTreeMap<F::Cell, Vec<Explained>> = BTreeMap::new();
    walk(entries, until, &mut |book, fact, moves| {
        fold.apply(book, fact, moves, &mut |cell, amount| {
            if !amount.is_zero() && wanted(&cell) {
                found.entry(cell).or_default().push(Explained {
                    position: fact.position,
                    event: fact.cause,
                    stated_by: fact.stated_by,
                    author: fact.author,
                    occurred: fact.occurred,
                    month: fact.month,
                    name: fact.payload.name(),
                    sign: fact.sign,
                    amount,
                });
            }
        });
    })?;
    Ok(found.into_iter().collect())
}
