//! The corpus of each frozen format: the ledger opens and replays, and each file that was handed over reads as it did.
//! Invariant: no later version may lose, refuse or tell otherwise what was once admitted. Knows what `tests/corpus` holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use details::Disclosure;
use domain::Payload;
use portable::{KeyRequest, Receipts, SignedEvents};
use serde_json::{Value, json};
use signing::{LogKeys, VerifierKey};
use store::Store;
use store_embedded::{EmbeddedStore, OpenMode, StoreOptions};

use crate::evidence::copy_folder;
use crate::place::Place;

/// The corpora in the tree: one for each version of the format.
const VERSIONS: [&str; 1] = ["1"];

fn corpus(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/corpus")
        .join(version)
}

/// A place that holds the ledger of a corpus, and nothing but its log: no keys, no indexes.
fn placed(version: &str) -> Place {
    let place = Place::empty();
    copy_folder(&corpus(version).join("ledger"), &place.ledger());
    place
}

/// Each entry as JSON, as the version that made the corpus showed it.
fn kept(version: &str) -> Vec<Value> {
    let text = fs::read(corpus(version).join("entries.json")).unwrap();
    let kept = serde_json::Deserializer::from_slice(&text).into_iter();
    kept.map(Result::unwrap).collect()
}

/// Each entry as JSON, read from a store.
fn entries(store: &dyn Store) -> Vec<Value> {
    let entry = |position| {
        let frame = store.frame_of(position).unwrap();
        let bytes = frame.entry(position).unwrap();
        let view = wire::decode_entry(bytes).unwrap();
        json!({
            "position": position,
            "id": wire::event_id(view.body),
            "received": view.received,
            "leaf": chain::leaf_hash(bytes).to_string(),
            "bytes": bytes.len(),
            "body": wire::decode_body(view.body).unwrap(),
            "signatures": view.signatures().collect::<Vec<_>>(),
        })
    };
    (0..store.size()).map(entry).collect()
}

#[test]
fn every_entry_of_the_ledger_reads_as_it_did() {
    for version in VERSIONS {
        let place = placed(version);
        let options = StoreOptions {
            mode: OpenMode::ReadOnly,
            ..StoreOptions::default()
        };
        let (store, _) = EmbeddedStore::open(&place.ledger(), options).unwrap();
        let kept = kept(version);
        let found = entries(&store);
        assert_eq!(found.len(), kept.len(), "corpus {version}");
        for (found, kept) in found.iter().zip(&kept) {
            assert_eq!(found, kept, "corpus {version}");
        }
        let kind = |entry: &Value| {
            entry["body"]["payload"]["event"]
                .as_str()
                .map(str::to_owned)
        };
        let kinds = kept.iter().filter_map(kind).collect::<BTreeSet<_>>();
        let all = Payload::TABLE.iter().map(|(_, name)| (*name).to_owned());
        assert_eq!(kinds, all.collect(), "corpus {version} lacks a payload");
    }
}

#[test]
fn the_log_alone_replays_and_verifies() {
    for version in VERSIONS {
        let place = placed(version);
        let top = corpus(version);
        let key = fs::read_to_string(top.join("log-key")).unwrap();
        let detail = top.join("detail.json");
        let replayed = place.good(&["replay"]).stdout;
        let count = format!("{} entries", kept(version).len());
        assert!(replayed.starts_with(&count), "{replayed}");
        let ledger = place.ledger();
        place.good(&["verify", ledger.to_str().unwrap(), "--log-key", key.trim()]);
        place.good(&["detail", "check", detail.to_str().unwrap()]);
    }
}

#[test]
fn files_of_events_receipts_requests_and_details_read_as_they_did() {
    for version in VERSIONS {
        let top = corpus(version);
        let text = |name: &str| fs::read_to_string(top.join(name)).unwrap();
        let request = KeyRequest::read(&top.join("key-request.json")).unwrap();
        assert_eq!(request.to_text(), text("key-request.json"));
        let sent = SignedEvents::read(&top.join("signed-events.json")).unwrap();
        assert_eq!(sent.to_text(), text("signed-events.json"));
        let detail = Disclosure::from_json(text("detail.json").as_bytes()).unwrap();
        assert_eq!(detail.to_json().unwrap(), text("detail.json"));

        let receipts = Receipts::read(&top.join("receipts.json")).unwrap();
        assert_eq!(receipts.to_text(), text("receipts.json"));
        let key = text("first-log-key").trim().parse::<VerifierKey>().unwrap();
        for answered in receipts.check(&sent.events, &LogKeys::from(key)) {
            assert!(answered.answer.is_ok(), "{answered:?}");
        }
    }
}
