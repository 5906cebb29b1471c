//! Keys in the software token SoftHSM 2: made, found, signed with, and refused.
//! Invariant: each test has a token folder of its own. A module reads its configuration once in a process, so each test
//! runs once more as a child whose environment names that folder.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]
#![expect(
    clippy::disallowed_methods,
    reason = "where the module is, and which child this is, stands in the environment"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use cryptoki::context::Pkcs11;
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use signing::{SecretKey, Signer, SigningFault};
use tempfile::TempDir;
use token::{Token, TokenFault, TokenKey, TokenRefusal, TokenUri};

const PIN: &str = "2468 pin";
const MODULE_VARIABLE: &str = "YTTERBY_PKCS11_MODULE";
const DEBIAN_MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// Set for the child that plays the test.
const CONFIGURATION: &str = "SOFTHSM2_CONF";
const HELP: &str = "install SoftHSM 2 (`apt-get install softhsm2`), or set YTTERBY_PKCS11_MODULE";

fn module() -> PathBuf {
    let path =
        std::env::var_os(MODULE_VARIABLE).map_or_else(|| DEBIAN_MODULE.into(), PathBuf::from);
    assert!(path.exists(), "{} is missing: {HELP}", path.display());
    path
}

fn uri(rest: &str) -> TokenUri {
    let module = module();
    format!("pkcs11:{rest}?module-path={}", module.display())
        .parse()
        .unwrap()
}

fn softhsm(configuration: &Path, arguments: &[&str]) {
    let run = Command::new("softhsm2-util")
        .args(arguments)
        .env(CONFIGURATION, configuration)
        .output()
        .unwrap_or_else(|error| panic!("softhsm2-util: {error}: {HELP}"));
    assert!(run.status.success(), "{arguments:?} {run:?}");
}

/// Plays a test in a child that sees tokens with these labels and no other.
fn with_tokens(test: &str, labels: &[&str], play: impl FnOnce()) {
    if std::env::var_os("YTTERBY_TOKEN_CHILD").is_some() {
        return play();
    }
    module();
    let folder = TempDir::new().unwrap();
    let configuration = folder.path().join("softhsm2.conf");
    let tokens = folder.path().join("tokens");
    fs::create_dir(&tokens).unwrap();
    let text = format!("directories.tokendir = {}\n", tokens.display());
    fs::write(&configuration, text).unwrap();
    for label in labels {
        let init = ["--init-token", "--free", "--label", label];
        softhsm(
            &configuration,
            &[&init[..], &["--pin", PIN, "--so-pin", "13579"]].concat(),
        );
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CONFIGURATION, &configuration)
        .env("YTTERBY_TOKEN_CHILD", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout);
    let faults = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{}\n{text}\n{faults}", child.status);
    assert!(
        text.contains("1 passed"),
        "no test is called {test}:\n{text}"
    );
}

fn generate(rest: &str) -> Result<TokenKey, TokenFault> {
    Token::find(&uri(rest))?.generate(PIN)
}

