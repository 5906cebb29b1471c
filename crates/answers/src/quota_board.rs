//! The quota board of a year: who may consume how much, and did.
//!
//! Invariant: a row is the sum of the postings that explain it. Knows no law; the projection does.

use domain::{Division, Month, PartyId, Track, Zone};
use projection::{CellExplained, explain};
use quota::{Holding, Quota, QuotaCell, QuotaRow, by_month};

use crate::reading::Reading;
use crate::refused::{Named, NoAnswer, Refused};
use crate::resolve::{Candidate, pick};
use crate::schema::answers;
use crate::table::{Cell, Table, of_postings};
use crate::value::{Mg, Posting, name_of, postings};

answers! {
    /// The accounts of a year.
    pub struct QuotaBoard {
        pub year: u16,
        pub rows: Vec<QuotaAccount>,
    }

    /// The account of the nation, a group or an enterprise; masses are rare earth oxide.
    pub struct QuotaAccount {
        pub year: u16,
        pub track: Track,
        /// `nation`, `group` or `enterprise`.
        pub level: &'static str,
        pub holder: String,
        pub holder_name: Option<String>,
        pub allocated_mg: Mg,
        pub moved_mg: Mg,
        pub deducted_mg: Mg,
        /// From predecessors, less what went to a successor.
        pub taken_over_mg: Mg,
        pub consumed_mg: Mg,
        pub left_mg: Mg,
        pub used_ppm: Option<i64>,
        /// From January on.
        pub consumed_by_month_mg: Vec<Mg>,
        pub explain: Vec<QuotaLine>,
    }

    /// The postings of one line of an account.
    pub struct QuotaLine {
        pub line: &'static str,
        /// Of what was consumed; the other lines are of the year.
        pub month: Option<Month>,
        pub postings: Vec<Posting>,
    }
}

/// What `--holder` names: `nation`, a group, or an enterprise by id or name.
fn one_holder(reading: &Reading, rows: &[QuotaRow], given: &str) -> Result<Holding, NoAnswer> {
    let registry = reading.registry()?;
    let mut holders: Vec<_> = rows.iter().map(|row| row.holding).collect();
    holders.sort_unstable();
    holders.dedup();
    let all = holders.into_iter().map(|holding| {
        let record = match &holding {
            Holding::Party(party) => registry.party(party),
            Holding::Nation | Holding::Group(_) => None,
        };
        let names = record.map(|record| [&record.names.zh, &record.names.en]);
        let names = names.into_iter().flatten().map(ToString::to_string);
        Candidate {
            id: holding.to_string(),
            names: names.collect(),
            value: holding,
        }
    });
    Ok(pick(Named::Holder, given, all.collect())?)
}

/// The newest year for which quota was set or allocated: the one to show where none is named.
///
/// # Errors
/// The log can't be read, or no quota was ever set.
pub fn newest_quota_year(reading: &Reading) -> Result<u16, NoAnswer> {
    let newest = quota::newest_year(&reading.books()?.quota.cells);
    Ok(newest.ok_or(Refused::NoQuota)?)
}

/// Every account of a year.
pub(crate) fn accounts_of_year(reading: &Reading, year: u16) -> Result<Vec<QuotaRow>, NoAnswer> {
    Ok(quota::rows(&reading.books()?.quota.cells, year))
}

/// The accounts of a year that were asked for.
pub(crate) fn board(
    reading: &Reading,
    year: u16,
    holder: Option<&str>,
    division: Option<Division>,
    explained: bool,
) -> Result<QuotaBoard, NoAnswer> {
    let cells = &reading.books()?.quota.cells;
    let mut rows = accounts_of_year(reading, year)?;
    if let Some(given) = holder {
        let wanted = one_holder(reading, &rows, given)?;
        rows.retain(|row| row.holding == wanted);
    }
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        let party = match &row.holding {
            Holding::Party(party) => Some(party),
            Holding::Nation | Holding::Group(_) => None,
        };
        if reading.is_within(division, party)? {
            shown.push(row);
        }
    }
    let of_row = |row: &QuotaRow, cell: &QuotaCell| {
        (row.track, row.holding, year) == (cell.track, cell.holding, cell.year)
    };
    let lines = if explained {
        let wanted = |cell: &QuotaCell| shown.iter().any(|row| of_row(row, cell));
        explain::<Quota>(&*reading.store, reading.until(), wanted)?
    } else {
        Vec::new()
    };
    let registry = reading.registry()?;
    let account = |row: &QuotaRow| {
        let months = by_month(cells, row.holding, row.year, row.track);
        let lines = lines.iter().filter(|(cell, _)| of_row(row, cell));
        let name = |party: &PartyId| name_of(registry, party);
        account(row, months, name, lines.map(line).collect())
    };
    let rows = shown.iter().map(account).collect();
    Ok(QuotaBoard { year, rows })
}

