//! What a fact means.

use std::sync::Arc;

use crate::domain::failure::{Effect, Failure, FailureCode};
use crate::domain::saga::event::{Event, EventKind, StepEvent};
use crate::domain::saga::plan::{Direction, OnFailure, Plan, StepName};
use crate::domain::saga::state::{Cause, HoldReason, Lane, Phase, Stage, State, StepState};
use crate::domain::saga::transition::order::order;
use crate::domain::saga::transition::ready::{all_undone, may_go_on};
use crate::domain::saga::transition::{IllegalTransition, LONGEST_ASKED_WAIT, is_forgiven};
use crate::domain::time::Timestamp;

/// What a fact means: the state after it.
///
/// # Errors
/// When the fact cannot have happened in this state. The caller must not go on with that saga.
pub fn evolve(plan: &Plan, state: &State, event: &Event) -> Result<State, IllegalTransition> {
    let mut next = state.clone();
    evolve_in_place(plan, &mut next, event.at, &event.kind)?;
    Ok(next)
}

/// The same, for a state that nobody needs as it was: a history is folded without a copy a fact.
///
/// # Errors
/// As [`evolve`]; the state is then as it was, so every rule below looks before it changes.
pub fn evolve_in_place(
    plan: &Plan,
    state: &mut State,
    at: Timestamp,
    kind: &EventKind,
) -> Result<(), IllegalTransition> {
    match kind {
        EventKind::Step { step, direction, event } => {
            step_event(plan, state, step, *direction, event, at)
        }
        EventKind::Checkpointed { step, direction, key, value } => {
            checkpoint(plan, state, (step, *direction), key, value)
        }
        EventKind::Ordered { command, .. } if state.orders.contains(command) => {
            Err("this order was taken before".to_owned())
        }
        EventKind::Ordered { command, by, order } => {
            self::order(plan, state, by, order, at).map(|()| {
                state.orders.insert(*command);
            })
        }
        EventKind::Restarted => restart(state, at),
        EventKind::Completed => complete(state, at),
        EventKind::RolledBack => roll_back(plan, state, at),
    }
    .map_err(|because| IllegalTransition { event: describe(kind), because })?;
    if state.is_finished() {
        // Nobody has to see to what has ended; a rollback after it is another matter.
        state.taken = None;
    }
    Ok(())
}

fn step_event(
    plan: &Plan,
    next: &mut State,
    step: &StepName,
    direction: Direction,
    event: &StepEvent,
    at: Timestamp,
) -> Result<(), String> {
    let position = plan.position(step).ok_or_else(|| format!("the plan holds no `{step}`"))?;
    if let StepEvent::Started { .. } | StepEvent::Polled = event {
        may_go_on(plan, next, position, direction)?;
    }
    if let StepEvent::Waiting { .. } | StepEvent::RetryScheduled { .. } = event
        && direction == Direction::Forward
        && next.phase.cause().is_some()
    {
        return Err("the saga is not going forward".to_owned());
    }
    let going_back = next.phase.cause().is_some();
    let of_step = next.step_mut(position);
    advance(of_step, direction, event, at, going_back)?;
    if let StepEvent::Started { .. } | StepEvent::Polled = event {
        doubt_from(of_step, at);
    }
    if of_step.lane(direction).is_failed() {
        failed(plan, next, step, direction, at);
    }
    Ok(())
}

/// A doubt began when the step looks at the latest. Where the clock was set back it would lie ahead, and
/// each look would doubt for the whole time anew.
fn doubt_from(step: &mut StepState, at: Timestamp) {
    for lane in [&mut step.forward, &mut step.undo] {
        lane.doubt_since = lane.doubt_since.map(|since| since.min(at));
    }
}

