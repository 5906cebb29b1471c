//! kill -9 of the real binary in mid-load, time and again on one file and one ledger.
//! Invariant: every event whose line was printed is in the log, at its position, and the log is good each time; run to its
//! end, the file is in the log once.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use store::Entries;
use store_embedded::{EmbeddedStore, OpenMode, StoreOptions};

use crate::place::{Place, party};

#[test]
fn no_acknowledged_event_is_lost_when_the_process_is_killed() {
    let place = Place::founded();
    let file = place.mined("M", 6_000);
    let errors = place.path().join("errors");
    let mut acknowledged: Vec<(u64, String)> = Vec::new();
    for round in 0..3 {
        let author = party(4);
        let mut command = place.command(&["record", &file, "--as", &author, "--yes"]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let wanted = 1 + round * 131;
        let taken: Vec<_> = lines.by_ref().take(wanted).collect();
        let is_running = taken.len() == wanted;
        child.kill().unwrap();
        child.wait().unwrap();
        let said = fs::read_to_string(&errors).unwrap();
        assert!(is_running, "round {round}: it ended by itself: {said}");
        for line in taken.into_iter().chain(lines) {
            // The last line may have been cut by the kill; a whole one has an id of 64 digits.
            let Some((position, id)) = line
                .trim_start()
                .split_once("  ")
                .filter(|(_, id)| id.len() == 64)
            else {
                continue;
            };
            acknowledged.push((position.parse().unwrap(), id.to_owned()));
        }
        place.good(&["verify", ".ytterby", "--chained"]);
        let options = StoreOptions {
            mode: OpenMode::ReadOnly,
            ..StoreOptions::default()
        };
        let (store, _) = EmbeddedStore::open(&place.ledger(), options).unwrap();
        for (position, id) in &acknowledged {
            let frame = store.frame_of(*position).unwrap();
            let view = wire::decode_entry(frame.entry(*position).unwrap()).unwrap();
            assert_eq!(
                wire::event_id(view.body).to_string(),
                *id,
                "round {round}, position {position}"
            );
        }
    }
    let last = place.good(&["record", &file, "--as", &party(4), "--yes"]);
    assert!(
        last.stderr.contains("of 6000 rows signed"),
        "{}",
        last.stderr
    );
    let verified = place.good(&["verify", ".ytterby"]);
    assert!(
        verified.stdout.contains("6003 entries"),
        "{}",
        verified.stdout
    );
    let again = place.good(&["record", &file, "--as", &party(4), "--yes"]);
    assert_eq!(again.stdout, "");
    assert!(
        again.stderr.contains("6000 rows are left out"),
        "{}",
        again.stderr
    );
}
