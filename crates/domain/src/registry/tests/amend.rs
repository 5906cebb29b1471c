//! Amendments, successions and annulments: who may state them, and what the registry holds then.
//! Invariant: each case says who oversees whom. Knows no bytes.

use super::*;
use crate::payload::{
    ActAnnulled, PartyAmended, PartySucceeded, ReferenceChanged, ReferenceRow, ReferenceTable,
    SiteAmended, SiteLicensed,
};
use crate::text::Note;
use crate::{Blob, List, Mass, SiteId};

fn instrument() -> Instrument {
    Instrument {
        number: "No. 2".parse().unwrap(),
        issued: "2024-01-01".parse().unwrap(),
    }
}

fn amended(number: u8, division: &str, activities: &[Activity]) -> Payload {
    Payload::PartyAmended(Box::new(PartyAmended {
        party: party(number),
        names: names(),
        division: division.parse().unwrap(),
        group: None,
        activities: List::new(activities.to_vec()).unwrap(),
        from: "2024-01-01".parse().unwrap(),
        instrument: instrument(),
    }))
}

pub(super) fn succession(from: u8, to: u8) -> Payload {
    Payload::PartySucceeded(Box::new(PartySucceeded {
        party: party(from),
        successor: party(to),
        from: "2024-01-01".parse().unwrap(),
        instrument: instrument(),
    }))
}

/// An act of `author` by which `to` took over from `from` is taken back.
fn annulled(author: u8, from: u8, to: u8) -> Payload {
    Payload::ActAnnulled(Box::new(ActAnnulled {
        annulled: Blob::new(&[author, from, to]).unwrap(),
        reason: "by mistake".parse().unwrap(),
        instrument: instrument(),
    }))
}

fn site() -> SiteId {
    SiteId {
        party: party(4),
        code: "PIT".parse().unwrap(),
    }
}

fn licensed() -> Payload {
    Payload::SiteLicensed(SiteLicensed {
        site: site(),
        activity: Activity::Mining,
        licence: "L-1".parse().unwrap(),
        division: "150207".parse().unwrap(),
        capacity_mg: Mass::from_tonnes(10).unwrap(),
        from: "2024-01-01".parse().unwrap(),
        until: "2024-12-31".parse().unwrap(),
    })
}

fn relicensed(licence: &str, division: &str) -> Payload {
    Payload::SiteAmended(Box::new(SiteAmended {
        site: site(),
        activity: Activity::Mining,
        licence: licence.parse().unwrap(),
        division: division.parse().unwrap(),
        capacity_mg: Mass::from_tonnes(20).unwrap(),
        from: "2024-01-01".parse().unwrap(),
        until: "2024-06-30".parse().unwrap(),
        instrument: instrument(),
    }))
}

fn done(registry: &mut Registry, author: u8, payload: Payload) {
    let keys = [key(author)];
    assert_eq!(
        answer(registry, author, &keys, payload.clone()),
        "permitted"
    );
    take(registry, 50, now(), &body(author, payload));
}

#[test]
fn a_party_is_amended_from_above_its_old_and_its_new_place() {
    let mut registry = registry();
    let mining = [Activity::Mining, Activity::Separation];
    let by = |registry: &Registry, author: u8, act| answer(registry, author, &[key(author)], act);
    assert_eq!(
        by(&registry, 4, amended(4, "150207", &mining)),
        "wrong-kind-of-party"
    );
    assert_eq!(
        by(&registry, 3, amended(5, "150207", &mining)),
        "outside-division"
    );
    assert_eq!(
        by(&registry, 3, amended(4, "360700", &mining)),
        "outside-division"
    );
    assert_eq!(
        by(&registry, 3, amended(4, "150207", &[])),
        "activities-of-kind"
    );
    assert_eq!(
        by(&registry, 3, amended(3, "150207", &[])),
        "not-over-regulators"
    );
    assert_eq!(
        by(&registry, 1, amended(3, "150000", &mining)),
        "activities-of-kind"
    );
    assert_eq!(
        by(&registry, 1, amended(1, "150000", &[])),
        "outside-division"
    );
    assert_eq!(
        by(&registry, 3, amended(9, "150207", &mining)),
        "unknown-party"
    );
    done(&mut registry, 1, amended(3, "150000", &[]));
    assert_eq!(
        registry.party(&party(3)).unwrap().division,
        "150000".parse().unwrap()
    );
    done(&mut registry, 3, amended(4, "150200", &mining));
    let record = registry.party(&party(4)).unwrap();
    assert_eq!(record.division, "150200".parse().unwrap());
    let activities = List::new(mining.to_vec()).unwrap();
    assert_eq!(record.kind, PartyKind::Enterprise { activities });
}

