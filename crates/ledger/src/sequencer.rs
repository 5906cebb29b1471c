//! The single writer. One group: admit each event, encode, extend the tree, sign the checkpoint, commit one frame,
//! publish, answer.
//!
//! Invariant: the parent function owns the order; an answer leaves only after `Store::append` returned. Before that a
//! group may be lost; after that it may only be repeated. Knows no threads and no channels.

use std::mem;
use std::sync::{Arc, RwLock};

use author::SignedEvent;
use chain::LinkRefusal;
use domain::payload::Payload;
use domain::{EventId, Moment};
use signing::{Checkpoint, Signer};
use store::Store;
use verify::{AdmissionRefusal, EntryPlace, Prepared, RememberedRoots};
use wire::Entry;

use crate::answer::{Accepted, Conflict, NotAdmitted, Reply};
use crate::clock::Clock;
use crate::fault::LedgerFault;
use crate::guard::check_clock;
use crate::index::{Pending, stored_place};
use crate::ledger::LedgerOptions;
use crate::limits::INDEX_EVENTS_MAX;
use crate::past_roots::PastRoots;
use crate::recover::Recovered;
use crate::tip::Tip;

/// What readers see while the writer works.
pub(crate) struct Published {
    pub tip: RwLock<Tip>,
}

pub(crate) struct Sequencer {
    store: Arc<dyn Store>,
    signer: Arc<dyn Signer>,
    next_signer: Option<Arc<dyn Signer>>,
    /// The group that is open ends with a rotation to the next signer.
    rotates: bool,
    clock: Arc<dyn Clock>,
    unindexed: u64,
    remembered: RememberedRoots,
    published: Arc<Published>,
}

impl Sequencer {
    pub(crate) fn new(options: LedgerOptions, state: Recovered) -> (Self, Arc<Published>) {
        let published = Arc::new(Published {
            tip: RwLock::new(state.tip),
        });
        let sequencer = Self {
            store: options.store,
            signer: options.signer,
            next_signer: options.next_signer,
            rotates: false,
            clock: options.clock,
            unindexed: state.replayed,
            remembered: RememberedRoots::default(),
            published: Arc::clone(&published),
        };
        (sequencer, published)
    }

    /// Commits one group and answers for each event in order. A rotation of the log key ends a group, so that the very
    /// next checkpoint carries the handover; what comes after it makes another one.
    ///
    /// # Errors
    /// The store or the signer failed: nothing of the group is acknowledged and the writer must not go on.
    pub(crate) fn commit(
        &mut self,
        events: Vec<Result<Prepared, AdmissionRefusal>>,
    ) -> Result<Vec<Reply>, LedgerFault> {
        let received = self.time();
        let mut answers: Vec<Option<Reply>> = Vec::new();
        answers.resize_with(events.len(), || None);
        let (mut admitted, mut entries) = (Vec::new(), Vec::new());
        for (slot, event) in events.into_iter().enumerate() {
            let answer = event.map_err(plain);
            match answer.and_then(|event| self.admit(event, received, &mut entries)) {
                Ok(accepted) if accepted.repeated => answers[slot] = Some(Ok(accepted)),
                Ok(accepted) => admitted.push((slot, accepted)),
                Err(Rejected::NotAdmitted(refused)) => answers[slot] = Some(Err(refused)),
                Err(Rejected::Fault(fault)) => return Err(fault),
            }
            if self.rotates {
                let (admitted, entries) = (mem::take(&mut admitted), mem::take(&mut entries));
                self.commit_admitted(admitted, &entries, &mut answers)?;
            }
        }
        self.commit_admitted(admitted, &entries, &mut answers)?;
        Ok(answers
            .into_iter()
            .map(|answer| answer.expect("every slot was decided above"))
            .collect())
    }

