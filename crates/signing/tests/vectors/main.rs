//! The golden vectors of `tests/vectors/seal`: checkpoints, signatures, verifier keys, cosignatures, receipts, key files.
//! Invariant: each file is good, or refused for exactly the reason it names; a seed in a file signs the same bytes again;
//! the files were made by another program. Knows nothing of trees.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

#[path = "../../../chain/tests/vectors/file.rs"]
mod file;

use file::{Vector, from_hex};
use signing::{
    Checkpoint, PublicKey, SecretKey, Signature, Signer, TlogProof, VerifierKey, WitnessKey,
    cosign, keyfile, open_checkpoint, sign_event, sign_possession, verify_event, verify_possession,
};

const LEAST: usize = 147;

/// Refusals that hand on the refusal of a part.
const WRAPPERS: &[&str] = &["Note", "BadKey", "Proof", "Unusable"];

fn name(refusal: &impl std::fmt::Debug) -> String {
    file::refusal_name(refusal, WRAPPERS)
}

fn secret(vector: &Vector) -> Option<SecretKey> {
    vector.maybe("seed")?;
    Some(SecretKey::from_seed(&vector.array("seed")).unwrap())
}

/// A text given line by line, or the bytes themselves under `<name>-hex`.
fn lines(vector: &Vector, name: &str) -> Vec<u8> {
    if let Some(bytes) = vector.maybe(&format!("{name}-hex")) {
        return from_hex(bytes);
    }
    let lines = vector.all(name).iter();
    lines
        .flat_map(|line| format!("{line}\n").into_bytes())
        .collect()
}

fn verifier_key(vector: &Vector) -> VerifierKey {
    vector.one("verifier-key").parse().unwrap()
}

fn checkpoint(vector: &Vector) -> Option<String> {
    let (note, key) = (lines(vector, "note"), verifier_key(vector));
    let signed = match open_checkpoint(&note, &key) {
        Ok(signed) => signed,
        Err(refusal) => return Some(name(&refusal)),
    };
    let stated = Checkpoint {
        origin: key.name().to_owned(),
        size: vector.number("size"),
        root: chain::Hash::from_bytes(vector.array("root")),
    };
    assert_eq!(signed.checkpoint(), &stated, "{}", vector.file);
    let others = vector.number("others");
    assert_eq!(signed.other_signatures() as u64, others, "{}", vector.file);
    if let Some(secret) = secret(vector) {
        assert!(note.starts_with(&stated.sign(&secret).unwrap()));
    }
    None
}

/// Checks the key, then the signature over what the kind says; the seed, if there is one, makes the same signature.
fn signature(
    vector: &Vector,
    verdict: impl Fn(&PublicKey, &Signature) -> Option<String>,
    sign: impl Fn(&SecretKey) -> Signature,
) -> Option<String> {
    let key = match PublicKey::from_bytes(&vector.array("key")) {
        Ok(key) => key,
        Err(refusal) => return Some(name(&refusal)),
    };
    let signature = Signature(vector.array("signature"));
    if let Some(secret) = secret(vector) {
        assert_eq!(secret.public(), &key, "{}", vector.file);
        assert_eq!(sign(&secret), signature, "{}", vector.file);
    }
    verdict(&key, &signature)
}

fn event_signature(vector: &Vector) -> Option<String> {
    let body = vector.bytes("body");
    signature(
        vector,
        |key, signature| {
            let verdict = verify_event(key, &body, signature);
            verdict.err().as_ref().map(name)
        },
        |secret| sign_event(secret, &body).unwrap(),
    )
}

fn possession(vector: &Vector) -> Option<String> {
    let (ledger, party) = (vector.array("ledger"), vector.one("party").as_bytes());
    signature(
        vector,
        |key, signature| {
            let verdict = verify_possession(key, &ledger, party, signature);
            verdict.err().as_ref().map(name)
        },
        |secret| sign_possession(secret, &ledger, party).unwrap(),
    )
}

