//! The folder of c2sp.org/tlog-tiles: tiles of hashes, bundles of entries, the checkpoint, and a policy file with the log's
//! key.
//!
//! Invariant: at any moment, whatever ends the writing, the checkpoint's files are all there, as it covers them: those it
//! will need are on the disk before it is replaced, those it needed go after. Partial files of a writing that was cut may
//! stay, where no reader looks for them. A folder only grows: one that holds something else, or more, is refused.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chain::{FullTile, Hash, TILE_WIDTH, Tile, TileBuilder, leaf_hash};
use durable::{Access, DurableFault, create_folder, put, start_over, sync_files, sync_folder};
use files::Folder;
use signing::VerifierKey;
use verify::{Group, Source, SourceDamage, split_entries};

use crate::Entries;
use crate::fault::PortableFault;
use crate::limits::{BUNDLE_BYTES_MAX, NOTE_BYTES_MAX, TILE_BYTES_MAX};

pub(crate) const CHECKPOINT: &str = "checkpoint";
const POLICY: &str = "policy";
/// Memory stays flat whatever the length of the log.
const UNSYNCED_MAX: usize = 1_024;

/// What an export wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenCopy {
    /// Entries that the folder held before.
    pub before: u64,
    pub size: u64,
    pub files: u64,
}

struct Writer<'a> {
    folder: &'a Path,
    before: u64,
    files: u64,
    /// Files that may not be on the disk yet.
    unsynced: Vec<PathBuf>,
    /// Folders that hold a new name.
    grown: BTreeSet<PathBuf>,
    bundle: Vec<u8>,
    in_bundle: u16,
    builder: TileBuilder,
}

/// Writes the log into a folder, or what the folder lacks. `checkpoint` is the note that covers all of `entries`.
///
/// # Errors
/// The folder can't be written, or holds another log; then nothing in it was changed.
pub fn write_folder(
    folder: &Path,
    entries: &mut Entries<'_>,
    checkpoint: &[u8],
    log_key: &VerifierKey,
) -> Result<WrittenCopy, PortableFault> {
    create_folder(folder, Access::Usual)?;
    let known = known(folder)?;
    let mut writer = Writer {
        folder,
        before: known.map_or(0, |(size, _)| size),
        files: 0,
        unsynced: Vec::new(),
        grown: BTreeSet::new(),
        bundle: Vec::new(),
        in_bundle: 0,
        builder: TileBuilder::new(),
    };
    let another = |size| PortableFault::AnotherLog {
        path: folder.to_owned(),
        found: known.map_or_else(String::new, |(size, root)| {
            format!("size {size}, root {root}")
        }),
        size,
    };
    for entry in entries {
        writer.check_known(known, &another)?;
        writer.take(&entry?)?;
    }
    writer.check_known(known, &another)?;
    let size = writer.builder.size();
    if writer.before > size {
        return Err(another(size));
    }
    let claimed = signing::peek_unverified(checkpoint).map(|claimed| claimed.size);
    if claimed.as_ref().ok() != Some(&size) {
        let claimed = claimed.unwrap_or(0);
        return Err(PortableFault::Checkpoint { claimed, size });
    }
    writer.finish()?;
    // A policy says how many witnesses are enough, and this folder names none: whoever knows some writes a policy of its own.
    let policy = format!("log {log_key}\nquorum none\n");
    put(&folder.join(POLICY), policy.as_bytes())?;
    // It says that everything above is there.
    put(&folder.join(CHECKPOINT), checkpoint)?;
    writer.remove_stale()?;
    Ok(WrittenCopy {
        before: writer.before,
        size,
        files: writer.files,
    })
}

/// Size and root that the folder's checkpoint claims; nothing in an empty folder.
fn known(folder: &Path) -> Result<Option<(u64, Hash)>, PortableFault> {
    let path = folder.join(CHECKPOINT);
    let note = match Folder::open(folder)?.read(CHECKPOINT, NOTE_BYTES_MAX) {
        Ok(note) => note,
        Err(fault) if fault.is_missing() => return Ok(None),
        Err(fault) => return Err(fault.into()),
    };
    let claimed = signing::peek_unverified(&note).map_err(|_| PortableFault::Kind {
        path,
        what: "its checkpoint file is not a checkpoint",
    })?;
    Ok(Some((claimed.size, claimed.root)))
}

