//! Marks the deployment as provisioning.
//!
//! - **Does** nothing: the deployment was made in `provisioning` together with its saga. It stands
//!   first so that its compensation, which runs last, owns the end of a failed launch.
//! - **Undoes**: moves the deployment to `cancelled`, with the reason of the rollback. A transition
//!   that is refused is a warning: the deployment has moved on, and nothing is left to undo.
//! - **Twice is safe**: a transition into the present state changes nothing.

use async_trait::async_trait;
use serde_json::Value;

use crate::domain::aggregate::Aggregate;
use crate::domain::deployment::{DeploymentState, TransitionReason};
use crate::domain::undo_preview::Deed;
use crate::steps::{Progress, Step, StepContext, StepError};
use crate::store::TransitionError;

/// This step's name.
pub const NAME: &str = "mark_deployment_provisioning";

/// See the module.
pub struct MarkDeploymentProvisioning;

#[async_trait]
impl Step for MarkDeploymentProvisioning {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn execute(&self, _ctx: &StepContext) -> Result<Progress, StepError> {
        Ok(Progress::noted("provisioning"))
    }

    async fn compensate(
        &self,
        ctx: &StepContext,
        _output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        let reason = ctx.past.state.phase.cause().map_or(
            TransitionReason::ProvisionFailed,
            super::super::domain::saga::state::Cause::transition_reason,
        );
        match ctx.deployments.transition(DeploymentState::Cancelled, reason.clone()).await {
            Ok(()) => {
                tracing::info!(%reason, "deployment is cancelled");
                Ok(Progress::noted("cancelled"))
            }
            Err(TransitionError::Refused(refusal)) => {
                tracing::warn!(%refusal, "deployment keeps its state");
                Ok(Progress::noted(refusal.to_string()))
            }
            Err(TransitionError::Books(failure)) => {
                Err(StepError::Retryable { failure, after: None })
            }
        }
    }

    fn undo_preview(&self, _past: &Aggregate) -> Option<(String, Deed)> {
        Some(("mark the deployment cancelled".to_owned(), Deed::KeepsBooks))
    }
}
