//! Parties, sites and keys as the registry holds them.
//!
//! Invariant: the registry comes from the log, as of the size that is read. Knows no layout.

use domain::registry::{KeyRecord, Licence, PartyRecord};
use domain::{
    Activity, Bytes32, Code, Day, Division, KeyId, Moment, PartyId, PartyKind, Registry, SiteId,
    Zone,
};

use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::resolve::event_at;
use crate::schema::answers;
use crate::table::{Cell, Table};
use crate::value::{Mg, name_of};

answers! {
    /// Every party.
    pub struct Parties {
        pub parties: Vec<OneParty>,
    }

    /// One party.
    pub struct OneParty {
        pub party: PartyId,
        pub name: String,
        pub english_name: String,
        pub kind: String,
        /// Of an enterprise.
        pub activities: Vec<&'static str>,
        /// Of a regulator.
        pub sector: Option<String>,
        pub division: Division,
        pub group: Option<Code>,
        pub standing: &'static str,
        pub registered_at: u64,
        pub succeeded_by: Option<PartyId>,
    }

    /// Every licence of every site.
    pub struct Sites {
        pub sites: Vec<LicensedSite>,
    }

    /// One licence of a site.
    pub struct LicensedSite {
        pub site: SiteId,
        pub party_name: Option<String>,
        pub activity: Activity,
        pub licence: String,
        pub division: Division,
        /// Of rare earth oxide.
        pub capacity_mg_a_year: Mg,
        pub from: Day,
        pub until: Day,
    }

    /// Every key that was ever registered.
    pub struct Keys {
        pub by: Moment,
        pub keys: Vec<OneKey>,
    }

    /// One key.
    pub struct OneKey {
        pub key: KeyId,
        pub party: PartyId,
        pub party_name: Option<String>,
        pub added_at: u64,
        pub revoked_at: Option<u64>,
        /// `signs`, `pending`, `revoked` or `void`.
        pub state: &'static str,
        /// Of a pending key: from when on it signs, unless its party objects before.
        pub signs_from: Option<Moment>,
        pub added_by: PartyId,
        pub public_key: Bytes32,
        /// The position since which it is the log key, or was before the next one came.
        pub log_key_since: Option<u64>,
        /// As it is read out over the telephone.
        pub fingerprint: String,
    }
}

pub(crate) fn parties(reading: &Reading) -> Result<Parties, NoAnswer> {
    let parties = reading.registry()?.parties();
    Ok(Parties {
        parties: parties.map(|(id, record)| party(*id, record)).collect(),
    })
}

fn party(party: PartyId, record: &PartyRecord) -> OneParty {
    let (activities, sector) = match &record.kind {
        PartyKind::Regulator { sector } => (Vec::new(), Some(sector.to_string())),
        PartyKind::Enterprise { activities } => {
            let names = activities.iter().map(|activity| activity.name());
            (names.collect(), None)
        }
        _ => (Vec::new(), None),
    };
    OneParty {
        party,
        name: record.names.zh.to_string(),
        english_name: record.names.en.to_string(),
        kind: record.kind.name().to_owned(),
        activities,
        sector,
        division: record.division,
        group: record.group,
        standing: record.standing.name(),
        registered_at: record.registered_at,
        succeeded_by: record.successor,
    }
}

pub(crate) fn sites(reading: &Reading) -> Result<Sites, NoAnswer> {
    let registry = reading.registry()?;
    let licence = |site: SiteId, licence: &Licence| LicensedSite {
        site,
        party_name: name_of(registry, &site.party),
        activity: licence.activity,
        licence: licence.number.to_string(),
        division: licence.division,
        capacity_mg_a_year: Mg(licence.capacity.mg().into()),
        from: licence.from,
        until: licence.until,
    };
    let mut sites = Vec::new();
    for (site, licences) in registry.sites() {
        sites.extend(licences.iter().map(|one| licence(*site, one)));
    }
    Ok(Sites { sites })
}

