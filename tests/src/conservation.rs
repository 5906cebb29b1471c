//! Mass is conserved: over random valid histories, for every element, what came in is what is held, under way, used,
//! exported, discarded, lost, left in runs, differs at receipt, or is unaccounted for.
//! Invariant: the model of this file moves goods by itself and never asks the books. Knows no files.

use std::collections::BTreeMap;

use balance::Balance;
use domain::{Composition, Element, LotId, Payload, SiteId};
use flow::{FlowLine, record};
use projection::{Column, Projected, Until, replay};
use proptest::prelude::*;
use serde_json::{Value, json};
use store::{MemoryStore, Store};
use testkit::{at, founding, party};

/// Every lot has whole grams of REO, so that shares in ppm are whole milligrams.
const GRAM: u64 = 1_000_000;
const COMPOSITIONS: [&str; 3] = [
    "La:300000,Ce:500000,Nd:200000",
    "Ce:600000,Nd:400000",
    "Y:600000,Dy:100000,Nd:300000",
];

type ByElement = BTreeMap<Element, i128>;

struct Model {
    store: MemoryStore,
    heads: BTreeMap<u32, (u64, [u8; 32])>,
    /// REO in grams by holder and lot.
    held: BTreeMap<(u32, LotId), u64>,
    under_way: Vec<(domain::EventId, u32, LotId, u64)>,
    compositions: BTreeMap<LotId, Composition>,
    lots: u32,
}

fn quantity(grams: u64) -> Value {
    json!({"net_mg": 2 * grams * GRAM, "reo_mg": grams * GRAM, "basis": "measured"})
}

impl Model {
    fn founded() -> Self {
        let mut model = Self {
            store: MemoryStore::new(),
            heads: BTreeMap::new(),
            held: BTreeMap::new(),
            under_way: Vec::new(),
            compositions: BTreeMap::new(),
            lots: 0,
        };
        model.add(1, founding());
        model
    }

    fn add(&mut self, author: u32, payload: Payload) -> domain::EventId {
        let (seq, prev) = self.heads.get(&author).copied().unwrap_or_default();
        let now = at("2024-01-05");
        let body = domain::Body {
            version: domain::body::VERSION,
            author: party(author),
            seq,
            prev: domain::Bytes32(prev),
            occurred: now,
            signed: now,
            payload,
        };
        let body = wire::encode_body(&body).unwrap();
        let id = wire::event_id(&body);
        self.heads.insert(author, (seq + 1, id.0));
        let entry = wire::encode_entry(&wire::Entry {
            received: now,
            body,
            signatures: vec![(domain::KeyId([1; 8]), domain::Bytes64([0; 64]))],
        });
        let size = self.store.size();
        self.store.append(size, &[&entry.unwrap()], b"").unwrap();
        id
    }

    fn say(&mut self, author: u32, payload: Value) -> domain::EventId {
        self.add(author, serde_json::from_value(payload).unwrap())
    }

    fn new_lot(&mut self, author: u32, composition: Composition) -> LotId {
        self.lots += 1;
        let lot = LotId {
            creator: party(author),
            code: format!("L-{}", self.lots).parse().unwrap(),
        };
        self.compositions.insert(lot, composition);
        lot
    }

    /// A lot comes in.
    fn source(&mut self, kind: u8, author: u32, which: usize, grams: u64) {
        let text = COMPOSITIONS[which % COMPOSITIONS.len()];
        let lot = self.new_lot(author, text.parse().unwrap());
        let line = json!({"site": "HERE", "lot": lot.code, "product": "compound/oxide/mixed",
            "quantity": quantity(grams), "composition": text});
        let mut event = line.clone();
        match kind % 4 {
            0 => {
                event["event"] = json!("lot-mined");
                event["product"] = json!("ore/mixed");
                event["ore"] = json!("mixed");
                event["mined_in"] = json!("2024-01");
            }
            1 => {
                event["event"] = json!("lot-imported");
                event["country"] = json!("MM");
                event["declaration"] = json!("D");
                event["supplier"] = json!("S");
            }
            2 => {
                event["event"] = json!("scrap-collected");
                event["product"] = json!("scrap/NdFeB");
                event["source"] = json!("post-consumer");
                event["supplier"] = json!("S");
            }
            _ => {
                let mut lot = line;
                lot.as_object_mut().unwrap().remove("site");
                event = json!({"event": "opening-stock-declared", "site": "HERE", "lots": [lot]});
            }
        }
        self.say(author, event);
        self.held.insert((author, lot), grams);
    }

