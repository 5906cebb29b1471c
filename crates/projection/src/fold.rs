//! The fold contract: one question, answered from facts and movements by posting amounts to cells.
//!
//! Invariant: a projection's figures are the sums of its postings and nothing else; state next to the cells serves
//! findings and later postings. Knows nothing of stores.

use std::fmt::Debug;
use std::hash::Hash;

use bincode::{Decode, Encode};
use domain::Moment;

use crate::amount::{Amount, Cells};
use crate::book::{Book, Movement};
use crate::event::Fact;
use crate::findings::Finding;

/// What figures are kept by.
pub trait Cell: Copy + Ord + Hash + Debug + Send + Encode + Decode<()> {}

impl<T: Copy + Ord + Hash + Debug + Send + Encode + Decode<()>> Cell for T {}

/// One projection. Pure: no clock, no randomness, no files; the same facts in the same order give the same state.
pub trait Fold: Default + Send {
    /// Permanent name in snapshots and reports.
    const NAME: &'static str;
    /// Increased whenever the meaning of state or cells changes; older snapshots are then ignored.
    const VERSION: u32;
    /// What figures are kept by.
    type Cell: Cell;

    /// Takes a fact. `book` is as before the fact, new lots registered; `moves` carry the fact's sign already; amounts
    /// of the payload are signed by [`Fact::signed`]. `post` adds an amount to a cell.
    fn apply(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        moves: &[Movement],
        post: &mut dyn FnMut(Self::Cell, Amount),
    );

    /// What looks wrong by now, in any order. `as_of` is the moment of asking: lateness depends on it.
    fn findings(&self, cells: &Cells<Self::Cell>, book: &Book, as_of: Moment) -> Vec<Finding>;

    /// State next to the cells as canonical bytes (sorted), for example by `wire::state::to_bytes`.
    fn encode(&self) -> Vec<u8>;

    /// State from such bytes; nothing if they are not such a state.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// A fold and the sums of its postings.
#[derive(Debug, Clone)]
pub struct Projected<F: Fold> {
    pub fold: F,
    pub cells: Cells<F::Cell>,
}

impl<F: Fold> Default for Projected<F> {
    fn default() -> Self {
        Self {
            fold: F::default(),
            cells: Cells::default(),
        }
    }
}

impl<F: Fold> Projected<F> {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What looks wrong by now, sorted by code, then subject.
    pub fn findings(&self, book: &Book, as_of: Moment) -> Vec<Finding> {
        let mut findings = self.fold.findings(&self.cells, book, as_of);
        findings.sort_by(Finding::by_code_and_subject);
        findings
    }
}

/// Cells by cell, then the fold's own bytes.
type SavedState<C> = (Vec<(C, Amount)>, Vec<u8>);

/// A projection of any kind, so that one replay drives several.
pub trait AnyFold: Send {
    /// Permanent name.
    fn name(&self) -> &'static str;
    /// Version of its state.
    fn version(&self) -> u32;
    /// Takes a fact.
    fn apply(&mut self, book: &Book, fact: &Fact<'_>, moves: &[Movement]);
    /// Cells and state as canonical bytes.
    fn save(&self) -> Vec<u8>;
    /// Takes such bytes as its state; false and unchanged if they are not such a state.
    fn load(&mut self, bytes: &[u8]) -> bool;
    /// Back to nothing seen.
    fn clear(&mut self);
}

impl<F: Fold> AnyFold for Projected<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn version(&self) -> u32 {
        F::VERSION
    }

    fn apply(&mut self, book: &Book, fact: &Fact<'_>, moves: &[Movement]) {
        let cells = &mut self.cells;
        self.fold.apply(book, fact, moves, &mut |cell, amount| {
            cells.post(cell, amount)
        });
    }

    fn save(&self) -> Vec<u8> {
        wire::state::to_bytes(&(self.cells.sorted(), self.fold.encode()))
    }

    fn load(&mut self, bytes: &[u8]) -> bool {
        let state = wire::state::from_bytes::<SavedState<F::Cell>>(bytes);
        let loaded = state.and_then(|(cells, fold)| {
            Some(Self {
                fold: F::decode(&fold)?,
                cells: Cells::from_sorted(cells),
            })
        });
        loaded.map(|loaded| *self = loaded).is_some()
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}
