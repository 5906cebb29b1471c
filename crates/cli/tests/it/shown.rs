//! Text of strangers on a terminal, in a spreadsheet and in a file that is read in: what it can't do.
//! Invariant: whoever wrote it moves no cursor, runs no formula and hides no letter. Knows a small ledger.

use std::fs;

use crate::place::{Place, party};

/// An imported lot whose supplier is this text.
fn imported(lot: &str, supplier: &str) -> String {
    let quoted = supplier.replace('"', "\"\"");
    format!(
        "lot-imported,2024-03-05,PIT,{lot},ore/mixed,1000,500,measured,0.2,,MM,0202,\"{quoted}\"\n"
    )
}

const HEADER: &str = "event,occurred,site,lot,product,net_kg,reo_kg,basis,uncertainty_percent,composition,country,\
                      declaration,supplier\n";

#[test]
fn a_formula_of_an_enterprise_is_a_text_in_a_report() {
    let place = Place::founded();
    let mine = party(4);
    let formula = "=HYPERLINK(\"http://x.example\",\"1\")";
    let rows = imported("I-1", formula) + &imported("I-2", "+1+1") + &imported("I-3", "Plain");
    fs::write(place.path().join("lots.csv"), format!("{HEADER}{rows}")).unwrap();
    place.good(&["record", "lots.csv", "--as", &mine, "--yes"]);
    let report = place.good(&["flows", &mine, "--csv"]).stdout;
    assert!(report.contains("\"'=HYPERLINK(\"\"http"), "{report}");
    assert!(report.contains(",'+1+1"), "{report}");
    assert!(report.contains(",Plain"), "{report}");
    let shown = place.good(&["flows", &mine]).stdout;
    assert!(shown.contains(formula), "{shown}");
}

#[test]
fn what_nobody_sees_in_a_file_is_named_with_its_place_and_nothing_is_taken_away() {
    let place = Place::founded();
    let mine = party(4);
    let rows = imported("I-1", "Some\u{200b}Mining")
        + &imported("I-2", "Some\u{202e}gniniM")
        + &imported("I-3", "\u{feff}Mining")
        + &imported("I-4", "Mining\u{2028}");
    fs::write(place.path().join("lots.csv"), format!("{HEADER}{rows}")).unwrap();
    let run = place.run(&["record", "lots.csv", "--as", &mine, "--yes"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    for (row, number, at) in [
        (2, "U+200B", 5),
        (3, "U+202E", 5),
        (4, "U+FEFF", 1),
        (5, "U+2028", 7),
    ] {
        let line = run
            .stderr
            .lines()
            .find(|line| line.contains(&format!("row {row},")));
        let line = line.unwrap();
        for part in [
            "column supplier",
            number,
            &format!("character {at}"),
            "delete it",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
    for raw in ['\u{200b}', '\u{202e}', '\u{feff}', '\u{2028}'] {
        assert!(!run.stderr.contains(raw), "{}", run.stderr);
    }
    let line = r#"{"event":"lot-imported","occurred":"2024-03-05","site":"PIT","lot":"I-1","supplier":"a\u202eb"}"#;
    fs::write(place.path().join("lots.jsonl"), line).unwrap();
    let run = place.run(&["record", "lots.jsonl", "--as", &mine, "--yes"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stderr
            .contains("column supplier: text holds U+202E as its character 2"),
        "{}",
        run.stderr
    );
}

#[test]
fn text_of_a_file_moves_no_cursor() {
    let place = Place::founded();
    let bad = "{\"format\":\"x\",\"\u{1b}[2J\u{9b}1m\u{202e}\":1}";
    fs::write(place.path().join("claim.json"), bad).unwrap();
    fs::write(
        place.path().join("odd\u{1b}[31m\nhelp: run this"),
        "nothing",
    )
    .unwrap();
    for arguments in [
        &["verify", ".ytterby", "--facts", "--claims", "claim.json"][..],
        &["verify", "claim.json"],
        &["verify", "claim.json", "--json"],
        &["detail", "check", "claim.json"],
        &["verify", "odd\u{1b}[31m\nhelp: run this"],
        &["verify", "no\u{1b}thing"],
    ] {
        let run = place.run(arguments);
        assert_ne!(run.code, 0);
        let said = run.stdout + &run.stderr;
        let moves = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!said.contains(moves), "{arguments:?} {said:?}");
        assert!(
            !said.lines().any(|line| line.starts_with("help: run")),
            "{said}"
        );
    }
}

/// `explain` has a column of severities and needs no ledger.
fn codes_with(settings: &[(&str, &str)]) -> String {
    let place = Place::empty();
    let mut command = place.command(&["explain"]);
    let ran = command.envs(settings.iter().copied()).output().unwrap();
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn severities_are_coloured_where_that_is_wanted_and_nowhere_else() {
    let plain = codes_with(&[]);
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    assert_eq!(codes_with(&[("NO_COLOR", "1")]), plain);
    let coloured = codes_with(&[("CLICOLOR_FORCE", "1")]);
    assert!(
        coloured.contains("\u{1b}[1m\u{1b}[31mviolation\u{1b}[0m"),
        "{coloured:?}"
    );
}

#[test]
fn a_reader_that_goes_away_ends_a_report_without_a_word() {
    let place = Place::empty();
    for arguments in [&["explain"][..], &["--help"], &["help", "record"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = place.command(arguments);
        let ran = command.stdout(writer).output().unwrap();
        assert_eq!(ran.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&ran.stderr), "", "{arguments:?}");
    }
}