/// Moves one lane. The saga's phase is not its business.
fn advance(
    step: &mut StepState,
    direction: Direction,
    event: &StepEvent,
    at: Timestamp,
    going_back: bool,
) -> Result<(), String> {
    let lane = step.lane_mut(direction);
    let mut doubt = Effect::None;
    match event {
        StepEvent::Started { attempt } => {
            match &lane.stage {
                Stage::Idle | Stage::WaitingToRetry { .. } => {}
                Stage::Running { .. }
                | Stage::Waiting { .. }
                | Stage::Succeeded { .. }
                | Stage::Failed { .. }
                | Stage::Skipped { .. } => return Err("it is not waiting to start".to_owned()),
            }
            if *attempt != lane.attempt + 1 {
                return Err(format!("the next attempt is {}", lane.attempt + 1));
            }
            lane.attempt = *attempt;
            lane.poll = 0;
            lane.started_at.get_or_insert(at);
            lane.patience_from.get_or_insert(at);
            lane.stage = Stage::Running { since: at };
        }
        StepEvent::Polled => {
            let Stage::Waiting { .. } = lane.stage else {
                return Err("it is not waiting to be asked again".to_owned());
            };
            lane.poll += 1;
            lane.stage = Stage::Running { since: at };
        }
        StepEvent::Waiting { until, note } => {
            running(lane)?;
            lane.stage = Stage::Waiting { until: *until, note: note.clone() };
        }
        StepEvent::RetryScheduled { failure, at: next_at } => {
            running(lane)?;
            doubt = failure.effect;
            if is_forgiven(failure) {
                lane.told_to_wait_since.get_or_insert(at);
                lane.forgiven += 1;
                lane.patience_from = lane.patience_from.map(|from| from + at.until(*next_at));
            } else {
                lane.told_to_wait_since = None;
            }
            lane.last_failure = Some(failure.clone());
            lane.stage = Stage::WaitingToRetry { at: *next_at };
        }
        StepEvent::Succeeded { output } => {
            running(lane)?;
            lane.stage = Stage::Succeeded { at, output: output.clone() };
        }
        StepEvent::Failed { failure } => {
            match &lane.stage {
                Stage::Running { .. } | Stage::Waiting { .. } | Stage::WaitingToRetry { .. } => {}
                Stage::Idle
                | Stage::Succeeded { .. }
                | Stage::Failed { .. }
                | Stage::Skipped { .. } => return Err("it is not under way".to_owned()),
            }
            doubt = failure.effect;
            lane.last_failure = Some(failure.clone());
            lane.stage = Stage::Failed { at, failure: failure.clone() };
        }
        StepEvent::Interrupted => {
            running(lane)?;
            doubt = Effect::Unknown;
            lane.forgiven += 1;
            // Time that the program was dead is not the step's.
            lane.patience_from = Some(at);
            let failure = Failure::with_unknown_effect(
                FailureCode::Interrupted,
                "the program stopped while this was under way",
            );
            lane.last_failure = Some(failure.clone());
            lane.stage = if going_back && direction == Direction::Forward {
                Stage::Failed { at, failure }
            } else {
                Stage::WaitingToRetry { at }
            };
        }
    }
    if doubt == Effect::Unknown {
        lane.doubt_since = Some(at);
    }
    Ok(())
}

fn running(lane: &Lane) -> Result<(), String> {
    if lane.is_running() { Ok(()) } else { Err("it is not running".to_owned()) }
}

/// What a lane that gave up means for the saga.
fn failed(plan: &Plan, next: &mut State, step: &StepName, direction: Direction, at: Timestamp) {
    match (direction, &next.phase) {
        (Direction::Forward, Phase::Running) => match plan.on_failure() {
            OnFailure::Rollback => {
                compensate(next, Cause::StepFailed { step: step.clone() }, at);
            }
            OnFailure::Hold => {
                next.phase = Phase::Holding { why: HoldReason::StepFailed { step: step.clone() } };
            }
        },
        // The operator said to hold: a failure meanwhile does not start to destroy things.
        (Direction::Forward, Phase::Holding { .. }) => {
            next.phase = Phase::Holding { why: HoldReason::StepFailed { step: step.clone() } };
        }
        (Direction::Undo, Phase::Compensating { cause }) => {
            next.phase = Phase::NeedsAttention { cause: cause.clone(), step: step.clone() };
        }
        (
            Direction::Forward,
            Phase::Compensating { .. }
            | Phase::NeedsAttention { .. }
            | Phase::Completed { .. }
            | Phase::RolledBack { .. }
            | Phase::Abandoned { .. },
        )
        | (
            Direction::Undo,
            Phase::Running
            | Phase::Holding { .. }
            | Phase::NeedsAttention { .. }
            | Phase::Completed { .. }
            | Phase::RolledBack { .. }
            | Phase::Abandoned { .. },
        ) => {}
    }
}

