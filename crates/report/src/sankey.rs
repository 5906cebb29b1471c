//! Layout of a Sankey drawing: boxes in columns by the longest path to them, bands as wide as what flows.
//!
//! Invariant: whole hundredths of a pixel; the same flows give the same drawing; the places for labels never overlap. A
//! band is never thinner than half a pixel. Knows no names and no figures but the widths.

/// Hundredths of a pixel.
pub(crate) const BOX_WIDTH: i128 = 1_000;
pub(crate) const LABEL_WIDTH: i128 = 16_500;
/// Between a box and its label.
pub(crate) const LABEL_GAP: i128 = 500;
const LABEL_HEIGHT: i128 = 1_700;
const COLUMN_PITCH: i128 = BOX_WIDTH + LABEL_GAP + LABEL_WIDTH + 3_500;
const BOX_GAP: i128 = 500;
const MARGIN: i128 = 600;
const BAND_LEAST: i128 = 50;
/// How far the band of a flow that runs back bows out.
const BOW: i128 = 4_000;

/// A flow from box to box, by number; flows are given largest first. Milligrams above nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flow {
    pub from: usize,
    pub to: usize,
    pub mg: i128,
}

/// Where a box stands; its label begins [`LABEL_GAP`] to its right, at half its height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub column: usize,
    pub x: i128,
    pub y: i128,
    pub height: i128,
}

/// The middle line of a band: from the right side of a box to the left side of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Band {
    pub from: (i128, i128),
    pub to: (i128, i128),
    pub width: i128,
    /// Closes a circle, or stays with one party.
    pub runs_back: bool,
}

impl Band {
    /// The line as the path of an SVG drawing.
    pub(crate) fn path(&self) -> String {
        let ((x0, y0), (x1, y1)) = (self.from, self.to);
        if self.runs_back {
            let (right, left) = (x0 + BOW, x1 - BOW);
            return format!(
                "M{x0} {y0}C{right} {} {left} {} {x1} {y1}",
                y0 + BOW,
                y1 + BOW
            );
        }
        let middle = (x0 + x1) / 2;
        format!("M{x0} {y0}C{middle} {y0} {middle} {y1} {x1} {y1}")
    }
}

/// A drawing: places by box, bands in the order of the flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub width: i128,
    pub height: i128,
    pub places: Vec<Place>,
    pub bands: Vec<Band>,
}

/// Lays out a drawing. `least` holds for each box the first column that it may stand in; `fullest` is the height of all
/// bands in the fullest column.
pub(crate) fn layout(least: &[usize], flows: &[Flow], fullest: i128) -> Layout {
    let forward = forward(least.len(), flows);
    let columns = columns(least, flows, &forward);
    let bow = if forward.contains(&false) { BOW } else { 0 };
    let widths = widths(&columns, flows, fullest);
    let mut places = stacked(&columns, flows, &forward, &widths);
    let column_count = columns.iter().max().map_or(0, |last| last + 1);
    let inner = (0..column_count).map(|column| column_height(&places, column));
    let inner = inner.max().unwrap_or_default();
    for place in &mut places {
        place.x += MARGIN + bow;
        place.y += MARGIN;
    }
    let bands = bands(&places, flows, &forward, &widths);
    Layout {
        width: bow + 2 * MARGIN + COLUMN_PITCH * column_count as i128,
        height: bow + 2 * MARGIN + inner,
        places,
        bands,
    }
}

/// Which flows take part in the order of the columns: each unless the larger ones already lead back from its end to its
/// start.
fn forward(boxes: usize, flows: &[Flow]) -> Vec<bool> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); boxes];
    let mut forward = Vec::new();
    for flow in flows {
        let fits = !reaches(&after, flow.to, flow.from);
        if fits {
            after[flow.from].push(flow.to);
        }
        forward.push(fits);
    }
    forward
}

fn reaches(after: &[Vec<usize>], from: usize, wanted: usize) -> bool {
    let mut seen = vec![false; after.len()];
    let mut waiting = vec![from];
    while let Some(at) = waiting.pop() {
        if at == wanted {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            waiting.extend(&after[at]);
        }
    }
    false
}

/// The longest path to each box. Without circles it is found after as many rounds as there are boxes.
fn columns(least: &[usize], flows: &[Flow], forward: &[bool]) -> Vec<usize> {
    let mut columns = least.to_vec();
    for _ in least {
        for (flow, _) in flows.iter().zip(forward).filter(|(_, forward)| **forward) {
            columns[flow.to] = columns[flow.to].max(columns[flow.from] + 1);
        }
    }
    columns
}

