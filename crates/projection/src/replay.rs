//! The replay driver: entries are decoded on one thread and applied on another, in log order.
//!
//! Invariant: one event is applied at a time, book first, then every fold, then the book settles: the number of threads
//! and the cut into pieces change nothing. Memory is bounded by a few batches.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use domain::Moment;
use store::Entries;

use crate::book::{Book, Movement};
use crate::event::{Event, Fact};
use crate::fault::ProjectionFault;
use crate::fold::AnyFold;
use crate::recall::Recall;
use crate::snapshot::resume;

/// Up to where the log is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Everything that is known.
    End,
    /// Up to and with the event at this position.
    Position(u64),
    /// What was received by this moment, that moment included.
    Received(Moment),
}

/// Events decoded ahead: a batch, and how many batches wait.
const BATCH_EVENTS: usize = 256;
const BATCHES_WAITING: usize = 8;

type Batch = Result<Vec<Event>, ProjectionFault>;

/// The log size that `until` covers.
///
/// # Errors
/// A position past the end; a log that can't be read.
pub fn size_at(entries: &dyn Entries, until: Until) -> Result<u64, ProjectionFault> {
    let size = entries.size();
    match until {
        Until::End => Ok(size),
        Until::Position(position) if position < size => Ok(position + 1),
        Until::Position(position) => Err(ProjectionFault::PastEnd { position, size }),
        Until::Received(moment) => {
            // Receive times never go back, so the last one in time is found by halving.
            let (mut low, mut high) = (0, size);
            while low < high {
                let middle = low + (high - low) / 2;
                match received_from(entries, middle)? {
                    Some((position, received)) if received <= moment => low = position + 1,
                    _ => high = middle,
                }
            }
            Ok(low)
        }
    }
}

/// Position and receive time of the first entry held at or after a position.
fn received_from(
    entries: &dyn Entries,
    from: u64,
) -> Result<Option<(u64, Moment)>, ProjectionFault> {
    let Some(frame) = entries.frames(from)?.next().transpose()? else {
        return Ok(None);
    };
    let Some((position, entry)) = frame.entries().find(|(position, _)| *position >= from) else {
        return Ok(None);
    };
    let entry = wire::decode_entry(entry);
    let entry = entry.map_err(|refusal| ProjectionFault::Log {
        position,
        what: refusal.to_string(),
    })?;
    Ok(Some((position, entry.received)))
}

/// Replays the log into the folds, from the newest snapshot that holds them all, and gives the book. `progress` is
/// told the entries done, out of all that will be covered.
///
/// # Errors
/// The log can't be read, or `until` lies past its end.
pub fn replay(
    entries: &dyn Entries,
    until: Until,
    folds: &mut [&mut dyn AnyFold],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Book, ProjectionFault> {
    let size = size_at(entries, until)?;
    let mut book = resume(entries, size, folds)?;
    advance(entries, size, &mut book, folds, progress)?;
    Ok(book)
}

/// Brings book and folds from where the book stands to the log size `size`, without looking for snapshots.
///
/// # Errors
/// The log can't be read; book and folds have then seen the same events, up to some position.
pub fn advance(
    entries: &dyn Entries,
    size: u64,
    book: &mut Book,
    folds: &mut [&mut dyn AnyFold],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), ProjectionFault> {
    if book.recall().is_none() {
        book.set_recall(Recall::of(entries));
    }
    feed(entries, book.size(), size, &mut |event| {
        book.apply(event, &mut |book, fact, moves| {
            for fold in folds.iter_mut() {
                fold.apply(book, fact, moves);
            }
        });
        if book.size().is_multiple_of(BATCH_EVENTS as u64) || book.size() == size {
            progress(book.size(), size);
        }
    })?;
    book.reach(size);
    book.recall()
        .and_then(Recall::take_fault)
        .map_or(Ok(()), Err)
}

/// Hands over every fact up to `until` with the book as before it and its movements, from the first event on: for questions
/// that the sums of a snapshot don't answer.
///
/// # Errors
/// The log can't be read, or `until` lies past its end. What was handed over can't be relied on then.
pub fn walk(
    entries: &dyn Entries,
    until: Until,
    each: &mut dyn FnMut(&Book, &Fact<'_>, &[Movement]),
) -> Result<(), ProjectionFault> {
    let size = size_at(entries, until)?;
    let mut book = Book::over(entries);
    feed(entries, 0, size, &mut |event| book.apply(event, &mut *each))?;
    book.recall()
        .and_then(Recall::take_fault)
        .map_or(Ok(()), Err)
}

/// Hands over the events that are held of `from..size`, in order, decoded ahead on a thread of its own.
///
/// # Errors
/// The log can't be read; every event before the fault was handed over.
pub fn feed(
    entries: &dyn Entries,
    from: u64,
    size: u64,
    each: &mut dyn FnMut(&Event),
) -> Result<(), ProjectionFault> {
    if from >= size {
        return Ok(());
    }
    std::thread::scope(|scope| {
        let (sender, receiver): (SyncSender<Batch>, Receiver<Batch>) =
            sync_channel(BATCHES_WAITING);
        // Batches go back to be emptied where they were filled: the applying thread is the busier one.
        let (back, spent) = sync_channel(BATCHES_WAITING + 2);
        scope.spawn(move || {
            if let Err(fault) = decode(entries, from, size, &sender, &spent) {
                // A receiver that has gone wants no fault either.
                let _ = sender.send(Err(fault));
            }
        });
        for batch in receiver {
            let batch = batch?;
            batch.iter().for_each(&mut *each);
            let _ = back.try_send(batch);
        }
        Ok(())
    })
}

fn decode(
    entries: &dyn Entries,
    from: u64,
    size: u64,
    sender: &SyncSender<Batch>,
    spent: &Receiver<Vec<Event>>,
) -> Result<(), ProjectionFault> {
    let empty = || {
        let mut batch = spent
            .try_recv()
            .unwrap_or_else(|_| Vec::with_capacity(BATCH_EVENTS));
        batch.clear();
        batch
    };
    let mut batch = empty();
    for frame in entries.frames(from)? {
        let frame = frame?;
        let wanted = frame
            .entries()
            .filter(|(position, _)| (from..size).contains(position));
        for (position, entry) in wanted {
            let event = match Event::decode(position, entry) {
                Ok(event) => event,
                Err(fault) => {
                    // What was read before the fault is applied first, so that the fault comes in its place.
                    let _ = sender.send(Ok(batch));
                    return Err(fault);
                }
            };
            batch.push(event);
            if batch.len() == BATCH_EVENTS {
                let full = std::mem::replace(&mut batch, empty());
                if sender.send(Ok(full)).is_err() {
                    return Ok(());
                }
            }
        }
        if frame.end() >= size {
            break;
        }
    }
    let _ = sender.send(Ok(batch));
    Ok(())
}
