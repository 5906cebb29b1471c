//! The questions of a verification in their order, the same for every program: what the reader brings, what it is asked of,
//! what is remembered after.
//!
//! Invariant: keys that judge come from what the reader brought, from what it remembers, or from the admitted beginning of
//! what it looks at, in this order; nothing is remembered of what is not good. Opens no live ledger: whoever has one goes
//! through its entries.

use std::path::{Path, PathBuf};

use chain::Levels;
use seal::{LogKeys, VerifierKey, peek_unverified};
use verify::{Report, Trust};

use crate::entries::{EveryEntry, keys_and_tree_of_faulty, keys_of_good, of_copy};
use crate::fault::PortableFault;
use crate::judge::Judged;
use crate::look::{Kind, kind_of, note_of};
use crate::remembered::Memory;
use crate::single::{KnownKeys, LogCopy, Single};

/// What the reader brings to what was handed over; all of it optional.
#[derive(Debug, Clone, Default)]
pub struct Brought<'a> {
    /// The log's key, from the reader's own notes.
    pub log_key: Option<&'a VerifierKey>,
    /// A log beside a single file.
    pub log: Option<&'a Path>,
    pub at_least: u64,
    pub remember: Option<&'a Path>,
    pub policy: Option<&'a Path>,
}

/// One verification, from what is brought to what is remembered.
#[derive(Debug)]
pub struct Inquiry {
    path: PathBuf,
    kind: Kind,
    /// The signed note that lies over it.
    note: Option<Vec<u8>>,
    single: Option<Single>,
    judged: Option<Judged>,
    memory: Option<Memory>,
    trust: Trust,
    /// Whether the key of `trust` is one that was only remembered.
    remembers_key: bool,
}

