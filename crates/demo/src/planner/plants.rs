//! The planted offences, each on its day.
//!
//! Invariant: a plant breaks one rule. Its firm otherwise behaves, and its goods do not spoil anyone else's book.

use domain::payload::{
    Completion, Instrument, LotsNamed, Outcome, Process, ReceiptLine, ShipmentReceived, Standing,
};
use domain::{Basis, Bytes32, EventId, LotId, OreKind, Payload, Product};

use super::goods::{Lot, TONNE, blend, ppm, quantity, reo_of};
use super::shipping::{Manner, Terms};
use super::upstream::net_of;
use super::{Planner, parsed, party_of, places, site, term};
use crate::cast::{Role, named};
use crate::plan::PlannedFact;

impl Planner {
    pub(crate) fn plants(&mut self) {
        if self.day.month().year() != 2024 {
            return;
        }
        match (self.day.month().month(), self.day.day()) {
            (3, 12) => self.sell_invoiced(false),
            (3, 19) => self.sell_invoiced(true),
            (4, 8) => self.send_ore(named::ORE_IN_RECYCLER, 30),
            (4, 20) => self.recycle_ore(),
            (5, 6) => self.send_compound(named::UNLICENSED),
            (5, 9) => self.short_receipt(),
            (5, 20) => self.separate_unlicensed(),
            (5, 27) => self.send_compound(named::SUSPENDED),
            (6, 12) => self.suspend(true),
            (6, 14) => self.act_suspended(),
            (6, 26) => self.suspend(false),
            (8, 26) => self.send_ore(named::NO_QUOTA, 40),
            (9, 10) => self.separate_without_quota(),
            (9, 11) => self.seal_and_move(),
            (10, 8) => self.send_compound(named::OVERSOLD),
            (10, 15) => self.gain_reo(),
            (10, 22) => self.stray_receipt(),
            (11, 20) => self.oversell(),
            (12, 27) => self.exceed_quota(),
            _ => {}
        }
    }

    /// The importer sells ore to a firm that will misuse it.
    fn send_ore(&mut self, to: usize, tonnes: u64) {
        let from = named::IMPORTER;
        let lot = self.import(from, OreKind::Bastnaesite, "US", tonnes * TONNE);
        let goods = self.draw_all(from, &[lot]);
        self.dispatch(from, to, goods, Terms::exact(4));
    }

    /// A separator or trader sells a compound lot to a firm that will misuse it.
    fn send_compound(&mut self, to: usize) {
        let wanted = |lot: &Lot| !lot.product.is_ore() && lot.product.element().is_some();
        let mixed = |lot: &Lot| matches!(lot.product, Product::Compound(_, domain::Subject::Mixed));
        let (from, lot) = (7..=26)
            .find_map(|firm| {
                let lots = if to == named::UNLICENSED {
                    self.held(firm, mixed)
                } else {
                    self.held(firm, wanted)
                };
                lots.first().map(|lot| (firm, *lot))
            })
            .expect("some separator or trader has a compound on hand");
        let goods = self.draw_all(from, &[lot]);
        self.dispatch(from, to, goods, Terms::exact(3));
    }

    fn everything(&self, firm: usize) -> Vec<LotId> {
        self.book[firm].keys().copied().collect()
    }

    /// A run whose one output has no composition and this share of the input's REO.
    fn plain_run(
        &mut self,
        firm: usize,
        process: Process,
        goods: &[(LotId, Lot)],
        product: Product,
        share: u64,
    ) -> usize {
        let reo = ppm(reo_of(goods), share);
        let made = Lot {
            product,
            net: net_of(product, reo),
            reo,
            composition: blend(goods).filter(|_| share <= 1_000_000),
        };
        let id = self.new_lot(firm);
        self.reserved.insert(id);
        self.process(firm, process, goods, &[(id, made)], Vec::new(), &[])
    }

    fn recycle_ore(&mut self) {
        let firm = named::ORE_IN_RECYCLER;
        let goods = self.draw_all(firm, &self.everything(firm));
        let product = parsed("compound/chloride/mixed");
        let step = self.plain_run(firm, Process::Recycling, &goods, product, 900_000);
        let note = "a recycler fed imported bastnaesite ore into a recycling run";
        self.plant("F01", firm, step, note);
    }

    fn separate_unlicensed(&mut self) {
        let firm = named::UNLICENSED;
        let goods = self.draw_all(firm, &self.everything(firm));
        let product = parsed("compound/oxide/mixed");
        let step = self.plain_run(firm, Process::Separation, &goods, product, 930_000);
        let note = "a trader, licensed for trading alone, separated a mixed compound";
        self.plant("P01", firm, step, note);
    }

    fn separate_without_quota(&mut self) {
        let firm = named::NO_QUOTA;
        let goods = self.draw_all(firm, &self.everything(firm));
        let product = parsed("compound/oxide/mixed");
        let step = self.plain_run(firm, Process::Separation, &goods, product, 920_000);
        let note = "a licensed separator to which no quota was allocated separated ore";
        self.plant("Q02", firm, step, note);
    }

    fn gain_reo(&mut self) {
        let firm = named::REO_GAIN;
        let ore = self.held(firm, |lot| lot.product.is_ore());
        let lot = *ore.first().expect("the separator has ore in October");
        let goods = self.draw_all(firm, &[lot]);
        let product = parsed("compound/carbonate/mixed");
        let step = self.plain_run(firm, Process::Separation, &goods, product, 1_030_000);
        self.quota[firm][2].used += ppm(reo_of(&goods), 1_030_000);
        let note = "a separation run gave 3 % more REO than went in";
        self.plant("M01", firm, step, note);
    }

