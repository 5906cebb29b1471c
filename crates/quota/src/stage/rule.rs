//! The one rule of what crosses a stage: ore product is what mining gives, separated is what separation gives (Order 71
//! articles 2 and 3), whatever the process, the role or the party is called.
//!
//! Invariant: matter goes on or stays, never back; each milligram that comes out crosses a stage once. A pure function of the
//! statement and of what its inputs are, so that a reversal is the exact opposite.

use domain::payload::{LotLine, LotProcessed, NewLot, Payload};
use domain::product::Subject;
use domain::{Composition, LotId, Ppm, Product, Quantity, Track, fingerprint};

use super::share::{Part, Shares, Weighed};

/// REO by quota track.
pub(crate) type Crossed = [i128; 3];

/// What comes out beyond what went in by more than this came from somewhere unknown; less is noise of measuring.
pub(super) const NOISE_PPM: u128 = 20_000;

/// What one statement did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Effect {
    pub crossed: Crossed,
    pub made: Vec<Made>,
}

/// What it put into a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made {
    pub lot: LotId,
    pub shares: Shares,
    pub reo_mg: u64,
    pub net_mg: u64,
}

/// Whether statements of this kind can have an effect.
pub(super) fn concerns(payload: &Payload) -> bool {
    matches!(
        payload,
        Payload::LotMined(_)
            | Payload::LotImported(_)
            | Payload::LotRecovered(_)
            | Payload::OpeningStockDeclared(_)
            | Payload::ScrapCollected(_)
            | Payload::LotProcessed(_)
            | Payload::LotUsed(_)
            | Payload::LotExported(_)
            | Payload::ShipmentDispatched(_)
    )
}

impl Made {
    pub(super) const fn weighed(&self) -> Weighed {
        Weighed {
            net_mg: self.net_mg,
            reo_mg: self.reo_mg,
        }
    }
}

/// Lots of which a statement draws for good, and how much: what they are decides what crosses.
pub(super) fn drawn(payload: &Payload) -> Vec<(LotId, Weighed)> {
    let drawn = |lot: LotId, quantity: &Quantity| {
        let (net_mg, reo_mg) = (quantity.net.mg(), quantity.reo.mg());
        (lot, Weighed { net_mg, reo_mg })
    };
    let lots = |lines: &[LotLine]| {
        let lines = lines.iter();
        lines.map(|line| drawn(line.lot, &line.quantity)).collect()
    };
    match payload {
        Payload::LotProcessed(run) => lots(&run.inputs),
        Payload::LotUsed(used) => lots(&used.lines),
        Payload::LotExported(exported) => lots(&exported.lines),
        Payload::ShipmentDispatched(sent) if sent.to.receiver().is_none() => {
            let lines = sent.lines.iter();
            lines.map(|line| drawn(line.lot, &line.quantity)).collect()
        }
        _ => Vec::new(),
    }
}

/// What the rule has to know beside the statement.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    /// What is in a lot.
    pub of: &'a dyn Fn(&LotId) -> Shares,
    /// Whether the catalogue of the day lists a product as an ore product.
    pub is_ore_product: &'a dyn Fn(Product) -> bool,
    /// The lot under which what a statement brings forth is booked.
    pub booked_under: &'a dyn Fn(&NewLot) -> LotId,
}

/// What a statement does, given what is in the lots that it draws of.
pub(super) fn effect(payload: &Payload, ground: Ground<'_>) -> Effect {
    let of = ground.of;
    match payload {
        Payload::LotProcessed(run) => of_run(run, ground),
        Payload::LotUsed(used) => {
            let lines = used.lines.iter().map(|line| (line.lot, line.quantity));
            leaving(
                lines,
                of,
                &[Part::Circuit, Part::OreCompound, Part::OtherCompound],
            )
        }
        Payload::ShipmentDispatched(sent) if sent.to.receiver().is_none() => {
            let lines = sent.lines.iter().map(|line| (line.lot, line.quantity));
            leaving(
                lines,
                of,
                &[Part::Circuit, Part::OreCompound, Part::OtherCompound],
            )
        }
        // Ore products may be sold abroad as they are.
        Payload::LotExported(exported) => {
            let lines = exported.lines.iter().map(|line| (line.lot, line.quantity));
            leaving(lines, of, &[Part::Circuit])
        }
        payload => of_source(payload, ground),
    }
}

/// What leaves the ledger as something of which more can't be seen: it was separated where it was, or it will be by
/// somebody who answers to nobody.
fn leaving(
    lines: impl Iterator<Item = (LotId, Quantity)>,
    of: &dyn Fn(&LotId) -> Shares,
    parts: &[Part],
) -> Effect {
    let mut effect = Effect::default();
    for (lot, quantity) in lines {
        let shares = of(&lot);
        let crossed = parts
            .iter()
            .map(|part| shares.mg(*part, quantity.reo.mg().into()));
        effect.crossed[place(Track::Separation)] += crossed.sum::<i128>();
    }
    effect
}

/// What enters the books.
fn of_source(payload: &Payload, ground: Ground<'_>) -> Effect {
    let mut effect = Effect::default();
    for new in payload.new_lots() {
        let shares = match (payload, new.product) {
            (Payload::LotMined(_) | Payload::OpeningStockDeclared(_), Product::RawOre(ore)) => {
                Shares::pure(Part::raw(ore))
            }
            (Payload::ScrapCollected(_), Product::Residue(_)) => Shares::SEPARATED,
            (_, product) => stage_of(product, new.composition.as_ref(), ground)
                .map_or(Shares::SEPARATED, Shares::pure),
        };
        effect.made.push(made(&new, shares, ground));
        // Mined as a product: it was dressed or leached where it lay.
        if let Payload::LotMined(mined) = payload
            && !matches!(new.product, Product::RawOre(_))
        {
            effect.crossed[place(mined.ore.track())] += i128::from(new.quantity.reo.mg());
        }
    }
    effect
}

