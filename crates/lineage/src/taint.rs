//! Taint: where the matter of sealed lots went, and runs that took in too much of it (F02).
//!
//! Invariant: shares are exact, and only lots that sealed lots went into are worked out. Matter that is in two sealed
//! lots, one made of the other, counts once. Says what may be, never who is guilty.

use std::collections::{BTreeMap, BTreeSet};

use domain::{EventId, LotId, Ppm};
use hashbrown::HashMap;
use num_bigint::BigInt;
use num_rational::BigRational;
use projection::{Book, Figure, Finding, FindingCode, Seal, Severity, Subject};

use crate::fold::Lineage;
use crate::graph::{Contribution, Graph, Run, When};
use crate::weigh::{
    Scales, Weight, fraction, input_parts, is_nothing, nothing, one, plus, scale_in_use, scales,
};

/// Matter of a sealed lot in another lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taint {
    pub sealed: LotId,
    pub sealed_by: EventId,
    pub lot: LotId,
    /// Share of the sealed lot's matter in the lot; above nothing.
    pub share: BigRational,
}

/// What of something is matter of sealed lots, and of which.
#[derive(Debug, Clone)]
struct Tainted {
    share: BigRational,
    of: BTreeSet<LotId>,
}

impl Default for Tainted {
    fn default() -> Self {
        Self {
            share: nothing(),
            of: BTreeSet::new(),
        }
    }
}

/// A lot as it grows, so that a lot that grows and is drawn of a thousand times is added up once.
#[derive(Debug, Default)]
struct Mix {
    /// Contributions added up so far, from the oldest.
    taken: usize,
    whole: Scales,
    /// The scale that counts.
    scale: usize,
    /// Tainted share of each contribution times its weight, added up.
    matter: Tainted,
}

/// Where the matter of some sealed lots went.
struct Spread<'a> {
    graph: &'a Graph,
    sealed: BTreeSet<LotId>,
    /// Feed of runs.
    runs: HashMap<EventId, Tainted>,
    /// Runs of which the feed is tainted, in order of time.
    order: Vec<EventId>,
    /// What those runs made.
    made: BTreeSet<LotId>,
    mixes: HashMap<LotId, Mix>,
}

impl Lineage {
    /// Every lot downstream of a sealed lot, by sealed lot, then lot.
    pub fn taints(&self, book: &Book) -> Vec<Taint> {
        let graph = self.forward(book, self.seals.iter().map(|(lot, _)| *lot));
        let mut taints = Vec::new();
        for (sealed, seal) in self.seals.iter() {
            let mut spread = Spread::of(&graph, BTreeSet::from([*sealed]));
            let made = std::mem::take(&mut spread.made);
            for lot in made.iter().filter(|lot| *lot != sealed) {
                let share = spread.in_lot(lot, None).share;
                if !is_nothing(&share) {
                    taints.push(Taint {
                        sealed: *sealed,
                        sealed_by: seal.by,
                        lot: *lot,
                        share,
                    });
                }
            }
        }
        taints
    }

    /// F02 for each run whose tainted share reaches the threshold of its day.
    pub(crate) fn tainted_feed(&self, book: &Book) -> Vec<Finding> {
        if self.seals.iter().next().is_none() {
            return Vec::new();
        }
        let graph = self.forward(book, self.seals.iter().map(|(lot, _)| *lot));
        let spread = Spread::of(&graph, self.seals.iter().map(|(lot, _)| *lot).collect());
        let found = spread.order.iter().filter_map(|event| {
            let (run, tainted) = (graph.runs.get(event)?, spread.runs.get(event)?);
            self.finding(book, *event, run, tainted)
        });
        found.collect()
    }

