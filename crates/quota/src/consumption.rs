//! How much quota a run consumes: of mining, where it dresses raw ore (Order 71 article 2), and of separation (article 3).
//!
//! Invariant: only ore consumes it, whatever its origin, imported and monazite too; feed that is a compound already was
//! counted before and is not counted again. A reversal is the opposite of what was counted. Knows nothing of holders.

use std::collections::BTreeMap;

use domain::payload::{LotProcessed, Process};
use domain::{Product, Track};
use projection::{Amount, Book, Fact};

/// REO of the outputs in proportion to the REO of ore among the inputs; `None` if the run consumes no quota.
///
/// A lot that no event brought forth counts as ore: an unknown origin must not be the way around the quota.
pub(crate) fn of_run(book: &Book, fact: &Fact<'_>, run: &LotProcessed) -> Option<i128> {
    if run.process != Process::Separation {
        return None;
    }
    let (mut ore, mut all) = (0i128, 0i128);
    for input in run.inputs.iter() {
        let mg = Amount::from(&input.quantity).reo;
        all += mg;
        let known = book.lot_at(&input.lot, fact.booked_at);
        if known.is_none_or(|lot| lot.product.is_ore()) {
            ore += mg;
        }
    }
    let out: i128 = run
        .outputs
        .iter()
        .map(|output| Amount::from(&output.quantity).reo)
        .sum();
    (ore > 0).then(|| out * ore / all)
}

/// REO of what a run makes of raw ore that is not raw ore any more, by mining track: of each kind in proportion to its REO
/// among the inputs. Whatever the run is called: a name must not be the way around the quota.
pub(crate) fn of_dressing(
    book: &Book,
    fact: &Fact<'_>,
    run: &LotProcessed,
) -> BTreeMap<Track, i128> {
    let (mut raw, mut all) = (BTreeMap::new(), 0i128);
    for input in run.inputs.iter() {
        let mg = Amount::from(&input.quantity).reo;
        all += mg;
        let known = book.lot_at(&input.lot, fact.booked_at);
        if let Some(Product::RawOre(kind)) = known.map(|lot| lot.product) {
            *raw.entry(kind.track()).or_insert(0) += mg;
        }
    }
    let dressed = |product| !matches!(product, Product::RawOre(_));
    let made = run.outputs.iter().filter(|output| dressed(output.product));
    let out: i128 = made.map(|output| Amount::from(&output.quantity).reo).sum();
    raw.retain(|_, mg| *mg > 0);
    raw.values_mut().for_each(|mg| *mg = out * *mg / all);
    raw
}
