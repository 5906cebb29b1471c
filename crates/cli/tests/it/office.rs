//! A regulator's and a plant's month: findings, rulings, seals, filing, corrections, lineage, as typed.
//! Invariant: every act shows what it would change before it is signed. Knows the exit codes.

use std::fs;

use crate::place::{Place, Run, party};

fn words(line: &str) -> Vec<String> {
    let line = line
        .replace("MINE", &party(4))
        .replace("AUTHORITY", &party(1));
    line.split_whitespace().map(str::to_owned).collect()
}

impl Place {
    /// Runs a line of words; MINE and AUTHORITY stand for the parties.
    fn line(&self, line: &str) -> Run {
        let words = words(line);
        self.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn done(&self, line: &str) -> Run {
        let run = self.line(line);
        assert_eq!(run.code, 0, "{line}\n{}\n{}", run.stdout, run.stderr);
        run
    }
}

/// A mine that has dug one lot without quota.
fn mined() -> Place {
    let place = Place::founded();
    let file = place.mined("M", 1);
    place.done(&format!("record {file} --as MINE --yes"));
    place
}

#[test]
fn a_finding_is_listed_explained_ruled_on_and_settled() {
    let place = mined();
    let found = place.line("findings --code Q02 --json");
    assert_eq!(found.code, 1);
    let found: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!(found["answer"]["findings"][0]["state"], "open");
    let id = found["answer"]["findings"][0]["id"].as_str().unwrap();
    let unknown = place.line("rule 0000 --ruling explained --as AUTHORITY --yes");
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("findings --all"),
        "{}",
        unknown.stderr
    );
    let ruling = format!("rule {} --ruling explained --as AUTHORITY --yes", &id[..12]);
    place.done(&ruling);
    let settled = place.done("findings --code Q02");
    assert_eq!(settled.stdout.lines().count(), 1, "{}", settled.stdout);
    let all = place.done("findings --code Q02 --all --json");
    assert!(
        all.stdout.contains(r#""state": "explained""#),
        "{}",
        all.stdout
    );
    let page = place.done("explain Q02");
    assert!(
        page.stdout
            .starts_with("# Q02: production with no quota on record for the year\n")
    );
    assert!(place.done("explain").stdout.lines().count() > 30);
    assert_eq!(place.line("explain Q99").code, 2);
}

#[test]
fn a_month_is_filed_once_and_a_later_correction_goes_to_the_open_month() {
    let place = mined();
    let early = place.line("close MINE --month 2100-01 --yes");
    assert_eq!(early.code, 1);
    assert!(early.stderr.contains("is not over yet") && early.stderr.contains("2100-02-01"));
    let filed = place.done("close MINE --month 2024-03 --yes");
    assert!(filed.stdout.contains("closing balance"), "{}", filed.stdout);
    let again = place.line("close MINE --month 2024-03 --yes");
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("ytterby correct"), "{}", again.stderr);
    let march = || {
        let shown = place.done("statement MINE --month 2024-03 --json").stdout;
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["answer"]["nil"], false);
        shown["answer"].clone()
    };
    let statement = march();
    let right = r#"{"event":"lot-mined","site":"PIT","lot":"M-0","product":"ore/mixed","quantity":{"net_mg":"20 t","reo_mg":"10 t","basis":"measured"},"composition":null,"ore":"mixed"}"#;
    fs::write(place.path().join("right.json"), right).unwrap();
    let stranger =
        place.line("correct 3 --reason slip --replacement right.json --as AUTHORITY --yes");
    assert_eq!(stranger.code, 1);
    place.done("correct 3 --reason slip --replacement right.json --as MINE --yes");
    assert_eq!(march(), statement);
    let april = place.done("statement MINE --month 2024-04 --exact").stdout;
    assert!(april.contains("-2.5005"), "{april}");
    let held = place.done("balance MINE").stdout;
    assert!(held.contains("20") && held.contains("10"), "{held}");
    // Registered today, so nothing is due for 2024.
    assert_eq!(
        place.done("returns --month 2024-03").stdout.lines().count(),
        1
    );
}

