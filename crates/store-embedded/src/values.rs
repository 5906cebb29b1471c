//! Large side values (snapshots of tens of megabytes) as files of their own, next to sled.
//! Invariant: a file is durable before sled refers to it, and is removed only after sled has durably stopped doing so.
//! Does not know sled: `index` holds the references.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use durable::{Access, DurableFault, SameName};
use store::StoreFault;

use crate::disk;

/// Values up to this many bytes live in sled, longer ones in a file of their own.
///
/// sled writes a node of up to 17 values at once, and one longer than a quarter of its segment goes to a file that sled
/// never syncs. This limit and `index::SLED_SEGMENT_BYTES` keep every node below that.
pub(crate) const INLINE_BYTES_MAX: usize = 16 * 1024;

const VALUE_MAGIC: [u8; 8] = *b"YTVALUE\0";
const VERSION: u32 = 1;

/// Magic, version, key length and value length.
const HEADER_BYTES: usize = 8 + 4 + 4 + 8;
const CHECKSUM_BYTES: usize = 4;

/// A value file as listed.
#[derive(Debug)]
pub(crate) struct ValueFile {
    pub(crate) number: u64,
    /// The stored key at its head; `None` if the head is not as it was written.
    pub(crate) key: Option<Vec<u8>>,
}

/// A folder of value files, named by number.
#[derive(Debug)]
pub(crate) struct ValueFolder {
    folder: PathBuf,
}

impl ValueFolder {
    /// The folder, created if need be; left-overs of interrupted writes are removed.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, StoreFault> {
        disk::ensure_folder(&folder)?;
        for path in files(&folder)? {
            let extension = path.extension().and_then(|extension| extension.to_str());
            if extension.is_some_and(|extension| extension.starts_with("new")) {
                remove(&path)?;
            }
        }
        Ok(Self { folder })
    }

    /// The folder as it is, for reading.
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Every value file.
    pub(crate) fn list(&self) -> Result<Vec<ValueFile>, StoreFault> {
        let mut found = Vec::new();
        for path in files(&self.folder)? {
            let stem = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default();
            let number = u64::from_str_radix(stem, 16)
                .ok()
                .filter(|number| self.path(*number) == path);
            if let Some(number) = number {
                found.push(ValueFile {
                    number,
                    key: read_key(&path)?,
                });
            }
        }
        Ok(found)
    }

    /// Writes a value, durable when this returns.
    pub(crate) fn write(&self, number: u64, key: &[u8], value: &[u8]) -> Result<(), StoreFault> {
        let key_bytes = u32::try_from(key.len()).expect("side keys are bounded");
        let mut head = Vec::with_capacity(HEADER_BYTES + key.len());
        head.extend_from_slice(&VALUE_MAGIC);
        head.extend_from_slice(&VERSION.to_le_bytes());
        head.extend_from_slice(&key_bytes.to_le_bytes());
        head.extend_from_slice(&(value.len() as u64).to_le_bytes());
        head.extend_from_slice(key);
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&head);
        hasher.update(value);
        let checksum = hasher.finalize().to_le_bytes();
        let path = self.path(number);
        let parts = [head.as_slice(), value, &checksum];
        durable::put_with(&path, SameName::Replaced, Access::Usual, |file| {
            let mut parts = parts.into_iter();
            let written = parts.try_for_each(|part| file.write_all(part));
            written.map_err(DurableFault::io("write", &path))
        })
        .map_err(disk::fault)
    }

    /// Reads a value back; `None` if the file is gone.
    pub(crate) fn read(&self, number: u64, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        let path = self.path(number);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreFault::io("read", path, source)),
        };
        match parse(&bytes, key) {
            Some(value) => Ok(Some(value.to_vec())),
            None => Err(StoreFault::SideDamaged {
                what: format!("the value file {path:?} is not as it was written"),
            }),
        }
    }

    /// Removes a value that nothing refers to; one that is gone already is fine.
    pub(crate) fn remove(&self, number: u64) -> Result<(), StoreFault> {
        remove(&self.path(number))
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:016x}.value"))
    }
}

/// The value in a file's bytes, if they are sound and belong to `key`.
fn parse<'a>(bytes: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let (covered, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
    let (found, value) = parse_head(covered)?;
    let sound = found == key && crc32fast::hash(covered) == u32::from_le_bytes(*checksum);
    sound.then_some(value)
}

/// Key and value; checks the lengths, not the checksum.
fn parse_head(covered: &[u8]) -> Option<(&[u8], &[u8])> {
    let (key_bytes, value_bytes, rest) = lengths(covered)?;
    let (key, value) = rest.split_at_checked(key_bytes)?;
    (value.len() as u64 == value_bytes).then_some((key, value))
}

fn lengths(bytes: &[u8]) -> Option<(usize, u64, &[u8])> {
    let rest = bytes
        .strip_prefix(&VALUE_MAGIC)?
        .strip_prefix(&VERSION.to_le_bytes())?;
    let (key_bytes, rest) = rest.split_first_chunk::<4>()?;
    let (value_bytes, rest) = rest.split_first_chunk::<8>()?;
    Some((
        u32::from_le_bytes(*key_bytes) as usize,
        u64::from_le_bytes(*value_bytes),
        rest,
    ))
}

/// The stored key at the head of a value file.
fn read_key(path: &Path) -> Result<Option<Vec<u8>>, StoreFault> {
    let reading = |source| StoreFault::io("read", path, source);
    let file = fs::File::open(path).map_err(reading)?;
    let mut head = Vec::new();
    let head_bytes_max = (HEADER_BYTES + 1 + store::limits::SIDE_KEY_BYTES_MAX) as u64;
    io::Read::read_to_end(&mut io::Read::take(file, head_bytes_max), &mut head).map_err(reading)?;
    Ok(lengths(&head)
        .and_then(|(key_bytes, _, rest)| rest.get(..key_bytes))
        .map(<[u8]>::to_vec))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, StoreFault> {
    let listing = |source| StoreFault::io("list", folder, source);
    fs::read_dir(folder)
        .map_err(listing)?
        .map(|item| Ok(item.map_err(listing)?.path()))
        .collect()
}

fn remove(path: &Path) -> Result<(), StoreFault> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreFault::io("remove", path, source))
        }
        _ => Ok(()),
    }
}
