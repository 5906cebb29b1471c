//! Notes and verifier keys: what other signers may add, and every second spelling refused by name.
//! Invariant: each faulty note breaks one rule of a good one. Knows nothing of checkpoints.

use super::*;
use crate::signer::{SecretKey, Signer};

const NAME: &str = "log.example/a";

fn secret() -> SecretKey {
    SecretKey::from_seed(&std::array::from_fn(|at| (at * at) as u8)).unwrap()
}

fn verifier() -> VerifierKey {
    VerifierKey::new(NAME, secret().public().clone()).unwrap()
}

fn own_line(text: &str) -> String {
    let signature = secret().sign(text.as_bytes()).unwrap();
    verifier().line(&signature)
}

fn line(name: &str, payload: &[u8]) -> String {
    format!("\u{2014} {name} {}\n", STANDARD.encode(payload))
}

#[test]
fn lines_of_others_are_counted_and_not_believed() {
    let text = "a text\n\nwith an empty line\n";
    let own = own_line(text);
    // Another name, another key under the same name, and a longer signature of another algorithm.
    for count in [0, 1, 15, 63] {
        let mut note = format!("{text}\n");
        for number in 0..count {
            note += &line(&format!("witness{number}"), &[number; 76]);
        }
        note += &own;
        let opened = Opened {
            text,
            others: usize::from(count),
        };
        assert_eq!(
            verifier().open(note.as_bytes()),
            Ok(opened),
            "{count} others"
        );
    }
    let stranger = line(NAME, &[7; 68]);
    let note = format!("{text}\n{stranger}{own}");
    assert_eq!(
        verifier().open(note.as_bytes()),
        Ok(Opened { text, others: 1 })
    );
    let note = format!("{text}\n{stranger}");
    assert_eq!(
        verifier().open(note.as_bytes()),
        Err(NoteRefusal::NotSigned(NAME.to_owned()))
    );
}

#[test]
fn malformed_notes_are_refused_by_name() {
    let text = "text\n";
    let own = own_line(text);
    let id = verifier().0.id();
    let bad_own = line(NAME, &[&id[..], &[1; 64]].concat());
    let short_own = line(NAME, &[&id[..], &[1; 63]].concat());
    let good = format!("{text}\n{own}");
    let encoded = own.trim_end().rsplit_once(' ').unwrap().1;
    let unpadded = encoded.trim_end_matches('=');
    let many: String = (0..65_u8)
        .map(|number| line(&format!("w{number}"), &[number; 8]))
        .collect();
    let long = format!("{}\n\n{own}", "x".repeat(NOTE_BYTES_MAX));
    let cases: Vec<(&str, String, NoteRefusal)> = vec![
        (
            "no blank line",
            format!("{text}{own}"),
            NoteRefusal::NoSignature,
        ),
        (
            "no signature",
            format!("{text}\n"),
            NoteRefusal::NoSignature,
        ),
        (
            "no last newline",
            good.trim_end().to_owned(),
            NoteRefusal::NoSignature,
        ),
        (
            "trailing text",
            format!("{good}more"),
            NoteRefusal::NoSignature,
        ),
        (
            "a blank line after",
            format!("{good}\n"),
            NoteRefusal::NoSignature,
        ),
        (
            "another line",
            format!("{good}more\n"),
            NoteRefusal::BadLine(2),
        ),
        (
            "carriage return",
            good.replace('\n', "\r\n"),
            NoteRefusal::NotText,
        ),
        ("tab", good.replace("text", "te\txt"), NoteRefusal::NotText),
        (
            "hyphen for dash",
            good.replace('\u{2014}', "-"),
            NoteRefusal::BadLine(1),
        ),
        (
            "two spaces",
            good.replace("\u{2014} ", "\u{2014}  "),
            NoteRefusal::BadLine(1),
        ),
        (
            "plus in a name",
            good.replace(NAME, "a+b"),
            NoteRefusal::BadLine(1),
        ),
        (
            "wide space in a name",
            good.replace(NAME, "a\u{3000}b"),
            NoteRefusal::BadLine(1),
        ),
        (
            "unpadded base64",
            good.replace(encoded, unpadded),
            NoteRefusal::BadLine(1),
        ),
        (
            "only a key id",
            format!("{text}\n{}", line("other", &[1; 4])),
            NoteRefusal::BadLine(1),
        ),
        (
            "no key id",
            format!("{text}\n{}", line("other", &[1; 3])),
            NoteRefusal::BadLine(1),
        ),
        (
            "the same line twice",
            format!("{good}{own}"),
            NoteRefusal::Repeated(2),
        ),
        (
            "two lines of one key",
            format!("{good}{bad_own}"),
            NoteRefusal::Repeated(2),
        ),
        (
            "a wrong signature",
            format!("{text}\n{bad_own}"),
            NoteRefusal::WrongSignature(NAME.to_owned()),
        ),
        (
            "a short signature",
            format!("{text}\n{short_own}"),
            NoteRefusal::WrongSignature(NAME.to_owned()),
        ),
        (
            "65 signatures",
            format!("{text}\n{many}"),
            NoteRefusal::TooManySignatures,
        ),
        ("too long", long, NoteRefusal::TooLong),
    ];
    assert!(verifier().open(good.as_bytes()).is_ok());
    for (what, note, refusal) in cases {
        assert_eq!(verifier().open(note.as_bytes()), Err(refusal), "{what}");
    }
    assert_eq!(verifier().open(b"\xff\n\n"), Err(NoteRefusal::NotText));
}

