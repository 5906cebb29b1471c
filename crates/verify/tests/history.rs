//! The lying log: one change at a time, and the verdict that must come out, at both depths.
//! Invariant: nothing that was changed passes, and nothing panics. Knows no store on disk.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use std::sync::Arc;

use author::SignedEvent;
use domain::payload::HeadsCommitted;
use domain::{Bytes32, Payload};
use proptest::prelude::*;
use signing::{Signer, VerifierKey};
use store::{MemoryStore, Store};
use testkit::{ORIGIN, TestCountry, accept, at, author, key, open};
use verify::{
    Depth, FaultKind, Group, Report, Source, SourceDamage, Trust, Verdict, split_entries,
    verify_history,
};
use wire::Entry;

struct Groups {
    groups: Vec<Group>,
    next: usize,
}

impl Source for Groups {
    fn next_group(&mut self) -> Option<Result<Group, SourceDamage>> {
        let group = self.groups.get(self.next).cloned();
        self.next += 1;
        group.map(Ok)
    }

    fn rewind(&mut self) -> Result<(), SourceDamage> {
        self.next = 0;
        Ok(())
    }
}

fn verify_at(groups: Vec<Group>, depth: Depth, trust: &Trust) -> Report {
    let mut source = Groups { groups, next: 0 };
    verify_history(&mut source, depth, trust, &mut |_| {})
}

fn log() -> Vec<Group> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut country = TestCountry::new();
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

/// What the operator can do, with its key: any entries, under a tree that it signs.
fn published(entries: &[Vec<u8>]) -> Vec<Group> {
    let (mut frontier, mut packed) = (chain::Frontier::new(), Vec::new());
    for entry in entries {
        frontier.push(chain::leaf_hash(entry));
        packed.extend_from_slice(&u16::try_from(entry.len()).unwrap().to_be_bytes());
        packed.extend_from_slice(entry);
    }
    let checkpoint = signing::Checkpoint {
        origin: ORIGIN.to_owned(),
        size: frontier.size(),
        root: frontier.root(),
    };
    vec![Group {
        first: 0,
        packed,
        checkpoint: Some(checkpoint.sign(&key(2)).unwrap()),
    }]
}

