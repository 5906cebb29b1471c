//! Facts as an auditor checks them: filed months and reports that somebody handed over, against what the log gives.
//! Invariant: a false claim is found in a ledger, a folder and a pack alike, and never called a fault of the log.

use std::fs;

use serde_json::{Value, json};

use crate::place::{Place, Run, party};

fn run(place: &Place, line: &str) -> Run {
    let line = line
        .replace("MINE", &party(4))
        .replace("AUTHORITY", &party(1));
    place.run(&line.split_whitespace().collect::<Vec<_>>())
}

fn done(place: &Place, line: &str) -> String {
    let run = run(place, line);
    assert_eq!(run.code, 0, "{line}\n{}\n{}", run.stdout, run.stderr);
    run.stdout
}

/// The reports that can be claimed, by the name of their file.
const REPORTS: [(&str, &str); 8] = [
    ("quota.json", "quota --year 2024 --explain"),
    ("statement.json", "statement MINE --month 2024-03 --explain"),
    ("known.json", "statement MINE --month 2024-03 --as-known"),
    ("flows.json", "flows MINE --month 2024-03"),
    ("changes.json", "flows MINE --changes-since 2024-01-01"),
    ("material.json", "material MINE/PIT --element Nd"),
    ("balance.json", "balance MINE --site PIT"),
    ("replay.json", "replay"),
];

const COPIES: [&str; 3] = [".ytterby", "copy", "pack"];

/// A mine that has dug three lots and filed its month; every report as of then; then more happens, and copies are made.
fn audited() -> Place {
    let place = Place::founded();
    let dug = place.mined("M", 3);
    done(&place, &format!("record {dug} --as MINE --yes"));
    done(&place, "close MINE --month 2024-03 --yes");
    for (file, report) in REPORTS {
        let text = done(&place, &format!("{report} --json"));
        fs::write(place.path().join(file), text).unwrap();
    }
    let more = place.mined("N", 2);
    done(&place, &format!("record {more} --as MINE --yes"));
    copied(&place);
    place
}

fn copied(place: &Place) {
    done(place, "export copy");
    done(place, "export --pack pack");
}

fn document(place: &Place, file: &str) -> Value {
    serde_json::from_slice(&fs::read(place.path().join(file)).unwrap()).unwrap()
}

fn put(place: &Place, file: &str, document: &Value) {
    fs::write(place.path().join(file), document.to_string()).unwrap();
}

/// What each kind of copy answers to a claim: one place where it differs.
fn differs(place: &Place, file: &str, at: &str, claimed: &str, computed: &str) {
    for copy in COPIES {
        let found = run(place, &format!("verify {copy} --facts --claims {file}"));
        assert_eq!(found.code, 1, "{}\n{}", found.stdout, found.stderr);
        assert!(found.stdout.starts_with("GOOD"), "{}", found.stdout);
        let line = format!("difference   {file}, {at}: claimed {claimed}, computed {computed}\n");
        assert!(found.stdout.contains(&line), "{line}{}", found.stdout);
        let count = found.stdout.matches("  difference ").count();
        assert_eq!(count, 1, "{}", found.stdout);
    }
}

#[test]
fn what_is_claimed_honestly_is_as_claimed_wherever_the_log_is() {
    let place = audited();
    let claims: Vec<_> = REPORTS
        .iter()
        .map(|(file, _)| format!("--claims {file}"))
        .collect();
    let claims = claims.join(" ");
    let mut digests = Vec::new();
    for copy in COPIES {
        let good = done(&place, &format!("verify {copy} --facts {claims}"));
        assert!(good.contains("\nfacts: as claimed\n"), "{good}");
        assert!(good.contains("checked      1 months as filed"), "{good}");
        for (file, _) in REPORTS {
            assert!(good.contains(&format!("checked      {file}: ")), "{good}");
        }
        let report = done(&place, &format!("verify {copy} --facts {claims} --json"));
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["answer"]["verdict"], "good");
        let facts = &report["answer"]["facts"];
        assert_eq!(facts["facts"], "as claimed");
        assert_eq!(facts["parts"].as_object().unwrap().len(), 8);
        digests.push(facts["state_digest"].clone());
    }
    let replayed: Value = serde_json::from_str(&done(&place, "replay --json")).unwrap();
    assert_eq!(digests, vec![replayed["answer"]["state_digest"].clone(); 3]);
    let plain: Value = serde_json::from_str(&done(&place, "verify pack --json")).unwrap();
    assert_eq!(
        plain["answer"]["facts"],
        Value::Null,
        "only what was asked for"
    );
}

