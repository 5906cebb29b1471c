//! X01, X02 and X03: exports under a strange code, without a licence that covers them, or under a control code that is not
//! theirs.
//!
//! Invariant: judged by the tables of the day on which the goods left; what lots are not described is not judged. Kept by the
//! event that shows it, so that a correction takes it away again. Memory grows with what looks wrong and with licensed exports.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{LotExported, Payload, SealedKind};
use domain::reference::{AsOf, is_declared};
use domain::{EventId, LotId, PartyId, Term};
use projection::{Amount, Book, Fact, Figure, Finding, FindingCode, Subject};

/// What is wrong with an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
enum Wrong {
    Heading,
    Licence,
    ControlCode,
}

/// The first lot that shows it, and how much of it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Shown {
    event: EventId,
    party: PartyId,
    lot: LotId,
    amount: Amount,
}

/// Controlled goods that left under a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Drawn {
    event: EventId,
    net: i128,
    /// What the licence allows, as this export states it.
    allowed: u64,
}

/// Exports that look wrong, and licences that were drawn on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Exports {
    wrong: BTreeMap<(u64, Wrong), Shown>,
    /// By exporter and number, then position.
    licences: BTreeMap<(PartyId, Term), BTreeMap<u64, Drawn>>,
}

impl Exports {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>) {
        let Payload::LotExported(exported) = fact.payload else {
            return;
        };
        if fact.sign < 0 {
            return self.take_back(fact, exported);
        }
        let as_of = AsOf {
            day: fact.day,
            position: fact.booked_at,
        };
        self.judge_heading(book, fact, exported, as_of);
        self.judge_control(book, fact, exported, as_of);
    }

    fn take_back(&mut self, fact: &Fact<'_>, exported: &LotExported) {
        let at = fact.stated_at;
        for wrong in [Wrong::Heading, Wrong::Licence, Wrong::ControlCode] {
            self.wrong.remove(&(at, wrong));
        }
        let Some(licence) = &exported.licence else {
            return;
        };
        let key = (fact.author, licence.number.clone());
        if let Some(drawn) = self.licences.get_mut(&key) {
            drawn.remove(&at);
            if drawn.is_empty() {
                self.licences.remove(&key);
            }
        }
    }

    fn show(&mut self, fact: &Fact<'_>, wrong: Wrong, lot: LotId, amount: Amount) {
        let shown = Shown {
            event: fact.stated_by,
            party: fact.author,
            lot,
            amount,
        };
        self.wrong.insert((fact.stated_at, wrong), shown);
    }

    fn judge_heading(&mut self, book: &Book, fact: &Fact<'_>, exported: &LotExported, as_of: AsOf) {
        let tables = book.registry().reference();
        let Some(heading) = tables.heading(&exported.hs_code, as_of) else {
            return;
        };
        let strange = exported.lines.iter().find(|line| {
            let known = book.lot(&line.lot);
            known.is_some_and(|known| !heading.fits(known.product))
        });
        if let Some(line) = strange {
            let amount = Amount::from(&line.quantity);
            self.show(fact, Wrong::Heading, line.lot, amount);
        }
    }

    /// Controlled goods need a licence that is valid on the day, names its end user, and a control code that is theirs.
    fn judge_control(&mut self, book: &Book, fact: &Fact<'_>, exported: &LotExported, as_of: AsOf) {
        let tables = book.registry().reference();
        let declared = exported.control_code.trim();
        let (mut first, mut net, mut is_named) = (None, Amount::ZERO, false);
        for line in exported.lines.iter() {
            let Some(known) = book.lot(&line.lot) else {
                continue;
            };
            let composition = known.product.composition(known.composition);
            let controls = tables.controls(known.product, composition.as_ref(), as_of);
            if controls.is_empty() {
                continue;
            }
            first.get_or_insert(line.lot);
            net += Amount::from(&line.quantity);
            is_named |= controls.iter().any(|code| is_declared(code, declared));
        }
        let is_listed = declared.is_empty() || tables.knows_control(declared, as_of);
        if let Some(lot) = first.or_else(|| exported.lines.first().map(|line| line.lot)) {
            let is_wrong = if first.is_some() {
                !is_named
            } else {
                !is_listed
            };
            if is_wrong {
                self.show(fact, Wrong::ControlCode, lot, net);
            }
        }
        let Some(lot) = first else {
            return;
        };
        let names_end_user = exported
            .sealed
            .iter()
            .any(|sealed| sealed.field == SealedKind::EndUser);
        let licence = exported
            .licence
            .as_ref()
            .filter(|licence| licence.from <= as_of.day && as_of.day <= licence.until);
        let Some(licence) = licence.filter(|_| names_end_user) else {
            return self.show(fact, Wrong::Licence, lot, net);
        };
        let drawn = Drawn {
            event: fact.stated_by,
            net: net.net,
            allowed: licence.quantity_mg.mg(),
        };
        let key = (fact.author, licence.number.clone());
        let of_licence = self.licences.entry(key).or_default();
        of_licence.insert(fact.stated_at, drawn);
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        let wrong = self.wrong.iter().map(|((_, wrong), shown)| {
            let subject = Subject {
                lot: Some(shown.lot),
                ..Subject::party(shown.party)
            };
            let (code, figures) = match wrong {
                Wrong::Heading => (
                    FindingCode::X01,
                    vec![Figure::mg("REO exported", shown.amount.reo)],
                ),
                Wrong::Licence => (
                    FindingCode::X02,
                    vec![Figure::mg("controlled goods exported", shown.amount.net)],
                ),
                Wrong::ControlCode => (
                    FindingCode::X03,
                    vec![Figure::mg("controlled goods exported", shown.amount.net)],
                ),
            };
            Finding::new(code, subject, figures, vec![shown.event])
        });
        let mut found: Vec<Finding> = wrong.collect();
        found.extend(
            self.licences
                .iter()
                .filter_map(|((party, _), drawn)| exceeded(*party, drawn)),
        );
        found
    }
}

/// A licence that says different things of itself allows the least of them.
fn exceeded(party: PartyId, drawn: &BTreeMap<u64, Drawn>) -> Option<Finding> {
    let allowed = i128::from(drawn.values().map(|one| one.allowed).min()?);
    let exported: i128 = drawn.values().map(|one| one.net).sum();
    if exported <= allowed {
        return None;
    }
    let figures = vec![
        Figure::mg("allowed by the licence", allowed),
        Figure::mg("exported under it", exported),
        Figure::mg("beyond it", exported - allowed),
    ];
    let evidence = drawn.values().map(|one| one.event).collect();
    let subject = Subject::party(party);
    Some(Finding::new(FindingCode::X02, subject, figures, evidence))
}
