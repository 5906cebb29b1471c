//! Keys after the founding, as typed: rotated, added, revoked, several at once; and rotations that were cut off.
//! Invariant: no state of the files loses a key. Knows the names of key files.

use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::{Moment, Zone};

use crate::place::{Place, Run, party};

impl Place {
    /// Runs words in which MINE and AUTHORITY stand for the parties.
    pub(crate) fn keys(&self, line: &str) -> Run {
        let line = line
            .replace("MINE", &party(4))
            .replace("AUTHORITY", &party(1));
        self.run(&line.split_whitespace().collect::<Vec<_>>())
    }

    pub(crate) fn accepted(&self, line: &str) -> Run {
        let run = self.keys(line);
        assert_eq!(run.code, 0, "{line}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    pub(crate) fn key_refused(&self, line: &str, why: &str) -> Run {
        let run = self.keys(line);
        // A key that is named and not known is a slip, a rule that stands against one is not.
        let is_unknown = run.stderr.contains("error[unknown-key]");
        let code = if is_unknown { 2 } else { 1 };
        assert_eq!(run.code, code, "{line}\n{}\n{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(why), "{line}\n{}", run.stderr);
        run
    }

    /// The command that puts rules into force that differ in one number, from today on.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test waits for no clock, but must name one later than now"
    )]
    pub(crate) fn rules_with(&self, name: &str, before: u8, after: u8) -> String {
        let rules = self.accepted("rules show").stdout;
        let field = |number| format!("\"{name}\": {number}");
        let changed = rules.replace(&field(before), &field(after));
        assert_ne!(rules, changed);
        fs::write(self.path().join("rules.json"), changed).unwrap();
        // The founding's rules hold from its own day; a change that is effective before it would never show.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = Moment::from_ms(since.as_millis().try_into().unwrap()).unwrap();
        let today = Zone::CHINA.day_of(now);
        format!("rules change rules.json --effective {today} --as AUTHORITY --yes")
    }

    /// A key file of the mine in the ledger's folder; an empty suffix is the current one.
    pub(crate) fn mine_key(&self, suffix: &str) -> PathBuf {
        let file = format!("{}{suffix}.pem", party(4));
        self.ledger().join("keys").join(file)
    }

    fn move_key(&self, from: &str, to: &str) {
        assert!(!self.mine_key(to).exists());
        fs::rename(self.mine_key(from), self.mine_key(to)).unwrap();
    }

    /// Keys of a party as `key list` has them: id, added at, revoked at; oldest first.
    pub(crate) fn listed(&self, number: u32) -> Vec<(String, u64, Option<u64>)> {
        let text = self.accepted("key list --json").stdout;
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        let keys = answer["answer"]["keys"].as_array().unwrap().iter();
        let mut rows: Vec<_> = keys
            .filter(|key| key["party"] == party(number))
            .map(|key| {
                let id = key["key"].as_str().unwrap().to_owned();
                let added = key["added_at"].as_u64().unwrap();
                (id, added, key["revoked_at"].as_u64())
            })
            .collect();
        rows.sort_by_key(|row| row.1);
        rows
    }

    pub(crate) fn mine_records(&self, name: &str, key: Option<&str>) -> Run {
        let file = self.mined(name, 1);
        let key = key.map_or_else(String::new, |key| format!(" --key {key}"));
        self.keys(&format!("record {file} --as MINE --yes{key}"))
    }

    /// The rotation is whole: the mine signs with its second key, the third is ready, and the log is good.
    fn assert_rotated_once(&self) {
        let keys = self.listed(4);
        assert_eq!(keys.len(), 2, "{keys:?}");
        assert_eq!(keys[0].2, Some(keys[1].1 + 1), "{keys:?}");
        assert_eq!(keys[1].2, None, "{keys:?}");
        let old = format!(".old-{}", &keys[0].0[..8]);
        for (suffix, there) in [
            ("", true),
            (".next", true),
            (&*old, true),
            (".fresh", false),
            (".unfinished", false),
        ] {
            assert_eq!(self.mine_key(suffix).exists(), there, "{suffix}");
        }
        let run = self.mine_records("AFTER", None);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let old = self.mine_key(&old);
        let run = self.mine_records("OLD", old.to_str());
        assert_eq!(run.code, 1);
        assert!(run.stderr.contains("[revoked-key]"), "{}", run.stderr);
        self.accepted("verify .ytterby");
        // What is ready now is really what the log expects next.
        self.accepted("key rotate MINE --plain --yes");
        assert_eq!(self.listed(4).len(), 3);
    }
}