#[test]
fn a_figure_that_was_changed_or_left_out_is_named_with_its_place() {
    let place = audited();
    let mut quota = document(&place, "quota.json");
    let consumed = quota["answer"]["rows"][0]["consumed_mg"].to_string();
    quota["answer"]["rows"][0]["consumed_mg"] = json!(7);
    put(&place, "lie.json", &quota);
    differs(
        &place,
        "lie.json",
        "/answer/rows/0/consumed_mg",
        "7",
        &consumed,
    );

    let mut statement = document(&place, "statement.json");
    let row = statement["answer"]["rows"][0].as_object_mut().unwrap();
    let opening = row.remove("opening").unwrap().to_string();
    put(&place, "lie.json", &statement);
    let at = "/answer/rows/0/opening";
    differs(&place, "lie.json", at, "nothing", &opening);

    let mut flows = document(&place, "flows.json");
    let line = flows["answer"]["lines"].as_array_mut().unwrap().remove(1);
    put(&place, "lie.json", &flows);
    let line = line.to_string();
    differs(&place, "lie.json", "/answer/lines/1", "nothing", &line);

    let mut material = document(&place, "material.json");
    material["answer"]["note"] = json!("seen by \u{202e}nobody");
    put(&place, "lie.json", &material);
    let shown = "\"seen by <U+202E>nobody\"";
    differs(&place, "lie.json", "/answer/note", shown, "nothing");

    let mut replay = document(&place, "replay.json");
    let digest = replay["answer"]["state_digest"].to_string();
    replay["answer"]["state_digest"] = json!("00");
    put(&place, "lie.json", &replay);
    let at = "/answer/state_digest";
    differs(&place, "lie.json", at, "\"00\"", &digest);
    let honest = run(&place, "verify copy --facts --claims replay.json");
    assert_eq!(honest.code, 0, "{}", honest.stdout);
}

#[test]
fn a_report_of_another_log_or_time_or_party_is_told_from_this_one() {
    let place = audited();
    let honest = document(&place, "balance.json");
    let mut other = honest.clone();
    other["origin"] = json!("other.example/log");
    put(&place, "lie.json", &other);
    let (claimed, here) = ("\"other.example/log\"", "\"test.example/log\"");
    differs(&place, "lie.json", "/origin", claimed, here);

    let mut later = honest;
    later["size"] = json!(4_000);
    put(&place, "later.json", &later);
    for copy in COPIES {
        let found = run(
            &place,
            &format!("verify {copy} --facts --claims later.json"),
        );
        assert_eq!(found.code, 1, "{}", found.stdout);
        let why = "not checked  later.json: it was made at size 4000, and this log holds 9";
        assert!(found.stdout.contains(why), "{}", found.stdout);
        assert!(found.stdout.contains("facts: not all checked"));
    }
    // A report of one size passed off as one of another.
    let mut early = document(&place, "statement.json");
    early["size"] = json!(4);
    put(&place, "early.json", &early);
    let found = run(&place, "verify pack --facts --claims early.json");
    assert_eq!(found.code, 1, "{}", found.stdout);
    assert!(
        found.stdout.contains("early.json, /answer/"),
        "{}",
        found.stdout
    );

    let mut stranger = document(&place, "statement.json");
    stranger["question"]["arguments"]["party"] = json!(party(7));
    put(&place, "stranger.json", &stranger);
    let found = run(&place, "verify pack --facts --claims stranger.json");
    assert_eq!(found.code, 1, "{}", found.stdout);
    assert!(found.stdout.contains("unknown party"), "{}", found.stdout);
}

