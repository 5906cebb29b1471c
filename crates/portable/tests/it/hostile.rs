//! Bytes that nobody honest wrote, in the place of extracts, packs and folders.
//! Invariant: none makes the reader panic or set aside memory for a length that is only claimed, and none is good unless
//! it means what the honest one means.

use std::fs;
use std::path::Path;

use domain::Bytes32;
use portable::{Entries, Extract, Handed, PortableFault, check_extract, write_folder, write_pack};
use proptest::prelude::*;
use proptest::sample::Index;
use signing::{Signer, VerifierKey};
use testkit::{ORIGIN, TestCountry, key};
use verify::{Depth, Trust, Verdict};

use crate::log::{Log, OPERATOR, honest};

const MAGIC: &[u8] = b"ytterby pack v1\n";
const FILES: [&str; 3] = ["checkpoint", "tile/entries/000.p/19", "tile/0/000.p/19"];

/// What a reader is told of a copy; nothing if it is refused before a report.
fn verdict(path: &Path) -> Option<Verdict> {
    let report = Handed::open(path)
        .and_then(|mut handed| handed.verify(Depth::Full, &Trust::default(), &mut |_, _| {}));
    report.ok().map(|report| report.verdict)
}

fn of_file(bytes: &[u8]) -> Option<Verdict> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy");
    fs::write(&path, bytes).unwrap();
    verdict(&path)
}

fn with_entries<T>(log: &Log, write: impl FnOnce(&mut Entries<'_>) -> T) -> T {
    let mut entries = log.entries.iter().cloned().map(Ok::<_, PortableFault>);
    write(&mut entries)
}

fn pack() -> Vec<u8> {
    let log = honest();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pack");
    with_entries(&log, |entries| {
        write_pack(&path, entries, &log.checkpoint())
    })
    .unwrap();
    fs::read(path).unwrap()
}

fn write_honest_folder(path: &Path) {
    let log = honest();
    let log_key = VerifierKey::new(ORIGIN, key(OPERATOR).public().clone()).unwrap();
    let checkpoint = log.checkpoint();
    with_entries(&log, |entries| {
        write_folder(path, entries, &checkpoint, &log_key)
    })
    .unwrap();
}

/// One thing done to bytes.
#[derive(Debug, Clone)]
enum Edit {
    Set(Index, u8),
    Cut(Index),
    Remove(Index, u8),
    Insert(Index, Vec<u8>),
    Repeat(Index, u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(place, byte)| Edit::Set(place, byte)),
        1 => any::<Index>().prop_map(Edit::Cut),
        2 => (any::<Index>(), 1..60u8).prop_map(|(place, count)| Edit::Remove(place, count)),
        2 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..40))
            .prop_map(|(place, bytes)| Edit::Insert(place, bytes)),
        1 => (any::<Index>(), 1..60u8).prop_map(|(place, count)| Edit::Repeat(place, count)),
    ]
}

fn edited(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for edit in edits {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        let run = |place: usize, count: u8| place..(place + usize::from(count)).min(length);
        match edit {
            Edit::Set(place, byte) => bytes[place.index(length)] = *byte,
            Edit::Cut(place) => bytes.truncate(place.index(length)),
            Edit::Remove(place, count) => drop(bytes.drain(run(place.index(length), *count))),
            Edit::Insert(place, more) => {
                let place = place.index(length);
                drop(bytes.splice(place..place, more.iter().copied()));
            }
            Edit::Repeat(place, count) => {
                bytes.extend_from_within(run(place.index(length), *count));
            }
        }
    }
    bytes
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec(edit(), 1..4)
}

/// Numbers that a document may claim.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..20u64, Just(u64::MAX), Just(u64::MAX - 1), any::<u64>()]
}

