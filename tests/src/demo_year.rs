//! The demonstration year, played into a store in memory: plants, sums, identities, digests.
//! Invariant: every figure equals the sum of its explanation. Knows no files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use balance::Balance;
use books::Books;
use demo::{Filed, Plan, plan, play};
use domain::{Month, Registry, Track};
use flow::{Flow, statement};
use ledger::{Ledger, LedgerOptions, ManualClock};
use lineage::Lineage;
use projection::{
    Amount, Book, Cells, Event, Projected, Recall, Severity, Until, advance, explain,
    newest_snapshot,
};
use quota::{Line, Quota};
use report::FigureOf;
use signing::SecretKey;
use store::{Entries, MemoryStore, SparseEntries, Store};
use store_embedded::EmbeddedStore;

struct Year {
    plan: Plan,
    store: MemoryStore,
}

/// Played once for all tests.
fn year() -> &'static Year {
    static YEAR: OnceLock<Year> = OnceLock::new();
    YEAR.get_or_init(|| {
        let (plan, store) = (plan(2024), MemoryStore::new());
        let signer = Arc::new(SecretKey::from_seed(&plan.parties[1].key_seed).unwrap());
        let clock = Arc::new(ManualClock::at(plan.steps[0].received));
        let shared: Arc<dyn Store> = Arc::new(store.clone());
        let ledger = Ledger::open(LedgerOptions {
            store: shared,
            signer,
            next_signer: None,
            clock: Arc::<ManualClock>::clone(&clock),
        })
        .unwrap();
        let mut filed = (Book::default(), Projected::<Flow>::new());
        let mut file = |party, month, size| {
            let (book, flow) = &mut filed;
            advance(&store, size, book, &mut [flow], &mut |_, _| {}).unwrap();
            let statement = statement(&flow.cells, party, month);
            Filed {
                digest: statement.digest(),
                nil: statement.is_nil(),
            }
        };
        play(&plan, &mut file, |group| {
            clock.set(group.iter().map(|signed| signed.received).max().unwrap());
            let events = group.into_iter().map(|signed| signed.event).collect();
            assert!(
                ledger
                    .submit_blocking(events)
                    .unwrap()
                    .iter()
                    .all(Result::is_ok)
            );
            ledger.seen().unwrap()
        })
        .unwrap();
        ledger.close().unwrap();
        Year { plan, store }
    })
}

fn books(store: &dyn Entries, until: Until) -> Books {
    Books::replay(store, until, &mut |_, _| {}).unwrap()
}

#[test]
fn every_planted_offence_is_found_and_no_other_violation() {
    let year = year();
    let now = year.plan.steps.last().unwrap().received;
    let found = books(&year.store, Until::End).findings(now).unwrap();
    let found: Vec<_> = found.into_iter().map(|found| found.finding).collect();
    let planted: BTreeSet<_> = year
        .plan
        .plants
        .iter()
        .map(|plant| (plant.code, plant.party))
        .collect();
    let named: BTreeSet<_> = found
        .iter()
        .filter_map(|finding| Some((finding.code.code(), finding.subject.party?)))
        .collect();
    let missed: Vec<_> = planted.difference(&named).collect();
    assert!(missed.is_empty(), "planted and not found: {missed:?}");
    let violations = found
        .iter()
        .filter(|finding| finding.severity == Severity::Violation);
    // One deed may break several rules: ore fed to a recycler is separated without licence and quota too.
    let recall = Recall::of(&year.store);
    let deeds = year.plan.plants.iter();
    let deeds: BTreeSet<_> = deeds
        .map(|plant| recall.event(plant.position as u64).unwrap().id)
        .collect();
    let is_planted = |finding: &&projection::Finding| {
        let party = finding.subject.party.unwrap();
        planted.contains(&(finding.code.code(), party))
            || finding.evidence.iter().all(|event| deeds.contains(event))
    };
    let other: Vec<_> = violations.filter(|finding| !is_planted(finding)).collect();
    assert!(other.is_empty(), "found and not planted: {other:#?}");
    let returns: Vec<_> = found
        .iter()
        .filter(|finding| finding.code.code() == "R03")
        .collect();
    assert!(
        returns.is_empty(),
        "returns are what the flow record gives: {returns:#?}"
    );
}

