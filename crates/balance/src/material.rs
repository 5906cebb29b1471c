//! The material balance of a site, from count to count, for REO and each element, with what is unaccounted for.
//!
//! Invariant: opening + ins - outs = book ending, and book ending - physical ending = MUF, to the milligram, over the boundary
//! of the site: runs inside are no terms, and what they lose without measuring it is shown apart. The physical ending opens
//! the next period. What became known late stands in the period in which it happened.

use std::collections::BTreeMap;

use domain::payload::{LotProcessed, Process};
use domain::{Code, Composition, Element, EventId, LotId, Moment, Payload, Ppm, SiteId};
use projection::{
    Amount, Book, Column, Fact, Inventory, LotRecord, Measure, Movement, ProjectionFault, Until,
    walk,
};
use store::Entries;

use crate::area::crosses_boundary;
use crate::found::{vessel_measure, vessel_reo};
use crate::methods::{Methods, Stated};
use crate::spread::{Source, Spread, Weighing};

/// What a line of the balance counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    Reo,
    /// Oxide of account of one element.
    Element(Element),
    /// REO of lots whose composition nobody stated.
    Unassayed,
}

impl std::fmt::Display for Matter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reo => f.pad("REO"),
            Self::Element(element) => f.pad(element.oxide()),
            Self::Unassayed => f.pad("unassayed REO"),
        }
    }
}

/// How a mass of REO is known, by the rules and methods of its day, which later ones leave as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    weighing: Option<Weighing>,
    composition: Option<Composition>,
    /// By element; nothing where the product alone says what it is made of.
    shares: Vec<(Element, Weighing)>,
    /// The one analysis behind all that is taken of a lot.
    lot: Option<LotId>,
}

/// One movement over the boundary of the site, in milligrams of REO; outs are negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaterialPosting {
    pub position: u64,
    pub event: EventId,
    pub name: &'static str,
    pub occurred: Moment,
    /// Nothing for what a run discards as measured.
    pub lot: Option<LotId>,
    pub column: Column,
    pub reo_mg: i128,
    /// The method that the event names, and whether it stood for it on that day.
    pub method: Option<(Code, bool)>,
    known: Known,
    sign: i8,
    stated_at: u64,
}

/// What runs of one process did inside, in milligrams of REO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunLoss {
    pub taken: i128,
    /// Outputs and residue.
    pub kept: i128,
    /// As measured; these cross the boundary.
    pub discarded: i128,
}

impl RunLoss {
    /// What was neither kept nor measured.
    pub const fn lost(&self) -> i128 {
        self.taken - self.kept - self.discarded
    }

    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// The balance of one kind of matter, in milligrams.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// PB: what was there when the period began.
    pub opening: i128,
    /// By column; outs are negative.
    pub changes: BTreeMap<Column, i128>,
    /// PE: what was counted; nothing in a period that no count ended yet.
    pub physical: Option<i128>,
    /// One standard deviation of the MUF.
    pub sigma: Option<i128>,
}

impl Line {
    /// BE: what the book says at the end.
    pub fn book(&self) -> i128 {
        self.opening + self.changes.values().sum::<i128>()
    }

    /// MUF: book ending less physical ending.
    pub fn unaccounted(&self) -> Option<i128> {
        self.physical.map(|physical| self.book() - physical)
    }
}

/// From one count to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The time of the count that ended it, and its event.
    pub count: Option<(Moment, EventId)>,
    pub lines: BTreeMap<Matter, Line>,
    /// Beside the balance, by process.
    pub runs: BTreeMap<Process, RunLoss>,
    /// Sum of the MUF of REO up to this period.
    pub cumulative: i128,
    pub postings: Vec<MaterialPosting>,
}

impl Period {
    /// One standard deviation of the MUF of REO; nothing before a count.
    pub fn sigma(&self) -> Option<i128> {
        self.lines.get(&Matter::Reo)?.sigma
    }
}

