//! Sagas from end to end on the simulated cloud: they come up whole or leave nothing behind.

use std::sync::Arc;
use std::time::Duration;

use arcadia::control::ControlError;
use arcadia::domain::aggregate::{Entry, Fact};
use arcadia::domain::deployment::{Actor, DeploymentState, TransitionReason};
use arcadia::domain::id::SagaId;
use arcadia::domain::saga::event::{EventKind, Order};
use arcadia::domain::saga::plan::{OnFailure, StepName};
use arcadia::domain::spec::DeploymentSpec;
use arcadia::domain::summary::Standing;
use arcadia::domain::undo_preview::Deed;
use arcadia::journal::memory::{MemoryJournal, Verdict};
use arcadia::journal::{Batch, Fate, Journal as _};
use arcadia::providers::{Compute, DropletDraft};
use arcadia::steps::Marks;

use crate::support::rig::Rig;

/// For each step, a rule that makes it fail for good.
const FAIL_AT: [(&str, &str); 4] = [
    ("create_droplet", "POST /v2/droplets: 422 \"quota exceeded\""),
    ("wait_droplet_active", "GET /v2/droplets/*: 403, nth 1"),
    ("point_deployment_dns", "POST /v2/domains/*/records: 422 \"no\""),
    ("point_deployment_dns", "GET /v2/domains/*/records: 401, nth 1"),
];

/// The request that makes a record.
pub(crate) const MAKE_RECORD: &str = "POST /v2/domains/acme.example/records";

#[tokio::test(start_paused = true)]
async fn a_launch_comes_up_whole_and_a_rollback_leaves_nothing() {
    let rig = Rig::new().await;
    let launched = rig.launch().await;
    let row = rig.until_still(launched.deployment).await;
    assert_eq!(row.standing, Standing::Active);
    rig.assert_whole(launched.deployment).await;

    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    let row = rig.until_still(launched.deployment).await;
    assert_eq!(row.standing, Standing::RolledBack);
    rig.assert_gone(launched.deployment).await;

    let detail = rig.show(launched.deployment).await;
    let last = detail.aggregate.deployment.transitions().last().unwrap().clone();
    assert_eq!(last.from, Some(DeploymentState::Active));
    assert_eq!(last.reason, TransitionReason::RolledBack);
    assert_eq!(last.actor, Actor::Saga(launched.saga));
}

#[tokio::test(start_paused = true)]
async fn a_failure_at_any_step_leaves_nothing_behind() {
    for (step, rule) in FAIL_AT {
        let rig = Rig::new().await;
        rig.cloud.faults(&[rule]);
        let launched = rig.launch().await;
        let row = rig.until_still(launched.deployment).await;
        let why = rig.show(launched.deployment).await;
        let failed = why.aggregate.plan.position(&StepName::new(step)).unwrap();
        assert!(why.aggregate.state.steps[failed].forward.is_failed(), "{step} failed");
        assert_eq!(row.standing, Standing::Failed, "{step}: {rule}");
        rig.assert_gone(launched.deployment).await;
        let detail = rig.show(launched.deployment).await;
        let last = detail.aggregate.deployment.transitions().last().unwrap().clone();
        assert_eq!(last.reason, TransitionReason::ProvisionFailed);
    }
}

