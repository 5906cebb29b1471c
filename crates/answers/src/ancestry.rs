//! Where a lot came from, where it went, what its package must say, and where the matter of sealed lots is.
//!
//! Invariant: shares are exact fractions, with parts per million rounded down next to them. Knows no graph; the projection does.

use domain::payload::Process;
use domain::{Code, Element, EventId, LotId, Moment, PartyId, Product, Zone};
use lineage::{Direction, Share, Step, Weight};

use crate::reading::Reading;
use crate::refused::{Named, NoAnswer, Refused};
use crate::schema::answers;
use crate::table::{Cell, Table};
use crate::value::{Mg, name_of};

answers! {
    /// The runs around a lot, and what it came from.
    pub struct LotTrace {
        pub lot: LotId,
        pub steps: Vec<TraceStep>,
        /// The lots that it came from in the end, the largest share first.
        pub sources: Vec<Source>,
        pub origins: Vec<OriginShare>,
        /// The same as Graphviz text.
        pub dot: String,
    }

    /// One run.
    pub struct TraceStep {
        pub depth: u32,
        pub parent: LotId,
        pub child: LotId,
        pub event: EventId,
        pub process: Process,
        pub by: PartyId,
        pub by_name: Option<String>,
        pub site: Code,
        pub occurred: Moment,
        pub reo_mg: Mg,
    }

    /// A lot that came of no other, and its part.
    pub struct Source {
        pub lot: LotId,
        pub origin: String,
        /// An exact fraction.
        pub share: String,
        pub share_ppm: u32,
    }

    /// A kind of origin, and its part.
    pub struct OriginShare {
        pub origin: String,
        pub share: String,
        pub share_ppm: u32,
    }

    /// Where the matter of sealed lots went.
    pub struct Taints {
        pub rows: Vec<TaintedLot>,
    }

    /// Matter of one sealed lot in one other.
    pub struct TaintedLot {
        pub sealed: LotId,
        pub sealed_by: EventId,
        pub lot: LotId,
        pub share: String,
        pub share_ppm: u32,
    }

    /// What the mark of a package names (GB 39176-2020).
    pub struct PackageLabel {
        pub lot: LotId,
        pub product: Product,
        pub supplier: PartyId,
        pub supplier_name: Option<String>,
        pub producers: Vec<LabelProducer>,
        pub others: u32,
        pub others_ppm: u32,
        /// Ready to print.
        pub text: String,
    }

    /// A producer of the raw material.
    pub struct LabelProducer {
        pub party: PartyId,
        pub party_name: Option<String>,
        pub share_ppm: u32,
    }
}

fn unknown(lot: &LotId) -> Refused {
    Refused::Unknown {
        what: Named::Lot,
        given: lot.to_string(),
        near: Vec::new(),
    }
}

/// Parts per million, rounded down.
fn ppm(share: &Share) -> u32 {
    u32::try_from(lineage::parts(share, 1_000_000)).unwrap_or(u32::MAX)
}

fn percent(ppm: u32) -> Cell {
    Cell::Share {
        ppm: ppm.into(),
        decimals: 3,
    }
}

pub(crate) fn trace(
    reading: &Reading,
    lot: LotId,
    forward: bool,
    depth: u32,
    element: Option<Element>,
) -> Result<LotTrace, NoAnswer> {
    let books = reading.books()?;
    let (fold, book) = (&books.lineage.fold, &books.book);
    let weight = element.map_or(Weight::Reo, Weight::Element);
    let sources = books.sound(fold.sources(book, &lot, weight))?;
    if sources.is_empty() {
        return Err(unknown(&lot).into());
    }
    let direction = if forward {
        Direction::Forward
    } else {
        Direction::Back
    };
    let steps = books.sound(fold.trace(book, &lot, direction, depth))?;
    let origins = books.sound(fold.origins(book, &lot, weight))?;
    let registry = reading.registry()?;
    let step = |step: &Step| TraceStep {
        depth: step.depth,
        parent: *step.parent(),
        child: *step.child(),
        event: step.run,
        process: step.process,
        by: step.by,
        by_name: name_of(registry, &step.by),
        site: step.site,
        occurred: step.occurred,
        reo_mg: Mg(step.reo_mg),
    };
    let sources = sources.iter().map(|source| Source {
        lot: source.lot,
        origin: source.class.to_string(),
        share: source.share.to_string(),
        share_ppm: ppm(&source.share),
    });
    let origins = origins.iter().map(|(class, share)| OriginShare {
        origin: class.to_string(),
        share: share.to_string(),
        share_ppm: ppm(share),
    });
    Ok(LotTrace {
        lot,
        dot: lineage::dot(&steps, &lot),
        steps: steps.iter().map(step).collect(),
        sources: sources.collect(),
        origins: origins.collect(),
    })
}