#[test]
fn the_longest_note_is_read() {
    let text = format!(
        "{}\n",
        "x".repeat(NOTE_BYTES_MAX - own_line("x\n").len() - 2)
    );
    let longest = format!("{text}\n{}", own_line(&text));
    assert_eq!(longest.len(), NOTE_BYTES_MAX);
    assert!(verifier().open(longest.as_bytes()).is_ok());
}

#[test]
fn base64_with_stray_bits_is_refused() {
    // 4 + 1 bytes: seven characters and one pad; the last character has two bits that say nothing.
    let good = STANDARD.encode([1, 2, 3, 4, 5]);
    assert_eq!(good, "AQIDBAU=");
    let note = |encoded: &str| format!("text\n\n\u{2014} other {encoded}\n");
    let refusal =
        |encoded: &str| Note::parse(note(encoded).as_bytes()).map(|note| note.lines.len());
    assert_eq!(refusal("AQIDBAU="), Ok(1));
    for stray in [
        "AQIDBAV=",
        "AQIDBAW=",
        "AQIDBAX=",
        "AQIDBAU",
        "AQIDBAU==",
        "AQIDBAU=\u{a0}",
    ] {
        assert_eq!(refusal(stray), Err(NoteRefusal::BadLine(1)), "{stray}");
    }
}

#[test]
fn a_verifier_key_has_one_spelling() {
    let good = verifier().to_string();
    assert_eq!(good.parse::<VerifierKey>(), Ok(verifier()));
    let (start, key) = good
        .rsplit_once('+')
        .filter(|(start, _)| start.len() == NAME.len() + 9)
        .unwrap();
    let hash = &start[NAME.len() + 1..];
    let witness = STANDARD.encode([&[0x04][..], secret().public().as_bytes()].concat());
    let small = STANDARD.encode([&[ED25519, 1][..], &[0; 31]].concat());
    for (text, refusal) in [
        (String::new(), NoteRefusal::BadVerifierKey),
        (format!("{NAME}+{hash}"), NoteRefusal::BadVerifierKey),
        (
            good.replace(hash, &hash.to_uppercase()),
            NoteRefusal::BadVerifierKey,
        ),
        (good.replace(hash, "00000000"), NoteRefusal::BadVerifierKey),
        (
            good.replace(NAME, "log.example/b"),
            NoteRefusal::BadVerifierKey,
        ),
        (format!("{good}="), NoteRefusal::BadVerifierKey),
        (format!(" {good}"), NoteRefusal::BadName(format!(" {NAME}"))),
        (
            format!("+{hash}+{key}"),
            NoteRefusal::BadName(String::new()),
        ),
        (
            format!("{NAME}+{hash}+{witness}"),
            NoteRefusal::BadVerifierKey,
        ),
        (
            format!("{NAME}+{hash}+{small}"),
            NoteRefusal::BadKey(KeyRefusal::SmallOrder),
        ),
    ] {
        assert_eq!(text.parse::<VerifierKey>(), Err(refusal), "{text}");
    }
}