    /// One of the lots that anybody holds, and at most so much of it.
    fn choose(&self, pick: usize, grams: u64) -> Option<(u32, LotId, u64)> {
        let held: Vec<_> = self.held.iter().filter(|(_, grams)| **grams > 0).collect();
        let ((holder, lot), has) = *held.get(pick.checked_rem(held.len())?)?;
        Some((*holder, *lot, grams.min(*has)))
    }

    fn take(&mut self, holder: u32, lot: LotId, grams: u64) {
        *self.held.get_mut(&(holder, lot)).unwrap() -= grams;
    }

    fn step(&mut self, (kind, pick, grams): (u8, usize, u64)) {
        if kind < 4 {
            return self.source(kind, 4 + u32::from(kind) % 3, pick, grams);
        }
        if kind == 5 {
            return self.receive(pick, grams);
        }
        let Some((holder, lot, grams)) = self.choose(pick, grams) else {
            return;
        };
        let line = json!([{"lot": lot, "quantity": quantity(grams)}]);
        match kind {
            4 => {
                let to = 4 + (holder - 3) % 3;
                let sent = json!({"event": "shipment-dispatched", "shipment": "S", "site": "HERE", "to": party(to),
                    "title": "sale", "lines": [{"lot": lot, "quantity": quantity(grams), "packages": 1}],
                    "invoices": [], "carrier": "", "sealed": []});
                let id = self.say(holder, sent);
                self.take(holder, lot, grams);
                self.under_way.push((id, to, lot, grams));
            }
            6 => self.run(holder, lot, grams),
            7 => self.count(holder, lot, grams),
            _ => {
                let (event, more) = match kind {
                    8 => ("lot-used", json!({"end_use": "magnets", "sealed": []})),
                    9 => ("lot-discarded", json!({"note": ""})),
                    10 => ("lot-lost", json!({"cause": "theft", "note": ""})),
                    _ => (
                        "lot-exported",
                        json!({"licence": "L", "control_code": "", "hs_code": "2846901900",
                        "declaration": "D", "destination": "JP", "sealed": []}),
                    ),
                };
                let mut event = json!({"event": event, "site": "HERE", "lines": line});
                event
                    .as_object_mut()
                    .unwrap()
                    .extend(more.as_object().unwrap().clone());
                self.say(holder, event);
                self.take(holder, lot, grams);
            }
        }
    }

    /// What arrives may be less than what was sent.
    fn receive(&mut self, pick: usize, grams: u64) {
        let Some(place) = pick.checked_rem(self.under_way.len()) else {
            return;
        };
        let (dispatch, to, lot, sent) = self.under_way.remove(place);
        let received = sent - grams.min(sent) / 2;
        self.say(to, json!({"event": "shipment-received", "dispatch": dispatch, "site": "HERE", "completion": "final",
            "lines": [{"line": 0, "received": quantity(received.max(1)), "outcome": "accepted", "reason": ""}]}));
        *self.held.entry((to, lot)).or_default() += received.max(1);
    }

    /// Half of it comes out, in a lot of the same composition.
    fn run(&mut self, holder: u32, lot: LotId, grams: u64) {
        let composition = self.compositions[&lot];
        let made = self.new_lot(holder, composition);
        let out = grams.div_ceil(2);
        self.say(holder, json!({"event": "lot-processed", "site": "HERE", "process": "separation",
            "model": "mass-balance", "inputs": [{"lot": lot, "quantity": quantity(grams)}],
            "outputs": [{"lot": made.code, "product": "compound/oxide/mixed", "quantity": quantity(out),
                "composition": composition}], "discards": [], "retained": []}));
        self.take(holder, lot, grams);
        self.held.insert((holder, made), out);
    }

