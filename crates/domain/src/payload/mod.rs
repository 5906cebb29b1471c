//! Event payloads: past-tense facts of the trade, each with a permanent number and a permanent name.
//!
//! Invariant: numbers and names are append-only; the table below is their only home. Whether a fact is true is not
//! asked here, only whether it is well formed.

mod acts;
mod authority;
mod enterprise;
mod keys;
mod lines;
mod log_key;
mod methods;
mod record;
#[cfg(test)]
mod tests;
mod trade;

pub use acts::*;
pub use authority::*;
pub use enterprise::*;
pub use keys::*;
pub use lines::*;
pub use log_key::*;
pub use methods::*;
pub use record::*;
pub use trade::*;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use crate::form::FormError;

/// Marks an unknown payload number inside a decoder error; `wire` turns it into its own refusal.
pub const UNKNOWN_PAYLOAD: &str = "unknown-payload";

/// Payload numbers below it are acts of office.
const FIRST_FACT: u16 = 32;

/// Declares the table of payloads: number, variant, content, name.
macro_rules! payloads {
    ($($(#[$meta:meta])* $number:literal $variant:ident($content:ty) $name:literal),+ $(,)?) => {
        /// A fact that an event states.
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "event")]
        pub enum Payload {
            $($(#[$meta])* #[serde(rename = $name)] $variant($content)),+
        }

        impl Payload {
            /// Number and name of every payload, by number.
            pub const TABLE: &'static [(u16, &'static str)] = &[$(($number, $name)),+];

            /// The permanent number in signed bytes.
            pub const fn number(&self) -> u16 {
                match self { $(Self::$variant(_) => $number),+ }
            }

            /// The permanent name in JSON, CSV and reports.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name),+ }
            }

            /// Form rules that span several fields.
            pub fn check(&self) -> Result<(), FormError> {
                match self { $(Self::$variant(content) => content.check()),+ }
            }
        }

        impl Encode for Payload {
            fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
                self.number().encode(encoder)?;
                match self { $(Self::$variant(content) => content.encode(encoder)),+ }
            }
        }

        impl<C> Decode<C> for Payload {
            fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
                match <u16 as Decode<C>>::decode(decoder)? {
                    $($number => Ok(Self::$variant(Decode::decode(decoder)?)),)+
                    found => Err(DecodeError::OtherString(format!(
                        "{UNKNOWN_PAYLOAD}{}{found}", crate::codec::FORM_SEPARATOR
                    ))),
                }
            }
        }

        bincode::impl_borrow_decode!(Payload);
    };
}

payloads! {
    1 LedgerFounded(Box<LedgerFounded>) "ledger-founded",
    2 PartyRegistered(Box<PartyRegistered>) "party-registered",
    3 PartySuspended(Standing) "party-suspended",
    4 PartyReinstated(Standing) "party-reinstated",
    5 PartyDelisted(Standing) "party-delisted",
    6 KeyAdded(Box<KeyAdded>) "key-added",
    7 KeyRevoked(KeyRevoked) "key-revoked",
    8 SiteLicensed(SiteLicensed) "site-licensed",
    9 IndicatorSet(IndicatorSet) "indicator-set",
    10 QuotaAllocated(QuotaAllocated) "quota-allocated",
    11 QuotaMoved(QuotaMoved) "quota-moved",
    12 QuotaDeducted(QuotaDeducted) "quota-deducted",
    13 InspectionRecorded(InspectionRecorded) "inspection-recorded",
    14 LotSealed(LotsNamed) "lot-sealed",
    15 LotReleased(LotsNamed) "lot-released",
    16 PenaltyImposed(PenaltyImposed) "penalty-imposed",
    17 FindingRuled(FindingRuled) "finding-ruled",
    18 RulesChanged(Box<RulesChanged>) "rules-changed",
    19 AccessGranted(AccessGranted) "access-granted",
    20 HeadsCommitted(HeadsCommitted) "heads-committed",
    21 LogKeyRotated(Box<LogKeyRotated>) "log-key-rotated",
    22 PartyAmended(Box<PartyAmended>) "party-amended",
    23 SiteAmended(Box<SiteAmended>) "site-amended",
    24 PartySucceeded(Box<PartySucceeded>) "party-succeeded",
    25 ActAnnulled(Box<ActAnnulled>) "act-annulled",
    26 ReferenceChanged(Box<ReferenceChanged>) "reference-changed",
    27 AuthorityRecovered(Box<AuthorityRecovered>) "authority-recovered",
    28 GrantObjected(GrantObjected) "grant-objected",
    29 ClockConfirmed(ClockConfirmed) "clock-confirmed",
    32 OpeningStockDeclared(OpeningStockDeclared) "opening-stock-declared",
    33 LotMined(LotMined) "lot-mined",
    34 LotImported(LotImported) "lot-imported",
    35 ScrapCollected(ScrapCollected) "scrap-collected",
    36 LotProcessed(LotProcessed) "lot-processed",
    37 LotAssayed(LotAssayed) "lot-assayed",
    38 ShipmentDispatched(ShipmentDispatched) "shipment-dispatched",
    39 ShipmentReceived(ShipmentReceived) "shipment-received",
    40 ShipmentWithdrawn(ShipmentWithdrawn) "shipment-withdrawn",
    41 LotExported(LotExported) "lot-exported",
    42 LotUsed(LotUsed) "lot-used",
    43 LotDiscarded(LotDiscarded) "lot-discarded",
    44 LotLost(LotLost) "lot-lost",
    45 StockCounted(StockCounted) "stock-counted",
    46 EventCorrected(EventCorrected) "event-corrected",
    47 MonthClosed(MonthClosed) "month-closed",
    48 DocumentAttached(DocumentAttached) "document-attached",
    49 DetailErased(DetailErased) "detail-erased",
    50 LotRecovered(LotRecovered) "lot-recovered",
    51 MethodDeclared(MethodDeclared) "method-declared",
}

