//! Closed lists that a cell chooses from, as the domain has them.
//!
//! Invariant: no name is written here that the domain has. Knows no columns.

use domain::payload::{
    Completion, CustodyModel, DiscardKind, LossCause, Outcome, Process, RecoverySource,
    ScrapSource, Title,
};
use domain::{Basis, CompoundForm, Element, MagnetKind, MetalKind, OreKind, Product, Subject};

/// A list by its name, and what it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    pub what: &'static str,
    pub names: fn() -> Vec<String>,
}

macro_rules! choices {
    ($($name:ident = $kind:ident, $what:literal;)+) => {
        $(pub(crate) const $name: Choice = Choice {
            what: $what,
            names: || $kind::ALL.iter().map(|item| item.name().to_owned()).collect(),
        };)+
    };
}

choices! {
    BASIS = Basis, "basis";
    ORE = OreKind, "ore";
    SCRAP_SOURCE = ScrapSource, "scrap source";
    RECOVERY_SOURCE = RecoverySource, "source of recovery";
    PROCESS = Process, "process";
    MODEL = CustodyModel, "chain of custody model";
    DISCARD = DiscardKind, "discard";
    TITLE = Title, "title";
    OUTCOME = Outcome, "outcome";
    COMPLETION = Completion, "completion";
    CAUSE = LossCause, "cause of loss";
}

/// Which list of a run a line belongs to.
pub(crate) const ROLE: Choice = Choice {
    what: "role",
    names: || ROLES.map(str::to_owned).into(),
};
pub(crate) const ROLES: [&str; 4] = ["input", "output", "discard", "retained"];

pub(crate) const YES_OR_NO: Choice = Choice {
    what: "answer",
    names: || ["true", "false"].map(str::to_owned).into(),
};

pub(crate) const PRODUCT: Choice = Choice {
    what: "product",
    names: products,
};

/// The whole catalogue.
fn products() -> Vec<String> {
    let mut all: Vec<Product> = Vec::new();
    all.extend(OreKind::ALL.iter().copied().map(Product::Ore));
    all.extend(OreKind::ALL.iter().copied().map(Product::RawOre));
    for form in CompoundForm::ALL {
        all.push(Product::Compound(*form, Subject::Mixed));
        let one = |element: &Element| Product::Compound(*form, Subject::One(*element));
        all.extend(Element::ALL.iter().map(one));
    }
    all.extend(Element::ALL.iter().copied().map(Product::Metal));
    all.extend(MetalKind::ALL.iter().copied().map(Product::Alloy));
    all.extend(MagnetKind::ALL.iter().copied().map(Product::Magnet));
    all.extend(MagnetKind::ALL.iter().copied().map(Product::Scrap));
    all.extend(
        domain::product::ResidueKind::ALL
            .iter()
            .copied()
            .map(Product::Residue),
    );
    all.iter().map(ToString::to_string).collect()
}
