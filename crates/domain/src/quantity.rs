//! Masses in whole milligrams, shares in parts per million, and the measured quantity of a line.
//!
//! Invariant: no floating point and no hidden rounding: text that is not a whole number of milligrams is refused.

use std::fmt;
use std::str::FromStr;

use bincode::de::Decoder;
use bincode::error::DecodeError;
use bincode::{Decode, Encode};

use crate::codec::refuse;
use crate::coded::coded_enum;
use crate::form::FormError;
use crate::id::Code;
use crate::limits::MASS_MG_MAX;

/// A mass in milligrams, at most ten million tonnes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode)]
pub struct Mass(u64);

impl Mass {
    /// No mass.
    pub const ZERO: Self = Self(0);

    /// Milligrams.
    pub fn from_mg(mg: u64) -> Result<Self, FormError> {
        if mg > MASS_MG_MAX {
            return Err(FormError::MassTooLarge { found: mg });
        }
        Ok(Self(mg))
    }

    /// Whole tonnes.
    pub fn from_tonnes(tonnes: u64) -> Result<Self, FormError> {
        Self::from_mg(tonnes.saturating_mul(1_000_000_000))
    }

    /// Whole kilograms.
    pub fn from_kg(kg: u64) -> Result<Self, FormError> {
        Self::from_mg(kg.saturating_mul(1_000_000))
    }

    /// Milligrams.
    pub const fn mg(self) -> u64 {
        self.0
    }

    /// Reads a decimal number of the unit that `mg_per_unit` names, exactly.
    pub fn parse_in(number: &str, mg_per_unit: u64) -> Result<Self, FormError> {
        let wrong = || FormError::MassShape {
            found: number.chars().take(40).collect(),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
        let shaped =
            !whole.is_empty() && digits(whole) && digits(fraction) && !number.ends_with('.');
        let scale = mg_per_unit.ilog10() as usize;
        let fraction = fraction.trim_end_matches('0');
        if !shaped || whole.len() > 19 || fraction.len() > scale {
            return Err(wrong());
        }
        let whole: u128 = whole.parse().map_err(|_| wrong())?;
        let padded = format!("{fraction:0<scale$}");
        let fraction: u128 = if padded.is_empty() {
            0
        } else {
            padded.parse().map_err(|_| wrong())?
        };
        let mg = whole * u128::from(mg_per_unit) + fraction;
        Self::from_mg(u64::try_from(mg).map_err(|_| FormError::MassTooLarge { found: u64::MAX })?)
    }
}

/// Writes milligrams as an exact decimal of a unit, without trailing zeros; negative amounts keep their sign.
pub fn decimal(mg: i128, mg_per_unit: u64) -> String {
    let unit = u128::from(mg_per_unit);
    let scale = mg_per_unit.ilog10() as usize;
    let (whole, rest) = (mg.unsigned_abs() / unit, mg.unsigned_abs() % unit);
    let sign = if mg < 0 { "-" } else { "" };
    let fraction = format!("{rest:0scale$}");
    let fraction = fraction.trim_end_matches('0');
    if scale == 0 || fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

/// Milligrams in a unit of mass.
pub const UNITS: [(&str, u64); 4] = [
    ("mg", 1),
    ("kg", 1_000_000),
    ("t", 1_000_000_000),
    ("g", 1_000),
];

impl FromStr for Mass {
    type Err = FormError;

    /// A number and a unit: `12.5 t`, `830kg`.
    fn from_str(text: &str) -> Result<Self, FormError> {
        let split = text.find(|c: char| c.is_ascii_alphabetic());
        let (number, unit) = text.split_at(split.unwrap_or(text.len()));
        let scale = UNITS.iter().find(|(name, _)| *name == unit);
        let (_, scale) = scale.ok_or_else(|| FormError::MassShape {
            found: text.chars().take(40).collect(),
        })?;
        Self::parse_in(number.trim(), *scale)
    }
}

impl fmt::Display for Mass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, scale) = if self.0 >= 1_000_000_000 {
            ("t", 1_000_000_000)
        } else {
            ("kg", 1_000_000)
        };
        f.pad(&format!("{} {unit}", decimal(self.0.into(), scale)))
    }
}

impl fmt::Debug for Mass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl<C> Decode<C> for Mass {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::from_mg(<u64 as Decode<C>>::decode(decoder)?).map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(Mass);

impl serde::Serialize for Mass {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

/// A mass in JSON is a number of milligrams, or a text with a unit (`"12.5 t"`).
impl<'de> serde::Deserialize<'de> for Mass {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Mass;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("milligrams as a whole number, or a text such as \"12.5 t\"")
            }

            fn visit_u64<E: serde::de::Error>(self, mg: u64) -> Result<Mass, E> {
                Mass::from_mg(mg).map_err(E::custom)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Mass, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A share in parts per million, at most one whole.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(try_from = "u32", into = "u32")]
pub struct Ppm(u32);

impl Ppm {
    /// One whole.
    pub const ONE: u32 = 1_000_000;

    /// Parts per million.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// This share of an amount, rounded toward zero.
    pub fn of(self, mg: i128) -> i128 {
        mg * i128::from(self.0) / i128::from(Self::ONE)
    }

    /// Reads a percentage with at most four decimals.
    pub fn parse_percent(text: &str) -> Result<Self, FormError> {
        let wrong = || FormError::PercentShape {
            found: text.chars().take(40).collect(),
        };
        let ppm = Mass::parse_in(text, 10_000).map_err(|_| wrong())?;
        Self::try_from(u32::try_from(ppm.mg()).map_err(|_| wrong())?).map_err(|_| wrong())
    }
}

impl TryFrom<u32> for Ppm {
    type Error = FormError;

