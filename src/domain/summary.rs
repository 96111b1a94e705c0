//! One row of the list: all that a person sees of a deployment without opening it.
//!
//! A finished deployment's summary is kept in the journal beside its history, so that listing
//! 100,000 of them reads no events.

use std::cmp::Reverse;
use std::net::Ipv4Addr;

use crate::domain::aggregate::Aggregate;
use crate::domain::deployment::DeploymentState;
use crate::domain::failure::FailureCode;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::saga::plan::{Direction, StepName};
use crate::domain::saga::state::{Cause, HoldReason, Lane, Phase, Stage, Taken};
use crate::domain::saga::transition::{TOLD_TO_WAIT_AT_MOST, needs_undo};
use crate::domain::spec::DnsName;
use crate::domain::time::Timestamp;

/// One row of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Its saga.
    pub saga: SagaId,
    /// Who it is for.
    pub tenant: String,
    /// Its name.
    pub slug: String,
    /// The fully qualified name that points at it, if one was asked for.
    pub dns_name: Option<String>,
    /// Region slug.
    pub region: String,
    /// Size slug.
    pub size: String,
    /// Its public address, once known.
    pub ipv4: Option<Ipv4Addr>,
    /// The deployment's state.
    pub state: DeploymentState,
    /// How its saga stands, in one word.
    pub standing: Standing,
    /// One mark for each step, in the order of the plan.
    pub marks: Vec<StepMark>,
    /// The step that matters now.
    pub focus: Option<Focus>,
    /// What went wrong or who stopped it, for a saga that does not go forward.
    pub why: Option<String>,
    /// Who sees to it, if somebody said so and it has not ended.
    pub taken: Option<Taken>,
    /// When it was launched.
    pub launched_at: Timestamp,
    /// When something last happened.
    pub changed_at: Timestamp,
    /// When its saga ended.
    pub ended_at: Option<Timestamp>,
    /// The sequence number that the next entry of its history will carry.
    pub next_seq: u64,
}

/// How a saga stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// A compensation gave up, or a failed step is held: a person must decide.
    NeedsYou,
    /// Everything that started is being undone.
    RollingBack,
    /// Going forward.
    Running,
    /// An operator paused it.
    Held,
    /// Every step succeeded.
    Active,
    /// A step failed, and everything was undone.
    Failed,
    /// An operator cancelled it, and everything was undone.
    Cancelled,
    /// An operator rolled it back after it was active.
    RolledBack,
    /// An operator gave up on it.
    Abandoned,
}

impl Standing {
    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeedsYou => "needs_you",
            Self::RollingBack => "rolling_back",
            Self::Running => "running",
            Self::Held => "held",
            Self::Active => "active",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::RolledBack => "rolled_back",
            Self::Abandoned => "abandoned",
        }
    }

    /// Every standing, in the order of urgency.
    pub const ALL: [Self; 9] = [
        Self::NeedsYou,
        Self::RollingBack,
        Self::Running,
        Self::Held,
        Self::Active,
        Self::Failed,
        Self::Cancelled,
        Self::RolledBack,
        Self::Abandoned,
    ];

    /// Whether its saga has ended.
    pub const fn is_finished(self) -> bool {
        match self {
            Self::NeedsYou | Self::RollingBack | Self::Running | Self::Held => false,
            Self::Active | Self::Failed | Self::Cancelled | Self::RolledBack | Self::Abandoned => {
                true
            }
        }
    }
}

/// One step, as one mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepMark {
    /// Not reached.
    Pending,
    /// Under way.
    Running,
    /// Waiting to be asked again, or to be tried again.
    Waiting,
    /// Done.
    Done,
    /// Failed, and certainly without effect.
    Failed,
    /// Failed, and nobody knows whether it took effect.
    Unknown,
    /// An operator said to go on without it.
    Skipped,
    /// Done, and there is nothing to undo, while the rest is being undone.
    NothingToUndo,
    /// Being undone.
    Undoing,
    /// Undone.
    Undone,
    /// Undoing it gave up.
    UndoFailed,
}

impl StepMark {
    /// The mark in words that a person reads.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Pending => "not begun",
            Self::Running => "under way",
            Self::Waiting => "waits, to ask or to try again",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "nobody knows whether it took effect",
            Self::Skipped => "dealt with by hand",
            Self::NothingToUndo => "nothing to undo",
            Self::Undoing => "being undone",
            Self::Undone => "undone",
            Self::UndoFailed => "cannot be undone",
        }
    }

    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
            Self::NothingToUndo => "nothing_to_undo",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::UndoFailed => "undo_failed",
        }
    }

    /// Every mark, in the order of declaration.
    pub const ALL: [Self; 11] = [
        Self::Pending,
        Self::Running,
        Self::Waiting,
        Self::Done,
        Self::Failed,
        Self::Unknown,
        Self::Skipped,
        Self::NothingToUndo,
        Self::Undoing,
        Self::Undone,
        Self::UndoFailed,
    ];
}

