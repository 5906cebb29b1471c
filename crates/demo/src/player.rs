//! Signs a plan: group after group, each event as the next link of its author's chain.
//!
//! Invariant: a group ends before the day's first return, so that whoever computes statement digests has everything before
//! it. The player holds keys only while it plays and appends nothing itself.

use std::collections::{BTreeMap, BTreeSet};

use author::{Author, SignFault, SignedEvent, grant};
use domain::payload::{
    EventCorrected, LedgerFounded, MonthClosed, PartyRegistered, QuotaDeducted, ShipmentReceived,
    ShipmentWithdrawn,
};
use domain::{
    Blob, Bytes32, Day, EventId, FormError, Moment, Month, PartyId, Payload, RuleSet, Seen, Zone,
};
use signing::{KeyRefusal, SecretKey, Signer, SigningFault, key_commitment};
use thiserror::Error;

use crate::plan::{Plan, PlannedFact, PlannedStep};

/// A signed event and when the node receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub received: Moment,
    pub event: SignedEvent,
}

/// The plan could not be signed; a plan of this crate always can.
#[derive(Debug, Error)]
pub enum PlayFault {
    #[error("step {position}: the event was not signed: {source}")]
    Sign { position: usize, source: SignFault },
    #[error("a key of the demo was refused: {0}; use another seed")]
    Key(#[from] KeyRefusal),
    #[error("a key of the demo did not sign: {0}")]
    Possession(#[from] SigningFault),
    #[error("step {position} is not well formed: {source}")]
    Form { position: usize, source: FormError },
    #[error("step {position} refers to step {to}, which is not before it")]
    Reference { position: usize, to: usize },
}

/// What a return says of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filed {
    /// Digest of the statement.
    pub digest: Bytes32,
    /// Nothing moved.
    pub nil: bool,
}

/// A party's statement of a month, computed from the log's first `upto` events: `(party, month, upto)`.
pub type FiledStatement<'a> = dyn FnMut(PartyId, Month, u64) -> Filed + 'a;

/// Where a plan stands while it is played.
#[derive(Debug)]
pub struct Player<'a> {
    plan: &'a Plan,
    keys: Vec<SecretKey>,
    authors: Vec<Author>,
    position: usize,
    ids: Vec<EventId>,
    /// Bodies that a later correction carries.
    bodies: BTreeMap<usize, Option<Vec<u8>>>,
    /// First and last seq of each author's events that occurred in a month.
    months: BTreeMap<(usize, Month), (u64, u64)>,
}

impl<'a> Player<'a> {
    /// At the beginning.
    ///
    /// # Errors
    /// A key seed is refused.
    pub fn new(plan: &'a Plan) -> Result<Self, PlayFault> {
        let keys = plan
            .parties
            .iter()
            .map(|party| SecretKey::from_seed(&party.key_seed));
        // The first one founds the ledger; the others belong to it from then on.
        let authors = plan
            .parties
            .iter()
            .map(|party| Author::founder(party.id, &plan.origin));
        let corrected = plan.steps.iter().filter_map(|step| match step.act {
            PlannedFact::Correct { step, .. } => Some(step),
            _ => None,
        });
        let corrected: BTreeSet<usize> = corrected.collect();
        Ok(Self {
            plan,
            keys: keys.collect::<Result<_, _>>()?,
            authors: authors.collect(),
            position: 0,
            ids: Vec::with_capacity(plan.steps.len()),
            bodies: corrected.into_iter().map(|step| (step, None)).collect(),
            months: BTreeMap::new(),
        })
    }

    /// The events of a day up to its first return, or its returns and what follows; nothing at the end.
    ///
    /// # Errors
    /// The plan is malformed: never for a plan of this crate.
    pub fn next_group(
        &mut self,
        statement: &mut FiledStatement<'_>,
    ) -> Result<Option<Vec<Signed>>, PlayFault> {
        let Some(first) = self.plan.steps.get(self.position) else {
            return Ok(None);
        };
        let upto = self.position as u64;
        let day = day_of(first);
        let mut group = Vec::new();
        let mut closing = matches!(first.act, PlannedFact::Close { .. });
        while let Some(step) = self.plan.steps.get(self.position) {
            let closes = matches!(step.act, PlannedFact::Close { .. });
            if day_of(step) != day || (closes && !closing) {
                break;
            }
            closing = closes;
            group.push(self.sign(step, upto, statement)?);
        }
        Ok(Some(group))
    }

    fn sign(
        &mut self,
        step: &PlannedStep,
        upto: u64,
        statement: &mut FiledStatement<'_>,
    ) -> Result<Signed, PlayFault> {
        let position = self.position;
        let month = Zone::CHINA.month_of(step.occurred);
        let seq = self.authors[step.author].state.head.next_seq;
        let payload = self.payload(step, upto, statement)?;
        let event = self.authors[step.author]
            .sign(
                &self.keys[step.author],
                step.occurred,
                step.received,
                payload,
            )
            .map_err(|source| PlayFault::Sign { position, source })?;
        let span = self
            .months
            .entry((step.author, month))
            .or_insert((seq, seq));
        span.1 = seq;
        if matches!(step.act, PlannedFact::Found(_)) {
            self.join();
        }
        self.ids
            .push(EventId(self.authors[step.author].state.head.last));
        if let Some(kept) = self.bodies.get_mut(&position) {
            *kept = Some(event.body.clone());
        }
        self.position += 1;
        Ok(Signed {
            received: step.received,
            event,
        })
    }

    /// All but the founder, who is in it already, enter the ledger that was founded just now.
    fn join(&mut self) {
        let Some((founder, others)) = self.authors.split_first_mut() else {
            return;
        };
        for author in others {
            *author = Author::new(author.party, founder.ledger);
        }
    }

