//! The law: [`evolve`] says what a fact means, [`decide`] what follows, [`settle`] how a call's
//! answer becomes a fact. All three are pure, and the same for a live saga, a resumed one and a
//! remote picture of one.
//!
//! Going forward, a step starts when everything it needs has succeeded. Going back, a step is
//! undone when everything that needs it is undone, and never while any step is still under way.

use std::time::Duration;

use crate::domain::deployment::Actor;
use crate::domain::failure::{Effect, Failure, FailureCode};
use crate::domain::saga::command::{Call, Command};
use crate::domain::saga::event::{Event, EventKind, Order, StepEvent};
use crate::domain::saga::plan::{Direction, OnFailure, Patience, Plan, StepName};
use crate::domain::saga::state::{Cause, HoldReason, Lane, Phase, Stage, State, StepState};
use crate::domain::time::Timestamp;

/// A fact that cannot have happened in this state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} cannot happen: {because}")]
pub struct IllegalTransition {
    /// What was said to have happened.
    pub event: String,
    /// Why it cannot have.
    pub because: String,
}

/// How a call of a step ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is done.
    Done(serde_json::Value),
    /// Not yet: ask again.
    Pending {
        /// After how long.
        after: Duration,
        /// What it waits for.
        note: String,
    },
    /// It failed, and may work later.
    Retryable {
        /// What went wrong.
        failure: Failure,
        /// How long the provider asks to wait.
        after: Option<Duration>,
    },
    /// It failed, and would fail again.
    Terminal {
        /// What went wrong.
        failure: Failure,
    },
}

/// What a fact means: the state after it.
///
/// # Errors
/// When the fact cannot have happened in this state. The caller must not go on with that saga.
pub fn evolve(plan: &Plan, state: &State, event: &Event) -> Result<State, IllegalTransition> {
    let mut next = state.clone();
    let at = event.at;
    match &event.kind {
        EventKind::Step { step, direction, event } => {
            step_event(plan, &mut next, step, *direction, event, at)
        }
        EventKind::Checkpointed { step, key, value } => {
            checkpoint(plan, &mut next, step, key, value)
        }
        EventKind::Ordered { command, by, order } => {
            if next.orders.insert(*command) {
                self::order(plan, &mut next, by, order, at)
            } else {
                Err("this order was taken before".to_owned())
            }
        }
        EventKind::Completed => complete(&mut next, at),
        EventKind::RolledBack => roll_back(plan, &mut next, at),
    }
    .map_err(|because| IllegalTransition { event: describe(&event.kind), because })?;
    Ok(next)
}

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

/// How a call's answer becomes a fact: done, wait, try again or give up.
///
/// `roll` is a number in `0.0..1.0` for the jitter. A step whose saga is no longer going forward is
/// not asked or tried again: its wait ends here, and its compensation settles what it did.
pub fn settle(
    plan: &Plan,
    state: &State,
    call: &Call,
    outcome: Outcome,
    now: Timestamp,
    roll: f64,
) -> EventKind {
    let wrap =
        |event| EventKind::Step { step: call.step.clone(), direction: call.direction, event };
    let Some((patience, lane)) = patience_and_lane(plan, state, &call.step, call.direction) else {
        return wrap(StepEvent::Failed {
            failure: Failure::without_effect(
                FailureCode::Internal,
                "the plan does not hold this step",
            ),
        });
    };
    let going_on = call.direction == Direction::Undo || state.phase.cause().is_none();
    let give_up_at = lane.patience_from.unwrap_or(now) + patience.deadline;
    wrap(match outcome {
        Outcome::Done(output) => StepEvent::Succeeded { output },
        Outcome::Pending { note, .. } if !going_on => StepEvent::Failed {
            failure: Failure::without_effect(
                FailureCode::Cancelled,
                format!("cancelled while it waited ({note})"),
            ),
        },
        Outcome::Pending { note, .. } if now >= give_up_at => {
            StepEvent::Failed { failure: past_deadline(patience, &note) }
        }
        Outcome::Pending { after, note } => {
            StepEvent::Waiting { until: (now + after).min(give_up_at), note }
        }
        Outcome::Terminal { failure } => StepEvent::Failed { failure },
        Outcome::Retryable { failure, .. } if !going_on => StepEvent::Failed { failure },
        Outcome::Retryable { failure, after } => {
            let used = if is_forgiven(&failure) { 0 } else { lane.attempt - lane.forgiven };
            match patience.retry.delay(used, after, roll) {
                Some(delay) if now + delay <= give_up_at => {
                    StepEvent::RetryScheduled { failure, at: now + delay }
                }
                Some(_) => StepEvent::Failed {
                    failure: Failure {
                        message: format!(
                            "{} (the next try would come after the deadline of {} s)",
                            failure.message,
                            patience.deadline.as_secs()
                        ),
                        ..failure
                    },
                },
                None => StepEvent::Failed { failure },
            }
        }
    })
}

