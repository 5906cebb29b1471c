//! The books: every projection over one shared book, replayed together.
//!
//! Invariant: the list of projections stands here and nowhere else, so that the command, the tests, the bench and the
//! digest of the state mean the same. Knows no layout and no files.

mod from_evidence;
mod preview;
mod rulings;

pub use from_evidence::{Weighed, weigh};
pub use preview::{Preview, PreviewFault};
pub use rulings::{JudgedFinding, Ruled, Rulings, State};

use balance::{Balance, Conservation};
use domain::{Bytes32, Moment, Payload};
use flow::{Flow, Partners};
use lineage::Lineage;
use projection::{
    AnyFold, Book, Event, Finding, Projected, ProjectionFault, Recall, Until, feed,
    newest_snapshot, part_digests, resume, save_snapshot, size_at, state_digest,
};
use quota::Quota;
use store::{Entries, Side};

/// Makes the books of a list of projections, and all that is done with each of them in turn.
macro_rules! books {
    ($($name:ident: $fold:ty),+ $(,)?) => {
        /// The log folded by every projection, up to some position.
        #[derive(Debug, Clone, Default)]
        pub struct Books {
            pub book: Book,
            $(pub $name: Projected<$fold>,)+
            /// When the newest event was received.
            received: Option<Moment>,
        }

        impl Books {
            /// Hands the event to the book, and its facts to every projection.
            fn fold(&mut self, event: &Event) {
                let Self { book, $($name,)+ .. } = self;
                book.apply(event, &mut |book, fact, moves| {
                    $($name.apply(book, fact, moves);)+
                });
            }

            /// What the projections raise by `now`, one after the other, until one of them gives an answer.
            fn ask_each<T>(
                &self,
                now: Moment,
                mut answer: impl FnMut(Vec<Finding>) -> Option<T>,
            ) -> Option<T> {
                None$(.or_else(|| answer(self.$name.findings(&self.book, now))))+
            }

            fn folds(&mut self) -> Vec<&mut dyn AnyFold> {
                vec![$(&mut self.$name),+]
            }
        }
    };
}

// The one list of projections, in the order of the state digest.
books! {
    quota: Quota,
    flow: Flow,
    partners: Partners,
    balance: Balance,
    lineage: Lineage,
    rulings: Rulings,
    conservation: Conservation,
}

/// Events between two calls of a progress report.
const PROGRESS_EVENTS: u64 = 256;

/// Events after which a new snapshot is worth its space.
const SNAPSHOT_EVENTS: u64 = 10_000;

