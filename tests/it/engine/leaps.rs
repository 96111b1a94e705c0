//! A machine that sleeps, or whose clock is set, destroys nothing: what happened meanwhile is no step's time.

use std::time::Duration;

use arcadia::domain::aggregate::Fact;
use arcadia::domain::id::DeploymentId;
use arcadia::domain::saga::event::EventKind;
use arcadia::domain::summary::Standing;

use crate::support::cloud::TestCloud;
use crate::support::rig::{Rig, test_clock};

const HOUR: i64 = 3_600_000;

/// An Arcadia whose clock is not the provider's.
async fn rig() -> Rig {
    Rig::on(TestCloud::new(test_clock()), test_clock()).await
}

/// Waits until the saga waits for its droplet.
async fn until_it_waits(rig: &Rig, deployment: DeploymentId) {
    rig.until(deployment, |row| {
        row.focus.as_ref().is_some_and(|focus| focus.step.as_str() == "wait_droplet_active")
    })
    .await;
}

/// How often the saga was told that nobody could go on.
async fn pauses(rig: &Rig, deployment: DeploymentId) -> usize {
    let entries = rig.show(deployment).await.entries;
    entries.iter().filter(|entry| entry.fact == Fact::Saga(EventKind::Restarted)).count()
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_past_every_deadline_goes_on_once_the_network_is_back() {
    let rig = rig().await;
    let launched = rig.launch().await;
    until_it_waits(&rig, launched.deployment).await;
    // Who wakes up has no network for a moment.
    rig.cloud.faults(&["GET /v2/droplets/*: drop, nth 1", "GET /v2/droplets/*: drop, nth 2"]);
    rig.clock.leap(HOUR);
    let row = rig.until_still(launched.deployment).await;
    assert_eq!(row.standing, Standing::Active, "{row:?}");
    rig.assert_whole(launched.deployment).await;
    assert_eq!(pauses(&rig, launched.deployment).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_under_way_while_the_machine_slept_has_the_time_that_was_left() {
    let rig = rig().await;
    rig.cloud.faults(&["POST /v2/droplets: silence, nth 1"]);
    let launched = rig.launch().await;
    rig.until(launched.deployment, |_| rig.cloud.count("POST /v2/droplets") == 1).await;
    rig.clock.leap(HOUR);
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    rig.assert_whole(launched.deployment).await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_holds_nothing_up() {
    let rig = rig().await;
    let launched = rig.launch().await;
    until_it_waits(&rig, launched.deployment).await;
    let began = tokio::time::Instant::now();
    rig.clock.leap(-24 * HOUR);
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    let took = began.elapsed();
    assert!(took < Duration::from_mins(3), "{took:?}");
    rig.assert_whole(launched.deployment).await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_slewed_pauses_nothing() {
    let rig = rig().await;
    let launched = rig.launch().await;
    until_it_waits(&rig, launched.deployment).await;
    rig.clock.leap(500);
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    assert_eq!(pauses(&rig, launched.deployment).await, 0);
}
