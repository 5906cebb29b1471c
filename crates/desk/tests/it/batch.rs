//! A batch is numbered once: the id that is shown, under which a value is kept and which is signed is one.
//! Invariant: what is compared comes from the vault and from the log, not from the batch.

use desk::keys::{self, PartyFiles};
use desk::sealed::SealedEvents;
use desk::{EventRefused, Intent, LogRefused, NotDone, Recorded, Session, requests};
use details::{Plain, Standing};
use domain::payload::{SealedKind, SiteLicensed};
use domain::{List, Moment, PartyKind, Payload};
use portable::Stated;
use tempfile::TempDir;

use crate::place::{TestHost, founded, party};

pub(crate) fn mine(session: &Session<'_>, now: Moment) -> Intent {
    let files = PartyFiles::of(&session.desk.place.keys(), party(4).as_str());
    keys::make(&files.current, None, true, session.desk.host).unwrap();
    keys::make(&files.next, None, true, session.desk.host).unwrap();
    let stated = Stated {
        names: Some(desk::office::names("矿=Mine").unwrap()),
        kind: Some(PartyKind::Enterprise {
            activities: List::new(vec!["mining".parse().unwrap()]).unwrap(),
        }),
        division: Some("150207".parse().unwrap()),
        group: None,
    };
    let payload = requests::registration(session, party(4), None, stated).unwrap();
    Intent::of(now, payload)
}

/// A shipment with a confidential price.
pub(crate) fn shipment(session: &Session<'_>, now: Moment, code: &str) -> Intent {
    let payload: Payload = serde_json::from_value(serde_json::json!({
        "event": "shipment-dispatched", "shipment": code, "site": "PIT", "to": party(1), "title": "sale",
        "lines": [{
            "lot": format!("{}/L-1", party(4)), "packages": 1,
            "quantity": {"net_mg": 2, "reo_mg": 1, "basis": "measured"},
        }],
        "invoices": [], "carrier": "", "sealed": [],
    }))
    .unwrap();
    let plain: Plain = [(SealedKind::Price, "12000 CNY/t".parse().unwrap())].into();
    Intent::sealing(now, payload, &plain, "the sheet", session.desk.host).unwrap()
}

pub(crate) fn site(code: &str) -> Payload {
    Payload::SiteLicensed(SiteLicensed {
        site: format!("{}/{code}", party(4)).parse().unwrap(),
        activity: "mining".parse().unwrap(),
        licence: "C150".parse().unwrap(),
        division: "150207".parse().unwrap(),
        capacity_mg: "5000t".parse().unwrap(),
        from: "2024-01-01".parse().unwrap(),
        until: "2029-12-31".parse().unwrap(),
    })
}

#[test]
fn what_is_shown_kept_signed_and_recorded_has_one_id() {
    let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
    let desk = founded(folder.path(), &host);
    let session = Session::open_to(&desk, None).unwrap();
    let now = desk.host.now();
    let batch = session
        .number(party(1), [mine(&session, now)], now)
        .unwrap();
    let signers = session.signers(party(1), &[]).unwrap();
    let _ = session.commit(batch, &signers, &mut |_| Ok(())).unwrap();
    let intents = ["S-1", "S-2"].map(|code| shipment(&session, now, code));
    let batch = session.number(party(4), intents, now).unwrap();
    session.preview(&batch).unwrap();
    let shown: Vec<_> = batch.events().iter().map(|event| event.id).collect();
    let signers = session.signers(party(4), &[]).unwrap();
    let mut recorded = Vec::new();
    let committed = session.commit(batch, &signers, &mut |event: &Recorded| {
        recorded.push(event.id);
        Ok(())
    });
    assert_eq!(committed.unwrap().unacknowledged, 0);
    assert_eq!(recorded, shown);
    let sealed = SealedEvents::read(&desk, &*session.store).unwrap();
    let ids: Vec<_> = sealed.iter().map(|sealed| sealed.event.id).collect();
    assert_eq!(ids, shown);
    for one in sealed.iter() {
        let standings = sealed.standings(one, &desk);
        assert!(
            matches!(&standings[..], [(_, Standing::Here(_))]),
            "{standings:?}"
        );
    }
    assert!(sealed.orphans().unwrap().is_empty());
    session.close().unwrap();
}

