//! Registers the droplet in the inventory.
//!
//! - **Does**: upserts the row by (provider, provider id) with the spec that was asked for; the
//!   inventory keeps an audit event of it.
//! - **Undoes**: removes the row; the removal stays in the audit trail.
//! - **Twice is safe**: the row has one key, and removing what is not there is fine.

use async_trait::async_trait;
use serde_json::Value;

use crate::domain::aggregate::Aggregate;
use crate::domain::resource::{Resource, ResourceKey, ResourceSpec};
use crate::domain::saga::plan::StepName;
use crate::domain::undo_preview::{Deed, Leftover};
use crate::steps::{
    Progress, Step, StepContext, StepError, create_droplet, output_of, wait_droplet_active,
};

/// This step's name.
pub const NAME: &str = "register_inventory";

/// See the module.
pub struct RegisterInventory {
    provider: &'static str,
}

impl RegisterInventory {
    /// The step for droplets of this provider.
    pub fn new(provider: &'static str) -> Self {
        Self { provider }
    }
}

#[async_trait]
impl Step for RegisterInventory {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        let droplet: create_droplet::Output = ctx.output_of(create_droplet::NAME)?;
        let address: wait_droplet_active::Output = ctx.output_of(wait_droplet_active::NAME)?;
        let spec = ctx.spec();
        let resource = Resource {
            key: key(self.provider, &droplet),
            name: droplet.name.clone(),
            spec: ResourceSpec {
                region: spec.region.clone(),
                size: spec.size.clone(),
                image: spec.image.clone(),
            },
            ipv4: address.ipv4,
            owner: None,
            discovered_at: ctx.now,
        };
        ctx.inventory.upsert(resource).await?;
        tracing::info!(droplet = droplet.droplet_id, "registered in the inventory");
        Ok(Progress::noted(format!("row {}/{}", self.provider, droplet.droplet_id)))
    }

    async fn compensate(
        &self,
        ctx: &StepContext,
        _output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        // Without the droplet's id this step never had a row to write.
        let Some(droplet) = output_of(&ctx.past, create_droplet::NAME)? else {
            return Ok(Progress::noted("no row was made"));
        };
        ctx.inventory.remove(&key(self.provider, &droplet)).await?;
        tracing::info!(droplet = droplet.droplet_id, "removed from the inventory");
        Ok(Progress::noted("row removed"))
    }

    fn undo_preview(&self, past: &Aggregate) -> Option<(String, Deed)> {
        let droplet: create_droplet::Output = output_of(past, create_droplet::NAME).ok()??;
        let text = format!("remove inventory row {}/{}", self.provider, droplet.droplet_id);
        Some((text, Deed::KeepsBooks))
    }

    fn leftover(&self, past: &Aggregate) -> Option<Leftover> {
        let droplet: create_droplet::Output = output_of(past, create_droplet::NAME).ok()??;
        let key = key(self.provider, &droplet);
        past.resources.contains_key(&key).then(|| Leftover {
            step: StepName::new(NAME),
            what: format!("inventory row {}/{}", key.provider, key.provider_id),
            check: format!("arcadia show {}", past.deployment.spec.name()),
            remove: None,
        })
    }
}

/// The inventory's key of a droplet.
pub(super) fn key(provider: &str, droplet: &create_droplet::Output) -> ResourceKey {
    ResourceKey { provider: provider.to_owned(), provider_id: droplet.droplet_id.to_string() }
}