#[test]
fn a_licence_is_amended_that_there_is() {
    let mut registry = registry();
    let by = |registry: &Registry, author: u8, act| answer(registry, author, &[key(author)], act);
    assert_eq!(
        by(&registry, 3, relicensed("L-1", "150207")),
        "unknown-licence"
    );
    done(&mut registry, 3, licensed());
    assert_eq!(
        by(&registry, 3, relicensed("L-2", "150207")),
        "unknown-licence"
    );
    assert_eq!(
        by(&registry, 3, relicensed("L-1", "360700")),
        "outside-division"
    );
    done(&mut registry, 3, relicensed("L-1", "150207"));
    let [licence] = registry.licences(&site()) else {
        panic!("one licence");
    };
    assert_eq!(licence.until, "2024-06-30".parse().unwrap());
    assert_eq!(licence.capacity, Mass::from_tonnes(20).unwrap());
}

#[test]
fn an_enterprise_is_taken_over_once_and_that_can_be_annulled() {
    let mut registry = registry();
    let by = |registry: &Registry, author: u8, act| answer(registry, author, &[key(author)], act);
    assert_eq!(by(&registry, 3, succession(4, 5)), "outside-division");
    assert_eq!(by(&registry, 1, succession(4, 3)), "not-an-enterprise");
    done(&mut registry, 1, succession(4, 5));
    assert_eq!(by(&registry, 1, succession(4, 5)), "succeeded-already");
    assert_eq!(
        by(&registry, 1, succession(5, 4)),
        "succeeded-already",
        "not in a circle"
    );
    // The founder's act nobody else takes back.
    assert_eq!(by(&registry, 3, annulled(1, 4, 5)), "kept-for-the-founder");
    assert_eq!(by(&registry, 4, annulled(1, 4, 5)), "wrong-kind-of-party");
    done(&mut registry, 1, annulled(1, 4, 5));
    assert_eq!(registry.party(&party(4)).unwrap().successor, None);
    assert_eq!(by(&registry, 1, annulled(1, 4, 5)), "annulled-already");
    assert_eq!(by(&registry, 1, succession(5, 4)), "permitted");
}

#[test]
fn an_annulment_ends_the_very_succession_that_it_names() {
    let mut registry = registry();
    // Stated by the department as if it oversaw both, and then by the authority.
    take(&mut registry, 50, now(), &body(3, succession(4, 5)));
    done(&mut registry, 1, annulled(3, 4, 5));
    done(&mut registry, 1, succession(4, 5));
    assert_eq!(
        answer(&registry, 1, &[key(1)], annulled(3, 4, 5)),
        "annulled-already"
    );
    assert_eq!(registry.party(&party(4)).unwrap().successor, Some(party(5)));
}

#[test]
fn only_an_act_that_the_log_holds_is_annulled() {
    let mut registry = registry();
    let by = |registry: &Registry, author: u8, act| answer(registry, author, &[key(author)], act);
    done(&mut registry, 1, succession(4, 5));
    // The bytes are of acts that nobody stated, though the last of them names its author's office.
    for (author, act) in [
        (1, annulled(1, 5, 4)),
        (3, annulled(3, 4, 5)),
        (1, annulled(3, 4, 5)),
    ] {
        assert_eq!(by(&registry, author, act), "unknown-act");
    }
    let mut nonsense = annulled(1, 4, 5);
    if let Payload::ActAnnulled(act) = &mut nonsense {
        act.annulled = Blob::new(&[1]).unwrap();
    }
    assert_eq!(by(&registry, 1, nonsense), "unknown-act");
    assert_eq!(by(&registry, 1, annulled(1, 4, 5)), "permitted");
}

#[test]
fn an_act_is_annulled_by_its_author_and_from_above() {
    let mut registry = registry();
    let by = |registry: &Registry, author: u8, act| answer(registry, author, &[key(author)], act);
    let department = |division: &str, number| {
        let sector = Sector::Industry;
        registration(number, PartyKind::Regulator { sector }, division)
    };
    done(&mut registry, 1, department("150000", 6));
    done(&mut registry, 1, department("360700", 7));
    done(&mut registry, 1, department("150207", 8));
    for author in [3, 6] {
        take(&mut registry, 50, now(), &body(author, succession(4, 5)));
    }
    assert_eq!(by(&registry, 1, annulled(3, 4, 5)), "permitted");
    assert_eq!(by(&registry, 3, annulled(3, 4, 5)), "permitted");
    assert_eq!(by(&registry, 6, annulled(3, 4, 5)), "permitted");
    assert_eq!(by(&registry, 3, annulled(6, 4, 5)), "not-over-regulators");
    for neighbour in [7, 8] {
        let found = by(&registry, neighbour, annulled(3, 4, 5));
        assert_eq!(found, "not-over-regulators");
    }
}

#[test]
fn reference_data_is_the_founding_authoritys() {
    let mut registry = registry();
    let resources = PartyKind::Regulator {
        sector: Sector::NaturalResources,
    };
    done(&mut registry, 1, registration(6, resources, "000000"));
    let changed = || {
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
    };
    let by = |author: u8| answer(&registry, author, &[key(author)], changed());
    assert_eq!(by(1), "permitted");
    assert_eq!([by(3), by(6)], ["not-the-founder"; 2]);
    assert_eq!(by(4), "wrong-kind-of-party");
}
