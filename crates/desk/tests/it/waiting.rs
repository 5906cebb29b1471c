//! What waits: acts that several sign, events of the operator at the turn of a month, and values of an event that is prepared.
//! Invariant: what was signed or prepared keeps its number, its values and nothing that others put beside it.

use desk::{Intent, PreparedAct, Session, Told, office};
use details::Vault;
use domain::payload::{Holder, SealedKind};
use domain::{Bytes64, KeyId};
use portable::SignedEvents;
use tempfile::TempDir;

use crate::batch::{mine, shipment, site};
use crate::place::{TestHost, founded, party};

fn registered(session: &Session<'_>) {
    let now = session.desk.host.now();
    let batch = session.number(party(1), [mine(session, now)], now).unwrap();
    let signers = session.signers(party(1), &[]).unwrap();
    let _ = session.commit(batch, &signers, &mut |_| Ok(())).unwrap();
}

#[test]
fn heads_are_not_committed_to_while_events_of_the_operator_wait() {
    let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
    let desk = founded(folder.path(), &host);
    let out = folder.path().join("heads.json");
    host.set("2024-03-20T00:00:00Z");
    let now = desk.host.now();
    let session = Session::open_to(&desk, None).unwrap();
    registered(&session);
    let heads = desk::extract::heads(&session, now).unwrap();
    let heads = Intent::of(now, heads.events()[0].body.payload.clone());
    session.close().unwrap();
    let session = Session::open_to(&desk, Some(&out)).unwrap();
    let heads = session.number(party(2), [heads], now).unwrap();
    let signers = session
        .signers(
            party(2),
            &[desk::keys::KeyPlace::File(desk.place.log_key())],
        )
        .unwrap();
    let _ = session.commit(heads, &signers, &mut |_| Ok(())).unwrap();
    drop(session);
    host.set("2024-04-02T00:00:00Z");
    let session = Session::open_to(&desk, None).unwrap();
    let now = desk.host.now();
    let licence = Intent::of(now, site("PIT"));
    let batch = session.number(party(1), [licence], now).unwrap();
    let signers = session.signers(party(1), &[]).unwrap();
    let _ = session.commit(batch, &signers, &mut |_| Ok(())).unwrap();
    // Founding, registration and licence: the operator's place is left to what waits for it.
    assert_eq!(session.store.size(), 3);
    let heard = |words: &str| {
        let told = host.heard.lock().unwrap();
        let mut notes = told.iter();
        notes.any(|told| matches!(told, Told::Note(note) if note.contains(words)))
    };
    assert!(heard("events of the operator wait"));
    session.close().unwrap();
}

#[test]
fn the_values_of_an_event_that_is_prepared_are_kept_first() {
    let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
    let desk = founded(folder.path(), &host);
    let session = Session::open_to(&desk, None).unwrap();
    registered(&session);
    let now = desk.host.now();
    let intent = shipment(&session, now, "S-1");
    let batch = session.number(party(4), [intent], now).unwrap();
    let file = folder.path().join("act.json");
    session.prepare(&batch, &file).unwrap();
    let prepared = SignedEvents::read(&file).unwrap().events;
    let kept = Vault::in_ledger(desk.folder())
        .read(&prepared[0].id)
        .unwrap()
        .unwrap();
    let price = kept.get(SealedKind::Price).unwrap();
    assert_eq!(price.value.to_string(), "12000 CNY/t");
    let sealed = prepared[0].body.payload.sealed().unwrap();
    assert_eq!(price.open_among(sealed), Ok(()));
    assert_eq!(prepared[0].signatures, []);
}

#[test]
fn a_signature_that_does_not_hold_is_left_out_of_an_act() {
    let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
    let desk = founded(folder.path(), &host);
    let session = Session::open_to(&desk, None).unwrap();
    let now = desk.host.now();
    let batch = session
        .number(party(1), [mine(&session, now)], now)
        .unwrap();
    let file = folder.path().join("act.json");
    session.prepare(&batch, &file).unwrap();
    session.close().unwrap();
    let mut act = SignedEvents::read(&file).unwrap();
    act.events[0].signatures = vec![(KeyId([7; 8]), Bytes64([7; 64]))];
    std::fs::write(&file, act.to_text()).unwrap();
    let act = PreparedAct::read(&desk, &file).unwrap();
    let key = act.key(&desk, None).unwrap();
    assert_eq!(act.sign(&key).unwrap(), 1);
    let signed = SignedEvents::read(&file).unwrap().events;
    assert_eq!(signed[0].signatures.len(), 1);
    let desk::Taken::Events(taken) = desk::take(&desk, &[file], None).unwrap() else {
        panic!("there is a ledger");
    };
    assert_eq!(taken.tried[0].answer, Ok(1));
}

/// Two events of one author for one place, and evidence that can't be written.
#[test]
fn what_was_admitted_before_a_fault_is_told() {
    let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
    let desk = founded(folder.path(), &host);
    let session = Session::open_to(&desk, None).unwrap();
    registered(&session);
    session.close().unwrap();
    let sent = ["S-1", "S-2"].map(|code| {
        let out = folder.path().join(format!("{code}.json"));
        let session = Session::open_to(&desk, Some(&out)).unwrap();
        let now = desk.host.now();
        let intent = shipment(&session, now, code);
        let batch = session.number(party(4), [intent], now).unwrap();
        let signers = session.signers(party(4), &[]).unwrap();
        let _ = session.commit(batch, &signers, &mut |_| Ok(())).unwrap();
        // Somebody loses the outbox, and signs for the same place again.
        std::fs::remove_file(desk.place.outbox()).unwrap();
        out
    });
    std::fs::write(desk.place.evidence(), "in the way").unwrap();
    let receipts = folder.path().join("receipts.json");
    let taken = desk::take(&desk, &sent, Some(&receipts)).unwrap();
    let desk::Taken::Events(taken) = taken else {
        panic!("there is a ledger");
    };
    assert!(taken.stopped.is_some());
    assert_eq!(taken.tried[0].answer, Ok(2));
    assert!(taken.tried[1].answer.is_err());
    assert_eq!(taken.receipts, Some(1));
}

#[test]
fn an_id_that_was_mistyped_is_not_taken_for_a_group() {
    let right = party(4);
    assert_eq!(
        office::holder(right.as_str()).unwrap(),
        Holder::Party(right)
    );
    let group = office::holder("NORTHERN").unwrap();
    assert_eq!(group, Holder::Group("NORTHERN".parse().unwrap()));
    for mistyped in [
        right.as_str().replace("MA", "AM"),
        "5493001KJTIIGC8Y1R13".to_owned(),
    ] {
        assert!(office::holder(&mistyped).is_err(), "{mistyped}");
    }
}