/// A ledger whose mine was cut off between its two events: the next key is added, the old one not revoked yet.
fn cut_off_between_events() -> Place {
    let place = Place::founded();
    place.accepted("key new MINE --plain --out made");
    let made = |suffix: &str| {
        place
            .path()
            .join("made")
            .join(format!("{}{suffix}.pem", party(4)))
    };
    fs::copy(place.mine_key(".next"), made("")).unwrap();
    place.accepted("key add MINE --from made --as MINE --yes");
    fs::rename(made(".next"), place.mine_key(".fresh")).unwrap();
    place
}

#[test]
fn a_rotation_shows_both_events_and_replaces_the_key() {
    let place = Place::founded();
    let before = fs::read(place.mine_key("")).unwrap();
    let dry = place.accepted("key rotate MINE --plain --dry-run");
    assert!(dry.stderr.contains("key-added") && dry.stderr.contains("key-revoked"));
    assert_eq!(place.listed(4).len(), 1);
    assert!(!place.mine_key(".fresh").exists());
    let nobody = place.keys("key rotate MINE --plain");
    assert_eq!(nobody.code, 2, "consent is asked for: {}", nobody.stderr);
    assert!(!place.mine_key(".fresh").exists());
    let next = fs::read(place.mine_key(".next")).unwrap();
    let run = place.accepted("key rotate MINE --plain --yes");
    for told in [
        "signs from now on",
        "keep it elsewhere, offline",
        "may be destroyed",
    ] {
        assert!(run.stdout.contains(told), "{}", run.stdout);
    }
    assert_eq!(fs::read(place.mine_key("")).unwrap(), next);
    let keys = place.listed(4);
    for (signer, position) in [(&keys[0].0, keys[1].1), (&keys[1].0, keys[1].1 + 1)] {
        let entry = place.accepted(&format!("inspect --entry {position} --json"));
        let entry: serde_json::Value = serde_json::from_str(&entry.stdout).unwrap();
        assert_eq!(entry["answer"]["signatures"][0][0], **signer, "{entry}");
    }
    let old = format!(".old-{}", &keys[0].0[..8]);
    assert_eq!(fs::read(place.mine_key(&old)).unwrap(), before);
    place.assert_rotated_once();
}

#[test]
fn a_rotation_that_was_cut_off_before_any_event_is_finished() {
    let place = Place::founded();
    place.accepted("key new MINE --plain --out made");
    let made = place.path().join("made").join(format!("{}.pem", party(4)));
    fs::copy(&made, place.mine_key(".fresh")).unwrap();
    place.accepted("key rotate MINE --plain --yes");
    assert_eq!(
        fs::read(place.mine_key(".next")).unwrap(),
        fs::read(made).unwrap(),
        "the key that was made before is the one that is used"
    );
}

#[test]
fn a_key_file_that_was_cut_off_while_written_is_made_anew() {
    let place = Place::founded();
    fs::write(place.mine_key(".unfinished"), "-----BEGIN").unwrap();
    place.accepted("key rotate MINE --plain --yes");
    place.assert_rotated_once();
}

#[test]
fn a_rotation_that_was_cut_off_between_its_events_is_finished() {
    let place = cut_off_between_events();
    let dry = place.accepted("key rotate MINE --dry-run");
    assert!(dry.stderr.contains("cut off") && !dry.stderr.contains("key-added"));
    place.accepted("key rotate MINE --plain --yes");
    place.assert_rotated_once();
}

#[test]
fn a_rotation_that_was_cut_off_between_its_renames_is_finished() {
    for renamed in 0..3 {
        let place = Place::founded();
        place.accepted("key rotate MINE --plain --yes");
        let old = format!(".old-{}", &place.listed(4)[0].0[..8]);
        place.move_key(".next", ".fresh");
        if renamed < 2 {
            place.move_key("", ".next");
        }
        if renamed < 1 {
            place.move_key(&old, "");
        }
        let size = place.accepted("key list").stdout;
        let run = place.accepted("key rotate MINE --plain --yes");
        assert!(run.stderr.contains("this finishes it"), "{}", run.stderr);
        assert_eq!(
            place.accepted("key list").stdout,
            size,
            "no event was added"
        );
        place.assert_rotated_once();
    }
}

