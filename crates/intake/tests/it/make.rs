//! One table as a file of any form that a clerk's program writes.
//! Invariant: the same table means the same in each. Knows no events.

use std::io::{Cursor, Write};

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::xls;

/// A cell as a program keeps it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Nothing,
    Text(String),
    Number(f64),
    /// `2024-03-05 14:30`.
    Date(String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        match text {
            "" => Self::Nothing,
            text => Self::Text(text.to_owned()),
        }
    }
}

impl Value {
    /// As it stands in a file of text.
    fn written(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) | Self::Date(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

pub(crate) type Table = Vec<Vec<Value>>;

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Csv,
    Semicolons,
    Tabs,
    Xlsx,
    Xls,
    Ods,
}

pub(crate) const FORMS: [Form; 6] = [
    Form::Csv,
    Form::Semicolons,
    Form::Tabs,
    Form::Xlsx,
    Form::Xls,
    Form::Ods,
];

impl Form {
    pub(crate) const fn is_workbook(self) -> bool {
        matches!(self, Self::Xlsx | Self::Xls | Self::Ods)
    }

    pub(crate) fn write(self, table: &Table) -> Vec<u8> {
        match self {
            Self::Csv => separated(table, b','),
            Self::Semicolons => separated(table, b';'),
            Self::Tabs => separated(table, b'\t'),
            Self::Xlsx => xlsx(&[("Sheet1", table)]),
            Self::Xls => xls::write(table),
            Self::Ods => ods(table),
        }
    }
}

fn separated(table: &Table, separator: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .from_writer(Vec::new());
    for row in table {
        let cells: Vec<_> = row.iter().map(Value::written).collect();
        writer.write_record(cells).unwrap();
    }
    writer.into_inner().unwrap()
}

pub(crate) fn xlsx(sheets: &[(&str, &Table)]) -> Vec<u8> {
    let mut book = Workbook::new();
    let dates = Format::new().set_num_format("yyyy/m/d h:mm");
    for (name, table) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).unwrap();
        for (row, cells) in (0_u32..).zip(*table) {
            for (column, cell) in (0_u16..).zip(cells) {
                match cell {
                    Value::Nothing => {}
                    Value::Text(text) => {
                        sheet.write_string(row, column, text).unwrap();
                    }
                    Value::Number(number) => {
                        sheet.write_number(row, column, *number).unwrap();
                    }
                    Value::Date(date) => {
                        let date = ExcelDateTime::parse_from_str(date).unwrap();
                        sheet
                            .write_datetime_with_format(row, column, &date, &dates)
                            .unwrap();
                    }
                }
            }
        }
    }
    book.save_to_buffer().unwrap()
}

/// A packed file of these parts.
pub(crate) fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An ods whose table holds this XML.
pub(crate) fn ods_of(rows: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="Sheet1">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    archive(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("content.xml", content.as_bytes()),
        (
            "META-INF/manifest.xml",
            br#"<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"#,
        ),
    ])
}

fn ods(table: &Table) -> Vec<u8> {
    let escaped = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
    };
    let cell = |value: &Value| match value {
        Value::Nothing => "<table:table-cell/>".to_owned(),
        Value::Text(text) => {
            let text = escaped(text);
            format!(
                r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#
            )
        }
        Value::Number(number) => format!(
            r#"<table:table-cell office:value-type="float" office:value="{number}"><text:p>{number}</text:p></table:table-cell>"#
        ),
        Value::Date(date) => {
            let iso = format!("{}:00", date.replace(' ', "T"));
            format!(
                r#"<table:table-cell office:value-type="date" office:date-value="{iso}"><text:p>{date}</text:p></table:table-cell>"#
            )
        }
    };
    let rows = table.iter().map(|row| {
        let cells: String = row.iter().map(cell).collect();
        // As LibreOffice fills a row up.
        let rest = r#"<table:table-cell table:number-columns-repeated="1000"/>"#;
        format!("<table:table-row>{cells}{rest}</table:table-row>")
    });
    let end = r#"<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>"#;
    ods_of(&(rows.collect::<String>() + end))
}
