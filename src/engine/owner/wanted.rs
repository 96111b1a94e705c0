//! What a state wants, sorted by who sees to it.

use crate::domain::aggregate::{Aggregate, Fact};
use crate::domain::saga::command::{Call, Command};
use crate::domain::saga::transition::decide;
use crate::domain::time::Timestamp;

/// What a state wants.
#[derive(Default)]
pub(super) struct Wanted {
    /// To be recorded before anything else; nothing else is wanted as long as there are any.
    pub(super) facts: Vec<Fact>,
    /// To be under way.
    pub(super) calls: Vec<Call>,
    /// When to ask again.
    pub(super) wake_at: Option<Timestamp>,
}

impl Wanted {
    /// What this picture wants.
    pub(super) fn by(aggregate: &Aggregate, now: Timestamp) -> Self {
        let mut wanted = Self::default();
        for command in decide(&aggregate.plan, &aggregate.state, now) {
            match command {
                Command::Record(kind) => wanted.facts.push(Fact::Saga(kind)),
                Command::Run(call) => wanted.calls.push(call),
                Command::WakeAt(at) => wanted.wake_at = Some(at),
            }
        }
        wanted
    }
}
