//! Material balance areas: what went in and out of each site, and how far a count may differ by measurement alone (M04).
//!
//! Invariant: a site is one area. The spread since the last count is a sum over weighings, so that a correction takes its
//! part out again exactly. Random parts add in quadrature over weighings; systematic parts add linearly within one method,
//! then in quadrature across methods. Half of a stated variance counts as random, half as systematic.

use std::collections::BTreeMap;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use domain::payload::StockCounted;
use domain::{Basis, EventId, Ppm, RuleSet, SiteId};
use hashbrown::HashMap;
use projection::{
    Amount, Book, Column, Fact, Figure, Finding, FindingCode, Measure, Movement, Subject,
};

/// How a mass is known, and how far it may be off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weighing {
    basis: Basis,
    /// Standard uncertainty as a share of the mass.
    relative: Ppm,
}

impl Weighing {
    /// What an event does not state, the rules of its day do.
    pub(crate) fn under(rules: &RuleSet, measure: Measure) -> Self {
        Self {
            basis: measure.basis,
            relative: measure.uncertainty.unwrap_or(rules.default_uncertainty_ppm),
        }
    }
}

/// The spread of a sum of weighings, in milligrams of REO. Sums that no honest log reaches (a thousand weighings of the
/// greatest mass, each as uncertain as it is large) stop at the greatest number there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Spread {
    /// Sum of squares of the standard uncertainties.
    squares: i128,
    /// Sum of the signed standard uncertainties, by method.
    linear: [i128; Basis::ALL.len()],
}

impl Spread {
    /// Adds a weighing of `mg`, in positive, out negative; `sign` -1 takes it out again.
    pub(crate) fn add(&mut self, weighing: Weighing, mg: i128, sign: i8) {
        let deviation = weighing.relative.of(mg);
        let square = deviation.saturating_mul(deviation);
        self.squares = self
            .squares
            .saturating_add(square.saturating_mul(i128::from(sign)));
        let linear = &mut self.linear[usize::from(weighing.basis.code()) - 1];
        *linear = linear.saturating_add(deviation);
    }

    fn plus(mut self, other: &Self, sign: i128) -> Self {
        let squares = other.squares.saturating_mul(sign);
        self.squares = self.squares.saturating_add(squares);
        for (sum, part) in self.linear.iter_mut().zip(other.linear) {
            *sum = sum.saturating_add(part.saturating_mul(sign));
        }
        self
    }

    /// Of book less counted: counting with the method of the book cancels its systematic part, but no random one.
    pub(crate) fn closed_by(mut self, counted: &Self) -> Self {
        self.squares = self.squares.saturating_add(counted.squares);
        for (sum, part) in self.linear.iter_mut().zip(counted.linear) {
            *sum = sum.saturating_sub(part);
        }
        self
    }

    /// One standard deviation.
    pub(crate) fn sigma(&self) -> i128 {
        let squares = self.linear.iter().map(|sum| sum.saturating_mul(*sum));
        let both = squares.fold(self.squares, i128::saturating_add);
        let variance = u128::try_from(both / 2).unwrap_or_default();
        i128::try_from(variance.isqrt()).unwrap_or(i128::MAX)
    }
}

/// One site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
struct Area {
    /// REO that came in and went out, counted differences left out.
    into: i128,
    out: i128,
    since_count: Spread,
}

/// A physical inventory taking against the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Count {
    site: SiteId,
    /// Book minus counted.
    unaccounted: i128,
    sigma: i128,
    limit: i128,
    /// What the area had gathered before the count.
    before: Spread,
}

/// Areas by site, and counts by event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Areas {
    areas: HashMap<SiteId, Area>,
    counts: BTreeMap<EventId, Count>,
}

/// Areas in the order of their sites, so that equal states have equal bytes.
impl Encode for Areas {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        let mut areas: Vec<_> = self.areas.iter().collect();
        areas.sort_unstable_by_key(|(site, _)| **site);
        areas.encode(encoder)?;
        self.counts.encode(encoder)
    }
}

impl<C> Decode<C> for Areas {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let areas: Vec<(SiteId, Area)> = Decode::decode(decoder)?;
        Ok(Self {
            areas: areas.into_iter().collect(),
            counts: Decode::decode(decoder)?,
        })
    }
}

bincode::impl_borrow_decode!(Areas);

