//! A report as text for a person and as JSON for a program: the same for the command and the stand-alone verifier.
//!
//! Invariant: the first line is the verdict and the origin; every fault has one line, whatever a stranger wrote into the
//! copy. Knows no terminal.

use std::fmt::Write;

use domain::text::{is_invisible, printable};
use serde::Serialize;
use serde_json::{Value, json as object};
use verify::Report;

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
    for fault in &report.faults {
        let _ = writeln!(text, "  fault        {}", printable(&fault.to_string()));
    }
    let more = report.fault_count - report.faults.len() as u64;
    if more > 0 {
        let _ = writeln!(text, "  and {more} faults more");
    }
    text
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
        "faults": faults.collect::<Vec<_>>(),
    })
}
