//! The keys of one log, each with the sizes of the checkpoints that it signs: the one answer to "which key signs this one".
//!
//! Invariant: a checkpoint opens only with every key of its size: one, or two where a key is handed over to the next.
//! Knows nothing of the events that bring keys.

use crate::checkpoint::{CheckpointRefusal, SignedCheckpoint, open_checkpoint, peek_unverified};
use crate::note::VerifierKey;

/// The keys of one log, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogKeys {
    keys: Vec<(u64, VerifierKey)>,
}

impl From<VerifierKey> for LogKeys {
    /// A log of which only one key is known: it signs every size.
    fn from(key: VerifierKey) -> Self {
        Self {
            keys: vec![(0, key)],
        }
    }
}

impl LogKeys {
    /// Adds the newest key. `first_size` is that of the first checkpoint that it signs, which the key before it signs too.
    pub fn push(&mut self, first_size: u64, key: VerifierKey) {
        self.keys.push((first_size, key));
    }

    /// For a reader with a key of its own: these keys, if its own is among them; else its own alone.
    #[must_use]
    pub fn trusting(self, own: Option<&VerifierKey>) -> Self {
        match own {
            Some(own) if self.handed_over_at(own).is_none() => own.clone().into(),
            _ => self,
        }
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &VerifierKey> + Clone {
        self.keys.iter().map(|(_, key)| key)
    }

    /// The key that signs now.
    pub fn current(&self) -> Option<&VerifierKey> {
        self.keys.last().map(|(_, key)| key)
    }

    /// The key that signs checkpoints of this size; where one is handed over, the new one.
    pub fn as_of(&self, size: u64) -> Option<&VerifierKey> {
        self.place(size).map(|place| &self.keys[place].1)
    }

    /// The size from which a key no longer signs alone; `Some(None)` for the current key, `None` for a foreign one.
    pub fn handed_over_at(&self, key: &VerifierKey) -> Option<Option<u64>> {
        let place = self.iter().position(|own| own == key)?;
        Some(self.keys.get(place + 1).map(|(first_size, _)| *first_size))
    }

    fn place(&self, size: u64) -> Option<usize> {
        // The oldest key is asked for whatever comes before it: an empty log has no other.
        let later = self.keys.iter().skip(1);
        let count = later.take_while(|(first, _)| *first <= size).count();
        (!self.keys.is_empty()).then_some(count)
    }

    /// Opens a checkpoint with the keys of its size, and with no older one.
    ///
    /// # Errors
    /// It is not a well-formed checkpoint of this log, a key of its size did not sign it, or one did that was handed over.
    pub fn open(&self, note: &[u8]) -> Result<SignedCheckpoint, CheckpointRefusal> {
        let size = peek_unverified(note)?.size;
        let place = self.place(size).ok_or(CheckpointRefusal::NoKey)?;
        let (first_size, key) = &self.keys[place];
        let is_handover = place > 0 && *first_size == size;
        let (older, signing) = self.keys[..place].split_at(place - usize::from(is_handover));
        let opened = open_checkpoint(note, key)?;
        for (_, key) in signing {
            open_checkpoint(note, key)?;
        }
        let signed = |(_, key): &&(u64, VerifierKey)| open_checkpoint(note, key).is_ok();
        match older.iter().find(signed) {
            Some((_, key)) => Err(CheckpointRefusal::Retired {
                size,
                key: key.to_string(),
            }),
            None => Ok(opened),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Checkpoint, SecretKey, Signer};

    const ORIGIN: &str = "ledger.example/keys";

    fn secret(number: u8) -> SecretKey {
        let mut seed = [0x5a; 32];
        seed[0] = number;
        SecretKey::from_seed(&seed).unwrap()
    }

    fn public(number: u8) -> VerifierKey {
        VerifierKey::new(ORIGIN, secret(number).public().clone()).unwrap()
    }

    /// Key 1 from the start, key 2 from size 5, key 3 from size 6.
    fn keys() -> LogKeys {
        let mut keys = LogKeys::from(public(1));
        keys.push(5, public(2));
        keys.push(6, public(3));
        keys
    }

    fn note(size: u64, signers: &[u8]) -> Vec<u8> {
        let signers: Vec<_> = signers.iter().map(|number| secret(*number)).collect();
        let signers: Vec<&dyn Signer> = signers.iter().map(|key| key as &dyn Signer).collect();
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size,
            root: chain::empty_root(),
        };
        checkpoint.sign_by_all(&signers).unwrap()
    }

    #[test]
    fn each_size_has_its_keys_and_a_handover_has_both() {
        for (size, signers, good) in [
            (0, &[1][..], true),
            (4, &[1], true),
            (4, &[2], false),
            (5, &[1, 2], true),
            (5, &[2, 1], true),
            (5, &[1], false),
            (5, &[2], false),
            (6, &[2, 3], true),
            (6, &[1, 2, 3], false),
            (6, &[3], false),
            (7, &[3], true),
            (7, &[2], false),
            (7, &[2, 3], false),
            (7, &[1, 3], false),
            (4, &[1, 9], true),
        ] {
            let opened = keys().open(&note(size, signers));
            assert_eq!(opened.is_ok(), good, "{size} {signers:?} {opened:?}");
        }
        assert_eq!(
            LogKeys::default().open(&note(1, &[1])),
            Err(CheckpointRefusal::NoKey)
        );
    }

    #[test]
    fn keys_are_found_by_size_and_sizes_by_key() {
        for (size, number) in [(0, 1), (4, 1), (5, 2), (6, 3), (u64::MAX, 3)] {
            assert_eq!(keys().as_of(size), Some(&public(number)), "{size}");
        }
        assert_eq!(keys().current(), Some(&public(3)));
        assert_eq!(keys().handed_over_at(&public(1)), Some(Some(5)));
        assert_eq!(keys().handed_over_at(&public(2)), Some(Some(6)));
        assert_eq!(keys().handed_over_at(&public(3)), Some(None));
        assert_eq!(keys().handed_over_at(&public(4)), None);
    }

    #[test]
    fn a_readers_own_key_leads_to_all_keys_or_stands_alone() {
        for own in [Some(public(1)), Some(public(3)), None] {
            assert_eq!(keys().trusting(own.as_ref()), keys());
        }
        let alone = keys().trusting(Some(&public(4)));
        assert_eq!(alone, LogKeys::from(public(4)));
    }
}
