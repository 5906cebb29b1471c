//! Quota accounts through small histories: batches, ore, deductions, overallocation.
//! Invariant: each test states its figures in tonnes and expects them exactly. Knows no files.

use std::sync::Arc;

use domain::{Payload, Track};
use projection::{AnyFold, Projected, Until, replay};
use quota::{Quota, QuotaRow, rows};
use store::{MemoryStore, Store};
use testkit::{TestCountry, accept, at, open, party};

const TONNE: i128 = 1_000_000_000;

/// Acts as JSON, each by a party of the country, on a day.
struct History {
    country: TestCountry,
    events: Vec<author::SignedEvent>,
    batches: u8,
}

impl History {
    fn new() -> Self {
        let country = TestCountry::new();
        let events = country.founding.clone();
        Self {
            country,
            events,
            batches: 0,
        }
    }

    fn act(mut self, author: u32, day: &str, json: &str) -> Self {
        let payload: Payload = serde_json::from_str(json).unwrap();
        self.events
            .push(self.country.authors.sign(author, at(day), payload));
        self
    }

    fn quota(mut self, event: &str, holder: &str, track: &str, tonnes: u64, basis: &str) -> Self {
        self.batches += 1;
        let holder = if holder.is_empty() {
            String::new()
        } else {
            format!(r#""holder":{holder},"#)
        };
        let json = format!(
            r#"{{"event":"{event}",{holder}"year":2024,"track":"{track}","batch":{},"amount_mg":"{tonnes} t","basis":"{basis}","instrument":{{"number":"No. 1","issued":"2024-01-02"}}}}"#,
            self.batches
        );
        self.act(1, "2024-01-02", &json)
    }

    /// An indicator that covers what the tests allocate.
    fn with_indicator() -> Self {
        Self::new().quota("indicator-set", "", "MiningRock", 1_000, "incremental")
    }

    fn for_mine(self, tonnes: u64, basis: &str) -> Self {
        self.quota(
            "quota-allocated",
            &format!(r#"{{"party":"{}"}}"#, party(4)),
            "MiningRock",
            tonnes,
            basis,
        )
    }

    fn mined(self, lot: &str, reo_tonnes: u64) -> Self {
        let json = format!(
            r#"{{"event":"lot-mined","site":"PIT","lot":"{lot}","product":"ore/mixed","quantity":{{"net_mg":"{} t","reo_mg":"{reo_tonnes} t","basis":"measured"}},"composition":null,"ore":"mixed"}}"#,
            2 * reo_tonnes
        );
        self.act(4, "2024-01-05", &json)
    }

    fn deducted(self, tonnes: u64) -> Self {
        let json = format!(
            r#"{{"event":"quota-deducted","party":"{}","year":2024,"track":"MiningRock","amount_mg":"{tonnes} t","penalty":"{}"}}"#,
            party(4),
            "00".repeat(32)
        );
        self.act(1, "2024-02-01", &json)
    }

    /// Rows of 2024 and the codes of the quota findings.
    fn fold(self) -> (Vec<QuotaRow>, Vec<&'static str>) {
        let memory = MemoryStore::new();
        let store: Arc<dyn Store> = Arc::new(memory.clone());
        let (ledger, _clock) = open(&store, at("2024-03-01"));
        accept(&ledger, self.events);
        let mut quota = Projected::<Quota>::new();
        let folds: &mut [&mut dyn AnyFold] = &mut [&mut quota];
        let book = replay(&memory, Until::End, folds, &mut |_, _| {}).unwrap();
        let found = quota.findings(&book, at("2024-03-01"));
        let codes = found
            .iter()
            .map(|finding| finding.code.code())
            .filter(|code| code.starts_with('Q'));
        (rows(&quota.cells, 2024), codes.collect())
    }
}

fn row(rows: &[QuotaRow], track: Track, holder: &str) -> QuotaRow {
    *rows
        .iter()
        .find(|row| row.track == track && row.holding.to_string() == holder)
        .unwrap()
}

#[test]
fn a_cumulative_batch_includes_the_earlier_ones_and_an_incremental_one_adds() {
    let (rows, _) = History::new()
        .for_mine(100, "incremental")
        .for_mine(30, "incremental")
        .fold();
    assert_eq!(
        row(&rows, Track::MiningRock, &party(4).to_string()).allocated,
        130 * TONNE
    );
    let (rows, _) = History::new()
        .for_mine(100, "incremental")
        .for_mine(130, "cumulative")
        .fold();
    assert_eq!(
        row(&rows, Track::MiningRock, &party(4).to_string()).allocated,
        130 * TONNE
    );
}

#[test]
fn quota_is_exceeded_by_the_milligram_and_cleared_by_a_late_batch() {
    assert_eq!(
        History::with_indicator()
            .for_mine(10, "incremental")
            .mined("A", 10)
            .fold()
            .1,
        [""; 0]
    );
    assert_eq!(
        History::with_indicator()
            .for_mine(10, "incremental")
            .mined("A", 11)
            .fold()
            .1,
        ["Q01"]
    );
    assert_eq!(History::with_indicator().mined("A", 1).fold().1, ["Q02"]);
    let late = History::with_indicator()
        .for_mine(10, "incremental")
        .mined("A", 11)
        .for_mine(1, "incremental");
    assert_eq!(late.fold().1, [""; 0]);
}

#[test]
fn a_deduction_after_the_production_exceeds_and_one_before_it_does_not() {
    let after = History::with_indicator()
        .for_mine(10, "incremental")
        .mined("A", 9)
        .deducted(2);
    assert_eq!(after.fold().1, ["Q01"]);
    assert_eq!(History::with_indicator().deducted(2).fold().1, [""; 0]);
}

#[test]
fn what_is_handed_out_is_compared_level_by_level() {
    let national =
        |tonnes| History::new().quota("indicator-set", "", "MiningRock", tonnes, "incremental");
    assert_eq!(national(100).for_mine(100, "incremental").fold().1, [""; 0]);
    assert_eq!(national(100).for_mine(101, "incremental").fold().1, ["Q03"]);
    let group = r#"{"group":"NORTHERN"}"#;
    let group_too = national(100)
        .quota("quota-allocated", group, "MiningRock", 60, "incremental")
        .for_mine(41, "incremental");
    assert_eq!(
        group_too.fold().1,
        ["Q03"],
        "the mine has no group: both come out of the indicator"
    );
}

#[test]
fn separation_counts_outputs_in_proportion_to_what_was_not_separated() {
    let quantity = |reo: u64| {
        format!(
            r#"{{"net_mg":"{} t","reo_mg":"{reo} t","basis":"measured"}}"#,
            2 * reo
        )
    };
    let imported = |lot: &str, product: &str, reo| {
        format!(
            r#"{{"event":"lot-imported","site":"SX","lot":"{lot}","product":"{product}","quantity":{},"composition":null,"country":"MM","declaration":"D1","supplier":"S"}}"#,
            quantity(reo)
        )
    };
    let input = |lot: &str, reo| {
        format!(
            r#"{{"lot":"{}/{lot}","quantity":{}}}"#,
            party(5),
            quantity(reo)
        )
    };
    let run = format!(
        r#"{{"event":"lot-processed","site":"SX","process":"separation","model":"mass-balance","inputs":[{},{}],"outputs":[{{"lot":"O","product":"compound/oxide/Nd","quantity":{},"composition":null}}],"discards":[],"retained":[]}}"#,
        input("ORE", 30),
        input("CARB", 10),
        quantity(36)
    );
    let history = History::new()
        .act(5, "2024-01-03", &imported("ORE", "ore/monazite", 30))
        .act(
            5,
            "2024-01-03",
            &imported("CARB", "compound/carbonate/La", 10),
        )
        .act(5, "2024-01-04", &run);
    let (rows, _) = history.fold();
    // Three quarters of the feed was ore, imported monazite included: 27 of 36 tonnes count.
    for holder in ["nation".to_owned(), party(5).to_string()] {
        assert_eq!(
            row(&rows, Track::Separation, &holder).consumed,
            27 * TONNE,
            "{holder}"
        );
    }
}