fn open(rest: &str) -> Result<TokenKey, TokenFault> {
    Token::find(&uri(rest))?.open(PIN)
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, TokenFault>) -> TokenRefusal {
    match outcome {
        Err(TokenFault::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_made_in_a_token_signs_as_one_in_memory_does() {
    with_tokens(
        "a_key_made_in_a_token_signs_as_one_in_memory_does",
        &["mine"],
        || {
            let made = generate("token=mine;object=first").unwrap();
            let found = open("token=mine;object=first").unwrap();
            assert_eq!(made.public(), found.public());
            let event = signing::sign_event(&found, b"body").unwrap();
            signing::verify_event(made.public(), b"body", &event).unwrap();
            assert!(signing::verify_event(made.public(), b"other", &event).is_err());
            // Ed25519 is deterministic: the same key gives the same signature.
            assert_eq!(found.sign(b"once").unwrap(), made.sign(b"once").unwrap());
            assert_eq!(found.sign(&[]).unwrap(), made.sign(&[]).unwrap());
        },
    );
}

#[test]
fn one_key_serves_many_threads() {
    with_tokens("one_key_serves_many_threads", &["mine"], || {
        let key = generate("token=mine;object=k").unwrap();
        thread::scope(|scope| {
            for thread in 0..8_u8 {
                let key = &key;
                scope.spawn(move || {
                    for round in 0..20_u8 {
                        // Each is looked at before it is returned, so a mixed-up session would show here.
                        let signed = key.sign(&[thread, round]);
                        assert!(signed.is_ok(), "{signed:?}");
                    }
                });
            }
        });
    });
}

#[test]
fn keys_are_found_by_name_and_by_id() {
    with_tokens(
        "keys_are_found_by_name_and_by_id",
        &["mine", "works"],
        || {
            let first = generate("token=mine;object=a;id=%01").unwrap();
            let second = generate("token=mine;object=b;id=%02").unwrap();
            let elsewhere = generate("token=works;object=a;id=%01").unwrap();
            assert_ne!(first.public(), second.public());
            assert_ne!(first.public(), elsewhere.public());
            for (rest, key) in [
                ("token=mine;id=%01", &first),
                ("token=mine;object=b;type=private", &second),
                ("token=mine;object=b;id=%02", &second),
                (
                    "token=works;manufacturer=SoftHSM%20project;object=a",
                    &elsewhere,
                ),
            ] {
                assert_eq!(open(rest).unwrap().public(), key.public(), "{rest}");
            }
            let seen = "\"a\", \"b\"".to_owned();
            let token = || "mine".to_owned();
            for rest in ["token=mine;object=c", "token=mine;object=a;id=%02"] {
                let expected = TokenRefusal::NoKey {
                    token: token(),
                    seen: seen.clone(),
                };
                assert_eq!(refusal(open(rest)), expected, "{rest}");
            }
            // Two keys of one id, as another program may make them.
            generate("token=mine;object=d;id=%02").unwrap();
            let expected = TokenRefusal::SeveralKeys {
                token: token(),
                count: 2,
            };
            assert_eq!(refusal(open("token=mine;id=%02")), expected);
            // Both have the id of the other, so which public key belongs to it can't be told.
            assert_eq!(
                refusal(open("token=mine;object=d")),
                TokenRefusal::NoPublicKey { token: token() }
            );
        },
    );
}

#[test]
fn a_name_is_taken_once() {
    with_tokens("a_name_is_taken_once", &["mine"], || {
        let key = generate("token=mine;object=a").unwrap();
        let token = "mine".to_owned();
        let again = generate("token=mine;object=a;id=%09");
        assert_eq!(refusal(again), TokenRefusal::Exists { token });
        assert_eq!(
            refusal(generate("token=mine;id=%09")),
            TokenRefusal::Nameless
        );
        assert_eq!(open("token=mine;object=a").unwrap().public(), key.public());
    });
}

#[test]
fn tokens_that_do_not_fit_are_named() {
    with_tokens(
        "tokens_that_do_not_fit_are_named",
        &["mine", "works"],
        || {
            let TokenRefusal::NoToken { seen } = refusal(Token::find(&uri("token=other;object=a")))
            else {
                panic!("another refusal");
            };
            assert!(
                seen.contains("\"mine\" (serial ") && seen.contains("\"works\""),
                "{seen}"
            );
            let TokenRefusal::SeveralTokens { seen } = refusal(Token::find(&uri("object=a")))
            else {
                panic!("another refusal");
            };
            assert!(
                seen.contains("\"mine\" (serial ") && seen.contains("\"works\""),
                "{seen}"
            );
            let model = refusal(Token::find(&uri("token=mine;model=other;object=a")));
            assert!(matches!(model, TokenRefusal::NoToken { .. }), "{model:?}");
        },
    );
}

#[test]
fn a_wrong_pin_is_a_refusal_and_an_empty_one_is_not_tried() {
    with_tokens(
        "a_wrong_pin_is_a_refusal_and_an_empty_one_is_not_tried",
        &["mine"],
        || {
            let token = Token::find(&uri("token=mine;object=a")).unwrap();
            let label = || "mine".to_owned();
            let wrong = || TokenRefusal::WrongPin { token: label() };
            assert_eq!(refusal(token.generate("2468")), wrong());
            assert_eq!(refusal(token.open("2468 piN")), wrong());
            assert_eq!(
                refusal(token.open("")),
                TokenRefusal::NoPin { token: label() }
            );
            token.generate(PIN).unwrap();
            token.open(PIN).unwrap();
        },
    );
}

#[test]
fn what_is_no_module_is_named() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("text.so");
    fs::write(&text, "no library").unwrap();
    for path in [folder.path().join("missing.so"), text] {
        let text = format!("pkcs11:object=a?module-path={}", path.display());
        let fault = Token::find(&text.parse().unwrap()).unwrap_err().to_string();
        assert!(fault.contains(&path.display().to_string()), "{fault}");
        assert!(fault.contains("mend module-path"), "{fault}");
    }
}

/// A key in memory and one in a token are the same to whoever holds a signer.
#[test]
fn a_token_is_a_signer_like_a_file() {
    with_tokens("a_token_is_a_signer_like_a_file", &["mine"], || {
        let seed = std::array::from_fn(|at| u8::try_from(at * at % 251).unwrap());
        let signers: [Box<dyn Signer>; 2] = [
            Box::new(SecretKey::from_seed(&seed).unwrap()),
            Box::new(generate("token=mine;object=a").unwrap()),
        ];
        for signer in &signers {
            let proof = signing::sign_possession(&**signer, &[1; 32], b"party").unwrap();
            let verdict = signing::verify_possession(signer.public(), &[1; 32], b"party", &proof);
            assert!(verdict.is_ok(), "{verdict:?}");
        }
    });
}

/// Another program's way to the one token: it can change what `token` would not.
fn intruder() -> Session {
    let module = Pkcs11::new(module()).unwrap();
    let slot = module.get_slots_with_initialized_token().unwrap()[0];
    let session = module.open_rw_session(slot).unwrap();
    match session.login(UserType::User, Some(&AuthPin::new(PIN.into()))) {
        Ok(()) => {}
        Err(error) => assert!(error.to_string().contains("already"), "{error}"),
    }
    // The module must outlast the session's end, as the keys under test still use it.
    std::mem::forget(module);
    session
}

#[test]
fn a_signature_that_the_shown_public_key_does_not_verify_is_not_given_on() {
    let test = "a_signature_that_the_shown_public_key_does_not_verify_is_not_given_on";
    with_tokens(test, &["mine"], || {
        generate("token=mine;object=a;id=%01").unwrap();
        let other = generate("token=mine;object=b;id=%02").unwrap();
        let session = intruder();
        let public = |label: &str| {
            let wanted = [
                Attribute::Class(ObjectClass::PUBLIC_KEY),
                Attribute::Label(label.into()),
            ];
            session.find_objects(&wanted).unwrap()[0]
        };
        session.destroy_object(public("a")).unwrap();
        let missing = TokenRefusal::NoPublicKey {
            token: "mine".to_owned(),
        };
        assert_eq!(refusal(open("token=mine;object=a")), missing);
        let exchanged = [Attribute::Id(vec![1])];
        session.update_attributes(public("b"), &exchanged).unwrap();
        let key = open("token=mine;object=a").unwrap();
        assert_eq!(key.public(), other.public());
        let fault = key.sign(b"message");
        assert!(
            matches!(fault, Err(SigningFault::WrongSignature(id)) if id == other.public().id())
        );
    });
}

#[test]
fn a_made_key_can_not_be_taken_out() {
    with_tokens("a_made_key_can_not_be_taken_out", &["mine"], || {
        generate("token=mine;object=a").unwrap();
        let session = intruder();
        let private = [Attribute::Class(ObjectClass::PRIVATE_KEY)];
        let key = session.find_objects(&private).unwrap()[0];
        let attributes = session
            .get_attributes(key, &[AttributeType::Value])
            .unwrap();
        assert_eq!(attributes, []);
        // Nor can it be made so afterwards.
        let loose = [Attribute::Extractable(true)];
        assert!(session.update_attributes(key, &loose).is_err());
    });
}
