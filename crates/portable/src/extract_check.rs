//! An extract doubted: every entry under the checkpoint, every chain in its order, every signature. Whether nothing was left
//! out is asked in `extract_whole`, and how far it reaches in `extract_reach`.
//!
//! Invariant: ends in the report of every verification; what the document leaves unproven is said. The log key
//! that is given must be one of the log's own: one verdict for it and for a whole log.

use std::collections::BTreeMap;

use chain::{Hash, leaf_hash, verify_inclusion};
use domain::payload::{HeadsCommitted, Payload};
use domain::registry::AuthorityRefusal;
use domain::{Body, Bytes32, Moment, PartyId};
use signing::{Checkpoint, LogKeys};
use verify::{
    Admission, AdmissionRefusal, ClockContext, EntryPlace, FaultKind, Nearest, Prepared, Report,
    Trust, compare_clocks, judge_trusted_key, log_keys, prepare,
};

use crate::extract::{Extract, FORMAT};
use crate::subjects::places;

/// One verification under way.
pub(crate) struct Check<'a> {
    pub(crate) extract: &'a Extract,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) admission: Admission,
    pub(crate) report: Report,
    /// Newest events of each author, as the document has them: seq and id by position.
    pub(crate) seen: BTreeMap<PartyId, Vec<(u64, u64, [u8; 32])>>,
    /// When the node received each entry, by position.
    pub(crate) received: Vec<(u64, Moment)>,
    /// The commitment that the document's leaves are to be proven against.
    pub(crate) commitment: Option<HeadsCommitted>,
    /// Where the newest commitment of all is.
    pub(crate) newest_commitment: Option<u64>,
    /// Acts about parties that the document knows nothing of.
    elsewhere: u64,
}

/// Verifies an extract.
pub fn check_extract(extract: &Extract, trust: &Trust) -> Report {
    let mut report = Report::default();
    if extract.format != FORMAT {
        report.fault(FaultKind::Entry, 0, FORMAT, &extract.format);
    }
    let checkpoint = match signing::peek_unverified(extract.checkpoint.as_bytes()) {
        Ok(checkpoint) => checkpoint,
        Err(refusal) => {
            report.fault(FaultKind::Checkpoint, 0, "a checkpoint", refusal);
            return report;
        }
    };
    let mut check = Check {
        extract,
        checkpoint,
        admission: Admission::new(),
        report,
        seen: BTreeMap::new(),
        received: Vec::new(),
        commitment: None,
        newest_commitment: None,
        elsewhere: 0,
    };
    check.entries();
    check.checkpoint(trust);
    check.clocks(trust);
    check.completeness();
    check.reach();
    check.finish(trust)
}

pub(crate) fn hashes(proof: &[Bytes32]) -> Vec<Hash> {
    proof.iter().map(|hash| Hash::from_bytes(hash.0)).collect()
}

