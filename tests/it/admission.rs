//! More sagas than a provider's quota can carry, in paused time: so many go forward at once, the
//! others wait for a seat, and none is undone for having waited.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arcadia::control::{Control, LaunchRequest, Launched, Notice};
use arcadia::domain::deployment::DeploymentState;
use arcadia::domain::id::DeploymentId;
use arcadia::domain::line::Line;
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::{Direction, OnFailure};
use arcadia::domain::spec::{DeploymentSpec, DnsName};
use arcadia::domain::summary::Standing;
use arcadia::engine::Handle;
use tokio::task::JoinSet;

use crate::overload::{CALL, Calls, assert_journal_is_sound, launch, until_all_ended};
use crate::support::cloud::{TestCloud, ZONE};
use crate::support::plans;
use crate::support::rig::{Rig, operator, test_clock};
use crate::support::script::{Act, Script};

pub(crate) mod engines;
mod held;

/// What the provider documents, and what the configuration makes of it.
const PER_MINUTE: usize = 250;

const PER_HOUR: usize = 5_000;

const SEATS: usize = 20;

#[tokio::test(start_paused = true)]
async fn two_thousand_launches_under_the_quota_of_one_token_all_come_up() {
    const SAGAS: usize = 2_000;
    let clock = test_clock();
    let cloud = TestCloud::with_room_for(clock.clone(), SAGAS);
    cloud.grant(PER_MINUTE, PER_HOUR);
    let rig = Rig::on(cloud, clock).await.with_seats(SEATS).await;
    let dns = |slug: &str| Some(DnsName { domain: ZONE.to_owned(), name: slug.to_owned() });
    let launched = launch(&rig, SAGAS, dns).await;
    until_all_ended(&rig, Duration::from_hours(48)).await;
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rig.rows().await {
        *ends.entry(row.standing.as_str()).or_default() += 1;
    }
    assert_eq!(ends, BTreeMap::from([("active", SAGAS)]));
    let a_saga = rig.cloud.requests() / SAGAS;
    assert!((8..=20).contains(&a_saga), "{a_saga} requests a saga, and the configuration says 15");
    assert_journal_is_sound(&rig, &launched).await;
}

#[tokio::test(start_paused = true)]
async fn the_oldest_launch_is_first_after_a_crash_as_well_and_seats_are_never_exceeded() {
    const AT_ONCE: usize = 3;
    let calls = Arc::new(Calls::default());
    let mut rig = slow(&calls, 2, AT_ONCE).await;
    let launched = launch_in_turn(&rig, 30).await;
    let most = Arc::new(Mutex::new(0));
    let watching = watch_seats(&rig.engine, &most).await;
    tokio::time::sleep(CALL * 7).await;
    assert!((2..25).contains(&first_calls(&calls).len()), "the crash comes in the middle");
    drop(watching);
    rig.crash_and_restart(Duration::from_mins(90)).await;
    let watching = watch_seats(&rig.engine, &most).await;
    until_all_ended(&rig, Duration::from_hours(1)).await;
    drop(watching);
    let order: Vec<_> = launched.iter().map(|launched| launched.deployment).collect();
    assert_eq!(first_calls(&calls), order);
    assert_eq!(*most.lock().unwrap(), AT_ONCE);
    assert!(rig.rows().await.iter().all(|row| row.standing == Standing::Active));
    assert_journal_is_sound(&rig, &launched).await;
}

