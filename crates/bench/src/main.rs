//! `cargo run --release -p bench [EVENTS]`: rates of this machine, from one run, and their ratios.
//! `... -p bench replay EVENTS`: replay of a long log, and the memory it takes.
//!
//! Invariant: a rate means nothing alone; each is printed next to the raw `verify_strict` rate of the same cores.
//! Asserts nothing about time.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails here says so")]

mod stream;

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use author::SignedEvent;
use books::Books;
use domain::{KeyId, Moment, Seen};
use ledger::{Ledger, LedgerOptions, ManualClock};
use projection::Until;
use rayon::prelude::*;
use signing::Signature;
use store::{Entries, MemoryStore, Store};
use store_embedded::EmbeddedStore;
use testkit::{TestCountry, at, key};
use verify::{Depth, Trust};

/// Runs of each measurement; the median counts.
const RUNS: usize = 3;

fn median(mut work: impl FnMut() -> u64) -> u64 {
    let mut rates: Vec<u64> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            let count = u128::from(work());
            u64::try_from(count * 1_000_000_000 / started.elapsed().as_nanos().max(1))
                .unwrap_or(u64::MAX)
        })
        .collect();
    rates.sort_unstable();
    rates[RUNS / 2]
}

/// Who signs, in turn.
const AUTHORS: [u32; 3] = [
    TestCountry::MINE,
    TestCountry::SEPARATOR,
    TestCountry::TRADER,
];

/// Signed events of three authors, in an order that admits them.
fn events(count: u64) -> (Vec<SignedEvent>, Vec<SignedEvent>) {
    let mut country = TestCountry::new();
    country.authors.seen = founded(&country.founding);
    let events = (0..count)
        .map(|n| country.mined_by(AUTHORS[n as usize % AUTHORS.len()], n))
        .collect();
    (country.founding, events)
}

/// What everybody has seen: the log as its founding left it.
fn founded(founding: &[SignedEvent]) -> Seen {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (ledger, _clock) = testkit::open(&store, received());
    testkit::accept(&ledger, founding.to_vec());
    ledger.seen().unwrap()
}

/// When everything is received.
fn received() -> Moment {
    at("2024-02-01")
}

fn raw_rate(events: &[SignedEvent]) -> u64 {
    let keys: Vec<_> = AUTHORS.map(key).into();
    let keys: Vec<_> = keys
        .iter()
        .map(|key| signing::Signer::public(key).clone())
        .collect();
    let find = |id: KeyId| keys.iter().find(|key| key.id().0 == id.0).unwrap();
    let prepared: Vec<_> = events
        .iter()
        .map(|event| (find(event.signatures[0].0), event))
        .collect();
    median(|| {
        let check = |(key, event): &(&signing::PublicKey, &SignedEvent)| {
            let signature = Signature(event.signatures[0].1.0);
            u64::from(signing::verify_event(key, &event.body, &signature).is_ok())
        };
        prepared.par_iter().map(check).sum()
    })
}

/// What a chained verification can't do without: the id of each event and the hash of its leaf.
fn hash_rate(events: &[SignedEvent]) -> u64 {
    median(|| {
        let hash = |event: &SignedEvent| {
            let (id, leaf) = (wire::event_id(&event.body), chain::leaf_hash(&event.body));
            u64::from(id.0 != *leaf.as_bytes())
        };
        events.par_iter().map(hash).sum()
    })
}

fn append(
    founding: &[SignedEvent],
    events: &[SignedEvent],
    submission: usize,
) -> (tempfile::TempDir, u64) {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::create(folder.path()).unwrap());
    let clock = Arc::new(ManualClock::at(received()));
    let ledger = Ledger::open(LedgerOptions {
        store,
        signer: Arc::new(key(2)),
        next_signer: None,
        clock,
    })
    .unwrap();
    assert!(
        ledger
            .submit_blocking(founding.to_vec())
            .unwrap()
            .iter()
            .all(Result::is_ok)
    );
    // One client for each author: a chain is submitted in order, and the ledger joins what waits into groups.
    let chains = (0..AUTHORS.len()).map(|author| events.iter().skip(author).step_by(AUTHORS.len()));
    let chains: Vec<Vec<_>> = chains.map(|chain| chain.cloned().collect()).collect();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for chain in &chains {
            scope.spawn(|| {
                for part in chain.chunks(submission) {
                    let answers = ledger.submit_blocking(part.to_vec()).unwrap();
                    assert!(answers.iter().all(Result::is_ok));
                }
            });
        }
    });
    let nanos = started.elapsed().as_nanos().max(1);
    ledger.close().unwrap();
    let rate = events.len() as u128 * 1_000_000_000 / nanos;
    (folder, u64::try_from(rate).unwrap_or(u64::MAX))
}

fn median_micros(mut times: Vec<u128>) -> u128 {
    times.sort_unstable();
    times[times.len() / 2]
}

