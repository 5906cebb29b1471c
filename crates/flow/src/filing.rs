//! What an enterprise files for a month, and where a filing says something else than the log did.
//!
//! Invariant: whoever files and whoever checks a filing ask the same function. Knows nothing of lateness.

use domain::payload::MonthClosed;
use domain::{Month, PartyId};
use projection::Projected;

use crate::{Flow, last_filing, statement};

/// The filing of a month by what the log says now, as event `next_seq` of the party: it covers every event of the party
/// that no earlier filing covers.
pub fn filing(flow: &Projected<Flow>, party: PartyId, month: Month, next_seq: u64) -> MonthClosed {
    let statement = statement(&flow.cells, party, month);
    let covered = last_filing(flow, &party, month).covered_up_to;
    let first_seq = covered.map_or(0, |last| last.saturating_add(1));
    MonthClosed {
        month,
        statement: statement.digest(),
        first_seq,
        last_seq: next_seq.saturating_sub(1).max(first_seq),
        nil: statement.is_nil(),
    }
}

/// A field of a filing that says something else than the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilingDifference {
    pub field: &'static str,
    pub claimed: String,
    pub computed: String,
}

/// Where a filing differs from what [`filing`] gives for its place in the log. It may stop short of the newest events of
/// its author, which the next filing then covers; it may not cover what was not signed yet.
pub fn differences(claimed: &MonthClosed, computed: &MonthClosed) -> Vec<FilingDifference> {
    let mut found = Vec::new();
    let mut note = |field, claimed: String, computed: String| {
        found.push(FilingDifference {
            field,
            claimed,
            computed,
        });
    };
    if claimed.statement != computed.statement {
        let (claimed, computed) = (claimed.statement, computed.statement);
        note("statement", claimed.to_string(), computed.to_string());
    }
    if claimed.nil != computed.nil {
        note("nil", claimed.nil.to_string(), computed.nil.to_string());
    }
    if claimed.first_seq != computed.first_seq {
        let (claimed, computed) = (claimed.first_seq, computed.first_seq);
        note("first_seq", claimed.to_string(), computed.to_string());
    }
    if claimed.last_seq > computed.last_seq {
        let computed = format!("at most {}", computed.last_seq);
        note("last_seq", claimed.last_seq.to_string(), computed);
    }
    found
}

#[cfg(test)]
mod tests {
    use domain::Bytes32;

    use super::*;

    #[test]
    fn every_field_that_differs_is_named_and_a_filing_may_stop_short() {
        let month = Month::new(2024, 1).unwrap();
        let honest = MonthClosed {
            month,
            statement: Bytes32([1; 32]),
            first_seq: 3,
            last_seq: 9,
            nil: false,
        };
        let fields = |claimed: MonthClosed| -> Vec<_> {
            let found = differences(&claimed, &honest);
            found.iter().map(|found| found.field).collect()
        };
        assert_eq!(fields(honest.clone()), [""; 0]);
        let short = MonthClosed {
            last_seq: 5,
            ..honest.clone()
        };
        assert_eq!(fields(short), [""; 0]);
        let all = MonthClosed {
            month,
            statement: Bytes32([2; 32]),
            first_seq: 4,
            last_seq: 10,
            nil: true,
        };
        assert_eq!(fields(all), ["statement", "nil", "first_seq", "last_seq"]);
    }
}
