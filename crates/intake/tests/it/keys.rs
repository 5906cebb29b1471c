//! What a row is known by: the column `key` of a sheet, the member `key` of a JSON line.
//! Invariant: it is never a part of what is stated.

use domain::Zone;
use intake::Draft;

const LOT: &str = r#""event":"lot-mined","site":"PIT","lot":"L-1","product":"ore/mixed","quantity":{"net_mg":2,"reo_mg":1,"basis":"measured"},"composition":null,"ore":"mixed""#;

fn read(name: &str, text: &str) -> Result<Vec<Draft>, String> {
    let read = intake::read(name, text.as_bytes(), Zone::CHINA);
    read.map_err(|faults| faults[0].to_string())
}

#[test]
fn a_row_is_known_by_its_key_and_states_nothing_of_it() {
    let plain = read("a.jsonl", &format!("{{{LOT}}}")).unwrap();
    let keyed = read("a.jsonl", &format!(r#"{{{LOT},"key":"WB 12"}}"#)).unwrap();
    assert_eq!(plain[0].key, None);
    assert_eq!(keyed[0].key.as_deref(), Some("WB 12"));
    assert_eq!(keyed[0].payload, plain[0].payload);
    for wrong in ["12", "\"\"", "null", "[]"] {
        let why = read("a.jsonl", &format!(r#"{{{LOT},"key":{wrong}}}"#)).unwrap_err();
        assert!(why.contains("key"), "{why}");
    }
    let row = "lot-mined,2024-03-05,PIT,L-1,ore/mixed,25000,12500,measured,mixed";
    let sheet = |heading: &str, key: &str| {
        let named = "event,occurred,site,lot,product,net_kg,reo_kg,basis,ore";
        read("a.csv", &format!("{named},{heading}\n{row},{key}\n"))
    };
    for heading in ["key", "Key", "行标识"] {
        let read = sheet(heading, "WB 12").unwrap();
        assert_eq!(read[0].key.as_deref(), Some("WB 12"), "{heading}");
    }
    assert_eq!(sheet("key", "").unwrap()[0].key, None);
    let twice = sheet("key,key", "a,b").unwrap_err();
    assert!(twice.contains("duplicate column"), "{twice}");
}

#[test]
fn rows_of_one_event_have_one_key() {
    let head = "event,no,occurred,shipment,site,to,title,lot,net_kg,reo_kg,basis,packages,key";
    let (mine, plant) = ("91150000MA0000004E", "91150207MADM01070N");
    let row = |lot: &str, key: &str| {
        format!(
            "shipment-dispatched,1,2024-03-05,S-1,PIT,{plant},sale,{mine}/{lot},2,1,measured,1,{key}"
        )
    };
    let text = |keys: [&str; 2]| {
        let (first, second) = (row("L-1", keys[0]), row("L-2", keys[1]));
        format!("{head}\n{first}\n{second}\n")
    };
    let one = read("a.csv", &text(["A", "A"])).unwrap();
    assert_eq!((one.len(), one[0].key.as_deref()), (1, Some("A")));
    let two = read("a.csv", &text(["A", "B"])).unwrap_err();
    assert!(
        two.contains("column key") && two.contains("differs"),
        "{two}"
    );
}

/// Acts of office have keys of another meaning.
#[test]
fn a_key_that_an_act_states_stays_in_it() {
    let act = r#"{"event":"key-revoked","party":"91150000MA0000004E","key":"0011223344556677","reason":"lost"}"#;
    let read = read("a.jsonl", act).unwrap();
    assert_eq!(read[0].key, None);
}
