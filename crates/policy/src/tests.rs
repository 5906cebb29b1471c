//! Policies: what is read, what is refused and where, and who is enough.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use signing::{
    Checkpoint, SecretKey, SignedCheckpoint, Signer, VerifierKey, WitnessKey, add_cosignature,
    cosign, open_checkpoint,
};

use crate::{DEFINITIONS_MAX, POLICY_BYTES_MAX, Policy, PolicyFault};

const ORIGIN: &str = "test.example/log";
const SECONDS: u64 = 1_800_000_000;

fn key(number: u8) -> SecretKey {
    let mut seed = [number; 32];
    seed[0] = number.wrapping_add(1);
    SecretKey::from_seed(&seed).unwrap()
}

fn witness_key(name: &str, number: u8) -> WitnessKey {
    WitnessKey::new(name, key(number).public().clone()).unwrap()
}

fn log_key() -> VerifierKey {
    VerifierKey::new(ORIGIN, key(1).public().clone()).unwrap()
}

/// The checkpoint of a tree of so many leaves.
fn checkpoint(size: u64) -> SignedCheckpoint {
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size,
        root: chain::leaf_hash(&size.to_be_bytes()),
    };
    open_checkpoint(&checkpoint.sign(&key(1)).unwrap(), &log_key()).unwrap()
}

/// The witness key of this number, under the name `w<number>`.
fn vkey(number: u8) -> String {
    witness_key(&format!("w{number}"), number).to_string()
}

/// Five witnesses, then these lines.
fn policy(rest: &str) -> Result<Policy, crate::PolicyRefusal> {
    let mut text = format!("log {}\n", log_key());
    for (name, number) in [("A", 11), ("B", 12), ("C", 13), ("D", 14), ("E", 15)] {
        text += &format!("witness {name} {}\n", vkey(number));
    }
    Policy::parse(&(text + rest))
}

/// The checkpoint of five entries, cosigned by the witnesses with these numbers.
fn cosigned_by(numbers: &[u8]) -> SignedCheckpoint {
    let at: Vec<_> = numbers.iter().map(|number| (*number, SECONDS)).collect();
    cosigned_at(&at)
}

/// As above, each at its own second.
fn cosigned_at(cosigned: &[(u8, u64)]) -> SignedCheckpoint {
    let checkpoint = checkpoint(5);
    let mut note = checkpoint.note().to_vec();
    for (number, seconds) in cosigned {
        let name = format!("w{number}");
        let line = cosign(&checkpoint, &name, &key(*number), *seconds).unwrap();
        note = add_cosignature(&note, &witness_key(&name, *number), line.as_bytes()).unwrap();
    }
    open_checkpoint(&note, &log_key()).unwrap()
}

#[test]
fn a_quorum_of_two_levels_counts_as_its_text_says() {
    let text = "# two of ours, one of theirs\n\n\t group  X\t2 A B C \ngroup Y any D E\ngroup all all X Y\nquorum all\n";
    let policy = policy(text).unwrap();
    for (numbers, expected) in [
        (&[][..], false),
        (&[11, 12], false),
        (&[14, 15], false),
        (&[11, 14, 15], false),
        (&[11, 13, 15], true),
        (&[12, 13, 14], true),
        (&[11, 12, 13, 14, 15], true),
        (&[11, 12, 20], false),
    ] {
        assert_eq!(
            policy.is_met(&cosigned_by(numbers)),
            expected,
            "{numbers:?}"
        );
    }
}

#[test]
fn a_quorum_is_a_witness_a_group_or_none() {
    for (quorum, without, with) in [
        ("quorum B\n", false, true),
        ("group g all A B\nquorum g\n", false, false),
        ("group g any A B\nquorum g\n", false, true),
        ("group g 1 A B\nquorum g\n", false, true),
        ("group g 2 A B\nquorum B\n", false, true),
        ("quorum none\n", true, true),
    ] {
        let policy = policy(quorum).unwrap();
        assert_eq!(policy.is_met(&cosigned_by(&[])), without, "{quorum}");
        assert_eq!(policy.is_met(&cosigned_by(&[12])), with, "{quorum}");
    }
}

#[test]
fn who_cosigned_is_told_in_the_order_of_the_policy() {
    let policy = policy("quorum none\n").unwrap();
    assert_eq!(
        policy.cosigners(&cosigned_by(&[20, 14, 12])).unwrap(),
        ["B", "D"]
    );
}

#[test]
fn the_quorum_has_a_time_that_fewer_liars_than_a_quorum_can_not_make_earlier() {
    let two = "group g 2 A B C\nquorum g\n";
    for (rest, cosigned, expected) in [
        (two, &[(11, 70), (12, 90), (13, 80)][..], Some(80)),
        // One clock that is wrong, or lies, in either direction.
        (two, &[(11, 1), (12, 90), (13, 80)], Some(80)),
        (two, &[(11, 900), (12, 90), (13, 80)], Some(90)),
        // A stranger's cosignature, and one that the quorum does not count, are no time of it.
        (two, &[(20, 1), (14, 2), (12, 90), (13, 80)], Some(90)),
        (two, &[(11, 70)], None),
        ("quorum B\n", &[(11, 1), (12, 90)], Some(90)),
        // Nobody is asked for, so nobody's clock is believed.
        ("quorum none\n", &[(11, 70), (12, 90)], None),
    ] {
        let policy = policy(rest).unwrap();
        let times = policy.times(&cosigned_at(cosigned)).unwrap().quorum;
        assert_eq!(times, expected, "{rest} {cosigned:?}");
    }
    let policy = policy(two).unwrap();
    let times = policy.times(&cosigned_at(&[(13, 80), (11, 70)])).unwrap();
    assert_eq!(times.each, [("A", 70), ("C", 80)]);
}

