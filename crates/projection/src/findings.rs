//! Findings: what looks wrong, with the figures compared and the events that show it.
//!
//! Invariant: codes are permanent and never reused; the id depends on code, subject and first evidence only, so that a
//! ruling stays attached while figures grow. Worded as possible, never as guilt.

use std::fmt;

use chain::{Context, digest};
use domain::{Bytes32, Code, EventId, LotId, Month, PartyId};
use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Info,
    Warning,
    Violation,
}

impl Severity {
    /// The permanent name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Violation => "violation",
        }
    }
}

impl std::str::FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = [Self::Info, Self::Warning, Self::Violation].into_iter();
        let found = all.find(|severity| severity.name() == text);
        found.ok_or_else(|| format!("{text:?} is not a severity: info, warning or violation"))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Declares the catalogue: code, severity, title.
macro_rules! catalogue {
    ($($code:ident $severity:ident $title:literal),+ $(,)?) => {
        /// A kind of finding, by its permanent code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(bincode::Encode, bincode::Decode, Serialize, Deserialize)]
        pub enum FindingCode { $(#[doc = $title] $code),+ }

        impl FindingCode {
            /// Every code, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];

            /// The code as written.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$code => stringify!($code)),+ }
            }

            /// The finding in one line.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$code => $title),+ }
            }

            /// What it weighs unless the fold that found it says otherwise.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity),+ }
            }
        }

        impl std::str::FromStr for FindingCode {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $(stringify!($code) => Ok(Self::$code),)+
                    found => Err(format!(
                        "{found:?} is not a finding code; codes are {}",
                        [$(stringify!($code)),+].join(", ")
                    )),
                }
            }
        }
    };
}

catalogue! {
    Q01 Violation "consumption may exceed the quota allocated for the year",
    Q02 Violation "production with no quota on record for the year",
    Q03 Warning "allocations add up to more than the national indicator",
    P01 Violation "an activity for which no licence is on record at the site",
    P02 Violation "acts recorded while suspended or delisted",
    P03 Warning "output of a site may exceed its licensed capacity",
    S01 Violation "more drawn from a lot than the book holds",
    S02 Warning "a lot with no recorded origin",
    S03 Violation "a sealed lot was moved",
    S04 Info "opening stock not yet countersigned by an inspection",
    M01 Violation "more REO out of a run than went in, beyond measurement noise",
    M02 Warning "yield of a run outside the usual band of its process",
    M03 Violation "more of an element out of a run than went in",
    M04 Warning "material unaccounted for beyond its uncertainty",
    M05 Warning "composition does not fit the declared ore",
    T01 Warning "receipt differs from dispatch beyond tolerance",
    T02 Warning "shipment under way longer than usual",
    T03 Warning "receipt with no dispatch, or received twice",
    T04 Warning "goods sent for tolling, which the quota notices forbid",
    R01 Warning "monthly return entered late",
    R02 Violation "monthly return missing",
    R03 Warning "monthly return does not match the flow record",
    R04 Info "recorded into a month already closed",
    F01 Violation "a recycler may have been fed with ore",
    F02 Violation "feed may come from a tainted lot",
    D01 Warning "one invoice for more goods, or more buyers, than it names",
    D02 Warning "goods handed on or used beyond every recorded origin",
    K01 Violation "two different events with one place in their author's chain",
    K02 Warning "an office granted a key to a party that has one",
    Q04 Warning "a year's production crowded into its last month",
    T05 Warning "goods that were sold may have come back to their seller",
    T06 Info "a trader that passes goods on without ever holding stock",
    Q05 Warning "production ran ahead of the batch in force on the day",
    Q06 Warning "one batch of an indicator or allocation is stated more than once",
    O01 Warning "an act of office rests on nothing that it may rest on",
    X01 Warning "export declared under a code that does not fit its lots",
    X02 Violation "controlled goods exported without a licence that covers them",
    X03 Warning "export under a control code that is not that of its goods",
    V01 Warning "a value that no reference table knows",
    V02 Warning "a lot's share of REO lies outside what its product can have",
    T07 Violation "a shipment received by a party that it was not sent to",
    T08 Warning "receipt of a line that the dispatch does not have",
    T09 Warning "events dated in an order in which they can't have happened",
    T10 Warning "one side changed its word about a shipment that both had signed",
    L01 Violation "a lot created again as another thing",
    L02 Warning "the same creation of a lot stated again",
    L03 Warning "losses beyond what a month's throughput lets expect",
    P04 Violation "goods sent to a party that may not deal in them",
    D03 Warning "a sale without an invoice",
    D04 Warning "one customs declaration used more than once",
    M06 Warning "runs of a year lost more than their process lets expect",
    M07 Warning "material unaccounted for that adds up over several counts",
    I01 Warning "an inspector found another amount than the book holds",
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// Whom and what a finding is about. Absent parts do not matter for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Subject {
    pub party: Option<PartyId>,
    pub site: Option<Code>,
    pub lot: Option<LotId>,
    pub month: Option<Month>,
    pub year: Option<u16>,
}

impl Subject {
    /// About a party.
    pub fn party(party: PartyId) -> Self {
        Self {
            party: Some(party),
            ..Self::default()
        }
    }
}

/// `party=.. site=.. lot=.. month=.. year=..`, absent parts left out: also what the id of a finding is made of.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.party.map(|party| format!("party={party}")),
            self.site.map(|site| format!("site={site}")),
            self.lot.map(|lot| format!("lot={lot}")),
            self.month.map(|month| format!("month={month}")),
            self.year.map(|year| format!("year={year}")),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        f.pad(&parts.join(" "))
    }
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FigureValue {
    /// Milligrams.
    Mg(i128),
    /// Days, events or other things.
    Count(i64),
    /// Parts per million.
    Ppm(i64),
}

/// A number that was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Figure {
    pub name: &'static str,
    pub value: FigureValue,
}

impl Figure {
    /// A mass in milligrams.
    pub const fn mg(name: &'static str, mg: i128) -> Self {
        let value = FigureValue::Mg(mg);
        Self { name, value }
    }

    /// A number of things.
    pub const fn count(name: &'static str, count: i64) -> Self {
        let value = FigureValue::Count(count);
        Self { name, value }
    }

    /// A share in parts per million.
    pub const fn ppm(name: &'static str, ppm: i64) -> Self {
        let value = FigureValue::Ppm(ppm);
        Self { name, value }
    }
}

/// Something that looks wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub id: Bytes32,
    pub code: FindingCode,
    pub severity: Severity,
    pub subject: Subject,
    pub figures: Vec<Figure>,
    /// Ids of the events that show it, the first one first.
    pub evidence: Vec<EventId>,
}

impl Finding {
    /// A finding with the severity of its code. Its id is BLAKE3 over code, a zero byte, the subject as it is
    /// displayed, a zero byte, and the first evidence id where there is one.
    pub fn new(
        code: FindingCode,
        subject: Subject,
        figures: Vec<Figure>,
        evidence: Vec<EventId>,
    ) -> Self {
        let text = subject.to_string();
        let first: &[u8] = evidence.first().map_or(&[], |event| &event.0);
        let parts = [code.code().as_bytes(), b"\0", text.as_bytes(), b"\0", first];
        Self {
            id: Bytes32(digest(Context::FindingId, &parts)),
            code,
            severity: code.severity(),
            subject,
            figures,
            evidence,
        }
    }

    /// The order of reports.
    pub fn by_code_and_subject(left: &Self, right: &Self) -> std::cmp::Ordering {
        let key = |finding: &Self| (finding.code.code(), finding.subject, finding.id);
        key(left).cmp(&key(right))
    }
}
