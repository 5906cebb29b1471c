//! P01 and F01: who did what without a licence, and who fed a recycling plant with ore.
//!
//! Invariant: judged by what was done: who makes an ore product needs a licence of mining, who separates one of separation, who
//! makes metal of what is none one of smelting, and feed is ore by lineage, whatever all that is called. Who says himself that he
//! did it is taken at his word. Kept by the event that shows it, so that a correction takes it away again. Memory grows with
//! offences only.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{LotProcessed, Payload, Process};
use domain::{Activity, Code, Day, EventId, LotId, PartyId, Product, SiteId, Track};
use projection::{Book, Fact, Finding, FindingCode, Subject};

use crate::stage::{Change, TRACKS, place};

/// An event that needs a licence, by its name or by what crossed a stage in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Need {
    event: EventId,
    day: Day,
    /// By what is said of it, or by what its outputs are.
    is_stated: bool,
    /// REO that crossed a stage.
    crossed: i128,
}

/// A run that was fed with ore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Fed {
    event: EventId,
    day: Day,
    /// It is called recycling.
    is_named: bool,
    ore_mg: i128,
}

/// Events that show an offence, by site and position.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Licences {
    fed: BTreeMap<(SiteId, u64), Fed>,
    /// Those that no licence covered when they were entered, by site, position and activity. A licence that is entered later
    /// covers them too.
    uncovered: BTreeMap<(SiteId, u64, Activity), Need>,
}

/// When and by whom something was stated.
#[derive(Clone, Copy)]
struct Stated {
    author: PartyId,
    at: u64,
    event: EventId,
    day: Day,
}

const SMELTS: [Process; 1] = [Process::MetalSmelting];
const MANUFACTURES: [Process; 2] = [Process::Alloying, Process::MagnetMaking];

const fn named(process: Process) -> Option<Activity> {
    match process {
        Process::Beneficiation => Some(Activity::Mining),
        Process::Separation => Some(Activity::Separation),
        Process::MetalSmelting => Some(Activity::MetalSmelting),
        Process::Recycling => Some(Activity::Recycling),
        Process::Alloying | Process::MagnetMaking => Some(Activity::Manufacturing),
        Process::Blending | Process::Repackaging => None,
    }
}

const fn is_metal(product: Product) -> bool {
    matches!(product, Product::Metal(_) | Product::Alloy(_))
}

const fn is_magnet(product: Product) -> bool {
    matches!(product, Product::Magnet(_))
}

const fn is_scrap(product: Product) -> bool {
    matches!(product, Product::Scrap(_))
}

const fn is_compound(product: Product) -> bool {
    matches!(product, Product::Compound(..))
}

/// What a statement needs a licence for by its name.
fn activities(book: &Book, payload: &Payload) -> Vec<Activity> {
    match payload {
        Payload::LotMined(_) => vec![Activity::Mining],
        Payload::ScrapCollected(_) => vec![Activity::Recycling],
        Payload::LotProcessed(run) => activities_of(book, run),
        _ => Vec::new(),
    }
}

/// The same of a run, and by what came of what. What crosses a stage is known by lineage.
fn activities_of(book: &Book, run: &LotProcessed) -> Vec<Activity> {
    let gives = |is: fn(Product) -> bool| {
        let mut made = run.outputs.iter().chain(run.retained.iter());
        made.any(|new| is(new.product))
    };
    let product = |lot: &LotId| book.lot(lot).map(|record| record.product);
    let takes = |is: fn(Product) -> bool| {
        let mut inputs = run.inputs.iter();
        inputs.any(|input| product(&input.lot).is_some_and(is))
    };
    let is_called = |names: &[Process]| names.contains(&run.process);
    let was_metal = |product| is_metal(product) || is_magnet(product) || is_scrap(product);
    let smelts = gives(is_metal) && !is_called(&SMELTS) && !takes(was_metal);
    let makes = gives(is_magnet) && !is_called(&MANUFACTURES) && !takes(is_magnet);
    let recycles = run.process != Process::Recycling && gives(is_compound) && takes(is_scrap);
    let done = [
        (smelts, Activity::MetalSmelting),
        (makes, Activity::Manufacturing),
        (recycles, Activity::Recycling),
    ];
    let done = done
        .into_iter()
        .filter_map(|(is, activity)| is.then_some(activity));
    named(run.process).into_iter().chain(done).collect()
}

/// The activities that a change of what crossed stands for, with the REO.
fn crossings(change: &Change) -> impl Iterator<Item = (Activity, i128)> {
    let crossings = TRACKS.map(|track| {
        let activity = match track {
            Track::Separation => Activity::Separation,
            Track::MiningRock | Track::MiningIon => Activity::Mining,
        };
        (activity, change.crossed[place(track)])
    });
    crossings.into_iter().filter(|(_, mg)| *mg != 0)
}

