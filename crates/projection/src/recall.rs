//! Earlier events by position: how a projection that keeps positions gets the events back.
//!
//! Invariant: what comes back is the event that was applied; a log that can't be read is a fault, never an absent event; an
//! event in a gap is a fault too, since no projection was told its position.
//! Knows nothing of books.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use store::{Entries, Frame};

use crate::event::Event;
use crate::fault::ProjectionFault;

/// Frames kept: events that are asked for together lie together, or far apart.
const FRAMES_KEPT: usize = 4;

/// The log behind a book, and events that are only being considered.
#[derive(Clone)]
pub struct Recall {
    log: Arc<dyn Entries>,
    /// The most recently used last. Shared, since clones look at the same log.
    frames: Arc<Mutex<Vec<Frame>>>,
    /// Events beyond the log, by position from `size` on: a preview.
    considered: Vec<Event>,
    size: u64,
    /// The first fault that somebody met who could not pass it on.
    fault: Arc<Mutex<Option<ProjectionFault>>>,
}

impl fmt::Debug for Recall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recall")
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

impl Recall {
    /// From these entries.
    pub fn of(entries: &dyn Entries) -> Self {
        Self {
            log: entries.handle(),
            frames: Arc::default(),
            considered: Vec::new(),
            size: u64::MAX,
            fault: Arc::default(),
        }
    }

    /// Adds an event that is not in the log. The first one names where the log ends.
    pub fn consider(&mut self, event: Event) {
        self.size = self.size.min(event.position);
        self.considered.push(event);
    }

    /// The event at a position.
    ///
    /// # Errors
    /// The log can't be read there.
    pub fn event(&self, position: u64) -> Result<Event, ProjectionFault> {
        let beyond = position
            .checked_sub(self.size)
            .and_then(|place| usize::try_from(place).ok());
        if let Some(event) = beyond.and_then(|place| self.considered.get(place)) {
            return Ok(event.clone());
        }
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = |frame: &Frame| frame.entry(position).is_some();
        let frame = match frames.iter().position(holds) {
            Some(place) => frames.remove(place),
            None => self.log.frame_of(position)?,
        };
        let event = Event::decode(position, frame.entry(position).unwrap_or_default());
        if frames.len() >= FRAMES_KEPT {
            frames.remove(0);
        }
        frames.push(frame);
        event
    }

    /// The event at a position; a fault is kept until somebody asks with [`Recall::take_fault`].
    pub fn recall(&self, position: u64) -> Option<Event> {
        match self.event(position) {
            Ok(event) => Some(event),
            Err(fault) => {
                let mut kept = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
                kept.get_or_insert(fault);
                None
            }
        }
    }

    /// The first fault since this was asked last. Whatever was worked out since then can't be relied on.
    pub fn take_fault(&self) -> Option<ProjectionFault> {
        self.fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}
