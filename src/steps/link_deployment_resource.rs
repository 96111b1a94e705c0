//! Links the droplet's inventory row to the deployment.
//!
//! - **Does**: stamps deployment id and tenant on the row.
//! - **Undoes**: clears both.
//! - **Twice is safe**: the same two fields get the same values; a row that is gone needs no clearing.

use async_trait::async_trait;
use serde_json::Value;

use crate::domain::aggregate::Aggregate;
use crate::domain::resource::ResourceOwner;
use crate::domain::undo_preview::Deed;
use crate::steps::register_inventory::key;
use crate::steps::{Progress, Step, StepContext, StepError, create_droplet, output_of};

/// This step's name.
pub const NAME: &str = "link_deployment_resource";

/// See the module.
pub struct LinkDeploymentResource {
    provider: &'static str,
}

impl LinkDeploymentResource {
    /// The step for droplets of this provider.
    pub fn new(provider: &'static str) -> Self {
        Self { provider }
    }
}

#[async_trait]
impl Step for LinkDeploymentResource {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        let droplet = ctx.output_of(create_droplet::NAME)?;
        let owner =
            ResourceOwner { deployment: ctx.past.deployment.id, tenant: ctx.spec().tenant.clone() };
        ctx.inventory.link(&key(self.provider, &droplet), owner).await?;
        tracing::info!(droplet = droplet.droplet_id, "linked to the deployment");
        Ok(Progress::noted(format!("linked to {}", ctx.spec().name())))
    }

    async fn compensate(
        &self,
        ctx: &StepContext,
        _output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        // Without the droplet's id this step never had a row to stamp.
        let Some(droplet) = output_of(&ctx.past, create_droplet::NAME)? else {
            return Ok(Progress::noted("no row was linked"));
        };
        ctx.inventory.unlink(&key(self.provider, &droplet)).await?;
        tracing::info!(droplet = droplet.droplet_id, "unlinked");
        Ok(Progress::noted("unlinked"))
    }

    fn undo_preview(&self, past: &Aggregate) -> Option<(String, Deed)> {
        let droplet: create_droplet::Output = output_of(past, create_droplet::NAME).ok()??;
        let text = format!("unlink inventory row {}/{}", self.provider, droplet.droplet_id);
        Some((text, Deed::KeepsBooks))
    }
}
