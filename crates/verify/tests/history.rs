//! The lying log: one change at a time, and the verdict that must come out, at both depths.
//! Invariant: nothing that was changed passes, and nothing panics. Knows no store on disk.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use std::sync::Arc;

use proptest::prelude::*;
use seal::{Signer, VerifierKey};
use store::{MemoryStore, Store};
use testkit::{Country, ORIGIN, accept, at, key, open};
use verify::{
    Depth, FaultKind, Group, Report, Source, SourceDamage, Trust, Verdict, verify_history,
};

struct Groups(std::vec::IntoIter<Group>);

impl Source for Groups {
    fn next_group(&mut self) -> Option<Result<Group, SourceDamage>> {
        self.0.next().map(Ok)
    }
}

fn verify_at(groups: Vec<Group>, depth: Depth, trust: &Trust) -> Report {
    verify_history(&mut Groups(groups.into_iter()), depth, trust, &mut |_| {})
}

fn log() -> Vec<Group> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut country = Country::new();
    let (ledger, clock) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding.clone());
    for group in 0..8 {
        clock.set(at(&format!("2024-01-{}", 11 + group)));
        let events = (0..6)
            .map(|n| country.mined_by(if n % 2 == 0 { 4 } else { 5 }, group * 10 + n))
            .collect();
        accept(&ledger, events);
    }
    ledger.close().unwrap();
    let group = |frame: store::Frame| Group {
        first: frame.first(),
        packed: frame.packed().to_vec(),
        checkpoint: Some(frame.checkpoint().to_vec()),
    };
    store
        .frames(0)
        .unwrap()
        .map(|frame| group(frame.unwrap()))
        .collect()
}

const SIZE: u64 = 5 + 48;

/// The same verdict at both depths.
fn verdict(groups: &[Group], trust: &Trust) -> (Verdict, Vec<FaultKind>) {
    let full = verify_at(groups.to_vec(), Depth::Full, trust);
    let chained = verify_at(groups.to_vec(), Depth::Chained, trust);
    assert_eq!(
        full.is_good(),
        chained.is_good(),
        "{:?} {:?}",
        full.faults,
        chained.faults
    );
    (
        full.verdict,
        full.faults.iter().map(|fault| fault.kind).collect(),
    )
}

#[test]
fn an_honest_log_is_good_and_the_report_says_what_was_not_checked() {
    let report = verify_at(log(), Depth::Full, &Trust::default());
    assert!(report.is_good(), "{:?}", report.faults);
    assert_eq!((report.size, report.groups, report.authors), (SIZE, 9, 3));
    assert_eq!(
        (report.event_signatures, report.checkpoint_signatures),
        (SIZE, 9)
    );
    assert!(
        report
            .not_checked
            .iter()
            .any(|sentence| sentence.contains("log key"))
    );
    let chained = verify_at(log(), Depth::Chained, &Trust::default());
    assert_eq!(
        (chained.event_signatures, chained.checkpoint_signatures),
        (3, 1)
    );
}

#[test]
fn a_cut_tail_needs_a_size_known_from_elsewhere() {
    let groups = log();
    let cut = &groups[..8];
    assert_eq!(
        verdict(cut, &Trust::default()).0,
        Verdict::Good,
        "a shorter log is a log: nothing in it says more"
    );
    let trust = Trust {
        size_at_least: SIZE,
        ..Trust::default()
    };
    assert_eq!(
        verdict(cut, &trust),
        (Verdict::Stale, vec![FaultKind::Size])
    );
    let report = verify_at(groups.clone(), Depth::Full, &Trust::default());
    let trust = Trust {
        known: vec![known(ORIGIN, SIZE, report.root)],
        ..Trust::default()
    };
    assert_eq!(verdict(cut, &trust).0, Verdict::Stale);
}

#[test]
fn a_log_that_does_not_continue_a_known_checkpoint_is_rolled_back() {
    let groups = log();
    let trust = Trust {
        known: vec![known(ORIGIN, 20, chain::leaf_hash(b"another history"))],
        ..Trust::default()
    };
    assert_eq!(
        verdict(&groups, &trust),
        (Verdict::RolledBack, vec![FaultKind::History])
    );
    let elsewhere = Trust {
        known: vec![known(
            "elsewhere.example/log",
            20,
            chain::leaf_hash(b"another log"),
        )],
        ..Trust::default()
    };
    assert_eq!(verdict(&groups, &elsewhere).0, Verdict::Good);
}