pub(crate) fn taints(reading: &Reading) -> Result<Taints, NoAnswer> {
    let books = reading.books()?;
    let taints = books.sound(books.lineage.fold.taints(&books.book))?;
    let rows = taints.iter().map(|taint| TaintedLot {
        sealed: taint.sealed,
        sealed_by: taint.sealed_by,
        lot: taint.lot,
        share: taint.share.to_string(),
        share_ppm: ppm(&taint.share),
    });
    Ok(Taints {
        rows: rows.collect(),
    })
}

pub(crate) fn label(reading: &Reading, lot: LotId) -> Result<PackageLabel, NoAnswer> {
    let books = reading.books()?;
    let label = books.sound(lineage::label(&books.lineage.fold, &books.book, &lot))?;
    let label = label.ok_or_else(|| unknown(&lot))?;
    let registry = reading.registry()?;
    let name = |party: &PartyId| name_of(registry, party).unwrap_or_else(|| party.to_string());
    let producers = label.producers.iter().map(|producer| LabelProducer {
        party: producer.party,
        party_name: name_of(registry, &producer.party),
        share_ppm: producer.share_ppm,
    });
    Ok(PackageLabel {
        lot,
        product: label.product,
        supplier: label.supplier,
        supplier_name: name_of(registry, &label.supplier),
        producers: producers.collect(),
        others: label.others,
        others_ppm: label.others_ppm,
        text: label.text(&name),
    })
}

/// The runs; going back, sources and origins too.
pub(crate) fn tables(answer: &LotTrace, zone: Zone) -> Vec<Table> {
    let step = |step: &TraceStep| {
        vec![
            Cell::Count(step.depth.into()),
            Cell::text(step.parent),
            Cell::text(step.process.name()),
            Cell::text(step.child),
            Cell::Party(step.by),
            Cell::or_nothing(step.by_name.as_ref(), Cell::text),
            Cell::Day(zone.day_of(step.occurred)),
            Cell::Mass(step.reo_mg),
            Cell::id(step.event),
        ]
    };
    let names = [
        "#step",
        "from lot",
        "process",
        "into lot",
        "by",
        "name",
        "occurred",
        "t:REO drawn t",
        "event",
    ];
    let source = |source: &Source| {
        vec![
            Cell::text(source.lot),
            Cell::text(&source.origin),
            percent(source.share_ppm),
            Cell::text(&source.share),
        ]
    };
    let origin = |origin: &OriginShare| {
        vec![
            Cell::text(&origin.origin),
            percent(origin.share_ppm),
            Cell::text(&origin.share),
        ]
    };
    vec![
        Table::new(&names).with(answer.steps.iter().map(step)),
        Table::new(&["lot", "origin", "#share %", "exact share"])
            .titled("sources")
            .with(answer.sources.iter().map(source)),
        Table::new(&["origin", "#share %", "exact share"])
            .titled("origins")
            .with(answer.origins.iter().map(origin)),
    ]
}

pub(crate) fn taint_tables(answer: &Taints, _: Zone) -> Vec<Table> {
    let row = |row: &TaintedLot| {
        vec![
            Cell::text(row.sealed),
            Cell::id(row.sealed_by),
            Cell::text(row.lot),
            percent(row.share_ppm),
            Cell::text(&row.share),
        ]
    };
    let names = ["sealed lot", "sealed by", "lot", "#share %", "exact share"];
    vec![Table::new(&names).with(answer.rows.iter().map(row))]
}

pub(crate) fn label_tables(answer: &PackageLabel, _: Zone) -> Vec<Table> {
    let row = |producer: &LabelProducer| {
        vec![
            Cell::Party(producer.party),
            Cell::or_nothing(producer.party_name.as_ref(), Cell::text),
            percent(producer.share_ppm),
        ]
    };
    vec![Table::new(&["producer", "name", "#share %"]).with(answer.producers.iter().map(row))]
}
