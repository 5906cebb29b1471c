//! What tests of every crate share: keys, parties, a small founded country, unsigned logs, and `check_ledger`.
//!
//! Invariant: everything is deterministic; the same calls make the same bytes. Knows no files and no clock.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod country;
mod oddities;
mod unsigned;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

pub use country::TestCountry;
pub use oddities::{oddities, pipe};
pub use unsigned::Unsigned;

use author::{Author, SignedEvent, grant, log_key_rotation};
use balance::{Conservation, unaccounted};
use domain::id::uscc_check_character;
use domain::payload::{
    Instrument, KeyAdded, KeyGrant, KeyRevoked, LedgerFounded, LogKeyRotated, PartyRegistered,
    RevocationReason, RulesChanged, Standing,
};
use domain::{
    Bytes32, Bytes64, KeyId, Moment, Names, PartyId, PartyKind, Payload, RuleSet, Seen, Zone,
};
use ledger::{Ledger, LedgerOptions, ManualClock, Reply};
use projection::{Projected, Until, replay};
use signing::{SecretKey, Signer, key_commitment};
use store::{Entries, Store};
use verify::{Depth, Report, Trust};

/// Origin of every test log.
pub const ORIGIN: &str = "test.example/rare-earths";

/// The secret key with this number.
pub fn key(number: u32) -> SecretKey {
    let mut seed = [0x5a; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    SecretKey::from_seed(&seed).unwrap()
}

/// The party with this number: a valid unified social credit code.
pub fn party(number: u32) -> PartyId {
    let first = format!("91150000MA{number:07}");
    let check = uscc_check_character(first.as_bytes().first_chunk().unwrap()).unwrap();
    format!("{first}{check}").parse().unwrap()
}

/// A moment of 2024 in the ledger's zone, such as `2024-01-05` or `2024-01-05 08:00`.
pub fn at(text: &str) -> Moment {
    Zone::CHINA.moment_of(text).unwrap()
}

/// Names of the party with this number.
pub fn names(number: u32) -> Names {
    Names {
        zh: format!("测试{number}").parse().unwrap(),
        en: format!("Test {number}").parse().unwrap(),
    }
}

/// When the test log is founded.
pub const FOUNDED: &str = "2024-01-01";

/// The id of the test ledger, founded by [`founding`] at [`FOUNDED`].
pub fn ledger_id() -> [u8; 32] {
    static ID: LazyLock<[u8; 32]> = LazyLock::new(|| {
        let mut founder = Author::founder(party(1), ORIGIN);
        let founded = at(FOUNDED);
        founder.sign(&key(1), founded, founded, founding()).unwrap();
        founder.ledger
    });
    *ID
}

/// Party `number` as one that has signed nothing: in the test ledger, or, if it is party 1, before it founds it.
pub fn author(number: u32) -> Author {
    if number == 1 {
        Author::founder(party(1), ORIGIN)
    } else {
        Author::new(party(number), ledger_id())
    }
}

/// The grant of key `number` to party `number`; key `number + 1 000 000` may follow it.
pub fn grant_of(number: u32) -> KeyGrant {
    granted(number, &ledger_id())
}

fn granted(number: u32, ledger: &[u8; 32]) -> KeyGrant {
    let next = key(number + 1_000_000);
    let next = next.public().as_bytes();
    grant(&key(number), next, ledger, &party(number)).unwrap()
}

/// The founding of the test log by party 1; party 2 is the operator.
pub fn founding() -> Payload {
    let unfounded = chain::origin_hash(ORIGIN);
    Payload::LedgerFounded(Box::new(LedgerFounded {
        name: "Test ledger".parse().unwrap(),
        origin: ORIGIN.parse().unwrap(),
        zone: Zone::CHINA,
        authority: party(1),
        authority_names: names(1),
        authority_key: granted(1, &unfounded),
        operator: party(2),
        operator_names: names(2),
        log_key: granted(2, &unfounded),
        recovery: Bytes32(key_commitment(recovery(0).public().as_bytes())),
        rules: RuleSet::customary(),
    }))
}

/// The recovery key of the founding authority after so many recoveries.
pub fn recovery(turns: u32) -> SecretKey {
    key(5_000_000 + turns)
}

/// The log key after `turns` rotations: each is the one that its predecessor committed to.
pub fn log_key(turns: u32) -> SecretKey {
    key(2 + turns * 1_000_000)
}

/// The replacement of the log key that holds after `turns` rotations by the next one.
pub fn rotation(turns: u32) -> LogKeyRotated {
    let next = log_key(turns + 2);
    log_key_rotation(
        &log_key(turns),
        &log_key(turns + 1),
        next.public().as_bytes(),
        &ledger_id(),
        &party(2),
    )
    .unwrap()
}

/// The registration of party `number`.
pub fn registration(number: u32, kind: PartyKind, division: &str) -> Payload {
    let (party, names, key) = (party(number), names(number), grant_of(number));
    let division = division.parse().unwrap();
    Payload::PartyRegistered(Box::new(PartyRegistered {
        party,
        names,
        kind,
        division,
        group: None,
        key,
    }))
}

/// The addition of key `granted` to party `number`, possession proved; key `granted + 1 000 000` may follow it.
pub fn key_added(number: u32, granted: u32) -> Payload {
    let next = key(granted + 1_000_000);
    let (party, next) = (party(number), next.public().as_bytes());
    let key = grant(&key(granted), next, &ledger_id(), &party).unwrap();
    Payload::KeyAdded(Box::new(KeyAdded { party, key }))
}

/// The revocation of key `revoked` of party `number`.
pub fn key_revoked(number: u32, revoked: u32) -> Payload {
    Payload::KeyRevoked(KeyRevoked {
        party: party(number),
        key: KeyId(key(revoked).public().id().0),
        reason: RevocationReason::Ceased,
    })
}

/// The suspension of party `number`.
pub fn suspended(number: u32) -> Payload {
    Payload::PartySuspended(Standing {
        party: party(number),
        instrument: Instrument {
            number: "X-1".parse().unwrap(),
            issued: "2024-02-15".parse().unwrap(),
        },
    })
}

/// Customary rules that ask so many signatures of the national level from a day on.
pub fn rules_asking(authority_signatures: u8, effective: &str) -> Payload {
    let rules = RuleSet {
        authority_signatures,
        ..RuleSet::customary()
    };
    let effective = effective.parse().unwrap();
    Payload::RulesChanged(Box::new(RulesChanged { effective, rules }))
}

/// Authors by number, each with its own chain.
#[derive(Debug)]
pub struct Authors {
    authors: BTreeMap<u32, Author>,
    /// What each has seen of the log from now on.
    pub seen: Seen,
}

impl Default for Authors {
    fn default() -> Self {
        Self {
            authors: BTreeMap::new(),
            seen: Seen::NOTHING,
        }
    }
}

impl Authors {
    /// Signs the next event of party `number` with its key.
    pub fn sign(&mut self, number: u32, occurred: Moment, payload: Payload) -> SignedEvent {
        self.author(number)
            .sign(&key(number), occurred, occurred, payload)
            .unwrap()
    }

    /// Signs the next event of party `number` with several keys.
    pub fn sign_by_all(
        &mut self,
        number: u32,
        keys: &[SecretKey],
        occurred: Moment,
        payload: Payload,
    ) -> SignedEvent {
        let author = self.author(number);
        let mut event = author.sign(&keys[0], occurred, occurred, payload).unwrap();
        for key in &keys[1..] {
            let signature = signing::sign_event(key, &event.body).unwrap();
            let id = KeyId(key.public().id().0);
            event.signatures.push((id, Bytes64(signature.0)));
        }
        event.signatures.sort_unstable_by_key(|(id, _)| *id);
        event
    }

    /// The chain of party `number`, to sign with other keys or at other times.
    pub fn author(&mut self, number: u32) -> &mut Author {
        let known = self.authors.entry(number);
        let known = known.or_insert_with(|| author(number));
        known.seen = self.seen;
        known
    }
}

/// Opens a ledger on a store with the operator's first log key and a clock that stands.
pub fn open(store: &Arc<dyn Store>, now: Moment) -> (Ledger, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(now));
    let (store, signer) = (Arc::clone(store), Arc::new(key(2)));
    let ledger = Ledger::open(LedgerOptions {
        store,
        signer,
        next_signer: None,
        clock: Arc::<ManualClock>::clone(&clock),
    });
    (ledger.unwrap(), clock)
}

