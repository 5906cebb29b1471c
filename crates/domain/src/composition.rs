//! Composition: the share of each element in the REO of a lot, in parts per million.
//!
//! Invariant: shares sum to exactly one whole; an element that is absent has no entry, so there is one spelling.

use std::fmt;
use std::str::FromStr;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use crate::codec::{read_length, refuse};
use crate::coded::{deserialize_from_str, serialize_display};
use crate::element::Element;
use crate::form::FormError;
use crate::quantity::{Mass, Ppm};

/// Shares of the seventeen elements in REO; written `Ce:500000,La:300000,Nd:200000`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Composition([u32; Element::COUNT]);

impl Composition {
    /// Shares in any order; each element at most once, none zero, one whole together.
    pub fn new(shares: &[(Element, u32)]) -> Result<Self, FormError> {
        let mut all = [0; Element::COUNT];
        for &(element, share) in shares {
            let place = all
                .get_mut(element.index())
                .filter(|place| **place == 0 && share != 0);
            *place.ok_or(FormError::ListOrder {
                what: "composition",
            })? = share;
        }
        let sum = all.iter().map(|share| u64::from(*share)).sum();
        if sum != u64::from(Ppm::ONE) {
            return Err(FormError::CompositionSum { found: sum });
        }
        Ok(Self(all))
    }

    /// Only one element.
    pub fn pure(element: Element) -> Self {
        let mut all = [0; Element::COUNT];
        all[element.index()] = Ppm::ONE;
        Self(all)
    }

    /// The share of one element, in ppm of REO.
    pub const fn share(&self, element: Element) -> u32 {
        self.0[element.index()]
    }

    /// The elements present and their shares, by atomic number.
    pub fn shares(&self) -> impl Iterator<Item = (Element, u32)> {
        Element::ALL
            .iter()
            .map(|element| (*element, self.share(*element)))
            .filter(|(_, share)| *share != 0)
    }

    /// Mass of one element's oxide in this much REO, rounded toward zero.
    pub fn oxide_of(&self, element: Element, reo: Mass) -> u64 {
        let mg = u128::from(reo.mg()) * u128::from(self.share(element)) / u128::from(Ppm::ONE);
        u64::try_from(mg).unwrap_or(u64::MAX)
    }
}

impl FromStr for Composition {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let wrong = || FormError::CompositionShape {
            found: text.chars().take(80).collect(),
        };
        let mut shares = Vec::with_capacity(Element::COUNT);
        for part in text.split(',') {
            let (element, share) = part.trim().split_once(':').ok_or_else(wrong)?;
            shares.push((element.parse()?, share.parse().map_err(|_| wrong())?));
        }
        Self::new(&shares)
    }
}

impl fmt::Display for Composition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self
            .shares()
            .map(|(element, share)| format!("{element}:{share}"))
            .collect();
        f.pad(&parts.join(","))
    }
}

impl fmt::Debug for Composition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// In bytes: u64 count, then (atomic number u8, ppm u32) by ascending atomic number.
impl Encode for Composition {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.shares().count() as u64).encode(encoder)?;
        self.shares().try_for_each(|pair| pair.encode(encoder))
    }
}

impl<C> Decode<C> for Composition {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let found = read_length(decoder)?;
        if found == 0 || found > Element::COUNT as u64 {
            let form = FormError::ListLength {
                what: "composition",
                found,
                min: 1,
                max: Element::COUNT,
            };
            return Err(refuse(&form));
        }
        let mut shares = [(Element::Sc, 0); Element::COUNT];
        let shares = &mut shares[..usize::try_from(found).unwrap_or(0)];
        for pair in shares.iter_mut() {
            *pair = Decode::decode(decoder)?;
        }
        if !shares.is_sorted_by(|left, right| left.0 < right.0) {
            return Err(refuse(&FormError::ListOrder {
                what: "composition",
            }));
        }
        Self::new(shares).map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(Composition);
serialize_display!(Composition);
deserialize_from_str!(Composition);
