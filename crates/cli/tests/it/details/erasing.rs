//! Erasing, as typed: logged first, done once, also where a file is damaged or two erase at once.
//! Invariant: no value is gone without an entry in the log, and none comes back. Knows the vault's folder.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{DISPATCH, dispatched, typed};

const ERASE: &str = "detail erase 4 --instrument E-1 --issued 2024-04-01 --as MINE --yes --field";

/// Takes the end off a file, as a full disk or a torn copy does.
fn cut(file: &Path) {
    let text = fs::read(file).unwrap();
    fs::write(file, &text[..text.len() - 3]).unwrap();
}

#[test]
fn a_damaged_file_hides_no_other_and_nothing_is_logged_that_cannot_be_done() {
    let place = dispatched();
    let file = place.vault().remove(0);
    let whole = fs::read(&file).unwrap();
    place.put("again.jsonl", &DISPATCH.replace("S-1", "S-2"));
    place.well("record again.jsonl --as MINE --yes");
    cut(&file);
    let listed = place.type_in("detail list --csv");
    let of = |state: &str| {
        listed
            .stdout
            .lines()
            .filter(|row| row.ends_with(state))
            .count()
    };
    assert_eq!(
        (of(",here"), of(",unreadable")),
        (2, 2),
        "{}",
        listed.stdout
    );
    assert_eq!(listed.code, 1, "somebody has to do something");
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(listed.stderr.contains(name), "{}", listed.stderr);
    assert!(!listed.stderr.contains("12000"), "{}", listed.stderr);
    place.shows_found("4", "price,unreadable,-\ncontract,unreadable,-\n");
    place.refused("detail disclose 4 out.json --field price", 1, "unreadable");

    let damaged = fs::read(&file).unwrap();
    place.refused(
        &format!("{ERASE} price"),
        1,
        "no erasure of these is logged: contract",
    );
    place.refused(
        &format!("{ERASE} price"),
        1,
        "put a backup of the file in its place",
    );
    assert_eq!(fs::read(&file).unwrap(), damaged);
    let entries = |count: &str| assert!(place.well("verify .ytterby").stdout.contains(count));
    entries("6 entries");

    fs::write(&file, &whole).unwrap();
    place.well(&format!("{ERASE} price"));
    fs::write(&file, &damaged).unwrap();
    place.refused(&format!("{ERASE} price"), 1, "contract");
    place.shows_found("4", "price,unreadable,-\ncontract,unreadable,-\n");
    // A second name for the same bytes shows that they were overwritten.
    let held = place.path().join("held");
    fs::hard_link(&file, &held).unwrap();
    place.well(&format!("{ERASE} contract"));
    assert!(!file.exists() && fs::read(&held).unwrap().iter().all(|byte| *byte == 0));
    place.shows("4", "price,erased at 6,-\ncontract,erased at 7,-\n");

    // All is logged, and a damaged copy comes back.
    fs::write(&file, &damaged).unwrap();
    place.lists(1, "unreadable");
    place.well(&format!("{ERASE} price"));
    assert!(!file.exists());
    entries("8 entries");

    let other = place.vault().remove(0);
    fs::copy(&other, &file).unwrap();
    place.refused(&format!("{ERASE} price"), 1, "move it away");
    assert_eq!(fs::read(&other).unwrap(), fs::read(&file).unwrap());
}

#[test]
fn the_ledger_is_locked_until_an_erasure_has_left_the_vault() {
    let place = dispatched();
    let file = place.vault().remove(0);
    // An erasure stops at a pipe that nobody reads, between its log entry and its last write to the vault.
    let pipe = file.with_extension("json.new");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let line = typed(&format!("{ERASE} price"));
    let mut first = place.command(&line.split_whitespace().collect::<Vec<_>>());
    let mut first = first
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut recorded = String::new();
    let mut said = BufReader::new(first.stdout.take().unwrap());
    said.read_line(&mut recorded).unwrap();
    // The erasure is logged, but it may take a moment more until it stands at the pipe; each run waits for two seconds.
    let others: Vec<_> = (0..2)
        .map(|_| place.type_in(&format!("{ERASE} contract --dry-run")))
        .collect();
    let reader = OpenOptions::new().read(true).write(true).open(&pipe);
    first.wait().unwrap();
    drop(reader.unwrap());
    assert!(recorded.contains("position 5"), "{recorded}");
    for other in others {
        assert_eq!(other.code, 3, "{}", other.stderr);
        assert!(other.stderr.contains("in use"), "{}", other.stderr);
    }
    place.well(&format!("{ERASE} price"));
    place.well(&format!("{ERASE} contract"));
    place.shows("4", "price,erased at 5,-\ncontract,erased at 6,-\n");
    assert_eq!(place.vault(), Vec::<PathBuf>::new());
}

#[test]
fn an_erasure_is_logged_and_the_value_is_gone() {
    let place = dispatched();
    let file = place.vault().remove(0);
    let whole = fs::read(&file).unwrap();
    let erase = "detail erase 4 --field price --instrument E-1 --issued 2024-04-01";
    place.refused(
        &format!("{erase} --as AUTHORITY --yes"),
        1,
        "only its author",
    );
    place.refused(
        &format!("{} --as MINE --yes", erase.replace("price", "buyer")),
        1,
        "seals no buyer",
    );
    place.well(&format!("{erase} --as MINE --dry-run"));
    place.refused(&format!("{erase} --as MINE"), 2, "--yes");
    let held = fs::read(&file).unwrap();
    assert_eq!(held, whole, "nothing is erased before it is logged");
    place.well(&format!("{erase} --as MINE --yes"));
    let left = fs::read_to_string(&file).unwrap();
    assert!(!left.contains("12000"), "{left}");
    place.well("verify .ytterby");
    let erased = "price,erased at 5,-\ncontract,here,C-2024-17\n";
    place.shows("4", erased);
    place.refused(
        "detail disclose 4 gone.json --field price",
        1,
        "erased at 5",
    );

    // A crash between log and vault leaves the value.
    fs::write(&file, whole).unwrap();
    place.lists(1, "erasure logged, value still here");
    place.refused("detail disclose 4 gone.json", 1, "still here");
    place.well(&format!("{erase} --as MINE --yes"));
    place.shows("4", erased);
    assert!(
        place.well("verify .ytterby").stdout.contains("6 entries"),
        "it was logged once"
    );
    let contract = erase.replace("price", "contract");
    place.well(&format!("{contract} --as MINE --yes"));
    assert_eq!(place.vault(), Vec::<PathBuf>::new());
    place.well("verify .ytterby");
}
