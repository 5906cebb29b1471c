//! The year, day by day: filings, arrivals, acts of office and plants, trade, and the count at the month's end.
//!
//! Invariant: steps are in time order, and every draw from stock is covered by the planner's own book, except where an
//! offence is planted. Knows nothing of keys, signatures and event ids.

mod count;
mod downstream;
mod goods;
mod office;
mod plants;
mod routine;
mod shipping;
mod upstream;

use std::collections::{BTreeMap, BTreeSet};

use domain::{Code, Day, Division, LotId, Moment, Month, Names, PartyKind, Payload, Term, Zone};

use crate::cast::{DEPARTMENTS, FIRMS, ORIGIN, Role, credit_code};
use crate::dice::Dice;
use crate::plan::{Party, Plan, PlannedFact, PlannedStep, Plant};
use goods::Lot;
use shipping::Delivery;

/// Minutes between an act and its arrival at the node.
const DELAY_MS: i64 = 600_000;
const HOUR_MS: i64 = 3_600_000;
/// The ledger is founded on this day of January.
const FIRST_DAY: &str = "2024-01-02";
/// The last return of December is filed on this day.
const LAST_DAY: &str = "2025-01-09";

/// Quota of one firm on one track, in milligrams.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Allowance {
    /// Over the whole year.
    pub(crate) annual: u64,
    /// Issued so far.
    pub(crate) issued: u64,
    pub(crate) used: u64,
}

/// Everything that the planner remembers.
pub(crate) struct Planner {
    dice: Dice,
    plan: Plan,
    day: Day,
    now: Moment,
    /// Stock by firm.
    book: Vec<BTreeMap<LotId, Lot>>,
    /// Lots that ordinary trade leaves alone.
    reserved: BTreeSet<LotId>,
    due: BTreeMap<Day, Vec<Delivery>>,
    /// REO under way to each firm, in milligrams.
    transit: Vec<u64>,
    /// By firm and track.
    quota: Vec<[Allowance; 3]>,
    /// Lots that each firm has made so far.
    lots: Vec<u64>,
    /// Shipments that each firm has sent so far.
    shipments: Vec<u64>,
    /// The oversold trader's book no longer says what is there.
    uncounted: BTreeSet<usize>,
}

/// Reads a constant of the demo; a malformed one is a bug, and the tests read all of them.
pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a constant of the demo is well formed")
}

/// The place of a firm in the plan's parties.
pub(crate) fn party_of(firm: usize) -> usize {
    1 + DEPARTMENTS.len() + firm
}

/// Every firm's one site.
pub(crate) fn site() -> Code {
    parsed("SITE-1")
}

impl Planner {
    pub(crate) fn new(seed: u64) -> Self {
        let firms = FIRMS.len();
        Self {
            dice: Dice::new(seed, 1),
            plan: Plan {
                seed,
                origin: ORIGIN.to_owned(),
                parties: parties(seed),
                steps: Vec::with_capacity(22_000),
                plants: Vec::new(),
            },
            day: parsed(FIRST_DAY),
            now: Zone::CHINA.start_of(parsed(FIRST_DAY)),
            book: vec![BTreeMap::new(); firms],
            reserved: BTreeSet::new(),
            due: BTreeMap::new(),
            transit: vec![0; firms],
            quota: vec![[Allowance::default(); 3]; firms],
            lots: vec![0; firms],
            shipments: vec![0; firms],
            uncounted: BTreeSet::new(),
        }
    }

    /// Plays the year on paper.
    pub(crate) fn year(mut self) -> Plan {
        let last: Day = parsed(LAST_DAY);
        self.found();
        while self.day < last {
            self.day = self.day.next();
            self.now = Zone::CHINA
                .start_of(self.day)
                .plus_ms(8 * HOUR_MS + DELAY_MS);
            self.filings();
            self.arrivals();
            self.acts_of_office();
            self.plants();
            if self.day.month().year() == 2024 {
                self.upstream();
                self.downstream();
                if self.day.next().month() != self.day.month() {
                    self.counts();
                }
            }
        }
        self.plan
    }

