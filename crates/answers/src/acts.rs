//! The acts of office that the log holds, in its order; of one party they are its history in the register.
//!
//! Invariant: every act is listed, an annulled one too, with the position of what annulled it. Judges no act.

use std::collections::BTreeMap;

use domain::payload::{FindingRuled, Holder, InspectionRecorded, Instrument, LotsNamed};
use domain::registry::KeyRules;
use domain::{Activity, Body, Day, EventId, Mass, Moment, PartyId, Payload, Registry, Term, Zone};
use projection::{Event, feed};
use verify::SealKeys;

use crate::reading::Reading;
use crate::refused::{NoAnswer, Refused};
use crate::resolve::event_at;
use crate::schema::answers;
use crate::table::{Cell, Table};
use crate::value::{Mg, name_of};

answers! {
    /// Acts of office.
    pub struct Acts {
        pub acts: Vec<OneAct>,
    }

    /// One act.
    pub struct OneAct {
        pub position: u64,
        pub id: EventId,
        pub received: Moment,
        pub event: &'static str,
        pub by: PartyId,
        pub by_name: Option<String>,
        pub about: Vec<PartyId>,
        /// What each of them is called.
        pub about_names: Vec<Option<String>>,
        /// What it says, in a few words.
        pub what: Vec<String>,
        /// The document that it rests on, and when that was issued.
        pub instrument: Option<String>,
        pub annulled_at: Option<u64>,
    }
}

/// The acts that were asked for.
pub(crate) fn acts(
    reading: &Reading,
    about_party: Option<PartyId>,
    by: Option<PartyId>,
    events: &[String],
) -> Result<Acts, NoAnswer> {
    let founding = event_at(&*reading.store, 0)?;
    let ledger = author::ledger_of(&founding.body, &founding.id).ok_or(Refused::NotFounded)?;
    let keys = SealKeys { ledger };
    let registry = reading.registry()?;
    let mut annulled: BTreeMap<EventId, u64> = BTreeMap::new();
    let mut acts = Vec::new();
    feed(&*reading.store, 0, reading.size(), &mut |event| {
        if let Payload::ActAnnulled(act) = &event.body.payload {
            let id = wire::event_id(&act.annulled);
            annulled.entry(id).or_insert(event.position);
        }
        let is_of = by.is_none_or(|by| event.body.author == by);
        if is_of && is_wanted(about_party, events, event) {
            acts.push(act(registry, &keys, event));
        }
    })?;
    for act in &mut acts {
        act.annulled_at = annulled.get(&act.id).copied();
    }
    Ok(Acts { acts })
}

fn act(registry: &Registry, keys: &SealKeys, event: &Event) -> OneAct {
    let (payload, by) = (&event.body.payload, event.body.author);
    let about = about(&event.body);
    OneAct {
        position: event.position,
        id: event.id,
        received: event.received,
        event: payload.name(),
        by,
        by_name: name_of(registry, &by),
        about_names: about.iter().map(|of| name_of(registry, of)).collect(),
        about,
        what: what(payload, keys),
        instrument: instrument(payload).map(dated),
        annulled_at: None,
    }
}

pub(crate) fn tables(answer: &Acts, zone: Zone) -> Vec<Table> {
    let named = |(party, name): (&PartyId, &Option<String>)| match name {
        Some(name) => format!("{party} {name}"),
        None => party.to_string(),
    };
    let words = |words: Vec<String>| match words.as_slice() {
        [] => Cell::Nothing,
        words => Cell::Text(words.join(", ")),
    };
    let row = |act: &OneAct| {
        vec![
            Cell::Count(act.position.into()),
            Cell::Day(zone.day_of(act.received)),
            Cell::text(act.event),
            Cell::Party(act.by),
            Cell::or_nothing(act.by_name.as_ref(), Cell::text),
            words(act.about.iter().zip(&act.about_names).map(named).collect()),
            words(act.what.clone()),
            Cell::or_nothing(act.instrument.as_ref(), Cell::text),
            Cell::or_nothing(act.annulled_at, |at| Cell::Count(at.into())),
        ]
    };
    let names = [
        "#position",
        "received",
        "event",
        "by",
        "name",
        "about",
        "what",
        "instrument",
        "#annulled at",
    ];
    vec![Table::new(&names).with(answer.acts.iter().map(row))]
}

