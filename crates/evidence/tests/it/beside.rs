//! What a log beside a file tells: whose the keys are, where the events stand, and what it contradicts.
//! Invariant: the file is the same each time; only the log differs. Knows the honest log.

use std::sync::Arc;

use chain::leaf_hash;
use domain::{Payload, Registry};
use evidence::{
    AtHand, Evidence, LogFacts, Receipt, ReceiptRefusal, check_evidence, check_receipt,
};
use ledger::{Ledger, LedgerOptions, ManualClock};
use signing::{Signer, VerifierKey};
use store::{Entries, MemoryStore, Store};
use testkit::{ORIGIN, TestCountry, accept, at, open};
use verify::{FaultKind, Report, Verdict};

use crate::world::{AUTHORITY, Log, OPERATOR, log_key, mined, note, signed};

fn beside(log: &Log, wanted: Vec<domain::EventId>) -> LogFacts {
    let mut beside = LogFacts::of(wanted);
    log.entries.iter().for_each(|entry| beside.take(entry));
    beside
}

/// The mine's second lot in the log, and another in its place, signed by the key with this number.
fn evidence(signer: u32) -> Evidence {
    let events = [
        mined(TestCountry::MINE, 1, 1).body,
        mined(TestCountry::MINE, 1, 77).body,
    ];
    Evidence::two_events(ORIGIN, events.map(|body| signed(&body, &[signer])))
}

fn judge(evidence: &Evidence, log: &Log) -> Report {
    let beside = beside(log, evidence.events());
    let reader = AtHand {
        log: Some(&beside),
        ..AtHand::default()
    };
    check_evidence(evidence, &reader)
}

#[test]
fn evidence_by_the_authors_key_holds_and_says_where_the_event_stands() {
    let report = judge(&evidence(TestCountry::MINE), &Log::of(0..4));
    assert_eq!(report.verdict, Verdict::Equivocation, "{report:#?}");
    assert_eq!(report.faults[0].position, 6);
    assert!(report.proven.iter().any(|line| line.contains("position 6")));
}

/// Whoever makes up evidence can make up a log beside it: a reader without a key of its own is told.
#[test]
fn a_log_beside_a_file_is_not_a_key_of_the_readers_own() {
    let (evidence, log) = (evidence(TestCountry::MINE), Log::of(0..4));
    let report = judge(&evidence, &log);
    let [line] = &report.not_checked[..] else {
        panic!("{:#?}", report.not_checked)
    };
    assert!(line.contains("the one that the log copy names"), "{line}");
    let (beside, own) = (beside(&log, evidence.events()), log_key());
    let remembered = own.clone().into();
    for (log_key, remembered) in [(Some(&own), None), (None, Some(&remembered))] {
        let reader = AtHand {
            log_key,
            remembered,
            log: Some(&beside),
        };
        let report = check_evidence(&evidence, &reader);
        assert_eq!(report.not_checked, Vec::<String>::new());
    }
}

/// What the node keeps when it refuses the second of two.
#[test]
fn what_a_node_refused_is_evidence() {
    let memory = MemoryStore::new();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    let (ledger, _clock) = open(&store, at("2024-02-01"));
    accept(&ledger, TestCountry::new().founding);
    accept(&ledger, vec![mined(TestCountry::MINE, 0, 1)]);
    let second = ledger.submit_blocking(vec![mined(TestCountry::MINE, 0, 2)]);
    let refused = second.unwrap().remove(0).unwrap_err();
    let kept = refused.evidence.unwrap();
    let both = [&kept.held, &kept.offered].map(|event| (&*event.body, &*event.signatures));
    let evidence = Evidence::two_refused(&ledger.registry(), both).unwrap();
    let frames = memory.frames(0).unwrap().map(Result::unwrap);
    let entries = frames.flat_map(|frame| {
        let entries = frame.entries().map(|(_, entry)| entry.to_vec());
        entries.collect::<Vec<_>>()
    });
    let report = judge(&evidence, &Log::from(entries.collect()));
    assert_eq!(report.verdict, Verdict::Equivocation, "{report:#?}");
    assert_eq!(report.faults[0].position, kept.held_position);
    // Of a key that nobody registered nothing can be said.
    assert_eq!(Evidence::two_refused(&Registry::new(), both), None);
}

#[test]
fn anybody_can_sign_in_a_name_and_a_log_tells_that_it_is_not_the_authors_key() {
    for signer in [TestCountry::SEPARATOR, 99] {
        let alone = check_evidence(&evidence(signer), &AtHand::default());
        assert_eq!(alone.verdict, Verdict::Equivocation);
        assert!(
            alone
                .not_checked
                .iter()
                .any(|line| line.contains("whose they are"))
        );
        let report = judge(&evidence(signer), &Log::of(0..4));
        assert_eq!(report.verdict, Verdict::Tampered);
        assert!(report.faults.iter().all(|f| f.kind == FaultKind::Signature));
        assert_eq!(report.proven, Vec::<String>::new());
    }
}

