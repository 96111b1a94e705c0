//! Waits until the droplet is active and has a public address.
//!
//! - **Does**: reads the droplet until it is `active` and its public IPv4 is there: the address may
//!   come later than the status. A droplet that was archived is a terminal failure. One that is not
//!   there is lag at first, and a failed placement when it stays away for the settle time.
//! - **Undoes** nothing.
//! - **Twice is safe**: it only reads.

use std::net::Ipv4Addr;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::failure::FailureCode;
use crate::domain::time::Timestamp;
use crate::providers::{Compute, DropletId, DropletStatus};
use crate::steps::{Progress, Step, StepContext, StepError, StepSettings, create_droplet};

/// This step's name.
pub const NAME: &str = "wait_droplet_active";

/// What this step found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The droplet's public address.
    pub ipv4: Ipv4Addr,
}

/// See the module.
pub struct WaitDropletActive {
    compute: Arc<dyn Compute>,
    settings: StepSettings,
}

impl WaitDropletActive {
    /// The step at this provider.
    pub fn new(compute: Arc<dyn Compute>, settings: StepSettings) -> Self {
        Self { compute, settings }
    }
}

#[async_trait]
impl Step for WaitDropletActive {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        let created: create_droplet::Output = ctx.output_of(create_droplet::NAME)?;
        let id = created.droplet_id;
        let note = match self.compute.droplet(DropletId(id)).await? {
            None if ctx.now < first_look(ctx) + self.settings.settle => {
                "the provider does not know the droplet yet".to_owned()
            }
            // The tries of the step's policy confirm it.
            None => {
                return Err(StepError::retryable(
                    FailureCode::ResourceFailed,
                    format!("droplet {id} is not there: the provider could not place it"),
                ));
            }
            Some(droplet) => match (droplet.status, droplet.public_ipv4) {
                (DropletStatus::Active, Some(ipv4)) => {
                    tracing::info!(droplet = id, %ipv4, "droplet is active");
                    return Progress::done(&Output { ipv4 });
                }
                (DropletStatus::Active, None) => "active, no public address yet".to_owned(),
                (DropletStatus::New, _) => "still \"new\"".to_owned(),
                (DropletStatus::Off, _) => "powered off".to_owned(),
                (DropletStatus::Archive, _) => {
                    return Err(failed(format!("droplet {id} was archived by the provider")));
                }
            },
        };
        tracing::debug!(droplet = id, poll = ctx.poll, "{note}");
        Ok(Progress::Pending { after: self.settings.poll_interval(ctx.poll, ctx.roll), note })
    }

    async fn compensate(
        &self,
        _ctx: &StepContext,
        _output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        Ok(Progress::noted("nothing to undo"))
    }
}

fn failed(message: String) -> StepError {
    StepError::terminal(FailureCode::ResourceFailed, message)
}

fn first_look(ctx: &StepContext) -> Timestamp {
    let position = ctx.past.plan.position(&ctx.step);
    position
        .and_then(|position| ctx.past.state.steps[position].forward.started_at)
        .unwrap_or(ctx.now)
}
