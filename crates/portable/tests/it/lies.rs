//! Extracts that lie: by whoever holds the document, and by an operator that signs a tree over a lie.
//! Invariant: every lie starts from the honest log, and its faults are named. Knows no verifier.

use domain::{Bytes32, Payload};
use portable::{Extract, ExtractedEntry};
use testkit::{TestCountry, key, party, registration};
use verify::FaultKind::{self, Admission, Checkpoint, Gap, Heads, Missing, Root, Signature};

use crate::log::{
    AUTHORITY, COMMITMENT, DEPARTMENT, FALSE_HASH, GRANT, Log, MINED, NOBODY, OPERATOR, SMELTER,
    honest, mined, next_event, put,
};
use crate::vectors::Case;
use crate::{lies_of_form, reach};

/// The mine's extract after a change by whoever holds it.
pub(crate) fn changed(
    whole: &Log,
    name: &'static str,
    why: &'static str,
    kinds: &[FaultKind],
    change: impl FnOnce(&mut Extract),
) -> Case {
    let mut extract = whole.extract(TestCountry::MINE);
    let before = extract.clone();
    change(&mut extract);
    assert_ne!(extract, before, "{name} changes nothing");
    Case::of(name, why, &extract, kinds)
}

/// The mine's extract from a log that the operator changed and signed.
pub(crate) fn signed_anew(
    whole: &Log,
    name: &'static str,
    why: &'static str,
    kinds: &[FaultKind],
    change: impl FnOnce(&mut Vec<Vec<u8>>),
) -> Case {
    let mut entries = whole.entries.clone();
    change(&mut entries);
    Case::of(
        name,
        why,
        &Log::of(entries).extract(TestCountry::MINE),
        kinds,
    )
}

pub(crate) fn drop_at(extract: &mut Extract, positions: &[usize]) {
    let gone = |entry: &ExtractedEntry| positions.iter().any(|at| *at as u64 == entry.position);
    extract.entries.retain(|entry| !gone(entry));
}

fn entry_at(extract: &mut Extract, position: usize) -> &mut ExtractedEntry {
    let mut entries = extract.entries.iter_mut();
    entries
        .find(|entry| entry.position == position as u64)
        .unwrap()
}

/// The same log with another event of the mine before the commitment: another root, another commitment.
fn another_log(whole: &Log) -> Log {
    let mut entries = whole.entries[..MINED[2]].to_vec();
    let event = next_event(
        &entries,
        TestCountry::MINE,
        &key(TestCountry::MINE),
        mined(77),
    );
    put(&mut entries, event);
    let commitment = heads_over(&entries);
    let event = next_event(&entries, OPERATOR, &key(OPERATOR), commitment);
    put(&mut entries, event);
    Log::of(entries)
}

/// The commitment that an operator who tells the truth makes behind these entries.
pub(crate) fn heads_over(entries: &[Vec<u8>]) -> Payload {
    let mut heads = std::collections::BTreeMap::new();
    for entry in entries {
        let view = wire::decode_entry(entry).unwrap();
        let body = wire::decode_body(view.body).unwrap();
        let (next_seq, last) = (body.seq + 1, wire::event_id(view.body).0);
        heads.insert(body.author, chain::AuthorHead { next_seq, last });
    }
    let tree = verify::HeadsTree::new(heads);
    Payload::HeadsCommitted(domain::payload::HeadsCommitted {
        covered: tree.covered(),
        authors: tree.authors(),
        root: Bytes32(*tree.root().as_bytes()),
    })
}

pub(crate) fn cases() -> Vec<Case> {
    let whole = honest();
    let mut cases = of_entries(&whole);
    cases.extend(of_proofs(&whole));
    cases.extend(of_heads(&whole));
    cases.extend(of_absence(&whole));
    cases.extend(lies_of_form::cases(&whole));
    cases.extend(reach::lies());
    cases
}