#[test]
fn a_quorum_that_is_asked_for_must_be_one_that_witnesses_can_meet() {
    for (rest, expected) in [
        ("quorum none\n", false),
        ("quorum A\n", true),
        ("group g all A B\nquorum g\n", true),
    ] {
        let policy = policy(rest).unwrap();
        assert_eq!(policy.can_be_met_by_witnesses(), expected, "{rest}");
    }
}

#[test]
fn a_wrong_line_of_a_known_witness_spoils_the_note() {
    let policy = policy("quorum B\n").unwrap();
    let signed = cosigned_by(&[12]);
    let elsewhere = cosign(&checkpoint(4), "w11", &key(11), SECONDS).unwrap();
    let note = [signed.note(), elsewhere.as_bytes()].concat();
    let spoilt = open_checkpoint(&note, &log_key()).unwrap();
    assert!(policy.is_met(&signed));
    assert!(policy.cosigners(&spoilt).is_err());
    assert!(!policy.is_met(&spoilt));
}

#[test]
fn another_log_is_not_accepted_unless_the_policy_names_none() {
    let signed = cosigned_by(&[11]);
    let of = |log: &str| {
        Policy::parse(&format!("{log}witness A {} http://w\nquorum A\n", vkey(11))).unwrap()
    };
    let other = VerifierKey::new(ORIGIN, key(2).public().clone()).unwrap();
    assert!(!of(&format!("log {other}\n")).is_met(&signed));
    assert!(of(&format!("log {other}\nlog {} http://log\n", log_key())).is_met(&signed));
    let unnamed = of("");
    assert!(unnamed.is_met(&signed));
    assert!(unnamed.logs().is_empty());
    assert_eq!(unnamed.witnesses()[0].url.as_deref(), Some("http://w"));
}

/// The sixth line and on; the fault is in this line, at this word.
fn check_refusal(rest: &str, line: usize, word: &str, fault: PolicyFault) {
    let refusal = policy(rest).unwrap_err();
    assert_eq!(
        (refusal.line, refusal.word.as_str(), &refusal.fault),
        (line, word, &fault),
        "{rest:?}"
    );
    assert!(
        refusal
            .to_string()
            .starts_with(&format!("policy line {line}, {word:?}: "))
    );
}

#[test]
fn faulty_groups_and_quorums_are_named_by_line_and_word() {
    use PolicyFault::*;
    let threshold = |members| Threshold { members };
    for (rest, line, word, fault) in [
        ("", 7, "", NoQuorum),
        (
            "quorum\n",
            7,
            "",
            Missing("the name of a witness or group, or none"),
        ),
        ("quorum Z\n", 7, "Z", Unknown),
        ("quorum A B\n", 7, "B", Surplus),
        ("quorum A\nquorum A\n", 8, "A", SecondQuorum),
        ("quorum A", 7, "A", CutOff),
        ("quorum A\n#", 8, "#", CutOff),
        ("quorum A\r\n", 7, "A\r", Control),
        ("# a\u{7f}\nquorum A\n", 7, "a\u{7f}", Control),
        ("Quorum A\n", 7, "Quorum", Keyword),
        ("quorum g\ngroup g any A\n", 7, "g", Unknown),
        ("group\n", 7, "", Missing("the group's name")),
        ("group g\n", 7, "", Missing("all, any or a number")),
        ("group g any\n", 7, "", Missing("the group's members")),
        ("group g any none\n", 7, "none", Unknown),
        ("group g any g\n", 7, "g", Unknown),
        ("group none any A\n", 7, "none", SameName),
        ("group A any B\n", 7, "A", SameName),
        ("group g any A A\n", 7, "A", CountedTwice),
        ("group g any A\ngroup h any B A\n", 8, "A", CountedTwice),
        ("group g 0 A B\n", 7, "0", threshold(2)),
        ("group g 3 A B\n", 7, "3", threshold(2)),
        ("group g 02 A B\n", 7, "02", threshold(2)),
        ("group g +2 A B\n", 7, "+2", threshold(2)),
        ("group g most A B\n", 7, "most", threshold(2)),
    ] {
        check_refusal(rest, line, word, fault);
    }
}