pub(crate) fn keys(reading: &Reading, by: Moment) -> Result<Keys, NoAnswer> {
    let registry = reading.registry()?;
    let mut keys = Vec::new();
    for (id, record) in registry.keys() {
        let added = event_at(&*reading.store, record.added_at)?;
        keys.push(key(registry, (*id, record), added.body.author, by));
    }
    Ok(Keys { by, keys })
}

fn key(
    registry: &Registry,
    (id, record): (KeyId, &KeyRecord),
    added_by: PartyId,
    by: Moment,
) -> OneKey {
    let is_pending = record.is_pending(by);
    let state = match record {
        _ if is_pending => "pending",
        KeyRecord { void: true, .. } => "void",
        KeyRecord {
            revoked_at: Some(_),
            ..
        } => "revoked",
        _ => "signs",
    };
    let mut log_keys = registry.log_keys().iter();
    let log_key = log_keys.find(|log_key| log_key.key == record.key);
    OneKey {
        key: id,
        party: record.party,
        party_name: name_of(registry, &record.party),
        added_at: record.added_at,
        revoked_at: record.revoked_at,
        state,
        signs_from: record.from.filter(|_| is_pending),
        added_by,
        public_key: record.key,
        log_key_since: log_key.map(|log_key| log_key.brought_at),
        fingerprint: portable::fingerprint(&record.party, &record.key, &record.next),
    }
}

pub(crate) fn party_tables(answer: &Parties, _: Zone) -> Vec<Table> {
    let row = |one: &OneParty| {
        let kind = match (&one.sector, one.activities.as_slice()) {
            (Some(sector), _) => format!("{}: {sector}", one.kind),
            (None, []) => one.kind.clone(),
            (None, activities) => format!("{}: {}", one.kind, activities.join(", ")),
        };
        vec![
            Cell::Party(one.party),
            Cell::text(&one.name),
            Cell::text(&one.english_name),
            Cell::Text(kind),
            Cell::text(one.division),
            Cell::or_nothing(one.group, Cell::text),
            Cell::text(one.standing),
            Cell::or_nothing(one.succeeded_by, Cell::Party),
        ]
    };
    let names = [
        "party",
        "name",
        "English name",
        "kind",
        "division",
        "group",
        "standing",
        "succeeded by",
    ];
    vec![Table::new(&names).with(answer.parties.iter().map(row))]
}

pub(crate) fn site_tables(answer: &Sites, _: Zone) -> Vec<Table> {
    let row = |one: &LicensedSite| {
        vec![
            Cell::text(one.site),
            Cell::or_nothing(one.party_name.as_ref(), Cell::text),
            Cell::text(one.activity),
            Cell::text(&one.licence),
            Cell::text(one.division),
            Cell::Mass(one.capacity_mg_a_year),
            Cell::Day(one.from),
            Cell::Day(one.until),
        ]
    };
    let names = [
        "site",
        "name",
        "activity",
        "licence",
        "division",
        "t:capacity t REO a year",
        "from",
        "until",
    ];
    vec![Table::new(&names).with(answer.sites.iter().map(row))]
}

pub(crate) fn key_tables(answer: &Keys, zone: Zone) -> Vec<Table> {
    let position = |position: Option<u64>| Cell::or_nothing(position, |at| Cell::Count(at.into()));
    let row = |one: &OneKey| {
        let pending = |from| Cell::Text(format!("pending until {}", zone.show(from)));
        let state = one
            .signs_from
            .map_or_else(|| Cell::text(one.state), pending);
        // Ids of keys are short enough to be shown whole.
        vec![
            Cell::text(one.key),
            Cell::Party(one.party),
            Cell::or_nothing(one.party_name.as_ref(), Cell::text),
            Cell::Count(one.added_at.into()),
            position(one.revoked_at),
            state,
            Cell::Party(one.added_by),
            Cell::text(one.public_key),
            position(one.log_key_since),
            Cell::text(&one.fingerprint),
        ]
    };
    let names = [
        "key",
        "party",
        "name",
        "#added at",
        "#revoked at",
        "state",
        "added by",
        "public key",
        "#log key since",
        "fingerprint",
    ];
    vec![Table::new(&names).with(answer.keys.iter().map(row))]
}
