//! The register by days: who a party was, what a site was licensed for and who took over from whom, on a given day.
//!
//! Invariant: of a day the newest statement decides that holds from this day or an earlier one, so an amendment leaves the
//! days before it as they were. The registry decides who may sign; here is only what figures and findings go by.

use std::collections::BTreeMap;

use domain::payload::{ActAnnulled, PartyAmended, SiteAmended, SiteLicensed};
use domain::{Activity, Code, Day, Division, EventId, Mass, Names, PartyId, Payload, SiteId, Term};

use super::Book;
use crate::event::Event;

/// What the register said of a party from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyTerm {
    /// Nothing for the registration, which holds from the start.
    pub from: Option<Day>,
    pub names: Names,
    pub division: Division,
    pub group: Option<Code>,
}

/// What a licence allowed in some days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LicenceTerm {
    pub activity: Activity,
    pub capacity: Mass,
    pub division: Division,
    pub from: Day,
    /// Last day.
    pub until: Day,
}

/// A licence by its number, as it was stated and restated.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DatedLicence {
    number: Term,
    /// In log order.
    terms: Vec<LicenceTerm>,
}

impl DatedLicence {
    /// What holds on a day: the newest statement from that day or before, if its last day is not over.
    fn on(&self, day: Day) -> Option<LicenceTerm> {
        let mut known = self.terms.iter().rev();
        let term = known.find(|term| term.from <= day)?;
        (day <= term.until).then_some(*term)
    }

    /// The most that it allowed on any day of a year.
    fn most_in(&self, year: u16) -> Option<Mass> {
        let first = domain::Month::new(year, 1).ok()?.first_day();
        let starts = self.terms.iter().map(|term| term.from);
        let starts = starts.filter(|from| from.month().year() == year);
        let held = starts.chain([first]).filter_map(|day| self.on(day));
        held.map(|term| term.capacity).max()
    }
}

/// An enterprise took over from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Succession {
    pub successor: PartyId,
    pub from: Day,
    pub by: EventId,
}

/// The register by days.
#[derive(Debug, Clone, Default)]
pub(super) struct Dated {
    /// In log order.
    parties: BTreeMap<PartyId, Vec<PartyTerm>>,
    sites: BTreeMap<SiteId, Vec<DatedLicence>>,
    successions: BTreeMap<PartyId, Succession>,
}

impl Dated {
    pub(super) fn has_successions(&self) -> bool {
        !self.successions.is_empty()
    }

    /// Who has what a party had: itself, or the last of those that took over.
    pub(super) fn holder(&self, party: PartyId) -> PartyId {
        let mut holder = party;
        // Two that took over from each other would go round for ever.
        for _ in 0..self.successions.len() {
            match self.successions.get(&holder) {
                Some(succession) => holder = succession.successor,
                None => break,
            }
        }
        holder
    }

    /// Takes an act of office.
    pub(super) fn apply(&mut self, event: &Event) {
        match &event.body.payload {
            Payload::PartyRegistered(act) => {
                let term = PartyTerm {
                    from: None,
                    names: act.names.clone(),
                    division: act.division,
                    group: act.group,
                };
                self.parties.entry(act.party).or_default().push(term);
            }
            Payload::PartyAmended(act) => self.amend_party(act),
            Payload::SiteLicensed(act) => self.license(act),
            Payload::SiteAmended(act) => self.amend_site(act),
            Payload::PartySucceeded(act) => {
                let succession = Succession {
                    successor: act.successor,
                    from: act.from,
                    by: event.id,
                };
                self.successions.insert(act.party, succession);
            }
            Payload::ActAnnulled(act) => self.annul(act),
            _ => {}
        }
    }

    fn amend_party(&mut self, act: &PartyAmended) {
        let term = PartyTerm {
            from: Some(act.from),
            names: act.names.clone(),
            division: act.division,
            group: act.group,
        };
        self.parties.entry(act.party).or_default().push(term);
    }

