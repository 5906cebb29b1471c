//! The lies. Each makes a copy that is not the honest one; most are made with the operator's own key.
//! Invariant: every lie starts from the same honest entries. Knows no verifier.

use domain::{Bytes32, PartyId, Payload};
use testkit::{Authors, at, log_key, party, rotation};
use wire::Entry;

use crate::lies_of_authority::{heads_of, of_authority, push_next, without};
use crate::lies_of_files::{of_files, stored};
use crate::lies_of_keys::{of_both, of_framing, of_newest, of_offices, of_plants};
use crate::log::{Copy, Honest};

/// Who lies, in words of the table.
pub(crate) const THIEF: &str = "whoever holds the copy";
pub(crate) const OPERATOR: &str = "the operator, with its key";
pub(crate) const PLANT: &str = "an enterprise and the operator";
/// A policy of witnesses tells nothing of this one.
pub(crate) const ALL_KEYS: &str = "whoever stole the log key and the witnesses'";

/// What a reader needs to notice a lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noticed {
    /// Nothing but the copy.
    Alone,
    /// An earlier look at the log.
    Memory,
    /// The receipt of the newest event, which nobody else had seen.
    Receipt,
    /// Whatever a verifier has, it notices nothing; and who may know better.
    Nowhere(&'static str),
}

pub(crate) struct Lie {
    pub what: &'static str,
    pub by: &'static str,
    pub noticed: Noticed,
    pub copy: Copy,
}

pub(crate) fn again(entry: &[u8], change: impl FnOnce(&mut Entry)) -> Vec<u8> {
    let view = wire::decode_entry(entry).unwrap();
    let mut entry = Entry {
        received: view.received,
        body: view.body.to_vec(),
        signatures: view.signatures().collect(),
    };
    change(&mut entry);
    wire::encode_entry(&entry).unwrap()
}

pub(crate) fn author_of(entry: &[u8]) -> PartyId {
    let view = wire::decode_entry(entry).unwrap();
    wire::decode_body(view.body).unwrap().author
}

