//! `docs/errors.md` names every code once, with its exit code, and no other.
//! Invariant: the page is read as it lies there.

use std::collections::BTreeMap;

use answers::ErrorCode;
use desk::{DeskRefused, RefusalKind};

#[test]
fn the_page_of_errors_names_every_code_once_and_no_other() {
    let page = include_str!("../../../../docs/errors.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut named = BTreeMap::new();
    for row in rows {
        let (code, rest) = row.split_once('`').unwrap();
        let exit = rest.split('|').nth(1).unwrap().trim();
        assert!(named.insert(code, exit).is_none(), "{code} has two rows");
    }
    for code in ErrorCode::ALL {
        assert!(named.remove(code.name()).is_some(), "{}", code.name());
    }
    for (code, kind) in DeskRefused::codes() {
        let exit = match kind {
            RefusalKind::Rule => "1",
            RefusalKind::Slip => "2",
            RefusalKind::Fault => "3",
        };
        assert_eq!(named.remove(code), Some(exit), "{code}");
    }
    assert!(named.is_empty(), "{named:?}");
}
