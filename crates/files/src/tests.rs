//! What is not a regular file is never opened or waited for, and nothing is read beyond its limit.
//!
//! Invariant: every test would hang or fail, not wait, if a rule were broken. Knows no format.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;

use testkit::{oddities, pipe};

use crate::{FileFault, Folder, open, open_at_most, read};

#[test]
fn only_regular_files_are_read_and_a_link_to_one_that_the_user_named() {
    let folder = tempfile::tempdir().unwrap();
    for path in oddities(folder.path()) {
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
