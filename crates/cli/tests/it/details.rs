//! Confidential details, as typed: recorded, shown, disclosed, erased, and never a byte of them in the log.
//! Invariant: the log stays good through all of it. Knows the vault's folder.

mod correcting;
mod erasing;

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::place::{Place, Run, party};

const DISPATCH: &str = r#"{"event":"shipment-dispatched","occurred":"2024-03-06","shipment":"S-1","site":"PIT","to":"AUTHORITY","title":"sale","lines":[{"lot":"MINE/M-0","quantity":{"net_mg":"1 t","reo_mg":"0.5 t","basis":"measured"},"packages":1}],"invoices":[],"carrier":"","details":{"price":"12000 CNY/t","contract":"C-2024-17"}}"#;

fn typed(text: &str) -> String {
    text.replace("MINE", &party(4))
        .replace("AUTHORITY", &party(1))
}

impl Place {
    fn type_in(&self, line: &str) -> Run {
        let line = typed(line);
        self.run(&line.split_whitespace().collect::<Vec<_>>())
    }

    fn well(&self, line: &str) -> Run {
        let run = self.type_in(line);
        assert_eq!(run.code, 0, "{line}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    fn refused(&self, line: &str, code: i32, why: &str) {
        let run = self.type_in(line);
        assert_eq!(run.code, code, "{line}\n{}\n{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(why), "{line}\n{}", run.stderr);
    }

    /// What `detail show` prints for an event, without its header.
    fn shows(&self, event: &str, rows: &str) {
        let shown = self.well(&format!("detail show {event} --csv")).stdout;
        assert_eq!(shown, format!("field,state,value\n{rows}"));
    }

    /// As [`Self::shows`], where somebody has to do something.
    fn shows_found(&self, event: &str, rows: &str) {
        let shown = self.type_in(&format!("detail show {event} --csv"));
        assert_eq!(shown.code, 1, "{}", shown.stdout);
        assert_eq!(shown.stdout, format!("field,state,value\n{rows}"));
    }

    fn lists(&self, code: i32, state: &str) {
        let run = self.type_in("detail list");
        assert_eq!(run.code, code, "{}", run.stdout);
        assert!(run.stdout.contains(state), "{}", run.stdout);
    }

    fn put(&self, file: &str, text: &str) {
        fs::write(self.path().join(file), typed(text)).unwrap();
    }

    fn vault(&self) -> Vec<PathBuf> {
        let Ok(files) = fs::read_dir(self.ledger().join("details")) else {
            return Vec::new();
        };
        files.map(|file| file.unwrap().path()).collect()
    }
}

/// A mine that has dug a lot, at position 3, and sent some of it, at position 4, with price and contract sealed.
fn dispatched() -> Place {
    let place = Place::founded();
    let file = place.mined("M", 1);
    place.well(&format!("record {file} --as MINE --yes"));
    place.put("sent.jsonl", DISPATCH);
    place.well("record sent.jsonl --as MINE --yes");
    place
}

fn is_private(file: &Path) -> bool {
    fs::metadata(file).unwrap().permissions().mode() & 0o777 == 0o600
}

/// Files below a folder, but for the vault and the keys.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            found.push(path);
        } else if !path.ends_with("details") && !path.ends_with("keys") {
            files(&path, found);
        }
    }
}

/// Whether any file of the ledger outside its vault has these bytes.
fn log_has(place: &Place, bytes: &str) -> bool {
    let mut found = Vec::new();
    files(&place.ledger(), &mut found);
    assert!(found.len() > 2, "{found:?}");
    let has = |path: &PathBuf| {
        let held = fs::read(path).unwrap();
        held.windows(bytes.len())
            .any(|window| window == bytes.as_bytes())
    };
    found.iter().any(has)
}

