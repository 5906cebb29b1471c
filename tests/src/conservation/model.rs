//! The model of goods that the books are compared with.
//!
//! Invariant: puts what stands in the order in which it happened, moves the goods by itself and never asks the books.

use std::collections::BTreeMap;

use domain::{Composition, Element, EventId, LotId, Moment, Payload};
use serde_json::{Value, json};
use store::{Entries, MemoryStore, Store};
use testkit::{Unsigned, at, founding, party};

use super::acts::{
    COMPOSITIONS, Effect, Make, count, day, dispatch, draw, quantity, run, signed, source,
};

pub(super) type ByElement = BTreeMap<Element, i128>;
type Held = BTreeMap<(u32, LotId), i64>;

pub(super) struct Act {
    id: EventId,
    body: Vec<u8>,
    author: u32,
    occurred: Moment,
    position: u64,
    grams: u64,
    effect: Effect,
    pub(super) stands: bool,
    /// The same with another quantity; nothing for what can only be taken back.
    again: Option<Make>,
}

impl Act {
    /// When it happened; of one time, what was entered first.
    fn time(&self) -> (Moment, u64) {
        match &self.effect {
            Effect::Count(as_of, ..) => (*as_of, self.position),
            Effect::Moves(_) => (self.occurred, self.position),
        }
    }
}

/// A dispatch and what settled it, by the numbers of their acts.
pub(super) struct Shipment {
    dispatch: usize,
    from: u32,
    to: u32,
    pub(super) lot: LotId,
    /// With what came back, and whether nothing more will come.
    settled: Vec<(usize, u64, bool)>,
}

#[derive(Default)]
pub(super) struct Model {
    pub(super) store: MemoryStore,
    authors: Unsigned,
    pub(super) acts: Vec<Act>,
    pub(super) shipments: Vec<Shipment>,
    compositions: BTreeMap<LotId, Composition>,
    /// Lots that were drawn of and that no event brought forth yet.
    unknown: Vec<(u32, LotId)>,
}

/// What happens in a step, to which of the things at hand, how much, and on which day.
pub(super) type Step = (u8, usize, u64, i64);

impl Model {
    pub(super) fn founded() -> Self {
        let mut model = Self::default();
        model.add(1, day(0), founding());
        model
    }

    fn add(&mut self, author: u32, occurred: Moment, payload: Payload) -> (EventId, Vec<u8>) {
        let received = at("2024-03-01");
        let (id, body, entry) = self.authors.entry(author, occurred, received, payload);
        let size = self.store.size();
        self.store.append(size, &[&entry], b"").unwrap();
        (id, body)
    }

    /// Says what `make` makes of so many grams; its number.
    fn act(&mut self, author: u32, occurred: Moment, grams: u64, make: Make) -> usize {
        let (payload, effect) = make(grams);
        let position = self.store.size();
        let payload = serde_json::from_value(payload).unwrap();
        let (id, body) = self.add(author, occurred, payload);
        self.acts.push(Act {
            id,
            body,
            author,
            occurred,
            position,
            grams,
            effect,
            stands: true,
            again: Some(make),
        });
        self.acts.len() - 1
    }

    /// Takes an act back, or puts it right with another quantity.
    pub(super) fn correct(&mut self, number: usize, grams: Option<u64>) {
        let act = &mut self.acts[number];
        let made = grams.and_then(|grams| Some((grams, act.again.as_ref()?(grams))));
        act.stands = made.is_some();
        let (mut replacement, mut cause) = (Value::Null, "did-not-occur");
        if let Some((grams, (payload, effect))) = made {
            (replacement, cause) = (payload, "incorrect-data");
            (act.grams, act.effect) = (grams, effect);
        }
        let payload = json!({"event": "event-corrected", "corrected": domain::id::to_hex(&act.body), "cause": cause,
            "reason": "slip of the pen", "replacement": replacement});
        let author = act.author;
        self.add(author, day(40), serde_json::from_value(payload).unwrap());
    }