/// The facts that a restart must journal before it goes on: every call that was under way is
/// interrupted, and nobody knows whether it took effect.
pub fn interruptions(plan: &Plan, state: &State) -> Vec<EventKind> {
    [Direction::Forward, Direction::Undo]
        .into_iter()
        .flat_map(|direction| running_calls(plan, state, direction))
        .filter_map(|command| match command {
            Command::Run(call) => Some(EventKind::Step {
                step: call.step,
                direction: call.direction,
                event: StepEvent::Interrupted,
            }),
            Command::Record(_) | Command::WakeAt(_) => None,
        })
        .collect()
}

/// Whether a step's compensation has anything to look for.
pub fn needs_undo(plan: &Plan, state: &State, position: usize) -> bool {
    plan.steps()[position].undo.is_some() && state.steps[position].was_started()
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
    let of_step = &mut next.steps[position];
    advance(of_step, direction, event, at, going_back)?;
    if of_step.lane(direction).is_failed() {
        failed(plan, next, step, direction, at);
    }
    Ok(())
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
            lane.forgiven += u32::from(is_forgiven(failure));
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

/// To be told to wait uses up no try: it says nothing about the step. The deadline bounds it.
fn is_forgiven(failure: &Failure) -> bool {
    failure.code == FailureCode::RateLimited
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
fn compensate(next: &mut State, cause: Cause, at: Timestamp) {
    for step in &mut next.steps {
        let lane = &mut step.forward;
        let words = match &lane.stage {
            Stage::Waiting { note, .. } => format!("cancelled while it waited ({note})"),
            Stage::WaitingToRetry { .. } => "cancelled before the next try".to_owned(),
            Stage::Idle
            | Stage::Running { .. }
            | Stage::Succeeded { .. }
            | Stage::Failed { .. }
            | Stage::Skipped { .. } => continue,
        };
        let failure = Failure::without_effect(FailureCode::Cancelled, words);
        lane.stage = Stage::Failed { at, failure };
    }
    next.phase = Phase::Compensating { cause };
}

fn checkpoint(
    plan: &Plan,
    next: &mut State,
    step: &StepName,
    key: &str,
    value: &serde_json::Value,
) -> Result<(), String> {
    let position = plan.position(step).ok_or_else(|| format!("the plan holds no `{step}`"))?;
    let of_step = &mut next.steps[position];
    running(&of_step.forward)?;
    if of_step.checkpoints.contains_key(key) {
        return Err(format!("checkpoint `{key}` was written before, and is kept"));
    }
    of_step.checkpoints.insert(key.to_owned(), value.clone());
    Ok(())
}

fn order(
    plan: &Plan,
    next: &mut State,
    by: &Actor,
    order: &Order,
    at: Timestamp,
) -> Result<(), String> {
    let refuse = |why: &str| Err(why.to_owned());
    match next.phase.clone() {
        Phase::Running => match order {
            Order::Cancel => {
                compensate(next, Cause::Cancelled { by: by.clone() }, at);
                Ok(())
            }
            Order::Hold => {
                next.phase = Phase::Holding { why: HoldReason::Ordered { by: by.clone() } };
                Ok(())
            }
            Order::Rollback => refuse("it is still provisioning; cancel it instead"),
            Order::Resume => refuse("it is not holding"),
            Order::Retry | Order::Skip { .. } => refuse("no step has given up"),
            Order::Abandon { .. } => refuse("it is still provisioning; cancel or hold it first"),
        },
        Phase::Holding { why } => match order {
            Order::Cancel | Order::Rollback => {
                compensate(next, Cause::Cancelled { by: by.clone() }, at);
                Ok(())
            }
            Order::Resume => match why {
                HoldReason::Ordered { .. } => {
                    go_on(next, at);
                    Ok(())
                }
                HoldReason::StepFailed { step } => {
                    Err(format!("`{step}` failed; retry or skip it, or cancel"))
                }
            },
            Order::Retry => {
                retry_failed(next, Direction::Forward)?;
                go_on(next, at);
                Ok(())
            }
            Order::Skip { step, reason } => {
                skip_failed(plan, next, Direction::Forward, step, by, reason, at)?;
                if !next.steps.iter().any(|step| step.forward.is_failed()) {
                    go_on(next, at);
                }
                Ok(())
            }
            Order::Abandon { reason } => abandon(next, by, reason, at),
            Order::Hold => refuse("it is holding already"),
        },
        Phase::Compensating { .. } => match order {
            Order::Cancel | Order::Rollback => refuse("it is being undone already"),
            Order::Hold | Order::Resume => refuse("it is being undone, which is not held"),
            Order::Retry | Order::Skip { .. } => refuse("no compensation has given up"),
            Order::Abandon { .. } => refuse("it is being undone; wait for the outcome"),
        },
        Phase::NeedsAttention { cause, .. } => match order {
            Order::Retry => {
                retry_failed(next, Direction::Undo)?;
                next.phase = Phase::Compensating { cause };
                Ok(())
            }
            Order::Skip { step, reason } => {
                skip_failed(plan, next, Direction::Undo, step, by, reason, at)?;
                let stuck = next.steps.iter().position(|step| step.undo.is_failed());
                next.phase = match stuck {
                    Some(position) => {
                        Phase::NeedsAttention { cause, step: plan.steps()[position].name.clone() }
                    }
                    None => Phase::Compensating { cause },
                };
                Ok(())
            }
            Order::Abandon { reason } => abandon(next, by, reason, at),
            Order::Cancel | Order::Rollback => refuse("its compensation gave up; retry or skip it"),
            Order::Hold | Order::Resume => refuse("it waits for you; retry, skip or abandon"),
        },
        Phase::Completed { .. } => match order {
            Order::Rollback => {
                next.phase = Phase::Compensating { cause: Cause::RolledBack { by: by.clone() } };
                Ok(())
            }
            Order::Cancel => refuse("it is active; roll it back instead"),
            Order::Hold
            | Order::Resume
            | Order::Retry
            | Order::Skip { .. }
            | Order::Abandon { .. } => refuse("it is complete"),
        },
        Phase::RolledBack { .. } => refuse("it was rolled back, and nothing is left to act on"),
        Phase::Abandoned { .. } => refuse("it was abandoned"),
    }
}

/// Goes forward again; time spent on hold does not count against any deadline.
fn go_on(next: &mut State, at: Timestamp) {
    for step in &mut next.steps {
        if step.forward.patience_from.is_some() && !step.forward.is_settled() {
            step.forward.patience_from = Some(at);
        }
    }
    next.phase = Phase::Running;
}

fn retry_failed(next: &mut State, direction: Direction) -> Result<(), String> {
    let mut any = false;
    for step in &mut next.steps {
        let lane = step.lane_mut(direction);
        if lane.is_failed() {
            lane.stage = Stage::Idle;
            lane.forgiven = lane.attempt;
            lane.patience_from = None;
            any = true;
        }
    }
    if any { Ok(()) } else { Err("no step has given up".to_owned()) }
}

fn skip_failed(
    plan: &Plan,
    next: &mut State,
    direction: Direction,
    step: &StepName,
    by: &Actor,
    reason: &str,
    at: Timestamp,
) -> Result<(), String> {
    let position = plan.position(step).ok_or_else(|| format!("the plan holds no `{step}`"))?;
    let lane = next.steps[position].lane_mut(direction);
    if !lane.is_failed() {
        return Err(format!("`{step}` has not given up"));
    }
    lane.stage = Stage::Skipped { at, by: by.clone(), reason: reason.to_owned() };
    Ok(())
}

fn abandon(next: &mut State, by: &Actor, reason: &str, at: Timestamp) -> Result<(), String> {
    if next.steps.iter().any(|step| step.forward.is_running() || step.undo.is_running()) {
        return Err("a call is under way; wait for its answer".to_owned());
    }
    next.phase = Phase::Abandoned { by: by.clone(), reason: reason.to_owned(), at };
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

fn may_go_on(
    plan: &Plan,
    state: &State,
    position: usize,
    direction: Direction,
) -> Result<(), String> {
    match direction {
        Direction::Forward if state.phase != Phase::Running => {
            Err("the saga is not going forward".to_owned())
        }
        Direction::Forward if !may_start(plan, state, position) => {
            Err("what it needs has not succeeded".to_owned())
        }
        Direction::Undo if state.phase.cause().is_none() || state.is_finished() => {
            Err("the saga is not being undone".to_owned())
        }
        Direction::Undo if state.steps.iter().any(|step| step.forward.is_running()) => {
            Err("a step is still under way".to_owned())
        }
        Direction::Undo if !may_undo(plan, state, position) => {
            Err("it has nothing to undo, or what needs it is not undone".to_owned())
        }
        Direction::Forward | Direction::Undo => Ok(()),
    }
}

fn may_start(plan: &Plan, state: &State, position: usize) -> bool {
    plan.steps()[position].needs.iter().all(|need| {
        plan.position(need).is_some_and(|needed| state.steps[needed].forward.is_settled())
    })
}

fn may_undo(plan: &Plan, state: &State, position: usize) -> bool {
    needs_undo(plan, state, position)
        && plan.dependents(position).all(|dependent| is_undone(plan, state, dependent))
}

/// Whether a step, and everything that needs it, has nothing left to undo. The second half matters
/// for steps that have nothing to undo themselves: they must not let their own needs go first.
fn is_undone(plan: &Plan, state: &State, position: usize) -> bool {
    let itself = !needs_undo(plan, state, position) || state.steps[position].undo.is_settled();
    itself && plan.dependents(position).all(|dependent| is_undone(plan, state, dependent))
}

fn all_undone(plan: &Plan, state: &State) -> bool {
    (0..state.steps.len()).all(|position| {
        !needs_undo(plan, state, position) || state.steps[position].undo.is_settled()
    })
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
        let patience = match direction {
            Direction::Forward => Some(&planned.forward),
            Direction::Undo => planned.undo.as_ref(),
        };
        let give_up_at = lane
            .patience_from
            .zip(patience)
            .map(|(from, patience)| (from + patience.deadline, patience));
        let due = match &lane.stage {
            Stage::Idle => Some((now, StepEvent::Started { attempt: lane.attempt + 1 })),
            Stage::WaitingToRetry { at } => {
                Some((*at, StepEvent::Started { attempt: lane.attempt + 1 }))
            }
            Stage::Waiting { until, note } => Some((
                *until,
                match give_up_at {
                    Some((moment, patience)) if now >= moment => {
                        StepEvent::Failed { failure: past_deadline(patience, note) }
                    }
                    Some(_) | None => StepEvent::Polled,
                },
            )),
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

fn patience_and_lane<'a>(
    plan: &'a Plan,
    state: &'a State,
    step: &StepName,
    direction: Direction,
) -> Option<(&'a Patience, &'a Lane)> {
    let position = plan.position(step)?;
    let planned = &plan.steps()[position];
    let patience = match direction {
        Direction::Forward => &planned.forward,
        Direction::Undo => planned.undo.as_ref()?,
    };
    Some((patience, state.steps[position].lane(direction)))
}

fn past_deadline(patience: &Patience, note: &str) -> Failure {
    Failure::without_effect(
        FailureCode::DeadlineExceeded,
        format!("not done within {} s (last: {note})", patience.deadline.as_secs()),
    )
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
        EventKind::Completed => "completion".to_owned(),
        EventKind::RolledBack => "end of the rollback".to_owned(),
    }
}
