//! Things handed over that are no files, or endless, or deep: a plain error each, in little memory, and nobody waits.
//! Invariant: whatever hangs or grows is ended by its limit, and then the exit code is none of ours. Knows the honest copy.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};

use portable::write_pack;
use signing::{Checkpoint, Signer, VerifierKey};
use tempfile::TempDir;
use testkit::{ORIGIN, key, pipe};

use crate::lies::handed_over;
use crate::log::{Copy, Honest, checkpoint_by, honest};

const HUGE: u64 = 60_000_000_000;
/// Of addresses, the program's own among them.
const MEMORY_KIB: u32 = 200 * 1024;

/// Exit code, stdout and stderr of the binary in little memory.
pub(crate) fn run(arguments: &[&str]) -> (i32, String, String) {
    shell("", arguments)
}

/// With redirections behind it.
fn shell(redirected: &str, arguments: &[&str]) -> (i32, String, String) {
    let line = format!("ulimit -v {MEMORY_KIB}; exec timeout 60 \"$@\" {redirected}");
    // One thread and one heap: else what is set aside grows with the cores of the machine.
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new("sh")
        .env("RAYON_NUM_THREADS", "1")
        .env("MALLOC_ARENA_MAX", "1")
        .args(["-c", &line, "sh", env!("CARGO_BIN_EXE_ytterby-verify")])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// One of each thing that is no file to read.
fn oddities(folder: &TempDir) -> Vec<String> {
    let at = |name: &str| folder.path().join(name);
    pipe(&at("pipe"));
    UnixListener::bind(at("socket")).unwrap();
    fs::create_dir(at("empty")).unwrap();
    symlink("pipe", at("to-pipe")).unwrap();
    File::create(at("huge")).unwrap().set_len(HUGE).unwrap();
    let mut all: Vec<_> = ["pipe", "socket", "empty", "to-pipe", "huge"]
        .map(|name| at(name).display().to_string())
        .into();
    all.extend(["/dev/zero", "/dev/full"].map(str::to_owned));
    all
}

fn pack(path: &Path, log: &Honest) {
    let note = checkpoint_by(&key(2), &log.entries);
    write_pack(path, &mut log.entries.iter().cloned().map(Ok), &note).unwrap();
}

#[test]
fn whatever_is_no_file_is_refused_wherever_it_is_named() {
    let log = honest();
    let copy = Copy::of(&log.entries);
    let copy = copy.path().to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let odd = oddities(&folder);
    let receipt = folder.path().join("receipt.json");
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let vector = fs::read(vectors.join("receipt/lot.json")).unwrap();
    let vector: serde_json::Value = serde_json::from_slice(&vector).unwrap();
    fs::write(&receipt, vector["file"].as_str().unwrap()).unwrap();
    let receipt = receipt.to_str().unwrap();
    for path in &odd {
        for arguments in [
            vec![path.as_str()],
            vec![copy, "--remember", path],
            vec![copy, "--policy", path],
            vec![receipt, "--log", path],
        ] {
            let (code, out, said) = run(&arguments);
            assert!(matches!(code, 2 | 3), "{arguments:?} {code} {out} {said}");
            assert_eq!(out, "", "{arguments:?}");
            assert!(said.starts_with("error: "), "{arguments:?} {said}");
            assert!(said.contains(path.as_str()), "{arguments:?} {said}");
        }
    }
}

#[test]
fn what_lies_in_a_copy_is_a_file_of_the_copy() {
    let log = honest();
    let elsewhere = Copy::of(&log.entries);
    for name in ["checkpoint", "tile/entries/000", "tile/0/000"] {
        let copy = Copy::of(&log.entries);
        let path = copy.path().join(name);
        let place = copy.path().to_str().unwrap();
        // Its own bytes under another name, and a link to them.
        let aside = copy.path().join("aside");
        fs::rename(&path, &aside).unwrap();
        symlink(&aside, &path).unwrap();
        assert_eq!(run(&[place]).0, 0, "{name}");
        for target in [
            elsewhere.path().join(name).to_str().unwrap(),
            "/dev/zero",
            "/nowhere",
        ] {
            fs::remove_file(&path).unwrap();
            symlink(target, &path).unwrap();
            let (code, out, said) = run(&[place]);
            assert!(
                matches!(code, 1 | 3),
                "{name} {target}: {code} {out} {said}"
            );
            assert!(!out.starts_with("GOOD"), "{out}");
        }
        fs::remove_file(&path).unwrap();
        pipe(&path);
        let (code, out, said) = run(&[place]);
        assert!(matches!(code, 1 | 3), "{name}: {code} {out} {said}");
        fs::remove_file(&path).unwrap();
        File::create(&path).unwrap().set_len(HUGE).unwrap();
        let (code, out, said) = run(&[place]);
        assert!(matches!(code, 1 | 3), "{name}: {code} {out} {said}");
    }
}

#[test]
fn a_pack_is_streamed_and_a_hole_in_it_is_no_entries() {
    let log = honest();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pack");
    let place = path.to_str().unwrap();
    pack(&path, &log);
    let grow = || fs::OpenOptions::new().append(true).open(&path).unwrap();
    let whole = fs::metadata(&path).unwrap().len();
    // Behind the last entry, and in the place of the last ones.
    for length in [whole, whole - 1_000] {
        grow().set_len(length).unwrap();
        grow().set_len(HUGE).unwrap();
        let (code, out, said) = run(&[place]);
        assert_eq!(code, 1, "{out} {said}");
        assert!(!out.starts_with("GOOD"), "{out}");
    }
    // A checkpoint that anybody signed claims more than any disk holds.
    let claim = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 1 << 60,
        root: log.remembered.1,
    };
    let claim = claim.sign(&key(9)).unwrap();
    let mut file = File::create(&path).unwrap();
    file.write_all(b"ytterby pack v1\n").unwrap();
    let length = u32::try_from(claim.len()).unwrap().to_be_bytes();
    file.write_all(&length).unwrap();
    file.write_all(&claim).unwrap();
    file.set_len(HUGE).unwrap();
    let (code, out, said) = run(&[place]);
    assert_eq!(code, 1, "{out} {said}");
    assert!(out.contains("an entry of no bytes"), "{out}");
    let garbage = b"\0\x01x".repeat(1_000_000);
    file.set_len(0).unwrap();
    file.rewind().unwrap();
    file.write_all(b"ytterby pack v1\n").unwrap();
    file.write_all(&length).unwrap();
    file.write_all(&claim).unwrap();
    file.write_all(&garbage).unwrap();
    let (code, out, said) = run(&[place]);
    assert_eq!(code, 1, "{out} {said}");
    assert!(out.contains("none of the 1024 pieces"), "{out}");
    assert!(out.contains("checked      0 entries"), "{out}");
}

