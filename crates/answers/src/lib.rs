//! Answers: every report and list as a question with checked arguments, and what the log says to it.
//!
//! Invariant: every figure that a program shows comes from here, from entries alone; the same question at the same log size has
//! the same answer. Knows no command line, no layout, no path and no clock.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

mod acts;
mod ancestry;
pub mod checks;
mod conserved;
mod consignments;
mod differ;
mod entry;
pub mod explanations;
mod exported;
pub mod facts;
mod findings;
mod flow_record;
mod head;
mod inbox;
pub mod limits;
mod log_only;
mod material;
mod question;
mod quota_board;
mod reading;
mod refused;
mod registered;
pub mod resolve;
mod returns;
mod schema;
mod show;
mod statement;
mod stock;
mod table;
mod today;
mod value;

pub use acts::{Acts, OneAct};
pub use ancestry::{LotTrace, PackageLabel, Taints};
pub use consignments::Consignments;
pub use entry::OneEntry;
pub use exported::Exports;
pub use findings::{
    FindingInFull, Findings, NamedFigure, OneFinding, all_findings, log_facts, weighed,
};
pub use flow_record::FlowRecord;
pub use head::{LogHead, LogKey, head};
pub use inbox::{Inbox, Waiting, WaitingLine};
pub use log_only::LogOnly;
pub use material::MaterialBalance;
pub use projection::{
    Amount, Event, FindingCode, ProjectionFault, Sent, Severity, Shipment, Until, feed,
};
pub use question::{Answer, Document, FORMAT, Question, StateDigest, document_schema};
pub use quota_board::{QuotaBoard, newest_quota_year};
pub use reading::{Reading, registry, until};
pub use refused::{ErrorCode, Named, NoAnswer, Refused};
pub use registered::{Keys, OneKey, Parties, Sites};
pub use returns::Returns;
pub use schema::Schema;
pub use show::Shown;
pub use statement::{Filing, MonthlyStatement, RunningMonths, filing_of, month_standing};
pub use stock::Stock;
pub use table::{Cell, Column, Digits, Kind, Table};
pub use today::{Matter, Today};
pub use value::{Mg, NetAndReo, Posting, party_name};
