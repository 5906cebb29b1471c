//! The columns of a quantity become one: wet mass and moisture give net, grade gives REO, and what is stated twice agrees.
//!
//! Invariant: a figure that is derived is said to be, so that it is shown before anybody signs. Knows no files.

use std::fmt;

use domain::quantity::decimal;
use domain::{Composition, FormError, Mass, Ppm, Product, Quantity, Wet};
use serde_json::{Map, Value};

use crate::cells::written_decimals;
use crate::fault::SheetFault;
use crate::sheet::Row;

const MG_PER_KG: u64 = 1_000_000;
const COLUMNS: [&str; 8] = [
    "net_kg",
    "reo_kg",
    "wet_kg",
    "moisture_percent",
    "grade_percent",
    "basis",
    "uncertainty_percent",
    "method",
];

/// What was computed of a row instead of read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// File, sheet and row.
    pub place: String,
    pub net: Mass,
    pub reo: Mass,
    /// What net was computed from.
    pub wet: Option<Wet>,
    /// What REO was computed from.
    pub grade: Option<Ppm>,
}

impl fmt::Display for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kg = |mass: Mass| decimal(mass.mg().into(), MG_PER_KG);
        let percent = |share: Ppm| decimal(share.get().into(), 10_000);
        write!(f, "{}: net {} kg", self.place, kg(self.net))?;
        if let Some(wet) = self.wet {
            let (mass, moisture) = (kg(wet.mass), percent(wet.moisture));
            write!(f, " ({mass} kg less {moisture} % water)")?;
        }
        write!(f, ", REO {} kg", kg(self.reo))?;
        if let Some(grade) = self.grade {
            write!(f, " ({} % of net)", percent(grade))?;
        }
        Ok(())
    }
}

/// The cells of a quantity, as they were read.
struct Parts {
    net: Option<Mass>,
    reo: Option<Mass>,
    wet: Option<Mass>,
    moisture: Option<Ppm>,
    grade: Option<Ppm>,
}

/// Moves the columns of a quantity out of a row's values and puts the quantity there; `None` where one of them is wrong.
/// A row may have none where nothing was received.
pub(crate) fn take(
    row: Row<'_>,
    object: &mut Map<String, Value>,
    may_be_absent: bool,
    faults: &mut Vec<SheetFault>,
) -> Option<Derived> {
    if row.placed("net_kg").is_none() || !object.contains_key("net_kg") {
        return None;
    }
    let mut values: Map<String, Value> = Map::new();
    for name in COLUMNS {
        if let Some(value) = object.remove(name).filter(|value| !value.is_null()) {
            values.insert(name.to_owned(), value);
        }
    }
    if values.is_empty() && may_be_absent {
        object.insert("quantity".to_owned(), Value::Null);
        return None;
    }
    let was_wrong = |name: &&str| {
        let placed = row.placed(name);
        placed.is_some_and(|placed| row.cell(placed).is_some() && !values.contains_key(*name))
    };
    if COLUMNS.iter().any(was_wrong) {
        return None;
    }
    let before = faults.len();
    if !values.contains_key("basis") && may_be_absent {
        faults.push(row.bad_in("basis", "is empty; fill it in"));
    }
    let parts = Parts {
        net: mass(&values, "net_kg"),
        reo: mass(&values, "reo_kg"),
        wet: mass(&values, "wet_kg"),
        moisture: share(&values, "moisture_percent"),
        grade: share(&values, "grade_percent"),
    };
    let wet = wet(row, &parts, faults);
    let net = net(row, &parts, wet, faults)?;
    let reo = reo(row, &parts, net, faults)?;
    if faults.len() > before {
        return None;
    }
    if let Some(fault) = broken(row, object, net, reo, wet) {
        faults.push(fault);
        return None;
    }
    let quantity = as_json(net, reo, values);
    object.insert("quantity".to_owned(), quantity.into());
    let is_derived = parts.net.is_none() || parts.reo.is_none();
    is_derived.then(|| Derived {
        place: row.place(),
        net,
        reo,
        wet: wet.filter(|_| parts.net.is_none()),
        grade: parts.grade.filter(|_| parts.reo.is_none()),
    })
}

/// A quantity as it is in the JSON of events.
fn as_json(net: Mass, reo: Mass, mut values: Map<String, Value>) -> Map<String, Value> {
    let mut quantity = Map::new();
    quantity.insert("net_mg".to_owned(), net.mg().into());
    quantity.insert("reo_mg".to_owned(), reo.mg().into());
    for (name, column) in [
        ("basis", "basis"),
        ("uncertainty_ppm", "uncertainty_percent"),
        ("method", "method"),
        ("wet_mg", "wet_kg"),
        ("moisture_ppm", "moisture_percent"),
    ] {
        if let Some(value) = values.remove(column) {
            quantity.insert(name.to_owned(), value);
        }
    }
    quantity
}

