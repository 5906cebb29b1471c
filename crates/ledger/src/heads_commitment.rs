//! The operator's commitment to every author's newest event, at each month's turn and whenever it is asked for.
//!
//! Invariant: the first entry that is received in a month follows on a commitment to all that was received before it, if
//! whoever appends asks [`Ledger::month_has_turned`] first. Appends nothing of its own accord: the operator's events are
//! numbered like everybody's, and an event that the operator is about to submit must not find its number taken.

use domain::Moment;
use domain::payload::Payload;
use signing::Signer;

use crate::answer::Reply;
use crate::fault::LedgerFault;
use crate::ledger::Ledger;

impl Ledger {
    /// Whether nothing was received yet in the month of `now`, in the ledger's zone. Not before the founding.
    ///
    /// # Errors
    /// The newest entry can't be read.
    pub fn month_has_turned(&self, now: Moment) -> Result<bool, LedgerFault> {
        let Some(received) = self.newest_received()? else {
            return Ok(false);
        };
        let zone = self.registry().zone();
        Ok(zone.month_of(received) < zone.month_of(now))
    }

    /// When the newest entry was received; nothing before the founding.
    pub(crate) fn newest_received(&self) -> Result<Option<Moment>, LedgerFault> {
        let Some(position) = self.store().size().checked_sub(1) else {
            return Ok(None);
        };
        let frame = self.store().frame_of(position)?;
        let entry = frame.entry(position).unwrap_or_default();
        let newest = wire::decode_entry(entry).map_err(|refusal| LedgerFault::Log {
            position,
            what: refusal.to_string(),
        })?;
        Ok(Some(newest.received))
    }

    /// Signs and appends the commitment, as the operator that founding names.
    ///
    /// # Errors
    /// The ledger is not founded, the key did not sign, or the ledger stopped.
    pub fn commit_heads(&self, key: &dyn Signer, now: Moment) -> Result<Reply, LedgerFault> {
        let registry = self.registry();
        let founding = registry.founding().ok_or(LedgerFault::NotFounded)?;
        let mut author = self.author(founding.operator)?;
        let payload = Payload::HeadsCommitted(self.heads_commitment());
        let event = author.sign(key, now, now, payload)?;
        let mut answers = self.submit_blocking(vec![event])?;
        Ok(answers.pop().expect("one event has one answer"))
    }
}
