//! Where a saga stands: a phase, and two lanes for each step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::domain::deployment::{Actor, TransitionReason};
use crate::domain::failure::{Effect, Failure};
use crate::domain::id::CommandId;
use crate::domain::saga::plan::{Direction, Plan, StepName};
use crate::domain::time::Timestamp;

/// Where a saga stands.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The saga as a whole.
    pub phase: Phase,
    /// Each step, in the order of the plan; a picture shares those that did not change with the one
    /// before it.
    pub steps: Vec<Arc<StepState>>,
    /// Who sees to it, until it ends or somebody else takes it.
    pub taken: Option<Taken>,
    /// The orders that were taken, so that a repeated one is recognised.
    pub orders: BTreeSet<CommandId>,
}

impl State {
    /// A saga of this plan in which nothing has happened.
    pub fn new(plan: &Plan) -> Self {
        Self {
            phase: Phase::Running,
            steps: plan.steps().iter().map(|_| Arc::default()).collect(),
            taken: None,
            orders: BTreeSet::new(),
        }
    }

    /// Whether nothing will happen any more unless an operator orders it.
    pub fn is_finished(&self) -> bool {
        self.phase.end().is_some()
    }

    /// A step to be changed, in this picture alone.
    pub(super) fn step_mut(&mut self, position: usize) -> &mut StepState {
        Arc::make_mut(&mut self.steps[position])
    }
}

/// Somebody sees to a saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Who.
    pub by: Actor,
    /// Since when.
    pub at: Timestamp,
}

/// The saga as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Going forward.
    Running,
    /// No step is started until the operator says so.
    Holding {
        /// Why.
        why: HoldReason,
    },
    /// Undoing everything that started.
    Compensating {
        /// Why.
        cause: Cause,
    },
    /// A compensation gave up: a person must decide.
    NeedsAttention {
        /// Why it was compensating.
        cause: Cause,
        /// The step whose compensation gave up first.
        step: StepName,
    },
    /// Every step succeeded.
    Completed {
        /// When.
        at: Timestamp,
    },
    /// Everything that started was undone.
    RolledBack {
        /// Why.
        cause: Cause,
        /// When.
        at: Timestamp,
    },
    /// The operator ended it as it was; something may be left behind.
    Abandoned {
        /// Who.
        by: Actor,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
    },
}

impl Phase {
    /// When the saga ended, if it did.
    pub fn end(&self) -> Option<Timestamp> {
        match self {
            Self::Completed { at } | Self::RolledBack { at, .. } | Self::Abandoned { at, .. } => {
                Some(*at)
            }
            Self::Running
            | Self::Holding { .. }
            | Self::Compensating { .. }
            | Self::NeedsAttention { .. } => None,
        }
    }

    /// Why it compensates or did.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Compensating { cause }
            | Self::NeedsAttention { cause, .. }
            | Self::RolledBack { cause, .. } => Some(cause),
            Self::Running
            | Self::Holding { .. }
            | Self::Completed { .. }
            | Self::Abandoned { .. } => None,
        }
    }
}

/// Why no step is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldReason {
    /// An operator asked for it.
    Ordered {
        /// Who.
        by: Actor,
    },
    /// A step failed, and the plan says to hold.
    StepFailed {
        /// Which step.
        step: StepName,
    },
}

/// Why a saga compensates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A step failed for good.
    StepFailed {
        /// Which step.
        step: StepName,
    },
    /// An operator cancelled the launch.
    Cancelled {
        /// Who.
        by: Actor,
    },
    /// An operator rolled a completed deployment back.
    RolledBack {
        /// Who.
        by: Actor,
    },
}

impl Cause {
    /// The reason that the deployment's transition records.
    pub fn transition_reason(&self) -> TransitionReason {
        match self {
            Self::StepFailed { .. } => TransitionReason::ProvisionFailed,
            Self::Cancelled { .. } => TransitionReason::CancelledByOperator,
            Self::RolledBack { .. } => TransitionReason::RolledBack,
        }
    }
}

/// One step: how far doing it came, how far undoing it, and what is remembered for both.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepState {
    /// Doing it.
    pub forward: Lane,
    /// Undoing it.
    pub undo: Lane,
    /// What was saved for the compensation, by the step's own names.
    pub checkpoints: BTreeMap<String, Value>,
}

impl StepState {
    /// Whether it was ever started, so that its compensation must look.
    pub fn was_started(&self) -> bool {
        self.forward.attempt > 0
    }

