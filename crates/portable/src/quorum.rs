//! Whether enough witnesses cosigned what a copy lies under: a policy, the cosigned note, and the log's key.
//!
//! Invariant: every program judges here, so that none calls witnessed what another does not. Whether the note is of this
//! history is checked with the copy, as any checkpoint known from before.
//! Knows no network.

use std::path::Path;

use evidence::Receipt;
use policy::Policy;
use signing::{Checkpoint, SignedCheckpoint, VerifierKey, open_checkpoint, peek_unverified};
use verify::{ClockContext, Cosigned, FaultKind, Known, Nearest, Report, compare_clocks};

use crate::fault::PortableFault;
use crate::limits::POLICY_BYTES_MAX;

/// A policy, and the cosigned checkpoint that it is asked of.
#[derive(Debug)]
pub struct QuorumCheck {
    policy: Policy,
    note: Vec<u8>,
    key: VerifierKey,
}

impl QuorumCheck {
    /// Reads a policy, to be asked of this note. `given` is the log's key from the reader's own notes; without it the
    /// policy must name the log.
    ///
    /// # Errors
    /// The file is no policy, or nobody names the log's key.
    pub fn read(
        file: &Path,
        note: Vec<u8>,
        given: Option<&VerifierKey>,
    ) -> Result<Self, PortableFault> {
        let policy = Self::policy(file)?;
        // A policy may name several logs: the one that the checkpoint says it is of.
        let origin = peek_unverified(&note).map(|seen| seen.origin);
        let of_origin = |key: &&VerifierKey| origin.as_deref().is_ok_and(|o| o == key.name());
        // And several keys of one log, if it was handed over: the one that signed.
        let candidates: Vec<_> = given
            .into_iter()
            .chain(policy.logs().iter().filter(of_origin))
            .collect();
        let signed = |key: &&&VerifierKey| open_checkpoint(&note, key).is_ok();
        let key = candidates
            .iter()
            .find(signed)
            .or_else(|| candidates.first());
        let key = key
            .map(|key| VerifierKey::clone(key))
            .ok_or_else(|| PortableFault::Asked {
                path: file.to_owned(),
                what: "the policy does not name this log; give the log's key with --log-key",
            })?;
        Ok(Self { policy, note, key })
    }

    /// Reads a policy alone.
    ///
    /// # Errors
    /// The file is no policy.
    pub fn policy(file: &Path) -> Result<Policy, PortableFault> {
        let text = files::read_text(file, POLICY_BYTES_MAX)?;
        Policy::parse(&text).map_err(|refusal| PortableFault::Policy {
            path: file.to_owned(),
            refusal,
        })
    }

    /// The log's key.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// A log may have grown since its witnesses signed: what they signed must be the beginning of it.
    pub fn known(&self) -> Option<Known> {
        let signed = open_checkpoint(&self.note, &self.key).ok()?;
        Some(known_from(&signed))
    }

    /// When witnesses of the policy cosigned the checkpoint that is judged.
    pub fn cosigned(&self) -> Option<Cosigned> {
        self.cosigned_on(&open_checkpoint(&self.note, &self.key).ok()?)
    }

    /// When witnesses of the policy cosigned this checkpoint, of the same log; nothing if none did.
    pub(crate) fn cosigned_on(&self, signed: &SignedCheckpoint) -> Option<Cosigned> {
        let times = self.policy.times(signed).ok()?;
        let each = times.each.into_iter();
        let each: Vec<_> = each.map(|(name, at)| (name.to_owned(), at)).collect();
        (!each.is_empty()).then(|| Cosigned {
            checkpoint: known_from(signed),
            each,
            quorum: times.quorum,
        })
    }

    /// Adds to the report of a receipt what does not fit between its times.
    pub(crate) fn compare_receipt(&self, receipt: &Receipt, report: &mut Report) {
        if let (Some(cosigned), Some(below)) = (self.cosigned(), receipt.received()) {
            let nearest = Nearest {
                below: Some(below),
                from: None,
            };
            compare_clocks(&cosigned, &nearest, ClockContext::Part, report);
        }
    }

    /// Adds to a report what the policy says.
    pub fn judge(&self, report: &mut Report) {
        match open_checkpoint(&self.note, &self.key) {
            Ok(checkpoint) if self.policy.is_met(&checkpoint) => {}
            Ok(checkpoint) => {
                let mut names = match self.policy.cosigners(&checkpoint) {
                    Ok(cosigners) if cosigners.is_empty() => "none of its witnesses".to_owned(),
                    Ok(cosigners) => cosigners.join(", "),
                    Err(refusal) => refusal.to_string(),
                };
                let unsupported = self.policy.unsupported();
                if !unsupported.is_empty() {
                    let unsupported = unsupported.join(", ");
                    names += &format!(
                        "; cosignatures with ML-DSA-44 can't be checked yet: {unsupported}"
                    );
                }
                let size = checkpoint.checkpoint().size;
                let expected = "the quorum of the policy";
                report.fault(FaultKind::Witnesses, size, expected, names);
            }
            Err(refusal) => {
                let expected = "a checkpoint of the policy's log";
                report.fault(FaultKind::Checkpoint, report.size, expected, refusal);
            }
        }
    }
}

fn known_from(signed: &SignedCheckpoint) -> Known {
    let Checkpoint { origin, size, root } = signed.checkpoint().clone();
    Known { origin, size, root }
}
