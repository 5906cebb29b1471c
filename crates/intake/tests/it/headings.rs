//! Headings in any order and either language; columns, keys and sheets that are there twice or not known.
//! Invariant: no cell of a file is passed over in silence. Knows the columns of a mined lot.

use domain::{Payload, Zone};
use intake::{SheetFault, template};

use crate::make::{Form, Table, xlsx};

fn read(name: &str, bytes: &[u8]) -> Result<usize, String> {
    let read = intake::read(name, bytes, Zone::CHINA);
    read.map(|drafts| drafts.len()).map_err(|faults| {
        faults
            .iter()
            .map(SheetFault::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    })
}

fn mined() -> (String, String) {
    let text = template::text("lot-mined").unwrap();
    let (head, row) = text.trim_end().split_once('\n').unwrap();
    (head.to_owned(), row.to_owned())
}

fn table(text: &str) -> Table {
    let row = |line: &str| line.split(',').map(Into::into).collect();
    text.lines().map(row).collect()
}

#[test]
fn a_heading_that_is_wrong_is_named_with_its_column() {
    let (head, row) = mined();
    for (from, to, why) in [
        (
            "net_kg",
            "net_kg,net_kg",
            "row 1, column net_kg: duplicate column",
        ),
        (
            "net_kg",
            "net_kg,净重（KG）",
            "row 1, column 净重（KG）: duplicate column",
        ),
        ("net_kg", "net_t", "the column \"net_t\" is not known"),
        ("site,", "", "the column \"site\" (场所) is missing"),
        ("event", "kind", "the column \"event\" is missing"),
        ("ore", "ore,", "no heading"),
    ] {
        let row = row.replace(",25000,", ",25000,25000,");
        let bytes = format!("{}\n{row},x,y\n", head.replace(from, to));
        let found = read("a.csv", bytes.as_bytes()).unwrap_err();
        assert!(found.contains(why), "{from} -> {to}: {found}");
    }
}

#[test]
fn optional_columns_may_be_left_out_and_others_not() {
    let (head, row) = mined();
    let head = head.replace("uncertainty_percent,composition,", "");
    let row = row.replace(",0.2,\"La:300000,Ce:500000,Nd:200000\",", ",");
    assert_eq!(read("a.csv", format!("{head}\n{row}\n").as_bytes()), Ok(1));
}

#[test]
fn every_sheet_of_a_workbook_is_read_and_named() {
    let (head, row) = mined();
    let composition = "\"La:300000,Ce:500000,Nd:200000\"";
    let row = row.replace(composition, "");
    let good = table(&format!("{head}\n{row}\n"));
    let bad = table(&format!("\n{head}\n{}\n", row.replace("25000", "x")));
    assert_eq!(
        read("a.xlsx", &xlsx(&[("一月", &good), ("二月", &good)])),
        Ok(2)
    );
    let found = read("a.xlsx", &xlsx(&[("一月", &good), ("二月", &bad)])).unwrap_err();
    let place = "a.xlsx, sheet \"二月\", row 3, column net_kg (F), value \"x\": is not a mass";
    assert!(found.starts_with(place), "{found}");
    let notes = table("remember,to ask\nLi,\n");
    let found = read("a.xlsx", &xlsx(&[("一月", &good), ("notes", &notes)])).unwrap_err();
    assert!(
        found.contains("sheet \"notes\", row 1: the column \"event\""),
        "{found}"
    );
}

#[test]
fn rows_of_one_event_are_one_event_wherever_they_are() {
    let text = template::text("shipment-dispatched").unwrap();
    let (head, row) = text.trim_end().split_once('\n').unwrap();
    let line = |no: &str, lot: &str| {
        let row = row.replacen(",1,", &format!(",{no},"), 1);
        row.replace("L-2024-0001", lot)
    };
    let rows = [line("1", "L-1"), line("2", "L-2"), line("1", "L-3")].join("\n");
    let text = format!("{head}\n{rows}\n");
    let drafts = intake::read("a.csv", text.as_bytes(), Zone::CHINA).unwrap();
    let lots = |draft: &intake::Draft| match &draft.payload {
        Payload::ShipmentDispatched(sent) => {
            let lots = sent.lines.iter().map(|line| line.lot.code.to_string());
            lots.collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let lines: Vec<_> = drafts.iter().map(lots).collect();
    assert_eq!(lines, [vec!["L-1", "L-3"], vec!["L-2"]]);
    // Numbered from 1 again further down: the rows say different things of one event.
    let again = [
        line("1", "L-1"),
        line("2", "L-2"),
        line("1", "L-3").replacen("S-", "T-", 1),
    ]
    .join("\n");
    let found = read("a.csv", format!("{head}\n{again}\n").as_bytes()).unwrap_err();
    assert!(found.contains("row 4, column shipment"), "{found}");
    let twice = [line("1", "L-1"), line("1", "L-2"), line("1", "L-1")].join("\n");
    let found = read("a.csv", format!("{head}\n{twice}\n").as_bytes()).unwrap_err();
    assert!(found.contains("row 4, column lot"), "{found}");
}

#[test]
fn a_cell_that_the_role_of_its_line_does_not_have_is_refused() {
    let text = template::text("lot-processed").unwrap();
    for (from, to, why) in [
        (
            "J,,25000",
            "J,ore/mixed,25000",
            "row 2, column product, value \"ore/mixed\": a line of role input has none",
        ),
        (
            "ND-2024-0001",
            "",
            "row 3, column lot: is empty; a line of role output needs it",
        ),
        (
            "ND-2024-0001",
            "nd",
            "row 3, column lot, value \"nd\": a code uses only",
        ),
    ] {
        let from = from.replace("J,,", "L-2024-0001,,");
        let to = to.replace("J,", "L-2024-0001,");
        let changed = text.replace(&from, &to);
        assert_ne!(changed, text, "{from}");
        let found = read("a.csv", changed.as_bytes()).unwrap_err();
        assert!(found.contains(why), "{found}");
        assert_eq!(found.lines().count(), 1, "{found}");
    }
}

#[test]
fn a_number_means_what_its_cell_shows() {
    let head = "event,occurred,site,lot,product,wet_kg,moisture_percent,grade_percent,basis,ore";
    let row = "lot-mined,2024-03-05,PIT,L-1,ore/mixed,1000,,50,weighed,mixed";
    let read = |format: &str, column: u16, number: f64| {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (at, line) in (0_u32..).zip([head, row]) {
            for (column, cell) in (0_u16..).zip(line.split(',')) {
                sheet.write_string(at, column, cell).unwrap();
            }
        }
        let format = rust_xlsxwriter::Format::new().set_num_format(format);
        sheet
            .write_number_with_format(1, column, number, &format)
            .unwrap();
        if column != 6 {
            sheet.write_number(1, 6, 5.0).unwrap();
        }
        let bytes = book.save_to_buffer().unwrap();
        let drafts = intake::read("a", &bytes, Zone::CHINA).unwrap();
        let Payload::LotMined(mined) = &drafts[0].payload else {
            panic!("{drafts:?}");
        };
        (
            mined.lot.to_string(),
            mined.quantity.wet.unwrap().moisture.get(),
        )
    };
    assert_eq!(read("0.00%", 6, 0.05).1, 50_000);
    assert_eq!(read("0.00\"%\"", 6, 5.0).1, 50_000);
    assert_eq!(read("0.00", 6, 0.05).1, 500);
    assert_eq!(read("00000", 3, 42.0).0, "00042");
    assert_eq!(read("0", 3, 42.0).0, "42");
}

#[test]
fn a_key_of_a_json_line_is_there_once() {
    for (line, why) in [
        (
            r#"{"event":"lot-mined","lot":"A","lot":"B"}"#,
            "duplicate key \"lot\"",
        ),
        (
            r#"{"event":"lot-mined","quantity":{"net_mg":1,"net_mg":2}}"#,
            "duplicate key \"net_mg\"",
        ),
        (r#"[{"event":"lot-mined"}]"#, "row 2"),
    ] {
        let found = read("-", format!("\n{line}\n").as_bytes()).unwrap_err();
        assert!(
            found.contains(why) && found.starts_with("-, row 2"),
            "{found}"
        );
    }
}

#[test]
fn the_form_is_seen_in_the_bytes() {
    let (head, row) = mined();
    let text = format!("{head}\n{row}\n");
    let gb = encoding_of(&text);
    assert_eq!(read("a.txt", text.as_bytes()), Ok(1));
    assert_eq!(read("a.csv", &gb), Ok(1));
    let row = row.replace("\"La:300000,Ce:500000,Nd:200000\"", "");
    let table = table(&format!("{head}\n{row}\n"));
    for form in [Form::Xlsx, Form::Xls, Form::Ods] {
        assert_eq!(read("a.csv", &form.write(&table)), Ok(1), "{form:?}");
    }
    let page = read(
        "a.xls",
        b"<html><table><tr><td>event</td></tr></table></html>",
    );
    assert!(page.unwrap_err().contains("web page"));
    assert_eq!(read("a.csv", b""), Ok(0));
}

/// In UTF-16, as Excel writes "Unicode text".
fn encoding_of(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xff, 0xfe].into_iter().chain(units).collect()
}
