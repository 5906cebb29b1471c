//! What is named to the command and is no file or endless, and what it writes where something else lies.
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

/// Of several files, `take` refuses each by itself.
fn is_told(stderr: &str) -> bool {
    ["error: ", "error[", "refused whole: "]
        .iter()
        .any(|begin| stderr.lines().any(|line| line.starts_with(begin)))
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
    place.good(&["receipt", "3", "--out", "receipt.json"]);
    let signed = ["--as", &mine, "--yes"];
    for path in oddities(&place) {
        let mut kinds: Vec<Vec<&str>> = vec![
            vec!["verify", path],
            vec!["verify", ".ytterby", "--remember", path],
            vec!["verify", "copy", "--policy", path],
            vec!["verify", "receipt.json", "--log", path],
            vec!["verify", "copy", "--facts", "--claims", path],
            vec!["detail", "check", path],
            [&["record", path][..], &signed].concat(),
            [&["record", &good, "--again", "--key", path][..], &signed].concat(),
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
        kinds.extend(by_file(path, &authority, &mine));
        for arguments in kinds {
            let run = shell(&place, &arguments, "");
            assert!(
                matches!(run.code, 1..=3),
                "{arguments:?} {} {}",
                run.code,
                run.stderr
            );
            assert!(is_told(&run.stderr), "{arguments:?} {}", run.stderr);
            assert!(run.stderr.contains(path), "{arguments:?} {}", run.stderr);
            assert!(!run.stdout.starts_with("GOOD"), "{arguments:?}");
        }
    }
}

/// Every command that reads what parties send to each other, of this file.
fn by_file<'a>(path: &'a str, authority: &'a str, mine: &'a str) -> Vec<Vec<&'a str>> {
    let signed = ["--as", authority, "--yes"];
    vec![
        [&["party", "add", mine, "--request", path][..], &signed].concat(),
        [&["key", "add", mine, "--request", path][..], &signed].concat(),
        vec![
            "found",
            "new",
            "--request",
            path,
            "--out",
            "founding.json",
            "--name",
            "N",
            "--origin",
            "o.example/log",
            "--authority",
            authority,
            "--authority-names",
            "部=M",
            "--operator",
            mine,
            "--operator-names",
            "站=O",
            "--yes",
        ],
        vec!["take", path],
        vec!["sign", path, "--yes"],
        vec!["receipts", path],
        vec!["--ledger", "following", "follow", path],
    ]
}

/// Whatever is asked for and however deep it lies, a document that is none is a plain error; and one that claims to be long is
/// not read.
#[test]
fn documents_that_are_too_deep_or_too_long_are_plain_errors() {
    let place = Place::founded();
    let (authority, mine) = (party(1), party(4));
    let deep = "[".repeat(60_000);
    let formats = [
        "ytterby key request 1",
        "ytterby signed events 1",
        "ytterby receipts 1",
        "ytterby disclosure v1",
        "ytterby extract v1",
        "ytterby evidence v1",
        "ytterby receipt v1",
    ];
    let mut kinds = by_file("odd.json", &authority, &mine);
    kinds.push(vec!["detail", "check", "odd.json"]);
    kinds.push(vec!["verify", "odd.json"]);
    kinds.push(vec![
        "verify", ".ytterby", "--facts", "--claims", "odd.json",
    ]);
    kinds.push(vec!["verify", ".ytterby", "--remember", "odd.json"]);
    let path = place.path().join("odd.json");
    for format in formats {
        let beginning = format!(r#"{{"format":"{format}","origin":{deep}"#);
        for length in [beginning.len() as u64, HUGE] {
            fs::write(&path, &beginning).unwrap();
            let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(length).unwrap();
            for arguments in &kinds {
                let run = shell(&place, arguments, "");
                let told = is_told(&run.stderr) || run.stdout.starts_with("MALFORMED");
                assert!(
                    told && matches!(run.code, 1..=3),
                    "{arguments:?} {} {} {}",
                    run.code,
                    run.stdout,
                    run.stderr
                );
            }
        }
    }
    assert!(!place.path().join("new").exists());
}

/// A pack of which the checkpoint is true and the rest a hole is not copied before it is looked at.
#[test]
fn a_pack_that_claims_to_be_long_fills_no_disk() {
    let place = Place::founded();
    place.good(&["export", "--pack", "pack"]);
    let pack = place.path().join("pack");
    let whole = fs::metadata(&pack).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&pack).unwrap();
    for (kept, why) in [
        (whole, "goes on after the last entry"),
        (whole - 100, "ends before this entry"),
        (whole / 2, "an entry of no bytes"),
    ] {
        file.set_len(kept).unwrap();
        if why != "ends before this entry" {
            file.set_len(HUGE).unwrap();
        }
        let run = shell(&place, &["--ledger", "following", "follow", "pack"], "");
        assert_eq!(run.code, 1, "{why} {} {}", run.stdout, run.stderr);
        assert!(
            run.stderr.contains("the pack is not whole"),
            "{}",
            run.stderr
        );
        let left = fs::read_dir(place.path().join("following")).unwrap();
        assert_eq!(left.count(), 0);
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

/// Every command that writes one file where it is told to.
fn written_to<'a>(
    path: &'a str,
    lots: &'a str,
    authority: &'a str,
    mine: &'a str,
) -> Vec<Vec<&'a str>> {
    let suspend = [
        "penalise",
        mine,
        "--article",
        "x",
        "--fine",
        "1",
        "--instrument",
        "1",
        "--issued",
        "2024-03-01",
        "--as",
        authority,
    ];
    vec![
        vec!["receipt", "3", "--out", path],
        vec!["extract", mine, path],
        vec!["export", "--pack", path],
        vec!["key", "request", mine, "--out", path],
        vec!["record", lots, "--as", mine, "--yes", "--out", path],
        [&suspend[..], &["--prepare", path]].concat(),
        [&suspend[..], &["--yes", "--out", path]].concat(),
        vec!["close", mine, "--month", "2024-03", "--yes", "--out", path],
    ]
}

#[test]
fn nothing_is_written_through_or_in_place_of_what_is_no_file() {
    let place = Place::founded();
    let (authority, mine) = (party(1), party(4));
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
        for arguments in written_to(path, &file, &authority, &mine) {
            let run = shell(&place, &arguments, "");
            assert_eq!(run.code, 3, "{arguments:?} {}", run.stderr);
            let told = run.stderr.contains("neither followed nor replaced");
            assert!(told, "{arguments:?} {}", run.stderr);
        }
        let run = shell(&place, &["report", "--month", "2024-03", "--out", path], "");
        let is_folder = before.is_dir();
        assert_eq!(run.code == 0, is_folder, "{path} {}", run.stderr);
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
