//! The way back: its order, its patience, and what happens when it gives up.

use std::time::Duration;

use arcadia::domain::saga::command::Command;
use arcadia::domain::saga::event::{Event, EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::{Direction, OnFailure, StepName};
use arcadia::domain::saga::state::{Cause, Phase, State};
use arcadia::domain::saga::transition::{Outcome, decide, evolve, interruptions, settle};
use arcadia::domain::time::Timestamp;

use crate::saga_law::{done, drive, fails, ordered};
use crate::support::plans;

#[test]
fn third_failure_compensates_in_reverse_order() {
    let plan = plans::chain(3, OnFailure::Rollback);
    let (state, calls) = drive(&plan, State::new(&plan), |call| {
        let last = call.step.as_str() == "s2" && call.direction == Direction::Forward;
        if last { fails("503") } else { done() }
    });
    assert!(matches!(state.phase, Phase::RolledBack { cause: Cause::StepFailed { .. }, .. }));
    let said: Vec<_> = calls
        .iter()
        .map(|call| format!("{} {} {}", call.direction, call.step, call.attempt))
        .collect();
    assert_eq!(
        said,
        [
            "do s0 1",
            "do s1 1",
            "do s2 1",
            "do s2 2",
            "do s2 3",
            "undo s2 1",
            "undo s1 1",
            "undo s0 1"
        ]
    );
}

#[test]
fn a_compensation_that_gives_up_needs_a_person_and_nobody_else_moves_it() {
    let plan = plans::chain(2, OnFailure::Rollback);
    let (stuck, _) = drive(&plan, State::new(&plan), |call| match call.direction {
        Direction::Forward if call.step.as_str() == "s0" => done(),
        Direction::Undo if call.step.as_str() == "s1" => done(),
        Direction::Forward | Direction::Undo => fails("500"),
    });
    let Phase::NeedsAttention { step, .. } = &stuck.phase else { panic!("{:?}", stuck.phase) };
    assert_eq!(step.as_str(), "s0");
    let much_later = Timestamp::from_millis(1_000_000_000);
    assert_eq!(decide(&plan, &stuck, much_later), []);

    for refused in [Order::Cancel, Order::Rollback, Order::Hold, Order::Resume] {
        assert!(ordered(&plan, &stuck, refused).is_err());
    }
    let retried = ordered(&plan, &stuck, Order::Retry).unwrap();
    let (ended, _) = drive(&plan, retried, |_| done());
    assert!(matches!(ended.phase, Phase::RolledBack { .. }));

    let skip = Order::Skip { step: StepName::new("s0"), reason: "destroyed by hand".to_owned() };
    let (ended, _) = drive(&plan, ordered(&plan, &stuck, skip).unwrap(), |_| done());
    assert!(matches!(ended.phase, Phase::RolledBack { .. }));

    let abandon = Order::Abandon { reason: "account closed".to_owned() };
    let ended = ordered(&plan, &stuck, abandon).unwrap();
    assert!(matches!(ended.phase, Phase::Abandoned { .. }));
    assert_eq!(ordered(&plan, &ended, Order::Retry).unwrap_err(), "it was abandoned");
}

#[test]
fn a_retried_compensation_has_its_whole_patience_again() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (completed, _) = drive(&plan, State::new(&plan), |_| done());
    let waits = || {
        Some(Outcome::Pending {
            after: Duration::from_mins(1),
            note: "until it is gone".to_owned(),
        })
    };
    let back = ordered(&plan, &completed, Order::Rollback).unwrap();
    let (stuck, calls) = drive(&plan, back, |_| waits());
    assert!(matches!(stuck.phase, Phase::NeedsAttention { .. }));
    assert_eq!(calls.len(), 11);
    let retried = ordered(&plan, &stuck, Order::Retry).unwrap();
    let later = Timestamp::from_millis(0) + Duration::from_hours(1);
    let Command::Record(kind) = decide(&plan, &retried, later).remove(0) else { panic!("a fact") };
    let running = evolve(&plan, &retried, &Event { at: later, kind }).unwrap();
    let Command::Run(call) = decide(&plan, &running, later).remove(0) else { panic!("a call") };
    let kind = settle(&plan, &running, &call, waits().unwrap(), later, 0.5);
    assert!(
        matches!(kind, EventKind::Step { event: StepEvent::Waiting { .. }, .. }),
        "an hour after the first round: {kind:?}"
    );
}

#[test]
fn an_interrupted_call_of_a_cancelled_saga_is_compensated_and_not_made_again() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (running, _) = drive(&plan, State::new(&plan), |_| None);
    let mut state = ordered(&plan, &running, Order::Cancel).unwrap();
    for kind in interruptions(&plan, &state) {
        state = evolve(&plan, &state, &Event { at: Timestamp::from_millis(9), kind }).unwrap();
    }
    assert!(state.steps[0].forward.is_failed(), "{:?}", state.steps[0].forward);
    let (ended, calls) = drive(&plan, state, |_| done());
    assert!(matches!(ended.phase, Phase::RolledBack { .. }));
    assert_eq!(calls.iter().map(|call| call.direction).collect::<Vec<_>>(), [Direction::Undo]);
}
