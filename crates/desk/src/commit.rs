//! The way of a batch from consent into the log, or into the outbox where the log is elsewhere.
//!
//! Invariant: nothing is appended unless all of it is well formed and signed and its confidential values are on disk, and
//! nobody hears that an event is recorded before it is acknowledged as the ledger has it.

use std::path::Path;
use std::sync::Arc;

use author::SignedEvent;
use details::Vault;
use domain::payload::ClockConfirmed;
use domain::{EventId, Moment, PartyId, Payload};
use ledger::{Acknowledge, Ledger};
use portable::HandedEvent;
use signing::Signer;

use crate::acknowledge::{self, say_unacknowledged, settle};
use crate::batch::{Batch, Intent, not_admitted};
use crate::desk::founding;
use crate::evidence::keep_two_events;
use crate::keys::{Key, id_of};
use crate::limits::GROUP_EVENTS;
use crate::outbox::{Ahead, Outbox};
use crate::refused::{EventRefused, NotDone};
use crate::row_keys;
use crate::session::{Session, Way};

/// An event that was signed and is in the log or in the outbox.
#[derive(Debug, Clone, Copy)]
pub struct Recorded {
    /// Its place in the log, if it is there.
    pub position: Option<u64>,
    pub id: EventId,
}

/// Hears of each event that is recorded. One who can't hear stops nothing: the rest is recorded, and then the fault is told.
pub type Hear<'a> = &'a mut dyn FnMut(&Recorded) -> Result<(), NotDone>;

/// What became of a batch that was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Committed {
    /// Events that are in the log and do not count as recorded yet.
    pub unacknowledged: usize,
}

const ALL: Committed = Committed { unacknowledged: 0 };

