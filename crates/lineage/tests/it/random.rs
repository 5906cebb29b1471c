//! Random genealogies against a plain recursive calculation that shares no code with the crate.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Composition, Element, LotId};
use lineage::Weight;
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::at;

use crate::history::{History, lot, masses, named};

const CODES: [&str; 5] = ["A", "B", "C", "D", "E"];
const COMPOSITIONS: [Option<&str>; 4] = [
    None,
    Some("La:1000000"),
    Some("La:400000,Nd:600000"),
    Some("Ce:900000,Nd:100000"),
];

/// Net, REO, place of the composition.
type Matter = (u64, u64, usize);

#[derive(Debug, Clone)]
enum Act {
    Opening(usize, Matter),
    Import(usize, Matter),
    Run(BTreeMap<usize, (u64, u64)>, BTreeMap<usize, Matter>),
}

#[derive(Debug, Clone)]
struct Dated {
    hour: u32,
    act: Act,
}

fn masses_of() -> impl Strategy<Value = (u64, u64)> {
    (1..40_u64, 0..4_u64).prop_map(|(net, part)| (net * 3, net * part))
}

fn matter() -> impl Strategy<Value = Matter> {
    (masses_of(), 0..COMPOSITIONS.len()).prop_map(|((net, reo), place)| (net, reo, place))
}

fn acts() -> impl Strategy<Value = Vec<Dated>> {
    let code = || 0..CODES.len();
    let act = prop_oneof![
        1 => (code(), matter()).prop_map(|(lot, matter)| Act::Opening(lot, matter)),
        1 => (code(), matter()).prop_map(|(lot, matter)| Act::Import(lot, matter)),
        4 => (btree_map(code(), masses_of(), 1..4), btree_map(code(), matter(), 1..3))
            .prop_map(|(inputs, outputs)| Act::Run(inputs, outputs)),
    ];
    vec(
        (1..8_u32, act).prop_map(|(hour, act)| Dated { hour, act }),
        1..11,
    )
}

fn payload(act: &Act) -> Value {
    let made = |lot: usize, (net, reo, composition): Matter| {
        json!({"lot": CODES[lot], "product": "compound/carbonate/mixed", "quantity": masses(net, reo),
            "composition": COMPOSITIONS[composition]})
    };
    match act {
        Act::Opening(lot, matter) => {
            json!({"event": "opening-stock-declared", "site": "YARD", "lots": [made(*lot, *matter)]})
        }
        Act::Import(lot, matter) => {
            let mut payload = made(*lot, *matter);
            let fields = json!({"event": "lot-imported", "site": "YARD", "country": "MM",
                "declaration": "D1", "supplier": "S"});
            let all = payload.as_object_mut().unwrap();
            all.extend(fields.as_object().unwrap().clone());
            payload
        }
        Act::Run(inputs, outputs) => {
            let line = |(lot, (net, reo)): (&usize, &(u64, u64))| json!({"lot": id(*lot).to_string(), "quantity": masses(*net, *reo)});
            let inputs: Vec<_> = inputs.iter().map(line).collect();
            let outputs: Vec<_> = outputs
                .iter()
                .map(|(lot, matter)| made(*lot, *matter))
                .collect();
            json!({"event": "lot-processed", "site": "PLANT", "process": "blending",
                "model": "mass-balance", "inputs": inputs, "outputs": outputs, "discards": [],
                "retained": []})
        }
    }
}

fn id(lot: usize) -> LotId {
    self::lot(4, CODES[lot])
}

/// Mixes of named parts; the names are whatever is asked for.
type Mix = BTreeMap<String, BigRational>;

/// The definition, word for word: no memory, no order, only recursion.
struct Plain<'a> {
    acts: &'a [Dated],
    element: Option<Element>,
    /// Lots that count as a part of their own instead of what they came from.
    whole: &'a BTreeSet<usize>,
}

