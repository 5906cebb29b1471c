//! Every answer of a witness, from the decision alone.

use chain::{ProofRefusal, empty_root, leaf_hash};
use seal::{Checkpoint, CheckpointRefusal, NoteRefusal, Signer, VerifierKey, open_checkpoint};

use super::{ORIGIN, TestLog, key, log_key};
use crate::protocol::{Decision, Malformed, Request, decide};

fn ask(log: &TestLog, old: u64, size: u64) -> Request {
    let proof = if old <= size {
        log.proof(old, size)
    } else {
        Vec::new()
    };
    Request::new(old, proof, log.at(size).note().to_vec()).unwrap()
}

#[test]
fn a_first_a_later_and_a_repeated_checkpoint_are_cosigned() {
    let log = TestLog::of(12);
    for (known, old, size) in [
        (None, 0, 5),
        (None, 0, 0),
        (Some(0), 0, 3),
        (Some(5), 5, 12),
        (Some(8), 8, 12),
        (Some(5), 5, 5),
    ] {
        let known = known.map(|size| log.at(size));
        let decision = decide(known.as_ref(), &ask(&log, old, size), &[log_key()]);
        assert_eq!(decision, Decision::Cosign(log.at(size)));
        assert_eq!(decision.status(), 200);
    }
}

#[test]
fn an_old_size_beyond_the_new_one_is_malformed() {
    let log = TestLog::of(12);
    let decision = decide(Some(&log.at(7)), &ask(&log, 7, 6), &[log_key()]);
    let expected = Malformed::OldBeyondNew { old: 7, size: 6 };
    assert_eq!(decision, Decision::Malformed(expected));
    assert_eq!(decision.status(), 400);
}

#[test]
fn a_checkpoint_that_the_log_did_not_sign_is_forbidden() {
    let log = TestLog::of(5);
    let stranger = VerifierKey::new(ORIGIN, key(2).public().clone()).unwrap();
    let decision = decide(None, &ask(&log, 0, 5), &[stranger]);
    assert_eq!(
        decision,
        Decision::BadSignature(CheckpointRefusal::Note(NoteRefusal::NotSigned(
            ORIGIN.to_owned()
        )))
    );
    assert_eq!(decision.status(), 403);

    let forged = String::from_utf8(log.at(5).note().to_vec()).unwrap();
    let forged = forged.replacen("\n5\n", "\n6\n", 1);
    let request = Request::new(0, Vec::new(), forged.into_bytes()).unwrap();
    let decision = decide(Some(&log.at(5)), &request, &[log_key()]);
    assert_eq!(decision.status(), 403, "{decision:?}");
}

#[test]
fn an_origin_without_a_key_is_not_found() {
    let log = TestLog::of(5);
    let other = VerifierKey::new("other.example/log", key(1).public().clone()).unwrap();
    for log_keys in [&[][..], &[other]] {
        let decision = decide(None, &ask(&log, 0, 5), log_keys);
        assert_eq!(decision, Decision::UnknownOrigin(ORIGIN.to_owned()));
        assert_eq!(decision.status(), 404);
    }
}

#[test]
fn a_proof_from_another_size_conflicts_and_so_does_a_shrunken_log() {
    let log = TestLog::of(12);
    for (known, old, size, known_size) in [
        (None, 3, 5, 0),
        (Some(5), 0, 12, 5),
        (Some(5), 4, 12, 5),
        (Some(5), 6, 12, 5),
        // Smaller than what was cosigned.
        (Some(5), 4, 4, 5),
        (Some(5), 0, 0, 5),
        // The same checkpoint, asked for with another old size.
        (Some(5), 0, 5, 5),
    ] {
        let known = known.map(|size| log.at(size));
        let decision = decide(known.as_ref(), &ask(&log, old, size), &[log_key()]);
        assert_eq!(
            decision,
            Decision::Conflict { known_size },
            "{old} to {size}"
        );
        assert_eq!(decision.status(), 409);
    }
}

#[test]
fn a_first_checkpoint_of_no_entries_has_the_root_of_no_entries() {
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 0,
        root: leaf_hash(b"entry"),
    };
    assert_ne!(checkpoint.root, empty_root());
    let request = Request::new(0, Vec::new(), checkpoint.sign(&key(1)).unwrap()).unwrap();
    let decision = decide(None, &request, &[log_key()]);
    assert_eq!(decision, Decision::Conflict { known_size: 0 });
}

