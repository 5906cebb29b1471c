//! Pages over a small history: every mass has its figure, every figure its cells, every cell its postings.
//! Invariant: the history has quota, ore, trade, a run, a correction and names that try to be HTML.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod history;
mod html;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use books::Books;
use domain::quantity::decimal;
use domain::{Bytes32, Month};
use projection::{Amount, Cell, FigureValue, Fold, Until, explain};
use report::{FigureOf, Page, ShownMass, pages};
use store::MemoryStore;
use testkit::{at, party};

const NOW: &str = "2024-04-20";

fn february() -> Month {
    Month::new(2024, 2).unwrap()
}

fn replayed(store: &MemoryStore) -> Books {
    Books::replay(store, Until::End, &mut |_, _| {}).unwrap()
}

fn all_pages(books: &Books) -> Vec<Page> {
    pages(books, february(), at(NOW)).unwrap()
}

/// Sums of the postings of every cell of a projection, by a replay of its own.
struct Explained {
    flow: BTreeMap<flow::FlowCell, Amount>,
    quota: BTreeMap<quota::QuotaCell, Amount>,
    stock: BTreeMap<balance::StockCell, Amount>,
    partners: BTreeMap<flow::PartnerCell, Amount>,
    origins: BTreeMap<lineage::OriginCell, Amount>,
}

fn sums<F: Fold>(store: &MemoryStore) -> BTreeMap<F::Cell, Amount> {
    let explained = explain::<F>(store, Until::End, |_| true).unwrap();
    let sum = |(cell, rows): projection::CellExplained<F::Cell>| {
        let sum = rows.iter().fold(Amount::ZERO, |sum, row| sum + row.amount);
        (cell, sum)
    };
    explained.into_iter().map(sum).collect()
}

fn sum_of<C: Cell>(sums: &BTreeMap<C, Amount>, cells: &[(C, i8)]) -> Amount {
    let amounts = cells
        .iter()
        .map(|(cell, sign)| sums.get(cell).copied().unwrap_or_default().times(*sign));
    amounts.fold(Amount::ZERO, |sum, amount| sum + amount)
}

fn plain<C: Cell>(cells: &[C]) -> Vec<(C, i8)> {
    let distinct: BTreeSet<_> = cells.iter().collect();
    assert_eq!(distinct.len(), cells.len(), "a cell is counted twice");
    cells.iter().map(|cell| (*cell, 1)).collect()
}

impl Explained {
    fn of(store: &MemoryStore) -> Self {
        Self {
            flow: sums::<flow::Flow>(store),
            quota: sums::<quota::Quota>(store),
            stock: sums::<balance::Balance>(store),
            partners: sums::<flow::Partners>(store),
            origins: sums::<lineage::Lineage>(store),
        }
    }

    /// Nothing for a mass that is no sum of cells.
    fn sum(&self, what: &FigureOf) -> Option<Amount> {
        Some(match what {
            FigureOf::Flow(cells) => sum_of(&self.flow, &plain(cells)),
            FigureOf::Quota { cells } => sum_of(&self.quota, cells),
            FigureOf::Stock(cells) => sum_of(&self.stock, &plain(cells)),
            FigureOf::Partners(cells) => sum_of(&self.partners, &plain(cells)),
            FigureOf::Origins(cells) => sum_of(&self.origins, &plain(cells)),
            FigureOf::Finding { .. } => return None,
        })
    }
}

#[test]
fn every_figure_is_the_sum_of_the_postings_of_its_cells() {
    let store = history::store();
    let (books, explained) = (replayed(&store), Explained::of(&store));
    let findings = books.findings(at(NOW)).unwrap();
    let named = |wanted: Bytes32, name: &str| {
        let mut all = findings.iter().map(|found| &found.finding);
        let finding = all.find(|finding| finding.id == wanted).unwrap();
        let figure = finding.figures.iter().find(|figure| figure.name == name);
        figure.unwrap().value
    };
    let mut kinds = HashSet::new();
    for figure in all_pages(&books).iter().flat_map(|page| &page.figures) {
        let ShownMass {
            what,
            net_mg,
            reo_mg,
        } = figure;
        match (explained.sum(what), what) {
            (Some(sum), _) => {
                assert_eq!(*reo_mg, sum.reo, "{what:?}");
                assert_eq!(net_mg.unwrap_or(sum.net), sum.net, "{what:?}");
            }
            (None, FigureOf::Finding { id, name }) => {
                assert_eq!(named(*id, name), FigureValue::Mg(*reo_mg));
            }
            (None, _) => unreachable!("only findings are no sums"),
        }
        if *reo_mg != 0 {
            kinds.insert(std::mem::discriminant(what));
        }
    }
    assert_eq!(kinds.len(), 6, "each kind of figure occurs");
}

