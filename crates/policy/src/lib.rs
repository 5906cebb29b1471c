//! How many witnesses are enough, and which: the policy text of C2SP tlog-policy, read and applied.
//!
//! Invariant: a name is defined before it is used and counted in one place only, so a witness adds to the quorum once.
//! Knows nothing of how cosignatures are asked for; an address is a word to it.

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

mod parse;
#[cfg(test)]
mod tests;

use signing::{
    MlDsaWitnessKey, NoteRefusal, SignedCheckpoint, VerifierKey, WitnessKey, open_checkpoint,
};
use thiserror::Error;

/// A policy text: as many witnesses as it may name, all with keys of ML-DSA-44.
pub const POLICY_BYTES_MAX: usize = 256 * 1024;
/// Logs, witnesses and groups, each. A note holds as many signatures.
pub const DEFINITIONS_MAX: usize = 63;

/// Logs, witnesses and the quorum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<VerifierKey>,
    witnesses: Vec<KnownWitness>,
    groups: Vec<Group>,
    quorum: Quorum,
}

/// A witness that the policy counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownWitness {
    /// Its name in the policy; that in its signatures is the key's.
    pub name: String,
    pub key: CosigningKey,
    /// Where it is asked: the submission prefix of tlog-witness.
    pub url: Option<String>,
}

/// When the witnesses of a policy cosigned a checkpoint, by their own clocks, in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times<'a> {
    /// Each witness that cosigned, in the order of the text.
    pub each: Vec<(&'a str, u64)>,
    /// The earliest time by which the quorum had cosigned. `None` if it never did, or if the policy asks for nobody. As long
    /// as every quorum holds a witness with a true clock, the checkpoint existed by then: no other witness can make it earlier.
    pub quorum: Option<u64>,
}

/// The key of a witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CosigningKey {
    Ed25519(WitnessKey),
    /// Its cosignatures can't be checked yet, so it counts as one that never cosigns.
    MlDsa44(MlDsaWitnessKey),
}

/// Places in the policy's lists of witnesses and groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    /// So many members must have witnessed; between 1 and their number.
    threshold: usize,
    members: Vec<Member>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quorum {
    /// No cosignature is asked for.
    None,
    Of(Member),
}

/// Why a text is not a policy: the line, the word that is at fault, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("policy line {line}, {word:?}: {fault}")]
pub struct PolicyRefusal {
    /// Counted from 1.
    pub line: usize,
    /// Empty where a word is missing.
    pub word: String,
    pub fault: PolicyFault,
}

