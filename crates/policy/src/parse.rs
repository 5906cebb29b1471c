//! Reads the text of a policy, line by line, as C2SP tlog-policy lays it down.
//!
//! Invariant: what is refused is named by line and word; names are compared byte by byte.
//! Knows nothing of checkpoints. Stricter than the standard in one point: the text is UTF-8.

use std::collections::{BTreeMap, BTreeSet};

use signing::VerifierKey;

use super::{
    CosigningKey, DEFINITIONS_MAX, Group, KnownWitness, Member, POLICY_BYTES_MAX, Policy,
    PolicyFault, PolicyRefusal, Quorum,
};

/// The name that stands for no quorum; it can't be defined.
const NONE: &str = "none";

pub(super) fn parse(text: &str) -> Result<Policy, PolicyRefusal> {
    let refuse = |line: usize, word: &str, fault: PolicyFault| PolicyRefusal {
        line,
        word: word.to_owned(),
        fault,
    };
    if text.len() > POLICY_BYTES_MAX {
        return Err(refuse(1, "", PolicyFault::TooLong));
    }
    let last = text.split('\n').count();
    if let Some((_, rest)) = text.rsplit_once('\n').or(Some(("", text)))
        && !rest.is_empty()
    {
        // A cut word can be another word: a quorum of `north` may be all that is left of `north-and-south`.
        let word = rest.split_ascii_whitespace().last().unwrap_or_default();
        return Err(refuse(last, word, PolicyFault::CutOff));
    }
    let mut reader = Reader::default();
    for (number, line) in (1..).zip(text.split('\n')) {
        reader
            .line(line)
            .map_err(|Fault(word, fault)| refuse(number, word, fault))?;
    }
    let quorum = reader
        .quorum
        .ok_or_else(|| refuse(last, "", PolicyFault::NoQuorum))?;
    Ok(Policy {
        logs: reader.logs,
        witnesses: reader.witnesses,
        groups: reader.groups,
        quorum,
    })
}

/// The word, and what is wrong with it.
struct Fault<'a>(&'a str, PolicyFault);

/// What the lines so far have defined.
#[derive(Default)]
struct Reader {
    logs: Vec<VerifierKey>,
    witnesses: Vec<KnownWitness>,
    groups: Vec<Group>,
    quorum: Option<Quorum>,
    names: BTreeMap<String, Member>,
    /// Names that are members of a group.
    counted: BTreeSet<String>,
}

impl Reader {
    fn line<'a>(&mut self, line: &'a str) -> Result<(), Fault<'a>> {
        let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
        let forbidden = |c: char| c.is_ascii_control() && c != '\t';
        if let Some(word) = words.clone().find(|word| word.contains(forbidden)) {
            return Err(Fault(word, PolicyFault::Control));
        }
        let Some(keyword) = words.next().filter(|word| !word.starts_with('#')) else {
            return Ok(());
        };
        match keyword {
            "log" => self.log(&mut words)?,
            "witness" => self.witness(&mut words)?,
            "group" => self.group(&mut words)?,
            "quorum" => self.quorum(&mut words)?,
            _ => return Err(Fault(keyword, PolicyFault::Keyword)),
        }
        match words.next() {
            Some(word) => Err(Fault(word, PolicyFault::Surplus)),
            None => Ok(()),
        }
    }

    fn log<'a>(&mut self, words: &mut impl Iterator<Item = &'a str>) -> Result<(), Fault<'a>> {
        let word = next(words, "the log's verifier key")?;
        let key: VerifierKey = word
            .parse()
            .map_err(|refusal| Fault(word, PolicyFault::LogKey(refusal)))?;
        if self.logs.iter().any(|log| log.key() == key.key()) {
            return Err(Fault(word, PolicyFault::SameKey));
        }
        check_room(self.logs.len(), word)?;
        // Where the log can be read may follow; whoever checks a checkpoint has it already.
        words.next();
        self.logs.push(key);
        Ok(())
    }

    fn witness<'a>(&mut self, words: &mut impl Iterator<Item = &'a str>) -> Result<(), Fault<'a>> {
        let name = next(words, "the witness's name")?;
        let word = next(words, "the witness's verifier key")?;
        let key: CosigningKey = word
            .parse()
            .map_err(|refusal| Fault(word, PolicyFault::WitnessKey(refusal)))?;
        let listed = |witness: &KnownWitness| witness.key.bytes() == key.bytes();
        if self.witnesses.iter().any(listed) {
            return Err(Fault(word, PolicyFault::SameKey));
        }
        check_room(self.witnesses.len(), name)?;
        self.define(name, Member::Witness(self.witnesses.len()))?;
        self.witnesses.push(KnownWitness {
            name: name.to_owned(),
            key,
            url: words.next().map(str::to_owned),
        });
        Ok(())
    }

    fn group<'a>(&mut self, words: &mut impl Iterator<Item = &'a str>) -> Result<(), Fault<'a>> {
        let name = next(words, "the group's name")?;
        let threshold = next(words, "all, any or a number")?;
        let mut members = Vec::new();
        for word in words {
            let member = self.member(word)?;
            if !self.counted.insert(word.to_owned()) {
                return Err(Fault(word, PolicyFault::CountedTwice));
            }
            members.push(member);
        }
        if members.is_empty() {
            return Err(Fault("", PolicyFault::Missing("the group's members")));
        }
        let number = match threshold {
            "all" => Some(members.len()),
            "any" => Some(1),
            // One spelling only: no sign, no leading zeros.
            _ => threshold
                .parse()
                .ok()
                .filter(|number: &usize| number.to_string() == threshold),
        };
        let fault = PolicyFault::Threshold {
            members: members.len(),
        };
        let number = number
            .filter(|number| (1..=members.len()).contains(number))
            .ok_or(Fault(threshold, fault))?;
        check_room(self.groups.len(), name)?;
        self.define(name, Member::Group(self.groups.len()))?;
        self.groups.push(Group {
            threshold: number,
            members,
        });
        Ok(())
    }

    fn quorum<'a>(&mut self, words: &mut impl Iterator<Item = &'a str>) -> Result<(), Fault<'a>> {
        let word = next(words, "the name of a witness or group, or none")?;
        if self.quorum.is_some() {
            return Err(Fault(word, PolicyFault::SecondQuorum));
        }
        self.quorum = Some(if word == NONE {
            Quorum::None
        } else {
            Quorum::Of(self.member(word)?)
        });
        Ok(())
    }

    fn member<'a>(&self, word: &'a str) -> Result<Member, Fault<'a>> {
        self.names
            .get(word)
            .copied()
            .ok_or(Fault(word, PolicyFault::Unknown))
    }

    fn define<'a>(&mut self, name: &'a str, member: Member) -> Result<(), Fault<'a>> {
        if name == NONE || self.names.contains_key(name) {
            return Err(Fault(name, PolicyFault::SameName));
        }
        self.names.insert(name.to_owned(), member);
        Ok(())
    }
}

fn next<'a>(
    words: &mut impl Iterator<Item = &'a str>,
    what: &'static str,
) -> Result<&'a str, Fault<'a>> {
    words.next().ok_or(Fault("", PolicyFault::Missing(what)))
}

fn check_room(defined: usize, word: &str) -> Result<(), Fault<'_>> {
    if defined < DEFINITIONS_MAX {
        Ok(())
    } else {
        Err(Fault(word, PolicyFault::TooMany))
    }
}
