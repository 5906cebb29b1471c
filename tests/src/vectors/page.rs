//! The specification page (`docs/spec/event.md`) held against the code: codes, payloads, limits, refusals, the example.
//!
//! Invariant: a table that the code also knows is compared whole, so neither side can have more. Types of fields are not
//! compared here: the independent reader runs on them. Knows no prose.

use std::collections::BTreeSet;

use domain::id::to_hex;
use domain::limits;
use domain::payload::{
    BatchBasis, Completion, CorrectionCause, CustodyModel, DiscardKind, LossCause, MethodKind,
    Outcome, Process, RecoverySource, ReferenceTable, RevocationReason, Ruling, ScrapSource,
    SealedKind, Title,
};
use domain::product::ResidueKind;
use domain::{
    Activity, Basis, CompoundForm, Element, MagnetKind, MetalKind, Moment, OreKind, Payload,
    Sector, Track,
};

fn page() -> String {
    std::fs::read_to_string(super::root().join("docs/spec/event.md")).unwrap()
}

/// The lines between a heading and the next one.
fn section<'a>(page: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = page.lines().skip_while(|line| *line != heading).skip(1);
    let lines: Vec<_> = lines.take_while(|line| !line.starts_with('#')).collect();
    assert!(!lines.is_empty(), "the page has no section {heading:?}");
    lines
}

/// The rows of a section's table below its head, as cells without backticks.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let lines = section(page, heading)
        .into_iter()
        .filter(|line| line.starts_with('|'));
    let cells = |line: &str| {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().replace('`', ""))
            .collect()
    };
    lines.skip(2).map(cells).collect()
}

#[test]
fn code_lists_are_those_of_the_code() {
    macro_rules! lists {
        ($($name:literal $list:ty),+ $(,)?) => {
            vec![$(vec![
                $name.to_owned(),
                <$list>::ALL.iter().map(|item| format!("{} {item}", item.code())).collect::<Vec<_>>().join(", "),
            ]),+]
        };
    }
    let expected: Vec<Vec<String>> = lists! {
        "activity" Activity, "basis" Basis, "batch basis" BatchBasis, "cause of correction" CorrectionCause,
        "cause of loss" LossCause, "chain of custody model" CustodyModel, "completion" Completion,
        "compound form" CompoundForm, "discard" DiscardKind, "kind of method" MethodKind, "magnet material" MagnetKind, "metal" MetalKind,
        "ore" OreKind, "outcome" Outcome, "process" Process, "quota track" Track, "rare earth element" Element,
        "reason of revocation" RevocationReason, "reference table" ReferenceTable, "residue" ResidueKind, "ruling" Ruling, "scrap source" ScrapSource,
        "sealed field" SealedKind, "sector" Sector, "source of recovery" RecoverySource, "title" Title,
    };
    assert_eq!(rows(&page(), "## 7. Codes"), expected);
    assert_eq!(
        expected.len(),
        declared_lists(),
        "a closed list of the code is not compared here"
    );
}

/// How many closed lists the vocabulary declares.
fn declared_lists() -> usize {
    let mut folders = vec![super::root().join("crates/domain/src")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                count += text
                    .lines()
                    .filter(|line| line.starts_with("coded_enum! {"))
                    .count();
            }
        }
    }
    count
}

#[test]
fn payloads_have_their_numbers_names_and_fields() {
    let page = page();
    let headings = page.lines().filter_map(|line| {
        let (number, name) = line.strip_prefix("### ")?.split_once(' ')?;
        Some((number.parse::<u16>().ok()?, name.to_owned()))
    });
    let table: Vec<_> = Payload::TABLE
        .iter()
        .map(|(number, name)| (*number, (*name).to_owned()))
        .collect();
    assert_eq!(headings.collect::<Vec<_>>(), table);

    let documented = |heading: &str| -> Vec<String> {
        rows(&page, heading)
            .into_iter()
            .map(|row| row[0].clone())
            .collect()
    };
    for case in super::good::cases() {
        let json = serde_json::to_string_pretty(&case.body).unwrap();
        let (_, payload_json) = json.split_once("\"payload\":").unwrap();
        let fields_at = |json: &str, indent: &str| -> Vec<String> {
            let keys = json
                .lines()
                .filter_map(|line| line.strip_prefix(indent)?.strip_prefix('"'));
            keys.filter_map(|line| Some(line.split_once("\":")?.0.to_owned()))
                .collect()
        };
        assert_eq!(fields_at(&json, "  "), documented("### Envelope"));
        let payload = &case.body.payload;
        let mut expected = documented(&format!("### {} {}", payload.number(), payload.name()));
        expected.insert(0, "event".to_owned());
        assert_eq!(fields_at(payload_json, "    "), expected, "{}", case.name);
    }
}

