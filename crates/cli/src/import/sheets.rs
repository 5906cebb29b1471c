//! The column sets: which CSV columns each kind of event has, what they mean, and an example.
//!
//! Invariant: a column is described here once; reading, templates and messages all use this table.

use Cell::{
    Basis, Code, Composition, Country, Day, EventId, HsCode, Mass, Month, Name, Number, Optional,
    Percent, Product, Text, Time,
};

/// How a cell is read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell {
    Text,
    Code,
    Party,
    /// `PARTY`, `end-user` or `stockpile/PARTY`.
    Destination,
    /// `PARTY/CODE`.
    Lot,
    EventId,
    Product,
    /// Kilograms, exact to the milligram.
    Mass,
    Percent,
    Basis,
    Composition,
    Month,
    Day,
    Time,
    Country,
    HsCode,
    Number,
    /// One of the names of a closed list; the decoder says which.
    Name,
    Optional(&'static Self),
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub name: &'static str,
    pub cell: Cell,
    pub example: &'static str,
    pub meaning: &'static str,
}

/// Where the lines of an event go in its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// One row is one event.
    None,
    /// Rows with the same `no` are the lines of one event, in this list.
    List(&'static str),
    /// As `List`, and the column `role` says which list: input, output, discard or retained.
    Roles,
}

/// The column set of one kind of event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sheet {
    pub event: &'static str,
    pub lines: Lines,
    /// Columns of the event itself.
    pub head: &'static [Column],
    /// Columns of a line.
    pub line: &'static [Column],
}

pub(super) const fn column(
    name: &'static str,
    cell: Cell,
    example: &'static str,
    meaning: &'static str,
) -> Column {
    Column {
        name,
        cell,
        example,
        meaning,
    }
}

const OCCURRED: Column = column(
    "occurred",
    Time,
    "2024-03-05 14:30",
    "when it happened, in the ledger's zone",
);
const SITE: Column = column("site", Code, "PLANT-1", "code of the site");
const NEW_LOT: Column = column("lot", Code, "L-2024-0001", "code of the new lot");
const LOT: Column = column(
    "lot",
    Cell::Lot,
    "91150000MA0000004J/L-2024-0001",
    "existing lot, as PARTY/CODE",
);
const PRODUCT: Column = column("product", Product, "ore/mixed", "catalogue item");
pub(super) const NET: Column = column("net_kg", Mass, "25000", "dry net mass in kilograms");
const REO: Column = column(
    "reo_kg",
    Mass,
    "12500.5",
    "rare-earth oxide equivalent in kilograms",
);
const BASIS: Column = column(
    "basis",
    Basis,
    "measured",
    "measured, weighed, estimated or stated",
);
const UNCERTAINTY: Column = column(
    "uncertainty_percent",
    Optional(&Percent),
    "0.2",
    "relative standard uncertainty, or empty",
);
pub(super) const COMPOSITION: Column = column(
    "composition",
    Optional(&Composition),
    "La:300000,Ce:500000,Nd:200000",
    "shares of REO in ppm, or empty",
);

