//! The worked example of docs/spec/store.md, byte by byte.

use std::fs;

use store::{Change, Entries, Space, Store};

use super::{read_all, reading, segment_files, segments_of};
use crate::EmbeddedStore;

const SPEC: &str = include_str!("../../../../docs/spec/store.md");

/// Hex of the block under the heading line `title`; text behind `|` is comment.
fn block(title: &str) -> Vec<u8> {
    let (_, rest) = SPEC
        .split_once(title)
        .unwrap_or_else(|| panic!("docs/spec/store.md has no {title:?}"));
    let block = rest.split("```").nth(1).unwrap();
    let digits: String = block
        .lines()
        .skip(1)
        .filter_map(|line| line.split('|').next())
        .flat_map(str::chars)
        .filter(|character| !character.is_whitespace())
        .collect();
    let pairs = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Two groups, each in its own segment.
fn write_example(folder: &std::path::Path) {
    drop(EmbeddedStore::create(folder).unwrap());
    let (store, _) = EmbeddedStore::open(folder, segments_of(1)).unwrap();
    store.append(0, &[b"ore", b"oxide"], b"note 2\n").unwrap();
    store.append(2, &[b"metal"], b"note 3\n").unwrap();
}

#[test]
fn the_worked_example_is_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    write_example(folder.path());
    let files = segment_files(folder.path());
    let names: Vec<_> = files
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["00000000000000000000.seg", "00000000000000000002.seg"]
    );
    for (path, title) in files
        .iter()
        .zip(["### First segment", "### Second segment"])
    {
        assert_eq!(hex(&fs::read(path).unwrap()), hex(&block(title)), "{title}");
    }
}

#[test]
fn the_worked_example_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    fs::create_dir(&log).unwrap();
    fs::write(
        log.join("00000000000000000000.seg"),
        block("### First segment"),
    )
    .unwrap();
    fs::write(
        log.join("00000000000000000002.seg"),
        block("### Second segment"),
    )
    .unwrap();
    let (store, _) = EmbeddedStore::open(folder.path(), reading()).unwrap();
    let (frames, fault) = read_all(&store);
    assert!(fault.is_none());
    let entries: Vec<_> = frames
        .iter()
        .flat_map(|frame| frame.entries())
        .map(|(_, entry)| entry.to_vec())
        .collect();
    assert_eq!(entries, [&b"ore"[..], b"oxide", b"metal"]);
    assert_eq!(store.checkpoint().unwrap().unwrap(), b"note 3\n");
}

#[test]
fn the_value_file_is_as_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::create(folder.path()).unwrap();
    store
        .side()
        .put(&[Change::set(Space::Snapshots, *b"key", vec![0x5a; 16_385])])
        .unwrap();
    let bytes = fs::read(folder.path().join("index/values/0000000000000000.value")).unwrap();
    let head = block("### Head of a value file");
    assert_eq!(hex(&bytes[..head.len()]), hex(&head));
    assert_eq!(bytes.len(), head.len() + 16_385 + 4);
}
