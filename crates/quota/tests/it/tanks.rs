//! Tanks of a plant: lots that are put to and drawn of for ever, with scrap and with what is not separated.
//! Invariant: what goes in unseparated consumes once, and not more than once, when a product comes of it; no order of entry and
//! no late correction changes that.

use serde_json::{Value, json};
use testkit::party;

use crate::told::{Dice, Telling, consumed, histories};

const TANKS: usize = 4;

fn quantity(reo_mg: u64) -> Value {
    json!({"net_mg": 2 * reo_mg, "reo_mg": reo_mg, "basis": "measured"})
}

fn named(tank: usize) -> String {
    format!("TANK{tank}")
}

fn made(code: &str, product: &str, reo_mg: u64) -> Value {
    json!({"lot": code, "product": product, "quantity": quantity(reo_mg), "composition": null})
}

/// Ore is leached, or scrap is collected, into a tank; what is in tanks moves on, or becomes an oxide; in the end all does.
struct Plant {
    held: [u64; TANKS],
    ore: u64,
    events: Vec<Value>,
}

impl Plant {
    fn of(dice: &mut Dice, days: usize) -> Self {
        let mut plant = Self {
            held: [0; TANKS],
            ore: 0,
            events: Vec::new(),
        };
        for day in 0..days {
            plant.come_in(dice, day);
            plant.go_on(dice, day);
        }
        for tank in 0..TANKS {
            let all = plant.held[tank];
            plant.run(
                tank,
                all,
                made(&format!("LAST{tank}"), "compound/oxide/La", all),
            );
        }
        plant
    }

    fn come_in(&mut self, dice: &mut Dice, day: usize) {
        let (tank, reo) = (dice.below(TANKS), 1_000_003 * (1 + dice.below(50) as u64));
        self.held[tank] += reo;
        if dice.below(2) == 0 {
            self.events.push(
                json!({"event": "scrap-collected", "site": "SX", "lot": named(tank),
                "product": "residue/solution", "quantity": quantity(reo), "composition": null,
                "source": "post-consumer", "supplier": "S"}),
            );
            return;
        }
        self.ore += reo;
        let ore = format!("ORE{day}");
        self.events.push(json!({"event": "lot-imported", "site": "SX", "lot": ore, "product": "ore/monazite",
            "quantity": quantity(reo), "composition": null, "country": "MM", "declaration": "D", "supplier": "S"}));
        self.events
            .push(run(&ore, reo, made(&named(tank), "residue/solution", reo)));
    }

    fn go_on(&mut self, dice: &mut Dice, day: usize) {
        let from = dice.below(TANKS);
        let reo = self.held[from] * dice.below(4) as u64 / 3;
        let to = dice.below(TANKS + 1);
        if reo == 0 {
            return;
        }
        if let Some(held) = self.held.get_mut(to) {
            *held += reo;
            self.run(from, reo, made(&named(to), "residue/solution", reo));
        } else {
            self.run(
                from,
                reo,
                made(&format!("OX{day}"), "compound/oxide/La", reo),
            );
        }
    }

    fn run(&mut self, tank: usize, reo: u64, gives: Value) {
        if reo > 0 {
            self.held[tank] -= reo;
            self.events.push(run(&named(tank), reo, gives));
        }
    }
}

fn run(takes: &str, reo: u64, gives: Value) -> Value {
    json!({"event": "lot-processed", "site": "SX", "process": "blending", "model": "mass-balance",
        "inputs": [{"lot": format!("{}/{takes}", party(5)), "quantity": quantity(reo)}],
        "outputs": [], "discards": [], "retained": [gives]})
}

/// Each run rounds to a milligram.
const ROUNDING_MG: i128 = 100;

