//! The model of uncertainty against a second implementation in floating point, and against honest plants.
//!
//! Invariant: the second implementation shares nothing with the first but the masses. Random numbers come from a fixed seed.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    reason = "the second implementation is in floating point on purpose"
)]

use domain::{Basis, Ppm};
use testkit::party;

use crate::spread::{Source, Spread, Weighing};

fn ppm(ppm: u32) -> Ppm {
    Ppm::try_from(ppm).unwrap()
}

fn weighing(source: Source, random: u32, systematic: u32) -> Weighing {
    Weighing {
        source,
        random: ppm(random),
        systematic: ppm(systematic),
    }
}

/// 1000 mg weighed in and 1000 mg counted, both off by 0.707 % at random and 0.707 % alike.
#[test]
fn the_systematic_part_cancels_within_a_method_and_not_across() {
    let spread = |source| {
        let mut spread = Spread::default();
        spread.add(weighing(source, 7_072, 7_072), 1_000, 1);
        spread
    };
    let (scale, other) = (Source::Declared(1), Source::Declared(2));
    let of_party = |basis| Source::Basis(party(4), basis);
    assert_eq!(spread(scale).less(&spread(scale)).sigma(), 9);
    assert_eq!(spread(scale).less(&spread(other)).sigma(), 14);
    let measured = of_party(Basis::Measured);
    assert_eq!(
        spread(measured)
            .less(&spread(of_party(Basis::Weighed)))
            .sigma(),
        14
    );
    let of_inspector = Source::Basis(party(1), Basis::Measured);
    assert_eq!(spread(measured).less(&spread(of_inspector)).sigma(), 14);
    // Systematic parts add linearly, random ones in quadrature: 7 * 16 = 112, 7 * 4 = 28.
    let mut many = Spread::default();
    for _ in 0..16 {
        many.include(&spread(scale));
    }
    assert_eq!(many.sigma(), 115);
    for _ in 0..16 {
        many.add(weighing(scale, 7_072, 7_072), -1_000, -1);
    }
    assert!(many.is_nothing());
}

/// Two thousand weighings of ten million tonnes, each as uncertain as it is large: their sum squared is beyond 128 bits.
#[test]
fn sums_beyond_all_measure_end_at_the_greatest_number() {
    let whole = weighing(Source::Declared(1), Ppm::ONE, Ppm::ONE);
    let mut spread = Spread::default();
    for _ in 0..2_000 {
        spread.add(whole, 10_000_000_000_000_000, 1);
    }
    let greatest = i128::try_from((u128::MAX >> 1).isqrt()).unwrap();
    assert_eq!(spread.sigma(), greatest);
    for _ in 0..100 {
        let same = spread.clone();
        spread.include(&same);
    }
    assert_eq!(spread.sigma(), greatest);
}

/// A location of a balance as MAPIT sees it: what was measured there, and its relative errors.
struct Location {
    grams: f64,
    random: f64,
    systematic: f64,
}

/// The standard error of the inventory difference as MAPIT of Sandia has it: each location is one measurement a period, and
/// begin and end of an inventory are measured independently.
fn semuf(locations: &[Location]) -> f64 {
    let variance = |at: &Location| at.grams.powi(2) * (at.random.powi(2) + at.systematic.powi(2));
    locations.iter().map(variance).sum::<f64>().sqrt()
}

