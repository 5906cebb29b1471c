//! Acts that rest on other acts, tried through the sequencer: annulments, successions, amendments, reference data.
//! Invariant: what is refused leaves the log good for every reader, and what is accepted too. Knows nothing of files.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use std::sync::Arc;

use author::{Author, SignedEvent};
use domain::payload::{
    ActAnnulled, Instrument, LotsNamed, PartyAmended, PartySucceeded, ReferenceChanged,
    ReferenceRow, ReferenceTable, SiteAmended, SiteLicensed,
};
use domain::text::Note;
use domain::{
    Activity, Blob, Bytes32, List, LotId, Mass, Moment, PartyKind, Payload, Sector, SiteId,
};
use ledger::Ledger;
use store::{MemoryStore, Store};
use testkit::{TestCountry, accept, at, check_ledger, key, open, registration};

const COUNTY: u32 = 3;
/// Above the county, in its sector.
const PROVINCE: u32 = 7;
/// Another office of the county's own division and sector.
const DESK: u32 = 8;
const CUSTOMS: u32 = 9;
const RESOURCES: u32 = 10;

struct Court {
    store: Arc<dyn Store>,
    ledger: Ledger,
    country: TestCountry,
}

impl Court {
    fn sits() -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let (ledger, _clock) = open(&store, at("2024-02-01"));
        let country = TestCountry::new();
        accept(&ledger, country.founding.clone());
        let mut court = Self {
            store,
            ledger,
            country,
        };
        for (number, sector, division) in [
            (PROVINCE, Sector::Industry, "150000"),
            (DESK, Sector::Industry, "150207"),
            (CUSTOMS, Sector::Customs, "000000"),
            (RESOURCES, Sector::NaturalResources, "000000"),
        ] {
            let office = registration(number, PartyKind::Regulator { sector }, division);
            court.states(1, office);
        }
        court
    }

    /// The code of the refusal, or "accepted", and the body; the log stays good either way.
    fn answer(&mut self, author: u32, payload: Payload) -> (String, Vec<u8>) {
        self.answer_on(at("2024-02-01"), author, payload)
    }

    fn answer_on(&mut self, day: Moment, author: u32, payload: Payload) -> (String, Vec<u8>) {
        let before = *self.country.authors.author(author);
        let event = self.country.authors.sign(author, day, payload);
        let body = event.body.clone();
        let answer = self.ledger.submit_blocking(vec![event]).unwrap().remove(0);
        check_ledger(&*self.store);
        let code = answer.map_or_else(|refused| refused.refusal.code(), |_| "accepted".to_owned());
        if code != "accepted" {
            *self.country.authors.author(author) = before;
        }
        (code, body)
    }

    fn code(&mut self, author: u32, payload: Payload) -> String {
        self.answer(author, payload).0
    }

    /// States what is accepted; its body.
    fn states(&mut self, author: u32, payload: Payload) -> Vec<u8> {
        let (code, body) = self.answer(author, payload);
        assert_eq!(code, "accepted");
        body
    }

    /// What an author would state next, and does not.
    fn unsaid(&mut self, author: u32, payload: Payload) -> Vec<u8> {
        let author = *self.country.authors.author(author);
        let day = at("2024-02-01");
        wire::encode_body(&author.body(day, day, payload)).unwrap()
    }

    /// Opened again, from its index or, where that is thrown away, from its log.
    fn again(mut self, rebuilds: bool) -> Self {
        self.ledger.close().unwrap();
        if rebuilds {
            ledger::rebuild(&*self.store).unwrap();
        }
        let (ledger, _clock) = open(&self.store, at("2024-02-01"));
        self.ledger = ledger;
        self
    }
}

fn instrument() -> Instrument {
    Instrument {
        number: "X-1".parse().unwrap(),
        issued: "2024-02-01".parse().unwrap(),
    }
}

