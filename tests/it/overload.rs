//! Thousands of sagas at once, in paused time: bounds, fairness, and a cancel that waits for nobody.
//!
//! `cargo overload` measures ten thousand over real HTTP.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arcadia::control::{Control, LaunchRequest, Launched, Notice};
use arcadia::domain::aggregate::Aggregate;
use arcadia::domain::id::DeploymentId;
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::{Direction, OnFailure};
use arcadia::domain::spec::{DeploymentSpec, DnsName};
use arcadia::domain::summary::Standing;
use arcadia::journal::Journal;
use arcadia::steps::{Progress, Registry, Step, StepContext, StepError};
use async_trait::async_trait;
use futures_util::future::join_all;
use serde_json::Value;

use crate::support::cloud::{TestCloud, ZONE};
use crate::support::plans;
use crate::support::rig::{Cloud, Rig, operator, test_clock};

/// How long each call takes.
pub(crate) const CALL: Duration = Duration::from_millis(10);

/// What was called, in order, and how many calls were under way at once at the most.
#[derive(Default)]
pub(crate) struct Calls {
    under_way: AtomicUsize,
    at_most: AtomicUsize,
    began: Mutex<Vec<(DeploymentId, Direction)>>,
}

impl Calls {
    pub(crate) fn registry(self: &Arc<Self>, names: &[&'static str]) -> Registry {
        Registry::of(
            names
                .iter()
                .map(|name| Arc::new(Slow { name, calls: Arc::clone(self) }) as Arc<dyn Step>),
        )
    }

    pub(crate) fn began(&self) -> Vec<(DeploymentId, Direction)> {
        self.began.lock().unwrap().clone()
    }

    async fn call(&self, ctx: &StepContext, direction: Direction) -> Result<Progress, StepError> {
        let under_way = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.at_most.fetch_max(under_way, Ordering::Relaxed);
        self.began.lock().unwrap().push((ctx.past.deployment.id, direction));
        tokio::time::sleep(CALL).await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        Ok(Progress::noted("done"))
    }
}

/// A step that takes a while.
struct Slow {
    name: &'static str,
    calls: Arc<Calls>,
}

#[async_trait]
impl Step for Slow {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        self.calls.call(ctx, Direction::Forward).await
    }

    async fn compensate(
        &self,
        ctx: &StepContext,
        _output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        self.calls.call(ctx, Direction::Undo).await
    }
}

#[tokio::test(start_paused = true)]
async fn of_thousands_each_has_its_turn_and_a_cancel_of_the_last_one_waits_for_none_of_them() {
    const SAGAS: usize = 2_000;
    const AT_ONCE: usize = 16;
    let calls = Arc::new(Calls::default());
    let rig = Rig::with_steps(
        calls.registry(&["s0", "s1", "s2"]),
        |_, on_failure| plans::chain(3, on_failure),
        AT_ONCE,
    )
    .await;
    let launched = launch(&rig, SAGAS, |_| None).await;
    let last = launched.last().unwrap().deployment;

    // All have been launched, and the first few are being called.
    tokio::time::sleep(CALL / 2).await;
    assert_eq!(calls.began().len(), AT_ONCE);
    let asked_at = rig.clock.now();
    rig.order(last, Order::Cancel).await.unwrap();
    assert_eq!(rig.clock.now(), asked_at, "it is acknowledged at once");
    rig.until(last, |row| row.standing == Standing::Cancelled).await;
    let began = calls.began();
    let its_own: Vec<_> = began.iter().filter(|(id, _)| *id == last).collect();
    assert_eq!(its_own, [&(last, Direction::Undo)], "it was queued and never called");
    assert_eq!(began[AT_ONCE], (last, Direction::Undo), "the very next turn is its undo");
    assert!(rig.clock.now().since(asked_at) < 2 * CALL, "one turn to come, and its own call");
    assert_eq!(rig.show(last).await.entries.len(), 7, "a handful of facts, however many wait");

    until_all_ended(&rig, Duration::from_hours(1)).await;
    let rows = rig.rows().await;
    let active = rows.iter().filter(|row| row.standing == Standing::Active).count();
    assert_eq!(active, SAGAS - 1);
    assert_eq!(calls.at_most.load(Ordering::Relaxed), AT_ONCE);
    assert_fair(&calls.began(), last, &launched);
    assert_journal_is_sound(&rig, &launched).await;
}

