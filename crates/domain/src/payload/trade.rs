//! Whom goods go to, and the papers that go with them: destinations, invoices, export licences.
//!
//! Invariant: a paper is named as it is printed. Whether it is genuine is not asked here.

use std::fmt;
use std::str::FromStr;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::codec::refuse;
use crate::coded::{deserialize_from_str, serialize_display};
use crate::form::FormError;
use crate::id::{Code, PartyId};
use crate::quantity::Mass;
use crate::text::Term;
use crate::time::Day;

/// Whom a dispatch is for; written `PARTY`, `end-user` or `stockpile/PARTY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Destination {
    Party(PartyId),
    /// A final user who is not registered: the goods leave the ledger, and nobody here can receive them.
    EndUser,
    /// The state reserve (国家储备), kept by this party.
    Stockpile(PartyId),
}

impl Destination {
    /// Who can receive the goods; nobody at an end user.
    pub const fn receiver(self) -> Option<PartyId> {
        match self {
            Self::Party(party) | Self::Stockpile(party) => Some(party),
            Self::EndUser => None,
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Party(party) => f.pad(party.as_str()),
            Self::EndUser => f.pad("end-user"),
            Self::Stockpile(party) => f.pad(&format!("stockpile/{party}")),
        }
    }
}

impl FromStr for Destination {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        match text.strip_prefix("stockpile/") {
            Some(party) => Ok(Self::Stockpile(party.parse()?)),
            None if text == "end-user" => Ok(Self::EndUser),
            None => Ok(Self::Party(text.parse()?)),
        }
    }
}

serialize_display!(Destination);
deserialize_from_str!(Destination);

/// In bytes: tag u8 (1 party, 2 end user, 3 stockpile), then the party where there is one.
impl Encode for Destination {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        match self {
            Self::Party(party) => (1u8, party).encode(encoder),
            Self::EndUser => 2u8.encode(encoder),
            Self::Stockpile(party) => (3u8, party).encode(encoder),
        }
    }
}

impl<C> Decode<C> for Destination {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        match <u8 as Decode<C>>::decode(decoder)? {
            1 => Ok(Self::Party(Decode::decode(decoder)?)),
            2 => Ok(Self::EndUser),
            3 => Ok(Self::Stockpile(Decode::decode(decoder)?)),
            found => Err(refuse(&FormError::UnknownCode {
                what: "kind of destination",
                found,
            })),
        }
    }
}

bincode::impl_borrow_decode!(Destination);

/// A special VAT invoice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// Its code; fully digital invoices (数电票) have none.
    pub code: Option<Code>,
    pub number: Code,
    pub date: Day,
    /// Goods that it is for, net.
    pub goods_mg: Mass,
    /// Of a red-letter invoice (红字发票): the number of the one that it cancels.
    pub cancels: Option<Code>,
}

impl Invoice {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if self.cancels == Some(self.number) {
            let number = self.number.to_string();
            return Err(FormError::InvoiceCancelsItself { number });
        }
        Ok(())
    }

    /// Code and number, by which it is found again.
    pub fn named(&self) -> String {
        match self.code {
            Some(code) => format!("{code}/{}", self.number),
            None => self.number.to_string(),
        }
    }
}

/// A licence to export.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportLicence {
    pub number: Term,
    /// Net mass that it allows.
    pub quantity_mg: Mass,
    pub from: Day,
    /// Last day of validity.
    pub until: Day,
}

impl ExportLicence {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if self.until < self.from {
            let (from, until) = (self.from.to_string(), self.until.to_string());
            return Err(FormError::PeriodReversed { from, until });
        }
        Ok(())
    }
}
