//! K02: keys that an office granted to a party that was registered already.
//!
//! Invariant: shown from the grant on, so that the party sees it while it can still object, until the key is revoked or
//! objected to. Memory grows with such grants only.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::Payload;
use domain::{DAY_MS, EventId, KeyId, Moment, PartyId};
use projection::{Book, Fact, Figure, Finding, FindingCode, Subject};

/// The event that granted a key, by party and position.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Grants(BTreeMap<(PartyId, [u8; 32]), EventId>);

impl Grants {
    pub(crate) fn take(&mut self, fact: &Fact<'_>) {
        if let Payload::KeyAdded(added) = fact.payload
            && added.party != fact.author
        {
            let granted = (added.party, added.key.key.0);
            self.0.insert(granted, fact.stated_by);
        }
    }

    pub(crate) fn findings<'a>(
        &'a self,
        book: &'a Book,
        as_of: Moment,
    ) -> impl Iterator<Item = Finding> + 'a {
        self.0.iter().filter_map(move |((party, key), event)| {
            let is_it = |(_, record): &(KeyId, &domain::registry::KeyRecord)| record.key.0 == *key;
            let (_, record) = book.registry().keys_of(party).find(is_it)?;
            if record.revoked_at.is_some() {
                return None;
            }
            // Whole days that are left, the one that has begun included.
            let left = record.from.map_or(0, |from| from.ms() - as_of.ms());
            let days = left.max(0).div_euclid(DAY_MS) + i64::from(left > 0 && left % DAY_MS != 0);
            let figures = vec![Figure::count("days_left_to_object", days)];
            let about = Subject::party(*party);
            Some(Finding::new(FindingCode::K02, about, figures, vec![*event]))
        })
    }
}
