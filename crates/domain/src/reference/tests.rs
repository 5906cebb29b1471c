//! The customary tables and what changes do to them.
//! Invariant: a table is asked as of a day and a position, and answers as it stood. Knows no log.

use super::{AsOf, Reference, is_declared};
use crate::id::EventId;
use crate::payload::{Payload, ReferenceTable};

fn as_of(day: &str, position: u64) -> AsOf {
    let day = day.parse().unwrap();
    AsOf { day, position }
}

#[test]
fn every_customary_row_is_well_formed_and_in_order() {
    let rows = |table| {
        Reference::default()
            .rows(table, as_of("2026-11-27", 0))
            .len()
    };
    assert_eq!(rows(ReferenceTable::Countries), 249);
    assert_eq!(rows(ReferenceTable::Divisions), 378);
    assert_eq!(rows(ReferenceTable::OreProducts), 8);
    assert_eq!(rows(ReferenceTable::ControlCodes), 36);
}

#[test]
fn a_heading_fits_its_goods_and_no_others() {
    let tables = Reference::default();
    for (code, product, fits) in [
        ("2846101000", "compound/oxide/Ce", true),
        ("2846101000", "compound/oxide/Dy", false),
        ("2846109000", "compound/fluoride/Ce", true),
        ("2846901500", "compound/oxide/Dy", true),
        ("2846901500", "metal/Dy", false),
        ("2846904800", "compound/carbonate/mixed", true),
        ("2846904100", "compound/carbonate/mixed", false),
        ("2846909910", "compound/oxalate/Dy", true),
        ("2805301100", "metal/Nd", true),
        ("2805302900", "alloy/PrNd", true),
        ("2805301100", "alloy/PrNd", false),
        ("8505111000", "magnet/NdFeB", true),
        ("8505111000", "compound/oxide/Dy", false),
    ] {
        let heading = tables.heading(&code.parse().unwrap(), as_of("2024-01-01", 0));
        let fitting = heading.unwrap().fits(product.parse().unwrap());
        assert_eq!(fitting, fits, "{code} {product}");
    }
    // Alumina.
    let other = tables.heading(&"2818200000".parse().unwrap(), as_of("2024-01-01", 0));
    assert_eq!(other, None);
}

#[test]
fn controls_are_those_of_the_day_and_suspended_ones_are_none() {
    let tables = Reference::default();
    let controls = |product: &str, composition: Option<&str>, day| {
        let composition = composition.map(|shares| shares.parse().unwrap());
        let found = tables.controls(
            product.parse().unwrap(),
            composition.as_ref(),
            as_of(day, 0),
        );
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(controls("compound/oxide/Dy", None, "2025-04-03"), [""; 0]);
    assert_eq!(
        controls("compound/oxide/Dy", None, "2025-04-04"),
        ["1C905.b"]
    );
    assert_eq!(controls("metal/Ho", None, "2026-11-10"), [""; 0]);
    assert_eq!(controls("metal/Ho", None, "2026-11-11"), ["1C909.a"]);
    let magnet = Some("Pr:200000,Nd:780000,Tb:5000,Dy:15000");
    assert_eq!(
        controls("magnet/NdFeB", magnet, "2026-01-01"),
        ["1C904.a", "1C905.a"]
    );
    let traces = Some("La:400000,Ce:599500,Dy:500");
    assert_eq!(
        controls("compound/carbonate/mixed", traces, "2026-01-01"),
        [""; 0]
    );
    assert!(is_declared("1C905.b", "1C905") && is_declared("1C905.b", "1C905.b"));
    assert!(!is_declared("1C905.b", "1C90") && !is_declared("1C905.b", "1C904.b"));
}

#[test]
fn a_grade_is_bounded_by_what_the_substance_allows() {
    let tables = Reference::default();
    let outside = |product: &str, reo: u64| {
        let quantity = format!(r#"{{"net_mg":1000000,"reo_mg":{reo},"basis":"measured"}}"#);
        let quantity = serde_json::from_str(&quantity).unwrap();
        tables.outside_grade(product.parse().unwrap(), &quantity, as_of("2024-01-01", 0))
    };
    assert_eq!(outside("ore/mixed", 500_000), None);
    assert_eq!(outside("ore/mixed", 900_000), Some(114_000));
    assert_eq!(outside("ore/mixed", 299_999), Some(1));
    assert_eq!(outside("compound/chloride/La", 708_001), Some(1));
    assert_eq!(
        outside("metal/Nd", 900_000),
        None,
        "the form rule knows its factor"
    );
}

#[test]
fn a_change_holds_from_its_day_and_its_position_until_it_is_annulled() {
    let change = r#"{"event":"reference-changed","table":"countries","rows":[
        {"key":"XK","value":"Kosovo","from":"2024-06-01","until":null,"suspensions":[]}],
        "instrument":{"number":"n","issued":"2024-05-01"}}"#;
    let Payload::ReferenceChanged(change) = serde_json::from_str(change).unwrap() else {
        panic!("a change of reference data")
    };
    let (by, mut tables) = (EventId([1; 32]), Reference::default());
    tables.change(10, by, &change);
    tables.annul(20, &by);
    let known = |day, position| tables.knows_country("XK".parse().unwrap(), as_of(day, position));
    assert!(known("2024-06-01", 10) && known("2024-07-01", 19));
    assert!(!known("2024-05-31", 10) && !known("2024-06-01", 9) && !known("2024-06-01", 20));
}

#[test]
fn a_county_is_known_by_its_prefecture() {
    let tables = Reference::default();
    let known = |code: &str| tables.knows_division(code.parse().unwrap(), as_of("2024-01-01", 0));
    assert!(known("150207") && known("440100") && known("310115") && known("000000"));
    assert!(!known("990000") && !known("159900") && !known("151200"));
}
