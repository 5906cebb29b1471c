//! Receipts, evidence and the finding that rests on it, as typed: two ledgers that were one, and what their forks prove.
//! Invariant: what is handed over is judged without the ledger it came from. Knows the key files, as the enterprise does.

use std::fs;
use std::path::Path;

use domain::{Bytes32, Bytes64};
use evidence::{Evidence, WholeKeySignature};
use serde_json::Value;
use signing::{SecretKey, Signer};

use crate::place::{Place, party};

const ORIGIN: &str = "test.example/log";

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn export(place: &Place, ledger: &str, copy: &str) -> String {
    let run = place.good(&["--ledger", ledger, "export", copy]);
    let key = run.stdout.lines().find_map(|l| l.strip_prefix("log key "));
    key.unwrap().to_owned()
}

fn record(place: &Place, ledger: &str, name: &str, rows: u32) {
    let (file, mine) = (place.mined(name, rows), party(4));
    place.good(&["--ledger", ledger, "record", &file, "--as", &mine, "--yes"]);
}

/// A ledger and a copy of it that went another way: at position 3 each has another event of the mine.
fn forked() -> Place {
    let place = Place::founded();
    copy_folder(&place.ledger(), &place.path().join("fork"));
    record(&place, ".ytterby", "A", 5);
    record(&place, "fork", "B", 7);
    place
}

fn key_of(place: &Place, name: &str) -> SecretKey {
    let pem = fs::read_to_string(place.ledger().join(format!("keys/{name}.pem"))).unwrap();
    signing::keyfile::open(&pem, None).unwrap()
}

/// The body of the event at a position, from its receipt.
fn body(place: &Place, ledger: &str, position: &str) -> Vec<u8> {
    use base64::Engine;
    let run = place.good(&["--ledger", ledger, "receipt", position]);
    let receipt: Value = serde_json::from_str(&run.stdout).unwrap();
    let entry = base64::engine::general_purpose::STANDARD
        .decode(receipt["entry"].as_str().unwrap())
        .unwrap();
    wire::decode_entry(&entry).unwrap().body.to_vec()
}

/// Evidence that the mine signed two events for one place, by this key.
fn evidence(place: &Place, key: &SecretKey) -> Evidence {
    let sign = |body: Vec<u8>| {
        let signature = signing::sign_event(key, &body).unwrap();
        let signature = WholeKeySignature {
            key: Bytes32(*key.public().as_bytes()),
            signature: Bytes64(signature.0),
        };
        (body, vec![signature])
    };
    let events = [body(place, ".ytterby", "3"), body(place, "fork", "3")];
    Evidence::two_events(ORIGIN, events.map(sign))
}

#[test]
fn a_receipt_is_made_without_a_key_and_checked_without_the_ledger() {
    let place = Place::founded();
    record(&place, ".ytterby", "A", 5);
    let key = export(&place, ".ytterby", "copy");
    fs::rename(place.ledger().join("keys"), place.path().join("elsewhere")).unwrap();
    place.good(&["receipt", "5", "--out", "five.json"]);
    let shown = place.good(&["inspect", "--entry", "5"]);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let id = shown["answer"]["id"].as_str().unwrap();
    for named in [id, &id[..9]] {
        let run = place.good(&["receipt", named]);
        let file = fs::read_to_string(place.path().join("five.json")).unwrap();
        assert_eq!(run.stdout, file, "the same bytes, however it is named");
    }
    for named in ["8", "zz"] {
        let none = place.run(&["receipt", named]);
        assert_eq!(none.code, 2, "{}", none.stdout);
    }
    for wrong in [
        ["verify", "copy", "--log", ".ytterby"],
        ["verify", "five.json", "--log", "five.json"],
    ] {
        assert_eq!(place.run(&wrong).code, 2, "{wrong:?}");
    }
    let without = place.run(&["verify", "five.json"]);
    assert_eq!((without.code, without.stdout.as_str()), (2, ""));
    assert!(without.stderr.contains("--log-key"), "{}", without.stderr);
    for log in ["copy", ".ytterby"] {
        let run = place.good(&["verify", "five.json", "--log", log]);
        assert!(run.stdout.contains(id), "{}", run.stdout);
        assert!(run.stdout.contains("1 event signature,"), "{}", run.stdout);
    }
    fs::remove_dir_all(place.ledger()).unwrap();
    let run = place.good(&["verify", "five.json", "--log-key", &key]);
    assert!(
        run.stdout.contains("only a log copy tells"),
        "{}",
        run.stdout
    );
}