/// Submits events and expects each to be accepted.
pub fn accept(ledger: &Ledger, events: Vec<SignedEvent>) -> Vec<ledger::Accepted> {
    let answers: Vec<Reply> = ledger.submit_blocking(events).unwrap();
    answers
        .into_iter()
        .map(|answer| answer.unwrap_or_else(|refused| panic!("{}", refused.refusal)))
        .collect()
}

/// All that was created in the log is accounted for, to the milligram, in net and REO.
pub fn check_conservation(entries: &dyn Entries) {
    let mut terms = Projected::<Conservation>::new();
    replay(entries, Until::End, &mut [&mut terms], &mut |_, _| {}).unwrap();
    let terms = terms.cells.sorted();
    let left = unaccounted(terms.iter().copied());
    assert!(left.is_zero(), "{left:?} unaccounted for: {terms:#?}");
}

/// Matter is conserved, and the whole log is good at both depths; gives the report at full depth.
pub fn check_ledger(store: &dyn Store) -> Report {
    check_conservation(store);
    let check = |depth| ledger::verify_store(store, depth, &Trust::default(), &mut |_| {});
    let (full, chained) = (check(Depth::Full), check(Depth::Chained));
    assert!(full.is_good(), "{:#?}", full.faults);
    assert!(chained.is_good(), "{:#?}", chained.faults);
    assert_eq!(full.root, chained.root);
    full
}
