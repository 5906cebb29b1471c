//! Hostile input to the parsers of seal: any bytes, and good notes, receipts, keys and key files with random edits.
//! Invariant: nothing panics; what is read prints back to the same bytes where a form has one spelling; an edited note never
//! opens as another checkpoint. Knows nothing of trees.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use chain::{Hash, leaf_hash};
use proptest::collection::vec;
use proptest::prelude::*;
use signing::keyfile::{self, ScryptCost};
use signing::{
    Checkpoint, MlDsaWitnessKey, PublicKey, SecretKey, Signer, TlogProof, VerifierKey, WitnessKey,
    add_cosignature, cosign, open_checkpoint, peek_unverified,
};

const ORIGIN: &str = "log.example";
const WITNESS: &str = "witness.example";

fn secret(number: u8) -> SecretKey {
    let mut seed = [number; 32];
    seed[0] = number.wrapping_add(1);
    SecretKey::from_seed(&seed).unwrap()
}

fn log_key() -> VerifierKey {
    VerifierKey::new(ORIGIN, secret(1).public().clone()).unwrap()
}

fn witness_key() -> WitnessKey {
    WitnessKey::new(WITNESS, secret(2).public().clone()).unwrap()
}

fn checkpoint() -> Checkpoint {
    let (origin, root) = (ORIGIN.to_owned(), leaf_hash(b"entry"));
    Checkpoint {
        origin,
        size: 1,
        root,
    }
}

/// A checkpoint with a cosignature, and the line of the latter.
fn cosigned() -> (Vec<u8>, String) {
    let note = checkpoint().sign(&secret(1)).unwrap();
    let signed = open_checkpoint(&note, &log_key()).unwrap();
    let line = cosign(&signed, WITNESS, &secret(2), 1_679_315_147).unwrap();
    ([&note[..], line.as_bytes()].concat(), line)
}

/// One edit: what is done, where, and the byte it brings.
type Edit = (u8, usize, u8);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let byte = prop_oneof![
        Just(b'\n'),
        Just(b'+'),
        Just(b' '),
        Just(b'='),
        Just(b'0'),
        b'!'..=b'~',
        any::<u8>()
    ];
    vec((any::<u8>(), any::<usize>(), byte), 0..4)
}

/// Inserts, replaces, removes, cuts or doubles at places that are reduced to the length.
fn edited(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (kind, place, byte) in edits {
        let at = place % (bytes.len() + 1);
        match kind % 10 {
            0..3 => bytes.insert(at, *byte),
            3..6 if at < bytes.len() => bytes[at] = *byte,
            6..8 if at < bytes.len() => drop(bytes.remove(at)),
            8 => bytes.truncate(at),
            _ => bytes.extend_from_within(at..),
        }
    }
    bytes
}

/// Every reader of notes on the same bytes.
fn assert_note_reads_soundly(note: &[u8]) {
    let good = cosigned().0;
    if let Ok(opened) = open_checkpoint(note, &log_key()) {
        assert_eq!(opened.checkpoint(), &checkpoint());
        assert_eq!(opened.note(), note);
        assert_eq!(peek_unverified(note).as_ref(), Ok(&checkpoint()));
    }
    if witness_key().cosigned_at(note).is_ok() {
        assert_eq!(peek_unverified(note).as_ref(), Ok(&checkpoint()));
    }
    if let Ok(signed) = add_cosignature(&good, &witness_key(), note) {
        assert!(witness_key().cosigned_at(&signed).is_ok());
    }
    if let Ok(claimed) = peek_unverified(note) {
        let text = String::from_utf8(claimed.sign(&secret(1)).unwrap()).unwrap();
        let text = text.split_inclusive('\n').take(3).collect::<String>();
        assert!(note.starts_with(text.as_bytes()), "one text, one reading");
    }
}

fn assert_keys_read_soundly(text: &str) {
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
        assert!(text.parse::<WitnessKey>().is_err());
    }
    if let Ok(key) = text.parse::<WitnessKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = text.parse::<MlDsaWitnessKey>() {
        assert_eq!(key.to_string(), text);
        assert!(text.parse::<WitnessKey>().is_err());
    }
}

fn assert_receipt_reads_soundly(text: &str) {
    if let Ok((receipt, extra)) = TlogProof::parse_with_extra(text) {
        // All but the second line, if that is the extra one.
        let lines = text.split_inclusive('\n').enumerate();
        let kept = lines.filter(|(number, _)| *number != 1 || extra.is_none());
        let kept: String = kept.map(|(_, line)| line).collect();
        assert_eq!(receipt.to_text(), kept);
        let _ = receipt.verify(b"entry", &log_key().into());
    }
}

