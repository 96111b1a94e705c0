//! What an operator's order means, in each phase; what makes no sense is refused in words.

use std::sync::Arc;

use crate::domain::deployment::Actor;
use crate::domain::saga::event::Order;
use crate::domain::saga::plan::{Direction, Plan, StepName};
use crate::domain::saga::state::{Cause, HoldReason, Phase, Stage, State, Taken};
use crate::domain::saga::transition::evolve::compensate;
use crate::domain::time::Timestamp;

pub(super) fn order(
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
            Order::Take => take(next, by, at),
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
                match next.steps.iter().position(|step| step.forward.is_failed()) {
                    Some(position) => {
                        let step = plan.steps()[position].name.clone();
                        next.phase = Phase::Holding { why: HoldReason::StepFailed { step } };
                    }
                    None => go_on(next, at),
                }
                Ok(())
            }
            Order::Abandon { reason } => abandon(next, by, reason, at),
            Order::Hold => refuse("it is holding already"),
            Order::Take => take(next, by, at),
        },
        Phase::Compensating { .. } => match order {
            Order::Cancel | Order::Rollback => refuse("it is being undone already"),
            Order::Hold | Order::Resume => refuse("it is being undone, which is not held"),
            Order::Retry | Order::Skip { .. } => refuse("no compensation has given up"),
            Order::Abandon { .. } => refuse("it is being undone; wait for the outcome"),
            Order::Take => take(next, by, at),
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
            Order::Take => take(next, by, at),
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
            | Order::Take
            | Order::Abandon { .. } => refuse("it is complete"),
        },
        Phase::RolledBack { .. } => refuse("it was rolled back, and nothing is left to act on"),
        Phase::Abandoned { .. } => refuse("it was abandoned"),
    }
}

/// Whoever took it last sees to it. What runs, runs on.
#[expect(clippy::unnecessary_wraps, reason = "it stands among orders that can be refused")]
fn take(next: &mut State, by: &Actor, at: Timestamp) -> Result<(), String> {
    next.taken = Some(Taken { by: by.clone(), at });
    Ok(())
}

/// Goes forward again; time spent on hold does not count against any deadline.
fn go_on(next: &mut State, at: Timestamp) {
    for step in &mut next.steps {
        if step.forward.patience_from.is_some() && !step.forward.is_settled() {
            let lane = &mut Arc::make_mut(step).forward;
            lane.patience_from = Some(at);
            lane.told_to_wait_since = None;
        }
    }
    next.phase = Phase::Running;
}

fn retry_failed(next: &mut State, direction: Direction) -> Result<(), String> {
    let mut any = false;
    for step in &mut next.steps {
        if step.lane(direction).is_failed() {
            let lane = Arc::make_mut(step).lane_mut(direction);
            lane.stage = Stage::Idle;
            lane.forgiven = lane.attempt;
            lane.patience_from = None;
            lane.told_to_wait_since = None;
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
    if !next.steps[position].lane(direction).is_failed() {
        return Err(format!("`{step}` has not given up"));
    }
    next.step_mut(position).lane_mut(direction).stage =
        Stage::Skipped { at, by: by.clone(), reason: reason.to_owned() };
    Ok(())
}

fn abandon(next: &mut State, by: &Actor, reason: &str, at: Timestamp) -> Result<(), String> {
    if next.steps.iter().any(|step| step.forward.is_running() || step.undo.is_running()) {
        return Err("a call is under way; wait for its answer".to_owned());
    }
    next.phase = Phase::Abandoned { by: by.clone(), reason: reason.to_owned(), at };
    Ok(())
}
