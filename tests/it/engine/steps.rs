//! What a step may do to its engine: panic, never answer, wait for its turn, log.

use std::time::Duration;

use arcadia::control::{Control, Notice};
use arcadia::domain::failure::{Effect, FailureCode};
use arcadia::domain::log::LogPage;
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::{Direction, OnFailure};
use arcadia::domain::spec::DeploymentSpec;
use arcadia::domain::summary::Standing;
use arcadia::journal::memory::Verdict;
use serde_json::json;

use crate::engine::{line, named};
use crate::support::plans;
use crate::support::rig::Rig;
use crate::support::script::{Act, Script};

#[tokio::test(start_paused = true)]
async fn a_step_that_panics_has_failed_and_is_undone_because_its_effect_is_unknown() {
    let script = Script::default();
    script.on("s1", Direction::Forward, [Act::Panic]);
    let rig = Rig::scripted(&script, 2).await;
    let launched = rig.launch().await;
    let row = rig.until_still(launched.deployment).await;
    assert_eq!(row.standing, Standing::Failed);
    assert_eq!(script.calls(), ["do s0 1", "do s1 1", "undo s1 1", "undo s0 1"]);
    let state = rig.show(launched.deployment).await.aggregate.state;
    let failure = state.steps[1].forward.last_failure.clone().unwrap();
    assert_eq!((failure.code, failure.effect), (FailureCode::Panicked, Effect::Unknown));
    assert_eq!(failure.message, "the step panicked: the step is out of its mind");
    assert!(state.steps[1].forward.doubt_since.is_some(), "its compensation looks twice");
}

