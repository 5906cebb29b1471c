//! What the crate refuses, the reader in another language refuses, at the same places and nowhere else: an operator writes
//! everything into its log that anybody signs, whether its author may state it or not.
//! Invariant: the same events in every run, each next in its author's chain, so that only authority decides. Knows no rule: it
//! asks the registry, the crate's verifier and the other one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use author::SignedEvent;
use chain::{Frontier, leaf_hash};
use domain::{Activity, Bytes32, KeyId, Moment, PartyId, PartyKind, Payload, Sector, Seen};
use serde_json::{Value, json};
use testkit::{Authors, TestCountry, at, key, party, registration};
use verify::{Admission, Depth, EntryPlace, SealKeys, Trust, prepare};
use wire::Entry;

use crate::amending::{DIVISIONS, amending};
use crate::hostile::{Chance, every_payload};
use crate::log::Copy;
use crate::table::{python, report_on};

/// A report lists as many faults one by one.
const EVENTS: u32 = 900;
pub(crate) const SEEDS: [u64; 3] = [11, 12, 13];
/// Parties of the country, five departments and four enterprises more, and one that nobody registered.
const PARTIES: u32 = 16;

/// A log of whatever was signed, and what the registry said of it.
pub(crate) struct Written {
    admission: Admission,
    authors: Authors,
    pub(crate) entries: Vec<Vec<u8>>,
    tree: Frontier,
    received: Moment,
    pub(crate) refused: BTreeSet<u64>,
    /// How often each kind of act was let pass and refused, by name.
    tried: BTreeMap<&'static str, [u32; 2]>,
    /// Why, by name of the kind and the refusal.
    why: BTreeSet<String>,
    /// Bodies that somebody may take back.
    bodies: Vec<Vec<u8>>,
}

impl Written {
    fn new() -> Self {
        let mut written = Self {
            admission: Admission::new(),
            authors: Authors::default(),
            entries: Vec::new(),
            tree: Frontier::new(),
            received: at("2024-02-01"),
            refused: BTreeSet::new(),
            tried: BTreeMap::new(),
            why: BTreeSet::new(),
            bodies: Vec::new(),
        };
        let TestCountry { authors, founding } = TestCountry::new();
        written.authors = authors;
        founding.into_iter().for_each(|event| {
            written.write(event);
        });
        let industry = Sector::Industry;
        for (number, kind, division) in [
            (7, regulator(Sector::Customs), "000000"),
            (8, regulator(industry), "150000"),
            (9, regulator(industry), "150200"),
            (10, regulator(Sector::NaturalResources), "000000"),
            (11, regulator(Sector::Customs), "150000"),
            (12, enterprise(), "150207"),
            (13, enterprise(), "150207"),
            (14, enterprise(), "150200"),
            (15, enterprise(), "360700"),
        ] {
            written.state(1, &[1], registration(number, kind, division));
        }
        assert!(written.refused.is_empty());
        written
    }

    /// Signs, and writes what was signed.
    fn state(&mut self, by: u32, keys: &[u32], payload: Payload) {
        self.authors.seen = Seen {
            size: self.entries.len() as u64,
            root: Bytes32(*self.tree.root().as_bytes()),
        };
        let before = *self.authors.author(by);
        let keys: Vec<_> = keys.iter().map(|number| key(*number)).collect();
        let event = self.authors.sign_by_all(by, &keys, self.received, payload);
        if !self.write(event) {
            *self.authors.author(by) = before;
        }
    }

    /// Whether the author's chain goes on behind it.
    fn write(&mut self, event: SignedEvent) -> bool {
        let position = self.entries.len() as u64;
        let place = EntryPlace {
            position,
            received: self.received,
        };
        let directory = self.admission.directory();
        let signatures = event.signatures.iter().copied().collect();
        let prepared = prepare(event.body.clone().into(), signatures, &directory).unwrap();
        let ledger = self.admission.ledger().copied();
        let ledger = ledger.unwrap_or_else(|| chain::origin_hash(testkit::ORIGIN));
        let keys: Vec<KeyId> = event.signatures.iter().map(|(key, _)| *key).collect();
        let registry = self.admission.registry();
        let permitted = registry.permit(&prepared.body, &keys, self.received, &SealKeys { ledger });
        let name = prepared.body.payload.name();
        let tried = self.tried.entry(name).or_default();
        tried[usize::from(permitted.is_err())] += 1;
        let goes_on = match permitted {
            Ok(()) => {
                self.admission.apply(&place, &prepared);
                true
            }
            Err(refusal) => {
                let refusal = format!("{refusal:?}");
                let word = refusal.split([' ', '{']).next().unwrap().to_owned();
                self.why.insert(format!("{name} {word}"));
                self.refused.insert(position);
                self.admission.is_signed(&prepared, self.received)
            }
        };
        if domain::payload::check_annullable(prepared.body.payload.number()).is_ok() {
            self.bodies.push(event.body.clone());
        }
        let entry = wire::encode_entry(&Entry {
            received: self.received,
            body: event.body,
            signatures: event.signatures,
        });
        let entry = entry.unwrap();
        self.tree.push(leaf_hash(&entry));
        self.entries.push(entry);
        goes_on
    }
}

fn regulator(sector: Sector) -> PartyKind {
    PartyKind::Regulator { sector }
}

fn enterprise() -> PartyKind {
    PartyKind::Enterprise {
        activities: vec![Activity::Trading].try_into().unwrap(),
    }
}

fn number(chance: &mut Chance) -> u32 {
    chance.number(PARTIES.into())
}

