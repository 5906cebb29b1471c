//! Questions with checked arguments, their answers, and the document around both.
//!
//! Invariant: whatever an answer depends on except the log stands in the question, so whoever prints a document and whoever
//! checks one that was handed over ask the same function. Knows no layout.

use domain::{Bytes32, Code, Division, Element, LotId, Moment, Month, PartyId, SiteId, Zone};
use projection::{FindingCode, Severity};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::acts::{self, Acts};
use crate::ancestry::{self, LotTrace, PackageLabel, Taints};
use crate::conserved::{self, NationalConservation};
use crate::consignments::{self, Consignments, Wanted};
use crate::entry::{self, OneEntry};
use crate::exported::{self, Exports};
use crate::findings::{self, Filter, FindingInFull, Findings};
use crate::flow_record::{self, FlowRecord};
use crate::inbox::{self, Inbox};
use crate::material::{self, MaterialBalance};
use crate::quota_board::{self, QuotaBoard};
use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::registered::{self, Keys, Parties, Sites};
use crate::returns::{self, Returns};
use crate::schema::{Schema, answers, object};
use crate::show::{self, Shown};
use crate::statement::{self, MonthlyStatement};
use crate::stock::{self, Stock};
use crate::table::Table;
use crate::today::{self, Scope, Today};

/// What the documents are.
pub const FORMAT: &str = "ytterby answer v1";

/// What can be asked of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "of",
    content = "arguments",
    rename_all = "kebab-case",
    deny_unknown_fields
)]
pub enum Question {
    Quota {
        year: u16,
        /// `nation`, a group, or an enterprise by id or name.
        holder: Option<String>,
        division: Option<Division>,
        explain: bool,
    },
    Statement {
        party: PartyId,
        month: Month,
        as_known: bool,
        explain: bool,
    },
    Flows {
        party: PartyId,
        month: Option<Month>,
        changes_since: Option<Moment>,
    },
    Material {
        site: SiteId,
        element: Option<Element>,
    },
    Balance {
        party: PartyId,
        site: Option<Code>,
        explain: bool,
    },
    Conservation {
        element: Option<Element>,
        explain: bool,
    },
    Findings {
        party: Option<PartyId>,
        code: Option<FindingCode>,
        severity: Option<Severity>,
        division: Option<Division>,
        all: bool,
        by: Moment,
    },
    Finding {
        finding: Bytes32,
        by: Moment,
    },
    Trace {
        lot: LotId,
        forward: bool,
        depth: u32,
        element: Option<Element>,
    },
    Taint {},
    Label {
        lot: LotId,
    },
    Returns {
        month: Month,
        division: Option<Division>,
        by: Moment,
    },
    Parties {},
    Sites {},
    Keys {
        by: Moment,
    },
    Acts {
        about: Option<PartyId>,
        by: Option<PartyId>,
        events: Vec<String>,
    },
    /// Shipments from both sides.
    Shipments {
        party: Option<PartyId>,
        division: Option<Division>,
        /// Only sales without an invoice.
        uninvoiced: bool,
    },
    /// Exports against licences.
    Exports {
        party: Option<PartyId>,
        division: Option<Division>,
    },
    Entry {
        position: u64,
    },
    /// What is under way to a party.
    Inbox {
        party: PartyId,
        by: Moment,
    },
    /// What is to be done.
    Today {
        party: Option<PartyId>,
        division: Option<Division>,
        by: Moment,
    },
    /// Anything that has a name.
    Show {
        id: String,
        by: Moment,
    },
    Replay {},
}

answers! {
    /// What the whole log gives.
    pub struct StateDigest {
        pub entries: u64,
        pub state_digest: Bytes32,
    }
}

/// Declares the answers, so that each has its tables and its schema.
macro_rules! answers_of {
    ($($name:ident($type:ty), $file:literal, $tables:path;)+) => {
        /// What the log says; which answer belongs to which question is the question's to know.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Answer { $($name($type)),+ }

        impl Answer {
            /// The same as tables, for text, CSV and HTML to paint; days are those of the zone.
            pub fn tables(&self, zone: Zone) -> Vec<Table> {
                match self { $(Self::$name(answer) => $tables(answer, zone)),+ }
            }

            /// The schema of each answer, by the name of its question.
            pub fn schemas() -> Vec<(&'static str, Value)> {
                vec![$(($file, <$type as Schema>::schema())),+]
            }
        }
    };
}

answers_of! {
    Quota(QuotaBoard), "quota", quota_board::tables;
    Statement(MonthlyStatement), "statement", statement::tables;
    Flows(FlowRecord), "flows", flow_record::tables;
    Material(MaterialBalance), "material", material::tables;
    Balance(Stock), "balance", stock::tables;
    Conservation(NationalConservation), "conservation", conserved::tables;
    Findings(Findings), "findings", findings::tables;
    Finding(FindingInFull), "finding", findings::tables_in_full;
    Trace(LotTrace), "trace", ancestry::tables;
    Taint(Taints), "taint", ancestry::taint_tables;
    Label(PackageLabel), "label", ancestry::label_tables;
    Returns(Returns), "returns", returns::tables;
    Parties(Parties), "parties", registered::party_tables;
    Sites(Sites), "sites", registered::site_tables;
    Keys(Keys), "keys", registered::key_tables;
    Acts(Acts), "acts", acts::tables;
    Shipments(Consignments), "shipments", consignments::tables;
    Exports(Exports), "exports", exported::tables;
    Entry(OneEntry), "entry", entry::tables;
    Inbox(Inbox), "inbox", inbox::tables;
    Today(Today), "today", today::tables;
    Show(Shown), "show", show::tables;
    Replay(StateDigest), "replay", digest_tables;
}