    fn try_from(found: u32) -> Result<Self, FormError> {
        if found > Self::ONE {
            Err(FormError::ShareAboveWhole { found })
        } else {
            Ok(Self(found))
        }
    }
}

impl From<Ppm> for u32 {
    fn from(share: Ppm) -> Self {
        share.0
    }
}

impl<C> Decode<C> for Ppm {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::try_from(<u32 as Decode<C>>::decode(decoder)?).map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(Ppm);

coded_enum! {
    /// How a quantity is known.
    Basis, "basis" {
        /// Weighed and assayed here.
        Measured = 1 "measured",
        /// Weighed here, assay taken over.
        Weighed = 2 "weighed",
        /// Estimated here.
        Estimated = 3 "estimated",
        /// As stated by the other side.
        Stated = 4 "stated",
    }
}

/// What the scales showed: net is derived from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, serde::Serialize)]
pub struct Wet {
    /// Mass as weighed, water included.
    #[serde(rename = "wet_mg")]
    pub mass: Mass,
    /// Water, of that mass.
    #[serde(rename = "moisture_ppm")]
    pub moisture: Ppm,
}

impl Wet {
    /// Dry mass, rounded toward zero.
    pub fn net_mg(self) -> u64 {
        let dry = u128::from(Ppm::ONE - self.moisture.get());
        let mg = u128::from(self.mass.mg()) * dry / u128::from(Ppm::ONE);
        u64::try_from(mg).unwrap_or(u64::MAX)
    }

    /// Net is what is left without the water, rounded either way.
    fn check(self, net: Mass) -> Result<(), FormError> {
        let expected_mg = self.net_mg();
        if [expected_mg, expected_mg + 1].contains(&net.mg()) {
            Ok(())
        } else {
            Err(FormError::WetAndNet {
                net_mg: net.mg(),
                expected_mg,
            })
        }
    }
}

/// What a line holds: dry net mass, its rare-earth oxide equivalent, and how well they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, serde::Serialize)]
pub struct Quantity {
    /// Dry net mass.
    #[serde(rename = "net_mg")]
    pub net: Mass,
    /// Rare-earth oxide equivalent.
    #[serde(rename = "reo_mg")]
    pub reo: Mass,
    pub basis: Basis,
    /// Relative standard uncertainty, if known.
    #[serde(rename = "uncertainty_ppm")]
    pub uncertainty: Option<Ppm>,
    /// The declared method by which it was weighed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Code>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub wet: Option<Wet>,
}

impl Quantity {
    /// A quantity of something: net above zero. Nothing is said of how it was weighed.
    pub fn new(
        net: Mass,
        reo: Mass,
        basis: Basis,
        uncertainty: Option<Ppm>,
    ) -> Result<Self, FormError> {
        if net == Mass::ZERO {
            return Err(FormError::NothingWeighed);
        }
        let most = u128::from(net.mg()) * u128::from(crate::element::OXIDE_PER_METAL_PPM_MAX)
            / u128::from(Ppm::ONE);
        if u128::from(reo.mg()) > most + 1 {
            let product = "any product".to_owned();
            return Err(FormError::ReoAboveNet {
                reo_mg: reo.mg(),
                net_mg: net.mg(),
                product,
            });
        }
        Ok(Self {
            net,
            reo,
            basis,
            uncertainty,
            method: None,
            wet: None,
        })
    }

    /// The same, weighed by a method and wet: what the scales showed has to agree with net.
    pub fn weighed(self, method: Option<Code>, wet: Option<Wet>) -> Result<Self, FormError> {
        wet.map_or(Ok(()), |wet| wet.check(self.net))?;
        Ok(Self {
            method,
            wet,
            ..self
        })
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct QuantityFields {
    #[serde(rename = "net_mg")]
    net: Mass,
    #[serde(rename = "reo_mg")]
    reo: Mass,
    basis: Basis,
    #[serde(rename = "uncertainty_ppm", default)]
    uncertainty: Option<Ppm>,
    #[serde(default)]
    method: Option<Code>,
    #[serde(rename = "wet_mg", default)]
    wet: Option<Mass>,
    #[serde(rename = "moisture_ppm", default)]
    moisture: Option<Ppm>,
}

impl<'de> serde::Deserialize<'de> for Quantity {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = QuantityFields::deserialize(deserializer)?;
        let wet = match (fields.wet, fields.moisture) {
            (Some(mass), Some(moisture)) => Some(Wet { mass, moisture }),
            (None, None) => None,
            _ => {
                let both = "wet_mg and moisture_ppm belong together: give both, or neither";
                return Err(serde::de::Error::custom(both));
            }
        };
        Self::new(fields.net, fields.reo, fields.basis, fields.uncertainty)
            .and_then(|quantity| quantity.weighed(fields.method, wet))
            .map_err(serde::de::Error::custom)
    }
}

impl<C> Decode<C> for Quantity {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let net = Decode::decode(decoder)?;
        let reo = Decode::decode(decoder)?;
        let basis = Decode::decode(decoder)?;
        let uncertainty = Decode::decode(decoder)?;
        let method = Decode::decode(decoder)?;
        let wet = Decode::decode(decoder)?;
        Self::new(net, reo, basis, uncertainty)
            .and_then(|quantity| quantity.weighed(method, wet))
            .map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(Quantity);
