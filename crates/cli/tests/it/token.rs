//! Keys in the software token SoftHSM 2, as typed: a ledger founded, recorded in, rotated and verified with them.
//! Invariant: each test has a token folder of its own. Knows the command's words and `softhsm2-util`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::place::{Place, Run, party};

const PIN: &str = "2468";
const HELP: &str = "install SoftHSM 2 (`apt-get install softhsm2`), or set YTTERBY_PKCS11_MODULE";

#[expect(
    clippy::disallowed_methods,
    reason = "where the module is stands in the environment"
)]
fn module() -> PathBuf {
    let path = std::env::var_os("YTTERBY_PKCS11_MODULE")
        .map_or_else(|| "/usr/lib/softhsm/libsofthsm2.so".into(), PathBuf::from);
    assert!(path.exists(), "{} is missing: {HELP}", path.display());
    path
}

/// A folder with a token called `yard` in it, and no ledger yet.
struct Yard {
    place: Place,
    configuration: PathBuf,
}

impl Yard {
    fn new() -> Self {
        module();
        let place = Place::empty();
        let configuration = place.path().join("softhsm2.conf");
        let tokens = place.path().join("tokens");
        fs::create_dir(&tokens).unwrap();
        let text = format!("directories.tokendir = {}\n", tokens.display());
        fs::write(&configuration, text).unwrap();
        let init = ["--init-token", "--free", "--label", "yard"];
        let run = Command::new("softhsm2-util")
            .args(init)
            .args(["--pin", PIN, "--so-pin", "13579"])
            .env("SOFTHSM2_CONF", &configuration)
            .output()
            .unwrap_or_else(|error| panic!("softhsm2-util: {error}: {HELP}"));
        assert!(run.status.success(), "{run:?}");
        Self {
            place,
            configuration,
        }
    }

