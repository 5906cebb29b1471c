//! The year goes into a ledger: each day is submitted as it would have been, after a commitment to heads where a month begins.
//!
//! Invariant: the events go the way of every event, through the sequencer, and the clock stands where the plan has it. Knows
//! no store and no file.

use std::cell::RefCell;

use domain::{Bytes32, Moment, Month, PartyId, Seen};
use ledger::{Clock, Ledger, LedgerFault, ManualClock, Reply};
use signing::SecretKey;
use thiserror::Error;

use crate::plan::Plan;
use crate::player::{Filed, PlayFault, Signed, play};

/// The year could not be played into a ledger; into an empty one it always can.
#[derive(Debug, Error)]
pub enum YearFault {
    #[error(transparent)]
    Play(#[from] PlayFault),
    #[error(transparent)]
    Ledger(#[from] LedgerFault),
    #[error("an event of the year is refused: {0}")]
    Refused(String),
    #[error("the statement of a month can't be computed: {0}")]
    Month(String),
}

/// A party's statement of a month, by what the log holds so far.
pub type MonthSoFar<'a> = dyn FnMut(PartyId, Month) -> Result<Filed, String> + 'a;

/// Plays a plan into an empty ledger, whose clock it moves; a filed month commits to the statement that its author saw.
/// `appended` hears how many events of each day are in the log. Gives the position of every step.
///
/// # Errors
/// The ledger failed, or refuses an event.
pub fn play_into(
    plan: &Plan,
    (ledger, clock): (&Ledger, &ManualClock),
    operator_key: &SecretKey,
    month: &mut MonthSoFar<'_>,
    appended: &dyn Fn(u64),
) -> Result<Vec<u64>, YearFault> {
    let fault = RefCell::new(None);
    let mut positions = Vec::with_capacity(plan.steps.len());
    let mut filed = |party, of, _| {
        month(party, of).unwrap_or_else(|why| {
            fault.borrow_mut().get_or_insert(YearFault::Month(why));
            Filed {
                digest: Bytes32([0; 32]),
                nil: true,
            }
        })
    };
    let sink = |group: Vec<Signed>| {
        if let Some(received) = group.iter().map(|signed| signed.received).max() {
            clock.set(received);
            appended(group.len() as u64);
            match append(ledger, group, received, operator_key) {
                Ok(day) => positions.extend(day),
                Err(why) => _ = fault.borrow_mut().get_or_insert(why),
            }
        }
        ledger.seen().unwrap_or_else(|why| {
            fault.borrow_mut().get_or_insert(why.into());
            Seen::NOTHING
        })
    };
    play(plan, &mut filed, sink)?;
    if let Some(fault) = fault.into_inner() {
        return Err(fault);
    }
    // The year ends with one more, so that extracts of all of it prove that they are whole.
    commit_heads(ledger, operator_key, clock.now())?;
    Ok(positions)
}

fn append(
    ledger: &Ledger,
    group: Vec<Signed>,
    received: Moment,
    operator_key: &SecretKey,
) -> Result<Vec<u64>, YearFault> {
    if ledger.month_has_turned(received)? {
        commit_heads(ledger, operator_key, received)?;
    }
    let events = group.into_iter().map(|signed| signed.event).collect();
    let replies = ledger.submit_blocking(events)?.into_iter();
    replies.map(position).collect()
}

fn commit_heads(ledger: &Ledger, key: &SecretKey, now: Moment) -> Result<(), YearFault> {
    position(ledger.commit_heads(key, now)?).map(|_| ())
}

fn position(reply: Reply) -> Result<u64, YearFault> {
    let accepted = reply.map_err(|refused| YearFault::Refused(refused.refusal.to_string()))?;
    Ok(accepted.position)
}
