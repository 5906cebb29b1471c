//! The sequencer: answers, repeats, equivocation, recovery, faults, receipts, back-pressure.
//! Invariant: after every step the auditor's function finds the log good. Knows nothing of files.

use std::sync::Arc;

use signing::{Signer, VerifierKey};
use store::faulty::{FaultyStore, Outcome, Plan};
use store::{MemoryStore, Store};
use testkit::{TestCountry, accept, at, check_ledger, key, open};
use verify::AdmissionRefusal;

use ledger::{Ledger, LedgerFault, LedgerOptions, ManualClock, rebuild, receipt, reindex};

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

#[test]
fn a_repeated_event_gets_its_first_answer() {
    let (store, mut country) = (memory(), TestCountry::new());
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding.clone());
    let event = country.mined(1);
    let first = accept(&ledger, vec![event.clone()]);
    accept(&ledger, vec![country.mined(2)]);
    let again = accept(&ledger, vec![event.clone()]);
    assert!(!first[0].repeated && again[0].repeated);
    assert_eq!(
        (first[0].position, first[0].id),
        (again[0].position, again[0].id)
    );
    assert_eq!(first[0].checkpoint, again[0].checkpoint);
    assert_eq!(store.size(), 7);
    ledger.close().unwrap();
    let (ledger, _clock) = open(&store, at("2024-01-11"));
    assert_eq!(
        accept(&ledger, vec![event])[0].position,
        first[0].position,
        "found through the index"
    );
    check_ledger(&*store);
}

#[test]
fn equivocation_is_refused_with_both_bodies() {
    let (store, mut country) = (memory(), TestCountry::new());
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding.clone());
    let mut twin = TestCountry::new();
    let (held, offered) = (country.mined(1), twin.mined(2));
    accept(&ledger, vec![held.clone()]);
    let refused = ledger
        .submit_blocking(vec![offered.clone()])
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert!(matches!(
        refused.refusal,
        AdmissionRefusal::Equivocation { seq: 0, .. }
    ));
    let evidence = refused.evidence.unwrap();
    assert_eq!((evidence.held, evidence.offered), (held, offered.clone()));
    let mut forged = offered;
    forged.signatures[0].1.0[0] ^= 1;
    let refused = ledger
        .submit_blocking(vec![forged])
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert_eq!(
        refused.refusal.code(),
        "signature",
        "a forgery accuses nobody"
    );
    check_ledger(&*store);
}

#[test]
fn refused_events_leave_no_trace_and_do_not_stop_their_neighbours() {
    let (store, mut country) = (memory(), TestCountry::new());
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    let (one, two, three) = (country.mined(1), country.mined(2), country.mined(3));
    let early = ledger
        .submit_blocking(vec![one.clone()])
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert_eq!(early.refusal.code(), "not-founded");
    accept(&ledger, country.founding.clone());
    let mut broken = two.clone();
    broken.body.push(0);
    let answers = ledger
        .submit_blocking(vec![one, broken, three, two])
        .unwrap();
    let codes: Vec<_> = answers
        .iter()
        .map(|answer| {
            answer
                .as_ref()
                .map_or_else(|r| r.refusal.code(), |_| "accepted".to_owned())
        })
        .collect();
    assert_eq!(
        codes,
        ["accepted", "trailing-bytes", "author-chain", "accepted"]
    );
    assert_eq!(store.size(), 7);
    check_ledger(&*store);
}

