//! Sagas from end to end over real HTTP: our client, a socket, the simulated cloud's server.
//!
//! What a saga does is proved on paused time elsewhere; here it is proved that nothing between the
//! engine and the cloud repeats a request, swallows a failure, or takes the wrong answer for a fact.

use std::time::Duration;

use arcadia::domain::deployment::{Actor, DeploymentState, TransitionReason};
use arcadia::domain::failure::FailureCode;
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::StepName;
use arcadia::domain::summary::{Activity, Standing};

use crate::support::gateway::Gateway;
use crate::support::http_rig::{HttpCloud, TOKEN};
use crate::support::rig::{Rig, test_clock};

/// How long a client waits for an answer that never comes.
const SHORT: Duration = Duration::from_secs(1);

/// Ways to lose the answer to a request that took effect.
const LOST_ANSWERS: [&str; 8] = [
    "500 after effect",
    "502 \"bad gateway\" after effect",
    "503 after effect",
    "drop after effect",
    "silence after effect",
    "malformed",
    "cut",
    "wrong type",
];

async fn http_rig() -> Rig<HttpCloud> {
    HttpCloud::start(test_clock()).await.into_rig().await
}

#[tokio::test]
async fn a_launch_over_http_comes_up_whole_and_rolls_back_to_nothing() {
    let rig = http_rig().await;
    let launched = rig.launch().await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    rig.assert_whole(launched.deployment).await;
    assert_eq!(rig.cloud.count("POST /v2/droplets"), 1);
    assert_eq!(rig.cloud.count("POST /v2/domains/{domain_name}/records"), 1);

    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    rig.assert_gone(launched.deployment).await;
    assert!(rig.journal_is_quiet().await);
}

#[tokio::test]
async fn one_create_is_one_post_and_one_droplet_however_the_answer_is_lost() {
    for loss in LOST_ANSWERS {
        let cloud = HttpCloud::start(test_clock()).await.with_request_timeout(SHORT);
        cloud.faults(&[&format!("POST /v2/droplets: {loss}, nth 1")]);
        let rig = cloud.into_rig().await;
        let launched = rig.launch().await;
        let row = rig.until_still(launched.deployment).await;
        assert_eq!(row.standing, Standing::Active, "{loss}");
        assert_eq!(rig.cloud.count("POST /v2/droplets"), 1, "{loss}: one request arrived");
        rig.assert_whole(launched.deployment).await;
        let retries = rig.show(launched.deployment).await.aggregate;
        let create = retries.plan.position(&StepName::new("create_droplet")).unwrap();
        assert_eq!(retries.state.steps[create].forward.attempt, 2, "{loss}: the answer was lost");
    }
}

#[tokio::test]
async fn one_record_is_one_post_however_the_answer_is_lost() {
    for loss in LOST_ANSWERS {
        let cloud = HttpCloud::start(test_clock()).await.with_request_timeout(SHORT);
        cloud.faults(&[&format!("POST /v2/domains/*/records: {loss}, nth 1")]);
        let rig = cloud.into_rig().await;
        let launched = rig.launch().await;
        let row = rig.until_still(launched.deployment).await;
        assert_eq!(row.standing, Standing::Active, "{loss}");
        assert_eq!(rig.cloud.count("POST /v2/domains/{domain_name}/records"), 1, "{loss}");
        rig.assert_whole(launched.deployment).await;
    }
}

#[tokio::test]
async fn a_create_that_took_no_effect_is_sent_a_second_time_by_the_step_alone() {
    for loss in ["500", "503 \"down\"", "drop", "silence", "429, retry after 1s"] {
        let cloud = HttpCloud::start(test_clock()).await.with_request_timeout(SHORT);
        cloud.faults(&[&format!("POST /v2/droplets: {loss}, nth 1")]);
        let rig = cloud.into_rig().await;
        let launched = rig.launch().await;
        let row = rig.until_still(launched.deployment).await;
        assert_eq!(row.standing, Standing::Active, "{loss}");
        assert_eq!(rig.cloud.count("POST /v2/droplets"), 2, "{loss}");
        rig.assert_whole(launched.deployment).await;
    }
}

