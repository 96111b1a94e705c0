//! What follows from a state.

use crate::domain::saga::command::{Call, Command};
use crate::domain::saga::event::{EventKind, StepEvent};
use crate::domain::saga::plan::{Direction, Plan};
use crate::domain::saga::state::{Phase, Stage, State};
use crate::domain::saga::transition::ready::{all_undone, may_start, may_undo};
use crate::domain::time::Timestamp;

/// What follows from a state: facts to record first, else calls to have under way and the moment
/// to ask again. The commands of a state do not change until a fact changes it or time passes.
pub fn decide(plan: &Plan, state: &State, now: Timestamp) -> Vec<Command> {
    match &state.phase {
        Phase::Running => {
            if state.steps.iter().all(|step| step.forward.is_settled()) {
                return vec![Command::Record(EventKind::Completed)];
            }
            lanes(plan, state, Direction::Forward, now, |position| may_start(plan, state, position))
        }
        Phase::Holding { .. } => running_calls(plan, state, Direction::Forward),
        Phase::Compensating { .. } | Phase::NeedsAttention { .. } => {
            if state.steps.iter().any(|step| step.forward.is_running()) {
                return running_calls(plan, state, Direction::Forward);
            }
            if all_undone(plan, state) {
                return vec![Command::Record(EventKind::RolledBack)];
            }
            lanes(plan, state, Direction::Undo, now, |position| may_undo(plan, state, position))
        }
        Phase::Completed { .. } | Phase::RolledBack { .. } | Phase::Abandoned { .. } => Vec::new(),
    }
}

/// The facts that a restart must journal before it goes on: every call that was under way is
/// interrupted, and nobody knows whether it took effect; what waits does so from now.
pub fn interruptions(plan: &Plan, state: &State) -> Vec<EventKind> {
    let interrupted = |command| match command {
        Command::Run(Call { step, direction, .. }) => {
            Some(EventKind::Step { step, direction, event: StepEvent::Interrupted })
        }
        Command::Record(_) | Command::WakeAt(_) => None,
    };
    [Direction::Forward, Direction::Undo]
        .into_iter()
        .flat_map(|direction| running_calls(plan, state, direction))
        .filter_map(interrupted)
        .chain(pause(state))
        .collect()
}

/// The fact that nobody could go on for a while, where something waits and is to wait from now.
pub fn pause(state: &State) -> Option<EventKind> {
    let waits = state.steps.iter().any(|step| step.forward.is_waiting() || step.undo.is_waiting());
    (waits && !state.is_finished()).then_some(EventKind::Restarted)
}

/// The commands of one direction: facts first; when there are none, calls and the next moment.
fn lanes(
    plan: &Plan,
    state: &State,
    direction: Direction,
    now: Timestamp,
    eligible: impl Fn(usize) -> bool,
) -> Vec<Command> {
    let mut facts = Vec::new();
    let mut wake: Option<Timestamp> = None;
    for (position, step) in state.steps.iter().enumerate() {
        if !eligible(position) {
            continue;
        }
        let lane = step.lane(direction);
        let planned = &plan.steps()[position];
        let due = match &lane.stage {
            Stage::Idle => Some((now, StepEvent::Started { attempt: lane.attempt + 1 })),
            Stage::WaitingToRetry { at } => {
                Some((*at, StepEvent::Started { attempt: lane.attempt + 1 }))
            }
            // Past its deadline, too: a wait ends with a look, and only the look may give up.
            Stage::Waiting { until, .. } => Some((*until, StepEvent::Polled)),
            Stage::Running { .. }
            | Stage::Succeeded { .. }
            | Stage::Failed { .. }
            | Stage::Skipped { .. } => None,
        };
        match due {
            Some((at, event)) if at <= now => facts.push(Command::Record(EventKind::Step {
                step: planned.name.clone(),
                direction,
                event,
            })),
            Some((at, _)) => wake = Some(wake.map_or(at, |earliest| earliest.min(at))),
            None => {}
        }
    }
    if !facts.is_empty() {
        return facts;
    }
    let mut commands = running_calls(plan, state, direction);
    commands.extend(wake.map(Command::WakeAt));
    commands
}

fn running_calls(plan: &Plan, state: &State, direction: Direction) -> Vec<Command> {
    plan.steps()
        .iter()
        .zip(&state.steps)
        .filter(|(_, step)| step.lane(direction).is_running())
        .map(|(planned, step)| {
            let lane = step.lane(direction);
            Command::Run(Call {
                step: planned.name.clone(),
                direction,
                attempt: lane.attempt,
                poll: lane.poll,
            })
        })
        .collect()
}