#[test]
fn a_thief_of_the_current_key_can_not_bring_a_next_key_of_its_own() {
    let place = Place::founded();
    place.accepted("key new MINE --plain --out thief");
    // Past the command's own look at the files, the registry refuses too.
    place.key_refused(
        "key add MINE --from thief --as MINE --yes",
        "[not-the-committed-key]",
    );
    let own = place.path().join("thief").join(format!("{}.pem", party(4)));
    fs::remove_file(place.mine_key(".next")).unwrap();
    place.key_refused(
        "key rotate MINE --plain --yes",
        "bring the file of the next key back",
    );
    fs::copy(own, place.mine_key(".next")).unwrap();
    place.key_refused("key rotate MINE --plain --yes", "[not-the-committed-key]");
    assert!(!place.mine_key(".fresh").exists());
    assert_eq!(place.listed(4).len(), 1);
    let operator = format!("key rotate {} --yes", party(2));
    place.key_refused(&operator, "signs the checkpoints");
}

#[test]
fn a_regulator_grants_a_key_for_a_lost_one_and_revokes_that() {
    let place = Place::founded();
    let lost = place.listed(4)[0].0.clone();
    fs::remove_file(place.mine_key("")).unwrap();
    place.key_refused("key rotate MINE --yes", "key add");
    place.accepted("key new MINE --plain --out new");
    let files = place.keys("key add MINE --from new --as AUTHORITY --yes");
    assert!(files.stderr.contains("--request FILE"), "{}", files.stderr);
    let asked = place.accepted("key request MINE --keys new --out request.json");
    let words = asked.stdout.lines().nth(1).unwrap().to_owned();
    let words = words.strip_prefix("fingerprint: ").unwrap();
    let add = "key add MINE --request request.json --as AUTHORITY";
    // The grant would raise K02 with the mine, and a dry run says so.
    let dry = place.keys(&format!("{add} --dry-run")).stderr;
    assert!(dry.contains(&format!("{}: {words}", party(4))), "{dry}");
    assert_eq!(place.listed(4).len(), 1);
    place.accepted(&format!("{add} --yes"));
    let file = format!("new/{}.pem", party(4));
    let early = place.mine_records("E", Some(&file));
    assert!(early.stderr.contains("[pending-key]"), "{}", early.stderr);
    let found = place.keys("findings --code K02").stdout;
    assert!(
        found.contains("K02") && found.contains(&party(4)),
        "{found}"
    );
    // Nor does an office cut the days short within which the mine can object.
    let hasty = place.rules_with("grant_delay_days", 7, 0);
    place.key_refused(&hasty, "[notice-too-short]");
    let revoke = format!(
        "key revoke MINE {} --reason lost --as AUTHORITY --yes",
        &lost[..8]
    );
    place.accepted(&revoke);
    assert!(place.accepted("key list").stdout.contains(words));
    let keys = place.listed(4);
    assert_eq!(keys[0], (lost, keys[0].1, Some(keys[1].1 + 1)));
    let waiting = place.mine_records("M", Some(&file));
    assert!(waiting.stderr.contains("[pending-key]"));
    place.key_refused(&revoke, "[revoked-key]");
    place.accepted("verify .ytterby");
}

#[test]
fn a_party_revokes_its_own_key_but_never_its_last() {
    let place = cut_off_between_events();
    let keys = place.listed(4);
    let revoke = |key: &str, signer: &str| {
        format!("key revoke MINE {key} --reason compromised --as {signer} --yes")
    };
    assert_eq!(place.keys(&revoke(&keys[0].0[..7], "MINE")).code, 2);
    assert_eq!(place.keys(&revoke("not-hexa", "MINE")).code, 2);
    let absent = if keys[0].0.starts_with('0') { "1" } else { "0" }.repeat(16);
    place.key_refused(&revoke(&absent, "MINE"), "key list");
    let authority = &place.listed(1)[0].0;
    place.key_refused(&revoke(authority, "MINE"), "has no key beginning with");
    place.accepted(&revoke(&keys[0].0.to_uppercase(), "MINE"));
    assert!(place.listed(4)[0].2.is_some());
    let last = revoke(&keys[1].0, "MINE");
    let dry = last.replace("--yes", "--dry-run");
    place.key_refused(&dry, "[last-key]");
    let run = place.key_refused(&last, "[last-key]");
    assert!(run.stderr.contains("key rotate") && run.stderr.contains("--as REGULATOR"));
    place.accepted(&revoke(&keys[1].0, "AUTHORITY"));
    assert!(place.listed(4).iter().all(|key| key.2.is_some()));
}

