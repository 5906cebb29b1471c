//! The witness behind its door: durability, races, faults, what it shows to monitors.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use chain::leaf_hash;
use signing::limits::NOTE_BYTES_MAX;
use signing::{Checkpoint, open_checkpoint};

use tempfile::TempDir;

use super::{ORIGIN, SECONDS, TestLog, key, log_key, witness_in, witness_key};
use crate::cosigner::{Cosigner, monitor_name};
use crate::folder::FolderFault;
use crate::protocol::{Request, SIZE_MEDIA_TYPE};
use crate::server::{Event, NotAdmitted, StartFault};

pub(super) fn body(log: &TestLog, old: u64, size: u64) -> Vec<u8> {
    let request = Request::new(old, log.proof(old, size), log.at(size).note().to_vec());
    request.unwrap().to_bytes()
}

#[test]
fn a_checkpoint_is_on_disk_before_the_witness_asks_for_the_time() {
    let folder = TempDir::new().unwrap();
    let (mut witness, _) = witness_in(folder.path(), 11);
    let checkpoints = folder.path().join("checkpoints");
    let seen = Arc::new(AtomicBool::new(false));
    let saw = Arc::clone(&seen);
    // The time stands in what is signed, so the signature comes after this.
    witness.clock = Box::new(move || {
        let kept = fs::read_dir(&checkpoints)
            .unwrap()
            .map(|file| fs::read(file.unwrap().path()).unwrap());
        let expected = TestLog::of(5).at(5);
        saw.store(
            kept.collect::<Vec<_>>() == [expected.note().to_vec()],
            Ordering::SeqCst,
        );
        1
    });
    let cosigner = Cosigner::open(witness).unwrap();
    assert_eq!(
        cosigner.add_checkpoint(&body(&TestLog::of(5), 0, 5)).status,
        200
    );
    assert!(seen.load(Ordering::SeqCst));
}

#[test]
fn a_checkpoint_asked_for_again_is_cosigned_but_not_kept_anew() {
    let folder = TempDir::new().unwrap();
    let cosigner = Cosigner::open(witness_in(folder.path(), 11).0).unwrap();
    let log = TestLog::of(5);
    assert_eq!(cosigner.add_checkpoint(&body(&log, 0, 5)).status, 200);
    // Anybody can hang lines of unknown keys onto a note that the log signed.
    let line = signing::cosign(&log.at(5), "stranger", &key(30), 1).unwrap();
    let note = [log.at(5).note(), line.as_bytes()].concat();
    let again = Request::new(5, Vec::new(), note).unwrap().to_bytes();
    assert_eq!(cosigner.add_checkpoint(&again).status, 200);
    let mut kept = fs::read_dir(folder.path().join("checkpoints")).unwrap();
    let kept = fs::read(kept.next().unwrap().unwrap().path()).unwrap();
    assert_eq!(kept, log.at(5).note());
}

#[test]
fn of_two_histories_that_race_one_is_cosigned() {
    let bodies = [
        body(&TestLog::of(3), 0, 3),
        body(&TestLog::forked(0, 4), 0, 4),
    ];
    for round in 0..20 {
        let folder = TempDir::new().unwrap();
        let cosigner = Cosigner::open(witness_in(folder.path(), 11).0).unwrap();
        let barrier = Barrier::new(2);
        let statuses = thread::scope(|scope| {
            let race = |body| {
                let (barrier, cosigner) = (&barrier, &cosigner);
                scope.spawn(move || {
                    barrier.wait();
                    cosigner.add_checkpoint(body).status
                })
            };
            let racers = [race(&bodies[0]), race(&bodies[1])];
            racers.map(|racer| racer.join().unwrap())
        });
        assert!(
            matches!(statuses, [200, 409] | [409, 200]),
            "{statuses:?} in round {round}"
        );
    }
}