#[test]
fn details_of_a_json_line_stay_beside_the_log() {
    let place = dispatched();
    place.well("verify .ytterby");
    assert!(
        log_has(&place, "S-1"),
        "the search finds what is in the log"
    );
    assert!(!log_has(&place, "12000 CNY") && !log_has(&place, "C-2024-17"));
    let [file] = &place.vault()[..] else {
        panic!("one file an event")
    };
    assert!(is_private(file));
    let listed = place.well("detail list --json").stdout;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let listed = &listed["answer"]["fields"];
    let id = listed[0]["event"].as_str().unwrap();
    assert!(file.ends_with(format!("{id}.json")));
    for (row, field) in ["price", "contract"].into_iter().enumerate() {
        let row = &listed[row];
        assert!(row["position"] == 4 && row["field"] == field && row["state"] == "here");
    }
    let foreign = place.well("detail list --party AUTHORITY").stdout;
    assert_eq!(foreign.lines().count(), 1);
    let values = "price,here,12000 CNY/t\ncontract,here,C-2024-17\n";
    place.shows("4", values);
    // A beginning of an id with a letter in it, so that it is no position.
    let letter = id.find(|c: char| c.is_ascii_alphabetic()).unwrap();
    for named in [&id[..=letter], id] {
        place.shows(named, values);
    }
    let salts = fs::read_to_string(file).unwrap();
    place.well("record sent.jsonl --as MINE --yes --again");
    let second = place.vault().into_iter().find(|path| path != file).unwrap();
    let second = fs::read_to_string(second).unwrap();
    let salt = |text: &str| text.lines().position(|line| line.contains("salt")).unwrap();
    let at = salt(&salts);
    assert_eq!(at, salt(&second));
    assert_ne!(
        salts.lines().nth(at),
        second.lines().nth(at),
        "each event has its own salts"
    );
}

/// The template of a dispatch with more columns, a row for each of these cells.
fn sheet(place: &Place, header: &str, cells: &[&str]) -> String {
    let sheet = place.well("template shipment-dispatched").stdout;
    let sheet = sheet.replace("PLANT-1", "PIT");
    let sheet = sheet.replace("91150000MA0000004E", "MINE");
    let sheet = sheet.replace("91150000MA0000005H", "AUTHORITY");
    let mut lines = sheet.lines();
    let (head, row) = (lines.next().unwrap(), lines.next().unwrap());
    let mut text = format!("{head},{header}\n");
    for (number, cell) in cells.iter().enumerate() {
        let lot = row.replace("L-2024-0001", &format!("L-{number}"));
        writeln!(text, "{lot},{cell}").unwrap();
    }
    text
}

#[test]
fn details_of_a_csv_row_stay_beside_the_log() {
    let place = dispatched();
    let template = place.well("template shipment-dispatched");
    assert!(
        template.stderr.contains("detail:NAME"),
        "{}",
        template.stderr
    );
    let cells = ["包头厂,", "包头厂,"];
    place.put(
        "two.csv",
        &sheet(&place, "detail:buyer,detail:price", &cells),
    );
    let dry = place.type_in("record two.csv --as MINE --dry-run");
    let shown = "buyer would be sealed: 包头厂";
    assert!(dry.stderr.contains(shown), "{}", dry.stderr);
    assert_eq!(place.vault().len(), 1, "a dry run keeps nothing");
    place.well("record two.csv --as MINE --yes");
    place.well("verify .ytterby");
    assert!(!log_has(&place, "包头厂"));
    place.shows("5", "buyer,here,包头厂\n");
}

#[test]
fn what_is_wrong_with_a_column_is_named_by_row_and_never_by_value() {
    let place = dispatched();
    for (header, cells, why) in [
        (
            "detail:colour",
            &["red"][..],
            "row 1, column detail:colour: \"colour\" is not a sealed field; use one of: price",
        ),
        (
            "detail:price",
            &["secret-a", "secret-b"],
            "row 3, column detail:price: differs",
        ),
        (
            "detail:price",
            &["secret\u{7}a"],
            "row 2, column detail:price",
        ),
        ("detail:price,detail:price", &["1,2"], "duplicate column"),
    ] {
        place.put("bad.csv", &sheet(&place, header, cells));
        let run = place.type_in("record bad.csv --as MINE --yes");
        assert_eq!(run.code, 1, "{header}\n{}", run.stderr);
        assert!(run.stderr.contains(why), "{header}\n{}", run.stderr);
        assert!(!run.stderr.contains("secret"), "{}", run.stderr);
    }
    let mined = place.well("template lot-mined").stdout;
    let (head, row) = mined.trim_end().split_once('\n').unwrap();
    place.put("bad.csv", &format!("{head},detail:price\n{row},1\n"));
    place.refused(
        "record bad.csv --as MINE --yes",
        1,
        "lot-mined seals no details; these events do: shipment-dispatched",
    );
    assert_eq!(place.vault().len(), 1);
}

