//! The way of events from the signature into the log, or into the outbox where the log is elsewhere.
//!
//! Invariant: nothing is appended unless all of it is well formed and signed, and nobody hears that an event is recorded before
//! it is acknowledged as the ledger has it.
//! Two signed events for one place are kept as evidence. Knows no command.

use std::path::Path;
use std::sync::Arc;

use author::SignedEvent;
use domain::registry::AuthorityRefusal;
use domain::{EventId, Moment, PartyId, Payload};
use evidence::Evidence;
use ledger::{Acknowledge, Ledger, NotAdmitted};
use portable::HandedEvent;
use seal::Signer;
use verify::AdmissionRefusal;

use crate::commands::{acknowledge_of, say_unacknowledged, settle};
use crate::keys::Key;
use crate::outbox::{Ahead, Outbox};
use crate::outcome::{CliError, Outcome};
use crate::session::{Party, Session, Way, founding};
use crate::{output, place};

/// An event that was signed and is in the log or in the outbox.
#[derive(Clone, Copy)]
pub(crate) struct Recorded {
    /// Its place in the log, if it is there.
    pub position: Option<u64>,
    pub id: EventId,
}

impl Session {
    /// Signs all events with the party's one key and appends them, as [`Self::append_signed_by`] does.
    pub(crate) fn append(
        &self,
        party: &mut Party,
        events: Vec<(Moment, Payload)>,
        now: Moment,
        recorded: &mut dyn FnMut(&Recorded) -> Result<(), CliError>,
    ) -> Result<Outcome, CliError> {
        self.append_signed_by(party, &[], events, now, recorded)
    }

    /// Signs all events, with `others` beside the party's first key, then appends them in groups or keeps them in the outbox;
    /// `recorded` hears of each event once it is acknowledged, as the ledger has it: once it is durable, or witnessed too. What
    /// is in the log and not acknowledged is said, and makes the outcome one to look at.
    ///
    /// Nothing is appended unless all of them are well formed and signed.
    pub(crate) fn append_signed_by(
        &self,
        party: &mut Party,
        others: &[Key],
        events: Vec<(Moment, Payload)>,
        now: Moment,
        recorded: &mut dyn FnMut(&Recorded) -> Result<(), CliError>,
    ) -> Result<Outcome, CliError> {
        let acknowledge = acknowledge_of(&self.folder)?;
        if let Way::Log(ledger, operator_key) = &self.way {
            self.refuse_what_waits(ledger, party.author.party)?;
            if self.confirm_clock(now)? == Some(party.author.party) {
                party.author = self.author(party.author.party)?;
            }
            commit_heads_at_the_turn(ledger, operator_key, party.author.party, now)?;
        }
        let mut signed = Vec::with_capacity(events.len());
        for (occurred, payload) in events {
            let mut event = party
                .author
                .sign(&*party.key, occurred, now.max(occurred), payload)?;
            for key in others {
                event.sign_with(&**key).map_err(CliError::fault)?;
            }
            signed.push(event);
        }
        match &self.way {
            Way::Log(ledger, _) if acknowledge.policy().is_some() => {
                let mut admitted = Vec::new();
                let mut later = |event: &Recorded| {
                    admitted.push(*event);
                    Ok(())
                };
                let submitted = self.submit(ledger, party.author.party, &signed, &mut later);
                // What came before a refusal or a fault is in the log too.
                let outcome = self.acknowledge(&acknowledge, &admitted, recorded);
                submitted.and(outcome)
            }
            Way::Log(ledger, _) => {
                self.submit(ledger, party.author.party, &signed, recorded)?;
                Ok(Outcome::Done)
            }
            Way::File(ahead, out) => {
                let ahead = &mut ahead.borrow_mut();
                keep_for_later(ahead, out.as_deref(), party.author.party, signed, recorded)?;
                Ok(Outcome::Done)
            }
        }
    }

