//! Mining, imports of ore, ore to the separators, separation.
//!
//! Invariant: ordinary production stays below 94 % of what was issued so far, so that only a plant exceeds quota.
//! The pace is the demo's own: slow until the second batch is issued, then faster.

use domain::payload::{
    CorrectionCause, CustodyModel, Discard, DiscardKind, LotAssayed, LotImported, LotMined,
    LotProcessed, Process, Replacement,
};
use domain::{
    Basis, Bytes32, Composition, CompoundForm, Element, LotId, OreKind, Payload, Ppm, Product,
    Subject, Track,
};

use super::goods::{Lot, TONNE, blend, portion, ppm, quantity, reo_of};
use super::{Planner, parsed, party_of, places, site, term};
use crate::cast::{FIRMS, Role};
use crate::plan::PlannedFact;

const KINDS: [OreKind; 3] = [OreKind::Mixed, OreKind::Bastnaesite, OreKind::IonAdsorption];
/// Most that ordinary production uses of what was issued, in ppm.
const USED_MOST_PPM: u64 = 940_000;

/// Share of the year's production that falls into a month, in ppm.
fn month_ppm(month: u8) -> u64 {
    if month < 9 { 59_000 } else { 115_000 }
}

/// Share of the year's production up to this day, in ppm.
fn pace_ppm(month: u8, day: u8) -> u64 {
    let before: u64 = (1..month).map(month_ppm).sum();
    before + month_ppm(month) * u64::from(day.min(28)) / 28
}

/// Typical shares of REO and the grade of the ore product, in ppm of net.
fn typical(kind: OreKind) -> (&'static str, u64) {
    match kind {
        OreKind::IonAdsorption => (
            "La:280000,Ce:20000,Pr:60000,Nd:200000,Sm:45000,Eu:8000,Gd:45000,Tb:7000,Dy:40000,Ho:8000,Er:20000,Yb:17000,Y:250000",
            920_000,
        ),
        OreKind::Bastnaesite => (
            "La:340000,Ce:470000,Pr:43000,Nd:120000,Sm:14000,Eu:2000,Gd:5000,Y:6000",
            620_000,
        ),
        _ => (
            "La:265000,Ce:505000,Pr:52000,Nd:158000,Sm:10000,Eu:2000,Gd:5000,Y:3000",
            500_000,
        ),
    }
}

/// Products of a separation and the elements that go into each.
fn products(kind: OreKind) -> Vec<(Product, Vec<Element>)> {
    use Element::{Ce, Dy, La, Nd, Pr, Tb, Y};
    let single: &[Element] = match kind {
        OreKind::IonAdsorption => &[La, Y, Dy, Tb],
        _ => &[La, Ce],
    };
    let oxide = |subject| Product::Compound(CompoundForm::Oxide, subject);
    let mut made: Vec<_> = single
        .iter()
        .map(|e| (oxide(Subject::One(*e)), vec![*e]))
        .collect();
    made.push((oxide(Subject::Mixed), vec![Pr, Nd]));
    let rest = Element::ALL
        .iter()
        .filter(|e| !single.contains(e) && ![Pr, Nd].contains(e));
    let carbonate = Product::Compound(CompoundForm::Carbonate, Subject::Mixed);
    made.push((carbonate, rest.copied().collect()));
    made
}

/// Net mass of a compound that holds this much REO.
pub(crate) fn net_of(product: Product, reo: u64) -> u64 {
    let grade = match product {
        Product::Compound(CompoundForm::Oxide, _) => 995_000,
        _ => 450_000,
    };
    (u128::from(reo) * 1_000_000 / grade) as u64
}

impl Planner {
    pub(crate) fn upstream(&mut self) {
        for kind in KINDS {
            for firm in places(Role::Mine(kind)) {
                for _ in 0..self.lots_today(firm) {
                    self.mine(firm, kind);
                }
                self.ship_ore(firm, kind);
            }
        }
        for firm in places(Role::Importer) {
            for _ in 0..self.lots_today(firm) {
                let (kind, country) = if self.dice.chance(600) {
                    (OreKind::IonAdsorption, "MM")
                } else {
                    (OreKind::Bastnaesite, "US")
                };
                let reo = self.dice.between(40, 95) * TONNE;
                self.import(firm, kind, country, reo);
            }
            self.ship_ore(firm, OreKind::IonAdsorption);
            self.ship_ore(firm, OreKind::Bastnaesite);
        }
        for kind in KINDS {
            for firm in places(Role::Separator(kind)) {
                self.separate(firm, kind);
            }
        }
    }

    /// A month's lots spread over its days 3 to 26.
    pub(crate) fn lots_today(&self, firm: usize) -> u64 {
        let day = u64::from(self.day.day());
        let until = |day: u64| day.clamp(2, 26).saturating_sub(2) * FIRMS[firm].lots / 24;
        until(day) - until(day - 1)
    }

