//! Shipments: dispatch, arrival whole or in part, weighing differences, rejections and returns.
//!
//! Invariant: what a dispatch takes from one book is on the road until a receipt puts it into another. Receipts differ
//! within the tolerance of the customary rules, except where planted.

use domain::payload::{
    Completion, Destination, DocumentAttached, Invoice, Outcome, ReceiptLine, SealedFields,
    ShipmentDispatched, Title,
};
use domain::{Basis, Bytes32, Code, EventId, LotId, Note, Payload};

use super::goods::{Lot, ppm, quantity};
use super::{Planner, parsed, party_of, site, term};
use crate::plan::PlannedFact;

/// Goods on the road.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) dispatch: usize,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Place of the first line in the dispatch.
    first: u16,
    lines: Vec<(LotId, Lot)>,
    manner: Manner,
}

/// How a delivery will be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// With the chances of ordinary trade.
    Usual,
    /// As dispatched.
    Exact,
    /// Short by this share of the dispatched mass, in ppm.
    Short(u64),
}

/// A sale as a plan wants it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) days: u64,
    pub(crate) title: Title,
    pub(crate) invoice: Option<Code>,
    pub(crate) manner: Manner,
}

impl Terms {
    /// A sale received as dispatched after this many days.
    pub(crate) fn exact(days: u64) -> Self {
        Self {
            days,
            title: Title::Sale,
            invoice: None,
            manner: Manner::Exact,
        }
    }
}

impl Planner {
    /// The next invoice number of a firm; no other firm has it.
    pub(crate) fn invoice(&self, firm: usize) -> Code {
        parsed(&format!("24{:03}{:07}", firm, self.shipments[firm]))
    }

    /// Sells whole lots, to arrive within a few days.
    pub(crate) fn sell(&mut self, from: usize, to: usize, lots: &[LotId]) {
        let days = self.dice.between(1, 6);
        let goods = self.draw_all(from, lots);
        let terms = Terms {
            manner: Manner::Usual,
            ..Terms::exact(days)
        };
        self.dispatch(from, to, goods, terms);
    }

    /// Sends goods that were drawn from the shipper's book.
    pub(crate) fn dispatch(
        &mut self,
        from: usize,
        to: usize,
        goods: Vec<(LotId, Lot)>,
        terms: Terms,
    ) -> usize {
        self.shipments[from] += 1;
        let invoice = terms.invoice.unwrap_or_else(|| self.invoice(from));
        let invoices = match terms.title {
            Title::Sale => vec![Invoice {
                code: None,
                number: invoice,
                date: self.day,
                goods_mg: quantity(
                    goods.iter().map(|(_, lot)| lot.net).sum(),
                    0,
                    Basis::Weighed,
                )
                .net,
                cancels: None,
            }],
            _ => Vec::new(),
        };
        let lines: Vec<_> = goods.iter().map(|(id, lot)| lot.dispatched(*id)).collect();
        let carrier = ["北线物流", "长河货运", "铁路专线"][self.dice.below(3) as usize];
        let payload = Payload::ShipmentDispatched(ShipmentDispatched {
            shipment: parsed(&format!("D24-{:05}", self.shipments[from])),
            site: site(),
            to: Destination::Party(self.plan.parties[party_of(to)].id),
            title: terms.title,
            lines: lines.try_into().expect("a shipment has few lines"),
            invoices: invoices.try_into().expect("one invoice at most"),
            carrier: parsed::<Note>(carrier),
            sealed: SealedFields::default(),
        });
        let dispatch = self.state(from, payload);
        if self.dice.chance(200) {
            self.attach(from, dispatch);
        }
        self.transit[to] += super::goods::reo_of(&goods);
        let delivery = Delivery {
            dispatch,
            from,
            to,
            first: 0,
            lines: goods,
            manner: terms.manner,
        };
        self.schedule(delivery, terms.days);
        dispatch
    }

    fn schedule(&mut self, delivery: Delivery, days: u64) {
        let day = (0..days).fold(self.day, |day, _| day.next());
        self.due.entry(day).or_default().push(delivery);
    }

