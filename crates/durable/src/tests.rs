//! What is written is whole or absent wherever a write is cut off, and no link, device or pipe is touched.
//!
//! Invariant: every test would hang or fail, not wait, if a rule were broken. Knows no format.

use std::cell::Cell;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use testkit::oddities;

use crate::disk::{Disk, System};
use crate::write::put_on;
use crate::{
    Access, DurableFault, SameName, check_place, create, create_folder, leftovers, move_to_free,
    put, put_with, start_over,
};

#[test]
fn no_link_device_pipe_or_folder_is_replaced_or_written_through() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    fs::write(&target, "old").unwrap();
    symlink(&target, folder.path().join("to-file")).unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    let mut all = oddities(folder.path());
    all.extend(["to-file", "dangling"].map(|name| folder.path().join(name)));
    for path in all {
        let kind = || path.symlink_metadata().unwrap().file_type();
        let before = kind();
        for written in [put(&path, b"new"), create(&path, b"new", Access::Usual)] {
            assert!(
                matches!(written, Err(DurableFault::InTheWay { .. })),
                "{}: {written:?}",
                path.display()
            );
        }
        for place in [SameName::Replaced, SameName::Free] {
            assert!(check_place(&path, place).is_err());
        }
        assert!(
            start_over(&path).is_err() || path.starts_with("/dev"),
            "{}",
            path.display()
        );
        assert_eq!(kind(), before);
    }
    assert_eq!(fs::read(&target).unwrap(), b"old");
    assert!(!folder.path().join("nowhere").exists());
}

#[test]
fn a_new_name_that_somebody_holds_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (path, victim) = (folder.path().join("out"), folder.path().join("victim"));
    fs::write(&victim, "theirs").unwrap();
    symlink(&victim, folder.path().join("out.new")).unwrap();
    put(&path, b"ours").unwrap();
    assert_eq!(fs::read(&victim).unwrap(), b"theirs");
    assert_eq!(fs::read(&path).unwrap(), b"ours");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn what_exists_is_kept_where_the_name_must_be_free_and_keeps_its_rights_where_it_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    create(&path, b"one", Access::Secret).unwrap();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    assert!(check_place(&path, SameName::Replaced).is_ok());
    assert!(check_place(&path, SameName::Free).is_err());
    assert!(check_place(&folder.path().join("none"), SameName::Free).is_ok());
    let again = create(&path, b"two", Access::Usual);
    assert!(
        matches!(again, Err(DurableFault::Exists { .. })),
        "{again:?}"
    );
    assert_eq!(fs::read(&path).unwrap(), b"one");
    // Somebody takes the name while the file is written.
    let late = folder.path().join("late");
    let written = put_with(&late, SameName::Free, Access::Usual, |file| {
        fs::write(&late, "theirs").unwrap();
        file.write_all(b"ours")
            .map_err(DurableFault::io("write", &late))
    });
    assert!(matches!(written, Err(DurableFault::Exists { .. })));
    assert_eq!(fs::read(&late).unwrap(), b"theirs");
    put(&path, b"two").unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode()), (b"two".to_vec(), 0o600));
}

#[test]
fn what_fails_half_way_leaves_what_was_there_and_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    put(&path, b"whole").unwrap();
    let failed: Result<(), DurableFault> =
        put_with(&path, SameName::Replaced, Access::Usual, |file| {
            file.write_all(b"half").unwrap();
            Err(DurableFault::Exists { path: path.clone() })
        });
    assert!(failed.is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// A disk that does so many steps and then none: a power cut, after which nothing is cleaned up either.
struct CutOff {
    steps_left: Cell<u32>,
    /// An older one, which can't rename to a free name.
    is_old: bool,
}

impl CutOff {
    fn step(&self, done: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let left = self.steps_left.get();
        if left == 0 {
            return Err(io::Error::other("cut off"));
        }
        self.steps_left.set(left - 1);
        done()
    }
}

impl Disk for CutOff {
    fn sync_file(&self, file: &File) -> io::Result<()> {
        self.step(|| System.sync_file(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|| {
            // What gets the name was synced before: only whole files are ever named.
            assert_eq!(fs::read(from).unwrap(), b"new one");
            System.rename(from, to)
        })
    }

    fn rename_to_free(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.is_old {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.step(|| System.rename_to_free(from, to))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|| System.link(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(|| System.remove(path))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step(|| System.sync_folder(folder))
    }
}

/// What stands under the name after each number of steps: `o` the old file, `n` the new one, `-` nothing.
fn after_each_cut(place: SameName, is_old: bool) -> String {
    let mut seen = String::new();
    for steps in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        if place == SameName::Replaced {
            fs::write(&path, "old").unwrap();
        }
        let disk = CutOff {
            steps_left: Cell::new(steps),
            is_old,
        };
        let written = put_on(&disk, &path, place, Access::Usual, |file| {
            file.write_all(b"new one")
                .map_err(DurableFault::io("write", &path))
        });
        seen.push(match fs::read(&path).ok().as_deref() {
            None => '-',
            Some(b"old") => 'o',
            Some(b"new one") => 'n',
            Some(other) => panic!("half a file: {other:?}"),
        });
        let left = leftovers(&path).unwrap();
        if written.is_ok() {
            assert!(left.is_empty(), "{left:?}");
            return seen;
        }
        // A later run writes over what a cut left.
        put(&path, b"again").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"again");
        assert_eq!(leftovers(&path).unwrap(), left);
    }
    panic!("never done: {seen}");
}

#[test]
fn a_cut_after_any_step_leaves_the_old_file_or_the_new_one() {
    let cases = [
        (
            SameName::Replaced,
            false,
            "oonn",
            "sync, rename, sync folder",
        ),
        (SameName::Free, false, "--nn", "sync, rename, sync folder"),
        (
            SameName::Free,
            true,
            "--nnn",
            "sync, link, remove, sync folder",
        ),
    ];
    for (place, is_old, expected, steps) in cases {
        assert_eq!(after_each_cut(place, is_old), expected, "{steps}");
    }
}

#[test]
fn leftovers_are_those_of_one_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert!(leftovers(&at("none/file")).unwrap().is_empty());
    for name in ["file", "file.new", "file.new12", "file.newer", "file2.new"] {
        fs::write(at(name), "x").unwrap();
    }
    assert_eq!(
        leftovers(&at("file")).unwrap(),
        [at("file.new"), at("file.new12")]
    );
}

#[test]
fn folders_are_made_with_those_above_and_nothing_is_taken_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b/c");
    create_folder(&deep, Access::Secret).unwrap();
    create_folder(&deep, Access::Secret).unwrap();
    let mode = fs::metadata(&deep).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
    symlink("nowhere", folder.path().join("link")).unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    for name in ["link", "file"] {
        let made = create_folder(&folder.path().join(name), Access::Usual);
        assert!(
            matches!(made, Err(DurableFault::InTheWay { .. })),
            "{name}: {made:?}"
        );
    }
}

#[test]
fn a_move_to_a_taken_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("one"), "1").unwrap();
    symlink("nowhere", at("taken")).unwrap();
    let moved = move_to_free(&at("one"), &at("taken"));
    assert!(
        matches!(moved, Err(DurableFault::Exists { .. })),
        "{moved:?}"
    );
    move_to_free(&at("one"), &at("two")).unwrap();
    assert_eq!(fs::read(at("two")).unwrap(), b"1");
}
