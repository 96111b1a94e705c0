//! What a step may believe of a provider whose answers contradict each other, and of a world that
//! somebody else changes at the same time.

use std::time::Duration;

use arcadia::clock::Clock;
use arcadia::domain::aggregate::Fact;
use arcadia::domain::saga::event::{EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::Direction;
use arcadia::domain::summary::Standing;
use arcadia::journal::memory::Verdict;
use arcadia::providers::Compute;

use crate::saga_run::{MAKE_RECORD, pass, stray};
use crate::support::rig::Rig;

const CREATE: &str = "POST /v2/droplets";

#[tokio::test(start_paused = true)]
async fn a_droplet_that_is_listed_and_said_not_to_exist_is_not_made_again() {
    let rig = Rig::new().await;
    let gone = "GET /v2/droplets/*: 404";
    rig.cloud.faults(&["POST /v2/droplets: drop after effect, nth 1", gone]);
    let launched = rig.launch().await;
    // Twice as long as a look-up that finds nothing is doubted.
    pass(Duration::from_mins(1)).await;
    rig.cloud.faults(&[]);
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    assert_eq!(rig.cloud.count(CREATE), 1, "one create was sent");
    rig.assert_whole(launched.deployment).await;
}

#[tokio::test(start_paused = true)]
async fn a_droplet_that_was_accepted_and_is_not_shown_yet_is_waited_for_before_it_counts_as_gone() {
    let rig = Rig::new().await;
    rig.cloud.faults(&["GET /v2/droplets/*: 404"]);
    let launched = rig.launch().await;
    rig.until(launched.deployment, |_| rig.cloud.count(CREATE) == 1).await;
    pass(Duration::from_secs(1)).await;
    rig.order(launched.deployment, Order::Cancel).await.unwrap();
    pass(Duration::from_secs(1)).await;
    rig.cloud.faults(&[]);
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Cancelled);
    rig.assert_gone(launched.deployment).await;
}

