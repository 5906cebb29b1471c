//! A clerk's session: what is typed, what comes out, and what happens to slips.
//! Invariant: bad input is named, loses nothing and half-applies nothing. Knows the exit codes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::place::{Place, party};

#[test]
fn a_recorded_file_is_in_the_log_and_the_log_is_good() {
    let place = Place::founded();
    let file = place.mined("M", 3);
    let recorded = place.good(&["record", &file, "--as", &party(4), "--yes"]);
    assert_eq!(recorded.stdout.lines().count(), 3);
    assert!(
        recorded.stdout.trim_start().starts_with("3  "),
        "{}",
        recorded.stdout
    );
    let verified = place.good(&["verify", ".ytterby"]);
    assert!(
        verified.stdout.starts_with("GOOD: test.example/log\n"),
        "{}",
        verified.stdout
    );
    assert!(verified.stdout.contains("6 entries"));
    let verified = place.good(&["verify", ".ytterby", "--chained", "--json"]);
    assert!(verified.stdout.contains(r#""verdict": "good""#));
    let entry = place.good(&["inspect", "--entry", "5"]);
    assert!(entry.stdout.contains(r#""lot": "M-2""#));
    let receipt = place.good(&["receipt", "5"]);
    assert!(
        receipt
            .stdout
            .contains(r"c2sp.org/tlog-proof@v1\nindex 5\n")
    );
}

#[test]
fn a_file_with_one_bad_row_appends_nothing_and_names_the_cell() {
    let place = Place::founded();
    let template = place
        .good(&["template", "lot-mined"])
        .stdout
        .replace("PLANT-1", "PIT");
    let row = template.lines().nth(1).unwrap();
    fs::write(place.path().join("good.csv"), &template).unwrap();
    fs::write(
        place.path().join("bad.csv"),
        format!("{template}{}\n", row.replace(",25000,", ",25 t,")),
    )
    .unwrap();
    let bad = place.run(&["record", "bad.csv", "--as", &party(4), "--yes"]);
    assert_eq!(bad.code, 1);
    assert!(
        bad.stderr
            .contains(r#"bad.csv, row 3, column net_kg, value "25 t""#),
        "{}",
        bad.stderr
    );
    assert!(
        bad.stderr
            .contains("nothing was signed and nothing appended")
    );
    assert!(
        place
            .good(&["verify", ".ytterby"])
            .stdout
            .contains("3 entries")
    );
    place.good(&["record", "good.csv", "--as", &party(4), "--yes"]);
    assert!(
        place
            .good(&["verify", ".ytterby"])
            .stdout
            .contains("4 entries")
    );
}

#[test]
fn every_template_can_be_recorded_as_it_is_printed() {
    let place = Place::founded();
    let known = place.run(&["template", "nothing"]);
    assert_eq!(known.code, 2);
    let list = known
        .stderr
        .split_once("each of: ")
        .unwrap()
        .1
        .split_once(';')
        .unwrap()
        .0;
    for event in list.split(", ") {
        // The lots need not exist to be well formed.
        let sheet = place.good(&["template", event]).stdout;
        let file = format!("{event}.csv");
        fs::write(place.path().join(&file), sheet).unwrap();
        let checked = place.run(&["record", &file, "--as", &party(4), "--dry-run"]);
        // What the example would raise is shown; what is refused would say so.
        assert!(
            checked.stderr.contains("dry run: nothing was signed"),
            "{event}: {}",
            checked.stderr
        );
    }
}

#[test]
fn nothing_is_signed_without_consent() {
    let place = Place::founded();
    let file = place.mined("M", 1);
    let asked = place.run(&["record", &file, "--as", &party(4)]);
    assert_eq!(asked.code, 2);
    assert!(asked.stderr.contains("--yes"));
    let dry = place.run(&["record", &file, "--as", &party(4), "--dry-run"]);
    assert_eq!(
        dry.code, 1,
        "no quota is allocated, so the preview finds something"
    );
    assert!(
        dry.stderr.contains("would be raised: Q02 violation"),
        "{}",
        dry.stderr
    );
    assert!(
        place
            .good(&["verify", ".ytterby"])
            .stdout
            .contains("3 entries")
    );
}

#[test]
fn what_has_not_happened_yet_is_refused_before_anything_is_signed() {
    let place = Place::founded();
    let file = place.mined("M", 2);
    let rows = fs::read_to_string(place.path().join(&file)).unwrap();
    let (first, second) = rows.split_once('\n').unwrap();
    let later = second.replace("2024-03-05", "2199-03-05");
    fs::write(place.path().join(&file), format!("{first}\n{later}")).unwrap();
    for flag in ["--dry-run", "--yes"] {
        let run = place.run(&["record", &file, "--as", &party(4), flag]);
        assert_eq!(run.code, 1, "{flag}: {}", run.stderr);
        assert!(
            run.stderr.contains("2199") && run.stderr.contains("[ahead-of-receipt]"),
            "{}",
            run.stderr
        );
    }
    let whole = place.good(&["verify", ".ytterby"]).stdout;
    assert!(whole.contains("3 entries"), "{whole}");
}

#[test]
fn authority_and_keys_are_checked() {
    let place = Place::founded();
    let quota = [
        "quota",
        "set",
        "--year",
        "2024",
        "--track",
        "MiningRock",
        "--amount",
        "124860t",
        "--instrument",
        "No. 1",
    ];
    let by = |number: u32| {
        [
            &quota[..],
            &["--issued", "2024-02-06", "--yes", "--as", &party(number)],
        ]
        .concat()
        .join("\u{1}")
    };
    let run = |line: String| place.run(&line.split('\u{1}').collect::<Vec<_>>());
    assert_eq!(run(by(1)).code, 0);
    let refused = run(by(4));
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("a regulator"), "{}", refused.stderr);
    let key = place
        .ledger()
        .join("keys")
        .join(format!("{}.pem", party(4)));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let open = place.run(&["record", &place.mined("M", 1), "--as", &party(4), "--yes"]);
    assert_eq!(open.code, 1);
    assert!(open.stderr.contains("chmod 600"), "{}", open.stderr);
}

#[test]
fn usage_errors_say_what_would_be_right() {
    let place = Place::empty();
    let nowhere = place.run(&["party", "list"]);
    assert_eq!(nowhere.code, 2);
    assert!(
        nowhere.stderr.contains("ytterby found"),
        "{}",
        nowhere.stderr
    );
    assert_eq!(place.run(&["verify", "nothing-here"]).code, 2);
    assert_eq!(place.run(&["no-such-command"]).code, 2);
    let code = place.run(&["findings", "--code", "Q99"]);
    assert_eq!(code.code, 2);
    assert!(code.stderr.contains("Q01, Q02"), "{}", code.stderr);
    assert_eq!(place.run(&["--help"]).code, 0);
}

/// Whoever was to read the lines went away: all of the file is recorded, whatever is printed first.
#[test]
fn a_reader_that_went_away_cuts_nothing_short() {
    let place = Place::founded();
    for (name, form) in [("M", "--csv"), ("N", "--json")] {
        let file = place.mined(name, 700);
        let author = party(4);
        let mut command = place.command(&["record", &file, "--as", &author, "--yes", form]);
        let mut child = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child.wait().unwrap();
        let again = place.good(&["record", &file, "--as", &author, "--yes"]);
        assert!(
            again.stderr.contains("700 rows are left out"),
            "{}",
            again.stderr
        );
    }
    let verified = place.good(&["verify", ".ytterby"]).stdout;
    assert!(verified.contains("1403 entries"), "{verified}");
}

#[test]
fn indexes_come_back_from_the_log() {
    let place = Place::founded();
    place.good(&["record", &place.mined("M", 40), "--as", &party(4), "--yes"]);
    let before = place.good(&["receipt", "20"]).stdout;
    fs::remove_dir_all(place.ledger().join("index")).unwrap();
    // The log is read and indexes are made: no key is asked for.
    let (key, away) = (
        place.ledger().join("keys/operator.pem"),
        place.path().join("away.pem"),
    );
    fs::rename(&key, &away).unwrap();
    assert_eq!(
        place.good(&["rebuild"]).stdout,
        "rebuilt the indexes from 43 entries\n"
    );
    fs::rename(&away, &key).unwrap();
    assert_eq!(place.good(&["receipt", "20"]).stdout, before);
    place.good(&["record", &place.mined("N", 2), "--as", &party(4), "--yes"]);
    place.good(&["verify", ".ytterby"]);
}
