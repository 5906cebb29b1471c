//! Copies read by position: every entry is where it was written, in whatever order it is asked for.
//! Invariant: compared with the entries that were written. Knows nothing of what they say.

use std::fs;
use std::path::Path;

use portable::{Entries, PortableFault, Reader, write_folder, write_pack};
use seal::{Signer, VerifierKey};
use testkit::{ORIGIN, key};
use verify::split_entries;

use crate::log::{Log, OPERATOR};

/// More than two groups of a pack, and no whole number of bundles.
fn long() -> Log {
    let entry = |number: u16| {
        let mut entry = number.to_be_bytes().to_vec();
        entry.resize(3 + usize::from(number % 50), 7);
        entry
    };
    Log::of((0..2_100).map(entry).collect())
}

fn entry_at(reader: &Reader, position: u64) -> Vec<u8> {
    let group = reader.group_of(position).unwrap();
    let (entries, _) = split_entries(&group.packed);
    entries[usize::try_from(position - group.first).unwrap()].to_vec()
}

fn reads_all(path: &Path, log: &Log) {
    let reader = Reader::open(path).unwrap();
    let size = log.entries.len() as u64;
    assert_eq!(reader.size(), size);
    for step in 0..size {
        // Far jumps, each entry once: 1009 and the size have no divisor in common.
        let position = step * 1_009 % size;
        let expected = &log.entries[usize::try_from(position).unwrap()];
        assert_eq!(&entry_at(&reader, position), expected, "at {position}");
    }
    assert!(reader.group_of(size + 2_000).is_err());
}

#[test]
fn every_entry_of_a_folder_and_a_pack_is_found_at_its_position() {
    let (log, place) = (long(), tempfile::tempdir().unwrap());
    let with_entries = |write: &mut dyn FnMut(&mut Entries<'_>)| {
        write(&mut log.entries.iter().cloned().map(Ok::<_, PortableFault>));
    };
    let (pack, folder) = (place.path().join("pack"), place.path().join("folder"));
    let log_key = VerifierKey::new(ORIGIN, key(OPERATOR).public().clone()).unwrap();
    with_entries(&mut |entries| {
        write_pack(&pack, entries, &log.checkpoint()).unwrap();
    });
    with_entries(&mut |entries| {
        write_folder(&folder, entries, &log.checkpoint(), &log_key).unwrap();
    });
    reads_all(&pack, &log);
    reads_all(&folder, &log);
    let bytes = fs::read(&pack).unwrap();
    fs::write(&pack, &bytes[..bytes.len() - 1]).unwrap();
    assert!(Reader::open(&pack).is_err(), "a pack that was cut");
}
