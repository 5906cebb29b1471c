//! Reports of a scenario, as lines a person of the trade reads: tonnes, names, no ids.
//!
//! Invariant: every figure comes from the crate that owns it. Knows no rule.

use domain::quantity::decimal;
use flow::{as_known, returns, statement};
use lineage::{Direction, Weight};
use projection::{Amount, FigureValue, Subject, Until};

use super::country::{Country, Names};
use super::words::Words;

/// The lines of a report; nothing if the word names none.
pub(super) fn lines(country: &Country, report: &str, words: &mut Words<'_>) -> Option<Vec<String>> {
    let lines = match report {
        "findings" => findings(country, words),
        "quota" => quota(country, words),
        "statement" => month(country, words),
        "balance" => balance(country, words),
        "material" => material(country, words),
        "returns" => board(country, words),
        "consumed" => consumed(country, words),
        "sources" => sources(country, words),
        "trace" => trace(country, words),
        "label" => label(country, words),
        _ => return None,
    };
    Some(lines)
}

fn tonnes(mg: i128) -> String {
    decimal(mg, 1_000_000_000)
}

/// `findings [CODE] [all]`.
fn findings(country: &Country, words: &mut Words<'_>) -> Vec<String> {
    let all = words.skip("all");
    let code = words.peek().map(|_| words.name().to_owned());
    let found = country.books.findings(country.names.now()).unwrap();
    let shown = found.iter().filter(|found| {
        let finding = &found.finding;
        (all || found.state.is_unsettled())
            && code.as_ref().is_none_or(|code| finding.code.code() == code)
    });
    let line = |found: &books::JudgedFinding| {
        let finding = &found.finding;
        let figures: Vec<_> = finding
            .figures
            .iter()
            .map(|figure| match figure.value {
                FigureValue::Mg(mg) => format!("{} {} t", figure.name, tonnes(mg)),
                FigureValue::Count(count) => format!("{} {count}", figure.name),
                FigureValue::Ppm(ppm) => {
                    format!("{} {} %", figure.name, decimal(ppm.into(), 10_000))
                }
            })
            .collect();
        let state = if found.state == books::State::Open {
            String::new()
        } else {
            format!(" ({})", found.state.name())
        };
        let (code, severity) = (finding.code, finding.severity);
        let subject = subject(&country.names, &finding.subject);
        let figures = if figures.is_empty() {
            String::new()
        } else {
            format!("; {}", figures.join(", "))
        };
        format!("{code} {severity}{state}: {subject}{figures}")
    };
    or_none(shown.map(line).collect())
}

fn or_none(lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() {
        vec!["none".to_owned()]
    } else {
        lines
    }
}

fn subject(names: &Names, subject: &Subject) -> String {
    let party = subject.party.map(|party| names.name(&party).to_owned());
    let site = subject.site.map(|site| format!("at {site}"));
    let lot = subject
        .lot
        .map(|lot| format!("lot {}", lot_name(names, &lot)));
    let month = subject.month.map(|month| month.to_string());
    let year = subject.year.map(|year| year.to_string());
    let parts: Vec<_> = [party, site, lot, month, year]
        .into_iter()
        .flatten()
        .collect();
    parts.join(" ")
}

fn lot_name(names: &Names, lot: &domain::LotId) -> String {
    format!("{}/{}", names.name(&lot.creator), lot.code)
}

/// `quota 2024`.
fn quota(country: &Country, words: &mut Words<'_>) -> Vec<String> {
    let year = words.name().parse().unwrap();
    let line = |row: &quota::QuotaRow| {
        let holder = match row.holding {
            quota::Holding::Party(party) => country.names.name(&party).to_owned(),
            other => other.to_string(),
        };
        let taken_over = if row.taken_over == 0 {
            String::new()
        } else {
            format!("taken over {} t, ", tonnes(row.taken_over))
        };
        format!(
            "{} {holder}: allocated {} t, moved {} t, deducted {} t, {taken_over}consumed {} t, left {} t",
            row.track,
            tonnes(row.allocated),
            tonnes(row.moved),
            tonnes(row.deducted),
            tonnes(row.consumed),
            tonnes(row.left())
        )
    };
    or_none(
        quota::rows(&country.books.quota.cells, year)
            .iter()
            .map(line)
            .collect(),
    )
}

/// `consumed PARTY YEAR TRACK`: month by month, as posted.
fn consumed(country: &Country, words: &mut Words<'_>) -> Vec<String> {
    let holding = quota::Holding::Party(country.names.id(words.name()));
    let (year, track) = (words.name().parse().unwrap(), words.name().parse().unwrap());
    let months = quota::by_month(&country.books.quota.cells, holding, year, track);
    let posted = (1..).zip(months).filter(|(_, mg)| *mg != 0);
    or_none(
        posted
            .map(|(month, mg)| format!("{year}-{month:02}: {} t", tonnes(mg)))
            .collect(),
    )
}

fn amount(amount: Amount) -> String {
    format!("{} t net, {} t REO", tonnes(amount.net), tonnes(amount.reo))
}

