//! A hundred sheets that went through the hands and programs of clerks, over every kind of event and every form of file.
//! Invariant: what can mean one thing is read as meant, and every other fault is named at its cell; nothing is half read.
//! Knows the clean sheet that each was made of.

use std::collections::BTreeSet;

use domain::Zone;
use intake::{Draft, template};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::make::{FORMS, Form, Table, Value};

const SHEETS: u64 = 100;
const EVENTS: usize = 6;

/// What a change of a cell comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// Read as the clean one.
    Clean,
    /// Named at this cell.
    Named,
}
use Comes::{Clean, Named};

/// Where a change can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    Everywhere,
    Workbooks,
    /// Not where semicolons separate: there a comma may stand before decimals.
    ButSemicolons,
}
use Where::{ButSemicolons, Everywhere, Workbooks};

type Change = (&'static str, Where, Comes, fn(&str) -> Value);

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn wide(text: &str) -> String {
    let wide = |c: char| match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
        other => other,
    };
    text.chars().map(wide).collect()
}

fn grouped(number: &str) -> String {
    let (thousands, rest) = number.split_at(number.len() - 3);
    format!("{thousands},{rest}")
}

/// What clerks and their programs do to the cells of a column.
const CHANGES: &[Change] = &[
    ("net_kg", ButSemicolons, Clean, |clean| text(grouped(clean))),
    ("net_kg", Everywhere, Clean, |clean| {
        text(format!("{clean} kg"))
    }),
    ("net_kg", Everywhere, Clean, |clean| {
        text(format!("{clean}千克"))
    }),
    ("net_kg", Everywhere, Clean, |clean| text(wide(clean))),
    ("net_kg", Everywhere, Clean, |clean| {
        text(format!("\u{3000}{clean}\u{a0}"))
    }),
    ("net_kg", Workbooks, Clean, |clean| {
        Value::Number(clean.parse().unwrap())
    }),
    ("net_kg", Everywhere, Named, |_| text("25 t")),
    ("net_kg", Everywhere, Named, |_| text("2.5E+04")),
    ("net_kg", Everywhere, Named, |_| text("25000,5")),
    ("net_kg", Everywhere, Named, |_| text("25 000")),
    ("net_kg", Everywhere, Named, |_| text("-25000")),
    ("net_kg", Everywhere, Named, |_| text("约25000")),
    ("net_kg", Everywhere, Named, |_| text("#N/A")),
    ("net_kg", Everywhere, Named, |_| text("250\u{200b}00")),
    ("net_kg", Everywhere, Named, |_| Value::Nothing),
    ("net_kg", Workbooks, Named, |_| {
        Value::Date("2024-03-05 00:00".to_owned())
    }),
    ("reo_kg", Everywhere, Named, |_| text("90000")),
    ("reo_kg", Everywhere, Named, |_| text("?")),
    ("uncertainty_percent", Everywhere, Clean, |clean| {
        text(format!("{clean}%"))
    }),
    ("uncertainty_percent", Everywhere, Clean, |clean| {
        text(format!("{clean}％"))
    }),
    ("uncertainty_percent", Everywhere, Named, |_| text("120")),
    ("basis", Everywhere, Clean, |clean| {
        text(clean.to_uppercase())
    }),
    ("basis", Everywhere, Clean, |clean| text(wide(clean))),
    ("basis", Everywhere, Named, |_| text("mesured")),
    ("basis", Everywhere, Named, |_| Value::Nothing),
    ("occurred", Everywhere, Clean, |_| text("2024/3/5 14:30")),
    ("occurred", Everywhere, Clean, |_| {
        text("2024年3月5日 14:30")
    }),
    ("occurred", Everywhere, Clean, |_| text("2024/3/5 2:30 PM")),
    ("occurred", Everywhere, Clean, |clean| text(wide(clean))),
    ("occurred", Workbooks, Clean, |clean| {
        Value::Date(clean.to_owned())
    }),
    ("occurred", Everywhere, Named, |_| text("05/03/2024")),
    ("occurred", Everywhere, Named, |_| text("45356.604")),
    ("occurred", Everywhere, Named, |_| text("2024-02-30")),
    ("occurred", Everywhere, Named, |_| text("昨天")),
    ("occurred", Workbooks, Named, |_| Value::Number(45356.5)),
    ("site", Everywhere, Clean, |clean| text(wide(clean))),
    ("site", Everywhere, Named, |clean| {
        text(clean.to_lowercase())
    }),
    ("site", Everywhere, Named, |_| Value::Nothing),
    ("site", Everywhere, Named, |clean| {
        text(format!("{clean}\u{202e}"))
    }),
    ("lot", Everywhere, Named, |_| text("9.1E+17")),
    ("lot", Everywhere, Named, |_| text("批次一")),
    ("lot", Workbooks, Named, |_| Value::Number(9.1e17)),
    ("lot", Workbooks, Named, |_| {
        Value::Date("2024-03-05 00:00".to_owned())
    }),
    ("product", Everywhere, Clean, |clean| {
        text(clean.to_uppercase())
    }),
    ("product", Everywhere, Named, |_| text("ore/granite")),
    ("hs_code", Everywhere, Clean, |_| text("2846.90.1910")),
    ("hs_code", Workbooks, Clean, |_| {
        Value::Number(2_846_901_910.0)
    }),
    ("hs_code", Everywhere, Named, |_| text("284690191")),
    ("declaration", Everywhere, Named, |_| text("2.01201E+16")),
    ("declaration", Workbooks, Named, |_| {
        Value::Number(20_120_240_012_345_678.0)
    }),
    ("packages", Everywhere, Clean, |clean| text(wide(clean))),
    ("packages", Workbooks, Clean, |clean| {
        Value::Number(clean.parse().unwrap())
    }),
    ("packages", Everywhere, Named, |_| text("20.5")),
    ("invoice_date", Everywhere, Clean, |_| text("2024年3月5日")),
    ("invoice_date", Everywhere, Named, |_| text("5-3-24")),
    ("invoice_number", Everywhere, Named, |_| text("2.5112E+19")),
    ("invoice_kg", Everywhere, Named, |_| text("25 t")),
    ("licence_kg", Everywhere, Named, |_| text("50 t")),
    ("licence_from", Everywhere, Named, |_| text("1/2/24")),
    ("month", Everywhere, Clean, |_| text("2024年3月")),
    ("month", Workbooks, Clean, |_| {
        Value::Date("2024-03-01 00:00".to_owned())
    }),
    ("month", Everywhere, Named, |_| text("Mar-24")),
    ("country", Everywhere, Clean, |clean| {
        text(clean.to_lowercase())
    }),
    ("country", Everywhere, Named, |_| text("Myanmar")),
    ("supplier", Everywhere, Clean, |clean| {
        text(format!(" {clean} "))
    }),
    ("supplier", Everywhere, Named, |clean| {
        text(format!("{clean}\u{200b}"))
    }),
    ("event", Everywhere, Named, |_| text("lot-minded")),
    ("event", Everywhere, Named, |_| Value::Nothing),
    ("nil", Everywhere, Clean, |_| text("否")),
    ("nil", Everywhere, Named, |_| text("maybe")),
];

