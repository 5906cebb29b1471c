//! The founding authority takes new keys by its recovery key, as typed; and recoveries that were cut off.
//! Invariant: no state of the files loses a key, and an old key is good for nothing afterwards. Knows the names of key files.

use std::fs;
use std::path::PathBuf;

use crate::place::{Place, Run, party};

const RECOVER: &str = "key recover AUTHORITY --reason stolen --plain --yes";
/// The files that a recovery ends with, in the order in which it names them.
const KINDS: [&str; 3] = ["", ".next", ".recovery"];

impl Place {
    /// A key file of the authority in the ledger's folder; an empty suffix is the current one.
    fn office_key(&self, suffix: &str) -> PathBuf {
        let file = format!("{}{suffix}.pem", party(1));
        self.ledger().join("keys").join(file)
    }

    fn has(&self, suffix: &str) -> bool {
        self.office_key(suffix).exists()
    }

    fn rename_key(&self, from: &str, to: &str) {
        assert!(!self.has(to), "{to}");
        fs::rename(self.office_key(from), self.office_key(to)).unwrap();
    }

    fn key_bytes(&self) -> [Vec<u8>; 3] {
        KINDS.map(|kind| fs::read(self.office_key(kind)).unwrap())
    }

    fn acts_with(&self, key: &str) -> Run {
        let line = "party suspend MINE --instrument S-1 --issued 2024-04-01 --as AUTHORITY --yes";
        self.keys(&format!("{line}{key}"))
    }

    /// What the names of the old files have behind the party.
    fn before(&self) -> String {
        format!(".before-{}", &self.listed(1).last().unwrap().0[..8])
    }

    /// The authority has one valid key, its newest, and all that a recovery ends with is in its place.
    fn assert_recovered(&self) {
        let keys = self.listed(1);
        let (newest, old) = keys.split_last().unwrap();
        assert_eq!(newest.2, None);
        assert!(old.iter().all(|key| key.2.is_some()), "{keys:?}");
        for kind in KINDS {
            assert!(
                self.has(kind) && !self.has(&format!(".new{kind}")),
                "{kind}"
            );
        }
        let run = self.acts_with("");
        assert_eq!(run.code, 0, "{}", run.stderr);
        self.accepted("verify .ytterby");
        // What is ready now is really what the log expects next.
        self.accepted("key rotate AUTHORITY --plain --yes");
        self.accepted(RECOVER);
        self.accepted("verify .ytterby");
    }
}

#[test]
fn a_recovery_is_shown_first_and_replaces_every_key() {
    let place = Place::founded();
    let old = place.key_bytes();
    let dry = place.accepted("key recover AUTHORITY --reason stolen --plain --dry-run");
    assert!(dry.stderr.contains("authority-recovered"), "{}", dry.stderr);
    let nobody = place.keys("key recover AUTHORITY --reason stolen --plain");
    assert_eq!(nobody.code, 2, "consent is asked for: {}", nobody.stderr);
    assert_eq!(
        place.keys("key recover AUTHORITY --yes").code,
        2,
        "a reason"
    );
    assert_eq!(place.listed(1).len(), 1);
    assert!(!place.has(".new") && place.key_bytes() == old);
    let run = place.accepted(RECOVER);
    for told in [
        "signs from now on",
        "next key",
        "recovery key",
        "may be destroyed",
    ] {
        assert!(run.stdout.contains(told), "{told}: {}", run.stdout);
    }
    let before = place.before();
    for (kind, old) in KINDS.into_iter().zip(&old) {
        let aside = fs::read(place.office_key(&format!("{before}{kind}"))).unwrap();
        assert_eq!(aside, *old, "{kind}");
    }
    let stolen = format!(" --key .ytterby/keys/{}{before}.pem", party(1));
    let stolen = place.acts_with(&stolen);
    assert!(stolen.stderr.contains("[revoked-key]"), "{}", stolen.stderr);
    place.assert_recovered();
}

#[test]
fn no_other_key_than_the_committed_one_recovers() {
    let place = Place::founded();
    place.accepted(RECOVER);
    let (before, keys) = (place.before(), place.key_bytes());
    for used in [format!("{before}.recovery"), ".next".into(), String::new()] {
        let file = format!(" --recovery .ytterby/keys/{}{used}.pem", party(1));
        place.key_refused(&format!("{RECOVER}{file}"), "[not-the-recovery-key]");
    }
    let mines = RECOVER.replace("AUTHORITY", "MINE");
    place.key_refused(&mines, "the recovery key is not in");
    let file = format!(" --recovery .ytterby/keys/{}.recovery.pem", party(1));
    place.key_refused(&format!("{mines}{file}"), "[wrong-kind-of-party]");
    assert!(place.key_bytes() == keys && !place.has(".new"));
    assert!(!place.mine_key(".new").exists());
    assert_eq!(place.listed(1).len(), 2);
}

#[test]
fn a_recovery_needs_none_of_the_old_files_and_the_recovery_key_from_anywhere() {
    let place = Place::founded();
    fs::remove_file(place.office_key("")).unwrap();
    fs::remove_file(place.office_key(".next")).unwrap();
    let offline = place.path().join("offline.pem");
    fs::rename(place.office_key(".recovery"), offline).unwrap();
    place.key_refused(RECOVER, "--recovery FILE");
    let run = place.accepted(&format!("{RECOVER} --recovery offline.pem"));
    assert!(
        run.stdout
            .contains("offline.pem: the recovery key that was used"),
        "{}",
        run.stdout
    );
    place.assert_recovered();
}

