//! A Sankey drawing with names and masses: the largest flows drawn, the others stated in words.
//!
//! Invariant: each band and the sum of the others has its figure. Names are cut to the room they have; the whole name
//! stands in the tooltip. Knows neither parties nor products.

use std::collections::BTreeSet;

use crate::figure::{FigureOf, Figures, Mass};
use crate::sankey::{self, BOX_WIDTH, Band, LABEL_GAP, LABEL_WIDTH};

/// Bands beyond this many say nothing to the eye.
const BANDS_MOST: usize = 40;

/// How high the bands of the fullest column are together, in hundredths of a pixel.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Size {
    Large = 32_000,
    Small = 14_000,
}

/// A flow between two ends; `mg` is its width.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge<K, C> {
    pub from: K,
    pub to: K,
    pub cell: C,
    pub mg: i128,
}

/// How an end of a flow is called, and the first column that it may stand in.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub name: String,
    /// Name in every language, and what else tells it apart.
    pub whole_name: String,
    pub least_column: usize,
}

#[derive(Debug)]
pub(crate) struct DrawnBox {
    pub x: i128,
    pub y: i128,
    pub height: i128,
    pub label_x: i128,
    pub label_y: i128,
    pub label: String,
    pub whole_name: String,
}

#[derive(Debug)]
pub(crate) struct DrawnBand {
    pub path: String,
    pub width: i128,
    pub runs_back: bool,
    pub from: String,
    pub to: String,
    pub reo: Mass,
}

/// Flows that are not drawn.
#[derive(Debug)]
pub(crate) struct Others {
    pub count: usize,
    pub reo: Mass,
}

#[derive(Debug)]
pub(crate) struct Diagram {
    pub width: i128,
    pub height: i128,
    pub box_width: i128,
    pub boxes: Vec<DrawnBox>,
    /// Largest first.
    pub bands: Vec<DrawnBand>,
    /// How many of them run back.
    pub back_count: usize,
    pub others: Option<Others>,
}

/// Draws flows; nothing if there is none above nothing. `figure_of` makes the figure of some of the cells.
pub(crate) fn diagram<K: Copy + Ord, C: Copy>(
    figures: &mut Figures<'_>,
    size: Size,
    figure_of: fn(Vec<C>) -> FigureOf,
    mut edges: Vec<Edge<K, C>>,
    end_of: impl Fn(K) -> End,
) -> Option<Diagram> {
    edges.sort_by_key(|edge| (-edge.mg, edge.from, edge.to));
    let positive = edges.iter().take_while(|edge| edge.mg > 0).count();
    let rest = edges.split_off(positive.min(BANDS_MOST));
    let keys: BTreeSet<K> = edges.iter().flat_map(|edge| [edge.from, edge.to]).collect();
    if keys.is_empty() {
        return None;
    }
    let ends: Vec<End> = keys.iter().map(|key| end_of(*key)).collect();
    let keys: Vec<K> = keys.into_iter().collect();
    let number = |key: K| keys.partition_point(|known| *known < key);
    let flow = |edge: &Edge<K, C>| sankey::Flow {
        from: number(edge.from),
        to: number(edge.to),
        mg: edge.mg,
    };
    let flows: Vec<_> = edges.iter().map(flow).collect();
    let least: Vec<_> = ends.iter().map(|end| end.least_column).collect();
    let layout = sankey::layout(&least, &flows, size as i128);
    let boxes = ends
        .iter()
        .zip(&layout.places)
        .map(|(end, place)| DrawnBox {
            x: place.x,
            y: place.y,
            height: place.height,
            label_x: place.x + BOX_WIDTH + LABEL_GAP,
            label_y: place.y + place.height / 2,
            label: cut(&end.name),
            whole_name: end.whole_name.clone(),
        });
    let drawn = edges.iter().zip(&flows).zip(&layout.bands);
    let bands: Vec<_> = drawn
        .map(|((edge, flow), band): (_, &Band)| DrawnBand {
            path: band.path(),
            width: band.width,
            runs_back: band.runs_back,
            from: ends[flow.from].whole_name.clone(),
            to: ends[flow.to].whole_name.clone(),
            reo: figures.reo(figure_of(vec![edge.cell])),
        })
        .collect();
    let others = (!rest.is_empty()).then(|| Others {
        count: rest.len(),
        reo: figures.reo(figure_of(rest.iter().map(|edge| edge.cell).collect())),
    });
    Some(Diagram {
        width: layout.width,
        height: layout.height,
        box_width: BOX_WIDTH,
        boxes: boxes.collect(),
        back_count: bands.iter().filter(|band| band.runs_back).count(),
        bands,
        others,
    })
}

