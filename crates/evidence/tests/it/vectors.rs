//! Every file of evidence and every receipt as it must be judged, and as vectors for readers in other languages.
//! Invariant: the files in `tests/vectors/evidence` and `tests/vectors/receipt` are those that the tables of this test make;
//! `YTTERBY_UPDATE=1` writes them anew.
#![expect(
    clippy::disallowed_methods,
    reason = "reads the vectors, and whether to write them anew"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use evidence::{AtHand, Evidence, Receipt, check_evidence, check_receipt};
use serde_json::Value;
use verify::{FaultKind, Report};

use crate::{events, histories, receipts};

/// Fewer files than these are lost files.
const LEAST: usize = 16;

/// One file with the judgement that it must get.
pub(crate) struct Case {
    name: &'static str,
    comment: &'static str,
    file: String,
    pub(crate) key: Option<String>,
    kinds: BTreeSet<&'static str>,
}

impl Case {
    pub(crate) fn new(
        name: &'static str,
        comment: &'static str,
        file: String,
        kinds: &[FaultKind],
    ) -> Self {
        Self {
            name,
            comment,
            file,
            key: None,
            kinds: kinds.iter().map(|kind| kind.name()).collect(),
        }
    }

    /// The reader brings this log key.
    pub(crate) fn with_key(self, key: &str) -> Self {
        let key = Some(key.to_owned());
        Self { key, ..self }
    }

    fn judge(&self) -> Report {
        let key = self.key.as_ref().map(|key| key.parse().unwrap());
        let reader = AtHand {
            log_key: key.as_ref(),
            ..AtHand::default()
        };
        let bytes = self.file.as_bytes();
        let none = |reason: String| {
            let mut report = Report::default();
            report.fault(FaultKind::Entry, 0, "such a file", reason);
            report
        };
        if self.file.contains("ytterby receipt") {
            match Receipt::parse(bytes) {
                Ok(receipt) => check_receipt(&receipt, &reader).unwrap(),
                Err(refusal) => none(refusal.to_string()),
            }
        } else {
            match Evidence::parse(bytes) {
                Ok(evidence) => check_evidence(&evidence, &reader),
                Err(refusal) => none(refusal.to_string()),
            }
        }
    }

    fn vector(&self) -> String {
        let verdict = self.judge().verdict.name();
        let vector = serde_json::json!({
            "comment": self.comment,
            "log_key": self.key,
            "verdict": verdict,
            "faults": self.kinds,
            "file": self.file,
        });
        serde_json::to_string_pretty(&vector).unwrap() + "\n"
    }
}

fn tables() -> BTreeMap<&'static str, Vec<Case>> {
    let evidence = events::cases().into_iter().chain(histories::cases());
    BTreeMap::from([
        ("evidence", evidence.collect()),
        ("receipt", receipts::cases()),
    ])
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_file_is_judged_by_its_fault() {
    let mut otherwise = Vec::new();
    for case in tables().into_values().flatten() {
        let report = case.judge();
        let kinds: BTreeSet<_> = report.faults.iter().map(|f| f.kind.name()).collect();
        if kinds != case.kinds {
            otherwise.push(format!("{}: {:#?}", case.name, report.faults));
        }
    }
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}

#[test]
fn at_least_half_are_faulty_and_enough_hold() {
    for (kind, cases) in tables() {
        assert!(cases.len() >= LEAST, "{kind}");
        let holding = match kind {
            "evidence" => "equivocation",
            _ => "good",
        };
        let holds = |case: &&Case| case.judge().verdict.name() == holding;
        let hold = cases.iter().filter(holds).count();
        assert!(
            hold >= LEAST / 2 && 2 * hold <= cases.len(),
            "{kind}: {hold}"
        );
    }
}

#[test]
fn the_vectors_are_those_of_the_tables() {
    let update = std::env::var_os("YTTERBY_UPDATE").is_some();
    for (kind, cases) in tables() {
        let folder = root().join("tests/vectors").join(kind);
        if update {
            fs::create_dir_all(&folder).unwrap();
            for case in &cases {
                fs::write(folder.join(format!("{}.json", case.name)), case.vector()).unwrap();
            }
        }
        let listed = fs::read_dir(&folder).unwrap();
        let names: BTreeSet<String> = listed
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        let made = cases.iter().map(|case| format!("{}.json", case.name));
        assert_eq!(
            names,
            made.collect(),
            "write them anew with YTTERBY_UPDATE=1"
        );
        for case in &cases {
            let stored = fs::read_to_string(folder.join(format!("{}.json", case.name))).unwrap();
            assert_eq!(stored, case.vector(), "{}", case.name);
        }
    }
}

/// The worked examples of the specification are files that hold.
#[test]
fn the_pages_show_what_holds() {
    let page = |name: &str| fs::read_to_string(root().join("docs/spec").join(name)).unwrap();
    for file in [events::good(), histories::good()] {
        assert!(
            page("evidence.md").contains(&format!("```json\n{file}```\n")),
            "{file}"
        );
    }
    let file = receipts::log().receipt_text(0, 1);
    assert!(
        page("checkpoint.md").contains(&format!("```json\n{file}```\n")),
        "{file}"
    );
}

/// Whoever writes a file writes these bytes.
#[test]
fn a_file_is_its_own_text_again() {
    for file in [events::good(), histories::good()] {
        assert_eq!(Evidence::parse(file.as_bytes()).unwrap().to_text(), file);
    }
    let file = receipts::log().receipt_text(6, 10);
    assert_eq!(Receipt::parse(file.as_bytes()).unwrap().to_text(), file);
    let value: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(value["format"], "ytterby receipt v1");
}