    /// Runs words in which MINE, AUTHORITY and OPERATOR stand for the parties and `@NAME` for a key of that name.
    fn run_with(&self, line: &str, pin: &str) -> Run {
        let line = line
            .replace("MINE", &party(4))
            .replace("AUTHORITY", &party(1))
            .replace("OPERATOR", &party(2));
        let module = module();
        let words: Vec<String> = line
            .split_whitespace()
            .map(|word| match word.strip_prefix('@') {
                Some(name) => {
                    let module = module.display();
                    format!("pkcs11:token=yard;object={name}?module-path={module}")
                }
                None => word.to_owned(),
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = self.place.command(&words);
        command
            .env("SOFTHSM2_CONF", &self.configuration)
            .env("YTTERBY_PASSPHRASE", pin);
        let output = command.output().unwrap();
        Run {
            // A signal has no code: a module that crashes at exit shows as -1.
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn good(&self, line: &str) -> Run {
        let run = self.run_with(line, PIN);
        assert_eq!(run.code, 0, "{line}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    fn refused(&self, line: &str, code: i32, why: &str) -> Run {
        let run = self.run_with(line, PIN);
        assert_eq!(run.code, code, "{line}\n{}\n{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(why), "{line}\n{}", run.stderr);
        run
    }

    /// A ledger all of whose signing keys are in the token; next keys are plain files.
    fn founded() -> Self {
        let yard = Self::new();
        yard.good(
            "found --local --name Test --origin test.example/log --authority AUTHORITY --authority-names 部=Ministry \
             --operator OPERATOR --operator-names 站=Operator --plain-keys --authority-token @ministry --operator-token @log",
        );
        yard.good("key new MINE --token @mine-1 --next-token @mine-2");
        yard.good(
            "party add MINE --local --names 矿=Mine --division 150207 --activities mining --as AUTHORITY --yes",
        );
        yard.good(
            "site add MINE/PIT --activity mining --licence C150 --division 150207 --capacity 5000t \
             --from 2024-01-01 --until 2029-12-31 --as AUTHORITY --yes",
        );
        yard
    }

    fn key_file(&self, suffix: &str) -> PathBuf {
        let file = format!("{}{suffix}.pem", party(4));
        self.place.ledger().join("keys").join(file)
    }

    fn mined(&self, name: &str) -> String {
        self.place.mined(name, 2)
    }

    fn assert_good(&self, size: u64) {
        let run = self.good("verify .ytterby");
        assert!(run.stdout.contains("GOOD"), "{}", run.stdout);
        let checked = format!("{size} entries in");
        assert!(run.stdout.contains(&checked), "{}", run.stdout);
    }
}

fn holds_a_secret(file: &Path) -> bool {
    fs::read_to_string(file).unwrap().contains("PRIVATE KEY")
}

#[test]
fn a_ledger_lives_on_keys_in_a_token() {
    let yard = Yard::founded();
    for file in ["", ".next"].map(|suffix| yard.key_file(suffix)) {
        assert!(!holds_a_secret(&file), "{}", file.display());
    }
    assert!(!holds_a_secret(
        &yard.place.ledger().join("keys/operator.pem")
    ));
    let lots = yard.mined("A");
    yard.good(&format!("record {lots} --as MINE --yes"));
    let lots = yard.mined("B");
    // The key file only names the key, so the name itself serves as well.
    fs::remove_file(yard.key_file("")).unwrap();
    yard.good(&format!("record {lots} --as MINE --key @mine-1 --yes"));
    yard.good("heads --yes");
    yard.assert_good(8);
}

#[test]
fn a_new_key_in_a_token_is_shown_and_never_made_over() {
    let yard = Yard::new();
    let run = yard.good("key new MINE --out new --token @mine --plain");
    let public = run
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("public key "));
    assert_eq!(public.map(str::len), Some(64), "{}", run.stdout);
    assert!(holds_a_secret(
        &yard.place.path().join(format!("new/{}.next.pem", party(4)))
    ));
    // The file is there: the token is not asked for a key that no file would name.
    yard.refused(
        "key new MINE --out new --token @other --plain",
        1,
        "exists already",
    );
    yard.refused(
        "key new MINE --out more --token @mine --plain",
        1,
        "of that name already",
    );
    yard.good("key new MINE --out more --token @other --plain");
}

#[test]
fn a_rotation_goes_from_token_to_token() {
    let yard = Yard::founded();
    let before = yard.good("key list --csv").stdout;
    yard.good("key rotate MINE --token @mine-3 --dry-run");
    // A dry run made none.
    let lots = yard.mined("A");
    yard.refused(
        &format!("record {lots} --as MINE --key @mine-3 --yes"),
        1,
        "it holds \"log\", \"mine-1\", \"mine-2\", \"ministry\"",
    );
    // The current key and the next can't follow themselves.
    for name in ["mine-1", "mine-2"] {
        let line = format!("key rotate MINE --token @{name} --yes");
        yard.refused(&line, 1, "is in use already");
    }
    // Refused before consent: the key is made, and the next run takes the same one.
    yard.refused(
        "key rotate MINE --token @mine-3",
        2,
        "signing needs confirmation",
    );
    assert_eq!(yard.good("key list --csv").stdout, before);
    yard.good("key rotate MINE --token @mine-3 --yes");
    let named = |suffix: &str| fs::read_to_string(yard.key_file(suffix)).unwrap();
    assert!(named("").contains("object=mine-2?"));
    assert!(named(".next").contains("object=mine-3?"));
    yard.good(&format!("record {lots} --as MINE --yes"));
    let lots = yard.mined("B");
    yard.refused(
        &format!("record {lots} --as MINE --key @mine-1 --yes"),
        1,
        "revoked",
    );
    // Back to files, as a token is given up.
    yard.good("key rotate MINE --plain --yes");
    yard.good("key rotate MINE --plain --yes");
    assert!(holds_a_secret(&yard.key_file("")));
    yard.good(&format!("record {lots} --as MINE --yes"));
    yard.assert_good(13);
}

#[test]
fn what_does_not_open_leaves_the_log_as_it_is() {
    let yard = Yard::founded();
    let lots = yard.mined("A");
    let record = format!("record {lots} --as MINE --yes");
    let wrong = yard.run_with(&record, "1357");
    assert_eq!(wrong.code, 1, "{}", wrong.stderr);
    assert!(
        wrong.stderr.contains("the PIN is wrong for token \"yard\""),
        "{}",
        wrong.stderr
    );
    yard.refused(
        &format!("{record} --key @nobody"),
        1,
        "it holds \"log\", \"mine-1\", \"mine-2\", \"ministry\"",
    );
    yard.assert_good(3);
}
