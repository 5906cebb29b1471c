//! The log key replaced as typed, the files after it, rotations that were cut off, and who can still verify.
//! Invariant: no state of the files loses a key. Knows the names of key files.

use std::fs;
use std::path::PathBuf;

use crate::place::{Place, Run, party};

impl Place {
    fn run_line(&self, line: &str) -> Run {
        self.run(&line.split_whitespace().collect::<Vec<_>>())
    }

    fn typed(&self, line: &str) -> Run {
        let run = self.run_line(line);
        assert_eq!(run.code, 0, "{line}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    fn log_key_file(&self, suffix: &str) -> PathBuf {
        let file = format!("operator{suffix}.pem");
        self.ledger().join("keys").join(file)
    }

    /// The verifier key that an export names.
    fn exported_key(&self) -> String {
        let run = self.typed("export copy");
        let key = run.stdout.lines().find_map(|l| l.strip_prefix("log key "));
        key.unwrap().to_owned()
    }

    /// Ids and positions of the log keys, as `key list` has them, oldest first.
    fn log_keys(&self) -> Vec<(String, u64)> {
        let text = self.typed("key list --json").stdout;
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        let keys = answer["answer"]["keys"].as_array().unwrap().iter();
        let mut keys: Vec<_> = keys
            .filter_map(|key| {
                let since = key["log_key_since"].as_u64()?;
                Some((key["key"].as_str().unwrap().to_owned(), since))
            })
            .collect();
        keys.sort_by_key(|(_, since)| *since);
        keys
    }

    fn records(&self, name: &str) -> Run {
        let file = self.mined(name, 1);
        self.run_line(&format!("record {file} --as {} --yes", party(4)))
    }

    /// The log has two keys, the files are settled, and the new key signs on.
    fn assert_log_key_rotated(&self) {
        let keys = self.log_keys();
        assert_eq!(keys.len(), 2, "{keys:?}");
        let old = format!(".old-{}", &keys[0].0[..8]);
        for (suffix, there) in [
            ("", true),
            (".next", true),
            (&*old, true),
            (".fresh", false),
            (".unfinished", false),
        ] {
            assert_eq!(self.log_key_file(suffix).exists(), there, "{suffix}");
        }
        assert_eq!(self.records("AFTER").code, 0);
        self.typed("heads --yes");
        self.typed("verify .ytterby");
        self.typed("key rotate-log --plain --yes");
        assert_eq!(self.log_keys().len(), 3);
        self.typed("verify .ytterby");
    }
}

#[test]
fn a_rotation_replaces_the_log_key_and_every_reader_is_told() {
    let place = Place::founded();
    let first = place.exported_key();
    let before = fs::read(place.log_key_file("")).unwrap();
    let dry = place.typed("key rotate-log --plain --dry-run");
    assert!(dry.stderr.contains("log-key-rotated"), "{}", dry.stderr);
    assert_eq!(fs::read(place.log_key_file("")).unwrap(), before);
    assert!(!place.log_key_file(".fresh").exists());
    assert_eq!(place.log_keys().len(), 1);

    let run = place.typed("key rotate-log --plain --yes");
    let second = place.exported_key();
    assert!(run.stdout.contains(&second), "{}", run.stdout);
    assert_ne!(first, second);
    let policy = fs::read_to_string(place.path().join("copy/policy")).unwrap();
    assert_eq!(policy, format!("log {second}\nquorum none\n"));
    let since = place.log_keys()[1].1;
    let inspect = place.typed("inspect").stdout;
    assert!(inspect.contains(&format!("since {since}")), "{inspect}");
    let note = inspect.lines().filter(|line| line.starts_with('\u{2014}'));
    assert_eq!(note.count(), 2, "{inspect}");

    for path in [".ytterby", "copy"] {
        let new = place.typed(&format!("verify {path} --log-key {second}"));
        assert!(!new.stdout.contains("was replaced at size"));
        let old = place.typed(&format!("verify {path} --log-key {first}"));
        let told = format!("was replaced at size {}", since + 1);
        assert!(old.stdout.contains(&told), "{}", old.stdout);
    }
    let mine = party(4);
    place.typed("heads --yes");
    place.typed(&format!("extract {mine} mine.json"));
    for key in [&first, &second] {
        place.typed(&format!("verify mine.json --log-key {key}"));
    }
    place.assert_log_key_rotated();
}

#[test]
fn a_rotation_that_was_cut_off_after_its_event_is_finished() {
    let whole = || {
        let place = Place::founded();
        place.typed("key rotate-log --plain --yes");
        let old = format!(".old-{}", &place.log_keys()[0].0[..8]);
        (place, old)
    };
    // Back through the renames, from the last one: the next, the current, the old file.
    for undone in 1..=3 {
        let (place, old) = whole();
        let moves = [(".next", ".fresh"), ("", ".next"), (&*old, "")];
        for (from, to) in &moves[..undone] {
            fs::rename(place.log_key_file(from), place.log_key_file(to)).unwrap();
        }
        if undone > 1 {
            let run = place.records("CUT");
            assert_ne!(run.code, 0);
        }
        if undone == 3 {
            let run = place.records("CUT");
            assert!(run.stderr.contains("key rotate-log"), "{}", run.stderr);
        }
        let dry = place.typed("key rotate-log --dry-run");
        assert!(dry.stderr.contains("this finishes it"), "{}", dry.stderr);
        assert!(place.log_key_file(".fresh").exists());
        place.typed("key rotate-log --yes");
        place.assert_log_key_rotated();
    }
}

#[test]
fn a_rotation_that_was_cut_off_before_its_event_takes_the_key_that_lies_ready() {
    let place = Place::founded();
    place.typed("key new 91350100M000100Y43 --plain --out other");
    let ready = place.path().join("other/91350100M000100Y43.pem");
    fs::rename(ready, place.log_key_file(".fresh")).unwrap();
    let ready = fs::read(place.log_key_file(".fresh")).unwrap();
    place.typed("key rotate-log --yes");
    assert_eq!(fs::read(place.log_key_file(".next")).unwrap(), ready);
    place.assert_log_key_rotated();
}

#[test]
fn without_the_committed_key_or_the_current_one_nothing_is_rotated() {
    let place = Place::founded();
    let aside = place.path().join("aside.pem");
    for (missing, why) in [
        ("", "no key file here holds the log key"),
        (".next", "holds no key that can follow"),
    ] {
        fs::rename(place.log_key_file(missing), &aside).unwrap();
        let run = place.run_line("key rotate-log --plain --yes");
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stderr.contains(why), "{}", run.stderr);
        fs::rename(&aside, place.log_key_file(missing)).unwrap();
    }
    let run = place.run_line(&format!("key rotate {} --yes", party(2)));
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("rotate-log"), "{}", run.stderr);
    assert_eq!(place.log_keys().len(), 1);
    assert!(!place.log_key_file(".fresh").exists());
    place.typed("verify .ytterby");
}
