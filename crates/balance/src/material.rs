//! The material balance of a site: from count to count, for REO and each element, with what is unaccounted for.
//!
//! Invariant: opening + increases - decreases = book ending, and book ending - physical ending = MUF, to the milligram;
//! the physical ending opens the next period. What became known late stands in the period in which it happened.

use std::collections::BTreeMap;

use domain::payload::StockCounted;
use domain::{Composition, Element, EventId, LotId, Moment, Payload, Ppm, SiteId};
use projection::{Amount, Book, Column, Fact, Movement, ProjectionFault, Until, walk};
use store::Entries;

use crate::area::{Spread, Weighing, counted_spread};

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

/// One movement of the site, in milligrams of REO; outs are negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaterialPosting {
    pub position: u64,
    pub event: EventId,
    pub name: &'static str,
    pub occurred: Moment,
    pub lot: LotId,
    pub column: Column,
    pub reo_mg: i128,
    /// The same by element, where the composition is known.
    composition: Option<Composition>,
    /// By the rules of its day, which a later change of the rules leaves as they were.
    weighing: Option<Weighing>,
    sign: i8,
    stated_at: u64,
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
    /// One standard deviation of the MUF of REO; nothing before a count.
    pub sigma: Option<i128>,
    /// Sum of the MUF of REO up to this period.
    pub cumulative: i128,
    pub postings: Vec<MaterialPosting>,
}

/// A count that stands.
struct Taken {
    as_of: Moment,
    position: u64,
    event: EventId,
    lots: Vec<(i128, Option<Composition>)>,
    spread: Spread,
}

#[derive(Default)]
struct Collected {
    postings: Vec<MaterialPosting>,
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

/// As it was known when what the fact states or takes back was booked.
fn composition_of(book: &Book, fact: &Fact<'_>, lot: &LotId) -> Option<Composition> {
    let known = book.lot_at(lot, fact.booked_at)?;
    let pure = || known.product.element().map(Composition::pure);
    known.composition.or_else(pure)
}

impl Collected {
    fn take(&mut self, book: &Book, site: &SiteId, fact: &Fact<'_>, moves: &[Movement]) {
        let here = |step: &&Movement| step.party == site.party && step.site == site.code;
        let own = moves
            .iter()
            .filter(here)
            .filter(|step| !step.is_relabelling());
        let rules = book.registry().rules_at(fact.occurred);
        for step in own.filter(|step| step.column != Column::CountedDifference) {
            self.postings.push(MaterialPosting {
                position: fact.position,
                event: fact.cause,
                name: fact.payload.name(),
                occurred: fact.occurred,
                lot: step.lot,
                column: step.column,
                reo_mg: step.reo_mg,
                composition: composition_of(book, fact, &step.lot),
                weighing: rules.map(|rules| Weighing::under(rules, step.measure)),
                sign: fact.sign,
                stated_at: fact.stated_at,
            });
        }
        if let Payload::StockCounted(count) = fact.payload
            && (fact.author, count.site) == (site.party, site.code)
        {
            self.take_count(book, fact, count);
        }
    }

    fn take_count(&mut self, book: &Book, fact: &Fact<'_>, count: &StockCounted) {
        self.counts.remove(&fact.stated_by);
        // A count that the book compares with nothing ends no period.
        let compared = fact.sign > 0 && book.compares(&fact.stated_by);
        let rules = book.registry().rules_at(fact.occurred);
        let Some(rules) = rules.filter(|_| compared) else {
            return;
        };
        let lots = count.lots.iter().map(|line| {
            let composition = composition_of(book, fact, &line.lot);
            (Amount::from(&line.quantity).reo, composition)
        });
        let taken = Taken {
            as_of: count.as_of,
            position: fact.stated_at,
            event: fact.stated_by,
            lots: lots.collect(),
            spread: counted_spread(rules, count),
        };
        self.counts.insert(fact.stated_by, taken);
    }

    fn periods(mut self) -> Vec<Period> {
        let mut counts: Vec<Taken> = std::mem::take(&mut self.counts).into_values().collect();
        counts.sort_by_key(|count| (count.as_of, count.position));
        // As the book sees it: what happened at the very time of a count belongs to it if it was entered before it.
        let period_of = |posting: &MaterialPosting| {
            let after = |count: &Taken| {
                (posting.occurred, posting.stated_at) > (count.as_of, count.position)
            };
            counts.iter().take_while(|count| after(count)).count()
        };
        let mut parts: Vec<Vec<MaterialPosting>> = vec![Vec::new(); counts.len() + 1];
        for posting in self.postings {
            let place = period_of(&posting);
            parts[place].push(posting);
        }
        let (mut opening, mut spread, mut cumulative) = (BTreeMap::new(), Spread::default(), 0);
        let mut periods = Vec::with_capacity(parts.len());
        for (place, postings) in parts.into_iter().enumerate() {
            let count = counts.get(place);
            let mut lines = lines(&opening, &postings);
            for posting in &postings {
                if let Some(weighing) = posting.weighing {
                    spread.add(weighing, posting.reo_mg, posting.sign);
                }
            }
            let mut sigma = None;
            if let Some(count) = count {
                sigma = Some(spread.closed_by(&count.spread).sigma());
                spread = count.spread;
                opening = count.matter();
                let known: Vec<Matter> = lines.keys().chain(opening.keys()).copied().collect();
                for matter in known {
                    let physical = opening.get(&matter).copied().unwrap_or_default();
                    lines.entry(matter).or_default().physical = Some(physical);
                }
                let reo = lines.get(&Matter::Reo).and_then(Line::unaccounted);
                cumulative += reo.unwrap_or_default();
            }
            periods.push(Period {
                count: count.map(|count| (count.as_of, count.event)),
                lines,
                sigma,
                cumulative,
                postings,
            });
        }
        periods
    }
}

fn lines(opening: &BTreeMap<Matter, i128>, postings: &[MaterialPosting]) -> BTreeMap<Matter, Line> {
    let mut lines: BTreeMap<Matter, Line> = BTreeMap::new();
    for (matter, mg) in opening {
        lines.entry(*matter).or_default().opening = *mg;
    }
    for posting in postings {
        for (matter, mg) in split(posting.reo_mg, posting.composition.as_ref()) {
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

impl Taken {
    fn matter(&self) -> BTreeMap<Matter, i128> {
        let mut sums = BTreeMap::new();
        for (reo_mg, composition) in &self.lots {
            for (matter, mg) in split(*reo_mg, composition.as_ref()) {
                *sums.entry(matter).or_default() += mg;
            }
        }
        sums
    }
}
