//! Three folders that share nothing but files: the authority's, the operator's, a mine's.
//! Invariant: no private key is in a file that is handed over, and each key file is in one folder. Knows the commands' words.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use domain::id::{from_hex, to_hex};
use serde_json::Value;

use crate::place::{Place, Run, party};

const ORIGIN: &str = "test.example/log";

/// Three machines, and what is handed from one to the other.
struct Three {
    authority: Place,
    operator: Place,
    mine: Place,
    log_key: String,
}

/// Runs words in which MINE, AUTHORITY and OPERATOR stand for the parties; names may not hold spaces.
fn run(place: &Place, line: &str) -> Run {
    let line = line
        .replace("MINE", &party(4))
        .replace("AUTHORITY", &party(1))
        .replace("OPERATOR", &party(2));
    let words = line.split_whitespace().collect::<Vec<_>>();
    place.run(&[&["--ledger", ".ytterby"], &words[..]].concat())
}

fn good(place: &Place, line: &str) -> Run {
    let run = run(place, line);
    assert_eq!(run.code, 0, "{line}\n{}\n{}", run.stdout, run.stderr);
    run
}

fn refused(place: &Place, line: &str, why: &str) {
    let run = run(place, line);
    assert_ne!(run.code, 0, "{line}\n{}\n{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(why), "{line}\n{}", run.stderr);
}

fn hand(from: &Place, to: &Place, file: &str) {
    fs::copy(from.path().join(file), to.path().join(file)).unwrap();
}

fn text(place: &Place, file: &str) -> String {
    fs::read_to_string(place.path().join(file)).unwrap()
}

impl Three {
    /// Founded by requests; the mine is registered by its request and follows the log.
    fn founded() -> Self {
        let (authority, operator, mine) = (Place::empty(), Place::empty(), Place::empty());
        good(&operator, "key new OPERATOR --log --plain");
        good(
            &operator,
            &format!("key request OPERATOR --log --origin {ORIGIN} --out log-key.json"),
        );
        hand(&operator, &authority, "log-key.json");
        good(&authority, "key new AUTHORITY --plain");
        good(
            &authority,
            "found .ytterby --plain-keys --request log-key.json --out founding.json --name Test --origin test.example/log \
             --authority AUTHORITY --authority-names 部=Ministry --operator OPERATOR --operator-names 站=Operator --yes",
        );
        hand(&authority, &operator, "founding.json");
        let founded = good(&operator, "take founding.json").stdout;
        let log_key = founded
            .split_once("verifier key: ")
            .unwrap()
            .1
            .trim()
            .to_owned();
        let three = Self {
            authority,
            operator,
            mine,
            log_key,
        };
        three.send_copy(&three.authority);
        three.send_copy(&three.mine);
        good(&three.mine, "key new MINE --plain");
        good(
            &three.mine,
            "key request MINE --names 矿=Mine --division 150207 --activities mining --out request.json",
        );
        hand(&three.mine, &three.authority, "request.json");
        let asked = good(
            &three.authority,
            "party add MINE --request request.json --as AUTHORITY --yes",
        );
        let request: Value = serde_json::from_str(&text(&three.mine, "request.json")).unwrap();
        assert!(
            asked
                .stderr
                .contains(request["fingerprint"].as_str().unwrap()),
            "{}",
            asked.stderr
        );
        // A second act before anything is sent follows the first in the outbox.
        good(
            &three.authority,
            "site add MINE/PIT --activity mining --licence C150 --division 150207 --capacity 5000t \
             --from 2024-01-01 --until 2029-12-31 --as AUTHORITY --yes --out acts.json",
        );
        hand(&three.authority, &three.operator, "acts.json");
        good(&three.operator, "take acts.json");
        three.send_copy(&three.mine);
        three
    }

    fn send_copy(&self, to: &Place) -> Run {
        good(&self.operator, "export --pack copy.pack");
        hand(&self.operator, to, "copy.pack");
        good(to, &format!("follow copy.pack --log-key {}", self.log_key))
    }

    /// The mine signs lots and writes what waits into this file.
    fn sign(&self, name: &str, lots: u32, out: &str) {
        let file = self.mine.mined(name, lots);
        let signed = good(
            &self.mine,
            &format!("record {file} --as MINE --yes --out {out}"),
        );
        assert!(signed.stderr.contains("ytterby take"), "{}", signed.stderr);
    }

    /// The operator gets a file of the mine's.
    fn hand_in(&self, file: &str) {
        hand(&self.mine, &self.operator, file);
    }

    fn size(&self) -> usize {
        let verified = good(&self.operator, "verify .ytterby").stdout;
        let (before, _) = verified.split_once(" entries").unwrap();
        before.rsplit(' ').next().unwrap().parse().unwrap()
    }
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Each private key is in the key folder of one machine and in no other file of any.
fn assert_no_key_travelled(three: &Three) {
    let mut keys: Vec<String> = Vec::new();
    for place in [&three.authority, &three.operator, &three.mine] {
        let mut files = Vec::new();
        files_below(place.path(), &mut files);
        for file in files {
            let bytes = fs::read(&file).unwrap();
            let is_pem = file.extension().is_some_and(|suffix| suffix == "pem");
            let holds = bytes.windows(11).any(|part| part == b"PRIVATE KEY");
            assert_eq!(is_pem, holds, "{}", file.display());
            if is_pem {
                let name = file.file_name().unwrap().to_str().unwrap().to_owned();
                assert!(!keys.contains(&name), "{name} is in two folders");
                keys.push(name);
            }
        }
    }
    assert_eq!(keys.len(), 7, "{keys:?}");
}

#[test]
fn a_month_is_run_by_three_folders_that_share_nothing_but_files() {
    let three = Three::founded();
    // Several days are signed before anything is sent.
    three.sign("A", 3, "monday.json");
    three.sign("B", 2, "tuesday.json");
    good(
        &three.mine,
        "close MINE --month 2024-03 --yes --out month.json",
    );
    three.hand_in("month.json");
    let taken = good(&three.operator, "take month.json --out receipts.json");
    assert_eq!(taken.stdout.lines().count(), 6);
    hand(&three.operator, &three.mine, "receipts.json");
    let checked = good(&three.mine, "receipts receipts.json");
    assert_eq!(
        checked.stdout.matches("in the log").count(),
        6,
        "{}",
        checked.stdout
    );
    // A later event is not among them.
    three.sign("C", 1, "late.json");
    let checked = run(&three.mine, "receipts receipts.json");
    assert_eq!(checked.code, 1);
    assert!(
        checked.stderr.contains("1 of 7 events"),
        "{}",
        checked.stderr
    );
    let waiting = three.send_copy(&three.mine).stdout;
    assert!(
        waiting.contains("9 entries, all good; 1 signed events wait"),
        "{waiting}"
    );
    three.hand_in("late.json");
    good(&three.operator, "take late.json");
    let closed = good(&three.operator, "inspect --entry 8").stdout;
    assert!(closed.contains("month-closed"), "{closed}");
    good(&three.operator, "verify .ytterby");
    assert_no_key_travelled(&three);
}

#[test]
fn taking_a_file_again_changes_nothing_and_answers_the_same() {
    let three = Three::founded();
    three.sign("A", 2, "one.json");
    three.hand_in("one.json");
    let first = good(&three.operator, "take one.json --out first.json");
    let size = three.size();
    let again = good(&three.operator, "take one.json one.json --out again.json");
    assert_eq!(three.size(), size);
    assert!(
        again
            .stdout
            .starts_with(&first.stdout.lines().next().unwrap()[..10])
    );
    assert_eq!(
        text(&three.operator, "first.json"),
        text(&three.operator, "again.json")
    );
}

#[test]
fn files_with_gaps_are_taken_in_whatever_order_they_are_named() {
    let three = Three::founded();
    three.sign("A", 2, "all.json");
    three.sign("B", 2, "all.json");
    let all: Value = serde_json::from_str(&text(&three.mine, "all.json")).unwrap();
    for (file, places) in [("first.json", [0, 2]), ("second.json", [1, 3])] {
        let mut part = all.clone();
        part["events"] = places.iter().map(|at| all["events"][*at].clone()).collect();
        fs::write(three.operator.path().join(file), part.to_string()).unwrap();
    }
    let alone = run(&three.operator, "take second.json");
    assert_eq!(alone.code, 1, "{}", alone.stderr);
    assert!(
        alone.stderr.contains("it follows an event that is refused"),
        "{}",
        alone.stderr
    );
    let both = good(&three.operator, "take second.json first.json");
    assert_eq!(both.stdout.lines().count(), 4);
}

#[test]
fn what_is_refused_keeps_nobody_else_out() {
    let three = Three::founded();
    three.sign("A", 2, "true.json");
    three.hand_in("true.json");
    let signed = text(&three.mine, "true.json");
    let mut forged: Value = serde_json::from_str(&signed).unwrap();
    // A stranger's event under the mine's next number: other bytes below the same signature.
    let body = forged["events"][0]["body"].as_str().unwrap();
    let mut bytes = from_hex(body).unwrap();
    let at = bytes.windows(3).position(|part| part == b"A-0").unwrap();
    bytes[at] = b'X';
    forged["events"][0]["body"] = to_hex(&bytes).into();
    let write = |name: &str, text: &str| {
        fs::write(three.operator.path().join(name), text).unwrap();
    };
    write("forged.json", &forged.to_string());
    write("cut.json", &signed[..signed.len() / 2]);
    write("other.json", &signed.replace(ORIGIN, "else.example/log"));
    write("field.json", &signed.replacen('{', "{\"note\": 1,", 1));
    let size = three.size();
    let taken = run(
        &three.operator,
        "take cut.json forged.json other.json field.json true.json",
    );
    assert_eq!(taken.code, 1, "{}", taken.stderr);
    for why in ["[signature]", "else.example/log", "unknown field", "EOF"] {
        assert!(taken.stderr.contains(why), "{why}: {}", taken.stderr);
    }
    assert_eq!(
        taken.stderr.matches("refused whole").count(),
        3,
        "{}",
        taken.stderr
    );
    assert_eq!(three.size(), size + 2, "{}", taken.stderr);
    assert!(
        !three.operator.ledger().join("evidence").exists(),
        "nobody is accused"
    );
}

#[test]
fn pipes_and_huge_files_are_refused_at_once() {
    let three = Three::founded();
    let pipe = three.operator.path().join("pipe");
    let made = Command::new("mkfifo")
        .arg(&pipe)
        .stdin(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    refused(&three.operator, "take pipe", "pipe");
    let huge = fs::File::create(three.operator.path().join("huge.json")).unwrap();
    huge.set_len(100 << 20).unwrap();
    refused(&three.operator, "take huge.json", "huge.json");
    refused(
        &three.operator,
        "party add MINE --request pipe --as AUTHORITY --yes",
        "pipe",
    );
}

#[test]
fn a_request_that_was_changed_or_is_for_another_log_is_refused() {
    let three = Three::founded();
    let asked = |to: &str| {
        good(
            &three.mine,
            &format!("key request MINE --origin {to} --out other.json"),
        );
        text(&three.mine, "other.json")
    };
    let add = |text: &str, why: &str| {
        fs::write(three.authority.path().join("bad.json"), text).unwrap();
        refused(
            &three.authority,
            "key add MINE --request bad.json --as AUTHORITY --yes",
            why,
        );
    };
    good(&three.mine, "key new MINE --plain --out second");
    good(
        &three.mine,
        "key request MINE --keys second --out asked.json",
    );
    let honest = text(&three.mine, "asked.json");
    add(&asked("else.example/log"), "else.example/log");
    add(&asked(ORIGIN), "made before this one was founded");
    add(&honest.replace(&party(4), &party(5)), "does not prove");
    add(
        &honest.replacen('{', "{\"seed\": \"00\",", 1),
        "unknown field",
    );
    let pem = text(&three.mine, &format!(".ytterby/keys/{}.pem", party(4)));
    let with_key = serde_json::to_string(&pem).unwrap();
    add(
        &honest.replacen('{', &format!("{{\"seed\": {with_key},"), 1),
        "make other keys",
    );
    // The request itself was good: as it is, the registry alone decides.
    fs::write(three.authority.path().join("good.json"), honest).unwrap();
    let read = run(
        &three.authority,
        "key add MINE --request good.json --as AUTHORITY --dry-run",
    );
    assert!(
        read.stderr.contains("fingerprint of the key of"),
        "{}",
        read.stderr
    );
}

#[test]
fn nobody_signs_two_events_for_one_place_because_one_was_not_sent_yet() {
    let three = Three::founded();
    three.sign("A", 1, "one.json");
    three.hand_in("one.json");
    good(&three.operator, "take one.json");
    // The copy does not hold it yet, and the outbox does.
    three.sign("B", 1, "two.json");
    three.hand_in("two.json");
    good(&three.operator, "take two.json");
    let elsewhere = Place::empty();
    let stranger = run(&elsewhere, "receipts nothing.json");
    assert_ne!(stranger.code, 0);
    good(&three.operator, "verify .ytterby");
    refused(&three.mine, "heads --yes", "the log is not written here");
    refused(
        &three.mine,
        "take two.json",
        "send the file to the operator",
    );
}

#[test]
fn an_act_is_signed_by_several_machines_and_taken_when_it_bears_enough() {
    let three = Three::founded();
    let second = Place::empty();
    // The committed next key becomes the second one, on a machine of its own.
    three.send_copy(&three.authority);
    let next = format!("{}.next.pem", party(1));
    let own = format!("{}.pem", party(1));
    good(&three.authority, "key new AUTHORITY --plain --out spare");
    fs::create_dir_all(second.ledger().join("keys")).unwrap();
    let (from, to) = (
        three.authority.ledger().join("keys").join(&next),
        second.ledger().join("keys"),
    );
    fs::rename(&from, to.join(&own)).unwrap();
    fs::rename(
        three.authority.path().join("spare").join(&next),
        to.join(&next),
    )
    .unwrap();
    three.send_copy(&second);
    good(&second, "key request AUTHORITY --out second.json");
    hand(&second, &three.authority, "second.json");
    good(
        &three.authority,
        "key add AUTHORITY --request second.json --as AUTHORITY --yes --out key.json",
    );
    hand(&three.authority, &three.operator, "key.json");
    good(&three.operator, "take key.json");
    three.send_copy(&three.authority);
    three.send_copy(&second);
    good(
        &three.authority,
        "party suspend MINE --instrument S-1 --issued 2024-02-01 --as AUTHORITY --prepare act.json",
    );
    hand(&three.authority, &three.operator, "act.json");
    refused(&three.operator, "take act.json", "refused");
    let signed = good(&three.authority, "sign act.json --yes");
    assert!(
        signed.stderr.contains("party-suspended"),
        "{}",
        signed.stderr
    );
    hand(&three.authority, &second, "act.json");
    let signed = good(&second, "sign act.json --yes").stdout;
    assert!(signed.contains("bears 2 signatures"), "{signed}");
    hand(&second, &three.operator, "act.json");
    good(&three.operator, "take act.json");
    let parties = good(&three.operator, "party list").stdout;
    assert!(parties.contains("suspended"), "{parties}");
    // A machine that signed another event under the number of a prepared act does not sign the act.
    let act = "party reinstate MINE --instrument S-2 --issued 2024-02-02 --as AUTHORITY";
    good(&three.authority, &format!("{act} --prepare late.json"));
    good(&second, &format!("{act} --yes --out early.json"));
    hand(&three.authority, &second, "late.json");
    refused(&second, "sign late.json --yes", "does not follow");
}

/// Whoever has not consented yet finds nothing in the way of the next try.
#[test]
fn a_founding_without_consent_leaves_no_key_behind() {
    let (authority, operator) = (Place::empty(), Place::empty());
    good(&operator, "key new OPERATOR --log --plain");
    let request = format!("key request OPERATOR --log --origin {ORIGIN} --out log-key.json");
    good(&operator, &request);
    hand(&operator, &authority, "log-key.json");
    good(&authority, "key new AUTHORITY --plain");
    let found = "found .ytterby --plain-keys --request log-key.json --out founding.json --name Test --origin test.example/log \
         --authority AUTHORITY --authority-names 部=Ministry --operator OPERATOR --operator-names 站=Operator";
    let recovery = authority
        .ledger()
        .join(format!("keys/{}.recovery.pem", party(1)));
    refused(&authority, found, "needs confirmation");
    assert!(!recovery.exists());
    good(&authority, &format!("{found} --yes"));
    assert!(recovery.exists());
    refused(&authority, &format!("{found} --yes"), "never overwritten");
    // What names nothing is a slip, whoever types it.
    for (line, why) in [
        ("follow nowhere.pack", "there is no such file"),
        ("party list", "holds no ledger"),
        ("record lots.csv --as MINE", "holds no ledger"),
    ] {
        let slip = run(&authority, line);
        assert_eq!(slip.code, 2, "{line}\n{}", slip.stderr);
        assert!(slip.stderr.contains(why), "{line}\n{}", slip.stderr);
    }
}
