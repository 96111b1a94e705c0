//! What the law wants done next. Commands are derived from the state and from nothing else, so
//! asking twice gives the same commands; whoever runs them keeps track of what is under way.

use crate::domain::saga::event::EventKind;
use crate::domain::saga::plan::{Direction, StepName};
use crate::domain::time::Timestamp;

/// What the machine wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Journal this fact now.
    Record(EventKind),
    /// Have this call of a step under way.
    Run(Call),
    /// Ask again at this moment.
    WakeAt(Timestamp),
}

/// One call of a step: its deterministic identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    /// Which step.
    pub step: StepName,
    /// Doing or undoing it.
    pub direction: Direction,
    /// Which attempt.
    pub attempt: u32,
    /// How often this attempt has been asked again.
    pub poll: u32,
}
