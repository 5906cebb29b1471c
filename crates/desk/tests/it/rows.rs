//! A row is recorded once: whatever was recorded before is known again, and nothing else is left out.
//! Invariant: what is in the log is read from the log.

use desk::{Desk, EventRefused, Intent, NotDone, Session, Sorted, Stands};
use details::Vault;
use domain::{DAY_MS, Moment, Payload, Zone};
use intake::Draft;
use tempfile::TempDir;

use crate::batch::mine;
use crate::place::{TestHost, founded, party};

/// A lot as a line of a file, with what is said beside its payload.
fn line(lot: &str, beside: &str) -> String {
    format!(
        r#"{{"event":"lot-mined",{beside}"site":"PIT","lot":"{lot}","product":"ore/mixed","quantity":{{"net_mg":2000000,"reo_mg":1000000,"basis":"measured"}},"composition":null,"ore":"mixed"}}"#
    )
}

fn sale(price: &str) -> String {
    let (lot, to) = (format!("{}/L-1", party(4)), party(1));
    format!(
        r#"{{"event":"shipment-dispatched","occurred":"2024-02-28","shipment":"S-1","site":"PIT","to":"{to}","title":"sale","lines":[{{"lot":"{lot}","packages":1,"quantity":{{"net_mg":2,"reo_mg":1,"basis":"measured"}}}}],"invoices":[],"carrier":"","details":{{"price":"{price}"}}}}"#
    )
}

fn rows(lines: &[String]) -> Vec<Draft> {
    intake::read("a.jsonl", lines.join("\n").as_bytes(), Zone::CHINA).unwrap()
}

const THEN: &str = r#""occurred":"2024-02-28","#;

fn keyed(lot: &str, key: &str) -> String {
    line(lot, &format!(r#"{THEN}"key":"{key}","#))
}

/// A ledger in which party 4 may sign.
fn with_mine<'a>(folder: &TempDir, host: &'a TestHost) -> Desk<'a> {
    let desk = founded(folder.path(), host);
    let session = Session::open_to(&desk, None).unwrap();
    let now = desk.host.now();
    let batch = session
        .number(party(1), [mine(&session, now)], now)
        .unwrap();
    let signers = session.signers(party(1), &[]).unwrap();
    let _ = session.commit(batch, &signers, &mut |_| Ok(())).unwrap();
    session.close().unwrap();
    desk
}

/// Signs as a party with the key of another, so that it can be refused.
fn record(session: &Session<'_>, drafts: Vec<Draft>, key_of: u32) -> Result<(), NotDone> {
    let now = session.desk.host.now();
    let intents = drafts
        .into_iter()
        .map(|row| Intent::of_row(row, now, session.desk.host));
    let intents: Vec<_> = intents.collect::<Result<_, _>>()?;
    let batch = session.number(party(4), intents, now)?;
    let signers = session.signers(party(key_of), &[])?;
    session.commit(batch, &signers, &mut |_| Ok(())).map(|_| ())
}

fn sorted(session: &Session<'_>, lines: &[String]) -> Sorted {
    sorted_at(session, lines, session.desk.host.now()).unwrap()
}

fn sorted_at(session: &Session<'_>, lines: &[String], now: Moment) -> Result<Sorted, NotDone> {
    session.sort(party(4), rows(lines), now)
}

/// The lots that are left to record.
fn fresh(sorted: &Sorted) -> Vec<String> {
    let lots = sorted.fresh.iter().map(|row| match &row.payload {
        Payload::LotMined(mined) => mined.lot.to_string(),
        other => other.name().to_owned(),
    });
    lots.collect()
}

fn code(refused: &NotDone) -> &'static str {
    match refused {
        NotDone::Refused(refused) => refused.code(),
        other => panic!("{other}"),
    }
}