/// Which kind of party states a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    Regulator,
    Operator,
    Enterprise,
    /// A regulator, or the party itself.
    RegulatorOrSelf,
    /// Whoever is registered.
    Party,
}

impl Payload {
    /// The permanent name of a payload number, if there is such a payload.
    pub fn name_of(number: u16) -> Option<&'static str> {
        let mut table = Self::TABLE.iter();
        let (_, name) = table.find(|(known, _)| *known == number)?;
        Some(name)
    }

    /// Whether it is an act of office and no enterprise's fact.
    pub const fn is_act(&self) -> bool {
        self.number() < FIRST_FACT
    }

    /// Who may state this kind of fact. Numbers below 32 are acts of office.
    pub const fn actor(&self) -> Actor {
        match self {
            Self::KeyAdded(_) | Self::KeyRevoked(_) => Actor::RegulatorOrSelf,
            Self::HeadsCommitted(_) | Self::ClockConfirmed(_) => Actor::Operator,
            Self::GrantObjected(_) => Actor::Party,
            other if other.is_act() => Actor::Regulator,
            _ => Actor::Enterprise,
        }
    }

    /// Lots that a fact brings forth or adds to, in the order of its fields. Their creator is the event's author.
    pub fn new_lots(&self) -> impl Iterator<Item = NewLot> + '_ {
        macro_rules! lot_of {
            ($p:ident) => {
                Some(NewLot {
                    lot: $p.lot,
                    product: $p.product,
                    quantity: $p.quantity,
                    composition: $p.composition,
                    assay_method: $p.assay_method,
                })
            };
        }
        let (one, lots, retained): (_, &[NewLot], &[NewLot]) = match self {
            Self::OpeningStockDeclared(p) => (None, &p.lots, &[]),
            Self::LotMined(p) => (lot_of!(p), &[], &[]),
            Self::LotImported(p) => (lot_of!(p), &[], &[]),
            Self::ScrapCollected(p) => (lot_of!(p), &[], &[]),
            Self::LotRecovered(p) => (lot_of!(p), &[], &[]),
            Self::LotProcessed(p) => (None, &p.outputs, &p.retained),
            _ => (None, &[], &[]),
        };
        one.into_iter()
            .chain(lots.iter().copied())
            .chain(retained.iter().copied())
    }

    /// Commitments to details that stay outside the log: of a correction, those of its replacement; `None` where there is no
    /// place for any.
    pub fn sealed(&self) -> Option<&SealedFields> {
        match self {
            Self::ShipmentDispatched(ShipmentDispatched { sealed, .. })
            | Self::LotExported(LotExported { sealed, .. })
            | Self::LotUsed(LotUsed { sealed, .. }) => Some(sealed),
            Self::EventCorrected(correction) => {
                let replacement = correction.replacement.as_deref();
                replacement.and_then(|replacement| replacement.payload().sealed())
            }
            _ => None,
        }
    }

    /// As [`Self::sealed`], to be filled in.
    pub fn sealed_mut(&mut self) -> Option<&mut SealedFields> {
        match self {
            Self::ShipmentDispatched(ShipmentDispatched { sealed, .. })
            | Self::LotExported(LotExported { sealed, .. })
            | Self::LotUsed(LotUsed { sealed, .. }) => Some(sealed),
            Self::EventCorrected(correction) => {
                let replacement = correction.replacement.as_deref_mut();
                replacement.and_then(Replacement::sealed_mut)
            }
            _ => None,
        }
    }
}
