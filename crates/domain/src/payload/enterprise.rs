//! Facts of enterprises: lots come into being, are processed, move and leave.
//!
//! Invariant: a site or new lot is named by its code alone, since its party is the author of the event.
//! Whether stock covers a movement is not asked here.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::lines::{
    LotLines, NewLot, SealedFields, check_assay, check_distinct, check_lines, check_sealed,
};
use super::trade::{Destination, ExportLicence, Invoice};
use crate::coded::coded_enum;
use crate::composition::Composition;
use crate::form::FormError;
use crate::id::{Bytes32, Code, Country, EventId, LotId, PartyId};
use crate::limits::{INVOICES_MAX, LINES_MAX};
use crate::list::List;
use crate::product::{OreKind, Product};
use crate::quantity::{Ppm, Quantity};
use crate::text::{HsCode, Note, Term};

/// 32: stock held when the enterprise joined.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpeningStockDeclared {
    pub site: Code,
    pub lots: List<NewLot, 1, LINES_MAX>,
}

impl OpeningStockDeclared {
    pub(super) fn check(&self) -> Result<(), FormError> {
        self.lots.iter().try_for_each(NewLot::check)?;
        check_distinct(self.lots.iter().map(|new| &new.lot))
    }
}

/// 33: ore was mined, and dressed or leached into a product (Order 71 article 2), in the month in which it occurred.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotMined {
    pub site: Code,
    pub lot: Code,
    pub product: Product,
    pub quantity: Quantity,
    pub composition: Option<Composition>,
    /// The declared method by which the composition was found.
    pub assay_method: Option<Code>,
    /// What was dug up; it decides the quota track, whatever form the product has.
    pub ore: OreKind,
}

impl LotMined {
    pub(super) fn check(&self) -> Result<(), FormError> {
        check_assay(self.assay_method, self.composition.as_ref())?;
        if self.product.is_mined_of(self.ore) {
            return self
                .product
                .check_quantity(&self.quantity, self.composition.as_ref());
        }
        Err(FormError::ProductNotPossible {
            product: self.product.to_string(),
            event: "lot-mined",
        })
    }
}

/// 34: a lot crossed the border inward.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotImported {
    pub site: Code,
    pub lot: Code,
    pub product: Product,
    pub quantity: Quantity,
    pub composition: Option<Composition>,
    /// The declared method by which the composition was found.
    pub assay_method: Option<Code>,
    pub country: Country,
    pub declaration: Code,
    pub supplier: Term,
}

impl LotImported {
    pub(super) fn check(&self) -> Result<(), FormError> {
        check_assay(self.assay_method, self.composition.as_ref())?;
        self.product
            .check_quantity(&self.quantity, self.composition.as_ref())
    }
}

coded_enum! {
    /// Where scrap comes from; the EU asks for the share of post-consumer waste.
    ScrapSource, "scrap source" {
        PostConsumer = 1 "post-consumer",
        PreConsumer = 2 "pre-consumer",
    }
}

/// 35: secondary resources were collected.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScrapCollected {
    pub site: Code,
    pub lot: Code,
    pub product: Product,
    pub quantity: Quantity,
    pub composition: Option<Composition>,
    /// The declared method by which the composition was found.
    pub assay_method: Option<Code>,
    pub source: ScrapSource,
    pub supplier: Term,
}

impl ScrapCollected {
    pub(super) fn check(&self) -> Result<(), FormError> {
        check_assay(self.assay_method, self.composition.as_ref())?;
        if self.product.is_ore() {
            return Err(FormError::ProductNotPossible {
                product: self.product.to_string(),
                event: "scrap-collected",
            });
        }
        self.product
            .check_quantity(&self.quantity, self.composition.as_ref())
    }
}

coded_enum! {
    /// What was done to the inputs.
    Process, "process" {
        Beneficiation = 1 "beneficiation",
        Separation = 2 "separation",
        MetalSmelting = 3 "metal-smelting",
        Alloying = 4 "alloying",
        MagnetMaking = 5 "magnet-making",
        Recycling = 6 "recycling",
        Blending = 7 "blending",
        Repackaging = 8 "repackaging",
    }
}

coded_enum! {
    /// Chain of custody model (ISO 22095).
    CustodyModel, "chain of custody model" {
        Segregated = 1 "segregated",
        ControlledBlending = 2 "controlled-blending",
        MassBalance = 3 "mass-balance",
    }
}

coded_enum! {
    /// What was measured and thrown away in a run.
    DiscardKind, "discard" {
        Tailings = 1 "tailings",
        Slag = 2 "slag",
        Effluent = 3 "effluent",
        Dust = 4 "dust",
    }
}

/// A measured discard of a processing run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discard {
    pub kind: DiscardKind,
    pub quantity: Quantity,
}

/// 36: inputs became outputs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotProcessed {
    pub site: Code,
    pub process: Process,
    pub model: CustodyModel,
    pub inputs: LotLines,
    pub outputs: List<NewLot, 0, LINES_MAX>,
    pub discards: List<Discard, 0, LINES_MAX>,
    /// Residue that stays on the book as lots of its own.
    pub retained: List<NewLot, 0, LINES_MAX>,
}

impl LotProcessed {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if self.outputs.is_empty() && self.discards.is_empty() && self.retained.is_empty() {
            return Err(FormError::NothingProduced);
        }
        check_lines(&self.inputs)?;
        let made = || self.outputs.iter().chain(self.retained.iter());
        made().try_for_each(NewLot::check)?;
        check_distinct(made().map(|new| &new.lot))
    }
}

