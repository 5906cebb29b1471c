//! Every answer of a witness, from the decision alone.

use chain::{ProofRefusal, empty_root, leaf_hash};
use evidence::Beginning;
use signing::{
    Checkpoint, CheckpointRefusal, NoteRefusal, SignedCheckpoint, Signer, VerifierKey,
    open_checkpoint,
};

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
fn a_wrong_line_of_any_key_of_the_log_is_forbidden_and_strangers_are_left_away() {
    let log = TestLog::of(5);
    let public = |number| VerifierKey::new(ORIGIN, key(number).public().clone()).unwrap();
    let line_of = |number: u8, size: u64| {
        let note = log.at(size).checkpoint().sign(&key(number)).unwrap();
        let text = String::from_utf8(note).unwrap();
        text.rsplit_once("\n\n").unwrap().1.to_owned()
    };
    let ask = |line: &str, keys: &[VerifierKey]| {
        let note = [log.at(5).note(), line.as_bytes()].concat();
        let request = Request::new(0, Vec::new(), note).unwrap();
        decide(None, &request, keys)
    };
    let both = [public(1), public(2)];
    let good = open_checkpoint(
        &log.at(5)
            .checkpoint()
            .sign_by_all(&[&key(1), &key(2)])
            .unwrap(),
        &public(2),
    );
    assert_eq!(ask(&line_of(2, 5), &both), Decision::Cosign(good.unwrap()));
    // The same key under the same name, but the signature is that of another checkpoint.
    let wrong = ask(&line_of(2, 4), &both);
    let expected = NoteRefusal::WrongSignature(ORIGIN.to_owned());
    let expected = Decision::BadSignature(CheckpointRefusal::Note(expected));
    assert_eq!(wrong, expected);
    assert_eq!(wrong.status(), 403);
    // Of a key that is not known nobody can say whether it is wrong, and its line goes no further.
    for line in [line_of(2, 5), line_of(2, 4)] {
        assert_eq!(ask(&line, &both[..1]), Decision::Cosign(log.at(5)));
    }
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

/// The log's signature on no entries, with a root that is not that of none.
fn false_root() -> SignedCheckpoint {
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 0,
        root: leaf_hash(b"entry"),
    };
    assert_ne!(checkpoint.root, empty_root());
    open_checkpoint(&checkpoint.sign(&key(1)).unwrap(), &log_key()).unwrap()
}

#[test]
fn a_false_root_of_no_entries_is_refused_and_is_evidence_beside_any_other_checkpoint() {
    let log = TestLog::of(7);
    let request = Request::new(0, Vec::new(), false_root().note().to_vec()).unwrap();
    let first = decide(None, &request, &[log_key()]);
    assert_eq!(first, Decision::FalseRoot(false_root()));
    assert_eq!(first.status(), 422);
    let from_nothing = Beginning {
        root: empty_root(),
        proof: Vec::new(),
    };
    // An old size of 0 is what the one has kept and the other has not.
    for (known, beginning, conflict, status) in
        [(0, None, None, 422), (7, Some(from_nothing), Some(7), 409)]
    {
        let decision = decide(Some(&log.at(known)), &request, &[log_key()]);
        assert_eq!(decision.status(), status);
        let Decision::SplitView(views) = decision else {
            panic!("{decision:?}");
        };
        assert_eq!(
            (views.known, views.submitted),
            (log.at(known), false_root())
        );
        assert_eq!((views.beginning, views.conflict), (beginning, conflict));
    }
}

#[test]
fn another_root_for_the_same_size_is_a_split_view() {
    let (log, fork) = (TestLog::of(7), TestLog::forked(6, 7));
    // Whatever old size is named: the two notes speak for themselves. Whoever names another is told of that first.
    for (old, status, conflict) in [(0, 409, Some(7)), (3, 409, Some(7)), (7, 422, None)] {
        let decision = decide(Some(&log.at(7)), &ask(&fork, old, 7), &[log_key()]);
        assert_eq!(decision.status(), status);
        let Decision::SplitView(views) = decision else {
            panic!("{decision:?}");
        };
        assert_eq!((views.known, views.submitted), (log.at(7), fork.at(7)));
        assert_eq!((views.beginning, views.conflict), (None, conflict));
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
    let beginning = Beginning {
        root: fork.at(7).checkpoint().root,
        proof: fork.proof(7, 12),
    };
    assert_eq!((views.beginning, views.conflict), (Some(beginning), None));
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