#[test]
fn another_root_for_the_same_size_is_a_split_view() {
    let (log, fork) = (TestLog::of(7), TestLog::forked(6, 7));
    // Whatever old size is named: the two notes speak for themselves.
    for old in [0, 3, 7] {
        let decision = decide(Some(&log.at(7)), &ask(&fork, old, 7), &[log_key()]);
        assert_eq!(decision.status(), 409);
        let Decision::SplitView(views) = decision else {
            panic!("{decision:?}");
        };
        assert_eq!((views.known, views.submitted), (log.at(7), fork.at(7)));
    }
}

#[test]
fn a_proof_that_leads_from_another_old_root_is_a_split_view() {
    let (log, fork) = (TestLog::of(7), TestLog::forked(5, 12));
    let decision = decide(Some(&log.at(7)), &ask(&fork, 7, 12), &[log_key()]);
    assert_eq!(decision.status(), 422);
    let Decision::SplitView(views) = decision else {
        panic!("{decision:?}");
    };
    assert_eq!((views.known, views.submitted), (log.at(7), fork.at(12)));
    assert_eq!(views.proof, fork.proof(7, 12));
}

#[test]
fn a_proof_that_proves_nothing_accuses_nobody() {
    let log = TestLog::of(12);
    let good = log.proof(7, 12);
    for at in 0..good.len() {
        let mut proof = good.clone();
        proof[at] = leaf_hash(b"garbage");
        let request = Request::new(7, proof, log.at(12).note().to_vec()).unwrap();
        let decision = decide(Some(&log.at(7)), &request, &[log_key()]);
        assert!(matches!(decision, Decision::BadProof(_)), "{decision:?}");
        assert_eq!(decision.status(), 422);
    }
    let short = Request::new(7, Vec::new(), log.at(12).note().to_vec()).unwrap();
    let long = Request::new(0, good, log.at(12).note().to_vec()).unwrap();
    let refused = decide(Some(&log.at(7)), &short, &[log_key()]);
    assert!(matches!(
        refused,
        Decision::BadProof(ProofRefusal::TooShort { .. })
    ));
    let refused = decide(None, &long, &[log_key()]);
    assert!(matches!(
        refused,
        Decision::BadProof(ProofRefusal::TooLong { .. })
    ));
}

#[test]
fn a_fork_from_a_perfect_tree_is_refused_though_its_proof_does_not_name_the_old_root() {
    let (log, fork) = (TestLog::of(8), TestLog::forked(5, 12));
    let decision = decide(Some(&log.at(8)), &ask(&fork, 8, 12), &[log_key()]);
    assert!(
        matches!(
            decision,
            Decision::BadProof(ProofRefusal::NewRootDiffers { .. })
        ),
        "{decision:?}"
    );
    assert_eq!(decision.status(), 422);
}

#[test]
fn once_a_log_is_handed_over_the_old_key_is_no_longer_heard() {
    let log = TestLog::of(12);
    let public = |number| VerifierKey::new(ORIGIN, key(number).public().clone()).unwrap();
    let keys = [public(1), public(2)];
    let signed = |size, numbers: &[u8]| {
        let secrets: Vec<_> = numbers.iter().map(|number| key(*number)).collect();
        let signers: Vec<&dyn Signer> = secrets.iter().map(|key| key as &dyn Signer).collect();
        log.at(size).checkpoint().sign_by_all(&signers).unwrap()
    };
    for (before, after, heard) in [
        (&[1][..], &[1][..], true),
        (&[1], &[1, 2], true),
        (&[1], &[2], true),
        (&[1, 2], &[2], true),
        (&[1, 2], &[1], false),
        (&[2], &[1], false),
        (&[1], &[3], false),
    ] {
        let known = open_checkpoint(&signed(7, before), &public(before[0])).unwrap();
        let request = Request::new(7, log.proof(7, 9), signed(9, after)).unwrap();
        let decision = decide(Some(&known), &request, &keys);
        let cosigned = matches!(decision, Decision::Cosign(_));
        assert_eq!(cosigned, heard, "{before:?} {after:?}");
    }
}
