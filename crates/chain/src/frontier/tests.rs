//! The frontier against the recursive definition of RFC 6962, and the strictness of its stored form.

use super::*;
use crate::hash::leaf_hash;
use crate::proof::tests::{FullTree, leaves, recursive_root};

/// The leaves of the classic test tree of the Certificate Transparency code base.
pub(crate) const CLASSIC_LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

const CLASSIC_ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn roots_of_the_classic_tree() {
    let mut frontier = Frontier::new();
    assert_eq!(
        frontier.root().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    for (size, (leaf, root)) in (1..).zip(CLASSIC_LEAVES.into_iter().zip(CLASSIC_ROOTS)) {
        frontier.push(leaf_hash(leaf));
        assert_eq!(frontier.size(), size);
        assert_eq!(frontier.root().to_string(), root, "size {size}");
    }
}

#[test]
fn every_size_has_the_root_of_the_definition_and_survives_its_stored_form() {
    let leaves = leaves(600);
    let tree = FullTree::new(&leaves);
    let mut frontier = Frontier::new();
    for size in 0..=leaves.len() {
        assert_eq!(
            frontier.root(),
            recursive_root(&leaves[..size]),
            "size {size}"
        );
        assert_eq!(frontier.peaks().len(), size.count_ones() as usize);
        assert_eq!(
            Frontier::from_bytes(&frontier.to_bytes()),
            Ok(frontier.clone())
        );
        assert_eq!(Frontier::read(size as u64, &tree), Ok(frontier.clone()));
        if let Some(leaf) = leaves.get(size) {
            frontier.push(*leaf);
        }
    }
}

#[test]
fn equality_ignores_what_is_left_over() {
    // Three pushes leave a second peak behind that the fourth makes stale.
    let mut grown = Frontier::new();
    leaves(4).into_iter().for_each(|leaf| grown.push(leaf));
    let read = Frontier::from_bytes(&grown.to_bytes()).unwrap();
    assert_eq!(grown, read);
    let mut other = read;
    other.push(leaf_hash(b"one more"));
    assert_ne!(grown, other);
}

#[test]
fn stored_forms_of_another_length_are_refused() {
    let mut frontier = Frontier::new();
    leaves(5).into_iter().for_each(|leaf| frontier.push(leaf));
    let bytes = frontier.to_bytes();
    assert_eq!(bytes.len(), 8 + 2 * 32);
    for length in 0..bytes.len() {
        let expected = if length < 8 {
            FrontierRefusal::SizeMissing { found: length }
        } else {
            FrontierRefusal::WrongLength {
                size: 5,
                expected: 72,
                found: length,
            }
        };
        assert_eq!(Frontier::from_bytes(&bytes[..length]), Err(expected));
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(
        Frontier::from_bytes(&longer),
        Err(FrontierRefusal::WrongLength {
            size: 5,
            expected: 72,
            found: 73
        })
    );
}

#[test]
fn a_tree_of_the_largest_size_still_answers() {
    let bytes = [&u64::MAX.to_le_bytes()[..], &[9; 64 * 32]].concat();
    let frontier = Frontier::from_bytes(&bytes).unwrap();
    assert_eq!(frontier.peaks().len(), 64);
    assert_ne!(frontier.root(), empty_root());
}
