//! Oxides to metal, metal to magnets, scrap back to oxides; traders, exporters and end use.
//!
//! Invariant: a run's outputs and residue never hold more REO than its inputs, element by element.
//! Knows nothing of quota: none of this consumes it.

use domain::payload::{
    ExportLicence, LotDiscarded, LotExported, LotUsed, Process, ScrapCollected, ScrapSource,
    SealedFields,
};
use domain::{
    Basis, Composition, CompoundForm, Element, LotId, MagnetKind, Mass, MetalKind, Note, Payload,
    Product, Subject,
};

use super::goods::{Lot, TONNE, blend, ppm, reo_of};
use super::upstream::net_of;
use super::{Planner, parsed, places, site, term};
use crate::cast::{FIRMS, Role};

const PR_ND_OXIDE: Product = Product::Compound(CompoundForm::Oxide, Subject::Mixed);
const PR_ND_METAL: Product = Product::Alloy(MetalKind::PrNd);
const MAGNET: Product = Product::Magnet(MagnetKind::NdFeB);
const SCRAP: Product = Product::Scrap(MagnetKind::NdFeB);

/// A product's HS code (10 digits) in the tariff of 2024.
fn hs_code(product: Product) -> &'static str {
    match product {
        Product::Magnet(_) => "8505111000",
        Product::Compound(CompoundForm::Oxide, Subject::One(element)) => match element {
            Element::Ce => "2846101000",
            Element::Y => "2846901100",
            Element::La => "2846901200",
            Element::Dy => "2846901500",
            Element::Tb => "2846901600",
            _ => "2846901990",
        },
        Product::Compound(CompoundForm::Carbonate, _) => "2846904800",
        _ => "2846901993",
    }
}

impl Planner {
    pub(crate) fn downstream(&mut self) {
        let selling = self.day.month().month() < 12 || self.day.day() <= 20;
        if selling {
            for (place, firm) in FIRMS.iter().enumerate() {
                if matches!(firm.role, Role::Separator(_)) {
                    self.sell_compounds(place);
                }
            }
        }
        for firm in places(Role::Smelter) {
            self.smelt(firm, selling);
        }
        for firm in places(Role::Magnet) {
            self.make_magnets(firm, selling);
        }
        for firm in places(Role::Recycler) {
            self.recycle(firm, selling);
        }
        for firm in places(Role::Trader) {
            self.trade(firm, selling);
        }
        for firm in places(Role::Exporter) {
            self.export(firm);
        }
    }

    /// A separator's PrNd oxide goes to smelters, the rest to traders and exporters.
    fn sell_compounds(&mut self, firm: usize) {
        loop {
            let lots = self.held(firm, |lot| lot.product == PR_ND_OXIDE);
            if lots.len() < 2 {
                break;
            }
            let count = (self.dice.between(2, 3) as usize).min(lots.len());
            let to = self.any(Role::Smelter);
            self.sell(firm, to, &lots[..count]);
        }
        loop {
            let lots = self.held(firm, |lot| {
                !lot.product.is_ore() && lot.product != PR_ND_OXIDE
            });
            if lots.len() < 3 {
                break;
            }
            let count = (self.dice.between(2, 5) as usize).min(lots.len());
            let role = if self.dice.chance(200) {
                Role::Exporter
            } else {
                Role::Trader
            };
            let to = self.any(role);
            self.sell(firm, to, &lots[..count]);
        }
    }

    /// Oxide to metal, metal to magnet makers.
    fn smelt(&mut self, firm: usize, selling: bool) {
        let lots = self.held(firm, |lot| lot.product == PR_ND_OXIDE);
        if lots.len() >= 2 {
            let count = (self.dice.between(2, 3) as usize).min(lots.len());
            let goods = self.draw_all(firm, &lots[..count]);
            let share = self.dice.between(930_000, 980_000);
            let reo = ppm(reo_of(&goods), share);
            let composition = blend(&goods);
            // A fifth more oxide than metal would hold all of Pr and Nd; their factors lie between 1.166 and 1.209.
            let net = (u128::from(reo) * 1_000_000 / 1_177_000) as u64;
            let metal = Lot {
                product: PR_ND_METAL,
                net,
                reo,
                composition,
            };
            let made = [(self.new_lot(firm), metal)];
            self.process(firm, Process::MetalSmelting, &goods, &made, Vec::new(), &[]);
        }
        let lots = self.held(firm, |lot| lot.product == PR_ND_METAL);
        if selling && lots.len() >= 2 {
            let to = self.any(Role::Magnet);
            self.sell(firm, to, &lots[..2]);
        }
    }

    /// Metal to magnets and scrap; magnets leave the regulated scope, scrap goes to recyclers.
    fn make_magnets(&mut self, firm: usize, selling: bool) {
        let lots = self.held(firm, |lot| lot.product == PR_ND_METAL);
        if lots.len() >= 2 {
            let goods = self.draw_all(firm, &lots[..2]);
            let reo = reo_of(&goods);
            let share = self.dice.between(720_000, 780_000);
            let made = self.magnet_lot(firm, MAGNET, ppm(reo, share), blend(&goods));
            let scrap = self.magnet_lot(firm, SCRAP, ppm(reo, 190_000), blend(&goods));
            self.process(
                firm,
                Process::MagnetMaking,
                &goods,
                &[made],
                Vec::new(),
                &[scrap],
            );
        }
        let magnets = self.held(firm, |lot| lot.product == MAGNET);
        if magnets.len() >= 2 {
            if selling && self.dice.chance(250) {
                let to = self.any(Role::Exporter);
                self.sell(firm, to, &magnets[..1]);
            } else {
                self.use_up(firm, &magnets[..2], "motors and generators");
            }
        }
        let scrap = self.held(firm, |lot| lot.product == SCRAP);
        if selling && scrap.len() >= 2 {
            let to = self.any(Role::Recycler);
            self.sell(firm, to, &scrap[..2]);
        }
    }

