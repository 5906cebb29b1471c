//! A second book, kept from the plan's steps alone, to check the planner's own.
//!
//! Invariant: shares no code with the planner. Knows only what an outsider reads in the log.

use std::collections::{BTreeMap, BTreeSet};

use domain::payload::{Holder, LotLine, LotProcessed, NewLot, Process, ShipmentDispatched};
use domain::{Code, LotId, PartyId, Payload, Track};

use crate::plan::{Plan, PlannedFact};

#[derive(Default)]
struct Book {
    /// Net and REO by holder and lot.
    held: BTreeMap<(PartyId, LotId), (i128, i128)>,
    short: bool,
}

impl Book {
    fn put(&mut self, party: PartyId, lot: LotId, quantity: &domain::Quantity, sign: i128) {
        let held = self.held.entry((party, lot)).or_default();
        held.0 += sign * i128::from(quantity.net.mg());
        held.1 += sign * i128::from(quantity.reo.mg());
        self.short |= held.0 < 0 || held.1 < 0;
    }

    fn born(&mut self, party: PartyId, lot: Code, quantity: &domain::Quantity, sign: i128) {
        let id = LotId {
            creator: party,
            code: lot,
        };
        self.put(party, id, quantity, sign);
    }

    fn lines(&mut self, party: PartyId, lines: &[LotLine]) {
        for line in lines {
            self.put(party, line.lot, &line.quantity, -1);
        }
    }

    fn news(&mut self, party: PartyId, news: &[NewLot]) {
        for new in news {
            self.born(party, new.lot, &new.quantity, 1);
        }
    }

    fn apply(&mut self, party: PartyId, payload: &Payload, sign: i128) {
        match payload {
            Payload::LotMined(e) => self.born(party, e.lot, &e.quantity, sign),
            Payload::LotImported(e) => self.born(party, e.lot, &e.quantity, sign),
            Payload::ScrapCollected(e) => self.born(party, e.lot, &e.quantity, sign),
            Payload::LotProcessed(e) => {
                self.lines(party, &e.inputs);
                self.news(party, &e.outputs);
                self.news(party, &e.retained);
            }
            Payload::ShipmentDispatched(e) => self.sent(party, e, -1),
            Payload::LotExported(e) => self.lines(party, &e.lines),
            Payload::LotUsed(e) => self.lines(party, &e.lines),
            Payload::LotDiscarded(e) => self.lines(party, &e.lines),
            Payload::StockCounted(e) => {
                self.held.retain(|(holder, _), _| *holder != party);
                for line in e.lots.iter() {
                    self.put(party, line.lot, &line.quantity, 1);
                }
            }
            _ => {}
        }
    }

    fn sent(&mut self, party: PartyId, dispatch: &ShipmentDispatched, sign: i128) {
        for line in dispatch.lines.iter() {
            self.put(party, line.lot, &line.quantity, sign);
        }
    }
}

fn dispatched(plan: &Plan, step: usize) -> &ShipmentDispatched {
    match &plan.steps[step].act {
        PlannedFact::State(payload) => match &**payload {
            Payload::ShipmentDispatched(dispatch) => dispatch,
            other => panic!("step {step} is {}", other.name()),
        },
        other => panic!("step {step} is {other:?}"),
    }
}

/// Positions of the steps that draw more than is held.
pub(super) fn overdrawn(plan: &Plan) -> Vec<usize> {
    let mut book = Book::default();
    let mut found = Vec::new();
    for (position, step) in plan.steps.iter().enumerate() {
        let party = plan.parties[step.author].id;
        book.short = false;
        match &step.act {
            PlannedFact::State(payload) => book.apply(party, payload, 1),
            PlannedFact::Receive {
                dispatch, lines, ..
            } => {
                let sent = dispatched(plan, *dispatch);
                assert_eq!(sent.to.receiver(), Some(party));
                for line in lines.iter() {
                    let from = &sent.lines[usize::from(line.line)];
                    let shipper = plan.parties[plan.steps[*dispatch].author].id;
                    match &line.received {
                        Some(received) => book.put(party, from.lot, received, 1),
                        None => book.put(shipper, from.lot, &from.quantity, 1),
                    }
                }
            }
            PlannedFact::Withdraw { dispatch, .. } => {
                book.sent(party, dispatched(plan, *dispatch), 1)
            }
            PlannedFact::Correct {
                step, replacement, ..
            } => {
                let PlannedFact::State(wrong) = &plan.steps[*step].act else {
                    panic!("only stated facts are corrected");
                };
                book.apply(party, wrong, -1);
                if let Some(right) = replacement {
                    book.apply(party, right.payload(), 1);
                }
            }
            _ => {}
        }
        if book.short {
            found.push(position);
        }
    }
    found
}

/// Positions of the steps after which an enterprise has used more quota of a track than it holds.
pub(super) fn over_quota(plan: &Plan) -> BTreeSet<usize> {
    let mut left = BTreeMap::<(PartyId, Track), i128>::new();
    let mut ore = BTreeSet::<LotId>::new();
    let mut found = BTreeSet::new();
    for (position, step) in plan.steps.iter().enumerate() {
        let party = plan.parties[step.author].id;
        let id = |code| LotId {
            creator: party,
            code,
        };
        let (holder, track, change) = match &step.act {
            PlannedFact::Deduct {
                party,
                track,
                amount,
                ..
            } => (*party, *track, -i128::from(amount.mg())),
            PlannedFact::State(payload) => match &**payload {
                Payload::QuotaAllocated(given) => match given.holder {
                    Holder::Party(holder) => (holder, given.track, given.amount_mg.mg().into()),
                    Holder::Group(_) => continue,
                },
                Payload::LotImported(imported) => {
                    ore.insert(id(imported.lot));
                    continue;
                }
                Payload::LotMined(mined) => {
                    ore.insert(id(mined.lot));
                    let reo = i128::from(mined.quantity.reo.mg());
                    (party, mined.ore.track(), -reo)
                }
                Payload::LotProcessed(run) => (party, Track::Separation, -separated(run, &ore)),
                _ => continue,
            },
            _ => continue,
        };
        let balance = left.entry((holder, track)).or_default();
        *balance += change;
        if *balance < 0 {
            found.insert(position);
        }
    }
    found
}

/// REO of a separation's outputs in proportion to its ore inputs; the demo's runs take ore alone or none.
fn separated(run: &LotProcessed, ore: &BTreeSet<LotId>) -> i128 {
    if run.process != Process::Separation {
        return 0;
    }
    let of_ore = run
        .inputs
        .iter()
        .filter(|line| ore.contains(&line.lot))
        .count();
    assert!(of_ore == 0 || of_ore == run.inputs.len());
    let outputs = run
        .outputs
        .iter()
        .map(|new| i128::from(new.quantity.reo.mg()));
    if of_ore == 0 { 0 } else { outputs.sum() }
}
