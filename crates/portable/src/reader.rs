//! The entries of a folder or a pack by position, for whoever goes through a copy more than once.
//!
//! Invariant: a group is in memory at a time, and of a pack one offset a group. Judges nothing: what is read here was
//! verified before, or is not to be believed.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use verify::{Group, SourceDamage};

use crate::fault::PortableFault;
use crate::folder::FolderSource;
use crate::look::{Kind, kind_of};
use crate::pack::{GROUP_ENTRIES, PackSource};

/// A copy open for reading at any position.
#[derive(Debug)]
pub struct Reader(Form);

#[derive(Debug)]
enum Form {
    Folder(FolderSource),
    /// With the byte at which each group begins.
    Pack(Mutex<PackSource>, Vec<u64>),
}

impl Reader {
    /// Opens a folder or a pack.
    ///
    /// # Errors
    /// It is neither, or it can't be read to its end.
    pub fn open(path: &Path) -> Result<Self, PortableFault> {
        let form = match kind_of(path)? {
            Kind::Folder => Form::Folder(FolderSource::open(path)?),
            Kind::Pack => {
                let mut source = PackSource::open(path)?;
                let (size, mut offsets) = (source.size(), Vec::new());
                while (offsets.len() as u64) * GROUP_ENTRIES < size {
                    let offset = source.offset();
                    offsets.push(offset.map_err(PortableFault::io("read", path))?);
                    if let Some(Err(damage)) = source.step() {
                        return Err(PortableFault::Log(damage.what));
                    }
                }
                if let Some(Err(damage)) = source.step() {
                    return Err(PortableFault::Log(damage.what));
                }
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
