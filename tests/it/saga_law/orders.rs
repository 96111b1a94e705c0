//! What orders may do, and when.

use std::time::Duration;

use arcadia::domain::deployment::Actor;
use arcadia::domain::failure::{Failure, FailureCode};
use arcadia::domain::id::CommandId;
use arcadia::domain::saga::command::Command;
use arcadia::domain::saga::event::{Event, EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::{Direction, OnFailure, StepName};
use arcadia::domain::saga::state::{Cause, Phase, Stage, State, Taken};
use arcadia::domain::saga::transition::{Outcome, decide, evolve, settle};
use arcadia::domain::time::Timestamp;
use serde_json::json;

use crate::saga_law::{done, drive, fails, ordered};
use crate::support::plans;

#[test]
fn a_cancel_ends_a_wait_at_once_and_lets_a_call_answer() {
    let plan = plans::chain(2, OnFailure::Rollback);
    let pending =
        || Some(Outcome::Pending { after: Duration::from_mins(1), note: "soon".to_owned() });
    let mut polls = 0;
    let (running, _) = drive(&plan, State::new(&plan), |call| {
        polls += u32::from(call.step.as_str() == "s1");
        if call.step.as_str() == "s0" {
            done()
        } else if polls == 1 {
            pending()
        } else {
            None
        }
    });
    assert!(running.steps[1].forward.is_running(), "the second poll is under way");

    let cancelled = ordered(&plan, &running, Order::Cancel).unwrap();
    let commands = decide(&plan, &cancelled, Timestamp::from_millis(5));
    let [Command::Run(call)] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(call.direction, Direction::Forward, "the call under way is given time to answer");

    let (ended, calls) = drive(&plan, cancelled, |call| {
        if call.direction == Direction::Forward { pending() } else { done() }
    });
    assert!(matches!(ended.phase, Phase::RolledBack { cause: Cause::Cancelled { .. }, .. }));
    let undone: Vec<_> = calls[1..].iter().map(|call| call.step.as_str().to_owned()).collect();
    assert_eq!(undone, ["s1", "s0"], "the step that was cut short is compensated too");
}

#[test]
fn a_failure_on_hold_waits_for_the_operator_and_retry_goes_on() {
    let plan = plans::chain(2, OnFailure::Hold);
    let (held, _) = drive(&plan, State::new(&plan), |call| {
        if call.step.as_str() == "s1" { fails("quota") } else { done() }
    });
    assert!(matches!(held.phase, Phase::Holding { .. }));
    assert_eq!(
        ordered(&plan, &held, Order::Resume).unwrap_err(),
        "`s1` failed; retry or skip it, or cancel"
    );
    let (ended, calls) = drive(&plan, ordered(&plan, &held, Order::Retry).unwrap(), |_| done());
    assert!(matches!(ended.phase, Phase::Completed { .. }));
    assert_eq!(calls[0].attempt, 4, "attempts are never numbered twice");
}

#[test]
fn an_order_given_twice_is_taken_once() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (running, _) = drive(&plan, State::new(&plan), |_| None);
    let held = ordered(&plan, &running, Order::Hold).unwrap();
    let again = EventKind::Ordered {
        command: CommandId::from_u128(1),
        by: Actor::Operator("ana".to_owned()),
        order: Order::Resume,
    };
    let illegal = evolve(&plan, &held, &Event { at: Timestamp::from_millis(6), kind: again });
    assert_eq!(illegal.unwrap_err().because, "this order was taken before");
}

#[test]
fn a_checkpoint_is_written_once_while_its_step_runs() {
    let plan = plans::chain(2, OnFailure::Rollback);
    let (running, _) = drive(&plan, State::new(&plan), |_| None);
    let saved = |state: &State, step: &str, value: &str| {
        let (step, key, value) = (StepName::new(step), "found".to_owned(), json!(value));
        let kind = EventKind::Checkpointed { step, direction: Direction::Forward, key, value };
        evolve(&plan, state, &Event { at: Timestamp::from_millis(5), kind })
    };
    let once = saved(&running, "s0", "198.51.100.44").unwrap();
    let because = saved(&once, "s0", "our own").unwrap_err().because;
    assert_eq!(because, "checkpoint `found` was written before, and is kept");
    assert_eq!(saved(&running, "s1", "x").unwrap_err().because, "it is not running");
}

