//! The plan's promises, and that what the player signs is admitted and reads back.
//!
//! Invariant: what is compared with the plan is computed here from its steps, not by the planner.

mod book;

use std::collections::{BTreeMap, BTreeSet};

use domain::payload::Holder;
use domain::{Bytes32, Payload, Seen, Track, Zone};
use verify::{Admission, Agreement, EntryPlace, KeyDirectory, Roots, prepare};

use crate::plan::{Plan, PlannedFact, plan};
use crate::{Filed, Signed, figures, play};

fn filed(byte: u8) -> Filed {
    Filed {
        digest: Bytes32([byte; 32]),
        nil: false,
    }
}

fn signed(plan: &Plan) -> Vec<Signed> {
    let mut all = Vec::new();
    play(plan, &mut |_, _, _| filed(0), |group| {
        all.extend(group);
        Seen::NOTHING
    })
    .unwrap();
    all
}

/// The payloads that stand in the plan as they will be signed.
fn stated(plan: &Plan) -> impl Iterator<Item = (usize, &Payload)> {
    plan.steps
        .iter()
        .enumerate()
        .filter_map(|(place, step)| match &step.act {
            PlannedFact::State(payload) => Some((place, &**payload)),
            _ => None,
        })
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let ends = |seed| signed(&plan(seed)).pop().unwrap().event;
    assert_eq!(ends(1), ends(1));
    assert_ne!(ends(1), ends(2));
}

#[test]
fn several_seeds_give_about_twenty_thousand_events_in_time_order() {
    for seed in 0..8 {
        let plan = plan(seed);
        let count = plan.steps.len();
        assert!((18_000..=22_000).contains(&count), "seed {seed}: {count}");
        assert!(
            plan.steps
                .is_sorted_by(|a, b| a.received < b.received && a.occurred < b.occurred),
            "seed {seed}"
        );
        let days = |step: &crate::PlannedStep| {
            (
                Zone::CHINA.day_of(step.occurred),
                Zone::CHINA.day_of(step.received),
            )
        };
        assert!(plan.steps.iter().all(|step| days(step).0 == days(step).1));
    }
}

#[test]
fn each_offence_is_planted_once_and_names_its_author() {
    for seed in 0..8 {
        let plan = plan(seed);
        let codes: BTreeSet<_> = plan.plants.iter().map(|plant| plant.code).collect();
        let expected = [
            "D01", "F01", "M01", "P01", "P02", "Q01", "Q02", "R01", "R02", "S01", "S03", "T01",
            "T03",
        ];
        assert_eq!(codes, BTreeSet::from(expected));
        assert_eq!(plan.plants.len(), expected.len());
        for plant in &plan.plants {
            let step = &plan.steps[plant.position];
            assert_eq!(plan.parties[step.author].id, plant.party, "{plant:?}");
            let lag = match plant.code {
                "R01" => 1,
                "R02" => 2,
                _ => 0,
            };
            let month = Zone::CHINA.month_of(step.occurred);
            assert_eq!(month.ordinal() - lag, plant.month.ordinal(), "{plant:?}");
        }
    }
}

#[test]
fn each_offence_is_its_firms() {
    let expected = [
        ("D01", "Beichen Trading"),
        ("F01", "Baoli Recycling"),
        ("T01", "Anninghe Rare Earth"),
        ("P01", "Changfeng Trading"),
        ("R02", "Jinchuan Trading"),
        ("P02", "Wantong Trading"),
        ("R01", "Zhangshui Magnets"),
        ("Q02", "Wushi Separation"),
        ("S03", "Yaoxi Ion Mine"),
        ("M01", "Weishanhu Materials"),
        ("T03", "Shunda Trading"),
        ("S01", "Hongtu Trading"),
        ("Q01", "Huxi Mine"),
    ];
    let plan = plan(9);
    for (code, name) in expected {
        let plant = plan.plants.iter().find(|plant| plant.code == code).unwrap();
        let party = plan
            .parties
            .iter()
            .find(|party| party.id == plant.party)
            .unwrap();
        assert_eq!(&*party.names.en, name, "{code}");
    }
}

#[test]
fn only_the_planted_firms_exceed_their_quota() {
    for seed in 0..4 {
        let plan = plan(seed);
        let planted = |code| plan.plants.iter().find(|plant| plant.code == code).unwrap();
        let expected = BTreeSet::from([planted("Q01").position, planted("Q02").position]);
        assert_eq!(book::over_quota(&plan), expected, "seed {seed}");
    }
}

