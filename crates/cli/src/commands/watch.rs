//! `balance` and `replay`: what is held, and the digest of everything.
//!
//! Invariant: every row is what the projection says. Holds no rule.

use std::path::Path;

use balance::Balance;
use projection::explain;

use super::question::Question;
use super::reports::{World, print_postings, product};
use crate::args::{AsOf, BalanceReport};
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form, columns, tonnes};

/// What a party holds, lot by lot, and the row that sums up.
pub(crate) fn balance(folder: &Path, report: &BalanceReport) -> Result<Outcome, CliError> {
    let mut world = World::load(folder, &report.as_of, report.form)?;
    if report.form.json {
        return world.print(Question::Balance {
            party: report.party,
            site: report.site,
        });
    }
    let rows = balance::rows(
        &world.books.balance,
        &world.books.book,
        &report.party,
        report.site.as_ref(),
    );
    let table: Vec<_> = rows
        .iter()
        .map(|row| {
            let sealed = if row.sealed { "sealed" } else { "" }.to_owned();
            let (net, reo) = (tonnes(row.net_mg), tonnes(row.reo_mg));
            vec![
                row.site.to_string(),
                row.lot.to_string(),
                product(row.product),
                net,
                reo,
                sealed,
            ]
        })
        .collect();
    let (net, reo) = rows.iter().fold((0, 0), |(net, reo), row| {
        (net + row.net_mg, reo + row.reo_mg)
    });
    output::rows_and_sum(
        report.form,
        &columns(&["site", "lot", "product", "#net t", "#REO t", ""]),
        table,
        &[("net t", net), ("REO t", reo)],
    )?;
    if report.explain {
        let wanted = |cell: &balance::StockCell| rows.iter().any(|row| row.cell() == *cell);
        for (cell, postings) in explain::<Balance>(&*world.store, world.until, wanted)? {
            print_postings(
                report.form,
                world.registry(),
                &format!("{} at {}", cell.lot, cell.site),
                &postings,
            )?;
        }
    }
    Ok(Outcome::Done)
}

/// Replays everything and prints the digest of the state.
pub(crate) fn replay_all(folder: &Path, as_of: &AsOf, form: Form) -> Result<Outcome, CliError> {
    let mut world = World::load(folder, as_of, form)?;
    if form.json {
        return world.print(Question::Replay {});
    }
    let digest = world.books.digest();
    let size = world.books.book.size();
    output::line(format!("{size} entries, state digest {digest}"))?;
    Ok(Outcome::Done)
}
