//! A log and its witnesses over loopback: growth, a witness down, restarts, shrunken and forked logs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evidence::{AtHand, Evidence};
use policy::Policy;
use signing::{SignedCheckpoint, open_checkpoint, peek_unverified};
use tempfile::TempDir;
use verify::Verdict;

use super::{SECONDS, TestLog, Told, log_key, start, try_start, url, witness_in, witness_key};
use crate::client::{Collected, WitnessFault, collect};
use crate::server::{Caps, Event, FolderFault, Server, StartFault};

const TIMEOUT: Duration = Duration::from_secs(20);

/// Witnesses 11 and on at these addresses, with a quorum of the group `g`.
fn policy(threshold: &str, addresses: &[&str]) -> Policy {
    let mut text = format!("log {}\n", log_key());
    let mut members = String::new();
    for (number, address) in (11_u8..).zip(addresses) {
        let name = format!("w{number}");
        text += &format!("witness {name} {} {address}\n", witness_key(&name, number));
        members += &format!(" {name}");
    }
    Policy::parse(&format!("{text}group g {threshold}{members}\nquorum g\n")).unwrap()
}

fn ask(policy: &Policy, log: &TestLog, size: u64) -> Collected {
    let prove = |old| chain::consistency_proof(old, size, log).map_err(|fault| fault.to_string());
    collect(policy, &log.at(size), &prove, TIMEOUT)
}

fn opened(collected: &Collected) -> SignedCheckpoint {
    open_checkpoint(&collected.note, &log_key()).unwrap()
}

/// The fault of the only witness.
fn fault(collected: &Collected) -> WitnessFault {
    collected.outcomes[0].cosigned_at.clone().unwrap_err()
}

