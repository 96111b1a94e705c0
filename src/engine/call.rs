//! One call of a step, made so that nothing it does can hurt its owner: it has a time-out, its
//! panic is its failure, and what it logs is marked as its own.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::domain::aggregate::Aggregate;
use crate::domain::failure::{Failure, FailureCode};
use crate::domain::saga::command::Call;
use crate::domain::saga::plan::{Direction, Patience};
use crate::domain::saga::transition::Outcome;
use crate::domain::time::Timestamp;
use crate::engine::Shared;
use crate::engine::ledger::Ledger;
use crate::engine::request::Request;
use crate::fair::Urgency;
use crate::providers::caller::{Caller, Held};
use crate::steps::{Step, StepContext};

/// How a call and its owner reach each other.
pub(super) struct Ways<'a> {
    /// For what the step records.
    pub(super) requests_tx: &'a mpsc::Sender<Request>,
    /// Calls back a call that has not begun, and requests that it has not sent.
    pub(super) recall: CancellationToken,
}

/// How often a call whose time is nearly up is looked at while it stands in a queue of our own.
const QUEUED_LOOK: Duration = Duration::from_secs(1);

/// How a call ended.
pub(super) struct Answered {
    pub(super) call: Call,
    pub(super) outcome: Outcome,
    /// For how long of its time it stood in queues of our own.
    pub(super) held: Duration,
}

/// The call, ready to be run; it reads the past as it is now.
pub(super) fn prepare(
    shared: &Arc<Shared>,
    aggregate: &Arc<Aggregate>,
    call: Call,
    ways: Ways<'_>,
) -> impl Future<Output = Answered> + Send + 'static {
    let Ways { requests_tx, recall } = ways;
    let ledger = Ledger::new(call.step.clone(), call.direction, requests_tx.clone());
    let (shared, past) = (Arc::clone(shared), Arc::clone(aggregate));
    let deployment = aggregate.deployment.id;
    let urgency = match call.direction {
        // What it takes back costs money, and a person may wait for it.
        Direction::Undo => Urgency::Urgent,
        Direction::Forward => Urgency::Usual,
    };
    let span = tracing::info_span!(
        "step",
        saga = %aggregate.saga,
        deployment = %aggregate.deployment.id,
        step = %call.step,
        direction = %call.direction,
        attempt = call.attempt,
    );
    async move {
        let held = Held::default();
        // The wait for its turn is no part of the step's time-out or deadline, and ends when nobody
        // wants the call any more.
        let stay = held.begin(&shared.clock);
        let turn = tokio::select! {
            biased;
            () = shared.draining.cancelled() => {
                Err(never_began(FailureCode::Interrupted, "the program stopped"))
            }
            () = recall.cancelled() => {
                Err(never_began(FailureCode::Cancelled, "cancelled before it began"))
            }
            turn = shared.turns.turn(deployment, urgency) => Ok(turn),
        };
        drop(stay);
        let _turn = match turn {
            Ok(turn) => turn,
            Err(outcome) => return Answered { call, outcome, held: Duration::ZERO },
        };
        let work = run(&shared, past, &call, Arc::new(ledger), &held);
        let caller = Caller { deployment, urgency, recall, held: held.clone() };
        let work = AssertUnwindSafe(caller.calls(work));
        let outcome = work.catch_unwind().await.unwrap_or_else(|panic| Outcome::Terminal {
            failure: Failure::with_unknown_effect(
                FailureCode::Panicked,
                format!("the step panicked: {}", words_of(panic.as_ref())),
            ),
        });
        tell(&outcome);
        let held = held.until(shared.clock.now());
        Answered { call, outcome, held }
    }
    .instrument(span)
}

async fn run(
    shared: &Shared,
    past: Arc<Aggregate>,
    call: &Call,
    ledger: Arc<Ledger>,
    held: &Held,
) -> Outcome {
    let Some(step) = shared.registry.get(&call.step) else {
        return no_such_call(format!("this version of the program knows no step `{}`", call.step));
    };
    let Some((patience, output)) = planned(&past, call) else {
        return no_such_call(format!(
            "the plan does not hold {} of `{}`",
            call.direction, call.step
        ));
    };
    let context = StepContext {
        past: Arc::clone(&past),
        step: call.step.clone(),
        poll: call.poll,
        now: shared.clock.now(),
        roll: shared.chance.roll(),
        deployments: ledger.clone(),
        inventory: ledger.clone(),
        checkpoints: ledger,
    };
    let work = work(step.as_ref(), &context, call.direction, output);
    let began = shared.clock.now();
    let before = held.until(began);
    let rest = |now: Timestamp| {
        let held = held.until(now).saturating_sub(before);
        patience.timeout.saturating_sub(now.since(began).saturating_sub(held))
    };
    match in_time(shared, rest, work).await {
        Some(outcome) => outcome,
        None => Outcome::Retryable {
            failure: Failure::with_unknown_effect(
                FailureCode::TimedOut,
                format!("no answer within {} s", patience.timeout.as_secs()),
            ),
            after: None,
        },
    }
}

/// What the work comes to, unless its own time is up before.
async fn in_time(
    shared: &Shared,
    rest: impl Fn(Timestamp) -> Duration,
    work: impl Future<Output = Outcome>,
) -> Option<Outcome> {
    tokio::pin!(work);
    let mut wait = rest(shared.clock.now());
    loop {
        if let Ok(outcome) = tokio::time::timeout(wait, &mut work).await {
            return Some(outcome);
        }
        let rest = rest(shared.clock.now());
        if rest.is_zero() {
            return None;
        }
        // It stood in a queue meanwhile, and may stand there still.
        wait = rest.max(QUEUED_LOOK);
    }
}

async fn work(
    step: &dyn Step,
    context: &StepContext,
    direction: Direction,
    output: Option<&Value>,
) -> Outcome {
    match direction {
        Direction::Forward => step.execute(context).await,
        Direction::Undo => step.compensate(context, output).await,
    }
    .into()
}

/// The patience that the plan has for a call, and what the step made before.
fn planned<'a>(past: &'a Aggregate, call: &Call) -> Option<(&'a Patience, Option<&'a Value>)> {
    let position = past.plan.position(&call.step)?;
    let planned = &past.plan.steps()[position];
    let patience = match call.direction {
        Direction::Forward => &planned.forward,
        Direction::Undo => planned.undo.as_ref()?,
    };
    Some((patience, past.state.steps[position].output()))
}

fn no_such_call(message: String) -> Outcome {
    Outcome::Terminal { failure: Failure::without_effect(FailureCode::Internal, message) }
}

fn never_began(code: FailureCode, message: &str) -> Outcome {
    Outcome::Retryable { failure: Failure::without_effect(code, message), after: None }
}

/// One line for the step's own log about how the call ended, where the step cannot write it.
fn tell(outcome: &Outcome) {
    match outcome {
        Outcome::Done(_) | Outcome::Pending { .. } => {}
        Outcome::Retryable { failure, after } => {
            let asked_to_wait_ms = after.map(|after| after.as_millis());
            tracing::warn!(
                code = %failure.code,
                request_id = failure.request_id,
                asked_to_wait_ms,
                "attempt failed: {}",
                failure.message
            );
        }
        Outcome::Terminal { failure } => tracing::error!(
            code = %failure.code,
            request_id = failure.request_id,
            "failed for good: {}",
            failure.message
        ),
    }
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