    /// Asks the witnesses about what is in the log by now, and tells `recorded` of what they acknowledge.
    fn acknowledge(
        &self,
        acknowledge: &Acknowledge,
        admitted: &[Recorded],
        recorded: &mut dyn FnMut(&Recorded) -> Result<(), CliError>,
    ) -> Result<Outcome, CliError> {
        if admitted.is_empty() {
            return Ok(Outcome::Done);
        }
        let settled = settle(&self.folder, &*self.store, acknowledge);
        let size = settled.as_ref().copied().unwrap_or_default();
        let is_open = |event: &&Recorded| event.position.is_none_or(|position| position >= size);
        for event in admitted.iter().filter(|event| !is_open(event)) {
            recorded(event)?;
        }
        let open: Vec<_> = admitted.iter().filter(is_open).collect();
        if let Some(first) = open.first().and_then(|event| event.position) {
            say_unacknowledged(open.len(), first, size);
        }
        settled.map(|_| Outcome::found_if(!open.is_empty()))
    }

    fn submit(
        &self,
        ledger: &Ledger,
        party: PartyId,
        signed: &[SignedEvent],
        recorded: &mut dyn FnMut(&Recorded) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        let mut count = 0;
        for group in signed.chunks(GROUP_EVENTS) {
            for answer in ledger.submit_blocking(group.to_vec())? {
                match answer {
                    Ok(answer) => {
                        count += 1;
                        let (position, id) = (Some(answer.position), answer.id);
                        recorded(&Recorded { position, id })?;
                    }
                    Err(refused) => {
                        self.keep_two_events(&refused)?;
                        return Err(refusal(&refused.refusal, party, count));
                    }
                }
            }
        }
        Ok(())
    }

    /// Keeps evidence where a refusal shows that an author signed two events for one place.
    pub(crate) fn keep_two_events(&self, refused: &NotAdmitted) -> Result<(), CliError> {
        let Some(evidence) = &refused.evidence else {
            return Ok(());
        };
        let both = [&evidence.held, &evidence.offered];
        let both = both.map(|event| (&*event.body, &*event.signatures));
        let kept = Evidence::two_refused(&self.registry(), both);
        let unknown = || CliError::fault("a key of an admitted event is gone");
        keep_evidence(&self.folder, &kept.ok_or_else(unknown)?)
    }

    /// Says in the log that the clock is right, if the operator told so and nothing would be written else; who said it.
    pub(crate) fn confirm_clock(&self, now: Moment) -> Result<Option<PartyId>, CliError> {
        let (Way::Log(ledger, operator_key), Some(reason)) = (&self.way, &self.clock_is_right)
        else {
            return Ok(None);
        };
        if ledger.doubts_clock(now)?.is_none() {
            output::say("note: the clock is not in doubt, so nothing was said of it in the log");
            return Ok(None);
        }
        let operator = founding(&ledger.registry())?.operator;
        self.refuse_what_waits(ledger, operator)?;
        match ledger.confirm_clock(&**operator_key, now, reason.clone())? {
            Ok(accepted) => output::say(format!(
                "note: the operator says at position {} that the clock is right: it shows {now}; {}",
                accepted.position, reason
            )),
            Err(refused) => return Err(refusal(&refused.refusal, operator, 0)),
        }
        Ok(Some(operator))
    }

    /// What was signed into the outbox has its number: another event under it would be evidence against an honest author.
    fn refuse_what_waits(&self, ledger: &Ledger, party: PartyId) -> Result<(), CliError> {
        if !place::outbox(&self.folder).exists() {
            return Ok(());
        }
        let registry = ledger.registry();
        let outbox = Outbox::open(&self.folder, &founding(&registry)?.origin)?;
        let next_seq = ledger.author(party)?.state.head.next_seq;
        let waits = |event: &&HandedEvent| event.body.author == party && event.body.seq >= next_seq;
        let count = outbox.events().iter().filter(waits).count();
        if count == 0 {
            return Ok(());
        }
        let path = outbox.path().display();
        Err(
            CliError::refused(format!("{count} signed events of {party} wait in {path}"))
                .help(format!("take them first: `ytterby take {path}`")),
        )
    }
}

