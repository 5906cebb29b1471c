//! Twenty thousand commitments to heads by whoever may not commit, in a pack that somebody handed over: each would cost a tree
//! of all authors if it were looked into.
//! Invariant: what is counted decides, and no clock: which rule refused each, and how many signatures were checked for it.

use std::collections::BTreeSet;
use std::path::Path;

use domain::{Bytes32, Payload};
use portable::write_pack;
use tempfile::TempDir;
use testkit::{TestCountry, at, key};
use verify::{Depth, FaultKind, Report, Trust};

use crate::handed::run;
use crate::lies_of_authority::push_next;
use crate::log::{checkpoint_by, honest};
use crate::table::report_on;

const COUNT: usize = 20_000;
const OPERATOR: u32 = 2;

fn false_heads() -> Payload {
    Payload::HeadsCommitted(domain::payload::HeadsCommitted {
        covered: 1,
        authors: 1,
        root: Bytes32([3; 32]),
    })
}

/// The honest log and the next event of a party after it, so many times, as a pack.
fn pack(folder: &TempDir, number: u32, payload: Payload, is_signed: bool) -> String {
    let mut entries = honest().entries;
    push_next(&mut entries, number, at("2024-02-03"), payload);
    let mut last = entries.pop().unwrap();
    if !is_signed {
        *last.last_mut().unwrap() ^= 1;
    }
    entries.extend(std::iter::repeat_n(last, COUNT));
    let path = folder.path().join("pack");
    let note = checkpoint_by(&key(OPERATOR), &entries);
    write_pack(&path, &mut entries.into_iter().map(Ok), &note).unwrap();
    path.to_str().unwrap().to_owned()
}

fn report(path: &str, depth: Depth) -> Report {
    report_on(Path::new(path), depth, &Trust::default())
}

fn kinds(report: &Report) -> BTreeSet<&'static str> {
    report
        .faults
        .iter()
        .map(|fault| fault.kind.name())
        .collect()
}

#[test]
fn unsigned_commitments_cost_no_more_than_other_bad_events() {
    let folder = tempfile::tempdir().unwrap();
    let lot = || {
        let mined = TestCountry::new().mined_by(TestCountry::MINE, 900);
        wire::decode_body(&mined.body).unwrap().payload
    };
    let of = |number, payload, depth| {
        let path = pack(&folder, number, payload, false);
        let (code, out, said) = run(&[&path]);
        assert_eq!(code, 1, "{out} {said}");
        report(&path, depth)
    };
    let heads = of(OPERATOR, false_heads(), Depth::Full);
    let lots = of(TestCountry::MINE, lot(), Depth::Full);
    for report in [&heads, &lots] {
        assert_eq!(kinds(report), [FaultKind::Signature.name()].into());
        assert_eq!(report.fault_count, COUNT as u64);
    }
    assert_eq!(heads.event_signatures, lots.event_signatures);
    // In a chained run a commitment is the one thing whose signature is never left to a later event.
    let heads = of(OPERATOR, false_heads(), Depth::Chained);
    assert!(!kinds(&heads).contains(FaultKind::Heads.name()));
}

#[test]
fn commitments_of_who_may_not_commit_are_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    for depth in [Depth::Full, Depth::Chained] {
        let path = pack(&folder, TestCountry::MINE, false_heads(), true);
        let report = report(&path, depth);
        assert_eq!(report.fault_count, COUNT as u64);
        assert_eq!(kinds(&report), [FaultKind::Admission.name()].into());
    }
}
