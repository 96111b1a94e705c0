//! Time that is our own doing: hours before a seat and in the queues of the client are no part of what a
//! step may take.

use std::sync::Arc;
use std::time::Duration;

use arcadia::clock::Clock;
use arcadia::control::Launched;
use arcadia::domain::failure::FailureCode;
use arcadia::domain::saga::event::Order;
use arcadia::domain::summary::{Standing, Summary};
use arcadia::providers::caller::Caller;
use arcadia::steps::{Progress, Registry, Step, StepContext, StepError};
use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use serde_json::Value;

use crate::admission::{launch_as, launch_in_turn};
use crate::overload::until_all_ended;
use crate::support::plans;
use crate::support::rig::Rig;

#[tokio::test(start_paused = true)]
async fn hours_before_a_seat_are_no_part_of_a_deadline() {
    // Each takes nine minutes of the ten that its step may take, and one goes after the other.
    let registry = registry(|ctx| ready(patient(ctx)).boxed());
    let rig = Rig::with_steps(registry, |_, on_failure| plans::chain(1, on_failure), 64)
        .await
        .with_seats(1)
        .await;
    let launched = launch_in_turn(&rig, 6).await;
    // The first is held in the middle, and waits long for another seat.
    tokio::time::sleep(Duration::from_mins(5)).await;
    rig.order(launched[0].deployment, Order::Hold).await.unwrap();
    rig.until(launched[1].deployment, |row| row.focus.is_some()).await;
    rig.order(launched[0].deployment, Order::Resume).await.unwrap();
    until_all_ended(&rig, Duration::from_hours(3)).await;
    assert!(rig.rows().await.iter().all(|row| row.standing == Standing::Active));
}

#[tokio::test(start_paused = true)]
async fn time_in_our_own_queues_is_no_part_of_a_time_out_or_a_deadline() {
    // Far more than the ten seconds of an attempt and the ten minutes of the step.
    let registry = registry(|ctx| held_back(ctx).boxed());
    let rig = Rig::with_steps(registry, |_, on_failure| plans::chain(1, on_failure), 1).await;
    let launched = launch_in_turn(&rig, 3).await;
    until_all_ended(&rig, Duration::from_hours(9)).await;
    for Launched { deployment, .. } in launched {
        let detail = rig.show(deployment).await;
        assert_eq!(Summary::of(&detail.aggregate).standing, Standing::Active);
        assert_eq!(detail.aggregate.state.steps[0].forward.attempt, 1, "nothing failed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_held_back_and_is_never_answered_is_timed_out_all_the_same() {
    let registry = registry(|ctx| held_then_silent(ctx).boxed());
    let rig = Rig::with_steps(registry, |_, on_failure| plans::chain(1, on_failure), 1).await;
    let began = rig.clock.now();
    let launched = launch_as(&rig, "silent").await;
    let row = rig.until_still(launched.deployment).await;
    assert_eq!(row.standing, Standing::Failed);
    let lane = rig.show(launched.deployment).await.aggregate.state.steps[0].forward.clone();
    assert_eq!(lane.last_failure.unwrap().code, FailureCode::TimedOut);
    let took = rig.clock.now().since(began);
    assert!(took < 3 * (HELD + Duration::from_secs(15)), "three tries: {took:?}");
}

/// How long the client holds back each request of the steps below.
const HELD: Duration = Duration::from_mins(40);

/// Is asked every minute, and done after nine.
fn patient(ctx: &StepContext) -> Progress {
    match ctx.poll {
        0..9 => Progress::Pending { after: Duration::from_mins(1), note: "not yet".to_owned() },
        _ => Progress::noted("done"),
    }
}

/// Has its requests held back; it is asked four times.
async fn held_back(ctx: &StepContext) -> Progress {
    hold_back(ctx).await;
    tokio::time::sleep(Duration::from_secs(9)).await;
    match ctx.poll {
        0..3 => Progress::Pending { after: Duration::from_secs(1), note: "not yet".to_owned() },
        _ => Progress::noted("done"),
    }
}

/// Has its request held back, and never gets an answer then.
async fn held_then_silent(ctx: &StepContext) -> Progress {
    hold_back(ctx).await;
    std::future::pending().await
}

/// Stands in a queue as the client's requests do, by a clock that moves with tokio's.
async fn hold_back(ctx: &StepContext) {
    let stay = Caller::present().unwrap().held.begin(&Clock::starting_at(ctx.now));
    tokio::time::sleep(HELD).await;
    drop(stay);
}

/// The step of a plan of one, which does this.
fn registry(does: fn(&StepContext) -> BoxFuture<'_, Progress>) -> Registry {
    Registry::of([Arc::new(Only(does)) as Arc<dyn Step>])
}

struct Only(fn(&StepContext) -> BoxFuture<'_, Progress>);

#[async_trait]
impl Step for Only {
    fn name(&self) -> &'static str {
        "s0"
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        Ok((self.0)(ctx).await)
    }

    async fn compensate(
        &self,
        _ctx: &StepContext,
        _output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        Ok(Progress::noted("undone"))
    }
}
