//! The rows of one event become a draft of it.
//!
//! Invariant: every cell is read before any rule speaks, so all that is wrong is named at once; the whole payload then goes
//! through the same door as JSON. Knows no files.

use details::{Plain, SEALING_EVENTS};
use domain::{FormError, Moment, Payload, Term};
use serde_json::{Map, Value, json};

use crate::cells;
use crate::columns::{Cell, Lines, Need};
use crate::draft::Draft;
use crate::fault::SheetFault;
use crate::papers::{add_invoice, take_invoice, take_licence};
use crate::quantity::{self, Derived};
use crate::sheet::{Placed, Row, Sheet};
use crate::{plain, roles};

const DIFFERS: &str = "differs from the first row of the same event";

/// Reads the rows of one event.
pub(crate) fn read(sheet: &Sheet<'_>, rows: &[Row<'_>]) -> Result<Draft, Vec<SheetFault>> {
    let Some(first) = rows.first().copied() else {
        return Err(Vec::new());
    };
    let (mut faults, mut derived) = (Vec::new(), Vec::new());
    rows.iter()
        .for_each(|row| check_row(sheet, first, *row, &mut faults));
    let mut payload = object(first, &sheet.head, &mut faults);
    derived.extend(quantity::take(first, &mut payload, false, &mut faults));
    check_assay(first, &payload, &mut faults);
    let details = details_of(first, &mut faults);
    let key = key_of(first, &mut faults);
    match sheet.kind.event {
        "lot-exported" => {
            faults.extend(take_licence(first, &mut payload).err().map(|fault| *fault));
        }
        "stock-counted" => {
            payload.entry("page").or_insert(json!(1));
            payload.entry("last").or_insert(json!(true));
            payload.insert("vessels".to_owned(), json!([]));
        }
        _ => {}
    }
    add_lines(sheet, rows, &mut payload, &mut derived, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let occurred = payload.remove("occurred");
    let occurred = occurred.as_ref().and_then(Value::as_str);
    let occurred: Option<Moment> = occurred
        .map(str::parse)
        .transpose()
        .map_err(|form: FormError| vec![first.bad_in("occurred", form.to_string())])?;
    payload.insert("event".to_owned(), sheet.kind.event.into());
    let payload: Payload = serde_json::from_value(payload.into())
        .map_err(|error| vec![first.fault(error.to_string())])?;
    payload
        .check()
        .and_then(|()| occurred.map_or(Ok(()), |occurred| payload.check_time(occurred)))
        .map_err(|form| vec![at_its_cell(rows, first, &form)])?;
    Ok(Draft {
        occurred,
        payload,
        key,
        details,
        derived,
        place: first.place(),
    })
}

/// What a row must be like to belong to its event.
fn check_row(sheet: &Sheet<'_>, first: Row<'_>, row: Row<'_>, faults: &mut Vec<SheetFault>) {
    for (at, raw) in sheet.without_heading(row.line) {
        faults.push(SheetFault {
            at: Some(*at),
            column: Some(crate::fault::letters(*at)),
            value: Some(raw.shown()),
            ..row.fault("has no heading above it; write one, or empty the cell")
        });
    }
    let event = row.cell(&sheet.event).map(ToString::to_string);
    if event.as_deref() != Some(sheet.kind.event) {
        let why = format!(
            "a sheet holds one kind of event; this one holds {}",
            sheet.kind.event
        );
        faults.push(row.bad(&sheet.event, why));
    }
    for hidden in &sheet.details {
        if row.line.cell(hidden.at) != first.line.cell(hidden.at) {
            faults.push(row.bad_hidden(hidden, DIFFERS));
        }
    }
    for placed in sheet.head.iter().chain([&sheet.key]) {
        if row.cell(placed) != first.cell(placed) {
            faults.push(row.bad(placed, DIFFERS));
        }
    }
}

/// The cells of these columns as JSON; what few fill in is left out where it is empty.
fn object(row: Row<'_>, columns: &[Placed], faults: &mut Vec<SheetFault>) -> Map<String, Value> {
    let mut object = Map::new();
    for placed in columns {
        let column = placed.column;
        let value = match row.cell(placed) {
            Some(raw) => match cells::read(column.cell, raw, row.sheet.habits) {
                Ok(value) => value,
                Err(why) => {
                    faults.push(row.bad(placed, why));
                    continue;
                }
            },
            None if column.need == Need::Must => {
                faults.push(row.bad(placed, "is empty; fill it in"));
                continue;
            }
            None if column.need == Need::Rare => continue,
            None if matches!(column.cell, Cell::Note) => "".into(),
            None => Value::Null,
        };
        object.insert(column.name.to_owned(), value);
    }
    object
}

/// The details of an event; an empty cell is none.
fn details_of(row: Row<'_>, faults: &mut Vec<SheetFault>) -> Plain {
    let mut details = Plain::new();
    for hidden in &row.sheet.details {
        let Some(raw) = row.line.cell(hidden.at) else {
            continue;
        };
        let text = cells::as_text(raw);
        let kept = text.and_then(|text| plain::keep(&mut details, hidden.field, &text));
        if let Err(why) = kept {
            faults.push(row.bad_hidden(hidden, why));
        }
    }
    details
}

/// What the event is known by; an empty cell is nothing.
fn key_of(row: Row<'_>, faults: &mut Vec<SheetFault>) -> Option<Term> {
    let placed = &row.sheet.key;
    let text = cells::as_text(row.cell(placed)?);
    let key = text.and_then(|text| text.parse().map_err(|form: FormError| form.to_string()));
    key.map_err(|why| faults.push(row.bad(placed, why))).ok()
}

/// A method of assay needs what it found, in the same row.
fn check_assay(row: Row<'_>, object: &Map<String, Value>, faults: &mut Vec<SheetFault>) {
    let is_there = |name| object.get(name).is_some_and(|value| !value.is_null());
    let unread = row
        .placed("composition")
        .is_some_and(|placed| row.cell(placed).is_some());
    if is_there("assay_method") && !is_there("composition") && !unread {
        let why = FormError::AssayWithoutComposition.to_string();
        faults.push(row.bad_in("assay_method", why));
    }
}

fn add_lines(
    sheet: &Sheet<'_>,
    rows: &[Row<'_>],
    payload: &mut Map<String, Value>,
    derived: &mut Vec<Derived>,
    faults: &mut Vec<SheetFault>,
) {
    if SEALING_EVENTS.contains(&sheet.kind.event) {
        payload.insert("sealed".to_owned(), json!([]));
    }
    let names: &[&str] = match &sheet.kind.lines {
        Lines::None => return,
        Lines::List(list) => std::slice::from_ref(list),
        Lines::Roles => &roles::LISTS,
    };
    let mut lists: Vec<(&str, Vec<Value>)> = names.iter().map(|list| (*list, vec![])).collect();
    let mut invoices = Vec::new();
    for row in rows {
        let before = faults.len();
        let mut line = object(*row, &sheet.line, faults);
        let is_receipt = sheet.kind.event == "shipment-received";
        derived.extend(quantity::take(*row, &mut line, is_receipt, faults));
        check_assay(*row, &line, faults);
        let invoice = take_invoice(*row, &mut line).and_then(|invoice| match invoice {
            Some(invoice) => add_invoice(&mut invoices, invoice, *row),
            None => Ok(()),
        });
        faults.extend(invoice.err().map(|fault| *fault));
        if is_receipt {
            receive(*row, &mut line, faults);
        }
        let list = match sheet.kind.lines {
            Lines::Roles => roles::place(*row, &mut line, faults),
            Lines::List(list) => Some(list),
            Lines::None => None,
        };
        let lines = lists.iter_mut().find(|(name, _)| Some(*name) == list);
        if let Some((_, lines)) = lines.filter(|_| faults.len() == before) {
            lines.push(line.into());
        }
    }
    if sheet.kind.event == "shipment-dispatched" {
        let invoices = invoices.into_iter().map(|(invoice, _)| invoice);
        payload.insert("invoices".to_owned(), invoices.collect());
    }
    let lists = lists.into_iter();
    payload.extend(lists.map(|(list, lines)| (list.to_owned(), lines.into())));
}

/// A line of a receipt has what was received, unless it was rejected.
fn receive(row: Row<'_>, line: &mut Map<String, Value>, faults: &mut Vec<SheetFault>) {
    let Some(quantity) = line.remove("quantity") else {
        return;
    };
    let is_rejected = line.get("outcome").and_then(Value::as_str) == Some("rejected");
    if is_rejected && !quantity.is_null() {
        faults.push(row.bad_in("net_kg", "of a rejected line nothing is received; empty it"));
    } else if !is_rejected && quantity.is_null() && line.contains_key("outcome") {
        faults.push(row.bad_in("net_kg", "is empty; fill in what was received"));
    }
    line.insert("received".to_owned(), quantity);
}

/// A rule that speaks of the whole event, at the cell that breaks it where that is known.
fn at_its_cell(rows: &[Row<'_>], first: Row<'_>, form: &FormError) -> SheetFault {
    let last_with = |column: &str, value: &str| {
        let holds = |row: &&Row<'_>| {
            let placed = row.placed(column);
            let raw = placed.and_then(|placed| row.cell(placed));
            raw.is_some_and(|raw| cells::half_width(&raw.to_string()) == value)
        };
        rows.iter().rev().find(holds).copied().unwrap_or(first)
    };
    let (row, column) = match form {
        FormError::LotTwice { lot } => (last_with("lot", lot), "lot"),
        FormError::LineTwice { line } => (last_with("line", &line.to_string()), "line"),
        FormError::ProductNotPossible { .. } => (first, "product"),
        FormError::NothingProduced => (first, "role"),
        FormError::PeriodReversed { .. } => (first, "licence_until"),
        FormError::SequenceRange { .. } => (first, "last_seq"),
        FormError::PageZero => (first, "page"),
        FormError::CountedAfterOccurred { .. } => (first, "as_of"),
        FormError::InvoiceCancelsItself { number } => {
            (last_with("invoice_cancels", number), "invoice_cancels")
        }
        FormError::AssayWithoutComposition => (first, "assay_method"),
        _ => return first.fault(form.to_string()),
    };
    row.bad_in(column, form.to_string())
}
