//! The notes of seal against `signed_note`, the format read and written by others: ours opened by theirs and back.
//! Invariant: both programs write the same bytes for one key and text, and both refuse them once signed text has changed.
//! Knows nothing of what a checkpoint commits to.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chain::{Hash, leaf_hash};
use proptest::prelude::*;
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};
use signing::{Checkpoint, SecretKey, Signer, VerifierKey, WitnessKey, cosign, open_checkpoint};

fn name() -> impl Strategy<Value = String> {
    "[a-z\u{4e00}-\u{4e20}][a-z0-9./\u{4e00}-\u{4e20}-]{0,30}"
}

fn seed() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>().prop_filter("a seed that can be guessed", |seed| {
        SecretKey::from_seed(seed).is_ok()
    })
}

/// Their signer of the same key: name, key id and seed as text.
fn their_signer(name: &str, key: &VerifierKey, seed: &[u8; 32]) -> StandardSigner {
    let text = key.to_string();
    let id = text.strip_prefix(name).unwrap().split('+').nth(1).unwrap();
    let typed = STANDARD.encode([&[1][..], seed].concat());
    StandardSigner::new(&format!("PRIVATE+KEY+{name}+{id}+{typed}")).unwrap()
}

fn their_verifiers(key: &VerifierKey) -> VerifierList {
    let verifier = StandardVerifier::new(&key.to_string()).unwrap();
    VerifierList::new(vec![Box::new(verifier)])
}

fn text(checkpoint: &Checkpoint) -> String {
    let root = STANDARD.encode(checkpoint.root.as_bytes());
    format!("{}\n{}\n{root}\n", checkpoint.origin, checkpoint.size)
}

proptest! {
    #[test]
    fn both_programs_write_the_same_note_and_open_the_others(
        name in name(),
        seed in seed(),
        size in any::<u64>(),
        root in any::<[u8; 32]>(),
    ) {
        let secret = SecretKey::from_seed(&seed).unwrap();
        let key = VerifierKey::new(&name, secret.public().clone()).unwrap();
        let checkpoint = Checkpoint { origin: name.clone(), size, root: Hash::from_bytes(root) };
        let ours = checkpoint.sign(&secret).unwrap();

        let mut theirs = Note::new(text(&checkpoint).as_bytes(), &[]).unwrap();
        theirs.add_sigs(&[&their_signer(&name, &key, &seed)]).unwrap();
        prop_assert_eq!(&theirs.to_bytes(), &ours);

        let read = Note::from_bytes(&ours).unwrap();
        prop_assert!(read.text() == text(&checkpoint).as_bytes());
        let (known, unknown) = read.verify(&their_verifiers(&key)).unwrap();
        prop_assert_eq!((known.len(), unknown.len()), (1, 0));
        let opened = open_checkpoint(&theirs.to_bytes(), &key).unwrap();
        prop_assert_eq!(opened.checkpoint(), &checkpoint);
    }

    #[test]
    fn both_programs_carry_the_lines_of_others(seeds in [seed(), seed()], seconds in 0..u64::MAX / 2) {
        let [secret, other] = seeds.map(|seed| SecretKey::from_seed(&seed).unwrap());
        let key = VerifierKey::new("log.example", secret.public().clone()).unwrap();
        let checkpoint = Checkpoint { origin: "log.example".to_owned(), size: 1, root: leaf_hash(b"entry") };
        let note = checkpoint.sign(&secret).unwrap();
        let signed = open_checkpoint(&note, &key).unwrap();
        let line = cosign(&signed, "witness.example", &other, seconds).unwrap();
        let cosigned = [&note[..], line.as_bytes()].concat();

        let read = Note::from_bytes(&cosigned).unwrap();
        prop_assert_eq!(&read.to_bytes(), &cosigned);
        let (known, unknown) = read.verify(&their_verifiers(&key)).unwrap();
        prop_assert_eq!((known.len(), unknown.len()), (1, 1));
        prop_assert_eq!(unknown[0].name(), "witness.example");
        let witness = WitnessKey::new("witness.example", other.public().clone()).unwrap();
        prop_assert_eq!(unknown[0].id(), key_id_of(&witness.to_string()));
        prop_assert_eq!(witness.cosigned_at(&read.to_bytes()), Ok(seconds));
    }

    #[test]
    fn both_programs_refuse_a_changed_size(seed in seed(), size in 0..u64::MAX) {
        let secret = SecretKey::from_seed(&seed).unwrap();
        let key = VerifierKey::new("log.example", secret.public().clone()).unwrap();
        let checkpoint = Checkpoint { origin: "log.example".to_owned(), size, root: leaf_hash(b"entry") };
        let note = String::from_utf8(checkpoint.sign(&secret).unwrap()).unwrap();
        let changed = note.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
        prop_assert_ne!(&changed, &note);
        prop_assert!(open_checkpoint(changed.as_bytes(), &key).is_err());
        let read = Note::from_bytes(changed.as_bytes()).unwrap();
        prop_assert!(read.verify(&their_verifiers(&key)).is_err());
    }

    /// They read more than seal does: other control characters, loose keys, longer notes. So acceptance goes one way.
    #[test]
    fn what_seal_opens_they_open_too(seed in seed(), place in any::<usize>(), byte in any::<u8>()) {
        let secret = SecretKey::from_seed(&seed).unwrap();
        let key = VerifierKey::new("log.example", secret.public().clone()).unwrap();
        let checkpoint = Checkpoint { origin: "log.example".to_owned(), size: 3, root: leaf_hash(b"entry") };
        let note = checkpoint.sign(&secret).unwrap();
        let mut changed = note.clone();
        let at = place % note.len();
        changed[at] = byte;
        let ours = open_checkpoint(&changed, &key).is_ok();
        let theirs = Note::from_bytes(&changed).is_ok_and(|read| read.verify(&their_verifiers(&key)).is_ok());
        prop_assert!(theirs || !ours);
        prop_assert_eq!(ours, changed == note);
    }
}

/// The key id in a key's text form.
fn key_id_of(text: &str) -> u32 {
    u32::from_str_radix(text.split('+').nth(1).unwrap(), 16).unwrap()
}
