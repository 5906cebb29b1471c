//! Commitments, vault and disclosures from outside, against vectors that another BLAKE3 made.
//! Invariant: only the sealed value with its salt opens; a file is whole, private and gone when it is erased.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use details::{
    Detail, DetailValue, Details, Disclosure, DisclosureFault, Mismatch, Plain, SEALING_EVENTS,
    SealFault, Vault, VaultFault, seal,
};
use domain::payload::SealedKind;
use domain::{Bytes32, EventId, Payload};
use proptest::prelude::*;

const EVENT: EventId = EventId([7; 32]);

fn detail(field: SealedKind, value: &str, salt: u8) -> Detail {
    Detail {
        field,
        value: value.parse().unwrap(),
        salt: Bytes32([salt; 32]),
    }
}

fn two() -> Details {
    let details = vec![
        detail(SealedKind::Price, "12000 CNY/t", 1),
        detail(SealedKind::Buyer, "包头", 2),
    ];
    details.try_into().unwrap()
}

#[test]
fn vectors_of_another_program_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/details");
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let line = |name: &str| {
            let prefix = format!("{name}: ");
            text.lines()
                .find_map(|line| line.strip_prefix(&prefix))
                .unwrap()
        };
        let detail = Detail {
            field: line("field").parse().unwrap(),
            value: line("value").parse().unwrap(),
            salt: line("salt").parse().unwrap(),
        };
        assert_eq!(
            detail.commitment().to_string(),
            line("commitment"),
            "{}",
            path.display()
        );
        seen += 1;
    }
    assert_eq!(seen, 4);
}

#[test]
fn values_are_bounded_and_printable() {
    let parsed = |text: &str| text.parse::<DetailValue>().is_ok();
    assert!(parsed("7") && parsed(&"x".repeat(1024)) && parsed("包头 12"));
    assert!(!parsed("") && !parsed(&"x".repeat(1025)));
    assert!(!parsed("a\nb") && !parsed("a\u{7f}b") && !parsed(" a"));
    assert!(!parsed("e\u{301}"), "one name has one spelling");
}

proptest! {
    #[test]
    fn only_the_sealed_value_and_salt_open(
        value in "[ -~]{0,40}x", other in "[ -~]{0,40}x",
        salt in any::<[u8; 32]>(), bit in 0_usize..256, longer in "[a-z]{1,5}",
    ) {
        prop_assume!(value.trim() == value && other.trim() == other && value != other);
        let honest = Detail { field: SealedKind::Price, value: value.parse().unwrap(), salt: Bytes32(salt) };
        let sealed = honest.sealed();
        prop_assert_eq!(honest.open(&sealed), Ok(()));
        let refused = Err(Mismatch::Commitment { field: SealedKind::Price });
        let mut salt = salt;
        salt[bit / 8] ^= 1 << (bit % 8);
        let salted = Detail { salt: Bytes32(salt), ..honest.clone() };
        prop_assert_eq!(salted.open(&sealed), refused);
        for value in [other, format!("{value}{longer}")] {
            let valued = Detail { value: value.parse().unwrap(), ..honest.clone() };
            prop_assert_eq!(valued.open(&sealed), refused);
        }
        let renamed = Detail { field: SealedKind::Buyer, ..honest.clone() };
        let other_field = Mismatch::Field { detail: SealedKind::Buyer, sealed: SealedKind::Price };
        prop_assert_eq!(renamed.open(&sealed), Err(other_field));
        prop_assert_eq!(renamed.open_among(&[sealed]), Err(Mismatch::NotSealed { field: SealedKind::Buyer }));
        prop_assert_eq!(format!("{honest:?}"), "Detail { field: Price, .. }");
    }
}

#[test]
fn plain_values_are_salted_in_the_order_of_their_fields() {
    let plain: Plain = [
        (SealedKind::EndUser, "B".parse().unwrap()),
        (SealedKind::Price, "A".parse().unwrap()),
    ]
    .into();
    assert_eq!(
        Details::salted(&plain, &[[1; 32]]),
        None,
        "a salt is never used twice"
    );
    assert_eq!(Details::salted(&Plain::new(), &[[1; 32]]), None);
    let salted = Details::salted(&plain, &[[1; 32], [2; 32]]).unwrap();
    assert_eq!(salted.as_slice()[0], detail(SealedKind::Price, "A", 1));
    assert_eq!(salted.as_slice()[1], detail(SealedKind::EndUser, "B", 2));
    let twice = vec![salted.as_slice()[0].clone(), salted.as_slice()[0].clone()];
    assert!(Details::try_from(twice).is_err());
    let turned: Vec<_> = salted.as_slice().iter().rev().cloned().collect();
    assert!(Details::try_from(turned).is_err());
}

