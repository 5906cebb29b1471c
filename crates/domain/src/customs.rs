//! What an HS code of the customs tariff says about a rare-earth product: which element, in which form.
//!
//! Invariant: a heading that leaves something open says nothing about it. Covers chapters 2805.30 (metals) and 2846
//! (compounds) of the Chinese tariff; any other code is not judged.

use crate::element::Element;
use crate::product::{CompoundForm, Product, Subject};

/// What a tariff heading claims of the goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    form: Form,
    /// The only element; absent where the heading leaves it open.
    element: Option<Element>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Metal,
    Alloy,
    Compound(Option<CompoundForm>),
}

impl Heading {
    /// The heading that a code of six to ten digits begins with; nothing outside the chapters of rare earths.
    pub fn of(hs_code: &str) -> Option<Self> {
        let known = |length| hs_code.get(..length).and_then(heading);
        known(8).or_else(|| known(6))
    }

    /// Whether goods of this kind may be declared under the heading.
    pub fn fits(&self, product: Product) -> bool {
        let form = match (self.form, product) {
            (Form::Metal, Product::Metal(_)) | (Form::Alloy, Product::Alloy(_)) => true,
            (Form::Compound(form), Product::Compound(found, _)) => {
                form.is_none_or(|form| form == found)
            }
            _ => false,
        };
        let element = match product {
            Product::Metal(found) | Product::Compound(_, Subject::One(found)) => {
                self.element.is_none_or(|element| element == found)
            }
            // Mixed goods fit no heading of one element.
            _ => self.element.is_none(),
        };
        form && element
    }
}

fn heading(code: &str) -> Option<Heading> {
    use CompoundForm::{Carbonate, Chloride, Fluoride, Hydroxide, Oxide};
    use Element::{Ce, Dy, Eu, La, Nd, Pr, Sc, Tb, Y};
    let metal = |element| (Form::Metal, element);
    let compound = |form, element| (Form::Compound(Some(form)), element);
    let (form, element) = match code {
        "28053011" => metal(Some(Nd)),
        "28053012" => metal(Some(Dy)),
        "28053013" => metal(Some(Tb)),
        "28053014" => metal(Some(La)),
        "28053015" => metal(Some(Ce)),
        "28053016" => metal(Some(Pr)),
        "28053017" => metal(Some(Y)),
        "28053018" => metal(Some(Sc)),
        "28053019" => metal(None),
        "28053021" | "28053029" => (Form::Alloy, None),
        "28461010" => compound(Oxide, Some(Ce)),
        "28461020" => compound(Hydroxide, Some(Ce)),
        "28461030" => compound(Carbonate, Some(Ce)),
        "284610" => (Form::Compound(None), Some(Ce)),
        "28469011" => compound(Oxide, Some(Y)),
        "28469012" => compound(Oxide, Some(La)),
        "28469013" => compound(Oxide, Some(Nd)),
        "28469014" => compound(Oxide, Some(Eu)),
        "28469015" => compound(Oxide, Some(Dy)),
        "28469016" => compound(Oxide, Some(Tb)),
        "28469017" => compound(Oxide, Some(Pr)),
        "28469019" => compound(Oxide, None),
        "28469021" => compound(Chloride, Some(Tb)),
        "28469022" => compound(Chloride, Some(Dy)),
        "28469023" => compound(Chloride, Some(La)),
        "28469024" => compound(Chloride, Some(Nd)),
        "28469025" => compound(Chloride, Some(Pr)),
        "28469026" => compound(Chloride, Some(Y)),
        "28469028" | "28469029" => compound(Chloride, None),
        "28469031" => compound(Fluoride, Some(Tb)),
        "28469032" => compound(Fluoride, Some(Dy)),
        "28469033" => compound(Fluoride, Some(La)),
        "28469034" => compound(Fluoride, Some(Nd)),
        "28469035" => compound(Fluoride, Some(Pr)),
        "28469036" => compound(Fluoride, Some(Y)),
        "28469039" => compound(Fluoride, None),
        "28469041" => compound(Carbonate, Some(La)),
        "28469042" => compound(Carbonate, Some(Tb)),
        "28469043" => compound(Carbonate, Some(Dy)),
        "28469048" | "28469049" => compound(Carbonate, None),
        "284690" => (Form::Compound(None), None),
        _ => return None,
    };
    Some(Heading { form, element })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_fits_its_goods_and_no_others() {
        for (code, product, fits) in [
            ("2846101000", "compound/oxide/Ce", true),
            ("2846101000", "compound/oxide/Dy", false),
            ("2846109000", "compound/fluoride/Ce", true),
            ("2846901500", "compound/oxide/Dy", true),
            ("2846901500", "metal/Dy", false),
            ("2846904800", "compound/carbonate/mixed", true),
            ("2846904100", "compound/carbonate/mixed", false),
            ("2846909910", "compound/oxalate/Dy", true),
            ("2805301100", "metal/Nd", true),
            ("2805302900", "alloy/PrNd", true),
            ("2805301100", "alloy/PrNd", false),
        ] {
            let heading = Heading::of(code).unwrap();
            assert_eq!(
                heading.fits(product.parse().unwrap()),
                fits,
                "{code} {product}"
            );
        }
        assert_eq!(Heading::of("8505111000"), None);
        assert_eq!(Heading::of("2530902000"), None);
    }
}
