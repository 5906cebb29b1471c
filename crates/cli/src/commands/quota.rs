//! `quota set`, `allocate`, `move` and `deduct`: what is typed becomes a payload.
//!
//! Invariant: each goes the way of every event. Holds no rule; the registry decides.

use desk::{Desk, office};
use domain::Payload;
use domain::payload::{IndicatorSet, QuotaAllocated, QuotaDeducted, QuotaMoved};
use grammar::QuotaCommand;

use super::act::whole;
use crate::outcome::{CliError, Outcome};

/// Sets, allocates, moves or deducts quota.
pub(crate) fn quota(desk: &Desk<'_>, command: QuotaCommand) -> Result<Outcome, CliError> {
    let (payload, signing) = match command {
        QuotaCommand::Set(set) => {
            let payload = Payload::IndicatorSet(IndicatorSet {
                year: set.batch.year,
                track: set.batch.track,
                batch: set.batch_number,
                amount_mg: set.batch.amount,
                basis: set.basis,
                instrument: set.batch.instrument.read()?,
            });
            (payload, set.signing)
        }
        QuotaCommand::Allocate(allocate) => {
            let set = allocate.set;
            let payload = Payload::QuotaAllocated(QuotaAllocated {
                holder: office::holder(&allocate.holder)?,
                year: set.batch.year,
                track: set.batch.track,
                batch: set.batch_number,
                amount_mg: set.batch.amount,
                basis: set.basis,
                instrument: set.batch.instrument.read()?,
            });
            (payload, set.signing)
        }
        QuotaCommand::Move(moved) => {
            let payload = Payload::QuotaMoved(QuotaMoved {
                from: office::holder(&moved.from)?,
                to: office::holder(&moved.to)?,
                year: moved.batch.year,
                track: moved.batch.track,
                amount_mg: moved.batch.amount,
                instrument: moved.batch.instrument.read()?,
            });
            (payload, moved.signing)
        }
        QuotaCommand::Deduct(deduct) => {
            let payload = Payload::QuotaDeducted(QuotaDeducted {
                party: deduct.party,
                year: deduct.year,
                track: deduct.track,
                amount_mg: deduct.amount,
                penalty: deduct.penalty,
            });
            (payload, deduct.signing)
        }
    };
    whole(desk, &signing, payload)
}
