//! Every extract that is honest or lies, as the verifier judges it, and as a file for verifiers in other languages.
//! Invariant: the files in `tests/vectors/extract` are those that the tables of this test make; `YTTERBY_UPDATE=1` writes
//! them anew.
#![expect(
    clippy::disallowed_methods,
    reason = "reads the vectors, and whether to write them anew"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use portable::{Extract, Handed};
use serde_json::Value;
use verify::{Depth, FaultKind, Report, Trust, Verdict};

use crate::{honest, lies};

/// Fewer files than these are lost files.
const LEAST: usize = 16;

/// One document with the judgement that it must get.
pub(crate) struct Case {
    pub name: &'static str,
    comment: &'static str,
    pub document: Value,
    /// Every kind of fault, by name; a good document has none.
    kinds: BTreeSet<&'static str>,
}

impl Case {
    pub(crate) fn of(
        name: &'static str,
        comment: &'static str,
        extract: &Extract,
        kinds: &[FaultKind],
    ) -> Self {
        let document = serde_json::to_value(extract).unwrap();
        Self::raw(name, comment, document, kinds)
    }

    /// A document that may be no extract at all.
    pub(crate) fn raw(
        name: &'static str,
        comment: &'static str,
        document: Value,
        kinds: &[FaultKind],
    ) -> Self {
        let kinds = kinds.iter().map(|kind| kind.name()).collect();
        Self {
            name,
            comment,
            document,
            kinds,
        }
    }

    fn vector(&self) -> Value {
        serde_json::json!({
            "comment": self.comment,
            "verdict": judge(&self.document).verdict.name(),
            "faults": self.kinds,
            "extract": self.document,
        })
    }
}

/// As a reader of a file judges it.
fn judge(document: &Value) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("extract.json");
    fs::write(&path, document.to_string()).unwrap();
    let mut handed = Handed::open(&path).unwrap();
    let verified = handed.verify(Depth::Full, &Trust::default(), &mut |_, _| {});
    verified.unwrap()
}

fn kinds(report: &Report) -> BTreeSet<&'static str> {
    report
        .faults
        .iter()
        .map(|fault| fault.kind.name())
        .collect()
}

fn all() -> Vec<Case> {
    honest::cases().into_iter().chain(lies::cases()).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/extract")
}

#[test]
fn every_extract_is_judged_by_its_faults() {
    let mut otherwise = Vec::new();
    for case in all() {
        let report = judge(&case.document);
        if kinds(&report) != case.kinds || report.is_good() != case.kinds.is_empty() {
            otherwise.push(format!("{}: {:#?}", case.name, report.faults));
        }
    }
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}

#[test]
fn the_vectors_are_those_of_the_tables() {
    let folder = folder();
    if std::env::var_os("YTTERBY_UPDATE").is_some() {
        fs::create_dir_all(&folder).unwrap();
        for case in all() {
            let text = serde_json::to_string_pretty(&case.vector()).unwrap() + "\n";
            fs::write(folder.join(format!("{}.json", case.name)), text).unwrap();
        }
    }
    let names: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected = all();
    let made = expected.iter().map(|case| format!("{}.json", case.name));
    assert_eq!(
        names,
        made.collect(),
        "write them anew with YTTERBY_UPDATE=1"
    );
    let mut faulty = 0;
    for case in &expected {
        let text = fs::read_to_string(folder.join(format!("{}.json", case.name))).unwrap();
        let vector: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(vector, case.vector(), "{}", case.name);
        // The file alone, whatever the table says.
        let report = judge(&vector["extract"]);
        assert_eq!(vector["verdict"], report.verdict.name(), "{}", case.name);
        faulty += usize::from(report.verdict != Verdict::Good);
    }
    assert!(expected.len() >= LEAST && faulty * 2 >= expected.len());
}
