//! Keys on the command line: made, requested, listed, rotated, added, revoked, objected to, recovered.
//!
//! Invariant: no flag takes a secret, and a key is named by its file or its URI. Knows no rule.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use desk::keys::KeyPlace;
use domain::payload::RevocationReason;
use domain::{PartyId, Term};
use token::TokenUri;

use crate::access::key_place;
use crate::form::Form;
use crate::{KeyRequested, Signing};

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key and the key that may follow it
    New(KeyNew),
    /// Write the public file with which a party asks for its key to be registered
    Request(Box<KeyRequested>),
    /// List every registered key with its party and the positions it is valid for
    List {
        #[command(flatten)]
        form: Form,
    },
    #[command(flatten)]
    Act(KeyAct),
}

#[derive(Debug, Args)]
pub struct KeyNew {
    /// Party they are for; the files are PARTY.pem and PARTY.next.pem
    pub party: PartyId,
    /// They are the operator's log keys; the files are operator.pem and operator.next.pem
    #[arg(long)]
    pub log: bool,
    /// Folder for them [default: keys in the ledger's folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Make the key in a token, at this pkcs11: URI; its file names it only
    #[arg(long, value_name = "URI")]
    pub token: Option<TokenUri>,
    /// Make the key that may follow it in a token too, best in another one
    #[arg(long, value_name = "URI")]
    pub next_token: Option<TokenUri>,
    /// Write key files without passphrase (mode 0600 still)
    #[arg(long)]
    pub plain: bool,
}

#[derive(Debug, Args)]
pub struct KeyRotate {
    /// Party whose key it is; it signs itself
    pub party: PartyId,
    /// Further key of the party, where the rules ask for several signatures; may be repeated
    #[arg(long = "key", value_name = "FILE|URI", value_parser = key_place())]
    pub more_keys: Vec<KeyPlace>,
    /// Have the new next key in a token, which makes it unless it has it already
    #[arg(long, value_name = "URI", conflicts_with = "plain")]
    pub token: Option<TokenUri>,
    /// Write the new next key without passphrase (mode 0600 still)
    #[arg(long)]
    pub plain: bool,
    /// Show what would be signed, append nothing and leave all files alone
    #[arg(long)]
    pub dry_run: bool,
    /// Sign without asking
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct LogKeyRotate {
    /// Key file of the authority that founded the ledger, or the pkcs11: URI of its key in a token; may be repeated, where
    /// the rules ask for several signatures [default: keys/PARTY.pem in the ledger's folder]
    #[arg(long = "key", value_name = "FILE|URI", value_parser = key_place())]
    pub keys: Vec<KeyPlace>,
    /// Write the new next key without passphrase (mode 0600 still)
    #[arg(long)]
    pub plain: bool,
    /// Show what would be signed, append nothing and leave all files alone
    #[arg(long)]
    pub dry_run: bool,
    /// Sign without asking
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Subcommand)]
pub enum KeyAct {
    /// Let the next key take the place of the current one; run it again if it was cut off
    Rotate(KeyRotate),
    /// Let the next log key sign the checkpoints, as the founding authority; run it again if it was cut off
    RotateLog(LogKeyRotate),
    /// Register a further key of a party: its own by its key files, another party's by its request
    Add {
        /// Party that gets the key
        party: PartyId,
        /// The request that the party made with `ytterby key request`
        #[arg(long, value_name = "FILE", conflicts_with = "from")]
        request: Option<PathBuf>,
        /// Folder with the signer's own PARTY.pem and PARTY.next.pem [default: keys in the ledger's folder]
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
        #[command(flatten)]
        signing: Signing,
    },
    /// Revoke a key: nothing after this position may be signed with it
    Revoke {
        /// Party whose key it is
        party: PartyId,
        /// Id of the key, or at least its first 8 digits
        key: String,
        /// superseded, compromised, lost or ceased
        #[arg(long)]
        reason: RevocationReason,
        #[command(flatten)]
        signing: Signing,
    },
    /// Object to a key that an office granted to your party, before it takes effect
    Object(KeyObject),
    /// As the founding authority, replace all its keys by new ones; run it again if it was cut off
    Recover(KeyRecover),
}

#[derive(Debug, Args)]
pub struct KeyObject {
    /// Party that the key was granted to; it signs itself
    pub party: PartyId,
    /// Id of the granted key, or at least its first 8 digits
    #[arg(value_name = "KEY")]
    pub granted: String,
    /// Key that signs: a valid one, or the next one of it; a file or the pkcs11: URI of a key in a token [default:
    /// keys/PARTY.pem in the ledger's folder, or keys/PARTY.next.pem if that one is not valid any more]
    #[arg(long = "key", value_name = "FILE|URI", value_parser = key_place())]
    pub key: Option<KeyPlace>,
    /// Write the objection into this file without signing it, for whoever holds a valid key: `ytterby sign`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "out"])]
    pub prepare: Option<PathBuf>,
    /// Append nothing; write what was signed and waits into this file, for the operator: `ytterby take`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Show what would be signed and append nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Sign without asking
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct KeyRecover {
    /// The authority that founded the ledger
    pub party: PartyId,
    /// Why, in a few words, for everybody to read
    #[arg(long)]
    pub reason: Term,
    /// The recovery key: its file, or its pkcs11: URI [default: keys/PARTY.recovery.pem in the ledger's folder]
    #[arg(long, value_name = "FILE|URI", value_parser = key_place())]
    pub recovery: Option<KeyPlace>,
    /// Request for a further key of the authority, where the rules ask for several signatures; may be repeated
    #[arg(long = "request", value_name = "FILE")]
    pub requests: Vec<PathBuf>,
    /// Write the new keys without passphrase (mode 0600 still)
    #[arg(long)]
    pub plain: bool,
    /// Append nothing; write what was signed and waits into this file, for the operator: `ytterby take`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Show what would be signed, append nothing and leave all files alone
    #[arg(long)]
    pub dry_run: bool,
    /// Sign without asking
    #[arg(long)]
    pub yes: bool,
}
