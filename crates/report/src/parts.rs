//! Parts that both kinds of pages show: names, quota accounts, findings.
//!
//! Invariant: a quota line is made of the cells of its account alone. Knows neither the whole page nor its order.

use books::JudgedFinding;
use domain::quantity::decimal;
use domain::{Month, PartyId};
use projection::FigureValue;
use quota::{Holding, Line, QuotaCell, QuotaRow};

use crate::chart::{self, BAR_WIDTH, SPARK_HEIGHT, SPARK_WIDTH};
use crate::context::Ground;
use crate::figure::{FigureOf, Figures, Mass};

const PPM_PER_PERCENT: u64 = 10_000;

/// A party as pages name it.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub id: PartyId,
    /// The id where the party is not registered.
    pub en: String,
    pub zh: Option<String>,
    pub has_page: bool,
}

impl Name {
    /// Every name and the id in one line.
    pub(crate) fn whole(&self) -> String {
        match &self.zh {
            Some(zh) => format!("{} {zh} ({})", self.en, self.id),
            None => self.en.clone(),
        }
    }
}

/// Whose account a line shows.
#[derive(Debug)]
pub(crate) enum Owner {
    /// The nation, a group, or on the page of an enterprise the track.
    Plain(String),
    Party(Name),
}

/// A month of the line of what is left.
#[derive(Debug)]
pub(crate) struct Dot {
    pub x: i128,
    pub y: i128,
    pub month: Month,
    pub left: Mass,
}

/// A quota account.
#[derive(Debug)]
pub(crate) struct QuotaLine {
    pub owner: Owner,
    pub allocated: Mass,
    pub moved: Mass,
    pub deducted: Mass,
    pub consumed: Mass,
    pub left: Mass,
    pub available: Mass,
    /// Percent, two decimals, rounded toward zero; nothing where nothing is available.
    pub used: Option<String>,
    pub exceeded: bool,
    pub bar: i128,
    pub bar_width: i128,
    pub spark_width: i128,
    pub spark_height: i128,
    pub spark: chart::Spark,
    pub spark_line: String,
    pub dots: Vec<Dot>,
}

const PLUS: i8 = 1;
const MINUS: i8 = -1;

/// Cells of lines of an account with their signs; what was consumed only in the first months.
fn cells_of(row: &QuotaRow, lines: &[(Line, i8)], months: u8) -> FigureOf {
    let cell = |line, month| QuotaCell {
        year: row.year,
        track: row.track,
        holding: row.holding,
        line,
        month,
    };
    let cells = lines.iter().flat_map(|(line, sign)| {
        let of_line = match line {
            Line::Consumed => 1..=months,
            Line::Allocated | Line::Moved | Line::Deducted | Line::TakenOver => 0..=0,
        };
        of_line.map(move |month| (cell(*line, month), *sign))
    });
    FigureOf::Quota {
        cells: cells.collect(),
    }
}

/// What came from others, or went to them, by a move or by succession.
const MOVED: [(Line, i8); 2] = [(Line::Moved, PLUS), (Line::TakenOver, PLUS)];
const AVAILABLE: [(Line, i8); 4] = [
    (Line::Allocated, PLUS),
    (Line::Moved, PLUS),
    (Line::TakenOver, PLUS),
    (Line::Deducted, MINUS),
];
const LEFT: [(Line, i8); 5] = [
    (Line::Allocated, PLUS),
    (Line::Moved, PLUS),
    (Line::TakenOver, PLUS),
    (Line::Deducted, MINUS),
    (Line::Consumed, MINUS),
];

pub(crate) fn quota_line(
    ground: &Ground<'_>,
    figures: &mut Figures<'_>,
    row: &QuotaRow,
    owner: Owner,
) -> QuotaLine {
    let mut of = |lines: &[(Line, i8)], months| figures.reo(cells_of(row, lines, months));
    let lines = [Line::Allocated, Line::Deducted, Line::Consumed];
    let [allocated, deducted, consumed] = lines.map(|line| of(&[(line, PLUS)], 12));
    let moved = of(&MOVED, 12);
    let (left, available) = (of(&LEFT, 12), of(&AVAILABLE, 12));
    let months: Vec<(Month, Mass)> = (1u8..=12)
        .take(ground.months_begun())
        .filter_map(|number| Some((Month::new(row.year, number).ok()?, of(&LEFT, number))))
        .collect();
    let heights: Vec<i128> = months.iter().map(|(_, left)| left.mg).collect();
    let spark = chart::spark(available.mg, &heights);
    let points = spark.points.iter().map(|(x, y)| format!("{x},{y}"));
    let spark_line = points.collect::<Vec<_>>().join(" ");
    let ends_of_months = spark.points.iter().skip(1);
    let dots = months.into_iter().zip(ends_of_months);
    let dots = dots.map(|((month, left), (x, y))| Dot {
        x: *x,
        y: *y,
        month,
        left,
    });
    QuotaLine {
        owner,
        used: row.used_ppm().map(percent),
        exceeded: left.mg < 0,
        bar: chart::bar(row.used_ppm()),
        bar_width: BAR_WIDTH,
        spark_width: SPARK_WIDTH,
        spark_height: SPARK_HEIGHT,
        dots: dots.collect(),
        spark_line,
        spark,
        allocated,
        moved,
        deducted,
        consumed,
        left,
        available,
    }
}

/// Two decimals, rounded toward zero.
fn percent(ppm: i128) -> String {
    let hundredths = i128::from(PPM_PER_PERCENT / 100);
    decimal(ppm / hundredths, 100)
}

pub(crate) fn owner(ground: &Ground<'_>, holding: Holding) -> Owner {
    match holding {
        Holding::Nation => Owner::Plain("Nation".to_owned()),
        Holding::Group(group) => Owner::Plain(format!("Group {group}")),
        Holding::Party(party) => Owner::Party(ground.name(party)),
    }
}

/// A number that a finding compares.
#[derive(Debug)]
pub(crate) enum Compared {
    Mass(Mass),
    Other(String),
}

#[derive(Debug)]
pub(crate) struct FindingLine {
    pub severity: &'static str,
    pub code: &'static str,
    pub title: &'static str,
    pub party: Option<Name>,
    /// Site, lot, month and year, as far as they matter.
    pub about: Vec<String>,
    pub compared: Vec<(&'static str, Compared)>,
    pub state: &'static str,
}

pub(crate) fn finding_line(
    ground: &Ground<'_>,
    figures: &mut Figures<'_>,
    found: &JudgedFinding,
) -> FindingLine {
    let (finding, subject) = (&found.finding, &found.finding.subject);
    let about = [
        subject.site.map(|site| format!("site {site}")),
        subject.lot.map(|lot| format!("lot {lot}")),
        subject.month.map(|month| month.to_string()),
        subject.year.map(|year| year.to_string()),
    ];
    let compared = finding.figures.iter().map(|figure| {
        let value = match figure.value {
            FigureValue::Mg(mg) => Compared::Mass(figures.of_finding(finding.id, figure.name, mg)),
            FigureValue::Count(count) => Compared::Other(count.to_string()),
            FigureValue::Ppm(ppm) => {
                Compared::Other(format!("{} %", decimal(ppm.into(), PPM_PER_PERCENT)))
            }
        };
        (figure.name, value)
    });
    FindingLine {
        severity: finding.severity.name(),
        code: finding.code.code(),
        title: finding.code.title(),
        compared: compared.collect(),
        party: subject.party.map(|party| ground.name(party)),
        about: about.into_iter().flatten().collect(),
        state: found.state.name(),
    }
}