/// The same slip corrected by two clerks one after the other would be booked as two opinions.
#[test]
fn an_event_is_corrected_again_only_by_who_names_what_stands() {
    let place = mined();
    let right = |name: &str, tonnes: &str| {
        let text = format!(
            r#"{{"event":"lot-mined","site":"PIT","lot":"M-0","product":"ore/mixed","quantity":{{"net_mg":"{tonnes} t","reo_mg":"10 t","basis":"measured"}},"composition":null,"ore":"mixed"}}"#
        );
        fs::write(place.path().join(name), text).unwrap();
    };
    right("first.json", "20");
    right("second.json", "21");
    let refused = |line: &str, code: &str| {
        let run = place.line(line);
        let is_it = run.stderr.contains(&format!("error[{code}]"));
        assert!(run.code == 1 && is_it, "{line}\n{}", run.stderr);
        run.stderr
    };
    let none = "correct 3 --reason slip --replacement first.json --instead-of 3 --as MINE --yes";
    refused(none, "not-what-stands");
    place.done("correct 3 --reason slip --replacement first.json --as MINE --yes");
    let again = "correct 3 --reason slip --replacement second.json --as MINE";
    let told = refused(&format!("{again} --dry-run"), "corrected-already");
    assert!(
        told.contains("at position 4") && told.contains("--instead-of 4"),
        "{told}"
    );
    refused(&format!("{again} --instead-of 3 --yes"), "not-what-stands");
    let same = "correct 3 --reason slip --replacement first.json --instead-of 4 --as MINE --yes";
    refused(same, "stands-already");
    place.done(&format!("{again} --instead-of 4 --yes"));
    let held = place.done("balance MINE --json").stdout;
    assert!(held.contains("21000000000"), "{held}");
    place.done("correct 3 --reason nothing --instead-of 5 --as MINE --yes");
    refused(
        "correct 3 --reason nothing --as MINE --yes",
        "corrected-already",
    );
    place.done("verify .ytterby");
}

/// A sheet says no more than the command does.
#[test]
fn a_month_is_not_filed_by_a_sheet_before_it_is_over_nor_twice() {
    let place = mined();
    let sheet = |month: &str| {
        let digest = "00".repeat(32);
        let text = format!(
            r#"{{"event":"month-closed","month":"{month}","statement":"{digest}","first_seq":0,"last_seq":0,"nil":true}}"#
        );
        fs::write(place.path().join("month.jsonl"), text + "\n").unwrap();
        place.line("record month.jsonl --as MINE --yes")
    };
    let early = sheet("2100-01");
    assert_eq!(early.code, 1);
    assert!(
        early.stderr.contains("[month-not-over]"),
        "{}",
        early.stderr
    );
    place.done("close MINE --month 2024-03 --yes");
    let twice = sheet("2024-03");
    assert_eq!(twice.code, 1);
    assert!(twice.stderr.contains("[month-filed]"), "{}", twice.stderr);
}

#[test]
fn lots_are_sealed_and_traced_and_labelled() {
    let place = mined();
    let seal = "seal MINE/M-0 --instrument S-1 --issued 2024-04-01 --as AUTHORITY";
    let dry = place.done(&format!("{seal} --dry-run"));
    assert!(dry.stderr.contains("lot-sealed"), "{}", dry.stderr);
    place.done(&format!("{seal} --yes"));
    assert!(place.done("balance MINE").stdout.contains("sealed"));
    let moved = r#"{"event":"lot-lost","occurred":"2024-05-01","site":"PIT","lines":[{"lot":"MINE/M-0","quantity":{"net_mg":"1 t","reo_mg":"0.5 t","basis":"measured"}}],"cause":"accident","note":""}"#;
    fs::write(
        place.path().join("moved.jsonl"),
        moved.replace("MINE", &party(4)),
    )
    .unwrap();
    let preview = place.line("record moved.jsonl --as MINE --dry-run");
    assert_eq!(preview.code, 1);
    assert!(
        preview.stderr.contains("would be raised: S03 violation"),
        "{}",
        preview.stderr
    );
    let traced = place.done("trace MINE/M-0");
    assert!(traced.stdout.contains("mined mixed"), "{}", traced.stdout);
    assert!(
        place
            .done("trace MINE/M-0 --dot")
            .stdout
            .starts_with("digraph")
    );
    let unknown = place.line("trace MINE/NONE");
    assert_eq!(unknown.code, 2);
    let text = "error[unknown-lot]: unknown lot";
    assert!(unknown.stderr.contains(text), "{}", unknown.stderr);
    assert!(place.done("label MINE/M-0").stdout.contains("100 %"));
}

