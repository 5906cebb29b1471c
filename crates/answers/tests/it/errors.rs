//! `docs/errors.md` names every code of a question; that it names no code that there is not, `desk` asks.
//! Invariant: the page is read as it lies there.

use std::collections::BTreeSet;

use answers::ErrorCode;

#[test]
fn the_page_of_errors_names_every_code() {
    let page = include_str!("../../../../docs/errors.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let named: BTreeSet<_> = rows
        .filter_map(|row| row.split_once('`').map(|(code, _)| code))
        .collect();
    let codes: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
    let missing: Vec<_> = codes.difference(&named).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
