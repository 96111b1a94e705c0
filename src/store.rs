//! The read model: one row for each deployment, rebuilt from the journal at start.
//!
//! It also holds the names of live deployments, so that two launches of one name cannot both begin. Nothing
//! here is durable: the journal is.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;

use crate::domain::deployment::{DeploymentState, IllegalDeploymentTransition, TransitionReason};
use crate::domain::failure::Failure;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::spec::{DeploymentSpec, DnsName};
use crate::domain::summary::Summary;

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
    names: BTreeMap<String, DeploymentId>,
}

/// What no two live deployments may share: `tenant/slug`, and the fully qualified DNS name. Two that
/// pointed one name would each take the other's address for the one to restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl Names {
    /// The names of a deployment that is asked for.
    pub fn of(spec: &DeploymentSpec) -> Self {
        Self(
            std::iter::once(spec.name()).chain(spec.dns.as_ref().map(DnsName::to_string)).collect(),
        )
    }

    fn of_row(row: &Summary) -> Self {
        Self(std::iter::once(row.name()).chain(row.dns_name.clone()).collect())
    }
}

impl Store {
    /// Puts a row in the place of the old one.
    pub fn put(&self, summary: Arc<Summary>) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let held = rows.by_deployment.get(&summary.deployment).map(|row| row.holds_its_names());
        let holds = summary.holds_its_names();
        // Most changes of a row change nothing about its names.
        if held != Some(holds) {
            for name in Names::of_row(&summary).0 {
                if holds {
                    rows.names.insert(name, summary.deployment);
                } else if rows.names.get(&name) == Some(&summary.deployment) {
                    rows.names.remove(&name);
                }
            }
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

    /// The row of a saga.
    pub fn of_saga(&self, saga: SagaId) -> Option<Arc<Summary>> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.by_deployment.values().find(|row| row.saga == saga).cloned()
    }

    /// Takes the names of a deployment that is about to be launched: all, or none.
    ///
    /// # Errors
    /// The first name that is taken, and who has it.
    pub fn take_names(
        &self,
        names: &Names,
        deployment: DeploymentId,
    ) -> Result<(), (String, DeploymentId)> {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let taken = names.0.iter().find_map(|name| Some((name.clone(), *rows.names.get(name)?)));
        if let Some(taken) = taken {
            return Err(taken);
        }
        rows.names.extend(names.0.iter().map(|name| (name.clone(), deployment)));
        Ok(())
    }

    /// Gives back names that were taken for a launch that did not begin.
    pub fn release_names(&self, names: &Names, deployment: DeploymentId) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        rows.names.retain(|name, holder| *holder != deployment || !names.0.contains(name));
    }
}
