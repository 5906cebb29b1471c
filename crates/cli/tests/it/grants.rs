//! A key that an office granted to a party that has one: how it is shown, and how the party objects to it.
//! Invariant: whoever holds a key of the party can object in time, and nobody else can. Knows the names of key files.

use std::fs;

use serde_json::Value;

use crate::place::{Place, party};

/// A mine to which the authority granted a key that it did not ask for; and the key's id.
fn granted() -> (Place, String) {
    let place = Place::founded();
    place.accepted("key new MINE --plain --out thief");
    place.accepted("key request MINE --keys thief --out thief.json");
    place.accepted("key add MINE --request thief.json --as AUTHORITY --yes");
    let key = place.listed(4)[1].0.clone();
    (place, key)
}

impl Place {
    fn key_row(&self, key: &str) -> Value {
        let listed: Value = serde_json::from_str(&self.accepted("key list --json").stdout).unwrap();
        let rows = listed["answer"]["keys"].as_array().unwrap();
        rows.iter().find(|row| row["key"] == key).unwrap().clone()
    }

    /// The thief's key signs nothing, not even once no days are left to object.
    fn assert_void(&self, key: &str) {
        assert_eq!(self.key_row(key)["state"], "void");
        let thief = format!("thief/{}.pem", party(4));
        let run = self.mine_records("T", Some(&thief));
        assert!(run.stderr.contains("[revoked-key]"), "{}", run.stderr);
        let found = self.keys("findings --code K02 --csv").stdout;
        assert!(!found.contains("K02"), "{found}");
        self.key_refused(&format!("key object MINE {key} --yes"), "[not-pending]");
        self.accepted("verify .ytterby");
    }

    /// The key that signed the newest event.
    fn last_signer(&self) -> String {
        let size = self.accepted("inspect --json").stdout;
        let size: Value = serde_json::from_str(&size).unwrap();
        let last = size["size"].as_u64().unwrap() - 1;
        let entry = self.accepted(&format!("inspect --entry {last}")).stdout;
        let entry: Value = serde_json::from_str(&entry).unwrap();
        assert_eq!(
            entry["answer"]["body"]["payload"]["event"],
            "grant-objected"
        );
        entry["answer"]["signatures"][0][0]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

#[test]
fn a_pending_grant_is_shown_with_its_day_its_office_and_what_to_do() {
    let (place, key) = granted();
    let row = place.key_row(&key);
    assert_eq!(row["state"], "pending");
    let from = row["signs_from"].as_str().unwrap();
    assert!(from.starts_with("20"), "{from}");
    let listed = place.accepted("key list").stdout;
    assert!(listed.contains("pending until 20"), "{listed}");
    assert!(listed.contains("+08:00"), "{listed}");
    assert_eq!(row["added_by"], party(1));
    let list = place.accepted("key list").stderr;
    let advice = format!("ytterby key object {} {key}", party(4));
    assert!(list.contains(&advice), "{list}");
    assert!(list.contains(&format!("{} granted", party(1))), "{list}");
    let own = place.key_row(&place.listed(4)[0].0);
    assert_eq!(own["state"], "signs");
    assert_eq!(list.matches("note:").count(), 1, "{list}");
}

#[test]
fn a_party_objects_with_the_key_that_signs() {
    let (place, key) = granted();
    let object = format!("key object MINE {}", &key[..8]);
    let dry = place.accepted(&format!("{object} --dry-run"));
    assert!(dry.stderr.contains("grant-objected"), "{}", dry.stderr);
    assert!(
        dry.stderr.contains("would be cleared: K02"),
        "{}",
        dry.stderr
    );
    assert_eq!(place.keys(&object).code, 2, "consent is asked for");
    assert_ne!(place.key_row(&key)["state"], "void");
    place.accepted(&format!("{object} --yes"));
    assert_eq!(place.last_signer(), place.listed(4)[0].0);
    place.assert_void(&key);
}

#[test]
fn a_party_whose_key_was_revoked_objects_with_the_next_one() {
    let (place, key) = granted();
    // The key that is revoked is one that the mine had committed to: that serves it no more.
    place.accepted("key rotate MINE --plain --yes");
    let own = place.listed(4)[2].0.clone();
    place.accepted(&format!(
        "key revoke MINE {own} --reason lost --as AUTHORITY --yes"
    ));
    let next = place.mine_key(".next");
    let away = place.path().join("offline.pem");
    fs::rename(&next, &away).unwrap();
    let object = format!("key object MINE {key} --yes");
    place.key_refused(&object, "bring the file of the next key back");
    let revoked = format!("{object} --key .ytterby/keys/{}.pem", party(4));
    place.key_refused(&revoked, "neither a valid key");
    let next_id = {
        let pem = fs::read_to_string(&away).unwrap();
        let key = signing::keyfile::open(&pem, None).unwrap();
        domain::id::to_hex(&signing::Signer::public(&key).id().0)
    };
    fs::rename(&away, &next).unwrap();
    let run = place.accepted(&object);
    assert!(run.stderr.contains("its next key signs"), "{}", run.stderr);
    assert_eq!(place.last_signer(), next_id);
    place.assert_void(&key);
}

#[test]
fn a_party_objects_with_a_key_that_it_names_and_with_no_other() {
    let (place, key) = granted();
    fs::remove_file(place.mine_key("")).unwrap();
    let object = format!("key object MINE {key} --yes");
    let thief = format!("thief/{}.pem", party(4));
    let thiefs_next = format!("thief/{}.next.pem", party(4));
    let office = format!(".ytterby/keys/{}.pem", party(1));
    for file in [&thief, &thiefs_next, &office] {
        place.key_refused(&format!("{object} --key {file}"), "neither a valid key");
    }
    place.key_refused(
        &format!("key object AUTHORITY {key} --yes"),
        "has no key beginning with",
    );
    assert_ne!(place.key_row(&key)["state"], "void");
    let next = format!(".ytterby/keys/{}.next.pem", party(4));
    place.accepted(&format!("{object} --key {next}"));
    place.assert_void(&key);
}

#[test]
fn a_key_that_signs_already_is_not_objected_to() {
    let place = Place::founded();
    let own = place.listed(4)[0].0.clone();
    let object = format!("key object MINE {own}");
    place.key_refused(&format!("{object} --dry-run"), "[not-pending]");
    place.key_refused(&format!("{object} --yes"), "[not-pending]");
    assert_eq!(place.key_row(&own)["state"], "signs");
}

#[test]
fn an_objection_goes_by_file_signed_or_prepared() {
    let (place, key) = granted();
    place.accepted(&format!("key object MINE {key} --out objection.json --yes"));
    assert_ne!(place.key_row(&key)["state"], "void");
    place.accepted("take objection.json");
    place.assert_void(&key);
    let (place, key) = granted();
    // Who prepares it needs no key.
    let (own, away) = (place.mine_key(""), place.path().join("own.pem"));
    fs::rename(&own, &away).unwrap();
    fs::remove_file(place.mine_key(".next")).unwrap();
    place.accepted(&format!("key object MINE {key} --prepare act.json"));
    place.accepted("sign act.json --key own.pem --yes");
    place.accepted("take act.json");
    fs::rename(&away, &own).unwrap();
    assert_eq!(place.last_signer(), place.listed(4)[0].0);
    place.assert_void(&key);
}