/// The entries after a change, published by the operator over a tree that fits them.
pub(crate) fn resigned(honest: &Honest, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Copy {
    let mut entries = honest.entries.clone();
    change(&mut entries);
    Copy::of(&entries)
}

pub(crate) fn all(honest: &Honest) -> Vec<Lie> {
    let mut lies = Vec::new();
    let mut lie = |what, by, noticed, copy| {
        lies.push(Lie {
            what,
            by,
            noticed,
            copy,
        });
    };
    of_entries(honest, &mut lie);
    of_order(honest, &mut lie);
    of_dropped(honest, &mut lie);
    of_forks(honest, &mut lie);
    of_history(honest, &mut lie);
    of_authority(honest, &mut lie);
    of_both(honest, &mut lie);
    of_newest(honest, &mut lie);
    of_offices(honest, &mut lie);
    of_plants(honest, &mut lie);
    of_framing(honest, &mut lie);
    of_files(honest, &mut lie);
    lies
}

/// Takes a lie: what, by whom, what it takes to notice it, and the copy.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(&'static str, &'static str, Noticed, Copy);

/// About single entries.
fn of_entries(honest: &Honest, lie: Tell<'_>) {
    let middle = honest.entries.len() / 2;
    lie(
        "edit one byte of an event",
        THIEF,
        Noticed::Alone,
        stored(honest, |copy| {
            copy.change("tile/entries/000", |bytes| bytes[20_000] ^= 1);
        }),
    );
    lie(
        "edit an event and sign the tree anew",
        OPERATOR,
        Noticed::Alone,
        resigned(honest, |entries| {
            let changed = again(&entries[middle], |entry| {
                // The last digits are those of the lot's code: what stands there stays well formed.
                let digits = entry.body.windows(2);
                let mut digits = digits
                    .enumerate()
                    .filter(|(_, pair)| pair.iter().all(u8::is_ascii_digit));
                let (place, _) = digits.next_back().unwrap();
                entry.body[place] ^= 1;
            });
            entries[middle] = changed;
        }),
    );
    lie(
        "backdate an entry",
        OPERATOR,
        Noticed::Alone,
        resigned(honest, |entries| {
            let changed = again(&entries[middle], |entry| entry.received = at("2024-01-01"));
            entries[middle] = changed;
        }),
    );
    lie(
        "swap the signatures of two events",
        OPERATOR,
        Noticed::Alone,
        resigned(honest, |entries| {
            let signatures = |entry: &[u8]| {
                wire::decode_entry(entry)
                    .unwrap()
                    .signatures()
                    .collect::<Vec<_>>()
            };
            let (one, two) = (
                signatures(&entries[middle]),
                signatures(&entries[middle + 3]),
            );
            entries[middle] = again(&entries[middle], |entry| entry.signatures = two);
            entries[middle + 3] = again(&entries[middle + 3], |entry| entry.signatures = one);
        }),
    );
    lie(
        "sign two events for one place",
        PLANT,
        Noticed::Alone,
        resigned(honest, |entries| {
            let twice = equivocation();
            let time = wire::decode_entry(&entries[middle]).unwrap().received;
            let second = Entry {
                received: time,
                ..twice
            };
            entries.insert(middle, wire::encode_entry(&second).unwrap());
        }),
    );
}

/// About which entries there are, and in what order.
fn of_order(honest: &Honest, lie: Tell<'_>) {
    let middle = honest.entries.len() / 2;
    lie(
        "cut the tail",
        THIEF,
        Noticed::Alone,
        stored(honest, |copy| {
            let name = format!("tile/entries/001.p/{}", honest.entries.len() - 256);
            std::fs::remove_file(copy.file(&name)).unwrap();
        }),
    );
    lie(
        "cut the tail and sign what is left",
        OPERATOR,
        Noticed::Memory,
        resigned(honest, |entries| entries.truncate(middle - 9)),
    );
    lie(
        "cut out the middle",
        OPERATOR,
        Noticed::Alone,
        resigned(honest, |entries| drop(entries.drain(middle..middle + 5))),
    );
    lie(
        "write an event twice",
        OPERATOR,
        Noticed::Alone,
        resigned(honest, |entries| {
            entries.push(entries[entries.len() - 1].clone())
        }),
    );
    lie(
        "reorder events of one author",
        OPERATOR,
        Noticed::Alone,
        resigned(honest, |entries| entries.swap(middle, middle + 3)),
    );
    lie(
        "reorder events of two authors",
        OPERATOR,
        Noticed::Alone,
        resigned(honest, |entries| entries.swap(middle, middle + 1)),
    );
}

/// About an enterprise that is not there any more.
fn of_dropped(honest: &Honest, lie: Tell<'_>) {
    let gone = party(testkit::TestCountry::TRADER);
    lie(
        "drop one enterprise",
        OPERATOR,
        Noticed::Alone,
        resigned(honest, |entries| {
            entries.retain(|entry| author_of(entry) != gone)
        }),
    );
    lie(
        "drop one enterprise and commit to heads again",
        OPERATOR,
        Noticed::Alone,
        Copy::of(&without(honest, gone, &[2], false)),
    );
    lie(
        "drop one enterprise, commit to heads again and fill its places with the operator's own events",
        OPERATOR,
        Noticed::Alone,
        Copy::of(&without(honest, gone, &[2], true)),
    );
    // Whoever signed behind its first event had seen it; what is left is the register, truly committed to.
    let mut first = honest.entries.iter();
    let first = first.position(|entry| author_of(entry) == gone).unwrap();
    lie(
        "drop one enterprise, and every later event of all who had seen it",
        OPERATOR,
        Noticed::Memory,
        Copy::of(&committed(&honest.entries[..first])),
    );
}

/// The entries, and a true commitment to their heads behind them.
fn committed(entries: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut entries = entries.to_vec();
    let heads = heads_of(&entries);
    push_next(&mut entries, 2, at("2024-02-02"), heads);
    entries
}

/// About a log that goes on otherwise than it did.
fn of_forks(honest: &Honest, lie: Tell<'_>) {
    let old = &honest.entries[..20];
    let mut fork = old.to_vec();
    let trader = testkit::TestCountry::TRADER;
    push_next(&mut fork, trader, at("2024-02-03"), discarded("FORK"));
    lie(
        "go on from an old state with other events (fork)",
        "the operator and a plant",
        Noticed::Memory,
        Copy::of(&fork),
    );
    lie(
        "go on from an old state, cosigned with the witnesses' keys",
        ALL_KEYS,
        Noticed::Memory,
        Copy::of(&committed(old)),
    );
}

/// About the log as a whole.
fn of_history(honest: &Honest, lie: Tell<'_>) {
    let middle = honest.entries.len() / 2;
    lie(
        "replay an event of a ledger founded under the same name",
        OPERATOR,
        Noticed::Alone,
        resigned(honest, |entries| {
            let foreign = foreign_event();
            let changed = again(&entries[middle], |entry| {
                (entry.body, entry.signatures) = (foreign.body, foreign.signatures);
            });
            entries.insert(middle, changed);
        }),
    );
    lie(
        "take two events in another order",
        OPERATOR,
        Noticed::Alone,
        resigned(honest, |entries| {
            // The same events, received in another order of authors: only what later ones had seen tells it from the honest one.
            let times: Vec<_> = entries
                .iter()
                .map(|entry| wire::decode_entry(entry).unwrap().received)
                .collect();
            entries.swap(20, 21);
            for place in [20, 21] {
                let time = times[place];
                entries[place] = again(&entries[place], |entry| entry.received = time);
            }
        }),
    );
    lie(
        "show an old copy as the newest",
        THIEF,
        Noticed::Memory,
        Copy::of(&honest.entries[..20]),
    );
    lie(
        "sign on with a log key that was handed over",
        "whoever stole that key",
        Noticed::Alone,
        Copy::signed(&log_key(0), &handed_over(honest)),
    );
    lie(
        "commit to false heads",
        OPERATOR,
        Noticed::Alone,
        false_heads(honest),
    );
}

/// An event that the trader signed for another ledger, founded under the same name.
fn foreign_event() -> Entry {
    let elsewhere = chain::ledger_id(testkit::ORIGIN, &[9; 32]);
    let mut author = author::Author::new(party(testkit::TestCountry::TRADER), elsewhere);
    let (now, payload) = (at("2024-01-05"), discarded("GONE"));
    let event = author
        .sign(
            &testkit::key(testkit::TestCountry::TRADER),
            now,
            now,
            payload,
        )
        .unwrap();
    Entry {
        received: at("2024-02-01"),
        body: event.body,
        signatures: event.signatures,
    }
}

pub(crate) fn discarded(lot: &str) -> Payload {
    let lot = format!("{}/{lot}", party(testkit::TestCountry::TRADER));
    let json = serde_json::json!({"event": "lot-discarded", "site": "PIT", "note": "", "lines": [
        {"lot": lot, "quantity": {"net_mg": 1000, "reo_mg": 500, "basis": "measured"}}]});
    serde_json::from_value(json).unwrap()
}

/// Another first event of the trader, validly signed.
fn equivocation() -> Entry {
    let event = Authors::default().sign(
        testkit::TestCountry::TRADER,
        at("2024-01-05"),
        discarded("OTHER"),
    );
    Entry {
        received: at("2024-02-01"),
        body: event.body,
        signatures: event.signatures,
    }
}

/// The honest entries with a commitment that leaves one author's newest event out.
fn false_heads(honest: &Honest) -> Copy {
    resigned(honest, |entries| {
        // The last entry but one.
        let place = entries.len() - 2;
        let mut operator = testkit::author(2);
        let mut heads = None;
        let view = wire::decode_entry(&entries[place]).unwrap();
        if let Payload::HeadsCommitted(mut commitment) =
            wire::decode_body(view.body).unwrap().payload
        {
            commitment.root = Bytes32([3; 32]);
            heads = Some(Payload::HeadsCommitted(commitment));
        }
        let now = at("2024-02-02");
        let event = operator
            .sign(&testkit::key(2), now, now, heads.unwrap())
            .unwrap();
        entries[place] = again(&entries[place], |entry| {
            entry.body = event.body;
            entry.signatures = event.signatures;
        });
    })
}

/// The honest entries, then the authority's rotation of the log key, then a lot.
pub(crate) fn handed_over(honest: &Honest) -> Vec<Vec<u8>> {
    let mut entries = honest.entries.clone();
    let now = at("2024-02-03");
    let rotated = Payload::LogKeyRotated(Box::new(rotation(0)));
    push_next(&mut entries, 1, now, rotated);
    push_next(
        &mut entries,
        testkit::TestCountry::TRADER,
        now,
        discarded("M-2"),
    );
    entries
}
