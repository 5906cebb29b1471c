//! What looks wrong, and what was ruled on it; one finding in full.
//!
//! Invariant: a finding is shown with the figures that it compares and its id; one that rests on evidence files is told from
//! those that rest on the log. Knows no rule by which a finding arises.

use std::fmt;

use books::{JudgedFinding, State, Weighed, weigh};
use domain::{Bytes32, Code, Division, EventId, LotId, Moment, Month, PartyId, Registry, Zone};
use evidence::LogFacts;
use projection::{Figure, FigureValue, Finding, FindingCode, Severity};
use serde::Serialize;
use serde_json::{Value, json};

use crate::explanations::page;
use crate::reading::Reading;
use crate::refused::{Named, NoAnswer, Refused};
use crate::resolve::event_at;
use crate::schema::{Schema, answers};
use crate::table::{Cell, Table};
use crate::value::{Mg, name_of};

/// Characters of a finding's id that a table shows; `rule` takes them.
const SHORT_ID: usize = 12;

/// A number that was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compared {
    Mg(Mg),
    Count(i64),
    Ppm(i64),
}

impl Schema for Compared {
    fn schema() -> Value {
        let member = |name: &str, of: Value| json!({"type": "object", "properties": {name: of}, "required": [name]});
        json!({"oneOf": [member("mg", Mg::schema()), member("count", i64::schema()), member("ppm", i64::schema())]})
    }
}

answers! {
    /// What looks wrong.
    pub struct Findings {
        /// By which lateness is judged.
        pub by: Moment,
        /// By code, then subject; those from evidence files behind.
        pub findings: Vec<OneFinding>,
        /// Those that rest on evidence files, which no copy of the log holds.
        pub from_evidence: Vec<OneFinding>,
        /// Findings that the filters left out.
        pub not_shown: u64,
    }

    /// One finding.
    pub struct OneFinding {
        pub id: Bytes32,
        pub code: FindingCode,
        pub severity: Severity,
        pub title: &'static str,
        pub subject: About,
        pub figures: Vec<NamedFigure>,
        /// Ids of the events that show it, the first one first.
        pub evidence: Vec<EventId>,
        pub state: State,
        /// The event of the newest ruling, and its note.
        pub ruled_by: Option<EventId>,
        pub note: Option<String>,
    }

    /// Whom and what a finding is about.
    pub struct About {
        pub party: Option<PartyId>,
        pub party_name: Option<String>,
        pub site: Option<Code>,
        pub lot: Option<LotId>,
        pub month: Option<Month>,
        pub year: Option<u16>,
    }

    /// A number that was compared, and what it is.
    pub struct NamedFigure {
        pub name: &'static str,
        pub value: Compared,
    }

    /// One finding with its events and what its code means.
    pub struct FindingInFull {
        pub finding: OneFinding,
        /// In the order of the finding; of one that is not in the log there is only the id.
        pub events: Vec<EventOfFinding>,
        /// What the code means, why it can be innocent, what to do, and the law.
        pub explanation: &'static str,
    }

    /// An event that shows a finding.
    pub struct EventOfFinding {
        pub event: EventId,
        pub position: Option<u64>,
        pub kind: Option<&'static str>,
        pub author: Option<PartyId>,
        pub author_name: Option<String>,
        pub occurred: Option<Moment>,
    }
}

/// Which findings are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub party: Option<PartyId>,
    pub code: Option<FindingCode>,
    pub severity: Option<Severity>,
    pub division: Option<Division>,
    /// Settled ones too.
    pub all: bool,
}

/// Every finding of the log and, behind them, every finding that the evidence at hand raises.
///
/// # Errors
/// The log can't be read.
pub fn all_findings(
    reading: &Reading,
    by: Moment,
) -> Result<(Vec<JudgedFinding>, Vec<JudgedFinding>), NoAnswer> {
    let books = reading.books()?;
    let raised = raised(reading)?.into_iter();
    let from_evidence = raised.map(|finding| books.judge(finding)).collect();
    Ok((books.findings(by)?, from_evidence))
}

/// What the first `size` entries of a log say of these events, and who held which key.
///
/// # Errors
/// The log can't be read.
pub fn log_facts(
    store: &dyn store::Entries,
    size: u64,
    events: Vec<EventId>,
) -> Result<LogFacts, NoAnswer> {
    let mut facts = LogFacts::of(events);
    for frame in store.frames(0)? {
        let frame = frame?;
        let within = frame.entries().filter(|(position, _)| *position < size);
        within.for_each(|(_, entry)| facts.take(entry));
        if frame.end() >= size {
            break;
        }
    }
    Ok(facts)
}