/// What is wrong with a word of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PolicyFault {
    #[error("a policy has at most {POLICY_BYTES_MAX} bytes")]
    TooLong,
    #[error("the last line does not end in a newline: the text may be cut off")]
    CutOff,
    #[error("a control character other than tab and newline")]
    Control,
    #[error("a line begins with log, witness, group or quorum")]
    Keyword,
    #[error("a word is missing here: {0}")]
    Missing(&'static str),
    #[error("a word too many")]
    Surplus,
    #[error("not the verifier key of a log: {0}")]
    LogKey(NoteRefusal),
    #[error("not the verifier key of a witness: {0}")]
    WitnessKey(NoteRefusal),
    #[error("this public key is listed already")]
    SameKey,
    #[error("this name is taken")]
    SameName,
    #[error("no witness or group of this name is defined above")]
    Unknown,
    #[error("this name is a member of a group already")]
    CountedTwice,
    #[error("the threshold is all, any, or a number from 1 to the number of members, {members}")]
    Threshold { members: usize },
    #[error("there is a quorum line already")]
    SecondQuorum,
    #[error("a policy has one quorum line")]
    NoQuorum,
    #[error("a policy has at most {DEFINITIONS_MAX} of these")]
    TooMany,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// The first word that is at fault, with its line.
    pub fn parse(text: &str) -> Result<Self, PolicyRefusal> {
        parse::parse(text)
    }

    /// The logs it accepts, in the order of the text. None: the log is known from elsewhere.
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// The witnesses it counts, in the order of the text.
    pub fn witnesses(&self) -> &[KnownWitness] {
        &self.witnesses
    }

    /// The names of the witnesses whose cosignatures can't be checked yet: they never add to the quorum.
    pub fn unsupported(&self) -> Vec<&str> {
        let unsupported = |witness: &&KnownWitness| matches!(witness.key, CosigningKey::MlDsa44(_));
        let witnesses = self.witnesses.iter().filter(unsupported);
        witnesses.map(|witness| witness.name.as_str()).collect()
    }

    /// The names of the witnesses of this policy that cosigned the checkpoint, in the order of the text.
    ///
    /// # Errors
    /// A line under the name and key of a known witness is wrong: such a note is refused as a whole.
    pub fn cosigners(&self, checkpoint: &SignedCheckpoint) -> Result<Vec<&str>, NoteRefusal> {
        let times = self.times(checkpoint)?;
        Ok(times.each.into_iter().map(|(name, _)| name).collect())
    }

    /// When the witnesses of this policy cosigned the checkpoint.
    ///
    /// # Errors
    /// As [`Self::cosigners`].
    pub fn times(&self, checkpoint: &SignedCheckpoint) -> Result<Times<'_>, NoteRefusal> {
        let cosigned = self.cosigned(checkpoint)?;
        let names = self.witnesses.iter().map(|witness| witness.name.as_str());
        let each = names.zip(&cosigned);
        let each: Vec<_> = each
            .filter_map(|(name, seconds)| Some((name, (*seconds)?)))
            .collect();
        let had = |by: u64| -> Vec<bool> {
            let had = |seconds: &Option<u64>| seconds.is_some_and(|seconds| seconds <= by);
            cosigned.iter().map(had).collect()
        };
        let asks_for_some = self.quorum != Quorum::None;
        let times = each.iter().map(|(_, seconds)| *seconds);
        let quorum = times
            .filter(|by| asks_for_some && self.is_quorum(&had(*by)))
            .min();
        Ok(Times { each, quorum })
    }

    /// Whether it asks for at least one cosignature, of witnesses whose cosignatures can be checked.
    pub fn can_be_met_by_witnesses(&self) -> bool {
        let checked = |witness: &KnownWitness| matches!(witness.key, CosigningKey::Ed25519(_));
        let all: Vec<bool> = self.witnesses.iter().map(checked).collect();
        self.quorum != Quorum::None && self.is_quorum(&all)
    }

    /// Whether the checkpoint is of a log that the policy accepts, and cosigned by the quorum.
    pub fn is_met(&self, checkpoint: &SignedCheckpoint) -> bool {
        let accepted = self.logs.is_empty()
            || self
                .logs
                .iter()
                .any(|log| open_checkpoint(checkpoint.note(), log).is_ok());
        accepted
            && self.cosigned(checkpoint).is_ok_and(|cosigned| {
                let cosigned: Vec<bool> = cosigned.iter().map(Option::is_some).collect();
                self.is_quorum(&cosigned)
            })
    }

    /// For each witness, when it cosigned, if it did.
    fn cosigned(&self, checkpoint: &SignedCheckpoint) -> Result<Vec<Option<u64>>, NoteRefusal> {
        let cosigned = |witness: &KnownWitness| match &witness.key {
            CosigningKey::MlDsa44(_) => Ok(None),
            CosigningKey::Ed25519(key) => match key.cosigned_at(checkpoint.note()) {
                Ok(seconds) => Ok(Some(seconds)),
                Err(NoteRefusal::NotSigned(_)) => Ok(None),
                Err(refusal) => Err(refusal),
            },
        };
        self.witnesses.iter().map(cosigned).collect()
    }

    fn is_quorum(&self, cosigned: &[bool]) -> bool {
        let mut groups: Vec<bool> = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            // A group names only groups above it, so theirs are known by now.
            let witnessed = |member: &&Member| has_witnessed(**member, cosigned, &groups);
            let count = group.members.iter().filter(witnessed).count();
            groups.push(count >= group.threshold);
        }
        match self.quorum {
            Quorum::None => true,
            Quorum::Of(member) => has_witnessed(member, cosigned, &groups),
        }
    }
}

impl CosigningKey {
    /// The public key, whatever its kind and name.
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Ed25519(key) => key.key().as_bytes(),
            Self::MlDsa44(key) => key.key(),
        }
    }
}

/// The refusal is that of the kind that is supported.
impl std::str::FromStr for CosigningKey {
    type Err = NoteRefusal;

    fn from_str(text: &str) -> Result<Self, NoteRefusal> {
        let refusal = match text.parse() {
            Ok(key) => return Ok(Self::Ed25519(key)),
            Err(refusal) => refusal,
        };
        text.parse().map(Self::MlDsa44).map_err(|_| refusal)
    }
}

fn has_witnessed(member: Member, cosigned: &[bool], groups: &[bool]) -> bool {
    match member {
        Member::Witness(at) => cosigned.get(at).is_some_and(|has| *has),
        Member::Group(at) => groups.get(at).is_some_and(|met| *met),
    }
}
