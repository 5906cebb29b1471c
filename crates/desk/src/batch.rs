//! Drafts become numbered events once, and everything after that is about those: what they would change, what is asked of
//! whoever signs them, where their confidential values are kept, and the signatures.
//!
//! Invariant: the id under which a value is kept, the id that is shown and the id that is signed are one, since the bytes are
//! made in one place; an event that has to move behind another one takes its values along. Knows no store.

use answers::resolve::registered;
use author::{Author, SignedEvent};
use books::{Books, Preview};
use details::{Details, Plain, Vault, VaultFault};
use domain::reference::AsOf;
use domain::registry::AuthorityRefusal;
use domain::{Body, EventId, Moment, PartyId, Payload, Registry, Term};
use intake::Draft;
use portable::HandedEvent;
use signing::{Signer, SigningFault};
use verify::{AdmissionRefusal, EntryPlace, SealKeys};

use crate::host::Host;
use crate::refused::{EventRefused, NotDone};

/// What somebody wants to state.
#[derive(Debug, Clone)]
pub struct Intent {
    pub occurred: Moment,
    pub payload: Payload,
    /// Confidential values whose commitments are in the payload.
    pub details: Option<Details>,
    /// The correction that this one takes the place of.
    pub instead_of: Option<u64>,
    /// What its row is known by.
    key: Option<Term>,
    /// Where its confidential values were read.
    place: String,
}

impl Intent {
    /// A draft without confidential values.
    pub const fn of(occurred: Moment, payload: Payload) -> Self {
        Self {
            occurred,
            payload,
            details: None,
            instead_of: None,
            key: None,
            place: String::new(),
        }
    }

    /// A row of a file, with the moment that stands for a time that it does not name.
    ///
    /// # Errors
    /// As [`Self::sealing`].
    pub fn of_row(row: Draft, now: Moment, host: &dyn Host) -> Result<Self, NotDone> {
        let occurred = row.occurred.unwrap_or(now);
        Ok(Self {
            key: row.key,
            ..Self::sealing(occurred, row.payload, &row.details, &row.place, host)?
        })
    }

    /// A draft whose confidential values are salted, and their commitments put into the payload. `place` names where the
    /// values were read.
    ///
    /// # Errors
    /// The kind of event seals no values, or there is no randomness to be had.
    pub fn sealing(
        occurred: Moment,
        mut payload: Payload,
        plain: &Plain,
        place: &str,
        host: &dyn Host,
    ) -> Result<Self, NotDone> {
        let salts = plain.keys().map(|_| host.random());
        let salts: Vec<[u8; 32]> = salts.collect::<Result<_, _>>()?;
        let details = Details::salted(plain, &salts);
        let place = place.to_owned();
        if let Some(details) = &details {
            details::seal(&mut payload, details).map_err(|fault| EventRefused::Unsealed {
                place: place.clone(),
                why: fault.to_string(),
            })?;
        }
        Ok(Self {
            details,
            place,
            ..Self::of(occurred, payload)
        })
    }

    /// What would be sealed, in words: shown to its author alone, who has the values.
    pub fn plain_words(&self) -> impl Iterator<Item = String> {
        let details = self.details.iter().flat_map(|details| details.as_slice());
        details.map(|detail| {
            let (place, field, value) = (&self.place, detail.field, &detail.value);
            format!("{place}: {field} would be sealed: {value}")
        })
    }
}

/// A value that no reference table knows is a slip while it is not signed; in the log it is a finding.
fn values_known(registry: &Registry, body: &Body, position: u64) -> Result<(), EventRefused> {
    let day = registry.zone().day_of(body.occurred);
    let as_of = AsOf { day, position };
    let unknown = registry.reference().unknown_values(&body.payload, as_of);
    match unknown.into_iter().next() {
        Some(unknown) => Err(EventRefused::UnknownValue {
            value: unknown.value,
            table: unknown.table.to_string(),
            day,
        }),
        None => Ok(()),
    }
}

/// An event with its number, not signed yet.
#[derive(Debug, Clone)]
pub struct Numbered {
    pub body: Body,
    pub id: EventId,
    bytes: Vec<u8>,
    details: Option<Details>,
    pub(crate) instead_of: Option<u64>,
    pub(crate) key: Option<Term>,
}

/// Events of one author that follow one upon the other, and upon its last one.
#[derive(Debug, Clone)]
pub struct Batch {
    author: Author,
    now: Moment,
    events: Vec<Numbered>,
}

impl Batch {
    /// Gives the drafts their numbers behind the author's last event.
    ///
    /// # Errors
    /// A draft is not well formed.
    pub fn number(
        author: Author,
        drafts: impl IntoIterator<Item = Intent>,
        now: Moment,
    ) -> Result<Self, NotDone> {
        let mut next = author;
        let mut events = Vec::new();
        for draft in drafts {
            let signed = now.max(draft.occurred);
            let body = next.body(draft.occurred, signed, draft.payload);
            let bytes = wire::encode_body(&body).map_err(|refusal| not_well_formed(&refusal))?;
            let id = wire::event_id(&bytes);
            next.follow(&body, &id);
            events.push(Numbered {
                body,
                id,
                bytes,
                details: draft.details,
                instead_of: draft.instead_of,
                key: draft.key,
            });
        }
        Ok(Self {
            author,
            now,
            events,
        })
    }

    /// The same statements behind what their author has signed meanwhile.
    pub(crate) fn behind(self, author: Author) -> Result<Self, NotDone> {
        if author.state == self.author.state {
            return Ok(self);
        }
        let drafts = self.events.into_iter().map(|event| Intent {
            occurred: event.body.occurred,
            payload: event.body.payload,
            details: event.details,
            instead_of: event.instead_of,
            key: event.key,
            place: String::new(),
        });
        Self::number(author, drafts, self.now)
    }