    /// Everything is counted as it is but one lot, of which something is missing.
    fn count(&mut self, holder: u32, lot: LotId, grams: u64) {
        *self.held.get_mut(&(holder, lot)).unwrap() -= grams / 2;
        let held = self
            .held
            .iter()
            .filter(|((party, _), grams)| *party == holder && **grams > 0);
        let lots: Vec<_> = held
            .map(|((_, lot), grams)| json!({"lot": lot, "quantity": quantity(*grams)}))
            .collect();
        self.say(holder, json!({"event": "stock-counted", "site": "HERE", "as_of": at("2024-01-05"), "lots": lots}));
    }

    fn by_element(&self, lots: impl Iterator<Item = (LotId, i128)>) -> ByElement {
        let mut sums = ByElement::new();
        for (lot, reo) in lots {
            for (element, share) in self.compositions[&lot].shares() {
                *sums.entry(element).or_default() += reo * i128::from(share) / 1_000_000;
            }
        }
        sums.retain(|_, sum| *sum != 0);
        sums
    }
}

fn histories() -> impl Strategy<Value = Vec<(u8, usize, u64)>> {
    prop::collection::vec((0..12u8, 0..64usize, 1..200u64), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_element_that_came_in_is_somewhere(steps in histories()) {
        let mut model = Model::founded();
        for step in steps {
            model.step(step);
        }
        let mut balance = Projected::<Balance>::new();
        let book = replay(&model.store, Until::End, &mut [&mut balance], &mut |_, _| {}).unwrap();

        // Held, and under way: as the model has it.
        let held = balance.cells.sorted().into_iter().map(|(cell, amount)| (cell.lot, amount.reo));
        let held = model.by_element(held);
        let expected = model.held.iter().map(|((_, lot), grams)| (*lot, i128::from(grams * GRAM)));
        prop_assert_eq!(&held, &model.by_element(expected));
        let open = book.open_dispatches().into_iter().flat_map(|(_, sent)| {
            let lines: Vec<_> = (0u16..).zip(&sent.lines).map(|(line, part)| (part.lot, sent.in_transit(line).reo)).collect();
            lines
        });
        let under_way = model.by_element(open);
        let expected = model.under_way.iter().map(|(_, _, lot, grams)| (*lot, i128::from(grams * GRAM)));
        prop_assert_eq!(&under_way, &model.by_element(expected));

        // In = held + under way + out + left in runs + receipt differences + unaccounted for.
        let lines = record(&model.store, Until::End, |_| true).unwrap();
        let sum = |columns: &[Column]| {
            let wanted = lines.iter().filter(|line: &&FlowLine| columns.contains(&line.column));
            model.by_element(wanted.map(|line| (line.lot, line.amount.reo)))
        };
        let came_in = sum(&[Column::Opening, Column::Mined, Column::Imported, Column::Collected]);
        let gone = sum(&[Column::Used, Column::Exported, Column::Discarded, Column::Lost, Column::Consumed,
            Column::Produced, Column::Dispatched, Column::Received, Column::CountedDifference]);
        for element in Element::ALL {
            let of = |sums: &ByElement| sums.get(element).copied().unwrap_or_default();
            prop_assert_eq!(of(&came_in) + of(&gone), of(&held), "{}", element);
        }

        // The material balance of each site tells the same missing matter as the counts of the flow record.
        for number in [4, 5, 6] {
            let site = SiteId { party: party(number), code: "HERE".parse().unwrap() };
            let periods = balance::material(&model.store, Until::End, &site).unwrap();
            let cumulative = periods.iter().map(|period| period.cumulative).next_back().unwrap_or(0);
            let counted = lines.iter().filter(|line| line.party == site.party && line.column == Column::CountedDifference);
            prop_assert_eq!(cumulative, -counted.map(|line| line.amount.reo).sum::<i128>());
        }
    }
}
