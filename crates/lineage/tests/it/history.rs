//! Builds histories as events of a log, by party number, and folds them.
//! Invariant: the same calls make the same bytes. Knows nothing of admission: sites are not licensed.

use std::collections::BTreeMap;

use domain::body::VERSION;
use domain::{Body, Bytes32, EventId, LotId, Moment, Payload, Seen};
use lineage::{Lineage, Weight};
use num_bigint::BigInt;
use num_rational::BigRational;
use projection::{AnyFold, Book, Event, Finding, Projected, Recall};
use serde_json::{Value, json};
use store::MemoryStore;
use testkit::{at, founding, party};

#[derive(Debug, Clone)]
pub(crate) struct History {
    events: Vec<Event>,
    heads: BTreeMap<u32, (u64, [u8; 32])>,
}

/// A history folded.
#[derive(Debug)]
pub(crate) struct Folded {
    pub book: Book,
    pub projected: Projected<Lineage>,
}

impl History {
    /// Founded with the customary rules.
    pub(crate) fn founded() -> Self {
        Self::founded_by(founding())
    }

    /// Founded with the customary rules, but for the threshold of F02.
    pub(crate) fn founded_with_threshold(ppm: u32) -> Self {
        let mut payload = founding();
        if let Payload::LedgerFounded(founded) = &mut payload {
            founded.rules.taint_threshold_ppm = ppm.try_into().unwrap();
        }
        Self::founded_by(payload)
    }

    fn founded_by(payload: Payload) -> Self {
        let mut history = Self {
            events: Vec::new(),
            heads: BTreeMap::new(),
        };
        history.add(1, at("2024-01-01"), payload);
        history
    }

    pub(crate) fn add(&mut self, author: u32, occurred: Moment, payload: Payload) -> EventId {
        let (seq, prev) = self.heads.get(&author).copied().unwrap_or_default();
        let body = Body {
            version: VERSION,
            ledger: Bytes32([0; 32]),
            author: party(author),
            seq,
            prev: Bytes32(prev),
            seen: Seen::NOTHING,
            occurred,
            signed: at("2024-12-31").max(occurred),
            payload,
        };
        let id = wire::event_id(&wire::encode_body(&body).unwrap());
        self.heads.insert(author, (seq + 1, id.0));
        self.events.push(Event {
            position: self.events.len() as u64,
            received: at("2024-12-31"),
            id,
            body,
        });
        id
    }

    pub(crate) fn say(&mut self, author: u32, occurred: &str, payload: Value) -> EventId {
        self.say_at(author, at(occurred), payload)
    }

    pub(crate) fn say_at(&mut self, author: u32, occurred: Moment, payload: Value) -> EventId {
        self.add(author, occurred, serde_json::from_value(payload).unwrap())
    }

    /// Corrects an event: with a replacement, or as one that did not occur.
    pub(crate) fn correct(&mut self, author: u32, id: EventId, replacement: Option<Value>) {
        let wrong = self.events.iter().find(|event| event.id == id).unwrap();
        let bytes = wire::encode_body(&wrong.body).unwrap();
        let corrected: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let cause = if replacement.is_some() {
            "incorrect-data"
        } else {
            "did-not-occur"
        };
        let payload = json!({"event": "event-corrected", "corrected": corrected, "cause": cause,
            "reason": "slip of the pen", "replacement": replacement});
        self.say(author, "2024-12-30", payload);
    }

    pub(crate) fn fold(&self) -> Folded {
        // The events are a log of their own behind an empty one.
        let mut recall = Recall::of(&MemoryStore::new());
        for event in &self.events {
            recall.consider(event.clone());
        }
        let mut book = Book::default();
        book.set_recall(recall);
        let mut projected = Projected::<Lineage>::new();
        for event in &self.events {
            book.apply(event, &mut |book, fact, moves| {
                AnyFold::apply(&mut projected, book, fact, moves);
            });
        }
        Folded { book, projected }
    }
}

