//! Figures as reports print them: days in the ledger's zone, and sums for people only.
//! Invariant: every report tells the same day of one event. Knows the columns' names.

use std::fs;

use crate::place::{Place, party};

/// Two lots dug and one roasted in the first hours of days in China, while it is still the day before in UTC.
fn early_risers() -> Place {
    let place = Place::founded();
    let rows = [
        r#"{"event":"lot-mined","occurred":"2024-04-01 02:00","site":"PIT","lot":"M-0","product":"ore/mixed","quantity":{"net_mg":"20 t","reo_mg":"10 t","basis":"measured"},"composition":null,"ore":"mixed"}"#,
        r#"{"event":"lot-mined","occurred":"2024-04-01 03:00","site":"PIT","lot":"M-1","product":"ore/mixed","quantity":{"net_mg":"4 t","reo_mg":"2 t","basis":"measured"},"composition":null,"ore":"mixed"}"#,
    ];
    fs::write(place.path().join("dug.jsonl"), rows.join("\n")).unwrap();
    let sheets = [
        (
            "roasted.csv",
            "event,no,occurred,site,process,model,role,lot,product,net_kg,reo_kg,basis,uncertainty_percent,composition,discard\n\
             lot-processed,1,2024-04-02 02:00,PIT,beneficiation,mass-balance,input,MINE/M-0,,20000,10000,measured,,,\n\
             lot-processed,1,2024-04-02 02:00,PIT,beneficiation,mass-balance,output,C-0,ore/mixed,18000,10000,measured,,,\n",
        ),
        (
            "counted.csv",
            "event,no,occurred,site,as_of,inventory,lot,net_kg,reo_kg,basis,uncertainty_percent\n\
             stock-counted,1,2024-04-04 09:00,PIT,2024-04-03 02:00,PIT-1,MINE/C-0,18000,10000,measured,0.2\n\
             stock-counted,1,2024-04-04 09:00,PIT,2024-04-03 02:00,PIT-1,MINE/M-1,4000,2000,measured,0.2\n",
        ),
    ];
    for (name, sheet) in sheets {
        fs::write(place.path().join(name), sheet.replace("MINE", &party(4))).unwrap();
    }
    for file in ["dug.jsonl", "roasted.csv", "counted.csv"] {
        place.good(&["record", file, "--as", &party(4), "--yes"]);
    }
    place
}

fn report(place: &Place, line: &str) -> String {
    let line = line.replace("MINE", &party(4));
    place
        .good(&line.split_whitespace().collect::<Vec<_>>())
        .stdout
}

const FLOWS: &str = "flows MINE --month 2024-04";
const STATEMENT: &str = "statement MINE --month 2024-04 --explain";
const BALANCE: &str = "balance MINE --explain";
const MATERIAL: &str = "material MINE/PIT --explain";

#[test]
fn every_report_tells_the_day_of_the_ledgers_zone() {
    let place = early_risers();
    let days = |line: &str| {
        let text = report(&place, line);
        let words = text.split(|c: char| c.is_whitespace() || c == ',');
        let mut days: Vec<_> = words
            .filter(|word| word.parse::<domain::Day>().is_ok())
            .map(str::to_owned)
            .collect();
        days.sort();
        days.dedup();
        days
    };
    let [first, second, third] = ["2024-04-01", "2024-04-02", "2024-04-03"];
    for form in ["", " --csv"] {
        assert_eq!(days(&format!("{FLOWS}{form}")), [first, second]);
        assert_eq!(days(&format!("{STATEMENT}{form}")), [first, second]);
        assert_eq!(days(&format!("{BALANCE}{form}")), [first, second]);
        // A run inside is no term of the balance.
        assert_eq!(days(&format!("{MATERIAL}{form}")), [first, third]);
        assert_eq!(days(&format!("trace MINE/C-0{form}")), [second]);
    }
}

#[test]
fn people_see_a_sum_and_a_spreadsheet_adds_up_by_itself() {
    let place = early_risers();
    for line in [FLOWS, STATEMENT, BALANCE, MATERIAL] {
        let shown = report(&place, line);
        assert!(
            shown
                .lines()
                .any(|line| line.trim_start().starts_with("sum ")),
            "{shown}"
        );
        let sheet = report(&place, &format!("{line} --csv"));
        let mut cells = sheet.lines().flat_map(|line| line.split(','));
        assert!(cells.any(|cell| cell == "REO t"), "{sheet}");
        assert!(cells.all(|cell| cell != "sum"), "{sheet}");
    }
    let held = report(&place, "balance MINE");
    let last: Vec<_> = held.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(last, ["sum", "22.000", "12.000"], "{held}");
}
