//! Lies by keys: of operator and authority together, about what nobody had seen yet, by thieves of offices and of plants, and
//! by those who hold no key and would frame who does.
//! Invariant: each uses every key that its teller holds, on all that this key can sign. Knows no verifier.

use author::Author;
use domain::{Bytes64, KeyId, Payload, RuleSet};
use signing::Signer;
use testkit::{TestCountry, at, key, key_added, key_revoked, party, rules_asking, suspended};
use wire::Entry;

use crate::lies::{Noticed, OPERATOR, PLANT, Tell, again, discarded, resigned};
use crate::lies_of_authority::{seen, without};
use crate::log::{Copy, Honest};

const BOTH: &str = "the operator and the authority, with all their keys";
const OFFICE: &str = "a thief of an office's key and the operator";
const PLANT_KEY: &str = "a thief of a plant's key";
const PLANT_KEY_AND_LOG: &str = "a thief of a plant's key and the operator";
const NO_KEY: &str = "the operator, without a key of the plant";
const TRADER: u32 = TestCountry::TRADER;
/// The committed next key of a party.
const NEXT: u32 = 1_000_000;

/// The entries, and whatever somebody says behind them.
struct Story(Vec<Vec<u8>>);

impl Story {
    fn behind(entries: &[Vec<u8>]) -> Self {
        Self(entries.to_vec())
    }

    fn author(&self, number: u32) -> Author {
        let mut author = testkit::author(number);
        for entry in &self.0 {
            let view = wire::decode_entry(entry).unwrap();
            let body = wire::decode_body(view.body).unwrap();
            if body.author == author.party {
                author.follow(&body, &wire::event_id(view.body));
            }
        }
        author.seen = seen(&self.0);
        author
    }

    /// The next event of a party by these keys, signed on one day, of the same or an earlier one, and received on another.
    fn says(
        mut self,
        number: u32,
        keys: &[u32],
        [occurred, signed, received]: [&str; 3],
        payload: Payload,
    ) -> Self {
        let mut author = self.author(number);
        let event = author.sign(&key(keys[0]), at(occurred), at(signed), payload);
        let mut event = event.unwrap();
        for other in &keys[1..] {
            let signature = signing::sign_event(&key(*other), &event.body).unwrap();
            let id = KeyId(key(*other).public().id().0);
            event.signatures.push((id, Bytes64(signature.0)));
        }
        event.signatures.sort_unstable_by_key(|(id, _)| *id);
        let entry = Entry {
            received: at(received),
            body: event.body,
            signatures: event.signatures,
        };
        self.0.push(wire::encode_entry(&entry).unwrap());
        self
    }

    /// The same on one day.
    fn on(self, day: &str, number: u32, keys: &[u32], payload: Payload) -> Self {
        self.says(number, keys, [day; 3], payload)
    }

    fn told(self) -> Copy {
        Copy::of(&self.0)
    }
}

/// By the operator and the authority together.
pub(crate) fn of_both(honest: &Honest, lie: Tell<'_>) {
    lie(
        "drop one enterprise and all that the register says of it",
        BOTH,
        Noticed::Alone,
        Copy::of(&without(honest, party(TRADER), &[1, 2], false)),
    );
    lie(
        "drop one enterprise, and fill its places with the operator's own events",
        BOTH,
        Noticed::Alone,
        Copy::of(&without(honest, party(TRADER), &[1, 2], true)),
    );
    lie(
        "found the ledger again under its name and take over what plants had signed",
        BOTH,
        Noticed::Alone,
        Copy::of(&founded_again(honest)),
    );
    let granted =
        || Story::behind(&honest.entries).on("2024-02-03", 1, &[1], key_added(TRADER, 77));
    lie(
        "grant a plant a key of one's own and sign with it before the plant can object",
        BOTH,
        Noticed::Alone,
        granted()
            .on("2024-02-04", TRADER, &[77], discarded("M-2"))
            .told(),
    );
    lie(
        "the same, and date the receipt of what it signs behind the days to object",
        BOTH,
        Noticed::Nowhere(
            "the grant is a finding (K02), the plant sees events that it did not sign, and a witness that was asked meanwhile \
             names the day",
        ),
        granted()
            .on("2024-02-11", TRADER, &[77], discarded("M-2"))
            .told(),
    );
    let rules = RuleSet {
        grant_delay_days: 0,
        ..RuleSet::customary()
    };
    let effective = "2024-02-03".parse().unwrap();
    let changed = domain::payload::RulesChanged { effective, rules };
    lie(
        "end the days to object, grant a plant a key of one's own and sign with it",
        BOTH,
        Noticed::Alone,
        Story::behind(&honest.entries)
            .on(
                "2024-02-03",
                1,
                &[1],
                Payload::RulesChanged(Box::new(changed)),
            )
            .on("2024-02-03", 1, &[1], key_added(TRADER, 77))
            .on("2024-02-03", TRADER, &[77], discarded("M-2"))
            .told(),
    );
}