#[test]
fn a_receipt_needs_a_key_that_is_trusted() {
    let log = Log::of(0..4);
    let receipt = Receipt::parse(log.receipt_text(6, 10).as_bytes()).unwrap();
    let without = check_receipt(&receipt, &AtHand::default());
    assert_eq!(without, Err(ReceiptRefusal::NoKey));
    let beside = beside(&log, receipt.event().into_iter().collect());
    let (log_key, log) = (log_key(), Some(&beside));
    for given in [Some(&log_key), None] {
        let reader = AtHand {
            log_key: given,
            log,
            ..AtHand::default()
        };
        let report = check_receipt(&receipt, &reader).unwrap();
        assert!(report.is_good(), "{report:#?}");
        assert_eq!(report.event_signatures, 1);
        assert_eq!(report.not_checked.len(), usize::from(given.is_none()));
    }
}

#[test]
fn a_receipt_is_held_against_what_the_log_has_in_its_place() {
    let log = Log::of(0..4);
    let receipt = Receipt::parse(log.receipt_text(6, 10).as_bytes()).unwrap();
    let judge = |log: &Log| {
        let beside = beside(log, receipt.event().into_iter().collect());
        let reader = AtHand {
            log: Some(&beside),
            ..AtHand::default()
        };
        check_receipt(&receipt, &reader).unwrap()
    };
    // Another history in which the mine stated its lots in another order.
    let moved = judge(&Log::of(1..5));
    assert_eq!(moved.verdict, Verdict::RolledBack, "{moved:#?}");
    // The very event, at another place.
    let without_one = [&log.entries[..4], &log.entries[5..]].concat();
    let shifted = judge(&Log::from(without_one));
    assert_eq!(shifted.verdict, Verdict::RolledBack, "{shifted:#?}");
    assert_eq!(shifted.faults[0].computed, "5");
    let shorter = judge(&Log::from(log.entries[..6].to_vec()));
    assert!(shorter.is_good(), "{shorter:#?}");
    assert!(
        shorter
            .not_checked
            .iter()
            .any(|line| line.contains("ends at 6"))
    );
}

/// A ledger whose log key was replaced at position 6; a lot lies on either side.
fn rotated() -> Arc<dyn Store> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let ledger = Ledger::open(LedgerOptions {
        store: Arc::clone(&store),
        signer: Arc::new(testkit::log_key(0)),
        next_signer: Some(Arc::new(testkit::log_key(1))),
        clock: Arc::new(ManualClock::at(at("2024-02-01"))),
    })
    .unwrap();
    let mut country = TestCountry::new();
    accept(&ledger, country.founding.clone());
    accept(&ledger, vec![country.mined(0)]);
    let rotation = Payload::LogKeyRotated(Box::new(testkit::rotation(0)));
    let rotation = country.authors.sign(AUTHORITY, at("2024-01-20"), rotation);
    accept(&ledger, vec![rotation]);
    accept(&ledger, vec![country.mined(1)]);
    ledger.close().unwrap();
    store
}

#[test]
fn a_log_whose_key_was_replaced_leads_from_either_key_to_what_both_signed() {
    let store = rotated();
    let frames = store.frames(0).unwrap().map(Result::unwrap);
    let entries = frames.flat_map(|frame| {
        let entries = frame.entries().map(|(_, entry)| entry.to_vec());
        entries.collect::<Vec<_>>()
    });
    let entries = Log::from(entries.collect());
    let keys = [0, 1].map(|turns| {
        let key = testkit::log_key(turns).public().clone();
        VerifierKey::new(ORIGIN, key).unwrap()
    });
    for (position, by) in [(5, 0), (7, 1)] {
        let given = ledger::receipt(&*store, position).unwrap();
        let receipt = Receipt::new(&given.entry, &given.proof);
        let log = beside(&entries, receipt.event().into_iter().collect());
        for (own, key) in keys.iter().enumerate() {
            let alone = AtHand {
                log_key: Some(key),
                ..AtHand::default()
            };
            let with_log = AtHand {
                log: Some(&log),
                ..alone
            };
            let is_good = |reader| check_receipt(&receipt, reader).unwrap().fault_count == 0;
            assert_eq!(is_good(&alone), own == by, "{position} {own}");
            assert!(is_good(&with_log), "{position} {own}");
        }
    }
    let log = beside(&entries, Vec::new());
    let notes = [b"one", b"two"].map(|word| note(5, leaf_hash(word), OPERATOR));
    let [one, two] = [&notes[0][..], &notes[1]];
    let evidence = Evidence::two_histories(keys.iter(), [one, two], |_, _| None).unwrap();
    let of = |log_key, log| {
        let reader = AtHand {
            log_key,
            log,
            ..AtHand::default()
        };
        check_evidence(&evidence, &reader)
    };
    let report = of(Some(&keys[1]), Some(&log));
    assert_eq!(report.verdict, Verdict::Equivocation, "{report:#?}");
    let said = "was replaced at size 7";
    assert!(
        report.not_checked.iter().any(|line| line.contains(said)),
        "{report:#?}"
    );
    let stranger = of(Some(&keys[1]), None);
    assert_eq!(stranger.faults[0].kind, FaultKind::Checkpoint);
}