    fn magnet_lot(
        &mut self,
        firm: usize,
        product: Product,
        reo: u64,
        composition: Option<Composition>,
    ) -> (LotId, Lot) {
        let net = (u128::from(reo) * 1_000_000 / 365_000) as u64;
        let lot = Lot {
            product,
            net,
            reo,
            composition,
        };
        (self.new_lot(firm), lot)
    }

    /// Scrap collected and bought becomes oxide for the smelters.
    fn recycle(&mut self, firm: usize, selling: bool) {
        for _ in 0..self.lots_today(firm) {
            let reo = self.dice.between(3, 12) * TONNE;
            let composition: Composition = parsed("Pr:240000,Nd:760000");
            let (id, lot) = self.magnet_lot(firm, SCRAP, reo, Some(composition));
            let payload = Payload::ScrapCollected(ScrapCollected {
                site: site(),
                lot: id.code,
                product: lot.product,
                quantity: lot.quantity(Basis::Measured),
                composition: lot.composition,
                assay_method: None,
                source: if self.dice.chance(600) {
                    ScrapSource::PostConsumer
                } else {
                    ScrapSource::PreConsumer
                },
                supplier: term("废旧物资回收站(示例)"),
            });
            self.state(firm, payload);
            self.put(firm, id, lot);
        }
        let lots = self.held(firm, |lot| lot.product == SCRAP);
        if lots.len() >= 3 {
            let goods = self.draw_all(firm, &lots[..3]);
            let share = self.dice.between(880_000, 950_000);
            let reo = ppm(reo_of(&goods), share);
            let oxide = Lot {
                product: PR_ND_OXIDE,
                net: net_of(PR_ND_OXIDE, reo),
                reo,
                composition: blend(&goods),
            };
            let made = [(self.new_lot(firm), oxide)];
            self.process(firm, Process::Recycling, &goods, &made, Vec::new(), &[]);
        }
        let lots = self.held(firm, |lot| lot.product == PR_ND_OXIDE);
        if selling && lots.len() >= 2 {
            let to = self.any(Role::Smelter);
            self.sell(firm, to, &lots[..2]);
        }
    }

    /// A trader sells on: to end users, to exporters, in whole or in part.
    fn trade(&mut self, firm: usize, selling: bool) {
        for _ in 0..8 {
            let lots = self.held(firm, |_| true);
            if lots.len() < 6 {
                return;
            }
            if selling && self.dice.chance(200) {
                let to = self.any(Role::Exporter);
                self.sell(firm, to, &lots[..2]);
            } else if self.dice.chance(20) {
                self.discard_some(firm, lots[0]);
            } else {
                let count = self.dice.between(2, 5) as usize;
                let end_use = ["glass polishing", "catalysts", "ceramics", "steel"];
                let end_use = end_use[self.dice.below(4) as usize];
                self.use_up(firm, &lots[..count], end_use);
            }
        }
    }

    /// Goods leave the regulated scope; the last lot sometimes only in part.
    pub(crate) fn use_up(&mut self, firm: usize, lots: &[LotId], end_use: &str) -> usize {
        let mut lines = Vec::with_capacity(lots.len());
        for (place, id) in lots.iter().enumerate() {
            let half = place > 0 && place + 1 == lots.len() && self.dice.chance(300);
            let net = half.then(|| self.book[firm][id].net / 2);
            lines.push(self.draw(firm, *id, net).line(*id));
        }
        let payload = Payload::LotUsed(LotUsed {
            site: site(),
            lines: lines.try_into().expect("a handful of lots"),
            end_use: term(end_use),
            sealed: SealedFields::default(),
        });
        self.state(firm, payload)
    }

    /// A little is spilled and thrown away.
    fn discard_some(&mut self, firm: usize, id: LotId) {
        let net = self.book[firm][&id].net / 500;
        if net == 0 {
            return;
        }
        let lines = vec![self.draw(firm, id, Some(net)).line(id)];
        let payload = Payload::LotDiscarded(LotDiscarded {
            site: site(),
            lines: lines.try_into().expect("one lot"),
            note: parsed::<Note>("bags torn in handling"),
        });
        self.state(firm, payload);
    }

    /// Lots of one product cross the border outward.
    fn export(&mut self, firm: usize) {
        for _ in 0..4 {
            let all = self.held(firm, |_| true);
            let Some(first) = all.first().map(|id| self.book[firm][id].product) else {
                return;
            };
            if all.len() < 4 {
                return;
            }
            let lots = self.held(firm, |lot| lot.product == first);
            let count = (self.dice.between(1, 3) as usize).min(lots.len());
            let goods = self.draw_all(firm, &lots[..count]);
            let lines: Vec<_> = goods.iter().map(|(id, lot)| lot.line(*id)).collect();
            let destination = ["JP", "DE", "US", "KR", "VN"][self.dice.below(5) as usize];
            let payload = Payload::LotExported(LotExported {
                site: site(),
                lines: lines.try_into().expect("at most three"),
                licence: Some(ExportLicence {
                    number: term(&format!("24-EX-{:06}", self.dice.below(1_000_000))),
                    quantity_mg: Mass::from_tonnes(500).expect("a small constant"),
                    from: parsed("2024-01-01"),
                    until: parsed("2024-12-31"),
                }),
                control_code: Note::new("").expect("a note may be empty"),
                hs_code: parsed(hs_code(first)),
                declaration: parsed(&format!("EX24{:08}", self.dice.below(100_000_000))),
                destination: parsed(destination),
                final_destination: None,
                sealed: SealedFields::default(),
            });
            self.state(firm, payload);
        }
    }
}
