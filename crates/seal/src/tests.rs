//! Keys, messages, notes, checkpoints, receipts and key files: round trips, and one fault at a time.
//! Invariant: every refusal is named; a changed bit never passes. Knows nothing of events.

use proptest::prelude::*;

use super::*;

fn key(number: u8) -> SecretKey {
    let mut seed = [number; 32];
    seed[0] = number.wrapping_add(1);
    SecretKey::from_seed(&seed).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: "test.example/log".to_owned(),
        size: 1,
        root: chain::leaf_hash(b"entry"),
    }
}

fn verifier() -> VerifierKey {
    VerifierKey::new("test.example/log", key(1).public().clone()).unwrap()
}

fn point(hex: &str) -> [u8; 32] {
    let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
    std::array::from_fn(byte)
}

#[test]
fn keys_that_verifiers_disagree_about_are_refused() {
    // The identity, a point of order 8, the identity with y = p + 1 (a second spelling), and no point at all.
    let identity = point("0100000000000000000000000000000000000000000000000000000000000000");
    let order_8 = point("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa");
    let second_spelling = point("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    let no_point = point("0200000000000000000000000000000000000000000000000000000000000000");
    assert_eq!(
        PublicKey::from_bytes(&identity),
        Err(KeyRefusal::SmallOrder)
    );
    assert_eq!(PublicKey::from_bytes(&order_8), Err(KeyRefusal::SmallOrder));
    assert_eq!(
        PublicKey::from_bytes(&second_spelling),
        Err(KeyRefusal::NotCanonical)
    );
    assert_eq!(
        PublicKey::from_bytes(&no_point),
        Err(KeyRefusal::NotCanonical)
    );
    // A true key plus a point of order 8: not small, but with torsion.
    let mixed = ed25519_dalek::VerifyingKey::from_bytes(key(1).public().as_bytes())
        .unwrap()
        .to_edwards()
        + ed25519_dalek::VerifyingKey::from_bytes(&order_8)
            .unwrap()
            .to_edwards();
    assert_eq!(
        PublicKey::from_bytes(mixed.compress().as_bytes()),
        Err(KeyRefusal::Torsion)
    );
    assert_eq!(
        SecretKey::from_seed(b"                                ").unwrap_err(),
        KeyRefusal::NoEntropy
    );
}

#[test]
fn a_signature_serves_one_message_one_log_and_one_use() {
    let (alice, bob) = (key(1), key(2));
    let (origin, other) = ([5; 32], [6; 32]);
    let signature = sign_event(&alice, &origin, b"body").unwrap();
    assert!(verify_event(alice.public(), &origin, b"body", &signature).is_ok());
    assert!(verify_event(alice.public(), &origin, b"Body", &signature).is_err());
    assert!(verify_event(alice.public(), &other, b"body", &signature).is_err());
    assert!(verify_event(bob.public(), &origin, b"body", &signature).is_err());
    assert!(verify_possession(alice.public(), &origin, b"body", &signature).is_err());
    let possession = sign_possession(&alice, &origin, b"PARTY").unwrap();
    assert!(verify_possession(alice.public(), &origin, b"PARTY", &possession).is_ok());
    assert!(verify_possession(alice.public(), &origin, b"OTHER", &possession).is_err());
    for bit in 0..512 {
        let mut changed = signature;
        changed.0[bit / 8] ^= 1 << (bit % 8);
        assert!(
            verify_event(alice.public(), &origin, b"body", &changed).is_err(),
            "bit {bit}"
        );
    }
}

#[test]
fn the_signed_note_of_the_specification_opens() {
    let note = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
                \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let verifier: VerifierKey = vkey.parse().unwrap();
    assert_eq!(verifier.to_string(), vkey);
    assert!(
        verifier
            .open(note.as_bytes())
            .unwrap()
            .starts_with("If you think")
    );
    let changed = note.replace("problem is", "Problem is");
    assert_eq!(
        verifier.open(changed.as_bytes()),
        Err(NoteRefusal::WrongSignature("PeterNeumann".to_owned()))
    );
}

#[test]
fn no_changed_bit_of_a_checkpoint_passes() {
    let note = checkpoint().sign(&key(1)).unwrap();
    let opened = open_checkpoint(&note, &verifier()).unwrap();
    assert_eq!(opened.checkpoint(), &checkpoint());
    assert_eq!(opened.note(), note);
    for bit in 0..note.len() * 8 {
        let mut changed = note.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(open_checkpoint(&changed, &verifier()).is_err(), "bit {bit}");
    }
}

#[test]
fn a_checkpoint_is_three_lines_of_the_right_log() {
    let signed = |text: &str, name: &str| {
        let signature = key(1).sign(text.as_bytes()).unwrap();
        let line = note::signature_line(name, key(1).public(), &signature).unwrap();
        open_checkpoint(format!("{text}\n{line}").as_bytes(), &verifier())
    };
    let root = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let origin = "test.example/log";
    assert!(signed(&format!("{origin}\n7\n{root}\n"), origin).is_ok());
    assert_eq!(
        signed(&format!("{origin}\n07\n{root}\n"), origin),
        Err(CheckpointRefusal::Size)
    );
    assert_eq!(
        signed(&format!("{origin}\n7\n{root}x\n"), origin),
        Err(CheckpointRefusal::Root)
    );
    assert_eq!(
        signed(&format!("{origin}\n7\n{root}\nmore\n"), origin),
        Err(CheckpointRefusal::Lines)
    );
    assert!(matches!(
        signed(&format!("another\n7\n{root}\n"), origin),
        Err(CheckpointRefusal::Origin { .. })
    ));
    let twice = String::from_utf8(checkpoint().sign(&key(1)).unwrap()).unwrap();
    let line = twice.lines().last().unwrap().to_owned();
    let twice = format!("{twice}{line}\n");
    assert!(
        open_checkpoint(twice.as_bytes(), &verifier()).is_err(),
        "a signature line twice"
    );
}

#[test]
fn a_receipt_is_one_text_and_proves_one_entry() {
    let note = checkpoint().sign(&key(1)).unwrap();
    let proof = TlogProof {
        position: 0,
        hashes: Vec::new(),
        note,
    };
    let read = TlogProof::parse(&proof.to_text()).unwrap();
    assert_eq!(read, proof);
    assert!(read.verify(b"entry", &verifier()).is_ok());
    assert!(matches!(
        read.verify(b"other", &verifier()),
        Err(ProofTextRefusal::Proof(_))
    ));
    assert_eq!(
        TlogProof::parse(&proof.to_text().replace("index 0", "index 00")),
        Err(ProofTextRefusal::Position)
    );
}

#[test]
fn a_key_file_opens_with_its_passphrase_only() {
    let cost = keyfile::ScryptCost { log_n: 4 };
    let pem = keyfile::encrypt(&key(9), b"correct horse", [1; 16], [2; 16], cost).unwrap();
    assert!(keyfile::is_encrypted(&pem));
    let opened = keyfile::open(&pem, Some(b"correct horse")).unwrap();
    assert_eq!(opened.public(), key(9).public());
    assert_eq!(
        keyfile::open(&pem, Some(b"wrong horse")).unwrap_err(),
        keyfile::KeyFileRefusal::WrongPassphrase
    );
    assert_eq!(
        keyfile::open(&pem, None).unwrap_err(),
        keyfile::KeyFileRefusal::PassphraseNeeded
    );
    let plain = keyfile::plain(&key(9)).unwrap();
    assert_eq!(
        keyfile::open(&plain, None).unwrap().public(),
        key(9).public()
    );
    // Version 1 of PKCS#8: 48 bytes of DER for an Ed25519 key, so one line of 64 base64 characters.
    assert_eq!(plain.lines().nth(1).map(str::len), Some(64));
    assert!(matches!(
        keyfile::open("no key", None),
        Err(keyfile::KeyFileRefusal::NotAKey(_))
    ));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _note = open_checkpoint(&bytes, &verifier());
        let text = String::from_utf8_lossy(&bytes);
        let _proof = TlogProof::parse(&text);
        let _vkey = text.parse::<VerifierKey>();
        let _key = keyfile::open(&text, Some(b"x"));
    }
}
