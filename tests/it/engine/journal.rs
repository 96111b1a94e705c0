//! What a journal that fails, or that holds nonsense, may do to a saga.

use std::time::Duration;

use arcadia::control::{Control, ControlError};
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::{Direction, OnFailure, StepName};
use arcadia::domain::spec::DeploymentSpec;
use arcadia::domain::summary::Standing;
use arcadia::journal::Journal;
use arcadia::journal::memory::Verdict;

use crate::engine::{append_nonsense, facts, full, named, pass, stalled, turns};
use crate::support::rig::Rig;
use crate::support::script::{Act, Script};

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
    assert!(matches!(refused, Err(ControlError::Journal { .. })), "{refused:?}");
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
    assert!(matches!(refused, Err(ControlError::Journal { .. })), "{refused:?}");
    assert_eq!(script.calls(), ["do s0 1", "do s0 1", "do s0 2"], "only the sound saga goes on");
    let taken = rig.launch_with(DeploymentSpec::example(), OnFailure::Rollback).await;
    assert!(matches!(taken, Err(ControlError::NameTaken { .. })), "its name is not given away");
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