    /// Takes a delivery off the road: the shipper has withdrawn it.
    pub(crate) fn recall(&mut self, dispatch: usize) {
        let mut back = Vec::new();
        for deliveries in self.due.values_mut() {
            back.extend(deliveries.extract_if(.., |delivery| delivery.dispatch == dispatch));
        }
        for delivery in back {
            self.transit[delivery.to] -= super::goods::reo_of(&delivery.lines);
            for (id, lot) in delivery.lines {
                self.put(delivery.from, id, lot);
            }
        }
    }

    /// Everything that arrives today.
    pub(crate) fn arrivals(&mut self) {
        for mut delivery in self.due.remove(&self.day).unwrap_or_default() {
            let usual = delivery.manner == Manner::Usual;
            let split = usual && delivery.lines.len() > 1 && self.dice.chance(60);
            if split {
                let rest = delivery.lines.split_off(1);
                let late = Delivery {
                    first: delivery.first + 1,
                    lines: rest,
                    ..delivery.clone()
                };
                self.schedule(late, 2);
            }
            let completion = if split {
                Completion::Partial
            } else {
                Completion::Final
            };
            self.receive(&delivery, completion);
        }
    }

    fn receive(&mut self, delivery: &Delivery, completion: Completion) {
        let (from, to) = (delivery.from, delivery.to);
        let mut lines = Vec::with_capacity(delivery.lines.len());
        let mut returned = None;
        for (offset, (id, lot)) in delivery.lines.iter().enumerate() {
            let line = delivery.first + offset as u16;
            self.transit[to] -= lot.reo;
            if delivery.manner == Manner::Usual && self.dice.chance(4) {
                self.put(from, *id, *lot);
                self.reserved.insert(*id);
                lines.push(ReceiptLine {
                    line,
                    received: None,
                    outcome: Outcome::Rejected,
                    reason: parsed("packages wet"),
                    owner: None,
                });
                continue;
            }
            let got = self.weighed(lot, delivery.manner);
            if delivery.manner == Manner::Usual && self.dice.chance(3) {
                returned = Some(*id);
            }
            let same = got.net == lot.net;
            lines.push(ReceiptLine {
                line,
                received: Some(quantity(got.net, got.reo, Basis::Weighed)),
                outcome: if same {
                    Outcome::Accepted
                } else {
                    Outcome::Adjusted
                },
                reason: parsed(if same { "" } else { "weighbridge" }),
                owner: None,
            });
            self.put(to, *id, got);
        }
        let act = PlannedFact::Receive {
            dispatch: delivery.dispatch,
            site: site(),
            lines: lines.try_into().expect("as many lines as were sent"),
            completion,
        };
        let step = self.push(party_of(to), act);
        if matches!(delivery.manner, Manner::Short(_)) {
            self.plant(
                "T01",
                to,
                step,
                "a separator received 3 % less than was dispatched",
            );
        }
        if let Some(id) = returned {
            let goods = self.draw_all(to, &[id]);
            let terms = Terms {
                title: Title::Return,
                ..Terms::exact(2)
            };
            self.dispatch(to, from, goods, terms);
        }
    }

    /// What the receiver's scale says.
    fn weighed(&mut self, lot: &Lot, manner: Manner) -> Lot {
        let keep = match manner {
            Manner::Exact => 1_000_000,
            Manner::Short(share) => 1_000_000 - share,
            Manner::Usual if self.dice.chance(250) => self.dice.between(997_000, 1_002_000),
            Manner::Usual => 1_000_000,
        };
        Lot {
            net: ppm(lot.net, keep),
            reo: ppm(lot.reo, keep),
            ..*lot
        }
    }

    /// A weighbridge note or certificate that belongs to a step.
    pub(crate) fn attach(&mut self, firm: usize, about: usize) {
        let digest = Bytes32(self.dice.bytes());
        let document = DocumentAttached {
            about: EventId([0; 32]),
            media_type: term("application/pdf"),
            digest,
            file_name: term(&format!("note-{about}.pdf")),
            bytes: self.dice.between(40_000, 400_000),
        };
        let document = Box::new(document);
        self.push(party_of(firm), PlannedFact::Attach { about, document });
    }
}