/// A ledger whose authority has two keys, the second in the folder `second`, and whose rules ask for both from now on.
fn two_of_two() -> Place {
    let place = Place::founded();
    let authority = party(1);
    place.accepted("key new AUTHORITY --plain --out second");
    let (committed, second) = (
        place.ledger().join(format!("keys/{authority}.next.pem")),
        place.path().join(format!("second/{authority}.pem")),
    );
    fs::rename(committed, second).unwrap();
    place.accepted("key add AUTHORITY --from second --as AUTHORITY --yes");
    place.accepted(&place.rules_with("authority_signatures", 1, 2));
    place
}

#[test]
fn an_act_of_two_signatures_needs_two_different_keys() {
    let place = two_of_two();
    let suspend = "party suspend MINE --instrument S-1 --issued 2024-04-01 --as AUTHORITY --yes";
    let first = ".ytterby/keys/AUTHORITY.pem";
    let second = "second/AUTHORITY.pem";
    let alone = place.key_refused(suspend, "[too-few-signatures]");
    assert!(
        alone.stderr.contains("give --key FILE 2 times"),
        "{}",
        alone.stderr
    );
    place.key_refused(&format!("{suspend} --key {second}"), "[too-few-signatures]");
    let twice = place.keys(&format!("{suspend} --key {first} --key {first}"));
    assert_eq!(twice.code, 2, "{}", twice.stderr);
    assert!(!place.accepted("party list").stdout.contains("suspended"));
    // Both orders, since the log wants signatures by key id whatever order they are given in.
    place.accepted(&format!("{suspend} --key {first} --key {second}"));
    assert!(place.accepted("party list").stdout.contains("suspended"));
    let back = suspend.replace("suspend", "reinstate");
    place.accepted(&format!("{back} --key {second} --key {first}"));
    place.accepted("verify .ytterby");
}

#[test]
fn a_key_of_two_is_rotated_with_the_help_of_the_other() {
    let place = two_of_two();
    let authority = party(1);
    // The commitment that counts is of the newest key, so its next key follows.
    fs::rename(
        place.path().join(format!("second/{authority}.next.pem")),
        place.ledger().join(format!("keys/{authority}.next.pem")),
    )
    .unwrap();
    let rotate = "key rotate AUTHORITY --plain --yes";
    place.key_refused(rotate, "[too-few-signatures]");
    place.accepted(&format!("{rotate} --key second/AUTHORITY.pem"));
    let keys = place.listed(1);
    assert_eq!(keys.len(), 3);
    let revoked: Vec<_> = keys.iter().map(|key| key.2.is_some()).collect();
    assert_eq!(revoked, [true, false, false]);
    place.accepted("verify .ytterby");
}

/// What no token is needed for: each is refused before anything is signed.
#[test]
fn a_uri_that_leads_to_no_token_is_refused_by_name() {
    let place = Place::founded();
    let refused = |key: &str, code: i32, why: &str| {
        let run = place.mine_records("A", Some(key));
        assert_eq!(run.code, code, "{key}\n{}", run.stderr);
        assert!(run.stderr.contains(why), "{key}\n{}", run.stderr);
    };
    let pin = "pkcs11:object=a?module-path=/m.so&pin-value=1";
    refused(pin, 2, "the PIN must not stand in a URI");
    // Never taken for a file of that name.
    fs::write(place.path().join("pkcs11:slot-id=1"), "x").unwrap();
    refused("pkcs11:slot-id=1", 2, "\"slot-id\" is not an attribute");
    let missing = "pkcs11:object=a?module-path=/missing.so";
    refused(missing, 3, "/missing.so could not be loaded");
    let file = place.mine_key("");
    fs::write(&file, format!("{missing}\n")).unwrap();
    refused(file.to_str().unwrap(), 3, "/missing.so could not be loaded");
    fs::write(&file, "pkcs11:object=a\n").unwrap();
    refused(file.to_str().unwrap(), 1, "names no PKCS#11 module");
    // A key whose token can't be reached is not made, and no file is written for it.
    let new = place.keys(&format!("key new MINE --out new --token {missing} --plain"));
    assert_eq!(new.code, 3, "{}", new.stderr);
    assert!(!place.path().join("new").exists());
    place.accepted("verify .ytterby");
}
