//! Orders that come twice, all at once, or when nobody owns the saga any more.

use std::time::Duration;

use arcadia::domain::id::CommandId;
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::Direction;
use arcadia::domain::summary::Standing;
use arcadia::journal::Journal;

use crate::engine::{facts, pass};
use crate::support::rig::Rig;
use crate::support::script::{Act, Script};

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
async fn a_saga_that_was_taken_is_so_after_a_crash_and_runs_as_if_it_had_not_been() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::Never]);
    let mut rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    pass(Duration::from_secs(1)).await;
    let command = CommandId::from_u128(1);
    rig.order_as(command, launched.deployment, Order::Take).await.unwrap();
    rig.order_as(command, launched.deployment, Order::Take).await.unwrap();
    let taken_at = rig.clock.now();
    pass(Duration::from_secs(1)).await;
    rig.crash_and_restart(Duration::ZERO).await;
    let row = rig.until(launched.deployment, |_| true).await;
    let taken = row.taken.as_ref().unwrap();
    assert_eq!((taken.by.name().as_str(), taken.at), ("ana", taken_at));
    let row = rig.until_still(launched.deployment).await;
    assert_eq!((row.standing, &row.taken), (Standing::Active, &None));
    let refused = rig.order(launched.deployment, Order::Take).await.unwrap_err();
    assert_eq!(refused.to_string(), "cannot take: it is complete");
    let history = rig.journal.history(launched.saga).await.unwrap();
    assert_eq!(
        facts(&history),
        [
            "launched",
            "started s0",
            "take",
            "interrupted s0",
            "started s0",
            "succeeded s0",
            "completed"
        ]
    );
}
