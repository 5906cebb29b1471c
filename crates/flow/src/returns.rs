//! R01 to R03: months filed late, not filed, or filed with figures that the flow record does not give (Order 71
//! article 10).
//!
//! Invariant: lateness is judged by when the node received the filing and by the rules of its due day. A month is due from
//! an enterprise from the month of its registration on. A month that was not over was not filed.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use domain::payload::{MonthClosed, Payload};
use domain::{Bytes32, DAY_MS, EventId, Moment, Month, PartyId, PartyKind};
use projection::{Amount, Book, Cells, Fact, Figure, Finding, FindingCode, Subject};
use serde::Serialize;

use crate::FlowCell;
use crate::statement::{StatementRow, Statements};

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Filing {
    event: EventId,
    received: Moment,
    statement: Bytes32,
    nil: bool,
    last_seq: u64,
    judged: Judged,
}

/// Opening and closing REO of the flow record in milligrams, where it gives other figures than the filing. A closed month
/// never changes, so this is worked out when it is first asked for, and never again. It follows from the state, so it is
/// no part of it.
#[derive(Debug, Clone, Default)]
struct Judged(OnceLock<Option<(i128, i128)>>);

impl PartialEq for Judged {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Judged {}

impl Encode for Judged {
    fn encode<E: Encoder>(&self, _: &mut E) -> Result<(), EncodeError> {
        Ok(())
    }
}

impl<Context> Decode<Context> for Judged {
    fn decode<D: Decoder<Context = Context>>(_: &mut D) -> Result<Self, DecodeError> {
        Ok(Self::default())
    }
}

bincode::impl_borrow_decode!(Judged);

#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Returns {
    /// First filing of each month by each enterprise.
    filed: BTreeMap<(PartyId, Month), Filing>,
    /// Filings of months that were not over.
    early: BTreeMap<(PartyId, Month), EventId>,
    /// Month from which an enterprise files.
    since: BTreeMap<PartyId, (Month, EventId)>,
}

/// How the return of a month stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReturnState {
    /// In time, with the figures of the flow record.
    Filed,
    /// In time: nothing moved.
    Nil,
    /// Filed after the cut-off.
    Late,
    /// Filed, but the flow record gives other figures.
    Mismatched,
    /// Not filed, and not due yet.
    Due,
    /// Not filed, and the cut-off has passed.
    Missing,
}

impl ReturnState {
    /// The permanent name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Nil => "nil",
            Self::Late => "late",
            Self::Mismatched => "mismatched",
            Self::Due => "due",
            Self::Missing => "missing",
        }
    }
}

/// The return of one enterprise for one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnRow {
    pub party: PartyId,
    pub month: Month,
    pub state: ReturnState,
    pub cut_off: Option<Moment>,
    /// Of the filing, where there is one.
    pub received: Option<Moment>,
    pub event: Option<EventId>,
    /// What was filed, and what the flow record gives; equal unless mismatched.
    pub filed: Option<Bytes32>,
    pub computed: Bytes32,
}

/// What a party has filed so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastFiling {
    /// The filing of the month that was asked for.
    pub this: Option<EventId>,
    /// The last sequence number that any filing of the party covers.
    pub covered_up_to: Option<u64>,
}

