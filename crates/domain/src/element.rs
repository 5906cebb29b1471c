//! The seventeen rare earths of Order 785 article 30, their oxides of account, and exact conversion factors.
//!
//! Invariant: a code is the atomic number. Factors come from IUPAC standard atomic weights (O 15.999) for the oxides in
//! which the trade counts: CeO2, Pr6O11, Tb4O7, the rest RE2O3; they are parts per million, rounded half up.

use crate::coded::coded_enum;

coded_enum! {
    /// A rare earth; the code is its atomic number.
    Element, "rare earth element" {
        Sc = 21 "Sc", Y = 39 "Y", La = 57 "La", Ce = 58 "Ce", Pr = 59 "Pr", Nd = 60 "Nd", Pm = 61 "Pm", Sm = 62 "Sm",
        Eu = 63 "Eu", Gd = 64 "Gd", Tb = 65 "Tb", Dy = 66 "Dy", Ho = 67 "Ho", Er = 68 "Er", Tm = 69 "Tm", Yb = 70 "Yb",
        Lu = 71 "Lu",
    }
}

impl Element {
    /// How many elements there are.
    pub const COUNT: usize = 17;

    /// Place of the element in [`Element::ALL`].
    pub const fn index(self) -> usize {
        match self {
            Self::Sc => 0,
            Self::Y => 1,
            other => other.code() as usize - 55,
        }
    }

    /// The oxide of account.
    pub const fn oxide(self) -> &'static str {
        match self {
            Self::Sc => "Sc2O3",
            Self::Y => "Y2O3",
            Self::La => "La2O3",
            Self::Ce => "CeO2",
            Self::Pr => "Pr6O11",
            Self::Nd => "Nd2O3",
            Self::Pm => "Pm2O3",
            Self::Sm => "Sm2O3",
            Self::Eu => "Eu2O3",
            Self::Gd => "Gd2O3",
            Self::Tb => "Tb4O7",
            Self::Dy => "Dy2O3",
            Self::Ho => "Ho2O3",
            Self::Er => "Er2O3",
            Self::Tm => "Tm2O3",
            Self::Yb => "Yb2O3",
            Self::Lu => "Lu2O3",
        }
    }

    /// Oxide mass that one unit of metal makes, in parts per million.
    ///
    /// Pm has no stable standard weight; it is counted with the weight 145 of its longest-lived isotope.
    pub const fn oxide_per_metal_ppm(self) -> u32 {
        match self {
            Self::Sc => 1_533_823,
            Self::Y => 1_269_932,
            Self::La => 1_172_769,
            Self::Ce => 1_228_368,
            Self::Pr => 1_208_161,
            Self::Nd => 1_166_377,
            Self::Pm => 1_165_507,
            Self::Sm => 1_159_607,
            Self::Eu => 1_157_922,
            Self::Gd => 1_152_615,
            Self::Tb => 1_176_172,
            Self::Dy => 1_147_683,
            Self::Ho => 1_145_507,
            Self::Er => 1_143_481,
            Self::Tm => 1_142_058,
            Self::Yb => 1_138_684,
            Self::Lu => 1_137_160,
        }
    }
}

/// The largest factor by which the REO equivalent of a metal can exceed its net mass (scandium), in ppm.
pub const OXIDE_PER_METAL_PPM_MAX: u32 = Element::Sc.oxide_per_metal_ppm();
