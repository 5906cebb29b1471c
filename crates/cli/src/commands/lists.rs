//! `key list`, `party list`, `site list`: what the registry holds.
//!
//! Invariant: the registry comes from a replay of the log, as every report does. Holds no rule.

use std::path::Path;

use domain::registry::KeyRecord;
use domain::{Bytes32, KeyId, Moment, PartyId, PartyKind, Registry};
use ledger::Clock;
use projection::{Event, Until, replay};
use store::Entries;

use crate::clock::SystemClock;
use crate::outbox::last_received;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::session::read_store;

/// The registry as of the end of the log.
pub(crate) fn registry(store: &dyn Entries) -> Result<Registry, CliError> {
    let book = replay(store, Until::End, &mut [], &mut |_, _| {})?;
    Ok(book.registry().clone())
}

fn load(folder: &Path) -> Result<Registry, CliError> {
    registry(&*read_store(folder)?)
}

/// The position since which a key is the log key, or was before the next one came.
fn signs_checkpoints_since(registry: &Registry, key: &Bytes32) -> String {
    let mut log_keys = registry.log_keys().iter();
    let found = log_keys.find(|log_key| log_key.key == *key);
    found.map_or_else(|| "-".to_owned(), |log_key| log_key.brought_at.to_string())
}

/// Every key ever registered.
pub(crate) fn keys(folder: &Path, form: Form) -> Result<Outcome, CliError> {
    let store = read_store(folder)?;
    let registry = registry(&*store)?;
    // As the log would have it that received something now.
    let received = last_received(&*store)?.max(SystemClock.now());
    let mut rows = Vec::new();
    for (id, key) in registry.keys() {
        let until = key
            .revoked_at
            .map_or_else(|| "-".to_owned(), |position| position.to_string());
        let by = author_of(&*store, key.added_at)?;
        if key.is_pending(received) {
            tell_pending(&registry, id, key, by);
        }
        rows.push(vec![
            id.to_string(),
            key.party.to_string(),
            key.added_at.to_string(),
            until,
            state(&registry, key, received),
            by.to_string(),
            key.key.to_string(),
            signs_checkpoints_since(&registry, &key.key),
            portable::fingerprint(&key.party, &key.key, &key.next),
        ]);
    }
    output::table(
        form,
        &[
            "key",
            "party",
            "#added at",
            "#revoked at",
            "state",
            "added by",
            "public key",
            "#log key since",
            "fingerprint",
        ],
        &rows,
    )?;
    Ok(Outcome::Done)
}

/// Who stated the event that brought a key.
fn author_of(store: &dyn Entries, position: u64) -> Result<PartyId, CliError> {
    let frame = store.frame_of(position)?;
    let event = Event::decode(position, frame.entry(position).unwrap_or_default())?;
    Ok(event.body.author)
}

/// What may be signed with a key now.
fn state(registry: &Registry, key: &KeyRecord, received: Moment) -> String {
    match key.from {
        Some(from) if key.is_pending(received) => {
            format!("pending until {}", registry.zone().show(from))
        }
        _ if key.void => "void".to_owned(),
        _ if key.revoked_at.is_some() => "revoked".to_owned(),
        _ => "signs".to_owned(),
    }
}

/// The party may have known nothing of it, and has only some days.
fn tell_pending(registry: &Registry, id: &KeyId, key: &KeyRecord, by: PartyId) {
    let (party, zone) = (key.party, registry.zone());
    let until = key.from.map(|from| zone.show(from)).unwrap_or_default();
    output::say(format!(
        "note: {by} granted key {id} to {party}; it signs from {until} on, unless {party} objects before: `ytterby key object {party} {id}`"
    ));
}

/// Every party.
pub(crate) fn parties(folder: &Path, form: Form) -> Result<Outcome, CliError> {
    let registry = load(folder)?;
    let rows: Vec<_> = registry
        .parties()
        .map(|(id, party)| {
            let kind = match &party.kind {
                PartyKind::Regulator { sector } => format!("regulator: {sector}"),
                PartyKind::Enterprise { activities } => {
                    let names: Vec<_> = activities.iter().map(|activity| activity.name()).collect();
                    format!("enterprise: {}", names.join(", "))
                }
                other => other.name().to_owned(),
            };
            let group = party
                .group
                .map_or_else(|| "-".to_owned(), |group| group.to_string());
            let successor = party
                .successor
                .map_or_else(|| "-".to_owned(), |successor| successor.to_string());
            let (zh, en) = (party.names.zh.to_string(), party.names.en.to_string());
            vec![
                id.to_string(),
                zh,
                en,
                kind,
                party.division.to_string(),
                group,
                party.standing.name().to_owned(),
                successor,
            ]
        })
        .collect();
    output::table(
        form,
        &[
            "party",
            "name",
            "English name",
            "kind",
            "division",
            "group",
            "standing",
            "succeeded by",
        ],
        &rows,
    )?;
    Ok(Outcome::Done)
}

/// Every licensed site.
pub(crate) fn sites(folder: &Path, form: Form) -> Result<Outcome, CliError> {
    let registry = load(folder)?;
    let rows: Vec<_> = registry
        .sites()
        .flat_map(|(site, licences)| licences.iter().map(move |licence| (site, licence)))
        .map(|(site, licence)| {
            let capacity = output::tonnes(licence.capacity.mg().into());
            let (from, until) = (licence.from.to_string(), licence.until.to_string());
            let activity = licence.activity.name().to_owned();
            vec![
                site.to_string(),
                activity,
                licence.number.to_string(),
                licence.division.to_string(),
                capacity,
                from,
                until,
            ]
        })
        .collect();
    output::table(
        form,
        &[
            "site",
            "activity",
            "licence",
            "division",
            "#capacity t REO a year",
            "from",
            "until",
        ],
        &rows,
    )?;
    Ok(Outcome::Done)
}
