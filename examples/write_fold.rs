//! Writes a projection of one's own: what each party mined, by month. `cargo run -p examples --bin write-fold`.
//! A fold posts amounts to cells; replay, sums, snapshots and the explanation of every figure come with the contract.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;

use domain::{Moment, Month, PartyId};
use projection::{Amount, Book, Cells, Column, Fact, Finding, Fold, Movement, Until};
use projection::{Projected, explain, replay};
use store::{MemoryStore, Store};
use testkit::{TestCountry, accept, at, open};

/// What was mined. Has no state besides its cells.
#[derive(Debug, Clone, Default)]
struct Mined;

impl Fold for Mined {
    const NAME: &'static str = "mined";
    const VERSION: u32 = 1;
    type Cell = (PartyId, Month);

    fn apply(
        &mut self,
        _: &Book,
        _: &Fact<'_>,
        moves: &[Movement],
        post: &mut dyn FnMut(Self::Cell, Amount),
    ) {
        // A correction comes as movements of the other sign, so that a sum needs no case for it.
        for step in moves.iter().filter(|step| step.column == Column::Mined) {
            post((step.party, step.month), step.amount());
        }
    }

    fn findings(&self, _: &Cells<Self::Cell>, _: &Book, _: Moment) -> Vec<Finding> {
        Vec::new()
    }

    fn encode(&self) -> Vec<u8> {
        Vec::new()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.is_empty().then_some(Self)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // A small country in memory: three lots are mined.
    let memory = MemoryStore::new();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    let (ledger, _clock) = open(&store, at("2024-02-01"));
    let mut country = TestCountry::new();
    accept(&ledger, country.founding.clone());
    accept(
        &ledger,
        (1..=3).map(|number| country.mined(number)).collect(),
    );

    let mut mined = Projected::<Mined>::new();
    replay(&memory, Until::End, &mut [&mut mined], &mut |_, _| {})?;
    for ((party, month), amount) in mined.cells.iter() {
        println!(
            "{party} {month}: {} kg net, {} kg REO",
            amount.net / 1_000_000,
            amount.reo / 1_000_000
        );
    }
    // Every figure names the events that it is the sum of.
    for (_, postings) in explain::<Mined>(&memory, Until::End, |_| true)? {
        for posting in postings {
            println!(
                "  position {}: {} kg",
                posting.position,
                posting.amount.net / 1_000_000
            );
        }
    }
    Ok(())
}