/// Turns round. A wait or a back-off ends here; a call under way is given its time-out to answer.
pub(super) fn compensate(next: &mut State, cause: Cause, at: Timestamp) {
    for step in &mut next.steps {
        let words = match &step.forward.stage {
            Stage::Waiting { note, .. } => format!("cancelled while it waited ({note})"),
            Stage::WaitingToRetry { .. } => "cancelled before the next try".to_owned(),
            Stage::Idle
            | Stage::Running { .. }
            | Stage::Succeeded { .. }
            | Stage::Failed { .. }
            | Stage::Skipped { .. } => continue,
        };
        let failure = Failure::without_effect(FailureCode::Cancelled, words);
        Arc::make_mut(step).forward.stage = Stage::Failed { at, failure };
    }
    next.phase = Phase::Compensating { cause };
}

fn checkpoint(
    plan: &Plan,
    next: &mut State,
    (step, direction): (&StepName, Direction),
    key: &str,
    value: &serde_json::Value,
) -> Result<(), String> {
    let position = plan.position(step).ok_or_else(|| format!("the plan holds no `{step}`"))?;
    let of_step = next.step_mut(position);
    running(of_step.lane(direction))?;
    if of_step.checkpoints.contains_key(key) {
        return Err(format!("checkpoint `{key}` was written before, and is kept"));
    }
    of_step.checkpoints.insert(key.to_owned(), value.clone());
    Ok(())
}

fn restart(next: &mut State, at: Timestamp) -> Result<(), String> {
    if next.is_finished() {
        return Err("the saga has ended".to_owned());
    }
    for step in &mut next.steps {
        if !step.forward.is_waiting() && !step.undo.is_waiting() {
            continue;
        }
        let step = Arc::make_mut(step);
        for lane in [&mut step.forward, &mut step.undo] {
            // A clock that was set back must not freeze what waits: it is asked now, or tried again
            // within the longest wait that a provider may ask for.
            match &mut lane.stage {
                Stage::Waiting { until, .. } => *until = at.min(*until),
                Stage::WaitingToRetry { at: next } => *next = (*next).min(at + LONGEST_ASKED_WAIT),
                Stage::Idle
                | Stage::Running { .. }
                | Stage::Succeeded { .. }
                | Stage::Failed { .. }
                | Stage::Skipped { .. } => continue,
            }
            lane.patience_from = Some(at);
        }
    }
    Ok(())
}

fn complete(next: &mut State, at: Timestamp) -> Result<(), String> {
    if next.phase != Phase::Running {
        return Err("the saga is not going forward".to_owned());
    }
    if !next.steps.iter().all(|step| step.forward.is_settled()) {
        return Err("a step has not succeeded".to_owned());
    }
    next.phase = Phase::Completed { at };
    Ok(())
}

fn roll_back(plan: &Plan, next: &mut State, at: Timestamp) -> Result<(), String> {
    let Phase::Compensating { cause } = &next.phase else {
        return Err("the saga is not being undone".to_owned());
    };
    let cause = cause.clone();
    if next.steps.iter().any(|step| step.forward.is_running()) || !all_undone(plan, next) {
        return Err("a step is not undone".to_owned());
    }
    next.phase = Phase::RolledBack { cause, at };
    Ok(())
}

fn describe(kind: &EventKind) -> String {
    match kind {
        EventKind::Step { step, direction, event } => {
            let what = match event {
                StepEvent::Started { attempt } => format!("start of attempt {attempt}"),
                StepEvent::Waiting { .. } => "wait".to_owned(),
                StepEvent::Polled => "poll".to_owned(),
                StepEvent::RetryScheduled { .. } => "retry".to_owned(),
                StepEvent::Succeeded { .. } => "success".to_owned(),
                StepEvent::Failed { .. } => "failure".to_owned(),
                StepEvent::Interrupted => "interruption".to_owned(),
            };
            format!("{what} of {direction} `{step}`")
        }
        EventKind::Checkpointed { step, key, .. } => format!("checkpoint `{key}` of `{step}`"),
        EventKind::Ordered { order, .. } => order.verb().to_owned(),
        EventKind::Restarted => "restart".to_owned(),
        EventKind::Completed => "completion".to_owned(),
        EventKind::RolledBack => "end of the rollback".to_owned(),
    }
}