#[tokio::test]
async fn a_failure_at_any_step_over_http_leaves_nothing_and_says_why_and_who() {
    for (step, rule, words) in [
        ("create_droplet", "POST /v2/droplets: 422 \"quota exceeded\"", "quota exceeded"),
        ("create_droplet", "GET /v2/droplets: 403 \"no scope\", nth 1", "no scope"),
        ("wait_droplet_active", "GET /v2/droplets/*: 403 \"no scope\", nth 1", "no scope"),
        ("wait_droplet_active", "POST /v2/droplets: placement fails", "could not place it"),
        ("point_deployment_dns", "GET /v2/domains/*/records: 401, nth 1", "401"),
        (
            "point_deployment_dns",
            "POST /v2/domains/*/records: 422 \"no such zone\"",
            "no such zone",
        ),
    ] {
        let rig = http_rig().await;
        rig.cloud.faults(&[rule]);
        let launched = rig.launch().await;
        let row = rig.until_still(launched.deployment).await;
        assert_eq!(row.standing, Standing::Failed, "{rule}");
        let why = row.why.as_deref().unwrap_or_default();
        assert!(why.starts_with(step) && why.contains(words), "{rule}: {why}");
        rig.assert_gone(launched.deployment).await;
        let detail = rig.show(launched.deployment).await;
        let last = detail.aggregate.deployment.transitions().last().unwrap().clone();
        assert_eq!(
            (last.to, last.reason, last.actor),
            (
                DeploymentState::Cancelled,
                TransitionReason::ProvisionFailed,
                Actor::Saga(launched.saga)
            ),
            "{rule}"
        );
    }
}

#[tokio::test]
async fn a_record_that_existed_gets_its_value_and_ttl_back_over_http() {
    let rig = http_rig().await;
    let found = rig.cloud.put_record("web", "198.51.100.44", 1_234).await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.assert_whole(launched.deployment).await;

    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    let before = ("web".to_owned(), "198.51.100.44".to_owned(), 1_234);
    rig.assert_gone_but(launched.deployment, &[before]).await;
    let records = rig.cloud.simulator.state().records;
    let ids: Vec<_> = records.values().flatten().map(|record| record.id.0).collect();
    assert!(ids.contains(&found.0), "it is the same record, not one made anew: {ids:?}");
}

#[tokio::test]
async fn lost_answers_on_the_way_back_leave_nothing_either() {
    for loss in LOST_ANSWERS.into_iter().filter(|loss| loss.contains("effect")) {
        let cloud = HttpCloud::start(test_clock()).await.with_request_timeout(SHORT);
        let rig = cloud.into_rig().await;
        let launched = rig.launch().await;
        rig.until_still(launched.deployment).await;
        rig.cloud.faults(&[
            &format!("DELETE /v2/droplets/*: {loss}, nth 1"),
            &format!("DELETE /v2/domains/*/records/*: {loss}, nth 1"),
        ]);
        rig.order(launched.deployment, Order::Rollback).await.unwrap();
        let row = rig.until_still(launched.deployment).await;
        assert_eq!(row.standing, Standing::RolledBack, "{loss}");
        rig.assert_gone(launched.deployment).await;
    }
}

