//! Evidence doubted: everything in the file checked, and the verdict that it holds or why it does not.
//!
//! Invariant: the verdict is equivocation exactly if the evidence holds; whatever is wrong with the file is graver, so that
//! nobody is accused by a file with a fault. What only a log can tell is checked if there is one, else said to be open.
//! Knows no files.

use chain::Hash;
use domain::limits::SIGNATURES_MAX;
use domain::{Body, Bytes32, EventId, KeyId, PartyId, Payload, id};
use signing::{PublicKey, Signature, VerifierKey, open_checkpoint};
use verify::{FaultKind, Report};

use crate::document::{
    Beginning, Evidence, SignedBody, TwoEvents, TwoHistories, WholeKeySignature, contradict, place,
};
use crate::log_facts::{AtHand, LogFacts};

/// Verifies evidence.
pub fn check_evidence(evidence: &Evidence, reader: &AtHand<'_>) -> Report {
    let mut report = Report::default();
    match evidence {
        Evidence::TwoEvents(two) => check_events(two, reader, &mut report),
        Evidence::TwoHistories(two) => check_histories(two, reader, &mut report),
    }
    reader.say_what_it_rests_on(&mut report);
    report
}

/// An event whose form and signatures hold.
struct Event {
    id: EventId,
    body: Body,
    keys: Vec<KeyId>,
}

fn check_events(two: &TwoEvents, reader: &AtHand<'_>, report: &mut Report) {
    report.origin = Some(two.origin.clone());
    let known = reader.keys();
    if let Some(key) = known.current().filter(|key| key.name() != two.origin) {
        let expected = format!("events of the log {}", key.name());
        report.fault(FaultKind::Founding, 0, &expected, &two.origin);
    }
    let events = two
        .events
        .each_ref()
        .map(|event| check_event(event, report));
    let [Some(one), Some(other)] = events else {
        return;
    };
    report.size = 2;
    report.authors = 1;
    let (author, seq) = (one.body.author, one.body.seq);
    let mut differs = |expected: &str, found: String| {
        report.fault(FaultKind::Entry, 0, expected, found);
    };
    if other.body.ledger != one.body.ledger {
        let found = format!("{} and {}", one.body.ledger, other.body.ledger);
        differs("two events of one ledger", found);
    } else if other.body.author != author {
        let found = format!("{author} and {}", other.body.author);
        differs("two events of one author", found);
    } else if other.body.seq != seq {
        let found = format!("{seq} and {}", other.body.seq);
        differs("two events with one seq", found);
    } else if one.id == other.id {
        differs("two different events", format!("{} twice", one.id));
    } else if one.id > other.id {
        differs("the event with the lower id first", one.id.to_string());
    }
    for event in [&one, &other] {
        check_ledger(event, &two.origin, reader, report);
        check_owner(event, reader, report);
    }
    if report.fault_count > 0 {
        return;
    }
    conclude_events(&one, &other, reader, report);
}

fn conclude_events(one: &Event, other: &Event, reader: &AtHand<'_>, report: &mut Report) {
    let (author, seq, ids) = (one.body.author, one.body.seq, [one.id, other.id]);
    let held = ids.iter().find_map(|id| reader.log?.position(id));
    let expected = format!("one event of {author} with seq {seq}");
    let found = format!("two, each signed: {} and {}", ids[0], ids[1]);
    report.fault(
        FaultKind::Equivocation,
        held.unwrap_or_default(),
        &expected,
        found,
    );
    if reader.log.is_some() {
        report.proven.push(format!(
            "the evidence holds by the keys that the log copy next to it registers: {author} signed two different events for \
             one place"
        ));
    } else {
        report.not_checked.push(format!(
            "whose the keys are: both events are signed by the keys that the file itself brings, in the name of {author}; \
             whose they are, and whether their ledger is the one that the file names, you must know by another way (--log COPY)"
        ));
    }
    for id in ids {
        if let Some(position) = reader.log.and_then(|log| log.position(&id)) {
            let line = format!("{id} stands in the log copy at position {position}");
            report.proven.push(line);
        }
    }
    if reader.log.is_some() && held.is_none() {
        let line = "whether one of the two stands in the log: the log copy holds neither";
        report.not_checked.push(line.to_owned());
    }
}

/// Form and signatures of one event; `None` if there is nothing to compare.
fn check_event(event: &SignedBody, report: &mut Report) -> Option<Event> {
    let Some(bytes) = id::from_hex(&event.body) else {
        report.fault(FaultKind::Entry, 0, "hexadecimal digits", "others");
        return None;
    };
    let body = match wire::decode_body(&bytes) {
        Ok(body) => body,
        Err(refusal) => {
            report.fault(FaultKind::Entry, 0, "a canonical event", refusal);
            return None;
        }
    };
    let count = event.signatures.len();
    if count == 0 || count > SIGNATURES_MAX {
        let expected = format!("1 to {SIGNATURES_MAX} signatures");
        report.fault(FaultKind::Entry, 0, &expected, count);
    }
    let id = wire::event_id(&bytes);
    let mut keys: Vec<KeyId> = Vec::with_capacity(count);
    for WholeKeySignature { key, signature } in &event.signatures {
        let public = match PublicKey::from_bytes(&key.0) {
            Ok(public) => public,
            Err(refusal) => {
                report.fault(FaultKind::Signature, 0, "a sound public key", refusal);
                continue;
            }
        };
        let key_id = KeyId(public.id().0);
        if keys.last().is_some_and(|last| *last >= key_id) {
            let expected = "signatures that ascend by key id";
            report.fault(FaultKind::Entry, 0, expected, key_id);
        }
        keys.push(key_id);
        match signing::verify_event(&public, &bytes, &Signature(signature.0)) {
            Ok(()) => report.event_signatures += 1,
            Err(refusal) => {
                let expected = format!("a signature of {id}");
                report.fault(FaultKind::Signature, 0, &expected, refusal);
            }
        }
    }
    Some(Event { id, body, keys })
}