/// Milligrams through each box: what comes in or what goes out, whichever is more.
fn through(boxes: usize, flows: &[Flow], size: impl Fn(usize) -> i128) -> Vec<i128> {
    let mut sides = vec![(0, 0); boxes];
    for (number, flow) in flows.iter().enumerate() {
        sides[flow.from].1 += size(number);
        sides[flow.to].0 += size(number);
    }
    sides.into_iter().map(|(ins, outs)| ins.max(outs)).collect()
}

/// Width of each band, so that the fullest column has the height wanted.
fn widths(columns: &[usize], flows: &[Flow], height: i128) -> Vec<i128> {
    let mut full = vec![0; columns.iter().max().map_or(0, |last| last + 1)];
    let through = through(columns.len(), flows, |number| flows[number].mg);
    for (column, mg) in columns.iter().zip(through) {
        full[*column] += mg;
    }
    let fullest = full.into_iter().max().unwrap_or_default().max(1);
    let width = |flow: &Flow| (flow.mg * height / fullest).max(BAND_LEAST);
    flows.iter().map(width).collect()
}

/// Boxes stacked column by column, each near the boxes that it comes from; columns are centred on the tallest.
fn stacked(columns: &[usize], flows: &[Flow], forward: &[bool], widths: &[i128]) -> Vec<Place> {
    let heights = through(columns.len(), flows, |number| widths[number]);
    let place = |(column, height): (&usize, i128)| Place {
        column: *column,
        x: *column as i128 * COLUMN_PITCH,
        y: 0,
        height,
    };
    let mut places: Vec<Place> = columns.iter().zip(heights).map(place).collect();
    let column_count = columns.iter().max().map_or(0, |last| last + 1);
    let tallest = (0..column_count).map(|column| slots_height(&places, column));
    let tallest = tallest.max().unwrap_or_default();
    for column in 0..column_count {
        let mut members: Vec<usize> = (0..places.len())
            .filter(|number| places[*number].column == column)
            .collect();
        members.sort_by_cached_key(|number| {
            let centre = origin_centre(*number, &places, flows, forward);
            (centre, -places[*number].height, *number)
        });
        let mut y = (tallest - slots_height(&places, column)) / 2;
        for number in members {
            let slot = slot(&places[number]);
            places[number].y = y + (slot - places[number].height) / 2;
            y += slot + BOX_GAP;
        }
    }
    places
}

/// Where the boxes that a box comes from stand, weighed by what comes from each; they stand in columns placed already.
fn origin_centre(number: usize, places: &[Place], flows: &[Flow], forward: &[bool]) -> i128 {
    let into = flows
        .iter()
        .zip(forward)
        .filter(|(flow, forward)| **forward && flow.to == number);
    let (mut weighed, mut whole) = (0, 0);
    for (flow, _) in into {
        let from = &places[flow.from];
        weighed += flow.mg * (from.y + from.height / 2);
        whole += flow.mg;
    }
    weighed / whole.max(1)
}

/// A box takes at least the height of its label.
fn slot(place: &Place) -> i128 {
    place.height.max(LABEL_HEIGHT)
}

fn slots_height(places: &[Place], column: usize) -> i128 {
    let of_column = places.iter().filter(|place| place.column == column);
    of_column
        .map(|place| slot(place) + BOX_GAP)
        .sum::<i128>()
        .saturating_sub(BOX_GAP)
}

fn column_height(places: &[Place], column: usize) -> i128 {
    let of_column = places.iter().filter(|place| place.column == column);
    let lowest = of_column.map(|place| place.y + (place.height + slot(place)) / 2);
    lowest.max().unwrap_or_default()
}

