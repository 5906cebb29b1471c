//! Acts of office: founding, registration, licences, the year's indicators and allocations, inspections, penalties.
//!
//! Invariant: enterprises' allocations sum exactly to their group's, and the groups' to the national figure, on each
//! track and batch. The days are the demo's own; the national figures and the groups' first batch are public.

use domain::payload::{
    AccessGranted, BatchBasis, Holder, IndicatorSet, InspectionRecorded, Instrument,
    PenaltyImposed, QuotaAllocated, QuotaMoved, SiteLicensed,
};
use domain::{Mass, Month, OreKind, Payload, SiteId, Track};

use super::goods::TONNE;
use super::upstream::track_place;
use super::{Planner, parsed, party_of, site, term};
use crate::cast::{CREG, DEPARTMENTS, FIRMS, Firm, NORTHERN, Role, named};
use crate::figures::of_2024;
use crate::plan::PlannedFact;

/// Groups as the demo writes them and as the table of figures does.
const GROUPS: [(&str, &str); 2] = [(NORTHERN, "Northern"), (CREG, "CREG")];

/// The second batch by group, in tonnes: invented, so that groups sum to the national figure. No public source gives it.
const SECOND_BATCH_T: [(&str, Track, u64); 5] = [
    (NORTHERN, Track::MiningRock, 94_070),
    (CREG, Track::MiningRock, 31_920),
    (CREG, Track::MiningIon, 9_010),
    (NORTHERN, Track::Separation, 81_991),
    (CREG, Track::Separation, 45_009),
];

/// Tonnes of a group in a batch, or nothing on a track that it does not have.
pub(crate) fn group_tonnes(group: &str, track: Track, batch: u8) -> u64 {
    if batch == 1 {
        let holder = GROUPS.iter().find(|(code, _)| *code == group);
        return holder
            .and_then(|(_, name)| of_2024(1, name, track))
            .unwrap_or(0);
    }
    let row = SECOND_BATCH_T
        .iter()
        .find(|(holder, of, _)| *holder == group && *of == track);
    row.map_or(0, |(_, _, tonnes)| *tonnes)
}

fn track_of(firm: &Firm) -> Option<Track> {
    match firm.role {
        Role::Mine(kind) => Some(kind.track()),
        Role::Separator(_) => Some(Track::Separation),
        _ => None,
    }
}

/// A group's tonnes split by weight; what rounding leaves goes to the last.
pub(crate) fn split(group: &str, track: Track, tonnes: u64) -> Vec<(usize, u64)> {
    let members: Vec<usize> = (0..FIRMS.len())
        .filter(|place| {
            FIRMS[*place].group == Some(group) && track_of(&FIRMS[*place]) == Some(track)
        })
        .collect();
    let sum: u64 = members.iter().map(|place| FIRMS[*place].weight).sum();
    let mut parts: Vec<_> = members
        .iter()
        .map(|place| (*place, tonnes * FIRMS[*place].weight / sum.max(1)))
        .collect();
    let left = tonnes - parts.iter().map(|(_, part)| part).sum::<u64>();
    if let Some(last) = parts.last_mut() {
        last.1 += left;
    }
    parts
}

fn mass(tonnes: u64) -> Mass {
    Mass::from_tonnes(tonnes).expect("national figures are far below the limit")
}

impl Planner {
    fn instrument(&self, number: &str) -> Instrument {
        Instrument {
            number: term(number),
            issued: self.day,
        }
    }

    /// The department that oversees a division nearest to it.
    pub(crate) fn overseer(&self, party: usize) -> usize {
        let division = self.plan.parties[party].division;
        let departments = (0..=DEPARTMENTS.len()).filter(|place| *place != 1);
        departments
            .filter(|place| self.plan.parties[*place].division.covers(division))
            .filter(|place| {
                let division = self.plan.parties[*place].division;
                division.level() <= domain::division::Level::Province
            })
            .max_by_key(|place| self.plan.parties[*place].division.level())
            .unwrap_or(0)
    }

    /// The first day: founding, registers, licences, the first batch.
    pub(crate) fn found(&mut self) {
        self.now = self.now.plus_ms(8 * super::HOUR_MS);
        self.push(
            0,
            PlannedFact::Found(term("Rare earth ledger of an invented country, 2024")),
        );
        for place in 2..self.plan.parties.len() {
            let registrar = if place <= DEPARTMENTS.len() {
                0
            } else {
                self.overseer(place)
            };
            self.push(registrar, PlannedFact::Register(place));
        }
        for track in Track::ALL {
            for (group, _) in GROUPS {
                for batch in [1, 2] {
                    for (firm, tonnes) in split(group, *track, group_tonnes(group, *track, batch)) {
                        self.quota[firm][track_place(*track)].annual += tonnes * TONNE;
                    }
                }
            }
        }
        for firm in 0..FIRMS.len() {
            self.license(firm);
        }
        self.issue(1, "示例函〔2024〕1号");
        let auditor = self.plan.parties.len() - 1;
        let granted = AccessGranted {
            auditor: self.plan.parties[auditor].id,
            division: domain::Division::NATION,
            parties: domain::List::default(),
            first_month: parsed::<Month>("2024-01"),
            last_month: parsed::<Month>("2024-12"),
            until: parsed("2025-06-30"),
        };
        self.decree(0, Payload::AccessGranted(granted));
    }