#[test]
fn without_its_disk_a_witness_cosigns_nothing_and_says_so() {
    let folder = TempDir::new().unwrap();
    let (witness, told) = witness_in(folder.path(), 11);
    let cosigner = Cosigner::open(witness).unwrap();
    let checkpoints = folder.path().join("checkpoints");
    fs::remove_dir(&checkpoints).unwrap();
    let log = TestLog::of(5);
    let answer = cosigner.add_checkpoint(&body(&log, 0, 5));
    assert_eq!((answer.status, answer.body.contains("w11")), (500, false));
    assert!(matches!(&told.lock().unwrap()[..], [Event::Fault(_)]));
    // What was not kept was not seen.
    fs::create_dir(&checkpoints).unwrap();
    assert_eq!(cosigner.add_checkpoint(&body(&log, 0, 4)).status, 200);
}

#[test]
fn every_refusal_has_its_status() {
    let folder = TempDir::new().unwrap();
    let cosigner = Cosigner::open(witness_in(folder.path(), 11).0).unwrap();
    let log = TestLog::of(12);
    assert_eq!(cosigner.add_checkpoint(&body(&log, 0, 7)).status, 200);
    let conflict = cosigner.add_checkpoint(&body(&log, 3, 12));
    assert_eq!(conflict.status, 409);
    assert_eq!(conflict.media_type, SIZE_MEDIA_TYPE);
    assert_eq!(conflict.body, "7\n");
    let garbage = Request::new(7, Vec::new(), log.at(12).note().to_vec()).unwrap();
    let text = String::from_utf8(body(&log, 7, 12)).unwrap();
    let elsewhere = text.replacen(ORIGIN, "other.example/log", 1);
    let forged = text.replacen("\n12\n", "\n13\n", 1);
    for (body, status) in [
        (b"old 7\n".to_vec(), 400),
        (forged.into_bytes(), 403),
        (elsewhere.into_bytes(), 404),
        (garbage.to_bytes(), 422),
        (text.into_bytes(), 200),
    ] {
        assert_eq!(cosigner.add_checkpoint(&body).status, status);
    }
}

/// The hash of the test log's origin, as another program printed it.
const MONITORED: &str = "c7e4c0c475aaf106a5aa34e3f5a719c759f5bf750b959c79a267eca9c22ac0e1";

#[test]
fn monitors_see_the_newest_checkpoint_with_the_cosignature_and_no_line_of_strangers() {
    let folder = TempDir::new().unwrap();
    assert_eq!(monitor_name(ORIGIN), MONITORED);
    let log = TestLog::of(9);
    let open = || Cosigner::open(witness_in(folder.path(), 11).0).unwrap();
    let cosigner = open();
    assert_eq!(cosigner.checkpoint(MONITORED).status, 404);
    for (old, size) in [(0, 5), (5, 9)] {
        let line = signing::cosign(&log.at(size), "stranger", &key(30), 1).unwrap();
        let note = [log.at(size).note(), line.as_bytes()].concat();
        let request = Request::new(old, log.proof(old, size), note).unwrap();
        let answer = cosigner.add_checkpoint(&request.to_bytes());
        let shown = cosigner.checkpoint(MONITORED);
        let expected = [log.at(size).note(), answer.body.as_bytes()].concat();
        assert_eq!((shown.status, shown.body.into_bytes()), (200, expected));
    }
    for other in [
        MONITORED.to_uppercase(),
        MONITORED[..63].to_owned(),
        String::new(),
    ] {
        assert_eq!(cosigner.checkpoint(&other).status, 404, "{other}");
    }
    // A restart forgets none of it.
    let before = cosigner.checkpoint(MONITORED);
    drop(cosigner);
    assert_eq!(open().checkpoint(MONITORED), before);
}

