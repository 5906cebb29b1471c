//! Names in folders: folders made, files renamed, and what a write that was cut off left behind.
//!
//! Invariant: when a call returns, the names it made or moved are on the disk.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::disk::{Disk, System};
use crate::fault::DurableFault;
use crate::sync::sync_folder;
use crate::write::{Access, TEMPORARY};

/// Makes a folder and those above it that are missing.
///
/// # Errors
/// It can't be made, or something of that name is not a folder.
pub fn create_folder(folder: &Path, access: Access) -> Result<(), DurableFault> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().unwrap_or(folder);
    create_folder(above, Access::Usual)?;
    let mode = match access {
        Access::Usual => 0o777,
        Access::Secret => 0o700,
    };
    match DirBuilder::new().mode(mode).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(DurableFault::io("create the folder", folder)(error));
        }
        // Made by another process meanwhile, or something else has the name.
        Err(_) if !folder.is_dir() => {
            let details = folder.symlink_metadata();
            let details = details.map_err(DurableFault::io("read", folder))?;
            return Err(DurableFault::in_the_way(folder, &details));
        }
        _ => {}
    }
    sync_folder(above)
}

/// Gives a file or folder another name in place of what had it.
///
/// # Errors
/// It can't be renamed, or the name can't be made durable.
pub fn rename(from: &Path, to: &Path) -> Result<(), DurableFault> {
    System
        .rename(from, to)
        .map_err(DurableFault::io("rename", from))?;
    sync_folder(to.parent().unwrap_or(to))
}

/// As [`rename`], where nothing may have the name.
///
/// # Errors
/// As its, or the name is taken.
pub fn move_to_free(from: &Path, to: &Path) -> Result<(), DurableFault> {
    match to.symlink_metadata() {
        Ok(_) => Err(DurableFault::Exists {
            path: to.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => rename(from, to),
        Err(error) => Err(DurableFault::io("look at", to)(error)),
    }
}

/// What writes of this file that were cut off left in its folder, sorted: for a caller whose bytes must not outlive it.
///
/// # Errors
/// The folder is there and can't be listed.
pub fn leftovers(path: &Path) -> Result<Vec<PathBuf>, DurableFault> {
    let folder = path.parent().unwrap_or(path);
    let listing = || DurableFault::io("list", folder);
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.map_err(listing())?,
    };
    let mut begin = path.file_name().unwrap_or_default().to_owned();
    begin.push(TEMPORARY);
    let mut found = Vec::new();
    for item in listed {
        let name = item.map_err(listing())?.file_name();
        let number = name
            .as_encoded_bytes()
            .strip_prefix(begin.as_encoded_bytes());
        if number.is_some_and(|number| number.iter().all(u8::is_ascii_digit)) {
            found.push(folder.join(name));
        }
    }
    found.sort();
    Ok(found)
}
