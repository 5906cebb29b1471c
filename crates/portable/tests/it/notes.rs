//! Checkpoints with as many signatures as a note may carry, of algorithms that no reader here knows, in every form of a log.
//! Invariant: what is not known is carried and changes no verdict. Knows no network.

use std::fs;
use std::path::Path;

use evidence::Receipt;
use portable::limits::NOTE_BYTES_MAX;
use portable::{Brought, Handed, Inquiry, write_folder, write_pack};
use signing::{Signer, TlogProof, VerifierKey};
use testkit::{ORIGIN, TestCountry, key};
use verify::{Depth, Verdict};

use crate::log::{Log, OPERATOR, honest};

/// The log's checkpoint under lines as long as those of ML-DSA-44 are, as many as have room.
fn heavy(log: &Log) -> Vec<u8> {
    let mut note = log.checkpoint();
    let limit = usize::try_from(NOTE_BYTES_MAX).unwrap();
    let mut lines = 0;
    loop {
        // Four bytes of key id, eight of time, and a signature of 2,420: 3,243 characters of base64.
        let line = format!("\u{2014} w{lines} {}\n", "AAAA".repeat(2_432 / 3));
        if note.len() + line.len() > limit {
            assert!(lines >= 16, "{lines}");
            return note;
        }
        note.extend_from_slice(line.as_bytes());
        lines += 1;
    }
}

fn verdict(path: &Path) -> Verdict {
    let log_key = VerifierKey::new(ORIGIN, key(OPERATOR).public().clone()).unwrap();
    let memory = path.with_extension("seen.json");
    let brought = Brought {
        log_key: Some(&log_key),
        remember: Some(&memory),
        ..Brought::default()
    };
    let handed = Handed::open(path).unwrap();
    let inquiry = Inquiry::begin(handed, brought).unwrap();
    let outcome = inquiry.run(Depth::Full, &mut |_, _| {}).unwrap();
    outcome.report.verdict
}

#[test]
fn a_note_full_of_lines_that_nobody_knows_travels_in_every_form() {
    let (log, place) = (honest(), tempfile::tempdir().unwrap());
    let note = heavy(&log);
    let path = |name: &str| place.path().join(name);
    let log_key = VerifierKey::new(ORIGIN, key(OPERATOR).public().clone()).unwrap();
    let entries = || log.entries.iter().map(|entry| Ok(entry.clone()));
    write_pack(&path("pack"), &mut entries(), &note).unwrap();
    write_folder(&path("folder"), &mut entries(), &note, &log_key).unwrap();
    let mut extract = log.extract(TestCountry::MINE);
    extract.checkpoint = String::from_utf8(note.clone()).unwrap();
    fs::write(path("extract"), serde_json::to_vec(&extract).unwrap()).unwrap();
    let proof = TlogProof {
        position: 3,
        hashes: portable::ExtractOrigin::prove(&log, 3).unwrap(),
        note: note.clone(),
    };
    let receipt = Receipt::new(&log.entries[3], &proof).to_text();
    fs::write(path("receipt"), receipt).unwrap();
    for name in ["pack", "folder", "extract", "receipt"] {
        assert_eq!(verdict(&path(name)), Verdict::Good, "{name}");
        // Once more, with what was remembered.
        assert_eq!(verdict(&path(name)), Verdict::Good, "{name}");
    }
    // One byte more than a note may have is no note, in a pack as anywhere.
    let longer = [note, vec![b'x'; 200_000]].concat();
    assert!(write_pack(&path("long"), &mut entries(), &longer).is_err());
    let mut pack = fs::read(path("pack")).unwrap();
    let length = u32::try_from(NOTE_BYTES_MAX + 1).unwrap();
    pack[16..20].copy_from_slice(&length.to_be_bytes());
    fs::write(path("long"), pack).unwrap();
    assert!(Handed::open(&path("long")).is_err());
}
