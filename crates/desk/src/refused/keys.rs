//! What stands against the use of a key, a file of keys or a request for one.
//!
//! Invariant: no message holds a secret. Decides nothing.

use domain::{KeyId, PartyId};

use super::rows::{RefusalKind, kind, refusals};

refusals! {
    /// A key, its file, its token or a request for one is not what it has to be.
    KeyRefused {
        slip "bad-key-id" BadId { given: String }
            "{given:?} is not a key id: write its 16 hexadecimal digits, or at least the first 8";
        slip "unknown-key" Unknown { party: PartyId, given: String }
            "{party} has no key beginning with {given}"
            help "give all 16 digits, as `ytterby key list` has them";
        slip "ambiguous-key" Ambiguous { party: PartyId, given: String }
            "{party} has several keys beginning with {given}"
            help "give all 16 digits, as `ytterby key list` has them";
        slip "no-secret" NoSecret { what: String, ways: String }
            "the key needs the {what} and there is nobody to type it"
            help "{ways}";
        fault "no-randomness" NoRandomness { why: String }
            "no randomness to be had: {why}";
        fault "no-key-file" NoFile { path: String, why: String }
            "could not find the key file {path}: {why}"
            help "make one with `ytterby key new`, or give --key FILE";
        rule "key-file-open" OpenToOthers { path: String, mode: u32 }
            "{path} can be read by others (mode {mode:03o})"
            help "chmod 600 {path}";
        rule "bad-key-file" BadFile { path: String, why: String }
            "{path}: {why}";
        rule "key-exists" Exists { path: String }
            "{path} exists already; keys are never overwritten";
        rule "key-name-taken" NameTaken { path: String }
            "{path} exists already; keys are never overwritten"
            help "move it out of the folder and run this again";
        rule "token" Token { why: String, at: String }
            "{why}"
            help "the key was looked for at {at}";
        fault "token-failed" TokenFailed { why: String, at: String }
            "{why}"
            help "the key was looked for at {at}";
        slip "key-twice" Twice { place: String, key: String }
            "{place} holds key {key}, which signs already"
            help "each --key FILE must hold another key of the party";
        rule "key-in-use" InUse { key: KeyId }
            "key {key} in the token is in use already, so it can't be the new next key"
            help "give another object= in --token";
        slip "not-its-own-keys" NotItsOwn { party: PartyId, signer: PartyId }
            "the key files of {party} are its own, and {signer} signs"
            help "give --request FILE, as the party made it with `ytterby key request`";
        rule "operators-key" Operators { party: PartyId }
            "{party} is the operator: its key signs the checkpoints"
            help "`ytterby key rotate-log` replaces it";
        rule "no-valid-key" NoValidKey { path: String, party: PartyId }
            "{path} holds no valid key of {party}, so it can't sign"
            help "a regulator grants other keys: `ytterby key new {party} --out DIR` and `ytterby key request {party} --keys DIR --out FILE` here, then `ytterby key add {party} --request FILE --as REGULATOR` there";
        rule "not-the-committed-key" NotCommitted { party: PartyId, why: String }
            "{why} [not-the-committed-key]"
            help "a regulator grants other keys: `ytterby key new {party} --out DIR` and `ytterby key request {party} --keys DIR --out FILE` here, then `ytterby key add {party} --request FILE --as REGULATOR` there";
        rule "no-next-key" NoNext { path: String }
            "{path} holds no key that can follow"
            help "bring the file of the next key back from where you keep it";
        rule "no-next-log-key" NoNextLogKey { path: String }
            "{path} holds no key that can follow the log key"
            help "bring the file of the next key back from where you keep it; no other key can follow";
        rule "no-log-key" NoLogKey
            "no key file here holds the log key, so it can't be handed over"
            help "bring operator.pem back from a copy; a log key that is lost can't be replaced";
        rule "no-key-to-object" NoneToObject { place: String, party: PartyId }
            "{place} holds neither a valid key of {party} nor the next one of any of its keys"
            help "bring the file of the next key back from where you keep it, and name it: --key FILE";
        rule "no-recovery-key" NoRecovery { path: String }
            "the recovery key is not in {path}"
            help "bring its file back from where you keep it, or name it: --recovery FILE";
        rule "half-recovered" HalfRecovered { folder: String, party: PartyId }
            "{folder} holds only some of the new keys of a recovery, and not the one that is to sign"
            help "bring {party}.new.pem back; if there is none, move the other {party}.new files away and run this again";
        rule "key-not-valid" NotValid { key: KeyId, party: PartyId }
            "key {key} is not a valid key of {party}"
            help "`ytterby key list` shows the keys; --key FILE names another";
        rule "request-of-another" RequestOfAnother { path: String, other: PartyId, party: PartyId }
            "{path} is the request of {other}, not of {party}";
        rule "request-for-another-log" RequestForAnotherLog { path: String, other: String, origin: String }
            "{path} is for the log {other:?}, and this is {origin:?}"
            help "have the party make one for this log: `ytterby key request`";
        rule "request-for-another-ledger" RequestForAnotherLedger { path: String }
            "{path} is for another ledger of the same name, or was made before this one was founded"
            help "have the party follow a copy of this ledger, then make one: `ytterby key request`";
        slip "not-stated" NotStated { what: &'static str, party: PartyId }
            "neither the command nor a request says {what} of {party}";
    }
}
