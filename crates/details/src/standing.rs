//! What an event sealed, held against the vault: where each value is, and how it can leave.
//!
//! Invariant: a value is shown only if it opens its commitment, and what an erasure takes is settled before it is logged. Knows
//! no log: what was sealed and what was logged as erased is given.

use std::collections::BTreeMap;

use domain::EventId;
use domain::payload::{SealedField, SealedKind};

use crate::detail::Detail;
use crate::vault::{Vault, VaultFault};

/// An event that sealed something, as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEvent {
    pub id: EventId,
    pub sealed: Vec<SealedField>,
    /// Fields with the position of their erasure.
    pub erased: BTreeMap<SealedKind, u64>,
}

/// Where a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Here(Detail),
    /// At this position of the log.
    Erased(u64),
    /// The erasure was logged and not finished.
    Lingers,
    Missing,
    Differs,
    /// The file can't be read, so nobody can tell what is in it.
    Unreadable,
}

impl Standing {
    /// As a reader is told it.
    pub fn word(&self) -> String {
        match self {
            Self::Here(_) => "here".to_owned(),
            Self::Erased(position) => format!("erased at {position}"),
            Self::Lingers => "erasure logged, value still here".to_owned(),
            Self::Missing => "missing".to_owned(),
            Self::Differs => "does not match its commitment".to_owned(),
            Self::Unreadable => "unreadable".to_owned(),
        }
    }

    /// Whether somebody has to do something.
    pub const fn weighs(&self) -> bool {
        matches!(self, Self::Lingers | Self::Differs | Self::Unreadable)
    }
}

/// Where each value of an event is.
#[derive(Debug)]
pub struct Standings {
    pub fields: Vec<(SealedKind, Standing)>,
    /// Why the file can't be read.
    pub fault: Option<VaultFault>,
}

/// What an erasure takes from the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    OfField,
    /// The file can't be read, and nothing in it is to stay.
    OfFile,
}

/// Why a value can't be taken from the vault.
#[derive(Debug)]
pub enum NotRemovable {
    Vault(VaultFault),
    /// The file can't be read, and these fields in it are not to be erased.
    WithOthers(VaultFault, Vec<SealedKind>),
}

impl SealedEvent {
    /// Each sealed field and where its value is; a file that can't be read is named.
    pub fn standings(&self, vault: &Vault) -> Standings {
        let kept = match vault.read(&self.id) {
            Ok(kept) => kept,
            Err(fault) => {
                let unreadable = |sealed: &SealedField| (sealed.field, Standing::Unreadable);
                return Standings {
                    fields: self.sealed.iter().map(unreadable).collect(),
                    fault: Some(fault),
                };
            }
        };
        let standing = |sealed: &SealedField| {
            let detail = kept.as_ref().and_then(|kept| kept.get(sealed.field));
            let standing = match (self.erased.get(&sealed.field), detail) {
                (Some(_), Some(_)) => Standing::Lingers,
                (Some(position), None) => Standing::Erased(*position),
                (None, None) => Standing::Missing,
                (None, Some(detail)) if detail.open(sealed).is_ok() => {
                    Standing::Here(detail.clone())
                }
                (None, Some(_)) => Standing::Differs,
            };
            (sealed.field, standing)
        };
        Standings {
            fields: self.sealed.iter().map(standing).collect(),
            fault: None,
        }
    }

    /// Whether it sealed this field.
    pub fn seals(&self, field: SealedKind) -> bool {
        self.sealed.iter().any(|sealed| sealed.field == field)
    }

    /// How an erasure of a field would go, asked before it is logged: what is logged must be possible.
    ///
    /// # Errors
    /// The file can't be read, and holds more than this field.
    pub fn removal(&self, field: SealedKind, vault: &Vault) -> Result<Removal, NotRemovable> {
        let fault = match vault.read(&self.id) {
            Ok(_) => return Ok(Removal::OfField),
            Err(fault @ VaultFault::Form { .. }) => fault,
            Err(fault) => return Err(NotRemovable::Vault(fault)),
        };
        let others: Vec<_> = self
            .sealed
            .iter()
            .map(|sealed| sealed.field)
            .filter(|other| *other != field && !self.erased.contains_key(other))
            .collect();
        if others.is_empty() {
            return Ok(Removal::OfFile);
        }
        Err(NotRemovable::WithOthers(fault, others))
    }

    /// Takes value and salt of a field from the vault. False where there was nothing.
    ///
    /// # Errors
    /// The file can't be read or written; the erasure can be asked for again.
    pub fn remove(
        &self,
        field: SealedKind,
        removal: Removal,
        vault: &Vault,
    ) -> Result<bool, VaultFault> {
        match removal {
            Removal::OfField => vault.erase(&self.id, field),
            Removal::OfFile => vault.erase_all(&self.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Bytes32;
    use tempfile::TempDir;

    use super::*;
    use crate::{Details, Plain};

    fn kept(vault: &Vault) -> SealedEvent {
        let plain: Plain = [
            (SealedKind::Price, "12.50".parse().unwrap()),
            (SealedKind::Buyer, "CNY".parse().unwrap()),
        ]
        .into();
        let details = Details::salted(&plain, &[[7; 32], [8; 32]]).unwrap();
        let id = EventId([1; 32]);
        vault.keep(&id, &details).unwrap();
        SealedEvent {
            id,
            sealed: details.sealed(),
            erased: BTreeMap::new(),
        }
    }

    fn words(event: &SealedEvent, vault: &Vault) -> Vec<String> {
        let fields = event.standings(vault).fields.into_iter();
        fields.map(|(_, standing)| standing.word()).collect()
    }

    #[test]
    fn a_value_is_where_log_and_vault_together_say_that_it_is() {
        let folder = TempDir::new().unwrap();
        let vault = Vault::in_ledger(folder.path());
        let mut event = kept(&vault);
        assert_eq!(words(&event, &vault), ["here", "here"]);
        event.sealed[0].commitment = Bytes32([0; 32]);
        let field = event.sealed[1].field;
        event.erased.insert(field, 9);
        let said = [
            "does not match its commitment",
            "erasure logged, value still here",
        ];
        assert_eq!(words(&event, &vault), said);
        let removal = event.removal(field, &vault).unwrap();
        assert_eq!(removal, Removal::OfField);
        assert!(event.remove(field, removal, &vault).unwrap());
        assert!(!event.remove(field, removal, &vault).unwrap());
        assert_eq!(words(&event, &vault)[1], "erased at 9");
    }

    #[test]
    fn a_file_that_cant_be_read_leaves_only_as_a_whole() {
        let folder = TempDir::new().unwrap();
        let vault = Vault::in_ledger(folder.path());
        let mut event = kept(&vault);
        let file = folder.path().join(format!("details/{}.json", event.id));
        std::fs::write(&file, "{").unwrap();
        assert_eq!(words(&event, &vault), ["unreadable", "unreadable"]);
        let (field, other) = (event.sealed[0].field, event.sealed[1].field);
        let refused = event.removal(field, &vault).unwrap_err();
        assert!(matches!(refused, NotRemovable::WithOthers(_, others) if others == [other]));
        event.erased.insert(other, 9);
        let removal = event.removal(field, &vault).unwrap();
        assert_eq!(removal, Removal::OfFile);
        assert!(event.remove(field, removal, &vault).unwrap());
        assert!(!file.exists());
    }
}
