//! How much is derived again: what depends on an event that comes late, and never the history of a plant.
//! Invariant: work is counted in events that are read again from the log, not in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::Moment;
use projection::{AnyFold, Projected, Until, replay};
use quota::Quota;
use serde_json::{Value, json};
use store::{Entries, Frame, Frames, MemoryStore, Store, StoreFault};
use testkit::{Unsigned, at, party};

/// A log that counts how often it is asked for an event of before.
#[derive(Debug, Clone)]
struct Counted {
    log: Arc<dyn Entries>,
    asked: Arc<AtomicU64>,
}

impl Entries for Counted {
    fn size(&self) -> u64 {
        self.log.size()
    }

    fn is_whole(&self) -> bool {
        self.log.is_whole()
    }

    fn frames(&self, from: u64) -> Result<Frames<'_>, StoreFault> {
        self.log.frames(from)
    }

    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.log.frame_of(position)
    }

    fn handle(&self) -> Arc<dyn Entries> {
        Arc::new(self.clone())
    }
}

fn quantity(reo_mg: u64) -> Value {
    json!({"net_mg": 2 * reo_mg, "reo_mg": reo_mg, "basis": "measured"})
}

fn run(takes: &str, reo: u64, gives: &str, product: &str) -> Value {
    json!({"event": "lot-processed", "site": "SX", "process": "separation", "model": "mass-balance",
        "inputs": [{"lot": format!("{}/{takes}", party(5)), "quantity": quantity(reo)}],
        "outputs": [], "discards": [],
        "retained": [{"lot": gives, "product": product, "quantity": quantity(reo), "composition": null}]})
}

/// What happens on one day around a tank that never runs dry: scrap and leached ore go in, two oxides come of it.
fn day(day: u64) -> [Value; 5] {
    let ore = format!("ORE{day}");
    [
        json!({"event": "lot-imported", "site": "SX", "lot": ore, "product": "ore/monazite", "quantity": quantity(20),
            "composition": null, "country": "MM", "declaration": "D", "supplier": "S"}),
        run(&ore, 20, "TANK", "residue/solution"),
        run("TANK", 10, &format!("A{day}"), "compound/oxide/La"),
        run("TANK", 10, &format!("B{day}"), "compound/oxide/Ce"),
        json!({"event": "scrap-collected", "site": "SX", "lot": "TANK", "product": "residue/solution",
            "quantity": quantity(1 + day % 3), "composition": null, "source": "post-consumer", "supplier": "S"}),
    ]
}

/// Days by which scrap is entered late.
const LATE: u64 = 3;

/// Events that are read again while a plant tells so many days.
fn read_again(days: u64) -> u64 {
    let (mut authors, log) = (Unsigned::default(), MemoryStore::new());
    let moment = |day: u64, hour: u64| {
        let ms = i64::try_from((day * 24 + hour) * 3_600_000).unwrap();
        Moment::from_ms(at("2024-01-02").ms() + ms).unwrap()
    };
    let append = |entry: Vec<u8>| log.append(log.size(), &[&entry], b"unsigned").unwrap();
    let founded = at("2024-01-01");
    append(authors.entry(1, founded, founded, testkit::founding()).2);
    let mut say = |day: u64, hour: u64, entered: u64, payload: &Value| {
        let payload = serde_json::from_value(payload.clone()).unwrap();
        let (occurred, entered) = (moment(day, hour), moment(entered, 23));
        append(authors.entry(5, occurred, entered, payload).2);
    };
    for number in 0..days {
        for (hour, event) in (0..4).zip(&day(number)) {
            say(number, hour, number, event);
        }
        if let Some(late) = number.checked_sub(LATE) {
            say(late, 1, number, &day(late)[4]);
        }
    }
    let counted = Counted {
        log: log.handle(),
        asked: Arc::default(),
    };
    let mut quota = Projected::<Quota>::new();
    let folds: &mut [&mut dyn AnyFold] = &mut [&mut quota];
    replay(&counted, Until::End, folds, &mut |_, _| {}).unwrap();
    counted.asked.load(Ordering::Relaxed)
}

#[test]
fn a_late_entry_derives_again_what_came_after_it_and_not_the_history_of_the_plant() {
    let (short, long) = (read_again(60), read_again(240));
    assert!(short > 60, "late entries are derived: {short}");
    // Four times as long, four times the work; sixteen times if each entry went through all that was before.
    assert!(long < 5 * short, "{long} of {short}");
}
