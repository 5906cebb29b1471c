//! Amendments, succession, annulment and reference data, as typed by an office, and the list of acts that shows them.
//! Invariant: what is not given stays as it was, and every act stays in the list, what became of it beside it.

use std::fs;

use serde_json::{Value, json};

use crate::place::{Place, Run, party};

const BY: &str = "--instrument A-1 --issued 2024-05-01 --as AUTHORITY --yes";

impl Place {
    /// Runs a line of words in which MINE, HEIR and AUTHORITY stand for the parties.
    fn office(&self, line: &str) -> Run {
        let line = line
            .replace("MINE", &party(4))
            .replace("HEIR", &party(5))
            .replace("AUTHORITY", &party(1));
        self.run(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// The same of a line that ends in the instrument and the consent of the authority.
    fn act(&self, line: &str) -> Run {
        self.office(&format!("{line} {BY}"))
    }

    fn stated(&self, line: &str) -> Run {
        let run = self.act(line);
        assert_eq!(run.code, 0, "{line}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    fn rows(&self, line: &str) -> Vec<Value> {
        let run = self.office(&format!("{line} --json"));
        assert_eq!(run.code, 0, "{line}\n{}", run.stderr);
        let shown: Value = serde_json::from_str(&run.stdout).unwrap();
        let lists = shown["answer"].as_object().unwrap().values();
        let rows = lists.filter_map(Value::as_array).next().unwrap();
        rows.clone()
    }

    /// The row of the mine in the list of parties.
    fn mine(&self) -> Value {
        let rows = self.rows("party list");
        let found = rows.into_iter().find(|row| row["party"] == party(4));
        found.unwrap()
    }
}

#[test]
fn a_party_is_amended_in_what_is_given_alone() {
    let place = Place::founded();
    let before = place.mine();
    let nothing = place.act("party amend MINE --from 2024-06-01");
    assert_eq!(nothing.code, 2, "nothing was given: {}", nothing.stderr);
    let amend = "party amend MINE --activities trading,mining --group NORTHERN --from 2024-06-01";
    place.stated(amend);
    let after = place.mine();
    assert_eq!(after["kind"], "enterprise");
    assert_eq!(after["activities"], json!(["mining", "trading"]));
    assert_eq!(after["group"], "NORTHERN");
    assert_eq!(
        (&after["name"], &after["division"]),
        (&before["name"], &before["division"])
    );
    place.stated("party amend MINE --names 新=New --no-group --from 2024-07-01");
    let renamed = place.mine();
    assert_eq!(renamed["activities"], after["activities"]);
    assert_eq!(
        (&renamed["name"], &renamed["group"]),
        (&json!("新"), &Value::Null)
    );
    place.stated("party amend MINE --division 150200 --from 2024-07-02");
    assert_eq!(place.mine()["division"], "150200");
    assert_eq!(place.mine()["name"], "新");
    let unknown = place.act("party amend HEIR --no-group --from 2024-06-01");
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("party list"), "{}", unknown.stderr);
    let office = "party amend AUTHORITY --activities mining --from 2024-06-01";
    let office = place.act(office);
    assert!(
        office.stderr.contains("[activities-of-kind]"),
        "{}",
        office.stderr
    );
    // An office keeps having no activities when it is renamed.
    place.stated("party amend AUTHORITY --names 新部=Department --from 2024-06-01");
}

#[test]
fn a_licence_is_amended_in_what_is_given_alone_and_ended() {
    let place = Place::founded();
    let amend = "site amend MINE/PIT --activity mining --licence";
    let nothing = place.act(&format!("{amend} C150 --from 2025-01-01"));
    assert_eq!(nothing.code, 2, "nothing was given: {}", nothing.stderr);
    let unknown = place.act(&format!("{amend} C151 --capacity 6000t --from 2025-01-01"));
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("site list"), "{}", unknown.stderr);
    let terms = || {
        let rows = place.rows("site list");
        assert_eq!(rows.len(), 1, "{rows:?}");
        let term = |name: &str| rows[0][name].to_string();
        ["licence", "division", "capacity_mg_a_year", "from", "until"].map(term)
    };
    let before = terms();
    place.stated(&format!("{amend} C150 --capacity 6000t --from 2025-01-01"));
    let after = terms();
    assert_eq!(after[..2], before[..2]);
    assert_eq!(
        after[2..],
        ["6000000000000", "\"2025-01-01\"", "\"2029-12-31\""].map(str::to_owned)
    );
    place.stated(&format!(
        "{amend} C150 --from 2025-06-01 --until 2025-06-30"
    ));
    assert_eq!(terms()[2], "6000000000000");
    assert_eq!(terms()[4], "\"2025-06-30\"");
}

#[test]
fn an_enterprise_succeeds_another_once_until_that_is_annulled() {
    let place = Place::founded();
    assert_eq!(place.office("key new HEIR --plain").code, 0);
    let add = "party add HEIR --local --names 继=Heir --division 150207 --activities mining --as AUTHORITY --yes";
    let added = place.office(add);
    assert_eq!(added.code, 0, "{}", added.stderr);
    assert_eq!(place.mine()["succeeded_by"], Value::Null);
    let succeed = "party succeed MINE HEIR --from 2024-06-01";
    place.stated(succeed);
    assert_eq!(place.mine()["succeeded_by"], party(5));
    let again = place.act(succeed);
    assert_eq!(again.code, 1, "{}", again.stderr);
    assert!(
        again.stderr.contains("[succeeded-already]"),
        "{}",
        again.stderr
    );
    let acts = place.rows("act list --event party-succeeded");
    let position = acts[0]["position"].to_string();
    place.stated(&format!("act annul {position} --reason wrong-heir"));
    assert_eq!(place.mine()["succeeded_by"], Value::Null);
    place.stated(succeed);
    let acts = place.rows("act list --event party-succeeded");
    let annulled: Vec<_> = acts.iter().map(|act| act["annulled_at"].as_u64()).collect();
    assert_eq!(
        annulled,
        [acts[0]["position"].as_u64().map(|at| at + 1), None]
    );
}

#[test]
fn an_act_is_annulled_by_position_or_id_and_what_has_another_way_is_not() {
    let place = Place::founded();
    let mined = place.mined("M", 1);
    let record = place.run(&["record", &mined, "--as", &party(4), "--yes"]);
    assert_eq!(record.code, 0, "{}", record.stderr);
    place.stated("seal MINE/M-0");
    place.stated("act annul 4 --reason wrong-lot");
    for (event, why) in [
        (0, "a ledger is founded once"),
        (1, "delist the party"),
        (2, "amend the licence"),
        (3, "event-corrected"),
        (5, "annulment"),
    ] {
        let refused = place.act(&format!("act annul {event} --reason no"));
        assert_eq!(refused.code, 2, "{event}: {}", refused.stderr);
        assert!(refused.stderr.contains(why), "{event}: {}", refused.stderr);
    }
    let none = place.act("act annul 99 --reason no");
    assert!(none.stderr.contains("[past-end]"), "{}", none.stderr);
    let by_mine = "act annul 4 --reason no --instrument A-1 --issued 2024-05-01 --as MINE --yes";
    let by_mine = place.office(by_mine);
    assert!(
        by_mine.stderr.contains("[wrong-kind-of-party]"),
        "{}",
        by_mine.stderr
    );
    place.stated("seal MINE/M-0");
    let entry = place.office("inspect --entry 6").stdout;
    let entry: Value = serde_json::from_str(&entry).unwrap();
    let id = entry["answer"]["id"].as_str().unwrap();
    place.stated(&format!("act annul {id} --reason again"));
    let verified = place.run(&["verify", ".ytterby"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
}

#[test]
fn the_list_of_acts_about_a_party_is_its_history() {
    let place = Place::founded();
    place.stated("penalise MINE --article Order-785-21 --fine 1000000.50");
    place.stated("party suspend MINE");
    place.stated("party reinstate MINE");
    place.stated("quota set --year 2024 --track MiningRock --amount 100t");
    place.stated("act annul 3 --reason wrong-party");
    assert_eq!(place.office("heads --yes").code, 0);
    let names = |line: &str| -> Vec<String> {
        let rows = place.rows(line);
        let name = |row: &Value| row["event"].as_str().unwrap().to_owned();
        rows.iter().map(name).collect()
    };
    let history = [
        "party-registered",
        "site-licensed",
        "penalty-imposed",
        "party-suspended",
        "party-reinstated",
        "act-annulled",
    ];
    assert_eq!(names("act list --about MINE"), history);
    assert_eq!(names("act list").len(), history.len() + 2);
    assert_eq!(names("act list --by MINE"), [""; 0]);
    assert_eq!(names("act list --event heads-committed").len(), 1);
    let penalties = place.rows("act list --about MINE --event penalty-imposed");
    assert_eq!(penalties.len(), 1);
    assert_eq!(
        penalties[0]["what"],
        json!(["Order-785-21", "1000000.5 yuan"])
    );
    assert_eq!(penalties[0]["instrument"], "A-1 of 2024-05-01");
    assert_eq!(penalties[0]["by"], party(1));
    assert_eq!(penalties[0]["annulled_at"], 7);
    let unknown = place.office("act list --event penalty");
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("penalty-imposed"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn reference_data_are_set_from_a_file_in_any_order() {
    let place = Place::founded();
    let rows = r#"[
        {"key": "Tb", "value": "1C902", "from": "2025-04-04", "until": null, "suspensions": []},
        {"key": "Dy", "value": "1C902", "from": "2025-04-04", "until": null,
         "suspensions": [{"from": "2025-11-10", "until": "2026-11-10"}]}
    ]"#;
    let file = place.path().join("rows.json");
    fs::write(&file, rows).unwrap();
    place.stated("reference set control-codes rows.json");
    let entry = place.office("inspect --entry 3").stdout;
    let entry: Value = serde_json::from_str(&entry).unwrap();
    let payload = &entry["answer"]["body"]["payload"];
    assert_eq!(payload["table"], "control-codes");
    assert_eq!(payload["rows"][0]["key"], "Dy");
    assert_eq!(payload["rows"][0]["suspensions"][0]["until"], "2026-11-10");
    fs::write(&file, r#"[{"key": "Dy"}]"#).unwrap();
    let wrong = place.act("reference set control-codes rows.json");
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.stderr.contains("rows.json") && wrong.stderr.contains("\"suspensions\""),
        "{}",
        wrong.stderr
    );
    fs::write(&file, rows.replace("2026-11-10", "2025-11-09")).unwrap();
    let reversed = place.act("reference set control-codes rows.json");
    assert_eq!(reversed.code, 2, "{}", reversed.stderr);
    let verified = place.run(&["verify", ".ytterby"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
}
