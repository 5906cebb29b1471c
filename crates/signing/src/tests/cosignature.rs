//! Cosignatures: the worked example of `docs/spec/checkpoint.md`, section 8, and one fault at a time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{checkpoint, key, point, rfc_8032_key, verifier};
use crate::limits::NOTE_SIGNATURES_MAX;
use crate::note::NamedKey;
use crate::{
    Checkpoint, CosignFault, MlDsaWitnessKey, NoteRefusal, SecretKey, Signature, SignedCheckpoint,
    Signer, SigningFault, VerifierKey, WitnessKey, add_cosignature, cosign, open_checkpoint,
};

const PAGE: &str = include_str!("../../../../docs/spec/checkpoint.md");
const WITNESS: &str = "witness.example/w1";
const SECONDS: u64 = 1_679_315_147;

// The two lines below were printed by this Python, which shares no code with the crate. As a check of itself, its
// signature of the one byte 0x72 is that of RFC 8032 section 7.1, test 2.
//
//     import base64, hashlib
//     p, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
//     d = -121665 * pow(121666, -1, p) % p
//     def add(a, b):
//         (x, y), (u, v) = a, b; k = d * x * u * y * v
//         return (x * v + y * u) * pow(1 + k, -1, p) % p, (y * v + x * u) * pow(1 - k, -1, p) % p
//     def times(n, a):
//         out = (0, 1)
//         while n: out, a, n = (add(out, a) if n & 1 else out), add(a, a), n >> 1
//         return out
//     B = (15112221349535400772501151409588531511454012693041857206046113283949847762202, 4 * pow(5, -1, p) % p)
//     pack = lambda a: (a[1] | (a[0] & 1) << 255).to_bytes(32, "little")
//     number = lambda b: int.from_bytes(b, "little")
//     H = lambda *b: hashlib.sha512(b"".join(b)).digest()
//     h = H(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
//     s = number(h[:32]) & 2**254 - 8 | 2**254
//     A = pack(times(s, B))
//     def sign(m):
//         r = number(H(h[32:], m)) % L; R = pack(times(r, B))
//         return R + ((r + number(H(R, A, m)) * s) % L).to_bytes(32, "little")
//     name, time = b"witness.example/w1", 1679315147
//     body = b"ledger.example/rare-earths\n3\nlPvQ3YNvUDAWkubQ6t5yjuGexSv/8WBu2AfIV11aqhk=\n"
//     id = hashlib.sha256(name + b"\n\x04" + A).digest()[:4]
//     sig = sign(b"cosignature/v1\ntime %d\n" % time + body)
//     print(f"{name.decode()}+{id.hex()}+{base64.b64encode(bytes([4]) + A).decode()}")
//     print("\u2014", name.decode(), base64.b64encode(id + time.to_bytes(8, "big") + sig).decode())
const GOLDEN_KEY: &str = "witness.example/w1+04d2d833+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM";
const GOLDEN_LINE: &str = "\u{2014} witness.example/w1 BNLYMwAAAABkGFDL6F9ZyaW3anIZIJsQ1MK6CIvcqTOFNO5eNsnHKBDJPLuyYoHk1fZt+0X+f1PS/ySrcaiyw6z64TkvWayqIJ1mCA==\n";

