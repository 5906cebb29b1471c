//! Keys, messages, notes, checkpoints, receipts and key files: round trips, and one fault at a time.
//! Invariant: every refusal is named; a changed bit never passes. Knows nothing of events.

mod cosignature;
mod edge_vectors;
mod page;

use proptest::prelude::*;

use super::*;

fn key(number: u8) -> SecretKey {
    let mut seed = [number; 32];
    seed[0] = number.wrapping_add(1);
    SecretKey::from_seed(&seed).unwrap()
}

/// The first key of RFC 8032 section 7.1.
pub(crate) fn rfc_8032_key() -> SecretKey {
    let seed = point("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
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
fn a_signature_serves_one_message_one_ledger_and_one_use() {
    let (alice, bob) = (key(1), key(2));
    let (ledger, other) = ([5; 32], [6; 32]);
    let signature = sign_event(&alice, b"body").unwrap();
    assert!(verify_event(alice.public(), b"body", &signature).is_ok());
    assert!(verify_event(alice.public(), b"Body", &signature).is_err());
    assert!(verify_event(bob.public(), b"body", &signature).is_err());
    assert!(verify_possession(alice.public(), &ledger, b"body", &signature).is_err());
    let possession = sign_possession(&alice, &ledger, b"PARTY").unwrap();
    assert!(verify_possession(alice.public(), &ledger, b"PARTY", &possession).is_ok());
    assert!(verify_possession(alice.public(), &ledger, b"OTHER", &possession).is_err());
    assert!(verify_possession(alice.public(), &other, b"PARTY", &possession).is_err());
    for bit in 0..512 {
        let mut changed = signature;
        changed.0[bit / 8] ^= 1 << (bit % 8);
        assert!(
            verify_event(alice.public(), b"body", &changed).is_err(),
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
            .text
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
        let signed_as = VerifierKey::new(name, key(1).public().clone()).unwrap();
        let line = signed_as.line(&signature);
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
    assert!(read.verify(b"entry", &verifier().into()).is_ok());
    assert!(matches!(
        read.verify(b"other", &verifier().into()),
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

#[test]
fn a_checkpoint_counts_the_signatures_of_others() {
    let note = checkpoint().sign(&key(1)).unwrap();
    let stranger = VerifierKey::new("witness.example", key(2).public().clone()).unwrap();
    let note = [&note[..], stranger.line(&Signature([9; 64])).as_bytes()].concat();
    let opened = open_checkpoint(&note, &verifier()).unwrap();
    assert_eq!(opened.other_signatures(), 1);
    assert_eq!(opened.note(), note);
}

#[test]
fn a_carrier_that_signs_wrongly_is_found_at_once() {
    struct Broken(SecretKey);
    impl Signer for Broken {
        fn public(&self) -> &PublicKey {
            self.0.public()
        }
        fn sign(&self, _: &[u8]) -> Result<Signature, SigningFault> {
            self.0.sign(b"something else")
        }
    }
    assert!(matches!(
        checkpoint().sign(&Broken(key(1))),
        Err(SigningFault::WrongSignature(_))
    ));
    for origin in ["", "a b", "a+b", "a\nb", "a\u{a0}b"] {
        let origin = origin.to_owned();
        let checkpoint = Checkpoint {
            origin,
            ..checkpoint()
        };
        assert!(
            matches!(checkpoint.sign(&key(1)), Err(SigningFault::Checkpoint(_))),
            "{checkpoint:?}"
        );
    }
}

#[test]
fn a_receipt_has_one_spelling() {
    let note = checkpoint().sign(&key(1)).unwrap();
    let hashes = vec![chain::leaf_hash(b"a"), chain::leaf_hash(b"b")];
    let proof = TlogProof {
        position: 7,
        hashes,
        note,
    };
    let text = proof.to_text();
    let with = |from: &str, to: &str| TlogProof::parse(&text.replacen(from, to, 1));
    assert_eq!(with("@v1", "@v1"), Ok(proof.clone()));
    assert_eq!(with("index", "extra QUJD\nindex"), Ok(proof.clone()));
    let carried = text.replacen("index", "extra QUJD\nindex", 1);
    let carried = TlogProof::parse_with_extra(&carried);
    assert_eq!(carried, Ok((proof.clone(), Some(b"ABC".to_vec()))));
    for extra in ["extra \n", "extra QUJ\n", "extra QUJE QUJD\n"] {
        let refused = with("index", &format!("{extra}index"));
        assert_eq!(refused, Err(ProofTextRefusal::Extra), "{extra}");
    }
    assert_eq!(
        with("index", "index 7\nindex"),
        Err(ProofTextRefusal::Hash(1))
    );
    assert_eq!(
        with("index 7\n", "index 7\r\n"),
        Err(ProofTextRefusal::Position)
    );
    assert_eq!(with("index 7", "index +7"), Err(ProofTextRefusal::Position));
    assert_eq!(with("@v1\n", "@v1\r\n"), Err(ProofTextRefusal::Header));
    let long = TlogProof {
        hashes: vec![chain::leaf_hash(b"a"); 64],
        ..proof.clone()
    };
    assert_eq!(TlogProof::parse(&long.to_text()), Ok(long));
    let longer = TlogProof {
        hashes: vec![chain::leaf_hash(b"a"); 65],
        ..proof
    };
    assert_eq!(
        TlogProof::parse(&longer.to_text()),
        Err(ProofTextRefusal::TooManyHashes)
    );
    let huge = " ".repeat(limits::RECEIPT_BYTES_MAX + 1);
    assert!(matches!(
        TlogProof::parse(&huge),
        Err(ProofTextRefusal::TooLong(_))
    ));
}

#[test]
fn a_guessable_seed_is_refused() {
    let typed = *b"correct horse battery staple 123";
    for seed in [
        [0; 32],
        [0xff; 32],
        std::array::from_fn(|at| at as u8),
        typed,
    ] {
        let refusal = SecretKey::from_seed(&seed).unwrap_err();
        assert_eq!(refusal, KeyRefusal::NoEntropy);
    }
    let mut almost = [7; 32];
    almost[31] = 8;
    assert!(SecretKey::from_seed(&almost).is_ok());
}

#[test]
fn a_secret_key_shows_its_id_only() {
    let id = key(1).public().id();
    assert_eq!(format!("{:?}", key(1)), format!("SecretKey({id})"));
    assert_eq!(id.to_string().len(), 16);
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
    #[test]
    fn damaged_texts_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let note = checkpoint().sign(&key(1)).unwrap();
        let receipt = TlogProof { position: 0, hashes: vec![checkpoint().root], note: note.clone() };
        let cost = keyfile::ScryptCost { log_n: 1 };
        let pem = keyfile::encrypt(&key(9), b"x", [1; 16], [2; 16], cost).unwrap();
        for text in [note, receipt.to_text().into_bytes(), pem.into_bytes()] {
            let mut text = text;
            let at = at.index(text.len());
            text[at] = byte;
            text.truncate(cut.index(text.len()) + 1);
            let _note = open_checkpoint(&text, &verifier());
            let text = String::from_utf8_lossy(&text);
            let _proof = TlogProof::parse(&text).map(|proof| proof.verify(b"entry", &verifier().into()));
            let _key = keyfile::open(&text, Some(b"x"));
        }
    }
}
