//! A key request: what a party hands to whoever registers its key, so that no private key leaves its machine.
//!
//! Invariant: what is read here proves possession of its key for the log that it names, bears the words of its own key, and
//! has no members besides those of `docs/spec/key-request.md`. Whether it comes from the party, the words compared by
//! telephone must tell. Knows no key file and no registry.

use std::path::Path;

use domain::payload::KeyGrant;
use domain::{Bytes32, Bytes64, Code, Division, Names, PartyId, PartyKind};
use serde::{Deserialize, Serialize};

use crate::fault::PortableFault;
use crate::fingerprint::fingerprint_of;
use crate::limits::REQUEST_BYTES_MAX;

/// The first field of every key request.
const FORMAT: &str = "ytterby key request 1";
/// What no file that is handed over may hold.
const SECRET_MARKS: [&str; 3] = ["PRIVATE KEY", "pkcs11:", "AGE-SECRET-KEY"];

/// What a party says of itself besides its key; whoever registers it decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Names>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<PartyKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<Division>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Code>,
}

/// A public file that asks for a key to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    /// The log that the key is for.
    pub origin: String,
    /// The ledger that it is for; for a founding, which makes the ledger, the hash of the origin.
    pub ledger: Bytes32,
    pub party: PartyId,
    pub stated: Stated,
    pub key: KeyGrant,
}

/// The document, member by member.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    origin: String,
    ledger: Bytes32,
    party: PartyId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    names: Option<Names>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<PartyKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    division: Option<Division>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Code>,
    key: Bytes32,
    possession: Bytes64,
    next: Bytes32,
    fingerprint: String,
}

impl KeyRequest {
    /// Reads a file that somebody handed over and checks all that can be checked without a registry.
    ///
    /// # Errors
    /// It can't be read, is no key request, holds something secret, or does not prove possession.
    pub fn read(path: &Path) -> Result<Self, PortableFault> {
        let bytes = files::read(path, REQUEST_BYTES_MAX)?;
        Self::parse(&bytes).map_err(|what| PortableFault::Handed {
            path: path.to_owned(),
            what,
        })
    }

    /// The same from bytes.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        if let Some(mark) = SECRET_MARKS.iter().find(|mark| text.contains(**mark)) {
            return Err(format!(
                "it holds {mark:?}, which belongs in no file that is handed over: if a private key has left its machine, make other keys"
            ));
        }
        let read: Document =
            serde_json::from_str(text).map_err(|error| format!("it is no {FORMAT}: {error}"))?;
        if read.format != FORMAT {
            return Err(format!("its format is {:?}, not {FORMAT:?}", read.format));
        }
        let request = Self {
            origin: read.origin,
            ledger: read.ledger,
            party: read.party,
            stated: Stated {
                names: read.names,
                kind: read.kind,
                division: read.division,
                group: read.group,
            },
            key: KeyGrant {
                key: read.key,
                possession: read.possession,
                next: read.next,
            },
        };
        request.check_possession()?;
        let words = request.fingerprint();
        if read.fingerprint != words {
            return Err(format!(
                "it says that its fingerprint is \"{}\", but its keys have \"{words}\": it was changed on the way",
                read.fingerprint
            ));
        }
        Ok(request)
    }

    fn check_possession(&self) -> Result<(), String> {
        let key = signing::PublicKey::from_bytes(&self.key.key.0)
            .map_err(|refusal| format!("its key is refused: {refusal}"))?;
        let signature = signing::Signature(self.key.possession.0);
        signing::verify_possession(&key, &self.ledger.0, self.party.as_bytes(), &signature).map_err(
            |refusal| {
                format!(
                    "it does not prove that {} holds the key: {refusal}; it was changed on the way, or made for another ledger",
                    self.party
                )
            },
        )
    }

    /// The words to compare by telephone.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint_of(&self.party, &self.key)
    }

    /// The file: JSON with two spaces of indentation and a newline at the end.
    #[must_use]
    pub fn to_text(&self) -> String {
        let stated = self.stated.clone();
        let document = Document {
            format: FORMAT.to_owned(),
            origin: self.origin.clone(),
            ledger: self.ledger,
            party: self.party,
            names: stated.names,
            kind: stated.kind,
            division: stated.division,
            group: stated.group,
            key: self.key.key,
            possession: self.key.possession,
            next: self.key.next,
            fingerprint: self.fingerprint(),
        };
        // Texts and numbers always have a JSON form.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use testkit::{ORIGIN, grant_of, party};

    use super::*;

    fn request() -> KeyRequest {
        KeyRequest {
            origin: ORIGIN.to_owned(),
            ledger: Bytes32(testkit::ledger_id()),
            party: party(1),
            stated: Stated::default(),
            key: grant_of(1),
        }
    }

    #[test]
    fn a_request_comes_back_as_it_was_written() {
        let request = request();
        assert_eq!(KeyRequest::parse(request.to_text().as_bytes()), Ok(request));
    }

    #[test]
    fn what_was_changed_on_the_way_is_refused() {
        let request = request();
        let text = request.to_text();
        let refused = |text: &str, why: &str| {
            let refusal = KeyRequest::parse(text.as_bytes()).unwrap_err();
            assert!(refusal.contains(why), "{refusal}");
        };
        let party = party(4);
        let other = KeyRequest {
            party,
            ..request.clone()
        };
        refused(&other.to_text(), "does not prove");
        let elsewhere = KeyRequest {
            ledger: Bytes32([9; 32]),
            ..request.clone()
        };
        refused(&elsewhere.to_text(), "does not prove");
        let mut next = request.clone();
        next.key.next = Bytes32([3; 32]);
        let next = next.to_text();
        let words = format!("\"{}\"", request.fingerprint());
        let begin = next.rfind("\"fingerprint\": ").unwrap();
        refused(
            &format!("{}\"fingerprint\": {words}\n}}\n", &next[..begin]),
            "fingerprint",
        );
        refused(
            &text.replacen('{', "{\n  \"secret\": \"x\",", 1),
            "unknown field",
        );
        refused(&text.replace("request 1", "request 2"), "its format");
        let pem = "-----BEGIN PRIVATE KEY-----";
        refused(
            &text.replacen('{', &format!("{{\"note\": \"{pem}\","), 1),
            "make other keys",
        );
        refused("", "no ytterby key request 1");
    }
}
