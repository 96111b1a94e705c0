//! The saga law: on random plans, random answers, random orders and random crashes, and in the cases
//! that a person would ask about.

use arcadia::domain::deployment::Actor;
use arcadia::domain::failure::{Failure, FailureCode};
use arcadia::domain::id::CommandId;
use arcadia::domain::saga::command::{Call, Command};
use arcadia::domain::saga::event::{Event, EventKind, Order};
use arcadia::domain::saga::plan::Plan;
use arcadia::domain::saga::state::State;
use arcadia::domain::saga::transition::{Outcome, decide, evolve, settle};
use arcadia::domain::time::Timestamp;
use serde_json::json;

mod driver;
mod orders;
mod paths;
mod undoing;
mod waiting;

/// Drives a chain by hand: every call is answered as `answer` says.
fn drive(
    plan: &Plan,
    state: State,
    mut answer: impl FnMut(&Call) -> Option<Outcome>,
) -> (State, Vec<Call>) {
    let mut now = Timestamp::from_millis(0);
    let mut state = state;
    let mut calls = Vec::new();
    for _ in 0..10_000 {
        let commands = decide(plan, &state, now);
        let Some(first) = commands.into_iter().next() else { return (state, calls) };
        let kind = match first {
            Command::Record(kind) => kind,
            Command::WakeAt(at) => {
                now = at;
                continue;
            }
            Command::Run(call) => {
                calls.push(call.clone());
                let Some(outcome) = answer(&call) else { return (state, calls) };
                settle(plan, &state, &call, outcome, now, 0.5)
            }
        };
        state = evolve(plan, &state, &Event { at: now, kind }).unwrap();
    }
    panic!("the saga does not end: {state:#?}");
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where a call may also stay unanswered")]
fn done() -> Option<Outcome> {
    Some(Outcome::Done(json!("ok")))
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where a call may also stay unanswered")]
fn fails(message: &str) -> Option<Outcome> {
    Some(Outcome::Retryable {
        failure: Failure::without_effect(FailureCode::Unavailable, message),
        after: None,
    })
}

fn ordered(plan: &Plan, state: &State, order: Order) -> Result<State, String> {
    let kind = EventKind::Ordered {
        command: CommandId::from_u128(u128::try_from(state.orders.len()).unwrap() + 1),
        by: Actor::Operator("ana".to_owned()),
        order,
    };
    evolve(plan, state, &Event { at: Timestamp::from_millis(5), kind })
        .map_err(|illegal| illegal.because)
}
