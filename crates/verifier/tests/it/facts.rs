//! Figures without the node: the stand-alone binary derives them from a pack and compares claims with them.
//! Invariant: what is claimed honestly is as claimed, one changed figure is named, and neither is a fault of the log.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use answers::{LogOnly, Question, Reading};
use domain::Payload;
use portable::{CopyReader, write_pack};
use serde_json::{Value, json};
use store::{Entries, MemoryStore, Store};
use tempfile::TempDir;
use testkit::{TestCountry, at, key};

use crate::handed::run;
use crate::log::{checkpoint_by, entries_of};

/// A pack of a mine that dug two lots and filed its month falsely, if so wanted.
fn pack(folder: &TempDir, files: bool) -> String {
    let memory = Arc::new(MemoryStore::new());
    let store: Arc<dyn Store> = Arc::<MemoryStore>::clone(&memory);
    let (ledger, _) = testkit::open(&store, at("2024-02-05"));
    let mut country = TestCountry::new();
    testkit::accept(&ledger, country.founding.clone());
    let mined: Vec<_> = (1..=2).map(|number| country.mined(number)).collect();
    testkit::accept(&ledger, mined);
    if files {
        let lie = json!({"event": "month-closed", "month": "2024-01", "statement": "00".repeat(32),
                         "first_seq": 0, "last_seq": 1, "nil": true});
        let lie: Payload = serde_json::from_value(lie).unwrap();
        let filed = country
            .authors
            .sign(TestCountry::MINE, at("2024-02-04"), lie);
        testkit::accept(&ledger, vec![filed]);
    }
    ledger.close().unwrap();
    let entries = entries_of(&memory);
    let note = checkpoint_by(&key(2), &entries);
    let path = folder.path().join("pack");
    write_pack(&path, &mut entries.into_iter().map(Ok), &note).unwrap();
    path.to_str().unwrap().to_owned()
}

fn claim(pack: &str) -> Value {
    let reader = CopyReader::open(Path::new(pack)).unwrap();
    let log: Arc<dyn Entries> = Arc::new(LogOnly::of_copy(reader, u64::MAX));
    let size = log.size();
    let mut reading = Reading::of_entries(log, size).unwrap();
    let question = Question::Balance {
        party: TestCountry::id(TestCountry::MINE),
        site: None,
        explain: true,
    };
    serde_json::to_value(question.document(&mut reading).unwrap()).unwrap()
}

#[test]
fn claims_are_checked_without_the_node() {
    let folder = TempDir::new().unwrap();
    let pack = pack(&folder, false);
    let file = folder.path().join("claim.json");
    let file = file.to_str().unwrap();
    let honest = claim(&pack);
    fs::write(file, honest.to_string()).unwrap();
    let checked = |file: &str| run(&[&pack, "--facts", "--claims", file]);
    let (code, out, err) = checked(file);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("\nfacts: as claimed\n"), "{out}");

    let row = "/answer/rows/0/reo_mg";
    for (place, lie) in [(row, json!(7)), ("/root", json!("00".repeat(32)))] {
        let mut claim = honest.clone();
        *claim.pointer_mut(place).unwrap() = lie.clone();
        fs::write(file, claim.to_string()).unwrap();
        let (code, out, err) = checked(file);
        assert_eq!(code, 1, "{out}{err}");
        assert!(out.starts_with("GOOD"), "{out}");
        let difference = format!("{place}: claimed {lie}, computed ");
        assert_eq!(out.matches("  difference ").count(), 1, "{out}");
        assert!(out.contains(&difference), "{out}");
    }
    fs::write(file, "{}").unwrap();
    let (code, out, err) = checked(file);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("is not an answer"), "{err}");
    assert_eq!(run(&[&pack, "--claims", file]).0, 2, "claims are facts");
}

#[test]
fn a_month_that_was_filed_falsely_is_named_without_the_node() {
    let folder = TempDir::new().unwrap();
    let pack = pack(&folder, true);
    let (code, out, err) = run(&[&pack, "--facts", "--json"]);
    assert_eq!(code, 1, "{out}{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["answer"]["verdict"], "good");
    let party = TestCountry::id(TestCountry::MINE).to_string();
    assert_eq!(
        report["answer"]["facts"]["differences"][0]["filing"]["party"],
        party
    );
    assert_eq!(run(&[&pack]).0, 0, "the log itself is good");
}
