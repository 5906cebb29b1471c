//! Folders and packs of a small log: the same log is the same bytes, whatever was there before.
//!
//! Invariant: compared file by file with a fresh export. Knows no command line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use signing::{Signer, VerifierKey};
use store::{Entries, MemoryStore, Store};
use testkit::{ORIGIN, TestCountry, accept, at, key, open};
use verify::{Depth, FaultKind, Report, Trust, Verdict};

use crate::folder::CHECKPOINT;
use crate::{
    Brought, Handed, Inquiry, PortableFault, QuorumCheck, document, text, write_folder, write_pack,
};

fn log_key() -> VerifierKey {
    VerifierKey::new(ORIGIN, key(2).public().clone()).unwrap()
}

/// A log with its founding and so many lots.
fn log(lots: u64) -> MemoryStore {
    let memory = MemoryStore::new();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    let (ledger, _clock) = open(&store, at("2024-02-01"));
    let mut country = TestCountry::new();
    accept(&ledger, country.founding.clone());
    accept(
        &ledger,
        (0..lots).map(|number| country.mined(number)).collect(),
    );
    memory
}

fn entries(store: &MemoryStore) -> Vec<Result<Vec<u8>, PortableFault>> {
    let frames = store.frames(0).unwrap();
    let all = frames.flat_map(|frame| {
        let frame = frame.unwrap();
        frame
            .entries()
            .map(|(_, entry)| Ok(entry.to_vec()))
            .collect::<Vec<_>>()
    });
    all.collect()
}

fn export(store: &MemoryStore, folder: &Path) -> Result<crate::WrittenCopy, PortableFault> {
    let checkpoint = store.checkpoint().unwrap().unwrap();
    write_folder(
        folder,
        &mut entries(store).into_iter(),
        &checkpoint,
        &log_key(),
    )
}

/// Every file of a folder with its bytes, and every folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for item in fs::read_dir(next).unwrap() {
            let path = item.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_dir() {
                all.insert(name, Vec::new());
                waiting.push(path);
            } else {
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    all
}

fn report(path: &Path, trust: &Trust) -> Report {
    let mut handed = Handed::open(path).unwrap();
    handed.verify(Depth::Full, trust, &mut |_, _| {}).unwrap()
}

fn verdict(path: &Path, trust: &Trust) -> Verdict {
    report(path, trust).verdict
}

#[test]
fn a_folder_that_grew_is_the_folder_written_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (grown, fresh) = (folder.path().join("grown"), folder.path().join("fresh"));
    for lots in [3, 3, 250, 251, 520] {
        let store = log(lots);
        let done = export(&store, &grown).unwrap();
        assert_eq!(done.size, store.size());
        assert_eq!(verdict(&grown, &Trust::default()), Verdict::Good, "{lots}");
    }
    export(&log(520), &fresh).unwrap();
    assert_eq!(files(&grown), files(&fresh));
}

#[test]
fn the_policy_of_a_folder_is_one_that_its_checkpoint_meets() {
    let folder = tempfile::tempdir().unwrap();
    let store = log(3);
    export(&store, folder.path()).unwrap();
    let file = folder.path().join("policy");
    let policy = QuorumCheck::policy(&file).unwrap();
    assert_eq!(policy.logs(), [log_key()]);
    assert!(policy.witnesses().is_empty());
    let note = store.checkpoint().unwrap().unwrap();
    let mut report = Report::default();
    QuorumCheck::read(&file, note, None)
        .unwrap()
        .judge(&mut report);
    assert_eq!(report.verdict, Verdict::Good, "{report:#?}");
}

