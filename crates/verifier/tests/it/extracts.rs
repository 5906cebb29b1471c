//! Extracts of logs into which an operator wrote whatever was signed: each holds some of the chains, and what its acts rest on
//! may be in others.
//! Invariant: the same logs as in `refused`. Nobody is accused of an event that the whole log bears out, and both verifiers
//! accuse the same events. Knows no rule.

use std::collections::BTreeSet;
use std::fs;

use chain::{Hash, Levels, inclusion_proof, leaf_hash};
use portable::{ExtractOrigin, PortableFault, check_extract, extract};
use testkit::{key, party};
use verify::Trust;

use crate::hostile::every_payload;
use crate::log::checkpoint_by;
use crate::refused::{SEEDS, python_refuses, written};
use crate::table::python;

/// Enterprises in four divisions, and two offices.
const PARTIES: [u32; 6] = [4, 6, 13, 15, 3, 11];

struct Entries<'a> {
    entries: &'a [Vec<u8>],
    levels: Levels,
}

impl ExtractOrigin for Entries<'_> {
    fn each(&self, take: &mut dyn FnMut(u64, &[u8])) -> Result<(), PortableFault> {
        let numbered = (0..).zip(self.entries);
        numbered.for_each(|(position, entry)| take(position, entry));
        Ok(())
    }

    fn prove(&self, position: u64) -> Result<Vec<Hash>, PortableFault> {
        let proof = inclusion_proof(position, self.levels.size(), &self.levels);
        proof.map_err(|fault| PortableFault::Log(fault.to_string()))
    }
}

#[test]
fn an_extract_accuses_what_the_whole_log_would_and_both_verifiers_alike() {
    let every = every_payload();
    let (mut accused, mut spared) = (0, 0);
    for seed in SEEDS {
        let written = written(seed, &every);
        let entries = &written.entries;
        let levels = Levels::new(entries.iter().map(|entry| leaf_hash(entry)).collect());
        let log = Entries { entries, levels };
        let checkpoint = checkpoint_by(&key(2), entries);
        for number in PARTIES {
            let part = extract(&log, party(number), &checkpoint).unwrap();
            let report = check_extract(&part, &Trust::default());
            let found: BTreeSet<u64> = report.faults.iter().map(|fault| fault.position).collect();
            let wrongly = found.difference(&written.refused);
            let wrongly: Vec<_> = wrongly
                .map(|at| {
                    let entry = &entries[usize::try_from(*at).unwrap()];
                    let view = wire::decode_entry(entry).unwrap();
                    let body = wire::decode_body(view.body).unwrap();
                    let mut faults = report.faults.iter();
                    let fault = faults.find(|fault| fault.position == *at);
                    format!(
                        "{seed} {number} {} {} {fault:?}",
                        body.author,
                        body.payload.name()
                    )
                })
                .collect();
            assert!(wrongly.is_empty(), "{wrongly:#?}");
            accused += found.len();
            let held = |position: &&u64| part.entries.iter().any(|e| e.position == **position);
            spared += written.refused.difference(&found).filter(held).count();
            let Some(python) = python() else { continue };
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("extract.json");
            fs::write(&file, serde_json::to_string(&part).unwrap()).unwrap();
            let other = python_refuses(&python, "verify_extract.py", &file);
            let places: BTreeSet<u64> = other.keys().copied().collect();
            let told = |at: &u64| {
                let fault = report.faults.iter().find(|fault| fault.position == *at);
                format!("{seed} {number} {at} {fault:?} {:?}", other.get(at))
            };
            let differing: Vec<_> = found.symmetric_difference(&places).map(told).collect();
            assert!(differing.is_empty(), "{differing:#?}");
        }
    }
    assert!(accused > 500 && spared > 0, "{accused} {spared}");
}
