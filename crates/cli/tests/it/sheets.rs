//! A clerk without ledger or key: templates, checks, sheets that come back.
//! Invariant: what `--check` passes, `record` reads alike. Knows the columns of a mined lot.

use std::fs;

use crate::place::{Place, party};

#[test]
fn a_template_is_a_workbook_that_is_checked_and_recorded() {
    let clerk = Place::empty();
    let made = clerk.good(&["template", "lot-mined", "--xlsx", "--chinese"]);
    assert_eq!(made.stdout, "lot-mined.xlsx\n");
    let again = clerk.run(&["template", "lot-mined", "--xlsx"]);
    assert_eq!(again.code, 1, "{}", again.stderr);
    let checked = clerk.good(&["record", "--check", "lot-mined.xlsx"]);
    assert!(
        checked
            .stderr
            .contains("1 lot-mined (first: lot-mined.xlsx, sheet \"lot-mined\", row 2)")
    );
    let kinds = clerk.good(&["template"]).stdout;
    assert!(
        kinds.lines().any(|kind| kind == "shipment-received"),
        "{kinds}"
    );

    let place = Place::founded();
    let book = fs::read(clerk.path().join("lot-mined.xlsx")).unwrap();
    fs::write(place.path().join("m.xlsx"), book).unwrap();
    let dry = place.run(&["record", "m.xlsx", "--as", &party(4), "--dry-run"]);
    assert!(
        dry.stderr.contains("dry run: nothing was signed"),
        "{}",
        dry.stderr
    );
}

#[test]
fn a_sheet_comes_back_with_its_problems_and_no_file_is_overwritten() {
    let clerk = Place::empty();
    let sheet = clerk.good(&["template", "lot-mined"]).stdout;
    let bad = sheet
        .replace(",25000,", ",25 t,")
        .replace("PLANT-1", "plant");
    fs::write(clerk.path().join("bad.csv"), &bad).unwrap();
    let checked = clerk.run(&["record", "--check", "bad.csv", "--out", "back.csv"]);
    assert_eq!(checked.code, 1);
    for cell in [
        "row 2, column site, value \"plant\"",
        "row 2, column net_kg, value \"25 t\"",
    ] {
        assert!(checked.stderr.contains(cell), "{}", checked.stderr);
    }
    assert!(checked.stderr.contains("write 25000"), "{}", checked.stderr);
    let back = fs::read_to_string(clerk.path().join("back.csv")).unwrap();
    assert!(
        back.contains("site: ") && back.contains("; net_kg: "),
        "{back}"
    );
    for (out, code) in [("back.csv", 1), ("back.xlsx", 2)] {
        let refused = clerk.run(&["record", "--check", "bad.csv", "--out", out]);
        assert_eq!(refused.code, code, "{}", refused.stderr);
    }
    assert_eq!(
        fs::read_to_string(clerk.path().join("back.csv")).unwrap(),
        back
    );
    assert!(!clerk.path().join("back.xlsx").exists());
}

#[test]
fn what_is_computed_is_shown_before_anybody_signs() {
    let place = Place::founded();
    let sheet = "event,occurred,site,lot,product,wet_kg,moisture_percent,grade_percent,basis,ore\n\
                 lot-mined,2024/3/5,PIT,L-1,ore/mixed,26000,3.8461,50.01,weighed,mixed\n";
    fs::write(place.path().join("wet.csv"), sheet).unwrap();
    let dry = place.run(&["record", "wet.csv", "--as", &party(4), "--dry-run"]);
    let shown = "computed: wet.csv, row 2: net 25000.014 kg (26000 kg less 3.8461 % water), REO 12502.507001 kg (50.01 % of net)";
    assert!(dry.stderr.contains(shown), "{}", dry.stderr);
}