#[tokio::test]
async fn a_wrong_token_is_a_clear_refusal_and_makes_nothing() {
    let mut cloud = HttpCloud::start(test_clock()).await;
    cloud.set_token("dop_v1_of_somebody_else");
    let mut rig = cloud.into_rig().await;
    let launched = rig.launch().await;
    let row = rig.until_still(launched.deployment).await;
    // Whether something is left behind is for a person to say: the cloud does not let us look.
    assert_eq!(row.standing, Standing::NeedsYou);
    let why = row.why.clone().unwrap_or_default();
    assert!(why.contains("401 `unauthorized`"), "{why}");
    assert!(!why.contains("somebody_else"), "{why}");
    let detail = rig.show(launched.deployment).await;
    let create = detail.aggregate.plan.position(&StepName::new("create_droplet")).unwrap();
    let lane = &detail.aggregate.state.steps[create].forward;
    assert_eq!(lane.attempt, 1, "a wrong token is not tried again");
    assert_eq!(lane.last_failure.as_ref().unwrap().code, FailureCode::Unauthorized);
    assert_eq!(rig.cloud.count("POST /v2/droplets"), 0);
    assert_eq!(rig.cloud.simulator.state().droplets, []);

    rig.cloud.set_token(TOKEN);
    rig.crash_and_restart(Duration::ZERO).await;
    rig.order(launched.deployment, Order::Retry).await.unwrap();
    let row = rig.until(launched.deployment, |row| row.standing.is_finished()).await;
    assert_eq!(row.standing, Standing::Failed);
    rig.assert_gone(launched.deployment).await;
}

#[tokio::test]
async fn a_404_that_is_not_the_providers_own_does_not_prove_a_destruction() {
    let cloud = HttpCloud::start(test_clock()).await;
    let gateway = Gateway::start(cloud.simulator.base_url()).await;
    let rig = cloud.through(gateway.base_url()).into_rig().await;
    let launched = rig.launch().await;
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);

    gateway.lose_its_way();
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    let row = rig.until_still(launched.deployment).await;
    assert_eq!(row.standing, Standing::NeedsYou, "a debt that is owed is not called paid");
    let focus = row.focus.as_ref().unwrap();
    assert_eq!(focus.step.as_str(), "create_droplet");
    let Activity::GaveUp { error, .. } = &focus.activity else { panic!("{focus:?}") };
    assert!(error.contains("404 without the provider's error body"), "{error}");
    assert_eq!(rig.cloud.simulator.state().droplets.len(), 1, "it runs and costs money");
    assert!(!rig.show(launched.deployment).await.leftovers.is_empty(), "and is visible");

    gateway.find_its_way();
    rig.order(launched.deployment, Order::Retry).await.unwrap();
    let row = rig.until(launched.deployment, |row| row.standing.is_finished()).await;
    assert_eq!(row.standing, Standing::RolledBack);
    rig.assert_gone(launched.deployment).await;
}

#[tokio::test]
async fn an_accepted_delete_that_does_nothing_is_sent_until_the_droplet_is_gone() {
    let rig = http_rig().await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.cloud.faults(&["DELETE /v2/droplets/*: 204, first 3"]);
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    assert!(rig.cloud.count("DELETE /v2/droplets/{droplet_id}") > 3);
    rig.assert_gone(launched.deployment).await;
}

#[tokio::test]
async fn a_delete_that_finds_nothing_is_not_believed_while_the_droplet_is_seen() {
    let rig = http_rig().await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.cloud.faults(&["DELETE /v2/droplets/*: 404, first 3"]);
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    assert!(rig.cloud.count("DELETE /v2/droplets/{droplet_id}") > 3);
    rig.assert_gone(launched.deployment).await;
}

#[tokio::test]
async fn an_accepted_delete_that_does_nothing_is_sent_until_the_record_is_gone() {
    let rig = http_rig().await;
    let launched = rig.launch().await;
    rig.until_still(launched.deployment).await;
    rig.cloud.faults(&["DELETE /v2/domains/*/records/*: 204, first 3"]);
    rig.order(launched.deployment, Order::Rollback).await.unwrap();
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
    assert!(rig.cloud.count("DELETE /v2/domains/{domain_name}/records/{domain_record_id}") > 3);
    rig.assert_gone(launched.deployment).await;
}
