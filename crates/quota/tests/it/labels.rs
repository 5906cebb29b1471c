//! Quota follows the matter: histories of random runs, told under other names, in other roles, in another order, and wrongly
//! at first.
//! Invariant: what is told differs in words alone, so that it must consume the same; and all that is separated in the end has
//! consumed quota once. Knows no findings.

use serde_json::{Value, json};
use testkit::party;

use crate::told::{Dice, Telling, consumed, histories};

/// What goods are, whatever they are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matter {
    Raw,
    Ore,
    /// A mixed carbonate that was bought abroad.
    Carbonate,
    Circuit,
    Separated,
    Metal,
}

const PROCESSES: [&str; 8] = [
    "beneficiation",
    "separation",
    "metal-smelting",
    "alloying",
    "magnet-making",
    "recycling",
    "blending",
    "repackaging",
];

impl Matter {
    /// Every name that such goods may have.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Raw => &["raw-ore/mixed", "raw-ore/bastnaesite"],
            Self::Ore => &[
                "ore/mixed",
                "ore/bastnaesite",
                "ore/monazite",
                "ore/xenotime",
            ],
            Self::Carbonate => &[
                "compound/carbonate/mixed",
                "compound/oxalate/mixed",
                "compound/oxide/mixed",
            ],
            Self::Circuit => &[
                "residue/solution",
                "residue/filter-cake",
                "residue/slag",
                "residue/tailings",
            ],
            Self::Separated => &[
                "compound/oxide/Nd",
                "compound/carbonate/La",
                "compound/chloride/Ce",
                "compound/other/Y",
                "compound/fluoride/Dy",
            ],
            Self::Metal => &["metal/Nd", "alloy/PrNd", "magnet/NdFeB", "scrap/NdFeB"],
        }
    }

    /// What may become of it.
    const fn next(self) -> &'static [Self] {
        match self {
            Self::Raw => &[Self::Ore, Self::Raw],
            Self::Ore => &[Self::Ore, Self::Circuit, Self::Separated],
            Self::Carbonate => &[Self::Carbonate, Self::Circuit, Self::Separated],
            Self::Circuit => &[Self::Circuit, Self::Separated],
            Self::Separated => &[Self::Separated, Self::Metal],
            Self::Metal => &[Self::Metal],
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Lot {
    number: usize,
    matter: Matter,
    reo_mg: u64,
}

/// Inputs become outputs, with no loss.
#[derive(Debug, Clone)]
struct Run {
    takes: Vec<Lot>,
    gives: Vec<Lot>,
}

/// What happened, in nobody's words.
struct History {
    sources: Vec<Lot>,
    runs: Vec<Run>,
}

impl History {
    /// Some sources, some runs, and in the end everything is separated.
    fn of(dice: &mut Dice) -> Self {
        let kinds = [
            Matter::Raw,
            Matter::Ore,
            Matter::Carbonate,
            Matter::Separated,
        ];
        let source = |number, matter| Lot {
            number,
            matter,
            reo_mg: 1_000_000_007 * (number as u64 + 1),
        };
        let picked = (0..5).map(|number| source(number, kinds[dice.below(kinds.len())]));
        let sources: Vec<Lot> = picked.collect();
        let mut history = Self {
            sources: sources.clone(),
            runs: Vec::new(),
        };
        let (mut held, mut number) = (sources, 5);
        for _ in 0..8 {
            history.run(dice, &mut held, &mut number);
        }
        for lot in held {
            let gives = |lot: Lot, matter| Lot {
                number: lot.number + 1_000,
                matter,
                ..lot
            };
            let mut last = lot;
            // Raw ore is dressed before it is separated.
            let path: &[Matter] = match lot.matter {
                Matter::Raw => &[Matter::Ore, Matter::Separated],
                Matter::Metal => &[],
                _ => &[Matter::Separated],
            };
            for matter in path {
                let next = gives(last, *matter);
                history.runs.push(Run {
                    takes: vec![last],
                    gives: vec![next],
                });
                last = next;
            }
        }
        history
    }

    /// One or two lots that can go on alike become two.
    fn run(&mut self, dice: &mut Dice, held: &mut Vec<Lot>, number: &mut usize) {
        let first = held.swap_remove(dice.below(held.len()));
        let matter = first.matter.next()[dice.below(first.matter.next().len())];
        let mut takes = vec![first];
        // What is separated and what is not meet in one tank.
        let joins = |lot: &Lot| first.matter != Matter::Raw && lot.matter.next().contains(&matter);
        if let Some(place) = held.iter().position(joins) {
            takes.push(held.swap_remove(place));
        }
        let reo: u64 = takes.iter().map(|lot| lot.reo_mg).sum();
        let part = reo / 3;
        let gives: Vec<Lot> = [part, reo - part]
            .into_iter()
            .map(|reo_mg| {
                *number += 1;
                Lot {
                    number: *number,
                    matter,
                    reo_mg,
                }
            })
            .collect();
        held.extend(&gives);
        self.runs.push(Run { takes, gives });
    }

    /// REO of sources of one kind.
    fn entered(&self, matter: &[Matter]) -> i128 {
        let of = self
            .sources
            .iter()
            .filter(|lot| matter.contains(&lot.matter));
        of.map(|lot| i128::from(lot.reo_mg)).sum()
    }

    /// The history in the words of somebody, in the order in which it happened.
    fn told(&self, dice: &mut Dice) -> Vec<Value> {
        let mut events: Vec<Value> = self.sources.iter().map(|lot| source(dice, lot)).collect();
        events.extend(self.runs.iter().map(|run| process(dice, run)));
        events
    }
}

fn code(lot: &Lot) -> String {
    format!("L{}", lot.number)
}

fn quantity(lot: &Lot) -> Value {
    json!({"net_mg": 2 * lot.reo_mg, "reo_mg": lot.reo_mg, "basis": "measured"})
}

fn source(dice: &mut Dice, lot: &Lot) -> Value {
    let mut event =
        json!({"site": "SX", "lot": code(lot), "quantity": quantity(lot), "composition": null});
    if lot.matter == Matter::Raw {
        event["event"] = json!("lot-mined");
        event["product"] = json!("raw-ore/mixed");
        event["ore"] = json!("mixed");
    } else {
        event["event"] = json!("lot-imported");
        event["product"] = json!(dice.one_of(lot.matter.names()));
        event["country"] = json!("MM");
        event["declaration"] = json!("D1");
        event["supplier"] = json!("S");
    }
    event
}

fn process(dice: &mut Dice, run: &Run) -> Value {
    let mut inputs: Vec<Value> = run
        .takes
        .iter()
        .map(|lot| json!({"lot": format!("{}/{}", party(5), code(lot)), "quantity": quantity(lot)}))
        .collect();
    dice.shuffle(&mut inputs);
    let (mut outputs, mut retained) = (Vec::new(), Vec::new());
    for lot in &run.gives {
        let product = dice.one_of(lot.matter.names());
        let made = json!({"lot": code(lot), "product": product, "quantity": quantity(lot), "composition": null});
        if dice.below(2) == 0 {
            outputs.push(made);
        } else {
            retained.push(made);
        }
    }
    json!({"event": "lot-processed", "site": "SX", "process": dice.one_of(&PROCESSES), "model": "mass-balance",
        "inputs": inputs, "outputs": outputs, "discards": [], "retained": retained})
}

/// The same event, wrongly told: other goods, or twice as much.
fn slip(dice: &mut Dice, event: &Value) -> Value {
    let mut wrong = event.clone();
    let others = ["ore/monazite", "compound/oxide/La", "residue/solution"];
    if wrong["event"] == "lot-imported" {
        wrong["product"] = json!(dice.one_of(&others));
    } else if let Some(made) = wrong.get_mut("outputs").and_then(|all| all.get_mut(0)) {
        made["product"] = json!(dice.one_of(&others));
        made["quantity"]["reo_mg"] = json!(made["quantity"]["reo_mg"].as_u64().unwrap() * 2);
        made["quantity"]["net_mg"] = json!(made["quantity"]["net_mg"].as_u64().unwrap() * 2);
    }
    wrong
}

/// Shares are rounded to a milligram for each output.
const ROUNDING_MG: i128 = 100;

#[test]
fn the_same_matter_consumes_the_same_quota_under_any_name_and_once() {
    for seed in 0..histories(300) {
        let dice = &mut Dice(seed);
        let history = History::of(dice);
        let told = consumed(Telling::of(history.told(dice)));
        let unseparated = [Matter::Raw, Matter::Ore, Matter::Carbonate];
        let [mined, separated] = told;
        for (counted, entered) in [(mined, &unseparated[..1]), (separated, &unseparated)] {
            let all = history.entered(entered);
            assert!(
                (counted - all).abs() <= ROUNDING_MG,
                "seed {seed}: {counted} of {all}"
            );
        }
        let again = consumed(Telling::of(history.told(dice)));
        assert_eq!(again, told, "seed {seed}, in other words");
        let shuffled = consumed(Telling::of(history.told(dice)).shuffled(dice));
        assert_eq!(shuffled, told, "seed {seed}, in another order");
        let mut slips = Telling::of(history.told(dice));
        if seed % 2 == 0 {
            slips = slips.shuffled(dice);
        }
        for said in &mut slips.0 {
            if dice.below(3) == 0 {
                said.wrong = Some(slip(dice, &said.right));
            }
        }
        assert_eq!(consumed(slips), told, "seed {seed}, with slips");
    }
}

/// Matter may go round in a circle of lots: each draw carries what lay there by then, and the circle makes nothing of it.
#[test]
fn a_circle_of_lots_ends() {
    let quantity = json!({"net_mg": 1_000_000_000, "reo_mg": 500_000_000, "basis": "measured"});
    let run = |takes: &str, gives: &str| {
        let input = json!({"lot": format!("{}/{takes}", party(5)), "quantity": quantity});
        let made = json!({"lot": gives, "product": "residue/solution", "quantity": quantity, "composition": null});
        json!({"event": "lot-processed", "site": "SX", "process": "recycling", "model": "mass-balance",
            "inputs": [input], "outputs": [], "discards": [], "retained": [made]})
    };
    let import = json!({"event": "lot-imported", "site": "SX", "lot": "A", "product": "residue/solution",
        "quantity": quantity, "composition": null, "country": "MM", "declaration": "D1", "supplier": "S"});
    let out = |takes: &str, gives: &str| {
        json!({"event": "lot-processed", "site": "SX", "process": "repackaging", "model": "mass-balance",
        "inputs": [{"lot": format!("{}/{takes}", party(5)), "quantity": quantity}],
        "outputs": [{"lot": gives, "product": "compound/oxide/La", "quantity": quantity, "composition": null}],
        "discards": [], "retained": []})
    };
    let scrap = json!({"event": "scrap-collected", "site": "SX", "lot": "B", "product": "residue/solution",
        "quantity": quantity, "composition": null, "source": "post-consumer", "supplier": "S"});
    // A goes into the scrap of B, half of that back to A, and round A: half of each is not separated.
    let told = vec![
        import,
        scrap,
        run("A", "B"),
        run("B", "A"),
        run("A", "A"),
        out("B", "OX"),
        out("A", "OX2"),
    ];
    assert_eq!(consumed(Telling::of(told)), [0, 500_000_000]);
}

/// Two runs that each draw what the other gives make nothing separated of nothing, in whatever order they are entered.
#[test]
fn a_circle_without_a_beginning_is_not_separated() {
    let quantity = json!({"net_mg": 1_000_000_000, "reo_mg": 500_000_000, "basis": "measured"});
    let run = |takes: &str, gives: &str| {
        json!({"event": "lot-processed", "site": "SX", "process": "metal-smelting", "model": "mass-balance",
            "inputs": [{"lot": format!("{}/{takes}", party(5)), "quantity": quantity}],
            "outputs": [{"lot": gives, "product": "compound/oxide/La", "quantity": quantity, "composition": null}],
            "discards": [], "retained": []})
    };
    let told = || Telling::of(vec![run("A", "B"), run("B", "A")]);
    assert_eq!(consumed(told()), [0, 500_000_000]);
    assert_eq!(consumed(told().backwards()), [0, 500_000_000]);
    assert_eq!(consumed(told().at_one_moment()), [0, 500_000_000]);
}
