//! CSV rows become payloads by the column sets.
//!
//! Invariant: every cell is read by its column's type first, so a message can name the cell; the whole payload then goes
//! through the same door as JSON.

use details::{Plain, SEALING_EVENTS};
use domain::{Payload, Zone};
use serde_json::{Map, Value, json};

use super::cells::read_cell;
use super::papers::{add_invoice, take_invoice, take_licence};
use super::plain;
use super::sheets::{Column, Lines, SHEETS, Sheet};
use super::{BadRow, Draft};

const EVENT: &str = "event";
const NUMBER: &str = "no";
const DIFFERS: &str = "differs from the first row of the same event";

/// The CSV header of a kind of event, with an example: one row, or two where a run has an input and an output.
pub(crate) fn template(event: &str) -> Option<(String, &'static Sheet)> {
    let sheet = SHEETS.iter().find(|sheet| sheet.event == event)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    let lead = |name: &'static str, value: &'static str| {
        [name, value]
            .into_iter()
            .take(1 + usize::from(sheet.lines != Lines::None))
    };
    let columns = || sheet.head.iter().chain(sheet.line);
    writer
        .write_record(lead(EVENT, NUMBER).chain(columns().map(|column| column.name)))
        .ok()?;
    writer
        .write_record(lead(sheet.event, "1").chain(columns().map(|column| column.example)))
        .ok()?;
    if sheet.lines == Lines::Roles {
        let output = |column: &Column| match column.name {
            "role" => "output",
            "lot" => "ND-2024-0001",
            _ => column.example,
        };
        writer
            .write_record(lead(sheet.event, "1").chain(columns().map(output)))
            .ok()?;
    }
    let bytes = writer.into_inner().ok()?;
    Some((String::from_utf8(bytes).ok()?, sheet))
}

/// One row of a file.
pub(super) struct Row<'a> {
    place: String,
    record: &'a csv::StringRecord,
    headers: &'a csv::StringRecord,
    zone: Zone,
}

impl Row<'_> {
    fn cell(&self, name: &str) -> &str {
        let place = self
            .headers
            .iter()
            .position(|header| trimmed(header) == name);
        place
            .and_then(|place| self.record.get(place))
            .map_or("", trimmed)
    }

    /// File and row, for messages.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// One thing that is wrong in this row.
    pub(super) fn bad(&self, column: &str, why: String) -> BadRow {
        BadRow {
            value: Some(self.cell(column).to_owned()),
            ..self.bad_detail(column, why)
        }
    }

    /// As `bad`, without the value: a confidential one is nothing for messages.
    fn bad_detail(&self, column: &str, why: String) -> BadRow {
        BadRow {
            place: self.place.clone(),
            column: Some(column.to_owned()),
            value: None,
            why,
        }
    }

    /// The details of this row; an empty cell is none.
    fn details(&self) -> Result<Plain, BadRow> {
        let mut details = Plain::new();
        for header in self.headers.iter().map(trimmed) {
            let Some(name) = header.strip_prefix(plain::PREFIX) else {
                continue;
            };
            let cell = self.cell(header);
            if !cell.is_empty() {
                plain::read(&mut details, name, cell)
                    .map_err(|why| self.bad_detail(header, why))?;
            }
        }
        Ok(details)
    }

    /// The cells of these columns as JSON, and of those of `more` that are filled in; the quantity columns become one quantity.
    fn object(&self, columns: &[Column], more: &[Column]) -> Result<Map<String, Value>, BadRow> {
        let (mut object, mut quantity) = (Map::new(), Map::new());
        let more = more
            .iter()
            .filter(|column| !self.cell(column.name).is_empty());
        for column in columns.iter().chain(more) {
            let value = read_cell(column.cell, self.cell(column.name), self.zone);
            let value = value.map_err(|why| self.bad(column.name, why))?;
            match column.name {
                "method" => quantity.insert("method".to_owned(), value),
                "wet_kg" => quantity.insert("wet_mg".to_owned(), value),
                "moisture_percent" => quantity.insert("moisture_ppm".to_owned(), value),
                "net_kg" => quantity.insert("net_mg".to_owned(), value),
                "reo_kg" => quantity.insert("reo_mg".to_owned(), value),
                "basis" => quantity.insert("basis".to_owned(), value),
                "uncertainty_percent" => quantity.insert("uncertainty_ppm".to_owned(), value),
                name => object.insert(name.to_owned(), value),
            };
        }
        if !quantity.is_empty() {
            let absent = quantity.get("net_mg").is_none_or(Value::is_null);
            object.insert(
                "quantity".to_owned(),
                if absent { Value::Null } else { quantity.into() },
            );
        }
        Ok(object)
    }
}