#[test]
fn a_department_inspects_penalises_suspends_and_changes_rules() {
    let place = mined();
    let instrument = "--instrument P-1 --issued 2024-04-01 --as AUTHORITY --yes";
    let alone = "inspection MINE/PIT --inspector Li --as AUTHORITY --yes";
    assert_ne!(place.line(alone).code, 0, "two inspectors are the least");
    place.done("inspection MINE/PIT --inspector Li --inspector Wang --counted MINE/M-0=25000,12500.5 --as AUTHORITY --yes");
    place.done(&format!(
        "penalise MINE --article Order-785-21 --fine 1000000.50 {instrument}"
    ));
    let entry = place.done("inspect --entry 5");
    assert!(
        entry.stdout.contains(r#""fine_fen": 100000050"#),
        "{}",
        entry.stdout
    );
    let id = place.done("inspect --entry 5 --json").stdout;
    let id: serde_json::Value = serde_json::from_str(&id).unwrap();
    let id = id["answer"]["id"].as_str().unwrap();
    place.done(&format!(
        "quota deduct MINE --year 2025 --track MiningRock --amount 5t --penalty {id} --as AUTHORITY --yes"
    ));
    place.done(&format!("party suspend MINE {instrument}"));
    assert!(place.done("party list").stdout.contains("suspended"));
    place.done(&format!("party reinstate MINE {instrument}"));
    let rules = place.done("rules show").stdout;
    let rules = rules.replace(r#""transit_days": 45"#, r#""transit_days": 60"#);
    fs::write(place.path().join("rules.json"), rules).unwrap();
    place.done("rules change rules.json --effective 2030-01-01 --as AUTHORITY --yes");
    assert!(
        place
            .done("rules show --on 2030-01-01")
            .stdout
            .contains(r#""transit_days": 60"#)
    );
    assert!(
        place
            .done("rules show --on 2029-12-31")
            .stdout
            .contains(r#""transit_days": 45"#)
    );
}

#[test]
fn a_second_change_of_rules_starts_from_the_first_though_it_is_pending() {
    let place = Place::founded();
    let now = place.done("rules show");
    assert_eq!(now.stderr, "", "these rules are in force");
    let change = |from: &str, what: [&str; 2], effective: &str| {
        let changed = from.replace(what[0], what[1]);
        assert_ne!(changed, from);
        fs::write(place.path().join("rules.json"), changed).unwrap();
        place.done(&format!(
            "rules change rules.json --effective {effective} --as AUTHORITY --yes"
        ));
    };
    let transit = [r#""transit_days": 45"#, r#""transit_days": 60"#];
    change(&now.stdout, transit, "2130-01-01");
    let pending = place.done("rules show");
    assert!(pending.stdout.contains(transit[1]), "{}", pending.stdout);
    assert!(
        pending.stderr.contains("in force from 2130-01-01 on"),
        "{}",
        pending.stderr
    );
    let due = [r#""return_due_day": 10"#, r#""return_due_day": 12"#];
    change(&pending.stdout, due, "2130-06-01");
    let both = place.done("rules show");
    assert!(both.stdout.contains(transit[1]) && both.stdout.contains(due[1]));
    assert!(both.stderr.contains("in force from 2130-06-01 on"));
    let dated = place.done("rules show --on 2130-05-31");
    assert_eq!(
        (dated.stdout, dated.stderr),
        (pending.stdout, String::new())
    );
    // Before a change was known it was not pending either.
    let before = place.done("rules show --as-of 2");
    assert_eq!((before.stdout, before.stderr), (now.stdout, String::new()));
}
