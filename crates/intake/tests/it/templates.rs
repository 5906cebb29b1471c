//! Templates: read back as they are written, in text and as workbooks, for every kind of event.
//! Invariant: an example is an event of its kind. Knows no columns.

use domain::Zone;
use intake::{Draft, SheetFault, template};

fn read(name: &str, bytes: &[u8]) -> Vec<Draft> {
    intake::read(name, bytes, Zone::CHINA).unwrap_or_else(|faults| {
        let lines: Vec<_> = faults.iter().map(SheetFault::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

#[test]
fn every_example_is_read_in_text_and_in_workbooks_alike() {
    for kind in intake::kinds() {
        let text = read(kind, template::text(kind).unwrap().as_bytes());
        assert_eq!(text.len(), 1, "{kind}");
        assert_eq!(text[0].payload.name(), kind);
        for in_chinese in [false, true] {
            let workbook = template::workbook(kind, in_chinese).unwrap().unwrap();
            let drafts = read(kind, &workbook);
            let said = |draft: &Draft| (draft.occurred, draft.payload.clone());
            assert_eq!(
                drafts.iter().map(said).collect::<Vec<_>>(),
                [said(&text[0])],
                "{kind}"
            );
            let again = template::workbook(kind, in_chinese).unwrap().unwrap();
            assert!(workbook == again, "{kind}: the same template, other bytes");
        }
    }
}

#[test]
fn lists_of_allowed_values_are_those_of_the_domain() {
    let columns = template::explained("lot-mined").unwrap();
    let ore = columns.iter().find(|column| column.name == "ore").unwrap();
    let names: Vec<_> = domain::OreKind::ALL
        .iter()
        .map(|kind| kind.name())
        .collect();
    assert_eq!(ore.meaning, format!("ore type: {}", names.join(", ")));
    assert!(template::text("no-such-event").is_none());
    assert!(template::workbook("no-such-event", false).is_none());
}
