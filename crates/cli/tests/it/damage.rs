//! A disk that lies: one bit changed anywhere in the stored log, a hundred times.
//! Invariant: never a pass, never a panic; the answer names a position or the store says why it refuses.

use std::fs;

use crate::place::{Place, party};

/// Deterministic places, spread over the file: the low bits of a linear congruence.
fn places(count: usize, bytes: usize) -> impl Iterator<Item = (usize, u8)> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    (0..count).map(move |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize % bytes, (state >> 29) as u8 & 7)
    })
}

#[test]
fn a_changed_bit_in_the_stored_log_never_passes() {
    let place = Place::founded();
    for file in ["A", "B", "C"] {
        place.good(&["record", &place.mined(file, 15), "--as", &party(4), "--yes"]);
    }
    let segment = place.ledger().join("log").join("00000000000000000000.seg");
    let honest = fs::read(&segment).unwrap();
    for (byte, bit) in places(100, honest.len()) {
        let mut changed = honest.clone();
        changed[byte] ^= 1 << bit;
        fs::write(&segment, &changed).unwrap();
        let run = place.run(&["verify", ".ytterby"]);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert_eq!(run.code, 1, "byte {byte} bit {bit}: {said}");
        assert!(!said.contains("panicked"), "byte {byte} bit {bit}: {said}");
        assert!(
            said.contains("position") || said.contains("segment"),
            "byte {byte} bit {bit}: {said}"
        );
    }
    fs::write(&segment, &honest).unwrap();
    place.good(&["verify", ".ytterby"]);
}

#[test]
fn a_cut_tail_is_noticed() {
    let place = Place::founded();
    place.good(&["record", &place.mined("A", 5), "--as", &party(4), "--yes"]);
    place.good(&["record", &place.mined("B", 5), "--as", &party(4), "--yes"]);
    let segment = place.ledger().join("log").join("00000000000000000000.seg");
    let honest = fs::read(&segment).unwrap();
    for cut in [1, 100, 1_000, 3_000] {
        fs::write(&segment, &honest[..honest.len() - cut]).unwrap();
        let run = place.run(&["verify", ".ytterby"]);
        assert_eq!(run.code, 1, "cut {cut}: {}{}", run.stdout, run.stderr);
        let write = place.run(&["record", &place.mined("C", 1), "--as", &party(4), "--yes"]);
        assert_eq!(
            write.code, 3,
            "a ledger that lost its tail takes nothing more"
        );
        assert!(write.stderr.contains("13"), "{}", write.stderr);
    }
    // Without the index nobody here remembers how long the log was; the reader's own notes do.
    fs::remove_dir_all(place.ledger().join("index")).unwrap();
    let known = place.run(&["verify", ".ytterby", "--at-least", "13"]);
    assert_eq!(known.code, 1, "{}{}", known.stdout, known.stderr);
    assert!(known.stdout.starts_with("STALE"), "{}", known.stdout);
}