    fn finding(
        &self,
        book: &Book,
        event: EventId,
        run: &Run,
        tainted: &Tainted,
    ) -> Option<Finding> {
        let registry = book.registry();
        let rules = registry.rules_at(run.when.occurred)?;
        let threshold = fraction(rules.taint_threshold_ppm.get().into(), Ppm::ONE.into());
        if tainted.share < threshold {
            return None;
        }
        let seals = tainted.of.iter().filter_map(|lot| self.seals.of(lot));
        let mut seals: Vec<Seal> = seals.collect();
        seals.sort_unstable_by_key(|seal| (seal.occurred, seal.by));
        // One event may seal several lots.
        seals.dedup_by_key(|seal| seal.by);
        let drawn: u128 = run.inputs.iter().map(|i| u128::from(i.reo_mg)).sum();
        let figures = vec![
            Figure::ppm("tainted share", whole(&tainted.share, Ppm::ONE.into())),
            Figure::mg("tainted REO", whole(&tainted.share, drawn)),
        ];
        let subject = Subject {
            site: Some(run.site),
            ..Subject::party(run.party)
        };
        let evidence = [event].into_iter().chain(seals.iter().map(|seal| seal.by));
        let mut finding = Finding::new(FindingCode::F02, subject, figures, evidence.collect());
        let known = seals
            .first()
            .is_some_and(|s| s.occurred <= run.when.occurred);
        finding.severity = if known {
            Severity::Violation
        } else {
            Severity::Warning
        };
        Some(finding)
    }
}

/// A share of something, rounded toward nothing.
fn whole<T: TryFrom<BigInt> + Default>(share: &BigRational, of: u128) -> T {
    let part = (share * BigInt::from(of)).to_integer();
    // A share is at most one, and what it is a share of fits.
    T::try_from(part).unwrap_or_default()
}

impl<'a> Spread<'a> {
    /// Oldest run first: whatever tainted the feed of a run happened before it.
    fn of(graph: &'a Graph, sealed: BTreeSet<LotId>) -> Self {
        let uses = sealed.iter().flat_map(|lot| graph.uses(lot, None));
        let mut waiting: BTreeMap<When, EventId> = uses.map(|used| (used.when, used.run)).collect();
        let mut spread = Self {
            graph,
            sealed,
            runs: HashMap::new(),
            order: Vec::new(),
            made: BTreeSet::new(),
            mixes: HashMap::new(),
        };
        while let Some((when, event)) = waiting.pop_first() {
            let Some(run) = graph.runs.get(&event) else {
                continue;
            };
            let tainted = spread.in_feed(run);
            if is_nothing(&tainted.share) {
                continue;
            }
            spread.runs.insert(event, tainted);
            spread.order.push(event);
            for lot in &run.made {
                let uses = graph.uses(lot, Some(when)).iter();
                waiting.extend(uses.map(|used| (used.when, used.run)));
                spread.made.insert(*lot);
            }
        }
        spread
    }

    fn in_feed(&mut self, run: &Run) -> Tainted {
        let mut feed = Tainted::default();
        let parts = input_parts(self.graph, run, Weight::Reo);
        for (input, part) in run.inputs.iter().zip(parts) {
            if !is_nothing(&part) {
                let tainted = self.in_lot(&input.lot, Some(run.when));
                feed.share += part * tainted.share;
                feed.of.extend(tainted.of);
            }
        }
        feed
    }

    /// The lot as it was at a moment, or as it is; moments must not go back. A sealed lot is tainted as a whole,
    /// whatever it came from.
    fn in_lot(&mut self, lot: &LotId, before: Option<When>) -> Tainted {
        let contributions = self.graph.contributions(lot, before);
        let mix = self.mixes.entry(*lot).or_default();
        for contribution in contributions.iter().skip(mix.taken) {
            mix.take(contribution, self.runs.get(&contribution.stated_by));
        }
        let mut tainted = mix.tainted();
        if self.sealed.contains(lot) {
            tainted.share = one();
            tainted.of.insert(*lot);
        }
        tainted
    }
}

impl Mix {
    fn take(&mut self, contribution: &Contribution, feed: Option<&Tainted>) {
        let weights = scales(contribution);
        self.taken += 1;
        self.whole = plus(self.whole, weights);
        let scale = scale_in_use(&self.whole).map_or(0, |(scale, _)| scale);
        if scale != self.scale {
            // On the scale that counts from now on, what came before weighs nothing.
            (self.scale, self.matter) = (scale, Tainted::default());
        }
        let weight = weights[scale];
        if let Some(feed) = feed.filter(|_| weight != 0) {
            self.matter.share += &feed.share * BigInt::from(weight);
            self.matter.of.extend(&feed.of);
        }
    }

    fn tainted(&self) -> Tainted {
        let mut tainted = self.matter.clone();
        if let Some((_, whole)) = scale_in_use(&self.whole) {
            tainted.share /= BigInt::from(whole);
        }
        tainted
    }
}