    /// Each event by itself, in order: for acts of which the second is signed only once the first is recorded.
    pub fn one_by_one(self) -> impl Iterator<Item = Self> {
        let (mut author, now) = (self.author, self.now);
        self.events.into_iter().map(move |event| {
            let before = author;
            author.follow(&event.body, &event.id);
            Self {
                author: before,
                now,
                events: vec![event],
            }
        })
    }

    /// Whose events they are.
    pub const fn author(&self) -> PartyId {
        self.author.party
    }

    /// When they were numbered.
    pub const fn now(&self) -> Moment {
        self.now
    }

    /// The events, in order.
    pub fn events(&self) -> &[Numbered] {
        &self.events
    }

    /// Each event in words: what is signed is shown first.
    pub fn words(&self) -> impl Iterator<Item = String> {
        self.events.iter().map(|event| {
            let payload = &event.body.payload;
            words(payload, event.body.occurred)
        })
    }

    /// What is asked of whoever signs.
    pub fn question(&self) -> String {
        let author = self.author();
        match self.events.len() {
            1 => format!("Sign this as {author}?"),
            count => format!("Sign and append {count} events as {author}?"),
        }
    }

    /// What the registry would refuse whoever signs is refused here, so that a dry run says what the real one does. A party
    /// that is not registered is a slip of the one who typed it.
    ///
    /// # Errors
    /// A rule of admission stands against an event, or it names a party that is not known.
    pub(crate) fn judge(
        &self,
        mut registry: Registry,
        size: u64,
        received: Moment,
    ) -> Result<(), NotDone> {
        let author = self.author();
        let rules = SealKeys {
            ledger: self.author.ledger,
        };
        for (position, event) in (size..).zip(&self.events) {
            let place = EntryPlace { position, received };
            verify::check_time(&event.body, &place)
                .map_err(|refused| not_admitted(&refused, author, 0))?;
            match registry.may_state(&event.body, received, &rules) {
                Ok(()) => {}
                Err(
                    refused @ (AuthorityRefusal::UnknownParty { party }
                    | AuthorityRefusal::UnknownAuthor { author: party }),
                ) => {
                    registered(&registry, &party)?;
                    return Err(
                        not_admitted(&AdmissionRefusal::Authority(refused), author, 0).into(),
                    );
                }
                Err(refused) => {
                    return Err(
                        not_admitted(&AdmissionRefusal::Authority(refused), author, 0).into(),
                    );
                }
            }
            values_known(&registry, &event.body, position)?;
            registry.apply(position, received, event.id, &event.body, &rules);
        }
        Ok(())
    }

    /// What the events would raise, let grow and clear if they followed the log of these books.
    ///
    /// # Errors
    /// The log can't be read.
    pub(crate) fn preview(&self, books: Books, received: Moment) -> Result<Preview, NotDone> {
        let bodies = self.events.iter().map(|event| event.body.clone());
        Ok(books.preview(bodies.collect(), received)?)
    }

    /// Keeps the confidential values under the ids of their events.
    ///
    /// # Errors
    /// The vault can't be written.
    pub(crate) fn keep(&self, vault: &Vault) -> Result<(), VaultFault> {
        for event in &self.events {
            if let Some(details) = &event.details {
                vault.keep(&event.id, details)?;
            }
        }
        Ok(())
    }

    /// Signs every event with every key.
    ///
    /// # Errors
    /// A key did not sign.
    pub(crate) fn sign(self, keys: &[&dyn Signer]) -> Result<Vec<SignedEvent>, SigningFault> {
        let mut signed = Vec::with_capacity(self.events.len());
        for event in self.events {
            let mut event = SignedEvent {
                body: event.bytes,
                signatures: Vec::with_capacity(keys.len()),
            };
            for key in keys {
                event.sign_with(*key)?;
            }
            signed.push(event);
        }
        Ok(signed)
    }

    /// The events as they are handed to those who sign them.
    pub(crate) fn unsigned(&self) -> Result<Vec<HandedEvent>, NotDone> {
        let handed = self.events.iter();
        let handed = handed.map(|event| HandedEvent::of(event.bytes.clone(), Vec::new()));
        handed.collect::<Result<_, _>>().map_err(NotDone::Fault)
    }
}

/// An event in words.
pub fn words(payload: &Payload, occurred: Moment) -> String {
    let text = serde_json::to_string_pretty(payload).unwrap_or_else(|error| error.to_string());
    format!("occurred {occurred}\n{text}")
}

/// A form rule that is broken, and the way out where there is one.
fn not_well_formed(refusal: &wire::Refusal) -> EventRefused {
    let way_out = match refusal.code() {
        "corrects-foreign" => "only its author corrects an event",
        "replacement-kind" => {
            "give one of its kind, or correct without replacement and record a new event"
        }
        _ => "",
    };
    EventRefused::Form {
        why: refusal.to_string(),
        way_out: way_out.to_owned(),
    }
}

/// A refusal for people, with the name of the rule and what to do.
pub(crate) fn not_admitted(
    refusal: &AdmissionRefusal,
    party: PartyId,
    before: usize,
) -> EventRefused {
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
    let recorded = match before {
        0 => "nothing was recorded".to_owned(),
        1 => "1 event before this one is in the log; nothing after it is".to_owned(),
        count => format!("{count} events before this one are in the log; nothing after it is"),
    };
    EventRefused::NotAdmitted {
        why: refusal.to_string(),
        code: refusal.code(),
        advice,
        recorded,
    }
}