    fn license(&mut self, firm: usize) {
        let party = party_of(firm);
        let annual: u64 = self.quota[firm].iter().map(|track| track.annual).sum();
        let capacity = annual / TONNE * 3 / 2;
        for activity in FIRMS[firm].activities {
            let licensed = SiteLicensed {
                site: SiteId {
                    party: self.plan.parties[party].id,
                    code: site(),
                },
                activity: *activity,
                licence: term(&format!("LIC-2024-{firm:03}-{activity}")),
                division: self.plan.parties[party].division,
                capacity_mg: mass(if capacity == 0 { 100_000 } else { capacity }),
                from: parsed("2024-01-01"),
                until: parsed("2028-12-31"),
            };
            let by = self.overseer(party);
            self.decree(by, Payload::SiteLicensed(licensed));
        }
    }

    /// A batch of the year: national, groups, enterprises.
    fn issue(&mut self, batch: u8, number: &str) {
        for track in Track::ALL {
            let instrument = self.instrument(number);
            let tonnes = of_2024(batch, "national", *track)
                .expect("the table has both batches of 2024 for every track");
            self.decree(
                0,
                Payload::IndicatorSet(IndicatorSet {
                    year: 2024,
                    track: *track,
                    batch,
                    amount_mg: mass(tonnes),
                    basis: BatchBasis::Incremental,
                    instrument,
                }),
            );
            for (group, _) in GROUPS {
                let whole = group_tonnes(group, *track, batch);
                if whole == 0 {
                    continue;
                }
                self.allocate(Holder::Group(parsed(group)), *track, batch, whole, number);
                for (firm, tonnes) in split(group, *track, whole) {
                    let holder = Holder::Party(self.plan.parties[party_of(firm)].id);
                    self.allocate(holder, *track, batch, tonnes, number);
                    self.quota[firm][track_place(*track)].issued += tonnes * TONNE;
                }
            }
        }
    }

    fn allocate(&mut self, holder: Holder, track: Track, batch: u8, tonnes: u64, number: &str) {
        let allocated = QuotaAllocated {
            holder,
            year: 2024,
            track,
            batch,
            amount_mg: mass(tonnes),
            basis: BatchBasis::Incremental,
            instrument: self.instrument(number),
        };
        self.decree(0, Payload::QuotaAllocated(allocated));
    }

    /// What the offices do during the year, other than for plants.
    pub(crate) fn acts_of_office(&mut self) {
        if self.today(8, 20) {
            self.issue(2, "示例函〔2024〕2号");
        }
        if self.today(10, 14) {
            self.move_quota(4, named::SEALED_LOT, 60);
        }
        if self.today(11, 5) {
            self.penalise(named::REO_GAIN, 40);
        }
        let quarter = self.day.month().month().is_multiple_of(3) && self.day.day() == 20;
        if quarter && self.day.month().year() == 2024 {
            for firm in [0, 7, 11, 13, 20] {
                self.inspect(firm);
            }
        }
    }

    /// Quota of ion ore moves inside a group.
    fn move_quota(&mut self, from: usize, to: usize, tonnes: u64) {
        let place = track_place(OreKind::IonAdsorption.track());
        let holder = |firm: usize| Holder::Party(self.plan.parties[party_of(firm)].id);
        let moved = QuotaMoved {
            from: holder(from),
            to: holder(to),
            year: 2024,
            track: Track::MiningIon,
            amount_mg: mass(tonnes),
            instrument: self.instrument("示例函〔2024〕3号"),
        };
        self.decree(0, Payload::QuotaMoved(moved));
        self.quota[from][place].issued -= tonnes * TONNE;
        self.quota[to][place].issued += tonnes * TONNE;
    }

    /// A fine, and the deduction of quota that rests on it.
    fn penalise(&mut self, firm: usize, tonnes: u64) {
        let party = party_of(firm);
        let id = self.plan.parties[party].id;
        let imposed = PenaltyImposed {
            party: id,
            article: term("Order 71 article 14"),
            fine_fen: 5_000_000,
            instrument: self.instrument("示例罚〔2024〕7号"),
        };
        let by = self.overseer(party);
        let penalty = self.decree(by, Payload::PenaltyImposed(imposed));
        let act = PlannedFact::Deduct {
            party: id,
            year: 2024,
            track: Track::Separation,
            amount: mass(tonnes),
            penalty,
        };
        self.push(0, act);
        self.quota[firm][track_place(Track::Separation)].issued -= tonnes * TONNE;
    }

    /// Two inspectors count a yard and find what the book says.
    pub(crate) fn inspect(&mut self, firm: usize) {
        let party = party_of(firm);
        let few = self.book[firm].iter().take(20);
        let counted: Vec<_> = few.map(|(id, lot)| lot.line(*id)).collect();
        let inspection = InspectionRecorded {
            site: SiteId {
                party: self.plan.parties[party].id,
                code: site(),
            },
            inspectors: vec![term("检查员甲"), term("检查员乙")]
                .try_into()
                .expect("two inspectors"),
            counted: counted.try_into().expect("at most twenty lots"),
            note: parsed("sample of the lots on hand; agrees with the book"),
        };
        let by = self.overseer(party);
        self.decree(by, Payload::InspectionRecorded(inspection));
    }
}