impl Session<'_> {
    /// Signs a batch with all of these keys, then appends it in groups or keeps it in the outbox; `recorded` hears of each
    /// event once it is acknowledged, as the ledger has it: once it is durable, or witnessed too. What is in the log and not
    /// acknowledged is said.
    ///
    /// # Errors
    /// An event is refused, and what came before it is in the log; or something failed.
    pub fn commit(
        &self,
        batch: Batch,
        keys: &[Key],
        recorded: Hear<'_>,
    ) -> Result<Committed, NotDone> {
        let acknowledge = acknowledge::of(&self.desk.place)?;
        let party = batch.author();
        if let Way::Log(ledger, operator_key) = &self.way {
            let is_operators = founding(&ledger.registry())?.operator == party;
            // The operator's own are signed again behind its word on the clock.
            if !is_operators {
                self.refuse_what_waits(ledger, party)?;
            }
            self.confirm_clock(batch.now())?;
            if is_operators {
                self.refuse_what_waits(ledger, party)?;
            }
            self.commit_heads_at_the_turn(ledger, operator_key, is_operators, batch.now())?;
        }
        let batch = batch.behind(self.author(party)?)?;
        batch.keep(&Vault::in_ledger(self.desk.folder()))?;
        row_keys::note(&self.desk.place, &batch)?;
        let keys: Vec<&dyn Signer> = keys.iter().map(|key| &**key).collect();
        let signed = batch.sign(&keys)?;
        match &self.way {
            Way::Log(ledger, _) if acknowledge.policy().is_some() => {
                let mut admitted = Vec::new();
                let mut later = |event: &Recorded| {
                    admitted.push(*event);
                    Ok(())
                };
                let submitted = self.submit(ledger, party, &signed, &mut later);
                // What came before a refusal or a fault is in the log too.
                let outcome = self.acknowledge(&acknowledge, &admitted, recorded);
                submitted.and(outcome)
            }
            Way::Log(ledger, _) => {
                self.submit(ledger, party, &signed, recorded)?;
                Ok(ALL)
            }
            Way::File(ahead, out) => self.keep_for_later(
                &mut ahead.borrow_mut(),
                out.as_deref(),
                party,
                signed,
                recorded,
            ),
        }
    }

    /// Asks the witnesses about what is in the log by now, and tells `recorded` of what they acknowledge.
    fn acknowledge(
        &self,
        acknowledge: &Acknowledge,
        admitted: &[Recorded],
        recorded: Hear<'_>,
    ) -> Result<Committed, NotDone> {
        if admitted.is_empty() {
            return Ok(ALL);
        }
        let settled = settle(&self.desk, &*self.store, acknowledge);
        let size = settled.as_ref().copied().unwrap_or_default();
        let is_open = |event: &&Recorded| event.position.is_none_or(|position| position >= size);
        let mut witnessed = admitted.iter().filter(|event| !is_open(event));
        let told = witnessed.try_for_each(recorded);
        let open: Vec<_> = admitted.iter().filter(is_open).collect();
        if let Some(first) = open.first().and_then(|event| event.position) {
            say_unacknowledged(&self.desk, open.len(), first, size);
        }
        settled?;
        if told.is_err() {
            self.note_part(admitted.len(), admitted.len());
        }
        if !open.is_empty() {
            self.note_unheard(told);
            let unacknowledged = open.len();
            return Ok(Committed { unacknowledged });
        }
        told.map(|()| ALL)
    }

    /// A result that could not be told, where something else is what the run ends with.
    fn note_unheard(&self, told: Result<(), NotDone>) {
        if let Err(fault) = told {
            let host = self.desk.host;
            host.note(format!("note: what is recorded could not be told: {fault}"));
        }
    }

    fn submit(
        &self,
        ledger: &Ledger,
        party: PartyId,
        signed: &[SignedEvent],
        recorded: Hear<'_>,
    ) -> Result<(), NotDone> {
        let mut count = 0;
        let mut told = Ok(());
        for group in signed.chunks(GROUP_EVENTS) {
            let answers = ledger.submit_blocking(group.to_vec());
            let answers = answers.inspect_err(|_| self.note_part(count, signed.len()))?;
            for answer in answers {
                match answer {
                    Ok(answer) => {
                        count += 1;
                        let (position, id) = (Some(answer.position), answer.id);
                        if told.is_ok() {
                            told = recorded(&Recorded { position, id });
                        }
                    }
                    Err(refused) => {
                        let registry = || self.registry();
                        self.note_unheard(told);
                        keep_two_events(&self.desk.place, registry, &refused, self.desk.host)
                            .inspect_err(|_| self.note_part(count, signed.len()))?;
                        return Err(not_admitted(&refused.refusal, party, count).into());
                    }
                }
            }
        }
        if told.is_err() {
            self.note_part(count, signed.len());
        }
        told
    }

    /// How much of a batch is in the log, where its end can't be told event by event.
    fn note_part(&self, count: usize, all: usize) {
        self.desk.host.note(format!(
            "note: {count} of {all} events are known to be in the log"
        ));
    }

    /// Says in the log that the clock is right, if the operator told so and nothing would be written else; whether it did.
    pub(crate) fn confirm_clock(&self, now: Moment) -> Result<bool, NotDone> {
        let (Way::Log(ledger, operator_key), Some(reason)) = (&self.way, &self.desk.clock_is_right)
        else {
            return Ok(false);
        };
        let host = self.desk.host;
        if ledger.doubts_clock(now)?.is_none() {
            host.note("note: the clock is not in doubt, so nothing was said of it in the log");
            return Ok(false);
        }
        let operator = founding(&ledger.registry())?.operator;
        let said = format!("the clock is right: it shows {now}; {reason}");
        if self.sign_again_behind(ledger, operator_key, now)? {
            host.note(format!("note: the operator says that {said}"));
            return Ok(true);
        }
        match ledger.confirm_clock(&**operator_key, now, reason.clone())? {
            Ok(accepted) => host.note(format!(
                "note: the operator says at position {} that {said}",
                accepted.position
            )),
            Err(refused) => return Err(not_admitted(&refused.refusal, operator, 0).into()),
        }
        Ok(true)
    }

    /// What the operator signed into its outbox has the number that its word on the clock needs, and can't be taken before
    /// that word: so it is signed again behind it. Until all of it is in the log, the outbox holds the new events and none of
    /// the old ones, so that a run that is cut off leaves nothing that contradicts what is in the log. Whether there was any.
    fn sign_again_behind(
        &self,
        ledger: &Ledger,
        operator_key: &Arc<dyn Signer>,
        now: Moment,
    ) -> Result<bool, NotDone> {
        let (Some(mut outbox), Some(reason)) = (self.outbox(ledger)?, &self.desk.clock_is_right)
        else {
            return Ok(false);
        };
        let operator = founding(&ledger.registry())?.operator;
        let author = ledger.author(operator)?;
        let waiting = outbox.from(operator, author.state.head.next_seq);
        let is_confirmation =
            |event: &HandedEvent| matches!(event.body.payload, Payload::ClockConfirmed(_));
        let others = waiting.into_iter().filter(|event| !is_confirmation(event));
        let others: Vec<_> = others.collect();
        if others.is_empty() {
            return Ok(false);
        }
        // One key can't sign again what several people signed.
        if let Some(event) = others
            .iter()
            .find(|event| !is_signed_by(event, &**operator_key))
        {
            return Err(EventRefused::NotSignedAgain {
                event: event.id,
                path: outbox.shown(),
            }
            .into());
        }
        let shows = ClockConfirmed {
            shows: now,
            reason: reason.clone(),
        };
        let count = others.len();
        let others = others.into_iter();
        let drafts = std::iter::once(Intent::of(now, Payload::ClockConfirmed(shows)))
            .chain(others.map(|event| Intent::of(event.body.occurred, event.body.payload)));
        let signed = Batch::number(author, drafts, now)?.sign(&[&**operator_key])?;
        outbox.replace(operator, handed(&signed)?)?;
        self.submit(ledger, operator, &signed, &mut |_| Ok(()))?;
        outbox.drop_what_is_in(&*self.store)?;
        self.desk.host.note(format!(
            "note: {count} events of the operator that waited in {} were signed again behind its word on the clock, and are in the log; destroy every other copy of the old ones",
            outbox.shown()
        ));
        Ok(true)
    }

    fn outbox(&self, ledger: &Ledger) -> Result<Option<Outbox>, NotDone> {
        if !self.desk.place.outbox().exists() {
            return Ok(None);
        }
        let registry = ledger.registry();
        let outbox = Outbox::open(&self.desk.place, &founding(&registry)?.origin)?;
        Ok(Some(outbox))
    }

    /// What was signed into the outbox has its number: another event under it would be evidence against an honest author.
    fn refuse_what_waits(&self, ledger: &Ledger, party: PartyId) -> Result<(), NotDone> {
        match self.waiting(ledger, party)? {
            Some((count, path)) => Err(EventRefused::Waits { count, party, path }.into()),
            None => Ok(()),
        }
    }

    /// How many events of a party wait in the outbox here, and where that is.
    fn waiting(&self, ledger: &Ledger, party: PartyId) -> Result<Option<(usize, String)>, NotDone> {
        let Some(outbox) = self.outbox(ledger)? else {
            return Ok(None);
        };
        let next_seq = ledger.author(party)?.state.head.next_seq;
        let count = outbox.from(party, next_seq).len();
        Ok((count > 0).then(|| (count, outbox.shown())))
    }

    /// The first write of a month commits to all that came before, so that extracts prove completeness month by month. Events
    /// of the operator itself that are written now or wait here have their numbers already: the commitment would be a second
    /// event for the place of one of them, so it waits for the next write.
    pub(crate) fn commit_heads_at_the_turn(
        &self,
        ledger: &Ledger,
        operator_key: &Arc<dyn Signer>,
        writes_its_own: bool,
        now: Moment,
    ) -> Result<(), NotDone> {
        if writes_its_own || !ledger.month_has_turned(now)? {
            return Ok(());
        }
        let operator = founding(&ledger.registry())?.operator;
        if let Some((_, path)) = self.waiting(ledger, operator)? {
            self.desk.host.note(format!(
                "note: the month has turned, and events of the operator wait in {path}: take them, then `ytterby heads` commits to the heads"
            ));
            return Ok(());
        }
        self.desk.host.note(match ledger.commit_heads(&**operator_key, now)? {
            Ok(accepted) => format!(
                "note: the month has turned, so the operator committed to all heads at position {}",
                accepted.position
            ),
            // Nobody's record waits for it: an extract proves less, and says so.
            Err(refused) => format!(
                "note: the month has turned, but the operator can't commit to the heads: {}",
                refused.refusal
            ),
        });
        Ok(())
    }

    /// Keeps signed events in the outbox, writes what waits of their author into a file for the operator, and says so.
    fn keep_for_later(
        &self,
        ahead: &mut Ahead,
        out: Option<&Path>,
        party: PartyId,
        signed: Vec<SignedEvent>,
        recorded: Hear<'_>,
    ) -> Result<Committed, NotDone> {
        let handed = handed(&signed)?;
        let ids: Vec<_> = handed.iter().map(|event| event.id).collect();
        ahead.add(handed)?;
        let outbox = ahead.outbox.shown();
        let file = out.map_or_else(|| outbox.clone(), |out| out.display().to_string());
        if let Some(out) = out {
            let count = ids.len();
            let written = durable::put(out, ahead.outbox.of(party).to_text().as_bytes());
            written.inspect_err(|_| {
                self.desk.host.note(format!(
                    "note: all {count} events are signed and wait in {outbox}"
                ));
            })?;
        }
        let position = None;
        let mut told = ids.into_iter().map(|id| Recorded { position, id });
        let told = told.try_for_each(|event| recorded(&event));
        self.desk.host.note(format!(
            "signed, and not in the log yet: send {file} to the operator, who runs `ytterby take` on it"
        ));
        told.map(|()| ALL)
    }
}

/// Whether this key signed an event, and no other did.
fn is_signed_by(event: &HandedEvent, key: &dyn Signer) -> bool {
    matches!(event.signatures.as_slice(), [(signer, _)] if *signer == id_of(key))
}

fn handed(signed: &[SignedEvent]) -> Result<Vec<HandedEvent>, NotDone> {
    let handed = signed.iter().map(|event| {
        let event = event.clone();
        HandedEvent::of(event.body, event.signatures)
    });
    handed.collect::<Result<_, _>>().map_err(NotDone::Fault)
}