/// A cell without the spaces that people type around it; what nobody sees is not taken away, but refused by name.
fn trimmed(cell: &str) -> &str {
    cell.trim_matches([' ', '\t'])
}

/// Reads the rows of a CSV file; all of one kind of event, named in the column `event`.
pub(super) fn read(name: &str, text: &str, zone: Zone) -> Result<Vec<Draft>, Vec<BadRow>> {
    let whole = |why: String| {
        vec![BadRow {
            place: name.to_owned(),
            column: None,
            value: None,
            why,
        }]
    };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(false)
        .from_reader(text.as_bytes());
    let headers = reader
        .headers()
        .map_err(|error| whole(error.to_string()))?
        .clone();
    let records: Result<Vec<_>, _> = reader.records().collect();
    let records = records.map_err(|error| whole(error.to_string()))?;
    let rows = records.iter().enumerate().map(|(number, record)| {
        // The header is row 1 of the file, as a spreadsheet counts.
        let place = format!("{name}, row {}", number + 2);
        Row {
            place,
            record,
            headers: &headers,
            zone,
        }
    });
    let rows: Vec<_> = rows.collect();
    let Some(first) = rows.first() else {
        return Ok(Vec::new());
    };
    let sheet = find_sheet(first).map_err(|bad| vec![bad])?;
    check_headers(sheet, &headers).map_err(whole)?;
    plain::check_columns(name, sheet.event, &headers).map_err(|bad| vec![bad])?;
    let (mut drafts, mut bad) = (Vec::new(), Vec::new());
    for event in
        rows.chunk_by(|a, b| sheet.lines != Lines::None && a.cell(NUMBER) == b.cell(NUMBER))
    {
        match read_event(sheet, event) {
            Ok(draft) => drafts.push(draft),
            Err(mut rows) => bad.append(&mut rows),
        }
    }
    if bad.is_empty() { Ok(drafts) } else { Err(bad) }
}