#[test]
fn documents_that_are_too_deep_or_too_long_are_plain_errors() {
    let log = honest();
    let copy = Copy::of(&log.entries);
    let copy = copy.path().to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep.json");
    let place = file.to_str().unwrap();
    let deep = "[".repeat(400_000);
    for format in ["extract", "receipt", "evidence"] {
        let text =
            format!(r#"{{"format":"ytterby {format} v1","kind":"two-events","party":{deep}"#);
        fs::write(&file, text).unwrap();
        let (code, out, said) = run(&[place]);
        assert_eq!(code, 1, "{format} {said}");
        assert!(out.starts_with("MALFORMED"), "{out}");
    }
    fs::write(&file, format!(r#"{{"a":{deep}"#)).unwrap();
    assert_eq!(run(&[copy, "--remember", place]).0, 3);
    let mut huge = File::create(&file).unwrap();
    huge.write_all(br#"{"format":"ytterby extract v1","#)
        .unwrap();
    huge.set_len(HUGE).unwrap();
    let (code, _, said) = run(&[place]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("at most"), "{said}");
    // Nearly as long as an extract may be: it is read as far as it is one.
    huge.set_len(500_000_000).unwrap();
    let (code, out, said) = run(&[place]);
    assert_eq!(code, 1, "{said}");
    assert!(out.starts_with("MALFORMED"), "{out}");
}

#[test]
fn a_verdict_that_nobody_could_read_is_never_good() {
    let log = honest();
    let copy = Copy::of(&log.entries);
    let copy = copy.path().to_str().unwrap();
    for json in [&[][..], &["--json"]] {
        let arguments = [&[copy], json].concat();
        let (code, _, said) = shell(">/dev/full", &arguments);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("could not be written"), "{said}");
        assert_eq!(shell(">/dev/full 2>/dev/full", &arguments).0, 3);
        assert_eq!(shell(">&- 2>&-", &arguments).0, 3);
        // Where the output was closed, the verdict goes where errors go.
        let (code, _, said) = shell(">&-", &arguments);
        assert_eq!(code, 0);
        assert!(said.to_lowercase().contains("good"), "{said}");
        assert_eq!(shell(">/dev/null", &arguments).0, 0);
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let closed = Command::new(env!("CARGO_BIN_EXE_ytterby-verify"))
        .arg(copy)
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(closed.status.code(), Some(3), "nobody reads the pipe");
}

#[test]
fn log_keys_are_remembered_and_must_stay() {
    let log = honest();
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen.json");
    let seen = seen.to_str().unwrap();
    let copy = Copy::of(&log.entries);
    let place = copy.path().to_str().unwrap();
    assert_eq!(run(&[place, "--remember", seen]).0, 0);
    let kept = fs::read_to_string(seen).unwrap();
    let log_key = VerifierKey::new(ORIGIN, key(2).public().clone()).unwrap();
    assert!(kept.contains(&log_key.to_string()), "{kept}");
    let (code, out, _) = run(&[place, "--remember", seen]);
    assert_eq!(code, 0);
    assert!(!out.contains("no log key was given"), "{out}");
    // A reader whose memory names another key of this log is told.
    let stranger = VerifierKey::new(ORIGIN, key(9).public().clone()).unwrap();
    let forged = kept.replace(&log_key.to_string(), &stranger.to_string());
    fs::write(seen, &forged).unwrap();
    for own in [&[][..], &["--log-key", &log_key.to_string()]] {
        let (code, out, said) = run(&[&[place, "--remember", seen], own].concat());
        assert_eq!(code, 1, "{out} {said}");
        assert!(out.contains(&stranger.to_string()), "{out}");
        assert_eq!(fs::read_to_string(seen).unwrap(), forged);
    }
    // A key of another log, or none at all, is no memory of this program.
    let other = VerifierKey::new("other.example/log", key(2).public().clone()).unwrap();
    for wrong in [other.to_string(), "no key".to_owned()] {
        fs::write(seen, kept.replace(&log_key.to_string(), &wrong)).unwrap();
        let (code, _, said) = run(&[place, "--remember", seen]);
        assert_eq!(code, 3);
        assert!(said.contains("is not what a verifier remembers"), "{said}");
    }
    fs::write(seen, &kept).unwrap();
    let changed = Copy::of(&log.entries);
    changed.change("tile/entries/000", |bytes| bytes[900] ^= 1);
    let bad = run(&[changed.path().to_str().unwrap(), "--remember", seen]);
    assert_eq!(bad.0, 1);
    assert_eq!(
        fs::read_to_string(seen).unwrap(),
        kept,
        "nothing from a bad copy"
    );
}

/// An entry that nobody admitted hands the log key over to whoever wrote it, who signs a checkpoint with it: that must not
/// become evidence against the log.
#[test]
fn a_key_that_nobody_admitted_accuses_nobody() {
    let log = honest();
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen.json");
    let copy = Copy::of(&log.entries);
    let place = copy.path().to_str().unwrap();
    assert_eq!(run(&[place, "--remember", seen.to_str().unwrap()]).0, 0);
    let mut memory: serde_json::Value = serde_json::from_slice(&fs::read(&seen).unwrap()).unwrap();
    // As before keys were remembered.
    memory[ORIGIN].as_object_mut().unwrap().remove("log_keys");
    fs::write(&seen, memory.to_string()).unwrap();
    let count = log.entries.len();
    let handed_over = handed_over(&log);
    let mut forged = [&log.entries[..count - 2], &handed_over[count..]].concat();
    let signed = Copy::signed(&testkit::log_key(1), &forged);
    let (code, out, said) = run(&[
        signed.path().to_str().unwrap(),
        "--remember",
        seen.to_str().unwrap(),
    ]);
    assert_eq!(code, 1, "{out}");
    assert!(
        said.contains("two histories"),
        "a true handover is evidence: {out} {said}"
    );
    *forged[count - 2].last_mut().unwrap() ^= 1;
    let unsigned = Copy::signed(&testkit::log_key(1), &forged);
    let (code, out, said) = run(&[
        unsigned.path().to_str().unwrap(),
        "--remember",
        seen.to_str().unwrap(),
    ]);
    assert_eq!((code, said.as_str()), (1, ""), "{out}");
}
