//! The engine's promises to its callers, on steps that do what a test says: what a broken step, a
//! broken journal, a stop and an order at a bad moment may do, and what they may not.

use std::sync::Arc;
use std::time::Duration;

use arcadia::control::{Control, ControlError, Notice};
use arcadia::domain::aggregate::{Entry, Fact};
use arcadia::domain::failure::{Effect, FailureCode};
use arcadia::domain::id::{CommandId, DeploymentId, SagaId};
use arcadia::domain::log::{LogLevel, LogLine};
use arcadia::domain::saga::event::{EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::{Direction, OnFailure, StepName};
use arcadia::domain::spec::DeploymentSpec;
use arcadia::domain::summary::Standing;
use arcadia::engine::STOPPING_GRACE;
use arcadia::journal::memory::Verdict;
use arcadia::journal::{Batch, Fate, Journal, JournalError};
use serde_json::json;
use tokio::sync::broadcast;

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
async fn a_rollback_of_an_ended_saga_goes_on_after_a_crash() {
    let script = Script::default();
    script.on("s0", Direction::Undo, [Act::Never]);
    let mut rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    assert!(rig.journal_is_quiet().await, "it has ended");
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    pass(Duration::from_secs(1)).await;
    rig.crash_and_restart(Duration::ZERO).await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    assert_eq!(script.calls(), ["do s0 1", "undo s0 1", "undo s0 2"]);
    assert!(rig.journal_is_quiet().await, "it has ended again");
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
async fn a_saga_stands_still_and_says_so_while_the_journal_fails_and_goes_on_afterwards() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(Duration::from_secs(1))]);
    let rig = Rig::scripted(&script, 2).await;
    let launched = rig.launch().await;
    let mut notices = rig.engine.watch().await.unwrap().notices;
    for _ in 0..5 {
        rig.journal.fail_next(full());
    }
    for _ in 0..5 {
        let (deployment, error) = stalled(&mut notices).await;
        assert_eq!(deployment, launched.deployment);
        assert_eq!(&*error, "no space left for the journal in `/data`");
        assert_eq!(script.calls(), ["do s0 1"], "nothing starts on a fact that is not durable");
        let row = rig.until(launched.deployment, |_| true).await;
        let focus = row.focus.as_ref().unwrap();
        assert_eq!(focus.step.as_str(), "s0", "nobody is shown what is not durable");
    }
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    assert_eq!(script.calls(), ["do s0 1", "do s1 1"]);
}

#[tokio::test(start_paused = true)]
async fn an_order_is_answered_when_it_is_durable_and_not_before() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(Duration::from_secs(9))]);
    let rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    rig.journal.fail_next(full());
    rig.journal.fail_next(full());
    let ordered_at = rig.clock.now();
    rig.order(launched.deployment, Order::Hold).await.unwrap();
    assert_eq!(rig.clock.now().since(ordered_at), Duration::from_millis(200 + 400));
    let history = rig.journal.history(launched.saga).await.unwrap();
    assert_eq!(facts(&history), ["launched", "started s0", "hold"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_could_not_be_journaled_before_a_stop_is_not_asked_for_again() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(Duration::from_secs(1))]);
    let mut rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    let mut notices = rig.engine.watch().await.unwrap().notices;
    rig.journal.on_append(Box::new(|_| Verdict::Refuse(full())));
    stalled(&mut notices).await;
    rig.engine.stop().await;
    assert_eq!(script.calls(), ["do s0 1"], "it may have taken effect; only a look-up may follow");

    rig.stop_and_restart().await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    let state = rig.show(launched.deployment).await.aggregate.state;
    assert!(state.steps[0].forward.doubt_since.is_some(), "the second attempt knows");
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_cannot_be_journaled_is_refused_and_its_name_is_free() {
    let script = Script::default();
    let rig = Rig::scripted(&script, 1).await;
    rig.journal.fail_next(full());
    let refused = rig.launch_with(DeploymentSpec::example(), OnFailure::Rollback).await;
    assert!(matches!(refused, Err(ControlError::Journal(_))), "{refused:?}");
    assert_eq!(script.calls(), [] as [&str; 0]);
    assert!(rig.engine.watch().await.unwrap().summaries.is_empty());
    let launched = rig.launch().await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
}

