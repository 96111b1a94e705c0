//! Facts about a saga. Each is journaled before anything follows from it.

use serde_json::Value;

use crate::domain::deployment::Actor;
use crate::domain::failure::Failure;
use crate::domain::id::CommandId;
use crate::domain::saga::plan::{Direction, StepName};
use crate::domain::time::Timestamp;

/// Something that happened to a saga.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// Something happened to one step, in one direction.
    Step {
        /// Which step.
        step: StepName,
        /// Doing or undoing it.
        direction: Direction,
        /// What happened.
        event: StepEvent,
    },
    /// A step saved what it, or its compensation, must know later; written once, and kept.
    Checkpointed {
        /// Which step.
        step: StepName,
        /// While doing or while undoing it.
        direction: Direction,
        /// The step's own name for it.
        key: String,
        /// What was saved.
        value: Value,
    },
    /// An operator ordered something.
    Ordered {
        /// Identifies the order: the same id twice is the same order.
        command: CommandId,
        /// Who.
        by: Actor,
        /// What.
        order: Order,
    },
    /// Nobody went on with what waited, because the program was dead, the machine slept or the saga had no
    /// seat: that time counts against no deadline. A clock that was set looks the same.
    Restarted,
    /// Every step succeeded.
    Completed,
    /// Everything that started was undone.
    RolledBack,
}

/// What happened to a step.
#[derive(Debug, Clone, PartialEq)]
pub enum StepEvent {
    /// An attempt begins; durable before the provider is called.
    Started {
        /// 1 for the first attempt; never used twice.
        attempt: u32,
    },
    /// The attempt is not done yet, and wants to be asked again.
    Waiting {
        /// When to ask again.
        until: Timestamp,
        /// What it waits for, for a person.
        note: String,
    },
    /// The wait is over; the attempt is asked again.
    Polled,
    /// The attempt failed, and another one follows.
    RetryScheduled {
        /// What went wrong.
        failure: Failure,
        /// When the next attempt begins.
        at: Timestamp,
    },
    /// It is done.
    Succeeded {
        /// What it made, in the step's own form.
        output: Value,
    },
    /// It failed for good.
    Failed {
        /// What went wrong last.
        failure: Failure,
    },
    /// The program stopped while the attempt was running: whether it took effect is unknown.
    Interrupted,
}

/// What an operator may order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Stop going forward, and undo everything.
    Cancel,
    /// Undo a completed deployment.
    Rollback,
    /// Start no further step.
    Hold,
    /// Go on after a hold.
    Resume,
    /// Try again what gave up.
    Retry,
    /// Go on as if the step that gave up had been dealt with.
    Skip {
        /// Which step.
        step: StepName,
        /// Why, for the record.
        reason: String,
    },
    /// Say who sees to it; nothing that runs is changed.
    Take,
    /// Leave everything as it is and end the saga.
    Abandon {
        /// Why, for the record.
        reason: String,
    },
}

impl Order {
    /// The verb, as the command line spells it.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Rollback => "rollback",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Retry => "retry",
            Self::Skip { .. } => "skip",
            Self::Take => "take",
            Self::Abandon { .. } => "abandon",
        }
    }
}
