//! The product catalogue: raw and dressed ores, compounds, metals, magnets, scrap, residue. Written `ore/bastnaesite`,
//! `compound/oxide/Nd`, `metal/PrNd`, `scrap/NdFeB`.
//!
//! Invariant: three bytes and one text for each product. Classes follow Order 785 article 30 and the tax catalogue;
//! ore kind alone decides which mining quota a lot counts against.

use std::fmt;
use std::str::FromStr;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use crate::codec::refuse;
use crate::coded::{coded_enum, deserialize_from_str, serialize_display};
use crate::composition::Composition;
use crate::element::{Element, OXIDE_PER_METAL_PPM_MAX};
use crate::form::FormError;
use crate::quantity::{Ppm, Quantity};

coded_enum! {
    /// What was dug up.
    OreKind, "ore" {
        Bastnaesite = 1 "bastnaesite",
        Monazite = 2 "monazite",
        /// Bastnaesite and monazite together, as at Bayan Obo.
        Mixed = 3 "mixed",
        /// Adsorbed on clay; heavy and medium rare earths.
        IonAdsorption = 4 "ion-adsorption",
        Xenotime = 5 "xenotime",
    }
}

coded_enum! {
    /// Chemical form of a compound.
    CompoundForm, "compound form" {
        Carbonate = 1 "carbonate",
        Chloride = 2 "chloride",
        Oxalate = 3 "oxalate",
        Hydroxide = 4 "hydroxide",
        Fluoride = 5 "fluoride",
        Oxide = 6 "oxide",
        Other = 7 "other",
    }
}

coded_enum! {
    /// Metals and alloys that are not of one element.
    MetalKind, "metal" {
        PrNd = 1 "PrNd",
        DyFe = 2 "DyFe",
        Mischmetal = 3 "mischmetal",
        LaCe = 4 "LaCe",
        GdFe = 5 "GdFe",
        HoFe = 6 "HoFe",
        OtherAlloy = 7 "other-alloy",
    }
}

coded_enum! {
    /// Magnet materials, and the scrap that comes of them.
    MagnetKind, "magnet material" {
        NdFeB = 1 "NdFeB",
        SmCo = 2 "SmCo",
        Other = 3 "other",
    }
}

coded_enum! {
    /// Residue that stays on the book.
    ResidueKind, "residue" {
        Tailings = 1 "tailings",
        Slag = 2 "slag",
        FilterCake = 3 "filter-cake",
        Solution = 4 "solution",
    }
}

coded_enum! {
    /// The three quotas: two of mining by ore type, one of smelting-separation.
    Track, "quota track" {
        MiningRock = 1 "MiningRock",
        MiningIon = 2 "MiningIon",
        Separation = 3 "Separation",
    }
}

impl OreKind {
    /// The mining quota that ore of this kind counts against.
    pub const fn track(self) -> Track {
        match self {
            Self::IonAdsorption => Track::MiningIon,
            Self::Bastnaesite | Self::Monazite | Self::Mixed | Self::Xenotime => Track::MiningRock,
        }
    }
}

/// What a compound or metal is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Several rare earths.
    Mixed,
    One(Element),
}

/// A catalogue item.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// Dressed: a concentrate, or ore that is sold as it is. What the mining quota counts.
    Ore(OreKind),
    Compound(CompoundForm, Subject),
    /// Metal of one element.
    Metal(Element),
    /// Metal or alloy of several.
    Alloy(MetalKind),
    Magnet(MagnetKind),
    Scrap(MagnetKind),
    Residue(ResidueKind),
    /// As dug, before it is dressed (Order 71 article 2 counts what comes of that).
    RawOre(OreKind),
}

const EXAMPLES: &str = "ore/mixed, compound/carbonate/mixed, compound/oxide/Nd, metal/Dy, alloy/PrNd, magnet/NdFeB, scrap/NdFeB, residue/slag, raw-ore/mixed";

impl Product {
    /// Whether the product is ore, raw or dressed, which alone consumes separation quota.
    pub const fn is_ore(self) -> bool {
        matches!(self, Self::Ore(_) | Self::RawOre(_))
    }

    /// Whether mining can bring it forth of this ore: raw or dressed, or, leached out of ion-adsorption clay where it lies, as
    /// a mixed carbonate, oxalate or oxide.
    pub const fn is_mined_of(self, ore: OreKind) -> bool {
        match self {
            Self::Ore(kind) | Self::RawOre(kind) => kind as u8 == ore as u8,
            Self::Compound(
                CompoundForm::Carbonate | CompoundForm::Oxalate | CompoundForm::Oxide,
                Subject::Mixed,
            ) => matches!(ore, OreKind::IonAdsorption),
            _ => false,
        }
    }

    fn bytes(self) -> [u8; 3] {
        match self {
            Self::Ore(kind) => [1, kind.code(), 0],
            Self::Compound(form, Subject::Mixed) => [2, form.code(), 0],
            Self::Compound(form, Subject::One(element)) => [2, form.code(), element.code()],
            Self::Metal(element) => [3, element.code(), 0],
            Self::Alloy(kind) => [4, kind.code(), 0],
            Self::Magnet(kind) => [5, kind.code(), 0],
            Self::Scrap(kind) => [6, kind.code(), 0],
            Self::Residue(kind) => [7, kind.code(), 0],
            Self::RawOre(kind) => [8, kind.code(), 0],
        }
    }