fn digest_tables(answer: &StateDigest, _: Zone) -> Vec<Table> {
    use crate::table::Cell;
    let row = vec![
        Cell::Count(answer.entries.into()),
        Cell::text(answer.state_digest),
    ];
    vec![Table::new(&["#entries", "state digest"]).with([row])]
}

/// A document: an answer, what was asked, and of which log at which size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document<A, Q = Question> {
    pub format: String,
    /// The log's name; empty where the answer is not about a log.
    pub origin: String,
    /// How many entries of the log it rests on.
    pub size: u64,
    /// The root of the tree over them, in hexadecimal digits; nothing where it can't be known from a part of the log.
    pub root: Option<String>,
    pub question: Q,
    pub answer: A,
}

/// The schema of a document; that of its answer goes by the name of its question.
pub fn document_schema() -> Value {
    let open = || json!({"type": "object", "properties": {}, "additionalProperties": true});
    let question = json!({
        "type": "object",
        "properties": {"of": String::schema(), "arguments": open()},
        "required": ["of", "arguments"],
    });
    object(&[
        ("format", json!({"type": "string", "enum": [FORMAT]})),
        ("origin", String::schema()),
        ("size", u64::schema()),
        ("root", Option::<String>::schema()),
        ("question", question),
        ("answer", open()),
    ])
}

impl Question {
    /// What the log says.
    ///
    /// # Errors
    /// What was asked about is unknown there, or the log can't be read.
    pub fn answer(&self, reading: &mut Reading) -> Result<Answer, NoAnswer> {
        Ok(match self {
            Self::Quota { .. }
            | Self::Statement { .. }
            | Self::Flows { .. }
            | Self::Material { .. }
            | Self::Balance { .. }
            | Self::Conservation { .. }
            | Self::Returns { .. } => self.figures(reading)?,
            Self::Findings { by, .. } => {
                Answer::Findings(findings::findings(reading, &self.filter(), *by)?)
            }
            Self::Finding { finding, by } => {
                Answer::Finding(findings::in_full(reading, finding, *by)?)
            }
            Self::Trace {
                lot,
                forward,
                depth,
                element,
            } => Answer::Trace(ancestry::trace(reading, *lot, *forward, *depth, *element)?),
            Self::Taint {} => Answer::Taint(ancestry::taints(reading)?),
            Self::Label { lot } => Answer::Label(ancestry::label(reading, *lot)?),
            Self::Parties {} => Answer::Parties(registered::parties(reading)?),
            Self::Sites {} => Answer::Sites(registered::sites(reading)?),
            Self::Keys { by } => Answer::Keys(registered::keys(reading, *by)?),
            Self::Acts { about, by, events } => {
                Answer::Acts(acts::acts(reading, *about, *by, events)?)
            }
            Self::Shipments {
                party,
                division,
                uninvoiced,
            } => {
                let wanted = Wanted {
                    party: *party,
                    division: *division,
                    uninvoiced: *uninvoiced,
                };
                Answer::Shipments(consignments::consignments(reading, wanted)?)
            }
            Self::Exports { party, division } => {
                Answer::Exports(exported::exports(reading, *party, *division)?)
            }
            Self::Entry { position } => Answer::Entry(entry::entry(reading, *position)?),
            Self::Inbox { party, by } => Answer::Inbox(inbox::inbox(reading, *party, *by)?),
            Self::Today {
                party,
                division,
                by,
            } => {
                let (party, division) = (*party, *division);
                Answer::Today(today::today(reading, Scope { party, division }, *by)?)
            }
            Self::Show { id, by } => Answer::Show(show::show(reading, id, *by)?),
            Self::Replay {} => {
                let books = reading.books_mut()?;
                Answer::Replay(StateDigest {
                    entries: books.book.size(),
                    state_digest: books.digest(),
                })
            }
        })
    }

    fn filter(&self) -> Filter {
        let Self::Findings {
            party,
            code,
            severity,
            division,
            all,
            ..
        } = self
        else {
            return Filter::default();
        };
        Filter {
            party: *party,
            code: *code,
            severity: *severity,
            division: *division,
            all: *all,
        }
    }

    fn figures(&self, reading: &Reading) -> Result<Answer, NoAnswer> {
        Ok(match self {
            Self::Quota {
                year,
                holder,
                division,
                explain,
            } => {
                let holder = holder.as_deref();
                let board = quota_board::board(reading, *year, holder, *division, *explain)?;
                Answer::Quota(board)
            }
            Self::Statement {
                party,
                month,
                as_known,
                explain,
            } => {
                let of = (*party, *month);
                Answer::Statement(statement::statement(reading, of, *as_known, *explain)?)
            }
            Self::Flows {
                party,
                month,
                changes_since,
            } => Answer::Flows(flow_record::flows(reading, *party, *month, *changes_since)?),
            Self::Material { site, element } => {
                Answer::Material(material::periods(reading, *site, *element)?)
            }
            Self::Balance {
                party,
                site,
                explain,
            } => Answer::Balance(stock::stock(reading, *party, *site, *explain)?),
            Self::Conservation { element, explain } => {
                Answer::Conservation(conserved::conservation(reading, *element, *explain)?)
            }
            Self::Returns {
                month,
                division,
                by,
            } => Answer::Returns(returns::returns(reading, *month, *division, *by)?),
            _ => unreachable!("`answer` sends reports here and nothing else"),
        })
    }

    /// Answers and puts the document around the answer.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn document(self, reading: &mut Reading) -> Result<Document<Answer>, NoAnswer> {
        let answer = self.answer(reading)?;
        Ok(Document {
            format: FORMAT.to_owned(),
            origin: reading.founding()?.origin.clone(),
            size: reading.size(),
            root: reading.root()?.map(|root| root.to_string()),
            question: self,
            answer,
        })
    }
}
