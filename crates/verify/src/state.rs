//! The rules of a log that need an order, over entries that were checked one by one: position, times, admission, checkpoints.
//!
//! Invariant: what was found depends on the entries and on what the reader knows, not on how they were cut into batches. Reads
//! nothing by itself but what it has to read again.

use domain::{Body, KeyId, Moment, Payload};
use signing::{LogKeys, VerifierKey};

use crate::admission::{Admission, EntryPlace};
use crate::batch::{Checked, Source, SourceDamage};
use crate::clocks::Clocks;
use crate::keys::{SealKeys, log_keys};
use crate::prepare::{Prepared, check_signature};
use crate::refusal::AdmissionRefusal;
use crate::report::{FaultKind, Report, Verdict};
use crate::runs::{Run, Runs};
use crate::seen::Reading;
use crate::trust::{Depth, Known, Trust};
use crate::trusted_key::judge_trusted_key;

#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) admission: Admission,
    pub(crate) tree: Reading,
    pub(crate) report: Report,
    depth: Depth,
    /// Parsed once, until another one comes.
    pub(crate) log_keys: LogKeys,
    trusted: Option<VerifierKey>,
    known: Vec<Known>,
    received: Option<Moment>,
    clocks: Clocks,
    runs: Runs,
    last_checkpoint: Option<(u64, Vec<u8>)>,
    /// No checkpoint covers the newest entries.
    uncovered: bool,
}

impl State {
    pub(crate) fn new(depth: Depth, trust: &Trust) -> Self {
        Self::over(Reading::new(), depth, trust)
    }

    /// Before the first entry of a log whose tree is grown in this one.
    pub(crate) fn over(tree: Reading, depth: Depth, trust: &Trust) -> Self {
        Self {
            admission: Admission::new(),
            tree,
            report: Report::default(),
            depth,
            log_keys: LogKeys::default(),
            trusted: trust.log_key.clone(),
            known: trust.known.clone(),
            received: None,
            clocks: Clocks::new(&trust.cosigned),
            runs: Runs::default(),
            last_checkpoint: None,
            uncovered: false,
        }
    }

    pub(crate) fn take(&mut self, group: Checked) {
        let expected = self.tree.size();
        if group.first != expected {
            self.report.fault(
                FaultKind::Position,
                group.first,
                &format!("position {expected}"),
                group.first,
            );
        }
        if group.malformed || group.entries.is_empty() {
            self.report.fault(
                FaultKind::Entry,
                expected,
                "whole entries",
                "a group whose lengths do not add up",
            );
        }
        // By reference: an event is some hundred bytes, and moving each costs more than its rules.
        for (leaf, entry) in &group.entries {
            let position = self.tree.size();
            self.tree.push(*leaf);
            match entry {
                Ok((received, event)) => {
                    let received = *received;
                    let place = EntryPlace { position, received };
                    self.take_received(&place);
                    match event {
                        Ok(event) => self.take_event(&place, event),
                        Err(refusal) => self.take_unsound(position, refusal),
                    }
                }
                Err(refusal) => self.take_unsound(position, refusal),
            }
            // After the event: the first one names the origin.
            self.check_known(position + 1);
            let tree = &self.tree;
            self.clocks.reach(position + 1, || tree.root());
        }
        self.report.groups += 1;
        self.uncovered = group.checkpoint.is_none();
        if let Some(checkpoint) = group.checkpoint {
            self.take_checkpoint(group.first, checkpoint);
        }
    }

    pub(crate) fn take_damage(&mut self, damage: SourceDamage) {
        let kind = if damage.missing {
            FaultKind::Missing
        } else {
            FaultKind::Storage
        };
        let expected = "a whole, undamaged group";
        self.report
            .fault(kind, damage.position, expected, damage.what);
    }

    /// Compares what authors had seen too long ago for the window. Gives the groups that were read for it.
    pub(crate) fn read_again(&mut self, source: &mut dyn Source) -> u64 {
        match self.tree.read_again(source) {
            Ok(again) => {
                for (position, seen, root) in again.contradicted {
                    let named = chain::Hash::from_bytes(seen.root.0);
                    self.contradict(position, seen.size, named, root);
                }
                again.groups
            }
            Err(damage) => {
                self.take_damage(damage);
                0
            }
        }
    }

