//! Opening and reading what somebody handed over.
//!
//! Invariant: only regular files, opened without waiting for a writer or a device, and never more bytes than the caller
//! allows. A file that the user named may be a link to a regular file; one inside a folder may be a link within it.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Take};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::fault::{FileFault, kind_of};

/// Neither waits for the other end of a pipe nor becomes somebody's terminal.
const AT_ONCE: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY);

/// Opens a regular file for reading, and says how long it is.
///
/// # Errors
/// It is not there, can't be opened, or is no regular file.
pub fn open(path: &Path) -> Result<(File, u64), FileFault> {
    open_with(path, path, AT_ONCE)
}

/// `named` is what messages call it.
fn open_with(path: &Path, named: &Path, flags: OFlags) -> Result<(File, u64), FileFault> {
    let reading = || FileFault::io("read", named);
    // Asked before it is opened: the opening of a device can do something.
    let details = fs::metadata(path).map_err(reading())?;
    let not_a_file = |what| FileFault::NotAFile {
        path: named.to_owned(),
        what,
    };
    if !details.is_file() {
        return Err(not_a_file(kind_of(&details)));
    }
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .map_err(reading())?;
    // And of what was opened, which may be another by now.
    let details = file.metadata().map_err(reading())?;
    if details.is_file() {
        Ok((file, details.len()))
    } else {
        Err(not_a_file(kind_of(&details)))
    }
}

/// Opens a regular file of at most `most` bytes, for a reader that needs not all of it at once; what is written behind that
/// meanwhile is not read.
///
/// # Errors
/// As [`open`], or it is longer.
pub fn open_at_most(path: &Path, most: u64) -> Result<Take<File>, FileFault> {
    let (file, found) = open(path)?;
    if found > most {
        let path = path.to_owned();
        return Err(FileFault::TooLarge { path, found, most });
    }
    Ok(file.take(most))
}

/// All bytes of a regular file of at most `most` bytes.
///
/// # Errors
/// As [`open`], or it is longer; then nothing of it was read.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, FileFault> {
    read_opened(open(path)?, path, most)
}

/// As [`read`], of text.
///
/// # Errors
/// As [`read`], or it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<String, FileFault> {
    String::from_utf8(read(path, most)?).map_err(|_| FileFault::NotText {
        path: path.to_owned(),
    })
}

fn read_opened((file, length): (File, u64), path: &Path, most: u64) -> Result<Vec<u8>, FileFault> {
    let too_large = |found| FileFault::TooLarge {
        path: path.to_owned(),
        found,
        most,
    };
    if length > most {
        return Err(too_large(length));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    // A file can grow while it is read.
    file.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(FileFault::io("read", path))?;
    let found = bytes.len() as u64;
    if found > most {
        return Err(too_large(found));
    }
    Ok(bytes)
}

/// A folder that was handed over.
#[derive(Debug, Clone)]
pub struct Folder {
    named: PathBuf,
    /// Without links, so that what leads out of it can be told.
    real: PathBuf,
}

impl Folder {
    /// Opens a folder.
    ///
    /// # Errors
    /// It is not there, or is no folder.
    pub fn open(folder: &Path) -> Result<Self, FileFault> {
        let real = fs::canonicalize(folder).map_err(FileFault::io("read", folder))?;
        if !real.is_dir() {
            let path = folder.to_owned();
            return Err(FileFault::NotAFolder { path });
        }
        Ok(Self {
            named: folder.to_owned(),
            real,
        })
    }

    /// The folder as it was named.
    pub fn path(&self) -> &Path {
        &self.named
    }

    /// All bytes of a file inside, of at most `most` bytes.
    ///
    /// # Errors
    /// As [`read`], or it leads out of the folder.
    pub fn read(&self, name: &str, most: u64) -> Result<Vec<u8>, FileFault> {
        let named = self.named.join(name);
        let real = self.inside(&self.real.join(name), &named)?;
        read_opened(
            open_with(&real, &named, AT_ONCE.union(OFlags::NOFOLLOW))?,
            &named,
            most,
        )
    }

    /// Refuses whatever of these names, and below them, is neither a folder nor a regular file of at most so many bytes, or
    /// leads out: for a reader of these files that opens them by itself. A name that is not there is passed over.
    ///
    /// # Errors
    /// There is such a thing, or a folder can't be listed.
    pub fn check_below(&self, names: &[(&str, u64)]) -> Result<(), FileFault> {
        let there = |(path, _): &(PathBuf, u64)| path.symlink_metadata().is_ok();
        let all = names
            .iter()
            .map(|(name, most)| (self.named.join(name), *most));
        let mut waiting: Vec<_> = all.filter(there).collect();
        while let Some((path, most)) = waiting.pop() {
            let reading = || FileFault::io("read", &path);
            let real = self.inside(&path, &path)?;
            let details = fs::metadata(&real).map_err(reading())?;
            // A link to a folder is refused as no file: it could lead around in a circle.
            if path.symlink_metadata().is_ok_and(|named| named.is_dir()) {
                for item in fs::read_dir(&path).map_err(reading())? {
                    waiting.push((item.map_err(reading())?.path(), most));
                }
            } else if !details.is_file() {
                let what = kind_of(&details);
                return Err(FileFault::NotAFile { path, what });
            } else if details.len() > most {
                let found = details.len();
                return Err(FileFault::TooLarge { path, found, most });
            }
        }
        Ok(())
    }

    fn inside(&self, path: &Path, named: &Path) -> Result<PathBuf, FileFault> {
        let real = fs::canonicalize(path).map_err(FileFault::io("read", named))?;
        if real.starts_with(&self.real) {
            Ok(real)
        } else {
            Err(FileFault::LeadsOut {
                path: named.to_owned(),
                folder: self.named.clone(),
            })
        }
    }
}
