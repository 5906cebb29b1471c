//! Shares of sources and origins in a lot.
//!
//! Invariant: shares sum to exactly one. A lot is unfolded from its newest contribution back to its oldest, all paths
//! at once, so that each event is visited once and no chain is too long for the stack.

use std::collections::{BTreeMap, BTreeSet};

use domain::LotId;
use hashbrown::HashMap;
use num_bigint::BigInt;
use num_rational::BigRational;
use projection::Book;

use crate::fold::Lineage;
use crate::graph::{Graph, Run, When};
use crate::origin::OriginClass;
use crate::weigh::{
    Scales, Weight, input_parts, is_nothing, nothing, one, plus, scale_in_use, scales,
};

/// How much of a lot is of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceShare {
    /// The lot that the source brought forth.
    pub lot: LotId,
    pub class: OriginClass,
    /// Above nothing, at most one.
    pub share: BigRational,
}

impl Lineage {
    /// The sources of a lot, largest share first, then by lot; empty only if nothing brought the lot forth.
    pub fn sources(&self, book: &Book, lot: &LotId, weight: Weight) -> Vec<SourceShare> {
        let ends = unfold(&self.back(book, lot), lot, weight, &|_| false);
        let sources = ends.into_iter().filter_map(|((lot, class), share)| {
            let class = class?;
            Some(SourceShare { lot, class, share })
        });
        let mut sources: Vec<_> = sources.collect();
        // Stable, and they come by lot.
        sources.sort_by(|left, right| right.share.cmp(&left.share));
        sources
    }

    /// The origins of a lot, largest share first, then by class; empty only if nothing brought the lot forth.
    pub fn origins(
        &self,
        book: &Book,
        lot: &LotId,
        weight: Weight,
    ) -> Vec<(OriginClass, BigRational)> {
        let mut origins = BTreeMap::new();
        for source in self.sources(book, lot, weight) {
            *origins.entry(source.class).or_insert_with(nothing) += source.share;
        }
        let mut origins: Vec<_> = origins.into_iter().collect();
        origins.sort_by(|left, right| right.1.cmp(&left.1));
        origins
    }
}

/// Where ways back end: a source, or a lot at which they were stopped (no class).
pub(crate) type Ends = BTreeMap<(LotId, Option<OriginClass>), BigRational>;

/// Shares of the ends of all ways back from a lot. A way ends early at an input for which `stop` holds.
pub(crate) fn unfold(
    graph: &Graph,
    lot: &LotId,
    weight: Weight,
    stop: &dyn Fn(&LotId) -> bool,
) -> Ends {
    let mut unfolding = Unfolding {
        graph,
        weight,
        stop,
        lots: HashMap::new(),
        waiting: BTreeMap::new(),
        ends: Ends::new(),
    };
    if !graph.contributions(lot, None).is_empty() {
        unfolding.draw(*lot, None, one());
        unfolding.work_off();
    }
    unfolding.ends
}

/// What was drawn of a lot, while its contributions are visited from the newest back.
#[derive(Debug)]
struct Drawing {
    /// What the first so many contributions weigh, by their number.
    wholes: Vec<Scales>,
    /// Share drawn when the lot had so many contributions.
    drawn: HashMap<usize, BigRational>,
    /// On each scale, the share that one unit of weight of the contribution visited now has.
    per_unit: [BigRational; 3],
}

struct Unfolding<'a> {
    graph: &'a Graph,
    weight: Weight,
    stop: &'a dyn Fn(&LotId) -> bool,
    lots: HashMap<LotId, Drawing>,
    /// Contributions to visit, by lot and place: those of one moment are of one event.
    waiting: BTreeMap<When, BTreeSet<(LotId, usize)>>,
    ends: Ends,
}

impl Unfolding<'_> {
    fn end(&mut self, lot: LotId, class: Option<OriginClass>, share: BigRational) {
        *self.ends.entry((lot, class)).or_insert_with(nothing) += share;
    }

    /// Notes a share that was drawn of the lot as it was at a moment, or as it is.
    fn draw(&mut self, lot: LotId, before: Option<When>, share: BigRational) {
        let contributions = self.graph.contributions(&lot, before);
        let Some(newest) = contributions.last() else {
            return self.end(lot, Some(OriginClass::Unrecorded), share);
        };
        let count = contributions.len();
        let drawing = self.lots.entry(lot).or_insert_with(|| {
            let mut sum = [0; 3];
            let mut wholes = vec![sum];
            for contribution in self.graph.contributions(&lot, None) {
                sum = plus(sum, scales(contribution));
                wholes.push(sum);
            }
            Drawing {
                wholes,
                drawn: HashMap::new(),
                per_unit: [nothing(), nothing(), nothing()],
            }
        });
        *drawing.drawn.entry(count).or_insert_with(nothing) += share;
        self.wait(newest.when, lot, count - 1);
    }

    fn wait(&mut self, when: When, lot: LotId, place: usize) {
        self.waiting.entry(when).or_default().insert((lot, place));
    }

    /// Newest first: whatever draws of a contribution happened after it, so its share is complete when it is visited.
    fn work_off(&mut self) {
        let graph = self.graph;
        while let Some((when, reached)) = self.waiting.pop_last() {
            let mut run = None;
            let mut share_of_run = nothing();
            for (lot, place) in reached {
                let Some(contribution) = graph.contributions(&lot, None).get(place) else {
                    continue;
                };
                let share = self.share_of(&lot, place, &scales(contribution));
                if let Some(earlier) = place.checked_sub(1) {
                    let before = graph.contributions(&lot, Some(when)).last();
                    self.wait(before.map_or(when, |c| c.when), lot, earlier);
                }
                if is_nothing(&share) {
                    continue;
                }
                match contribution.class {
                    Some(class) => self.end(lot, Some(class), share),
                    None => {
                        share_of_run += share;
                        run = graph.runs.get(&contribution.stated_by);
                    }
                }
            }
            if let Some(run) = run {
                self.draw_inputs(run, &share_of_run);
            }
        }
    }

    fn share_of(&mut self, lot: &LotId, place: usize, weights: &Scales) -> BigRational {
        let Some(drawing) = self.lots.get_mut(lot) else {
            return nothing();
        };
        let count = place + 1;
        let whole = drawing.wholes.get(count).and_then(scale_in_use);
        if let Some((drawn, (scale, whole))) = drawing.drawn.remove(&count).zip(whole) {
            drawing.per_unit[scale] += drawn / BigInt::from(whole);
        }
        let shares = drawing.per_unit.iter().zip(weights);
        shares
            .map(|(per_unit, weight)| per_unit * BigInt::from(*weight))
            .sum()
    }

    fn draw_inputs(&mut self, run: &Run, share: &BigRational) {
        let parts = input_parts(self.graph, run, self.weight);
        for (input, part) in run.inputs.iter().zip(parts) {
            if is_nothing(&part) {
                continue;
            }
            if (self.stop)(&input.lot) {
                self.end(input.lot, None, share * part);
            } else {
                self.draw(input.lot, Some(run.when), share * part);
            }
        }
    }
}
