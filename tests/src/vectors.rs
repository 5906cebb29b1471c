//! Golden vectors of the event format (`tests/vectors/wire`), and the page and the independent reader held against them.
//!
//! Invariant: the stored files are what the generator makes; `YTTERBY_BLESS=1` writes them anew, any other run compares.
//! A faulty case is a good one with a single mutation and must be refused for exactly that.

mod acts;
mod enterprise;
mod entries;
mod faulty;
mod good;
mod page;
mod said;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use domain::Payload;
use domain::id::to_hex;
use faulty::{Faulty, Mutation};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn folder() -> PathBuf {
    root().join("tests/vectors/wire")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the switch that writes golden files anew"
)]
fn blessing() -> bool {
    std::env::var_os("YTTERBY_BLESS").is_some_and(|value| value == "1")
}

/// The bytes of a good case.
fn good_bytes(name: &str) -> Vec<u8> {
    let case = good::cases().into_iter().find(|case| case.name == name);
    let body = case.unwrap_or_else(|| panic!("no good case {name}")).body;
    wire::encode_body(&body).unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
}

/// The event that the correction vectors correct.
fn correctable(author: &str) -> Vec<u8> {
    wire::encode_body(&good::event(author, 1, &enterprise::mined())).unwrap()
}

/// The act that the annulment vectors annul.
fn annullable() -> Vec<u8> {
    let penalty = good::penalty();
    wire::encode_body(&good::event(&good::authority(), 1, &penalty)).unwrap()
}

fn correctable_length() -> u64 {
    correctable(&good::plant()).len() as u64
}

/// Applies a mutation; zeros that follow are counted and not listed.
fn mutate(name: &str, bytes: &[u8], mutation: &Mutation) -> (Vec<u8>, usize) {
    let mut changed = bytes.to_vec();
    match mutation {
        Mutation::Append(more) => changed.extend_from_slice(more),
        Mutation::Zeros(count) => return (changed, *count),
        Mutation::Keep(length) => changed.truncate(*length),
        Mutation::CutLast => changed.truncate(bytes.len() - 1),
        Mutation::At(place, put) => changed[*place..place + put.len()].copy_from_slice(put),
        Mutation::Replace(find, put) => {
            let places: Vec<_> = bytes
                .windows(find.len())
                .enumerate()
                .filter(|(_, window)| window == find)
                .map(|(place, _)| place)
                .collect();
            assert_eq!(
                places.len(),
                1,
                "{name}: {} stands at {places:?}",
                to_hex(find)
            );
            changed.splice(places[0]..places[0] + find.len(), put.iter().copied());
        }
    }
    assert_ne!(changed, bytes, "{name}: the mutation changes nothing");
    (changed, 0)
}

/// A vector's file: header lines, bytes in lines of 32, JSON of good cases.
fn render(
    comment: &str,
    kind: &str,
    expect: &str,
    bytes: &[u8],
    zeros: usize,
    tail: &str,
) -> String {
    let mut file = format!("comment: {comment}\nkind: {kind}\nexpect: {expect}\n");
    if zeros > 0 {
        file += &format!("zeros: {zeros}\n");
    }
    file += "bytes:\n";
    for line in bytes.chunks(32) {
        file += &to_hex(line);
        file.push('\n');
    }
    file + tail
}

/// Every vector: file name without `.txt` and its text. Fails where a faulty case is not refused for its fault.
fn vectors() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut bytes_of = BTreeMap::new();
    let mut add = |name: &str, text: String| {
        assert!(
            files.insert(name.to_owned(), text).is_none(),
            "two cases {name}"
        );
    };
    for case in good::cases() {
        let bytes = good_bytes(case.name);
        assert_eq!(
            wire::decode_body(&bytes).unwrap(),
            case.body,
            "{}",
            case.name
        );
        let json = serde_json::to_string_pretty(&case.body).unwrap();
        let tail = format!("id: {}\njson:\n{json}\n", wire::event_id(&bytes));
        add(
            case.name,
            render(case.comment, "body", "good", &bytes, 0, &tail),
        );
        bytes_of.insert(case.name, bytes);
    }
    for case in entries::good() {
        let bytes = wire::encode_entry(&case.entry).unwrap();
        assert_eq!(wire::decode_entry(&bytes).unwrap().to_entry(), case.entry);
        let json = serde_json::to_string_pretty(&entries::json_of(&case.entry)).unwrap();
        let tail = format!("json:\n{json}\n");
        add(
            case.name,
            render(case.comment, "entry", "good", &bytes, 0, &tail),
        );
        bytes_of.insert(case.name, bytes);
    }
    let bodies = faulty::cases().into_iter().map(|case| ("body", case));
    let of_entries = entries::faulty().into_iter().map(|case| ("entry", case));
    for (kind, Faulty(name, base, expect, comment, mutation)) in bodies.chain(of_entries) {
        let (bytes, zeros) = mutate(name, &bytes_of[base], &mutation);
        let whole = [bytes.clone(), vec![0; zeros]].concat();
        let refused = match kind {
            "body" => wire::decode_body(&whole).map(|_| ()),
            _ => wire::decode_entry(&whole).map(|_| ()),
        };
        let code = refused.map_or_else(|refusal| refusal.code().to_owned(), |()| "good".to_owned());
        assert_eq!(code, expect, "{name}: {comment}");
        let comment = format!("{comment}; one mutation of {base}");
        add(name, render(&comment, kind, expect, &bytes, zeros, ""));
    }
    files
}

#[test]
fn the_stored_vectors_are_those_of_the_generator() {
    let files = vectors();
    let path = |name: &str| folder().join(format!("{name}.txt"));
    if blessing() {
        std::fs::create_dir_all(folder()).unwrap();
        for (name, text) in &files {
            std::fs::write(path(name), text).unwrap();
        }
    }
    for (name, text) in &files {
        let stored = std::fs::read_to_string(path(name)).unwrap_or_default();
        assert!(
            stored == *text,
            "{name}.txt differs from the generator. If the format was meant to change, it needs a new version; \
             for a new case run with YTTERBY_BLESS=1.\nstored:\n{stored}\ngenerated:\n{text}"
        );
    }
    let stored: BTreeSet<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let known: BTreeSet<_> = files.keys().cloned().collect();
    assert_eq!(
        stored, known,
        "files without a case, or cases without a file"
    );
}

#[test]
fn every_payload_has_a_good_vector() {
    let seen: BTreeSet<_> = good::cases()
        .iter()
        .map(|case| case.body.payload.number())
        .collect();
    let table: BTreeSet<_> = Payload::TABLE.iter().map(|(number, _)| *number).collect();
    assert_eq!(seen, table);
}

#[test]
fn the_independent_reader_agrees_on_every_vector() {
    let output = Command::new("python3")
        .arg(root().join("tests/independent/check_vectors.py"))
        .output()
        .expect("python3 starts: it runs the independent reader");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let cases = good::cases().len()
        + entries::good().len()
        + faulty::cases().len()
        + entries::faulty().len();
    assert!(
        said.contains(&format!("{cases} vectors: ")),
        "{cases} cases, but: {said}"
    );
}
