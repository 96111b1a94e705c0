//! What others ask of a saga's owner.

use serde_json::Value;
use tokio::sync::oneshot;

use crate::control::{ControlError, OrderRequest};
use crate::domain::deployment::{DeploymentState, TransitionReason};
use crate::domain::resource::ResourceEvent;
use crate::domain::saga::plan::{Direction, StepName};
use crate::engine::seats::Seat;
use crate::steps::StepError;
use crate::store::TransitionError;

/// What others ask of a saga's owner. Each but the seat is answered when the fact is durable, or
/// refused.
pub(super) enum Request {
    /// An operator's order.
    Order { order: OrderRequest, ack_tx: oneshot::Sender<Result<(), ControlError>> },
    /// A step saves what its compensation needs.
    Checkpoint {
        step: StepName,
        direction: Direction,
        key: String,
        value: Value,
        ack_tx: oneshot::Sender<Result<Value, StepError>>,
    },
    /// A step moves the deployment.
    Transition {
        to: DeploymentState,
        reason: TransitionReason,
        ack_tx: oneshot::Sender<Result<(), TransitionError>>,
    },
    /// The saga waited for a seat, and this is it.
    Seat(Seat),
    /// A step changes the inventory.
    Resource { event: ResourceEvent, ack_tx: oneshot::Sender<Result<(), StepError>> },
}