fn entries(groups: &[Group]) -> Vec<Vec<u8>> {
    let split = |group: &Group| {
        let (entries, left_over) = split_entries(&group.packed);
        assert!(!left_over);
        entries.into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    groups.iter().flat_map(split).collect()
}

/// The event that a party would sign next behind these entries, signed by anyone.
fn signed_by(signer: u32, entries: &[Vec<u8>], number: u32, payload: Payload) -> Vec<u8> {
    let mut author = author(number);
    for entry in entries {
        let view = wire::decode_entry(entry).unwrap();
        let body = wire::decode_body(view.body).unwrap();
        if body.author == author.party {
            author.follow(&body, &wire::event_id(view.body));
        }
    }
    let now = at("2024-01-18");
    entry_of(author.sign(&key(signer), now, now, payload).unwrap())
}

fn entry_of(event: SignedEvent) -> Vec<u8> {
    let entry = Entry {
        received: at("2024-01-18"),
        body: event.body,
        signatures: event.signatures,
    };
    wire::encode_entry(&entry).unwrap()
}

fn mined(number: u64) -> Payload {
    let event = TestCountry::new().mined(number);
    wire::decode_body(&event.body).unwrap().payload
}

/// Kinds of faults at full depth.
fn kinds(entries: &[Vec<u8>]) -> Vec<FaultKind> {
    verdict(&published(entries), &Trust::default()).1
}

#[test]
fn an_operator_that_repeats_or_swaps_events_accuses_nobody_of_it() {
    let honest = entries(&log());
    let (mut twice, mut swapped) = (honest.clone(), honest.clone());
    twice.push(honest[SIZE as usize - 1].clone());
    // The mine's, with one of the separator between them.
    swapped.swap(5, 7);
    for (entries, expected) in [
        (&twice, &[FaultKind::Repeated][..]),
        (&swapped, &[FaultKind::Gap, FaultKind::Repeated]),
    ] {
        let mut found = kinds(entries);
        found.dedup();
        assert_eq!(found[..expected.len()], *expected, "{found:?}");
        assert!(!found.contains(&FaultKind::Equivocation), "{found:?}");
        let said = verdict(&published(entries), &Trust::default()).0;
        assert_eq!(said, Verdict::Tampered);
    }
}

#[test]
fn only_two_events_that_an_author_signed_accuse_it() {
    let honest = entries(&log());
    let last = honest.len();
    // Another event for the last place of the separator, at the end and, where it is not the newest any more, further on.
    let second = |signer| signed_by(signer, &honest[..last - 1], 5, mined(900));
    let mut newest = honest.clone();
    newest.push(second(5));
    let mut older = honest.clone();
    older.push(signed_by(5, &honest, 5, mined(901)));
    older.push(second(5));
    for entries in [&newest, &older] {
        assert_eq!(kinds(entries), [FaultKind::Equivocation]);
        let full = verify_at(published(entries), Depth::Full, &Trust::default());
        assert_eq!(full.verdict, Verdict::Equivocation);
        let chained = verify_at(published(entries), Depth::Chained, &Trust::default());
        let kinds: Vec<_> = chained.faults.iter().map(|fault| fault.kind).collect();
        assert_eq!(
            kinds,
            [FaultKind::Repeated],
            "its signatures are not checked"
        );
    }
    // By a key of another party, and by one that nobody registered: before the true event, and behind it.
    for signer in [4, 77] {
        for place in [last - 1, last] {
            let mut forged = honest.clone();
            forged.insert(place, second(signer));
            assert_eq!(kinds(&forged), [FaultKind::Admission], "{signer} {place}");
        }
    }
}

/// The founding, so many lots of the mine, and a commitment to heads that covers the founding.
fn committed_after(lots: u64, change: impl FnOnce(&mut HeadsCommitted)) -> Vec<Group> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    let country = TestCountry::new();
    accept(&ledger, country.founding.clone());
    let mut commitment = ledger.heads_commitment();
    change(&mut commitment);
    let mut entries: Vec<_> = country.founding.into_iter().map(entry_of).collect();
    let mut mine = author(4);
    let (now, lot) = (at("2024-01-05"), mined(1));
    let signed = mine.clone().sign(&key(4), now, now, lot.clone()).unwrap();
    // A chained run asks for the newest signature alone: before it, one that is of another event will do.
    for _ in 1..lots {
        let body = mine.body(now, now, lot.clone());
        let bytes = wire::encode_body(&body).unwrap();
        mine.follow(&body, &wire::event_id(&bytes));
        let body = bytes;
        let signatures = signed.signatures.clone();
        entries.push(entry_of(SignedEvent { body, signatures }));
    }
    entries.push(entry_of(mine.sign(&key(4), now, now, lot).unwrap()));
    let heads = Payload::HeadsCommitted(commitment);
    entries.push(signed_by(2, &[], 2, heads));
    published(&entries)
}

#[test]
fn a_commitment_to_heads_is_true_or_a_fault_however_far_back_it_reaches() {
    let kinds = |groups| {
        let report = verify_at(groups, Depth::Chained, &Trust::default());
        let kinds = report.faults.iter().map(|fault| fault.kind);
        kinds.collect::<Vec<_>>()
    };
    let honest = |_: &mut HeadsCommitted| {};
    let lie = |heads: &mut HeadsCommitted| heads.root = Bytes32([3; 32]);
    assert_eq!(kinds(committed_after(65_536, honest)), []);
    assert_eq!(kinds(committed_after(65_536, lie)), [FaultKind::Heads]);
    assert_eq!(kinds(committed_after(65_537, lie)), [FaultKind::Heads]);
    assert_eq!(kinds(committed_after(65_537, honest)), [FaultKind::Heads]);
    // True one entry later, which is as far as a verifier goes back.
    let later = |heads: &mut HeadsCommitted| {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let (ledger, _clock) = open(&store, at("2024-01-10"));
        let mut country = TestCountry::new();
        accept(&ledger, country.founding.clone());
        accept(&ledger, vec![country.mined(1)]);
        let covered = heads.covered;
        *heads = ledger.heads_commitment();
        heads.covered = covered;
    };
    assert_eq!(kinds(committed_after(65_537, later)), [FaultKind::Heads]);
}

#[test]
fn text_of_a_stranger_stays_on_its_line() {
    let mut report = Report::default();
    let text = "x\n  fault        none\r\u{1b}[2K\u{202e}";
    report.fault(FaultKind::Entry, 0, text, text);
    let fault = report.faults[0].to_string();
    assert!(
        !fault.contains(['\n', '\r', '\u{1b}', '\u{202e}']),
        "{fault:?}"
    );
    assert!(fault.contains("[2K"), "{fault}");
}

/// The operator holds the log key: it can drop an event and sign a tree without it. The author's chain tells.
#[test]
fn an_operator_cannot_drop_one_event_even_with_the_log_key() {
    let mut entries = entries(&log());
    entries.remove(11);
    let groups = published(&entries);
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