/// The same act about other parties in other divisions; nothing if it is not well formed then.
fn about_others(chance: &mut Chance, payload: &Payload) -> Option<Payload> {
    let mut value = serde_json::to_value(payload).unwrap();
    move_parties(chance, &mut value);
    let payload: Payload = serde_json::from_value(value).ok()?;
    payload.check().ok()?;
    Some(payload)
}

fn move_parties(chance: &mut Chance, value: &mut Value) {
    match value {
        Value::String(text) => {
            let (whose, rest) = text.split_once('/').unwrap_or((text, ""));
            if whose.parse::<PartyId>().is_ok() {
                let party = party(number(chance));
                let moved = if rest.is_empty() {
                    party.to_string()
                } else {
                    format!("{party}/{rest}")
                };
                *text = moved;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|one| move_parties(chance, one)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if name == "division" {
                    *field = json!(chance.pick(&DIVISIONS));
                } else if name != "annulled" && name != "corrected" {
                    move_parties(chance, field);
                }
            }
        }
        _ => {}
    }
}

pub(crate) fn written(seed: u64, every: &[Payload]) -> Written {
    let (mut chance, mut written) = (Chance(seed), Written::new());
    let all: Vec<_> = (1..=PARTIES).collect();
    while written.entries.len() < EVENTS as usize {
        let payload = if chance.below(2) == 0 {
            let value = amending(&mut chance, &all, &written.bodies);
            serde_json::from_value(value).ok()
        } else {
            let payload = chance.pick(every);
            about_others(&mut chance, &payload)
        };
        let Some(payload): Option<Payload> = payload else {
            continue;
        };
        // What a commitment says is compared with a log that only holds what was admitted; a correction names its author;
        // whoever founds goes on for the ledger that it founded.
        if matches!(
            payload,
            Payload::HeadsCommitted(_) | Payload::EventCorrected(_) | Payload::LedgerFounded(_)
        ) || payload.check().is_err()
            || payload.check_time(written.received).is_err()
        {
            continue;
        }
        let by = match chance.below(8) {
            0 => number(&mut chance),
            _ if payload.number() >= 32 => chance.pick(&[4, 5, 6, 12, 13]),
            _ => chance.pick(&[1, 3, 7, 8, 9, 10, 11]),
        };
        let signs = if chance.below(16) == 0 {
            number(&mut chance)
        } else {
            by
        };
        let later = i64::try_from(chance.below(3_600_000)).unwrap();
        written.received = written.received.plus_ms(later);
        written.state(by, &[signs], payload);
    }
    written
}

/// The positions at which one of the other verifiers finds a fault, each with its kind.
pub(crate) fn python_refuses(python: &str, verifier: &str, copy: &Path) -> BTreeMap<u64, String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/independent");
    let run = Command::new(python)
        .arg(Path::new(folder).join(verifier))
        .arg(copy)
        .arg("--json")
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    let faults = report["faults"].as_array().unwrap();
    let told = |fault: &Value| {
        (
            fault["position"].as_u64().unwrap(),
            fault["kind"].to_string(),
        )
    };
    faults.iter().map(told).collect()
}

/// Refusals of acts that the runs are sure to meet.
const TRIED: &[&str] = &[
    "act-annulled AnnulledAlready",
    "act-annulled KeptForTheFounder",
    "act-annulled NotOverRegulators",
    "act-annulled UnknownAct",
    "indicator-set NotNational",
    "lot-sealed OutsideDivision",
    "party-amended ActivitiesOfKind",
    "party-amended KeptForTheFounder",
    "party-amended NotOverRegulators",
    "party-amended OutsideDivision",
    "party-amended UnknownParty",
    "party-succeeded NotAnEnterprise",
    "party-succeeded OutsideDivision",
    "party-succeeded SucceededAlready",
    "quota-allocated NotAnEnterprise",
    "reference-changed NotTheFounder",
    "site-amended OutsideDivision",
    "site-amended UnknownLicence",
    "site-licensed OutsideDivision",
];

#[test]
fn what_the_crate_refuses_every_verifier_refuses_at_the_same_place() {
    let every = every_payload();
    let (mut tried, mut why) = (BTreeMap::<_, [u32; 2]>::new(), BTreeSet::new());
    for seed in SEEDS {
        let written = written(seed, &every);
        let copy = Copy::of(&written.entries);
        let report = report_on(copy.path(), Depth::Full, &Trust::default());
        let found: BTreeSet<_> = report.faults.iter().map(|fault| fault.position).collect();
        let differing: Vec<_> = found.symmetric_difference(&written.refused).collect();
        assert!(differing.is_empty(), "{differing:?}");
        if let Some(python) = python() {
            let found = python_refuses(&python, "verify_export.py", copy.path());
            let places: BTreeSet<_> = found.keys().copied().collect();
            let differs = |at: &u64| {
                let view = wire::decode_entry(&written.entries[usize::try_from(*at).unwrap()]);
                let body = wire::decode_body(view.unwrap().body).unwrap();
                let fault = report.faults.iter().find(|fault| fault.position == *at);
                format!("{at} {} {fault:?} {:?}", body.payload.name(), found.get(at))
            };
            let differing = places.symmetric_difference(&written.refused);
            let differing: Vec<_> = differing.map(differs).collect();
            assert!(differing.is_empty(), "{differing:#?}");
        }
        for (name, counts) in written.tried {
            let all = tried.entry(name).or_default();
            all[0] += counts[0];
            all[1] += counts[1];
        }
        why.extend(written.why);
    }
    for rule in TRIED {
        assert!(why.contains(*rule), "{rule} was not tried: {why:#?}");
    }
    for act in [
        "site-amended",
        "party-amended",
        "party-succeeded",
        "act-annulled",
        "reference-changed",
    ] {
        let [passed, refused] = tried[act];
        assert!(passed > 2 && refused > 5, "{act}: {passed} {refused}");
    }
}