    fn commit_admitted(
        &mut self,
        admitted: Vec<(usize, Accepted)>,
        entries: &[Vec<u8>],
        answers: &mut [Option<Reply>],
    ) -> Result<(), LedgerFault> {
        if entries.is_empty() {
            return Ok(());
        }
        let checkpoint = self.sign_checkpoint()?;
        let borrowed: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        let expected = read(&self.published.tip).size() - entries.len() as u64;
        self.store.append(expected, &borrowed, &checkpoint)?;
        if mem::take(&mut self.rotates)
            && let Some(next) = self.next_signer.take()
        {
            self.signer = next;
        }
        self.publish(entries.len() as u64)?;
        let checkpoint: Arc<[u8]> = checkpoint.into();
        for (slot, accepted) in admitted {
            answers[slot] = Some(Ok(Accepted {
                checkpoint: Arc::clone(&checkpoint),
                ..accepted
            }));
        }
        Ok(())
    }

    /// Receive times never run backward, whatever the clock does.
    fn time(&self) -> Moment {
        let now = self.clock.now();
        let before = read(&self.published.tip).received;
        before.map_or(now, |before| before.max(now))
    }

    fn admit(
        &mut self,
        event: Prepared,
        received: Moment,
        entries: &mut Vec<Vec<u8>>,
    ) -> Result<Accepted, Rejected> {
        let published = Arc::clone(&self.published);
        let mut tip = write(&published.tip);
        let next_seq = tip
            .admission
            .author(&event.body.author)
            .map_or(0, |author| author.head.next_seq);
        let held = if event.body.seq < next_seq {
            self.held(&tip.pending, &event)?
        } else {
            None
        };
        if let Some(accepted) = held.as_ref().and_then(|held| held.same_as(&event)) {
            return Ok(accepted);
        }
        // The one event that may be received by a clock in doubt is the operator's word that it is right.
        if !matches!(event.body.payload, Payload::ClockConfirmed(_)) {
            let now = self.clock.now();
            check_clock(now, tip.received, tip.admission.registry()).map_err(plain)?;
        }
        let position = tip.size();
        let place = EntryPlace { position, received };
        let mut roots = PastRoots {
            tip: &tip,
            store: &*self.store,
            remembered: &mut self.remembered,
        };
        if let Err(refusal) = tip.admission.check(&event, &place, &mut roots) {
            return Err(explain(refusal, &event, held));
        }
        self.check_log_key(&event)?;
        let entry = Entry {
            received,
            body: event.bytes.to_vec(),
            signatures: event.signatures.to_vec(),
        };
        let entry =
            wire::encode_entry(&entry).map_err(|refusal| plain(AdmissionRefusal::Form(refusal)))?;
        tip.take(received, &event, &entry);
        self.rotates = matches!(event.body.payload, Payload::LogKeyRotated(_));
        entries.push(entry);
        // The group's checkpoint is put in once it is signed.
        Ok(Accepted {
            position,
            id: event.id,
            repeated: false,
            checkpoint: Arc::default(),
        })
    }

    /// A ledger is founded only with the key that will sign its checkpoints, and rotated only to one that can.
    fn check_log_key(&self, event: &Prepared) -> Result<(), Rejected> {
        match &event.body.payload {
            Payload::LedgerFounded(founded)
                if founded.log_key.key.0 != *self.signer.public().as_bytes() =>
            {
                Err(plain(AdmissionRefusal::AnotherLogKey))
            }
            Payload::LogKeyRotated(rotated) => {
                let next = self.next_signer.as_ref();
                let is_held =
                    next.is_some_and(|next| rotated.key.key.0 == *next.public().as_bytes());
                is_held
                    .then_some(())
                    .ok_or_else(|| plain(AdmissionRefusal::NextLogKeyNotHeld))
            }
            _ => Ok(()),
        }
    }

    /// The committed event that stands at this event's place of its author's chain.
    fn held(&self, pending: &Pending, event: &Prepared) -> Result<Option<Held>, Rejected> {
        let (author, seq) = (event.body.author, event.body.seq);
        let place = match pending.place(&author, seq) {
            Some(place) => Some(place),
            None => stored_place(self.store.side(), &author, seq)?,
        };
        // Not committed yet means that it stands earlier in this very group: the sender asks again.
        let Some(position) = place.filter(|place| *place < self.store.size()) else {
            return Ok(None);
        };
        let frame = self.store.frame_of(position)?;
        let entry = frame
            .entry(position)
            .and_then(|entry| wire::decode_entry(entry).ok());
        Ok(entry.map(|entry| Held {
            position,
            id: wire::event_id(entry.body),
            event: SignedEvent {
                body: entry.body.to_vec(),
                signatures: entry.signatures().collect(),
            },
            checkpoint: frame.checkpoint().into(),
        }))
    }