#[tokio::test(start_paused = true)]
async fn a_history_that_makes_no_sense_is_shown_told_and_not_run_and_orders_are_refused() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::Never, Act::Never]);
    let mut rig = Rig::scripted(&script, 1).await;
    let broken = rig.launch().await;
    let sound = rig.launch_with(named("other"), OnFailure::Rollback).await.unwrap();
    pass(Duration::from_secs(1)).await;
    rig.engine.abort();
    append_nonsense(&rig, broken.saga).await;

    rig.crash_and_restart(Duration::ZERO).await;
    let mut notices = rig.engine.watch().await.unwrap().notices;
    let row = rig.until(broken.deployment, |_| true).await;
    assert_eq!(row.standing, Standing::NeedsYou);
    let why = "the saga law refuses a fact: end of the rollback cannot happen: the saga is not being \
               undone";
    let why = format!("its history cannot be read: {why}");
    assert_eq!(row.why.as_ref(), Some(&why));
    assert_eq!(stalled(&mut notices).await, (broken.deployment, why.into()));
    assert_eq!(rig.until_still(sound.deployment).await.standing, Standing::Active);

    let refused = tokio::select! {
        biased;
        refused = rig.order(broken.deployment, Order::Cancel) => refused,
        // Who asks without end leaves paused time no chance to pass: turns are counted instead.
        () = turns(1_000) => panic!("the order is not answered"),
    };
    assert!(matches!(refused, Err(ControlError::Journal(_))), "{refused:?}");
    assert_eq!(script.calls(), ["do s0 1", "do s0 1", "do s0 2"], "only the sound saga goes on");
    let taken = rig.launch_with(DeploymentSpec::example(), OnFailure::Rollback).await;
    assert!(matches!(taken, Err(ControlError::NameTaken { .. })), "its name is not given away");
}

#[tokio::test(start_paused = true)]
async fn the_same_order_twice_is_taken_once_and_answered_twice() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(Duration::from_secs(9))]);
    let mut rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    let command = CommandId::from_u128(1);
    rig.order_as(command, launched.deployment, Order::Hold).await.unwrap();
    rig.order_as(command, launched.deployment, Order::Hold).await.unwrap();
    rig.order(launched.deployment, Order::Resume).await.unwrap();
    rig.order_as(command, launched.deployment, Order::Hold).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);

    let command = CommandId::from_u128(2);
    rig.order_as(command, launched.deployment, Order::Rollback).await.unwrap();
    rig.until_still(launched.deployment).await;
    rig.stop_and_restart().await;
    rig.order_as(command, launched.deployment, Order::Rollback).await.unwrap();
    let history = rig.journal.history(launched.saga).await.unwrap();
    let orders: Vec<_> = facts(&history).into_iter().filter(|fact| !fact.contains(' ')).collect();
    assert_eq!(
        orders,
        ["launched", "hold", "resume", "completed", "rollback", "rolled-back"],
        "each order stands in the history once"
    );
}

#[tokio::test(start_paused = true)]
async fn orders_that_come_while_the_owner_of_an_ended_saga_leaves_are_all_answered() {
    let script = Script::default();
    let rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    // More than an owner's door holds: some come through it when it is about to be closed.
    let orders = (0..100).map(|_| rig.order(launched.deployment, Order::Cancel));
    let answers = futures_util::future::join_all(orders);
    let answers = tokio::time::timeout(Duration::from_mins(1), answers).await.unwrap();
    for answer in answers {
        let refused = answer.unwrap_err().to_string();
        assert_eq!(refused, "cannot cancel: it is active; roll it back instead");
    }
}

