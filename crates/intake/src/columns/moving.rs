//! Columns of the events by which lots move, leave the book or are counted, and of the filing of a month.
//!
//! Invariant: what is said of a column is said here, in `making` or in `shared`, once. Knows nothing of how a sheet is read.

use super::Cell::{
    Code, Country, Day, EventId, Flag, HsCode, Kilograms, Month, Note, Number, One, Party, Term,
    Time,
};
use super::lists;
use super::shared::{BASIS, DECLARATION, LOT, NET, OCCURRED, REMARK, REO, SITE, UNCERTAINTY};
use super::{Cell, Column, Kind, Lines, must};

const OWNER: Column = must(
    "owner",
    "货主",
    Party,
    "91150000MA0000005H",
    "whose goods they are, if not one's own (tolling)",
)
.rare();
/// A line that names a lot of the book.
const STOCK_LINE: &[Column] = &[LOT, NET, REO, BASIS, UNCERTAINTY];

/// The kinds.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        event: "shipment-dispatched",
        lines: Lines::List("lines"),
        head: &[
            OCCURRED,
            must(
                "shipment",
                "发货单号",
                Code,
                "S-2024-0001",
                "code of the shipment",
            ),
            SITE,
            must(
                "to",
                "收货方",
                Cell::Destination,
                "91150000MA0000005H",
                "party it goes to, end-user, or stockpile/PARTY",
            ),
            must(
                "title",
                "交易性质",
                One(lists::TITLE),
                "sale",
                "what it is in law",
            ),
            must("carrier", "承运人", Note, "Rail", "carrier, or empty").may(),
        ],
        line: &[
            LOT,
            NET,
            REO,
            BASIS,
            UNCERTAINTY,
            must(
                "packages",
                "件数",
                Number(u32::MAX as u64),
                "20",
                "number of packages",
            ),
            must(
                "invoice_number",
                "发票号码",
                Code,
                "25112000000012345678",
                "special VAT invoice that the line is on, or empty",
            )
            .may(),
            must(
                "invoice_date",
                "开票日期",
                Day,
                "2024-03-05",
                "date of the invoice",
            )
            .may(),
            must(
                "invoice_kg",
                "发票净重(kg)",
                Kilograms,
                "25000",
                "net mass of all goods on the invoice",
            )
            .may(),
            must(
                "invoice_code",
                "发票代码",
                Code,
                "1100234130",
                "code of the invoice; fully digital ones have none",
            )
            .rare(),
            must(
                "invoice_cancels",
                "红冲发票号码",
                Code,
                "25112000000012345677",
                "of a red-letter invoice: number of the one that it cancels",
            )
            .rare(),
            OWNER,
        ],
    },
    Kind {
        event: "shipment-received",
        lines: Lines::List("lines"),
        head: &[
            OCCURRED,
            must(
                "dispatch",
                "发货事件",
                EventId,
                "00000000000000000000000000000000000000000000000000000000000000aa",
                "id of the dispatch event",
            ),
            SITE,
            must(
                "completion",
                "收货进度",
                One(lists::COMPLETION),
                "final",
                "whether more will come",
            ),
        ],
        line: &[
            must(
                "line",
                "发货行",
                Number(u16::MAX as u64),
                "0",
                "place of the line in the dispatch, from 0",
            ),
            must(
                "outcome",
                "收货结果",
                One(lists::OUTCOME),
                "accepted",
                "what was done with the line",
            ),
            NET.of("24990", "received net mass; empty when rejected"),
            REO.of("12495", "received REO; empty when rejected"),
            BASIS
                .of("weighed", "how it is known; empty when rejected")
                .may(),
            UNCERTAINTY,
            must(
                "reason",
                "原因",
                Note,
                "",
                "why it was adjusted or rejected",
            )
            .may(),
            OWNER,
        ],
    },
    Kind {
        event: "lot-exported",
        lines: Lines::List("lines"),
        head: &[
            OCCURRED,
            SITE,
            must(
                "licence_number",
                "许可证号",
                Term,
                "24-ZZ-0001",
                "export licence, or empty where none is needed",
            )
            .may(),
            must(
                "licence_kg",
                "许可数量(kg)",
                Kilograms,
                "50000",
                "net mass that it allows",
            )
            .may(),
            must(
                "licence_from",
                "许可开始",
                Day,
                "2024-01-01",
                "first day of validity",
            )
            .may(),
            must(
                "licence_until",
                "许可截止",
                Day,
                "2024-12-31",
                "last day of validity",
            )
            .may(),
            must(
                "control_code",
                "管制编码",
                Note,
                "1C903.b",
                "dual-use control code, or empty",
            )
            .may(),
            must(
                "hs_code",
                "商品编号",
                HsCode,
                "2846901910",
                "ten digits of the customs tariff",
            ),
            DECLARATION,
            must(
                "destination",
                "目的国",
                Country,
                "JP",
                "country of destination",
            ),
            must(
                "final_destination",
                "最终目的国",
                Country,
                "DE",
                "country where the goods are to stay, if another",
            )
            .rare(),
        ],
        line: STOCK_LINE,
    },
    Kind {
        event: "lot-used",
        lines: Lines::List("lines"),
        head: &[
            OCCURRED,
            SITE,
            must(
                "end_use",
                "最终用途",
                Term,
                "polishing powder",
                "what it was used for",
            ),
        ],
        line: STOCK_LINE,
    },
    Kind {
        event: "lot-discarded",
        lines: Lines::List("lines"),
        head: &[OCCURRED, SITE, REMARK],
        line: STOCK_LINE,
    },
    Kind {
        event: "lot-lost",
        lines: Lines::List("lines"),
        head: &[
            OCCURRED,
            SITE,
            must(
                "cause",
                "损失原因",
                One(lists::CAUSE),
                "accident",
                "how it was lost",
            ),
            REMARK,
        ],
        line: STOCK_LINE,
    },
    Kind {
        event: "stock-counted",
        lines: Lines::List("lots"),
        head: &[
            OCCURRED,
            SITE,
            must(
                "as_of",
                "盘点时点",
                Time,
                "2024-03-05 14:00",
                "moment the count stands for",
            ),
            must(
                "inventory",
                "盘点名称",
                Code,
                "PIT-2024-1",
                "name of the physical inventory taking",
            ),
            must(
                "page",
                "页码",
                Number(u16::MAX as u64),
                "1",
                "page of the inventory; 1 if left out",
            )
            .rare(),
            must(
                "last",
                "末页",
                Flag,
                "true",
                "false where more pages follow; true if left out",
            )
            .rare(),
        ],
        line: STOCK_LINE,
    },
    Kind {
        event: "month-closed",
        lines: Lines::None,
        head: &[
            OCCURRED,
            must("month", "月份", Month, "2024-03", "month that is filed"),
            must(
                "statement",
                "报表摘要",
                EventId,
                "00000000000000000000000000000000000000000000000000000000000000bb",
                "digest of the statement",
            ),
            must(
                "first_seq",
                "起始序号",
                Number(u64::MAX),
                "0",
                "first sequence number covered",
            ),
            must(
                "last_seq",
                "截止序号",
                Number(u64::MAX),
                "41",
                "last sequence number covered",
            ),
            must("nil", "零申报", Flag, "false", "true when nothing moved"),
        ],
        line: &[],
    },
];
