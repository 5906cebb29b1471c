//! Scenarios in plain text: `tests/scenarios/*.txt`, read and played; `tests/scenarios/README.md` tells how to write one.
//!
//! Invariant: every report is compared with the lines under it, and after every event the whole ledger is checked.
//! With the variable `YTTERBY_UPDATE` set, the lines under reports are written anew instead.
#![expect(
    clippy::disallowed_methods,
    reason = "the runner reads files and one variable"
)]

mod country;
mod enterprise;
mod office;
mod reports;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use domain::payload::{CorrectionCause, EventCorrected, MonthClosed, Replacement};
use domain::{Blob, Bytes32, Moment, Payload};
use flow::{last_filing, statement};
use serde_json::{Value, json};

use country::Country;
use words::Words;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|found| found == "txt"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_scenario_plays_as_written() {
    let files = files();
    assert!(files.len() >= 10, "scenarios are gone: {files:?}");
    let update = std::env::var_os("YTTERBY_UPDATE").is_some();
    let play = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let played = Player::play(&name, &text);
        if update {
            fs::write(path, &played).unwrap();
        }
        (played != text).then_some((name, text, played))
    };
    // Scenarios share nothing, so two cores play two of them.
    let changed: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = files
            .chunks(files.len().div_ceil(4))
            .map(|part| scope.spawn(move || part.iter().filter_map(play).collect::<Vec<_>>()))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let differences: Vec<_> = changed.iter().map(difference).collect();
    assert!(
        update || differences.is_empty(),
        "{}",
        differences.join("\n")
    );
}

/// The first line that differs.
fn difference((name, text, played): &(String, String, String)) -> String {
    let mut lines = text.lines().zip(played.lines()).enumerate();
    let differ = lines.find(|(_, (written, played))| written != played);
    differ.map_or_else(
        || format!("{name}: lines are missing at the end"),
        |(line, (written, played))| {
            format!(
                "{name}:{}\n written: {written}\n  played: {played}",
                line + 1
            )
        },
    )
}

