//! What somebody handed over, opened once: a whole log, an extract, or a file that proves one thing.
//!
//! Invariant: what can be read gets a report, whatever is in it, and what is asked of it afterwards is read from what was
//! opened. Knows no store: whoever has a live ledger hands its groups in.

use std::fmt;
use std::path::{Path, PathBuf};

use domain::id;
use signing::{Checkpoint, CheckpointRefusal, peek_unverified};
use verify::{
    Depth, FaultKind, Report, Source, SourceDamage, Trust, split_entries, verify_history,
};

use crate::extract::Extract;
use crate::extract_check::check_extract;
use crate::fault::PortableFault;
use crate::folder::{FolderSource, check_tiles};
use crate::kind::{Kind, kind_of};
use crate::pack::PackSource;
use crate::proof_file::ProofFile;

/// What was handed over, open.
#[derive(Debug)]
pub struct Handed<'a> {
    path: PathBuf,
    kind: Kind,
    form: Form<'a>,
}

#[derive(Debug)]
enum Form<'a> {
    Log(Log<'a>),
    /// Or why it is not one.
    Extract(Result<Box<Extract>, serde_json::Error>),
    ProofFile(ProofFile),
}

/// A whole log.
#[derive(Debug)]
enum Log<'a> {
    Folder(FolderSource),
    Pack(PackSource),
    Ledger(LiveLedger<'a>),
}

/// A ledger whose store the caller has open for reading.
pub struct LiveLedger<'a> {
    pub source: Box<dyn Source + 'a>,
    /// Entries that the store holds.
    pub size: u64,
    /// The note that they lie under.
    pub note: Option<Vec<u8>>,
    /// Bytes after the last whole group.
    pub torn_bytes: u64,
}

impl fmt::Debug for LiveLedger<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveLedger")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Takes one entry after the other, with its position.
pub(crate) type Entered<'a> = dyn FnMut(u64, &[u8]) + 'a;

impl<'a> Handed<'a> {
    /// Opens what is at this path.
    ///
    /// # Errors
    /// It can't be read, is nothing that is known here, or is a live ledger.
    pub fn open(path: &Path) -> Result<Self, PortableFault> {
        let kind = kind_of(path)?;
        let form = match kind {
            Kind::Folder => Form::Log(Log::Folder(FolderSource::open(path)?)),
            Kind::Pack => Form::Log(Log::Pack(PackSource::open(path)?)),
            Kind::Extract => Form::Extract(Extract::read(path)?.map(Box::new)),
            Kind::Evidence | Kind::Receipt => Form::ProofFile(ProofFile::read(path, kind)?),
            Kind::Ledger => {
                return Err(PortableFault::Kind {
                    path: path.to_owned(),
                    what: "it is a live ledger: `ytterby verify` reads it, or export it first",
                });
            }
        };
        let path = path.to_owned();
        Ok(Self { path, kind, form })
    }