    /// What stands up to a time, in the order in which it happened.
    fn held_at(&self, time: (Moment, u64)) -> Held {
        let mut standing: Vec<_> = self.acts.iter().filter(|act| act.stands).collect();
        standing.retain(|act| act.time() <= time);
        standing.sort_by_key(|act| act.time());
        let mut held = Held::new();
        for act in standing {
            match &act.effect {
                Effect::Moves(moves) => {
                    for (holder, lot, grams) in moves {
                        *held.entry((*holder, *lot)).or_default() += grams;
                    }
                }
                Effect::Count(_, holder, lots) => {
                    held.retain(|(of, _), _| of != holder);
                    held.extend(lots.iter().map(|(lot, grams)| ((*holder, *lot), *grams)));
                }
            }
        }
        held
    }

    pub(super) fn held(&self) -> Held {
        self.held_at((day(400), 0))
    }

    pub(super) fn under_way(&self, shipment: &Shipment) -> u64 {
        let dispatch = &self.acts[shipment.dispatch];
        let settled = shipment
            .settled
            .iter()
            .filter(|(act, ..)| self.acts[*act].stands);
        let (mut left, mut open) = (dispatch.grams, dispatch.stands);
        for (act, returned, is_final) in settled {
            left = left.saturating_sub(self.acts[*act].grams + returned);
            open &= !is_final;
        }
        if open { left } else { 0 }
    }

    fn new_lot(&mut self, author: u32, composition: Composition) -> LotId {
        let lot = LotId {
            creator: party(author),
            code: format!("L-{}", self.compositions.len()).parse().unwrap(),
        };
        self.compositions.insert(lot, composition);
        lot
    }

    fn any_lot(&mut self, author: u32, which: usize) -> LotId {
        let text = COMPOSITIONS[which % COMPOSITIONS.len()];
        self.new_lot(author, text.parse().unwrap())
    }

    /// A lot comes in: a new one, or one that was drawn of already.
    fn source(&mut self, (kind, pick, grams, date): Step) {
        let author = 4 + u32::from(kind) % 3;
        let (author, lot) = match self.unknown.pop() {
            Some(known) if pick % 2 == 0 => known,
            _ => (author, self.any_lot(author, pick)),
        };
        let make = source(author, lot, kind, self.compositions[&lot]);
        self.act(author, day(date), grams, make);
    }

    /// One of the lots that anybody holds, and at most so much of it.
    fn choose(&self, pick: usize, grams: u64) -> Option<(u32, LotId, u64)> {
        let held: Vec<_> = self
            .held()
            .into_iter()
            .filter(|(_, grams)| *grams > 0)
            .collect();
        let ((holder, lot), has) = *held.get(pick.checked_rem(held.len())?)?;
        Some((holder, lot, grams.min(has.unsigned_abs())))
    }

    pub(super) fn step(&mut self, step: Step) {
        let (kind, pick, grams, date) = step;
        match kind {
            0..=3 => return self.source(step),
            5 | 12 => return self.settle(step),
            13 | 14 => return self.change(step),
            15 => {
                let author = 4 + (pick % 3) as u32;
                let lot = self.any_lot(author, pick);
                self.unknown.push((author, lot));
                self.act(author, day(date), grams, draw(author, lot, 10));
                return;
            }
            _ => {}
        }
        let Some((holder, lot, grams)) = self.choose(pick, grams) else {
            return;
        };
        match kind {
            4 => self.dispatch(holder, lot, grams, date),
            6 => self.run(holder, lot, grams, date),
            7 => self.count(holder, lot, grams, date),
            _ => _ = self.act(holder, day(date), grams, draw(holder, lot, kind)),
        }
    }

    fn dispatch(&mut self, from: u32, lot: LotId, grams: u64, date: i64) {
        let to = 4 + (from - 3) % 3;
        let dispatch = self.act(from, day(date), grams, dispatch(from, to, lot));
        let settled = Vec::new();
        self.shipments.push(Shipment {
            dispatch,
            from,
            to,
            lot,
            settled,
        });
    }

