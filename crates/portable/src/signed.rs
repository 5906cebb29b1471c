//! Signed events on their way from their authors to the operator, in one file.
//!
//! Invariant: what is read here is within its limits and every body canonical, for one log; of the signatures nothing is said,
//! for only a registry knows whose keys they are. Fewer than the rules ask for, or no signature at all, is an act that others
//! have yet to sign. Knows no ledger.

use std::path::Path;

use domain::limits::{BODY_BYTES_MAX, SIGNATURES_MAX};
use domain::{Body, Bytes64, EventId, KeyId};
use serde::{Deserialize, Serialize};

use crate::fault::PortableFault;
use crate::limits::{SIGNED_BYTES_MAX, SIGNED_EVENTS_MAX};

/// The first field of every file of signed events.
const FORMAT: &str = "ytterby signed events 1";

/// The signature of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySignature {
    pub key: KeyId,
    pub signature: Bytes64,
}

/// An event as its author signed it, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedEvent {
    pub id: EventId,
    pub body: Body,
    /// The bytes of the body, which are what is signed.
    pub bytes: Vec<u8>,
    /// Sorted by key id, at most 8, each key once.
    pub signatures: Vec<(KeyId, Bytes64)>,
}

impl HandedEvent {
    /// The event of these bytes.
    ///
    /// # Errors
    /// They are not a canonical body, or the signatures are too many or out of order.
    pub fn of(bytes: Vec<u8>, signatures: Vec<(KeyId, Bytes64)>) -> Result<Self, String> {
        let body = wire::decode_body(&bytes).map_err(|refusal| refusal.to_string())?;
        if signatures.len() > SIGNATURES_MAX {
            return Err(format!("more than {SIGNATURES_MAX} signatures"));
        }
        if !signatures.is_sorted_by(|(one, _), (other, _)| one < other) {
            return Err("its signatures do not ascend by key id".to_owned());
        }
        Ok(Self {
            id: wire::event_id(&bytes),
            body,
            bytes,
            signatures,
        })
    }

    /// Takes in the signatures that another copy of the same body bears and this one lacks.
    pub fn take_signatures(&mut self, others: &[(KeyId, Bytes64)]) {
        for (key, signature) in others {
            if self.signatures.iter().all(|(known, _)| known != key) {
                self.signatures.push((*key, *signature));
            }
        }
        self.signatures.sort_unstable_by_key(|(key, _)| *key);
    }
}

/// The events of one file, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedEvents {
    /// The log that they are for.
    pub origin: String,
    pub events: Vec<HandedEvent>,
}

/// The document, member by member.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    origin: String,
    events: Vec<Event>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    /// Hexadecimal, lower case.
    body: String,
    signatures: Vec<KeySignature>,
}

impl SignedEvents {
    /// Reads a file that somebody handed over.
    ///
    /// # Errors
    /// It can't be read, is too long, or is not a file of signed events.
    pub fn read(path: &Path) -> Result<Self, PortableFault> {
        let bytes = files::read(path, SIGNED_BYTES_MAX)?;
        Self::parse(&bytes).map_err(|what| PortableFault::Handed {
            path: path.to_owned(),
            what,
        })
    }

