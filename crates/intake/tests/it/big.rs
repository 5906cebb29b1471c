//! A workbook of a hundred thousand rows, as a large plant makes in a year.
//! Invariant: every row is read, and every bad one is named. Knows the columns of a mined lot.

use domain::Zone;

use crate::make::{Form, Table, Value};

const ROWS: usize = 100_000;
const HEAD: [&str; 9] = [
    "event", "occurred", "site", "lot", "product", "net_kg", "reo_kg", "basis", "ore",
];

#[test]
fn a_hundred_thousand_rows_are_checked_and_all_that_is_wrong_is_named() {
    let mut table: Table = vec![HEAD.map(Value::from).into()];
    for row in 0..ROWS {
        let wrong = row % 10_000 == 77;
        table.push(vec![
            "lot-mined".into(),
            Value::Date("2024-03-05 14:30".to_owned()),
            "PIT".into(),
            Value::Text(format!("L-{row}")),
            "ore/mixed".into(),
            if wrong {
                "25 t".into()
            } else {
                Value::Number(25_000.5)
            },
            Value::Number(12_500.25),
            "weighed".into(),
            "mixed".into(),
        ]);
    }
    let bytes = Form::Xlsx.write(&table);
    let faults = intake::read("big.xlsx", &bytes, Zone::CHINA).unwrap_err();
    let rows: Vec<_> = faults.iter().filter_map(|fault| fault.row).collect();
    let expected: Vec<u32> = (0..10).map(|part| part * 10_000 + 79).collect();
    assert_eq!(rows, expected);
    for row in expected {
        table[row as usize - 1][5] = Value::Number(25_000.5);
    }
    let drafts = intake::read("big.xlsx", &Form::Xlsx.write(&table), Zone::CHINA).unwrap();
    assert_eq!(drafts.len(), ROWS);
}
