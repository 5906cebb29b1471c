//! A party without a log of its own keeps a verified copy of it, and works on that.
//!
//! Invariant: the copy in the folder was found good, by a log key that the party brought or remembers, and continues the one
//! before it. What was signed here and is in the copy leaves the outbox.

use std::fs;
use std::path::Path;

use durable::{SameName, put_with};
use portable::{Brought, Handed, Inquiry, Kind, Memory, PortableFault, copy_pack, kind_of};
use signing::VerifierKey;
use verify::Depth;

use crate::desk::{Desk, origin_of};
use crate::outbox::Outbox;
use crate::refused::{LogRefused, NotDone};

/// A copy that was found good.
#[derive(Debug)]
pub struct Followed {
    pub origin: String,
    /// Entries in the copy.
    pub size: u64,
    /// Signed events that are not in it.
    pub waiting: usize,
}

/// Verifies a pack and keeps it.
///
/// # Errors
/// It is not a pack of the log that is followed here, or it is not good; what was kept before stays.
pub fn follow(
    desk: &Desk<'_>,
    pack: &Path,
    log_key: Option<&VerifierKey>,
) -> Result<Followed, NotDone> {
    if desk.place.holds_log() {
        let folder = desk.shown();
        return Err(LogRefused::LogHere { folder }.into());
    }
    match kind_of(pack) {
        Ok(Kind::Pack) => {}
        Ok(_) | Err(PortableFault::Kind { .. }) => return Err(not_a_pack(pack, "")),
        Err(PortableFault::File(fault)) if fault.is_missing() => {
            return Err(not_a_pack(pack, ": there is no such file"));
        }
        Err(fault) => return Err(fault.into()),
    }
    durable::create_folder(desk.folder(), durable::Access::Usual)?;
    // Verified where nobody else changes it meanwhile.
    let fresh = desk.place.fresh_copy();
    put_with(&fresh, SameName::Replaced, durable::Access::Usual, |file| {
        copy_pack(pack, file).map_err(NotDone::from)
    })?;
    let origin = verified(desk, &fresh, log_key)?;
    durable::rename(&fresh, &desk.place.copy())?;
    let store = desk.read_store()?;
    let mut outbox = Outbox::open(&desk.place, &origin)?;
    outbox.drop_what_is_in(&*store)?;
    Ok(Followed {
        origin,
        size: store.size(),
        waiting: outbox.events().len(),
    })
}

/// The origin of a pack that is good and continues what is kept; a bad one is removed.
fn verified(
    desk: &Desk<'_>,
    fresh: &Path,
    log_key: Option<&VerifierKey>,
) -> Result<String, NotDone> {
    let seen = desk.place.seen();
    let brought = Brought {
        log_key,
        remember: Some(&seen),
        ..Brought::default()
    };
    let inquiry = Inquiry::begin(Handed::open(fresh)?, brought)?;
    let known = Memory::read(&seen)?;
    let refused = |why: LogRefused| {
        let _ = fs::remove_file(fresh);
        Err(why.into())
    };
    if inquiry.trust().log_key.is_none() {
        return refused(LogRefused::WhoseLog);
    }
    if desk.place.follows() {
        let origin = origin_of(&*desk.read_store()?)?;
        let claimed = inquiry.handed().claimed();
        let is_named = claimed.is_some_and(|(claimed, _)| claimed == origin);
        if known.log_keys(&origin).is_none() || !is_named {
            return refused(LogRefused::PackOfAnotherLog { origin });
        }
    }
    let progress = desk.host.progress("verifying", 0);
    let outcome = inquiry.run(Depth::Full, &mut |done, size| progress(done, size))?;
    drop(progress);
    if let Some(note) = outcome.note() {
        desk.host.note(note);
    }
    let report = outcome.report;
    match &report.origin {
        Some(origin) if report.is_good() => Ok(origin.clone()),
        _ => {
            desk.host.result(portable::text(&report).trim_end())?;
            refused(LogRefused::BadPack)
        }
    }
}

fn not_a_pack(pack: &Path, why: &'static str) -> NotDone {
    let path = pack.display().to_string();
    LogRefused::NotAPack { path, why }.into()
}
