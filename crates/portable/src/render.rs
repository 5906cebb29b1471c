//! A report as text for a person and as JSON for a program: the same for the command and the stand-alone verifier.
//!
//! Invariant: the first line is the verdict and the origin; every fault has one line, whatever a stranger wrote into the
//! copy. Knows no terminal.

use std::fmt::Write;

use serde_json::{Value, json as object};
use verify::{Report, printable};

/// Lines for a person.
pub fn text(report: &Report) -> String {
    let origin = printable(report.origin.as_deref().unwrap_or("no origin"));
    let mut text = format!("{}: {origin}\n", report.verdict.name().to_uppercase());
    // Writing to a text can't fail.
    let _ = writeln!(
        text,
        "  checked      {} entries in {} groups by {} authors\n  checked      {} event signatures, {} checkpoint signatures",
        report.size,
        report.groups,
        report.authors,
        report.event_signatures,
        report.checkpoint_signatures,
    );
    // Evidence of two events has no tree.
    if report.tree_size > 0 || report.proven.is_empty() {
        let _ = writeln!(text, "  checked      root {}", report.root);
    }
    for line in &report.proven {
        let _ = writeln!(text, "  proven       {}", printable(line));
    }
    for line in &report.not_checked {
        let _ = writeln!(text, "  not checked  {line}");
    }
    for fault in &report.faults {
        let _ = writeln!(text, "  fault        {fault}");
    }
    let more = report.fault_count - report.faults.len() as u64;
    if more > 0 {
        let _ = writeln!(text, "  and {more} faults more");
    }
    text
}

/// One document for a program.
pub fn json(report: &Report) -> Value {
    let faults = report.faults.iter().map(|fault| {
        let (kind, position) = (fault.kind.name(), fault.position);
        object!({ "kind": kind, "position": position, "expected": fault.expected, "found": fault.computed })
    });
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
        "not_checked": report.not_checked,
        "fault_count": report.fault_count,
        "faults": faults.collect::<Vec<_>>(),
    })
}