#[test]
fn allocations_sum_to_the_groups_and_the_groups_to_the_nation() {
    let plan = plan(3);
    let mut national = BTreeMap::<(Track, u8), u64>::new();
    let mut groups = BTreeMap::<(Track, u8, String), u64>::new();
    let mut firms = groups.clone();
    for (_, payload) in stated(&plan) {
        match payload {
            Payload::IndicatorSet(set) => {
                national.insert((set.track, set.batch), set.amount_mg.mg());
            }
            Payload::QuotaAllocated(given) => {
                let amount = given.amount_mg.mg();
                let (sums, group) = match given.holder {
                    Holder::Group(group) => (&mut groups, group),
                    Holder::Party(id) => {
                        let party = plan.parties.iter().find(|party| party.id == id).unwrap();
                        (&mut firms, party.group.unwrap())
                    }
                };
                *sums
                    .entry((given.track, given.batch, group.to_string()))
                    .or_default() += amount;
            }
            _ => {}
        }
    }
    assert_eq!(firms, groups);
    for ((track, batch), amount) in &national {
        let of_groups = groups
            .iter()
            .filter(|(key, _)| key.0 == *track && key.1 == *batch);
        assert_eq!(of_groups.map(|(_, sum)| sum).sum::<u64>(), *amount);
    }
    let year = |track| {
        let of_track = national.iter().filter(|(key, _)| key.0 == track);
        of_track.map(|(_, mg)| mg / 1_000_000_000).sum::<u64>()
    };
    assert_eq!(year(Track::MiningRock), 250_850);
    assert_eq!(year(Track::MiningIon), 19_150);
    assert_eq!(year(Track::Separation), 254_000);
    let first = |group: &str, track| groups[&(track, 1, group.to_owned())] / 1_000_000_000;
    assert_eq!(first("NORTHERN", Track::MiningRock), 94_580);
    assert_eq!(first("CREG", Track::Separation), 38_990);
}

#[test]
fn the_table_of_figures_is_read_whole() {
    let all = figures();
    assert_eq!(all.len(), 33);
    assert!(all.iter().all(|row| !row.sources.is_empty()));
}

/// A log of which nobody has seen anything yet.
struct NothingSeen;

impl Roots for NothingSeen {
    fn compare(&mut self, seen: &Seen, _: u64) -> Agreement {
        Agreement::of(Some(chain::empty_root()), seen)
    }
}

#[test]
fn every_event_is_admitted_and_reads_back() {
    let plan = plan(5);
    let (mut admission, directory) = (Admission::new(), KeyDirectory::default());
    for (position, signed) in signed(&plan).into_iter().enumerate() {
        let event = signed.event;
        let body = wire::decode_body(&event.body).unwrap();
        body.check().unwrap();
        assert_eq!(wire::encode_body(&body).unwrap(), event.body);
        let prepared = prepare(event.body.into(), event.signatures.into(), &directory).unwrap();
        let place = EntryPlace {
            position: position as u64,
            received: body.signed,
        };
        if let Err(refusal) = admission.check(&prepared, &place, &mut NothingSeen) {
            panic!("position {position}: {refusal}");
        }
        admission.apply(&place, &prepared);
    }
}

#[test]
fn only_the_planted_sale_is_not_covered_by_stock() {
    for seed in 0..4 {
        let plan = plan(seed);
        let planted = plan
            .plants
            .iter()
            .find(|plant| plant.code == "S01")
            .unwrap();
        assert_eq!(book::overdrawn(&plan), [planted.position], "seed {seed}");
    }
}

#[test]
fn returns_cover_every_event_of_the_year_once_and_in_time() {
    let plan = plan(6);
    let mut spans = BTreeMap::<usize, Vec<(u64, u64)>>::new();
    let mut ends = BTreeMap::<usize, u64>::new();
    let mut late = Vec::new();
    for (step, signed) in plan.steps.iter().zip(signed(&plan)) {
        let body = wire::decode_body(&signed.event.body).unwrap();
        if Zone::CHINA.month_of(step.occurred).year() == 2024 {
            ends.insert(step.author, body.seq);
        }
        if let Payload::MonthClosed(closed) = &body.payload {
            spans
                .entry(step.author)
                .or_default()
                .push((closed.first_seq, closed.last_seq));
            let day = Zone::CHINA.day_of(step.received);
            assert!(closed.month < day.month());
            if day.month() != closed.month.next() || day.day() >= 10 {
                late.push(plan.parties[step.author].id);
            }
        }
    }
    let planted = |code| {
        plan.plants
            .iter()
            .find(|plant| plant.code == code)
            .unwrap()
            .party
    };
    assert_eq!(late, [planted("R01")]);
    for (author, spans) in spans {
        assert_eq!(spans[0].0, 0);
        let missing = plan.parties[author].id == planted("R02");
        let gaps = spans
            .windows(2)
            .filter(|pair| pair[0].1 + 1 != pair[1].0)
            .count();
        assert_eq!((gaps, spans.len()), if missing { (1, 11) } else { (0, 12) });
        assert_eq!(spans[spans.len() - 1].1, ends[&author]);
    }
}

#[test]
fn a_group_has_its_returns_at_its_head_alone() {
    let plan = plan(7);
    let (mut position, mut groups) = (0, 0);
    let mut asked = Vec::new();
    let mut player = crate::Player::new(&plan).unwrap();
    loop {
        let group = player.next_group(&mut |_, _, upto| {
            asked.push(upto);
            filed(1)
        });
        let Some(group) = group.unwrap() else { break };
        assert!(asked.drain(..).all(|upto| upto == position));
        position += group.len() as u64;
        groups += 1;
    }
    assert_eq!(position, plan.steps.len() as u64);
    assert!((366..600).contains(&groups), "{groups} groups");
}
