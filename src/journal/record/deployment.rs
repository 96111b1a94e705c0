//! The written form of a deployment's change of state.

use serde::{Deserialize, Serialize};

use crate::domain::deployment::{Transition, TransitionReason};
use crate::domain::time::Timestamp;
use crate::journal::record::malformed::Malformed;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TransitionRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    to: String,
    reason: ReasonTag,
    by: String,
    at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReasonTag {
    Launched,
    Provisioned,
    ProvisionFailed,
    CancelledByOperator,
    RolledBack,
    Abandoned,
    // Apart from the other reasons, so that words that happen to be one of them stay words.
    Stated(String),
}

impl From<&Transition> for TransitionRecord {
    fn from(transition: &Transition) -> Self {
        Self {
            from: transition.from.map(|state| state.as_str().to_owned()),
            to: transition.to.as_str().to_owned(),
            reason: ReasonTag::from(&transition.reason),
            by: transition.actor.to_string(),
            at: transition.at.as_millis(),
        }
    }
}

impl TryFrom<TransitionRecord> for Transition {
    type Error = Malformed;

    fn try_from(record: TransitionRecord) -> Result<Self, Malformed> {
        Ok(Self {
            from: record.from.map(|state| state.parse()).transpose()?,
            to: record.to.parse()?,
            reason: record.reason.into(),
            actor: record.by.parse()?,
            at: Timestamp::from_millis(record.at),
        })
    }
}

impl From<&TransitionReason> for ReasonTag {
    fn from(reason: &TransitionReason) -> Self {
        match reason {
            TransitionReason::Launched => Self::Launched,
            TransitionReason::Provisioned => Self::Provisioned,
            TransitionReason::ProvisionFailed => Self::ProvisionFailed,
            TransitionReason::CancelledByOperator => Self::CancelledByOperator,
            TransitionReason::RolledBack => Self::RolledBack,
            TransitionReason::Abandoned => Self::Abandoned,
            TransitionReason::Stated(words) => Self::Stated(words.clone()),
        }
    }
}

impl From<ReasonTag> for TransitionReason {
    fn from(tag: ReasonTag) -> Self {
        match tag {
            ReasonTag::Launched => Self::Launched,
            ReasonTag::Provisioned => Self::Provisioned,
            ReasonTag::ProvisionFailed => Self::ProvisionFailed,
            ReasonTag::CancelledByOperator => Self::CancelledByOperator,
            ReasonTag::RolledBack => Self::RolledBack,
            ReasonTag::Abandoned => Self::Abandoned,
            ReasonTag::Stated(words) => Self::Stated(words),
        }
    }
}
