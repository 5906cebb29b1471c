//! What is named to the command and is no file, what it writes where something else lies, and what it shows of strangers.
//! Invariant: whatever hangs is ended by its limit, and then the exit code is none of ours. Knows a small ledger.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};

use crate::place::{Place, Run, party};

const HUGE: u64 = 60_000_000_000;

/// The binary in little memory and not for ever, with redirections behind it.
fn shell(place: &Place, arguments: &[&str], redirected: &str) -> Run {
    let line = format!("ulimit -v 4000000; exec timeout 60 \"$@\" {redirected}");
    let output = Command::new("sh")
        .args(["-c", &line, "sh", env!("CARGO_BIN_EXE_ytterby")])
        .args(arguments)
        .current_dir(place.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// One of each thing that is no file to read, by name; the last is one that is too long.
fn oddities(place: &Place) -> Vec<&'static str> {
    let at = |name: &str| place.path().join(name);
    assert!(
        Command::new("mkfifo")
            .arg(at("pipe"))
            .status()
            .unwrap()
            .success()
    );
    UnixListener::bind(at("socket")).unwrap();
    fs::create_dir(at("empty")).unwrap();
    symlink("pipe", at("to-pipe")).unwrap();
    let huge = File::create(at("huge")).unwrap();
    huge.set_len(HUGE).unwrap();
    huge.set_permissions(PermissionsExt::from_mode(0o600))
        .unwrap();
    vec![
        "pipe",
        "socket",
        "empty",
        "to-pipe",
        "/dev/zero",
        "/dev/full",
        "huge",
    ]
}

#[test]
fn what_is_no_file_is_refused_wherever_a_file_is_named() {
    let place = Place::founded();
    let (authority, mine) = (party(1), party(4));
    let good = place.mined("A", 2);
    place.good(&["record", &good, "--as", &mine, "--yes"]);
    place.good(&["export", "copy"]);
    let signed = ["--as", &mine, "--yes"];
    for path in oddities(&place) {
        let kinds: Vec<Vec<&str>> = vec![
            vec!["verify", path],
            vec!["verify", ".ytterby", "--remember", path],
            vec!["verify", "copy", "--policy", path],
            vec!["verify", "copy", "--facts", "--claims", path],
            vec!["detail", "check", path],
            [&["record", path][..], &signed].concat(),
            [&["record", &good, "--key", path][..], &signed].concat(),
            vec!["cosign", "--policy", path],
            vec![
                "rules",
                "change",
                path,
                "--effective",
                "2030-01-01",
                "--as",
                &authority,
                "--yes",
            ],
            [
                &["correct", "3", "--reason", "x", "--replacement", path][..],
                &signed,
            ]
            .concat(),
        ];
        for arguments in kinds {
            let run = shell(&place, &arguments, "");
            assert!(
                matches!(run.code, 1..=3),
                "{arguments:?} {} {}",
                run.code,
                run.stderr
            );
            assert!(
                run.stderr.contains("error: "),
                "{arguments:?} {}",
                run.stderr
            );
            assert!(run.stderr.contains(path), "{arguments:?} {}", run.stderr);
            assert!(!run.stdout.starts_with("GOOD"), "{arguments:?}");
        }
    }
}

#[test]
fn a_ledger_with_a_pipe_for_a_file_is_not_waited_for() {
    let place = Place::founded();
    let log = place.ledger().join("log");
    let segment = fs::read_dir(&log).unwrap().next().unwrap().unwrap().path();
    let kept = place.path().join("kept");
    fs::rename(&segment, &kept).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&segment)
            .status()
            .unwrap()
            .success()
    );
    let run = shell(&place, &["verify", ".ytterby"], "");
    assert_eq!(run.code, 3, "{}", run.stderr);
    fs::remove_file(&segment).unwrap();
    symlink(&kept, &segment).unwrap();
    let run = shell(&place, &["verify", ".ytterby"], "");
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("leads out"), "{}", run.stderr);
    fs::remove_file(&segment).unwrap();
    fs::rename(&kept, &segment).unwrap();
    let whole = fs::metadata(&segment).unwrap().len();
    let sparse = fs::OpenOptions::new().write(true).open(&segment).unwrap();
    sparse.set_len(HUGE).unwrap();
    let run = shell(&place, &["verify", ".ytterby"], "");
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("at most"), "{}", run.stderr);
    sparse.set_len(whole).unwrap();
    assert_eq!(shell(&place, &["verify", ".ytterby"], "").code, 0);
    let lock = place.ledger().join("lock");
    fs::remove_file(&lock).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&lock)
            .status()
            .unwrap()
            .success()
    );
    let run = shell(&place, &["verify", ".ytterby"], "");
    assert_eq!(run.code, 3, "{}", run.stderr);
}

#[test]
fn nothing_is_written_through_or_in_place_of_what_is_no_file() {
    let place = Place::founded();
    let mine = party(4);
    let file = place.mined("A", 2);
    place.good(&["record", &file, "--as", &mine, "--yes"]);
    fs::write(place.path().join("theirs"), "theirs").unwrap();
    symlink("theirs", place.path().join("link")).unwrap();
    symlink("nowhere", place.path().join("dangling")).unwrap();
    let mut all = oddities(&place);
    all.retain(|name| *name != "huge");
    all.extend(["link", "dangling"]);
    for path in all {
        let whole = if path.starts_with('/') {
            path.into()
        } else {
            place.path().join(path)
        };
        let before = whole.symlink_metadata().unwrap().file_type();
        for arguments in [
            vec!["receipt", "3", "--out", path],
            vec!["extract", &mine, path],
            vec!["export", "--pack", path],
        ] {
            let run = shell(&place, &arguments, "");
            assert_eq!(run.code, 3, "{arguments:?} {}", run.stderr);
            assert!(
                run.stderr.contains("neither followed nor replaced"),
                "{}",
                run.stderr
            );
        }
        let now = whole.symlink_metadata().unwrap().file_type();
        assert_eq!(now, before, "{path}");
    }
    let run = shell(
        &place,
        &["verify", ".ytterby", "--remember", "dangling"],
        "",
    );
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert_eq!(fs::read(place.path().join("theirs")).unwrap(), b"theirs");
    assert!(!place.path().join("nowhere").exists());
    // A tile that somebody made a link of, in a folder of an export.
    place.good(&["export", "copy"]);
    fs::remove_dir_all(place.path().join("copy/tile")).unwrap();
    fs::create_dir(place.path().join("victim")).unwrap();
    symlink("../victim", place.path().join("copy/tile")).unwrap();
    let more = place.mined("B", 1);
    place.good(&["record", &more, "--as", &mine, "--yes"]);
    let run = place.run(&["export", "copy"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert_eq!(
        fs::read_dir(place.path().join("victim")).unwrap().count(),
        0
    );
}

#[test]
fn a_verdict_that_nobody_could_read_is_never_good() {
    let place = Place::founded();
    for arguments in [
        &["verify", ".ytterby"][..],
        &["verify", ".ytterby", "--json"],
    ] {
        for redirected in [">/dev/full", ">/dev/full 2>/dev/full", ">&- 2>&-"] {
            let run = shell(&place, arguments, redirected);
            assert_eq!(run.code, 3, "{redirected} {}", run.stderr);
        }
        let closed = shell(&place, arguments, ">&-");
        assert_eq!(closed.code, 0, "{}", closed.stderr);
        assert!(
            closed.stderr.to_lowercase().contains("good"),
            "{}",
            closed.stderr
        );
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = place.command(arguments);
        let unread = command.stdout(writer).output().unwrap();
        assert_eq!(unread.status.code(), Some(3));
    }
}

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