/// Changes one part of an extract; which one, and to what.
fn change(
    extract: &mut Extract,
    part: u8,
    place: &Index,
    other: &Index,
    number: u64,
    hash: Bytes32,
) {
    let entry_count = extract.entries.len();
    let heads = extract.heads.as_mut().unwrap();
    let leaf = place.index(heads.leaves.len());
    let entry = &mut extract.entries[place.index(entry_count)];
    match part {
        0 => entry.position = number,
        1 => entry.proof.push(hash),
        2 => drop(entry.proof.pop()),
        3 => {
            let step = other.index(entry.proof.len());
            entry.proof[step] = hash;
        }
        4 => heads.position = number,
        5 => heads.leaves[leaf].index = number,
        6 => heads.leaves[leaf].last_seq = number,
        7 => heads.leaves[leaf].last = hash,
        8 => heads.leaves[leaf].proof.push(hash),
        9 => drop(heads.leaves[leaf].proof.pop()),
        10 => drop(heads.leaves.remove(leaf)),
        11 => heads.leaves[leaf].author = testkit::party(u32::try_from(number % 200).unwrap()),
        _ => entry.entry.truncate(other.index(entry.entry.len())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_never_good(
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
        start in prop_oneof![Just(&b""[..]), Just(MAGIC), Just(&b"{\"format\":"[..])],
    ) {
        prop_assert_ne!(of_file(&[start, &bytes].concat()), Some(Verdict::Good));
    }

    #[test]
    fn an_edited_pack_is_never_good(edits in edits()) {
        let whole = pack();
        let edited = edited(&whole, &edits);
        // Lengths, entries and the signed text: a pack has no second spelling.
        if edited != whole {
            prop_assert_ne!(of_file(&edited), Some(Verdict::Good));
        }
    }

    #[test]
    fn an_edited_folder_is_never_good(edits in edits(), file in prop::sample::select(&FILES[..])) {
        let folder = tempfile::tempdir().unwrap();
        write_honest_folder(folder.path());
        let path = folder.path().join(file);
        let whole = fs::read(&path).unwrap();
        let edited = edited(&whole, &edits);
        fs::write(&path, &edited).unwrap();
        prop_assert_eq!(verdict(folder.path()) == Some(Verdict::Good), edited == whole);
    }

    #[test]
    fn the_text_of_an_extract_is_good_only_with_the_same_meaning(edits in edits()) {
        let extract = honest().extract(TestCountry::MINE);
        let whole = serde_json::to_vec(&extract).unwrap();
        let edited = edited(&whole, &edits);
        if of_file(&edited) == Some(Verdict::Good) {
            prop_assert_eq!(serde_json::from_slice::<Extract>(&edited).unwrap(), extract);
        }
    }

    #[test]
    fn a_changed_extract_is_never_good(
        number_of_party in prop::sample::select(&[TestCountry::MINE, crate::log::NOBODY, 0, 99][..]),
        part in 0..13u8,
        place in any::<Index>(),
        other in any::<Index>(),
        number in number(),
        hash in any::<[u8; 32]>(),
    ) {
        let extract = honest().extract(number_of_party);
        let mut changed = extract.clone();
        change(&mut changed, part, &place, &other, number, Bytes32(hash));
        let report = check_extract(&changed, &Trust::default());
        prop_assert_eq!(report.is_good(), changed == extract, "{:#?}", changed);
    }
}

#[test]
fn the_unedited_copies_are_good() {
    let folder = tempfile::tempdir().unwrap();
    write_honest_folder(folder.path());
    assert_eq!(verdict(folder.path()), Some(Verdict::Good));
    assert_eq!(of_file(&pack()), Some(Verdict::Good));
    let extract = serde_json::to_vec(&honest().extract(TestCountry::MINE)).unwrap();
    assert_eq!(of_file(&extract), Some(Verdict::Good));
}

#[test]
fn an_extract_that_is_not_utf_8_gets_a_report() {
    let bytes = b"{\"format\": \"ytterby extract \xff\"}";
    assert_eq!(of_file(bytes), Some(Verdict::Malformed));
}

#[test]
fn nothing_is_set_aside_for_a_size_that_is_only_claimed() {
    let log = honest();
    let origin = ORIGIN.to_owned();
    let root = chain::empty_root();
    let size = u64::MAX;
    let claim = signing::Checkpoint { origin, size, root };
    let checkpoint = claim.sign(&key(OPERATOR)).unwrap();
    let length = u32::try_from(checkpoint.len()).unwrap().to_be_bytes();
    let longest = u16::MAX.to_be_bytes();
    let pack = [MAGIC, &length, &checkpoint, &longest, b"short"].concat();
    // Not even the founding is there, in either.
    assert_eq!(of_file(&pack), Some(Verdict::Malformed));
    let long_checkpoint = [MAGIC, &u32::MAX.to_be_bytes(), &checkpoint].concat();
    assert_eq!(of_file(&long_checkpoint), None);
    let folder = tempfile::tempdir().unwrap();
    write_honest_folder(folder.path());
    fs::write(folder.path().join("checkpoint"), &checkpoint).unwrap();
    assert_eq!(verdict(folder.path()), Some(Verdict::Malformed));
    let mut extract = log.extract(TestCountry::MINE);
    extract.checkpoint = String::from_utf8(checkpoint).unwrap();
    let report = check_extract(&extract, &Trust::default());
    assert_eq!(report.verdict, Verdict::Tampered);
}