#[tokio::test(start_paused = true)]
async fn one_create_makes_exactly_one_droplet_however_the_answer_is_lost() {
    for rule in [
        "POST /v2/droplets: 500 after effect, nth 1",
        "POST /v2/droplets: 503 after effect, nth 1",
        "POST /v2/droplets: drop after effect, nth 1",
        "POST /v2/droplets: silence after effect, nth 1",
        "POST /v2/droplets: malformed, nth 1",
        "POST /v2/droplets: cut, nth 1",
    ] {
        let rig = Rig::new().await;
        rig.cloud.faults(&[rule]);
        let launched = rig.launch().await;
        let row = rig.until_still(launched.deployment).await;
        assert_eq!(row.standing, Standing::Active, "{rule}");
        assert_eq!(rig.cloud.count("POST /v2/droplets"), 1, "{rule}: one create was sent");
        rig.assert_whole(launched.deployment).await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_record_is_made_however_the_answer_is_lost() {
    for rule in [
        "POST /v2/domains/*/records: 500 after effect, nth 1",
        "POST /v2/domains/*/records: drop after effect, nth 1",
        "POST /v2/domains/*/records: malformed, nth 1",
    ] {
        let rig = Rig::new().await;
        rig.cloud.faults(&[rule]);
        let launched = rig.launch().await;
        assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active, "{rule}");
        assert_eq!(rig.cloud.count(MAKE_RECORD), 1, "{rule}: one create was sent");
        rig.assert_whole(launched.deployment).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_right_after_a_lost_answer_waits_for_what_may_still_appear() {
    for (request, rule) in [
        ("POST /v2/droplets", "POST /v2/droplets: drop after effect"),
        (MAKE_RECORD, "POST /v2/domains/*/records: drop after effect"),
    ] {
        let rig = Rig::new().await;
        rig.cloud.faults(&[rule]);
        let launched = rig.launch().await;
        rig.until(launched.deployment, |_| rig.cloud.count(request) == 1).await;
        rig.order(launched.deployment, Order::Cancel).await.unwrap();
        let row = rig.until_still(launched.deployment).await;
        assert_eq!(row.standing, Standing::Cancelled, "{rule}");
        pass(Duration::from_mins(1)).await;
        rig.assert_gone(launched.deployment).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_removed_record_is_made_again_once_however_the_answer_is_lost() {
    let rig = Rig::new().await;
    rig.cloud.put_record("web", "198.51.100.44", 600);
    rig.cloud.put_record("web", "198.51.100.45", 600);
    let before = rig.cloud.addresses();
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.cloud.faults(&["POST /v2/domains/*/records: drop after effect, nth 1"]);
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    assert_eq!(rig.cloud.count(MAKE_RECORD), 1, "one create was sent");
    rig.assert_gone_but(launched.deployment, &before).await;
}

#[tokio::test(start_paused = true)]
async fn every_droplet_with_the_sagas_tag_is_destroyed_not_only_the_one_it_knows() {
    let rig = Rig::new().await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.cloud.create_droplet(&stray(launched.saga)).await.unwrap();
    pass(Duration::from_mins(1)).await;
    assert_eq!(rig.cloud.truth().droplets.len(), 2);
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    rig.assert_gone(launched.deployment).await;
}

#[tokio::test(start_paused = true)]
async fn a_droplet_that_is_listed_but_gone_is_not_adopted() {
    let rig = Rig::new().await;
    rig.cloud.faults(&["POST /v2/droplets: 429, retry after 60s, nth 1"]);
    let launched = rig.launch().await;
    rig.until(launched.deployment, |_| rig.cloud.count("POST /v2/droplets") == 1).await;
    rig.cloud.faults(&[]);
    let gone = rig.cloud.create_droplet(&stray(launched.saga)).await.unwrap().id;
    pass(Duration::from_secs(50)).await;
    rig.cloud.destroy_droplet(gone).await.unwrap();
    pass(Duration::from_secs(8)).await;
    assert_eq!(rig.cloud.droplet(gone).await.unwrap(), None);
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    rig.assert_whole(launched.deployment).await;
}

#[tokio::test(start_paused = true)]
async fn a_droplet_that_is_not_known_yet_is_waited_for() {
    let rig = Rig::new().await;
    rig.cloud.faults(&["GET /v2/droplets/*: 404, nth 1", "GET /v2/droplets/*: 404, nth 2"]);
    let launched = rig.launch().await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    rig.assert_whole(launched.deployment).await;
    let past = rig.show(launched.deployment).await.aggregate;
    let position = past.plan.position(&StepName::new("wait_droplet_active")).unwrap();
    assert_eq!(past.state.steps[position].forward.attempt, 1, "it is no failure");
}

#[tokio::test(start_paused = true)]
async fn a_create_that_never_took_effect_is_sent_again() {
    for rule in [
        "POST /v2/droplets: 500, nth 1",
        "POST /v2/droplets: drop, nth 1",
        "POST /v2/droplets: silence, nth 1",
        "POST /v2/droplets: 429, retry after 30s, nth 1",
    ] {
        let rig = Rig::new().await;
        rig.cloud.faults(&[rule]);
        let launched = rig.launch().await;
        assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active, "{rule}");
        assert_eq!(rig.cloud.count("POST /v2/droplets"), 2, "{rule}");
        rig.assert_whole(launched.deployment).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_takes_effect_while_a_call_is_under_way_and_while_a_step_waits() {
    for (step, rule) in [
        ("create_droplet", "POST /v2/droplets: delay 5s"),
        ("create_droplet", "POST /v2/droplets: silence after effect"),
        ("wait_droplet_active", "GET /v2/account: 500"),
        ("point_deployment_dns", "POST /v2/domains/*/records: delay 5s"),
        ("point_deployment_dns", "POST /v2/domains/*/records: silence after effect"),
    ] {
        let rig = Rig::new().await;
        rig.cloud.faults(&[rule]);
        let launched = rig.launch().await;
        rig.until(launched.deployment, |row| {
            row.focus.as_ref().is_some_and(|focus| focus.step.as_str() == step)
        })
        .await;
        let cancelled_at = rig.clock.now();
        rig.order(launched.deployment, Order::Cancel).await.unwrap();
        let row = rig.until_still(launched.deployment).await;
        assert_eq!(row.standing, Standing::Cancelled, "{step}");
        assert!(
            rig.clock.now().since(cancelled_at).as_secs() < 180,
            "{step}: the way back took {:?}",
            rig.clock.now().since(cancelled_at)
        );
        rig.assert_gone(launched.deployment).await;
        let detail = rig.show(launched.deployment).await;
        let last = detail.aggregate.deployment.transitions().last().unwrap().clone();
        assert_eq!(last.reason, TransitionReason::CancelledByOperator);
    }
}

#[tokio::test(start_paused = true)]
async fn a_compensation_that_keeps_failing_waits_for_a_person_who_retries() {
    let rig = Rig::new().await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.cloud.faults(&["DELETE /v2/droplets/*: 500"]);
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    let row = rig.until_still(launched.deployment).await;
    assert_eq!(row.standing, Standing::NeedsYou);

    let detail = rig.show(launched.deployment).await;
    let droplet = rig.cloud.truth().droplets[0].clone();
    let leftover = detail.leftovers.iter().find(|left| left.step.as_str() == "create_droplet");
    let what = format!("droplet {} ({})", droplet.id.0, droplet.public_ipv4.unwrap());
    assert_eq!(leftover.unwrap().what, what);
    assert_eq!(detail.aggregate.deployment.state(), DeploymentState::Active, "nothing is hidden");

    rig.cloud.faults(&[]);
    rig.order(launched.deployment, Order::Retry).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    rig.assert_gone(launched.deployment).await;
}

#[tokio::test(start_paused = true)]
async fn a_skip_records_who_and_why_and_the_rest_is_undone() {
    let rig = Rig::new().await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.cloud.faults(&["DELETE /v2/droplets/*: 403"]);
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    rig.until_still(launched.deployment).await;

    let step = StepName::new("create_droplet");
    let reason = "destroyed in the console".to_owned();
    rig.order(launched.deployment, Order::Skip { step, reason }).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    let detail = rig.show(launched.deployment).await;
    assert_eq!(detail.aggregate.deployment.state(), DeploymentState::Cancelled);
    let recorded = format!("{:?}", detail.entries);
    assert!(recorded.contains("destroyed in the console"));
    assert!(recorded.contains(r#"Operator("ana")"#));
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_saga_ends_as_it_is_and_says_so() {
    let rig = Rig::new().await;
    rig.cloud.faults(&["DELETE /v2/droplets/*: 403", "POST /v2/domains/*/records: 422"]);
    let launched = rig.launch().await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::NeedsYou);
    rig.order(launched.deployment, Order::Abandon { reason: "moved away".to_owned() })
        .await
        .unwrap();
    let row = rig.until_still(launched.deployment).await;
    assert_eq!(row.standing, Standing::Abandoned);
    let detail = rig.show(launched.deployment).await;
    let last = detail.aggregate.deployment.transitions().last().unwrap().clone();
    assert_eq!((last.to, last.reason), (DeploymentState::Cancelled, TransitionReason::Abandoned));
    assert!(!detail.leftovers.is_empty(), "what is left behind stays visible");
}

#[tokio::test(start_paused = true)]
async fn a_held_failure_keeps_the_droplet_and_goes_on_after_retry() {
    let rig = Rig::new().await;
    rig.cloud.faults(&["POST /v2/domains/*/records: 422 \"no such zone\""]);
    let launched = rig.launch_with(DeploymentSpec::example(), OnFailure::Hold).await.unwrap();
    let row = rig.until_still(launched.deployment).await;
    assert_eq!(row.standing, Standing::NeedsYou);
    assert_eq!(row.why.as_deref(), Some("point_deployment_dns: no such zone"));
    assert_eq!(rig.cloud.truth().droplets.len(), 1);

    rig.cloud.faults(&[]);
    rig.order(launched.deployment, Order::Retry).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    rig.assert_whole(launched.deployment).await;
}

#[tokio::test(start_paused = true)]
async fn an_operator_holds_a_saga_and_lets_it_go_on() {
    let rig = Rig::new().await;
    let launched = rig.launch().await;
    rig.until(launched.deployment, |row| {
        row.focus.as_ref().is_some_and(|focus| focus.step.as_str() == "wait_droplet_active")
    })
    .await;
    rig.order(launched.deployment, Order::Hold).await.unwrap();
    pass(Duration::from_hours(1)).await;
    let row = rig.until(launched.deployment, |_| true).await;
    assert_eq!(row.standing, Standing::Held, "an hour on hold breaks no deadline");
    rig.order(launched.deployment, Order::Resume).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    rig.assert_whole(launched.deployment).await;
}

#[tokio::test(start_paused = true)]
async fn a_record_that_existed_gets_its_old_value_and_ttl_back() {
    let rig = Rig::new().await;
    rig.cloud.put_record("web", "198.51.100.44", 1_234);
    let before = rig.cloud.addresses();
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.assert_whole(launched.deployment).await;

    let detail = rig.show(launched.deployment).await;
    let lines: Vec<_> =
        detail.undo.lines.iter().map(|line| (line.text.as_str(), line.deed)).collect();
    let droplet = rig.cloud.truth().droplets[0].clone();
    let (id, ip) = (droplet.id.0, droplet.public_ipv4.unwrap());
    assert_eq!(
        lines,
        [
            ("restore A web.acme.example 198.51.100.44 ttl 1234", Deed::RestoresRecord),
            (&*format!("unlink inventory row digitalocean/{id}"), Deed::KeepsBooks),
            (&*format!("remove inventory row digitalocean/{id}"), Deed::KeepsBooks),
            (&*format!("destroy droplet {id} ({ip})"), Deed::DestroysDroplet),
            ("mark the deployment cancelled", Deed::KeepsBooks),
        ]
    );
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    rig.until_still(launched.deployment).await;
    rig.assert_gone_but(launched.deployment, &before).await;
}

#[tokio::test(start_paused = true)]
async fn a_set_of_records_is_restored_as_a_set() {
    let rig = Rig::new().await;
    rig.cloud.put_record("web", "198.51.100.44", 600);
    rig.cloud.put_record("web", "198.51.100.45", 600);
    let before = rig.cloud.addresses();
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.assert_whole(launched.deployment).await;
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    rig.until_still(launched.deployment).await;
    rig.assert_gone_but(launched.deployment, &before).await;
}

/// The checkpoint was lost with the journal's last moments, and what was written after it was not. A name
/// that goes on pointing at a droplet that is gone points at whoever gets the address next.
#[tokio::test(start_paused = true)]
async fn no_name_points_at_a_droplet_that_is_gone_although_the_checkpoint_was_lost() {
    let (old, later) = ("198.51.100.44", "198.51.100.50");
    for (before, meanwhile) in [(None, None), (Some(old), None), (Some(old), Some(later))] {
        let mut rig = Rig::new().await;
        before.map(|address| rig.cloud.put_record("web", address, 600));
        let launched = rig.launch().await;
        rig.until_still(launched.deployment).await;
        rig.engine.stop().await;
        rig.journal = Arc::new(without_what_was_found(&rig.journal, launched.saga).await);
        meanwhile.map(|address| rig.cloud.put_record("web", address, 700));
        rig.crash_and_restart(Duration::from_secs(1)).await;
        rig.until_still(launched.deployment).await;
        rig.assert_whole(launched.deployment).await;
        let undo = rig.show(launched.deployment).await.undo.lines[0].text.clone();
        assert_eq!(undo.starts_with("delete A web"), meanwhile.is_none(), "{undo}");
        rig.order(launched.deployment, Order::Rollback).await.unwrap();
        assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
        let addresses: Vec<_> = rig.cloud.addresses().into_iter().map(|(_, to, _)| to).collect();
        assert_eq!(addresses, Vec::from_iter(meanwhile.map(str::to_owned)), "{before:?}");
    }
}

/// The journal as a rebuild makes it when the archive ends before the records that were found.
async fn without_what_was_found(journal: &MemoryJournal, saga: SagaId) -> MemoryJournal {
    let mut entries = journal.history(saga).await.unwrap();
    let saved = |entry: &Entry| matches!(&entry.fact, Fact::Saga(EventKind::Checkpointed { key, .. }) if key == "found");
    entries.truncate(entries.iter().position(saved).unwrap());
    let shorter = MemoryJournal::new();
    let batch = Batch { saga, entries: entries.into(), fate: Fate::Begins };
    shorter.append(batch).await.unwrap();
    shorter
}

#[tokio::test(start_paused = true)]
async fn a_record_that_someone_else_changed_since_is_left_alone() {
    let rig = Rig::new().await;
    let id = rig.cloud.put_record("web", "198.51.100.44", 600);
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.cloud.overwrite_record(id, "192.0.2.99");
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    let addresses: Vec<_> = rig.cloud.addresses().into_iter().map(|(_, data, _)| data).collect();
    assert_eq!(addresses, ["192.0.2.99"]);
    assert_eq!(rig.cloud.truth().droplets, []);
}

#[tokio::test(start_paused = true)]
async fn a_record_made_here_that_someone_else_changed_since_is_left_alone() {
    let rig = Rig::new().await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    let records = rig.cloud.truth().records.into_values().flatten();
    let ours = records.into_iter().find(|record| record.name == "web").unwrap();
    rig.cloud.overwrite_record(ours.id.0, "192.0.2.99");
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    let addresses: Vec<_> = rig.cloud.addresses().into_iter().map(|(_, data, _)| data).collect();
    assert_eq!(addresses, ["192.0.2.99"]);
}

#[tokio::test(start_paused = true)]
async fn a_record_with_its_old_value_gets_its_old_ttl_back_too() {
    let rig = Rig::new().await;
    let id = rig.cloud.put_record("web", "198.51.100.44", 600);
    let before = rig.cloud.addresses();
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.cloud.overwrite_record(id, "198.51.100.44");
    assert_ne!(rig.cloud.addresses(), before, "it has another TTL");
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    rig.until_still(launched.deployment).await;
    rig.assert_gone_but(launched.deployment, &before).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_an_alias_is_a_conflict_and_is_not_touched() {
    let rig = Rig::new().await;
    rig.cloud.put_alias("web", "elsewhere.example.");
    let before = rig.cloud.truth().records;
    let launched = rig.launch().await;
    let row = rig.until_still(launched.deployment).await;
    assert_eq!(row.standing, Standing::Failed);
    let why =
        "point_deployment_dns: `web.acme.example` is a CNAME; remove it or choose another name";
    assert_eq!(row.why.as_deref(), Some(why));
    assert_eq!(rig.cloud.truth().records, before);
    assert_eq!(rig.cloud.count(MAKE_RECORD), 0);
    rig.assert_gone(launched.deployment).await;
}

#[tokio::test(start_paused = true)]
async fn the_books_hold_each_change_once_although_a_crash_has_a_step_run_twice() {
    let mut rig = Rig::new().await;
    let stop_at_a_change = |rig: &Rig| {
        rig.journal.on_append(Box::new(|batch| {
            let changes = batch.entries.iter().any(|entry| matches!(entry.fact, Fact::Resource(_)));
            if changes { Verdict::StopAfter } else { Verdict::Store }
        }));
    };
    stop_at_a_change(&rig);
    let launched = rig.launch().await;
    rig.journal.stopped().await;
    rig.crash_and_restart(Duration::ZERO).await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    let changes = async |rig: &Rig| {
        let history = rig.show(launched.deployment).await.entries;
        history.iter().filter(|entry| matches!(entry.fact, Fact::Resource(_))).count()
    };
    assert_eq!(changes(&rig).await, 2, "the row is made once and linked once");
    rig.assert_whole(launched.deployment).await;

    stop_at_a_change(&rig);
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    rig.journal.stopped().await;
    rig.crash_and_restart(Duration::ZERO).await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    assert_eq!(changes(&rig).await, 4, "it is unlinked once and removed once");
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_until_the_deployment_is_gone() {
    let rig = Rig::new().await;
    let first = rig.launch().await;
    let taken = rig.launch_with(DeploymentSpec::example(), OnFailure::Rollback).await;
    assert!(matches!(
        taken,
        Err(ControlError::NameTaken { deployment, .. }) if deployment == first.deployment
    ));
    rig.until_still(first.deployment).await;
    rig.order(first.deployment, Order::Rollback).await.unwrap();
    rig.until_still(first.deployment).await;
    let second = rig.launch().await;
    assert_eq!(rig.until_still(second.deployment).await.standing, Standing::Active);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_makes_no_sense_is_refused_in_words() {
    let rig = Rig::new().await;
    let launched = rig.launch().await;
    let refused = rig.order(launched.deployment, Order::Rollback).await.unwrap_err();
    assert_eq!(refused.to_string(), "cannot rollback: it is still provisioning; cancel it instead");
    rig.until_still(launched.deployment).await;
    let refused = rig.order(launched.deployment, Order::Cancel).await.unwrap_err();
    assert_eq!(refused.to_string(), "cannot cancel: it is active; roll it back instead");
}

/// Lets paused time pass.
pub(crate) async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// A droplet that carries a saga's tag although the saga does not know it.
pub(crate) fn stray(saga: SagaId) -> DropletDraft {
    let spec = DeploymentSpec::example();
    DropletDraft {
        name: spec.droplet_name,
        region: spec.region,
        size: spec.size,
        image: spec.image,
        ssh_keys: Vec::new(),
        user_data: None,
        tags: vec![Marks::saga_tag(saga)],
    }
}