impl Inquiry {
    /// Reads what the reader brings. `note` is the signed note of a live ledger; that of anything else is read here.
    ///
    /// # Errors
    /// Something can't be read, or was asked wrongly.
    pub fn begin(
        path: &Path,
        note: Option<Vec<u8>>,
        brought: &Brought<'_>,
    ) -> Result<Self, PortableFault> {
        let kind = kind_of(path)?;
        let note = match note {
            None if kind != Kind::Ledger => note_of(path)?,
            note => note,
        };
        let single = Single::read(path, brought.log)?;
        let (judged, named) = judges(path, kind, note.as_deref(), single.as_ref(), brought)?;
        let memory = brought.remember.map(Memory::read).transpose()?;
        let mut known: Vec<_> = memory.iter().flat_map(Memory::known).collect();
        // A log copy beside a receipt may be older than what is judged.
        let judges_log = judged.as_ref().filter(|_| single.is_none());
        known.extend(judges_log.and_then(Judged::known));
        let cosigned = judges_log.map_or_else(Vec::new, |judged| {
            let remembered = memory
                .as_ref()
                .and_then(|memory| memory.signed(judged.key().name()));
            let remembered = remembered.and_then(|signed| judged.cosigned_on(&signed));
            judged.cosigned().into_iter().chain(remembered).collect()
        });
        let claimed = match &single {
            Some(single) => single.claimed(),
            None => note.as_deref().and_then(|note| {
                let claimed = peek_unverified(note).ok()?;
                Some((claimed.origin, claimed.size))
            }),
        };
        let given = brought.log_key.cloned().or(named);
        let remembered = claimed.and_then(|(origin, size)| {
            let keys = memory.as_ref()?.log_keys(&origin)?;
            keys.as_of(size).cloned()
        });
        let remembers_key = given.is_none() && remembered.is_some();
        let trust = Trust {
            log_key: given.or(remembered),
            size_at_least: brought.at_least,
            known,
            cosigned,
        };
        Ok(Self {
            path: path.to_owned(),
            kind,
            note,
            single,
            judged,
            memory,
            trust,
            remembers_key,
        })
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The file that proves one thing, if it is one.
    pub fn single(&self) -> Option<&Single> {
        self.single.as_ref()
    }

    /// What is known from elsewhere of the log that is looked at.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Verifies a single file, beside a log if there is one.
    ///
    /// # Errors
    /// It is a receipt, and nobody says what the log's key is.
    pub fn check_single(
        &self,
        single: &Single,
        copy: Option<&LogCopy>,
    ) -> Result<Report, PortableFault> {
        let origin = single.claimed().map(|(origin, _)| origin);
        let remembered = origin.and_then(|origin| self.memory.as_ref()?.log_keys(&origin));
        let given = self.trust.log_key.as_ref();
        let known = KnownKeys {
            given: given.filter(|_| !self.remembers_key),
            remembered,
        };
        Ok(single.check(known, copy)?)
    }

    /// Judges and remembers: where evidence was written, if what was shown contradicts what is remembered. `every` goes
    /// through the entries once more; a copy's are read here.
    ///
    /// # Errors
    /// The entries can't be read again, or something can't be written.
    pub fn end(
        self,
        report: &mut Report,
        every: Option<&EveryEntry<'_>>,
    ) -> Result<Option<PathBuf>, PortableFault> {
        if let Some(judged) = &self.judged {
            judged.judge(report);
            if let (Some(Single::Receipt(receipt)), true) = (&self.single, report.is_good()) {
                judged.compare_receipt(receipt, report);
            }
        }
        // A single file is no look at the log: nothing of it is remembered.
        let (Some(mut memory), None) = (self.memory, &self.single) else {
            return Ok(None);
        };
        let of_path: &EveryEntry<'_> = &|take| of_copy(&self.path, self.kind, take);
        let every = every.unwrap_or(of_path);
        let is_whole = self.kind != Kind::Extract;
        if report.is_good() {
            let keys = keys_of_good(every, report, is_whole)?;
            memory.judge_keys(report, &keys);
            memory.remember(report, self.note.as_deref(), &keys)?;
            return Ok(None);
        }
        let (Some(note), Some(origin)) = (&self.note, report.origin.as_ref()) else {
            return Ok(None);
        };
        let (shown, tree) = if is_whole {
            keys_and_tree_of_faulty(every, report)?
        } else {
            // It holds no tree; two roots of one size need none.
            (LogKeys::default(), Levels::new(Vec::new()))
        };
        let own = self.trust.log_key.as_ref();
        let keys = memory.log_keys(origin).cloned();
        // What is remembered tells more than one key of it, unless the reader's own is another.
        let keys = match keys {
            Some(keys) if own.is_none_or(|own| keys.handed_over_at(own).is_some()) => {
                match keys.current() {
                    Some(newest) if shown.handed_over_at(newest).is_some() => shown,
                    _ => keys,
                }
            }
            _ => shown.trusting(own),
        };
        memory.keep_contradiction(note, &keys, &tree)
    }
}

/// The policy with what it is asked of, and the log's key that it names. Evidence lies under no checkpoint: of it, a policy
/// says only whose the keys are.
fn judges(
    path: &Path,
    kind: Kind,
    note: Option<&[u8]>,
    single: Option<&Single>,
    brought: &Brought<'_>,
) -> Result<(Option<Judged>, Option<VerifierKey>), PortableFault> {
    let Some(file) = brought.policy else {
        return Ok((None, None));
    };
    if kind != Kind::Evidence {
        let note = note.map(<[u8]>::to_vec).unwrap_or_default();
        let judged = Judged::read(file, note, brought.log_key)?;
        let named = judged.key().clone();
        return Ok((Some(judged), Some(named)));
    }
    let policy = Judged::policy(file)?;
    let origin = single.and_then(Single::claimed).map(|(origin, _)| origin);
    let of_origin = policy
        .logs()
        .iter()
        .rfind(|key| origin.as_deref() == Some(key.name()));
    match of_origin {
        Some(key) => Ok((None, Some(key.clone()))),
        None => Err(PortableFault::Asked {
            path: path.to_owned(),
            what: "evidence lies under no checkpoint to be witnessed, and the policy does not name its log",
        }),
    }
}