fn sealed(number: u32) -> Payload {
    let creator = TestCountry::id(number);
    let code = "M-1".parse().unwrap();
    Payload::LotSealed(LotsNamed {
        lots: List::new(vec![LotId { creator, code }]).unwrap(),
        instrument: instrument(),
    })
}

fn annulled(body: &[u8]) -> Payload {
    Payload::ActAnnulled(Box::new(ActAnnulled {
        annulled: Blob::new(body).unwrap(),
        reason: "by mistake".parse().unwrap(),
        instrument: instrument(),
    }))
}

fn succeeded(party: u32, successor: u32) -> Payload {
    Payload::PartySucceeded(Box::new(PartySucceeded {
        party: TestCountry::id(party),
        successor: TestCountry::id(successor),
        from: "2024-02-01".parse().unwrap(),
        instrument: instrument(),
    }))
}

fn moved(number: u32, division: &str) -> Payload {
    Payload::PartyAmended(Box::new(PartyAmended {
        party: TestCountry::id(number),
        names: testkit::names(number),
        division: division.parse().unwrap(),
        group: None,
        activities: List::new(vec![Activity::Trading]).unwrap(),
        from: "2024-02-01".parse().unwrap(),
        instrument: instrument(),
    }))
}

fn pit() -> SiteId {
    SiteId {
        party: TestCountry::id(TestCountry::MINE),
        code: "PIT".parse().unwrap(),
    }
}

fn licensed(division: &str) -> Payload {
    Payload::SiteLicensed(SiteLicensed {
        site: pit(),
        activity: Activity::Mining,
        licence: "L-1".parse().unwrap(),
        division: division.parse().unwrap(),
        capacity_mg: Mass::from_tonnes(10).unwrap(),
        from: "2024-01-01".parse().unwrap(),
        until: "2024-12-31".parse().unwrap(),
    })
}

fn relicensed(division: &str) -> Payload {
    Payload::SiteAmended(Box::new(SiteAmended {
        site: pit(),
        activity: Activity::Mining,
        licence: "L-1".parse().unwrap(),
        division: division.parse().unwrap(),
        capacity_mg: Mass::from_tonnes(20).unwrap(),
        from: "2024-01-01".parse().unwrap(),
        until: "2024-06-30".parse().unwrap(),
        instrument: instrument(),
    }))
}

fn reference() -> Payload {
    let row = ReferenceRow {
        key: "1C909".parse().unwrap(),
        value: Note::new("").unwrap(),
        from: "2024-01-01".parse().unwrap(),
        until: None,
        suspensions: List::new(Vec::new()).unwrap(),
    };
    Payload::ReferenceChanged(Box::new(ReferenceChanged {
        table: ReferenceTable::ControlCodes,
        rows: List::new(vec![row]).unwrap(),
        instrument: instrument(),
    }))
}

#[test]
fn what_was_never_stated_is_not_annulled_whoever_is_named_as_its_author() {
    let mut court = Court::sits();
    // Well formed, next in their authors' chains, and in no log: of another office, of its own, and of the authority.
    for (author, named) in [(COUNTY, PROVINCE), (COUNTY, COUNTY), (1, 1), (1, COUNTY)] {
        let body = court.unsaid(named, sealed(TestCountry::MINE));
        assert_eq!(court.code(author, annulled(&body)), "unknown-act");
    }
    // Taken back before it is stated: the order is the log's, whatever day is written.
    let body = court.unsaid(COUNTY, sealed(TestCountry::MINE));
    assert_eq!(court.code(PROVINCE, annulled(&body)), "unknown-act");
    assert_eq!(court.states(COUNTY, sealed(TestCountry::MINE)), body);
    let early = at("2024-01-15");
    let backdated = court.answer_on(early, PROVINCE, annulled(&body)).0;
    assert_eq!(backdated, "accepted", "no day that is written decides");
}

