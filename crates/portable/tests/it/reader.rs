//! Copies read by position: every entry is where it was written, in whatever order it is asked for.
//! Invariant: compared with the entries that were written. Knows nothing of what they say.

use std::fs;
use std::path::Path;

use portable::{CopyReader, Entries, Places, PortableFault, write_folder, write_pack};
use signing::{Signer, VerifierKey};
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

fn entry_at(reader: &CopyReader, position: u64) -> Vec<u8> {
    let group = reader.group_of(position).unwrap();
    let (entries, _) = split_entries(&group.packed);
    entries[usize::try_from(position - group.first).unwrap()].to_vec()
}

fn reads_all(path: &Path, log: &Log) {
    let reader = CopyReader::open(path).unwrap();
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
    assert!(CopyReader::open(&pack).is_err(), "a pack that was cut");
}

#[test]
fn a_pack_that_has_grown_is_opened_from_where_it_was() {
    let (log, place) = (long(), tempfile::tempdir().unwrap());
    let pack = place.path().join("pack");
    let write = |log: &Log, note: &[u8]| {
        let mut entries = log.entries.iter().map(|entry| Ok(entry.clone()));
        write_pack(&pack, &mut entries, note).unwrap();
    };
    let mut places = Places::default();
    for size in [0, 1, 1_023, 1_024, 1_025, 2_048, 2_100] {
        let part = Log::of(log.entries[..size].to_vec());
        // Notes differ in length, and with them where the first entry begins.
        let line = format!("\u{2014} w {}\n", "AAAA".repeat(20 + size % 7));
        write(&part, &[part.checkpoint(), line.into_bytes()].concat());
        let reader = CopyReader::open_grown(&pack, places).unwrap();
        for position in 0..size as u64 {
            let expected = &part.entries[usize::try_from(position).unwrap()];
            assert_eq!(
                &entry_at(&reader, position),
                expected,
                "{position} of {size}"
            );
        }
        places = reader.into_places(size as u64);
    }
    // Of what was known nothing is read again: only what is new must be there.
    let mut bytes = fs::read(&pack).unwrap();
    let start = 20
        + bytes[16..20]
            .iter()
            .fold(0, |sum, byte| sum * 256 + usize::from(*byte));
    bytes[start..start + 2].fill(0);
    fs::write(&pack, &bytes).unwrap();
    assert!(CopyReader::open(&pack).is_err(), "an entry of no bytes");
    assert!(CopyReader::open_grown(&pack, places.clone()).is_ok());
    fs::write(&pack, &bytes[..bytes.len() - 1]).unwrap();
    assert!(
        CopyReader::open_grown(&pack, places.clone()).is_err(),
        "cut"
    );
    bytes.push(0);
    fs::write(&pack, &bytes).unwrap();
    assert!(
        CopyReader::open_grown(&pack, places).is_err(),
        "longer than its checkpoint says"
    );
}

#[test]
fn what_was_not_verified_of_a_pack_says_nothing_of_the_next_one() {
    let (log, place) = (long(), tempfile::tempdir().unwrap());
    let pack = place.path().join("pack");
    let write = |log: &Log| {
        let mut entries = log.entries.iter().map(|entry| Ok(entry.clone()));
        write_pack(&pack, &mut entries, &log.checkpoint()).unwrap();
    };
    let mut other = log.entries.clone();
    other.iter_mut().skip(1_030).for_each(|entry| entry.push(9));
    write(&Log::of(other));
    let places = CopyReader::open(&pack).unwrap().into_places(1_030);
    write(&log);
    let reader = CopyReader::open_grown(&pack, places).unwrap();
    for (position, entry) in (0..).zip(&log.entries) {
        assert_eq!(&entry_at(&reader, position), entry, "at {position}");
    }
}