#[test]
fn a_folder_of_another_log_or_a_longer_one_is_refused_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let longer = log(300);
    export(&longer, folder.path()).unwrap();
    let before = files(folder.path());
    let refused = export(&log(20), folder.path());
    assert!(
        matches!(refused, Err(PortableFault::AnotherLog { .. })),
        "{refused:?}"
    );
    let forked = MemoryStore::new();
    for entry in entries(&longer).into_iter().rev() {
        let entry = entry.unwrap();
        forked
            .append(
                forked.size(),
                &[&entry],
                &longer.checkpoint().unwrap().unwrap(),
            )
            .unwrap();
    }
    let refused = export(&forked, folder.path());
    assert!(
        matches!(refused, Err(PortableFault::AnotherLog { .. })),
        "{refused:?}"
    );
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_pack_is_the_same_bytes_for_the_same_log_and_good() {
    let folder = tempfile::tempdir().unwrap();
    let store = log(300);
    let checkpoint = store.checkpoint().unwrap().unwrap();
    let pack = |name: &str| {
        let path = folder.path().join(name);
        write_pack(&path, &mut entries(&store).into_iter(), &checkpoint).unwrap();
        path
    };
    let (one, two) = (pack("one"), pack("two"));
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
    assert_eq!(verdict(&one, &Trust::default()), Verdict::Good);
    let bytes = fs::read(&one).unwrap();
    for cut in [bytes.len() - 1, bytes.len() / 2] {
        fs::write(&two, &bytes[..cut]).unwrap();
        assert_eq!(
            verdict(&two, &Trust::default()),
            Verdict::Incomplete,
            "cut at {cut}"
        );
    }
    fs::write(&two, [&bytes[..], b"more"].concat()).unwrap();
    assert_eq!(verdict(&two, &Trust::default()), Verdict::Tampered);
}

#[test]
fn what_was_seen_once_is_remembered_and_must_be_continued() {
    let folder = tempfile::tempdir().unwrap();
    let (memory, copy) = (
        folder.path().join("memory.json"),
        folder.path().join("copy"),
    );
    let look_at = |copy: &Path| {
        let brought = Brought {
            remember: Some(&memory),
            ..Brought::default()
        };
        let inquiry = Inquiry::begin(Handed::open(copy)?, brought)?;
        Ok(inquiry.run(Depth::Full, &mut |_, _| {})?.report)
    };
    export(&log(40), &copy).unwrap();
    assert_eq!(look_at(&copy).unwrap().verdict, Verdict::Good);
    let kept = fs::read_to_string(&memory).unwrap();
    assert!(kept.contains(&log_key().to_string()), "{kept}");
    let again = look_at(&copy).unwrap();
    assert_eq!(again.verdict, Verdict::Good);
    // The key is known by now.
    let unknown = |report: &Report| {
        let mut lines = report.not_checked.iter();
        lines.any(|line| line.contains("no log key was given"))
    };
    assert!(!unknown(&again), "{again:#?}");
    fs::remove_dir_all(&copy).unwrap();
    export(&log(30), &copy).unwrap();
    assert_eq!(look_at(&copy).unwrap().verdict, Verdict::Stale);
    assert_eq!(fs::read_to_string(&memory).unwrap(), kept);
    for garbage in ["{}x", "[1]", &"[".repeat(100_000)] {
        fs::write(&memory, garbage).unwrap();
        let refused: Result<Report, PortableFault> = look_at(&copy);
        assert!(matches!(refused, Err(PortableFault::Remembered { .. })));
    }
}

/// Where the new checkpoint can't be put in its place, as where the writer is killed before it is: what was there is good.
#[test]
fn the_files_of_the_old_checkpoint_stay_until_the_new_one_is_there() {
    let folder = tempfile::tempdir().unwrap();
    export(&log(300), folder.path()).unwrap();
    // A file that the checkpoint needs is not even for a moment half written.
    assert_eq!(export(&log(300), folder.path()).unwrap().files, 0);
    let before = files(folder.path());
    let (policy, aside) = (folder.path().join("policy"), folder.path().join("aside"));
    fs::rename(&policy, &aside).unwrap();
    fs::create_dir(&policy).unwrap();
    assert!(export(&log(310), folder.path()).is_err());
    fs::remove_dir(&policy).unwrap();
    fs::rename(&aside, &policy).unwrap();
    let after = files(folder.path());
    for (name, bytes) in &before {
        assert_eq!(after.get(name), Some(bytes), "{name}");
    }
    assert_eq!(verdict(folder.path(), &Trust::default()), Verdict::Good);
    export(&log(310), folder.path()).unwrap();
    let fresh = tempfile::tempdir().unwrap();
    export(&log(310), fresh.path()).unwrap();
    assert_eq!(files(folder.path()), files(fresh.path()));
}

