//! The law: [`evolve`] says what a fact means, [`decide`] what follows, [`settle`] how a call's
//! answer becomes a fact. All three are pure, and the same for a live saga, a resumed one and a
//! remote picture of one.
//!
//! Going forward, a step starts when everything it needs has succeeded. Going back, a step is
//! undone when everything that needs it is undone, and never while any step is still under way.

use std::time::Duration;

use crate::domain::failure::{Failure, FailureCode};

mod decide;
mod evolve;
mod order;
mod ready;
mod settle;

pub use decide::{decide, interruptions, pause};
pub use evolve::{evolve, evolve_in_place};
pub use ready::needs_undo;
pub use settle::{Outcome, settle, settle_held};

/// For how long a provider may say *wait* before the step gives up: a day is longer than any quota's
/// window, and short enough that a person finds out.
pub const TOLD_TO_WAIT_AT_MOST: Duration = Duration::from_hours(24);

/// The longest single wait that a provider is believed to ask for; whoever reads its answers cuts it
/// to that. It is asked again then.
pub const LONGEST_ASKED_WAIT: Duration = Duration::from_hours(1);

/// A fact that cannot have happened in this state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} cannot happen: {because}")]
pub struct IllegalTransition {
    /// What was said to have happened.
    pub event: String,
    /// Why it cannot have.
    pub because: String,
}

/// To be told to wait, or never to have begun, uses up no try and no time: it says nothing about the
/// step.
fn is_forgiven(failure: &Failure) -> bool {
    matches!(failure.code, FailureCode::RateLimited | FailureCode::Interrupted)
}