/// One client that waits each time, next to one 4 KiB write and fdatasync on the same disk, in turn.
fn waiting(founding: &[SignedEvent], events: &[SignedEvent]) -> (u128, u128) {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::create(folder.path()).unwrap());
    let clock = Arc::new(ManualClock::at(received()));
    let signer = Arc::new(key(2));
    let ledger = Ledger::open(LedgerOptions {
        store,
        signer,
        next_signer: None,
        clock,
    })
    .unwrap();
    ledger.submit_blocking(founding.to_vec()).unwrap();
    let mut file = std::fs::File::create(folder.path().join("beside")).unwrap();
    let (mut appends, mut syncs) = (Vec::new(), Vec::new());
    // One author: its chain is submitted in order.
    for event in events.iter().step_by(AUTHORS.len()).take(400) {
        let started = Instant::now();
        file.write_all(&[7; 4_096]).unwrap();
        file.sync_data().unwrap();
        syncs.push(started.elapsed().as_micros());
        let started = Instant::now();
        let answers = ledger.submit_blocking(vec![event.clone()]).unwrap();
        appends.push(started.elapsed().as_micros());
        assert!(answers[0].is_ok());
    }
    ledger.close().unwrap();
    (median_micros(appends), median_micros(syncs))
}

/// Most memory that the process had resident so far, in MiB, as Linux tells it.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.split_whitespace()
        .next()
        .unwrap()
        .parse::<u64>()
        .unwrap()
        / 1_024
}

/// Replay, a snapshot, and opening from it; memory before and after.
fn replay_long(events: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (written, end) = stream::write(folder.path(), events);
    drop(written);
    let options = || store_embedded::StoreOptions::default();
    let (store, _) = EmbeddedStore::open(folder.path(), options()).unwrap();
    let before = peak_mib();
    let started = Instant::now();
    let mut books = Books::replay(&store, Until::End, &mut |_, _| {}).unwrap();
    let rate = u128::from(store.size()) * 1_000_000_000 / started.elapsed().as_nanos();
    println!("replay of {} events: {rate} events/s", store.size());
    println!("memory: {before} MiB before, {} MiB at most", peak_mib());
    let started = Instant::now();
    let found = books.findings(end).unwrap().len();
    println!("{found} findings in {} ms", started.elapsed().as_millis());
    books.snapshot(store.side()).unwrap();
    drop(books);
    let started = Instant::now();
    let resumed = Books::replay(&store, Until::End, &mut |_, _| {}).unwrap();
    println!(
        "opened from a snapshot at {} in {} ms",
        resumed.book.size(),
        started.elapsed().as_millis()
    );
}

/// Reading and decoding alone, on one core.
fn decode_rate(store: &EmbeddedStore) -> u64 {
    median(|| {
        let frames = store.frames(0).unwrap();
        let bodies = frames.flat_map(|frame| {
            let frame = frame.unwrap();
            frame
                .entries()
                .map(|(_, entry)| {
                    wire::decode_body(wire::decode_entry(entry).unwrap().body)
                        .unwrap()
                        .seq
                })
                .collect::<Vec<_>>()
        });
        bodies.count() as u64
    })
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some("replay") {
        let events = arguments.next().and_then(|text| text.parse().ok());
        return replay_long(events.unwrap_or(1_000_000));
    }
    let count = first.and_then(|text| text.parse().ok()).unwrap_or(60_000);
    let (founding, signed) = events(count);
    let bytes: usize = signed.iter().map(|event| event.body.len()).sum();
    println!(
        "{count} events, {} bytes a body, {} cores",
        bytes as u64 / count.max(1),
        rayon::current_num_threads()
    );
    let raw = raw_rate(&signed);
    let show = |what: &str, rate: u64| {
        println!(
            "{what:34} {rate:>10} events/s {:>8} % of raw",
            rate * 100 / raw.max(1)
        )
    };
    show("raw verify_strict, all cores", raw);
    show("raw hashes, all cores", hash_rate(&signed));
    let (folder, rate) = append(&founding, &signed, 1_365);
    show("append, durable, 3 x 1365 waiting", rate);
    let few = &signed[..signed.len().min(20_000)];
    show(
        "append, durable, 3 x 85 waiting",
        append(&founding, few, 85).1,
    );
    let (append, sync) = waiting(&founding, &signed);
    println!(
        "{:34} {append:>10} us p50, {}.{} times one 4 KiB fdatasync ({sync} us)",
        "append, one client waiting",
        append / sync.max(1),
        append * 10 / sync.max(1) % 10
    );
    let (store, _) =
        EmbeddedStore::open(folder.path(), store_embedded::StoreOptions::default()).unwrap();
    for (what, depth) in [
        ("verify, every signature", Depth::Full),
        ("verify --chained", Depth::Chained),
    ] {
        let rate = median(|| {
            let report = ledger::verify_store(&store, depth, &Trust::default(), &mut |_| {});
            assert!(report.is_good());
            report.size
        });
        show(what, rate);
    }
    show("read and decode, one core", decode_rate(&store));
    let replayed = median(|| {
        let books = Books::replay(&store, Until::End, &mut |_, _| {}).unwrap();
        books.book.size()
    });
    show("replay, all projections", replayed);
}