/// The size that the witness of this folder has on disk.
fn kept_size(folder: &Path) -> u64 {
    let mut files = fs::read_dir(folder.join("checkpoints")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    peek_unverified(&fs::read(file).unwrap()).unwrap().size
}

fn evidence_in(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder.join("evidence"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

#[test]
fn a_growing_log_is_cosigned_and_goes_on_with_one_witness_of_two() {
    let (first, second) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let one = start(first.path(), 11);
    let two = start(second.path(), 12);
    let addresses = [&*url(&one), &*url(&two)];
    let both = policy("all", &addresses);
    let any = policy("any", &addresses);
    let log = TestLog::of(20);
    for size in [0, 1, 7, 7, 8, 13] {
        let collected = ask(&both, &log, size);
        assert!(both.is_met(&opened(&collected)), "{:?}", collected.outcomes);
        for outcome in &collected.outcomes {
            assert_eq!(outcome.cosigned_at, Ok(SECONDS));
        }
        assert_eq!(kept_size(first.path()), size);
        assert_eq!(kept_size(second.path()), size);
    }
    two.stop();
    let collected = ask(&any, &log, 20);
    let signed = opened(&collected);
    assert!(any.is_met(&signed), "{:?}", collected.outcomes);
    assert!(!both.is_met(&signed));
    assert_eq!(collected.outcomes[0].cosigned_at, Ok(SECONDS));
    assert!(
        matches!(
            collected.outcomes[1].cosigned_at,
            Err(WitnessFault::Unreachable(_))
        ),
        "{:?}",
        collected.outcomes
    );
    // Back again, it takes up from what it had: 13.
    let two = start(second.path(), 12);
    let again = policy("all", &[addresses[0], &*url(&two)]);
    assert_eq!(kept_size(second.path()), 13);
    assert!(again.is_met(&opened(&ask(&again, &log, 20))));
}

#[test]
fn a_restarted_witness_remembers_and_refuses_a_shrunken_log() {
    let folder = TempDir::new().unwrap();
    let log = TestLog::of(20);
    let server = start(folder.path(), 11);
    assert!(
        ask(&policy("all", &[&*url(&server)]), &log, 13).outcomes[0]
            .cosigned_at
            .is_ok()
    );
    server.stop();

    let server = start(folder.path(), 11);
    let policy = policy("all", &[&*url(&server)]);
    let shrunken = ask(&policy, &log, 12);
    assert_eq!(
        fault(&shrunken),
        WitnessFault::Ahead {
            known: 13,
            ours: 12
        }
    );
    assert_eq!(shrunken.note, log.at(12).note());
    assert_eq!(kept_size(folder.path()), 13);
    assert_eq!(ask(&policy, &log, 20).outcomes[0].cosigned_at, Ok(SECONDS));
}

/// A witness that has cosigned the log's size 7, and what it tells.
fn server_at_seven(folder: &Path) -> (Server, Told) {
    let (witness, told) = witness_in(folder, 11);
    let server = Server::start("127.0.0.1:0", witness, Caps::default()).unwrap();
    let collected = ask(&policy("all", &[&*url(&server)]), &TestLog::of(7), 7);
    assert_eq!(collected.outcomes[0].cosigned_at, Ok(SECONDS));
    (server, told)
}

/// The evidence holds by itself, and is of the two checkpoints that the witness met.
fn check_evidence(folder: &Path, told: &Told, submitted_size: u64) -> PathBuf {
    let evidence = evidence_in(folder);
    let [path] = &evidence[..] else {
        panic!("{evidence:?}");
    };
    let read = Evidence::parse(&fs::read(path).unwrap()).unwrap();
    let key = log_key();
    let reader = AtHand {
        log_key: Some(&key),
        ..AtHand::default()
    };
    let report = evidence::check_evidence(&read, &reader);
    assert_eq!(report.verdict, Verdict::Equivocation, "{report:#?}");
    let Evidence::TwoHistories(two) = read else {
        panic!("{read:?}");
    };
    let opened = two
        .checkpoints
        .map(|note| open_checkpoint(note.as_bytes(), &key).unwrap());
    let sizes = opened.each_ref().map(|signed| signed.checkpoint().size);
    assert_eq!(sizes, [7, submitted_size]);
    let known = TestLog::of(7).at(7);
    assert!(
        opened
            .iter()
            .any(|signed| signed.checkpoint() == known.checkpoint())
    );
    let event = Event::SplitView {
        origin: super::ORIGIN.to_owned(),
        evidence: Some(path.clone()),
    };
    assert!(told.lock().unwrap().iter().all(|told| *told == event));
    assert!(!told.lock().unwrap().is_empty());
    path.clone()
}

/// The only witness says that the checkpoint contradicts its own, and shows that: the size 7 of the true log, cosigned.
fn check_alarm(collected: &Collected) {
    let fault = fault(collected);
    assert!(
        matches!(fault, WitnessFault::Inconsistent { .. }),
        "{fault}"
    );
    let shown = collected.outcomes[0].shown.as_ref().unwrap();
    let signed = open_checkpoint(shown, &log_key()).unwrap();
    assert_eq!(signed.checkpoint(), TestLog::of(7).at(7).checkpoint());
    assert_eq!(witness_key("w11", 11).cosigned_at(shown), Ok(SECONDS));
}

#[test]
fn a_log_forked_at_the_same_size_is_refused_and_the_evidence_is_kept() {
    let folder = TempDir::new().unwrap();
    let (server, told) = server_at_seven(folder.path());
    let policy = policy("all", &[&*url(&server)]);
    let fork = TestLog::forked(5, 7);
    for _ in 0..2 {
        let collected = ask(&policy, &fork, 7);
        check_alarm(&collected);
        assert!(!policy.is_met(&opened(&collected)));
    }
    check_evidence(folder.path(), &told, 7);
    // The true log is not hindered by the evidence against it.
    assert!(
        ask(&policy, &TestLog::of(9), 9).outcomes[0]
            .cosigned_at
            .is_ok()
    );
}

#[test]
fn a_log_forked_and_grown_is_refused_and_the_evidence_is_kept() {
    let folder = TempDir::new().unwrap();
    let (server, told) = server_at_seven(folder.path());
    let policy = policy("all", &[&*url(&server)]);
    let fork = TestLog::forked(5, 12);
    check_alarm(&ask(&policy, &fork, 12));
    check_evidence(folder.path(), &told, 12);
    assert_eq!(kept_size(folder.path()), 7);
}

#[test]
fn evidence_does_not_fill_the_disk() {
    let folder = TempDir::new().unwrap();
    let (server, told) = server_at_seven(folder.path());
    let policy = policy("all", &[&*url(&server)]);
    for size in 8..80 {
        ask(&policy, &TestLog::forked(5, size), size);
    }
    assert_eq!(evidence_in(folder.path()).len(), 64);
    assert!(
        told.lock()
            .unwrap()
            .iter()
            .any(|event| matches!(event, Event::SplitView { evidence: None, .. }))
    );
}

#[test]
fn a_folder_has_one_witness_at_a_time() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path(), 11);
    assert!(matches!(
        try_start(folder.path(), 11),
        Err(StartFault::Folder(FolderFault::InUse(_)))
    ));
    server.stop();
    assert!(try_start(folder.path(), 11).is_ok());
}

#[test]
fn a_damaged_checkpoint_is_not_taken_for_none() {
    let folder = TempDir::new().unwrap();
    let (server, _) = server_at_seven(folder.path());
    server.stop();
    let mut files = fs::read_dir(folder.path().join("checkpoints")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    let whole = fs::read(&file).unwrap();
    for bytes in [&whole[..whole.len() - 1], &[]] {
        fs::write(&file, bytes).unwrap();
        assert!(matches!(
            try_start(folder.path(), 11),
            Err(StartFault::Folder(FolderFault::Damaged { .. }))
        ));
    }
    fs::write(&file, &whole).unwrap();
    assert!(try_start(folder.path(), 11).is_ok());
}
