//! One call of a step, made so that nothing it does can hurt its owner: it has a time-out, its
//! panic is its failure, and what it logs is marked as its own.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

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
use crate::engine::Shared;
use crate::engine::ledger::Ledger;
use crate::engine::request::Request;
use crate::fair::Urgency;
use crate::providers::caller::Caller;
use crate::steps::{Step, StepContext};

/// How a call and its owner reach each other.
pub(super) struct Ways<'a> {
    /// For what the step records.
    pub(super) requests_tx: &'a mpsc::Sender<Request>,
    /// Calls back a call that has not begun, and requests that it has not sent.
    pub(super) recall: CancellationToken,
}

/// The call, ready to be run; it reads the past as it is now.
pub(super) fn prepare(
    shared: &Arc<Shared>,
    aggregate: &Arc<Aggregate>,
    call: Call,
    ways: Ways<'_>,
) -> impl Future<Output = (Call, Outcome)> + Send + 'static {
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
        // The wait for its turn is no part of the step's time-out, and ends when nobody wants the
        // call any more.
        let _turn = tokio::select! {
            biased;
            () = shared.stopping.cancelled() => {
                return (call, never_began(FailureCode::Interrupted, "the program stopped"));
            }
            () = recall.cancelled() => {
                return (call, never_began(FailureCode::Cancelled, "cancelled before it began"));
            }
            turn = shared.turns.turn(deployment, urgency) => turn,
        };
        let work = run(&shared, past, &call, Arc::new(ledger));
        let work = AssertUnwindSafe(Caller { deployment, urgency, recall }.calls(work));
        let outcome = work.catch_unwind().await.unwrap_or_else(|panic| Outcome::Terminal {
            failure: Failure::with_unknown_effect(
                FailureCode::Panicked,
                format!("the step panicked: {}", words_of(panic.as_ref())),
            ),
        });
        tell(&outcome);
        (call, outcome)
    }
    .instrument(span)
}

async fn run(shared: &Shared, past: Arc<Aggregate>, call: &Call, ledger: Arc<Ledger>) -> Outcome {
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
    match tokio::time::timeout(patience.timeout, work).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::Retryable {
            failure: Failure::with_unknown_effect(
                FailureCode::TimedOut,
                format!("no answer within {} s", patience.timeout.as_secs()),
            ),
            after: None,
        },
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
