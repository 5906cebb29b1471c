//! The regulator's board of one month: who filed, who is late, whose figures differ.
//!
//! Invariant: every row is what the projection says by the moment that was asked for. Knows no layout.

use domain::{Bytes32, Division, EventId, Moment, Month, PartyId, Zone};
use flow::ReturnState;

use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::schema::answers;
use crate::table::{Cell, Table};
use crate::value::name_of;

answers! {
    /// The returns of a month.
    pub struct Returns {
        pub month: Month,
        pub by: Moment,
        pub rows: Vec<Return>,
    }

    /// One enterprise's return.
    pub struct Return {
        pub party: PartyId,
        pub party_name: Option<String>,
        pub division: Option<Division>,
        pub state: ReturnState,
        pub cut_off: Option<Moment>,
        pub received: Option<Moment>,
        pub event: Option<EventId>,
        /// Digest of the statement as it was filed, and as the flow record gives it.
        pub filed: Option<Bytes32>,
        pub computed: Bytes32,
    }
}

pub(crate) fn returns(
    reading: &Reading,
    month: Month,
    division: Option<Division>,
    by: Moment,
) -> Result<Returns, NoAnswer> {
    let books = reading.books()?;
    let registry = reading.registry()?;
    let mut rows = Vec::new();
    for row in books.sound(flow::returns(&books.flow, &books.book, month, by))? {
        if reading.is_within(division, Some(&row.party))? {
            rows.push(Return {
                party: row.party,
                party_name: name_of(registry, &row.party),
                division: registry.party(&row.party).map(|record| record.division),
                state: row.state,
                cut_off: row.cut_off,
                received: row.received,
                event: row.event,
                filed: row.filed,
                computed: row.computed,
            });
        }
    }
    Ok(Returns { month, by, rows })
}

impl Returns {
    /// How many stand like this.
    pub fn count(&self, state: &str) -> usize {
        let rows = self.rows.iter();
        rows.filter(|row| row.state.name() == state).count()
    }

    /// Whether one is late, missing or mismatched.
    pub fn has_faults(&self) -> bool {
        let faults = ["late", "missing", "mismatched"];
        faults.iter().any(|state| self.count(state) > 0)
    }

    /// The board in one line.
    pub fn summary(&self) -> String {
        let [filed, nil, late] = ["filed", "nil", "late"].map(|state| self.count(state));
        let [mismatched, due, missing] =
            ["mismatched", "due", "missing"].map(|state| self.count(state));
        format!(
            "{} enterprises: {filed} filed, {nil} nil, {late} late, {mismatched} mismatched, {due} due, {missing} missing",
            self.rows.len()
        )
    }
}

pub(crate) fn tables(answer: &Returns, zone: Zone) -> Vec<Table> {
    let day =
        |moment: Option<Moment>| Cell::or_nothing(moment, |moment| Cell::Day(zone.day_of(moment)));
    let row = |row: &Return| {
        let differs = row.filed.filter(|filed| *filed != row.computed);
        let digests = |filed: Bytes32| {
            let (filed, computed) = (filed.to_string(), row.computed.to_string());
            Cell::Text(format!("filed {filed:.8} computed {computed:.8}"))
        };
        vec![
            Cell::or_nothing(row.division, Cell::text),
            Cell::Party(row.party),
            Cell::or_nothing(row.party_name.as_ref(), Cell::text),
            Cell::text(row.state.name()),
            day(row.cut_off),
            day(row.received),
            Cell::or_nothing(differs, digests),
        ]
    };
    let names = [
        "division", "party", "name", "return", "cut-off", "received", "digests",
    ];
    vec![Table::new(&names).with(answer.rows.iter().map(row))]
}