/// What each piece of evidence at hand is worth against this log, in their order.
///
/// # Errors
/// The log can't be read.
pub fn weighed(reading: &Reading) -> Result<Vec<Weighed>, NoAnswer> {
    if reading.evidence.is_empty() {
        return Ok(Vec::new());
    }
    let events = reading.evidence.iter().flat_map(evidence::Evidence::events);
    let log = log_facts(&*reading.store, reading.size(), events.collect())?;
    Ok(reading
        .evidence
        .iter()
        .map(|one| weigh(one, &log))
        .collect())
}

/// K01 for each piece of evidence that holds, each pair of events once.
fn raised(reading: &Reading) -> Result<Vec<Finding>, NoAnswer> {
    let weighed = weighed(reading)?.into_iter();
    let mut raised: Vec<Finding> = weighed
        .filter_map(|weighed| match weighed {
            Weighed::Raises(finding) => Some(finding),
            Weighed::AgainstTheLog | Weighed::Nothing(_) => None,
        })
        .collect();
    raised.sort_by(Finding::by_code_and_subject);
    raised.dedup_by_key(|finding| finding.id);
    Ok(raised)
}

pub(crate) fn findings(
    reading: &Reading,
    filter: &Filter,
    by: Moment,
) -> Result<Findings, NoAnswer> {
    let (of_log, of_evidence) = all_findings(reading, by)?;
    let count = of_log.len() + of_evidence.len();
    let of_log = shown(reading, filter, &of_log)?;
    let from_evidence = shown(reading, filter, &of_evidence)?;
    let not_shown = (count - of_log.len() - from_evidence.len()) as u64;
    Ok(Findings {
        by,
        findings: of_log,
        from_evidence,
        not_shown,
    })
}

fn shown(
    reading: &Reading,
    filter: &Filter,
    all: &[JudgedFinding],
) -> Result<Vec<OneFinding>, NoAnswer> {
    let registry = reading.registry()?;
    let mut shown = Vec::new();
    for found in all {
        let finding = &found.finding;
        let party = finding.subject.party;
        let wanted = (filter.all || found.state.is_unsettled())
            && filter.party.is_none_or(|wanted| party == Some(wanted))
            && filter.code.is_none_or(|code| finding.code == code)
            && filter
                .severity
                .is_none_or(|wanted| finding.severity == wanted)
            && reading.is_within(filter.division, party.as_ref())?;
        if wanted {
            shown.push(OneFinding::new(registry, found));
        }
    }
    Ok(shown)
}

pub(crate) fn in_full(
    reading: &Reading,
    id: &Bytes32,
    by: Moment,
) -> Result<FindingInFull, NoAnswer> {
    let (mut all, from_evidence) = all_findings(reading, by)?;
    all.extend(from_evidence);
    let found = all.iter().find(|found| found.finding.id == *id);
    let found = found.ok_or_else(|| Refused::Unknown {
        what: Named::Finding,
        given: id.to_string(),
        near: Vec::new(),
    })?;
    let registry = reading.registry()?;
    let wanted = &found.finding.evidence;
    let facts = log_facts(&*reading.store, reading.size(), wanted.clone())?;
    let mut events = Vec::with_capacity(wanted.len());
    for id in wanted {
        let position = facts.position(id);
        let event = position
            .map(|at| event_at(&*reading.store, at))
            .transpose()?;
        let author = event.as_ref().map(|event| event.body.author);
        events.push(EventOfFinding {
            event: *id,
            position,
            kind: event.as_ref().map(|event| event.body.payload.name()),
            author,
            author_name: author.and_then(|author| name_of(registry, &author)),
            occurred: event.as_ref().map(|event| event.body.occurred),
        });
    }
    Ok(FindingInFull {
        finding: OneFinding::new(registry, found),
        events,
        explanation: page(found.finding.code),
    })
}

impl OneFinding {
    /// A finding as it is shown.
    pub fn new(registry: &Registry, found: &JudgedFinding) -> Self {
        let finding = &found.finding;
        let subject = finding.subject;
        Self {
            id: finding.id,
            code: finding.code,
            severity: finding.severity,
            title: finding.code.title(),
            subject: About {
                party: subject.party,
                party_name: subject.party.and_then(|party| name_of(registry, &party)),
                site: subject.site,
                lot: subject.lot,
                month: subject.month,
                year: subject.year,
            },
            figures: finding.figures.iter().map(NamedFigure::from).collect(),
            evidence: finding.evidence.clone(),
            state: found.state,
            ruled_by: found.ruled_by,
            note: found.note.clone(),
        }
    }

    /// Whether somebody has still to look at it.
    pub fn is_unsettled(&self) -> bool {
        self.state.is_unsettled()
    }

