//! `close`, `returns` and `correct`: how an enterprise files its month, and how it puts right what was wrong.
//!
//! Invariant: what is filed is the statement that was shown, and nothing is signed without consent. Holds no rule.

use std::path::Path;

use books::Books;
use details::Plain;
use domain::payload::{CorrectionCause, EventCorrected, Replacement};
use domain::{Blob, Payload, Zone};
use flow::{ReturnState, filing, last_filing, returns as board, statement};
use ledger::Clock;
use projection::{Event, Until, feed};
use store::Entries;

use super::act::{sign_and_append, sign_and_append_sealed};
use super::record::seal_one;
use super::reports::{World, print_statement};
use crate::args::{Close, Correct, ReturnsReport, Signing};
use crate::clock::SystemClock;
use crate::keys::Access;
use crate::limits::TYPED_BYTES_MAX;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::session::Session;

/// Shows the month's statement and files it.
pub(crate) fn close(folder: &Path, close: &Close, access: &Access) -> Result<Outcome, CliError> {
    let session = Session::open_to(folder, access, close.out.as_deref())?;
    let books = Books::replay(&*session.store, Until::End, &mut |_, _| {})?;
    let now = SystemClock.now();
    let (party, month) = (close.party, close.month);
    if !books.book.is_over(month, now) {
        return Err(
            CliError::refused(format!("{month} is not over yet")).help(format!(
                "it can be filed from {} on",
                month.next().first_day()
            )),
        );
    }
    let filed = last_filing(&books.flow, &party, month);
    if let Some(event) = filed.this {
        return Err(CliError::refused(format!("{month} was filed by event {event}"))
            .help("a closed month never changes: `ytterby correct` books the difference in the open month"));
    }
    let statement = statement(&books.flow.cells, party, month);
    print_statement(Form::default(), &statement)?;
    output::say(format!(
        "digest {}{}",
        statement.digest(),
        if statement.is_nil() { ", nil" } else { "" }
    ));
    let next_seq = session.author(party)?.state.head.next_seq;
    let payload = Payload::MonthClosed(filing(&books.flow, party, month, next_seq));
    let signing = Signing {
        signer: party,
        keys: close.key.clone().into_iter().collect(),
        occurred: None,
        prepare: None,
        out: close.out.clone(),
        dry_run: close.dry_run,
        yes: close.yes,
    };
    sign_and_append(session, &signing, (now, payload), now, access)
}

