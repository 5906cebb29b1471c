//! Declared methods of measurement, and what the uncertainty of a mass or of an element's share is by them.
//!
//! Invariant: a method counts for what was stated after it was declared, on days when its certificate was valid, and as far
//! as the rule set believes it; all else takes the rule set's figure. So nobody chooses a tolerance once a difference is
//! known, and what was booked is taken back as it was booked. Knows no sums.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{MethodDeclared, MethodKind};
use domain::rules::half_of_variance;
use domain::{Basis, Code, Day, Element, PartyId, Payload, Ppm, RuleSet};
use projection::{Book, Fact, Measure};

use crate::spread::{Source, Weighing};

/// A method as one event declares it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Declaration {
    /// Position of the event, or of the correction that put this in its place.
    since: u64,
    stated_at: u64,
    /// Position of the correction that took it back.
    ended: Option<u64>,
    from: Day,
    until: Day,
    kind: MethodKind,
    random: Ppm,
    systematic: Ppm,
    /// What the laboratory states by element.
    elements: Vec<(Element, Ppm)>,
}

/// Every method that was ever declared, by party and code, in log order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Methods(BTreeMap<(PartyId, Code), Vec<Declaration>>);

/// Who measured, on which day, and at which position it was stated first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stated {
    pub by: PartyId,
    pub day: Day,
    pub at: u64,
}

impl Stated {
    /// Of what a fact states or takes back.
    pub(crate) fn of(book: &Book, fact: &Fact<'_>) -> Self {
        Self {
            by: fact.author,
            day: book.registry().zone().day_of(fact.occurred),
            at: fact.stated_at,
        }
    }
}

/// By which rules and methods the masses of a fact are known: worked out once, since a civil date costs more than the rest.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub rules: &'a RuleSet,
    pub methods: &'a Methods,
    pub stated: Stated,
}

impl<'a> Ground<'a> {
    /// Nothing where no rule set holds on that day.
    pub(crate) fn of(book: &'a Book, methods: &'a Methods, fact: &Fact<'_>) -> Option<Self> {
        let rules = book.registry().rules_at(fact.occurred)?;
        let stated = Stated::of(book, fact);
        Some(Self {
            rules,
            methods,
            stated,
        })
    }

    pub(crate) fn weighing(&self, measure: Measure) -> Weighing {
        self.methods.weighing(self.rules, self.stated, measure)
    }
}

impl Methods {
    pub(crate) fn take(&mut self, fact: &Fact<'_>) {
        if let Payload::MethodDeclared(method) = fact.payload {
            self.declare(fact, method);
        }
    }

    fn declare(&mut self, fact: &Fact<'_>, method: &MethodDeclared) {
        let known = self.0.entry((fact.author, method.method)).or_default();
        if fact.sign < 0 {
            let same = |known: &&mut Declaration| known.stated_at == fact.stated_at;
            let mut standing = known.iter_mut().filter(|known| known.ended.is_none());
            if let Some(declaration) = standing.find(same) {
                declaration.ended = Some(fact.position);
            }
            return;
        }
        let elements = method.elements.iter();
        known.push(Declaration {
            since: fact.position,
            stated_at: fact.stated_at,
            ended: None,
            from: method.from,
            until: method.until,
            kind: method.kind,
            random: method.random_ppm,
            systematic: method.systematic_ppm,
            elements: elements
                .map(|stated| (stated.element, stated.ppm))
                .collect(),
        });
    }

    /// The newest declaration that was known when something was stated and valid on its day.
    fn find(&self, stated: Stated, code: Code, kinds: &[MethodKind]) -> Option<&Declaration> {
        let mut declared = self.0.get(&(stated.by, code))?.iter().rev();
        declared.find(|known| {
            known.since < stated.at
                && known.ended.is_none_or(|ended| stated.at < ended)
                && (known.from..=known.until).contains(&stated.day)
                && kinds.contains(&known.kind)
        })
    }

    /// Whether a method that is named stands for what it is named for.
    pub(crate) fn holds(&self, stated: Stated, measure: Measure) -> bool {
        let find = |code| self.find(stated, code, &MASS);
        measure.method.is_none_or(|code| find(code).is_some())
    }

    /// How a mass is known. What names no method may state one figure; what names one that does not hold gets the rule
    /// set's figure for its basis.
    pub(crate) fn weighing(&self, rules: &RuleSet, stated: Stated, measure: Measure) -> Weighing {
        let basis = measure.basis;
        let by_rules = Source::Basis(stated.by, basis);
        let declared = measure.method.map(|code| self.find(stated, code, &MASS));
        let (source, figures) = match (declared, measure.uncertainty) {
            (Some(Some(method)), _) => {
                let believed = rules.believed(basis, method.random, method.systematic);
                (Source::Declared(method.since), believed)
            }
            (None, Some(whole)) => (by_rules, rules.believed_whole(basis, whole)),
            (Some(None), _) | (None, None) => (by_rules, rules.uncertainty(basis)),
        };
        Weighing {
            source,
            random: figures.random_ppm,
            systematic: figures.systematic_ppm,
        }
    }

    /// How the share of an element is known. A composition without a method that holds is an estimate.
    pub(crate) fn share(
        &self,
        rules: &RuleSet,
        stated: Stated,
        method: Option<Code>,
        element: Element,
    ) -> Weighing {
        let declared = method.and_then(|code| self.find(stated, code, &[MethodKind::Assay]));
        let Some(method) = declared else {
            let figures = rules.uncertainty(Basis::Estimated);
            return Weighing {
                source: Source::Assay(stated.by),
                random: figures.random_ppm,
                systematic: figures.systematic_ppm,
            };
        };
        let mut by_element = method.elements.iter();
        let whole = by_element.find(|(known, _)| *known == element);
        let half = whole.map(|(_, whole)| half_of_variance(*whole));
        let (random, systematic) =
            half.map_or((method.random, method.systematic), |half| (half, half));
        Weighing {
            source: Source::Declared(method.since),
            random: rules.believed_share(random),
            systematic: rules.believed_share(systematic),
        }
    }
}

/// What a mass can be found by.
const MASS: [MethodKind; 2] = [MethodKind::Weighing, MethodKind::Volume];
