//! An enterprise's flow record: every movement with its counterparty.
//!
//! Invariant: the lines of a month add up to its statement. Knows no layout.

use domain::payload::Invoice;
use domain::{Code, EventId, LotId, Moment, Month, PartyId, Product, Registry, Zone};
use flow::{Counterparty, FlowLine, record};
use projection::Column;
use serde_json::Value;

use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::resolve::registered;
use crate::schema::answers;
use crate::statement::product;
use crate::table::{Cell, Table};
use crate::value::{Mg, name_of};

answers! {
    /// Movements of an enterprise's goods.
    pub struct FlowRecord {
        pub party: PartyId,
        pub party_name: Option<String>,
        pub lines: Vec<FlowMovement>,
    }

    /// One movement; outs are negative.
    pub struct FlowMovement {
        pub position: u64,
        pub event: EventId,
        pub stated_by: EventId,
        pub kind: &'static str,
        pub received: Moment,
        pub occurred: Moment,
        /// In which it counts.
        pub month: Month,
        /// It belongs to a month that was closed already.
        pub late: bool,
        pub sign: i8,
        pub site: Code,
        pub column: Column,
        /// Id of a party, or the name of somebody outside the ledger.
        pub counterparty: Option<String>,
        pub counterparty_name: Option<String>,
        pub lot: LotId,
        pub product: Option<Product>,
        pub net_mg: Mg,
        pub reo_mg: Mg,
        pub invoices: Vec<Value>,
        /// As people cite them.
        pub invoices_named: Vec<String>,
    }
}

pub(crate) fn flows(
    reading: &Reading,
    party: PartyId,
    month: Option<Month>,
    since: Option<Moment>,
) -> Result<FlowRecord, NoAnswer> {
    let registry = reading.registry()?;
    registered(registry, &party)?;
    let wanted = |line: &FlowLine| {
        line.party == party
            && month.is_none_or(|month| line.month == month)
            && since.is_none_or(|since| line.received >= since && line.is_change())
    };
    let lines = record(&*reading.store, reading.until(), wanted)?;
    Ok(FlowRecord {
        party,
        party_name: name_of(registry, &party),
        lines: lines.iter().map(|line| movement(registry, line)).collect(),
    })
}

fn movement(registry: &Registry, line: &FlowLine) -> FlowMovement {
    let (counterparty, counterparty_name) = match &line.counterparty {
        Some(Counterparty::Party(party)) => (Some(party.to_string()), name_of(registry, party)),
        Some(Counterparty::Outside(name)) => (Some(name.clone()), Some(name.clone())),
        None => (None, None),
    };
    // Invoices are plain data: nothing in them can fail to be written.
    let invoice = |invoice| serde_json::to_value(invoice).unwrap_or_default();
    FlowMovement {
        position: line.position,
        event: line.event,
        stated_by: line.stated_by,
        kind: line.name,
        received: line.received,
        occurred: line.occurred,
        month: line.month,
        late: line.is_late(),
        sign: line.sign,
        site: line.site,
        column: line.column,
        counterparty,
        counterparty_name,
        lot: line.lot,
        product: line.product,
        net_mg: Mg(line.amount.net),
        reo_mg: Mg(line.amount.reo),
        invoices: line.invoices.iter().map(invoice).collect(),
        invoices_named: line.invoices.iter().map(Invoice::named).collect(),
    }
}

pub(crate) fn tables(answer: &FlowRecord, zone: Zone) -> Vec<Table> {
    let row = |line: &FlowMovement| {
        // Somebody outside the ledger has a name and no id.
        let name = line.counterparty_name.as_ref();
        let id = line.counterparty.as_ref().filter(|id| Some(*id) != name);
        vec![
            Cell::Day(zone.day_of(line.occurred)),
            Cell::Month(line.month),
            Cell::text(line.column.name()),
            Cell::or_nothing(id, Cell::text),
            Cell::or_nothing(name, Cell::text),
            Cell::text(line.lot),
            Cell::Text(product(line.product)),
            Cell::Mass(line.net_mg),
            Cell::Mass(line.reo_mg),
            Cell::Text(line.invoices_named.join(" ")),
            Cell::Count(line.position.into()),
            Cell::id(line.event),
        ]
    };
    let names = [
        "occurred",
        "month",
        "column",
        "counterparty",
        "name",
        "lot",
        "product",
        "+:net t",
        "+:REO t",
        "invoices",
        "#position",
        "event",
    ];
    vec![Table::new(&names).with(answer.lines.iter().map(row))]
}