impl Areas {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>, moves: &[Movement]) {
        let rules = book.registry().rules_at(fact.occurred);
        let Some(rules) = rules.filter(|_| !moves.is_empty()) else {
            return;
        };
        for step in moves.iter().filter(|step| !step.is_relabelling()) {
            if step.column == Column::CountedDifference {
                let count = step.count.and_then(|count| self.counts.get_mut(&count));
                if let Some(count) = count {
                    count.unaccounted -= step.reo_mg;
                }
                continue;
            }
            let area = self.areas.entry(site_of(step)).or_default();
            // A reversal is the opposite of what was booked, in the same direction's sum.
            let is_in = (step.reo_mg >= 0) == (fact.sign > 0);
            if is_in {
                area.into += step.reo_mg;
            } else {
                area.out -= step.reo_mg;
            }
            // What lies before a count belongs to a period that is over.
            let is_counted = |other: &Movement| {
                other.count.is_some() && (other.party, other.site) == (step.party, step.site)
            };
            if !moves.iter().any(is_counted) {
                let spread = &mut area.since_count;
                spread.add(Weighing::under(rules, step.measure), step.reo_mg, fact.sign);
            }
        }
    }

    /// Opens the next period with the counted stock; the differences follow as movements.
    pub(crate) fn take_count(&mut self, book: &Book, fact: &Fact<'_>, count: &StockCounted) {
        let Some(rules) = book.registry().rules_at(fact.occurred) else {
            return;
        };
        let site = SiteId {
            party: fact.author,
            code: count.site,
        };
        let counted = counted_spread(rules, count);
        let area = self.areas.entry(site).or_default();
        if fact.sign < 0 {
            if let Some(known) = self.counts.remove(&fact.stated_by) {
                area.since_count = area.since_count.plus(&counted, -1).plus(&known.before, 1);
            }
            return;
        }
        let before = area.since_count;
        let sigma = before.closed_by(&counted).sigma();
        // The counted lots open the next period with their own uncertainty.
        area.since_count = counted;
        let taken = Count {
            site,
            unaccounted: 0,
            sigma,
            limit: sigma * i128::from(rules.muf_sigma_milli) / 1_000,
            before,
        };
        self.counts.insert(fact.stated_by, taken);
    }

    /// REO that came in and went out of all sites of a party.
    pub(crate) fn turnover(&self, party: &domain::PartyId) -> (i128, i128) {
        let of_party = self.areas.iter().filter(|(site, _)| site.party == *party);
        of_party.fold((0, 0), |(into, out), (_, area)| {
            (into + area.into, out + area.out)
        })
    }

    pub(crate) fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        let beyond = self
            .counts
            .iter()
            .filter(|(_, count)| count.unaccounted.abs() > count.limit);
        beyond.map(|(event, count)| {
            let subject = Subject {
                site: Some(count.site.code),
                ..Subject::party(count.site.party)
            };
            let figures = vec![
                Figure::mg("MUF", count.unaccounted),
                Figure::mg("sigma", count.sigma),
                Figure::mg("limit", count.limit),
            ];
            Finding::new(FindingCode::M04, subject, figures, vec![*event])
        })
    }
}

/// The spread of what was counted.
pub(crate) fn counted_spread(rules: &RuleSet, count: &StockCounted) -> Spread {
    let mut spread = Spread::default();
    for line in count.lots.iter() {
        let weighing = Weighing::under(rules, Measure::from(&line.quantity));
        spread.add(weighing, Amount::from(&line.quantity).reo, 1);
    }
    spread
}

fn site_of(step: &Movement) -> SiteId {
    SiteId {
        party: step.party,
        code: step.site,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1000 mg weighed in and 1000 mg counted, each at one per cent: 10 mg each. Half of the variance is random,
    /// (100 + 100) / 2; the systematic half cancels if both were measured alike, else it is another 100.
    #[test]
    fn the_systematic_part_cancels_within_a_method_and_not_across() {
        let percent = Ppm::parse_percent("1").unwrap();
        let spread = |basis, mg| {
            let mut spread = Spread::default();
            let relative = percent;
            spread.add(Weighing { basis, relative }, mg, 1);
            spread
        };
        let book = spread(Basis::Weighed, 1_000);
        assert_eq!(book.closed_by(&spread(Basis::Weighed, 1_000)).sigma(), 10);
        assert_eq!(book.closed_by(&spread(Basis::Measured, 1_000)).sigma(), 14);
        // Many weighings: systematic parts add linearly, random ones in quadrature: (100 * 16 + 160 * 160) / 2.
        let mut many = Spread::default();
        for _ in 0..16 {
            many = many.plus(&spread(Basis::Weighed, 1_000), 1);
        }
        assert_eq!(many.sigma(), 116);
        assert_eq!(many.plus(&many, -1), Spread::default());
    }

    /// Two thousand weighings of ten million tonnes, each as uncertain as it is large: their sum squared is beyond 128 bits.
    #[test]
    fn sums_beyond_all_measure_end_at_the_greatest_number() {
        let weighing = Weighing {
            basis: Basis::Weighed,
            relative: Ppm::try_from(Ppm::ONE).unwrap(),
        };
        let mut spread = Spread::default();
        for _ in 0..2_000 {
            spread.add(weighing, 10_000_000_000_000_000, 1);
        }
        let greatest = i128::try_from((u128::MAX >> 2).isqrt()).unwrap();
        assert_eq!(spread.sigma(), greatest);
        for _ in 0..100 {
            spread = spread.plus(&spread, 1);
        }
        assert_eq!(spread.sigma(), greatest);
        assert_eq!(spread.closed_by(&spread).sigma(), greatest);
        spread.add(weighing, i128::MAX / 2_000_000, -1);
        assert_eq!(spread.plus(&spread, -1).sigma(), 0);
    }
}
