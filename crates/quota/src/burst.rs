//! Q04: a year's production crowded into December, when everyone knows how much quota is left.
//!
//! Invariant: judged once the year is over, by the day on which production happened. Small producers have lumpy years,
//! so December must outweigh the other months and be a real part of the year. Knows no allocations.

use std::collections::BTreeMap;

use domain::Month;
use projection::{Figure, Finding, FindingCode, Subject};

use crate::account::{Usage, UsageKey};

/// December is a burst above this many times the average of the other months.
const TIMES_AVERAGE: i128 = 3;
/// And above this share of the year, in percent.
const PERCENT_OF_YEAR: i128 = 15;

pub(crate) fn findings(usage: &BTreeMap<UsageKey, Usage>, now: Month) -> Vec<Finding> {
    let over = usage.iter().filter(|((_, year, _), _)| *year < now.year());
    over.filter_map(|((party, year, _), usage)| {
        let is_december = |day: &domain::Day| day.month().month() == 12;
        let in_december = usage.days().filter(|(day, _)| is_december(day));
        let december: i128 = in_december.clone().map(|(_, used)| used.mg).sum();
        let before = usage.consumed() - december;
        let crowded = december * 11 > TIMES_AVERAGE * before
            && december * 100 > PERCENT_OF_YEAR * (before + december);
        let (_, first) = in_december.clone().next().filter(|_| crowded)?;
        let subject = Subject {
            year: Some(*year),
            ..Subject::party(*party)
        };
        let figures = vec![
            Figure::mg("in December", december),
            Figure::mg("average of the other months", before / 11),
        ];
        Some(Finding::new(
            FindingCode::Q04,
            subject,
            figures,
            vec![first.event],
        ))
    })
    .collect()
}