    /// The event at a position names a root for a size at which the log had another one.
    pub(crate) fn contradict(
        &mut self,
        position: u64,
        size: u64,
        found: chain::Hash,
        expected: chain::Hash,
    ) {
        let refusal = AdmissionRefusal::SeenOtherwise {
            size,
            expected,
            found,
        };
        let expected = "an event that may stand here";
        self.report
            .fault(FaultKind::Seen, position, expected, refusal);
    }

    fn check_known(&mut self, size: u64) {
        if !self.known.iter().any(|known| known.size == size) {
            return;
        }
        let origin = self.origin().unwrap_or_default();
        let of_size = |known: &&Known| known.size == size && known.origin == origin;
        let computed = self.tree.root();
        for known in self.known.iter().filter(of_size) {
            if known.root != computed {
                let expected = format!("root {}", known.root);
                self.report
                    .fault(FaultKind::History, size, &expected, computed);
            }
        }
    }

    fn origin(&self) -> Option<String> {
        let founding = self.admission.registry().founding();
        founding.map(|founding| founding.origin.clone())
    }

    /// What is wrong with an entry by itself.
    fn take_unsound(&mut self, position: u64, refusal: &AdmissionRefusal) {
        let (kind, expected) = match refusal {
            AdmissionRefusal::Signature { .. } => (FaultKind::Signature, "a valid signature"),
            _ => (FaultKind::Entry, "a canonical event"),
        };
        self.report.fault(kind, position, expected, refusal);
    }

    fn take_received(&mut self, place: &EntryPlace) {
        let (position, now) = (place.position, place.received);
        if let Some(before) = self.received.filter(|before| now < *before) {
            let expected = format!("a time from {before} on");
            self.report
                .fault(FaultKind::ReceiveTime, position, &expected, now);
        }
        self.received = Some(now);
        self.clocks.take(position, now);
    }

    fn take_event(&mut self, place: &EntryPlace, event: &Prepared) {
        let position = place.position;
        let checked = match self.depth {
            Depth::Full => {
                self.report.event_signatures += event.signatures.len() as u64;
                self.admission.check(event, place, &mut self.tree)
            }
            Depth::Chained => self.admission.check_chained(event, place, &mut self.tree),
        };
        match checked {
            Ok(()) => {
                self.admission.apply(place, event);
                let brings_log_key = matches!(
                    event.body.payload,
                    Payload::LedgerFounded(_) | Payload::LogKeyRotated(_)
                );
                if brings_log_key {
                    self.log_keys = log_keys(self.admission.registry());
                }
                if matches!(event.body.payload, Payload::ClockConfirmed(_)) {
                    self.clocks.confirm(place.received);
                }
            }
            Err(refusal) => self.refuse(place, event, refusal),
        }
        if self.depth == Depth::Chained {
            self.extend_run(position, event);
        }
    }

    fn refuse(&mut self, place: &EntryPlace, event: &Prepared, refusal: AdmissionRefusal) {
        let EntryPlace { position, received } = *place;
        let kind = FaultKind::of(&refusal, event.id, || self.signed_for(&event.body));
        self.report
            .fault(kind, position, "an event that may stand here", refusal);
        // Goes on behind it, so that one fault is not reported again for every later event of the author. But what the author
        // did not sign moves no head: it would put the blame on what the author did sign.
        if self.depth == Depth::Chained || self.admission.is_signed(event, received) {
            self.admission.resume(position, event);
        }
    }

    /// The event that this author is known to have signed under this seq. A chained run knows of none.
    fn signed_for(&self, body: &Body) -> Option<[u8; 32]> {
        if self.depth == Depth::Chained {
            return None;
        }
        self.admission.past_event(&body.author, body.seq)
    }

    fn extend_run(&mut self, position: u64, event: &Prepared) {
        if let Some(run) = self.runs.extend(position, event) {
            self.check_run(&run);
        }
    }

    fn check_run(&mut self, run: &Run) {
        let ledger = self.admission.ledger().copied().unwrap_or_default();
        let keys = SealKeys { ledger };
        for (key, signature) in &run.signatures {
            self.report.event_signatures += 1;
            let public = self.admission.public_key(*key, run.shows.as_ref(), &keys);
            let valid = public.is_some_and(|public| {
                check_signature(*key, &public, &run.bytes, signature).is_ok()
            });
            if !valid {
                self.signature_fault(run.position, *key);
            }
        }
    }