impl Writer<'_> {
    fn check_known(
        &self,
        known: Option<(u64, Hash)>,
        another: &dyn Fn(u64) -> PortableFault,
    ) -> Result<(), PortableFault> {
        let size = self.builder.size();
        let differs = known.is_some_and(|(at, root)| at == size && root != self.builder.root());
        if differs { Err(another(size)) } else { Ok(()) }
    }

    fn take(&mut self, entry: &[u8]) -> Result<(), PortableFault> {
        let length = u16::try_from(entry.len())
            .map_err(|_| PortableFault::Log("an entry is longer than 65535 bytes".to_owned()))?;
        self.bundle.extend_from_slice(&length.to_be_bytes());
        self.bundle.extend_from_slice(entry);
        self.in_bundle += 1;
        self.builder.push(leaf_hash(entry));
        // What lies before the known size was checked against its root before anything new is written.
        for FullTile { tile, bytes } in self.builder.take_full() {
            self.write_tile(tile, &tile.path(), &bytes)?;
        }
        if self.in_bundle == TILE_WIDTH {
            self.write_bundle()?;
        }
        Ok(())
    }

    fn write_bundle(&mut self) -> Result<(), PortableFault> {
        let index = (self.builder.size() - 1) / u64::from(TILE_WIDTH);
        if let Some(tile) = Tile::new(0, index, self.in_bundle) {
            let bundle = std::mem::take(&mut self.bundle);
            self.write_tile(tile, &tile.entries_path(), &bundle)?;
        }
        self.in_bundle = 0;
        Ok(())
    }

    /// Files of the size that was there before are there, and its checkpoint still needs them whole.
    fn write_tile(&mut self, tile: Tile, path: &str, bytes: &[u8]) -> Result<(), PortableFault> {
        if Tile::at_size(tile.level(), tile.index(), self.before) == Some(tile) {
            return Ok(());
        }
        self.files += 1;
        let path = self.folder.join(path);
        self.make_folders(&path)?;
        let written = start_over(&path)?.write_all(bytes);
        written.map_err(PortableFault::io("write", &path))?;
        let above = path.ancestors().skip(1);
        let inside = above.take_while(|above| above.starts_with(self.folder));
        self.grown.extend(inside.map(Path::to_owned));
        self.unsynced.push(path);
        if self.unsynced.len() < UNSYNCED_MAX {
            return Ok(());
        }
        Ok(sync_files(&std::mem::take(&mut self.unsynced))?)
    }

    /// The folders that lead to a file, each a folder and no link: what somebody laid there leads nothing out of here.
    fn make_folders(&self, path: &Path) -> Result<(), PortableFault> {
        let above = path.ancestors().skip(1);
        let inside: Vec<_> = above.take_while(|above| *above != self.folder).collect();
        for folder in inside.into_iter().rev() {
            if self.grown.contains(folder) {
                continue;
            }
            match fs::create_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(PortableFault::io("create", folder)(error));
                }
                _ => {}
            }
            let found = folder.symlink_metadata();
            if !found.map_err(PortableFault::io("read", folder))?.is_dir() {
                let (path, what) = (folder.to_owned(), "not a folder");
                return Err(DurableFault::InTheWay { path, what }.into());
            }
        }
        Ok(())
    }

    /// The files of the new size, and their names, on the disk.
    fn finish(&mut self) -> Result<(), PortableFault> {
        if self.in_bundle > 0 {
            self.write_bundle()?;
        }
        let partial: Vec<_> = self
            .builder
            .partial()
            .map(|(tile, bytes)| (tile, bytes.to_vec()))
            .collect();
        for (tile, bytes) in partial {
            self.write_tile(tile, &tile.path(), &bytes)?;
        }
        sync_files(&self.unsynced)?;
        let synced = self.grown.iter().try_for_each(|folder| sync_folder(folder));
        Ok(synced?)
    }

    /// Partial files of the size that was there before, so that the same log is the same folder.
    fn remove_stale(&self) -> Result<(), PortableFault> {
        let size = self.builder.size();
        let stale = Tile::all_of(self.before).filter(|tile| !tile.is_full());
        for tile in
            stale.filter(|tile| Tile::at_size(tile.level(), tile.index(), size) != Some(*tile))
        {
            let mut paths = vec![tile.path()];
            if tile.level() == 0 {
                paths.push(tile.entries_path());
            }
            for path in paths.iter().map(|path| self.folder.join(path)) {
                remove(&path)?;
            }
        }
        Ok(())
    }
}

