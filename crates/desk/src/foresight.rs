//! What a batch would change of the findings: asked while slips are still free.
//!
//! Invariant: a finding is told here as every report tells it. Decides nothing; whoever signs does.

use answers::{OneFinding, Severity};
use books::{JudgedFinding, Preview, State};
use domain::Registry;

/// Findings that a batch would change; each by code, then subject.
#[derive(Debug, Default)]
pub struct Foresight {
    /// Not there without the batch.
    pub raised: Vec<OneFinding>,
    /// There already, and more of it with the batch.
    pub grown: Vec<OneFinding>,
    /// There without the batch, gone with it.
    pub cleared: Vec<OneFinding>,
}

impl Foresight {
    pub(crate) fn of(registry: &Registry, preview: &Preview) -> Self {
        let told = |found: &Vec<JudgedFinding>| {
            let found = found.iter();
            found.map(|one| OneFinding::new(registry, one)).collect()
        };
        Self {
            raised: told(&preview.raised),
            grown: told(&preview.grown),
            cleared: told(&preview.cleared),
        }
    }

    /// The first finding beyond information that would be raised or grow: somebody has to look at it.
    pub fn weighs(&self) -> Option<&OneFinding> {
        let mut worse = self.raised.iter().chain(&self.grown);
        worse.find(|finding| finding.severity > Severity::Info)
    }

    /// All of it in words, and what to do about it.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let parts = [
            ("would be raised", &self.raised),
            ("would grow", &self.grown),
            ("would be cleared", &self.cleared),
        ];
        for (what, findings) in parts {
            for finding in findings {
                let figures = finding.figures.iter().map(ToString::to_string);
                let figures: Vec<_> = figures.collect();
                let (code, severity, title) = (finding.code, finding.severity, finding.title);
                words.push(format!("{what}: {code} {severity}: {title}"));
                words.push(format!("    {} {}", finding.subject, figures.join(", ")));
                if finding.state == State::OpenAgain {
                    words.push("    a ruling on it would no longer hold".to_owned());
                }
            }
        }
        if let Some(first) = self.weighs() {
            let code = first.code;
            words.push(format!(
                "help: `ytterby explain {code}` tells what it means and what to do"
            ));
        }
        words
    }
}