impl Books {
    /// Replays the log up to `until`, from the newest snapshot below it. `progress` is told the log size reached and
    /// the size aimed at.
    ///
    /// # Errors
    /// The log can't be read, or `until` lies past its end.
    pub fn replay(
        entries: &dyn Entries,
        until: Until,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, ProjectionFault> {
        let size = size_at(entries, until)?;
        let mut books = Self::default();
        let book = resume(entries, size, &mut books.folds())?;
        books.book = book;
        books.advance(entries, size, progress)?;
        Ok(books)
    }

    /// Applies the events between where the books stand and the log size `size`.
    ///
    /// # Errors
    /// The log can't be read; the books have then seen every event before the fault.
    pub fn advance(
        &mut self,
        entries: &dyn Entries,
        size: u64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), ProjectionFault> {
        if let (None, Some(last)) = (self.received, self.book.last_position()) {
            // A snapshot holds no receive times.
            feed(entries, last, last + 1, &mut |event| {
                self.received = Some(event.received);
            })?;
        }
        if self.book.recall().is_none() {
            self.book.set_recall(Recall::of(entries));
        }
        feed(entries, self.book.size(), size, &mut |event| {
            self.apply(event);
            let done = self.book.size();
            if done.is_multiple_of(PROGRESS_EVENTS) || done == size {
                progress(done, size);
            }
        })?;
        self.book.reach(size);
        self.sound(())
    }

    /// What was worked out, unless the log could not be read where it was needed again.
    ///
    /// # Errors
    /// The first fault since this was asked last.
    pub fn sound<T>(&self, worked_out: T) -> Result<T, ProjectionFault> {
        let fault = self.book.recall().and_then(Recall::take_fault);
        fault.map_or(Ok(worked_out), Err)
    }

    /// Applies the next event: of the log, or one that is only being considered.
    pub fn apply(&mut self, event: &Event) {
        // A ruling rests on what its author could see: the books before it.
        let ruled = if let Payload::FindingRuled(act) = &event.body.payload {
            let about = self.raised_as(&act.finding, event.received);
            Some((
                act.finding,
                about.map(|finding| rulings::evidence_digest(&finding)),
            ))
        } else {
            None
        };
        self.fold(event);
        self.received = Some(event.received);
        if let Some((finding, seen)) = ruled
            && let Some(ruled) = self
                .rulings
                .fold
                .0
                .get_mut(&finding)
                .and_then(|all| all.last_mut())
        {
            ruled.seen = seen;
        }
    }

    /// When the node received the newest event; nothing before the first.
    pub fn received(&self) -> Option<Moment> {
        self.received
    }

    /// What looks wrong by `now`, with what was ruled on it, sorted by code, then subject.
    ///
    /// # Errors
    /// The log can't be read where a finding rests on it.
    pub fn findings(&self, now: Moment) -> Result<Vec<JudgedFinding>, ProjectionFault> {
        let raised = self.raised(now).into_iter();
        let judged = raised.map(|finding| self.rulings.fold.judge(finding));
        self.sound(judged.collect())
    }

    /// Where a finding stands that rests on evidence outside the log. Such evidence never grows, since the finding's id is made
    /// of it; so a ruling on it holds, though a replay could not see what it rested on.
    pub fn judge(&self, finding: Finding) -> JudgedFinding {
        self.rulings.fold.judge_of_file(finding)
    }

    fn raised(&self, now: Moment) -> Vec<Finding> {
        let mut found = Vec::new();
        self.ask_each(now, |raised| {
            found.extend(raised);
            None::<()>
        });
        found.sort_by(Finding::by_code_and_subject);
        found
    }

    /// A finding by its id, which does not tell whose it is: one projection is asked after the other until it is found.
    fn raised_as(&self, id: &Bytes32, now: Moment) -> Option<Finding> {
        self.ask_each(now, |raised| {
            raised.into_iter().find(|finding| finding.id == *id)
        })
    }

    /// BLAKE3 over the whole state: equal for the same log on every machine.
    pub fn digest(&mut self) -> Bytes32 {
        let book = std::mem::take(&mut self.book);
        let digest = state_digest(&book, &self.folds());
        self.book = book;
        digest
    }

    /// The same of each part alone, by name.
    pub fn part_digests(&mut self) -> Vec<(&'static str, Bytes32)> {
        let book = std::mem::take(&mut self.book);
        let parts = part_digests(&book, &self.folds());
        self.book = book;
        parts
    }

    /// Saves a snapshot if something is kept with the entries and the newest one lies far enough back to be worth it;
    /// says whether it did.
    ///
    /// # Errors
    /// The side area can't be written; the log is not touched.
    pub fn keep(&mut self, entries: &dyn Entries) -> Result<bool, ProjectionFault> {
        let Some(side) = entries.kept() else {
            return Ok(false);
        };
        let newest = newest_snapshot(side).unwrap_or(0);
        if self.book.size() < newest.saturating_add(SNAPSHOT_EVENTS) {
            return Ok(false);
        }
        self.snapshot(side).map(|()| true)
    }

    /// Saves a snapshot.
    ///
    /// # Errors
    /// The side area can't be written; the log is not touched.
    pub fn snapshot(&mut self, side: &dyn Side) -> Result<(), ProjectionFault> {
        let book = std::mem::take(&mut self.book);
        let saved = save_snapshot(side, &book, &self.folds());
        self.book = book;
        saved
    }
}