/// The second key of RFC 8032 section 7.1.
fn golden_signer() -> SecretKey {
    let seed = point("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    SecretKey::from_seed(&seed).unwrap()
}

fn signed(checkpoint: &Checkpoint, signer: &SecretKey) -> SignedCheckpoint {
    let note = checkpoint.sign(signer).unwrap();
    let key = VerifierKey::new(&checkpoint.origin, signer.public().clone()).unwrap();
    open_checkpoint(&note, &key).unwrap()
}

fn page_checkpoint() -> SignedCheckpoint {
    let [first, second, third] =
        [b"entry 0", b"entry 1", b"entry 2"].map(|entry| chain::leaf_hash(entry));
    let checkpoint = Checkpoint {
        origin: "ledger.example/rare-earths".to_owned(),
        size: 3,
        root: chain::node_hash(&chain::node_hash(&first, &second), &third),
    };
    signed(&checkpoint, &rfc_8032_key())
}

fn witness() -> WitnessKey {
    WitnessKey::new("w", key(7).public().clone()).unwrap()
}

/// A checkpoint that the witness `w` cosigned.
fn cosigned_note() -> Vec<u8> {
    let checkpoint = signed(&checkpoint(), &key(1));
    let line = cosign(&checkpoint, "w", &key(7), SECONDS).unwrap();
    add_cosignature(checkpoint.note(), &witness(), line.as_bytes()).unwrap()
}

#[test]
fn the_worked_example_is_what_another_program_computed() {
    let checkpoint = page_checkpoint();
    let witness = WitnessKey::new(WITNESS, golden_signer().public().clone()).unwrap();
    assert_eq!(witness.to_string(), GOLDEN_KEY);
    assert_eq!(GOLDEN_KEY.parse::<WitnessKey>().unwrap(), witness);
    let line = cosign(&checkpoint, WITNESS, &golden_signer(), SECONDS).unwrap();
    assert_eq!(line, GOLDEN_LINE);
    let note = add_cosignature(checkpoint.note(), &witness, line.as_bytes()).unwrap();
    assert_eq!(witness.cosigned_at(&note).unwrap(), SECONDS);

    let shown = String::from_utf8(note).unwrap();
    assert!(PAGE.contains(GOLDEN_KEY), "the page lacks {GOLDEN_KEY}");
    assert!(PAGE.contains(&shown), "the page lacks the note\n{shown}");
}

#[test]
fn the_key_of_a_log_and_that_of_a_witness_do_not_stand_for_each_other() {
    let log = verifier().to_string();
    let witness = witness().to_string();
    assert_eq!(log.parse::<WitnessKey>(), Err(NoteRefusal::BadVerifierKey));
    assert_eq!(
        witness.parse::<VerifierKey>(),
        Err(NoteRefusal::BadVerifierKey)
    );
    for bad in [
        "w",
        "w+00000000",
        &witness.replacen("w+", "v+", 1),
        &witness.replacen('+', "++", 1),
        &format!("{witness}="),
        &"w".repeat(2000),
    ] {
        assert!(bad.parse::<WitnessKey>().is_err(), "{bad}");
    }
    assert!(matches!(
        WitnessKey::new("a b", key(7).public().clone()),
        Err(NoteRefusal::BadName(_))
    ));
}

#[test]
fn the_log_still_opens_a_cosigned_note() {
    let note = cosigned_note();
    let opened = open_checkpoint(&note, &verifier()).unwrap();
    assert_eq!(opened.other_signatures(), 1);
    assert_eq!(opened.checkpoint(), &checkpoint());
}

#[test]
fn a_cosignature_counts_for_its_note_its_time_and_its_key_alone() {
    let note = cosigned_note();
    let text = String::from_utf8(note.clone()).unwrap();
    let other_size = text.replacen("\n1\n", "\n2\n", 1);
    assert_ne!(other_size, text);
    let wrong = Err(NoteRefusal::WrongSignature("w".to_owned()));
    assert_eq!(witness().cosigned_at(other_size.as_bytes()), wrong);

    let stranger = WitnessKey::new("w", key(8).public().clone()).unwrap();
    let renamed = WitnessKey::new("v", key(7).public().clone()).unwrap();
    assert_eq!(
        stranger.cosigned_at(&note),
        Err(NoteRefusal::NotSigned("w".to_owned()))
    );
    assert_eq!(
        renamed.cosigned_at(&note),
        Err(NoteRefusal::NotSigned("v".to_owned()))
    );
}

/// The note of the test checkpoint with this payload in the line of the witness `w`.
fn with_payload(change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let text = String::from_utf8(cosigned_note()).unwrap();
    let (head, encoded) = text.trim_end().rsplit_once(' ').unwrap();
    let mut payload = STANDARD.decode(encoded).unwrap();
    change(&mut payload);
    format!("{head} {}\n", STANDARD.encode(payload)).into_bytes()
}

#[test]
fn a_changed_payload_is_wrong_whatever_was_changed() {
    let wrong = Err(NoteRefusal::WrongSignature("w".to_owned()));
    assert_eq!(witness().cosigned_at(&with_payload(|_| ())), Ok(SECONDS));
    for at in 4..76 {
        let changed = with_payload(|payload| payload[at] ^= 1);
        assert_eq!(witness().cosigned_at(&changed), wrong, "byte {at}");
    }
    for length in [5, 11, 12, 75] {
        let short = with_payload(|payload| payload.truncate(length));
        assert_eq!(witness().cosigned_at(&short), wrong, "{length} bytes");
    }
    let long = with_payload(|payload| payload.push(0));
    assert_eq!(witness().cosigned_at(&long), wrong);
}

#[test]
fn times_beyond_the_format_are_neither_made_nor_taken() {
    let checkpoint = signed(&checkpoint(), &key(1));
    let last = i64::MAX.unsigned_abs();
    let line = cosign(&checkpoint, "w", &key(7), last).unwrap();
    let note = add_cosignature(checkpoint.note(), &witness(), line.as_bytes()).unwrap();
    assert_eq!(witness().cosigned_at(&note), Ok(last));
    assert!(matches!(
        cosign(&checkpoint, "w", &key(7), last + 1),
        Err(CosignFault::Time(seconds)) if seconds == last + 1
    ));

    // A witness of another make may sign such a time; the signature itself is right.
    let text = "test.example/log\n1\n".to_owned()
        + String::from_utf8_lossy(checkpoint.note())
            .lines()
            .nth(2)
            .unwrap()
        + "\n";
    let beyond = last + 1;
    let message = format!("cosignature/v1\ntime {beyond}\n{text}");
    let signature = key(7).sign(message.as_bytes()).unwrap();
    let forged = with_payload(|payload| {
        payload.truncate(4);
        payload.extend_from_slice(&beyond.to_be_bytes());
        payload.extend_from_slice(&signature.0);
    });
    assert!(
        key(7)
            .public()
            .verifies(message.as_bytes(), &Signature(signature.0))
    );
    assert_eq!(
        witness().cosigned_at(&forged),
        Err(NoteRefusal::WrongSignature("w".to_owned()))
    );
}

#[test]
fn the_newer_cosignature_of_a_witness_replaces_the_older() {
    let checkpoint = signed(&checkpoint(), &key(1));
    let second = WitnessKey::new("v", key(8).public().clone()).unwrap();
    let line = cosign(&checkpoint, "v", &key(8), 5).unwrap();
    let note = add_cosignature(&cosigned_note(), &second, line.as_bytes()).unwrap();
    // The answer of `w` brings a line of its neighbour along, which nobody asked for.
    let answer = cosign(&checkpoint, "u", &key(9), 6).unwrap()
        + &cosign(&checkpoint, "w", &key(7), SECONDS + 1).unwrap();
    let note = add_cosignature(&note, &witness(), answer.as_bytes()).unwrap();
    assert_eq!(witness().cosigned_at(&note), Ok(SECONDS + 1));
    assert_eq!(second.cosigned_at(&note), Ok(5));
    assert_eq!(
        open_checkpoint(&note, &verifier())
            .unwrap()
            .other_signatures(),
        2
    );
}

#[test]
fn answers_that_hold_no_valid_cosignature_are_refused() {
    let checkpoint = signed(&checkpoint(), &key(1));
    let elsewhere = page_checkpoint();
    let other_log = cosign(&elsewhere, "w", &key(7), 1).unwrap();
    let own = cosign(&checkpoint, "w", &key(7), 1).unwrap();
    let stranger = cosign(&checkpoint, "w", &key(8), 1).unwrap();
    for (answer, expected) in [
        (other_log, NoteRefusal::WrongSignature("w".to_owned())),
        (stranger, NoteRefusal::NotSigned("w".to_owned())),
        (String::new(), NoteRefusal::NoSignature),
        (own.trim_end().to_owned(), NoteRefusal::NoSignature),
        ("hello\n".to_owned(), NoteRefusal::BadLine(1)),
        (own.repeat(2), NoteRefusal::Repeated(2)),
        (own.repeat(2000), NoteRefusal::TooLong),
    ] {
        let refused = add_cosignature(checkpoint.note(), &witness(), answer.as_bytes());
        assert_eq!(refused, Err(expected), "{answer}");
    }
}

#[test]
fn an_answer_that_lengthens_the_text_cosigns_nothing() {
    let checkpoint = signed(&checkpoint(), &key(1));
    let (text, _) = std::str::from_utf8(checkpoint.note())
        .unwrap()
        .rsplit_once("\n\n")
        .unwrap();
    let message = format!("cosignature/v1\ntime 1\n{text}\n\nmore\n");
    let signature = key(7).sign(message.as_bytes()).unwrap();
    let signed_as = NamedKey::new(4, "w", key(7).public().clone()).unwrap();
    let line = signed_as.line(&[&1_u64.to_be_bytes()[..], &signature.0].concat());
    let answer = format!("more\n\n{line}");
    let longer = format!("{text}\n\n{answer}");
    assert_eq!(witness().cosigned_at(longer.as_bytes()), Ok(1));
    assert_eq!(
        add_cosignature(checkpoint.note(), &witness(), answer.as_bytes()),
        Err(NoteRefusal::WrongSignature("w".to_owned()))
    );
}

#[test]
fn a_note_does_not_grow_beyond_its_limit() {
    let checkpoint = signed(&checkpoint(), &key(1));
    let mut note = checkpoint.note().to_vec();
    for number in 1..=NOTE_SIGNATURES_MAX {
        let name = format!("w{number}");
        let witness = WitnessKey::new(&name, key(7).public().clone()).unwrap();
        let line = cosign(&checkpoint, &name, &key(7), 1).unwrap();
        let grown = add_cosignature(&note, &witness, line.as_bytes());
        // The log's own line is one of them.
        if number == NOTE_SIGNATURES_MAX {
            assert_eq!(grown, Err(NoteRefusal::TooManySignatures));
        } else {
            note = grown.unwrap();
        }
    }
}

#[test]
fn no_cosignature_leaves_its_time_out() {
    let checkpoint = signed(&checkpoint(), &key(1));
    for seconds in [0, 1 << 63] {
        let refused = cosign(&checkpoint, "w", &key(7), seconds);
        assert!(matches!(refused, Err(CosignFault::Time(at)) if at == seconds));
    }
    assert!(cosign(&checkpoint, "w", &key(7), 1).is_ok());
}

/// The text form of an ML-DSA-44 key under this name, with a key of so many bytes.
fn ml_dsa_text(name: &str, kind: u8, bytes: usize) -> String {
    let typed = [&[kind][..], &vec![9; bytes]].concat();
    let digest = Sha256::digest([name.as_bytes(), b"\n", &typed].concat());
    let id: String = digest[..4].iter().map(|b| format!("{b:02x}")).collect();
    format!("{name}+{id}+{}", STANDARD.encode(typed))
}

#[test]
fn a_key_of_ml_dsa_44_is_read_with_its_length_and_id() {
    let text = ml_dsa_text("witness.example/pq", 6, 1312);
    let key: MlDsaWitnessKey = text.parse().unwrap();
    assert_eq!((key.name(), key.key().len()), ("witness.example/pq", 1312));
    assert_eq!(key.to_string(), text);
    assert_eq!(text.parse::<WitnessKey>(), Err(NoteRefusal::BadVerifierKey));
    for text in [
        ml_dsa_text("w", 6, 1311),
        ml_dsa_text("w", 6, 1313),
        ml_dsa_text("w", 4, 1312),
        ml_dsa_text("two words", 6, 1312),
        text.replacen("pq+", "qp+", 1),
        format!("{text}="),
        format!("{}+00000000+AA==", "x".repeat(5000)),
    ] {
        assert!(text.parse::<MlDsaWitnessKey>().is_err(), "{text}");
    }
}

#[test]
fn a_note_is_cut_down_to_the_lines_of_the_keys_that_are_named() {
    let one = VerifierKey::new(&checkpoint().origin, key(1).public().clone()).unwrap();
    let two = VerifierKey::new(&checkpoint().origin, key(2).public().clone()).unwrap();
    let note = checkpoint().sign_by_all(&[&key(1), &key(2)]).unwrap();
    let plain = open_checkpoint(&note, &one).unwrap();
    let line = cosign(&plain, "w", &key(7), 1).unwrap();
    let stranger = [&note[..], line.as_bytes()].concat();
    let signed = open_checkpoint(&stranger, &one).unwrap();
    assert_eq!(signed.only_by([&two, &one]), note);
    let alone = signed.only_by([&one]);
    assert_eq!(alone, checkpoint().sign(&key(1)).unwrap());
}

/// A token that signs with another key than the one it shows.
struct BrokenToken(SecretKey, SecretKey);

impl Signer for BrokenToken {
    fn public(&self) -> &crate::PublicKey {
        self.0.public()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SigningFault> {
        self.1.sign(message)
    }
}

#[test]
fn a_broken_carrier_is_found_before_its_cosignature_leaves() {
    let checkpoint = signed(&checkpoint(), &key(1));
    let broken = BrokenToken(key(7), key(8));
    assert!(matches!(
        cosign(&checkpoint, "w", &broken, 1),
        Err(CosignFault::Seal(SigningFault::WrongSignature(_)))
    ));
    assert!(matches!(
        cosign(&checkpoint, "two words", &key(7), 1),
        Err(CosignFault::Seal(SigningFault::Checkpoint(
            NoteRefusal::BadName(_)
        )))
    ));
}
