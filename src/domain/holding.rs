//! What a deployment has at the provider, as its history tells: what its steps made, and what becomes
//! of it.

use std::net::Ipv4Addr;

use crate::domain::aggregate::Aggregate;
use crate::domain::saga::state::{Phase, Stage};
use crate::domain::saga::transition::needs_undo;
use crate::domain::time::Timestamp;

/// What a step made. The words come from the step, which alone can read what it wrote down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// What it is.
    pub kind: HoldingKind,
    /// The provider's id; `None` while nobody knows whether it came into being.
    pub id: Option<String>,
    /// Its name at the provider.
    pub name: String,
    /// The image that it was made from, if it was made from one.
    pub image: Option<String>,
    /// Its public address, or the one that it points at.
    pub address: Option<Ipv4Addr>,
}

/// Something that a deployment has, or may have, at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// What it is.
    pub made: Made,
    /// When it was made, or when making it began.
    pub since: Timestamp,
    /// What becomes of it.
    pub state: HoldingState,
}

/// What a holding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldingKind {
    /// A machine.
    Droplet,
    /// A DNS record.
    Record,
}

impl HoldingKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Droplet, Self::Record];

    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Droplet => "droplet",
            Self::Record => "record",
        }
    }
}

/// What becomes of a holding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldingState {
    /// Nobody looks after it: its deployment was abandoned, or its undo was skipped.
    LeftBehind,
    /// Undoing it gave up, and a person must decide.
    Stuck,
    /// It is being undone.
    BeingUndone,
    /// Its deployment is not up yet.
    BeingMade,
    /// Its deployment is up.
    InUse,
}

impl HoldingState {
    /// Every state, what a person should look at first.
    pub const ALL: [Self; 5] =
        [Self::LeftBehind, Self::Stuck, Self::BeingUndone, Self::BeingMade, Self::InUse];

    /// The text form, as a person reads and types it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeftBehind => "left behind",
            Self::Stuck => "stuck",
            Self::BeingUndone => "being undone",
            Self::BeingMade => "being made",
            Self::InUse => "in use",
        }
    }
}

impl Holding {
    /// What the step at `position` made, if any of it is out there. What nobody has an id of is there
    /// only as long as a request for it may have taken effect.
    pub fn of(aggregate: &Aggregate, position: usize, made: Made) -> Option<Self> {
        let step = &aggregate.state.steps[position];
        let lane = &step.forward;
        let may_be_there = made.id.is_some() || lane.is_running() || lane.doubt_since.is_some();
        if !may_be_there || !needs_undo(&aggregate.plan, &aggregate.state, position) {
            return None;
        }
        let state = match &step.undo.stage {
            Stage::Succeeded { .. } => return None,
            Stage::Skipped { .. } => HoldingState::LeftBehind,
            Stage::Failed { .. } => state_of(&aggregate.state.phase, HoldingState::Stuck),
            Stage::Idle
            | Stage::Running { .. }
            | Stage::Waiting { .. }
            | Stage::WaitingToRetry { .. } => {
                state_of(&aggregate.state.phase, HoldingState::BeingUndone)
            }
        };
        let since = lane.ended_at().or(lane.started_at).unwrap_or(aggregate.launched_at);
        Some(Self { made, since, state })
    }
}

/// What becomes of what is not undone, given what is while undoing goes on.
fn state_of(phase: &Phase, meanwhile: HoldingState) -> HoldingState {
    match phase {
        Phase::Running | Phase::Holding { .. } => HoldingState::BeingMade,
        Phase::Compensating { .. } | Phase::NeedsAttention { .. } => meanwhile,
        Phase::Completed { .. } => HoldingState::InUse,
        // Nobody undoes anything any more.
        Phase::RolledBack { .. } | Phase::Abandoned { .. } => HoldingState::LeftBehind,
    }
}