fn find_sheet(row: &Row<'_>) -> Result<&'static Sheet, BadRow> {
    let event = row.cell(EVENT);
    SHEETS
        .iter()
        .find(|sheet| sheet.event == event)
        .ok_or_else(|| {
            let known: Vec<_> = SHEETS.iter().map(|sheet| sheet.event).collect();
            row.bad(
                EVENT,
                format!(
                    "no CSV column set for it; use one of {}, or JSON Lines",
                    known.join(", ")
                ),
            )
        })
}

fn check_headers(sheet: &Sheet, headers: &csv::StringRecord) -> Result<(), String> {
    let numbered = (sheet.lines != Lines::None).then_some(NUMBER);
    let columns = sheet
        .head
        .iter()
        .chain(sheet.line)
        .map(|column| column.name);
    let expected: Vec<_> = [EVENT].into_iter().chain(numbered).chain(columns).collect();
    if let Some(missing) = expected
        .iter()
        .find(|name| !headers.iter().any(|header| trimmed(header) == **name))
    {
        return Err(format!(
            "the column {missing:?} is missing; `ytterby record --template {}` shows all",
            sheet.event
        ));
    }
    let more = [sheet.more_head(), sheet.more_line()].concat();
    match headers.iter().find(|header| {
        let header = trimmed(header);
        let is_more = more.iter().any(|column| column.name == header);
        !expected.contains(&header) && !is_more && !header.starts_with(plain::PREFIX)
    }) {
        Some(unknown) => Err(format!(
            "the column {unknown:?} is not known; the columns are {}",
            expected.join(", ")
        )),
        None => Ok(()),
    }
}

fn read_event(sheet: &Sheet, rows: &[Row<'_>]) -> Result<Draft, Vec<BadRow>> {
    let Some(first) = rows.first() else {
        return Err(Vec::new());
    };
    let more_head = sheet.more_head();
    let payload = first.object(sheet.head, &more_head);
    let mut payload = payload.map_err(|bad| vec![bad])?;
    complete(sheet, first, &mut payload).map_err(|bad| vec![bad])?;
    let occurred = payload.remove("occurred");
    let details = first.details().map_err(|bad| vec![bad])?;
    let mut bad = Vec::new();
    for row in rows {
        if row.cell(EVENT) != sheet.event {
            bad.push(row.bad(
                EVENT,
                format!(
                    "a file holds one kind of event; this one holds {}",
                    sheet.event
                ),
            ));
        }
        let mut details = row.headers.iter().map(trimmed);
        let detail = details.find(|header| {
            header.starts_with(plain::PREFIX) && row.cell(header) != first.cell(header)
        });
        if let Some(column) = detail {
            bad.push(row.bad_detail(column, DIFFERS.to_owned()));
        }
        let differs = sheet
            .head
            .iter()
            .chain(&more_head)
            .find(|column| row.cell(column.name) != first.cell(column.name));
        if let Some(column) = differs {
            bad.push(row.bad(column.name, DIFFERS.to_owned()));
        }
    }
    if let Err(mut rows) = add_lines(sheet, rows, &mut payload) {
        bad.append(&mut rows);
    }
    if !bad.is_empty() {
        return Err(bad);
    }
    let whole = |why: String| {
        vec![BadRow {
            place: first.place.clone(),
            column: None,
            value: None,
            why,
        }]
    };
    payload.insert(EVENT.to_owned(), sheet.event.into());
    let payload: Payload =
        serde_json::from_value(payload.into()).map_err(|error| whole(error.to_string()))?;
    payload.check().map_err(|form| whole(form.to_string()))?;
    let occurred = occurred
        .as_ref()
        .and_then(Value::as_str)
        .map(str::parse)
        .transpose();
    let occurred = occurred.map_err(|form: domain::FormError| whole(form.to_string()))?;
    Ok(Draft {
        occurred,
        payload,
        details,
        place: first.place.clone(),
    })
}

/// Columns that are one field together, and fields that a file may leave out.
fn complete(
    sheet: &Sheet,
    first: &Row<'_>,
    payload: &mut Map<String, Value>,
) -> Result<(), BadRow> {
    match sheet.event {
        "lot-exported" => take_licence(first, payload)?,
        "stock-counted" => {
            payload.entry("page").or_insert(json!(1));
            payload.entry("last").or_insert(json!(true));
            payload.insert("vessels".to_owned(), json!([]));
        }
        _ => {}
    }
    Ok(())
}

fn add_lines(
    sheet: &Sheet,
    rows: &[Row<'_>],
    payload: &mut Map<String, Value>,
) -> Result<(), Vec<BadRow>> {
    if SEALING_EVENTS.contains(&sheet.event) {
        payload.insert("sealed".to_owned(), json!([]));
    }
    let mut lists: Vec<(&str, Vec<Value>)> = match sheet.lines {
        Lines::None => return Ok(()),
        Lines::List(list) => vec![(list, Vec::new())],
        Lines::Roles => ["inputs", "outputs", "discards", "retained"]
            .map(|list| (list, Vec::new()))
            .into(),
    };
    let (mut bad, mut invoices) = (Vec::new(), Vec::new());
    let more_line = sheet.more_line();
    for row in rows {
        let line = row.object(sheet.line, &more_line).and_then(|mut line| {
            if let Some(invoice) = take_invoice(row, &mut line)? {
                add_invoice(&mut invoices, invoice, row)?;
            }
            place_line(sheet, row, line)
        });
        match line {
            Ok((list, line)) => {
                if let Some((_, lines)) = lists.iter_mut().find(|(name, _)| *name == list) {
                    lines.push(line.into());
                }
            }
            Err(row) => bad.push(row),
        }
    }
    if sheet.event == "shipment-dispatched" {
        let invoices = invoices.into_iter().map(|(invoice, _)| invoice);
        payload.insert("invoices".to_owned(), invoices.collect());
    }
    payload.extend(
        lists
            .into_iter()
            .map(|(list, lines)| (list.to_owned(), lines.into())),
    );
    if bad.is_empty() { Ok(()) } else { Err(bad) }
}

/// Which list a line belongs to, and only the cells that its kind has.
fn place_line(
    sheet: &Sheet,
    row: &Row<'_>,
    mut line: Map<String, Value>,
) -> Result<(&'static str, Map<String, Value>), BadRow> {
    match sheet.lines {
        Lines::List(list) if sheet.event == "shipment-received" => {
            let quantity = line.remove("quantity").unwrap_or(Value::Null);
            line.insert("received".to_owned(), quantity);
            Ok((list, line))
        }
        Lines::List(list) => Ok((list, line)),
        Lines::None => Ok(("", line)),
        Lines::Roles => {
            let (list, drop): (_, &[&str]) = match row.cell("role") {
                "input" => (
                    "inputs",
                    &["role", "product", "composition", "assay_method", "discard"],
                ),
                "output" => ("outputs", &["role", "discard"]),
                "retained" => ("retained", &["role", "discard"]),
                "discard" => (
                    "discards",
                    &["role", "lot", "product", "composition", "assay_method"],
                ),
                _ => {
                    return Err(row.bad(
                        "role",
                        "is none of input, output, discard, retained".to_owned(),
                    ));
                }
            };
            drop.iter().for_each(|name| {
                line.remove(*name);
            });
            if let Some(kind) = line.remove("discard") {
                line.insert("kind".to_owned(), kind);
            }
            Ok((list, line))
        }
    }
}
