//! What an enterprise found again, and how it measures.
//!
//! Invariant: a method is named by its code alone, since its party is the author. Whether it is used so is not asked here.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::lines::check_assay;
use crate::coded::coded_enum;
use crate::composition::Composition;
use crate::element::Element;
use crate::form::FormError;
use crate::id::{Bytes32, Code};
use crate::list::List;
use crate::product::Product;
use crate::quantity::{Ppm, Quantity};
use crate::text::{Note, Term};
use crate::time::Day;

coded_enum! {
    /// Where material is recovered from that had left the book.
    RecoverySource, "source of recovery" {
        Tailings = 1 "tailings",
        Slag = 2 "slag",
        Effluent = 3 "effluent",
        Dust = 4 "dust",
        Spill = 5 "spill",
        FoundStock = 6 "found-stock",
    }
}

/// 50: material that had left the book, as a discard or a loss, is on it again as a lot of its own.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotRecovered {
    pub site: Code,
    pub lot: Code,
    pub product: Product,
    pub quantity: Quantity,
    pub composition: Option<Composition>,
    /// The declared method by which the composition was found.
    pub assay_method: Option<Code>,
    pub source: RecoverySource,
    pub note: Note,
}

impl LotRecovered {
    pub(super) fn check(&self) -> Result<(), FormError> {
        // Ore comes out of the ground and nowhere else, or mining quota could be walked round.
        if self.product.is_ore() {
            return Err(FormError::ProductNotPossible {
                product: self.product.to_string(),
                event: "lot-recovered",
            });
        }
        check_assay(self.assay_method, self.composition.as_ref())?;
        self.product
            .check_quantity(&self.quantity, self.composition.as_ref())
    }
}

coded_enum! {
    /// What a method measures.
    MethodKind, "kind of method" {
        Weighing = 1 "weighing",
        Assay = 2 "assay",
        Volume = 3 "volume",
        Moisture = 4 "moisture",
    }
}

/// What a laboratory states for one element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementUncertainty {
    pub element: Element,
    /// Relative standard uncertainty of its share.
    pub ppm: Ppm,
}

/// 51: a method of measurement and how far it can be off, in relative standard uncertainties.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodDeclared {
    pub method: Code,
    pub kind: MethodKind,
    /// Differs from one measurement to the next.
    pub random_ppm: Ppm,
    /// The same in all of them.
    pub systematic_ppm: Ppm,
    /// Of assays: by element, in the order of atomic numbers.
    pub elements: List<ElementUncertainty, 0, { Element::COUNT }>,
    pub laboratory: Option<Term>,
    /// BLAKE3 of the certificate of calibration or accreditation.
    pub certificate: Option<Bytes32>,
    pub from: Day,
    /// Last day of validity.
    pub until: Day,
}

impl MethodDeclared {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if self.until < self.from {
            let (from, until) = (self.from.to_string(), self.until.to_string());
            return Err(FormError::PeriodReversed { from, until });
        }
        if !self.elements.is_empty() && self.kind != MethodKind::Assay {
            let kind = self.kind.name();
            return Err(FormError::ElementsOfNoAssay { kind });
        }
        if self.elements.is_sorted_by(|a, b| a.element < b.element) {
            Ok(())
        } else {
            Err(FormError::ListOrder {
                what: "uncertainties by element",
            })
        }
    }
}