/// The regulator's board of one month.
pub(crate) fn returns(folder: &Path, report: &ReturnsReport) -> Result<Outcome, CliError> {
    let world = World::load(folder, &report.as_of, report.form)?;
    let book = &world.books.book;
    let registry = book.registry();
    let mut rows = board(&world.books.flow, book, report.month, world.now()?);
    rows.retain(|row| world.is_within(report.division, Some(&row.party)));
    let dash = || "-".to_owned();
    let table: Vec<_> = rows
        .iter()
        .map(|row| {
            let record = registry.party(&row.party);
            let division = record.map_or_else(dash, |record| record.division.to_string());
            let name = record.map_or_else(dash, |record| record.names.zh.to_string());
            let moment = |moment: Option<domain::Moment>| {
                moment.map_or_else(dash, |moment| output::day(registry, moment))
            };
            let differs = row
                .filed
                .filter(|filed| *filed != row.computed)
                .map_or_else(dash, |filed| {
                    format!(
                        "filed {:.8} computed {:.8}",
                        filed.to_string(),
                        row.computed.to_string()
                    )
                });
            vec![
                division,
                row.party.to_string(),
                name,
                row.state.name().to_owned(),
                moment(row.cut_off),
                moment(row.received),
                differs,
            ]
        })
        .collect();
    let names = [
        "division", "party", "name", "return", "cut-off", "received", "digests",
    ];
    output::table(report.form, &names, &table)?;
    let count = |state| rows.iter().filter(|row| row.state == state).count();
    let (late, missing) = (count(ReturnState::Late), count(ReturnState::Missing));
    let mismatched = count(ReturnState::Mismatched);
    output::say(format!(
        "{} enterprises: {} filed, {} nil, {late} late, {mismatched} mismatched, {} due, {missing} missing",
        rows.len(),
        count(ReturnState::Filed),
        count(ReturnState::Nil),
        count(ReturnState::Due),
    ));
    Ok(if late + missing + mismatched > 0 {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

/// Corrects an event of the signer's own.
pub(crate) fn correct(
    folder: &Path,
    correct: &Correct,
    access: &Access,
) -> Result<Outcome, CliError> {
    let signing = &correct.signing;
    let session = Session::open_to(folder, access, signing.out.as_deref())?;
    let zone = session.registry().zone();
    let replacement = correct.replacement.as_deref();
    let replacement = replacement.map(|file| read_replacement(file, zone));
    let (replacement, plain) = replacement.transpose()?.unzip();
    let mut payload = correction(&session, correct, replacement)?;
    let place = correct.replacement.as_deref();
    let place = place.map_or_else(String::new, |file| file.display().to_string());
    let plain = plain.unwrap_or_default();
    let details = seal_one(&mut payload, &plain, &place, signing.dry_run)?;
    payload.check()?;
    let now = SystemClock.now();
    let occurred = signing.occurred.as_deref();
    let occurred = occurred.map_or(Ok(now), |text| zone.moment_of(text))?;
    sign_and_append_sealed(session, signing, (occurred, payload), details, now, access)
}

/// What is right, from a JSON file, and the details that it states in plain.
fn read_replacement(file: &Path, zone: Zone) -> Result<(Box<Replacement>, Plain), CliError> {
    let wrong = |why: String| CliError::usage(format!("{}: {why}", file.display()));
    let text = files::read_text(file, TYPED_BYTES_MAX)?;
    let mut value = intake::parse_json(&text).map_err(|error| wrong(error.to_string()))?;
    if let Some(object) = value.as_object_mut() {
        let spelled = intake::spell_times(object, "", zone);
        spelled.map_err(|(member, why)| wrong(format!("{member}: {why}")))?;
    }
    let plain = value.as_object_mut().map(intake::take_own).transpose();
    let plain = plain.map_err(|(member, why)| wrong(format!("{member}: {why}")))?;
    let payload: Payload =
        serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
    let replacement = Box::new(Replacement::new(payload)?);
    Ok((replacement, plain.unwrap_or_default()))
}

fn correction(
    session: &Session,
    correct: &Correct,
    replacement: Option<Box<Replacement>>,
) -> Result<Payload, CliError> {
    let signer = correct.signing.signer;
    let event = find(&*session.store, &correct.event)?;
    if event.body.author != signer {
        let author = event.body.author;
        return Err(
            CliError::refused(format!("event {} is of {author}", event.id))
                .help("only its author corrects an event"),
        );
    }
    event.body.payload.check_correctable()?;
    let same_kind = replacement
        .as_ref()
        .is_none_or(|replacement| replacement.payload().number() == event.body.payload.number());
    if !same_kind {
        let kind = event.body.payload.name();
        return Err(
            CliError::refused("the replacement is of another kind of event").help(format!(
                "give a {kind}, or correct without replacement and record a new event"
            )),
        );
    }
    let cause = if replacement.is_some() {
        CorrectionCause::IncorrectData
    } else {
        CorrectionCause::DidNotOccur
    };
    let bytes = wire::encode_body(&event.body).map_err(CliError::fault)?;
    Ok(Payload::EventCorrected(EventCorrected {
        corrected: Blob::new(&bytes)?,
        cause,
        reason: correct.reason.parse()?,
        replacement,
    }))
}

/// An event by its position or its id.
pub(crate) fn find(store: &dyn Entries, event: &str) -> Result<Event, CliError> {
    if let Ok(position) = event.parse::<u64>() {
        if position >= store.size() {
            return Err(CliError::usage(format!(
                "the log ends before position {position}"
            )));
        }
        let frame = store.frame_of(position)?;
        return Ok(Event::decode(
            position,
            frame.entry(position).unwrap_or_default(),
        )?);
    }
    let id: domain::EventId = event.parse()?;
    let mut found = None;
    feed(store, 0, store.size(), &mut |event| {
        if event.id == id {
            found = Some(event.clone());
        }
    })?;
    found.ok_or_else(|| CliError::refused(format!("the log holds no event {id}")))
}