    /// The cells of its row.
    pub fn row(&self) -> Vec<Cell> {
        let figures = self.figures.iter();
        vec![
            Cell::Text(self.id.to_string().chars().take(SHORT_ID).collect()),
            Cell::text(self.code),
            Cell::Severity(self.severity),
            Cell::text(self.state.name()),
            Cell::text(&self.subject),
            Cell::or_nothing(self.subject.party_name.as_ref(), Cell::text),
            Cell::text(self.title),
            Cell::Named(figures.map(|one| (one.name, one.cell())).collect()),
            Cell::Count(self.evidence.len() as i128),
        ]
    }
}

impl From<&Figure> for NamedFigure {
    fn from(figure: &Figure) -> Self {
        Self {
            name: figure.name,
            value: match figure.value {
                FigureValue::Mg(mg) => Compared::Mg(Mg(mg)),
                FigureValue::Count(count) => Compared::Count(count),
                FigureValue::Ppm(ppm) => Compared::Ppm(ppm),
            },
        }
    }
}

impl NamedFigure {
    /// Its value.
    fn cell(&self) -> Cell {
        match self.value {
            Compared::Mg(mg) => Cell::Mass(mg),
            Compared::Count(count) => Cell::Count(count.into()),
            Compared::Ppm(ppm) => Cell::Text(format!("{ppm} ppm")),
        }
    }
}

impl fmt::Display for NamedFigure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Compared::Mg(_) => write!(f, "{} {} t", self.name, self.cell().whole()),
            Compared::Count(_) | Compared::Ppm(_) => {
                write!(f, "{} {}", self.name, self.cell().whole())
            }
        }
    }
}

/// As [`projection::Subject`] says it.
impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = projection::Subject {
            party: self.party,
            site: self.site,
            lot: self.lot,
            month: self.month,
            year: self.year,
        };
        subject.fmt(f)
    }
}

impl Findings {
    /// All that are shown, by code and subject.
    pub fn iter(&self) -> impl Iterator<Item = &OneFinding> {
        let mut all: Vec<_> = self.findings.iter().chain(&self.from_evidence).collect();
        all.sort_by_key(|one| one.code.code());
        all.into_iter()
    }

    /// The list in one line.
    pub fn summary(&self) -> String {
        let count = |severity| self.iter().filter(|one| one.severity == severity).count();
        format!(
            "{} findings: {} violations, {} warnings, {} infos; {} not shown",
            self.findings.len() + self.from_evidence.len(),
            count(Severity::Violation),
            count(Severity::Warning),
            count(Severity::Info),
            self.not_shown,
        )
    }
}

/// Findings as they are listed.
pub(crate) fn table<'a>(findings: impl Iterator<Item = &'a OneFinding>) -> Table {
    let names = [
        "id", "code", "severity", "state", "subject", "name", "possibly", "figures", "#events",
    ];
    Table::new(&names).with(findings.map(OneFinding::row))
}

pub(crate) fn tables(answer: &Findings, _: Zone) -> Vec<Table> {
    vec![table(answer.iter())]
}

/// The cells of an event that shows something.
pub(crate) fn event_row(event: &EventOfFinding, zone: Zone) -> Vec<Cell> {
    vec![
        Cell::or_nothing(event.position, |at| Cell::Count(at.into())),
        Cell::id(event.event),
        Cell::or_nothing(event.kind, Cell::text),
        Cell::or_nothing(event.author, Cell::Party),
        Cell::or_nothing(event.author_name.as_ref(), Cell::text),
        Cell::or_nothing(event.occurred, |moment| Cell::Day(zone.day_of(moment))),
    ]
}

pub(crate) fn tables_in_full(answer: &FindingInFull, zone: Zone) -> Vec<Table> {
    let finding = &answer.finding;
    let figure = |figure: &NamedFigure| {
        let unit = match figure.value {
            Compared::Mg(_) => " t",
            Compared::Count(_) | Compared::Ppm(_) => "",
        };
        vec![Cell::Text(format!("{}{unit}", figure.name)), figure.cell()]
    };
    let event = |event: &EventOfFinding| event_row(event, zone);
    let title = format!(
        "{} {}: possibly {}; {}\nid {}\n{} {}",
        finding.code,
        finding.severity,
        finding.title,
        finding.state.name(),
        finding.id,
        finding.subject,
        finding.subject.party_name.as_deref().unwrap_or_default(),
    );
    let names = ["#position", "event", "kind", "by", "name", "occurred"];
    vec![
        Table::new(&["figure", "#value"])
            .titled(title)
            .with(finding.figures.iter().map(figure)),
        Table::new(&names)
            .titled("events that show it")
            .with(answer.events.iter().map(event)),
    ]
}