#[test]
fn every_mass_on_a_page_is_one_of_its_figures() {
    for page in all_pages(&replayed(&history::store())) {
        let figures = page.figures.iter();
        let noted: BTreeSet<String> = figures
            .flat_map(|figure| [Some(figure.reo_mg), figure.net_mg])
            .flatten()
            .map(tonnes)
            .collect();
        let printed = html::masses(&page.html);
        assert!(printed.len() > 5, "{}", page.file_name);
        let printed: BTreeSet<String> = printed.into_iter().collect();
        assert_eq!(printed, noted, "{}", page.file_name);
    }
}

fn tonnes(mg: i128) -> String {
    decimal(mg, 1_000_000_000)
}

/// Masses of a row of a statement as they are printed: first net, then REO.
fn printed_row(row: &flow::StatementRow) -> Vec<String> {
    let columns = row.columns.iter().map(|(_, amount)| *amount);
    let moved = columns.filter(|amount| !amount.is_zero());
    let all: Vec<Amount> = [row.opening]
        .into_iter()
        .chain(moved)
        .chain([row.closing])
        .collect();
    let (net, reo) = (all.iter().map(|of| of.net), all.iter().map(|of| of.reo));
    net.chain(reo).map(tonnes).collect()
}

#[test]
fn a_statement_is_printed_as_it_is_filed() {
    let books = replayed(&history::store());
    let all = all_pages(&books);
    for (number, page) in [(4, &all[1]), (5, &all[2]), (6, &all[3])] {
        assert_eq!(page.file_name, format!("{}.html", party(number)));
        let statement = flow::statement(&books.flow.cells, party(number), february());
        let rows: Vec<String> = statement.rows.iter().flat_map(printed_row).collect();
        assert!(rows.len() >= 6);
        assert!(html::masses(&page.html).starts_with(&rows), "{number}");
    }
}

#[test]
fn quota_and_origins_are_printed_as_they_are_reported() {
    let books = replayed(&history::store());
    let printed = html::masses(&all_pages(&books)[0].html);
    let parts = |row: &quota::QuotaRow| {
        let parts = [row.allocated, row.moved, row.deducted, row.consumed];
        parts.into_iter().chain([row.left()]).map(tonnes)
    };
    let accounts = quota::rows(&books.quota.cells, 2024);
    assert_eq!(accounts.len(), 4, "nation and mine, nation and separator");
    let accounts: Vec<String> = accounts
        .iter()
        .flat_map(|row| parts(row).collect::<Vec<_>>())
        .collect();
    assert!(printed.starts_with(&accounts));
    let origins = books.lineage.cells.sorted().into_iter();
    let origins: Vec<Amount> = origins.map(|(_, amount)| amount).collect();
    let sum = origins
        .iter()
        .fold(Amount::ZERO, |sum, amount| sum + *amount);
    let origins = origins.into_iter().chain([sum]);
    let origins: Vec<String> = origins
        .flat_map(|of| [tonnes(of.net), tonnes(of.reo)])
        .collect();
    assert!(
        printed
            .windows(origins.len())
            .any(|window| window == origins)
    );
}

#[test]
fn masses_are_in_tonnes_with_all_their_digits() {
    let all = all_pages(&replayed(&history::store()));
    // 20 t allocated, 5.000000001 t and 6 t mined.
    for text in [">20<", ">8.999999999<", "2024-01: 14.999999999 t left"] {
        assert!(all[0].html.contains(text), "{text}");
        assert!(all[1].html.contains(text), "{text}");
    }
}