    fn suspend(&mut self, begins: bool) {
        let party = party_of(named::SUSPENDED);
        let standing = Standing {
            party: self.plan.parties[party].id,
            instrument: Instrument {
                number: term(if begins {
                    "示例停〔2024〕2号"
                } else {
                    "示例复〔2024〕2号"
                }),
                issued: self.day,
            },
        };
        let by = self.overseer(party);
        let act = if begins {
            Payload::PartySuspended(standing)
        } else {
            Payload::PartyReinstated(standing)
        };
        self.decree(by, act);
    }

    fn act_suspended(&mut self) {
        let firm = named::SUSPENDED;
        let lots = self.everything(firm);
        let step = self.use_up(firm, &lots, "glass polishing");
        self.plant(
            "P02",
            firm,
            step,
            "a suspended trader went on selling to end users",
        );
    }

    /// The same trader's two sales a week apart; the second carries the invoice of the first.
    fn sell_invoiced(&mut self, again: bool) {
        let firm = named::INVOICE_TWICE;
        let lots = self.held(firm, |_| true);
        let lot = *lots.first().expect("the trader has stock in March");
        let goods = self.draw_all(firm, &[lot]);
        let to = self.any(Role::Exporter);
        let terms = Terms {
            invoice: Some(parsed("24999000777")),
            ..Terms::exact(3)
        };
        let step = self.dispatch(firm, to, goods, terms);
        if again {
            let note = "two sales a week apart carry one invoice number";
            self.plant("D01", firm, step, note);
        }
    }

    fn short_receipt(&mut self) {
        let (from, to) = (named::SHORT_RECEIPT_FROM, named::SHORT_RECEIPT_BY);
        let reo = 20 * TONNE;
        let (lot, _) = self.mine_exactly(from, OreKind::Bastnaesite, reo);
        let goods = self.draw_all(from, &[lot]);
        let terms = Terms {
            manner: Manner::Short(30_000),
            ..Terms::exact(2)
        };
        self.dispatch(from, to, goods, terms);
        self.reserved.remove(&lot);
    }

    /// A lot is sealed, leaves all the same, is released and taken back before it arrives.
    fn seal_and_move(&mut self) {
        let firm = named::SEALED_LOT;
        let party = party_of(firm);
        let (lot, _) = self.mine_exactly(firm, OreKind::IonAdsorption, 2 * TONNE);
        let by = self.overseer(party);
        let named = |issued| LotsNamed {
            lots: vec![lot].try_into().expect("one lot"),
            instrument: Instrument {
                number: term("示例封〔2024〕5号"),
                issued,
            },
        };
        self.decree(by, Payload::LotSealed(named(self.day)));
        let to = places(Role::Separator(OreKind::IonAdsorption))
            .next()
            .expect("there are separators of ion ore");
        let goods = self.draw_all(firm, &[lot]);
        let dispatch = self.dispatch(firm, to, goods, Terms::exact(9));
        self.plant("S03", firm, dispatch, "a sealed lot left the mine");
        self.decree(by, Payload::LotReleased(named(self.day)));
        let act = PlannedFact::Withdraw {
            dispatch,
            reason: term("the lot was sealed when it left; taken back"),
        };
        self.push(party, act);
        self.recall(dispatch);
    }

    /// A receipt of a shipment that nobody dispatched.
    fn stray_receipt(&mut self) {
        let firm = named::STRAY_RECEIPT;
        let received = quantity(5 * TONNE, 4 * TONNE, Basis::Weighed);
        let line = ReceiptLine {
            line: 0,
            received: Some(received),
            outcome: Outcome::Accepted,
            reason: parsed("papers to follow"),
            owner: None,
        };
        let unknown = Bytes32(self.dice.bytes());
        let receipt = ShipmentReceived {
            dispatch: EventId(unknown.0),
            site: site(),
            lines: vec![line].try_into().expect("one line"),
            completion: Completion::Final,
        };
        let step = self.state(firm, Payload::ShipmentReceived(receipt));
        self.plant(
            "T03",
            firm,
            step,
            "a trader received goods that nobody dispatched",
        );
    }

    /// After the published case of eleven traders that bought 1 560 t and sold 3 657 t.
    fn oversell(&mut self) {
        let firm = named::OVERSOLD;
        let (first, second) = (self.any(Role::Trader), self.any(Role::Trader));
        let lot = *self
            .everything(firm)
            .first()
            .expect("the trader bought a lot");
        let bought = self.book[firm][&lot];
        let part = self.draw(firm, lot, Some(ppm(bought.net, 900_000)));
        self.dispatch(firm, first, vec![(lot, part)], Terms::exact(2));
        self.draw(firm, lot, None);
        let sold = ppm(bought.net, 3_657 * 1_000_000 / 1_560) - part.net;
        let reo = (u128::from(bought.reo) * u128::from(sold) / u128::from(bought.net)) as u64;
        let excess = Lot {
            net: sold,
            reo,
            ..bought
        };
        let step = self.dispatch(firm, second, vec![(lot, excess)], Terms::exact(3));
        self.uncounted.insert(firm);
        let note = "a trader sold 2.3 times what it had bought (published case: 1 560 t bought, 3 657 t sold)";
        self.plant("S01", firm, step, note);
    }

    fn exceed_quota(&mut self) {
        let firm = named::OVER_QUOTA;
        let place = super::upstream::track_place(OreKind::Bastnaesite.track());
        let allowance = self.quota[firm][place];
        let over = allowance.issued - allowance.used + allowance.issued / 50;
        let (_, step) = self.mine_exactly(firm, OreKind::Bastnaesite, over);
        let note = "a mine passed its allocation by 2 % in December";
        self.plant("Q01", firm, step, note);
    }
}