/// The findings that scenarios show, and those that they show to be absent just below the threshold.
#[test]
fn every_finding_is_raised_by_a_scenario_and_kept_silent_by_another() {
    let text: String = files()
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let mut lacking = Vec::new();
    // K01 rests on evidence beside the log, which no scenario has: crates/cli/tests/it/evidence.rs raises it.
    for code in projection::FindingCode::ALL
        .iter()
        .filter(|code| **code != projection::FindingCode::K01)
    {
        let raised = text.contains(&format!("\n| {code} "));
        let silent = text.contains(&format!("\nfindings {code}\n| none\n"));
        if !(raised && silent) {
            lacking.push(format!("{code}: raised {raised}, silent {silent}"));
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
}

/// Plays a scenario and writes it down again, with what really came of each line.
struct Player {
    country: Country,
    day: Moment,
    written: String,
}

impl Player {
    fn play(name: &str, text: &str) -> String {
        let country = Country::founded();
        let day = country.names.now();
        let mut player = Self {
            country,
            day,
            written: String::new(),
        };
        for (number, line) in text.lines().enumerate() {
            // A panic inside a line says which line it was.
            let place = Place {
                name,
                number: number + 1,
            };
            if !line.starts_with('|') && !line.starts_with("->") {
                player.line(line);
            }
            drop(place);
        }
        player.written
    }

    fn write(&mut self, line: &str) {
        self.written.push_str(line);
        self.written.push('\n');
    }

    fn line(&mut self, line: &str) {
        self.write(line);
        if line.trim().is_empty() || line.starts_with('#') {
            return;
        }
        let mut words = Words::new(line);
        if words.skip("wait") {
            words.expect("until");
            self.country.wait(testkit::at(&words.rest()));
            self.day = self.country.names.now();
            return;
        }
        let report = words.peek().unwrap_or_default();
        let mut after = Words::new(line);
        after.take();
        if let Some(lines) = reports::lines(&self.country, report, &mut after) {
            after.end();
            for line in lines {
                self.write(&format!("| {line}"));
            }
            return;
        }
        if let Err(refused) = self.act(line) {
            self.write(&format!("-> refused: {refused}"));
        }
    }

    /// `[DAY] WHO VERB ... [entered DAY] (LABEL)`.
    fn act(&mut self, line: &str) -> Result<(), String> {
        let (line, label) = match line
            .trim_end()
            .strip_suffix(')')
            .and_then(|line| line.rsplit_once('('))
        {
            Some((line, label)) => (line, Some(label)),
            None => (line, None),
        };
        let (line, entered) = match line.rsplit_once(" entered ") {
            Some((line, day)) => (line, Some(testkit::at(day.trim()))),
            None => (line, None),
        };
        let mut words = Words::new(line);
        if words.peek().is_some_and(|word| word.starts_with("202")) {
            self.day = testkit::at(words.take());
        }
        let received = entered.unwrap_or(self.day).max(self.country.names.now());
        self.country.wait(received);
        let (author, verb) = (words.name(), words.name());
        let payload = self.payload(author, verb, &mut words)?;
        words.end();
        self.country.say(author, self.day, payload, label)
    }

    fn payload(
        &mut self,
        author: &str,
        verb: &str,
        words: &mut Words<'_>,
    ) -> Result<Payload, String> {
        match verb {
            "closes" => return Ok(self.closes(author, words)),
            "rules" => return Ok(self.rules(words)),
            "corrects" => return self.corrects(author, words),
            _ => {}
        }
        let names = &mut self.country.names;
        let json = office::payload(names, verb, words)
            .or_else(|| enterprise::payload(names, author, verb, words))
            .unwrap_or_else(|| panic!("{verb:?} is no verb"));
        read(json)
    }

    /// `MONTH [with other figures]`.
    fn closes(&self, author: &str, words: &mut Words<'_>) -> Payload {
        let (party, month) = (self.country.names.id(author), words.name().parse().unwrap());
        let statement = statement(&self.country.books.flow.cells, party, month);
        let wrong = words.skip("with") && words.rest() == "other figures";
        let covered = last_filing(&self.country.books.flow, &party, month).covered_up_to;
        let first_seq = covered.map_or(0, |last| last + 1);
        Payload::MonthClosed(MonthClosed {
            month,
            statement: if wrong {
                Bytes32([7; 32])
            } else {
                statement.digest()
            },
            first_seq,
            last_seq: first_seq,
            nil: statement.is_nil(),
        })
    }

    /// `CODE of PARTY explained|confirmed|dismissed`.
    fn rules(&self, words: &mut Words<'_>) -> Payload {
        let code = words.name();
        words.expect("of");
        let party = self.country.names.id(words.name());
        let found = self
            .country
            .books
            .findings(self.country.names.now())
            .unwrap();
        let about = |found: &books::JudgedFinding| {
            found.finding.code.code() == code && found.finding.subject.party == Some(party)
        };
        let found = found
            .into_iter()
            .find(about)
            .unwrap_or_else(|| panic!("no {code} to rule on"));
        let json = json!({"event": "finding-ruled", "finding": found.finding.id, "ruling": words.name(), "note": ""});
        read(json).unwrap()
    }

    /// `LABEL: did not occur`, or `LABEL: VERB ...` with what is right.
    fn corrects(&mut self, author: &str, words: &mut Words<'_>) -> Result<Payload, String> {
        let corrected = self.country.names.body(words.name()).1.clone();
        let replacement = if words.skip("did") {
            assert_eq!(words.rest(), "not occur");
            None
        } else {
            let verb = words.name();
            let json = enterprise::payload(&self.country.names, author, verb, words);
            let payload =
                read(json.unwrap_or_else(|| panic!("{verb:?} is no verb of enterprises")))?;
            Some(Box::new(
                Replacement::new(payload).map_err(|form| form.to_string())?,
            ))
        };
        let cause = if replacement.is_some() {
            CorrectionCause::IncorrectData
        } else {
            CorrectionCause::DidNotOccur
        };
        Ok(Payload::EventCorrected(EventCorrected {
            corrected: Blob::new(&corrected).unwrap(),
            cause,
            reason: "slip of the pen".parse().unwrap(),
            replacement,
        }))
    }
}

fn read(json: Value) -> Result<Payload, String> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}

/// Says on the way down which line of which scenario it was.
struct Place<'a> {
    name: &'a str,
    number: usize,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in {}:{}", self.name, self.number);
        }
    }
}
