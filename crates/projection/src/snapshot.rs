//! Snapshots of book and folds in the side area, and the state digest.
//!
//! Invariant: a snapshot is used only if it is whole, of this version and of this very log; else it is as if it were
//! not there. Nothing true rests on it.

use chain::{Context, ContextHasher, digest};
use domain::Bytes32;
use store::{Change, Entries, Side, Space};

use crate::book::Book;
use crate::fault::ProjectionFault;
use crate::fold::AnyFold;

/// Version of the book's own state.
const BOOK_VERSION: u32 = 10;
const BOOK: &str = "book";

/// Snapshots kept: one may turn out damaged.
const KEPT: usize = 2;

/// The log size of the newest snapshot of a book, whole or not.
pub fn newest_snapshot(side: &dyn Side) -> Option<u64> {
    snapshot_up_to(side, u64::MAX)
}

fn snapshot_up_to(side: &dyn Side, at: u64) -> Option<u64> {
    let found = side.last_up_to(Space::Snapshots, &key(BOOK, at));
    found.ok()?.and_then(|(found, _)| position_of(BOOK, &found))
}

/// Saves book and folds as they stand, at the position after the last event they have seen, and drops all but the
/// newest snapshots.
///
/// # Errors
/// The side area can't be written; the log is not touched.
pub fn save_snapshot(
    side: &dyn Side,
    book: &Book,
    folds: &[&mut dyn AnyFold],
) -> Result<(), ProjectionFault> {
    let size = book.size();
    let set = |name, version, state: &[u8]| {
        Change::set(Space::Snapshots, key(name, size), framed(version, state))
    };
    let mut changes = vec![set(BOOK, BOOK_VERSION, &book.to_state())];
    changes.extend(
        folds
            .iter()
            .map(|fold| set(fold.name(), fold.version(), &fold.save())),
    );
    let (mut at, mut kept) = (size.checked_sub(1), 1);
    while let Some(old) = at.and_then(|at| snapshot_up_to(side, at)) {
        if kept >= KEPT {
            let names = folds.iter().map(|fold| fold.name()).chain([BOOK]);
            changes.extend(names.map(|name| Change::remove(Space::Snapshots, key(name, old))));
        }
        kept += 1;
        at = old.checked_sub(1);
    }
    Ok(side.put(&changes)?)
}

/// Loads the newest snapshot at or below `size` that holds the book and every one of the folds; from nothing if there
/// is none. Returns the book; the folds are changed in place.
///
/// # Errors
/// The log can't be read where the snapshot says that its registry was made.
pub fn resume(
    entries: &dyn Entries,
    size: u64,
    folds: &mut [&mut dyn AnyFold],
) -> Result<Book, ProjectionFault> {
    let mut limit = Some(size);
    while let Some(at) = limit {
        let kept = entries.kept();
        let found = kept.map(|kept| kept.last_up_to(Space::Snapshots, &key(BOOK, at)));
        let Some(Ok(Some((found, value)))) = found else {
            break;
        };
        let Some(position) = position_of(BOOK, &found) else {
            break;
        };
        let state = open(BOOK_VERSION, &value);
        let book = match state {
            Some(state) => Book::from_state(state, entries)?,
            None => None,
        };
        if let Some(book) = book.filter(|book| book.size() == position)
            && load_folds(kept, position, folds)
        {
            return Ok(book);
        }
        limit = position.checked_sub(1);
    }
    for fold in folds.iter_mut() {
        fold.clear();
    }
    Ok(Book::over(entries))
}

fn load_folds(kept: Option<&dyn Side>, position: u64, folds: &mut [&mut dyn AnyFold]) -> bool {
    folds.iter_mut().all(|fold| {
        let value = kept.map(|kept| kept.get(Space::Snapshots, &key(fold.name(), position)));
        let Some(Ok(Some(value))) = value else {
            return false;
        };
        open(fold.version(), &value).is_some_and(|state| fold.load(state))
    })
}

/// BLAKE3 over book and folds in canonical form: equal for the same log, on any store and for any cut of the replay.
pub fn state_digest(book: &Book, folds: &[&mut dyn AnyFold]) -> Bytes32 {
    let mut hasher = ContextHasher::new(Context::StateDigest);
    add_part(&mut hasher, BOOK, BOOK_VERSION, &book.to_state());
    for fold in folds {
        add_part(&mut hasher, fold.name(), fold.version(), &fold.save());
    }
    Bytes32(hasher.finish())
}

/// The same of the book and of each fold alone, by name, so that two who differ see in what.
pub fn part_digests(book: &Book, folds: &[&mut dyn AnyFold]) -> Vec<(&'static str, Bytes32)> {
    let digest_of = |name: &'static str, version, state: &[u8]| {
        let mut hasher = ContextHasher::new(Context::StateDigest);
        add_part(&mut hasher, name, version, state);
        (name, Bytes32(hasher.finish()))
    };
    let mut parts = vec![digest_of(BOOK, BOOK_VERSION, &book.to_state())];
    let of_fold = |fold: &&mut dyn AnyFold| digest_of(fold.name(), fold.version(), &fold.save());
    parts.extend(folds.iter().map(of_fold));
    parts
}

fn add_part(hasher: &mut ContextHasher, name: &str, version: u32, state: &[u8]) {
    hasher.update(&(name.len() as u64).to_le_bytes());
    hasher.update(name.as_bytes());
    hasher.update(&version.to_le_bytes());
    hasher.update(&(state.len() as u64).to_le_bytes());
    hasher.update(state);
}

/// `NAME/` and the position, big-endian, so that keys sort by position.
fn key(name: &str, position: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() + 9);
    key.extend_from_slice(name.as_bytes());
    key.push(b'/');
    key.extend_from_slice(&position.to_be_bytes());
    key
}

fn position_of(name: &str, key: &[u8]) -> Option<u64> {
    let rest = key.strip_prefix(name.as_bytes())?.strip_prefix(b"/")?;
    rest.try_into().ok().map(u64::from_be_bytes)
}

/// Digest, version, state.
fn framed(version: u32, state: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(36 + state.len());
    let version = version.to_le_bytes();
    value.extend_from_slice(&digest(Context::StateDigest, &[&version, state]));
    value.extend_from_slice(&version);
    value.extend_from_slice(state);
    value
}

fn open(version: u32, value: &[u8]) -> Option<&[u8]> {
    let (expected, rest) = value.split_first_chunk::<32>()?;
    let (found, state) = rest.split_first_chunk::<4>()?;
    let whole = digest(Context::StateDigest, &[found, state]) == *expected;
    (whole && *found == version.to_le_bytes()).then_some(state)
}