impl Returns {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>) {
        match fact.payload {
            Payload::PartyRegistered(registered)
                if matches!(registered.kind, PartyKind::Enterprise { .. }) =>
            {
                let month = book.registry().zone().month_of(fact.occurred);
                self.since.insert(registered.party, (month, fact.stated_by));
            }
            Payload::MonthClosed(closed) if fact.sign > 0 => self.take_filing(book, fact, closed),
            _ => {}
        }
    }

    fn take_filing(&mut self, book: &Book, fact: &Fact<'_>, closed: &MonthClosed) {
        let key = (fact.author, closed.month);
        if !book.is_over(closed.month, fact.received) {
            self.early.entry(key).or_insert(fact.stated_by);
            return;
        }
        self.filed.entry(key).or_insert(Filing {
            event: fact.stated_by,
            received: fact.received,
            statement: closed.statement,
            nil: closed.nil,
            last_seq: closed.last_seq,
            judged: Judged::default(),
        });
    }

    pub(crate) fn findings(
        &self,
        cells: &Cells<FlowCell>,
        book: &Book,
        as_of: Moment,
    ) -> Vec<Finding> {
        let cut_off = |month| book.registry().return_cut_off(month);
        let late = self.filed.iter().filter_map(|((party, month), filing)| {
            let due = cut_off(*month)?;
            let days = (filing.received.ms() - due.ms()) / DAY_MS + 1;
            let figures = vec![Figure::count("days late", days)];
            let subject = subject(*party, *month);
            let finding = || Finding::new(FindingCode::R01, subject, figures, vec![filing.event]);
            (filing.received >= due).then(finding)
        });
        let mut found: Vec<_> = late.collect();
        for (party, (since, registration)) in &self.since {
            let mut month = *since;
            while cut_off(month).is_some_and(|due| due <= as_of) {
                if !self.filed.contains_key(&(*party, month)) {
                    let (subject, evidence) = (subject(*party, month), vec![*registration]);
                    found.push(Finding::new(
                        FindingCode::R02,
                        subject,
                        Vec::new(),
                        evidence,
                    ));
                }
                month = month.next();
            }
        }
        found.extend(self.mismatched(cells));
        let early = self.early.iter().map(|((party, month), event)| {
            Finding::new(
                FindingCode::R03,
                subject(*party, *month),
                Vec::new(),
                vec![*event],
            )
        });
        found.extend(early);
        found
    }

    fn mismatched<'a>(&'a self, cells: &'a Cells<FlowCell>) -> impl Iterator<Item = Finding> + 'a {
        let statements = LazyCell::new(|| Statements::new(cells));
        self.filed
            .iter()
            .filter_map(move |((party, month), filing)| {
                let (opening, closing) = filing.differs(|| statements.of(*party, *month))?;
                let figures = vec![
                    Figure::mg("opening REO of the flow record", opening),
                    Figure::mg("closing REO of the flow record", closing),
                ];
                let subject = subject(*party, *month);
                Some(Finding::new(
                    FindingCode::R03,
                    subject,
                    figures,
                    vec![filing.event],
                ))
            })
    }

    /// What the party filed for the month, and up to which of its events all its filings reach.
    pub(crate) fn last(&self, party: &PartyId, month: Month) -> LastFiling {
        let all = self.filed.iter().filter(|((filer, _), _)| filer == party);
        LastFiling {
            this: self.filed.get(&(*party, month)).map(|filing| filing.event),
            covered_up_to: all.map(|(_, filing)| filing.last_seq).max(),
        }
    }

    /// The returns of one month: a row for every enterprise from which it is due, by party.
    pub(crate) fn board(
        &self,
        cells: &Cells<FlowCell>,
        book: &Book,
        month: Month,
        as_of: Moment,
    ) -> Vec<ReturnRow> {
        let statements = Statements::new(cells);
        let cut_off = book.registry().return_cut_off(month);
        let due = self.since.iter().filter(|(_, (since, _))| *since <= month);
        let row = |(party, _): (&PartyId, _)| {
            let statement = statements.of(*party, month);
            let filing = self.filed.get(&(*party, month));
            let passed = |moment: Moment| cut_off.is_some_and(|cut_off| cut_off <= moment);
            let state = match filing {
                None if passed(as_of) => ReturnState::Missing,
                None => ReturnState::Due,
                Some(filing) if !filing.matches(&statement) => ReturnState::Mismatched,
                Some(filing) if passed(filing.received) => ReturnState::Late,
                Some(filing) if filing.nil => ReturnState::Nil,
                Some(_) => ReturnState::Filed,
            };
            ReturnRow {
                party: *party,
                month,
                state,
                cut_off,
                received: filing.map(|filing| filing.received),
                event: filing.map(|filing| filing.event),
                filed: filing.map(|filing| filing.statement),
                computed: statement.digest(),
            }
        };
        due.map(row).collect()
    }
}

impl Filing {
    fn differs(&self, statement: impl FnOnce() -> crate::Statement) -> Option<(i128, i128)> {
        *self.judged.0.get_or_init(|| {
            let statement = statement();
            let sum = |amount: fn(&StatementRow) -> Amount| -> i128 {
                statement.rows.iter().map(|row| amount(row).reo).sum()
            };
            let figures = || (sum(|row| row.opening), sum(|row| row.closing));
            (!self.matches(&statement)).then(figures)
        })
    }

    fn matches(&self, statement: &crate::Statement) -> bool {
        self.statement == statement.digest() && self.nil == statement.is_nil()
    }
}

fn subject(party: PartyId, month: Month) -> Subject {
    Subject {
        month: Some(month),
        ..Subject::party(party)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filing_is_judged_once() -> Result<(), Box<dyn std::error::Error>> {
        let month = Month::new(2024, 1)?;
        let filing = Filing {
            event: EventId([1; 32]),
            received: Moment::from_ms(1_707_000_000_000)?,
            statement: Bytes32([7; 32]),
            nil: true,
            last_seq: 0,
            judged: Judged::default(),
        };
        let party: PartyId = "91150000MA0000003B".parse()?;
        let returns = Returns {
            filed: BTreeMap::from([((party, month), filing)]),
            ..Returns::default()
        };
        let cell = FlowCell {
            party,
            month,
            product: None,
            column: projection::Column::Opening,
        };
        let mut cells = Cells::default();
        cells.post(cell, Amount { net: 5, reo: 3 });
        let found: Vec<_> = returns.mismatched(&cells).collect();
        assert_eq!(found.len(), 1);
        cells.post(cell, Amount { net: 1, reo: 1 });
        assert_eq!(returns.mismatched(&cells).collect::<Vec<_>>(), found);
        Ok(())
    }
}