fn known(origin: &str, size: u64, root: chain::Hash) -> verify::Known {
    let origin = origin.to_owned();
    verify::Known { origin, size, root }
}

#[test]
fn another_log_key_is_found() {
    let impostor = VerifierKey::new(ORIGIN, key(3).public().clone()).unwrap();
    let trust = Trust {
        log_key: Some(impostor),
        ..Trust::default()
    };
    assert_eq!(verdict(&log(), &trust).0, Verdict::Tampered);
    let own = VerifierKey::new(ORIGIN, key(2).public().clone()).unwrap();
    assert_eq!(
        verdict(
            &log(),
            &Trust {
                log_key: Some(own),
                ..Trust::default()
            }
        )
        .0,
        Verdict::Good
    );
}

#[test]
fn groups_can_be_neither_dropped_nor_swapped_nor_repeated() {
    let groups = log();
    let dropped = [&groups[..3], &groups[4..]].concat();
    let mut swapped = groups.clone();
    swapped.swap(3, 4);
    let repeated = [&groups[..4], &groups[3..]].concat();
    for lying in [dropped, swapped, repeated] {
        let (verdict, kinds) = verdict(&lying, &Trust::default());
        assert_eq!(verdict, Verdict::Tampered);
        assert!(kinds.contains(&FaultKind::Position) && kinds.contains(&FaultKind::Root));
    }
}

/// The operator holds the log key: it can drop an event and sign a tree without it. The author's chain tells.
#[test]
fn an_operator_cannot_drop_one_event_even_with_the_log_key() {
    let mut groups = log();
    let length = usize::from(u16::from_be_bytes([
        groups[2].packed[0],
        groups[2].packed[1],
    ]));
    groups[2].packed.drain(..2 + length);
    let (mut frontier, mut first) = (chain::Frontier::new(), 0);
    for group in &mut groups {
        group.first = first;
        let mut rest = group.packed.as_slice();
        while let Some((length, tail)) = rest.split_first_chunk::<2>() {
            let (entry, tail) = tail.split_at(usize::from(u16::from_be_bytes(*length)));
            frontier.push(chain::leaf_hash(entry));
            rest = tail;
        }
        first = frontier.size();
        let checkpoint = seal::Checkpoint {
            origin: ORIGIN.to_owned(),
            size: first,
            root: frontier.root(),
        };
        group.checkpoint = Some(checkpoint.sign(&key(2)).unwrap());
    }
    let (verdict, kinds) = verdict(&groups, &Trust::default());
    assert_eq!(
        (verdict, kinds),
        (Verdict::Incomplete, vec![FaultKind::Gap])
    );
}

#[test]
fn an_empty_log_is_not_good() {
    assert_eq!(
        verdict(&[], &Trust::default()),
        (Verdict::Malformed, vec![FaultKind::Founding])
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]
    #[test]
    fn no_changed_bit_anywhere_passes(place in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut groups = log_once();
        let total: usize = groups.iter().map(|group| group.packed.len() + group.checkpoint.as_ref().unwrap().len()).sum();
        let mut place = place.index(total);
        let mut signature_only = false;
        for group in &mut groups {
            let (packed, checkpoint) = (group.packed.len(), group.checkpoint.as_ref().unwrap().len());
            if place < packed {
                group.packed[place] ^= 1 << bit;
                break;
            } else if place < packed + checkpoint {
                // A chained run compares every tree and checks the last checkpoint's signature only.
                signature_only = group.checkpoint.as_ref().unwrap()[..place - packed].windows(2).any(|pair| pair == b"\n\n");
                group.checkpoint.as_mut().unwrap()[place - packed] ^= 1 << bit;
                break;
            }
            place -= packed + checkpoint;
        }
        prop_assert!(!verify_at(groups.clone(), Depth::Full, &Trust::default()).is_good());
        prop_assert!(signature_only || !verify_at(groups, Depth::Chained, &Trust::default()).is_good());
    }
}

fn log_once() -> Vec<Group> {
    static LOG: std::sync::OnceLock<Vec<Group>> = std::sync::OnceLock::new();
    LOG.get_or_init(log).clone()
}
