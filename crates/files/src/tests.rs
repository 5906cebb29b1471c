//! What is no regular file is never opened, waited for, followed or replaced; what is written is whole or absent.
//!
//! Invariant: every test would hang or fail, not wait, if a rule were broken. Knows no format.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use crate::{
    Access, FileFault, Folder, Place, check_place, create, open, open_at_most, put, put_with, read,
    start_over,
};

fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
}

/// One of each thing that is no regular file.
fn oddities(folder: &TempDir) -> Vec<PathBuf> {
    let at = |name: &str| folder.path().join(name);
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

#[test]
fn only_regular_files_are_read_and_a_link_to_one_that_the_user_named() {
    let folder = tempfile::tempdir().unwrap();
    for path in oddities(&folder) {
        let fault = read(&path, 100).unwrap_err();
        assert!(matches!(fault, FileFault::NotAFile { .. }), "{fault}");
    }
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "text").unwrap();
    symlink(&file, &link).unwrap();
    assert_eq!(read(&link, 4).unwrap(), b"text");
    assert!(
        read(&folder.path().join("none"), 4)
            .unwrap_err()
            .is_missing()
    );
}

#[test]
fn nothing_is_read_beyond_the_limit_and_a_sparse_file_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    File::create(&path)
        .unwrap()
        .set_len(60_000_000_000)
        .unwrap();
    let fault = read(&path, 1_000).unwrap_err();
    let found = 60_000_000_000;
    assert!(
        matches!(fault, FileFault::TooLarge { found: f, .. } if f == found),
        "{fault}"
    );
    assert_eq!(open(&path).unwrap().1, found);
    assert!(open_at_most(&path, 1_000).is_err());
    fs::write(&path, "12345").unwrap();
    assert!(read(&path, 4).is_err());
    assert_eq!(read(&path, 5).unwrap(), b"12345");
    let mut opened = open_at_most(&path, 5).unwrap();
    fs::write(&path, "1234567").unwrap();
    let mut text = String::new();
    opened.read_to_string(&mut text).unwrap();
    assert_eq!(text, "12345", "a file can grow while it is read");
    // Its length says nothing before it is read.
    assert!(read(Path::new("/proc/self/status"), 10).is_err());
}

#[test]
fn a_link_inside_a_folder_may_lead_within_it_and_nowhere_else() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::create_dir(at("deep")).unwrap();
    fs::write(at("deep/file"), "text").unwrap();
    symlink("deep/file", at("within")).unwrap();
    symlink(outside.path().join("secret"), at("out")).unwrap();
    symlink(outside.path(), at("away")).unwrap();
    let folder = Folder::open(place.path()).unwrap();
    assert_eq!(folder.read("within", 9).unwrap(), b"text");
    for name in ["out", "away/secret", "../secret", "/etc/hostname"] {
        let fault = folder.read(name, 100).unwrap_err();
        let refused = matches!(fault, FileFault::LeadsOut { .. }) || fault.is_missing();
        assert!(refused, "{name}: {fault}");
    }
    assert!(matches!(
        folder.check_below(&[(".", 9)]),
        Err(FileFault::LeadsOut { .. })
    ));
    fs::remove_file(at("out")).unwrap();
    fs::remove_file(at("away")).unwrap();
    folder.check_below(&[(".", 9)]).unwrap();
    assert!(matches!(
        folder.check_below(&[("deep", 3)]),
        Err(FileFault::TooLarge { found: 4, .. })
    ));
    pipe(&at("deep/pipe"));
    assert!(matches!(
        folder.check_below(&[(".", 9)]),
        Err(FileFault::NotAFile { .. })
    ));
    assert!(matches!(
        folder.read("deep/pipe", 9),
        Err(FileFault::NotAFile { .. })
    ));
}

#[test]
fn no_link_device_pipe_or_folder_is_replaced_or_written_through() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    fs::write(&target, "old").unwrap();
    symlink(&target, folder.path().join("to-file")).unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    let mut all = oddities(&folder);
    all.extend(["to-file", "dangling"].map(|name| folder.path().join(name)));
    for path in all {
        let kind = || path.symlink_metadata().unwrap().file_type();
        let before = kind();
        for written in [put(&path, b"new"), create(&path, b"new", Access::Usual)] {
            assert!(
                matches!(written, Err(FileFault::InTheWay { .. })),
                "{}: {written:?}",
                path.display()
            );
        }
        for place in [Place::Replaced, Place::Free] {
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
    assert!(check_place(&path, Place::Replaced).is_ok());
    assert!(check_place(&path, Place::Free).is_err());
    assert!(check_place(&folder.path().join("none"), Place::Free).is_ok());
    let again = create(&path, b"two", Access::Usual);
    assert!(matches!(again, Err(FileFault::Exists { .. })), "{again:?}");
    assert_eq!(fs::read(&path).unwrap(), b"one");
    // Somebody takes the name while the file is written.
    let late = folder.path().join("late");
    let written = put_with(&late, Place::Free, Access::Usual, |file| {
        fs::write(&late, "theirs").unwrap();
        file.write_all(b"ours")
            .map_err(FileFault::io("write", &late))
    });
    assert!(matches!(written, Err(FileFault::Exists { .. })));
    assert_eq!(fs::read(&late).unwrap(), b"theirs");
    put(&path, b"two").unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode()), (b"two".to_vec(), 0o600));
}

#[test]
fn what_fails_half_way_leaves_what_was_there_and_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    put(&path, b"whole").unwrap();
    let failed: Result<(), FileFault> = put_with(&path, Place::Replaced, Access::Usual, |file| {
        file.write_all(b"half").unwrap();
        Err(FileFault::NotText { path: path.clone() })
    });
    assert!(failed.is_err());
    let mut text = String::new();
    open(&path).unwrap().0.read_to_string(&mut text).unwrap();
    assert_eq!(text, "whole");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
