//! The rule set: every tolerance, band and day on which findings depend. It is dated data, changed only by an event.
//!
//! Invariant: an old event is judged by the rules of its day. Knows the numbers, not the findings.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::form::FormError;
use crate::limits::BANDS_MAX;
use crate::list::List;
use crate::payload::Process;
use crate::quantity::{Basis, Mass, Ppm};

/// Plausible REO yield of one process: outputs and residue over inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YieldBand {
    pub process: Process,
    /// Lowest plausible yield, in ppm.
    pub low_ppm: Ppm,
    /// Highest plausible yield, in ppm; above one whole only by measurement noise, which is judged apart.
    pub high_ppm: Ppm,
}

/// Relative standard uncertainties of quantities of one basis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasisUncertainty {
    pub basis: Basis,
    /// Differs from one measurement to the next.
    pub random_ppm: Ppm,
    /// The same in all of them.
    pub systematic_ppm: Ppm,
}

/// Numbers that findings are judged by, from its effective date on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Day of the next month by which a month is entered (Order 71 article 10: before the 10th).
    pub return_due_day: u8,
    /// Whether that day itself is still in time; the order's wording leaves it open.
    pub return_due_day_included: bool,
    /// Relative shipper/receiver difference that needs no explanation, of the dispatched mass.
    pub receipt_tolerance_ppm: Ppm,
    /// Absolute shipper/receiver difference that needs no explanation.
    pub receipt_tolerance_mg: Mass,
    /// Days that a shipment may be under way.
    pub transit_days: u16,
    /// Nothing is judged by it: what a run may gain follows from its weighings. A rule set of format 1 states it.
    pub gain_tolerance_ppm: Ppm,
    /// Yield bands, at most one for each process, sorted by process.
    pub yield_bands: List<YieldBand, 0, BANDS_MAX>,
    /// Standard deviations beyond which MUF is a finding, in thousandths.
    pub muf_sigma_milli: u32,
    /// Relative standard uncertainty of a weighing that states none, in ppm.
    pub default_uncertainty_ppm: Ppm,
    /// How far the share of an element may lie outside what the declared ore type has, in ppm of REO.
    pub fingerprint_tolerance_ppm: Ppm,
    /// Share of tainted REO in a feed from which it is a finding.
    pub taint_threshold_ppm: Ppm,
    /// Quota used from which a warning is given, in ppm of the allocation.
    pub quota_warning_ppm: Ppm,
    /// Signatures that an act of the authority needs.
    pub authority_signatures: u8,
    /// Days, by the time of receipt, after which a key takes effect that an office grants to a party that is registered
    /// already; until then the party may object.
    pub grant_delay_days: u16,
    /// Days that the node's clock may run ahead of the last entry before the operator has to confirm that it is right.
    pub clock_gap_days: u16,
    /// Days within which a difference in a balance is broken down by cause.
    pub breakdown_days: u16,
    /// Days after its registration within which a party may declare opening stock.
    pub opening_stock_days: u16,
    /// Losses above this share of a month's throughput are looked at.
    pub loss_share_ppm: Ppm,
    /// Months that material may circle in a separation circuit.
    pub circuit_months: u8,
    /// Uncertainty of quantities by their basis where neither they nor a declared method state one; at most one of each,
    /// sorted.
    pub uncertainties: List<BasisUncertainty, 0, 4>,
    /// No stated uncertainty counts as smaller.
    pub uncertainty_floor_ppm: Ppm,
    /// No stated uncertainty counts as larger.
    pub uncertainty_cap_ppm: Ppm,
}

/// A stated uncertainty is believed up to so many times what the rule set takes of the basis.
const STATED_TIMES_MAX: u32 = 5;

/// The uncertainty that has half the variance: divided by the square root of two, rounded toward zero.
pub fn half_of_variance(whole: Ppm) -> Ppm {
    let square = u64::from(whole.get()) * u64::from(whole.get());
    let half = u32::try_from((square / 2).isqrt()).unwrap_or(u32::MAX);
    clamped(whole, 0, half)
}

