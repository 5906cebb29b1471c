//! Lines of a processing run: what an input, an output, a discard and a residue has to say.
//!
//! Invariant: a cell that a role does not have is refused, not dropped. Knows no files.

use domain::{Code, LotId};
use serde_json::{Map, Value};

use crate::fault::SheetFault;
use crate::sheet::Row;

/// Where the lines of each role go.
pub(crate) const LISTS: [&str; 4] = ["inputs", "outputs", "discards", "retained"];

/// One role: its list, what it needs and what it can't have.
struct Role {
    name: &'static str,
    list: &'static str,
    needs: &'static [&'static str],
    has_no: &'static [&'static str],
}

const MADE: [&str; 2] = ["lot", "product"];
const ROLES: [Role; 4] = [
    Role {
        name: "input",
        list: "inputs",
        needs: &["lot"],
        has_no: &["product", "composition", "assay_method", "discard"],
    },
    Role {
        name: "output",
        list: "outputs",
        needs: &MADE,
        has_no: &["discard"],
    },
    Role {
        name: "retained",
        list: "retained",
        needs: &MADE,
        has_no: &["discard"],
    },
    Role {
        name: "discard",
        list: "discards",
        needs: &["discard"],
        has_no: &["lot", "product", "composition", "assay_method"],
    },
];

/// Whether a line of this role has this column.
pub(crate) fn has(role: &str, column: &str) -> bool {
    let role = ROLES.iter().find(|known| known.name == role);
    role.is_none_or(|role| !role.has_no.contains(&column))
}

/// Which list a line belongs to, with only the values that its role has.
pub(crate) fn place(
    row: Row<'_>,
    line: &mut Map<String, Value>,
    faults: &mut Vec<SheetFault>,
) -> Option<&'static str> {
    let named = line.remove("role");
    let named = named.as_ref().and_then(Value::as_str);
    let role = ROLES.iter().find(|role| Some(role.name) == named)?;
    for column in role.has_no {
        let value = line.remove(*column).filter(|value| !value.is_null());
        if value.is_some() {
            let why = format!("a line of role {} has none; empty the cell", role.name);
            faults.push(row.bad_in(column, why));
        }
    }
    for column in role.needs {
        let is_empty = row
            .placed(column)
            .is_none_or(|placed| row.cell(placed).is_none());
        if is_empty {
            let why = format!("is empty; a line of role {} needs it", role.name);
            faults.push(row.bad_in(column, why));
        }
    }
    if let Some(lot) = line.get("lot").and_then(Value::as_str) {
        let read = if role.name == "input" {
            lot.parse::<LotId>().map(|_| ())
        } else {
            lot.parse::<Code>().map(|_| ())
        };
        faults.extend(read.err().map(|form| row.bad_in("lot", form.to_string())));
    }
    if let Some(kind) = line.remove("discard") {
        line.insert("kind".to_owned(), kind);
    }
    Some(role.list)
}
