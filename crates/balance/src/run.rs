//! What one run took and gave, in REO and by element, and how far that can be off.
//!
//! Invariant: a sum is taken less given, and the sums of a run that is taken back are exactly those with which it was
//! booked. Elements are known only where every input, output and residue has a composition. Judges nothing.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::LotProcessed;
use domain::{Code, Composition, Element, LotId, Ppm, Quantity, RuleSet};
use projection::{Book, Fact, LotRecord, Measure};

use crate::found::Found;
use crate::methods::{Ground, Stated};
use crate::spread::Source;
use crate::taken::Flow;

/// One run, or a sum of runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct RunSums {
    /// Inputs, and outputs with residue.
    pub kept: Flow,
    pub discarded: Flow,
    /// Least and most that the bands of the processes let be kept.
    pub band: (i128, i128),
    /// Least and most that they let be lost without being measured.
    pub usual: (i128, i128),
    /// Outputs and residue by element.
    pub elements: BTreeMap<Element, Flow>,
}

/// What a run is measured by.
struct Scales<'a> {
    book: &'a Book,
    ground: Ground<'a>,
    sign: i8,
}

impl RunSums {
    /// The sums of the run that a fact states or takes back, with the sign of the fact.
    pub(crate) fn of(book: &Book, ground: Ground<'_>, fact: &Fact<'_>, run: &LotProcessed) -> Self {
        let scales = Scales {
            book,
            ground,
            sign: fact.sign,
        };
        let mut sums = Self::default();
        for input in run.inputs.iter() {
            let mg = fact.signed(&input.quantity).reo;
            scales.add(&mut sums.kept, &input.quantity, mg);
        }
        for lot in run.outputs.iter().chain(run.retained.iter()) {
            let mg = -fact.signed(&lot.quantity).reo;
            scales.add(&mut sums.kept, &lot.quantity, mg);
        }
        for discard in run.discards.iter() {
            let mg = -fact.signed(&discard.quantity).reo;
            scales.add(&mut sums.discarded, &discard.quantity, mg);
        }
        let (taken, kept) = (sums.kept.taken, sums.kept.given);
        // Of a process without a band anything that is kept is usual.
        sums.band = ground
            .rules
            .yield_band(run.process)
            .map_or((kept, kept), |band| {
                (band.low_ppm.of(taken), band.high_ppm.of(taken))
            });
        let sign = i128::from(fact.sign);
        let lost = |kept: i128| sign * (sign * (taken - kept - sums.discarded.given)).max(0);
        sums.usual = (lost(sums.band.1), lost(sums.band.0));
        sums.elements = scales.elements(fact, run).unwrap_or_default();
        sums
    }

    pub(crate) fn include(&mut self, other: &Self) {
        self.kept.include(&other.kept);
        self.discarded.include(&other.discarded);
        self.band.0 += other.band.0;
        self.band.1 += other.band.1;
        self.usual.0 += other.usual.0;
        self.usual.1 += other.usual.1;
        for (element, flow) in &other.elements {
            let sum = self.elements.entry(*element).or_default();
            sum.include(flow);
            if sum.is_nothing() {
                self.elements.remove(element);
            }
        }
    }

    /// What was in the vessels of a circuit at a count is what it has taken by then. What has no composition there may be of
    /// any element.
    pub(crate) fn take_from_vessels(&mut self, found: &Found) {
        self.kept.taken += found.vessels_reo;
        self.kept.spread.include(&found.vessels);
        for (element, flow) in &mut self.elements {
            flow.taken += found.vessels_unassayed;
            if let Some(held) = found.vessel_elements.get(element) {
                flow.include(held);
            }
        }
    }

    /// All that was given: outputs, residue and discards.
    pub(crate) fn all(&self) -> Flow {
        let mut all = self.kept.clone();
        all.include(&self.discarded);
        all
    }

    /// Taken, and neither kept nor discarded as measured.
    pub(crate) fn lost(&self) -> i128 {
        self.kept.taken - self.kept.given - self.discarded.given
    }