/// Whether the event is for the ledger that the file names: told by a founding itself, and for others by the log at hand.
fn check_ledger(event: &Event, origin: &str, reader: &AtHand<'_>, report: &mut Report) {
    let is_founding = matches!(event.body.payload, Payload::LedgerFounded(_));
    let known = if is_founding {
        Some(chain::origin_hash(origin))
    } else {
        reader.log.and_then(LogFacts::ledger)
    };
    if let Some(known) = known.filter(|known| *known != event.body.ledger.0) {
        let expected = format!("an event for the ledger {} of {origin}", Bytes32(known));
        report.fault(FaultKind::Entry, 0, &expected, event.body.ledger);
    }
}

/// With a log at hand: whether the keys that signed are the author's.
fn check_owner(event: &Event, reader: &AtHand<'_>, report: &mut Report) {
    let Some(log) = reader.log else { return };
    check_keys(event.body.author, &event.keys, log.registry(), report);
}

/// Whether every key is one that the author registered; what was revoked is said, since a stolen key signs as well.
pub(crate) fn check_keys(
    author: PartyId,
    keys: &[KeyId],
    registry: &domain::Registry,
    report: &mut Report,
) {
    for key in keys {
        match registry.key(key) {
            Some(record) if record.party == author => {
                if let Some(position) = record.revoked_at {
                    report.not_checked.push(format!(
                        "whether key {key} signed before it was revoked at position {position}"
                    ));
                }
            }
            record => {
                let found = record.map_or_else(
                    || format!("{key}, which the log does not know"),
                    |record| format!("{key} of {}", record.party),
                );
                let expected = format!("a key of {author}");
                report.fault(FaultKind::Signature, 0, &expected, found);
            }
        }
    }
}

fn check_histories(two: &TwoHistories, reader: &AtHand<'_>, report: &mut Report) {
    let [Some(first), Some(second)] = two.log_keys.each_ref().map(|key| parse_key(key, report))
    else {
        return;
    };
    report.origin = Some(first.name().to_owned());
    judge_key(&first, reader, report);
    if first != second {
        judge_key(&second, reader, report);
    }
    let mut open = |note: &str, key: &VerifierKey| match open_checkpoint(note.as_bytes(), key) {
        Ok(signed) => {
            report.checkpoint_signatures += 1;
            Some(signed)
        }
        Err(refusal) => {
            let expected = format!("a checkpoint signed by {key}");
            report.fault(FaultKind::Checkpoint, 0, &expected, refusal);
            None
        }
    };
    let [one, other] = &two.checkpoints;
    let (Some(old), Some(new)) = (open(one, &first), open(other, &second)) else {
        return;
    };
    let (small, large) = (old.checkpoint(), new.checkpoint());
    if place(&old) > place(&new) {
        let expected = "the smaller size first, of equal sizes the lower root";
        report.fault(FaultKind::Entry, 0, expected, small.size);
    }
    if !contradict(&old, &new, beginning(two).as_ref()) || unused_proof(two) {
        let expected = "two checkpoints that contradict, and a proof of it if their sizes differ";
        let found = format!("sizes {} and {} that may agree", small.size, large.size);
        report.fault(FaultKind::Entry, large.size, expected, found);
    }
    if report.fault_count > 0 {
        return;
    }
    let expected = format!("one history of {}", small.origin);
    let found = if small.size == large.size {
        format!("the roots {} and {} for one size", small.root, large.root)
    } else {
        format!(
            "that the tree of size {} does not begin with the one signed as size {}",
            large.size, small.size
        )
    };
    report.fault(FaultKind::Equivocation, small.size, &expected, found);
    match reader.rests().words() {
        Some(words) => report.proven.push(format!(
            "the evidence holds by {words}: {} signed two checkpoints of which neither extends the other",
            small.origin
        )),
        None => report.not_checked.push(format!(
            "whose the keys are: both checkpoints are signed by the keys that the file itself brings, in the name of {}; \
             whose they are you must know by another way (--log-key KEY, --log COPY, --policy FILE or --remember FILE)",
            small.origin
        )),
    }
}

fn parse_key(text: &str, report: &mut Report) -> Option<VerifierKey> {
    let parsed = text.parse();
    parsed
        .map_err(|refusal| {
            report.fault(FaultKind::Entry, 0, "the verifier key of a log", &refusal);
        })
        .ok()
}

/// Whether a key that signed is one of the log's.
fn judge_key(key: &VerifierKey, reader: &AtHand<'_>, report: &mut Report) {
    let known = reader.keys();
    match (known.current(), known.handed_over_at(key)) {
        (Some(current), None) => {
            let expected = format!("checkpoints signed by {current}");
            report.fault(FaultKind::Checkpoint, 0, &expected, key);
        }
        (_, Some(Some(size))) => report.not_checked.push(format!(
            "whether the operator or a thief of its old key signed: {key} was replaced at size {size}"
        )),
        // What rests on the file alone is said once, when the rest holds.
        (_, Some(None)) | (None, None) => {}
    }
}

fn beginning(two: &TwoHistories) -> Option<Beginning> {
    let hash = |bytes: &Bytes32| Hash::from_bytes(bytes.0);
    Some(Beginning {
        root: hash(two.other_root.as_ref()?),
        proof: two.proof.iter().map(hash).collect(),
    })
}

/// Two roots of one size need no proof, and what proves nothing has no place in evidence.
fn unused_proof(two: &TwoHistories) -> bool {
    two.other_root.is_none() && !two.proof.is_empty()
}