#[test]
fn a_note_full_of_lines_that_nobody_knows_is_cosigned_without_them() {
    let folder = TempDir::new().unwrap();
    let cosigner = Cosigner::open(witness_in(folder.path(), 11).0).unwrap();
    let log = TestLog::of(5);
    let mut note = log.at(5).note().to_vec();
    // As long as those of ML-DSA-44: sixteen and more have room.
    let line = |number| format!("\u{2014} p{number} {}\n", "AAAA".repeat(2_432 / 3));
    let lines = (0..).map(line).take_while(|line| {
        note.extend_from_slice(line.as_bytes());
        note.len() <= NOTE_BYTES_MAX
    });
    let count = lines.count();
    assert!(count >= 16, "{count}");
    note.truncate(note.len() - line(count).len());
    let request = Request::new(0, log.proof(0, 5), note).unwrap();
    let answer = cosigner.add_checkpoint(&request.to_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
    let shown = cosigner.checkpoint(MONITORED).body;
    assert_eq!(shown.matches('\u{2014}').count(), 2, "{shown}");
}

#[test]
fn a_cosignature_is_on_disk_before_it_leaves() {
    let folder = TempDir::new().unwrap();
    let (witness, told) = witness_in(folder.path(), 11);
    let cosigner = Cosigner::open(witness).unwrap();
    let log = TestLog::of(5);
    let cosigned = folder.path().join("cosigned");
    fs::remove_dir(&cosigned).unwrap();
    let answer = cosigner.add_checkpoint(&body(&log, 0, 5));
    assert_eq!((answer.status, answer.body.contains("w11")), (500, false));
    assert!(matches!(&told.lock().unwrap()[..], [Event::Fault(_)]));
    assert_eq!(cosigner.checkpoint(MONITORED).status, 404);
    fs::create_dir(&cosigned).unwrap();
    assert_eq!(cosigner.add_checkpoint(&body(&log, 5, 5)).status, 200);
    let kept = fs::read(cosigned.join(file_of(folder.path()))).unwrap();
    assert_eq!(kept, cosigner.checkpoint(MONITORED).body.into_bytes());
}

/// The name of the only file of checkpoints.
fn file_of(folder: &std::path::Path) -> std::ffi::OsString {
    let mut files = fs::read_dir(folder.join("checkpoints")).unwrap();
    files.next().unwrap().unwrap().file_name()
}

#[test]
fn a_cosigned_note_that_was_tampered_with_stops_the_start_and_one_of_another_key_does_not() {
    let folder = TempDir::new().unwrap();
    let log = TestLog::of(5);
    let open = |number| Cosigner::open(witness_in(folder.path(), number).0);
    let answer = open(11).unwrap().add_checkpoint(&body(&log, 0, 5));
    assert_eq!(answer.status, 200);
    let with_new_key = open(12).unwrap();
    assert_eq!(with_new_key.checkpoint(MONITORED).status, 404);
    drop(with_new_key);
    let path = folder.path().join("cosigned").join(file_of(folder.path()));
    let good = signing::cosign(&log.at(5), "w11", &key(11), SECONDS).unwrap();
    assert_eq!(answer.body, good);
    let elsewhere = signing::cosign(&TestLog::of(4).at(4), "w11", &key(11), SECONDS).unwrap();
    fs::write(&path, [log.at(5).note(), elsewhere.as_bytes()].concat()).unwrap();
    let refused = open(11).err();
    assert!(
        matches!(
            refused,
            Some(StartFault::Folder(FolderFault::Damaged { .. }))
        ),
        "{refused:?}"
    );
}

#[test]
fn a_witness_whose_clock_does_not_run_cosigns_nothing() {
    let folder = TempDir::new().unwrap();
    let (mut witness, told) = witness_in(folder.path(), 11);
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&seconds);
    witness.clock = Box::new(move || clock.load(Ordering::SeqCst));
    let cosigner = Cosigner::open(witness).unwrap();
    let log = TestLog::of(5);
    assert_eq!(cosigner.add_checkpoint(&body(&log, 0, 5)).status, 500);
    assert!(matches!(&told.lock().unwrap()[..], [Event::Fault(_)]));
    seconds.store(1, Ordering::SeqCst);
    let answer = cosigner.add_checkpoint(&body(&log, 5, 5));
    let note = [log.at(5).note(), answer.body.as_bytes()].concat();
    assert_eq!(witness_key("w11", 11).cosigned_at(&note), Ok(1));
}

