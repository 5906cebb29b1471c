//! The papers of a shipment or an export as columns: invoices line by line, one export licence.
//!
//! Invariant: an invoice on several lines is one invoice, and says the same on each of them. Knows no files.

use serde_json::{Map, Value, json};

use crate::fault::SheetFault;
use crate::sheet::Row;

/// Moves the invoice columns of a line out of it; nothing if the line names none.
pub(crate) fn take_invoice(
    row: Row<'_>,
    line: &mut Map<String, Value>,
) -> Result<Option<Value>, Box<SheetFault>> {
    let mut part = |name: &str| line.remove(name).filter(|value| !value.is_null());
    let parts = [
        ("code", part("invoice_code")),
        ("number", part("invoice_number")),
        ("date", part("invoice_date")),
        ("goods_mg", part("invoice_kg")),
        ("cancels", part("invoice_cancels")),
    ];
    if parts.iter().all(|(_, value)| value.is_none()) {
        return Ok(None);
    }
    for (place, column) in [
        (1, "invoice_number"),
        (2, "invoice_date"),
        (3, "invoice_kg"),
    ] {
        if parts[place].1.is_none() {
            // A cell that holds something was refused when it was read.
            if is_filled(row, column) {
                return Ok(None);
            }
            let why = "is empty; an invoice has a number, a date and a mass of goods";
            return Err(row.bad_in(column, why).into());
        }
    }
    let parts = parts.into_iter();
    let parts = parts.map(|(name, value)| (name.to_owned(), value.unwrap_or(Value::Null)));
    Ok(Some(Value::Object(parts.collect())))
}

fn is_filled(row: Row<'_>, column: &str) -> bool {
    let placed = row.placed(column);
    placed.is_some_and(|placed| row.cell(placed).is_some())
}

/// Adds an invoice to those of its shipment. The same one again says the same, or the rows are named.
pub(crate) fn add_invoice(
    invoices: &mut Vec<(Value, String)>,
    invoice: Value,
    row: Row<'_>,
) -> Result<(), Box<SheetFault>> {
    let is_it = |(known, _): &&(Value, String)| {
        (&known["code"], &known["number"]) == (&invoice["code"], &invoice["number"])
    };
    match invoices.iter().find(is_it) {
        Some((known, _)) if *known == invoice => Ok(()),
        Some((_, first)) => {
            let why = format!("says something else of this invoice than {first}");
            Err(row.bad_in("invoice_number", why).into())
        }
        None => {
            invoices.push((invoice, row.place()));
            Ok(())
        }
    }
}

/// Makes one licence of its columns: all of them, or none.
pub(crate) fn take_licence(
    row: Row<'_>,
    payload: &mut Map<String, Value>,
) -> Result<(), Box<SheetFault>> {
    let names = [
        "licence_number",
        "licence_kg",
        "licence_from",
        "licence_until",
    ];
    let value = |name| payload.remove(name).filter(|value| *value != "");
    let values = names.map(value).map(Option::unwrap_or_default);
    if values.iter().all(Value::is_null) {
        payload.insert("licence".to_owned(), Value::Null);
        return Ok(());
    }
    if let Some((name, _)) = names.iter().zip(&values).find(|(_, value)| value.is_null()) {
        if names
            .iter()
            .zip(&values)
            .any(|(name, value)| value.is_null() && is_filled(row, name))
        {
            return Ok(());
        }
        let why = "is empty; a licence has a number, a quantity, a first and a last day";
        return Err(row.bad_in(name, why).into());
    }
    let [number, quantity, from, until] = values;
    let licence = json!({"number": number, "quantity_mg": quantity, "from": from, "until": until});
    payload.insert("licence".to_owned(), licence);
    Ok(())
}