#[test]
fn an_act_of_another_ledger_is_not_annulled_here() {
    let mut court = Court::sits();
    let here = court.states(COUNTY, sealed(TestCountry::MINE));
    let mut body = wire::decode_body(&here).unwrap();
    let elsewhere = [9; 32];
    body.ledger = Bytes32(elsewhere);
    let there = wire::encode_body(&body).unwrap();
    for author in [COUNTY, PROVINCE, 1] {
        assert_eq!(court.code(author, annulled(&there)), "unknown-act");
    }
    // Nor is an annulment that was signed for another ledger taken here, and it accuses nobody of two events for one place.
    let mut author = Author::new(TestCountry::id(COUNTY), elsewhere);
    author.state.head.next_seq = body.seq;
    let day = at("2024-02-01");
    let event = author.sign(&key(COUNTY), day, day, annulled(&there));
    let answers = court.ledger.submit_blocking(vec![event.unwrap()]).unwrap();
    let refused = answers[0].as_ref().unwrap_err();
    assert_eq!(refused.refusal.code(), "another-ledger");
    assert!(refused.evidence.is_none());
    assert_eq!(court.code(COUNTY, annulled(&here)), "accepted");
}

#[test]
fn an_act_is_annulled_once_by_its_office_or_one_above() {
    let mut court = Court::sits();
    for by in [COUNTY, PROVINCE, 1] {
        let body = court.states(COUNTY, sealed(TestCountry::MINE));
        for stranger in [DESK, CUSTOMS, RESOURCES] {
            let found = court.code(stranger, annulled(&body));
            assert_eq!(found, "not-over-regulators", "{stranger}");
        }
        let found = court.code(TestCountry::MINE, annulled(&body));
        assert_eq!(found, "wrong-kind-of-party");
        court.states(by, annulled(&body));
        for again in [COUNTY, PROVINCE, 1] {
            assert_eq!(court.code(again, annulled(&body)), "annulled-already");
        }
    }
    let above = court.states(PROVINCE, sealed(TestCountry::MINE));
    assert_eq!(court.code(COUNTY, annulled(&above)), "not-over-regulators");
    let founders = court.states(1, sealed(TestCountry::MINE));
    for office in [PROVINCE, RESOURCES] {
        let found = court.code(office, annulled(&founders));
        assert_eq!(found, "kept-for-the-founder");
    }
}

#[test]
fn a_ledger_that_was_closed_knows_what_may_be_annulled_still() {
    for rebuilds in [false, true] {
        let mut court = Court::sits();
        let [first, second] = [(); 2].map(|()| court.states(COUNTY, sealed(TestCountry::MINE)));
        court.states(COUNTY, annulled(&first));
        let mut court = court.again(rebuilds);
        assert_eq!(court.code(PROVINCE, annulled(&first)), "annulled-already");
        court.states(PROVINCE, annulled(&second));
        let mut court = court.again(rebuilds);
        assert_eq!(court.code(1, annulled(&second)), "annulled-already");
    }
}

#[test]
fn a_succession_is_ended_by_its_own_annulment_alone() {
    let mut court = Court::sits();
    let (one, other) = (TestCountry::MINE, TestCountry::SEPARATOR);
    let first = court.states(COUNTY, succeeded(one, other));
    assert_eq!(
        court.code(COUNTY, succeeded(other, one)),
        "succeeded-already"
    );
    court.states(COUNTY, annulled(&first));
    let second = court.states(COUNTY, succeeded(one, other));
    assert_eq!(court.code(COUNTY, annulled(&first)), "annulled-already");
    assert_eq!(court.code(1, succeeded(one, other)), "succeeded-already");
    court.states(PROVINCE, annulled(&second));
    court.states(COUNTY, succeeded(other, one));
}

#[test]
fn enterprises_are_merged_by_an_office_over_both() {
    let mut court = Court::sits();
    for (party, successor) in [
        (TestCountry::MINE, TestCountry::TRADER),
        (TestCountry::TRADER, TestCountry::MINE),
    ] {
        for office in [COUNTY, PROVINCE] {
            let found = court.code(office, succeeded(party, successor));
            assert_eq!(found, "outside-division", "{office}");
        }
    }
    court.states(1, succeeded(TestCountry::MINE, TestCountry::TRADER));
}

