//! A lot through time: what is drawn when, whatever order it is entered in.

use super::super::share::WHOLE;
use super::*;
use domain::{Code, LotId};

fn at(day: i64) -> When {
    let occurred = Moment::from_ms(1_700_000_000_000 + day * domain::DAY_MS);
    When::new(occurred.unwrap(), true, day.unsigned_abs())
}

fn weighed(reo_mg: u64) -> Weighed {
    Weighed {
        net_mg: 2 * reo_mg,
        reo_mg,
    }
}

fn made(shares: Shares, reo_mg: u64) -> Made {
    let code: Code = "T".parse().unwrap();
    let creator = testkit::party(5);
    Made {
        lot: LotId { creator, code },
        shares,
        reo_mg,
        net_mg: 2 * reo_mg,
        raw: None,
    }
}

const ORE: Shares = Shares::pure(Part::Ore);

#[test]
fn a_draw_carries_what_lay_there_and_what_it_took_is_gone() {
    let mut tank = Tank::default();
    tank.put(at(1), &made(Shares::SEPARATED, 900));
    tank.draw(at(2), weighed(900));
    tank.put(at(3), &made(ORE, 100));
    tank.draw(at(4), weighed(100));
    assert_eq!(tank.carries(at(2)), Shares::SEPARATED);
    assert_eq!(
        tank.carries(at(4)),
        ORE,
        "the scrap is gone, and thins no ore"
    );
}

#[test]
fn what_is_put_in_late_changes_later_draws_alone_and_comes_out_again() {
    let mut tank = Tank::default();
    tank.put(at(1), &made(Shares::SEPARATED, 100));
    for day in [2, 6] {
        tank.draw(at(day), weighed(50));
    }
    let affected = tank.put(at(4), &made(ORE, 50));
    assert_eq!(affected, [(at(6), Shares::SEPARATED)]);
    let half = Shares::mix(&[(ORE, 1), (Shares::SEPARATED, 1)]);
    assert_eq!(tank.carries(at(6)), half);
    assert_eq!(tank.take_out(at(4), &made(ORE, 50)), [(at(6), half)]);
    assert_eq!(tank.carries(at(6)), Shares::SEPARATED);
}

#[test]
fn a_long_list_says_the_same_as_it_would_if_it_were_entered_in_another_order() {
    let days = 1..60i64;
    let one = |tank: &mut Tank, day: i64| {
        if day % 3 == 0 {
            tank.draw(at(day), weighed(25));
        } else if day % 3 == 1 {
            tank.put(at(day), &made(ORE, 10 + day.unsigned_abs()));
        } else {
            tank.put(at(day), &made(Shares::SEPARATED, 3));
        }
    };
    let (mut forward, mut backward) = (Tank::default(), Tank::default());
    days.clone().for_each(|day| one(&mut forward, day));
    days.rev().for_each(|day| one(&mut backward, day));
    assert_eq!(forward.steps, backward.steps);
    let loaded = Tank::load(forward.save()).unwrap();
    assert_eq!(loaded.steps, forward.steps);
    assert_eq!(forward.steps.len(), 59);
}

#[test]
fn little_reo_in_much_mass_is_no_cover_for_much_reo() {
    let drawn = |net_mg, reo_mg| Weighed { net_mg, reo_mg };
    let mut tank = Tank::default();
    let put = Made {
        net_mg: 1_000_000,
        ..made(Shares::SEPARATED, 1_000)
    };
    tank.put(at(1), &put);
    tank.draw(at(2), drawn(1_000_000, 1_010));
    assert_eq!(
        tank.carries(at(2)),
        Shares::SEPARATED,
        "an assay errs by as much"
    );
    tank.give_back(at(2));
    tank.draw(at(3), drawn(1_000_000, 100_000));
    let unknown = tank.carries(at(3)).of(Part::Unknown);
    assert_eq!(unknown, WHOLE / 100 * 99);
    tank.give_back(at(3));
    tank.draw(at(4), drawn(100_000_000, 1_000));
    let unknown = tank.carries(at(4)).of(Part::Unknown);
    assert_eq!(unknown, WHOLE / 100 * 99);
}

#[test]
fn raw_ore_that_is_drawn_before_it_is_dug_is_raw_ore() {
    let mut tank = Tank::default();
    tank.draw(at(1), weighed(100));
    assert_eq!(tank.carries(at(1)), Shares::pure(Part::Unknown));
    let raw = Shares::pure(Part::RawRock);
    let dug = Made {
        raw: Some(Part::RawRock),
        ..made(raw, 1)
    };
    let affected = tank.put(at(2), &dug);
    assert_eq!(affected, [(at(1), Shares::pure(Part::Unknown))]);
    assert_eq!(tank.carries(at(1)), raw);
    tank.draw(at(3), weighed(1_000));
    assert_eq!(
        tank.carries(at(3)),
        raw,
        "and so is what is drawn beyond it"
    );
}
