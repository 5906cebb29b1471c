//! The monthly returns.
//!
//! Invariant: every firm files every month of 2024 from the 3rd to the 9th of the next, before the day's trade, except
//! where planted.

use domain::Month;

use super::{Planner, party_of};
use crate::cast::{FIRMS, named};
use crate::plan::PlannedFact;

const FIRST: u8 = 3;
/// The last day on which an ordinary return is filed; it is due before the 10th.
const LAST: u8 = 9;

impl Planner {
    /// The day's returns.
    pub(crate) fn filings(&mut self) {
        let month = self.day.month().previous();
        if month.year() != 2024 {
            return;
        }
        let days = usize::from(LAST - FIRST) + 1;
        for firm in 0..FIRMS.len() {
            let usual = FIRST + ((firm * 5 + usize::from(month.month())) % days) as u8;
            let late = firm == named::LATE_MONTH && month.month() == 7;
            let missing = firm == named::NO_RETURN && month.month() == 5;
            let due = if late { 16 } else { usual };
            if self.day.day() == due && !missing {
                let step = self.file(firm, month);
                if late {
                    let note = "the return of July was filed on 16 August";
                    self.plant_in(month, "R01", firm, step, note);
                }
                if firm == named::NO_RETURN && month.month() == 6 {
                    let note = "the return of May was never filed; June's follows April's";
                    self.plant_in(month.previous(), "R02", firm, step, note);
                }
            }
        }
    }

    fn file(&mut self, firm: usize, month: Month) -> usize {
        self.push(party_of(firm), PlannedFact::Close { month })
    }
}