    /// The element that most was made of beyond what measuring leaves open.
    pub(crate) fn grown(&self, rules: &RuleSet) -> Option<(Element, &Flow)> {
        let flows = self.elements.iter();
        let beyond = flows.map(|(element, flow)| (flow.gain_beyond(rules), *element, flow));
        let most = beyond.max_by_key(|(beyond, element, _)| (*beyond, *element));
        most.filter(|(beyond, ..)| *beyond > 0)
            .map(|(_, element, flow)| (element, flow))
    }

    /// Whether more of something was given than taken, measured or not.
    pub(crate) fn gives_more(&self) -> bool {
        let all = self.all();
        let mut flows = self.elements.values();
        all.given > all.taken || flows.any(|flow| flow.given > flow.taken)
    }
}

impl Scales<'_> {
    /// Adds what was taken, or given as negative; `mg` has the sign of the fact.
    fn add(&self, flow: &mut Flow, quantity: &Quantity, mg: i128) {
        let is_taken = (mg >= 0) == (self.sign > 0);
        if is_taken {
            flow.taken += mg;
        } else {
            flow.given -= mg;
        }
        let weighing = self.ground.weighing(Measure::from(quantity));
        flow.spread.add(weighing, mg, self.sign);
    }

    /// Nothing where a composition is not known.
    fn elements(&self, fact: &Fact<'_>, run: &LotProcessed) -> Option<BTreeMap<Element, Flow>> {
        let mut flows = BTreeMap::new();
        for input in run.inputs.iter() {
            // As the statement met it, so that its reversal meets the same.
            let lot = self.book.lot_at(&input.lot, fact.booked_at)?;
            let made = lot.product.composition(lot.composition)?;
            let mg = fact.signed(&input.quantity).reo;
            let analysis = Analysis::of_lot(self.book, &input.lot, &lot);
            self.add_elements(&mut flows, &input.quantity, (mg, &made), analysis);
        }
        for lot in run.outputs.iter().chain(run.retained.iter()) {
            let made = lot.product.composition(lot.composition)?;
            let mg = -fact.signed(&lot.quantity).reo;
            let analysis = Analysis {
                lot: None,
                stated: self.ground.stated,
                method: lot.assay_method,
                is_pure: lot.product.element().is_some(),
            };
            self.add_elements(&mut flows, &lot.quantity, (mg, &made), analysis);
        }
        Some(flows)
    }

    fn add_elements(
        &self,
        flows: &mut BTreeMap<Element, Flow>,
        quantity: &Quantity,
        (reo_mg, made): (i128, &Composition),
        analysis: Analysis,
    ) {
        for (element, share) in made.shares() {
            let mg = reo_mg * i128::from(share) / i128::from(Ppm::ONE);
            let flow = flows.entry(element).or_default();
            self.add(flow, quantity, mg);
            if analysis.is_pure {
                continue;
            }
            let Ground { rules, methods, .. } = self.ground;
            let how = methods.share(rules, analysis.stated, analysis.method, element);
            let random = how.random.of(mg);
            match analysis.lot {
                Some(lot) => flow.spread.add_linear(Source::Lot(lot), random),
                None => flow.spread.add_random(random, self.sign),
            }
            flow.spread.add_linear(how.source, how.systematic.of(mg));
            // Traces are stated to so many parts of a million, whatever the laboratory says of its relative error.
            let rounding = SHARE_ROUNDED_PPM * reo_mg / i128::from(Ppm::ONE);
            flow.spread.add_random(rounding, self.sign);
        }
    }
}

/// Standard deviation of a share that is stated to the next hundredth of a per cent.
const SHARE_ROUNDED_PPM: i128 = 29;

/// Who found a composition, and how.
#[derive(Clone, Copy)]
struct Analysis {
    /// The lot, where parts of it are taken time and again.
    lot: Option<LotId>,
    stated: Stated,
    method: Option<Code>,
    /// The product alone says what it is made of.
    is_pure: bool,
}

impl Analysis {
    fn of_lot(book: &Book, lot: &LotId, record: &LotRecord) -> Self {
        let stated = Stated {
            by: lot.creator,
            day: book.registry().zone().day_of(record.occurred),
            at: record.first_position,
        };
        Self {
            lot: Some(*lot),
            stated,
            method: record.assay_method,
            is_pure: record.product.element().is_some(),
        }
    }
}