    /// Puts a step at the end of the log.
    fn push(&mut self, author: usize, act: PlannedFact) -> usize {
        let pause = self.dice.between(15_000, 45_000);
        self.now = self.now.plus_ms(pause as i64);
        self.plan.steps.push(PlannedStep {
            author,
            occurred: self.now.plus_ms(-DELAY_MS),
            received: self.now,
            act,
        });
        self.plan.steps.len() - 1
    }

    /// States a complete fact of an office.
    fn decree(&mut self, author: usize, payload: Payload) -> usize {
        self.push(author, PlannedFact::State(Box::new(payload)))
    }

    /// States a movement at a firm.
    fn state(&mut self, firm: usize, payload: Payload) -> usize {
        self.push(party_of(firm), PlannedFact::State(Box::new(payload)))
    }

    /// Notes an offence of this month.
    fn plant(&mut self, code: &'static str, firm: usize, position: usize, note: &'static str) {
        self.plant_in(self.day.month(), code, firm, position, note);
    }

    fn plant_in(
        &mut self,
        month: Month,
        code: &'static str,
        firm: usize,
        position: usize,
        note: &'static str,
    ) {
        let party = self.plan.parties[party_of(firm)].id;
        self.plan.plants.push(Plant {
            code,
            party,
            month,
            note,
            position,
        });
    }

    /// Whether today is this day of the year 2024.
    fn today(&self, month: u8, day: u8) -> bool {
        let found = self.day.month();
        (found.year(), found.month(), self.day.day()) == (2024, month, day)
    }

    /// A firm of this role, by chance.
    fn any(&mut self, role: Role) -> usize {
        let firms: Vec<usize> = places(role).collect();
        firms[self.dice.below(firms.len() as u64) as usize]
    }
}

/// The firms of a role.
pub(crate) fn places(role: Role) -> impl Iterator<Item = usize> {
    (0..FIRMS.len()).filter(move |place| FIRMS[*place].role == role)
}

/// The authority, the operator, the other departments, the firms, an auditor.
fn parties(seed: u64) -> Vec<Party> {
    let mut keys = Dice::new(seed, 2);
    let mut party =
        |register: &str, division: &str, number, zh: &str, en: &str, kind, group| Party {
            id: credit_code(register, division, number),
            names: Names {
                zh: parsed(zh),
                en: parsed(en),
            },
            kind,
            division: parsed::<Division>(division),
            group,
            key_seed: keys.bytes(),
            next_key_seed: keys.bytes(),
        };
    let mut all = Vec::with_capacity(DEPARTMENTS.len() + FIRMS.len() + 2);
    for (number, department) in DEPARTMENTS.iter().enumerate() {
        let kind = PartyKind::Regulator {
            sector: department.sector,
        };
        let (division, zh, en) = (department.division, department.zh, department.en);
        let register = if division == "000000" {
            "100000"
        } else {
            division
        };
        let mut entry = party("11", register, number, zh, en, kind, None);
        entry.division = parsed(division);
        all.push(entry);
        if number == 0 {
            let (zh, en) = ("账本运营中心(示例)", "Ledger operator (example)");
            all.push(party(
                "12",
                "100000",
                900,
                zh,
                en,
                PartyKind::Operator,
                None,
            ));
        }
    }
    for (number, firm) in FIRMS.iter().enumerate() {
        let kind = PartyKind::Enterprise {
            activities: firm.activities.to_vec().try_into().expect("one to seven"),
        };
        let group = firm.group.map(parsed);
        all.push(party(
            "91",
            firm.division,
            100 + number,
            firm.zh,
            firm.en,
            kind,
            group,
        ));
    }
    let (zh, en) = ("明镜会计师事务所(示例)", "Mingjing auditors (example)");
    all.push(party("91", "110101", 901, zh, en, PartyKind::Auditor, None));
    all
}

/// A number or short remark of the demo.
pub(crate) fn term(text: &str) -> Term {
    parsed(text)
}