#[tokio::test(start_paused = true)]
async fn a_deployment_with_many_calls_at_once_does_not_starve_those_with_one() {
    const LANES: usize = 30;
    const OTHERS: usize = 20;
    const NAMES: [&str; LANES] = [
        "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13",
        "s14", "s15", "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23", "s24", "s25", "s26",
        "s27", "s28", "s29",
    ];
    let calls = Arc::new(Calls::default());
    let plan = |spec: &DeploymentSpec, on_failure| match spec.slug.as_str() {
        "n0" => plans::graph(&vec![Vec::new(); LANES], &[true; LANES], on_failure),
        _ => plans::chain(1, on_failure),
    };
    let rig = Rig::with_steps(calls.registry(&NAMES), plan, 1).await;
    let launched = launch(&rig, 1 + OTHERS, |_| None).await;
    let storm = launched[0].deployment;
    until_all_ended(&rig, Duration::from_hours(1)).await;
    let began = calls.began();
    assert_eq!(began.len(), LANES + OTHERS);
    let last_other = began.iter().rposition(|(id, _)| *id != storm).unwrap();
    let of_storm = began[..last_other].iter().filter(|(id, _)| *id == storm).count();
    assert!(of_storm <= 2, "the storm had {of_storm} calls before each other had its one");
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_whole_deployments_some_of_them_cancelled_end_whole_or_gone() {
    const SAGAS: usize = 200;
    let clock = test_clock();
    let cloud = TestCloud::with_room_for(clock.clone(), SAGAS);
    let rig = Rig::on(cloud, clock).await;
    let dns = |slug: &str| Some(DnsName { domain: ZONE.to_owned(), name: slug.to_owned() });
    let launched = launch(&rig, SAGAS, dns).await;
    for (number, Launched { deployment, .. }) in launched.iter().enumerate() {
        if number % 3 == 0 {
            // In every stage: some have hardly begun, some wait for their droplet, some are done.
            rig.order(*deployment, Order::Cancel).await.ok();
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
    }
    until_all_ended(&rig, Duration::from_hours(1)).await;
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    let rows = rig.rows().await;
    for row in &rows {
        *ends.entry(row.standing.as_str()).or_default() += 1;
    }
    let active = ends.get("active").copied().unwrap_or(0);
    let cancelled = ends.get("cancelled").copied().unwrap_or(0);
    assert_eq!(active + cancelled, SAGAS, "{ends:?}");
    assert!(cancelled > 10, "{ends:?}");
    let truth = rig.cloud.truth();
    assert_eq!(truth.droplets.len(), active, "a droplet for each that is active, and no other");
    assert_eq!(rig.cloud.addresses().len(), active, "and a record");
    assert_journal_is_sound(&rig, &launched).await;
}

pub(crate) async fn launch(
    rig: &Rig<impl Cloud>,
    count: usize,
    dns: impl Fn(&str) -> Option<DnsName>,
) -> Vec<Launched> {
    let launches = (0..count).map(|number| {
        let slug = format!("n{number}");
        let spec = DeploymentSpec { dns: dns(&slug), slug, ..DeploymentSpec::example() };
        let on_failure = OnFailure::Rollback;
        rig.engine.launch(LaunchRequest { spec, on_failure, by: operator() })
    });
    join_all(launches).await.into_iter().map(Result::unwrap).collect()
}

/// Waits until every saga has ended; who lags takes a new picture.
pub(crate) async fn until_all_ended(rig: &Rig<impl Cloud>, within: Duration) {
    let ended = async {
        loop {
            let mut watch = rig.engine.watch().await.unwrap();
            let mut open = watch.summaries.iter().filter(|row| !row.standing.is_finished()).count();
            while open > 0 {
                match watch.notices.recv().await {
                    Ok(Notice::Changed { summary, .. }) if summary.standing.is_finished() => {
                        open -= 1;
                    }
                    Ok(_) => {}
                    Err(_) => break,
                }
            }
            if open == 0 {
                return;
            }
        }
    };
    tokio::time::timeout(within, ended).await.expect("all end");
}

/// The bound of [`arcadia::fair`]: nobody has its next call before everybody had the one before.
fn assert_fair(began: &[(DeploymentId, Direction)], cancelled: DeploymentId, all: &[Launched]) {
    let mut counts: BTreeMap<DeploymentId, usize> =
        all.iter().map(|launched| (launched.deployment, 0)).collect();
    counts.remove(&cancelled);
    // How many deployments have had so many calls.
    let mut having: BTreeMap<usize, usize> = BTreeMap::from([(0, counts.len())]);
    for (id, _) in began.iter().filter(|(id, _)| *id != cancelled) {
        let count = counts.get_mut(id).unwrap();
        let least = *having.first_key_value().unwrap().0;
        assert!(*count <= least, "{id} has call {} while others have had {least}", *count + 1);
        let before = having.get_mut(count).unwrap();
        *before -= 1;
        if *before == 0 {
            having.remove(count);
        }
        *count += 1;
        *having.entry(*count).or_default() += 1;
    }
}

/// Every history folds to the row that is shown of it, and none is unfinished.
pub(crate) async fn assert_journal_is_sound(rig: &Rig<impl Cloud>, all: &[Launched]) {
    assert!(rig.journal_is_quiet().await);
    for Launched { deployment, saga } in all {
        let history = rig.journal.history(*saga).await.unwrap();
        let folded = Aggregate::from_history(&history).unwrap();
        assert_eq!(folded.deployment.id, *deployment);
        assert!(folded.state.is_finished());
    }
}
