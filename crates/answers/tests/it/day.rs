//! The questions of a working day: what is to be done, what is under way, what something is.
//! Invariant: each answer is compared with what the country's events say. Knows no layout.

use answers::{Answer, Question, Reading, Shown};
use domain::{Moment, PartyId};
use serde_json::Value;
use testkit::{TestCountry, at, party};

use crate::country::{log, reading, sent};

fn today(reading: &mut Reading, of: Option<PartyId>, by: Moment) -> Vec<[String; 3]> {
    let question = Question::Today {
        party: of,
        division: None,
        by,
    };
    let Answer::Today(today) = question.answer(reading).unwrap() else {
        panic!("another answer");
    };
    let row = |matter: &answers::Matter| {
        let day = matter.day.map(|day| day.to_string());
        [
            matter.kind.to_owned(),
            matter.about.clone(),
            day.unwrap_or_default(),
        ]
    };
    today.matters.iter().map(row).collect()
}

fn show(reading: &mut Reading, id: &str) -> Result<Shown, String> {
    let by = at("2024-01-20");
    let id = id.to_owned();
    match (Question::Show { id, by }).answer(reading) {
        Ok(Answer::Show(shown)) => Ok(shown),
        Ok(other) => panic!("{other:?}"),
        Err(none) => Err(none.code().name().to_owned()),
    }
}

#[test]
fn an_inbox_holds_what_is_under_way_and_how_long() {
    let store = log();
    let mut here = reading(&store);
    let mut inbox = |of| {
        let question = Question::Inbox {
            party: party(of),
            by: at("2024-01-20"),
        };
        serde_json::to_value(question.answer(&mut here).unwrap()).unwrap()
    };
    assert_eq!(
        inbox(TestCountry::MINE)["shipments"],
        Value::Array(Vec::new())
    );
    let waiting = inbox(TestCountry::SEPARATOR);
    let shipments = waiting["shipments"].as_array().unwrap();
    assert_eq!(shipments.len(), 1);
    assert_eq!(shipments[0]["shipment"], "S-1");
    assert_eq!(shipments[0]["days"], 10);
    let line = &shipments[0]["lines"][0];
    assert_eq!(line["under_way_reo_mg"], 500_000);
    assert_eq!(line["sent_net_mg"], 1_000_000);
}

#[test]
fn today_lists_each_matter_once_for_whom_it_concerns() {
    let store = log();
    let mut here = reading(&store);
    let kinds = |rows: &[[String; 3]]| -> Vec<String> {
        let rows = rows.iter().filter(|row| row[0] != "finding");
        rows.map(|row| format!("{} {}", row[0], row[1])).collect()
    };
    let of_separator = today(
        &mut here,
        Some(party(TestCountry::SEPARATOR)),
        at("2024-02-05"),
    );
    assert_eq!(kinds(&of_separator), ["return 2024-01", "receipt S-1"]);
    // The rules say "before the 10th": the last day is the 9th.
    assert_eq!(of_separator[0][2], "2024-02-09");
    // After the tenth it is a finding, and no longer listed as due.
    let late = today(
        &mut here,
        Some(party(TestCountry::SEPARATOR)),
        at("2024-02-15"),
    );
    assert!(!kinds(&late).iter().any(|row| row.starts_with("return")));
    assert!(late.iter().any(|row| row[0] == "finding"));
    // The mine's licence ends with 2026, and its quota of 2024 does not last.
    let of_mine = today(&mut here, Some(party(TestCountry::MINE)), at("2024-01-20"));
    assert!(
        kinds(&of_mine)
            .iter()
            .all(|row| !row.starts_with("licence")),
        "{of_mine:?}"
    );
    let site = format!("licence {}/PIT", party(TestCountry::MINE));
    let at_the_end = today(&mut here, Some(party(TestCountry::MINE)), at("2026-11-20"));
    assert!(kinds(&at_the_end).contains(&site), "{at_the_end:?}");
    let all = today(&mut here, None, at("2024-02-05"));
    assert!(all.len() > of_separator.len());
}

#[test]
fn anything_is_shown_by_as_much_of_its_name_as_is_needed() {
    let store = log();
    let mut here = reading(&store);
    let mine = party(TestCountry::MINE);
    let lot = show(&mut here, &format!("{mine}/M-1")).unwrap();
    assert_eq!((lot.kind, lot.events.len()), ("lot", 1));
    assert_eq!(
        show(&mut here, &format!("{mine}/PIT")).unwrap().kind,
        "site"
    );
    let shipment = show(&mut here, "s-1").unwrap();
    assert_eq!((shipment.kind, shipment.id.as_str()), ("shipment", "S-1"));
    assert_eq!(
        show(&mut here, &format!("{mine}/S-1")),
        Ok(shipment.clone())
    );
    let state = shipment.fields.iter().find(|field| field.name == "state");
    assert_eq!(state.unwrap().value, "under way");
    let event = show(&mut here, "5").unwrap();
    assert_eq!(event.kind, "event");
    assert_eq!(show(&mut here, &event.id[..10]).unwrap(), event);
    assert_eq!(show(&mut here, mine.as_str()).unwrap().kind, "party");
    let finding = answers::all_findings(&here, at("2024-01-20")).unwrap().0;
    let id = finding[0].finding.id.to_string();
    let shown = show(&mut here, &id[..12]).unwrap();
    assert_eq!((shown.kind, shown.id), ("finding", id));
    assert_eq!(show(&mut here, &format!("lot {mine}/M-1")), Ok(lot));
    for (given, code) in [
        ("", "unknown-thing"),
        ("site M-1", "unknown-thing"),
        ("shipment 5", "past-end"),
        ("zz", "unknown-thing"),
        ("999999", "past-end"),
        ("M-1", "unknown-thing"),
        ("NOBODY/M-1", "unknown-party"),
    ] {
        assert_eq!(show(&mut here, given), Err(code.to_owned()), "{given}");
    }
    assert_eq!(
        show(&mut here, &format!("{mine}/NOTHING")),
        Err("unknown-thing".to_owned())
    );
}

/// What begins like many others is found all the same when it is written whole.
#[test]
fn a_whole_code_goes_before_all_that_begin_like_it() {
    let store = sent(&[
        "S-1A", "S-1B", "S-1C", "S-1D", "S-1E", "S-1F", "S-1G", "S-1H", "S-1I", "S-1J", "S-1",
    ]);
    let mut here = reading(&store);
    assert_eq!(show(&mut here, "s-1").unwrap().id, "S-1");
    assert_eq!(show(&mut here, "s-1b").unwrap().id, "S-1B");
    assert_eq!(show(&mut here, "s-"), Err("ambiguous".to_owned()));
}

/// A lot, a site and a shipment of one code: the word for the kind tells them apart.
#[test]
fn one_code_of_several_things_is_told_apart_by_their_kinds() {
    let store = sent(&["M-1", "PIT"]);
    let mut here = reading(&store);
    let mine = party(TestCountry::MINE);
    for (code, kinds) in [("M-1", ["lot", "shipment"]), ("PIT", ["site", "shipment"])] {
        assert_eq!(
            show(&mut here, &format!("{mine}/{code}")),
            Err("ambiguous".to_owned())
        );
        for kind in kinds {
            let shown = show(&mut here, &format!("{kind} {mine}/{code}")).unwrap();
            assert_eq!(shown.kind, kind);
        }
    }
}
