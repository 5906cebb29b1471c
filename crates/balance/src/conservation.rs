//! Conservation: all that was ever created is somewhere, used up, gone, or a difference with a name.
//!
//! Invariant: created = held + under way + used + exported + discarded + lost + run losses + differences, to the milligram,
//! whatever is recorded by whom. Held is the sum of movements, under way and receipt differences come from the accounts of
//! shipments: three books that must agree. Judges nothing.

use bincode::{Decode, Encode};
use domain::{Element, EventId, LotId, Moment, Payload, Ppm};
use hashbrown::HashMap;
use projection::{
    Amount, Book, Cells, Column, Fact, Finding, Fold, Movement, ProjectionFault, Until, walk,
};
use store::Entries;

/// A term of the equation. What is created stands on one side, all else on the other.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Term {
    Opening,
    Mined,
    Imported,
    Collected,
    Recovered,
    Held,
    UnderWay,
    Used,
    Exported,
    Discarded,
    Lost,
    /// Discarded in runs, as measured there.
    RunDiscards,
    /// What runs took in and did not give, keep or discard.
    RunLosses,
    ReceiptDifferences,
    /// Book less counted.
    CountedDifferences,
}

impl Term {
    /// Every term, what is created first.
    pub const ALL: [Self; 15] = [
        Self::Opening,
        Self::Mined,
        Self::Imported,
        Self::Collected,
        Self::Recovered,
        Self::Held,
        Self::UnderWay,
        Self::Used,
        Self::Exported,
        Self::Discarded,
        Self::Lost,
        Self::RunDiscards,
        Self::RunLosses,
        Self::ReceiptDifferences,
        Self::CountedDifferences,
    ];

    /// Whether it is an origin.
    pub const fn is_created(self) -> bool {
        matches!(
            self,
            Self::Opening | Self::Mined | Self::Imported | Self::Collected | Self::Recovered
        )
    }

    /// The permanent name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Mined => "mined",
            Self::Imported => "imported",
            Self::Collected => "collected",
            Self::Recovered => "recovered",
            Self::Held => "held",
            Self::UnderWay => "under-way",
            Self::Used => "used",
            Self::Exported => "exported",
            Self::Discarded => "discarded",
            Self::Lost => "lost",
            Self::RunDiscards => "run-discards",
            Self::RunLosses => "run-losses",
            Self::ReceiptDifferences => "receipt-differences",
            Self::CountedDifferences => "counted-differences",
        }
    }

    /// The term that a movement belongs to besides what is held, and the sign that it has there; nothing for what moves between
    /// parties, which the accounts of shipments tell, nor for a line that only takes matter from one product to another.
    const fn of(column: Column) -> Option<(Self, i8)> {
        Some(match column {
            Column::Opening => (Self::Opening, 1),
            Column::Mined => (Self::Mined, 1),
            Column::Imported => (Self::Imported, 1),
            Column::Collected => (Self::Collected, 1),
            Column::Recovered => (Self::Recovered, 1),
            Column::Used => (Self::Used, -1),
            Column::Exported => (Self::Exported, -1),
            Column::Discarded => (Self::Discarded, -1),
            Column::Lost => (Self::Lost, -1),
            Column::Consumed | Column::Produced | Column::Retained => (Self::RunLosses, -1),
            Column::CountedDifference => (Self::CountedDifferences, -1),
            Column::Received | Column::Dispatched | Column::Returned | Column::Reclassified => {
                return None;
            }
        })
    }
}

/// The projection; it has no state besides its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Conservation;

impl Fold for Conservation {
    const NAME: &'static str = "conservation";
    const VERSION: u32 = 1;
    type Cell = Term;

    fn apply(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        moves: &[Movement],
        post: &mut dyn FnMut(Term, Amount),
    ) {
        for step in moves.iter().filter(|step| !step.is_relabelling()) {
            post(Term::Held, step.amount());
            if let Some((term, sign)) = Term::of(step.column) {
                post(term, step.amount().times(sign));
            }
        }
        let (under_way, difference) = book.shift();
        post(Term::UnderWay, under_way);
        post(Term::ReceiptDifferences, difference);
        if let Payload::LotProcessed(run) = fact.payload {
            for discard in run.discards.iter() {
                let measured = fact.signed(&discard.quantity);
                post(Term::RunDiscards, measured);
                post(Term::RunLosses, -measured);
            }
        }
    }

