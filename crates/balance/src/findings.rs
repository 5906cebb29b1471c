//! Findings of the balance: S01 to S04, L01, L02 and D02; M01 to M07 come from `runs`, `windows` and `area`, I01 from
//! `inspections`.
//!
//! Invariant: evidence names the event that first showed it, so that a finding keeps its id. Judges no intent.

use std::collections::{BTreeMap, BTreeSet};

use domain::{EventId, Moment, PartyId, SiteId};
use projection::{Again, Amount, Book, Cells, Figure, Finding, FindingCode, Severity, Subject};

use crate::cell::StockCell;
use crate::fold::Balance;

/// Every finding, in no order.
pub(crate) fn all(
    fold: &Balance,
    cells: &Cells<StockCell>,
    book: &Book,
    as_of: Moment,
) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(fold.drawn.beyond().map(|(cell, drawn)| {
        let beyond = -drawn.without_counts.net;
        let mut figures = vec![
            Figure::mg("book net", cells.get(cell).net),
            Figure::mg("drawn beyond the book", beyond),
        ];
        if drawn.limit > 0 {
            figures.push(Figure::mg("limit", drawn.limit));
        }
        Finding::new(FindingCode::S01, subject(cell), figures, vec![drawn.event])
    }));
    // A lot that became known later (a journal pushed late) is no longer unknown.
    let unknown = fold
        .unknown
        .iter()
        .filter(|(cell, _)| book.lot(&cell.lot).is_none());
    found.extend(unknown.map(|(cell, events)| {
        let figures = vec![
            Figure::mg("book net", cells.get(cell).net),
            Figure::count("events", count(events.len())),
        ];
        Finding::new(FindingCode::S02, subject(cell), figures, events.clone())
    }));
    // A seal that was annulled forbade nothing.
    let forbidden = fold.breaches.iter().filter(|(breach, _)| {
        let (lot, by) = (&breach.cell.lot, &breach.sealed_by);
        fold.seals.stands(lot, by)
    });
    found.extend(forbidden.map(|(breach, net)| {
        let figures = vec![Figure::mg("net moved", -net)];
        let evidence = vec![breach.event, breach.sealed_by];
        Finding::new(FindingCode::S03, subject(&breach.cell), figures, evidence)
    }));
    let open = fold
        .openings
        .iter()
        .filter(|(_, opening)| opening.inspected_by.is_empty() || !opening.late.is_zero());
    found.extend(open.map(|(event, opening)| {
        let (site, declared) = (opening.site, opening.declared);
        let about = site_subject(site);
        let mut finding = Finding::new(FindingCode::S04, about, masses(declared), vec![*event]);
        if !opening.late.is_zero() {
            finding.severity = Severity::Violation;
            let days = Figure::count("days after registration", opening.days);
            finding
                .figures
                .push(Figure::mg("declared too late", opening.late.reo));
            finding.figures.push(days);
        }
        finding
    }));
    found.extend(fold.runs.findings());
    found.extend(fold.windows.findings(&fold.areas, book, as_of));
    found.extend(fold.areas.findings());
    found.extend(fold.inspections.findings(book));
    found.extend(created_again(book));
    found.extend(without_origin(fold, cells, book));
    found
}

/// L01 and L02: a code that was to stand for another thing too, and a creation that was stated again.
fn created_again(book: &Book) -> Vec<Finding> {
    let (mut found, mut twice) = (Vec::new(), BTreeSet::new());
    for (lot, restated) in book.restated() {
        for known in restated {
            let subject = Subject {
                lot: Some(lot),
                ..Subject::party(lot.creator)
            };
            let code = match known.again {
                Again::Grows => continue,
                Again::Differs => FindingCode::L01,
                // An event with several lots is stated again as one.
                Again::Twice if twice.insert(known.event) => FindingCode::L02,
                Again::Twice => continue,
            };
            let figures = vec![Figure::mg("REO stated again", known.amount.reo)];
            let evidence = vec![known.event, known.first];
            found.push(Finding::new(code, subject, figures, evidence));
        }
    }
    found
}

/// REO without origin of a party, and the events that show it, in log order.
type WithoutOrigin = BTreeMap<PartyId, (i128, BTreeSet<(u64, EventId)>)>;