#[test]
fn what_goes_through_tanks_consumes_once_in_any_order_of_entry() {
    for seed in 0..histories(60) {
        let dice = &mut Dice(seed);
        let plant = Plant::of(dice, 40);
        let told = consumed(Telling::of(plant.events.clone()));
        let ore = i128::from(plant.ore);
        assert!(
            (told[1] - ore).abs() <= ROUNDING_MG,
            "seed {seed}: {} of {ore}",
            told[1]
        );
        let shuffled = Telling::of(plant.events.clone()).shuffled(dice);
        assert_eq!(consumed(shuffled), told, "seed {seed}, in another order");
        let mut slips = Telling::of(plant.events.clone()).shuffled(dice);
        for said in &mut slips.0 {
            if dice.below(4) == 0 && said.right["event"] == "scrap-collected" {
                let mut wrong = said.right.clone();
                wrong["quantity"] = quantity(7_000_000);
                said.wrong = Some(wrong);
            }
        }
        assert_eq!(consumed(slips), told, "seed {seed}, with slips");
    }
}

/// A year's scrap that is used up is no cover for the ore of the next, and a mistake in it that is found late moves nothing
/// between the years.
#[test]
fn what_is_put_in_later_never_changes_what_was_drawn_before() {
    let tank = named(0);
    let scrap = |reo| {
        json!({"event": "scrap-collected", "site": "SX", "lot": tank, "product": "residue/solution",
            "quantity": quantity(reo), "composition": null, "source": "post-consumer", "supplier": "S"})
    };
    let oxide = |code: &str, reo| run(&tank, reo, made(code, "compound/oxide/La", reo));
    let ore = json!({"event": "lot-imported", "site": "SX", "lot": "ORE", "product": "ore/monazite",
        "quantity": quantity(100_000), "composition": null, "country": "MM", "declaration": "D", "supplier": "S"});
    let leach = run("ORE", 100_000, made(&tank, "residue/solution", 100_000));
    let history = |scraps| {
        vec![
            scrap(scraps),
            oxide("A", 900_000),
            ore.clone(),
            leach.clone(),
            oxide("B", 100_000),
        ]
    };
    assert_eq!(consumed(Telling::of(history(900_000))), [0, 100_000]);
    let mut late = Telling::of(history(900_000));
    late.0[0].wrong = Some(scrap(910_000));
    assert_eq!(consumed(late), [0, 100_000], "corrected");
}

/// The first statement of a code describes it. When it is corrected to another product, what later ones put under the code
/// becomes a lot of its own, and comes back when it is corrected again.
#[test]
fn a_correction_of_the_first_statement_of_a_tank_loses_nothing() {
    let ore = |lot: &str| {
        json!({"event": "lot-imported", "site": "SX", "lot": lot, "product": "ore/monazite",
            "quantity": quantity(100_000), "composition": null, "country": "MM", "declaration": "D", "supplier": "S"})
    };
    let tank = named(0);
    let leach = |lot: &str, product: &str| run(lot, 100_000, made(&tank, product, 100_000));
    let scrap = json!({"event": "scrap-collected", "site": "SX", "lot": tank, "product": "residue/solution",
        "quantity": quantity(100_000), "composition": null, "source": "post-consumer", "supplier": "S"});
    let told = |first: &str| {
        Telling::of(vec![
            ore("ORE1"),
            ore("ORE2"),
            leach("ORE1", first),
            leach("ORE2", "residue/solution"),
            scrap.clone(),
            run(&tank, 300_000, made("OX", "compound/oxide/La", 300_000)),
        ])
    };
    assert_eq!(consumed(told("residue/solution")), [0, 200_000]);
    // Only the cake lies under the code: two thirds of what is drawn is not known.
    let cake = consumed(told("residue/filter-cake"));
    assert_eq!(cake, [0, 300_000]);
    for (wrong, right) in [
        ("residue/filter-cake", "residue/solution"),
        ("residue/solution", "residue/filter-cake"),
    ] {
        let mut slip = told(right);
        slip.0[2].wrong = Some(leach("ORE1", wrong));
        assert_eq!(consumed(slip), consumed(told(right)), "{wrong} at first");
        let mut backwards = told(right).backwards();
        backwards.0[3].wrong = Some(leach("ORE1", wrong));
        assert_eq!(
            consumed(backwards),
            consumed(told(right).backwards()),
            "{wrong} at first, backwards"
        );
    }
}