    /// An ore lot of this much REO, its composition and grade a little off the typical.
    pub(crate) fn ore(&mut self, kind: OreKind, reo: u64) -> Lot {
        let (shares, grade) = typical(kind);
        let shares: Composition = parsed(shares);
        let shift = self.dice.below(5_000) as u32;
        let shifted: Vec<_> = shares
            .shares()
            .map(|(element, share)| match element {
                Element::La => (element, share - shift),
                Element::Nd => (element, share + shift),
                _ => (element, share),
            })
            .collect();
        let grade = self.dice.between(grade - 15_000, grade + 15_000);
        Lot {
            product: Product::Ore(kind),
            net: (u128::from(reo) * 1_000_000 / u128::from(grade)) as u64,
            reo,
            composition: Composition::new(&shifted).ok(),
        }
    }

    /// The day's lot, if quota and pace allow it.
    fn mine(&mut self, firm: usize, kind: OreKind) {
        let allowance = self.quota[firm][track_place(kind.track())];
        let month = self.day.month().month();
        let usual = ppm(allowance.annual, month_ppm(month)) / FIRMS[firm].lots;
        let share = self.dice.between(900_000, 1_100_000);
        let reo = ppm(usual, share);
        if allowance.used + reo > ppm(allowance.issued, USED_MOST_PPM) {
            return;
        }
        let lot = self.ore(kind, reo);
        let id = self.new_lot(firm);
        let right = self.mined(id, &lot, kind);
        if self.dice.chance(12) {
            // The wet mass was entered; noticed and put right the same hour.
            let net = ppm(lot.net, 1_060_000);
            let wet = self.mined(id, &Lot { net, ..lot }, kind);
            let step = self.state(firm, wet);
            let replacement = Replacement::new(right).expect("a mined lot can be corrected");
            self.correct(firm, step, Some(replacement), "moisture was not deducted");
            self.quota[firm][track_place(kind.track())].used += lot.reo;
            self.put(firm, id, lot);
        } else {
            self.enter_mined(firm, id, lot, right, kind);
            if self.dice.chance(4) {
                let twice = self.new_lot(firm);
                let payload = self.mined(twice, &lot, kind);
                let step = self.state(firm, payload);
                self.correct(firm, step, None, "entered twice");
            }
        }
        if self.dice.chance(330) {
            self.assay(firm, id, &lot);
        }
    }

    fn mined(&self, id: LotId, lot: &Lot, ore: OreKind) -> Payload {
        Payload::LotMined(LotMined {
            site: site(),
            lot: id.code,
            product: lot.product,
            quantity: lot.quantity(Basis::Measured),
            composition: lot.composition,
            assay_method: None,
            ore,
        })
    }

    fn enter_mined(&mut self, firm: usize, id: LotId, lot: Lot, payload: Payload, kind: OreKind) {
        self.state(firm, payload);
        self.quota[firm][track_place(kind.track())].used += lot.reo;
        self.put(firm, id, lot);
    }

    /// Mines one lot of this much REO, whatever the quota says; returns it and the step.
    pub(crate) fn mine_exactly(&mut self, firm: usize, kind: OreKind, reo: u64) -> (LotId, usize) {
        let lot = self.ore(kind, reo);
        let id = self.new_lot(firm);
        let payload = self.mined(id, &lot, kind);
        self.enter_mined(firm, id, lot, payload, kind);
        self.reserved.insert(id);
        (id, self.plan.steps.len() - 1)
    }

    fn correct(&mut self, firm: usize, step: usize, right: Option<Replacement>, reason: &str) {
        let cause = match right {
            Some(_) => CorrectionCause::IncorrectData,
            None => CorrectionCause::DidNotOccur,
        };
        let act = PlannedFact::Correct {
            step,
            cause,
            reason: term(reason),
            replacement: right.map(Box::new),
        };
        self.push(party_of(firm), act);
    }

    /// A laboratory confirms a lot.
    pub(crate) fn assay(&mut self, firm: usize, lot: LotId, of: &Lot) {
        let share = u128::from(of.reo) * 1_000_000 / u128::from(of.net);
        let payload = Payload::LotAssayed(LotAssayed {
            lot,
            reo_ppm: Ppm::try_from(share.min(1_000_000) as u32).expect("at most one whole"),
            composition: of.composition,
            assay_method: None,
            laboratory: term("国家稀土检测站(示例)"),
            certificate: Bytes32(self.dice.bytes()),
        });
        self.push(party_of(firm), PlannedFact::State(Box::new(payload)));
    }