/// Compares a key that was read with what the file states.
fn key_is_as_stated(vector: &Vector, name: &str, key: &PublicKey, written: &str) {
    assert_eq!(name, vector.one("name"), "{}", vector.file);
    assert_eq!(key.as_bytes(), &vector.array("key"), "{}", vector.file);
    assert_eq!(written, vector.one("text"), "{}", vector.file);
}

fn verifier_key_text(vector: &Vector) -> Option<String> {
    match vector.one("text").parse::<VerifierKey>() {
        Ok(key) => key_is_as_stated(vector, key.name(), key.key(), &key.to_string()),
        Err(refusal) => return Some(name(&refusal)),
    }
    None
}

fn witness_key_text(vector: &Vector) -> Option<String> {
    match vector.one("text").parse::<WitnessKey>() {
        Ok(key) => key_is_as_stated(vector, key.name(), key.key(), &key.to_string()),
        Err(refusal) => return Some(name(&refusal)),
    }
    None
}

/// The log's key of the worked example, under which every cosigned note of the folder is signed.
const LOG_KEY: &str =
    "ledger.example/rare-earths+3ea352e6+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

fn cosignature(vector: &Vector) -> Option<String> {
    let note = lines(vector, "note");
    let witness: WitnessKey = vector.one("witness-key").parse().unwrap();
    let seconds = match witness.cosigned_at(&note) {
        Ok(seconds) => seconds,
        Err(refusal) => return Some(name(&refusal)),
    };
    assert_eq!(seconds, vector.number("seconds"), "{}", vector.file);
    let signed = open_checkpoint(&note, &LOG_KEY.parse().unwrap()).unwrap();
    let secret = secret(vector).unwrap();
    let line = cosign(&signed, witness.name(), &secret, seconds).unwrap();
    assert!(note.ends_with(line.as_bytes()), "{}", vector.file);
    None
}

fn receipt(vector: &Vector) -> Option<String> {
    let text = String::from_utf8(lines(vector, "receipt")).unwrap();
    let (receipt, extra) = match TlogProof::parse_with_extra(&text) {
        Ok(read) => read,
        Err(refusal) => return Some(name(&refusal)),
    };
    let without_extra = |line: &&str| extra.is_none() || !line.starts_with("extra ");
    let rest: String = text.split_inclusive('\n').filter(without_extra).collect();
    assert_eq!(receipt.to_text(), rest, "{}", vector.file);
    match receipt.verify(&vector.bytes("entry"), &verifier_key(vector).into()) {
        Ok(_) => assert_eq!(receipt.position, vector.number("position")),
        Err(refusal) => return Some(name(&refusal)),
    }
    None
}

fn key_file(vector: &Vector) -> Option<String> {
    let pem = String::from_utf8(lines(vector, "pem")).unwrap();
    let passphrase = vector.maybe("passphrase").map(str::as_bytes);
    let key = match keyfile::open(&pem, passphrase) {
        Ok(key) => key,
        Err(refusal) => return Some(name(&refusal)),
    };
    assert_eq!(key.public().as_bytes(), &vector.array("key"));
    assert_eq!(keyfile::is_encrypted(&pem), passphrase.is_some());
    if let Some(secret) = secret(vector) {
        assert_eq!(keyfile::plain(&secret).unwrap().as_str(), pem);
    }
    None
}

fn judge(vector: &Vector) -> Option<String> {
    match vector.one("kind") {
        "checkpoint" => checkpoint(vector),
        "event-signature" => event_signature(vector),
        "possession" => possession(vector),
        "verifier-key" => verifier_key_text(vector),
        "witness-key" => witness_key_text(vector),
        "cosignature" => cosignature(vector),
        "receipt" => receipt(vector),
        "key-file" => key_file(vector),
        other => panic!("{}: no kind {other}", vector.file),
    }
}

#[test]
fn every_vector_gets_the_verdict_it_names() {
    file::assert_all("seal", LEAST, judge);
}