#[test]
fn what_is_in_the_log_is_known_again_and_nothing_else() {
    let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
    let desk = with_mine(&folder, &host);
    let session = Session::open_to(&desk, None).unwrap();
    let file = [line("L-1", THEN), line("L-2", ""), sale("12000 CNY/t")];
    record(&session, sorted(&session, &file).fresh, 4).unwrap();
    let again = sorted(&session, &file);
    assert_eq!(fresh(&again), [""; 0]);
    let stands: Vec<_> = again
        .known
        .iter()
        .map(|known| known.stands.clone())
        .collect();
    assert_eq!(stands, [2, 3, 4].map(|at| Stands::InLog(at, None)));
    assert_eq!(
        again.known[1].to_string(),
        "a.jsonl, row 2: already recorded at 3"
    );
    // Another lot, time, price or day is another statement.
    let others = [
        line("L-3", THEN),
        line("L-1", r#""occurred":"2024-02-27","#),
        line("L-1", ""),
        sale("13000 CNY/t"),
    ];
    assert_eq!(sorted(&session, &others).known, []);
    let tomorrow = host_now(&session).plus_ms(DAY_MS);
    let later = sorted_at(&session, &file, tomorrow).unwrap();
    assert_eq!(
        fresh(&later),
        ["L-2"],
        "a row without a time says it of today"
    );
    // Nobody else said it.
    let other = session
        .sort(party(1), rows(&file), host_now(&session))
        .unwrap();
    assert_eq!(other.known, []);
    // A value that was erased tells nothing apart.
    let sold = session.store.frame_of(4).unwrap();
    let id = wire::event_id(wire::decode_entry(sold.entry(4).unwrap()).unwrap().body);
    assert!(Vault::in_ledger(desk.folder()).erase_all(&id).unwrap());
    assert_eq!(sorted(&session, &[sale("13000 CNY/t")]).known.len(), 1);
}

fn host_now(session: &Session<'_>) -> Moment {
    session.desk.host.now()
}

#[test]
fn a_run_that_was_cut_off_at_any_group_goes_on() {
    const GROUP: usize = desk::limits::GROUP_EVENTS;
    let file: Vec<String> = (0..2 * GROUP + 40)
        .map(|number| match number % 3 {
            0 => keyed(&format!("L-{number}"), &format!("K {number}")),
            // Rows that state the same, each known by its own key.
            1 => keyed("SAME", &format!("K {number}")),
            _ => line(&format!("L-{number}"), THEN),
        })
        .collect();
    for cut in [0, 1, GROUP, 2 * GROUP, file.len()] {
        let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
        let desk = with_mine(&folder, &host);
        let session = Session::open_to(&desk, None).unwrap();
        let before = session.store.size();
        // Its keys are noted, and nothing of it is in the log.
        record(&session, rows(&file), 1).unwrap_err();
        assert_eq!(session.store.size(), before);
        record(&session, rows(&file[..cut]), 4).unwrap();
        let rest = sorted(&session, &file);
        assert_eq!(
            (rest.known.len(), rest.fresh.len()),
            (cut, file.len() - cut)
        );
        record(&session, rest.fresh, 4).unwrap();
        assert_eq!(session.store.size(), before + file.len() as u64);
        assert_eq!(sorted(&session, &file).known.len(), file.len());
    }
}

#[test]
fn a_key_goes_by_one_statement() {
    let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
    let desk = with_mine(&folder, &host);
    let session = Session::open_to(&desk, None).unwrap();
    let file = [
        keyed("L-1", "A"),
        keyed("L-1", "B"),
        line("L-2", THEN),
        line("L-2", THEN),
    ];
    let first = sorted(&session, &file);
    assert_eq!(fresh(&first), ["L-1", "L-1", "L-2"]);
    let twin = Stands::InRow("a.jsonl, row 3".to_owned());
    assert_eq!(first.known[0].stands, twin);
    record(&session, first.fresh, 4).unwrap();
    assert_eq!(sorted(&session, &file).known.len(), 4);
    // A third truck of the same load.
    assert_eq!(sorted(&session, &[keyed("L-1", "C")]).fresh.len(), 1);
    let now = host_now(&session);
    let other = sorted_at(&session, &[keyed("L-9", "A")], now).unwrap_err();
    assert_eq!(code(&other), "row-key-recorded");
    assert!(other.to_string().contains("recorded at 2"), "{other}");
    let twice = [keyed("L-8", "D"), keyed("L-9", "D")];
    let twice = sorted_at(&session, &twice, now).unwrap_err();
    assert_eq!(code(&twice), "row-key-twice");
    // The keys are lost: rows are known by what they state, each event once.
    std::fs::remove_dir_all(desk.place.all_rows()).unwrap();
    let lost = [keyed("L-1", "A"), keyed("L-1", "B"), keyed("L-1", "C")];
    let lost = sorted(&session, &lost);
    assert_eq!((lost.known.len(), lost.fresh.len()), (2, 1));
    let folder = desk.place.rows(party(4).as_str());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("00000000000000000000"), "nonsense").unwrap();
    let unread = sorted_at(&session, &file, now).unwrap_err();
    assert_eq!(code(&unread), "row-keys-unreadable");
    let none = EventRefused::RowKeysUnreadable {
        path: String::new(),
    };
    assert_eq!(none.code(), code(&unread));
}

#[test]
fn what_waits_in_the_outbox_is_known_and_leaves_it_once_taken() {
    let (folder, host) = (TempDir::new().unwrap(), TestHost::new());
    let desk = with_mine(&folder, &host);
    let out = folder.path().join("out.json");
    let file = [keyed("L-1", "A"), line("L-2", "")];
    let session = Session::open_to(&desk, Some(&out)).unwrap();
    record(&session, rows(&file), 4).unwrap();
    drop(session);
    let session = Session::open_to(&desk, Some(&out)).unwrap();
    let waits = sorted(&session, &file);
    assert!(
        waits
            .known
            .iter()
            .all(|known| known.stands == Stands::Waits)
    );
    assert_eq!(waits.known.len(), 2);
    drop(session);
    let desk::Taken::Events(taken) = desk::take(&desk, &[out], None).unwrap() else {
        panic!("there is a ledger");
    };
    assert!(taken.stopped.is_none());
    let session = Session::open_to(&desk, None).unwrap();
    let stands: Vec<_> = sorted(&session, &file)
        .known
        .into_iter()
        .map(|one| one.stands)
        .collect();
    assert_eq!(stands, [2, 3].map(|at| Stands::InLog(at, None)));
    // The outbox of a folder that holds the log is emptied by what is taken.
    let origin = desk::origin_of(&*session.store).unwrap();
    let outbox = desk::Outbox::open(&desk.place, &origin).unwrap();
    assert_eq!(outbox.events(), []);
    record(&session, rows(&[line("L-3", THEN)]), 4).unwrap();
}