    /// A live ledger, which the caller has opened.
    pub fn ledger(path: &Path, ledger: LiveLedger<'a>) -> Self {
        Self {
            path: path.to_owned(),
            kind: Kind::Ledger,
            form: Form::Log(Log::Ledger(ledger)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The file that proves one thing, if it is one.
    pub(crate) fn single(&self) -> Option<&ProofFile> {
        match &self.form {
            Form::ProofFile(single) => Some(single),
            Form::Log(_) | Form::Extract(_) => None,
        }
    }

    /// The signed note that it lies under; nothing for evidence.
    pub fn note(&self) -> Option<Vec<u8>> {
        match &self.form {
            Form::Log(log) => log.note().map(<[u8]>::to_vec),
            Form::Extract(extract) => {
                let extract = extract.as_ref().ok()?;
                Some(extract.checkpoint.clone().into_bytes())
            }
            Form::ProofFile(ProofFile::Receipt(receipt)) => receipt.note(),
            Form::ProofFile(ProofFile::Evidence(_) | ProofFile::Malformed(_)) => None,
        }
    }

    /// The log that it says it is of, and the size that it reaches; nobody has checked either.
    pub fn claimed(&self) -> Option<(String, u64)> {
        if let Form::ProofFile(single) = &self.form {
            return single.claimed();
        }
        let claimed = peek_unverified(&self.note()?).ok()?;
        Some((claimed.origin, claimed.size))
    }

    /// Verifies a whole log or an extract. `progress` is told the entries done and how many there should be.
    ///
    /// # Errors
    /// It is a file that proves one thing: [`crate::Inquiry`] asks it.
    pub fn verify(
        &mut self,
        depth: Depth,
        trust: &Trust,
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<Report, PortableFault> {
        match &mut self.form {
            Form::Log(log) => Ok(log.verify(depth, trust, progress)),
            Form::Extract(Ok(extract)) => Ok(check_extract(extract, trust)),
            Form::Extract(Err(error)) => {
                let mut report = Report::default();
                report.fault(FaultKind::Entry, 0, "an extract", error);
                Ok(report)
            }
            Form::ProofFile(_) => Err(not_whole(&self.path)),
        }
    }

    /// Its groups, the entries that it says there are, and what is known of it from elsewhere by then.
    ///
    /// # Errors
    /// It is not a whole log.
    pub(crate) fn whole(
        &mut self,
        trust: &Trust,
    ) -> Result<(&mut dyn Source, u64, Trust), PortableFault> {
        match &mut self.form {
            Form::Log(log) => {
                let (size, trust) = (log.size(), log.trust(trust));
                Ok((log.source(), size, trust))
            }
            Form::Extract(_) | Form::ProofFile(_) => Err(not_whole(&self.path)),
        }
    }

    /// Goes through the entries once more, as far as they can be read.
    pub(crate) fn each_entry(&mut self, take: &mut Entered<'_>) -> Result<(), PortableFault> {
        match &mut self.form {
            Form::Log(log) => {
                let source = log.source();
                let again = |damage: SourceDamage| PortableFault::Log(damage.what);
                source.rewind().map_err(again)?;
                let mut position = 0;
                while let Some(Ok(group)) = source.next_group() {
                    for entry in split_entries(&group.packed).0 {
                        take(position, entry);
                        position += 1;
                    }
                }
            }
            Form::Extract(Ok(extract)) => {
                for entry in &extract.entries {
                    if let Some(bytes) = id::from_hex(&entry.entry) {
                        take(entry.position, &bytes);
                    }
                }
            }
            Form::Extract(Err(_)) | Form::ProofFile(_) => {}
        }
        Ok(())
    }
}

fn not_whole(path: &Path) -> PortableFault {
    PortableFault::Asked {
        path: path.to_owned(),
        what: "a copy of the whole log is needed here: a tlog-tiles folder or a pack",
    }
}

impl<'a> Log<'a> {
    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Folder(source) => source,
            Self::Pack(source) => source,
            Self::Ledger(ledger) => &mut *ledger.source,
        }
    }

    fn note(&self) -> Option<&[u8]> {
        match self {
            Self::Folder(source) => Some(source.checkpoint()),
            Self::Pack(source) => Some(source.checkpoint()),
            Self::Ledger(ledger) => ledger.note.as_deref(),
        }
    }

    fn size(&self) -> u64 {
        match self {
            Self::Folder(source) => source.size(),
            Self::Pack(source) => source.size(),
            Self::Ledger(ledger) => ledger.size,
        }
    }

    /// What its own store holds, a ledger has to show.
    fn trust(&self, trust: &Trust) -> Trust {
        let held = match self {
            Self::Ledger(ledger) => ledger.size,
            Self::Folder(_) | Self::Pack(_) => 0,
        };
        Trust {
            size_at_least: trust.size_at_least.max(held),
            ..trust.clone()
        }
    }

    /// What a copy's one checkpoint claims; a ledger has one for each group.
    fn claimed(&self) -> Result<Option<Checkpoint>, CheckpointRefusal> {
        match self {
            Self::Folder(_) | Self::Pack(_) => {
                peek_unverified(self.note().unwrap_or_default()).map(Some)
            }
            Self::Ledger(_) => Ok(None),
        }
    }

    fn verify(
        &mut self,
        depth: Depth,
        trust: &Trust,
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Report {
        if let Err(refusal) = self.claimed() {
            // It says nothing, so it accuses nobody: of the log nothing is known.
            let mut report = Report::default();
            let (expected, found) = ("a checkpoint that can be read", self.unreadable(&refusal));
            report.fault(FaultKind::Missing, 0, expected, found);
            return report;
        }
        let size = self.size();
        let mut progress = |done| progress(done, size);
        let trust = self.trust(trust);
        let mut report = verify_history(self.source(), depth, &trust, &mut progress);
        self.say_of_form(&mut report);
        report
    }

    /// What is told by the form that the log comes in.
    fn say_of_form(&mut self, report: &mut Report) {
        match self {
            Self::Folder(source) => {
                for (position, tile) in check_tiles(source) {
                    report.fault(FaultKind::Tile, position, "the hashes of its entries", tile);
                }
            }
            Self::Ledger(LiveLedger { torn_bytes: 0, .. }) => return,
            Self::Ledger(LiveLedger { torn_bytes, .. }) => {
                let note = format!(
                    "{torn_bytes} bytes after the last whole group: it was never committed"
                );
                report.not_checked.insert(0, note);
                return;
            }
            Self::Pack(_) => {}
        }
        let note = "checkpoints of single commit groups: a copy holds only the newest one";
        report.not_checked.push(note.to_owned());
    }

    /// Why a checkpoint can't be read, and the change on the way that explains it, if it is a known one.
    fn unreadable(&self, refusal: &CheckpointRefusal) -> String {
        if self.note().is_some_and(|note| note.contains(&b'\r')) {
            format!(
                "one with carriage returns (U+000D), which a mail program or an editor put in: get the file again, as it was \
                 ({refusal})"
            )
        } else {
            refusal.to_string()
        }
    }
}
