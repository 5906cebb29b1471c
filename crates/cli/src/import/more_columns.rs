//! Columns that a file may leave out: how things were measured, whose they are, papers that few have.
//!
//! Invariant: all of them are optional, so a file without them says the same as one with empty cells.

use super::sheets::Cell::{Code, Country, Mass, Name, Number, Optional, Party, Percent};
use super::sheets::{COMPOSITION, Column, NET, Sheet, column};

impl Sheet {
    /// Columns that a file may leave out, of the event itself. All are optional.
    pub(crate) fn more_head(&self) -> Vec<Column> {
        let own: &[Column] = match self.event {
            "lot-exported" => &[FINAL_DESTINATION],
            "stock-counted" => &[PAGE, LAST],
            _ => &[],
        };
        methods_of(self.head).chain(own.iter().copied()).collect()
    }

    /// Columns that a file may leave out, of a line. All are optional.
    pub(crate) fn more_line(&self) -> Vec<Column> {
        let own: &[Column] = match self.event {
            "shipment-dispatched" => &[INVOICE_CODE, INVOICE_CANCELS, OWNER],
            "shipment-received" => &[OWNER],
            _ => &[],
        };
        methods_of(self.line).chain(own.iter().copied()).collect()
    }
}

/// How it was measured, wherever something was.
fn methods_of(columns: &[Column]) -> impl Iterator<Item = Column> {
    let has = |name: &str| columns.iter().any(|column| column.name == name);
    let weighed: &[Column] = if has(NET.name) {
        &[METHOD, WET, MOISTURE]
    } else {
        &[]
    };
    let assayed: &[Column] = if has(COMPOSITION.name) {
        &[ASSAY_METHOD]
    } else {
        &[]
    };
    weighed.iter().chain(assayed).copied()
}

const METHOD: Column = column(
    "method",
    Optional(&Code),
    "WB-1",
    "declared method of weighing",
);
const WET: Column = column(
    "wet_kg",
    Optional(&Mass),
    "26000",
    "mass as weighed, with its water",
);
const MOISTURE: Column = column(
    "moisture_percent",
    Optional(&Percent),
    "3.8461",
    "water in the mass as weighed; net_kg is what is left",
);
const ASSAY_METHOD: Column = column(
    "assay_method",
    Optional(&Code),
    "ICP-1",
    "declared method by which the composition was found",
);
const OWNER: Column = column(
    "owner",
    Optional(&Party),
    "91150000MA0000005E",
    "whose goods they are, if not one's own (tolling)",
);
const INVOICE_CODE: Column = column(
    "invoice_code",
    Optional(&Code),
    "1100234130",
    "code of the invoice; fully digital ones have none",
);
const INVOICE_CANCELS: Column = column(
    "invoice_cancels",
    Optional(&Code),
    "25112000000012345677",
    "of a red-letter invoice: number of the one that it cancels",
);
const FINAL_DESTINATION: Column = column(
    "final_destination",
    Optional(&Country),
    "DE",
    "country where the goods are to stay, if another",
);
const PAGE: Column = column(
    "page",
    Optional(&Number),
    "1",
    "page of the inventory; 1 if left out",
);
const LAST: Column = column(
    "last",
    Optional(&Name),
    "true",
    "false where more pages follow; true if left out",
);
