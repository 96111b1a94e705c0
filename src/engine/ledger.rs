//! Arcadia's own books as one step sees them: checkpoints, the deployment's state, the inventory.
//!
//! Each entry is asked of the saga's owner, which alone writes the saga's history; it is durable
//! when the call returns. So the inventory is as durable as the journal, and its audit trail is a
//! part of the deployment's history.

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::domain::deployment::{DeploymentState, TransitionReason};
use crate::domain::failure::{Failure, FailureCode};
use crate::domain::resource::{Resource, ResourceEvent, ResourceKey, ResourceOwner};
use crate::domain::saga::plan::{Direction, StepName};
use crate::engine::request::Request;
use crate::providers::{Inventory, ProviderError};
use crate::steps::{Checkpoints, StepError};
use crate::store::{Deployments, TransitionError};

/// The books as one step sees them.
pub(super) struct Ledger {
    step: StepName,
    direction: Direction,
    requests_tx: mpsc::Sender<Request>,
}

impl Ledger {
    pub(super) fn new(
        step: StepName,
        direction: Direction,
        requests_tx: mpsc::Sender<Request>,
    ) -> Self {
        Self { step, direction, requests_tx }
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> Result<T, Failure> {
        let closed = || Failure::without_effect(FailureCode::Internal, "the engine is stopping");
        let (ack_tx, ack_rx) = oneshot::channel();
        self.requests_tx.send(request(ack_tx)).await.map_err(|_| closed())?;
        ack_rx.await.map_err(|_| closed())
    }

    async fn change(&self, event: ResourceEvent) -> Result<(), ProviderError> {
        let answer = self.ask(|ack_tx| Request::Resource { event, ack_tx }).await;
        let retryable = |failure| ProviderError::Retryable { failure, after: None };
        answer.map_err(retryable)?.map_err(|error| match error {
            StepError::Retryable { failure, after } => ProviderError::Retryable { failure, after },
            StepError::Terminal { failure } => ProviderError::Terminal { failure },
        })
    }
}

#[async_trait]
impl Checkpoints for Ledger {
    async fn save(&self, key: &str, value: Value) -> Result<Value, StepError> {
        let (step, direction, key) = (self.step.clone(), self.direction, key.to_owned());
        self.ask(|ack_tx| Request::Checkpoint { step, direction, key, value, ack_tx })
            .await
            .map_err(|failure| StepError::Retryable { failure, after: None })?
    }
}

#[async_trait]
impl Deployments for Ledger {
    async fn transition(
        &self,
        to: DeploymentState,
        reason: TransitionReason,
    ) -> Result<(), TransitionError> {
        self.ask(|ack_tx| Request::Transition { to, reason, ack_tx })
            .await
            .map_err(TransitionError::Books)?
    }
}

#[async_trait]
impl Inventory for Ledger {
    async fn upsert(&self, resource: Resource) -> Result<(), ProviderError> {
        self.change(ResourceEvent::Discovered(resource)).await
    }

    async fn link(&self, key: &ResourceKey, owner: ResourceOwner) -> Result<(), ProviderError> {
        self.change(ResourceEvent::Linked { key: key.clone(), owner }).await
    }

    async fn unlink(&self, key: &ResourceKey) -> Result<(), ProviderError> {
        self.change(ResourceEvent::Unlinked { key: key.clone() }).await
    }

    async fn remove(&self, key: &ResourceKey) -> Result<(), ProviderError> {
        self.change(ResourceEvent::Removed { key: key.clone() }).await
    }
}
