//! How the answer to a call becomes a fact.

use std::time::Duration;

use crate::domain::failure::{Failure, FailureCode};
use crate::domain::saga::command::Call;
use crate::domain::saga::event::{EventKind, StepEvent};
use crate::domain::saga::plan::{Direction, Patience, Plan, StepName};
use crate::domain::saga::state::{Lane, State};
use crate::domain::saga::transition::{LONGEST_ASKED_WAIT, TOLD_TO_WAIT_AT_MOST, is_forgiven};
use crate::domain::time::Timestamp;

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
    settle_held(plan, state, call, outcome, now, roll, Duration::ZERO)
}

/// The same for a lane whose calls stood in our own queues for `held` in all: that is not the step's
/// time, so its deadline lies so much later.
pub fn settle_held(
    plan: &Plan,
    state: &State,
    call: &Call,
    outcome: Outcome,
    now: Timestamp,
    roll: f64,
    held: Duration,
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
    let give_up_at = lane.patience_from.unwrap_or(now) + patience.deadline + held;
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
            // To be told to wait is no reason to destroy, and the wait is not the step's time. It
            // must end one day all the same.
            let told_since = lane.told_to_wait_since.unwrap_or(now);
            let forgiven = is_forgiven(&failure);
            let delay = if forgiven {
                Some(patience.retry.wait(lane.attempt, after, roll))
            } else {
                patience.retry.delay(lane.attempt - lane.forgiven, after, roll)
            };
            match delay {
                Some(_) if forgiven && now >= told_since + TOLD_TO_WAIT_AT_MOST => {
                    let hours = now.since(told_since).as_secs() / 3_600;
                    given_up(failure, &format!("told to wait for {hours} h"))
                }
                Some(delay) if forgiven || now + delay <= give_up_at => {
                    StepEvent::RetryScheduled { failure, at: now + delay }
                }
                Some(_) => {
                    let deadline = patience.deadline.as_secs();
                    let why = match after {
                        Some(asked) => format!(
                            "told to wait for {} s{}, which the deadline of {deadline} s does not \
                             allow",
                            asked.as_secs(),
                            // A wait that is longer than we believe comes here cut short.
                            if asked < LONGEST_ASKED_WAIT { "" } else { " or longer" }
                        ),
                        None => {
                            format!("the next try would come after the deadline of {deadline} s")
                        }
                    };
                    given_up(failure, &why)
                }
                None => StepEvent::Failed { failure },
            }
        }
    })
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

/// Gives up although tries are left, and says why.
fn given_up(failure: Failure, why: &str) -> StepEvent {
    let message = format!("{} ({why})", failure.message);
    StepEvent::Failed { failure: Failure { message, ..failure } }
}

fn past_deadline(patience: &Patience, note: &str) -> Failure {
    Failure::without_effect(
        FailureCode::DeadlineExceeded,
        format!("not done within {} s (last: {note})", patience.deadline.as_secs()),
    )
}