fn remove(path: &Path) -> Result<(), PortableFault> {
    let gone = |result: io::Result<()>| match result {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(PortableFault::io("remove", path)(source))
        }
        _ => Ok(()),
    };
    gone(fs::remove_file(path))?;
    // The folder of partial files of this tile, if nothing else is in it.
    if let Some(parent) = path.parent() {
        let _ = fs::remove_dir(parent);
    }
    Ok(())
}

/// The groups of a folder: its bundles. The one checkpoint covers them all.
#[derive(Debug)]
pub(crate) struct FolderSource {
    folder: Folder,
    checkpoint: Vec<u8>,
    size: u64,
    next: u64,
    damaged: bool,
}

impl FolderSource {
    pub(crate) fn open(folder: &Path) -> Result<Self, PortableFault> {
        let folder = Folder::open(folder)?;
        let checkpoint = folder.read(CHECKPOINT, NOTE_BYTES_MAX)?;
        let claimed = signing::peek_unverified(&checkpoint);
        // A checkpoint that says nothing is not that of a log: the verification tells so.
        let size = claimed.map_or(0, |claimed| claimed.size);
        Ok(Self {
            folder,
            checkpoint,
            size,
            next: 0,
            damaged: false,
        })
    }

    pub(crate) fn checkpoint(&self) -> &[u8] {
        &self.checkpoint
    }

    fn read(&mut self) -> Result<Group, SourceDamage> {
        let group = self.bundle_at(self.next)?;
        self.next = self.end_of(self.next);
        Ok(group)
    }

    /// Where the bundle that begins at `first` ends.
    fn end_of(&self, first: u64) -> u64 {
        first.saturating_add(u64::from(TILE_WIDTH)).min(self.size)
    }

    /// The bundle that begins at `position`.
    fn bundle_at(&self, position: u64) -> Result<Group, SourceDamage> {
        let damage = |what: String, missing| SourceDamage {
            position,
            what,
            missing,
        };
        let tile = Tile::at_size(0, position / u64::from(TILE_WIDTH), self.size)
            .ok_or_else(|| damage("no bundle can be here".to_owned(), false))?;
        let packed = self.folder.read(&tile.entries_path(), BUNDLE_BYTES_MAX);
        let packed = packed.map_err(|fault| damage(fault.to_string(), fault.is_missing()))?;
        let is_last = self.end_of(position) >= self.size;
        Ok(Group {
            first: position,
            packed,
            checkpoint: is_last.then(|| self.checkpoint.clone()),
        })
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The bundle that holds `position`.
    pub(crate) fn group_of(&self, position: u64) -> Result<Group, SourceDamage> {
        self.bundle_at(position - position % u64::from(TILE_WIDTH))
    }
}

impl Source for FolderSource {
    fn next_group(&mut self) -> Option<Result<Group, SourceDamage>> {
        if self.damaged || self.next >= self.size {
            return None;
        }
        let group = self.read();
        self.damaged = group.is_err();
        Some(group)
    }

    fn rewind(&mut self) -> Result<(), SourceDamage> {
        (self.next, self.damaged) = (0, false);
        Ok(())
    }
}

/// Tiles that are missing or hold other hashes than the entries make, by path, with the position of their first leaf.
pub(crate) fn check_tiles(source: &mut FolderSource) -> Vec<(u64, String)> {
    (source.next, source.damaged) = (0, false);
    let (mut builder, mut wrong) = (TileBuilder::new(), Vec::new());
    while let Some(Ok(group)) = source.next_group() {
        let (entries, _) = split_entries(&group.packed);
        entries
            .iter()
            .for_each(|entry| builder.push(leaf_hash(entry)));
        for FullTile { tile, bytes } in builder.take_full() {
            compare(&source.folder, tile, &bytes, &mut wrong);
        }
    }
    for (tile, bytes) in builder.partial() {
        compare(&source.folder, tile, bytes, &mut wrong);
    }
    wrong
}

fn compare(folder: &Folder, tile: Tile, bytes: &[u8], wrong: &mut Vec<(u64, String)>) {
    let path = tile.path();
    let found = folder.read(&path, TILE_BYTES_MAX);
    if !found.is_ok_and(|found| found == bytes) {
        let first = u128::from(tile.index()) << (8 * (u32::from(tile.level()) + 1));
        wrong.push((u64::try_from(first).unwrap_or(u64::MAX), path));
    }
}