/// `statement PARTY MONTH [as known]`.
fn month(country: &Country, words: &mut Words<'_>) -> Vec<String> {
    let (party, month) = (
        country.names.id(words.name()),
        words.name().parse().unwrap(),
    );
    let mut lines = Vec::new();
    let statement = if words.skip("as") {
        words.expect("known");
        as_known(&country.store, Until::End, party, month).unwrap()
    } else {
        statement(&country.books.flow.cells, party, month)
    };
    for row in statement.rows {
        let product = row
            .product
            .map_or_else(|| "unknown".to_owned(), |product| product.to_string());
        lines.push(format!("{product} opening: {}", amount(row.opening)));
        let moved = row.columns.iter().filter(|(_, moved)| !moved.is_zero());
        lines.extend(
            moved.map(|(column, moved)| format!("{product} {}: {}", column.name(), amount(*moved))),
        );
        lines.push(format!("{product} closing: {}", amount(row.closing)));
    }
    or_none(lines)
}

/// `balance PARTY`.
fn balance(country: &Country, words: &mut Words<'_>) -> Vec<String> {
    let party = country.names.id(words.name());
    let books = &country.books;
    let line = |row: &balance::StockRow| {
        let lot = lot_name(&country.names, &row.lot);
        let held = amount(Amount {
            net: row.net_mg,
            reo: row.reo_mg,
        });
        format!(
            "{} {lot}: {held}{}",
            row.site,
            if row.sealed { ", sealed" } else { "" }
        )
    };
    or_none(
        balance::rows(&books.balance, &books.book, &party, None)
            .iter()
            .map(line)
            .collect(),
    )
}

/// `material PARTY/SITE`.
fn material(country: &Country, words: &mut Words<'_>) -> Vec<String> {
    let site = country.names.site(words.name());
    let periods = balance::material(&country.store, Until::End, &site).unwrap();
    let mut lines = Vec::new();
    for (number, period) in (1..).zip(&periods) {
        for (matter, line) in &period.lines {
            let changes: Vec<_> = line
                .changes
                .iter()
                .map(|(column, mg)| format!("{} {}", column.name(), tonnes(*mg)))
                .collect();
            let counted = line.physical.zip(line.unaccounted()).map_or_else(
                || ", not counted yet".to_owned(),
                |(physical, muf)| format!(", PE {}, MUF {}", tonnes(physical), tonnes(muf)),
            );
            let (opening, book) = (tonnes(line.opening), tonnes(line.book()));
            let changes = if changes.is_empty() {
                "no change".to_owned()
            } else {
                changes.join(", ")
            };
            lines.push(format!(
                "{number} {matter}: PB {opening}, {changes}, BE {book}{counted}"
            ));
        }
        if let Some(sigma) = period.sigma {
            let cumulative = tonnes(period.cumulative);
            lines.push(format!(
                "{number} sigma of REO {}, CUMUF {cumulative}",
                tonnes(sigma)
            ));
        }
    }
    lines
}

/// `returns MONTH`.
fn board(country: &Country, words: &mut Words<'_>) -> Vec<String> {
    let month = words.name().parse().unwrap();
    let books = &country.books;
    let rows = returns(&books.flow, &books.book, month, country.names.now());
    let line =
        |row: &flow::ReturnRow| format!("{}: {}", country.names.name(&row.party), row.state.name());
    or_none(rows.iter().map(line).collect())
}

fn weight(words: &mut Words<'_>) -> Weight {
    if words.skip("of") {
        Weight::Element(words.name().parse().unwrap())
    } else {
        Weight::Reo
    }
}

/// `sources PARTY/LOT [of ELEMENT]`.
fn sources(country: &Country, words: &mut Words<'_>) -> Vec<String> {
    let lot = country.names.lot("", words.name());
    let weight = weight(words);
    let sources = country
        .books
        .lineage
        .fold
        .sources(&country.books.book, &lot, weight);
    let line = |source: &lineage::SourceShare| {
        format!(
            "{} {}: {}",
            lot_name(&country.names, &source.lot),
            source.class,
            source.share
        )
    };
    or_none(sources.iter().map(line).collect())
}

/// `trace PARTY/LOT back|forward`.
fn trace(country: &Country, words: &mut Words<'_>) -> Vec<String> {
    let lot = country.names.lot("", words.name());
    let direction = if words.skip("forward") {
        Direction::Forward
    } else {
        words.expect("back");
        Direction::Back
    };
    let line = |step: &lineage::Step| {
        let (parent, child) = (
            lot_name(&country.names, step.parent()),
            lot_name(&country.names, step.child()),
        );
        format!(
            "{} {parent} -{}-> {child}: {} t REO",
            step.depth,
            step.process,
            tonnes(step.reo_mg)
        )
    };
    or_none(
        country
            .books
            .lineage
            .fold
            .trace(&country.books.book, &lot, direction, 9)
            .iter()
            .map(line)
            .collect(),
    )
}

/// `label PARTY/LOT`.
fn label(country: &Country, words: &mut Words<'_>) -> Vec<String> {
    let lot = country.names.lot("", words.name());
    let books = &country.books;
    let label = lineage::label(&books.lineage.fold, &books.book, &lot);
    let names = |party: &domain::PartyId| country.names.name(party).to_owned();
    let text = label.map(|label| {
        let ids = |text: String| {
            text.replace(
                label.lot.creator.as_str(),
                country.names.name(&label.lot.creator),
            )
        };
        ids(label.text(&names))
    });
    text.map_or_else(
        || or_none(Vec::new()),
        |text| text.lines().map(str::to_owned).collect(),
    )
}