#[test]
fn limits_and_factors_are_those_of_the_code() {
    let page = page();
    let row = |name: &str, value: u64| vec![name.to_owned(), value.to_string()];
    let moment = |text: &str| text.parse::<Moment>().unwrap().ms() as u64;
    let expected = vec![
        row("body, bytes", limits::BODY_BYTES_MAX as u64),
        row("entry, bytes", limits::ENTRY_BYTES_MAX as u64),
        row("corrected event, bytes", limits::CORRECTED_BYTES_MAX as u64),
        row("signatures", limits::SIGNATURES_MAX as u64),
        row("code, bytes", limits::CODE_BYTES_MAX as u64),
        row("term, bytes", limits::TERM_BYTES_MAX as u64),
        row("note, bytes", limits::NOTE_BYTES_MAX as u64),
        row("mass, mg", limits::MASS_MG_MAX),
        row("first year", limits::YEAR_MIN.into()),
        row("last year", limits::YEAR_MAX.into()),
        row("first moment, ms", moment("1990-01-01T00:00:00Z")),
        row("last moment, ms", moment("2199-12-31T23:59:59.999Z")),
    ];
    assert_eq!(rows(&page, "## 11. Limits"), expected);

    let factor = |element: &Element| {
        let factor = element.oxide_per_metal_ppm().to_string();
        vec![
            element.name().to_owned(),
            element.code().to_string(),
            element.oxide().to_owned(),
            factor,
        ]
    };
    let factors: Vec<_> = Element::ALL.iter().map(factor).collect();
    assert_eq!(rows(&page, "## 8. REO that a product can hold"), factors);
}

/// Rules of text that a person types: bytes cannot break them.
const OF_TEXT_ONLY: &[&str] = &[
    "unknown-name",
    "lot-shape",
    "mass-shape",
    "percent-shape",
    "product-shape",
    "composition-shape",
    "hex-digits",
];
/// A guard that no bytes reach, since the layout leaves no second spelling.
const WITHOUT_VECTOR: &str = "not-canonical";

#[test]
fn every_refusal_is_documented_and_has_a_vector() {
    let documented: BTreeSet<_> = rows(&page(), "## 14. Refusals")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    let bodies = super::faulty::cases().into_iter();
    let shown: BTreeSet<_> = bodies
        .chain(super::entries::faulty())
        .map(|case| case.2.to_owned())
        .chain([WITHOUT_VECTOR.to_owned()])
        .collect();
    assert_eq!(
        documented, shown,
        "the page on the left, the vectors on the right"
    );

    let form = std::fs::read_to_string(super::root().join("crates/domain/src/form.rs")).unwrap();
    let declared = form.lines().filter_map(|line| {
        let code = line.trim().strip_prefix("Self::")?.split_once("=> \"")?.1;
        code.strip_suffix("\",")
    });
    let undocumented: BTreeSet<_> = declared
        .filter(|code| !documented.contains(*code))
        .collect();
    assert_eq!(undocumented, OF_TEXT_ONLY.iter().copied().collect());
}

#[test]
fn the_worked_example_is_the_vector() {
    let page = page();
    let bytes = super::good_bytes("lot-mined");
    let mut joined = String::new();
    for line in section(&page, "## 1. Worked example") {
        let mut words = line.split_whitespace();
        let (Some(offset), Some(hex)) = (words.next(), words.next()) else {
            continue;
        };
        if line.starts_with(' ') && offset.parse() == Ok(joined.len() / 2) {
            joined += hex;
        }
    }
    assert_eq!(joined, to_hex(&bytes));
    let id = wire::event_id(&bytes).to_string();
    assert!(page.contains(&format!("event id  {id}")), "the id is {id}");
    assert!(page.contains(&format!("{} bytes in all", bytes.len())));
}
