//! Files made to cost the reader its memory, and files that are damaged.
//! Invariant: each is refused with a reason, and none takes more than it may. Knows the limits by their effect alone.

use domain::Zone;

use crate::make::{Form, archive, ods_of, xlsx};
use crate::xls;

fn why(bytes: &[u8]) -> String {
    let read = intake::read("a", bytes, Zone::CHINA);
    read.unwrap_err()[0].to_string()
}

const SHEET_BEGINS: &str =
    r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#;

/// An xlsx whose first sheet, or another part, is this.
fn xlsx_with(part: &str, bytes: &[u8]) -> Vec<u8> {
    let workbook = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let relations = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let root = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let empty = format!("{SHEET_BEGINS}</sheetData></worksheet>");
    let mut parts = vec![
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
    ];
    if part != "xl/worksheets/sheet1.xml" {
        parts.push(("xl/worksheets/sheet1.xml", empty.as_bytes()));
    }
    parts.push((part, bytes));
    archive(&parts)
}

#[test]
fn a_small_file_that_unpacks_to_a_large_one_is_refused() {
    let zeros = vec![b' '; 600 * 1024 * 1024];
    let packed = xlsx_with("xl/styles.xml", &zeros);
    assert!(packed.len() < 1024 * 1024, "{}", packed.len());
    assert!(
        why(&packed).contains("unpacks to more than"),
        "{}",
        why(&packed)
    );
}

#[test]
fn cells_far_away_and_promises_are_refused() {
    let far = format!(
        r#"{SHEET_BEGINS}<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>"#
    );
    let found = why(&xlsx_with("xl/worksheets/sheet1.xml", far.as_bytes()));
    assert!(found.contains("row 1048576"), "{found}");
    let promise = r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount = '99999999999999'></sst>"#;
    let found = why(&xlsx_with("xl/sharedStrings.xml", promise.as_bytes()));
    assert!(
        found.contains("says that it has 99999999999999 texts"),
        "{found}"
    );
    let twice = format!(
        r#"{SHEET_BEGINS}<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row></sheetData></worksheet>"#
    );
    let found = why(&xlsx_with("xl/worksheets/sheet1.xml", twice.as_bytes()));
    assert!(found.contains("two cells in one place"), "{found}");
}

#[test]
fn repeated_cells_of_an_ods_are_counted_before_they_are_made() {
    let cell = |times: u64, text: &str| {
        format!(
            r#"<table:table-cell table:number-columns-repeated="{times}" office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#
        )
    };
    let row = |times: u64, cells: &str| {
        format!(
            r#"<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>"#
        )
    };
    let long = "x".repeat(10_000);
    for rows in [
        row(1, &cell(16_384, "x")),
        row(1_000_000, &cell(200, "x")),
        row(1, &cell(1, "x")) + &row(9_000_000, "<table:table-cell/>") + &row(1, &cell(1, "x")),
        row(
            1,
            &(r#"<table:table-cell table:number-columns-repeated="16000"/>"#.to_owned()
                + &cell(1, "x")),
        ),
        row(30_000, &cell(200, &long)),
        row(u64::MAX, &cell(u64::MAX, "x")),
    ] {
        let found = why(&ods_of(&rows));
        assert!(found.contains("are read"), "{found}");
    }
    let share = r#"<table:table-row><table:table-cell office:value-type="percentage" office:value="0.05"><text:p>5%</text:p></table:table-cell></table:table-row>"#;
    assert!(why(&ods_of(share)).contains("percentages"));
}

#[test]
fn an_xls_that_spreads_far_is_refused() {
    let far = [
        xls::number(0, 0, 0, 1.0),
        xls::number(65_535, 65_535, 0, 1.0),
    ]
    .concat();
    let said = {
        let mut data = 0_u32.to_le_bytes().to_vec();
        data.extend(u32::MAX.to_le_bytes());
        data.extend([0, 0, 0xff, 0xff, 0, 0]);
        xls::record(0x0200, &data)
    };
    for cells in [far, said] {
        let found = why(&xls::book(&cells, 0));
        assert!(found.contains("spreads over"), "{found}");
    }
    let share = xls::book(&xls::number(0, 0, 1, 0.05), 10);
    assert!(why(&share).contains("percentages"), "{}", why(&share));
}

#[test]
fn a_long_text_that_many_cells_of_an_xls_share_is_refused() {
    let long = vec![b'x'; 8000];
    let length = u16::try_from(long.len()).unwrap().to_le_bytes();
    let shared = [
        &1_u32.to_le_bytes()[..],
        &1_u32.to_le_bytes(),
        &length,
        &[0],
        &long,
    ]
    .concat();
    let shared = xls::record(0x00fc, &shared);
    let cells = |rows: u16, columns: u16| -> Vec<u8> {
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let cell = |(row, column): (u16, u16)| {
            let place = [row, column, 0, 0, 0].map(u16::to_le_bytes).concat();
            xls::record(0x00fd, &place)
        };
        places
            .flat_map(cell)
            .chain(xls::record(0x000a, &[]))
            .collect()
    };
    let found = why(&xls::book_of(&[&cells(1000, 80)], &shared, 0));
    assert!(found.contains("bytes of text"), "{found}");
    let found = why(&xls::book_of(&[&cells(2, 2)], &shared, 0));
    assert!(found.contains("\"event\" is missing"), "{found}");
}

/// Each sheet is counted by itself, and not with those behind it.
#[test]
fn an_xls_with_a_long_sheet_and_a_wide_one_is_read() {
    let end = xls::record(0x000a, &[]);
    let sheet = |row, column| {
        let corners = [xls::number(0, 0, 0, 1.0), xls::number(row, column, 0, 1.0)];
        [corners.concat(), end.clone()].concat()
    };
    let (long, wide) = (sheet(60_000, 0), sheet(0, 250));
    let found = why(&xls::book_of(&[&long, &wide], &[], 0));
    assert!(found.contains("\"event\" is missing"), "{found}");
}

#[test]
fn damaged_files_are_refused_and_never_read_by_half() {
    let table = vec![
        vec!["event".into(), "site".into()],
        vec!["x".into(), "y".into()],
    ];
    for form in [Form::Xlsx, Form::Xls, Form::Ods] {
        let whole = form.write(&table);
        for cut in (0..whole.len()).step_by(whole.len() / 40 + 1) {
            let read = intake::read("a.xlsx", &whole[..cut], Zone::CHINA);
            assert!(read.is_err() || cut == 0, "{form:?} cut at {cut}");
        }
        for place in (0..whole.len()).step_by(whole.len() / 150 + 1) {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x5a;
            // The event is not a kind, so whatever is still read is refused too.
            assert!(
                intake::read("a.xlsx", &damaged, Zone::CHINA).is_err(),
                "{form:?} at {place}"
            );
        }
    }
    let nothing = archive(&[("readme.txt", b"x")]);
    assert!(
        why(&nothing).contains("not a workbook"),
        "{}",
        why(&nothing)
    );
    assert!(why(&xlsx(&[("S", &table)])).contains("no columns for it"));
}
