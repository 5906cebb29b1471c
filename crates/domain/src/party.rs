//! Who takes part: regulators, enterprises, auditors and the operator of the node.
//!
//! Invariant: a kind carries just what its powers depend on. Knows nothing of keys and standing; `registry` does.

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::codec::refuse;
use crate::coded::coded_enum;
use crate::form::FormError;
use crate::list::List;
use crate::text::Term;

coded_enum! {
    /// What an enterprise does (Order 785 articles 2 and 14).
    Activity, "activity" {
        Mining = 1 "mining",
        Separation = 2 "separation",
        MetalSmelting = 3 "metal-smelting",
        Recycling = 4 "recycling",
        Trading = 5 "trading",
        Exporting = 6 "exporting",
        Manufacturing = 7 "manufacturing",
    }
}

coded_enum! {
    /// Which department a regulator is.
    Sector, "sector" {
        Industry = 1 "industry",
        NaturalResources = 2 "natural-resources",
        Commerce = 3 "commerce",
        Customs = 4 "customs",
        Tax = 5 "tax",
    }
}

/// Names of a party, shown together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    pub zh: Term,
    pub en: Term,
}

/// Activities of an enterprise: sorted by code, none twice.
pub type Activities = List<Activity, 1, 7>;

/// What a party is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PartyKind {
    /// A department; its division is the registration's.
    Regulator {
        sector: Sector,
    },
    Enterprise {
        activities: Activities,
    },
    Auditor,
    /// Runs the node and signs checkpoints; not trusted with facts of enterprises.
    Operator,
}

impl PartyKind {
    /// The kind in a word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Regulator { .. } => "regulator",
            Self::Enterprise { .. } => "enterprise",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }

    /// Activities are a set: sorted, none twice.
    pub fn check(&self) -> Result<(), FormError> {
        match self {
            Self::Enterprise { activities } if !activities.is_sorted_by(|a, b| a < b) => {
                Err(FormError::ListOrder { what: "activities" })
            }
            _ => Ok(()),
        }
    }
}

/// In bytes: tag u8 (1 regulator, 2 enterprise, 3 auditor, 4 operator), then its fields.
impl Encode for PartyKind {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        match self {
            Self::Regulator { sector } => (1u8, sector).encode(encoder),
            Self::Enterprise { activities } => (2u8, activities).encode(encoder),
            Self::Auditor => 3u8.encode(encoder),
            Self::Operator => 4u8.encode(encoder),
        }
    }
}

impl<C> Decode<C> for PartyKind {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Ok(match <u8 as Decode<C>>::decode(decoder)? {
            1 => Self::Regulator {
                sector: Decode::decode(decoder)?,
            },
            2 => Self::Enterprise {
                activities: Decode::decode(decoder)?,
            },
            3 => Self::Auditor,
            4 => Self::Operator,
            found => {
                return Err(refuse(&FormError::UnknownCode {
                    what: "kind of party",
                    found,
                }));
            }
        })
    }
}

bincode::impl_borrow_decode!(PartyKind);
