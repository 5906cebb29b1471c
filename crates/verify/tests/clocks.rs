//! Receive times beside the times of cosignatures: the honest slack, the lie, and clocks that were wrong in good faith.
//! Invariant: both depths say the same. Knows no cosignatures, only the times that they name.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use std::sync::Arc;

use domain::payload::ClockConfirmed;
use domain::{Moment, Payload};
use ledger::{Ledger, ManualClock};
use store::{MemoryStore, Store};
use testkit::{ORIGIN, TestCountry, accept, at, key, open};
use verify::{
    CLOCKS_APART_MS_MAX, Cosigned, Depth, FaultKind, Known, Report, Trust, Verdict, shown_seconds,
};

const APART: i64 = CLOCKS_APART_MS_MAX / 1_000;
/// Entries of the founding, received on 10 January; then two of the mine each day.
const FOUNDED: u64 = 5;

struct Node {
    store: Arc<dyn Store>,
    country: TestCountry,
    ledger: Ledger,
    clock: Arc<ManualClock>,
    lots: u64,
}

impl Node {
    fn founded() -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let country = TestCountry::new();
        let (ledger, clock) = open(&store, at("2024-01-10"));
        accept(&ledger, country.founding.clone());
        Self {
            store,
            country,
            ledger,
            clock,
            lots: 0,
        }
    }

    /// Two lots, received when the clock shows this.
    fn lots_at(&mut self, now: &str) -> u64 {
        self.clock.set(at(now));
        self.lots += 2;
        let lots = [self.lots - 1, self.lots].map(|lot| self.country.mined(lot));
        accept(&self.ledger, lots.to_vec());
        self.store.size()
    }

    /// The operator says that the clock is right as it stands.
    fn confirm(&self, now: &str) {
        self.clock.set(at(now));
        let confirmed = Payload::ClockConfirmed(ClockConfirmed {
            shows: at(now),
            reason: "set by the national time service".parse().unwrap(),
        });
        let mut operator = self.ledger.author(TestCountry::id(2)).unwrap();
        let event = operator.sign(&key(2), at(now), at(now), confirmed);
        accept(&self.ledger, vec![event.unwrap()]);
    }

    fn root(&self, size: u64) -> chain::Hash {
        let mut tree = chain::Frontier::new();
        for frame in self.store.frames(0).unwrap() {
            let frame = frame.unwrap();
            for (_, entry) in frame.entries().take_while(|(position, _)| *position < size) {
                tree.push(chain::leaf_hash(entry));
            }
        }
        tree.root()
    }

    /// The true checkpoint of this size, cosigned by `north` so many seconds after a moment, which makes the quorum or not.
    fn cosigned(&self, size: u64, moment: Moment, seconds: i64, is_quorum: bool) -> Cosigned {
        let seconds = u64::try_from(moment.ms() / 1_000 + seconds).unwrap();
        Cosigned {
            checkpoint: Known {
                origin: ORIGIN.to_owned(),
                size,
                root: self.root(size),
            },
            each: vec![("north".to_owned(), seconds)],
            quorum: is_quorum.then_some(seconds),
        }
    }

    fn report(&self, cosigned: Cosigned) -> Report {
        let trust = Trust {
            cosigned: vec![cosigned],
            ..Trust::default()
        };
        let check = |depth| ledger::verify_store(&*self.store, depth, &trust, &mut |_| {});
        let (full, chained) = (check(Depth::Full), check(Depth::Chained));
        assert_eq!(full.verdict, chained.verdict);
        assert_eq!(full.notices, chained.notices);
        full
    }
}

/// Founded on the 10th, lots on the 11th and the 12th.
fn log() -> Node {
    let mut node = Node::founded();
    node.lots_at("2024-01-11");
    node.lots_at("2024-01-12");
    node
}

/// Lots of the 11th end here, and those of the 12th begin.
const SIZE: u64 = FOUNDED + 2;

/// Nothing is wrong and nothing to be looked into.
fn is_quiet(report: &Report) -> bool {
    report.is_good() && report.notices.is_empty()
}

#[test]
fn times_between_the_receipts_and_within_the_slack_are_nothing_to_speak_of() {
    let node = log();
    for is_quorum in [true, false] {
        for (moment, seconds) in [
            ("2024-01-11", -APART),
            ("2024-01-11", 0),
            ("2024-01-11", 3_600),
            ("2024-01-12", APART),
        ] {
            let report = node.report(node.cosigned(SIZE, at(moment), seconds, is_quorum));
            assert!(is_quiet(&report), "{moment} {seconds} {report:?}");
        }
    }
}