#[test]
fn names_are_text_whatever_they_hold() {
    let all = all_pages(&replayed(&history::store()));
    for page in &all {
        assert!(!page.html.contains("<script"), "{}", page.file_name);
        assert!(!page.html.contains("onload=\""), "{}", page.file_name);
        html::assert_well_formed(&page.html);
    }
    for page in &all[..2] {
        assert!(page.html.contains("&#60;script&#62;"), "{}", page.file_name);
    }
}

#[test]
fn pages_need_nothing_from_outside_and_link_to_each_other() {
    let all = all_pages(&replayed(&history::store()));
    let names: BTreeSet<_> = all.iter().map(|page| page.file_name.as_str()).collect();
    assert_eq!(names.len(), 4, "the nation and three enterprises");
    for page in &all {
        for banned in ["http:", "https:", "src=", "@import", "url(", "<link"] {
            assert!(!page.html.contains(banned), "{banned}");
        }
        let links = page.html.split("href=\"").skip(1);
        for link in links.map(|rest| rest.split('"').next().unwrap()) {
            assert!(names.contains(link), "{link}");
        }
    }
}

#[test]
fn the_same_log_gives_the_same_pages() {
    let store = history::store();
    let once = all_pages(&replayed(&store));
    assert_eq!(once, all_pages(&replayed(&store)));
}

#[test]
fn an_empty_ledger_has_a_page() {
    let all = all_pages(&Books::default());
    assert_eq!(all.len(), 1);
    html::assert_well_formed(&all[0].html);
}

#[test]
fn each_page_shows_what_is_of_its_month_and_its_party() {
    let all = all_pages(&replayed(&history::store()));
    let expected: [&[&str]; 4] = [
        &[
            "missing</span>: 3",
            "2024-03-10 00:00:00",
            "2024-04: ",
            ">S01<",
            "Settled findings: 0",
        ],
        &[
            "mined → ore/mixed: 6 t REO",
            "ore/mixed → dispatched: -6 t REO",
            "sent to",
        ],
        &[
            "received from",
            "sent to",
            "produced → compound/oxide/Nd: 5 t REO",
        ],
        &["received from", ">S01<"],
    ];
    let (separator, trader) = (testkit::names(5), testkit::names(6));
    let trade = format!(
        "{} {} ({}) → {} {} ({}): 2 t REO",
        separator.en,
        separator.zh,
        party(5),
        trader.en,
        trader.zh,
        party(6)
    );
    assert!(all[0].html.contains(&trade));
    let absent: [&[&str]; 4] = [
        &["2024-02-10 00:00:00", "2024-05: "],
        &["received from", ">S01<", "Separation"],
        &[">S01<", "MiningRock"],
        &["sent to", "MiningRock"],
    ];
    for ((page, expected), absent) in all.iter().zip(expected).zip(absent) {
        for text in expected {
            assert!(page.html.contains(text), "{}: {text}", page.file_name);
        }
        for text in absent {
            assert!(!page.html.contains(text), "{}: {text}", page.file_name);
        }
    }
}

#[test]
fn a_settled_finding_stays_on_the_page_of_its_party_only() {
    let found = replayed(&history::store()).findings(at(NOW)).unwrap();
    let code = projection::FindingCode::S01;
    let wanted = found.iter().find(|found| found.finding.code == code);
    let store = history::store_with_dismissed(wanted.unwrap().finding.id);
    let all = all_pages(&replayed(&store));
    assert!(all[0].html.contains("Settled findings: 1"));
    assert!(!all[0].html.contains(">S01<"));
    assert!(all[3].html.contains(">S01<") && all[3].html.contains("dismissed"));
}

#[test]
fn lots_beyond_fifty_are_one_row() {
    let all = all_pages(&replayed(&history::store_with_lots(52)));
    assert!(all[2].html.contains("3 more lots"));
    let of_three =
        |figure: &&ShownMass| matches!(&figure.what, FigureOf::Stock(cells) if cells.len() == 3);
    let more = all[2].figures.iter().find(of_three).unwrap();
    assert_eq!(more.reo_mg, 3_000_000_003, "the smallest are summed");
    assert!(!all[1].html.contains("more lots"));
}
