//! What a state wants, sorted by who sees to it.

use crate::domain::aggregate::{Aggregate, Fact};
use crate::domain::saga::command::{Call, Command};
use crate::domain::saga::event::EventKind;
use crate::domain::saga::state::Phase;
use crate::domain::saga::transition::decide;
use crate::domain::time::Timestamp;
use crate::engine::seats::Seat;

/// What a state wants.
#[derive(Default)]
pub(super) struct Wanted {
    /// To be recorded before anything else; nothing else is wanted as long as there are any.
    pub(super) facts: Vec<Fact>,
    /// To be under way.
    pub(super) calls: Vec<Call>,
    /// When to ask again.
    pub(super) wake_at: Option<Timestamp>,
    /// What it lacks.
    pub(super) needs: Needs,
}

/// What a saga lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Needs {
    #[default]
    Nothing,
    /// Without a seat it does not go forward.
    Seat,
}

/// Whether a saga has a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seated {
    Yes,
    No,
}

impl Seated {
    /// Whether this is a seat.
    pub(super) fn by(seat: Option<&Seat>) -> Self {
        if seat.is_some() { Self::Yes } else { Self::No }
    }
}

impl Wanted {
    /// What this picture wants.
    pub(super) fn by(aggregate: &Aggregate, now: Timestamp, seated: Seated) -> Self {
        let mut wanted = Self::default();
        let stays = seated == Seated::No && aggregate.state.phase == Phase::Running;
        for command in decide(&aggregate.plan, &aggregate.state, now) {
            match command {
                // A call that is under way all the same goes on; nothing is started.
                Command::Record(EventKind::Step { .. }) | Command::Run(_) | Command::WakeAt(_)
                    if stays =>
                {
                    wanted.needs = Needs::Seat;
                }
                Command::Record(kind) => wanted.facts.push(Fact::Saga(kind)),
                Command::Run(call) => wanted.calls.push(call),
                Command::WakeAt(at) => wanted.wake_at = Some(at),
            }
        }
        wanted
    }
}