/// Every column set.
pub(crate) const SHEETS: &[Sheet] = &[
    Sheet {
        event: "opening-stock-declared",
        lines: Lines::List("lots"),
        head: &[OCCURRED, SITE],
        line: &[NEW_LOT, PRODUCT, NET, REO, BASIS, UNCERTAINTY, COMPOSITION],
    },
    Sheet {
        event: "lot-mined",
        lines: Lines::None,
        head: &[
            OCCURRED,
            SITE,
            NEW_LOT,
            PRODUCT,
            NET,
            REO,
            BASIS,
            UNCERTAINTY,
            COMPOSITION,
            column(
                "ore",
                Name,
                "mixed",
                "ore type: bastnaesite, monazite, mixed, ion-adsorption, xenotime",
            ),
        ],
        line: &[],
    },
    Sheet {
        event: "lot-imported",
        lines: Lines::None,
        head: &[
            OCCURRED,
            SITE,
            NEW_LOT,
            PRODUCT,
            NET,
            REO,
            BASIS,
            UNCERTAINTY,
            COMPOSITION,
            column(
                "country",
                Country,
                "MM",
                "country of origin, ISO 3166 letters",
            ),
            column(
                "declaration",
                Code,
                "020120241012345678",
                "customs declaration number",
            ),
            column("supplier", Text, "Some Mining Ltd", "foreign supplier"),
        ],
        line: &[],
    },
    Sheet {
        event: "scrap-collected",
        lines: Lines::None,
        head: &[
            OCCURRED,
            SITE,
            NEW_LOT,
            column("product", Product, "scrap/NdFeB", "catalogue item"),
            NET,
            REO,
            BASIS,
            UNCERTAINTY,
            COMPOSITION,
            column(
                "source",
                Name,
                "post-consumer",
                "post-consumer or pre-consumer",
            ),
            column("supplier", Text, "City Recovery", "who gave it"),
        ],
        line: &[],
    },
    Sheet {
        event: "lot-recovered",
        lines: Lines::None,
        head: &[
            OCCURRED,
            SITE,
            NEW_LOT,
            column("product", Product, "residue/slag", "catalogue item"),
            NET,
            REO,
            BASIS,
            UNCERTAINTY,
            COMPOSITION,
            column(
                "source",
                Name,
                "slag",
                "tailings, slag, effluent, dust, spill or found-stock",
            ),
            column("note", Optional(&Text), "", "remark, or empty"),
        ],
        line: &[],
    },
    Sheet {
        event: "lot-processed",
        lines: Lines::Roles,
        head: &[
            OCCURRED,
            SITE,
            column(
                "process",
                Name,
                "separation",
                "process, such as separation or metal-smelting",
            ),
            column(
                "model",
                Name,
                "mass-balance",
                "segregated, controlled-blending or mass-balance",
            ),
        ],
        line: &[
            column("role", Name, "input", "input, output, discard or retained"),
            column(
                "lot",
                Optional(&Text),
                "91150000MA0000004J/L-2024-0001",
                "input: PARTY/CODE; output and retained: CODE; discard: empty",
            ),
            column(
                "product",
                Optional(&Product),
                "compound/oxide/Nd",
                "output and retained only",
            ),
            NET,
            REO,
            BASIS,
            UNCERTAINTY,
            COMPOSITION,
            column(
                "discard",
                Optional(&Name),
                "tailings",
                "discard only: tailings, slag, effluent or dust",
            ),
        ],
    },
    Sheet {
        event: "shipment-dispatched",
        lines: Lines::List("lines"),
        head: &[
            OCCURRED,
            column("shipment", Code, "S-2024-0001", "code of the shipment"),
            SITE,
            column(
                "to",
                Cell::Destination,
                "91150000MA0000005E",
                "party it goes to, end-user, or stockpile/PARTY",
            ),
            column("title", Name, "sale", "sale, tolling, internal or return"),
            column("carrier", Optional(&Text), "Rail", "carrier, or empty"),
        ],
        line: &[
            LOT,
            NET,
            REO,
            BASIS,
            UNCERTAINTY,
            column("packages", Number, "20", "number of packages"),
            column(
                "invoice_number",
                Optional(&Code),
                "25112000000012345678",
                "special VAT invoice that the line is on, or empty",
            ),
            column(
                "invoice_date",
                Optional(&Day),
                "2024-03-05",
                "date of the invoice",
            ),
            column(
                "invoice_kg",
                Optional(&Mass),
                "25000",
                "net mass of all goods on the invoice",
            ),
        ],
    },
    Sheet {
        event: "shipment-received",
        lines: Lines::List("lines"),
        head: &[
            OCCURRED,
            column(
                "dispatch",
                EventId,
                "00000000000000000000000000000000000000000000000000000000000000aa",
                "id of the dispatch event",
            ),
            SITE,
            column("completion", Name, "final", "partial or final"),
        ],
        line: &[
            column(
                "line",
                Number,
                "0",
                "place of the line in the dispatch, from 0",
            ),
            column(
                "outcome",
                Name,
                "accepted",
                "accepted, adjusted or rejected",
            ),
            column(
                "net_kg",
                Optional(&Mass),
                "24990",
                "received net mass; empty when rejected",
            ),
            column(
                "reo_kg",
                Optional(&Mass),
                "12495",
                "received REO; empty when rejected",
            ),
            column("basis", Optional(&Basis), "weighed", "empty when rejected"),
            UNCERTAINTY,
            column(
                "reason",
                Optional(&Text),
                "",
                "why it was adjusted or rejected",
            ),
        ],
    },
    Sheet {
        event: "lot-exported",
        lines: Lines::List("lines"),
        head: &[
            OCCURRED,
            SITE,
            column(
                "licence_number",
                Optional(&Text),
                "24-ZZ-0001",
                "export licence, or empty where none is needed",
            ),
            column(
                "licence_kg",
                Optional(&Mass),
                "50000",
                "net mass that it allows",
            ),
            column(
                "licence_from",
                Optional(&Day),
                "2024-01-01",
                "first day of validity",
            ),
            column(
                "licence_until",
                Optional(&Day),
                "2024-12-31",
                "last day of validity",
            ),
            column(
                "control_code",
                Optional(&Text),
                "1C903.b",
                "dual-use control code, or empty",
            ),
            column(
                "hs_code",
                HsCode,
                "2846901910",
                "ten digits of the customs tariff",
            ),
            column(
                "declaration",
                Code,
                "020120240012345678",
                "customs declaration number",
            ),
            column("destination", Country, "JP", "country of destination"),
        ],
        line: &[LOT, NET, REO, BASIS, UNCERTAINTY],
    },
    Sheet {
        event: "lot-used",
        lines: Lines::List("lines"),
        head: &[
            OCCURRED,
            SITE,
            column("end_use", Text, "polishing powder", "what it was used for"),
        ],
        line: &[LOT, NET, REO, BASIS, UNCERTAINTY],
    },
    Sheet {
        event: "lot-discarded",
        lines: Lines::List("lines"),
        head: &[
            OCCURRED,
            SITE,
            column("note", Optional(&Text), "", "remark, or empty"),
        ],
        line: &[LOT, NET, REO, BASIS, UNCERTAINTY],
    },
    Sheet {
        event: "lot-lost",
        lines: Lines::List("lines"),
        head: &[
            OCCURRED,
            SITE,
            column("cause", Name, "accident", "accident or theft"),
            column("note", Optional(&Text), "", "remark, or empty"),
        ],
        line: &[LOT, NET, REO, BASIS, UNCERTAINTY],
    },
    Sheet {
        event: "stock-counted",
        lines: Lines::List("lots"),
        head: &[
            OCCURRED,
            SITE,
            column(
                "as_of",
                Time,
                "2024-03-05 14:00",
                "moment the count stands for",
            ),
            column(
                "inventory",
                Code,
                "PIT-2024-1",
                "name of the physical inventory taking",
            ),
        ],
        line: &[LOT, NET, REO, BASIS, UNCERTAINTY],
    },
    Sheet {
        event: "month-closed",
        lines: Lines::None,
        head: &[
            OCCURRED,
            column("month", Month, "2024-03", "month that is filed"),
            column(
                "statement",
                EventId,
                "00000000000000000000000000000000000000000000000000000000000000bb",
                "digest of the statement",
            ),
            column("first_seq", Number, "0", "first sequence number covered"),
            column("last_seq", Number, "41", "last sequence number covered"),
            column("nil", Name, "false", "true when nothing moved"),
        ],
        line: &[],
    },
];
