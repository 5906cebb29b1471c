//! Reads golden vectors: lines `name: value`; a name that stands several times is a list, for a text one line each.
//! Invariant: every file of a folder is read, and a folder with too few files fails. Bytes are hexadecimal.
//! Does not know what a vector is about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One file: its name and its fields.
pub(crate) struct Vector {
    pub(crate) file: String,
    fields: BTreeMap<String, Vec<String>>,
}

impl Vector {
    fn read(path: &Path) -> Self {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let text = std::fs::read_to_string(path).unwrap();
        for line in text.strip_suffix('\n').unwrap().split('\n') {
            let parts = line.split_once(": ").or_else(|| {
                let name = line.strip_suffix(':')?;
                (!name.contains(' ')).then_some((name, ""))
            });
            let (name, value) = parts.unwrap_or_else(|| panic!("{file}: not a field: {line}"));
            fields
                .entry(name.to_owned())
                .or_default()
                .push(value.to_owned());
        }
        Self { file, fields }
    }

    /// Every value under the name, in order.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.fields.get(name).map_or(&[], Vec::as_slice)
    }

    /// The value under the name, if the file has it.
    pub(crate) fn maybe(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() < 2, "{}: {name} stands twice", self.file);
        values.first().map(String::as_str)
    }

    pub(crate) fn one(&self, name: &str) -> &str {
        let value = self.maybe(name);
        value.unwrap_or_else(|| panic!("{}: {name} is missing", self.file))
    }

    pub(crate) fn number(&self, name: &str) -> u64 {
        let number = self.one(name).parse();
        number.unwrap_or_else(|error| panic!("{}: {name}: {error}", self.file))
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        from_hex(self.one(name))
    }

    pub(crate) fn array<const N: usize>(&self, name: &str) -> [u8; N] {
        let bytes = self.bytes(name);
        let array = bytes.try_into();
        array.unwrap_or_else(|_| panic!("{}: {name} has not {N} bytes", self.file))
    }
}

pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "half a byte in {text}");
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

/// The variant a refusal names. A refusal that only hands on another one is named by that.
pub(crate) fn refusal_name(refusal: &impl std::fmt::Debug, wrappers: &[&str]) -> String {
    let text = format!("{refusal:?}");
    let names = text.split(|character: char| !character.is_alphanumeric());
    let mut names = names.skip_while(|name| wrappers.contains(name));
    names.next().unwrap().to_owned()
}

/// Runs every vector of a folder under `tests/vectors`. `judge` answers with the name of the refusal, or `None` after it has
/// compared what a good vector states. Fails if there are fewer files than `least`, or if not half of `least` are faulty.
pub(crate) fn assert_all(folder: &str, least: usize, judge: impl Fn(&Vector) -> Option<String>) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/vectors")
        .join(folder);
    let files = std::fs::read_dir(&folder).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= least, "{} files of {least}", paths.len());
    let mut faulty = 0;
    let mut wrong = String::new();
    for path in paths {
        let vector = Vector::read(&path);
        let found = judge(&vector).unwrap_or_else(|| "good".to_owned());
        let expected = vector.one("expect");
        faulty += usize::from(expected != "good");
        if found != expected {
            let comment = vector.one("comment");
            wrong += &format!("{}: {found}, not {expected}: {comment}\n", vector.file);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(faulty >= least / 2, "only {faulty} faulty vectors");
}