/// A count that stands.
struct Taken {
    as_of: Moment,
    position: u64,
    found: Vec<(i128, Known)>,
}

/// What a run did, and when.
struct RunPosting {
    occurred: Moment,
    stated_at: u64,
    process: Process,
    loss: RunLoss,
}

#[derive(Default)]
struct Collected {
    methods: Methods,
    postings: Vec<MaterialPosting>,
    runs: Vec<RunPosting>,
    counts: BTreeMap<EventId, Taken>,
}

/// The material balance of a site, period by period; the last one is still open.
///
/// # Errors
/// The log can't be read, or `until` lies past its end.
pub fn material(
    entries: &dyn Entries,
    until: Until,
    site: &SiteId,
) -> Result<Vec<Period>, ProjectionFault> {
    let mut collected = Collected::default();
    walk(entries, until, &mut |book, fact, moves| {
        collected.take(book, site, fact, moves);
    })?;
    Ok(collected.periods())
}

impl Collected {
    fn take(&mut self, book: &Book, site: &SiteId, fact: &Fact<'_>, moves: &[Movement]) {
        self.methods.take(fact);
        let terms = moves.iter().filter(|step| step.site_id() == *site);
        for step in terms.filter(|step| crosses_boundary(step.column)) {
            let known = self.known(book, fact, step);
            self.post(
                book,
                fact,
                (Some(step.lot), step.column, step.reo_mg),
                (known, step.measure),
            );
        }
        if let Payload::LotProcessed(run) = fact.payload
            && (fact.author, run.site) == (site.party, site.code)
        {
            self.take_run(book, fact, run);
        }
        let recounted = book.recounted();
        let here = |inventory: &&Inventory| inventory.id.site == *site;
        if let Some(before) = recounted.before.as_ref().filter(here) {
            self.counts.remove(&before.count);
        }
        // A count that the book compares with nothing ends no period.
        let now = recounted.now.as_ref().filter(here);
        if let Some(now) = now.filter(|now| book.compares(&now.count)) {
            self.take_count(book, fact, now);
        }
    }

    fn post(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        (lot, column, reo_mg): (Option<LotId>, Column, i128),
        (known, measure): (Known, Measure),
    ) {
        let stated = Stated::of(book, fact);
        let holds = self.methods.holds(stated, measure);
        self.postings.push(MaterialPosting {
            position: fact.position,
            event: fact.cause,
            name: fact.payload.name(),
            occurred: fact.occurred,
            lot,
            column,
            reo_mg,
            method: measure.method.map(|method| (method, holds)),
            known,
            sign: fact.sign,
            stated_at: fact.stated_at,
        });
    }

    /// What a run measures and throws away crosses the boundary; what it makes of lots stays inside.
    fn take_run(&mut self, book: &Book, fact: &Fact<'_>, run: &LotProcessed) {
        let rules = book.registry().rules_at(fact.occurred);
        let stated = Stated::of(book, fact);
        let mut loss = RunLoss::default();
        for input in run.inputs.iter() {
            loss.taken += fact.signed(&input.quantity).reo;
        }
        for lot in run.outputs.iter().chain(run.retained.iter()) {
            loss.kept += fact.signed(&lot.quantity).reo;
        }
        for discard in run.discards.iter() {
            let reo = fact.signed(&discard.quantity).reo;
            loss.discarded += reo;
            let measure = Measure::from(&discard.quantity);
            let known = Known {
                weighing: rules.map(|rules| self.methods.weighing(rules, stated, measure)),
                composition: None,
                shares: Vec::new(),
                lot: None,
            };
            self.post(
                book,
                fact,
                (None, Column::Discarded, -reo),
                (known, measure),
            );
        }
        self.runs.push(RunPosting {
            occurred: fact.occurred,
            stated_at: fact.stated_at,
            process: run.process,
            loss,
        });
    }

