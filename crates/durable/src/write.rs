//! Writing a file so that its name never stands for half of it.
//!
//! Invariant: the bytes go under a new name in the same folder, reach the disk, and only then get the name that was asked
//! for. A link, device, pipe or folder of that name is left alone; a file is replaced only where the caller says so.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::disk::{Disk, System};
use crate::fault::DurableFault;

/// New names that are tried: a run that was cut off leaves one behind.
const NEW_NAMES: u32 = 1_000;

/// What a file is called until it is whole: its name, this, and from the second try on a number.
pub(crate) const TEMPORARY: &str = ".new";

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// As a file of that name was, or as the process makes files.
    Usual,
    /// Its owner alone.
    Secret,
}

/// What becomes of a file of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameName {
    Replaced,
    /// There must be none.
    Free,
}

/// Writes a file that replaces another of its name, if there is one.
///
/// # Errors
/// It can't be written; then what was there is there.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), DurableFault> {
    whole(path, bytes, SameName::Replaced, Access::Usual)
}

/// Writes a file whose name must be free.
///
/// # Errors
/// There is something of that name, or it can't be written; then there is nothing.
pub fn create(path: &Path, bytes: &[u8], access: Access) -> Result<(), DurableFault> {
    whole(path, bytes, SameName::Free, access)
}

fn whole(path: &Path, bytes: &[u8], place: SameName, access: Access) -> Result<(), DurableFault> {
    put_with(path, place, access, |file| {
        file.write_all(bytes)
            .map_err(DurableFault::io("write", path))
    })
}

/// Whether nothing is in the way of a file that is to be written later: for a caller that first does something it can't undo.
///
/// # Errors
/// There is something of that name that is not to be replaced, or the name can't be looked at.
pub fn check_place(path: &Path, place: SameName) -> Result<(), DurableFault> {
    mode_for(path, place, Access::Usual).map(drop)
}

/// As [`put`] and [`create`], with bytes that come one after the other.
///
/// # Errors
/// As theirs, or what `write` says.
pub fn put_with<T, E: From<DurableFault>>(
    path: &Path,
    place: SameName,
    access: Access,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    put_on(&System, path, place, access, write)
}

/// The order of the steps. Wherever it stops, the name stands for the old file, the whole new one, or nothing.
pub(crate) fn put_on<T, E: From<DurableFault>>(
    disk: &dyn Disk,
    path: &Path,
    place: SameName,
    access: Access,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    let mode = mode_for(path, place, access)?;
    let (new, file) = create_temporary(path, mode)?;
    let written = fill(disk, &new, file, write).and_then(|done| {
        name(disk, &new, path, place)?;
        Ok(done)
    });
    if written.is_err() {
        // What is half written serves nobody; the fault to tell is the first one.
        let _ = disk.remove(&new);
    }
    let done = written?;
    let folder = path.parent().unwrap_or(path);
    let synced = disk.sync_folder(folder);
    synced.map_err(DurableFault::io("sync", folder))?;
    Ok(done)
}

/// The rights of the file to write; refuses what is not to be replaced.
fn mode_for(path: &Path, place: SameName, access: Access) -> Result<u32, DurableFault> {
    use std::os::unix::fs::PermissionsExt;
    let usual = match access {
        Access::Usual => 0o666,
        Access::Secret => 0o600,
    };
    let details = match path.symlink_metadata() {
        Ok(details) => details,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(usual),
        Err(error) => return Err(DurableFault::io("write", path)(error)),
    };
    if !details.is_file() {
        return Err(DurableFault::in_the_way(path, &details));
    }
    match (place, access) {
        (SameName::Free, _) => Err(DurableFault::Exists {
            path: path.to_owned(),
        }),
        (SameName::Replaced, Access::Secret) => Ok(usual),
        (SameName::Replaced, Access::Usual) => Ok(details.permissions().mode() & 0o666),
    }
}

/// A file under a name that nothing had: the whole name and more behind it.
fn create_temporary(path: &Path, mode: u32) -> Result<(PathBuf, File), DurableFault> {
    let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
    for number in 0..NEW_NAMES {
        let mut name = OsString::from(path);
        name.push(TEMPORARY);
        if number > 0 {
            name.push(number.to_string());
        }
        let new = PathBuf::from(name);
        // Fails on whatever has the name, a link that leads nowhere among it.
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&new);
        match made {
            Ok(file) => return Ok((new, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(DurableFault::io("write", path)(error)),
        }
    }
    Err(DurableFault::io("find a free temporary name for", path)(
        taken,
    ))
}

fn fill<T, E: From<DurableFault>>(
    disk: &dyn Disk,
    new: &Path,
    file: File,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    let writing = || DurableFault::io("write", new);
    let mut file = BufWriter::new(file);
    let done = write(&mut file)?;
    let file = file.into_inner();
    let file = file.map_err(|error| writing()(error.into_error()))?;
    disk.sync_file(&file).map_err(writing())?;
    Ok(done)
}

/// Gives a whole file the name that was asked for.
fn name(disk: &dyn Disk, new: &Path, path: &Path, place: SameName) -> Result<(), DurableFault> {
    let replacing = || DurableFault::io("write", path);
    if place == SameName::Replaced {
        // Somebody may have laid another thing there meanwhile: a rename replaces the name, and follows no link.
        return disk.rename(new, path).map_err(replacing());
    }
    let exists = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => DurableFault::Exists {
            path: path.to_owned(),
        },
        _ => replacing()(error),
    };
    match disk.rename_to_free(new, path) {
        Ok(()) => Ok(()),
        // An older file system: a second name and then one less, each step with a whole file.
        Err(error) if is_unsupported(&error) => {
            disk.link(new, path).map_err(exists)?;
            disk.remove(new).map_err(replacing())
        }
        Err(error) => Err(exists(error)),
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput
    )
}

/// Opens a file that only an unfinished run can have left, to write it from its start: a tile of an export that the
/// checkpoint does not need yet. Follows no link and waits for nobody.
///
/// # Errors
/// It can't be opened, or is no regular file.
pub fn start_over(path: &Path) -> Result<File, DurableFault> {
    let writing = || DurableFault::io("write", path);
    let flags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path);
    let file = match file {
        Ok(file) => file,
        Err(error) => {
            let other = path
                .symlink_metadata()
                .ok()
                .filter(|there| !there.is_file());
            return Err(match other {
                Some(there) => DurableFault::in_the_way(path, &there),
                None => writing()(error),
            });
        }
    };
    let details = file.metadata().map_err(writing())?;
    if !details.is_file() {
        return Err(DurableFault::in_the_way(path, &details));
    }
    file.set_len(0).map_err(writing())?;
    Ok(file)
}
