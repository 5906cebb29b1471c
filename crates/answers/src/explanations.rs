//! The page of every finding code, as it stands in `docs/findings/`.
//!
//! Invariant: every code has a page, or this file does not compile. Knows nothing of ledgers.

use projection::{FindingCode, Severity};
use serde::Serialize;

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
    Q01, Q02, Q03, Q04, P01, P02, P03, S01, S02, S03, S04, M01, M02, M03, M04, M05, T01, T02, T03,
    T04, T05, T06, R01, R02, R03, R04, F01, F02, D01, D02, K01, K02, X01, T07, T08, T09, T10, L01,
    L02, L03, P04, D03, D04
);

/// A code, and what it means.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CodeExplained {
    pub code: FindingCode,
    pub severity: Severity,
    pub title: &'static str,
    pub explanation: &'static str,
}

/// One code, or all of them.
pub fn codes(wanted: Option<FindingCode>) -> Vec<CodeExplained> {
    let all = FindingCode::ALL.iter().copied();
    all.filter(|code| wanted.is_none_or(|wanted| wanted == *code))
        .map(|code| CodeExplained {
            code,
            severity: code.severity(),
            title: code.title(),
            explanation: page(code),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