    fn signature_fault(&mut self, position: u64, key: KeyId) {
        let refusal = AdmissionRefusal::Signature { key };
        self.report
            .fault(FaultKind::Signature, position, "a valid signature", refusal);
    }

    /// Every checkpoint's tree is compared; its signature too, but in a chained run only the last one's.
    fn take_checkpoint(&mut self, first: u64, note: Vec<u8>) {
        let (size, root) = (self.tree.size(), self.tree.root());
        match signing::peek_unverified(&note) {
            Ok(claimed) if claimed.size == size && claimed.root == root => {
                self.check_origin(first, &claimed.origin)
            }
            Ok(claimed) => {
                let (expected, found) = (
                    format!("size {size}, root {root}"),
                    format!("size {}, root {}", claimed.size, claimed.root),
                );
                self.report.fault(FaultKind::Root, first, &expected, found);
            }
            Err(refusal) => {
                self.report
                    .fault(FaultKind::Checkpoint, first, "a checkpoint", refusal)
            }
        }
        if self.depth == Depth::Full {
            self.check_checkpoint(first, &note);
        }
        self.last_checkpoint = Some((first, note));
    }

    /// Part of the tree's comparison, so that a chained run too finds a checkpoint of another log.
    fn check_origin(&mut self, first: u64, claimed: &str) {
        let origin = self
            .admission
            .registry()
            .founding()
            .map(|founding| founding.origin.clone())
            .unwrap_or_default();
        if origin != claimed {
            self.report.fault(
                FaultKind::Checkpoint,
                first,
                &format!("origin {origin}"),
                claimed,
            );
        }
    }

    fn check_checkpoint(&mut self, first: u64, note: &[u8]) {
        self.report.checkpoint_signatures += 1;
        // Without a founding that may stand, the reader's own key is the only one known.
        let only_trusted;
        let keys = if self.log_keys.current().is_some() {
            &self.log_keys
        } else {
            only_trusted = self.trusted.clone().map(LogKeys::from).unwrap_or_default();
            &only_trusted
        };
        if let Err(refusal) = keys.open(note) {
            let expected = "a checkpoint signed by the log key";
            self.report
                .fault(FaultKind::Checkpoint, first, expected, refusal);
        }
    }

    pub(crate) fn finish(mut self, trust: &Trust) -> Report {
        if self.depth == Depth::Chained {
            let runs = std::mem::take(&mut self.runs);
            runs.into_runs().for_each(|run| self.check_run(&run));
            if let Some((first, note)) = self.last_checkpoint.take() {
                self.check_checkpoint(first, &note);
            }
            self.report.not_checked.push(
                "signatures before the newest of each author's keys: the author's chain vouches for those events".to_owned(),
            );
        }
        let size = self.tree.size();
        judge_trusted_key(&mut self.report, self.trusted.as_ref(), &self.log_keys);
        self.report.origin = self.origin();
        let least = trust.least_size(self.report.origin.as_deref().unwrap_or_default());
        if size < least {
            self.report.fault(
                FaultKind::Size,
                size,
                &format!("at least {least} entries"),
                format!("{size} entries"),
            );
        }
        if self.report.origin.is_none() {
            self.report
                .fault(FaultKind::Founding, 0, "a founding event", "none");
        }
        if self.uncovered {
            self.report.fault(
                FaultKind::Uncovered,
                size,
                "a checkpoint that covers the last entry",
                "none",
            );
        }
        self.report.size = size;
        self.report.tree_size = size;
        self.report.root = self.tree.root();
        self.report.authors = self.admission.authors().count() as u64;
        self.clocks.judge(&mut self.report);
        self.say_what_was_not_checked(trust);
        self.report.faults.sort_by_key(|fault| fault.position);
        debug_assert_eq!(
            self.report.fault_count == 0,
            self.report.verdict == Verdict::Good
        );
        self.report
    }

    fn say_what_was_not_checked(&mut self, trust: &Trust) {
        let origin = self.report.origin.clone().unwrap_or_default();
        let mut say = |sentence: &str| self.report.not_checked.push(sentence.to_owned());
        if trust.log_key.is_none() {
            say(
                "whether this is the log you think it is: no log key was given, the one in the log was used",
            );
        }
        if trust.known_of(&origin).next().is_none() {
            say("whether the log continues one seen before: no earlier checkpoint was given");
        }
        say("whether what the events say is true, and movements that were never recorded");
    }
}