impl Folded {
    pub(crate) fn lineage(&self) -> &Lineage {
        &self.projected.fold
    }

    /// `LOT class share`, in the order of the answer; all lots are known by their codes alone here.
    pub(crate) fn sources(&self, lot: LotId, weight: Weight) -> Vec<String> {
        let sources = self.lineage().sources(&self.book, &lot, weight);
        let shown = sources
            .iter()
            .map(|source| format!("{} {} {}", source.lot.code, source.class, source.share));
        shown.collect()
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.projected.findings(&self.book, at("2024-12-31"))
    }

    /// Cells and state as bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.projected.save()
    }
}

pub(crate) fn lot(author: u32, code: &str) -> LotId {
    LotId {
        creator: party(author),
        code: code.parse().unwrap(),
    }
}

pub(crate) fn ratio(part: u64, whole: u64) -> BigRational {
    BigRational::new(BigInt::from(part), BigInt::from(whole))
}

/// Twice as much net mass as REO.
pub(crate) fn reo(mg: u64) -> Value {
    masses(2 * mg, mg)
}

pub(crate) fn masses(net: u64, reo: u64) -> Value {
    json!({"net_mg": net, "reo_mg": reo, "basis": "measured"})
}

pub(crate) fn mined(code: &str, ore: &str, mg: u64) -> Value {
    json!({"event": "lot-mined", "site": "PIT", "lot": code, "product": format!("ore/{ore}"),
        "quantity": reo(mg), "composition": null, "ore": ore})
}

pub(crate) fn imported(code: &str, product: &str, mg: u64, composition: Option<&str>) -> Value {
    json!({"event": "lot-imported", "site": "YARD", "lot": code, "product": product,
        "quantity": reo(mg), "composition": composition, "country": "MM", "declaration": "D1",
        "supplier": "S"})
}

pub(crate) fn collected(code: &str, mg: u64) -> Value {
    json!({"event": "scrap-collected", "site": "YARD", "lot": code, "product": "scrap/NdFeB",
        "quantity": reo(mg), "composition": null, "source": "post-consumer", "supplier": "S"})
}

pub(crate) fn opening(code: &str, mg: u64) -> Value {
    json!({"event": "opening-stock-declared", "site": "YARD", "lots": [made(code, "residue/slag", mg)]})
}

fn made(code: &str, product: &str, mg: u64) -> Value {
    json!({"lot": code, "product": product, "quantity": reo(mg), "composition": null})
}

/// A run of a process on lots, into lots of one product.
pub(crate) fn run_of(
    process: &str,
    inputs: &[(LotId, u64)],
    product: &str,
    outputs: &[(&str, u64)],
) -> Value {
    let inputs: Vec<_> = inputs
        .iter()
        .map(|(lot, mg)| json!({"lot": lot.to_string(), "quantity": reo(*mg)}))
        .collect();
    let outputs: Vec<_> = outputs
        .iter()
        .map(|(code, mg)| made(code, product, *mg))
        .collect();
    json!({"event": "lot-processed", "site": "PLANT", "process": process, "model": "mass-balance",
        "inputs": inputs, "outputs": outputs, "discards": [], "retained": []})
}

/// A run whose process does not matter.
pub(crate) fn run(inputs: &[(LotId, u64)], outputs: &[(&str, u64)]) -> Value {
    run_of("blending", inputs, "compound/carbonate/mixed", outputs)
}

pub(crate) fn named(event: &str, lots: &[LotId]) -> Value {
    let lots: Vec<_> = lots.iter().map(ToString::to_string).collect();
    json!({"event": event, "lots": lots, "instrument": {"number": "No. 1", "issued": "2024-01-02"}})
}

/// Something that has nothing to do with lots and takes a place in the log.
pub(crate) fn remark() -> Value {
    json!({"event": "document-attached", "about": "00".repeat(32), "media_type": "text/plain",
        "digest": "00".repeat(32), "file_name": "note", "bytes": 1})
}
