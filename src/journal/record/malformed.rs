//! A record that has the right form and still makes no sense.

use crate::domain::deployment::{UnknownActor, UnknownDeploymentState};
use crate::domain::failure::UnknownFailureCode;
use crate::domain::id::ParseIdError;
use crate::domain::saga::plan::PlanError;

/// Why a record makes no sense.
#[derive(Debug, thiserror::Error)]
pub(super) enum Malformed {
    /// A text is no id.
    #[error(transparent)]
    Id(#[from] ParseIdError),
    /// A text names no actor.
    #[error(transparent)]
    Actor(#[from] UnknownActor),
    /// A text names no state.
    #[error(transparent)]
    State(#[from] UnknownDeploymentState),
    /// A text names no failure code.
    #[error(transparent)]
    Code(#[from] UnknownFailureCode),
    /// The steps are no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A policy allows no try at all.
    #[error("a policy of zero tries")]
    NoTries,
    /// A text is none of the values that a field may have.
    #[error("`{text}` is not a {what}")]
    Unknown {
        /// What the field holds.
        what: &'static str,
        /// The text.
        text: String,
    },
}
