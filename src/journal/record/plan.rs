//! The written form of a plan.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::saga::plan::{OnFailure, Patience, Plan, PlanStep, StepName};
use crate::domain::saga::retry::RetryPolicy;
use crate::journal::record::malformed::Malformed;
use crate::journal::record::tag::millis;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PlanRecord {
    steps: Vec<StepRecord>,
    on_failure: OnFailureTag,
}

#[derive(Debug, Serialize, Deserialize)]
struct StepRecord {
    name: String,
    version: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    needs: Vec<String>,
    #[serde(rename = "do")]
    forward: PatienceRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undo: Option<PatienceRecord>,
}

/// Every span is in milliseconds.
#[derive(Debug, Serialize, Deserialize)]
struct PatienceRecord {
    timeout: u64,
    deadline: u64,
    tries: u32,
    base: u64,
    cap: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnFailureTag {
    Rollback,
    Hold,
}

impl From<&Plan> for PlanRecord {
    fn from(plan: &Plan) -> Self {
        Self {
            steps: plan.steps().iter().map(StepRecord::from).collect(),
            on_failure: match plan.on_failure() {
                OnFailure::Rollback => OnFailureTag::Rollback,
                OnFailure::Hold => OnFailureTag::Hold,
            },
        }
    }
}

impl TryFrom<PlanRecord> for Plan {
    type Error = Malformed;

    fn try_from(record: PlanRecord) -> Result<Self, Malformed> {
        let steps =
            record.steps.into_iter().map(PlanStep::try_from).collect::<Result<_, Malformed>>()?;
        let on_failure = match record.on_failure {
            OnFailureTag::Rollback => OnFailure::Rollback,
            OnFailureTag::Hold => OnFailure::Hold,
        };
        Ok(Self::new(steps, on_failure)?)
    }
}

impl From<&PlanStep> for StepRecord {
    fn from(step: &PlanStep) -> Self {
        Self {
            name: step.name.as_str().to_owned(),
            version: step.version,
            needs: step.needs.iter().map(|name| name.as_str().to_owned()).collect(),
            forward: PatienceRecord::from(&step.forward),
            undo: step.undo.as_ref().map(PatienceRecord::from),
        }
    }
}

impl TryFrom<StepRecord> for PlanStep {
    type Error = Malformed;

    fn try_from(record: StepRecord) -> Result<Self, Malformed> {
        Ok(Self {
            name: StepName::new(&record.name),
            version: record.version,
            needs: record.needs.iter().map(|name| StepName::new(name)).collect(),
            forward: record.forward.try_into()?,
            undo: record.undo.map(Patience::try_from).transpose()?,
        })
    }
}

impl From<&Patience> for PatienceRecord {
    fn from(patience: &Patience) -> Self {
        Self {
            timeout: millis(patience.timeout),
            deadline: millis(patience.deadline),
            tries: patience.retry.tries.get(),
            base: millis(patience.retry.base),
            cap: millis(patience.retry.cap),
        }
    }
}

impl TryFrom<PatienceRecord> for Patience {
    type Error = Malformed;

    fn try_from(record: PatienceRecord) -> Result<Self, Malformed> {
        Ok(Self {
            timeout: Duration::from_millis(record.timeout),
            deadline: Duration::from_millis(record.deadline),
            retry: RetryPolicy {
                tries: NonZeroU32::new(record.tries).ok_or(Malformed::NoTries)?,
                base: Duration::from_millis(record.base),
                cap: Duration::from_millis(record.cap),
            },
        })
    }
}
