//! Activates the deployment.
//!
//! - **Does**: moves the deployment from `provisioning` to `active`.
//! - **Undoes** nothing: the compensation of the first step owns the way back.
//! - **Twice is safe**: a transition into the present state changes nothing.

use async_trait::async_trait;
use serde_json::Value;

use crate::domain::deployment::{DeploymentState, TransitionReason};
use crate::domain::failure::FailureCode;
use crate::steps::{Progress, Step, StepContext, StepError};
use crate::store::TransitionError;

/// This step's name.
pub const NAME: &str = "activate_deployment";

/// See the module.
pub struct ActivateDeployment;

#[async_trait]
impl Step for ActivateDeployment {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        match ctx
            .deployments
            .transition(DeploymentState::Active, TransitionReason::Provisioned)
            .await
        {
            Ok(()) => {
                tracing::info!("deployment is active");
                Ok(Progress::noted("active"))
            }
            Err(TransitionError::Refused(refusal)) => {
                Err(StepError::terminal(FailureCode::Conflict, refusal.to_string()))
            }
            Err(TransitionError::Books(failure)) => {
                Err(StepError::Retryable { failure, after: None })
            }
        }
    }

    async fn compensate(
        &self,
        _ctx: &StepContext,
        _output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        Ok(Progress::noted("nothing to undo"))
    }
}
