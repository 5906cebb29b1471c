//! A chain of ten thousand runs on a small stack.

use domain::Moment;
use lineage::{Direction, Weight, label};
use num_bigint::BigInt;
use num_rational::BigRational;
use testkit::at;

use crate::history::{History, lot, mined, named, run};

const RUNS: u32 = 10_000;
/// One run in this many takes in as much new ore.
const BLEND_EVERY: u32 = 500;
const STACK_BYTES: usize = 128 << 10;

fn minute(number: u32) -> Moment {
    at("2024-01-05").plus_ms(i64::from(number) * 60_000)
}

fn code(number: u32) -> String {
    format!("L{number}")
}

fn chain() -> History {
    let mut history = History::founded();
    history.say_at(4, minute(0), mined("L0", "mixed", 100));
    for number in 1..=RUNS {
        let mut inputs = vec![(lot(4, &code(number - 1)), 100)];
        if number % BLEND_EVERY == 0 {
            let fresh = format!("F{number}");
            history.say_at(4, minute(number), mined(&fresh, "ion-adsorption", 100));
            inputs.push((lot(4, &fresh), 100));
        }
        history.say_at(4, minute(number), run(&inputs, &[(&code(number), 100)]));
    }
    history.say(1, "2024-06-01", named("lot-sealed", &[lot(4, "L0")]));
    history
}

#[test]
fn a_chain_of_ten_thousand_runs_needs_no_stack() {
    let folded = chain().fold();
    let check = move || {
        let lineage = folded.lineage();
        let last = lot(4, &code(RUNS));
        let blends = RUNS / BLEND_EVERY;
        let least = BigRational::new(BigInt::from(1), BigInt::from(1) << blends);
        let sources = lineage.sources(&folded.book, &last, Weight::Reo);
        assert_eq!(sources.len(), 1 + blends as usize);
        let first = sources.iter().find(|source| source.lot == lot(4, "L0"));
        assert_eq!(first.unwrap().share, least);
        let whole: BigRational = sources.iter().map(|source| &source.share).sum();
        assert_eq!(whole, BigRational::from_integer(BigInt::from(1)));
        let taints = lineage.taints(&folded.book);
        assert_eq!(taints.len(), RUNS as usize);
        assert_eq!(
            taints.iter().find(|taint| taint.lot == last).unwrap().share,
            least
        );
        for (start, direction) in [(last, Direction::Back), (lot(4, "L0"), Direction::Forward)] {
            let steps = lineage.trace(&folded.book, &start, direction, u32::MAX);
            assert_eq!(steps.iter().map(|step| step.depth).max(), Some(RUNS));
        }
        assert!(label(lineage, &folded.book, &last).is_some());
        assert!(!folded.findings().is_empty());
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    thread.spawn(check).unwrap().join().unwrap();
}
