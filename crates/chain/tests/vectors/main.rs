//! The golden vectors of `tests/vectors/chain`: hashes, roots, proofs, author chains, tile paths, stored edges.
//! Invariant: each file is good, or refused for exactly the reason it names; the files were made by another program.
//! Entry i of a tree is the text `entry i`. Knows nothing of signatures.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod file;

use chain::{
    AuthorHead, Frontier, Hash, Levels, Tile, consistency_proof, event_id, inclusion_proof,
    leaf_hash, ledger_id, node_hash, origin_hash, root_at, verify_consistency, verify_inclusion,
};
use file::{Vector, from_hex, refusal_name};

const LEAST: usize = 121;

fn hash(vector: &Vector, name: &str) -> Hash {
    Hash::from_bytes(vector.array(name))
}

fn proof(vector: &Vector) -> Vec<Hash> {
    let hashes = vector.all("hash").iter();
    let hash = |text: &String| Hash::from_bytes(from_hex(text).try_into().unwrap());
    hashes.map(hash).collect()
}

fn entries(count: u64) -> Levels {
    let leaf = |position| leaf_hash(format!("entry {position}").as_bytes());
    Levels::new((0..count).map(leaf).collect())
}

/// For vectors that state a value: a faulty one states what a frequent mistake gives.
fn compare(same: bool) -> Option<String> {
    (!same).then(|| "Differs".to_owned())
}

fn name(refusal: &impl std::fmt::Debug) -> String {
    refusal_name(refusal, &[])
}

fn inclusion(vector: &Vector) -> Option<String> {
    let (position, size) = (vector.number("position"), vector.number("size"));
    let (leaf, root) = (hash(vector, "leaf"), hash(vector, "root"));
    let proof = proof(vector);
    if vector.maybe("made").is_some() {
        let tree = entries(size);
        assert_eq!(inclusion_proof(position, size, &tree).unwrap(), proof);
    }
    let verdict = verify_inclusion(&leaf, position, size, &proof, &root);
    verdict.err().as_ref().map(name)
}

fn consistency(vector: &Vector) -> Option<String> {
    let (old, new) = (vector.number("old"), vector.number("new"));
    let (old_root, new_root) = (hash(vector, "old-root"), hash(vector, "new-root"));
    let proof = proof(vector);
    if vector.maybe("made").is_some() {
        let tree = entries(new);
        assert_eq!(consistency_proof(old, new, &tree).unwrap(), proof);
    }
    let verdict = verify_consistency(old, &old_root, new, &new_root, &proof);
    verdict.err().as_ref().map(name)
}

/// Events `seq prev body` of one author, in order.
fn author_chain(vector: &Vector) -> Option<String> {
    let mut head = AuthorHead::start(vector.array("ledger"));
    for event in vector.all("event") {
        let parts: Vec<&str> = event.split(' ').collect();
        let [seq, prev, body] = parts[..] else {
            panic!("{}: not an event: {event}", vector.file)
        };
        let prev = from_hex(prev).try_into().unwrap();
        if let Err(refusal) = head.check(seq.parse().unwrap(), &prev) {
            return Some(name(&refusal));
        }
        head = head.extend(event_id(&from_hex(body)));
    }
    let stated = AuthorHead {
        next_seq: vector.number("next-seq"),
        last: vector.array("last"),
    };
    compare(head == stated)
}

fn tile_path(vector: &Vector) -> Option<String> {
    let path = vector.one("path");
    let is_bundle = path.starts_with("tile/entries/");
    let read = if is_bundle {
        Tile::parse_entries(path)
    } else {
        Tile::parse(path)
    };
    let tile = match read {
        Ok(tile) => tile,
        Err(refusal) => return Some(name(&refusal)),
    };
    let written = if is_bundle {
        tile.entries_path()
    } else {
        tile.path()
    };
    assert_eq!(written, path);
    let stated = ["level", "index", "width"].map(|field| vector.number(field));
    let found = [tile.level().into(), tile.index(), tile.width().into()];
    compare(found == stated)
}

fn edge(vector: &Vector) -> Option<String> {
    let stored = vector.bytes("bytes");
    let edge = match Frontier::from_bytes(&stored) {
        Ok(edge) => edge,
        Err(refusal) => return Some(name(&refusal)),
    };
    assert_eq!(edge.to_bytes(), stored);
    let size = vector.number("size");
    compare(edge.size() == size && edge.root() == hash(vector, "root"))
}

fn judge(vector: &Vector) -> Option<String> {
    match vector.one("kind") {
        "leaf" => compare(leaf_hash(&vector.bytes("entry")) == hash(vector, "value")),
        "node" => {
            let node = node_hash(&hash(vector, "left"), &hash(vector, "right"));
            compare(node == hash(vector, "value"))
        }
        "root" => {
            let size = vector.number("size");
            let root = root_at(size, &entries(size)).unwrap();
            compare(root == hash(vector, "value"))
        }
        "inclusion" => inclusion(vector),
        "consistency" => consistency(vector),
        "event-id" => compare(event_id(&vector.bytes("body")) == vector.array("value")),
        "origin-hash" => compare(origin_hash(vector.one("origin")) == vector.array("value")),
        "ledger-id" => {
            let ledger = ledger_id(vector.one("origin"), &vector.array("founding"));
            compare(ledger == vector.array("value"))
        }
        "author-chain" => author_chain(vector),
        "tile-path" => tile_path(vector),
        "edge" => edge(vector),
        other => panic!("{}: no kind {other}", vector.file),
    }
}

#[test]
fn every_vector_gets_the_verdict_it_names() {
    file::assert_all("chain", LEAST, judge);
}