/// D02: what a party's lots were drawn below nothing, be they known or not, what counts found beyond the book, what it
/// received beyond what was sent, and what it declared as opening stock too late.
fn without_origin(fold: &Balance, cells: &Cells<StockCell>, book: &Book) -> Vec<Finding> {
    let mut below = WithoutOrigin::new();
    for (site, (reo, events)) in beyond_book(fold, cells) {
        let (sum, known) = below.entry(site.party).or_default();
        *sum += reo;
        known.extend(events);
    }
    add_surplus(&mut below, book);
    let late = fold
        .openings
        .iter()
        .filter(|(_, opening)| opening.late.reo > 0);
    for (event, opening) in late {
        let (reo, events) = below.entry(opening.site.party).or_default();
        *reo += opening.late.reo;
        // After what was drawn, whose position is known.
        events.insert((u64::MAX, *event));
    }
    let finding = |(party, (reo, events)): (PartyId, (i128, BTreeSet<(u64, EventId)>))| {
        let (into, out) = fold.areas.turnover(&party);
        let figures = vec![
            Figure::mg("REO out", out),
            Figure::mg("REO in and opening", into),
            Figure::mg("without origin", reo),
        ];
        // In log order, so that the id rests on the first of them.
        let evidence = events.into_iter().map(|(_, event)| event).collect();
        Finding::new(FindingCode::D02, Subject::party(party), figures, evidence)
    };
    below.into_iter().map(finding).collect()
}

/// What was drawn beyond the book of a site, or found there beyond it. What was drawn, and counted afterwards, is one thing
/// and counts once; but a lack of one lot covers nothing that was drawn of another.
fn beyond_book(
    fold: &Balance,
    cells: &Cells<StockCell>,
) -> BTreeMap<SiteId, (i128, BTreeSet<(u64, EventId)>)> {
    let mut sites: BTreeMap<SiteId, [i128; 2]> = BTreeMap::new();
    let mut events: BTreeMap<SiteId, BTreeSet<(u64, EventId)>> = BTreeMap::new();
    for (cell, drawn) in fold.drawn.beyond() {
        let site = SiteId {
            party: cell.party,
            code: cell.site,
        };
        let [without_counts, now] = sites.entry(site).or_default();
        *without_counts -= drawn.without_counts.reo.min(0);
        *now -= cells.get(cell).reo.min(0);
        let known = events.entry(site).or_default();
        known.insert((drawn.position, drawn.event));
    }
    for (site, count, surplus) in fold.areas.surplus() {
        let [_, now] = sites.entry(site).or_default();
        *now += surplus;
        // After what was drawn, whose position is known.
        events.entry(site).or_default().insert((u64::MAX, count));
    }
    let with_events = sites.into_iter().map(|(site, [without_counts, now])| {
        let events = events.remove(&site).unwrap_or_default();
        (site, (without_counts.max(now), events))
    });
    with_events.collect()
}

/// What came beyond what was sent is the receiver's to explain, where scales and assays don't.
fn add_surplus(below: &mut WithoutOrigin, book: &Book) {
    for (_, shipment) in book.shipments_at_issue() {
        if book.receipt_difference(shipment).is_none() {
            continue;
        }
        let lines = (0u16..).zip(&shipment.lines);
        let surplus: i128 = lines
            .map(|(line, _)| shipment.difference(line).reo.min(0))
            .sum();
        let mut receipts = shipment.acts.iter().filter(|act| shipment.is_receipt(act));
        if let Some(last) = receipts.next_back().filter(|_| surplus < 0) {
            let (reo, events) = below.entry(last.by).or_default();
            *reo -= surplus;
            events.insert((last.position, last.id));
        }
    }
}

fn masses(amount: Amount) -> Vec<Figure> {
    vec![
        Figure::mg("declared net", amount.net),
        Figure::mg("declared REO", amount.reo),
    ]
}

fn subject(cell: &StockCell) -> Subject {
    Subject {
        site: Some(cell.site),
        lot: Some(cell.lot),
        ..Subject::party(cell.party)
    }
}

fn site_subject(site: SiteId) -> Subject {
    Subject {
        site: Some(site.code),
        ..Subject::party(site.party)
    }
}

fn count(events: usize) -> i64 {
    i64::try_from(events).unwrap_or(i64::MAX)
}