#[test]
fn commitments_enter_the_events_that_have_a_place_for_them() {
    let used = r#"{"event":"lot-used","site":"P","lines":[{"lot":"91150000MA00000011/L","quantity":{"net_mg":2,"reo_mg":1,"basis":"measured","uncertainty_ppm":null}}],"end_use":"x","sealed":[]}"#;
    let party = domain::id::uscc_check_character(b"91150000MA0000001").unwrap();
    let used = used.replace("91150000MA00000011", &format!("91150000MA0000001{party}"));
    let mut payload: Payload = serde_json::from_str(&used).unwrap();
    assert!(payload.sealed().unwrap().is_empty());
    seal(&mut payload, &two()).unwrap();
    assert_eq!(payload.sealed().unwrap()[..], two().sealed());
    payload.check().unwrap();
    let lost = used.replace("lot-used", "lot-lost");
    let lost = lost.replace(
        r#""end_use":"x","sealed":[]"#,
        r#""cause":"theft","note":"""#,
    );
    let mut payload: Payload = serde_json::from_str(&lost).unwrap();
    let before = payload.clone();
    let event = "lot-lost";
    assert_eq!(
        seal(&mut payload, &two()),
        Err(SealFault::Kind { event }),
        "a detail whose commitment is nowhere could never be opened"
    );
    assert!(payload == before);
}

#[test]
fn the_events_that_are_said_to_seal_are_those_that_can() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/wire");
    let mut seen = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        if !text.contains("\nkind: body\nexpect: good\n") {
            continue;
        }
        let (_, json) = text.split_once("\njson:\n").unwrap();
        let mut body: domain::Body = serde_json::from_str(json).unwrap();
        let name = body.payload.name();
        let stated = match &body.payload {
            Payload::EventCorrected(correction) => correction
                .replacement
                .as_ref()
                .map(|replacement| replacement.payload().name()),
            _ => Some(name),
        };
        let seals = stated.is_some_and(|stated| SEALING_EVENTS.contains(&stated));
        assert_eq!(body.payload.sealed().is_some(), seals, "{name}");
        assert_eq!(body.payload.sealed_mut().is_some(), seals, "{name}");
        assert_eq!(seal(&mut body.payload, &two()).is_ok(), seals, "{name}");
        seen.insert(name);
    }
    let all: BTreeSet<_> = Payload::TABLE.iter().map(|(_, name)| *name).collect();
    assert_eq!(seen, all);
}

