//! Columns of the events by which lots come into being.
//!
//! Invariant: what is said of a column is said here, in `moving` or in `shared`, once. Knows nothing of how a sheet is read.

use super::Cell::{Country, LotOfRole, One, Product, Term};
use super::lists;
use super::shared::{
    BASIS, COMPOSITION, DECLARATION, NET, NEW_LOT, OCCURRED, PRODUCT, REMARK, REO, SITE,
    UNCERTAINTY,
};
use super::{Column, Kind, Lines, must};

const NEW_LOT_LINE: &[Column] = &[NEW_LOT, PRODUCT, NET, REO, BASIS, UNCERTAINTY, COMPOSITION];

/// The kinds.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        event: "opening-stock-declared",
        lines: Lines::List("lots"),
        head: &[OCCURRED, SITE],
        line: NEW_LOT_LINE,
    },
    Kind {
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
            must("ore", "矿种", One(lists::ORE), "mixed", "ore type"),
        ],
        line: &[],
    },
    Kind {
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
            must(
                "country",
                "原产国",
                Country,
                "MM",
                "country of origin, ISO 3166 letters",
            ),
            DECLARATION.of("020120241012345678", "customs declaration number"),
            must(
                "supplier",
                "供应商",
                Term,
                "Some Mining Ltd",
                "foreign supplier",
            ),
        ],
        line: &[],
    },
    Kind {
        event: "scrap-collected",
        lines: Lines::None,
        head: &[
            OCCURRED,
            SITE,
            NEW_LOT,
            PRODUCT.of("scrap/NdFeB", "catalogue item"),
            NET,
            REO,
            BASIS,
            UNCERTAINTY,
            COMPOSITION,
            must(
                "source",
                "来源",
                One(lists::SCRAP_SOURCE),
                "post-consumer",
                "where the scrap comes from",
            ),
            must("supplier", "供应商", Term, "City Recovery", "who gave it"),
        ],
        line: &[],
    },
    Kind {
        event: "lot-recovered",
        lines: Lines::None,
        head: &[
            OCCURRED,
            SITE,
            NEW_LOT,
            PRODUCT.of("residue/slag", "catalogue item"),
            NET,
            REO,
            BASIS,
            UNCERTAINTY,
            COMPOSITION,
            must(
                "source",
                "来源",
                One(lists::RECOVERY_SOURCE),
                "slag",
                "where it is recovered from",
            ),
            REMARK,
        ],
        line: &[],
    },
    Kind {
        event: "lot-processed",
        lines: Lines::Roles,
        head: &[
            OCCURRED,
            SITE,
            must(
                "process",
                "工序",
                One(lists::PROCESS),
                "separation",
                "what was done",
            ),
            must(
                "model",
                "监管模式",
                One(lists::MODEL),
                "mass-balance",
                "chain of custody",
            ),
        ],
        line: &[
            must(
                "role",
                "投入产出",
                One(lists::ROLE),
                "input",
                "what the line is",
            ),
            must(
                "lot",
                "批号",
                LotOfRole,
                "91150000MA0000004E/L-2024-0001",
                "input: PARTY/CODE; output and retained: CODE; discard: empty",
            )
            .may(),
            must(
                "product",
                "产品",
                Product,
                "compound/oxide/Nd",
                "output and retained only",
            )
            .may(),
            NET,
            REO,
            BASIS,
            UNCERTAINTY,
            COMPOSITION,
            must(
                "discard",
                "排放物",
                One(lists::DISCARD),
                "tailings",
                "discard only: what was thrown away",
            )
            .may(),
        ],
    },
];