/// 37: a laboratory's result for a lot.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotAssayed {
    pub lot: LotId,
    /// REO share of the dry net mass.
    pub reo_ppm: Ppm,
    pub composition: Option<Composition>,
    /// The declared method by which it was found.
    pub assay_method: Option<Code>,
    pub laboratory: Term,
    /// BLAKE3 of the certificate.
    pub certificate: Bytes32,
}

coded_enum! {
    /// What a shipment is in law.
    Title, "title" {
        Sale = 1 "sale",
        Tolling = 2 "tolling",
        /// Between sites of one party or one group, without sale.
        Internal = 3 "internal",
        Return = 4 "return",
    }
}

/// One line of a dispatch; its number is its place, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispatchLine {
    pub lot: LotId,
    pub quantity: Quantity,
    pub packages: u32,
    /// Whose goods they are, if not the shipper's own.
    pub owner: Option<PartyId>,
}

/// 38: goods left for another party or site.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShipmentDispatched {
    pub shipment: Code,
    pub site: Code,
    pub to: Destination,
    pub title: Title,
    pub lines: List<DispatchLine, 1, LINES_MAX>,
    pub invoices: List<Invoice, 0, INVOICES_MAX>,
    pub carrier: Note,
    pub sealed: SealedFields,
}

impl ShipmentDispatched {
    pub(super) fn check(&self) -> Result<(), FormError> {
        check_distinct(self.lines.iter().map(|line| &line.lot))?;
        self.invoices.iter().try_for_each(Invoice::check)?;
        check_distinct(
            self.invoices
                .iter()
                .map(Invoice::named)
                .collect::<Vec<_>>()
                .iter(),
        )?;
        check_sealed(&self.sealed)
    }
}

coded_enum! {
    /// What the receiver did with a line.
    Outcome, "outcome" {
        Accepted = 1 "accepted",
        /// Accepted with another quantity than dispatched.
        Adjusted = 2 "adjusted",
        Rejected = 3 "rejected",
    }
}

coded_enum! {
    /// Whether more of the shipment will come.
    Completion, "completion" {
        Partial = 1 "partial",
        Final = 2 "final",
    }
}

/// What was received of one line of a dispatch.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptLine {
    /// Place of the line in the dispatch, from 0.
    pub line: u16,
    /// Absent when rejected.
    pub received: Option<Quantity>,
    pub outcome: Outcome,
    pub reason: Note,
    /// Whose goods they are, if not the receiver's own.
    pub owner: Option<PartyId>,
}

/// 39: a shipment arrived, whole or in part.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShipmentReceived {
    pub dispatch: EventId,
    pub site: Code,
    pub lines: List<ReceiptLine, 1, LINES_MAX>,
    pub completion: Completion,
}

impl ShipmentReceived {
    /// Nothing more will come.
    pub fn is_final(&self) -> bool {
        self.completion == Completion::Final
    }

    pub(super) fn check(&self) -> Result<(), FormError> {
        if let Some(pair) = self
            .lines
            .windows(2)
            .find(|pair| pair[0].line >= pair[1].line)
        {
            return Err(FormError::LineTwice { line: pair[1].line });
        }
        let contradicts =
            |line: &ReceiptLine| line.received.is_some() == (line.outcome == Outcome::Rejected);
        if self.lines.iter().any(contradicts) {
            Err(FormError::ReceiptQuantity)
        } else {
            Ok(())
        }
    }
}

/// 40: the shipper takes a dispatch back before it was received.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShipmentWithdrawn {
    pub dispatch: EventId,
    pub reason: Term,
}

/// 41: goods crossed the border outward.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotExported {
    pub site: Code,
    pub lines: LotLines,
    pub licence: Option<ExportLicence>,
    /// Dual-use control code, such as 1C902; empty where none applies.
    pub control_code: Note,
    pub hs_code: HsCode,
    pub declaration: Code,
    /// Where the goods go first.
    pub destination: Country,
    /// Where they are to stay, if that is another country.
    pub final_destination: Option<Country>,
    pub sealed: SealedFields,
}

impl LotExported {
    pub(super) fn check(&self) -> Result<(), FormError> {
        self.licence.as_ref().map_or(Ok(()), ExportLicence::check)?;
        check_sealed(&self.sealed)?;
        check_lines(&self.lines)
    }
}

/// 42: goods left the regulated scope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotUsed {
    pub site: Code,
    pub lines: LotLines,
    pub end_use: Term,
    pub sealed: SealedFields,
}

/// 43: a measured discard from stock.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotDiscarded {
    pub site: Code,
    pub lines: LotLines,
    pub note: Note,
}

coded_enum! {
    /// How goods were lost.
    LossCause, "cause of loss" {
        Accident = 1 "accident",
        Theft = 2 "theft",
    }
}

/// 44: an accidental loss or a theft.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotLost {
    pub site: Code,
    pub lines: LotLines,
    pub cause: LossCause,
    pub note: Note,
}

/// Events whose lines name lots and may carry sealed fields.
macro_rules! lines_only {
    ($($name:ident $(and $sealed:ident)?),+) => {
        $(impl $name {
            pub(super) fn check(&self) -> Result<(), FormError> {
                $(check_sealed(&self.$sealed)?;)?
                check_lines(&self.lines)
            }
        })+
    };
}

lines_only!(LotUsed and sealed, LotDiscarded, LotLost);

impl LotAssayed {
    pub(super) fn check(&self) -> Result<(), FormError> {
        check_assay(self.assay_method, self.composition.as_ref())
    }
}

impl ShipmentWithdrawn {
    pub(super) fn check(&self) -> Result<(), FormError> {
        Ok(())
    }
}
