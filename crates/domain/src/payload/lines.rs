//! Parts that several payloads share: lot lines, new lots, instruments, key grants, sealed fields.
//!
//! Invariant: a lot stands at most once in one event, so a line is found by its lot. Knows nothing of stock.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::coded::coded_enum;
use crate::composition::Composition;
use crate::form::FormError;
use crate::id::{Bytes32, Bytes64, Code, LotId};
use crate::limits::{LINES_MAX, SEALED_MAX};
use crate::list::List;
use crate::product::Product;
use crate::quantity::Quantity;
use crate::text::Term;
use crate::time::Day;

/// The document that an act of office rests on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// Its number as printed on it.
    pub number: Term,
    pub issued: Day,
}

/// A signing key as it enters the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyGrant {
    /// Ed25519 public key, canonical and torsion-free.
    pub key: Bytes32,
    /// Signature by that key over the possession message: whoever registers it holds it.
    pub possession: Bytes64,
    /// Hash of the key that may follow it, so that a stolen current key can't rotate.
    pub next: Bytes32,
}

/// A quantity of an existing lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotLine {
    pub lot: LotId,
    pub quantity: Quantity,
}

/// A lot that comes into being; its creator is the event's author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLot {
    pub lot: Code,
    pub product: Product,
    pub quantity: Quantity,
    pub composition: Option<Composition>,
    /// The declared method by which the composition was found.
    pub assay_method: Option<Code>,
}

/// A method of assay found a composition.
pub(crate) fn check_assay(
    method: Option<Code>,
    composition: Option<&Composition>,
) -> Result<(), FormError> {
    if method.is_some() && composition.is_none() {
        return Err(FormError::AssayWithoutComposition);
    }
    Ok(())
}

impl NewLot {
    pub(crate) fn check(&self) -> Result<(), FormError> {
        check_assay(self.assay_method, self.composition.as_ref())?;
        self.product
            .check_quantity(&self.quantity, self.composition.as_ref())
    }
}

coded_enum! {
    /// A detail that stays outside the log; only a salted commitment enters it.
    SealedKind, "sealed field" {
        Price = 1 "price",
        Contract = 2 "contract",
        Consignee = 3 "consignee",
        Buyer = 4 "buyer",
        EndUser = 5 "end-user",
    }
}

/// A commitment to a detail: BLAKE3 over salt and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedField {
    pub field: SealedKind,
    pub commitment: Bytes32,
}

/// Sealed fields of an event, sorted by kind.
pub type SealedFields = List<SealedField, 0, SEALED_MAX>;
/// Lines of an event.
pub type LotLines = List<LotLine, 1, LINES_MAX>;

/// Sealed fields are sorted, none twice.
pub(crate) fn check_sealed(sealed: &[SealedField]) -> Result<(), FormError> {
    if sealed.is_sorted_by(|a, b| a.field < b.field) {
        Ok(())
    } else {
        Err(FormError::ListOrder {
            what: "sealed fields",
        })
    }
}

/// No lot is named twice.
pub(crate) fn check_distinct<'a, T: Ord + ToString + 'a>(
    lots: impl Iterator<Item = &'a T>,
) -> Result<(), FormError> {
    let mut sorted: Vec<_> = lots.collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(FormError::LotTwice {
            lot: pair[0].to_string(),
        }),
        None => Ok(()),
    }
}

/// These lines name no lot twice.
pub(crate) fn check_lines(lines: &[LotLine]) -> Result<(), FormError> {
    check_distinct(lines.iter().map(|line| &line.lot))
}
