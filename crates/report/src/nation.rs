//! The page of the nation: quota, returns, trade, origins, findings.
//!
//! Invariant: nothing on it stands for more than the log says; a party without a page is named without a link. Knows no
//! page of an enterprise but by its file name.

use std::collections::BTreeMap;

use askama::Template;
use domain::{PartyId, Track};
use flow::{PartnerCell, ReturnState};
use projection::Severity;

use crate::Page;
use crate::context::{Ground, Head};
use crate::diagram::{Diagram, Edge, End, Size, diagram};
use crate::figure::{FigureOf, Figures, Masses};
use crate::parts::{FindingLine, Name, QuotaLine, finding_line, owner, quota_line};

/// The accounts of one quota.
#[derive(Debug)]
struct Board {
    caption: String,
    lines: Vec<QuotaLine>,
}

#[derive(Debug)]
struct ReturnLine {
    party: Name,
    state: &'static str,
    received: Option<String>,
    cut_off: Option<String>,
}

/// Findings of one severity that nobody has settled.
#[derive(Debug)]
struct Weighed {
    caption: String,
    lines: Vec<FindingLine>,
}

#[derive(Debug)]
struct OriginLine {
    class: String,
    masses: Masses,
}

#[derive(Template)]
#[template(path = "nation.html")]
struct Sheet {
    head: Head,
    boards: Vec<Board>,
    return_counts: Vec<(&'static str, usize)>,
    returns: Vec<ReturnLine>,
    trade: Option<Diagram>,
    origins: Vec<OriginLine>,
    origins_sum: Masses,
    findings: Vec<Weighed>,
    settled: usize,
}

pub(crate) fn page(ground: &Ground<'_>) -> Result<Page, askama::Error> {
    let mut figures = Figures::new(ground.books);
    let boards = boards(ground, &mut figures);
    let (return_counts, returns) = returns(ground);
    let trade = trade(ground, &mut figures);
    let (origins, origins_sum) = origins(ground, &mut figures);
    let unsettled = |found: &&books::JudgedFinding| found.state.is_unsettled();
    let sheet = Sheet {
        head: ground.head(),
        boards,
        return_counts,
        returns,
        trade,
        origins,
        origins_sum,
        findings: findings(ground, &mut figures),
        settled: ground.found.len() - ground.found.iter().filter(unsettled).count(),
    };
    Ok(Page {
        file_name: "index.html".to_owned(),
        html: sheet.render()?,
        figures: figures.into_noted(),
    })
}

fn boards(ground: &Ground<'_>, figures: &mut Figures<'_>) -> Vec<Board> {
    let mut boards: BTreeMap<Track, Vec<QuotaLine>> = BTreeMap::new();
    for row in &ground.accounts {
        let line = quota_line(ground, figures, row, owner(ground, row.holding));
        boards.entry(row.track).or_default().push(line);
    }
    let board = |(track, lines)| Board {
        caption: format!("{track} quota of {}", ground.month.year()),
        lines,
    };
    boards.into_iter().map(board).collect()
}

fn returns(ground: &Ground<'_>) -> (Vec<(&'static str, usize)>, Vec<ReturnLine>) {
    let of_month = || {
        ground
            .returns
            .iter()
            .filter(|row| row.month == ground.month)
    };
    let states = [
        ReturnState::Filed,
        ReturnState::Nil,
        ReturnState::Late,
        ReturnState::Mismatched,
        ReturnState::Due,
        ReturnState::Missing,
    ];
    let counts = states.map(|state| {
        let count = of_month().filter(|row| row.state == state).count();
        (state.name(), count)
    });
    let lines = of_month().map(|row| ReturnLine {
        party: ground.name(row.party),
        state: row.state.name(),
        received: row.received.map(|moment| ground.show(moment)),
        cut_off: row.cut_off.map(|moment| ground.show(moment)),
    });
    (counts.to_vec(), lines.collect())
}

fn trade(ground: &Ground<'_>, figures: &mut Figures<'_>) -> Option<Diagram> {
    let cells = ground.books.partners.cells.sorted();
    let of_month = cells
        .into_iter()
        .filter(|(cell, _)| cell.month == ground.month);
    let edge = |(cell, amount): (PartnerCell, projection::Amount)| Edge {
        from: cell.from,
        to: cell.to,
        cell,
        mg: amount.reo,
    };
    let end_of = |party: PartyId| {
        let name = ground.name(party);
        End {
            whole_name: name.whole(),
            name: name.en,
            least_column: 0,
        }
    };
    diagram(
        figures,
        Size::Large,
        FigureOf::Partners,
        of_month.map(edge).collect(),
        end_of,
    )
}

fn origins(ground: &Ground<'_>, figures: &mut Figures<'_>) -> (Vec<OriginLine>, Masses) {
    let cells = ground.books.lineage.cells.sorted().into_iter();
    let of_year = cells
        .map(|(cell, _)| cell)
        .filter(|cell| cell.year == ground.month.year());
    let of_year: Vec<_> = of_year.collect();
    let line = |cell: &lineage::OriginCell| OriginLine {
        class: cell.class.to_string(),
        masses: figures.both(FigureOf::Origins(vec![*cell])),
    };
    let lines = of_year.iter().map(line).collect();
    (lines, figures.both(FigureOf::Origins(of_year)))
}

fn findings(ground: &Ground<'_>, figures: &mut Figures<'_>) -> Vec<Weighed> {
    let severities = [Severity::Violation, Severity::Warning, Severity::Info];
    let weighed = severities.map(|severity| {
        let wanted = |found: &&books::JudgedFinding| {
            found.state.is_unsettled() && found.finding.severity == severity
        };
        let found = ground.found.iter().filter(wanted);
        let lines: Vec<_> = found
            .map(|found| finding_line(ground, figures, found))
            .collect();
        let caption = format!("Severity {severity}: {}", lines.len());
        Weighed { caption, lines }
    });
    weighed
        .into_iter()
        .filter(|weighed| !weighed.lines.is_empty())
        .collect()
}
