//! One call of a step, made so that nothing it does can hurt its owner: it has a time-out, its
//! panic is its failure, and what it logs is marked as its own.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tracing::Instrument;

use crate::domain::aggregate::Aggregate;
use crate::domain::failure::{Failure, FailureCode};
use crate::domain::saga::command::Call;
use crate::domain::saga::plan::Direction;
use crate::domain::saga::transition::Outcome;
use crate::engine::Shared;
use crate::engine::ledger::Ledger;
use crate::engine::request::Request;
use crate::steps::{Step, StepContext};

/// The call, ready to be run; it reads the past as it is now. `None` is its answer when the engine
/// stops before its turn has come: it was not begun.
pub(super) fn prepare(
    shared: &Arc<Shared>,
    aggregate: &Aggregate,
    call: Call,
    requests_tx: &mpsc::Sender<Request>,
) -> impl Future<Output = Option<(Call, Outcome)>> + Send + 'static {
    let step = shared.registry.get(&call.step).cloned();
    let ledger = Arc::new(Ledger::new(call.step.clone(), requests_tx.clone()));
    let context = StepContext {
        past: Arc::new(aggregate.clone()),
        step: call.step.clone(),
        poll: call.poll,
        now: shared.clock.now(),
        roll: shared.chance.roll(),
        deployments: ledger.clone(),
        inventory: ledger.clone(),
        checkpoints: ledger,
    };
    let span = tracing::info_span!(
        "step",
        saga = %aggregate.saga,
        deployment = %aggregate.deployment.id,
        step = %call.step,
        direction = %call.direction,
        attempt = call.attempt,
    );
    let turns = Arc::clone(&shared.turns);
    let stopping = shared.stopping.clone();
    async move {
        // The wait for its turn is no part of the step's time-out. The semaphore is never closed.
        let _turn = tokio::select! {
            biased;
            () = stopping.cancelled() => return None,
            turn = turns.acquire_owned() => turn,
        };
        let outcome = match step {
            Some(step) => run(step.as_ref(), &context, call.direction).await,
            None => Outcome::Terminal {
                failure: Failure::without_effect(
                    FailureCode::Internal,
                    format!("this version of the program knows no step `{}`", call.step),
                ),
            },
        };
        tell(&outcome);
        Some((call, outcome))
    }
    .instrument(span)
}

async fn run(step: &dyn Step, context: &StepContext, direction: Direction) -> Outcome {
    let position = context.past.plan.position(&context.step);
    let planned = position.map(|position| &context.past.plan.steps()[position]);
    let patience = planned.and_then(|planned| match direction {
        Direction::Forward => Some(&planned.forward),
        Direction::Undo => planned.undo.as_ref(),
    });
    let Some(patience) = patience else {
        let failure = Failure::without_effect(
            FailureCode::Internal,
            format!("the plan does not hold {direction} of `{}`", context.step),
        );
        return Outcome::Terminal { failure };
    };
    let output = position.and_then(|position| context.past.state.steps[position].output());
    let work = async {
        match direction {
            Direction::Forward => step.execute(context).await,
            Direction::Undo => step.compensate(context, output).await,
        }
    };
    match tokio::time::timeout(patience.timeout, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(result)) => result.into(),
        Ok(Err(panic)) => Outcome::Terminal {
            failure: Failure::with_unknown_effect(
                FailureCode::Panicked,
                format!("the step panicked: {}", words_of(panic.as_ref())),
            ),
        },
        Err(_) => Outcome::Retryable {
            failure: Failure::with_unknown_effect(
                FailureCode::TimedOut,
                format!("no answer within {} s", patience.timeout.as_secs()),
            ),
            after: None,
        },
    }
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