#[tokio::test(start_paused = true)]
async fn a_compensation_that_panics_waits_for_a_person() {
    let script = Script::default();
    script.on("s0", Direction::Undo, [Act::Panic]);
    let rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::NeedsYou);
    rig.order(launched.deployment, Order::Retry).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    assert_eq!(script.calls(), ["do s0 1", "undo s0 1", "undo s0 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_panics_leaves_its_turn_to_others() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::Panic]);
    let rig = Rig::scripted_with(&script, |on_failure| plans::chain(1, on_failure), 1).await;
    let panics = rig.launch().await;
    let other = rig.launch_with(named("other"), OnFailure::Rollback).await.unwrap();
    assert_eq!(rig.until_still(other.deployment).await.standing, Standing::Active);
    assert_eq!(rig.until_still(panics.deployment).await.standing, Standing::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_never_answers_is_timed_out_and_tried_again_in_doubt() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::Never]);
    let rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    let began = rig.clock.now();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    assert_eq!(script.calls(), ["do s0 1", "do s0 2"]);
    let took = rig.clock.now().since(began);
    assert!(took >= Duration::from_secs(10) && took < Duration::from_secs(12), "{took:?}");
    let lane = rig.show(launched.deployment).await.aggregate.state.steps[0].forward.clone();
    assert_eq!(lane.doubt_since, Some(began + Duration::from_secs(10)));
    let failure = lane.last_failure.unwrap();
    assert_eq!((failure.code, failure.effect), (FailureCode::TimedOut, Effect::Unknown));
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_turn_is_no_part_of_the_time_out() {
    let script = Script::default();
    let slow = Act::DoneAfter(Duration::from_secs(9));
    script.on("s0", Direction::Forward, [slow.clone(), slow.clone(), slow]);
    let rig = Rig::scripted_with(&script, |on_failure| plans::chain(1, on_failure), 1).await;
    for name in ["one", "two", "three"] {
        rig.launch_with(named(name), OnFailure::Rollback).await.unwrap();
    }
    let began = rig.clock.now();
    let rows = rig.engine.watch().await.unwrap().summaries;
    for row in &rows {
        let row = rig.until_still(row.deployment).await;
        assert_eq!(row.standing, Standing::Active);
    }
    assert_eq!(script.calls().len(), 3, "each was called once");
    assert_eq!(rig.clock.now().since(began), Duration::from_secs(27));
}

#[tokio::test(start_paused = true)]
async fn who_waited_for_a_turn_has_no_longer_to_answer_than_others() {
    let script = Script::default();
    let slow = Act::DoneAfter(Duration::from_secs(9));
    script.on("s0", Direction::Forward, [slow, Act::Never]);
    let rig = Rig::scripted_with(&script, |on_failure| plans::chain(1, on_failure), 1).await;
    let began = rig.clock.now();
    rig.launch().await;
    let second = rig.launch_with(named("second"), OnFailure::Rollback).await.unwrap();
    assert_eq!(rig.until_still(second.deployment).await.standing, Standing::Active);
    let lane = rig.show(second.deployment).await.aggregate.state.steps[0].forward.clone();
    let timed_out = began + Duration::from_secs(9) + Duration::from_secs(10);
    assert_eq!(lane.doubt_since, Some(timed_out));
}

#[tokio::test(start_paused = true)]
async fn a_busy_step_is_asked_again_until_its_tries_are_used_up() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::Busy, Act::Busy, Act::Busy, Act::Busy]);
    let rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch_with(DeploymentSpec::example(), OnFailure::Hold).await.unwrap();
    rig.until_still(launched.deployment).await;
    assert_eq!(script.calls(), ["do s0 1", "do s0 2", "do s0 3"]);
    rig.order(launched.deployment, Order::Retry).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    let calls = ["do s0 1", "do s0 2", "do s0 3", "do s0 4", "do s0 5"];
    assert_eq!(script.calls(), calls, "a retry begins a new round of tries");
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_is_written_once_and_the_first_value_is_kept() {
    let script = Script::default();
    let save = |value| Act::SaveAfter(Duration::from_secs(1), json!(value));
    script.on("s0", Direction::Forward, [save("found"), save("our own")]);
    let mut rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    rig.until(launched.deployment, |_| true).await;
    // The checkpoint is durable, and the answer is not: the world stops at the next append.
    let mut appends = 0;
    rig.journal.on_append(Box::new(move |_| {
        appends += 1;
        if appends == 1 { Verdict::Store } else { Verdict::StopBefore }
    }));
    rig.journal.stopped().await;
    rig.crash_and_restart(Duration::ZERO).await;
    rig.until_still(launched.deployment).await;
    assert_eq!(script.calls(), ["do s0 1", "do s0 2"]);
    let state = rig.show(launched.deployment).await.aggregate.state;
    assert_eq!(state.steps[0].checkpoints["found"], json!("found"));
    assert_eq!(state.steps[0].output(), Some(&json!("found")), "the step is told what is kept");
}

#[tokio::test(start_paused = true)]
async fn what_a_step_logs_is_kept_numbered_and_told_and_a_stop_loses_none() {
    let script = Script::default();
    let mut rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    let mut notices = rig.engine.watch().await.unwrap().notices;
    rig.engine.log(launched.saga, launched.deployment, line(&rig, "first"));
    let told = async {
        loop {
            if let Notice::Logged { deployment, line } = notices.recv().await.unwrap() {
                return (deployment, line.number, line.line.text.clone());
            }
        }
    };
    let told = tokio::time::timeout(Duration::from_mins(1), told).await.unwrap();
    assert_eq!(told, (launched.deployment, 0, "first".to_owned()));

    rig.engine.log(launched.saga, launched.deployment, line(&rig, "last words"));
    rig.stop_and_restart().await;
    rig.engine.log(launched.saga, launched.deployment, line(&rig, "of the next one"));
    rig.engine.stop().await;
    let kept = rig.engine.logs(launched.deployment, LogPage::Last, 10).await.unwrap();
    let kept: Vec<_> = kept.iter().map(|line| (line.number, line.line.text.as_str())).collect();
    assert_eq!(kept, [(0, "first"), (1, "last words"), (2, "of the next one")]);
    let after = rig.engine.logs(launched.deployment, LogPage::After(1), 10).await.unwrap();
    assert_eq!(after.len(), 1);
}