/// The copy beside it need not be as new as the receipt, and vouches for the keys all the same.
#[test]
fn a_receipt_may_be_newer_than_the_log_beside_it() {
    let place = Place::founded();
    record(&place, ".ytterby", "A", 5);
    let key = export(&place, ".ytterby", "copy");
    record(&place, ".ytterby", "B", 5);
    place.good(&["receipt", "10", "--out", "ten.json"]);
    fs::write(
        place.path().join("policy"),
        format!("log {key}\nquorum none\n"),
    )
    .unwrap();
    for more in [&[][..], &["--policy", "policy"]] {
        let verify = ["verify", "ten.json", "--log-key", &key, "--log", "copy"];
        let run = place.good(&[&verify[..], more].concat());
        assert!(run.stdout.contains("it ends at 8"), "{}", run.stdout);
    }
}

#[test]
fn a_receipt_shows_that_the_log_went_another_way() {
    let place = forked();
    let key = export(&place, "fork", "other");
    place.good(&["receipt", "3", "--out", "three.json"]);
    let run = place.run(&["verify", "three.json", "--log-key", &key, "--log", "other"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(run.stdout.starts_with("ROLLED-BACK"), "{}", run.stdout);
}

#[test]
fn evidence_raises_a_finding_that_can_be_ruled_on() {
    let place = forked();
    let findings = ["findings", "--code", "K01"];
    place.good(&findings);
    let folder = place.ledger().join("evidence");
    fs::create_dir_all(&folder).unwrap();
    let mine = evidence(&place, &key_of(&place, &party(4)));
    fs::write(folder.join(mine.file_name()), mine.to_text()).unwrap();
    // The authority's key signs for nobody but the authority, and garbage for nobody at all.
    let forged = evidence(&place, &key_of(&place, &party(1)));
    fs::write(folder.join("forged.json"), forged.to_text()).unwrap();
    fs::write(folder.join("garbage.json"), "{}").unwrap();
    let run = place.run(&findings);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(run.stdout.matches("K01").count(), 1, "{}", run.stdout);
    assert!(run.stdout.contains(&party(4)), "{}", run.stdout);
    for name in ["forged.json", "garbage.json"] {
        let note = format!("{name} proves nothing");
        assert!(run.stderr.contains(&note), "{}", run.stderr);
    }
    let json = place.run(&["findings", "--code", "K01", "--json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let ids = json["answer"]["from_evidence"][0]["evidence"]
        .as_array()
        .unwrap();
    assert_eq!(ids.len(), 2);
    for id in mine.events() {
        assert!(ids.contains(&Value::from(id.to_string())));
    }
    let finding = json["answer"]["from_evidence"][0]["id"].as_str().unwrap();
    let authority = party(1);
    let rule = ["rule", finding, "--as", &authority, "--ruling", "explained"];
    place.good(&[&rule[..], &["--note", "two machines", "--yes"]].concat());
    place.good(&findings);
    let file = folder.join(mine.file_name());
    let file = file.to_str().unwrap();
    let alone = place.run(&["verify", file]);
    assert_eq!(alone.code, 1);
    assert!(alone.stdout.starts_with("EQUIVOCATION"), "{}", alone.stdout);
    let rests = "the keys that the file itself brings";
    assert!(alone.stdout.contains(rests), "{}", alone.stdout);
    assert!(!alone.stdout.contains("proven"), "{}", alone.stdout);
    let beside = place.run(&["verify", file, "--log", ".ytterby"]);
    assert!(beside.stdout.contains("at position 3"), "{}", beside.stdout);
    let rests = "proven       the evidence holds by the keys that the log copy";
    assert!(beside.stdout.contains(rests), "{}", beside.stdout);
}

#[test]
fn what_contradicts_a_remembered_note_is_kept_as_evidence() {
    for (first, second) in [(".ytterby", "fork"), (".ytterby", "longer")] {
        let place = forked();
        copy_folder(&place.path().join("fork"), &place.path().join("longer"));
        record(&place, "longer", "C", 3);
        let (one, two) = ("one", "two");
        export(&place, first, one);
        export(&place, second, two);
        place.good(&["verify", one, "--remember", "seen.json"]);
        for shown in [two, second] {
            let run = place.run(&["verify", shown, "--remember", "seen.json"]);
            assert_eq!(run.code, 1);
            assert!(run.stdout.starts_with("ROLLED-BACK"), "{}", run.stdout);
            assert!(run.stderr.contains("the evidence is in"), "{}", run.stderr);
        }
        let kept = |name: &str| name.starts_with("seen.json.two-histories");
        let files = fs::read_dir(place.path()).unwrap();
        let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let files: Vec<_> = files.filter(|name| kept(name)).collect();
        assert_eq!(files.len(), 1, "the same evidence is the same file");
        let run = place.run(&["verify", &files[0]]);
        assert_eq!(run.code, 1);
        assert!(run.stdout.starts_with("EQUIVOCATION"), "{}", run.stdout);
    }
}