/// Keeps signed events in the outbox, writes what waits of their author into a file for the operator, and says so.
fn keep_for_later(
    ahead: &mut Ahead,
    out: Option<&Path>,
    party: PartyId,
    signed: Vec<SignedEvent>,
    recorded: &mut dyn FnMut(&Recorded) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let handed = signed.into_iter().map(|event| {
        let handed = HandedEvent::of(event.body, event.signatures);
        handed.map_err(CliError::fault)
    });
    let handed = handed.collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<_> = handed.iter().map(|event| event.id).collect();
    ahead.add(handed)?;
    let file = out.unwrap_or_else(|| ahead.outbox.path());
    if let Some(out) = out {
        durable::put(out, ahead.outbox.of(party).to_text().as_bytes())?;
    }
    for id in ids {
        let position = None;
        recorded(&Recorded { position, id })?;
    }
    output::say(format!(
        "signed, and not in the log yet: send {} to the operator, who runs `ytterby take` on it",
        file.display()
    ));
    Ok(())
}

/// The first write of a month commits to all that came before, so that extracts prove completeness month by month. The
/// operator's own events are left alone: one of them may be the commitment, and it has its number already.
pub(crate) fn commit_heads_at_the_turn(
    ledger: &Ledger,
    operator_key: &Arc<dyn Signer>,
    author: PartyId,
    now: Moment,
) -> Result<(), CliError> {
    let registry = ledger.registry();
    let is_operators = registry
        .founding()
        .is_some_and(|founding| founding.operator == author);
    if is_operators || !ledger.month_has_turned(now)? {
        return Ok(());
    }
    match ledger.commit_heads(&**operator_key, now)? {
        Ok(accepted) => output::say(format!(
            "note: the month has turned, so the operator committed to all heads at position {}",
            accepted.position
        )),
        // Nobody's record waits for it: an extract proves less, and says so.
        Err(refused) => output::say(format!(
            "note: the month has turned, but the operator can't commit to the heads: {}",
            refused.refusal
        )),
    }
    Ok(())
}

/// A refusal for people, with the name of the rule and what to do.
pub(crate) fn refusal(refusal: &AdmissionRefusal, party: PartyId, count: usize) -> CliError {
    let advice = match refusal {
        AdmissionRefusal::Authority(AuthorityRefusal::TooFewSignatures { needed, .. }) => format!(
            "give --key FILE {needed} times, each with another key of {party} (`ytterby key list`); "
        ),
        AdmissionRefusal::Authority(AuthorityRefusal::LastKey { party }) => format!(
            "`ytterby key rotate {party}` replaces it; a key that is lost or stolen is revoked by a regulator: --as REGULATOR; "
        ),
        AdmissionRefusal::Authority(AuthorityRefusal::TooFewKeysHeld { .. }) => {
            "further keys come with `ytterby key add`, in a recovery with --request FILE; "
                .to_owned()
        }
        _ => String::new(),
    };
    CliError::refused(format!("{refusal} [{}]", refusal.code())).help(format!(
        "{advice}{count} events before this one are in the log; nothing after it is"
    ))
}

/// Events that are submitted at once: each such group is one commit, answered while the next waits.
const GROUP_EVENTS: usize = 512;

/// Writes evidence into the ledger's folder for it, under a name that the same evidence has again.
pub(crate) fn keep_evidence(folder: &Path, evidence: &Evidence) -> Result<(), CliError> {
    let folder = place::evidence(folder);
    durable::create_folder(&folder, durable::Access::Usual)?;
    let path = folder.join(evidence.file_name());
    durable::put(&path, evidence.to_text().as_bytes())?;
    let path = path.display();
    output::say(format!("evidence: {path}"));
    output::say(format!("help: `ytterby verify {path}` says what it proves"));
    Ok(())
}
