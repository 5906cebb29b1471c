//! National conservation: all that was created, and where it is.
//!
//! Invariant: what was created and what is accounted for are the same to the milligram; `unaccounted` says so in each
//! answer. Knows no uncertainty: a difference has its amount here, and its meaning in the findings.

use balance::{Conservation, Term, of_element, unaccounted};
use domain::{Element, Zone};
use projection::{Amount, explain};

use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::schema::answers;
use crate::table::{Cell, Table, of_postings};
use crate::value::{Mg, Posting, postings};

answers! {
    /// Both sides of the equation; masses are rare earth oxide, or oxide of account of one element.
    pub struct NationalConservation {
        /// The oxide, where one element was asked for.
        pub of: String,
        pub created: Vec<ConservedTerm>,
        pub accounted_for: Vec<ConservedTerm>,
        pub created_mg: Mg,
        pub accounted_for_mg: Mg,
        /// What was created less what is accounted for.
        pub unaccounted_mg: Mg,
    }

    /// One term.
    pub struct ConservedTerm {
        pub term: &'static str,
        /// Nothing for an element.
        pub net_mg: Option<Mg>,
        pub mass_mg: Mg,
        pub explain: Vec<Posting>,
    }
}

pub(crate) fn conservation(
    reading: &Reading,
    element: Option<Element>,
    explained: bool,
) -> Result<NationalConservation, NoAnswer> {
    let books = reading.books()?;
    let Some(element) = element else {
        let cells = &books.conservation.cells;
        let lines = if explained {
            explain::<Conservation>(&*reading.store, reading.until(), |_| true)?
        } else {
            Vec::new()
        };
        let term = |term: Term| {
            let amount = cells.get(&term);
            let of_term = lines.iter().find(|(cell, _)| *cell == term);
            ConservedTerm {
                term: term.name(),
                net_mg: Some(Mg(amount.net)),
                mass_mg: Mg(amount.reo),
                explain: of_term.map(|(_, rows)| postings(rows)).unwrap_or_default(),
            }
        };
        let left = unaccounted(cells.iter().map(|(term, amount)| (*term, *amount)));
        return Ok(sides("REO".to_owned(), left.reo, term));
    };
    let terms = of_element(&*reading.store, reading.until(), &books.book, element)?;
    let mass = |term: Term| {
        let found = terms.iter().find(|(known, _)| *known == term);
        found.map_or(0, |(_, mg)| *mg)
    };
    let left = unaccounted(
        terms
            .iter()
            .map(|(term, mg)| (*term, Amount { net: 0, reo: *mg })),
    );
    let term = |term: Term| ConservedTerm {
        term: term.name(),
        net_mg: None,
        mass_mg: Mg(mass(term)),
        explain: Vec::new(),
    };
    let answer = sides(element.oxide().to_owned(), left.reo, term);
    Ok(books.sound(answer)?)
}

fn sides(of: String, left: i128, term: impl Fn(Term) -> ConservedTerm) -> NationalConservation {
    let side = |created: bool| -> Vec<ConservedTerm> {
        let terms = Term::ALL.into_iter();
        let terms = terms.filter(|term| term.is_created() == created);
        terms.map(&term).collect()
    };
    let sum = |terms: &[ConservedTerm]| Mg(terms.iter().map(|term| term.mass_mg.0).sum());
    let (created, accounted_for) = (side(true), side(false));
    NationalConservation {
        of,
        created_mg: sum(&created),
        accounted_for_mg: sum(&accounted_for),
        unaccounted_mg: Mg(left),
        created,
        accounted_for,
    }
}

pub(crate) fn tables(answer: &NationalConservation, zone: Zone) -> Vec<Table> {
    let row = |side: &'static str| {
        move |term: &ConservedTerm| {
            vec![
                Cell::text(side),
                Cell::text(term.term),
                Cell::or_nothing(term.net_mg, Cell::Mass),
                Cell::Mass(term.mass_mg),
            ]
        }
    };
    let names = ["side", "term", "t:net t", "t:mass t"];
    let created = answer.created.iter().map(row("created"));
    let rows = created.chain(answer.accounted_for.iter().map(row("accounted for")));
    let sum = |side: &str, mg| {
        vec![
            Cell::text(side),
            Cell::text("sum"),
            Cell::Nothing,
            Cell::Mass(mg),
        ]
    };
    let sums = [
        sum("created", answer.created_mg),
        sum("accounted for", answer.accounted_for_mg),
        sum("unaccounted for", answer.unaccounted_mg),
    ];
    let title = format!("conservation of {}", answer.of);
    let mut tables = vec![Table::new(&names).titled(title).with(rows).with(sums)];
    let terms = answer.created.iter().chain(&answer.accounted_for);
    let explained = terms.filter(|term| !term.explain.is_empty());
    tables.extend(explained.map(|term| of_postings(term.term.to_owned(), &term.explain, zone)));
    tables
}
