//! What all pages draw on: the books, the month, the moment, and answers worked out once.
//!
//! Invariant: lists are sorted, so that no order of a hash table reaches a page. Knows no layout.

use std::collections::BTreeMap;

use books::{Books, JudgedFinding};
use domain::{Moment, Month, PartyId, PartyKind};
use flow::{FlowCell, ReturnRow};
use projection::ProjectionFault;
use quota::QuotaRow;

use crate::parts::Name;

/// Everything the pages have in common.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub books: &'a Books,
    pub month: Month,
    pub now: Moment,
    /// By code, then subject.
    pub found: Vec<JudgedFinding>,
    /// Every account of the year.
    pub accounts: Vec<QuotaRow>,
    /// Returns from January to the month, by month, then party.
    pub returns: Vec<ReturnRow>,
    flow_cells: BTreeMap<PartyId, Vec<FlowCell>>,
}

/// What stands at the head of every page.
#[derive(Debug)]
pub(crate) struct Head {
    pub ledger: String,
    pub month: Month,
    pub year: u16,
    pub as_of: String,
    pub newest: Option<String>,
    pub log_size: u64,
}

impl<'a> Ground<'a> {
    pub(crate) fn new(
        books: &'a Books,
        month: Month,
        now: Moment,
    ) -> Result<Self, ProjectionFault> {
        let mut flow_cells: BTreeMap<PartyId, Vec<FlowCell>> = BTreeMap::new();
        for (cell, _) in books.flow.cells.sorted() {
            flow_cells.entry(cell.party).or_default().push(cell);
        }
        let months = (1..=month.month()).filter_map(|number| Month::new(month.year(), number).ok());
        let returns = months.flat_map(|month| flow::returns(&books.flow, &books.book, month, now));
        Ok(Self {
            books,
            month,
            now,
            found: books.findings(now)?,
            accounts: quota::rows(&books.quota.cells, month.year()),
            returns: returns.collect(),
            flow_cells,
        })
    }

    /// Cells of the flow record of a party, by month, product and column.
    pub(crate) fn flow_cells(&self, party: &PartyId) -> &[FlowCell] {
        self.flow_cells.get(party).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn show(&self, moment: Moment) -> String {
        self.books.book.registry().zone().show(moment)
    }

    pub(crate) fn head(&self) -> Head {
        let founding = self.books.book.registry().founding();
        Head {
            ledger: founding.map_or_else(String::new, |founding| founding.name.clone()),
            month: self.month,
            year: self.month.year(),
            as_of: self.show(self.now),
            newest: self.books.received().map(|moment| self.show(moment)),
            log_size: self.books.book.size(),
        }
    }

    /// Names of a party, with its page if it has one.
    pub(crate) fn name(&self, party: PartyId) -> Name {
        let record = self.books.book.registry().party(&party);
        let kind = record.map(|record| &record.kind);
        let has_page = matches!(kind, Some(PartyKind::Enterprise { .. }));
        Name {
            en: record.map_or_else(|| party.to_string(), |record| record.names.en.to_string()),
            zh: record.map(|record| record.names.zh.to_string()),
            id: party,
            has_page,
        }
    }

    /// Months of the year that have begun by now.
    pub(crate) fn months_begun(&self) -> usize {
        let today = self.books.book.registry().zone().month_of(self.now);
        match today.year().cmp(&self.month.year()) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => today.month().into(),
            std::cmp::Ordering::Greater => 12,
        }
    }
}