    /// The same from bytes.
    ///
    /// # Errors
    /// What is wrong with them, in words, with the number of the event.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let read: Document =
            serde_json::from_slice(bytes).map_err(|error| format!("it is no {FORMAT}: {error}"))?;
        if read.format != FORMAT {
            return Err(format!("its format is {:?}, not {FORMAT:?}", read.format));
        }
        if read.events.len() > SIGNED_EVENTS_MAX {
            return Err(format!(
                "it holds {} events; a file holds at most {SIGNED_EVENTS_MAX}, so send several",
                read.events.len()
            ));
        }
        let mut events = Vec::with_capacity(read.events.len());
        for (number, event) in (1_usize..).zip(read.events) {
            let event = decode(event).map_err(|what| format!("event {number} in it: {what}"))?;
            events.push(event);
        }
        Ok(Self {
            origin: read.origin,
            events,
        })
    }

    /// The file: JSON with two spaces of indentation and a newline at the end.
    #[must_use]
    pub fn to_text(&self) -> String {
        let event = |event: &HandedEvent| Event {
            body: domain::id::to_hex(&event.bytes),
            signatures: key_signatures(&event.signatures),
        };
        let document = Document {
            format: FORMAT.to_owned(),
            origin: self.origin.clone(),
            events: self.events.iter().map(event).collect(),
        };
        // Texts always have a JSON form.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

fn decode(event: Event) -> Result<HandedEvent, String> {
    if event.body.len() > 2 * BODY_BYTES_MAX {
        return Err(format!("its body has more than {BODY_BYTES_MAX} bytes"));
    }
    let bytes = domain::id::from_hex(&event.body)
        .ok_or("its body is not lower-case hexadecimal of whole bytes")?;
    let signatures = event.signatures.iter();
    let signatures = signatures
        .map(|given| (given.key, given.signature))
        .collect();
    HandedEvent::of(bytes, signatures)
}

pub(crate) fn key_signatures(signatures: &[(KeyId, Bytes64)]) -> Vec<KeySignature> {
    let given = signatures.iter();
    given
        .map(|(key, signature)| KeySignature {
            key: *key,
            signature: *signature,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use testkit::{ORIGIN, TestCountry};

    use super::*;

    fn events() -> SignedEvents {
        let founding = TestCountry::new().founding.into_iter();
        let events = founding.map(|event| HandedEvent::of(event.body, event.signatures).unwrap());
        SignedEvents {
            origin: ORIGIN.to_owned(),
            events: events.collect(),
        }
    }

    #[test]
    fn events_come_back_as_they_were_signed_with_and_without_signatures() {
        let mut events = events();
        events.events[1].signatures.clear();
        assert_eq!(SignedEvents::parse(events.to_text().as_bytes()), Ok(events));
    }

    #[test]
    fn what_is_not_such_a_file_is_refused_with_a_reason() {
        let events = events();
        let text = events.to_text();
        let refused = |text: &str, why: &str| {
            let refusal = SignedEvents::parse(text.as_bytes()).unwrap_err();
            assert!(refusal.contains(why), "{refusal}");
        };
        refused(&text[..text.len() / 2], "no ytterby signed events 1");
        refused(&text.replace("events 1", "events 2"), "its format");
        refused(
            &text.replacen("\"body\"", "\"note\": 1, \"body\"", 1),
            "unknown field",
        );
        refused(
            &text.replacen("\"body\": \"", "\"body\": \"AB", 1),
            "event 1 in it",
        );
        refused(
            &text.replacen("\"body\": \"", "\"body\": \"00", 1),
            "event 1 in it",
        );
        let long = "0".repeat(2 * BODY_BYTES_MAX + 2);
        refused(
            &text.replacen("\"body\": \"", &format!("\"body\": \"{long}"), 1),
            "more than",
        );
        let signature = serde_json::to_string(&key_signatures(&events.events[0].signatures)[0]);
        let signature = signature.unwrap();
        let many = |count: usize| {
            let all = vec![signature.as_str(); count].join(",");
            let body = domain::id::to_hex(&events.events[0].bytes);
            format!(
                "{{\"format\":\"{FORMAT}\",\"origin\":\"o\",\"events\":[{{\"body\":\"{body}\",\"signatures\":[{all}]}}]}}"
            )
        };
        assert!(SignedEvents::parse(many(1).as_bytes()).is_ok());
        refused(&many(2), "ascend");
        refused(&many(SIGNATURES_MAX + 1), "more than 8");
    }

    #[test]
    fn a_second_copy_adds_the_signatures_that_the_first_lacks() {
        let event = events().events.remove(0);
        let mut bare = HandedEvent::of(event.bytes.clone(), Vec::new()).unwrap();
        bare.take_signatures(&event.signatures);
        bare.take_signatures(&event.signatures);
        assert_eq!(bare, event);
    }
}