#[test]
fn national_indicators_are_the_public_ones() {
    let world = books(&year().store, Until::End);
    for (track, tonnes) in [
        (Track::MiningRock, 250_850),
        (Track::MiningIon, 19_150),
        (Track::Separation, 254_000),
    ] {
        let row = quota::national(&world.quota.cells, 2024, track);
        assert_eq!(row.allocated, tonnes * 1_000_000_000, "{track}");
        assert!(row.consumed > 0, "{track}");
    }
}

#[test]
fn every_figure_is_the_sum_of_its_explanation() {
    let store = &year().store;
    let world = books(store, Until::End);
    check_sums(
        &world.quota.cells,
        explain::<Quota>(store, Until::End, |_| true).unwrap(),
    );
    check_sums(
        &world.flow.cells,
        explain::<Flow>(store, Until::End, |_| true).unwrap(),
    );
    check_sums(
        &world.balance.cells,
        explain::<Balance>(store, Until::End, |_| true).unwrap(),
    );
    check_sums(
        &world.lineage.cells,
        explain::<Lineage>(store, Until::End, |_| true).unwrap(),
    );
    let consumed = world
        .quota
        .cells
        .iter()
        .filter(|(cell, _)| cell.line == Line::Consumed);
    assert!(consumed.count() > 10);
}

fn check_sums<C: projection::Cell>(cells: &Cells<C>, explained: Vec<projection::CellExplained<C>>) {
    assert!(!explained.is_empty());
    for (cell, rows) in explained {
        let sum = rows.iter().fold(Amount::ZERO, |sum, row| sum + row.amount);
        assert_eq!(sum, cells.get(&cell), "{cell:?}");
    }
}

/// The sum of postings of each cell of a fold.
fn postings<F: projection::Fold>() -> BTreeMap<F::Cell, Amount> {
    let explained = explain::<F>(&year().store, Until::End, |_| true).unwrap();
    let sum = |rows: Vec<projection::Explained>| {
        rows.iter().fold(Amount::ZERO, |sum, row| sum + row.amount)
    };
    explained
        .into_iter()
        .map(|(cell, rows)| (cell, sum(rows)))
        .collect()
}

fn sum_of<C: Ord>(sums: &BTreeMap<C, Amount>, cells: &[C]) -> Amount {
    let of = |cell| sums.get(cell).copied().unwrap_or_default();
    cells
        .iter()
        .map(of)
        .fold(Amount::ZERO, |sum, amount| sum + amount)
}

#[test]
fn every_mass_on_the_pages_is_the_sum_of_its_explanation() {
    let (flow, quota, stock) = (
        postings::<Flow>(),
        postings::<Quota>(),
        postings::<Balance>(),
    );
    let (partners, origins) = (postings::<flow::Partners>(), postings::<Lineage>());
    let year = year();
    let now = year.plan.steps.last().unwrap().received;
    let books = books(&year.store, Until::End);
    let month = Month::new(2024, 6).unwrap();
    let mut figures = 0;
    for page in report::pages(&books, month, now).unwrap() {
        for figure in page.figures {
            let sum = match &figure.what {
                FigureOf::Flow(cells) => sum_of(&flow, cells),
                FigureOf::Stock(cells) => sum_of(&stock, cells),
                FigureOf::Partners(cells) => sum_of(&partners, cells),
                FigureOf::Origins(cells) => sum_of(&origins, cells),
                FigureOf::Quota { cells } => {
                    let signed = |(cell, sign): &(_, i8)| sum_of(&quota, &[*cell]).times(*sign);
                    cells
                        .iter()
                        .map(signed)
                        .fold(Amount::ZERO, |sum, amount| sum + amount)
                }
                // What a finding compares is shown by its evidence.
                FigureOf::Finding { .. } => continue,
            };
            figures += 1;
            let (file, net) = (&page.file_name, figure.net_mg.unwrap_or(sum.net));
            assert_eq!(
                (net, figure.reo_mg),
                (sum.net, sum.reo),
                "{file}: {:?}",
                figure.what
            );
        }
    }
    assert!(figures > 1_000, "{figures}");
}

