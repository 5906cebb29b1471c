//! Runs over windows: gains of circuits (M01, M03), yields (M02), and what a year of runs lost (M06).
//!
//! Invariant: sums by site, process and month, so that a correction takes its part out exactly. What a circuit gives it may
//! have taken in up to `circuit_months` before, but not before a count that lists what was in its vessels; then it had that.
//! Where they were not counted, a run that gives more than it took is a Warning, or every usual loss would hide other feed.
//! A window of yields goes from count to count and is no longer. Judges no single run.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{LotProcessed, Process};
use domain::{Day, EventId, Moment, Month, RuleSet, SiteId};
use projection::{Book, Fact, Figure, Finding, FindingCode, Severity, Subject};

use crate::area::Areas;
use crate::found::Found;
use crate::run::RunSums;
use crate::runs::Seen;

/// The runs of one process at one site in one month.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
struct MonthOfRuns {
    sums: RunSums,
    runs: u64,
    /// The first of them, in log order, and the first that gave more of something than they took.
    events: Vec<EventId>,
    gaining: Vec<EventId>,
    /// Single runs that gave more REO than they took, beyond measuring.
    gained: BTreeMap<EventId, Seen>,
}

/// Sums by site, process and month.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Windows(BTreeMap<(SiteId, Process, Month), MonthOfRuns>);

/// Events kept as evidence of one month.
const EVIDENCE_MAX: usize = 16;

/// Whether matter stays in the line from run to run, as in the cascades of solvent extraction.
pub(crate) const fn circulates(process: Process) -> bool {
    matches!(process, Process::Separation)
}

/// The months of one process at one site.
type Months<'a> = Vec<(Month, &'a MonthOfRuns)>;

impl Windows {
    pub(crate) fn take_run(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        run: &LotProcessed,
        sums: &RunSums,
    ) {
        let site = SiteId {
            party: fact.author,
            code: run.site,
        };
        let key = (site, run.process, fact.happened_in);
        let month = self.0.entry(key).or_default();
        month.sums.include(sums);
        if fact.sign < 0 {
            month.runs = month.runs.saturating_sub(1);
            month.events.retain(|event| *event != fact.stated_by);
            month.gaining.retain(|event| *event != fact.stated_by);
            month.gained.remove(&fact.stated_by);
            if month.runs == 0 {
                self.0.remove(&key);
            }
            return;
        }
        month.runs += 1;
        let keep = |events: &mut Vec<EventId>| {
            if events.len() < EVIDENCE_MAX {
                events.push(fact.stated_by);
            }
        };
        keep(&mut month.events);
        if !sums.gives_more() {
            return;
        }
        keep(&mut month.gaining);
        let rules = book.registry().rules_at(fact.occurred);
        let gain = rules.and_then(|rules| Seen::gain(rules, sums));
        if let Some(gain) = gain.filter(|_| month.gained.len() < EVIDENCE_MAX) {
            month.gained.insert(fact.stated_by, gain);
        }
    }

    pub(crate) fn findings(&self, areas: &Areas, book: &Book, as_of: Moment) -> Vec<Finding> {
        let mut by_process: BTreeMap<(SiteId, Process), Months<'_>> = BTreeMap::new();
        for ((site, process, month), runs) in &self.0 {
            let months = by_process.entry((*site, *process)).or_default();
            months.push((*month, runs));
        }
        let mut found = Vec::new();
        for ((site, process), months) in by_process {
            let place = Place {
                book,
                site,
                vessels: if circulates(process) {
                    areas.vessel_counts(&site)
                } else {
                    Vec::new()
                },
                counted: areas.count_days(&site),
            };
            if circulates(process) {
                place.gains(&months, &mut found);
            }
            place.yields(process, &months, &mut found);
            place.losses(process, &months, as_of, &mut found);
        }
        found
    }
}

/// A site with what was counted there.
struct Place<'a> {
    book: &'a Book,
    site: SiteId,
    vessels: Vec<(Day, &'a Found)>,
    counted: Vec<Day>,
}