/// A name that fits the room for a label.
fn cut(name: &str) -> String {
    let whole: i128 = name.chars().map(width_of).sum();
    if whole <= LABEL_WIDTH {
        return name.to_owned();
    }
    let mut room = LABEL_WIDTH - width_of('…');
    let fitting = name.chars().take_while(|character| {
        room -= width_of(*character);
        room >= 0
    });
    let fitting: String = fitting.collect();
    format!("{}…", fitting.trim_end())
}

/// At twelve pixels, on the wide side of the usual fonts; in hundredths of a pixel.
const fn width_of(character: char) -> i128 {
    match character {
        'i' | 'j' | 'l' | ' ' | '.' | ',' | '\'' | '-' | '(' | ')' | '/' => 480,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1_150,
        'A'..='Z' => 900,
        '!'..='~' => 730,
        _ => 1_250,
    }
}

#[cfg(test)]
mod tests {
    use books::Books;
    use domain::PartyId;
    use flow::PartnerCell;
    use testkit::{at, party};

    use super::{BANDS_MOST, Edge, End, Size, cut, diagram};
    use crate::figure::{FigureOf, Figures};

    fn edge(from: u32, to: u32, mg: i128) -> Edge<PartyId, PartnerCell> {
        let (from, to) = (party(from), party(to));
        let month = domain::Zone::CHINA.month_of(at("2024-03-05"));
        let cell = PartnerCell { month, from, to };
        Edge { from, to, cell, mg }
    }

    fn end_of(party: PartyId) -> End {
        End {
            name: party.to_string(),
            whole_name: format!("whole {party}"),
            least_column: 0,
        }
    }

    #[test]
    fn the_largest_flows_are_drawn_and_all_others_stand_in_one_figure() {
        let books = Books::default();
        let mut figures = Figures::new(&books);
        let mut edges: Vec<_> = (0..43)
            .map(|number| edge(100 + number, 1, 1 + i128::from(number)))
            .collect();
        edges.extend([edge(200, 1, 0), edge(201, 1, -900)]);
        let drawn = diagram(&mut figures, Size::Large, FigureOf::Partners, edges, end_of).unwrap();
        assert_eq!(drawn.bands.len(), BANDS_MOST);
        assert_eq!(drawn.bands[0].from, format!("whole {}", party(142)));
        assert!(
            drawn
                .bands
                .is_sorted_by(|left, right| left.width >= right.width)
        );
        assert_eq!(
            drawn.boxes.len(),
            BANDS_MOST + 1,
            "only ends of what is drawn"
        );
        assert_eq!(drawn.others.unwrap().count, 5);
        let noted = figures.into_noted();
        assert_eq!(noted.len(), BANDS_MOST + 1);
        let FigureOf::Partners(others) = &noted[BANDS_MOST].what else {
            panic!("the others are partner cells");
        };
        let froms: Vec<_> = others.iter().map(|cell| cell.from).collect();
        assert_eq!(froms, [102, 101, 100, 200, 201].map(party));
    }

    #[test]
    fn flows_that_are_taken_back_alone_are_no_drawing() {
        let books = Books::default();
        let mut figures = Figures::new(&books);
        let edges = vec![edge(4, 5, -1), edge(5, 6, 0)];
        assert!(diagram(&mut figures, Size::Small, FigureOf::Partners, edges, end_of).is_none());
        assert!(figures.into_noted().is_empty());
    }

    #[test]
    fn a_long_name_is_cut_and_a_short_one_is_not() {
        assert_eq!(cut("Baotou Separation"), "Baotou Separation");
        assert_eq!(cut("包头稀土分离厂"), "包头稀土分离厂");
        assert_eq!(cut(&"M".repeat(90)), format!("{}…", "M".repeat(13)));
        assert_eq!(cut(&"稀".repeat(90)), format!("{}…", "稀".repeat(12)));
    }
}
