//! Writing a file so that its name never stands for half of it.
//!
//! Invariant: the bytes go under a new name in the same folder, reach the disk, and only then get the name that was asked
//! for. A link, device, pipe or folder of that name is left alone; a file is replaced only where the caller says so.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::fault::{FileFault, kind_of};
use crate::sync::sync_folder;

/// New names that are tried: a run that was cut off leaves one behind.
const NEW_NAMES: u32 = 1_000;

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
pub enum Place {
    Replaced,
    /// There must be none.
    Free,
}

/// Writes a file that replaces another of its name, if there is one.
///
/// # Errors
/// It can't be written; then what was there is there.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), FileFault> {
    whole(path, bytes, Place::Replaced, Access::Usual)
}

/// Writes a file whose name must be free.
///
/// # Errors
/// There is something of that name, or it can't be written; then there is nothing.
pub fn create(path: &Path, bytes: &[u8], access: Access) -> Result<(), FileFault> {
    whole(path, bytes, Place::Free, access)
}

fn whole(path: &Path, bytes: &[u8], place: Place, access: Access) -> Result<(), FileFault> {
    put_with(path, place, access, |file| {
        file.write_all(bytes).map_err(FileFault::io("write", path))
    })
}

/// Whether nothing is in the way of a file that is to be written later: for whoever does something first that can't be undone.
///
/// # Errors
/// There is something of that name that is not to be replaced, or the name can't be looked at.
pub fn check_place(path: &Path, place: Place) -> Result<(), FileFault> {
    mode_for(path, place, Access::Usual).map(drop)
}

/// As [`put`] and [`create`], with bytes that come one after the other.
///
/// # Errors
/// As theirs, or what `write` says.
pub fn put_with<T, E: From<FileFault>>(
    path: &Path,
    place: Place,
    access: Access,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    let mode = mode_for(path, place, access)?;
    let (new, file) = new_beside(path, mode)?;
    let written = fill(&new, file, write).and_then(|done| {
        name(&new, path, place)?;
        Ok(done)
    });
    if written.is_err() {
        // What is half written serves nobody; the fault to tell is the first one.
        let _ = fs::remove_file(&new);
    }
    let done = written?;
    sync_folder(path.parent().unwrap_or(path))?;
    Ok(done)
}

/// The rights of the file to write; refuses what is not to be replaced.
fn mode_for(path: &Path, place: Place, access: Access) -> Result<u32, FileFault> {
    use std::os::unix::fs::PermissionsExt;
    let usual = match access {
        Access::Usual => 0o666,
        Access::Secret => 0o600,
    };
    let details = match path.symlink_metadata() {
        Ok(details) => details,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(usual),
        Err(error) => return Err(FileFault::io("write", path)(error)),
    };
    let path = path.to_owned();
    if !details.is_file() {
        let what = kind_of(&details);
        return Err(FileFault::InTheWay { path, what });
    }
    match (place, access) {
        (Place::Free, _) => Err(FileFault::Exists { path }),
        (Place::Replaced, Access::Secret) => Ok(usual),
        (Place::Replaced, Access::Usual) => Ok(details.permissions().mode() & 0o666),
    }
}

/// A file under a name that nothing had: the whole name and more behind it.
fn new_beside(path: &Path, mode: u32) -> Result<(PathBuf, File), FileFault> {
    let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
    for number in 0..NEW_NAMES {
        let mut name = OsString::from(path);
        name.push(match number {
            0 => ".new".to_owned(),
            number => format!(".new{number}"),
        });
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
            Err(error) => return Err(FileFault::io("write", path)(error)),
        }
    }
    Err(FileFault::io("find a new name beside", path)(taken))
}

fn fill<T, E: From<FileFault>>(
    new: &Path,
    file: File,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    let writing = || FileFault::io("write", new);
    let mut file = BufWriter::new(file);
    let done = write(&mut file)?;
    let file = file.into_inner();
    let file = file.map_err(|error| writing()(error.into_error()))?;
    file.sync_all().map_err(writing())?;
    Ok(done)
}

/// Gives a whole file the name that was asked for.
fn name(new: &Path, path: &Path, place: Place) -> Result<(), FileFault> {
    let replacing = || FileFault::io("write", path);
    if place == Place::Replaced {
        // Somebody may have laid another thing there meanwhile: a rename replaces the name, and follows no link.
        return fs::rename(new, path).map_err(replacing());
    }
    let exists = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => FileFault::Exists {
            path: path.to_owned(),
        },
        _ => replacing()(error),
    };
    match fs::hard_link(new, path) {
        Ok(()) => fs::remove_file(new).map_err(replacing()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(error)),
        // A file system without hard links: an empty file holds the name until the whole one takes its place.
        Err(_) => {
            let held = OpenOptions::new().write(true).create_new(true).open(path);
            held.map_err(exists)?;
            fs::rename(new, path).map_err(replacing())
        }
    }
}

/// Opens a file that only an unfinished run can have left, to write it from its start: a tile of an export that the
/// checkpoint does not need yet. Follows no link and waits for nobody.
///
/// # Errors
/// It can't be opened, or is no regular file.
pub fn start_over(path: &Path) -> Result<File, FileFault> {
    let writing = || FileFault::io("write", path);
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
                Some(there) => in_the_way(path, &there),
                None => writing()(error),
            });
        }
    };
    let details = file.metadata().map_err(writing())?;
    if !details.is_file() {
        return Err(in_the_way(path, &details));
    }
    file.set_len(0).map_err(writing())?;
    Ok(file)
}

fn in_the_way(path: &Path, details: &fs::Metadata) -> FileFault {
    FileFault::InTheWay {
        path: path.to_owned(),
        what: kind_of(details),
    }
}
