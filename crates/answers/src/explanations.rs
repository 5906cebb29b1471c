//! What every code means: findings as `docs/findings/` has them, errors as `docs/errors.md` has them.
//!
//! Invariant: every code has a page: of a finding, or this file does not compile; of an error, or its test fails. Knows nothing
//! of ledgers.

use std::str::FromStr;

use projection::{FindingCode, Severity};

use crate::refused::ErrorCode;
use crate::schema::answers;
use crate::table::{Cell, Table};

/// Exit codes and error codes.
const ERRORS: &str = include_str!("../../../docs/errors.md");

macro_rules! pages {
    ($($code:ident),+ $(,)?) => {
        /// What a code means, what it compares, why it can be innocent, what to do, and the law.
        pub const fn page(code: FindingCode) -> &'static str {
            match code {
                $(FindingCode::$code => {
                    include_str!(concat!("../../../docs/findings/", stringify!($code), ".md"))
                })+
            }
        }
    };
}

pages!(
    Q01, Q02, Q03, Q04, Q05, Q06, O01, P01, P02, P03, S01, S02, S03, S04, M01, M02, M03, M04, M05,
    T01, T02, T03, T04, T05, T06, R01, R02, R03, R04, F01, F02, D01, D02, K01, K02, X01, X02, X03,
    V01, V02, T07, T08, T09, T10, L01, L02, L03, P04, D03, D04, M06, M07, I01
);

/// What an error code means and what to do: its part of the page of errors.
fn error_page(code: ErrorCode) -> &'static str {
    let head = format!("\n### `{}`\n", code.name());
    let part = ERRORS.split_once(&head).map(|(_, rest)| rest);
    let part = part.unwrap_or_default();
    part.split("\n##").next().unwrap_or_default().trim()
}

/// When an error has this code, in a few words.
fn error_title(code: ErrorCode) -> &'static str {
    let row = format!("| `{}` |", code.name());
    let rows = ERRORS.lines().find_map(|line| line.strip_prefix(&row));
    let when = rows.and_then(|row| row.split('|').nth(1));
    when.unwrap_or_default().trim()
}

answers! {
    /// Codes of findings and of errors.
    pub struct Codes {
        pub findings: Vec<FindingExplained>,
        pub errors: Vec<ErrorExplained>,
    }

    /// A code of a finding, and what it means.
    pub struct FindingExplained {
        pub code: FindingCode,
        pub severity: Severity,
        pub title: &'static str,
        pub explanation: &'static str,
    }

    /// A code of an error, and what it means.
    pub struct ErrorExplained {
        pub code: &'static str,
        pub title: &'static str,
        pub explanation: &'static str,
    }
}

fn finding(code: FindingCode) -> FindingExplained {
    FindingExplained {
        code,
        severity: code.severity(),
        title: code.title(),
        explanation: page(code),
    }
}

fn error(code: ErrorCode) -> ErrorExplained {
    ErrorExplained {
        code: code.name(),
        title: error_title(code),
        explanation: error_page(code),
    }
}

/// A code that has a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    Finding(FindingCode),
    Error(ErrorCode),
}

impl FromStr for Code {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let finding = text.parse().map(Self::Finding);
        let code = finding.or_else(|_| text.parse().map(Self::Error));
        code.map_err(|()| format!("{text:?} is not the code of a finding or an error"))
    }
}

/// One code, or all of them.
pub fn codes(wanted: Option<Code>) -> Codes {
    let of_finding = |code: &FindingCode| wanted.is_none_or(|one| one == Code::Finding(*code));
    let of_error = |code: &ErrorCode| wanted.is_none_or(|one| one == Code::Error(*code));
    let findings = FindingCode::ALL.iter().copied().filter(of_finding);
    let errors = ErrorCode::ALL.iter().copied().filter(of_error);
    Codes {
        findings: findings.map(finding).collect(),
        errors: errors.map(error).collect(),
    }
}

impl Codes {
    /// The lists of codes.
    pub fn tables(&self) -> Vec<Table> {
        let finding = |one: &FindingExplained| {
            vec![
                Cell::text(one.code),
                Cell::Severity(one.severity),
                Cell::text(one.title),
            ]
        };
        let error = |one: &ErrorExplained| vec![Cell::text(one.code), Cell::text(one.title)];
        let findings = Table::new(&["finding", "severity", "possibly"]);
        let errors = Table::new(&["error", "when"]);
        vec![
            findings.with(self.findings.iter().map(finding)),
            errors.titled("").with(self.errors.iter().map(error)),
        ]
    }

    /// The pages.
    pub fn pages(&self) -> impl Iterator<Item = &'static str> {
        let findings = self.findings.iter().map(|one| one.explanation);
        findings.chain(self.errors.iter().map(|one| one.explanation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_explained() {
        for code in ErrorCode::ALL {
            assert!(error_page(*code).len() > 80, "{code:?}");
            assert!(!error_page(*code).contains('#'), "{code:?}");
            assert!(error_title(*code).len() > 10, "{code:?}");
        }
    }

    #[test]
    fn a_page_begins_with_code_and_title_and_names_the_severity() {
        for code in FindingCode::ALL {
            let page = page(*code);
            let head = format!("# {code}: {}", code.title());
            assert_eq!(page.lines().next(), Some(head.as_str()));
            let severity = page.lines().nth(2).unwrap_or_default();
            let mut name = code.severity().name().to_owned();
            name[..1].make_ascii_uppercase();
            assert!(severity.contains(&name), "{code}: {severity}");
            for part in [
                "What it means",
                "What is compared",
                "Why it can be innocent",
                "What to do",
                "Law",
            ] {
                assert!(
                    page.contains(&format!("\n## {part}\n")),
                    "{code} lacks {part:?}"
                );
            }
        }
    }
}