impl Place<'_> {
    fn rules(&self, month: Month) -> Option<&RuleSet> {
        self.book.registry().rules_on(month.first_day())
    }

    /// What was in the vessels at the last count before `month`, if it was taken in `first` or later.
    fn held_up(&self, first: Option<Month>, month: Month) -> Option<&Found> {
        let is_between =
            |day: &Day| day.month() < month && first.is_none_or(|first| day.month() >= first);
        let mut counts = self.vessels.iter().rev();
        counts
            .find(|(day, _)| is_between(day))
            .map(|(_, found)| *found)
    }

    /// M01 and M03 of a circuit: each month with those before it in which its matter can have come.
    fn gains(&self, months: &Months<'_>, found: &mut Vec<Finding>) {
        for (place, (month, runs)) in months.iter().enumerate() {
            let Some(rules) = self.rules(*month) else {
                continue;
            };
            if !runs.sums.gives_more() && runs.gained.is_empty() {
                continue;
            }
            let reach = u32::from(rules.circuit_months).saturating_sub(1);
            let first = month.ordinal().saturating_sub(reach);
            let counted = self.vessels.iter().rev().map(|(day, _)| day.month());
            let since = counted.filter(|counted| counted < month).max();
            let is_inside = |(other, _): &&(Month, &MonthOfRuns)| {
                other.ordinal() >= first && since.is_none_or(|since| *other > since)
            };
            let mut sums = RunSums::default();
            for (_, other) in months[..=place].iter().filter(is_inside) {
                sums.include(&other.sums);
            }
            // What was in the vessels longer ago no longer circles.
            let is_near = |since: &Month| since.ordinal() + 1 >= first;
            let counted = since.filter(is_near);
            if let Some(found) = counted.and_then(|_| self.held_up(None, *month)) {
                sums.take_from_vessels(found);
            }
            let evidence = if runs.gaining.is_empty() {
                &runs.events
            } else {
                &runs.gaining
            };
            let together = Seen::gains(rules, &sums);
            let is_gain = |seen: &Seen| matches!(seen, Seen::Gain { .. });
            if counted.is_none() && !together.iter().any(is_gain) {
                // What earlier runs lost may have been held up in the line; but nobody counted it, and every usual loss would
                // hide other feed.
                found.extend(runs.gained.iter().map(|(event, seen)| Finding {
                    severity: Severity::Warning,
                    ..self.finding(*seen, &[*event])
                }));
            }
            for seen in together {
                found.push(self.finding(seen, evidence));
            }
        }
    }

    /// M02: windows from count to count, none longer than matter circles.
    fn yields(&self, process: Process, months: &Months<'_>, found: &mut Vec<Finding>) {
        let mut left = months.as_slice();
        while let Some(((first, _), _)) = left.split_first() {
            let Some(rules) = self.rules(*first) else {
                return;
            };
            let end = first.ordinal() + u32::from(rules.circuit_months);
            let mut counted = self.counted.iter().map(|day| day.month());
            let count = counted.find(|counted| counted >= first);
            let is_inside = |(month, _): &&(Month, &MonthOfRuns)| {
                month.ordinal() < end && count.is_none_or(|count| *month <= count)
            };
            let length = left.iter().take_while(is_inside).count().max(1);
            let (window, rest) = left.split_at(length);
            left = rest;
            let after = rest.first().map(|(month, _)| *month);
            if rules.yield_band(process).is_some() {
                self.judge_yield(rules, window, after, found);
            }
        }
    }

    fn judge_yield(
        &self,
        rules: &RuleSet,
        window: &[(Month, &MonthOfRuns)],
        after: Option<Month>,
        found: &mut Vec<Finding>,
    ) {
        let mut sums = RunSums::default();
        let mut evidence = Vec::new();
        for (_, runs) in window {
            sums.include(&runs.sums);
            evidence.extend(runs.events.iter().copied());
        }
        let (Some((first, _)), Some((last, _))) = (window.first(), window.last()) else {
            return;
        };
        let opened = self
            .held_up(None, *first)
            .map_or(0, |found| found.vessels_reo);
        let closing = after.unwrap_or_else(|| last.next()).max(last.next());
        let closed = self.held_up(Some(*first), closing);
        // Without a count at its end a window has in its vessels what it had before, as far as anybody knows.
        let held_up = closed.map_or(0, |found| found.vessels_reo - opened);
        let (taken, given) = (sums.kept.taken, sums.kept.given + held_up);
        let (low, high) = sums.band;
        let noise = rules.limit_of(sums.kept.spread.sigma());
        let is_gain = sums.all().gain_beyond(rules) > 0;
        let is_high = !is_gain && given > high + noise;
        if taken > 0 && (given < low || is_high) {
            let seen = Seen::Yield { taken, given };
            evidence.truncate(EVIDENCE_MAX);
            found.push(self.finding(seen, &evidence));
        }
    }

    /// M06: a year that is over, its runs together.
    fn losses(
        &self,
        process: Process,
        months: &Months<'_>,
        as_of: Moment,
        found: &mut Vec<Finding>,
    ) {
        let this_year = self.book.registry().zone().month_of(as_of).year();
        for year in months.chunk_by(|(one, _), (other, _)| one.year() == other.year()) {
            let (Some((first, _)), Some((last, _))) = (year.first(), year.last()) else {
                continue;
            };
            let is_over = first.year() < this_year;
            let rules = self.rules(*last).filter(|_| is_over);
            let rules = rules.filter(|rules| rules.yield_band(process).is_some());
            let Some(rules) = rules else {
                continue;
            };
            let mut sums = RunSums::default();
            let mut evidence = Vec::new();
            for (_, runs) in year {
                sums.include(&runs.sums);
                evidence.extend(runs.events.iter().copied());
            }
            evidence.truncate(EVIDENCE_MAX);
            let opened = self
                .held_up(None, *first)
                .map_or(0, |found| found.vessels_reo);
            let mut closing = last.next();
            while closing.year() == first.year() {
                closing = closing.next();
            }
            let closed = self.held_up(Some(*first), closing);
            let held_up = closed.map_or(0, |found| found.vessels_reo - opened);
            let (lost, usual) = (sums.lost() - held_up, sums.usual.1);
            let noise = rules.limit_of(sums.all().spread.sigma());
            if lost > usual + noise {
                let figures = vec![
                    Figure::mg("run losses", lost),
                    Figure::mg("usual at most", usual),
                    Figure::mg("REO taken", sums.kept.taken),
                ];
                let subject = Subject {
                    year: Some(first.year()),
                    ..self.subject()
                };
                found.push(Finding::new(FindingCode::M06, subject, figures, evidence));
            }
        }
    }

    fn subject(&self) -> Subject {
        Subject {
            site: Some(self.site.code),
            ..Subject::party(self.site.party)
        }
    }

    fn finding(&self, seen: Seen, evidence: &[EventId]) -> Finding {
        Finding::new(
            seen.code(),
            self.subject(),
            seen.figures(),
            evidence.to_vec(),
        )
    }
}