#[test]
fn a_recovery_that_was_cut_off_before_its_event_goes_on_with_what_it_wrote() {
    for written in 1..=3 {
        let place = Place::founded();
        place.accepted("key new AUTHORITY --plain --out made");
        place.accepted(&format!("key new {} --plain --out made", party(9)));
        let made = |name: String| place.path().join("made").join(name);
        let made = [
            made(format!("{}.pem", party(1))),
            made(format!("{}.next.pem", party(1))),
            made(format!("{}.pem", party(9))),
        ];
        for (kind, made) in KINDS.into_iter().zip(&made).take(written) {
            fs::copy(made, place.office_key(&format!(".new{kind}"))).unwrap();
        }
        place.accepted(RECOVER);
        for (now, made) in place.key_bytes().iter().zip(&made).take(written) {
            assert_eq!(*now, fs::read(made).unwrap());
        }
        place.assert_recovered();
    }
}

#[test]
fn a_recovery_that_was_cut_off_between_its_renames_is_finished() {
    for undone in 1..=7 {
        let place = Place::founded();
        // A rotation was cut off too: what it would have come to is put aside with the rest.
        fs::copy(place.office_key(".next"), place.office_key(".fresh")).unwrap();
        place.accepted(RECOVER);
        let (before, keys) = (place.before(), place.key_bytes());
        let put_aside = ["", ".next", ".recovery", ".fresh"];
        let aside = put_aside.map(|kind| (kind.to_owned(), format!("{before}{kind}")));
        let named = KINDS.map(|kind| (format!(".new{kind}"), kind.to_owned()));
        let renames: Vec<_> = aside.into_iter().chain(named).collect();
        for (from, to) in renames.iter().rev().take(undone) {
            place.rename_key(to, from);
        }
        let list = place.accepted("key list").stdout;
        let dry = place.accepted("key recover AUTHORITY --reason stolen --dry-run");
        assert!(dry.stderr.contains("no file was changed"), "{}", dry.stderr);
        let run = place.accepted(RECOVER);
        assert!(run.stderr.contains("this finishes it"), "{}", run.stderr);
        assert_eq!(place.accepted("key list").stdout, list, "no event is added");
        assert!(place.key_bytes() == keys, "{undone}");
        for (_, to) in &renames {
            assert!(place.has(to), "{undone}: {to}");
        }
        place.assert_recovered();
    }
}

#[test]
fn new_files_without_the_one_that_is_to_sign_are_not_taken_for_a_recovery() {
    let place = Place::founded();
    fs::copy(place.mine_key(""), place.office_key(".new.next")).unwrap();
    place.key_refused(RECOVER, "move the other");
    fs::rename(
        place.office_key(".new.next"),
        place.office_key(".new.recovery"),
    )
    .unwrap();
    // The next key in its place is the old one's, so nothing was logged; it is not known here who has the new key.
    fs::remove_file(place.office_key(".next")).unwrap();
    fs::copy(place.mine_key(""), place.office_key(".next")).unwrap();
    place.key_refused(RECOVER, "move the other");
    assert_eq!(place.listed(1).len(), 1);
}

#[test]
fn an_authority_of_two_keys_recovers_with_as_many() {
    let place = Place::founded();
    place.accepted("key new AUTHORITY --plain --out second");
    let second = place.path().join(format!("second/{}.pem", party(1)));
    fs::rename(place.office_key(".next"), second).unwrap();
    place.accepted("key add AUTHORITY --from second --as AUTHORITY --yes");
    place.accepted(&place.rules_with("authority_signatures", 1, 2));
    let alone = place.key_refused(RECOVER, "[too-few-keys-held]");
    assert!(alone.stderr.contains("--request FILE"), "{}", alone.stderr);
    assert!(!place.has(".new"));
    place.accepted("key new AUTHORITY --plain --out third");
    place.accepted("key request AUTHORITY --keys third --out third.json");
    let run = place.accepted(&format!("{RECOVER} --request third.json"));
    assert!(run.stderr.contains("fingerprint"), "{}", run.stderr);
    let alone = place.acts_with("");
    assert!(
        alone.stderr.contains("[too-few-signatures]"),
        "{}",
        alone.stderr
    );
    let both = " --key .ytterby/keys/AUTHORITY.pem --key third/AUTHORITY.pem";
    let both = place.acts_with(both);
    assert_eq!(both.code, 0, "{}", both.stderr);
    place.accepted("verify .ytterby");
}

#[test]
fn a_recovery_goes_by_file() {
    let place = Place::founded();
    place.accepted(&format!("{RECOVER} --out recovery.json"));
    assert_eq!(place.listed(1).len(), 1, "the log does not have it yet");
    // Run again before the operator took it, it signs nothing else under the same number.
    place.rename_key(".recovery", ".new.recovery");
    let again = place.accepted(&format!("{RECOVER} --out again.json"));
    assert!(
        again.stderr.contains("this finishes it"),
        "{}",
        again.stderr
    );
    place.accepted("take recovery.json");
    place.assert_recovered();
}