#[test]
fn statements_add_up_and_continue_from_month_to_month() {
    let year = year();
    let world = books(&year.store, Until::End);
    for party in &year.plan.parties {
        let mut month = Month::new(2024, 1).unwrap();
        let mut before = statement(&world.flow.cells, party.id, month.previous());
        for _ in 0..13 {
            let now = statement(&world.flow.cells, party.id, month);
            for row in &now.rows {
                let sum = row
                    .columns
                    .iter()
                    .fold(row.opening, |sum, (_, amount)| sum + *amount);
                assert_eq!(sum, row.closing);
                let closed = before
                    .rows
                    .iter()
                    .find(|earlier| earlier.product == row.product);
                assert_eq!(
                    closed.map_or(Amount::ZERO, |earlier| earlier.closing),
                    row.opening
                );
            }
            (before, month) = (now, month.next());
        }
    }
}

#[test]
fn the_same_log_gives_the_same_state_however_it_is_cut() {
    let store = &year().store;
    let digest = books(store, Until::End).digest();
    for cut in (1..=20u64).map(|number| number * 947 % store.size()) {
        let mut cut_books = books(store, Until::Position(cut));
        cut_books
            .advance(store, store.size(), &mut |_, _| {})
            .unwrap();
        assert_eq!(cut_books.digest(), digest, "cut at {cut}");
    }
}

#[test]
fn snapshots_and_the_store_on_disk_change_nothing() {
    let memory = &year().store;
    let digest = books(memory, Until::End).digest();
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::create(folder.path()).unwrap();
    for frame in memory.frames(0).unwrap() {
        let frame = frame.unwrap();
        let entries: Vec<_> = frame.entries().map(|(_, entry)| entry).collect();
        store
            .append(frame.first(), &entries, frame.checkpoint())
            .unwrap();
    }
    for cut in (1..=20u64).map(|number| number * 947 % store.size()) {
        books(&store, Until::Position(cut))
            .snapshot(store.side())
            .unwrap();
        // Cuts ascend, so this resumes from the snapshot just saved.
        assert_eq!(newest_snapshot(store.side()), Some(cut + 1));
        assert_eq!(
            books(&store, Until::End).digest(),
            digest,
            "snapshot at {cut}"
        );
    }
}

/// The entries for which `wanted` holds, each alone.
fn part(wanted: impl Fn(&Event) -> bool) -> SparseEntries {
    let store = &year().store;
    let mut held = BTreeMap::new();
    for frame in store.frames(0).unwrap() {
        let frame = frame.unwrap();
        let wanted = frame
            .entries()
            .filter(|(position, entry)| wanted(&Event::decode(*position, entry).unwrap()));
        held.extend(wanted.map(|(position, entry)| (position, entry.to_vec())));
    }
    SparseEntries::new(store.size(), held).unwrap()
}

#[test]
fn a_party_that_holds_its_own_events_alone_can_fold_them() {
    let year = year();
    let now = year.plan.steps.last().unwrap().received;
    let mut whole = books(&year.store, Until::End);
    assert_eq!(
        books(&part(|_| true), Until::End).digest(),
        whole.digest(),
        "all entries, each alone"
    );
    for party in year.plan.parties.iter().step_by(5) {
        let entries =
            part(|event| event.body.author == party.id || Registry::concerns(&event.body.payload));
        assert!(!entries.is_whole());
        let mut all = books(&entries, Until::End);
        all.findings(now).unwrap();
        assert_eq!(all.book.registry(), whole.book.registry());
        assert_eq!(all.book.size(), year.store.size());
        let mut cut = books(&entries, Until::Position(9_470));
        cut.advance(&entries, entries.size(), &mut |_, _| {})
            .unwrap();
        assert_eq!(cut.digest(), all.digest(), "cut in a gap");
    }
}

#[test]
fn the_verifier_finds_the_year_good() {
    testkit::check_ledger(&year().store);
}
