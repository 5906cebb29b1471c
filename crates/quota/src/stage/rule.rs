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
    /// REO of ore and ore products that a run was fed with, as far as it is known to be that.
    pub ore_fed: i128,
    pub made: Vec<Made>,
}

/// What it put into a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made {
    pub lot: LotId,
    pub shares: Shares,
    pub reo_mg: u64,
    pub net_mg: u64,
    /// The raw ore that it is, if it is described as raw ore.
    pub raw: Option<Part>,
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
            | Payload::LotDiscarded(_)
            | Payload::LotLost(_)
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

/// Lines by which a statement draws of lots for good, in order: what is in the lots decides what crosses.
pub(super) fn drawn(payload: &Payload) -> Vec<(LotId, Quantity)> {
    let lots = |lines: &[LotLine]| {
        let lines = lines.iter();
        lines.map(|line| (line.lot, line.quantity)).collect()
    };
    match payload {
        Payload::LotProcessed(run) => lots(&run.inputs),
        Payload::LotUsed(used) => lots(&used.lines),
        Payload::LotExported(exported) => lots(&exported.lines),
        Payload::LotDiscarded(discarded) => lots(&discarded.lines),
        Payload::LotLost(lost) => lots(&lost.lines),
        Payload::ShipmentDispatched(sent) if sent.to.receiver().is_none() => {
            let lines = sent.lines.iter();
            lines.map(|line| (line.lot, line.quantity)).collect()
        }
        _ => Vec::new(),
    }
}

/// A line of a statement that draws.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub quantity: Quantity,
    /// What it carries.
    pub shares: Shares,
    /// Whether the lot is raw ore by its description.
    pub is_raw: bool,
}

/// What the rule has to know besides the statement.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    /// What is drawn, line by line.
    pub taken: &'a [Taken],
    /// Whether the catalogue of the day lists a product as an ore product.
    pub is_ore_product: &'a dyn Fn(Product) -> bool,
    /// The lot under which what a statement brings forth is booked.
    pub booked_under: &'a dyn Fn(&NewLot) -> LotId,
}

/// What a statement does, given what it draws.
pub(super) fn effect(payload: &Payload, ground: Ground<'_>) -> Effect {
    match payload {
        Payload::LotProcessed(run) => of_run(run, ground),
        Payload::LotUsed(_) | Payload::ShipmentDispatched(_) => leaving(ground.taken, false),
        Payload::LotExported(_) => leaving(ground.taken, true),
        payload => of_source(payload, ground),
    }
}

/// What leaves the ledger as something of which more can't be seen: it was dressed and separated where it was, or it will be
/// by somebody who answers to nobody. Abroad alone raw ore may be sold as it is, and ore products too; what is in a circuit is
/// neither. What has no known origin is not counted on whoever bought it last: the one who handed on more than there was
/// is asked.
fn leaving(taken: &[Taken], is_abroad: bool) -> Effect {
    let mut effect = Effect::default();
    for line in taken {
        let reo = i128::from(line.quantity.reo.mg());
        for part in Part::ALL {
            if let Some(track) = part.mining_track() {
                effect.crossed[place(track)] += line.shares.mg(part, reo);
            }
        }
        let is_separated = |part: Part| match part {
            part if part.is_raw() => !is_abroad || !line.is_raw,
            Part::Circuit => true,
            Part::Unknown => false,
            _ => !is_abroad,
        };
        effect.crossed[place(Track::Separation)] += line.shares.mg_where(is_separated, reo);
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
        let is_from_abroad = matches!(payload, Payload::LotImported(_));
        let raw = described_as_raw(new.product, is_from_abroad);
        effect.made.push(made(&new, shares, raw, ground));
        let reo = i128::from(new.quantity.reo.mg());
        // Mined as a product: it was dressed or leached where it lay.
        if let Payload::LotMined(mined) = payload
            && !matches!(new.product, Product::RawOre(_))
        {
            effect.crossed[place(mined.ore.track())] += reo;
        }
        // What is won here enters as an ore product at most: if it is separated already, it was separated here.
        if let Payload::LotMined(_) | Payload::LotRecovered(_) = payload {
            effect.crossed[place(Track::Separation)] += reo - shares.unseparated_mg(reo);
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
    let feed = feed(run, ground.taken);
    let mut effect = Effect {
        ore_fed: ore_fed(ground.taken),
        ..Effect::default()
    };
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
        let raw = described_as_raw(new.product, false);
        effect.made.push(made(new, shares, raw, ground));
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

fn ore_fed(taken: &[Taken]) -> i128 {
    let is_ore = |part: Part| part.is_raw() || matches!(part, Part::Ore | Part::OreCompound);
    let of_line = |line: &Taken| line.shares.mg_where(is_ore, line.quantity.reo.mg().into());
    taken.iter().map(of_line).sum()
}

/// What went into a run: by REO, or by net mass where no input has any, or each alike.
fn feed(run: &LotProcessed, taken: &[Taken]) -> Shares {
    let weighed = |weigh: &dyn Fn(&Quantity) -> u128| -> Vec<(Shares, u128)> {
        let lines = taken.iter();
        lines
            .map(|line| (line.shares, weigh(&line.quantity)))
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
    let surplus = surplus.unwrap_or_else(|| Shares::pure(Part::Unknown));
    Shares::mix(&[(mixed, taken), (surplus, given - taken)])
}

fn made(new: &NewLot, shares: Shares, raw: Option<Part>, ground: Ground<'_>) -> Made {
    Made {
        lot: (ground.booked_under)(new),
        shares,
        reo_mg: new.quantity.reo.mg(),
        net_mg: new.quantity.net.mg(),
        raw,
    }
}

/// The raw ore that something is by its description alone: what is said of its origin does not change it.
fn described_as_raw(product: Product, is_from_abroad: bool) -> Option<Part> {
    match product {
        Product::RawOre(_) if is_from_abroad => Some(Part::RawElsewhere),
        Product::RawOre(ore) => Some(Part::raw(ore)),
        _ => None,
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
