//! What a heading of the customs tariff says about a rare-earth product: in which form, and of which element.
//!
//! Invariant: a heading that leaves something open says nothing about it. Which heading a code belongs to is the table's.

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
    Any,
    Ore,
    Metal,
    Alloy,
    Magnet,
    AlloyOrMagnet,
    Compound(Option<CompoundForm>),
}

impl Heading {
    /// As the table writes it: `metal/Nd`, `alloy`, `compound/oxide/Dy`, `compound/*/Ce`, `ore`.
    pub(super) fn of_value(value: &str) -> Option<Self> {
        let mut parts = value.split('/');
        let form = match parts.next()? {
            "any" => Form::Any,
            "ore" => Form::Ore,
            "metal" => Form::Metal,
            "alloy" => Form::Alloy,
            "magnet" => Form::Magnet,
            "alloy-or-magnet" => Form::AlloyOrMagnet,
            "compound" => match parts.next() {
                None | Some("*") => Form::Compound(None),
                Some(form) => Form::Compound(Some(form.parse().ok()?)),
            },
            _ => return None,
        };
        let element = match parts.next() {
            Some(element) => Some(element.parse().ok()?),
            None => None,
        };
        Some(Self { form, element })
    }

    /// Whether goods of this kind may be declared under the heading.
    pub fn fits(&self, product: Product) -> bool {
        let form = match (self.form, product) {
            (Form::Any, _)
            | (Form::Ore, Product::Ore(_) | Product::RawOre(_))
            | (Form::Metal, Product::Metal(_))
            | (Form::Alloy, Product::Alloy(_))
            | (Form::Magnet, Product::Magnet(_))
            | (Form::AlloyOrMagnet, Product::Alloy(_) | Product::Magnet(_)) => true,
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
