//! From what a person types to what the log knows: whole ids, beginnings of ids, positions, names.
//!
//! Invariant: a text names one thing or is refused, and the same slip is the same refusal whatever was asked. Reads the
//! registry and the entries; knows no report.

use books::JudgedFinding;
use domain::{EventId, LotId, PartyId, Registry, SiteId};
use projection::{Event, feed};
use store::Entries;

use crate::limits::CANDIDATES_MAX;
use crate::refused::{Named, NoAnswer, Refused, code};

/// Slips of the finger up to which a name is "nearly" another.
const SLIPS_MAX: usize = 2;

/// Something that can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate<T> {
    /// In full.
    pub id: String,
    /// Other names that it goes by.
    pub names: Vec<String>,
    pub value: T,
}

/// One way to be named.
type Way<'a, T> = &'a dyn Fn(&Candidate<T>) -> bool;

impl<T> Candidate<T> {
    fn shown(&self) -> String {
        match self.names.first() {
            Some(name) => format!("{} ({name})", self.id),
            None => self.id.clone(),
        }
    }
}

/// The one candidate that `given` names: by its whole id or name, else by the beginning of its id, else by a part of its
/// name.
///
/// # Errors
/// None or more than one goes by it.
pub fn pick<T>(what: Named, given: &str, all: Vec<Candidate<T>>) -> Result<T, Refused> {
    let wanted = given.trim().to_lowercase();
    let whole = |one: &Candidate<T>| {
        one.id.to_lowercase() == wanted
            || one.names.iter().any(|name| name.to_lowercase() == wanted)
    };
    let begins = |one: &Candidate<T>| one.id.to_lowercase().starts_with(&wanted);
    let contains = |one: &Candidate<T>| {
        let mut names = one.names.iter();
        names.any(|name| name.to_lowercase().contains(&wanted))
    };
    let ways: [Way<'_, T>; 3] = [&whole, &begins, &contains];
    // Of nothing, everything is the beginning.
    for way in ways.into_iter().filter(|_| !wanted.is_empty()) {
        let matching: Vec<&Candidate<T>> = all.iter().filter(|one| way(one)).collect();
        if matching.len() > 1 {
            let candidates = matching.iter().take(CANDIDATES_MAX);
            return Err(Refused::Ambiguous {
                what,
                given: given.to_owned(),
                candidates: candidates.map(|one| one.shown()).collect(),
            });
        }
        if !matching.is_empty() {
            let place = all.iter().position(way);
            let found = place.and_then(|place| all.into_iter().nth(place));
            return found
                .map(|one| one.value)
                .ok_or_else(|| unknown(what, given, Vec::new()));
        }
    }
    Err(unknown(what, given, nearest(&all, &wanted)))
}

/// Those that the fewest slips of the finger lead to.
fn nearest<T>(all: &[Candidate<T>], wanted: &str) -> Vec<String> {
    let slips = |one: &Candidate<T>| {
        let spelled = one.names.iter().chain([&one.id]);
        spelled
            .filter_map(|name| slips(&name.to_lowercase(), wanted))
            .min()
    };
    let all: Vec<_> = all
        .iter()
        .filter_map(|one| Some((slips(one)?, one)))
        .collect();
    let fewest = all.iter().map(|(slips, _)| *slips).min();
    let near = all.iter().filter(|(slips, _)| Some(*slips) == fewest);
    near.take(CANDIDATES_MAX)
        .map(|(_, one)| one.shown())
        .collect()
}

fn unknown(what: Named, given: &str, near: Vec<String>) -> Refused {
    let given = given.to_owned();
    Refused::Unknown { what, given, near }
}

/// By how many inserted, left out or changed characters two names differ, if they have more in common than that.
fn slips(one: &str, other: &str) -> Option<usize> {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > SLIPS_MAX || one.len().max(other.len()) <= SLIPS_MAX + 1 {
        return None;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, character) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (place, against) in other.iter().enumerate() {
            let changed = diagonal + usize::from(character != against);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(row[place] + 1).min(diagonal + 1);
        }
    }
    Some(row[other.len()]).filter(|slips| *slips <= SLIPS_MAX)
}

/// A party by its id, the beginning of it, or one of its names.
///
/// # Errors
/// No party that is registered goes by it, or more than one.
pub fn party(registry: &Registry, given: &str) -> Result<PartyId, Refused> {
    let all = registry.parties().map(|(id, record)| Candidate {
        id: id.to_string(),
        names: vec![record.names.zh.to_string(), record.names.en.to_string()],
        value: *id,
    });
    pick(Named::Party, given, all.collect())
}

/// A party that a question holds already.
///
/// # Errors
/// It is not registered.
pub fn registered(registry: &Registry, id: &PartyId) -> Result<PartyId, Refused> {
    match registry.party(id) {
        Some(_) => Ok(*id),
        None => party(registry, id.as_str()),
    }
}