/// Where something stands of which only the description is known; nothing if it is separated.
fn stage_of(
    product: Product,
    composition: Option<&Composition>,
    ground: Ground<'_>,
) -> Option<Part> {
    match product {
        Product::RawOre(_) => Some(Part::RawElsewhere),
        Product::Ore(_) => Some(Part::Ore),
        Product::Residue(_) => Some(Part::Circuit),
        Product::Compound(_, Subject::Mixed) if is_as_ore(composition) => {
            Some(if (ground.is_ore_product)(product) {
                Part::OreCompound
            } else {
                Part::OtherCompound
            })
        }
        _ => None,
    }
}

/// A mixed compound is not an ore product if its analysis shows that elements were taken out.
fn is_as_ore(composition: Option<&Composition>) -> bool {
    composition.is_none_or(fingerprint::is_whole)
}

fn of_run(run: &LotProcessed, ground: Ground<'_>) -> Effect {
    let feed = feed(run, ground.of);
    let mut effect = Effect::default();
    for new in run.outputs.iter().chain(run.retained.iter()) {
        let reo = i128::from(new.quantity.reo.mg());
        let mut shares = Shares::SEPARATED;
        for part in Part::ALL {
            let share = feed.of(part);
            if share == 0 {
                continue;
            }
            let after = goes_on(part, new, ground);
            if let Some(track) = part.mining_track()
                && after.is_none_or(|after| !after.is_raw())
            {
                effect.crossed[place(track)] += feed.mg(part, reo);
            }
            match after {
                Some(after) => shares.add(after, share),
                None => effect.crossed[place(Track::Separation)] += feed.mg(part, reo),
            }
        }
        effect.made.push(made(new, shares, ground));
    }
    effect
}

/// Where matter stands as this output; nothing if it is separated by now.
fn goes_on(part: Part, new: &NewLot, ground: Ground<'_>) -> Option<Part> {
    let whole = || is_as_ore(new.composition.as_ref());
    let is_listed = || (ground.is_ore_product)(new.product) && whole();
    match (part, new.product) {
        (raw, Product::RawOre(_) | Product::Residue(_)) if raw.is_raw() => Some(raw),
        (Part::RawIon | Part::RawElsewhere, Product::Compound(_, Subject::Mixed))
            if is_listed() =>
        {
            Some(Part::OreCompound)
        }
        (_, Product::Residue(_)) | (Part::Circuit, Product::RawOre(_) | Product::Ore(_)) => {
            Some(Part::Circuit)
        }
        (Part::OreCompound | Part::OtherCompound, Product::RawOre(_) | Product::Ore(_)) => {
            Some(part)
        }
        (_, Product::RawOre(_) | Product::Ore(_)) => Some(Part::Ore),
        (Part::OreCompound, Product::Compound(_, Subject::Mixed)) if is_listed() => Some(part),
        (Part::OtherCompound, Product::Compound(_, Subject::Mixed)) if whole() => Some(part),
        _ => None,
    }
}

/// What went into a run: by REO, or by net mass where no input has any, or each alike.
fn feed(run: &LotProcessed, of: &dyn Fn(&LotId) -> Shares) -> Shares {
    let weighed = |weigh: &dyn Fn(&Quantity) -> u128| -> Vec<(Shares, u128)> {
        let inputs = run.inputs.iter();
        inputs
            .map(|input| (of(&input.lot), weigh(&input.quantity)))
            .collect()
    };
    let reo = |quantity: &Quantity| u128::from(quantity.reo.mg());
    let by_reo = weighed(&reo);
    let taken: u128 = by_reo.iter().map(|(_, weight)| weight).sum();
    if taken == 0 {
        let by_net = weighed(&|quantity| u128::from(quantity.net.mg()));
        let has_mass = by_net.iter().any(|(_, weight)| *weight > 0);
        return if has_mass {
            Shares::mix(&by_net)
        } else {
            Shares::mix(&weighed(&|_| 1))
        };
    }
    let mixed = Shares::mix(&by_reo);
    let made = run.outputs.iter().chain(run.retained.iter());
    let made: u128 = made.map(|new| reo(&new.quantity)).sum();
    let given = made
        + run
            .discards
            .iter()
            .map(|discard| reo(&discard.quantity))
            .sum::<u128>();
    let noise = taken * NOISE_PPM / u128::from(Ppm::ONE);
    if given <= taken + noise {
        return mixed;
    }
    // More came out than was said to go in: of what is not separated, since that alone has a reason to be left unsaid.
    let any = weighed(&|_| 1);
    let surplus = Shares::mix(&any).unseparated_only();
    let surplus = surplus.unwrap_or_else(|| Shares::pure(Part::Ore));
    Shares::mix(&[(mixed, taken), (surplus, given - taken)])
}

fn made(new: &NewLot, shares: Shares, ground: Ground<'_>) -> Made {
    Made {
        lot: (ground.booked_under)(new),
        shares,
        reo_mg: new.quantity.reo.mg(),
        net_mg: new.quantity.net.mg(),
    }
}

pub(crate) const fn place(track: Track) -> usize {
    match track {
        Track::MiningRock => 0,
        Track::MiningIon => 1,
        Track::Separation => 2,
    }
}

/// Every track, in the order of [`Crossed`].
pub(crate) const TRACKS: [Track; 3] = [Track::MiningRock, Track::MiningIon, Track::Separation];
