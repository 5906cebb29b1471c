//! Things that are not regular files: what a reader must not wait for, and a writer must not replace.
//!
//! Invariant: each blocks, lies or swallows in its own way if it is opened like a file. Knows no reader and no writer.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};

/// A pipe with this name, which nobody writes to or reads from.
pub fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
}

/// One of each, most of them made in this folder.
pub fn oddities(folder: &Path) -> Vec<PathBuf> {
    let at = |name: &str| folder.join(name);
    pipe(&at("pipe"));
    UnixListener::bind(at("socket")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    for (name, target) in [("to-pipe", "pipe"), ("to-zero", "/dev/zero")] {
        symlink(target, at(name)).unwrap();
    }
    let mut all: Vec<_> = ["pipe", "socket", "folder", "to-pipe", "to-zero"]
        .map(at)
        .into();
    all.extend(["/dev/zero", "/dev/full", "/dev/null"].map(PathBuf::from));
    all
}