#[test]
fn faulty_keys_are_named_by_line_and_word() {
    let log = log_key().to_string();
    let renamed = VerifierKey::new("x", key(1).public().clone()).unwrap();
    let renamed = renamed.to_string();
    let twin = witness_key("twin", 12).to_string();
    for (rest, word) in [
        (format!("log {}\n", vkey(20)), vkey(20)),
        (format!("witness F {log}\n"), log),
    ] {
        let refusal = policy(&rest).unwrap_err();
        assert_eq!((refusal.line, refusal.word), (7, word));
        assert!(matches!(
            refusal.fault,
            PolicyFault::LogKey(_) | PolicyFault::WitnessKey(_)
        ));
    }
    check_refusal(
        &format!("log {renamed}\n"),
        7,
        &renamed,
        PolicyFault::SameKey,
    );
    check_refusal(
        &format!("witness F {twin}\n"),
        7,
        &twin,
        PolicyFault::SameKey,
    );
    let taken = format!("witness A {}\n", vkey(20));
    check_refusal(&taken, 7, "A", PolicyFault::SameName);
    let none = format!("witness none {}\n", vkey(20));
    check_refusal(&none, 7, "none", PolicyFault::SameName);
    let surplus = format!("witness F {} http://f more\n", vkey(20));
    check_refusal(&surplus, 7, "more", PolicyFault::Surplus);
    check_refusal(
        "log\n",
        7,
        "",
        PolicyFault::Missing("the log's verifier key"),
    );
}

/// The verifier key of a witness with ML-DSA-44 (type 6), whose bytes are all this number.
fn ml_dsa(name: &str, number: u8) -> String {
    let typed = [&[6][..], &[number; 1312]].concat();
    let digest = Sha256::digest([name.as_bytes(), b"\n", &typed].concat());
    let id: String = digest[..4].iter().map(|b| format!("{b:02x}")).collect();
    format!("{name}+{id}+{}", STANDARD.encode(typed))
}

#[test]
fn a_witness_with_ml_dsa_is_counted_as_one_that_never_cosigns() {
    let lines = format!(
        "witness P {}\nwitness Q {}\n",
        ml_dsa("p", 1),
        ml_dsa("q", 2)
    );
    // A line under its name is carried; it does not spoil the note either, for nobody can say that it is wrong.
    let mut note = cosigned_by(&[11]).note().to_vec();
    let typed = [&[6][..], &[1; 1312]].concat();
    let id = Sha256::digest([b"p\n", &typed[..]].concat());
    let payload = STANDARD.encode([&id[..4], &[7; 2428]].concat());
    note.extend_from_slice(format!("\u{2014} p {payload}\n").as_bytes());
    let signed = open_checkpoint(&note, &log_key()).unwrap();
    for (rest, met) in [
        ("group g 1 A P\nquorum g\n", true),
        ("group g 2 A P\nquorum g\n", false),
        ("group g all A P Q\nquorum g\n", false),
        ("group g any P Q\nquorum g\n", false),
        ("group g any P Q\ngroup h 1 g A\nquorum h\n", true),
        ("quorum P\n", false),
        ("quorum none\n", true),
    ] {
        let policy = policy(&format!("{lines}{rest}")).unwrap();
        assert_eq!(policy.is_met(&signed), met, "{rest}");
        assert_eq!(policy.cosigners(&signed).unwrap(), ["A"], "{rest}");
        assert_eq!(policy.unsupported(), ["P", "Q"]);
        assert_eq!(policy.witnesses().len(), 7);
    }
}

#[test]
fn a_key_of_ml_dsa_is_refused_where_it_is_no_witness_s() {
    let key = ml_dsa("p", 1);
    let refusal = policy(&format!("log {key}\nquorum none\n")).unwrap_err();
    assert!(matches!(refusal.fault, PolicyFault::LogKey(_)));
    // One key under two names is one witness.
    let twin = ml_dsa("twin", 1);
    check_refusal(
        &format!("witness P {key}\nwitness T {twin}\nquorum none\n"),
        8,
        &twin,
        PolicyFault::SameKey,
    );
    let short = key.replacen("AQEB", "AQE=", 1);
    let refusal = policy(&format!("witness P {short}\nquorum none\n")).unwrap_err();
    assert!(matches!(refusal.fault, PolicyFault::WitnessKey(_)));
}

#[test]
fn a_policy_is_bounded() {
    // Seeds of fewer than 128 may be printable, which no key is made of.
    let line = |number| format!("witness x{number} {}\n", vkey(number));
    let most = u8::try_from(DEFINITIONS_MAX).unwrap();
    let full: String = (130..130 + most).map(line).collect();
    assert!(Policy::parse(&format!("{full}quorum none\n")).is_ok());
    let heavy = |number: u8| format!("witness x{number} {}\n", ml_dsa(&"x".repeat(1000), number));
    let heaviest: String = (1..=most).map(heavy).collect();
    assert!(Policy::parse(&format!("{heaviest}quorum none\n")).is_ok());
    let refusal = Policy::parse(&(full + &line(130 + most))).unwrap_err();
    assert_eq!(refusal.line, DEFINITIONS_MAX + 1);
    assert_eq!(refusal.fault, PolicyFault::TooMany);

    let long = format!("#{}\nquorum none\n", "x".repeat(POLICY_BYTES_MAX));
    assert_eq!(
        Policy::parse(&long).unwrap_err().fault,
        PolicyFault::TooLong
    );
}
