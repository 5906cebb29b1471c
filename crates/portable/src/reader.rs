//! The entries of a folder or a pack by position, for whoever goes through a copy more than once.
//!
//! Invariant: a group is in memory at a time, and of a pack one offset a group. Judges nothing: what is read here was
//! verified before, or is not to be believed. A copy that has grown is opened at the cost of what is new in it.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use verify::{ByPosition, Group, SourceDamage};

use crate::fault::PortableFault;
use crate::folder::FolderSource;
use crate::kind::{Kind, kind_of};
use crate::pack::{GROUP_ENTRIES, PackSource};

/// A copy open for reading at any position.
#[derive(Debug)]
pub struct CopyReader(Form);

#[derive(Debug)]
enum Form {
    Folder(FolderSource),
    /// With the byte at which each group begins, counted from the first entry.
    Pack(Mutex<PackSource>, Vec<u64>),
}

/// Where the groups of a copy begin that was read before: its next state is the same up to there.
#[derive(Debug, Clone, Default)]
pub struct Places(Vec<u64>);

impl CopyReader {
    /// Opens a folder or a pack.
    ///
    /// # Errors
    /// It is neither, or it can't be read to its end.
    pub fn open(path: &Path) -> Result<Self, PortableFault> {
        Self::open_grown(path, Places::default())
    }

    /// Opens the next state of a copy whose groups were found at these places before. If it is no continuation of that one,
    /// other bytes are read where its entries were, and whoever verifies them finds it.
    ///
    /// # Errors
    /// It is neither a folder nor a pack, or it can't be read from there to its end.
    pub fn open_grown(path: &Path, places: Places) -> Result<Self, PortableFault> {
        let form = match kind_of(path)? {
            Kind::Folder => Form::Folder(FolderSource::open(path)?),
            Kind::Pack => {
                let mut source = PackSource::open(path)?;
                let Places(mut offsets) = places;
                find_groups(&mut source, &mut offsets).map_err(PortableFault::Log)?;
                Form::Pack(Mutex::new(source), offsets)
            }
            Kind::Ledger | Kind::Extract | Kind::Evidence | Kind::Receipt => {
                return Err(PortableFault::Kind {
                    path: path.to_owned(),
                    what: "it is neither a folder nor a pack of a whole log",
                });
            }
        };
        Ok(Self(form))
    }

    /// Where the groups of its first `size` entries begin, for its next state: those that the caller knows to be in it too.
    #[must_use]
    pub fn into_places(self, size: u64) -> Places {
        match self.0 {
            Form::Folder(_) => Places::default(),
            Form::Pack(_, mut offsets) => {
                let whole = usize::try_from(size / GROUP_ENTRIES).unwrap_or(usize::MAX);
                offsets.truncate(whole.saturating_add(1));
                Places(offsets)
            }
        }
    }

    /// Entries that its checkpoint covers.
    pub fn size(&self) -> u64 {
        match &self.0 {
            Form::Folder(source) => source.size(),
            Form::Pack(source, _) => source.lock().unwrap_or_else(PoisonError::into_inner).size(),
        }
    }

    /// The group that holds `position`.
    ///
    /// # Errors
    /// It is not there, or can't be read.
    pub fn group_of(&self, position: u64) -> Result<Group, SourceDamage> {
        match &self.0 {
            Form::Folder(source) => source.group_of(position),
            Form::Pack(source, offsets) => {
                let number = position / GROUP_ENTRIES;
                let offset = usize::try_from(number).ok().and_then(|at| offsets.get(at));
                let offset = offset.ok_or_else(|| SourceDamage {
                    position,
                    what: "the pack holds no such entry".to_owned(),
                    missing: true,
                })?;
                let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
                source.group_at(number * GROUP_ENTRIES, *offset)
            }
        }
    }
}

impl ByPosition for CopyReader {
    fn group_of(&self, position: u64) -> Result<Group, SourceDamage> {
        Self::group_of(self, position)
    }
}

/// Finds where the groups of a pack begin, from the last one that is known on, by reading it to its end.
fn find_groups(source: &mut PackSource, offsets: &mut Vec<u64>) -> Result<(), String> {
    let size = source.size();
    offsets.truncate(usize::try_from(size / GROUP_ENTRIES).unwrap_or(usize::MAX));
    // The newest group that is known may have been cut by the end of the pack.
    let mut next = offsets.pop().unwrap_or(0);
    loop {
        let first = offsets.len() as u64 * GROUP_ENTRIES;
        offsets.push(next);
        source
            .whole_group_at(first, next)
            .map_err(|damage| damage.what)?;
        next = source.offset().map_err(|fault| fault.to_string())?;
        if first + GROUP_ENTRIES >= size {
            return Ok(());
        }
    }
}