#[test]
fn a_party_and_a_licence_are_moved_from_above_their_old_and_their_new_place() {
    let mut court = Court::sits();
    // Neither pushed away nor fetched.
    for (party, division) in [
        (TestCountry::MINE, "150100"),
        (TestCountry::TRADER, "150207"),
    ] {
        let found = court.code(COUNTY, moved(party, division));
        assert_eq!(found, "outside-division");
    }
    court.states(PROVINCE, moved(TestCountry::MINE, "150100"));
    assert_eq!(
        court.code(COUNTY, sealed(TestCountry::MINE)),
        "outside-division"
    );
    court.states(PROVINCE, moved(TestCountry::MINE, "150207"));
    court.states(COUNTY, licensed("150207"));
    assert_eq!(court.code(COUNTY, relicensed("150100")), "outside-division");
    court.states(COUNTY, relicensed("150207"));
    court.states(PROVINCE, relicensed("150100"));
    assert_eq!(court.code(COUNTY, relicensed("150207")), "outside-division");
    court.states(PROVINCE, relicensed("150207"));
}

#[test]
fn reference_data_is_changed_by_the_founding_authority_alone() {
    let mut court = Court::sits();
    for office in [COUNTY, PROVINCE, CUSTOMS, RESOURCES] {
        assert_eq!(court.code(office, reference()), "not-the-founder");
    }
    for party in [2, TestCountry::MINE] {
        assert_eq!(court.code(party, reference()), "wrong-kind-of-party");
    }
    let body = court.states(1, reference());
    assert_eq!(
        court.code(RESOURCES, annulled(&body)),
        "kept-for-the-founder"
    );
    court.states(1, annulled(&body));
}

#[test]
fn in_one_group_too_the_act_comes_before_its_annulment() {
    let mut court = Court::sits();
    let day = at("2024-02-01");
    let seal = court
        .country
        .authors
        .sign(COUNTY, day, sealed(TestCountry::MINE));
    let authors = &mut court.country.authors;
    let first = authors.sign(PROVINCE, day, annulled(&seal.body));
    let second = authors.sign(1, day, annulled(&seal.body));
    let codes = |events: Vec<SignedEvent>| {
        let answers = court.ledger.submit_blocking(events).unwrap().into_iter();
        let code = |refused: ledger::NotAdmitted| refused.refusal.code();
        let codes = answers.map(|answer| answer.map_or_else(code, |_| "accepted".to_owned()));
        codes.collect::<Vec<_>>()
    };
    // The wrong way round the annulment is refused, and then taken as it is: nobody has to sign it again.
    let found = codes(vec![first.clone(), seal]);
    assert_eq!(found, ["unknown-act", "accepted"]);
    let found = codes(vec![first.clone(), second, first]);
    assert_eq!(found[..2], ["accepted", "annulled-already"]);
    check_ledger(&*court.store);
}

#[test]
fn an_annulment_is_signed_by_a_key_of_its_author() {
    let mut court = Court::sits();
    let body = court.states(COUNTY, sealed(TestCountry::MINE));
    let before = *court.country.authors.author(PROVINCE);
    let day = at("2024-02-01");
    for stolen in [COUNTY, TestCountry::MINE, 77] {
        let mut author = before;
        let event = author.sign(&key(stolen), day, day, annulled(&body));
        let answers = court.ledger.submit_blocking(vec![event.unwrap()]).unwrap();
        let code = answers[0].as_ref().unwrap_err().refusal.code();
        let expected = if stolen == 77 {
            "unknown-key"
        } else {
            "foreign-key"
        };
        assert_eq!(code, expected, "{stolen}");
    }
    court.states(PROVINCE, annulled(&body));
}
