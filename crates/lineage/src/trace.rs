//! Traces: the runs that lead to a lot or away from it, step by step, and their picture.
//!
//! Invariant: breadth first, and time is kept: back only through what happened before, forward only through what
//! happened after. Each run is followed once from each lot. Knows nothing of shares.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write;

use domain::payload::Process;
use domain::quantity::decimal;
use domain::{Code, EventId, LotId, Moment, PartyId};
use hashbrown::HashMap;
use projection::Book;

use crate::fold::Lineage;
use crate::graph::{Graph, Run, When};

/// Which way a trace goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To what the lot came from.
    Back,
    /// To what the lot went into.
    Forward,
}

/// One lot that went into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub direction: Direction,
    /// Steps from the start; 1 for the first.
    pub depth: u32,
    /// What the step starts from.
    pub lot: LotId,
    /// Its parent when going back, its child when going forward.
    pub other: LotId,
    pub run: EventId,
    pub process: Process,
    pub by: PartyId,
    pub site: Code,
    pub occurred: Moment,
    /// REO that the run drew of the parent, in milligrams.
    pub reo_mg: i128,
}

impl Step {
    /// What was drawn.
    pub const fn parent(&self) -> &LotId {
        match self.direction {
            Direction::Back => &self.other,
            Direction::Forward => &self.lot,
        }
    }

    /// What came out.
    pub const fn child(&self) -> &LotId {
        match self.direction {
            Direction::Back => &self.lot,
            Direction::Forward => &self.other,
        }
    }
}

/// A lot to go on from, as it was at the run that led to it; at the start, as it is.
#[derive(Debug, Clone, Copy)]
struct Reached {
    depth: u32,
    lot: LotId,
    at: Option<When>,
}

impl Lineage {
    /// Steps from a lot, nearest first, at most `depth_max` steps away. A lot that is reached again at a run through
    /// which more of its runs count is followed through those only.
    pub fn trace(
        &self,
        book: &Book,
        lot: &LotId,
        direction: Direction,
        depth_max: u32,
    ) -> Vec<Step> {
        let graph = match direction {
            Direction::Back => self.back(book, lot),
            Direction::Forward => self.forward(book, [*lot].into_iter()),
        };
        graph.trace(lot, direction, depth_max)
    }
}

impl Graph {
    fn trace(&self, lot: &LotId, direction: Direction, depth_max: u32) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut followed: HashMap<LotId, usize> = HashMap::new();
        let start = Reached {
            depth: 0,
            lot: *lot,
            at: None,
        };
        let mut queue = VecDeque::from([start]);
        while let Some(reached) = queue.pop_front() {
            if reached.depth == depth_max {
                break;
            }
            let done = followed.entry(reached.lot).or_default();
            let first = steps.len();
            match direction {
                Direction::Back => self.step_back(&reached, done, &mut steps),
                Direction::Forward => self.step_forward(&reached, done, &mut steps),
            }
            let whens = steps[first..].iter().map(|step| Reached {
                depth: step.depth,
                lot: step.other,
                at: self.runs.get(&step.run).map(|run| run.when),
            });
            queue.extend(whens);
        }
        steps
    }

    /// `done` counts the contributions already followed, from the oldest.
    fn step_back(&self, reached: &Reached, done: &mut usize, steps: &mut Vec<Step>) {
        let contributions = self.contributions(&reached.lot, reached.at);
        for contribution in contributions.iter().skip(*done) {
            let event = contribution.stated_by;
            let run = self
                .runs
                .get(&event)
                .filter(|_| contribution.class.is_none());
            for (run, input) in run
                .into_iter()
                .flat_map(|r| r.inputs.iter().map(move |i| (r, i)))
            {
                let drawn = i128::from(input.reo_mg);
                steps.push(step(
                    Direction::Back,
                    reached,
                    input.lot,
                    (event, run),
                    drawn,
                ));
            }
        }
        *done = contributions.len().max(*done);
    }

    /// `done` counts the uses already followed, from the newest.
    fn step_forward(&self, reached: &Reached, done: &mut usize, steps: &mut Vec<Step>) {
        let uses = self.uses(&reached.lot, reached.at);
        for used in uses.iter().take(uses.len().saturating_sub(*done)) {
            let Some(run) = self.runs.get(&used.run) else {
                continue;
            };
            let mut inputs = run.inputs.iter();
            let input = inputs.find(|input| input.lot == reached.lot);
            let drawn = input.map_or(0, |input| i128::from(input.reo_mg));
            for made in run.made.iter().copied() {
                steps.push(step(
                    Direction::Forward,
                    reached,
                    made,
                    (used.run, run),
                    drawn,
                ));
            }
        }
        *done = uses.len().max(*done);
    }
}

fn step(
    direction: Direction,
    reached: &Reached,
    other: LotId,
    (event, run): (EventId, &Run),
    reo_mg: i128,
) -> Step {
    Step {
        direction,
        depth: reached.depth + 1,
        lot: reached.lot,
        other,
        run: event,
        process: run.process,
        by: run.party,
        site: run.site,
        occurred: run.when.occurred,
        reo_mg,
    }
}

const MG_PER_TONNE: u64 = 1_000_000_000;

/// A trace as Graphviz text: arrows from parent to child with the process and the tonnes of REO that were drawn; the
/// start has a double frame.
pub fn dot(steps: &[Step], start: &LotId) -> String {
    let mut text = "digraph lineage {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    let ends = steps.iter().flat_map(|step| [step.lot, step.other]);
    let lots: BTreeSet<LotId> = ends.chain([*start]).collect();
    for lot in &lots {
        let frame = if lot == start { " [peripheries=2]" } else { "" };
        // Writing to a text can't fail.
        let _ = writeln!(text, "  {}{frame};", quoted(&lot.to_string()));
    }
    for step in steps {
        let label = format!(
            "{} {} t REO",
            step.process,
            decimal(step.reo_mg, MG_PER_TONNE)
        );
        let (parent, child) = (step.parent().to_string(), step.child().to_string());
        let (parent, child, label) = (quoted(&parent), quoted(&child), quoted(&label));
        let _ = writeln!(text, "  {parent} -> {child} [label={label}];");
    }
    text.push_str("}\n");
    text
}

/// A quoted text of the dot language, in which a backslash starts an escape of its own.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn text_can_not_leave_its_quotes() {
        assert_eq!(quoted("a\"]; b\\\nc"), "\"a\\\"]; b\\\\\\nc\"");
    }
}
