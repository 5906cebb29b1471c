//! Codes and ids of findings are permanent.
//! Invariant: the id here was computed once and never changes. Knows no fold.

use crate::findings::{Figure, Finding, FindingCode, Severity, Subject};

#[test]
fn a_code_is_read_as_it_is_written() {
    assert_eq!(FindingCode::ALL.len(), 53);
    for code in FindingCode::ALL {
        assert_eq!(code.code().parse(), Ok(*code));
        assert!(!code.title().contains("illegal") && code.title().len() < 80);
    }
    assert!(
        "Z99"
            .parse::<FindingCode>()
            .unwrap_err()
            .contains("Q01, Q02")
    );
}

#[test]
fn an_id_rests_on_code_subject_and_first_evidence_only() {
    let subject = Subject {
        lot: Some(super::history::lot(4, "M-1")),
        ..Subject::party(super::history::id(4))
    };
    assert_eq!(
        subject.to_string(),
        "party=91150000MA0000004E lot=91150000MA0000004E/M-1"
    );
    let event = |byte| domain::EventId([byte; 32]);
    let finding = |figures, evidence| Finding::new(FindingCode::S01, subject, figures, evidence);
    let first = finding(vec![Figure::mg("drawn", 5)], vec![event(1)]);
    let grown = finding(vec![Figure::mg("drawn", 9)], vec![event(1), event(2)]);
    assert_eq!(first.id, grown.id);
    assert_ne!(first.id, finding(vec![], vec![event(2)]).id);
    assert_eq!(first.severity, Severity::Violation);
    let parts = format!("S01\0{subject}\0");
    let expected = blake3_of(&[parts.as_bytes(), &[1; 32]].concat());
    assert_eq!(first.id.0, expected);
}

fn blake3_of(bytes: &[u8]) -> [u8; 32] {
    chain::digest(chain::Context::FindingId, &[bytes])
}