/// About the end of the log, which nobody else has signed for yet.
pub(crate) fn of_newest(honest: &Honest, lie: Tell<'_>) {
    let newest = honest.entries.len() - 1;
    let before = &honest.entries[..newest];
    lie(
        "drop the newest event, before anybody saw it",
        OPERATOR,
        Noticed::Receipt,
        Copy::of(before),
    );
    // The newest event's author had seen all that came before it, and nothing here changes that.
    let put_in = |place: usize| {
        let received = wire::decode_entry(&honest.entries[place]).unwrap().received;
        let told = Story::behind(&honest.entries[..place]);
        let told = told.on("2024-02-01", TRADER, &[TRADER], discarded("M-2")).0;
        let put_in = again(&told[place], |entry| entry.received = received);
        let mut entries = honest.entries.clone();
        entries.insert(place, put_in);
        Copy::of(&entries)
    };
    lie(
        "put an event of a plant in before the newest one",
        PLANT,
        Noticed::Receipt,
        put_in(newest),
    );
    lie(
        "show another reader another newest event of a plant",
        PLANT,
        Noticed::Receipt,
        Story::behind(before)
            .on(
                "2024-02-02",
                TestCountry::MINE,
                &[TestCountry::MINE],
                discarded("M-2"),
            )
            .told(),
    );
    lie(
        "put an event of a plant in among older ones",
        PLANT,
        Noticed::Alone,
        put_in(newest / 2),
    );
    lie(
        "receive every event an hour earlier than it came",
        OPERATOR,
        Noticed::Alone,
        resigned(honest, |entries| {
            for entry in entries {
                *entry = again(entry, |entry| {
                    entry.received = entry.received.plus_ms(-3_600_000);
                });
            }
        }),
    );
    lie(
        "receive the newest event later than it came",
        OPERATOR,
        Noticed::Nowhere(
            "a receive time is what the node says; only who sent the event knows when, and a receipt that it was given then shows it",
        ),
        resigned(honest, |entries| {
            let newest = entries.last_mut().unwrap();
            *newest = again(newest, |entry| {
                entry.received = entry.received.plus_ms(5 * 3_600_000);
            });
        }),
    );
}

/// By thieves of the keys of offices, into a log whose operator takes up what it has to refuse.
pub(crate) fn of_offices(honest: &Honest, lie: Tell<'_>) {
    let county = |act| {
        Story::behind(&honest.entries)
            .on("2024-02-03", 3, &[3], act)
            .told()
    };
    lie(
        "grant an office a second key by its first",
        OFFICE,
        Noticed::Alone,
        county(key_added(3, 77)),
    );
    lie(
        "revoke the founding authority's key by that of a county",
        OFFICE,
        Noticed::Alone,
        county(key_revoked(1, 1)),
    );
    lie(
        "act for the authority with one key where the rules ask for two, on an earlier day",
        OFFICE,
        Noticed::Alone,
        Story::behind(&honest.entries)
            .on("2024-02-03", 1, &[1], key_added(1, 1 + NEXT))
            .on("2024-02-03", 1, &[1], rules_asking(2, "2024-02-04"))
            .says(
                1,
                &[1],
                ["2024-02-03", "2024-02-03", "2024-02-05"],
                suspended(4),
            )
            .told(),
    );
    lie(
        "suspend a plant in the name of its office",
        "a thief of an office's key",
        Noticed::Nowhere(
            "it is what that key is for; the office sees an act that it did not state",
        ),
        county(suspended(4)),
    );
}

