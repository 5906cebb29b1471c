//! Every question has an answer in each form, and the same one from entries alone.
//! Invariant: what is compared are whole documents.

use std::collections::BTreeSet;
use std::sync::Arc;

use answers::{Kind, LogOnly, Question, Reading, resolve};
use serde_json::Value;
use store::Entries;
use testkit::TestCountry;

use crate::country::{log, questions, reading};

#[test]
fn every_question_is_answered_alike_from_the_ledger_and_from_entries_alone() {
    let store = log();
    let mut here = reading(&store);
    let zone = here.registry().unwrap().zone();
    let asked = questions(&here);
    let mut of = BTreeSet::new();
    for question in asked {
        let document = question.clone().document(&mut here).unwrap();
        let text = serde_json::to_value(&document).unwrap();
        of.insert(text["question"]["of"].as_str().unwrap().to_owned());
        assert_eq!(text["root"].as_str().unwrap().len(), 64);
        let tables = document.answer.tables(zone);
        let is_empty = tables.iter().all(|table| table.rows.is_empty());
        // Nothing is due or exported in the country's first days, and the sealed lot went nowhere.
        let may_be = matches!(
            question,
            Question::Returns { .. } | Question::Exports { .. } | Question::Taint {}
        );
        assert!(!is_empty || may_be, "{question:?}");
        let alone: Arc<dyn Entries> = Arc::new(LogOnly::of(&*store, here.size()));
        let mut alone = Reading::of_entries(alone, here.size()).unwrap();
        let again = question.document(&mut alone).unwrap();
        assert_eq!(serde_json::to_value(again).unwrap(), text);
    }
    let kept: BTreeSet<_> = answers::Answer::schemas()
        .into_iter()
        .map(|(of, _)| of.to_owned())
        .collect();
    assert_eq!(of, kept, "a kind of question is not asked here");
}

#[test]
fn a_document_of_an_earlier_size_has_its_root_and_figures() {
    let store = log();
    let mut early = Reading::new(store.handle(), answers::Until::Position(5), |_, _| {}).unwrap();
    let mut late = reading(&store);
    let question = || Question::Balance {
        party: TestCountry::id(TestCountry::MINE),
        site: None,
        explain: false,
    };
    let early = serde_json::to_value(question().document(&mut early).unwrap()).unwrap();
    let late = serde_json::to_value(question().document(&mut late).unwrap()).unwrap();
    assert_eq!(early["size"], 6);
    assert_ne!(early["root"], late["root"]);
    let rows = |document: &Value| document["answer"]["rows"].as_array().unwrap().len();
    assert_eq!((rows(&early), rows(&late)), (1, 2));
}

#[test]
fn sums_stand_under_masses_alone() {
    let store = log();
    let mut here = reading(&store);
    let zone = here.registry().unwrap().zone();
    for question in questions(&here) {
        for table in question.answer(&mut here).unwrap().tables(zone) {
            for (place, column) in table.columns.iter().enumerate() {
                assert!(table.sum(place).is_none() || column.kind == Kind::Mass);
            }
            assert!(
                table
                    .rows
                    .iter()
                    .all(|row| row.len() == table.columns.len())
            );
        }
    }
}

#[test]
fn one_slip_is_one_refusal_whatever_was_asked() {
    let store = log();
    let here = reading(&store);
    let registry = here.registry().unwrap();
    let code = |refused: answers::Refused| refused.code().name();
    assert_eq!(
        code(resolve::party(registry, "NOBODY").unwrap_err()),
        "unknown-party"
    );
    assert_eq!(
        code(resolve::site(registry, "NOBODY/PIT").unwrap_err()),
        "unknown-party"
    );
    assert_eq!(
        code(resolve::lot(registry, "NOBODY/M-1").unwrap_err()),
        "unknown-party"
    );
    assert_eq!(
        code(resolve::lot(registry, "M-1").unwrap_err()),
        "unknown-lot"
    );
    let mine = TestCountry::id(TestCountry::MINE);
    let name = registry.party(&mine).unwrap().names.zh.to_string();
    assert_eq!(resolve::party(registry, &name).unwrap(), mine);
    let event = resolve::event(&*store, "3").unwrap();
    let begins = &event.id.to_string()[..12];
    assert_eq!(resolve::event(&*store, begins).unwrap(), event);
    let event = |given| resolve::event(&*store, given).unwrap_err().code().name();
    assert_eq!(
        [event("999"), event("zz"), event("")],
        ["past-end", "unknown-event", "unknown-event"]
    );
}