/// The step that matters now.
#[derive(Debug, Clone, PartialEq)]
pub struct Focus {
    /// Which step.
    pub step: StepName,
    /// Doing or undoing it.
    pub direction: Direction,
    /// Which attempt, counted as the policy counts.
    pub attempt: u32,
    /// How many attempts the policy allows.
    pub tries: u32,
    /// When the present attempt, or the wait, began or will end.
    pub activity: Activity,
}

/// What the step in focus is doing.
#[derive(Debug, Clone, PartialEq)]
pub enum Activity {
    /// A call is under way.
    Calling {
        /// Since when.
        since: Timestamp,
    },
    /// It waits to be asked again.
    Waiting {
        /// Until when.
        until: Timestamp,
        /// For what.
        note: String,
        /// When it gives up.
        gives_up_at: Timestamp,
    },
    /// It waits for its next try.
    Retrying {
        /// When.
        at: Timestamp,
        /// What went wrong.
        error: String,
        /// When the provider said *wait*, which uses up no try and no time of the step: until when
        /// that is obeyed.
        obeys_until: Option<Timestamp>,
    },
    /// It gave up.
    GaveUp {
        /// When.
        at: Timestamp,
        /// What went wrong.
        error: String,
    },
}

impl Summary {
    /// Whether nobody else may have its names, `tenant/slug` and the DNS name: they are free again when
    /// nothing of the deployment is left.
    pub fn holds_its_names(&self) -> bool {
        match self.state {
            DeploymentState::Provisioning | DeploymentState::Active | DeploymentState::Paused => {
                self.standing != Standing::Abandoned
            }
            // The last compensation marks the deployment cancelled while its saga is still open.
            DeploymentState::Cancelled | DeploymentState::Archived => !self.standing.is_finished(),
        }
    }

    /// The row of a deployment.
    pub fn of(aggregate: &Aggregate) -> Self {
        let spec = &aggregate.deployment.spec;
        Self {
            deployment: aggregate.deployment.id,
            saga: aggregate.saga,
            tenant: spec.tenant.clone(),
            slug: spec.slug.clone(),
            dns_name: spec.dns.as_ref().map(DnsName::to_string),
            region: spec.region.clone(),
            size: spec.size.clone(),
            ipv4: aggregate.resources.values().next().map(|resource| resource.ipv4),
            state: aggregate.deployment.state(),
            standing: standing(&aggregate.state.phase),
            marks: (0..aggregate.state.steps.len()).map(|step| mark(aggregate, step)).collect(),
            focus: focus(aggregate),
            why: why(aggregate),
            taken: aggregate.state.taken.clone(),
            launched_at: aggregate.launched_at,
            changed_at: aggregate.changed_at,
            ended_at: aggregate.state.phase.end(),
            next_seq: aggregate.next_seq(),
        }
    }

    /// The deployment's name as people say it: `tenant/slug`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.tenant, self.slug)
    }

    /// Sorts what needs a person first, then what moves (the longest-running first), then the rest
    /// (the latest first).
    pub fn urgency(&self) -> (Standing, Reverse<Timestamp>, DeploymentId) {
        if self.standing.is_finished() {
            (Standing::Active, Reverse(self.launched_at), self.deployment)
        } else {
            let oldest_first = Timestamp::from_millis(-self.launched_at.as_millis());
            (self.standing, Reverse(oldest_first), self.deployment)
        }
    }
}

/// How a phase reads in one word.
pub fn standing(phase: &Phase) -> Standing {
    match phase {
        Phase::Running => Standing::Running,
        Phase::Holding { why: HoldReason::Ordered { .. } } => Standing::Held,
        Phase::Holding { why: HoldReason::StepFailed { .. } } | Phase::NeedsAttention { .. } => {
            Standing::NeedsYou
        }
        Phase::Compensating { .. } => Standing::RollingBack,
        Phase::Completed { .. } => Standing::Active,
        Phase::RolledBack { cause: Cause::StepFailed { .. }, .. } => Standing::Failed,
        Phase::RolledBack { cause: Cause::Cancelled { .. }, .. } => Standing::Cancelled,
        Phase::RolledBack { cause: Cause::RolledBack { .. }, .. } => Standing::RolledBack,
        Phase::Abandoned { .. } => Standing::Abandoned,
    }
}

