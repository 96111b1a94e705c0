//! A line that a step logged, as it is kept and shown.

use crate::domain::saga::plan::{Direction, StepName};
use crate::domain::time::Timestamp;

/// A line that a step logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// How grave.
    pub level: LogLevel,
    /// Which step.
    pub step: StepName,
    /// Doing or undoing it.
    pub direction: Direction,
    /// Which attempt.
    pub attempt: u32,
    /// The message.
    pub text: String,
    /// Its fields, in the order they were given.
    pub fields: Vec<(String, String)>,
}

/// Which of a saga's lines are wanted. They are numbered without gaps, and always come oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPage {
    /// The last ones.
    Last,
    /// Those that follow this one.
    After(u64),
    /// Those that come right before this one.
    Before(u64),
}

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Of interest when looking for a mistake.
    Debug,
    /// What is going on.
    Info,
    /// An operator should look.
    Warn,
    /// Something did not work.
    Error,
}

impl LogLevel {
    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// Every level, the least grave first.
    pub const ALL: [Self; 4] = [Self::Debug, Self::Info, Self::Warn, Self::Error];
}

/// The span that an executor opens around a call of a step, so that what is logged inside finds its
/// saga. Tracing's macros want literals, so these are the words that both sides are held to:
///
/// ```text
/// info_span!("step", saga = %saga, deployment = %deployment, step = %step, direction = %direction, attempt)
/// ```
pub mod span {
    /// The span's name.
    pub const NAME: &str = "step";
    /// The saga's id, as text.
    pub const SAGA: &str = "saga";
    /// The deployment's id, as text.
    pub const DEPLOYMENT: &str = "deployment";
    /// The step's name.
    pub const STEP: &str = "step";
    /// `do` or `undo`.
    pub const DIRECTION: &str = "direction";
    /// Which attempt.
    pub const ATTEMPT: &str = "attempt";
}