#[test]
fn a_claim_that_has_no_one_meaning_is_refused_before_anything_else() {
    let place = audited();
    let honest = fs::read_to_string(place.path().join("quota.json")).unwrap();
    for (from, to, why) in [
        ("\"size\"", "\"size\": 3, \"size\"", "duplicate key"),
        ("\"size\"", "\"length\"", "unknown field `length`"),
        ("answer v1", "answer v9", "its format is"),
        ("\"of\": \"quota\"", "\"of\": \"quotas\"", "unknown variant"),
        ("\"year\"", "\"day\": 1, \"year\"", "unknown field `day`"),
    ] {
        assert!(honest.contains(from), "{from}");
        let text = honest.replacen(from, to, 1);
        fs::write(place.path().join("bad.json"), text).unwrap();
        let found = run(&place, "verify pack --facts --claims bad.json");
        assert_eq!(found.code, 1, "{why}\n{}", found.stdout);
        assert!(found.stderr.contains(why), "{why}\n{}", found.stderr);
        assert_eq!(found.stdout, "");
    }
    let alone = run(&place, "verify pack --claims quota.json");
    assert_eq!(alone.code, 2, "claims are facts");
}

#[test]
fn a_month_that_was_filed_falsely_is_named_with_party_and_month() {
    let place = Place::founded();
    let dug = place.mined("M", 3);
    done(&place, &format!("record {dug} --as MINE --yes"));
    let shown = run(&place, "close MINE --month 2024-03 --dry-run").stderr;
    let digest = shown.lines().find_map(|line| line.strip_prefix("digest "));
    let digest = digest.unwrap();
    let zeros = "00".repeat(32);
    let lie = format!(
        r#"{{"event":"month-closed","month":"2024-03","statement":"{zeros}","first_seq":1,"last_seq":9,"nil":true}}"#
    );
    fs::write(place.path().join("lie.jsonl"), lie).unwrap();
    run(&place, "record lie.jsonl --as MINE --yes");
    copied(&place);
    for copy in COPIES {
        done(&place, &format!("verify {copy}"));
        let found = run(&place, &format!("verify {copy} --facts"));
        assert_eq!(found.code, 1, "{}", found.stdout);
        assert!(found.stdout.starts_with("GOOD"), "{}", found.stdout);
        let about = format!(
            "difference   2024-03 as filed by {} at position 6",
            party(4)
        );
        for what in [
            format!("statement: claimed {zeros}, computed {digest}"),
            "nil: claimed true, computed false".to_owned(),
            "first_seq: claimed 1, computed 0".to_owned(),
            "last_seq: claimed 9, computed at most 2".to_owned(),
        ] {
            let line = format!("{about}, {what}\n");
            assert!(found.stdout.contains(&line), "{line}{}", found.stdout);
        }
        let report = run(&place, &format!("verify {copy} --facts --json")).stdout;
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["answer"]["facts"]["difference_count"], 4);
        let first = &report["answer"]["facts"]["differences"][0];
        assert_eq!(first["filing"]["month"], "2024-03");
        assert_eq!(first["filing"]["party"], json!(party(4)));
        assert_eq!(first["computed"], digest);
    }
}

#[test]
fn what_facts_can_not_be_derived_from_is_said_so() {
    let place = audited();
    done(&place, "heads --yes");
    done(&place, "extract MINE mine.json");
    let extract = run(&place, "verify mine.json --facts --claims quota.json");
    assert_eq!(extract.code, 1, "{}", extract.stdout);
    assert!(
        extract.stdout.contains("facts: not checked\n"),
        "{}",
        extract.stdout
    );
    assert!(
        extract.stdout.contains("an extract holds"),
        "{}",
        extract.stdout
    );

    let pack = place.path().join("pack");
    let mut bytes = fs::read(&pack).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&pack, bytes).unwrap();
    let tampered = run(&place, "verify pack --facts");
    assert_eq!(tampered.code, 1);
    assert!(
        tampered.stdout.contains("the log is not sound"),
        "{}",
        tampered.stdout
    );
}