    /// Some of it arrives, or the rest is rejected, or the shipper takes the rest back.
    fn settle(&mut self, (kind, pick, grams, date): Step) {
        let open = |shipment: &&Shipment| self.under_way(shipment) > 0;
        let open: Vec<&Shipment> = self.shipments.iter().filter(open).collect();
        let Some(shipment) = pick.checked_rem(open.len()).map(|place| open[place]) else {
            return;
        };
        let (from, to, lot) = (shipment.from, shipment.to, shipment.lot);
        let (dispatch, rest) = (shipment.dispatch, self.under_way(shipment));
        let id = self.acts[dispatch].id;
        let is_final = kind == 12 || grams % 2 == 0;
        let completion = if is_final { "final" } else { "partial" };
        let back = move |_| Effect::Moves(vec![(from, lot, signed(rest))]);
        let line = |line: Value| {
            json!({"event": "shipment-received", "dispatch": id, "site": "HERE",
            "completion": completion, "lines": [line]})
        };
        let rejected =
            line(json!({"line": 0, "received": null, "outcome": "rejected", "reason": ""}));
        let (author, make): (u32, Make) = match kind {
            12 => (
                from,
                Box::new(move |grams| {
                    (
                        json!({"event": "shipment-withdrawn", "dispatch": id, "reason": "road"}),
                        back(grams),
                    )
                }),
            ),
            _ if pick % 4 == 0 => (to, Box::new(move |grams| (rejected.clone(), back(grams)))),
            _ => (
                to,
                Box::new(move |grams| {
                    let received = json!({"line": 0, "received": quantity(grams), "outcome": "accepted", "reason": ""});
                    let mut receipt = rejected.clone();
                    receipt["lines"] = json!([received]);
                    (receipt, Effect::Moves(vec![(to, lot, signed(grams))]))
                }),
            ),
        };
        let comes_back = kind == 12 || pick % 4 == 0;
        let (grams, returned) = if comes_back {
            (0, rest)
        } else {
            (grams.min(rest), 0)
        };
        let act = self.act(author, day(date), grams, make);
        if comes_back {
            // How much comes back depends on what is under way by then.
            self.acts[act].again = None;
        }
        let of_dispatch = self
            .shipments
            .iter_mut()
            .find(|shipment| shipment.dispatch == dispatch);
        of_dispatch.unwrap().settled.push((act, returned, is_final));
    }

    /// Half of it comes out, in a lot of the same composition.
    fn run(&mut self, holder: u32, lot: LotId, grams: u64, date: i64) {
        let composition = self.compositions[&lot];
        let made = self.new_lot(holder, composition);
        self.act(
            holder,
            day(date),
            grams,
            run(holder, (lot, made), composition),
        );
    }

    /// Everything is counted as it is but one lot, of which something is missing; the count is of the day or before it.
    fn count(&mut self, holder: u32, lot: LotId, grams: u64, date: i64) {
        let held = self.held_at((day(date), u64::MAX)).into_iter();
        let of_holder = held.filter(|((of, _), grams)| *of == holder && *grams > 0);
        let there: BTreeMap<LotId, i64> = of_holder.map(|((_, lot), grams)| (lot, grams)).collect();
        let inventory = (date, self.acts.len());
        self.act(
            holder,
            day(date),
            grams,
            count(holder, there, lot, inventory),
        );
    }

    /// An earlier act is taken back, or put right; one that was taken back may stand again.
    fn change(&mut self, (kind, pick, grams, _): Step) {
        let Some(number) = pick.checked_rem(self.acts.len()) else {
            return;
        };
        let of_dispatch = self
            .shipments
            .iter()
            .find(|shipment| shipment.dispatch == number);
        let settles = |shipment: &Shipment| shipment.settled.iter().any(|(act, ..)| *act == number);
        let settles = self.shipments.iter().any(settles);
        // What two have signed is not one side's to change; how such words are held has tests of its own.
        let is_settled = of_dispatch.is_some_and(|shipment| !shipment.settled.is_empty());
        let (act, is_shipment) = (&self.acts[number], settles || of_dispatch.is_some());
        if settles || is_settled || (is_shipment && !act.stands) {
            return;
        }
        let grams = (kind == 14 && act.again.is_some()).then_some(grams);
        self.correct(number, grams);
    }

    pub(super) fn by_element(&self, lots: impl Iterator<Item = (LotId, i128)>) -> ByElement {
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