    /// The lane of a direction.
    pub fn lane(&self, direction: Direction) -> &Lane {
        match direction {
            Direction::Forward => &self.forward,
            Direction::Undo => &self.undo,
        }
    }

    pub(super) fn lane_mut(&mut self, direction: Direction) -> &mut Lane {
        match direction {
            Direction::Forward => &mut self.forward,
            Direction::Undo => &mut self.undo,
        }
    }

    /// What it made, once it succeeded.
    pub fn output(&self) -> Option<&Value> {
        match &self.forward.stage {
            Stage::Succeeded { output, .. } => Some(output),
            Stage::Idle
            | Stage::Running { .. }
            | Stage::Waiting { .. }
            | Stage::WaitingToRetry { .. }
            | Stage::Failed { .. }
            | Stage::Skipped { .. } => None,
        }
    }
}

/// One direction of one step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lane {
    /// Where it stands.
    pub stage: Stage,
    /// The present or last attempt; 0 before the first.
    pub attempt: u32,
    /// How often the present attempt has been asked again.
    pub poll: u32,
    /// Attempts that do not count against the policy: those before an operator's retry, and those
    /// that the end of the program cut short.
    pub forgiven: u32,
    /// When the first attempt began.
    pub started_at: Option<Timestamp>,
    /// From when the deadline counts: the first attempt, or an operator's retry or resume.
    pub patience_from: Option<Timestamp>,
    /// What went wrong last.
    pub last_failure: Option<Failure>,
    /// Since when every answer was to wait.
    pub told_to_wait_since: Option<Timestamp>,
    /// Since when a request may have taken effect although no good answer came. A look-up that
    /// finds nothing proves nothing until the provider's listings have settled after this moment.
    pub doubt_since: Option<Timestamp>,
}

impl Lane {
    /// Whether it succeeded or was skipped.
    pub fn is_settled(&self) -> bool {
        matches!(self.stage, Stage::Succeeded { .. } | Stage::Skipped { .. })
    }

    /// Whether a call may be under way.
    pub fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running { .. })
    }

    /// Whether it waits to be asked or tried again.
    pub fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Waiting { .. } | Stage::WaitingToRetry { .. })
    }

    /// Whether it gave up.
    pub fn is_failed(&self) -> bool {
        matches!(self.stage, Stage::Failed { .. })
    }

    /// Whether a person must be told that nobody knows whether it took effect. A plain refusal is
    /// told as one: its undo looks all the same.
    pub fn is_in_doubt(&self) -> bool {
        match &self.stage {
            // A refusal of unknown effect begins a doubt of its own, for the undo; any other keeps the
            // doubt of what came before it.
            Stage::Failed { failure, .. } if failure.code.is_refusal() => {
                failure.effect != Effect::Unknown && self.doubt_since.is_some()
            }
            Stage::Failed { .. }
            | Stage::Idle
            | Stage::Running { .. }
            | Stage::Waiting { .. }
            | Stage::WaitingToRetry { .. }
            | Stage::Succeeded { .. }
            | Stage::Skipped { .. } => self.doubt_since.is_some(),
        }
    }

    /// When it came to its end, if it did.
    pub fn ended_at(&self) -> Option<Timestamp> {
        match &self.stage {
            Stage::Succeeded { at, .. } | Stage::Failed { at, .. } | Stage::Skipped { at, .. } => {
                Some(*at)
            }
            Stage::Idle
            | Stage::Running { .. }
            | Stage::Waiting { .. }
            | Stage::WaitingToRetry { .. } => None,
        }
    }
}

/// Where a lane stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Stage {
    /// Not begun, or to begin anew.
    #[default]
    Idle,
    /// A call is under way.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// It said that it is not done yet.
    Waiting {
        /// When it is asked again.
        until: Timestamp,
        /// What it waits for.
        note: String,
    },
    /// The attempt failed; another one follows.
    WaitingToRetry {
        /// When.
        at: Timestamp,
    },
    /// Done.
    Succeeded {
        /// When.
        at: Timestamp,
        /// What it made.
        output: Value,
    },
    /// Gave up.
    Failed {
        /// When.
        at: Timestamp,
        /// Why.
        failure: Failure,
    },
    /// An operator said to go on without it.
    Skipped {
        /// When.
        at: Timestamp,
        /// Who.
        by: Actor,
        /// Why.
        reason: String,
    },
}