#[test]
fn indexes_are_made_anew_from_the_log() {
    let (store, mut country) = (memory(), TestCountry::new());
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding.clone());
    let lots: Vec<_> = (0..700).map(|number| country.mined(number)).collect();
    accept(&ledger, lots.clone());
    let (head, registry) = (
        ledger.author(TestCountry::id(4)).unwrap(),
        ledger.registry(),
    );
    let first = receipt(&*store, 300).unwrap();
    ledger.close().unwrap();

    let (reopened, _clock) = open(&store, at("2024-01-11"));
    assert_eq!(
        reopened.status().replayed_on_open,
        0,
        "the mark covers the whole log"
    );
    assert_eq!(
        (
            reopened.author(TestCountry::id(4)).unwrap(),
            reopened.registry()
        ),
        (head, registry.clone())
    );
    assert_eq!(receipt(&*store, 300).unwrap(), first);
    drop(reopened);

    rebuild(&*store).unwrap();
    assert_eq!(receipt(&*store, 300).unwrap(), first, "by the log alone");
    let (rebuilt, _clock) = open(&store, at("2024-01-11"));
    assert_eq!(rebuilt.status().replayed_on_open, 705);
    assert_eq!(
        (
            rebuilt.author(TestCountry::id(4)).unwrap(),
            rebuilt.registry()
        ),
        (head, registry.clone())
    );
    rebuilt.close().unwrap();

    // Without a key and without a ledger: what is opened then has nothing left to replay.
    rebuild(&*store).unwrap();
    assert_eq!(reindex(&*store).unwrap(), 705);
    assert_eq!(reindex(&*store).unwrap(), 0);
    let (rebuilt, _clock) = open(&store, at("2024-01-11"));
    assert_eq!(rebuilt.status().replayed_on_open, 0);
    assert_eq!(
        (
            rebuilt.author(TestCountry::id(4)).unwrap(),
            rebuilt.registry()
        ),
        (head, registry)
    );
    assert_eq!(receipt(&*store, 300).unwrap(), first);
    assert_eq!(accept(&rebuilt, vec![lots[42].clone()])[0].position, 47);
    check_ledger(&*store);
}

#[test]
fn every_receipt_proves_its_entry() {
    let (store, mut country) = (memory(), TestCountry::new());
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding.clone());
    for group in 0..6 {
        accept(
            &ledger,
            (0..97)
                .map(|number| country.mined(group * 1000 + number))
                .collect(),
        );
    }
    let log_key = VerifierKey::new(testkit::ORIGIN, key(2).public().clone())
        .unwrap()
        .into();
    for position in 0..store.size() {
        let given = receipt(&*store, position).unwrap();
        let text = signing::TlogProof::parse(&given.proof.to_text()).unwrap();
        text.verify(&given.entry, &log_key).unwrap();
    }
    assert!(receipt(&*store, store.size()).is_err());
}

#[test]
fn nothing_is_acknowledged_after_a_failed_append_until_the_ledger_is_reopened() {
    for (outcome, persisted) in [(Outcome::Lost, false), (Outcome::Persisted, true)] {
        let plan = Plan {
            append: Some((2, outcome)),
            side_put: None,
        };
        let faulty = Arc::new(FaultyStore::new(MemoryStore::new(), plan));
        let mut country = TestCountry::new();
        let (ledger, _clock) = open(&(Arc::clone(&faulty) as Arc<dyn Store>), at("2024-01-10"));
        accept(&ledger, country.founding.clone());
        let (one, two) = (country.mined(1), country.mined(2));
        assert!(ledger.submit_blocking(vec![one.clone()]).is_err());
        let Err(LedgerFault::Stopped(why)) = ledger.submit_blocking(vec![two.clone()]) else {
            panic!("an event was taken after a fault");
        };
        assert!(why.starts_with("the store failed: "), "{why}");
        assert!(ledger.close().is_err());
        let sound: Arc<dyn Store> =
            Arc::new(Arc::into_inner(faulty).unwrap().reopen(Plan::default()));
        let (ledger, _clock) = open(&sound, at("2024-01-10"));
        let answers = accept(&ledger, vec![one, two]);
        assert_eq!(answers[0].repeated, persisted);
        assert_eq!(sound.size(), 7);
        check_ledger(&*sound);
    }
}