    fn known(&self, book: &Book, fact: &Fact<'_>, step: &Movement) -> Known {
        // As it was known when what the fact states or takes back was booked.
        let record = book.lot_at(&step.lot, fact.booked_at);
        let rules = book.registry().rules_at(fact.occurred);
        let stated = Stated::of(book, fact);
        Known {
            weighing: rules.map(|rules| self.methods.weighing(rules, stated, step.measure)),
            composition: record.and_then(|lot| lot.product.composition(lot.composition)),
            shares: self.shares(book, &step.lot, record),
            lot: Some(step.lot),
        }
    }

    /// How the shares of a lot's elements are known, by whoever described it.
    fn shares(
        &self,
        book: &Book,
        lot: &LotId,
        record: Option<LotRecord>,
    ) -> Vec<(Element, Weighing)> {
        let assayed = record.filter(|record| record.product.element().is_none());
        let Some((record, made)) = assayed.and_then(|lot| Some((lot, lot.composition?))) else {
            return Vec::new();
        };
        let Some(rules) = book.registry().rules_at(record.occurred) else {
            return Vec::new();
        };
        let stated = Stated {
            by: lot.creator,
            day: book.registry().zone().day_of(record.occurred),
            at: record.first_position,
        };
        let share = |(element, _)| {
            let how = self
                .methods
                .share(rules, stated, record.assay_method, element);
            (element, how)
        };
        made.shares().map(share).collect()
    }

    fn take_count(&mut self, book: &Book, fact: &Fact<'_>, now: &Inventory) {
        let rules = book.registry().rules_at(now.id.as_of);
        let zone = book.registry().zone();
        let stated = |at| Stated {
            by: now.id.site.party,
            day: zone.day_of(now.id.as_of),
            at,
        };
        let mut found = Vec::new();
        for counted in &now.lots {
            let (line, at) = (&counted.line, counted.stated_at);
            let record = book.lot_at(&line.lot, fact.booked_at);
            let measure = Measure::from(&line.quantity);
            let known = Known {
                weighing: rules.map(|rules| self.methods.weighing(rules, stated(at), measure)),
                composition: record.and_then(|lot| lot.product.composition(lot.composition)),
                shares: self.shares(book, &line.lot, record),
                lot: Some(line.lot),
            };
            found.push((Amount::from(&line.quantity).reo, known));
        }
        for counted in &now.vessels {
            let (vessel, at) = (&counted.vessel, counted.stated_at);
            let measure = vessel_measure(vessel.method);
            let by_element = |(element, _)| {
                let share = rules.map(|rules| self.methods.share(rules, stated(at), None, element));
                Some((element, share?))
            };
            let shares = vessel.composition.as_ref().map(Composition::shares);
            let known = Known {
                weighing: rules.map(|rules| self.methods.weighing(rules, stated(at), measure)),
                composition: vessel.composition,
                shares: shares
                    .into_iter()
                    .flatten()
                    .filter_map(by_element)
                    .collect(),
                lot: None,
            };
            found.push((vessel_reo(vessel), known));
        }
        let (as_of, position) = now.time();
        let taken = Taken {
            as_of,
            position,
            found,
        };
        self.counts.insert(now.count, taken);
    }

