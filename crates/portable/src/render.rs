//! A report as text for a person and as JSON for a program: the same for the command and the stand-alone verifier.
//!
//! Invariant: the first line is the verdict and the origin; every kind of fault is shown with its first ones and counted,
//! whatever a stranger wrote into the copy. Knows no terminal.

use std::fmt::Write;

use domain::text::{counted, is_invisible, printable};
use serde::Serialize;
use serde_json::{Value, json as object};
use verify::{FaultKind, Report};

/// Lines for a person.
pub fn text(report: &Report) -> String {
    let origin = printable(report.origin.as_deref().unwrap_or("no origin"));
    let mut text = format!("{}: {origin}\n", report.verdict.name().to_uppercase());
    // Writing to a text can't fail.
    let _ = writeln!(
        text,
        "  checked      {} in {} by {}\n  checked      {}, {}",
        counted(report.size, "entry", "entries"),
        counted(report.groups, "group", "groups"),
        counted(report.authors, "author", "authors"),
        counted(
            report.event_signatures,
            "event signature",
            "event signatures"
        ),
        counted(
            report.checkpoint_signatures,
            "checkpoint signature",
            "checkpoint signatures"
        ),
    );
    // Evidence has no tree, and signatures all the same.
    if report.tree_size > 0 || report.event_signatures + report.checkpoint_signatures == 0 {
        let _ = writeln!(text, "  checked      root {}", report.root);
    }
    for line in &report.proven {
        let _ = writeln!(text, "  proven       {}", printable(line));
    }
    for line in &report.notices {
        let _ = writeln!(text, "  notice       {}", printable(line));
    }
    for line in &report.not_checked {
        let _ = writeln!(text, "  not checked  {}", printable(line));
    }
    for (kind, count) in &report.counts {
        faults(&mut text, report, *kind, *count);
    }
    text
}

/// Faults of a kind that a person is shown one by one; `--json` has more.
const FAULTS_SHOWN: usize = 3;

/// The first faults of a kind, and how many more there are: one changed byte may break a rule at every entry behind it.
fn faults(text: &mut String, report: &Report, kind: FaultKind, count: u64) {
    let of_kind = report.faults.iter().filter(|fault| fault.kind == kind);
    for fault in of_kind.clone().take(FAULTS_SHOWN) {
        let _ = writeln!(text, "  fault        {}", printable(&fault.to_string()));
    }
    let more = count - of_kind.take(FAULTS_SHOWN).count() as u64;
    if more > 0 {
        let more = counted(more, "more fault", "more faults");
        let _ = writeln!(text, "  fault        {}: {more} of this kind", kind.name());
    }
}

/// A JSON document as it is printed: what would move a cursor or turn letters stands as an escape, which means the same.
///
/// # Errors
/// The value has no JSON form.
pub fn document(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    // Only texts of the document can hold such a character, and there an escape may stand for it.
    for character in (serde_json::to_string_pretty(value)? + "\n").chars() {
        if (character.is_control() && character != '\n') || is_invisible(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(character);
        }
    }
    Ok(text)
}

/// One document for a program.
pub fn json(report: &Report) -> Value {
    let faults = report.faults.iter().map(|fault| {
        let (kind, position) = (fault.kind.name(), fault.position);
        object!({ "kind": kind, "position": position, "expected": fault.expected, "found": fault.computed })
    });
    let counts = report.counts.iter();
    let counts = counts.map(|(kind, count)| object!({ "kind": kind.name(), "count": count }));
    object!({
        "verdict": report.verdict.name(),
        "origin": report.origin,
        "size": report.size,
        "root": report.root.to_string(),
        "groups": report.groups,
        "authors": report.authors,
        "event_signatures": report.event_signatures,
        "checkpoint_signatures": report.checkpoint_signatures,
        "proven": report.proven,
        "notices": report.notices,
        "not_checked": report.not_checked,
        "fault_count": report.fault_count,
        "fault_counts": counts.collect::<Vec<_>>(),
        "faults": faults.collect::<Vec<_>>(),
    })
}