impl Licences {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>, day: Day, changes: &[Change]) {
        let stated = Stated {
            author: fact.author,
            at: fact.stated_at,
            event: fact.stated_by,
            day,
        };
        let site = match fact.payload {
            Payload::LotProcessed(run) => Some(run.site),
            Payload::LotMined(mined) => Some(mined.site),
            Payload::ScrapCollected(collected) => Some(collected.site),
            Payload::LotRecovered(recovered) => Some(recovered.site),
            _ => None,
        };
        if let (Some(site), true) = (site, fact.sign < 0) {
            // Whatever was known of its inputs when it was stated.
            for activity in Activity::ALL {
                self.unsay(stated, (site, *activity));
            }
        } else if let Some(site) = site {
            for activity in activities(book, fact.payload) {
                self.need(book, stated, (site, activity), &mut |need| {
                    need.is_stated = true;
                });
            }
        }
        for change in changes {
            self.take_change(book, change);
        }
    }

    fn unsay(&mut self, stated: Stated, (code, activity): (Code, Activity)) {
        let party = stated.author;
        let key = (SiteId { party, code }, stated.at, activity);
        if let Some(need) = self.uncovered.get_mut(&key) {
            need.is_stated = false;
            if need.crossed <= 0 {
                self.uncovered.remove(&key);
            }
        }
    }

    fn take_change(&mut self, book: &Book, change: &Change) {
        let Some(site) = change.site else {
            return;
        };
        let stated = Stated {
            author: change.author,
            at: change.stated_at,
            event: change.stated_by,
            day: change.day,
        };
        for (activity, mg) in crossings(change) {
            self.need(book, stated, (site, activity), &mut |need| {
                need.crossed += mg
            });
        }
        if change.ore_fed != 0 {
            self.feed(book, stated, site, change);
        }
    }

    /// Changes what is kept of an event that is not covered; of one that is covered nothing is kept.
    fn need(
        &mut self,
        book: &Book,
        stated: Stated,
        (code, activity): (Code, Activity),
        change: &mut dyn FnMut(&mut Need),
    ) {
        let party = stated.author;
        let (site, day) = (SiteId { party, code }, stated.day);
        let key = (site, stated.at, activity);
        let known = self.uncovered.get(&key).copied();
        let mut need = known.unwrap_or(Need {
            event: stated.event,
            day,
            is_stated: false,
            crossed: 0,
        });
        change(&mut need);
        let is_open = need.is_stated || need.crossed > 0;
        if !is_open {
            self.uncovered.remove(&key);
        } else if known.is_some() || !book.is_licensed_on(&site, activity, day) {
            self.uncovered.insert(key, need);
        }
    }

    /// Keeps what a recycling plant was fed with: one by its licence, or by what it calls the run.
    fn feed(&mut self, book: &Book, stated: Stated, code: Code, change: &Change) {
        let party = stated.author;
        let (site, day) = (SiteId { party, code }, stated.day);
        let key = (site, stated.at);
        let is_named = change.process == Some(Process::Recycling);
        let known = self.fed.get(&key).copied();
        let recycles = || book.is_licensed_on(&site, Activity::Recycling, day);
        if known.is_none() && !is_named && !recycles() {
            return;
        }
        let mut fed = known.unwrap_or(Fed {
            event: stated.event,
            day,
            is_named,
            ore_mg: 0,
        });
        fed.is_named = is_named;
        fed.ore_mg += change.ore_fed;
        if fed.ore_mg > 0 {
            self.fed.insert(key, fed);
        } else {
            self.fed.remove(&key);
        }
    }

    pub(crate) fn findings(&self, book: &Book) -> Vec<Finding> {
        let mut found: BTreeMap<(FindingCode, SiteId), Vec<EventId>> = BTreeMap::new();
        let mut add = |code, site, event| {
            let events = found.entry((code, site)).or_default();
            if events.last() != Some(&event) {
                events.push(event);
            }
        };
        for ((site, _, activity), need) in &self.uncovered {
            if !book.is_licensed_on(site, *activity, need.day) {
                add(FindingCode::P01, *site, need.event);
            }
        }
        for ((site, _), fed) in &self.fed {
            let is_licensed = |activity| book.is_licensed_on(site, activity, fed.day);
            let only_recycles =
                || is_licensed(Activity::Recycling) && !is_licensed(Activity::Separation);
            if fed.is_named || only_recycles() {
                add(FindingCode::F01, *site, fed.event);
            }
        }
        let found = found.into_iter().map(|((code, site), events)| {
            let subject = Subject {
                site: Some(site.code),
                ..Subject::party(site.party)
            };
            Finding::new(code, subject, Vec::new(), events)
        });
        found.collect()
    }
}