/// By plants, and by thieves of their keys.
pub(crate) fn of_plants(honest: &Honest, lie: Tell<'_>) {
    let day = "2024-02-03";
    let story = || Story::behind(&honest.entries);
    lie(
        "record something in the name of a plant",
        PLANT_KEY,
        Noticed::Nowhere("the signature is the plant's; only the plant knows that it did not sign"),
        story().on(day, TRADER, &[TRADER], discarded("M-2")).told(),
    );
    lie(
        "bring a next key of one's own for a plant",
        PLANT_KEY_AND_LOG,
        Noticed::Alone,
        story()
            .on(day, TRADER, &[TRADER], key_added(TRADER, 77))
            .told(),
    );
    lie(
        "revoke a plant's only key, so that it can't rotate",
        PLANT_KEY_AND_LOG,
        Noticed::Alone,
        story()
            .on(day, TRADER, &[TRADER], key_revoked(TRADER, TRADER))
            .told(),
    );
    lie(
        "sign with a plant's key that was revoked",
        PLANT_KEY_AND_LOG,
        Noticed::Alone,
        story()
            .on(day, 1, &[1], key_revoked(TRADER, TRADER))
            .on(day, TRADER, &[TRADER], discarded("M-2"))
            .told(),
    );
    lie(
        "record today what is dated back a month",
        "an enterprise",
        Noticed::Nowhere(
            "the day is the author's word; the receive time beside it shows when it came",
        ),
        story()
            .says(
                TRADER,
                &[TRADER],
                ["2024-01-03", day, day],
                discarded("M-2"),
            )
            .told(),
    );
}

/// By those who hold no key of the plant that they would like to be blamed.
pub(crate) fn of_framing(honest: &Honest, lie: Tell<'_>) {
    let newest = honest.entries.len() - 1;
    let forged = |event: &[u8]| again(event, |entry| entry.signatures[0].1.0[40] ^= 1);
    let mut next = Story::behind(&honest.entries)
        .on("2024-02-03", TRADER, &[TRADER], discarded("M-2"))
        .0;
    let last = next.pop().unwrap();
    next.push(forged(&last));
    lie(
        "put in an event that a plant never signed",
        NO_KEY,
        Noticed::Alone,
        Copy::of(&next),
    );
    // Behind the true one, with its signature: two events for one place would prove that the plant signed twice.
    let mut twice = honest.entries.clone();
    let second = Story::behind(&honest.entries[..newest])
        .on(
            "2024-02-02",
            TestCountry::MINE,
            &[TestCountry::MINE],
            discarded("M-2"),
        )
        .0;
    let truth = wire::decode_entry(&honest.entries[newest])
        .unwrap()
        .to_entry();
    twice.push(again(&second[newest], |entry| {
        entry.signatures = truth.signatures;
    }));
    lie(
        "put in a second event for a place, with the signature of the first",
        NO_KEY,
        Noticed::Alone,
        Copy::of(&twice),
    );
    // Before the true one, which then looks like the second.
    let mut earlier = honest.entries.clone();
    let received = truth.received;
    let second = again(&second[newest], |entry| entry.received = received);
    earlier.insert(newest, forged(&second));
    lie(
        "put in a forged event before the true one for its place",
        NO_KEY,
        Noticed::Alone,
        Copy::of(&earlier),
    );
}

/// Another founding by the same authority, which signs its register again; the plants' events stay as they were.
fn founded_again(honest: &Honest) -> Vec<Vec<u8>> {
    let mut authority = Author::founder(party(1), testkit::ORIGIN);
    let mut entries: Vec<Vec<u8>> = Vec::new();
    for old in &honest.entries {
        let mut entry = wire::decode_entry(old).unwrap().to_entry();
        let mut body = wire::decode_body(&entry.body).unwrap();
        if body.author == party(2) {
            continue;
        }
        if body.author == party(1) {
            if let Payload::LedgerFounded(founded) = &mut body.payload {
                founded.name = "Another ledger".parse().unwrap();
            }
            authority.seen = seen(&entries);
            let event = authority.sign(&key(1), body.occurred, body.signed, body.payload);
            let event = event.unwrap();
            (entry.body, entry.signatures) = (event.body, event.signatures);
        }
        entries.push(wire::encode_entry(&entry).unwrap());
    }
    entries
}
