//! What an engine that stops still does, and what the next start goes on with.

use std::sync::Arc;
use std::time::Duration;

use arcadia::control::{Control, ControlError};
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::{Direction, OnFailure};
use arcadia::domain::summary::Standing;
use arcadia::engine::STOPPING_GRACE;
use arcadia::journal::Journal;
use arcadia::journal::memory::Verdict;
use serde_json::json;

use crate::engine::{facts, named, pass};
use crate::support::plans;
use crate::support::rig::Rig;
use crate::support::script::{Act, Script};

#[tokio::test(start_paused = true)]
async fn a_stop_journals_what_is_answered_starts_nothing_and_the_next_start_goes_on() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(Duration::from_secs(2))]);
    let mut rig = Rig::scripted(&script, 2).await;
    let launched = rig.launch().await;
    pass(Duration::from_secs(1)).await;
    rig.engine.stop().await;
    assert_eq!(
        facts(&rig.journal.history(launched.saga).await.unwrap()),
        ["launched", "started s0", "succeeded s0"]
    );
    pass(Duration::from_mins(1)).await;
    assert_eq!(script.calls(), ["do s0 1"], "nothing is started by an engine that stops");

    rig.stop_and_restart().await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    assert_eq!(script.calls(), ["do s0 1", "do s1 1"], "what was answered is not asked again");
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_that_is_saved_while_the_engine_stops_is_kept() {
    let script = Script::default();
    let wait = Duration::from_secs(2);
    script.on("s0", Direction::Forward, [Act::SaveAfter(wait, json!("198.51.100.44"))]);
    let rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    pass(Duration::from_secs(1)).await;
    rig.engine.stop().await;
    assert_eq!(
        facts(&rig.journal.history(launched.saga).await.unwrap()),
        ["launched", "started s0", "saved s0", "succeeded s0"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_ends_with_the_grace_and_is_interrupted_at_the_next_start() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(Duration::from_secs(8))]);
    let mut rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    pass(Duration::from_secs(1)).await;
    let stopped_at = rig.clock.now();
    rig.engine.stop().await;
    assert_eq!(rig.clock.now().since(stopped_at), STOPPING_GRACE);

    rig.stop_and_restart().await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    assert_eq!(
        facts(&rig.journal.history(launched.saga).await.unwrap()),
        ["launched", "started s0", "interrupted s0", "started s0", "succeeded s0", "completed"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_turn_is_not_started_by_an_engine_that_stops() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(Duration::from_secs(2))]);
    let rig = Rig::scripted_with(&script, |on_failure| plans::chain(1, on_failure), 1).await;
    rig.launch().await;
    rig.launch_with(named("other"), OnFailure::Rollback).await.unwrap();
    pass(Duration::from_secs(1)).await;
    assert_eq!(script.calls(), ["do s0 1"], "one call at once");
    let stopped_at = rig.clock.now();
    rig.engine.stop().await;
    assert_eq!(script.calls(), ["do s0 1"]);
    assert_eq!(rig.clock.now().since(stopped_at), Duration::from_secs(1), "nobody waits for it");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_not_begun_does_not_cost_another_its_grace() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(Duration::from_secs(2))]);
    let side_by_side = |on_failure| plans::graph(&[vec![], vec![]], &[true, true], on_failure);
    let mut rig = Rig::scripted_with(&script, side_by_side, 1).await;
    let launched = rig.launch().await;
    pass(Duration::from_secs(1)).await;
    rig.engine.stop().await;
    assert_eq!(
        facts(&rig.journal.history(launched.saga).await.unwrap()),
        ["launched", "started s0", "started s1", "retried s1", "succeeded s0"]
    );
    rig.stop_and_restart().await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    assert_eq!(script.calls(), ["do s0 1", "do s1 2"]);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_stops_refuses_launches_and_orders() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(Duration::from_secs(2))]);
    let rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    pass(Duration::from_secs(1)).await;
    let ((), launch, order) = tokio::join!(
        biased;
        rig.engine.stop(),
        rig.launch_with(named("other"), OnFailure::Rollback),
        rig.order(launched.deployment, Order::Cancel),
    );
    assert!(matches!(launch, Err(ControlError::Stopping)), "{launch:?}");
    assert!(matches!(order, Err(ControlError::Stopping)), "{order:?}");
    let history = rig.journal.history(launched.saga).await.unwrap();
    assert_eq!(facts(&history), ["launched", "started s0", "succeeded s0"]);
    assert_eq!(rig.journal.unfinished().await.unwrap(), [launched.saga]);
    assert_eq!(rig.engine.watch().await.unwrap().summaries.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_engine_stops_although_its_journal_answers_nothing_any_more() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(Duration::from_secs(1))]);
    let rig = Rig::scripted(&script, 1).await;
    rig.launch().await;
    rig.journal.on_append(Box::new(|_| Verdict::StopBefore));
    rig.journal.stopped().await;
    let asked_at = rig.clock.now();
    rig.engine.stop().await;
    assert!(rig.clock.now().since(asked_at) <= Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_nobody_holds_any_more_ends_with_its_sagas() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::Never]);
    let rig = Rig::scripted(&script, 1).await;
    rig.launch().await;
    pass(Duration::from_secs(1)).await;
    let journal = Arc::downgrade(&rig.journal);
    drop(rig);
    pass(Duration::from_secs(1)).await;
    assert!(journal.upgrade().is_none(), "its tasks are gone, and the journal with them");
}