#[test]
fn a_false_root_of_no_entries_is_kept_and_told() {
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 0,
        root: leaf_hash(b"entry"),
    };
    let note = checkpoint.sign(&key(1)).unwrap();
    let request = Request::new(0, Vec::new(), note.clone())
        .unwrap()
        .to_bytes();
    let folder = TempDir::new().unwrap();
    let (witness, told) = witness_in(folder.path(), 11);
    let cosigner = Cosigner::open(witness).unwrap();
    assert_eq!(cosigner.add_checkpoint(&request).status, 422);
    let first = told.lock().unwrap().remove(0);
    let Event::FalseRoot { evidence, .. } = first else {
        panic!("{first:?}");
    };
    assert_eq!(fs::read(evidence).unwrap(), note);
    // It stands in nobody's way, and next to a checkpoint that is kept it is evidence of two histories.
    let log = TestLog::of(5);
    assert_eq!(cosigner.add_checkpoint(&body(&log, 0, 5)).status, 200);
    let answer = cosigner.add_checkpoint(&request);
    assert_eq!((answer.status, answer.body.as_str()), (409, "5\n"));
    let second = told.lock().unwrap().remove(0);
    let Event::SplitView {
        evidence: Some(path),
        ..
    } = second
    else {
        panic!("{second:?}");
    };
    let evidence = evidence::Evidence::parse(&fs::read(path).unwrap()).unwrap();
    let key = log_key();
    let reader = evidence::AtHand {
        log_key: Some(&key),
        ..evidence::AtHand::default()
    };
    let report = evidence::check_evidence(&evidence, &reader);
    assert_eq!(report.verdict, verify::Verdict::Equivocation, "{report:#?}");
}

#[test]
fn another_root_for_the_size_kept_is_refused_though_its_old_size_is_right() {
    let folder = TempDir::new().unwrap();
    let (witness, told) = witness_in(folder.path(), 11);
    let cosigner = Cosigner::open(witness).unwrap();
    assert_eq!(
        cosigner.add_checkpoint(&body(&TestLog::of(7), 0, 7)).status,
        200
    );
    let fork = TestLog::forked(5, 7);
    for (old, status, media_type) in [
        (7, 422, "text/plain; charset=utf-8"),
        (0, 409, SIZE_MEDIA_TYPE),
    ] {
        let answer = cosigner.add_checkpoint(&body(&fork, old, 7));
        assert_eq!((answer.status, answer.media_type), (status, media_type));
    }
    let told = told.lock().unwrap();
    assert!(
        matches!(&told[..], [one, other] if one == other),
        "{told:?}"
    );
    let shown = cosigner.checkpoint(MONITORED);
    let shown = open_checkpoint(shown.body.as_bytes(), &log_key()).unwrap();
    assert_eq!(shown.checkpoint(), TestLog::of(7).at(7).checkpoint());
}

#[test]
fn what_is_not_admitted_is_not_cosigned_and_nothing_of_it_is_kept() {
    let folder = TempDir::new().unwrap();
    let (mut witness, told) = witness_in(folder.path(), 11);
    let verdict = Arc::new(Mutex::new(Ok(())));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (verdicts, sizes) = (Arc::clone(&verdict), Arc::clone(&asked));
    witness.admit = Some(Box::new(move |checkpoint| {
        sizes.lock().unwrap().push(checkpoint.size);
        verdicts.lock().unwrap().clone()
    }));
    let cosigner = Cosigner::open(witness).unwrap();
    let log = TestLog::of(12);
    let not_yet = Err(NotAdmitted::NotYet("later".to_owned()));
    let refused = Err(NotAdmitted::Refused("a lie".to_owned()));
    for (next, old, size, status) in [
        (not_yet.clone(), 0, 5, 503),
        (refused.clone(), 0, 5, 422),
        (Ok(()), 0, 5, 200),
        (not_yet, 5, 9, 503),
        (refused, 5, 9, 422),
        // Nothing of the size 9 stands in the way of another.
        (Ok(()), 5, 7, 200),
        // What is refused anyway is not worth the work.
        (Ok(()), 0, 9, 409),
    ] {
        *verdict.lock().unwrap() = next;
        let answer = cosigner.add_checkpoint(&body(&log, old, size));
        assert_eq!(answer.status, status, "{old} to {size}: {}", answer.body);
    }
    assert_eq!(*asked.lock().unwrap(), [5, 5, 5, 9, 9, 7]);
    let event = Event::NotAdmitted {
        origin: ORIGIN.to_owned(),
        why: "a lie".to_owned(),
    };
    assert_eq!(*told.lock().unwrap(), [event.clone(), event]);
}