/// `PARTY/CODE`, with whatever names a party before the slash.
fn owned(
    registry: &Registry,
    what: Named,
    given: &str,
) -> Result<(PartyId, domain::Code), Refused> {
    let parts = given.rsplit_once('/');
    let (owner, name) = parts.ok_or_else(|| unknown(what, given, Vec::new()))?;
    Ok((party(registry, owner)?, code(name)?))
}

/// A site as `PARTY/CODE`. It need not be licensed: goods move at sites that are not, too.
///
/// # Errors
/// The party is unknown, or the code is malformed.
pub fn site(registry: &Registry, given: &str) -> Result<SiteId, Refused> {
    let (party, code) = owned(registry, Named::Site, given)?;
    Ok(SiteId { party, code })
}

/// A lot as `PARTY/CODE`, the party that made it first.
///
/// # Errors
/// The party is unknown, or the code is malformed.
pub fn lot(registry: &Registry, given: &str) -> Result<LotId, Refused> {
    let (creator, code) = owned(registry, Named::Lot, given)?;
    Ok(LotId { creator, code })
}

/// The event at a position.
///
/// # Errors
/// The log ends before it, or can't be read.
pub fn event_at(store: &dyn Entries, position: u64) -> Result<Event, NoAnswer> {
    let size = store.size();
    if position >= size {
        return Err(Refused::PastEnd { position, size }.into());
    }
    let frame = store.frame_of(position)?;
    Ok(Event::decode(
        position,
        frame.entry(position).unwrap_or_default(),
    )?)
}

/// An event by its position, its id, or the beginning of its id.
///
/// # Errors
/// No event goes by it, or more than one; or the log can't be read.
pub fn event(store: &dyn Entries, given: &str) -> Result<Event, NoAnswer> {
    if let Ok(position) = given.parse() {
        return event_at(store, position);
    }
    let wanted = given.trim().to_lowercase();
    let mut found = Vec::new();
    feed(store, 0, store.size(), &mut |event| {
        if !wanted.is_empty() && event.id.to_string().starts_with(&wanted) {
            found.push((event.position, event.id));
        }
    })?;
    event_at(store, among_events(given, found)?)
}

/// The position of one of these events, by its position, its id, or the beginning of its id.
/// Digits alone are a position, as everywhere: else an id would answer to `3` by chance.
///
/// # Errors
/// None of them goes by it, or more than one.
pub fn among_events(
    given: &str,
    events: impl IntoIterator<Item = (u64, EventId)>,
) -> Result<u64, Refused> {
    if let Ok(position) = given.parse::<u64>() {
        let mut positions = events.into_iter().map(|(at, _)| at);
        return positions
            .find(|at| *at == position)
            .ok_or_else(|| unknown(Named::Event, given, Vec::new()));
    }
    let all = events.into_iter().map(|(at, id)| Candidate {
        id: id.to_string(),
        names: Vec::new(),
        value: at,
    });
    pick(Named::Event, given, all.collect())
}

/// A finding by its id or the beginning of it.
///
/// # Errors
/// None goes by it, or more than one.
pub fn finding(all: &[JudgedFinding], given: &str) -> Result<JudgedFinding, Refused> {
    let all = all.iter().map(|found| Candidate {
        id: found.finding.id.to_string(),
        names: Vec::new(),
        value: found.clone(),
    });
    pick(Named::Finding, given, all.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_a_position_even_where_an_id_begins_with_them() {
        let events = [(1, EventId([0x33; 32])), (7, EventId([0x71; 32]))];
        assert_eq!(among_events("7", events).ok(), Some(7));
        assert_eq!(among_events("33", events).ok(), None);
        assert_eq!(among_events("3333333333333333333333", events).ok(), Some(1));
    }

    fn named(given: &str) -> Result<u8, Refused> {
        let one = |id: &str, name: &str, value| Candidate {
            id: id.to_owned(),
            names: vec![name.to_owned()],
            value,
        };
        let all = vec![
            one("AB12", "Northern Mine", 1),
            one("AB34", "Southern Mine", 2),
            one("AB", "Smelter", 3),
        ];
        pick(Named::Party, given, all)
    }

    #[test]
    fn a_text_names_one_thing_or_says_what_was_near() {
        for (given, value) in [
            ("AB12", 1),
            ("ab3", 2),
            ("ab", 3),
            ("southern mine", 2),
            ("smel", 3),
        ] {
            assert_eq!(named(given), Ok(value), "{given}");
        }
        let near = named("smeltre").unwrap_err();
        assert_eq!(near.help().unwrap(), "did you mean AB (Smelter)?");
        assert_eq!(near.code().name(), "unknown-party");
        let near = named("northern mimes").unwrap_err().help().unwrap();
        assert_eq!(near, "did you mean AB12 (Northern Mine)?");
        let many = named("mine").unwrap_err();
        let help = many.help().unwrap();
        assert!(help.contains("AB12 (Northern Mine), AB34"), "{help}");
        assert_eq!(many.code().name(), "ambiguous");
        assert_eq!(named("").unwrap_err().help(), None);
        assert_eq!(named("zzzzzzzz").unwrap_err().help(), None);
    }
}
