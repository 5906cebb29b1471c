//! Moments in files: each is written as a day, a local time or a time with its offset, whichever member it is.
//! Invariant: every spelling of a moment leads to the same event. Knows the commands' words.

use std::fs;

use crate::place::{Place, Run, party};

fn run(place: &Place, line: &str) -> Run {
    let line = line.replace("MINE", &party(4));
    place.run(&line.split_whitespace().collect::<Vec<_>>())
}

/// A count of the mine's lot as of a moment, as a JSON line.
fn count(as_of: &str, inventory: &str) -> String {
    format!(
        r#"{{"event":"stock-counted","occurred":"2024-03-07","site":"PIT","as_of":{as_of},"inventory":"{inventory}","page":1,"last":true,"vessels":[],"lots":[{{"lot":"{}/M-0","quantity":{{"net_mg":25000000000,"reo_mg":12500500000,"basis":"measured"}}}}]}}"#,
        party(4)
    )
}

fn mined() -> Place {
    let place = Place::founded();
    let file = place.mined("M", 1);
    place.good(&["record", &file, "--as", &party(4), "--yes"]);
    place
}

#[test]
fn a_moment_is_a_day_a_local_time_or_a_time_with_its_offset() {
    let place = mined();
    let spellings = [
        "2024-03-06",
        "2024-03-06 12:00",
        "2024-03-06T12:00:00",
        "2024-03-06T04:00:00Z",
    ];
    let lines: Vec<_> = (0..)
        .zip(spellings)
        .map(|(number, text)| count(&format!("\"{text}\""), &format!("PIT-{number}")))
        .collect();
    fs::write(place.path().join("counts.jsonl"), lines.join("\n")).unwrap();
    let recorded = run(&place, "record counts.jsonl --as MINE --yes");
    assert_eq!(recorded.code, 0, "{}", recorded.stderr);
    for position in 4..8 {
        let shown = run(&place, &format!("inspect --entry {position} --json")).stdout;
        assert!(shown.contains("2024-03-06T04:00:00"), "{position} {shown}");
    }
    // What a correction states instead is read in the same way.
    fs::write(
        place.path().join("right.json"),
        count("\"2024-03-05 20:00\"", "PIT-0").replace("\"occurred\":\"2024-03-07\",", ""),
    )
    .unwrap();
    let line = "correct 4 --reason slip --replacement right.json --as MINE --yes";
    let corrected = run(&place, line);
    assert_eq!(corrected.code, 0, "{}", corrected.stderr);
    let shown = run(&place, "inspect --entry 8 --json").stdout;
    assert!(shown.contains("2024-03-05T12:00:00"), "{shown}");
}

#[test]
fn a_moment_that_can_not_be_read_is_named() {
    let place = mined();
    for (as_of, why) in [
        ("\"soon\"", "row 1, column as_of: "),
        ("17", "row 1, column as_of: write it as a text"),
        ("\"2024-03-06 25:00\"", "row 1, column as_of: "),
    ] {
        fs::write(place.path().join("counts.jsonl"), count(as_of, "PIT-0")).unwrap();
        let refused = run(&place, "record counts.jsonl --as MINE --yes");
        assert_eq!(refused.code, 1, "{as_of} {}", refused.stderr);
        assert!(refused.stderr.contains(why), "{as_of} {}", refused.stderr);
        fs::write(place.path().join("right.json"), count(as_of, "PIT-0")).unwrap();
        let line = "correct 3 --reason slip --replacement right.json --as MINE --yes";
        let refused = run(&place, line);
        assert!(refused.stderr.contains("as_of: "), "{}", refused.stderr);
    }
}
