//! A plan: which steps, in which order, with which patience. Plain data, journaled at launch, so an
//! old saga resumes with its own plan whatever the program's defaults have become.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::saga::retry::RetryPolicy;

/// The name of a step; the registry of steps is looked up by it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepName(Arc<str>);

impl StepName {
    /// The step with this name.
    pub fn new(name: &str) -> Self {
        Self(Arc::from(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for StepName {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// An ordered list of steps. The order is a valid order of execution, and its reverse a valid order
/// of compensation, because a step may only need steps that stand before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    steps: Vec<PlanStep>,
    on_failure: OnFailure,
}

impl Plan {
    /// A plan of these steps.
    ///
    /// # Errors
    /// When a name occurs twice, or a step needs one that does not stand before it.
    pub fn new(steps: Vec<PlanStep>, on_failure: OnFailure) -> Result<Self, PlanError> {
        for (index, step) in steps.iter().enumerate() {
            let before = &steps[..index];
            if before.iter().any(|earlier| earlier.name == step.name) {
                return Err(PlanError::Twice { step: step.name.clone() });
            }
            for need in &step.needs {
                if !before.iter().any(|earlier| earlier.name == *need) {
                    return Err(PlanError::NotBefore {
                        step: step.name.clone(),
                        needs: need.clone(),
                    });
                }
            }
        }
        Ok(Self { steps, on_failure })
    }

    /// The steps, in a valid order of execution.
    pub fn steps(&self) -> &[PlanStep] {
        &self.steps
    }

    /// What happens when a step fails for good.
    pub fn on_failure(&self) -> OnFailure {
        self.on_failure
    }

    /// Where a step stands in the list.
    pub fn position(&self, name: &StepName) -> Option<usize> {
        self.steps.iter().position(|step| step.name == *name)
    }

    /// The positions of the steps that need the one at `position` directly.
    pub fn dependents(&self, position: usize) -> impl Iterator<Item = usize> {
        let name = &self.steps[position].name;
        self.steps
            .iter()
            .enumerate()
            .filter(move |(_, step)| step.needs.contains(name))
            .map(|(dependent, _)| dependent)
    }
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanStep {
    /// Which step.
    pub name: StepName,
    /// Which version of the step's inputs and output.
    pub version: u32,
    /// The steps whose success it needs.
    pub needs: Vec<StepName>,
    /// How patiently it is done.
    pub forward: Patience,
    /// How patiently it is undone; `None` when there is never anything to undo.
    pub undo: Option<Patience>,
}

/// How long and how often something is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How long all of it may take, waits included, from the first attempt.
    pub deadline: Duration,
    /// How often it is tried, and how long between.
    pub retry: RetryPolicy,
}

/// What happens when a step fails for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Everything is undone.
    Rollback,
    /// The saga waits for the operator, and what was made stays.
    Hold,
}

/// The two directions of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Doing it.
    Forward,
    /// Undoing it: its compensation.
    Undo,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Forward => "do",
            Self::Undo => "undo",
        })
    }
}

/// A list of steps that is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A name occurs twice.
    #[error("step `{step}` stands in the plan twice")]
    Twice {
        /// Which.
        step: StepName,
    },
    /// A step needs one that does not stand before it.
    #[error("step `{step}` needs `{needs}`, which does not stand before it")]
    NotBefore {
        /// Which step.
        step: StepName,
        /// What it needs.
        needs: StepName,
    },
}
