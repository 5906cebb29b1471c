//! What events would raise if they were appended now: asked before anyone signs.
//!
//! Invariant: the same folds that judge the log judge the preview. Signs nothing, stores nothing.

use std::collections::BTreeMap;

use domain::{Body, Moment};
use projection::{Event, ProjectionFault};
use thiserror::Error;

use crate::Books;
use crate::rulings::{JudgedFinding, evidence_digest};

/// Findings that events would change; each by code, then subject.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// Not there without the events.
    pub raised: Vec<JudgedFinding>,
    /// There already, and more of it with the events.
    pub grown: Vec<JudgedFinding>,
    /// There without the events, gone with them.
    pub cleared: Vec<JudgedFinding>,
}

impl Preview {
    /// Whether the events leave every finding as it is.
    pub fn is_empty(&self) -> bool {
        self.raised.is_empty() && self.grown.is_empty() && self.cleared.is_empty()
    }
}

/// Why there is no preview.
#[derive(Debug, Error)]
pub enum PreviewFault {
    #[error("the event is not well formed: {0}")]
    Form(#[from] wire::Refusal),
    #[error(transparent)]
    Log(#[from] ProjectionFault),
}

impl Books {
    /// Judges bodies that would follow the log, received at `now`. The books have then seen what is not in the log, so
    /// they are used up.
    ///
    /// # Errors
    /// A body is not well formed, or the log can't be read.
    pub fn preview(mut self, bodies: Vec<Body>, now: Moment) -> Result<Preview, PreviewFault> {
        let before = self.findings(now)?;
        let size = self.book.size();
        for (position, body) in (size..).zip(bodies) {
            let id = wire::event_id(&wire::encode_body(&body)?);
            let event = Event {
                position,
                received: now,
                id,
                body,
            };
            if let Some(recall) = self.book.recall_mut() {
                recall.consider(event.clone());
            }
            self.apply(&event);
        }
        let mut before: BTreeMap<_, _> = before
            .into_iter()
            .map(|found| (found.finding.id, found))
            .collect();
        let mut preview = Preview::default();
        for found in self.findings(now)? {
            match before.remove(&found.finding.id) {
                None => preview.raised.push(found),
                Some(known)
                    if evidence_digest(&known.finding) != evidence_digest(&found.finding) =>
                {
                    preview.grown.push(found);
                }
                Some(_) => {}
            }
        }
        preview.cleared = before.into_values().collect();
        preview
            .cleared
            .sort_by(|a, b| projection::Finding::by_code_and_subject(&a.finding, &b.finding));
        Ok(preview)
    }
}
