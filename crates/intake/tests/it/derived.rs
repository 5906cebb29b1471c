//! Wet mass, moisture and grade: what is computed of them, and what must agree with it.
//! Invariant: a computed figure is the one that the form rules expect. Knows the columns of a mined lot.

use domain::{Payload, Zone};
use intake::Draft;

const HEAD: &str =
    "event,occurred,site,lot,product,basis,ore,net_kg,reo_kg,wet_kg,moisture_percent,grade_percent";

fn read(cells: &str) -> Result<Draft, String> {
    let text = format!("{HEAD}\nlot-mined,2024-03-05,PIT,L-1,ore/mixed,weighed,mixed,{cells}\n");
    match intake::read("a.csv", text.as_bytes(), Zone::CHINA) {
        Ok(mut drafts) => Ok(drafts.remove(0)),
        Err(faults) => Err(faults.iter().map(|fault| format!("{fault}\n")).collect()),
    }
}

#[test]
fn net_and_reo_follow_from_wet_mass_moisture_and_grade() {
    let draft = read(",,26000,3.8461,50.01").unwrap();
    let Payload::LotMined(mined) = &draft.payload else {
        panic!("{draft:?}");
    };
    assert_eq!(mined.quantity.net.mg(), 25_000_014_000);
    assert_eq!(mined.quantity.reo.mg(), 12_502_507_001);
    let wet = mined.quantity.wet.unwrap();
    assert_eq!(
        (wet.mass.mg(), wet.moisture.get()),
        (26_000_000_000, 38_461)
    );
    let said: Vec<_> = draft.derived.iter().map(ToString::to_string).collect();
    let expected = "a.csv, row 2: net 25000.014 kg (26000 kg less 3.8461 % water), REO 12502.507001 kg (50.01 % of net)";
    assert_eq!(said, [expected]);
}

#[test]
fn what_is_stated_is_not_said_to_be_computed() {
    assert_eq!(read("25000.014,12500,26000,3.8461,").unwrap().derived, []);
    assert_eq!(read("25000,12500,,,50").unwrap().derived, []);
    // A grade is rounded to two decimals at least.
    assert_eq!(read("25000,12501.2,,,50").unwrap().derived, []);
    let text = read("25000,,,,50").unwrap().derived[0].to_string();
    assert_eq!(
        text,
        "a.csv, row 2: net 25000 kg, REO 12500 kg (50 % of net)"
    );
}

#[test]
fn what_does_not_agree_is_named_with_what_would() {
    for (cells, why) in [
        (
            "25000,12500,26000,3.8461,",
            "column net_kg, value \"25000\": does not agree with wet_kg and moisture_percent: that makes 25000.014 kg",
        ),
        (
            "25000,12502,,,50",
            "column reo_kg, value \"12502\": does not agree with grade_percent: that makes 12500 kg",
        ),
        ("25000,12500.2,,,50.0000", "column reo_kg"),
        (",12500,26000,,", "column moisture_percent: is empty"),
        (",12500,,3.8,", "column wet_kg: is empty"),
        (
            ",12500,,,",
            "column net_kg: is empty; fill it in, or give wet_kg",
        ),
        (
            "25000,,,,",
            "column reo_kg: is empty; fill it in, or give grade_percent",
        ),
        ("0,0,,,", "column net_kg, value \"0\": a quantity of zero"),
        ("25000,25001,,,", "column reo_kg, value \"25001\": REO"),
    ] {
        let found = read(cells).unwrap_err();
        assert!(found.contains(why), "{cells}: {found}");
        assert_eq!(found.lines().count(), 1, "{cells}: {found}");
    }
}