#[tokio::test(start_paused = true)]
async fn a_cancel_of_one_that_waits_takes_effect_at_once_and_calls_nothing() {
    let calls = Arc::new(Calls::default());
    let rig = slow(&calls, 2, 1).await;
    let launched = launch_in_turn(&rig, 20).await;
    let last = launched.last().unwrap();
    let rows = rig.rows().await;
    let row = rows.iter().find(|row| row.deployment == last.deployment).unwrap();
    let line = Line::of(rows.iter().map(AsRef::as_ref));
    let before = line.before(row).unwrap();
    assert_eq!(line.words(row).unwrap(), format!("waits for a seat; {before} before it"));
    assert_eq!(rig.show(last.deployment).await.entries.len(), 1, "nothing but its launch is kept");

    let asked_at = rig.clock.now();
    rig.order(last.deployment, Order::Cancel).await.unwrap();
    let row = rig.until(last.deployment, |row| row.standing.is_finished()).await;
    assert_eq!(rig.clock.now(), asked_at);
    assert_eq!((row.standing, row.state), (Standing::Cancelled, DeploymentState::Cancelled));
    assert!(!calls.began().iter().any(|(id, _)| *id == last.deployment));
    // Its name is free again.
    launch_as(&rig, "n19").await;
    until_all_ended(&rig, Duration::from_hours(1)).await;
    assert!(!calls.began().iter().any(|(id, _)| *id == last.deployment));
    assert_journal_is_sound(&rig, &launched).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_is_held_gives_its_seat_up_and_waits_for_one_when_it_goes_on() {
    let calls = Arc::new(Calls::default());
    let rig = slow(&calls, 3, 1).await;
    let [first, second, third] = launch_in_turn(&rig, 3).await[..] else { panic!("three") };
    rig.order(first.deployment, Order::Hold).await.unwrap();
    rig.until(second.deployment, |row| row.focus.is_some()).await;
    rig.order(first.deployment, Order::Resume).await.unwrap();
    until_all_ended(&rig, Duration::from_hours(1)).await;
    let called: Vec<_> = calls.began().into_iter().map(|(id, _)| id).collect();
    let [first, second, third] = [first, second, third].map(|launched| launched.deployment);
    assert_eq!(
        called,
        [first, second, second, second, first, first, third, third, third],
        "it waited for a seat, and the older launch was first"
    );
    assert!(rig.rows().await.iter().all(|row| row.standing == Standing::Active));
}

#[tokio::test(start_paused = true)]
async fn what_is_undone_needs_no_seat_and_who_turns_round_gives_it_up() {
    let calls = Arc::new(Calls::default());
    let plan = |spec: &DeploymentSpec, on_failure| match spec.slug.as_str() {
        "n0" => plans::chain(1, on_failure),
        _ => plans::chain(3, on_failure),
    };
    let rig = Rig::with_steps(calls.registry(&["s0", "s1", "s2"]), plan, 64).await;
    let rig = rig.with_seats(1).await;
    let up = launch_in_turn(&rig, 1).await[0];
    rig.until(up.deployment, |row| row.standing == Standing::Active).await;
    let [busy, next] = ["busy", "next"].map(|slug| launch_as(&rig, slug));
    let (busy, next) = (busy.await, next.await);
    rig.order(up.deployment, Order::Rollback).await.unwrap();
    rig.until(up.deployment, |row| row.standing == Standing::RolledBack).await;
    let rows = rig.rows().await;
    let of = |id| rows.iter().find(|row| row.deployment == id).unwrap();
    assert!(of(next.deployment).focus.is_none(), "no seat was free all the while");

    rig.order(busy.deployment, Order::Cancel).await.unwrap();
    let turned = rig.clock.now();
    rig.until(next.deployment, |row| row.focus.is_some()).await;
    assert_eq!(rig.clock.now(), turned, "nobody waits for the undoing of another");
    until_all_ended(&rig, Duration::from_hours(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_saga_whose_step_panics_gives_its_seat_up_while_it_is_undone() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::Panic]);
    script.on("s0", Direction::Undo, [Act::DoneAfter(Duration::from_secs(5))]);
    let rig = Rig::scripted(&script, 1).await.with_seats(1).await;
    let [panics, next] = launch_in_turn(&rig, 2).await[..] else { panic!("two") };
    rig.until(next.deployment, |row| row.standing == Standing::Active).await;
    let row = rig.until(panics.deployment, |_| true).await;
    assert_eq!(row.standing, Standing::RollingBack, "the next did not wait for its undoing");
    assert_eq!(rig.until_still(panics.deployment).await.standing, Standing::Failed);
}

/// The order comes while the seat is on its way, at every moment of that way.
#[tokio::test(start_paused = true)]
async fn a_seat_that_comes_to_one_that_is_held_or_cancelled_just_then_goes_on_to_the_next() {
    for order in [Order::Hold, Order::Cancel] {
        for turns in 0..24 {
            let calls = Arc::new(Calls::default());
            let rig = slow(&calls, 1, 1).await;
            let [_, second, third] = launch_in_turn(&rig, 3).await[..] else { panic!("three") };
            // As long as the first has its seat: the launches took a moment each.
            tokio::time::sleep(CALL.checked_sub(Duration::from_millis(3)).unwrap()).await;
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            // It may have come up by then, and refuse.
            rig.order(second.deployment, order.clone()).await.ok();
            let row = rig.until(third.deployment, |row| row.standing == Standing::Active);
            let row = tokio::time::timeout(Duration::from_mins(1), row).await;
            assert!(row.is_ok(), "{} after {turns} turns", order.verb());
        }
    }
}

/// Slow steps in a chain, and this many seats.
async fn slow(calls: &Arc<Calls>, steps: usize, seats: usize) -> Rig {
    let registry = calls.registry(&["s0", "s1", "s2"][..steps]);
    Rig::with_steps(registry, move |_, on_failure| plans::chain(steps, on_failure), 64)
        .await
        .with_seats(seats)
        .await
}

/// Launches `n0`, `n1` and so on, one after the other.
async fn launch_in_turn(rig: &Rig, count: usize) -> Vec<Launched> {
    let mut launched = Vec::new();
    for number in 0..count {
        launched.push(launch_as(rig, &format!("n{number}")).await);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    launched
}

async fn launch_as(rig: &Rig, slug: &str) -> Launched {
    rig.engine.launch(request(slug)).await.unwrap()
}

pub(crate) fn request(slug: &str) -> LaunchRequest {
    let spec = DeploymentSpec { slug: slug.to_owned(), dns: None, ..DeploymentSpec::example() };
    LaunchRequest { spec, on_failure: OnFailure::Rollback, by: operator() }
}

/// The deployments in the order of their first calls.
fn first_calls(calls: &Calls) -> Vec<DeploymentId> {
    let mut seen = BTreeSet::new();
    calls.began().into_iter().map(|(id, _)| id).filter(|id| seen.insert(*id)).collect()
}

/// Keeps the most sagas that went forward at once, for as long as what is returned is held.
async fn watch_seats(engine: &Handle, most: &Arc<Mutex<usize>>) -> JoinSet<()> {
    let mut watch = engine.watch().await.unwrap();
    let most = Arc::clone(most);
    let mut watching = JoinSet::new();
    watching.spawn(async move {
        let mut forward = BTreeSet::new();
        while let Ok(notice) = watch.notices.recv().await {
            if let Notice::Changed { summary, .. } = notice {
                if summary.standing == Standing::Running && summary.focus.is_some() {
                    forward.insert(summary.deployment);
                } else {
                    forward.remove(&summary.deployment);
                }
                let mut most = most.lock().unwrap();
                *most = (*most).max(forward.len());
            }
        }
    });
    watching
}