#[test]
fn a_file_is_replaced_as_a_whole_and_no_other_file_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["year.new", "log.new"] {
        fs::write(at(name), "somebody's").unwrap();
    }
    let store = log(3);
    let checkpoint = store.checkpoint().unwrap().unwrap();
    let longer = log(4).checkpoint().unwrap().unwrap();
    let pack = |name: &str, checkpoint: &[u8]| {
        write_pack(&at(name), &mut entries(&store).into_iter(), checkpoint)
    };
    pack("year.pack", &checkpoint).unwrap();
    // Its own name ends as that of an unfinished file.
    pack("log.new", &longer).unwrap_err();
    for name in ["year.new", "log.new"] {
        assert_eq!(fs::read(at(name)).unwrap(), b"somebody's", "{name}");
    }
    pack("log.new", &checkpoint).unwrap();
    assert_eq!(verdict(&at("log.new"), &Trust::default()), Verdict::Good);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn a_checkpoint_that_is_none_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let (copy, pack) = (folder.path().join("copy"), folder.path().join("pack"));
    export(&log(3), &copy).unwrap();
    fs::write(copy.join(CHECKPOINT), "garbage").unwrap();
    let bytes = [crate::pack::MAGIC, &7_u32.to_be_bytes(), b"garbage"].concat();
    fs::write(&pack, bytes).unwrap();
    let refusal = signing::peek_unverified(b"garbage")
        .unwrap_err()
        .to_string();
    for path in [&copy, &pack] {
        let report = report(path, &Trust::default());
        let [fault] = &report.faults[..] else {
            panic!("{:#?}", report.faults)
        };
        assert_eq!(
            (fault.kind, &fault.computed),
            (FaultKind::Missing, &refusal)
        );
    }
}

#[test]
fn a_checkpoint_that_was_changed_on_the_way_accuses_nobody() {
    let folder = tempfile::tempdir().unwrap();
    export(&log(3), folder.path()).unwrap();
    let path = folder.path().join(CHECKPOINT);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace('\n', "\r\n")).unwrap();
    let report = report(folder.path(), &Trust::default());
    assert_eq!(report.verdict, Verdict::Incomplete);
    let found = &report.faults[0].computed;
    assert!(found.contains("carriage returns"), "{found}");
}

#[test]
fn a_document_for_a_program_moves_no_cursor_and_says_the_same() {
    let value = serde_json::json!({"a\u{9b}": "b\u{202e}\u{200b}\u{e0041}\n\u{7f}"});
    let text = document(&value).unwrap();
    assert!(
        !text
            .trim_end()
            .contains(|c: char| (c.is_control() && c != '\n') || !c.is_ascii())
    );
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        value
    );
}

#[test]
fn the_origin_of_a_report_forges_no_line() {
    let report = Report {
        origin: Some("a\nGOOD: b\u{1b}[2K".to_owned()),
        ..Report::default()
    };
    let text = text(&report);
    assert_eq!(text.matches("\nGOOD").count(), 0, "{text:?}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn a_flood_of_one_fault_hides_no_other_and_every_kind_is_counted() {
    let mut report = Report::default();
    for position in 0..5_000 {
        report.fault(FaultKind::Seen, position, "x", "y");
    }
    report.fault(FaultKind::Root, 0, "x", "y");
    let text = text(&report);
    let faults: Vec<_> = text
        .lines()
        .filter(|line| line.contains(" fault "))
        .collect();
    assert_eq!(faults.len(), 5, "{text}");
    assert!(faults[0].contains("seen at position 0:"), "{text}");
    assert!(
        faults[3].ends_with("seen: 4997 more faults of this kind"),
        "{text}"
    );
    assert!(faults[4].contains("root at position 0:"), "{text}");
    let counts = [(FaultKind::Seen, 5_000), (FaultKind::Root, 1)];
    assert_eq!((report.fault_count, &*report.counts), (5_001, &counts[..]));
    assert_eq!(report.faults.len(), 1_001);
}