/// The floor yields where it lies above the cap.
fn clamped(stated: Ppm, least: u32, most: u32) -> Ppm {
    let ppm = stated.get().max(least).min(most);
    Ppm::try_from(ppm).unwrap_or(stated)
}

impl RuleSet {
    /// Ranges that a type can't express.
    pub fn check(&self) -> Result<(), FormError> {
        let range = |what, found: u64, min, max| {
            if found < min || found > max {
                Err(FormError::Range {
                    what,
                    found,
                    min,
                    max,
                })
            } else {
                Ok(())
            }
        };
        range("return due day", self.return_due_day.into(), 1, 28)?;
        range("days in transit", self.transit_days.into(), 1, 366)?;
        range(
            "MUF limit in thousandths of sigma",
            self.muf_sigma_milli.into(),
            1,
            100_000,
        )?;
        range(
            "signatures of the authority",
            self.authority_signatures.into(),
            1,
            8,
        )?;
        range(
            "days before a granted key takes effect",
            self.grant_delay_days.into(),
            0,
            90,
        )?;
        range(
            "days that the clock may run ahead",
            self.clock_gap_days.into(),
            1,
            366,
        )?;
        range(
            "days for the breakdown of a difference",
            self.breakdown_days.into(),
            1,
            366,
        )?;
        range(
            "days for opening stock",
            self.opening_stock_days.into(),
            0,
            366,
        )?;
        range("months of a circuit", self.circuit_months.into(), 1, 24)?;
        range(
            "floor of uncertainty",
            self.uncertainty_floor_ppm.get().into(),
            0,
            self.uncertainty_cap_ppm.get().into(),
        )?;
        self.check_lists()
    }

    fn check_lists(&self) -> Result<(), FormError> {
        if !self.uncertainties.is_sorted_by(|a, b| a.basis < b.basis) {
            return Err(FormError::ListOrder {
                what: "uncertainties by basis",
            });
        }
        if !self.yield_bands.is_sorted_by(|a, b| a.process < b.process) {
            return Err(FormError::ListOrder {
                what: "yield bands",
            });
        }
        let reversed = self
            .yield_bands
            .iter()
            .find(|band| band.low_ppm > band.high_ppm);
        reversed.map_or(Ok(()), |band| {
            let (from, until) = (
                band.low_ppm.get().to_string(),
                band.high_ppm.get().to_string(),
            );
            Err(FormError::PeriodReversed { from, until })
        })
    }

    /// What is taken of a basis where neither the quantity nor a declared method states anything. A basis that is not
    /// listed has the default, half of its variance random and half systematic.
    pub fn uncertainty(&self, basis: Basis) -> BasisUncertainty {
        let mut listed = self.uncertainties.iter();
        let found = listed.find(|listed| listed.basis == basis).copied();
        found.unwrap_or_else(|| {
            let half = half_of_variance(self.default_uncertainty_ppm);
            BasisUncertainty {
                basis,
                random_ppm: half,
                systematic_ppm: half,
            }
        })
    }

    /// What a plant states, as far as it is believed: no part below the floor, none above the cap or
    /// [`STATED_TIMES_MAX`] times what is taken of the basis, so that nobody gives itself a wide tolerance.
    pub fn believed(&self, basis: Basis, random_ppm: Ppm, systematic_ppm: Ppm) -> BasisUncertainty {
        let listed = self.uncertainty(basis);
        let within = |stated: Ppm, listed: Ppm| {
            let most = listed.get().saturating_mul(STATED_TIMES_MAX);
            let most = most.min(self.uncertainty_cap_ppm.get());
            let least = self.uncertainty_floor_ppm.get();
            clamped(stated, least, most)
        };
        BasisUncertainty {
            basis,
            random_ppm: within(random_ppm, listed.random_ppm),
            systematic_ppm: within(systematic_ppm, listed.systematic_ppm),
        }
    }

