//! The worked example of `docs/spec/log.md`: every number on that page comes from here.

use crate::{
    AuthorHead, Frontier, Hash, TileBuilder, TileHashes, consistency_proof, empty_root, event_id,
    inclusion_proof, leaf_hash, ledger_id, node_hash, origin_hash, verify_consistency,
    verify_inclusion,
};

const PAGE: &str = include_str!("../../../docs/spec/log.md");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The page shows the label and the value on one line.
fn shown(label: &str, value: &str) {
    let found = PAGE
        .lines()
        .any(|line| line.trim_start().starts_with(label) && line.ends_with(value));
    assert!(
        found,
        "docs/spec/log.md lacks the line: {label} ... {value}"
    );
}

#[test]
fn the_page_shows_the_author_chain_as_it_is() {
    let origin = "ledger.example/rare-earths";
    let founding = event_id(b"founding body");
    let ledger = ledger_id(origin, &founding);
    let ids = [event_id(b"first body"), event_id(b"second body")];
    shown("origin hash", &hex(&origin_hash(origin)));
    shown("id of the founding", &hex(&founding));
    shown("id of the ledger", &hex(&ledger));
    shown("id of event 0", &hex(&ids[0]));
    shown("id of event 1", &hex(&ids[1]));
    let head = AuthorHead::start(ledger).extend(ids[0]);
    assert_eq!(head.check(1, &ids[0]), Ok(()));
}

#[test]
fn the_page_shows_the_tree_as_it_is() {
    let leaves = [b"entry 0", b"entry 1", b"entry 2"].map(|entry| leaf_hash(entry));
    let mut builder = TileBuilder::new();
    shown("root of size 0", &empty_root().to_string());
    for (position, leaf) in leaves.iter().enumerate() {
        builder.push(*leaf);
        shown(&format!("leaf {position}"), &leaf.to_string());
        shown(
            &format!("root of size {}", position + 1),
            &builder.root().to_string(),
        );
    }
    let pair = node_hash(&leaves[0], &leaves[1]);
    assert_eq!(builder.root(), node_hash(&pair, &leaves[2]));
    let hashes = TileHashes::new(&builder, 3);
    let inclusion = inclusion_proof(1, 3, &hashes).unwrap();
    assert_eq!(inclusion, [leaves[0], leaves[2]], "the page names them");
    assert_eq!(
        verify_inclusion(&leaves[1], 1, 3, &inclusion, &builder.root()),
        Ok(())
    );
    let consistency = consistency_proof(2, 3, &hashes).unwrap();
    assert_eq!(consistency, [leaves[2]], "the page names it");
    assert_eq!(
        verify_consistency(2, &pair, 3, &builder.root(), &consistency),
        Ok(())
    );
    let (tile, bytes) = builder.partial().next().unwrap();
    assert_eq!(tile.path(), "tile/0/000.p/3");
    assert_eq!(bytes, leaves.map(|leaf| *leaf.as_bytes()).as_flattened());
    assert_eq!(tile.entries_path(), "tile/entries/000.p/3");
    assert!(PAGE.contains("tile/0/000.p/3") && PAGE.contains("tile/entries/000.p/3"));
    let stored = builder.frontier().to_bytes();
    shown("stored edge of size 3", &hex(&stored));
    assert_eq!(
        Frontier::from_bytes(&stored).as_ref(),
        Ok(builder.frontier())
    );
    assert_eq!(builder.frontier().peaks(), [pair, leaves[2]].as_slice());
    assert_eq!(stored.len(), 8 + 2 * Hash::BYTES);
}

#[test]
fn the_page_lists_every_context_string() {
    for context in crate::Context::ALL {
        assert!(
            PAGE.contains(&format!("`{}`", context.text())),
            "{context:?}"
        );
    }
}
