//! Small drawings next to quota figures: a bar of the share used, and a line of what is left month by month.
//!
//! Invariant: whole hundredths of a pixel, rounded toward zero; equal figures give equal drawings. Knows no parties and no
//! text.

use domain::Ppm;

/// Hundredths of a pixel.
pub(crate) const BAR_WIDTH: i128 = 12_000;
pub(crate) const SPARK_WIDTH: i128 = 14_400;
pub(crate) const SPARK_HEIGHT: i128 = 3_600;

/// Room for the thickness of lines and dots.
const SPARK_MARGIN: i128 = 400;

/// Length of the filled part of a bar; a share of more than one whole fills it.
pub(crate) fn bar(used_ppm: Option<i128>) -> i128 {
    let one = i128::from(Ppm::ONE);
    used_ppm.unwrap_or_default().clamp(0, one) * BAR_WIDTH / one
}

/// A line over the twelve months of a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spark {
    /// Height of the available amount.
    pub available_y: i128,
    /// Height of nothing left.
    pub zero_y: i128,
    /// The start of the year, then the end of each month.
    pub points: Vec<(i128, i128)>,
}

/// `left`: what is left after January, February and so on, as far as the year has come.
pub(crate) fn spark(available: i128, left: &[i128]) -> Spark {
    let all = || left.iter().copied().chain([available, 0]);
    let top = all().max().unwrap_or_default();
    let bottom = all().min().unwrap_or_default();
    let span = (top - bottom).max(1);
    let height_of = |mg: i128| SPARK_MARGIN + (top - mg) * (SPARK_HEIGHT - 2 * SPARK_MARGIN) / span;
    let month_width = (SPARK_WIDTH - 2 * SPARK_MARGIN) / 12;
    let heights = [available].into_iter().chain(left.iter().copied());
    let points = (0i128..)
        .zip(heights)
        .map(|(months, mg)| (SPARK_MARGIN + months * month_width, height_of(mg)));
    Spark {
        available_y: height_of(available),
        zero_y: height_of(0),
        points: points.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_the_share_and_never_longer_than_its_frame() {
        for (ppm, expected) in [
            (None, 0),
            (Some(-5), 0),
            (Some(0), 0),
            (Some(250_000), 3_000),
            (Some(1_000_000), BAR_WIDTH),
            (Some(1_700_000), BAR_WIDTH),
        ] {
            assert_eq!(bar(ppm), expected, "{ppm:?}");
        }
    }

    #[test]
    fn a_line_starts_at_what_is_available_and_falls_below_nothing_where_it_is_exceeded() {
        let drawn = spark(100, &[60, 20, -20]);
        assert_eq!(drawn.points.len(), 4);
        assert_eq!(drawn.points[0].1, drawn.available_y);
        assert!(drawn.points[2].1 < drawn.zero_y);
        assert!(drawn.points[3].1 > drawn.zero_y);
        let steps: Vec<_> = drawn
            .points
            .windows(2)
            .map(|at| at[1].0 - at[0].0)
            .collect();
        assert!(steps.iter().all(|step| *step == steps[0] && *step > 0));
    }

    #[test]
    fn a_line_stays_in_its_frame() {
        for (available, left) in [
            (0, vec![0; 12]),
            (0, vec![-7; 12]),
            (-3, vec![-3, -9]),
            (10_i128.pow(19), vec![10_i128.pow(18); 12]),
            (5, vec![9; 12]),
        ] {
            let drawn = spark(available, &left);
            for (x, y) in drawn.points {
                assert!((0..=SPARK_WIDTH).contains(&x) && (0..=SPARK_HEIGHT).contains(&y));
            }
            assert!((0..=SPARK_HEIGHT).contains(&drawn.zero_y));
        }
    }
}