    /// What everybody has seen of the log from now on.
    pub fn saw(&mut self, seen: Seen) {
        self.authors
            .iter_mut()
            .for_each(|author| author.seen = seen);
    }

    fn id(&self, step: usize) -> Result<EventId, PlayFault> {
        let position = self.position;
        let id = self.ids.get(step).copied();
        id.ok_or(PlayFault::Reference { position, to: step })
    }

    fn payload(
        &self,
        step: &PlannedStep,
        upto: u64,
        statement: &mut FiledStatement<'_>,
    ) -> Result<Payload, PlayFault> {
        Ok(match &step.act {
            PlannedFact::State(payload) => (**payload).clone(),
            PlannedFact::Found(name) => self.founding(name)?,
            PlannedFact::Register(place) => self.registration(*place)?,
            PlannedFact::Receive {
                dispatch,
                site,
                lines,
                completion,
            } => Payload::ShipmentReceived(ShipmentReceived {
                dispatch: self.id(*dispatch)?,
                site: *site,
                lines: lines.clone(),
                completion: *completion,
            }),
            PlannedFact::Withdraw { dispatch, reason } => {
                Payload::ShipmentWithdrawn(ShipmentWithdrawn {
                    dispatch: self.id(*dispatch)?,
                    reason: reason.clone(),
                })
            }
            PlannedFact::Deduct {
                party,
                year,
                track,
                amount,
                penalty,
            } => Payload::QuotaDeducted(QuotaDeducted {
                party: *party,
                year: *year,
                track: *track,
                amount_mg: *amount,
                penalty: self.id(*penalty)?,
            }),
            PlannedFact::Attach { about, document } => {
                let mut document = (**document).clone();
                document.about = self.id(*about)?;
                Payload::DocumentAttached(document)
            }
            PlannedFact::Correct { .. } => self.correction(&step.act)?,
            PlannedFact::Close { month } => self.closing(step.author, *month, upto, statement),
        })
    }

    fn correction(&self, act: &PlannedFact) -> Result<Payload, PlayFault> {
        let PlannedFact::Correct {
            step: to,
            cause,
            reason,
            replacement,
        } = act
        else {
            unreachable!("called for corrections alone");
        };
        let (to, position) = (*to, self.position);
        let body = self.bodies.get(&to).and_then(Option::as_ref);
        let body = body.ok_or(PlayFault::Reference { position, to })?;
        let corrected = Blob::new(body).map_err(|source| PlayFault::Form { position, source })?;
        Ok(Payload::EventCorrected(EventCorrected {
            corrected,
            cause: *cause,
            reason: reason.clone(),
            replacement: replacement.clone(),
        }))
    }

    fn closing(
        &self,
        author: usize,
        month: Month,
        upto: u64,
        statement: &mut FiledStatement<'_>,
    ) -> Payload {
        let next = self.authors[author].state.head.next_seq;
        let span = self.months.get(&(author, month));
        let (first_seq, last_seq) = span.copied().unwrap_or((next, next));
        let filed = statement(self.plan.parties[author].id, month, upto);
        Payload::MonthClosed(MonthClosed {
            month,
            statement: filed.digest,
            first_seq,
            last_seq,
            nil: filed.nil,
        })
    }

    fn grant(&self, place: usize) -> Result<domain::payload::KeyGrant, PlayFault> {
        let party = &self.plan.parties[place];
        let next = SecretKey::from_seed(&party.next_key_seed)?;
        Ok(grant(
            &self.keys[place],
            next.public().as_bytes(),
            &self.authors[place].ledger,
            &party.id,
        )?)
    }

    fn founding(&self, name: &domain::Term) -> Result<Payload, PlayFault> {
        let position = self.position;
        let [authority, operator, ..] = self.plan.parties.as_slice() else {
            return Err(PlayFault::Reference { position, to: 0 });
        };
        let origin = self.plan.origin.parse();
        let recovery = SecretKey::from_seed(&self.plan.recovery_seed())?;
        Ok(Payload::LedgerFounded(Box::new(LedgerFounded {
            name: name.clone(),
            origin: origin.map_err(|source| PlayFault::Form { position, source })?,
            zone: Zone::CHINA,
            authority: authority.id,
            authority_names: authority.names.clone(),
            authority_key: self.grant(0)?,
            operator: operator.id,
            operator_names: operator.names.clone(),
            log_key: self.grant(1)?,
            recovery: Bytes32(key_commitment(recovery.public().as_bytes())),
            rules: RuleSet::customary(),
        })))
    }

    fn registration(&self, place: usize) -> Result<Payload, PlayFault> {
        let party = &self.plan.parties[place];
        Ok(Payload::PartyRegistered(Box::new(PartyRegistered {
            party: party.id,
            names: party.names.clone(),
            kind: party.kind.clone(),
            division: party.division,
            group: party.group,
            key: self.grant(place)?,
        })))
    }
}

fn day_of(step: &PlannedStep) -> Day {
    Zone::CHINA.day_of(step.received)
}

/// Plays a plan from its first event to its last, handing each group to `sink`, which tells what is known of the log after it.
///
/// # Errors
/// The plan is malformed: never for a plan of this crate.
pub fn play(
    plan: &Plan,
    statement: &mut FiledStatement<'_>,
    mut sink: impl FnMut(Vec<Signed>) -> Seen,
) -> Result<(), PlayFault> {
    let mut player = Player::new(plan)?;
    while let Some(group) = player.next_group(statement)? {
        let seen = sink(group);
        player.saw(seen);
    }
    Ok(())
}