#[tokio::test(start_paused = true)]
async fn of_two_droplets_the_older_is_kept_and_the_step_waits_until_the_other_is_gone() {
    let rig = Rig::new().await;
    rig.cloud.faults(&["POST /v2/droplets: 429, retry after 60s, nth 1"]);
    let launched = rig.launch().await;
    rig.until(launched.deployment, |_| rig.cloud.count(CREATE) == 1).await;
    rig.cloud.faults(&[]);
    let older = rig.cloud.create_droplet(&stray(launched.saga)).await.unwrap().id;
    pass(Duration::from_secs(5)).await;
    let younger = rig.cloud.create_droplet(&stray(launched.saga)).await.unwrap().id;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    let left: Vec<u64> = rig.cloud.truth().droplets.iter().map(|droplet| droplet.id.0).collect();
    assert_eq!(left, [older.0]);
    let waits = waits(&rig, Direction::Forward).await;
    assert!(waits.contains(&format!("until droplet {} is gone", younger.0)), "{waits:?}");
    rig.assert_whole(launched.deployment).await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_a_day_makes_no_step_doubt_for_a_day() {
    let mut rig = Rig::new().await;
    rig.cloud.faults(&["POST /v2/droplets: drop, nth 1"]);
    let launched = rig.launch().await;
    rig.until(launched.deployment, |_| rig.cloud.count(CREATE) == 1).await;
    // It is looking for what its lost request may have made.
    pass(Duration::from_secs(5)).await;
    rig.clock = Clock::starting_at(rig.clock.now() - Duration::from_hours(24));
    rig.crash_and_restart(Duration::ZERO).await;
    let began = rig.clock.now();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    let took = rig.clock.now().since(began);
    assert!(took < Duration::from_mins(3), "{took:?}");
    assert_eq!(rig.cloud.count(CREATE), 2);
}

#[tokio::test(start_paused = true)]
async fn of_several_removed_records_none_is_made_twice_when_one_is_refused_for_a_while() {
    let rig = Rig::new().await;
    for address in ["198.51.100.44", "198.51.100.45", "198.51.100.46"] {
        rig.cloud.put_record("web", address, 600);
    }
    let before = rig.cloud.addresses();
    let launched = rig.launch().await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    pass(Duration::from_mins(1)).await;
    rig.cloud.faults(&["POST /v2/domains/*/records: 429, nth 2"]);
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    assert_eq!(rig.cloud.count(MAKE_RECORD), 3, "one for each, and the one that was refused");
    rig.assert_gone_but(launched.deployment, &before).await;
}

#[tokio::test(start_paused = true)]
async fn a_zone_that_is_said_to_be_gone_hides_no_record_of_which_only_the_listing_knows() {
    let rig = Rig::new().await;
    rig.cloud.faults(&["POST /v2/domains/*/records: drop after effect, nth 1"]);
    let launched = rig.launch().await;
    rig.until(launched.deployment, |_| rig.cloud.count(MAKE_RECORD) == 1).await;
    rig.cloud.faults(&["GET /v2/domains/*/records: 404"]);
    rig.order(launched.deployment, Order::Cancel).await.unwrap();
    let row = rig.until_still(launched.deployment).await;
    assert_eq!(row.standing, Standing::NeedsYou, "a person must look");
    rig.cloud.faults(&[]);
    rig.order(launched.deployment, Order::Retry).await.unwrap();
    rig.until_still(launched.deployment).await;
    rig.assert_gone(launched.deployment).await;
}

/// The program dies right after it saved what it found, and somebody is quicker than the next one.
#[tokio::test(start_paused = true)]
async fn a_record_that_someone_else_changes_before_it_is_written_over_is_left_alone() {
    let mut rig = Rig::new().await;
    let id = rig.cloud.put_record("web", "198.51.100.44", 600);
    stop_after_checkpoint(&rig, "found");
    let launched = rig.launch().await;
    rig.journal.stopped().await;
    rig.cloud.overwrite_record(id, "203.0.113.99");
    rig.crash_and_restart(Duration::ZERO).await;
    let row = rig.until_still(launched.deployment).await;
    assert_eq!(row.standing, Standing::Failed);
    assert!(row.why.as_ref().unwrap().contains("was changed to 203.0.113.99"), "{:?}", row.why);
    assert_eq!(addresses(&rig), ["203.0.113.99"]);
}

#[tokio::test(start_paused = true)]
async fn a_surplus_record_that_someone_else_changes_before_it_is_removed_is_left_alone() {
    let mut rig = Rig::new().await;
    rig.cloud.put_record("web", "198.51.100.44", 600);
    let surplus = rig.cloud.put_record("web", "198.51.100.45", 600);
    stop_after_checkpoint(&rig, "removes");
    let launched = rig.launch().await;
    rig.journal.stopped().await;
    rig.cloud.overwrite_record(surplus, "203.0.113.99");
    rig.crash_and_restart(Duration::ZERO).await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Failed);
    assert_eq!(addresses(&rig), ["198.51.100.44", "203.0.113.99"]);
}

/// Stops the world once a step has saved something under this key.
fn stop_after_checkpoint(rig: &Rig, wanted: &'static str) {
    rig.journal.on_append(Box::new(move |batch| {
        let is_wanted = |fact: &Fact| {
            matches!(fact, Fact::Saga(EventKind::Checkpointed { key, .. }) if key == wanted)
        };
        let stops = batch.entries.iter().any(|entry| is_wanted(&entry.fact));
        if stops { Verdict::StopAfter } else { Verdict::Store }
    }));
}

/// The addresses that the name really has.
fn addresses(rig: &Rig) -> Vec<String> {
    rig.cloud.addresses().into_iter().map(|(_, address, _)| address).collect()
}

/// What the only saga's steps waited for, in words.
async fn waits(rig: &Rig, way: Direction) -> Vec<String> {
    let row = rig.rows().await.remove(0);
    let entries = rig.show(row.deployment).await.entries.into_iter();
    entries
        .filter_map(|entry| match entry.fact {
            Fact::Saga(EventKind::Step {
                direction,
                event: StepEvent::Waiting { note, .. },
                ..
            }) if direction == way => Some(note),
            Fact::Saga(_) | Fact::Launched(_) | Fact::Deployment(_) | Fact::Resource(_) => None,
        })
        .collect()
}
