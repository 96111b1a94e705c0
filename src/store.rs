//! The read model: one row for each deployment, rebuilt from the journal at start.
//!
//! It also holds the tenants' names, so that two launches of one name cannot both begin. Nothing
//! here is durable: the journal is.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;

use crate::domain::deployment::{DeploymentState, IllegalDeploymentTransition, TransitionReason};
use crate::domain::failure::Failure;
use crate::domain::id::DeploymentId;
use crate::domain::summary::{Standing, Summary};

/// The state of one deployment, as its steps may change it.
#[async_trait]
pub trait Deployments: Send + Sync {
    /// Moves the deployment to `to`; durable when it returns. A move to the present state changes
    /// nothing.
    ///
    /// # Errors
    /// When the table refuses the move, or Arcadia's books could not be written.
    async fn transition(
        &self,
        to: DeploymentState,
        reason: TransitionReason,
    ) -> Result<(), TransitionError>;
}

/// A deployment did not change its state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// The table refuses the move.
    #[error("the transition was refused")]
    Refused(#[from] IllegalDeploymentTransition),
    /// The books could not be written.
    #[error("the transition could not be recorded")]
    Books(#[source] Failure),
}

/// Every deployment's row. Cheap to read from many threads; sections are short.
#[derive(Debug, Default)]
pub struct Store {
    rows: RwLock<Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    by_deployment: BTreeMap<DeploymentId, Arc<Summary>>,
    names: BTreeMap<(String, String), DeploymentId>,
}

impl Store {
    /// Puts a row in the place of the old one.
    pub fn put(&self, summary: Arc<Summary>) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let name = (summary.tenant.clone(), summary.slug.clone());
        if holds_its_name(&summary) {
            rows.names.insert(name, summary.deployment);
        } else if rows.names.get(&name) == Some(&summary.deployment) {
            rows.names.remove(&name);
        }
        rows.by_deployment.insert(summary.deployment, summary);
    }

    /// The row of a deployment.
    pub fn get(&self, deployment: DeploymentId) -> Option<Arc<Summary>> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.by_deployment.get(&deployment).cloned()
    }

    /// Every row, in the order of the deployments' ids, which is the order of their launch.
    pub fn all(&self) -> Vec<Arc<Summary>> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.by_deployment.values().cloned().collect()
    }

    /// Takes a name for a deployment that is about to be launched.
    ///
    /// # Errors
    /// The deployment that has the name.
    pub fn take_name(
        &self,
        tenant: &str,
        slug: &str,
        deployment: DeploymentId,
    ) -> Result<(), DeploymentId> {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let name = (tenant.to_owned(), slug.to_owned());
        if let Some(holder) = rows.names.get(&name) {
            Err(*holder)
        } else {
            rows.names.insert(name, deployment);
            Ok(())
        }
    }

    /// Gives back a name that was taken for a launch that did not begin.
    pub fn release_name(&self, tenant: &str, slug: &str, deployment: DeploymentId) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let name = (tenant.to_owned(), slug.to_owned());
        if rows.names.get(&name) == Some(&deployment) {
            rows.names.remove(&name);
        }
    }
}

/// A name is free again when nothing of the deployment is left.
fn holds_its_name(summary: &Summary) -> bool {
    match summary.state {
        DeploymentState::Provisioning | DeploymentState::Active | DeploymentState::Paused => {
            summary.standing != Standing::Abandoned
        }
        // The last compensation marks the deployment cancelled while its saga is still open.
        DeploymentState::Cancelled | DeploymentState::Archived => !summary.standing.is_finished(),
    }
}
