//! Sheets come back with a column of problems, and are read again once they are mended.
//! Invariant: nothing else of the sheet is changed. Knows the columns of a mined lot.

use domain::Zone;
use intake::{SheetFault, give_back, template};

use crate::make::{Form, Table, Value, xlsx};

fn faults(bytes: &[u8]) -> Vec<SheetFault> {
    intake::read("a", bytes, Zone::CHINA).unwrap_err()
}

fn mined(net: &str) -> String {
    let text = template::text("lot-mined").unwrap();
    text.replace(",25000,", &format!(",{net},"))
}

#[test]
fn a_text_comes_back_with_its_problems_and_is_read_once_mended() {
    let text = mined("25 t").replacen('\n', "\n\n", 1);
    let found = faults(text.as_bytes());
    let sheet = give_back("a.csv", text.as_bytes(), &found).unwrap();
    assert!(!sheet.is_workbook);
    let back = String::from_utf8(sheet.bytes).unwrap();
    let lines: Vec<_> = back.lines().collect();
    assert!(lines[0].starts_with("\u{feff}event,"), "{back}");
    assert!(lines[0].ends_with(",ore,problems"), "{back}");
    assert!(lines[2].contains("net_kg: is in \"\"t\"\""), "{back}");
    let again = faults(back.as_bytes());
    let rows = |faults: &[SheetFault]| faults.iter().map(|fault| fault.row).collect::<Vec<_>>();
    assert_eq!(rows(&again), rows(&found));
    // Checked twice, it still has one column of problems.
    let twice = give_back("a.csv", back.as_bytes(), &again).unwrap();
    assert_eq!(String::from_utf8(twice.bytes).unwrap(), back);
    let mended = back.replace(",25 t,", ",25000,");
    assert_eq!(
        intake::read("a.csv", mended.as_bytes(), Zone::CHINA)
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_workbook_comes_back_as_one() {
    let cell = |text: &str| Value::from(text);
    let text = mined("25000").replace("\"La:300000,Ce:500000,Nd:200000\"", "");
    let mut table: Table = text
        .lines()
        .map(|line| line.split(',').map(cell).collect())
        .collect();
    table[1][1] = Value::Date("2024-03-05 14:30".to_owned());
    table[1][5] = Value::Number(12_500.5);
    table.push(table[1].clone());
    table[2][2] = cell("pit");
    for form in [Form::Xlsx, Form::Xls, Form::Ods] {
        let bytes = form.write(&table);
        let found = faults(&bytes);
        let sheet = give_back("a", &bytes, &found).unwrap();
        assert!(sheet.is_workbook);
        let again = faults(&sheet.bytes);
        let said =
            |faults: &[SheetFault]| faults.iter().map(SheetFault::to_string).collect::<Vec<_>>();
        assert_eq!(said(&again), said(&found), "{form:?}");
    }
    let clean = xlsx(&[("Sheet1", &table[..2].to_vec())]);
    let sheet = give_back("a", &clean, &[]).unwrap();
    let said = |bytes: &[u8]| intake::read("a", bytes, Zone::CHINA).unwrap();
    assert_eq!(said(&sheet.bytes), said(&clean));
}

#[test]
fn json_lines_are_not_given_back() {
    let why = give_back("a.jsonl", b"{}", &[]).unwrap_err();
    assert!(why.contains("only a workbook or CSV"), "{why}");
}