impl Plain<'_> {
    /// Acts that brought the lot forth before a time: their number, and what they brought.
    fn brought(&self, lot: usize, before: (u32, usize)) -> Vec<(usize, Matter)> {
        let mut found = Vec::new();
        for (number, dated) in self.acts.iter().enumerate() {
            let matter = match &dated.act {
                Act::Opening(made, matter) | Act::Import(made, matter) if *made == lot => *matter,
                Act::Run(_, outputs) if outputs.contains_key(&lot) => outputs[&lot],
                _ => continue,
            };
            if (dated.hour, number) < before {
                found.push((number, matter));
            }
        }
        found.sort_by_key(|(number, _)| (self.acts[*number].hour, *number));
        found
    }

    fn mix(&self, lot: usize, before: (u32, usize)) -> Mix {
        if self.whole.contains(&lot) {
            return Mix::from([("whole".to_owned(), share(1, 1))]);
        }
        let brought = self.brought(lot, before);
        if brought.is_empty() {
            return Mix::from([(format!("{} unrecorded", CODES[lot]), share(1, 1))]);
        }
        let weigh = |scale: fn(&Matter) -> u64| brought.iter().map(|(_, m)| scale(m)).collect();
        let weights: Vec<u64> = first_with_weight([weigh(|m| m.1), weigh(|m| m.0)]);
        let mixes = brought
            .iter()
            .map(|(number, _)| match &self.acts[*number].act {
                Act::Opening(..) => {
                    Mix::from([(format!("{} opening stock", CODES[lot]), share(1, 1))])
                }
                Act::Import(..) => {
                    Mix::from([(format!("{} imported MM", CODES[lot]), share(1, 1))])
                }
                Act::Run(inputs, _) => self.feed(*number, inputs),
            });
        blend(mixes.zip(weights))
    }

    fn feed(&self, number: usize, inputs: &BTreeMap<usize, (u64, u64)>) -> Mix {
        let when = (self.acts[number].hour, number);
        let element = self.element.and_then(|element| {
            let drawn = inputs.iter().map(|(lot, (_, reo))| {
                let brought = self.brought(*lot, when);
                let stated = brought
                    .iter()
                    .find_map(|(_, matter)| COMPOSITIONS[matter.2])?;
                let stated: Composition = stated.parse().unwrap();
                Some(reo * u64::from(stated.share(element)))
            });
            drawn.collect::<Option<Vec<u64>>>()
        });
        let by_reo = inputs.values().map(|(_, reo)| *reo).collect();
        let by_net = inputs.values().map(|(net, _)| *net).collect();
        let weights = first_with_weight([element.unwrap_or_default(), by_reo, by_net]);
        blend(inputs.keys().map(|lot| self.mix(*lot, when)).zip(weights))
    }
}

fn share(part: u64, whole: u64) -> BigRational {
    BigRational::new(BigInt::from(part), BigInt::from(whole))
}

fn first_with_weight<const N: usize>(scales: [Vec<u64>; N]) -> Vec<u64> {
    let found = scales
        .into_iter()
        .find(|weights| weights.iter().sum::<u64>() > 0);
    found.unwrap()
}

fn blend(parts: impl Iterator<Item = (Mix, u64)>) -> Mix {
    let parts: Vec<_> = parts.collect();
    let whole = parts.iter().map(|(_, weight)| weight).sum();
    let mut sum = Mix::new();
    for (mix, weight) in parts.into_iter().filter(|(_, weight)| *weight > 0) {
        for (name, part) in mix {
            *sum.entry(name).or_insert_with(|| share(0, 1)) += part * share(weight, whole);
        }
    }
    sum.retain(|_, part| *part > share(0, 1));
    sum
}

const END: (u32, usize) = (u32::MAX, 0);

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn shares_and_taints_are_those_of_the_definition(
        acts in acts(),
        sealed in btree_set(0..CODES.len(), 1..3),
    ) {
        let mut history = History::founded();
        for dated in &acts {
            let occurred = at("2024-01-05").plus_ms(i64::from(dated.hour) * 3_600_000);
            history.say_at(4, occurred, payload(&dated.act));
        }
        let seals: Vec<_> = sealed.iter().map(|lot| id(*lot)).collect();
        history.say(1, "2024-02-01", named("lot-sealed", &seals));
        let folded = history.fold();
        for (lot, element) in (0..CODES.len()).flat_map(|lot| [None, Some(Element::Nd)].map(|e| (lot, e))) {
            let weight = element.map_or(Weight::Reo, Weight::Element);
            let sources = folded.lineage().sources(&folded.book, &id(lot), weight);
            let found: Mix = sources.iter().map(|s| (format!("{} {}", s.lot.code, s.class), s.share.clone())).collect();
            prop_assert_eq!(found.len(), sources.len());
            let plain = Plain { acts: &acts, element, whole: &BTreeSet::new() };
            if plain.brought(lot, END).is_empty() {
                prop_assert!(found.is_empty());
                continue;
            }
            prop_assert_eq!(found.values().sum::<BigRational>(), share(1, 1));
            prop_assert_eq!(found, plain.mix(lot, END));
        }
        let mut expected = Vec::new();
        for from in &sealed {
            let plain = Plain { acts: &acts, element: None, whole: &BTreeSet::from([*from]) };
            for lot in (0..CODES.len()).filter(|lot| lot != from) {
                if plain.brought(lot, END).is_empty() {
                    continue;
                }
                if let Some(part) = plain.mix(lot, END).remove("whole") {
                    expected.push((id(*from), id(lot), part));
                }
            }
        }
        let taints = folded.lineage().taints(&folded.book);
        let found: Vec<_> = taints.into_iter().map(|taint| (taint.sealed, taint.lot, taint.share)).collect();
        prop_assert_eq!(found, expected);
        // All seals together, in the feed of each run: found if and only if it is a thousandth or more.
        let plain = Plain { acts: &acts, element: None, whole: &sealed };
        let feeds = acts.iter().enumerate().filter_map(|(number, dated)| match &dated.act {
            Act::Run(inputs, _) => plain.feed(number, inputs).remove("whole"),
            _ => None,
        });
        let found = folded.findings().len();
        prop_assert_eq!(found, feeds.filter(|part| *part >= share(1, 1_000)).count());
    }
}