#[test]
fn a_cancel_ends_a_wait_and_a_back_off_at_once_and_says_why() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let pending = Outcome::Pending { after: Duration::from_mins(1), note: "soon".to_owned() };
    for (outcome, words) in [
        (Some(pending), "cancelled while it waited (soon)"),
        (fails("503"), "cancelled before the next try"),
    ] {
        let at = Timestamp::from_millis(5);
        let mut state = State::new(&plan);
        let started = decide(&plan, &state, at).remove(0);
        let Command::Record(kind) = started else { panic!("{started:?}") };
        state = evolve(&plan, &state, &Event { at, kind }).unwrap();
        let Command::Run(call) = decide(&plan, &state, at).remove(0) else { panic!("a call") };
        let kind = settle(&plan, &state, &call, outcome.unwrap(), at, 0.9);
        state = evolve(&plan, &state, &Event { at, kind }).unwrap();

        let cancelled = ordered(&plan, &state, Order::Cancel).unwrap();
        let Stage::Failed { at: ended, failure } = &cancelled.steps[0].forward.stage else {
            panic!("{:?}", cancelled.steps[0].forward)
        };
        assert_eq!((*ended, failure.code), (at, FailureCode::Cancelled));
        assert_eq!(failure.message, words);
        let next = decide(&plan, &cancelled, at);
        assert!(matches!(
            next.as_slice(),
            [Command::Record(EventKind::Step {
                direction: Direction::Undo,
                event: StepEvent::Started { .. },
                ..
            })]
        ));
    }
}

#[test]
fn a_failure_while_the_operator_holds_destroys_nothing() {
    let plan = plans::chain(2, OnFailure::Rollback);
    let (running, calls) =
        drive(
            &plan,
            State::new(&plan),
            |call| {
                if call.step.as_str() == "s0" { done() } else { None }
            },
        );
    let held = ordered(&plan, &running, Order::Hold).unwrap();
    let failure = Failure::without_effect(FailureCode::Invalid, "422");
    let at = Timestamp::from_millis(9);
    let kind = settle(&plan, &held, &calls[1], Outcome::Terminal { failure }, at, 0.5);
    let failed = evolve(&plan, &held, &Event { at, kind }).unwrap();
    assert!(matches!(failed.phase, Phase::Holding { .. }), "{:?}", failed.phase);
    assert_eq!(decide(&plan, &failed, at + Duration::from_hours(9)), []);
}

#[test]
fn whoever_takes_it_last_has_it_until_it_ends_and_nothing_else_changes() {
    let plan = plans::chain(2, OnFailure::Rollback);
    let (running, _) = drive(&plan, State::new(&plan), |_| None);
    let at = Timestamp::from_millis(7);
    let take = |state: &State, number: u128, who: &str| {
        let (command, by) = (CommandId::from_u128(number), Actor::Operator(who.to_owned()));
        let kind = EventKind::Ordered { command, by, order: Order::Take };
        evolve(&plan, state, &Event { at, kind })
    };
    let by_ana = take(&running, 10, "ana").unwrap();
    assert_eq!(by_ana.taken, Some(Taken { by: Actor::Operator("ana".to_owned()), at }));
    assert_eq!(decide(&plan, &by_ana, at), decide(&plan, &running, at));
    let (phase, steps) = (by_ana.phase.clone(), by_ana.steps.clone());
    assert_eq!((phase, steps), (running.phase.clone(), running.steps.clone()));

    let by_bo = take(&by_ana, 11, "bo").unwrap();
    assert_eq!(by_bo.taken.as_ref().unwrap().by.name(), "bo");
    let held = ordered(&plan, &by_bo, Order::Hold).unwrap();
    assert_eq!(held.taken, by_bo.taken, "another order is no taking");

    let (ended, _) = drive(&plan, by_bo, |_| done());
    assert!(ended.is_finished());
    assert_eq!(ended.taken, None);
    assert_eq!(take(&ended, 12, "ana").unwrap_err().because, "it is complete");
    let undone = ordered(&plan, &ended, Order::Rollback).unwrap();
    assert_eq!(undone.taken, None, "whoever had it then");
    let (undone, _) = drive(&plan, take(&undone, 13, "ana").unwrap(), |_| done());
    assert_eq!((undone.is_finished(), undone.taken), (true, None));
}
