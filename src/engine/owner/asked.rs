//! What is asked of a saga's owner: orders, and what its steps record in Arcadia's own books.

use crate::control::{ControlError, OrderRequest};
use crate::domain::aggregate::{Fact, HistoryError};
use crate::domain::deployment::{Actor, DeploymentState, Transition, TransitionReason};
use crate::domain::failure::{FailureCode, with_causes};
use crate::domain::resource::ResourceEvent;
use crate::domain::saga::event::{EventKind, Order};
use crate::domain::saga::plan::{Direction, StepName};
use crate::engine::owner::{CommitError, Momentum, Owner};
use crate::engine::request::Request;
use crate::engine::seats::Seat;
use crate::steps::StepError;
use crate::store::TransitionError;

impl Owner {
    /// Answers a request; a refusal is an answer, too.
    pub(super) async fn asked(&mut self, request: Request, momentum: Momentum) {
        match request {
            Request::Order { order, ack_tx } => {
                let answer = self.order(order, momentum).await;
                let _ = ack_tx.send(answer);
            }
            Request::Checkpoint { step, direction, key, value, ack_tx } => {
                let answer = self.checkpoint(step, direction, key, value, momentum).await;
                let _ = ack_tx.send(answer);
            }
            Request::Transition { to, reason, ack_tx } => {
                let answer = self.transition(to, reason, momentum).await;
                let _ = ack_tx.send(answer);
            }
            Request::Seat(seat) => self.seated(seat, momentum).await,
            Request::Resource { event, ack_tx } => {
                let answer = self.resource(event, momentum).await;
                let _ = ack_tx.send(answer);
            }
        }
    }

    async fn order(
        &mut self,
        request: OrderRequest,
        momentum: Momentum,
    ) -> Result<(), ControlError> {
        if self.aggregate.state.orders.contains(&request.command) {
            return Ok(());
        }
        let verb = request.order.verb();
        // No step has anything to undo then, the one that would mark it cancelled included.
        let untouched = !self.aggregate.state.steps.iter().any(|step| step.was_started());
        let reason = match &request.order {
            Order::Abandon { .. } => Some(TransitionReason::Abandoned),
            Order::Cancel | Order::Rollback if untouched => {
                Some(TransitionReason::CancelledByOperator)
            }
            Order::Cancel
            | Order::Rollback
            | Order::Hold
            | Order::Resume
            | Order::Retry
            | Order::Take
            | Order::Skip { .. } => None,
        };
        let ordered = EventKind::Ordered {
            command: request.command,
            by: request.by.clone(),
            order: request.order,
        };
        let mut facts = vec![Fact::Saga(ordered)];
        let from = self.aggregate.deployment.state();
        if let Some(reason) = reason
            && from.may_become(DeploymentState::Cancelled)
        {
            facts.push(Fact::Deployment(Transition {
                from: Some(from),
                to: DeploymentState::Cancelled,
                reason,
                actor: request.by,
                at: self.shared.clock.now(),
            }));
        }
        self.commit(facts, momentum).await.map_err(|error| match error {
            CommitError::Illegal(HistoryError::Saga(illegal)) => {
                ControlError::Refused { verb, because: illegal.because }
            }
            CommitError::Illegal(error) => {
                ControlError::Refused { verb, because: error.to_string() }
            }
            CommitError::Journal(error) => {
                let remedy = error.remedy();
                ControlError::Journal { source: Box::new(error), remedy }
            }
        })
    }

    /// Goes forward, if it still wants to; else somebody else has the seat.
    async fn seated(&mut self, seat: Seat, momentum: Momentum) {
        if !self.waits_for_seat() {
            return;
        }
        self.seat = Some(seat);
        if let Err(CommitError::Illegal(error)) = self.commit(Vec::new(), momentum).await {
            self.stalled(&with_causes(&error), None);
        }
    }

    async fn checkpoint(
        &mut self,
        step: StepName,
        direction: Direction,
        key: String,
        value: serde_json::Value,
        momentum: Momentum,
    ) -> Result<serde_json::Value, StepError> {
        let position = self.aggregate.plan.position(&step);
        let kept = position
            .and_then(|position| self.aggregate.state.steps[position].checkpoints.get(&key));
        if let Some(kept) = kept {
            return Ok(kept.clone());
        }
        let fact =
            Fact::Saga(EventKind::Checkpointed { step, direction, key, value: value.clone() });
        self.commit(vec![fact], momentum).await.map_err(books_failed)?;
        Ok(value)
    }

    async fn transition(
        &mut self,
        to: DeploymentState,
        reason: TransitionReason,
        momentum: Momentum,
    ) -> Result<(), TransitionError> {
        let from = self.aggregate.deployment.state();
        if from == to {
            return Ok(());
        }
        let fact = Fact::Deployment(Transition {
            from: Some(from),
            to,
            reason,
            actor: Actor::Saga(self.aggregate.saga),
            at: self.shared.clock.now(),
        });
        self.commit(vec![fact], momentum).await.map_err(|error| match error {
            CommitError::Illegal(HistoryError::Deployment(refusal)) => {
                TransitionError::Refused(refusal)
            }
            CommitError::Illegal(_) | CommitError::Journal(_) => {
                let (StepError::Retryable { failure, .. } | StepError::Terminal { failure }) =
                    books_failed(error);
                TransitionError::Books(failure)
            }
        })
    }

    async fn resource(
        &mut self,
        event: ResourceEvent,
        momentum: Momentum,
    ) -> Result<(), StepError> {
        let row = self.aggregate.resources.get(event.key());
        let changes = match &event {
            ResourceEvent::Discovered(new) => row.is_none_or(|old| {
                (&new.name, &new.spec, new.ipv4) != (&old.name, &old.spec, old.ipv4)
            }),
            ResourceEvent::Linked { key, owner } => match row {
                Some(old) => old.owner.as_ref() != Some(owner),
                None => {
                    return Err(StepError::terminal(
                        FailureCode::NotFound,
                        format!("the inventory has no row {}/{}", key.provider, key.provider_id),
                    ));
                }
            },
            ResourceEvent::Unlinked { .. } => row.is_some_and(|old| old.owner.is_some()),
            ResourceEvent::Removed { .. } => row.is_some(),
        };
        if !changes {
            return Ok(());
        }
        self.commit(vec![Fact::Resource(event)], momentum).await.map_err(books_failed)
    }
}

fn books_failed(error: CommitError) -> StepError {
    match error {
        CommitError::Illegal(error) => {
            StepError::terminal(FailureCode::Internal, error.to_string())
        }
        CommitError::Journal(error) => {
            StepError::retryable(FailureCode::Internal, error.to_string())
        }
    }
}