#[test]
fn the_vault_keeps_reads_and_erases() {
    let ledger = tempfile::TempDir::new().unwrap();
    let vault = Vault::in_ledger(ledger.path());
    assert_eq!(vault.read(&EVENT).unwrap(), None);
    vault.keep(&EVENT, &two()).unwrap();
    let path = ledger.path().join("details").join(format!("{EVENT}.json"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let text = fs::read_to_string(&path).unwrap();
    let salt = "01".repeat(32);
    assert!(text.starts_with(&format!(
        "{{\n  \"format\": \"ytterby details v1\",\n  \"event\": \"{EVENT}\",\n  \"details\": [\n    {{\n      \"field\": \"price\",\n      \"value\": \"12000 CNY/t\",\n      \"salt\": \"{salt}\"\n    }},"
    )), "{text}");
    assert!(text.ends_with("\n  ]\n}\n"), "{text}");
    assert_eq!(vault.read(&EVENT).unwrap(), Some(two()));
    assert!(matches!(
        vault.keep(&EVENT, &two()),
        Err(VaultFault::Exists { .. })
    ));

    // A second name for the same bytes shows that they were overwritten, not only unlinked.
    let (first, second) = (ledger.path().join("first"), ledger.path().join("second"));
    fs::hard_link(&path, &first).unwrap();
    assert!(vault.erase(&EVENT, SealedKind::Price).unwrap());
    assert!(!vault.erase(&EVENT, SealedKind::Price).unwrap());
    assert!(fs::read(&first).unwrap().iter().all(|byte| *byte == 0));
    assert!(!fs::read_to_string(&path).unwrap().contains("12000"));
    assert_eq!(
        vault.read(&EVENT).unwrap(),
        two().only(|field| field == SealedKind::Buyer)
    );
    fs::hard_link(&path, &second).unwrap();
    // A crash while it was written can leave an unfinished file with the value.
    fs::write(path.with_extension("json.new"), "包头").unwrap();
    assert!(vault.erase(&EVENT, SealedKind::Buyer).unwrap());
    assert!(fs::read(&second).unwrap().iter().all(|byte| *byte == 0));
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
}

#[test]
fn what_belongs_to_no_event_is_listed_and_what_is_no_file_of_details_is_refused() {
    let ledger = tempfile::TempDir::new().unwrap();
    let vault = Vault::in_ledger(ledger.path());
    assert_eq!(
        vault.orphans(|_| false).unwrap(),
        Vec::<std::path::PathBuf>::new()
    );
    let other = EventId([8; 32]);
    vault.keep(&EVENT, &two()).unwrap();
    vault.keep(&other, &two()).unwrap();
    let folder = ledger.path().join("details");
    let unfinished = folder.join(format!("{EVENT}.json.new"));
    fs::write(&unfinished, "half").unwrap();
    let orphan = folder.join(format!("{other}.json"));
    assert_eq!(
        vault.orphans(|event| *event == EVENT).unwrap(),
        [unfinished, orphan.clone()]
    );
    fs::copy(folder.join(format!("{EVENT}.json")), &orphan).unwrap();
    let refused = vault.read(&other).unwrap_err();
    assert!(
        matches!(refused, VaultFault::OtherEvent { .. }),
        "{refused}"
    );
    let refused = refused.to_string();
    assert!(refused.contains("it is about the event 0707"), "{refused}");
    fs::write(&orphan, "{}").unwrap();
    assert!(matches!(vault.read(&other), Err(VaultFault::Form { .. })));
}

#[test]
fn a_damaged_file_is_erased_as_a_whole_and_never_quoted() {
    let ledger = tempfile::TempDir::new().unwrap();
    let vault = Vault::in_ledger(ledger.path());
    assert!(!vault.erase_all(&EVENT).unwrap());
    vault.keep(&EVENT, &two()).unwrap();
    let path = ledger.path().join("details").join(format!("{EVENT}.json"));
    let text = fs::read_to_string(&path).unwrap();
    let cut = &text[..text.len() - 3];
    // A reader of JSON quotes what it can't use, and that may be the value.
    for damaged in [
        cut.to_owned(),
        text.replace("\"12000 CNY/t\"", "12000"),
        text.replace("\"price\"", "\"12000\""),
        text.replace("\"value\": \"12000 CNY/t\"", "\"12000\": 1"),
    ] {
        assert!(damaged != text && damaged.contains("12000"));
        fs::write(&path, &damaged).unwrap();
        let fault = vault.read(&EVENT).unwrap_err();
        assert!(matches!(fault, VaultFault::Form { .. }), "{fault}");
        let told = format!("{fault} {fault:?}");
        assert!(told.contains("line ") && !told.contains("12000"), "{told}");
        let fault = vault.erase(&EVENT, SealedKind::Price).unwrap_err();
        assert!(matches!(fault, VaultFault::Form { .. }), "{fault}");
        assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
    }
    let held = ledger.path().join("held");
    fs::hard_link(&path, &held).unwrap();
    fs::write(path.with_extension("json.new"), "12000").unwrap();
    assert!(vault.erase_all(&EVENT).unwrap());
    assert!(fs::read(&held).unwrap().iter().all(|byte| *byte == 0));
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
}

#[test]
fn a_disclosure_is_checked_against_log_event_and_commitments() {
    let sealed = two().sealed();
    let shown = two().only(|field| field == SealedKind::Price).unwrap();
    let text = Disclosure::new("a.example/log", 5, EVENT, shown.clone())
        .to_json()
        .unwrap();
    assert!(!text.contains("包头"));
    let read = Disclosure::from_json(text.as_bytes()).unwrap();
    assert_eq!(
        read.check("a.example/log", EVENT, &sealed).unwrap(),
        shown.as_slice()
    );
    let other = EventId([8; 32]);
    assert!(matches!(
        read.check("b.example/log", EVENT, &sealed),
        Err(DisclosureFault::Origin { .. })
    ));
    assert!(matches!(
        read.check("a.example/log", other, &sealed),
        Err(DisclosureFault::Event { .. })
    ));
    assert!(matches!(
        read.check("a.example/log", EVENT, &sealed[1..]),
        Err(DisclosureFault::Mismatch(_))
    ));
    for (from, to) in [
        ("12000", "11000"),
        ("0101", "0102"),
        ("\"price\"", "\"buyer\""),
    ] {
        let changed = Disclosure::from_json(text.replacen(from, to, 1).as_bytes()).unwrap();
        let checked = changed.check("a.example/log", EVENT, &sealed);
        assert!(
            matches!(checked, Err(DisclosureFault::Mismatch(_))),
            "{from}"
        );
    }
    for (from, to) in [
        ("disclosure v1", "disclosure v2"),
        ("\"origin\"", "\"other\""),
        ("[", "[ 1,"),
        ("\"12000 CNY/t\"", "12000"),
    ] {
        let read = Disclosure::from_json(text.replacen(from, to, 1).as_bytes());
        let refused = read.expect_err(from);
        let told = format!("{refused} {refused:?}");
        assert!(!told.contains("12000"), "{told}");
    }
}