    fn from_bytes(bytes: [u8; 3]) -> Result<Self, FormError> {
        let product = match bytes {
            [1, kind, _] => Self::Ore(OreKind::from_code(kind)?),
            [2, form, 0] => Self::Compound(CompoundForm::from_code(form)?, Subject::Mixed),
            [2, form, element] => Self::Compound(
                CompoundForm::from_code(form)?,
                Subject::One(Element::from_code(element)?),
            ),
            [3, element, _] => Self::Metal(Element::from_code(element)?),
            [4, kind, _] => Self::Alloy(MetalKind::from_code(kind)?),
            [5, kind, _] => Self::Magnet(MagnetKind::from_code(kind)?),
            [6, kind, _] => Self::Scrap(MagnetKind::from_code(kind)?),
            [7, kind, _] => Self::Residue(ResidueKind::from_code(kind)?),
            [8, kind, _] => Self::RawOre(OreKind::from_code(kind)?),
            [found, ..] => {
                return Err(FormError::UnknownCode {
                    what: "product class",
                    found,
                });
            }
        };
        if product.bytes() != bytes {
            return Err(FormError::UnknownCode {
                what: "product",
                found: bytes[2],
            });
        }
        Ok(product)
    }

    /// Most REO that one whole of net mass can hold, in ppm: what the composition allows for metals, else one whole.
    fn reo_most_ppm(self, composition: Option<&Composition>) -> u64 {
        match (self, composition) {
            (Self::Metal(element), _) => element.oxide_per_metal_ppm().into(),
            (Self::Alloy(_), Some(composition)) => {
                let factors = composition
                    .shares()
                    .map(|(element, _)| element.oxide_per_metal_ppm());
                factors.max().unwrap_or(OXIDE_PER_METAL_PPM_MAX).into()
            }
            (Self::Alloy(_), None) => OXIDE_PER_METAL_PPM_MAX.into(),
            _ => Ppm::ONE.into(),
        }
    }

    /// REO can't exceed net, but for metals by the factor of the element: a metal gains oxygen when counted as oxide.
    pub fn check_quantity(
        self,
        quantity: &Quantity,
        composition: Option<&Composition>,
    ) -> Result<(), FormError> {
        let most = u128::from(quantity.net.mg()) * u128::from(self.reo_most_ppm(composition));
        // One milligram of grace: REO is rounded to the nearest milligram when it is computed from net.
        if u128::from(quantity.reo.mg()) * u128::from(Ppm::ONE) > most + u128::from(Ppm::ONE) {
            let (reo_mg, net_mg) = (quantity.reo.mg(), quantity.net.mg());
            return Err(FormError::ReoAboveNet {
                reo_mg,
                net_mg,
                product: self.to_string(),
            });
        }
        Ok(())
    }

    /// A product of one element has only that element.
    pub const fn element(self) -> Option<Element> {
        match self {
            Self::Metal(element) | Self::Compound(_, Subject::One(element)) => Some(element),
            _ => None,
        }
    }

    /// What a lot of this product is made of: as stated, or of the one element that needs no analysis.
    pub fn composition(self, stated: Option<Composition>) -> Option<Composition> {
        stated.or_else(|| self.element().map(Composition::pure))
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Ore(kind) => format!("ore/{kind}"),
            Self::Compound(form, Subject::Mixed) => format!("compound/{form}/mixed"),
            Self::Compound(form, Subject::One(element)) => format!("compound/{form}/{element}"),
            Self::Metal(element) => format!("metal/{element}"),
            Self::Alloy(kind) => format!("alloy/{kind}"),
            Self::Magnet(kind) => format!("magnet/{kind}"),
            Self::Scrap(kind) => format!("scrap/{kind}"),
            Self::Residue(kind) => format!("residue/{kind}"),
            Self::RawOre(kind) => format!("raw-ore/{kind}"),
        };
        f.pad(&text)
    }
}

impl fmt::Debug for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Product {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let parts: Vec<_> = text.splitn(4, '/').collect();
        Ok(match parts.as_slice() {
            ["ore", kind] => Self::Ore(kind.parse()?),
            ["compound", form, "mixed"] => Self::Compound(form.parse()?, Subject::Mixed),
            ["compound", form, element] => {
                Self::Compound(form.parse()?, Subject::One(element.parse()?))
            }
            ["metal", element] => Self::Metal(element.parse()?),
            ["alloy", kind] => Self::Alloy(kind.parse()?),
            ["magnet", kind] => Self::Magnet(kind.parse()?),
            ["scrap", kind] => Self::Scrap(kind.parse()?),
            ["residue", kind] => Self::Residue(kind.parse()?),
            ["raw-ore", kind] => Self::RawOre(kind.parse()?),
            _ => {
                let found = text.chars().take(40).collect();
                return Err(FormError::ProductShape {
                    found,
                    examples: EXAMPLES,
                });
            }
        })
    }
}

impl Encode for Product {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.bytes().encode(encoder)
    }
}

impl<C> Decode<C> for Product {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::from_bytes(<[u8; 3] as Decode<C>>::decode(decoder)?).map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(Product);
serialize_display!(Product);
deserialize_from_str!(Product);
