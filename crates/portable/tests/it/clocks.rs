//! Receive times beside cosignatures in every form in which a log travels, judged by a policy.
//! Invariant: only a whole log is called false for its times; what is a part of one gets a notice. Knows no network.

use std::fs;

use domain::Moment;
use evidence::Receipt;
use portable::{Brought, Handed, Inquiry, write_pack};
use signing::{
    Signer, TlogProof, VerifierKey, WitnessKey, add_cosignature, cosign, open_checkpoint,
};
use tempfile::TempDir;
use testkit::{ORIGIN, TestCountry, key};
use verify::{CLOCKS_APART_MS_MAX, Depth, Report, Verdict};

use crate::log::{Log, OPERATOR, honest};

/// When the newest entry of a log was received.
fn received(log: &Log) -> Moment {
    wire::decode_entry(log.entries.last().unwrap())
        .unwrap()
        .received
}

const DAY_MS: i64 = 86_400_000;

/// A folder with a policy that asks for the witness `north`.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let witness = WitnessKey::new("w", key(90).public().clone()).unwrap();
        let policy = format!("log {}\nwitness north {witness}\nquorum north\n", log_key());
        fs::write(desk.0.path().join("policy"), policy).unwrap();
        desk
    }

    fn pack(&self, log: &Log, at: Moment) {
        let mut entries = log.entries.iter().map(|entry| Ok(entry.clone()));
        let pack = self.0.path().join("pack");
        write_pack(&pack, &mut entries, &cosigned(log, at)).unwrap();
    }

    /// The report on a file of this desk, and what is remembered of it.
    fn judge(&self, name: &str) -> Report {
        let path = self.0.path().join(name);
        let (policy, seen) = (
            self.0.path().join("policy"),
            self.0.path().join("seen.json"),
        );
        let brought = Brought {
            policy: Some(&policy),
            remember: Some(&seen),
            ..Brought::default()
        };
        let handed = Handed::open(&path).unwrap();
        let inquiry = Inquiry::begin(handed, brought).unwrap();
        let outcome = inquiry.run(Depth::Full, &mut |_, _| {}).unwrap();
        outcome.report
    }
}

fn log_key() -> VerifierKey {
    VerifierKey::new(ORIGIN, key(OPERATOR).public().clone()).unwrap()
}

/// The log's checkpoint, cosigned by the witness at this time.
fn cosigned(log: &Log, at: Moment) -> Vec<u8> {
    let signed = open_checkpoint(&log.checkpoint(), &log_key()).unwrap();
    let seconds = u64::try_from(at.ms() / 1_000).unwrap();
    let line = cosign(&signed, "w", &key(90), seconds).unwrap();
    let witness = WitnessKey::new("w", key(90).public().clone()).unwrap();
    add_cosignature(signed.note(), &witness, line.as_bytes()).unwrap()
}

fn check(report: &Report, verdict: Verdict, notices: &[&str]) {
    assert_eq!(report.verdict, verdict, "{:?}", report.faults);
    assert_eq!(report.notices.len(), notices.len(), "{:?}", report.notices);
    for (notice, part) in report.notices.iter().zip(notices) {
        assert!(notice.contains(part), "{notice}");
    }
}

#[test]
fn a_whole_log_is_held_against_the_quorum() {
    let desk = Desk::new();
    for (ms, verdict) in [
        (DAY_MS, Verdict::Good),
        (-CLOCKS_APART_MS_MAX, Verdict::Good),
        (-CLOCKS_APART_MS_MAX - 1_000, Verdict::Tampered),
    ] {
        let log = honest();
        desk.pack(&log, received(&log).plus_ms(ms));
        check(&desk.judge("pack"), verdict, &[]);
    }
}

#[test]
fn a_part_of_a_log_gets_a_notice() {
    let (desk, log) = (Desk::new(), honest());
    for (ms, notices) in [(DAY_MS, &[][..]), (-DAY_MS, &["only the whole log tells"])] {
        let note = cosigned(&log, received(&log).plus_ms(ms));
        let note = String::from_utf8(note).unwrap();
        let mut extract = log.extract(TestCountry::MINE);
        extract.checkpoint = note.clone();
        let text = serde_json::to_vec(&extract).unwrap();
        fs::write(desk.0.path().join("extract"), text).unwrap();
        check(&desk.judge("extract"), Verdict::Good, notices);

        let position = log.entries.len() - 1;
        let entry = &log.entries[position];
        let position = position as u64;
        let proof = TlogProof {
            position,
            hashes: portable::ExtractOrigin::prove(&log, position).unwrap(),
            note: note.into_bytes(),
        };
        let receipt = Receipt::new(entry, &proof).to_text();
        fs::write(desk.0.path().join("receipt"), receipt).unwrap();
        check(&desk.judge("receipt"), Verdict::Good, notices);
    }
}

#[test]
fn what_came_after_a_remembered_checkpoint_is_held_against_its_cosignature() {
    let whole = honest();
    let early = Log::of(whole.entries[..whole.entries.len() - 2].to_vec());
    for (ms, notices) in [
        (0, &[][..]),
        (
            DAY_MS,
            &["north cosigned the first 17 entries at 2024-02-11"],
        ),
    ] {
        let desk = Desk::new();
        desk.pack(&early, received(&early).plus_ms(ms));
        check(&desk.judge("pack"), Verdict::Good, &[]);
        // Entries that the first copy lacked say that they were received before it was cosigned.
        desk.pack(&whole, received(&whole).plus_ms(2 * DAY_MS));
        check(&desk.judge("pack"), Verdict::Good, notices);
    }
}