impl Check<'_> {
    fn entries(&mut self) {
        let mut before = None;
        for part in &self.extract.entries {
            let position = part.position;
            if before.is_some_and(|before| before >= position) {
                let expected = "positions that ascend";
                self.report
                    .fault(FaultKind::Position, position, expected, position);
            }
            before = Some(position);
            let Some(entry) = domain::id::from_hex(&part.entry) else {
                self.report
                    .fault(FaultKind::Entry, position, "hexadecimal digits", "others");
                continue;
            };
            self.inclusion(position, &entry, &part.proof);
            self.entry(position, &entry);
        }
    }

    pub(crate) fn inclusion(&mut self, position: u64, entry: &[u8], proof: &[Bytes32]) {
        let (size, root) = (self.checkpoint.size, self.checkpoint.root);
        let proof = hashes(proof);
        if let Err(refusal) = verify_inclusion(&leaf_hash(entry), position, size, &proof, &root) {
            let expected = "an entry under the checkpoint";
            self.report
                .fault(FaultKind::Root, position, expected, refusal);
        }
    }

    /// A node's receive times never run backward: how far the document reaches is told by them.
    pub(crate) fn take_received(&mut self, position: u64, received: Moment) {
        let before = self.received.last().map(|(_, before)| *before);
        if let Some(before) = before.filter(|before| received < *before) {
            let expected = format!("a time from {before} on");
            self.report
                .fault(FaultKind::ReceiveTime, position, &expected, received);
        }
        self.received.push((position, received));
    }

    /// Apart from admission, since a key directory still held when an event takes effect is copied whole.
    fn prepare(&mut self, position: u64, entry: &[u8]) -> Result<(Moment, Prepared), String> {
        let view = wire::decode_entry(entry).map_err(|refusal| refusal.to_string())?;
        self.take_received(position, view.received);
        let directory = self.admission.directory();
        let (body, signatures) = (view.body.to_vec(), view.signatures().collect());
        let prepared = prepare(body.into(), signatures, &directory);
        let event = prepared.map_err(|refusal| refusal.to_string())?;
        Ok((view.received, event))
    }

    fn entry(&mut self, position: u64, entry: &[u8]) {
        let (received, event) = match self.prepare(position, entry) {
            Ok(prepared) => prepared,
            Err(refusal) => {
                self.report.fault(
                    FaultKind::Signature,
                    position,
                    "an event that is signed",
                    refusal,
                );
                return;
            }
        };
        self.report.event_signatures += event.signatures.len() as u64;
        self.founding(position, &event.body.payload);
        let place = EntryPlace { position, received };
        let mut is_open = false;
        let checked = match self.admission.check_in_part(&event, &place) {
            Err(AdmissionRefusal::Authority(refusal))
                if self.rests_elsewhere(&event.body.payload, &refusal) =>
            {
                self.elsewhere += 1;
                is_open = true;
                self.admission.check_form(&event, &place)
            }
            checked => checked,
        };
        let may_stand = checked.is_ok();
        let is_signed = may_stand || self.admission.is_signed(&event, received);
        if let Err(refusal) = checked {
            let expected = "an event that may stand here";
            let kind = FaultKind::of(&refusal, event.id, || self.signed_for(&event.body));
            self.report.fault(kind, position, expected, refusal);
        }
        if let Payload::HeadsCommitted(commitment) = &event.body.payload {
            let heads = self.extract.heads.as_ref();
            if heads.is_some_and(|heads| heads.position == position) {
                self.commitment = Some(commitment.clone());
            }
            if may_stand {
                self.newest_commitment = Some(position);
            }
        }
        // What others wrote in an author's name, or the author for another ledger, is not its event here.
        if is_signed {
            let seen = self.seen.entry(event.body.author).or_default();
            seen.push((position, event.body.seq, event.id.0));
        }
        // As in a whole log, what is refused has no effect: a forged revocation would accuse all that comes after it.
        match (may_stand, is_open) {
            (true, false) => self.admission.apply(&place, &event),
            (true, true) => self.admission.leave_open(&place, &event),
            (false, _) if is_signed => self.admission.pass_over(&place, &event),
            (false, _) => {}
        }
        self.report.size += 1;
    }

    /// The event that its author signed under this seq, as the document has it so far.
    fn signed_for(&self, body: &Body) -> Option<[u8; 32]> {
        let mut seen = self.seen.get(&body.author)?.iter();
        let (.., id) = seen.find(|(_, seq, _)| *seq == body.seq)?;
        Some(*id)
    }

    /// A founding is the first entry of the log that the checkpoint names, and of no other.
    fn founding(&mut self, position: u64, payload: &Payload) {
        let Payload::LedgerFounded(founded) = payload else {
            return;
        };
        let origin = &self.checkpoint.origin;
        if position != 0 || *founded.origin != **origin {
            let expected = format!("the founding of {origin} at position 0");
            let found = format!("the founding of {}", founded.origin);
            self.report
                .fault(FaultKind::Founding, position, &expected, found);
        }
    }

    /// Whether an act is refused for want of something that is in a chain which the document does not hold: the registration
    /// of a party, a key that it gave itself, a licence, an act that is annulled, or where an office that is not here moved it.
    fn rests_elsewhere(&self, payload: &Payload, refusal: &AuthorityRefusal) -> bool {
        let is_elsewhere =
            |about: &PartyId| *about != self.extract.party && !self.seen.contains_key(about);
        match (refusal, payload) {
            (AuthorityRefusal::UnknownParty { party }, _)
            | (AuthorityRefusal::SucceededAlready { party, .. }, _) => is_elsewhere(party),
            (AuthorityRefusal::UnknownKey { key }, Payload::KeyRevoked(act)) => {
                *key == act.key && is_elsewhere(&act.party)
            }
            (AuthorityRefusal::UnknownLicence { site, .. }, _) => is_elsewhere(&site.party),
            (
                AuthorityRefusal::OutsideDivision { .. }
                | AuthorityRefusal::NotOverRegulators { .. }
                | AuthorityRefusal::UnknownAct,
                _,
            ) => places(payload).iter().any(is_elsewhere),
            _ => false,
        }
    }

    fn checkpoint(&mut self, trust: &Trust) {
        let founding = self.admission.registry().founding();
        self.report.origin = founding.map(|founding| founding.origin.clone());
        let mut keys = log_keys(self.admission.registry());
        if keys.current().is_none() {
            self.report
                .fault(FaultKind::Founding, 0, "the founding event", "none");
        }
        // Without a founding of this log, which is a fault by now, the reader's own key is the only one known.
        if self.report.origin.as_ref() != Some(&self.checkpoint.origin) {
            keys = trust.log_key.clone().map(LogKeys::from).unwrap_or_default();
        }
        judge_trusted_key(&mut self.report, trust.log_key.as_ref(), &keys);
        self.report.checkpoint_signatures += 1;
        if let Err(refusal) = keys.open(self.extract.checkpoint.as_bytes()) {
            let expected = "a checkpoint signed by the log key";
            self.report
                .fault(FaultKind::Checkpoint, 0, expected, refusal);
        }
        self.continuity(trust);
    }

    /// An extract holds no consistency proof: of what was seen before, only the very size of its checkpoint can be compared.
    fn continuity(&mut self, trust: &Trust) {
        let (size, root) = (self.checkpoint.size, self.checkpoint.root);
        let origin = self.report.origin.clone().unwrap_or_default();
        let least = trust.least_size(&origin);
        if size < least {
            let expected = format!("a checkpoint of at least {least} entries");
            self.report.fault(FaultKind::Size, size, &expected, size);
        }
        let mut is_compared = false;
        for known in trust.known_of(&origin).filter(|known| known.size == size) {
            is_compared = true;
            if known.root != root {
                let expected = format!("root {}", known.root);
                self.report.fault(FaultKind::History, size, &expected, root);
            }
        }
        if !is_compared {
            let note = "whether the log continues one seen before: an extract can be compared only with a checkpoint of its own size";
            self.report.not_checked.push(note.to_owned());
        }
    }

    /// Its entries all lie below its checkpoint.
    fn clocks(&mut self, trust: &Trust) {
        let (size, root) = (self.checkpoint.size, self.checkpoint.root);
        let nearest = Nearest {
            below: self.received.last().copied(),
            from: None,
        };
        for cosigned in &trust.cosigned {
            let known = &cosigned.checkpoint;
            if (&known.origin, known.size, known.root) == (&self.checkpoint.origin, size, root) {
                compare_clocks(cosigned, &nearest, ClockContext::Part, &mut self.report);
            }
        }
    }

    fn finish(mut self, trust: &Trust) -> Report {
        self.report.groups = 1;
        self.report.authors = self.seen.len() as u64;
        self.report.tree_size = self.checkpoint.size;
        self.report.root = self.checkpoint.root;
        if self.elsewhere > 0 {
            let note = format!(
                "authority for {} acts about parties that are not in this extract",
                self.elsewhere
            );
            self.report.not_checked.push(note);
        }
        let mut say = |sentence: &str| self.report.not_checked.push(sentence.to_owned());
        if trust.log_key.is_none() {
            say(
                "whether this is the log you think it is: no log key was given, the one in the log was used",
            );
        }
        say(
            "events of authors that are not in this extract: another department may have revoked a key or suspended a party",
        );
        say("whether authors had seen the log as it is: that takes the whole log");
        say("whether what the events say is true, and movements that were never recorded");
        self.report.faults.sort_by_key(|fault| fault.position);
        self.report
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wire::Entry;

    use super::*;

    #[test]
    fn the_key_directory_is_not_copied_for_an_act() {
        let extract = Extract {
            format: FORMAT.to_owned(),
            party: testkit::party(4),
            checkpoint: String::new(),
            entries: Vec::new(),
            last: None,
            heads: None,
        };
        let mut check = Check {
            extract: &extract,
            checkpoint: Checkpoint {
                origin: testkit::ORIGIN.to_owned(),
                size: 9,
                root: chain::empty_root(),
            },
            admission: Admission::new(),
            report: Report::default(),
            seen: BTreeMap::new(),
            received: Vec::new(),
            commitment: None,
            newest_commitment: None,
            elsewhere: 0,
        };
        let place = |check: &Check<'_>| Arc::as_ptr(&check.admission.directory());
        let first = place(&check);
        for (position, event) in (0..).zip(testkit::TestCountry::new().founding) {
            let entry = Entry {
                received: testkit::at("2024-02-01"),
                body: event.body,
                signatures: event.signatures,
            };
            check.entry(position, &wire::encode_entry(&entry).unwrap());
            assert_eq!(place(&check), first, "copied at position {position}");
        }
        assert!(check.report.is_good(), "{:#?}", check.report.faults);
    }
}