/// Bands leave and reach each box from top to bottom in the order of their other ends, so that few of them cross.
fn bands(places: &[Place], flows: &[Flow], forward: &[bool], widths: &[i128]) -> Vec<Band> {
    let mut bands = vec![Band::default(); flows.len()];
    let mut used = vec![(0, 0); places.len()];
    let mut order: Vec<usize> = (0..flows.len()).collect();
    order.sort_by_key(|number| (places[flows[*number].to].y, *number));
    for number in order.iter().copied() {
        let (from, width) = (flows[number].from, widths[number]);
        let place = &places[from];
        bands[number].from = (place.x + BOX_WIDTH, place.y + used[from].1 + width / 2);
        bands[number].width = width;
        bands[number].runs_back = !forward[number];
        used[from].1 += width;
    }
    order.sort_by_key(|number| (places[flows[*number].from].y, *number));
    for number in order {
        let to = flows[number].to;
        let place = &places[to];
        bands[number].to = (place.x, place.y + used[to].0 + widths[number] / 2);
        used[to].0 += widths[number];
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANDS_HEIGHT: i128 = 32_000;

    fn flow(from: usize, to: usize, mg: i128) -> Flow {
        Flow { from, to, mg }
    }

    /// Every label's frame, a label being as wide and high as it may be.
    fn label_frames(layout: &Layout) -> Vec<[i128; 4]> {
        let frame = |place: &Place| {
            let (x, middle) = (place.x + BOX_WIDTH + LABEL_GAP, place.y + place.height / 2);
            let half = LABEL_HEIGHT / 2;
            [x, middle - half, x + LABEL_WIDTH, middle + half]
        };
        layout.places.iter().map(frame).collect()
    }

    fn overlap(a: &[i128; 4], b: &[i128; 4]) -> bool {
        a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
    }

    #[test]
    fn boxes_stand_after_the_longest_path_to_them() {
        let drawn = layout(
            &[0; 4],
            &[flow(0, 1, 9), flow(1, 2, 8), flow(0, 2, 7), flow(3, 2, 1)],
            BANDS_HEIGHT,
        );
        let columns: Vec<_> = drawn.places.iter().map(|place| place.column).collect();
        assert_eq!(columns, [0, 1, 2, 0]);
        let kept = layout(&[1, 2], &[flow(0, 1, 1)], BANDS_HEIGHT);
        assert_eq!(kept.places[0].column, 1);
    }

    #[test]
    fn the_smallest_flow_of_a_circle_runs_back() {
        let drawn = layout(
            &[0; 3],
            &[flow(0, 1, 9), flow(1, 2, 8), flow(2, 0, 7), flow(2, 2, 1)],
            BANDS_HEIGHT,
        );
        let back: Vec<_> = drawn.bands.iter().map(|band| band.runs_back).collect();
        assert_eq!(back, [false, false, true, true]);
    }

    #[test]
    fn bands_are_as_wide_as_what_flows() {
        let drawn = layout(
            &[0; 3],
            &[flow(0, 1, 3_000_000), flow(0, 2, 1_000_000)],
            BANDS_HEIGHT,
        );
        assert_eq!(drawn.bands[0].width, 3 * BANDS_HEIGHT / 4);
        assert_eq!(drawn.bands[1].width, BANDS_HEIGHT / 4);
        assert_eq!(drawn.places[0].height, BANDS_HEIGHT);
        let thin = layout(
            &[0; 3],
            &[flow(0, 1, i128::from(u64::MAX)), flow(0, 2, 1)],
            BANDS_HEIGHT,
        );
        assert_eq!(thin.bands[1].width, BAND_LEAST);
    }

    #[test]
    fn bands_lie_within_their_boxes_and_beside_each_other() {
        let flows = [
            flow(0, 2, 50),
            flow(1, 2, 30),
            flow(0, 3, 20),
            flow(1, 3, 10),
        ];
        let drawn = layout(&[0; 4], &flows, BANDS_HEIGHT);
        for (number, place) in drawn.places.iter().enumerate() {
            for ins in [true, false] {
                let ends = flows.iter().zip(&drawn.bands).filter_map(|(flow, band)| {
                    let (at, end) = if ins {
                        (flow.to, band.to)
                    } else {
                        (flow.from, band.from)
                    };
                    (at == number).then_some((end.1 - band.width / 2, band.width))
                });
                let mut ends: Vec<_> = ends.collect();
                ends.sort_unstable();
                let mut free = place.y;
                for (top, width) in ends {
                    assert!(top >= free, "bands overlap at box {number}");
                    free = top + width;
                }
                assert!(
                    free <= place.y + place.height + 1,
                    "box {number} is too small"
                );
            }
        }
    }

    #[test]
    fn labels_never_overlap_and_stay_in_the_drawing() {
        // Eight to one to eight, one of them by far the largest, and a circle.
        let mut flows: Vec<Flow> = (0..8)
            .map(|from| flow(from, 8, 1 << (40 - 4 * from)))
            .collect();
        flows.extend((9..17).map(|to| flow(8, to, 1 << (30 - to))));
        flows.push(flow(16, 0, 1));
        let drawn = layout(&[0; 17], &flows, BANDS_HEIGHT);
        let frames = label_frames(&drawn);
        for (number, frame) in frames.iter().enumerate() {
            assert!(frame[0] >= 0 && frame[1] >= 0, "{frame:?}");
            assert!(
                frame[2] <= drawn.width && frame[3] <= drawn.height,
                "{frame:?}"
            );
            for other in &frames[..number] {
                assert!(!overlap(frame, other), "{frame:?} {other:?}");
            }
        }
    }
}