fn of_entries(whole: &Log) -> Vec<Case> {
    vec![
        changed(
            whole,
            "event-dropped-in-the-middle",
            "an event of the mine is left out, later ones are there",
            &[Gap],
            |extract| drop_at(extract, &[MINED[1]]),
        ),
        changed(
            whole,
            "newest-before-the-commitment-dropped",
            "the mine's newest events are left out, the commitment's leaf names one of them",
            &[Missing],
            |extract| drop_at(extract, &MINED[2..]),
        ),
        changed(
            whole,
            "all-events-of-the-party-dropped",
            "the mine's chain is left out, its leaf is there",
            &[Missing],
            |extract| drop_at(extract, &MINED),
        ),
        changed(
            whole,
            "foreign-event-put-in",
            "an event that the mine signed for no log stands at a free position",
            &[Root, Admission],
            |extract| {
                let mut author =
                    author::Author::founder(party(TestCountry::MINE), "elsewhere.example/log");
                let signer = key(TestCountry::MINE);
                let now = crate::log::now();
                let event = author.sign(&signer, now, now, mined(5)).unwrap();
                let mut entries = Vec::new();
                put(&mut entries, event);
                let place = extract.entries.iter().position(|entry| entry.position > 11);
                let foreign = ExtractedEntry {
                    position: 11,
                    entry: domain::id::to_hex(&entries[0]),
                    proof: extract.entries[0].proof.clone(),
                };
                extract.entries.insert(place.unwrap(), foreign);
            },
        ),
        changed(
            whole,
            "event-edited",
            "one digit in the code of a lot",
            &[Root, Signature, Gap],
            |extract| {
                let entry = entry_at(extract, MINED[1]);
                // "M-2" of the lot becomes "M-3".
                assert_eq!(entry.entry.matches("4d2d32").count(), 1);
                entry.entry = entry.entry.replace("4d2d32", "4d2d33");
            },
        ),
    ]
}

fn of_proofs(whole: &Log) -> Vec<Case> {
    vec![
        changed(
            whole,
            "proof-of-another-position",
            "an entry has the proof of the next one",
            &[Root],
            |extract| {
                let other = entry_at(extract, MINED[1]).proof.clone();
                entry_at(extract, MINED[0]).proof = other;
            },
        ),
        changed(
            whole,
            "position-changed",
            "an entry with its own proof claims a neighbouring position",
            &[Root],
            |extract| entry_at(extract, MINED[0]).position += 1,
        ),
        changed(
            whole,
            "position-beyond-the-tree",
            "the last entry claims the highest position of all",
            &[Root, Missing],
            |extract| extract.entries.last_mut().unwrap().position = u64::MAX,
        ),
        changed(
            whole,
            "checkpoint-of-another-key",
            "the tree is the log's, the signature the mine's",
            &[Checkpoint],
            |extract| {
                let checkpoint = whole.checkpoint_by(&key(TestCountry::MINE));
                extract.checkpoint = String::from_utf8(checkpoint).unwrap();
            },
        ),
        changed(
            whole,
            "checkpoint-of-another-tree",
            "a checkpoint that the operator signed, of a shorter log",
            &[Root, Missing],
            |extract| {
                let shorter = Log::of(whole.entries[..COMMITMENT + 1].to_vec());
                extract.checkpoint = String::from_utf8(shorter.checkpoint()).unwrap();
            },
        ),
    ]
}

fn of_heads(whole: &Log) -> Vec<Case> {
    let another = another_log(whole).extract(TestCountry::MINE);
    let of_mine = party(TestCountry::MINE);
    vec![
        changed(
            whole,
            "heads-leaf-changed",
            "the leaf is lowered to the events that are left",
            &[Heads],
            |extract| {
                let kept = honest().entries[MINED[1]].clone();
                let last = wire::event_id(wire::decode_entry(&kept).unwrap().body);
                drop_at(extract, &MINED[2..]);
                let mut leaves = extract.heads.as_mut().unwrap().leaves.iter_mut();
                let leaf = leaves.find(|leaf| leaf.author == of_mine).unwrap();
                (leaf.last_seq, leaf.last) = (1, Bytes32(last.0));
            },
        ),
        changed(
            whole,
            "heads-proof-cut",
            "the last hash of a leaf's proof is missing",
            &[Heads],
            |extract| {
                let leaf = extract.heads.as_mut().unwrap().leaves.last_mut();
                leaf.unwrap().proof.pop().unwrap();
            },
        ),
        changed(
            whole,
            "heads-proof-longer",
            "a hash follows on a leaf's proof",
            &[Heads],
            |extract| {
                let leaf = extract.heads.as_mut().unwrap().leaves.last_mut();
                leaf.unwrap().proof.push(FALSE_HASH);
            },
        ),
        changed(
            whole,
            "heads-of-another-log",
            "leaves with their proofs under the commitment of another log",
            &[Heads, Missing],
            |extract| extract.heads.clone_from(&another.heads),
        ),
        changed(
            whole,
            "commitment-of-another-log",
            "the operator's commitment of another log with the leaves that fit it",
            &[Root, Missing],
            |extract| {
                let mut other = another.clone();
                let commitment = entry_at(&mut other, COMMITMENT).entry.clone();
                entry_at(extract, COMMITMENT).entry = commitment;
                extract.heads.clone_from(&another.heads);
            },
        ),
        changed(
            whole,
            "no-commitment-there",
            "the position of the heads is that of another event",
            &[Heads, Missing],
            |extract| extract.heads.as_mut().unwrap().position = GRANT as u64,
        ),
        covers_what_follows(whole),
    ]
}