    fn license(&mut self, act: &SiteLicensed) {
        let term = LicenceTerm {
            activity: act.activity,
            capacity: act.capacity_mg,
            division: act.division,
            from: act.from,
            until: act.until,
        };
        let licence = DatedLicence {
            number: act.licence.clone(),
            terms: vec![term],
        };
        self.sites.entry(act.site).or_default().push(licence);
    }

    fn amend_site(&mut self, act: &SiteAmended) {
        let term = LicenceTerm {
            activity: act.activity,
            capacity: act.capacity_mg,
            division: act.division,
            from: act.from,
            until: act.until,
        };
        let is_it = |held: &&mut DatedLicence| {
            held.number == act.licence
                && held
                    .terms
                    .iter()
                    .any(|known| known.activity == act.activity)
        };
        let licences = self.sites.entry(act.site).or_default();
        if let Some(licence) = licences.iter_mut().rev().find(is_it) {
            licence.terms.push(term);
        }
    }

    /// Of what can be annulled, a succession alone is kept here.
    fn annul(&mut self, act: &ActAnnulled) {
        let Ok(annulled) = wire::decode_body(&act.annulled) else {
            return;
        };
        let id = wire::event_id(&act.annulled);
        if let Payload::PartySucceeded(succeeded) = &annulled.payload {
            let known = self.successions.get(&succeeded.party);
            if known.is_some_and(|known| known.by == id) {
                self.successions.remove(&succeeded.party);
            }
        }
    }
}

impl Book {
    /// What the register says of a party on a day, as far as the log goes by now.
    pub fn party_on(&self, party: &PartyId, day: Day) -> Option<&PartyTerm> {
        let terms = self.dated.parties.get(party)?;
        let mut known = terms.iter().rev();
        known.find(|term| term.from.is_none_or(|from| from <= day))
    }

    /// The group that a party belongs to on a day.
    pub fn group_on(&self, party: &PartyId, day: Day) -> Option<Code> {
        self.party_on(party, day)?.group
    }

    /// Whether a site is licensed for an activity on a day. A successor works at the sites that it took over, under their
    /// licences.
    pub fn is_licensed_on(&self, site: &SiteId, activity: Activity, day: Day) -> bool {
        let is_of = |site: &SiteId| {
            let mut terms = self.licences_on(site, day);
            terms.any(|term| term.activity == activity)
        };
        let mut sites = vec![*site];
        while let Some(site) = sites.pop() {
            if is_of(&site) {
                return true;
            }
            sites.extend(self.predecessors(&site.party, day).map(|party| SiteId {
                party,
                code: site.code,
            }));
        }
        false
    }

    /// The parties that a party had taken over by a day, itself left out.
    pub fn predecessors(&self, party: &PartyId, day: Day) -> impl Iterator<Item = PartyId> + '_ {
        let successor = *party;
        let taken = self.dated.successions.iter();
        taken.filter_map(move |(party, succession)| {
            (succession.successor == successor && succession.from <= day).then_some(*party)
        })
    }

    /// The licences of a site on a day.
    pub fn licences_on(&self, site: &SiteId, day: Day) -> impl Iterator<Item = LicenceTerm> + '_ {
        let licences = self.dated.sites.get(site).into_iter().flatten();
        licences.filter_map(move |licence| licence.on(day))
    }

    /// What the licences of a site allow in a year: those of the activity add up, each with the most that it allowed on any
    /// day of the year; nothing where none held.
    pub fn capacity_in(&self, site: &SiteId, activity: Activity, year: u16) -> Option<i128> {
        let licences = self.dated.sites.get(site).into_iter().flatten();
        let of_activity = |licence: &&DatedLicence| {
            let mut terms = licence.terms.iter();
            terms.any(|term| term.activity == activity)
        };
        let held = licences
            .filter(of_activity)
            .filter_map(|licence| licence.most_in(year));
        held.map(|capacity| i128::from(capacity.mg()))
            .reduce(|sum, more| sum + more)
    }

    /// Who took over from a party, and from which day on.
    pub fn succession(&self, party: &PartyId) -> Option<Succession> {
        self.dated.successions.get(party).copied()
    }
}
