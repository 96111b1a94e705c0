//! The written form of what happened to a saga.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::saga::event::{EventKind, Order, StepEvent};
use crate::domain::saga::plan::StepName;
use crate::domain::time::Timestamp;
use crate::journal::record::failure::FailureRecord;
use crate::journal::record::malformed::Malformed;
use crate::journal::record::tag::DirectionTag;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EventRecord {
    Step { step: String, dir: DirectionTag, event: StepEventRecord },
    Checkpointed { step: String, dir: DirectionTag, key: String, value: Value },
    Ordered { command: String, by: String, order: OrderRecord },
    Restarted,
    Completed,
    RolledBack,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StepEventRecord {
    Started { attempt: u32 },
    Waiting { until: i64, note: String },
    Polled,
    RetryScheduled { failure: FailureRecord, at: i64 },
    Succeeded { output: Value },
    Failed { failure: FailureRecord },
    Interrupted,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OrderRecord {
    Cancel,
    Rollback,
    Hold,
    Resume,
    Retry,
    Take,
    Skip { step: String, reason: String },
    Abandon { reason: String },
}

impl From<&EventKind> for EventRecord {
    fn from(kind: &EventKind) -> Self {
        match kind {
            EventKind::Step { step, direction, event } => Self::Step {
                step: step.as_str().to_owned(),
                dir: (*direction).into(),
                event: event.into(),
            },
            EventKind::Checkpointed { step, direction, key, value } => Self::Checkpointed {
                step: step.as_str().to_owned(),
                dir: (*direction).into(),
                key: key.clone(),
                value: value.clone(),
            },
            EventKind::Ordered { command, by, order } => Self::Ordered {
                command: command.to_string(),
                by: by.to_string(),
                order: order.into(),
            },
            EventKind::Restarted => Self::Restarted,
            EventKind::Completed => Self::Completed,
            EventKind::RolledBack => Self::RolledBack,
        }
    }
}

impl TryFrom<EventRecord> for EventKind {
    type Error = Malformed;

    fn try_from(record: EventRecord) -> Result<Self, Malformed> {
        Ok(match record {
            EventRecord::Step { step, dir, event } => Self::Step {
                step: StepName::new(&step),
                direction: dir.into(),
                event: event.try_into()?,
            },
            EventRecord::Checkpointed { step, dir, key, value } => {
                Self::Checkpointed { step: StepName::new(&step), direction: dir.into(), key, value }
            }
            EventRecord::Ordered { command, by, order } => {
                Self::Ordered { command: command.parse()?, by: by.parse()?, order: order.into() }
            }
            EventRecord::Restarted => Self::Restarted,
            EventRecord::Completed => Self::Completed,
            EventRecord::RolledBack => Self::RolledBack,
        })
    }
}

impl From<&StepEvent> for StepEventRecord {
    fn from(event: &StepEvent) -> Self {
        match event {
            StepEvent::Started { attempt } => Self::Started { attempt: *attempt },
            StepEvent::Waiting { until, note } => {
                Self::Waiting { until: until.as_millis(), note: note.clone() }
            }
            StepEvent::Polled => Self::Polled,
            StepEvent::RetryScheduled { failure, at } => {
                Self::RetryScheduled { failure: failure.into(), at: at.as_millis() }
            }
            StepEvent::Succeeded { output } => Self::Succeeded { output: output.clone() },
            StepEvent::Failed { failure } => Self::Failed { failure: failure.into() },
            StepEvent::Interrupted => Self::Interrupted,
        }
    }
}

impl TryFrom<StepEventRecord> for StepEvent {
    type Error = Malformed;

    fn try_from(record: StepEventRecord) -> Result<Self, Malformed> {
        Ok(match record {
            StepEventRecord::Started { attempt } => Self::Started { attempt },
            StepEventRecord::Waiting { until, note } => {
                Self::Waiting { until: Timestamp::from_millis(until), note }
            }
            StepEventRecord::Polled => Self::Polled,
            StepEventRecord::RetryScheduled { failure, at } => Self::RetryScheduled {
                failure: failure.try_into()?,
                at: Timestamp::from_millis(at),
            },
            StepEventRecord::Succeeded { output } => Self::Succeeded { output },
            StepEventRecord::Failed { failure } => Self::Failed { failure: failure.try_into()? },
            StepEventRecord::Interrupted => Self::Interrupted,
        })
    }
}

impl From<&Order> for OrderRecord {
    fn from(order: &Order) -> Self {
        match order {
            Order::Cancel => Self::Cancel,
            Order::Rollback => Self::Rollback,
            Order::Hold => Self::Hold,
            Order::Resume => Self::Resume,
            Order::Retry => Self::Retry,
            Order::Take => Self::Take,
            Order::Skip { step, reason } => {
                Self::Skip { step: step.as_str().to_owned(), reason: reason.clone() }
            }
            Order::Abandon { reason } => Self::Abandon { reason: reason.clone() },
        }
    }
}

impl From<OrderRecord> for Order {
    fn from(record: OrderRecord) -> Self {
        match record {
            OrderRecord::Cancel => Self::Cancel,
            OrderRecord::Rollback => Self::Rollback,
            OrderRecord::Hold => Self::Hold,
            OrderRecord::Resume => Self::Resume,
            OrderRecord::Retry => Self::Retry,
            OrderRecord::Take => Self::Take,
            OrderRecord::Skip { step, reason } => Self::Skip { step: StepName::new(&step), reason },
            OrderRecord::Abandon { reason } => Self::Abandon { reason },
        }
    }
}