#[test]
fn a_receipt_after_the_quorum_had_cosigned_is_a_false_receive_time() {
    let node = log();
    let cosigned = node.cosigned(SIZE, at("2024-01-11"), -APART - 1, true);
    let report = node.report(cosigned.clone());
    assert_eq!(report.verdict, Verdict::Tampered);
    let [fault] = &report.faults[..] else {
        panic!("{:?}", report.faults)
    };
    assert_eq!(
        (fault.kind, fault.position),
        (FaultKind::ReceiveTime, SIZE - 1)
    );
    let seconds = cosigned.quorum.unwrap();
    assert!(fault.expected.contains(&shown_seconds(seconds)), "{fault}");
    assert_eq!(report.notices, [""; 0], "said once");
}

#[test]
fn one_witness_with_a_wrong_clock_accuses_nobody() {
    let node = log();
    // Its clock alone is behind by years; those that make the quorum agree with the node.
    let mut cosigned = node.cosigned(SIZE, at("2024-01-11"), 10, true);
    cosigned.each.push(("south".to_owned(), 1));
    let report = node.report(cosigned);
    assert!(report.is_good(), "{:?}", report.faults);
    let [notice] = &report.notices[..] else {
        panic!("{:?}", report.notices)
    };
    assert!(
        notice.starts_with("south cosigned the first 7 entries at 1 s since 1970"),
        "{notice}"
    );
    assert!(notice.contains("entry 6, one of them"), "{notice}");
    // So it is where no quorum came together.
    let report = node.report(node.cosigned(SIZE, at("2024-01-11"), -APART - 1, false));
    assert!(report.is_good() && report.notices.len() == 1);
}

#[test]
fn entries_dated_before_a_cosignature_that_lacks_them_are_a_notice() {
    // Anybody who holds an old checkpoint can have it cosigned late, so the honest log is not called false.
    let node = log();
    for is_quorum in [true, false] {
        let report = node.report(node.cosigned(SIZE, at("2024-01-12"), APART + 1, is_quorum));
        assert!(report.is_good(), "{:?}", report.faults);
        let [notice] = &report.notices[..] else {
            panic!("{:?}", report.notices)
        };
        assert!(
            notice.contains("entry 7, which is not among them"),
            "{notice}"
        );
    }
    let beyond = u64::MAX;
    let mut absurd = node.cosigned(SIZE, at("2024-01-11"), 0, true);
    absurd.each[0].1 = beyond;
    absurd.quorum = Some(beyond);
    let report = node.report(absurd);
    assert!(report.is_good() && report.notices[0].contains(&beyond.to_string()));
}

#[test]
fn a_wrong_boot_that_the_operator_confesses_is_a_notice() {
    for confirmed_in_it in [true, false] {
        let mut node = Node::founded();
        let mut size = node.lots_at("2024-01-16");
        let wrong = node.report(node.cosigned(size, at("2024-01-11"), 0, true));
        assert_eq!(wrong.verdict, Verdict::Tampered, "five days ahead");
        node.confirm("2024-01-11");
        if confirmed_in_it {
            size = node.lots_at("2024-01-11 18:00");
        }
        let report = node.report(node.cosigned(size, at("2024-01-11"), 0, true));
        assert!(report.is_good(), "{:?}", report.faults);
        let [notice] = &report.notices[..] else {
            panic!("{:?}", report.notices)
        };
        assert!(notice.contains("the operator says"), "{notice}");
        // The word on one wrong clock excuses no other one.
        let size = node.lots_at("2024-01-20");
        let again = node.report(node.cosigned(size, at("2024-01-12"), 0, true));
        assert_eq!(again.verdict, Verdict::Tampered);
    }
}

#[test]
fn of_another_history_another_log_and_another_size_nothing_is_compared() {
    let node = log();
    let lie = node.cosigned(SIZE, at("2024-01-11"), -APART - 1, true);
    let mut other = lie.clone();
    other.checkpoint.root = chain::leaf_hash(b"another history");
    assert!(is_quiet(&node.report(other)));
    let mut other = lie.clone();
    other.checkpoint.origin = "test.example/another".to_owned();
    assert!(is_quiet(&node.report(other)));
    let mut other = lie;
    other.checkpoint.size = node.store.size() + 1;
    assert!(is_quiet(&node.report(other)));
    assert!(is_quiet(&node.report(node.cosigned(
        0,
        at("2024-01-01"),
        0,
        true
    ))));
}