#[tokio::test(start_paused = true)]
async fn of_many_rollbacks_of_an_ended_saga_one_is_taken_and_run_once() {
    let script = Script::default();
    let rig = Rig::scripted(&script, 2).await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    let orders = (0..100).map(|_| rig.order(launched.deployment, Order::Rollback));
    let answers = futures_util::future::join_all(orders);
    let answers = tokio::time::timeout(Duration::from_mins(1), answers).await.unwrap();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    assert_eq!(script.calls(), ["do s0 1", "do s1 1", "undo s1 1", "undo s0 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_saga_has_one_owner_however_often_it_is_resumed() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(Duration::from_secs(5))]);
    let rig = Rig::scripted(&script, 2).await;
    let launched = rig.launch().await;
    pass(Duration::from_secs(1)).await;
    rig.engine.resume().await.unwrap();
    rig.engine.resume().await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    assert_eq!(script.calls(), ["do s0 1", "do s1 1"]);
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

#[tokio::test(start_paused = true)]
async fn a_history_is_read_once_at_a_start() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::Never]);
    let mut rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    pass(Duration::from_secs(1)).await;
    rig.crash_and_restart(Duration::ZERO).await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    assert_eq!(rig.journal.histories_read(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_usual_is_read_from_the_deployments_that_came_up() {
    let script = Script::default();
    let seconds = [5, 9, 7].map(|seconds| Act::DoneAfter(Duration::from_secs(seconds)));
    script.on("s0", Direction::Forward, seconds);
    let mut rig = Rig::scripted(&script, 1).await;
    for slug in ["one", "two", "three"] {
        let slug = slug.to_owned();
        let spec = DeploymentSpec { slug, dns: None, ..DeploymentSpec::example() };
        let launched = rig.launch_with(spec, OnFailure::Rollback).await.unwrap();
        rig.until_still(launched.deployment).await;
    }
    rig.stop_and_restart().await;
    let usual = rig.engine.usual().await.unwrap();
    let region = &rig.rows().await[0].region;
    let typical = usual.of(&StepName::new("s0"), region).unwrap();
    assert_eq!((typical.median.as_secs(), typical.p90.as_secs()), (7, 9));
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
    let kept = rig.engine.logs(launched.deployment, None, 10).await.unwrap();
    let kept: Vec<_> = kept.iter().map(|line| (line.number, line.line.text.as_str())).collect();
    assert_eq!(kept, [(0, "first"), (1, "last words"), (2, "of the next one")]);
    let after = rig.engine.logs(launched.deployment, Some(1), 10).await.unwrap();
    assert_eq!(after.len(), 1);
}

/// Lets paused time pass.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Gives others this many turns.
async fn turns(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

fn full() -> JournalError {
    JournalError::Full { path: "/data".to_owned() }
}

/// The example under another name.
fn named(slug: &str) -> DeploymentSpec {
    DeploymentSpec { slug: slug.to_owned(), dns: None, ..DeploymentSpec::example() }
}

fn line(rig: &Rig, text: &str) -> LogLine {
    LogLine {
        at: rig.clock.now(),
        level: LogLevel::Info,
        step: StepName::new("s0"),
        direction: Direction::Forward,
        attempt: 1,
        text: text.to_owned(),
        fields: Vec::new(),
    }
}

/// The next word of a saga that stands still.
async fn stalled(notices: &mut broadcast::Receiver<Notice>) -> (DeploymentId, Arc<str>) {
    let word = async {
        loop {
            if let Notice::Stalled { deployment, error, .. } = notices.recv().await.unwrap() {
                return (deployment, error);
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), word).await.unwrap()
}

/// Writes a fact that cannot have happened behind a saga's history.
async fn append_nonsense(rig: &Rig, saga: SagaId) {
    let seq = rig.journal.history(saga).await.unwrap().len() as u64;
    let fact = Fact::Saga(EventKind::RolledBack);
    let entries = [Entry { seq, at: rig.clock.now(), fact }].into();
    rig.journal.append(Batch { saga, entries, fate: Fate::GoesOn }).await.unwrap();
}

/// A history in a word or two for each fact.
fn facts(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| word(&entry.fact)).collect()
}

fn word(fact: &Fact) -> String {
    match fact {
        Fact::Launched(_) => "launched".to_owned(),
        Fact::Deployment(transition) => format!("moved to {:?}", transition.to),
        Fact::Resource(_) => "inventory changed".to_owned(),
        Fact::Saga(EventKind::Restarted) => "restarted".to_owned(),
        Fact::Saga(EventKind::Completed) => "completed".to_owned(),
        Fact::Saga(EventKind::RolledBack) => "rolled-back".to_owned(),
        Fact::Saga(EventKind::Ordered { order, .. }) => order.verb().to_owned(),
        Fact::Saga(EventKind::Checkpointed { step, .. }) => format!("saved {step}"),
        Fact::Saga(EventKind::Step { step, event, .. }) => {
            let what = match event {
                StepEvent::Started { .. } => "started",
                StepEvent::Waiting { .. } => "waiting",
                StepEvent::Polled => "polled",
                StepEvent::RetryScheduled { .. } => "retried",
                StepEvent::Succeeded { .. } => "succeeded",
                StepEvent::Failed { .. } => "failed",
                StepEvent::Interrupted => "interrupted",
            };
            format!("{what} {step}")
        }
    }
}
