//! The demonstration year, played into a store in memory: plants, sums, identities, digests.
//! Invariant: every figure equals the sum of its explanation. Knows no files.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use balance::Balance;
use demo::{Plan, plan, play};
use domain::{Bytes32, Month, Track};
use flow::{Flow, statement};
use ledger::{Ledger, ManualClock, Options};
use projection::{
    Amount, AnyFold, Book, Cells, Finding, Projected, Severity, Until, explain, replay,
    save_snapshot, state_digest,
};
use quota::{Line, Quota};
use seal::SecretKey;
use store::{MemoryStore, Store};
use store_embedded::EmbeddedStore;

struct Year {
    plan: Plan,
    store: MemoryStore,
}

/// Played once for all tests; statements are not what is tested, so filed digests are zero.
fn year() -> &'static Year {
    static YEAR: OnceLock<Year> = OnceLock::new();
    YEAR.get_or_init(|| {
        let (plan, store) = (plan(2024), MemoryStore::new());
        let signer = Arc::new(SecretKey::from_seed(&plan.parties[1].key_seed).unwrap());
        let clock = Arc::new(ManualClock::at(plan.steps[0].received));
        let shared: Arc<dyn Store> = Arc::new(store.clone());
        let ledger = Ledger::open(Options {
            store: shared,
            signer,
            clock: Arc::<ManualClock>::clone(&clock),
        })
        .unwrap();
        play(&plan, &mut |_, _, _| Bytes32([0; 32]), |group| {
            clock.set(group.iter().map(|signed| signed.received).max().unwrap());
            let events = group.into_iter().map(|signed| signed.event).collect();
            assert!(
                ledger
                    .submit_blocking(events)
                    .unwrap()
                    .iter()
                    .all(Result::is_ok)
            );
        })
        .unwrap();
        ledger.close().unwrap();
        Year { plan, store }
    })
}

#[derive(Default)]
struct World {
    quota: Projected<Quota>,
    flow: Projected<Flow>,
    balance: Projected<Balance>,
}

impl World {
    fn replay(store: &dyn Store, until: Until) -> (Self, Book) {
        let mut world = Self::default();
        let folds: &mut [&mut dyn AnyFold] =
            &mut [&mut world.quota, &mut world.flow, &mut world.balance];
        let book = replay(store, until, folds, &mut |_, _| {}).unwrap();
        (world, book)
    }

    fn digest(&mut self, book: &Book) -> Bytes32 {
        state_digest(book, &[&mut self.quota, &mut self.flow, &mut self.balance])
    }

    fn findings(&self, book: &Book, year: &Year) -> Vec<Finding> {
        let now = year.plan.steps.last().unwrap().received;
        let mut found = self.quota.findings(book, now);
        found.extend(self.flow.findings(book, now));
        found.extend(self.balance.findings(book, now));
        found
    }
}

#[test]
fn every_planted_offence_is_found_and_no_other_violation() {
    let year = year();
    let (world, book) = World::replay(&year.store, Until::End);
    let found = world.findings(&book, year);
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
    let other: Vec<_> = violations
        .filter(|finding| !planted.contains(&(finding.code.code(), finding.subject.party.unwrap())))
        .collect();
    assert!(other.is_empty(), "found and not planted: {other:#?}");
}

#[test]
fn national_indicators_are_the_public_ones() {
    let (world, _) = World::replay(&year().store, Until::End);
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
    let (world, _) = World::replay(store, Until::End);
    check_sums(
        &world.quota.cells,
        explain::<Quota>(store, Until::End, |_| true).unwrap(),
    );
    check_sums(
        &world.flow.cells,
        explain::<Flow>(store, Until::End, |_| true).unwrap(),
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

#[test]
fn statements_add_up_and_continue_from_month_to_month() {
    let year = year();
    let (world, _) = World::replay(&year.store, Until::End);
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
    let (mut whole, book) = World::replay(store, Until::End);
    let digest = whole.digest(&book);
    for cut in (1..=20u64).map(|number| number * 947 % store.size()) {
        let (mut world, mut book) = World::replay(store, Until::Position(cut));
        let folds: &mut [&mut dyn AnyFold] =
            &mut [&mut world.quota, &mut world.flow, &mut world.balance];
        projection::advance(store, store.size(), &mut book, folds, &mut |_, _| {}).unwrap();
        assert_eq!(world.digest(&book), digest, "cut at {cut}");
    }
}

#[test]
fn snapshots_and_the_store_on_disk_change_nothing() {
    let memory = &year().store;
    let (mut whole, book) = World::replay(memory, Until::End);
    let digest = whole.digest(&book);
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
        let (mut world, book) = World::replay(&store, Until::Position(cut));
        let folds: &mut [&mut dyn AnyFold] =
            &mut [&mut world.quota, &mut world.flow, &mut world.balance];
        save_snapshot(&store, &book, folds).unwrap();
        // Cuts ascend, so this resumes from the snapshot just saved.
        let (mut resumed, book) = World::replay(&store, Until::End);
        assert_eq!(resumed.digest(&book), digest, "snapshot at {cut}");
    }
}

#[test]
fn the_verifier_finds_the_year_good() {
    testkit::check_ledger(&year().store);
}