fn encrypted() -> String {
    let cost = ScryptCost { log_n: 1 };
    keyfile::encrypt(&secret(1), b"passphrase", [3; 16], [4; 16], cost).unwrap()
}

/// A key file may have more than one spelling, such as other line ends; but what opens writes a file that opens as the same.
fn assert_key_file_reads_soundly(text: &str) {
    let _ = keyfile::is_encrypted(text);
    for passphrase in [None, Some(&b"passphrase"[..]), Some(b"")] {
        if let Ok(key) = keyfile::open(text, passphrase) {
            let written = keyfile::plain(&key).unwrap();
            let again = keyfile::open(&written, None).unwrap();
            assert_eq!(again.public(), key.public());
        }
    }
}

#[test]
fn the_unedited_inputs_are_good() {
    let (note, line) = cosigned();
    assert!(open_checkpoint(&note, &log_key()).is_ok());
    assert_eq!(witness_key().cosigned_at(&note), Ok(1_679_315_147));
    assert_eq!(
        add_cosignature(&note, &witness_key(), line.as_bytes()),
        Ok(note)
    );
    assert!(log_key().to_string().parse::<VerifierKey>().is_ok());
    assert!(witness_key().to_string().parse::<WitnessKey>().is_ok());
    assert!(keyfile::open(&encrypted(), Some(b"passphrase")).is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in vec(any::<u8>(), 0..400), text in any::<String>()) {
        assert_note_reads_soundly(&bytes);
        assert_note_reads_soundly(text.as_bytes());
        for text in [&text[..], &String::from_utf8_lossy(&bytes)] {
            assert_keys_read_soundly(text);
            assert_receipt_reads_soundly(text);
            assert_key_file_reads_soundly(text);
        }
    }

    #[test]
    fn any_lines_in_the_shape_of_a_note_are_read_without_panic(lines in vec("[!-~]{0,12}( [A-Za-z0-9+/]{0,90}={0,2})?", 0..6), text in "[ -~\n]{0,60}") {
        let signed: String = lines.iter().map(|line| format!("\u{2014} {line}\n")).collect();
        assert_note_reads_soundly(format!("{text}\n\n{signed}").as_bytes());
        assert_receipt_reads_soundly(&format!("c2sp.org/tlog-proof@v1\nindex {text}\n\n{signed}"));
        assert_keys_read_soundly(&lines.join("+"));
    }

    #[test]
    fn an_edited_note_opens_as_the_same_checkpoint_or_not_at_all(edits in edits()) {
        let (note, line) = cosigned();
        assert_note_reads_soundly(&edited(&note, &edits));
        assert_note_reads_soundly(&edited(line.as_bytes(), &edits));
    }

    #[test]
    fn an_edited_key_is_the_same_text_or_refused(edits in edits()) {
        for key in [log_key().to_string(), witness_key().to_string()] {
            assert_keys_read_soundly(&String::from_utf8_lossy(&edited(key.as_bytes(), &edits)));
        }
    }

    #[test]
    fn an_edited_receipt_prints_back_or_is_refused(
        hashes in vec(any::<[u8; 32]>(), 0..4),
        position in any::<u64>(),
        edits in edits(),
    ) {
        let hashes = hashes.into_iter().map(Hash::from_bytes).collect();
        let receipt = TlogProof { position, hashes, note: cosigned().0 };
        let text = receipt.to_text();
        prop_assert_eq!(TlogProof::parse(&text), Ok(receipt));
        assert_receipt_reads_soundly(&String::from_utf8_lossy(&edited(text.as_bytes(), &edits)));
    }

    #[test]
    fn an_edited_key_file_opens_or_is_refused(edits in edits()) {
        for file in [keyfile::plain(&secret(1)).unwrap().to_string(), encrypted()] {
            assert_key_file_reads_soundly(&String::from_utf8_lossy(&edited(file.as_bytes(), &edits)));
        }
    }

    #[test]
    fn any_32_bytes_are_a_key_with_one_spelling_or_refused(bytes in any::<[u8; 32]>()) {
        if let Ok(key) = PublicKey::from_bytes(&bytes) {
            prop_assert_eq!(key.as_bytes(), &bytes);
        }
    }
}
