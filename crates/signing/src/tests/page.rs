//! The worked example of `docs/spec/checkpoint.md`: every number on that page comes from here.
//! Invariant: page and code agree to the byte. Knows nothing that the page does not say.

use chain::{Hash, event_id, leaf_hash, ledger_id, node_hash};

use crate::{
    Checkpoint, SecretKey, Signature, Signer, TlogProof, VerifierKey, key_commitment,
    open_checkpoint, sign_event, sign_possession, verify_event, verify_possession,
};

const PAGE: &str = include_str!("../../../../docs/spec/checkpoint.md");
const ORIGIN: &str = "ledger.example/rare-earths";
/// The seed of RFC 8032 section 7.1, test 1.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key() -> SecretKey {
    let byte = |at: usize| u8::from_str_radix(&SEED[2 * at..2 * at + 2], 16).unwrap();
    SecretKey::from_seed(&std::array::from_fn(byte)).unwrap()
}

/// The page has a line of this label and value.
fn shown(label: &str, value: &str) {
    let found = PAGE
        .lines()
        .any(|line| line.starts_with(label) && line.ends_with(value));
    assert!(
        found,
        "docs/spec/checkpoint.md lacks the line: {label} ... {value}"
    );
}

/// The page has this block of lines.
fn shown_block(block: &str) {
    assert!(
        PAGE.contains(&format!("```\n{block}```\n")),
        "docs/spec/checkpoint.md lacks the block:\n{block}"
    );
}

fn leaves() -> [Hash; 3] {
    [b"entry 0", b"entry 1", b"entry 2"].map(|entry| leaf_hash(entry))
}

fn checkpoint() -> Checkpoint {
    let [first, second, third] = leaves();
    Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 3,
        root: node_hash(&node_hash(&first, &second), &third),
    }
}

#[test]
fn the_page_shows_keys_and_signatures_as_they_are() {
    let key = key();
    let public = key.public();
    shown("seed", SEED);
    shown("public key", &hex(public.as_bytes()));
    shown("key id", &public.id().to_string());
    shown("key commitment", &hex(&key_commitment(public.as_bytes())));
    let ledger = ledger_id(ORIGIN, &event_id(b"founding body"));
    let event = sign_event(&key, b"first body").unwrap();
    assert_eq!(verify_event(public, b"first body", &event), Ok(()));
    let party = b"91350100M000100Y43";
    let possession = sign_possession(&key, &ledger, party).unwrap();
    assert_eq!(
        verify_possession(public, &ledger, party, &possession),
        Ok(())
    );
    for (label, Signature(signature)) in [("event", event), ("possession", possession)] {
        shown(&format!("{label} signature, R"), &hex(&signature[..32]));
        shown(&format!("{label} signature, S"), &hex(&signature[32..]));
    }
}

#[test]
fn the_page_shows_checkpoint_and_receipt_as_they_are() {
    let verifier = VerifierKey::new(ORIGIN, key().public().clone()).unwrap();
    shown("verifier key", &verifier.to_string());
    let note = checkpoint().sign(&key()).unwrap();
    shown_block(std::str::from_utf8(&note).unwrap());
    let opened = open_checkpoint(&note, &verifier).unwrap();
    assert_eq!(opened.checkpoint(), &checkpoint());
    let [first, _, third] = leaves();
    let receipt = TlogProof {
        position: 1,
        hashes: vec![first, third],
        note,
    };
    shown_block(&receipt.to_text());
    assert!(receipt.verify(b"entry 1", &verifier.clone().into()).is_ok());
    assert!(receipt.verify(b"entry 2", &verifier.into()).is_err());
}