fn is_wanted(about_party: Option<PartyId>, events: &[String], event: &Event) -> bool {
    let payload = &event.body.payload;
    let is_named = events.iter().any(|name| name == payload.name());
    // The operator commits to heads month after month; they are listed when they are asked for by name.
    let is_usual = payload.number() < 32 && !matches!(payload, Payload::HeadsCommitted(_));
    (is_named || (events.is_empty() && is_usual))
        && about_party.is_none_or(|party| about(&event.body).contains(&party))
}

/// The parties that an act is about: of an annulment those of the act that it takes back.
fn about(body: &Body) -> Vec<PartyId> {
    let holder = |holder: &Holder| match holder {
        Holder::Party(party) => Some(*party),
        Holder::Group(_) => None,
    };
    match &body.payload {
        Payload::LedgerFounded(act) => vec![act.authority, act.operator],
        Payload::PartyRegistered(act) => vec![act.party],
        Payload::PartySuspended(act)
        | Payload::PartyReinstated(act)
        | Payload::PartyDelisted(act) => {
            vec![act.party]
        }
        Payload::KeyAdded(act) => vec![act.party],
        Payload::KeyRevoked(act) => vec![act.party],
        Payload::SiteLicensed(act) => vec![act.site.party],
        Payload::SiteAmended(act) => vec![act.site.party],
        Payload::QuotaAllocated(act) => holder(&act.holder).into_iter().collect(),
        Payload::QuotaMoved(act) => [&act.from, &act.to]
            .into_iter()
            .filter_map(holder)
            .collect(),
        Payload::QuotaDeducted(act) => vec![act.party],
        Payload::InspectionRecorded(act) => vec![act.site.party],
        Payload::LotSealed(act) | Payload::LotReleased(act) => {
            let mut parties: Vec<_> = act.lots.iter().map(|lot| lot.creator).collect();
            parties.sort_unstable();
            parties.dedup();
            parties
        }
        Payload::PenaltyImposed(act) => vec![act.party],
        Payload::AccessGranted(act) => vec![act.auditor],
        Payload::PartyAmended(act) => vec![act.party],
        Payload::PartySucceeded(act) => vec![act.party, act.successor],
        Payload::AuthorityRecovered(_) | Payload::GrantObjected(_) => vec![body.author],
        // An annulment of an annulment is not well formed, so this goes no deeper.
        Payload::ActAnnulled(act) => wire::decode_body(&act.annulled)
            .map(|annulled| about(&annulled))
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// What an act says, in a few words.
fn what(payload: &Payload, keys: &SealKeys) -> Vec<String> {
    let key = |key| keys.key_id(key).map(|id| format!("key {id}"));
    match payload {
        Payload::LedgerFounded(act) => vec![act.origin.to_string()],
        Payload::PartyRegistered(act) => vec![
            format!("{} {}", act.names.zh, act.names.en),
            act.kind.name().to_owned(),
        ],
        Payload::PartyAmended(act) => vec![
            format!("{} {}", act.names.zh, act.names.en),
            act.division.to_string(),
            from(act.from),
        ],
        Payload::PartySucceeded(act) => vec![from(act.from)],
        Payload::KeyAdded(act) => key(&act.key.key).into_iter().collect(),
        Payload::KeyRevoked(act) => vec![format!("key {}", act.key), act.reason.to_string()],
        Payload::GrantObjected(act) => vec![format!("key {}", act.key)],
        Payload::AuthorityRecovered(act) => {
            let new = act.keys.iter().filter_map(|grant| key(&grant.key));
            new.chain([act.reason.to_string()]).collect()
        }
        Payload::LogKeyRotated(act) => key(&act.key.key).into_iter().collect(),
        Payload::ClockConfirmed(act) => vec![act.shows.to_string(), act.reason.to_string()],
        Payload::SiteLicensed(act) => licence(
            (act.site.to_string(), act.activity, &act.licence),
            act.capacity_mg,
            (act.from, act.until),
        ),
        Payload::SiteAmended(act) => licence(
            (act.site.to_string(), act.activity, &act.licence),
            act.capacity_mg,
            (act.from, act.until),
        ),
        Payload::RulesChanged(act) => vec![from(act.effective)],
        Payload::ReferenceChanged(act) => {
            vec![act.table.to_string(), format!("{} rows", act.rows.len())]
        }
        Payload::ActAnnulled(act) => {
            let annulled = format!("event {}", wire::event_id(&act.annulled));
            vec![annulled, act.reason.to_string()]
        }
        Payload::AccessGranted(act) => vec![
            act.division.to_string(),
            format!("{} to {}", act.first_month, act.last_month),
        ],
        _ => measures(payload),
    }
}

/// The same of quota and supervision.
fn measures(payload: &Payload) -> Vec<String> {
    match payload {
        Payload::IndicatorSet(act) => vec![quota(act.year, act.track, act.amount_mg)],
        Payload::QuotaAllocated(act) => vec![
            act.holder.to_string(),
            quota(act.year, act.track, act.amount_mg),
        ],
        Payload::QuotaMoved(act) => vec![
            format!("{} to {}", act.from, act.to),
            quota(act.year, act.track, act.amount_mg),
        ],
        Payload::QuotaDeducted(act) => vec![
            quota(act.year, act.track, act.amount_mg),
            format!("for penalty {}", act.penalty),
        ],
        Payload::InspectionRecorded(InspectionRecorded {
            site,
            inspectors,
            counted,
            ..
        }) => vec![
            site.to_string(),
            format!("{} inspectors", inspectors.len()),
            format!("{} lots counted", counted.len()),
        ],
        Payload::LotSealed(LotsNamed { lots, .. })
        | Payload::LotReleased(LotsNamed { lots, .. }) => {
            lots.iter().map(ToString::to_string).collect()
        }
        Payload::PenaltyImposed(act) => vec![
            act.article.to_string(),
            format!(
                "{} yuan",
                domain::quantity::decimal(act.fine_fen.into(), 100)
            ),
        ],
        Payload::FindingRuled(FindingRuled {
            finding, ruling, ..
        }) => vec![format!("finding {finding:.12}"), ruling.to_string()],
        _ => Vec::new(),
    }
}

fn licence(
    (site, activity, number): (String, Activity, &Term),
    capacity: Mass,
    (first, last): (Day, Day),
) -> Vec<String> {
    let capacity = tonnes(capacity);
    vec![
        site,
        format!("{activity} licence {number}"),
        format!("{capacity} t REO a year"),
        format!("{first} to {last}"),
    ]
}

fn quota(year: u16, track: domain::Track, amount: Mass) -> String {
    format!("{year} {track} {} t", tonnes(amount))
}

fn from(day: Day) -> String {
    format!("from {day}")
}

/// The document that an act rests on.
const fn instrument(payload: &Payload) -> Option<&Instrument> {
    Some(match payload {
        Payload::PartySuspended(act)
        | Payload::PartyReinstated(act)
        | Payload::PartyDelisted(act) => &act.instrument,
        Payload::IndicatorSet(act) => &act.instrument,
        Payload::QuotaAllocated(act) => &act.instrument,
        Payload::QuotaMoved(act) => &act.instrument,
        Payload::LotSealed(act) | Payload::LotReleased(act) => &act.instrument,
        Payload::PenaltyImposed(act) => &act.instrument,
        Payload::PartyAmended(act) => &act.instrument,
        Payload::SiteAmended(act) => &act.instrument,
        Payload::PartySucceeded(act) => &act.instrument,
        Payload::ActAnnulled(act) => &act.instrument,
        Payload::ReferenceChanged(act) => &act.instrument,
        _ => return None,
    })
}

fn dated(instrument: &Instrument) -> String {
    format!("{} of {}", instrument.number, instrument.issued)
}

fn tonnes(mass: Mass) -> String {
    Cell::Mass(Mg(mass.mg().into())).whole()
}