/// Somebody else of the same party was faster: what was shown moves behind it, and its values with it.
#[test]
fn a_batch_that_was_overtaken_is_numbered_behind_and_its_values_with_it() {
    let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
    let desk = founded(folder.path(), &host);
    let session = Session::open_to(&desk, None).unwrap();
    let now = desk.host.now();
    let signers = session.signers(party(1), &[]).unwrap();
    let commit = |batch| session.commit(batch, &signers, &mut |_| Ok(()));
    let first = session
        .number(party(1), [mine(&session, now)], now)
        .unwrap();
    let _ = commit(first).unwrap();
    let own = session.signers(party(4), &[]).unwrap();
    let slow = session
        .number(party(4), [shipment(&session, now, "S-1")], now)
        .unwrap();
    let fast = session
        .number(party(4), [shipment(&session, now, "S-2")], now)
        .unwrap();
    let shown = slow.events()[0].id;
    let _ = session.commit(fast, &own, &mut |_| Ok(())).unwrap();
    let _ = session.commit(slow, &own, &mut |_| Ok(())).unwrap();
    let sealed = SealedEvents::read(&desk, &*session.store).unwrap();
    assert!(sealed.iter().all(|one| one.event.id != shown));
    assert_eq!(sealed.iter().count(), 2);
    for one in sealed.iter() {
        let standings = sealed.standings(one, &desk);
        assert!(
            matches!(&standings[..], [(_, Standing::Here(_))]),
            "{standings:?}"
        );
    }
    assert!(sealed.orphans().unwrap().is_empty());
}

#[test]
fn a_refusal_says_whose_move_it_is_and_leaves_no_trace() {
    let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
    let desk = founded(folder.path(), &host);
    let session = Session::open_to(&desk, None).unwrap();
    let now = desk.host.now();
    let stranger = session.number(party(9), [Intent::of(now, site("PIT"))], now);
    let stranger = stranger.unwrap_err();
    assert!(
        matches!(&stranger, NotDone::Unanswered(none) if none.code().name() == "unknown-party")
    );
    let unknown = session.number(party(1), [Intent::of(now, site("PIT"))], now);
    let unknown = session.preview(&unknown.unwrap()).unwrap_err();
    assert!(matches!(&unknown, NotDone::Unanswered(none) if none.code().name() == "unknown-party"));
    let later = now.plus_ms(3 * 86_400_000);
    let ahead = session
        .number(party(1), [Intent::of(later, site("PIT"))], now)
        .unwrap();
    let NotDone::Refused(ahead) = session.preview(&ahead).unwrap_err() else {
        panic!("it is refused");
    };
    assert_eq!(ahead.code(), "not-admitted");
    assert_eq!(ahead.help().unwrap(), "nothing was recorded");
    assert_eq!(session.store.size(), 1);
    let other = desk::Desk::on(&folder.path().join("none"), &host);
    let none = Session::open_to(&other, None).err().unwrap();
    let is_it = matches!(&none, NotDone::Refused(refused) if refused.code() == "no-ledger");
    assert!(is_it, "{none}");
    // Each code is of one list only.
    assert_eq!(LogRefused::Empty.code(), "empty-ledger");
    let twice = EventRefused::MonthTwice {
        month: "2024-03".parse().unwrap(),
    };
    assert_eq!(twice.code(), "month-twice");
}

#[test]
fn one_who_can_not_hear_stops_no_batch() {
    let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
    let desk = founded(folder.path(), &host);
    let session = Session::open_to(&desk, None).unwrap();
    let now = desk.host.now();
    let signers = session.signers(party(1), &[]).unwrap();
    let registered = [mine(&session, now)];
    let batch = session.number(party(1), registered, now).unwrap();
    let _ = session.commit(batch, &signers, &mut |_| Ok(())).unwrap();
    let before = session.store.size();
    // More than one group of events.
    let sites = (0..1500).map(|number| Intent::of(now, site(&format!("PIT-{number}"))));
    let batch = session.number(party(1), sites, now).unwrap();
    let mut heard = 0;
    let told = session.commit(batch, &signers, &mut |_| {
        heard += 1;
        Err(NotDone::from(std::io::Error::from(
            std::io::ErrorKind::BrokenPipe,
        )))
    });
    assert!(told.is_err());
    assert_eq!((heard, session.store.size()), (1, before + 1500));
}

#[test]
fn a_log_that_is_gone_is_not_a_ledger_that_was_never_there() {
    let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
    let desk = founded(folder.path(), &host);
    for file in std::fs::read_dir(desk.place.log()).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    for gone in [desk.read_store().err(), Session::open(&desk).err()] {
        let gone = gone.unwrap();
        let is_it = matches!(&gone, NotDone::Refused(refused) if refused.code() == "log-gone");
        assert!(is_it, "{gone}");
    }
}