    /// Ore crosses the border.
    pub(crate) fn import(&mut self, firm: usize, kind: OreKind, country: &str, reo: u64) -> LotId {
        let lot = self.ore(kind, reo);
        let id = self.new_lot(firm);
        let payload = Payload::LotImported(LotImported {
            site: site(),
            lot: id.code,
            product: lot.product,
            quantity: lot.quantity(Basis::Measured),
            composition: lot.composition,
            assay_method: None,
            country: parsed(country),
            declaration: parsed(&format!("IM24{:08}", self.dice.below(100_000_000))),
            supplier: term("Example Minerals Ltd"),
        });
        self.state(firm, payload);
        self.put(firm, id, lot);
        id
    }

    /// Sends what lies at a mine or importer to the separators that have least.
    fn ship_ore(&mut self, firm: usize, kind: OreKind) {
        loop {
            let lots = self.held(firm, |lot| lot.product == Product::Ore(kind));
            if lots.len() < 2 || (self.day.month().month() == 12 && self.day.day() > 20) {
                return;
            }
            let least = places(Role::Separator(kind))
                .filter(|to| self.book[*to].len() < 80)
                .min_by_key(|to| {
                    let annual = self.quota[*to][2].annual.max(1);
                    let here = self.book[*to].values().map(|lot| lot.reo).sum::<u64>();
                    u128::from(here + self.transit[*to]) * 1_000_000 / u128::from(annual)
                });
            let Some(to) = least else { return };
            let count = (self.dice.between(2, 4) as usize).min(lots.len());
            self.sell(firm, to, &lots[..count]);
        }
    }

    /// The day's separation runs.
    fn separate(&mut self, firm: usize, kind: OreKind) {
        for _ in 0..6 {
            let lots = self.held(firm, |lot| lot.product == Product::Ore(kind));
            let count = (self.dice.between(2, 4) as usize).min(lots.len());
            let most: u64 = lots[..count].iter().map(|id| self.book[firm][id].reo).sum();
            let allowance = self.quota[firm][2];
            let (month, day) = (self.day.month().month(), self.day.day());
            let pace = ppm(allowance.annual, pace_ppm(month, day));
            let limit = pace.min(ppm(allowance.issued, USED_MOST_PPM));
            if count < 2 || allowance.used + most > limit {
                return;
            }
            let goods = self.draw_all(firm, &lots[..count]);
            let yield_ppm = self.dice.between(890_000, 955_000);
            self.run_separation(firm, kind, &goods, yield_ppm);
        }
    }

    /// One run on drawn ore: products by element, and the measured part of what is lost.
    fn run_separation(&mut self, firm: usize, kind: OreKind, goods: &[(LotId, Lot)], share: u64) {
        let blended = blend(goods).expect("ore lots have compositions");
        let (reo_in, mut reo_out) = (reo_of(goods), 0);
        let mut made = Vec::new();
        for (product, elements) in products(kind) {
            let Some((part, composition)) = portion(&blended, &elements) else {
                continue;
            };
            let reo = ppm(ppm(reo_in, part), share);
            reo_out += reo;
            let lot = Lot {
                product,
                net: net_of(product, reo),
                reo,
                composition: Some(composition),
            };
            made.push((self.new_lot(firm), lot));
        }
        let lost = ppm(reo_in - reo_out, 700_000);
        let discard = Discard {
            kind: DiscardKind::Effluent,
            quantity: quantity(lost * 20, lost, Basis::Estimated),
        };
        self.process(firm, Process::Separation, goods, &made, vec![discard], &[]);
        self.quota[firm][2].used += reo_out;
        if self.dice.chance(350) {
            let (id, lot) = made[0];
            self.assay(firm, id, &lot);
        }
    }

    /// States a run and puts what it made on the book.
    pub(crate) fn process(
        &mut self,
        firm: usize,
        process: Process,
        goods: &[(LotId, Lot)],
        made: &[(LotId, Lot)],
        discards: Vec<Discard>,
        kept: &[(LotId, Lot)],
    ) -> usize {
        let born = |lots: &[(LotId, Lot)]| -> Vec<_> {
            lots.iter().map(|(id, lot)| lot.born(*id)).collect()
        };
        let inputs: Vec<_> = goods.iter().map(|(id, lot)| lot.line(*id)).collect();
        let payload = Payload::LotProcessed(LotProcessed {
            site: site(),
            process,
            model: CustodyModel::MassBalance,
            inputs: inputs.try_into().expect("a run has few inputs"),
            outputs: born(made).try_into().expect("a run has few outputs"),
            discards: discards.try_into().expect("a run has few discards"),
            retained: born(kept).try_into().expect("a run has little residue"),
        });
        let step = self.state(firm, payload);
        for (id, lot) in made.iter().chain(kept) {
            self.put(firm, *id, *lot);
        }
        step
    }
}

/// The place of a track in an array of three.
pub(crate) fn track_place(track: Track) -> usize {
    usize::from(track.code()) - 1
}
