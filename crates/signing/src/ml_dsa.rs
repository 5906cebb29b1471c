//! Keys of witnesses that cosign with ML-DSA-44 (C2SP tlog-cosignature, signature type 0x06): known, not yet checked.
//!
//! Invariant: a key has the length and the key id that its type demands, so a mistyped one is found.
//! Knows nothing of its signatures: their lines are carried on a note as those of any unknown key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::note::{KeyText, NoteRefusal, check_name, note_key_id};

/// The signature type of a timestamped ML-DSA-44 cosignature (tlog-cosignature, "Format").
const COSIGNATURE_ML_DSA_44: u8 = 0x06;
const KEY_BYTES: usize = 1312;

/// The verifier key of a witness whose cosignatures can't be checked here yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MlDsaWitnessKey {
    name: String,
    id: [u8; 4],
    key: Vec<u8>,
}

impl MlDsaWitnessKey {
    /// The name it cosigns under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key.
    pub fn key(&self) -> &[u8] {
        &self.key
    }
}

/// `name+hash+base64(type, key)`.
impl std::fmt::Display for MlDsaWitnessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let typed = STANDARD.encode([&[COSIGNATURE_ML_DSA_44][..], &self.key].concat());
        let hash = u32::from_be_bytes(self.id);
        write!(f, "{}+{hash:08x}+{typed}", self.name)
    }
}

impl std::str::FromStr for MlDsaWitnessKey {
    type Err = NoteRefusal;

    fn from_str(text: &str) -> Result<Self, NoteRefusal> {
        let bad = || NoteRefusal::BadVerifierKey;
        let parts = KeyText::parse(text).ok_or_else(bad)?;
        check_name(parts.name)?;
        let key = parts.typed.strip_prefix(&[COSIGNATURE_ML_DSA_44]);
        let key = key.filter(|key| key.len() == KEY_BYTES).ok_or_else(bad)?;
        let id = note_key_id(parts.name, COSIGNATURE_ML_DSA_44, key);
        if parts.hash != format!("{:08x}", u32::from_be_bytes(id)) {
            return Err(bad());
        }
        Ok(Self {
            name: parts.name.to_owned(),
            id,
            key: key.to_vec(),
        })
    }
}