/// With the true root, a number that no log reaches, and without the mine's later event.
fn covers_what_follows(whole: &Log) -> Case {
    let mut entries = whole.entries.clone();
    let Payload::HeadsCommitted(mut commitment) = heads_over(&entries[..COMMITMENT]) else {
        unreachable!()
    };
    commitment.covered = 1_000_000_000_000;
    let mut before = entries[..COMMITMENT].to_vec();
    let payload = Payload::HeadsCommitted(commitment);
    let event = next_event(&before, OPERATOR, &key(OPERATOR), payload);
    put(&mut before, event);
    entries[COMMITMENT] = before.pop().unwrap();
    let mut extract = Log::of(entries).extract(TestCountry::MINE);
    extract.heads = whole.extract(TestCountry::MINE).heads;
    drop_at(&mut extract, &[MINED[3]]);
    Case::of(
        "heads-cover-what-follows",
        "the commitment claims to cover more than lies before it; no leaf can name the commitment itself",
        &extract,
        &[Heads, Missing],
    )
}

/// A log with an enterprise whose leaf is the first of all, and an extract that denies it.
fn first_denied(whole: &Log) -> Case {
    let mut entries = whole.entries.clone();
    let first = 0;
    let mining = domain::PartyKind::Enterprise {
        activities: vec![domain::Activity::Mining].try_into().unwrap(),
    };
    let registered = registration(first, mining, "150207");
    let events = [(AUTHORITY, registered), (first, mined(60))];
    for (author, payload) in events {
        let event = next_event(&entries, author, &key(author), payload);
        put(&mut entries, event);
    }
    let commitment = heads_over(&entries);
    let event = next_event(&entries, OPERATOR, &key(OPERATOR), commitment);
    put(&mut entries, event);
    let mut extract = Log::of(entries).extract(TestCountry::MINE);
    extract.party = party(first);
    Case::of(
        "absence-at-the-first-edge",
        "the first enterprise of the tree is denied: the leaf above it is not the first",
        &extract,
        &[Missing],
    )
}

/// What a reader is told who asks for an enterprise that the operator hides.
fn of_absence(whole: &Log) -> Vec<Case> {
    let denied = |name, why, number: u32, dropped: &[usize], neighbours: &[u32], kinds: &[_]| {
        let mut extract = whole.extract(TestCountry::MINE);
        // Every leaf, proven, to choose from.
        let all = whole.extract(TestCountry::TRADER).heads.unwrap().leaves;
        let heads = extract.heads.as_mut().unwrap();
        heads.leaves.extend(all);
        heads.leaves.sort_by_key(|leaf| leaf.index);
        heads.leaves.dedup();
        let neighbours: Vec<_> = neighbours
            .iter()
            .map(|neighbour| party(*neighbour))
            .collect();
        heads
            .leaves
            .retain(|leaf| neighbours.contains(&leaf.author));
        assert_eq!(heads.leaves.len(), neighbours.len());
        extract.party = party(number);
        drop_at(&mut extract, dropped);
        Case::of(name, why, &extract, kinds)
    };
    vec![
        denied(
            "absence-between-neighbours-apart",
            "the separator is denied: the leaves given do not stand side by side; an act about its key is left",
            TestCountry::SEPARATOR,
            &[],
            &[1, DEPARTMENT, TestCountry::MINE, SMELTER],
            &[Admission, Missing],
        ),
        denied(
            "absence-not-proven",
            "a party that is not in the log: the leaves given do not stand side by side",
            NOBODY,
            &[],
            &[1, DEPARTMENT, TestCountry::MINE, SMELTER],
            &[Missing],
        ),
        denied(
            "absence-at-the-edge",
            "the last enterprise of the tree is denied: the leaf given is not the last",
            SMELTER,
            &[],
            &[1, DEPARTMENT, TestCountry::MINE, TestCountry::SEPARATOR],
            &[Missing],
        ),
        first_denied(whole),
    ]
}
