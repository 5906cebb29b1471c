//! Weights: how much each contribution to a lot, and each input of a run, counts in the mix.
//!
//! Invariant: the parts of one mix sum to exactly one, whatever the masses are. Knows nothing of origins.

use domain::Element;
use num_bigint::BigInt;
use num_rational::BigRational;

use crate::graph::{Contribution, Graph, Run};

/// By what the inputs of a run are weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// REO drawn.
    Reo,
    /// Oxide of one element in the REO drawn; REO where the composition of an input is not known.
    Element(Element),
}

/// The same thing weighed by REO, by net mass, and as one thing among others: the first scale on which the whole mix
/// weighs anything is the one that counts.
pub(crate) type Scales = [u128; 3];

pub(crate) fn scales(contribution: &Contribution) -> Scales {
    let (reo, net) = (contribution.reo_mg, contribution.net_mg);
    [reo.into(), net.into(), 1]
}

/// The scale that counts, and what the mix weighs on it; nothing only if the mix has no parts.
pub(crate) fn scale_in_use(whole: &Scales) -> Option<(usize, u128)> {
    let mut weighed = whole.iter().copied().enumerate();
    weighed.find(|(_, weight)| *weight != 0)
}

pub(crate) fn plus(left: Scales, right: Scales) -> Scales {
    [left[0] + right[0], left[1] + right[1], left[2] + right[2]]
}

/// The part of each input in what a run drew, in the order of the inputs.
pub(crate) fn input_parts(graph: &Graph, run: &Run, weight: Weight) -> Vec<BigRational> {
    let by_element = match weight {
        Weight::Reo => None,
        Weight::Element(element) => element_drawn(graph, run, element),
    };
    let inputs = run.inputs.iter();
    let by_reo = inputs.clone().map(|input| u128::from(input.reo_mg));
    let by_net = inputs.clone().map(|input| u128::from(input.net_mg));
    let scales = by_element.into_iter().chain([
        by_reo.collect(),
        by_net.collect(),
        inputs.map(|_| 1).collect::<Vec<u128>>(),
    ]);
    let mut weighed = scales.map(|weights| (weights.iter().sum::<u128>(), weights));
    let (whole, weights) = weighed
        .find(|(whole, _)| *whole != 0)
        .unwrap_or((1, Vec::new()));
    weights
        .into_iter()
        .map(|weight| fraction(weight, whole))
        .collect()
}

/// Element in each input times one million; nothing if the composition of any input is not known. A lot has the
/// composition that was stated for it first, as in the book.
fn element_drawn(graph: &Graph, run: &Run, element: Element) -> Option<Vec<u128>> {
    let drawn = run.inputs.iter().map(|input| {
        let mut before = graph.contributions(&input.lot, Some(run.when)).iter();
        let composition = before.find_map(|contribution| contribution.composition)?;
        Some(u128::from(input.reo_mg) * u128::from(composition.share(element)))
    });
    drawn.collect()
}

pub(crate) fn fraction(part: u128, whole: u128) -> BigRational {
    BigRational::new(BigInt::from(part), BigInt::from(whole))
}

pub(crate) fn nothing() -> BigRational {
    BigRational::from_integer(BigInt::ZERO)
}

pub(crate) fn one() -> BigRational {
    BigRational::from_integer(BigInt::from(1))
}

pub(crate) fn is_nothing(share: &BigRational) -> bool {
    *share.numer() == BigInt::ZERO
}
