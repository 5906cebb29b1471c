//! M01, M03 and M05 of single events: a run that gives more than it took, and ore that is not what it is called.
//!
//! Invariant: judged by the rules of the day of the event; residue and discards count as given, since matter is not made.
//! Kept by the event that shows it, so that a correction takes it away again. Runs of circuits are judged in `windows`.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::fingerprint::misfit;
use domain::payload::{LotMined, LotProcessed};
use domain::{Code, Element, EventId, PartyId, Ppm, RuleSet};
use projection::{Book, Fact, Figure, Finding, FindingCode, Subject};

use crate::run::RunSums;

/// What was seen, with the figures compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Seen {
    /// REO of all that was given, in milligrams.
    Gain {
        taken: i128,
        given: i128,
    },
    /// REO of outputs and residue.
    Yield {
        taken: i128,
        given: i128,
    },
    /// Oxide of the element that grew most.
    Growth {
        element: Element,
        taken: i128,
        given: i128,
    },
    Misfit {
        found_ppm: u32,
        bound_ppm: u32,
    },
}

impl Seen {
    /// More than was taken, of REO or of an element, beyond what measuring leaves open.
    pub(crate) fn gains(rules: &RuleSet, sums: &RunSums) -> Vec<Self> {
        let gain = Self::gain(rules, sums);
        let growth = sums.grown(rules).map(|(element, flow)| Self::Growth {
            element,
            taken: flow.taken,
            given: flow.given,
        });
        gain.into_iter().chain(growth).collect()
    }

    /// More REO than was taken, beyond what measuring leaves open.
    pub(crate) fn gain(rules: &RuleSet, sums: &RunSums) -> Option<Self> {
        let all = sums.all();
        let (taken, given) = (all.taken, all.given);
        (all.gain_beyond(rules) > 0).then_some(Self::Gain { taken, given })
    }

    pub(crate) const fn code(self) -> FindingCode {
        match self {
            Self::Gain { .. } => FindingCode::M01,
            Self::Yield { .. } => FindingCode::M02,
            Self::Growth { .. } => FindingCode::M03,
            Self::Misfit { .. } => FindingCode::M05,
        }
    }

    pub(crate) fn figures(self) -> Vec<Figure> {
        match self {
            Self::Gain { taken, given } => vec![
                Figure::mg("REO taken", taken),
                Figure::mg("REO given", given),
                Figure::mg("REO gained", given - taken),
            ],
            Self::Yield { taken, given } => vec![
                Figure::mg("REO taken", taken),
                Figure::mg("REO given", given),
                Figure::ppm("yield", ppm(given, taken)),
            ],
            Self::Growth {
                element,
                taken,
                given,
            } => {
                let (taken_name, given_name) = growth_names(element);
                vec![Figure::mg(taken_name, taken), Figure::mg(given_name, given)]
            }
            Self::Misfit {
                found_ppm,
                bound_ppm,
            } => vec![
                Figure::ppm("share found", found_ppm.into()),
                Figure::ppm("bound of the ore", bound_ppm.into()),
            ],
        }
    }
}

/// Figures of M03 by element: `Nd2O3 taken`, `Nd2O3 given`.
const fn growth_names(element: Element) -> (&'static str, &'static str) {
    macro_rules! names {
        ($($element:ident $oxide:literal),+ $(,)?) => {
            match element {
                $(Element::$element => (concat!($oxide, " taken"), concat!($oxide, " given"))),+
            }
        };
    }
    names!(
        Sc "Sc2O3", Y "Y2O3", La "La2O3", Ce "CeO2", Pr "Pr6O11", Nd "Nd2O3", Pm "Pm2O3", Sm "Sm2O3", Eu "Eu2O3",
        Gd "Gd2O3", Tb "Tb4O7", Dy "Dy2O3", Ho "Ho2O3", Er "Er2O3", Tm "Tm2O3", Yb "Yb2O3", Lu "Lu2O3",
    )
}

fn ppm(part: i128, whole: i128) -> i64 {
    i64::try_from(part * i128::from(Ppm::ONE) / whole.max(1)).unwrap_or(i64::MAX)
}

/// Whose event, and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Case {
    party: PartyId,
    site: Code,
    lot: Option<Code>,
    seen: Vec<Seen>,
}

/// Events that show something, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Runs(BTreeMap<EventId, Case>);

impl Runs {
    /// Takes a run of a process in which nothing circles: it is judged alone.
    pub(crate) fn take_run(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        run: &LotProcessed,
        sums: &RunSums,
    ) {
        if fact.sign < 0 {
            self.0.remove(&fact.stated_by);
            return;
        }
        let rules = book.registry().rules_at(fact.occurred);
        let seen = rules.map_or_else(Vec::new, |rules| Seen::gains(rules, sums));
        self.note(fact, run.site, None, seen);
    }

    pub(crate) fn take_mined(&mut self, book: &Book, fact: &Fact<'_>, mined: &LotMined) {
        if fact.sign < 0 {
            self.0.remove(&fact.stated_by);
            return;
        }
        let rules = book.registry().rules_at(fact.occurred);
        let composition = mined.composition.as_ref();
        let misfit = composition.and_then(|composition| misfit(mined.ore, composition));
        if let Some((rules, misfit)) = rules.zip(misfit)
            && misfit.distance_ppm() > rules.fingerprint_tolerance_ppm.get()
        {
            let (found_ppm, bound_ppm) = (misfit.found_ppm, misfit.bound_ppm);
            let seen = Seen::Misfit {
                found_ppm,
                bound_ppm,
            };
            self.note(fact, mined.site, Some(mined.lot), vec![seen]);
        }
    }

    fn note(&mut self, fact: &Fact<'_>, site: Code, lot: Option<Code>, seen: Vec<Seen>) {
        if !seen.is_empty() {
            let party = fact.author;
            let case = Case {
                party,
                site,
                lot,
                seen,
            };
            self.0.insert(fact.stated_by, case);
        }
    }

    pub(crate) fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        self.0.iter().flat_map(|(event, case)| {
            let creator = case.party;
            let lot = case.lot.map(|code| domain::LotId { creator, code });
            let subject = Subject {
                site: Some(case.site),
                lot,
                ..Subject::party(case.party)
            };
            let finding =
                move |seen: &Seen| Finding::new(seen.code(), subject, seen.figures(), vec![*event]);
            case.seen.iter().map(finding)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_growth_are_named_by_the_oxide_of_account() {
        for element in Element::ALL {
            let (taken, given) = growth_names(*element);
            let oxide = element.oxide();
            assert_eq!(
                (taken, given),
                (&*format!("{oxide} taken"), &*format!("{oxide} given"))
            );
        }
    }
}