/// A clean sheet: its names of columns, and the rows of some events.
struct CleanSheet {
    names: Vec<String>,
    /// Each with whether its event has one row only.
    rows: Vec<Vec<String>>,
    is_single: bool,
}

fn clean(kind: &str) -> CleanSheet {
    let text = template::text(kind).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let example: Vec<Vec<String>> = reader
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let mut rows = Vec::new();
    for event in 0..EVENTS {
        for row in &example {
            let cells = names
                .iter()
                .zip(row)
                .map(|(name, cell)| match name.as_str() {
                    "no" => (event + 1).to_string(),
                    "lot" if !cell.is_empty() => format!("{cell}{event}"),
                    _ => cell.clone(),
                });
            rows.push(cells.collect());
        }
    }
    CleanSheet {
        names,
        rows,
        is_single: example.len() == 1,
    }
}

/// One dirty sheet, and what is to be said of it.
struct Dirty {
    table: Table,
    named: BTreeSet<(u32, String)>,
    changes: Vec<String>,
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0.next_u32() as usize % sides
    }
}

/// With `is_harmless`, only what can mean one thing is done to it.
fn soil(sheet: &CleanSheet, form: Form, kind: &str, is_harmless: bool, dice: &mut Dice) -> Dirty {
    let chinese = headings_in_chinese(kind);
    let in_chinese = dice.below(2) == 0;
    let heading = |place: usize| match in_chinese {
        true => chinese[place].clone(),
        false => sheet.names[place].clone(),
    };
    let mut order: Vec<usize> = (0..sheet.names.len()).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, dice.below(last + 1));
    }
    let headings = order.iter().map(|place| text(heading(*place))).collect();
    let mut dirty = Dirty {
        table: vec![headings],
        named: BTreeSet::new(),
        changes: Vec::new(),
    };
    // The first row tells the kind, and a wrong kind there is another fault.
    for (number, clean) in sheet.rows.iter().enumerate() {
        if dice.below(4) == 0 {
            dirty.table.push(vec![Value::Nothing; order.len()]);
        }
        let mut cells: Vec<Value> = clean.iter().map(|cell| cell.as_str().into()).collect();
        let row = u32::try_from(dirty.table.len()).unwrap() + 1;
        let fits = |change: &&Change| {
            let (column, places, comes, _) = change;
            let place = sheet.names.iter().position(|name| name == column);
            let is_filled = place.is_some_and(|place| !clean[place].is_empty());
            let is_of_line = ["net_kg", "reo_kg", "basis", "uncertainty_percent"].contains(column);
            is_filled
                && (sheet.is_single || is_of_line)
                && (number > 0 || *column != "event")
                && (*comes == Clean || !is_harmless)
                && match places {
                    Everywhere => true,
                    Workbooks => form.is_workbook(),
                    ButSemicolons => form != Form::Semicolons,
                }
        };
        let fitting: Vec<&Change> = CHANGES.iter().filter(fits).collect();
        if dice.below(2) == 0 && !fitting.is_empty() {
            let (column, _, comes, change) = fitting[dice.below(fitting.len())];
            let place = sheet.names.iter().position(|name| name == column).unwrap();
            cells[place] = change(&clean[place]);
            dirty
                .changes
                .push(format!("row {row}, {column}: {:?}", cells[place]));
            if *comes == Named {
                dirty.named.insert((row, heading(place)));
            }
        }
        let cells = order.iter().map(|place| cells[*place].clone());
        dirty.table.push(cells.collect());
    }
    dirty
}