#[test]
fn independent_locations_have_the_standard_error_of_mapit() {
    // Signed grams; relative errors in parts per million: two inputs, begin and end of two inventories, three outputs.
    let cases: [&[(f64, u32, u32)]; 3] = [
        &[(100.0, 10_000, 5_000), (-100.0, 10_000, 5_000)],
        &[
            (1_950.0, 5_000, 5_000),
            (42.0, 500, 500),
            (-42.5, 500, 500),
            (-1_949.0, 2_000, 1_000),
        ],
        &[
            (800.0, 10_000, 10_000),
            (350.0, 3_000, 1_000),
            (60.0, 20_000, 0),
            (75.0, 0, 15_000),
            (-61.0, 20_000, 0),
            (-74.0, 0, 15_000),
            (-500.0, 1_000, 7_000),
            (-400.0, 900, 300),
            (-249.0, 50_000, 50_000),
        ],
    ];
    for case in cases {
        let share = |ppm: u32| f64::from(ppm) / 1e6;
        let locations: Vec<_> = case
            .iter()
            .map(|(grams, random, systematic)| Location {
                grams: *grams,
                random: share(*random),
                systematic: share(*systematic),
            })
            .collect();
        let mut spread = Spread::default();
        for (at, (grams, random, systematic)) in (0..).zip(case) {
            let mg = (grams * 1e6) as i128;
            spread.add(weighing(Source::Declared(at), *random, *systematic), mg, 1);
        }
        let (ours, theirs) = (spread.sigma() as f64, semuf(&locations) * 1e6);
        assert!((ours - theirs).abs() < 5.0, "{ours} {theirs}");
    }
    // By hand: sqrt(2 * 100^2 * (0.01^2 + 0.005^2)) = sqrt(2.5).
    let first = semuf(&[
        Location {
            grams: 100.0,
            random: 0.01,
            systematic: 0.005,
        },
        Location {
            grams: 100.0,
            random: 0.01,
            systematic: 0.005,
        },
    ]);
    assert!((first - 2.5_f64.sqrt()).abs() < 1e-12);
}

/// `SplitMix64`, and from it normal deviates by Box and Muller.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// A balance of an honest plant: MUF over its sigma. Four methods, each with its own bias for the period; what is there at
/// the end is exactly what came less what went.
fn honest_muf(chance: &mut Chance) -> f64 {
    let methods: Vec<(Weighing, f64)> = (0..4)
        .map(|at| {
            let random = 500 + (chance.next() % 4_500) as u32;
            let systematic = 500 + (chance.next() % 4_500) as u32;
            let bias = chance.normal() * f64::from(systematic) / 1e6;
            (weighing(Source::Declared(at), random, systematic), bias)
        })
        .collect();
    let (mut muf, mut spread, mut there) = (0i128, Spread::default(), 0.0);
    let mut weigh = |chance: &mut Chance, method: usize, mg: f64, sign: f64| {
        let (how, bias) = methods[method];
        let noise = chance.normal() * f64::from(how.random.get()) / 1e6;
        let shown = (mg * (1.0 + bias) * (1.0 + noise) * sign).round() as i128;
        muf += shown;
        spread.add(how, shown, 1);
    };
    let opening = 1e10 * (1.0 + chance.unit());
    weigh(chance, 3, opening, 1.0);
    there += opening;
    for _ in 0..12 {
        let mg = 1e9 * (1.0 + 9.0 * chance.unit());
        let method = (chance.next() % 2) as usize;
        weigh(chance, method, mg, 1.0);
        there += mg;
    }
    for _ in 0..20 {
        let mg = there * 0.05 * chance.unit();
        let method = 1 + (chance.next() % 2) as usize;
        weigh(chance, method, mg, -1.0);
        there -= mg;
    }
    weigh(chance, 3, there, -1.0);
    muf as f64 / spread.sigma() as f64
}

/// Of normal deviates 31.73 % lie beyond one sigma and 0.27 % beyond three; what is allowed here is four times the sampling
/// error.
#[test]
fn honest_plants_are_accused_as_rarely_as_the_limit_says() {
    const PLANTS: u32 = 4_000;
    let mut chance = Chance(0x5a4d_5f4f_4d53_0001);
    let (mut beyond_one, mut beyond_three) = (0u32, 0u32);
    for _ in 0..PLANTS {
        let deviation = honest_muf(&mut chance).abs();
        beyond_one += u32::from(deviation > 1.0);
        beyond_three += u32::from(deviation > 3.0);
    }
    let is_near = |found: u32, share: f64| {
        let expected = f64::from(PLANTS) * share;
        let sampling = (expected * (1.0 - share)).sqrt();
        (f64::from(found) - expected).abs() < 4.0 * sampling
    };
    assert!(is_near(beyond_one, 0.3173), "{beyond_one} of {PLANTS}");
    assert!(is_near(beyond_three, 0.0027), "{beyond_three} of {PLANTS}");
}