fn mass(values: &Map<String, Value>, name: &str) -> Option<Mass> {
    let mg = values.get(name).and_then(Value::as_u64)?;
    Mass::from_mg(mg).ok()
}

fn share(values: &Map<String, Value>, name: &str) -> Option<Ppm> {
    let ppm = values.get(name).and_then(Value::as_u64)?;
    Ppm::try_from(u32::try_from(ppm).ok()?).ok()
}

/// Wet mass and moisture, both or neither.
fn wet(row: Row<'_>, parts: &Parts, faults: &mut Vec<SheetFault>) -> Option<Wet> {
    let missing = match (parts.wet, parts.moisture) {
        (Some(mass), Some(moisture)) => return Some(Wet { mass, moisture }),
        (None, None) => return None,
        (Some(_), None) => "moisture_percent",
        (None, Some(_)) => "wet_kg",
    };
    let why = "is empty; give wet mass and moisture, or neither";
    faults.push(row.bad_in(missing, why));
    None
}

fn net(
    row: Row<'_>,
    parts: &Parts,
    wet: Option<Wet>,
    faults: &mut Vec<SheetFault>,
) -> Option<Mass> {
    if let Some(net) = parts.net {
        return Some(net);
    }
    let derived = wet.and_then(|wet| Mass::from_mg(wet.net_mg()).ok());
    if derived.is_none() && parts.wet.is_some() == parts.moisture.is_some() {
        let why = "is empty; fill it in, or give wet_kg and moisture_percent";
        faults.push(row.bad_in("net_kg", why));
    }
    derived
}

/// REO as stated, or of the grade, to the nearest milligram.
fn reo(row: Row<'_>, parts: &Parts, net: Mass, faults: &mut Vec<SheetFault>) -> Option<Mass> {
    let one = u128::from(Ppm::ONE);
    let of_grade = |grade: Ppm| u128::from(net.mg()) * u128::from(grade.get());
    match (parts.reo, parts.grade) {
        (Some(reo), None) => Some(reo),
        (None, Some(grade)) => {
            let mg = (of_grade(grade) + one / 2) / one;
            Mass::from_mg(u64::try_from(mg).ok()?).ok()
        }
        (Some(reo), Some(grade)) => {
            // A grade is rounded to its last decimal, and in the trade to two at least.
            let written = row.placed("grade_percent").and_then(|at| row.cell(at));
            let decimals = written.map_or(2, written_decimals).clamp(2, 4);
            let grain = u128::from(10_u32.pow(4 - decimals));
            let apart = of_grade(grade).abs_diff(u128::from(reo.mg()) * one);
            if apart * 2 > u128::from(net.mg()) * grain + 2 * one {
                let expected = decimal(((of_grade(grade) + one / 2) / one) as i128, MG_PER_KG);
                let why = format!(
                    "does not agree with grade_percent: that makes {expected} kg; write that, or leave one of the two empty"
                );
                faults.push(row.bad_in("reo_kg", why));
            }
            Some(reo)
        }
        (None, None) => {
            let why = "is empty; fill it in, or give grade_percent";
            faults.push(row.bad_in("reo_kg", why));
            None
        }
    }
}

/// The form rule that a quantity breaks, at the cell that it is about.
fn broken(
    row: Row<'_>,
    object: &Map<String, Value>,
    net: Mass,
    reo: Mass,
    wet: Option<Wet>,
) -> Option<SheetFault> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let product = text("product").and_then(|text| text.parse::<Product>().ok());
    let composition = text("composition").and_then(|text| text.parse::<Composition>().ok());
    // How it is known plays no part in the rules.
    let quantity = Quantity::new(net, reo, domain::Basis::Stated, None);
    quantity
        .and_then(|quantity| quantity.weighed(None, wet))
        .and_then(|quantity| match product {
            Some(product) => product.check_quantity(&quantity, composition.as_ref()),
            None => Ok(()),
        })
        .err()
        .map(|form| match form {
            FormError::ReoAboveNet { .. } => {
                let column = if row.placed("reo_kg").is_some_and(|at| row.cell(at).is_some()) {
                    "reo_kg"
                } else {
                    "grade_percent"
                };
                row.bad_in(column, form.to_string())
            }
            FormError::WetAndNet { expected_mg, .. } => {
                let expected = decimal(expected_mg.into(), MG_PER_KG);
                let why = format!(
                    "does not agree with wet_kg and moisture_percent: that makes {expected} kg; write that, or leave the cell empty"
                );
                row.bad_in("net_kg", why)
            }
            other => row.bad_in("net_kg", other.to_string()),
        })
}