/// One step, as one mark.
pub fn mark(aggregate: &Aggregate, position: usize) -> StepMark {
    let step = &aggregate.state.steps[position];
    let going_back = aggregate.state.phase.cause().is_some();
    match &step.undo.stage {
        Stage::Running { .. } | Stage::Waiting { .. } | Stage::WaitingToRetry { .. } => {
            return StepMark::Undoing;
        }
        Stage::Succeeded { .. } => return StepMark::Undone,
        Stage::Failed { .. } => return StepMark::UndoFailed,
        Stage::Skipped { .. } => return StepMark::Skipped,
        Stage::Idle => {}
    }
    match &step.forward.stage {
        Stage::Idle => StepMark::Pending,
        Stage::Running { .. } => StepMark::Running,
        Stage::Waiting { .. } | Stage::WaitingToRetry { .. } => StepMark::Waiting,
        Stage::Succeeded { .. }
            if going_back && !needs_undo(&aggregate.plan, &aggregate.state, position) =>
        {
            StepMark::NothingToUndo
        }
        Stage::Succeeded { .. } => StepMark::Done,
        Stage::Failed { .. } if step.forward.is_in_doubt() => StepMark::Unknown,
        Stage::Failed { .. } => StepMark::Failed,
        Stage::Skipped { .. } => StepMark::Skipped,
    }
}

fn focus(aggregate: &Aggregate) -> Option<Focus> {
    let state = &aggregate.state;
    if state.is_finished() {
        return None;
    }
    let directions = if state.phase.cause().is_some() {
        [Direction::Undo, Direction::Forward]
    } else {
        [Direction::Forward, Direction::Undo]
    };
    directions.into_iter().find_map(|direction| {
        let mut lanes: Vec<_> = state
            .steps
            .iter()
            .enumerate()
            .filter_map(|(position, step)| {
                let focus = focus_of(aggregate, position, direction, step.lane(direction))?;
                Some((weight(&focus.activity), focus))
            })
            .collect();
        // A step that fails for good on the way forward is history once the way back begins.
        if direction == Direction::Forward && state.phase.cause().is_some() {
            lanes.retain(|(_, focus)| matches!(focus.activity, Activity::Calling { .. }));
        }
        lanes.into_iter().min_by_key(|(weight, _)| *weight).map(|(_, focus)| focus)
    })
}

fn focus_of(
    aggregate: &Aggregate,
    position: usize,
    direction: Direction,
    lane: &Lane,
) -> Option<Focus> {
    let planned = &aggregate.plan.steps()[position];
    let patience = match direction {
        Direction::Forward => &planned.forward,
        Direction::Undo => planned.undo.as_ref()?,
    };
    let activity = match &lane.stage {
        Stage::Running { since } => Activity::Calling { since: *since },
        Stage::Waiting { until, note } => Activity::Waiting {
            until: *until,
            note: note.clone(),
            gives_up_at: lane.patience_from.unwrap_or(*until) + patience.deadline,
        },
        Stage::WaitingToRetry { at } => Activity::Retrying {
            at: *at,
            error: lane.last_failure.as_ref().map(|f| f.message.clone()).unwrap_or_default(),
            obeys_until: obeys_until(lane),
        },
        Stage::Failed { at, failure } => {
            Activity::GaveUp { at: *at, error: failure.message.clone() }
        }
        Stage::Idle | Stage::Succeeded { .. } | Stage::Skipped { .. } => return None,
    };
    Some(Focus {
        step: planned.name.clone(),
        direction,
        attempt: lane.attempt.saturating_sub(lane.forgiven).max(1),
        tries: patience.retry.tries.get(),
        activity,
    })
}

/// Until when a step that the provider told to wait does so.
fn obeys_until(lane: &Lane) -> Option<Timestamp> {
    let told = lane.last_failure.as_ref()?.code == FailureCode::RateLimited;
    Some(lane.told_to_wait_since.filter(|_| told)? + TOLD_TO_WAIT_AT_MOST)
}

fn weight(activity: &Activity) -> u8 {
    match activity {
        Activity::GaveUp { .. } => 0,
        Activity::Calling { .. } => 1,
        Activity::Retrying { .. } => 2,
        Activity::Waiting { .. } => 3,
    }
}

fn why(aggregate: &Aggregate) -> Option<String> {
    match &aggregate.state.phase {
        Phase::Abandoned { by, reason, .. } => return Some(format!("abandoned by {by}: {reason}")),
        Phase::Holding { why: HoldReason::Ordered { by } } => return Some(format!("held by {by}")),
        Phase::Holding { why: HoldReason::StepFailed { step } } => {
            return failure_of(aggregate, step);
        }
        Phase::Running
        | Phase::Compensating { .. }
        | Phase::NeedsAttention { .. }
        | Phase::Completed { .. }
        | Phase::RolledBack { .. } => {}
    }
    match aggregate.state.phase.cause()? {
        Cause::StepFailed { step } => failure_of(aggregate, step),
        Cause::Cancelled { by } => Some(format!("cancelled by {by}")),
        Cause::RolledBack { by } => Some(format!("rolled back by {by}")),
    }
}

fn failure_of(aggregate: &Aggregate, step: &StepName) -> Option<String> {
    let position = aggregate.plan.position(step)?;
    let failure = aggregate.state.steps[position].forward.last_failure.as_ref()?;
    Some(format!("{step}: {}", failure.message))
}
