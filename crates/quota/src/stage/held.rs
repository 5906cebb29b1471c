//! What lies in a lot, and what a draw of it carries: the arithmetic of one step.
//!
//! Invariant: what is carried away is gone, and all that is drawn beyond what lies there, and beyond the noise of measuring, is
//! unknown. Knows no order and no statements.

use bincode::{Decode, Encode};
use domain::Ppm;

use super::rule::NOISE_PPM;
use super::share::{Part, Shares, Weighed};

const NOISE: i128 = NOISE_PPM as i128;

/// Nearly always of one stage: then it takes no memory of its own.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) enum Content {
    Separated,
    All(Part),
    Mixed(Box<Shares>),
}

impl Content {
    pub(super) fn of(shares: &Shares) -> Self {
        match shares.only() {
            Some(None) => Self::Separated,
            Some(Some(part)) => Self::All(part),
            None => Self::Mixed(Box::new(*shares)),
        }
    }

    fn shares(&self) -> Shares {
        match self {
            Self::Separated => Shares::SEPARATED,
            Self::All(part) => Shares::pure(*part),
            Self::Mixed(shares) => **shares,
        }
    }
}

/// In this order at one place in time: a statement draws before it puts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) enum What {
    Draw,
    /// What is put in, and the raw ore that it is by its description.
    Put(Content, Option<Part>),
}

/// What lies in the lot after an entry. Below nothing by no more than the noise of measuring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    reo_mg: i128,
    net_mg: i128,
    /// Of all that was put in so far.
    noise: (i128, i128),
    /// Nothing before something was put in.
    mix: Option<Shares>,
}

pub(super) const NOTHING_HELD: Held = Held {
    reo_mg: 0,
    net_mg: 0,
    noise: (0, 0),
    mix: None,
};

/// An entry worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub held: Held,
    /// What a draw carries; of what is put in, what was put in.
    pub carries: Shares,
}

pub(super) const NO_STEP: Step = Step {
    held: NOTHING_HELD,
    carries: Shares::SEPARATED,
};

impl Held {
    /// After so much was put in or drawn. `raw` is the raw ore that the lot is by its description.
    pub(super) fn after(mut self, weighed: Weighed, what: &What, raw: Option<Part>) -> Step {
        let (reo_mg, net_mg) = (i128::from(weighed.reo_mg), i128::from(weighed.net_mg));
        let carries = match what {
            What::Put(content, _) => {
                let shares = content.shares();
                self.put(&shares, reo_mg, net_mg);
                shares
            }
            What::Draw => self.draw(reo_mg, net_mg, raw),
        };
        Step {
            held: self,
            carries,
        }
    }

    /// A lot of no mass weighs a milligram, or its stage would be lost.
    fn put(&mut self, shares: &Shares, reo_mg: i128, net_mg: i128) {
        let weight = reo_mg.max(1);
        let lies = self.reo_mg.max(0).unsigned_abs();
        self.mix = match self.mix {
            Some(mix) if lies > 0 => Some(Shares::mix(&[
                (mix, lies),
                (*shares, weight.unsigned_abs()),
            ])),
            _ => Some(*shares),
        };
        self.reo_mg += weight;
        self.net_mg += net_mg;
        self.noise.0 += weight * NOISE;
        self.noise.1 += net_mg * NOISE;
    }

    /// What is drawn beyond all that lies there, by net mass or by REO, whichever is more of it, is something else, of which
    /// nothing is known: a lot of little REO is no cover for much. Raw ore is raw ore, however much is drawn of it.
    fn draw(&mut self, reo_mg: i128, net_mg: i128, raw: Option<Part>) -> Shares {
        let unknown = || Shares::pure(raw.unwrap_or(Part::Unknown));
        let Some(mix) = self.mix else {
            return unknown();
        };
        let beyond = |lies: i128, noise: i128, drawn: i128| {
            let rest = lies - drawn;
            let is_within = rest * i128::from(Ppm::ONE) >= -noise;
            if is_within {
                (rest, 0)
            } else {
                (0, drawn - lies.max(0))
            }
        };
        let (rest_reo, reo) = beyond(self.reo_mg, self.noise.0, reo_mg);
        let (rest_net, net) = beyond(self.net_mg, self.noise.1, net_mg);
        (self.reo_mg, self.net_mg) = (rest_reo, rest_net);
        if reo == 0 && net == 0 {
            return mix;
        }
        let [reo, reo_mg, net, net_mg] = [reo, reo_mg, net, net_mg].map(i128::unsigned_abs);
        let (drawn, beyond) = if reo_mg > 0 && reo * net_mg >= net * reo_mg {
            (reo_mg, reo)
        } else {
            (net_mg, net)
        };
        let rest = mix.raw_only().unwrap_or_else(unknown);
        Shares::mix(&[(mix, drawn - beyond), (rest, beyond)])
    }
}
