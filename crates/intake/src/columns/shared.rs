//! Columns that several kinds of events have.
//!
//! Invariant: a heading means the same in every sheet. Knows no kinds.

use super::Cell::{Code, Composition, Kilograms, Note, One, Percent, Product, Time};
use super::lists::BASIS as BASES;
use super::{Cell, Column, must};

pub(super) const OCCURRED: Column = must(
    "occurred",
    "发生时间",
    Time,
    "2024-03-05 14:30",
    "when it happened, in the ledger's zone",
);
pub(super) const SITE: Column = must("site", "场所", Code, "PLANT-1", "code of the site");
pub(super) const NEW_LOT: Column = must("lot", "批号", Code, "L-2024-0001", "code of the new lot");
pub(super) const LOT: Column = must(
    "lot",
    "批号",
    Cell::Lot,
    "91150000MA0000004E/L-2024-0001",
    "existing lot, as PARTY/CODE",
);
pub(super) const PRODUCT: Column = must("product", "产品", Product, "ore/mixed", "catalogue item");
pub(super) const NET: Column = must(
    "net_kg",
    "净重(kg)",
    Kilograms,
    "25000",
    "dry net mass in kilograms; may be empty where wet_kg and moisture_percent are given",
)
.may();
pub(super) const REO: Column = must(
    "reo_kg",
    "REO(kg)",
    Kilograms,
    "12500.5",
    "rare-earth oxide equivalent in kilograms; may be empty where grade_percent is given",
)
.may();
pub(super) const BASIS: Column = must(
    "basis",
    "依据",
    One(BASES),
    "measured",
    "how the quantity is known",
);
pub(super) const UNCERTAINTY: Column = must(
    "uncertainty_percent",
    "不确定度(%)",
    Percent,
    "0.2",
    "relative standard uncertainty, or empty",
)
.may();
pub(super) const COMPOSITION: Column = must(
    "composition",
    "配分",
    Composition,
    "La:300000,Ce:500000,Nd:200000",
    "shares of REO in ppm, or empty",
)
.may();
pub(super) const REMARK: Column = must("note", "备注", Note, "", "remark, or empty").may();

/// Wherever something was weighed.
pub(super) const WEIGHING: &[Column] = &[
    must(
        "wet_kg",
        "湿重(kg)",
        Kilograms,
        "26000",
        "mass as weighed, with its water",
    )
    .rare(),
    must(
        "moisture_percent",
        "水分(%)",
        Percent,
        "3.8461",
        "water in the mass as weighed; net is what is left",
    )
    .rare(),
    must(
        "grade_percent",
        "品位(%)",
        Percent,
        "50",
        "REO in the dry net mass",
    )
    .rare(),
    must(
        "method",
        "计量方法",
        Code,
        "WB-1",
        "declared method of weighing",
    )
    .rare(),
];

/// Wherever a composition was found.
pub(super) const ASSAYING: &[Column] = &[must(
    "assay_method",
    "检测方法",
    Code,
    "ICP-1",
    "declared method by which the composition was found",
)
.rare()];
pub(super) const DECLARATION: Column = must(
    "declaration",
    "报关单号",
    Code,
    "020120240012345678",
    "customs declaration number",
);