fn headings_in_chinese(kind: &str) -> Vec<String> {
    let columns = template::explained(kind).unwrap().into_iter();
    let columns = columns.filter(|column| !column.may_be_added);
    let columns = columns.map(|column| column.chinese.to_owned());
    ["事件".to_owned()].into_iter().chain(columns).collect()
}

fn said(draft: &Draft) -> impl PartialEq + std::fmt::Debug + use<> {
    (draft.occurred, draft.payload.clone())
}

#[test]
fn a_hundred_dirty_sheets_are_read_as_meant_or_named_cell_by_cell() {
    let kinds: Vec<&str> = intake::kinds().collect();
    let (mut read, mut refused) = (0, 0);
    for seed in 0..SHEETS {
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
        let kind = kinds[dice.below(kinds.len())];
        let form = FORMS[usize::try_from(seed / 3).unwrap() % FORMS.len()];
        let sheet = clean(kind);
        let dirty = soil(&sheet, form, kind, seed % 3 == 0, &mut dice);
        let told = format!("seed {seed}, {kind}, {form:?}: {:#?}", dirty.changes);
        match intake::read("dirty", &form.write(&dirty.table), Zone::CHINA) {
            Ok(drafts) => {
                read += 1;
                assert_eq!(dirty.named, BTreeSet::new(), "{told}");
                let mut table = vec![sheet.names.clone()];
                table.extend(sheet.rows);
                let cells =
                    |row: &Vec<String>| row.iter().map(|cell| cell.as_str().into()).collect();
                let table: Table = table.iter().map(cells).collect();
                let clean = intake::read("clean", &Form::Csv.write(&table), Zone::CHINA).unwrap();
                assert_eq!(clean.len(), EVENTS);
                let [dirty, clean] =
                    [drafts, clean].map(|drafts| drafts.iter().map(said).collect::<Vec<_>>());
                assert_eq!(dirty, clean, "{told}");
            }
            Err(faults) => {
                refused += 1;
                let named = faults.iter().map(|fault| {
                    let column = fault.column.clone().unwrap_or_default();
                    (fault.row.unwrap_or_default(), column)
                });
                let named: BTreeSet<_> = named.collect();
                assert_eq!(named, dirty.named, "{told}\n{faults:#?}");
                assert_eq!(faults.len(), named.len(), "{told}\n{faults:#?}");
            }
        }
    }
    assert!(read > 30 && refused > 50, "{read} read, {refused} refused");
}

#[test]
fn every_change_alone_comes_to_what_it_should() {
    for kind in intake::kinds() {
        let sheet = clean(kind);
        for (column, places, comes, change) in CHANGES {
            let Some(place) = sheet.names.iter().position(|name| name == column) else {
                continue;
            };
            let row = sheet.rows.len() - 1;
            let is_of_line = ["net_kg", "reo_kg", "basis", "uncertainty_percent"].contains(column);
            if sheet.rows[row][place].is_empty() || !(sheet.is_single || is_of_line) {
                continue;
            }
            let form = if *places == Workbooks {
                Form::Xlsx
            } else {
                Form::Csv
            };
            let mut table: Table = vec![
                sheet
                    .names
                    .iter()
                    .map(|name| name.as_str().into())
                    .collect(),
            ];
            table.extend(
                sheet
                    .rows
                    .iter()
                    .map(|row| row.iter().map(|cell| cell.as_str().into()).collect()),
            );
            table[row + 1][place] = change(&sheet.rows[row][place]);
            let told = format!("{kind}, {column}: {:?}", table[row + 1][place]);
            match intake::read("one", &form.write(&table), Zone::CHINA) {
                Ok(_) => assert_eq!(*comes, Clean, "{told}"),
                Err(faults) => {
                    assert_eq!(*comes, Named, "{told}: {faults:#?}");
                    let place = (
                        u32::try_from(row).ok().map(|row| row + 2),
                        Some((*column).to_owned()),
                    );
                    let named: Vec<_> = faults
                        .into_iter()
                        .map(|fault| (fault.row, fault.column))
                        .collect();
                    assert_eq!(named, [place], "{told}");
                }
            }
        }
    }
}

#[test]
fn every_change_is_made_to_some_column() {
    let columns: BTreeSet<String> = intake::kinds().flat_map(|kind| clean(kind).names).collect();
    for (column, ..) in CHANGES {
        assert!(columns.contains(*column), "{column}");
    }
    let clean_changes = CHANGES.iter().filter(|(_, _, comes, _)| *comes == Clean);
    assert!(clean_changes.count() > 20);
}