    /// What is believed of one standard uncertainty that does not say how much of it is random.
    pub fn believed_whole(&self, basis: Basis, stated: Ppm) -> BasisUncertainty {
        let half = half_of_variance(stated);
        self.believed(basis, half, half)
    }

    /// What is believed of a laboratory: floor and cap alone, since shares of elements have no basis.
    pub fn believed_share(&self, stated: Ppm) -> Ppm {
        let least = self.uncertainty_floor_ppm.get();
        clamped(stated, least, self.uncertainty_cap_ppm.get())
    }

    /// How many milligrams of this many sent may be missing or too much without an explanation.
    pub fn receipt_tolerance(&self, sent_mg: i128) -> i128 {
        let least = i128::from(self.receipt_tolerance_mg.mg());
        self.receipt_tolerance_ppm.of(sent_mg).max(least)
    }

    /// Standard deviations as the mass beyond which a difference is a finding.
    pub fn limit_of(&self, sigma_mg: i128) -> i128 {
        sigma_mg.saturating_mul(i128::from(self.muf_sigma_milli)) / 1_000
    }

    /// The band of a process, if one is set.
    pub fn yield_band(&self, process: Process) -> Option<&YieldBand> {
        self.yield_bands.iter().find(|band| band.process == process)
    }

    /// A starting point: the public recovery norms of the trade and usual measurement tolerances.
    ///
    /// Yields: industry norms of 2016 (separation of ore above 88 %, of ion ore above 94 %, beneficiation above 65 %),
    /// widened downward, since a run below its norm is worth a look and not yet a finding.
    pub fn customary() -> Self {
        let share = |ppm| Ppm::try_from(ppm).expect("a constant below one whole");
        let band = |process, low, high| YieldBand {
            process,
            low_ppm: share(low),
            high_ppm: share(high),
        };
        let by = |basis, random, systematic| BasisUncertainty {
            basis,
            random_ppm: share(random),
            systematic_ppm: share(systematic),
        };
        let bands = vec![
            band(Process::Beneficiation, 500_000, 1_000_000),
            band(Process::Separation, 850_000, 1_000_000),
            band(Process::MetalSmelting, 900_000, 1_000_000),
            band(Process::Alloying, 900_000, 1_000_000),
            band(Process::MagnetMaking, 600_000, 1_000_000),
            band(Process::Recycling, 800_000, 1_000_000),
            band(Process::Blending, 990_000, 1_000_000),
            band(Process::Repackaging, 990_000, 1_000_000),
        ];
        Self {
            return_due_day: 10,
            return_due_day_included: false,
            receipt_tolerance_ppm: share(5_000),
            receipt_tolerance_mg: Mass::from_kg(20).expect("a small constant"),
            transit_days: 45,
            gain_tolerance_ppm: share(5_000),
            yield_bands: List::new(bands).expect("fewer bands than the limit"),
            muf_sigma_milli: 3_000,
            default_uncertainty_ppm: share(2_000),
            fingerprint_tolerance_ppm: share(100_000),
            taint_threshold_ppm: share(1_000),
            quota_warning_ppm: share(950_000),
            authority_signatures: 1,
            grant_delay_days: 7,
            clock_gap_days: 30,
            breakdown_days: 30,
            opening_stock_days: 90,
            loss_share_ppm: share(1_000),
            circuit_months: 6,
            uncertainties: List::new(vec![
                by(Basis::Measured, 1_000, 1_000),
                by(Basis::Weighed, 1_500, 1_500),
                by(Basis::Estimated, 20_000, 10_000),
                by(Basis::Stated, 2_000, 2_000),
            ])
            .expect("one of each basis"),
            uncertainty_floor_ppm: share(500),
            uncertainty_cap_ppm: share(50_000),
        }
    }
}