#[test]
fn what_is_wrong_with_details_is_named_by_row() {
    let place = dispatched();
    let good = DISPATCH.replace("S-1", "S-2");
    for (from, to, why) in [
        (
            "\"price\":",
            "\"colour\":",
            "row 2, column details.colour: \"colour\" is not a sealed field; use one of: price",
        ),
        (
            "\"12000 CNY/t\"",
            "12000",
            "row 2, column details.price: write it as a text",
        ),
        ("\"12000 CNY/t\"", "\"\"", "row 2, column details.price"),
        (
            "shipment-dispatched",
            "lot-lost",
            "lot-lost seals no details; these events do: shipment-dispatched, lot-exported, lot-used",
        ),
        (
            "\"details\":{\"price\":\"12000 CNY/t\",\"contract\":\"C-2024-17\"}",
            "\"details\":7",
            "write them as an object",
        ),
        (
            "\"carrier\":\"\"",
            "\"carrier\":\"\",\"sealed\":[1]",
            "not both",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        let text = format!("{good}\n{}\n", good.replace(from, to));
        place.put("bad.jsonl", &text);
        place.refused("record bad.jsonl --as MINE --yes", 1, why);
        place.refused("record bad.jsonl --as MINE --yes", 1, "nothing was signed");
    }
    assert_eq!(place.vault().len(), 1);
    place.refused("detail show 3", 2, "[unknown-event]");
    place.refused("detail show zz", 2, "detail list");
}

#[test]
fn a_disclosure_is_for_one_reader_and_can_be_checked() {
    let place = dispatched();
    place.well("detail disclose 4 all.json");
    place.well("detail disclose 4 price.json --field price");
    let path = place.path().join("price.json");
    assert!(is_private(&path));
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("12000 CNY/t") && !text.contains("C-2024-17"),
        "{text}"
    );
    place.refused("detail disclose 4 price.json", 1, "price.json");
    place.refused(
        "detail disclose 4 none.json --field buyer",
        1,
        "seals no buyer",
    );
    assert!(!place.path().join("none.json").exists());
    // The reader has the log and no vault.
    fs::remove_dir_all(place.ledger().join("details")).unwrap();
    assert_eq!(
        place.well("detail check price.json --csv").stdout,
        "field,value\nprice,12000 CNY/t\n"
    );
    assert_eq!(
        place
            .well("detail check all.json --csv")
            .stdout
            .lines()
            .count(),
        3
    );
    for (from, to, why) in [
        ("12000", "11000", "the price does not open its commitment"),
        (
            "\"field\": \"price\"",
            "\"field\": \"buyer\"",
            "the event seals no buyer",
        ),
        ("test.example/log", "other.example/log", "it is of the log"),
        (
            "\"position\": 4",
            "\"position\": 3",
            "event 3 sealed nothing",
        ),
        ("disclosure v1", "disclosure v9", "its format is"),
    ] {
        assert!(text.contains(from), "{from}");
        place.put("changed.json", &text.replace(from, to));
        place.refused("detail check changed.json", 1, why);
    }
    let elsewhere = text.replace("test.example/log", "other.example/log");
    for position in ["3", "400"] {
        let moved = elsewhere.replace("\"position\": 4", &format!("\"position\": {position}"));
        assert_ne!(moved, elsewhere);
        place.put("changed.json", &moved);
        // What stands at a position of another log is no matter here.
        place.refused("detail check changed.json", 1, "it is of the log");
    }
    place.lists(0, "missing");
    place.refused("detail disclose 4 gone.json", 1, "missing");
}

#[test]
fn a_changed_value_and_an_unused_file_are_noticed() {
    let place = dispatched();
    let file = place.vault().remove(0);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("12000", "11000")).unwrap();
    place.lists(1, "does not match its commitment");
    let shown = place.type_in("detail show 4");
    assert_eq!(shown.code, 1);
    assert!(!shown.stdout.contains("11000"), "{}", shown.stdout);
    place.refused(
        "detail disclose 4 out.json --field price",
        1,
        "does not match",
    );
    fs::write(&file, text).unwrap();
    place.put("foreign.jsonl", &DISPATCH.replace("S-1", "S-2"));
    place.refused(
        "record foreign.jsonl --as AUTHORITY --yes",
        1,
        "stated by an enterprise",
    );
    assert_eq!(
        place.vault(),
        [file.as_path()],
        "what is refused leaves no value"
    );
    // A crash between vault and log leaves a file, and no event.
    let unused = file.with_file_name(format!("{}.json", "ab".repeat(32)));
    fs::copy(&file, &unused).unwrap();
    let listed = place.well("detail list");
    let name = unused.file_name().unwrap().to_str().unwrap();
    assert!(
        listed.stderr.contains("no event uses") && listed.stderr.contains(name),
        "{}",
        listed.stderr
    );
    assert_eq!(listed.stdout.lines().count(), 3);
}
