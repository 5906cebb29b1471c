//! The operator's word that its clock is right, for a node that would refuse to write by it.
//!
//! Invariant: what was said, when and why is in the log before anything else is written by that clock. Reads no clock.

use domain::Moment;
use domain::payload::{ClockConfirmed, Payload};
use domain::text::Term;
use signing::Signer;
use verify::AdmissionRefusal;

use crate::answer::Reply;
use crate::fault::LedgerFault;
use crate::guard::check_clock;
use crate::ledger::Ledger;

impl Ledger {
    /// Why nothing would be written at this moment of the node's clock; nothing if it can be right.
    ///
    /// # Errors
    /// The newest entry can't be read.
    pub fn doubts_clock(&self, now: Moment) -> Result<Option<AdmissionRefusal>, LedgerFault> {
        let received = self.newest_received()?;
        Ok(check_clock(now, received, &self.registry()).err())
    }

    /// Signs and appends the confirmation, as the operator that the founding names.
    ///
    /// # Errors
    /// The ledger is not founded, the key did not sign, or the ledger stopped.
    pub fn confirm_clock(
        &self,
        key: &dyn Signer,
        shows: Moment,
        reason: Term,
    ) -> Result<Reply, LedgerFault> {
        let registry = self.registry();
        let founding = registry.founding().ok_or(LedgerFault::NotFounded)?;
        let mut author = self.author(founding.operator)?;
        let payload = Payload::ClockConfirmed(ClockConfirmed { shows, reason });
        let event = author.sign(key, shows, shows, payload)?;
        let mut answers = self.submit_blocking(vec![event])?;
        Ok(answers.pop().expect("one event has one answer"))
    }
}
