//! What an engine that is drained still does, and what the next start goes on with.

use std::time::Duration;

use arcadia::control::{Control, ControlError};
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::{Direction, OnFailure};
use arcadia::domain::summary::Standing;
use arcadia::engine::STOPPING_GRACE;
use arcadia::journal::Journal;

use crate::engine::{facts, full, named, pass};
use crate::support::plans;
use crate::support::rig::Rig;
use crate::support::script::{Act, Script};

/// Longer than an engine that stops waits for anybody, and not as long as a call may take.
const LONG: Duration = Duration::from_secs(9);

#[tokio::test(start_paused = true)]
async fn a_drain_waits_for_the_call_under_way_starts_nothing_and_the_next_start_goes_on() {
    assert!(LONG > STOPPING_GRACE);
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(LONG)]);
    let mut rig = Rig::scripted(&script, 2).await;
    let launched_at = rig.clock.now();
    let launched = rig.launch().await;
    pass(Duration::from_secs(1)).await;
    rig.engine.drain().await.unwrap();
    assert_eq!(rig.clock.now().since(launched_at), LONG);
    let history = rig.journal.history(launched.saga).await.unwrap();
    assert_eq!(facts(&history), ["launched", "started s0", "succeeded s0"]);
    pass(Duration::from_mins(1)).await;
    assert_eq!(script.calls(), ["do s0 1"], "nothing is started by an engine that is drained");
    assert_eq!(rig.engine.heartbeat().await.unwrap().calls, 0, "it lives");

    rig.stop_and_restart().await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    assert_eq!(script.calls(), ["do s0 1", "do s1 1"], "what was answered is not asked again");
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_was_drained_half_way_comes_up_whole_with_one_droplet() {
    for seconds in [0, 1, 3, 8, 20] {
        let mut rig = Rig::new().await;
        let launched = rig.launch().await;
        pass(Duration::from_secs(seconds)).await;
        rig.engine.drain().await.unwrap();
        let drained = rig.show(launched.deployment).await.entries.len();
        pass(Duration::from_hours(1)).await;
        assert_eq!(rig.show(launched.deployment).await.entries.len(), drained);
        rig.stop_and_restart().await;
        assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
        rig.assert_whole(launched.deployment).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_waits_and_a_call_that_has_no_turn_hold_no_drain_up() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::Busy, Act::DoneAfter(LONG)]);
    let mut rig = Rig::scripted_with(&script, |on_failure| plans::chain(1, on_failure), 1)
        .await
        .with_seats(2)
        .await;
    // One waits to try again, one is called, and one has no seat.
    let waits = rig.launch().await;
    pass(Duration::from_millis(1)).await;
    let called = rig.launch_with(named("called"), OnFailure::Rollback).await.unwrap();
    let queued = rig.launch_with(named("queued"), OnFailure::Rollback).await.unwrap();
    pass(Duration::from_millis(1)).await;
    let began_at = rig.clock.now();
    rig.engine.drain().await.unwrap();
    assert!(rig.clock.now().since(began_at) <= LONG);
    assert_eq!(script.calls(), ["do s0 1", "do s0 1"]);
    rig.stop_and_restart().await;
    for launched in [waits, called, queued] {
        assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    }
    assert_eq!(script.calls().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_is_drained_refuses_launches_and_orders_and_keeps_what_it_accepted_before() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(LONG)]);
    let mut rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    pass(Duration::from_secs(1)).await;
    rig.order(launched.deployment, Order::Cancel).await.unwrap();
    let (drained, launch, order) = tokio::join!(
        biased;
        rig.engine.drain(),
        rig.launch_with(named("other"), OnFailure::Rollback),
        rig.order(launched.deployment, Order::Hold),
    );
    drained.unwrap();
    assert!(matches!(launch, Err(ControlError::Draining)), "{launch:?}");
    assert!(matches!(order, Err(ControlError::Draining)), "{order:?}");
    assert_eq!(rig.rows().await.len(), 1);
    assert_eq!(script.calls(), ["do s0 1"], "it is not undone yet");

    rig.stop_and_restart().await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Cancelled);
    assert_eq!(script.calls(), ["do s0 1", "undo s0 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_when_the_last_answer_is_durable_and_not_before() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(LONG)]);
    let rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    rig.journal.fail_next(full());
    rig.journal.fail_next(full());
    let began_at = rig.clock.now();
    rig.engine.drain().await.unwrap();
    assert_eq!(rig.clock.now().since(began_at), LONG + Duration::from_millis(200 + 400));
    let history = rig.journal.history(launched.saga).await.unwrap();
    assert_eq!(facts(&history), ["launched", "started s0", "succeeded s0"]);
}

#[tokio::test(start_paused = true)]
async fn who_stops_waits_for_no_drain() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::Never]);
    let rig = Rig::scripted(&script, 1).await;
    rig.launch().await;
    pass(Duration::from_secs(1)).await;
    let began_at = rig.clock.now();
    let (drained, ()) = tokio::join!(biased; rig.engine.drain(), rig.engine.stop());
    drained.unwrap();
    assert_eq!(rig.clock.now().since(began_at), STOPPING_GRACE);
}
