//! A clerk receives what is under way: by the code of the shipment, saying only what differs; and corrects a single field.
//! Invariant: what is asked of the log afterwards is all that counts.

use std::fs;

use serde_json::Value;

use crate::place::{Place, party};

/// A mine that sent two lots to a separation plant as shipment S-1.
fn sent() -> Place {
    let place = Place::founded();
    let (authority, mine, plant) = (party(1), party(4), party(5));
    place.good(&["key", "new", &plant, "--plain"]);
    let words = format!(
        "party add {plant} --names 厂=Plant --division 150207 --activities separation --local --as {authority} --yes"
    );
    place.good(&words.split(' ').collect::<Vec<_>>());
    let words = format!(
        "site add {plant}/WORKS --activity separation --licence C2 --division 150207 --capacity 5000t --from 2024-01-01 --until 2029-12-31 --as {authority} --yes"
    );
    place.good(&words.split(' ').collect::<Vec<_>>());
    let file = place.mined("M", 2);
    place.good(&["record", &file, "--as", &mine, "--yes"]);
    let line = |lot: &str| {
        format!(
            r#"{{"lot":"{mine}/{lot}","packages":1,"quantity":{{"net_mg":25000000000,"reo_mg":12500500000,"basis":"measured"}}}}"#
        )
    };
    let sent = format!(
        r#"{{"event":"shipment-dispatched","occurred":"2024-03-06","shipment":"S-1","site":"PIT","to":"{plant}","title":"sale","lines":[{},{}],"invoices":[],"carrier":"","sealed":[]}}"#,
        line("M-0"),
        line("M-1")
    );
    fs::write(place.path().join("sent.jsonl"), sent).unwrap();
    place.good(&["record", "sent.jsonl", "--as", &mine, "--yes"]);
    place
}

impl Place {
    fn receive(&self, words: &str) -> crate::place::Run {
        let plant = party(5);
        let words: Vec<_> = words.split(' ').collect();
        self.run(&[&["receive"][..], &words, &["--as", &plant, "--yes"]].concat())
    }

    fn answer(&self, words: &str) -> Value {
        let words = words.replace("PLANT", &party(5));
        let words: Vec<_> = words.split(' ').collect();
        let run = self.good(&[&words[..], &["--json"]].concat());
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        document["answer"].clone()
    }

    /// The newest entry, as it was signed.
    fn newest(&self, position: u64) -> Value {
        let position = position.to_string();
        let run = self.good(&["inspect", "--entry", &position, "--json"]);
        serde_json::from_str(&run.stdout).unwrap()
    }
}

#[test]
fn a_shipment_is_received_by_its_code_and_what_differs_alone_is_said() {
    let place = sent();
    let inbox = place.good(&["inbox", &party(5)]);
    assert!(
        inbox.stderr.contains("ytterby receive SHIPMENT"),
        "{}",
        inbox.stderr
    );
    for (words, why) in [
        ("S-1", "nothing is said of line 0"),
        ("S-9 --all", "nothing under way"),
        ("S-1 --all --set 2=5", "has no line 2"),
        (
            "S-1 --all --set 0=5 --reject 0=wet",
            "two things are said of line 0",
        ),
        ("S-1 --set 0=5", "nothing is said of line 1"),
        ("S-1 --part", "nothing is said of any line"),
        ("S-1 --all --set 0", "says nothing of a line"),
    ] {
        let refused = place.receive(words);
        assert_eq!(refused.code, 2, "{words}: {}", refused.stderr);
        assert!(refused.stderr.contains(why), "{words}: {}", refused.stderr);
    }
    // A part of one line now, all that is left later.
    let part = place.receive("S-1 --part --set 0=10000");
    assert_eq!(part.code, 0, "{}", part.stderr);
    let left = place.answer("inbox PLANT");
    let lines = &left["shipments"][0]["lines"];
    assert_eq!(lines[0]["under_way_net_mg"].to_string(), "15000000000");
    assert_eq!(lines[0]["under_way_reo_mg"].to_string(), "7500300000");
    let id = left["shipments"][0]["event"].as_str().unwrap().to_owned();
    let rest = place.receive(&format!(
        "{} --all --set 1=24990 --reason weighed",
        &id[..10]
    ));
    assert_eq!(rest.code, 0, "{}", rest.stderr);
    assert!(
        rest.stderr
            .contains("25000 kg under way, 24990 kg received: -10 kg"),
        "{}",
        rest.stderr
    );
    assert_eq!(
        place.answer("inbox PLANT")["shipments"],
        Value::Array(Vec::new())
    );
    let last = place.newest(9).to_string();
    for said in [
        r#""completion":"final""#,
        r#""site":"WORKS""#,
        r#""net_mg":15000000000"#,
        r#""reason":"weighed""#,
        // 24 990 kg at the grade that was sent.
        r#""reo_mg":12495499800"#,
    ] {
        assert!(last.contains(said), "{said} is not in {last}");
    }
    assert_eq!(place.receive("S-1 --all").code, 2, "nothing is under way");
}

#[test]
fn a_line_that_is_rejected_goes_back_and_one_that_did_not_come_is_missed() {
    let place = sent();
    let received = place.receive("S-1 --set 0=0 --reject 1=wet");
    assert_eq!(received.code, 0, "{}", received.stderr);
    let found = place.run(&["findings", "--csv"]).stdout;
    assert!(found.contains("T01"), "{found}");
    let last = place.newest(8).to_string();
    assert!(last.contains(r#""outcome":"rejected""#), "{last}");
    assert!(!last.contains(r#""line":0"#), "{last}");
}

#[test]
fn a_field_is_corrected_and_old_and_new_are_shown() {
    let place = sent();
    let mine = party(4);
    let correct = |words: &[&str]| {
        let fixed = ["correct", "5", "--reason", "typo"];
        place.run(&[&fixed[..], words, &["--as", &mine, "--yes"]].concat())
    };
    let corrected = correct(&["--set", "quantity.net_kg=24990"]);
    assert_eq!(corrected.code, 0, "{}", corrected.stderr);
    let change = "quantity.net_kg: 25000 becomes 24990";
    assert!(corrected.stderr.contains(change), "{}", corrected.stderr);
    let twice = correct(&["--set", "quantity.net_kg=24980"]);
    assert_eq!(twice.code, 1);
    assert!(
        twice.stderr.contains("[corrected-already]"),
        "{}",
        twice.stderr
    );
    let again = correct(&["--set", "quantity.net_kg=24980", "--instead-of", "8"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    let change = "quantity.net_kg: 24990 becomes 24980";
    assert!(again.stderr.contains(change), "{}", again.stderr);
    for (set, why) in [
        ("colour=red", "unknown field"),
        ("quantity.net_kg=ten", "[bad-field]"),
    ] {
        let refused = correct(&["--set", set, "--instead-of", "9"]);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(why), "{}", refused.stderr);
    }
}
