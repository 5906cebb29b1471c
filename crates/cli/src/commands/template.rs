//! `template`: empty sheets for clerks.
//!
//! Invariant: a workbook never replaces a file that is there. Knows no columns.

use std::path::PathBuf;

use details::SEALING_EVENTS;
use domain::payload::SealedKind;
use grammar::Template;
use intake::template;

use crate::outcome::{CliError, Outcome};
use crate::output;

/// Prints the columns of a kind of event, or writes them as a workbook.
pub(crate) fn run(asked: &Template) -> Result<Outcome, CliError> {
    let Some(event) = &asked.event else {
        for kind in intake::kinds() {
            output::line(kind)?;
        }
        return Ok(Outcome::Done);
    };
    let unknown = || {
        let known: Vec<_> = intake::kinds().collect();
        CliError::usage(format!("no columns for {event:?}")).help(format!(
            "there are some for each of: {}; others are recorded as JSON Lines",
            known.join(", ")
        ))
    };
    let columns = template::explained(event).ok_or_else(unknown)?;
    if asked.xlsx {
        let workbook = template::workbook(event, asked.chinese).ok_or_else(unknown)?;
        let workbook = workbook.map_err(CliError::fault)?;
        let named = || PathBuf::from(format!("{event}.xlsx"));
        let out = asked.out.clone().unwrap_or_else(named);
        durable::create(&out, &workbook, durable::Access::Usual)?;
        output::line(out.display())?;
        return Ok(Outcome::Done);
    }
    output::line(template::text(event).ok_or_else(unknown)?.trim_end())?;
    for column in columns {
        let added = if column.may_be_added {
            "may be added: "
        } else {
            ""
        };
        let (name, chinese, meaning) = (column.name, column.chinese, column.meaning);
        output::say(format!("{name:20} {added}{meaning} ({chinese})"));
    }
    if SEALING_EVENTS.contains(&event.as_str()) {
        let names: Vec<_> = SealedKind::ALL.iter().map(|field| field.name()).collect();
        output::say(format!(
            "{:20} may be added: confidential, stays outside the log; NAME is one of {}",
            "detail:NAME",
            names.join(", ")
        ));
    }
    Ok(Outcome::Done)
}