    fn sign_checkpoint(&self) -> Result<Vec<u8>, LedgerFault> {
        let tip = read(&self.published.tip);
        let origin = tip
            .admission
            .registry()
            .founding()
            .map(|founding| founding.origin.clone())
            .unwrap_or_default();
        let checkpoint = Checkpoint {
            origin,
            size: tip.size(),
            root: tip.tiles.root(),
        };
        let next = self.next_signer.as_deref().filter(|_| self.rotates);
        let signers: Vec<&dyn Signer> = [Some(&*self.signer), next].into_iter().flatten().collect();
        checkpoint
            .sign_by_all(&signers)
            .map_err(LedgerFault::Signing)
    }

    fn publish(&mut self, events: u64) -> Result<(), LedgerFault> {
        write(&self.published.tip).take_tiles();
        self.unindexed += events;
        if self.unindexed >= INDEX_EVENTS_MAX {
            self.flush()?;
        }
        Ok(())
    }

    /// Brings the side area up to the log.
    pub(crate) fn flush(&mut self) -> Result<(), LedgerFault> {
        let lock = &self.published.tip;
        // Readers do not wait for the disk: only the writer needs what is pending.
        let mut pending = mem::take(&mut write(lock).pending);
        let tip = read(lock);
        let flushed = pending.flush(self.store.side(), &tip.tiles, tip.admission.authors());
        drop(tip);
        write(lock).pending = pending;
        flushed?;
        self.unindexed = 0;
        Ok(())
    }

    /// Flushes and makes the side area durable.
    pub(crate) fn close(mut self) -> Result<(), LedgerFault> {
        if self.unindexed > 0 {
            self.flush()?;
        }
        Ok(self.store.side().flush()?)
    }
}

/// A committed event at a place of a chain where another one is offered, or the same again.
struct Held {
    position: u64,
    id: EventId,
    event: SignedEvent,
    checkpoint: Arc<[u8]>,
}

impl Held {
    fn same_as(&self, event: &Prepared) -> Option<Accepted> {
        let checkpoint = Arc::clone(&self.checkpoint);
        let accepted = Accepted {
            position: self.position,
            id: self.id,
            repeated: true,
            checkpoint,
        };
        Some(accepted).filter(|_| self.id == event.id)
    }
}

/// Another event at a taken place is equivocation, if it is signed as truly as the one that is held.
fn explain(refusal: AdmissionRefusal, event: &Prepared, held: Option<Held>) -> Rejected {
    let (AdmissionRefusal::Link(LinkRefusal::Repeated { .. }), Some(held)) = (&refusal, held)
    else {
        return plain(refusal);
    };
    let (author, seq) = (event.body.author, event.body.seq);
    let refusal = AdmissionRefusal::Equivocation {
        author,
        seq,
        held: held.id,
        offered: event.id,
    };
    let evidence = Conflict {
        held: held.event,
        held_position: held.position,
        offered: SignedEvent {
            body: event.bytes.to_vec(),
            signatures: event.signatures.to_vec(),
        },
    };
    Rejected::NotAdmitted(NotAdmitted {
        refusal,
        evidence: Some(Box::new(evidence)),
    })
}

enum Rejected {
    NotAdmitted(NotAdmitted),
    Fault(LedgerFault),
}

impl From<store::StoreFault> for Rejected {
    fn from(fault: store::StoreFault) -> Self {
        Self::Fault(fault.into())
    }
}

fn plain(refusal: AdmissionRefusal) -> Rejected {
    Rejected::NotAdmitted(NotAdmitted {
        refusal,
        evidence: None,
    })
}

/// A lock whose holder panicked: the ledger has stopped by then, readers may still look.
pub(crate) fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
