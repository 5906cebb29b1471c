//! `docs/errors.md` names every code, and no other.
//! Invariant: the page is read as it lies there.

use std::collections::BTreeSet;

use answers::ErrorCode;

#[test]
fn the_page_of_errors_names_every_code_and_no_other() {
    let page = include_str!("../../../../docs/errors.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let named: BTreeSet<_> = rows
        .filter_map(|row| row.split_once('`').map(|(code, _)| code))
        .collect();
    let codes: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(named, codes);
}