    fn periods(mut self) -> Vec<Period> {
        let counts = std::mem::take(&mut self.counts);
        let mut counts: Vec<(EventId, Taken)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| (count.as_of, count.position));
        // As the book sees it: what happened at the very time of a count belongs to it if it was entered before it.
        let period_of = |time: (Moment, u64)| {
            counts.partition_point(|(_, count)| (count.as_of, count.position) < time)
        };
        let mut parts = vec![(Vec::new(), BTreeMap::<Process, RunLoss>::new()); counts.len() + 1];
        for posting in self.postings {
            let place = period_of((posting.occurred, posting.stated_at));
            parts[place].0.push(posting);
        }
        for run in self.runs {
            let place = period_of((run.occurred, run.stated_at));
            let sum = parts[place].1.entry(run.process).or_default();
            sum.taken += run.loss.taken;
            sum.kept += run.loss.kept;
            sum.discarded += run.loss.discarded;
        }
        let (mut opening, mut cumulative) = (Sums::default(), 0);
        let mut periods = Vec::with_capacity(parts.len());
        for (place, (postings, mut runs)) in parts.into_iter().enumerate() {
            runs.retain(|_, loss| !loss.is_nothing());
            let mut lines = lines(&opening, &postings);
            let count = counts.get(place);
            if let Some((_, count)) = count {
                for posting in &postings {
                    opening.add(posting.reo_mg, &posting.known, posting.sign);
                }
                let found = Sums::of(&count.found);
                let known: Vec<Matter> = lines.keys().chain(found.0.keys()).copied().collect();
                for matter in known {
                    let line = lines.entry(matter).or_default();
                    let (physical, spread) = found.of_matter(matter);
                    line.physical = Some(physical);
                    line.sigma = Some(opening.of_matter(matter).1.less(&spread).sigma());
                }
                let reo = lines.get(&Matter::Reo).and_then(Line::unaccounted);
                cumulative += reo.unwrap_or_default();
                opening = found;
            }
            periods.push(Period {
                count: count.map(|(event, count)| (count.as_of, *event)),
                lines,
                runs,
                cumulative,
                postings,
            });
        }
        periods
    }
}

/// Masses and their spreads, by matter.
#[derive(Default)]
struct Sums(BTreeMap<Matter, (i128, Spread)>);

impl Sums {
    fn of(found: &[(i128, Known)]) -> Self {
        let mut sums = Self::default();
        for (reo_mg, known) in found {
            sums.add(*reo_mg, known, 1);
        }
        sums
    }

    fn of_matter(&self, matter: Matter) -> (i128, Spread) {
        self.0.get(&matter).cloned().unwrap_or_default()
    }

    fn add(&mut self, reo_mg: i128, known: &Known, sign: i8) {
        for (matter, mg) in split(reo_mg, known.composition.as_ref()) {
            let (sum, spread) = self.0.entry(matter).or_default();
            *sum += mg;
            if let Some(weighing) = known.weighing {
                spread.add(weighing, mg, sign);
            }
            let how = match matter {
                Matter::Element(element) => {
                    let mut shares = known.shares.iter();
                    shares.find(|(known, _)| *known == element)
                }
                Matter::Reo | Matter::Unassayed => None,
            };
            let Some((_, how)) = how else {
                continue;
            };
            match known.lot {
                Some(lot) => spread.add_linear(Source::Lot(lot), how.random.of(mg)),
                None => spread.add_random(how.random.of(mg), sign),
            }
            spread.add_linear(how.source, how.systematic.of(mg));
        }
    }
}

fn lines(opening: &Sums, postings: &[MaterialPosting]) -> BTreeMap<Matter, Line> {
    let mut lines: BTreeMap<Matter, Line> = BTreeMap::new();
    for (matter, (mg, _)) in &opening.0 {
        lines.entry(*matter).or_default().opening = *mg;
    }
    for posting in postings {
        for (matter, mg) in split(posting.reo_mg, posting.known.composition.as_ref()) {
            let line = lines.entry(matter).or_default();
            *line.changes.entry(posting.column).or_default() += mg;
        }
    }
    lines
}

/// REO, and the same by element.
fn split(reo_mg: i128, composition: Option<&Composition>) -> Vec<(Matter, i128)> {
    let mut parts = vec![(Matter::Reo, reo_mg)];
    match composition {
        None => parts.push((Matter::Unassayed, reo_mg)),
        Some(composition) => parts.extend(composition.shares().map(|(element, share)| {
            let mg = reo_mg * i128::from(share) / i128::from(Ppm::ONE);
            (Matter::Element(element), mg)
        })),
    }
    parts.retain(|(_, mg)| *mg != 0);
    parts
}