    fn findings(&self, _: &Cells<Term>, _: &Book, _: Moment) -> Vec<Finding> {
        Vec::new()
    }

    fn encode(&self) -> Vec<u8> {
        wire::state::to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        wire::state::from_bytes(bytes)
    }
}

/// What was created, less all that is accounted for: nothing, or the book is wrong.
pub fn unaccounted(terms: impl Iterator<Item = (Term, Amount)>) -> Amount {
    terms.fold(Amount::ZERO, |left, (term, amount)| {
        left + amount.times(if term.is_created() { 1 } else { -1 })
    })
}

/// The equation for one element, in milligrams of its oxide of account, by what is known of each lot now. Each term is
/// summed on its own: held is what the book has, under way and differences are what the accounts of shipments say, all else
/// is movements. What runs discard has no composition of its own, so it is among the run losses. Reads the whole log, and
/// keeps a few sums for each lot; each term is off by less than a milligram, and both sides are rounded alike.
///
/// # Errors
/// The log can't be read, or `until` lies past its end.
pub fn of_element(
    entries: &dyn Entries,
    until: Until,
    book: &Book,
    element: Element,
) -> Result<Vec<(Term, i128)>, ProjectionFault> {
    let mut lots = ByLot::new();
    let mut accounts = Accounts::new();
    walk(entries, until, &mut |book, fact, moves| {
        for step in moves.iter().filter(|step| !step.is_relabelling()) {
            if let Some((term, sign)) = Term::of(step.column) {
                let sum = lots.entry((step.lot, term)).or_default();
                *sum += step.reo_mg * i128::from(sign);
            }
        }
        take_account(book, fact, &mut accounts, &mut lots);
    })?;
    for site in book.sites_with_stock() {
        for (lot, amount) in book.stock_of_site(&site) {
            *lots.entry((lot, Term::Held)).or_default() += amount.reo;
        }
    }
    let mut exact: HashMap<Term, i128> = HashMap::new();
    for ((lot, term), reo) in lots {
        let known = book.lot(&lot);
        let composition = known.and_then(|lot| lot.product.composition(lot.composition));
        let share = composition.map_or(0, |composition| composition.share(element));
        *exact.entry(term).or_default() += reo * i128::from(share);
    }
    Ok(rounded(&exact))
}

/// REO by lot and term.
type ByLot = HashMap<(LotId, Term), i128>;
/// What the account of a shipment said last, by dispatch: lot, under way and difference of each line.
type Accounts = HashMap<EventId, Vec<(LotId, i128, i128)>>;

/// What a fact changes of the account of its shipment.
fn take_account(book: &Book, fact: &Fact<'_>, accounts: &mut Accounts, lots: &mut ByLot) {
    let dispatch = match fact.payload {
        Payload::ShipmentDispatched(_) => fact.stated_by,
        Payload::ShipmentReceived(receipt) => receipt.dispatch,
        Payload::ShipmentWithdrawn(withdrawal) => withdrawal.dispatch,
        _ => return,
    };
    let now = book
        .shipment_at_hand(&dispatch)
        .map_or_else(Vec::new, |shipment| {
            let lines = (0u16..).zip(&shipment.lines);
            let line = |(number, line): (u16, &projection::AccountLine)| {
                let (under_way, difference) =
                    (shipment.under_way(number), shipment.difference(number));
                (line.lot, under_way.reo, difference.reo)
            };
            lines.map(line).collect()
        });
    let before = accounts.insert(dispatch, now.clone()).unwrap_or_default();
    for (lines, sign) in [(before, -1), (now, 1)] {
        for (lot, under_way, difference) in lines {
            *lots.entry((lot, Term::UnderWay)).or_default() += sign * under_way;
            *lots.entry((lot, Term::ReceiptDifferences)).or_default() += sign * difference;
        }
    }
}

/// Parts of a million as whole milligrams, so that each side's sum is the rounded sum.
fn rounded(exact: &HashMap<Term, i128>) -> Vec<(Term, i128)> {
    let mut sums = [0i128; 2];
    let terms = Term::ALL.into_iter().map(|term| {
        let sum = &mut sums[usize::from(term.is_created())];
        let before = sum.div_euclid(Ppm::ONE.into());
        *sum += exact.get(&term).copied().unwrap_or_default();
        (term, sum.div_euclid(Ppm::ONE.into()) - before)
    });
    terms.collect()
}