#[test]
fn receive_times_never_run_backward() {
    let (store, mut country) = (memory(), TestCountry::new());
    let (ledger, clock) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding.clone());
    clock.set(at("2024-01-10").plus_ms(-60_000));
    accept(&ledger, vec![country.mined(1)]);
    let entry = store.frame_of(5).unwrap();
    let received = wire::decode_entry(entry.entry(5).unwrap())
        .unwrap()
        .received;
    assert_eq!(received, at("2024-01-10"));
    check_ledger(&*store);
}

#[test]
fn a_ledger_is_opened_with_its_own_log_key_only() {
    let (store, country) = (memory(), TestCountry::new());
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding);
    ledger.close().unwrap();
    let clock = Arc::new(ManualClock::at(at("2024-01-10")));
    let options = LedgerOptions {
        store: Arc::clone(&store),
        signer: Arc::new(key(3)),
        next_signer: None,
        clock,
    };
    assert!(matches!(
        Ledger::open(options),
        Err(LedgerFault::WrongLogKey)
    ));
}

#[test]
fn submitters_at_the_same_time_are_all_answered() {
    let (store, mut country) = (memory(), TestCountry::new());
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding.clone());
    let authors = [
        TestCountry::MINE,
        TestCountry::SEPARATOR,
        TestCountry::TRADER,
    ];
    let chains = authors.map(|author| {
        (0..300)
            .map(|number| country.mined_by(author, number))
            .collect::<Vec<_>>()
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .unwrap();
    let ledger = Arc::new(ledger);
    let mut positions = runtime.block_on(async {
        let tasks = chains.map(|chain| {
            let ledger = Arc::clone(&ledger);
            tokio::spawn(async move {
                let mut positions = Vec::new();
                for event in chain {
                    positions.push(
                        ledger
                            .submit(vec![event])
                            .await
                            .unwrap()
                            .remove(0)
                            .unwrap()
                            .position,
                    );
                }
                positions
            })
        });
        let mut positions = Vec::new();
        for task in tasks {
            positions.extend(task.await.unwrap());
        }
        positions
    });
    positions.sort_unstable();
    assert_eq!(positions, (5..905).collect::<Vec<_>>());
    Arc::into_inner(ledger).unwrap().close().unwrap();
    check_ledger(&*store);
}

#[test]
fn a_founding_with_another_log_key_is_refused_and_stops_nothing() {
    let (store, country) = (memory(), TestCountry::new());
    let clock = Arc::new(ManualClock::at(at("2024-01-10")));
    let (opened, signer) = (Arc::clone(&store), Arc::new(key(3)));
    let ledger = Ledger::open(LedgerOptions {
        store: opened,
        signer,
        next_signer: None,
        clock,
    })
    .unwrap();
    let answers = ledger.submit_blocking(country.founding).unwrap();
    let codes: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().unwrap_err().refusal.code())
        .collect();
    assert_eq!(
        codes,
        [
            "another-log-key",
            "not-founded",
            "not-founded",
            "not-founded",
            "not-founded"
        ]
    );
    assert_eq!(store.size(), 0);
    ledger.close().unwrap();
}

/// Bodies of the largest size: without a bound in bytes a group of them would be more than a store takes, and the fault
/// would stop the ledger for everybody.
#[test]
fn large_submissions_are_told_to_split_and_the_ledger_goes_on() {
    let (store, mut country) = (memory(), TestCountry::new());
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding.clone());
    let mut large = country.mined(1);
    large.body = vec![1; domain::limits::BODY_BYTES_MAX];
    let refused = ledger.submit_blocking(vec![large.clone(); 600]);
    assert!(matches!(
        refused,
        Err(LedgerFault::SubmissionTooLarge { found: 600, .. })
    ));
    let answers = ledger.submit_blocking(vec![large; 400]).unwrap();
    assert!(answers.iter().all(Result::is_err), "they are no events");
    accept(&ledger, vec![TestCountry::new().mined(1)]);
    check_ledger(&*store);
}
