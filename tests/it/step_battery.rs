//! One battery for every step: done twice is done once, a failure here unwinds to nothing, undone
//! twice is undone once. (The crash suite adds: killed after each journal record, it converges.)

use std::time::Duration;

use arcadia::domain::aggregate::Fact;
use arcadia::domain::saga::event::{EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::{Direction, StepName};
use arcadia::domain::summary::Standing;
use arcadia::journal::Batch;
use arcadia::journal::memory::Verdict;
use arcadia::simulator::faults::Moment;

use crate::support::cloud::TestCloud;
use crate::support::plans::{STEPS, UNDONE};
use crate::support::rig::{Rig, test_clock};
use crate::support::trouble::{Kind, Trouble, Troubles};

#[tokio::test(start_paused = true)]
async fn every_step_done_twice_is_done_once() {
    for step in STEPS {
        let mut rig = Rig::new().await;
        forget(&rig, step, Direction::Forward);
        let launched = rig.launch().await;
        rig.journal.stopped().await;
        rig.crash_and_restart(Duration::ZERO).await;
        assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active, "{step}");
        assert_eq!(attempts(&rig, step, Direction::Forward).await, 2, "{step} was done twice");
        rig.assert_whole(launched.deployment).await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_step_undone_twice_is_undone_once() {
    for step in UNDONE {
        let mut rig = Rig::new().await;
        rig.cloud.put_record("web", "198.51.100.44", 600);
        let before = rig.cloud.addresses();
        let launched = rig.launch().await;
        rig.until_still(launched.deployment).await;
        forget(&rig, step, Direction::Undo);
        rig.order(launched.deployment, Order::Rollback).await.unwrap();
        rig.journal.stopped().await;
        rig.crash_and_restart(Duration::ZERO).await;
        let row = rig.until_still(launched.deployment).await;
        assert_eq!(row.standing, Standing::RolledBack, "{step}");
        assert_eq!(attempts(&rig, step, Direction::Undo).await, 2, "{step} was undone twice");
        rig.assert_gone_but(launched.deployment, &before).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_at_every_step_unwinds_to_nothing_whether_or_not_it_took_effect() {
    for step in STEPS {
        for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
            let clock = test_clock();
            let cloud = TestCloud::new(clock.clone());
            cloud.put_record("web", "198.51.100.44", 600);
            let before = cloud.addresses();
            let direction = Direction::Forward;
            let broken = Trouble { step, direction, kind: Kind::Fails(moment) };
            let registry = Troubles::new([broken]).registry(&cloud);
            let rig = Rig::with_registry(cloud, clock, registry).await;
            let launched = rig.launch().await;
            let row = rig.until_still(launched.deployment).await;
            assert_eq!(row.standing, Standing::Failed, "{step} {moment:?}");
            assert_eq!(row.why, Some(format!("{step}: broken on purpose")));
            rig.assert_gone_but(launched.deployment, &before).await;
        }
    }
}

/// A request that was cut short may write late. If it did so after another one of ours, it would write
/// over what somebody else wrote in between.
#[tokio::test(start_paused = true)]
async fn a_record_is_written_over_again_only_when_the_last_request_can_write_no_more() {
    let step = "point_deployment_dns";
    let mut rig = Rig::new().await;
    let id = rig.cloud.put_record("web", "198.51.100.44", 600);
    let before = rig.cloud.addresses();
    forget(&rig, step, Direction::Forward);
    let launched = rig.launch().await;
    rig.journal.stopped().await;
    let ours = rig.cloud.addresses().remove(0).1;
    // On its way, and not there yet.
    rig.cloud.overwrite_record(id, "198.51.100.44");
    rig.crash_and_restart(Duration::ZERO).await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    assert!(waited_for_the_last_request(&rig, Direction::Forward).await);

    forget(&rig, step, Direction::Undo);
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    rig.journal.stopped().await;
    rig.cloud.overwrite_record(id, &ours);
    rig.crash_and_restart(Duration::ZERO).await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    assert!(waited_for_the_last_request(&rig, Direction::Undo).await);
    rig.assert_gone_but(launched.deployment, &before).await;
}

/// Whether a step waited for what its last attempt may still write.
async fn waited_for_the_last_request(rig: &Rig, way: Direction) -> bool {
    let row = rig.rows().await.remove(0);
    let entries = rig.show(row.deployment).await.entries;
    entries.iter().any(|entry| {
        matches!(
            &entry.fact,
            Fact::Saga(EventKind::Step { direction, event: StepEvent::Waiting { note, .. }, .. })
                if *direction == way && note.starts_with("until the last attempt has written")
        )
    })
}

/// Stops the world when the success of a step is about to be journaled: it took effect, and nobody
/// knows.
fn forget(rig: &Rig, step: &'static str, direction: Direction) {
    rig.journal.on_append(Box::new(move |batch| {
        if succeeds(batch, step, direction) { Verdict::StopBefore } else { Verdict::Store }
    }));
}

fn succeeds(batch: &Batch, wanted: &str, way: Direction) -> bool {
    batch.entries.iter().any(|entry| {
        matches!(
            &entry.fact,
            Fact::Saga(EventKind::Step { step, direction, event: StepEvent::Succeeded { .. } })
                if step.as_str() == wanted && *direction == way
        )
    })
}

async fn attempts(rig: &Rig, step: &str, direction: Direction) -> u32 {
    let row = rig.rows().await.remove(0);
    let past = rig.show(row.deployment).await.aggregate;
    let position = past.plan.position(&StepName::new(step)).unwrap();
    past.state.steps[position].lane(direction).attempt
}