fn line((cell, rows): &CellExplained<QuotaCell>) -> QuotaLine {
    QuotaLine {
        line: cell.line.name(),
        // The month 0 stands for the year.
        month: Month::new(cell.year, cell.month).ok(),
        postings: postings(rows),
    }
}

fn account(
    row: &QuotaRow,
    months: [i128; 12],
    name: impl Fn(&PartyId) -> Option<String>,
    explain: Vec<QuotaLine>,
) -> QuotaAccount {
    let (level, holder_name) = match &row.holding {
        Holding::Nation => ("nation", None),
        Holding::Group(_) => ("group", None),
        Holding::Party(party) => ("enterprise", name(party)),
    };
    QuotaAccount {
        year: row.year,
        track: row.track,
        level,
        holder: row.holding.to_string(),
        holder_name,
        allocated_mg: Mg(row.allocated),
        moved_mg: Mg(row.moved),
        deducted_mg: Mg(row.deducted),
        taken_over_mg: Mg(row.taken_over),
        consumed_mg: Mg(row.consumed),
        left_mg: Mg(row.left()),
        used_ppm: row.used_ppm().and_then(|ppm| i64::try_from(ppm).ok()),
        consumed_by_month_mg: months.map(Mg).to_vec(),
        explain,
    }
}

impl QuotaAccount {
    /// What is left after each month against what was available: a bar of eight steps, `!` once it is exceeded.
    fn burn_down(&self) -> String {
        const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let available = self.left_mg.0 + self.consumed_mg.0;
        if available <= 0 {
            return String::new();
        }
        let mut left = available;
        let bar = |consumed: &Mg| {
            left -= consumed.0;
            let step = usize::try_from(left * 7 / available).ok();
            step.filter(|_| left >= 0)
                .and_then(|step| BARS.get(step).copied())
                .unwrap_or('!')
        };
        self.consumed_by_month_mg.iter().map(bar).collect()
    }

    fn row(&self, taken_over: bool) -> Vec<Cell> {
        let masses = [self.allocated_mg, self.moved_mg, self.deducted_mg];
        let taken_over = taken_over.then_some(self.taken_over_mg);
        let rest = [self.consumed_mg, self.left_mg];
        let share = |ppm: i64| Cell::Share {
            ppm: ppm.into(),
            decimals: 1,
        };
        let name = self.holder_name.as_deref().unwrap_or_default();
        let mut row = vec![
            Cell::text(self.track),
            Cell::text(&self.holder),
            Cell::text(name),
        ];
        let masses = masses.into_iter().chain(taken_over).chain(rest);
        row.extend(masses.map(Cell::Mass));
        row.push(Cell::or_nothing(self.used_ppm, share));
        row.push(Cell::Text(self.burn_down()));
        row
    }
}

pub(crate) fn tables(answer: &QuotaBoard, zone: Zone) -> Vec<Table> {
    let mut names = vec![
        "track",
        "holder",
        "name",
        "t:allocated t",
        "t:moved t",
        "t:deducted t",
        "t:consumed t",
        "t:left t",
        "#used %",
        "left by month",
    ];
    // A column of its own only where somebody took over from another.
    let taken_over = answer.rows.iter().any(|row| row.taken_over_mg.0 != 0);
    if taken_over {
        names.insert(6, "t:taken over t");
    }
    let rows = answer.rows.iter().map(|row| row.row(taken_over));
    let mut tables = vec![Table::new(&names).with(rows)];
    for account in &answer.rows {
        tables.extend(account.explain.iter().map(|line| {
            let month = line.month.map(|month| format!(" in {month}"));
            let month = month.unwrap_or_default();
            let name = account.holder_name.as_ref();
            let name = name.map_or_else(String::new, |name| format!(" {name}"));
            let (track, holder) = (account.track, &account.holder);
            let title = format!("{track} {holder}{name}: {}{month}", line.line);
            of_postings(title, &line.postings, zone)
        }));
    }
    tables
}
