//! How long a step is waited for, and how often it is tried.

use std::time::Duration;

use arcadia::domain::failure::{Failure, FailureCode};
use arcadia::domain::saga::command::{Call, Command};
use arcadia::domain::saga::event::{Event, EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::{Direction, OnFailure};
use arcadia::domain::saga::state::{Phase, State};
use arcadia::domain::saga::transition::{Outcome, decide, evolve, interruptions, settle};
use arcadia::domain::time::Timestamp;

use crate::saga_law::{done, drive, fails, ordered};
use crate::support::plans;

#[test]
fn an_interrupted_call_runs_again_and_does_not_cost_a_try() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (running, _) = drive(&plan, State::new(&plan), |_| None);
    let mut state = running;
    for kind in interruptions(&plan, &state) {
        state = evolve(&plan, &state, &Event { at: Timestamp::from_millis(9), kind }).unwrap();
    }
    assert_eq!(state.steps[0].forward.doubt_since, Some(Timestamp::from_millis(9)));
    let mut left = 3;
    let (ended, calls) = drive(&plan, state, |_| {
        left -= 1;
        if left == 0 { done() } else { fails("503") }
    });
    assert!(matches!(ended.phase, Phase::Completed { .. }));
    assert_eq!(calls.iter().map(|call| call.attempt).collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn a_wait_past_its_deadline_fails_the_step() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (ended, _) = drive(&plan, State::new(&plan), |call| match call.direction {
        Direction::Forward => Some(Outcome::Pending {
            after: Duration::from_mins(1),
            note: "still \"new\"".to_owned(),
        }),
        Direction::Undo => done(),
    });
    assert!(matches!(ended.phase, Phase::RolledBack { .. }));
    let failure = ended.steps[0].forward.last_failure.clone().unwrap();
    assert_eq!(failure.code, FailureCode::DeadlineExceeded);
    assert_eq!(failure.message, "not done within 600 s (last: still \"new\")");
}

#[test]
fn to_be_told_to_wait_uses_up_neither_tries_nor_time_for_a_day() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let limited = || {
        Some(Outcome::Retryable {
            failure: Failure::without_effect(FailureCode::RateLimited, "too many requests"),
            after: Some(Duration::from_mins(30)),
        })
    };
    let mut calls_left = 10;
    let (ended, calls) = drive(&plan, State::new(&plan), |_| {
        calls_left -= 1;
        if calls_left > 0 { limited() } else { done() }
    });
    assert!(matches!(ended.phase, Phase::Completed { .. }), "ten minutes and three tries in all");
    assert_eq!(calls.len(), 10);

    let (ended, calls) = drive(&plan, State::new(&plan), |call| match call.direction {
        Direction::Forward => limited(),
        Direction::Undo => done(),
    });
    assert!(matches!(ended.phase, Phase::RolledBack { .. }), "a day ends it");
    assert_eq!(calls.len(), 50, "48 half hours and the last, and one undo");
}

#[test]
fn short_waits_that_never_end_are_given_up_after_a_day_too_and_a_retry_begins_a_new_one() {
    let plan = plans::chain(1, OnFailure::Hold);
    let limited = |_: &Call| {
        Some(Outcome::Retryable {
            failure: Failure::without_effect(FailureCode::RateLimited, "too many requests"),
            after: Some(Duration::from_mins(5)),
        })
    };
    let (held, calls) = drive(&plan, State::new(&plan), limited);
    assert!(matches!(held.phase, Phase::Holding { .. }), "a day ends it");
    let failure = held.steps[0].forward.last_failure.clone().unwrap();
    assert_eq!(failure.message, "too many requests (told to wait for 24 h)");

    let again = ordered(&plan, &held, Order::Retry).unwrap();
    let (held, calls_again) = drive(&plan, again, limited);
    assert!(matches!(held.phase, Phase::Holding { .. }), "a second day ends it");
    assert_eq!(calls_again.len(), calls.len(), "it is a whole one");
}

#[test]
fn a_restart_asks_at_once_even_when_the_clock_was_set_back() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let mut state = State::new(&plan);
    let noon = Timestamp::from_millis(1_000_000_000);
    let Command::Record(kind) = decide(&plan, &state, noon).remove(0) else { panic!("a fact") };
    state = evolve(&plan, &state, &Event { at: noon, kind }).unwrap();
    let Command::Run(call) = decide(&plan, &state, noon).remove(0) else { panic!("a call") };
    let pending = Outcome::Pending { after: Duration::from_secs(5), note: "soon".to_owned() };
    let kind = settle(&plan, &state, &call, pending, noon, 0.5);
    state = evolve(&plan, &state, &Event { at: noon, kind }).unwrap();

    let years_before = Timestamp::from_millis(1_000);
    for kind in interruptions(&plan, &state) {
        state = evolve(&plan, &state, &Event { at: years_before, kind }).unwrap();
    }
    let commands = decide(&plan, &state, years_before);
    assert!(matches!(commands[..], [Command::Record(_)]), "it is due: {commands:?}");
}

#[test]
fn a_provider_that_asks_for_patience_is_given_it() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (running, calls) = drive(&plan, State::new(&plan), |_| None);
    let outcome = Outcome::Retryable {
        failure: Failure::without_effect(FailureCode::Unavailable, "maintenance"),
        after: Some(Duration::from_secs(90)),
    };
    let at = Timestamp::from_millis(0);
    let kind = settle(&plan, &running, &calls[0], outcome, at, 0.0);
    let EventKind::Step { event: StepEvent::RetryScheduled { at: next, .. }, .. } = kind else {
        panic!("{kind:?}")
    };
    assert_eq!(next, at + Duration::from_secs(90));
}

#[test]
fn a_try_that_would_come_after_the_deadline_is_not_made() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (running, calls) = drive(&plan, State::new(&plan), |_| None);
    let outcome = Outcome::Retryable {
        failure: Failure::without_effect(FailureCode::Unavailable, "maintenance"),
        after: Some(Duration::from_mins(11)),
    };
    let kind = settle(&plan, &running, &calls[0], outcome, Timestamp::from_millis(0), 0.0);
    let EventKind::Step { event: StepEvent::Failed { failure }, .. } = kind else {
        panic!("{kind:?}")
    };
    let words = "maintenance (told to wait for 660 s, which the deadline of 600 s does not allow)";
    assert_eq!(failure.message, words);
}

#[test]
fn a_wait_ends_at_the_deadline_and_not_at_the_next_poll() {
    let plan = plans::chain(1, OnFailure::Hold);
    let slow = || {
        Some(Outcome::Pending { after: Duration::from_mins(7), note: "still \"new\"".to_owned() })
    };
    let (held, calls) = drive(&plan, State::new(&plan), |_| slow());
    assert_eq!(calls.len(), 3, "it is asked at 0 and at 7 minutes, and once more at the end");
    assert!(matches!(held.phase, Phase::Holding { .. }));
    let ended = held.steps[0].forward.ended_at();
    assert_eq!(ended, Some(Timestamp::from_millis(0) + Duration::from_mins(10)));
}
